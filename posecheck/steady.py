"""Lengths that are steadied over the seconds just passed, because bones do not change."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.geometry import length

if TYPE_CHECKING:
    from posecheck.body import Body
    from posecheck.geometry import Floats

THIGH_S: Final = 3.0
"""Seconds over which the length of the thigh is steadied; bones do not change."""

SIZE_S: Final = 1.0
"""Seconds over which the pixels a metre are steadied; a person may come nearer."""


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
    """The length of a person's thigh, steadied over the time just passed.

    The mean world thigh is the median over `THIGH_S`, the pixels a metre over `SIZE_S`.
    """

    def __init__(self) -> None:
        """Begin without any frame."""
        self._thigh_m = _RunningMedian(THIGH_S)
        self._px_per_m = _RunningMedian(SIZE_S)

    def of(self, body: Body) -> LegScale:
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
