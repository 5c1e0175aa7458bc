"""Quantities over time: a video, an image or a session file in, tables and quantiles out.

A file gives observations and holds; they give columns of quantities over time, and quantiles of
these over parts of the recording.
"""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import exercises, session
from posecheck.annotations import Span
from posecheck.errors import PoseCheckError, SessionError, shown
from posecheck.form.judge import Judge, fitting
from posecheck.landmarks import INDEX
from posecheck.measure.body import PoseArrays
from posecheck.measure.quantities import QUANTITIES, Quantity
from posecheck.pipeline.observe import observe
from posecheck.pipeline.playback import stored_side
from posecheck.pose import models
from posecheck.sources import AS_STORED, Turn, open_source
from posecheck.types import Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from posecheck.exercises import Exercise
    from posecheck.ledger import Hold
    from posecheck.types import Asked, Observation

    Floats = NDArray[np.float64]


SESSION_SUFFIX: Final = ".jsonl"


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """Content of a file.

    Attributes:
        observations: in the order of time.
        exercise: name of the exercise of the holds; None without one.
        holds: of more than 0 s.
        warnings: problems found, one sentence each.
        stopped: whether Ctrl-C ended the reading; the observations until then are kept.
    """

    observations: tuple[Observation, ...]
    exercise: str | None = None
    holds: tuple[Hold, ...] = ()
    warnings: tuple[str, ...] = ()
    stopped: bool = False


def read(
    path: Path,
    exercise: Exercise | str | None = None,
    turn: Turn = AS_STORED,
    on_progress: Callable[[float, float], None] | None = None,
) -> Read:
    """Read a session file, or find the landmarks in a video or image.

    Args:
        path: the file; one that ends in ``.jsonl`` is a session.
        exercise: the exercise of the holds; "auto" for the best fitting one; None for the stored
            holds of a session, and none of a video.
        turn: how to turn and mirror the frames of a video beyond what the file says.
        on_progress: called regularly with the seconds done and the seconds that the file announces
            (0 if it does not).

    Raises:
        PoseCheckError: if the file can't be used.
    """
    if path.suffix.lower() == SESSION_SUFFIX:
        if turn != AS_STORED:
            message = f"{shown(path)}: a session has no pictures to turn; leave out what turns them"
            raise PoseCheckError(message)
        return _session(path, exercise)
    seen: list[Observation] = []
    stopped = False
    with closing(open_source(path, turn)) as source:
        batches = observe(source, models.find(models.DEFAULT_MODEL), keep_frames=False)
        try:
            with closing(batches):
                for batch in batches:
                    seen += (observation for _, observation in batch)
                    if on_progress is not None:
                        on_progress(seen[-1].t_s, source.info.duration_s)
        except KeyboardInterrupt:
            if not seen:
                raise
            stopped = True
        warnings = source.warnings()
    name, holds = _judged(seen, exercise)
    return Read(tuple(seen), name, holds, warnings, stopped)


def _session(path: Path, exercise: Exercise | str | None) -> Read:
    stored = session.load(path)
    if not stored.observations:
        message = f"{shown(path)}: holds no picture; record the session again"
        raise SessionError(message)
    if exercise is None and stored.exercise is not None:
        held = tuple(hold for hold in stored.holds if hold.held_us > 0)
        return Read(stored.observations, stored.exercise.name, held, stored.problems)
    side = stored_side(stored.header)
    name, holds = _judged(stored.observations, exercise, side, stored.asked)
    return Read(stored.observations, name, holds, stored.problems)


def _judged(
    seen: Sequence[Observation],
    exercise: Exercise | str | None,
    side: Side | None = None,
    asked: Sequence[Asked] = (),
) -> tuple[str | None, tuple[Hold, ...]]:
    if exercise is None:
        return None, ()
    if isinstance(exercise, str):
        exercise = fitting(exercises.load_all(), seen, side)
    return exercise.name, Judge(exercise, side, asked).judge_all(seen).holds


LEAST_VISIBILITY: Final = 0.5
"""Visibility of a landmark below which its quantities count as not seen; the default of rules."""

QUANTILES: Final = (0.05, 0.25, 0.50, 0.75, 0.95)


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

    def during(self, part: Span) -> Measured:
        """Return the frames of a part, its ends included."""
        rows = (self.t_s >= part.start_s) & (self.t_s <= part.end_s)
        columns = (
            replace(column, values=column.values[rows], seen=column.seen[rows])
            for column in self.columns
        )
        return Measured(self.t_s[rows], tuple(columns))


def seconds_of(part: Span) -> Iterator[Span]:
    """Yield a part second by second; the last one may be shorter.

    A frame exactly between two seconds is in both.
    """
    count = max(1, math.ceil(part.end_s - part.start_s - 1e-9))
    edges_s = [*(part.start_s + number for number in range(count)), part.end_s]
    for start_s, end_s in pairwise(edges_s):
        yield Span(start_s, end_s, part.what)


@dataclass(frozen=True, slots=True)
class ValueSpread:
    """Distribution of the values of one column over a part.

    Attributes:
        pictures: number of frames with a defined value; the quantiles are of these.
        seen: share of the part's frames in which every landmark counts as visible, 0 to 1.
        quantiles: at `QUANTILES`, in the quantity's unit; NaN without a value.
    """

    pictures: int
    seen: float
    quantiles: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle value, in the quantity's unit."""
        return self.quantiles[QUANTILES.index(0.50)]


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


def spread(column: Column) -> ValueSpread:
    """Return the distribution of the values of a column."""
    values = column.values[np.isfinite(column.values)]
    if values.size == 0:
        return ValueSpread(0, 0.0, (math.nan,) * len(QUANTILES))
    quantiles = tuple(float(value) for value in np.quantile(values, QUANTILES))
    return ValueSpread(values.size, float(column.seen.mean()), quantiles)


def part_of_holds(holds: Iterable[Hold]) -> tuple[Span, ...]:
    """Return a part for each hold; a hold's breaks are in it."""
    return tuple(
        Span(hold.start_s, hold.end_s, f"hold {number} ({hold.side})")
        for number, hold in enumerate(holds, start=1)
    )


def asked_part(t_s: Floats, from_s: float | None, to_s: float | None) -> Span:
    """Return the part between two times; None is the start or the end of the recording.

    Raises:
        PoseCheckError: if no frame lies in it.
    """
    if t_s.size == 0:
        message = "there is no picture to measure; name another file"
        raise PoseCheckError(message)
    first_s, last_s = float(t_s[0]), float(t_s[-1])
    start_s = first_s if from_s is None else from_s
    end_s = last_s if to_s is None else to_s
    if not ((t_s >= start_s) & (t_s <= end_s)).any():
        message = (
            f"no picture from {start_s:g} to {end_s:g} s; choose --from and --to within "
            f"{first_s:.1f} and {last_s:.1f} s"
        )
        raise PoseCheckError(message)
    named = "the whole recording" if from_s is None and to_s is None else "the given time"
    return Span(start_s, end_s, named)
