"""Loop of a live session, on the main thread: judging, routine, view, sound, keys.

The camera and the inference have threads of their own. Observations are judged here in the order of
time; the frame that is shown is the newest one, with its own verdict. `KEYS` is the table of keys;
none is needed.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from posecheck.display.live.pages import keys_page
from posecheck.display.live.view import SIZE_PX, Sight, Status
from posecheck.display.window import Closed, Key
from posecheck.errors import OutputError
from posecheck.live.coach.prompt import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from posecheck.display.live.view import Image, LiveView
    from posecheck.display.window import Window
    from posecheck.ledger import NotJudged, Step
    from posecheck.live.coach.prompt import AudioCue, ViewState
    from posecheck.live.coach.routine import Routine
    from posecheck.live.sound import Sounds
    from posecheck.live.workers import PoseBatch, PoseWorker, TimedPose, VideoRecorder
    from posecheck.pipeline.recorder import Recorder
    from posecheck.sources.camera.camera import Camera
    from posecheck.types import Statement


class KeyCommand(StrEnum):
    """Commands of keys to the window rather than to the routine."""

    MUTE = "mute"
    FULL_SCREEN = "full-screen"
    CAUTIONS = "cautions"
    HELP = "help"
    BACK = "back"
    QUIT = "quit"


KEYS: Final[dict[str, Action | KeyCommand]] = {
    "space": Action.PAUSE,
    "n": Action.SKIP,
    "r": Action.RESTART,
    "s": Action.SIDE,
    "e": Action.END,
    "m": KeyCommand.MUTE,
    "f": KeyCommand.FULL_SCREEN,
    "c": KeyCommand.CAUTIONS,
    "h": KeyCommand.HELP,
    "f1": KeyCommand.HELP,
    "?": KeyCommand.HELP,
    "q": KeyCommand.QUIT,
    "escape": KeyCommand.BACK,
}
"""Action or command of each key, by the window's name of the key."""

HELP: Final = (
    ("Space", "pause, and go on"),
    ("N", "skip to the next repetition"),
    ("R", "start the routine again"),
    ("S", "change sides now"),
    ("E", "end the routine early"),
    ("M", "sound off, and on again"),
    ("F", "full screen, and back"),
    ("C", "the cautions"),
    ("Q", "end the session; what was done is kept"),
)
"""Text of the page of keys."""


WAIT_S: Final = 0.05
"""Seconds that the loop waits for poses before it checks the keys again."""

QUIET_S: Final = 0.4
"""Seconds without a frame after which the screen says so."""

MISS_EVERY_S: Final = 0.1
"""Seconds between updates of the screen without frames, for running countdowns."""

NOTICE_S: Final = 10.0
"""Seconds for which a fault of only a file or the sound is shown; then a short note stays."""

END_S: Final = 60.0
"""Longest time in seconds for which the end of the routine is shown, also without frames; then the
window closes by itself."""

_KEYS_HINT: Final = "H: keys"
_BACK_HINT: Final = "Press any key to go back"


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of a live session; the caller who makes them also closes them.

    Attributes:
        camera: source of frames and of the clock.
        lookout: finds the poses in the frames.
        recorder: judges and writes the session.
        routine: guides the person.
        view: draws.
        window: shows.
        sounds: plays.
        recording: keeps the video; None if that was not asked for.
        cautions: the page of cautions.
    """

    camera: Camera
    lookout: PoseWorker
    recorder: Recorder
    routine: Routine
    view: LiveView
    window: Window
    sounds: Sounds
    recording: VideoRecorder | None
    cautions: Image


class Loop:
    """Loop of one session, until it is over, its window is closed or it is asked to stop.

    Attributes:
        fault: why the session file is not written any more, one line; empty while it is.
        timers: the timers that ran, whose time is not judged.
        statements: the person's answers.
        left: whether a person has closed the window or left with a key.
        shown: called with the time of each frame and its age once it is on the screen,
            both in seconds.
    """

    def __init__(self, parts: Parts, shown: Callable[[float, float], None] | None = None) -> None:
        """Prepare a session; `run` runs it."""
        self._parts = parts
        self.shown = shown
        self.fault = ""
        self.timers: list[NotJudged] = []
        self.statements: list[Statement] = []
        self.left = False
        self._page: Image | None = None
        self._over = False
        self._screen: ViewState | None = None
        self._news_s = time.monotonic()
        self._done_s = math.inf
        self._silent = ""
        self._since_s: dict[str, float] = {}

    def run(self) -> None:
        """Run until the end."""
        parts = self._parts
        while not self._over:
            seen = parts.lookout.take(WAIT_S)
            if seen is not None:
                self._take(seen)
            elif time.monotonic() - self._news_s >= QUIET_S:
                self._miss()
                self._news_s += MISS_EVERY_S
            else:
                self._mind_keys()
            self._mind_end()

    def _take(self, seen: PoseBatch) -> None:
        """Judge the observations, and show the newest frame with its verdict."""
        self._news_s = time.monotonic()
        parts = self._parts
        for look in seen.looks:
            parts.recorder.ask(parts.routine.side)
            step = self._judged(look)
            camera = parts.camera.condition.sentence
            screen, calls = parts.routine.step(look.observation, step, look.brightness, camera)
            self._hear(screen, calls)
            self._keep_timers()
        self._show(Sight(seen.frame.image_bgr, seen.looks[-1].observation, step.verdict))
        if self.shown is not None:
            t_s = seen.frame.t_s
            self.shown(t_s, parts.lookout.now_s() - t_s)

    def _judged(self, look: TimedPose) -> Step:
        """Judge one frame. A session file that can't be written does not end the session."""
        recorder = self._parts.recorder
        t_s = look.observation.t_s
        try:
            return recorder.take([look.observation])[0]
        except OutputError as error:
            self.fault = str(error)
            with suppress(OutputError):
                recorder.close()
            recorder.writer = recorder.open_writer = None
        if recorder.last is not None and recorder.last.t_s >= t_s:
            return recorder.last  # judged, only not written
        return recorder.take([look.observation])[0]

    def _keep_timers(self) -> None:
        """Write the timers that have ended."""
        for timed in self._parts.routine.timers():
            self.timers.append(timed)
            with suppress(OutputError):  # a disk that is full is told by the next frame
                self._parts.recorder.note(timed)

    def answer(self, choice: str) -> None:
        """Answer the question of the end page, and write the answer."""
        statement = self._parts.routine.answer(choice, self._parts.lookout.now_s())
        if statement is not None:
            self.statements.append(statement)
            with suppress(OutputError):
                self._parts.recorder.note(statement)

    def _miss(self) -> None:
        """Show that no frame comes, with the last image darkened."""
        parts = self._parts
        notice = parts.camera.condition.sentence or "Waiting for a picture"
        self._hear(*parts.routine.absent(parts.lookout.now_s(), notice))
        self._show(None)

    def _hear(self, screen: ViewState, calls: tuple[AudioCue, ...]) -> None:
        self._screen = screen
        self._parts.sounds.play(calls)

    def _show(self, sight: Sight | None) -> None:
        if self._screen is None:
            return
        parts = self._parts
        if self._page is not None:
            picture = self._page
        else:
            screen = self._with_notices(self._screen)
            picture = parts.view.draw(screen, sight, self._status())
        parts.window.show(picture)
        self._mind_keys()  # the system draws the frame while it looks for keys

    def _with_notices(self, screen: ViewState) -> ViewState:
        """Add the problems beside the exercise; faults only for `NOTICE_S`."""
        parts = self._parts
        notices = [screen.notice]
        if self.fault:
            notices.append(self._fresh("This session is not saved any more: ", self.fault))
        if parts.recording is not None and parts.recording.fault:
            fault = parts.recording.fault
            notices.append(self._fresh("The video is not recorded any more: ", fault))
        self._silent = parts.sounds.notice() or self._silent
        said = screen.said or self._fresh("", self._silent)
        return replace(screen, notice=next(filter(None, notices), ""), said=said)

    def _fresh(self, what: str, fault: str) -> str:
        """Return the text for a fault; empty after it was shown for `NOTICE_S`."""
        if time.monotonic() - self._since_s.setdefault(fault, time.monotonic()) > NOTICE_S:
            return ""
        return what + (fault.rsplit(": ", 1)[-1] if what else fault)  # paths are too long here

    def _status(self) -> Status:
        parts = self._parts
        recording = parts.recording is not None and not parts.recording.fault
        notes = []
        if self._done_s < math.inf:
            notes.append("closes by itself")
        if self.fault:
            notes.append("not saved")
        if parts.recording is not None and parts.recording.fault:
            notes.append("no video")
        lacks = "sound off" if parts.sounds.muted else parts.sounds.lacks
        notes += [lacks] if lacks else []
        return Status("   ".join([*notes, _KEYS_HINT]), recording=recording)

    def _mind_end(self) -> None:
        """End once the routine is over, at the latest after its end was shown for `END_S`."""
        routine = self._parts.routine
        if not routine.done:
            self._done_s = math.inf
        elif self._done_s == math.inf:
            self._done_s = time.monotonic()
        if routine.over or time.monotonic() - self._done_s >= END_S:
            self._over = True

    def _mind_keys(self) -> None:
        for event in self._parts.window.events(1):
            if isinstance(event, Closed):
                self._over = self.left = True
            elif isinstance(event, Key):
                self._press(event)

    def _press(self, key: Key) -> None:
        wanted = KEYS.get(key.name)
        if self._page is not None and wanted is not KeyCommand.QUIT:
            self._page = None
        elif isinstance(wanted, Action):
            parts = self._parts
            self._hear(*parts.routine.press(wanted, parts.lookout.now_s()))
        elif wanted is not None:
            self._obey(wanted)

    def _obey(self, command: KeyCommand) -> None:
        window, sounds = self._parts.window, self._parts.sounds
        if command is KeyCommand.MUTE:
            sounds.muted = not sounds.muted
        elif command is KeyCommand.FULL_SCREEN:
            window.fullscreen = not window.fullscreen
        elif command is KeyCommand.CAUTIONS:
            self._page = self._parts.cautions
        elif command is KeyCommand.HELP:
            self._page = keys_page(SIZE_PX, HELP, _BACK_HINT)
        elif command is KeyCommand.BACK and window.fullscreen:
            window.fullscreen = False
        else:
            self._over = self.left = True
