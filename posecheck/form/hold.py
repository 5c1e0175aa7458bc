"""Hold counting: verdicts in, held seconds out, from timestamps alone.

The time between two frames is valid only if both ends are valid for the same side. It is unseen if
either end is unseen, if the frames lie further apart than the exercise allows, or if the sides
differ. Otherwise it is wrong. This under-counts by at most one frame at each edge of a hold and
never over-counts.

A hold survives breaks, which are never counted. A break is the time from one valid moment
to the next in which nothing was counted. Its hold ends

- when 0.5 s of it were wrong,
- when it has lasted 2 s, wrong and unseen time together,
- when all breaks of the hold together exceed 2 s or a quarter of the time held so far,
  whichever is more, or
- when valid form is seen on the other side.

The numbers are those of `Timing`, and may differ in an exercise file. A hold without any valid time
begins at the next valid moment instead.

Times are kept in whole microseconds, so valid + wrong + unseen = elapsed, exactly. `HoldCounter` is
the only place that counts, for files, live sessions, replay and evaluation; its sums are a `Tally`.

The reasons for a moment that cannot be judged are here, too; rules have their own cues. Each is one
sentence, an instruction rather than a complaint, readable from three metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from posecheck.landmarks import spoken
from posecheck.ledger import Fault, Hold, Interval, Ledger, Step
from posecheck.types import MICROSECONDS, Cause, Reason, SideKnown, State

if TYPE_CHECKING:
    from posecheck.exercises import Exercise
    from posecheck.types import Side, Verdict


NOBODY: Final = Reason(Cause.NOBODY, "Step into the picture")
TOO_FAR: Final = Reason(Cause.TOO_FAR, "Come closer to the camera")
ANOTHER_PERSON: Final = Reason(
    Cause.ANOTHER_PERSON, "One person please: somebody else is in the picture"
)
LEGS_MIXED: Final = Reason(
    Cause.LEGS_MIXED, "Put both feet side by side, your supporting leg toward the camera"
)
CROSS_AGAIN: Final = "Put the foot down once and cross again"
DARK: Final = Reason(Cause.DARK, "The picture is black: open the lens cover or switch on a light")
REPEATED: Final = Reason(
    Cause.REPEATED, "The recording stands still: the same picture comes again and again"
)
CAMERA_MOVED: Final = Reason(
    Cause.CAMERA_MOVED, "The camera is moving. Put it down so that it stands still"
)
IN_THE_WAY: Final = Reason(Cause.IN_THE_WAY, "Stay as you are: somebody is in the way")
GAP: Final = Reason(Cause.GAP, "No pictures came for a moment")
SIDE_CHANGE: Final = Reason(Cause.SIDE_CHANGE, "Left and right changed places between two pictures")


def cut_off(rule: str, landmark: str) -> Reason:
    """Return the reason for a landmark outside the image."""
    cue = f"Move so that your {spoken(landmark)} is in the picture"
    return Reason(Cause.CUT_OFF, cue, rule, landmark)


def hidden(rule: str, landmark: str) -> Reason:
    """Return the reason for a landmark that is in the image but can't be seen."""
    cue = f"Turn so that the camera sees your {spoken(landmark)}"
    return Reason(Cause.HIDDEN, cue, rule, landmark)


def turn_to_side(rule: str) -> Reason:
    """Return the reason for a view too far from the side."""
    return Reason(Cause.VIEW, "Turn your side to the camera", rule)


def turn_from_side(rule: str) -> Reason:
    """Return the reason for a view too exactly from the side."""
    return Reason(Cause.VIEW, "Turn a little toward the camera", rule)


def turn_round(rule: str, side: Side) -> Reason:
    """Return the reason for the wrong side of the body facing the camera."""
    return Reason(Cause.VIEW, f"Turn your {side} side to the camera", rule)


def crossing_unseen(rule: str) -> Reason:
    """Return the reason for legs that already lay on one another in the first frames."""
    return Reason(Cause.CROSSING, CROSS_AGAIN, rule)


def undefined(rule: str) -> Reason:
    """Return the reason for a quantity that has no value, such as a limb of length 0."""
    return Reason(Cause.HIDDEN, "Move a little so that the camera sees you better", rule)


_CERTAIN: Final = (SideKnown.UNKNOWN, SideKnown.SEEN, SideKnown.GIVEN)
"""Ways in which a side is known, least certain first. A hold is on one leg from its start to its
end, so its side is as certain as its most certain moment."""


def microseconds(seconds: float) -> int:
    """Return a time in whole microseconds.

    Raises:
        ValueError: if it is not a finite number.
    """
    if not math.isfinite(seconds):
        message = f"a time must be a finite number, not {seconds}"
        raise ValueError(message)
    return round(seconds * MICROSECONDS)


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over the moments of a session.

    Attributes:
        exercise: the exercise that was judged.
        ledger: all time, as valid, wrong or unseen.
        holds: every hold of more than 0 s, in the order of time.
        faults: lost time for each reason, most first.
        pictures: number of frames.
        empty_pictures: of them, those in which no person was found.
        dark_pictures: of these, those that are black.
        jumps: number of times that the pose jumped to another body.
        last: the last verdict, None without frames; not compared, for its values may be NaN.
    """

    exercise: Exercise
    ledger: Ledger = field(default_factory=Ledger)
    holds: tuple[Hold, ...] = ()
    faults: tuple[Fault, ...] = ()
    pictures: int = 0
    empty_pictures: int = 0
    dark_pictures: int = 0
    jumps: int = 0
    last: Verdict | None = field(default=None, compare=False)


class HoldCounter:
    """Counter of holds and of all time: verdicts in, steps and a tally out.

    Attributes:
        ledger: all time so far.
        holds: the holds of more than 0 s that ended so far.
        pictures: number of moments so far.
    """

    def __init__(self, exercise: Exercise) -> None:
        """Start with nothing counted.

        Args:
            exercise: its dose makes a hold complete; its timing gives the breaks that end a hold,
                and the length of a gap.
        """
        timing = exercise.timing
        self._exercise = exercise
        self._target_us = microseconds(exercise.dose.hold_s)
        self._wrong_break_us = microseconds(timing.wrong_break_s)
        self._longest_break_us = microseconds(timing.longest_break_s)
        self._breaks_us = microseconds(timing.breaks_s)
        self._breaks_share = timing.breaks_share
        self._former = timing.grace_s is not None
        self._max_gap_us = microseconds(timing.max_gap_s)
        self._wrong_us = 0
        self._t_us: int | None = None
        self._verdict: Verdict | None = None
        self._hold: Hold | None = None
        self._lost_us: dict[tuple[str, State, str], int] = {}
        self._empty = self._dark = 0
        self.pictures = 0
        self.holds: list[Hold] = []
        self.ledger = Ledger()

    def update(self, t_s: float, verdict: Verdict) -> Step:
        """Take in the verdict of one moment.

        Raises:
            ValueError: if the time does not lie after the moment before.
        """
        t_us = microseconds(t_s)
        interval, ledger, wrong_us = None, self.ledger, self._wrong_us
        if self._t_us is not None and self._verdict is not None:
            if t_us <= self._t_us:
                message = f"times must increase: {t_s} s follows {self._t_us / MICROSECONDS} s"
                raise ValueError(message)
            interval = self._interval(self._verdict, verdict, t_us - self._t_us)
            ledger = ledger.plus(interval.state, interval.duration_us)
            wrong_us += interval.duration_us if interval.state is State.WRONG else 0
        hold, finished = self._advanced(t_us, verdict, interval, wrong_us)
        step = Step(t_s, verdict, interval, hold, finished, ledger)
        lost = None if interval is None or interval.reason is None else interval.reason
        key = None if lost is None or interval is None else (lost.key, interval.state, lost.cue)
        cause = None if verdict.reason is None else verdict.reason.cause
        kept = [finished] if finished is not None and finished.held_us > 0 else []
        # No call from here on: Ctrl-C finds a moment counted whole, or not at all.
        if key is not None and interval is not None:
            before_us = self._lost_us[key] if key in self._lost_us else 0  # noqa: SIM401
            self._lost_us[key] = before_us + interval.duration_us
        self._empty += cause is Cause.NOBODY or cause is Cause.DARK
        self._dark += cause is Cause.DARK
        self._wrong_us = 0 if verdict.state is State.VALID else wrong_us
        self._t_us, self._verdict, self._hold, self.ledger = t_us, verdict, hold, ledger
        self.holds += kept
        self.pictures += 1
        return step

    def finish(self) -> Tally:
        """End the session, and with it the hold that is running; return the tally."""
        hold, self._hold = self._hold, None
        if hold is not None and hold.held_us > 0:
            self.holds.append(hold)
        faults = [
            Fault(rule, state, lost / MICROSECONDS, cue)
            for (rule, state, cue), lost in self._lost_us.items()
        ]
        return Tally(
            exercise=self._exercise,
            ledger=self.ledger,
            holds=tuple(self.holds),
            faults=tuple(sorted(faults, key=lambda fault: -fault.seconds)),
            pictures=self.pictures,
            empty_pictures=self._empty,
            dark_pictures=self._dark,
            last=self._verdict,
        )

    def _interval(self, before: Verdict, after: Verdict, duration_us: int) -> Interval:
        ends = (after, before)
        if duration_us > self._max_gap_us:
            return Interval(State.UNSEEN, duration_us, GAP)
        if all(end.state is State.VALID for end in ends):
            if before.side is after.side:
                return Interval(State.VALID, duration_us, None)
            return Interval(State.UNSEEN, duration_us, SIDE_CHANGE)
        for state in (State.UNSEEN, State.WRONG):
            for end in ends:
                if end.state is state:
                    return Interval(state, duration_us, end.reason)
        message = "a verdict is valid, wrong or unseen"
        raise AssertionError(message)

    def _advanced(
        self, t_us: int, verdict: Verdict, interval: Interval | None, wrong_us: int
    ) -> tuple[Hold | None, Hold | None]:
        """Return the hold that runs on or begins, and the one that ended."""
        hold, finished = self._hold, None
        valid = verdict.state is State.VALID
        counted = interval is not None and interval.state is State.VALID
        if hold is not None and not counted:
            changed = valid and verdict.side is not hold.side
            nothing_yet = valid and hold.held_us == 0 and not self._former
            if changed or nothing_yet or self._is_broken_off(hold, t_us, wrong_us):
                hold, finished = None, hold
        if valid and hold is None:
            hold = Hold(verdict.side, t_us, t_us, 0, self._target_us, verdict.side_known)
        elif valid and hold is not None:
            gained = interval.duration_us if counted and interval is not None else 0
            known = max(hold.side_known, verdict.side_known, key=_CERTAIN.index)
            held_us = hold.held_us + gained
            hold = replace(hold, end_us=t_us, held_us=held_us, side_known=known)
        return hold, finished

    def _is_broken_off(self, hold: Hold, t_us: int, wrong_us: int) -> bool:
        """Whether the break since the last valid moment ends the hold."""
        if t_us - hold.end_us >= self._longest_break_us:
            return True
        if self._former:
            return False
        if wrong_us > 0 and wrong_us >= self._wrong_break_us:
            return True
        breaks_us = t_us - hold.start_us - hold.held_us
        return breaks_us > max(self._breaks_us, self._breaks_share * hold.held_us)
