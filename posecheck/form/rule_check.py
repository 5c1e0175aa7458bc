"""Judging one side: quantities and an exercise in, verdicts out (valid, wrong or unseen).

`SideForm` judges one stretched side. `measure` computes the quantities of all frames at once; what
depends on the previous frame (the hysteresis) is then decided frame by frame.

A broken required rule makes the moment wrong; else a required rule that can't be seen makes it
unseen. A moment is valid only if all required rules are seen to be met.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.form import hold
from posecheck.landmarks import INDEX
from posecheck.measure.body import PoseArrays
from posecheck.types import Cause, CrossingState, Reading, Reason, Side, State, Verdict

if TYPE_CHECKING:
    from posecheck.exercises import Exercise
    from posecheck.exercises.rules import Limit, Rule
    from posecheck.pose.follow import Misfit
    from posecheck.types import Crossing, Observation

VIEW_DEAD_BAND_DEG: Final = 4.0
"""Hysteresis of the view, in degrees: a good view stays good until it lies this far outside a
rule's range.

About twice the standard deviation of the view angle over a hold on the rendered clips."""

BACK_S: Final = 0.2
"""Seconds over which the rate of a value is measured when a rule looks ahead."""

FASTEST_PER_S: Final = {"deg": 200.0, "ratio": 4.0}
"""Change of a reading per second that a body in these exercises can reach; true ways into and out
of them change by up to 195 degrees and 3.8 thighs a second on rendered clips. What is faster, such
as one leg taken for the other, tells nothing of where the reading goes; see `Rule.ahead_s`."""

STEP: Final = {"deg": 5.0, "ratio": 0.075}
"""Change from one frame to the next that a body can make at any frame rate."""

PRECEDENCE: Final = {
    1: (State.UNSEEN, State.WRONG),
    2: (State.WRONG, State.UNSEEN),
    3: (State.WRONG, State.UNSEEN),
}
"""Order in which the states of the required rules decide, by the exercise's ``judging``."""

_TICK_S: Final = 1e-6
_NAN: Final = float("nan")


@dataclass(frozen=True, slots=True)
class _Measured:
    """One check over N frames, as plain lists (faster to walk than arrays)."""

    t_s: list[float]
    values: list[float]
    visibility: list[float]
    least_visible: list[str]
    outside: list[str | None]
    off_side_deg: list[float]
    left_is_near: list[bool]


@dataclass(slots=True)
class _RuleCheck:
    """One rule on one side of the body, with the memory for its hysteresis.

    For a rule of the pair the side is the stretched one, and its cues name a leg only where it is
    known.
    """

    rule: Rule
    side: Side
    stretched: Side
    memory_s: float
    landmarks: tuple[str, ...] = ()
    met: bool = False
    visible: bool = False
    in_view: bool = False
    judged_s: float = -math.inf
    limits_steps: bool = False
    past: deque[tuple[float, float]] = field(default_factory=deque)
    too_much: dict[Side | None, Reason] = field(init=False)
    too_little: dict[Side | None, Reason] = field(init=False)

    def __post_init__(self) -> None:
        self.landmarks = self.rule.measured.landmarks_of(self.side)
        self.too_much = self._broken(self.rule.at_most)
        self.too_little = self._broken(self.rule.at_least)

    def _broken(self, limit: Limit | None) -> dict[Side | None, Reason]:
        """Return the reason by the leg that is known to be stretched; None: no leg is known."""
        if limit is None:
            return {}
        if self.rule.of != "pair":
            return {None: Reason(Cause.RULE, for_side(limit.cue, self.stretched), self.rule.name)}
        named = limit.cue_named or limit.cue
        cues_by_leg = {side: for_side(named, side) for side in (Side.LEFT, Side.RIGHT)}
        return {
            side: Reason(Cause.RULE, cue, self.rule.name)
            for side, cue in (cues_by_leg | {None: limit.cue}).items()
        }

    def forget(self) -> None:
        """Drop the memory: the next frame must reach the enter limits again."""
        self.met = self.visible = self.in_view = False
        self.judged_s = -math.inf
        self.past.clear()

    def measure(self, body: PoseArrays) -> _Measured:
        """Compute what the check needs for every row of a body."""
        columns = [INDEX[name] for name in self.landmarks]
        visibility = body.visibility[:, columns]
        if self.rule.of == "pair":  # of each pair the better seen one counts
            better = np.maximum(visibility[:, ::2], visibility[:, 1::2])
            visibility = better.repeat(2, axis=1)
        worst = np.where(np.isnan(visibility), -1.0, visibility).argmin(axis=1)
        inside = body.inside[:, columns]
        out = (~inside).argmax(axis=1)
        outside = [
            None if cut == 0 else self.landmarks[first]
            for cut, first in zip((~inside).sum(axis=1).tolist(), out.tolist(), strict=True)
        ]
        return _Measured(
            t_s=body.t_s.tolist(),
            values=(self.rule.measured.measure(body, self.side) - self.rule.bias).tolist(),
            visibility=visibility.min(axis=1).tolist(),
            least_visible=[self.landmarks[i] for i in worst.tolist()],
            outside=outside,
            off_side_deg=body.off_side_deg.tolist(),
            left_is_near=body.left_is_near.tolist(),
        )

    def read(
        self, measured: _Measured, row: int, leg: Side | None, crossing: Crossing | None
    ) -> Reading:
        """Return the reading of one frame and remember it."""
        value = measured.values[row]
        t_s = measured.t_s[row]
        if t_s - self.judged_s > self.memory_s:
            self.forget()
        blind = self._why_unseen(measured, row)
        if blind is not None:
            return self._reading(value, State.UNSEEN, _NAN, blind)
        self.judged_s = t_s
        if self.rule.crossing is not None and crossing is not None:
            return self._read_crossing(value, leg, crossing)
        excess, limit = self.rule.beyond(*self._looked_ahead(t_s, value), met=self.met)
        reasons = self.too_much if limit is self.rule.at_most else self.too_little
        self.met = excess == 0
        if not self.met and measured.visibility[row] < self.rule.visibility.broken:
            guessed = hold.hidden(self.rule.name, measured.least_visible[row])
            return self._reading(value, State.UNSEEN, _NAN, guessed)
        if self.met:
            return self._reading(value, State.VALID, excess, None)
        return self._reading(value, State.WRONG, excess, _for_leg(reasons, leg))

    def _read_crossing(self, value: float, leg: Side | None, crossing: Crossing) -> Reading:
        """Return the reading of a crossing event; its limits are those of true joints."""
        rule = self.rule
        if crossing.state is CrossingState.CROSSED:
            state, excess, reason = State.VALID, 0.0, None
        elif crossing.state is CrossingState.UNKNOWN:
            state, excess, reason = State.UNSEEN, _NAN, hold.crossing_unseen(rule.name)
        else:
            limit = rule.at_most or rule.at_least
            excess = abs(value - limit.enter) if limit else 0.0
            state, reason = State.WRONG, _for_leg(self.too_much or self.too_little, leg)
        return Reading(rule.name, None, value, state, excess, rule.required, reason, crossing)

    def _looked_ahead(self, t_s: float, value: float) -> tuple[float, float]:
        """Return the value that counts for the upper and for the lower limit.

        It extrapolates a value that gets worse at the rate of the last `BACK_S`: landmarks lag
        behind the body, and a hold must not end late. From ``judging = 3`` on, a last step that is
        faster than a body can move does not make the rate larger.
        """
        if self.rule.ahead_s == 0:
            return value, value
        past = self.past
        while past and t_s - past[0][0] > BACK_S + _TICK_S:
            past.popleft()
        past.append((t_s, value))
        rates = [self._rate_to(-1)]
        if self.limits_steps and len(past) > 1:
            last_s, last = past[-2]
            unit = self.rule.unit
            if abs(value - last) > max(FASTEST_PER_S[unit] * (t_s - last_s), STEP[unit]):
                rates.append(self._rate_to(-2))
        rising, falling = max(min(rates), 0.0), min(max(rates), 0.0)
        return value + self.rule.ahead_s * rising, value + self.rule.ahead_s * falling

    def _rate_to(self, row: int) -> float:
        """Return the change per second from the first of the last `BACK_S` to one of them."""
        (before_s, before), (t_s, value) = self.past[0], self.past[row]
        return (value - before) / (t_s - before_s) if t_s > before_s else 0.0

    def _reading(self, value: float, state: State, excess: float, reason: Reason | None) -> Reading:
        side = None if self.side is Side.BOTH or self.rule.of == "pair" else self.side
        return Reading(self.rule.name, side, value, state, excess, self.rule.required, reason)

    def _why_unseen(self, measured: _Measured, row: int) -> Reason | None:
        name = self.rule.name
        outside = measured.outside[row]
        if outside is not None:
            self.visible = False
            return hold.cut_off(name, outside)
        least = self.rule.visibility
        threshold = least.leave if self.visible else least.enter
        self.visible = measured.visibility[row] >= threshold
        if not self.visible:
            return hold.hidden(name, measured.least_visible[row])
        view = self._why_out_of_view(measured, row)
        self.in_view = view is None
        if view is None and math.isnan(measured.values[row]):
            return hold.undefined(name)
        return view

    def _why_out_of_view(self, measured: _Measured, row: int) -> Reason | None:
        view, name = self.rule.view, self.rule.name
        off_side_deg = measured.off_side_deg[row]
        slack = VIEW_DEAD_BAND_DEG if self.in_view else 0.0
        if not off_side_deg <= view.off_side_max_deg + slack:
            return hold.turn_to_side(name)
        if off_side_deg < view.off_side_min_deg - slack:
            return hold.turn_from_side(name)
        if view.near != "either":
            wanted = self.stretched if view.near == "stretched" else self.stretched.other
            if measured.left_is_near[row] != (wanted is Side.LEFT):
                return hold.turn_round(name, wanted)
        return None


def _for_leg(reasons: dict[Side | None, Reason], leg: Side | None) -> Reason:
    """Return the reason with the leg's name if the leg is known, else the one without a name."""
    return reasons.get(leg) or reasons[None]


def for_side(cue: str, stretched: Side) -> str:
    """Fill ``{stretched}`` and ``{supporting}`` in a cue with "left" and "right"."""
    return cue.replace("{stretched}", str(stretched)).replace("{supporting}", str(stretched.other))


class SideForm:
    """Judge of the form for one stretched side, frame by frame."""

    def __init__(self, exercise: Exercise, stretched: Side) -> None:
        """Prepare the rules of an exercise for one stretched side."""
        self.stretched = stretched
        memory_s, limits_steps = exercise.timing.memory_s, exercise.judging > 2  # noqa: PLR2004
        self._precedence = PRECEDENCE[exercise.judging]
        self._checks = [
            _RuleCheck(rule, side, stretched, memory_s, limits_steps=limits_steps)
            for rule in exercise.rules
            for side in rule.sides(stretched)
        ]
        self._measured: list[_Measured] = []

    def measure(self, body: PoseArrays) -> None:
        """Take in frames; `judge` then refers to them by row."""
        self._measured = [check.measure(body) for check in self._checks]

    def forget(self) -> None:
        """Drop the hysteresis memory of all rules, for another person."""
        for check in self._checks:
            check.forget()

    def judge(self, row: int, leg: Side | None = None, crossing: Crossing | None = None) -> Verdict:
        """Return the verdict on one frame in which a person was found.

        The reason is that of the first rule, in the order of the exercise, that decides: with
        ``judging`` 2 and 3 one that is broken, else one that can't be seen; with 1 the other way
        round.

        Args:
            row: index of the frame among those measured.
            leg: the stretched leg, for cues of rules of the pair; None if it is not known.
            crossing: state of the crossed legs.
        """
        readings = tuple(
            check.read(measured, row, leg, crossing)
            for check, measured in zip(self._checks, self._measured, strict=True)
        )
        for state in self._precedence:
            for reading in readings:
                if reading.required and reading.state is state:
                    return Verdict(state, self.stretched, reading.reason, readings)
        return Verdict(State.VALID, self.stretched, None, readings)

    def deviation(self, row: int) -> float:
        """Return the distance of one frame from valid form, in any view.

        The sum over the required rules of the distance to the limit, in degrees; a ratio
        counts 100 degrees per 1. It is used only to find the stretched leg when neither side is
        valid.
        """
        total = 0.0
        for check, measured in zip(self._checks, self._measured, strict=True):
            if check.rule.required:
                total += _distance(check.rule, measured.values[row])
        return total


def misfit_of(exercise: Exercise) -> Misfit:
    """Return a function that tells how far one pose is from an exercise's valid form.

    In degrees, as `SideForm.deviation`, of the side that is nearer to it; 0 is valid, and infinity
    where no person was found. It has no memory and ignores view and visibility.
    """
    forms = [SideForm(exercise, side) for side in exercise.candidate_sides]

    def misfit(observation: Observation) -> float:
        if observation.pose is None:
            return math.inf
        body = PoseArrays.of([observation])
        for form in forms:
            form.measure(body)
        return min(form.deviation(0) for form in forms)

    return misfit


def _distance(rule: Rule, value: float) -> float:
    if math.isnan(value):
        return 180.0
    scale = 1.0 if rule.unit == "deg" else 100.0
    above = value - rule.at_most.enter if rule.at_most else 0.0
    below = rule.at_least.enter - value if rule.at_least else 0.0
    beyond = max(above, below, 0.0)
    return min(beyond * scale, 180.0)
