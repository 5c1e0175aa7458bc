"""Any damage to a session file: what is whole is used, the rest is reported, nothing crashes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posecheck import session
from posecheck.errors import SessionError
from posecheck.pipeline.playback import SessionPlayback
from posecheck.replay.rejudge import Again, check
from posecheck.session.decode import MOST_SENTENCES, Problems

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "golden" / "supine-2.posecheck.jsonl"
LINES = GOLDEN.read_bytes().split(b"\n")[:40]
FUZZ = settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
QUICK = settings(FUZZ, max_examples=60)


def replayed(path: Path) -> SessionPlayback | None:
    """Read, show and judge a file as `posecheck replay` does; None if it is refused."""
    before, told = path.read_bytes(), ""
    recording: SessionPlayback | None
    try:
        recording = SessionPlayback.open(path).read_all()
    except SessionError as error:
        told = str(error)
        recording = None
    finally:
        assert path.read_bytes() == before
    if recording is None:
        assert path.name in told
        assert "\n" not in told
        return None
    times_us = [round(step.t_s * 1e6) for step in recording.steps]
    assert all(a < b for a, b in pairwise(times_us))
    assert recording.steps[-1].ledger.elapsed_us == times_us[-1] - times_us[0]
    assert len(recording.problems) <= MOST_SENTENCES + 2
    check(recording)
    return recording


class Damaged(bytes):
    """A file, shown by what was done to it."""

    edits: list[object]

    def __repr__(self) -> str:
        return f"Damaged({self.edits!r})"


@st.composite
def damaged_bytes(draw: st.DrawFn) -> Damaged:
    """A file with some of its bytes changed, cut out, repeated or put in."""
    edits: list[object] = []
    content = bytearray(b"\n".join(LINES))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(content)))
        length = draw(st.sampled_from([0, 1, 7, 300, 20_000]))
        kind = draw(st.sampled_from(["cut", "put", "repeat", "zero", "end"]))
        edits.append((kind, place, length))
        if kind == "cut":
            del content[place : place + length]
        elif kind == "put":
            content[place:place] = draw(st.binary(max_size=20))
        elif kind == "repeat":
            content[place:place] = content[place : place + length]
        elif kind == "zero":
            content[place : place + length] = bytes(len(content[place : place + length]))
        else:
            del content[place:]
    made = Damaged(content)
    made.edits = edits
    return made


@FUZZ
@given(content=damaged_bytes())
def test_any_damaged_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(content)
    replayed(path)


NUMBERS = st.none() | st.floats() | st.integers() | st.sampled_from([0, -1, 1e308, 2**63])
VALUES = st.recursive(
    NUMBERS | st.booleans() | st.text(max_size=6) | st.sampled_from(["valid", "left", "lean"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)


@st.composite
def damaged_values(draw: st.DrawFn) -> Damaged:
    """A file of whole JSON lines in which some values are others, or missing."""
    edits: list[object] = []
    lines = [orjson.loads(line) for line in LINES]
    for _ in range(draw(st.integers(1, 4))):
        target = lines[draw(st.integers(0, len(lines) - 1))]
        while True:
            keys = list(target) if isinstance(target, dict) else range(len(target))
            if not keys:
                break
            key = draw(st.sampled_from(list(keys)))
            if isinstance(target[key], dict | list) and draw(st.booleans()):
                target = target[key]
                continue
            if draw(st.booleans()) and isinstance(target, dict):
                del target[key]
                edits.append(("del", key))
            else:
                target[key] = draw(VALUES)
                edits.append((key, target[key]))
            break
    option = orjson.OPT_PASSTHROUGH_SUBCLASS
    kept = []
    for line in lines:
        try:
            kept.append(orjson.dumps(line, option=option))
        except TypeError:  # an integer that JSON readers do not take
            kept.append(b"{}")
    made = Damaged(b"\n".join(kept))
    made.edits = edits
    return made


@FUZZ
@given(content=damaged_values())
def test_any_other_values_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(content)
    replayed(path)


@QUICK
@given(lost=st.sets(st.integers(1, len(LINES) - 1), max_size=12))
def test_every_whole_line_beside_damaged_ones_is_used(tmp_path: Path, lost: set[int]) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(b"\n".join(b"{" if i in lost else line for i, line in enumerate(LINES)))
    read = session.load(path)
    whole = [line for i, line in enumerate(LINES) if i not in lost]
    assert len(read.observations) == sum(b'"pose"' in line[:20] for line in whole)
    assert len(read.verdicts) == sum(b'"verdict"' in line[:20] for line in whole)
    assert bool(read.problems) is bool(lost)


@QUICK
@given(order=st.permutations(range(1, 14)))
def test_times_out_of_order_are_left_out_and_told(tmp_path: Path, order: list[int]) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(b"\n".join([LINES[0], *(LINES[i] for i in order)]))
    read = session.load(path)
    times = [seen.t_s for seen in read.observations]
    assert times == sorted(set(times))
    said = [t_s for t_s, _ in read.verdicts]
    assert said == sorted(set(said))
    used = len(times) + len(said) + len(read.holds) + len(read.asked)
    if used < len(order):
        assert "out of order in time" in " ".join(read.problems)


def test_nan_and_infinity_are_no_json_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    lines = list(LINES)
    row = next(i for i, line in enumerate(lines) if b'"pose"' in line[:20])
    lines[row] = lines[row].replace(b'"t_s":0.0', b'"t_s":NaN')
    path.write_bytes(b"\n".join(lines))
    assert session.load(path).problems == (
        f"line {row + 1} cannot be used and was left out",
    )  # fmt: skip
    assert replayed(path) is not None


def test_missing_landmarks_are_unseen(tmp_path: Path) -> None:
    """The writer turns NaN into null; the reader turns it back, and the moment is unseen."""
    path = tmp_path / "s.jsonl"
    lines = []
    for line in LINES:
        content = orjson.loads(line)
        if content["type"] == "pose":
            content["world_m"] = [[None] * 3] * 33
            content["visibility"] = [None] * 33
        lines.append(orjson.dumps(content))
    path.write_bytes(b"\n".join(lines))
    recording = replayed(path)
    assert recording is not None
    assert recording.problems == ()
    assert {str(step.verdict.state) for step in Again(recording).steps()} == {"unseen"}


def test_unknown_fields_are_passed_over_and_unknown_kinds_are_told(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    lines = [orjson.dumps({**orjson.loads(line), "later": {"x": 1}}) for line in LINES]
    path.write_bytes(b"\n".join([*lines, b'{"type":"mood","t_s":1}']))
    read = session.load(path)
    assert read.problems == (f"line {len(LINES) + 1} cannot be used and was left out",)
    assert len(read.observations) == sum(b'"pose"' in line[:20] for line in LINES)


def test_a_faulty_exercise_in_the_file_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    header = orjson.loads(LINES[0])
    header["exercise"]["rules"] = []
    path.write_bytes(b"\n".join([orjson.dumps(header), *LINES[1:]]))
    read = session.load(path)
    assert read.exercise is None
    assert "line 1: the stored exercise" in read.problems[0]
    assert "\n" not in read.problems[0]
    verdicts = sum(b'"verdict"' in line[:20] for line in LINES)
    assert verdicts > 1
    assert read.problems[1:] == (
        f"{verdicts} verdicts left out: verdicts need the exercise that they were made by",
    )
    assert len(read.observations) == sum(b'"pose"' in line[:20] for line in LINES)
    with pytest.raises(SessionError, match="name one with --exercise"):
        SessionPlayback.open(path)


def test_many_places_are_counted_and_neighbours_are_one() -> None:
    problems = Problems()
    for line in [3, 4, 5, 9, *range(20, 60, 2)]:
        problems.add(line, "not usable")
    told = problems.sentences()
    assert told[:2] == (
        "lines 3 to 5 cannot be used and were left out",
        "line 9 cannot be used and was left out",
    )
    assert told[-1] == "17 more lines from line 26 on were left out"
    assert len(told) == MOST_SENTENCES + 1
