"""The result of a batch read again from its table: sums by subject, visit and exercise.

`recordings.csv` goes in, row by row, so that a million recordings take no more memory than ten.
Subject and visit are columns of the user's own table, if it had them; recordings without them make
one group for each exercise.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from posecheck.batch.recordings import BatchError
from posecheck.errors import shown
from posecheck.ledger import tenths
from posecheck.reports.text import laid_out, percent, table
from posecheck.system import files
from posecheck.types import MICROSECONDS, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rich.console import RenderableType

SCHEMA: Final = "posecheck.batch-sums/1"

TABLE: Final = "recordings.csv"
"""Name of the table in the folder of a batch's results."""

GROUPED_BY: Final = ("subject", "visit")
"""Columns of the user's table that recordings are summed by, beside the exercise."""

MOST_LISTED: Final = 200
"""Recordings and failures that are listed one by one; the table lists all."""

MOST_SHOWN: Final = 20
"""Failures that are listed in the terminal."""

_NEEDED: Final = ("recording", "status", "error", "exercise", "duration_s", "holds")


@dataclass(slots=True)
class BatchGroup:
    """Recordings that belong together, and their sums.

    Attributes:
        names: value of each column that they were grouped by, then the exercise.
        recordings, failed, not_done: numbers of recordings.
        duration_us: time of those that are done, in microseconds.
        spent_us: the same by verdict; the parts add up to it.
        holds, complete_holds: numbers of holds.
        longest_hold_s: the longest hold in seconds.
    """

    names: tuple[str, ...]
    recordings: int = 0
    failed: int = 0
    not_done: int = 0
    duration_us: int = 0
    spent_us: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    holds: int = 0
    complete_holds: int = 0
    longest_hold_s: float = 0.0

    @property
    def done(self) -> int:
        """Number of recordings with a result."""
        return self.recordings - self.failed - self.not_done

    def take(self, row: Mapping[str, str]) -> None:
        """Add a recording."""
        self.recordings += 1
        if row["status"] != "done":
            self.failed += row["status"] == "failed"
            self.not_done += row["status"] != "failed"
            return
        self.duration_us += _microseconds(row, "duration_s")
        for state in State:
            self.spent_us[state] += _microseconds(row, f"{state}_s")
        self.holds += int(row["holds"] or 0)
        self.complete_holds += int(row["complete_holds"] or 0)
        self.longest_hold_s = max(self.longest_hold_s, _number(row, "longest_hold_s"))


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Result of a batch.

    Attributes:
        folder: the folder of the results.
        columns: columns that the groups are of, then "exercise".
        groups: in the order in which they first come in the table.
        listed: the first recordings, as rows of the table.
        failures: name and error of the first recordings that failed.
        total: all recordings together; its names are empty.
    """

    folder: Path
    columns: tuple[str, ...]
    groups: tuple[BatchGroup, ...]
    listed: tuple[Mapping[str, str], ...]
    failures: tuple[tuple[str, str], ...]
    total: BatchGroup


def is_result(folder: Path) -> bool:
    """Return True if a folder holds the tables of a batch."""
    try:
        return (folder / TABLE).is_file()
    except (OSError, ValueError):
        return False


def read(folder: Path) -> BatchResult:
    """Read the result of a batch.

    Args:
        folder: the folder given to ``batch --out``.

    Raises:
        BatchError: if its table cannot be read, or is none of a batch.
    """
    path = folder / TABLE
    columns: tuple[str, ...] = ()
    groups: dict[tuple[str, ...], BatchGroup] = {}
    listed: list[Mapping[str, str]] = []
    failures: list[tuple[str, str]] = []
    total = BatchGroup(())
    try:
        for row in _rows(path):
            columns = columns or (*(name for name in GROUPED_BY if name in row), "exercise")
            names = tuple(row[name] for name in columns)
            for group in (groups.setdefault(names, BatchGroup(names)), total):
                group.take(row)
            if len(listed) < MOST_LISTED:
                listed.append(row)
            if row["status"] == "failed" and len(failures) < MOST_LISTED:
                failures.append((row["recording"], row["error"]))
    except (OSError, ValueError, KeyError, csv.Error, OverflowError) as error:
        cause = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        message = f"{shown(path)}: is no table of a batch ({cause}); run posecheck batch again"
        raise BatchError(message) from error
    found = tuple(groups.values())
    return BatchResult(folder, columns, found, tuple(listed), tuple(failures), total)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of the table; each has a cell for every column."""
    with files.opened(path) as file:
        lines = (line.decode("utf-8-sig" if not n else "utf-8") for n, line in enumerate(file))
        rows = csv.DictReader(lines, restval="", strict=True)
        lacking = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
        if lacking:
            message = f"no column {lacking[0]}"
            raise ValueError(message)
        for row in rows:
            row.pop(None, None)  # cells beyond the last column
            yield row


def _number(row: Mapping[str, str], column: str) -> float:
    value = float(row[column] or 0)
    if not 0 <= value < math.inf:
        message = f"{column} {row[column]}"
        raise ValueError(message)
    return value


def _microseconds(row: Mapping[str, str], column: str) -> int:
    return round(_number(row, column) * MICROSECONDS)


def as_json(result: BatchResult) -> dict[str, Any]:
    """Return the result as plain values; times in seconds."""
    groups = [
        {**dict(zip(result.columns, group.names, strict=True)), **_sums(group)}
        for group in result.groups
    ]
    return {
        "schema": SCHEMA,
        "folder": shown(result.folder),
        "grouped_by": list(result.columns),
        "total": _sums(result.total),
        "groups": groups,
        "failed": [
            {"recording": shown(name), "error": shown(why)} for name, why in result.failures
        ],
    }


def _sums(group: BatchGroup) -> dict[str, Any]:
    return {
        "recordings": group.recordings,
        "done": group.done,
        "failed": group.failed,
        "not_done": group.not_done,
        "duration_s": group.duration_us / MICROSECONDS,
        "seconds": {str(state): us / MICROSECONDS for state, us in group.spent_us.items()},
        "holds": group.holds,
        "complete_holds": group.complete_holds,
        "longest_hold_s": group.longest_hold_s,
    }


HEADINGS: Final = (
    *("done", "valid s", "wrong s", "unseen s", "valid %"),
    *("full holds", "longest s"),
)
"""Titles of the cells of `cells`."""


def cells(group: BatchGroup) -> list[str]:
    """Return the sums of a group as text, one for each of `HEADINGS`."""
    spent = [group.spent_us[state] / MICROSECONDS for state in State]
    return [
        f"{group.done} of {group.recordings}",
        *(f"{seconds:.1f}" for seconds in spent),
        percent(group.spent_us[State.VALID], group.duration_us) if group.duration_us else "-",
        f"{group.complete_holds} of {group.holds}",
        tenths(group.longest_hold_s) if group.longest_hold_s else "-",
    ]


def lead(result: BatchResult) -> str:
    """Return the result in one sentence."""
    total = result.total
    parts = [f"{total.done} done", f"{total.failed} failed"]
    if total.not_done:
        parts.append(f"{total.not_done} not done")
    return f"{total.recordings} recordings: {', '.join(parts)}"


def as_text(result: BatchResult) -> str:
    """Return the result as text that ends in a newline."""
    return laid_out(_parts(result)).lstrip("\n")


def _parts(result: BatchResult) -> Iterator[RenderableType]:
    from rich.text import Text  # noqa: PLC0415 - only for the terminal

    yield Text(f"{shown(result.folder)}: {lead(result)}", "bold", no_wrap=True)
    rows = table("", *result.columns, *HEADINGS, words=len(result.columns))
    for group in result.groups[:MOST_LISTED]:
        rows.add_row(*(Text(shown(name) or "-") for name in group.names), *cells(group))
    if len(result.groups) > 1:
        empty = [""] * (len(result.columns) - 1)
        rows.add_row("all", *empty, *cells(result.total))
    yield rows
    if len(result.groups) > MOST_LISTED:
        yield Text(f"the first {MOST_LISTED} of {len(result.groups)}; {TABLE} holds all")
    for name, why in result.failures[:MOST_SHOWN]:
        yield Text(f"! {shown(name)}: {shown(why)}", "yellow", no_wrap=True)
    yield Text("\nThis is no diagnosis.", "dim")
