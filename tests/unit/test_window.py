"""The window under a virtual display: real keys, a real pointer, and no display at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

_TESTS = str(Path(__file__).parents[1])
if _TESTS not in sys.path:
    sys.path.insert(0, _TESTS)

from screen import KEYS, Hand, virtual_display  # noqa: E402 - needs the path above

from posecheck.display.window import Key, fitted, key_of  # noqa: E402
from posecheck.system.opencv import cv2  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each scenario runs in a process of its own: Qt keeps its display for a whole process.
_BEGIN = f"""
import os, sys, time
import numpy as np
sys.path.insert(0, {_TESTS!r})
from screen import KEYS, Hand, screenshot
from posecheck.display.window import Closed, Key, Pointer, Window
hand = Hand(os.environ["DISPLAY"])
picture = np.full((300, 800, 3), (40, 90, 160), np.uint8)

def until(window, kind):
    "Return what happens up to the first event of a kind; the X server takes a moment."
    found, end_s = [], time.monotonic() + 20
    while time.monotonic() < end_s:
        window.show(picture)
        found += window.events(10)
        if any(isinstance(event, kind) for event in found):
            return found
    raise AssertionError(found)

window = Window("posecheck: Übung", (800, 600))
while not any(isinstance(event, Pointer) for event in window.events(10)):
    window.show(picture)  # it is on the screen when it notices the pointer
    hand.move(400 + time.monotonic_ns() % 50, 300)
"""


def in_window(scenario: str, display: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _BEGIN + scenario],
        env={**os.environ, "DISPLAY": display},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "Qt and OpenCV are quiet"
    return done.stdout


STARTS = 5


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with virtual_display() as name:
        Hand(name).close()
        yield name


def test_every_key_has_its_name(display: str) -> None:
    scenario = """
for name in [*KEYS, "a", "z", "7", "A"]:
    hand.press(name)
    said = [event for event in until(window, Key) if isinstance(event, Key)]
    assert said == [Key(name.lower())], (name, said)
"""
    in_window(scenario, display)


def test_pointer_is_told_in_pixels_of_the_picture(display: str) -> None:
    # The picture is 800 x 300 in a window of 800 x 600, so it begins 150 pixels down.
    scenario = """
hand.move(100, 250)
hand.button(down=True)
until(window, Pointer)
hand.move(110, 260)
hand.move(120, 270)
hand.button(down=False)
told = until(window, Pointer)
while told[-1] != Pointer("up", 120, 120):
    told += until(window, Pointer)
moves = [event for event in told if event.kind == "move"]
assert moves[-1] == Pointer("move", 120, 120), told
"""
    in_window(scenario, display)


def test_picture_fills_the_window_as_far_as_its_proportions_allow(
    display: str, tmp_path: Path
) -> None:
    kept = tmp_path / "screen.png"
    scenario = f"""
from pathlib import Path
from posecheck.system.opencv import cv2
kept = Path({str(kept)!r})
assert window.size_px == (800, 600)
for _ in range(20):  # the system paints when it comes to it
    window.show(picture)
    window.events(50)
    if not screenshot(os.environ["DISPLAY"], kept):
        print("no tool")
    elif not cv2.imread(str(kept)).any():
        continue
    break
"""
    # Without a window manager Qt misses now and then that its window is there, and paints
    # nothing in it; then it is started again.
    for _ in range(STARTS):
        if "no tool" in in_window(scenario, display):
            pytest.skip("ImageMagick's import, which takes screenshots, is not installed")
        whole = cv2.imread(str(kept))
        assert whole is not None
        if whole.any():
            break
    shown = whole[:600, :800]
    assert (shown[160:440] == (40, 90, 160)).all()
    assert not shown[:140].any()
    assert not shown[460:].any()


def test_a_window_fits_on_a_small_screen() -> None:
    scenario = """
small = Window("posecheck", (1440, 900))
assert small.size_px == (922, 576), small.size_px
"""
    with virtual_display((1024, 768)) as name:
        in_window(scenario, name)


def test_closed_window_stays_closed(display: str) -> None:
    scenario = """
hand.close_window()
assert isinstance(until(window, Closed)[-1], Closed)
start_s = time.monotonic()
window.show(picture)
window.fullscreen = True
assert window.events(5000) == (Closed(),), "at once"
assert time.monotonic() - start_s < 4
window.close()
"""
    in_window(scenario, display)


def test_close_takes_the_window_away(display: str) -> None:
    scenario = """
with window:
    pass
assert window.events(1) == (Closed(),)
again = Window("posecheck", (640, 480))
assert again.size_px == (640, 480)
again.close()
"""
    in_window(scenario, display)


@pytest.mark.skipif(sys.platform != "linux", reason="only X11 has displays that can be missing")
@pytest.mark.parametrize("display", ["", ":7654", "nonsense"])
def test_no_display_is_one_clear_error_and_not_the_end_of_the_process(display: str) -> None:
    code = """
from posecheck.errors import DisplayError
from posecheck.display.window import Window
try:
    Window("posecheck", (640, 480))
except DisplayError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "DISPLAY": display},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "display" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0xFF51, "left"), (0x250000, "left"), (0xF702, "left"), (0x10FF53, "right"),
        (27, "escape"), (0x41, "a"), (0x100061, "a"), (0xF6, "ö"), (0x3F, "?"),
    ],
)  # fmt: skip
def test_codes_of_all_systems_are_known(code: int, name: str) -> None:
    assert key_of(code) == Key(name)


@pytest.mark.parametrize("code", [-1, 0, 0xFFE1, 0xE10000])
def test_no_key_and_keys_that_type_nothing_are_no_event(code: int) -> None:
    assert key_of(code) is None


def test_characters_are_what_a_key_writes() -> None:
    written = [Key(name).character for name in ("space", "a", "enter", "left", "?")]
    assert written == [" ", "a", "", "", "?"]
    assert all(Key(name).character in {"", name, " "} for name in KEYS)


@pytest.mark.parametrize("size", [(640, 480), (333, 77), (50, 1000), (1, 1)])
@pytest.mark.parametrize("picture", [(480, 640), (1, 1), (719, 1279)])
def test_fitted_pictures_have_the_windows_size(
    size: tuple[int, int], picture: tuple[int, int]
) -> None:
    whole, (scale, left, top) = fitted(np.full((*picture, 3), 255, np.uint8), size)
    assert whole.shape == (size[1], size[0], 3)
    rows, columns = np.nonzero(whole.any(axis=2))
    assert (columns.min(), rows.min()) == (left, top)
    assert abs(columns.max() + 1 - left - picture[1] * scale) <= 1
    assert abs(rows.max() + 1 - top - picture[0] * scale) <= 1
