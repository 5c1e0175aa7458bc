"""Confusion of two raters in seconds, and their agreement.

Cohen's kappa (J. Cohen, "A coefficient of agreement for nominal scales", Educational and
Psychological Measurement 20, 1960) is agreement beyond chance: 1 is full agreement, 0 is what
two raters reach by chance if they give each state its share of time, below 0 is less than that.
It is computed over time: every microsecond has a state from each rater. Raw agreement, the share
of the time with the same state, is given beside it, as studies with therapists give it.

Neighbouring moments of one person are alike, so an interval is drawn over people and not over
moments: people are drawn with replacement, with all their time (the percentile bootstrap, B.
Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7, 1979). With
one person there is no interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.types import MICROSECONDS, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    from numpy.typing import NDArray

    Cell: TypeAlias = tuple[State, State]

STATES: Final = tuple(State)

THERAPISTS: Final = "Therapists among themselves: raw agreement 0.83"
"""Raw agreement of therapists (0.833) in a study of another exercise application (Kaia); between
that application and the therapists it was 0.828."""

_DRAWS: Final = 2000
_SEED: Final = 10
_TAILS_PERCENT: Final = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Confusion:
    """Whole microseconds by the states of the first and of the second rater.

    Attributes:
        cells: (first, second) -> microseconds; a missing cell is 0.
    """

    cells: Mapping[Cell, int] = field(default_factory=dict)

    def __add__(self, other: Confusion) -> Confusion:
        """Return the sum of both."""
        keys = {**self.cells, **other.cells}
        return Confusion({key: self.us(*key) + other.us(*key) for key in keys})

    def us(self, first: State, second: State) -> int:
        """Return the microseconds of one cell."""
        return self.cells.get((first, second), 0)

    @property
    def total_us(self) -> int:
        """All time that both labelled, in microseconds."""
        return sum(self.cells.values())

    @property
    def agreed_us(self) -> int:
        """Time with the same state from both."""
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
        """Share of the time with the same state from both, 0 to 1; NaN without any time."""
        return self.agreed_us / self.total_us if self.total_us else math.nan

    @property
    def kappa(self) -> float:
        """Cohen's kappa; NaN without any time, or if both give only one and the same state."""
        total = self.total_us
        first = [sum(self.us(a, b) for b in STATES) for a in STATES]
        second = [sum(self.us(a, b) for a in STATES) for b in STATES]
        # In whole numbers, so that full agreement is exactly 1.
        by_chance = sum(a * b for a, b in zip(first, second, strict=True))
        if total * total == by_chance:
            return math.nan
        return (self.agreed_us * total - by_chance) / (total * total - by_chance)


@dataclass(frozen=True, slots=True)
class Spread:
    """Spread of agreement over persons: 95 % intervals.

    Attributes:
        people: number of persons in the bootstrap.
        share: lower and upper end for raw agreement, 0 to 1.
        kappa: lower and upper end for Cohen's kappa; NaN if no draw has a value.
    """

    people: int
    share: tuple[float, float]
    kappa: tuple[float, float]


def spread(by_person: Iterable[Confusion]) -> Spread | None:
    """Return intervals over people; None if fewer than two have any time.

    Args:
        by_person: the time of each person, one confusion for each.
    """
    tables = np.array(
        [
            [[each.us(a, b) / MICROSECONDS for b in STATES] for a in STATES]
            for each in by_person
            if each.total_us
        ]
    )
    people = len(tables)
    if people < len((0, 1)):
        return None
    drawn = np.random.default_rng(_SEED).integers(people, size=(_DRAWS, people))
    sums = tables[drawn].sum(axis=1)
    sums /= sums.sum(axis=(1, 2), keepdims=True)
    share = np.trace(sums, axis1=1, axis2=2)
    by_chance = (sums.sum(axis=1) * sums.sum(axis=2)).sum(axis=1)
    beyond = 1 - by_chance
    there = beyond > 1e-12  # noqa: PLR2004 - otherwise both give only one state
    kappa = (share - by_chance)[there] / beyond[there]
    return Spread(people, _ends(share), _ends(kappa))


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    if not values.size:
        return math.nan, math.nan
    low, high = np.percentile(values, _TAILS_PERCENT).tolist()
    return low, high


def in_words(
    share: float, kappa: float, found: Spread | None, *, named: bool = True
) -> tuple[str, str]:
    """Return raw agreement and kappa with their intervals, rounded down to two digits.

    Args:
        share: raw agreement.
        kappa: Cohen's kappa.
        found: the intervals; None if there are none.
        named: whether the persons in the frames are known.
    """
    if found is None:
        why = "one person" if named else "the people are not named"
        return f"{rounded_down(share)} (no interval: {why})", rounded_down(kappa)
    low, high = (rounded_down(end) for end in found.share)
    below, above = (rounded_down(end) for end in found.kappa)
    return (
        f"{rounded_down(share)} (95 % interval over {found.people} people: {low} to {high})",
        f"{rounded_down(kappa)} ({below} to {above})",
    )


def rounded_down(value: float) -> str:
    """Return a figure with two digits, rounded down: 0.997 never reads as full agreement."""
    return "-" if math.isnan(value) else f"{math.floor(100 * value + 1e-9) / 100:.2f}"
