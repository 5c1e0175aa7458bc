"""Two accounts of the same pictures in, the parts of `TimeScore` out."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from posecheck.agreement.confusion import Confusion
from posecheck.evaluation.score import FAR_DEG, TimeScore
from posecheck.quantities import Unit
from posecheck.types import Side, SideKnown, State

if TYPE_CHECKING:
    from posecheck.evaluation.account import Account
    from posecheck.exercises.schema import Exercise
    from posecheck.types import Interval, Reading, Verdict


def same_side(first: Side, second: Side) -> bool:
    """Whether two sides agree; BOTH (also: a label that names no side) agrees with each."""
    return first is second or Side.BOTH in {first, second}


def time_score(truth: Account, found: Account, exercise: Exercise) -> TimeScore:
    """Sort every interval into its part; see `score`.

    Raises:
        ValueError: if the accounts are not of the same pictures.
    """
    parts: defaultdict[str, int] = defaultdict(int)
    for row in range(1, len(found.steps)):
        true, said = truth.steps[row], found.steps[row]
        if true.interval is None or said.interval is None or true.t_s != said.t_s:
            message = f"step {row}: the accounts are not of the same pictures"
            raise ValueError(message)
        if not truth.scored(row):
            part = "left_out"
        elif said.interval.state is State.VALID and true.interval.state is not State.VALID:
            ends = (truth.steps[row - 1].verdict, true.verdict)
            part = f"false_{how_wrong(true.interval, ends, exercise)}"
        else:
            leg = _leg(true.verdict, said.verdict)
            part = _part(true.interval.state, said.interval.state, leg)
        parts[f"{part}_us"] += said.interval.duration_us
    return TimeScore(**parts)


def confusion(truth: Account, found: Account) -> Confusion:
    """Return the scored time by what the truth and what posecheck says, whichever the leg."""
    cells: defaultdict[tuple[State, State], int] = defaultdict(int)
    for row, (true, said) in enumerate(zip(truth.steps, found.steps, strict=True)):
        if true.interval is not None and said.interval is not None and truth.scored(row):
            cells[true.interval.state, said.interval.state] += said.interval.duration_us
    return Confusion(dict(cells))


def _leg(true: Verdict, said: Verdict) -> str:
    if said.side_known is SideKnown.UNKNOWN and said.side is not Side.BOTH:
        return "untold"
    return "right" if same_side(true.side, said.side) else "other_side"


def _part(true: State, said: State, leg: str) -> str:
    if true is not State.VALID:
        return "rest"
    if said is State.VALID:
        return leg
    return "called_wrong" if said is State.WRONG else "called_unseen"


def how_wrong(interval: Interval, ends: tuple[Verdict, Verdict], exercise: Exercise) -> str:
    """Return how far an interval that is not valid is wrong.

    One of "absent", "far", "ratio", "near", "unmeasured"; see `score`.
    """
    if interval.state is State.UNSEEN:
        return "absent"
    broken = [
        reading
        for end in ends
        for reading in end.readings
        if reading.required and reading.state is State.WRONG
    ]
    if not broken:
        return "unmeasured"
    if max((_degrees(reading, exercise) for reading in broken), default=0.0) >= FAR_DEG:
        return "far"
    in_lengths = any(exercise.rule(reading.rule).unit is Unit.RATIO for reading in broken)
    return "ratio" if in_lengths else "near"


def _degrees(reading: Reading, exercise: Exercise) -> float:
    """Return how far a rule in degrees is beyond its limit; minus infinity for a ratio."""
    return reading.excess if exercise.rule(reading.rule).unit is Unit.DEG else -math.inf
