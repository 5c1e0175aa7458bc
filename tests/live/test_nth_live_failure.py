"""The n-th call fails in a live session, for n from the first to the last.

The whole command runs in this process, in front of a camera that is a list of pictures. What fails
costs what it gives and no more: a full disk the file, a camera its pictures, a sound device the
sound. A fault of a library keeps its traceback, and what was seen before it. Some n are tried, with
``-m bench`` every one, as in ``tests/cli/test_nth_failure.py``.
"""

from __future__ import annotations

import errno
import sys
import time
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from media import Cli, cli, here

from posecheck import exercises
from posecheck.errors import CameraError
from posecheck.live import cautions, exercise_run, sound
from posecheck.live import session as live_session
from posecheck.page import live as live_page
from posecheck.session import load
from posecheck.sources.camera import CameraLostError, Shot
from posecheck.sources.camera import camera as camera_module
from posecheck.system import outputs
from posecheck.types import Observation, State
from tests.cli.test_nth_failure import EVERY, SOME, Failing, Kept, chosen, full_disk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["cli", "here"]

FRAMES = 6
CALM = 5
EXERCISE = "seated-figure-four"


class Stage:
    """A camera that gives so many pictures, each when the one before was looked at.

    Attributes:
        looked: pictures that were looked at.
        opening, reading, looking: what may fail.
    """

    def __init__(self) -> None:
        self.given = self.looked = 0
        self.opening = Failing(0, AssertionError)
        self.reading = Failing(0, AssertionError)
        self.looking = Failing(0, AssertionError)
        self.title = self.name = "camera 0"
        self.calm = 0
        self.ends_s = time.monotonic() + 30

    @property
    def over(self) -> bool:
        """Whether everything was shown, or nothing comes any more."""
        failed = 0 < self.reading.n <= self.reading.calls and not self.reading.once
        return self.looked >= FRAMES or failed or time.monotonic() > self.ends_s

    # the camera's opener and its feed
    def open(self) -> Stage:
        self.opening.check()
        return self

    def read(self) -> Shot | None:
        until_s = time.monotonic() + 5
        while self.looked < self.given and time.monotonic() < until_s:
            time.sleep(0.001)
        if self.given >= FRAMES:
            time.sleep(0.01)
            return None
        self.reading.check()
        self.given += 1
        image = np.random.default_rng(self.given).integers(60, 200, (48, 64, 3), np.uint8)
        return Shot(time.monotonic(), image)

    def close(self) -> None:
        """Nothing to let go of."""

    # the estimator
    def estimate(self, frame: Any) -> Observation:  # noqa: ANN401
        try:
            self.looking.check()
        finally:
            self.looked += 1
        return Observation(frame.t_s, frame.size_px, None)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Stage]:
    """Return a function that builds the stage of the next session anew."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    cautions.confirm(exercises.load(EXERCISE), tmp_path / "config" / "posecheck")
    monkeypatch.setattr(live_session, "_wait_for_page", lambda _: None)

    def build() -> Stage:
        made = Stage()
        monkeypatch.setattr(camera_module, "_opener", lambda *_: made)
        monkeypatch.setattr(exercise_run, "open_estimator", lambda *_, **__: made)

        def commands(_: Any, wait_s: float = 0.0) -> list[Any]:  # noqa: ANN401
            time.sleep(min(wait_s, 0.01))
            made.calm += made.over  # so often has the loop looked for poses since
            return [live_page.Press(do="press", key="end")] if made.calm > CALM else []

        monkeypatch.setattr(live_page.LivePage, "commands", commands)
        return made

    return build


def lived(cli: Cli, out: str, *options: str) -> Any:  # noqa: ANN401
    """Run a session."""
    return cli(
        "live", "--exercise", EXERCISE, "--no-browser", "--out", out, "--model", "lite",
        *(options or ("--no-sound",)),
    )  # fmt: skip


def session_in(folder: Path) -> Any:  # noqa: ANN401
    """Return the one session of a folder."""
    (path,) = folder.glob("*.posecheck.jsonl")
    return load(path)


EITHER = pytest.mark.parametrize("every", [SOME, EVERY])


@EITHER
def test_every_write_of_a_live_session(
    *, every: bool, here: Path, cli: Cli, stage: Callable[[], Stage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    real = outputs.new_file

    def attempt(n: int) -> tuple[Any, int]:
        failing = Failing(n, full_disk)
        monkeypatch.setattr(outputs, "new_file", lambda path: Kept(real(path), failing))
        stage()
        return lived(cli, f"o{n}"), failing.calls

    whole, calls = attempt(0)
    assert whole.code == 0
    assert calls >= 1 + 2 * FRAMES + 1  # header, poses, verdicts, end
    for n in chosen(calls, every=every):
        said, _ = attempt(n)
        assert said.code == 2
        assert said.err.count("the disk is full") == 1
        assert "Traceback" not in said.err
        (path,) = (here / f"o{n}").iterdir()
        assert len(path.read_bytes().splitlines()) == n - 1
        assert "No hold" in said.out, "the result is printed"


@EITHER
def test_every_inference_of_a_live_session(
    *, every: bool, here: Path, cli: Cli, stage: Callable[[], Stage]
) -> None:
    for n in chosen(FRAMES, every=every):
        stage().looking = Failing(n, lambda: RuntimeError("graph"))
        with pytest.raises(RuntimeError, match="graph"):
            lived(cli, f"o{n}")
        if n == 1:  # nothing was seen, so there is nothing to keep
            assert not list((here / f"o{n}").iterdir())
            continue
        session = session_in(here / f"o{n}")
        assert session.ended == "failed"
        assert session.problems == ()
        assert len(session.observations) == len(session.verdicts) <= n - 1


@EITHER
@pytest.mark.parametrize("once", [False, True], ids=["from the n-th on", "only the n-th"])
def test_every_picture_of_the_camera(
    *, every: bool, once: bool, here: Path, cli: Cli, stage: Callable[[], Stage]
) -> None:
    for n in chosen(FRAMES, every=every):
        stage().reading = Failing(n, lambda: CameraLostError("camera 0: it is gone"), once=once)
        said = lived(cli, f"o{n}")
        if n == 1:
            assert (said.code, said.complaint) == (2, "camera 0: it is gone")
            assert not list((here / f"o{n}").iterdir())
            continue
        assert said.code == 0
        assert "the camera was lost once; that time is not counted" in said.out
        session = session_in(here / f"o{n}")
        assert session.ended == "complete"
        assert len(session.observations) == (FRAMES if once else n - 1)
        passed_s = session.observations[-1].t_s - session.observations[0].t_s
        assert session.ledger is not None
        assert session.ledger.elapsed_us == pytest.approx(1e6 * passed_s, abs=2)
        assert session.ledger.seconds(State.VALID) == 0


def test_every_opening_of_the_camera(here: Path, cli: Cli, stage: Callable[[], Stage]) -> None:
    """The first must work; later ones are tried again until one does."""
    for n in (1, 2):
        made = stage()
        made.opening = Failing(n, lambda: CameraError("camera 0: it is busy"), once=True)
        made.reading = Failing(4, lambda: CameraLostError("camera 0: it is gone"), once=True)
        said = lived(cli, f"o{n}")
        assert said.code == (2 if n == 1 else 0)
        if n == 2:
            assert made.opening.calls == 3
            assert len(session_in(here / f"o{n}").observations) == FRAMES


class PortAudioError(Exception):
    """As the library's."""


class Stream:
    """An output stream of the sound library, whose calls may fail."""

    failing = Failing(0, PortAudioError)

    def __init__(self, **_: object) -> None:
        self.failing.check()

    def start(self) -> None:
        self.failing.check()

    @property
    def active(self) -> bool:
        self.failing.check()
        return False  # so that it is opened anew each time

    def close(self, *, ignore_errors: bool) -> None:
        assert ignore_errors, "as the library then raises nothing"


@EITHER
def test_every_call_of_the_sound_library(
    *, every: bool, here: Path, cli: Cli, stage: Callable[[], Stage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    library = ModuleType("sounddevice")
    library.OutputStream = Stream  # type: ignore[attr-defined]
    library.PortAudioError = PortAudioError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    monkeypatch.setattr(sound.Sounds, "play", played)

    def attempt(n: int) -> int:
        failing = Failing(n, lambda: PortAudioError("the device is gone"))
        monkeypatch.setattr(Stream, "failing", failing)
        stage()
        said = lived(cli, f"o{n}", "--count", "last")
        assert said.code == 0
        assert said.err == ""
        session = session_in(here / f"o{n}")
        assert (session.ended, len(session.observations)) == ("complete", FRAMES)
        return failing.calls

    calls = attempt(0)
    assert calls > 3
    for n in chosen(calls, every=every):
        attempt(n)


def played(sounds: sound.Sounds, _: object) -> None:
    """Play a tone for every picture, each time through a device that has stopped."""
    sounds._mixer.heard = False
    sounds._sound(sound.Tone.START)


def test_every_file_of_a_recorded_session(
    here: Path, cli: Cli, stage: Callable[[], Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A video that can't be written any more ends; the session goes on."""
    from posecheck.display import video_writer  # noqa: PLC0415

    real = video_writer._Sink.write
    for n in (1, 2, 3):
        failing = Failing(n, lambda: OSError(errno.ENOSPC, "No space left on device"))

        def write(sink: Any, data: Any, failing: Failing = failing) -> int:  # noqa: ANN401
            failing.check()
            return real(sink, data)

        monkeypatch.setattr(video_writer._Sink, "write", write)
        stage()
        said = lived(cli, f"o{n}", "--no-sound", "--record")
        session = session_in(here / f"o{n}")
        assert (session.ended, len(session.observations)) == ("complete", FRAMES)
        if failing.calls >= n:
            assert said.code == 2
            assert said.err.count("the disk is full") == 1
            assert "Traceback" not in said.err
