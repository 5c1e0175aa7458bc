"""The truth about one clip and what was seen in it in, its score out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.body import Body
from posecheck.evaluation import labels
from posecheck.evaluation.account import Account, account
from posecheck.evaluation.holds import change_score, hold_score
from posecheck.evaluation.legs import angle_errors, rule_errors, swap_score
from posecheck.evaluation.score import Score
from posecheck.evaluation.times import confusion, time_score
from posecheck.evaluation.true_form import true_sides, true_verdicts
from posecheck.evaluation.truth import TruthError
from posecheck.judge import Judge
from posecheck.types import Asked, Side

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from posecheck.evaluation.labels import Label
    from posecheck.evaluation.truth import Truth
    from posecheck.exercises.schema import Exercise
    from posecheck.types import Observation

LABEL_SLACK_S: Final = 1.0
"""A label may end so long after the last picture's time; more, and it is of another clip."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which conditions clips are judged.

    Attributes:
        asked: whether the true side is asked for, as the plan of a live session does; else
            the side is found from the form.
        mirrored: whether the pictures are mirrored, and left and right of the truth with them.
    """

    asked: bool = False
    mirrored: bool = False

    @property
    def in_words(self) -> str:
        """The conditions that are not the usual ones, each after a comma."""
        asked = ", the true side asked for" if self.asked else ""
        return asked + (", pictures mirrored" if self.mirrored else "")

    def side(self, true: Side) -> Side:
        """Return the true side in the pictures that are judged."""
        return true.other if self.mirrored else true


AS_FILMED: Final = Conditions()


def judged(
    observations: Sequence[Observation], exercise: Exercise, asked: Sequence[Asked] = ()
) -> Account:
    """Return what posecheck says of a recording.

    Args:
        observations: what was seen.
        exercise: what to judge.
        asked: the sides that are asked for; none finds the side from the form.
    """
    judge = Judge(exercise, asked=asked)
    steps = tuple(judge.judge(observations))
    return Account(steps, judge.finish().holds, (True,) * len(steps))


def asking(times_s: Sequence[float], sides: Sequence[Side]) -> tuple[Asked, ...]:
    """Return what a plan that knows the true side of each picture asks for, and from when.

    Side BOTH names none: the side before stays asked for, and the first is asked from the start.
    """
    found: list[Asked] = []
    for t_s, side in zip(times_s, sides, strict=True):
        if side is not Side.BOTH and (not found or found[-1].side is not side):
            found.append(Asked(t_s if found else 0.0, side))
    return tuple(found)


def score_against_joints(
    truth: Truth,
    observations: Sequence[Observation],
    exercise: Exercise,
    conditions: Conditions = AS_FILMED,
) -> Score:
    """Score a recording against the true joints of every frame.

    In mirrored pictures only time and holds are scored, not angles, rules and swapped legs.

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
    found, body = judged(observations, exercise, asked), Body.of(observations)
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
    """Return what truth and tool come to in seconds and holds."""
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
    said: Sequence[Label],
    observations: Sequence[Observation],
    exercise: Exercise,
    conditions: Conditions = AS_FILMED,
) -> Score:
    """Score a recording against a person's labels, which know of seconds only.

    Args:
        path: the label file, for messages.
        said: its labels.
        observations: what was seen.
        exercise: what to judge.
        conditions: under which it is judged.

    Raises:
        TruthError: if the labels are not of this clip.
    """
    times = [seen.t_s for seen in observations]
    verdicts = labels.verdicts(said, times)
    end_s = max(label.end_s for label in said)
    if end_s > times[-1] + LABEL_SLACK_S:
        message = f"{path}: labels go to {end_s:g} s, but the clip ends at {times[-1]:.1f} s"
        raise TruthError(message)
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
