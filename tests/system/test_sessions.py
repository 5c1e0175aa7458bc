"""Sessions: the same again, and read back exactly."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from media import Clips, command, person_images, plain, run, write_video

import posecheck
from posecheck import exercises
from posecheck.errors import SessionError
from posecheck.form.judge import Judge
from posecheck.pipeline.observe import observe
from posecheck.pose import models
from posecheck.session import load
from posecheck.sources import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from media import Cli

    from posecheck.types import Observation

pytestmark = pytest.mark.slow


def same(one: Observation, other: Observation) -> bool:
    if (one.t_s, one.frame_size_px) != (other.t_s, other.frame_size_px):
        return False
    if one.pose is None or other.pose is None:
        return one.pose is other.pose
    return one.pose.same_as(other.pose)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip with a person, nobody, and the person again, at uneven times."""
    images = [*person_images()[:6], *plain(18, (640, 480)), *person_images()[12:18]]
    times = [round(n / 15 + 0.004 * (n % 3), 3) for n in range(len(images))]
    path = tmp_path_factory.mktemp("mixed") / "mixed.mp4"
    return write_video(path, images, times_s=times)


def test_session_reads_back_as_it_was_said(mixed: Path, here: Path) -> None:
    summary = posecheck.analyse(mixed, out_dir=here)
    assert summary.session is not None
    session = load(summary.session)
    source = open_source(mixed)
    seen = [o for batch in observe(source, models.find(), keep_frames=False) for _, o in batch]
    source.close()
    assert len(seen) == 30
    assert {o.pose is None for o in seen} == {True, False}, "both kinds are wanted here"
    assert len(session.observations) == len(seen)
    assert all(same(a, b) for a, b in zip(session.observations, seen, strict=True))
    judge = Judge(exercises.load("seated-figure-four"))
    steps = list(judge.judge(seen))
    # repr: NaN must come back as NaN, and NaN differs from itself.
    assert repr(session.verdicts) == repr(tuple((s.t_s, s.verdict) for s in steps))
    tally = judge.finish()
    assert session.ledger == tally.ledger == summary.ledger
    assert session.holds == tally.holds == summary.holds
    assert session.exercise == exercises.load("seated-figure-four")
    assert session.ended == "complete"
    assert session.problems == ()


def test_session_holds_the_warnings_of_the_result(here: Path, clips: Clips) -> None:
    summary = posecheck.analyse(clips.nobody, model="lite", out_dir=here)
    assert summary.warnings
    assert summary.session is not None
    assert load(summary.session).warnings == summary.warnings


def test_replay_of_a_stored_session_gives_the_same_verdicts(mixed: Path, here: Path) -> None:
    summary = posecheck.analyse(mixed, model="lite", out_dir=here)
    assert summary.session is not None
    session = load(summary.session)
    assert session.exercise is not None
    for size in (1, 7, 1000):
        judge, verdicts = Judge(session.exercise), []
        for start in range(0, len(session.observations), size):
            part = session.observations[start : start + size]
            verdicts += [(step.t_s, step.verdict) for step in judge.judge(part)]
        assert repr(tuple(verdicts)) == repr(session.verdicts)
        assert judge.finish().ledger == session.ledger


@pytest.mark.parametrize("exercise", ["seated-figure-four", "auto"])
def test_two_runs_write_the_same_lines(exercise: str, mixed: Path, here: Path) -> None:
    """Twice in this process, once in another.

    Compared kind by kind: poses are written in batches, and how many make a batch depends on
    how busy the machine is.
    """
    for name in ("a", "b"):
        posecheck.analyse(mixed, exercise=exercise, model="lite", out_dir=here / name)
    words = command(
        "analyse", mixed, "--exercise", exercise, "--model", "lite", "--out", here / "c"
    )
    assert run(words, cwd=here).returncode == 0
    contents = []
    for name in ("a", "b", "c"):
        first, *rest = (here / name / "mixed.posecheck.jsonl").read_bytes().split(b"\n")
        header = json.loads(first)
        assert header.pop("created")
        kinds: dict[bytes, list[bytes]] = {}
        for line in rest:
            kinds.setdefault(line[:20].split(b",")[0], []).append(line)
        contents.append((list(header.items()), kinds))
    assert contents[0] == contents[1]
    assert contents[0] == contents[2]


def test_auto_names_its_exercise(clips: Clips, here: Path, cli: Cli) -> None:
    said = cli("analyse", clips.supine, "--exercise", "auto", "--json")
    session = load(here / said.summary["session"])
    assert session.header["exercise"] is None
    assert session.exercise is not None
    assert session.exercise.name == said.summary["exercise"]
    assert len(session.verdicts) == len(session.observations)


def test_session_cut_off_anywhere_still_loads(clips: Clips, here: Path) -> None:
    summary = posecheck.analyse(clips.person, model="lite", out_dir=here / "o")
    assert summary.session is not None
    content = summary.session.read_bytes()
    first_line = content.index(b"\n") + 1
    whole = load(summary.session)
    path = here / "cut.jsonl"
    chance = random.Random(7)  # noqa: S311 - no secret
    for end in sorted(chance.sample(range(first_line, len(content)), 40)):
        path.write_bytes(content[:end])
        session = load(path)
        assert len(session.problems) <= 1
        count = len(session.observations)
        assert all(
            same(a, b)
            for a, b in zip(session.observations, whole.observations[:count], strict=True)
        )


def test_damaged_lines_are_left_out_and_reported(clips: Clips, here: Path) -> None:
    """Whatever stands in the lines, the rest of a session is read or a line says why not."""
    summary = posecheck.analyse(clips.person, model="lite", out_dir=here / "o")
    assert summary.session is not None
    lines = summary.session.read_bytes().split(b"\n")[:-1]
    path = here / "damaged.jsonl"
    junk = [b"null", b"5", b"[]", b"{}", b'{"type":[]}', b'"x"', b"\xff", b"{", b'{"type":"end"}']
    for number, bad in enumerate(junk):
        changed = list(lines)
        changed[3 + number] = bad
        path.write_bytes(b"\n".join(changed) + b"\n")
        session = load(path)
        assert len(session.problems) == 1
        assert f"line {4 + number}" in session.problems[0]


@pytest.mark.parametrize("key", ["ended", "ledger", "warnings"])
@pytest.mark.parametrize("value", [None, 5, "x", [1], {"a": 1}])
def test_damaged_last_line_is_left_out_and_reported(key: str, value: object, here: Path) -> None:
    header = {"type": "header", "schema": "posecheck.session/3", "exercise": None}
    end = {
        "type": "end",
        "ended": "complete",
        "ledger": {"valid_us": 1, "wrong_us": 2, "unseen_us": 3},
        "warnings": ["w"],
    }
    path = here / "s.jsonl"
    path.write_text(f"{json.dumps(header)}\n{json.dumps(end)}\n")
    assert load(path).ledger == posecheck.Ledger(1, 2, 3)
    path.write_text(f"{json.dumps(header)}\n{json.dumps({**end, key: value})}\n")
    session = load(path)
    usable = (key == "ended" and value == "x") or (key == "warnings" and value == [1])
    if not usable:
        assert session.problems, f"{key} = {value!r} was taken"
        assert session.ledger is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"hello",
        b"{}",
        b"[]",
        b"null",
        b'{"type":"header"}',
        b"\xff\xfe",
        b"[" * 9999,
        b'{"type":"header","schema":5}',
        b'{"type":"header","schema":"posecheck.session/x"}',
    ],
)
def test_what_is_no_session_is_refused_in_one_line(content: bytes, here: Path) -> None:
    path = here / "x.jsonl"
    path.write_bytes(content)
    with pytest.raises(SessionError, match="not a posecheck session file"):
        load(path)
    path.write_bytes(b'{"type":"header","schema":"posecheck.session/99"}\n')
    with pytest.raises(SessionError, match="newer format"):
        load(path)
    with pytest.raises(SessionError, match="cannot be read"):
        load(here / "none.jsonl")
