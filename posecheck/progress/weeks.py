"""Days, weeks and sides of many sessions: dose done, time lost, and how both change.

Entries of the index go in, a `FolderProgress` comes out. Nothing is estimated: a figure that no
session holds is None.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from posecheck.errors import shown
from posecheck.progress.entry import UNNAMED, once
from posecheck.types import Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from posecheck.progress.entry import Entry
    from posecheck.progress.reading import Indexed

SCHEMA: Final = "posecheck.progress/1"

_MOST_PROBLEMS: Final = 5


@dataclass(frozen=True, slots=True)
class SideSum:
    """What was done on one side in some time.

    Attributes:
        complete: complete holds.
        valid_s: seconds in valid form.
        trunk_thigh_deg: median trunk-thigh angle in the holds; None if it was not measured.
    """

    complete: int
    valid_s: float
    trunk_thigh_deg: float | None


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one exercise, or of all.

    Attributes:
        day: the day.
        sessions: number of sessions.
        complete: complete holds.
        wanted: complete holds of the dose.
        valid_s: seconds in valid form.
        done: whether the dose was done on every side that was asked for.
        pain: highest pain said on that day; None if none was said.
    """

    day: date
    sessions: int
    complete: int
    wanted: int
    valid_s: float
    done: bool
    pain: int | None


@dataclass(frozen=True, slots=True)
class Week:
    """One week of one exercise, from Monday on.

    Attributes:
        monday: its first day.
        days: number of days with a session.
        days_done: number of days on which the dose was done.
        sides: what was done, by side: left, right, both or unnamed.
        pain: highest pain said in that week; None if none was said.
        fault: what cost most time, in words; "" for nothing.
        fault_s: seconds that it cost.
    """

    monday: date
    days: int
    days_done: int
    sides: dict[str, SideSum]
    pain: int | None
    fault: str
    fault_s: float


@dataclass(frozen=True, slots=True)
class ExerciseProgress:
    """Progress with one exercise.

    Attributes:
        name, title: of the exercise.
        sides: what was done in all, by side.
        days: each day with a session.
        weeks: each week from the first to the last session, also the empty ones between.
        cue: what to change, of the fault that cost most time in all; "" for nothing.
        fault: title of that fault.
    """

    name: str
    title: str
    sides: dict[str, SideSum]
    days: tuple[Day, ...]
    weeks: tuple[Week, ...]
    fault: str
    cue: str

    @property
    def left_minus_right_deg(self) -> float | None:
        """Difference of the trunk-thigh angles; positive: the right one is drawn in further."""
        left, right = (self.sides.get(side) for side in (Side.LEFT, Side.RIGHT))
        if left is None or right is None:
            return None
        if left.trunk_thigh_deg is None or right.trunk_thigh_deg is None:
            return None
        return left.trunk_thigh_deg - right.trunk_thigh_deg


@dataclass(frozen=True, slots=True)
class FolderProgress:
    """Progress over all sessions of a folder.

    Attributes:
        folder: the folder.
        entries: the sessions that count, in the order of time.
        days: each day with a session; the dose is done if that of one exercise is.
        exercises: each exercise, the one with most sessions first.
        repeats: number of sessions left out because their recording was analysed again.
        undated: number of sessions left out because they have no date.
        problems: of files that can't be used, one sentence each.
    """

    folder: Path
    entries: tuple[Entry, ...]
    days: tuple[Day, ...]
    exercises: tuple[ExerciseProgress, ...]
    repeats: int = 0
    undated: int = 0
    problems: tuple[str, ...] = ()

    @property
    def days_done(self) -> int:
        """Number of days on which the dose of an exercise was done."""
        return sum(day.done for day in self.days)


def progress_of(folder: Path, found: Indexed) -> FolderProgress:
    """Return the progress of the sessions of a folder."""
    dated = [entry for entry in found.entries if entry.day is not None]
    entries, repeats = once(dated)
    by_exercise: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_exercise[entry.exercise].append(entry)
    exercises = tuple(
        _exercise(own) for own in sorted(by_exercise.values(), key=lambda own: -len(own))
    )
    return FolderProgress(
        folder=folder,
        entries=tuple(entries),
        days=_all_days(exercises),
        exercises=exercises,
        repeats=repeats,
        undated=len(found.entries) - len(dated),
        problems=tuple(found.problems),
    )


def _exercise(entries: Sequence[Entry]) -> ExerciseProgress:
    by_day: defaultdict[date, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.day is not None:
            by_day[entry.day].append(entry)
    days = tuple(_day(day, own) for day, own in sorted(by_day.items()))
    fault, cue, _ = _typical(entries)
    return ExerciseProgress(
        name=entries[-1].exercise,
        title=entries[-1].title,
        sides=_sides(entries),
        days=days,
        weeks=tuple(_weeks(days, by_day)),
        fault=fault,
        cue=cue,
    )


def _day(day: date, entries: Sequence[Entry]) -> Day:
    """Return one day. Holds whose legs were not told apart fill the sides that lack some."""
    wanted: Counter[str] = Counter()
    complete: Counter[str] = Counter()
    for entry in entries:
        for name, side in entry.sides.items():
            wanted[name] = max(wanted[name], side.wanted)
            complete[name] += side.complete
    lacking = sum(max(0, count - complete[name]) for name, count in wanted.items())
    total = sum(wanted.values())
    return Day(
        day=day,
        sessions=len(entries),
        complete=sum(complete.values()),
        wanted=total,
        valid_s=sum(entry.valid_s for entry in entries),
        done=total > 0 and lacking <= complete[UNNAMED],
        pain=_worst(entry.pain for entry in entries),
    )


def _all_days(exercises: Iterable[ExerciseProgress]) -> tuple[Day, ...]:
    by_day: defaultdict[date, list[Day]] = defaultdict(list)
    for exercise in exercises:
        for day in exercise.days:
            by_day[day.day].append(day)
    return tuple(
        Day(
            day=when,
            sessions=sum(day.sessions for day in own),
            complete=sum(day.complete for day in own),
            wanted=sum(day.wanted for day in own),
            valid_s=sum(day.valid_s for day in own),
            done=any(day.done for day in own),
            pain=_worst(day.pain for day in own),
        )
        for when, own in sorted(by_day.items())
    )


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _weeks(days: Sequence[Day], by_day: dict[date, list[Entry]]) -> Iterable[Week]:
    by_week: defaultdict[date, list[Day]] = defaultdict(list)
    for day in days:
        by_week[monday_of(day.day)].append(day)
    monday, last = min(by_week), max(by_week)
    while monday <= last:
        own = by_week[monday]
        entries = [entry for day in own for entry in by_day[day.day]]
        fault, _, fault_s = _typical(entries)
        yield Week(
            monday=monday,
            days=len(own),
            days_done=sum(day.done for day in own),
            sides=_sides(entries),
            pain=_worst(day.pain for day in own),
            fault=fault,
            fault_s=fault_s,
        )
        monday += timedelta(days=7)


def _sides(entries: Iterable[Entry]) -> dict[str, SideSum]:
    complete: Counter[str] = Counter()
    valid_s: defaultdict[str, float] = defaultdict(float)
    angles: defaultdict[str, list[float]] = defaultdict(list)
    for entry in entries:
        for name, side in entry.sides.items():
            complete[name] += side.complete
            valid_s[name] += side.valid_s
            angles[name] += side.trunk_thigh_deg
    return {
        name: SideSum(
            complete[name],
            round(valid_s[name], 6),
            round(median(angles[name]), 1) if angles[name] else None,
        )
        for name in complete
    }


def _typical(entries: Iterable[Entry]) -> tuple[str, str, float]:
    """Return title, cue and seconds of what cost most time; empty for nothing."""
    seconds: defaultdict[str, float] = defaultdict(float)
    words: dict[str, tuple[str, str]] = {}
    for entry in entries:
        for lost in entry.lost:
            seconds[lost.key] += lost.seconds
            words[lost.key] = lost.title, lost.cue
    if not seconds:
        return "", "", 0.0
    key = max(seconds, key=seconds.__getitem__)
    return *words[key], round(seconds[key], 6)


def _worst(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)


def as_json(progress: FolderProgress) -> dict[str, Any]:
    """Return progress in JSON types, schema `SCHEMA`; dates as YYYY-MM-DD, times in seconds."""
    return {
        "schema": SCHEMA,
        "folder": shown(progress.folder),
        "sessions": [asdict(entry) for entry in progress.entries],
        "days": [_dated(asdict(day)) for day in progress.days],
        "days_done": progress.days_done,
        "exercises": [
            {
                **_dated(asdict(exercise)),
                "left_minus_right_deg": exercise.left_minus_right_deg,
            }
            for exercise in progress.exercises
        ],
        "repeats": progress.repeats,
        "undated": progress.undated,
        "problems": list(progress.problems),
    }


def _dated(value: Any) -> Any:  # noqa: ANN401 - any JSON type
    """Return a value with its dates as text."""
    if isinstance(value, dict):
        return {key: _dated(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_dated(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def problems_of(progress: FolderProgress) -> list[str]:
    """Return the problems and the sessions left out, a few sentences."""
    said = list(progress.problems[:_MOST_PROBLEMS])
    more = len(progress.problems) - len(said)
    if more:
        said.append(f"{more} more files can't be used")
    if progress.repeats:
        count = f"{progress.repeats} session" + ("s are" if progress.repeats > 1 else " is")
        said.append(f"{count} left out: the same recording was analysed again later")
    if progress.undated:
        count = f"{progress.undated} session" + ("s are" if progress.undated > 1 else " is")
        said.append(f"{count} left out: without a date")
    return said
