"""People who pass beside or behind a person in the exercise's form: they are taken out of the image.

A pose model sees one body. When somebody's legs pass behind a raised knee it gives the person these
legs for half a second, and it does not find the other body, of which it sees a part only. But a
camera that stands sees where an image differs from what it showed for the last second.
`Passers` compares small copies of the images, about 130 pixels wide. Where something comes in from
outside the person's own shape, the frame is filled with what was there before.

It acts only beside a body that is in the exercise's form or was just before; a body that moves into
the exercise or out of it is never touched.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.landmarks import INDEX, SIDE_BONES, TRUNK_BONES
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from posecheck.types import Frame, Pose

    Image = NDArray[np.uint8]
    Mask = NDArray[np.uint8]

COPY_PX: Final = 128
DIFFERENT: Final = 18.0
FADES_PER_S: Final = (60.0, 10.0)
WHOLE: Final = 0.4
LONGEST_S: Final = 1.0
OWN: Final = float(os.environ.get("KEEP", "0.08"))
LEAST: Final = 0.03
OUTSIDE: Final = 0.8
STAYS_S: Final = 0.5
JUMP: Final = float(os.environ.get("JUMP", "0.12"))
JUMP_PER_S: Final = 2.0
DBG = os.environ.get("DBG")
STALE = os.environ.get("STALE", "1") == "1"
FREE = os.environ.get("FREE", "0") == "1"

_JOINTS: Final = [
    INDEX[f"{side}_{joint}"]
    for side in ("left", "right")
    for joint in ("shoulder", "hip", "knee", "ankle")
]
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
    _room: NDArray[np.float32] | None = None
    _t_s: float = -math.inf
    _passed_s: float = -math.inf
    _before: Mask | None = None
    _own: Pose | None = None
    _own_s: float = -math.inf
    painted: int = 0

    @property
    def passing(self):
        return self._t_s - self._passed_s <= STAYS_S

    def look(self, frame: Frame, own: Pose | None) -> Frame:
        """Take in a frame; return it without who passes beside a body in form (None: none is)."""
        copy = _copied(frame.image_bgr)
        passed_s, self._t_s = frame.t_s - self._t_s, frame.t_s
        room = self._room
        if room is None or room.shape != copy.shape or passed_s > LONGEST_S:
            self._forget(copy)
            return frame
        change = copy - room
        change -= np.median(change[::3, ::3], axis=(0, 1))
        differs = (np.abs(change).max(axis=2) > DIFFERENT).astype(np.uint8)
        if differs.mean() > WHOLE:
            self._forget(copy)
            return frame
        away = self._beside(differs, own, frame) if own is not None else None
        step = FADES_PER_S[away is not None] * passed_s
        room += np.clip(copy - room, -step, step)
        if away is None:
            self._before = differs
            return frame
        return self._without(frame, away)

    def _forget(self, copy):
        self._room, self._before, self._own, self._passed_s = copy, None, None, -math.inf

    def _beside(self, differs, own, frame):
        high, wide = differs.shape
        scale = wide / frame.image_bgr.shape[1]
        going = frame.t_s - self._passed_s <= STAYS_S
        if not going or self._own is None or _moved(self._own, own) <= JUMP + JUMP_PER_S*min(frame.t_s-self._own_s,0.1):
            self._own, self._own_s = own, frame.t_s
        kept = np.zeros((high, wide), np.uint8)
        draw(kept, self._own, scale, OWN)
        other = differs.copy()
        other[kept > 0] = 0
        least = LEAST * (scale * size_of(self._own)) ** 2
        count, labels, stats, _ = cv2.connectedComponentsWithStats(other)
        big = [n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] >= least]
        if not going:
            left, top, right, bottom = (round(scale * edge) for edge in box_of(self._own))
            inside = labels[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
            big = [n for n in big if np.count_nonzero(inside == n) <= (1-OUTSIDE) * stats[n, cv2.CC_STAT_AREA]]
        if not big:
            return other if going else None
        self._passed_s = frame.t_s
        return other

    def _without(self, frame, away):
        self.painted += 1
        if STALE and self._before is not None:
            away = away & ~self._before & 1
        height, width = frame.image_bgr.shape[:2]
        away = cv2.dilate(away, np.ones((3, 3), np.uint8))
        there = cv2.resize(away * 255, (width, height), interpolation=cv2.INTER_LINEAR) > 100
        kept = np.zeros((height, width), np.uint8)
        draw(kept, self._own, 1.0, OWN)
        there &= kept == 0
        image = frame.image_bgr.copy()
        room = cv2.resize(np.round(self._room).astype(np.uint8), (width, height))
        image[there] = room[there]
        if DBG: cv2.imwrite(f'/work/tmp/reach2/dbg/{frame.t_s:05.2f}.png',image)
        return replace(frame, image_bgr=image)


def _copied(image_bgr: Image) -> NDArray[np.float32]:
    height, width = image_bgr.shape[:2]
    every = max(1, width // (4 * COPY_PX))
    size = COPY_PX, max(1, round(COPY_PX * height / width))
    small = cv2.resize(image_bgr[::every, ::every], size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _moved(one: Pose, other: Pose) -> float:
    way = one.image_px[_JOINTS, :2] - other.image_px[_JOINTS, :2]
    return float(np.hypot(way[:, 0], way[:, 1]).max()) / max(size_of(one), 1.0)


def draw(mask: Mask, pose: Pose, scale: float, margin: float) -> None:
    """Fill a body's shape in a mask (height, width): its bones and head, and what is near them."""
    points = np.round(scale * pose.image_px[:, :2]).astype(int).tolist()
    wide = max(1, round(2 * margin * scale * size_of(pose)))
    for first, second in _BONES:
        cv2.line(mask, points[first], points[second], 255, wide)
    cv2.circle(mask, points[INDEX["nose"]], wide, 255, -1)


def box_of(pose: Pose, margin: float = 0.12) -> tuple[float, float, float, float]:
    points, margin = pose.image_px[:, :2], margin * size_of(pose)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left) - margin, float(top) - margin, float(right) + margin, float(bottom) + margin


def size_of(pose: Pose) -> float:
    """Return the diagonal of the joints' box in pixels."""
    joints = pose.image_px[_JOINTS, :2]
    return float(np.hypot(*(joints.max(axis=0) - joints.min(axis=0))))
