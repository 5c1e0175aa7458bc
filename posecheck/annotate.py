"""The annotated video: drawing and encoding while an analysis runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from posecheck.encode import VideoWriter
    from posecheck.exercises.schema import Exercise
    from posecheck.overlay import Overlay
    from posecheck.types import Frame, Observation, Step


_LATE_S: Final = 0.001
"""A first picture later than this gets a black one before it, at 0 s."""


class Annotator:
    """Draws and encodes the annotated video; the file is made with the first picture."""

    def __init__(self) -> None:
        """Start with no file."""
        self._drawing: tuple[Overlay, VideoWriter] | None = None

    def __enter__(self) -> Self:
        """Return the annotator."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish the file."""
        if self._drawing is not None:  # which keeps its own faults behind the error
            self._drawing[1].__exit__(kind, error, traceback)

    def draw(
        self,
        path: Path,
        exercise: Exercise,
        batch: Iterable[tuple[Frame | None, Observation]],
        steps: Iterable[Step],
    ) -> None:
        """Draw and write a batch of pictures with their steps."""
        # Loaded here: only --video needs them.
        from posecheck.encode import VideoWriter, fitted  # noqa: PLC0415
        from posecheck.overlay import Overlay  # noqa: PLC0415

        for (frame, observation), step in zip(batch, steps, strict=True):
            if frame is None:
                continue
            if self._drawing is None:
                size_px = frame.size_px  # as decoded, which a file may announce wrongly
                self._drawing = Overlay(exercise, size_px), VideoWriter(path, size_px)
                if frame.t_s >= _LATE_S:  # the same times as in the session and the recording
                    self._drawing[1].write(np.zeros_like(frame.image_bgr), 0.0)
            overlay, writer = self._drawing
            image = fitted(frame.image_bgr, writer.size_px)
            writer.write(overlay.draw(image, observation, step), frame.t_s)
