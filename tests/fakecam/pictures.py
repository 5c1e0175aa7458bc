"""What a fake camera sees: a numbered pattern, or a video at the camera's rate."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import av
import numpy as np

from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

SIZE_PX: Final = (1280, 720)
FPS: Final = 30
QUALITY: Final = 90  # of the JPEGs; webcams send about so much

_BITS: Final = 12
_COVERED_LEVEL: Final = 3  # a covered sensor is dark, not silent
_TRACE_PX, _TRACE_LEVEL = 16, 8
_LENGTH: Final = struct.Struct("=I")


@dataclass(frozen=True, slots=True)
class Pictures:
    """A file of pictures for a fake camera.

    Attributes:
        path: records of a 32-bit length and the bytes; the last one is black.
        size_px: width and height.
        fps: pictures a second.
        fourcc: how they are coded, "MJPG" or "YUYV".
        count: pictures without the black one.
    """

    path: Path
    size_px: tuple[int, int]
    fps: int
    fourcc: str
    count: int


def from_images(
    images: Iterable[Image], path: Path, *, fps: int = FPS, fourcc: str = "MJPG"
) -> Pictures:
    """Write pictures of one size for a camera; no two in a row are quite the same.

    The same array twice is coded only once for each kind of noise.
    """
    count, last, size_px = 0, None, (0, 0)
    coded_by_noise: dict[int, bytes] = {}
    with path.open("wb") as file:
        for image in images:
            if image is not last:
                coded_by_noise, last = {}, image
            noise = count % 2
            if noise not in coded_by_noise:
                coded_by_noise[noise] = _coded(_noisy(image, noise), fourcc)
            coded = coded_by_noise[noise]
            size_px = (image.shape[1], image.shape[0])
            file.write(_LENGTH.pack(len(coded)) + coded)
            count += 1
        noise = np.random.default_rng(0).integers(0, 2 * _COVERED_LEVEL, (*size_px[::-1], 3))
        coded = _coded(noise.astype(np.uint8), fourcc)
        file.write(_LENGTH.pack(len(coded)) + coded)
    return Pictures(path, size_px, fps, fourcc, count)


def numbered(
    folder: Path,
    *,
    count: int = 60,
    size_px: tuple[int, int] = SIZE_PX,
    fps: int = FPS,
    fourcc: str = "MJPG",
) -> Pictures:
    """Write a moving ramp whose pictures carry their number; `number_in` reads it."""
    images = (number_drawn(number, size_px) for number in range(count))
    return from_images(images, folder / f"pattern-{fourcc}.pictures", fps=fps, fourcc=fourcc)


def number_in(image: Image) -> int:
    """Return the number of a picture of `numbered`, as a camera's user received it."""
    height, width = image.shape[:2]
    block = width // _BITS
    row = image[height // 16, block // 2 : _BITS * block : block].mean(axis=-1)
    return int(sum(1 << bit for bit, level in enumerate(row) if level > 127))


def from_video(
    path: Path, folder: Path, *, size_px: tuple[int, int] = SIZE_PX, fps: int = FPS
) -> Pictures:
    """Write a video as a camera would have seen it: at each moment the picture of that time.

    Pictures of another shape get grey bars at the sides, so that nothing is stretched.
    """
    images = _at_rate(_decoded(path, size_px), fps)
    return from_images(images, folder / f"{path.stem}.pictures", fps=fps)


def _noisy(image: Image, noise: int) -> Image:
    """Return a picture with a trace in its last corner, as a sensor is never still."""
    if not noise:
        return image
    noisy = image.copy()
    noisy[-_TRACE_PX:, -_TRACE_PX:] ^= _TRACE_LEVEL
    return noisy


def _coded(image: Image, fourcc: str) -> bytes:
    if fourcc == "MJPG":
        good, coded = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
        assert good
        return coded.tobytes()
    return cv2.cvtColor(image, cv2.COLOR_BGR2YUV_YUYV).tobytes()


def number_drawn(number: int, size_px: tuple[int, int]) -> Image:
    """Return one picture of `numbered`."""
    width, height = size_px
    ramp = (40 + (np.arange(width) + 8 * number) % 160).astype(np.uint8)
    image = np.empty((height, width, 3), np.uint8)
    image[:] = ramp[None, :, None]
    block = width // _BITS
    for bit in range(_BITS):
        image[: height // 8, bit * block : (bit + 1) * block] = 255 * (number >> bit & 1)
    return image


def _decoded(path: Path, size_px: tuple[int, int]) -> Iterator[tuple[float, Image]]:
    with av.open(str(path.absolute())) as container:
        for frame in container.decode(video=0):
            assert frame.pts is not None
            assert frame.time_base is not None
            image = frame.to_ndarray(format="bgr24")
            yield float(frame.pts * frame.time_base), _fitted(image, size_px)


def _fitted(image: Image, size_px: tuple[int, int]) -> Image:
    height, width = image.shape[:2]
    scale = min(size_px[0] / width, size_px[1] / height)
    inner = cv2.resize(image, (round(width * scale), round(height * scale)))
    whole = np.full((size_px[1], size_px[0], 3), 128, np.uint8)
    top, left = (size_px[1] - inner.shape[0]) // 2, (size_px[0] - inner.shape[1]) // 2
    whole[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return whole


def _at_rate(timed: Iterable[tuple[float, Image]], fps: int) -> Iterator[Image]:
    """Yield at every moment of the camera the last picture that is not later."""
    shown: Sequence[Image] = ()
    moment = 0
    for t_s, image in timed:
        while shown and moment / fps < t_s - 1e-6:
            yield shown[0]
            moment += 1
        shown = (image,)
    yield from shown
