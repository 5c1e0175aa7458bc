"""Recorded sessions of every format version stay readable and keep their verdicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from posecheck import session
from posecheck.form.judge import Judge
from posecheck.ledger import NotJudged
from posecheck.types import Cause, CrossingState, EarlyEnd, Side, SideKnown, State, Topic

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.jsonl"))


def test_every_format_version_has_a_recorded_session() -> None:
    current = int(session.SCHEMA.rsplit("/", 1)[1])
    assert [path.name for path in GOLDEN] == [
        f"supine-{version}.posecheck.jsonl" for version in range(1, current + 1)
    ]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_judging_again_gives_the_recorded_result(path: Path) -> None:
    recorded = session.load(path)
    assert recorded.problems == ()
    assert recorded.exercise is not None
    judge = Judge(recorded.exercise, asked=recorded.asked)
    steps = list(judge.judge(recorded.observations))
    tally = judge.finish()
    assert repr([(s.t_s, s.verdict) for s in steps]) == repr(list(recorded.verdicts))
    assert tally.holds == recorded.holds
    assert tally.ledger == recorded.ledger


def test_the_recorded_session_tells_the_known_story() -> None:
    recorded = session.load(GOLDEN[0])
    by_time = dict(recorded.verdicts)
    # Resting with both feet on the mat, holding, thigh dropped, holding again.
    told = {1.2: State.WRONG, 6.0: State.VALID, 11.2: State.WRONG, 18.0: State.VALID}
    for t_s, state in told.items():
        nearest = min(by_time, key=lambda t, at=t_s: abs(t - at))
        assert by_time[nearest].state is state, t_s
    assert [(hold.side, hold.complete) for hold in recorded.holds] == [
        (Side.RIGHT, False),
        (Side.RIGHT, True),
    ]


def test_the_asked_side_is_needed_to_judge_a_live_session_again() -> None:
    recorded = session.load(GOLDEN[1])
    assert [asked.side for asked in recorded.asked] == [Side.LEFT, Side.RIGHT]
    assert recorded.exercise is not None
    unasked = Judge(recorded.exercise).judge(recorded.observations)
    differ = [s for s, (_, v) in zip(unasked, recorded.verdicts, strict=True) if s.verdict != v]
    assert len(differ) == 8


def test_a_side_that_was_seen_and_pictures_that_stand_still_are_kept() -> None:
    recorded = session.load(GOLDEN[2])
    assert [(hold.side, hold.side_known, hold.complete) for hold in recorded.holds] == [
        (Side.RIGHT, SideKnown.SEEN, False),
        (Side.RIGHT, SideKnown.SEEN, True),
    ]
    still = {seen.t_s for seen in recorded.observations if seen.repeated}
    assert still, "some pictures are marked"
    said = [verdict for t_s, verdict in recorded.verdicts if t_s in still]
    assert {(v.state, v.reason and v.reason.cause) for v in said} == {
        (State.UNSEEN, Cause.REPEATED)
    }
    crossings = [r.crossing for _, v in recorded.verdicts for r in v.readings if r.crossing]
    assert {crossing.state for crossing in crossings} >= {CrossingState.CROSSED, CrossingState.DOWN}


def test_a_timer_answers_and_a_moving_camera_are_kept() -> None:
    recorded = session.load(GOLDEN[3])
    assert recorded.not_judged == (NotJudged(Side.RIGHT, 1_000_000, 2_000_000, 1_000_000),)
    assert [(said.about, said.value) for said in recorded.statements] == [
        (Topic.PAIN, 3),
        (Topic.ENDED_EARLY, EarlyEnd.TIRED),
    ]
    moved = {seen.t_s for seen in recorded.observations if seen.moved}
    assert len(moved) == 2
    reasons = {v.reason.cause for t_s, v in recorded.verdicts if t_s in moved and v.reason}
    assert reasons == {Cause.CAMERA_MOVED}


def test_somebody_in_the_way_makes_wrong_unseen_while_the_hold_can_go_on() -> None:
    recorded = session.load(GOLDEN[4])
    disturbed = {seen.t_s for seen in recorded.observations if seen.disturbed}
    said = [verdict for t_s, verdict in recorded.verdicts if t_s in disturbed]
    assert [(v.state, v.reason and v.reason.cause) for v in said] == [
        (State.UNSEEN, Cause.IN_THE_WAY),
        (State.WRONG, Cause.RULE),
    ]
