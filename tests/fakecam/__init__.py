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


class FakeCamera:
    """A camera for other processes, with its faults in hand; switches work at once."""

    def __init__(self, pictures: Pictures, folder: Path, *, loops: bool = True) -> None:
        """Make a camera that is plugged in as ``/dev/video0`` and works.

        Args:
            pictures: what it sees, at what size and rate.
            folder: where the control file goes.
            loops: whether the pictures begin again after the last, or the last one stays.
        """
        path = folder / f"camera-{time.monotonic_ns()}"
        path.write_bytes(bytes(_WORD.size * len(_Word)))
        with path.open("r+b") as file:
            self._words = mmap.mmap(file.fileno(), 0)
        self.pictures = pictures
        self.environment: Final = {
            "LD_PRELOAD": str(library()),
            "FAKECAM_CONTROL": str(path),
            "FAKECAM_PICTURES": str(pictures.path),
        }
        self._set(_Word.WIDTH, pictures.size_px[0])
        self._set(_Word.HEIGHT, pictures.size_px[1])
        self._set(_Word.FPS, pictures.fps)
        self._set(_Word.FOURCC, int.from_bytes(pictures.fourcc.encode(), "little"))
        self._set(_Word.LOOPS, loops)
        self._set(_Word.PLUGGED, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._words.close()

    def unplug(self) -> None:
        """Pull the cable; whoever has the camera open has lost it for good."""
        self._set(_Word.PLUGGED, 0)

    def plug_in(self, number: int = 0) -> None:
        """Plug it in (again) as ``/dev/video<number>``."""
        self._set(_Word.GENERATION, self._get(_Word.GENERATION) + 1)
        self._set(_Word.NUMBER, number)
        self._set(_Word.PLUGGED, 1)

    def is_busy(self, where: Busy) -> None:
        """Let another program use it, or not (FREE)."""
        self._set(_Word.BUSY, where)

    def forbids(self, yes: bool) -> None:  # noqa: FBT001 - a switch, on or off
        """Take the permission to open it."""
        self._set(_Word.FORBIDDEN, yes)

    def stalls(self, yes: bool) -> None:  # noqa: FBT001 - a switch, on or off
        """Send no pictures, without any error."""
        self._set(_Word.STALLED, yes)

    def is_covered(self, yes: bool) -> None:  # noqa: FBT001 - a switch, on or off
        """Close the lens cover: black pictures with a little noise."""
        self._set(_Word.BLACK, yes)

    def sends_halves(self, yes: bool) -> None:  # noqa: FBT001 - a switch, on or off
        """Cut every picture in half, as over a bad cable."""
        self._set(_Word.DAMAGED, yes)

    def stamps(self, kind: Stamps) -> None:
        """Choose what the driver writes on its pictures."""
        self._set(_Word.STAMPS, kind)

    def wait_at_first(self) -> None:
        """Show the first picture until `begin`."""
        self._set(_Word.BEGIN_NS, _LATER_NS)

    def begin(self) -> None:
        """Show the pictures from the first one on; without it they begin with the stream.

        They then go on by the clock, also while nobody looks or the camera is unplugged.
        """
        self._set(_Word.BEGIN_NS, time.monotonic_ns())

    @property
    def is_streaming(self) -> bool:
        """Whether its light is on."""
        return self._get(_Word.STREAMING) != 0

    @property
    def opened(self) -> int:
        """How often it was opened."""
        return self._get(_Word.OPENED)

    @property
    def sent(self) -> int:
        """Pictures that were handed over."""
        return self._get(_Word.SENT)

    @property
    def skipped(self) -> int:
        """Pictures for which no buffer was free in time."""
        return self._get(_Word.SKIPPED)

    def _get(self, word: _Word) -> int:
        value: int = _WORD.unpack_from(self._words, word * _WORD.size)[0]
        return value

    def _set(self, word: _Word, value: int) -> None:
        _WORD.pack_into(self._words, word * _WORD.size, value)
