"""What the routine shows and says: short, kind, one thing at a time.

Each text is both read from three metres and spoken, so there are no signs a voice would
stumble over. Nothing here urges anybody on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from posecheck.landmarks import spoken
from posecheck.types import Cause, Side

if TYPE_CHECKING:
    from posecheck.live.plan import Plan
    from posecheck.types import Reason

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


def welcome(plan: Plan) -> str:
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
    """Return what is said when somebody begins with the other leg, which is fine."""
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
    """Return what to do when somebody lies partly outside the picture."""
    toward = "feet" if part in {"head", "shoulders"} else "head"
    return f"Your {part} {_are(part)} cut off. Move a little toward your {toward}"


def cut_off_upright(part: str, move_to: str) -> str:
    """Return what to do when somebody sits or stands partly outside the picture.

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
