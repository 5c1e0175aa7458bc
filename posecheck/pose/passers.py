"""Somebody who passes: whether another body moves at the legs of the person who is followed.

A pose model sees one body. Where legs pass behind a raised knee, it gives them to the person for
half a second or more. It does not find the other body, of which it sees a part only. But a camera
that stands shows what has moved: `PasserWatch` compares small copies of the images with a running
picture of the room. What comes in beside the person, apart from every place where the person is or
was just before, is somebody who passes, and is followed from image to image until it is gone. The
person's own limbs and the places that they leave are never that.

It changes no pose. While the passer's area touches the person's legs, and half a second longer, the
frames are marked as disturbed (`posecheck.types.Observation`).

Lengths are in sizes of the body, the diagonal of its shoulders, hips, knees and ankles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.landmarks import INDEX, SIDE_BONES, TRUNK_BONES
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from posecheck.types import Frame, Pose

    Mask = NDArray[np.uint8]
    Copy = NDArray[np.float32]

COPY_PX: Final = (96, 128)
"""Largest width and height of the small copies, in pixels."""

LOOK_S: Final = 0.06
"""Shortest time between two looks in seconds."""

DIFFERENT: Final = 18.0
"""Difference of brightness in one colour, of 255, from which a place of a copy has changed."""

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
"""Longest time between two looks in seconds, after which the room is learned anew."""

OWN: Final = 0.08
"""Distance from a bone that belongs to the person."""

APART: Final = 0.14
"""The same from which on something that moves is not the person."""

TRAIL_S: Final = 3.0
"""Seconds for which a place where the person was may still differ from the room."""

FIRST: Final = 0.03
"""Smallest area apart from the person, in squared sizes, by which somebody is noticed."""

BAR: Final = 8.0
"""Largest difference of brightness within a column of a bar at the side of the picture."""

ALONE: Final = 0.6
"""Least share of that area in all that has moved apart from the person. When the camera itself
moves, edges differ all over the image."""

COMES: Final = 0.06
"""Smallest area that it must reach to be somebody; a walking person has 0.1 to 0.3."""

FARTHEST: Final = 10
"""Largest coordinate of a landmark, in sizes of the image, with which a pose is looked at."""

COMES_S: Final = 0.1
"""Seconds for which it must be seen before."""

GOES_ON: Final = 0.03
"""Smallest area that somebody who passes still has beside and behind the person."""

SPEED_PER_S: Final = 1.2
"""Fastest movement of such an area in sizes per second, with `STEP` for its change of shape."""

STEP: Final = 0.1
"""Distance within which such an area is the same one at the next look, however soon that comes."""

GONE_S: Final = 0.5
"""Seconds after which an area that is not seen any more is gone."""

LONGEST_S: Final = 10.0
"""Longest time in seconds for which somebody passes; after it they belong to the room."""

AT_THE_LEGS: Final = 0.25
"""Distance of a hip, knee or ankle from that area within which the model may take one for the
other. On rendered clips limbs were lost within 0.2."""

AFTER_S: Final = 0.5
"""Seconds for which the legs are uncertain afterwards: the model smooths over 0.1 to 0.3 s, and
crossed legs must have been seen for 0.15 s."""

JOINTS: Final = [
    INDEX[f"{side}_{joint}"]
    for side in ("left", "right")
    for joint in ("shoulder", "hip", "knee", "ankle")
]
"""Joints that give a body's size."""

_LEGS: Final = [
    INDEX[f"{side}_{joint}"] for side in ("left", "right") for joint in ("hip", "knee", "ankle")
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
class PasserWatch:
    """Comparison of each frame with the room, in the order of time."""

    _room: Copy | None = None
    _t_s: float = -math.inf
    _was_there_s: Copy | None = None
    _left: Mask | None = None
    _area: Mask | None = None
    _came_s: float = math.inf
    _large_s: float = math.inf
    _seen_s: float = -math.inf
    _touched_s: float = -math.inf

    def disturbed(self, frame: Frame, pose: Pose | None) -> bool:
        """Whether somebody who passes is at the person's legs, or was up to `AFTER_S` ago.

        Args:
            frame: the next frame.
            pose: the person's pose in it; None if nobody was found.
        """
        if not 0 <= frame.t_s - self._t_s < LOOK_S:
            self._look(frame, pose)
        return pose is not None and frame.t_s - self._touched_s <= AFTER_S

    def _look(self, frame: Frame, pose: Pose | None) -> None:
        copy = _copied(frame)
        passed_s, self._t_s = frame.t_s - self._t_s, frame.t_s
        moved = self._moved(copy) if 0 <= passed_s <= HOLE_S else None
        if moved is None or self._room is None:
            self._room, self._area, self._left = copy, None, None
            self._was_there_s = np.full(copy.shape[:2], -math.inf, np.float32)
            return
        if pose is not None and np.all(
            np.abs(pose.image_px[:, :2]) <= FARTHEST * max(frame.size_px)
        ):
            scale = copy.shape[1] / frame.image_bgr.shape[1]
            self._find(moved, pose, scale)
            if self._area is not None and self._passes and self._seen_s == frame.t_s:
                self._touch(self._area, pose, scale)
        step = (LEARNED_PER_S if self._area is None else KEPT_PER_S) * passed_s
        self._room += np.clip(copy - self._room, -step, step)

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

    def _find(self, moved: Mask, pose: Pose, scale: float) -> None:
        """Find the area of somebody who passes among what has moved."""
        size_px = scale * size_of(pose)
        trail = self._trail(moved.shape, pose, scale)
        if self._area is not None and self._goes_on(moved, pose, scale):
            return
        self._area = None
        apart = _large(moved, FIRST * size_px**2, away_from=trail, edges=_edges(self._room))
        self._left = np.where(apart > 0, np.uint8(0), moved)
        elsewhere = np.where(trail > 0, np.uint8(0), moved)
        if cv2.countNonZero(apart) > ALONE * cv2.countNonZero(elsewhere):
            self._area, self._came_s, self._seen_s = apart, self._t_s, self._t_s
            self._large_s = math.inf

    def _goes_on(self, moved: Mask, pose: Pose, scale: float) -> bool:
        """Whether the area of somebody who passes is still there; find it again."""
        assert self._area is not None  # noqa: S101 - asked only then
        unseen_s = self._t_s - self._seen_s
        if unseen_s > GONE_S or self._t_s - self._came_s > LONGEST_S:
            return False
        size_px = scale * size_of(pose)
        reach_px = math.ceil((STEP + SPEED_PER_S * unseen_s) * size_px)
        near = np.asarray(
            cv2.dilate(self._area, np.ones((2 * reach_px + 1,) * 2, np.uint8)), np.uint8
        )
        other = moved & (_shape(moved.shape, pose, OWN, scale) == 0)
        if self._left is not None:  # where the person was before somebody came
            other = np.where(self._left > 0, np.uint8(0), other)
        area = _large(other, GOES_ON * size_px**2, touching=near)
        if not area.any():
            return self._passes
        self._area, self._seen_s = area, self._t_s
        if cv2.countNonZero(area) >= COMES * size_px**2:
            self._large_s = min(self._large_s, self._t_s)
        return True

    @property
    def _passes(self) -> bool:
        """Whether the area is large enough, and was seen long enough, to be somebody."""
        return self._seen_s >= max(self._came_s + COMES_S - 1e-6, self._large_s)

    def _trail(self, shape: tuple[int, ...], pose: Pose, scale: float) -> Mask:
        """Return where the person is or was in the last seconds, with what is near, 1 or 0."""
        assert self._was_there_s is not None  # noqa: S101 - made with the room
        self._was_there_s[_shape(shape, pose, APART, scale) > 0] = self._t_s
        return (self._was_there_s >= self._t_s - TRAIL_S).astype(np.uint8)

    def _touch(self, area: Mask, pose: Pose, scale: float) -> None:
        """Notice whether an area lies at the legs."""
        far = cv2.distanceTransform((area == 0).astype(np.uint8), cv2.DIST_L2, 5)
        points = np.round(scale * pose.image_px[_LEGS, :2]).astype(int)
        column = np.clip(points[:, 0], 0, area.shape[1] - 1)
        row = np.clip(points[:, 1], 0, area.shape[0] - 1)
        if float(np.asarray(far)[row, column].min()) <= AT_THE_LEGS * scale * size_of(pose):
            self._touched_s = self._t_s


def _copied(frame: Frame) -> Copy:
    height, width = frame.image_bgr.shape[:2]
    scale = min(COPY_PX[0] / width, COPY_PX[1] / height)
    size = max(1, round(scale * width)), max(1, round(scale * height))
    # Four pixels of each place are enough; the mean of all takes twenty times as long.
    some = cv2.resize(frame.image_bgr, (2 * size[0], 2 * size[1]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.resize(some, size, interpolation=cv2.INTER_AREA), np.float32)


def _edges(room: Copy | None) -> tuple[int, int]:
    """Return the first and the last column of the room, without bars of one colour at the sides."""
    assert room is not None  # noqa: S101 - it was compared
    spread = (room.max(axis=0) - room.min(axis=0)).max(axis=1)
    shown = np.flatnonzero(spread > BAR)
    if not shown.size:
        return 0, len(spread) - 1
    # Of the column beside a bar a part is the bar's.
    first, last = int(shown[0]), int(shown[-1])
    return first + (first > 0), last - (last < len(spread) - 1)


def _large(
    mask: Mask,
    least: float,
    *,
    away_from: Mask | None = None,
    touching: Mask | None = None,
    edges: tuple[int, int] | None = None,
) -> Mask:
    """Return the coherent parts of a mask of at least an area.

    Args:
        mask: 1 or 0.
        least: the area in pixels.
        away_from: a mask that they must not touch.
        touching: a mask that they must touch.
        edges: first and last column, of which they must reach one.
    """
    _count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    wanted = stats[:, cv2.CC_STAT_AREA] >= least
    wanted[0] = False
    if away_from is not None:
        wanted[np.unique(labels[away_from > 0])] = False
    if edges is not None:
        left = stats[:, cv2.CC_STAT_LEFT]
        wanted &= (left <= edges[0]) | (left + stats[:, cv2.CC_STAT_WIDTH] > edges[1])
    if touching is not None:
        reached = np.zeros_like(wanted)
        reached[np.unique(labels[touching > 0])] = True
        wanted &= reached
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
