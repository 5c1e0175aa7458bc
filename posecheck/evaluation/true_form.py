"""True verdicts: true joints and an exercise in, the true verdict of every frame out.

The required rules of the exercise are applied to the true quantities, with the same hysteresis
(`Rule.beyond`) as in `posecheck.form.rule_check`, but without limits of visibility and view and
without a rule's `bias`: limits are true values.
Quantities of the image are taken from an exact side view, so that the truth does not depend on the
place of the camera. A moment is unseen only if the person is absent or a joint that a required rule
needs lies outside the image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from posecheck.evaluation.truth import TruthError
from posecheck.form import hold
from posecheck.landmarks import INDEX
from posecheck.types import Cause, Reading, Reason, Side, State, Verdict

if TYPE_CHECKING:
    from posecheck.evaluation.truth import Truth
    from posecheck.exercises import Exercise
    from posecheck.exercises.rules import Rule


@dataclass(slots=True)
class _Track:
    """One required rule on one side of the body, over all frames, with its hysteresis."""

    rule: Rule
    side: Side
    values: list[float]
    outside: list[str | None]
    met: bool = False

    def read(self, row: int) -> Reading:
        """Return the true reading of one frame and remember whether the rule is met."""
        value = self.values[row]
        excess, _ = self.rule.beyond(value, value, met=self.met)
        self.met = excess == 0
        reason = None if self.met else Reason(Cause.RULE, self.rule.title, self.rule.name)
        outside = self.outside[row]
        side = None if self.side is Side.BOTH else self.side
        state = State.VALID if self.met else State.WRONG
        if outside is not None:
            state, reason = State.UNSEEN, hold.cut_off(self.rule.name, outside)
        return Reading(self.rule.name, side, value, state, excess, required=True, reason=reason)


def true_sides(truth: Truth, exercise: Exercise) -> tuple[Side, ...]:
    """Return the stretched side of every frame; BOTH for an exercise without sides.

    Raises:
        TruthError: if the exercise has sides and a frame with a person does not name one.
    """
    if exercise.sides == "both":
        return (Side.BOTH,) * len(truth.sides)
    sides = []
    for row, side in enumerate(truth.sides):
        if side in {Side.LEFT, Side.RIGHT}:
            sides.append(Side(str(side)))
        elif not truth.body.present[row]:
            sides.append(sides[-1] if sides else Side.LEFT)
        else:
            message = f"{truth.path}: frame {row}: stretched_side must be left or right"
            raise TruthError(message)
    return tuple(sides)


def true_verdicts(truth: Truth, exercise: Exercise) -> tuple[Verdict, ...]:
    """Return the true verdict of every frame.

    Raises:
        TruthError: if a joint is missing that a required rule needs.
    """
    sides = true_sides(truth, exercise)
    tracks = {side: _tracks(truth, exercise, side) for side in exercise.candidate_sides}
    last_there_s, memory_s = -math.inf, exercise.timing.memory_s
    found = []
    for row, (t_s, stretched) in enumerate(zip(truth.t_s.tolist(), sides, strict=True)):
        if not truth.body.present[row]:
            found.append(Verdict(State.UNSEEN, stretched, hold.NOBODY))
            continue
        if t_s - last_there_s > memory_s:
            for track in (track for group in tracks.values() for track in group):
                track.met = False
        last_there_s = t_s
        readings = {side: tuple(t.read(row) for t in group) for side, group in tracks.items()}
        found.append(_verdict(stretched, readings[stretched]))
    return tuple(found)


def _verdict(stretched: Side, readings: tuple[Reading, ...]) -> Verdict:
    for state in (State.UNSEEN, State.WRONG):
        for reading in readings:
            if reading.state is state:
                return Verdict(state, stretched, reading.reason, readings)
    return Verdict(State.VALID, stretched, None, readings)


def _tracks(truth: Truth, exercise: Exercise, stretched: Side) -> list[_Track]:
    return [
        _track(truth, rule, side)
        for rule in exercise.rules
        if rule.required
        for side in rule.sides(stretched)
    ]


def _track(truth: Truth, rule: Rule, side: Side) -> _Track:
    values = rule.measured.measure_exactly(truth.form, side).tolist()
    landmarks = rule.measured.landmarks_of(side)
    columns = [INDEX[name] for name in landmarks]
    inside = truth.body.inside[:, columns]
    known = np.isfinite(truth.body.image_px[:, columns, :2]).all(axis=(1, 2)) & np.isfinite(values)
    outside: list[str | None] = []
    for row, within in enumerate(inside.tolist()):
        if truth.body.present[row] and not known[row]:
            message = (
                f"{truth.path}: frame {row}: the rule {rule.name!r} cannot be computed; it "
                f"needs {', '.join(landmarks)} in metres and pixels"
            )
            raise TruthError(message)
        outside.append(None if all(within) else landmarks[within.index(False)])
    return _Track(rule, side, values, outside)
