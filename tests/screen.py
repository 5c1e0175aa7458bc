"""A virtual display and a hand: real keys and a real pointer for tests of windows.

Xvfb is the display. Keys and pointer go through the X server (XTest), so a test presses
what a person would press. Where Xvfb or its libraries are missing, tests are skipped.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = {
    "space": "space", "enter": "Return", "escape": "Escape", "tab": "Tab",
    "backspace": "BackSpace", "delete": "Delete", "left": "Left", "right": "Right",
    "up": "Up", "down": "Down", "home": "Home", "end": "End", "page-up": "Prior",
    "page-down": "Next", "f1": "F1", "?": "question", ".": "period", ",": "comma",
    "+": "plus", "-": "minus", "[": "bracketleft", "]": "bracketright", "/": "slash",
    "<": "less", ">": "greater",
}  # fmt: skip
"""X's name of each key that is not a letter or a figure."""

SHIFT = "Shift_L"


@contextmanager
def virtual_display(size_px: tuple[int, int] = (1440, 900)) -> Iterator[str]:
    """Run an X server without a screen; yield its name, e.g. ``:1``."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("Xvfb, a display without a screen, is not installed")
    reading, writing = os.pipe()
    options = ["-displayfd", str(writing), "-screen", "0", f"{size_px[0]}x{size_px[1]}x24"]
    process = subprocess.Popen(
        [server, *options, "-noreset", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as answer:
        number = answer.readline().strip()
    try:
        if not number:
            pytest.skip("Xvfb, a display without a screen, does not start here")
        yield f":{number}"
    finally:
        process.terminate()
        process.wait()


class _ClientMessage(ctypes.Structure):
    """X's event for a message from one program to the window of another."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("room", ctypes.c_long * 12),
    )


class Hand:
    """Presses keys and moves the pointer on an X display."""

    def __init__(self, display: str) -> None:
        try:
            self._x = ctypes.CDLL("libX11.so.6")
            self._test = ctypes.CDLL("libXtst.so.6")
        except OSError:
            pytest.skip("libXtst, which presses keys in tests, is not installed")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XStringToKeysym.restype = ctypes.c_ulong
        self._x.XKeysymToKeycode.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
        self._x.XKeysymToKeycode.restype = ctypes.c_ubyte
        self._x.XKeycodeToKeysym.argtypes = [ctypes.c_void_p, ctypes.c_ubyte, ctypes.c_int]
        self._x.XKeycodeToKeysym.restype = ctypes.c_ulong
        self._display = ctypes.c_void_p(self._x.XOpenDisplay(display.encode()))
        assert self._display.value, f"no X display {display}"

    def press(self, *names: str) -> None:
        """Press and release keys, one after the other."""
        for name in names:
            symbol = self._x.XStringToKeysym(KEYS.get(name, name).encode())
            code = self._x.XKeysymToKeycode(self._display, symbol)
            shifted = self._x.XKeycodeToKeysym(self._display, code, 0) != symbol
            if shifted:
                self._key(SHIFT, down=True)
            for down in (1, 0):
                self._test.XTestFakeKeyEvent(self._display, code, down, 0)
            if shifted:
                self._key(SHIFT, down=False)
            self._x.XSync(self._display, 0)

    def move(self, x: int, y: int) -> None:
        """Move the pointer to a place on the screen, in pixels."""
        self._test.XTestFakeMotionEvent(self._display, 0, x, y, 0)
        self._x.XSync(self._display, 0)

    def button(self, *, down: bool) -> None:
        """Press or release the main button."""
        self._test.XTestFakeButtonEvent(self._display, 1, int(down), 0)
        self._x.XSync(self._display, 0)

    def window_sizes(self) -> list[tuple[int, int]]:
        """Return width and height of every window on the display, in pixels."""
        sizes = []
        for window in self._windows():
            root, edge = ctypes.c_ulong(), [ctypes.c_uint() for _ in range(6)]
            values = (ctypes.byref(value) for value in (root, *edge))
            if self._x.XGetGeometry(self._display, ctypes.c_ulong(window), *values):
                sizes.append((edge[2].value, edge[3].value))
        return sizes

    def close_window(self) -> None:
        """Click the cross of every window, as a window manager tells it."""
        self._x.XInternAtom.restype = ctypes.c_ulong
        protocols, delete = (
            self._x.XInternAtom(self._display, name, 0)
            for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")
        )
        for window in self._windows():
            message = _ClientMessage(33, 0, 1, None, window, protocols, 32, (delete, 0, 0, 0, 0))
            place = ctypes.byref(message)
            self._x.XSendEvent(self._display, ctypes.c_ulong(window), 0, ctypes.c_long(0), place)
        self._x.XSync(self._display, 0)

    def close(self) -> None:
        """Let go of the display."""
        self._x.XCloseDisplay(self._display)

    def _windows(self) -> list[int]:
        root, parent = ctypes.c_ulong(), ctypes.c_ulong()
        children, count = ctypes.POINTER(ctypes.c_ulong)(), ctypes.c_uint()
        self._x.XDefaultRootWindow.restype = ctypes.c_ulong
        self._x.XQueryTree(
            self._display,
            ctypes.c_ulong(self._x.XDefaultRootWindow(self._display)),
            *(ctypes.byref(value) for value in (root, parent, children, count)),
        )
        return children[: count.value]

    def _key(self, name: str, *, down: bool) -> None:
        code = self._x.XKeysymToKeycode(self._display, self._x.XStringToKeysym(name.encode()))
        self._test.XTestFakeKeyEvent(self._display, code, int(down), 0)


def screenshot(display: str, path: Path) -> bool:
    """Keep what is on the display as a picture; False if no tool for it is installed."""
    tool = shutil.which("import")
    if tool is None:
        return False
    command = [tool, "-display", display, "-window", "root", str(path)]
    return subprocess.run(command, check=False, timeout=60).returncode == 0
