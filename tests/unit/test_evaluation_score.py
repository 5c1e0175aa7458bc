"""The arithmetic of the score on cases whose numbers are derived by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecheck import exercises
from posecheck.evaluation.clip_score import asking
from posecheck.evaluation.hold_score import (
    Account,
    account,
    change_score,
    confusion,
    hold_score,
    match,
    time_score,
)
from posecheck.evaluation.score import (
    ChangeScore,
    Errors,
    HoldScore,
    Score,
    SwapScore,
    TimeScore,
    total,
)
from posecheck.ledger import Hold
from posecheck.types import Cause, Reading, Reason, Side, SideKnown, State, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

EXERCISE = exercises.load("seated-figure-four")  # a hold is complete at 10 s
LEFT, RIGHT, BOTH = Side.LEFT, Side.RIGHT, Side.BOTH
S = 1_000_000

V, VL = Verdict(State.VALID, RIGHT, None), Verdict(State.VALID, LEFT, None)
VX = Verdict(State.VALID, LEFT, None, (), SideKnown.UNKNOWN)
W = Verdict(State.WRONG, RIGHT, Reason(Cause.RULE, "", "lean"))
U = Verdict(State.UNSEEN, RIGHT, Reason(Cause.HIDDEN, ""))


def wrong(**excess: float) -> Verdict:
    """Return a wrong verdict by rules and how far each is broken."""
    reason = Reason(Cause.RULE, "", "lean")
    readings = tuple(
        Reading(rule.replace("_", "-"), LEFT, 0.0, State.WRONG, by, required=True, reason=reason)
        for rule, by in excess.items()
    )
    return Verdict(State.WRONG, RIGHT, reason, readings)


def told(
    until_s: float, *spans: tuple[float, float, Verdict | None], otherwise: Verdict | None = W
) -> Account:
    """Return an account at 10 pictures a second; a span holds at both of its ends."""
    times = [i / 10 for i in range(round(until_s * 10) + 1)]
    verdicts = [
        next((said for start, end, said in spans if start <= t <= end), otherwise) for t in times
    ]
    return account(times, verdicts, EXERCISE)


def times_of(truth: Account, found: Account) -> TimeScore:
    return time_score(truth, found, EXERCISE)


def test_a_hold_found_a_little_short() -> None:
    truth, found = told(15, (2.0, 12.0, V)), told(15, (2.3, 11.9, V))
    # Truly valid 12.0 - 2.0 = 10.0 s, counted 11.9 - 2.3 = 9.6 s, and 0.3 s at the start and
    # 0.1 s at the end were called wrong. The remaining 5.0 s are wrong in both.
    assert times_of(truth, found) == TimeScore(
        right_us=9_600_000, called_wrong_us=400_000, rest_us=5 * S
    )
    assert times_of(truth, found).share == pytest.approx(0.96)
    # 9.6 - 10.0 = -0.4 s; for each 10 s that is 0.4 s. Complete in truth, not as found.
    score = hold_score(truth, found)
    assert score.errors == ((10.0, pytest.approx(-0.4)),)
    assert score.median_per_10_s == score.p90_per_10_s == pytest.approx(0.4)
    assert (score.complete_found, score.complete_missed, score.complete_invented) == (0, 1, 0)


def test_a_hold_found_too_long_is_falsely_valid() -> None:
    truth = told(15, (2.0, 11.0, V), otherwise=wrong(lean=16.0))
    found = told(15, (1.8, 12.0, V))
    # 9.0 s truly valid, all counted. 0.2 s before and 1.0 s after are false, plainly so.
    assert times_of(truth, found) == TimeScore(
        right_us=9 * S, false_far_us=1_200_000, rest_us=4_800_000
    )
    # Held 10.2 s instead of 9.0: a complete hold that is none.
    score = hold_score(truth, found)
    assert score.errors == ((9.0, pytest.approx(1.2)),)
    assert score.p90_per_10_s == pytest.approx(1.2 * 10 / 9)
    assert (score.complete_found, score.complete_missed, score.complete_invented) == (0, 0, 1)


def test_an_invented_hold() -> None:
    truth, found = told(15, otherwise=wrong(lean=3.0)), told(15, (2.0, 13.0, V))
    assert times_of(truth, found) == TimeScore(false_near_us=11 * S, rest_us=4 * S)
    assert math.isnan(times_of(truth, found).share)
    assert hold_score(truth, found) == HoldScore(complete_invented=1)


def test_a_hold_missed_because_it_was_not_seen() -> None:
    truth, found = told(15, (2.0, 12.0, V)), told(15, (1.0, 13.0, U))
    assert times_of(truth, found) == TimeScore(called_unseen_us=10 * S, rest_us=5 * S)
    # No hold was found at all: the error is the whole hold.
    assert hold_score(truth, found) == HoldScore(((10.0, -10.0),), complete_missed=1)


def test_a_hold_counted_for_the_other_leg() -> None:
    truth, found = told(15, (2.0, 12.0, V)), told(15, (2.0, 12.0, VL))
    assert times_of(truth, found) == TimeScore(other_side_us=10 * S, rest_us=5 * S)
    assert times_of(truth, found).share == 0.0
    # The other leg's hold is no match: one missed, one invented.
    score = hold_score(truth, found)
    assert score == HoldScore(((10.0, -10.0),), complete_missed=1, complete_invented=1)


def test_a_hold_torn_in_two_is_measured_by_its_larger_piece() -> None:
    truth = told(15, (1.0, 13.0, V))
    found = told(15, (1.0, 5.0, V), (6.0, 13.0, V))
    # Held 12.0; found 4.0 and 7.0. The error is 7.0 - 12.0 = -5.0, for 10 s 5 / 1.2.
    score = hold_score(truth, found)
    assert score.errors == ((12.0, pytest.approx(-5.0)),)
    assert score.p90_per_10_s == pytest.approx(5 / 1.2)
    # 1.0 s of it, between the last picture of the first and the first of the second.
    assert times_of(truth, found).called_wrong_us == S


def test_two_true_holds_joined_into_one() -> None:
    truth = told(20, (1.0, 5.0, V), (7.0, 15.0, V))
    found = told(20, (1.0, 15.0, V))
    # The found hold of 14.0 s overlaps the second most; the first is left without one.
    score = hold_score(truth, found)
    assert score.errors == ((4.0, -4.0), (8.0, pytest.approx(6.0)))
    assert score.seconds.bias == pytest.approx(1.0)
    # Medians of 4 * 10 / 4 = 10 and 6 * 10 / 8 = 7.5; nine tenths of the way up.
    assert score.median_per_10_s == pytest.approx(8.75)
    assert score.p90_per_10_s == pytest.approx(7.5 + 0.9 * 2.5)
    assert (score.complete_missed, score.complete_invented) == (0, 1)


def test_a_true_hold_below_a_second_has_no_error() -> None:
    assert hold_score(told(5, (1.0, 1.9, V)), told(5)).errors == ()
    assert len(hold_score(told(5, (1.0, 2.0, V)), told(5)).errors) == 1


@pytest.mark.parametrize(
    ("excess", "part"),
    [
        ({"lean": 14.9}, "false_near_us"),
        ({"lean": 15.0}, "false_far_us"),
        ({"ankle_crossed": 0.9}, "false_ratio_us"),
        ({"lean": 5.0, "ankle_crossed": 0.1}, "false_ratio_us"),
        ({"lean": 40.0, "ankle_crossed": 0.1}, "false_far_us"),
        ({}, "false_unmeasured_us"),
    ],
)
def test_how_far_false_time_is_wrong(excess: dict[str, float], part: str) -> None:
    truth, found = told(1, otherwise=wrong(**excess)), told(1, otherwise=V)
    assert times_of(truth, found) == TimeScore(**{part: S})


def test_the_worse_end_decides_how_far_an_interval_is_wrong() -> None:
    steps = [wrong(lean=3.0), wrong(lean=30.0), V]
    truth, found = account([0.0, 0.1, 0.2], steps, EXERCISE), told(0.2, otherwise=V)
    assert times_of(truth, found) == TimeScore(false_far_us=200_000)


def test_counting_somebody_who_is_not_there() -> None:
    assert times_of(told(2, otherwise=U), told(2, otherwise=V)) == TimeScore(false_absent_us=2 * S)


def test_an_edge_is_attributed_by_both_ends() -> None:
    # W V V W: of three intervals only the middle one is valid, in truth and as found.
    truth = account([0.0, 0.1, 0.2, 0.3], [W, V, V, W], EXERCISE)
    found = account([0.0, 0.1, 0.2, 0.3], [V, V, V, V], EXERCISE)
    assert times_of(truth, found).right_us == 100_000
    assert times_of(truth, found).false_us == 200_000


def test_a_label_without_a_side_agrees_with_both() -> None:
    any_side = Verdict(State.VALID, BOTH, None)
    truth = told(15, (2.0, 12.0, any_side))
    for said in (V, VL):
        found = told(15, (2.0, 12.0, said))
        assert times_of(truth, found).right_us == 10 * S
        assert hold_score(truth, found) == HoldScore(((10.0, 0.0),), complete_found=1)


def test_time_without_a_label_is_left_out() -> None:
    truth = told(20, (2.0, 12.0, V), (14.0, 20.0, None))
    found = told(20, (2.0, 12.0, V), (15.0, 19.0, V))
    # 20.0 - 14.0 = 6.0 s, and the 0.1 s that lead there: its other end is not known.
    assert times_of(truth, found) == TimeScore(
        right_us=10 * S, rest_us=3_900_000, left_out_us=6_100_000
    )
    assert hold_score(truth, found) == HoldScore(((10.0, 0.0),), complete_found=1)


def test_the_way_into_the_labels_is_left_out_too() -> None:
    # The first picture with a label is that at 5.0 s: 5.0 s before it, 5.0 s after.
    truth = told(10, (5.0, 10.0, W), otherwise=None)
    assert times_of(truth, told(10)) == TimeScore(rest_us=5 * S, left_out_us=5 * S)


def test_holds_at_the_edge_of_labels_have_no_known_length() -> None:
    found = told(20, (1.0, 14.0, V))
    # Labelled is only 2.0 to 12.0: the hold may be longer; 13.0 s found are no fault.
    truth = told(20, (2.0, 12.0, V), otherwise=None)
    assert hold_score(truth, found) == HoldScore(left_out=1)
    # Labelled as wrong, all of it: the 13.0 s reach into time without a label.
    truth = told(20, (2.0, 12.0, W), otherwise=None)
    assert hold_score(truth, found) == HoldScore()
    assert hold_score(told(20), found) == HoldScore(complete_invented=1)


def test_accounts_of_other_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="not of the same pictures"):
        times_of(told(1), account([i / 9 for i in range(11)], [W] * 11, EXERCISE))


def test_figures_of_errors() -> None:
    errors = Errors((-1.0, 2.0, 3.0, -4.0))
    assert errors.bias == 0.0
    assert errors.mean_abs == 2.5
    # |1|, 2, 3, 4: the 95th percentile lies 0.95 * 3 = 2.85 steps up: 3 + 0.85.
    assert errors.p95 == pytest.approx(3.85)
    assert all(math.isnan(v) for v in (Errors().bias, Errors().mean_abs, Errors().p95))


def test_clips_add_up_as_sums_and_not_as_means() -> None:
    # 1 of 2 s and 90 of 98 s counted: 91 %, where the mean of the shares would be 71 %.
    short = Score(
        clips=1,
        frames=30,
        time=TimeScore(right_us=S, called_wrong_us=S),
        holds=HoldScore(((2.0, -1.0),)),
        swaps=SwapScore(3, 30),
        angles={"a": Errors((1.0,))},
        rules={"x/r/seen": Errors((9.0,))},
    )
    long = Score(
        clips=1,
        frames=1500,
        time=TimeScore(right_us=90 * S, called_unseen_us=8 * S),
        holds=HoldScore(((98.0, -8.0),), complete_found=1),
        swaps=SwapScore(0, 1470),
        angles={"a": Errors((2.0, 2.0, 2.0)), "b": Errors((5.0,))},
    )
    both = total([short, long])
    assert (both.clips, both.frames) == (2, 1530)
    assert both.time.share == pytest.approx(0.91)
    assert (both.time.called_wrong_us, both.time.called_unseen_us) == (S, 8 * S)
    assert both.holds.errors == ((2.0, -1.0), (98.0, -8.0))
    assert both.holds.complete_found == 1
    assert both.swaps.share == pytest.approx(3 / 1500)
    assert both.angles["a"].bias == pytest.approx(7 / 4)
    assert both.angles["b"].count == both.rules["x/r/seen"].count == 1
    assert total([]) == Score()


def test_a_leg_that_is_not_told_apart_counts_for_any_leg_but_not_for_the_right_one() -> None:
    unknown = replace(VL, side_known=SideKnown.UNKNOWN)
    truth, found = told(15, (2.0, 12.0, V)), told(15, (2.0, 7.0, unknown), (7.1, 12.0, V))
    score = times_of(truth, found)
    # The 0.1 s between the two sides are unseen.
    assert (score.untold_us, score.right_us, score.other_side_us) == (5 * S, 4_900_000, 0)
    assert (score.any_leg_us, score.called_unseen_us) == (9_900_000, 100_000)
    assert score.true_valid_us == 10 * S
    assert score.part_of_valid(score.any_leg_us) == pytest.approx(0.99)


@pytest.mark.parametrize(
    ("known", "found"), [(SideKnown.SEEN, {}), (SideKnown.GIVEN, {}), (SideKnown.UNKNOWN, {0: 0})]
)
def test_a_hold_of_a_leg_not_told_apart_may_be_of_either(
    known: SideKnown, found: dict[int, int]
) -> None:
    true = Hold(RIGHT, 0, 10 * S, 10 * S, 10 * S)
    assert match([true], [Hold(LEFT, 0, 9 * S, 9 * S, 10 * S, known)]) == found


def test_changes_of_the_verdict_are_counted_within_true_holds_only() -> None:
    truth = told(30, (2.0, 7.0, V), (10.0, 25.0, V), (27.0, 27.5, V))
    found = told(30, (1.0, 3.0, V), (3.1, 3.2, U), (3.3, 9.0, V), (12.0, 13.0, V), (20.0, 30.0, V))
    score = change_score(truth, found)
    # First hold: to unseen at 3.1 and back at 3.3 s. Second: valid at 12.0, wrong at 13.1, valid
    # at 20.0: all within 10 s. The third is shorter than 1 s.
    assert score.holds == ((5.0, 2, 2), (15.0, 3, 3))
    assert score.per_10_s == pytest.approx(10 * 5 / 20)
    assert score.most_in_10_s == 3
    apart = change_score(told(20, (0.0, 20.0, V)), told(20, (0.0, 2.0, V), (13.0, 20.0, V)))
    assert apart.holds == ((20.0, 2, 1),)
    bordering = told(20, (0.0, 5.0, None), (5.1, 15.0, V), (15.1, 20.0, None))
    known = change_score(bordering, told(20, (6.0, 20.0, V)))
    assert known.holds == ((9.9, 1, 1),)
    assert math.isnan(ChangeScore().per_10_s)
    assert math.isnan(ChangeScore().most_in_10_s)


def test_the_confusion_with_the_truth_leaves_out_what_is_not_known() -> None:
    truth, found = told(15, (2.0, 12.0, V), (13.0, 15.0, None)), told(15, (3.0, 11.0, VL))
    table = confusion(truth, found)
    assert table.us(State.VALID, State.VALID) == 8 * S
    assert table.us(State.VALID, State.WRONG) == 2 * S
    assert table.us(State.WRONG, State.WRONG) == 2_900_000
    assert table.total_us == times_of(truth, found).scored_us


@pytest.mark.parametrize(
    ("sides", "wanted"),
    [
        ([RIGHT, RIGHT, LEFT], [(0.0, RIGHT), (0.2, LEFT)]),
        ([BOTH, RIGHT, BOTH, RIGHT], [(0.0, RIGHT)]),
        ([BOTH, BOTH], []),
    ],
)
def test_a_plan_asks_for_the_true_side(sides: list[Side], wanted: list[tuple[float, Side]]) -> None:
    times = [number / 10 for number in range(len(sides))]
    assert [(asked.t_s, asked.side) for asked in asking(times, sides)] == wanted


def test_matching_prefers_the_longest_overlap() -> None:
    def hold(start: int, end: int, side: Side = RIGHT) -> Hold:
        return Hold(side, start, end, end - start, 10)

    truth = [hold(0, 10), hold(12, 30)]
    found = [hold(8, 20), hold(21, 29), hold(0, 10, LEFT)]
    # 8-20 overlaps 2 of the first and 8 of the second, 21-29 overlaps 8 of the second, too.
    # Of equals the earlier is taken: 8-20 belongs to the second, and the first has none.
    assert match(truth, found) == {1: 0}
    assert match([hold(0, 10)], [hold(10, 20)]) == {}


VERDICTS = st.sampled_from(
    [V, VL, VX, W, U, wrong(lean=3.0), wrong(lean=30.0), wrong(ankle_crossed=1)]
)
STORIES = st.lists(
    st.tuples(VERDICTS, st.one_of(st.none(), VERDICTS), st.integers(1, 700_000)),
    min_size=1,
    max_size=60,
)


def accounts(story: Sequence[tuple[Verdict, Verdict | None, int]]) -> tuple[Account, Account]:
    """Return found and true account of a story: verdicts and the time to the next picture."""
    t_us, times = 0, []
    for _, _, gap_us in story:
        times.append(t_us / S)
        t_us += gap_us
    found = account(times, [said for said, _, _ in story], EXERCISE)
    return found, account(times, [true for _, true, _ in story], EXERCISE)


@given(STORIES)
def test_every_microsecond_falls_into_one_part(
    story: list[tuple[Verdict, Verdict | None, int]],
) -> None:
    found, truth = accounts(story)
    score, ledger = times_of(truth, found), found.steps[-1].ledger
    assert score.scored_us + score.left_out_us == ledger.elapsed_us
    assert score.true_valid_us == truth.steps[-1].ledger.valid_us
    assert score.missed_us == score.called_wrong_us + score.called_unseen_us
    assert score.any_leg_us == score.right_us + score.other_side_us + score.untold_us
    assert score.any_leg_us + score.missed_us == score.true_valid_us
    if all(truth.known):
        # What posecheck counts is either truly valid or false.
        assert score.counted_us == ledger.valid_us
        assert score.false_us + score.any_leg_us == ledger.valid_us
        assert score.left_out_us == 0


@given(STORIES)
def test_a_perfect_tool_has_no_error(story: list[tuple[Verdict, Verdict | None, int]]) -> None:
    perfect, _ = accounts(story)
    score = times_of(perfect, perfect)
    assert score == TimeScore(
        right_us=score.right_us, untold_us=score.untold_us, rest_us=score.rest_us
    )
    holds = hold_score(perfect, perfect)
    assert all(error == 0 for _, error in holds.errors)
    assert holds.complete_missed == holds.complete_invented == 0
    assert holds.complete_found == sum(hold.complete for hold in perfect.holds)


@given(STORIES, STORIES)
def test_two_clips_score_as_much_as_both(
    first: list[tuple[Verdict, Verdict | None, int]],
    second: list[tuple[Verdict, Verdict | None, int]],
) -> None:
    scores = []
    for story in (first, second):
        found, truth = accounts(story)
        scores.append(Score(1, len(story), times_of(truth, found), hold_score(truth, found)))
    assert total(scores) == scores[0] + scores[1]
    both, turned = total(scores).time, total(scores[::-1]).time
    assert both == turned
    assert both.scored_us == sum(score.time.scored_us for score in scores)
