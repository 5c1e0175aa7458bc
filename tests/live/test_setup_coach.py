"""The set-up coach: the right instruction, steady, and none when all is well."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from posecheck import exercises
from posecheck.form import hold
from posecheck.form.judge import LEAST_PX_PER_M, LEAST_SPAN, Judge
from posecheck.landmarks import INDEX
from posecheck.live.coach import words
from posecheck.live.coach.framing import (
    CURE_S,
    DARK,
    DARK_NO_MORE,
    LENIENT_AFTER_S,
    SMALL,
    SMALL_NO_MORE,
    FramingCoach,
    facing,
    needed,
)
from posecheck.live.coach.words import StretchPlace
from posecheck.measure.body import PoseArrays
from posecheck.types import Asked, Observation, Pose, Side
from tests.figures import SIZE_PX, SUPINE_VALID, Figure, former, nobody

SEATED = exercises.load("seated-figure-four")
SUPINE = exercises.load("supine-figure-four")
FORMER = former("seated-figure-four")
"""Its rules speak of a named leg, so the right side must be turned to the camera."""
SITTING = Figure(lean=0.0, hip=(90.0, 90.0), azimuth=65.0, scale=180.0)
"""On a chair, feet on the floor, left side to the camera: right for the right leg."""
LYING = replace(SUPINE_VALID, crossed=None, scale=180.0)
WIDTH, HEIGHT = SIZE_PX


class Room:
    """A coach, a judge and a person who stays as told for a while."""

    def __init__(self, name: str = "seated", side: Side = Side.RIGHT) -> None:
        exercise = {"seated": SEATED, "supine": SUPINE, "former": FORMER}[name]
        self.side, self.t_s = side, 0.0
        self.coach = FramingCoach(exercise)
        self.judge = Judge(exercise, asked=[Asked(0.0, side)])
        self.shown: list[str] = []

    def see(
        self, figure: Figure | Pose | None, seconds: float, brightness: float | None = 0.5
    ) -> Room:
        for _ in range(round(seconds * 10)):
            self.t_s = round(self.t_s + 0.1, 3)
            if figure is None:
                seen = nobody(self.t_s)
            elif isinstance(figure, Figure):
                seen = figure.at(self.t_s)
            else:
                seen = Observation(self.t_s, SIZE_PX, figure)
            (step,) = self.judge.judge([seen])
            self.coach.look(PoseArrays.of([seen]), step, self.side, brightness)
            self.shown.append(self.text)
        return self

    @property
    def text(self) -> str:
        return "" if self.coach.advice is None else self.coach.advice.text

    @property
    def good_s(self) -> float:
        return self.coach.good_for_s(self.t_s)


def moved(figure: Figure, edge: str) -> Pose:
    """Return a figure that an edge of the picture cuts off a little."""
    pose = figure.pose()
    image = pose.image_px.copy()
    wanted = image[[INDEX[name] for name in needed(SEATED, Side.RIGHT)], :2]
    (low, top), (high, bottom) = wanted.min(axis=0), wanted.max(axis=0)
    shift = {
        "left": (-low - 15, 0),
        "right": (WIDTH - high + 15, 0),
        "top": (0, -top - 15),
        "bottom": (0, HEIGHT - bottom + 15),
    }[edge]
    image[:, :2] += np.array(shift, dtype=np.float32)
    return replace(pose, image_px=np.ascontiguousarray(image))


def test_a_good_view_needs_no_word_and_counts_up() -> None:
    room = Room().see(SITTING, 4)
    assert set(room.shown) == {""}
    assert room.coach.view_good
    assert room.good_s == pytest.approx(3.8, abs=0.2)


def test_nobody_then_somebody() -> None:
    room = Room().see(None, 2)
    assert room.text == words.STEP_IN
    assert not room.coach.view_good
    assert room.see(SITTING, 2).text == ""


@pytest.mark.parametrize("name", ["seated", "former"])
def test_too_far_away_and_no_flicker_at_the_limit(name: str) -> None:
    # The scale at which a body is just large enough: by metres, formerly by its box.
    least = LEAST_PX_PER_M * max(SIZE_PX)
    if name == "former":
        least = LEAST_SPAN * SITTING.scale / span(SITTING)
    room = Room(name).see(replace(SITTING, scale=0.95 * least), 2)
    assert room.text == words.COME_CLOSER
    assert not room.coach.view_good
    # A little beyond the limit is not enough once it was said, clearly beyond is.
    between = replace(SITTING, scale=(SMALL + SMALL_NO_MORE) / 2 * least)
    assert room.see(between, 2).text == words.COME_CLOSER
    assert room.see(replace(SITTING, scale=1.5 * least), 2).text == ""
    assert room.see(between, 2).text == ""


def test_somebody_curled_up_is_no_further_away() -> None:
    curled = replace(LYING, hip=(40.0, 40.0), knee=(50.0, 50.0), scale=100.0)
    assert span(curled) < LEAST_SPAN
    assert Room("supine").see(curled, 2).text == ""


def span(figure: Figure) -> float:
    image = figure.pose().image_px[:, :2]
    return float((image.max(axis=0) - image.min(axis=0)).max() / max(SIZE_PX))


@pytest.mark.parametrize(
    ("edge", "said"),
    [
        # As in a mirror: a person who is cut off at the camera's left edge moves left.
        ("left", "Move a little to the left"),
        ("right", "Move a little to the right"),
        ("top", "Your head is cut off. Tilt the camera up or move back"),
        ("bottom", "Your feet are cut off. Tilt the camera down or move back"),
    ],
)
def test_somebody_sitting_is_told_which_way_to_move(edge: str, said: str) -> None:
    room = Room().see(moved(SITTING, edge), 2)
    assert room.text.endswith(said)
    assert room.coach.advice is not None
    assert room.coach.advice.edges == (edge,)


@pytest.mark.parametrize("azimuth", [90.0, -90.0])
def test_somebody_lying_is_told_toward_head_or_feet(azimuth: float) -> None:
    side = Side.RIGHT if azimuth > 0 else Side.LEFT
    said = set()
    for edge in ("left", "right"):
        said.add(Room("supine", side).see(moved(replace(LYING, azimuth=azimuth), edge), 2).text)
    assert any(text.endswith("cut off. Move a little toward your feet") for text in said)
    assert any(text.endswith("cut off. Move a little toward your head") for text in said)


def test_who_does_not_fit_moves_back() -> None:
    room = Room().see(replace(SITTING, scale=900.0), 2)
    assert room.text == words.STEP_BACK


@pytest.mark.parametrize(
    ("azimuth", "said"),
    [
        (-65.0, "Turn your left side to the camera"),
        (0.0, "Turn your left side to the camera"),
        (40.0, "Turn your left side to the camera"),
        (89.0, "Turn a little toward the camera"),
    ],
)
def test_turning_where_a_rule_names_a_leg(azimuth: float, said: str) -> None:
    assert Room("former").see(replace(SITTING, azimuth=azimuth), 2).text == said
    if azimuth:
        assert Room().see(replace(SITTING, azimuth=azimuth), 2).text == ""


def test_a_lean_can_not_be_judged_from_the_front() -> None:
    text = Room().see(replace(SITTING, azimuth=0.0), 2).text
    assert text == words.side_to_camera(StretchPlace.CHAIR)


def test_on_the_back_nothing_can_be_judged_from_the_feet() -> None:
    room = Room("supine").see(replace(LYING, azimuth=15.0), 2)
    assert room.text == words.side_to_camera(StretchPlace.LYING)
    assert room.coach.advice is not None
    assert room.coach.advice.direction
    for azimuth in (40.0, -40.0, 140.0, -140.0):
        assert Room("supine").see(replace(LYING, azimuth=azimuth), 2).text == ""


def test_the_side_to_turn_is_that_of_the_leg_that_is_asked_for() -> None:
    assert facing(FORMER, Side.RIGHT) is Side.LEFT
    assert facing(FORMER, Side.LEFT) is Side.RIGHT
    assert facing(former("pigeon"), Side.LEFT) is Side.LEFT
    assert facing(former("supine-figure-four"), Side.LEFT) is Side.RIGHT
    assert facing(former("prone-press-up"), Side.BOTH) is None


@pytest.mark.parametrize("name", exercises.names())
def test_nobody_turns_round_for_an_exercise_that_names_no_leg(name: str) -> None:
    exercise = exercises.load(name)
    assert {facing(exercise, side) for side in exercise.candidate_sides} == {None}


def test_a_view_is_not_good_because_something_else_is_wrong() -> None:
    """Too upright is wrong, whatever the feet do; but the feet can't be seen."""
    hidden = {"left_ankle": 0.1, "right_ankle": 0.1}
    room = Room().see(replace(SITTING, lean=-20.0, hip=(112.0, 112.0), visibility=hidden), 4)
    assert not room.coach.view_good
    assert room.good_s == 0.0
    assert room.text == "Turn so that the camera sees your left ankle"


def test_a_part_that_stays_hidden_gets_other_cures_one_after_the_other() -> None:
    """Direction, then distance, then light; never one symptom for ever."""
    hidden = {"left_ankle": 0.1, "right_ankle": 0.1}
    room = Room("supine", Side.LEFT).see(replace(LYING, visibility=hidden), 4 * CURE_S)
    told = list(dict.fromkeys(text for text in room.shown if text))
    assert told == [
        "Turn so that the camera sees your left ankle",
        words.other_way(StretchPlace.LYING),
        words.FURTHER_AWAY,
        words.LIGHT_HELPS,
    ]
    assert "head where your feet were" in told[1]


def test_of_two_problems_the_direction_comes_first_and_both_are_told() -> None:
    small = replace(LYING, azimuth=15.0, scale=LEAST_PX_PER_M * max(SIZE_PX))
    text = Room("supine").see(small, 2).text
    assert text == words.then(words.side_to_camera(StretchPlace.LYING), words.COME_CLOSER)


def test_nobody_for_long_gets_more_than_one_cure() -> None:
    room = Room().see(None, 3 * CURE_S)
    told = list(dict.fromkeys(text for text in room.shown if text))
    assert told == [words.STEP_IN, words.IF_YOU_ARE_THERE, words.LIGHT_HELPS]


def test_legs_that_lie_on_one_another_are_no_matter_of_the_view() -> None:
    """Side by side exactly from the side: whether they are crossed is not known yet."""
    pose = replace(LYING, hip=(120.0, 120.0)).pose()
    room = Room("supine").see(pose, 2)
    assert room.text == ""
    assert room.coach.view_good


def test_the_near_side_is_known_after_a_while_and_not_from_the_front() -> None:
    assert Room().see(SITTING, 0.5).coach.near is None
    assert Room().see(SITTING, 2).coach.near is Side.LEFT
    assert Room().see(SITTING.mirrored(), 2).coach.near is Side.RIGHT
    assert Room().see(replace(SITTING, azimuth=0.0), 3).coach.near is None


def test_another_person() -> None:
    far_left = replace(SITTING, shift_px=(-150.0, 0.0))
    far_right = replace(SITTING, scale=95.0, shift_px=(150.0, 0.0))
    room = Room().see(far_left, 3).see(far_right, 1.2)
    assert room.text == hold.ANOTHER_PERSON.cue


def test_more_light_and_no_flicker_at_the_limit() -> None:
    room = Room().see(None, 2, DARK - 0.02)
    assert room.text == words.MORE_LIGHT
    assert room.see(None, 2, (DARK + DARK_NO_MORE) / 2).text == words.MORE_LIGHT
    assert room.see(None, 2, DARK_NO_MORE + 0.01).text == words.STEP_IN


def test_advice_that_is_merely_useful_holds_up_for_a_while_only() -> None:
    """In dim light the person is still seen well enough to judge."""
    room = Room().see(SITTING, LENIENT_AFTER_S - 1, DARK - 0.02)
    assert room.text == words.MORE_LIGHT
    assert room.good_s == 0.0
    assert room.see(SITTING, 4, DARK - 0.02).good_s > 1.0


def test_an_instruction_does_not_flicker() -> None:
    room = Room().see(SITTING, 2)
    for _ in range(10):
        room.see(None, 0.3).see(SITTING, 0.3)
    assert set(room.shown) == {""}


def test_who_walks_about_has_not_settled() -> None:
    room = Room()
    for number in range(40):
        room.see(replace(SITTING, shift_px=(-180.0 + 9 * number, 0.0)), 0.1)
        assert room.good_s < 3.0
    assert room.see(SITTING, 6).good_s > 3.0


def test_the_head_is_wanted_beside_what_the_rules_need() -> None:
    wanted = set(needed(SEATED, Side.RIGHT))
    assert {"nose", "left_ankle", "right_ankle", "left_hip", "left_shoulder"} <= wanted
    assert "left_wrist" not in wanted
