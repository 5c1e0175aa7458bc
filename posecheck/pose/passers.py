"""Who passes beside or behind a person in the exercise's form, taken out of the frames.

A pose model sees one body. When legs pass behind a raised knee, it gives them to the person for
half a second or more, and it does not find the other body, of which it sees a part only. But a
camera that stands shows what has moved: `Passers` compares small copies of the images with a
running median of them, the room. What comes in beside the person, apart from the person's own
shape, is filled with what the room showed there, until it is gone.

It acts only beside a body in the exercise's form (or in it just before), never within that body's
own shape, and not on what the body itself leaves behind when it moves. Only copies of 128 pixels'
width are kept, for as long as the room looks like it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.landmarks import INDEX, SIDE_BONES, TRUNK_BONES
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from posecheck.types import Frame, Pose

    Mask = NDArray[np.uint8]
    Copy = NDArray[np.float32]

COPY_PX: Final = 128
"""Width of the small copies, in pixels."""

DIFFERENT: Final = 18.0
"""Difference of brightness in one colour, of 255, from which a place of a copy has changed."""

LOOK_S: Final = 0.06
"""Shortest time between two looks in seconds, while nobody passes."""

LEARNED_PER_S: Final = 120.0
"""Brightness per second by which the room follows the images while nobody passes. A limb that has
moved leaves its former place in the room within a second."""

KEPT_PER_S: Final = 10.0
"""The same while somebody passes: somebody who covers a place for a second hardly changes it, and
somebody who stays belongs to the room after some seconds."""

CHANGED: Final = 0.4
"""Share of a copy that differs from which on the camera or the light has changed, and the room is
learned anew."""

HOLE_S: Final = 1.0
"""Longest time between two frames in seconds, after which the room is learned anew."""

OWN: Final = 0.08
"""Distance from a bone, in sizes of the body, that belongs to the person and is never filled."""

APART: Final = 0.14
"""The same from which on something that moves is not the person."""

LEAST: Final = 0.03
"""Smallest area of somebody who passes, in squared sizes of the body."""

TRAIL_S: Final = 3.0
"""Seconds for which a place where the person was may still differ from the room."""

COMES_S: Final = 0.1
"""Seconds for which something must move apart from the person to be somebody who passes."""

GONE_S: Final = 0.5
"""Seconds after the last movement of this size after which that person is gone."""

STEP: Final = 0.12
"""Largest way of a joint between two frames, in sizes of the body, by which the person's own shape
follows the pose while somebody passes; further is a limb of who passes."""

STEP_PER_S: Final = 2.0
"""The same for each second between the frames, up to `LONGEST_STEP_S`."""

LONGEST_STEP_S: Final = 0.1
"""Longest time between two frames that counts for that, in seconds."""

_FILLED: Final = 100
"""Share of 255 of a place's edge that is filled."""

JOINTS: Final = [
    INDEX[f"{side}_{joint}"]
    for side in ("left", "right")
    for joint in ("shoulder", "hip", "knee", "ankle")
]
"""Joints that give a body's size."""

_BONES: Final = [
    *((INDEX[a], INDEX[b]) for a, b in TRUNK_BONES),
    *(
        (INDEX[f"{side}_{a}"], INDEX[f"{side}_{b}"])
        for a, b in SIDE_BONES
        for side in ("left", "right")
    ),
]


@dataclass(slots=True)
class Passers:
    """Comparison of each frame with the room, in the order of time."""

    _room: Copy | None = None
    _t_s: float = -math.inf
    _own: Pose | None = None
    _own_s: float = -math.inf
    _was_there_s: Copy | None = None
    _left: Mask | None = None
    _came_s: float = math.inf
    _seen_s: float = -math.inf

    def taken_out(self, frame: Frame, own: Pose | None, *, in_form: bool) -> Frame:
        """Return a frame without who passes.

        Args:
            frame: the next frame.
            own: the person's pose in the frame before; None if nobody was found.
            in_form: whether the person is in the exercise's form, or was just before; if not, the
                frame is returned as it is.
        """
        if frame.t_s - self._t_s < LOOK_S and frame.t_s - self._seen_s > GONE_S:
            return frame
        copy = _copied(frame)
        passed_s, self._t_s = frame.t_s - self._t_s, frame.t_s
        moved = self._moved(copy) if passed_s <= HOLE_S else None
        if moved is None or self._room is None:
            self._room, self._seen_s, self._came_s = copy, -math.inf, math.inf
            self._was_there_s = np.full(copy.shape[:2], -math.inf, np.float32)
            return frame
        other = None if own is None else self._other(moved, own, frame, in_form=in_form)
        step = (LEARNED_PER_S if other is None else KEPT_PER_S) * passed_s
        self._room += np.clip(copy - self._room, -step, step)
        return frame if other is None else self._filled(frame, other)

    def _moved(self, copy: Copy) -> Mask | None:
        """Return where a copy differs from the room, 1 or 0; None if everything does."""
        if self._room is None or self._room.shape != copy.shape:
            return None
        change = copy - self._room
        light = np.median(change[::4, ::4], axis=(0, 1))  # the camera's exposure
        low, high = (light + edge for edge in (-DIFFERENT, DIFFERENT))
        alike = cv2.inRange(change, (*low.tolist(), 0.0), (*high.tolist(), 0.0))
        moved = (alike == 0).astype(np.uint8)
        return None if cv2.countNonZero(moved) > CHANGED * moved.size else moved

    def _other(self, moved: Mask, own: Pose, frame: Frame, *, in_form: bool) -> Mask | None:
        """Return a mask, 1 where something moves that is not the person; None if nobody passes."""
        passing = in_form and frame.t_s - self._seen_s <= GONE_S
        if not passing or self._own is None or self._follows(own, frame.t_s):
            self._own, self._own_s = own, frame.t_s
        scale = moved.shape[1] / frame.image_bgr.shape[1]
        least = LEAST * (scale * size_of(self._own)) ** 2
        if not passing:
            apart = _large(moved, least, away_from=self._trail(moved.shape, scale, frame.t_s))
            self._left = np.where(apart > 0, np.uint8(0), moved)
            self._came_s = min(self._came_s, frame.t_s) if apart.any() else math.inf
            if not in_form or frame.t_s - self._came_s < COMES_S:
                return None
        other: Mask = moved & (_shape(moved.shape, self._own, OWN, scale) == 0)
        if self._left is not None:  # where the person was before somebody came
            other = np.where(self._left > 0, np.uint8(0), other)
        if _large(other, least).any():
            self._seen_s = frame.t_s
        return other

    def _trail(self, shape: tuple[int, ...], scale: float, t_s: float) -> Mask:
        """Return where the person is or was in the last seconds, with what is near, 1 or 0."""
        assert self._own is not None  # noqa: S101 - the person was found
        assert self._was_there_s is not None  # noqa: S101 - made with the room
        self._was_there_s[_shape(shape, self._own, APART, scale) > 0] = t_s
        return (self._was_there_s >= t_s - TRAIL_S).astype(np.uint8)

    def _follows(self, own: Pose, t_s: float) -> bool:
        """Whether a body can have moved from the person's shape to a pose."""
        assert self._own is not None  # noqa: S101 - asked only then
        way = self._own.image_px[JOINTS, :2] - own.image_px[JOINTS, :2]
        longest = float(np.hypot(way[:, 0], way[:, 1]).max()) / max(size_of(self._own), 1.0)
        return longest <= STEP + STEP_PER_S * min(t_s - self._own_s, LONGEST_STEP_S)

    def _filled(self, frame: Frame, other: Mask) -> Frame:
        """Return a frame with the room in place of what is not the person."""
        assert self._own is not None  # noqa: S101 - somebody passes beside the person
        assert self._room is not None  # noqa: S101 - it was compared
        image = frame.image_bgr.copy()
        size = image.shape[1], image.shape[0]
        wider = cv2.dilate(other * np.uint8(255), np.ones((3, 3), np.uint8))
        there = np.asarray(cv2.resize(wider, size, interpolation=cv2.INTER_LINEAR)) > _FILLED
        there &= _shape(image.shape[:2], self._own, OWN) == 0
        room = np.asarray(cv2.resize(np.round(self._room).astype(np.uint8), size))
        image[there] = room[there]
        return replace(frame, image_bgr=image)


def _copied(frame: Frame) -> Copy:
    height, width = frame.image_bgr.shape[:2]
    image = frame.image_bgr
    if width >= 8 * COPY_PX:  # some pixels of a large image are enough
        some = 4 * COPY_PX, max(1, round(4 * COPY_PX * height / width))
        image = np.asarray(cv2.resize(image, some, interpolation=cv2.INTER_NEAREST), np.uint8)
    size = COPY_PX, max(1, round(COPY_PX * height / width))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _large(mask: Mask, least: float, away_from: Mask | None = None) -> Mask:
    """Return the coherent parts of a mask of at least an area that do not touch another one."""
    _count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    wanted = stats[:, cv2.CC_STAT_AREA] >= least
    wanted[0] = False
    if away_from is not None:
        wanted[np.unique(labels[away_from > 0])] = False
    return np.asarray(wanted[labels], np.uint8)


def _shape(shape: tuple[int, ...], pose: Pose, margin: float, scale: float = 1.0) -> Mask:
    mask = np.zeros(shape[:2], np.uint8)
    draw(mask, pose, margin, scale)
    return mask


def draw(mask: Mask, pose: Pose, margin: float, scale: float = 1.0) -> None:
    """Fill a body's shape in a mask (height, width): its bones and head, and what is near them.

    Args:
        mask: what is drawn in, with 255.
        pose: the body.
        margin: distance from a bone that belongs to the shape, in sizes of the body.
        scale: size of the mask's pixels: 0.5 if it has half the image's width.
    """
    points = np.round(scale * pose.image_px[:, :2]).astype(int).tolist()
    wide = max(1, round(2 * margin * scale * size_of(pose)))
    for first, second in _BONES:
        cv2.line(mask, points[first], points[second], 255, wide)
    cv2.circle(mask, points[INDEX["nose"]], wide, 255, -1)


def size_of(pose: Pose) -> float:
    """Return the diagonal of the joints' box in pixels."""
    joints = pose.image_px[JOINTS, :2]
    return float(np.hypot(*(joints.max(axis=0) - joints.min(axis=0))))
