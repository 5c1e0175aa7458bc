"""Score of one clip: its truth and its observations in, errors and seconds out.

The score holds times and holds, errors of angles and rules, and swapped legs.

The person's own left and right are compared, so a swapped leg shows as a wrong angle, too.
Frames without a person, in truth or as found, are left out: there is nothing to measure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.annotations import csv, exchange
from posecheck.evaluation.hold_score import (
    Account,
    account,
    change_score,
    confusion,
    hold_score,
    same_side,
    time_score,
)
from posecheck.evaluation.score import Errors, Score, SwapScore
from posecheck.evaluation.true_form import true_sides, true_verdicts
from posecheck.evaluation.truth import TruthError
from posecheck.exercises.rules import Visibility
from posecheck.form.judge import Judge
from posecheck.landmarks import INDEX
from posecheck.measure import quantities
from posecheck.measure.body import PoseArrays
from posecheck.measure.geometry import length
from posecheck.sources import AS_STORED, Turn
from posecheck.types import Asked, Side, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from posecheck.annotations import Annotations
    from posecheck.evaluation.truth import Truth
    from posecheck.exercises import Exercise
    from posecheck.exercises.rules import Rule
    from posecheck.ledger import Step
    from posecheck.measure.geometry import Floats
    from posecheck.types import Observation, Verdict


JOINTS: Final = {
    "trunk-thigh": (
        "trunk-thigh-lifted", "trunk-thigh", "trunk-thigh-front", "trunk-thigh-image",
    ),
    "knee": ("knee-lifted", "knee", "knee-image"),
}  # fmt: skip
"""Angles that are scored, each with the quantities of its rules; the first quantity is scored."""

_LEG: Final = ("hip", "knee", "ankle")


def role(side: Side, stretched: Side) -> str:
    """Return the role of a leg: "stretched", "supporting", or "both" if there are no sides."""
    if stretched is Side.BOTH:
        return "both"
    return "stretched" if side is stretched else "supporting"


def angle_errors(
    truth: PoseArrays,
    sides: Sequence[Side],
    found: PoseArrays,
    steps: Sequence[Step],
    exercise: Exercise,
) -> dict[str, Errors]:
    """Return the errors of the angles in degrees, by "JOINT/LEG/FRAMES".

    The measured angles are the lifted interior angles, less the `bias` of the rule that judges
    this joint of this leg, over the frames in which the leg was seen, and over all frames. A leg
    is seen where posecheck has a reading of a rule about this joint and leg that is not unseen;
    without such a rule, where the joint's three landmarks are visible (`Visibility`'s own limit)
    and within the frame.
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
    truth: PoseArrays, form: Sequence[Verdict], steps: Sequence[Step], exercise: Exercise
) -> dict[str, Errors]:
    """Return the errors of the values of each rule, by "EXERCISE/RULE/FRAMES".

    The errors are in the rule's unit and after its `bias`. FRAMES is "seen", the frames in which
    the rule was seen for the side that is truly stretched, or "held", those of them whose form
    is truly valid: a bias that differs between the two cannot be corrected by one number. Rules
    of the trunk and of the pair have no side: they are compared whatever side posecheck names,
    rules of the pair with the truth of the side that is truly stretched.

    Args:
        truth: the true body from which form is read.
        form: the true verdict of every frame.
        steps: the steps of posecheck.
        exercise: the exercise that was judged.
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


def swap_score(truth: PoseArrays, found: PoseArrays) -> SwapScore:
    """Count the frames in which the pose's left leg lies nearer to the true right leg.

    The mean image distances of hip, knee and ankle are compared. Where the two legs cover each
    other in the image, the result is random.
    """
    own = _leg_distance_px(found, Side.LEFT, truth, Side.LEFT)
    other = _leg_distance_px(found, Side.LEFT, truth, Side.RIGHT)
    swapped = int(np.count_nonzero(other < own))
    return SwapScore(swapped, int(np.count_nonzero(np.isfinite(own) & np.isfinite(other))))


def _leg_distance_px(first: PoseArrays, side: Side, second: PoseArrays, other: Side) -> Floats:
    gaps = [length(first.image(f"{side}_{p}") - second.image(f"{other}_{p}")) for p in _LEG]
    return np.asarray(np.mean(gaps, axis=0))


def _visible(body: PoseArrays, landmarks: Sequence[str]) -> NDArray[np.bool_]:
    columns = [INDEX[name] for name in landmarks]
    clear = body.visibility[:, columns] >= Visibility().enter
    return np.asarray((clear & body.inside[:, columns]).all(axis=1))


def _rules(joint: str, leg: str, exercise: Exercise) -> list[Rule]:
    """Return the rules about this joint of this leg."""
    return [r for r in exercise.rules if r.quantity in JOINTS[joint] and r.of in {leg, "both"}]


def _bias(joint: str, leg: str, exercise: Exercise) -> float:
    """Return the bias of the rule about the lifted angle; 0 if there is none."""
    lifted = (r.bias for r in _rules(joint, leg, exercise) if r.quantity == JOINTS[joint][0])
    return next(lifted, 0.0)


def _seen(step: Step, joint: str, side: Side, leg: str, exercise: Exercise) -> bool | None:
    """Whether a rule about this joint and leg was seen; None if there is no rule."""
    rules = {rule.name for rule in _rules(joint, leg, exercise)}
    if not rules:
        return None
    return any(
        reading.rule in rules and reading.side is side and reading.state is not State.UNSEEN
        for reading in step.verdict.readings
    )


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions under which clips are judged.

    Attributes:
        asked: whether the true side is asked for, as the plan of a live session does; else
            the side is found from the form.
        mirrored: whether the frames are mirrored, and left and right of the truth with them.
        turn: how the frames are turned and mirrored before that, in addition to what the files say;
            the truth is not turned.
    """

    asked: bool = False
    mirrored: bool = False
    turn: Turn = AS_STORED

    @property
    def in_words(self) -> str:
        """The conditions that are not the usual ones, each after a comma."""
        return "".join(
            f", {said}"
            for said, holds in (
                ("the true side asked for", self.asked),
                ("pictures mirrored", self.mirrored),
                (f"recordings turned by {self.turn.rotate_deg} degrees", self.turn.rotate_deg),
                ("recordings mirrored", self.turn.mirror),
            )
            if holds
        )

    def side(self, true: Side) -> Side:
        """Return the true side in the frames that are judged."""
        return true.other if self.mirrored else true


AS_FILMED: Final = Conditions()


def judged(
    observations: Sequence[Observation], exercise: Exercise, asked: Sequence[Asked] = ()
) -> Account:
    """Return the steps of posecheck for a recording.

    Args:
        observations: the observations.
        exercise: the exercise to judge.
        asked: the sides that are asked for; none finds the side from the form.
    """
    judge = Judge(exercise, asked=asked)
    steps = tuple(judge.judge(observations))
    return Account(steps, judge.finish().holds, (True,) * len(steps))


def asking(times_s: Sequence[float], sides: Sequence[Side]) -> tuple[Asked, ...]:
    """Return the sides that a plan with the true side of each frame asks for, and from when on.

    A frame with side BOTH names no side: the side before it stays asked for. The first side is
    asked for from the start.
    """
    found: list[Asked] = []
    for t_s, side in zip(times_s, sides, strict=True):
        if side is not Side.BOTH and (not found or found[-1].side is not side):
            found.append(Asked(t_s if found else 0.0, side, unless_seen=True))
    return tuple(found)


def score_against_joints(
    truth: Truth,
    observations: Sequence[Observation],
    exercise: Exercise,
    conditions: Conditions = AS_FILMED,
) -> Score:
    """Score a recording against the true joints of every frame.

    In mirrored images only time and holds are scored, not angles, rules and swapped legs.

    Raises:
        TruthError: if the truth is not of this clip, or lacks what a rule needs.
    """
    _check_same_clip(truth, observations)
    sides = true_sides(truth, exercise)
    times = [seen.t_s for seen in observations]
    form = true_verdicts(truth, exercise)
    in_pictures = [replace(verdict, side=conditions.side(verdict.side)) for verdict in form]
    true = account(times, in_pictures, exercise)
    asked = asking(times, [conditions.side(s) for s in sides]) if conditions.asked else ()
    found, body = judged(observations, exercise, asked), PoseArrays.of(observations)
    score = _score(true, found, exercise)
    if conditions.mirrored:
        return score
    return replace(
        score,
        swaps=swap_score(truth.body, body),
        angles=angle_errors(truth.body, sides, body, found.steps, exercise),
        rules=rule_errors(truth.form, form, found.steps, exercise),
    )


def _score(true: Account, found: Account, exercise: Exercise) -> Score:
    """Return the score in seconds and holds."""
    return Score(
        clips=1,
        frames=len(found.steps),
        time=time_score(true, found, exercise),
        holds=hold_score(true, found),
        changes=change_score(true, found),
        confusion=confusion(true, found),
    )


def score_against_labels(
    path: Path,
    said: Annotations,
    observations: Sequence[Observation],
    exercise: Exercise,
    conditions: Conditions = AS_FILMED,
) -> Score:
    """Score a recording against a person's labels, which give only seconds.

    Args:
        path: the label file, for messages.
        said: the annotations in it.
        observations: the observations.
        exercise: the exercise to judge.
        conditions: the conditions under which the recording is judged.

    Raises:
        PoseCheckError: if the labels are not of this clip.
    """
    times = [seen.t_s for seen in observations]
    verdicts = csv.verdicts(said, times)
    exchange.check_times(path, said, times)
    if not any(verdicts):
        message = f"{path}: no label covers a picture of the clip"
        raise TruthError(message)
    in_pictures = [v and replace(v, side=conditions.side(v.side)) for v in verdicts]
    sides = [Side.BOTH if verdict is None else verdict.side for verdict in in_pictures]
    asked = asking(times, sides) if conditions.asked else ()
    true = account(times, in_pictures, exercise)
    return _score(true, judged(observations, exercise, asked), exercise)


def _check_same_clip(truth: Truth, observations: Sequence[Observation]) -> None:
    count, seen = len(truth.t_s), len(observations)
    if count != seen:
        message = f"{truth.path}: tells of {count} frames, but the clip has {seen}"
        raise TruthError(message)
    width, height = truth.body.frame_size_px[0].astype(int).tolist()
    if observations[0].frame_size_px != (width, height):
        found = "x".join(str(px) for px in observations[0].frame_size_px)
        message = f"{truth.path}: tells of {width}x{height} pixels, but the clip has {found}"
        raise TruthError(message)
    apart = np.abs(truth.t_s - np.array([o.t_s for o in observations])).round(6)
    worst = int(apart.argmax())
    if count > 1 and apart[worst] > np.diff(truth.t_s).min() / 2:
        message = (
            f"{truth.path}: frame {worst} is at {truth.t_s[worst]:.3f} s, "
            f"but in the clip at {observations[worst].t_s:.3f} s"
        )
        raise TruthError(message)
