"""The work on one recording: analysed into a session, or a stored session judged again.

The result goes into the output folder, whole, before it is returned. So a result that gets lost on
its way back is only read again.
"""

from __future__ import annotations

import platform
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from posecheck import __version__, exercises
from posecheck.batch import store
from posecheck.batch.store import STORED
from posecheck.errors import ModelError, PoseCheckError, SessionError, SourceError, shown
from posecheck.form.judge import Fitness, Judge, best_fitting, side_of
from posecheck.pipeline.analyse import AnalyseOptions, run
from posecheck.pipeline.playback import stored_side
from posecheck.pose import models
from posecheck.session.reader import SessionReader
from posecheck.types import MICROSECONDS, Asked, Observation, State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from posecheck.batch.store import Job
    from posecheck.exercises import Exercise
    from posecheck.ledger import Fault, Hold, Ledger
    from posecheck.types import Side

JUDGED_TOGETHER: Final = 512
"""Number of frames measured together; more only takes more memory."""


@dataclass(frozen=True, slots=True)
class Done:
    """Everything about one recording that its row is made of.

    Attributes:
        exercise: the exercise by which it was judged.
        fits: whether the best fitting exercise fits; None if it was named.
        frames: number of frames.
        ledger, holds, faults, warnings: as in `Summary`.
        recorded: the ledger that a session that is judged again holds itself.
        header: first line of the session.
    """

    exercise: Exercise
    fits: bool | None
    frames: int
    ledger: Ledger
    holds: tuple[Hold, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]
    recorded: Ledger | None
    header: dict[str, Any]


def perform(job: Job) -> dict[str, Any]:
    """Work on one recording, unless its result is there already.

    Returns:
        The content of its result file.

    Raises:
        PoseCheckError: if the recording cannot be used, or the result cannot be written.
    """
    if job.posecheck != __version__:
        message = f"this worker has posecheck {__version__}, not {job.posecheck}; install the same"
        raise PoseCheckError(message)
    began_s, out, path = time.monotonic(), Path(job.out), Path(job.path)
    if not out.is_dir():
        message = f"{shown(out)}: this worker does not see the output folder; share it"
        raise PoseCheckError(message)
    stamp = store.stamp(job.path)
    content = store.sha256_of(path)
    key = job.key(content)
    if (found := store.read_result(out, key)) is not None:
        return {**found, "content": _content(stamp, content)}
    done, kept = (_judged(job, path), None) if job.judge else _analysed(job, path, out, key)
    if stamp is None or store.stamp(job.path) != stamp:
        message = f"{shown(path)}: changed while it was read; run again when it is copied whole"
        raise SourceError(message)
    result: dict[str, Any] = {
        "row": {
            **_row(done),
            "side_asked": job.side,
            "session": kept["file"] if kept is not None else None,
            "content_sha256": content,
            "size_bytes": stamp[0],
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "work_s": round(time.monotonic() - began_s, 3),
        },
        "holds": [_hold(*numbered) for numbered in enumerate(done.holds, start=1)],
        "session": kept,
    }
    store.put_result(out, key, result)
    return {**result, "key": key, "content": _content(stamp, content)}


def _content(stamp: tuple[int, int] | None, sha256: str) -> list[Any]:
    return [*(stamp or (0, 0)), sha256]


def _exercise(job: Job) -> Exercise | None:
    if isinstance(job.exercise, str):
        return None
    return exercises.validate(job.exercise, "the exercise of the batch")


def _analysed(job: Job, path: Path, out: Path, key: str) -> tuple[Done, dict[str, Any]]:
    """Analyse a video; return the result, and where its session is."""
    model = models.find(job.model)
    if model.sha256 != job.model_sha256:
        message = f"this worker has another model {job.model!r}; install the same models"
        raise ModelError(message)
    with store.workplace(out) as place:
        plan = AnalyseOptions(_exercise(job), job.side, job.model, place, workers=1)
        summary = run(path, plan)
        if summary.session is None:
            message = f"{shown(path)}: holds no picture; record it again"
            raise SourceError(message)
        header = SessionReader(summary.session).header
        target = store.session_path(out, job.name, key)
        size = store.move_whole(summary.session, target)
    done = Done(
        summary.exercise,
        summary.fits,
        summary.frames,
        summary.ledger,
        summary.holds,
        summary.faults,
        summary.warnings,
        None,
        header,
    )
    return done, {"file": target.relative_to(out).as_posix(), "bytes": size}


def _judged(job: Job, path: Path) -> Done:
    """Judge a stored session again; nothing but the tally is kept."""
    reader = SessionReader(path)
    side = stored_side(reader.header) if job.side == "auto" else side_of(job.side)
    judge = Judge(_exercise_for(job, path, side), side)
    _read(reader, lambda seen: deque(judge.judge(seen), maxlen=0), judge.ask)
    tally = judge.finish()
    if not tally.pictures:
        message = f"{shown(path)}: holds no picture; record the session again"
        raise SessionError(message)
    return Done(
        judge.exercise,
        None,
        tally.pictures,
        tally.ledger,
        tally.holds,
        tally.faults,
        (*reader.warnings, *reader.problems),
        reader.ledger,
        reader.header,
    )


def _exercise_for(job: Job, path: Path, side: Side | None) -> Exercise:
    """Return the exercise to judge a session by: the given, the stored or the best fitting one."""
    if (given := _exercise(job)) is not None:
        return given
    reader = SessionReader(path)
    if job.exercise == STORED:
        if reader.exercise is None:
            _read(reader, lambda _: None, lambda _: None)  # it was found at the session's end
        if reader.exercise is None:
            message = f"{shown(path)}: holds no exercise to judge by; name one with --exercise"
            raise SessionError(message)
        return reader.exercise
    fits = [Fitness(exercise, side) for exercise in exercises.load_all()]

    def compare(seen: Sequence[Observation]) -> None:
        for fit in fits:
            fit.take(seen)

    _read(reader, compare, lambda _: None)
    return best_fitting(fits).exercise


def _read(
    reader: SessionReader,
    take: Callable[[Sequence[Observation]], object],
    ask: Callable[[Asked], object],
) -> None:
    """Give the observations of a session in batches to one function, the sides asked to another."""
    batch: list[Observation] = []
    for item in reader.items():
        if isinstance(item, Observation):
            batch.append(item)
        elif isinstance(item, Asked):
            ask(item)
        if len(batch) >= JUDGED_TOGETHER:
            take(batch)
            batch = []
    take(batch)


def _row(done: Done) -> dict[str, Any]:
    """Return the row of a recording, but for what only the folder knows; times in seconds."""
    model = done.header.get("model")
    model = model if isinstance(model, dict) else {}
    worst = done.faults[0] if done.faults else None
    recorded = done.recorded
    return {
        "exercise": done.exercise.name,
        "exercise_fits": done.fits,
        "frames": done.frames,
        "duration_s": done.ledger.elapsed_us / MICROSECONDS,
        **{f"{state}_s": done.ledger.seconds(state) for state in State},
        "recorded_valid_s": None if recorded is None else recorded.seconds(State.VALID),
        "holds": len(done.holds),
        "complete_holds": sum(hold.complete for hold in done.holds),
        "held_s": sum(hold.held_us for hold in done.holds) / MICROSECONDS,
        "longest_hold_s": max((hold.held_s for hold in done.holds), default=0.0),
        "main_fault": None if worst is None else worst.rule,
        "main_fault_s": None if worst is None else worst.seconds,
        "main_cue": None if worst is None else worst.cue,
        "warnings": "; ".join(done.warnings),
        "posecheck": __version__,
        "estimator": str(done.header.get("estimator", "")),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "model": str(model.get("name", "")),
        "model_sha256": str(model.get("sha256", "")),
    }


def _hold(number: int, hold: Hold) -> dict[str, Any]:
    return {
        "hold": number,
        "side": str(hold.side),
        "side_known": str(hold.side_known),
        "start_s": hold.start_s,
        "end_s": hold.end_s,
        "held_s": hold.held_s,
        "target_s": hold.target_s,
        "complete": hold.complete,
    }
