"""Playback of a session file, available while the file is still being read.

The steps are the recorded ones (the stored verdicts, counted again) or, with an exercise, new ones
judged from the stored landmarks. An hour of session takes seconds to read: `open` returns after the
first frame, and `read_on` continues from there.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.annotations import Span, next_start, previous_start
from posecheck.errors import SessionError, shown
from posecheck.form.hold import HoldCounter
from posecheck.form.judge import Judge
from posecheck.session.reader import SessionReader
from posecheck.types import Asked, Observation, Side, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any, Self

    from numpy.typing import NDArray

    from posecheck.exercises import Exercise
    from posecheck.form.hold import Tally
    from posecheck.ledger import Hold, Ledger, Step
    from posecheck.types import Verdict

BATCH: Final = 64
"""Number of frames judged together; the arithmetic for one costs almost as much."""

LEAST_FAULT_S: Final = 0.5
"""Shortest fault in seconds to which the viewer jumps; a shorter one in wrong form ends no hold
either."""

_MICROSECOND_S: Final = 1e-6


class SessionPlayback:
    """A session that can be shown from its first frame on, and grows while it is read.

    Attributes:
        path: the session file; it is never written to.
        header: facts of its first line, in JSON types.
        judged_again: whether the steps are judged now, or were recorded.
        observations: the observations, one for each step.
        seen: every stored observation, also without a verdict.
        asked: the sides that a live session asked for, in the order of time.
        steps: the steps, in the order of time.
        tally: the sums over all steps; None until the file was read to its end.
        faults: stretches of at least `LEAST_FAULT_S` that are wrong or unseen for one reason.
        complete: whether the file was read to its end.
    """

    def __init__(self, path: Path, exercise: Exercise | None = None) -> None:
        """Read the first line; use `open` to get at frames, too.

        Args:
            path: the session file.
            exercise: judges the stored landmarks by it; None shows what was recorded.

        Raises:
            SessionError: if it is no session file, or of a newer format.
        """
        self.path = path
        self._reader = SessionReader(path)
        self.header: dict[str, Any] = self._reader.header
        self.judged_again = exercise is not None
        self.observations: list[Observation] = []
        self.seen: list[Observation] = []
        self.asked: list[Asked] = []
        self.steps: list[Step] = []
        self.tally: Tally | None = None
        self.faults: list[Span] = []
        self.complete = False
        self._bytes = path.stat().st_size
        self._times_s = array("d")
        self._fault: Span | None = None
        self._exercise = exercise
        self._judge = None if exercise is None else Judge(exercise, self.side)
        self._counter = None if self._judge is None else self._judge.counter
        self._pending: deque[Observation] = deque()
        self._size_px = (640, 480)
        self._source = self._judged_steps() if self._judge is not None else self._recorded_steps()

    @classmethod
    def open(cls, path: Path, exercise: Exercise | None = None) -> Self:
        """Return a playback of which at least the first frame has been read.

        Raises:
            SessionError: if it holds no frame, or cannot be read.
        """
        recording = cls(path, exercise)
        while not recording.steps and recording.read_on(0.0):
            pass
        if not recording.steps:
            raise SessionError(recording.why_empty())
        return recording

    @property
    def exercise(self) -> Exercise:
        """The exercise by which the steps are judged.

        Raises:
            SessionError: if the session does not hold one.
        """
        exercise = self._exercise or self._reader.exercise
        if exercise is None:
            raise SessionError(self.why_empty())
        return exercise

    @property
    def recorded_exercise(self) -> Exercise | None:
        """The exercise that the session holds; None until it was read, or without one."""
        return self._reader.exercise

    @property
    def side(self) -> Side | None:
        """The stretched side that was asked for; None if posecheck had to find it."""
        return stored_side(self.header)

    @property
    def video(self) -> str:
        """Name of the file that was recorded; "" if it was a camera, or is not known."""
        source = self.header.get("source")
        known = source if isinstance(source, dict) and source.get("kind") != "camera" else {}
        return str(known.get("name") or "")

    @property
    def times_s(self) -> NDArray[np.float64]:
        """The times of the steps in seconds, a copy that does not grow."""
        return np.array(self._times_s)

    @property
    def duration_s(self) -> float:
        """Time of the last step that was read, in seconds."""
        return self._times_s[-1] if self._times_s else 0.0

    @property
    def holds(self) -> list[Hold]:
        """The holds of more than 0 s that ended so far."""
        return [] if self._counter is None else self._counter.holds

    @property
    def written_holds(self) -> list[Hold]:
        """The holds as the file's own lines give them; only their comparison uses them."""
        return self._reader.holds

    @property
    def ledger(self) -> Ledger | None:
        """All time as the session's last line has it; None as `ended`."""
        return self._reader.ledger

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings from the time when the session was recorded."""
        return self._reader.warnings

    @property
    def share_read(self) -> float:
        """Share of the file that was read, 0 to 1."""
        if self.complete:
            return 1.0
        return min(1.0, self._reader.bytes_read / max(1, self._bytes))

    @property
    def problems(self) -> tuple[str, ...]:
        """Unusable parts of the file so far, one sentence each."""
        return self._reader.problems

    @property
    def ended(self) -> str | None:
        """How the session ended; None if it was cut off, or is not read to its end."""
        return self._reader.ended

    def read_on(self, budget_s: float) -> bool:
        """Read for about ``budget_s`` seconds; return True if more is to be read.

        Raises:
            SessionError: if the file can't be read any more.
        """
        until_s = time.perf_counter() + budget_s
        while not self.complete:
            pair = next(self._source, None)
            if pair is None:
                self._finish()
                break
            self._take(*pair)
            if time.perf_counter() >= until_s:
                break
        return not self.complete

    def read_all(self) -> Self:
        """Read to the end of the file and return the recording."""
        while self.read_on(60.0):
            pass
        return self

    def index_at(self, t_s: float) -> int:
        """Return the last step at or before a time; the first for an earlier time."""
        return max(0, bisect_right(self._times_s, t_s) - 1)

    def next_hold(self, t_s: float) -> float | None:
        """Return the start of the first hold after a time; None if none follows."""
        return next_start([self._own_time(hold.start_s) for hold in self.holds], t_s)

    def previous_hold(self, t_s: float) -> float | None:
        """Return the start of the last hold before a time; None if there is none."""
        return previous_start([self._own_time(hold.start_s) for hold in self.holds], t_s)

    def _own_time(self, t_s: float) -> float:
        """Return the time of the frame at a time that was rounded to microseconds."""
        own_s = self._times_s[self.index_at(t_s + _MICROSECOND_S)]
        return own_s if abs(own_s - t_s) <= _MICROSECOND_S else t_s

    def next_fault(self, t_s: float) -> float | None:
        """Return the start of the first fault after a time; None if none follows."""
        return next_start([fault.start_s for fault in self.faults], t_s)

    def previous_fault(self, t_s: float) -> float | None:
        """Return the start of the last fault before a time; None if there is none."""
        return previous_start([fault.start_s for fault in self.faults], t_s)

    def why_empty(self) -> str:
        """Return the reason why nothing can be shown, and what to do."""
        name = shown(self.path)
        if self._reader.exercise is None and not self.judged_again:
            return f"{name}: holds no exercise to replay by; name one with --exercise"
        return f"{name}: holds no picture that was judged; there is nothing to replay"

    def _recorded_steps(self) -> Iterator[tuple[Observation, Step]]:
        """Yield the stored verdicts, counted again, each with its observation."""
        for item in self._reader.items():
            if isinstance(item, Observation):
                self.seen.append(item)
                self._pending.append(item)
            elif isinstance(item, Asked):
                self.asked.append(item)
            elif isinstance(item, tuple) and self._reader.exercise is not None:
                seen = self._seen_at(item[0])
                yield seen, self._counted(*item)

    def _seen_at(self, t_s: float) -> Observation:
        """Return the observation at the time of a verdict.

        It is a frame without a person if its line is lost; frames without a verdict are skipped.
        """
        while self._pending and self._pending[0].t_s < t_s:
            self._pending.popleft()
        if self._pending and self._pending[0].t_s == t_s:
            seen = self._pending.popleft()
            self._size_px = seen.frame_size_px
            return seen
        return Observation(t_s, self._size_px, None)

    def _counted(self, t_s: float, verdict: Verdict) -> Step:
        if self._counter is None:
            self._counter = HoldCounter(self.exercise)
        return self._counter.update(t_s, verdict)

    def _judged_steps(self) -> Iterator[tuple[Observation, Step]]:
        """Yield the stored observations with newly judged steps."""
        assert self._judge is not None  # noqa: S101 - made for this
        batch: list[Observation] = []
        for item in self._reader.items():
            if isinstance(item, Observation):
                self.seen.append(item)
                batch.append(item)
            elif isinstance(item, Asked):
                self.asked.append(item)
                self._judge.ask(item)  # in force from its time on, not at once
            if len(batch) >= (BATCH if self.steps else 1):
                yield from zip(batch, self._judge.judge(batch), strict=True)
                batch = []
        yield from zip(batch, self._judge.judge(batch), strict=True)

    def _take(self, seen: Observation, step: Step) -> None:
        self.observations.append(seen)
        self.steps.append(step)
        self._times_s.append(step.t_s)
        self._follow_fault(step)

    def _finish(self) -> None:
        self.complete = True
        if self._counter is not None:
            self.tally = self._counter.finish()
        self._keep_fault()

    def _follow_fault(self, step: Step) -> None:
        reason = step.verdict.reason
        key = "" if step.verdict.state is State.VALID or reason is None else reason.key
        if self._fault is not None and self._fault.what == key:
            self._fault = Span(self._fault.start_s, step.t_s, key)
            return
        if self._fault is not None:
            self._fault = Span(self._fault.start_s, step.t_s, self._fault.what)
        self._keep_fault()
        self._fault = Span(step.t_s, step.t_s, key) if key else None

    def _keep_fault(self) -> None:
        fault, self._fault = self._fault, None
        if fault is not None and fault.end_s - fault.start_s >= LEAST_FAULT_S:
            self.faults.append(fault)


def stored_side(header: dict[str, Any]) -> Side | None:
    """Return the stretched side in a session's header; None if posecheck had to find it."""
    side = header.get("side")
    return Side(side) if side in (Side.LEFT, Side.RIGHT) else None
