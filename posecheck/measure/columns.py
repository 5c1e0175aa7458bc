"""Quantities over time: observations in, a column for each quantity and side out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.errors import PoseCheckError
from posecheck.landmarks import INDEX
from posecheck.measure.body import PoseArrays
from posecheck.measure.quantities import QUANTITIES, Quantity
from posecheck.types import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from posecheck.types import Observation

    Floats = NDArray[np.float64]


LEAST_VISIBILITY: Final = 0.5
"""Visibility of a landmark below which its quantities count as not seen; the default of rules."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One quantity, of one side if it has sides, over N frames.

    Attributes:
        name: the quantity's name.
        quantity: the quantity measured.
        side: side of the body; None if the quantity is of the trunk or of both legs.
        values: (N,) in the quantity's unit; NaN where it is not defined.
        seen: (N,) whether the model takes every landmark of it for visible.
    """

    name: str
    quantity: Quantity
    side: Side | None
    values: Floats
    seen: NDArray[np.bool_]

    @property
    def heading(self) -> str:
        """Name for a table's head, with side and unit: ``trunk_thigh_left_deg``."""
        parts = [self.name.replace("-", "_"), self.side, self.quantity.unit]
        return "_".join(str(part) for part in parts if part is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Measured columns over N frames.

    Attributes:
        t_s: (N,) seconds since the source began.
        columns: in the order of `QUANTITIES`, left before right.
    """

    t_s: Floats
    columns: tuple[Column, ...]

    def during(self, start_s: float, end_s: float) -> Measured:
        """Return the frames from one time to another, both included."""
        rows = (self.t_s >= start_s) & (self.t_s <= end_s)
        columns = (
            replace(column, values=column.values[rows], seen=column.seen[rows])
            for column in self.columns
        )
        return Measured(self.t_s[rows], tuple(columns))


def sides_of(quantity: Quantity) -> tuple[Side | None, ...]:
    """Return left and right, or only None for a quantity of the trunk or of both legs."""
    of_leg = any(name.startswith(("side_", "other_")) for name in quantity.landmarks)
    return (Side.LEFT, Side.RIGHT) if of_leg else (None,)


def measure(observations: Sequence[Observation], names: Sequence[str] = ()) -> Measured:
    """Measure quantities in every frame.

    Args:
        observations: N frames, in the order of time.
        names: of the quantities; none means all.

    Raises:
        PoseCheckError: if a name is unknown.
    """
    unknown = [name for name in names if name not in QUANTITIES]
    if unknown:
        message = (
            f"unknown quantity {unknown[0]!r}; choose from: {', '.join(QUANTITIES)} "
            "(posecheck exercises --quantities explains them)"
        )
        raise PoseCheckError(message)
    body = PoseArrays.of(observations)
    return Measured(
        np.asarray(body.t_s, dtype=float),
        tuple(
            _column(body, name, side)
            for name in QUANTITIES
            if not names or name in names
            for side in sides_of(QUANTITIES[name])
        ),
    )


def _column(body: PoseArrays, name: str, side: Side | None) -> Column:
    quantity, of = QUANTITIES[name], side or Side.LEFT
    values = np.asarray(quantity.measure(body, of), dtype=float)
    visible = [body.visibility[:, INDEX[mark]] for mark in quantity.landmarks_of(of)]
    seen = np.isfinite(values)
    for one in visible:
        seen = seen & (one >= LEAST_VISIBILITY)  # NaN is not
    return Column(name, quantity, side, values, seen)
