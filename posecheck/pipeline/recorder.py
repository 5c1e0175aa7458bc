"""Judging and writing a session while it runs; the same for files and for live.

With an exercise, every observation is judged and written as it comes. Without one, all
shipped exercises are tried while the recording runs; at the end the best fitting one is
judged over the poses that the session file holds. So memory does not grow with time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from posecheck import exercises
from posecheck.judge import Fitness, Judge, best_fitting
from posecheck.session.reader import SessionReader
from posecheck.types import Asked, Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from posecheck.exercises.schema import Exercise
    from posecheck.judge import Tally
    from posecheck.session import Ended, SessionWriter
    from posecheck.types import Side, Step

BATCH: Final = 64
"""So many pictures are judged together; the arithmetic for one costs almost as much."""


@dataclass(slots=True)
class Recorder:
    """Takes in observations; gives steps and, at the end, the tally.

    Attributes:
        exercise: what is judged; None until the best fitting one is found.
        side: the stretched side; None finds it from the form.
        open_writer: makes the session file when the first observation comes, so that a
            source without one leaves none behind; None writes nothing.
        warnings: what is to be said of a tally; goes into the session file's last line.
        last: the last step.
        writer: the session file, once there is one.
        ended: how the session ended; None while it runs.
    """

    exercise: Exercise | None
    side: Side | None
    open_writer: Callable[[], SessionWriter] | None
    warnings: Callable[[Tally], tuple[str, ...]]
    last: Step | None = None
    writer: SessionWriter | None = None
    ended: Ended | None = None
    _judge: Judge | None = None
    _asked: Side | None = None
    _asked_next: Side | None = None
    _fits: tuple[Fitness, ...] = ()
    _waiting: list[Observation] = field(default_factory=list)
    _compared: int = 0
    _taken: int = 0
    _holds_written: int = 0
    _finished: tuple[Exercise, Tally] | None = None

    def take(self, observations: Sequence[Observation]) -> list[Step]:
        """Take in what was seen; return its steps (none while the exercise is unknown)."""
        if self.writer is None and self.open_writer is not None:
            self.writer = self.open_writer()
        if observations:
            self._note_asked(observations[0].t_s)
        if self.exercise is None:
            self._taken += len(observations)
        if self.writer is not None:
            self.writer.poses(observations)
        if self.exercise is None:
            self._waiting.extend(observations)
            if len(self._waiting) >= BATCH:
                self._compare()
            return []
        return self._judged(self.exercise, observations)

    def ask(self, side: Side) -> None:
        """Ask for a side from the next picture on; saying the same again changes nothing.

        It is written before the picture, so that judging again gives the same steps.

        Raises:
            ValueError: while the exercise is still looked for.
        """
        if self.exercise is None:
            message = "a side can be asked for only when the exercise is known"
            raise ValueError(message)
        self._asked_next = side

    def _note_asked(self, t_s: float) -> None:
        if self.exercise is None or self._asked_next is self._asked:
            return
        side = self._asked = self._asked_next
        if side is not None:
            asked = Asked(t_s, side)
            self._judge_of(self.exercise).ask(asked)
            if self.writer is not None:
                self.writer.asked(asked)

    def finish(self, ended: Ended) -> tuple[Exercise, Tally]:
        """End the session; return the exercise and what the session comes to."""
        if self._finished is not None:
            return self._finished
        if self.exercise is None:
            fit = self._find_exercise(ended)
            if self.writer is None:
                self._compare()
                self.last, self.ended = fit.last, ended
                self._finished = fit.exercise, fit.finish()
                return self._finished
            self.writer.exercise(fit.exercise)
            self.exercise = fit.exercise
        exercise = self.exercise
        if self._taken:
            self._judge_stored(exercise)
        judge = self._judge_of(exercise)
        tally = judge.finish()
        self._finished, self.ended = (exercise, tally), ended
        self._write_holds(judge)
        if self.writer is not None:
            self.writer.end(ended, tally.ledger, self.warnings(tally))
        return self._finished

    def stored(self) -> Iterator[list[Observation]]:
        """Yield in batches what the session file holds of what was seen.

        Raises:
            SessionError: if the file can't be read any more.
            ValueError: if no session is written.
        """
        if self.writer is None:
            message = "there is no session file to read from"
            raise ValueError(message)
        self.writer.flush()
        items = SessionReader(self.writer.path).items()
        seen = (item for item in items if isinstance(item, Observation))
        # What is written to the file meanwhile is not read back, too.
        poses = islice(seen, self._taken or None)
        while batch := list(islice(poses, BATCH)):
            yield batch

    def _compare(self) -> None:
        """Try all exercises on the pictures that wait for it."""
        if not self._fits:
            self._fits = tuple(Fitness(e, self.side) for e in exercises.load_all())
        for fit in self._fits:  # after Ctrl-C some have seen a part already
            fit.take(self._waiting[fit.seen - self._compared :])
        self._compared, self._waiting = self._compared + len(self._waiting), []

    def _find_exercise(self, ended: Ended) -> Fitness:
        if ended != "interrupted" or not self._fits:
            self._compare()
        return best_fitting(self._fits)

    def _judge_stored(self, exercise: Exercise) -> None:
        """Judge the stored pictures that were not judged yet, and write the verdicts."""
        judged, passed = self._judge_of(exercise).pictures, 0
        for batch in self.stored():
            self._judged(exercise, batch[max(0, judged - passed) :])
            passed += len(batch)

    def close(self) -> None:
        """Close the session file."""
        if self.writer is not None:
            self.writer.close()

    def _judged(self, exercise: Exercise, observations: Sequence[Observation]) -> list[Step]:
        """Judge and write step by step, so that an interruption loses none that was counted."""
        judge = self._judge_of(exercise)
        steps = []
        for step in judge.judge(observations):
            self.last = step
            if self.writer is not None:
                self.writer.steps([step])
            steps.append(step)
        self._write_holds(judge)
        return steps

    def _judge_of(self, exercise: Exercise) -> Judge:
        if self._judge is None:
            self._judge = Judge(exercise, self.side)
        return self._judge

    def _write_holds(self, judge: Judge) -> None:
        """Write the holds that ended since the last time."""
        for hold in judge.holds[self._holds_written :]:
            if self.writer is not None:
                self.writer.hold(hold)
            self._holds_written += 1
