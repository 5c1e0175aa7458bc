"""Angles and an exercise in, verdicts out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck import exercises
from posecheck.body import Body
from posecheck.exercises.schema import Timing
from posecheck.form import SideForm
from posecheck.judge import Judge, best_fitting
from posecheck.landmarks import INDEX
from posecheck.types import Cause, Observation, Side, State, Step, Verdict
from tests.figures import (
    SEATED_UPRIGHT,
    SEATED_VALID,
    SUPINE_VALID,
    Figure,
    nobody,
)

if TYPE_CHECKING:
    from posecheck.exercises.schema import Exercise

SEATED = exercises.load("seated-figure-four")
SUPINE = exercises.load("supine-figure-four")
FORMER = SEATED.model_copy(update={"timing": Timing(grace_s=0.5)})
"""The same with the rule for breaks that exercise files had before."""
FORMER_SUPINE = SUPINE.model_copy(update={"timing": Timing(grace_s=0.5)})


def verdict(figure: Figure, exercise: Exercise = SEATED, side: Side | None = None) -> Verdict:
    return next(iter(Judge(exercise, side).judge([figure.at(0.0)]))).verdict


def cause(of: Verdict) -> Cause | None:
    return None if of.reason is None else of.reason.cause


@pytest.mark.parametrize("name", exercises.names())
def test_every_exercise_has_a_valid_and_a_wrong_figure(name: str) -> None:
    exercise = exercises.load(name)
    good = verdict(VALID_FIGURES[name], exercise)
    assert (good.state, good.reason) == (State.VALID, None)
    assert good.side is (Side.BOTH if exercise.sides == "both" else Side.RIGHT)
    figure, rule = WRONG_FIGURES[name]
    bad = verdict(figure, exercise)
    assert bad.state is State.WRONG
    assert bad.reason is not None
    assert bad.reason.rule == rule


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


def test_the_excess_says_by_how_many_degrees() -> None:
    lean = next(r for r in verdict(SEATED_UPRIGHT.drawn()).readings if r.rule == "lean")
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    # A stick figure is measured almost without error, so the rule's bias is what comes off.
    corrected = 112.0 - SEATED.rule("lean").bias
    assert lean.value == pytest.approx(corrected, abs=1.0)
    assert lean.excess == pytest.approx(lean.value - limit.enter)


def test_nobody_is_unseen() -> None:
    step = next(iter(Judge(SEATED).judge([nobody(0.0)])))
    assert step.verdict.state is State.UNSEEN
    assert cause(step.verdict) is Cause.NOBODY


def steps(figures: list[Figure], exercise: Exercise = SEATED, rate_hz: float = 10.0) -> list[Step]:
    return list(Judge(exercise).judge([f.at(i / rate_hz) for i, f in enumerate(figures)]))


def leaning(degrees: float) -> Figure:
    """Return a seated figure whose lean reads so many degrees after the bias is taken off."""
    measured = degrees + SEATED.rule("lean").bias
    return replace(SEATED_VALID, lean=90.0 - measured, hip=(measured, measured)).drawn()


def test_the_dead_band_keeps_a_trembling_person_valid() -> None:
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    inside, between, outside = limit.enter - 5, (limit.enter + limit.leave) / 2, limit.leave + 5
    angles = [outside, between, inside, between, inside, between, outside, between, inside]
    states = [step.verdict.state for step in steps([leaning(angle) for angle in angles])]
    valid, wrong = State.VALID, State.WRONG
    assert states == [wrong, wrong, valid, valid, valid, valid, wrong, wrong, valid]


def test_the_dead_band_starts_anew_after_an_absence() -> None:
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    between = leaning((limit.enter + limit.leave) / 2)
    seen = [leaning(limit.enter - 5).at(0.0), nobody(0.1), between.at(0.2)]
    assert [s.verdict.state for s in Judge(SEATED).judge(seen)][-1] is State.VALID
    gone = [leaning(limit.enter - 5).at(0.0), nobody(0.5), between.at(1.2)]
    assert [s.verdict.state for s in Judge(SEATED).judge(gone)][-1] is State.VALID
    assert [s.verdict.state for s in Judge(FORMER).judge(gone)][-1] is State.WRONG
    longer = [leaning(limit.enter - 5).at(0.0), nobody(1.0), between.at(2.2)]
    assert [s.verdict.state for s in Judge(SEATED).judge(longer)][-1] is State.WRONG


def test_the_dead_band_starts_anew_when_its_rule_was_long_unseen() -> None:
    """Somebody is there all the time, but the knee is hidden."""
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    good, between = leaning(limit.enter - 5), leaning((limit.enter + limit.leave) / 2)
    hidden = replace(good, visibility={"left_knee": 0.1})

    def last_state(hidden_pictures: int) -> State:
        figures = [good, *[hidden] * hidden_pictures, between]
        return steps(figures)[-1].verdict.state

    assert last_state(2) is State.VALID
    assert last_state(25) is State.WRONG


@pytest.mark.parametrize(
    "timing", [{"grace_s": 0.0}, {"grace_s": 1.5}, {"unseen_break_s": 0.0}, {"breaks_s": 0.0}]
)
def test_the_limits_of_breaks_do_not_change_what_is_valid(timing: dict[str, float]) -> None:
    exercise = exercises.validate(SEATED.model_dump(mode="json") | {"timing": timing}, "mine")
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    figures = [leaning(limit.enter - 5)] + [leaning((limit.enter + limit.leave) / 2)] * 20
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


def test_auto_keeps_to_the_asked_side() -> None:
    seen = [SUPINE_VALID.at(i / 10) for i in range(10)]
    right = best_fitting(exercises.load_all(), seen, Side.RIGHT)
    assert right.name == "supine-figure-four"


def test_an_advisory_rule_advises_and_decides_nothing() -> None:
    # Head far forward of the trunk: advice in the supine exercise.
    figure = replace(SUPINE_VALID, knee=(30.0, 90.0))
    judged = verdict(figure, SUPINE)
    assert judged.state is State.VALID
    assert "supporting-knee" in [reading.rule for reading in judged.advice]


@pytest.mark.parametrize("name", exercises.names())
def test_auto_finds_the_exercise(name: str) -> None:
    seen = [VALID_FIGURES[name].at(i / 10) for i in range(10)]
    assert best_fitting(exercises.load_all(), seen).name == name


PEOPLE = st.builds(
    Figure,
    lean=st.floats(-100, 60),
    hip=st.tuples(st.floats(50, 180), st.floats(50, 180)),
    knee=st.tuples(st.floats(40, 178), st.floats(40, 178)),
    crossed=st.sampled_from([None, "left", "right"]),
    azimuth=st.floats(-180, 180),
    scale=st.floats(60, 260),
    shift_px=st.tuples(st.floats(-300, 300), st.floats(-200, 200)),
    visibility=st.dictionaries(
        st.sampled_from(["left_knee", "right_ankle", "left_hip"]), st.floats(0, 1), max_size=2
    ),
)


def scene(people: list[Figure | None]) -> list[Observation]:
    return [
        nobody(i / 10) if person is None else person.at(i / 10) for i, person in enumerate(people)
    ]


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
@given(people=st.lists(st.one_of(st.none(), PEOPLE), min_size=2, max_size=12))
def test_every_moment_has_one_state_and_every_lost_moment_a_reason(
    people: list[Figure | None],
) -> None:
    judge = Judge(SUPINE)
    for step in judge.judge(scene(people)):
        assert (step.verdict.reason is None) is (step.verdict.state is State.VALID)
        required = [r for r in step.verdict.readings if r.required]
        if any(reading.state is State.UNSEEN for reading in required):
            assert step.verdict.state is State.UNSEEN
    tally = judge.finish()
    lost = sum(fault.seconds for fault in tally.faults)
    ledger = tally.ledger
    assert lost == pytest.approx(ledger.seconds(State.WRONG) + ledger.seconds(State.UNSEEN))
    assert ledger.elapsed_us == (len(people) - 1) * 100_000


def test_verdicts_do_not_depend_on_mutable_state_of_the_exercise() -> None:
    before: Any = SEATED.model_dump()
    verdict(SEATED_VALID)
    assert SEATED.model_dump() == before


def test_a_second_in_which_nobody_was_found_costs_no_hold_within_the_dead_band() -> None:
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    good, between = leaning(limit.enter - 5), leaning((limit.enter + limit.leave) / 2)
    seen = [good.at(i / 10) for i in range(10)] + [between.at(i / 10) for i in range(10, 50)]
    seen += [nobody(i / 10) for i in range(50, 60)]
    seen += [between.at(i / 10) for i in range(60, 121)]
    judge = Judge(SEATED)
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
    for exercise, holds in ((SUPINE, [True]), (FORMER_SUPINE, [False, False])):
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
