"""The dose of a live session: the exercise's, or what was asked for, never silently."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from posecheck import exercises
from posecheck.errors import PoseCheckError
from posecheck.ledger import Hold
from posecheck.live.coach.plan import Agenda, HoldTurn, SpentHolds, make_plan
from posecheck.live.coach.program import Program
from posecheck.live.exercise_run import ExerciseRun, LiveOptions
from posecheck.pose import models
from posecheck.session import load
from posecheck.sources import SourceInfo
from posecheck.types import Side

if TYPE_CHECKING:
    from pathlib import Path

SEATED = exercises.load("seated-figure-four")
PRONE = exercises.load("prone-press-up")
LEFT, RIGHT = Side.LEFT, Side.RIGHT


def test_without_wishes_it_is_the_dose_of_the_exercise() -> None:
    plan = make_plan(SEATED)
    assert (plan.hold_s, plan.repetitions, plan.sides) == (10.0, 3, (LEFT, RIGHT))
    assert plan.exercise is SEATED
    assert plan.departures == ()


@pytest.mark.parametrize(("side", "sides"), [("left", ["left"]), ("both", ["left", "right"])])
def test_the_sides_that_were_asked_for_stand_in_the_session(
    side: str, sides: list[str], tmp_path: Path
) -> None:
    """Beside "auto", which says that the judge ruled no side out."""
    plan = make_plan(SEATED, side, repetitions=2)
    wish = LiveOptions(Program((plan,)), "0", models.find("full"), tmp_path)
    camera = SimpleNamespace(info=SourceInfo("camera", "camera 0", (640, 480), 0, 0.0))
    session = SimpleNamespace(wish=wish, program=wish.program, camera=camera)
    made = ExerciseRun(session, plan, ())  # type: ignore[arg-type]
    with made._open_writer("live")():
        pass
    assert made.path is not None
    header = load(made.path).header
    assert header["side"] == "auto"
    assert header["plan"] == {"sides": sides, "repetitions": 2, "hold_s": 10.0}


@pytest.mark.parametrize("repetitions", [1, 2, 3])
def test_fewer_repetitions_lie_within_up_to_three(repetitions: int) -> None:
    plan = make_plan(SEATED, repetitions=repetitions)
    assert plan.departures == ()
    assert plan.exercise.dose.source == SEATED.dose.source


@pytest.mark.parametrize(
    ("repetitions", "hold_s", "said"),
    [(None, 30, "holds of 30 s"), (5, None, "5 repetitions"), (5, 5, "holds of 5 s and 5")],
)
def test_another_dose_is_said_plainly_and_stands_in_the_exercise(
    repetitions: int | None, hold_s: float | None, said: str
) -> None:
    plan = make_plan(SEATED, repetitions=repetitions, hold_s=hold_s)
    (departure,) = plan.departures
    assert said in departure
    assert "10 s, up to 3 times" in departure
    dose = plan.exercise.dose
    assert (dose.hold_s, dose.repetitions) == (plan.hold_s, plan.repetitions)
    assert "asked for by the user" in dose.source
    assert "10 s" in dose.source
    again = exercises.validate(plan.exercise.model_dump(mode="json"), "stored")
    assert again == plan.exercise


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"hold_s": 0.0}, "--hold 0: choose between 3 and 60 s"),
        ({"hold_s": 61.0}, "--hold 61: choose between 3 and 60 s"),
        ({"hold_s": math.nan}, "--hold nan: choose"),
        ({"hold_s": math.inf}, "--hold inf: choose"),
        ({"repetitions": 0}, "--repetitions 0: choose between 1 and 15"),
        ({"repetitions": 16}, "--repetitions 16: choose between 1 and 15"),
        ({"side": "auto"}, "unknown side 'auto': choose one of both, left, right"),
    ],
)
def test_what_cannot_be_had_is_refused_in_one_line(wish: dict[str, object], said: str) -> None:
    with pytest.raises(PoseCheckError) as refused:
        make_plan(SEATED, **wish)  # type: ignore[arg-type]
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_an_exercise_without_sides_says_that_a_side_changes_nothing() -> None:
    assert make_plan(PRONE).sides == (Side.BOTH,)
    plan = make_plan(PRONE, "left")
    assert plan.sides == (Side.BOTH,)
    assert plan.departures == ("Prone press-up has no side; --side left changes nothing.",)


def turns(agenda: Agenda) -> list[HoldTurn]:
    found = []
    while not agenda.over:
        found.append(agenda.turn)
        agenda.pass_on(completed=True)
    return found


def test_one_side_comes_after_the_other() -> None:
    found = turns(Agenda(make_plan(SEATED, repetitions=2)))
    assert found == [HoldTurn(LEFT, 1), HoldTurn(LEFT, 2), HoldTurn(RIGHT, 1), HoldTurn(RIGHT, 2)]


def test_taking_the_other_side_keeps_what_is_left_of_each() -> None:
    agenda = Agenda(make_plan(SEATED, repetitions=2))
    assert agenda.may_begin_with(RIGHT)
    agenda.pass_on(completed=True)
    assert not agenda.may_begin_with(RIGHT)
    agenda.take_side(RIGHT)
    assert turns(agenda) == [HoldTurn(RIGHT, 1), HoldTurn(RIGHT, 2), HoldTurn(LEFT, 2)]
    assert (agenda.completed, agenda.planned) == (4, 4)
    assert agenda.turn == HoldTurn(LEFT, 2), "the last one stays, for the screen"


def test_taking_a_side_that_was_not_planned_moves_what_is_left_there() -> None:
    agenda = Agenda(make_plan(SEATED, "left", 2))
    agenda.take_side(RIGHT)
    assert turns(agenda) == [HoldTurn(RIGHT, 1), HoldTurn(RIGHT, 2)]


def hold(start_s: float, end_s: float, side: Side = LEFT) -> Hold:
    start_us, end_us = round(start_s * 1e6), round(end_s * 1e6)
    return Hold(side, start_us, end_us, end_us - start_us, 3_000_000)


def test_a_spent_hold_grows_and_stays_spent() -> None:
    stays = SpentHolds()
    assert stays.fresh(hold(1, 4), LEFT) == hold(1, 4)
    stays.spend(hold(1, 4))
    assert stays.fresh(hold(1, 6), LEFT) is None
    assert stays.spent == hold(1, 6)
    # Let go too shortly: it belongs to the same stay, from whose end the release counts.
    assert stays.fresh(hold(6.7, 7), LEFT) is None
    assert stays.fresh(hold(7.9, 9), LEFT) is None
    assert stays.fresh(hold(10, 12), LEFT) == hold(10, 12)


def test_a_hold_counts_only_for_its_own_side() -> None:
    stays = SpentHolds()
    stays.spend(hold(1, 4, RIGHT))
    assert stays.fresh(hold(4.6, 5, LEFT), LEFT) == hold(4.6, 5, LEFT)
    assert stays.fresh(hold(4.6, 5, LEFT), RIGHT) is None
    assert stays.fresh(None, LEFT) is None
