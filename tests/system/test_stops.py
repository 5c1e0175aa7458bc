"""Kills and Ctrl-C: what was seen until then is kept."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from media import LITE, SEATED, Clips, command, environment, run, times_of

import posecheck
from posecheck import cli as command_line
from posecheck.errors import InstallationError
from posecheck.pipeline import analyse
from posecheck.pipeline.analyse import Interrupted
from posecheck.pose import models
from posecheck.session import load
from posecheck.system import machine
from posecheck.system.machine import ending_like_ctrl_c
from posecheck.types import Observation

if TYPE_CHECKING:
    from media import Cli

    from posecheck.pipeline.analyse import Progress
    from posecheck.types import Frame

pytestmark = pytest.mark.slow

# Runs posecheck and notes on descriptor 3 when each picture has left the model.
WATCHED = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from posecheck import pose
from posecheck.pipeline import observe
def watched(model, **rest):
    estimator = pose.open_estimator(model, **rest)
    estimate = estimator.estimate
    def noting(frame):
        seen = estimate(frame)
        os.write(int(sys.argv[1]), f"{time.monotonic()!r} {frame.t_s!r}\\n".encode())
        return seen
    estimator.estimate = noting
    return estimator
observe.open_estimator = watched
from posecheck.cli import main
sys.exit(main(sys.argv[2:]))
"""


def start(here: Path, *arguments: object) -> tuple[subprocess.Popen[str], Path]:
    """Start a watched run; return it and the file with its notes."""
    notes = here / "notes"
    with notes.open("wb") as file:
        child = subprocess.Popen(
            [sys.executable, "-c", WATCHED, str(file.fileno()), *map(str, arguments)],
            cwd=here,
            env=environment(),
            pass_fds=[file.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    return child, notes


def processed(notes: Path) -> list[tuple[float, float]]:
    """Return monotonic time and picture time of every picture that left the model."""
    lines = notes.read_text().split("\n")[:-1]
    return [(float(when), float(t_s)) for when, t_s in (line.split() for line in lines)]


def wait_for(notes: Path, pictures: int) -> None:
    deadline = time.monotonic() + 30
    while len(processed(notes)) < pictures:
        assert time.monotonic() < deadline, "nothing is processed"
        time.sleep(0.01)


def test_kill_loses_at_most_the_last_second(here: Path) -> None:
    child, notes = start(here, "analyse", SEATED, *LITE)
    wait_for(notes, 150)
    child.kill()
    killed_s = time.monotonic()
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    done = processed(notes)
    assert len(done) < 380, "it was over before the kill"
    session = load(here / "posecheck-sessions" / "seated_figure_four.posecheck.jsonl")
    assert session.ended is None
    assert session.ledger is None
    assert len(session.problems) <= 1, "at most the line that was cut off"
    must = [t_s for when, t_s in done if when < killed_s - 1]
    assert must, "the run was too short to show anything"
    assert [seen.t_s for seen in session.observations[: len(must)]] == must
    verdicts = [t_s for t_s, _ in session.verdicts]
    assert verdicts == [seen.t_s for seen in session.observations[: len(verdicts)]]
    assert len(session.observations) - len(verdicts) <= 8


class SlowEstimator:
    """Takes a quarter of a second for each picture and watches what reaches the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.done: list[float] = []
        self.behind_s = 0.0

    def estimate(self, frame: Frame) -> Observation:
        time.sleep(0.25)
        now = time.monotonic()
        on_disk = 0
        for path in self.folder.glob("*.jsonl"):
            on_disk = sum(b'"type":"pose"' in line for line in path.read_bytes().split(b"\n")[:-1])
        if on_disk < len(self.done):
            self.behind_s = max(self.behind_s, now - self.done[on_disk])
        self.done.append(now)
        return Observation(frame.t_s, frame.size_px, None)

    def close(self) -> None:
        """Nothing to let go of."""


def test_slow_computer_loses_at_most_the_last_second_too(
    here: Path, clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowEstimator(here / "o")
    monkeypatch.setattr("posecheck.pipeline.observe.open_estimator", lambda *_, **_rest: slow)
    with pytest.raises(Interrupted):
        posecheck.analyse(clips.person, model="lite", out_dir="o", on_progress=stop_at(9))
    assert len(slow.done) >= 9
    assert slow.behind_s <= 1.0, f"a picture waited {slow.behind_s:.1f} s in memory"


def test_ctrl_c_keeps_and_says_the_session(here: Path) -> None:
    child, notes = start(here, "analyse", SEATED, "--json", *LITE)
    wait_for(notes, 60)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=20)
    assert child.returncode == 130
    name = "posecheck-sessions/seated_figure_four.posecheck.jsonl"
    assert err == f"posecheck: stopped; the session so far is kept: {name}\n"
    session = load(here / name)
    assert session.ended == "interrupted"
    assert session.problems == ()
    assert 20 <= len(session.observations) < 380
    assert len(session.verdicts) == len(session.observations)
    summary = json.loads(out)
    assert summary["interrupted"] is True
    assert summary["frames"] == len(session.observations)
    assert summary["duration_s"] == pytest.approx(session.observations[-1].t_s, abs=1e-5)
    assert session.ledger is not None
    assert summary["seconds"]["valid"] == session.ledger.valid_us / 1e6


ENDS = ("SIGTERM", "SIGHUP") if sys.platform != "win32" else ()


@pytest.mark.parametrize("name", ENDS)
def test_a_request_to_end_is_like_ctrl_c(name: str, here: Path) -> None:
    child, notes = start(here, "analyse", SEATED, "--json", *LITE)
    wait_for(notes, 60)
    number = getattr(signal, name)
    child.send_signal(number)
    out, err = child.communicate(timeout=20)
    assert child.returncode == 128 + number
    kept = "posecheck-sessions/seated_figure_four.posecheck.jsonl"
    assert err == f"posecheck: stopped; the session so far is kept: {kept}\n"
    session = load(here / kept)
    assert session.ended == "interrupted"
    assert len(session.verdicts) == len(session.observations) == json.loads(out)["frames"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
def test_a_closed_terminal_loses_nothing(here: Path) -> None:
    """Its streams fail from then on; the session is whole, the exit code that of the signal."""
    import pty  # noqa: PLC0415 - not on Windows

    leader, follower = pty.openpty()
    notes = here / "notes"
    with notes.open("wb") as file:
        child = subprocess.Popen(
            [sys.executable, "-c", WATCHED, str(file.fileno()), "analyse", str(SEATED), *LITE],
            cwd=here, env=environment(), pass_fds=[file.fileno()], start_new_session=True,
            stdin=follower, stdout=follower, stderr=follower,
        )  # fmt: skip
    os.close(follower)
    reader = threading.Thread(target=_drain, args=(leader, notes), daemon=True)
    reader.start()
    reader.join(timeout=30)
    os.close(leader)
    child.send_signal(signal.SIGHUP)
    assert child.wait(timeout=20) == 128 + signal.SIGHUP
    session = load(here / "posecheck-sessions" / "seated_figure_four.posecheck.jsonl")
    assert session.ended == "interrupted"
    assert session.ledger is not None


def _drain(leader: int, notes: Path) -> None:
    """Read a terminal until 60 pictures are done."""
    while len(processed(notes)) < 60:
        if select.select([leader], [], [], 0.05)[0]:
            os.read(leader, 4096)


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with ending_like_ctrl_c() as ending:
            signal.raise_signal(signal.SIGTERM)
        assert ending.code(7) == 7
    finally:
        signal.signal(signal.SIGTERM, before)


def test_handlers_are_put_back_and_other_threads_change_none() -> None:
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    with ending_like_ctrl_c() as ending:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        assert ending.code(130) == 143
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    entered: list[object] = []

    def elsewhere() -> None:
        with ending_like_ctrl_c():
            entered.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert entered == [signal.SIG_DFL]


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
@pytest.mark.parametrize("megabytes", [300, 700, 1000])
def test_too_little_memory_is_said(megabytes: int, here: Path, clips: Clips) -> None:
    limited = (
        "import os, resource, sys; n = int(sys.argv[1]) * 1_000_000; "
        "resource.setrlimit(resource.RLIMIT_AS, (n, n)); os.execv(sys.argv[2], sys.argv[2:])"
    )
    words = [sys.executable, "-c", limited, str(megabytes), *command("analyse", clips.nobody)]
    done = run(words, cwd=here)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"posecheck: too little memory: a limit allows {megabytes:,} MB")
    assert len(done.stderr.splitlines()) == 1


def test_memory_of_the_machine_and_of_the_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "meminfo"
    table.write_text("MemTotal: 9 kB\nMemAvailable: 100000 kB\nSwapFree: 20000 kB\n")
    assert machine._free_mb(table) == 122
    assert machine._free_mb(tmp_path / "none") is None
    monkeypatch.setattr(machine, "_GROUP_LIMITS", (tmp_path / "none", tmp_path / "max"))
    (tmp_path / "max").write_text("max\n")
    assert machine._group_mb() is None
    (tmp_path / "max").write_text("100000000\n")
    assert machine._group_mb() == 100
    with pytest.raises(InstallationError, match="100 MB are left"):
        machine.check_memory()
    monkeypatch.setattr(machine, "_GROUP_LIMITS", ())
    machine.check_memory()


def test_ctrl_c_twice_is_no_traceback(here: Path) -> None:
    child, notes = start(here, "analyse", SEATED, *LITE)
    wait_for(notes, 30)
    for _ in range(2):
        child.send_signal(signal.SIGINT)
        time.sleep(0.003)
    _, err = child.communicate(timeout=20)
    assert child.returncode in {130, -signal.SIGINT}
    assert "Traceback" not in err


def stop_at(count: int, error: type[BaseException] = KeyboardInterrupt) -> Any:  # noqa: ANN401
    """Return an ``on_progress`` that raises once so many pictures are done."""

    def show(progress: Progress) -> None:
        if progress.frames >= count:
            raise error

    return show


@pytest.mark.parametrize("exercise", ["seated-figure-four", "auto"])
@pytest.mark.parametrize("video", [False, True], ids=["session", "with-video"])
def test_interrupted_from_python(
    exercise: str,
    video: bool,  # noqa: FBT001
    here: Path,
    clips: Clips,
) -> None:
    with pytest.raises(Interrupted) as caught:
        posecheck.analyse(
            clips.person,
            exercise=exercise,
            model="lite",
            out_dir=here,
            video=video,
            on_progress=stop_at(17),
        )
    summary = caught.value.summary
    assert summary.interrupted
    # A busy machine hands over smaller batches; the one that reaches 17 pictures is the last.
    assert 17 <= summary.frames < 30
    assert summary.session is not None
    session = load(summary.session)
    assert session.ended == "interrupted"
    assert len(session.observations) == len(session.verdicts) == summary.frames
    assert session.ledger == summary.ledger
    assert session.exercise == summary.exercise
    if summary.video is not None:
        assert summary.video.is_file(), "a video is named that is not there"


def test_failure_is_written_into_the_session(here: Path, clips: Clips) -> None:
    with pytest.raises(ZeroDivisionError):
        posecheck.analyse(
            clips.person, model="lite", out_dir=here, on_progress=stop_at(9, ZeroDivisionError)
        )
    session = load(here / "person.posecheck.jsonl")
    assert session.ended == "failed"
    assert 9 <= len(session.observations) == len(session.verdicts) < 30


def raise_once(error: type[BaseException], then: Any) -> Any:  # noqa: ANN401
    """Return a function that raises the first time and does its work from then on."""
    calls = []

    def work(*arguments: object, **named: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise error
        return then(*arguments, **named)

    return work


def test_ctrl_c_while_the_exercise_is_looked_for(
    here: Path, clips: Clips, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With auto the last step takes a while; a session is there and has to be named."""
    from posecheck.form import judge  # noqa: PLC0415

    work = raise_once(KeyboardInterrupt, judge.best_fitting)
    monkeypatch.setattr("posecheck.pipeline.recorder.best_fitting", work)
    said = cli("analyse", clips.person, "--exercise", "auto", *LITE)
    assert said.code == 130
    assert "person.posecheck.jsonl" in said.err
    session = load(here / "posecheck-sessions" / "person.posecheck.jsonl")
    assert len(session.observations) == 30
    assert session.ended == "interrupted"


@pytest.mark.usefixtures("here")
def test_ctrl_c_while_the_video_is_drawn_in_the_second_pass(
    clips: Clips, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is judged by then: only the video is not whole."""
    real = analyse.Annotator.draw
    drawn: list[float] = []

    def draw(self: analyse.Annotator, *arguments: Any) -> None:  # noqa: ANN401
        real(self, *arguments)
        drawn.append(arguments[3][0].t_s)
        if len(drawn) == 9:
            raise KeyboardInterrupt

    monkeypatch.setattr(analyse.Annotator, "draw", draw)
    said = cli("analyse", clips.person, "--exercise", "auto", "--video", "--json", *LITE)
    assert said.code == 130
    assert said.summary["frames"] == 30
    assert "interrupted" not in said.summary
    assert analyse.CUT_VIDEO in said.summary["warnings"]
    assert "the whole session is kept: posecheck-sessions/person.posecheck.jsonl" in said.err
    assert load(Path(said.summary["session"])).ended == "complete"
    assert len(times_of(Path(said.summary["video"]))) == 9


def test_ctrl_c_before_anything_began(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line, "_parser", raise_once(KeyboardInterrupt, None))
    try:
        said = cli("analyse", "x.mp4")
    except KeyboardInterrupt:
        pytest.fail("Ctrl-C during start-up ends in a traceback")
    assert said.code == 130


@pytest.mark.usefixtures("here")
def test_ctrl_c_at_the_first_of_two_videos_ends_all(
    clips: Clips, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "find", raise_once(KeyboardInterrupt, models.find))
    said = cli("analyse", clips.nobody, clips.supine, "--json", *LITE)
    assert said.code == 130
    assert said.out == ""


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_no_thread_outlives_an_analysis(clips: Clips, error: type[BaseException]) -> None:
    """Whatever ends the run, reading and inference have stopped before the file is closed."""

    def stop(progress: analyse.Progress) -> None:
        if progress.frames > 9:
            raise error

    before = threading.active_count()
    with pytest.raises((analyse.Interrupted, ValueError)):
        analyse.analyse(clips.person, model="lite", on_progress=stop)
    assert threading.active_count() == before
