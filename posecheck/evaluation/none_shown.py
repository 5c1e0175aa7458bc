"""False seconds: seconds that posecheck counts in videos of people who do other things.

Such a video needs no label: every second that counts as valid is false. Unseen time can't be
counted falsely, so its share is given, too.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from posecheck import exercises
from posecheck.errors import PoseCheckError
from posecheck.evaluation import cache
from posecheck.evaluation.run import work_on
from posecheck.evaluation.score import Sum, total_of
from posecheck.form.judge import Judge
from posecheck.pose import models
from posecheck.reports.text import laid_out, table
from posecheck.sources import AS_STORED, RECORDING_SUFFIXES, Turn
from posecheck.types import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import RenderableType

SCHEMA: Final = "posecheck.evaluation-none/1"

_TEN_MINUTES_S: Final = 600


@dataclass(frozen=True, slots=True)
class Counted(Sum):
    """Time by state in microseconds, and complete holds, in videos without the exercise."""

    valid_us: int = 0
    wrong_us: int = 0
    unseen_us: int = 0
    complete_holds: int = 0

    @property
    def elapsed_us(self) -> int:
        """All judged time, in microseconds."""
        return self.valid_us + self.wrong_us + self.unseen_us


@dataclass(frozen=True, slots=True)
class Video:
    """One video that shows none of the exercises.

    Attributes:
        name: its path below the folder, with forward slashes.
        counted: time and holds for each exercise, by its name.
    """

    name: str
    counted: Mapping[str, Counted]


@dataclass(frozen=True, slots=True)
class NoneShown:
    """Result for a folder of videos that show none of the exercises.

    Attributes:
        exercises: names of the exercises that were judged.
        videos: the videos that could be judged, by name.
        errors: one line for each video that could not be judged.
    """

    exercises: tuple[str, ...]
    videos: tuple[Video, ...]
    errors: tuple[str, ...] = ()

    def total(self, exercise: str) -> Counted:
        """Return the sum over the videos for one exercise."""
        return total_of((video.counted[exercise] for video in self.videos), Counted())


@dataclass(frozen=True, slots=True)
class AskedExercise:
    """Options for a folder of videos that show none of the exercises.

    Attributes:
        folder: the folder; poses are kept in its ``.posecheck-cache``.
        exercises: names or files of the exercises; empty takes every shipped one.
        model: name of the pose model.
        mirrored: whether the frames are mirrored.
        turn: how the frames are turned before that, in addition to what the files say.
    """

    folder: Path
    exercises: tuple[str, ...] = field(default_factory=exercises.names)
    model: str = models.DEFAULT_MODEL
    mirrored: bool = False
    turn: Turn = AS_STORED


def count(
    asked: AskedExercise, *, workers: int = 1, on_clip: Callable[[int, int], None] | None = None
) -> NoneShown:
    """Judge every video in a folder and the folders below.

    Args:
        asked: the folder and the exercises.
        workers: number of videos worked on at once; for a single video, number of its parts.
        on_clip: called after each video with the number of videos done and of all videos.

    Raises:
        PoseCheckError: if there is no video, or the model or an exercise is unknown.
    """
    models.find(asked.model)
    names = tuple(exercises.load(name).name for name in asked.exercises)
    files = _videos(asked.folder)
    if not files:
        message = f"{asked.folder}: holds no video ({', '.join(RECORDING_SUFFIXES)})"
        raise PoseCheckError(message)
    videos, errors = [], []
    inside = workers if len(files) == 1 else 1
    tasks = [(asked, file, inside) for file in files]
    for done, result in enumerate(work_on(_attempt, tasks, workers), start=1):
        if isinstance(result, Video):
            videos.append(result)
        else:
            errors.append(result)
        if on_clip is not None:
            on_clip(done, len(tasks))
    return NoneShown(names, tuple(videos), tuple(errors))


def _attempt(task: tuple[AskedExercise, Path, int]) -> Video | str:
    """Return the counted time of one video, or the error in one line."""
    asked, file, workers = task
    try:
        chosen = [exercises.load(name) for name in asked.exercises]
        variant = cache.MIRRORED if asked.mirrored else cache.AS_FILMED
        folder = asked.folder / cache.FOLDER
        seen = cache.poses(file, folder, asked.model, variant, asked.turn, workers=workers)
    except PoseCheckError as error:
        return " ".join(str(error).split())
    counted = {}
    for exercise in chosen:
        tally = Judge(exercise).judge_all(seen)
        spent = tally.ledger
        complete = sum(hold.complete for hold in tally.holds)
        counted[exercise.name] = Counted(spent.valid_us, spent.wrong_us, spent.unseen_us, complete)
    return Video(file.relative_to(asked.folder).as_posix(), counted)


def _videos(folder: Path) -> list[Path]:
    failures: list[OSError] = []
    found = []
    for place, below, files in os.walk(folder, onerror=failures.append):
        below[:] = [name for name in below if not name.startswith(".")]
        names = [
            n for n in files if n.casefold().endswith(RECORDING_SUFFIXES) and not n.startswith(".")
        ]
        found += [Path(place) / name for name in names]
    if failures:
        message = f"{failures[0].filename}: cannot be read: {failures[0].strerror}"
        raise PoseCheckError(message)
    return sorted(found)


def as_dict(found: NoneShown) -> dict[str, Any]:
    """Return the result in JSON types; times in seconds."""
    return {
        "schema": SCHEMA,
        "videos": [
            {
                "name": video.name,
                "exercises": {name: _dict(counted) for name, counted in video.counted.items()},
            }
            for video in found.videos
        ],
        "total": {name: _dict(found.total(name)) for name in found.exercises},
        "errors": list(found.errors),
    }


def _dict(counted: Counted) -> dict[str, float | None]:
    return {
        "valid_s": counted.valid_us / MICROSECONDS,
        "wrong_s": counted.wrong_us / MICROSECONDS,
        "unseen_s": counted.unseen_us / MICROSECONDS,
        "valid_s_per_minute": _rate(counted, 60),
        "valid_s_per_10_minutes": _rate(counted, _TEN_MINUTES_S),
        "complete_holds": counted.complete_holds,
    }


def _rate(counted: Counted, of_s: int) -> float | None:
    return round(of_s * counted.valid_us / counted.elapsed_us, 6) if counted.elapsed_us else None


_COLUMNS: Final = ("minutes", "counted s", "in 10 minutes s", "complete holds #", "unseen %")


def as_text(found: NoneShown) -> str:
    """Return the result as text that ends in a newline."""
    return laid_out(_parts(found))


def _parts(found: NoneShown) -> Iterator[RenderableType]:
    plural = "video" if len(found.videos) == 1 else "videos"
    made = table(f"Counted in {len(found.videos)} {plural} that show none of it", "", *_COLUMNS)
    for name in found.exercises:
        made.add_row(Text(name), *_cells(found.total(name)))
    yield made
    hits = [
        (video.name, name, counted)
        for video in found.videos
        for name, counted in video.counted.items()
        if counted.valid_us
    ]
    if hits:
        where = table("Where", "video", "exercise", "counted s", "of s")
        for video, name, counted in hits:
            seconds = [us / MICROSECONDS for us in (counted.valid_us, counted.elapsed_us)]
            where.add_row(Text(video), Text(name), f"{seconds[0]:.2f}", f"{seconds[1]:.1f}")
        yield where


def as_markdown(found: NoneShown) -> str:
    """Return one table in Markdown with a row for each exercise."""
    rows: list[Sequence[str]] = [("none of it shown", *_COLUMNS), ["---"] * (len(_COLUMNS) + 1)]
    rows += [(name, *_cells(found.total(name))) for name in found.exercises]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cells(counted: Counted) -> list[str]:
    rate = _rate(counted, _TEN_MINUTES_S)
    elapsed_us = counted.elapsed_us
    return [
        f"{elapsed_us / MICROSECONDS / 60:.1f}",
        f"{counted.valid_us / MICROSECONDS:.2f}",
        "-" if rate is None else f"{rate:.2f}",
        str(counted.complete_holds),
        f"{100 * counted.unseen_us / elapsed_us:.0f}" if elapsed_us else "-",
    ]
