"""Animated WebP, which PyAV's FFmpeg does not decode: read with OpenCV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.errors import SourceError, shown
from posecheck.opencv import cv2
from posecheck.sources import AS_STORED, SourceInfo, Turn
from posecheck.sources.upright import on_background, turned
from posecheck.sources.watch import CodedRepeats
from posecheck.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SHORTEST_S: Final = 0.1
"""Browsers show a picture for so long if the file gives it no time at all."""


class AnimationSource:
    """A recording that is stored as an animated picture; it begins at 0 s."""

    def __init__(self, path: Path, turn: Turn = AS_STORED) -> None:
        """Read an animation.

        Args:
            path: the file.
            turn: how to turn and mirror the pictures.

        Raises:
            SourceError: if it can't be decoded.
        """
        try:
            good, animation = cv2.imreadanimation(str(path.absolute()))
        except cv2.error:
            good, animation = False, None
        if not good or animation is None or not animation.frames:
            message = f"{shown(path)}: an animated picture that can't be read; it is damaged"
            raise SourceError(message)
        self._images = tuple(_opaque(np.asarray(frame)) for frame in animation.frames)
        self._lasting_s = [ms / 1000 or SHORTEST_S for ms in animation.durations]
        self._turn = turn
        self._closed = False
        height, width = turned(self._images[0], turn).shape[:2]
        self.info = SourceInfo(
            "video", path.name, (width, height), len(self._images), sum(self._lasting_s),
            f"OpenCV {cv2.__version__}", turn.rotate_deg, turn.mirror,
        )  # fmt: skip

    def frames(self) -> Iterator[Frame]:
        """Yield the pictures in the order of time."""
        repeats, t_s = CodedRepeats(), 0.0
        for image, lasting_s in zip(self._images, self._lasting_s, strict=True):
            if self._closed:
                return
            shown_image = np.ascontiguousarray(turned(image, self._turn).copy())
            yield Frame(t_s, shown_image, repeats.look(t_s, shown_image))
            t_s += lasting_s

    def warnings(self) -> tuple[str, ...]:
        """Return nothing: what can be decoded is whole."""
        return ()

    def close(self) -> None:
        """Stop; the file is closed already."""
        self._closed = True


def _opaque(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return on_background(image) if image.shape[2:] == (4,) else image[..., :3]
