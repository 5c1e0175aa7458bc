"""Times of a file in, rising times out, and what was changed is said with its size."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from posecheck.sources.video import Clock


def timed(raw_s: list[float | None], zero_s: float = 0.0, speed: float = 1.0) -> list[float]:
    return placed(raw_s, zero_s, speed)[0]


def placed(
    raw_s: list[float | None], zero_s: float = 0.0, speed: float = 1.0
) -> tuple[list[float], tuple[str, ...]]:
    clock = Clock(zero_s, 0.1, speed)
    found = [t_s for t_s, _ in clock.timed((t_s, None) for t_s in raw_s)]
    return found, clock.warnings()


def test_rising_times_stay_as_they_are() -> None:
    assert placed([0.0, 0.04, 0.3, 2.0]) == ([0.0, 0.04, 0.3, 2.0], ())


def test_one_picture_astray_does_not_squeeze_those_that_follow() -> None:
    times, said = placed([0.0, 0.1, 600.2, 0.3, 0.4])
    assert times[:2] + times[3:] == [0.0, 0.1, 0.3, 0.4]
    assert 0.1 < times[2] < 0.3
    assert "1 picture had a time" in said[0]
    assert "599.90 s" in said[0] or "600.00 s" in said[0]


@pytest.mark.parametrize("back_to_s", [0.0, 0.25, 0.15, -3.0])
def test_after_a_step_back_time_goes_on_from_where_it_was(back_to_s: float) -> None:
    raw = [0.0, 0.1, 0.2, 0.3, 0.4, *(back_to_s + 0.1 * n for n in range(5))]
    times, said = placed(raw)
    assert times == pytest.approx([0.1 * n for n in range(10)])
    wanted = f"steps back once, by {0.4 - back_to_s:.2f} s; the time goes on from where it was"
    assert said == (f"the file's clock {wanted}",)


def test_two_steps_back_are_counted() -> None:
    part: list[float | None] = [0.0, 0.1, 0.2]
    times, said = placed(part * 3)
    assert times == pytest.approx([0.1 * n for n in range(9)])
    assert "2 times, by at most 0.20 s" in said[0]


def test_missing_times_follow_at_the_rate_and_are_called_an_assumption() -> None:
    times, said = placed([None] * 4)
    assert times == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert "assumption" in said[0]


def test_a_missing_time_between_two_others_lies_between_them() -> None:
    assert timed([0.0, None, 0.05]) == pytest.approx([0.0, 0.025, 0.05])


def test_zero_is_where_the_player_begins() -> None:
    assert timed([1.5, 1.6], zero_s=1.5) == pytest.approx([0.0, 0.1])
    assert timed([1.5, 1.6], zero_s=1.0) == pytest.approx([0.5, 0.6])


def test_slow_motion_is_counted_in_real_time() -> None:
    assert timed([0.0, 1.0, 8.0], speed=8.0) == pytest.approx([0.0, 0.125, 1.0])


RAW = st.none() | st.floats(-1e5, 1e5)


@example([-1e-9, None, 0.0], 0.0)  # no room for a picture between its neighbours
@given(st.lists(RAW, max_size=40), st.floats(0, 10))
@example([None, None, 2e-250], 0.0)
@example([None, 5.0, 1e-7], 0.0)
def test_whatever_a_file_says_times_rise_from_zero_on(
    raw_s: list[float | None], zero_s: float
) -> None:
    times = timed(raw_s, zero_s)
    assert len(times) == len(raw_s)
    assert all(t_s >= 0 for t_s in times)
    assert all(round(b * 1e6) > round(a * 1e6) for a, b in pairwise(times) if b < 1e6)
