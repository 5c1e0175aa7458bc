"""Progress as text for the terminal, and a reminder of the dose as a calendar file.

The text is a calendar, and small bars for each week. The reminder is one entry that comes back
every day (iCalendar, RFC 5545); nothing is sent anywhere.
"""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from rich.text import Text

from posecheck import __version__
from posecheck.errors import shown
from posecheck.progress.entry import UNNAMED
from posecheck.progress.weeks import monday_of, problems_of
from posecheck.reports.text import laid_out, table
from posecheck.types import Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from posecheck.exercises import Exercise
    from posecheck.progress.weeks import Day, ExerciseProgress, FolderProgress, SideSum


WEEKS: Final = 12
"""Number of weeks that are shown; the page and the JSON have all."""

_DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_BAR: Final = 8
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"

SIDE_NAMES: Final = {
    str(Side.LEFT): "left leg",
    str(Side.RIGHT): "right leg",
    str(Side.BOTH): "both legs",
    UNNAMED: "one leg, not told apart",
}


def as_text(progress: FolderProgress, today: date) -> str:
    """Return progress as text that ends in a newline."""
    return laid_out(_parts(progress, today)).lstrip("\n")


def _parts(progress: FolderProgress, today: date) -> Iterator[RenderableType]:
    days = progress.days
    if not days:
        yield Text(f"{shown(progress.folder)}: no session yet; posecheck live makes one")
    else:
        count = len(progress.entries)
        yield Text(
            f"{shown(progress.folder)}: {count} session{'' if count == 1 else 's'} on "
            f"{len(days)} day{'' if len(days) == 1 else 's'}, the dose was done on "
            f"{progress.days_done}",
            "bold",
        )
        yield Text("")
        yield _calendar(days, today)
        for exercise in progress.exercises:
            yield from _exercise(exercise)
    for problem in problems_of(progress):
        yield Text(f"! {problem}", "yellow", no_wrap=True)
    if days:
        yield Text(
            "\nThis is no diagnosis. Stop at new or worse pain, numbness or tingling.", "dim"
        )


def _calendar(days: tuple[Day, ...], today: date) -> Text:
    """Return the last weeks, one row each, today's week last."""
    by_day = {day.day: day for day in days}
    last = max(monday_of(today), monday_of(days[-1].day))
    first = max(monday_of(days[0].day), last - timedelta(weeks=WEEKS - 1))
    text = Text(f"{'':10}{'  '.join(_DAYS)}\n", "dim")
    monday = first
    while monday <= last:
        text.append(f"{monday.day:>2} {monday:%b}".ljust(10), "dim")
        for number in range(7):
            day = by_day.get(monday + timedelta(days=number))
            mark = ("·", "dim") if day is None else ("●", "bold blue") if day.done else ("◐", "")
            text.append(mark[0].ljust(4), mark[1])
        text.append("\n")
        monday += timedelta(days=7)
    text.append("● dose done  ◐ part of it  · nothing", "dim")
    return text


def _exercise(exercise: ExerciseProgress) -> Iterator[RenderableType]:
    names = [name for name in SIDE_NAMES if _is_used(exercise.sides.get(name))]
    hurt = any(week.pain is not None for week in exercise.weeks)
    columns = ["week", "dose done", *(SIDE_NAMES[name] for name in names)]
    rows = table(exercise.title, *columns, *(["pain"] if hurt else []))
    weeks = exercise.weeks[-WEEKS:]
    highest = max((side.valid_s for week in weeks for side in week.sides.values()), default=0.0)
    for week in weeks:
        cells = [f"{week.monday.day} {week.monday:%b}", _days(week.days_done)]
        pain = ["-" if week.pain is None else str(week.pain)] if hurt else []
        sides = [_cell(week.sides.get(name), highest) for name in names]
        rows.add_row(*cells, *sides, *pain)
    yield rows
    yield Text(f"x complete holds, s in valid form, ° {_angle_words(exercise)}", "dim")
    if exercise.cue:
        yield Text(f"cost most time: {exercise.fault}. What to change: {exercise.cue}")


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}" if count else "-"


def _angle_words(exercise: ExerciseProgress) -> str:
    apart = exercise.left_minus_right_deg
    said = "between trunk and thigh (180° is straight)"
    if apart is None:
        return said
    if abs(apart) < 1:
        return f"{said}, the same on both sides"
    leg = "right" if apart > 0 else "left"
    return f"{said}, {abs(apart):.0f}° smaller with the {leg} leg stretched"


def _is_used(side: SideSum | None) -> bool:
    return side is not None and side.valid_s > 0


def _cell(side: SideSum | None, highest: float) -> Text:
    """Return a bar of the valid seconds, complete holds, seconds and angle."""
    if side is None or side.valid_s == 0:
        return Text("-", "dim")
    text = Text(bar(side.valid_s, highest).ljust(_BAR), "blue")
    text.append(f" {side.complete:>2}x {side.valid_s:>4.0f} s", "default")
    if side.trunk_thigh_deg is not None:
        text.append(f" {side.trunk_thigh_deg:>4.0f}°", "default")
    return text


def bar(value: float, highest: float) -> str:
    """Return a bar of block characters, `_BAR` wide at the highest value."""
    eighths = round(8 * _BAR * value / highest) if highest > 0 else 0
    if value > 0:
        eighths = max(1, eighths)
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")


LASTS: Final = timedelta(minutes=10)
_LINE_BYTES: Final = 75


def reminder(exercise: Exercise, at: time, now: datetime) -> str:
    """Return a calendar with one entry that comes back every day.

    The time is local and has no time zone: the reminder comes at that hour wherever the person is.

    Args:
        exercise: its dose is written into the entry.
        at: time of the day.
        now: the present local time; the first entry is the next one after it.
    """
    start = datetime.combine(now.date(), at)
    if start <= now.replace(tzinfo=None):
        start += timedelta(days=1)
    dose = exercise.dose
    each = " on each side" if exercise.sides == "each" else ""
    amount = f"hold {dose.hold_s:g} s, up to {dose.repetitions} times{each}"
    said = (
        f"{exercise.title}: {amount}.\nDose: {dose.source}. {dose.note}\n"
        "Stop at new or worse pain, numbness or tingling. Never push through pain. "
        "With low back pain, be evaluated by a neurologist and a physiotherapist first.\n"
        f"posecheck live --exercise {exercise.name}"
    )
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//posecheck//posecheck {__version__}//EN",
        "BEGIN:VEVENT",
        f"UID:{uuid.uuid4()}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART:{start:%Y%m%dT%H%M%S}",
        f"DTEND:{start + LASTS:%Y%m%dT%H%M%S}",
        "RRULE:FREQ=DAILY",
        f"SUMMARY:{_escaped(f'{exercise.title}: {amount}')}",
        f"DESCRIPTION:{_escaped(said)}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:PT0S",
        f"DESCRIPTION:{_escaped(exercise.title)}",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _escaped(text: str) -> str:
    for sign, spelled in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(sign, spelled)
    return text


def _folded(line: str) -> str:
    """Return a line folded to at most 75 bytes, never within a letter."""
    parts: list[bytes] = []
    part = b""
    for letter in line:
        raw = letter.encode()
        if len(part) + len(raw) > _LINE_BYTES - (1 if parts else 0):
            parts.append(part)
            part = b""
        part += raw
    return "\r\n ".join(part.decode() for part in [*parts, part])
