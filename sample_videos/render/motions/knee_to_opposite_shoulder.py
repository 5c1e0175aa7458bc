"""Knee to opposite shoulder: lying on the back, one knee drawn across the body.

Cross and depth: see `drawn_knee`. The fault is the usual one: the other leg
lifts off the mat.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sample_videos.render.geometry import lerp
from sample_videos.render.motions.drawn_knee import DrawnKnee, DrawnLeg

if TYPE_CHECKING:
    from sample_videos.render.body import Body, LimbPose, Skeleton
    from sample_videos.render.story import Moment


@dataclass(frozen=True)
class OppositeShoulderForm:
    """The angles the person takes, degrees (180 = straight)."""

    drawn: DrawnLeg = field(default_factory=lambda: DrawnLeg(105.0, 52.0, 80.0, 75.0, 0.33))
    fault_trunk_thigh_deg: float = 90.0
    fault_knee_deg: float = 110.0


class KneeToOppositeShoulder(DrawnKnee):
    """The knee to the opposite shoulder of one body."""

    name: ClassVar[str] = "knee_to_opposite_shoulder"

    def __init__(self, body: Body, form: OppositeShoulderForm | None = None) -> None:
        """Lay both legs long on the mat."""
        self.form = form or OppositeShoulderForm()
        super().__init__(body, self.form.drawn)

    def supporting_leg(self, skeleton: Skeleton, moment: Moment) -> LimbPose:
        """Return the left leg: long, or lifted by the fault."""
        if moment.fault == 0.0:
            solved = self.solve_leg(skeleton, "L", self.long_ankle, self.long_pole)
            self.relax_foot("L", solved)
            return solved
        form = self.form
        angle = lerp(self.long_trunk_thigh_deg, form.fault_trunk_thigh_deg, moment.fault)
        knee = lerp(self.long_knee_deg, form.fault_knee_deg, moment.fault)
        return self.bent_leg(skeleton, "L", float(angle), float(self.long_thigh[1]), float(knee))
