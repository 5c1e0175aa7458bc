"""A camera that moves is noticed and nothing is counted; other movement is not taken for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from media import SAMPLES, cut

from posecheck import exercises
from posecheck.evaluation import truth
from posecheck.form.judge import Judge
from posecheck.landmarks import INDEX
from posecheck.live.camera_motion import STAYS_S, CameraMotion
from posecheck.system.opencv import cv2
from posecheck.types import Cause, Pose, State
from tests.figures import SEATED_VALID

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 30
HEIGHT, WIDTH = 240, 320


def room(seed: int = 1) -> NDArray[np.uint8]:
    """A wide picture of furniture: boxes of random greys, a little noise."""
    random = np.random.default_rng(seed)
    image = np.full((HEIGHT * 2, WIDTH * 2, 3), 120, np.uint8)
    for _ in range(60):
        x, y = int(random.integers(0, WIDTH * 2)), int(random.integers(0, HEIGHT * 2))
        size = random.integers(10, 90, 2).tolist()
        colour = random.integers(30, 220, 3).tolist()
        cv2.rectangle(image, (x, y), (x + size[0], y + size[1]), colour, -1)
    return image


def seen_at(image: NDArray[np.uint8], x: float, y: float = 0.0) -> NDArray[np.uint8]:
    """The part of the room that the camera sees, moved by so many pixels, with sensor noise."""
    how = np.array([[1, 0, -x - 100], [0, 1, -y - 100]], np.float32)
    part = cv2.warpAffine(image, how, (WIDTH, HEIGHT)).astype(np.int16)
    noise = np.random.default_rng(int(x * 10) % 999).integers(-4, 5, part.shape)
    return np.clip(part + noise, 0, 255).astype(np.uint8)


def moves(places: list[tuple[float, float]]) -> list[bool]:
    motion, image = CameraMotion(), room()
    return [motion.look(i / RATE, seen_at(image, x, y), None) for i, (x, y) in enumerate(places)]


@pytest.mark.parametrize("direction", [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.7, -0.7)])
def test_a_camera_that_is_moved_is_noticed_while_it_moves_and_a_moment_after(
    direction: tuple[float, float],
) -> None:
    path = [0.0] * RATE + [1.5 * i for i in range(RATE)] + [1.5 * RATE] * 2 * RATE
    found = moves([(direction[0] * way, direction[1] * way) for way in path])
    assert not any(found[: RATE - 1])
    assert all(found[RATE + RATE // 3 : 2 * RATE])
    assert not any(found[round((2 + STAYS_S + 0.5) * RATE) :])


def test_a_camera_that_stands_still_in_noise_does_not_move() -> None:
    assert not any(moves([(0.0, 0.0)] * 90))


def test_somebody_who_walks_by_and_a_light_are_no_moving_camera() -> None:
    motion, image = CameraMotion(), room()
    found = []
    for i in range(90):
        picture = seen_at(image, 0.0)
        cv2.rectangle(picture, (4 * i, 40), (4 * i + 60, HEIGHT), (60, 90, 140), -1)
        light = 40 if i > 45 else 0
        found.append(motion.look(i / RATE, cv2.add(picture, (light, light, light, 0)), None))
    assert not any(found)


@pytest.mark.parametrize("grey", [0, 128])
def test_nothing_is_told_of_an_empty_picture(grey: int) -> None:
    motion = CameraMotion()
    image = np.full((HEIGHT, WIDTH, 3), grey, np.uint8)
    assert not any(motion.look(i / RATE, image, None) for i in range(30))


@pytest.mark.parametrize("name", ["seated_figure_four", "supine_figure_four"])
def test_a_person_who_moves_in_front_of_a_camera_that_stands_is_no_moving_camera(name: str) -> None:
    """The sample clips, with the person covered by the true joints; the truth names no head."""
    clip = SAMPLES / f"{name}.mp4"
    body = truth.load(clip.with_suffix(".truth.json")).body
    motion = CameraMotion()
    for i, image in enumerate(cut(clip, 0.0, 6.0)):
        image_px = body.image_px[i].astype(np.float32)
        shoulders, hips = (
            image_px[[INDEX[f"{side}_{part}"] for side in ("left", "right")]].mean(axis=0)
            for part in ("shoulder", "hip")
        )
        image_px[INDEX["nose"]] = shoulders + 0.6 * (shoulders - hips)
        pose = Pose(image_px, image_px, *(np.ones(33, np.float32),) * 2)
        assert not motion.look(i / 15, image, pose)


def test_while_the_camera_moves_nothing_is_counted_and_the_hold_waits() -> None:
    exercise = exercises.load("seated-figure-four")
    scene = [SEATED_VALID.at(i / 10) for i in range(100)]
    shaken = [replace(seen, moved=5.0 <= seen.t_s < 6.0) for seen in scene]
    steps = list(Judge(exercise).judge(shaken))
    plain = list(Judge(exercise).judge(scene))
    moved = [step for step in steps if 5.0 <= step.t_s < 6.0]
    assert {step.verdict.state for step in moved} == {State.UNSEEN}
    assert {step.verdict.reason.cause for step in moved if step.verdict.reason} == {
        Cause.CAMERA_MOVED
    }
    lost_us = plain[-1].ledger.valid_us - steps[-1].ledger.valid_us
    assert lost_us == pytest.approx(1_100_000, abs=1000)
    assert steps[-1].hold is not None
    assert plain[-1].hold is not None
    assert steps[-1].hold.start_us == plain[-1].hold.start_us, "one hold: it lives through a second"


def test_a_person_stays_the_same_when_the_camera_swings() -> None:
    """The body jumps in the picture, but it is the camera that moved."""
    exercise = exercises.load("seated-figure-four")
    far = replace(SEATED_VALID, scale=120.0, shift_px=(-150.0, 0.0))
    beside = replace(far, shift_px=(150.0, 0.0))
    jump = [far.at(i / 10) for i in range(30)] + [beside.at(i / 10) for i in range(30, 60)]
    carried = [replace(seen, moved=2.9 <= seen.t_s < 3.5) for seen in jump]
    causes = [
        {step.verdict.reason.cause for step in Judge(exercise).judge(scene) if step.verdict.reason}
        for scene in (jump, carried)
    ]
    assert Cause.ANOTHER_PERSON in causes[0]
    assert Cause.ANOTHER_PERSON not in causes[1]
