"""What the exercises on the back share.

The top of the mat is z = 0, the head lies towards -x and the left side is +y;
the hip joints stay in place at y = +-half the hip width, x = 0. Up 1 has the trunk
raised to sitting, the hands and the legs where they are at rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sample_videos.render.geometry import Array, rotation_about, unit, vector
from sample_videos.render.motions.motion import Motion

if TYPE_CHECKING:
    from sample_videos.render.body import Body, Pose

# Rest axes to world: left +x -> +y, back +y -> down, up +z -> -x.
LYING = np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
SIDEWAYS = (1.0, 0.0, 0.0)
SOLE_ON_MAT = LYING @ rotation_about(SIDEWAYS, 90.0)

_NECK_DEG = 2.0
_HEAD_DEG = 4.0
_HAND_ON_MAT_REACH = 0.86  # share of the arm's length
# How far the bones of the trunk are raised when sitting: the pelvis least, the chest most.
_SITTING_DEG = {"root": 62.0, "spine04": 72.0, "spine02": 82.0, "neck01": 76.0, "head": 78.0}
# The same with head and shoulders lifted, as shares of the head's turn.
_LIFT_SHARES = {"spine03": 0.15, "spine02": 0.4, "neck01": 0.8, "head": 1.0}
_ACROSS = (0.0, 1.0, 0.0)
_SITTING_RISE_M = 0.01


class OnTheBack(Motion):
    """An exercise of a body that lies on its back."""

    reflection: ClassVar[Array] = np.diag([1.0, -1.0, 1.0])

    def __init__(self, body: Body) -> None:
        """Lay the trunk on the mat."""
        super().__init__(body)
        back = body.group_vertices("body")[:, 1].max()
        self.hip_centre = vector([0.0, 0.0, back - self.rest_hip_centre[1]])
        skeleton = body.skeleton(self.lying_trunk())
        self.hips = {suffix: body.position(skeleton, f"upperleg01.{suffix}") for suffix in "LR"}
        self.shoulders = {
            suffix: body.position(skeleton, f"upperarm01.{suffix}") for suffix in "LR"
        }

    def lying_trunk(self, up: float = 0.0, head_lift_deg: float = 0.0) -> Pose:
        """Return the pose of trunk and head; the limbs are still to be added."""
        hips = self.hip_centre + vector([0.0, 0.0, _SITTING_RISE_M * up])
        pose = self.trunk_pose(hips, LYING)
        pose.rotations["neck01"] = LYING @ rotation_about(SIDEWAYS, _NECK_DEG)
        pose.rotations["head"] = LYING @ rotation_about(SIDEWAYS, _HEAD_DEG)
        for bone, share in _LIFT_SHARES.items() if head_lift_deg else ():
            lying = pose.rotations.get(bone, LYING)
            pose.rotations[bone] = rotation_about(_ACROSS, share * head_lift_deg) @ lying
        if up > 0.0:
            for bone, degrees in _SITTING_DEG.items():
                lying = pose.rotations.get(bone, LYING)
                pose.rotations[bone] = rotation_about(_ACROSS, degrees * up) @ lying
            root_offset = self.body.head("root") - self.rest_hip_centre
            pose.root_position = hips + pose.rotations["root"] @ root_offset
        return pose

    def thigh_direction(self, suffix: str, trunk_thigh_deg: float, leftward: float) -> Array:
        """Return a thigh's direction for an exact angle to the line hip-shoulder.

        Args:
            suffix: the side, `L` or `R`.
            trunk_thigh_deg: the angle; one that the thigh cannot have beside
                `leftward` gives the nearest one.
            leftward: how far the thigh leans to the person's left, as a share of its length.

        """
        shoulder = unit(self.shoulders[suffix] - self.hips[suffix])
        in_plane = float(np.hypot(shoulder[0], shoulder[2]))
        thigh_in_plane = np.sqrt(1.0 - leftward**2)
        cosine = np.cos(np.radians(trunk_thigh_deg)) - leftward * shoulder[1]
        from_shoulder = np.arccos(np.clip(cosine / (in_plane * thigh_in_plane), -1.0, 1.0))
        # Angles in the x-z plane, from +x upwards; the thigh lies on the feet's side.
        elevation = np.arctan2(shoulder[2], shoulder[0]) % (2.0 * np.pi) - from_shoulder
        return vector(
            [thigh_in_plane * np.cos(elevation), leftward, thigh_in_plane * np.sin(elevation)]
        )

    def shank(self, thigh: Array, knee_deg: float) -> Array:
        """Return knee to ankle (metres): the thigh's reverse, turned about the knee's hinge."""
        left = vector([0.0, 1.0, 0.0])
        hinge = left - thigh * (left @ thigh)
        return self.shank_m * (rotation_about(hinge, -knee_deg) @ -thigh)

    def wrist_on_mat(self, suffix: str) -> Array:
        """Return where a wrist lies beside the hip."""
        outward = 1.0 if suffix == "L" else -1.0
        shoulder = self.shoulders[suffix]
        reach = _HAND_ON_MAT_REACH * self.arm_m
        return vector([shoulder[0] + reach, shoulder[1] + outward * 0.16, 0.055])
