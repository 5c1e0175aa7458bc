"""Stretches of time to jump to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.annotations import Annotations
    from posecheck.types import Step

LEAST_DISAGREEMENT_S: Final = 0.3
"""A person can't set the edge of an interval closer; a shorter difference is none."""


class Span(NamedTuple):
    """A stretch of time.

    Attributes:
        start_s, end_s: seconds since the session began.
        what: what it is: a rule, a cause, or "machine / person" of a disagreement.
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
    """Return where the machine's verdicts differ from what a person says.

    Times without an annotation are none; nor are differences shorter than
    `LEAST_DISAGREEMENT_S`. What the span is reads "machine / person".
    """
    found: list[Span] = []
    running: Span | None = None
    for step in steps:
        said = annotations.at(step.t_s)
        differs = said is not None and said.state is not step.verdict.state
        what = f"{step.verdict.state} / {said.state}" if differs and said is not None else ""
        if running is not None:
            running = Span(running.start_s, step.t_s, running.what)
            if running.what != what:
                found.append(running)
                running = None
        if running is None and what:
            running = Span(step.t_s, step.t_s, what)
    if running is not None:
        found.append(running)
    return tuple(span for span in found if span.end_s - span.start_s >= LEAST_DISAGREEMENT_S)
