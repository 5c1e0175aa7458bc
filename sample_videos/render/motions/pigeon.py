"""Pigeon: on the floor, one bent leg in front, the other stretched out behind.

Axes: see `on_hands`; the middle of the hips stays over x = 0, y = 0. Cross 0 is
on hands and knees, cross 1 has the right shin across in front and the left leg
behind with the hips still high, depth 1 sinks the hips. Each thigh has a slope of its
own: the knee of the steeper one is on the mat, the other may hang above it. The trunk
leans as far as the planted hands ask. The fault bends the rear knee. The extra `high`
holds the hips high over the front knee, the rear leg long on its toes; `bird_dog`, from
rest, holds the rear leg level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sample_videos.render.geometry import Array, blend_rotations, lerp, rotation_about, unit, vector
from sample_videos.render.motions.motion import breath
from sample_videos.render.motions.on_hands import SIDEWAYS, OnHands

if TYPE_CHECKING:
    from sample_videos.render.body import Body, LimbPose, Pose, Skeleton
    from sample_videos.render.story import Moment

_BREATH_DEG = 0.4
_KNEE_HEIGHT_M = 0.065
_ANKLE_HEIGHT_M = 0.06
_HANDS_AHEAD_M = 0.5  # of a body with the arms below
_HANDS_ARM_M = 0.486
_HANDS_ASIDE_M = 0.2
_ARM_STRAIGHTNESS = 0.96
_KNEELING_FOOT_DEG = 75.0
_FRONT_FOOT_DEG = 25.0


@dataclass(frozen=True)
class PigeonForm:
    """The angles the person takes, degrees (180 = straight).

    Attributes:
        kneeling_thigh_deg, high_thigh_deg: both thighs against the horizontal at rest
            and with the hips still high.
        sunk_thigh_deg, sunk_front_deg: rear and front thigh in the full stretch.
        fault_thigh_deg, fault_front_deg: rear and front thigh with the hips held high.
        level_thigh_deg: the rear thigh of the bird-dog.
        front_knee_deg: the front knee in the full stretch.
        front_outward_deg: how far the front thigh points away from straight ahead.
        arch_deg: how far the back is extended in the full stretch.
        fault_knee_deg: the rear knee with the fault.

    """

    kneeling_thigh_deg: float = -86.0
    high_thigh_deg: float = -52.0
    sunk_thigh_deg: float = -15.0
    sunk_front_deg: float = -15.0
    fault_thigh_deg: float = -24.0
    fault_front_deg: float = -56.0
    level_thigh_deg: float = -4.0
    front_knee_deg: float = 68.0
    front_outward_deg: float = 25.0
    arch_deg: float = 30.0
    fault_knee_deg: float = 105.0


class Pigeon(OnHands):
    """The pigeon of one body."""

    name: ClassVar[str] = "pigeon"

    def __init__(self, body: Body, form: PigeonForm | None = None) -> None:
        """Plant the hands."""
        super().__init__(body)
        self.form = form or PigeonForm()
        ahead = _HANDS_AHEAD_M * self.arm_m / _HANDS_ARM_M
        self.wrists = {s: self.planted_wrist(s, ahead, _HANDS_ASIDE_M) for s in "LR"}

    def pose_right_stretched(self, moment: Moment) -> Pose:
        """Return the pose with the right leg in front."""
        form = self.form
        rear_deg, front_deg = self._thighs_deg(moment)
        steepest = np.radians(min(rear_deg, front_deg))
        hip_centre = vector([0.0, 0.0, _KNEE_HEIGHT_M - self.thigh_m * np.sin(steepest)])
        arch = form.arch_deg * moment.depth
        reach = _ARM_STRAIGHTNESS * self.arm_m
        lean = self.lean_to_reach(hip_centre, arch, self.wrists["L"], reach)
        pose = self.arched_trunk(hip_centre, lean, arch, 0.4 * (lean - arch))
        skeleton = self.body.skeleton(pose)
        pose.add(self._rear_leg(skeleton, rear_deg, moment))
        pose.add(self._front_leg(skeleton, front_deg, moment.cross))
        for suffix, wrist in self.wrists.items():
            outward = -1.0 if suffix == "L" else 1.0
            pose.add(self.planted_arm(skeleton, suffix, wrist, vector([0.6, outward, 0.0])))
        return pose

    def _thighs_deg(self, moment: Moment) -> tuple[float, float]:
        """Return the slopes of rear and front thigh, negative downwards."""
        form = self.form
        loose = lerp(form.kneeling_thigh_deg, form.high_thigh_deg, moment.cross)
        sunk = vector([form.sunk_thigh_deg, form.sunk_front_deg])
        slopes = lerp(vector([loose, loose]), sunk, moment.depth)
        slopes = slopes + _BREATH_DEG * breath(moment.t_s) * moment.depth
        slopes = lerp(
            slopes, [form.fault_thigh_deg, form.fault_front_deg], moment.amount_of("high")
        )
        level = [form.level_thigh_deg, slopes[1]]
        rear, front = lerp(slopes, level, moment.amount_of("bird_dog"))
        return float(rear), float(front)

    def _knee(self, hip: Array, thigh_deg: float, azimuth_deg: float) -> Array:
        """Return the knee of a thigh that points from straight ahead to the person's right."""
        level = self.thigh_m * np.cos(np.radians(thigh_deg))
        height = hip[2] + self.thigh_m * np.sin(np.radians(thigh_deg))
        return vector([*(hip[:2] + level * _ahead(azimuth_deg)), height])

    def _drop(self, knee: Array) -> float:
        """Return how far a shin sinks to the mat on its way from the knee, as a share of it."""
        return float(np.clip((knee[2] - _ANKLE_HEIGHT_M) / self.shank_m, -1.0, 1.0))

    def _rear_leg(self, skeleton: Skeleton, thigh_deg: float, moment: Moment) -> LimbPose:
        hip = self.body.position(skeleton, "upperleg01.L")
        knee = self._knee(hip, thigh_deg, 180.0)
        drop_deg = float(np.degrees(np.arcsin(self._drop(knee))))
        drop_deg = float(lerp(drop_deg, -thigh_deg, moment.amount_of("bird_dog")))
        long_knee_deg = 180.0 + thigh_deg + drop_deg
        raised_deg = moment.fault * (long_knee_deg - self.form.fault_knee_deg)
        shin_up = np.radians(raised_deg - drop_deg)
        shin = vector([np.cos(shin_up), 0.0, np.sin(shin_up)])
        return self.leg_over_knee(skeleton, "L", knee, shin, _KNEELING_FOOT_DEG)

    def _front_leg(self, skeleton: Skeleton, thigh_deg: float, cross: float) -> LimbPose:
        """The knee slides ahead under the sinking hips, the shin turns across."""
        form = self.form
        hip = self.body.position(skeleton, "upperleg01.R")
        # From straight behind (kneeling) over the outside to in front.
        outward = 180.0 - (180.0 - form.front_outward_deg) * min(1.0, cross * 1.5)
        knee = self._knee(hip, thigh_deg, outward)
        drop = self._drop(knee)
        level = np.sqrt(1.0 - drop**2)
        sunk = np.radians(form.sunk_front_deg)
        cosine = np.cos(np.radians(form.front_knee_deg)) - np.sin(sunk) * drop
        across = np.degrees(np.arccos(np.clip(cosine / (np.cos(sunk) * level), -1.0, 1.0)))
        azimuth = lerp(180.0, 180.0 + form.front_outward_deg + across, cross**2)
        shin = vector([*(level * _ahead(float(azimuth))), -drop])
        solved = self.leg_over_knee(skeleton, "R", knee, shin, _KNEELING_FOOT_DEG)
        kneeling = solved.rotations["foot.R"]
        solved.rotations["foot.R"] = blend_rotations(kneeling, _on_outer_edge(shin), cross)
        return solved


def _on_outer_edge(shin: Array) -> Array:
    """Return the rotation of a right foot that lies on its outer edge."""
    up = unit([-shin[0], -shin[1], 0.0])
    left = vector([0.0, 0.0, 1.0])
    lying = np.stack([left, np.cross(up, left), up], axis=1)
    return lying @ rotation_about(SIDEWAYS, _FRONT_FOOT_DEG)


def _ahead(azimuth_deg: float) -> Array:
    """Return the level direction turned from straight ahead to the person's right."""
    azimuth = np.radians(azimuth_deg)
    return vector([-np.cos(azimuth), np.sin(azimuth)])
