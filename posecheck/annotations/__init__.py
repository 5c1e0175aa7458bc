"""Annotations: intervals of sessions labelled by people, with their files and formats.

An annotation is never a verdict, nor the reverse.

A `Verdict` belongs to one moment and comes from posecheck; an `Annotation` covers an interval and
comes from a person, whose name it holds.

Files of other programs hold an annotation as ``valid``, ``wrong: RULE`` or ``unseen``. The label is
the first line of a cue or cell, the note the lines below.

`Span` is a stretch of time to which the viewer can jump.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from posecheck.errors import AnnotationError, listed, shown
from posecheck.types import Side, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

    from posecheck.exercises import Exercise
    from posecheck.ledger import Step


_SPLINTER_S: Final = 0.999e-3
"""Shortest remaining piece of an annotation, in seconds; a shorter one comes from edges that do not
meet exactly and is dropped. Just below the millisecond to which other formats round times."""


class Blinding(StrEnum):
    """What a person had seen of the verdicts when making an annotation.

    FULL: they were hidden, and had not been shown before. AFTER_SEEING: they were hidden, but had
    been shown before. OFF: they were shown.
    """

    FULL = "full"
    AFTER_SEEING = "after-seeing"
    OFF = "off"


LATEST_S: Final = 1e9
"""Latest time of an annotation in seconds, as in a session."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """Label of one interval by a person.

    Attributes:
        start_s, end_s: seconds since the session began; it holds from its start up to, but
            not at, its end.
        state: valid, wrong or unseen.
        rule: the broken rule; None if the person names none, or if the state is not wrong.
        note: free text; may be empty.
        annotator: the person's name or initials.
        made_at: time when it was made, ISO 8601, UTC.
        side: the stretched side; BOTH if the person names none.
        blind: what the person had seen of the verdicts; None if that is not known.
    """

    start_s: float
    end_s: float
    state: State
    rule: str | None
    note: str
    annotator: str
    made_at: str
    side: Side = Side.BOTH
    blind: Blinding | None = None

    def __post_init__(self) -> None:
        """Refuse an invalid interval.

        Raises:
            ValueError: if the times are negative, beyond `LATEST_S` or in the wrong order, or a
                rule is named although the state is not wrong.
        """
        if not 0 <= self.start_s < self.end_s <= LATEST_S:
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
    """Facts about the recording that annotations are read for.

    Attributes:
        exercise: the exercise of the recording; its rules may be named.
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
    """Annotations of one session by one person, or from an imported file.

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
        """Return annotations with one more; covered parts of others are cut away."""
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
        """Return annotations with one changed; the parts of others that it covers are cut away.

        Raises:
            ValueError: if the old one is not there.
        """
        return self.remove(old).add(new)

    def at(self, t_s: float) -> Annotation | None:
        """Return the annotation at a time; None if there is none."""
        place = bisect_right(self.items, t_s, key=lambda item: item.start_s) - 1
        if place < 0 or t_s >= self.items[place].end_s:
            return None
        return self.items[place]

    @property
    def annotators(self) -> tuple[str, ...]:
        """Names of the annotators, sorted."""
        return tuple(sorted({item.annotator for item in self.items}))


def _without(item: Annotation, cover: Annotation) -> list[Annotation]:
    """Return the uncovered parts of an item, without those shorter than `_SPLINTER_S`."""
    if cover.end_s <= item.start_s or item.end_s <= cover.start_s:
        return [item]
    parts = []
    if cover.start_s - item.start_s >= _SPLINTER_S:
        parts.append(replace(item, end_s=cover.start_s))
    if item.end_s - cover.end_s >= _SPLINTER_S:
        parts.append(replace(item, start_s=cover.end_s))
    return parts


__all__ = ["Annotation", "Annotations", "Blinding", "Recorded"]


MILLISECONDS: Final = 1000
"""Milliseconds in a second; formats of other programs have whole milliseconds."""


def milliseconds(t_s: float) -> int:
    """Return the last whole millisecond that is not after a time.

    An edge lies on a frame's time, and the frame belongs to the interval that begins there. With
    rounding down, never up, every frame stays in its interval.
    """
    found = math.floor(t_s * MILLISECONDS + 1e-6)
    return found - (found / MILLISECONDS > t_s)


def spans_of(annotations: Annotations) -> Iterator[tuple[int, int, Annotation]]:
    """Yield start and end in milliseconds of every annotation that has a length in them."""
    for item in annotations.items:
        start_ms, end_ms = milliseconds(item.start_s), milliseconds(item.end_s)
        if start_ms < end_ms:
            yield start_ms, end_ms, item


def lines_of(item: Annotation) -> list[str]:
    """Return an annotation as lines of which none is empty."""
    said = f"{item.state}: {item.rule}" if item.rule else str(item.state)
    return [said, *(line for line in item.note.splitlines() if line.strip())]


def annotation_of(
    times_s: tuple[float, float],
    lines: Sequence[str],
    rules: frozenset[str],
    annotator: str,
    made_at: str,
) -> Annotation:
    """Return the annotation in the lines of a label.

    Args:
        times_s: its start and end, seconds.
        lines: the lines of the label.
        rules: the rules that may be named.
        annotator: name of the annotator.
        made_at: when it was made or imported, ISO 8601.

    Raises:
        ValueError: if they hold something else; the message gives the problem.
    """
    label, _, rule = (word.strip() for word in (lines[0] if lines else "").partition(":"))
    label, rule = label.casefold(), rule if rule in rules else rule.casefold()
    if label not in set(State):
        message = f"it begins with valid, wrong or unseen, not {shown(label)!r}"
        raise ValueError(message)
    if rule and rule not in rules:
        message = f"unknown rule {shown(rule)!r}"
        raise ValueError(message)
    note = "\n".join(line.strip() for line in lines[1:])
    return Annotation(*times_s, State(label), rule or None, note, annotator, made_at)


def checked(
    path: Path,
    about: Recorded,
    items: Iterable[Annotation],
    problems: Iterable[str],
    kind: str = "",
) -> Annotations:
    """Return the annotations that were read from a file.

    Args:
        path: the file.
        about: the recording.
        items: the annotations.
        problems: what was found wrong in the file.
        kind: of the file, for the message, with a colon and a space behind it.

    Raises:
        AnnotationError: one line with every problem; also if annotations overlap.
    """
    found = list(problems)
    try:
        annotations = Annotations.of(about.exercise.name, items)
    except ValueError as error:
        found.append(str(error))
    if found:
        message = f"{shown(path)}: {kind}{listed(found)}"
        raise AnnotationError(message)
    return annotations


LEAST_DISAGREEMENT_S: Final = 0.3
"""Shortest disagreement in seconds: a person can't set the edge of an interval more precisely."""


class Span(NamedTuple):
    """A stretch of time.

    Attributes:
        start_s, end_s: seconds since the session began.
        what: its label: a rule, a cause, or "machine / person" of a disagreement.
    """

    start_s: float
    end_s: float
    what: str


def next_start(starts_s: Sequence[float], t_s: float) -> float | None:
    """Return the first of sorted times after ``t_s``; None if none follows."""
    place = bisect_right(starts_s, t_s)
    return starts_s[place] if place < len(starts_s) else None


def previous_start(starts_s: Sequence[float], t_s: float) -> float | None:
    """Return the last of sorted times before ``t_s``; None if there is none."""
    place = bisect_left(starts_s, t_s) - 1
    return starts_s[place] if place >= 0 else None


def disagreements(steps: Sequence[Step], annotations: Annotations) -> tuple[Span, ...]:
    """Return the spans in which steps differ from a person's annotations; see `differing`."""
    states = tuple(State)
    verdicts = np.array([states.index(step.verdict.state) for step in steps], np.int8)
    return differing(np.array([step.t_s for step in steps]), verdicts, annotations)


def differing(
    times_s: NDArray[np.float64], verdicts: NDArray[np.int8], annotations: Annotations
) -> tuple[Span, ...]:
    """Return the spans in which the machine's verdicts differ from a person's annotations.

    Times without an annotation and differences shorter than `LEAST_DISAGREEMENT_S` do not count.
    The label of a span is "machine / person".

    Args:
        times_s: (N,) the times of the steps, seconds.
        verdicts: (N,) the place of each step's state in `State`: 0 valid, 1 wrong, 2 unseen.
        annotations: the person's.
    """
    items, states = annotations.items, tuple(State)
    if not items or not times_s.size:
        return ()
    starts_s = np.array([item.start_s for item in items])
    ends_s = np.array([item.end_s for item in items])
    place = np.searchsorted(starts_s, times_s, side="right") - 1
    inside = (place >= 0) & (times_s < ends_s[place])
    said = np.array([states.index(item.state) for item in items], np.int8)[place]
    differs = np.where(inside & (said != verdicts), verdicts * len(states) + said, -1)
    firsts = np.append(0, np.flatnonzero(np.diff(differs)) + 1)
    lasts = np.append(firsts[1:], times_s.size - 1)
    long_enough = times_s[lasts] - times_s[firsts] >= LEAST_DISAGREEMENT_S
    found = []
    for first, last in zip(firsts[long_enough], lasts[long_enough], strict=True):
        if differs[first] >= 0:
            machine, person = divmod(int(differs[first]), len(states))
            what = f"{states[machine]} / {states[person]}"
            found.append(Span(float(times_s[first]), float(times_s[last]), what))
    return tuple(found)
