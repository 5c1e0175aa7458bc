"""Choice of the person: of several bodies in the image, the one that does the exercise.

A pose model that returns one body follows the first one that it finds, and somebody who passes
takes its place or its limbs. `PersonChooser` looks at everybody in the image at the start, now and
then while the body that is followed is far from the exercise's form, and after a jump.

- If another body is clearly nearer to the form, the one that was followed is painted over until the
  model has found the other one.
- Bodies that touch the one that is followed are painted over as long as they touch it.
- Frames in which somebody who passes is at that person's legs are marked as disturbed; see
  `posecheck.pose.passers`.

All other frames go to the model as they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

import numpy as np

from posecheck.landmarks import INDEX
from posecheck.pose.passers import PasserWatch, draw, size_of
from posecheck.types import Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from posecheck.types import Frame, Pose

    Misfit: TypeAlias = Callable[[Observation], float]
    """Distance of a pose from the exercise's form in degrees; 0 is valid."""

FITS_DEG: Final = 60.0
"""Distance from valid form, in degrees, up to which the body that is followed is not doubted."""

NEARER_DEG: Final = 60.0
"""Degrees by which another body must be nearer to valid form to be followed instead."""

FIRST_NEARER_DEG: Final = 15.0
"""The same for the first look, when none of them has been followed yet."""

CHECK_S: Final = 0.25
"""Seconds between two checks of the body that is followed; a check costs 0.5 ms."""

ALONE_S: Final = (2.0, 8.0)
"""Seconds between two looks while one body is seen: the first pause, which doubles with each look
up to the second. A look costs as much as two or three frames."""

COMPANY_S: Final = 1.0
"""The same while several are seen."""

TOUCHING_S: Final = 0.25
"""The same while one of them touches the body that is followed."""

JUMP: Final = 0.35
"""Movement of the hips between two frames, in sizes of the body, that leads to a look at once."""

JUMP_S: Final = 0.3
"""Longest time between these two frames in seconds."""

SAME: Final = 0.35
"""Distance of the middles of the hips, in sizes of the larger body, within which two poses are of
one body. A body on the mat is sometimes found twice, head and feet or left and right exchanged."""

MARGIN: Final = 0.12
"""Distance from a bone, in sizes of the body, that belongs to the body's shape."""

PAINT_FRAMES: Final = 8
"""Most frames in which a body is painted over, until the model has found the other one."""

_HIPS: Final = [INDEX["left_hip"], INDEX["right_hip"]]


@runtime_checkable
class SeesEveryone(Protocol):
    """Estimator that can also find everybody in one image."""

    def estimate(self, frame: Frame) -> Observation:
        """Return the observation of one frame; of the one body that is followed."""
        ...

    def everyone(self, frame: Frame) -> tuple[Pose, ...]:
        """Return the poses of all bodies in a frame, in no order, without smoothing."""
        ...

    def close(self) -> None:
        """Release the model."""
        ...


@dataclass(frozen=True, slots=True)
class _Switch:
    """A change from one body to another that the model has still to make."""

    away: Pose
    to: Pose
    frames_left: int


class PersonChooser:
    """An estimator that follows the person who does the exercise."""

    def __init__(self, inner: SeesEveryone, misfit: Misfit) -> None:
        """Take over an estimator; closing this closes it.

        Args:
            inner: the estimator.
            misfit: distance of a pose from the exercise's form, in degrees; 0 is valid.
        """
        self._inner, self._misfit = inner, misfit
        self._before: Observation | None = None
        self._checked_s = self._looked_s = -math.inf
        self._pause_s = ALONE_S[0] / 2  # doubled by the first look
        self._switch: _Switch | None = None
        self._touching: tuple[Pose, ...] = ()
        self._passers = PasserWatch()

    def estimate(self, frame: Frame) -> Observation:
        """Return the observation of one frame; times must not decrease."""
        seen = None
        if self._switch is None:
            seen = self._inner.estimate(self._without_company(frame))
            self._switch = self._look(frame, seen)
            if self._switch is not None:  # nothing to see: the model looks for a body again
                self._inner.estimate(replace(frame, image_bgr=np.zeros_like(frame.image_bgr)))
        if self._switch is not None:
            painted = _painted(frame, [self._switch.away], self._switch.to)
            self._switch, seen = _after(self._switch, self._inner.estimate(painted))
        assert seen is not None  # noqa: S101 - one of both has estimated
        if self._passers.disturbed(frame, seen.pose):
            seen = replace(seen, disturbed=True)
        self._before = seen
        return seen

    def close(self) -> None:
        """Release the model."""
        self._inner.close()

    def _without_company(self, frame: Frame) -> Frame:
        """Return the frame without the bodies that touch the one that is followed."""
        own = self._before.pose if self._before is not None else None
        return _painted(frame, self._touching, own) if self._touching and own else frame

    def _look(self, frame: Frame, seen: Observation) -> _Switch | None:
        """Look at everybody if it is time to; return the change to a body that fits better."""
        if seen.pose is None or not self._due(frame.t_s, seen):
            return None
        own = self._misfit(seen)
        if own <= FITS_DEG and not self._touching:
            return None
        first = self._looked_s == -math.inf
        self._looked_s = frame.t_s
        others = [p for p in self._inner.everyone(frame) if _distance(p, seen.pose) >= SAME]
        self._touching = tuple(pose for pose in others if _touch(pose, seen.pose))
        if others:
            self._pause_s = TOUCHING_S if self._touching else COMPANY_S
        else:
            self._pause_s = min(max(2 * self._pause_s, ALONE_S[0]), ALONE_S[1])
        best, to = own - (FIRST_NEARER_DEG if first else NEARER_DEG), None
        for pose in others:
            misfit = self._misfit(Observation(frame.t_s, frame.size_px, pose))
            if misfit < best:
                best, to = misfit, pose
        if to is None:
            return None
        self._touching = ()
        return _Switch(seen.pose, to, PAINT_FRAMES)

    def _due(self, t_s: float, seen: Observation) -> bool:
        """Whether a look is due, if the body does not fit."""
        if self._jumped(seen) and t_s - self._looked_s >= TOUCHING_S:
            return True
        if t_s - self._checked_s < CHECK_S:
            return False
        self._checked_s = t_s
        return t_s - self._looked_s >= self._pause_s

    def _jumped(self, seen: Observation) -> bool:
        before = self._before
        if before is None or before.pose is None or seen.pose is None:
            return False
        if seen.t_s - before.t_s > JUMP_S:
            return False
        return _distance(seen.pose, before.pose) > JUMP


def _after(switch: _Switch, seen: Observation) -> tuple[_Switch | None, Observation]:
    """Return the rest of a change, and the observation without the former body."""
    if seen.pose is not None and _distance(seen.pose, switch.to) < _distance(
        seen.pose, switch.away
    ):
        return None, seen
    left = switch.frames_left - 1
    nobody = replace(seen, pose=None)
    return (replace(switch, frames_left=left) if left else None), nobody


def _painted(frame: Frame, bodies: Sequence[Pose], kept: Pose) -> Frame:
    """Return a frame without bodies, except where the kept one is."""
    image = frame.image_bgr.copy()
    size = (image.shape[0], image.shape[1])
    away = np.zeros(size, np.uint8)
    for body in bodies:
        draw(away, body, MARGIN)
    keep = np.zeros(size, np.uint8)
    draw(keep, kept, MARGIN)
    image[(away > 0) & (keep == 0)] = image.mean(axis=(0, 1)).astype(np.uint8)
    return replace(frame, image_bgr=image)


def _touch(one: Pose, other: Pose) -> bool:
    """Whether the boxes of two bodies overlap, with the margin around both."""
    (left, top, right, bottom), (left2, top2, right2, bottom2) = _box(one), _box(other)
    return left < right2 and left2 < right and top < bottom2 and top2 < bottom


def _box(pose: Pose) -> tuple[float, float, float, float]:
    points, margin = pose.image_px[:, :2], MARGIN * size_of(pose)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left) - margin, float(top) - margin, float(right) + margin, float(bottom) + margin


def _distance(one: Pose, other: Pose) -> float:
    """Return the distance of the middles of the hips, in sizes of the larger body."""
    way = one.image_px[_HIPS, :2].mean(axis=0) - other.image_px[_HIPS, :2].mean(axis=0)
    return math.hypot(*way) / max(size_of(one), size_of(other), 1.0)
