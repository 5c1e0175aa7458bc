"""What was measured as text, JSON (schema ``posecheck.measure/1``) and CSV."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from posecheck import accuracy
from posecheck.errors import shown
from posecheck.measure.columns import QUANTILES, spread
from posecheck.quantities import Unit
from posecheck.reports import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from posecheck.measure.columns import Column, Measured, Part, Spread

SCHEMA: Final = "posecheck.measure/1"

_HEADS: Final = tuple(f"{100 * quantile:.0f} %" for quantile in QUANTILES)


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What is to be shown.

    Attributes:
        source: name of the video or session.
        exercise: name of the exercise whose holds are the parts; None without one.
        measured: all pictures.
        parts: over which the values are summed up.
        by_second: whether every second of a part is summed up, too.
        warnings: what was not as it should be, one sentence each.
    """

    source: str
    exercise: str | None
    measured: Measured
    parts: tuple[Part, ...]
    by_second: bool = False
    warnings: tuple[str, ...] = ()

    def spreads(self, part: Part) -> Iterator[tuple[Column, Part, Spread]]:
        """Yield what one part comes to: each column over all of it, then second by second."""
        pieces = [part, *part.seconds()] if self.by_second else [part]
        within = [(piece, self.measured.during(piece).columns) for piece in pieces]
        for number in range(len(self.measured.columns)):
            for piece, columns in within:
                yield columns[number], piece, spread(columns[number])


def as_text(report: Report) -> str:
    """Return the quantiles as tables; coloured if the terminal shows colours."""
    judged = "" if report.exercise is None else f", holds of {report.exercise}"
    parts: list[RenderableType] = [
        Text.assemble("\n", (shown(report.source), "bold"), judged),
    ]
    parts += [_table(report, part) for part in report.parts]
    parts += [Text(f"! {warning}", "yellow") for warning in report.warnings]
    parts.append(Text(f"\nThe model's readings, not the truth. {accuracy.CAVEAT}", "dim"))
    return text.laid_out(parts)


def _table(report: Report, part: Part) -> RenderableType:
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
            *(_value(value, unit) for value in values.quantiles),
            f"{100 * values.seen:.0f}",
            accuracy.off_text(column.name, unit, values.median) if whole else "",
        )
    return table


def _owner(column: Column) -> str:
    return "-" if column.side is None else str(column.side)


def _value(value: float, unit: Unit) -> str:
    if math.isnan(value):
        return "-"
    digits = 0 if unit is Unit.DEG else 2
    size = round(value, digits) + 0.0  # never -0
    return f"{size:.0f}°" if unit is Unit.DEG else f"{size:.2f}"


def as_json(report: Report) -> dict[str, Any]:
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


def _cell(column: Column, piece: Part, values: Spread, part: Part) -> dict[str, Any]:
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
    """Return a line for every picture: ``t_s`` and a column for every quantity and side.

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
