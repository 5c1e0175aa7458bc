"""Somebody who passes: noticed at the person's legs, and what that changes in what is counted."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck import exercises
from posecheck.form.judge import Judge
from posecheck.pose import passers
from posecheck.pose.follow import PersonChooser
from posecheck.pose.passers import PasserWatch, draw
from posecheck.types import Cause, Frame, Observation, Pose, State
from tests.figures import (
    SEATED_UPRIGHT,
    SEATED_VALID,
    SIZE_PX,
    SUPINE_VALID,
    WRONG_FIGURES,
)
from tests.judged import scene

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from posecheck.form.hold import Tally
    from posecheck.ledger import Step
    from tests.figures import Figure

    Image = NDArray[np.uint8]

RATES_HZ = (10.0, 12.0, 30.0)
COMES_S, SPEED_PX_S, WIDE_PX = 1.2, 250.0, 70
"""When somebody comes in from the left, how fast, and how wide."""

PERSON = SUPINE_VALID.pose()
LEGS_PX = PERSON.image_px[[23, 24, 25, 26, 27, 28], 0]
AT_THE_LEGS_S = (
    COMES_S + (LEGS_PX.min() - 0) / SPEED_PX_S,
    COMES_S + (LEGS_PX.max() + WIDE_PX) / SPEED_PX_S,
)
"""The time in which the passer's front has reached the legs and its back has not left them."""


def room_of() -> Image:
    """Return a room: a wall and a floor, each with a slow gradient."""
    width, height = SIZE_PX
    column = np.linspace(0, 25, width)
    image = np.empty((height, width, 3), np.uint8)
    image[: height // 2] = (190 + column)[None, :, None]
    image[height // 2 :] = (110 + column)[None, :, None]
    return image


def shape_of(pose: Pose, margin: float = 0.04) -> NDArray[np.bool_]:
    own = np.zeros((SIZE_PX[1], SIZE_PX[0]), np.uint8)
    draw(own, pose, margin)
    return own > 0


ROOM, OWN = room_of(), shape_of(PERSON)


def shown(t_s: float, pose: Pose = PERSON, *, passes: bool = True, rows: int = 480) -> Image:
    """Return what a camera shows: the room, who passes behind, and the person."""
    image = ROOM.copy()
    left = round((t_s - COMES_S) * SPEED_PX_S) - WIDE_PX
    if passes and left + WIDE_PX > 0:
        image[30:rows, max(left, 0) : max(left + WIDE_PX, 0)] = (60, 40, 30)
    image[OWN if pose is PERSON else shape_of(pose)] = (30, 60, 120)
    return image


def mirrored(image: Image, pose: Pose | None) -> tuple[Image, Pose | None]:
    if pose is not None:
        flipped = pose.image_px.copy()
        flipped[:, 0] = SIZE_PX[0] - 1 - flipped[:, 0]
        pose = replace(pose, image_px=flipped)
    return np.ascontiguousarray(image[:, ::-1]), pose


def marked(
    fps: float,
    until_s: float,
    show: Callable[[float], Image],
    pose_at: Callable[[float], Pose | None] = lambda _: PERSON,
    *,
    mirror: bool = False,
) -> list[float]:
    """Return the times of the frames that are marked."""
    watch, found = PasserWatch(), []
    for number in range(round(until_s * fps)):
        t_s = number / fps
        image, pose = show(t_s), pose_at(t_s)
        if mirror:
            image, pose = mirrored(image, pose)
        if watch.disturbed(Frame(t_s, image), pose):
            found.append(t_s)
    return found


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("fps", RATES_HZ)
def test_who_passes_behind_the_legs_is_noticed_until_gone(fps: float, *, mirror: bool) -> None:
    times = marked(fps, 5.0, shown, mirror=mirror)
    begin_s, end_s = AT_THE_LEGS_S
    near_s = passers.AT_THE_LEGS * passers.size_of(PERSON) / SPEED_PX_S
    look_s = max(passers.LOOK_S, 1 / fps) + 1 / fps
    assert begin_s - near_s - look_s <= times[0] <= begin_s
    assert end_s <= times[-1] <= end_s + near_s + passers.AFTER_S + look_s
    steps = [round((b - a) * fps) for a, b in pairwise(times)]
    assert set(steps) == {1}, "without a break"


def test_who_comes_in_beside_bars_at_the_sides_is_noticed() -> None:
    def show(t_s: float) -> Image:
        return np.pad(shown(t_s), ((0, 0), (90, 90), (0, 0)), constant_values=128)

    image = PERSON.image_px.copy()
    image[:, 0] += 90
    times = marked(10, 5.0, show, lambda _: replace(PERSON, image_px=image))
    assert times
    assert times[0] <= AT_THE_LEGS_S[0]


@pytest.mark.parametrize("fps", RATES_HZ)
def test_nobody_is_noticed_while_the_person_is_alone(fps: float) -> None:
    assert not marked(fps, 3.0, lambda t_s: shown(t_s, passes=False))


def test_without_the_person_there_is_no_mark() -> None:
    assert not marked(15, 5.0, shown, lambda _: None)


@pytest.mark.parametrize("fps", RATES_HZ)
def test_a_leg_that_swings_is_nobody_who_passes(fps: float) -> None:
    """2 m/s at the foot, as when a leg is let go; the pose is drawn one frame late."""

    def pose_at(t_s: float) -> Pose:
        image = PERSON.image_px.copy()
        way = max(0.0, min((t_s - 1.0) / 0.5, 1.0)) * 200
        for joint in (26, 28, 30, 32):
            image[joint, 0] += way * (0.5 if joint == 26 else 1.0)
        return replace(PERSON, image_px=image)

    show = lambda t_s: shown(t_s, pose_at(t_s), passes=False)  # noqa: E731
    assert not marked(fps, 3.0, show, lambda t_s: pose_at(t_s - 1 / fps))


@pytest.mark.parametrize("fps", RATES_HZ)
def test_the_place_that_a_person_leaves_is_nobody_who_passes(fps: float) -> None:
    def pose_at(t_s: float) -> Pose:
        image = PERSON.image_px.copy()
        image[:, 0] += 250 * max(0.0, min((t_s - 1.0) / 0.8, 1.0)) - 125
        return replace(PERSON, image_px=image)

    show = lambda t_s: shown(t_s, pose_at(t_s), passes=False)  # noqa: E731
    assert not marked(fps, 3.0, show, pose_at)


def test_a_person_who_moves_off_the_edge_is_nobody_who_passes() -> None:
    """The place at the edge, where the legs were, differs from the room for a second."""

    def pose_at(t_s: float) -> Pose:
        image = PERSON.image_px.copy()
        image[:, 0] += 170 * min(max(t_s - 2.0, 0.0) / 0.5, 1.0) - 230
        return replace(PERSON, image_px=image)

    def show(t_s: float) -> Image:
        image = ROOM.copy()
        image[shape_of(pose_at(t_s), 0.08)] = (30, 60, 120)
        return image

    assert not marked(15, 4.0, show, pose_at)


def test_a_door_that_opens_in_the_room_is_nobody_who_passes() -> None:
    def show(t_s: float) -> Image:
        image = shown(t_s, passes=False)
        if t_s > 1:
            wide = round(60 * min(t_s - 1, 2.0))
            image[30:200, 260 : 260 + wide] = (60, 40, 30)
        return image

    assert not marked(15, 4.0, show)


def test_a_limb_given_to_who_passes_does_not_hide_them() -> None:
    def pose_at(t_s: float) -> Pose:
        if not 2.4 <= t_s <= 3.0:
            return PERSON
        image = PERSON.image_px.copy()
        image[[26, 28, 30, 32], :2] = ((t_s - COMES_S) * SPEED_PX_S - 35, 120.0)
        return replace(PERSON, image_px=image)

    assert set(marked(15, 5.0, shown)) <= set(marked(15, 5.0, shown, pose_at))


def test_who_passes_far_from_the_legs_disturbs_nothing() -> None:
    """Far behind and above: only a strip along the upper edge."""
    assert not marked(15, 5.0, lambda t_s: shown(t_s, rows=110))


def test_somebody_who_comes_and_stays_is_nobody_who_passes_after_a_while() -> None:
    stays_s = sum(AT_THE_LEGS_S) / 2
    times = marked(
        10, 25.0, lambda t_s: shown(t_s if t_s < stays_s else stays_s + 0.1 * np.sin(3 * t_s))
    )
    assert times
    assert times[-1] <= COMES_S + passers.LONGEST_S + passers.AFTER_S + 0.3


def test_somebody_who_was_there_before_is_nobody_who_passes() -> None:
    """A companion beside the legs who leans to and fro."""
    sways = lambda t_s: shown(AT_THE_LEGS_S[0] + 0.04 * np.sin(4 * t_s))  # noqa: E731
    assert not marked(15, 6.0, sways)


def test_light_and_a_camera_that_is_turned_or_shakes_are_nobody() -> None:
    rng = np.random.default_rng(1)
    texture = rng.integers(0, 120, (1, 32, 3), np.uint8).repeat(20, axis=1)

    def light(t_s: float) -> Image:
        return (shown(t_s, passes=False) * (1.0 if t_s < 1 else 0.8)).astype(np.uint8)

    def turned(t_s: float) -> Image:
        image = shown(t_s, passes=False)
        return image if t_s < 1 else np.ascontiguousarray(image[::-1])

    def shakes(t_s: float) -> Image:
        image = shown(t_s, passes=False) // 2 + texture
        return np.roll(image, round(6 * np.sin(9 * t_s)) if t_s > 1 else 0, axis=1)

    for show in (light, turned, shakes):
        assert not marked(15, 3.0, show)


def test_a_hole_in_time_forgets_the_room() -> None:
    """Furniture up to the legs, as of another recording."""
    image = shown(0.0, passes=False)
    image[30:, : round(float(LEGS_PX.min()) - 0.2 * passers.size_of(PERSON))] = (60, 40, 30)
    for hole_s, noticed in ((passers.HOLE_S + 0.1, False), (passers.HOLE_S - 0.1, True)):
        watch = PasserWatch()
        watch.disturbed(Frame(0.0, shown(0.0, passes=False)), PERSON)
        later_s = [hole_s + n / 10 for n in range(5)]
        assert any(watch.disturbed(Frame(t_s, image), PERSON) for t_s in later_s) is noticed


@pytest.mark.parametrize("size_px", [(1, 1), (4000, 8), (8, 4000), (33, 17)])
@pytest.mark.parametrize("far", [1.0, 1e9, np.nan])
def test_odd_images_and_landmarks_are_answered(size_px: tuple[int, int], far: float) -> None:
    pose = replace(PERSON, image_px=(PERSON.image_px * far).astype(np.float32))
    watch = PasserWatch()
    for number in range(4):
        image = np.full((size_px[1], size_px[0], 3), 40 * number, np.uint8)
        image[:, : size_px[0] // 3] = 200
        assert watch.disturbed(Frame(number / 10, image), pose) in {False, True}


def test_the_chooser_marks_and_changes_no_pose() -> None:
    class Still:
        def estimate(self, frame: Frame) -> Observation:
            return Observation(frame.t_s, frame.size_px, PERSON)

        def everyone(self, frame: Frame) -> tuple[Pose, ...]:  # noqa: ARG002 - as promised
            return (PERSON,)

        def close(self) -> None:
            pass

    chooser = PersonChooser(Still(), lambda _: 0.0)
    seen = [chooser.estimate(Frame(n / 15, shown(n / 15))) for n in range(75)]
    assert all(one.pose is PERSON for one in seen)
    assert [one.t_s for one in seen if one.disturbed] == marked(15, 5.0, shown)


SEATED = exercises.load("seated-figure-four")


def disturbed(seen: Sequence[Observation], marks: Sequence[bool]) -> list[Observation]:
    return [replace(o, disturbed=mark) for o, mark in zip(seen, marks, strict=True)]


def judged(seen: Sequence[Observation]) -> tuple[list[Step], Tally]:
    judge = Judge(SEATED)
    return list(judge.judge(seen)), judge.finish()


def test_a_limb_taken_for_a_second_costs_no_hold_and_counts_nothing() -> None:
    seen = scene([SEATED_VALID] * 60 + [SEATED_UPRIGHT] * 10 + [SEATED_VALID] * 60)
    plain = judged(seen)[1]
    assert [hold.complete for hold in plain.holds] == [False, False]
    passed = judged(disturbed(seen, [55 <= n < 75 for n in range(130)]))[1]
    assert [hold.complete for hold in passed.holds] == [True]
    assert passed.ledger.valid_us == plain.ledger.valid_us == passed.holds[0].held_us
    lost = {fault.rule: fault.seconds for fault in passed.faults}
    assert lost == {str(Cause.IN_THE_WAY): pytest.approx(1.1)}


def test_wrong_form_is_wrong_again_when_no_hold_can_go_on() -> None:
    seen = scene([SEATED_VALID] * 20 + [SEATED_UPRIGHT] * 40)
    plain = [step.verdict for step in judged(seen)[0]]
    said = [step.verdict for step in judged(disturbed(seen, [True] * 60))[0]]
    last = max(n for n, verdict in enumerate(said) if verdict.state is State.VALID)
    until = last + round(10 * SEATED.timing.unseen_break_s)
    wrong = [n for n, verdict in enumerate(plain) if verdict.state is State.WRONG]
    assert wrong[0] < 25
    assert [n for n, v in enumerate(said) if v.state is State.WRONG] == [
        n for n in wrong if n > until
    ]
    assert {v.reason and v.reason.cause for v in said[wrong[0] : until + 1]} == {Cause.IN_THE_WAY}


def test_what_nobody_disturbs_and_what_began_wrong_stays_wrong() -> None:
    seen = scene([SEATED_UPRIGHT] * 30)
    assert judged(disturbed(seen, [True] * 30)) == judged(seen)


MOMENTS: st.SearchStrategy[list[tuple[Figure | None, bool, int]]] = st.lists(
    st.tuples(
        st.sampled_from(
            [SEATED_VALID, SEATED_UPRIGHT, WRONG_FIGURES["seated-figure-four"][0], None]
        ),
        st.booleans(),
        st.integers(1, 25),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40)
@given(moments=MOMENTS, mirror=st.booleans())
def test_marks_only_turn_wrong_into_unseen(
    moments: list[tuple[Figure | None, bool, int]], *, mirror: bool
) -> None:
    people, marks = [], []
    for figure, mark, count in moments:
        shown_as = figure.mirrored() if mirror and figure is not None else figure
        people += [shown_as] * count
        marks += [mark] * count
    seen = scene(people)
    before, plain = judged(seen)
    after, passed = judged(disturbed(seen, marks))
    for old, new, mark in zip(before, after, marks, strict=True):
        changed = new.verdict.state is not old.verdict.state
        assert changed <= (mark and old.verdict.state is State.WRONG)
        if changed:
            assert new.verdict.state is State.UNSEEN
            assert new.verdict.reason is not None
            assert new.verdict.reason.cause is Cause.IN_THE_WAY
            assert new.verdict.readings == old.verdict.readings
    assert passed.ledger.valid_us == plain.ledger.valid_us
    assert passed.ledger.wrong_us <= plain.ledger.wrong_us
    assert passed.ledger.elapsed_us == plain.ledger.elapsed_us
    assert sum(h.held_us for h in passed.holds) == sum(h.held_us for h in plain.holds)
    assert len(passed.holds) <= len(plain.holds)


@settings(max_examples=40)
@given(moments=MOMENTS)
def test_marks_do_the_same_to_the_mirrored_person(
    moments: list[tuple[Figure | None, bool, int]],
) -> None:
    def states(*, mirror: bool) -> list[State]:
        people = [
            None if figure is None else figure.mirrored() if mirror else figure
            for figure, _, count in moments
            for _ in range(count)
        ]
        marks = [mark for _, mark, count in moments for _ in range(count)]
        return [step.verdict.state for step in judged(disturbed(scene(people), marks))[0]]

    assert states(mirror=False) == states(mirror=True)
