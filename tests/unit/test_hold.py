"""The hold counter: what counts, what ends a hold, and what must hold for every session."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecheck.hold import HoldCounter
from posecheck.types import Cause, Hold, Reason, Side, State, Step, Verdict

V = Verdict(State.VALID, Side.LEFT, None)
VR = Verdict(State.VALID, Side.RIGHT, None)
W = Verdict(State.WRONG, Side.LEFT, Reason(Cause.RULE, "Lean forward", "lean"))
U = Verdict(State.UNSEEN, Side.LEFT, Reason(Cause.NOBODY, "Step into the picture"))


def count(
    *moments: tuple[float, Verdict],
    target_s: float = 10.0,
    grace_s: float = 0.5,
    max_gap_s: float = 0.5,
) -> tuple[list[Step], list[Hold], HoldCounter]:
    counter = HoldCounter(target_s, grace_s, max_gap_s)
    steps = [counter.update(t_s, verdict) for t_s, verdict in moments]
    holds = [step.finished for step in steps if step.finished is not None]
    last = counter.finish()
    return steps, holds + ([last] if last is not None else []), counter


def run(verdicts: str, step_s: float = 0.1) -> list[tuple[float, Verdict]]:
    letters = {"V": V, "R": VR, "W": W, "U": U}
    return [(i * step_s, letters[letter]) for i, letter in enumerate(verdicts)]


def seconds(counter: HoldCounter) -> tuple[float, float, float]:
    ledger = counter.ledger
    return tuple(ledger.seconds(state) for state in State)  # type: ignore[return-value]


def test_time_counts_only_between_two_valid_moments() -> None:
    _, holds, counter = count(*run("WVVVW"))
    assert seconds(counter) == (0.2, 0.2, 0.0)
    assert [hold.held_s for hold in holds] == [0.2]


def test_an_edge_to_unseen_is_unseen_and_never_wrong() -> None:
    _, _, counter = count(*run("WUV"))
    assert seconds(counter) == (0.0, 0.0, 0.2)


def test_a_long_gap_is_unseen_even_between_two_valid_moments() -> None:
    steps, holds, counter = count((0.0, V), (0.1, V), (0.7, V), (0.8, V))
    assert seconds(counter) == (0.2, 0.0, 0.6)
    assert steps[2].interval is not None
    assert steps[2].interval.reason is not None
    assert steps[2].interval.reason.cause is Cause.GAP
    # Longer than the grace time, so it ends the hold.
    assert [hold.held_s for hold in holds] == [0.1, 0.1]


def test_a_break_shorter_than_the_grace_time_keeps_the_hold_but_does_not_count() -> None:
    _, holds, counter = count(*run("VVVWWVVV"))
    assert [hold.held_s for hold in holds] == [0.4]
    assert seconds(counter)[1] == pytest.approx(0.3)


def test_a_break_longer_than_the_grace_time_ends_the_hold() -> None:
    _, holds, _ = count(*run("VVV" + "W" * 6 + "VVV"))
    assert [hold.held_s for hold in holds] == [0.2, 0.2]


def test_changing_side_starts_a_new_hold_and_the_change_itself_is_unseen() -> None:
    steps, holds, counter = count(*run("VVVRRR"))
    assert [(hold.side, hold.held_s) for hold in holds] == [(Side.LEFT, 0.2), (Side.RIGHT, 0.2)]
    assert steps[3].interval is not None
    assert steps[3].interval.state is State.UNSEEN
    assert counter.ledger.elapsed_us == 500_000


def test_a_hold_is_complete_at_its_target_and_not_a_moment_before() -> None:
    steps, _, _ = count(*run("V" * 11), target_s=1.0)
    assert [step.hold.complete for step in steps if step.hold] == [False] * 10 + [True]


def test_a_single_valid_moment_holds_nothing() -> None:
    _, holds, counter = count(*run("WVW"))
    assert seconds(counter)[0] == 0.0
    assert [hold.held_us for hold in holds] == [0]


def test_times_must_increase() -> None:
    counter = HoldCounter(10.0, 0.5, 0.5)
    counter.update(1.0, V)
    with pytest.raises(ValueError, match="must increase"):
        counter.update(1.0, V)


MOMENTS = st.lists(
    st.tuples(st.integers(1, 2_000_000), st.sampled_from([V, VR, W, U])), min_size=1, max_size=60
)


@given(moments=MOMENTS, grace_s=st.floats(0, 2), max_gap_s=st.floats(0.01, 2))
def test_the_three_parts_add_up_to_the_time_that_passed(
    moments: list[tuple[int, Verdict]], grace_s: float, max_gap_s: float
) -> None:
    t_us, timed = 0, []
    for step_us, verdict in moments:
        t_us += step_us
        timed.append((t_us / 1e6, verdict))
    steps, holds, counter = count(*timed, grace_s=grace_s, max_gap_s=max_gap_s)
    elapsed_us = t_us - moments[0][0]
    assert counter.ledger.elapsed_us == elapsed_us
    assert sum(hold.held_us for hold in holds) == counter.ledger.valid_us
    held = [step.hold for step in steps]
    for before, after in itertools.pairwise(held):
        if before and after and before.start_us == after.start_us and before.side is after.side:
            assert after.held_us >= before.held_us
    for hold in holds:
        assert 0 <= hold.held_us <= hold.end_us - hold.start_us
    assert all(h.end_us <= n.start_us for h, n in itertools.pairwise(holds))


@given(
    edges=st.lists(st.floats(0.7, 3.0), min_size=1, max_size=6),
    rate_hz=st.sampled_from([8.0, 15.0, 29.97, 60.0, 120.0]),
)
def test_the_same_at_any_frame_rate(edges: list[float], rate_hz: float) -> None:
    """Valid and wrong take turns; each change costs at most one picture's time."""
    ends = [sum(edges[: i + 1]) for i in range(len(edges))]

    def verdict(t_s: float) -> Verdict:
        return (V, W)[sum(t_s >= end for end in ends) % 2]

    frames = int(ends[-1] * rate_hz)
    _, holds, counter = count(*((i / rate_hz, verdict(i / rate_hz)) for i in range(frames)))
    true_valid = sum(edges[::2])
    tolerance = (len(edges) + 1) / rate_hz
    assert true_valid - tolerance <= counter.ledger.seconds(State.VALID) <= true_valid
    assert len([hold for hold in holds if hold.held_us]) == len(edges[::2])
