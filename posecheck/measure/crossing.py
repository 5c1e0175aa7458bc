"""State of crossed legs (one ankle on the other knee), with memory, without the name of a leg.

While the legs lie on one another the model places both on one leg, and a single frame shows
nothing. So the last *seen* event is remembered until its opposite is seen. Each frame is evidence
for crossed legs, evidence against them, or no evidence; the state follows from the duration of the
evidence:

=========  ====================================================================
unknown    at the start, or after a while without a person; no evidence was seen
down       both feet were seen down, or the legs elsewhere: not crossed
crossed    an ankle was seen at the other knee, and nothing against it since
muted      crossed, but evidence against it is seen just now: not valid
=========  ====================================================================

`posecheck.measure.crossing_evidence` gives the evidence of one frame. All lengths are in thighs.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.measure.crossing_evidence import EVIDENCE, Supine
from posecheck.types import Crossing, CrossingState, Evidence

if TYPE_CHECKING:
    from posecheck.measure.crossing_evidence import LegPlace, Posture, Seated

YES_S: Final = 0.15
"""Seconds of evidence for crossed legs that make them crossed."""

ADDED_S: Final = 0.3
"""The same with interruptions (``adds_up``): from some places the model draws the ankle now on the
knee, now beside it, and the evidence never lasts. Seconds without evidence take `FADES` of their
time off, evidence against takes all."""

FADES: Final = 0.25
LONGEST_ADDED_S: Final = 0.1
"""Longest time in seconds that one frame adds."""

STEADY_S: Final = 0.15
"""Seconds over which the knees must not change their distance fast, for legs that become crossed
in the air."""

KNEES_PER_S: Final = 1.4
"""Change of that distance, in thighs per second, of a leg on its way past the other: people who hug
one knee after the other read 1.6 to 3.8, an ankle that is laid on the knee less than 0.6."""

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

AGAIN_S: Final = 0.5
"""Seconds with both shins drawn on one, but not the thighs, that make legs crossed again whose
ankle slid off the knee in the air."""

HELD_S: Final = 1.0
"""Seconds for which legs must have been crossed before the ankle slid off, for that. People who hug
one knee after the other are taken for crossed for 0.2 to 0.5 s."""

LOST_S: Final = 0.5
"""Seconds for which the model may place it elsewhere without ending the crossing."""

KEPT_VISIBILITY: Final = 0.9
"""Share of the visibility of the frame before in that of a frame: the model gives a running average
(0.7 s long at 30 frames a second), which is taken apart again."""

SEEN_S: Final = 0.2
"""Seconds over which the visibility of the ankles counts."""

LONGEST_SEEN_S: Final = 0.6
"""Longest time in seconds between two frames of that average."""

AWAY_S: Final = 0.6
"""Seconds out of the exercise's posture after which nothing is remembered."""

HOLE_S: Final = 2.0
"""Seconds without a frame of the person after which nothing is remembered."""

REST_S: Final = 4.0
"""Seconds over which the distance of the ankles at rest is the median."""

REST_LEAST_S: Final = 0.5
"""Seconds of rest before its median is used."""

REST_APART_MAX: Final = 0.95
"""Ankles that are further apart, in thighs, do not rest side by side."""

RESTING_GAP_MAX: Final = 0.5
"""Difference of the heights of two feet that rest, in thighs."""

RESTING_HIGH_MAX: Final = -0.35
"""Height over the knees below which the higher of two feet rests, in thighs."""

_TICK_S: Final = 1e-6
"""Seconds added to durations against rounding: 3.3 s less 3.0 s must reach 0.3 s."""


@dataclass(slots=True)
class Lasting:
    """Duration for which a condition has held without a break, in seconds."""

    since_s: float = math.inf

    def look(self, t_s: float, *, holds: bool) -> float:
        """Take in one frame; return the seconds it has held, minus infinity if it does not hold."""
        if not holds:
            self.since_s = math.inf
            return -math.inf
        self.since_s = min(self.since_s, t_s)
        return t_s - self.since_s + _TICK_S


@dataclass(slots=True)
class CrossingTracker:
    """Tracker of the state of one person's legs, in the order of time.

    Attributes:
        posture: sitting or lying on the back.
        adds_up: whether interrupted evidence for crossed legs adds up, see `ADDED_S`.
        state: what is known of the legs.
        evidence: what the last frame shows.
        yes_s: when the last frame showed crossed legs, in seconds; minus infinity if none did.
    """

    posture: Posture
    adds_up: bool = False
    state: CrossingState = CrossingState.UNKNOWN
    evidence: Evidence = Evidence.NONE
    yes_s: float = -math.inf
    _t_s: float = math.nan
    _yes: Lasting = field(default_factory=Lasting)
    _no: Lasting = field(default_factory=Lasting)
    _away: Lasting = field(default_factory=Lasting)
    _off: Lasting = field(default_factory=Lasting)
    _lost: Lasting = field(default_factory=Lasting)
    _again: Lasting = field(default_factory=Lasting)
    _held: Lasting = field(default_factory=Lasting)
    _long_held: bool = False
    _rest: deque[tuple[float, float]] = field(default_factory=deque)
    _rest_apart: float = USUAL_REST
    _aloft_s: float = 0.0
    _seen: deque[tuple[float, float]] = field(default_factory=deque)
    _knees: deque[tuple[float, float]] = field(default_factory=deque)
    _added_s: float = 0.0
    _first: bool = True
    _at_sight: Evidence | None = None

    def forget(self) -> None:
        """Start anew, for another person."""
        self.state, self.evidence, self.yes_s = CrossingState.UNKNOWN, Evidence.NONE, -math.inf
        self._rest.clear()
        self._seen.clear()
        self._knees.clear()
        self._rest_apart, self._aloft_s, self._added_s = USUAL_REST, 0.0, 0.0
        self._first, self._at_sight = True, None
        self._long_held = False
        for lasting in (
            self._yes, self._no, self._away, self._off, self._lost, self._again, self._held
        ):  # fmt: skip
            lasting.since_s = math.inf

    def look(self, at: LegPlace) -> Crossing:
        """Take in one frame of the person; return the state of the legs."""
        self._advance(at)
        return Crossing(
            self.state, self.evidence, self.yes_s if math.isfinite(self.yes_s) else None
        )

    @property
    def _crossed(self) -> bool:
        return self.state in {CrossingState.CROSSED, CrossingState.MUTED}

    def rests(self, at: LegPlace) -> bool:
        """Whether both feet are seen to be down in the frame that was just taken in."""
        low = at.gap < RESTING_GAP_MAX and at.high < RESTING_HIGH_MAX
        return self.evidence is Evidence.NO and low

    def _advance(self, at: LegPlace) -> None:
        kind = EVIDENCE[self.posture]
        passed_s = 0.0 if math.isnan(self._t_s) else at.t_s - self._t_s
        self._t_s = at.t_s
        if passed_s > HOLE_S:
            self.forget()
        if not at.complete:
            self.evidence = Evidence.NONE
            return
        at = replace(at, seen=self._seen_now(at))
        there = kind.in_posture(at)
        yes = there and kind.crossed(at)
        self._learn_rest(at, resting=there and kind.down(at))
        no = kind.uncrossed(at, self._rest_apart)
        self.evidence = Evidence.YES if yes else Evidence.NO if no else Evidence.NONE
        self._believe_the_first()
        steady = self._steady(at, kind)
        comes = yes and (self._crossed or steady)
        lasts_s = self._yes.look(at.t_s, holds=comes)
        added_s = self._add(passed_s, comes=comes, against=no or not there)
        if comes and (lasts_s >= YES_S or (self.adds_up and added_s >= ADDED_S)):
            self.state, self.yes_s, self._at_sight = CrossingState.CROSSED, at.t_s, None
        no_s = self._no.look(at.t_s, holds=no)
        off_s = self._off.look(at.t_s, holds=kind.slid_off(at))
        lost = self._lost_it(at, kind, passed_s * yes)
        if self._away.look(at.t_s, holds=not there) >= AWAY_S:
            self.forget()
        elif no_s >= NO_S or off_s >= OFF_S:
            self.state, self._aloft_s, self._at_sight = CrossingState.DOWN, 0.0, None
        elif self._crossed:
            muted = no_s >= MUTE_S or lost
            self.state = CrossingState.MUTED if muted else CrossingState.CROSSED
        if self._is_back(at, kind):
            self.state = CrossingState.CROSSED

    def _add(self, passed_s: float, *, comes: bool, against: bool) -> float:
        """Return the seconds of evidence for crossed legs, interruptions taken off."""
        if against:
            self._added_s = 0.0
        elif comes:
            self._added_s += min(passed_s, LONGEST_ADDED_S)
        else:
            self._added_s = max(0.0, self._added_s - FADES * passed_s)
        return self._added_s

    def _seen_now(self, at: LegPlace) -> float:
        """Return the visibility over the last `SEEN_S`, without that of the frames before."""
        past = self._seen
        past.append((at.t_s, at.seen))
        while len(past) > 1 and at.t_s - past[1][0] >= SEEN_S - _TICK_S:
            past.popleft()
        kept = KEPT_VISIBILITY ** (len(past) - 1)
        if len(past) == 1 or at.t_s - past[0][0] > LONGEST_SEEN_S:
            return at.seen
        return min(max((at.seen - kept * past[0][1]) / (1 - kept), 0.0), 1.0)

    def _steady(self, at: LegPlace, kind: Seated | Supine) -> bool:
        """Whether no knee is on its way past the other, the feet off the mat."""
        past = self._knees
        past.append((at.t_s, at.knees))
        while len(past) > 1 and at.t_s - past[1][0] >= STEADY_S - _TICK_S:
            past.popleft()
        before_s, before = past[0]
        slow = abs(at.knees - before) <= KNEES_PER_S * max(at.t_s - before_s, STEADY_S)
        return slow or not kind.aloft(at)

    def _believe_the_first(self) -> None:
        """Accept the evidence of the first frame at once, while the next frames confirm it.

        So a photo is judged, a recording that begins in the pose loses nothing, and a person whose
        feet are down gets the cue to cross the legs.
        """
        if self._first and self.evidence is not Evidence.NONE:
            yes = self.evidence is Evidence.YES
            self.state = CrossingState.CROSSED if yes else CrossingState.DOWN
            self._at_sight = self.evidence
        elif self._at_sight is not None and self.evidence is not self._at_sight:
            self.state, self._at_sight = CrossingState.UNKNOWN, None
        self._first = False

    def _learn_rest(self, at: LegPlace, *, resting: bool) -> None:
        """Remember the distance of the ankles at rest; merged legs are much nearer."""
        if self._crossed or not resting or at.apart >= REST_APART_MAX:
            return
        self._rest.append((at.t_s, at.apart))
        while at.t_s - self._rest[0][0] > REST_S:
            self._rest.popleft()
        if at.t_s - self._rest[0][0] >= REST_LEAST_S:
            self._rest_apart = float(np.median([apart for _, apart in self._rest]))

    def _is_back(self, at: LegPlace, kind: Seated | Supine) -> bool:
        """Whether an ankle that slid off the knee in the air is on it again, the shins on one."""
        held_s = self._held.look(at.t_s, holds=self._crossed)
        self._long_held = (held_s >= HELD_S or self._long_held) and kind.aloft(at)
        down = self.state is CrossingState.DOWN and self.evidence is not Evidence.NO
        back = self._long_held and down and kind.shins_on_one(at)
        return self._again.look(at.t_s, holds=back) >= AGAIN_S

    def _lost_it(self, at: LegPlace, kind: Seated | Supine, yes_s: float) -> bool:
        """Whether an ankle seen on the knee, off the mat, has since been seen elsewhere."""
        self._aloft_s = self._aloft_s + yes_s if kind.aloft(at) else 0.0
        elsewhere = isinstance(kind, Supine) and at.to_knee > kind.lost_to_knee
        lost = elsewhere and self._aloft_s > LEARNED_S + _TICK_S
        return self._lost.look(at.t_s, holds=lost) >= LOST_S
