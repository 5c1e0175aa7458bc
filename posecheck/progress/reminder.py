"""A reminder of the dose as a calendar file (iCalendar, RFC 5545); nothing is sent anywhere."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from posecheck import __version__

if TYPE_CHECKING:
    from posecheck.exercises import Exercise

LASTS: Final = timedelta(minutes=10)
_LINE_BYTES: Final = 75


def reminder(exercise: Exercise, at: time, now: datetime) -> str:
    """Return a calendar with one entry that comes back every day.

    The time is local and has no time zone: it stays the same where the person goes.

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
