"""How a live session ends: in every case what was counted is kept and told."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pytest

from posecheck import cli as program
from posecheck import exercises
from posecheck.commands import live as command
from posecheck.live import exercise_run
from posecheck.live import session as module
from posecheck.live.coach.plan import make_plan
from posecheck.live.coach.program import Program
from posecheck.live.exercise_run import LiveOptions
from posecheck.live.workers import PoseBatch, TimedPose
from posecheck.pose import models
from posecheck.session import load
from posecheck.sources import SourceInfo
from posecheck.types import Frame, Observation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZE_PX = (64, 48)
PICTURES = 20


def interrupt() -> None:
    raise KeyboardInterrupt


def fail() -> None:
    message = "a bug in the worker"
    raise ZeroDivisionError(message)


class World:
    """Page, camera, sounds and lookout in one; ends and closes as the test says."""

    def __init__(self, end: Callable[[], None], pictures: int = PICTURES) -> None:
        self.end, self.left = end, pictures
        self.at_close: Callable[[], None] = lambda: None
        self.closed = 0
        self.info = SourceInfo("camera", "played", SIZE_PX, 0, 0.0)
        self.condition, self.dropped, self.muted = SimpleNamespace(sentence=""), 0, False
        self.lacks, self.pages, self.drawn, self.server = "", 1, None, self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed += 1
        self.at_close()

    def take(self, _timeout_s: float) -> PoseBatch:
        if not self.left:
            self.end()
        self.left -= 1
        t_s = (PICTURES - self.left) / 30
        frame = Frame(t_s, np.zeros((*SIZE_PX[::-1], 3), np.uint8))
        return PoseBatch((TimedPose(Observation(t_s, SIZE_PX, None), 0.5),), frame)

    def now_s(self) -> float:
        return (PICTURES - self.left) / 30

    def show(self, *_: object) -> int:
        return 0

    def stage(self, _name: str) -> None: ...

    def put(self, _part: str, _value: object) -> None: ...

    def commands(self, _wait_s: float = 0.0) -> list[Any]:
        return []

    def gone_s(self) -> float:
        return 0.0

    def expect(self, _target_s: float) -> None: ...

    def play(self, _calls: object) -> None: ...

    def notice(self) -> None: ...

    def warnings(self) -> tuple[str, ...]:
        return ()


def live(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> module.Outcome:
    """Run a session in that world."""
    for part in ("LivePage", "Camera", "Sounds"):
        monkeypatch.setattr(module, part, lambda *_, **__: world)
    monkeypatch.setattr(exercise_run, "PoseWorker", lambda *_, **__: world)
    monkeypatch.setattr(module, "serve", lambda *_, **__: nullcontext(world))
    monkeypatch.setattr(module.choices, "confirm", lambda *_: True)
    plan = make_plan(exercises.load("seated-figure-four"))
    return module.run(LiveOptions(Program((plan,)), "0", models.find("lite"), folder))


def test_times_of_pictures_that_no_page_drew_are_forgotten() -> None:
    ages: list[float] = []
    page: Any = SimpleNamespace(server=SimpleNamespace(drawn=None))
    clock: Any = SimpleNamespace(now_s=lambda: 100.0)
    sent = exercise_run._timer(page, clock, ages.append)
    assert sent is not None
    for number in range(exercise_run.REMEMBERED + 1):
        sent(number, float(number) / 10)
    page.server.drawn(0)
    assert ages == []
    page.server.drawn(exercise_run.REMEMBERED)
    assert ages == [pytest.approx(70.0)]


def test_threads_take_short_turns_only_while_a_session_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []

    def end() -> None:
        found.append(sys.getswitchinterval())
        interrupt()

    before_s = sys.getswitchinterval()
    live(World(end), tmp_path, monkeypatch)
    assert found == [pytest.approx(module.TURN_S)]
    assert sys.getswitchinterval() == before_s


@pytest.mark.parametrize("end", [interrupt, fail])
def test_ctrl_c_again_and_again_loses_nothing(
    end: Callable[[], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(end)
    world.at_close = interrupt
    outcome = live(world, tmp_path, monkeypatch)
    ended = "interrupted" if end is interrupt else "failed"
    assert world.closed >= 4
    assert outcome.ended == ended
    (summary,) = outcome.summaries
    assert summary.frames == PICTURES
    assert summary.session is not None
    kept = load(summary.session)
    assert (kept.ended, len(kept.verdicts), kept.problems) == (ended, PICTURES, ())


def test_the_file_is_whole_before_anything_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(interrupt)
    found: list[Any] = []

    def look() -> None:
        (path,) = tmp_path.glob("*.jsonl")
        found.append(load(path).ended)

    world.at_close = look
    live(world, tmp_path, monkeypatch)
    assert set(found) == {"interrupted"}


def test_a_fault_is_raised_once_the_result_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = live(World(fail), tmp_path, monkeypatch)
    monkeypatch.setattr(module, "run", lambda _: outcome)
    monkeypatch.setattr("posecheck.system.opencv.cv2.setNumThreads", lambda _: None)
    arguments = SimpleNamespace(
        exercise=["seated-figure-four"], program=None, side="both", repetitions=None, hold=None,
        camera="0", model="lite", out=tmp_path, record=False, no_sound=True, no_browser=True,
        count="last",
    )  # fmt: skip
    with pytest.raises(ZeroDivisionError, match="a bug in the worker"):
        command.run(arguments)  # type: ignore[arg-type]
    (summary,) = outcome.summaries
    assert f"session: {summary.session}" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "count"), [([], "last"), (["--count", "all"], "all")])
def test_the_options_reach_the_session(
    words: list[str], count: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes: list[LiveOptions] = []

    def run(wish: LiveOptions) -> module.Outcome:
        wishes.append(wish)
        return module.Outcome((), "complete", (), None)

    monkeypatch.setattr(module, "run", run)
    monkeypatch.setattr("posecheck.system.opencv.cv2.setNumThreads", lambda _: None)
    asked = ["live", "--no-sound", "--no-browser", "--model", "lite", "--out", str(tmp_path)]
    assert command.run(program._parser("live").parse_args([*asked, *words])) == 0
    (wish,) = wishes
    assert (wish.count, wish.sound, wish.browser, wish.out_dir) == (count, False, False, tmp_path)


def test_a_fault_before_the_first_picture_has_nothing_to_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ZeroDivisionError):
        live(World(fail, 0), tmp_path, monkeypatch)
    assert not list(tmp_path.iterdir())
