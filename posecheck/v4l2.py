"""What a camera on Linux says of itself, without switching it on.

OpenCV neither lists cameras nor says why one can't be opened; the kernel does both. The
numbers and layouts are those of ``linux/videodev2.h``.
"""

from __future__ import annotations

import errno
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MODES_MAX: Final = 1000
"""No camera has so many; a driver that never ends its list is not followed further."""

_CAPTURE: Final = 1
_MEMORY_MMAP: Final = 1
_CAP_VIDEO_CAPTURE: Final = 0x1
_CAP_DEVICE_CAPS: Final = 0x80000000
_DISCRETE: Final = 1

_CAPABILITY: Final = struct.Struct("=16s32s32sIII12x")
_FORMAT: Final = struct.Struct("=III32s4s16x")
_SIZE: Final = struct.Struct("=I4sI6I8x")
_INTERVAL: Final = struct.Struct("=I4sIII6I8x")
_BUFFERS: Final = struct.Struct("=IIIIB3x")


def _number(direction: int, number: int, layout: struct.Struct) -> int:
    """Return the request's number, made as the kernel's ``_IOR`` and ``_IOWR`` do."""
    return direction << 30 | layout.size << 16 | ord("V") << 8 | number


_READ, _BOTH = 2, 3
_QUERYCAP: Final = _number(_READ, 0, _CAPABILITY)
_ENUM_FMT: Final = _number(_BOTH, 2, _FORMAT)
_REQBUFS: Final = _number(_BOTH, 8, _BUFFERS)
_ENUM_FRAMESIZES: Final = _number(_BOTH, 74, _SIZE)
_ENUM_FRAMEINTERVALS: Final = _number(_BOTH, 75, _INTERVAL)


@dataclass(frozen=True, slots=True)
class Mode:
    """One way in which a camera offers its pictures.

    Attributes:
        fourcc: how they are coded, such as "MJPG" or "YUYV".
        size_px: width and height.
        fps: most pictures a second.
    """

    fourcc: str
    size_px: tuple[int, int]
    fps: float


def camera_name(handle: int) -> str | None:
    """Return the name of an opened camera; None if the device is none.

    A webcam often has a second device that gives only data about its pictures.
    """
    answer = _ask(handle, _QUERYCAP, bytes(_CAPABILITY.size))
    if answer is None:
        return None
    _, card, _, _, whole, device = _CAPABILITY.unpack(answer)
    abilities = device if whole & _CAP_DEVICE_CAPS else whole
    return _text(card) if abilities & _CAP_VIDEO_CAPTURE else None


def is_free(handle: int) -> bool:
    """Whether nobody else takes pictures with an opened camera; its light stays off."""
    one = _BUFFERS.pack(1, _CAPTURE, _MEMORY_MMAP, 0, 0)
    none = _BUFFERS.pack(0, _CAPTURE, _MEMORY_MMAP, 0, 0)
    try:
        _call(handle, _REQBUFS, one)
        _call(handle, _REQBUFS, none)
    except OSError as error:
        return error.errno != errno.EBUSY
    return True


def modes(handle: int, wanted_px: tuple[int, int]) -> tuple[Mode, ...]:
    """Return what an opened camera offers.

    Args:
        handle: an open file descriptor.
        wanted_px: taken for a camera's size if it offers every size up to a limit.
    """
    return tuple(
        Mode(fourcc, size_px, _fastest(handle, fourcc, size_px))
        for fourcc in _formats(handle)
        for size_px in _sizes(handle, fourcc, wanted_px)
    )


def _formats(handle: int) -> Iterator[str]:
    for index in range(MODES_MAX):
        asked = _FORMAT.pack(index, _CAPTURE, 0, b"", b"")
        if (answer := _ask(handle, _ENUM_FMT, asked)) is None:
            return
        yield _text(_FORMAT.unpack(answer)[4])


def _sizes(handle: int, fourcc: str, wanted_px: tuple[int, int]) -> Iterator[tuple[int, int]]:
    for index in range(MODES_MAX):
        asked = _SIZE.pack(index, fourcc.encode(), 0, *[0] * 6)
        if (answer := _ask(handle, _ENUM_FRAMESIZES, asked)) is None:
            return
        _, _, kind, *numbers = _SIZE.unpack(answer)
        if kind == _DISCRETE:
            yield numbers[0], numbers[1]
            continue
        least_width, most_width, _, least_height, most_height, _ = numbers
        width = min(max(wanted_px[0], least_width), most_width)
        yield width, min(max(wanted_px[1], least_height), most_height)
        return


def _fastest(handle: int, fourcc: str, size_px: tuple[int, int]) -> float:
    """Return the most pictures a second; 0 if the driver does not say."""
    rates = [0.0]
    for index in range(MODES_MAX):
        asked = _INTERVAL.pack(index, fourcc.encode(), *size_px, 0, *[0] * 6)
        if (answer := _ask(handle, _ENUM_FRAMEINTERVALS, asked)) is None:
            break
        _, _, _, _, kind, numerator, denominator, *_ = _INTERVAL.unpack(answer)
        rates.append(denominator / numerator if numerator else 0.0)
        if kind != _DISCRETE:  # the first of a range is the shortest interval
            break
    return max(rates)


def _ask(handle: int, request: int, question: bytes) -> bytes | None:
    """Return the driver's answer; None if it has none."""
    try:
        return _call(handle, request, question)
    except OSError:
        return None


def _call(handle: int, request: int, question: bytes) -> bytes:
    import fcntl  # noqa: PLC0415 - only Linux and macOS have it

    answer = bytearray(question)
    fcntl.ioctl(handle, request, answer)
    return bytes(answer)


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode(errors="replace").strip()
