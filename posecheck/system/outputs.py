"""Output files: free names, new files, errors in one line.

`captured_stderr` keeps the output of native libraries on file descriptor 2 off the terminal.

MediaPipe, libpng and libjpeg write there in spite of all settings, so the descriptor is redirected
for a short time. This affects the whole process, so only one redirection is active at a time. A
thread that must not wait, such as the one that reads a camera, continues without it.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import threading
import unicodedata
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from posecheck.errors import OutputError, shown

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Sequence
    from io import BufferedWriter


IN_FOLDER: Final = "choose another folder with --out"
"""Remedy if posecheck chose the file's name, and the user its folder."""

NAMED: Final = "choose another name or place"
"""Remedy if the user chose the file's name."""

_CAUSES: Final = {
    errno.ENOSPC: "the disk is full; make room or {}",
    errno.EDQUOT: "the disk quota is used up; make room or {}",
    errno.EACCES: "no permission to write there; {}",
    errno.EPERM: "no permission to write there; {}",
    errno.EROFS: "the disk is read-only; {}",
    errno.EEXIST: "it exists already and is not overwritten; {}",
    errno.EISDIR: "there is a folder of this name; {}",
    errno.ENOENT: "its folder does not exist; make it, or {}",
    errno.ENOTDIR: "a part of this path is a file, not a folder; {}",
}
_TOO_LONG: Final = {
    IN_FOLDER: "the path is too long; choose a folder with a shorter path with --out",
    NAMED: "the name is too long; choose a shorter one",
}

PRIVATE_FOLDER: Final = 0o700
PRIVATE_FILE: Final = 0o600
"""Permissions of what posecheck makes: it is about a person's body. Systems without such
permissions, as Windows, keep it in the user's own folders."""

NAME_BYTES: Final = 255
"""Longest name of a file in most file systems, in bytes of UTF-8."""

BESIDE_BYTES: Final = 64
"""Bytes kept free for the endings of files beside a session: a number (6 bytes), an annotator's
name of 40 bytes between points, and ``.annotations.json``."""


def failed(path: Path, error: OSError, remedy: str = IN_FOLDER) -> OutputError:
    """Return the error for a file that could not be written: file, cause, remedy.

    Args:
        path: the file.
        error: the cause.
        remedy: `IN_FOLDER` or `NAMED`.
    """
    if error.errno == errno.ENAMETOOLONG:
        cause = _TOO_LONG[remedy]
    elif (known := _CAUSES.get(error.errno or 0)) is not None:
        cause = known.format(remedy)
    else:
        cause = error.strerror or str(error)
    return OutputError(f"{shown(path)}: cannot be written: {cause}")


def check_new(path: Path) -> None:
    """Refuse the name of a file that the user chose, if it exists or can't be created.

    Raises:
        OutputError: if so.
    """
    try:
        path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise failed(path, error, NAMED) from error
    except ValueError as error:
        message = f"{shown(path)}: cannot be written: {error}; {NAMED}"
        raise OutputError(message) from error
    raise failed(path, FileExistsError(errno.EEXIST, ""), NAMED)


def make_folder(folder: Path) -> None:
    """Make a folder for results if it is not there; only its owner can look into it.

    Raises:
        OutputError: if that is not possible.
    """
    missing = [folder]
    try:
        while not os.path.lexists(missing[-1].parent):
            missing.append(missing[-1].parent)
        for part in reversed(missing):
            part.mkdir(PRIVATE_FOLDER, exist_ok=True)
    except (OSError, ValueError) as error:
        cause = error if isinstance(error, OSError) else OSError(errno.EINVAL, str(error))
        raise failed(folder, cause) from error


def new_file(path: Path) -> BufferedWriter:
    """Return a new file for writing, which only its owner can read.

    Raises:
        OSError: if it exists or can't be created.
        ValueError: if the name holds a NUL.
    """
    return open(path, "xb", opener=private)


def fill(file: BufferedWriter, path: Path, content: bytes, remedy: str = IN_FOLDER) -> None:
    """Write the content of a new file and close it; a file written in part is removed.

    Args:
        file: what `new_file` returned.
        path: its name.
        content: all of its bytes.
        remedy: `IN_FOLDER` or `NAMED`.

    Raises:
        OutputError: if it can't be written.
    """
    try:
        with file:
            file.write(content)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise failed(path, error, remedy) from error


def private(name: str, flags: int) -> int:
    """Open a file for `open` so that only its owner can read it; return the descriptor."""
    return os.open(name, flags, PRIVATE_FILE)


def readable_by_others(folder: Path) -> int:
    """Return the number of files and folders, from a folder on, that other users can read.

    0 where the system has no such permissions, and for a folder that is not there.
    """
    if not hasattr(os, "getuid"):
        return 0
    places = [folder, *(Path(at) / name for at, _, names in os.walk(folder) for name in names)]
    count = 0
    for place in places:
        with suppress(OSError):
            count += bool(place.lstat().st_mode & 0o044)
    return count


def free_names(folder: Path, stem: str, suffixes: Sequence[str]) -> tuple[Path, ...]:
    """Return paths ``folder/stem + suffix`` of which none exists yet.

    If one exists, all get the first number for which none does: ``stem-2.jsonl``. A stem that
    leaves no room for that, or for the files beside a session, is shortened.

    Raises:
        OutputError: if the folder can't be looked into or its path is too long.
    """
    stem = shortened(stem, _longest(folder) - BESIDE_BYTES)
    number = 1
    while True:
        numbered = stem if number == 1 else f"{stem}-{number}"
        paths = tuple(folder / f"{numbered}{suffix}" for suffix in suffixes)
        if not any(_is_taken(path) for path in paths):
            return paths
        number += 1


def shortened(stem: str, most_bytes: int) -> str:
    """Return the beginning of a name, at most ``most_bytes`` long, cut between letters."""
    if len(os.fsencode(stem)) <= most_bytes:
        return stem
    count = len(os.fsencode(stem)[:most_bytes].decode(errors="ignore"))
    while count > 1 and unicodedata.combining(stem[count]):
        count -= 1  # an accent stays with its letter
    return stem[:count].rstrip(" .") or stem[:count]


def _longest(folder: Path) -> int:
    """Return the longest name in a folder, in bytes."""
    if sys.platform != "win32":
        with suppress(OSError, ValueError):  # the file system does not say
            return min(os.pathconf(folder, "PC_NAME_MAX"), NAME_BYTES)
    return NAME_BYTES


def _is_taken(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise failed(path, error) from error
    return True


_STDERR: Final = 2
_ONE_AT_A_TIME: Final = threading.RLock()


@contextmanager
def captured_stderr(
    noise: re.Pattern[str] | None = None, *, wait: bool = True
) -> Iterator[Callable[[], str]]:
    """Redirect file descriptor 2; yield a function that returns what was written so far.

    After an exception the captured text is attached to it as a note. Without a usable descriptor 2,
    or a place to keep the text, nothing is captured.

    Args:
        noise: pattern of the beginnings of lines that are dropped; others (of other threads) are
            written again afterwards. None drops all.
        wait: whether to wait until no other thread redirects it; otherwise nothing is
            redirected here and nothing is returned as written while another one does.
    """
    if not _ONE_AT_A_TIME.acquire(blocking=wait):
        yield lambda: ""
        return
    try:
        if sys.stderr is not None:
            with suppress(OSError, ValueError):
                sys.stderr.flush()
        try:
            kept = os.dup(_STDERR)
        except OSError:  # closed: there is nothing to keep quiet
            yield lambda: ""
            return
        try:
            catcher = _catcher()
        except OSError:  # no descriptor left: rather noise than no result
            os.close(kept)
            yield lambda: ""
            return
        os.dup2(catcher, _STDERR)
        try:
            yield lambda: _written(catcher)
        except BaseException as error:
            error.add_note(_written(catcher))
            raise
        finally:
            os.dup2(kept, _STDERR)
            os.close(kept)
            if noise is not None:
                _write_again(_written(catcher), noise)
            os.close(catcher)
    finally:
        _ONE_AT_A_TIME.release()


def _catcher() -> int:
    """Return a descriptor that takes text: in memory, in a file, or nowhere."""
    if sys.platform == "linux":
        with suppress(OSError):
            return os.memfd_create("posecheck")
    try:
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())
    except OSError:
        return os.open(os.devnull, os.O_RDWR)


def _write_again(text: str, noise: re.Pattern[str]) -> None:
    rest = "".join(line for line in text.splitlines(keepends=True) if not noise.match(line))
    if rest:
        with suppress(OSError):
            os.write(_STDERR, rest.encode())


def _written(catcher: int) -> str:
    size = os.lseek(catcher, 0, os.SEEK_END)
    os.lseek(catcher, 0, os.SEEK_SET)
    text = os.read(catcher, size)
    os.lseek(catcher, 0, os.SEEK_END)
    return text.decode(errors="replace")
