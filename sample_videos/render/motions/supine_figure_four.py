"""Supine figure-four: lying on the back, ankle on the other knee, supporting thigh drawn in.

Axes: see `lying`. Depth 0 has the supporting foot on the mat, depth 1 is the
full stretch; the trunk-thigh angle and the knee angle go linearly between the two.
The fault opens the supporting knee. Up 1 sits on the mat. The extras `slide`, `off` and
`over` lay the stretched leg elsewhere; `off` without a cross hugs both knees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sample_videos.render.body import (
    Body,
    LimbPose,
    Pose,
    Skeleton,
    arm,
    hand_rotation,
    solve_limb,
    turn_hand,
)
from sample_videos.render.geometry import (
    Array,
    blend_rotations,
    interior_angle_deg,
    lerp,
    smoothstep,
    unit,
    vector,
)
from sample_videos.render.motions.figure_four import (
    ankle_down_shin,
    crossed_foot_rotation,
    knee_over_knee,
)
from sample_videos.render.motions.lying import LYING, SOLE_ON_MAT, OnTheBack
from sample_videos.render.motions.motion import along_arc, breath

if TYPE_CHECKING:
    from sample_videos.render.story import Moment

_BREATH_DEG = 0.5
# The supporting thigh leans outward by this share of its length.
_THIGH_OUTWARD = 0.05

_CROSSED_POLE = (0.45, -1.0, 0.25)
_CROSS_BULGE_M = (0.02, -0.12, 0.2)
# The crossed ankle joint from the supporting knee: short of it, in front, outward.
_ANKLE_SHORT_OF_KNEE_M = 0.075
_ANKLE_OFF_THIGH_M = 0.11
_ANKLE_BEYOND_THIGH_M = 0.07

_OFF_BULGE_M = (0.0, -0.15, 0.08)
_KNEE_BEFORE_KNEE_M = 0.13

# The clasping wrists from the supporting hip: along the thigh, behind and beside it.
_CLASP_FROM_HIP_M = 0.21
_CLASP_BEHIND_M = 0.05
_CLASP_ASIDE_M = 0.095


@dataclass(frozen=True)
class SupineForm:
    """The angles the person takes, degrees (180 = straight).

    Attributes:
        open_trunk_thigh_deg, full_trunk_thigh_deg: of the supporting leg, with its foot on
            the mat and in the full stretch.
        full_knee_deg: the supporting knee in the full stretch; a small one hangs the foot low.
        fault_knee_deg: the supporting knee with the fault.
        head_lift_deg: how far the head is raised in the full stretch, the shoulders less.

    """

    open_trunk_thigh_deg: float = 128.0
    full_trunk_thigh_deg: float = 80.0
    full_knee_deg: float = 94.0
    fault_knee_deg: float = 160.0
    head_lift_deg: float = 0.0

    def depth_at(self, trunk_thigh_deg: float) -> float:
        """Return the depth that gives a trunk-thigh angle."""
        opened = self.open_trunk_thigh_deg - trunk_thigh_deg
        return opened / (self.open_trunk_thigh_deg - self.full_trunk_thigh_deg)


class SupineFigureFour(OnTheBack):
    """The supine stretch of one body."""

    name: ClassVar[str] = "supine_figure_four"

    def __init__(self, body: Body, form: SupineForm | None = None) -> None:
        """Put the supporting foot down."""
        super().__init__(body)
        self.form = form or SupineForm()
        self.left_hip = self.hips["L"]
        self.open_thigh = self._left_thigh(self.form.open_trunk_thigh_deg)
        open_knee = self.left_hip + self.thigh_m * self.open_thigh
        drop = open_knee[2] - self.ankle_height_m
        forward = np.sqrt(self.shank_m**2 - drop**2)
        ankle_on_mat = open_knee + vector([forward, 0.0, -drop])
        self.open_knee_deg = interior_angle_deg(self.left_hip, open_knee, ankle_on_mat)
        self.open_ankle = open_knee + self.shank(self.open_thigh, self.open_knee_deg)

    def pose_right_stretched(self, moment: Moment) -> Pose:
        """Return the pose with the left leg supporting and the right leg stretched."""
        pose = self.lying_trunk(moment.up, self.form.head_lift_deg * max(0.0, moment.depth))
        skeleton = self.body.skeleton(pose)
        left_leg = self._supporting_leg(skeleton, moment)
        right_leg = self._stretched_leg(skeleton, left_leg, moment)
        left_shank = left_leg.rotations["lowerleg01.L"]
        right_shank = right_leg.rotations["lowerleg01.R"]
        left_leg.rotations["foot.L"] = blend_rotations(SOLE_ON_MAT, left_shank, moment.depth)
        right_leg.rotations["foot.R"] = crossed_foot_rotation(
            SOLE_ON_MAT, right_shank, max(moment.cross, moment.amount_of("off"))
        )
        pose.add(left_leg)
        pose.add(right_leg)
        for suffix in ("L", "R"):
            pose.add(self._arm(skeleton, suffix, left_leg, moment.depth))
        return pose

    def _left_thigh(self, trunk_thigh_deg: float) -> Array:
        return self.thigh_direction("L", trunk_thigh_deg, _THIGH_OUTWARD)

    def _supporting_leg(self, skeleton: Skeleton, moment: Moment) -> LimbPose:
        form = self.form
        angle = lerp(form.open_trunk_thigh_deg, form.full_trunk_thigh_deg, moment.depth)
        angle = angle + _BREATH_DEG * breath(moment.t_s) * moment.depth
        thigh = self._left_thigh(float(angle))
        knee = self.left_hip + self.thigh_m * thigh
        knee_deg = float(lerp(self.open_knee_deg, form.full_knee_deg, moment.depth))
        knee_deg = float(lerp(knee_deg, form.fault_knee_deg, moment.fault))
        ankle = knee + self.shank(thigh, knee_deg)
        return self.solve_leg(skeleton, "L", ankle, thigh)

    def _stretched_leg(self, skeleton: Skeleton, left_leg: LimbPose, moment: Moment) -> LimbPose:
        cross = moment.cross
        thigh = unit(left_leg.middle - self.left_hip)
        left = LYING[:, 0]
        in_front = unit(np.cross(thigh, left))
        crossed = (
            left_leg.middle
            - thigh * _ANKLE_SHORT_OF_KNEE_M
            + in_front * _ANKLE_OFF_THIGH_M
            + left * _ANKLE_BEYOND_THIGH_M
        )
        crossed = ankle_down_shin(crossed, left_leg, thigh, moment.amount_of("slide"))
        down = self.reflection @ self.open_ankle
        ankle = along_arc(down, crossed, cross, vector(_CROSS_BULGE_M))
        pole = lerp(self.reflection @ self.open_thigh, _CROSSED_POLE, cross)
        if off := moment.amount_of("off"):
            beside = self.reflection @ left_leg.end
            ankle = along_arc(ankle, beside, off, vector(_OFF_BULGE_M) * cross)
            pole = lerp(unit(pole), self.reflection @ thigh, off)
        if over := moment.amount_of("over"):
            shin = 0.75 * unit(left_leg.end - left_leg.middle) + 0.25 * thigh + 0.5 * left
            knee = left_leg.middle + in_front * _KNEE_BEFORE_KNEE_M
            ankle, pole = knee_over_knee(
                (ankle, pole), (self.hips["R"], knee, shin), (self.thigh_m, self.shank_m), over
            )
        return self.solve_leg(skeleton, "R", ankle, pole)

    def _arm(self, skeleton: Skeleton, suffix: str, left_leg: LimbPose, depth: float) -> LimbPose:
        """Hands lie beside the hips, then clasp the supporting thigh."""
        outward = 1.0 if suffix == "L" else -1.0
        thigh = unit(left_leg.middle - self.left_hip)
        behind = unit(np.cross(LYING[:, 0], thigh))
        sideways = outward * LYING[:, 0]
        clasping = self.left_hip + thigh * _CLASP_FROM_HIP_M
        clasping = clasping + behind * _CLASP_BEHIND_M + sideways * _CLASP_ASIDE_M
        grip = smoothstep(depth)
        wrist = along_arc(
            self.wrist_on_mat(suffix), clasping, grip, sideways * 0.1 + vector([0.0, 0.0, 0.1])
        )
        pole = lerp([0.0, outward, -0.5], [0.2, outward * 0.7, -1.0], grip)
        solved = solve_limb(self.body, arm(suffix), skeleton, wrist, pole)
        hand = hand_rotation(self.body, suffix, behind * 0.6 - sideways * 0.8, thigh)
        turn_hand(solved, arm(suffix), hand, grip)
        return solved
