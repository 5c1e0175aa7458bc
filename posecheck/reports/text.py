"""Summary as tables for the terminal, and the kit of all reports in text.

The kit: `laid_out` makes text of parts, `table`, `marked` and `warned` make parts, `number`,
`percent` and `longest` make cells.
"""

from __future__ import annotations

import io
import math
import shlex
import shutil
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from posecheck import exercises
from posecheck.errors import shown
from posecheck.ledger import lost_shown, tenths
from posecheck.measure import accuracy
from posecheck.measure.quantities import Unit
from posecheck.system.terminal import SafeConsole
from posecheck.types import SideKnown, State, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from posecheck.exercises import Exercise
    from posecheck.exercises.rules import Rule
    from posecheck.pipeline.recorder import Summary
    from posecheck.types import Verdict


SHORTEST_SHOWN_S: Final = 0.5
"""Holds shorter than this are counted below the table instead of being listed."""

STYLES: Final = {State.VALID: "bold blue", State.WRONG: "bold yellow", State.UNSEEN: "dim"}
MARKS: Final = {State.VALID: "✓", State.WRONG: "✗", State.UNSEEN: "?"}
_MEANINGS: Final = {
    State.VALID: "held in valid form",
    State.WRONG: "seen, but not in valid form",
    State.UNSEEN: "could not be judged, so it does not count",
}


def laid_out(
    parts: Iterable[RenderableType], *, least: int = 80, most: int = 110, usual: int = 88
) -> str:
    """Return parts as text; coloured if the terminal shows colours.

    Args:
        parts: texts and tables; a text with ``no_wrap`` is never broken.
        least: smallest width in characters, also of a narrower terminal.
        most: largest width, also of a wider terminal.
        usual: width if there is no terminal.
    """
    target = Console()
    file = io.StringIO()
    console = SafeConsole(
        file=file,
        width=max(min(shutil.get_terminal_size((usual, 24)).columns, most), least),
        force_terminal=target.is_terminal,
        no_color=target.no_color,
        highlight=False,
    )
    for part in parts:
        # A path stays in one piece, so that it can be copied.
        console.print(part, soft_wrap=isinstance(part, Text) and bool(part.no_wrap))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def table(
    title: str, *columns: str, words: int | None = None, word_width: int | None = None
) -> Table:
    """Return an empty table.

    Args:
        title: stands above it, after an empty line.
        columns: heads; those that end in " s", "%" or "#" hold numbers.
        words: number of columns with words, the first ones; the others hold numbers, whatever their
            heads are.
        word_width: greatest width of these, in characters.
    """
    # As texts, not strings: a name may hold what would be a style in brackets.
    made = Table(title=Text(f"\n{title}", "bold"), title_justify="left", box=None)
    for place, column in enumerate(columns):
        number = column.endswith((" s", "%", "#")) if words is None else place >= words
        made.add_column(
            Text(column),
            justify="right" if number else "left",
            header_style="dim",
            max_width=None if number else word_width,
            overflow="fold",  # a name that is cut off can't be typed
        )
    return made


def marked(state: State) -> Text:
    """Return a state as mark, word and colour."""
    return Text(f"{MARKS[state]} {state}", STYLES[state])


def warned(message: str, *, no_wrap: bool | None = None) -> Text:
    """Return a warning as a line."""
    return Text(f"! {message}", "yellow", no_wrap=no_wrap)


def number(value: float | None, digits: int, sign: str = "") -> str:
    """Return a number with its sign, such as "°"; "-" for None or NaN, and never minus zero."""
    if value is None or math.isnan(value):
        return "-"
    return f"{round(value, digits) + 0.0:.{digits}f}{sign}"


def in_unit(value: float, unit: Unit) -> str:
    """Return a value of a quantity: whole degrees, or a ratio with two digits."""
    return number(value, 0, "°") if unit is Unit.DEG else number(value, 2)


def percent(part: float, whole: float = 1.0) -> str:
    """Return a share in whole percent, rounded down: 99.9 % never reads as all of it."""
    share = part / whole if whole else math.nan
    return "-" if math.isnan(share) else f"{math.floor(100 * share + 1e-9)}"


def longest(spans: Sequence[tuple[float, float, str]], most: int, unit: str = "") -> str:
    """Return the longest stretches of time as text, in the order of time, and how many more are.

    Args:
        spans: start and end in seconds, and a label, which may be empty.
        most: number of stretches that are listed.
        unit: stands behind the times.
    """
    chosen = sorted(sorted(spans, key=lambda span: span[0] - span[1])[:most])
    listed = ", ".join(f"{start:.1f}-{end:.1f}{unit} {what}".strip() for start, end, what in chosen)
    return listed + (f" and {len(spans) - most} more" if len(spans) > most else "")


def render(summary: Summary, by: str = "") -> str:
    """Return the summary as text; coloured if the terminal shows colours.

    Args:
        summary: the result of a session.
        by: the exercise by which a stored session was judged again, as given to ``--exercise``;
            empty if by its own.
    """
    return laid_out(_parts(summary, by), least=1, most=100)


def _parts(summary: Summary, by: str) -> list[RenderableType]:
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
        parts += _not_judged(summary)
        if summary.faults:
            parts.append(_faults(summary))
        parts += _other_exercise(summary)
    parts += map(warned, summary.warnings)
    parts.append(Text(_accuracy(exercise), "dim"))
    parts.append(Text(_caution(exercise), "dim"))
    for label, path in (("session", summary.session), ("video", summary.video)):
        if path is not None:
            parts.append(Text(f"{label}: {shown(path)}", no_wrap=True))
    if summary.session is not None and summary.source.kind != "picture":
        named = shlex.quote(shown(summary.session))
        again = f" --exercise {shlex.quote(shown(by))}" if by else ""
        parts.append(Text(f"look through it: posecheck replay {named}{again}", no_wrap=True))
    return parts


def _other_exercise(summary: Summary) -> list[RenderableType]:
    """Return advice where a video was seen and nothing in it counted."""
    seen_only = summary.ledger.valid_us == 0 and summary.ledger.wrong_us > 0
    if not seen_only or summary.fits is not None or summary.source.kind != "video":
        return []
    return [
        warned(
            "nothing counted; if the video shows another exercise, name it with --exercise, or "
            "let posecheck analyse --exercise auto find the one that fits best"
        )
    ]


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


def _holds(summary: Summary) -> RenderableType:
    dose = summary.exercise.dose
    times = "once" if dose.repetitions == 1 else f"up to {dose.repetitions} times"
    wanted = f"{dose.hold_s:g} s, {times}"
    if summary.exercise.sides == "each":
        wanted += " on each side"
    shown = [hold for hold in summary.holds if hold.held_s >= SHORTEST_SHOWN_S]
    if not shown:
        return Text(f"\nNo hold in valid form (wanted: {wanted}).")
    made = table(f"Holds (wanted: {wanted})", "#", "side", "start s", "held s", "target s", "")
    for place, hold in enumerate(shown, start=1):
        mark = ("complete", STYLES[State.VALID]) if hold.complete else ("not complete", "")
        made.add_row(
            str(place),
            hold.leg,
            f"{hold.start_s:.1f}",
            tenths(hold.held_s),
            f"{hold.target_s:.1f}",
            Text(*mark),
        )
    return made


def _short_holds(summary: Summary) -> list[RenderableType]:
    short = sum(hold.held_s < SHORTEST_SHOWN_S for hold in summary.holds)
    if not short:
        return []
    plural = "hold" if short == 1 else "holds"
    return [Text(f"  and {short} {plural} shorter than {SHORTEST_SHOWN_S} s", "dim")]


def _ledger(summary: Summary) -> RenderableType:
    total = summary.duration_s
    rounded = summary.ledger.shown
    made = table(
        f"Where the {sum(rounded.values()) / 10:.1f} s went", "", "seconds s", "%", "meaning"
    )
    for state in State:
        share = f"{100 * summary.ledger.seconds(state) / total:.0f}" if total > 0 else "-"
        made.add_row(marked(state), f"{rounded[state] / 10:.1f}", share, _MEANINGS[state])
    return made


def _not_judged(summary: Summary) -> list[RenderableType]:
    """Return the time of a live session's timer, and the person's answers."""
    lines = []
    if summary.not_judged:
        times = "once" if len(summary.not_judged) == 1 else f"{len(summary.not_judged)} times"
        seconds = sum(timed.seconds for timed in summary.not_judged)
        lines.append(
            f"  not judged: {seconds:.1f} s, for which a timer ran {times}; it stands above as "
            "wrong or unseen and counts as no hold"
        )
    for statement in summary.statements:
        asked = "pain, from 0 to 10" if statement.about is Topic.PAIN else "ended early because of"
        lines.append(f"  said by the person: {asked}: {statement.value}")
    return [Text(line, "dim") for line in lines]


def _faults(summary: Summary) -> RenderableType:
    made = table("Time lost, and what to change", "seconds s", "", "what", "what to change")
    for fault, cost in zip(summary.faults, lost_shown(summary.ledger, summary.faults), strict=True):
        made.add_row(f"{cost / 10:.1f}", marked(fault.verdict), fault.rule, fault.cue)
    return made


def _picture(summary: Summary) -> list[RenderableType]:
    verdict = summary.verdict
    if verdict is None:
        return [Text("no verdict")]
    cue = f": {verdict.reason.cue}" if verdict.reason is not None else ""
    line = Text.assemble("\nverdict: ", marked(verdict.state), f" ({_stretched(verdict)}){cue}")
    heads = ("", "rule", "of", "measured", "±", "wanted", "what to change")
    made = table("Angles and ratios", *heads, words=len(heads))
    for reading in verdict.readings:
        rule = summary.exercise.rule(reading.rule)
        made.add_row(
            marked(reading.state),
            reading.rule + ("" if reading.required else " (advice)"),
            str(reading.side or ("legs" if rule.of == "pair" else "trunk")),
            in_unit(reading.value, rule.unit),
            accuracy.off_text(rule.quantity, rule.unit, reading.value),
            ", ".join(rule.wanted),
            reading.reason.cue if reading.reason is not None else "",
        )
    return [Group(line, made)]


def _stretched(verdict: Verdict) -> str:
    """Return the stretched leg, or that the legs were not told apart."""
    return verdict.leg if verdict.side_known is SideKnown.UNKNOWN else f"{verdict.leg} stretched"
