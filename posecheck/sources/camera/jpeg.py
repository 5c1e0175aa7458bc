"""JPEGs of a camera: found among other bytes, and decoded whole or not at all."""

from __future__ import annotations

import re
import struct
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.system.opencv import cv2
from posecheck.system.outputs import captured_stderr

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

_COMPLAINT: Final = re.compile(r"Corrupt JPEG|Premature end|Invalid |Inconsistent |Unsupported ")
"""Beginnings of the messages that libjpeg writes, for some webcams with every frame."""

_LIVING: Final = 3

_LARGEST: Final = 1 << 24
"""Bytes of the largest image; in a longer one the end is missing."""

MOST_CAMERA_PIXELS: Final = 17_000_000
"""Largest picture of a camera that is decoded; several are in memory at once. 4096 x 4096 fits."""

_BEGIN: Final = b"\xff\xd8\xff"
_MARKER: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""Marker within coded data (ITU-T T.81, B.1.1): not an escaped 0xFF, a restart or a fill byte."""

_NEW, _END, _SCAN, _FILLING = 0xD8, 0xD9, 0xDA, 0xFF
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers that are not followed by a length."""

_HEADER: Final = 1 << 20
"""Bytes before the coded data that are looked through for the size."""

_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a frame's header, which holds its height and width (table B.1)."""

_PART_TYPE: Final = re.compile(rb"content-type:[ \t]*([\w/+.-]{1,60})", re.IGNORECASE)
_LONGEST_TYPE: Final = 80
"""Bytes of the longest media type that is found when it arrives in two pieces."""


class JpegDecoder:
    """Decoder of one camera's frames.

    Attributes:
        too_large_px: width and height of the last picture that was too large; None if none was.
    """

    def __init__(self) -> None:
        """Begin."""
        self.too_large_px: tuple[int, int] | None = None
        # While the last few live on, their memory is not given back to the system and asked
        # for again with every frame, which would take longer than decoding.
        self._recent: deque[NDArray[np.uint8]] = deque(maxlen=_LIVING)

    def decode(self, coded: NDArray[Any]) -> NDArray[np.uint8] | None:
        """Return a JPEG's image; None if it is damaged, or larger than `MOST_CAMERA_PIXELS`.

        Args:
            coded: the bytes, uint8.
        """
        width, height = size_px(coded.reshape(-1)[:_HEADER].tobytes())
        if width * height > MOST_CAMERA_PIXELS:
            self.too_large_px = width, height
        if not 0 < width * height <= MOST_CAMERA_PIXELS:
            return None
        # A line of noise is better than a frame that comes too late.
        decoded = None
        with captured_stderr(_COMPLAINT, wait=False), suppress(cv2.error):
            decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
        if decoded is None:
            return None
        image = decoded.astype(np.uint8, copy=False)
        self._recent.append(image)
        return image


def size_px(coded: bytes) -> tuple[int, int]:
    """Return width and height that a JPEG's header announces; zeros if it announces none.

    Only what stands before the coded data is read (ITU-T T.81, B.2.2).
    """
    place = len(_BEGIN) - 1
    while 0 <= (place := coded.find(_FILLING, place)) <= len(coded) - 9:
        kind = coded[place + 1]
        if kind in _FRAMES:
            height, width = struct.unpack_from(">HH", coded, place + 5)
            return width, height
        if kind in {_SCAN, _END}:
            break
        if kind == _FILLING:
            place += 1
        else:
            alone = kind in _ALONE or kind == _NEW
            place += 2 if alone else 2 + int.from_bytes(coded[place + 2 : place + 4])
    return 0, 0


class JpegFinder:
    """Finder of whole JPEGs in a stream of bytes; bytes between them are ignored.

    Attributes:
        part_type: the last media type given between frames; "" if none.
    """

    def __init__(self) -> None:
        """Begin."""
        self.part_type = ""
        self._between = b""
        self._bytes = bytearray()
        self._begun = self._coded = False
        self._place = 0

    def feed(self, received: bytes) -> list[bytes]:
        """Take in bytes; return the frames that they complete, in order."""
        self._bytes += received
        found = []
        while (picture := self._next()) is not None:
            found.append(picture)
        return found

    def _next(self) -> bytes | None:
        """Return the next whole frame; None until more bytes come."""
        while self._begun or self._begin():
            end = self._end()
            if end is None and len(self._bytes) <= _LARGEST:
                return None
            if end:
                picture = bytes(self._bytes[:end])
                self._leave(end)
                return picture
            self._leave(len(_BEGIN) - 1)  # it is damaged; the next one may be whole
        return None

    def _begin(self) -> bool:
        """Move to the next beginning of an image; return False if there is none."""
        start = self._bytes.find(_BEGIN)
        passed = start if start >= 0 else max(0, len(self._bytes) - len(_BEGIN) + 1)
        self._between += bytes(self._bytes[:passed])
        for found in _PART_TYPE.finditer(self._between):
            self.part_type = found[1].decode("ascii", "replace").lower()
        self._between = self._between[-_LONGEST_TYPE:]
        del self._bytes[:passed]
        self._begun, self._coded, self._place = start >= 0, False, len(_BEGIN) - 1
        return self._begun

    def _leave(self, count: int) -> None:
        del self._bytes[:count]
        self._begun, self._between = False, b""

    def _end(self) -> int | None:
        """Return the end of the image; 0 if it is damaged, None if more bytes are needed."""
        while kind := self._marker():
            if kind == _END:
                return self._place + 2
            if kind == _NEW:  # another one begins before the end of this one
                return 0
            if kind in _ALONE or kind == _FILLING:
                self._place += 1 if kind == _FILLING else 2
                continue
            end = self._place + 4
            if len(self._bytes) >= end:
                end += int.from_bytes(self._bytes[end - 2 : end]) - 2  # it counts itself
            if len(self._bytes) < end:
                return None
            if end < self._place + 4:
                return 0
            self._place, self._coded = end, kind == _SCAN
        return kind

    def _marker(self) -> int | None:
        """Return the kind of the next marker; 0 if there is none, None if bytes are missing."""
        if self._coded:
            marker = _MARKER.search(self._bytes, self._place)
            if marker is None:
                self._place = max(self._place, len(self._bytes) - 1)
                return None
            self._place = marker.start()
        if len(self._bytes) < self._place + 2:
            return None
        return self._bytes[self._place + 1] if self._bytes[self._place] == _FILLING else 0
