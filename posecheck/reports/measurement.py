"""Report of measured quantities: text, JSON (schema ``posecheck.measure/1``), CSV and curves.

The image of curves has one lane for each quantity, left blue and right amber.

Lines are thin and dim where not every landmark counts as visible. The parts that are summed up,
such as holds, are lighter.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rich.text import Text

from posecheck import display
from posecheck.display import Rect
from posecheck.errors import shown
from posecheck.measure import accuracy
from posecheck.measure.quantities import Unit
from posecheck.pipeline.measuring import QUANTILES, seconds_of, spread
from posecheck.replay.edit.tracks import CODE, SHORTEST_S, Axis, runs, thinned, tick_text
from posecheck.reports import text
from posecheck.system.opencv import cv2
from posecheck.types import Side, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from rich.console import RenderableType

    from posecheck.annotations import Span
    from posecheck.measure.columns import Column, Measured
    from posecheck.pipeline.measuring import ValueSpread

    Image = NDArray[np.uint8]
    Floats = NDArray[np.float64]


SCHEMA: Final = "posecheck.measure/1"

_HEADS: Final = tuple(f"{100 * quantile:.0f} %" for quantile in QUANTILES)


@dataclass(frozen=True, slots=True, eq=False)
class MeasureReport:
    """Content of the report.

    Attributes:
        source: name of the video or session.
        exercise: name of the exercise of the holds; None without one.
        measured: all frames.
        parts: the parts over which the values are summed up.
        by_second: whether every second of a part is summed up, too.
        warnings: problems found, one sentence each.
    """

    source: str
    exercise: str | None
    measured: Measured
    parts: tuple[Span, ...]
    by_second: bool = False
    warnings: tuple[str, ...] = ()

    def spreads(self, part: Span) -> Iterator[tuple[Column, Span, ValueSpread]]:
        """Yield the spreads of one part: each column over all of it, then second by second."""
        pieces = [part, *seconds_of(part)] if self.by_second else [part]
        within = [
            (piece, self.measured.during(piece.start_s, piece.end_s).columns) for piece in pieces
        ]
        for number in range(len(self.measured.columns)):
            for piece, columns in within:
                yield columns[number], piece, spread(columns[number])


def as_text(report: MeasureReport) -> str:
    """Return the quantiles as tables; coloured if the terminal shows colours."""
    judged = "" if report.exercise is None else f", holds of {report.exercise}"
    parts: list[RenderableType] = [
        Text.assemble("\n", (shown(report.source), "bold"), judged),
    ]
    parts += [_table(report, part) for part in report.parts]
    parts += map(text.warned, report.warnings)
    parts.append(Text(f"\nThe model's readings, not the truth. {accuracy.CAVEAT}", "dim"))
    return text.laid_out(parts)


def _table(report: MeasureReport, part: Span) -> RenderableType:
    title = f"{part.what}, {part.start_s:.1f} to {part.end_s:.1f} s"
    when = ("when s",) if report.by_second else ()
    table = text.table(title, "quantity", "of", *when, *_HEADS, "seen %", "±")
    for column, piece, values in report.spreads(part):
        whole = piece == part
        unit = column.quantity.unit
        table.add_row(
            column.name if whole else "",
            _owner(column) if whole else "",
            *(("" if whole else f"{piece.start_s:.1f}",) if report.by_second else ()),
            *(text.in_unit(value, unit) for value in values.quantiles),
            f"{100 * values.seen:.0f}",
            accuracy.off_text(column.name, unit, values.median) if whole else "",
        )
    return table


def _owner(column: Column) -> str:
    return "-" if column.side is None else str(column.side)


def as_json(report: MeasureReport) -> dict[str, Any]:
    """Return the quantiles in JSON types; times in seconds, values in their unit."""
    return {
        "schema": SCHEMA,
        "source": shown(report.source),
        "exercise": report.exercise,
        "pictures": len(report.measured.t_s),
        "parts": [
            {
                "part": part.what,
                "start_s": part.start_s,
                "end_s": part.end_s,
                "quantities": [_cell(*row, part) for row in report.spreads(part)],
            }
            for part in report.parts
        ],
        "accuracy": accuracy.as_dict(column.name for column in report.measured.columns),
        "warnings": list(report.warnings),
    }


def _cell(column: Column, piece: Span, values: ValueSpread, part: Span) -> dict[str, Any]:
    when = {} if piece == part else {"start_s": piece.start_s, "end_s": piece.end_s}
    names = (f"q{100 * quantile:02.0f}" for quantile in QUANTILES)
    return {
        "quantity": column.name,
        "side": column.side,
        "unit": column.quantity.unit,
        **when,
        "pictures": values.pictures,
        "seen": values.seen,
        **dict(zip(names, values.quantiles, strict=True)),
    }


def as_csv(measured: Measured) -> str:
    """Return a line for every frame: ``t_s`` and a column for every quantity and side.

    Degrees have two decimals, ratios four, seconds six; a missing value is an empty field.
    """
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(["t_s", *(column.heading for column in measured.columns)])
    digits = [2 if column.quantity.unit is Unit.DEG else 4 for column in measured.columns]
    values = [column.values.tolist() for column in measured.columns]
    for row, t_s in enumerate(measured.t_s.tolist()):
        cells = (
            "" if math.isnan(column[row]) else f"{column[row]:.{places}f}"
            for column, places in zip(values, digits, strict=True)
        )
        writer.writerow([f"{t_s:.6f}", *cells])
    return lines.getvalue()


WIDTH_PX: Final = 1280
LANE_PX: Final = 88
_LEFT_PX, _RIGHT_PX, _TOP_PX, _FOOT_PX, _GAP_PX = 330, 40, 52, 36, 6
_BACK: Final = (36, 36, 36)
_PART: Final = (62, 62, 62)
_COLOURS: Final = {Side.LEFT: display.BLUE, Side.RIGHT: display.ORANGE, None: display.WHITE}
_LEAST_SPREAD: Final = {Unit.DEG: 10.0, Unit.RATIO: 0.1}
"""Smallest range of a lane, so that trembling does not look like movement."""

_MAX_GAP_S: Final = 0.5
"""Longest time without a frame, in seconds, over which a line is drawn."""

_UNSEEN_SHARE: Final = 0.6
"""Brightness of a line where a landmark is not visible."""

_SHIFT: Final = 3


def draw(title: str, measured: Measured, parts: Sequence[Span]) -> Image:
    """Return the curves as an image (height, `WIDTH_PX`, 3)."""
    names = tuple(dict.fromkeys(column.name for column in measured.columns))
    height = _TOP_PX + len(names) * LANE_PX + _FOOT_PX
    image = np.full((height, WIDTH_PX, 3), display.DARK[0], np.uint8)
    first_s, last_s = float(measured.t_s[0]), float(measured.t_s[-1])
    width = WIDTH_PX - _LEFT_PX - _RIGHT_PX
    axis = Axis(first_s, max(last_s, first_s + SHORTEST_S), _LEFT_PX, width)
    _draw_head(image, title)
    for number, name in enumerate(names):
        box = Rect(_LEFT_PX, _TOP_PX + number * LANE_PX, width, LANE_PX - _GAP_PX)
        columns = [column for column in measured.columns if column.name == name]
        _draw_lane(image, axis, box, columns, (measured.t_s, parts))
    step_s, ticks_s = axis.ticks(90)
    for t_s in ticks_s:
        said = tick_text(t_s, step_s)
        x = axis.x(t_s)
        display.draw_line(image, (x, height - _FOOT_PX), (x, height - _FOOT_PX + 5), display.DIM, 1)
        middle = x - display.text_width(said, 14, display.REGULAR) / 2
        display.put_text(image, said, middle, height - 16, 14, display.PALE, display.REGULAR)
    return image


def png(image: Image) -> bytes:
    """Return an image as the content of a PNG file."""
    good, content = cv2.imencode(".png", image)
    assert good  # noqa: S101 - an 8-bit image of three channels can be encoded
    return content.tobytes()


def _draw_head(image: Image, title: str) -> None:
    display.put_text(image, title, 16, _TOP_PX / 2, 20)
    x = float(WIDTH_PX - _RIGHT_PX)
    for side, said in ((None, "no side"), (Side.RIGHT, "right"), (Side.LEFT, "left")):
        x -= display.text_width(said, 16) + 24
        display.put_text(image, said, x, _TOP_PX / 2, 16, _COLOURS[side])


def _draw_lane(
    image: Image,
    axis: Axis,
    box: Rect,
    columns: Sequence[Column],
    when: tuple[Floats, Sequence[Span]],
) -> None:
    t_s, parts = when
    cv2.rectangle(image, box, _BACK, cv2.FILLED)
    for part in parts:
        left = round(max(axis.x(part.start_s), box.x))
        right = round(min(axis.x(part.end_s), box.x + box.width))
        if right > left:
            cv2.rectangle(image, Rect(left, box.y, right - left, box.height), _PART, cv2.FILLED)
    low, high = _range(columns)
    unit = columns[0].quantity.unit
    form = "{:.0f}°" if unit is Unit.DEG else "{:.2f}"
    display.put_text(image, columns[0].name, 16, box.y + box.height / 2, 17)
    for value, y in ((high, box.y + 10), (low, box.y + box.height - 10)):
        said = form.format(value)
        x = box.x - 8 - display.text_width(said, 13, display.REGULAR)
        display.put_text(image, said, x, y, 13, display.PALE, display.REGULAR)
    for column in columns:
        _draw_curve(image, axis, box, column, (t_s, low, high))


def _range(columns: Sequence[Column]) -> tuple[float, float]:
    """Return the range of a lane: nearly all values, and not less than `_LEAST_SPREAD`."""
    values = np.concatenate([column.values for column in columns])
    values = values[np.isfinite(values)]
    if values.size == 0:
        return 0.0, _LEAST_SPREAD[columns[0].quantity.unit]
    low, high = (float(edge) for edge in np.percentile(values, (1, 99)))
    more = max(0.0, _LEAST_SPREAD[columns[0].quantity.unit] - (high - low)) / 2
    return low - more, high + more


def _draw_curve(
    image: Image, axis: Axis, box: Rect, column: Column, scale: tuple[Floats, float, float]
) -> None:
    t_s, low, high = scale
    values, codes = column.values, np.where(column.seen, CODE[State.VALID], CODE[State.UNSEEN])
    codes, gap_s = codes.astype(np.int8), _MAX_GAP_S
    if t_s.size > 3 * axis.width_px:
        t_s, values, codes = thinned(axis, t_s, values, codes)
        gap_s = max(gap_s, 2 * axis.span_s / axis.width_px)
    share = np.clip((values - low) / (high - low), 0, 1)
    y = box.y + 3 + (1 - share) * (box.height - 6)
    x = axis.left_px + (t_s - axis.from_s) / axis.span_s * axis.width_px
    points = np.stack([x, y], axis=1)
    for part, state in runs(t_s, values, codes, gap_s):
        seen = state is State.VALID
        colour = _COLOURS[column.side] if seen else _dimmed(_COLOURS[column.side])
        line = np.rint(points[part] * (1 << _SHIFT)).astype(np.int32)
        thickness = 2 if seen else 1
        cv2.polylines(image, [line], False, colour, thickness, cv2.LINE_AA, _SHIFT)  # noqa: FBT003


def _dimmed(colour: display.Colour) -> display.Colour:
    blue, green, red = colour
    return round(blue * _UNSEEN_SHARE), round(green * _UNSEEN_SHARE), round(red * _UNSEEN_SHARE)
