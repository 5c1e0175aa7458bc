"""What every registered pose estimator promises (see ``posecheck.pose``)."""

from __future__ import annotations

import gc
import os
import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from media import person_images, plain

from posecheck.errors import ModelError
from posecheck.pose import mediapipe, models, names, open_estimator
from posecheck.system.outputs import captured_stderr
from posecheck.types import Frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from media import Clips


@dataclass(frozen=True, slots=True)
class Sample:
    """The model to test an estimator with."""

    model: str


SAMPLES = {"mediapipe": Sample("lite")}
each = pytest.mark.parametrize("name", names())


def test_every_registered_estimator_has_a_sample_here() -> None:
    assert set(names()) == set(SAMPLES)


def frames() -> list[Frame]:
    """Return a person, then nobody, then the person again."""
    size = (640, 480)
    images = [*person_images()[:4], *plain(30, size), *person_images()[4:8]]
    return [Frame(number / 15, image) for number, image in enumerate(images)]


@each
def test_one_observation_for_every_frame(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    estimator = open_estimator(models.find(SAMPLES[name].model), name)
    pictures = frames()
    before = [frame.image_bgr.copy() for frame in pictures]
    seen = [estimator.estimate(frame) for frame in pictures]
    estimator.close()
    estimator.close()
    assert [one.t_s for one in seen] == [frame.t_s for frame in pictures]
    assert {one.frame_size_px for one in seen} == {(640, 480)}
    found = [one.pose is not None for one in seen]
    assert all(found[:4]), "the person is not found"
    assert not any(found[20:34]), "nobody is there"
    assert found[-1], "the person is not found again"
    for frame, copy in zip(pictures, before, strict=True):
        assert np.array_equal(frame.image_bgr, copy), "a picture was changed"
    assert capfd.readouterr() == ("", ""), "it writes to the terminal"


@each
def test_numbers_have_the_promised_form(name: str) -> None:
    estimator = open_estimator(models.find(SAMPLES[name].model), name)
    pose = estimator.estimate(frames()[0]).pose
    estimator.close()
    assert pose is not None
    assert {a.dtype for a in (pose.image_px, pose.world_m, pose.visibility, pose.presence)} == {
        np.dtype(np.float32)
    }
    for shares in (pose.visibility, pose.presence):
        assert ((shares >= 0) & (shares <= 1)).all()
    # Pixels, not shares of the picture: the sample's person is in the middle of 640 x 480.
    assert 100 < pose.point_px("left_hip")[0] < 540
    assert 100 < pose.point_px("left_hip")[1] < 460
    hips = pose.world_m[23:25].mean(axis=0)
    assert np.abs(hips).max() < 0.1, "metres from the middle of the hips"


@each
def test_keeps_no_picture(name: str) -> None:
    estimator = open_estimator(models.find(SAMPLES[name].model), name)
    image = person_images()[0].copy()
    kept = weakref.ref(image)
    observation = estimator.estimate(Frame(0.0, image))
    del image
    gc.collect()
    assert kept() is None, "the picture is kept"
    assert observation.pose is not None
    estimator.close()


@each
def test_two_runs_give_the_same_numbers(name: str) -> None:
    runs = []
    for _ in range(2):
        estimator = open_estimator(models.find(SAMPLES[name].model), name)
        runs.append([estimator.estimate(frame).pose for frame in frames()[:4]])
        estimator.close()
    for one, other in zip(*runs, strict=True):
        assert one is not None
        assert other is not None
        assert one.same_as(other)


@each
@pytest.mark.parametrize("size", [(1, 1), (2, 1000), (1000, 2), (33, 17)])
def test_odd_sizes(name: str, size: tuple[int, int]) -> None:
    estimator = open_estimator(models.find(SAMPLES[name].model), name)
    seen = estimator.estimate(Frame(0.0, plain(1, size)[0]))
    estimator.close()
    assert seen.frame_size_px == size


@each
def test_times_closer_than_a_millisecond(name: str) -> None:
    estimator = open_estimator(models.find(SAMPLES[name].model), name)
    times = [0.0, 0.0001, 0.0002, 0.5]
    seen = [estimator.estimate(Frame(t_s, person_images()[0])) for t_s in times]
    estimator.close()
    assert [one.t_s for one in seen] == times


@each
def test_rubbish_is_a_model_error(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rubbish.task"
    path.write_bytes(b"rubbish")
    capfd.readouterr()
    with pytest.raises(ModelError, match="rubbish"):
        open_estimator(models.Model("rubbish", path, "", ""), name)
    assert capfd.readouterr() == ("", "")


def leave_the_terminal_alone(*works: Callable[[], None]) -> None:
    """Run functions in threads; descriptor 2 must be the same afterwards."""
    kept, before = os.dup(2), os.fstat(2)
    try:
        threads = [threading.Thread(target=work) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        after = os.fstat(2)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    assert (before.st_dev, before.st_ino) == (after.st_dev, after.st_ino)


@pytest.mark.slow
@each
def test_two_at_the_same_time_leave_the_terminal_alone(name: str) -> None:
    """Descriptor 2 must be the same afterwards, however two creations overlap."""
    errors: list[BaseException] = []
    model = models.find(SAMPLES[name].model)
    together = threading.Barrier(3)

    def work() -> None:
        try:
            for _ in range(3):
                together.wait(20)
                estimator = open_estimator(model, name)
                estimator.estimate(Frame(0.0, person_images()[0]))
                estimator.close()
        except BaseException as error:  # noqa: BLE001 - shown below
            errors.append(error)

    leave_the_terminal_alone(work, work, work)
    assert not errors, errors


def test_overlapping_silences_give_the_terminal_back() -> None:
    """Two threads may silence descriptor 2 at once; it must not stay silent afterwards."""
    first_in, second_in, first_out = (threading.Event() for _ in range(3))

    def first() -> None:
        with captured_stderr():
            first_in.set()
            second_in.wait(0.5)  # not for ever: a lock may keep the second one out
        first_out.set()

    def second() -> None:
        first_in.wait(5)
        with captured_stderr():
            second_in.set()
            first_out.wait(0.5)

    leave_the_terminal_alone(first, second)


def test_a_second_model_is_made_while_other_threads_may_redirect_the_output(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two estimators deadlocked: each held the lock that the other one waited for."""
    free: list[str] = []
    really = mediapipe._landmarker

    def write_into_redirection() -> None:
        with captured_stderr(wait=False) as written:
            os.write(2, b"heard")
            free.append(written())

    def making(*words: object) -> object:
        thread = threading.Thread(target=write_into_redirection)
        thread.start()
        thread.join()
        return really(*words)  # type: ignore[arg-type]

    estimator = mediapipe.MediaPipeEstimator(models.find("lite"))
    monkeypatch.setattr(mediapipe, "_landmarker", making)
    estimator.everyone(frames()[0])
    estimator.close()
    assert free == ["heard"]


def test_a_person_who_comes_later_brings_no_noise(
    capfd: pytest.CaptureFixture[str], clips: Clips
) -> None:
    """MediaPipe's last parts run, and log, only when somebody is found."""
    from posecheck.sources import open_source  # noqa: PLC0415

    estimator = open_estimator(models.find("lite"))
    source = open_source(clips.person)
    found = []
    for index, frame in enumerate(source.frames()):
        empty = index < 3
        image = np.zeros_like(frame.image_bgr) if empty else frame.image_bgr
        found.append(estimator.estimate(Frame(frame.t_s, image)).pose is not None)
    source.close()
    estimator.close()
    assert found[:3] == [False] * 3
    assert any(found)
    assert capfd.readouterr().err == ""


def test_what_other_threads_say_meanwhile_is_not_lost(capfd: pytest.CaptureFixture[str]) -> None:
    import re  # noqa: PLC0415

    with captured_stderr(re.compile("noise")):
        os.write(2, b"noise of a library\nword of a thread\n")
    assert capfd.readouterr().err == "word of a thread\n"
