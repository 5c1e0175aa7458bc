"""What needs no camera: choosing a mode, believing a clock, judging a condition, the slot."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecheck.commands import doctor
from posecheck.errors import CameraError, InstallationError, SourceError
from posecheck.sources.camera import listing, local
from posecheck.sources.camera.jpeg import JpegDecoder
from posecheck.sources.camera.listing import (
    ENOUGH_FPS,
    WANTED_PX,
    Device,
    Mode,
    Problem,
    best_mode,
    look_at,
    sentence,
)
from posecheck.sources.camera.local import DriverClock, LocalCamera
from posecheck.sources.camera.network import without_secrets
from posecheck.sources.watch import DARK_S, CameraState, Watch, is_dark
from posecheck.system.opencv import cv2
from posecheck.system.threads import LatestSlot

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WIDE, SMALL = WANTED_PX, (640, 480)

LIGHT = np.full((90, 160, 3), 120, np.uint8)
BLACK = np.random.default_rng(1).integers(0, 9, (90, 160, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        # What most webcams offer: uncompressed is too slow at the wanted size.
        ([("YUYV", SMALL, 30), ("YUYV", WIDE, 10), ("MJPG", WIDE, 30)], ("MJPG", WIDE, 30)),
        ([("MJPG", WIDE, 30), ("YUYV", WIDE, 30)], ("YUYV", WIDE, 30)),
        ([("MJPG", WIDE, 60), ("MJPG", WIDE, 30)], ("MJPG", WIDE, 60)),
        ([("YUYV", WIDE, 10), ("YUYV", SMALL, 30)], ("YUYV", SMALL, 30)),
        ([("MJPG", (1920, 1080), 30), ("MJPG", WIDE, 25)], ("MJPG", WIDE, 25)),
        ([("MJPG", (1920, 1080), 30), ("MJPG", (160, 120), 30)], ("MJPG", (1920, 1080), 30)),
        ([("YUYV", SMALL, 0), ("YUYV", WIDE, 0)], ("YUYV", WIDE, 0)),
        ([("H264", WIDE, 30), ("MJPG", SMALL, 15)], ("MJPG", SMALL, 15)),
    ],
)
def test_best_mode(
    offered: list[tuple[str, tuple[int, int], float]], chosen: tuple[str, tuple[int, int], float]
) -> None:
    assert best_mode([Mode(*one) for one in offered]) == Mode(*chosen)


def test_no_mode_that_can_be_read() -> None:
    assert best_mode([Mode("H264", WIDE, 30)]) is None
    assert best_mode([]) is None


@given(
    st.lists(
        st.builds(
            Mode,
            st.sampled_from(["YUYV", "MJPG", "NV12"]),
            st.tuples(st.integers(1, 4000), st.integers(1, 3000)),
            st.floats(1, 120),
        ),
        min_size=1,
    )
)
def test_rate_goes_before_size(modes: list[Mode]) -> None:
    chosen = best_mode(modes)
    assert chosen is not None
    assert chosen.fps >= min(ENOUGH_FPS, max(mode.fps for mode in modes))


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_has_one_line(problem: Problem) -> None:
    said = sentence(problem, "/dev/video0")
    assert said.startswith("/dev/video0: ")
    assert ";" in said, "what is wrong; what to do"
    assert "\n" not in said


def test_a_file_is_no_camera(tmp_path: Path) -> None:
    file = tmp_path / "video0"
    file.write_bytes(b"x")
    assert look_at(str(file)).problem is Problem.NO_CAMERA
    assert look_at(str(tmp_path)).problem is Problem.NO_CAMERA
    assert look_at(str(tmp_path / "none")).problem is Problem.MISSING
    assert look_at(str(file / "below")).problem is Problem.MISSING
    assert look_at("a\0b").problem is Problem.BROKEN


# ---- macOS and Windows ----


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Return the cameras that were switched on: number and OpenCV's interface."""
    calls: list[tuple[int, int]] = []

    class Capture:
        def __init__(self, index: int, api: int = cv2.CAP_ANY) -> None:
            calls.append((index, api))

        def isOpened(self) -> bool:  # noqa: N802 - as in OpenCV
            return False

        def release(self) -> None:
            pass

    for module in (listing, local):
        monkeypatch.setattr(module, "LINUX", False)
    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    return calls


@pytest.mark.parametrize("api", ["CAP_MSMF", "CAP_AVFOUNDATION"])
def test_listing_switches_no_camera_on(
    api: str, opened: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def enumerate_cameras(api: int) -> list[SimpleNamespace]:
        asked.append(api)
        return [SimpleNamespace(index=i, name=n) for i, n in enumerate(["FaceTime", "USB\n"])]

    library = SimpleNamespace(enumerate_cameras=enumerate_cameras)
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", library)
    monkeypatch.setattr(listing, "OPENCV_API", api)
    found = listing.find()
    assert [(device.index, device.path, device.name) for device in found] == [
        (0, "0", "FaceTime"),
        (1, "1", "USB\\n"),
    ]
    assert {(device.mode, device.problem) for device in found} == {(None, None)}
    assert doctor.check_cameras().found == "0 FaceTime, 1 USB\\n"
    assert asked == [getattr(cv2, api)] * 2
    assert opened == []
    with pytest.raises(CameraError, match="does not work"):
        LocalCamera("1", WANTED_PX).open()
    assert opened == [(1, getattr(cv2, api))], "a number means the same camera as in the list"


@pytest.mark.parametrize("api", ["CAP_MSMF", "CAP_ANY"])
def test_where_cameras_cannot_be_listed_none_is_switched_on_to_find_out(
    api: str, opened: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", None)
    monkeypatch.setattr(listing, "OPENCV_API", api)
    with pytest.raises(InstallationError, match=r"--camera 0.*pip install cv2-enumerate-cameras"):
        listing.find()
    assert "can't be listed" in doctor.check_cameras().found
    assert listing.default() == "0"
    assert opened == []


# ---- finding a lost camera again ----


@pytest.mark.parametrize(("new", "found"), [("/dev/video2", None), ("/dev/video4", "/dev/video4")])
def test_another_camera_of_the_same_make_is_never_switched_on(
    new: str, found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only one that was not there when the session began can be the lost one."""
    ours, other, gone = (
        Device(0, "/dev/video0", "Cam", None, None),
        Device(2, "/dev/video2", "Cam", None, None),
        Device(0, "/dev/video0", "", None, Problem.MISSING),
    )
    there = [ours, other]
    monkeypatch.setattr(local, "LINUX", True)
    monkeypatch.setattr(local.listing, "find", lambda: tuple(there))
    monkeypatch.setattr(local.listing, "look_at", lambda *_: ours if ours in there else gone)
    opened: list[str] = []
    monkeypatch.setattr(local, "LocalFeed", lambda device, *_: opened.append(device.path))
    camera = LocalCamera("0", WANTED_PX)
    camera.open()
    there[:] = [other, *([] if new == other.path else [replace(ours, index=4, path=new)])]
    if found is None:
        with pytest.raises(CameraError, match="unplugged"):
            camera.open()
    else:
        camera.open()
    assert opened == ["/dev/video0", *filter(None, [found])]


# ---- the clock ----


def test_drivers_stamps_are_believed_where_they_can_be_true() -> None:
    clock = DriverClock()
    assert clock.clock_s(99.97, 100.0) == 99.97
    assert clock.clock_s(99.90, 100.2) == 100.2, "not after the one before"
    assert clock.clock_s(100.3, 100.31) == 100.3
    assert clock.clock_s(100.5, 100.4) == 100.4, "in the future"
    assert clock.clock_s(100.45, 108.0) == 100.45, "old, but this driver's clock is ours"


def test_after_one_stamp_that_cannot_be_true_the_next_are_believed_again() -> None:
    """Also where pictures come later than the next one is taken."""
    clock, late_s, period_s = DriverClock(), 0.1, 0.033
    taken_s = [100 + number * period_s for number in range(20)]
    said_s = [*taken_s[:5], 0.0, *taken_s[6:]]
    given_s = [clock.clock_s(*both) for both in zip(said_s, np.add(taken_s, late_s), strict=True)]
    assert given_s[:5] == taken_s[:5]
    assert given_s[5] == pytest.approx(taken_s[5] + late_s)
    assert given_s[10:] == taken_s[10:]
    assert np.diff(given_s).min() > 0


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e12), st.floats(1e-6, 10)), min_size=1),
    st.floats(0, 1e6),
)
def test_times_rise_and_never_lie_ahead(steps: list[tuple[float, float]], begin_s: float) -> None:
    """Whatever a driver says."""
    clock, arrived_s, last_s = DriverClock(), begin_s, -1.0
    for said_s, step_s in steps:
        arrived_s += step_s
        taken_s = clock.clock_s(said_s, arrived_s)
        assert last_s < taken_s <= arrived_s
        last_s = taken_s


# ---- the condition ----


def watching(stall_s: float = 2.0) -> Watch:
    watch = Watch(stall_s)
    watch.picture(0.0, LIGHT)
    return watch


def test_runs_stalls_and_runs_again() -> None:
    watch = watching()
    assert watch.condition(1.9).state is CameraState.RUNNING
    stalled = watch.condition(2.0)
    assert (stalled.state, stalled.since_s) == (CameraState.STALLED, 0.0)
    watch.picture(5.0, LIGHT)
    running = watch.condition(5.1)
    assert (running.state, running.since_s, running.sentence) == (CameraState.RUNNING, 5.0, "")


def test_lost_until_the_next_picture() -> None:
    watch = watching()
    watch.picture(1.0, LIGHT)
    watch.lost("gone")
    watch.lost("busy")
    lost = watch.condition(50.0)
    assert (lost.state, lost.since_s, lost.sentence) == (CameraState.LOST, 1.0, "busy")
    watch.picture(51.0, LIGHT)
    assert watch.condition(51.0).state is CameraState.RUNNING


def test_a_black_moment_is_no_cover() -> None:
    watch = watching(stall_s=9)
    watch.picture(1.0, BLACK)
    watch.picture(1.0 + 0.9 * DARK_S, BLACK)
    assert watch.condition(1.0 + 2 * DARK_S).state is CameraState.RUNNING, "nothing came since"
    watch.picture(1.0 + DARK_S, BLACK)
    dark = watch.condition(1.0 + DARK_S)
    assert (dark.state, dark.since_s) == (CameraState.DARK, 1.0)
    watch.picture(4.0, LIGHT)
    assert watch.condition(4.0).state is CameraState.RUNNING


@given(
    st.lists(
        st.tuples(st.floats(0.001, 5), st.sampled_from(["light", "black", "lost"])), max_size=30
    ),
    st.floats(0, 10),
)
def test_a_condition_is_always_explained(events: list[tuple[float, str]], later_s: float) -> None:
    watch, t_s = watching(), 0.0
    for step_s, event in events:
        t_s += step_s
        if event == "lost":
            watch.lost("gone")
        else:
            watch.picture(t_s, LIGHT if event == "light" else BLACK)
    condition = watch.condition(t_s + later_s)
    assert (condition.sentence == "") == (condition.state is CameraState.RUNNING)
    assert 0 <= condition.since_s <= t_s + later_s
    if events and events[-1][1] == "light" and later_s < 2:
        assert condition.state is CameraState.RUNNING


def picture_with(level: int, share: float) -> NDArray[np.uint8]:
    """Return a black picture with a bright strip."""
    image = np.full((720, 1280, 3), 2, np.uint8)
    image[:, : round(1280 * share)] = level
    return image


@pytest.mark.parametrize(
    ("image", "dark"),
    [
        (picture_with(0, 0), True),
        (BLACK, True),
        (picture_with(255, 0.1), False),  # a lamp in a dark room
        (picture_with(60, 1), False),  # an evening room
        (np.zeros((720, 1280, 3), np.uint8) + np.array([90, 0, 0], np.uint8), False),
    ],
)  # fmt: skip
def test_what_is_dark(image: NDArray[np.uint8], *, dark: bool) -> None:
    assert is_dark(image) is dark


# ---- the slot ----


def test_the_newest_takes_the_place_of_what_waits() -> None:
    slot: LatestSlot[int] = LatestSlot()
    assert slot.take(0) is None
    for number in range(5):
        slot.put(number)
    assert (slot.take(0), slot.take(0), slot.dropped) == (4, None, 4)


def test_what_waits_is_given_before_the_error() -> None:
    slot: LatestSlot[int] = LatestSlot()
    slot.put(1)
    slot.end(ValueError("late"))
    assert slot.take(1) == 1
    with pytest.raises(ValueError, match="late"):
        slot.take(1)


@pytest.mark.parametrize("happens", ["put", "end"])
def test_who_waits_is_woken(happens: str) -> None:
    slot: LatestSlot[int] = LatestSlot()
    taken: list[int | None] = []
    waiting = threading.Thread(target=lambda: taken.append(slot.take(60)), daemon=True)
    waiting.start()
    slot.put(7) if happens == "put" else slot.end()
    waiting.join(5)
    assert taken == [7 if happens == "put" else None]


@given(st.lists(st.sampled_from(["put", "take"])))
def test_every_item_is_taken_or_dropped_once(actions: list[str]) -> None:
    slot: LatestSlot[int] = LatestSlot()
    put, taken = 0, []
    for action in actions:
        if action == "put":
            slot.put(put)
            put += 1
        elif (item := slot.take(0)) is not None:
            taken.append(item)
    left = slot.take(0) is not None
    assert taken == sorted(set(taken)), "older after newer, or twice"
    assert len(taken) + slot.dropped + left == put


# ---- JPEGs ----


def coded(image: NDArray[np.uint8]) -> bytes:
    good, found = cv2.imencode(".jpg", image)
    assert good
    return found.tobytes()


@pytest.mark.parametrize("padding", [b"", bytes(500), b"\xff" * 9, b"odd"])
def test_padded_jpeg_is_a_picture_and_nobody_complains(
    padding: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """Webcams pad in front of the end or behind it; libjpeg writes a line for the first."""
    jpeg = coded(LIGHT)
    for bytes_ in (jpeg + padding, jpeg[:-2] + padding + jpeg[-2:]):
        image = JpegDecoder().decode(np.frombuffer(bytes_, np.uint8))
        assert image is not None
        assert image.shape == LIGHT.shape
        assert np.abs(image.astype(int) - LIGHT).max() < 20
        assert image.flags.c_contiguous
    assert capfd.readouterr().err == ""


@given(st.data())
def test_what_is_cut_off_is_no_picture(data: st.DataObject) -> None:
    decoder = JpegDecoder()
    jpeg = coded(np.random.default_rng(2).integers(0, 255, (48, 64, 3)).astype(np.uint8))
    assert decoder.decode(np.frombuffer(jpeg, np.uint8)) is not None
    length = data.draw(st.integers(0, len(jpeg) - 2))
    assert decoder.decode(np.frombuffer(jpeg[:length], np.uint8)) is None


# ---- addresses ----


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://host/video", "http://host/video"),
        ("rtsp://anna:secret@host:554/live?key=secret#secret", "rtsp://host:554/live"),
        ("http://a@b:secret@[fe80::1]:80/", "http://[fe80::1]:80/"),
        ("http://host/a\nb", "http://host/ab"),
    ],
)
def test_addresses_are_shown_without_secrets(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


def test_camera_errors_are_source_errors() -> None:
    assert issubclass(CameraError, SourceError)
