"""What a viewer sees: verdicts, skeleton, angles, the hold ring; any size, any pose."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from posecheck import display, exercises
from posecheck.display.overlay import Overlay, joint_of, place_of, said
from posecheck.landmarks import INDEX, LANDMARKS
from posecheck.ledger import Hold, Ledger, Step, tenths
from posecheck.system.opencv import cv2
from posecheck.types import (
    Cause,
    Crossing,
    CrossingState,
    Evidence,
    Observation,
    Pose,
    Reading,
    Reason,
    Side,
    SideKnown,
    State,
    Verdict,
)
from tests.figures import former

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

EXERCISE = exercises.load("seated-figure-four")
SIZE = (640, 480)
SEATED = {
    "shoulder": (0.52, 0.35),
    "elbow": (0.45, 0.5),
    "wrist": (0.42, 0.55),
    "hip": (0.55, 0.6),
    "knee": (0.4, 0.62),
    "ankle": (0.4, 0.85),
    "heel": (0.42, 0.88),
    "foot_index": (0.36, 0.88),
}
REASONS = {
    State.VALID: None,
    State.WRONG: Reason(Cause.RULE, "Lean further forward from the hips", "lean"),
    State.UNSEEN: Reason(Cause.VIEW, "Turn your side to the camera", "lean"),
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Keep OpenCV on one thread, as measured."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


def seated(size_px: tuple[int, int] = SIZE, visibility: float = 1.0) -> Pose:
    points = np.full((len(LANDMARKS), 3), 0.3, np.float32)
    for name, (x, y) in SEATED.items():
        points[INDEX[f"left_{name}"]] = (x, y, 0)
        points[INDEX[f"right_{name}"]] = (x + 0.06, y - 0.04, 0)
    points *= np.array([*size_px, 1], np.float32)
    ones = np.ones(len(LANDMARKS), np.float32)
    return Pose(points, np.zeros_like(points), ones * np.float32(visibility), ones)


def reading(
    state: State, rule: str = "lean", value: float = 112.0, excess: float = 15.0
) -> Reading:
    return Reading(rule, Side.LEFT, value, state, excess, required=True, reason=REASONS[state])


def step(state: State = State.VALID, held_s: float | None = None, *, readings: bool = True) -> Step:
    hold = None if held_s is None else Hold(Side.RIGHT, 0, 1, round(held_s * 1e6), 10_000_000)
    shown = (reading(state), reading(state, "supporting-knee", 91.0)) if readings else ()
    verdict = Verdict(state, Side.RIGHT, REASONS[state], shown)
    return Step(75.34, verdict, None, hold, None, Ledger(3_000_000, 2_000_000, 1_000_000))


def seen(pose: Pose | None, size_px: tuple[int, int] = SIZE) -> Observation:
    return Observation(75.34, size_px, pose)


def canvas(size_px: tuple[int, int] = SIZE, level: int = 60) -> Image:
    return np.full((size_px[1], size_px[0], 3), level, np.uint8)


def drawn(now: Step, pose: Pose | None = None, size_px: tuple[int, int] = SIZE) -> Image:
    return Overlay(EXERCISE, size_px).draw(canvas(size_px), seen(pose, size_px), now)


def coloured(image: Image, colour: display.Colour) -> NDArray[np.bool_]:
    """Where a picture has exactly a colour: (height, width)."""
    return np.asarray((image == np.array(colour, np.uint8)).all(axis=2))


def changed(image: Image, level: int = 60) -> NDArray[np.bool_]:
    return np.asarray((image != level).any(axis=2))


def test_it_draws_into_the_given_picture() -> None:
    image = canvas()
    assert Overlay(EXERCISE, SIZE).draw(image, seen(seated()), step()) is image
    assert changed(image).any()


def test_same_input_gives_same_pixels_whatever_was_drawn_before() -> None:
    used = Overlay(EXERCISE, SIZE)
    for state in State:
        used.draw(canvas(), seen(seated()), step(state, held_s=7.7))
    for state in State:
        again = used.draw(canvas(), seen(seated()), step(state, held_s=2.5))
        fresh = drawn(step(state, held_s=2.5), seated())
        assert np.array_equal(again, fresh)


def test_many_cues_do_not_pile_up() -> None:
    overlay = Overlay(EXERCISE, (96, 96))
    for number in range(200):
        verdict = Verdict(State.WRONG, Side.LEFT, Reason(Cause.RULE, f"Cue {number}"))
        overlay.draw(canvas((96, 96)), seen(None), dataclasses.replace(step(), verdict=verdict))
    assert len(overlay._panels) <= 64


@pytest.mark.slow
@pytest.mark.parametrize(
    "size_px", [(64, 64), (65, 127), (480, 854), (640, 480), (1280, 720), (3840, 2160), (3, 2)]
)
@pytest.mark.parametrize("state", State)
def test_any_size_can_be_drawn(size_px: tuple[int, int], state: State) -> None:
    image = drawn(step(state, held_s=4.0), seated(size_px), size_px)
    assert image.shape == (size_px[1], size_px[0], 3)
    assert changed(image).any()


@pytest.mark.parametrize("size_px", [(640, 480), (1280, 720), (480, 854)])
def test_everything_scales_with_the_shorter_side(size_px: tuple[int, int]) -> None:
    double = (2 * size_px[0], 2 * size_px[1])
    small = drawn(step(State.WRONG, held_s=4.0), None, size_px)
    large = drawn(step(State.WRONG, held_s=4.0), None, double)
    shares = [changed(image).mean() for image in (small, large)]
    assert shares[0] == pytest.approx(shares[1], rel=0.05)


def test_nobody_leaves_the_middle_alone() -> None:
    image = drawn(step(State.UNSEEN, readings=False), None)
    assert not changed(image)[150:300].any()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e9, -1e9, 3e38])
def test_missing_and_faraway_landmarks_are_not_drawn(bad: float) -> None:
    pose = seated()
    lost = pose.image_px.copy()
    lost[:, :2] = bad
    image = drawn(step(), dataclasses.replace(pose, image_px=lost))
    assert np.array_equal(image, drawn(step(), None))


@pytest.mark.parametrize("landmark", ["left_hip", "left_knee", "right_ankle", "left_shoulder"])
def test_one_missing_landmark_takes_only_its_bones(landmark: str) -> None:
    pose = seated()
    lost = pose.image_px.copy()
    lost[INDEX[landmark]] = math.nan
    image = drawn(step(), dataclasses.replace(pose, image_px=lost))
    assert not np.array_equal(image, drawn(step(), None))
    assert not np.array_equal(image, drawn(step(), pose))


def test_all_landmarks_on_one_point() -> None:
    pose = seated()
    heap = np.full_like(pose.image_px, 240.0)
    for state in State:
        drawn(step(state), dataclasses.replace(pose, image_px=heap))


def test_nan_visibility_is_drawn_as_unsure() -> None:
    unsure = drawn(step(), seated(visibility=0.1))
    assert np.array_equal(unsure, drawn(step(), seated(visibility=math.nan)))


def test_unsure_bones_are_thinner() -> None:
    bare = changed(drawn(step(readings=False), None))
    solid = changed(drawn(step(readings=False), seated())) & ~bare
    unsure = changed(drawn(step(readings=False), seated(visibility=0.1))) & ~bare
    assert 0 < unsure.sum() < 0.6 * solid.sum()


def test_the_legs_differ_in_hue_and_thickness_and_follow_the_side() -> None:
    pose = seated()
    right = drawn(step(readings=False), pose)
    verdict = Verdict(State.VALID, Side.LEFT, None)
    left = drawn(dataclasses.replace(step(), verdict=verdict), pose)
    x, y = (
        round(v) for v in np.mean([pose.point_px(f"left_{j}") for j in ("knee", "ankle")], axis=0)
    )
    row = slice(x - 8, x + 9)
    assert coloured(right, display.BLUE)[y, row].any()
    assert coloured(left, display.ORANGE)[y, row].any()
    assert coloured(left, display.ORANGE).sum() > coloured(left, display.BLUE).sum()
    both = drawn(dataclasses.replace(step(), verdict=Verdict(State.VALID, Side.BOTH, None)), pose)
    assert not coloured(both, display.BLUE).any()


def test_points_are_in_the_pixels_of_the_observed_frame() -> None:
    large = Overlay(EXERCISE, SIZE).draw(canvas(), seen(seated((1280, 960)), (1280, 960)), step())
    assert np.array_equal(large, drawn(step(), seated()))


def test_verdicts_differ_in_grey() -> None:
    masks = {}
    for state in State:
        image = display.mark_tile(state, 40)
        grey = cv2.cvtColor(image.image, cv2.COLOR_BGR2GRAY)
        # Shape alone: what is drawn against the ground, without its brightness.
        masks[state] = (grey != display.DARK[0], grey)
    for one, other in (
        (State.VALID, State.WRONG),
        (State.VALID, State.UNSEEN),
        (State.WRONG, State.UNSEEN),
    ):
        difference = (masks[one][0] ^ masks[other][0]).mean()
        assert difference > 0.1, (one, other)
    filled = {state: mask.mean() for state, (mask, _) in masks.items()}
    assert filled[State.VALID] > filled[State.WRONG] > filled[State.UNSEEN]


def test_each_verdict_says_its_word_and_cue() -> None:
    panels = {}
    for state in State:
        image = drawn(step(state, readings=False), None)
        panels[state] = changed(image)[:230, :400]
    assert panels[State.WRONG].sum() > panels[State.VALID].sum()  # a cue makes it larger
    assert not np.array_equal(panels[State.WRONG], panels[State.UNSEEN])
    quiet = drawn(step(State.WRONG, readings=False), None)
    other = Reason(Cause.RULE, "Sit up on the chair", "lean")
    verdict = Verdict(State.WRONG, Side.RIGHT, other)
    assert not np.array_equal(quiet, drawn(dataclasses.replace(step(), verdict=verdict), None))


@pytest.mark.parametrize("size_px", [(640, 480), (1280, 720), (480, 854), (240, 426)])
@pytest.mark.parametrize("name", exercises.names())
def test_every_cue_fits_in_two_lines(name: str, size_px: tuple[int, int]) -> None:
    unit = min(size_px)
    room = round((0.75 if size_px[0] > size_px[1] else 0.92) * unit) - 4
    for rule in exercises.load(name).rules:
        for limit in (rule.at_most, rule.at_least):
            if limit is not None:
                cue = limit.cue.format(stretched="right", supporting="right")
                lines, font_px = display.wrapped(cue, round(0.052 * unit), room)
                assert len(lines) <= 2
                assert " ".join(lines) == cue
                assert font_px >= 0.035 * unit
                assert all(display.text_width(line, font_px) <= room for line in lines)


def test_a_word_that_never_fits_is_cut_not_raised() -> None:
    lines, _ = display.wrapped("W" * 200, 20, 100)
    assert lines


def test_the_ring_shows_the_held_share() -> None:
    corner = (slice(-220, None), slice(-160, None))
    # Just short of complete: a complete hold carries a green check mark, too.
    full = coloured(drawn(step(held_s=9.9999), None)[corner], display.GREEN).sum()
    bare = coloured(drawn(step(held_s=None), None)[corner], display.GREEN).sum()
    assert bare == 0
    for held_s in (0.5, 1.0, 2.5, 5.0, 7.5, 9.9):
        part = coloured(drawn(step(held_s=held_s), None)[corner], display.GREEN).sum()
        assert part / full == pytest.approx(held_s / 10, abs=0.02)


def test_the_ring_fills_clockwise_from_the_top() -> None:
    ring = coloured(drawn(step(held_s=2.5), None), display.GREEN)
    y, x = np.nonzero(ring[-220:, -160:])
    whole_y, whole_x = np.nonzero(
        coloured(drawn(step(held_s=9.9), None), display.GREEN)[-220:, -160:]
    )
    assert x.min() >= (whole_x.min() + whole_x.max()) / 2 - 1
    assert y.max() <= (whole_y.min() + whole_y.max()) / 2 + 1


def test_ten_seconds_are_shown_only_when_they_are_full() -> None:
    assert tenths(9.999999) == "9.9"
    assert tenths(10.0) == "10.0"
    assert tenths(0.0) == "0.0"
    almost = drawn(step(held_s=9.999_999), None)
    assert not np.array_equal(almost, drawn(step(held_s=10.0), None))


@pytest.mark.parametrize(
    ("t_s", "shown"), [(0, "00:00.0"), (75.34, "01:15.3"), (59.999, "00:59.9"), (6000, "100:00.0")]
)
def test_clock(t_s: float, shown: str) -> None:
    assert display.clock(t_s) == shown


@pytest.mark.parametrize(
    ("rule", "state", "value", "text"),
    [
        ("lean", State.VALID, 94.4, "94°"),
        ("lean", State.WRONG, 112.4, "113° > 84°"),
        ("lean", State.WRONG, 84.01, "85° > 84°"),
        ("supporting-knee", State.WRONG, 52.9, "52° < 65°"),
        ("supporting-knee", State.WRONG, 140.0, "140° > 130°"),
        ("ankle-crossed", State.WRONG, 0.481, "0.49 > 0.48"),
        ("lean", State.WRONG, 83.4, "83° rising"),
        ("supporting-knee", State.WRONG, 66.2, "66° falling"),
        ("supporting-knee", State.WRONG, 129.2, "129° rising"),
        ("lean", State.UNSEEN, 94.4, ""),
        ("lean", State.VALID, math.nan, ""),
    ],
)
def test_what_is_written_at_a_joint(rule: str, state: State, value: float, text: str) -> None:
    assert said(EXERCISE.rule(rule), reading(state, rule, value)) == text


@pytest.mark.parametrize("state", CrossingState)
def test_crossed_legs_are_said_in_words(state: CrossingState) -> None:
    known = dataclasses.replace(
        reading(State.WRONG, "ankle-crossed", 0.2), crossing=Crossing(state, Evidence.NONE, None)
    )
    text = said(EXERCISE.rule("ankle-crossed"), known)
    assert text in {"not seen", "not crossed", "crossed", "uncrossed?"}
    assert (text == "crossed") is (state is CrossingState.CROSSED)


@pytest.mark.parametrize(
    ("side", "known", "joint"),
    [
        (Side.RIGHT, SideKnown.GIVEN, "left_hip"),
        (Side.LEFT, SideKnown.SEEN, "right_hip"),
        (Side.LEFT, SideKnown.UNKNOWN, "middle_hip"),
    ],
)
def test_a_reading_of_the_pair_is_written_at_its_leg_where_that_is_known(
    side: Side, known: SideKnown, joint: str
) -> None:
    depth = dataclasses.replace(reading(State.VALID), side=None)
    verdict = Verdict(State.VALID, side, None, (depth,), known)
    assert joint_of(EXERCISE.rule("lean"), depth, verdict) == joint
    named = former("seated-figure-four").rule("lean")
    assert joint_of(named, reading(State.VALID), verdict) == "left_hip", "its own side"
    points = [(float(x), float(y)) for x, y, _ in seated().image_px]
    place = place_of(points, joint)
    left, right = (seated().point_px(f"{leg}_hip") for leg in ("left", "right"))
    middle = tuple(np.mean([left, right], axis=0))
    wanted = {"left_hip": left, "right_hip": right, "middle_hip": middle}[joint]
    assert place == pytest.approx(wanted)
    assert place_of([None] * len(points), joint) is None
    now = dataclasses.replace(step(), verdict=verdict)
    bare = dataclasses.replace(now, verdict=dataclasses.replace(verdict, readings=()))
    drawn_at = changed(np.asarray(drawn(now, seated()) != drawn(bare, seated())) * np.uint8(9), 0)
    rows, columns = np.nonzero(drawn_at)
    assert math.dist((columns.mean(), rows.mean()), wanted) < 90


def test_an_assumed_leg_does_not_look_like_the_stretched_one() -> None:
    verdict = Verdict(State.VALID, Side.LEFT, None, (), SideKnown.UNKNOWN)
    image = drawn(dataclasses.replace(step(), verdict=verdict), seated())
    assert not coloured(image, display.ORANGE).any()
    assert coloured(image, display.BLUE).any()
    sure = dataclasses.replace(verdict, side_known=SideKnown.SEEN)
    assert coloured(
        drawn(dataclasses.replace(step(), verdict=sure), seated()), display.ORANGE
    ).any()


def test_a_reading_of_an_unknown_rule_is_left_out() -> None:
    verdict = Verdict(State.VALID, Side.RIGHT, None, (reading(State.VALID, "of-another-exercise"),))
    image = drawn(dataclasses.replace(step(), verdict=verdict), seated())
    assert np.array_equal(image, drawn(step(readings=False), seated()))


def test_labels_stay_inside_and_cover_neither_panel_nor_ring() -> None:
    pose = seated()
    for shift in (-0.4, -0.2, 0.0, 0.2, 0.4):
        moved = pose.image_px + np.array([shift * SIZE[0], shift * SIZE[1], 0], np.float32)
        image = drawn(step(held_s=10.0), dataclasses.replace(pose, image_px=moved))
        alone = drawn(step(held_s=10.0), None)
        word = coloured(alone[:70, :240], display.WHITE)
        assert coloured(image[:70, :240], display.WHITE)[word].all()


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((480, 641, 3), np.uint8),
        np.zeros((480, 640), np.uint8),
        np.zeros((480, 640, 4), np.uint8),
        np.zeros((480, 640, 3), np.float32),
        np.zeros((480, 1280, 3), np.uint8)[:, ::2],
        np.zeros((480, 640, 3), np.uint8)[::-1],
        np.frombuffer(bytes(480 * 640 * 3), np.uint8).reshape(480, 640, 3),
    ],
    ids=["size", "grey", "alpha", "float", "strided", "flipped", "read-only"],
)
def test_pictures_that_cannot_be_drawn_into_are_refused(image: Image) -> None:
    with pytest.raises(ValueError, match="picture must be"):
        Overlay(EXERCISE, SIZE).draw(image, seen(None), step())


def test_drawing_is_cheap() -> None:
    size_px = (1280, 720)
    overlay, image, pose = Overlay(EXERCISE, size_px), canvas(size_px), seated(size_px)
    now, what = step(State.WRONG, held_s=4.0), seen(pose, size_px)
    spent = []
    for _ in range(60):
        start = time.thread_time()
        overlay.draw(image, what, now)
        spent.append(time.thread_time() - start)
    assert np.median(spent) < 0.006  # CPU time: 0.9 ms when idle
