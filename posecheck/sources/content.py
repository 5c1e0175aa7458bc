"""Kind of a file, from its first bytes and not from its name.

Signatures as in the formats' own specifications. Every file that is no still image is left to
FFmpeg, which recognises recordings itself.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from posecheck.system import files

if TYPE_CHECKING:
    from pathlib import Path

HEAD_BYTES: Final = 65_536
"""Number of bytes read from the start of a file; an animated PNG is marked within them."""

_STARTS: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"BM", "BMP"),
    (b"8BPS", "Photoshop"),
    (b"%PDF", "PDF"),
    (b"FUJIFILMCCD-RAW", "camera raw"),
    (b"IIRO", "camera raw"),
    (b"IIU\x00", "camera raw"),
    (b"II+\x00", "BigTIFF"),
    (b"MM\x00+", "BigTIFF"),
    (b"\x00\x00\x01\x00", "icon"),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
)

_NEXT_JPEG: Final = b"\xff\xd9\xff\xd8\xff"
_LARGE_JPEG_BYTES: Final = 8_000_000
"""Number of bytes searched for a second JPEG. Consecutive JPEGs are a camera's stream, unless the
first one is marked as having parts."""

_BRANDS: Final = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis"), "HEIC"),
    **dict.fromkeys((b"mif1", b"mif2"), "HEIF"),
    b"avif": "AVIF",
    b"crx ": "camera raw",
}
_DNG_VERSION, _SUBFILE = 0xC612, 0xFE
_BMP_HEADERS: Final = frozenset({12, 40, 52, 56, 64, 108, 124})

READABLE: Final = frozenset({"JPEG", "PNG", "WebP", "GIF", "TIFF", "JPEG 2000", "BMP"})
"""Still image formats that OpenCV reads."""


@dataclass(frozen=True, slots=True)
class Content:
    """Kind of a file.

    Attributes:
        still: the format of a still image, such as "JPEG"; empty for all else.
        animation: whether it is an animation that only OpenCV reads.
    """

    still: str
    animation: bool = False

    @property
    def kind(self) -> str:
        """The kind of source that reads it."""
        if self.still:
            return "picture"
        return "animation" if self.animation else "video"


def look(path: Path) -> Content:
    """Return the kind of a file.

    Raises:
        OSError: if it can't be read.
    """
    with files.opened(path) as file:
        head = file.read(HEAD_BYTES)
        content = content_of(head)
        if content.still == "JPEG" and b"MPF\x00" not in head:
            return Content("" if _NEXT_JPEG in head + file.read(_LARGE_JPEG_BYTES) else "JPEG")
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP" and not content.still:
            return Content("", animation=True)
        return content


def content_of(head: bytes) -> Content:
    """Return the kind of a file from its first bytes."""
    name = ""
    if head[:6] in {b"GIF87a", b"GIF89a"}:
        name = "GIF" if _one_gif_image(head) else ""
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        name = "" if _png_moves(head) else "PNG"
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        name = "" if head[12:16] == b"VP8X" and head[20:21] and head[20] & 2 else "WebP"
    elif head[:4] in {b"II*\x00", b"MM\x00*"}:
        name = "camera raw" if _is_raw(head) else "TIFF"
    elif head[4:8] == b"ftyp":
        name = _still_brand(head)
    elif not head.startswith(b"BM") or _is_bmp(head):
        name = next((name for start, name in _STARTS if head.startswith(start)), "")
    return Content(name)


def _is_bmp(head: bytes) -> bool:
    return int.from_bytes(head[14:18], "little") in _BMP_HEADERS


def _png_moves(head: bytes) -> bool:
    """Whether an animation's control chunk, of more than one frame, stands before the image."""
    place = 8
    while place + 12 <= len(head):
        size, kind = struct.unpack_from(">I4s", head, place)
        if kind == b"acTL":
            return int.from_bytes(head[place + 8 : place + 12], "big") > 1
        if kind == b"IDAT":
            return False
        place += 12 + size
    return False


def _one_gif_image(head: bytes) -> bool:
    """Whether a GIF ends after its first image; False if the first bytes do not show the end."""
    place = 13 + _gif_colours(head, 10)
    images = 0
    while place < len(head):
        if head[place : place + 1] == b";":
            return images == 1
        if head[place : place + 1] == b",":
            images += 1
            place += 10 + _gif_colours(head, place + 9) + 1
        else:
            place += 2
        while place < len(head) and head[place]:
            place += 1 + head[place]
        place += 1
        if images > 1:
            return False
    return False


def _gif_colours(head: bytes, place: int) -> int:
    """Return the size in bytes of the colour table that the byte at a place describes."""
    flags = head[place] if place < len(head) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _is_raw(head: bytes) -> bool:
    """Whether a TIFF is a camera's raw file, whose first frame is only a preview."""
    order = "<" if head[:2] == b"II" else ">"
    if head[8:10] == b"CR":
        return True
    start = int.from_bytes(head[4:8], "little" if order == "<" else "big")
    if start + 2 > len(head):
        return False
    (count,) = struct.unpack_from(f"{order}H", head, start)
    for place in range(start + 2, min(start + 2 + 12 * count, len(head) - 12), 12):
        tag, _, _, value = struct.unpack_from(f"{order}HHII", head, place)
        if tag == _DNG_VERSION or (tag == _SUBFILE and value == 1):  # 1: a smaller copy
            return True
    return False


def _still_brand(head: bytes) -> str:
    """Return the still image's format that an ISO file names; empty for films."""
    size = int.from_bytes(head[:4], "big")
    brands = [head[place : place + 4] for place in (8, *range(16, min(size, 256), 4))]
    named = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    if brands[0] not in _BRANDS:  # a film may name an image's brand after its own
        return ""
    return next((name for name in named if name != "HEIF"), "HEIF")
