"""A rigged body: forward kinematics, skinning and two-bone inverse kinematics.

Needs numpy only. Lengths are metres. The rest body stands with z up, faces -y
and has its left side on +x. A bone's rotation is a world rotation relative to
the rest body; a bone without one follows its parent.

A limb keeps its exact length: joints are placed with the rotation of the whole
segment, and the part of the twist that the upper half gives back is used for
the skin alone (`Pose.skin_rotations`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sample_videos.render.geometry import (
    Array,
    blend_rotations,
    frame,
    rotation_about,
    shortest_rotation,
    twist_deg,
    unit,
    vector,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

BODIES_DIR = Path(__file__).parent / "bodies"

# Rest-body mirror: left (+x) becomes right.
REST_REFLECTION = np.diag([-1.0, 1.0, 1.0])

# Thigh and shank, hip to knee to ankle joint, differ by about 5 % among people.
_MOST_UNLIKE = 1.053
_LEG_BONES = ("upperleg", "lowerleg")
_ARM_BONES = ("upperarm", "lowerarm", "wrist", "metacarpal", "finger")
_MOSTLY = 0.5  # share of a vertex's skin weights

# A limb is never stretched quite straight, nor folded quite flat.
_LONGEST_REACH = 0.998
_SHORTEST_REACH_MARGIN_M = 0.02

# Which bone's head is which true joint; the side suffix is added.
_JOINT_BONES = {
    "shoulder": "upperarm01",
    "elbow": "lowerarm01",
    "wrist": "wrist",
    "hip": "upperleg01",
    "knee": "lowerleg01",
    "ankle": "foot",
    "toe": "toe1-1",
}
_SIDE_SUFFIXES = {"left": "L", "right": "R"}
JOINT_NAMES = tuple(f"{side}_{joint}" for joint in _JOINT_BONES for side in _SIDE_SUFFIXES)


@dataclass(frozen=True)
class Limb:
    """The bones of an arm or a leg, from the trunk outwards."""

    upper: str
    upper_half: str
    lower: str
    lower_half: str
    end: str
    # Hinge axis of the middle joint in the rest body; None: take it from the rest bend.
    hinge: tuple[float, float, float] | None = None


def leg(suffix: str) -> Limb:
    """Return the leg of a side, `L` or `R`."""
    names = ["upperleg01", "upperleg02", "lowerleg01", "lowerleg02", "foot"]
    # The rest knee is almost straight, so its own bend would be a poor hinge axis.
    return _limb(names, suffix, hinge=(1.0, 0.0, 0.0))


def arm(suffix: str) -> Limb:
    """Return the arm of a side, `L` or `R`."""
    return _limb(["upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist"], suffix)


def _limb(names: list[str], suffix: str, hinge: tuple[float, float, float] | None = None) -> Limb:
    upper, upper_half, lower, lower_half, end = (f"{name}.{suffix}" for name in names)
    return Limb(upper, upper_half, lower, lower_half, end, hinge)


@dataclass
class Pose:
    """Where the root joint is and how the bones are turned, in world axes."""

    root_position: Array
    rotations: dict[str, Array] = field(default_factory=dict)
    skin_rotations: dict[str, Array] = field(default_factory=dict)

    def add(self, limb: LimbPose) -> None:
        """Take over the bones of a solved limb."""
        self.rotations.update(limb.rotations)
        self.skin_rotations.update(limb.skin_rotations)

    def mirrored(self, world_reflection: Array) -> Pose:
        """Return the pose with left and right exchanged, seen in a mirror of the world."""

        def mirror_all(rotations: dict[str, Array]) -> dict[str, Array]:
            return {
                mirrored_bone(bone): world_reflection @ rotation @ REST_REFLECTION
                for bone, rotation in rotations.items()
            }

        return Pose(
            world_reflection @ self.root_position,
            mirror_all(self.rotations),
            mirror_all(self.skin_rotations),
        )


@dataclass(frozen=True)
class LimbPose:
    """A limb solved to reach a target: its bones, and where its joints came to be (metres)."""

    rotations: dict[str, Array]
    skin_rotations: dict[str, Array]
    middle: Array
    end: Array


@dataclass(frozen=True)
class Skeleton:
    """World positions (bones x 3, metres) of the bone heads, and the skin's bone rotations."""

    positions: Array
    rotations: Array
    skin_rotations: Array


def mirrored_bone(bone: str) -> str:
    """Return the name of the same bone on the other side."""
    if bone.endswith(".L"):
        return bone[:-1] + "R"
    if bone.endswith(".R"):
        return bone[:-1] + "L"
    return bone


class Body:
    """A rest body with its bones and skin weights."""

    def __init__(self, path: Path) -> None:
        """Read a body dump (see bodies/README.md)."""
        with np.load(path, allow_pickle=False) as data:
            self.vertices: Array = data["V"].astype(np.float64)
            self.faces = data["F"].astype(np.int64)
            self.face_groups = data["gn"].astype(str)[data["G"]]
            self.bone_heads: Array = data["H"].astype(np.float64)
            self.bone_names = [str(name) for name in data["labels"]]
            self.parents = [int(parent) for parent in data["parents"]]
            weights, bones = data["W"], data["I"]
        self.bone_index = {name: index for index, name in enumerate(self.bone_names)}
        self.skin_weights: Array = np.zeros((len(self.vertices), len(self.bone_names)))
        rows = np.arange(len(self.vertices))[:, None]
        np.add.at(self.skin_weights, (rows, bones.astype(np.int64)), weights)
        self._make_legs_usual()

    def head(self, bone: str) -> Array:
        """Return the rest position of a bone's head (metres)."""
        rest_head: Array = self.bone_heads[self.bone_index[bone]]
        return rest_head

    def length(self, bone: str, end_bone: str) -> float:
        """Return the rest distance between two bone heads (metres)."""
        return float(np.linalg.norm(self.head(end_bone) - self.head(bone)))

    def is_arm(self) -> NDArray[np.bool_]:
        """Tell which vertices belong to the arms."""
        bones = [i for name, i in self.bone_index.items() if name.startswith(_ARM_BONES)]
        mostly: NDArray[np.bool_] = self.skin_weights[:, bones].sum(axis=1) > _MOSTLY
        return mostly

    def _make_legs_usual(self) -> None:
        """Move the knees up or down the leg until thigh and shank are alike as people's are."""
        thigh_m = self.length("upperleg01.L", "lowerleg01.L")
        leg_m = thigh_m + self.length("lowerleg01.L", "foot.L")
        ratio = np.clip(thigh_m / (leg_m - thigh_m), 1.0 / _MOST_UNLIKE, _MOST_UNLIKE)
        lower_m = leg_m * ratio / (1.0 + ratio) - thigh_m
        hip, knee, ankle = (self.head(f"{b}.L")[2] for b in ("upperleg01", "lowerleg01", "foot"))
        of_leg = np.array([name.startswith(_LEG_BONES) for name in self.bone_names])
        for heights, moves in (
            (self.bone_heads[:, 2], of_leg),
            (self.vertices[:, 2], ~self.is_arm()),
        ):
            # Above the hip and below the ankle everything stays.
            stretched = np.interp(heights, [ankle, knee, hip], [ankle, knee - lower_m, hip])
            between = moves & (heights > ankle) & (heights < hip)
            heights[between] = stretched[between]

    def group_vertices(self, group: str) -> Array:
        """Return the rest positions of the vertices a face group uses."""
        positions: Array = self.vertices[np.unique(self.faces[self.face_groups == group])]
        return positions

    def sole_depth_m(self) -> float:
        """Return how far the sole lies below the ankle joint of the standing rest body."""
        lowest = float(self.group_vertices("body")[:, 2].min())
        return float(self.head("foot.L")[2]) - lowest

    def skeleton(self, pose: Pose) -> Skeleton:
        """Place all bones: forward kinematics from the root outwards."""
        count = len(self.bone_names)
        positions = np.zeros((count, 3))
        rotations = np.zeros((count, 3, 3))
        skin_rotations = np.zeros((count, 3, 3))
        for index, (name, parent) in enumerate(zip(self.bone_names, self.parents, strict=True)):
            if parent < 0:
                positions[index] = pose.root_position
                inherited = np.eye(3)
            else:
                offset = self.bone_heads[index] - self.bone_heads[parent]
                inherited = rotations[parent]
                positions[index] = positions[parent] + inherited @ offset
            rotations[index] = pose.rotations.get(name, inherited)
            skin_rotations[index] = pose.skin_rotations.get(name, rotations[index])
        return Skeleton(positions, rotations, skin_rotations)

    def skin(self, skeleton: Skeleton) -> Array:
        """Return the posed vertices (metres) by linear blend skinning."""
        turned_heads = np.einsum("bij,bj->bi", skeleton.skin_rotations, self.bone_heads)
        shifts = skeleton.positions - turned_heads
        transforms = np.concatenate([skeleton.skin_rotations, shifts[:, :, None]], axis=2)
        blended = self.skin_weights @ transforms.reshape(len(shifts), 12)
        matrices = blended.reshape(-1, 3, 4)
        turned = np.einsum("vij,vj->vi", matrices[:, :, :3], self.vertices)
        posed: Array = turned + matrices[:, :, 3]
        return posed

    def position(self, skeleton: Skeleton, bone: str) -> Array:
        """Return a bone head's world position (metres)."""
        place: Array = skeleton.positions[self.bone_index[bone]]
        return place

    def joints(self, skeleton: Skeleton) -> dict[str, Array]:
        """Return the true joints (metres) by name, such as `left_hip`."""
        return {
            f"{side}_{joint}": self.position(skeleton, f"{bone}.{suffix}")
            for joint, bone in _JOINT_BONES.items()
            for side, suffix in _SIDE_SUFFIXES.items()
        }


def solve_limb(body: Body, limb: Limb, skeleton: Skeleton, target: Array, pole: Array) -> LimbPose:
    """Bend a limb so that its end joint reaches a target.

    Args:
        body: the body that has the limb.
        limb: a `leg` or an `arm`.
        skeleton: places the limb's first joint and the bone that carries it.
        target: where the end joint shall be, in metres; a target out of reach
            is approached along the line to it.
        pole: the direction in which the knee or elbow points.

    """
    rest_start, rest_middle, rest_end = map(body.head, (limb.upper, limb.lower, limb.end))
    start = body.position(skeleton, limb.upper)
    middle, end = _bend(
        start,
        vector(target),
        vector(pole),
        float(np.linalg.norm(rest_middle - rest_start)),
        float(np.linalg.norm(rest_end - rest_middle)),
    )
    rest_upper, rest_lower = rest_middle - rest_start, rest_end - rest_middle
    rest_hinge = np.cross(rest_upper, rest_lower) if limb.hinge is None else vector(limb.hinge)
    hinge = np.cross(middle - start, end - middle)
    upper = frame(middle - start, hinge) @ frame(rest_upper, rest_hinge).T
    lower = frame(end - middle, hinge) @ frame(rest_lower, rest_hinge).T
    rotations = {limb.upper: upper, limb.upper_half: upper}
    rotations |= {limb.lower: lower, limb.lower_half: lower, limb.end: lower}
    carrier = skeleton.rotations[body.parents[body.bone_index[limb.upper]]]
    half_twisted = _untwisted_by_half(upper, carrier, unit(rest_upper))
    return LimbPose(rotations, {limb.upper: half_twisted}, middle, end)


def hand_rotation(body: Body, suffix: str, fingers: Array, thumb: Array) -> Array:
    """Return the wrist's rotation that points the fingers and the thumb's side as asked."""
    wrist = body.head(f"wrist.{suffix}")
    rest_fingers = body.head(f"finger3-1.{suffix}") - wrist
    rest_thumb = body.head(f"finger2-1.{suffix}") - body.head(f"finger5-1.{suffix}")
    return frame(fingers, thumb) @ frame(rest_fingers, rest_thumb).T


def turn_hand(pose: LimbPose, bones: Limb, hand: Array, amount: float) -> None:
    """Turn an arm's hand `amount` (0..1) of the way from the forearm's rotation to `hand`.

    Half of the turn shows in the skin of the forearm's outer half.
    """
    forearm = pose.rotations[bones.lower]
    turned = blend_rotations(forearm, hand, amount)
    pose.rotations[bones.end] = turned
    direction = unit(pose.end - pose.middle)
    twist = twist_deg(turned @ forearm.T, direction)
    half_twisted = rotation_about(direction, twist / 2.0) @ forearm
    pose.skin_rotations[bones.lower_half] = half_twisted


def _bend(
    start: Array, target: Array, pole: Array, upper_m: float, lower_m: float
) -> tuple[Array, Array]:
    """Return the middle and end joint of a two-bone chain."""
    line = target - start
    shortest = abs(upper_m - lower_m) + _SHORTEST_REACH_MARGIN_M
    longest = (upper_m + lower_m) * _LONGEST_REACH
    reach = float(np.clip(np.linalg.norm(line), shortest, longest))
    along = unit(line)
    outward = unit(pole - along * (pole @ along))
    cosine = (upper_m**2 + reach**2 - lower_m**2) / (2.0 * upper_m * reach)
    sine = np.sqrt(max(0.0, 1.0 - cosine**2))
    middle = start + upper_m * (cosine * along + sine * outward)
    return middle, start + reach * along


def _untwisted_by_half(upper: Array, carrier: Array, rest_direction: Array) -> Array:
    """Give back half of a segment's twist about its own axis, so that its skin turns gradually."""
    direction = upper @ rest_direction
    swung = shortest_rotation(carrier @ rest_direction, direction) @ carrier
    twist = twist_deg(upper @ swung.T, direction)
    return rotation_about(direction, twist / 2.0) @ swung
