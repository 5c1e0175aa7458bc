"""List of the cameras, and the reasons why one can't be used; no camera is switched on.

OpenCV neither lists cameras nor gives the reason why one can't be opened; the Linux kernel does
both. The numbers and layouts are those of ``linux/videodev2.h``.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import struct
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from posecheck.errors import InstallationError, shown
from posecheck.system import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


MODES_MAX: Final = 1000
"""Largest number of modes read from a camera, for drivers whose list never ends."""

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
    """One mode that a camera offers.

    Attributes:
        fourcc: coding of the frames, such as "MJPG" or "YUYV".
        size_px: width and height.
        fps: highest number of frames per second.
    """

    fourcc: str
    size_px: tuple[int, int]
    fps: float


def camera_name(handle: int) -> str | None:
    """Return the name of an opened camera; None if the device is not a camera.

    A webcam often has a second device that gives only data about its frames.
    """
    answer = _ask(handle, _QUERYCAP, bytes(_CAPABILITY.size))
    if answer is None:
        return None
    _, card, _, _, whole, device = _CAPABILITY.unpack(answer)
    abilities = device if whole & _CAP_DEVICE_CAPS else whole
    return _text(card) if abilities & _CAP_VIDEO_CAPTURE else None


def is_free(handle: int) -> bool:
    """Whether no other program takes frames from an opened camera; its light stays off."""
    one = _BUFFERS.pack(1, _CAPTURE, _MEMORY_MMAP, 0, 0)
    none = _BUFFERS.pack(0, _CAPTURE, _MEMORY_MMAP, 0, 0)
    try:
        _call(handle, _REQBUFS, one)
        _call(handle, _REQBUFS, none)
    except OSError as error:
        return error.errno != errno.EBUSY
    return True


def modes(handle: int, wanted_px: tuple[int, int]) -> tuple[Mode, ...]:
    """Return the modes of an opened camera.

    Args:
        handle: an open file descriptor.
        wanted_px: size used if the camera offers every size up to a limit.
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
    """Return the highest number of frames per second; 0 if the driver gives none."""
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
    """Return the driver's answer; None if there is none."""
    try:
        return _call(handle, request, question)
    except OSError:
        return None


def _call(handle: int, request: int, question: bytes) -> bytes:
    answer = bytearray(question)
    if sys.platform != "win32":
        import fcntl  # noqa: PLC0415 - not on Windows

        fcntl.ioctl(handle, request, answer)
    return bytes(answer)


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode(errors="replace").strip()


WANTED_PX: Final = (1280, 720)
"""Image size to ask for, in pixels. Larger images cost time without better landmarks; smaller ones
cost accuracy."""

ENOUGH_FPS: Final = 24.0
"""Frames per second that are enough: a smaller image at this rate is better than a larger one below
it."""

LINUX: Final = sys.platform == "linux"

OPENCV_API: Final = {"win32": "CAP_MSMF", "darwin": "CAP_AVFOUNDATION"}.get(sys.platform, "CAP_ANY")
"""OpenCV interface by which cameras are listed and opened on systems without V4L2; a camera's
number is valid only within one interface."""

_NUMBERS: Final = range(64)
_UNCOMPRESSED: Final = ("YUYV", "UYVY", "NV12", "NV21", "YU12", "YV12", "BGR3", "RGB3")
_COMPRESSED: Final = ("MJPG", "JPEG")
"""Codings that OpenCV reads in colour; uncompressed frames cost less to decode."""


class Problem(StrEnum):
    """Reason why a camera can't be used."""

    MISSING = "missing"
    FORBIDDEN = "no permission"
    BUSY = "busy"
    NO_CAMERA = "no camera"
    BROKEN = "broken"


_REMEDIES: Final = {
    Problem.MISSING: "{}: there is no such camera; plug one in, or see: posecheck cameras",
    Problem.FORBIDDEN: "{}: no permission to use this camera; add yourself to the group video "
    "(sudo usermod -aG video $USER) and log in again",
    Problem.BUSY: "{}: another program uses this camera; close it (a video call, a browser tab)",
    Problem.NO_CAMERA: "{}: is no camera that gives pictures; choose one from: posecheck cameras",
    Problem.BROKEN: "{}: this camera does not work; unplug it and plug it in again",
}


_PROBLEMS: Final = {
    errno.ENOENT: Problem.MISSING,
    errno.ENOTDIR: Problem.MISSING,
    errno.ENODEV: Problem.MISSING,
    errno.ENXIO: Problem.MISSING,
    errno.EACCES: Problem.FORBIDDEN,
    errno.EPERM: Problem.FORBIDDEN,
    errno.EBUSY: Problem.BUSY,
}


def sentence(problem: Problem, title: str) -> str:
    """Return one line: the problem of a camera and what to do."""
    return _REMEDIES[problem].format(title)


@dataclass(frozen=True, slots=True)
class Device:
    """A camera, or a device that turned out to be none.

    Attributes:
        index: its number, as ``--camera`` takes it; -1 if it has none.
        path: the device; the number as text where devices have no path.
        name: the name that it reports.
        mode: the mode that posecheck would ask for; None if it reports none.
        problem: the reason why it can't be used; None if it can.
    """

    index: int
    path: str
    name: str
    mode: Mode | None
    problem: Problem | None


def find() -> tuple[Device, ...]:
    """Return the cameras of this machine, without devices that give only data.

    No camera is switched on. On macOS and Windows the system lists them by name, without their
    modes and without whether they are free.

    Raises:
        InstallationError: if this system's cameras can't be listed.
    """
    if not LINUX:
        return _listed_by_system()
    # Asked for one by one: that finds them in the order of their numbers.
    paths = [f"/dev/video{number}" for number in _NUMBERS]
    devices = [look_at(path) for path in paths if Path(path).exists()]
    return tuple(device for device in devices if device.problem is not Problem.NO_CAMERA)


def default() -> str:
    """Return the number of the first camera that can be used; "0" if there is none.

    Opening "0" then gives the reason.
    """
    usable = [device for device in find() if device.problem is None] if LINUX else []
    return str(usable[0].index) if usable else "0"


def look_at(path: str, wanted_px: tuple[int, int] = WANTED_PX) -> Device:
    """Return the facts about a device file on Linux, without switching it on."""
    index = _index(path)
    try:
        if not stat.S_ISCHR(os.stat(path).st_mode):  # noqa: PTH116 - a link is followed
            return Device(index, path, "", None, Problem.NO_CAMERA)
        handle = os.open(path, os.O_RDWR | files.NOT_WAITING)
    except (OSError, ValueError) as error:
        problem = _PROBLEMS.get(getattr(error, "errno", 0), Problem.BROKEN)
        return Device(index, path, _name_from_system(index), None, problem)
    try:
        name = camera_name(handle)
        if name is None:
            return Device(index, path, "", None, Problem.NO_CAMERA)
        mode = best_mode(modes(handle, wanted_px), wanted_px)
        return Device(index, path, shown(name), mode, None if is_free(handle) else Problem.BUSY)
    finally:
        os.close(handle)


def best_mode(modes: Sequence[Mode], wanted_px: tuple[int, int] = WANTED_PX) -> Mode | None:
    """Return the mode to ask for: first fast enough, then nearest in size, then cheapest.

    Many webcams give the wanted size at full rate only as MJPG, others also uncompressed.
    """

    def rank(mode: Mode) -> tuple[float, float, bool, float]:
        off = abs(mode.size_px[0] - wanted_px[0]) + abs(mode.size_px[1] - wanted_px[1])
        fps = min(mode.fps or ENOUGH_FPS, ENOUGH_FPS)  # some drivers do not say
        return -fps, off, mode.fourcc not in _UNCOMPRESSED, -mode.fps

    readable = [mode for mode in modes if mode.fourcc in _UNCOMPRESSED + _COMPRESSED]
    return min(readable, key=rank, default=None)


def _index(path: str) -> int:
    found = re.fullmatch(r"/dev/video(\d+)", path)
    return int(found[1]) if found else -1


def _name_from_system(index: int) -> str:
    """Return the name of a camera that can't be opened; empty if it is unknown."""
    try:
        return Path(f"/sys/class/video4linux/video{index}/name").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _listed_by_system() -> tuple[Device, ...]:
    """Return the cameras that macOS (AVFoundation) or Windows (Media Foundation) lists."""
    from posecheck.system.opencv import cv2  # noqa: PLC0415 - slow to load, and Linux does without

    enumerate_cameras = _lister()
    if enumerate_cameras is None:
        message = (
            "cameras can't be listed on this system; name one by its number (--camera 0), or on "
            "macOS and Windows run: pip install cv2-enumerate-cameras"
        )
        raise InstallationError(message)
    return tuple(
        Device(found.index, str(found.index), shown(found.name), None, None)
        for found in enumerate_cameras(getattr(cv2, OPENCV_API))
    )


def _lister() -> Callable[[int], list[Any]] | None:
    """Return a function that lists cameras without opening them; None if there is none."""
    if OPENCV_API == "CAP_ANY":  # there the library would open one camera after the other
        return None
    try:
        from cv2_enumerate_cameras import enumerate_cameras  # noqa: PLC0415 - not on Linux
    except ImportError:
        return None
    listed: Callable[[int], list[Any]] = enumerate_cameras
    return listed
