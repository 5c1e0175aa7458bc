"""Counted time: intervals, holds, the ledger, and the step of one moment.

Seconds are shown with one decimal. `tenths` rounds what was reached down. `Ledger.shown` and
`lost_shown` round parts of a whole so that they add up; the terminal and the report use both, so
that they say the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from posecheck.types import MICROSECONDS, SideKnown, State, leg_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from posecheck.types import Reason, Side, Verdict


_TENTH_US = MICROSECONDS // 10


def tenths(seconds: float) -> str:
    """Return seconds with one decimal, rounded down: 9.98 s never reads as a full 10.0 s."""
    return f"{math.floor(seconds * 10 + 1e-6) / 10:.1f}"


def _adding_up(parts_us: Sequence[int], whole: int) -> list[int]:
    """Return tenths of a second that add up to ``whole`` tenths; the largest rests are raised."""
    found = [us // _TENTH_US for us in parts_us]
    by_rest = sorted(range(len(found)), key=lambda place: -(parts_us[place] % _TENTH_US))
    for place in by_rest[: max(0, whole - sum(found))]:
        found[place] += 1
    return found


class TimeSpan:
    """A span of time: its start and end in seconds, from its whole microseconds."""

    __slots__ = ()
    start_us: int
    end_us: int

    @property
    def start_s(self) -> float:
        """Its start in seconds since the source began."""
        return self.start_us / MICROSECONDS

    @property
    def end_s(self) -> float:
        """Its end in seconds since the source began."""
        return self.end_us / MICROSECONDS


@dataclass(frozen=True, slots=True)
class Hold(TimeSpan):
    """A stay in valid form; it survives the breaks that `posecheck.form.hold` allows.

    Attributes:
        side: the stretched side.
        start_us, end_us: first and last valid moment, microseconds since the source began.
        held_us: the microseconds counted as valid; breaks are not in it.
        target_us: microseconds that make it complete.
        side_known: how the side is known; if unknown, ``side`` is only assumed.
    """

    side: Side
    start_us: int
    end_us: int
    held_us: int
    target_us: int
    side_known: SideKnown = SideKnown.SEEN

    @property
    def leg(self) -> str:
        """The stretched leg in words."""
        return leg_of(self.side, self.side_known)

    @property
    def held_s(self) -> float:
        """Seconds counted as valid."""
        return self.held_us / MICROSECONDS

    @property
    def target_s(self) -> float:
        """Seconds that make the hold complete."""
        return self.target_us / MICROSECONDS

    @property
    def complete(self) -> bool:
        """Whether the target was reached."""
        return self.held_us >= self.target_us


@dataclass(frozen=True, slots=True)
class NotJudged(TimeSpan):
    """Time that a live session's timer ran because the form could not be judged, or was not valid.

    It is a part of the ledger's wrong and unseen time, listed once more on its own; it never makes
    a hold and is never valid.

    Attributes:
        side: the stretched side that was asked for.
        start_us, end_us: when the timer ran, microseconds since the source began.
        not_judged_us: microseconds between the two in which nothing valid was counted.
    """

    side: Side
    start_us: int
    end_us: int
    not_judged_us: int

    @property
    def seconds(self) -> float:
        """Seconds in which nothing valid was counted."""
        return self.not_judged_us / MICROSECONDS


@dataclass(frozen=True, slots=True)
class Ledger:
    """All time that passed, as valid, wrong or unseen; the three parts add up exactly.

    Attributes:
        valid_us, wrong_us, unseen_us: whole microseconds.
    """

    valid_us: int = 0
    wrong_us: int = 0
    unseen_us: int = 0

    @property
    def elapsed_us(self) -> int:
        """The time that passed, in microseconds."""
        return self.valid_us + self.wrong_us + self.unseen_us

    def seconds(self, state: State) -> float:
        """Return the seconds of one state."""
        return {
            State.VALID: self.valid_us,
            State.WRONG: self.wrong_us,
            State.UNSEEN: self.unseen_us,
        }[state] / MICROSECONDS

    @property
    def shown(self) -> Mapping[State, int]:
        """Tenths of a second of each state, rounded so that they add up to the rounded whole."""
        parts_us = self.valid_us, self.wrong_us, self.unseen_us
        rounded = _adding_up(parts_us, round(self.elapsed_us / _TENTH_US))
        return dict(zip((State.VALID, State.WRONG, State.UNSEEN), rounded, strict=True))

    def plus(self, state: State, duration_us: int) -> Ledger:
        """Return a ledger with ``duration_us`` more in one state."""
        return Ledger(
            self.valid_us + (duration_us if state is State.VALID else 0),
            self.wrong_us + (duration_us if state is State.WRONG else 0),
            self.unseen_us + (duration_us if state is State.UNSEEN else 0),
        )


@dataclass(frozen=True, slots=True)
class Interval:
    """The time between two frames and its state.

    Attributes:
        state: valid, wrong or unseen.
        duration_us: its length in microseconds.
        reason: why it is not valid; None when valid.
    """

    state: State
    duration_us: int
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Step:
    """Complete result at one time; a view needs no more than this.

    Attributes:
        t_s: seconds since the source began.
        verdict: of this moment.
        interval: the time since the step before; None at the first.
        hold: the hold that runs, None when there is none.
        finished: the hold that ended with this step, None otherwise.
        ledger: all time up to this step.
    """

    t_s: float
    verdict: Verdict
    interval: Interval | None
    hold: Hold | None
    finished: Hold | None
    ledger: Ledger

    @property
    def t_us(self) -> int:
        """Its time in whole microseconds."""
        return round(self.t_s * MICROSECONDS)


def overlaps(
    first: Iterable[Step], second: Iterable[Step]
) -> Iterator[tuple[int, int, tuple[Step, Interval], tuple[Step, Interval]]]:
    """Yield every stretch of time that lies in one interval of both.

    Args:
        first: the steps of one judgement, in the order of time.
        second: those of another one; their times may differ.

    Yields:
        Start and end in microseconds, and for each judgement the interval that covers it with the
        step at its end.
    """
    ours, theirs = (
        ((step, step.interval) for step in steps if step.interval is not None)
        for steps in (first, second)
    )
    one, other = next(ours, None), next(theirs, None)
    while one is not None and other is not None:
        start_us = max(step.t_us - interval.duration_us for step, interval in (one, other))
        end_us = min(one[0].t_us, other[0].t_us)
        if start_us < end_us:
            yield start_us, end_us, one, other
        if one[0].t_us <= other[0].t_us:
            one = next(ours, None)
        else:
            other = next(theirs, None)


@dataclass(frozen=True, slots=True)
class Fault:
    """Time lost to one reason.

    Attributes:
        rule: the rule's name, or the cause when a moment was unseen.
        verdict: wrong or unseen.
        seconds: time lost, in seconds.
        cue: instruction.
    """

    rule: str
    verdict: State
    seconds: float
    cue: str


def lost_shown(ledger: Ledger, faults: Sequence[Fault]) -> list[int]:
    """Return tenths of a second that each reason cost, in the order of the reasons.

    They add up to what `Ledger.shown` says of wrong and of unseen time.
    """
    found = [0] * len(faults)
    for state, whole in ledger.shown.items():
        places = [place for place, fault in enumerate(faults) if fault.verdict is state]
        parts_us = [round(faults[place].seconds * MICROSECONDS) for place in places]
        for place, part in zip(places, _adding_up(parts_us, whole), strict=True):
            found[place] = part
    return found
