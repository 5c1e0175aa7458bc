"""The hold counter: what counts, what ends a hold, and what must hold for every session."""

from __future__ import annotations

import itertools
import sys
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck import exercises
from posecheck.exercises import Timing
from posecheck.form.hold import HoldCounter
from posecheck.types import Cause, Reason, Side, SideKnown, State, Verdict

if TYPE_CHECKING:
    from types import FrameType

    from posecheck.exercises import Exercise
    from posecheck.ledger import Hold, Step

V = Verdict(State.VALID, Side.LEFT, None)
VR = Verdict(State.VALID, Side.RIGHT, None)
W = Verdict(State.WRONG, Side.LEFT, Reason(Cause.RULE, "Lean forward", "lean"))
U = Verdict(State.UNSEEN, Side.LEFT, Reason(Cause.NOBODY, "Step into the picture"))


FORMER = Timing(grace_s=0.5)
SEATED = exercises.load("seated-figure-four")


def exercise(target_s: float, timing: Timing) -> Exercise:
    dose = SEATED.dose.model_copy(update={"hold_s": target_s})
    return SEATED.model_copy(update={"dose": dose, "timing": timing})


def count(
    *moments: tuple[float, Verdict], target_s: float = 10.0, timing: Timing | None = None
) -> tuple[list[Step], list[Hold], HoldCounter]:
    counter = HoldCounter(exercise(target_s, timing or Timing()))
    steps = [counter.update(t_s, verdict) for t_s, verdict in moments]
    holds = [step.finished for step in steps if step.finished is not None]
    last = steps[-1].hold if steps else None
    holds += [last] if last is not None else []
    assert counter.finish().holds == tuple(hold for hold in holds if hold.held_us > 0)
    return steps, holds, counter


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
    assert [hold.held_s for hold in holds] == [0.2]


def test_a_short_break_keeps_the_hold_but_does_not_count() -> None:
    _, holds, counter = count(*run("VVVWWVVV"))
    assert [hold.held_s for hold in holds] == [0.4]
    assert seconds(counter)[1] == pytest.approx(0.3)


@pytest.mark.parametrize("timing", [Timing(), FORMER], ids=["now", "former"])
def test_half_a_second_of_wrong_form_ends_the_hold(timing: Timing) -> None:
    for wrong, held in (("W" * 3, [0.4]), ("W" * 4, [0.2, 0.2])):
        _, holds, _ = count(*run("VVV" + wrong + "VVV"), timing=timing)
        assert [hold.held_s for hold in holds] == held


def test_two_seconds_unseen_end_the_hold() -> None:
    for unseen, held in (("U" * 18, [2.2]), ("U" * 19, [2.0, 0.2])):
        _, holds, _ = count(*run("V" * 21 + unseen + "VVV"))
        assert [hold.held_s for hold in holds] == held


def test_in_a_mixed_break_wrong_time_has_its_own_limit_and_all_of_it_the_longer_one() -> None:
    # The time between wrong and unseen is unseen: 0.4 s, 1.5 s and 0.4 s are 0.6 s wrong.
    _, holds, _ = count(*run("VVV" + "WWWW" + "U" * 10 + "WWWW" + "VVV"))
    assert [hold.held_s for hold in holds] == [0.2, 0.2]
    _, holds, _ = count(*run("V" * 21 + "WWW" + "U" * 14 + "V"))
    assert [hold.held_s for hold in holds] == [2.0]
    _, holds, _ = count(*run("V" * 21 + "WWW" + "U" * 17 + "VV"))
    assert [hold.held_s for hold in holds] == [2.0, 0.1]


def test_all_breaks_together_may_last_two_seconds_or_a_quarter_of_what_was_held() -> None:
    part = "V" * 11 + "U" * 7  # 1.0 s held, 0.8 s of break
    steps, holds, _ = count(*run(part * 3 + "V"))
    # The third break runs out of the 2 s after 0.4 s; the next valid moment begins anew.
    assert [hold.held_s for hold in holds if hold.held_us] == [3.0]
    assert [step.t_s for step in steps if step.finished] == [pytest.approx(5.1)]
    part = "V" * 41 + "U" * 8  # 4.0 s held, 0.9 s of break: less than a quarter, for ever
    _, holds, _ = count(*run(part * 6 + "V"), target_s=24.0)
    assert [(hold.held_s, hold.complete) for hold in holds] == [(24.0, True)]


def test_the_exercise_file_sets_the_limits() -> None:
    strict = Timing(wrong_break_s=0.0, unseen_break_s=0.3, breaks_s=0.5, breaks_share=0.0)
    for breaks, held in (("W", [0.2, 0.2]), ("U", [0.4]), ("UU", [0.2, 0.2])):
        _, holds, _ = count(*run("VVV" + breaks + "VVV"), timing=strict)
        assert [hold.held_s for hold in holds] == held
    _, holds, _ = count(*run("VVVUVVVUVVVUVVV"), timing=strict)
    assert [hold.held_s for hold in holds] == [0.6, 0.2]


def test_good_for_a_fifth_of_the_time_was_a_complete_hold_and_is_none_any_more() -> None:
    flicker = run(("VVV" + "WW") * 100)  # 0.2 s good, 0.3 s not
    assert [hold.complete for hold in count(*flicker, timing=FORMER)[1]] == [True]
    assert not any(hold.complete for hold in count(*flicker)[1])


def test_valid_moments_that_came_to_nothing_cost_no_budget() -> None:
    verdicts = "V" + "U" * 15 + "V" * 51 + "U" * 9 + "V" * 51
    _, holds, _ = count(*run(verdicts))
    assert [(hold.start_s, hold.held_s, hold.complete) for hold in holds if hold.held_us] == [
        (1.6, 10.0, True)
    ]


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
    counter = HoldCounter(exercise(10.0, Timing()))
    counter.update(1.0, V)
    with pytest.raises(ValueError, match="must increase"):
        counter.update(1.0, V)


MOMENTS = st.lists(
    st.tuples(st.integers(1, 2_000_000), st.sampled_from([V, VR, W, U])), min_size=1, max_size=60
)


TIMINGS = st.one_of(
    st.builds(Timing, grace_s=st.floats(0, 1.5), max_gap_s=st.floats(0.01, 1)),
    st.builds(
        Timing,
        wrong_break_s=st.floats(0, 2),
        unseen_break_s=st.floats(0, 2),
        breaks_s=st.floats(0, 10),
        breaks_share=st.floats(0, 1),
        max_gap_s=st.floats(0.01, 1),
    ),
)


@given(moments=MOMENTS, timing=TIMINGS)
def test_the_three_parts_add_up_to_the_time_that_passed(
    moments: list[tuple[int, Verdict]], timing: Timing
) -> None:
    t_us, timed = 0, []
    for step_us, verdict in moments:
        t_us += step_us
        timed.append((t_us / 1e6, verdict))
    steps, holds, counter = count(*timed, timing=timing)
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


RATES_HZ = (10.0, 15.0, 30.0, 60.0)
LETTERS = {"V": V, "W": W, "U": U}


def sampled(parts: list[tuple[str, float]], rate_hz: float) -> list[tuple[float, Verdict]]:
    """Return what a camera sees of parts of a session, each a letter and seconds."""
    ends = list(itertools.accumulate(seconds for _, seconds in parts))
    frames = [i / rate_hz for i in range(int(ends[-1] * rate_hz) + 1)]
    rows = [min(bisect_right(ends, t_s), len(ends) - 1) for t_s in frames]
    return [(t_s, LETTERS[parts[row][0]]) for t_s, row in zip(frames, rows, strict=True)]


@settings(max_examples=40, deadline=None)
@given(before_s=st.floats(0.2, 9.5), hiccup_s=st.floats(0, 1), rate_hz=st.sampled_from(RATES_HZ))
def test_one_hiccup_of_a_second_never_costs_a_hold(
    before_s: float, hiccup_s: float, rate_hz: float
) -> None:
    parts = [("W", 1.0), ("V", before_s), ("U", hiccup_s), ("V", 10.5 - before_s), ("W", 1.0)]
    _, holds, _ = count(*sampled(parts, rate_hz))
    assert [hold.complete for hold in holds if hold.held_us] == [True]


@settings(max_examples=40, deadline=None)
@given(
    good_s=st.floats(0.02, 0.6),
    share=st.floats(0.05, 0.2),
    bad=st.sampled_from("WU"),
    rate_hz=st.sampled_from(RATES_HZ),
)
def test_valid_for_a_fifth_of_the_time_never_completes_a_hold(
    good_s: float, share: float, bad: str, rate_hz: float
) -> None:
    bad_s = good_s / share - good_s
    turns = int(60 / (good_s + bad_s))
    parts = [("V", good_s), (bad, bad_s)] * turns
    _, holds, _ = count(*sampled(parts, rate_hz))
    assert not any(hold.complete for hold in holds)


@settings(max_examples=40, deadline=None)
@given(
    parts=st.lists(
        st.tuples(
            st.floats(0.5, 4.0), st.sampled_from("WU"), st.sampled_from([0.2, 0.9, 1.4, 2.6])
        ),
        min_size=1,
        max_size=6,
    ),
    rate_hz=st.sampled_from(RATES_HZ),
)
def test_the_budget_is_kept_and_what_is_held_never_falls(
    parts: list[tuple[float, str, float]], rate_hz: float
) -> None:
    told = [part for good_s, kind, bad_s in parts for part in (("V", good_s), (kind, bad_s))]
    steps, holds, counter = count(*sampled(told, rate_hz))
    assert sum(hold.held_us for hold in holds) == counter.ledger.valid_us
    for hold in holds:
        breaks_us = hold.end_us - hold.start_us - hold.held_us
        assert breaks_us <= max(2_000_000, hold.held_us / 4)
    for before, after in itertools.pairwise(step.hold for step in steps):
        if before is not None and after is not None and after.start_us == before.start_us:
            assert after.held_us >= before.held_us


@settings(max_examples=40, deadline=None)
@given(
    parts=st.lists(
        st.tuples(st.floats(0.5, 3.0), st.sampled_from(["W0.2", "W0.9", "U0.3", "U1.3", "U2.5"])),
        min_size=1,
        max_size=2,
    )
)
def test_holds_are_the_same_at_any_frame_rate(parts: list[tuple[float, str]]) -> None:
    """Each edge of a valid part costs at most one picture's time."""
    told = [("W", 0.7)]
    for good_s, bad in parts:
        told += [("V", good_s), (bad[0], float(bad[1:]))]
    told += [("V", 1.0), ("W", 1.0)]
    edges = 2 * sum(kind == "V" for kind, _ in told)
    exact = [hold.held_s for hold in count(*sampled(told, 240.0))[1] if hold.held_us]
    for rate_hz in RATES_HZ:
        _, holds, _ = count(*sampled(told, rate_hz))
        held = [hold.held_s for hold in holds if hold.held_us]
        assert held == pytest.approx(exact, abs=edges / rate_hz + 1e-6), rate_hz


@given(known=st.lists(st.sampled_from(SideKnown), min_size=1, max_size=8))
def test_the_side_of_a_hold_is_as_certain_as_its_most_certain_moment(
    known: list[SideKnown],
) -> None:
    moments = [(i / 10, replace(V, side_known=how)) for i, how in enumerate(known)]
    _, (hold,), _ = count(*moments)
    order = (SideKnown.UNKNOWN, SideKnown.SEEN, SideKnown.GIVEN)
    # The first valid moment of a hold comes to nothing yet, but it is in it.
    assert hold.side_known is max(known, key=order.index)


def test_a_hold_learns_its_side_after_a_break_and_never_from_wrong_moments() -> None:
    unknown = replace(V, side_known=SideKnown.UNKNOWN)
    told = [(0.0, unknown), (0.1, unknown), (0.2, U), (0.3, V), (0.4, V)]
    _, (hold,), _ = count(*told)
    assert hold.side_known is SideKnown.SEEN
    told = [(0.0, unknown), (0.1, unknown), (0.2, W), (0.3, unknown), (0.4, unknown)]
    _, (hold,), _ = count(*told)
    assert hold.side_known is SideKnown.UNKNOWN


def interrupted_at(call: int, counter: HoldCounter, t_s: float, verdict: Verdict) -> bool:
    """Take in a moment, with Ctrl-C at the given Python call in it; return whether it came."""
    calls = -1

    def trace(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        if event != "call" or frame.f_code.co_name == "<genexpr>":  # which could not be closed
            return
        calls += 1
        if calls == call:
            raise KeyboardInterrupt

    sys.settrace(trace)
    try:
        counter.update(t_s, verdict)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


@pytest.mark.parametrize("call", range(7))
def test_ctrl_c_finds_a_moment_counted_whole_or_not_at_all(call: int) -> None:
    moments = run("VVWWVVUUVRRWWWWWWWWVVV")
    expected = HoldCounter(exercise(0.2, Timing()))
    counter = HoldCounter(exercise(0.2, Timing()))
    came = 0
    for moment in moments:
        expected.update(*moment)
        if interrupted_at(call, counter, *moment):
            came += 1
            counter.update(*moment)
    assert came > 0
    assert counter.finish() == expected.finish()
