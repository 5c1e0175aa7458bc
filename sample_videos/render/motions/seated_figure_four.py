"""Seated figure-four: on a chair, ankle on the other knee, leaning forward from the hips.

The ground is z = 0, the person faces -y and has the left side on +x; the hip
joints stay in place at x = +-half the hip width, y = 0. Depth 0 is upright,
depth 1 the full lean; the trunk-thigh angle goes linearly between the two. The
fault slides the supporting foot forward, so that its knee opens. Up 1 stands in
front of the chair, with the feet where they are at rest. The extras `slide` and
`over` lay the crossed leg elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sample_videos.render.body import Body, LimbPose, Pose, Skeleton, arm, solve_limb
from sample_videos.render.geometry import Array, lerp, rotation_about, smoothstep, unit, vector
from sample_videos.render.motions.figure_four import (
    ankle_down_shin,
    crossed_foot_rotation,
    knee_over_knee,
)
from sample_videos.render.motions.motion import Motion, along_arc, breath, trunk_thigh_deg
from sample_videos.render.story import Moment

_SIDEWAYS = (1.0, 0.0, 0.0)
_BREATH_DEG = 0.6
_LEAN_TABLE_DEG = np.arange(-25.0, 75.0, 2.5)
# Shares of the lean that the pelvis, the lower and upper back, neck and head turn.
_LEAN_SHARES = {"root": 0.7, "spine03": 0.85, "spine02": 1.0, "neck01": 0.6, "head": 0.5}
_HEAD_NOD_DEG = 4.0

_FOOT_OUTWARD_M = 0.03
_LEG_POLE = (0.05, -1.0, 0.6)
_CROSSED_POLE = (-1.0, -0.55, 0.1)
_CROSSED_POLE_LEANING = (-1.0, -0.55, -0.08)
_CROSS_BULGE_M = (-0.08, -0.12, 0.16)
# The crossed ankle joint from the supporting knee: short of it, outward, above.
_ANKLE_SHORT_OF_KNEE_M = 0.09
_ANKLE_BEYOND_THIGH_M = 0.08
_ANKLE_ABOVE_THIGH_M = 0.115

_AHEAD = (0.0, -1.0, 0.0)
# Knee over knee: the upper knee from the lower one, and where its shin points.
_KNEE_OVER_KNEE_M = (0.0, 0.0, 0.14)
_SHIN_OVER_KNEE = (0.42, -0.3, -1.0)

_SEAT_COMPRESSION_M = 0.015
# With the fault the hips slide toward the edge of the seat.
_FAULT_SLIDE_M = 0.10
# Getting up: the trunk leans by so much on the way, the hips go forward before they rise,
# and the legs end almost straight.
_RISING_LEAN_DEG = 45.0
_RISE_BEGINS = 0.25
_STANDING_REACH = 0.985
_HANGING_REACH = 0.95
_MOSTLY = 0.5  # share of a vertex's skin weights


@dataclass(frozen=True)
class SeatedForm:
    """The angles the person takes, degrees (180 = straight)."""

    upright_trunk_thigh_deg: float = 102.5
    full_trunk_thigh_deg: float = 74.0
    supporting_knee_deg: float = 95.0
    fault_knee_deg: float = 150.0
    # How far the supporting thigh slopes down towards the knee.
    thigh_slope_deg: float = 6.0


class SeatedFigureFour(Motion):
    """The seated stretch of one body."""

    name: ClassVar[str] = "seated_figure_four"
    reflection: ClassVar[Array] = np.diag([-1.0, 1.0, 1.0])
    on_chair: ClassVar[bool] = True

    def __init__(self, body: Body, form: SeatedForm | None = None) -> None:
        """Find the seat height and the leans that give the form's angles."""
        super().__init__(body)
        self.form = form or SeatedForm()
        slope = np.radians(self.form.thigh_slope_deg)
        knee_height = self.ankle_height_m + self.shank_m
        hip_height = knee_height + self.thigh_m * np.sin(slope)
        self.hip_centre = vector([0.0, 0.0, hip_height])
        self.left_ankle = self._left_ankle(self.form.supporting_knee_deg, 0.0)
        # Filled by the poses below: first the angle of each lean, then its inverse.
        self._angle_table_deg = [self._angle_of_lean(lean) for lean in _LEAN_TABLE_DEG]
        self._fault_opening_deg = self._angle_of_lean(0.0, 1.0) - self._angle_of_lean(0.0)
        self._seat_height_m = self._lowest_thigh_point() + _SEAT_COMPRESSION_M

    @property
    def support_height_m(self) -> float:
        """Height of the seat above the floor (metres)."""
        return self._seat_height_m

    def pose_right_stretched(self, moment: Moment) -> Pose:
        """Return the pose with the left leg supporting and the right leg stretched."""
        form = self.form
        angle = form.upright_trunk_thigh_deg + moment.depth * (
            form.full_trunk_thigh_deg - form.upright_trunk_thigh_deg
        )
        angle += _BREATH_DEG * breath(moment.t_s)
        # The fault opens the trunk-thigh angle, too: lean further, so that only the knee is wrong.
        lean = self._lean_for(angle - moment.fault * self._fault_opening_deg)
        lean = float(lerp(lean, 0.0, moment.up))
        lean += _RISING_LEAN_DEG * float(np.sin(np.pi * moment.up))
        pose = self._leaning_trunk(lean, self._hips_at(moment))
        skeleton = self.body.skeleton(pose)
        left_leg = self._supporting_leg(skeleton, moment.fault)
        right_leg = self._stretched_leg(skeleton, left_leg, moment)
        shank = right_leg.rotations["lowerleg01.R"]
        left_leg.rotations["foot.L"] = np.eye(3)
        right_leg.rotations["foot.R"] = crossed_foot_rotation(np.eye(3), shank, moment.cross)
        pose.add(left_leg)
        pose.add(right_leg)
        for suffix in ("L", "R"):
            pose.add(self._arm(skeleton, suffix, left_leg, right_leg, moment))
        return pose

    def _hips_at(self, moment: Moment) -> Array:
        """Return the middle of the hips: on the seat, slid forward, or on the way up."""
        reach = _STANDING_REACH * (self.thigh_m + self.shank_m)
        standing = [0.0, self.left_ankle[1], self.left_ankle[2] + reach]
        risen = (moment.up - _RISE_BEGINS) / (1.0 - _RISE_BEGINS)
        path = lerp(self.hip_centre, standing, smoothstep(moment.up * 1.25))
        path[2] = lerp(self.hip_centre[2], standing[2], smoothstep(risen))
        return path - vector([0.0, _FAULT_SLIDE_M * moment.fault, 0.0])

    def _left_ankle(self, knee_deg: float, slide_m: float) -> Array:
        """Put the supporting foot flat on the floor where it gives the knee its angle."""
        knee = np.radians(knee_deg)
        reach_squared = (
            self.thigh_m**2 + self.shank_m**2 - 2.0 * self.thigh_m * self.shank_m * np.cos(knee)
        )
        drop = self.hip_centre[2] - self.ankle_height_m
        forward = np.sqrt(reach_squared - drop**2 - _FOOT_OUTWARD_M**2)
        sideways = self.half_hip_width_m + _FOOT_OUTWARD_M
        return vector([sideways, -forward - slide_m, self.ankle_height_m])

    def _leaning_trunk(self, lean_deg: float, hips: Array) -> Pose:
        turns = {
            bone: rotation_about(_SIDEWAYS, share * lean_deg)
            for bone, share in _LEAN_SHARES.items()
        }
        turns["head"] = rotation_about(_SIDEWAYS, _HEAD_NOD_DEG) @ turns["head"]
        pose = self.trunk_pose(hips, turns["root"])
        pose.rotations.update(turns)
        return pose

    def _angle_of_lean(self, lean_deg: float, fault: float = 0.0) -> float:
        pose = self._leaning_trunk(lean_deg, self._hips_at(Moment(1.0, 0.0, fault=fault)))
        skeleton = self.body.skeleton(pose)
        pose.add(self._supporting_leg(skeleton, fault))
        return trunk_thigh_deg(self.body.joints(self.body.skeleton(pose)), "left")

    def _lean_for(self, angle_deg: float) -> float:
        # The angle falls as the lean grows; np.interp wants rising values.
        return float(np.interp(-angle_deg, [-a for a in self._angle_table_deg], _LEAN_TABLE_DEG))

    def _lowest_thigh_point(self) -> float:
        body = self.body
        vertices = body.skin(body.skeleton(self.pose_right_stretched(Moment(0.0, 0.0))))
        thighs = [body.bone_index[f"{bone}.L"] for bone in ("upperleg01", "upperleg02", "pelvis")]
        on_seat = body.skin_weights[:, thighs].sum(axis=1) > _MOSTLY
        used = np.zeros(len(vertices), dtype=bool)
        used[np.unique(body.faces[body.face_groups == "body"])] = True
        under_hips = np.abs(vertices[:, 1]) < self.thigh_m / 2.0
        return float(vertices[on_seat & used & under_hips, 2].min())

    def _supporting_leg(self, skeleton: Skeleton, fault: float) -> LimbPose:
        form = self.form
        knee_deg = float(lerp(form.supporting_knee_deg, form.fault_knee_deg, fault))
        ankle = self._left_ankle(knee_deg, _FAULT_SLIDE_M * fault)
        return self.solve_leg(skeleton, "L", ankle, vector(_LEG_POLE))

    def _stretched_leg(self, skeleton: Skeleton, left_leg: LimbPose, moment: Moment) -> LimbPose:
        left_hip = self.body.position(skeleton, "upperleg01.L")
        thigh = unit(left_leg.middle - left_hip)
        crossed = left_leg.middle - thigh * _ANKLE_SHORT_OF_KNEE_M
        crossed = crossed + vector([_ANKLE_BEYOND_THIGH_M, 0.0, _ANKLE_ABOVE_THIGH_M])
        crossed = ankle_down_shin(crossed, left_leg, vector(_AHEAD), moment.amount_of("slide"))
        down = self.reflection @ self.left_ankle
        ankle = along_arc(down, crossed, moment.cross, vector(_CROSS_BULGE_M))
        crossed_pole = lerp(_CROSSED_POLE, _CROSSED_POLE_LEANING, moment.depth)
        pole = lerp(self.reflection @ vector(_LEG_POLE), crossed_pole, moment.cross)
        if over := moment.amount_of("over"):
            right_hip = self.body.position(skeleton, "upperleg01.R")
            knee = left_leg.middle + vector(_KNEE_OVER_KNEE_M)
            ankle, pole = knee_over_knee(
                (ankle, pole),
                (right_hip, knee, vector(_SHIN_OVER_KNEE)),
                (self.thigh_m, self.shank_m),
                over,
            )
        return self.solve_leg(skeleton, "R", ankle, pole)

    def _arm(
        self,
        skeleton: Skeleton,
        suffix: str,
        left_leg: LimbPose,
        right_leg: LimbPose,
        moment: Moment,
    ) -> LimbPose:
        """Hands rest on the thighs, then on the stretched knee and shank; or hang."""
        outward = 1.0 if suffix == "L" else -1.0
        own_leg = left_leg if suffix == "L" else right_leg
        hip = self.body.position(skeleton, f"upperleg01.{suffix}")
        on_thigh = lerp(hip, own_leg.middle, 0.62) + vector([outward * 0.02, 0.0, 0.145])
        if suffix == "L":
            on_leg = lerp(right_leg.end, right_leg.middle, 0.22) + vector([0.03, 0.02, 0.11])
        else:
            on_leg = right_leg.middle + vector([0.04, 0.07, 0.105])
        wrist = lerp(on_thigh, on_leg, moment.cross)
        pole = lerp([outward, 0.6, -0.4], [outward, 0.35, 0.1], moment.cross)
        shoulder = self.body.position(skeleton, f"upperarm01.{suffix}")
        hanging = shoulder + vector([outward * 0.08, 0.0, -_HANGING_REACH * self.arm_m])
        wrist = lerp(wrist, hanging, smoothstep(moment.up))
        return solve_limb(self.body, arm(suffix), skeleton, wrist, pole)
