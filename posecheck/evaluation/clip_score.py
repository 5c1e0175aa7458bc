"""The truth about one clip and what was seen in it in, its score out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from posecheck.annotations import exchange
from posecheck.body import Body
from posecheck.evaluation import labels
from posecheck.evaluation.account import Account, account
from posecheck.evaluation.holds import hold_score
from posecheck.evaluation.legs import angle_errors, rule_errors, swap_score
from posecheck.evaluation.score import Score
from posecheck.evaluation.times import time_score
from posecheck.evaluation.true_form import true_sides, true_verdicts
from posecheck.evaluation.truth import TruthError
from posecheck.judge import Judge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from posecheck.annotations import Annotations
    from posecheck.evaluation.truth import Truth
    from posecheck.exercises.schema import Exercise
    from posecheck.types import Observation


def judged(observations: Sequence[Observation], exercise: Exercise) -> Account:
    """Return what posecheck says of a recording, with the side found from the form."""
    judge = Judge(exercise)
    steps = tuple(judge.judge(observations))
    return Account(steps, judge.finish().holds, (True,) * len(steps))


def score_against_joints(
    truth: Truth, observations: Sequence[Observation], exercise: Exercise
) -> Score:
    """Score a recording against the true joints of every frame.

    Raises:
        TruthError: if the truth is not of this clip, or lacks what a rule needs.
    """
    _check_same_clip(truth, observations)
    sides = true_sides(truth, exercise)
    times = [seen.t_s for seen in observations]
    form = true_verdicts(truth, exercise)
    true = account(times, form, exercise)
    found, body = judged(observations, exercise), Body.of(observations)
    return Score(
        clips=1,
        frames=len(observations),
        time=time_score(true, found, exercise),
        holds=hold_score(true, found),
        swaps=swap_score(truth.body, body),
        angles=angle_errors(truth.body, sides, body, found.steps, exercise),
        rules=rule_errors(truth.form, form, found.steps, exercise),
    )


def score_against_labels(
    path: Path, said: Annotations, observations: Sequence[Observation], exercise: Exercise
) -> Score:
    """Score a recording against a person's labels, which know of seconds only.

    Args:
        path: the label file, for messages.
        said: what it says.
        observations: what was seen.
        exercise: what to judge.

    Raises:
        PoseCheckError: if the labels are not of this clip.
    """
    times = [seen.t_s for seen in observations]
    verdicts = labels.verdicts(said, times)
    exchange.check_times(path, said, times)
    if not any(verdicts):
        message = f"{path}: no label covers a picture of the clip"
        raise TruthError(message)
    true, found = account(times, verdicts, exercise), judged(observations, exercise)
    return Score(
        clips=1,
        frames=len(observations),
        time=time_score(true, found, exercise),
        holds=hold_score(true, found),
    )


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
