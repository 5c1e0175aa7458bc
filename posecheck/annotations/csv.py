"""Annotations as a table: columns ``start_s``, ``end_s``, ``label``, ``side``, ``rule``, ``note``.

A header line, then a line for each annotation: its times in seconds since the recording began,
``valid``, ``wrong`` or ``unseen``, and if wanted the stretched side (left or right), the broken
rule and a note. It holds from its start up to, but not at, its end. It does not hold the annotator
and the time of making. The same table is read beside a session and beside a video that is
evaluated, in all forms that spreadsheets save (`posecheck.annotations.spreadsheet`).

``NAME.labels.csv`` beside ``NAME.mp4`` holds the labels of a clip; `verdicts` converts them to
verdicts. Times without a label are left out of the score.
"""

from __future__ import annotations

import csv
import io
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from posecheck.annotations import Annotation, checked, spreadsheet
from posecheck.errors import shown
from posecheck.types import Cause, Reason, Side, State, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from posecheck.annotations import Annotations, Recorded
    from posecheck.annotations.spreadsheet import Numbers, Sheet


ENDINGS: Final = (".csv", ".tsv", ".txt")

_NEEDED: Final = ("start_s", "end_s", "label")
_OPTIONAL: Final = ("side", "rule", "note")
_TIMES: Final = ("start_s", "end_s")


def read(path: Path, about: Recorded, annotator: str, made_at: str) -> Annotations:
    """Read a table of annotations.

    Raises:
        AnnotationError: one line with every problem and its line number.
    """
    sheet = spreadsheet.load(path, lambda cells: len(set(_names(cells)) & {*_NEEDED, *_OPTIONAL}))
    problems = _header_problems(sheet)
    found: list[tuple[int, Annotation]] = []
    if not problems:
        found, problems = _annotations(sheet, about, annotator, made_at)
    if not found and not problems:
        problems.append(f"line {sheet.line}: holds no label")
    return checked(path, about, [item for _, item in found], problems)


def text(annotations: Annotations, video: str) -> str:  # noqa: ARG001 - it names no video
    """Return annotations as a table with commas and points."""
    sides = any(item.side is not Side.BOTH for item in annotations.items)
    columns = [*_NEEDED, *(name for name in _OPTIONAL if name != "side" or sides)]
    lines = io.StringIO()
    writer = csv.DictWriter(lines, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for item in annotations.items:
        side = "" if item.side is Side.BOTH else str(item.side)
        row = {"start_s": item.start_s, "end_s": item.end_s, "label": str(item.state)}
        words = {
            "rule": spreadsheet.as_text(item.rule or ""),
            "note": spreadsheet.as_text(item.note),
        }
        writer.writerow({**row, "side": side, **words})
    return lines.getvalue()


def _names(header: tuple[str, ...]) -> list[str]:
    return [name.casefold() for name in header]


def _header_problems(sheet: Sheet) -> list[str]:
    columns = _names(sheet.header)
    problems = [f"the column {name} is missing" for name in _NEEDED if name not in columns]
    problems += [
        f"unknown column {shown(name)!r}"
        for name, folded in zip(sheet.header, columns, strict=True)
        if folded and folded not in _NEEDED + _OPTIONAL
    ]
    named = [name for name in columns if name]
    if len(set(named)) < len(named):
        problems.append("a column appears twice")
    return [f"line {sheet.line}: {problem}" for problem in problems]


def _annotations(
    sheet: Sheet, about: Recorded, annotator: str, made_at: str
) -> tuple[list[tuple[int, Annotation]], list[str]]:
    """Return every annotation with its line, in the order of time, and the problems."""
    columns = _names(sheet.header)
    places = [columns.index(name) for name in _TIMES]
    cells = (row[place] for _, row in sheet.rows for place in places if place < len(row))
    numbers = spreadsheet.Numbers.of(cells, sheet.separator)
    found: list[tuple[int, Annotation]] = []
    problems = []
    for line, row in sheet.rows:
        wrong = _outside(row, columns, sheet.separator)
        values = dict(zip(columns, row, strict=False))
        item, more = _annotation(values, numbers, about.rules, annotator, made_at)
        if item is not None and not wrong:
            found.append((line, item))
        problems += [f"line {line}: {problem}" for problem in (*wrong, *more)]
    found.sort(key=lambda pair: pair[1].start_s)
    problems += [
        f"line {after_line}: overlaps line {before_line}"
        for (before_line, before), (after_line, after) in pairwise(found)
        if after.start_s < before.end_s
    ]
    return found, problems


def _outside(row: tuple[str, ...], columns: list[str], separator: str) -> list[str]:
    """Return the problems of cells outside the named columns."""
    if any(row[len(columns) :]):
        more = ""
        if separator == "," and all(cell.isdecimal() for cell in row[:4]):
            more = ": are there decimal commas in it? Save the table with semicolons"
        return [f"has more cells than the header{more}"]
    return [
        f"column {place} has no name, but holds {shown(cell)!r}"
        for place, (name, cell) in enumerate(zip(columns, row, strict=False), start=1)
        if cell and not name
    ]


def _annotation(
    values: Mapping[str, str], numbers: Numbers, rules: frozenset[str], annotator: str, made_at: str
) -> tuple[Annotation | None, list[str]]:
    """Return the annotation of one line, or its problem."""
    problems: list[str] = []
    times_s = dict.fromkeys(_TIMES, math.nan)
    for name in _TIMES:
        try:
            times_s[name] = numbers.value(values.get(name, ""))
        except ValueError as error:
            problems.append(f"{name} {error}")
    start_s, end_s = times_s.values()
    if end_s <= start_s:
        problems.append("end_s must lie after start_s")
    label, side = values.get("label", "").casefold(), values.get("side", "").casefold()
    rule = spreadsheet.text_of(values.get("rule", ""))
    rule = rule if rule in rules else rule.casefold()
    if label not in set(State):
        problems.append(f"label must be valid, wrong or unseen, not {shown(label)!r}")
    elif rule and label != State.WRONG:
        problems.append(f"a rule is broken only where the form is wrong, not {label}")
    if side not in {"", "left", "right"}:
        problems.append(f"side must be left, right or empty, not {shown(side)!r}")
    if rule and rule not in rules:
        problems.append(f"unknown rule {shown(rule)!r}")
    if problems:
        return None, problems
    word = State(label), rule or None, spreadsheet.text_of(values.get("note", ""))
    return Annotation(start_s, end_s, *word, annotator, made_at, Side(side or "both")), []


SUFFIXES: Final = (".labels.csv", ".labels.tsv", ".labels.txt")


def verdicts(said: Annotations, t_s: Sequence[float]) -> tuple[Verdict | None, ...]:
    """Return a person's labels at each time as verdicts; None where there is no label."""
    return tuple(verdict_of(said.at(t)) for t in t_s)


def verdict_of(said: Annotation | None) -> Verdict | None:
    """Return a person's annotation as a verdict, for counting only."""
    if said is None:
        return None
    if said.state is State.VALID:
        return Verdict(State.VALID, said.side, None)
    cause = Cause.RULE if said.state is State.WRONG else Cause.HIDDEN
    return Verdict(said.state, said.side, Reason(cause, said.note, said.rule))
