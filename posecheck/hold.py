"""Verdicts in, held seconds out; works on timestamps alone.

The rule, once: the time between two pictures is valid only if both ends are valid for
the same side; otherwise it is unseen if either end is unseen, if the pictures lie
further apart than the exercise allows, or if the sides differ; otherwise it is wrong.
This under-counts by at most one picture at each edge of a hold and never over-counts.

Times are kept in whole microseconds, so valid + wrong + unseen = elapsed, exactly.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from posecheck import cues
from posecheck.types import MICROSECONDS, Hold, Interval, Ledger, State, Step

if TYPE_CHECKING:
    from posecheck.exercises.schema import Exercise
    from posecheck.types import Verdict


def microseconds(seconds: float) -> int:
    """Return a time in whole microseconds.

    Raises:
        ValueError: if it is not a finite number.
    """
    if not math.isfinite(seconds):
        message = f"a time must be a finite number, not {seconds}"
        raise ValueError(message)
    return round(seconds * MICROSECONDS)


class HoldCounter:
    """Counts holds and sorts all time into valid, wrong and unseen."""

    def __init__(self, target_s: float, grace_s: float, max_gap_s: float) -> None:
        """Start with nothing counted.

        Args:
            target_s: what makes a hold complete.
            grace_s: a break shorter than this does not end a hold.
            max_gap_s: a longer time between two pictures is unseen.
        """
        self._target_us = microseconds(target_s)
        self._grace_us = microseconds(grace_s)
        self._max_gap_us = microseconds(max_gap_s)
        self._t_us: int | None = None
        self._verdict: Verdict | None = None
        self._hold: Hold | None = None
        self.ledger = Ledger()

    @classmethod
    def of(cls, exercise: Exercise) -> HoldCounter:
        """Return a counter with an exercise's dose and timing."""
        timing = exercise.timing
        return cls(exercise.dose.hold_s, timing.grace_s, timing.max_gap_s)

    def update(self, t_s: float, verdict: Verdict) -> Step:
        """Take in the verdict of one moment.

        Raises:
            ValueError: if the time does not lie after the moment before.
        """
        t_us = microseconds(t_s)
        interval = None
        if self._t_us is not None and self._verdict is not None:
            if t_us <= self._t_us:
                message = f"times must increase: {t_s} s follows {self._t_us / MICROSECONDS} s"
                raise ValueError(message)
            interval = self._interval(self._verdict, verdict, t_us - self._t_us)
            self.ledger = self.ledger.plus(interval.state, interval.duration_us)
        finished = self._advance_hold(t_us, verdict, interval)
        self._t_us, self._verdict = t_us, verdict
        return Step(t_s, verdict, interval, self._hold, finished, self.ledger)

    def finish(self) -> Hold | None:
        """End the session; return the hold that was still running, if any."""
        hold, self._hold = self._hold, None
        return hold

    def _interval(self, before: Verdict, after: Verdict, duration_us: int) -> Interval:
        ends = (after, before)
        if duration_us > self._max_gap_us:
            return Interval(State.UNSEEN, duration_us, cues.GAP)
        if all(end.state is State.VALID for end in ends):
            if before.side is after.side:
                return Interval(State.VALID, duration_us, None)
            return Interval(State.UNSEEN, duration_us, cues.SIDE_CHANGE)
        for state in (State.UNSEEN, State.WRONG):
            for end in ends:
                if end.state is state:
                    return Interval(state, duration_us, end.reason)
        message = "a verdict is valid, wrong or unseen"
        raise AssertionError(message)

    def _advance_hold(self, t_us: int, verdict: Verdict, interval: Interval | None) -> Hold | None:
        """Extend, end or begin a hold; return the one that ended."""
        hold, finished = self._hold, None
        valid = verdict.state is State.VALID
        counted = interval is not None and interval.state is State.VALID
        if hold is not None and not counted:
            changed = valid and verdict.side is not hold.side
            if changed or t_us - hold.end_us >= self._grace_us:
                hold, finished = None, hold
        if valid and hold is None:
            hold = Hold(verdict.side, t_us, t_us, 0, self._target_us)
        elif valid and hold is not None:
            gained = interval.duration_us if counted and interval is not None else 0
            hold = Hold(hold.side, hold.start_us, t_us, hold.held_us + gained, hold.target_us)
        self._hold = hold
        return finished
