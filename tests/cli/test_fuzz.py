"""The fuzzer finds nothing in a few inputs of every format, and would find something."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from media import REPOSITORY, environment

from posecheck.annotations import Recorded
from posecheck.annotations.exchange import read
from posecheck.exercises import load
from tests.bench import fuzz
from tests.damage import Damage, harmed, places, spoiled

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="it works in forked processes")


@pytest.mark.slow
def test_a_few_inputs_of_every_format() -> None:
    words = [sys.executable, "-m", "tests.bench.fuzz", "--inputs", str(3 * len(fuzz.FORMATS))]
    done = subprocess.run(
        words, cwd=REPOSITORY, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [[name, "3"] for name in fuzz.FORMATS]


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
