"""The course of one session for the report: timeline, curves with limits, every moment.

Steps go in, drawings and the numbers that a script reads out come out.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from posecheck.ledger import tenths
from posecheck.measure import accuracy
from posecheck.page import drawing
from posecheck.page.drawing import HoldMark, LimitLine, Stretch
from posecheck.page.templates import as_data, word
from posecheck.replay.edit.tracks import CODE, MISSING, Tracks
from posecheck.types import MICROSECONDS, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from markupsafe import Markup
    from numpy.typing import NDArray

    from posecheck.exercises.rules import Rule
    from posecheck.ledger import Step
    from posecheck.progress.result import HeldTime, SessionResult

    Floats = NDArray[np.float64]

MOST_MOMENTS: Final = 6000
"""Largest number of moments that can be read out; of a longer session every n-th is kept."""

MOST_HOLDS: Final = 6
"""Largest number of holds in the table of typical values."""

SHORTEST_S: Final = 0.5
"""Shortest hold in seconds that has a row of its own."""

_SCALE: Final = {"deg": 10, "ratio": 100}


@dataclass(frozen=True, slots=True)
class Still:
    """A picture of a moment.

    Attributes:
        t_s: seconds since the session began.
        state: valid, wrong or unseen.
        title: what it shows.
        jpeg: its JPEG file.
        size_px: width and height.
    """

    t_s: float
    state: State
    title: str
    jpeg: bytes
    size_px: tuple[int, int]

    def values(self) -> dict[str, Any]:
        """Return the values of the template."""
        at = drawing.clock(self.t_s)
        return {
            "data": base64.b64encode(self.jpeg).decode(),
            "width": self.size_px[0],
            "height": self.size_px[1],
            "state": str(self.state),
            "title": self.title,
            "at": at,
            "alt": f"{self.title}, {at}, {state_word(self.state)}",
        }


def length(seconds: float) -> str:
    """Return a length of time: seconds up to 100, then minutes and seconds."""
    if seconds < 100:  # noqa: PLR2004 - as the sentence above says
        return f"{tenths(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def day_and_time(when: datetime | None) -> str:
    """Return a local date and time in words."""
    if when is None:
        return word("report.when_unknown")
    return f"{when.day} {when:%B %Y, %H:%M}"


def from_to(first: str, last: str) -> str:
    """Return the time from the first to the last session in words."""
    return first if first == last else word("report.from_to", first=first, last=last)


def shown_holds(result: SessionResult) -> list[tuple[int, HeldTime]]:
    """Return the holds that have a row of their own, numbered from 1."""
    long = [held for held in result.holds if held.hold.held_s >= SHORTEST_S]
    return list(enumerate(long, start=1))


def marks_of(result: SessionResult) -> list[HoldMark]:
    """Return the holds of a drawing."""
    return [
        HoldMark(
            held.hold.start_s,
            held.hold.end_s,
            f"{number}{' ✓' if held.hold.complete else ''}",
            held.hold.complete,
        )
        for number, held in shown_holds(result)
    ]


def state_word(state: str) -> str:
    """Return a state in words."""
    return word(f"kit.{state.replace('-', '_')}")


def stretches_of(steps: Sequence[Step]) -> list[Stretch]:
    """Return the stretches of one state and one reason, in the order of time."""
    found: list[Stretch] = []
    key: tuple[State, str] | None = None
    for step in steps:
        interval = step.interval
        if interval is None:
            continue
        reason = interval.reason
        here = interval.state, "" if reason is None else reason.key
        start_s = step.t_s - interval.duration_us / MICROSECONDS
        if here == key:
            last = found.pop()
            found.append(Stretch(last.start_s, step.t_s, last.state, last.why))
            continue
        key = here
        said = state_word(interval.state) + (f": {reason.cue}" if reason is not None else "")
        found.append(Stretch(start_s, step.t_s, str(interval.state), said))
    return found


class Course:
    """Drawings and numbers of one session."""

    def __init__(self, result: SessionResult, steps: Sequence[Step]) -> None:
        """Take in all steps of a session."""
        self._result, self._steps = result, steps
        self._tracks = Tracks(result.exercise)
        self._tracks.take(steps)
        self._t_s = self._tracks.times_s
        self._duration_s = float(self._t_s[-1]) if len(self._t_s) else 0.0
        self._marks = marks_of(result)

    def timeline(self) -> Markup:
        """Return the timeline with holds."""
        ledger = self._result.ledger
        parts = ", ".join(f"{tenths(ledger.seconds(s))} s {state_word(s)}" for s in State)
        holds = "; ".join(
            f"{word('report.still_hold', number=number)}: {drawing.clock(held.hold.start_s)}, "
            f"{tenths(held.hold.held_s)} s"
            for number, held in shown_holds(self._result)
        )
        long = length(self._duration_s)
        text = word("report.timeline_text", long=long, parts=parts, holds=holds)
        return drawing.timeline(stretches_of(self._steps), self._marks, self._duration_s, text)

    def curves(self) -> list[dict[str, Any]]:
        """Return title, text and drawing of each rule that has values over time."""
        return [self._curve(rule) for rule in self._rules()]

    def _rules(self) -> list[Rule]:
        """Return the rules that are judged by their value; a crossing is judged as an event."""
        return [rule for rule in self._result.exercise.rules if rule.crossing is None]

    def _lines(self, rule: Rule) -> list[Floats]:
        """Return the values of a rule where it could be judged, NaN elsewhere."""
        found = []
        for number in self._tracks.columns_of(rule.name):
            values, states = self._tracks.column(number)
            found.append(np.where(states == MISSING, np.nan, values))
        return found

    def _curve(self, rule: Rule) -> dict[str, Any]:
        lines, wanted = self._lines(rule), wanted_of(rule)
        seen = np.concatenate([line[np.isfinite(line)] for line in lines] or [np.empty(0)])
        held = [v for v in self._medians(lines) if not math.isnan(v)]
        if seen.size:
            text = word(
                "report.curve_text",
                title=rule.title,
                low=value_of(float(seen.min()), rule),
                high=value_of(float(seen.max()), rule),
                wanted=wanted,
                held=", ".join(value_of(v, rule) for v in held) or word("report.not_measured"),
            )
        else:
            text = word("report.curve_never", title=rule.title, wanted=wanted)
        said = wanted if rule.required else f"{wanted}; {word('report.advice')}"
        svg = drawing.curve(
            self._t_s,
            lines,
            limits=limits_of(rule),
            holds=self._marks,
            duration_s=self._duration_s,
            unit=rule.unit,
            text=text,
        )
        return {"title": rule.title, "text": said, "svg": svg}

    def _medians(self, lines: Sequence[Floats]) -> list[float]:
        """Return the typical value in the valid moments of each listed hold."""
        valid = self._tracks.verdicts == CODE[State.VALID]
        return [
            _median(lines, valid & (self._t_s >= h.hold.start_s) & (self._t_s <= h.hold.end_s))
            for _, h in shown_holds(self._result)[:MOST_HOLDS]
        ]

    def readings(self) -> list[dict[str, Any]]:
        """Return the rows of the table of typical values in each hold."""
        rows = []
        for rule in self._rules() if self._marks else ():
            values = self._medians(self._lines(rule))
            near = next((v for v in values if not math.isnan(v)), math.nan)
            rows.append(
                {
                    "title": rule.title,
                    "wanted": wanted_of(rule),
                    "medians": [
                        word("report.dash") if math.isnan(v) else value_of(v, rule) for v in values
                    ],
                    "off": accuracy.off_text(rule.quantity, rule.unit, near),
                }
            )
        return rows

    def moments(self) -> Markup:
        """Return the values and words of every moment for the read-out, as JSON."""
        every = max(1, math.ceil(len(self._t_s) / MOST_MOMENTS))
        chosen = self._steps[::every]
        curves = [
            {
                "title": rule.title,
                "unit": str(rule.unit),
                "values": [
                    None if math.isnan(v) else round(v * _SCALE[rule.unit])
                    for v in _nearest(self._lines(rule))[::every].tolist()
                ],
            }
            for rule in self._rules()
        ]
        times = [round(step.t_s * drawing.PER_S) for step in chosen]
        return as_data({"t": times, "states": _said(chosen), "curves": curves})


def _said(steps: Sequence[Step]) -> list[tuple[int, str, str]]:
    """Return from which step on which state holds, and what is said of it."""
    found: list[tuple[int, str, str]] = []
    for number, step in enumerate(steps):
        state, reason = step.verdict.state, step.verdict.reason
        said = state_word(state) + (f": {reason.cue}" if reason is not None else "")
        if not found or found[-1][1:] != (str(state), said):
            found.append((number, str(state), said))
    return found


def _nearest(lines: Sequence[Floats]) -> Floats:
    """Return the first series that has a value at each moment."""
    first = lines[0].copy()
    for other in lines[1:]:
        first = np.where(np.isnan(first), other, first)
    return first


def _median(lines: Sequence[Floats], within: NDArray[np.bool_]) -> float:
    values = _nearest(lines)[within]
    values = values[np.isfinite(values)]
    return float(np.median(values)) if values.size else math.nan


def value_of(value: float, rule: Rule) -> str:
    """Return a value in a rule's unit: ``84°`` or ``0.48``."""
    return drawing.in_unit(value, rule.unit)


def limits_of(rule: Rule) -> list[LimitLine]:
    """Return the limits of a rule for a drawing."""
    found = []
    for limit, key, upper in ((rule.at_most, "at_most", True), (rule.at_least, "at_least", False)):
        if limit is not None:
            label = word(f"report.{key}", value=value_of(limit.enter, rule))
            found.append(LimitLine(limit.enter, label, upper))
    return found


def wanted_of(rule: Rule) -> str:
    """Return the limits of a rule in words."""
    return ", ".join(limit.label for limit in limits_of(rule)[::-1])
