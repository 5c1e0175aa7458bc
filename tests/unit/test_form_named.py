"""Rules that name a leg: exercises as they were shipped before, and one's own that still do.

Sessions recorded with them are judged by them. A rule measures the stretched or the supporting
leg by name, says from which view it can be judged, and a required rule that can't be seen comes
before one that is broken.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck import exercises
from posecheck.form.judge import Judge
from posecheck.form.rule_check import SideForm
from posecheck.landmarks import INDEX
from posecheck.measure.body import PoseArrays
from posecheck.types import Cause, Observation, Side, SideKnown, State
from tests.figures import (
    SEATED_UPRIGHT,
    SEATED_VALID,
    SUPINE_VALID,
    VALID_FIGURES,
    WRONG_FIGURES,
    Figure,
    former,
    nobody,
)
from tests.judged import PEOPLE, cause, judges_its_figures, leaning, reading, scene, steps, verdict

SEATED = former("seated-figure-four")
SUPINE = former("supine-figure-four")


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (replace(SEATED_VALID, visibility={"left_knee": 0.2}), Cause.HIDDEN),
        (replace(SEATED_VALID, shift_px=(-330.0, 0.0)), Cause.CUT_OFF),
        (replace(SEATED_VALID, azimuth=0.0), Cause.VIEW),
        (replace(SEATED_VALID, azimuth=90.0), Cause.VIEW),
        (replace(SEATED_VALID, azimuth=-65.0), Cause.VIEW),
        (replace(SEATED_VALID, scale=60.0), Cause.TOO_FAR),
    ],
    ids=["hidden knee", "half out of the picture", "from the front", "exactly from the side",
         "from the wrong side", "too far"],
)  # fmt: skip
def test_what_cannot_be_seen_is_unseen_even_when_it_is_wrong_too(
    figure: Figure, expected: Cause
) -> None:
    for person in (figure, replace(figure, lean=-20.0, hip=(112.0, 112.0))):
        seen = verdict(person, SEATED, Side.RIGHT)
        assert seen.state is State.UNSEEN
        assert cause(seen) is expected


@pytest.mark.parametrize(
    ("visibility", "state"), [(0.9, State.WRONG), (0.52, State.WRONG), (0.45, State.UNSEEN)]
)
def test_a_guessed_ankle_is_unseen_rather_than_wrong(visibility: float, state: State) -> None:
    assert SEATED.rule("ankle-crossed").visibility.broken == 0.5
    down = replace(SEATED_VALID, crossed=None, visibility={"right_ankle": visibility})
    seen = verdict(down, SEATED, Side.RIGHT)
    assert seen.state is state
    assert cause(seen) is (Cause.RULE if state is State.WRONG else Cause.HIDDEN)
    crossed = replace(SEATED_VALID, visibility={"right_ankle": visibility})
    assert verdict(crossed, SEATED, Side.RIGHT).state is State.VALID


def test_a_swap_of_the_legs_in_one_picture_does_not_end_a_hold() -> None:
    figures = [SUPINE_VALID] * 60 + [SUPINE_VALID.mirrored()] + [SUPINE_VALID] * 60
    judge = Judge(SUPINE)
    list(judge.judge([f.at(i / 30) for i, f in enumerate(figures)]))
    (hold,) = judge.finish().holds
    assert hold.side is Side.RIGHT
    assert hold.held_s == pytest.approx(4.0 - 2 / 30, abs=1e-3)


def test_the_asked_side_is_judged_even_if_the_other_is_valid() -> None:
    assert verdict(SUPINE_VALID, SUPINE).side is Side.RIGHT
    judged = verdict(SUPINE_VALID, SUPINE, Side.LEFT)
    assert judged.side is Side.LEFT
    assert judged.state is State.WRONG


def test_the_side_follows_the_person() -> None:
    figures = [SUPINE_VALID] * 20 + [SUPINE_VALID.mirrored()] * 20
    judge = Judge(SUPINE)
    # The person turns round; the model may see that within one picture.
    list(judge.judge([f.at(i / 10) for i, f in enumerate(figures)]))
    tally = judge.finish()
    assert [hold.side for hold in tally.holds] == [Side.RIGHT, Side.LEFT]


def test_the_excess_says_by_how_many_degrees() -> None:
    lean = reading(verdict(SEATED_UPRIGHT.drawn(), SEATED), "lean")
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    # A stick figure is measured almost without error, so the rule's bias is what comes off.
    corrected = 112.0 - SEATED.rule("lean").bias
    assert lean.value == pytest.approx(corrected, abs=1.0)
    assert lean.excess == pytest.approx(lean.value - limit.enter)


def test_the_dead_band_keeps_a_trembling_person_valid() -> None:
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    inside, between, outside = limit.enter - 5, (limit.enter + limit.leave) / 2, limit.leave + 5
    angles = [outside, between, inside, between, inside, between, outside, between, inside]
    states = [
        step.verdict.state for step in steps([leaning(angle, SEATED) for angle in angles], SEATED)
    ]
    valid, wrong = State.VALID, State.WRONG
    assert states == [wrong, wrong, valid, valid, valid, valid, wrong, wrong, valid]


@pytest.mark.parametrize("name", exercises.names())
def test_the_mirrored_person_gets_the_mirrored_verdict(name: str) -> None:
    exercise = former(name)
    for figure in (VALID_FIGURES[name], WRONG_FIGURES[name][0]):
        for side in exercise.candidate_sides:
            here = verdict(figure, exercise, side)
            there = verdict(figure.mirrored(), exercise, side.other)
            assert there.state is here.state
            assert there.side is here.side.other
            assert cause(there) is cause(here)


@pytest.mark.parametrize("name", exercises.names())
def test_every_exercise_has_a_valid_and_a_wrong_figure(name: str) -> None:
    judges_its_figures(former(name), name)


def test_the_dead_band_starts_anew_after_an_absence() -> None:
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    good, between = (
        leaning(limit.enter - 5, SEATED),
        leaning((limit.enter + limit.leave) / 2, SEATED),
    )
    for gone_s, state in ((0.2, State.VALID), (1.2, State.WRONG)):
        seen = [good.at(0.0), nobody(gone_s / 2), between.at(gone_s)]
        assert [s.verdict.state for s in Judge(SEATED).judge(seen)][-1] is state


def test_the_dead_band_starts_anew_when_its_rule_was_long_unseen() -> None:
    """Somebody is there all the time, but the knee is hidden."""
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    good, between = (
        leaning(limit.enter - 5, SEATED),
        leaning((limit.enter + limit.leave) / 2, SEATED),
    )
    hidden = replace(good, visibility={"left_knee": 0.1})

    def last_state(hidden_pictures: int) -> State:
        figures = [good, *[hidden] * hidden_pictures, between]
        return steps(figures, SEATED)[-1].verdict.state

    assert last_state(2) is State.VALID
    assert last_state(10) is State.WRONG


def test_what_cannot_be_measured_is_not_near_to_valid() -> None:
    form = SideForm(former("prone-press-up"), Side.BOTH)
    lying = VALID_FIGURES["prone-press-up"]
    pose = lying.pose()
    pose.world_m[INDEX["left_knee"]] = np.nan
    form.measure(PoseArrays.of([Observation(0.0, (640, 480), pose)]))
    assert form.deviation(0) >= 180.0


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


@pytest.mark.parametrize("name", exercises.names())
def test_these_exercises_name_a_leg_and_are_judged_as_before(name: str) -> None:
    exercise = former(name)
    assert exercise.names_a_leg
    assert exercise.judging == 1
    assert {rule.crossing for rule in exercise.rules} == {None}
    assert verdict(VALID_FIGURES[name], exercise).side_known is SideKnown.SEEN
    given = verdict(VALID_FIGURES[name], exercise, exercise.candidate_sides[-1])
    assert given.side_known is SideKnown.SEEN, "these sessions do not say it"
