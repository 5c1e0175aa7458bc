"""Figures in, verdicts out: what several tests ask of the judge."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from posecheck.form.judge import Judge
from posecheck.measure.body import PoseArrays
from posecheck.measure.quantities import QUANTITIES
from posecheck.types import Side, State
from tests.figures import SEATED_VALID, VALID_FIGURES, WRONG_FIGURES, Figure, nobody

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.exercises import Exercise
    from posecheck.ledger import Step
    from posecheck.types import Cause, Observation, Reading, Verdict

PEOPLE = st.builds(
    Figure,
    lean=st.floats(-100, 60),
    hip=st.tuples(st.floats(50, 180), st.floats(50, 180)),
    knee=st.tuples(st.floats(40, 178), st.floats(40, 178)),
    crossed=st.sampled_from([None, "left", "right"]),
    azimuth=st.floats(-180, 180),
    scale=st.floats(60, 260),
    shift_px=st.tuples(st.floats(-300, 300), st.floats(-200, 200)),
    visibility=st.dictionaries(
        st.sampled_from(["left_knee", "right_ankle", "left_hip"]), st.floats(0, 1), max_size=2
    ),
)
"""Figures in any pose, seen from anywhere."""


def verdict(figure: Figure, exercise: Exercise, side: Side | None = None) -> Verdict:
    """Return the verdict on one figure in one frame."""
    return next(iter(Judge(exercise, side).judge([figure.at(0.0)]))).verdict


def judges_its_figures(exercise: Exercise, name: str) -> None:
    """Check that an exercise judges its valid figure valid, and its wrong one by the right rule."""
    good = verdict(VALID_FIGURES[name], exercise)
    assert (good.state, good.reason) == (State.VALID, None)
    assert good.side is (Side.BOTH if exercise.sides == "both" else Side.RIGHT)
    figure, rule = WRONG_FIGURES[name]
    bad = verdict(figure, exercise)
    assert bad.state is State.WRONG
    assert bad.reason is not None
    assert bad.reason.rule == rule


def cause(of: Verdict) -> Cause | None:
    """Return the cause of a verdict's reason."""
    return None if of.reason is None else of.reason.cause


def reading(of: Verdict, rule: str) -> Reading:
    """Return a rule's reading."""
    return next(found for found in of.readings if found.rule == rule)


def scene(people: Sequence[Figure | None], rate_hz: float = 10.0) -> list[Observation]:
    """Return figures, one a frame; None is nobody."""
    return [
        nobody(i / rate_hz) if person is None else person.at(i / rate_hz)
        for i, person in enumerate(people)
    ]


def steps(people: Sequence[Figure | None], exercise: Exercise, rate_hz: float = 10.0) -> list[Step]:
    """Return what is said of figures, one a frame."""
    return list(Judge(exercise).judge(scene(people, rate_hz)))


def calm(exercise: Exercise) -> Exercise:
    """Return an exercise whose rules don't look ahead, so that dead bands can be seen alone."""
    rules = tuple(rule.model_copy(update={"ahead_s": 0.0}) for rule in exercise.rules)
    return exercise.model_copy(update={"rules": rules})


def leaning(degrees: float, exercise: Exercise) -> Figure:
    """Return a seated figure whose rule "lean" reads so many degrees."""
    rule = exercise.rule("lean")
    return _leaning(degrees, rule.quantity, rule.bias)


@lru_cache(maxsize=64)
def _leaning(degrees: float, quantity: str, bias: float) -> Figure:
    low, high = 40.0, 140.0
    for _ in range(50):
        middle = (low + high) / 2
        body = PoseArrays.of([_leant(middle).at(0.0)])
        read = float(QUANTITIES[quantity].measure(body, Side.LEFT)[0]) - bias
        low, high = (middle, high) if read < degrees else (low, middle)
    return _leant(low)


def _leant(true_deg: float) -> Figure:
    return replace(SEATED_VALID, lean=90.0 - true_deg, hip=(true_deg, true_deg)).drawn()
