"""Two raters of the same pictures in, how well they agree out.

Both are counted as posecheck counts (`evaluation.account`): the time between two pictures is
valid only if both ends are valid, and so on. So a person whose intervals are those of
posecheck agrees fully, whatever the frame rate. Time of which a rater says nothing is left
out, and so are holds that reach into it; so is time without pictures, of which nobody said
anything.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from posecheck import cues
from posecheck.agreement.confusion import Confusion
from posecheck.annotations.store import MACHINE
from posecheck.errors import AnnotationError
from posecheck.evaluation.account import account
from posecheck.evaluation.holds import hold_score
from posecheck.evaluation.labels import verdict_of
from posecheck.evaluation.score import HoldScore
from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from posecheck.agreement.confusion import Cell
    from posecheck.annotations import Annotation, Annotations
    from posecheck.exercises.schema import Exercise
    from posecheck.types import Step, Verdict

_MICROSECOND_S: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Rater:
    """What one rater says at the times of the pictures.

    Attributes:
        name: the person's, or `MACHINE`.
        verdicts: one for each picture; None where the rater says nothing.
    """

    name: str
    verdicts: tuple[Verdict | None, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well two raters agree on one session, or on many.

    Attributes:
        first: whose word is taken as the measure: a person's.
        second: the other's: the machine's, or another person's.
        confusion: seconds by what both say.
        left_out_us: time of which one of them says nothing, or in which no pictures came and
            nobody could, microseconds.
        both_wrong_us: time both call wrong and for which both name a rule, microseconds.
        same_rule_us: the part of it for which both name the same rule.
        holds: how the first's holds were found by the second.
    """

    first: str
    second: str
    confusion: Confusion = field(default_factory=Confusion)
    left_out_us: int = 0
    both_wrong_us: int = 0
    same_rule_us: int = 0
    holds: HoldScore = field(default_factory=HoldScore)

    @property
    def with_machine(self) -> bool:
        """Whether the second rater is the machine."""
        return self.second == MACHINE


def machine(steps: Sequence[Step]) -> Rater:
    """Return the machine's verdicts as a rater's."""
    return Rater(MACHINE, tuple(step.verdict for step in steps))


def person(name: str, annotations: Annotations, t_s: Sequence[float]) -> Rater:
    """Return what a person says at some times.

    Raises:
        AnnotationError: if nothing is said of any of them.
    """
    said = [annotations.at(t) for t in t_s]
    if said and said[-1] is None:
        said[-1] = _ending_at(annotations, t_s[-1])
    verdicts = tuple(verdict_of(item) for item in said)
    if not any(verdicts):
        message = f"{name}: no annotation covers a picture of the session; is it of another one?"
        raise AnnotationError(message)
    return Rater(name, verdicts)


def _ending_at(annotations: Annotations, t_s: float) -> Annotation | None:
    """Return what ends with the last picture: a person who marks up to it means it, too.

    No later end can be set than that picture's time, which the annotation does not include.
    """
    before = annotations.at(t_s - 2 * _MICROSECOND_S)
    return before if before is not None and before.end_s >= t_s - _MICROSECOND_S else None


def agreement(first: Rater, second: Rater, t_s: Sequence[float], exercise: Exercise) -> Agreement:
    """Return how well two raters agree.

    Args:
        first: whose word is the measure.
        second: the other.
        t_s: the times of the pictures, seconds; they increase.
        exercise: its dose and timing.
    """
    both = [
        a is not None and b is not None
        for a, b in zip(first.verdicts, second.verdicts, strict=True)
    ]
    one, other = (
        account(t_s, [v if k else None for v, k in zip(r.verdicts, both, strict=True)], exercise)
        for r in (first, second)
    )
    cells: Counter[Cell] = Counter()
    left_out_us = both_wrong_us = same_rule_us = 0
    for row, (a, b) in enumerate(zip(one.steps, other.steps, strict=True)):
        if a.interval is None or b.interval is None:
            continue
        duration_us = a.interval.duration_us
        if not one.scored(row) or cues.GAP in {a.interval.reason, b.interval.reason}:
            left_out_us += duration_us
            continue
        cells[a.interval.state, b.interval.state] += duration_us
        if a.interval.state is b.interval.state is State.WRONG:
            rules = [i.reason.rule for i in (a.interval, b.interval) if i.reason is not None]
            if len(rules) == len((a, b)) and None not in rules:
                both_wrong_us += duration_us
                same_rule_us += duration_us if rules[0] == rules[1] else 0
    return Agreement(
        first.name,
        second.name,
        Confusion(dict(cells)),
        left_out_us,
        both_wrong_us,
        same_rule_us,
        hold_score(one, other),
    )


def pooled(agreements: Iterable[Agreement], first: str, second: str) -> Agreement:
    """Return the sum of agreements, under other names."""
    total = Agreement(first, second)
    for one in agreements:
        total = Agreement(
            first,
            second,
            total.confusion + one.confusion,
            total.left_out_us + one.left_out_us,
            total.both_wrong_us + one.both_wrong_us,
            total.same_rule_us + one.same_rule_us,
            total.holds + one.holds,
        )
    return total
