"""Events of BORIS, the observation software of the University of Torino, as annotations.

Read are its exports as a table (CSV or TSV): "aggregated events", a line for each event with
``Start (s)`` and ``Stop (s)``, and "tabular events", a line for each START and STOP. The
behaviours are ``valid``, ``wrong`` and ``unseen``, coded as state events; the broken rule
stands in a modifier or behind the behaviour (``wrong: lean``), a note in the comment. BORIS
keeps an event's time with the observation's time offset added; it is taken off again. Column
names are those of BORIS 2 to 9.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from posecheck.annotations import annotation_of, checked, spreadsheet
from posecheck.errors import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from posecheck.annotations import Annotation, Annotations, Recorded
    from posecheck.annotations.spreadsheet import Sheet

ENDINGS: Final = (".csv", ".tsv", ".txt")

_AGGREGATED: Final = {"behavior", "behavior type", "start (s)", "stop (s)"}
_TABULAR: Final = ({"behavior", "behavior type", "time"}, {"behavior", "status", "time"})
_DEEPEST: Final = 200
"""Old versions write facts about the observation above the table, a line for each."""

_OFFSET: Final = "time offset (s)"
_MEDIA: Final = ("media file name", "media file", "media file path")
_NOTHING: Final = {"", "na", "nan", "none", "not found"}
_CLOCK: Final = re.compile(r"(\d+):([0-5]\d):([0-5]\d(?:[.,]\d+)?)")


@dataclass(frozen=True, slots=True)
class _Event:
    """One line of an export.

    Attributes:
        line: its number in the file.
        kind: STATE or POINT; in tabular events START, STOP or POINT.
        start_s: its time with the offset.
        stop_s: the end of a state; the start of everything else.
        offset_s: the time offset of its observation.
        cells: all others, by the names of their columns in small letters.
    """

    line: int
    kind: str
    start_s: float
    stop_s: float
    offset_s: float
    cells: dict[str, str]

    @property
    def said(self) -> str:
        """The behaviour, with the modifiers as the rule where it names none itself."""
        behaviour = self.cells.get("behavior", "")
        names = (name for name in self.cells if name.startswith("modifier"))
        rules = [self.cells[name] for name in sorted(names)]
        rules = [rule for rule in rules if rule.casefold() not in _NOTHING]
        return behaviour if ":" in behaviour or not rules else f"{behaviour}: {'; '.join(rules)}"


def fits(path: Path) -> bool:
    """Whether a table has the columns that BORIS exports.

    Raises:
        AnnotationError: if it can't be read.
    """
    return bool(_score(spreadsheet.load(path, _score, depth=_DEEPEST).header))


def read(path: Path, about: Recorded, annotator: str, made_at: str) -> Annotations:
    """Read the events of one observation of one subject in one video.

    Raises:
        AnnotationError: one line with every problem and its line number.
    """
    sheet = spreadsheet.load(path, _score, depth=_DEEPEST)
    events, problems = _events(sheet)
    problems += _mixed(events)
    items: list[Annotation] = []
    if not problems:
        pairs, problems = _states(events)
        for event in pairs:
            times_s = event.start_s - event.offset_s, event.stop_s - event.offset_s
            lines = [event.said, *_comments(event)]
            try:
                items.append(annotation_of(times_s, lines, about.rules, annotator, made_at))
            except ValueError as error:
                problems.append(f"line {event.line}: {error}")
    if not items and not problems:
        problems.append("holds no state event")
    return checked(path, about, items, problems, "events of BORIS: ")


def _score(cells: tuple[str, ...]) -> int:
    """Return the number of BORIS columns in a header; 0 if a needed one is missing."""
    names = {cell.casefold() for cell in cells}
    needed = [_AGGREGATED, *_TABULAR]
    return max((len(columns) for columns in needed if columns <= names), default=0)


def _events(sheet: Sheet) -> tuple[list[_Event], list[str]]:
    """Return all events in the order of the file, and the problems of unreadable ones."""
    columns = [name.casefold() for name in sheet.header]
    aggregated = columns.count("start (s)") > 0
    timed = ("start (s)", "stop (s)") if aggregated else ("time", "time")
    above = {cells[0].casefold(): cells[1] for cells in sheet.above if len(cells) > 1}
    rows = [(line, dict(zip(columns, cells, strict=False))) for line, cells in sheet.rows]
    cells = [row.get(name, "") for _, row in rows for name in (*timed, _OFFSET)]
    numbers = spreadsheet.Numbers.of([*cells, above.get(_OFFSET, "")], sheet.separator)
    events, problems = [], []
    for line, row in rows:
        offset = row.get(_OFFSET, above.get(_OFFSET, ""))
        kind = row.get("behavior type", row.get("status", "")).upper()
        try:
            start_s, stop_s = (_seconds(row.get(name, ""), numbers) for name in timed)
            negative = offset.startswith("-")
            offset_s = _seconds(offset.removeprefix("-"), numbers) if offset else 0.0
        except ValueError as error:
            problems.append(f"line {line}: a time {error}")
            continue
        events.append(_Event(line, kind, start_s, stop_s, -offset_s if negative else offset_s, row))
    return events, problems


def _seconds(cell: str, numbers: spreadsheet.Numbers) -> float:
    """Return a time in seconds, which BORIS may have written as hh:mm:ss."""
    if (clock := _CLOCK.fullmatch(cell)) is not None:
        seconds = float(clock[3].replace(",", "."))
        return (int(clock[1]) * 60 + int(clock[2])) * 60 + seconds
    return numbers.value(cell)


def _mixed(events: Sequence[_Event]) -> list[str]:
    """Return the reasons why events are not of one recording and one person."""
    problems = []
    called = {"observation id": "observations", "subject": "subjects"}
    for name, words in (called | dict.fromkeys(_MEDIA, "media files")).items():
        found = dict.fromkeys(event.cells.get(name, "") for event in events)
        named = [value for value in found if value.casefold() not in _NOTHING]
        if len(named) > 1:
            listed = ", ".join(shown(value) for value in named)
            problems.append(f"holds {len(named)} {words} ({listed}); export one of them alone")
    return problems


def _states(events: Sequence[_Event]) -> tuple[list[_Event], list[str]]:
    """Return the state events, each with its start and stop, and the problems of unpaired ones."""
    states, problems = [], []
    running: dict[str, _Event] = {}
    for event in sorted(events, key=lambda event: event.start_s):
        behaviour = event.said
        if event.kind == "STATE":
            states.append(event)
        elif event.kind == "START" and behaviour not in running:
            running[behaviour] = event
        elif event.kind == "STOP" and behaviour in running:
            begun = running.pop(behaviour)
            comments = {"comment stop": event.cells.get("comment", "")}
            states.append(replace(begun, stop_s=event.start_s, cells={**begun.cells, **comments}))
        elif event.kind != "POINT":
            problems.append(f"line {event.line}: {shown(behaviour)!r} {_odd(event.kind)}")
        elif behaviour.partition(":")[0].strip().casefold() in {"valid", "wrong", "unseen"}:
            problems.append(
                f"line {event.line}: {shown(behaviour)!r} is a point event and has no length; "
                "code it as a state event"
            )
    problems += [
        f"line {event.line}: {shown(behaviour)!r} is never stopped"
        for behaviour, event in running.items()
    ]
    return states, problems


def _odd(kind: str) -> str:
    known = {"START": "is started twice", "STOP": "is stopped, but was not started"}
    return known.get(kind, f"is of an unknown type {shown(kind)!r}")


def _comments(event: _Event) -> Iterator[str]:
    for name in ("comment", "comment start", "comment stop"):
        comment = event.cells.get(name, "")
        if comment.casefold() not in _NOTHING:
            yield from comment.splitlines()
