"""The same pictures, changed as another place, camera or light would change them.

Nothing about the person changes, so the verdict should not either: a check on real pictures
that needs no label.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.opencv import cv2
from posecheck.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from posecheck.sources import FrameSource, SourceInfo
    from posecheck.types import Frame

    Image = NDArray[np.uint8]

ROLL_DEG: Final = 8.0
"""A device that leans on something stands askew by up to about so much."""

SMALLER: Final = 0.6
"""Factor of width and height."""

DARKER: Final = 0.5
"""Factor of every pixel's value."""

BLUR_SHARE: Final = 1 / 240
"""Standard deviation of the blur as a share of the picture's height: 2 pixels of 480."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way in which pictures are changed.

    Attributes:
        name: what a person calls it.
        change: one image (height, width, 3) to another, uint8; None leaves it.
        every: only every such picture is taken; 1 takes all.
        mirrored: whether left and right change places.
    """

    name: str
    change: Callable[[Image], Image] | None = None
    every: int = 1
    mirrored: bool = False


class VariantSource:
    """A file's pictures, changed; promises what every source promises."""

    def __init__(self, source: FrameSource, variant: Variant) -> None:
        """Take over an open source; closing this closes it."""
        self._source, self._variant = source, variant
        self.info: SourceInfo = replace(source.info, size_px=_size_of(source, variant))

    def frames(self) -> Iterator[Frame]:
        """Yield the changed pictures at their own times."""
        change, every = self._variant.change, self._variant.every
        for number, frame in enumerate(self._source.frames()):
            if number % every:
                continue
            changed = frame.image_bgr if change is None else change(frame.image_bgr)
            yield replace(frame, image_bgr=changed)

    def warnings(self) -> tuple[str, ...]:
        """Return what was not as it should be in the file."""
        return self._source.warnings()

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()


def open_variant(path: Path, variant: Variant) -> VariantSource:
    """Open a file with its pictures changed.

    Raises:
        SourceError: if it can't be opened.
    """
    return VariantSource(open_source(path), variant)


def _size_of(source: FrameSource, variant: Variant) -> tuple[int, int]:
    width, height = source.info.size_px
    if variant.change is None:
        return width, height
    height, width = variant.change(np.zeros((height, width, 3), np.uint8)).shape[:2]
    return width, height


def _mirror(image: Image) -> Image:
    return np.ascontiguousarray(image[:, ::-1])


def _roll(image: Image, degrees: float) -> Image:
    """Turn a picture, positive against the clock, on black that holds all of it."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    wide = math.ceil(width * cosine + height * sine)
    high = math.ceil(width * sine + height * cosine)
    turn[:, 2] += (wide - width) / 2, (high - height) / 2
    return np.asarray(cv2.warpAffine(image, turn, (wide, high)), np.uint8)


def _shrink(image: Image) -> Image:
    height, width = image.shape[:2]
    size = max(1, round(width * SMALLER)), max(1, round(height * SMALLER))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _darken(image: Image) -> Image:
    return np.asarray(cv2.convertScaleAbs(image, alpha=DARKER), np.uint8)


def _blur(image: Image) -> Image:
    sigma = max(0.5, image.shape[0] * BLUR_SHARE)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


AS_FILMED: Final = Variant("as filmed")
MIRRORED: Final = Variant("mirrored", _mirror, mirrored=True)

VARIANTS: Final = (
    MIRRORED,
    Variant("rolled left", lambda image: _roll(image, ROLL_DEG)),
    Variant("rolled right", lambda image: _roll(image, -ROLL_DEG)),
    Variant("smaller", _shrink),
    Variant("darker", _darken),
    Variant("blurred", _blur),
    Variant("every second picture", every=2),
)
"""Every variant that is compared with the pictures as filmed."""
