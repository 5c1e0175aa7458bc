"""Sessions in the formats of other programs: CSV, Parquet, JSON, and OpenSim's TRC and MOT.

Each format takes a `FrameTable` and gives bytes. The unit is at the end of each column's name.

TRC and MOT follow OpenSim's conventions: metres and degrees, a right-handed frame of reference with
y up. Here x points to the right of the image, y up along the image and z toward the camera; the
origin is the middle of the hips in every frame. So a marker file shows how the body is bent, not
where it is in the room, and "up" is the camera's, not gravity's. The pose model estimates the
depth; nothing is calibrated.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import orjson

from posecheck.errors import InstallationError
from posecheck.landmarks import LANDMARKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from posecheck.session.frames import FrameColumn, FrameTable

SCHEMA: Final = "posecheck.export/1"

REFERENCE: Final = (
    "x to the right of the image, y up along the image, z toward the camera (right-handed), "
    "origin in the middle of the hips of each frame"
)
"""Frame of reference of the markers in a TRC file."""

_KEPT_DIGITS: Final = 9
"""Significant digits of a number in a text; a 32-bit landmark keeps its value."""


class Format(Protocol):
    """A format turns a table into the content of a file."""

    def __call__(self, table: FrameTable, name: str, /) -> bytes:
        """Return the content; ``name`` is that of the file."""
        ...


def as_csv(table: FrameTable, _: str = "") -> bytes:
    """Return the table as CSV in UTF-8: a header line, points for decimals, empty if missing."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([column.name for column in table.columns])
    rows.writerows(
        zip(*([_cell(v) for v in c.values.tolist()] for c in table.columns), strict=True)
    )
    return text.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float, missing: str = "") -> str:
    return missing if np.isnan(value) else f"{value:.{_KEPT_DIGITS}g}"


def as_parquet(table: FrameTable, _: str = "") -> bytes:
    """Return the table as Parquet; missing is null.

    Raises:
        InstallationError: without pyarrow.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        message = f'Parquet needs pyarrow ({error}): pip install "posecheck[tables]"'
        raise InstallationError(message) from error
    types = {"number": pa.float64(), "text": pa.string(), "flag": pa.bool_(), "count": pa.int64()}
    columns = [pa.array(c.values, types[c.kind], from_pandas=True) for c in table.columns]
    sink = pa.BufferOutputStream()
    names = [column.name for column in table.columns]
    parquet.write_table(pa.Table.from_arrays(columns, names), sink)
    return bytes(sink.getvalue())


def as_json(table: FrameTable, name: str) -> bytes:
    """Return one JSON object, schema ``posecheck.export/1``: a list of values for each column."""
    content = {
        "schema": SCHEMA,
        "session": name,
        "frames": int(table.t_s.size),
        "rate_hz": table.rate_hz,
        "columns": {column.name: column.values.tolist() for column in table.columns},
    }
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def as_trc(table: FrameTable, name: str) -> bytes:
    """Return the body landmarks as markers in metres, y up; a marker that is missing is empty."""
    rate, count = _rate(table), table.t_s.size
    facts = {
        "DataRate": rate,
        "CameraRate": rate,
        "NumFrames": str(count),
        "NumMarkers": str(len(LANDMARKS)),
        "Units": "m",
        "OrigDataRate": rate,
        "OrigDataStartFrame": "1",
        "OrigNumFrames": str(count),
    }
    heads = ["Frame#", "Time", *(part for mark in LANDMARKS for part in (mark, "", ""))]
    axes = ["", "", *(f"{a}{n}" for n in range(1, len(LANDMARKS) + 1) for a in "XYZ")]
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{name}",
        "\t".join(facts),
        "\t".join(facts.values()),
        "\t".join(heads),
        "\t".join(axes),
        "",
    ]
    # A half turn about x: from y down and z away to y up and z toward the camera.
    signs = {"x": 1.0, "y": -1.0, "z": -1.0}
    marks = [signs[a] * table.column(f"{m}_{a}_m").values for m in LANDMARKS for a in signs]
    for number, (t_s, *values) in enumerate(zip(table.t_s, *marks, strict=True), start=1):
        # The tab at the end: OpenSim drops one empty cell there, of a marker that is missing.
        lines.append("\t".join([str(number), f"{t_s:.6f}", *map(_number, values), ""]))
    return ("\n".join(lines) + "\n").encode()


def as_mot(table: FrameTable, name: str) -> bytes:
    """Return the measured angles in degrees; an angle that is missing is nan."""
    angles = [column for column in table.columns if _is_angle(column)]
    lines = [
        name,
        "version=1",
        f"nRows={table.t_s.size}",
        f"nColumns={len(angles) + 1}",
        "inDegrees=yes",
        f"rate_hz={_rate(table)}",
        "endheader",
        "\t".join(["time", *(column.name for column in angles)]),
    ]
    for t_s, *values in zip(table.t_s, *(column.values for column in angles), strict=True):
        lines.append("\t".join([f"{t_s:.6f}", *(_number(value, "nan") for value in values)]))
    return ("\n".join(lines) + "\n").encode()


def _is_angle(column: FrameColumn) -> bool:
    named = column.name.endswith("_deg") and not column.name.startswith("rule_")
    return named and column.kind == "number"


def _rate(table: FrameTable) -> str:
    """Return frames per second: of the regular steps, or the mean of those that were recorded."""
    if table.rate_hz is not None:
        return f"{table.rate_hz:g}"
    t_s: NDArray[Any] = table.t_s
    elapsed_s = float(t_s[-1] - t_s[0])
    return f"{(t_s.size - 1) / elapsed_s:.6g}" if elapsed_s > 0 else "1"


FORMATS: Final[dict[str, Format]] = {
    "csv": as_csv,
    "parquet": as_parquet,
    "trc": as_trc,
    "mot": as_mot,
    "json": as_json,
}
"""Formats by their names, which are also the endings of their files."""
