"""Prone press-up: lying face down, the chest pressed up by the hands, the pelvis down.

Axes: see `on_hands`. Cross is not used. Depth 0 lies flat, depth 1 is pressed up;
the angle of trunk and thigh through the front goes linearly between the two. The
fault raises the pelvis off the mat, over the knees. The extra `hover` lifts one
long leg off the mat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sample_videos.render.geometry import Array, lerp, rotation_about, vector
from sample_videos.render.motions.motion import breath
from sample_videos.render.motions.on_hands import OnHands

if TYPE_CHECKING:
    from sample_videos.render.body import Body, LimbPose, Pose, Skeleton
    from sample_videos.render.story import Moment

_BREATH_DEG = 0.5
_FACE_DOWN_DEG = 90.0
_ARCH_TABLE_DEG = np.arange(-10.0, 85.0, 5.0)
_PELVIS_SHARE = 0.12  # of the arch that the pelvis tilts
_LOOK_FLAT_DEG, _LOOK_UP_DEG = 24.0, 6.0
_HIPS_AT_X_M = -0.1
_LONG_REACH = 0.997
_OUTWARD_M = 0.03
_ANKLE_HEIGHT_M = 0.075
_POINTED_FOOT_DEG = 72.0
# The planted wrists from the shoulders of the flat body: towards the feet, outward.
_HANDS_BACK_M, _HANDS_ASIDE_M = 0.02, 0.09
_ELBOWS_OUTWARD = 0.5
_ACROSS = (0.0, 1.0, 0.0)


@dataclass(frozen=True)
class PressUpForm:
    """The angles the person takes, degrees (180 = straight).

    Attributes:
        flat_trunk_thigh_front_deg, full_trunk_thigh_front_deg: shoulder-hip-knee through
            the front of the body; above 180 is extension.
        fault_slope_deg: how far the thighs slope down to the knees with the fault.
        hover_deg: how far the hovering leg is turned up about its hip.

    """

    flat_trunk_thigh_front_deg: float = 178.0
    full_trunk_thigh_front_deg: float = 207.0
    fault_slope_deg: float = 36.0
    hover_deg: float = 36.0


class PronePressUp(OnHands):
    """The press-up of one body."""

    name: ClassVar[str] = "prone_press_up"

    def __init__(self, body: Body, form: PressUpForm | None = None) -> None:
        """Lay the body down and find the arches that give the form's angles."""
        super().__init__(body)
        self.form = form or PressUpForm()
        skin = body.group_vertices("body") - self.rest_hip_centre
        belly = np.all(np.abs(skin[:, [0, 2]]) < self.half_hip_width_m, axis=1)
        height = -float(skin[belly, 1].min())
        self.hip_centre = vector([_HIPS_AT_X_M, 0.0, height])
        flat = body.skeleton(self._trunk(self.hip_centre, 0.0, 0.0))
        long_leg = self._long_leg(flat)
        self.left_knee, self.left_shin = long_leg.middle, long_leg.end - long_leg.middle
        self._half_step_m = float(self.left_knee[1] - body.position(flat, "upperleg01.L")[1])
        self.slope_deg = self._slope_from(height)
        self._angle_table_deg = [self._angle_of_arch(arch) for arch in _ARCH_TABLE_DEG]
        start = self._arch_for(self.form.flat_trunk_thigh_front_deg)
        lying = body.skeleton(self._trunk(self.hip_centre, start, 0.0))
        shoulder = body.position(lying, "upperarm01.L")
        ahead, aside = -float(shoulder[0]) - _HANDS_BACK_M, -float(shoulder[1]) + _HANDS_ASIDE_M
        self.wrists = {suffix: self.planted_wrist(suffix, ahead, aside) for suffix in "LR"}

    def pose_right_stretched(self, moment: Moment) -> Pose:
        """Return the pose; both sides do the same."""
        form = self.form
        angle = lerp(form.flat_trunk_thigh_front_deg, form.full_trunk_thigh_front_deg, moment.depth)
        angle = angle + _BREATH_DEG * breath(moment.t_s) * moment.depth
        pose = self._trunk(self.hip_centre, self._arch_for(float(angle)), moment.depth)
        if moment.fault > 0.0:
            pose = self._raised(pose, self._arch_for(float(angle)), moment)
        skeleton = self.body.skeleton(pose)
        for suffix, wrist in self.wrists.items():
            mirror = np.eye(3) if suffix == "L" else self.reflection
            knee, shin = mirror @ self.left_knee, mirror @ self.left_shin
            if suffix == "L" and (hover := moment.amount_of("hover")):
                hip = self.body.position(skeleton, "upperleg01.L")
                turn = rotation_about(_ACROSS, -hover * form.hover_deg)
                knee, shin = hip + turn @ (knee - hip), turn @ shin
            pose.add(self.leg_over_knee(skeleton, suffix, knee, shin, _POINTED_FOOT_DEG))
            pole = mirror @ vector([0.7, -_ELBOWS_OUTWARD, 0.5])
            pose.add(self.planted_arm(skeleton, suffix, wrist, pole))
        return pose

    def _trunk(self, hip_centre: Array, arch_deg: float, depth: float) -> Pose:
        """Arch the trunk; the pelvis tilts by its share, the spine does the rest."""
        lean = _FACE_DOWN_DEG - _PELVIS_SHARE * arch_deg
        look = float(lerp(_LOOK_FLAT_DEG, _LOOK_UP_DEG, depth))
        return self.arched_trunk(hip_centre, lean, (1.0 - _PELVIS_SHARE) * arch_deg, look)

    def _raised(self, pressed: Pose, arch_deg: float, moment: Moment) -> Pose:
        """Raise the hips over the knees, which stay on the mat like the hands."""
        slope = np.radians(lerp(self.slope_deg, self.form.fault_slope_deg, moment.fault))
        height = float(self.left_knee[2] + self.thigh_m * np.sin(slope))
        level = float(np.sqrt((self.thigh_m * np.cos(slope)) ** 2 - self._half_step_m**2))
        hip_centre = vector([float(self.left_knee[0]) - level, 0.0, height])
        wrist = self.wrists["L"]
        shoulder = self.body.position(self.body.skeleton(pressed), "upperarm01.L")
        spine_deg = (1.0 - _PELVIS_SHARE) * arch_deg
        reach = float(np.linalg.norm(shoulder - wrist))
        lean = self.lean_to_reach(hip_centre, spine_deg, wrist, reach)
        return self.arched_trunk(hip_centre, lean, spine_deg, _LOOK_UP_DEG)

    def _long_leg(self, skeleton: Skeleton) -> LimbPose:
        hip = self.body.position(skeleton, "upperleg01.L")
        reach = _LONG_REACH * (self.thigh_m + self.shank_m)
        drop = float(hip[2]) - _ANKLE_HEIGHT_M
        back = np.sqrt(reach**2 - drop**2 - _OUTWARD_M**2)
        ankle = hip + vector([back, -_OUTWARD_M, -drop])
        return self.solve_leg(skeleton, "L", ankle, vector([0.0, 0.0, -1.0]))

    def _slope_from(self, hip_height: float) -> float:
        return float(np.degrees(np.arcsin((hip_height - self.left_knee[2]) / self.thigh_m)))

    def _angle_of_arch(self, arch_deg: float) -> float:
        """Return the trunk-thigh angle through the front, seen from the side."""
        skeleton = self.body.skeleton(self._trunk(self.hip_centre, arch_deg, 0.0))
        trunk = self.body.position(skeleton, "upperarm01.L") - self.hip_centre
        rise_deg = float(np.degrees(np.arctan2(trunk[2], -trunk[0])))
        return 180.0 + rise_deg - self.slope_deg

    def _arch_for(self, angle_deg: float) -> float:
        return float(np.interp(angle_deg, self._angle_table_deg, _ARCH_TABLE_DEG))
