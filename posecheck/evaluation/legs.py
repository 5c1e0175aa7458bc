"""A true body and a found body in; errors of angles and rules, and swapped legs, out.

The person's own left and right are compared, so a swapped leg shows as a wrong angle, too.
Frames without a person, in truth or as found, are left out: there is nothing to measure.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import quantities
from posecheck.evaluation.score import Errors, SwapScore
from posecheck.evaluation.times import same_side
from posecheck.exercises.rules import Visibility
from posecheck.geometry import length
from posecheck.landmarks import INDEX
from posecheck.types import Side, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from posecheck.body import Body
    from posecheck.exercises.rules import Rule
    from posecheck.exercises.schema import Exercise
    from posecheck.geometry import Floats
    from posecheck.types import Step, Verdict

JOINTS: Final = {
    "trunk-thigh": (
        "trunk-thigh-lifted", "trunk-thigh", "trunk-thigh-front", "trunk-thigh-image",
    ),
    "knee": ("knee-lifted", "knee", "knee-image"),
}  # fmt: skip
"""Angles that are scored, each with the quantities by which a rule can ask for it; the first
is the one that is scored."""

_LEG: Final = ("hip", "knee", "ankle")


def role(side: Side, stretched: Side) -> str:
    """Return what a leg does: "stretched", "supporting", or "both" without sides."""
    if stretched is Side.BOTH:
        return "both"
    return "stretched" if side is stretched else "supporting"


def angle_errors(
    truth: Body,
    sides: Sequence[Side],
    found: Body,
    steps: Sequence[Step],
    exercise: Exercise,
) -> dict[str, Errors]:
    """Return the errors of the angles in degrees, by "JOINT/LEG/FRAMES".

    They are the lifted interior angles, less the `bias` of the rule that judges this joint of
    this leg, over the frames in which the leg was seen, and over all. A leg is seen where
    posecheck has a reading of a rule about this joint and leg that is not unseen; without such
    a rule, where the joint's three landmarks are visible (`Visibility`'s own limit) and within
    the picture.
    """
    collected: dict[str, list[float]] = {}
    for joint, (scored, *_) in JOINTS.items():
        quantity = quantities.QUANTITIES[scored]
        for side in (Side.LEFT, Side.RIGHT):
            errors = quantity.measure(found, side) - quantity.measure_exactly(truth, side)
            visible = _visible(found, quantity.landmarks_of(side))
            for row in np.flatnonzero(np.isfinite(errors)).tolist():
                leg = role(side, sides[row])
                error = float(errors[row]) - _bias(joint, leg, exercise)
                seen = _seen(steps[row], joint, side, leg, exercise)
                frames = ["all", *(["seen"] if (visible[row] if seen is None else seen) else [])]
                for kind in frames:
                    collected.setdefault(f"{joint}/{leg}/{kind}", []).append(error)
    return {key: Errors(tuple(values)) for key, values in sorted(collected.items())}


def rule_errors(
    truth: Body, form: Sequence[Verdict], steps: Sequence[Step], exercise: Exercise
) -> dict[str, Errors]:
    """Return the errors of what each rule judges and shows, by "EXERCISE/RULE/FRAMES".

    In the rule's unit and after its `bias`. Frames are "seen", in which the rule was seen for
    the side that is truly stretched, and "held", those of them whose form is truly valid: a
    bias that differs between the two cannot be corrected by one number. Rules of the trunk and
    of the pair have no side: they are compared whichever side posecheck names, those of the
    pair with the truth of the side that is truly stretched.

    Args:
        truth: the true body from which form is read.
        form: the true verdict of every frame.
        steps: what posecheck says.
        exercise: what was judged.
    """

    @cache
    def true_values(quantity: str, side: Side) -> Floats:
        return quantities.QUANTITIES[quantity].measure_exactly(truth, side)

    collected: dict[str, list[float]] = {}
    for row, step in enumerate(steps):
        stretched = form[row].side
        named_rightly = same_side(step.verdict.side, stretched)
        for reading in step.verdict.readings:
            rule = exercise.rule(reading.rule)
            if not named_rightly and rule.of not in {"pair", "trunk"}:
                continue
            side = stretched if rule.of == "pair" else reading.side or Side.BOTH
            true = float(true_values(rule.quantity, side)[row])
            error = reading.value - true
            if reading.state is State.UNSEEN or not np.isfinite(error):
                continue
            for kind in ["seen", *(["held"] if form[row].state is State.VALID else [])]:
                key = f"{exercise.name}/{reading.rule}/{kind}"
                collected.setdefault(key, []).append(error)
    return {key: Errors(tuple(values)) for key, values in sorted(collected.items())}


def swap_score(truth: Body, found: Body) -> SwapScore:
    """Count the frames in which the pose's left leg lies nearer to the true right leg.

    Compared are the mean image distances of hip, knee and ankle. Where both legs lie on each
    other in the picture, chance decides.
    """
    own = _leg_distance_px(found, Side.LEFT, truth, Side.LEFT)
    other = _leg_distance_px(found, Side.LEFT, truth, Side.RIGHT)
    swapped = int(np.count_nonzero(other < own))
    return SwapScore(swapped, int(np.count_nonzero(np.isfinite(own) & np.isfinite(other))))


def _leg_distance_px(first: Body, side: Side, second: Body, other: Side) -> Floats:
    gaps = [length(first.image(f"{side}_{p}") - second.image(f"{other}_{p}")) for p in _LEG]
    return np.asarray(np.mean(gaps, axis=0))


def _visible(body: Body, landmarks: Sequence[str]) -> NDArray[np.bool_]:
    columns = [INDEX[name] for name in landmarks]
    clear = body.visibility[:, columns] >= Visibility().enter
    return np.asarray((clear & body.inside[:, columns]).all(axis=1))


def _rules(joint: str, leg: str, exercise: Exercise) -> list[Rule]:
    """Return the rules about this joint of this leg."""
    return [r for r in exercise.rules if r.quantity in JOINTS[joint] and r.of in {leg, "both"}]


def _bias(joint: str, leg: str, exercise: Exercise) -> float:
    """Return what the rule about the lifted angle takes off; 0 if there is none."""
    lifted = (r.bias for r in _rules(joint, leg, exercise) if r.quantity == JOINTS[joint][0])
    return next(lifted, 0.0)


def _seen(step: Step, joint: str, side: Side, leg: str, exercise: Exercise) -> bool | None:
    """Return whether a rule about this joint and leg was seen; None if there is no rule."""
    rules = {rule.name for rule in _rules(joint, leg, exercise)}
    if not rules:
        return None
    return any(
        reading.rule in rules and reading.side is side and reading.state is not State.UNSEEN
        for reading in step.verdict.readings
    )
