"""The recordings of a batch: files, folders and tables in, a list in a fixed order out.

A table is a CSV file with a header line. ``path`` names the recording, relative to the table's
folder; ``exercise`` and ``side`` replace the options of the command for this row if they are not
empty; all other columns are carried along into the result as text.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from posecheck.errors import PoseCheckError, shown
from posecheck.form.judge import SIDE_NAMES
from posecheck.sources import RECORDING_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TABLE_SUFFIX: Final = ".csv"

SESSION_SUFFIXES: Final = (".posecheck.jsonl",)
"""Endings of the files that are looked for in a folder of sessions."""

_OWN: Final = ("path", "exercise", "side")
_SEPARATORS: Final = ",;\t"


class BatchError(PoseCheckError):
    """Raised when the recordings, the table or the cluster of a batch cannot be used."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording to work on.

    Attributes:
        name: its name in the results: the folder that was named and the path below it, with
            forward slashes; unique for each path of a run.
        path: the file, absolute.
        exercise: name or file of the exercise; empty takes the command's.
        side: the stretched side; empty takes the command's.
        columns: further columns of its table, as (column, text).
    """

    name: str
    path: Path
    exercise: str = ""
    side: str = ""
    columns: tuple[tuple[str, str], ...] = ()


def find(
    where: Sequence[Path], endings: tuple[str, ...] = RECORDING_SUFFIXES, skip: Path | None = None
) -> list[Recording]:
    """Return the recordings of files, folders and tables, each once.

    Args:
        where: files, folders (with all folders below them, without hidden ones) and tables.
        endings: endings of the files that are taken from folders, in small letters.
        skip: a folder that is not looked into: the one of the results.

    Raises:
        BatchError: if one of them is missing, holds no recording, or is a faulty table.
    """
    found: dict[tuple[Path, str, str], Recording] = {}
    names: dict[str, int] = {}
    own: dict[Path, str] = {}
    for one in where:
        for recording in _of(one, endings, skip):
            key = (recording.path, recording.exercise, recording.side)
            if key in found:
                continue
            if recording.path not in own:
                own[recording.path] = _unique(recording.name, names)
            found[key] = Recording(
                own[recording.path],
                recording.path,
                recording.exercise,
                recording.side,
                recording.columns,
            )
    return list(found.values())


def _unique(name: str, names: dict[str, int]) -> str:
    names[name] = count = names.get(name, 0) + 1
    if count == 1:
        return name
    stem, dot, ending = name.partition(".")
    return _unique(f"{stem} ({count}){dot}{ending}", names)


def _of(one: Path, endings: tuple[str, ...], skip: Path | None) -> Iterator[Recording]:
    path = _absolute(one)
    if path.is_dir():
        files = list(_below(path, endings, skip))
        if not files:
            more = " ..." if len(endings) > 3 else ""  # noqa: PLR2004
            message = f"{shown(one)}: holds no file that ends in {', '.join(endings[:3])}{more}"
            if endings != SESSION_SUFFIXES and any(_below(path, SESSION_SUFFIXES, skip)):
                message += "; it holds sessions, which --judge judges again"
            raise BatchError(message)
        for file in files:
            yield Recording(f"{path.name}/{file.relative_to(path).as_posix()}".lstrip("/"), file)
    elif not path.exists():
        message = f"{shown(one)}: there is no such file or folder; check the name"
        raise BatchError(message)
    elif path.suffix.lower() == TABLE_SUFFIX:
        yield from _table(one)
    else:
        yield Recording(path.name, path)


def _below(folder: Path, endings: tuple[str, ...], skip: Path | None) -> Iterator[Path]:
    """Yield the files below a folder in the order of their names, hidden ones left out."""

    def refuse(error: OSError) -> None:
        message = f"{shown(str(error.filename))}: cannot be read: {error.strerror}"
        raise BatchError(message) from error

    for place, folders, files in os.walk(folder, onerror=refuse):
        here = Path(place)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and here / f != skip)
        for file in sorted(files):
            if file.lower().endswith(endings) and not file.startswith("."):
                yield here / file


def _absolute(path: Path) -> Path:
    try:
        return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - links stay as named
    except (ValueError, RuntimeError) as error:
        message = f"{shown(path)}: cannot be used: {error}"
        raise BatchError(message) from error


def _table(table: Path) -> Iterator[Recording]:
    """Yield the recordings of a table."""
    try:
        text = table.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or "it is not UTF-8 text"
        message = f"{shown(table)}: cannot be read: {cause}"
        raise BatchError(message) from error
    head = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        columns = [column.strip() for column in next(rows, [])]
        _check_columns(table, columns)
        some = False
        for row in rows:
            if any(cell.strip() for cell in row):
                some = True
                yield _row(table, rows.line_num, columns, row)
    except csv.Error as error:
        message = f"{shown(table)}: line {rows.line_num}: {error}"
        raise BatchError(message) from error
    if not some:
        message = f"{shown(table)}: names no recording below its header line"
        raise BatchError(message)


def _check_columns(table: Path, columns: Sequence[str]) -> None:
    if "path" not in columns:
        message = (
            f"{shown(table)}: has no column 'path'; its first line names the columns, "
            "such as path,exercise,side,subject"
        )
        raise BatchError(message)
    twice = next((c for c in columns if columns.count(c) > 1), None)
    if twice is not None:
        message = f"{shown(table)}: has the column {shown(twice)!r} twice; rename one"
        raise BatchError(message)


def _row(table: Path, line: int, columns: Sequence[str], row: Sequence[str]) -> Recording:
    if len(row) > len(columns):
        message = (
            f"{shown(table)}: line {line}: has {len(row)} cells for {len(columns)} columns; "
            'put cells with a separator in them between "'
        )
        raise BatchError(message)
    cells = dict(zip(columns, [cell.strip() for cell in row], strict=False))
    named, side = cells["path"], cells.get("side", "")
    if not named:
        message = f"{shown(table)}: line {line}: names no recording in the column 'path'"
        raise BatchError(message)
    if side and side not in SIDE_NAMES:
        message = (
            f"{shown(table)}: line {line}: unknown side {shown(side)!r}: choose one of "
            f"{', '.join(SIDE_NAMES)}"
        )
        raise BatchError(message)
    beside = table.absolute().parent
    exercise = cells.get("exercise", "")
    if exercise and (own := _absolute(beside / exercise)).is_file():
        exercise = str(own)
    return Recording(
        _name_of(named),
        _absolute(beside / Path(named).expanduser()),
        exercise,
        side,
        tuple((c, cells.get(c, "")) for c in columns if c and c not in _OWN),
    )


def _name_of(path: str) -> str:
    """Return a path as a name below the folder of the results."""
    parts: Iterable[str] = PurePath(path).parts
    anchor = PurePath(path).anchor
    return "/".join(part for part in parts if part not in {anchor, "..", ".", "~"}) or "recording"
