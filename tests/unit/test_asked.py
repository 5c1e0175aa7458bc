"""The side that a live session asks for: what it changes, and that it is kept."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck import exercises, session
from posecheck.form.judge import Judge
from posecheck.pipeline.recorder import Recorder
from posecheck.session import SessionWriter
from posecheck.types import Asked, Observation, Side, SideKnown, State
from tests.figures import SEATED_UPRIGHT, SEATED_VALID, Figure, former, nobody

if TYPE_CHECKING:
    from pathlib import Path

    from posecheck.exercises import Exercise

SEATED = exercises.load("seated-figure-four")
FORMER = former("seated-figure-four")
"""Its rules speak of a named leg."""
FEET_DOWN = Figure(lean=0.0, hip=(90.0, 90.0), azimuth=65.0)
FIGURES = (SEATED_VALID, SEATED_VALID.mirrored(), SEATED_UPRIGHT, FEET_DOWN, None)


STORIES = st.lists(
    st.tuples(
        st.sampled_from(FIGURES), st.sampled_from([Side.LEFT, Side.RIGHT]), st.integers(1, 8)
    ),
    min_size=1,
    max_size=8,
)


def seen(number: int, figure: Figure | None) -> Observation:
    return nobody(number / 10) if figure is None else figure.at(number / 10)


@pytest.mark.parametrize("exercise", [SEATED, FORMER], ids=["now", "former"])
@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_reasons_speak_of_the_side_that_is_asked_for(exercise: Exercise, side: Side) -> None:
    judge = Judge(exercise, asked=[Asked(0.0, side)])
    *_, step = judge.judge([FEET_DOWN.at(i / 10) for i in range(5)])
    assert step.verdict.side is side
    if exercise is FORMER and side is Side.LEFT:
        return  # the crossed leg is turned to the camera, from where it can't be judged
    assert step.verdict.reason is not None
    assert step.verdict.reason.cue == f"Put your {side} ankle on your {side.other} knee"


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_the_side_that_is_asked_for_settles_it_where_no_rule_names_a_leg(side: Side) -> None:
    pictures = [SEATED_VALID.at(i / 10) for i in range(20)]
    judge = Judge(SEATED, asked=[Asked(0.0, side)])
    for step in judge.judge(pictures):
        verdict = step.verdict
        assert (verdict.state, verdict.side) == (State.VALID, side)
        assert verdict.side_known is SideKnown.GIVEN
    (hold,) = judge.finish().holds
    assert (hold.side, hold.side_known) == (side, SideKnown.GIVEN)


def test_the_other_leg_in_valid_form_stays_valid_for_that_leg_where_rules_name_one() -> None:
    pictures = [SEATED_VALID.at(i / 10) for i in range(20)]
    plain = Judge(FORMER)
    asked = Judge(FORMER, asked=[Asked(0.0, Side.LEFT)])
    for step in [*plain.judge(pictures), *asked.judge(pictures)]:
        assert (step.verdict.state, step.verdict.side) == (State.VALID, Side.RIGHT)
    assert plain.finish().ledger == asked.finish().ledger


@pytest.mark.parametrize("exercise", [SEATED, FORMER], ids=["now", "former"])
def test_asking_for_the_other_side_does_not_end_a_hold_that_runs(exercise: Exercise) -> None:
    pictures = [SEATED_VALID.at(i / 10) for i in range(20)]
    judge = Judge(exercise, asked=[Asked(0.0, Side.RIGHT), Asked(1.0, Side.LEFT)])
    *_, last = judge.judge(pictures)
    assert last.hold is not None
    assert (last.hold.side, last.hold.held_us) == (Side.RIGHT, 1_900_000)


@pytest.mark.parametrize("exercise", [SEATED, FORMER], ids=["now", "former"])
def test_a_side_that_the_exercise_does_not_have_changes_nothing(exercise: Exercise) -> None:
    judge = Judge(exercise, asked=[Asked(0.0, Side.BOTH)])
    (step,) = judge.judge([SEATED_VALID.at(0.0)])
    assert step.verdict.side is Side.RIGHT
    (press_up,) = Judge(exercises.load("prone-press-up"), asked=[Asked(0.0, Side.LEFT)]).judge(
        [SEATED_VALID.at(0.0)]
    )
    assert press_up.verdict.side is Side.BOTH


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(parts=STORIES)
def test_whatever_is_asked_for_the_valid_seconds_are_those_of_a_file_analysis(
    parts: list[tuple[Figure | None, Side, int]],
) -> None:
    story = [(figure, side) for figure, side, count in parts for _ in range(count)]
    seen_all = [seen(number, figure) for number, (figure, _) in enumerate(story)]
    asked = [Asked(n / 10, side) for n, (_, side) in enumerate(story)]
    for exercise in (SEATED, FORMER):
        ours, theirs = Judge(exercise, asked=asked), Judge(exercise)
        said = [step.verdict.state for step in ours.judge(seen_all)]
        plain = [step.verdict.state for step in theirs.judge(seen_all)]
        valid = [state is State.VALID for state in said]
        assert valid == [state is State.VALID for state in plain]
        first, second = ours.finish(), theirs.finish()
        assert first.ledger.valid_us == second.ledger.valid_us
        if exercise is FORMER:  # which finds the side by itself
            assert first.holds == second.holds


def record(path: Path, story: list[tuple[Figure | None, Side]]) -> list[object]:
    """Record a live session, one picture at a time; return its steps."""
    recorder = Recorder(SEATED, None, lambda: SessionWriter(path, {}, SEATED), lambda _: ())
    steps = []
    with closing(recorder):
        for number, (figure, side) in enumerate(story):
            recorder.ask(side)
            steps += recorder.take([seen(number, figure)])
        recorder.finish("complete")
    return steps


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(parts=STORIES)
def test_a_recorded_live_session_comes_to_the_same_steps_again(
    parts: list[tuple[Figure | None, Side, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("live") / "s.jsonl"
    story = [(figure, side) for figure, side, count in parts for _ in range(count)]
    steps = record(path, story)
    read = session.load(path)
    assert read.problems == ()
    assert read.exercise is not None
    judge = Judge(read.exercise, asked=read.asked)
    assert repr(list(judge.judge(read.observations))) == repr(steps)
    assert judge.finish().ledger == read.ledger


def test_a_side_is_written_once_for_each_change_and_before_its_picture(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    left, right = Side.LEFT, Side.RIGHT
    record(path, [(None, left), (None, left), (None, right), (None, right), (None, left)])
    assert session.load(path).asked == tuple(
        Asked(t_s, side, unless_seen=True) for t_s, side in ((0.0, left), (0.2, right), (0.4, left))
    )
    kinds = [orjson.loads(line)["type"] for line in path.read_bytes().splitlines()]
    assert kinds[1:5] == ["asked", "pose", "verdict", "pose"]


def test_a_file_analysis_asks_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    recorder = Recorder(SEATED, None, lambda: SessionWriter(path, {}, SEATED), lambda _: ())
    with closing(recorder):
        recorder.take([SEATED_VALID.at(0.0)])
        recorder.finish("complete")
    assert session.load(path).asked == ()


def test_a_side_cannot_be_asked_for_while_the_exercise_is_looked_for() -> None:
    with pytest.raises(ValueError, match="exercise is known"):
        Recorder(None, None, None, lambda _: ()).ask(Side.LEFT)
