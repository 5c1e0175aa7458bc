"""What the routine hands out: a `ViewState` to see and `AudioCue` to hear, and what keys ask of it.

Everything that can be heard can be seen: the words of a call stand in ``Screen.said``, its
tone in ``Screen.tone``.

What the routine shows and says: short, kind, one thing at a time.

Each text is both read from three metres and spoken, so there are no signs a voice would
stumble over. Nothing here urges anybody on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from posecheck.landmarks import spoken
from posecheck.types import Cause, Side

if TYPE_CHECKING:
    from posecheck.live.coach.plan import SessionPlan
    from posecheck.types import Reason, State


Edge = Literal["left", "right", "top", "bottom"]
"""An edge of the camera's image, not mirrored; left is where x is 0."""


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
class AudioCue:
    """Something audible.

    Attributes:
        tone: a tone; None for none.
        words: what a voice says; None for nothing.
    """

    tone: Tone | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class ViewState:
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
        notice: what the user should know beside the exercise (no frame, muted,
            recording); empty most of the time. The loop may add its own.
        countdown_s: seconds that are left of a rest; None when nothing counts down.
        view_good: whether the camera sees enough to judge, for the frame to fit into.
        edges: edges of the camera's image that cut off what must be seen.
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


STEP_IN: Final = "Step into the picture"
MORE_LIGHT: Final = "More light, please"
COME_CLOSER: Final = "Come closer to the camera"
STEP_BACK: Final = "Move back: you do not fit into the picture"
STAND_STILL: Final = "Good. Stay there for a moment"
TURN_TO_CAMERA: Final = "Turn a little toward the camera"
TAKE_YOUR_TIME: Final = "Take your time, and never push into pain"
RELAX_FIRST: Final = "Relax first, then come back into the stretch"
LET_GO: Final = "Relax slowly"
OUT_OF_PICTURE: Final = "You are out of the picture"
SEEN_BADLY: Final = "I can't see you well here. More light or another place may help"
GOES_ON: Final = "It goes on by itself when you are back"
PAUSED_BY_KEY: Final = "Press the pause key again to go on"
PAUSED: Final = "Paused"
HOLD: Final = "Hold"
COMPLETE: Final = "Complete"
REST: Final = "Rest"
WELCOME_BACK: Final = "Welcome back"
SEEN_WELL: Final = "Good, I can see you"
SKIPPED: Final = "Skipped"
FROM_THE_START: Final = "From the start"
NO_OTHER_SIDE: Final = "This exercise has no sides"
ENDED_ALONE: Final = "Nobody was here for a while, so I end here. What you did is kept"

STILL_THE_LAST_HOLD: Final = "Still the hold before"
THE_OTHER_LEG: Final = "The other leg"

_WHY: Final = {
    Cause.NOBODY: "Nobody is in the picture",
    Cause.ANOTHER_PERSON: "Somebody else is in the picture",
    Cause.TOO_FAR: "You are too far away",
    Cause.VIEW: "You can't be judged from this direction",
    Cause.LEGS_MIXED: "Your legs get mixed up",
    Cause.CROSSING: "Your legs can't be told apart",
    Cause.GAP: "No pictures came for a moment",
    Cause.DARK: "The picture is black",
    Cause.REPEATED: "The recording stands still",
}


def leg(side: Side) -> str:
    """Return "left leg" or "right leg"; nothing for exercises without a side."""
    return "" if side is Side.BOTH else f"{side} leg"


def which(side: Side, repetition: int, repetitions: int) -> str:
    """Return which repetition it is: "Left leg, 2 of 3"."""
    count = f"{repetition} of {repetitions}"
    return f"{leg(side).capitalize()}, {count}" if leg(side) else count.capitalize()


def welcome(plan: SessionPlan) -> str:
    """Return what is said when the session begins."""
    return f"{plan.exercise.title}. {plan.exercise.position}"


def seconds(count_s: float) -> str:
    """Return a time as one says it: "10 seconds"."""
    return f"{count_s:g} second{'' if count_s == 1 else 's'}"


def complete(hold_s: float) -> str:
    """Return what is said when a hold is complete."""
    return f"{seconds(hold_s)}. Well done. {LET_GO}"


def change_to(side: Side) -> str:
    """Return what is said when the other side's turn comes."""
    return f"Change sides. Now your {leg(side)}"


def taken(side: Side) -> str:
    """Return what is said when a person begins with the other leg, which is fine."""
    return f"Your {leg(side)} first. Good"


def other_leg(side: Side) -> str:
    """Return what is said when the leg whose turn it is not is stretched."""
    return f"That is well held. Now it is your {leg(side)}'s turn"


def mixed_up(side: Side) -> str:
    """Return what is said when it may be posecheck that takes one leg for the other."""
    return f"If this is your {leg(side)}, turn round: I may be mixing up your legs"


def stopped_at(held_s: float) -> str:
    """Return the headline after a hold that ended early; never more than was held."""
    return f"Stopped after {int(held_s * 10) / 10:.1f} s"


def done(completed: int, planned: int) -> str:
    """Return what is said at the end."""
    if completed >= planned:
        return "All done. Take your time getting up"
    return f"Done. {completed} of {planned} holds are complete"


def turn_side(side: Side) -> str:
    """Return what is said when the other side of the body should face the camera."""
    return f"Turn your {side} side to the camera"


def turn_side_more(side: Side | None) -> str:
    """Return what is said when the view is not enough from the side."""
    whose = "your side" if side is None else f"your {side} side"
    return f"Turn {whose} more to the camera"


def cut_off_lying(part: str) -> str:
    """Return what to do when a person lies partly outside the image."""
    toward = "feet" if part in {"head", "shoulders"} else "head"
    return f"Your {part} {_are(part)} cut off. Move a little toward your {toward}"


def cut_off_upright(part: str, move_to: str) -> str:
    """Return what to do when a person sits or stands partly outside the image.

    Args:
        part: the part of the body that is cut off.
        move_to: "left" or "right", as in a mirror.
    """
    return f"Your {part} {_are(part)} cut off. Move a little to the {move_to}"


def cut_off_vertically(part: str, edge: str) -> str:
    """Return what to do when the top or bottom edge cuts something off."""
    tilt = "up" if edge == "top" else "down"
    return f"Your {part} {_are(part)} cut off. Tilt the camera {tilt} or move back"


def _are(part: str) -> str:
    return "are" if part.endswith(("s", "feet")) else "is"


def why_unseen(reason: Reason) -> str:
    """Return a few words for why a moment could not be judged."""
    if reason.landmark is not None:
        name = spoken(reason.landmark)
        if reason.cause is Cause.CUT_OFF:
            return f"Your {name} is outside the picture"
        return f"Your {name} can't be seen"
    return _WHY.get(reason.cause, "You can't be seen well")
