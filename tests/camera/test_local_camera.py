"""Cameras of this machine: OpenCV's real V4L2 backend on a device that is not there."""

from __future__ import annotations

import signal
import statistics
import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fakecam import Busy, FakeCamera, Stamps
from looker import COUNT

if TYPE_CHECKING:
    from collections.abc import Callable

    from looker import Looker

    Look = Callable[..., Looker]

pytestmark = pytest.mark.slow

FPS = 30
CLOSES_S = 4.5  # the driver gives the thread back after 1 s; the machine may be busy


def times(pictures: list[dict[str, Any]]) -> list[float]:
    return [picture["t"] for picture in pictures]


def assert_true_times(pictures: list[dict[str, Any]]) -> None:
    """The camera's pictures go on by the clock, so their numbers tell the true times."""
    assert all(one < other for one, other in pairwise(times(pictures)))
    first, cycle_s = pictures[0], COUNT / FPS
    for picture in pictures:
        true_s = (picture["n"] - first["n"]) / FPS
        off_s = (picture["t"] - first["t"] - true_s + cycle_s / 2) % cycle_s - cycle_s / 2
        assert abs(off_s) <= 0.6 / FPS


def test_pictures_come_at_the_wanted_size_and_rate(look: Look, fake: FakeCamera) -> None:
    """This camera gives the size at full rate only as MJPG, uncompressed at 10 a second."""
    looker = look()
    begun = looker.until(lambda line: "name" in line)
    assert begun == {"name": "Fake Camera", "size": [1280, 720], "source": "camera"}
    pictures = looker.pictures(60)
    assert fake.streaming
    last = looker.finish()
    steps = [after - before for before, after in pairwise(times(pictures))]
    # With a single buffer in the driver only every second picture would come.
    assert min(steps) == pytest.approx(1 / FPS, abs=0.002)
    assert_true_times(pictures)
    assert min(picture["age"] for picture in pictures) < 0.1
    assert last["closed_s"] < CLOSES_S
    assert last["warnings"] == []
    assert last["after_close"] == [True, []]
    assert not fake.streaming, "the light is still on"


def test_slow_taker_gets_the_newest(look: Look, fake: FakeCamera) -> None:
    looker = look("0", "--slow", 0.25)
    looker.pictures(1)
    pictures = looker.pictures(8)
    last = looker.finish()
    assert_true_times(pictures)
    numbers = [picture["n"] for picture in pictures]
    assert statistics.median(np.diff(numbers) % COUNT) >= 3, "older pictures were waiting"
    between = sum(np.diff(numbers) % COUNT - 1)
    assert last["dropped"] + fake.skipped >= between, "replaced pictures are not counted"


def test_unplugged_and_back(look: Look, fake: FakeCamera) -> None:
    looker = look()
    before = looker.pictures(10)[-1]
    fake.unplug()
    lost = looker.state("lost")
    assert lost["sentence"] == "The camera is unplugged; plug it in again"
    assert lost["since"] >= looker.seen[-1]["t"]
    opened = fake.opened
    fake.plug_in()
    back = looker.state("running")
    assert (back["sentence"], fake.opened > opened) == ("", True)
    after = looker.pictures(10)
    assert back["since"] == pytest.approx(looker.seen[-10]["t"], abs=1.0)
    assert after[0]["t"] - before["t"] > 0.2, "the time without pictures is missing"
    assert_true_times(looker.seen)
    assert looker.finish()["warnings"] == ["the camera was lost once; that time is not counted"]


def test_comes_back_under_another_number(look: Look, fake: FakeCamera) -> None:
    looker = look()
    looker.pictures(5)
    fake.unplug()
    looker.state("lost")
    fake.plug_in(number=4)
    looker.state("running")
    looker.pictures(5)
    looker.finish()


def test_quickly_unplugged_and_back(look: Look, fake: FakeCamera) -> None:
    """The device file is there all the time; only what was opened is dead."""
    looker = look()
    looker.pictures(5)
    fake.unplug()
    fake.plug_in()
    looker.state("lost")
    looker.state("running")
    looker.pictures(5)
    looker.finish()


def test_busy_when_it_comes_back(look: Look, fake: FakeCamera) -> None:
    looker = look()
    looker.pictures(5)
    fake.unplug()
    looker.state("lost")
    fake.busy = Busy.AT_FORMAT
    fake.plug_in()
    busy = looker.until(lambda line: "Another program" in line.get("sentence", ""))
    assert busy["state"] == "lost"
    fake.busy = Busy.FREE
    looker.state("running")
    looker.finish()


def test_stalls_and_goes_on(look: Look, fake: FakeCamera) -> None:
    looker = look("0", "--stall", 0.7)
    looker.pictures(10)
    fake.stalled = True
    stalled = looker.state("stalled")
    assert "sends no pictures" in stalled["sentence"]
    assert stalled["since"] >= looker.seen[-1]["t"]
    opened = fake.opened
    fake.stalled = False
    looker.state("running")
    looker.pictures(10)
    assert fake.opened == opened, "a short silence is no reason to open it again"
    assert_true_times(looker.seen)
    assert looker.finish()["warnings"] == []


@pytest.mark.parametrize("fault", ["stalled", "lost"])
def test_closes_in_the_middle_of_a_fault(fault: str, look: Look, fake: FakeCamera) -> None:
    looker = look("0", "--stall", 0.5)
    looker.pictures(3)
    if fault == "stalled":
        fake.stalled = True
    else:
        fake.unplug()
    looker.state(fault)
    assert looker.finish()["closed_s"] < CLOSES_S


def test_covered_lens_is_noticed_and_its_pictures_still_come(look: Look, fake: FakeCamera) -> None:
    looker = look()
    looker.pictures(5)
    fake.covered = True
    dark = looker.state("dark")
    assert "lens cover" in dark["sentence"]
    black = looker.pictures(3)[-1]
    assert max(black["mean"]) < 20
    assert black["t"] - dark["since"] > 0.9
    fake.covered = False
    looker.state("running")
    looker.finish()


@pytest.mark.parametrize("stamps", [Stamps.WALL_CLOCK, Stamps.NONE])
def test_stamps_of_another_clock_are_not_believed(
    stamps: Stamps, look: Look, fake: FakeCamera
) -> None:
    fake.stamps = stamps
    looker = look()
    pictures = looker.pictures(40)
    looker.finish()
    assert all(one < other for one, other in pairwise(times(pictures)))
    assert times(pictures)[-1] - times(pictures)[0] > 0.8 * 39 / FPS, "that is no clock"
    assert all(0 <= picture["age"] < 5 for picture in pictures)


def test_damaged_pictures_are_left_out_without_a_word(look: Look, fake: FakeCamera) -> None:
    """OpenCV itself gives the last whole picture again, as a new one at a new time."""
    looker = look("0", "--stall", 0.5)
    looker.pictures(3)
    fake.halved = True
    stalled = looker.state("stalled")
    assert stalled["since"] >= looker.seen[-1]["t"]
    fake.halved = False
    looker.state("running")
    looker.pictures(5)
    assert_true_times(looker.seen)
    looker.finish()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to the camera, what is opened, and what is said."""

    words: str
    switches: dict[str, int] = field(default_factory=dict)
    where: str = "0"


FAULTS = {
    "busy at open": Fault("another program uses", {"busy": Busy.AT_OPEN}),
    "busy at format": Fault("another program uses", {"busy": Busy.AT_FORMAT}),
    "busy at start": Fault("another program uses", {"busy": Busy.AT_START}),
    "forbidden": Fault("no permission", {"forbidden": True}),
    "missing": Fault("there is no such camera", {"_plugged": False}),
    "another number": Fault("there is no such camera", where="7"),
    "metadata": Fault("is no camera that gives pictures", where="1"),
    "no camera": Fault("is no camera that gives pictures", where="/dev/null"),
    "no such name": Fault("there is no such camera", where="/dev/nothing"),
    "silent": Fault("sends no picture", {"stalled": True}),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_camera_that_cannot_be_used_is_one_line(fault: Fault, look: Look, fake: FakeCamera) -> None:
    for name, value in fault.switches.items():
        setattr(fake, name, value)
    looker = look(fault.where, "--first", 0.8)
    said = looker.finish()
    assert looker.process.returncode == 2
    path = f"/dev/video{fault.where}" if fault.where.isdecimal() else fault.where
    assert said["error"].startswith(f"{path}: ")
    assert fault.words in said["error"]
    assert "\n" not in said["error"]
    assert not fake.streaming


def test_two_cannot_use_it_at_once(look: Look) -> None:
    first = look()
    first.pictures(3)
    second = look().finish()
    assert "another program uses" in second["error"]
    first.pictures(3)
    first.finish()


def test_ctrl_c_while_the_first_picture_is_awaited(look: Look, fake: FakeCamera) -> None:
    fake.stalled = True
    looker = look()
    while not fake.streaming:
        assert looker.process.poll() is None
        time.sleep(0.02)
    looker.process.send_signal(signal.SIGINT)
    assert looker.process.wait(10) == -signal.SIGINT
    assert not fake.streaming, "the camera was not closed"
