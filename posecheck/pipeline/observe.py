"""Observations of a source: reading and inference, each in its own thread."""

from __future__ import annotations

import math
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from posecheck.pose import open_estimator
from posecheck.sources.watch import is_dark
from posecheck.system.machine import give_memory_back, usual_workers
from posecheck.system.threads import Background

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from posecheck.pose import PoseEstimator
    from posecheck.pose.follow import Misfit
    from posecheck.pose.models import Model
    from posecheck.sources import FrameSource, SourceInfo
    from posecheck.sources.parts import VideoPart
    from posecheck.types import Frame, Observation

    OpenEstimator = Callable[[], PoseEstimator]


T = TypeVar("T")

_READER: Final = "posecheck-read"
_ROUNDING: Final = 1e-6

BATCH: Final = 8
"""Number of frames judged together; the arithmetic for one costs almost as much as for eight."""

MOST_BATCH_BYTES: Final = 25_000_000
"""Memory of the frames of a batch that are kept for drawing, in bytes: one of 4K, four of 1080p.
Up to three batches are in memory at once."""

LONGEST_BATCH_S: Final = 0.3
"""Longest duration of a batch in seconds, so that few frames wait in memory on a slow machine."""

AHEAD_BYTES: Final = 12_000_000
"""Approximate memory of the frames decoded ahead of inference, in bytes."""

MOST_AHEAD: Final = 4
"""Most frames decoded ahead of inference. Of a part of a recording it is one, because each part has
a reader of its own; of a recording that is drawn meanwhile, two."""

AHEAD_BATCHES: Final = 400
"""Batches that the estimator of a later part may be ahead, about a part of a recording."""

WORKER_BYTES: Final = 140_000_000
"""Memory that a further estimator takes, in bytes, with what is read ahead for it."""


def observe(  # noqa: PLR0913 - keyword-only, each with its own effect
    source: FrameSource,
    model: Model,
    *,
    keep_frames: bool,
    workers: int | None = 1,
    rate_hz: float | None = None,
    misfit: Misfit | None = None,
) -> Generator[list[tuple[Frame | None, Observation]], None, None]:
    """Yield the observations of a source, in batches, in the order of time.

    A long recording is estimated in parts, side by side. The parts do not depend on the number of
    workers, so the observations do not, either. Close the generator before the source: its threads
    read from it.

    Args:
        source: the source of the frames.
        model: a verified pose model.
        keep_frames: whether the frames are wanted with the observations; without
            them memory stays small.
        workers: estimators that work at once; None takes as many as cores and memory allow.
        rate_hz: most frames a second that are looked at; None looks at all.
        misfit: how the person who does the exercise is chosen among several; see
            `posecheck.pose.open_estimator`.

    Raises:
        SourceError, ModelError, InstallationError: as raised by the stages.
    """
    open_now = partial(open_estimator, model, misfit=misfit)
    parts: tuple[VideoPart, ...] = ()
    if source.info.kind == "video":
        # Loaded here: it loads PyAV.
        from posecheck.sources.parts import all_read, parts_of, plain_frames  # noqa: PLC0415

        parts = parts_of(source)
    with ExitStack() as stack:
        stack.callback(give_memory_back)  # at the end; a process may analyse hundreds of files
        if not parts:
            frames = stack.enter_context(_read(source.frames(), source.info, rate_hz))
            seen = _estimate(frames, open_now, keep_frames=keep_frames)
            # Handed over in batches: waking the other thread for every frame costs more.
            most = _fitting(BATCH, MOST_BATCH_BYTES, source.info) if keep_frames else BATCH
            yield from stack.enter_context(Background(_batches(seen, most), 1, "posecheck-pose"))
            return
        count = workers or usual_workers(WORKER_BYTES)
        done = stack.enter_context(closing(_side_by_side(parts, open_now, count, rate_hz)))
        if keep_frames:
            plain = _read(plain_frames(source), source.info, rate_hz, 2)
            yield from paired(stack.enter_context(plain), done)
        else:
            yield from done
    all_read(source, parts)


def _read(
    frames: Iterator[Frame], info: SourceInfo, rate_hz: float | None, most_ahead: int = MOST_AHEAD
) -> Background[Frame]:
    """Start reading frames in a thread of its own."""
    ahead = _fitting(most_ahead, AHEAD_BYTES, info)
    return Background(frames if rate_hz is None else thinned(frames, rate_hz), ahead, _READER)


def _fitting(most: int, most_bytes: int, info: SourceInfo) -> int:
    """Return the number of frames that fit into a memory, at least 1 and at most ``most``."""
    width, height = info.size_px
    return max(1, min(most, most_bytes // max(1, width * height * 3)))


def thinned(frames: Iterable[Frame], rate_hz: float) -> Iterator[Frame]:
    """Yield the first frame of each of ``rate_hz`` equal parts of a second."""
    last = -1
    for frame in frames:
        place = math.floor(frame.t_s * rate_hz + _ROUNDING)
        if place > last:
            yield frame
            last = place


def _side_by_side(
    parts: Sequence[VideoPart], open_now: OpenEstimator, workers: int, rate_hz: float | None
) -> Generator[list[tuple[Frame | None, Observation]], None, None]:
    """Yield the observations of parts in order, while the next parts are estimated already.

    Each worker does every n-th part, so that all are about equally far.
    """
    count = min(workers, len(parts))
    with ExitStack() as stack:
        streams = [
            iter(
                stack.enter_context(
                    Background(
                        _one_after_the_other(parts[first::count], open_now, rate_hz),
                        AHEAD_BATCHES,
                        "posecheck-pose",
                    )
                )
            )
            for first in range(count)
        ]
        for number in range(len(parts)):
            for batch in streams[number % count]:
                if batch is None:
                    break
                yield batch


def _one_after_the_other(
    parts: Sequence[VideoPart], open_now: OpenEstimator, rate_hz: float | None
) -> Iterator[list[tuple[Frame | None, Observation]] | None]:
    """Yield the batches of each part without its warm-up, and None after each part."""
    for part in parts:
        with (
            _read(part.frames(), part.info, rate_hz, 1) as frames,
            closing(_batches(_estimate(frames, open_now, keep_frames=False))) as batches,
        ):
            for batch in batches:
                if own := [seen for seen in batch if seen[1].t_s >= part.start_s]:
                    yield own
        yield None


def paired(
    frames: Iterable[Frame], batches: Iterable[Sequence[tuple[Frame | None, Observation]]]
) -> Iterator[list[tuple[Frame | None, Observation]]]:
    """Yield batches with the frames of the same times, as far as there are such frames."""
    coming = iter(frames)
    frame = next(coming, None)
    for batch in batches:
        found: list[tuple[Frame | None, Observation]] = []
        for _, seen in batch:
            while frame is not None and frame.t_s < seen.t_s:
                frame = next(coming, None)
            same = frame is not None and frame.t_s == seen.t_s
            found.append((frame if same else None, seen))
        yield found


def _batches(items: Generator[T, None, None], most: int = BATCH) -> Generator[list[T], None, None]:
    """Yield at most so many items at once; the first one alone, so that a user sees progress."""
    batch: list[T] = []
    wanted, begun_s = 1, time.monotonic()
    with closing(items):  # in this thread, not where the garbage is collected
        for item in items:
            batch.append(item)
            now_s = time.monotonic()
            if len(batch) >= wanted or now_s - begun_s >= LONGEST_BATCH_S:
                yield batch
                batch, wanted, begun_s = [], most, time.monotonic()
        if batch:
            yield batch


def _estimate(
    frames: Iterable[Frame], open_now: OpenEstimator, *, keep_frames: bool
) -> Generator[tuple[Frame | None, Observation], None, None]:
    with closing(open_now()) as estimator:
        for frame in frames:
            observation = estimator.estimate(frame)
            dark = observation.pose is None and is_dark(frame.image_bgr)
            if dark or frame.repeated:
                observation = replace(observation, dark=dark, repeated=frame.repeated)
            yield (frame if keep_frames else None), observation
