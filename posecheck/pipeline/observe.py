"""Observations of a source: reading and inference, each in its own thread."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from posecheck.pose import open_estimator
from posecheck.sources.watch import is_dark
from posecheck.system.threads import Background

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from posecheck.pose.follow import Misfit
    from posecheck.pose.models import Model
    from posecheck.sources import FrameSource
    from posecheck.types import Frame, Observation


T = TypeVar("T")

BATCH: Final = 8
"""Number of frames judged together; the arithmetic for one costs almost as much as for eight."""

LONGEST_BATCH_S: Final = 0.3
"""Longest duration of a batch in seconds, so that few frames wait in memory on a slow machine."""

AHEAD_BYTES: Final = 12_000_000
"""Approximate memory of the frames decoded ahead of inference, in bytes."""


def observe(
    source: FrameSource, model: Model, *, keep_frames: bool, misfit: Misfit | None = None
) -> Generator[list[tuple[Frame | None, Observation]], None, None]:
    """Yield the observations of a source, in batches, in the order of time.

    Close the generator before the source: its threads read from it.

    Args:
        source: the source of the frames.
        model: a verified pose model.
        keep_frames: whether the frames are wanted with the observations; without
            them memory stays small.
        misfit: how the person who does the exercise is chosen among several; see
            `posecheck.pose.open_estimator`.

    Raises:
        SourceError, ModelError, InstallationError: as raised by the stages.
    """
    width, height = source.info.size_px
    ahead = max(1, min(4, AHEAD_BYTES // max(1, width * height * 3)))
    with Background(source.frames(), ahead, "posecheck-read") as frames:
        seen = _estimate(frames, model, misfit, keep_frames=keep_frames)
        # Handed over in batches: waking the other thread for every frame costs more.
        with Background(_batches(seen), 1, "posecheck-pose") as batches:
            yield from batches


def _batches(items: Generator[T, None, None]) -> Iterator[list[T]]:
    """Yield items in batches; the first item at once, so that a user sees progress."""
    batch: list[T] = []
    wanted, begun_s = 1, time.monotonic()
    with closing(items):  # in this thread, not where the garbage is collected
        for item in items:
            batch.append(item)
            now_s = time.monotonic()
            if len(batch) >= wanted or now_s - begun_s >= LONGEST_BATCH_S:
                yield batch
                batch, wanted, begun_s = [], BATCH, time.monotonic()
        if batch:
            yield batch


def _estimate(
    frames: Iterable[Frame], model: Model, misfit: Misfit | None, *, keep_frames: bool
) -> Generator[tuple[Frame | None, Observation], None, None]:
    with closing(open_estimator(model, misfit=misfit)) as estimator:
        for frame in frames:
            observation = estimator.estimate(frame)
            dark = observation.pose is None and is_dark(frame.image_bgr)
            if dark or frame.repeated:
                observation = replace(observation, dark=dark, repeated=frame.repeated)
            yield (frame if keep_frames else None), observation
