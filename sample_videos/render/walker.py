"""Others in the picture: somebody who walks by, or who stays beside the person (numpy only).

Who walks by walks square to the camera's view, from its left to its right, on a straight line at an
even pace. The gait is simple: legs and arms swing about hips and shoulders, the knee of the
swinging leg bends, and the lower foot is always on the floor. Who stays sways a little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from sample_videos.render.body import Body, Pose
from sample_videos.render.geometry import rotation_about, shortest_rotation, unit, vector

if TYPE_CHECKING:
    from sample_videos.render.cameras import Camera
    from sample_videos.render.geometry import Array

_BEHIND_M = 1.25
_HALF_WAY_M = 2.7
_STRIDE_M = 1.3  # two steps
_THIGH_SWING_DEG = 24.0
_KNEE_BEND_DEG = 48.0
_ARM_SWING_DEG = 18.0
_ELBOW_DEG = 14.0
# Who stays: beside and behind what the camera looks at.
_BESIDE_M, _BESIDE_BEHIND_M = 0.95, 0.5
_SWAY_PERIOD_S, _SWAY_DEG = 5.0, 6.0
_LOOK_DOWN_DEG = 18.0
# Sitting on the heels: how far each bone is turned back from hanging down.
_KNEELING_DEG = {"upperleg01": -82.0, "lowerleg01": 84.0, "foot": 150.0}
_SIDEWAYS = (1.0, 0.0, 0.0)
_DOWN = (0.0, 0.0, -1.0)


@dataclass(frozen=True)
class Passer:
    """Who walks by, in what, from when on (seconds), and how fast."""

    body: str
    outfit: str
    from_s: float
    speed_m_s: float = 1.0

    @property
    def until_s(self) -> float:
        """When they are gone again, in seconds."""
        return self.from_s + 2.0 * _HALF_WAY_M / self.speed_m_s


@dataclass(frozen=True)
class Companion:
    """Who stays beside the person, in what, and how.

    Attributes:
        body, outfit: who, in what.
        does: stands or kneels.
        size: 1 = grown up; a child is smaller.
        side: 1 = to the right of the person in the picture, -1 = to the left.

    """

    body: str
    outfit: str
    does: Literal["stands", "kneels"] = "stands"
    size: float = 1.0
    side: int = 1


class Stander:
    """The companion's body in its place beside what the camera looks at."""

    def __init__(self, companion: Companion, body: Body, camera: Camera, floor_m: float) -> None:
        """Choose the place; `floor_m` is the height of the floor."""
        self.body = body
        self._companion = companion
        away = vector(camera.target_m) - camera.position
        away = unit(away * [1.0, 1.0, 0.0])
        right = np.cross(away, [0.0, 0.0, 1.0])
        place = vector(camera.target_m) * [1.0, 1.0, 0.0]
        self._place = place + right * companion.side * _BESIDE_M + away * _BESIDE_BEHIND_M
        self._floor_m = floor_m
        toward = unit(place - self._place)
        self._facing_deg = float(np.degrees(np.arctan2(toward[0], -toward[1])))
        self._used = np.unique(body.faces[body.face_groups == "body"])

    def skin(self, t_s: float) -> Array:
        """Return the skin's vertices at a time in seconds."""
        sway = float(np.sin(2.0 * np.pi * t_s / _SWAY_PERIOD_S))
        facing = rotation_about((0.0, 0.0, 1.0), self._facing_deg + _SWAY_DEG * sway)
        pose = Pose(vector([0.0, 0.0, 0.0]), {"root": facing})
        pose.rotations["head"] = facing @ rotation_about(_SIDEWAYS, _LOOK_DOWN_DEG)
        for suffix in "LR":
            self._limbs(pose, suffix, facing, sway)
        skin = self.body.skin(self.body.skeleton(pose)) * self._companion.size
        return skin + self._place + vector([0.0, 0.0, self._floor_m - skin[self._used, 2].min()])

    def _limbs(self, pose: Pose, suffix: str, facing: Array, sway: float) -> None:
        rest = unit(self.body.head(f"lowerarm01.{suffix}") - self.body.head(f"upperarm01.{suffix}"))
        hanging = shortest_rotation(rest, vector(_DOWN))
        turns = {"upperarm01": 0.0, "lowerarm01": -_ELBOW_DEG * (2.0 + sway)}
        for bone, degrees in turns.items():
            turned = rotation_about(_SIDEWAYS, degrees) @ hanging
            pose.rotations[f"{bone}.{suffix}"] = facing @ turned
        if self._companion.does == "kneels":
            for bone, degrees in _KNEELING_DEG.items():
                pose.rotations[f"{bone}.{suffix}"] = facing @ rotation_about(_SIDEWAYS, degrees)


class Walker:
    """The passer-by's body on its way behind what the camera looks at."""

    def __init__(self, passer: Passer, body: Body, camera: Camera, floor_m: float) -> None:
        """Lay out the way; `floor_m` is the height of the floor."""
        self.body = body
        self._passer = passer
        away = vector(camera.target_m) - camera.position
        away = unit(away * [1.0, 1.0, 0.0])
        self._right = np.cross(away, [0.0, 0.0, 1.0])
        self._middle = vector(camera.target_m) * [1.0, 1.0, 0.0] + away * _BEHIND_M
        self._floor_m = floor_m
        # The rest body faces -y; turn it until it faces along the way.
        facing_deg = float(np.degrees(np.arctan2(self._right[0], -self._right[1])))
        self._facing = rotation_about((0.0, 0.0, 1.0), facing_deg)

    def pose(self, t_s: float) -> Pose | None:
        """Return the pose at a time in seconds, None before and after."""
        passer = self._passer
        if not passer.from_s <= t_s < passer.until_s:
            return None
        way_m = (t_s - passer.from_s) * passer.speed_m_s - _HALF_WAY_M
        pose = Pose(self._middle + self._right * way_m, {"root": self._facing})
        phase = 2.0 * np.pi * way_m / _STRIDE_M
        self._swing(pose, "L", phase)
        self._swing(pose, "R", phase + np.pi)
        skeleton = self.body.skeleton(pose)
        lowest = min(self.body.position(skeleton, f"foot.{side}")[2] for side in "LR")
        pose.root_position[2] += self._floor_m + self.body.sole_depth_m() - lowest
        return pose

    def skin(self, t_s: float) -> Array | None:
        """Return the skin's vertices at a time in seconds, None before and after."""
        pose = self.pose(t_s)
        return None if pose is None else self.body.skin(self.body.skeleton(pose))

    def _swing(self, pose: Pose, suffix: str, phase: float) -> None:
        """Turn one side's leg, and its arm against it."""
        forward = float(np.sin(phase))
        # The knee bends while the leg swings from behind to the front.
        bend = _KNEE_BEND_DEG * max(0.0, float(np.cos(phase))) ** 2
        thigh = self._facing @ rotation_about(_SIDEWAYS, -_THIGH_SWING_DEG * forward)
        shank = thigh @ rotation_about(_SIDEWAYS, bend)
        pose.rotations[f"upperleg01.{suffix}"] = thigh
        pose.rotations[f"lowerleg01.{suffix}"] = shank
        rest = unit(self.body.head(f"lowerarm01.{suffix}") - self.body.head(f"upperarm01.{suffix}"))
        hanging = shortest_rotation(rest, vector(_DOWN))
        swing = rotation_about(_SIDEWAYS, _ARM_SWING_DEG * forward)
        pose.rotations[f"upperarm01.{suffix}"] = self._facing @ swing @ hanging
        bent = swing @ rotation_about(_SIDEWAYS, -_ELBOW_DEG) @ hanging
        pose.rotations[f"lowerarm01.{suffix}"] = self._facing @ bent
