"""Commands that the replay's page may send, each an object with the literal ``do``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from posecheck.replay.edit.editor import LONGEST_NOTE
from posecheck.replay.edit.keys import Command  # noqa: TC001 - pydantic resolves it

Seconds = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)]


class PageCommand(BaseModel):
    """A command of the page; unknown keys and other types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DoCommand(PageCommand):
    """A command that has a key."""

    do: Literal["command"]
    name: Annotated[Command, Field(strict=False)]


class GoTo(PageCommand):
    """Go to a time; while it is dragged there, the replay does not play on."""

    do: Literal["go"]
    t_s: Seconds
    held: bool = False


class Speed(PageCommand):
    """Play at another speed."""

    do: Literal["speed"]
    speed: Annotated[float, Field(gt=0, le=16)]


class Zoom(PageCommand):
    """Show ``factor`` as much time, with ``t_s`` at its place."""

    do: Literal["zoom"]
    factor: Annotated[float, Field(ge=0.01, le=100)]
    t_s: Seconds


class Pan(PageCommand):
    """Show the time by so many seconds later."""

    do: Literal["pan"]
    by_s: Annotated[float, Field(ge=-1e7, le=1e7)]


class Repeat(PageCommand):
    """Repeat an interval."""

    do: Literal["repeat"]
    start_s: Seconds
    end_s: Seconds


class MarkSpan(PageCommand):
    """Mark an interval to be labelled."""

    do: Literal["mark"]
    start_s: Seconds
    end_s: Seconds


class SelectItem(PageCommand):
    """Select the annotation at a time, and go there."""

    do: Literal["select"]
    t_s: Seconds


class MoveEdge(PageCommand):
    """Move the start or the end of the annotation that begins at ``start_s``."""

    do: Literal["edge"]
    start_s: Seconds
    end: bool
    t_s: Seconds


class ChooseRule(PageCommand):
    """Say which rule is broken: its number from 1 on, 0 for none."""

    do: Literal["rule"]
    number: Annotated[int, Field(ge=0, le=1000)]


class WriteNote(PageCommand):
    """Text of the note so far; ``done`` keeps it."""

    do: Literal["note"]
    text: Annotated[str, Field(max_length=LONGEST_NOTE)]
    done: bool = False


AnyCommand = Annotated[
    DoCommand | GoTo | Speed | Zoom | Pan | Repeat | MarkSpan | SelectItem | MoveEdge | ChooseRule
    | WriteNote,
    Field(discriminator="do"),
]  # fmt: skip
"""A command of the page."""
