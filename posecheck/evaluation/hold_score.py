"""True holds and found holds in, how well they match out.

A found hold belongs to at most one true hold, and the other way round: pairs of the same
side that overlap are made by the longest overlap first; a found hold whose leg is not told
apart may be of either side. The error of a true hold is the held
seconds of its partner (0 without one) minus its own. A hold that was torn in two is thus
measured by its larger piece: the person would have had to start again.

Where labels leave time out, a true hold that reaches or borders on it has no known length,
and a found hold that reaches into it cannot be blamed: such holds, and their partners, are
not scored.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from posecheck.evaluation.score import ChangeScore, HoldScore
from posecheck.evaluation.times import same_side
from posecheck.types import MICROSECONDS, SideKnown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.evaluation.account import Account
    from posecheck.types import Hold, Step

LEAST_S: Final = 1.0
"""Shorter true holds are passing moments; an error per 10 s of them would say nothing."""

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
    """Return how the true holds were found."""
    pairs = match(truth.holds, found.holds)
    holes = _holes(truth)
    errors: list[tuple[float, float]] = []
    complete_found = complete_missed = complete_invented = 0
    for i, true in enumerate(truth.holds):
        partner = found.holds[pairs[i]] if i in pairs else None
        if _touches(true, holes) or (partner is not None and _reaches(partner, holes)):
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
    return HoldScore(tuple(errors), complete_found, complete_missed, complete_invented)


def change_score(truth: Account, found: Account) -> ChangeScore:
    """Return how often the found verdict changes between valid, wrong and unseen in true holds.

    A hold that borders on time that is left out is looked at as far as it is known.
    """
    holes = _holes(truth)
    told = []
    for true in truth.holds:
        if true.held_s < LEAST_S or _reaches(true, holes):
            continue
        within = [s for s in found.steps if true.start_us <= _us(s) <= true.end_us]
        changed_us = [
            _us(after)
            for before, after in pairwise(within)
            if after.verdict.state is not before.verdict.state
        ]
        most = max(
            (sum(start <= t < start + _TEN_S_US for t in changed_us) for start in changed_us),
            default=0,
        )
        told.append((true.held_s, len(changed_us), most))
    return ChangeScore(tuple(told))


def _us(step: Step) -> int:
    return round(step.t_s * MICROSECONDS)


def _may_be(true: Hold, said: Hold) -> bool:
    return said.side_known is SideKnown.UNKNOWN or same_side(true.side, said.side)


def _overlap_us(first: Hold, second: Hold) -> int:
    return min(first.end_us, second.end_us) - max(first.start_us, second.start_us)


def _holes(truth: Account) -> list[tuple[int, int]]:
    """Return the intervals that are not scored, in microseconds."""
    times_us = [_us(step) for step in truth.steps]
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
