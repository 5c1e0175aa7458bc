"""Progress as one HTML file: the same page as a report, for weeks instead of moments."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from posecheck.errors import shown
from posecheck.page import drawing
from posecheck.page.course import length
from posecheck.page.report import LIMITS, document, shipped_cautions
from posecheck.page.templates import word
from posecheck.progress.entry import UNNAMED
from posecheck.progress.weeks import monday_of, problems_of
from posecheck.types import Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from markupsafe import Markup

    from posecheck.progress.entry import Entry
    from posecheck.progress.weeks import ExerciseProgress, FolderProgress, SideSum, Week

CALENDAR_WEEKS: Final = 12
"""Number of weeks in the calendar."""

MOST_WEEKS: Final = 26
"""Largest number of weeks in drawings and tables."""

MOST_SESSIONS: Final = 30
"""Largest number of sessions that are listed, the newest."""

_CLASSES: Final = {
    str(Side.LEFT): "left",
    str(Side.RIGHT): "right-side",
    str(Side.BOTH): "both",
    UNNAMED: "rest",
}
_DAYS: Final = ("mo", "tu", "we", "th", "fr", "sa", "su")
_MOST_LABELS: Final = 9


def render(progress: FolderProgress, made_at: datetime) -> str:
    """Return the HTML file of the progress of a folder.

    Args:
        progress: the progress.
        made_at: when it is made, local time.
    """
    days, count = progress.days, len(progress.entries)
    sessions = word("progress.session_one" if count == 1 else "progress.sessions", count=count)
    about, lead = sessions, word("progress.nothing")
    if days:
        first, last = day_words(days[0].day), day_words(days[-1].day)
        about = word("progress.about", first=first, last=last, count=sessions)
        lead = word("progress.lead", done=progress.days_done, days=len(days))
    if len(days) == 1:
        about = word("progress.about_one", day=first, count=sessions)
        lead = word("progress.lead_one" if progress.days_done else "progress.lead_one_part")
    return document(
        "progress.html",
        made_at=made_at,
        made_key="report.made",
        brand=word("progress.brand"),
        title=word("progress.title"),
        about=about,
        lead=lead,
        folder=word("progress.folder", folder=shown(progress.folder)),
        day_names=[word(f"progress.{name}") for name in _DAYS],
        calendar=_calendar(progress, made_at.date()) if days else [],
        exercises=[_exercise(n, one, progress) for n, one in enumerate(progress.exercises, 1)],
        sessions=[_session(entry) for entry in reversed(progress.entries[-MOST_SESSIONS:])],
        problems=problems_of(progress),
        cautions=shipped_cautions(one.name for one in progress.exercises),
        limits=[word(f"report.limit_{key}") for key in LIMITS],
    )


def day_words(day: date) -> str:
    """Return a day in words."""
    return f"{day.day} {day:%B %Y}"


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def _calendar(progress: FolderProgress, today: date) -> list[dict[str, Any]]:
    by_day = {day.day: day for day in progress.days}
    last = max(monday_of(today), monday_of(progress.days[-1].day))
    first = max(monday_of(progress.days[0].day), last - timedelta(weeks=CALENDAR_WEEKS - 1))
    rows = []
    for week in range((last - first).days // 7 + 1):
        monday = first + timedelta(weeks=week)
        cells = []
        for number in range(7):
            when = monday + timedelta(days=number)
            day = by_day.get(when)
            state = "none" if day is None else "done" if day.done else "part"
            said = word(f"progress.day_{state}")
            mark = {"none": "", "part": "◐", "done": "✓"}[state]
            outside = when > today and day is None
            cells.append(
                {
                    "state": "outside" if outside else state,
                    "mark": mark,
                    "title": "" if outside else f"{day_words(when)}: {said}",
                }
            )
        rows.append({"label": _short(monday), "cells": cells})
    return rows


def _exercise(number: int, exercise: ExerciseProgress, progress: FolderProgress) -> dict[str, Any]:
    names = [name for name in _CLASSES if _used(exercise.sides.get(name))]
    weeks = exercise.weeks[-MOST_WEEKS:]
    entries = [entry for entry in progress.entries if entry.exercise == exercise.name]
    apart = exercise.left_minus_right_deg
    return {
        "id": f"exercise-{number}",
        "title": exercise.title,
        "sides": [_side(name, exercise.sides[name]) for name in names],
        "legend": [(_CLASSES[name], word(f"progress.{name}")) for name in names],
        "apart": "" if apart is None else _apart(apart),
        "fault": exercise.fault,
        "cue": exercise.cue,
        "seconds": _seconds(exercise, weeks, names),
        "angles": _angles(entries),
        "pain": _pain(entries),
        "names": [word(f"progress.{name}") for name in names],
        "weeks": [_week(week, names) for week in reversed(weeks)],
        "hurt": any(week.pain is not None for week in weeks),
    }


def _used(side: SideSum | None) -> bool:
    return side is not None and side.valid_s > 0


def _side(name: str, side: SideSum) -> dict[str, str]:
    angle = side.trunk_thigh_deg
    return {
        "title": word(f"progress.{name}"),
        "complete": str(side.complete),
        "text": word("progress.side", valid=length(side.valid_s)),
        "angle": "" if angle is None else word("progress.angle", angle=f"{angle:.0f}°"),
    }


def _apart(degrees: float) -> str:
    if abs(degrees) < 1:
        return word("progress.same_angle")
    key = "progress.right_smaller" if degrees > 0 else "progress.left_smaller"
    return word(key, angle=f"{abs(degrees):.0f}°")


def _seconds(exercise: ExerciseProgress, weeks: Sequence[Week], names: Sequence[str]) -> Markup:
    values = [
        [
            (_CLASSES[name], side.valid_s)
            for name in names
            if (side := week.sides.get(name)) is not None
        ]
        for week in weeks
    ]
    highest = max((sum(value for _, value in parts) for parts in values), default=0.0)
    text = word(
        "progress.seconds_text",
        title=exercise.title,
        weeks="; ".join(
            f"{_short(week.monday)}: {sum(value for _, value in parts):.0f} s"
            for week, parts in zip(weeks, values, strict=True)
        ),
    )
    return drawing.columns(values, _labels([_short(week.monday) for week in weeks]), highest, text)


def _labels(texts: Sequence[str]) -> list[str]:
    """Return labels of which so many are left out that the others do not touch."""
    every = -(-len(texts) // _MOST_LABELS) or 1
    return [text if place % every == 0 else "" for place, text in enumerate(texts)]


def _dated(entries: Iterable[Entry]) -> list[tuple[date, Entry]]:
    return [(day, entry) for entry in entries if (day := entry.day) is not None]


def _angles(entries: Sequence[Entry]) -> Markup:
    dated = _dated(entries)
    rows: dict[str, list[tuple[int, float]]] = {}
    for day, entry in dated:
        place = (day - dated[0][0]).days
        for name, side in entry.sides.items():
            rows.setdefault(_CLASSES[name], []).extend((place, v) for v in side.trunk_thigh_deg)
    said = [
        f"{word(f'progress.{name}')}: {min(v):.0f}° to {max(v):.0f}°"
        for name, kind in _CLASSES.items()
        if (v := [value for _, value in rows.get(kind, [])])
    ]
    text = word("progress.angles_text", values="; ".join(said))
    return drawing.dots(list(rows.items()), _ends(dated), text, "deg")


def _pain(entries: Sequence[Entry]) -> Markup:
    dated = [(day, entry) for day, entry in _dated(entries) if entry.pain is not None]
    values = [((day - dated[0][0]).days, float(entry.pain or 0)) for day, entry in dated]
    said = "; ".join(f"{_short(day)}: {entry.pain}" for day, entry in dated)
    text = word("progress.pain_text", values=said)
    return drawing.dots([("pain", values)], _ends(dated), text, "", (0.0, 10.0))


def _ends(dated: Sequence[tuple[date, Entry]]) -> drawing.Days:
    """Return the axis from the first day to the last."""
    if not dated:
        return drawing.Days(1, "", "")
    first, last = dated[0][0], dated[-1][0]
    return drawing.Days((last - first).days + 1, _short(first), _short(last))


def _week(week: Week, names: Sequence[str]) -> dict[str, Any]:
    cells = []
    for name in names:
        side = week.sides.get(name)
        used = side is not None and _used(side)
        angle = None if side is None else side.trunk_thigh_deg
        cells.append(
            {
                "complete": str(side.complete)
                if side is not None and used
                else word("report.dash"),
                "valid": f"{side.valid_s:.0f} s"
                if side is not None and used
                else word("report.dash"),
                "angle": word("report.dash") if angle is None else f"{angle:.0f}°",
            }
        )
    return {
        "label": _short(week.monday),
        "done": str(week.days_done),
        "days": str(week.days),
        "cells": cells,
        "pain": word("report.dash") if week.pain is None else str(week.pain),
        "fault": week.fault or word("report.dash"),
    }


def _session(entry: Entry) -> dict[str, str]:
    day = entry.day
    return {
        "when": word("report.when_unknown") if day is None else day_words(day),
        "exercise": entry.title,
        "complete": str(entry.complete),
        "valid": length(entry.valid_s),
        "cost_most": entry.lost[0].title if entry.lost else word("report.dash"),
        "pain": word("report.dash") if entry.pain is None else str(entry.pain),
        "name": shown(entry.name),
    }
