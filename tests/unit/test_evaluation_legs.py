"""Errors of angles and rules, and swapped legs, on figures with known angles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from posecheck import exercises
from posecheck.evaluation.clip_score import rule_errors, score_against_joints, swap_score
from posecheck.evaluation.true_form import true_verdicts
from posecheck.evaluation.truth import Truth, from_the_side
from posecheck.form.judge import Judge
from posecheck.landmarks import LANDMARKS
from posecheck.measure.body import PoseArrays
from posecheck.types import Observation, Pose, Side
from tests.figures import (
    SEATED_UPRIGHT,
    SEATED_VALID,
    SIZE_PX,
    Figure,
    former,
    nobody,
    swapped,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from posecheck.evaluation.score import Score
    from posecheck.exercises import Exercise

SEATED = exercises.load("seated-figure-four")
FORMER = former("seated-figure-four")
"""Its rules measure a named leg, one of them with a bias."""


def truth_of(path: Path, *figures: Figure | None) -> Truth:
    """Return the truth of figures at 10 pictures a second, looked at by a level camera."""
    seen = [nobody(i / 10) if f is None else f.at(i / 10) for i, f in enumerate(figures)]
    body = PoseArrays.of(seen)
    sides = (Side.RIGHT,) * len(seen)
    told = ("side", "stick", "")
    return Truth(path, SEATED.name, *told, body.t_s, sides, body, from_the_side(body))


def scored(
    path: Path,
    true: Sequence[Figure | None],
    found: Sequence[Figure | Pose | None],
    exercise: Exercise = SEATED,
) -> Score:
    seen = []
    for i, figure in enumerate(found):
        pose = figure.pose() if isinstance(figure, Figure) else figure
        seen.append(Observation(i / 10, SIZE_PX, pose))
    return score_against_joints(truth_of(path, *true), seen, exercise)


def all_swapped(figure: Figure) -> Pose:
    """Return a pose that takes each side's landmarks for the other's."""
    return swapped(figure.pose(), tuple(name.split("_", 1)[-1] for name in LANDMARKS))


@pytest.mark.parametrize("exercise", [SEATED, FORMER], ids=["pair", "named legs"])
def test_a_pose_as_the_model_draws_it_has_the_true_angles(
    tmp_path: Path, exercise: Exercise
) -> None:
    figures = [SEATED_VALID, SEATED_VALID, SEATED_UPRIGHT]
    score = scored(tmp_path, figures, [figure.drawn() for figure in figures], exercise)
    assert score.angles
    for key, errors in score.angles.items():
        assert errors.count in {1, 2, 3}
        judged = key.startswith("trunk-thigh/supporting")
        bias = exercise.rule("lean").bias if judged else 0.0
        assert errors.bias == pytest.approx(-bias, abs=1.0)


def test_a_perfect_pose_has_no_error_but_the_bias_that_is_taken_off(tmp_path: Path) -> None:
    figures = [SEATED_VALID, SEATED_VALID, SEATED_UPRIGHT]
    score = scored(tmp_path, figures, figures, FORMER)
    for rule in FORMER.rules:
        errors = score.rules[f"seated-figure-four/{rule.name}/seen"]
        assert errors.count == 3
        # What a turned view does to quantities of the picture is posecheck's error, too.
        of_the_picture = rule.quantity.startswith("ankle") or rule.quantity.endswith("image")
        slack = (0.5 if rule.unit == "deg" else 0.05) if of_the_picture else 1e-9
        if rule.quantity.endswith("lifted"):
            slack = 6.0  # a perfect hip is moved off the joint
        assert errors.bias == pytest.approx(-rule.bias, abs=slack)
        assert score.rules[f"seated-figure-four/{rule.name}/held"].count == 2
    assert score.time.false_us == score.time.missed_us == score.swaps.swapped == 0


@pytest.mark.parametrize("exchanged", [(), ("hip", "knee", "ankle")], ids=["as is", "swapped"])
@pytest.mark.parametrize("side", [Side.RIGHT, Side.LEFT])
def test_a_rule_of_the_pair_is_compared_with_the_leg_that_is_truly_stretched(
    tmp_path: Path, side: Side, exchanged: tuple[str, ...]
) -> None:
    """Also where posecheck names the other leg, or the model exchanges the legs."""
    true = replace(SEATED_VALID, knee=(100.0, 90.0))
    if side is Side.LEFT:
        true = true.mirrored()
    known = replace(truth_of(tmp_path, true, true, true), sides=(side,) * 3)
    seen = [Observation(i / 10, SIZE_PX, swapped(true.pose(), exchanged)) for i in range(3)]
    found = []
    for named in (Side.LEFT, Side.RIGHT, None):
        steps = list(Judge(SEATED, named).judge(seen))
        errors = rule_errors(known.form, true_verdicts(known, SEATED), steps, SEATED)
        for name, slack in (("lean", 3.0), ("supporting-knee", 10.0), ("ankle-crossed", 0.05)):
            held = errors[f"seated-figure-four/{name}/held"]
            assert held.count == 3
            assert held.mean_abs <= slack
        found.append(errors)
    assert found[0] == found[1] == found[2]


def test_errors_are_measured_minus_true_for_each_leg(tmp_path: Path) -> None:
    # The supporting left thigh is read 8 degrees too open, its knee (90 in truth) 6 too bent.
    read = replace(SEATED_VALID, hip=(83.0, 75.0), knee=(84.0, 90.0), crossed=None)
    true = replace(SEATED_VALID, crossed=None)
    score = scored(tmp_path, [true, true], [read.drawn(), read.drawn()], FORMER)
    for frames in ("seen", "all"):
        wanted = 8 - FORMER.rule("lean").bias
        found = score.angles[f"trunk-thigh/supporting/{frames}"].values
        assert found == pytest.approx([wanted, wanted], abs=1)
        assert score.angles[f"knee/supporting/{frames}"].values == pytest.approx([-6, -6], abs=1)
        assert score.angles[f"trunk-thigh/stretched/{frames}"].mean_abs == pytest.approx(0, abs=1)
        assert score.angles[f"knee/stretched/{frames}"].mean_abs == pytest.approx(0, abs=1)


def test_frames_in_which_a_leg_was_not_seen_count_only_under_all(tmp_path: Path) -> None:
    hidden = replace(SEATED_VALID, visibility={"left_knee": 0.05, "right_hip": 0.3})
    score = scored(tmp_path, [SEATED_VALID] * 3, [SEATED_VALID, hidden, None], FORMER)
    # The rule "lean" judges the supporting hip; no rule judges the stretched one, but
    # below a visibility of 0.5 it is not seen either. In the last frame nobody was found.
    for joint in ("trunk-thigh", "knee"):
        for leg in ("supporting", "stretched"):
            assert score.angles[f"{joint}/{leg}/all"].count == 2
            assert score.angles[f"{joint}/{leg}/seen"].count == 1
    assert score.swaps.frames == 2


def test_swapped_legs_are_found_frame_by_frame(tmp_path: Path) -> None:
    true = [SEATED_VALID] * 4
    found: list[Figure | Pose | None] = [
        SEATED_VALID,
        all_swapped(SEATED_VALID),
        SEATED_VALID,
        None,
    ]
    score = scored(tmp_path, true, found)
    assert (score.swaps.swapped, score.swaps.frames) == (1, 3)
    assert score.swaps.share == pytest.approx(1 / 3)
    # The swapped frame shows as the other leg's angle: both hips are at 75 degrees, but the
    # crossed knee is not the supporting one.
    knee = score.angles["knee/supporting/all"]
    assert knee.count == 3
    assert sorted(abs(v) > 20 for v in knee.values) == [False, False, True]


def test_absent_people_have_no_legs(tmp_path: Path) -> None:
    score = scored(tmp_path, [None, None], [SEATED_VALID, None])
    assert score.angles == {}
    assert score.rules == {}
    assert score.swaps.frames == 0


def test_a_small_shift_of_all_landmarks_is_no_swap(tmp_path: Path) -> None:
    near = replace(SEATED_VALID, shift_px=(3.0, -2.0))
    known = truth_of(tmp_path, SEATED_VALID)
    assert swap_score(known.body, PoseArrays.of([near.at(0.0)])).swapped == 0
    # A camera from the front swaps nothing either, and NaN is no frame.
    assert np.isnan(PoseArrays.of([nobody(0.0)]).image_px).all()
    assert swap_score(known.body, PoseArrays.of([nobody(0.0)])).frames == 0
