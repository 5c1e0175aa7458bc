"""Results of sessions: dose, holds with their breaks, lost time; known in, known out."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from media import REPOSITORY

from posecheck import exercises
from posecheck.errors import SessionError
from posecheck.form.hold import HoldCounter
from posecheck.ledger import Hold
from posecheck.pipeline.playback import SessionPlayback
from posecheck.progress.reading import read_result, read_with_steps, result_of
from posecheck.progress.result import (
    CAUSES,
    HeldTimes,
    cue_without_leg,
    doses,
    fault_title,
    trunk_thigh_rule,
)
from posecheck.types import Cause, Reading, Reason, Side, SideKnown, State, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from posecheck.exercises import Exercise
    from posecheck.ledger import Step
    from posecheck.progress.result import HeldTime

SEATED = exercises.load("seated-figure-four")
SESSIONS = sorted(
    [
        *(REPOSITORY / "sample_videos" / "sessions").glob("*.jsonl"),
        *(REPOSITORY / "tests" / "golden").glob("*.jsonl"),
    ]
)
LEAN = Reason(Cause.RULE, "Lean further forward from the hips", "lean")
NOBODY = Reason(Cause.NOBODY, "Step into the picture")
REASONS = {State.VALID: None, State.WRONG: LEAN, State.UNSEEN: NOBODY}
LETTERS = {"v": State.VALID, "w": State.WRONG, "u": State.UNSEEN}


def said(state: State, side: Side = Side.RIGHT, angle: float = 80.0) -> Verdict:
    reading = Reading("lean", None, angle, State.VALID, 0.0, True, None)  # noqa: FBT003
    return Verdict(state, side, REASONS[state], (reading,), SideKnown.GIVEN)


def counted(verdicts: Iterable[Verdict], every_s: float = 0.1) -> list[Step]:
    counter = HoldCounter(SEATED)
    return [counter.update(number * every_s, verdict) for number, verdict in enumerate(verdicts)]


def built(steps: Sequence[Step], exercise: Exercise = SEATED) -> tuple[HeldTime, ...]:
    builder = HeldTimes(exercise)
    for step in steps:
        builder.take(step)
    return builder.finish()


def of_letters(letters: str) -> tuple[HeldTime, ...]:
    return built(counted(said(LETTERS[letter]) for letter in letters))


def test_a_break_is_told_with_its_place_length_and_reason() -> None:
    (held,) = of_letters("v" * 51 + "w" * 2 + "v" * 61)
    (lost,) = held.breaks
    assert (lost.start_s, lost.duration_s) == (5.0, pytest.approx(0.3))
    assert (lost.state, lost.reason) == (State.WRONG, LEAN)
    assert held.hold.held_s == pytest.approx(11.0)
    assert held.hold.complete
    assert held.trunk_thigh_deg == 80.0


def test_the_reason_of_a_break_is_the_one_that_took_most_of_it() -> None:
    (held,) = of_letters("v" * 51 + "w" + "u" * 8 + "v" * 20)
    (lost,) = held.breaks
    assert (lost.state, lost.reason) == (State.UNSEEN, NOBODY)


def test_what_follows_the_last_valid_moment_is_no_break() -> None:
    (held,) = of_letters("v" * 51 + "w" * 40)
    assert held.breaks == ()
    first, second = of_letters("v" * 51 + "w" * 40 + "v" * 30)
    assert (first.breaks, second.breaks) == ((), ())


def test_a_hold_that_still_runs_at_the_end_is_told() -> None:
    (held,) = of_letters("w" * 5 + "v" * 31)
    assert held.hold.held_s == pytest.approx(3.0)


@given(
    st.lists(
        st.tuples(st.sampled_from("vvvvvwu"), st.sampled_from([Side.LEFT, Side.RIGHT, Side.RIGHT])),
        max_size=120,
    ),
    st.sampled_from([0.1, 1 / 30, 0.35]),
)
def test_holds_and_breaks_add_up(moments: list[tuple[str, Side]], every_s: float) -> None:
    steps = counted((said(LETTERS[state], side) for state, side in moments), every_s)
    for held in built(steps):
        breaks_us = sum(one.end_us - one.start_us for one in held.breaks)
        assert held.hold.end_us - held.hold.start_us == held.hold.held_us + breaks_us
        assert all(one.state is not State.VALID for one in held.breaks)


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.name)
def test_reading_without_landmarks_gives_the_same(path: Path) -> None:
    recording = SessionPlayback(path).read_all()
    assert recording.tally is not None
    whole = result_of(
        path,
        recording.header,
        recording.tally,
        built(recording.steps, recording.exercise),
        recording.ended,
        (*recording.warnings, *recording.problems),
    )
    fast = read_result(path)
    whole = replace(whole, told=fast.told, not_judged_us=fast.not_judged_us)  # not in a playback
    assert repr(fast) == repr(whole)
    assert tuple(held.hold for held in fast.holds) == tuple(recording.holds)
    assert fast.ledger == recording.ledger
    again, steps = read_with_steps(path)
    assert repr((again, steps)) == repr((whole, recording.steps))
    assert any(not math.isnan(held.trunk_thigh_deg) for held in fast.holds)


def test_a_recorded_session_tells_pain_and_timer() -> None:
    result = read_result(REPOSITORY / "tests" / "golden" / "supine-4.posecheck.jsonl")
    assert (result.told.pain, result.told.stopped_because) == (3, "tired")
    assert result.not_judged_us == 1_000_000


def test_what_a_person_said_and_the_timer_are_read(tmp_path: Path) -> None:
    lines = [
        {"type": "statement", "statement": {"t_s": 30.0, "about": "pain", "value": 4}},
        {"type": "statement", "statement": {"t_s": 31.0, "about": "ended-early", "value": "tired"}},
        {
            "type": "not-judged",
            "not_judged": {"side": "left", "start_us": 0, "end_us": 9, "not_judged_us": 7_000_000},
        },
    ]
    path = tmp_path / "a.posecheck.jsonl"
    more = "".join(json.dumps(line) + "\n" for line in lines)
    path.write_text(SESSIONS[0].read_text("utf-8") + more, "utf-8")
    result = read_result(path)
    assert (result.told.pain, result.told.stopped_because) == (4, "tired")
    assert result.not_judged_us == 7_000_000
    assert result.warnings == read_result(SESSIONS[0]).warnings


@pytest.mark.parametrize("value", [11, -1, "much", None])
def test_a_pain_outside_the_scale_is_left_out_and_said(tmp_path: Path, value: object) -> None:
    line = {"type": "statement", "statement": {"t_s": 30.0, "about": "pain", "value": value}}
    path = tmp_path / "a.posecheck.jsonl"
    path.write_text(SESSIONS[0].read_text("utf-8") + json.dumps(line) + "\n", "utf-8")
    result = read_result(path)
    assert result.told.pain is None
    assert any("left out" in warning for warning in result.warnings)


def test_a_session_without_a_verdict_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.posecheck.jsonl"
    path.write_text(SESSIONS[0].read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    with pytest.raises(SessionError, match="holds no verdict"):
        read_result(path)


def hold(side: Side, held_s: float, known: SideKnown = SideKnown.SEEN) -> Hold:
    held_us = round(held_s * 1e6)
    return Hold(side, 0, held_us, held_us, 10_000_000, known)


def test_the_dose_is_told_for_each_side() -> None:
    left, right = doses(SEATED, (), [hold(Side.LEFT, 10), hold(Side.LEFT, 4)])
    assert (left.side, left.wanted, left.complete, left.started) == (Side.LEFT, 3, 1, 1)
    assert left.valid_s == 14.0
    assert (right.complete, right.wanted, right.valid_us) == (0, 3, 0)


def test_a_side_that_was_not_planned_is_not_wanted() -> None:
    left, right = doses(SEATED, (Side.RIGHT,), [hold(Side.RIGHT, 10, SideKnown.GIVEN)])
    assert (left.wanted, right.wanted, right.given) == (0, 3, True)


def test_holds_of_legs_not_told_apart_count_for_no_side() -> None:
    *sides, unnamed = doses(SEATED, (), [hold(Side.LEFT, 12, SideKnown.UNKNOWN)])
    assert [side.complete for side in sides] == [0, 0]
    assert (unnamed.side, unnamed.wanted, unnamed.complete) == (None, 0, 1)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("seated-figure-four", "lean"),
        ("supine-figure-four", "thigh-drawn-in"),
        ("knee-to-opposite-shoulder", "hip-flexed"),
        ("single-knee-to-chest", "knee-to-chest"),
        ("pigeon", "front-hip"),
        ("prone-press-up", "extension"),
    ],
)
def test_the_trunk_thigh_angle_of_each_shipped_exercise(name: str, rule: str) -> None:
    found = trunk_thigh_rule(exercises.load(name))
    assert found is not None
    assert found.name == rule


def test_every_cause_has_words() -> None:
    assert set(CAUSES) == set(Cause) - {Cause.RULE}
    assert fault_title(SEATED, "lean") == "Lean forward from the hips"
    assert fault_title(SEATED, "nobody") == "Nobody in the picture"
    assert fault_title(SEATED, "strange") == "strange"


def test_a_sum_over_both_sides_names_no_leg() -> None:
    named = "Pull your left foot back until it is below the knee"
    plain = "Pull the supporting foot back until it is below the knee"
    assert cue_without_leg(SEATED, "supporting-knee", named) == plain
    assert cue_without_leg(SEATED, "lean", "Lean!") == "Lean!"
