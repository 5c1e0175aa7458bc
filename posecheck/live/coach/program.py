"""Program of a live session: several exercises in a row.

It is made from the options of the command line, or read from a small TOML file:

    rest_s = 15.0                     # between two exercises

    [[exercises]]
    exercise = "seated-figure-four"   # a name, or a .toml file beside this one
    sides = ["left", "right"]         # in this order
    repetitions = 3
    hold_s = 10.0
    rest_s = 3.0                      # between two holds
    change_s = 8.0                    # to get ready for the other side

Only ``exercise`` must be there; the rest is as the exercise file says.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from posecheck import exercises
from posecheck.errors import PoseCheckError, shown
from posecheck.live.coach.plan import SessionPlan, make_plan
from posecheck.system import files
from posecheck.types import Side

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BETWEEN_S: Final = 15.0
"""Seconds of rest between two exercises; posecheck's own choice."""

MOST_EXERCISES: Final = 20
"""Largest number of exercises in a program."""

_LARGEST_FILE_BYTES: Final = 100_000

Pause = Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)]


class ProgramError(PoseCheckError):
    """Raised for a program that can't be used; the message lists every problem with its place."""


@dataclass(frozen=True, slots=True)
class Program:
    """Exercises of a live session, in order.

    Attributes:
        plans: the plan of each exercise; at least one.
        rest_s: seconds of rest between two exercises; a person may begin sooner.
    """

    plans: tuple[SessionPlan, ...]
    rest_s: float = BETWEEN_S

    @property
    def departures(self) -> tuple[str, ...]:
        """Differences from the exercises' doses, one sentence each."""
        several = len(self.plans) > 1
        return tuple(
            f"{plan.exercise.title}: {text}" if several else text
            for plan in self.plans
            for text in plan.departures
        )


class _ProgramPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Item(_ProgramPart):
    exercise: Annotated[str, Field(min_length=1, max_length=1000)]
    sides: Annotated[list[Literal["left", "right"]], Field(min_length=1, max_length=2)] | None = (
        None
    )
    repetitions: int | None = None
    hold_s: float | None = None
    rest_s: Pause | None = None
    change_s: Pause | None = None


class _ProgramFile(_ProgramPart):
    rest_s: Pause = BETWEEN_S
    exercises: Annotated[list[_Item], Field(min_length=1, max_length=MOST_EXERCISES)]


def make_program(
    names: Sequence[str],
    side: str = "both",
    repetitions: int | None = None,
    hold_s: float | None = None,
) -> Program:
    """Return the program for options: the same side, repetitions and seconds for each exercise.

    Args:
        names: names or files of the exercises, in order.
        side: "both", "left" or "right".
        repetitions: complete holds on each side; None takes the exercise's.
        hold_s: seconds that complete a hold; None takes the exercise's.

    Raises:
        PoseCheckError: for an exercise that can't be used, or a value outside its range.
    """
    if len(names) > MOST_EXERCISES:
        message = f"--exercise: at most {MOST_EXERCISES} exercises in a row, not {len(names)}"
        raise ProgramError(message)
    plans = (make_plan(exercises.load(name), side, repetitions, hold_s) for name in names)
    return Program(tuple(plans))


def load_program(path: Path) -> Program:
    """Read a program file.

    Raises:
        PoseCheckError: if it can't be read or used; every problem of the file's form is listed
            with its place.
    """
    try:
        raw = files.content(path, _LARGEST_FILE_BYTES)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        message = f"{shown(path)}: cannot be read: {cause}"
        raise ProgramError(message) from error
    try:
        content = _ProgramFile.model_validate(tomllib.loads(raw.decode("utf-8-sig")))
    except ValidationError as error:
        raise ProgramError(_problems(path, error)) from error
    except (ValueError, RecursionError) as error:
        message = f"{shown(path)}: not a TOML file: {shown(str(error))}"
        raise ProgramError(message) from error
    plans = []
    for number, item in enumerate(content.exercises, start=1):
        try:
            plans.append(_plan(item, path.parent))
        except PoseCheckError as error:
            said = str(error).replace("--repetitions", "repetitions").replace("--hold", "hold_s")
            message = f"{shown(path)}: exercises[{number}]: {said}"
            raise ProgramError(message) from error
    return Program(tuple(plans), content.rest_s)


def _plan(item: _Item, folder: Path) -> SessionPlan:
    """Return the plan of one exercise; files are named from the program's folder."""
    named = item.exercise
    is_file = named.endswith(".toml") or "/" in named or "\\" in named
    exercise = exercises.load(folder / named if is_file else named)
    sides = None if item.sides is None else tuple(dict.fromkeys(Side(side) for side in item.sides))
    side = "both" if sides is None or len(sides) > 1 else str(sides[0])
    plan = make_plan(exercise, side, item.repetitions, item.hold_s)
    if sides is not None and len(sides) > 1 and plan.has_sides:
        plan = replace(plan, sides=sides)
    return replace(
        plan,
        rest_s=plan.rest_s if item.rest_s is None else item.rest_s,
        change_s=plan.change_s if item.change_s is None else item.change_s,
    )


def _problems(path: Path, error: ValidationError) -> str:
    """Return all problems of a file's form, each with its place; lists count from 1."""
    lines = []
    for item in error.errors():
        place = ""
        for part in item["loc"]:
            place += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
        said = item["msg"].replace("Field required", "is missing")
        lines.append(f"  {place.removeprefix('.') or 'file'}: {said}")
    count = f"{len(lines)} problem{'s' if len(lines) > 1 else ''}"
    return "\n".join([f"{shown(path)}: {count} in this program:", *lines])
