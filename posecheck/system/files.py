"""Files in: the one door through which posecheck reads what people exchange.

Only a regular file is opened: a pipe would block for ever, a device has no end. What is read at
once is bounded, so that a file of any size costs no more memory than the largest useful one. Both
are told as an `OSError` whose text (``strerror``) is meant for the user.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader
    from pathlib import Path

MEGABYTE: Final = 1_000_000

LARGEST_SESSION_BYTES: Final = 2_000 * MEGABYTE
"""Largest session file: about five hours at 30 frames a second."""

LONGEST_LINE_BYTES: Final = 10 * MEGABYTE
"""Longest line of a session file; one frame takes about 4,000 bytes."""

LARGEST_NOTES_BYTES: Final = 10 * MEGABYTE
"""Largest file of annotations or labels, in any format."""

LARGEST_EXERCISE_BYTES: Final = 1 * MEGABYTE
"""Largest exercise file."""

LARGEST_MANIFEST_BYTES: Final = 1 * MEGABYTE
"""Largest manifest of models, or file of settings."""

LARGEST_MODEL_BYTES: Final = 500 * MEGABYTE
"""Largest bundle of a pose model."""

LARGEST_TRUTH_BYTES: Final = 50 * MEGABYTE
"""Largest truth of a clip, or kept result of an evaluation."""

_KINDS: Final = (
    (stat.S_ISDIR, "is a folder, not a file"),
    (stat.S_ISFIFO, "is a pipe, not a file"),
    (stat.S_ISSOCK, "is a socket, not a file"),
)
NOT_WAITING: Final = sum(
    getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOCTTY", "O_NONBLOCK")
)
"""Flags for opening a file that may have become a pipe in the meantime; 0 where a system has
none of them."""


def opened(path: Path) -> BufferedReader:
    """Return a regular file, opened for reading; nothing else is waited for or read.

    Raises:
        OSError: if it can't be opened, or is no regular file.
        ValueError: if the name holds a NUL.
    """
    _check_kind(os.stat(path).st_mode)  # noqa: PTH116 - the same call as for a descriptor
    handle = os.open(path, os.O_RDONLY | NOT_WAITING)
    try:
        _check_kind(os.fstat(handle).st_mode)
        return open(handle, "rb")  # noqa: PTH123 - a descriptor; the caller closes it
    except BaseException:
        os.close(handle)
        raise


def content(path: Path, most_bytes: int) -> bytes:
    """Return the content of a regular file.

    Args:
        path: the file.
        most_bytes: the largest size that is read.

    Raises:
        OSError: if it can't be read, is no regular file, or is larger.
        ValueError: if the name holds a NUL.
    """
    with opened(path) as file:
        check_size(file, most_bytes)
        raw = file.read(most_bytes + 1)
    if len(raw) > most_bytes:  # it has grown
        raise _too_large(len(raw), most_bytes)
    return raw


def check_size(file: BufferedReader, most_bytes: int) -> None:
    """Refuse an opened file that is larger.

    Raises:
        OSError: if it is.
    """
    size = os.fstat(file.fileno()).st_size
    if size > most_bytes:
        raise _too_large(size, most_bytes)


def lines(
    file: BufferedReader, longest_bytes: int = LONGEST_LINE_BYTES
) -> Iterator[tuple[bytes, int]]:
    """Yield every line of a file, and the number of its bytes.

    Of a line that is longer than ``longest_bytes`` only the beginning is yielded; the rest is
    read and dropped piece by piece.
    """
    while line := file.readline(longest_bytes):
        size, last = len(line), line
        while len(last) == longest_bytes and not last.endswith(b"\n"):
            last = file.readline(longest_bytes)
            size += len(last)
        yield line, size


def _check_kind(mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    said = next((words for is_kind, words in _KINDS if is_kind(mode)), "is a device, not a file")
    raise OSError(errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL, said)


def _too_large(size: int, most_bytes: int) -> OSError:
    said = f"is too large ({size:,} bytes; the most is {most_bytes:,})"
    return OSError(errno.EFBIG, said)
