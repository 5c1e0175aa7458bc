"""Geometry: points in, degrees and ratios out; pure, vectorised, missing is NaN.

Points are arrays whose last axis holds the coordinates: 2 for the image (pixels, x
right, y down), 3 for the body (metres, x right, y down, z away from the camera). All
leading axes broadcast, so one frame and a whole recording go through the same code.
Degenerate figures (two points in one place) and missing points give NaN.

`SteadyThigh` smooths lengths over the last seconds, because bones do not change.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    from posecheck.measure.body import PoseArrays

    Floats: TypeAlias = NDArray[np.floating[Any]]


UP: Final = np.array([0.0, -1.0, 0.0])
"""Upward direction in body coordinates, for a level camera."""

OPTICAL_AXIS: Final = np.array([0.0, 0.0, 1.0])
"""Direction of the camera's view, in body coordinates."""


def length(vector: Floats) -> Floats:
    """Return the Euclidean length over the last axis, in the vector's unit."""
    return np.asarray(np.sqrt(np.add.reduce(vector * vector, axis=-1)))


def unit(vector: Floats) -> Floats:
    """Return the vector with length 1; NaN where it has no direction."""
    size = length(vector)[..., None]
    return vector / np.where(size > 0, size, np.nan)


def angle_between_deg(first: Floats, second: Floats) -> Floats:
    """Return the angle between two directions, in degrees within [0, 180].

    The arc tangent of half-sums is used rather than the arc cosine, which loses half
    its digits near 0 and 180 degrees (W. Kahan, "How futile are mindless assessments of
    roundoff", 2006, section 12).
    """
    a, b = unit(first), unit(second)
    return np.asarray(np.degrees(2 * np.arctan2(length(a - b), length(a + b))))


def joint_angle_deg(proximal: Floats, joint: Floats, distal: Floats) -> Floats:
    """Return the interior angle at a joint, in degrees within [0, 180]; 180 is straight."""
    return angle_between_deg(proximal - joint, distal - joint)


def sagittal_angle_deg(proximal: Floats, joint: Floats, distal: Floats, leftward: Floats) -> Floats:
    """Return the angle at a joint measured through the front of the body, within [0, 360).

    Below 180 the joint is flexed, 180 is straight, above 180 it is extended backwards.
    The three points are first projected on the plane whose normal is ``leftward``.

    Args:
        proximal: (..., 3), for the hip the shoulder.
        joint: (..., 3), for the hip the hip.
        distal: (..., 3), for the hip the knee.
        leftward: (..., 3), from the person's right to the person's left.
    """
    normal = unit(leftward)

    def in_plane(vector: Floats) -> Floats:
        return unit(vector - (vector * normal).sum(axis=-1, keepdims=True) * normal)

    upper, lower = in_plane(proximal - joint), in_plane(distal - joint)
    # up x forward points to the person's left in these axes (x right, y down, z away),
    # so the turn from the trunk over the front of the body to the thigh is positive.
    sine = (np.cross(upper, lower) * normal).sum(axis=-1)
    cosine = (upper * lower).sum(axis=-1)
    return np.asarray(np.degrees(np.arctan2(sine, cosine)) % 360)


def inclination_deg(direction: Floats) -> Floats:
    """Return the angle between a body direction (..., 3) and straight up, within [0, 180]."""
    return angle_between_deg(direction, UP)


def limb_coordinates(
    point: Floats, proximal: Floats, joint: Floats, distal: Floats
) -> tuple[Floats, Floats]:
    """Return the coordinates of a point along a bent limb, in lengths of its upper part.

    Args:
        point: (..., D) the point, for instance the ankle of the other leg.
        proximal: (..., D) start of the upper part, for instance the hip.
        joint: (..., D) the joint and origin, for instance the knee.
        distal: (..., D) end of the lower part, for instance the ankle.

    Returns:
        ``along``: positive beyond the joint, in the direction proximal -> joint;
        ``across``: positive toward the side of the lower part, perpendicular to ``along``.
    """
    upper = joint - proximal
    size = length(upper)
    size = np.where(size > 0, size, np.nan)
    axis = unit(upper)
    lower = distal - joint
    sideways = unit(lower - (lower * axis).sum(axis=-1, keepdims=True) * axis)
    offset = point - joint
    return (offset * axis).sum(axis=-1) / size, (offset * sideways).sum(axis=-1) / size


def off_side_deg(leftward: Floats) -> Floats:
    """Return the angle of the camera's view from an exact side view, in degrees.

    0 when the camera looks along the person's left-right axis, 90 when it looks at right
    angles to it (from the front, the back, above, or along the body).

    Args:
        leftward: (..., 3) from the person's right to the person's left.
    """
    angle = angle_between_deg(leftward, OPTICAL_AXIS)
    return np.minimum(angle, 180 - angle)


THIGH_S: Final = 3.0
"""Seconds over which the length of the thigh is smoothed; bones do not change."""

SIZE_S: Final = 1.0
"""Seconds over which the pixels per metre are smoothed; a person may come nearer."""


@dataclass(frozen=True, eq=False)
class LegScale:
    """Lengths of a thigh over N frames.

    Attributes:
        thigh_m: (N,) metres of the world landmarks.
        thigh_px: (N,) pixels, as if the thigh were seen from the side.
    """

    thigh_m: Floats
    thigh_px: Floats


class SteadyThigh:
    """The length of a person's thigh, smoothed over the last seconds.

    The mean world thigh is the median over `THIGH_S`, the pixels per metre over `SIZE_S`.
    """

    def __init__(self) -> None:
        """Begin without any frame."""
        self._thigh_m = _RunningMedian(THIGH_S)
        self._px_per_m = _RunningMedian(SIZE_S)

    def of(self, body: PoseArrays) -> LegScale:
        """Take in the next frames; return the lengths at each of them."""
        thighs = [
            length(body.world(f"{side}_hip") - body.world(f"{side}_knee"))
            for side in ("left", "right")
        ]
        times = body.t_s.tolist()
        thigh_m = self._thigh_m.over(times, ((thighs[0] + thighs[1]) / 2).tolist())
        px_per_m = self._px_per_m.over(times, body.px_per_m.tolist())
        return LegScale(thigh_m, thigh_m * px_per_m)


class _RunningMedian:
    """Median of the values of the last seconds; NaN is left out."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._past: deque[tuple[float, float]] = deque()
        self._sorted: list[float] = []

    def over(self, times: list[float], values: list[float]) -> Floats:
        """Return the median at each time, (N,); NaN without any value."""
        return np.array([self._next(t, x) for t, x in zip(times, values, strict=True)], dtype=float)

    def _next(self, t_s: float, value: float) -> float:
        past, ordered = self._past, self._sorted
        while past and t_s - past[0][0] > self._seconds:
            del ordered[bisect_left(ordered, past.popleft()[1])]
        if math.isfinite(value):
            past.append((t_s, value))
            insort(ordered, value)
        if not ordered:
            return math.nan
        half = len(ordered) // 2
        return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
