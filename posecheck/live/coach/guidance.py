"""The one instruction of a moment: of several problems the most basic one.

Camera comes before person, person before view, view before form. Nothing else in a live session
words an instruction, so that no two contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from posecheck.live.coach import words
from posecheck.live.coach.presence import Debounced
from posecheck.live.coach.prompt import Phase
from posecheck.types import Cause, State

if TYPE_CHECKING:
    from posecheck.exercises import Exercise
    from posecheck.live.coach.framing import FramingCoach
    from posecheck.types import Reading, Reason, Side, Verdict


class Level(IntEnum):
    """What an instruction is about, most basic first."""

    CAMERA = 0
    PERSON = 1
    VIEW = 2
    FORM = 3
    NOTHING = 4


@dataclass(frozen=True, slots=True)
class Instruction:
    """The instruction of one moment.

    Attributes:
        level: what it is about.
        text: the instruction; empty if there is nothing to change.
        why: why the seconds do not run; empty while they run.
        spoken: whether it may be spoken; otherwise it is only shown.
    """

    level: Level
    text: str
    why: str = ""
    spoken: bool = True


NOTHING: Final = Instruction(Level.NOTHING, "")

_CAMERA: Final = (Cause.DARK, Cause.GAP, Cause.REPEATED, Cause.CAMERA_MOVED)
_PERSON: Final = (Cause.NOBODY, Cause.ANOTHER_PERSON)

MISSING_S: Final = 2.5
"""Seconds for which a later step must be done without an earlier one; letting go looks the same for
a moment."""

SURE_TIMES: Final = 2
"""Number of times "the other leg" is spoken before posecheck assumes a left-right swap."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What an instruction is chosen from.

    Attributes:
        t_s: the moment, seconds since the source began.
        phase: phase of the routine.
        verdict: of this moment.
        side: the side that is asked for.
        coach: the coach of the view.
        counts: whether valid form now belongs to the repetition that is to be done.
        camera: a problem of the camera, one sentence; empty without one.
    """

    t_s: float
    phase: Phase
    verdict: Verdict
    side: Side
    coach: FramingCoach
    counts: bool
    camera: str = ""


class Guidance:
    """Choice of the instruction for one exercise."""

    def __init__(self, exercise: Exercise) -> None:
        """Prepare an exercise."""
        self._exercise = exercise
        self._lacks: Debounced[str] = Debounced(MISSING_S, "")

    def find(self, now: Situation, other_leg_times: int) -> Instruction:
        """Return the instruction of one moment.

        Args:
            now: what it is chosen from.
            other_leg_times: number of times that "the other leg" was spoken already.
        """
        if now.camera:
            return Instruction(Level.CAMERA, now.camera, now.camera)
        reason = now.verdict.reason
        if reason is None and now.phase is not Phase.SET_UP:
            return NOTHING if now.counts else _uncounted(now, other_leg_times)
        if reason is not None and reason.cause in _CAMERA:
            return Instruction(Level.CAMERA, reason.cue, words.why(self._exercise, reason))
        if now.phase is Phase.SET_UP or reason is None:
            return _in_set_up(now.coach)
        if reason.cause in _PERSON:
            return Instruction(Level.PERSON, reason.cue, words.why(self._exercise, reason))
        return self._of_view(now, reason) or self._of_form(now, reason)

    def _of_view(self, now: Situation, reason: Reason) -> Instruction | None:
        """Return the instruction about the view; None if the view is not the problem."""
        why, unseen = words.why(self._exercise, reason), now.verdict.state is State.UNSEEN
        if now.phase is Phase.HOLD:
            text = words.stay(why)
            return Instruction(Level.VIEW, text, why, spoken=False) if unseen else None
        advice = now.coach.advice
        if advice is not None and (unseen or (advice.direction and self._is_posture(reason))):
            return Instruction(Level.VIEW, advice.text, why)
        if reason.cause is Cause.VIEW:
            return Instruction(Level.VIEW, words.side_to_camera(now.coach.posture), why)
        return None

    def _of_form(self, now: Situation, reason: Reason) -> Instruction:
        """Return the instruction about the form."""
        why = words.why(self._exercise, reason)
        if reason.rule is not None and now.verdict.side is not now.side:
            # The instruction was for the other leg: the side has just changed.
            return Instruction(Level.FORM, "", why)
        return Instruction(Level.FORM, self._form(now, reason), why)

    def _is_posture(self, reason: Reason) -> bool:
        """Whether a reason is a rule of the first step, which a poor view misreads easily."""
        return reason.rule is not None and self._exercise.rule(reason.rule).step == 1

    def _form(self, now: Situation, reason: Reason) -> str:
        """Return the cue of the broken rule; the missing step if a later one is done already."""
        missing = self._missing(now.verdict)
        lacks = self._lacks.look(now.t_s, "" if missing is None else missing.rule)
        if missing is None or lacks != missing.rule:
            return reason.cue
        return words.step_missing(self._cue(missing, now.verdict))

    def _missing(self, verdict: Verdict) -> Reading | None:
        """Return the reading of the first missing step, if a later step is done without it."""
        steps = {rule.name: rule.step for rule in self._exercise.rules}
        required = [r for r in verdict.readings if r.required and steps.get(r.rule) is not None]
        unmet = [r for r in required if r.state is not State.VALID]
        if not unmet:
            return None
        first = min(unmet, key=lambda reading: steps[reading.rule] or 0)
        number = steps[first.rule] or 0
        later = [r for r in required if (steps[r.rule] or 0) > number]
        done = later and all(r.state is State.VALID for r in later)
        return first if done and number > 1 else None

    def _cue(self, reading: Reading, verdict: Verdict) -> str:
        """Return the instruction that brings a rule about, also if it can't be seen."""
        rule = self._exercise.rule(reading.rule)
        reason = reading.reason
        if reading.state is State.WRONG and reason is not None:
            return reason.cue
        limit = rule.at_most or rule.at_least
        if limit is None:
            return rule.title
        named = limit.cue_named or limit.cue
        side = verdict.side
        return named.format(stretched=side, supporting=side.other)


def _in_set_up(coach: FramingCoach) -> Instruction:
    """Return the instruction while the view is set up; the form does not matter yet."""
    if coach.advice is not None:
        return Instruction(Level.VIEW, coach.advice.text)
    text = words.STAND_STILL if coach.view_good else ""
    return Instruction(Level.NOTHING, text, spoken=False)


def _uncounted(now: Situation, other_leg_times: int) -> Instruction:
    """Return the instruction for valid form that does not count for this repetition."""
    if now.verdict.side is now.side:
        return Instruction(Level.FORM, words.RELAX_FIRST, words.STILL_THE_LAST_HOLD)
    sure = other_leg_times < SURE_TIMES
    by_name = now.coach.exercise.names_a_leg
    text = words.other_leg(now.side) if sure else words.mixed_up(now.side, by_name=by_name)
    return Instruction(Level.FORM, text, words.THE_OTHER_LEG)


def advice_of(verdict: Verdict) -> str:
    """Return a cue that the verdict does not depend on; it is shown and never spoken."""
    return next((r.reason.cue for r in verdict.advice if r.reason is not None), "")
