"""Loop of a live session, on the main thread: judging, routine, page, sound, commands.

The camera and the inference have threads of their own, and so has the page's server. Observations
are judged here in the order of time; the picture that is shown is the newest one. What the page
manages to draw changes nothing that is counted.

No command of the page is needed. Without a page for `PAUSE_S` the session pauses, and after `END_S`
it ends, whole.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from posecheck.errors import OutputError
from posecheck.live.coach.prompt import Action, Phase
from posecheck.page.live import Answer, End, Press, Status, coarse
from posecheck.types import SideKnown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from posecheck.ledger import NotJudged, Step
    from posecheck.live.coach.prompt import AudioCue, ViewState
    from posecheck.live.coach.routine import Routine
    from posecheck.live.sound import Sounds
    from posecheck.live.workers import PoseBatch, PoseWorker, TimedPose, VideoRecorder
    from posecheck.page.live import Command, LivePage
    from posecheck.pipeline.recorder import Recorder
    from posecheck.sources.camera.camera import Camera
    from posecheck.types import Side, Statement


ACTIONS: Final = {
    "pause": Action.PAUSE,
    "skip": Action.SKIP,
    "restart": Action.RESTART,
    "side": Action.SIDE,
    "end": Action.END,
}
"""Action of the routine for each key of the page; "mute" is not the routine's."""

WAIT_S: Final = 0.05
"""Seconds that the loop waits for poses before it looks for commands again."""

QUIET_S: Final = 0.4
"""Seconds without a frame after which the page says so."""

MISS_EVERY_S: Final = 0.1
"""Seconds between updates of the page without frames, for running countdowns."""

NOTICE_S: Final = 10.0
"""Seconds for which a fault of only a file or the sound is shown; then a short note stays."""

PAUSE_S: Final = 5.0
"""Seconds without a page after which the session pauses."""

END_S: Final = 60.0
"""Seconds without a page after which the session ends."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of a live session; the caller who makes them also closes them.

    Attributes:
        camera: source of frames and of the clock.
        lookout: finds the poses in the frames.
        recorder: judges and writes the session.
        routine: guides the person.
        page: shows, and takes commands.
        sounds: plays.
        recording: keeps the video; None if that was not asked for.
    """

    camera: Camera
    lookout: PoseWorker
    recorder: Recorder
    routine: Routine
    page: LivePage
    sounds: Sounds
    recording: VideoRecorder | None


class Loop:
    """Loop of one exercise, until it is over, its page has gone or it is asked to stop.

    Attributes:
        fault: why the session file is not written any more, one line; empty while it is.
        left: whether the page has gone for good, or its end was closed: nothing follows.
        records: timers that ran, whose time is not judged, and the person's answers.
        numbered: called with the number of each picture that is sent to the page, and its time on
            the camera's clock in seconds.
    """

    def __init__(self, parts: Parts, numbered: Callable[[int, float], None] | None = None) -> None:
        """Prepare a session; `run` runs it."""
        self._parts = parts
        self.numbered = numbered
        self.fault = ""
        self.left = False
        self.records: list[NotJudged | Statement] = []
        self._over = self._ended = self._paused = False
        self._screen: ViewState | None = None
        self._stretched: Side | None = None
        self._news_s = time.monotonic()
        self._silent = ""
        self._since_s: dict[str, float] = {}

    def run(self) -> None:
        """Run until the end."""
        parts = self._parts
        while not self._over:
            seen = None if self._ended else parts.lookout.take(WAIT_S)
            if seen is not None:
                self._take(seen)
            elif time.monotonic() - self._news_s >= (MISS_EVERY_S if self._ended else QUIET_S):
                self._miss()
                self._news_s = time.monotonic() - QUIET_S + MISS_EVERY_S
            for command in parts.page.commands(WAIT_S if self._ended else 0.0):
                self._obey(command)
            self._mind_page()
            self._mind_end()

    def _take(self, seen: PoseBatch) -> None:
        """Show the newest frame, and judge the observations.

        The picture goes first: it is coded and sent while the observations are judged. Which leg is
        drawn as the stretched one is therefore as in the frame before.
        """
        self._news_s = time.monotonic()
        parts, routine = self._parts, self._parts.routine
        newest = seen.looks[-1].observation
        number = parts.page.show(seen.frame.image_bgr, newest, self._stretched)
        if self.numbered is not None:
            self.numbered(number, seen.frame.t_s)
        for look in seen.looks:
            parts.recorder.ask(routine.side)
            step = self._judged(look)
            camera = parts.camera.condition.sentence
            screen, calls = routine.step(look.observation, step, look.brightness, camera)
            self._keep(routine.timers())
            self._hear(screen, calls)
        self._tell(stale=False)
        seen_side = step.verdict.side_known is SideKnown.SEEN
        self._stretched = step.verdict.side if seen_side else None

    def _judged(self, look: TimedPose) -> Step:
        """Judge one frame. A session file that can't be written does not end the session."""
        recorder = self._parts.recorder
        t_s = look.observation.t_s
        found: list[Step] = []
        self._write(lambda: found.extend(recorder.take([look.observation])))
        if found:
            return found[0]
        if recorder.last is not None and recorder.last.t_s >= t_s:
            return recorder.last  # judged, only not written
        return recorder.take([look.observation])[0]

    def _write(self, write: Callable[[], None]) -> None:
        """Write to the session file; if that fails, go on without the file."""
        recorder = self._parts.recorder
        try:
            write()
        except OutputError as error:
            self.fault = str(error)
            with suppress(OutputError):
                recorder.close()
            recorder.writer = recorder.open_writer = None

    def _keep(self, records: Iterable[NotJudged | Statement]) -> None:
        """Write timers that have ended, or the person's answers, and keep them."""
        for record in records:
            self.records.append(record)
            self._write(partial(self._parts.recorder.note, record))

    def _miss(self) -> None:
        """Show that no frame comes, with the last image darkened; at the end, let time pass."""
        parts = self._parts
        notice = "" if self._ended else parts.camera.condition.sentence or "Waiting for a picture"
        self._hear(*parts.routine.absent(parts.lookout.now_s(), notice))
        self._tell(stale=not self._ended)

    def _hear(self, screen: ViewState, calls: tuple[AudioCue, ...]) -> None:
        self._screen = screen
        self._parts.sounds.play(calls)

    def _tell(self, *, stale: bool) -> None:
        """Send the page what the routine says, and what stays on the screen."""
        if self._screen is None:
            return
        page, recording = self._parts.page, self._parts.recording
        kept = recording is not None and not recording.fault and not self._ended
        page.stage("end" if self._ended else "stretch")
        page.put("screen", coarse(self._screen, self._notice()))
        page.put("status", Status(self._notes(), recording=kept, stale=stale))

    def _notice(self) -> str:
        """Return the problem of a file or the sound; faults are shown for `NOTICE_S`."""
        parts = self._parts
        self._silent = parts.sounds.notice() or self._silent
        notices = []
        if self.fault:
            notices.append(self._fresh("This session is not saved any more: ", self.fault))
        if parts.recording is not None and parts.recording.fault:
            fault = parts.recording.fault
            notices.append(self._fresh("The video is not recorded any more: ", fault))
        if self._silent:
            notices.append(self._fresh("", self._silent))
        return next(filter(None, notices), "")

    def _fresh(self, what: str, fault: str) -> str:
        """Return the text for a fault; empty after it was shown for `NOTICE_S`."""
        if time.monotonic() - self._since_s.setdefault(fault, time.monotonic()) > NOTICE_S:
            return ""
        return what + (fault.rsplit(": ", 1)[-1] if what else fault)  # paths are too long here

    def _notes(self) -> tuple[str, ...]:
        parts = self._parts
        faulty = parts.recording is not None and bool(parts.recording.fault)
        lacks = "sound off" if parts.sounds.muted else parts.sounds.lacks
        notes = ("not saved" if self.fault else "", "no video" if faulty else "", lacks)
        return tuple(filter(None, notes))

    def _obey(self, command: Command) -> None:
        """Carry out a command of the page."""
        parts, routine = self._parts, self._parts.routine
        now_s = parts.lookout.now_s()
        if isinstance(command, Answer):
            question = None if self._screen is None else self._screen.question
            if question is not None and question.about == command.about:
                statement = routine.answer(command.choice, now_s)
                self._keep(() if statement is None else (statement,))
        elif isinstance(command, End):
            self._over = self.left = self._ended
        elif isinstance(command, Press):
            if command.key == "mute":
                parts.sounds.muted = not parts.sounds.muted
            elif self._ended:
                self._over = command.key == "end"
            else:
                self._hear(*routine.press(ACTIONS[command.key], now_s))
                self._tell(stale=False)

    def _mind_page(self) -> None:
        """Pause without a page, go on when it is back, and end when it does not come back."""
        gone_s = self._parts.page.server.gone_s()
        if gone_s >= END_S:
            self._over = self.left = True
        elif gone_s >= PAUSE_S and not self._paused and not self._ended:
            self._paused = True
            if self._parts.routine.phase is not Phase.PAUSED:
                self._press(Action.PAUSE)
        elif gone_s == 0 and self._paused:
            self._paused = False
            if self._parts.routine.phase is Phase.PAUSED:
                self._press(Action.PAUSE)

    def _press(self, action: Action) -> None:
        now_s = self._parts.lookout.now_s()
        self._hear(*self._parts.routine.press(action, now_s))

    def _mind_end(self) -> None:
        """Show the end page and switch the camera off; leave when the routine is over."""
        parts = self._parts
        if parts.routine.done and parts.routine.ends_session and not self._ended:
            self._ended = True
            parts.lookout.close()
            parts.camera.close()
            self._tell(stale=False)
        self._over = self._over or parts.routine.over
