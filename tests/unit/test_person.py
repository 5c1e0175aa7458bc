"""Following one person by place and size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecheck.person import SETTLE_S, PersonFollower, Place

HERE = Place(0.0, 300.0, 250.0, 90.0)


def later(t_s: float, dx_px: float = 0.0, size: float = 1.0) -> Place:
    return Place(t_s, HERE.x_px + dx_px, HERE.y_px, HERE.scale_px * size)


def test_a_person_who_moves_stays_the_person() -> None:
    follower = PersonFollower()
    places = [later(i / 30, dx_px=i * 15.0) for i in range(30)]  # 5 body lengths a second
    assert all(follower.is_same(place) for place in places)
    assert follower.jumps == 0


@pytest.mark.parametrize("jump", [later(0.1, dx_px=260.0), later(0.1, size=0.5)])
def test_a_jump_in_place_or_size_is_another_person(jump: Place) -> None:
    follower = PersonFollower()
    assert follower.is_same(HERE)
    assert not follower.is_same(jump)
    assert follower.jumps == 1


def test_the_first_person_is_known_again_after_a_jump() -> None:
    follower = PersonFollower()
    follower.is_same(HERE)
    follower.is_same(later(0.1, dx_px=260.0))
    assert follower.is_same(later(0.2, dx_px=3.0))
    assert follower.jumps == 1


def test_a_new_body_that_stays_becomes_the_person() -> None:
    follower = PersonFollower()
    follower.is_same(HERE)
    times = [0.1 * i for i in range(1, 40)]
    same = [follower.is_same(later(t_s, size=0.4)) for t_s in times]
    first = same.index(True)
    assert times[first] - times[0] >= SETTLE_S - 1e-9
    assert all(same[first:])
    assert follower.jumps == 1


def test_somebody_who_comes_back_after_a_while_may_be_elsewhere() -> None:
    follower = PersonFollower()
    follower.is_same(HERE)
    assert follower.is_same(later(1.0, dx_px=260.0))


@given(
    st.lists(st.tuples(st.floats(0.01, 1), st.floats(-500, 500), st.floats(0.0, 3.0)), max_size=30)
)
def test_any_walk_is_answered(walk: list[tuple[float, float, float]]) -> None:
    follower, t_s = PersonFollower(), 0.0
    for step_s, dx_px, size in walk:
        t_s += step_s
        assert follower.is_same(later(t_s, dx_px, size)) in {True, False}
