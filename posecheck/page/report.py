"""The report of sessions as one HTML file that needs nothing else.

Results and steps go in, the text of the file comes out. Style and script are written into it, and
a content security policy forbids every request.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from posecheck import __version__, exercises
from posecheck.errors import shown
from posecheck.ledger import lost_shown, tenths
from posecheck.page import drawing, templates
from posecheck.page.course import (
    MOST_HOLDS,
    Course,
    Still,
    day_and_time,
    from_to,
    length,
    shown_holds,
    state_word,
)
from posecheck.page.templates import word
from posecheck.progress.reading import read_with_steps
from posecheck.progress.result import fault_title
from posecheck.types import MICROSECONDS, Side, SideKnown, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from posecheck.exercises import Exercise
    from posecheck.ledger import Step
    from posecheck.progress.result import Break, HeldTime, SessionResult, SideDose

MOST_CHANGES: Final = 3
"""Largest number of changes that are suggested."""

LEAST_CHANGE_S: Final = 0.5
"""Shortest lost time in seconds that is listed."""

MOST_BREAKS: Final = 3
"""Largest number of breaks that are listed of one hold."""


@dataclass(frozen=True, slots=True, eq=False)
class Reported:
    """One session of a report.

    Attributes:
        result: its result.
        steps: its steps, in the order of time.
        stills: pictures; none unless the person asked for them.
        video: address of the video, relative to the report or as ``data:``; "" for none.
    """

    result: SessionResult
    steps: Sequence[Step]
    stills: tuple[Still, ...] = ()
    video: str = ""


def read(path: Path) -> Reported:
    """Read a session file for a report.

    Raises:
        SessionError: if it can't be read or holds no verdict.
    """
    return Reported(*read_with_steps(path))


def render(sessions: Sequence[Reported], made_at: datetime) -> str:
    """Return the HTML file of one or several sessions, the newest last.

    Args:
        sessions: at least one.
        made_at: when the report is made, local time.
    """
    parts = [_session(number, one) for number, one in enumerate(sessions, start=1)]
    several = len(sessions) > 1
    first, last_when = parts[0], parts[-1]["when"]
    pictures = any(one.stills or one.video for one in sessions)
    return document(
        "report.html",
        made_at=made_at,
        made_key="report.made_pictures" if pictures else "report.made",
        brand=word("report.brand"),
        title=word("report.title_many", count=len(parts)) if several else first["exercise"],
        about=from_to(first["when"], last_when) if several else first["about"],
        overview=several,
        sessions=parts,
        cautions=cautions_of(one.result.exercise for one in sessions),
        limits=[word(f"report.limit_{key}") for key in LIMITS],
        media=any(one.video for one in sessions),
    )


LIMITS: Final = ("diagnosis", "angles", "inside", "unseen", "people")
"""What a report can't know, by the keys of the catalogue."""


def document(
    template: str, *, made_at: datetime, made_key: str, media: bool = False, **values: object
) -> str:
    """Return a whole HTML file: style, script and policy are written into it.

    Args:
        template: its file in ``assets``.
        made_at: when it is made, local time.
        made_key: key of the sentence at its end.
        media: whether it has a video.
        values: values for the template.
    """
    script = templates.asset("report.mjs")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        f"img-src data:; {'media-src data: file:; ' if media else ''}"
        "base-uri 'none'; form-action 'none'"
    )
    style = templates.asset("base.css") + templates.asset("report.css")
    return templates.render(
        template,
        "report",
        policy=Markup(policy),  # noqa: S704 - written here
        style=Markup(style),  # noqa: S704 - a file of the package
        script=Markup(script),  # noqa: S704 - a file of the package
        version=__version__,
        made=word(made_key, version=__version__, when=day_and_time(made_at)),
        **values,
    )


def _session(number: int, reported: Reported) -> dict[str, Any]:
    """Return the values of the template for one session."""
    result = reported.result
    course = Course(result, reported.steps)
    sides = result.sides
    wanted = sum(side.wanted for side in sides)
    valid = length(result.ledger.seconds(State.VALID))
    planned = bool(result.planned) and result.camera
    lead = "report.lead_planned" if planned else "report.lead"
    when = day_and_time(result.created)
    source = word("report.source_camera") if result.camera else shown(result.source)
    about = word("report.about", when=when, source=source, long=length(round(result.duration_s, 1)))
    faults = [fault for fault in result.faults if fault.seconds >= LEAST_CHANGE_S]
    pain = result.told.pain
    of_key = "report.of_wanted" if planned else "report.of_up_to"
    return {
        "id": f"session-{number}",
        "exercise": result.exercise.title,
        "name": f"{result.exercise.title}, {when}",
        "when": when,
        "about": about,
        "lead": word(lead, done=result.complete, wanted=wanted, valid=valid),
        "notes": _notes(result),
        "complete_of": f"{result.complete} {word(of_key, count=wanted)}",
        "valid_s": valid,
        "cost_most": fault_title(result.exercise, faults[0].rule)
        if faults
        else word("report.dash"),
        "pain_short": word("report.dash") if pain is None else str(pain),
        "dose": _dose(result),
        "sides": [_side(side, result, of_key) for side in sides],
        "meant": _meant(result.exercise),
        "pain": None if pain is None else {"value": pain, "text": word("report.pain_text")},
        "changes": _changes(result),
        "holds": [_hold(place, held) for place, held in shown_holds(result)],
        "short_holds": _short_holds(result),
        **_time(result),
        "video": reported.video,
        "stills": [still.values() for still in reported.stills],
        "timeline": course.timeline(),
        "curves": course.curves(),
        "readings": course.readings(),
        "reading_holds": [
            word("report.still_hold", number=place) for place, _ in shown_holds(result)[:MOST_HOLDS]
        ],
        "moments": course.moments(),
        "closing": _closing(result),
    }


def _notes(result: SessionResult) -> list[str]:
    """Return the notes that come first: an early end, and departures from the dose."""
    notes = []
    if result.ended != "complete":
        notes.append(word(f"report.{result.ended or 'cut_off'}"))
    if result.told.stopped_because:
        why = word(f"report.because_{result.told.stopped_because}")
        notes.append(word("report.stopped_because", why=why))
    return [*notes, *result.warnings]


def _dose(result: SessionResult) -> str:
    dose = result.exercise.dose
    key = "report.times_one" if dose.repetitions == 1 else "report.times"
    times = word(key, count=dose.repetitions)
    text = "report.dose_text" if result.exercise.sides == "each" else "report.dose_text_both"
    return word(text, hold=f"{dose.hold_s:g}", times=times)


def _meant(exercise: Exercise) -> dict[str, str] | None:
    """Return the picture of a shipped exercise's hold; None for an exercise of one's own."""
    path = exercises.demonstration(exercise.name, still=True)
    if path is None:
        return None
    text = word("report.meant_side" if exercise.sides == "each" else "report.meant_both")
    return {"data": base64.b64encode(path.read_bytes()).decode(), "text": text}


def _side(side: SideDose, result: SessionResult, of_key: str) -> dict[str, Any]:
    valid = f"{tenths(side.valid_s)} s"
    if side.valid_us == 0:
        text = word("report.side_nothing" if side.wanted else "report.side_not_asked")
    elif side.started:
        text = word("report.side_more", valid=valid, count=side.started)
    else:
        text = word("report.side_text", valid=valid)
    known = ""
    if side.side is None:
        known = word("report.unknown")
    elif side.valid_us and side.side is not Side.BOTH:
        known = word("report.given" if side.given else "report.seen")
    pips = ["full" if n < side.complete else "" for n in range(max(side.wanted, side.complete))]
    return {
        "title": word("report.not_told" if side.side is None else f"report.{side.side}"),
        "complete": side.complete,
        "wanted": word(of_key, count=side.wanted) if side.wanted else "",
        "done": side.wanted > 0 and side.complete >= side.wanted,
        "pips": pips if result.exercise.dose.repetitions <= 15 else [],  # noqa: PLR2004 - as shipped
        "text": text,
        "known": known,
    }


def _changes(result: SessionResult) -> list[dict[str, Any]]:
    """Return the reasons that cost most, each with its cue."""
    found: dict[tuple[str, State], dict[str, Any]] = {}
    for fault, cost in zip(result.faults, lost_shown(result.ledger, result.faults), strict=True):
        row = found.setdefault(
            (fault.rule, fault.verdict),
            {
                "cue": fault.cue,
                "state": str(fault.verdict),
                "lost": 0.0,
                "tenths": 0,
                "key": fault.rule,
            },
        )
        row["lost"] += fault.seconds
        row["tenths"] += cost
    rows = sorted(found.values(), key=lambda row: -row["lost"])
    return [
        {
            "cue": row["cue"],
            "title": fault_title(result.exercise, row["key"]),
            "state": row["state"],
            "state_word": state_word(row["state"]),
            "seconds": word("report.change_cost", seconds=f"{row['tenths'] / 10:.1f} s"),
        }
        for row in rows[:MOST_CHANGES]
        if row["lost"] >= LEAST_CHANGE_S
    ]


def _hold(number: int, held: HeldTime) -> dict[str, Any]:
    hold = held.hold
    leg, known = hold.leg, ""
    if hold.side is not Side.BOTH and hold.side_known is not SideKnown.UNKNOWN:
        known = word("report.given" if hold.side_known is SideKnown.GIVEN else "report.seen")
    return {
        "number": number,
        "leg": leg,
        "known": known,
        "start": drawing.clock(hold.start_s),
        "held": f"{tenths(hold.held_s)} s",
        "target": word("report.of_target", seconds=f"{hold.target_s:g}"),
        "complete": hold.complete,
        "breaks": _breaks(held.breaks),
    }


def _breaks(breaks: Sequence[Break]) -> list[str]:
    longest = sorted(breaks, key=lambda one: -one.duration_s)[:MOST_BREAKS]
    lines = [
        word(
            "report.break",
            seconds=f"{one.duration_s:.1f} s",
            at=drawing.clock(one.start_s),
            why=f"{state_word(one.state)}, {one.reason.cue}",
        )
        for one in sorted(longest, key=lambda one: one.start_us)
    ]
    rest = [one.duration_s for one in breaks if one not in longest]
    if rest:
        lines.append(word("report.more_breaks", count=len(rest), seconds=f"{sum(rest):.1f} s"))
    return lines


def _short_holds(result: SessionResult) -> str:
    count = len(result.holds) - len(shown_holds(result))
    if count == 0:
        return ""
    return word("report.short_holds_one" if count == 1 else "report.short_holds", count=count)


def _time(result: SessionResult) -> dict[str, Any]:
    """Return where the time went; the parts add up to the whole, also as they are rounded."""
    seconds = {state: result.ledger.seconds(state) for state in State}
    total_s = sum(seconds.values())
    rounded = result.ledger.shown
    parts = [
        {
            "state": str(state),
            "word": state_word(state),
            "seconds": f"{rounded[state] / 10:.1f} s",
            "share": f"{100 * seconds[state] / total_s:.0f} %" if total_s else word("report.dash"),
            "meaning": word(f"report.mean_{state}"),
        }
        for state in seconds
    ]
    said = ", ".join(f"{part['seconds']} {part['word']}" for part in parts)
    first_s = min((held.hold.start_s for held in result.holds), default=0.0)
    return {
        "time_title": word("report.time", long=f"{sum(rounded.values()) / 10:.1f} s"),
        "parts": parts,
        "share": drawing.share_bar([(str(s), seconds[s]) for s in seconds], said),
        "timer": _timer(result),
        "before": word("report.before_one", seconds=f"{tenths(first_s)} s") if first_s >= 1 else "",
    }


def _timer(result: SessionResult) -> dict[str, str] | None:
    """Return the time of the timer that ran instead of judging; None if there was none."""
    if result.not_judged_us == 0:
        return None
    return {
        "seconds": f"{result.not_judged_us / MICROSECONDS:.1f} s",
        "meaning": word("report.mean_not_judged"),
    }


def cautions_of(judged: Iterable[Exercise]) -> list[dict[str, str]]:
    """Return the cautions of exercises, each once."""
    found = {
        caution.text: {"text": caution.text, "source": caution.source}
        for exercise in judged
        for caution in exercise.cautions
    }
    return list(found.values())


def shipped_cautions(names: Iterable[str]) -> list[dict[str, str]]:
    """Return the cautions of the shipped exercises among names, each once.

    Without one among them: those of the default exercise.
    """
    shipped = [name for name in dict.fromkeys(names) if name in exercises.names()]
    return cautions_of(map(exercises.load, shipped or [exercises.DEFAULT_EXERCISE]))


def _closing(result: SessionResult) -> str:
    versions = ", ".join(f"{key} {value}" for key, value in result.versions.items())
    return word("report.closing", file=shown(result.path.name), versions=versions)
