"""Annotations as a table: columns ``start_s``, ``end_s``, ``label``, ``rule`` and ``note``.

The same table that `posecheck evaluate` reads as labels, and that spreadsheets read. Annotator
and time of making are not in it.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from posecheck.annotations.types import Annotation, Annotations
from posecheck.errors import AnnotationError, shown
from posecheck.evaluation import labels

if TYPE_CHECKING:
    from pathlib import Path

    from posecheck.evaluation.labels import Label
    from posecheck.exercises.schema import Exercise

COLUMNS: Final = ("start_s", "end_s", "label", "rule", "note")


def read(path: Path, exercise: Exercise, annotator: str, made_at: str) -> Annotations:
    """Read a table of annotations.

    Args:
        path: the file.
        exercise: what the session is judged by; its rules may be named.
        annotator: whose annotations they are.
        made_at: when they were made or imported, ISO 8601.

    Raises:
        PoseCheckError: one line with every problem and its line number.
    """
    found = labels.load(path, {rule.name for rule in exercise.rules})
    try:
        items = [_annotation(label, annotator, made_at) for label in found]
    except ValueError as error:
        message = f"{shown(path)}: {error}"
        raise AnnotationError(message) from error
    return Annotations.of(exercise.name, items)


def text(annotations: Annotations) -> str:
    """Return annotations as a table."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(COLUMNS)
    for item in annotations.items:
        writer.writerow([item.start_s, item.end_s, item.state, item.rule or "", item.note])
    return lines.getvalue()


def _annotation(label: Label, annotator: str, made_at: str) -> Annotation:
    try:
        return Annotation(
            label.start_s, label.end_s, label.state, label.rule, label.note, annotator, made_at
        )
    except ValueError as error:
        message = f"line {label.line}: {error}"
        raise ValueError(message) from error
