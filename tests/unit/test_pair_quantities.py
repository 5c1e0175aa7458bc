"""Quantities of the pair of legs: the same whatever the model calls left and right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck import exercises
from posecheck.form.judge import Judge
from posecheck.landmarks import INDEX
from posecheck.measure.body import PoseArrays
from posecheck.measure.quantities import QUANTITIES
from posecheck.types import Observation, Side, State
from tests.figures import SEATED_VALID, SIZE_PX, SUPINE_VALID, VALID_FIGURES, Figure, swapped
from tests.judged import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.types import Pose

PAIRS = sorted(name for name, quantity in QUANTITIES.items() if quantity.pair)
LEGS = ("hip", "knee", "ankle")
ALL = (*LEGS, "shoulder")


def body_of(
    people: Sequence[Figure], exchanged: Sequence[bool], names: tuple[str, ...]
) -> PoseArrays:
    """Return figures as one body; where ``exchanged`` their left and right are exchanged."""
    poses = [
        swapped(person.pose(), names) if swap else person.pose()
        for person, swap in zip(people, exchanged, strict=True)
    ]
    return PoseArrays.of([Observation(i / 10, SIZE_PX, pose) for i, pose in enumerate(poses)])


FRAMES = st.lists(st.tuples(PEOPLE, st.booleans()), min_size=1, max_size=6)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(frames=FRAMES)
def test_pairs_stay_the_same_when_left_and_right_exchange_their_names(
    frames: list[tuple[Figure, bool]],
) -> None:
    people = [person for person, _ in frames]
    # With both thighs at the very same angle none is in front or drawn in: chance decides.
    alike = [p.crossed is not None or abs(p.hip[0] - p.hip[1]) < 0.5 for p in people]
    swaps = [swap for _, swap in frames]
    never = [False] * len(people)
    for name in PAIRS:
        # The knee is drawn to the *other* shoulder, so shoulders belong to the names there.
        names = ALL if name == "drawn-knee-to-shoulder" else LEGS
        measure = QUANTITIES[name].measure
        as_named = measure(body_of(people, never, names), Side.RIGHT)
        exchanged = measure(body_of(people, swaps, names), Side.RIGHT)
        close = np.isclose(exchanged, as_named, atol=1e-2, equal_nan=True)
        if name.startswith(BY_ROLE):
            close |= np.array(alike)
        assert close.all(), (name, as_named, exchanged)


BY_ROLE = ("drawn-", "other-", "front-", "rear-")


@settings(deadline=None, max_examples=20)
@given(people=st.lists(PEOPLE, min_size=1, max_size=4))
def test_pairs_do_not_depend_on_the_side_that_is_asked_about(people: list[Figure]) -> None:
    body = body_of(people, [False] * len(people), LEGS)
    for name in PAIRS:
        values = [QUANTITIES[name].measure(body, side) for side in Side]
        assert np.array_equal(values[0], values[1], equal_nan=True), name
        assert np.array_equal(values[0], values[2], equal_nan=True), name


@pytest.mark.parametrize("name", ["left_knee", "right_knee", "left_ankle", "right_ankle"])
def test_one_limb_drawn_too_low_raises_the_hips_by_half_at_most(name: str) -> None:
    """A knee nearer to the camera, or an ankle that the model draws where the knee is."""
    pose = VALID_FIGURES["pigeon"].pose()
    lower = pose.image_px.copy()
    lower[INDEX[name], 1] += 40.0
    drawn = [
        Observation(0.0, SIZE_PX, pose),
        Observation(1.0, SIZE_PX, replace(pose, image_px=lower)),
    ]
    body = PoseArrays.of(drawn)
    joints, before = (
        np.diff(QUANTITIES[quantity].measure(body, Side.RIGHT))[0]
        for quantity in ("hip-height-joints", "hip-height")
    )
    dropped = 40.0 / body.thigh_px[1]
    assert before <= dropped * 1.01
    assert -0.05 < joints <= dropped / 2 + 0.05


def test_the_view_and_the_chest_do_not_turn_round_with_the_names_of_the_hips() -> None:
    people = [SEATED_VALID, SUPINE_VALID, replace(SUPINE_VALID, azimuth=30.0)]
    named, exchanged = (body_of(people, [swap] * 3, LEGS) for swap in (False, True))
    for name in ("chest-up", "view-off-side"):
        measure = QUANTITIES[name].measure
        assert measure(exchanged, Side.LEFT) == pytest.approx(measure(named, Side.LEFT), abs=1e-3)
    assert (exchanged.left_is_near == named.left_is_near).all()
    # Sessions recorded before are judged by the names of the hips, too.
    former = replace(exchanged, hips_by_name=True)
    assert (former.forward != exchanged.forward).any()


@pytest.mark.parametrize("exercise", ["seated-figure-four", "supine-figure-four"])
@settings(deadline=None, max_examples=30)
@given(swaps=st.lists(st.booleans(), min_size=40, max_size=40))
def test_exchanged_names_change_no_verdict(exercise: str, swaps: list[bool]) -> None:
    """Sitting or lying, crossing, holding, letting go; any frame may have its legs exchanged."""
    judged = exercises.load(exercise)
    told = []
    for exchanged in (swaps, [False] * len(swaps)):
        seen = [
            Observation(i / 10, SIZE_PX, swapped(pose, LEGS if swap else ()))
            for i, (pose, swap) in enumerate(zip(story(exercise), exchanged, strict=True))
        ]
        told.append([step.verdict for step in Judge(judged, Side.RIGHT).judge(seen)])
    assert State.VALID in {verdict.state for verdict in told[1]}
    assert State.WRONG in {verdict.state for verdict in told[1]}
    for here, there in zip(*told, strict=True):
        assert (here.state, here.side, here.side_known) == (
            there.state,
            there.side,
            there.side_known,
        )
        assert (here.reason and here.reason.key) == (there.reason and there.reason.key)
        crossings = [[r.crossing for r in v.readings if r.crossing] for v in (here, there)]
        assert crossings[0] == crossings[1]


def story(exercise: str) -> list[Pose]:
    """Return 4 s of a figure that rests, crosses, holds, and rests again."""
    valid = VALID_FIGURES[exercise]
    down = replace(valid, crossed=None)
    if exercise == "supine-figure-four":
        down = replace(down, hip=(125.0, 125.0), knee=(80.0, 80.0))
    return [figure.pose() for figure in [down] * 10 + [valid] * 20 + [down] * 10]
