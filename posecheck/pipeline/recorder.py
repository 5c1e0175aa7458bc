"""Judging and writing of a session while it runs, the same for files and for live.

With an exercise, every observation is judged and written as it comes. Without one, all
shipped exercises are tried while the recording runs; at the end the best fitting one is
judged over the poses that the session file holds. So memory does not grow with time. `Summary` is
the typed result that `posecheck.analyse` returns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import exercises
from posecheck.form.judge import Fitness, Judge, best_fitting
from posecheck.landmarks import INDEX
from posecheck.ledger import NotJudged
from posecheck.session.frames import summary_html, summary_text
from posecheck.session.reader import SessionReader
from posecheck.types import MICROSECONDS, Asked, Cause, Observation, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import Self

    from posecheck.exercises import Exercise
    from posecheck.exercises.rules import Rule
    from posecheck.form.hold import Tally
    from posecheck.ledger import Fault, Hold, Ledger, Step
    from posecheck.session import Ended, SessionWriter
    from posecheck.sources import SourceInfo
    from posecheck.types import Side, Statement, Verdict


BATCH: Final = 64
"""Number of frames judged together; the arithmetic for one costs almost as much."""


@dataclass(slots=True)
class Recorder:
    """Recorder of a session: observations in, steps and finally the tally out.

    Attributes:
        exercise: the exercise that is judged; None until the best fitting one is found.
        side: the stretched side; None finds it from the form.
        open_writer: makes the session file at the first observation, so that a source without
            observations leaves no file; None writes nothing.
        warnings: function that gives the warnings for a tally, for the session file's last line.
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
    _finished: Tally | None = None

    def take(self, observations: Sequence[Observation]) -> list[Step]:
        """Take in observations; return their steps (none while the exercise is unknown)."""
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
        """Ask for a side from the next frame on; saying the same again changes nothing.

        It is written before the frame, so that judging again gives the same steps.

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
            asked = Asked(t_s, side, unless_seen=True)
            self._judge_of(self.exercise).ask(asked)
            if self.writer is not None:
                self.writer.asked(asked)

    def note(self, record: NotJudged | Statement) -> None:
        """Write the time of a live session's timer, or a person's answer to its question."""
        if self.writer is None:
            return
        if isinstance(record, NotJudged):
            self.writer.not_judged(record)
        else:
            self.writer.statement(record)

    def finish(self, ended: Ended) -> Tally:
        """End the session and return its tally."""
        if self._finished is not None:
            return self._finished
        if self.exercise is None:
            fit = self._find_exercise(ended)
            if self.writer is None:
                self._compare()
                self.last, self.ended = fit.last, ended
                self._finished = fit.finish()
                return self._finished
            self.writer.exercise(fit.exercise)
            self.exercise = fit.exercise
        exercise = self.exercise
        if self._taken:
            self._judge_stored(exercise)
        judge = self._judge_of(exercise)
        self._finished, self.ended = judge.finish(), ended
        self._write_holds(judge)
        if self.writer is not None:
            self.writer.end(ended, self._finished.ledger, self.warnings(self._finished))
        return self._finished

    def stored(self) -> Iterator[list[Observation]]:
        """Yield the observations of the session file in batches.

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
        """Try all exercises on the frames that wait for it."""
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
        """Judge the stored frames that were not judged yet, and write the verdicts."""
        judged, passed = self._judge_of(exercise).counter.pictures, 0
        for batch in self.stored():
            self._judged(exercise, batch[max(0, judged - passed) :])
            passed += len(batch)

    def close(self) -> None:
        """Close the session file."""
        if self.writer is not None:
            self.writer.close()

    def _judged(self, exercise: Exercise, observations: Sequence[Observation]) -> list[Step]:
        """Judge and write step by step, so that an interruption loses no counted step."""
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
        for hold in judge.counter.holds[self._holds_written :]:
            if self.writer is not None:
                self.writer.hold(hold)
            self._holds_written += 1


SMALL_PX: Final = 200
"""Width or height in pixels below which the source is analysed with a warning."""

LOW_RATE: Final = 5.0
"""Frames per second below which a recording that is mostly gaps gets a warning."""

TILTED_DEG: Final = 67.0
"""Angle in degrees from upright above which the image counts as turned. Leaning 45 degrees forward
with a crossed leg turns a seated body's direction by 45."""

_SIDES: Final = ("left", "right")
_UPPER: Final = [
    INDEX[name] for name in ("left_shoulder", "right_shoulder", "left_knee", "right_knee")
]
_LOWER: Final = [INDEX[name] for name in ("left_hip", "right_hip", "left_ankle", "right_ankle")]


LEAST_FIT_S: Final = 1.0
"""Valid seconds in a whole recording below which no exercise fits."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of analysing one video or image.

    Attributes:
        source: the source that was analysed.
        exercise: the exercise by which it was judged.
        chosen: whether the exercise was chosen as the best fitting one.
        frames: frames that were analysed.
        duration_s: seconds from the first to the last frame, the ledger's total.
        ledger: valid, wrong and unseen time; they add up to the duration exactly.
        holds: every hold of more than 0 s, in the order of time.
        faults: lost time for each reason, most first; the seconds add up to the wrong and unseen
            time.
        warnings: problems found, one sentence each.
        verdict: the verdict on the last frame; for a still image the result.
        session: the session file; None if none was asked for.
        video: the annotated video; None if none was asked for.
        interrupted: whether the analysis was stopped before the end of the source.
        not_judged: when a live session ran its timer instead of judging.
        statements: the person's answers to the questions of a live session.
    """

    source: SourceInfo
    exercise: Exercise
    chosen: bool
    frames: int
    duration_s: float
    ledger: Ledger
    holds: tuple[Hold, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]
    verdict: Verdict | None
    session: Path | None
    video: Path | None
    interrupted: bool = False
    not_judged: tuple[NotJudged, ...] = ()
    statements: tuple[Statement, ...] = ()

    @classmethod
    def of(  # noqa: PLR0913 - keyword-only, what a tally does not know
        cls,
        source: SourceInfo,
        tally: Tally,
        *,
        warnings: tuple[str, ...],
        session: Path | None,
        video: Path | None = None,
        chosen: bool = False,
        interrupted: bool = False,
    ) -> Self:
        """Return the summary of a session with this tally."""
        return cls(
            source=source,
            exercise=tally.exercise,
            chosen=chosen,
            frames=tally.pictures,
            duration_s=tally.ledger.elapsed_us / MICROSECONDS,
            ledger=tally.ledger,
            holds=tally.holds,
            faults=tally.faults,
            warnings=warnings,
            verdict=tally.last,
            session=session,
            video=video,
            interrupted=interrupted,
        )

    _repr_html_, __str__ = summary_html, summary_text

    @property
    def fits(self) -> bool | None:
        """Whether the exercise that was chosen fits; None if it was asked for by name.

        It fits if at least `LEAST_FIT_S` were valid, or if a still image is valid. Otherwise no
        exercise fits, and this one only comes closest.
        """
        if not self.chosen:
            return None
        if self.source.kind == "picture":
            return self.verdict is not None and self.verdict.state is State.VALID
        return self.ledger.seconds(State.VALID) >= LEAST_FIT_S

    @property
    def repetitions(self) -> int:
        """Complete holds, both sides together."""
        return sum(hold.complete for hold in self.holds)


def result_warnings(info: SourceInfo, tally: Tally) -> tuple[str, ...]:
    """Return the warnings about the result itself."""
    found = []
    if min(info.size_px) < SMALL_PX:
        width, height = info.size_px
        found.append(f"the picture is only {width} x {height} pixels; little can be seen in it")
    if tally.pictures and tally.dark_pictures == tally.pictures:
        found.append("every picture is black; the lens was covered, or it was dark")
    elif tally.pictures and tally.empty_pictures == tally.pictures:
        found.append("nobody was found in any picture")
    if info.kind == "video" and (rate := _too_low_rate(tally)) is not None:
        found.append(
            f"only {rate:.1f} pictures a second; what happens between pictures so far apart is "
            "not seen and not counted; record 10 or more a second"
        )
    still_s = sum(fault.seconds for fault in tally.faults if fault.rule == Cause.REPEATED)
    if still_s > 0:
        found.append(
            f"for {still_s:.1f} s the recording stands still, the same picture comes again and "
            "again; nobody can be seen to hold still in it, so that time is not counted"
        )
    if tally.jumps:
        times = "once" if tally.jumps == 1 else f"{tally.jumps} times"
        found.append(
            f"the view jumped to another person {times}; only one person should be in the picture"
        )
    return tuple(found)


def _too_low_rate(tally: Tally) -> float | None:
    """Return the frames per second if they are so few that most of the time is a gap."""
    elapsed_s = tally.ledger.elapsed_us / MICROSECONDS
    gaps_s = sum(fault.seconds for fault in tally.faults if fault.rule == Cause.GAP)
    low = elapsed_s > 0 and 2 * gaps_s > elapsed_s and tally.pictures < LOW_RATE * elapsed_s
    return (tally.pictures - 1) / elapsed_s if low else None


class Gravity:
    """Detector of a person upside down or on the side in an exercise that is done upright.

    The body's upward direction is that of the trunk and both shins together, averaged over all
    frames: a trunk that leans forward or a crossed leg alone turns it by less than `TILTED_DEG`.
    """

    def __init__(self) -> None:
        """Begin without a frame."""
        self._up = np.zeros(2)

    def look(self, observations: Iterable[Observation]) -> None:
        """Take in observations."""
        for pose in (seen.pose for seen in observations):
            if pose is not None:
                limbs = pose.image_px[_UPPER, :2] - pose.image_px[_LOWER, :2]
                lengths = np.hypot(limbs[:, 0], limbs[:, 1])
                if lengths.min() > 0:
                    self._up += (limbs / lengths[:, None]).sum(axis=0)

    def warnings(self, exercise: Exercise | None) -> tuple[str, ...]:
        """Return advice about a turned image; none for exercises in which people may lie."""
        if exercise is None or not any(_is_upright(rule) for rule in exercise.rules):
            return ()
        right, down = self._up.tolist()
        turned_deg = math.degrees(math.atan2(right, -down))
        if math.hypot(right, down) == 0 or abs(turned_deg) < TILTED_DEG:
            return ()
        rotate = 180 if abs(turned_deg) > 135 else 270 if turned_deg > 0 else 90  # noqa: PLR2004
        how = "upside down" if rotate == 180 else "lying on the side"  # noqa: PLR2004
        remedy = f"if the recording is turned and not the person, analyse it with --rotate {rotate}"
        return (f"the person is {how} in the picture; {remedy}",)


def _is_upright(rule: Rule) -> bool:
    bound = rule.at_most
    upright = bound is not None and bound.enter < 90 and rule.at_least is None  # noqa: PLR2004
    return rule.quantity == "trunk-inclination" and upright
