"""Batches as a user runs them: faults, kills, Ctrl-C, other numbers of workers, other clusters."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest
from jsonschema import Draft202012Validator
from media import LITE, Clips, command, environment

from posecheck.commands.schema import schema
from posecheck.session import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from media import Cli, Said

    Cluster = tuple[str, list[subprocess.Popen[bytes]]]

psutil = pytest.importorskip("psutil")
pytest.importorskip("distributed")
dask = pytest.importorskip("dask")
parquet = pytest.importorskip("pyarrow.parquet")

pytestmark = pytest.mark.slow

FAULTS: Final = """
import sys
if "posecheck.batch.isolated" in sys.orig_argv:
    import os, signal, time
    from posecheck.batch import work
    analysed = work.run
    def run(path, plan):
        with open(path.parent / "notes", "a") as notes:
            notes.write(f"{path.name}\\n")
        if "kills" in path.name:
            os.kill(os.getpid(), signal.SIGKILL)
        if "blocks" in path.name:
            time.sleep(600)
        if "bug" in path.name:
            raise RuntimeError("a broken part")
        if "slow" in path.name:
            time.sleep(0.5)
        return analysed(path, plan)
    work.run = run
"""
"""Put on the path of every process: files of some names crash, block or delay it."""

SPAWNED: Final = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from posecheck.cli import main; sys.exit(main(sys.argv[1:]))"
)
"""Runs posecheck with the usual Ctrl-C, also where the tests run in the background."""

DASK_CONNECT: Final = "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT"
"""Name of dask's setting for the longest wait for a scheduler, as a variable."""

STUCK_S: Final = 300
"""Time in seconds after which a test gives up waiting for a process that neither says what it
waits for nor ends; nothing is measured by it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder with recordings, and the environment that makes some of them faulty."""

    folder: Path
    clip: Path
    env: dict[str, str]
    cli: Cli

    def put(self, *names: str) -> None:
        for name in names:
            file = self.folder / "clips" / f"{name}.mp4"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(self.clip.read_bytes())

    def words(self, *arguments: object) -> list[str]:
        return command("batch", "clips", "--out", "out", *LITE, *arguments)[3:]

    def batch(self, *arguments: object) -> Said:
        return self.cli(*self.words(*arguments))

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", SPAWNED, *self.words(*arguments)],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @property
    def worked_on(self) -> list[str]:
        notes = self.folder / "clips" / "notes"
        return notes.read_text().split() if notes.exists() else []

    def rows(self, table: str = "recordings") -> list[dict[str, Any]]:
        return list(parquet.read_table(self.folder / "out" / f"{table}.parquet").to_pylist())

    def results(self) -> dict[str, bytes]:
        found = (self.folder / "out" / ".batch" / "results").rglob("*.json")
        return {path.name: path.read_bytes() for path in found}

    @property
    def reported(self) -> int:
        """Number of results that the workers have reported to the run."""
        contents = self.folder / "out" / ".batch" / "contents.jsonl"
        return contents.read_bytes().count(b"\n") if contents.exists() else 0

    def wait_for_results(self, count: int, running: subprocess.Popen[str]) -> None:
        wait_until(lambda: len(self.results()) >= count, running)

    def check_whole(self, names: int) -> None:
        """Check that every result has its whole session, and that nothing else is left."""
        sessions = list((self.folder / "out" / "sessions").rglob("*.jsonl"))
        assert len(sessions) == names
        for path in sessions:
            session = load(path)
            assert session.ended == "complete"
            assert not session.problems
        assert not (self.folder / "out" / ".batch" / "parts").exists()
        assert not list((self.folder / "out").rglob("*.part"))


def wait_until(done: Callable[[], bool], running: subprocess.Popen[Any]) -> None:
    """Wait until something is so; fail if the process ends before that."""
    deadline = time.monotonic() + STUCK_S
    while not done():
        assert running.poll() is None, "the process has ended"
        assert time.monotonic() < deadline, "the process is stuck"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of processes that some recordings crash, block or delay."""
    faults = tmp_path_factory.mktemp("faults")
    (faults / "sitecustomize.py").write_text(FAULTS)
    return environment(PYTHONPATH=str(faults), **{DASK_CONNECT: f"{STUCK_S}s"})


@pytest.fixture
def desk(
    here: Path, clips: Clips, env: dict[str, str], cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("PYTHONPATH", env["PYTHONPATH"])
    with dask.config.set({"distributed.comm.timeouts.connect": f"{STUCK_S}s"}):
        yield Desk(here, clips.nobody, env, cli)


def says(log: Path, words: bytes) -> bool:
    return words in log.read_bytes()


@contextmanager
def cluster(folder: Path, env: dict[str, str], workers: int) -> Iterator[Cluster]:
    """Start a scheduler and workers as a cluster's administrator does, and end them."""
    place = folder / "scheduler.json"
    usual = ["--no-dashboard", "--scheduler-file", str(place)]
    works = ["worker", *usual, "--nthreads", "1", "--local-directory", str(folder)]
    words = [["scheduler", *usual, "--host", "127.0.0.1", "--port", "0"], *[works] * workers]
    dask = [sys.executable, "-c", "import sys; from dask.__main__ import main; sys.exit(main())"]
    logs = [folder / f"{number}.log" for number in range(len(words))]
    running = []
    try:
        for some, log in zip(words, logs, strict=True):
            with log.open("wb") as file:
                running.append(subprocess.Popen([*dask, *some], cwd=folder, env=env, stderr=file))
        for process, log, said in zip(
            running, logs, [b"Scheduler at:", *[b"Registered to:"] * workers], strict=True
        ):
            wait_until(partial(says, log, said), process)
        yield json.loads(place.read_text())["address"], running
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait(timeout=STUCK_S)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Iterator[str]:
    """Give the address of a scheduler with two workers that many tests share."""
    with cluster(tmp_path_factory.mktemp("cluster"), env, 2) as (found, _):
        yield found


def told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows without what differs from run to run."""
    return [{k: v for k, v in row.items() if k not in {"made", "work_s"}} for row in rows]


def test_each_recording_gets_a_session_and_a_row_and_faults_stay_alone(
    desk: Desk, address: str
) -> None:
    desk.put("a", "kills", "b", "blocks", "c", "bug")
    (desk.folder / "clips" / "text.mp4").write_text("no video")
    done = desk.batch("--scheduler", address, "--timeout", 10, "--json")
    assert (done.code, done.err) == (1, "")
    said = done.summary
    assert list(Draft202012Validator(schema("batch")).iter_errors(said)) == []
    assert (said["recordings"], said["done"], said["not_done"]) == (7, 3, 0)
    reasons = {one["recording"]: one["error"] for one in said["failed"]}
    assert list(reasons) == [f"clips/{name}.mp4" for name in ("blocks", "bug", "kills", "text")]
    assert "longer than 10 s" in reasons["clips/blocks.mp4"]
    assert "SIGKILL" in reasons["clips/kills.mp4"]
    assert "RuntimeError: a broken part" in reasons["clips/bug.mp4"]
    assert "not a video" in reasons["clips/text.mp4"]
    kept = (desk.folder / "out" / "errors" / "clips_bug.mp4.txt").read_text()
    assert "Traceback" in kept
    tried_twice = ("blocks", "bug", "kills", "text")
    times = {name: desk.worked_on.count(f"{name}.mp4") for name in ("a", "b", "c", *tried_twice)}
    assert times == {"a": 1, "b": 1, "c": 1, **dict.fromkeys(tried_twice, 2)}
    rows = desk.rows()
    assert [row["recording"] for row in rows] == sorted(row["recording"] for row in rows)
    good = [row for row in rows if row["status"] == "done"]
    assert [row["frames"] for row in good] == [8, 8, 8]
    for row in good:
        assert load(desk.folder / "out" / row["session"]).ended == "complete"
        parts = row["valid_s"] + row["wrong_s"] + row["unseen_s"]
        assert parts == pytest.approx(row["duration_s"], abs=1e-9)
        assert len(row["model_sha256"]) == len(row["content_sha256"]) == 64
    with (desk.folder / "out" / "recordings.csv").open(encoding="utf-8") as file:
        listed = list(csv.DictReader(file))
    assert [row["recording"] for row in listed] == [row["recording"] for row in rows]
    assert [row["error"] for row in listed] == [row["error"] or "" for row in rows]


def test_only_what_is_missing_or_changed_is_done(desk: Desk, address: str) -> None:
    there = ("--scheduler", address)
    desk.put("a", "b")
    assert desk.batch(*there).code == 0
    first, results = desk.rows(), desk.results()
    again = desk.batch(*there)
    assert again.code == 0
    assert "2 done (2 of them before)" in again.out
    assert desk.rows() == first
    assert sorted(desk.worked_on) == ["a.mp4", "b.mp4"]
    os.utime(desk.folder / "clips" / "a.mp4", (1, 1))  # touched, and the same inside
    (desk.folder / "clips" / "b.mp4").write_bytes(desk.clip.read_bytes() + b"changed")
    desk.put("c")
    assert desk.batch(*there).code == 0
    assert sorted(desk.worked_on) == ["a.mp4", "b.mp4", "b.mp4", "c.mp4"]
    assert {key: desk.results()[key] for key in results} == results
    session = desk.folder / "out" / desk.rows()[0]["session"]
    session.write_bytes(session.read_bytes()[:-5])  # as after a disk fault
    assert desk.batch(*there, "--exercise", "seated-figure-four").code == 0
    assert desk.worked_on.count("a.mp4") == 2
    assert desk.batch(*there, "--side", "left").code == 0
    assert len(desk.worked_on) == 8, "other options are another result"


def test_the_rows_are_the_same_with_other_workers_and_on_another_cluster(
    desk: Desk, address: str
) -> None:
    desk.put("a", "b", "c", "d")
    assert desk.batch("--workers", 1).code == 0
    first = told(desk.rows())
    for words in (("--workers", 2), ("--scheduler", address)):
        shutil.rmtree(desk.folder / "out")
        done = desk.batch(*words)
        assert (done.code, done.err) == (0, "")
        assert told(desk.rows()) == first
    assert len(desk.worked_on) == 12


def processes_of(run_: subprocess.Popen[str], module: str) -> list[Any]:
    """Return the processes below a run whose command line names a module."""
    below = psutil.Process(run_.pid).children(recursive=True)
    return [process for process in below if any(module in word for word in process.cmdline())]


def test_a_killed_worker_loses_and_repeats_nothing_finished(desk: Desk) -> None:
    names = [f"slow{number}" for number in range(6)]
    desk.put(*names)
    with desk.start("--workers", 2, "--json") as running:
        desk.wait_for_results(2, running)
        processes_of(running, "spawn_main")[0].kill()
        out, err = running.communicate(timeout=STUCK_S)
    assert (running.returncode, err) == (0, "")
    assert json.loads(out)["done"] == 6
    assert set(desk.worked_on) == {f"{name}.mp4" for name in names}
    assert len(desk.worked_on) <= 7, "only what it worked on is done again"
    desk.check_whole(6)


def test_a_killed_run_is_taken_up_where_it_was(desk: Desk, address: str) -> None:
    names = [f"slow{number}" for number in range(6)]
    desk.put(*names)
    with desk.start("--workers", 2) as running:
        desk.wait_for_results(2, running)
        below = psutil.Process(running.pid).children(recursive=True)
        running.kill()
    _, alive = psutil.wait_procs(below, timeout=STUCK_S)
    assert not alive, "no process outlives the run"
    finished = desk.results()
    again = desk.batch("--scheduler", address, "--json")
    assert again.code == 0
    assert again.summary["done"] == 6
    assert {key: desk.results()[key] for key in finished} == finished
    assert len(desk.worked_on) <= 8, "two were in work"
    desk.check_whole(6)


def test_a_lost_scheduler_keeps_what_is_finished(desk: Desk, tmp_path: Path, address: str) -> None:
    desk.put(*(f"slow{number}" for number in range(8)))
    with cluster(tmp_path, desk.env, 1) as (own, running), desk.start("--scheduler", own) as batch:
        desk.wait_for_results(1, batch)
        running[0].kill()
        out, err = batch.communicate(timeout=STUCK_S)
    assert batch.returncode == 2
    assert "scheduler" in err
    assert "is gone" in err
    assert len(err.splitlines()) == 1
    assert "not done" in out
    finished = desk.results()
    assert desk.batch("--scheduler", address).code == 0
    assert {key: desk.results()[key] for key in finished} == finished
    desk.check_whole(8)


def test_ctrl_c_keeps_everything_finished(desk: Desk, address: str) -> None:
    desk.put(*(f"slow{number}" for number in range(8)))
    with desk.start("--workers", 2, "--json") as running:
        wait_until(lambda: desk.reported >= 2, running)
        below = psutil.Process(running.pid).children(recursive=True)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to all of them
        out, err = running.communicate(timeout=STUCK_S)
    assert running.returncode == 130
    assert err == "posecheck: stopped; everything finished is kept in out\n"
    said = json.loads(out)
    assert said["interrupted"]
    assert 2 <= said["done"] < 8
    assert [row["status"] for row in desk.rows()].count("done") == said["done"]
    _, alive = psutil.wait_procs(below, timeout=STUCK_S)
    assert not alive
    assert desk.batch("--scheduler", address).code == 0
    desk.check_whole(8)


def test_it_listens_on_the_loopback_only_and_talks_to_itself_only(desk: Desk) -> None:
    desk.put(*(f"slow{number}" for number in range(4)))
    seen: set[tuple[str, str]] = set()
    with desk.start("--workers", 2) as running:
        desk.wait_for_results(1, running)
        own = psutil.Process(running.pid)
        for process in (own, *own.children(recursive=True)):
            for found in process.net_connections("inet"):
                seen.add((found.status, found.laddr.ip))
                if found.raddr:
                    seen.add((found.status, found.raddr.ip))
        running.communicate(timeout=STUCK_S)
    assert {status for status, _ in seen} >= {"LISTEN", "ESTABLISHED"}
    assert {place for _, place in seen} == {"127.0.0.1"}


def test_a_scheduler_that_is_not_there_is_told_in_one_line(desk: Desk) -> None:
    desk.put("a")
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        done = desk.batch("--scheduler", "tcp://127.0.0.1:9")
    assert done.code == 2
    (line,) = done.err.splitlines()
    assert "no scheduler can be reached there" in line


def test_a_table_gives_exercise_side_and_further_columns(
    desk: Desk, clips: Clips, address: str
) -> None:
    shutil.copy(clips.person, desk.folder / "person.mp4")
    (desk.folder / "study.csv").write_text(
        "path,exercise,side,subject,status\n"
        "person.mp4,,right,Ann,first\n"
        "person.mp4,pigeon,,Ann,\n"
        "missing.mp4,,,Ben,first\n"
    )
    done = desk.cli("batch", "study.csv", "--out", "out", "--scheduler", address, *LITE)
    assert done.code == 1
    rows = desk.rows()
    assert [row["exercise"] for row in rows] == [
        "seated-figure-four",
        "pigeon",
        "seated-figure-four",
    ]
    assert [row["side_asked"] for row in rows] == ["right", "auto", "auto"]
    assert [row["subject"] for row in rows] == ["Ann", "Ann", "Ben"]
    assert [row["table_status"] for row in rows] == ["first", "", "first"]
    assert [row["status"] for row in rows] == ["done", "done", "failed"]
    assert "no such file" in rows[2]["error"]
    held = desk.rows("holds")
    assert held
    assert held[0]["subject"] == "Ann"
    assert held[0]["held_s"] == pytest.approx(rows[0]["held_s"])


def test_sessions_are_judged_again(desk: Desk, clips: Clips, address: str) -> None:
    shutil.copy(clips.person, desk.folder / "person.mp4")
    there = ("--out", "out", "--scheduler", address)
    assert desk.cli("batch", "person.mp4", *there, *LITE).code == 0
    first = desk.rows()[0]
    assert desk.cli("batch", "--judge", "out/sessions", *there).code == 0
    again = desk.rows()[0]
    for column in ("exercise", "frames", "valid_s", "wrong_s", "unseen_s", "held_s", "main_fault"):
        assert again[column] == first[column], column
    assert again["recorded_valid_s"] == first["valid_s"] > 0
    words = ("--judge", "out/sessions", *there, "--exercise", "pigeon")
    assert desk.cli("batch", *words).code == 0
    assert desk.rows()[0]["exercise"] == "pigeon"
    assert desk.rows()[0]["valid_s"] == 0
