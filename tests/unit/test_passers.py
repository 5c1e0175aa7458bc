"""Who passes beside a person in form is taken out of the frames; the person never is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from posecheck.pose import passers
from posecheck.pose.passers import Passers, draw
from posecheck.types import Frame, Pose
from tests.figures import SIZE_PX, SUPINE_VALID

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

RATES_HZ = (10.0, 15.0, 30.0, 60.0)
COMES_S, SPEED_PX_S, WIDE_PX = 1.2, 300.0, 60
PASSES_S = (COMES_S + 0.5, COMES_S + 2.1)
"""Time in which the whole width of who passes is in the image."""


def room_of() -> Image:
    """Return a room: a wall and a floor, each with a slow gradient."""
    width, height = SIZE_PX
    column = np.linspace(0, 25, width)
    image = np.empty((height, width, 3), np.uint8)
    image[: height // 2] = (190 + column)[None, :, None]
    image[height // 2 :] = (110 + column)[None, :, None]
    return image


def mirrored(image: Image, pose: Pose) -> tuple[Image, Pose]:
    flipped = pose.image_px.copy()
    flipped[:, 0] = SIZE_PX[0] - flipped[:, 0]
    return np.ascontiguousarray(image[:, ::-1]), Pose(
        flipped, pose.world_m, pose.visibility, pose.presence
    )


PERSON = SUPINE_VALID.pose()


def shape_of(pose: Pose, margin: float) -> NDArray[np.bool_]:
    mask = np.zeros((SIZE_PX[1], SIZE_PX[0]), np.uint8)
    draw(mask, pose, margin)
    return mask > 0


def shown(t_s: float, pose: Pose = PERSON, *, passes: bool = True) -> Image:
    """Return what a camera shows: the room, who passes behind, and the person."""
    image = room_of()
    left = round((t_s - COMES_S) * SPEED_PX_S) - WIDE_PX
    if passes and left + WIDE_PX > 0:
        image[40:400, max(left, 0) : max(left + WIDE_PX, 0)] = (60, 40, 30)
    image[shape_of(pose, 0.04)] = (30, 60, 120)
    return image


def filmed(  # noqa: PLR0913 - keyword-only but four
    fps: float,
    until_s: float,
    show: Callable[[float], Image],
    pose_at: Callable[[float], Pose | None] = lambda _: PERSON,
    *,
    mirror: bool = False,
    in_form: bool = True,
) -> list[tuple[float, Image, Image]]:
    """Return time, image and what is left of it, of every frame."""
    guard = Passers()
    told = []
    for number in range(round(until_s * fps)):
        t_s = number / fps
        image, pose = show(t_s), pose_at(t_s - 1 / fps)
        if mirror:
            image, other = mirrored(image, pose or PERSON)
            pose = None if pose is None else other
        frame = guard.taken_out(Frame(t_s, image), pose, in_form=in_form)
        assert frame.t_s == t_s
        told.append((t_s, image, frame.image_bgr))
    return told


@pytest.mark.parametrize(
    ("fps", "mirror"),
    [
        pytest.param(fps, mirror, marks=[pytest.mark.slow] if mirror or fps > min(RATES_HZ) else [])
        for fps in RATES_HZ
        for mirror in (False, True)
    ],
)
def test_who_passes_behind_is_filled_with_the_room_and_the_person_never_is(
    fps: float, *, mirror: bool
) -> None:
    own = shape_of(PERSON, 0.04)
    near = shape_of(PERSON, passers.OWN + 0.02)
    empty = shown(0.0)
    if mirror:
        own, near, (empty, _) = own[:, ::-1], near[:, ::-1], mirrored(empty, PERSON)
    for t_s, image, left in filmed(fps, 3.4, shown, mirror=mirror):
        assert np.array_equal(image[own], left[own])
        if not PASSES_S[0] <= t_s <= PASSES_S[1]:
            continue
        there = (np.abs(image.astype(int) - empty).max(axis=2) > 0) & ~near
        still = np.abs(left.astype(int) - empty).max(axis=2)[there] > passers.DIFFERENT + 10
        assert still.mean() < 0.1, t_s


def test_frames_stay_as_they_are_while_nobody_passes_or_the_person_is_not_in_form() -> None:
    alone = filmed(15, 2.5, lambda t_s: shown(t_s, passes=False))
    assert all(left is image for _, image, left in alone)
    for told in (
        filmed(15, 3.4, shown, lambda _: None),
        filmed(15, 3.4, shown, in_form=False),
    ):
        assert all(left is image for _, image, left in told)


@pytest.mark.parametrize("fps", RATES_HZ)
def test_a_leg_that_swings_is_not_somebody_who_passes(fps: float) -> None:
    """2 m/s at the foot, as when a leg is let go: the shape is one frame old."""

    def pose_at(t_s: float) -> Pose:
        image = PERSON.image_px.copy()
        way = max(0.0, min((t_s - 1.0) / 0.5, 1.0)) * 200
        for joint in (26, 28, 30, 32):
            image[joint, 0] += way * (0.5 if joint == 26 else 1.0)
        return Pose(image, PERSON.world_m, PERSON.visibility, PERSON.presence)

    told = filmed(fps, 2.5, lambda t_s: shown(t_s, pose_at(t_s), passes=False), pose_at)
    assert all(left is image for _, image, left in told)


@pytest.mark.parametrize("fps", RATES_HZ)
def test_the_place_that_a_person_leaves_is_not_somebody_who_passes(fps: float) -> None:
    """The trunk of who leans forward uncovers a place apart from the new shape."""

    def pose_at(t_s: float) -> Pose:
        image = PERSON.image_px.copy()
        image[:, 0] += 250 * max(0.0, min((t_s - 1.0) / 0.8, 1.0)) - 125
        return Pose(image, PERSON.world_m, PERSON.visibility, PERSON.presence)

    told = filmed(fps, 2.5, lambda t_s: shown(t_s, pose_at(t_s), passes=False), pose_at)
    assert all(left is image for _, image, left in told)


def test_a_limb_given_to_who_passes_does_not_save_them() -> None:
    def pose_at(t_s: float) -> Pose | None:
        if not 2.2 <= t_s <= 2.6:
            return PERSON
        image = PERSON.image_px.copy()
        image[[26, 28, 30, 32], :2] = ((t_s - COMES_S) * SPEED_PX_S - 25, 120.0)
        return Pose(image, PERSON.world_m, PERSON.visibility, PERSON.presence)

    taken = [left for t_s, _, left in filmed(15, 2.7, shown, pose_at) if 2.3 <= t_s <= 2.6]
    honest = [left for t_s, _, left in filmed(15, 2.7, shown) if 2.3 <= t_s <= 2.6]
    assert taken
    for left, wanted in zip(taken, honest, strict=True):
        assert np.mean(np.abs(left.astype(int) - wanted).max(axis=2) > 10) < 0.002


def test_light_that_changes_and_a_camera_that_turns_fill_nothing() -> None:
    def light(t_s: float) -> Image:
        image = shown(t_s, passes=False)
        return image if t_s < 1 else (image * 0.8).astype(np.uint8)

    def turned(t_s: float) -> Image:
        image = shown(t_s, passes=False)
        return image if t_s < 1 else np.ascontiguousarray(image[::-1])

    for show in (light, turned):
        assert all(left is image for _, image, left in filmed(15, 2.0, show))


def test_a_hole_in_time_forgets_the_room() -> None:
    guard = Passers()
    assert (
        guard.taken_out(Frame(0.0, room_of()), PERSON, in_form=True).image_bgr.shape
        == room_of().shape
    )
    later = Frame(passers.HOLE_S + 0.1, shown(2.5))
    assert guard.taken_out(later, PERSON, in_form=True) is later
