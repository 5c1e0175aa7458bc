"""Live session from its first page to its summary: opens the parts, runs them, sums up."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from posecheck.display.live.pages import text_page, title_page
from posecheck.display.live.view import SIZE_PX, LiveView
from posecheck.display.window import Closed, Key, Window
from posecheck.errors import OutputError
from posecheck.form.rule_check import misfit_of
from posecheck.live import cautions
from posecheck.live.coach.plan import as_facts
from posecheck.live.coach.routine import Routine
from posecheck.live.loop import Loop, Parts
from posecheck.live.sound import Sounds
from posecheck.live.workers import PoseWorker, VideoRecorder
from posecheck.pipeline.recorder import Recorder, Summary, result_warnings
from posecheck.pose import open_estimator
from posecheck.session.writer import header_of, model_warnings, open_session
from posecheck.sources.camera.camera import Camera
from posecheck.system import outputs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from posecheck.display.live.view import Image
    from posecheck.form.hold import Tally
    from posecheck.live.coach.plan import SessionPlan
    from posecheck.pose.models import Model
    from posecheck.session import Ended, SessionWriter

SUFFIXES: Final = (".posecheck.jsonl", ".mp4")
"""Endings of a session and its video, after "live" and the time."""

MANY_DROPPED: Final = 0.2
"""Ratio of dropped to analysed frames above which the machine is reported as too slow."""

_READ_MS: Final = 50
"""Milliseconds between checks of the keys while a page is shown."""

_LEAVE: Final = frozenset({"q", "escape"})


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """Options of a live session.

    Attributes:
        plan: the exercise, sides, repetitions and seconds.
        camera: a number, a device or a URL.
        model: a verified pose model.
        out_dir: folder of the session and the video.
        record: whether to keep the video.
        sound: whether to play tones and words.
        fullscreen: whether to fill the screen.
    """

    plan: SessionPlan
    camera: str
    model: Model
    out_dir: Path
    record: bool = False
    sound: bool = True
    fullscreen: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a live session.

    Attributes:
        summary: the summary; None if it was left before it began.
        ended: complete, interrupted by Ctrl-C, or failed.
        faults: outputs that could not be written, one line each.
        error: the exception that ended it; to be raised again after the result is printed.
    """

    summary: Summary | None
    ended: Ended
    faults: tuple[str, ...] = ()
    error: BaseException | None = None


def run(wish: LiveOptions, shown: Callable[[float, float], None] | None = None) -> Outcome:
    """Run a live session in a window, on the main thread.

    Args:
        wish: the options.
        shown: called with the time of each frame and its age once it is on the screen,
            both in seconds.

    Raises:
        PoseCheckError: if it can't start (no display, no camera, no writable folder); one line.
    """
    _check_folder(wish.out_dir)
    session: _Session | None = None
    try:
        with Window("posecheck live", SIZE_PX, fullscreen=wish.fullscreen) as window:
            page = _cautions(window, wish.plan)
            if page is None:
                return Outcome(None, "complete")
            window.show(title_page(SIZE_PX, "The camera starts"))
            window.events(1)
            with (
                closing(Sounds(muted=not wish.sound)) as sounds,
                closing(Camera(wish.camera)) as camera,
            ):
                session = _Session(wish, camera, sounds)
                session.run(window, page, shown)
    except KeyboardInterrupt:
        if session is None or session.outcome is None:
            raise
    assert session is not None  # noqa: S101 - or something was raised
    assert session.outcome is not None  # noqa: S101 - the same
    return session.outcome


@dataclass(slots=True)
class _Session:
    """One session while it runs."""

    wish: LiveOptions
    camera: Camera
    sounds: Sounds
    recording: VideoRecorder | None = None
    path: Path | None = None
    faults: list[str] = field(default_factory=list)
    outcome: Outcome | None = None

    def run(
        self, window: Window, page: Image, shown: Callable[[float, float], None] | None
    ) -> None:
        """Run the loop and sum up.

        Raises:
            Exception: the error that ended the session before a frame was judged.
        """
        wish, plan = self.wish, self.wish.plan
        name = f"live-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
        session, video = outputs.free_names(wish.out_dir, name, SUFFIXES)
        stem = session.name.removesuffix(SUFFIXES[0])
        recorder = Recorder(plan.exercise, None, self._open_writer(stem), self._warnings)
        with ExitStack() as parts:
            parts.callback(_close_quietly, recorder)
            if wish.record:
                self.recording = VideoRecorder(video)
                parts.callback(self.recording.close)
            keep = None if self.recording is None else self.recording.keep
            misfit = misfit_of(plan.exercise)
            lookout = PoseWorker(
                self.camera, lambda: open_estimator(wish.model, misfit=misfit), keep
            )
            parts.callback(lookout.close)
            loop = Loop(
                Parts(
                    camera=self.camera,
                    lookout=lookout,
                    recorder=recorder,
                    routine=Routine(plan),
                    view=LiveView(plan.exercise, plan.departures),
                    window=window,
                    sounds=self.sounds,
                    recording=self.recording,
                    cautions=page,
                ),
                shown,
            )
            ended, error = _run_to_the_end(loop)
            # The file first: it is complete even if closing the other parts fails.
            tally = self._finish(recorder, ended)
            _close_each(window, lookout, self.recording)
            if error is not None and not tally.pictures:
                raise error
            self.faults += [loop.fault] if loop.fault else []
            summary = self._sum_up(tally, ended)
            self.outcome = Outcome(summary, ended, tuple(self.faults), error)

    def _open_writer(self, stem: str) -> Callable[[], SessionWriter]:
        def open_now() -> SessionWriter:
            wish = self.wish
            # "auto": no side is ruled out for the judge; what was asked for is in the plan.
            header = header_of(self.camera.info, wish.model, "auto") | as_facts(wish.plan)
            exercise = wish.plan.exercise
            writer, paths = open_session(wish.out_dir, stem, SUFFIXES[:1], header, exercise)
            self.path = paths[0]
            return writer

        return open_now

    def _warnings(self, tally: Tally) -> tuple[str, ...]:
        """Return the warnings about the plan, the camera and the result."""
        left_out = 0 if self.recording is None else self.recording.left_out
        dropped = self.camera.dropped
        slow = dropped > MANY_DROPPED * tally.pictures
        return (
            *self.wish.plan.departures,
            *model_warnings(self.wish.model.name),
            *self.camera.warnings(),
            *result_warnings(self.camera.info, tally),
            *([f"{dropped} pictures came too fast for this machine"] if slow else []),
            *([f"{left_out} pictures are missing in the video"] if left_out else []),
        )

    def _finish(self, recorder: Recorder, ended: Ended) -> Tally:
        """End the session file; return the tally."""
        try:
            found = recorder.finish(ended)
            recorder.close()
        except OutputError as error:
            self.faults.append(str(error))
            recorder.writer = None
            found = recorder.finish(ended)
        return found

    def _sum_up(self, tally: Tally, ended: Ended) -> Summary:
        """Return the summary of the session."""
        video = None
        if self.recording is not None:
            video = self.recording.path if self.recording.path.exists() else None
            self.faults += [self.recording.fault] if self.recording.fault else []
        return Summary.of(
            self.camera.info,
            tally,
            warnings=self._warnings(tally),
            session=self.path,
            video=video,
            interrupted=ended != "complete",
        )


def _run_to_the_end(loop: Loop) -> tuple[Ended, BaseException | None]:
    """Run the loop; return how it ended, and the fault that ended it."""
    try:
        loop.run()
    except KeyboardInterrupt:
        return "interrupted", None
    except BaseException as error:  # noqa: BLE001 - raised again after the result is printed
        return "failed", error
    return "complete", None


def _close_each(window: Window, lookout: PoseWorker, recording: VideoRecorder | None) -> None:
    """Close the running parts, also under repeated Ctrl-C."""
    for part in (window, lookout, recording):
        if part is not None:
            with suppress(KeyboardInterrupt):  # the part has closed, or is closed once more
                part.close()


def _check_folder(folder: Path) -> None:
    """Make the folder for the results and check that it is writable, before the session starts.

    Raises:
        OutputError: if it is not.
    """
    outputs.make_folder(folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise outputs.failed(folder, PermissionError(13, "Permission denied"))


def _cautions(window: Window, plan: SessionPlan) -> Image | None:
    """Return the page of cautions, once it is confirmed; None if it was left."""
    found = cautions.page_for(plan.exercise)
    folder = cautions.config_folder()
    later = text_page(SIZE_PX, found.title, found.paragraphs, "Press any key to go back")
    if cautions.is_confirmed(plan.exercise, folder):
        return later
    first = text_page(SIZE_PX, found.title, found.paragraphs, f"Press Enter: {found.ask}")
    while True:
        window.show(first)
        for event in window.events(_READ_MS):
            if isinstance(event, Closed) or (isinstance(event, Key) and event.name in _LEAVE):
                return None
            if isinstance(event, Key) and event.name == "enter":
                cautions.confirm(plan.exercise, folder)
                return later


def _close_quietly(recorder: Recorder) -> None:
    """Close the session file; a write error was reported already."""
    with suppress(OutputError):
        recorder.close()
