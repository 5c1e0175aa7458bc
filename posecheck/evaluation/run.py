"""Evaluation of a folder: every clip is scored; an unusable one gives one error line.

A clip is scored if ``NAME.truth.json`` or ``NAME.labels.csv`` lies beside ``NAME.mp4`` or
another recording of that name (`posecheck.evaluation.truth`). A truth file names its exercise.
A label file does not: the exercise is read from the names of the file and of its folders
(``pigeon/anna-1.mp4``), and if they name none, it is the exercise that the run is limited to.
The person in a labelled clip is named by the nearest folder whose name is not that of an exercise
(``anna/pigeon-1.mp4``).
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from posecheck import exercises
from posecheck.annotations import Recorded, csv
from posecheck.errors import PoseCheckError
from posecheck.evaluation import cache, truth
from posecheck.evaluation.clip_score import (
    AS_FILMED,
    Conditions,
    score_against_joints,
    score_against_labels,
)
from posecheck.evaluation.score import Score, total
from posecheck.evaluation.truth import TruthError
from posecheck.pose import models

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

PROCESS_BYTES: Final = 450_000_000
"""Memory of each process that works on a clip, in bytes."""

GROUPINGS: Final = ("exercise", "view", "person", "story", "look", "role")
"""Groupings of clips; attributes of `ClipScore`."""


@dataclass(frozen=True, slots=True)
class ClipScore:
    """One clip that was scored.

    Attributes:
        name: the video's path below the folder, with forward slashes.
        sha256: first halves of the sha256 of the video and of its truth file, joined; equal if two
            runs used the same files.
        exercise, view, person, story, look, role: values for grouping; "unknown" if not given.
        score: score of this clip.
    """

    name: str
    sha256: str
    exercise: str
    view: str
    person: str
    story: str
    look: str
    role: str
    score: Score


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Result of the evaluation of a folder.

    Attributes:
        model: name of the pose model.
        clips: the clips that were scored, by name.
        errors: one line for each clip that could not be scored.
        conditions: the conditions under which the clips were judged.
    """

    model: str
    clips: tuple[ClipScore, ...]
    errors: tuple[str, ...]
    conditions: Conditions = AS_FILMED

    def groups(self, grouping: str) -> dict[str, tuple[ClipScore, ...]]:
        """Return the clips by one of `GROUPINGS`."""
        groups: dict[str, tuple[ClipScore, ...]] = {}
        for clip in sorted(self.clips, key=lambda clip: str(getattr(clip, grouping))):
            key = str(getattr(clip, grouping))
            groups[key] = (*groups.get(key, ()), clip)
        return groups

    @property
    def total(self) -> Score:
        """The score of all clips together."""
        return total(clip.score for clip in self.clips)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Selection of clips; None selects all.

    Attributes:
        exercise: name of an exercise. Label files without an exercise in their name count as
            showing this one.
        role: purpose of a clip, such as "report"; label files have no role.
    """

    exercise: str | None = None
    role: str | None = None

    def __str__(self) -> str:
        """Return the selected names."""
        return " and ".join(name for name in (self.exercise, self.role) if name is not None)


EVERYTHING: Final = Wanted()


@dataclass(frozen=True, slots=True)
class ClipTask:
    """One clip to score, as plain values that go to another process.

    Attributes:
        folder: the folder that is evaluated.
        known: the truth or label file.
        model: name of the pose model.
        wanted: the selection of clips.
        conditions: the conditions under which the clip is judged.
        workers: number of estimators that work at once on a long clip.
    """

    folder: Path
    known: Path
    model: str
    wanted: Wanted
    conditions: Conditions = AS_FILMED
    workers: int = 1


def evaluate(  # noqa: PLR0913 - keyword-only, each with a default
    folder: Path,
    *,
    wanted: Wanted = EVERYTHING,
    conditions: Conditions = AS_FILMED,
    model: str = models.DEFAULT_MODEL,
    workers: int = 1,
    on_clip: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Score every clip with known truth in a folder and the folders below.

    Args:
        folder: the folder of the clips; poses are kept in its ``.posecheck-cache``.
        wanted: score only these clips.
        conditions: the conditions under which the clips are judged.
        model: name of the pose model.
        workers: number of clips worked on at once, each in its own process; for a single clip,
            number of its parts. The result does not depend on it.
        on_clip: called after each clip with the number done and the number of all.

    Raises:
        PoseCheckError: if there is no clip to score, or the model or the exercise is unknown.
    """
    if wanted.exercise not in {None, *exercises.names()}:
        message = (
            f"unknown exercise {wanted.exercise!r}: choose one of {', '.join(exercises.names())}"
        )
        raise PoseCheckError(message)
    models.find(model)
    files = truth.find(folder)
    if not files:
        message = f"{folder}: holds no NAME.truth.json and no NAME.labels.csv"
        raise PoseCheckError(message)
    inside = workers if len(files) == 1 else 1
    tasks = [ClipTask(folder, file, model, wanted, conditions, inside) for file in files]
    clips, errors = [], []
    for done, result in enumerate(work_on(_attempt, tasks, workers), start=1):
        if isinstance(result, ClipScore):
            clips.append(result)
        elif result is not None:
            errors.append(result)
        if on_clip is not None:
            on_clip(done, len(tasks))
    if not clips and not errors:
        message = f"{folder}: holds no clip of {wanted}"
        raise PoseCheckError(message)
    return Evaluation(model, tuple(clips), tuple(errors), conditions)


def score_clip(task: ClipTask) -> ClipScore | None:
    """Score one clip; return None if the clip is not among the wanted ones.

    Raises:
        PoseCheckError: if the clip or its truth cannot be used; the message is one line.
    """
    clip = truth.video_of(task.known)
    name = clip.relative_to(task.folder)
    joints = truth.load(task.known) if truth.is_truth(task.known) else None
    exercise_name = (
        joints.exercise if joints is not None else _named(name) or task.wanted.exercise or ""
    )
    if exercise_name not in exercises.names():
        problem = f"unknown exercise {exercise_name!r}" if exercise_name else "names no exercise"
        message = f"{task.known}: {problem}; known are {', '.join(exercises.names())}"
        raise TruthError(message)
    role = "unknown" if joints is None else joints.role
    if task.wanted.exercise not in {None, exercise_name} or task.wanted.role not in {None, role}:
        return None
    exercise = exercises.load(exercise_name)
    conditions = task.conditions
    said = (
        None if joints is not None else csv.read(task.known, Recorded(exercise, clip.name), "", "")
    )
    seen = cache.poses(
        clip,
        task.folder / cache.FOLDER,
        task.model,
        cache.MIRRORED if conditions.mirrored else cache.AS_FILMED,
        conditions.turn,
        exercise=exercise,
        workers=task.workers,
    )
    if joints is not None:
        score = score_against_joints(joints, seen, exercise, conditions)
    elif said is not None:
        score = score_against_labels(task.known, said, seen, exercise, conditions)
    both = f"{cache.sha256_of(clip)[:32]}{cache.sha256_of(task.known)[:32]}"
    told = {grouping: str(getattr(joints, grouping, "unknown")) for grouping in GROUPINGS}
    told["exercise"] = exercise_name  # also if only the name of a file gives it
    if joints is None:
        told["person"] = _person(name)
    return ClipScore(name.as_posix(), both, **told, score=score)


def _attempt(task: ClipTask) -> ClipScore | str | None:
    """Return the score, the error in one line, or None for a clip that is not wanted."""
    try:
        return score_clip(task)
    except PoseCheckError as error:
        return " ".join(str(error).split())
    except KeyboardInterrupt:
        raise KeyboardInterrupt from None  # what was seen so far is not sent to the parent process


def work_on(
    attempt: Callable[[_Task], _Result], tasks: Sequence[_Task], workers: int
) -> Iterator[_Result]:
    """Yield the result of each task in the order of the tasks; several processes work at once.

    Args:
        attempt: a function at the top level of a module, so that other processes can import it; it
            returns expected errors instead of raising them.
        tasks: values that go to another process.
        workers: number of tasks worked on at once; with 1 all are done in this process.

    Raises:
        PoseCheckError: if a process ends unexpectedly.
    """
    if workers <= 1 or len(tasks) == 1:
        yield from map(attempt, tasks)
        return
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(tasks)), mp_context=spawn)
    try:
        yield from pool.map(attempt, tasks)
    except BrokenProcessPool as error:
        message = "a process that scored a clip ended all at once; try again with --workers 1"
        raise PoseCheckError(message) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _named(clip: Path) -> str | None:
    """Return the exercise in the name of a file or of the nearest folder above; None if none."""
    return next(filter(None, map(_exercise_in, reversed(clip.parts))), None)


def _exercise_in(part: str) -> str | None:
    slug = part.lower().replace("_", "-").replace(" ", "-")
    return max((name for name in exercises.names() if name in slug), key=len, default=None)


def _person(clip: Path) -> str:
    """Return the nearest folder above that names no exercise; "unknown" if there is none."""
    folders = (part for part in reversed(clip.parts[:-1]) if _exercise_in(part) is None)
    return next(folders, "unknown")
