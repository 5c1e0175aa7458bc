"""Reading and inference, each in a thread of its own, ahead of the rest."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from posecheck.background import Background
from posecheck.estimators import open_estimator
from posecheck.sources.watch import is_dark

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from posecheck.models import Model
    from posecheck.sources import FrameSource
    from posecheck.types import Frame, Observation

T = TypeVar("T")

BATCH: Final = 8
"""Pictures that are judged together; the arithmetic for one costs almost as much as for
eight."""

LONGEST_BATCH_S: Final = 0.3
"""A batch ends after so long, so that little waits in memory on a slow machine."""

AHEAD_BYTES: Final = 12_000_000
"""About how much memory the pictures may take that are decoded ahead of inference."""


def observe(
    source: FrameSource, model: Model, *, keep_frames: bool
) -> Generator[list[tuple[Frame | None, Observation]], None, None]:
    """Yield what is seen in a source, in batches, in the order of time.

    Close the generator before the source: its threads read from it.

    Args:
        source: where the pictures come from.
        model: a verified pose model.
        keep_frames: whether the pictures are wanted with the observations; without
            them memory stays small.

    Raises:
        SourceError, ModelError, InstallationError: whatever the stages raise.
    """
    width, height = source.info.size_px
    ahead = max(1, min(4, AHEAD_BYTES // max(1, width * height * 3)))
    with Background(source.frames(), ahead, "posecheck-read") as frames:
        seen = _estimate(frames, model, keep_frames=keep_frames)
        # Handed over in batches: waking the other thread for every picture costs more.
        with Background(_batches(seen), 1, "posecheck-pose") as batches:
            yield from batches


def _batches(items: Generator[T, None, None]) -> Iterator[list[T]]:
    """Yield items in batches; the first at once, so that a user sees that it works."""
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
    frames: Iterable[Frame], model: Model, *, keep_frames: bool
) -> Generator[tuple[Frame | None, Observation], None, None]:
    with closing(open_estimator(model)) as estimator:
        for frame in frames:
            observation = estimator.estimate(frame)
            dark = observation.pose is None and is_dark(frame.image_bgr)
            if dark or frame.repeated:
                observation = replace(observation, dark=dark, repeated=frame.repeated)
            yield (frame if keep_frames else None), observation
