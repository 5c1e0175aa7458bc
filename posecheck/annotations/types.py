"""What a person says of a session. An annotation is never a verdict, nor the other way round.

A `Verdict` is of one moment and comes from posecheck; an `Annotation` is of an interval and
comes from a person, whose name stands in it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from posecheck.types import Side, State

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from posecheck.exercises.schema import Exercise

_SPLINTER_S: Final = 0.999e-3
"""What is shorter, a person never meant: it is left when two edges miss each other. Just below
the millisecond to which other formats keep times."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a person says of one interval.

    Attributes:
        start_s, end_s: seconds since the session began; it holds from its start up to, but
            not at, its end.
        state: valid, wrong or unseen.
        rule: the rule that is broken; None if the person does not say, or nothing is wrong.
        note: anything, also nothing.
        annotator: the person's name or initials.
        made_at: when it was made, ISO 8601, UTC.
        side: the stretched side; BOTH if the person does not say.
    """

    start_s: float
    end_s: float
    state: State
    rule: str | None
    note: str
    annotator: str
    made_at: str
    side: Side = Side.BOTH

    def __post_init__(self) -> None:
        """Refuse what is no interval.

        Raises:
            ValueError: if the times are not finite, negative or in the wrong order, or a
                rule is named although the state is not wrong.
        """
        if not (math.isfinite(self.end_s) and 0 <= self.start_s < self.end_s):
            message = f"an annotation cannot go from {self.start_s} s to {self.end_s} s"
            raise ValueError(message)
        if self.rule is not None and self.state is not State.WRONG:
            message = f"a rule is broken only where the form is wrong, not {self.state}"
            raise ValueError(message)

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is known of the recording that annotations are read for.

    Attributes:
        exercise: what it is judged by; its rules may be named.
        video: name of the recorded file; "" if it is not known, or a camera was recorded.
    """

    exercise: Exercise
    video: str = ""

    @property
    def rules(self) -> frozenset[str]:
        """Names of the rules that an annotation may name."""
        return frozenset(rule.name for rule in self.exercise.rules)


@dataclass(frozen=True, slots=True)
class Annotations:
    """What one person, or an imported file, says of one session.

    The items are in the order of time and do not overlap; every change is a new value.

    Attributes:
        exercise: name of the exercise they are about.
        items: the annotations.
    """

    exercise: str
    items: tuple[Annotation, ...] = ()

    def __post_init__(self) -> None:
        """Refuse items that overlap or are not in the order of time.

        Raises:
            ValueError: if they do or are not.
        """
        for before, after in zip(self.items, self.items[1:], strict=False):
            if after.start_s < before.end_s:
                message = f"the annotations at {before.start_s} s and {after.start_s} s overlap"
                raise ValueError(message)

    @classmethod
    def of(cls, exercise: str, items: Iterable[Annotation]) -> Self:
        """Return annotations in the order of time.

        Raises:
            ValueError: if they overlap.
        """
        return cls(exercise, tuple(sorted(items, key=lambda item: item.start_s)))

    def add(self, item: Annotation) -> Annotations:
        """Return annotations with one more; what it covers of others is cut away."""
        kept = [part for other in self.items for part in _without(other, item)]
        return Annotations.of(self.exercise, [*kept, item])

    def remove(self, item: Annotation) -> Annotations:
        """Return annotations without one.

        Raises:
            ValueError: if it is not there.
        """
        place = self.items.index(item)
        return Annotations(self.exercise, self.items[:place] + self.items[place + 1 :])

    def replace(self, old: Annotation, new: Annotation) -> Annotations:
        """Return annotations with one changed; what the new one covers of others is cut away.

        Raises:
            ValueError: if the old one is not there.
        """
        return self.remove(old).add(new)

    def at(self, t_s: float) -> Annotation | None:
        """Return what is said of a time; None if nothing is."""
        place = bisect_right(self.items, t_s, key=lambda item: item.start_s) - 1
        if place < 0 or t_s >= self.items[place].end_s:
            return None
        return self.items[place]

    @property
    def annotators(self) -> tuple[str, ...]:
        """Whose annotations they are, sorted."""
        return tuple(sorted({item.annotator for item in self.items}))


def _without(item: Annotation, cover: Annotation) -> list[Annotation]:
    """Return what is left of an item beside another that covers it, but no splinters."""
    if cover.end_s <= item.start_s or item.end_s <= cover.start_s:
        return [item]
    parts = []
    if cover.start_s - item.start_s >= _SPLINTER_S:
        parts.append(replace(item, end_s=cover.start_s))
    if item.end_s - cover.end_s >= _SPLINTER_S:
        parts.append(replace(item, start_s=cover.end_s))
    return parts
