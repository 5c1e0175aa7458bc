"""The replay's page: what it is sent, and the commands it may send.

In blind mode the parts that tell verdicts, angles or other people's annotations are empty already
here, in the messages: `Moment.says` is None, `TimelinePart.machine` is None,
`ReplayState.others` is empty.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic resolves the types
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from posecheck.page import PageView
from posecheck.replay.edit.editor import LONGEST_NOTE, Asking
from posecheck.replay.edit.keys import Command  # noqa: TC001 - pydantic resolves it
from posecheck.types import State  # noqa: TC001

Seconds = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)]


class PageCommand(BaseModel):
    """A command of the page, named by its literal ``do``; unknown keys and types are refused."""

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


COLUMNS: Final = 800
"""Number of columns in which a timeline is sent; the page scales them to its width."""

ROWS: Final = 1000
"""Number of rows of a curve's lane, 0 at its lower edge."""


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """A rule that can be named: its name, title, limits in words, and whether it decides."""

    name: str
    title: str
    limits: str
    required: bool


@dataclass(frozen=True, slots=True)
class ReplayFacts:
    """Facts of a replay that stay the same while it is open.

    Attributes:
        session: name of the session file.
        exercise: title of the exercise by which it is judged.
        judged_again: whether it is judged now by another exercise.
        annotator: the person who annotates.
        rules: the rules of the recorded exercise, which annotations may name.
        bones: pairs of landmark numbers, each with "left", "right" or "trunk".
        keys: the command of each key.
        speeds: the speeds to choose from.
        longest_note: in characters.
    """

    session: str
    exercise: str
    judged_again: bool
    annotator: str
    rules: tuple[RuleFacts, ...]
    bones: tuple[tuple[int, int, str], ...]
    keys: Mapping[str, Command]
    speeds: tuple[float, ...]
    longest_note: int = LONGEST_NOTE


@dataclass(frozen=True, slots=True)
class ShownAnnotation:
    """An annotation: its interval in seconds, what it says, and by whom."""

    start_s: float
    end_s: float
    state: State
    rule: str | None
    title: str
    note: str


@dataclass(frozen=True, slots=True)
class Tier:
    """Another person's annotations."""

    annotator: str
    items: tuple[ShownAnnotation, ...]


@dataclass(frozen=True, slots=True)
class ShownVideo:
    """The recorded video.

    Attributes:
        name: its file name; "" for none.
        warning: why it may not belong to the session; "" if it does.
        missing: why there is none; "" if there is one.
    """

    name: str = ""
    warning: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class ReplayState:
    """State of a replay that changes with a command, not with the time that is shown.

    Attributes:
        whole: first and last time of the session, seconds.
        shown: the part of it on the timeline, seconds.
        playing, speed: as in the player.
        loop: the part that is repeated, seconds; None for none.
        annotating: whether the person annotates.
        blind: whether verdicts, angles and the others are hidden now.
        seen: whether verdicts were shown since the replay began.
        asking: the present question to the person.
        draft: the interval that is being marked, seconds; None for none.
        note: the note that is being written.
        selected: place of the selected annotation in `items`; None for none.
        items: the person's annotations.
        others: the other people's annotations.
        can_undo, can_redo: whether there is something to undo, to redo.
        notice: something to tell, such as where it was saved; "" for nothing.
        not_saved: why changes are not saved; "" if all are.
        saved_as: name of the annotations' file.
        read: share of the session that was read, 0 to 1.
        video: the recorded video.
        problems: unusable parts of the session, one sentence each.
    """

    whole: tuple[float, float]
    shown: tuple[float, float]
    playing: bool
    speed: float
    loop: tuple[float, float] | None
    annotating: bool
    blind: bool
    seen: bool
    asking: Asking
    draft: tuple[float, float] | None
    note: str
    selected: int | None
    items: tuple[ShownAnnotation, ...]
    others: tuple[Tier, ...]
    can_undo: bool
    can_redo: bool
    notice: str
    not_saved: str
    saved_as: str
    read: float
    video: ShownVideo
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownHold:
    """A hold on the timeline: its interval in seconds, its text, and whether it is complete."""

    start_s: float
    end_s: float
    text: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """A rule's curve; x in `COLUMNS`, y in `ROWS`, upward.

    Attributes:
        title, limits: the rule in words.
        required: whether it decides about the verdict.
        top, bottom: the values at the edges, in words.
        allowed: the rows that the rule allows, low and high; None if it is judged as an event.
        dashed: rows of the limits that must be passed to break a rule that is met.
        curves: pieces of one state each, x and y in turn.
        marks: columns in which crossed legs are seen ("yes"), or are seen apart ("no").
    """

    title: str
    limits: str
    required: bool
    top: str
    bottom: str
    allowed: tuple[int, int] | None
    dashed: tuple[int, ...]
    curves: tuple[tuple[State, tuple[int, ...]], ...]
    marks: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class MachineRows:
    """What posecheck says over time; not sent in blind mode.

    Attributes:
        states: stretches of one state: first column, column after the last, state.
        holds: the holds that ended.
        lanes: the curves.
        differing: intervals in which posecheck and the person differ: start, end, what.
    """

    states: tuple[tuple[int, int, State], ...]
    holds: tuple[ShownHold, ...]
    lanes: tuple[Lane, ...]
    differing: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True, slots=True)
class TimelinePart:
    """The timeline.

    Attributes:
        from_s, to_s: the time that is shown.
        ticks: round times and their texts.
        machine: what posecheck says; None in blind mode.
    """

    from_s: float
    to_s: float
    ticks: tuple[tuple[float, str], ...]
    machine: MachineRows | None


@dataclass(frozen=True, slots=True)
class ShownReading:
    """What one rule reads: its title, state, value and limits in words."""

    title: str
    state: State
    value: str
    limits: str
    required: bool


@dataclass(frozen=True, slots=True)
class ShownVerdict:
    """What posecheck says of one moment.

    Attributes:
        state: valid, wrong or unseen.
        cue: what to change; "" when valid.
        leg: the stretched leg in words.
        side: the stretched side where it is known: "left", "right" or "".
        held: seconds of the running hold, in words; "" without one.
        target: seconds that make it complete, in words.
        share: share of the hold, 0 to 1.
        readings: what every rule reads.
    """

    state: State
    cue: str
    leg: str
    side: str
    held: str
    target: str
    share: float
    readings: tuple[ShownReading, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """Head of a picture: everything of one frame.

    Attributes:
        t_s: its time.
        clock: the same in words.
        frame, frames: its number from 1 on, and how many there are so far.
        size_px: width and height to which the landmarks refer.
        landmarks: x, y in pixels and visibility of each; None where nobody was found.
        fits: whether the image is that of this frame; an older one is shown dim.
        has_image: whether there is a video at all.
        says: what posecheck says; None in blind mode.
    """

    t_s: float
    clock: str
    frame: int
    frames: int
    size_px: tuple[int, int]
    landmarks: tuple[tuple[float, float, float], ...] | None
    fits: bool
    has_image: bool
    says: ShownVerdict | None


def replay_view(title: str, facts: Mapping[str, object] | None = None) -> PageView:
    """Return the view of a replay.

    Args:
        title: title of the browser's tab.
        facts: values for the template.
    """
    return PageView(
        name="replay",
        title=title,
        parts={
            "facts": TypeAdapter(ReplayFacts),
            "state": TypeAdapter(ReplayState),
            "timeline": TypeAdapter(TimelinePart),
        },
        head=TypeAdapter(Moment),
        commands=TypeAdapter(AnyCommand),
        facts=facts or {},
    )
