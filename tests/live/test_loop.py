"""The loop on the main thread, with a page and a camera that a test plays."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from posecheck import exercises
from posecheck.errors import OutputError
from posecheck.live import loop as module
from posecheck.live.coach.plan import make_plan
from posecheck.live.coach.prompt import Phase
from posecheck.live.coach.routine import Routine
from posecheck.live.loop import Loop, Parts
from posecheck.live.workers import PoseBatch, TimedPose
from posecheck.page.live import Answer, End, Press
from posecheck.pipeline.recorder import Recorder
from posecheck.types import Frame, Observation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from posecheck.live.coach.prompt import AudioCue, ViewState
    from posecheck.page.live import Command, Status

PLAN = make_plan(exercises.load("seated-figure-four"))


def press(key: str) -> Press:
    return Press.model_validate({"do": "press", "key": key})


END = End(do="end")


class World:
    """Everything around the loop: time goes on by what the loop waits for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, sent: dict[int, Command]) -> None:
        self.clock_s = 0.0
        self.sent = sent
        self.moments = 0
        self.pictures = True
        self.gone_from_s, self.back_at_s = 1e9, 1e9
        self.screens: list[ViewState] = []
        self.statuses: list[Status] = []
        self.stages: list[str] = []
        self.shown: list[Any] = []
        self.muted, self.lacks, self.closed = False, "", 0
        self.heard: list[AudioCue] = []
        self.condition = SimpleNamespace(sentence="")
        self.server = self
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.clock_s))

    # lookout and camera
    def take(self, timeout_s: float) -> PoseBatch | None:
        self.moments += 1
        self.clock_s += 0.033 if self.pictures else timeout_s
        if not self.pictures:
            return None
        frame = Frame(self.clock_s, np.zeros((48, 64, 3), np.uint8))
        return PoseBatch((TimedPose(Observation(frame.t_s, (64, 48), None), 0.5),), frame)

    def now_s(self) -> float:
        return self.clock_s

    def close(self) -> None:
        self.closed += 1

    # page and its server
    def put(self, part: str, value: Any) -> None:  # noqa: ANN401
        (self.screens if part == "screen" else self.statuses).append(value)

    def stage(self, name: str) -> None:
        if self.stages[-1:] != [name]:
            self.stages.append(name)

    def show(self, image: object, _observation: object, _side: object) -> int:
        self.shown.append(image)
        return len(self.shown) - 1

    def commands(self, wait_s: float) -> list[Command]:
        if self.moments > 5000:
            pytest.fail("the loop does not end")
        self.clock_s += wait_s
        self.moments += wait_s > 0
        found = self.sent.pop(self.moments, None)
        return [] if found is None else [found]

    def gone_s(self) -> float:
        is_gone = self.gone_from_s <= self.clock_s < self.back_at_s
        return self.clock_s - self.gone_from_s if is_gone else 0.0

    # sounds
    def play(self, calls: Iterable[AudioCue]) -> None:
        self.heard += calls

    def notice(self) -> str | None:
        return None


def run(world: World, recorder: Recorder | None = None, **parts: object) -> Loop:
    recorder = recorder or Recorder(PLAN.exercise, None, None, lambda _: ())
    everything: dict[str, Any] = {
        "camera": world, "lookout": world, "page": world, "sounds": world,
        "recorder": recorder, "routine": Routine(PLAN), "recording": None, **parts,
    }  # fmt: skip
    loop = Loop(Parts(**everything))
    loop.run()
    return loop


def test_ended_on_the_page_the_camera_is_closed_and_the_end_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch, {20: press("end"), 24: END})
    run(world)
    assert len(world.shown) == 20
    assert world.stages == ["stretch", "end"]
    assert world.closed == 2, "camera and lookout"
    assert world.screens[-1].phase is Phase.DONE


def test_the_end_closes_by_itself_when_its_questions_are_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch, {20: press("end")})
    loop = run(world)
    assert not loop.left
    assert 5 < world.clock_s < 120


def test_an_answer_is_written_once_and_only_for_the_question_that_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch, {5: press("end"), 40: END})
    asked = world.put

    def put(part: str, value: Any) -> None:  # noqa: ANN401
        asked(part, value)
        if part == "screen" and value.question is not None and world.moments + 1 < 40:
            about = "sleep" if world.moments % 2 else str(value.question.about)
            answer = Answer(do="answer", about=about, choice=value.question.choices[0])
            world.sent[world.moments + 1] = answer

    world.put = put  # type: ignore[method-assign]
    file = Kept()
    run(world, Recorder(PLAN.exercise, None, lambda: cast("Any", file), lambda _: ()))
    assert 1 <= len(file.statements) <= 2
    abouts = [statement.about for statement in file.statements]
    assert len(set(abouts)) == len(abouts)


class Kept:
    """A session file that keeps statements only."""

    def __init__(self) -> None:
        self.statements: list[Any] = []

    def statement(self, statement: object) -> None:
        self.statements.append(statement)

    def __getattr__(self, _name: str) -> Any:  # noqa: ANN401
        return lambda *_: None


def test_mute(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, {3: press("mute"), 10: press("end"), 14: END})
    run(world)
    assert world.muted
    assert world.statuses[-1].notes == ("sound off",)


def test_without_pictures_the_page_says_so_and_dims(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, {60: press("end"), 64: END})
    world.pictures = False
    world.condition.sentence = "The camera is gone"
    run(world)
    stale = [status for status in world.statuses if status.stale]
    assert stale
    assert any(screen.cue == "The camera is gone" for screen in world.screens)


def test_without_a_page_it_pauses_goes_on_with_one_and_ends_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch, {})
    world.gone_from_s, world.back_at_s = 2.0, 12.0
    routine = Routine(PLAN)
    phases: dict[int, Phase] = {}
    take = world.take

    def noted(timeout_s: float) -> PoseBatch | None:
        phases[int(world.clock_s)] = routine.phase
        if world.clock_s > 15:
            world.gone_from_s, world.back_at_s = 15.0, 1e9
        return take(timeout_s)

    world.take = noted  # type: ignore[method-assign]
    loop = run(world, routine=routine)
    assert phases[4] is not Phase.PAUSED
    assert phases[9] is Phase.PAUSED
    assert phases[14] is not Phase.PAUSED
    assert phases[30] is Phase.PAUSED
    assert loop.left
    assert world.clock_s == pytest.approx(15 + module.END_S, abs=1)


class Full:
    """A session file on a disk that fills up."""

    def __init__(self, at: str, after: int) -> None:
        self.at, self.left = at, after

    def _write(self, what: str) -> None:
        self.left -= what == self.at
        if self.left < 0:
            message = "a.jsonl: cannot be written: the disk is full"
            raise OutputError(message)

    def poses(self, _: object) -> None:
        self._write("poses")

    def steps(self, _: object) -> None:
        self._write("steps")

    def asked(self, _: object) -> None:
        self._write("asked")

    def close(self) -> None:
        self._write("close")


@pytest.mark.parametrize("at", ["asked", "poses", "steps"])
def test_a_full_disk_ends_the_file_and_not_the_counting(
    monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    world = World(monkeypatch, {30: press("end"), 34: END})
    file: Any = Full(at, 0 if at == "asked" else 10)
    recorder = Recorder(PLAN.exercise, None, lambda: file, lambda _: ())
    loop = run(world, recorder)
    assert loop.fault == "a.jsonl: cannot be written: the disk is full"
    assert world.screens[-1].notice == "This session is not saved any more: the disk is full"
    assert "not saved" in world.statuses[-1].notes
    tally = recorder.finish("complete")
    assert tally.pictures == 30, "each was judged once"
    assert tally.ledger.elapsed_us == pytest.approx(29 * 33_000, abs=10)


def test_a_recording_that_ended_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, {4: press("end"), 8: END})
    run(world, recording=SimpleNamespace(fault="v.mp4: cannot be written: the disk is full"))
    assert world.screens[-1].notice == "The video is not recorded any more: the disk is full"
    assert not world.statuses[-1].recording


def test_every_picture_that_was_seen_is_judged_but_only_the_newest_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch, {2: press("end"), 6: END})
    single = world.take

    def several(timeout_s: float) -> PoseBatch | None:
        found = [single(timeout_s) for _ in range(3)]
        world.moments -= 2
        looks = tuple(look for seen in found if seen for look in seen.looks)
        assert found[-1] is not None
        return PoseBatch(looks, found[-1].frame)

    world.take = several  # type: ignore[method-assign]
    recorder = Recorder(PLAN.exercise, None, None, lambda _: ())
    run(world, recorder)
    assert recorder.finish("complete").pictures == 6
    assert len(world.shown) == 2
