"""Video files: anything that OpenCV's FFmpeg reads, with true timestamps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.errors import SourceError, shown
from posecheck.opencv import cv2
from posecheck.sources import SourceInfo
from posecheck.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CLAMP_STEP_S: Final = 0.001
"""A picture whose timestamp does not lie after the one before is moved so far after it."""

STRAY_S: Final = 1.0
"""A picture whose time lies so far beyond that of the next one is moved before it."""

SHORTEST_STEP_S: Final = 0.000_001
"""Times are counted in whole microseconds; nearer ones are no progress."""

_COMPLETE_SHARE: Final = 0.97
"""With fewer than this share of the announced pictures the file ended early; the
announced count is an estimate in some containers, so a few missing ones say nothing."""

_UNREADABLE: Final = (
    "not a video that can be read: damaged, cut off before its index was written, sound only, or "
    "something else; check that a player shows it, or export it again as mp4"
)


class VideoSource:
    """A recorded video.

    Times are the container's presentation times (``CAP_PROP_POS_MSEC`` read after
    ``read``), so variable frame rates are right. Rotation is applied by OpenCV.
    """

    def __init__(self, path: Path) -> None:
        """Open a video file.

        Raises:
            SourceError: if FFmpeg finds no video in it.
        """
        self._path = path
        # Absolute: FFmpeg takes the start of a name like "file:a.mp4" for a protocol.
        self._capture = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            message = f"{shown(path)}: {_UNREADABLE}"
            raise SourceError(message)
        rate = self._hint(cv2.CAP_PROP_FPS)
        count = int(self._hint(cv2.CAP_PROP_FRAME_COUNT))
        self.info = SourceInfo(
            kind="video",
            name=path.name,
            size_px=(
                int(self._hint(cv2.CAP_PROP_FRAME_WIDTH)),
                int(self._hint(cv2.CAP_PROP_FRAME_HEIGHT)),
            ),
            frame_count=count,
            duration_s=count / rate if rate > 0 else 0.0,
        )
        self._read = 0
        self._clamped = 0
        self._finished = False

    def frames(self) -> Iterator[Frame]:
        """Yield the pictures in the order of time.

        Raises:
            SourceError: if not a single picture can be decoded.
        """
        last_s = -math.inf
        for frame, next_s in _with_next_time(self._decoded()):
            t_s = frame.t_s
            if last_s < next_s < t_s - STRAY_S:  # this one is astray, not all that follow
                t_s = (max(last_s, next_s - CLAMP_STEP_S) + next_s) / 2
            if t_s < last_s + SHORTEST_STEP_S:
                t_s = last_s + CLAMP_STEP_S
            self._clamped += t_s != frame.t_s
            last_s = t_s
            yield Frame(t_s, frame.image_bgr)
        self._finished = True
        if self._read == 0:
            message = (
                f"{shown(self._path)}: not a single picture can be decoded; check that a player "
                "shows it, or export it again as mp4"
            )
            raise SourceError(message)

    def _decoded(self) -> Iterator[Frame]:
        """Yield the pictures with the times that the file gives them."""
        while True:
            good, image = self._capture.read()
            if not good or image is None:
                return
            self._read += 1
            t_s = self._hint(cv2.CAP_PROP_POS_MSEC) / 1000
            yield Frame(t_s, image.astype(np.uint8, copy=False))

    def warnings(self) -> tuple[str, ...]:
        """Return what was not as it should be, one sentence each."""
        found = []
        expected = self.info.frame_count
        if self._finished and self._read < expected * _COMPLETE_SHARE - 1:
            found.append(
                f"the file ends early: {self._read} of about {expected} pictures could be read"
            )
        if self._clamped:
            plural = "picture" if self._clamped == 1 else "pictures"
            found.append(
                f"{self._clamped} {plural} had a time not after the one before or not before "
                "the next; each was moved between them"
            )
        return tuple(found)

    def close(self) -> None:
        """Let go of the file."""
        self._capture.release()

    def _hint(self, key: int) -> float:
        value = float(self._capture.get(key))
        return value if math.isfinite(value) and value > 0 else 0.0


def _with_next_time(frames: Iterable[Frame]) -> Iterator[tuple[Frame, float]]:
    """Yield each picture with the time of the one that follows; infinity after the last."""
    held: Frame | None = None
    for frame in frames:
        if held is not None:
            yield held, frame.t_s
        held = frame
    if held is not None:
        yield held, math.inf
