"""Angles and an exercise in, verdicts out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck import exercises
from posecheck.exercises import Timing
from posecheck.form.judge import Fitness, Judge, best_fitting
from posecheck.types import Cause, Observation, Side, State
from tests.figures import (
    SEATED_UPRIGHT,
    SEATED_VALID,
    SUPINE_VALID,
    VALID_FIGURES,
    WRONG_FIGURES,
    Figure,
    nobody,
)
from tests.judged import (
    PEOPLE,
    calm,
    cause,
    judges_its_figures,
    leaning,
    reading,
    scene,
    steps,
    verdict,
)

SEATED = exercises.load("seated-figure-four")
SUPINE = exercises.load("supine-figure-four")
FORMER_BREAKS = SUPINE.model_copy(update={"timing": Timing(grace_s=0.5)})
"""The same with the rule for breaks that exercise files had before."""
FEET_DOWN = Figure(lean=15.0, hip=(75.0, 75.0), azimuth=65.0)
"""Leaning, both feet on the floor."""


@pytest.mark.parametrize("name", exercises.names())
def test_every_exercise_has_a_valid_and_a_wrong_figure(name: str) -> None:
    judges_its_figures(exercises.load(name), name)


@pytest.mark.parametrize("name", exercises.names())
def test_the_mirrored_person_gets_the_mirrored_verdict(name: str) -> None:
    exercise = exercises.load(name)
    for figure in (VALID_FIGURES[name], WRONG_FIGURES[name][0]):
        for side in exercise.candidate_sides:
            here = verdict(figure, exercise, side)
            there = verdict(figure.mirrored(), exercise, side.other)
            assert there.state is here.state
            assert there.side is here.side.other
            assert cause(there) is cause(here)


def test_nobody_is_unseen() -> None:
    step = next(iter(Judge(SEATED).judge([nobody(0.0)])))
    assert step.verdict.state is State.UNSEEN
    assert cause(step.verdict) is Cause.NOBODY


def test_the_excess_says_by_how_many_degrees() -> None:
    lean = reading(verdict(leaning(100.0, SEATED), SEATED), "lean")
    assert lean.value == pytest.approx(100.0, abs=0.01)
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    assert lean.excess == pytest.approx(lean.value - limit.enter)


@pytest.mark.parametrize("true_deg", [60.0, 75.0, 90.0, 105.0])
def test_the_depth_estimates_the_true_trunk_thigh_angle(true_deg: float) -> None:
    """No bias is taken off, so the file's limits are those of true angles."""
    sitting = replace(SEATED_VALID, lean=90.0 - true_deg, hip=(true_deg, true_deg)).drawn()
    seated = reading(verdict(sitting, SEATED), "lean")
    assert seated.value == pytest.approx(true_deg, abs=6.0)
    lying = replace(SUPINE_VALID, hip=(true_deg, true_deg)).drawn()
    supine = reading(verdict(lying, SUPINE), "thigh-drawn-in")
    # Deep, the estimate stays behind: it may miss a hold, but does not flatter.
    assert true_deg - 4.0 < supine.value < true_deg + 22.0
    assert {rule.bias for rule in (*SEATED.rules, *SUPINE.rules)} == {0.0}


@pytest.mark.parametrize("azimuth", [15.0, 0.0, -15.0])
def test_a_seated_figure_four_from_straight_ahead_is_never_valid(azimuth: float) -> None:
    """A foot that slid forward, its knee at 155 degrees, looks from there like one below it."""
    for knee in (90.0, 155.0):
        seen = verdict(replace(SEATED_VALID, azimuth=azimuth, knee=(knee, 90.0)), SEATED)
        assert seen.state is State.UNSEEN
        assert cause(seen) is (Cause.VIEW if knee == 90.0 else Cause.CROSSING)


@pytest.mark.parametrize("azimuth", [90.0, 65.0, 30.0, -30.0, -65.0, -90.0])
def test_a_seated_figure_four_is_judged_from_every_other_view(azimuth: float) -> None:
    assert verdict(replace(SEATED_VALID, azimuth=azimuth), SEATED).state is State.VALID
    upright = verdict(replace(SEATED_UPRIGHT, azimuth=azimuth), SEATED)
    assert (upright.state, cause(upright)) == (State.WRONG, Cause.RULE)


@pytest.mark.parametrize(
    ("azimuth", "wanted"), [(90.0, None), (30.0, None), (-150.0, None), (15.0, Cause.VIEW)]
)
def test_a_supine_figure_four_is_judged_from_all_views_but_from_the_feet(
    azimuth: float, wanted: Cause | None
) -> None:
    seen = verdict(replace(SUPINE_VALID, hip=(72.0, 72.0), azimuth=azimuth), SUPINE)
    assert seen.state is (State.UNSEEN if wanted else State.VALID)
    assert cause(seen) is wanted


BOTH_KNEES = {"left_knee": 0.2, "right_knee": 0.2}
BOTH_ANKLES = {"left_ankle": 0.2, "right_ankle": 0.2}


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (replace(SEATED_VALID, visibility=BOTH_KNEES), Cause.HIDDEN),
        (replace(SEATED_VALID, shift_px=(-330.0, 0.0)), Cause.CUT_OFF),
        (replace(SEATED_VALID, scale=60.0), Cause.TOO_FAR),
    ],
    ids=["hidden knees", "half out of the picture", "too far"],
)
def test_what_cannot_be_seen_is_unseen_even_when_it_is_wrong_too(
    figure: Figure, expected: Cause
) -> None:
    for person in (figure, replace(figure, lean=-20.0, hip=(112.0, 112.0))):
        seen = verdict(person, SEATED, Side.RIGHT)
        assert seen.state is State.UNSEEN
        assert cause(seen) is expected


def test_a_broken_rule_in_full_view_is_wrong_although_another_cannot_be_seen() -> None:
    upright = replace(SEATED_UPRIGHT, visibility=BOTH_ANKLES)
    seen = verdict(upright, SEATED)
    assert reading(seen, "ankle-crossed").state is State.UNSEEN
    assert seen.state is State.WRONG
    assert seen.reason is not None
    assert (seen.reason.rule, seen.reason.cue) == ("lean", "Lean further forward from the hips")
    # Nothing that is seen is broken: what can't be seen decides.
    leaning_well = verdict(replace(SEATED_VALID, visibility=BOTH_ANKLES), SEATED)
    assert (leaning_well.state, cause(leaning_well)) == (State.UNSEEN, Cause.HIDDEN)


@pytest.mark.parametrize("name", exercises.names())
def test_a_guess_makes_no_rule_valid_and_none_wrong(name: str) -> None:
    """House review B9: a landmark below the limit counted where it was right, only there."""
    exercise = exercises.load(name)
    for rule in exercise.rules:
        assert rule.visibility.broken == 0.0
        hidden = dict.fromkeys(rule.measured.landmarks_of(Side.RIGHT), rule.visibility.enter - 0.05)
        for figure in (VALID_FIGURES[name], WRONG_FIGURES[name][0]):
            seen = verdict(replace(figure, visibility=hidden), exercise)
            assert reading(seen, rule.name).state is State.UNSEEN
            if rule.required:
                assert seen.state is not State.VALID


def test_of_a_pair_the_better_seen_landmark_counts() -> None:
    """A crossed ankle is often hidden by the other leg; then the other one is seen."""
    for landmark in ("left_ankle", "right_ankle", "left_knee", "right_knee"):
        figure = replace(SEATED_VALID, visibility={landmark: 0.05})
        assert verdict(figure, SEATED).state is State.VALID


@pytest.mark.parametrize("gone_s", [0.2, 1.2])
def test_the_dead_band_outlasts_an_absence_that_a_hold_survives(gone_s: float) -> None:
    exercise = calm(SEATED)
    limit = exercise.rule("lean").at_most
    assert limit is not None
    good, between = (
        leaning(angle, exercise) for angle in (limit.enter - 5, (limit.enter + limit.leave) / 2)
    )
    seen = [good.at(0.0), good.at(0.2), nobody(0.2 + gone_s / 2), between.at(0.2 + gone_s)]
    assert [s.verdict.state for s in Judge(exercise).judge(seen)][-1] is State.VALID
    longer = [
        good.at(0.0),
        good.at(0.2),
        nobody(1.0),
        *(between.at(2.4 + i / 10) for i in range(5)),
    ]
    *_, last = Judge(exercise).judge(longer)
    assert reading(last.verdict, "lean").state is State.WRONG


def test_the_dead_band_starts_anew_when_its_rule_was_long_unseen() -> None:
    """Somebody is there all the time, but the knees are hidden."""
    exercise = calm(SEATED)
    limit = exercise.rule("lean").at_most
    assert limit is not None
    good, between = (
        leaning(angle, exercise) for angle in (limit.enter - 5, (limit.enter + limit.leave) / 2)
    )
    hidden = replace(good, visibility=BOTH_KNEES)

    def last_state(hidden_pictures: int) -> State:
        figures = [good, good, good, *[hidden] * hidden_pictures, between]
        return reading(steps(figures, exercise)[-1].verdict, "lean").state

    assert last_state(2) is State.VALID
    assert last_state(18) is State.VALID
    assert last_state(25) is State.WRONG


@pytest.mark.parametrize(
    "timing", [{"grace_s": 0.0}, {"grace_s": 1.5}, {"unseen_break_s": 0.0}, {"breaks_s": 0.0}]
)
def test_the_limits_of_breaks_do_not_change_what_is_valid(timing: dict[str, float]) -> None:
    exercise = exercises.validate(calm(SEATED).model_dump(mode="json") | {"timing": timing}, "mine")
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    figures = [leaning(limit.enter - 5, exercise)]
    figures += [leaning((limit.enter + limit.leave) / 2, exercise)] * 20
    assert {step.verdict.state for step in steps(figures, exercise)} == {State.VALID}


def test_a_strangers_seconds_are_not_the_persons() -> None:
    """A holds 3 s; then only B, of the same size and also in valid form, is seen."""
    b = replace(SUPINE_VALID, shift_px=(180.0, 0.0), scale=170.0)
    a = replace(SUPINE_VALID, shift_px=(-180.0, 0.0), scale=170.0)
    judge = Judge(SUPINE)
    seen = [a.at(i / 10) for i in range(31)] + [b.at(i / 10) for i in range(31, 131)]
    list(judge.judge(seen))
    first, second = judge.finish().holds
    assert first.held_s == pytest.approx(3.0)
    assert second.start_s - first.end_s >= 2.0


def fitting(seen: list[Observation], side: Side | None = None) -> str:
    fits = [Fitness(exercise, side) for exercise in exercises.load_all()]
    for fit in fits:
        fit.take(seen[:4])
        fit.take(seen[4:])
    return best_fitting(fits).exercise.name


def test_auto_keeps_to_the_asked_side() -> None:
    seen = [SUPINE_VALID.at(i / 10) for i in range(10)]
    assert fitting(seen, Side.RIGHT) == "supine-figure-four"


def test_an_advisory_rule_advises_and_decides_nothing() -> None:
    # Head far forward of the trunk: advice in the supine exercise.
    figure = replace(SUPINE_VALID, knee=(30.0, 90.0))
    judged = verdict(figure, SUPINE)
    assert judged.state is State.VALID
    assert "supporting-knee" in [reading.rule for reading in judged.advice]


@pytest.mark.parametrize("name", exercises.names())
def test_auto_finds_the_exercise(name: str) -> None:
    seen = [VALID_FIGURES[name].at(i / 10) for i in range(10)]
    assert fitting(seen) == name


@settings(deadline=None, max_examples=60)
@given(
    people=st.lists(st.one_of(st.none(), PEOPLE), min_size=1, max_size=12),
    cut=st.integers(0, 12),
    name=st.sampled_from(exercises.names()),
)
def test_all_at_once_and_one_by_one_are_the_same(
    people: list[Figure | None], cut: int, name: str
) -> None:
    exercise = exercises.load(name)
    seen = scene(people)
    at_once = list(Judge(exercise).judge(seen))
    in_parts = Judge(exercise)
    assert repr([*in_parts.judge(seen[:cut]), *in_parts.judge(seen[cut:])]) == repr(at_once)


@settings(deadline=None, max_examples=80)
@given(
    people=st.lists(st.one_of(st.none(), PEOPLE), min_size=2, max_size=12),
    name=st.sampled_from(exercises.names()),
)
def test_every_moment_has_one_state_and_every_lost_moment_a_reason(
    people: list[Figure | None], name: str
) -> None:
    judge = Judge(exercises.load(name))
    for step in judge.judge(scene(people)):
        assert (step.verdict.reason is None) is (step.verdict.state is State.VALID)
        required = [r for r in step.verdict.readings if r.required]
        if required:
            states = {r.state for r in required}
            order = (State.WRONG, State.UNSEEN, State.VALID)
            assert step.verdict.state is next(state for state in order if state in states)
            first = next(r for r in required if r.state is step.verdict.state)
            assert step.verdict.reason == first.reason
    tally = judge.finish()
    lost = sum(fault.seconds for fault in tally.faults)
    ledger = tally.ledger
    assert lost == pytest.approx(ledger.seconds(State.WRONG) + ledger.seconds(State.UNSEEN))
    assert ledger.elapsed_us == (len(people) - 1) * 100_000


def test_verdicts_do_not_depend_on_mutable_state_of_the_exercise() -> None:
    before: Any = SEATED.model_dump()
    verdict(SEATED_VALID, SEATED)
    assert SEATED.model_dump() == before


def test_a_second_in_which_nobody_was_found_costs_no_hold_within_the_dead_band() -> None:
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    exercise = calm(SEATED)
    good, between = (
        leaning(angle, exercise) for angle in (limit.enter - 5, (limit.enter + limit.leave) / 2)
    )
    seen = [good.at(i / 10) for i in range(10)] + [between.at(i / 10) for i in range(10, 50)]
    seen += [nobody(i / 10) for i in range(50, 60)]
    seen += [between.at(i / 10) for i in range(60, 121)]
    judge = Judge(exercise)
    list(judge.judge(seen))
    tally = judge.finish()
    assert [hold.complete for hold in tally.holds] == [True]
    assert tally.ledger.seconds(State.UNSEEN) == pytest.approx(1.1)


def test_somebody_who_passes_for_a_second_costs_no_hold() -> None:
    """The model is drawn to the passer-by, who stands up straight, and then back."""
    a = replace(SUPINE_VALID, shift_px=(-180.0, 0.0), scale=170.0)
    b = Figure(hip=(180.0, 180.0), knee=(180.0, 180.0), scale=170.0)
    walking = [replace(b, shift_px=(60.0 + 12 * i, 0.0)) for i in range(10)]
    seen = [a.at(i / 10) for i in range(50)]
    seen += [figure.at(5.0 + i / 10) for i, figure in enumerate(walking)]
    seen += [a.at(i / 10) for i in range(60, 121)]
    for exercise, holds in ((SUPINE, [True]), (FORMER_BREAKS, [False, False])):
        judge = Judge(exercise)
        steps = list(judge.judge(seen))
        said = {step.verdict.reason.cause for step in steps if step.verdict.reason}
        assert said == {Cause.ANOTHER_PERSON}
        tally = judge.finish()
        assert [hold.complete for hold in tally.holds] == holds
        assert tally.ledger.seconds(State.UNSEEN) == pytest.approx(1.1)


@pytest.mark.parametrize("gone_s", [0.5, 1.0, 1.5, 1.9])
def test_who_appears_two_metres_away_never_goes_on_with_the_hold_of_somebody_who_left(
    gone_s: float,
) -> None:
    a = replace(SUPINE_VALID, shift_px=(-180.0, 0.0), scale=170.0)
    b = replace(SUPINE_VALID, shift_px=(160.0, 0.0), scale=170.0)  # 340 px = 2 m
    back = 31 + round(gone_s * 10)
    seen = [a.at(i / 10) for i in range(31)] + [nobody(i / 10) for i in range(31, back)]
    seen += [b.at(i / 10) for i in range(back, back + 80)]
    judge = Judge(SUPINE)
    list(judge.judge(seen))
    tally = judge.finish()
    first, _ = tally.holds
    assert first.held_s == pytest.approx(3.0)
    assert tally.jumps == 1
