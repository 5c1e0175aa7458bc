"""Recordings of a batch, its results on the disk, and its tables."""

from __future__ import annotations

import csv
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from posecheck.batch import store, tables
from posecheck.batch.isolated import FailedError, Isolated, answer_of
from posecheck.batch.recordings import BatchError, Recording, find
from posecheck.batch.run import BatchOutcome
from posecheck.batch.store import Job
from posecheck.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def job(**changes: object) -> Job:
    usual: dict[str, Any] = {
        "name": "clips/a.mp4",
        "path": "/clips/a.mp4",
        "out": "/out",
        "exercise": {"name": "pigeon"},
        "side": "auto",
        "model": "full",
        "model_sha256": "0" * 64,
        "judge": False,
        "posecheck": "0",
    }
    return Job(**{**usual, **changes})


def test_folders_files_and_tables_give_each_recording_once(tmp_path: Path) -> None:
    for name in ("b/2.mp4", "b/1.MOV", "b/.hidden/3.mp4", "b/notes.txt", "b/c/4.gif", "5.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "t.csv").write_text("path;subject\nb/2.mp4;Ann\n\n../6.mp4;Ben\n", "utf-8-sig")
    found = find([tmp_path / "b", tmp_path / "t.csv", tmp_path / "5.mp4", tmp_path / "5.mp4"])
    assert [one.name for one in found] == ["b/1.MOV", "b/2.mp4", "b/c/4.gif", "6.mp4", "5.mp4"]
    assert [one.columns for one in found[-2:]] == [(("subject", "Ben"),), ()]
    assert all(one.path.is_absolute() for one in found)
    without = find([tmp_path / "b"], skip=tmp_path / "b" / "c")
    assert [one.name for one in without] == ["b/1.MOV", "b/2.mp4"]


def test_two_files_of_one_name_get_two_names_and_two_exercises_one(tmp_path: Path) -> None:
    for name in ("x/clips/a.mp4", "y/clips/a.mp4"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    found = find([tmp_path / "x" / "clips", tmp_path / "y" / "clips"])
    assert [one.name for one in found] == ["clips/a.mp4", "clips/a (2).mp4"]
    table = tmp_path / "t.csv"
    table.write_text("path,exercise,side\na.mp4,pigeon,left\na.mp4,,\na.mp4,,\n")
    rows = find([table])
    assert [(one.name, one.exercise, one.side) for one in rows] == [
        ("a.mp4", "pigeon", "left"),
        ("a.mp4", "", ""),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,side\na.mp4,left\n", "no column 'path'"),
        ("path,path\na,b\n", "'path' twice"),
        ("path,side\na.mp4,up\n", "line 2: unknown side 'up'"),
        ("path,side\na.mp4\n,left\n", "line 3: names no recording"),
        ("path,side\na,b,c\n", "line 2: has 3 cells for 2 columns"),
        ("path\n", "names no recording below"),
        ("", "no column 'path'"),
    ],
)
def test_a_faulty_table_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(BatchError, match=said):
        find([tmp_path / "t.csv"])


def test_what_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="no such file or folder"):
        find([tmp_path / "missing"])
    with pytest.raises(BatchError, match="holds no file"):
        find([tmp_path])
    (tmp_path / "t.csv").write_bytes(b"path\n\xff\xfe\n")
    with pytest.raises(BatchError, match="not UTF-8"):
        find([tmp_path / "t.csv"])


def test_the_key_changes_with_what_decides_the_result_and_with_nothing_else() -> None:
    key = job().key("1")
    assert job(path="/moved/a.mp4", out="/other", posecheck="1", model="other").key("1") == key
    changed = [
        job().key("2"),
        job(name="b").key("1"),
        job(exercise="auto").key("1"),
        job(exercise={"name": "pigeon", "dose": 1}).key("1"),
        job(side="left").key("1"),
        job(model_sha256="1").key("1"),
        job(judge=True).key("1"),
    ]
    assert len({key, *changed}) == len(changed) + 1


def test_only_a_whole_result_with_its_session_counts(tmp_path: Path) -> None:
    key, session = "ab" * 32, tmp_path / "sessions" / "s.jsonl"
    content = {"session": {"file": "sessions/s.jsonl", "bytes": 3}, "row": {}, "holds": []}
    store.put_result(tmp_path, key, content)
    assert store.read_result(tmp_path, key) is None, "its session is missing"
    session.parent.mkdir()
    session.write_bytes(b"123")
    assert store.read_result(tmp_path, key) == {
        "schema": store.RESULT_SCHEMA,
        "key": key,
        **content,
    }
    session.write_bytes(b"12")
    assert store.read_result(tmp_path, key) is None, "its session is cut off"
    session.write_bytes(b"123")
    path = store.result_path(tmp_path, key)
    path.write_bytes(path.read_bytes()[:-1])
    assert store.read_result(tmp_path, key) is None, "it is cut off itself"


def test_a_file_that_fails_on_the_way_leaves_the_former_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"former")

    def fail() -> None:
        with store.replacing(path) as file:
            file.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert path.read_bytes() == b"former"
    assert list(tmp_path.iterdir()) == [path]


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        store.only_run(tmp_path / "out"),
        pytest.raises(BatchError, match="another batch"),
        store.only_run(tmp_path / "out"),
    ):
        pass
    with store.only_run(tmp_path / "out"):
        pass


def test_hashes_are_known_until_the_file_changes(tmp_path: Path) -> None:
    (tmp_path / ".batch").mkdir()
    file = tmp_path / "a.mp4"
    file.write_bytes(b"1")
    stamp = store.stamp(str(file))
    assert stamp is not None
    store.Contents(tmp_path).add(str(file), *stamp, "hash")
    with (tmp_path / ".batch" / "contents.jsonl").open("ab") as listed:
        listed.write(b'["cut off')
    assert store.Contents(tmp_path).get(str(file)) == "hash"
    os.utime(file, (1, 1))
    assert store.Contents(tmp_path).get(str(file)) is None


def test_tables_hold_done_failed_and_open_recordings(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    recordings = [
        Recording("a.mp4", tmp_path / "a.mp4", columns=(("subject", "Ann"), ("holds", "x"))),
        Recording("b\n.mp4", tmp_path / "b\n.mp4"),
        Recording("c.mp4", tmp_path / "c.mp4"),
    ]
    row = {"exercise": "pigeon", "frames": 3, "valid_s": 1.5, "exercise_fits": None, "holds": 1}
    hold = {"hold": 1, "side": "left", "held_s": 1.5, "complete": False}
    store.put_result(tmp_path, "k", {"session": None, "row": row, "holds": [hold]})
    outcome = BatchOutcome({0: "k"}, failed={1: "broken,\n it is"})
    files, sums = tables.write(tmp_path, recordings, [job()] * 3, outcome)
    assert sums["valid_s"] == 1.5
    rows = parquet.read_table(files["recordings.parquet"]).to_pylist()
    assert [one["status"] for one in rows] == ["done", "failed", "not done"]
    assert [one["subject"] for one in rows] == ["Ann", None, None]
    assert rows[0]["table_holds"] == "x"
    assert rows[0]["holds"] == 1
    assert rows[1]["recording"] == "b\\n.mp4"
    assert rows[1]["error"] == "broken,\\n it is"
    assert rows[2]["exercise"] == "pigeon"
    (held,) = parquet.read_table(files["holds.parquet"]).to_pylist()
    assert (held["recording"], held["subject"], held["complete"]) == ("a.mp4", "Ann", False)
    with files["recordings.csv"].open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    assert [{k: v or None for k, v in one.items()} for one in listed] == [
        {k: None if v is None else str(v) for k, v in one.items()} for one in rows
    ]


def test_an_answer_tells_faults_of_the_user_from_bugs() -> None:
    def refuse(_: Job) -> dict[str, Any]:
        message = "a.mp4: is\nempty"
        raise SourceError(message)

    def break_(_: Job) -> dict[str, Any]:
        message = "no such key"
        raise KeyError(message)

    assert answer_of(job(), refuse) == {"reason": "a.mp4: is empty", "details": ""}
    answer = answer_of(job(), break_)
    assert answer["reason"] == "a bug in posecheck: KeyError: 'no such key'"
    assert "Traceback" in answer["details"]
    assert answer_of(job(), lambda _: {"row": {}}) == {"result": {"row": {}}}


@pytest.fixture
def isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Isolated]:
    """Give a process that does what a job's name says, without posecheck."""
    script = tmp_path / "python"
    script.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys, time\n"
        "print('{}', flush=True)\n"
        "for line in sys.stdin:\n"
        "    name = json.loads(line)['name']\n"
        "    if name == 'exit': sys.stderr.write('last words'); sys.exit(3)\n"
        "    if name == 'wait': time.sleep(60)\n"
        "    print(json.dumps({'result': {'pid': os.getpid()}}), flush=True)\n"
    )
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    made = Isolated()
    yield made
    made.close()


def test_a_process_is_used_again_until_it_crashes_or_is_late(isolated: Isolated) -> None:
    first = isolated.perform(job(), 30)["pid"]
    assert isolated.perform(job(), 30)["pid"] == first
    with pytest.raises(FailedError) as crashed:
        isolated.perform(job(name="exit"), 30)
    assert crashed.value.reason == "crashed the process that worked on it (exit code 3)"
    assert crashed.value.details == "last words"
    second = isolated.perform(job(), 30)["pid"]
    assert second != first
    with pytest.raises(FailedError, match="took longer than"):
        isolated.perform(job(name="wait"), 0.2)
    assert isolated.perform(job(), 30)["pid"] not in {first, second}


def test_a_folder_of_sessions_is_told_how_to_judge_them(tmp_path: Path) -> None:
    (tmp_path / "a.posecheck.jsonl").touch()
    with pytest.raises(BatchError, match="holds sessions, which --judge judges again"):
        find([tmp_path])
    (tmp_path / "a.posecheck.jsonl").unlink()
    with pytest.raises(BatchError, match=r"holds no file that ends in [^;]*$"):
        find([tmp_path])
