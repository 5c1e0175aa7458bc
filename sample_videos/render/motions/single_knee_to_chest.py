"""Single knee to chest: lying on the back, one knee drawn in, the other leg long.

Cross and depth: see `drawn_knee`. The fault is the usual one: the other knee
bends and its foot comes flat on the mat. The extra `hover` holds the other leg
straight in the air.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sample_videos.render.geometry import blend_rotations, lerp, vector
from sample_videos.render.motions.drawn_knee import DrawnKnee, DrawnLeg
from sample_videos.render.motions.lying import SOLE_ON_MAT

if TYPE_CHECKING:
    from sample_videos.render.body import Body, LimbPose, Skeleton
    from sample_videos.render.story import Moment

# The heel rolls while the foot goes from lying to flat.
_HEEL_ROLL_M = 0.014


@dataclass(frozen=True)
class KneeToChestForm:
    """The angles the person takes, degrees (180 = straight)."""

    drawn: DrawnLeg = field(default_factory=lambda: DrawnLeg(105.0, 58.0, 80.0, 65.0, -0.1))
    fault_knee_deg: float = 110.0
    # Hip to ankle then rises by 30 degrees: even a long leg is not quite straight.
    hover_deg: float = 26.0


class SingleKneeToChest(DrawnKnee):
    """The knee to chest of one body."""

    name: ClassVar[str] = "single_knee_to_chest"

    def __init__(self, body: Body, form: KneeToChestForm | None = None) -> None:
        """Lay both legs long on the mat."""
        self.form = form or KneeToChestForm()
        super().__init__(body, self.form.drawn)

    def supporting_leg(self, skeleton: Skeleton, moment: Moment) -> LimbPose:
        """Return the left leg: long, or bent by the fault with its foot on the mat."""
        if hover := moment.amount_of("hover"):
            angle = self.long_trunk_thigh_deg - hover * self.form.hover_deg
            return self.bent_leg(
                skeleton, "L", angle, float(self.long_thigh[1]), self.long_knee_deg
            )
        hip = self.hips["L"]
        knee_deg = float(lerp(self.long_knee_deg, self.form.fault_knee_deg, moment.fault))
        height = float(lerp(self.long_ankle[2], self.ankle_height_m, moment.fault))
        height += _HEEL_ROLL_M * np.sin(np.pi * moment.fault)
        sideways, drop = float(self.long_ankle[1] - hip[1]), float(hip[2]) - height
        thigh, shank = self.thigh_m, self.shank_m
        cosine = np.cos(np.radians(knee_deg))
        reach_squared = thigh**2 + shank**2 - 2.0 * thigh * shank * cosine
        forward = np.sqrt(reach_squared - drop**2 - sideways**2)
        ankle = hip + vector([forward, sideways, -drop])
        solved = self.solve_leg(skeleton, "L", ankle, self.long_pole)
        self.relax_foot("L", solved)
        foot = solved.rotations["foot.L"]
        solved.rotations["foot.L"] = blend_rotations(foot, SOLE_ON_MAT, moment.fault)
        return solved
