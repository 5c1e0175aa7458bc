"""What all exercises share: a measured body, its two sides, and small helpers.

Every motion of one leg at a time is written for one pair of roles: the LEFT
leg supports and the RIGHT leg is stretched. The other pair of roles is the
mirror image. Positions are world metres, angles degrees.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sample_videos.render.body import Body, LimbPose, Pose, Skeleton, leg, solve_limb
from sample_videos.render.geometry import Array, interior_angle_deg, lerp

if TYPE_CHECKING:
    from sample_videos.render.story import Moment

_BREATH_PERIOD_S = 4.2


class Motion(ABC):
    """An exercise of one body."""

    name: ClassVar[str]
    # Mirror of the world that exchanges the person's left and right.
    reflection: ClassVar[Array]
    # What stands under the person: a chair, or else a mat.
    on_chair: ClassVar[bool] = False

    def __init__(self, body: Body) -> None:
        """Measure the body."""
        self.body = body
        self.thigh_m = body.length("upperleg01.L", "lowerleg01.L")
        self.shank_m = body.length("lowerleg01.L", "foot.L")
        self.arm_m = body.length("upperarm01.L", "lowerarm01.L")
        self.arm_m += body.length("lowerarm01.L", "wrist.L")
        hips = (body.head("upperleg01.L"), body.head("upperleg01.R"))
        self.rest_hip_centre = (hips[0] + hips[1]) / 2.0
        self.half_hip_width_m = float(hips[0][0] - hips[1][0]) / 2.0
        self.ankle_height_m = body.sole_depth_m()

    @property
    def support_height_m(self) -> float:
        """Height of what carries the hips above the ground under the feet (metres)."""
        return 0.0

    @abstractmethod
    def pose_right_stretched(self, moment: Moment) -> Pose:
        """Return the pose with the left leg supporting and the right leg stretched."""

    def pose(self, moment: Moment) -> Pose:
        """Return the pose of a moment, on the side it asks for."""
        pose = self.pose_right_stretched(moment)
        return pose if moment.stretched_side == "right" else pose.mirrored(self.reflection)

    def trunk_pose(self, hip_centre: Array, pelvis: Array) -> Pose:
        """Return a pose with the hip centre in place and the pelvis turned."""
        root_offset = self.body.head("root") - self.rest_hip_centre
        return Pose(hip_centre + pelvis @ root_offset, {"root": pelvis})

    def solve_leg(self, skeleton: Skeleton, suffix: str, ankle: Array, pole: Array) -> LimbPose:
        """Bend a leg so that its ankle joint is at `ankle`."""
        return solve_limb(self.body, leg(suffix), skeleton, ankle, pole)


def breath(t_s: float) -> float:
    """Return the breathing sway, -1..1, at a time in seconds."""
    return float(np.sin(2.0 * np.pi * t_s / _BREATH_PERIOD_S))


def along_arc(start: Array, end: Array, amount: float, bulge: Array) -> Array:
    """Return a point on the way from start to end that swerves by `bulge` at half way."""
    place: Array = lerp(start, end, amount) + bulge * np.sin(np.pi * amount)
    return place


def trunk_thigh_deg(joints: dict[str, Array], side: str) -> float:
    """Return the angle shoulder-hip-knee of a side in degrees (180 = straight)."""
    return interior_angle_deg(
        joints[f"{side}_shoulder"], joints[f"{side}_hip"], joints[f"{side}_knee"]
    )


def knee_deg(joints: dict[str, Array], side: str) -> float:
    """Return the angle hip-knee-ankle of a side in degrees (180 = straight)."""
    return interior_angle_deg(
        joints[f"{side}_hip"], joints[f"{side}_knee"], joints[f"{side}_ankle"]
    )
