"""Quantities over time: a video, an image or a session file in, quantiles out.

A file gives observations and holds. `posecheck.measure.columns` makes columns of them, and here are
the parts of a recording and the quantiles of a column over a part.
"""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import exercises, session
from posecheck.annotations import Span
from posecheck.errors import PoseCheckError, SessionError, shown
from posecheck.form.judge import Judge, fitting
from posecheck.pipeline.observe import observe
from posecheck.pipeline.playback import stored_side
from posecheck.pose import models
from posecheck.sources import AS_STORED, Turn, open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from posecheck.exercises import Exercise
    from posecheck.ledger import Hold
    from posecheck.measure.columns import Column
    from posecheck.types import Asked, Observation, Side

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


def read(  # noqa: PLR0913 - each with a default
    path: Path,
    exercise: Exercise | str | None = None,
    turn: Turn = AS_STORED,
    on_progress: Callable[[float, float], None] | None = None,
    *,
    workers: int | None = None,
    rate_hz: float | None = None,
) -> Read:
    """Read a session file, or find the landmarks in a video or image.

    Args:
        path: the file; one that ends in ``.jsonl`` is a session.
        exercise: the exercise of the holds; "auto" for the best fitting one; None for the stored
            holds of a session, and none of a video.
        turn: how to turn and mirror the frames of a video beyond what the file says.
        on_progress: called regularly with the seconds done and the seconds that the file announces
            (0 if it does not).
        workers: estimators that work at once on a long video; None takes as many as cores and
            memory allow.
        rate_hz: most frames of a video that are looked at in a second; None looks at all.

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
        model = models.find(models.DEFAULT_MODEL)
        batches = observe(source, model, keep_frames=False, workers=workers, rate_hz=rate_hz)
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


QUANTILES: Final = (0.05, 0.25, 0.50, 0.75, 0.95)


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
