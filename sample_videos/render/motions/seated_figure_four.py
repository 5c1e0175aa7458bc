"""Seated figure-four: on a chair, ankle on the other knee, leaning forward from the hips.

The ground is z = 0, the person faces -y and has the left side on +x; the hip
joints stay in place at x = +-half the hip width, y = 0. Depth 0 is upright,
depth 1 the full lean; the trunk-thigh angle goes linearly between the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sample_videos.render.body import Body, LimbPose, Pose, Skeleton, arm, solve_limb
from sample_videos.render.geometry import Array, lerp, rotation_about, unit, vector
from sample_videos.render.motions.figure_four import crossed_foot_rotation
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

_SEAT_COMPRESSION_M = 0.015
_MOSTLY = 0.5  # share of a vertex's skin weights


@dataclass(frozen=True)
class SeatedForm:
    """The angles the person takes, degrees (180 = straight)."""

    upright_trunk_thigh_deg: float = 102.5
    full_trunk_thigh_deg: float = 74.0
    supporting_knee_deg: float = 95.0
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
        self.left_ankle = self._left_ankle()
        # Filled by the poses below: first the angle of each lean, then its inverse.
        self._angle_table_deg = [self._angle_of_lean(lean) for lean in _LEAN_TABLE_DEG]
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
        pose = self._leaning_trunk(self._lean_for(angle))
        skeleton = self.body.skeleton(pose)
        left_leg = self._supporting_leg(skeleton)
        right_leg = self._stretched_leg(skeleton, left_leg, moment)
        shank = right_leg.rotations["lowerleg01.R"]
        left_leg.rotations["foot.L"] = np.eye(3)
        right_leg.rotations["foot.R"] = crossed_foot_rotation(np.eye(3), shank, moment.cross)
        pose.add(left_leg)
        pose.add(right_leg)
        for suffix in ("L", "R"):
            pose.add(self._arm(skeleton, suffix, left_leg, right_leg, moment.cross))
        return pose

    def _left_ankle(self) -> Array:
        """Put the supporting foot flat on the floor where it gives the knee its angle."""
        knee = np.radians(self.form.supporting_knee_deg)
        reach_squared = (
            self.thigh_m**2 + self.shank_m**2 - 2.0 * self.thigh_m * self.shank_m * np.cos(knee)
        )
        drop = self.hip_centre[2] - self.ankle_height_m
        forward = np.sqrt(reach_squared - drop**2 - _FOOT_OUTWARD_M**2)
        sideways = self.half_hip_width_m + _FOOT_OUTWARD_M
        return vector([sideways, -forward, self.ankle_height_m])

    def _leaning_trunk(self, lean_deg: float) -> Pose:
        turns = {
            bone: rotation_about(_SIDEWAYS, share * lean_deg)
            for bone, share in _LEAN_SHARES.items()
        }
        turns["head"] = rotation_about(_SIDEWAYS, _HEAD_NOD_DEG) @ turns["head"]
        pose = self.trunk_pose(self.hip_centre, turns["root"])
        pose.rotations.update(turns)
        return pose

    def _angle_of_lean(self, lean_deg: float) -> float:
        pose = self._leaning_trunk(lean_deg)
        skeleton = self.body.skeleton(pose)
        pose.add(self._supporting_leg(skeleton))
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

    def _supporting_leg(self, skeleton: Skeleton) -> LimbPose:
        return self.solve_leg(skeleton, "L", self.left_ankle, vector(_LEG_POLE))

    def _stretched_leg(self, skeleton: Skeleton, left_leg: LimbPose, moment: Moment) -> LimbPose:
        left_hip = self.body.position(skeleton, "upperleg01.L")
        thigh = unit(left_leg.middle - left_hip)
        crossed = left_leg.middle - thigh * _ANKLE_SHORT_OF_KNEE_M
        crossed = crossed + vector([_ANKLE_BEYOND_THIGH_M, 0.0, _ANKLE_ABOVE_THIGH_M])
        down = self.reflection @ self.left_ankle
        ankle = along_arc(down, crossed, moment.cross, vector(_CROSS_BULGE_M))
        crossed_pole = lerp(_CROSSED_POLE, _CROSSED_POLE_LEANING, moment.depth)
        pole = lerp(self.reflection @ vector(_LEG_POLE), crossed_pole, moment.cross)
        return self.solve_leg(skeleton, "R", ankle, pole)

    def _arm(
        self,
        skeleton: Skeleton,
        suffix: str,
        left_leg: LimbPose,
        right_leg: LimbPose,
        cross: float,
    ) -> LimbPose:
        """Hands rest on the thighs, then on the stretched knee and shank."""
        outward = 1.0 if suffix == "L" else -1.0
        own_leg = left_leg if suffix == "L" else right_leg
        hip = self.body.position(skeleton, f"upperleg01.{suffix}")
        on_thigh = lerp(hip, own_leg.middle, 0.62) + vector([outward * 0.02, 0.0, 0.145])
        if suffix == "L":
            on_leg = lerp(right_leg.end, right_leg.middle, 0.22) + vector([0.03, 0.02, 0.11])
        else:
            on_leg = right_leg.middle + vector([0.04, 0.07, 0.105])
        wrist = lerp(on_thigh, on_leg, cross)
        pole = lerp([outward, 0.6, -0.4], [outward, 0.35, 0.1], cross)
        return solve_limb(self.body, arm(suffix), skeleton, wrist, pole)
