"""Was the stretch tried, and when does a timer take over that does not judge?

A person who does the steps and is not seen well, or whose form stays short of the limits, would
wait for ever. After some time a timer runs instead; its time is "not judged". Landmarks and
verdicts go in, one moment after the other; no clock is read.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.landmarks import INDEX
from posecheck.types import Side, State

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from posecheck.ledger import Step
    from posecheck.measure.body import PoseArrays

TIMER_AFTER_S: Final = 30.0
"""Seconds of waiting for a hold after which a timer takes over, if the steps were tried."""

TIMER_AGAIN_S: Final = 15.0
"""The same once a timer had to be run and no hold was completed since: the person would wait in the
stretch each time."""

TIMER_LATEST_S: Final = 60.0
"""Seconds of waiting after which a timer takes over also if the form is far from the limits but the
legs were moved, or if it is near to them and the legs were not: somebody was in the stretch from
the beginning."""

TREMBLES_S: Final = 10.0
"""Further seconds after which the legs need not rest: in a poor view their landmarks tremble."""

MOVED_LENGTHS: Final = 0.35
"""Movement of a knee or an ankle against the hips, in mean bone lengths, above which the legs have
left the place where the wait began; landmarks of hidden legs tremble by 0.1 to 0.2."""

STILL_LENGTHS: Final = 0.35
"""Largest movement within `STILL_S` of legs that rest, in mean bone lengths."""

STILL_S: Final = 2.0
"""Seconds without movement after which the person rests in a posture."""

_LEGS: Final = [INDEX[f"{side}_{name}"] for side in ("left", "right") for name in ("knee", "ankle")]


@dataclass(slots=True)
class Attempt:
    """State of the present wait for a hold.

    Attributes:
        waited_s: seconds of this wait, holds and absence left out.
        tried: whether the legs were moved and most of what could be judged was met since.
    """

    waited_s: float = 0.0
    tried: bool = False
    _timers: int = 0
    _moved: bool = False
    _met: bool = False
    _start: NDArray[np.float64] | None = None
    _lately: deque[tuple[float, NDArray[np.float64]]] = field(default_factory=deque)
    _t_s: float | None = None

    def begin(self) -> None:
        """Begin to wait for another repetition."""
        self.waited_s, self.tried, self._moved, self._start = 0.0, False, False, None
        self._lately.clear()

    def succeeded(self) -> None:
        """Note that a hold was completed: the view is good enough."""
        self._timers = 0

    def timed(self) -> None:
        """Note that a timer was run."""
        self._timers += 1

    def look(self, body: PoseArrays, step: Step, *, waits: bool) -> None:
        """Take in one moment.

        Args:
            body: the observation of the moment, in one row.
            step: the judge's step for it.
            waits: whether a hold is waited for and the person was found.
        """
        passed_s = 0.0 if self._t_s is None else step.t_s - self._t_s
        self._t_s = step.t_s
        if not body.present[0]:
            return
        if waits:
            self.waited_s += passed_s
        self._mind_legs(body, step.t_s)
        self._met = mostly_met(step)
        self.tried = self.tried or (self._moved and self._met)

    def timer_is_due(self) -> bool:
        """Whether a timer should take over now."""
        after_s = TIMER_AGAIN_S if self._timers else TIMER_AFTER_S
        still = self._is_still()
        rests = still or (self._met and self.waited_s >= after_s + TREMBLES_S)
        if self.tried and self.waited_s >= after_s and rests:
            return True
        return self.waited_s >= TIMER_LATEST_S and (self._met or (self._moved and still))

    def _mind_legs(self, body: PoseArrays, t_s: float) -> None:
        scale_px = float(body.scale_px[0])
        if not scale_px > 0:
            return
        legs = (body.image_px[0, _LEGS, :2] - body.hip_centre_px[0]) / scale_px
        if self._start is None:
            self._start = legs
        self._moved = self._moved or _largest(legs - self._start) > MOVED_LENGTHS
        self._lately.append((t_s, legs))
        while len(self._lately) > 1 and t_s - self._lately[1][0] >= STILL_S:
            self._lately.popleft()

    def _is_still(self) -> bool:
        if not self._lately or self._lately[-1][0] - self._lately[0][0] < STILL_S:
            return False
        places = np.stack([legs for _, legs in self._lately])
        return _largest(np.ptp(places, axis=0)) <= STILL_LENGTHS


def _largest(moves: NDArray[np.float64]) -> float:
    """Return the second largest movement of four points; one may be guessed by the model."""
    lengths = np.sort(np.hypot(moves[:, 0], moves[:, 1]))
    return float(lengths[-2])


def mostly_met(step: Step) -> bool:
    """Whether less than half of the required rules are broken; those unseen are not broken."""
    required = [reading for reading in step.verdict.readings if reading.required]
    wrong = sum(reading.state is State.WRONG for reading in required)
    return bool(required) and 2 * wrong < len(required)


@dataclass(slots=True)
class Timer:
    """A timer that runs instead of judging.

    Attributes:
        side: the stretched side that is asked for.
        start_s: when it began, seconds since the source began.
        yields: whether a longer hold may take over; one that was lost again may not.
        not_judged_us: microseconds so far in which nothing valid was counted.
    """

    side: Side
    start_s: float
    yields: bool = True
    not_judged_us: int = 0

    def take(self, step: Step) -> None:
        """Take in the step of one moment."""
        interval = step.interval
        if interval is not None and interval.state is not State.VALID:
            self.not_judged_us += interval.duration_us
