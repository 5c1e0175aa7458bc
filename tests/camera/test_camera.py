"""The camera source itself, with a camera that is played by the test."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from posecheck.errors import CameraError
from posecheck.sources.camera import CameraLostError, Shot
from posecheck.sources.camera import camera as module
from posecheck.sources.camera.camera import SOONEST_S, Camera
from posecheck.sources.watch import CameraState, Repeats

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

SOON_S = 20.0


class Player:
    """An opener and its feed in one: does what the test says, and takes note of it."""

    title = name = "played"

    def __init__(self) -> None:
        self.next: Callable[[], Shot | None] = self.shot
        self.may_open: Callable[[], bool] = lambda: True
        self.opened_s: list[float] = []
        self.closed = self.shots = 0

    def shot(self) -> Shot:
        time.sleep(0.005)
        self.shots += 1
        return Shot(time.monotonic(), np.full((48, 64, 3), 99 + self.shots % 2, np.uint8))

    def smaller(self) -> Shot:
        shot = self.shot()
        return replace(shot, image_bgr=np.ascontiguousarray(shot.image_bgr[:40]))

    def same(self) -> Shot:
        return replace(self.shot(), image_bgr=np.full((48, 64, 3), 99, np.uint8))

    def open(self) -> Player:
        self.opened_s.append(time.monotonic())
        if not self.may_open():
            message = "played: not now; wait"
            raise CameraError(message)
        return self

    def read(self) -> Shot | None:
        return self.next()

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def player(monkeypatch: pytest.MonkeyPatch) -> Player:
    played = Player()
    monkeypatch.setattr(module, "_opener", lambda *_: played)
    return played


def lose() -> Shot | None:
    message = "played: gone; come back"
    raise CameraLostError(message)


def nothing() -> None:
    time.sleep(0.005)


def soon(wanted: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + SOON_S
    while not wanted():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def test_looks_less_and_less_often(player: Player) -> None:
    with Camera("0") as camera:
        player.may_open = lambda: False
        player.next = lose
        soon(lambda: len(player.opened_s) == 4)
        lost = camera.condition
    assert (lost.state, lost.sentence) == (CameraState.LOST, "Not now; wait")
    waits_s = np.diff(player.opened_s[1:])
    assert (waits_s >= [0.98 * 2 * SOONEST_S, 0.98 * 4 * SOONEST_S]).all(), waits_s


def test_opened_and_lost_at_once_is_not_tried_in_a_spin(player: Player) -> None:
    """As a camera that another program takes pictures with."""
    with Camera("0"):
        player.next = lose
        time.sleep(1.2)
    assert len(player.opened_s) <= 1 + 3
    assert player.closed == len(player.opened_s)


def test_silent_for_long_is_opened_anew(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT_S", 0.3)
    with Camera("0", stall_s=0.1) as camera:
        player.next = nothing
        soon(lambda: len(player.opened_s) == 2)
        assert camera.condition.state is CameraState.STALLED
        player.next = player.shot
        soon(lambda: camera.condition.state is CameraState.RUNNING)


def test_pictures_of_another_size_are_one_loss_and_told_at_the_end(player: Player) -> None:
    with Camera("0") as camera:
        assert camera.warnings() == ()
        player.next = player.smaller
        soon(lambda: len(player.opened_s) >= 3)
        assert "another size" in camera.condition.sentence
        player.next = player.shot
        soon(lambda: camera.condition.state is CameraState.RUNNING)
        first, second = camera.warnings()
    assert first == "the camera was lost once; that time is not counted"
    assert "another size" in second


def test_a_repeated_picture_is_a_gap_and_is_said(player: Player) -> None:
    """As from a telephone whose camera has stopped while its server goes on."""
    with Camera("0", stall_s=60) as camera:
        player.next = player.same
        soon(lambda: camera.condition.state is CameraState.STALLED)
        assert "same picture" in camera.condition.sentence
        last = camera.newest(0)
        assert camera.newest(0.2) is None, "somebody would be seen to hold still"
        assert last is None or last.t_s < camera.now_s() - 0.2
        player.next = player.shot
        soon(lambda: camera.condition.state is CameraState.RUNNING)
        assert camera.newest(SOON_S) is not None
        assert camera.warnings() == ("the camera repeated one picture; that time is not counted",)


def test_a_repeated_picture_that_stays_is_opened_anew(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENT_S", 0.3)
    with Camera("0", stall_s=60) as camera:
        player.next = player.same
        soon(lambda: len(player.opened_s) == 2)
        assert camera.condition.state is CameraState.STALLED


def test_one_changed_pixel_is_another_picture() -> None:
    repeats, image = Repeats(), np.full((48, 64, 3), 99, np.uint8)
    other = image.copy()
    other[5, 7, 1] += 1
    assert [repeats.look(t_s, image) for t_s in (0.0, 0.3, 0.5, 0.6)] == [False] * 3 + [True]
    assert not repeats.look(0.7, other)
    assert not any(repeats.look(1.0 + n / 10, (image, other)[n % 2]) for n in range(30))


def test_black_pictures_may_be_all_the_same() -> None:
    repeats, black = Repeats(), np.zeros((48, 64, 3), np.uint8)
    assert not any(repeats.look(n / 10, black) for n in range(30))


def test_a_fault_of_the_program_is_raised_where_pictures_are_taken(player: Player) -> None:
    def broken() -> Shot | None:
        message = "a bug"
        raise ZeroDivisionError(message)

    with Camera("0") as camera:
        player.next = broken
        soon(lambda: camera._pictures.ended)
        camera._pictures.take(0)  # the picture before it
        with pytest.raises(ZeroDivisionError, match="a bug"):
            camera.newest(SOON_S)
    assert player.closed == 1


@pytest.mark.parametrize("first", [lose, nothing], ids=["lost", "silent"])
def test_no_first_picture(
    first: Callable[[], Shot | None], player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PICTURE_S", 0.2)
    player.next = first
    with pytest.raises(CameraError, match=r"^played: \w"):
        Camera("0")
    assert player.closed == 1


def test_two_pictures_never_have_one_time(player: Player) -> None:
    with Camera("0") as camera:
        same = player.shot()
        player.next = lambda: time.sleep(0.005) or same
        frames = [camera.newest(SOON_S) for _ in range(20)]
    times = [frame.t_s for frame in frames if frame is not None]
    assert len(times) == 20
    assert np.diff(times).min() > 0


def test_clock_goes_on_while_nothing_comes(player: Player) -> None:
    with Camera("0") as camera:
        assert camera.newest(SOON_S) is not None
        silent = threading.Event()
        player.next = lambda: nothing() or silent.set()
        assert silent.wait(SOON_S)
        camera.newest(0)  # what came before the silence
        before_s = camera.now_s()
        assert camera.newest(0.1) is None
        assert camera.now_s() - before_s >= 0.1


def test_frames_end_when_another_thread_closes(player: Player) -> None:
    camera = Camera("0")
    closer = threading.Timer(0.1, camera.close)
    closer.start()
    assert len(list(camera.frames())) >= 1
    closer.join()
    assert player.closed == 1


def test_close_ends_also_if_the_driver_hangs(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CLOSE_S", 0.2)
    hangs, goes_on = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        goes_on.wait(60)

    camera = Camera("0")
    player.next = hang
    assert hangs.wait(SOON_S)
    began_s = time.monotonic()
    camera.close()
    assert time.monotonic() - began_s < 10
    assert camera.newest(60) is None
    goes_on.set()
    soon(lambda: not camera._task._thread.is_alive())
