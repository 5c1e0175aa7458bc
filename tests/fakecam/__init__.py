"""A camera that is not there, for tests and benchmarks of everything that uses one.

Linux with a C compiler only (`why_not` says what is missing). Another process sees a
``/dev/video0`` and uses it through OpenCV's real V4L2 backend; this one plugs and blocks
it meanwhile::

    pictures = fakecam.numbered(folder)        # or fakecam.from_video(path, folder)
    with FakeCamera(pictures, folder) as camera:
        child = subprocess.Popen(words, env={**os.environ, **camera.environment})
        camera.unplug()
        camera.plug_in()

The shim has to be there when a process starts, so the camera never is in the process
that makes it. ``fakecam.c`` explains what it imitates.
"""

from __future__ import annotations

import mmap
import struct
import time
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Self

from .build import library, why_not
from .pictures import (
    Pictures,
    from_images,
    from_video,
    number_in,
    numbered,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "Busy",
    "FakeCamera",
    "Pictures",
    "Stamps",
    "from_images",
    "from_video",
    "library",
    "number_in",
    "numbered",
    "why_not",
]


class Busy(IntEnum):
    """Where another program's use of the camera shows."""

    FREE = 0
    AT_OPEN = 1
    AT_FORMAT = 2  # as USB cameras do
    AT_START = 3


class Stamps(IntEnum):
    """What the driver writes on its pictures."""

    MONOTONIC = 0
    WALL_CLOCK = 1
    NONE = 2


class _Word(IntEnum):
    """The control file's 64-bit words, in the order of ``enum word`` in fakecam.c."""

    WIDTH = 0
    HEIGHT = 1
    FPS = 2
    FOURCC = 3
    NUMBER = 4
    PLUGGED = 5
    GENERATION = 6
    BUSY = 7
    FORBIDDEN = 8
    STALLED = 9
    BLACK = 10
    DAMAGED = 11
    STAMPS = 12
    LOOPS = 13
    BEGIN_NS = 14
    OPENED = 15
    STREAMING = 16
    SENT = 17
    SKIPPED = 18


_WORD: Final = struct.Struct("=q")
_LATER_NS: Final = 10**18  # decades from now


class _Switch:
    """An attribute of a camera that is kept in the control file."""

    def __init__(self, word: _Word) -> None:
        self._word = word

    def __get__(self, camera: FakeCamera, _: type[FakeCamera]) -> int:
        value: int = _WORD.unpack_from(camera.words, self._word * _WORD.size)[0]
        return value

    def __set__(self, camera: FakeCamera, value: int) -> None:
        _WORD.pack_into(camera.words, self._word * _WORD.size, value)


class FakeCamera:
    """A camera for other processes, with its faults in hand; switches work at once.

    Attributes:
        busy: where another program's use of it shows, a `Busy`.
        forbidden: whether there is no permission to open it.
        stalled: whether it sends no pictures, without any error.
        covered: whether its lens is covered: black pictures with a little noise.
        halved: whether every picture is cut in half, as over a bad cable.
        stamps: what the driver writes on its pictures, a `Stamps`.
        streaming: the process that takes pictures with it, the light is on; 0 if none does.
        opened: how often it was opened.
        sent: pictures that were handed over.
        skipped: pictures for which no buffer was free in time.
    """

    busy = _Switch(_Word.BUSY)
    forbidden = _Switch(_Word.FORBIDDEN)
    stalled = _Switch(_Word.STALLED)
    covered = _Switch(_Word.BLACK)
    halved = _Switch(_Word.DAMAGED)
    stamps = _Switch(_Word.STAMPS)
    streaming = _Switch(_Word.STREAMING)
    opened = _Switch(_Word.OPENED)
    sent = _Switch(_Word.SENT)
    skipped = _Switch(_Word.SKIPPED)
    _width = _Switch(_Word.WIDTH)
    _height = _Switch(_Word.HEIGHT)
    _fps = _Switch(_Word.FPS)
    _fourcc = _Switch(_Word.FOURCC)
    _loops = _Switch(_Word.LOOPS)
    _plugged = _Switch(_Word.PLUGGED)
    _generation = _Switch(_Word.GENERATION)
    _number = _Switch(_Word.NUMBER)
    _begin_ns = _Switch(_Word.BEGIN_NS)

    def __init__(self, pictures: Pictures, folder: Path, *, loops: bool = True) -> None:
        """Make a camera that is plugged in as ``/dev/video0`` and works.

        Args:
            pictures: what it sees, at what size and rate.
            folder: where the control file goes.
            loops: whether the pictures begin again after the last, or the last two stay.
        """
        path = folder / f"camera-{time.monotonic_ns()}"
        path.write_bytes(bytes(_WORD.size * len(_Word)))
        with path.open("r+b") as file:
            self.words = mmap.mmap(file.fileno(), 0)
        self.pictures = pictures
        self.environment: Final = {
            "LD_PRELOAD": str(library()),
            "FAKECAM_CONTROL": str(path),
            "FAKECAM_PICTURES": str(pictures.path),
        }
        self._width, self._height = pictures.size_px
        self._fps, self._loops = pictures.fps, loops
        self._fourcc = int.from_bytes(pictures.fourcc.encode(), "little")
        self._plugged = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.words.close()

    def unplug(self) -> None:
        """Pull the cable; whoever has the camera open has lost it for good."""
        self._plugged = False

    def plug_in(self, number: int = 0) -> None:
        """Plug it in (again) as ``/dev/video<number>``."""
        self._generation += 1
        self._number = number
        self._plugged = True

    def wait_at_first(self) -> None:
        """Show the first two pictures in turn until `begin`."""
        self._begin_ns = _LATER_NS

    def begin(self) -> None:
        """Show the pictures from the first one on; without it they begin with the stream.

        They then go on by the clock, also while nobody looks or the camera is unplugged.
        """
        self._begin_ns = time.monotonic_ns()
