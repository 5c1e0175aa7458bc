"""``posecheck exercises``: list them, show one, or check your own file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from posecheck.exercises.schema import Exercise, Rule


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("name", nargs="?", metavar="NAME|FILE", help="show this exercise")
    group.add_argument("--check", metavar="FILE", help="check your own exercise file")


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for; return 0."""
    from rich.console import Console  # noqa: PLC0415 - not needed for --help

    from posecheck import exercises  # noqa: PLC0415

    console = Console(highlight=False)
    if arguments.check:
        exercise = exercises.load(Path(arguments.check))
        count = len(exercise.rules)
        console.print(f"{arguments.check}: {exercise.title!r} is in order, {count} rules")
    elif arguments.name:
        _show(console, exercises.load(arguments.name))
    else:
        for exercise in exercises.load_all():
            mark = " (default)" if exercise.name == exercises.DEFAULT_EXERCISE else ""
            console.print(f"[bold]{exercise.name}[/bold]{mark}\n  {exercise.summary}")
        console.print("\nposecheck exercises NAME shows one, with its cautions and rules.")
    return 0


def _show(console: object, exercise: Exercise) -> None:
    from rich.console import Console  # noqa: PLC0415

    assert isinstance(console, Console)  # noqa: S101 - narrows the type
    each = " on each side" if exercise.sides == "each" else ""
    dose = exercise.dose
    console.print(f"\n[bold]{exercise.title}[/bold] ({exercise.name})\n{exercise.summary}")
    console.print("\n[bold]Before you start[/bold]")
    for caution in exercise.cautions:
        console.print(f"  ! {caution.text} [dim]({caution.source})[/dim]")
    console.print("  posecheck is no medical device and gives no diagnosis.")
    console.print(f"\n[bold]Position[/bold]\n  {exercise.position}")
    console.print("\n[bold]Steps[/bold]")
    for number, step in enumerate(exercise.steps, start=1):
        console.print(f"  {number}. {step}")
    console.print(f"\n[bold]Camera[/bold]\n  {exercise.camera.text}")
    console.print(
        f"\n[bold]Dose[/bold]\n  {dose.hold_s:g} s, up to {dose.repetitions} times{each}. "
        f"{dose.note} [dim]({dose.source})[/dim]"
    )
    console.print(f"\n[bold]Muscles[/bold]\n  {', '.join(exercise.muscles)}")
    console.print("\n[bold]What valid form means[/bold]")
    for rule in exercise.rules:
        console.print(f"  {_rule_line(rule)}\n    [dim]{rule.source}[/dim]")
    console.print(
        f"\nA break shorter than {exercise.timing.grace_s:g} s does not end a hold and is "
        "not counted either."
    )


def _rule_line(rule: Rule) -> str:
    unit = "°" if rule.unit == "deg" else ""
    limits = []
    if rule.at_least is not None:
        limits.append(f"at least {rule.at_least.enter:g}{unit}")
    if rule.at_most is not None:
        limits.append(f"at most {rule.at_most.enter:g}{unit}")
    whose = {"both": "both legs", "trunk": "trunk"}.get(rule.of, f"{rule.of} leg")
    advice = "" if rule.required else " (advice only)"
    return f"{rule.title}{advice}: {rule.quantity} of the {whose} {' and '.join(limits)}"
