"""The tables of a batch: recordings and holds, as Parquet and CSV, written row by row.

A row comes from a result file, one at a time, so a million recordings take no more memory than ten.
"""

from __future__ import annotations

import csv
import io
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, Final

from posecheck.batch import store
from posecheck.errors import InstallationError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from posecheck.batch.recordings import Recording
    from posecheck.batch.run import BatchOutcome
    from posecheck.batch.store import Job

RECORDING_COLUMNS: Final[dict[str, str]] = {
    "recording": "string",
    "path": "string",
    "status": "string",
    "error": "string",
    "exercise": "string",
    "exercise_fits": "bool",
    "side_asked": "string",
    "session": "string",
    "frames": "int64",
    "duration_s": "float64",
    "valid_s": "float64",
    "wrong_s": "float64",
    "unseen_s": "float64",
    "recorded_valid_s": "float64",
    "holds": "int64",
    "complete_holds": "int64",
    "held_s": "float64",
    "longest_hold_s": "float64",
    "main_fault": "string",
    "main_fault_s": "float64",
    "main_cue": "string",
    "warnings": "string",
    "posecheck": "string",
    "estimator": "string",
    "numpy": "string",
    "machine": "string",
    "model": "string",
    "model_sha256": "string",
    "content_sha256": "string",
    "size_bytes": "int64",
    "made": "string",
    "work_s": "float64",
}
"""Column -> kind of the recordings' table; an empty cell is null. Seconds end in ``_s``."""

HOLD_COLUMNS: Final[dict[str, str]] = {
    "recording": "string",
    "path": "string",
    "exercise": "string",
    "hold": "int64",
    "side": "string",
    "side_known": "string",
    "start_s": "float64",
    "end_s": "float64",
    "held_s": "float64",
    "target_s": "float64",
    "complete": "bool",
}
"""Column -> kind of the holds' table; ``hold`` counts from 1 within a recording."""

TABLES: Final = ("recordings", "holds")

_ROWS_TOGETHER: Final = 5000
"""Rows of one row group of a Parquet file."""


def write(
    out: Path, recordings: Sequence[Recording], jobs: Sequence[Job], outcome: BatchOutcome
) -> tuple[dict[str, Path], dict[str, float]]:
    """Write both tables in both formats, each at once and whole.

    Args:
        out: folder of the results.
        recordings: the recordings, in the order of the rows.
        jobs: the job of each.
        outcome: the outcome, by the number of the recording.

    Returns:
        The files by their names; the sums of some columns over all recordings.

    Raises:
        InstallationError: without pyarrow.
        OutputError: if a file cannot be written.
    """
    carried = carried_columns(recordings)
    columns = {
        "recordings": {**RECORDING_COLUMNS, **dict.fromkeys(carried.values(), "string")},
        "holds": {**HOLD_COLUMNS, **dict.fromkeys(carried.values(), "string")},
    }
    files = {f"{table}{end}": out / f"{table}{end}" for table in TABLES for end in _ENDINGS}
    sums = dict.fromkeys(
        ("valid_s", "wrong_s", "unseen_s", "duration_s", "holds", "complete_holds"), 0.0
    )
    with ExitStack() as stack:
        writers: dict[str, list[CsvTable | ParquetTable]] = {
            table: [
                made(stack.enter_context(store.replacing(files[f"{table}{end}"])), columns[table])
                for end, made in _ENDINGS.items()
            ]
            for table in TABLES
        }
        for row, holds in _rows(out, recordings, jobs, outcome, carried):
            for key in sums:
                sums[key] += row.get(key) or 0
            for table, rows in (("recordings", [row]), ("holds", holds)):
                for writer in writers[table]:
                    for one in rows:
                        writer.add(one)
        for some in writers.values():
            for writer in some:
                writer.finish()
    return files, sums


def carried_columns(recordings: Sequence[Recording]) -> dict[str, str]:
    """Return column of a table of recordings -> its name in the results."""
    taken = {*RECORDING_COLUMNS, *HOLD_COLUMNS}
    found: dict[str, str] = {}
    for recording in recordings:
        for column, _ in recording.columns:
            if column not in found:
                named = column
                while named in taken:
                    named = f"table_{named}"
                taken.add(named)
                found[column] = named
    return found


def _rows(
    out: Path,
    recordings: Sequence[Recording],
    jobs: Sequence[Job],
    outcome: BatchOutcome,
    carried: Mapping[str, str],
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield the row of each recording and the rows of its holds."""
    for number, recording in enumerate(recordings):
        same = {
            "recording": shown(recording.name),
            "path": shown(recording.path),
            **{carried[column]: text for column, text in recording.columns},
        }
        key = outcome.keys.get(number)
        result = None if key is None else store.read_result(out, key)
        if result is not None:
            row = {**result["row"], **same, "status": "done"}
            holds = [{**hold, **same, "exercise": row["exercise"]} for hold in result["holds"]]
            yield row, holds
        else:
            why = outcome.failed.get(number)
            status = "not done" if why is None else "failed"
            error = None if why is None else shown(why)
            yield {**_asked(jobs[number]), **same, "status": status, "error": error}, []


def _asked(job: Job) -> dict[str, Any]:
    """Return the columns that are known without a result."""
    exercise = job.exercise if isinstance(job.exercise, str) else job.exercise["name"]
    return {
        "exercise": exercise,
        "side_asked": job.side,
        "posecheck": job.posecheck,
        "model": job.model or None,
        "model_sha256": job.model_sha256 or None,
    }


class CsvTable:
    """A CSV file, written row by row; cells that are null are empty."""

    def __init__(self, file: IO[bytes], columns: Mapping[str, str]) -> None:
        """Write the header line."""
        self._text = io.TextIOWrapper(file, "utf-8", newline="", errors="replace")
        self._rows = csv.DictWriter(self._text, list(columns), restval="", lineterminator="\n")
        self._rows.writeheader()

    def add(self, row: Mapping[str, Any]) -> None:
        """Write a row."""
        self._rows.writerow({name: _cell(value) for name, value in row.items()})

    def finish(self) -> None:
        """Hand over everything; the file stays open."""
        self._text.flush()
        self._text.detach()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else value


class ParquetTable:
    """A Parquet file, written in row groups."""

    def __init__(self, file: IO[bytes], columns: Mapping[str, str]) -> None:
        """Write the schema.

        Raises:
            InstallationError: without pyarrow.
        """
        self._arrow = arrow()
        types = {"string": "string", "bool": "bool_", "int64": "int64", "float64": "float64"}
        fields = [(name, getattr(self._arrow, types[kind])()) for name, kind in columns.items()]
        self._schema = self._arrow.schema(fields)
        from pyarrow import parquet  # noqa: PLC0415 - an extra

        self._writer: Any = parquet.ParquetWriter(file, self._schema)
        self._rows: list[Mapping[str, Any]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """Take in a row."""
        self._rows.append(row)
        if len(self._rows) >= _ROWS_TOGETHER:
            self._flush()

    def finish(self) -> None:
        """Write what is left; the file stays open."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        self._writer.write_table(self._arrow.Table.from_pylist(rows, schema=self._schema))


_ENDINGS: Final[dict[str, type[CsvTable | ParquetTable]]] = {
    ".parquet": ParquetTable,
    ".csv": CsvTable,
}


def arrow() -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return pyarrow.

    Raises:
        InstallationError: if it is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = f'Parquet needs pyarrow ({error}): pip install "posecheck[batch]"'
        raise InstallationError(message) from error
    return pa
