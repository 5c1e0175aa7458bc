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


SEEN: Final = 0.5
"""Visibility of the worse seen ankle below which its place is a guess and no evidence.

Sitting, it was 0.24 to 0.48 where a crossed ankle was drawn on the other foot, and 0.52 to 0.99
where both feet stood on the floor."""


@dataclass(frozen=True, slots=True)
class Seated:
    """Evidence on a chair: the crossed ankle lies at knee height, the other foot hangs or stands."""

    def in_posture(self, at: LegPlace) -> bool:
        """Whether the person sits upright or leans, on something: a foot hangs below the knees."""
        return at.trunk_deg < 72 and at.hang < -0.45

    def crossed(self, at: LegPlace) -> bool:
        """Whether the frame shows an ankle on the other knee."""
        return -0.55 < at.high < 0.75 and at.gap > 0.5 and at.to_knee < 0.7

    def uncrossed(self, at: LegPlace, _rest: float) -> bool:
        """Whether the frame shows both feet down."""
        return self.down(at)

    def down(self, at: LegPlace) -> bool:
        """Whether both feet are down, and both are seen."""
        return at.seen >= SEEN and at.high < -0.6 and at.gap < 0.7

    def in_the_air(self, _at: LegPlace) -> bool:
        """Whether both feet are up: never on a chair."""
        return False


@dataclass(frozen=True, slots=True)
class Supine:
    """Evidence on the back: an ankle at the other knee, on the mat or drawn in."""

    rest_share: float = 0.55
    mat: float = 0.06

    def in_posture(self, at: LegPlace) -> bool:
        """Whether the person lies on the back."""
        return 55 < at.trunk_deg < 122 and at.chest_deg < 70

    def crossed(self, at: LegPlace) -> bool:
        """Whether the frame shows an ankle at the other knee, the shins not side by side."""
        if at.knees > 1.2:
            return False
        if at.lift < self.mat:
            return at.to_knee < 0.5 and -0.35 < at.high < 0.25
        shins_cross = at.gap > 0.12 or at.apart > 0.5
        return at.to_knee < 0.62 and shins_cross and at.high < 0.85 and at.low < 0.65

    def uncrossed(self, at: LegPlace, rest: float) -> bool:
        """Whether the frame shows feet on the mat side by side, one thigh alone, or shins up."""
        if self.down(at) and not (at.gap < 0.45 and at.apart <= self.rest_share * rest):
            return True
        if at.knees > 1.2:  # one thigh is drawn in and the other is not
            return True
        one_down = at.lift < self.mat and at.high > 0.27 and at.to_knee > 0.45
        return one_down or at.low > 0.75 or (at.low > 0.5 and at.high > 0.9)

    def down(self, at: LegPlace) -> bool:
        """Whether both feet are on the mat."""
        return at.lift < self.mat and at.lift_high < 0.15 and at.gap < 0.45

    def in_the_air(self, at: LegPlace) -> bool:
        """Whether the supporting foot is off the mat."""
        return at.lift > self.mat


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
        for lasting in (self._yes, self._no, self._away, self._off):
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
        gap_s, self._t_s = at.t_s - self._t_s, at.t_s
        if gap_s > HOLE_S:
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
        crossed = self.state in {CrossingState.CROSSED, CrossingState.MUTED}
        if self._yes.look(at.t_s, holds=yes) >= YES_S:
            crossed, self.yes_s, self._at_sight = True, at.t_s, False
            self.state = CrossingState.CROSSED
        no_s = self._no.look(at.t_s, holds=no)
        if self._away.look(at.t_s, holds=not there) >= AWAY_S:
            self.forget()
            return
        if no_s >= NO_S:
            self.state, self._aloft_s = CrossingState.DOWN, 0.0
        elif crossed:
            off = self._slid_off(at, kind, yes, 0.0 if math.isnan(gap_s) else gap_s)
            muted = no_s >= MUTE_S or off
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

    def _slid_off(self, at: LegPlace, kind: Seated | Supine, yes: bool, gap_s: float) -> bool:
        """Whether an ankle that was seen on the knee in the air is seen elsewhere."""
        self._aloft_s = self._aloft_s + gap_s * yes if kind.in_the_air(at) else 0.0
        off = self._aloft_s > 0.7 and at.to_knee > 0.78
        return self._off.look(at.t_s, holds=off) >= 0.5
