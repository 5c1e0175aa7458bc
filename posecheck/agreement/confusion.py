"""Seconds that two raters sorted, and how well they agree.

Cohen's kappa (J. Cohen, "A coefficient of agreement for nominal scales", Educational and
Psychological Measurement 20, 1960) is agreement beyond chance: 1 is full agreement, 0 what
two raters reach who sort the same shares of time at random, below 0 less than that. It is
taken over time: every microsecond is sorted by both. Neighbouring moments are not
independent, so no confidence interval and no test follows from it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    Cell: TypeAlias = tuple[State, State]

STATES: Final = tuple(State)


@dataclass(frozen=True, slots=True)
class Confusion:
    """Whole microseconds by what the first rater says and what the second one says.

    Attributes:
        cells: (first, second) -> microseconds; a missing cell is 0.
    """

    cells: Mapping[Cell, int] = field(default_factory=dict)

    def __add__(self, other: Confusion) -> Confusion:
        """Return both together."""
        keys = {**self.cells, **other.cells}
        return Confusion({key: self.us(*key) + other.us(*key) for key in keys})

    def us(self, first: State, second: State) -> int:
        """Return the microseconds of one cell."""
        return self.cells.get((first, second), 0)

    @property
    def total_us(self) -> int:
        """All time that both sorted."""
        return sum(self.cells.values())

    @property
    def agreed_us(self) -> int:
        """Time of which both say the same."""
        return sum(self.us(state, state) for state in STATES)

    @property
    def false_valid_us(self) -> int:
        """Time that the second calls valid and the first does not."""
        return sum(self.us(state, State.VALID) for state in STATES if state is not State.VALID)

    @property
    def missed_valid_us(self) -> int:
        """Time that the first calls valid and the second does not."""
        return sum(self.us(State.VALID, state) for state in STATES if state is not State.VALID)

    @property
    def share(self) -> float:
        """Share of the time of which both say the same, 0 to 1; NaN without any time."""
        return self.agreed_us / self.total_us if self.total_us else math.nan

    @property
    def kappa(self) -> float:
        """Cohen's kappa; NaN without any time, or if both know only one and the same word."""
        total = self.total_us
        first = [sum(self.us(a, b) for b in STATES) for a in STATES]
        second = [sum(self.us(a, b) for a in STATES) for b in STATES]
        # In whole numbers, so that full agreement is exactly 1.
        by_chance = sum(a * b for a, b in zip(first, second, strict=True))
        if total * total == by_chance:
            return math.nan
        return (self.agreed_us * total - by_chance) / (total * total - by_chance)
