"""From a video, a picture or a session file to observations and holds."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from posecheck import exercises, models, session
from posecheck.errors import SessionError, shown
from posecheck.judge import Judge, fitting
from posecheck.replay.recording import stored_side
from posecheck.sources import open_source
from posecheck.stream import observe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from posecheck.exercises.schema import Exercise
    from posecheck.types import Asked, Hold, Observation, Side

SESSION_SUFFIX: Final = ".jsonl"


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What a file holds.

    Attributes:
        observations: in the order of time.
        exercise: name of the exercise whose holds they are; None without one.
        holds: of more than 0 s.
        warnings: what was not as it should be, one sentence each.
        stopped: whether Ctrl-C ended it; what was seen until then is here.
    """

    observations: tuple[Observation, ...]
    exercise: str | None = None
    holds: tuple[Hold, ...] = ()
    warnings: tuple[str, ...] = ()
    stopped: bool = False


def read(
    path: Path,
    exercise: Exercise | str | None = None,
    on_progress: Callable[[float, float], None] | None = None,
) -> Read:
    """Read a session file, or find the landmarks in a video or picture.

    Args:
        path: the file; one that ends in ``.jsonl`` is a session.
        exercise: whose holds are wanted; "auto" for the best fitting one; None for the
            stored ones of a session, and none of a video.
        on_progress: called now and then with the seconds that are done and the seconds that
            the file announces (0 if it does not).

    Raises:
        PoseCheckError: if the file can't be used.
    """
    if path.suffix.lower() == SESSION_SUFFIX:
        return _session(path, exercise)
    seen: list[Observation] = []
    stopped = False
    with closing(open_source(path)) as source:
        batches = observe(source, models.find(models.DEFAULT_MODEL), keep_frames=False)
        try:
            with closing(batches):
                for batch in batches:
                    seen += (observation for _, observation in batch)
                    if on_progress is not None:
                        on_progress(seen[-1].t_s, source.info.duration_s)
        except KeyboardInterrupt:
            if not seen:
                raise
            stopped = True
        warnings = source.warnings()
    name, holds = _judged(seen, exercise)
    return Read(tuple(seen), name, holds, warnings, stopped)


def _session(path: Path, exercise: Exercise | str | None) -> Read:
    stored = session.load(path)
    if not stored.observations:
        message = f"{shown(path)}: holds no picture; record the session again"
        raise SessionError(message)
    if exercise is None and stored.exercise is not None:
        held = tuple(hold for hold in stored.holds if hold.held_us > 0)
        return Read(stored.observations, stored.exercise.name, held, stored.problems)
    side = stored_side(stored.header)
    name, holds = _judged(stored.observations, exercise, side, stored.asked)
    return Read(stored.observations, name, holds, stored.problems)


def _judged(
    seen: Sequence[Observation],
    exercise: Exercise | str | None,
    side: Side | None = None,
    asked: Sequence[Asked] = (),
) -> tuple[str | None, tuple[Hold, ...]]:
    if exercise is None:
        return None, ()
    if isinstance(exercise, str):
        exercise = fitting(exercises.load_all(), seen, side)
    judge = Judge(exercise, side, asked)
    for _ in judge.judge(seen):
        pass
    return exercise.name, judge.finish().holds
