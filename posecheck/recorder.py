"""Judging and writing a session while it runs; the same for files and for live.

With an exercise, every observation is judged and written as it comes. Without one, the
observations are kept, and the best fitting exercise is found and judged at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from posecheck import exercises
from posecheck.judge import Judge, best_fitting
from posecheck.types import Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from posecheck.exercises.schema import Exercise
    from posecheck.judge import Tally
    from posecheck.session import Ended, SessionWriter
    from posecheck.types import Observation, Side, Step

QUICK_PICTURES: Final = 300
"""So many pictures decide about the exercise when somebody presses Ctrl-C and waits."""


@dataclass(slots=True)
class Recorder:
    """Takes in observations; gives steps and, at the end, the tally.

    Attributes:
        exercise: what is judged; None until the best fitting one is found.
        side: the stretched side; None finds it from the form.
        open_writer: makes the session file when the first observation comes, so that a
            source without one leaves none behind; None writes nothing.
        warnings: what is to be said of a tally; goes into the session file's last line.
        kept: the observations, while the exercise is still looked for.
        last: the last step.
        writer: the session file, once there is one.
    """

    exercise: Exercise | None
    side: Side | None
    open_writer: Callable[[], SessionWriter] | None
    warnings: Callable[[Tally], tuple[str, ...]]
    kept: list[Observation] = field(default_factory=list)
    last: Step | None = None
    writer: SessionWriter | None = None
    _judge: Judge | None = None
    _asked: Side | None = None
    _asked_next: Side | None = None
    _kept_judged: int = 0
    _holds_written: int = 0
    _finished: tuple[Exercise, Tally] | None = None

    def take(self, observations: Sequence[Observation]) -> list[Step]:
        """Take in what was seen; return its steps (none while the exercise is unknown)."""
        if self.writer is None and self.open_writer is not None:
            self.writer = self.open_writer()
        if observations:
            self._note_asked(observations[0].t_s)
        if self.writer is not None:
            self.writer.poses(observations)
        if self.exercise is None:
            self.kept.extend(observations)
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
        exercise = self.exercise or self._find_exercise(ended)
        # Nothing is left here unless the exercise was looked for.
        self._judged(exercise, self.kept[self._kept_judged :])
        judge = self._judge_of(exercise)
        tally = judge.finish()
        self._finished = exercise, tally
        self._write_holds(judge)
        if self.writer is not None:
            self.writer.end(ended, tally.ledger, self.warnings(tally))
        return self._finished

    def _find_exercise(self, ended: Ended) -> Exercise:
        sample = self.kept[:QUICK_PICTURES] if ended == "interrupted" else self.kept
        exercise = best_fitting(exercises.load_all(), sample, self.side)
        if self.writer is not None:
            self.writer.exercise(exercise)
        self.exercise = exercise
        return exercise

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
            self._kept_judged += bool(self.kept)
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
