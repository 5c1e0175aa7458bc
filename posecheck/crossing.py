"""Whether one ankle rests on the other knee: an event with memory, without the name of a leg.

While the legs lie on one another the model draws both on one, and one frame says nothing. So
what was *seen to happen* is remembered until the opposite is seen. Each frame is evidence for
crossed legs, evidence against them, or no evidence; the states follow from how long it lasts:

=========  ====================================================================
unknown    begun so, or nobody was seen for a while; neither yes nor no was seen
down       both feet were seen down, or the legs elsewhere: not crossed
crossed    an ankle was seen at the other knee, and nothing against it since
muted      crossed, but evidence against it is seen just now: not valid
=========  ====================================================================

All lengths are in thighs; see `posecheck.pair_quantities`.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import pair_quantities as pair
from posecheck.geometry import inclination_deg
from posecheck.landmarks import INDEX
from posecheck.types import Crossing, CrossingState, Evidence, Side

if TYPE_CHECKING:
    from posecheck.body import Body

YES_S: Final = 0.15
"""Seconds of evidence for crossed legs that make them crossed."""

MUTE_S: Final = 0.12
"""Seconds of evidence against crossed legs from which on nothing is valid."""

NO_S: Final = 0.3
"""Seconds of evidence against crossed legs that make them not crossed."""

USUAL_REST: Final = 0.2
"""Distance of the ankles at rest on the mat, in thighs, before any rest was seen."""

OFF_S: Final = 0.2
"""Seconds in which an ankle is seen off the knee, both shins in the air, that end the crossing."""

LEARNED_S: Final = 0.7
"""Seconds of evidence off the mat from which on the ankle must stay in sight at the knee."""

LOST_S: Final = 0.5
"""Seconds for which it may be drawn elsewhere."""

AWAY_S: Final = 0.6
"""Seconds out of the exercise's posture after which nothing is remembered."""

HOLE_S: Final = 2.0
"""Seconds without a frame of the person after which nothing is remembered."""

REST_S: Final = 4.0
"""Seconds over which the distance of the ankles at rest is the median."""


_TICK_S: Final = 1e-6
"""Added to lengths of time: 3.3 s less 3.0 s must reach 0.3 s, whatever the last digit is."""

_ANKLES: Final = [INDEX["left_ankle"], INDEX["right_ankle"]]


class Posture(StrEnum):
    """How the person sits or lies while the legs cross; it decides what is evidence."""

    SEATED = "seated"
    SUPINE = "supine"


@dataclass(frozen=True, slots=True)
class LegPlace:
    """What one frame shows of both legs; lengths in thighs, angles in degrees."""

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


def places_of(body: Body) -> list[LegPlace]:
    """Return what every frame of a body shows; NaN where nobody was found."""
    any_side = Side.BOTH
    columns = (
        body.t_s,
        inclination_deg(body.trunk),
        inclination_deg(body.forward),
        pair.trunk_thigh_middle(body, any_side),
        pair.foot_hang(body, any_side),
        pair.foot_high(body, any_side),
        pair.foot_low(body, any_side),
        pair.foot_lift(body, any_side),
        pair.foot_lift_high(body, any_side),
        pair.ankles_apart(body, any_side),
        pair.knees_apart(body, any_side),
        pair.ankle_to_knee(body, any_side),
        body.visibility[:, _ANKLES].min(axis=1),
    )
    return [LegPlace(*row) for row in zip(*(np.asarray(c).tolist() for c in columns), strict=True)]


@dataclass(frozen=True, slots=True)
class Seated:
    """What is evidence on a chair. Heights in thighs over the middle of the knees.

    The limits were read off rendered clips of four bodies from all camera places.

    Attributes:
        trunk_max_deg: tilt of the trunk against upright below which a person sits.
        hang_max: the lower foot hangs at least so far below the knees (world landmarks): on a
            chair -0.7 to -1.5, on the floor 0 to -0.4.
        knee_height: range of the height of an ankle that lies on the other knee.
        gap_min: height of the crossed ankle over the other one.
        to_knee_max: distance of the crossed ankle from the other knee.
        down_max: height below which the higher of both feet is down.
        down_gap_max: difference of the heights of two feet that are down.
        merged: distance of the ankles up to which both are drawn on one foot: no evidence.
        seen_min: visibility of the worse seen ankle below which its place is a guess and no
            evidence that the feet are down. It was 0.24 to 0.48 where a crossed ankle was
            drawn on the other foot, and 0.52 to 0.99 where both feet stood on the floor.
    """

    trunk_max_deg: float = 72.0
    hang_max: float = -0.45
    knee_height: tuple[float, float] = (-0.55, 0.75)
    gap_min: float = 0.5
    to_knee_max: float = 0.7
    down_max: float = -0.6
    down_gap_max: float = 0.7
    merged: float = 0.1
    seen_min: float = 0.5

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

    def aloft(self, _at: LegPlace) -> bool:
        """Never: on a chair the supporting foot stays down."""
        return False


@dataclass(frozen=True, slots=True)
class Supine:
    """What is evidence on the back. Heights in thighs over the middle of the knees.

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
        rest_share: nearer than this share of their distance at rest, ankles are merged: both
            are drawn on one leg, which is no evidence.
        drawn_high_min, drawn_to_knee_min: one foot on the mat and the other thigh drawn in.
        shins_up: heights of the lower ankle, alone or with the higher one, of legs in the air.
        off_apart_min, off_to_knee_min: ankles that are drawn apart with neither at a knee: the
            ankle slid off. Drawn-in figure-fours that were judged rightly: 1 % of the frames.
        lost_to_knee: distance from the knee of an ankle that was seen there and is not any more.
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
    off_apart_min: float = 0.28
    off_to_knee_min: float = 0.75
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
        return apart and self.aloft(at)

    def aloft(self, at: LegPlace) -> bool:
        """Whether the lower foot is off the mat."""
        return at.lift >= self.mat


EVIDENCE: Final[dict[Posture, Seated | Supine]] = {
    Posture.SEATED: Seated(),
    Posture.SUPINE: Supine(),
}


@dataclass(slots=True)
class Lasting:
    """For how long something has been so without a break, in seconds."""

    since_s: float = math.inf

    def look(self, t_s: float, *, holds: bool) -> float:
        """Take in one frame; return for how long it has held, minus infinity if it does not."""
        if not holds:
            self.since_s = math.inf
            return -math.inf
        self.since_s = min(self.since_s, t_s)
        return t_s - self.since_s + _TICK_S


@dataclass(slots=True)
class CrossingTracker:
    """The state of one person's legs, in the order of time."""

    posture: Posture
    state: CrossingState = CrossingState.UNKNOWN
    evidence: Evidence = Evidence.NONE
    yes_s: float = -math.inf
    _t_s: float = math.nan
    _yes: Lasting = field(default_factory=Lasting)
    _no: Lasting = field(default_factory=Lasting)
    _away: Lasting = field(default_factory=Lasting)
    _off: Lasting = field(default_factory=Lasting)
    _lost: Lasting = field(default_factory=Lasting)
    _rest: deque[tuple[float, float]] = field(default_factory=deque)
    _rest_apart: float = USUAL_REST
    _aloft_s: float = 0.0
    _first: bool = True
    _at_sight: bool = False

    def forget(self) -> None:
        """Start anew, for another person."""
        self.state, self.evidence, self.yes_s = CrossingState.UNKNOWN, Evidence.NONE, -math.inf
        self._rest.clear()
        self._rest_apart, self._aloft_s = USUAL_REST, 0.0
        self._first, self._at_sight = True, False
        for lasting in (self._yes, self._no, self._away, self._off, self._lost):
            lasting.since_s = math.inf

    def look(self, at: LegPlace) -> Crossing:
        """Take in one frame of the person; return what is known at it."""
        self._advance(at)
        return Crossing(
            self.state, self.evidence, self.yes_s if math.isfinite(self.yes_s) else None
        )

    def rests(self, at: LegPlace) -> bool:
        """Whether both feet are seen to be down in the frame that was just taken in."""
        return self.evidence is Evidence.NO and at.gap < 0.5 and at.high < -0.35

    def _advance(self, at: LegPlace) -> None:
        kind = EVIDENCE[self.posture]
        passed_s = 0.0 if math.isnan(self._t_s) else at.t_s - self._t_s
        self._t_s = at.t_s
        if passed_s > HOLE_S:
            self.forget()
        if not at.complete:
            self.evidence = Evidence.NONE
            return
        there = kind.in_posture(at)
        yes = there and kind.crossed(at)
        self._learn_rest(at, resting=there and kind.down(at))
        no = kind.uncrossed(at, self._rest_apart)
        self.evidence = Evidence.YES if yes else Evidence.NO if no else Evidence.NONE
        self._cross_at_sight(yes=yes)
        if self._yes.look(at.t_s, holds=yes) >= YES_S:
            self.state, self.yes_s, self._at_sight = CrossingState.CROSSED, at.t_s, False
        no_s = self._no.look(at.t_s, holds=no)
        off_s = self._off.look(at.t_s, holds=kind.slid_off(at))
        lost = self._lost_it(at, kind, passed_s * yes)
        if self._away.look(at.t_s, holds=not there) >= AWAY_S:
            self.forget()
        elif no_s >= NO_S or off_s >= OFF_S:
            self.state, self._aloft_s = CrossingState.DOWN, 0.0
        elif self.state in {CrossingState.CROSSED, CrossingState.MUTED}:
            muted = no_s >= MUTE_S or lost
            self.state = CrossingState.MUTED if muted else CrossingState.CROSSED

    def _cross_at_sight(self, *, yes: bool) -> None:
        """Believe what the very first frame shows, for as long as the next ones show it, too.

        So a photo is judged, and a recording that begins in the pose loses nothing.
        """
        if self._first and yes:
            self.state, self._at_sight = CrossingState.CROSSED, True
        elif self._at_sight and not yes:
            self.state, self._at_sight = CrossingState.UNKNOWN, False
        self._first = False

    def _learn_rest(self, at: LegPlace, *, resting: bool) -> None:
        """Remember how far apart the ankles are at rest; merged legs are much nearer."""
        crossed = self.state in {CrossingState.CROSSED, CrossingState.MUTED}
        if crossed or not resting or at.apart >= 0.95:
            return
        self._rest.append((at.t_s, at.apart))
        while at.t_s - self._rest[0][0] > REST_S:
            self._rest.popleft()
        if at.t_s - self._rest[0][0] >= 0.5:
            self._rest_apart = float(np.median([apart for _, apart in self._rest]))

    def _lost_it(self, at: LegPlace, kind: Seated | Supine, yes_s: float) -> bool:
        """Whether an ankle that was seen on the knee, off the mat, is seen elsewhere since."""
        self._aloft_s = self._aloft_s + yes_s if kind.aloft(at) else 0.0
        elsewhere = isinstance(kind, Supine) and at.to_knee > kind.lost_to_knee
        lost = elsewhere and self._aloft_s > LEARNED_S
        return self._lost.look(at.t_s, holds=lost) >= LOST_S
