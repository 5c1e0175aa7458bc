"""Session files: what was seen and said comes back exactly, and nothing is lost."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from posecheck import exercises, session
from posecheck.errors import OutputError, SessionError
from posecheck.form.judge import Judge
from posecheck.ledger import Hold, Ledger, Step
from posecheck.replay.rejudge import same_verdict
from posecheck.session import SessionWriter
from posecheck.types import (
    Cause,
    Crossing,
    CrossingState,
    Evidence,
    Observation,
    Pose,
    Reading,
    Reason,
    Side,
    SideKnown,
    State,
    Verdict,
)
from tests.figures import SEATED_UPRIGHT, SEATED_VALID, nobody

if TYPE_CHECKING:
    from pathlib import Path

SEATED = exercises.load("seated-figure-four")
HEADER = {"posecheck": "0.1.0", "model": {"name": "full", "sha256": "0" * 64}}

FLOATS = st.floats(width=32, allow_infinity=False)
POSES = st.builds(
    Pose,
    image_px=nps.arrays(np.float32, (33, 3), elements=FLOATS),
    world_m=nps.arrays(np.float32, (33, 3), elements=FLOATS),
    visibility=nps.arrays(np.float32, (33,), elements=FLOATS),
    presence=nps.arrays(np.float32, (33,), elements=FLOATS),
)


def written(path: Path, seen: list[Observation], *, ended: bool = True) -> Path:
    judge = Judge(SEATED)
    with SessionWriter(path, HEADER, SEATED) as writer:
        writer.poses(seen)
        writer.steps(judge.judge(seen))
        if ended:
            tally = judge.finish()
            for hold in tally.holds:
                writer.hold(hold)
            writer.end("complete", tally.ledger, ("a warning",))
    return path


SEEN = [
    *(SEATED_VALID.at(i / 10) for i in range(5)),
    nobody(0.5),
    *(SEATED_UPRIGHT.at(i / 10) for i in range(6, 9)),
]


def test_everything_comes_back(tmp_path: Path) -> None:
    read = session.load(written(tmp_path / "a.jsonl", SEEN))
    judge = Judge(SEATED)
    steps = list(judge.judge(SEEN))
    tally = judge.finish()
    assert read.problems == ()
    assert read.exercise == SEATED
    assert read.header["model"] == HEADER["model"]
    assert repr(read.verdicts) == repr(tuple((step.t_s, step.verdict) for step in steps))
    assert read.holds == tally.holds
    assert (read.ended, read.ledger, read.warnings) == ("complete", tally.ledger, ("a warning",))
    for wrote, got in zip(SEEN, read.observations, strict=True):
        assert (wrote.t_s, wrote.frame_size_px) == (got.t_s, got.frame_size_px)
        assert (wrote.pose is None) is (got.pose is None)
        assert wrote.pose is None or (got.pose is not None and wrote.pose.same_as(got.pose))


@pytest.mark.parametrize("known", SideKnown)
def test_how_the_side_is_known_comes_back(tmp_path: Path, known: SideKnown) -> None:
    verdict = Verdict(State.VALID, Side.LEFT, None, (), known)
    hold = Hold(Side.LEFT, 0, 2_000_000, 2_000_000, 10_000_000, known)
    path = tmp_path / "a.jsonl"
    with SessionWriter(path, HEADER, SEATED) as writer:
        writer.steps([Step(0.0, verdict, None, None, None, Ledger())])
        writer.hold(hold)
    read = session.load(path)
    assert (read.problems, read.verdicts, read.holds) == ((), ((0.0, verdict),), (hold,))


@pytest.mark.parametrize("yes_s", [None, 1.25])
@pytest.mark.parametrize("state", CrossingState)
@pytest.mark.parametrize("evidence", Evidence)
def test_what_is_known_of_crossed_legs_comes_back(
    tmp_path: Path, state: CrossingState, evidence: Evidence, yes_s: float | None
) -> None:
    crossing = Crossing(state, evidence, yes_s)
    reason = Reason(Cause.CROSSING, "Put the foot down once and cross again", "ankle-crossed")
    reading = Reading(
        "ankle-crossed",
        None,
        0.25,
        State.UNSEEN,
        float("nan"),
        required=True,
        reason=reason,
        crossing=crossing,
    )
    verdict = Verdict(State.UNSEEN, Side.LEFT, reason, (reading,))
    path = tmp_path / "a.jsonl"
    with SessionWriter(path, HEADER, SEATED) as writer:
        writer.steps([Step(2.0, verdict, None, None, None, Ledger())])
    read = session.load(path)
    assert read.problems == ()
    ((_, found),) = read.verdicts
    assert found.readings[0].crossing == crossing
    assert same_verdict(found, verdict)
    other = Crossing(state, evidence, 1.5)
    changed = replace(verdict, readings=(replace(reading, crossing=other),))
    assert not same_verdict(found, changed)


def test_a_session_that_says_nothing_of_crossed_legs_can_be_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", SEEN)
    without = re.sub(rb',"crossing":(null|\{[^}]*\})', b"", path.read_bytes())
    assert b"crossing" not in b"".join(without.splitlines()[1:])
    path.write_bytes(without)
    read = session.load(path)
    assert read.problems == ()
    assert len(read.verdicts) == len(SEEN)
    assert {r.crossing for _, verdict in read.verdicts for r in verdict.readings} == {None}


@pytest.mark.parametrize("wrong", ['{"state":"crossed"}', "7", '{"state":"x","evidence":"yes"}'])
def test_a_crossing_that_makes_no_sense_costs_its_line_only(tmp_path: Path, wrong: str) -> None:
    path = written(tmp_path / "a.jsonl", SEEN, ended=False)
    content = path.read_bytes()
    spoilt = re.sub(rb'"crossing":\{[^}]*\}', f'"crossing":{wrong}'.encode(), content, count=1)
    assert spoilt != content
    path.write_bytes(spoilt)
    read = session.load(path)
    assert len(read.verdicts) == len(SEEN) - 1
    assert len(read.problems) == 1


def test_a_session_that_does_not_say_how_the_side_is_known_saw_it(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", SEEN)
    before = path.read_bytes().replace(b',"side_known":"unknown"', b"")
    assert before != path.read_bytes()
    path.write_bytes(before)
    read = session.load(path)
    assert read.problems == ()
    assert {verdict.side_known for _, verdict in read.verdicts} == {SideKnown.SEEN}


def test_a_line_with_an_unknown_word_for_it_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", SEEN[:1], ended=False)
    path.write_bytes(
        path.read_bytes().replace(b'"side_known":"unknown"', b'"side_known":"guessed"')
    )
    read = session.load(path)
    assert read.verdicts == ()
    assert read.problems == ("line 3 cannot be used and was left out",)


def test_judging_again_from_the_stored_landmarks_gives_the_stored_verdicts(tmp_path: Path) -> None:
    read = session.load(written(tmp_path / "a.jsonl", SEEN))
    assert read.exercise is not None
    again = Judge(read.exercise).judge(read.observations)
    assert repr([step.verdict for step in again]) == repr([v for _, v in read.verdicts])


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(pose=POSES, t_s=st.floats(0, 1e6, allow_nan=False))
def test_every_float_comes_back_bit_for_bit(tmp_path: Path, pose: Pose, t_s: float) -> None:
    path = tmp_path / "bits.jsonl"
    path.unlink(missing_ok=True)
    with SessionWriter(path, HEADER, None) as writer:
        writer.poses([Observation(t_s, (640, 480), pose)])
    (got,) = session.load(path).observations
    assert got.t_s == t_s
    assert got.pose is not None
    assert pose.same_as(got.pose)


def test_a_session_cut_off_in_mid_line_keeps_all_whole_lines(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", SEEN, ended=False)
    content = path.read_bytes()
    path.write_bytes(content[:-40])
    read = session.load(path)
    assert len(read.observations) == len(SEEN)
    assert len(read.verdicts) == len(SEEN) - 1
    assert read.ended is None
    lines = content.count(b"\n")
    assert read.problems == (f"line {lines} cannot be used and was left out",)


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("precious")
    with pytest.raises(OutputError, match="not overwritten"):
        SessionWriter(path, HEADER, SEATED)
    assert path.read_text() == "precious"


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff\xfe", b"hello\n", b"[1]\n", b"{}\n", b'{"type":"header","schema":7}\n',
     b'{"type":"pose","schema":"posecheck.session/2"}\n'],
)  # fmt: skip
def test_other_files_are_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(SessionError, match=r"a\.jsonl: is not a .* session file; .* makes one"):
        session.load(path)


def test_a_newer_format_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"type":"header","schema":"posecheck.session/99"}\n')
    with pytest.raises(SessionError, match=r"newer format posecheck\.session/99; update"):
        session.load(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | FLOATS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
DAMAGE = st.one_of(
    st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b"")),
    st.builds(
        lambda kind, rest: orjson.dumps({**rest, "type": kind}),
        st.sampled_from(["pose", "verdict", "hold", "end", "exercise", "future"]),
        st.dictionaries(
            st.sampled_from(["t_s", "size_px", "image_px", "verdict", "hold", "ledger", "ended"]),
            JSON,
        ),
    ),
)


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines=st.lists(DAMAGE, max_size=5))
def test_damaged_lines_are_reported_and_the_rest_is_used(
    tmp_path: Path, lines: list[bytes]
) -> None:
    whole = tmp_path / "w.jsonl"
    if not whole.exists():  # all examples share the folder
        written(whole, SEEN)
    content = whole.read_bytes().split(b"\n")
    path = tmp_path / "damaged.jsonl"
    path.write_bytes(b"\n".join([content[0], *lines, *content[1:]]))
    try:
        read = session.load(path)
    except SessionError as error:
        assert "\n" not in str(error) or "exercise" in str(error)  # noqa: PT017 - either is right
        return
    assert len(read.observations) >= len(SEEN)
    assert read.ledger is None or isinstance(read.ledger, Ledger)


def test_the_first_line_explains_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", SEEN)
    header: dict[str, Any] = orjson.loads(path.read_bytes().split(b"\n")[0])
    assert header["schema"] == "posecheck.session/5"
    assert header["landmarks"][0] == "nose"
    assert header["exercise"]["rules"]
