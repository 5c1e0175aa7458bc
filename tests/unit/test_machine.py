"""The doors to what differs between systems, from both sides."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

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
