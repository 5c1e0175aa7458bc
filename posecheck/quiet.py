"""Keeping what native libraries write to file descriptor 2 off the terminal.

MediaPipe, libpng and libjpeg write there whatever is set; the descriptor is redirected
for a moment. That touches the whole process, so one redirection at a time. Who must not
wait, such as the thread that reads a camera, goes on without when another one has it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator

_STDERR: Final = 2
_ONE_AT_A_TIME: Final = threading.RLock()


@contextmanager
def quiet(
    noise: re.Pattern[str] | None = None, *, wait: bool = True
) -> Iterator[Callable[[], str]]:
    """Redirect file descriptor 2; yield a function that returns what was written so far.

    If something goes wrong meanwhile, what was written is attached to the exception as a
    note. Without a usable descriptor 2, or a place to keep the text, nothing is kept.

    Args:
        noise: lines that begin like this are dropped, others (of other threads) are written
            again afterwards; None drops all.
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
