"""Walks through a live session: what comes when, and what is shown and said."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from posecheck import exercises
from posecheck.form.judge import Judge
from posecheck.live.coach import words
from posecheck.live.coach.plan import make_plan
from posecheck.live.coach.presence import GONE_S, SELDOM_S
from posecheck.live.coach.prompt import Action, Phase, Ring, Tone
from posecheck.live.coach.prompter import PAUSED_AGAIN_S
from posecheck.live.coach.routine import Routine
from posecheck.types import Asked, Side, State
from tests.figures import SEATED_VALID, Figure, former, nobody
from tests.story import LEAN, NO_PICTURE, SUPINE, Story, short_plan

if TYPE_CHECKING:
    from posecheck.live.coach.plan import SessionPlan
    from posecheck.live.coach.prompt import ViewState

SET_UP, POSITION, HOLD, COMPLETE, REST, CHANGE, PAUSED, DONE, TIMER = Phase


def ready(story: Story | None = None) -> Story:
    """Return a story in which the set-up is over and the person gets into position."""
    return (story or Story()).until("W", POSITION)


def one_done(plan_side: str = "both", repetitions: int = 2) -> Story:
    """Return a story in which the first repetition is just complete."""
    return ready(Story(short_plan(plan_side, repetitions))).until("V", COMPLETE)


WALKS = {
    "straight through, both sides": (
        "both", 1,
        [("N", 4), ("W", 10), ("V", 4), ("W", 8), ("V", 4), ("W", 4)],
        [SET_UP, POSITION, HOLD, COMPLETE, CHANGE, POSITION, HOLD, COMPLETE, DONE],
    ),
    "twice on one side": (
        "left", 2,
        [("W", 10), ("V", 4), ("W", 8), ("V", 4), ("W", 4)],
        [SET_UP, POSITION, HOLD, COMPLETE, REST, POSITION, HOLD, COMPLETE, DONE],
    ),
    "already in the stretch when it begins": (
        "left", 1,
        [("V", 7)],
        [SET_UP, HOLD, COMPLETE, DONE],
    ),
    "too short, then again": (
        "left", 1,
        [("W", 10), ("V", 2), ("W", 4), ("V", 4), ("W", 4)],
        [SET_UP, POSITION, HOLD, POSITION, HOLD, COMPLETE, DONE],
    ),
    "a hold survives a short break": (
        "left", 1,
        [("W", 10), ("V", 2), ("W", 0.3), ("V", 3), ("W", 4)],
        [SET_UP, POSITION, HOLD, COMPLETE, DONE],
    ),
    "leaves in mid-hold, comes back": (
        "left", 1,
        [("W", 10), ("V", 2), ("N", 6), ("W", 3), ("V", 4), ("W", 4)],
        [SET_UP, POSITION, HOLD, POSITION, PAUSED, POSITION, HOLD, COMPLETE, DONE],
    ),
    "comes back straight into the stretch": (
        "left", 1,
        [("W", 10), ("V", 2), ("N", 6), ("V", 5), ("W", 4)],
        [SET_UP, POSITION, HOLD, POSITION, PAUSED, HOLD, COMPLETE, DONE],
    ),
    "camera unplugged in mid-hold and back": (
        "left", 1,
        [("W", 10), ("V", 2), ("-", 6), ("W", 3), ("V", 4), ("W", 4)],
        [SET_UP, POSITION, HOLD, PAUSED, POSITION, HOLD, COMPLETE, DONE],
    ),
    "somebody walks through the picture": (
        "left", 1,
        [("W", 10), ("V", 2), ("A", 1.5), ("W", 2), ("V", 4), ("W", 4)],
        [SET_UP, POSITION, HOLD, POSITION, HOLD, COMPLETE, DONE],
    ),
    "begins again before the rest is over": (
        "left", 2,
        [("W", 10), ("V", 4), ("W", 2), ("V", 4), ("W", 4)],
        [SET_UP, POSITION, HOLD, COMPLETE, REST, HOLD, COMPLETE, DONE],
    ),
    "stays in the stretch: that is one repetition": (
        "left", 2,
        [("W", 10), ("V", 30)],
        [SET_UP, POSITION, HOLD, COMPLETE, REST, POSITION],
    ),
    "rests outside the picture": (
        "left", 2,
        [("W", 10), ("V", 3.2), ("N", 12), ("W", 3), ("V", 4), ("W", 4)],
        [SET_UP, POSITION, HOLD, COMPLETE, REST, PAUSED, POSITION, HOLD, COMPLETE, DONE],
    ),
    "turning round at the change hides anybody": (
        "both", 1,
        [("W", 10), ("V", 4), ("W", 2), ("N", 6), ("W", 3), ("V", 4), ("W", 4)],
        [SET_UP, POSITION, HOLD, COMPLETE, CHANGE, POSITION, HOLD, COMPLETE, DONE],
    ),
    "begins with the other leg": (
        "both", 1,
        [("W", 10), ("O", 1.1), ("V", 2.5), ("W", 8), ("V", 4), ("W", 4)],
        [SET_UP, POSITION, HOLD, COMPLETE, CHANGE, POSITION, HOLD, COMPLETE, DONE],
    ),
    "the leg that was not asked for is not counted": (
        "left", 1,
        [("W", 10), ("O", 20)],
        [SET_UP, POSITION],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WALKS)
def test_walk(name: str) -> None:
    side, repetitions, parts, phases = WALKS[name]
    story = Story(short_plan(side, repetitions))
    for kinds, seconds in parts:
        story.play(kinds, seconds)
    assert story.phases() == phases


def test_every_event_has_its_tone() -> None:
    story = Story(short_plan("both", 1))
    story.play("W", 10).play("V", 2).play("W", 6).play("V", 4).play("W", 8).play("V", 4)
    story.play("W", 4)
    assert story.tones() == [
        Tone.START, Tone.STOP, Tone.START, Tone.COMPLETE, Tone.CHANGE_SIDE, Tone.START,
        Tone.COMPLETE, Tone.DONE,
    ]  # fmt: skip


def test_a_hold_ticks_once_a_second_and_not_while_it_stands_still() -> None:
    story = ready(Story(make_plan(SUPINE, "left", 1, 5.0))).play("V", 2.5).play("W", 0.3)
    story.until("V", COMPLETE)
    ticks = [m for m in story.moments if any(c.tone is Tone.TICK for c in m.calls)]
    assert [int(m.screen.seconds) for m in ticks] == [1, 2, 3, 4]


def test_seconds_are_the_counters_and_go_on_after_a_short_break() -> None:
    story = ready().play("V", 2.1)
    assert story.last.seconds == pytest.approx(2.0)
    story.play("W", 0.3)
    assert (story.last.verdict, story.last.seconds) == (State.WRONG, pytest.approx(2.0))
    story.play("V", 0.6)
    assert story.last.seconds == pytest.approx(2.5)


def test_the_reason_stands_there_at_once_and_is_said_after_a_moment() -> None:
    story = ready(Story(make_plan(SUPINE, "left", 1, 10.0))).play("V", 8)
    stopped_s = story.t_s
    story.play("W", 0.1)
    assert story.last.reason == "Supporting thigh drawn in"
    assert story.last.cue == LEAN.cue
    assert story.words(stopped_s) == []
    story.play("W", 2)
    assert story.words(stopped_s) == [LEAN.cue]
    (said,) = [m.t_s for m in story.moments if m.t_s >= stopped_s and any(
        c.words for c in m.calls)]  # fmt: skip
    assert 1.0 <= said - stopped_s <= 1.5


def test_a_lost_hold_says_how_long_it_was_and_why_before_the_ring_is_empty() -> None:
    story = ready().play("V", 2.1).play("W", 0.3)
    assert story.last.ring is Ring.WAITING
    assert story.last.ring_text == "Waiting: supporting thigh drawn in"
    assert story.last.seconds == pytest.approx(2.0)
    story.until("W", POSITION)
    assert story.last.ring is Ring.STOPPED
    assert story.last.ring_text == "Stopped after 2.0 s: supporting thigh drawn in"
    assert story.last.seconds == pytest.approx(2.0)
    story.play("W", 8)
    assert (story.last.ring, story.last.ring_text, story.last.seconds) == (Ring.EMPTY, "", 0.0)


def test_who_needs_long_is_not_pushed_and_hears_less_and_less() -> None:
    story = ready()
    start_s = story.t_s
    story.play("W", 300)
    assert story.phase is POSITION
    said = story.words(start_s + 0.1)
    assert words.TAKE_YOUR_TIME in said
    times = [m.t_s for m in story.moments if LEAN.cue in [c.words for c in m.calls]]
    gaps = [round(after - before) for before, after in pairwise(times)]
    assert gaps == sorted(gaps), "more and more seldom"
    assert gaps[-1] == SELDOM_S, "and never silent"
    assert story.last.cue == LEAN.cue


def test_trembling_at_a_limit_does_not_drum() -> None:
    story = ready(Story(make_plan(SUPINE, "left", 1, 10.0)))
    start_s = story.t_s
    story.play("VVVVVVWWWWWWW", 30)
    starts = [m.t_s for m in story.moments if any(c.tone is Tone.START for c in m.calls)]
    assert all(after - before >= 3.0 for before, after in pairwise(starts))
    assert story.words(start_s).count(LEAN.cue) <= 3


def test_the_other_leg_is_said_kindly_and_in_the_end_doubted() -> None:
    story = ready(Story(short_plan("left", 1)))
    start_s = story.t_s
    story.play("O", 70)
    said = [text for text in story.words(start_s + 0.1) if text != words.TAKE_YOUR_TIME]
    assert said[:2] == [words.other_leg(Side.LEFT)] * 2
    assert words.mixed_up(Side.LEFT, by_name=False) in said[2:]
    assert story.last.seconds == 0.0
    assert story.last.verdict is State.WRONG
    assert story.last.reason == words.THE_OTHER_LEG


def test_who_begins_with_the_other_leg_is_right_and_loses_no_second() -> None:
    story = ready()
    assert story.routine.side is Side.LEFT
    story.play("O", 1.1)
    assert story.routine.side is Side.RIGHT
    assert words.taken(Side.RIGHT) in story.words()
    assert story.last.seconds == pytest.approx(1.0)
    assert (story.last.repetition, story.last.planned) == (1, 4)


def test_who_is_in_the_stretch_already_is_not_told_which_leg() -> None:
    story = Story(short_plan("both", 1)).play("W", 2.7).play("O", 1.1)
    assert story.phase is HOLD
    assert story.words()[1:] == [words.taken(Side.RIGHT)]
    assert not any(m.screen.reason for m in story.moments)


def test_a_view_seen_long_ago_is_not_a_good_view() -> None:
    story = Story().play("W", 2).play("-", 20).play("W", 1)
    assert story.phase is SET_UP
    story = Story().play("W", 2).press(Action.PAUSE).play("W", 20).press(Action.PAUSE)
    assert story.play("W", 1).phase is SET_UP


def test_after_the_first_repetition_the_order_is_no_longer_free() -> None:
    story = one_done().until("W", POSITION).play("O", 5)
    assert story.routine.side is Side.LEFT


def test_who_stays_in_the_stretch_is_asked_to_let_go_first() -> None:
    story = one_done("left", 2).play("V", 15)
    assert story.last.cue == words.RELAX_FIRST
    assert story.last.verdict is None
    assert story.last.completed == 1
    story.play("W", 1.5).until("V", COMPLETE, 4)
    assert story.last.completed == 2


@pytest.mark.parametrize(("break_s", "completed"), [(0.7, 1), (1.4, 2)])
def test_a_repetition_needs_a_release_before_it(break_s: float, completed: int) -> None:
    story = one_done("left", 2).play("W", break_s).play("V", 12)
    assert story.last.completed == completed


def test_rest_counts_down_and_shows_what_was_held() -> None:
    story = one_done("left", 2).until("W", REST)
    assert story.last.countdown_s == pytest.approx(5.0)
    assert story.last.seconds >= 3.0
    story.play("W", 2)
    assert story.last.countdown_s == pytest.approx(3.0)


def test_the_change_of_side_goes_on_after_its_time_also_when_little_can_be_seen() -> None:
    story = one_done("both", 1).until("W", CHANGE)
    assert story.routine.side is Side.RIGHT
    assert story.last.countdown_s == pytest.approx(4.0)
    story.play("H", 3.9)
    assert story.phase is CHANGE
    story.play("H", 0.3)
    assert story.phase is POSITION


def test_a_change_of_side_waits_for_somebody_who_turns_round_unseen() -> None:
    story = one_done("both", 1).until("W", CHANGE).play("N", 7)
    assert story.phase is CHANGE
    assert story.play("W", 0.2).phase is POSITION


def test_leaving_pauses_and_coming_back_goes_on_by_itself() -> None:
    story = ready().play("N", 2.5)
    assert story.phase is POSITION
    story.play("N", 1)
    assert story.phase is PAUSED
    assert (story.last.reason, story.last.cue) == (words.OUT_OF_PICTURE, words.GOES_ON)
    story.play("W", 1)
    assert story.phase is PAUSED, "a glimpse is not coming back"
    story.play("W", 1)
    assert story.phase is POSITION


def test_who_is_lost_from_sight_again_and_again_is_not_greeted_each_time() -> None:
    story = ready()
    start_s = story.t_s
    story.play("N", 4).play("W", 3)
    assert story.words(start_s) == [
        f"Paused. {words.OUT_OF_PICTURE}", "Welcome back. Left leg, 1 of 2",
    ]  # fmt: skip
    story.play("N", 4)
    assert story.words(start_s)[2:] == [words.SEEN_BADLY]
    story.play("W", 3)
    for _ in range(70):
        story.play("N", 4).play("W", 3)
    of_pauses = ("Paused", "Welcome", words.SEEN_BADLY)
    said = [text for text in story.words(start_s) if text.startswith(of_pauses)]
    assert story.t_s - start_s > 490
    assert len(said) <= 1 + 5 + 5, "said ever more seldom"
    greeted = [m.t_s for m in story.moments for c in m.calls if "Welcome" in (c.words or "")]
    assert all(after - before >= PAUSED_AGAIN_S for before, after in pairwise(greeted))


def test_who_leaves_twice_in_a_quarter_of_an_hour_is_told_the_same_twice() -> None:
    story = Story(fps=5)
    ready(story)
    start_s = story.t_s
    for _ in range(2):
        story.play("N", 5).play("W", 400)
    said = [w for w in story.words(start_s) if "Paused" in w or "Welcome" in w]
    assert said == [
        f"Paused. {words.OUT_OF_PICTURE}", "Welcome back. Left leg, 1 of 2",
    ] * 2  # fmt: skip


def test_a_camera_that_comes_and_goes_is_no_bad_light() -> None:
    story = ready()
    start_s = story.t_s
    for _ in range(8):
        story.play("-", 3).play("W", 3)
    assert story.words(start_s).count(f"Paused. {NO_PICTURE}") == 2
    assert words.SEEN_BADLY not in story.words(start_s)


def test_without_pictures_it_pauses_says_why_and_goes_on() -> None:
    story = ready().play("V", 1).play("-", 0.5)
    assert story.phase is HOLD
    assert (story.last.cue, story.last.ring) == (NO_PICTURE, Ring.WAITING)
    assert story.last.ring_text == words.waiting(words.NO_PICTURES)
    assert story.last.seconds == pytest.approx(0.9)
    story.play("-", 2)
    assert story.phase is PAUSED
    assert (story.last.reason, story.last.cue) == (NO_PICTURE, words.GOES_ON_WITH_PICTURE)
    assert story.last.ring_text == "Stopped after 0.9 s: no pictures came for a moment"
    story.play("W", 2)
    assert (story.phase, story.last.cue) == (POSITION, LEAN.cue)


@pytest.mark.parametrize("kind", ["-", "N", "A", "H"])
def test_a_hiccup_of_a_second_costs_no_hold_and_no_pause(kind: str) -> None:
    story = ready(Story(make_plan(SUPINE, "left", 1, 5.0))).play("V", 2.5).play(kind, 1.2)
    assert story.phase is HOLD
    assert story.last.seconds == pytest.approx(2.4)
    story.until("V", COMPLETE, at_most_s=3)
    assert story.tones().count(Tone.STOP) == 0
    assert story.phases() == [SET_UP, POSITION, HOLD, COMPLETE]


def test_no_pictures_in_the_set_up_are_a_notice_and_no_pause() -> None:
    story = Story().play("-", 20)
    assert (story.phase, story.last.cue) == (SET_UP, NO_PICTURE)
    ready(story)


@pytest.mark.parametrize("kind", ["N", "-"])
def test_when_nobody_comes_back_it_ends_by_itself(kind: str) -> None:
    story = Story(fps=1)
    story.play("W", 20).play(kind, GONE_S - 10)
    assert story.phase is PAUSED
    story.play(kind, 15)
    assert story.phase is DONE
    assert words.ENDED_ALONE in story.words()


def test_pause_by_key_waits_for_the_key_and_counts_nothing_for_the_plan() -> None:
    story = ready().press(Action.PAUSE)
    assert story.last.cue == words.PAUSED_BY_KEY
    story.play("V", 8).play("N", 2 * GONE_S / 10)
    assert (story.phase, story.last.completed) == (PAUSED, 0)
    story.play("V", 1).press(Action.PAUSE).play("V", 5)
    assert story.last.cue == words.RELAX_FIRST
    story.play("W", 2).until("V", COMPLETE)


@pytest.mark.parametrize("kind", ["N", "-"])
def test_a_pause_by_key_ends_too_when_nobody_comes_back(kind: str) -> None:
    """The camera, and a recording, would else run on over night."""
    story = ready(Story(fps=2)).press(Action.PAUSE).play("W", 2 * GONE_S)
    assert story.phase is PAUSED, "somebody is there"
    story.play(kind, GONE_S - 10)
    assert story.phase is PAUSED
    story.play(kind, 15)
    assert story.phase is DONE
    assert words.ENDED_ALONE in story.words()
    assert story.press(Action.RESTART).play(kind, 5).phase is not DONE, "somebody is at the keys"


def test_skip_goes_on_from_every_phase() -> None:
    story = Story().play("N", 1).press(Action.SKIP)
    assert story.phase is POSITION
    story.press(Action.SKIP)
    assert (story.last.repetition, story.last.completed) == (2, 0)
    story.play("W", 1).until("V", COMPLETE).press(Action.SKIP)
    assert (story.phase, story.last.completed) == (CHANGE, 1)
    story.press(Action.SKIP).press(Action.PAUSE).press(Action.SKIP)
    assert story.phase is POSITION
    story.press(Action.SKIP).press(Action.SKIP)
    assert story.phase is DONE
    assert story.last.headline == "Done. 1 of 4 holds are complete"
    assert story.press(Action.SKIP).phase is DONE


def test_skipping_a_hold_does_not_give_it_to_the_next_repetition() -> None:
    story = ready(Story(short_plan("left", 2))).until("V", HOLD).press(Action.SKIP)
    story.play("V", 8)
    assert (story.last.completed, story.last.repetition) == (0, 2)


def test_restart_begins_anew_even_after_the_end() -> None:
    story = Story(short_plan("left", 1)).play("V", 7)
    assert story.phase is DONE
    story.press(Action.RESTART)
    assert (story.phase, story.last.completed) == (POSITION, 0)
    story.play("W", 2).play("V", 4).play("W", 4)
    assert story.phase is DONE


def test_the_side_key_changes_sides_and_comes_back_to_the_rest() -> None:
    story = one_done("both", 2).press(Action.SIDE)
    assert (story.phase, story.routine.side, story.last.repetition) == (CHANGE, Side.RIGHT, 1)
    for _ in range(3):
        story.play("W", 8).play("V", 4)
    story.play("W", 4)
    assert story.phase is DONE
    assert story.last.completed == 4


def test_the_side_key_with_one_side_planned_takes_the_other_instead() -> None:
    story = ready(Story(short_plan("left", 2))).press(Action.SIDE)
    assert (story.routine.side, story.last.planned) == (Side.RIGHT, 2)


def test_the_side_key_says_when_there_are_no_sides() -> None:
    story = Story(make_plan(exercises.load("prone-press-up"), "both", 1, 3.0))
    story.play("N", 1).press(Action.SIDE)
    assert story.words()[-1] == words.NO_OTHER_SIDE
    assert story.phase is SET_UP


def test_an_exercise_without_sides_is_led_through_without_naming_one() -> None:
    story = Story(make_plan(exercises.load("prone-press-up"), "both", 2, 3.0))
    ready(story)
    assert story.last.headline == "1 of 2"
    story.play("V", 4).play("W", 8).play("V", 4).play("W", 4)
    assert story.phases() == [
        SET_UP, POSITION, HOLD, COMPLETE, REST, POSITION, HOLD, COMPLETE, DONE,
    ]  # fmt: skip
    assert not any("leg" in words or "side" in words for words in story.words())


def test_a_hold_shorter_than_a_beginning_still_counts() -> None:
    short = SUPINE.model_copy(update={"dose": SUPINE.dose.model_copy(update={"hold_s": 0.1})})
    story = ready(Story(make_plan(short, "left", 1))).play("V", 0.4).play("W", 4)
    assert story.last.completed == 1


def test_a_new_hold_after_a_gap_is_a_new_beginning() -> None:
    """The gap ends the hold in the same moment in which the next one begins."""
    story = ready(Story(make_plan(SUPINE, "left", 1, 10.0))).play("V", 2).skip(2.2)
    assert story.play("V", 0.2).phase is POSITION
    assert story.last.ring is Ring.STOPPED
    assert story.play("V", 0.4).phase is HOLD


def test_a_camera_that_comes_back_for_a_moment_does_not_end_the_pause() -> None:
    story = ready().play("-", 3).play("W", 1)
    assert story.phase is PAUSED


def test_somebody_else_passing_by_does_not_end_the_pause() -> None:
    story = ready().play("N", 6).play("A", 1.9)
    assert story.phase is PAUSED
    assert story.play("N", 3).phase is PAUSED


def test_a_cue_that_fell_silent_is_said_again_after_a_hold_has_begun() -> None:
    story = ready(Story(make_plan(SUPINE, "left", 1, 10.0))).play("W", 300)
    silent_s = story.t_s
    story.play("V", 3).play("W", 3)
    assert story.words(silent_s) == [LEAN.cue]


def test_time_never_runs_backward() -> None:
    story = one_done("left", 2).until("W", REST).play("W", 2)
    screen, _ = story.routine.absent(story.t_s - 1.5, NO_PICTURE)
    assert screen.countdown_s is not None
    assert screen.countdown_s <= 3.2


def test_the_time_of_a_key_may_lie_before_the_last_picture() -> None:
    routine = Routine(short_plan())
    routine.absent(5.0, NO_PICTURE)
    screen, _ = routine.press(Action.PAUSE, 4.0)
    assert screen.phase is PAUSED


def with_the_real_judge(plan: SessionPlan, seen: list[Figure | None]) -> list[ViewState]:
    """Show figures (None: nobody) to a routine, ten a second, judged as in a live session."""
    routine, judge, asked = Routine(plan), Judge(plan.exercise), None
    screens = []
    for number, figure in enumerate(seen):
        if routine.side is not asked:
            asked = routine.side
            judge.ask(Asked(number / 10, asked))
        observation = nobody(number / 10) if figure is None else figure.at(number / 10)
        (step,) = judge.judge([observation])
        screens.append(routine.step(observation, step)[0])
    return screens


FEET_DOWN = Figure(lean=0.0, hip=(90.0, 90.0), azimuth=65.0)


def test_nobody_turns_round_where_no_rule_names_a_leg() -> None:
    """Both legs from one place; the side is the one that is asked for."""
    plan = make_plan(exercises.load("seated-figure-four"), "both", 1, 3.0)
    other_leg = replace(SEATED_VALID, crossed="left")
    screens = with_the_real_judge(
        plan,
        [*[FEET_DOWN] * 80, *[SEATED_VALID] * 40, *[FEET_DOWN] * 80, *[other_leg] * 40,
         *[FEET_DOWN] * 30],
    )  # fmt: skip
    phases = [s.phase for before, s in pairwise([screens[0], *screens]) if s is screens[0]
              or s.phase is not before.phase]  # fmt: skip
    assert phases == [
        SET_UP, POSITION, HOLD, COMPLETE, CHANGE, HOLD, COMPLETE, DONE,
    ]  # fmt: skip
    by_side = {side: {s.cue for s in screens if s.side is side} for side in Side}
    assert screens[0].side is plan.sides[0]
    for side in (Side.LEFT, Side.RIGHT):
        assert not any("Turn" in cue for cue in by_side[side])
        ankles = {cue for cue in by_side[side] if "ankle" in cue}
        assert ankles == {f"Put your {side} ankle on your {side.other} knee"}, "of the leg asked"


def test_the_order_follows_how_the_person_sits_where_a_rule_names_a_leg() -> None:
    """The left side is to the camera: the right leg first, and nobody turns round for it.

    A figure crosses its legs from one picture to the next, which no foot can: so nobody is
    seen while it does.
    """
    plan = make_plan(former("seated-figure-four"), "both", 1, 3.0)
    turned = FEET_DOWN.mirrored()
    screens = with_the_real_judge(
        plan,
        [*[FEET_DOWN] * 80, *[None] * 3, *[SEATED_VALID] * 40, *[None] * 3, *[FEET_DOWN] * 60,
         *[turned] * 50, *[None] * 3, *[SEATED_VALID.mirrored()] * 40, *[None] * 3,
         *[turned] * 30],
    )  # fmt: skip
    phases = [s.phase for before, s in pairwise([screens[0], *screens]) if s is screens[0]
              or s.phase is not before.phase]  # fmt: skip
    assert phases == [
        SET_UP, POSITION, HOLD, COMPLETE, CHANGE, POSITION, HOLD, COMPLETE, DONE,
    ]  # fmt: skip
    by_side = {side: {s.cue for s in screens if s.side is side} for side in Side}
    assert "Turn your right side to the camera" in by_side[Side.LEFT]
    assert not any("Turn" in cue for cue in by_side[Side.RIGHT])
    for side in (Side.LEFT, Side.RIGHT):
        ankles = {cue for cue in by_side[side] if "ankle" in cue}
        assert ankles == {f"Put your {side} ankle on your {side.other} knee"}, "of the leg asked"
