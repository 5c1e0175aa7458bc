"""``posecheck exercises``: list them, show one, or check your own file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from posecheck.commands import put

if TYPE_CHECKING:
    import argparse

    from rich.console import Console, RenderableType

    from posecheck.exercises import Exercise, Timing
    from posecheck.exercises.rules import Rule


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("name", nargs="?", metavar="NAME|FILE", help="show this exercise")
    group.add_argument("--check", metavar="FILE", help="check your own exercise file")
    group.add_argument(
        "--quantities",
        action="store_true",
        help="list what a rule can measure: unit, meaning, landmarks, measured error",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the list, one exercise or the quantities; return 0."""
    from posecheck import exercises
    from posecheck.errors import shown
    from posecheck.system.terminal import SafeConsole

    console = SafeConsole(highlight=False)
    if arguments.quantities:
        put(_quantities())
    elif arguments.check:
        exercise = exercises.load(Path(arguments.check))
        count = len(exercise.rules)
        found = f"{shown(arguments.check)}: {shown(exercise.title)!r} is in order, {count} rules"
        console.print(found, markup=False)
    elif arguments.name:
        exercise = exercises.load(arguments.name)
        _show(console, exercise)
        picture = exercises.demonstration(exercise.name)
        if picture is not None:
            console.print(f"\nDemonstration: {picture}", markup=False, soft_wrap=True)
    else:
        for exercise in exercises.load_all():
            mark = " (default)" if exercise.name == exercises.DEFAULT_EXERCISE else ""
            console.print(f"[bold]{exercise.name}[/bold]{mark}\n  {exercise.summary}")
        console.print("\nposecheck exercises NAME shows one, with its cautions and rules.")
    return 0


def _quantities() -> str:
    """Return every quantity with its unit, meaning, landmarks and measured error."""
    from rich.padding import Padding
    from rich.text import Text

    from posecheck.measure import accuracy
    from posecheck.measure.quantities import QUANTITIES
    from posecheck.reports import text

    units = {"deg": "degrees", "ratio": "ratio"}
    parts: list[RenderableType] = []
    for name, quantity in QUANTITIES.items():
        parts.append(Text.assemble((name, "bold"), f" ({units[quantity.unit]})"))
        lines = [quantity.meaning, f"landmarks: {', '.join(quantity.landmarks)}"]
        for source, off in accuracy.accuracy_of(name).items():
            digits = 0 if quantity.unit == "deg" else 2
            lines.append(
                f"{source}: mean error {off.mean:.{digits}f}, bias {off.bias:+.{digits}f}, worst "
                f"{off.worst:.{digits}f}; true values {off.low:g} to {off.high:g}, n = {off.cells}"
            )
        if not accuracy.accuracy_of(name):
            lines.append("its error was not measured")
        parts.append(Padding(Text("\n".join(lines)), (0, 0, 1, 2)))
    parts.append(Text(_QUANTITIES_NOTE))
    return text.laid_out(parts)


_QUANTITIES_NOTE: Final = (
    "side_ is the leg that a rule names, other_ the opposite leg. Errors are over n clips and "
    "sides. The people are two persons who squat or stand up (hips bent) or walk (hips straight), "
    "with true joints from markers; none of them lies or crosses the legs. The rendered clips are "
    "the five of sample_videos, both legs, with left and right as the model names them. The error "
    "of a single picture can be larger. posecheck measure FILE shows the quantities over time."
)


def _show(console: Console, exercise: Exercise) -> None:
    from rich.padding import Padding
    from rich.text import Text

    def section(title: str, *lines: str) -> None:
        console.print(f"\n{title}", style="bold", markup=False)
        for line in lines:
            # No markup: a user's own file may hold square brackets.
            console.print(Padding(Text(line), (0, 0, 0, 2)))

    each = " on each side" if exercise.sides == "each" else ""
    dose, timing = exercise.dose, exercise.timing
    console.print(f"\n{exercise.title} ({exercise.name})", style="bold", markup=False)
    console.print(exercise.summary, markup=False)
    section(
        "Before you start",
        *(f"! {caution.text} ({caution.source})" for caution in exercise.cautions),
        "! posecheck is no medical device and gives no diagnosis.",
    )
    section("Position", exercise.position)
    section("Steps", *(f"{i}. {step}" for i, step in enumerate(exercise.steps, start=1)))
    section("Camera", exercise.camera.text)
    section(
        "Dose",
        f"{dose.hold_s:g} s, up to {dose.repetitions} times{each}. {dose.note} ({dose.source})",
    )
    section("Muscles", ", ".join(exercise.muscles))
    section(
        "What valid form means",
        *(f"{_rule_line(rule)}\n  {rule.source}" for rule in exercise.rules),
    )
    section(
        "Breaks",
        f"{_breaks(timing)} More than {timing.max_gap_s:g} s without a picture are unseen.",
    )


def _breaks(timing: Timing) -> str:
    if timing.grace_s is not None:
        return (
            f"A break shorter than {timing.grace_s:g} s does not end a hold and is not counted "
            "either."
        )
    return (
        "A hold survives breaks, which are never counted. It ends after "
        f"{timing.wrong_break_s:g} s of wrong form in one break, after a break of "
        f"{timing.unseen_break_s:g} s, and when all its breaks together exceed "
        f"{timing.breaks_s:g} s or {timing.breaks_share:.0%} of the time held, whichever is more."
    )


def _rule_line(rule: Rule) -> str:
    unit = "°" if rule.unit == "deg" else ""
    whose = {"both": "each leg", "trunk": "the trunk", "pair": "both legs"}.get(
        rule.of, f"the {rule.of} leg"
    )
    advice = "" if rule.required else " (advice only)"
    off = f", after {rule.bias:g}{unit} are taken off the reading" if rule.bias else ""
    event = ""
    if rule.crossing is not None:
        event = " on true joints; from a camera it must be seen to happen"
    return (
        f"{rule.title}{advice}: {rule.quantity} of {whose} {' and '.join(rule.wanted)}{off}{event}"
    )
