"""Following one person by place and size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecheck.person import SETTLE_S, PersonFollower, Place, Seen

HERE = Place(0.0, 300.0, 250.0, 90.0)


def later(t_s: float, dx_px: float = 0.0, size: float = 1.0) -> Place:
    return Place(t_s, HERE.x_px + dx_px, HERE.y_px, HERE.scale_px * size)


def looks(follower: PersonFollower, *places: Place) -> list[Seen]:
    return [follower.look(place) for place in places]


def test_a_person_who_moves_stays_the_person() -> None:
    follower = PersonFollower()
    places = [later(i / 30, dx_px=i * 15.0) for i in range(30)]  # 5 body lengths a second
    assert looks(follower, *places) == [Seen.NEW] + [Seen.SAME] * 29
    assert follower.jumps == 0


@pytest.mark.parametrize("jump", [later(0.1, dx_px=260.0), later(0.1, size=0.5)])
def test_a_jump_in_place_or_size_is_another_person(jump: Place) -> None:
    follower = PersonFollower()
    assert looks(follower, HERE, jump) == [Seen.NEW, Seen.OTHER]
    assert follower.jumps == 1


def test_the_first_person_is_known_again_after_a_jump() -> None:
    follower = PersonFollower()
    places = [HERE, later(0.1, dx_px=260.0), later(0.2, dx_px=3.0)]
    assert looks(follower, *places) == [Seen.NEW, Seen.OTHER, Seen.SAME]
    assert follower.jumps == 1


@pytest.mark.parametrize(("dx_px", "size"), [(0.0, 0.4), (260.0, 1.0), (400.0, 1.1)])
def test_a_new_body_becomes_the_person_only_after_it_stayed(dx_px: float, size: float) -> None:
    """Also one of the same size: the person's reach must not grow while a stranger is seen."""
    follower = PersonFollower()
    follower.look(HERE)
    times = [0.1 * i for i in range(1, 40)]
    seen = looks(follower, *(later(t_s, dx_px, size) for t_s in times))
    first = seen.index(Seen.NEW)
    assert times[first] - times[0] >= SETTLE_S - 1e-9
    assert seen[:first] == [Seen.OTHER] * first
    assert seen[first + 1 :] == [Seen.SAME] * (len(seen) - first - 1)
    assert follower.jumps == 1


def test_somebody_who_comes_back_after_a_moment_may_be_elsewhere() -> None:
    follower = PersonFollower()
    assert looks(follower, HERE, later(1.0, dx_px=260.0)) == [Seen.NEW, Seen.SAME]


def test_after_a_while_without_anybody_whoever_comes_is_the_person_and_no_jump() -> None:
    follower = PersonFollower()
    assert looks(follower, HERE, later(60.0, dx_px=200.0, size=2.5)) == [Seen.NEW, Seen.NEW]
    assert follower.jumps == 0


@given(
    st.lists(st.tuples(st.floats(0.01, 1), st.floats(-500, 500), st.floats(0.0, 3.0)), max_size=30)
)
def test_any_walk_is_answered(walk: list[tuple[float, float, float]]) -> None:
    follower, t_s, seen = PersonFollower(), 0.0, []
    for step_s, dx_px, size in walk:
        t_s += step_s
        seen.append(follower.look(later(t_s, dx_px, size)))
    assert follower.jumps <= seen.count(Seen.OTHER)
    assert seen[:1] in ([], [Seen.NEW])
