"""What the routine hands out: a `Screen` to see and `Call` to hear, and what keys ask of it.

Everything that can be heard can be seen: the words of a call stand in ``Screen.said``, its
tone in ``Screen.tone``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from posecheck.types import Side, State

Edge = Literal["left", "right", "top", "bottom"]
"""An edge of the camera's picture, not mirrored; left is where x is 0."""


class Phase(StrEnum):
    """Where the routine is."""

    SET_UP = "set-up"
    GET_INTO_POSITION = "get-into-position"
    HOLD = "hold"
    COMPLETE = "complete"
    REST = "rest"
    CHANGE_SIDE = "change-side"
    PAUSED = "paused"
    DONE = "done"


class Tone(StrEnum):
    """The tones; each goes with a change that can be seen."""

    START = "start"
    TICK = "tick"
    STOP = "stop"
    COMPLETE = "complete"
    CHANGE_SIDE = "change-side"
    DONE = "done"


class Action(StrEnum):
    """What keys can ask of the routine; it needs none of them."""

    PAUSE = "pause"
    SKIP = "skip"
    RESTART = "restart"
    SIDE = "side"


@dataclass(frozen=True, slots=True)
class Call:
    """Something audible.

    Attributes:
        tone: a tone; None for none.
        words: what a voice says; None for nothing.
    """

    tone: Tone | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Screen:
    """Everything a view needs at one moment.

    Attributes:
        phase: where the routine is.
        headline: a few words, the largest text beside the seconds.
        cue: the one thing to do now, a sentence; empty when there is nothing to change.
        said: the last words that were said, while they are worth reading; often the cue.
        tone: the tone that sounds now, for a flash; None most of the time.
        verdict: of the side that is asked for; None while nothing is judged (rest, pause,
            end). The other leg in valid form is wrong here.
        seconds: of valid form in the hold that runs, or that was just completed; never
            more than the hold counter counted.
        target_s: seconds that complete a hold.
        share: seconds over target, in [0, 1].
        side: the stretched side that is asked for.
        repetition, repetitions: which one this is, from 1, and how many on each side.
        completed, planned: complete holds, and how many there are to do, on all sides.
        reason: why the seconds stand still; empty while they run or nothing is held.
        notice: what the user should know beside the exercise (no picture, muted,
            recording); empty most of the time. The loop may add its own.
        countdown_s: seconds that are left of a rest; None when nothing counts down.
        view_good: whether the camera sees enough to judge, for the frame to fit into.
        edges: edges of the camera's picture that cut off what must be seen.
    """

    phase: Phase
    headline: str
    cue: str
    said: str
    tone: Tone | None
    verdict: State | None
    seconds: float
    target_s: float
    share: float
    side: Side
    repetition: int
    repetitions: int
    completed: int
    planned: int
    reason: str
    notice: str
    countdown_s: float | None
    view_good: bool
    edges: tuple[Edge, ...]
