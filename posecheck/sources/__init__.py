"""Sources of frames: a file or a camera in, images with true times out.

Adding a source is one file here and one line in the table below. A source promises, and a contract
test checks for every registered one:

- ``info`` is known as soon as the source is made; a source that can't be opened raises
  `SourceError` with one line;
- ``frames()`` yields `Frame` values whose times strictly increase, start at 0 or later
  and are the true times of the frames, never index / frame rate;
- every image is uint8, (height, width, 3), blue-green-red, C-contiguous and not reused;
- ``warnings()`` returns, after the last frame, the problems found;
- ``close()`` may be called at any time and more than once.

`posecheck.sources.camera.camera.Camera` promises the same, but is not opened by the name of a
file: no file and no command for files may switch a camera on.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol

from posecheck.errors import SourceError, shown
from posecheck.system import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from posecheck.types import Frame


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """Facts about a source before its first frame.

    Attributes:
        kind: "video", "picture" or "camera".
        name: the file's name; the camera's, or its address without any password.
        size_px: width and height of an image as shown (rotation applied).
        frame_count: frames that the file announces, a hint only; 0 if unknown.
        duration_s: duration that the file announces, a hint only; 0 if unknown.
        reader: the library that read it; empty for cameras and in older sessions.
        rotate_deg, mirror: how the user had the frames turned, see `Turn`.
    """

    kind: Literal["video", "picture", "camera"]
    name: str
    size_px: tuple[int, int]
    frame_count: int
    duration_s: float
    reader: str = ""
    rotate_deg: int = 0
    mirror: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """Turning and mirroring of frames beyond what their file says.

    Attributes:
        rotate_deg: 0, 90, 180 or 270, clockwise.
        mirror: whether left and right are exchanged, after turning.
    """

    rotate_deg: int = 0
    mirror: bool = False


AS_STORED: Final = Turn()
"""No turning or mirroring beyond what the file says."""


class FrameSource(Protocol):
    """A source of frames; see the module's promises."""

    info: SourceInfo

    def frames(self) -> Iterator[Frame]:
        """Yield the frames in the order of time."""
        ...

    def warnings(self) -> tuple[str, ...]:
        """Return the problems found, one sentence each."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class Reader(NamedTuple):
    """A registered source: where its class is, and which files are its own.

    Attributes:
        place: "module:class"; the class takes a path and a `Turn`.
        starts: first bytes of its files, any of them.
        suffixes: endings of its files, in small letters, any of them; for formats that cannot
            be told by their first bytes.
    """

    place: str
    starts: tuple[bytes, ...] = ()
    suffixes: tuple[str, ...] = ()

    def reads(self, file: Path, head: bytes) -> bool:
        """Whether a file that begins with these bytes is this source's own."""
        ending = file.name.casefold().endswith(self.suffixes) if self.suffixes else False
        return ending or head.startswith(self.starts)


_SOURCES: Final[dict[str, Reader]] = {
    "picture": Reader("posecheck.sources.image:PictureSource"),
    "video": Reader("posecheck.sources.video:VideoSource"),
    "animation": Reader("posecheck.sources.image:AnimationSource"),
}
"""All sources. A file goes to the first one whose ``starts`` or ``suffixes`` fit; one that none
of them claims goes to one of the three above, as `posecheck.sources.content` tells."""

RECORDING_SUFFIXES: Final = (
    *(".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mts", ".m2ts", ".ts", ".mpg"),
    *(".mpeg", ".m2v", ".vob", ".mod", ".tod", ".wmv", ".asf", ".flv", ".f4v", ".3gp", ".3g2"),
    *(".ogv", ".mxf", ".dv", ".h264", ".264", ".h265", ".265", ".hevc", ".mjpeg", ".mjpg"),
    *(".gif", ".apng"),
    *(suffix for reader in _SOURCES.values() for suffix in reader.suffixes),
)
"""Usual endings of recordings, in small letters, the most frequent first."""

PICTURE_SUFFIXES: Final = (
    *(".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".webp", ".heic", ".heif", ".avif", ".jxl"),
    *(".tif", ".tiff", ".bmp", ".jp2"),
)
"""Usual endings of still images, in small letters."""

SUFFIXES: Final = RECORDING_SUFFIXES + PICTURE_SUFFIXES
"""Usual endings of readable files. A command that looks for the file of a name uses them, in any
case of the letters; the kind of a file is decided by its content."""


def kinds() -> tuple[str, ...]:
    """Return the kinds of source that are registered."""
    return tuple(_SOURCES)


def open_source(path: str | Path, turn: Turn = AS_STORED) -> FrameSource:
    """Open a file as the kind of source that its content shows.

    Args:
        path: the file; its ending does not matter.
        turn: how to turn and mirror the frames beyond what the file says.

    Raises:
        SourceError: if it is missing, empty, a folder, unreadable or of no known kind.
    """
    file = Path(path)
    _check_file(file)
    from posecheck.sources.content import HEAD_BYTES, look  # noqa: PLC0415 - used only here

    with files.opened(file) as opened:
        head = opened.read(HEAD_BYTES)
    claimed = (kind for kind, reader in _SOURCES.items() if reader.reads(file, head))
    module, name = _SOURCES[next(claimed, None) or look(file).kind].place.split(":")
    source: FrameSource = getattr(import_module(module), name)(file, turn)
    return source


def _check_file(file: Path) -> None:
    try:
        str(file).encode()  # native libraries crash on names that are no text
        mode = file.stat().st_mode
        if stat.S_ISDIR(mode):
            message = f"{shown(file)}: is a folder; name the video files in it"
            raise SourceError(message)
        if not stat.S_ISREG(mode):
            message = f"{shown(file)}: is a pipe or device; name a video file"
            raise SourceError(message)
        with files.opened(file) as opened:
            empty = not opened.read(1)
    except FileNotFoundError as error:
        message = f"{shown(file)}: there is no such file; check the name"
        raise SourceError(message) from error
    except UnicodeEncodeError as error:
        message = f"{shown(file)}: the name is not valid text; rename the file"
        raise SourceError(message) from error
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        message = f"{shown(file)}: cannot be read: {cause}; check its permissions and name"
        raise SourceError(message) from error
    if empty:
        message = f"{shown(file)}: the file is empty; copy or record it again"
        raise SourceError(message)
