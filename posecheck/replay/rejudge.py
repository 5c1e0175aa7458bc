"""A recorded session judged again from its stored landmarks, and whether that is the same.

With the stored exercise the result must equal the recorded one to the last digit. Where it
does not, an other version of posecheck or of the arithmetic below it made the difference.
"""

from __future__ import annotations

import math
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from posecheck import __version__
from posecheck.judge import Judge
from posecheck.types import Ledger

if TYPE_CHECKING:
    from posecheck.exercises.schema import Exercise
    from posecheck.judge import Tally
    from posecheck.replay.recording import Recording
    from posecheck.types import Reading, Step, Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """A session as it is judged now.

    Attributes:
        exercise: by which it is judged.
        steps: one for each stored picture.
        tally: what the session comes to.
    """

    exercise: Exercise
    steps: tuple[Step, ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class Difference:
    """How judging again by the stored exercise differs from what was recorded.

    Attributes:
        compared: pictures that have a verdict both then and now.
        verdicts: of them, those whose verdicts differ in anything.
        states: of them, those that are now another of valid, wrong and unseen.
        first_s: time of the first that differs; NaN if none does.
        largest: largest difference of a measured value, in its rule's unit.
        only_then, only_now: pictures that have a verdict only then, or only now.
        holds: whether the holds differ.
        ledger: whether the seconds differ.
    """

    compared: int = 0
    verdicts: int = 0
    states: int = 0
    first_s: float = math.nan
    largest: float = 0.0
    only_then: int = 0
    only_now: int = 0
    holds: bool = False
    ledger: bool = False

    @property
    def none(self) -> bool:
        """Whether everything that was recorded comes out again, to the last digit."""
        return not (self.verdicts or self.only_then or self.holds or self.ledger)


def judge_again(recording: Recording, exercise: Exercise | None = None) -> Judged:
    """Judge a recording that was read to its end, from its landmarks only.

    Args:
        recording: the session.
        exercise: by which to judge; None takes the stored one.

    Raises:
        SessionError: if no exercise is given and none is stored.
    """
    chosen = exercise or recording.exercise
    judge = Judge(chosen, recording.side, recording.asked)
    steps = tuple(judge.judge(recording.seen))
    return Judged(chosen, steps, judge.finish())


def difference(recording: Recording, judged: Judged) -> Difference:
    """Return how a judgement by the stored exercise differs from the recorded one."""
    now = {step.t_s: step.verdict for step in judged.steps}
    pairs = [(step.t_s, step.verdict, now[step.t_s]) for step in recording.steps if step.t_s in now]
    differing = [pair for pair in pairs if not same_verdict(*pair[1:])]
    whole = len(pairs) == len(recording.steps) == len(judged.steps)
    counted = recording.steps[-1].ledger if recording.steps else Ledger()
    ledgers = {counted, recording.ledger or counted, judged.tally.ledger}
    return Difference(
        compared=len(pairs),
        verdicts=len(differing),
        states=sum(then.state is not again.state for _, then, again in differing),
        first_s=differing[0][0] if differing else math.nan,
        largest=max((_apart(then, again) for _, then, again in differing), default=0.0),
        only_then=len(recording.steps) - len(pairs),
        only_now=len(judged.steps) - len(pairs),
        holds=whole and tuple(recording.holds) != judged.tally.holds,
        ledger=whole and len(ledgers) > 1,
    )


def versions_then(recording: Recording) -> dict[str, str]:
    """Return what made the recorded verdicts, as far as the session says."""
    known = ("posecheck", "estimator", "numpy", "machine")
    return {key: str(recording.header[key]) for key in known if key in recording.header}


def versions_now() -> dict[str, str]:
    """Return what judges now."""
    return {
        "posecheck": __version__,
        "numpy": np.__version__,
        "machine": platform.machine(),
    }


def same_verdict(first: Verdict, second: Verdict) -> bool:
    """Whether two verdicts are equal in everything, NaN equal to NaN."""
    return (
        first.state is second.state
        and first.side is second.side
        and first.reason == second.reason
        and len(first.readings) == len(second.readings)
        and all(map(_same_reading, first.readings, second.readings))
    )


def _same_reading(first: Reading, second: Reading) -> bool:
    return (
        first.rule == second.rule
        and first.side is second.side
        and first.state is second.state
        and first.required is second.required
        and first.reason == second.reason
        and _same_number(first.value, second.value)
        and _same_number(first.excess, second.excess)
    )


def _same_number(first: float, second: float) -> bool:
    return first == second or (math.isnan(first) and math.isnan(second))


def _apart(first: Verdict, second: Verdict) -> float:
    """Return the largest difference of a value that both measured."""
    after = {(reading.rule, reading.side): reading.value for reading in second.readings}
    gaps = [abs(r.value - after.get((r.rule, r.side), math.nan)) for r in first.readings]
    return max((gap for gap in gaps if not math.isnan(gap)), default=0.0)
