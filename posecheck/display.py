"""The screen, asked before a window is opened: without one, Qt would end the whole process.

Only X11 is asked, through the same library that Qt uses; other systems always have one.
"""

from __future__ import annotations

import ctypes
import os
import sys

from posecheck.errors import DisplayError


class _XScreen(ctypes.Structure):
    """The beginning of xcb's description of a screen."""

    _fields_ = (("before", ctypes.c_uint32 * 5), ("width", ctypes.c_uint16),
                ("height", ctypes.c_uint16))  # fmt: skip


class _XScreens(ctypes.Structure):
    """xcb's iterator over screens."""

    _fields_ = (("data", ctypes.POINTER(_XScreen)), ("rem", ctypes.c_int), ("index", ctypes.c_int))


def screen_px() -> tuple[int, int] | None:
    """Return width and height of the screen; None where it is not known.

    Connects to the display once: Qt ends the whole process when it can't.

    Raises:
        DisplayError: if there is none.
    """
    if sys.platform != "linux":
        return None
    name = os.environ.get("DISPLAY")
    if not name:
        message = "there is no display to open a window on; run this in a desktop session"
        raise DisplayError(message)
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError as error:
        message = "windows need libxcb; on Debian or Ubuntu run: sudo apt install libxcb1"
        raise DisplayError(message) from error
    xcb.xcb_connect.restype = xcb.xcb_get_setup.restype = ctypes.c_void_p
    for function in (xcb.xcb_connection_has_error, xcb.xcb_disconnect, xcb.xcb_get_setup,
                     xcb.xcb_setup_roots_iterator):  # fmt: skip
        function.argtypes = [ctypes.c_void_p]
    xcb.xcb_setup_roots_iterator.restype = _XScreens
    connection = xcb.xcb_connect(None, None)
    try:
        if xcb.xcb_connection_has_error(connection):
            message = f"the display {name} cannot be used; run this in your own desktop session"
            raise DisplayError(message)
        screen = xcb.xcb_setup_roots_iterator(xcb.xcb_get_setup(connection)).data[0]
        return screen.width, screen.height
    finally:
        xcb.xcb_disconnect(connection)
