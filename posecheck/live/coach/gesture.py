"""Both hands above the head: a gesture that pauses a session and goes on, from the mat.

Both arms reach up, nearly straight, and the hands are higher in the picture than the face. Somebody
who stands or sits reaches above the head; somebody who lies reaches for the ceiling. Arms that rest
on the floor beyond the head of a lying person point along the trunk and are no gesture, and neither
are hands that hold a leg: they are not straight up.

To count, both hands must have come up from below within a second, they must be seen, and no hold
may run. The gesture fires once; the hands must come down before it can fire again.

No clock is read. Directions are those of the picture: up is toward its upper edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.landmarks import INDEX

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from posecheck.types import Observation, Pose

HELD_S: Final = 1.5
"""Seconds that both hands must stay up."""

RAISED_WITHIN_S: Final = 1.0
"""Longest time from hands that are down to hands that are up."""

BLINK_S: Final = 0.25
"""Seconds for which the hands may be unseen, or not quite up, without a new beginning."""

GAP_S: Final = 0.5
"""Longest time between two frames; after a longer one everything begins anew."""

SEEN: Final = 0.7
"""Least visibility of the better seen wrist; from beside, one arm hides the other."""

BOTH_SEEN: Final = 0.5
"""Least visibility of both wrists at the moment when it fires. The model's visibility follows with
about a second's delay, so it is not asked for earlier."""

ALMOST: Final = 0.99
"""Largest share before it fires; it stays there while one hand is hidden."""

UP: Final = 0.75
"""Least rise of each wrist above its shoulder, as a share of the arm's length in the picture."""

DOWN: Final = 0.3
"""Rise up to which a hand counts as down."""

LEANING_DEG: Final = 50.0
"""Largest angle of each arm, in space, against the vertical of the camera, which may look up or
down; arms that reach forward, toward the camera, look raised in the picture."""

LYING_DEG: Final = 50.0
"""Angle of the trunk against the vertical of the camera from which on somebody lies."""

ALONG_DEG: Final = 50.0
"""Angle up to which the arms of somebody who lies point along the trunk: they rest on the floor."""

LEAST_ARM: Final = 0.5
"""Least length of an arm in the picture, as a share of the trunk's; a shorter one points at the
camera, and its rise means little."""

NEAR_LEG: Final = 0.3
"""Distance from a knee or shin, as a share of the trunk's length in the picture, up to which a hand
holds the leg."""

_ARMS: Final = tuple(
    tuple(INDEX[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist"))
    for side in ("left", "right")
)
_TRUNK: Final = tuple(
    INDEX[f"{side}_{joint}"] for joint in ("shoulder", "hip") for side in ("left", "right")
)
_FACE: Final = [INDEX[name] for name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear")]


@dataclass(frozen=True, slots=True)
class Gesture:
    """State of the gesture at one moment.

    Attributes:
        share: seconds that the hands have been up over `HELD_S`, in [0, 1]; the view fills a shape
            with it. 0 while they are not up.
        fired: whether it is complete at this moment, for one moment.
    """

    share: float = 0.0
    fired: bool = False


NONE: Final = Gesture()


class HandsUp:
    """Recogniser of the gesture, over time."""

    def __init__(self) -> None:
        """Begin without having seen the hands."""
        self._t_s = self._down_s = -math.inf
        self._since_s = self._up_s = -math.inf
        self._fired = self._both_seen = False

    def look(self, observation: Observation, *, holds: bool) -> Gesture:
        """Take in one frame; times must not decrease.

        Args:
            observation: of the frame.
            holds: whether a hold runs; then nothing fires, and the hands must come up anew.
        """
        t_s = observation.t_s
        if holds or t_s - self._t_s > GAP_S:
            self._forget()
        self._t_s = t_s
        hands = None if observation.pose is None else hands_of(observation.pose)
        if hands == "down":
            self._forget()
            self._down_s, self._fired = t_s, False
        elif hands == "up" and not holds and observation.pose is not None:
            self._both_seen = _wrists_seen(observation.pose).min() >= BOTH_SEEN
            self._take_up(t_s)
        if t_s - self._up_s > BLINK_S:
            self._since_s = -math.inf
        if self._since_s == -math.inf or self._fired:
            return NONE
        share = (self._up_s - self._since_s) / HELD_S
        self._fired = share >= 1.0 and self._both_seen
        return Gesture(1.0, fired=True) if self._fired else Gesture(min(share, ALMOST))

    def _take_up(self, t_s: float) -> None:
        if self._since_s == -math.inf and t_s - self._down_s <= RAISED_WITHIN_S:
            self._since_s = t_s
        self._up_s = t_s

    def _forget(self) -> None:
        self._down_s = self._since_s = self._up_s = -math.inf


def hands_of(pose: Pose) -> str | None:
    """Return "up" or "down" for both hands; None for anything else, or if both are badly seen."""
    if _wrists_seen(pose).max() < SEEN:
        return None
    # Plain numbers: this is asked for every frame, and numpy takes ten times as long for a few.
    points: list[list[float]] = pose.image_px[:, :2].tolist()
    least_px = LEAST_ARM * _trunk_px(points)
    found = []
    for arm in _ARMS:
        rise = _rise([points[row] for row in arm], least_px)
        if rise is None:
            return None
        found.append(rise)
    if max(found) <= DOWN:
        return "down"
    raised = min(found) >= UP and _above_the_face(pose) and _point_up(pose)
    return "up" if raised and not _hold_a_leg(pose, _trunk_px(points)) else None


def _rise(arm: list[list[float]], least_px: float) -> float | None:
    """Return the rise of a wrist above its shoulder, over the arm's length in the picture.

    None if the arm points at the camera, so that the rise means little.

    Args:
        arm: shoulder, elbow and wrist in pixels.
        least_px: least length of the arm in the picture.
    """
    shoulder, elbow, wrist = arm
    arm_px = math.dist(shoulder, elbow) + math.dist(elbow, wrist)
    if not arm_px or arm_px < least_px:
        return None
    return (shoulder[1] - wrist[1]) / arm_px


def _wrists_seen(pose: Pose) -> NDArray[np.float32]:
    return _both(pose.visibility, "wrist")


def _trunk_px(points: list[list[float]]) -> float:
    """Return the trunk's length in the picture, at least the breadth of the shoulders.

    Args:
        points: x and y of the 33 landmarks in pixels.
    """
    left, right, left_hip, right_hip = (points[row] for row in _TRUNK)
    shoulders = (left[0] + right[0]) / 2, (left[1] + right[1]) / 2
    hips = (left_hip[0] + right_hip[0]) / 2, (left_hip[1] + right_hip[1]) / 2
    return max(math.dist(shoulders, hips), math.dist(left, right))


def _above_the_face(pose: Pose) -> bool:
    wrists = _both(pose.image_px, "wrist")
    return bool(wrists[:, 1].max() < pose.image_px[_FACE, 1].min())


def _point_up(pose: Pose) -> bool:
    """Whether both arms point up in space, and not along the trunk of somebody who lies."""
    shoulders, hips, wrists = (_both(pose.world_m, joint) for joint in ("shoulder", "hip", "wrist"))
    trunk = shoulders.mean(axis=0) - hips.mean(axis=0)
    upright = np.array([0.0, -1.0, 0.0], dtype=np.float32)  # y points down
    arms = wrists - shoulders
    if max(_angle_deg(arm, upright) for arm in arms) > LEANING_DEG:
        return False
    lies = _angle_deg(trunk, upright) >= LYING_DEG
    return not lies or min(_angle_deg(trunk, arm) for arm in arms) > ALONG_DEG


def _hold_a_leg(pose: Pose, trunk_px: float) -> bool:
    """Whether a hand is near a knee or a shin."""
    near_px = NEAR_LEG * trunk_px
    knees, ankles = (_both(pose.image_px[:, :2], joint) for joint in ("knee", "ankle"))
    return any(
        _distance(wrist, knee, ankle) < near_px
        for wrist in _both(pose.image_px[:, :2], "wrist")
        for knee, ankle in zip(knees, ankles, strict=True)
    )


def _distance(
    point: NDArray[np.float32], start: NDArray[np.float32], end: NDArray[np.float32]
) -> float:
    """Return the distance of a point from a line that ends at both ends."""
    along = end - start
    share = float((point - start) @ along) / max(float(along @ along), 1e-9)
    return float(np.linalg.norm(point - start - min(1.0, max(0.0, share)) * along))


def _both(points: NDArray[np.float32], joint: str) -> NDArray[np.float32]:
    both: NDArray[np.float32] = points[[INDEX[f"left_{joint}"], INDEX[f"right_{joint}"]]]
    return both


def _angle_deg(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    cosine = float(one @ other) / size if size else 1.0
    return math.degrees(math.acos(min(1.0, max(-1.0, cosine))))
