"""The loop on the main thread, with a window and a camera that a test plays."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from posecheck import exercises
from posecheck.display.window import Closed, Key
from posecheck.errors import OutputError
from posecheck.live import loop as module
from posecheck.live.coach.plan import make_plan
from posecheck.live.coach.prompt import Phase
from posecheck.live.coach.routine import Routine
from posecheck.live.loop import Loop, Parts
from posecheck.live.workers import PoseBatch, TimedPose
from posecheck.pipeline.recorder import Recorder
from posecheck.types import Frame, Observation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from posecheck.display.live.view import Sight, Status
    from posecheck.live.coach.prompt import AudioCue, ViewState

PLAN = make_plan(exercises.load("seated-figure-four"))
CAUTIONS = np.zeros((2, 2, 3), np.uint8)


class World:
    """Everything around the loop: time goes on by what the loop waits for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, keys: dict[int, str]) -> None:
        self.clock_s = 0.0
        self.keys = keys
        self.moments = 0
        self.pictures = True
        self.screens: list[tuple[ViewState, Sight | None, Status]] = []
        self.shown: list[Any] = []
        self.muted, self.fullscreen = False, False
        self.heard: list[AudioCue] = []
        self.condition = SimpleNamespace(sentence="")
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.clock_s))

    # lookout
    def take(self, timeout_s: float) -> PoseBatch | None:
        self.moments += 1
        self.clock_s += 0.033 if self.pictures else timeout_s
        if not self.pictures:
            return None
        frame = Frame(self.clock_s, np.zeros((48, 64, 3), np.uint8))
        return PoseBatch((TimedPose(Observation(frame.t_s, (64, 48), None), 0.5),), frame)

    def now_s(self) -> float:
        return self.clock_s

    # view
    def draw(self, screen: ViewState, sight: Sight | None, status: Status) -> str:
        self.screens.append((screen, sight, status))
        return "canvas"

    # window
    def show(self, picture: object) -> None:
        self.shown.append(picture)

    def events(self, _wait_ms: int) -> tuple[Key | Closed, ...]:
        if self.moments > 3000:
            pytest.fail("the loop does not end")
        name = self.keys.pop(self.moments, "")
        return () if not name else (Closed(),) if name == "closed" else (Key(name),)

    # sounds
    def play(self, calls: Iterable[AudioCue]) -> None:
        self.heard += calls

    def notice(self) -> str | None:
        return None


def run(world: World, recorder: Recorder | None = None, **parts: object) -> Loop:
    recorder = recorder or Recorder(PLAN.exercise, None, None, lambda _: ())
    everything: dict[str, Any] = {
        "camera": world, "lookout": world, "view": world, "window": world, "sounds": world,
        "recorder": recorder, "routine": Routine(PLAN), "recording": None,
        "cautions": CAUTIONS, **parts,
    }  # fmt: skip
    loop = Loop(Parts(**everything))
    loop.run()
    return loop


@pytest.mark.parametrize("key", ["q", "escape", "closed"])
def test_keys_and_the_window_end_it(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    world = World(monkeypatch, {20: key})
    run(world)
    assert world.moments == 20
    assert len(world.shown) == 20


def test_mute_and_full_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, {3: "m", 5: "f", 8: "escape", 10: "escape"})
    run(world)
    assert world.muted
    assert not world.fullscreen, "the first escape leaves the full screen, the second the session"
    assert "sound off" in world.screens[-1][2].note
    assert world.moments == 10


def test_pages_are_shown_and_left_while_the_session_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch, {3: "c", 6: "x", 8: "h", 9: "space", 12: "q"})
    recorder = Recorder(PLAN.exercise, None, None, lambda _: ())
    run(world, recorder)
    assert all(picture is CAUTIONS for picture in world.shown[3:6])
    assert isinstance(world.shown[8], np.ndarray)
    assert world.shown[9] == "canvas", "the key only left the page"
    assert world.screens[-1][0].phase is Phase.SET_UP, "it did not pause, too"
    assert recorder.last is not None
    assert recorder.last.t_s == pytest.approx(12 * 0.033)


def test_without_pictures_the_screen_says_so_and_dims(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, {40: "q"})
    world.pictures = False
    world.condition.sentence = "The camera is gone"
    run(world)
    screen, sight, _ = world.screens[-1]
    assert sight is None
    assert screen.notice == "The camera is gone"


def test_the_end_is_shown_for_a_while_and_then_it_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, {})
    routine = Routine(make_plan(PLAN.exercise, "left", 1))
    world.keys = {2: "n", 4: "n", 6: "n"}  # nobody is there: skipped to the end
    run(world, routine=routine)
    assert routine.done
    assert world.clock_s == pytest.approx(module.END_S, abs=1.0)
    assert world.screens[-1][0].phase is Phase.DONE
    notes = [status.note for *_, status in world.screens]
    assert notes[10].startswith("closes in 12 s")
    assert notes[-1].startswith("closes in 0 s")


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
    world = World(monkeypatch, {30: "q"})
    file: Any = Full(at, 0 if at == "asked" else 10)
    recorder = Recorder(PLAN.exercise, None, lambda: file, lambda _: ())
    loop = run(world, recorder)
    assert loop.fault == "a.jsonl: cannot be written: the disk is full"
    assert world.screens[-1][0].notice == "This session is not saved any more: the disk is full"
    tally = recorder.finish("complete")
    assert tally.pictures == 30, "each was judged once"
    assert tally.ledger.elapsed_us == pytest.approx(29 * 33_000, abs=10)


def test_a_recording_that_ended_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, {4: "q"})
    run(world, recording=SimpleNamespace(fault="v.mp4: cannot be written: the disk is full"))
    screen, _, status = world.screens[-1]
    assert screen.notice == "The video is not recorded any more: the disk is full"
    assert not status.recording


def test_every_picture_that_was_seen_is_judged_but_only_the_newest_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(monkeypatch, {2: "q"})
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
