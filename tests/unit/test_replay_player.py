"""The player: where a replay stands, whatever is pressed and whenever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecheck.replay.edit.tracks import SPEEDS, Player


def player(t_s: float = 0.0, *, growing: bool = False) -> Player:
    return Player(start_s=0.0, end_s=20.0, growing=growing, t_s=t_s)


def test_plays_at_its_speed() -> None:
    playing = player().toggle(100.0)
    assert playing.at(103.0).t_s == pytest.approx(3.0)
    slow = playing.faster(-2, 103.0)
    assert slow.speed == 0.25
    assert slow.at(107.0).t_s == pytest.approx(4.0)


def test_stands_still_until_it_plays() -> None:
    assert player(5.0).at(1e6).t_s == 5.0
    assert player(5.0).toggle(1.0).pause(2.0).at(1e6).t_s == pytest.approx(6.0)


def test_stops_at_the_end_and_plays_again_from_the_start() -> None:
    ended = player(19.0).toggle(0.0).at(5.0)
    assert (ended.t_s, ended.playing) == (20.0, False)
    again = ended.toggle(6.0)
    assert (again.t_s, again.playing) == (0.0, True)


def test_waits_at_the_end_of_what_was_read_and_goes_on() -> None:
    waiting = player(19.0, growing=True).toggle(0.0).at(5.0)
    assert (waiting.t_s, waiting.playing) == (20.0, True)
    more = waiting.reach(30.0, growing=True, now_s=6.0)
    assert more.at(8.0).t_s == pytest.approx(22.0)


def test_speeds_end_at_the_slowest_and_the_fastest() -> None:
    assert player().faster(-9, 0.0).speed == SPEEDS[0]
    assert player().faster(9, 0.0).speed == SPEEDS[-1]


ACTIONS = st.one_of(
    st.tuples(st.just("toggle"), st.just(0.0)),
    st.tuples(st.just("pause"), st.just(0.0)),
    st.tuples(st.just("seek"), st.floats(-1e3, 1e3)),
    st.tuples(st.just("faster"), st.sampled_from([-1, 1])),
    st.tuples(st.just("reach"), st.floats(0, 60)),
)


@given(st.lists(st.tuples(ACTIONS, st.floats(0, 10)), max_size=30))
def test_never_leaves_the_session_and_moves_only_while_it_plays(
    happened: list[tuple[tuple[str, float], float]],
) -> None:
    now_s, here = 0.0, player(growing=True)
    for (action, value), passed_s in happened:
        before = here.at(now_s)
        now_s += passed_s
        after = here.at(now_s)
        assert 0 <= after.t_s - before.t_s <= passed_s * here.speed + 1e-9
        assert before.playing or after.t_s == before.t_s
        here = {
            "toggle": lambda h, t, _: h.toggle(t),
            "pause": lambda h, t, _: h.pause(t),
            "seek": lambda h, t, v: h.seek(v, t),
            "faster": lambda h, t, v: h.faster(int(v), t),
            "reach": lambda h, t, v: h.reach(v, growing=True, now_s=t),
        }[action](here, now_s, value)
        assert here.start_s <= here.t_s <= here.end_s
        assert here.speed in SPEEDS
