"""Keeping the video: true times, never in the way, and a fault ends only the recording."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from media import times_of

from posecheck.errors import OutputError
from posecheck.live import workers as module
from posecheck.live.workers import VideoRecorder
from posecheck.types import Frame

if TYPE_CHECKING:
    from pathlib import Path

SIZE_PX = (64, 48)
UNEVEN_S = [0.0, 0.033, 0.1, 0.12, 1.5, 1.533]


def frame(t_s: float, size_px: tuple[int, int] = SIZE_PX) -> Frame:
    return Frame(t_s, np.full((size_px[1], size_px[0], 3), 90, np.uint8))


def record(path: Path, frames: list[Frame]) -> VideoRecorder:
    recording = VideoRecorder(path)
    for one in frames:
        while not recording.fault and recording._frames.full():
            threading.Event().wait(0.01)  # as slow as the encoder
        recording.keep(one)
    recording.close()
    return recording


def test_pictures_keep_their_times(tmp_path: Path) -> None:
    recording = record(tmp_path / "a.mp4", [frame(t_s) for t_s in UNEVEN_S])
    assert (recording.fault, recording.left_out) == ("", 0)
    assert times_of(recording.path) == pytest.approx(UNEVEN_S, abs=1e-4)


def test_without_a_picture_there_is_no_file(tmp_path: Path) -> None:
    assert not record(tmp_path / "a.mp4", []).path.exists()


def test_a_picture_of_another_size_is_fitted(tmp_path: Path) -> None:
    recording = record(tmp_path / "a.mp4", [frame(0.0), frame(0.1, (80, 80))])
    assert recording.fault == ""
    assert len(times_of(recording.path)) == 2


def test_an_encoder_that_falls_behind_slows_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = threading.Event()
    real = module.VideoWriter.write

    def slow(self: object, *arguments: object) -> None:
        assert busy.wait(20)
        real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module.VideoWriter, "write", slow)
    recording = VideoRecorder(tmp_path / "a.mp4")
    for number in range(30):
        recording.keep(frame(number / 30))  # returns at once, or this test hangs
    assert recording.left_out >= 30 - module._WAITING - 1
    busy.set()
    recording.close()
    kept = times_of(recording.path)
    assert len(kept) == 30 - recording.left_out
    # The first wait; the place of the one that the encoder took is taken by any later one.
    numbers = [round(t_s * 30) for t_s in kept]
    assert kept == pytest.approx([number / 30 for number in numbers], abs=1e-4)
    assert numbers[: module._WAITING] == list(range(module._WAITING))
    assert all(before < after < 30 for before, after in pairwise(numbers))


def test_a_fault_is_kept_and_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"mine")
    recording = record(path, [frame(0.0)])
    assert "exists already" in recording.fault
    assert path.read_bytes() == b"mine"


def test_a_disk_that_fills_up_ends_the_recording_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[float] = []

    def full(_self: object, _image: object, t_s: float) -> None:
        written.append(t_s)
        message = "a.mp4: cannot be written: the disk is full"
        raise OutputError(message)

    monkeypatch.setattr(module.VideoWriter, "write", full)
    recording = record(tmp_path / "a.mp4", [frame(number / 30) for number in range(20)])
    assert recording.fault.endswith("the disk is full")
    assert len(written) == 1
    assert recording._frames.empty()


def test_a_bug_in_the_encoder_is_a_fault_too_and_keeps_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[BaseException | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda seen: raised.append(seen.exc_value))

    def broken(self: object, *arguments: object) -> None:
        del self, arguments
        message = "a bug"
        raise ZeroDivisionError(message)

    monkeypatch.setattr(module.VideoWriter, "write", broken)
    recording = record(tmp_path / "a.mp4", [frame(0.0), frame(0.1)])
    assert recording.fault.endswith(": a fault in posecheck (ZeroDivisionError)"), (
        "the screen says so"
    )
    assert [type(error) for error in raised] == [ZeroDivisionError]
