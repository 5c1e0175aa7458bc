"""Evidence of one frame for or against crossed legs, from the places of both legs.

All lengths are in thighs; see `posecheck.measure.leg_quantities`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.landmarks import INDEX
from posecheck.measure import leg_quantities as legs
from posecheck.measure.geometry import inclination_deg
from posecheck.types import Side

if TYPE_CHECKING:
    from posecheck.measure.body import PoseArrays

_ANKLES: Final = [INDEX["left_ankle"], INDEX["right_ankle"]]


class Posture(StrEnum):
    """Posture in which the legs are crossed; it selects the rules of evidence."""

    SEATED = "seated"
    SUPINE = "supine"


@dataclass(frozen=True, slots=True)
class LegPlace:
    """Places of both legs in one frame; lengths in thighs, angles in degrees."""

    t_s: float
    trunk_deg: float
    chest_deg: float
    depth_deg: float
    hang: float
    high: float
    low: float
    lift: float
    lift_high: float
    apart: float
    knees: float
    to_knee: float
    seen: float

    @property
    def gap(self) -> float:
        """Height of the higher ankle over the lower one."""
        return self.high - self.low

    @property
    def complete(self) -> bool:
        """Whether everything could be measured."""
        return math.isfinite(self.trunk_deg + self.high + self.low + self.to_knee + self.hang)


def places_of(body: PoseArrays) -> list[LegPlace]:
    """Return the places of both legs in every frame; NaN where no person was found."""
    any_side = Side.BOTH
    columns = (
        body.t_s,
        inclination_deg(body.trunk),
        inclination_deg(body.forward),
        legs.trunk_thigh_middle(body, any_side),
        legs.foot_hang(body, any_side),
        legs.foot_high(body, any_side),
        legs.foot_low(body, any_side),
        legs.foot_lift(body, any_side),
        legs.foot_lift_high(body, any_side),
        legs.ankles_apart(body, any_side),
        legs.knees_apart(body, any_side),
        legs.ankle_to_knee(body, any_side),
        body.visibility[:, _ANKLES].min(axis=1),
    )
    return [LegPlace(*row) for row in zip(*(np.asarray(c).tolist() for c in columns), strict=True)]


@dataclass(frozen=True, slots=True)
class Seated:
    """Rules of evidence on a chair. Heights in thighs over the middle of the knees.

    The limits were read off rendered clips of four bodies from all camera places.

    Attributes:
        trunk_max_deg: tilt of the trunk against upright below which a person sits.
        hang_max: largest height of the lower foot over the knees (world landmarks): on a chair -0.7
            to -1.5, on the floor 0 to -0.4.
        knee_height: range of the height of an ankle that lies on the other knee.
        gap_min: height of the crossed ankle over the other one.
        to_knee_max: distance of the crossed ankle from the other knee.
        down_max: height below which the higher of both feet is down.
        down_gap_max: difference of the heights of two feet that are down.
        merged: distance of the ankles up to which both are drawn on one foot: no evidence.
        seen_min: visibility of the worse seen ankle, over the last `SEEN_S` of
            `posecheck.measure.crossing`, below which its place is a guess and no evidence that the
            feet are down. Half of the frames in which a crossed ankle was drawn on the floor, apart
            from the other foot, read 0.27 to 0.39; 95 % of those with both feet on the floor read
            0.54 or more.
    """

    trunk_max_deg: float = 72.0
    hang_max: float = -0.45
    knee_height: tuple[float, float] = (-0.55, 0.75)
    gap_min: float = 0.5
    to_knee_max: float = 0.7
    down_max: float = -0.6
    down_gap_max: float = 0.7
    merged: float = 0.1
    seen_min: float = 0.47

    def in_posture(self, at: LegPlace) -> bool:
        """Whether the person sits on something, upright or leaning."""
        return at.trunk_deg < self.trunk_max_deg and at.hang < self.hang_max

    def crossed(self, at: LegPlace) -> bool:
        """Whether the frame shows an ankle on the other knee."""
        low, high = self.knee_height
        return low < at.high < high and at.gap > self.gap_min and at.to_knee < self.to_knee_max

    def down(self, at: LegPlace) -> bool:
        """Whether the frame shows both feet down, and both are seen."""
        low = at.high < self.down_max and at.gap < self.down_gap_max
        return low and at.seen >= self.seen_min and at.apart > self.merged

    def uncrossed(self, at: LegPlace, _rest_apart: float) -> bool:
        """Whether the frame shows both feet down."""
        return self.down(at)

    def slid_off(self, _at: LegPlace) -> bool:
        """Never: an ankle that slides off on a chair comes down."""
        return False

    def shins_on_one(self, _at: LegPlace) -> bool:
        """Never: on a chair a crossed ankle is seen."""
        return False

    def aloft(self, _at: LegPlace) -> bool:
        """Never: on a chair the supporting foot stays down."""
        return False


@dataclass(frozen=True, slots=True)
class Supine:
    """Rules of evidence on the back. Heights in thighs over the middle of the knees.

    The limits were read off rendered clips of four bodies and checked on people who do other
    exercises on the back: hugged knees, happy baby, leg raises, twists and bridges.

    Attributes:
        trunk_deg: range of the tilt of the trunk against upright.
        chest_max_deg: tilt of the chest against straight up.
        mat: height of the lower ankle over the hips from which on it is off the mat.
        on_mat_height, on_mat_to_knee_max: the crossed ankle while the other foot is on the mat.
        aloft_high_max, aloft_low_max, aloft_to_knee_max: the ankles while both are off the mat.
        shins_gap_min, shins_apart_min: one of both is reached where the shins are not side by
            side.
        knees_max: distance of the knees from which on one thigh is drawn in and the other not.
        down_high_max, down_gap_max: higher ankle over the hips and over the lower one, both down.
        rest_share: share of the distance at rest below which the ankles are merged: both are placed
            on one leg, which is no evidence.
        drawn_high_min, drawn_to_knee_min: one foot on the mat and the other thigh drawn in.
        shins_up: heights of the lower ankle, alone or with the higher one, of legs in the air.
        off_apart_min, off_gap_min, off_to_knee_min: ankles apart, one over the other, with neither
            at a knee: the ankle slid off. 1 % of the frames of crossed legs look so, and a third of
            those of legs that are not. With the ankles on one height they are shins that the model
            draws now on one and now apart.
        merged_gap_max, merged_knees_min: ankles on one height and knees apart: both shins are drawn
            on one, the thighs are not. In 4 % of the frames of crossed legs, and in hugged knees
            seen from beyond the side.
        lost_to_knee: distance from the knee above which an ankle that was seen there has left it.
    """

    trunk_deg: tuple[float, float] = (55.0, 122.0)
    chest_max_deg: float = 70.0
    mat: float = 0.06
    on_mat_height: tuple[float, float] = (-0.35, 0.25)
    on_mat_to_knee_max: float = 0.5
    aloft_high_max: float = 1.0
    aloft_low_max: float = 0.65
    aloft_to_knee_max: float = 0.62
    shins_gap_min: float = 0.12
    shins_apart_min: float = 0.5
    knees_max: float = 1.2
    down_high_max: float = 0.15
    down_gap_max: float = 0.45
    rest_share: float = 0.55
    drawn_high_min: float = 0.27
    drawn_to_knee_min: float = 0.45
    shins_up: tuple[float, float, float] = (0.75, 0.5, 0.9)
    off_apart_min: float = 0.2
    off_gap_min: float = 0.15
    off_to_knee_min: float = 0.7
    merged_gap_max: float = 0.1
    merged_knees_min: float = 0.15
    lost_to_knee: float = 0.78

    def in_posture(self, at: LegPlace) -> bool:
        """Whether the person lies on the back."""
        low, high = self.trunk_deg
        return low < at.trunk_deg < high and at.chest_deg < self.chest_max_deg

    def crossed(self, at: LegPlace) -> bool:
        """Whether the frame shows an ankle at the other knee, the shins not side by side."""
        if at.knees > self.knees_max:
            return False
        if not self.aloft(at):
            low, high = self.on_mat_height
            return low < at.high < high and at.to_knee < self.on_mat_to_knee_max
        shins_cross = at.gap > self.shins_gap_min or at.apart > self.shins_apart_min
        there = at.high < self.aloft_high_max and at.low < self.aloft_low_max
        return there and shins_cross and at.to_knee < self.aloft_to_knee_max

    def down(self, at: LegPlace) -> bool:
        """Whether the frame shows both feet on the mat, or merged on one that is."""
        together = at.lift_high < self.down_high_max and at.gap < self.down_gap_max
        return together and not self.aloft(at)

    def uncrossed(self, at: LegPlace, rest_apart: float) -> bool:
        """Whether the frame shows legs that cannot be crossed."""
        alone, low, high = self.shins_up
        one_down = not self.aloft(at) and at.high > self.drawn_high_min
        return (
            (self.down(at) and at.apart > self.rest_share * rest_apart)
            or at.knees > self.knees_max
            or (one_down and at.to_knee > self.drawn_to_knee_min)
            or at.low > alone
            or (at.low > low and at.high > high)
            or self.slid_off(at)
        )

    def slid_off(self, at: LegPlace) -> bool:
        """Whether the frame shows both shins off the mat and apart, no ankle at a knee."""
        apart = at.apart > self.off_apart_min and at.to_knee > self.off_to_knee_min
        return apart and at.gap > self.off_gap_min and self.aloft(at)

    def shins_on_one(self, at: LegPlace) -> bool:
        """Whether the frame shows both shins drawn on one, off the mat, but not the thighs."""
        level = at.gap < self.merged_gap_max
        return level and at.knees > self.merged_knees_min and self.aloft(at)

    def aloft(self, at: LegPlace) -> bool:
        """Whether the lower foot is off the mat."""
        return at.lift >= self.mat


EVIDENCE: Final[dict[Posture, Seated | Supine]] = {
    Posture.SEATED: Seated(),
    Posture.SUPINE: Supine(),
}
