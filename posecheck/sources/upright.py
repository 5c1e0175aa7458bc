"""Conversion of a decoded image to that of a player: upright, square pixels, 8-bit BGR."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from posecheck.system.opencv import MOST_PIXELS, cv2

if TYPE_CHECKING:
    from fractions import Fraction

    from av.video.stream import VideoStream
    from numpy.typing import NDArray

    from posecheck.sources import Turn

    Image = NDArray[np.uint8]

BACKGROUND: Final = 128
"""Grey value behind transparent pixels: dark and light clothes both remain visible on it."""

_PQ: Final = 16
"""Transfer characteristics of HDR10 and Dolby Vision (SMPTE ST 2084), as FFmpeg counts them."""

_WHITE_NITS: Final = 203.0
"""Luminance of white paper in HDR images (ITU-R BT.2408)."""

_STRANGEST: Final = 5.0
"""Largest ratio of a pixel's sides that is accepted."""

_STRIP: Final = 64
"""Rows that are blended at once."""

_LARGEST_PX: Final = 16_384

MOST_KEPT_PIXELS: Final = 9_000_000
"""Pixels of a video's frame, as of 4K, up to which it keeps its size; a larger one is halved: it
would cost memory and add nothing, because the pose model looks at 256 pixels of a person."""

MOST_FRAME_BYTES: Final = 50_000_000
"""Memory of a decoded frame, in bytes: 8K with 8 bits."""

MOST_DECODER_BYTES: Final = 425_000_000
"""Memory of all frames that a decoder may keep, in bytes: with the rest about 700 MiB."""

_KEPT: Final = (6, 16, 696_320 * 256)
"""Least and most frames that a decoder keeps, and the pixels that more than the least have at most
together: the highest levels of H.265 and H.264 (ITU-T H.264, table A-1)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Layout of the frames of a track.

    Attributes:
        pixel: width of a pixel divided by its height; 1 if the file does not give it.
        turn: the user's turning, in addition to the file's.
    """

    pixel: float
    turn: Turn


def is_too_large(stream: VideoStream) -> bool:
    """Whether decoding a track could take more than about 700 MiB."""
    context = stream.codec_context
    pixels = context.width * context.height
    # Before the first frame the format may be unknown; most videos have 12 bits a pixel.
    bits = 12 if context.format is None else context.format.padded_bits_per_pixel
    frame_bytes = pixels * bits / 8
    least, most, together = _KEPT
    # In ProRes, MJPEG and others each frame is coded by itself: few are kept.
    kept = 1 if context.codec.intra_only else max(least, min(most, together // max(pixels, 1)))
    small = frame_bytes <= MOST_FRAME_BYTES and (kept + 1) * frame_bytes <= MOST_DECODER_BYTES
    return pixels > MOST_PIXELS or not small


def pixel_shape(*told: Fraction | None) -> float:
    """Return width by height of a pixel, from the first argument with a possible value."""
    for ratio in told:
        if ratio and 1 / _STRANGEST <= ratio <= _STRANGEST:
            return float(ratio)
    return 1.0


def image_of(frame: Any, shape: Shape) -> Image:  # noqa: ANN401 - PyAV is imported elsewhere
    """Return a decoded frame as (height, width, 3) uint8, blue-green-red, C-contiguous.

    Args:
        frame: an ``av.VideoFrame``.
        shape: of its track.
    """
    width, height = _square(frame.width, frame.height, shape.pixel)
    sized = {} if (width, height) == (frame.width, frame.height) else _scaled(width, height)
    if _has_alpha(frame.format):
        image = on_background(frame.to_ndarray(format="bgra", threads=1, **sized))
    else:
        image = frame.to_ndarray(format="bgr24", threads=1, **sized)
    if frame.color_trc == _PQ:
        image = cv2.LUT(image, _sdr_of_pq()).astype(np.uint8, copy=False)
    for step in _steps(frame):
        image = step(image)
    image = turned(image, shape.turn)
    return np.ascontiguousarray(image, dtype=np.uint8)


def turned(image: Image, turn: Turn) -> Image:
    """Return an image turned clockwise, and then mirrored, as the user asks."""
    code = {90: 0, 180: 1, 270: 2}.get(turn.rotate_deg)  # cv2.ROTATE_90_CLOCKWISE, ...
    result: NDArray[Any] = image if code is None else cv2.rotate(image, code)
    if turn.mirror:
        result = cv2.flip(result, 1)
    return result.astype(np.uint8, copy=False)


def on_background(image_bgra: Image) -> Image:
    """Return an image with an alpha channel blended onto `BACKGROUND`."""
    alpha = image_bgra[..., 3:]
    colours = np.ascontiguousarray(image_bgra[..., :3])
    if alpha.min(initial=255) == 255:  # noqa: PLR2004 - fully opaque
        return colours
    for top in range(0, len(colours), _STRIP):  # in strips: as floats it is four times as large
        strip = slice(top, top + _STRIP)
        share = alpha[strip].astype(np.float32) / 255
        colours[strip] = colours[strip] * share + BACKGROUND * (1 - share) + 0.5
    return colours


def _square(width: int, height: int, pixel: float) -> tuple[int, int]:
    """Return the size with square pixels; neither side gets smaller, but for a very large image."""
    wide = round(width * pixel) if pixel > 1 else width
    high = round(height / pixel) if pixel < 1 else height
    fits = max(wide, high) <= _LARGEST_PX and wide * high <= MOST_PIXELS
    if not fits:
        wide, high = width, height
    while wide * high > MOST_KEPT_PIXELS:
        wide, high = max(1, wide // 2), max(1, high // 2)
    return wide, high


def _scaled(width: int, height: int) -> dict[str, Any]:
    return {"width": width, "height": height, "interpolation": "BICUBIC"}


@lru_cache(maxsize=64)
def _alpha_in(name: str, components: tuple[bool, ...]) -> bool:
    return name == "pal8" or any(components)


def _has_alpha(kind: Any) -> bool:  # noqa: ANN401 - an av.VideoFormat
    return _alpha_in(kind.name, tuple(part.is_alpha for part in kind.components))


def _steps(frame: Any) -> list[Any]:  # noqa: ANN401 - an av.VideoFrame
    """Return the steps of the display matrix: at most a transposition and two mirrorings.

    The matrix (a b u, c d v, x y w) sends the stored (p, q) to (a p + c q, b p + d q).
    """
    # Loaded here: still images are read without PyAV.
    from av.sidedata.sidedata import SideDataContainer  # noqa: PLC0415

    # Not frame.side_data, by which frame and data refer to each other: a frame's memory would be
    # let go only at the next search for reference cycles, hundreds of frames later.
    side_data: Any = SideDataContainer(frame)  # type: ignore[call-arg]  # its stub lacks it
    matrix = side_data.get("DISPLAYMATRIX")
    data = b"" if matrix is None else bytes(matrix)
    if len(data) < 36:  # noqa: PLR2004 - nine numbers of four bytes
        return []
    a, b, _, c, d = np.frombuffer(data, np.int32)[:5].tolist()
    steps: list[Any] = []
    if abs(b) + abs(c) > abs(a) + abs(d):
        steps.append(cv2.transpose)
        right, down = c, b
    else:
        right, down = a, d
    if right < 0:
        steps.append(lambda image: cv2.flip(image, 1))
    if down < 0:
        steps.append(lambda image: cv2.flip(image, 0))
    return steps


@lru_cache(maxsize=1)
def _sdr_of_pq() -> NDArray[np.uint8]:
    """Return for each of 256 HDR code values the code value of an ordinary screen.

    SMPTE ST 2084 gives the luminance; white is kept, brighter parts are bent below it.
    """
    code = np.arange(256) / 255
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    power = code ** (1 / m2)
    nits = 10_000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)
    light = nits / _WHITE_NITS
    bent = light * (1 + light / 16) / (1 + light)  # Reinhard, white at four times paper white
    shown = np.clip(1.6 * bent, 0, 1) ** (1 / 2.2)
    return np.round(255 * shown).astype(np.uint8)
