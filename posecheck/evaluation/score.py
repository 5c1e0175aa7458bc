"""Raw sums of one clip or of many; totals are sums of sums, not means of means.

Times are whole microseconds, so the parts add up exactly. An interval (the time between two
frames, see `account`) falls into exactly one part:

============  ==================  =============================================
truth         posecheck           part
============  ==================  =============================================
valid         valid, same side    ``right_us``
valid         valid, other side   ``other_side_us``
valid         valid, not told     ``untold_us``
valid         wrong               ``called_wrong_us``
valid         unseen              ``called_unseen_us``
wrong, unseen valid               one of ``false_*_us``, by how far it is wrong
wrong, unseen wrong or unseen     ``rest_us``
not known     anything            ``left_out_us``
============  ==================  =============================================

"Not told" means that one leg is stretched and posecheck does not say which. So truly valid =
any leg + called wrong + called unseen with any leg = right + other side + not told, and what
posecheck counts as valid = any leg + false. The part of a false interval is that of the worse of
its two ends: ``far`` if a rule in degrees lies `FAR_DEG` or more beyond the limit that must be
reached; otherwise ``ratio`` if a rule with a ratio is broken; otherwise ``near``; ``absent`` if
the truth is unseen; ``unmeasured`` if the truth is a person's label, which has no degrees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from posecheck.evaluation.confusion import Confusion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

FAR_DEG: Final = 15.0
"""Degrees beyond a limit from which on form is clearly wrong; a smaller excess can be an error of
the pose model."""


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value below which a share (0 to 1) of the values lies, interpolated, or NaN."""
    numbers = list(values)
    return float(np.percentile(numbers, 100 * share)) if numbers else math.nan


@dataclass(frozen=True, slots=True)
class Errors:
    """All errors (measured minus true), in the unit of the quantity."""

    values: tuple[float, ...] = ()

    def __add__(self, other: Errors) -> Errors:
        """Return the errors of both."""
        return Errors(self.values + other.values)

    @property
    def count(self) -> int:
        """Number of errors."""
        return len(self.values)

    @property
    def bias(self) -> float:
        """Mean error; positive if the measured values are too large. NaN without errors."""
        return math.fsum(self.values) / self.count if self.values else math.nan

    @property
    def mean_abs(self) -> float:
        """Mean of the absolute errors. NaN without errors."""
        return math.fsum(map(abs, self.values)) / self.count if self.values else math.nan

    @property
    def p95(self) -> float:
        """95th percentile of the absolute errors. NaN without errors."""
        return percentile(map(abs, self.values), 0.95)


class Sum:
    """A dataclass of numbers that add up field by field."""

    __slots__ = ()

    def __add__(self, other: Self) -> Self:
        """Return the sum."""
        names = [entry.name for entry in fields(self)]  # type: ignore[arg-type]
        return type(self)(**{n: getattr(self, n) + getattr(other, n) for n in names})

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers by name."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class TimeScore(Sum):
    """Time of the clips by part, in microseconds; the docstring of the module names the parts."""

    right_us: int = 0
    other_side_us: int = 0
    untold_us: int = 0
    called_wrong_us: int = 0
    called_unseen_us: int = 0
    false_far_us: int = 0
    false_near_us: int = 0
    false_ratio_us: int = 0
    false_absent_us: int = 0
    false_unmeasured_us: int = 0
    rest_us: int = 0
    left_out_us: int = 0

    @property
    def missed_us(self) -> int:
        """Time that is truly valid and not counted as valid."""
        return self.called_wrong_us + self.called_unseen_us

    @property
    def true_valid_us(self) -> int:
        """Time that is truly valid."""
        return self.any_leg_us + self.missed_us

    @property
    def any_leg_us(self) -> int:
        """Time that is truly valid and counted as valid, for either leg."""
        return self.right_us + self.other_side_us + self.untold_us

    @property
    def false_us(self) -> int:
        """Time that is counted as valid and truly is not."""
        known = self.false_far_us + self.false_near_us + self.false_ratio_us
        return known + self.false_absent_us + self.false_unmeasured_us

    @property
    def counted_us(self) -> int:
        """Time that posecheck counts as valid, within the scored time."""
        return self.any_leg_us + self.false_us

    @property
    def scored_us(self) -> int:
        """All time for which the truth is known."""
        return self.true_valid_us + self.false_us + self.rest_us

    @property
    def share(self) -> float:
        """Share of the truly valid time that is counted for the right side; NaN without such."""
        return self.part_of_valid(self.right_us)

    def part_of_valid(self, part_us: int) -> float:
        """Return a part as a share of the truly valid time, 0 to 1; NaN without such time."""
        return part_us / self.true_valid_us if self.true_valid_us else math.nan

    def per_minute(self, part_us: int) -> float:
        """Return a part in seconds per minute of scored time; NaN without such time."""
        return 60 * part_us / self.scored_us if self.scored_us else math.nan


@dataclass(frozen=True, slots=True)
class HoldScore(Sum):
    """Score of the found holds.

    Attributes:
        errors: (true seconds, found seconds minus true seconds) of every true hold of
            at least `hold_score.LEAST_S`; found is 0 where no hold was found.
        complete_found: truly complete holds that posecheck found complete, for the right side.
        complete_missed: truly complete holds that posecheck did not find so.
        complete_invented: complete holds of posecheck that are not truly complete.
        left_out: true holds that are not scored, because they border on time without a label.
    """

    errors: tuple[tuple[float, float], ...] = ()
    complete_found: int = 0
    complete_missed: int = 0
    complete_invented: int = 0
    left_out: int = 0

    @property
    def seconds(self) -> Errors:
        """Errors of the held seconds."""
        return Errors(tuple(error for _, error in self.errors))

    @property
    def per_10_s(self) -> tuple[float, ...]:
        """Absolute errors in seconds for every 10 s that were truly held."""
        return tuple(abs(error) * 10 / true_s for true_s, error in self.errors)

    @property
    def median_per_10_s(self) -> float:
        """Median of `per_10_s`; NaN without holds."""
        return percentile(self.per_10_s, 0.5)

    @property
    def p90_per_10_s(self) -> float:
        """90th percentile of `per_10_s`: the worst tenth lies above it; NaN without holds."""
        return percentile(self.per_10_s, 0.9)


@dataclass(frozen=True, slots=True)
class ChangeScore(Sum):
    """Changes of the verdict within true holds.

    Attributes:
        holds: (true seconds, changes of the verdict's state, most of them within any 10 s)
            of every true hold of at least `hold_score.LEAST_S`.
    """

    holds: tuple[tuple[float, int, int], ...] = ()

    @property
    def per_10_s(self) -> float:
        """Changes for every 10 s that were truly held; NaN without holds."""
        held_s = math.fsum(true_s for true_s, _, _ in self.holds)
        return 10 * sum(changes for _, changes, _ in self.holds) / held_s if held_s else math.nan

    @property
    def most_in_10_s(self) -> float:
        """Largest number of changes within 10 s of any hold; NaN without holds."""
        return float(max((most for _, _, most in self.holds), default=math.nan))


@dataclass(frozen=True, slots=True)
class SwapScore(Sum):
    """Frames in which left and right leg are exchanged.

    Attributes:
        swapped: frames in which the pose's left leg lies nearer to the true right leg.
        frames: frames in which this can be decided.
    """

    swapped: int = 0
    frames: int = 0

    @property
    def share(self) -> float:
        """Share of the frames that are swapped, 0 to 1; NaN without frames."""
        return self.swapped / self.frames if self.frames else math.nan


@dataclass(frozen=True, slots=True)
class Score:
    """All scores of one clip, or summed over many.

    Attributes:
        clips: number of clips.
        frames: number of their frames.
        time: time by part.
        holds: score of the found holds.
        changes: changes of the verdict within true holds.
        confusion: microseconds by the states of the truth and of posecheck.
        swaps: frames with left and right leg exchanged.
        angles: errors of the angles, in degrees, by "JOINT/LEG/FRAMES": joint is trunk-thigh or
            knee; leg supporting, stretched or both; frames seen or all.
        rules: errors of the value of a rule (after its `bias`) in the rule's unit, by
            "EXERCISE/RULE/FRAMES"; frames seen, or held (seen and truly valid).
    """

    clips: int = 0
    frames: int = 0
    time: TimeScore = field(default_factory=TimeScore)
    holds: HoldScore = field(default_factory=HoldScore)
    changes: ChangeScore = field(default_factory=ChangeScore)
    confusion: Confusion = field(default_factory=Confusion)
    swaps: SwapScore = field(default_factory=SwapScore)
    angles: Mapping[str, Errors] = field(default_factory=dict)
    rules: Mapping[str, Errors] = field(default_factory=dict)

    def __add__(self, other: Score) -> Score:
        """Return the score of both together."""
        return Score(
            clips=self.clips + other.clips,
            frames=self.frames + other.frames,
            time=self.time + other.time,
            holds=self.holds + other.holds,
            changes=self.changes + other.changes,
            confusion=self.confusion + other.confusion,
            swaps=self.swaps + other.swaps,
            angles=merged(self.angles, other.angles),
            rules=merged(self.rules, other.rules),
        )


_Value = TypeVar("_Value", int, Errors)


def merged(first: Mapping[str, _Value], second: Mapping[str, _Value]) -> dict[str, _Value]:
    """Return both mappings as one; the values of common keys are added."""
    total = dict(first)
    for key, value in second.items():
        total[key] = total[key] + value if key in total else value
    return total


_Added = TypeVar("_Added", bound="Sum")


def total_of(parts: Iterable[_Added], nothing: _Added) -> _Added:
    """Return the sum of parts, field by field; ``nothing`` is the sum of no parts."""
    for part in parts:
        nothing += part
    return nothing


def total(scores: Iterable[Score]) -> Score:
    """Return the sum of scores."""
    return sum(scores, start=Score())
