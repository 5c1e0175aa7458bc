"""The machine: how it asks a program to end, how many cores it has, and how memory is used.

What differs between systems stands here behind functions that every system has: signals that
Windows lacks are left out, and limits that a system does not tell count as none.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from posecheck.errors import InstallationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

MEGABYTE: Final = 1_000_000

LEAST_MEMORY_MB: Final = 300
"""Memory in megabytes that the smallest analysis takes (measured: 190 to 290)."""

LEAST_ADDRESSES_MB: Final = 1_500
"""Address space in megabytes below which a native library ends the process without a word
(measured: 1,000 is too little for a video on 2 cores, 1,500 is enough)."""

_ENDING: Final = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""Signals that ask a program to end: shutdown, closed terminal, closed console on Windows."""

_MEMORY_SETTINGS: Final = (
    ("MALLOC_ARENA_MAX", -8, 2),
    ("MALLOC_MMAP_THRESHOLD_", -3, 8 * 2**20),
    ("MALLOC_TRIM_THRESHOLD_", -1, 16 * 2**20),
)
"""Settings of glibc: name in the environment, number in ``malloc.h``, value.

Usually each new thread may get a memory area (arena) of its own, which keeps what the thread has
released: eight analyses in one process took up to 512 MiB, and with two areas 314. Larger blocks
than 8 MiB, such as images of 4K, are given back at once: an analysis of 4K with ``--video`` took
1,090 MiB, and 850 with that and smaller batches (measured, glibc 2.36, 2 cores; the CPU time is the
same)."""

_GROUP_LIMITS: Final = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


class Ending:
    """Signal that asked the process to end.

    Attributes:
        signal: its number; 0 until one comes.
    """

    def __init__(self) -> None:
        """Begin without one."""
        self.signal = 0

    def code(self, code: int) -> int:
        """Return the exit code: 128 plus the signal, or what the command gave without one."""
        return 128 + self.signal if self.signal else code

    def _take(self, number: int, _: FrameType | None) -> None:
        self.signal = number
        raise KeyboardInterrupt


@contextmanager
def ending_like_ctrl_c() -> Iterator[Ending]:
    """Let every signal that asks the process to end stop it as Ctrl-C does.

    A signal that the process ignores (``nohup``) stays ignored. Outside the main thread, where
    Python allows no change, nothing is changed.
    """
    ending = Ending()
    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in _ENDING:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, ending._take)  # noqa: SLF001 - its own
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def check_memory() -> None:
    """Refuse to start where a native library would end the process without a word.

    Raises:
        InstallationError: if there is too little memory, in one line.
    """
    allowed_mb = _addresses_mb()
    if allowed_mb is not None and allowed_mb < LEAST_ADDRESSES_MB:
        message = (
            f"too little memory: a limit allows {allowed_mb:,} MB of addresses, and posecheck "
            f"needs about {LEAST_ADDRESSES_MB:,}; raise it (ulimit -v unlimited)"
        )
        raise InstallationError(message)
    free_mb = min((mb for mb in (_free_mb(), _group_mb()) if mb is not None), default=None)
    if free_mb is not None and free_mb < LEAST_MEMORY_MB:
        message = (
            f"too little memory: {free_mb:,} MB are left, and posecheck needs about "
            f"{LEAST_MEMORY_MB}; close other programs, or give the container more"
        )
        raise InstallationError(message)


def _addresses_mb() -> int | None:
    """Return the limit of the process's address space in megabytes; None without one."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not on Windows

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit not in {resource.RLIM_INFINITY, -1}:
            return limit // MEGABYTE
    return None


def _free_mb(table: Path = Path("/proc/meminfo")) -> int | None:
    """Return the memory that programs can still take, in megabytes; None if it is not told."""
    found = _told_mb(table)
    return sum(found.values()) if "MemAvailable" in found else None


def _told_mb(table: Path) -> dict[str, int]:
    """Return the free memory and swap in megabytes, by the names that Linux has for them."""
    found = {}
    with suppress(OSError, ValueError, IndexError):
        for line in table.read_text("ascii", "replace").splitlines():
            name, _, value = line.partition(":")
            if name in {"MemAvailable", "SwapFree"}:
                found[name] = int(value.split()[0]) * 1024 // MEGABYTE
    return found


def _group_mb() -> int | None:
    """Return the limit of the container in megabytes; None without one."""
    for table in _GROUP_LIMITS:
        with suppress(OSError, ValueError):  # ValueError: "max"
            return int(table.read_text("ascii")) // MEGABYTE
    return None


def cores() -> int:
    """Return the number of cores that this program may use, at least 1."""
    if sys.platform == "linux":
        usable = len(os.sched_getaffinity(0))
    else:
        usable = os.cpu_count() or 1
    return usable


def usual_workers(each_bytes: int, first_bytes: int = 0) -> int:
    """Return the number of workers that the cores and the free memory allow, at least 1.

    Args:
        each_bytes: memory of each further worker, in bytes.
        first_bytes: memory of the first, in bytes; 0 if this process takes it anyway.
    """
    known = [mb for mb in (_available_mb(), _group_mb()) if mb is not None]
    if not known:
        return cores()
    allowed = 1 + (min(known) * MEGABYTE - first_bytes) // each_bytes
    return max(1, min(cores(), allowed))


def _available_mb() -> int | None:
    """Return the memory that is free without swapping, in megabytes; None if it is not told."""
    try:
        import psutil  # noqa: PLC0415 - an extra; it knows every system
    except ImportError:
        return _told_mb(Path("/proc/meminfo")).get("MemAvailable")
    available: int = psutil.virtual_memory().available
    return available // MEGABYTE


def keep_memory_small() -> None:
    """Let this process, and those that it starts, give memory back early.

    Only on Linux with glibc; a setting of the environment is kept. See `_MEMORY_SETTINGS`.
    """
    for name, option, value in _MEMORY_SETTINGS:
        if name not in os.environ and _c_call("mallopt", option, value):
            os.environ[name] = str(value)


def give_memory_back() -> None:
    """Give the system the memory that was released; else the C library keeps it for later.

    Only on Linux with glibc. It takes some milliseconds.
    """
    _c_call("malloc_trim", 0)


def _c_call(name: str, *numbers: int) -> int:
    """Call a function of the C library with whole numbers; return 0 where there is none."""
    function = None
    if sys.platform == "linux":
        function = getattr(ctypes.CDLL(None), name, None)  # musl has neither
    return 0 if function is None else int(function(*numbers))


def leave_quietly() -> None:
    """Flush the standard streams; one that can't be written any more is given up.

    Python would otherwise complain about it at the end, and change the exit code.
    """
    for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
        if stream is None:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
