"""Both hands above the head: seen when it is meant, and never by mistake."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck import session
from posecheck.landmarks import INDEX, LANDMARKS
from posecheck.live.coach import words
from posecheck.live.coach.gesture import (
    BLINK_S,
    HELD_S,
    NONE,
    RAISED_WITHIN_S,
    Gesture,
    HandsUp,
    hands_of,
)
from posecheck.live.coach.prompt import Phase
from posecheck.live.coach.routine import Routine
from posecheck.types import Observation, Pose
from tests.story import Story

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

SESSIONS = sorted((Path(__file__).parents[2] / "sample_videos" / "sessions").glob("*.jsonl"))
FPS = 15
StretchPlace = Literal["upright", "supine", "supine from the feet"]

# A stick figure that stands: x to its left, y down, z away from a camera in front; metres.
BODY = {
    "nose": (0.0, -1.62, -0.1),
    "ear": (0.08, -1.64, 0.0),
    "eye": (0.03, -1.66, -0.08),
    "shoulder": (0.18, -1.4, 0.0),
    "hip": (0.1, -0.9, 0.0),
    "knee": (0.1, -0.48, -0.02),
    "ankle": (0.1, -0.08, 0.0),
}
UPPER_ARM_M, FOREARM_M = 0.3, 0.28


def figure(
    arms: tuple[float, float] | float, posture: StretchPlace = "upright", seen: float = 0.95
) -> Pose:
    """Return a figure whose arms are raised by angles: 0 along the trunk, 180 beyond the head.

    On the way they go forward: at 90 degrees, the arms of somebody on the back point up.
    """
    points = np.zeros((len(LANDMARKS), 3))
    for name, row in INDEX.items():
        part = name.removeprefix("left_").removeprefix("right_")
        place = BODY.get(part, BODY["ankle" if "foot" in part or "heel" in part else "nose"])
        points[row] = place if not name.startswith("right_") else (-place[0], *place[1:])
    for side, degrees in zip(
        ("left", "right"), arms if isinstance(arms, tuple) else (arms, arms), strict=True
    ):
        turn = math.radians(degrees)
        direction = np.array([0.0, math.cos(turn), -math.sin(turn)])
        shoulder = points[INDEX[f"{side}_shoulder"]]
        points[INDEX[f"{side}_elbow"]] = shoulder + UPPER_ARM_M * direction
        points[INDEX[f"{side}_wrist"]] = shoulder + (UPPER_ARM_M + FOREARM_M) * direction
    return seen_from(points, posture, seen)


def seen_from(points: NDArray[np.float64], posture: StretchPlace, seen: float) -> Pose:
    """Lay the figure down as the posture says, and look at it from 3 m away."""
    right, down, away = points.T
    if posture == "supine":  # the head to the right, the front up, seen from beside
        points = np.stack([-down - 0.9, away, right], axis=1)
    elif posture == "supine from the feet":  # the head away from a camera that looks down
        points = np.stack([right, away, -down - 0.9], axis=1)
        tilt = math.radians(25.0)
        x, y, z = points.T
        points = np.stack(
            [x, y * math.cos(tilt) - z * math.sin(tilt), y * math.sin(tilt) + z * math.cos(tilt)],
            axis=1,
        )
    scale = 600.0 / (3.0 + points[:, 2:])
    image = np.concatenate([points[:, :2] * scale + (480.0, 600.0), points[:, 2:] * scale], axis=1)
    hips = points[[INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=0)
    sure = np.full(len(points), seen, np.float32)
    return Pose(image.astype(np.float32), (points - hips).astype(np.float32), sure, sure)


def observations(
    degrees: Callable[[float], float],
    duration_s: float,
    posture: StretchPlace = "upright",
    fps: float = FPS,
) -> Iterable[Observation]:
    for index in range(round(duration_s * fps)):
        t_s = index / fps
        yield Observation(t_s, (960, 720), figure(degrees(t_s), posture))


def raised(up_deg: float, at_s: float = 1.0, takes_s: float = 0.6) -> Callable[[float], float]:
    return lambda t_s: up_deg * min(1.0, max(0.0, (t_s - at_s) / takes_s))


def run(looks: Iterable[Observation], *, holding: bool = False) -> list[tuple[float, Gesture]]:
    recogniser = HandsUp()
    return [(look.t_s, recogniser.look(look, holds=holding)) for look in looks]


@pytest.mark.parametrize(
    ("posture", "up_deg"), [("upright", 175.0), ("supine", 90.0), ("supine from the feet", 90.0)]
)
def test_hands_that_rise_and_stay_fire_once_after_a_second_and_a_half(
    posture: StretchPlace, up_deg: float
) -> None:
    seen = run(observations(raised(up_deg), 6.0, posture))
    fired = [t_s for t_s, gesture in seen if gesture.fired]
    assert len(fired) == 1
    begun_s = min(t_s for t_s, gesture in seen if gesture.share > 0)
    assert 1.0 < begun_s <= 1.7
    assert fired[0] - begun_s == pytest.approx(HELD_S, abs=1.5 / FPS)
    shares = [gesture.share for t_s, gesture in seen if begun_s <= t_s <= fired[0]]
    assert shares == sorted(shares), "it only fills"
    assert shares[-1] == 1.0
    assert all(gesture == NONE for t_s, gesture in seen if t_s > fired[0])


def test_it_fires_again_only_after_the_hands_came_down() -> None:
    def twice(t_s: float) -> float:
        return raised(175.0)(t_s % 4.0) if t_s % 4.0 < 3.5 else 0.0

    seen = run(observations(twice, 8.0))
    assert [round(t_s / 4.0 - 0.9) for t_s, gesture in seen if gesture.fired] == [0, 1]


def test_hands_that_come_down_early_do_nothing() -> None:
    seen = run(observations(lambda t_s: 175.0 if 1.0 <= t_s < 2.3 else 0.0, 5.0))
    assert 0.7 < max(gesture.share for _, gesture in seen) < 1.0
    assert not any(gesture.fired for _, gesture in seen)
    assert seen[-1][1] == NONE


@pytest.mark.parametrize(
    ("posture", "degrees"),
    [
        ("supine", 180.0),  # the arms lie on the floor, beyond the head
        ("supine", 165.0),
        ("supine from the feet", 180.0),
        ("supine from the feet", 165.0),
        ("upright", 90.0),  # straight ahead
        ("upright", 120.0),
        ("supine", 40.0),  # toward the knees
    ],
)
def test_arms_that_rest_elsewhere_are_no_gesture(posture: StretchPlace, degrees: float) -> None:
    assert hands_of(figure(degrees, posture)) != "up"
    seen = run(observations(raised(degrees), 6.0, posture))
    assert not any(gesture.fired for _, gesture in seen)
    assert all(gesture == NONE for t_s, gesture in seen if t_s > 2.0), "on the way it may begin"


def test_one_hand_is_not_enough() -> None:
    assert hands_of(figure((175.0, 175.0))) == "up"
    assert hands_of(figure((175.0, 0.0))) is None
    assert hands_of(figure((0.0, 175.0))) is None
    assert hands_of(figure((0.0, 0.0))) == "down"


def test_hands_that_are_badly_seen_are_not_judged() -> None:
    assert hands_of(figure(175.0, seen=0.6)) is None
    assert hands_of(figure(0.0, seen=0.6)) is None


def test_hands_on_a_knee_that_is_drawn_up_are_no_gesture() -> None:
    pose = figure(90.0, "supine")
    held = pose.image_px.copy()
    held[INDEX["left_knee"]] = held[INDEX["left_wrist"]]
    assert hands_of(pose) == "up"
    assert hands_of(Pose(held, pose.world_m, pose.visibility, pose.presence)) is None


def test_hands_that_were_up_from_the_beginning_or_rose_slowly_are_no_gesture() -> None:
    assert not any(g.share for _, g in run(observations(lambda _: 175.0, 5.0)))
    slow = raised(175.0, takes_s=4.0 * RAISED_WITHIN_S)
    assert not any(g.share for _, g in run(observations(slow, 9.0)))


def test_nothing_fires_in_a_hold_and_the_hands_must_come_up_anew_after_it() -> None:
    assert not any(g.share for _, g in run(observations(raised(175.0), 6.0), holding=True))
    recogniser = HandsUp()
    for look in observations(raised(175.0), 8.0):
        gesture = recogniser.look(look, holds=2.0 < look.t_s < 3.0)
        assert not gesture.fired
    assert gesture == NONE


def test_a_blink_does_not_begin_anew_but_a_longer_loss_does() -> None:
    def with_gap(gap_s: float) -> list[tuple[float, Gesture]]:
        looks = [
            Observation(o.t_s, o.frame_size_px, None) if 2.0 <= o.t_s < 2.0 + gap_s else o
            for o in observations(raised(175.0), 6.0)
        ]
        return run(looks)

    assert sum(gesture.fired for _, gesture in with_gap(BLINK_S - 0.1)) == 1
    assert not any(gesture.fired for _, gesture in with_gap(BLINK_S + 0.2))


def test_frames_that_do_not_come_do_not_count_as_hands_up() -> None:
    looks = [o for o in observations(raised(175.0), 6.0) if not 2.0 < o.t_s < 4.0]
    assert not any(gesture.fired for _, gesture in run(looks))


@settings(deadline=None, max_examples=60)
@given(
    angles=st.lists(
        st.tuples(st.sampled_from([0.0, 90.0, 150.0, 178.0]), st.integers(1, 40)), max_size=12
    ),
    fps=st.sampled_from([8.0, 15.0, 30.0]),
    posture=st.sampled_from(["upright", "supine"]),
)
def test_whatever_the_arms_do_it_fires_only_after_the_time_and_only_from_below(
    angles: list[tuple[float, int]], fps: float, posture: StretchPlace
) -> None:
    wanted = [degrees for degrees, count in angles for _ in range(count)]
    recogniser, up_s, down_s, share = HandsUp(), None, None, 0.0
    for index, degrees in enumerate(wanted):
        t_s = index / fps
        pose = figure(degrees, posture)
        gesture = recogniser.look(Observation(t_s, (960, 720), pose), holds=False)
        assert 0.0 <= gesture.share <= 1.0
        assert gesture.fired == (gesture.share == 1.0)
        state = hands_of(pose)
        if state == "down":
            down_s, up_s = t_s, None
            assert gesture == NONE
        elif state == "up" and up_s is None:
            up_s = t_s
        if gesture.fired:
            assert up_s is not None
            assert down_s is not None
            assert t_s - up_s >= HELD_S - 1e-9
        share = gesture.share
    assert share <= 1.0


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.name)
def test_no_sample_session_fires(path: Path) -> None:
    looks = session.load(path).observations
    assert len(looks) > 90
    assert not any(gesture.share for _, gesture in run(looks))


class Sign(HandsUp):
    """A recogniser that sees what the test says, and notes whether a hold ran."""

    def __init__(self) -> None:
        super().__init__()
        self.next, self.holds = NONE, list[bool]()

    def look(self, observation: Observation, *, holds: bool) -> Gesture:
        assert observation.t_s >= 0.0
        self.holds.append(holds)
        gesture, self.next = self.next, NONE
        return gesture


@pytest.fixture
def signed() -> tuple[Story, Sign]:
    story, sign = Story(), Sign()
    story.routine = Routine(story.plan, sign=sign)
    return story, sign


def test_the_hands_pause_and_go_on(signed: tuple[Story, Sign]) -> None:
    story, sign = signed
    story.until("W", Phase.GET_INTO_POSITION)
    sign.next = Gesture(0.5)
    story.play("W", 0.1)
    assert story.last.hands_share == 0.5, "the view fills"
    sign.next = Gesture(1.0, fired=True)
    story.play("W", 5)
    assert story.phase is Phase.PAUSED
    assert story.last.cue == words.PAUSED_BY_KEY
    sign.next = Gesture(1.0, fired=True)
    story.play("W", 1)
    assert story.phase is Phase.GET_INTO_POSITION
    story.until("V", Phase.HOLD)
    sign.holds.clear()
    story.play("V", 0.5)
    assert all(sign.holds), "the recogniser knows that a hold runs"


def test_who_left_and_comes_back_with_raised_hands_is_not_kept_in_a_pause(
    signed: tuple[Story, Sign],
) -> None:
    story, sign = signed
    story.until("W", Phase.GET_INTO_POSITION).until("N", Phase.PAUSED)
    sign.next = Gesture(1.0, fired=True)
    story.play("W", 6)
    assert story.phase is Phase.GET_INTO_POSITION
