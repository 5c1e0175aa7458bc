"""What a person says of a clip: ``NAME.labels.csv`` beside ``NAME.mp4``.

A table with a header line: ``start_s``, ``end_s`` and ``label`` (valid, wrong or unseen), and
if wanted ``side`` (the stretched one, left or right), ``rule`` (the broken one) and ``note``.
Times are seconds since the clip began; a label holds from its start up to, but not at, its
end. Times without a label are left out of the score.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from posecheck.evaluation.truth import TruthError
from posecheck.types import Cause, Reason, Side, State, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

SUFFIX: Final = ".labels.csv"

_NEEDED: Final = ("start_s", "end_s", "label")
_OPTIONAL: Final = ("side", "rule", "note")


@dataclass(frozen=True, slots=True)
class Label:
    """One line of a label file.

    Attributes:
        start_s, end_s: seconds since the clip began.
        state: what the person says.
        side: the stretched side; BOTH if the line does not say, and for no side.
        rule: the rule that is broken; None if the line does not say.
        note: anything.
        line: number of the line in the file.
    """

    start_s: float
    end_s: float
    state: State
    side: Side
    rule: str | None
    note: str
    line: int


def load(path: Path, rules: Collection[str]) -> tuple[Label, ...]:
    """Read a label file; the labels come in the order of time.

    Args:
        path: the file.
        rules: names that the column ``rule`` may hold.

    Raises:
        TruthError: one line with every problem and its line number.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}"
        raise TruthError(message) from error
    labels, problems = _parsed(text, rules)
    if not labels and not problems:
        problems.append("line 1: holds no label")
    if problems:
        message = f"{path}: {'; '.join(problems)}"
        raise TruthError(message)
    return tuple(labels)


def verdicts(labels: Sequence[Label], t_s: Sequence[float]) -> tuple[Verdict | None, ...]:
    """Return what the labels say of each time; None where there is none."""
    return tuple(
        next((_verdict(label) for label in labels if label.start_s <= t < label.end_s), None)
        for t in t_s
    )


def _verdict(label: Label) -> Verdict:
    if label.state is State.VALID:
        return Verdict(State.VALID, label.side, None)
    cause = Cause.RULE if label.state is State.WRONG else Cause.HIDDEN
    return Verdict(label.state, label.side, Reason(cause, label.note, label.rule))


def _parsed(text: str, rules: Collection[str]) -> tuple[list[Label], list[str]]:
    reader = csv.reader(io.StringIO(text))
    columns = [name.strip() for name in next(reader, [])]
    problems = [f"line 1: the column {name} is missing" for name in _NEEDED if name not in columns]
    problems += [
        f"line 1: unknown column {name!r}" for name in columns if name not in _NEEDED + _OPTIONAL
    ]
    if len(set(columns)) < len(columns):
        problems.append("line 1: a column appears twice")
    if problems:
        return [], problems
    labels = []
    try:
        for cells in reader:
            row = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
            if not any(row.values()):
                continue
            found, wrong = _label(row, reader.line_num, rules)
            problems += wrong
            if len(cells) > len(columns):
                problems.append(f"line {reader.line_num}: has more cells than the header")
            elif found is not None:
                labels.append(found)
    except csv.Error as error:
        problems.append(f"line {reader.line_num}: {error}")
    labels.sort(key=lambda label: label.start_s)
    problems += [
        f"line {after.line}: overlaps line {before.line}"
        for before, after in pairwise(labels)
        if after.start_s < before.end_s
    ]
    return labels, problems


def _label(
    row: dict[str, str], line: int, rules: Collection[str]
) -> tuple[Label | None, list[str]]:
    """Return the label of one line, or what is wrong with it."""
    problems = []
    start_s, end_s = _seconds(row.get("start_s", "")), _seconds(row.get("end_s", ""))
    for name, value in (("start_s", start_s), ("end_s", end_s)):
        if math.isnan(value):
            problems.append(f"{name} must be seconds from 0, not {row.get(name, '')!r}")
    if end_s <= start_s:
        problems.append("end_s must lie after start_s")
    label, side, rule = row.get("label", ""), row.get("side", ""), row.get("rule", "")
    if label not in set(State):
        problems.append(f"label must be valid, wrong or unseen, not {label!r}")
    if side not in {"", "left", "right"}:
        problems.append(f"side must be left, right or empty, not {side!r}")
    if rule and rule not in rules:
        problems.append(f"unknown rule {rule!r}")
    if problems:
        return None, [f"line {line}: {problem}" for problem in problems]
    found_side = Side(side) if side else Side.BOTH
    note = row.get("note", "")
    return Label(start_s, end_s, State(label), found_side, rule or None, note, line), []


def _seconds(text: str) -> float:
    """Return seconds; NaN if the text holds none."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) and value >= 0 else math.nan
