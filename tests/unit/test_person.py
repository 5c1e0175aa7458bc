"""Following one person by place and size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecheck.form.judge import SETTLE_S, PersonTracker, Place, TrackState

HERE = Place(0.0, 300.0, 250.0, 90.0)


def later(t_s: float, dx_px: float = 0.0, size: float = 1.0) -> Place:
    return Place(t_s, HERE.x_px + dx_px, HERE.y_px, HERE.scale_px * size)


def looks(follower: PersonTracker, *places: Place) -> list[TrackState]:
    return [follower.look(place) for place in places]


def test_a_person_who_moves_stays_the_person() -> None:
    follower = PersonTracker()
    places = [later(i / 30, dx_px=i * 15.0) for i in range(30)]  # 5 body lengths a second
    assert looks(follower, *places) == [TrackState.NEW] + [TrackState.SAME] * 29
    assert follower.jumps == 0


@pytest.mark.parametrize("jump", [later(0.1, dx_px=260.0), later(0.1, size=0.5)])
def test_a_jump_in_place_or_size_is_another_person(jump: Place) -> None:
    follower = PersonTracker()
    assert looks(follower, HERE, jump) == [TrackState.NEW, TrackState.OTHER]
    assert follower.jumps == 1


def test_the_first_person_is_known_again_after_a_jump() -> None:
    follower = PersonTracker()
    places = [HERE, later(0.1, dx_px=260.0), later(0.2, dx_px=3.0)]
    assert looks(follower, *places) == [TrackState.NEW, TrackState.OTHER, TrackState.SAME]
    assert follower.jumps == 1


@pytest.mark.parametrize(("dx_px", "size"), [(0.0, 0.4), (260.0, 1.0), (400.0, 1.1)])
def test_a_new_body_becomes_the_person_only_after_it_stayed(dx_px: float, size: float) -> None:
    """Also one of the same size: the person's reach must not grow while a stranger is seen."""
    follower = PersonTracker()
    follower.look(HERE)
    times = [0.1 * i for i in range(1, 40)]
    seen = looks(follower, *(later(t_s, dx_px, size) for t_s in times))
    first = seen.index(TrackState.NEW)
    assert times[first] - times[0] >= SETTLE_S - 1e-9
    assert seen[:first] == [TrackState.OTHER] * first
    assert seen[first + 1 :] == [TrackState.SAME] * (len(seen) - first - 1)
    assert follower.jumps == 1


def test_somebody_who_comes_back_after_a_moment_may_be_elsewhere() -> None:
    follower = PersonTracker()
    assert looks(follower, HERE, later(1.0, dx_px=260.0)) == [TrackState.NEW, TrackState.SAME]


def test_after_a_while_without_anybody_whoever_comes_is_the_person_and_no_jump() -> None:
    follower = PersonTracker()
    assert looks(follower, HERE, later(60.0, dx_px=200.0, size=2.5)) == [
        TrackState.NEW,
        TrackState.NEW,
    ]
    assert follower.jumps == 0


@given(
    st.lists(st.tuples(st.floats(0.01, 1), st.floats(-500, 500), st.floats(0.0, 3.0)), max_size=30)
)
def test_any_walk_is_answered(walk: list[tuple[float, float, float]]) -> None:
    follower, t_s, seen = PersonTracker(), 0.0, []
    for step_s, dx_px, size in walk:
        t_s += step_s
        seen.append(follower.look(later(t_s, dx_px, size)))
    assert follower.jumps <= seen.count(TrackState.OTHER)
    assert seen[:1] in ([], [TrackState.NEW])
