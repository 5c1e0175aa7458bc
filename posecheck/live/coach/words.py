"""Texts of a live session: short and friendly, one instruction at a time.

Each text is both read from three metres and spoken, so it holds no signs that a voice cannot speak,
and no numbers of degrees or ratios. No text urges the person to go further.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from posecheck.landmarks import spoken
from posecheck.types import Cause, EarlyEnd, Side, Topic

if TYPE_CHECKING:
    from posecheck.exercises import Exercise
    from posecheck.live.coach.plan import SessionPlan
    from posecheck.types import Reason


class StretchPlace(StrEnum):
    """Place in which an exercise is done, for words about turning round."""

    CHAIR = "chair"
    LYING = "lying"
    MAT = "mat"


def posture_of(exercise: Exercise) -> StretchPlace:
    """Return the place of an exercise, from the quantities of its rules."""
    for rule in exercise.rules:
        if rule.quantity == "trunk-inclination" and rule.required:
            upright = rule.at_most is not None and rule.at_least is None
            return StretchPlace.CHAIR if upright and rule.name == "sitting" else StretchPlace.LYING
    return StretchPlace.MAT


_SIDE_TO_CAMERA: Final = {
    StretchPlace.CHAIR: "Turn your side more to the camera, or move the laptop beside you",
    StretchPlace.LYING: "Lie so that your side faces the camera, or move the laptop beside you",
    StretchPlace.MAT: "Turn so that your side faces the camera, or move the laptop beside you",
}
_OTHER_WAY: Final = {
    StretchPlace.CHAIR: "Turn your chair the other way, or move the laptop to your other side",
    StretchPlace.LYING: (
        "Lie the other way round, head where your feet were, or move the laptop to your other side"
    ),
    StretchPlace.MAT: "Turn round on the mat, or move the laptop to your other side",
}


def side_to_camera(posture: StretchPlace) -> str:
    """Return the instruction for a view that is too far from the side."""
    return _SIDE_TO_CAMERA[posture]


def other_way(posture: StretchPlace) -> str:
    """Return the instruction for showing the camera the other side of the body."""
    return _OTHER_WAY[posture]


LONGEST_CHARS: Final = 90
"""Longest cue in characters: two lines in letters that can be read from three metres."""


def then(first: str, second: str) -> str:
    """Return two instructions as one; the first alone if both would be longer than a cue may be."""
    both = f"{first}. Then {second[0].lower()}{second[1:]}"
    return both if len(both) <= LONGEST_CHARS else first


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
GOES_ON_WITH_PICTURE: Final = "It goes on by itself when there is a picture again"
PAUSED_BY_KEY: Final = "Raise both hands above your head to go on"
PAUSED: Final = "Paused"
NO_PICTURES: Final = "No pictures came for a moment"
HOLD: Final = "Hold"
COMPLETE: Final = "Complete"
REST: Final = "Rest"
TIMER: Final = "Not judged"
TIMER_HELP: Final = "Hold it as far as it is comfortable"
TIMER_UNSEEN: Final = "I can't judge this from here, so a timer runs. This time is not judged"
TIMER_WRONG: Final = "A timer runs for you now. This time is not judged"
BEGIN_ANYWAY: Final = "Begin when you are ready. From here I may not see everything"
WHILE_RESTING: Final = "Breathe, and let the leg rest"
CAMERA_MOVES: Final = "The camera is moving. Put it down so that it stands still"
STAY: Final = "Stay as you are"
FURTHER_AWAY: Final = "Move the laptop a little further away, with the whole body in the picture"
IF_YOU_ARE_THERE: Final = "I can't find anybody. If you are in the picture, come closer"
LIGHT_HELPS: Final = "Switch on a light, or turn the laptop so that no window is behind you"
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
    Cause.CAMERA_MOVED: "The camera is moving",
    Cause.IN_THE_WAY: "Somebody is in the way",
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
    return f"Well held, but now it is your {leg(side)}'s turn"


def mixed_up(side: Side, *, by_name: bool) -> str:
    """Return the words if posecheck itself may have confused the legs.

    Args:
        side: the side that is asked for.
        by_name: whether the rules name a leg; else the leg is known by the foot that rises.
    """
    if by_name:
        return f"If this is your {leg(side)}, turn round: I may be mixing up your legs"
    return f"Is this your {leg(side)}? Put both feet down, then begin again"


def stopped_at(held_s: float) -> str:
    """Return the headline after a hold that ended early; never more than was held."""
    return f"Stopped after {int(held_s * 10) / 10:.1f} s"


def done(completed: int, planned: int, timed: int = 0, *, last: bool = True) -> str:
    """Return the words at the end of an exercise.

    Args:
        completed: number of complete holds.
        planned: number of planned holds.
        timed: number of repetitions for which a timer ran.
        last: whether no other exercise follows.
    """
    all_done = "All done" if last else "This exercise is done"
    if completed >= planned:
        return f"{all_done}. Take your time getting up" if last else all_done
    if timed and completed + timed >= planned:
        return f"{all_done}: {completed} of {planned} holds complete, {timed} not judged"
    return f"Done. {completed} of {planned} holds are complete"


def turn_side(side: Side) -> str:
    """Return the words if the other side of the body should face the camera."""
    return f"Turn your {side} side to the camera"


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


def waiting(why: str) -> str:
    """Return the text beside a ring that waits."""
    return f"Waiting: {_inside(why)}"


def stopped(held_s: float, why: str) -> str:
    """Return the text beside the ring of a hold that ended early; never more than was held."""
    return f"{stopped_at(held_s)}: {_inside(why)}" if why else stopped_at(held_s)


def _inside(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def stay(why: str) -> str:
    """Return the instruction in a hold while something can't be seen for a moment."""
    return f"{STAY}. {why}" if why else STAY


def step_missing(cue: str) -> str:
    """Return the instruction for a later step that is done while an earlier one is missing."""
    return f"One step is missing: {_inside(cue)}"


def timer_over(seconds_s: float) -> str:
    """Return the words at the end of a timer."""
    return f"{seconds(seconds_s)}, not judged. {LET_GO}"


def next_exercise(plan: SessionPlan) -> str:
    """Return the words at the beginning of a further exercise."""
    return f"Next: {welcome(plan)}"


def early_end() -> str:
    """Return the words when a person ends the routine early."""
    return "Ended. What you did is kept"


QUESTIONS: Final = {
    Topic.PAIN: "How strong is your pain now, from 0 for none to 10 for the worst?",
    Topic.ENDED_EARLY: "Why did you end early?",
}
"""Questions of the end page."""

CHOICES: Final = {
    Topic.PAIN: tuple(str(number) for number in range(11)),
    Topic.ENDED_EARLY: tuple(str(cause) for cause in EarlyEnd),
}
"""Answers to them, in order."""


def why(exercise: Exercise, reason: Reason) -> str:
    """Return a short text for the reason why a moment is not valid."""
    if reason.cause is Cause.RULE and reason.rule is not None:
        return exercise.rule(reason.rule).title
    return why_unseen(reason)
