"""What to say when a moment cannot be judged. Rules bring their own cues.

One sentence each, an instruction rather than a complaint, readable from three metres.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from posecheck.landmarks import spoken
from posecheck.types import Cause, Reason

if TYPE_CHECKING:
    from posecheck.types import Side

NOBODY: Final = Reason(Cause.NOBODY, "Step into the picture")
TOO_FAR: Final = Reason(Cause.TOO_FAR, "Come closer to the camera")
ANOTHER_PERSON: Final = Reason(
    Cause.ANOTHER_PERSON, "One person please: somebody else is in the picture"
)
LEGS_MIXED: Final = Reason(
    Cause.LEGS_MIXED, "Put both feet side by side, your supporting leg toward the camera"
)
CROSS_AGAIN: Final = "Put the foot down once and cross again"
DARK: Final = Reason(Cause.DARK, "The picture is black: open the lens cover or switch on a light")
REPEATED: Final = Reason(
    Cause.REPEATED, "The recording stands still: the same picture comes again and again"
)
GAP: Final = Reason(Cause.GAP, "No pictures came for a moment")
SIDE_CHANGE: Final = Reason(Cause.SIDE_CHANGE, "Left and right changed places between two pictures")


def cut_off(rule: str, landmark: str) -> Reason:
    """Return the reason for a landmark outside the picture."""
    cue = f"Move so that your {spoken(landmark)} is in the picture"
    return Reason(Cause.CUT_OFF, cue, rule, landmark)


def hidden(rule: str, landmark: str) -> Reason:
    """Return the reason for a landmark that is in the picture but can't be seen."""
    cue = f"Turn so that the camera sees your {spoken(landmark)}"
    return Reason(Cause.HIDDEN, cue, rule, landmark)


def turn_to_side(rule: str) -> Reason:
    """Return the reason for a view too far from the side."""
    return Reason(Cause.VIEW, "Turn your side to the camera", rule)


def turn_from_side(rule: str) -> Reason:
    """Return the reason for a view too exactly from the side."""
    return Reason(Cause.VIEW, "Turn a little toward the camera", rule)


def turn_round(rule: str, side: Side) -> Reason:
    """Return the reason for the wrong side of the body facing the camera."""
    return Reason(Cause.VIEW, f"Turn your {side} side to the camera", rule)


def crossing_unseen(rule: str) -> Reason:
    """Return the reason for legs that lie on one another since before anything was seen."""
    return Reason(Cause.CROSSING, CROSS_AGAIN, rule)


def undefined(rule: str) -> Reason:
    """Return the reason for a quantity that has no value, such as a limb of length 0."""
    return Reason(Cause.HIDDEN, "Move a little so that the camera sees you better", rule)
