"""The parts of the coach alone: words, guidance, what settles, programs, results and questions."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck import exercises
from posecheck.errors import PoseCheckError
from posecheck.form import hold
from posecheck.ledger import Interval, Ledger, NotJudged, Step
from posecheck.live.coach import words
from posecheck.live.coach.framing import Advice, FramingCoach
from posecheck.live.coach.guidance import MISSING_S, Guidance, Level, Situation
from posecheck.live.coach.plan import Agenda, make_plan
from posecheck.live.coach.program import BETWEEN_S as BETWEEN_EXERCISES_S
from posecheck.live.coach.program import load_program, make_program
from posecheck.live.coach.prompt import Action, Phase
from posecheck.live.coach.routine import Routine
from posecheck.live.coach.view import (
    ANSWER_S,
    BETWEEN_S,
    READ_S,
    SETTLE_S,
    USUAL_S,
    Achievement,
    Interview,
    SettledView,
    face_of,
)
from posecheck.types import (
    Cause,
    EarlyEnd,
    Reading,
    Reason,
    Side,
    State,
    Statement,
    Topic,
    Verdict,
)
from tests.story import NO_PICTURE, Story, short_plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from posecheck.exercises import Exercise

SUPINE = exercises.load("supine-figure-four")
LEFT, RIGHT = Side.LEFT, Side.RIGHT
LABORATORY = re.compile(r"degree|\bdeg\b|°|[<>]|ratio|\d\.\d\d|visibility|landmark|trunk-thigh")


def texts_of(exercise: Exercise) -> Iterator[str]:
    """Every text of an exercise that a live session can show or say."""
    yield from (exercise.title, exercise.summary, exercise.position, exercise.camera.text)
    yield from exercise.steps
    yield from (caution.text for caution in exercise.cautions)
    for rule in exercise.rules:
        yield rule.title
        for limit in (rule.at_most, rule.at_least):
            if limit is not None:
                yield limit.cue
                yield limit.cue_named or ""


@pytest.mark.parametrize("name", exercises.names())
def test_a_patient_reads_no_laboratory(name: str) -> None:
    assert [text for text in texts_of(exercises.load(name)) if LABORATORY.search(text)] == []


def test_the_coach_s_own_words_are_plain_and_can_be_spoken() -> None:
    texts = [text for name, text in vars(words).items() if name.isupper() and isinstance(text, str)]
    texts += [words.other_way(posture) for posture in words.StretchPlace]
    texts += [words.side_to_camera(posture) for posture in words.StretchPlace]
    texts += [words.which(LEFT, 1, 3), words.stopped(8.44, "Lie down"), words.done(1, 6, 5)]
    assert len(texts) > 30
    assert [text for text in texts if LABORATORY.search(text) or not text.strip()] == []
    assert words.stopped(8.46, "Lie down") == "Stopped after 8.4 s: lie down", "never rounded up"


def verdict_of(states: dict[str, State]) -> Verdict:
    """Return the verdict of rules that read so; all others are met."""
    readings = []
    for rule in SUPINE.rules:
        state = states.get(rule.name, State.VALID)
        cue = f"Do {rule.name}"
        reason = None if state is State.VALID else Reason(Cause.RULE, cue, rule.name)
        readings.append(Reading(rule.name, None, 0.0, state, 0.0, rule.required, reason))
    unmet = [r for r in readings if r.required and r.state is not State.VALID]
    worst = next((r for r in unmet if r.state is State.WRONG), unmet[0] if unmet else None)
    if worst is None:
        return Verdict(State.VALID, LEFT, None, tuple(readings))
    return Verdict(worst.state, LEFT, worst.reason, tuple(readings))


def situation(t_s: float, verdict: Verdict, **more: object) -> Situation:
    facts = {"phase": Phase.GET_INTO_POSITION, "side": LEFT, "coach": FramingCoach(SUPINE),
             "counts": False} | more  # fmt: skip
    return Situation(t_s=t_s, verdict=verdict, **facts)  # type: ignore[arg-type]


CROSSING = {"ankle-crossed": State.WRONG, "ankle-on-knee": State.WRONG}


def test_both_knees_hugged_are_told_which_step_is_missing_after_a_moment() -> None:
    guidance, hugged = Guidance(SUPINE), verdict_of(CROSSING)
    assert guidance.find(situation(0.0, hugged), 0).text == "Do ankle-crossed"
    found = guidance.find(situation(MISSING_S + 0.1, hugged), 0)
    assert found.text == "One step is missing: do ankle-crossed"


def test_a_missing_step_that_can_not_be_seen_is_named_with_the_leg() -> None:
    guidance = Guidance(SUPINE)
    unseen = verdict_of(dict.fromkeys(CROSSING, State.UNSEEN))
    guidance.find(situation(0.0, unseen), 0)
    found = guidance.find(situation(MISSING_S + 0.1, unseen), 0)
    assert found.text == "One step is missing: put your left ankle on your right knee"


def test_the_foot_on_the_mat_is_the_last_step_and_no_step_is_skipped() -> None:
    guidance = Guidance(SUPINE)
    flat = verdict_of({"foot-off-mat": State.WRONG, "thigh-drawn-in": State.WRONG})
    guidance.find(situation(0.0, flat), 0)
    assert guidance.find(situation(9.0, flat), 0).text == "Do thigh-drawn-in"


def test_camera_comes_before_person_before_view_before_form() -> None:
    coach = FramingCoach(SUPINE, advice=Advice("Turn round", blocks=True, direction=True))
    wrong = verdict_of({"lying": State.WRONG})
    unseen = replace(wrong, state=State.UNSEEN)
    nobody = Verdict(State.UNSEEN, LEFT, hold.NOBODY)
    moves = Verdict(State.UNSEEN, LEFT, hold.CAMERA_MOVED, wrong.readings)
    guidance = Guidance(SUPINE)
    found = [
        guidance.find(situation(0.0, nobody, coach=coach, camera=NO_PICTURE), 0),
        guidance.find(situation(0.0, moves, coach=coach), 0),
        guidance.find(situation(0.0, nobody, coach=coach), 0),
        guidance.find(situation(0.0, unseen, coach=coach), 0),
        guidance.find(situation(0.0, wrong, coach=coach), 0),
        guidance.find(situation(0.0, wrong), 0),
    ]
    assert [one.level for one in found] == [
        Level.CAMERA, Level.CAMERA, Level.PERSON, Level.VIEW, Level.VIEW, Level.FORM,
    ]  # fmt: skip
    assert found[0].text == NO_PICTURE
    assert found[4].text == "Turn round", "a posture misread from a poor direction is its fault"


def test_a_part_hidden_in_mid_hold_does_not_make_anybody_turn() -> None:
    hidden = Verdict(State.UNSEEN, LEFT, hold.hidden("lying", "left_knee"))
    found = Guidance(SUPINE).find(situation(0.0, hidden, phase=Phase.HOLD), 0)
    assert (found.text, found.spoken) == ("Stay as you are. Your left knee can't be seen", False)


FRAMES = st.lists(st.tuples(st.sampled_from("VWHN"), st.integers(1, 25)), max_size=25)


@settings(max_examples=40, deadline=None)
@given(frames=FRAMES)
def test_what_is_shown_settles_and_what_lasts_is_shown(frames: list[tuple[str, int]]) -> None:
    base = Story(short_plan()).play("W", 0.1).last
    verdicts = {"V": State.VALID, "W": State.WRONG, "H": State.UNSEEN, "N": None}
    looks = {kind: replace(base, headline=kind, verdict=said) for kind, said in verdicts.items()}
    settled, t_s, shown, changed_s = SettledView(), 0.0, None, -9.0
    before, since_s = "", 0.0
    for kind, count in frames:
        since_s, before = (since_s if kind == before else t_s), kind
        for _ in range(count):
            state = settled.look(t_s, replace(looks[kind], seconds=t_s))
            assert state.seconds == t_s, "numbers are those of the moment"
            if shown is not None and face_of(state) != face_of(shown):
                assert t_s - changed_s >= BETWEEN_S - 1e-9
                assert t_s - since_s >= SETTLE_S - 1e-9
                changed_s = t_s
            elif shown is None:
                changed_s = t_s
            shown, t_s = state, round(t_s + 0.1, 3)
        if count * 0.1 > BETWEEN_S + SETTLE_S:
            assert shown is not None
            assert shown.headline == kind


def test_a_key_is_answered_at_once() -> None:
    story = Story(short_plan()).play("W", 0.2).press(Action.SKIP)
    assert story.moments[-1].screen.phase is Phase.GET_INTO_POSITION


PROGRAM = """
rest_s = 20
[[exercises]]
exercise = "seated-figure-four"
sides = ["right", "left"]
repetitions = 2
rest_s = 4
[[exercises]]
exercise = "prone-press-up"
hold_s = 5
change_s = 12
"""


def test_a_program_file_says_exercises_sides_repetitions_and_rests(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PROGRAM)
    program = load_program(path)
    seated, prone = program.plans
    assert program.rest_s == 20
    assert (seated.sides, seated.repetitions, seated.hold_s) == ((RIGHT, LEFT), 2, 10)
    assert (seated.rest_s, seated.change_s) == (
        4,
        exercises.load("seated-figure-four").pace.change_s,
    )
    assert (prone.sides, prone.hold_s, prone.change_s) == ((Side.BOTH,), 5, 12)
    assert program.departures == (f"Prone press-up: {prone.departures[0]}",)


def test_a_program_names_own_exercises_from_its_own_folder(tmp_path: Path) -> None:
    own = exercises.resources.files(exercises) / "pigeon.toml"
    (tmp_path / "mine-too.toml").write_text(own.read_text("utf-8"))
    path = tmp_path / "program.toml"
    path.write_text('[[exercises]]\nexercise = "mine-too.toml"')
    (plan,) = load_program(path).plans
    assert plan.exercise.name == "pigeon"
    assert load_program(path).rest_s == BETWEEN_EXERCISES_S


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1 problem in this program:\n  exercises: is missing"),
        ("exercises = []", "exercises: List should have at least 1 item"),
        ('[[exercises]]\nexercise = "x"\npace = 1', "exercises[1].pace: Extra inputs"),
        ('[[exercises]]\nexercise = "x"', "exercises[1]: unknown exercise 'x'"),
        ('[[exercises]]\nexercise = "pigeon"\nsides = ["up"]', "exercises[1].sides[1]: Input"),
        ('[[exercises]]\nexercise = "pigeon"\nhold_s = 99', "exercises[1]: hold_s 99: choose"),
        ('[[exercises]]\nexercise = "pigeon"\nrest_s = nan', "exercises[1].rest_s: Input"),
        ("exercises = ", "not a TOML file"),
    ],
)
def test_a_faulty_program_says_what_and_where(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "program.toml"
    path.write_text(text)
    with pytest.raises(PoseCheckError) as refused:
        load_program(path)
    assert said in str(refused.value)
    assert "program.toml" in str(refused.value)


def test_a_program_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PoseCheckError, match="cannot be read") as refused:
        load_program(tmp_path / "none.toml")
    assert "\n" not in str(refused.value)


def test_exercises_named_one_after_the_other_share_the_options() -> None:
    program = make_program(["seated-figure-four", "pigeon"], "left", 2)
    assert [plan.repetitions for plan in program.plans] == [2, 2]
    assert [plan.sides for plan in program.plans] == [(LEFT,), (LEFT,)]
    with pytest.raises(PoseCheckError, match="at most 20"):
        make_program(["pigeon"] * 21)


def test_a_second_exercise_is_announced_and_the_session_closes_after_the_last() -> None:
    plan = short_plan("left", 1)
    first = Story(plan)
    first.routine = Routine(plan, parts=2)
    first.play("V", 7)
    assert first.phase is Phase.DONE
    assert first.routine.over, "the next one follows at once"
    assert not first.routine.ends_session
    assert "This exercise is done" in first.words(), "nobody is told to get up yet"
    assert not any("getting up" in said for said in first.words())
    second = Story(plan)
    second.routine = Routine(plan, before=(first.routine.achieved,), parts=2, rest_s=6.0)
    second.play("W", 5)
    assert second.words()[0].startswith("Next: ")
    assert (second.phase, second.last.part, second.last.parts) == (Phase.SET_UP, 2, 2)
    assert second.last.countdown_s == pytest.approx(1.0, abs=0.11)
    second.play("W", 4).play("V", 7)
    assert second.routine.ends_session
    assert not second.routine.over
    assert len(second.last.achieved) == 2
    assert any("getting up" in said for said in second.words())


def test_what_was_achieved_is_summed_for_each_side() -> None:
    plan, sums = short_plan("both", 1), Achievement()
    agenda = Agenda(plan)
    lean = Reason(Cause.RULE, "Lean further", "lean")
    for state, side, reason in (
        (State.VALID, LEFT, None), (State.WRONG, LEFT, lean), (State.VALID, RIGHT, None),
    ):  # fmt: skip
        interval = Interval(state, 2_000_000, reason)
        verdict = Verdict(state, side, reason)
        sums.take(Step(0.0, verdict, interval, None, None, Ledger()), Phase.HOLD, tried=True)
    sums.take_timer(NotJudged(RIGHT, 0, 3_000_000, 3_000_000))
    agenda.pass_on(completed=True)
    agenda.pass_on(completed=False, timed=True)
    achieved = sums.achieved(plan, agenda, ended_early=False)
    assert [(one.side, one.complete, one.planned, one.timed) for one in achieved.sides] == [
        (LEFT, 1, 1, 0), (RIGHT, 0, 1, 1),
    ]  # fmt: skip
    assert [(one.valid_s, one.not_judged_s) for one in achieved.sides] == [(2.0, 0.0), (2.0, 3.0)]
    assert (achieved.cost_s, achieved.change) == (2.0, "Lean further")


def test_the_usual_seconds_of_getting_into_position_cost_nothing() -> None:
    plan = short_plan("both", 1)
    agenda, sums = Agenda(plan), Achievement()
    reason = Reason(Cause.RULE, "Lean further", "lean")
    step = Step(
        0.0, Verdict(State.WRONG, LEFT, reason), Interval(State.WRONG, 1_000_000, reason), None,
        None, Ledger(),
    )  # fmt: skip
    for _ in range(2):
        for _ in range(int(USUAL_S)):
            sums.take(step, Phase.GET_INTO_POSITION, tried=True)
        sums.take(step, Phase.REST, tried=False)
    assert sums.achieved(plan, agenda, ended_early=False).change == ""
    for _ in range(8):
        sums.take(step, Phase.GET_INTO_POSITION, tried=True)
    achieved = sums.achieved(plan, agenda, ended_early=False)
    assert (achieved.cost_s, achieved.change) == (8.0 - USUAL_S, "Lean further")


def test_ending_early_asks_for_pain_and_for_the_cause_and_takes_only_answers_offered() -> None:
    story = Story(short_plan("both", 2)).play("W", 10).press(Action.END)
    assert story.phase is Phase.DONE
    assert story.last.question is not None
    assert story.last.question.choices == tuple(str(n) for n in range(11))
    routine, t_s = story.routine, story.t_s
    assert routine.answer("11", t_s) is None
    assert routine.answer("tired", t_s) is None
    assert routine.answer("4", t_s) == Statement(t_s, Topic.PAIN, 4)
    assert routine.answer("tired", t_s) == Statement(t_s, Topic.ENDED_EARLY, EarlyEnd.TIRED)
    assert routine.answer("4", t_s) is None, "each is asked once"
    assert story.play("W", 0.1).last.achieved[-1].ended_early
    story.play("W", READ_S)
    assert routine.over


def test_questions_are_skipped_by_themselves_or_by_the_person() -> None:
    interview = Interview()
    interview.begin(100.0, ended_early=True, alone=False)
    question = interview.question(100.0 + ANSWER_S - 1)
    assert question is not None
    assert (question.about, question.left_s) == (Topic.PAIN, 1.0)
    question = interview.question(100.0 + ANSWER_S)
    assert question is not None
    assert question.about is Topic.ENDED_EARLY
    interview.skip(101.0 + ANSWER_S)
    assert interview.question(101.0 + ANSWER_S) is None
    assert not interview.is_over(101.0 + ANSWER_S)
    assert interview.is_over(101.0 + ANSWER_S + READ_S)


def test_nobody_is_asked_when_nobody_is_there() -> None:
    interview = Interview()
    interview.begin(0.0, ended_early=False, alone=True)
    assert interview.question(0.0) is None


@pytest.mark.parametrize(
    ("about", "value"),
    [(Topic.PAIN, 11), (Topic.PAIN, -1), (Topic.PAIN, 2.5), (Topic.PAIN, True),
     (Topic.ENDED_EARLY, 3), (Topic.PAIN, EarlyEnd.PAIN)],
)  # fmt: skip
def test_an_answer_that_was_not_offered_is_no_statement(about: Topic, value: object) -> None:
    with pytest.raises(ValueError, match="no answer"):
        Statement(0.0, about, value)  # type: ignore[arg-type]


def test_the_default_pace_stands_in_every_exercise() -> None:
    for exercise in exercises.load_all():
        plan = make_plan(exercise)
        assert plan.rest_s == exercise.pace.rest_s == 3.0
        assert plan.change_s == exercise.pace.change_s >= 8.0
        assert all(rule.step is not None for rule in exercise.rules)
