"""From a value to a reading: the dead band of a limit, looking ahead."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck import exercises
from posecheck.types import State
from tests.judged import calm, leaning, reading, steps

SEATED = exercises.load("seated-figure-four")
VALID, WRONG = State.VALID, State.WRONG
RATES_HZ = (10.0, 15.0, 30.0, 60.0)


def test_the_dead_band_keeps_a_trembling_person_valid() -> None:
    exercise = calm(SEATED)
    limit = exercise.rule("lean").at_most
    assert limit is not None
    inside, between, outside = limit.enter - 5, (limit.enter + limit.leave) / 2, limit.leave + 5
    angles = [outside, between, inside, between, inside, between, outside, between, inside]
    figures = [leaning(angle, exercise) for angle in angles]
    states = [step.verdict.state for step in steps(figures, exercise)]
    valid, wrong = State.VALID, State.WRONG
    assert states == [wrong, wrong, valid, valid, valid, valid, wrong, wrong, valid]


def test_a_limit_is_compared_with_what_will_be_reached_soon() -> None:
    """Who sits up at 40 degrees a second is called wrong 0.15 s, 6 degrees, before the limit."""
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    ahead_deg = 40.0 * SEATED.rule("lean").ahead_s
    angles = [limit.leave - 14.0] * 12 + [limit.leave - 14.0 + 4.0 * i for i in range(1, 5)]
    figures = [leaning(angle, SEATED) for angle in angles]
    for angle, step in zip(angles, steps(figures, SEATED), strict=True):
        if angle < limit.leave - ahead_deg - 1:
            assert step.verdict.state is State.VALID
        if angle > limit.leave - 2:
            assert step.verdict.state is State.WRONG
            assert reading(step.verdict, "lean").value == pytest.approx(angle, abs=0.1)
            assert reading(step.verdict, "lean").excess > angle - limit.enter
    # Getting better is believed only when it is reached, and standing still adds nothing.
    still = steps([leaning(limit.leave - 1, SEATED)] * 3, SEATED)
    assert [step.verdict.state for step in still] == [State.WRONG] * 3
    back = [leaning(limit.leave + 12 - 4 * i, SEATED) for i in range(8)]
    for step in steps(back, SEATED):
        lean = reading(step.verdict, "lean")
        assert (lean.state is State.VALID) is (lean.value <= limit.enter)


@pytest.mark.parametrize("rate_hz", [10.0, 15.0, 30.0])
def test_a_single_step_faster_than_a_body_is_not_extrapolated(rate_hz: float) -> None:
    """A reading that lies off by 250 degrees a second for one frame, still within the limit."""
    off = 250.0 / rate_hz
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    angles = [limit.leave - off - 2.0] * 10 + [limit.leave - 2.0] + [limit.leave - off - 2.0] * 10
    figures = [leaning(angle, SEATED) for angle in angles]
    assert {step.verdict.state for step in steps(figures, SEATED, rate_hz)} == {VALID}
    before = SEATED.model_copy(update={"judging": 2})
    assert WRONG in {step.verdict.state for step in steps(figures, before, rate_hz)}


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(RATES_HZ),
    st.lists(st.floats(-190.0, 190.0), min_size=3, max_size=40),
    st.floats(65.0, 105.0),
)
def test_whatever_a_body_can_do_is_judged_without_delay(
    rate_hz: float, speeds_deg_s: list[float], begin_deg: float
) -> None:
    before = SEATED.model_copy(update={"judging": 2})
    angles = [begin_deg]
    for speed in speeds_deg_s:
        angles.append(min(max(angles[-1] + speed / rate_hz, 60.0), 110.0))
    figures = [leaning(round(angle, 1), SEATED) for angle in angles]
    assert [step.verdict for step in steps(figures, SEATED, rate_hz)] == [
        step.verdict for step in steps(figures, before, rate_hz)
    ]
