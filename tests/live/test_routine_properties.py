"""What must hold for every live session, whatever happens in it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from posecheck.live.coach.plan import make_plan
from posecheck.live.coach.presence import BETWEEN_CUES_S, COOL_DOWN_S
from posecheck.live.coach.prompt import Action, Phase, Ring, Tone
from posecheck.live.coach.prompter import TONE_AGAIN_S
from posecheck.live.coach.view import BETWEEN_S, face_of
from posecheck.types import State
from tests.story import SUPINE, Story, short_plan

if TYPE_CHECKING:
    from posecheck.live.coach.plan import SessionPlan

NEXT: Final = {
    Phase.SET_UP: {Phase.GET_INTO_POSITION, Phase.HOLD},
    Phase.GET_INTO_POSITION: {Phase.HOLD, Phase.PAUSED, Phase.TIMER},
    Phase.TIMER: {Phase.HOLD, Phase.REST, Phase.CHANGE_SIDE, Phase.PAUSED, Phase.DONE},
    Phase.HOLD: {Phase.COMPLETE, Phase.GET_INTO_POSITION, Phase.PAUSED},
    Phase.COMPLETE: {Phase.REST, Phase.CHANGE_SIDE, Phase.DONE},
    Phase.REST: {Phase.GET_INTO_POSITION, Phase.HOLD, Phase.PAUSED},
    Phase.CHANGE_SIDE: {Phase.GET_INTO_POSITION, Phase.HOLD, Phase.PAUSED},
    Phase.PAUSED: {Phase.GET_INTO_POSITION, Phase.HOLD, Phase.CHANGE_SIDE},
    Phase.DONE: set(),
}
"""The phases that may follow each other without keys, and while somebody is there."""

COUNTS_DOWN: Final = {Phase.REST, Phase.CHANGE_SIDE}
KINDS = st.text(alphabet="VVVOWHNA-", min_size=1, max_size=3)
PARTS = st.lists(st.tuples(KINDS, st.floats(0.1, 12.0)), min_size=1, max_size=14)
KEYED = st.lists(
    st.tuples(KINDS, st.floats(0.1, 8.0), st.none() | st.sampled_from(Action)),
    min_size=1,
    max_size=14,
)
PLANS = st.builds(
    short_plan, st.sampled_from(["both", "left", "right"]), st.integers(1, 3), st.just(3.0)
)


def check_screens(story: Story) -> None:
    for moment in story.moments:
        screen, exact = moment.screen, moment.exact
        for state in (screen, exact):
            assert state.seconds <= moment.ledger.seconds(State.VALID)
            assert 0.0 <= state.share <= 1.0
            assert state.share == min(state.seconds / state.target_s, 1.0)
            assert 1 <= state.repetition <= state.repetitions
            assert 0 <= state.completed <= state.planned
        assert (exact.countdown_s is not None) == (exact.phase in COUNTS_DOWN)
        assert (exact.timer_s is not None) == (exact.phase is Phase.TIMER)
        for call in moment.calls:
            assert call.words is None or screen.said, "what is said is shown"
            assert call.tone is None or screen.tone is not None, "what sounds is shown"
        if exact.phase is Phase.HOLD and exact.verdict is not State.VALID:
            assert exact.cue, "when the seconds stand still, it says at once what to do"
            assert exact.ring_text, "and what the ring waits for"


def check_ring(story: Story) -> None:
    """The ring never falls without a word."""
    for before, after in itertools.pairwise(m.exact for m in story.moments):
        lost = before.phase is Phase.HOLD and after.phase not in {Phase.HOLD, Phase.COMPLETE}
        if lost and before.seconds > 0.0:
            assert after.ring is Ring.STOPPED
            assert after.seconds >= before.seconds
        if after.ring is Ring.STOPPED:
            assert after.ring_text.startswith("Stopped after")


def check_calm(story: Story) -> None:
    """What is shown changes at most once a second, and agrees with what is exact in the end."""
    changes = [
        after.t_s
        for before, after in itertools.pairwise(story.moments)
        if face_of(before.screen) != face_of(after.screen)
    ]
    for before, after in itertools.pairwise(changes):
        assert after - before >= BETWEEN_S - 1e-6


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(plan=PLANS, parts=PARTS)
def test_without_keys_the_order_is_legal_and_no_screen_lies(
    plan: SessionPlan, parts: list[tuple[str, float]]
) -> None:
    story = Story(plan)
    for kinds, seconds in parts:
        story.play(kinds, seconds)
    check_screens(story)
    check_ring(story)
    check_calm(story)
    phases = story.phases()
    for before, after in itertools.pairwise(phases):
        assert after in NEXT[before], f"{before} -> {after}"
    assert story.last.completed == story.tones().count(Tone.COMPLETE)


@example(parts=[("A", 1.0, Action.SIDE), ("OOW", 5.0, None)])
@settings(max_examples=40, deadline=None)
@given(parts=KEYED)
def test_with_keys_no_screen_lies_either(parts: list[tuple[str, float, Action | None]]) -> None:
    story = Story(short_plan("both", 2))
    for kinds, seconds, action in parts:
        story.play(kinds, seconds)
        if action is not None:
            story.press(action)
    check_screens(story)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(parts=PARTS)
def test_nothing_nags(parts: list[tuple[str, float]]) -> None:
    """Cues have cool-downs; only what marks an event is said whenever it happens."""
    story = Story(make_plan(SUPINE, "both", 3, 3.0))
    for kinds, seconds in parts:
        story.play(kinds, seconds)
    cues_said = defaultdict(list)
    said_s = -BETWEEN_CUES_S
    tones = defaultdict(list)
    for moment in story.moments:
        for call in moment.calls:
            if call.words is not None and call.words == moment.exact.cue:
                cues_said[call.words].append(moment.t_s)
                assert moment.t_s - said_s >= BETWEEN_CUES_S, "so soon after other words"
            if call.words is not None:
                said_s = moment.t_s
            if call.tone in {Tone.START, Tone.STOP}:
                tones[call.tone].append(moment.t_s)
    for cue, times in cues_said.items():
        for before, after in itertools.pairwise(times):
            assert after - before >= COOL_DOWN_S, cue
    for times in tones.values():
        assert all(b - a >= TONE_AGAIN_S for a, b in itertools.pairwise(times))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(plan=PLANS, parts=PARTS)
def test_whatever_happened_holding_on_leads_to_the_end(
    plan: SessionPlan, parts: list[tuple[str, float]]
) -> None:
    """A person who goes on holding and letting go is led to the end without a key."""
    story = Story(plan)
    for kinds, seconds in parts:
        story.play(kinds, seconds)
    for _ in range(story.last.planned - story.last.completed + 1):
        if story.phase is Phase.DONE:
            break
        story.play("W", 3.0).play("V", 4.0).play("W", 3.0)
    story.play("W", 3.0)
    assert story.phase is Phase.DONE
    assert story.last.completed == story.last.planned


@pytest.mark.parametrize("fps", [2.5, 15, 30, 60])
def test_the_routine_does_not_depend_on_how_many_pictures_come(fps: float) -> None:
    story = Story(short_plan("both", 1), fps=fps)
    story.play("N", 4).play("W", 10)
    for _ in range(2):
        story.play("V", 4).play("W", 8)
    assert story.phase is Phase.DONE
    assert story.phases() == [
        Phase.SET_UP, Phase.GET_INTO_POSITION, Phase.HOLD, Phase.COMPLETE, Phase.CHANGE_SIDE,
        Phase.GET_INTO_POSITION, Phase.HOLD, Phase.COMPLETE, Phase.DONE,
    ]  # fmt: skip
