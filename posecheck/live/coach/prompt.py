"""Output of the routine: a `ViewState` to see, `AudioCue` to hear, and the texts of both.

Everything that can be heard can be seen: the words of a call stand in ``ViewState.said``, its
tone in ``ViewState.tone``.

The texts are short and friendly, one instruction at a time.

Each text is both read from three metres and spoken, so it holds no signs that a voice cannot speak.
No text urges the person to go further.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final, Literal

from posecheck.landmarks import spoken
from posecheck.types import Cause, Side

if TYPE_CHECKING:
    from posecheck.live.coach.plan import SessionPlan
    from posecheck.types import Reason, State


Edge = Literal["left", "right", "top", "bottom"]
"""An edge of the camera's image, not mirrored; left is where x is 0."""


class Phase(StrEnum):
    """Phase of the routine."""

    SET_UP = "set-up"
    GET_INTO_POSITION = "get-into-position"
    HOLD = "hold"
    COMPLETE = "complete"
    REST = "rest"
    CHANGE_SIDE = "change-side"
    PAUSED = "paused"
    DONE = "done"


class Tone(StrEnum):
    """Tones; each accompanies a visible change."""

    START = "start"
    TICK = "tick"
    STOP = "stop"
    COMPLETE = "complete"
    CHANGE_SIDE = "change-side"
    DONE = "done"


class Action(StrEnum):
    """Actions of keys on the routine; none is needed."""

    PAUSE = "pause"
    SKIP = "skip"
    RESTART = "restart"
    SIDE = "side"


class Priority(IntEnum):
    """Priority of spoken words; higher ones interrupt lower ones."""

    WELCOME = 0
    CUE = 1
    EVENT = 2
    COUNT = 3


@dataclass(frozen=True, slots=True)
class AudioCue:
    """Something audible.

    Attributes:
        tone: a tone; None for none.
        words: spoken words; None for none.
        priority: of the words; a cue by itself is said only at once, an event of the session
            also a few seconds later.
        second: full seconds held at a tick, for counting aloud; the screen shows them. None
            without a tick.
        left: full seconds that are still to be held at a tick.
    """

    tone: Tone | None = None
    words: str | None = None
    priority: Priority = Priority.CUE
    second: int | None = None
    left: int = 0


@dataclass(frozen=True, slots=True)
class ViewState:
    """Everything a view needs at one moment.

    Attributes:
        phase: phase of the routine.
        headline: a few words, the largest text beside the seconds.
        cue: the present instruction, a sentence; empty when there is nothing to change.
        said: the last spoken words, shown for `STAYS_S`; often the cue.
        tone: the tone that sounds now, for a flash; None most of the time.
        verdict: of the side that is asked for; None while nothing is judged (rest, pause,
            end). The other leg in valid form is wrong here.
        seconds: of valid form in the hold that runs, or that was just completed; never
            more than the hold counter counted.
        target_s: seconds that complete a hold.
        share: seconds over target, in [0, 1].
        side: the stretched side that is asked for.
        repetition, repetitions: number of this one, from 1, and of all on each side.
        completed, planned: numbers of complete and of planned holds, on all sides.
        reason: why the seconds do not run; empty while they run or without a hold.
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
    """Return the repetition as text: "Left leg, 2 of 3"."""
    count = f"{repetition} of {repetitions}"
    return f"{leg(side).capitalize()}, {count}" if leg(side) else count.capitalize()


def welcome(plan: SessionPlan) -> str:
    """Return the words at the beginning of a session."""
    return f"{plan.exercise.title}. {plan.exercise.position}"


def seconds(count_s: float) -> str:
    """Return a time as spoken text: "10 seconds"."""
    return f"{count_s:g} second{'' if count_s == 1 else 's'}"


def complete(hold_s: float) -> str:
    """Return the words for a complete hold."""
    return f"Done. {seconds(hold_s)}. {LET_GO}"


def change_to(side: Side) -> str:
    """Return the words for a change to the other side."""
    return f"Change sides. Now your {leg(side)}"


def taken(side: Side) -> str:
    """Return the words for a beginning with the other leg, which is allowed."""
    return f"Your {leg(side)} first. Good"


def other_leg(side: Side) -> str:
    """Return the words for stretching the leg that is not asked for."""
    return f"That is well held. Now it is your {leg(side)}'s turn"


def mixed_up(side: Side) -> str:
    """Return the words if posecheck itself may have confused the legs."""
    return f"If this is your {leg(side)}, turn round: I may be mixing up your legs"


def stopped_at(held_s: float) -> str:
    """Return the headline after a hold that ended early; never more than was held."""
    return f"Stopped after {int(held_s * 10) / 10:.1f} s"


def done(completed: int, planned: int) -> str:
    """Return the words at the end."""
    if completed >= planned:
        return "All done. Take your time getting up"
    return f"Done. {completed} of {planned} holds are complete"


def turn_side(side: Side) -> str:
    """Return the words if the other side of the body should face the camera."""
    return f"Turn your {side} side to the camera"


def turn_side_more(side: Side | None) -> str:
    """Return the words if the view is too far from the side."""
    whose = "your side" if side is None else f"your {side} side"
    return f"Turn {whose} more to the camera"


def cut_off_lying(part: str) -> str:
    """Return the instruction for a person who lies partly outside the image."""
    toward = "feet" if part in {"head", "shoulders"} else "head"
    return f"Your {part} {_are(part)} cut off. Move a little toward your {toward}"


def cut_off_upright(part: str, move_to: str) -> str:
    """Return the instruction for a person who sits or stands partly outside the image.

    Args:
        part: the part of the body that is cut off.
        move_to: "left" or "right", as in a mirror.
    """
    return f"Your {part} {_are(part)} cut off. Move a little to the {move_to}"


def cut_off_vertically(part: str, edge: str) -> str:
    """Return the instruction if the top or bottom edge cuts a part off."""
    tilt = "up" if edge == "top" else "down"
    return f"Your {part} {_are(part)} cut off. Tilt the camera {tilt} or move back"


def _are(part: str) -> str:
    return "are" if part.endswith(("s", "feet")) else "is"


def why_unseen(reason: Reason) -> str:
    """Return a short text for the reason why a moment could not be judged."""
    if reason.landmark is not None:
        name = spoken(reason.landmark)
        if reason.cause is Cause.CUT_OFF:
            return f"Your {name} is outside the picture"
        return f"Your {name} can't be seen"
    return _WHY.get(reason.cause, "You can't be seen well")
