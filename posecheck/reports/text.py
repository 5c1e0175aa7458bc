"""Summary as tables for the terminal.

`laid_out` and `table` are shared by the reports.
"""

from __future__ import annotations

import io
import math
import shutil
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from posecheck import exercises
from posecheck.errors import shown
from posecheck.measure import accuracy
from posecheck.system.terminal import SafeConsole
from posecheck.types import SideKnown, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from posecheck.exercises import Exercise
    from posecheck.exercises.rules import Rule
    from posecheck.pipeline.recorder import Summary
    from posecheck.types import Reading, Verdict


SHORTEST_SHOWN_S: Final = 0.5
"""Holds shorter than this are counted below the table instead of being listed."""

_STYLES: Final = {State.VALID: "bold blue", State.WRONG: "bold yellow", State.UNSEEN: "dim"}
_MARKS: Final = {State.VALID: "✓", State.WRONG: "✗", State.UNSEEN: "?"}
_MEANINGS: Final = {
    State.VALID: "held in valid form",
    State.WRONG: "seen, but not in valid form",
    State.UNSEEN: "could not be judged, so it does not count",
}


def render(summary: Summary) -> str:
    """Return the summary as text; coloured if the terminal shows colours."""
    target = Console()
    console = SafeConsole(
        file=io.StringIO(),
        width=min(shutil.get_terminal_size((88, 24)).columns, 100),
        force_terminal=target.is_terminal,
        no_color=target.no_color,
        highlight=False,
    )
    for part in _parts(summary):
        # A path stays in one piece, so that it can be copied.
        console.print(part, soft_wrap=isinstance(part, Text) and bool(part.no_wrap))
    file = console.file
    text: str = file.getvalue() if isinstance(file, io.StringIO) else ""
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _parts(summary: Summary) -> list[RenderableType]:
    exercise = summary.exercise
    chosen = {
        None: "",
        True: " (the best fitting exercise)",
        False: " (no exercise fits; this one comes closest)",
    }[summary.fits]
    title = Text.assemble(
        "\n", (shown(summary.source.name), "bold"), f": {exercise.title.lower()}{chosen}"
    )
    parts: list[RenderableType] = [title]
    if summary.interrupted:
        parts.append(Text(f"stopped at {summary.duration_s:.1f} s, before the end", "yellow"))
    if summary.source.kind == "picture":
        parts += _picture(summary)
    else:
        parts += [_holds(summary), *_short_holds(summary), _ledger(summary)]
        if summary.faults:
            parts.append(_faults(summary))
    parts += [Text(f"! {warning}", "yellow") for warning in summary.warnings]
    parts.append(Text(_accuracy(exercise), "dim"))
    parts.append(Text(_caution(exercise), "dim"))
    for label, path in (("session", summary.session), ("video", summary.video)):
        if path is not None:
            parts.append(Text(f"{label}: {shown(path)}", no_wrap=True))
    return parts


def _caution(exercise: Exercise) -> str:
    own = exercise.name not in exercises.names()
    where = "the cautions in its file" if own else f"posecheck exercises {exercise.name}"
    return (
        "\nThis is no diagnosis. Stop at new or worse pain, numbness or tingling. "
        f"For whom the exercise is wrong: {where}"
    )


def _accuracy(exercise: Exercise) -> str:
    """Return the measured error of the quantities of the rules, each quantity once."""
    off = {
        rule.quantity: accuracy.off_text(rule.quantity, rule.unit, _limit(rule))
        for rule in exercise.rules
        if rule.required and accuracy.accuracy_of(rule.quantity)
    }
    if not off:
        return "\nHow far the angles are off was not measured."
    listed = ", ".join(f"{name} {size}" for name, size in off.items())
    return (
        f"\nMean error of these readings: {listed} (on people who squat, stand up and walk; r: on "
        "rendered clips; more: posecheck exercises --quantities)"
    )


def _limit(rule: Rule) -> float:
    """Return the middle of a rule's limits, in its unit; its only limit if it has one."""
    limits = [limit.enter for limit in (rule.at_least, rule.at_most) if limit is not None]
    return sum(limits) / len(limits)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None)
    for column in columns:
        number = column.endswith(" s") or column in {"%", "#"}
        table.add_column(column, justify="right" if number else "left", header_style="dim")
    return table


def _holds(summary: Summary) -> RenderableType:
    dose = summary.exercise.dose
    times = "once" if dose.repetitions == 1 else f"up to {dose.repetitions} times"
    wanted = f"{dose.hold_s:g} s, {times}"
    if summary.exercise.sides == "each":
        wanted += " on each side"
    shown = [hold for hold in summary.holds if hold.held_s >= SHORTEST_SHOWN_S]
    if not shown:
        return Text(f"\nNo hold in valid form (wanted: {wanted}).")
    table = _table(f"\nHolds (wanted: {wanted})", "#", "side", "start s", "held s", "target s", "")
    for number, hold in enumerate(shown, start=1):
        mark = ("complete", _STYLES[State.VALID]) if hold.complete else ("not complete", "")
        table.add_row(
            str(number),
            hold.leg,
            f"{hold.start_s:.1f}",
            f"{_floor(hold.held_s):.1f}",
            f"{hold.target_s:.1f}",
            Text(*mark),
        )
    return table


def _floor(seconds: float) -> float:
    """Round down to a tenth, so that 9.98 s never reads as a full 10.0 s."""
    return math.floor(seconds * 10 + 1e-6) / 10


def _short_holds(summary: Summary) -> list[RenderableType]:
    short = sum(hold.held_s < SHORTEST_SHOWN_S for hold in summary.holds)
    if not short:
        return []
    plural = "hold" if short == 1 else "holds"
    return [Text(f"  and {short} {plural} shorter than {SHORTEST_SHOWN_S} s", "dim")]


def _ledger(summary: Summary) -> RenderableType:
    total = summary.duration_s
    table = _table(f"\nWhere the {total:.1f} s went", "", "seconds s", "%", "meaning")
    for state in State:
        seconds = summary.ledger.seconds(state)
        share = f"{100 * seconds / total:.0f}" if total > 0 else "-"
        label = Text(f"{_MARKS[state]} {state}", _STYLES[state])
        table.add_row(label, f"{seconds:.1f}", share, _MEANINGS[state])
    return table


def _faults(summary: Summary) -> RenderableType:
    table = _table("\nTime lost, and what to change", "seconds s", "", "what", "what to change")
    for fault in summary.faults:
        label = Text(f"{_MARKS[fault.verdict]} {fault.verdict}", _STYLES[fault.verdict])
        table.add_row(f"{fault.seconds:.1f}", label, fault.rule, fault.cue)
    return table


def _picture(summary: Summary) -> list[RenderableType]:
    verdict = summary.verdict
    if verdict is None:
        return [Text("no verdict")]
    cue = f": {verdict.reason.cue}" if verdict.reason is not None else ""
    line = Text.assemble(
        "\nverdict: ",
        (f"{_MARKS[verdict.state]} {verdict.state}", _STYLES[verdict.state]),
        f" ({_stretched(verdict)}){cue}",
    )
    table = _table(
        "\nAngles and ratios", "", "rule", "of", "measured", "±", "wanted", "what to change"
    )
    for reading in verdict.readings:
        rule = summary.exercise.rule(reading.rule)
        unit = "°" if rule.unit == "deg" else ""
        limits = [f"at least {rule.at_least.enter:g}{unit}"] if rule.at_least else []
        limits += [f"at most {rule.at_most.enter:g}{unit}"] if rule.at_most else []
        table.add_row(
            Text(f"{_MARKS[reading.state]} {reading.state}", _STYLES[reading.state]),
            reading.rule + ("" if reading.required else " (advice)"),
            str(reading.side or ("legs" if rule.of == "pair" else "trunk")),
            _measured(reading, unit),
            accuracy.off_text(rule.quantity, rule.unit, reading.value),
            ", ".join(limits),
            reading.reason.cue if reading.reason is not None else "",
        )
    return [Group(line, table)]


def _stretched(verdict: Verdict) -> str:
    """Return the stretched leg, or that the legs were not told apart."""
    return verdict.leg if verdict.side_known is SideKnown.UNKNOWN else f"{verdict.leg} stretched"


def _measured(reading: Reading, unit: str) -> str:
    if math.isnan(reading.value):
        return "-"
    return f"{reading.value:.0f}{unit}" if unit else f"{reading.value:.2f}"


STYLES: Final = {State.VALID: "bold blue", State.WRONG: "bold yellow", State.UNSEEN: "dim"}
MARKS: Final = {State.VALID: "✓", State.WRONG: "✗", State.UNSEEN: "?"}

_NARROWEST, _WIDEST = 80, 110


def laid_out(parts: Iterable[RenderableType]) -> str:
    """Return parts as text; coloured if the terminal shows colours."""
    target = Console()
    file = io.StringIO()
    console = SafeConsole(
        file=file,
        width=max(min(shutil.get_terminal_size((88, 24)).columns, _WIDEST), _NARROWEST),
        force_terminal=target.is_terminal,
        no_color=target.no_color,
        highlight=False,
    )
    for part in parts:
        # A path stays in one piece, so that it can be copied.
        console.print(part, soft_wrap=isinstance(part, Text) and bool(part.no_wrap))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def table(title: str, *columns: str) -> Table:
    """Return an empty table; columns that end in " s", "%" or "#" hold numbers."""
    # As texts, not strings: a name may hold what would be a style in brackets.
    made = Table(title=Text(f"\n{title}", "bold"), title_justify="left", box=None)
    for column in columns:
        number = column.endswith((" s", "%", "#"))
        made.add_column(Text(column), justify="right" if number else "left", header_style="dim")
    return made


def marked(state: State) -> Text:
    """Return a state as mark, word and colour."""
    return Text(f"{MARKS[state]} {state}", STYLES[state])
