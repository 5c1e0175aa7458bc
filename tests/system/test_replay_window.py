"""posecheck replay on a virtual display: opened, played, annotated, closed, opened again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from media import REPOSITORY, SUPINE
from screen import Hand, screenshot, virtual_display

from posecheck.annotations import store
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

pytestmark = pytest.mark.slow

SESSION = REPOSITORY / "sample_videos" / "sessions" / SUPINE.name.replace(
    ".mp4", ".posecheck.jsonl"
)  # fmt: skip
SIZE_PX = (1440, 900)
PAPER_Y = 845
VALID_TINT = (190, 226, 170)
PATIENCE_S = 120.0
STARTS = 5


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with virtual_display((1600, 1000)) as name:
        Hand(name).close()
        yield name


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return shutil.copy(SESSION, tmp_path / SESSION.name)


def until(true: Callable[[], object], patience_s: float = PATIENCE_S) -> bool:
    """Wait until something is true, as it must become on the slowest machine."""
    end_s = time.monotonic() + patience_s
    while time.monotonic() < end_s:
        if true():
            return True
        time.sleep(0.05)
    return False


@contextmanager
def replay(
    display: str, session: Path, folder: Path
) -> Iterator[tuple[subprocess.Popen[str], Hand]]:
    """Run the command until its window shows something; end it whatever happens.

    Without a window manager Qt misses now and then that its window is there, and paints
    nothing in it; then it is started again.
    """
    hand = Hand(display)
    process = started(session, display)
    try:
        for _ in range(STARTS):
            if paints(process, hand, display, folder / "start.png"):
                break
            ended(process)
            process = started(session, display)
        yield process, hand
    finally:
        hand.close()
        ended(process)


def paints(process: subprocess.Popen[str], hand: Hand, display: str, shot: Path) -> bool:
    """Wait for the window and whether it shows anything."""
    assert until(lambda: SIZE_PX in hand.window_sizes() or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    return until(lambda: picture(display, shot).any(), 15.0)


def started(session: Path, display: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "posecheck", "replay", str(session), "--video", str(SUPINE)]
    return subprocess.Popen(
        [*command, "--annotator", "AB"],
        env={**os.environ, "DISPLAY": display},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def pressed(hand: Hand, names: tuple[str, ...], done: Callable[[], object]) -> None:
    """Press keys until they had their effect.

    OpenCV tells only the last of several keys that came while a window was drawn, so a
    busy machine needs a slower hand.
    """
    for pause_s in (0.15, 0.5, 1.5):
        for name in ("escape", "escape", *names):
            hand.press(name)
            time.sleep(pause_s)
        if until(done, 2 + 4 * pause_s):
            return
    raise AssertionError(names)


def kept(session: Path) -> list[tuple[str, str | None, str]]:
    path = store.path_beside(session, "AB")
    items = store.load(path).items if path.exists() else ()
    return [(str(item.state), item.rule, item.note) for item in items]


def picture(display: str, path: Path) -> NDArray[np.uint8]:
    if not screenshot(display, path):
        pytest.skip("ImageMagick's import, which takes screenshots, is not installed")
    read = cv2.imread(str(path))
    assert read is not None
    return read


def moved(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Whether the picture in the window differs, whatever the timeline shows."""
    return bool((one != other)[50:400, :600].any())


def test_two_annotations_are_made_and_there_again(
    display: str, session: Path, tmp_path: Path
) -> None:
    before = session.read_bytes()
    with replay(display, session, tmp_path) as (process, hand):
        valid = [("valid", None, "")]
        pressed(hand, ("home", "a", "page-down", "a", "v"), lambda: kept(session) == valid)

        hand.move(800, PAPER_Y)
        hand.button(down=True)
        for x in range(800, 1001, 20):
            hand.move(x, PAPER_Y)
            time.sleep(0.02)
        hand.button(down=False)
        time.sleep(1.0)
        both = [*valid, ("wrong", "thigh-drawn-in", "ok")]
        for name in ("w", "5", "o", "k", "enter"):
            hand.press(name)
            time.sleep(0.7)
        assert until(lambda: kept(session) == both), kept(session)

        first = picture(display, tmp_path / "paused.png")
        hand.press("escape")
        time.sleep(0.5)
        hand.press("space")
        assert until(lambda: moved(first, picture(display, tmp_path / "playing.png")))
        hand.press("q")
        assert process.wait(PATIENCE_S) == 0
        result, errors = process.communicate()
        assert "valid" in result, "what the session comes to"
        assert errors == ""

    with replay(display, session, tmp_path) as (process, hand):
        tint = tmp_path / "again.png"
        assert until(lambda: (picture(display, tint)[PAPER_Y] == VALID_TINT).all(axis=1).any())
        hand.close_window()
        assert process.wait(PATIENCE_S) == 0
    assert kept(session) == both
    assert session.read_bytes() == before


def test_without_a_display_the_result_is_printed(session: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "posecheck", "replay", str(session)],
        env={**os.environ, "DISPLAY": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "no display" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "valid" in done.stdout


def test_a_video_that_cannot_be_read_is_one_line_and_no_window(session: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "posecheck", "replay", str(session), "--video", str(session)],
        env={**os.environ, "DISPLAY": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "not a video" in done.stderr
