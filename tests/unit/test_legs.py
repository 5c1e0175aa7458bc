"""Noticing mixed-up legs: one ankle walks, the other stays; what leaps is not a foot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecheck.legs import FORGET_S, Ankles, LegFollower

THIGH_PX = 100.0
FLOOR_LEFT, FLOOR_RIGHT, KNEE = (300.0, 400.0), (310.0, 396.0), (330.0, 290.0)

Point = tuple[float, float]


def way(start: Point, end: Point, share: float) -> Point:
    """Return a point on a foot's smooth way."""
    eased = share * share * (3 - 2 * share)
    return start[0] + (end[0] - start[0]) * eased, start[1] + (end[1] - start[1]) * eased


def crossing(t_s: float, begin_s: float = 1.0, takes_s: float = 1.0) -> tuple[Point, Point]:
    """Return where the ankles truly are: at rest, then the left one goes to the right knee."""
    share = min(max((t_s - begin_s) / takes_s, 0.0), 1.0)
    return way(FLOOR_LEFT, KNEE, share), FLOOR_RIGHT


def follow(ankles: list[tuple[Point, Point]], fps: float, start_s: float = 0.0) -> list[bool]:
    follower = LegFollower()
    return [
        follower.look(Ankles(start_s + i / fps, left, right, THIGH_PX))
        for i, (left, right) in enumerate(ankles)
    ]


@given(
    fps=st.sampled_from([8.0, 12.0, 15.0, 25.0, 30.0]),
    takes_s=st.floats(0.8, 3.0),
)
def test_a_leg_that_is_crossed_and_put_back_is_never_mixed_up(fps: float, takes_s: float) -> None:
    there = [crossing(i / fps, takes_s=takes_s) for i in range(round((2 + takes_s) * fps))]
    assert not any(follow([*there, *reversed(there)], fps))


@pytest.mark.parametrize("fps", [8.0, 15.0, 30.0])
def test_ankles_that_change_places_are_mixed_up_until_they_change_back(fps: float) -> None:
    right = [crossing(i / fps) for i in range(round(3 * fps))]
    swapped = [(b, a) for a, b in right]
    at, back = round(2.2 * fps), round(2.8 * fps)
    mixed = follow([*right[:at], *swapped[at:back], *right[back:]], fps)
    assert not any(mixed[:at])
    assert all(mixed[at:back])
    assert not any(mixed[back:])


def test_whoever_began_to_cross_is_remembered_when_the_change_itself_was_slow() -> None:
    fps = 15.0
    true = [crossing(i / fps) for i in range(round(4 * fps))]
    seen = []
    for i, (left, right) in enumerate(true):
        share = min(max((i / fps - 2.2) / 0.6, 0.0), 1.0)  # smoothing drags the change out
        seen.append((way(left, right, share), way(right, left, share)))
    mixed = follow(seen, fps)
    assert not any(mixed[: round(2.2 * fps)])
    assert all(mixed[round(3.0 * fps) :])


def test_both_ankles_on_one_foot_are_mixed_up() -> None:
    fps = 15.0
    true = [crossing(i / fps) for i in range(round(4 * fps))]
    at = round(2.5 * fps)
    seen = [*true[:at], *((right, right) for _, right in true[at:])]
    mixed = follow(seen, fps)
    assert not any(mixed[:at])
    assert all(mixed[at : at + round(0.5 * fps)])


def test_an_ankle_that_slides_onto_the_lifted_foot_is_mixed_up() -> None:
    """On the back: the supporting foot is lifted, and slowly the model draws both on it."""
    fps = 15.0
    seen = []
    for i in range(round(6 * fps)):
        left, right = crossing(i / fps)
        lift = min(max(i / fps - 2.2, 0.0), 1.0) * 60.0
        left, right = (left[0], left[1] - lift), (right[0], right[1] - lift)
        slide = min(max(i / fps - 3.5, 0.0), 1.0)
        seen.append((way(left, right, slide), right))
    mixed = follow(seen, fps)
    assert not any(mixed[: round(3.5 * fps)])
    assert all(mixed[round(4.4 * fps) :])


def test_after_both_feet_are_back_at_rest_all_is_well_again() -> None:
    fps = 15.0
    true = [crossing(i / fps) for i in range(round(3 * fps))]
    at = round(2.5 * fps)
    swapped = [*true[:at], *((b, a) for a, b in true[at:])]
    rest = [(FLOOR_LEFT, FLOOR_RIGHT)] * round(2 * fps)
    mixed = follow([*swapped, *rest], fps)
    assert mixed[len(swapped) - 1]
    assert not any(mixed[-round(fps) :])


def test_what_was_known_is_forgotten_without_the_legs() -> None:
    follower = LegFollower()
    for i in range(30):
        left, right = crossing(i / 10.0)
        follower.look(Ankles(i / 10.0, left, right, THIGH_PX))
    assert follower.look(Ankles(3.0, FLOOR_RIGHT, KNEE, THIGH_PX))
    gone_s = 3.0 + FORGET_S + 0.1
    assert not follower.look(Ankles(gone_s, FLOOR_RIGHT, KNEE, THIGH_PX))


def test_a_picture_without_ankles_changes_nothing() -> None:
    follower = LegFollower()
    nan = (float("nan"), float("nan"))
    assert not follower.look(Ankles(0.0, nan, nan, THIGH_PX))
    assert not follower.look(Ankles(0.1, FLOOR_LEFT, FLOOR_RIGHT, 0.0))
