"""The doors to what differs between systems, from both sides."""

from __future__ import annotations

import ctypes
import errno
import io
import os
import platform
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from media import environment

from posecheck.commands import complain, put
from posecheck.page.browser import screen_is_there
from posecheck.system import files, machine, outputs
from posecheck.system.machine import ending_like_ctrl_c, leave_quietly

if TYPE_CHECKING:
    from pathlib import Path


def test_a_system_without_hang_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_ENDING", ("SIGTERM", "SIGNOTHERE"))
    with ending_like_ctrl_c() as ending:
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert ending.code(0) == 0


def test_a_system_without_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").touch(0o644)
    assert outputs.readable_by_others(tmp_path) >= (os.name == "posix")
    monkeypatch.delattr(os, "getuid", raising=False)
    assert outputs.readable_by_others(tmp_path) == 0


def test_a_system_without_opening_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_bytes(b"content")
    monkeypatch.setattr(files, "NOT_WAITING", getattr(os, "O_BINARY", 0))
    assert files.content(tmp_path / "x", 10) == b"content"
    with pytest.raises(OSError, match="is a folder"):
        files.opened(tmp_path)


def test_a_system_that_tells_no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_addresses_mb", "_free_mb", "_group_mb"):
        monkeypatch.setattr(machine, name, lambda: None)
    machine.check_memory()


@pytest.mark.parametrize(
    ("platform", "display", "there"),
    [("win32", "", True), ("darwin", "", True), ("linux", "", False), ("linux", ":0", True)],
)
def test_a_screen(
    platform: str,
    display: str,
    there: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert screen_is_there() is there


@pytest.mark.parametrize(
    ("coding", "written"), [("utf-8", "ä ✓"), ("cp1252", "ä ?"), ("ascii", "? ?")]
)
def test_a_terminal_of_another_coding(
    coding: str, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=coding))
    put("ä ✓\n")
    assert raw.getvalue().decode(coding) == f"{written}\n"
    put("ä ✓\n", "utf-8")  # JSON is of one coding everywhere
    assert raw.getvalue().endswith("ä ✓\n".encode())


def test_streams_that_are_not_there_or_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a program without a console on Windows, and after a terminal was closed."""
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    put("x\n")
    complain("x")
    leave_quietly()

    class Closed(io.StringIO):
        def flush(self) -> None:
            raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", Closed())
        complain("x")


def test_workers_are_as_many_as_cores_and_memory_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.usual_workers(1) == machine.cores()
    assert machine.usual_workers(10**15) == 1
    monkeypatch.setattr(machine, "cores", lambda: 8)
    monkeypatch.setattr(machine, "_available_mb", lambda: 1000)
    monkeypatch.setattr(machine, "_group_mb", lambda: None)
    assert machine.usual_workers(300_000_000) == 4  # this process is the first
    assert machine.usual_workers(300_000_000, 300_000_000) == 3
    assert machine.usual_workers(450_000_000, 10**12) == 1
    monkeypatch.setattr(machine, "_group_mb", lambda: 500)  # a container with less
    assert machine.usual_workers(300_000_000) == 2
    monkeypatch.setattr(machine, "_available_mb", lambda: None)
    monkeypatch.setattr(machine, "_group_mb", lambda: None)
    assert machine.usual_workers(10**15) == 8  # the system does not tell


def test_free_memory_without_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    told = machine._available_mb()
    monkeypatch.setitem(sys.modules, "psutil", None)
    own = machine._available_mb()
    if sys.platform == "linux":
        assert told is not None
        assert own == pytest.approx(told, rel=0.3)
    else:
        assert own is None


# Threads that live at the same time and keep memory, each in the area that it got; then the number
# of areas, as glibc tells it.
AREAS = """
import ctypes, os, sys, tempfile, threading
from posecheck.system.machine import keep_memory_small
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fdopen.restype = ctypes.c_void_p
if sys.argv[1:]:
    keep_memory_small()
there = threading.Barrier(9)
def take():
    libc.malloc(ctypes.c_size_t(5000))
    there.wait()
for _ in range(8):
    threading.Thread(target=take).start()
there.wait()
with tempfile.TemporaryFile() as file:
    stream = libc.fdopen(os.dup(file.fileno()), b"w")
    libc.malloc_info(0, ctypes.c_void_p(stream))
    libc.fclose(ctypes.c_void_p(stream))
    file.seek(0)
    print(file.read().count(b"<heap nr="), os.environ.get("MALLOC_ARENA_MAX"))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="others have no such areas")
@pytest.mark.parametrize(
    ("wish", "own", "areas", "told"),
    [("", None, 9, "None"), ("few", None, 2, "2"), ("few", "5", 5, "5")],
)
def test_threads_share_few_memory_areas(wish: str, own: str | None, areas: int, told: str) -> None:
    words = [sys.executable, "-c", AREAS, *([wish] if wish else [])]
    env = environment(**({} if own is None else {"MALLOC_ARENA_MAX": own}))
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
    count, setting = done.stdout.split()
    assert setting == told
    assert int(count) == areas if wish else int(count) >= areas


@pytest.mark.parametrize("system", ["darwin", "win32", "linux"])
def test_a_system_without_memory_areas(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other systems, and a C library on Linux that has no such functions."""
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    machine.keep_memory_small()
    machine.give_memory_back()
    assert "MALLOC_ARENA_MAX" not in os.environ
