"""Reading and inference, each in a thread of its own, ahead of the rest."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Final

from posecheck.background import Background
from posecheck.estimators import open_estimator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from posecheck.models import Model
    from posecheck.sources import FrameSource
    from posecheck.types import Frame, Observation

BATCH: Final = 8
"""Pictures that are judged together; the arithmetic for one costs almost as much as for
eight."""

AHEAD_BYTES: Final = 12_000_000
"""About how much memory the pictures may take that are decoded ahead of inference."""


def observe(
    source: FrameSource, model: Model, *, keep_frames: bool
) -> Iterator[list[tuple[Frame | None, Observation]]]:
    """Yield what is seen in a source, in batches, in the order of time.

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
    with (
        Background(source.frames(), ahead, "posecheck-read") as frames,
        Background(
            _estimate(frames, model, keep_frames=keep_frames),
            ahead if keep_frames else BATCH,
            "posecheck-pose",
        ) as seen,
    ):
        pairs = iter(seen)
        # The first picture at once, so that a user sees that it works.
        yield from (batch for batch in (list(islice(pairs, 1)),) if batch)
        while batch := list(islice(pairs, BATCH)):
            yield batch


def _estimate(
    frames: Iterable[Frame], model: Model, *, keep_frames: bool
) -> Iterator[tuple[Frame | None, Observation]]:
    with closing(open_estimator(model)) as estimator:
        for frame in frames:
            observation = estimator.estimate(frame)
            yield (frame if keep_frames else None), observation
