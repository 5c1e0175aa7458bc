"""Judging and writing a session while it runs; the same for files and for live.

With an exercise, every observation is judged and written as it comes. Without one, the
observations are kept, and the best fitting exercise is found and judged at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from posecheck import exercises
from posecheck.judge import Judge, best_fitting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.exercises.schema import Exercise
    from posecheck.judge import Tally
    from posecheck.session import Ended, SessionWriter
    from posecheck.types import Observation, Side, Step


@dataclass(slots=True)
class Recorder:
    """Takes in observations; gives steps and, at the end, the tally.

    Attributes:
        exercise: what is judged; None until the best fitting one is found.
        side: the stretched side; None finds it from the form.
        writer: where the session is written; None writes nothing.
        kept: the observations, while the exercise is still looked for.
        last: the last step.
        pictures: how many observations were taken in.
    """

    exercise: Exercise | None
    side: Side | None
    writer: SessionWriter | None
    kept: list[Observation] = field(default_factory=list)
    last: Step | None = None
    pictures: int = 0
    _judge: Judge | None = None

    def take(self, observations: Sequence[Observation]) -> list[Step]:
        """Take in what was seen; return its steps (none while the exercise is unknown)."""
        self.pictures += len(observations)
        if self.writer is not None:
            self.writer.poses(observations)
        if self.exercise is None:
            self.kept.extend(observations)
            return []
        return self._judged(self.exercise, observations)

    def finish(self, ended: Ended, warnings: tuple[str, ...]) -> tuple[Exercise, Tally]:
        """End the session; return the exercise and what the session comes to."""
        if self.exercise is None:
            self.exercise = best_fitting(exercises.load_all(), self.kept)
            if self.writer is not None:
                self.writer.exercise(self.exercise)
            self._judged(self.exercise, self.kept)
        judge = self._judge or Judge(self.exercise, self.side)
        known = len(judge.holds)
        tally = judge.finish()
        if self.writer is not None:
            for hold in tally.holds[known:]:
                self.writer.hold(hold)
            self.writer.end(ended, tally.ledger, warnings)
        return self.exercise, tally

    def _judged(self, exercise: Exercise, observations: Sequence[Observation]) -> list[Step]:
        if self._judge is None:
            self._judge = Judge(exercise, self.side)
        steps = list(self._judge.judge(observations))
        if steps:
            self.last = steps[-1]
        if self.writer is not None:
            self.writer.steps(steps)
        return steps
