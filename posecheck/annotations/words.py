"""How other programs' files say an annotation: ``valid``, ``wrong: RULE`` or ``unseen``.

What is said stands in the first line of a cue or cell, the note in the lines below.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from posecheck.annotations.types import Annotation
from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from posecheck.annotations.types import Annotations


MILLISECONDS: Final = 1000
"""So many are a second; formats that other programs read have whole ones."""


def milliseconds(t_s: float) -> int:
    """Return the last whole millisecond that is not after a time.

    An edge lies on a picture's time, and a picture belongs to what begins, not to what ends
    there. Rounded down, never up, both edges leave every picture where it was.
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
    """Return the annotation that lines say.

    Args:
        times_s: its start and end, seconds.
        lines: what is said.
        rules: the rules that may be named.
        annotator: whose it is.
        made_at: when it was made or imported, ISO 8601.

    Raises:
        ValueError: if they say something else, with what is wrong.
    """
    label, _, rule = (word.strip() for word in (lines[0] if lines else "").partition(":"))
    label, rule = label.casefold(), rule if rule in rules else rule.casefold()
    if label not in set(State):
        message = f"it begins with valid, wrong or unseen, not {label!r}"
        raise ValueError(message)
    if rule and rule not in rules:
        message = f"unknown rule {rule!r}"
        raise ValueError(message)
    note = "\n".join(line.strip() for line in lines[1:])
    return Annotation(*times_s, State(label), rule or None, note, annotator, made_at)
