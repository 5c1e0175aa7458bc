"""Score of time and holds: true and found verdicts in, `TimeScore` and `HoldScore` out.

A found hold belongs to at most one true hold, and a true hold to at most one found hold. Holds of
the same side that overlap are paired, the longest overlap first; a found hold whose leg is not told
apart can be paired with either side. The error of a true hold is the held seconds of its partner (0
without one) minus its own held seconds. So a hold that was split in two is measured by its longer
part: the person would have had to start again.

Where labels leave time out, the length of a true hold that reaches or borders on it is unknown, and
a found hold that reaches into it may be right: such holds, and their partners, are not scored.

`account` counts intervals and holds with the same arithmetic for truth and posecheck.

True verdicts go through the `HoldCounter` that posecheck uses, at the times of the same frames. So
both share one convention: the time between two frames is valid only if both ends are valid for the
same side; otherwise it is unseen if either end is unseen, the gap is too long or the sides differ;
otherwise it is wrong. If all verdicts equal the true ones the error is therefore 0, at any frame
rate.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from posecheck.evaluation.confusion import Confusion
from posecheck.evaluation.score import FAR_DEG, ChangeScore, HoldScore, TimeScore
from posecheck.form.hold import HoldCounter
from posecheck.measure.quantities import Unit
from posecheck.types import MICROSECONDS, Cause, Reason, Side, SideKnown, State, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.exercises import Exercise
    from posecheck.ledger import Hold, Interval, Step
    from posecheck.types import Reading


def same_side(first: Side, second: Side) -> bool:
    """Whether two sides agree; BOTH (also of a label without a side) agrees with any side."""
    return first is second or Side.BOTH in {first, second}


def time_score(truth: Account, found: Account, exercise: Exercise) -> TimeScore:
    """Sort every interval into its part; see `score`.

    Raises:
        ValueError: if the accounts are not of the same frames.
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
    """Return the scored time by the states of the truth and of posecheck, for either leg."""
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
    """Return how far an interval that is not valid is wrong, in one word.

    The word is "absent", "far", "ratio", "near" or "unmeasured"; see `score`.
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
    """Return by how many degrees a reading is beyond its limit; minus infinity for a ratio."""
    return reading.excess if exercise.rule(reading.rule).unit is Unit.DEG else -math.inf


LEAST_S: Final = 1.0
"""Shortest true hold that is scored, in seconds; an error per 10 s of a shorter one has no
meaning."""

_TEN_S_US: Final = 10 * MICROSECONDS


def match(truth: Sequence[Hold], found: Sequence[Hold]) -> dict[int, int]:
    """Return the index of the found hold for each true hold that has one."""
    overlaps = [
        (overlap_us, i, j)
        for i, true in enumerate(truth)
        for j, said in enumerate(found)
        if _may_be(true, said) and (overlap_us := _overlap_us(true, said)) > 0
    ]
    pairs: dict[int, int] = {}
    for _, i, j in sorted(overlaps, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    return pairs


def hold_score(truth: Account, found: Account) -> HoldScore:
    """Return the score of the found holds against the true ones."""
    pairs = match(truth.holds, found.holds)
    holes = _holes(truth)
    errors: list[tuple[float, float]] = []
    complete_found = complete_missed = complete_invented = left_out = 0
    for i, true in enumerate(truth.holds):
        partner = found.holds[pairs[i]] if i in pairs else None
        if _touches(true, holes) or (partner is not None and _reaches(partner, holes)):
            left_out += 1
            continue
        if true.held_s >= LEAST_S:
            held_us = partner.held_us if partner is not None else 0
            errors.append((true.held_s, (held_us - true.held_us) / MICROSECONDS))
        complete = partner is not None and partner.complete
        complete_found += true.complete and complete
        complete_missed += true.complete and not complete
        complete_invented += complete and not true.complete
    partners = set(pairs.values())
    complete_invented += sum(
        said.complete and j not in partners and not _reaches(said, holes)
        for j, said in enumerate(found.holds)
    )
    return HoldScore(tuple(errors), complete_found, complete_missed, complete_invented, left_out)


def change_score(truth: Account, found: Account) -> ChangeScore:
    """Return the number of changes between valid, wrong and unseen within true holds.

    A hold that borders on time that is left out is examined as far as it is known.
    """
    holes = _holes(truth)
    told = []
    for true in truth.holds:
        if true.held_s < LEAST_S or _reaches(true, holes):
            continue
        within = [s for s in found.steps if true.start_us <= s.t_us <= true.end_us]
        changed_us = [
            after.t_us
            for before, after in pairwise(within)
            if after.verdict.state is not before.verdict.state
        ]
        most = max(
            (sum(start <= t < start + _TEN_S_US for t in changed_us) for start in changed_us),
            default=0,
        )
        told.append((true.held_s, len(changed_us), most))
    return ChangeScore(tuple(told))


def _may_be(true: Hold, said: Hold) -> bool:
    return said.side_known is SideKnown.UNKNOWN or same_side(true.side, said.side)


def _overlap_us(first: Hold, second: Hold) -> int:
    return min(first.end_us, second.end_us) - max(first.start_us, second.start_us)


def _holes(truth: Account) -> list[tuple[int, int]]:
    """Return the intervals that are not scored, in microseconds."""
    times_us = [step.t_us for step in truth.steps]
    return [
        (times_us[row - 1], times_us[row])
        for row in range(1, len(times_us))
        if not truth.scored(row)
    ]


def _touches(hold: Hold, holes: list[tuple[int, int]]) -> bool:
    """Whether a hold overlaps or borders on time that is left out."""
    return any(start <= hold.end_us and hold.start_us <= end for start, end in holes)


def _reaches(hold: Hold, holes: list[tuple[int, int]]) -> bool:
    """Whether a hold overlaps time that is left out."""
    return any(start < hold.end_us and hold.start_us < end for start, end in holes)


_NOT_LABELLED: Final = Verdict(State.UNSEEN, Side.BOTH, Reason(Cause.HIDDEN, "no label"))


@dataclass(frozen=True, slots=True)
class Account:
    """Holds and intervals of a clip, from the truth or from posecheck.

    Attributes:
        steps: one for each frame.
        holds: every hold of more than 0 s, in order.
        known: for each frame, whether its state is known; an interval is scored only if both its
            ends are known.
    """

    steps: tuple[Step, ...]
    holds: tuple[Hold, ...]
    known: tuple[bool, ...]

    def scored(self, row: int) -> bool:
        """Whether the interval that ends with the frame ``row`` (from 1) is scored."""
        return self.known[row - 1] and self.known[row]


def account(
    t_s: Sequence[float], verdicts: Sequence[Verdict | None], exercise: Exercise
) -> Account:
    """Count intervals and holds.

    Args:
        t_s: times of the frames, seconds.
        verdicts: verdicts of the same frames; None where nothing is known.
        exercise: the exercise, for its dose and timing.
    """
    counter = HoldCounter(exercise)
    steps = tuple(
        counter.update(t, verdict or _NOT_LABELLED)
        for t, verdict in zip(t_s, verdicts, strict=True)
    )
    known = tuple(verdict is not None for verdict in verdicts)
    return Account(steps, counter.finish().holds, known)
