"""Noticing mixed-up legs: one ankle walks, the other stays; what leaps is not a foot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecheck.form.leg_swap import HOLE_S, LONG_S, Ankles, LegSwapDetector

THIGH_PX = 100.0
HIPS = (200.0, 280.0)
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
    follower = LegSwapDetector()
    return [
        follower.look(Ankles(start_s + i / fps, left, right, HIPS, THIGH_PX))
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


def test_a_hole_does_not_mend_mixed_up_legs() -> None:
    follower = LegSwapDetector()
    for i in range(30):
        left, right = crossing(i / 10.0)
        follower.look(Ankles(i / 10.0, left, right, HIPS, THIGH_PX))
    assert follower.look(Ankles(3.0, FLOOR_RIGHT, KNEE, HIPS, THIGH_PX))
    back_s = 3.0 + HOLE_S + 0.1
    assert follower.look(Ankles(back_s, FLOOR_RIGHT, KNEE, HIPS, THIGH_PX))
    follower.forget()
    assert not follower.look(Ankles(back_s + 0.1, FLOOR_RIGHT, KNEE, HIPS, THIGH_PX))


def still(
    left: Point, right: Point, seconds: float, fps: float = 15.0
) -> list[tuple[Point, Point]]:
    return [(left, right)] * round(seconds * fps)


def moved(
    start: tuple[Point, Point], end: tuple[Point, Point], seconds: float, fps: float = 15.0
) -> list[tuple[Point, Point]]:
    count = round(seconds * fps)
    shares = [i / count for i in range(1, count + 1)]
    return [(way(start[0], end[0], s), way(start[1], end[1], s)) for s in shares]


def test_a_foot_that_is_drawn_back_beside_the_other_was_not_crossed() -> None:
    """Then the other leg is crossed: that one is it, and nothing is mixed up."""
    ahead, beside = (345.0, 400.0), (306.0, 399.0)
    crossed = (beside, (330.0, 290.0))
    rest = (beside, FLOOR_RIGHT)
    seen = [
        *still(ahead, FLOOR_RIGHT, 2.0), *moved((ahead, FLOOR_RIGHT), rest, 0.6),
        *still(*rest, 2.0), *moved(rest, crossed, 1.0), *still(*crossed, 5.0),
    ]  # fmt: skip
    assert not any(follow(seen, 15.0))


def test_feet_that_are_moved_one_after_the_other_are_at_rest_again() -> None:
    there = ((360.0, 400.0), (370.0, 396.0))
    between = (there[0], FLOOR_RIGHT)
    start = (FLOOR_LEFT, FLOOR_RIGHT)
    seen = [
        *still(*start, 2.0), *moved(start, between, 0.5), *still(*between, 0.5),
        *moved(between, there, 0.5), *still(*there, 3.0),
    ]  # fmt: skip
    assert not any(follow(seen, 15.0)[-30:])


def test_whoever_walks_to_another_place_rests_there() -> None:
    follower, fps = LegSwapDetector(), 15.0
    far = ((550.0, 400.0), (560.0, 396.0))
    start = (FLOOR_LEFT, FLOOR_RIGHT)
    walk = [*moved(start, (FLOOR_LEFT, far[1]), 0.6), *moved((FLOOR_LEFT, far[1]), far, 0.6)]
    seen = [*still(*start, 3.0), *walk, *still(*far, 5.0)]
    mixed = []
    for i, (left, right) in enumerate(seen):
        hips = (HIPS[0] + (left[0] - FLOOR_LEFT[0]), HIPS[1])
        mixed.append(follower.look(Ankles(i / fps, left, right, hips, THIGH_PX)))
    assert not any(mixed[-60:])


def test_ankles_that_lie_together_longer_than_any_hold_are_at_rest() -> None:
    fps = 15.0
    lifted = ((330.0, 330.0), (332.0, 332.0))
    crossed = [crossing(i / fps) for i in range(round(3 * fps))]
    mixed = follow([*crossed, *moved(crossed[-1], lifted, 1.0), *still(*lifted, LONG_S + 2)], fps)
    assert all(mixed[round(4.2 * fps) : round((3 + LONG_S) * fps)])
    assert not any(mixed[-round(fps) :])


def test_a_picture_without_ankles_changes_nothing() -> None:
    follower = LegSwapDetector()
    nan = (float("nan"), float("nan"))
    assert not follower.look(Ankles(0.0, nan, nan, HIPS, THIGH_PX))
    assert not follower.look(Ankles(0.1, FLOOR_LEFT, FLOOR_RIGHT, HIPS, 0.0))
