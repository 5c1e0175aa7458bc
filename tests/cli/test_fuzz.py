"""The fuzzer finds nothing in a few inputs of every format, and would find something."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from media import LITE, REPOSITORY, Cli, environment, person_images, write_video

from posecheck.annotations import Recorded
from posecheck.annotations.exchange import read
from posecheck.annotations.store import load as load_annotations
from posecheck.errors import AnnotationError
from posecheck.exercises import load
from posecheck.pipeline import observe
from posecheck.session import load as load_session
from posecheck.types import Observation
from tests.bench import fuzz
from tests.damage import Damage, harmed, places, spoiled

if TYPE_CHECKING:
    from pathlib import Path

    from posecheck.exercises import Exercise
    from posecheck.types import Frame

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="it works in forked processes")


class Nobody:
    """An estimator that sees nobody, at once."""

    def estimate(self, frame: Frame) -> Observation:
        return Observation(frame.t_s, frame.size_px, None)

    def close(self) -> None:
        """Nothing to let go of."""


@pytest.mark.slow
def test_a_few_inputs_of_every_format() -> None:
    words = [sys.executable, "-m", "tests.bench.fuzz", "--inputs", str(3 * len(fuzz.FORMATS))]
    done = subprocess.run(
        words, cwd=REPOSITORY, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [[name, "3"] for name in fuzz.FORMATS]


def test_each_format_gets_every_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one seed for all, a format would get only even or only odd ones."""
    tried: list[tuple[str, int]] = []

    def note(name: str, seed: int, _: object, folder: Path) -> tuple[list[str], fuzz.Found, str]:
        folder.mkdir()
        tried.append((name, seed))
        return [], fuzz.Found(), ""

    monkeypatch.setattr(fuzz, "make_base", lambda _: fuzz.Base({}, tmp_path))
    monkeypatch.setattr(fuzz, "try_one", note)
    fuzz.run(6, 100, ["session", "truth"], None)
    assert tried == [(n, s) for s in (100, 101, 102) for n in ("session", "truth")]


def test_faults_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: object) -> object:
        (tmp_path / "x" / "kept").write_text("1")

        def work() -> int:
            (tmp_path / "x" / "kept").write_text("2")
            print("\x1b[2J")
            raise ZeroDivisionError

        return work

    monkeypatch.setitem(fuzz.FORMATS, "faulty", faulty)
    base = fuzz.Base({}, tmp_path)
    faults, one, said = fuzz.try_one("faulty", 1, base, tmp_path / "x")
    told = [fault for fault in faults if fault != "memory"]  # that of the tests before counts, too
    assert told == ["traceback", "exit code", "file changed", "control character"]
    assert "ZeroDivisionError" in said
    assert one.most_mib > 0


@pytest.mark.parametrize("ending", fuzz.TABLES)
def test_undamaged_tables_are_read(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_text(fuzz.TABLES[ending], "utf-8")
    about = Recorded(load("supine-figure-four"))
    assert len(read(path, about.exercise, "eye").items) >= 8


@pytest.mark.parametrize("seed", range(6))
def test_how_much_a_damaged_session_leaves(seed: int, tmp_path: Path) -> None:
    """Every line that was not hit is used, and what is missing is told."""
    content = fuzz.SESSION.read_bytes()
    head = content.index(b"\n") + 1  # without the first line it is no session
    kinds = ("flip", "zero")  # lines keep their places
    hit = content[:head] + harmed(content[head:], seed, Damage(1 + 3 * seed, 9, kinds=kinds))
    path = tmp_path / "s.posecheck.jsonl"
    path.write_bytes(hit)
    whole, left = load_session(fuzz.SESSION), load_session(path)
    touched = sum(a != b for a, b in zip(content.split(b"\n"), hit.split(b"\n"), strict=False))
    touched += abs(hit.count(b"\n") - content.count(b"\n"))
    assert 0 < touched <= 2 * (1 + 3 * seed)
    lines = len(whole.observations) + len(whole.verdicts)
    assert lines - 2 * touched <= len(left.observations) + len(left.verdicts) <= lines
    if len(left.observations) < len(whole.observations):
        assert left.problems
    judged = dict(whole.verdicts)
    other = [t_s for t_s, verdict in left.verdicts if judged.get(t_s) != verdict]
    assert len(other) <= touched


ANNOTATIONS = REPOSITORY / "sample_videos/sessions/seated_figure_four.eye.annotations.json"


@pytest.mark.parametrize("hits", [1, 4])
def test_how_much_damaged_annotations_leave(hits: int, tmp_path: Path) -> None:
    """A file is refused in one line and left as it is, or every entry that was not hit is there."""
    content = json.loads(ANNOTATIONS.read_text("utf-8"))
    whole = {item.start_s: item for item in load_annotations(ANNOTATIONS).items}
    path = tmp_path / "s.eye.annotations.json"
    refused = read_whole = 0
    for seed in range(60):
        hit = spoiled(content, seed, hits)
        raw = json.dumps(hit).encode()
        path.write_bytes(raw)
        said = ""
        try:
            left = load_annotations(path).items
        except AnnotationError as error:
            said = str(error)
        if said:
            refused += 1
            assert said.startswith(f"{path}: is ")  # no whole annotation file, or a newer one
            assert said.isprintable()
            assert len(said) < 1000
        else:
            read_whole += 1
            kept = [entry for entry in hit["items"] if entry in content["items"]]
            same = [item for item in left if whole.get(item.start_s) == item]
            assert len(left) == len(hit["items"])
            assert len(same) >= len(kept) >= len(content["items"]) - hits
        assert path.read_bytes() == raw
    assert refused >= 40
    assert read_whole >= (2 if hits == 1 else 0)


@pytest.mark.parametrize("hits", [1, 5])
def test_how_much_a_damaged_table_leaves(hits: int, tmp_path: Path) -> None:
    """A line that was hit is named, or all lines are there; the file is left as it is."""
    path = tmp_path / "x.csv"
    exercise = load("supine-figure-four")
    lines = fuzz.TABLES["csv"].encode().split(b"\n")
    path.write_bytes(b"\n".join(lines))
    whole = len(read(path, exercise, "eye").items)
    refused = 0
    for seed in range(60):
        hit = harmed(b"\n".join(lines[1:]), seed, Damage(hits, 3, kinds=("flip",)))
        raw = b"\n".join([lines[0], hit])
        path.write_bytes(raw)
        if len(now := raw.split(b"\n")) != len(lines):
            continue  # it was a line's end
        touched = {number for number, one in enumerate(now, 1) if one != lines[number - 1]}
        said = problem_of(path, exercise)
        assert path.read_bytes() == raw
        if not said:
            assert len(read(path, exercise, "eye").items) == whole
            continue
        refused += 1
        assert said.isprintable()
        named = {int(number) for number in re.findall(r"line (\d+)", said)}
        assert named & touched or "UTF-8" in said, said
    assert refused >= 20


def problem_of(path: Path, exercise: Exercise) -> str:
    try:
        read(path, exercise, "eye")
    except AnnotationError as error:
        return str(error)
    return ""


@pytest.mark.slow
@pytest.mark.parametrize("hits", [1, 3, 9])
def test_how_much_a_damaged_video_leaves(
    hits: int, here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames that were not hit are there, at their times, and the seconds add up."""
    monkeypatch.setattr(observe, "open_estimator", lambda *_, **__: Nobody())
    images = person_images()
    write_video(here / "v.avi", images, codec="mjpeg", pix_fmt="yuvj420p")
    content = (here / "v.avi").read_bytes()
    start, end = len(content) // 10, 9 * len(content) // 10  # the index stays whole
    middle = harmed(content[start:end], hits, Damage(hits, 200, kinds=("zero",)))
    (here / "v.avi").write_bytes(content[:start] + middle + content[end:])
    said = cli("analyse", "v.avi", "--json", *LITE)
    assert said.code == 0
    assert said.summary["frames"] >= len(images) - 2 * hits
    session = load_session(here / said.summary["session"])
    assert session.problems == ()
    times = [seen.t_s for seen in session.observations]
    assert {round(15 * t_s) for t_s in times} <= set(range(len(images)))
    assert session.ledger is not None
    assert session.ledger.elapsed_us == pytest.approx(1e6 * (times[-1] - times[0]), abs=2)
    if len(times) < len(images):
        assert "damaged" in " ".join(said.summary["warnings"])


def test_damage_is_the_same_for_the_same_seed() -> None:
    content = bytes(range(256)) * 4
    assert harmed(content, 5) == harmed(content, 5) != harmed(content, 6)
    late = harmed(content, 5, Damage(9, 3, kinds=("flip",)))
    assert len(late) == len(content)
    assert sum(a != b for a, b in zip(content, late, strict=True)) in range(1, 10)
    near = harmed(content, 5, Damage(9, 3, 10.0, kinds=("flip",)))
    assert near[103:] == content[103:]
    value = {"a": [1, 2.5, "x"], "b": {"c": None}}
    assert list(places(value)) == [("a",), ("a", 0), ("a", 1), ("a", 2), ("b",), ("b", "c")]
    assert spoiled(value, 3) == spoiled(value, 3)
    assert value == {"a": [1, 2.5, "x"], "b": {"c": None}}
