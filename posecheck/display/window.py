"""A window on the screen: the one place that talks to OpenCV's window functions.

Everything happens on the thread that made the window, which must be the main one. Keys
and the pointer come as values; pictures of any size are fitted into the window without
changing their proportions.

The screen, asked before a window is opened: without one, Qt would end the whole process.

Only X11 is asked, through the same library that Qt uses; other systems always have one.
"""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from posecheck.errors import DisplayError
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]


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


if sys.platform == "linux":
    # Read by Qt when it opens its first window. OpenCV's Qt knows no other platform than
    # X11; under Wayland it runs through XWayland. Its log lines say nothing to a user.
    os.environ["QT_QPA_PLATFORM"] = "xcb"
    os.environ.setdefault("QT_LOGGING_RULES", "*=false")


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was pressed.

    Attributes:
        name: the character it types (OpenCV tells letters as small ones, with or without
            shift) or one of: space, enter, escape, tab, backspace, delete, left, right,
            up, down, home, end, page-up, page-down, f1.
    """

    name: str

    @property
    def character(self) -> str:
        """What the key writes into a text; empty if nothing."""
        return " " if self.name == "space" else self.name if len(self.name) == 1 else ""


@dataclass(frozen=True, slots=True)
class Pointer:
    """The pointer moved or its main button went down or up.

    Attributes:
        kind: what happened.
        x_px, y_px: where, in pixels of the picture last shown; may lie outside of it.
    """

    kind: Literal["down", "move", "up"]
    x_px: int
    y_px: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The window was closed."""


Event: TypeAlias = Key | Pointer | Closed

_NAMES: Final = {
    8: "backspace", 9: "tab", 10: "enter", 13: "enter", 27: "escape", 32: "space",
    127: "backspace" if sys.platform == "darwin" else "delete",
    # X11
    0xFF08: "backspace", 0xFF09: "tab", 0xFF0D: "enter", 0xFF1B: "escape",
    0xFF8D: "enter", 0xFFFF: "delete", 0xFF9F: "delete", 0xFFBE: "f1",
    0xFF50: "home", 0xFF51: "left", 0xFF52: "up", 0xFF53: "right", 0xFF54: "down",
    0xFF55: "page-up", 0xFF56: "page-down", 0xFF57: "end",
    0xFF95: "home", 0xFF96: "left", 0xFF97: "up", 0xFF98: "right", 0xFF99: "down",
    0xFF9A: "page-up", 0xFF9B: "page-down", 0xFF9C: "end",
    # Windows
    0x240000: "home", 0x250000: "left", 0x260000: "up", 0x270000: "right",
    0x280000: "down", 0x210000: "page-up", 0x220000: "page-down", 0x230000: "end",
    0x2E0000: "delete", 0x700000: "f1",
    # macOS
    0xF700: "up", 0xF701: "down", 0xF702: "left", 0xF703: "right", 0xF704: "f1",
    0xF728: "delete", 0xF729: "home", 0xF72B: "end", 0xF72C: "page-up", 0xF72D: "page-down",
}  # fmt: skip

_MOUSE: Final[dict[int, Literal["down", "move", "up"]]] = {
    cv2.EVENT_LBUTTONDOWN: "down",
    cv2.EVENT_LBUTTONDBLCLK: "down",  # the second press of two quick ones
    cv2.EVENT_MOUSEMOVE: "move",
    cv2.EVENT_LBUTTONUP: "up",
}

_LOOK: Final = cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL
"""Resizable, filled to its edges, and without OpenCV's tool bar and menu."""

_SCREEN_SHARE: Final = 0.9
"""A new window is at most so much of the screen wide and high."""

_NUMBERS: Final = count(1)

_LETTERS: Final = 0x100
"""Codes below this are characters of Latin-1."""


def key_of(code: int) -> Key | None:
    """Return the key of a code of ``cv2.waitKeyEx``; None for none or an unknown one."""
    if code < 0:
        return None
    # Some builds set the state of shift, num lock and the like in the higher half.
    for candidate in (code, code & 0xFFFF):
        if candidate in _NAMES:
            return Key(_NAMES[candidate])
        if candidate < _LETTERS and chr(candidate).isprintable():
            return Key(chr(candidate).lower())
    return None


class Window:
    """One window, on the main thread."""

    def __init__(self, title: str, size_px: tuple[int, int], *, fullscreen: bool = False) -> None:
        """Open a window.

        Args:
            title: what stands above the window.
            size_px: width and height of its inside; made smaller where the screen is.
            fullscreen: whether to fill the screen.

        Raises:
            DisplayError: if there is no display, or OpenCV was built without windows.
        """
        size_px = _inside(size_px, screen_px())
        # OpenCV finds its windows by name, and on some systems only by one in plain ASCII.
        self._name = f"posecheck-{next(_NUMBERS)}"
        self._events: list[Event] = []
        self._closed = False
        self._fullscreen = False
        self._shown_px = size_px
        self._fitted = (1.0, 0, 0)  # scale of the picture, its left, its top
        try:
            cv2.namedWindow(self._name, _LOOK)
        except cv2.error as error:
            message = (
                "this OpenCV was built without windows; run: pip install --force-reinstall "
                "--no-deps opencv-python opencv-contrib-python"
            )
            raise DisplayError(message) from error
        cv2.setWindowTitle(self._name, title)
        cv2.resizeWindow(self._name, *size_px)
        cv2.setMouseCallback(self._name, self._on_mouse)
        self.fullscreen = fullscreen

    def __enter__(self) -> Self:
        """Return the window."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the window."""
        self.close()

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the inside, as it is now; pictures of this size are sharpest."""
        if not self._closed:
            try:
                _, _, width, height = cv2.getWindowImageRect(self._name)
            except cv2.error:  # closed since the last events
                return self._shown_px
            if width > 0 and height > 0:
                self._shown_px = width, height
        return self._shown_px

    @property
    def fullscreen(self) -> bool:
        """Whether the window fills the screen."""
        return self._fullscreen

    @fullscreen.setter
    def fullscreen(self, wanted: bool) -> None:
        if wanted != self._fullscreen and not self._closed:
            value = cv2.WINDOW_FULLSCREEN if wanted else cv2.WINDOW_NORMAL
            cv2.setWindowProperty(self._name, cv2.WND_PROP_FULLSCREEN, value)
            self._fullscreen = wanted

    def show(self, picture_bgr: Image) -> None:
        """Show a picture, as large as fits; nothing happens once the window is closed.

        Args:
            picture_bgr: (height, width, 3) uint8; it is not changed.
        """
        if not self._closed:
            # OpenCV would open a new window under the name of a closed one.
            picture, self._fitted = fitted(picture_bgr, self.size_px)
            cv2.imshow(self._name, picture)

    def events(self, wait_ms: int) -> tuple[Event, ...]:
        """Wait for keys and return what happened since the last call, in order.

        Of several moves in a row only the last is told. Once the window is closed, every
        call returns a `Closed` at once.

        Args:
            wait_ms: longest wait; at least 1, because the system needs a moment to draw.
        """
        if not self._closed:
            key = key_of(cv2.waitKeyEx(max(1, wait_ms)))
            if key is not None:
                self._events.append(key)
            self._closed = not self._is_open()
        if self._closed:
            self._events.append(Closed())
        happened, self._events = tuple(self._events), []
        return happened

    def close(self) -> None:
        """Close the window; a second call does nothing."""
        if not self._closed:
            self._closed = True
            try:
                cv2.destroyWindow(self._name)
                cv2.waitKeyEx(1)  # lets the system take it off the screen
            except cv2.error:  # the user was faster
                return

    def _is_open(self) -> bool:
        try:
            return cv2.getWindowProperty(self._name, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:
            return False

    def _on_mouse(self, event: int, x: int, y: int, _flags: int, _data: Any = None) -> None:  # noqa: ANN401 - OpenCV's signature
        kind = _MOUSE.get(event)
        if kind is None:
            return
        scale, left, top = self._fitted
        pointer = Pointer(kind, round((x - left) / scale), round((y - top) / scale))
        last = self._events[-1] if self._events else None
        if kind == "move" and isinstance(last, Pointer) and last.kind == "move":
            self._events.pop()
        self._events.append(pointer)


def fitted(picture: Image, size_px: tuple[int, int]) -> tuple[Image, tuple[float, int, int]]:
    """Fit a picture into a size, with dark bars beside it where the proportions differ.

    Returns:
        The picture, and with it its scale and where its left and top edge came to lie.
    """
    width, height = size_px
    rows, columns = picture.shape[:2]
    if (columns, rows) == size_px:
        return picture, (1.0, 0, 0)
    scale = min(width / columns, height / rows)
    inner = max(1, round(columns * scale)), max(1, round(rows * scale))
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    whole = np.zeros((height, width, 3), np.uint8)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    place = whole[top : top + inner[1], left : left + inner[0]]
    place[:] = cv2.resize(picture, inner, interpolation=how)[: place.shape[0], : place.shape[1]]
    return whole, (scale, left, top)


def _inside(size_px: tuple[int, int], screen_px: tuple[int, int] | None) -> tuple[int, int]:
    """Return a size of the same proportions that leaves room for the desktop's own bars."""
    if screen_px is None:
        return size_px
    pairs = zip(size_px, screen_px, strict=True)
    scale = min(1.0, *(_SCREEN_SHARE * screen / wanted for wanted, screen in pairs))
    return round(size_px[0] * scale), round(size_px[1] * scale)
