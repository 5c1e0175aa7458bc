"""A rule's reading as text, and the place in the picture where it belongs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from posecheck.landmarks import INDEX
from posecheck.quantities import Unit, resolve
from posecheck.types import CrossingState, Side, SideKnown, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.exercises.rules import Rule
    from posecheck.types import Reading, Verdict

    Point = tuple[float, float]

ARMS: Final = {"hip": ("shoulder", "knee"), "knee": ("hip", "ankle")}
"""The two landmarks beside a joint that its angle lies between."""

MIDDLE: Final = "middle"
"""Stands for left or right where the middle of a pair of landmarks is meant."""

CROSSED: Final = {
    CrossingState.UNKNOWN: "not seen",
    CrossingState.DOWN: "not crossed",
    CrossingState.CROSSED: "crossed",
    CrossingState.MUTED: "uncrossed?",
}
"""What is known of crossed legs, in words."""


def known_side(verdict: Verdict) -> Side | None:
    """Return the stretched side; None where it is only assumed."""
    return None if verdict.side_known is SideKnown.UNKNOWN else verdict.side


def joint_of(rule: Rule, reading: Reading, verdict: Verdict) -> str:
    """Return the landmark at which a reading is written, "left_hip" or "middle_hip".

    A reading of the pair of legs belongs to a leg where that is known, else to the middle.
    """
    joint = rule.measured.joint
    if rule.of != "pair":
        return resolve(joint, reading.side or verdict.side)
    side = known_side(verdict)
    if side is None or side is Side.BOTH:
        return f"{MIDDLE}_{joint.split('_')[1]}"
    return resolve(joint, side)


def place_of(points: Sequence[Point | None], landmark: str) -> Point | None:
    """Return a landmark, or the middle of a pair of them; None if it can't be drawn."""
    whose, part = landmark.split("_", 1)
    if whose != MIDDLE:
        return points[INDEX[landmark]]
    left, right = points[INDEX[f"left_{part}"]], points[INDEX[f"right_{part}"]]
    if left is None or right is None:
        return None
    return (left[0] + right[0]) / 2, (left[1] + right[1]) / 2


def said(rule: Rule, reading: Reading) -> str:
    """Return a value as text, and the limit it must reach when it is broken.

    ``94°``; ``112° > 97°`` is too much, ``52° < 65°`` too little; ``83° rising`` and ``66°
    falling`` will break their limit in a moment, see `Rule.ahead_s`; nothing when unseen.
    Rounded away from the limit, so that a broken limit never reads as met. Crossed legs are
    an event, and are said in words.
    """
    if reading.crossing is not None:
        return CROSSED[reading.crossing.state]
    value, most, least = reading.value, rule.at_most, rule.at_least
    if reading.state is State.UNSEEN or not math.isfinite(value):
        return ""
    scale, form = (1, "{:.0f}°") if rule.unit is Unit.DEG else (100, "{:.2f}")
    if reading.state is State.WRONG and most is not None and value > most.enter:
        return f"{form.format(math.ceil(value * scale) / scale)} > {form.format(most.enter)}"
    if reading.state is State.WRONG and least is not None and value < least.enter:
        return f"{form.format(math.floor(value * scale) / scale)} < {form.format(least.enter)}"
    if reading.state is State.WRONG:
        upper = math.inf if most is None else most.enter - value
        lower = math.inf if least is None else value - least.enter
        return f"{form.format(value)} {'rising' if upper <= lower else 'falling'}"
    return form.format(value)
