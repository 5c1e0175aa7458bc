"""Still images: one frame at time 0, for angles and a verdict but no seconds.

`AnimationSource` reads animated WebP with OpenCV, because PyAV's FFmpeg does not decode it.
"""

from __future__ import annotations

import re
from contextlib import closing, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from posecheck.errors import SourceError, shown
from posecheck.sources import AS_STORED, SourceInfo, Turn
from posecheck.sources.content import READABLE, look
from posecheck.sources.upright import on_background, turned
from posecheck.sources.watch import CodedRepeats
from posecheck.system.opencv import MOST_PIXELS, cv2
from posecheck.system.outputs import captured_stderr
from posecheck.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]


_TOO_LARGE: Final = "{}: the picture is too large to be read; save it smaller"

_COMPLAINT: Final = re.compile(
    r"libpng|Corrupt JPEG|Premature end|Invalid |Inconsistent |Unsupported |TIFF|Warning: "
)
"""Beginnings of the messages that the decoders write about a damaged file."""

_READERS: Final = {
    "HEIC": "pillow_heif",
    "HEIF": "pillow_heif",
    "AVIF": "PIL.AvifImagePlugin",
    "JPEG XL": "pillow_jxl",
}
"""Packages that add a format to Pillow, all in the extra "photos"."""


class PictureSource:
    """A single image; the camera's orientation mark is applied."""

    def __init__(self, path: Path, turn: Turn = AS_STORED) -> None:
        """Read an image.

        Args:
            path: the file.
            turn: how to turn and mirror it beyond what the file says.

        Raises:
            SourceError: if it is in a format that is not read, or damaged.
        """
        self._warnings: tuple[str, ...] = ()
        kind = look(path).still
        if kind in _READERS:
            image, self.reader = _by_pillow(path, kind)
        elif kind in READABLE or not kind:
            image, self.reader = self._by_opencv(path, kind), f"OpenCV {cv2.__version__}"
        else:
            message = f"{shown(path)}: {kind} files are not read; save it as JPEG or PNG"
            raise SourceError(message)
        self._frame = Frame(0.0, np.ascontiguousarray(turned(image, turn)))
        self.info = SourceInfo(
            "picture", path.name, self._frame.size_px, 1, 0.0, self.reader,
            turn.rotate_deg, turn.mirror,
        )  # fmt: skip

    def _by_opencv(self, path: Path, kind: str) -> Image:
        name = str(path.absolute())
        with captured_stderr(_COMPLAINT) as said:
            image, divided_by = _decoded(name, may_be_clear=kind != "JPEG")
            pages = cv2.imcount(name) if image is not None else 0
            damaged = any(map(_COMPLAINT.match, said().splitlines()))
        if divided_by == 0:
            raise SourceError(_TOO_LARGE.format(shown(path)))
        if image is None:
            message = f"{shown(path)}: not a picture that can be read; save it again as jpg or png"
            raise SourceError(message)
        if damaged:
            self._warnings += ("the file is damaged: parts of the picture may be missing",)
        if divided_by > 1:
            self._warnings += (f"the picture is very large and was read at 1/{divided_by} size",)
        if pages > 1:
            self._warnings += (f"the file holds {pages} pictures; only the first was judged",)
        return image

    def frames(self) -> Iterator[Frame]:
        """Yield the image."""
        yield self._frame

    def warnings(self) -> tuple[str, ...]:
        """Return the problems found, one sentence each."""
        return self._warnings

    def close(self) -> None:
        """Do nothing; the file is closed already."""


_REDUCED: Final = (
    (1, cv2.IMREAD_COLOR),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (8, cv2.IMREAD_REDUCED_COLOR_8),
)
"""Sizes in which OpenCV decodes a JPEG without ever holding the whole picture."""


def _decoded(name: str, *, may_be_clear: bool) -> tuple[Image | None, int]:
    """Return a picture, with an alpha channel blended onto the background, and its reduction.

    None if it can't be decoded. The reduction is the number by which both sides are divided: 0 if
    even the smallest reduction that the format has is too large.

    Args:
        name: of the file.
        may_be_clear: whether the format has an alpha channel.
    """
    for divided_by, flag in _REDUCED:
        try:
            image = cv2.imread(name, flag)
        except cv2.error:  # the header announces more than MOST_PIXELS
            continue
        if image is None or divided_by > 1 or not may_be_clear:
            return None if image is None else image.astype(np.uint8, copy=False), divided_by
        with suppress(cv2.error):
            as_stored = cv2.imread(name, cv2.IMREAD_UNCHANGED)
            if as_stored is not None and _has_alpha(as_stored, image.shape[:2]):
                del image
                return on_background(as_stored.astype(np.uint8, copy=False)), 1
        return image.astype(np.uint8, copy=False), 1
    return None, 0


def _has_alpha(as_stored: NDArray[Any], size: tuple[int, ...]) -> bool:
    """Whether an image has an 8-bit alpha channel and no orientation mark that turns it."""
    return as_stored.dtype == np.uint8 and as_stored.shape == (*size, 4)


def _by_pillow(path: Path, kind: str) -> tuple[Image, str]:
    """Return an image that OpenCV does not read, and the name of its reader.

    Raises:
        SourceError: if no reader is installed, or it is damaged.
    """
    try:
        from PIL import Image as Pillow, ImageOps, __version__  # noqa: PLC0415, I001 - an extra

        plugin = import_module(_READERS[kind])
        register = getattr(plugin, "register_heif_opener", None)
        if register is not None:
            register()
    except ImportError as error:
        if kind in {"HEIC", "HEIF"} and (whole := _of_one_piece(path)) is not None:
            return whole
        message = (
            f'{shown(path)}: {kind} is read with an extra: pip install "posecheck[photos]"; '
            "or save it as JPEG"
        )
        raise SourceError(message) from error
    try:
        with Pillow.open(path) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise SourceError(_TOO_LARGE.format(shown(path)))
            upright = ImageOps.exif_transpose(opened)
            rgba = np.asarray(upright.convert("RGBA"))
    # The plugin for JPEG XL raises RuntimeError for what it can't read.
    except (OSError, RuntimeError, ValueError, SyntaxError, Pillow.DecompressionBombError) as error:
        message = f"{shown(path)}: a {kind} picture that can't be read; save it again as JPEG"
        raise SourceError(message) from error
    return on_background(rgba[..., [2, 1, 0, 3]]), f"Pillow {__version__}"


def _of_one_piece(path: Path) -> tuple[Image, str] | None:
    """Return a HEIC image that is not made of tiles; None for all other files."""
    from posecheck.sources.decode import Decoder  # noqa: PLC0415 - only for such a file
    from posecheck.sources.upright import Shape, image_of, pixel_shape  # noqa: PLC0415

    try:
        decoder = Decoder(path)
    except SourceError:
        return None
    with closing(decoder):
        if len(decoder.container.streams) != 1:
            return None
        frame = next(decoder.pictures(), None)
        if frame is None:
            return None
        return image_of(frame, Shape(pixel_shape(), AS_STORED)), "PyAV"


_MOST_ANIMATED_BYTES: Final = 400_000_000
"""Largest memory of an animation's frames, which are all decoded at once."""

_TOO_LONG: Final = "{}: too long or too large for an animated picture; save it as mp4"

SHORTEST_S: Final = 0.1
"""Seconds that a frame is shown if the file gives it no duration; the same as in browsers."""


class AnimationSource:
    """A recording that is stored as an animated image; it begins at 0 s."""

    def __init__(self, path: Path, turn: Turn = AS_STORED) -> None:
        """Read an animation.

        Args:
            path: the file.
            turn: how to turn and mirror the frames.

        Raises:
            SourceError: if it can't be decoded.
        """
        name = str(path.absolute())
        try:
            good, animation = cv2.imreadanimation(name, 0, 1)
            if good and animation.frames[0].nbytes * cv2.imcount(name) > _MOST_ANIMATED_BYTES:
                raise SourceError(_TOO_LONG.format(shown(path)))
            good, animation = cv2.imreadanimation(name)
        except (cv2.error, IndexError):
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
        """Yield the frames in the order of time."""
        repeats, t_s = CodedRepeats(), 0.0
        for image, lasting_s in zip(self._images, self._lasting_s, strict=True):
            if self._closed:
                return
            shown_image = np.ascontiguousarray(turned(image, self._turn).copy())
            yield Frame(t_s, shown_image, repeats.look(t_s, shown_image))
            t_s += lasting_s

    def warnings(self) -> tuple[str, ...]:
        """Return no warnings: a decoded animation is complete."""
        return ()

    def close(self) -> None:
        """Stop; the file is closed already."""
        self._closed = True


def _opaque(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return on_background(image) if image.shape[2:] == (4,) else image[..., :3]
