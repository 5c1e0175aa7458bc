"""A rule's values over time with its limits: one lane of the timeline.

The allowed range is a green band, its limits are lines, the dead band beside them is
dashed. A value that breaks the rule is thick and vermilion; one that could not be judged is
thin and dim, so that nobody takes it for a measurement. Crossed legs are judged as an event:
their lane has no limits, but green marks at its upper edge where a frame shows them, and
vermilion ones at its lower edge where a frame shows that they are not crossed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import display
from posecheck.measure.quantities import Unit
from posecheck.replay.edit.tracks import CODE, EVIDENCE_CODE, STATES
from posecheck.system.opencv import cv2
from posecheck.types import Evidence, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from posecheck.display import Rect
    from posecheck.display.replay.axis import Axis
    from posecheck.exercises import Exercise
    from posecheck.exercises.rules import Rule
    from posecheck.replay.edit.tracks import Codes, Floats, Tracks

    Image = NDArray[np.uint8]

ALLOWED: Final = (62, 72, 36)
_FORBIDDEN: Final = (36, 36, 36)
_SPREAD: Final = {Unit.DEG: 30.0, Unit.RATIO: 0.3}
"""What a lane shows beyond its limits, in the rule's unit."""

_SHIFT: Final = 3
_LOOKS: Final = {
    State.VALID: (display.WHITE, 2),
    State.WRONG: (display.VERMILION, 4),
    State.UNSEEN: (display.DIM, 1),
}


def lanes_of(exercise: Exercise) -> tuple[Rule, ...]:
    """Return the rules in the order of their lanes: joints, other rules, then advice."""

    def rank(rule: Rule) -> tuple[bool, bool]:
        return not rule.required, not rule.measured.joint

    return tuple(sorted(exercise.rules, key=rank))


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One rule's place on the timeline.

    Attributes:
        rule: what is shown.
        box: where; its left and right edge are those of the axis.
        low, high: the values at the lower and the upper edge, in the rule's unit.
    """

    rule: Rule
    box: Rect
    low: float
    high: float

    @classmethod
    def of(cls, rule: Rule, box: Rect, tracks: Tracks) -> Lane:
        """Return a lane that shows the limits and nearly all values of a rule."""
        spread = _SPREAD[rule.unit]
        limits = [limit for limit in (rule.at_most, rule.at_least) if limit is not None]
        bounds = [edge for limit in limits for edge in (limit.enter, limit.leave)]
        low, high = min(bounds) - spread, max(bounds) + spread
        for number in tracks.columns_of(rule.name):
            values, _ = tracks.column(number)
            values = values[np.isfinite(values)]
            if values.size:
                least, most = np.percentile(values, (1, 99))
                low, high = min(low, float(least)), max(high, float(most))
        return cls(rule, box, low, high)

    def y(self, value: float) -> float:
        """Return where a value lies, in pixels, inside the lane."""
        share = (value - self.low) / (self.high - self.low)
        inner = self.box.height - 6
        return self.box.y + 3 + (1 - min(max(share, 0.0), 1.0)) * inner

    def draw(self, image: Image, axis: Axis, tracks: Tracks, max_gap_s: float) -> None:
        """Draw limits and values into an image."""
        times_s = tracks.times_s
        if self.rule.crossing is None:
            self._draw_limits(image)
        else:
            cv2.rectangle(image, self.box, _FORBIDDEN, cv2.FILLED)
            self._draw_evidence(image, axis, times_s, tracks.evidence)
        for number in tracks.columns_of(self.rule.name):
            values, states = tracks.column(number)
            self._draw_values(image, axis, (times_s, values, states), max_gap_s)

    def _draw_limits(self, image: Image) -> None:
        box, most, least = self.box, self.rule.at_most, self.rule.at_least
        left, right = box.x, box.x + box.width
        cv2.rectangle(image, box, _FORBIDDEN, cv2.FILLED)
        top = self.y(most.enter) if most else box.y
        bottom = self.y(least.enter) if least else box.y + box.height - 1
        cv2.rectangle(image, (left, round(top)), (right, round(bottom)), ALLOWED, cv2.FILLED)
        for limit in (most, least):
            if limit is None:
                continue
            y = self.y(limit.enter)
            display.draw_line(image, (left, y), (right, y), display.GREEN, 2)
            if abs(self.y(limit.leave) - y) >= 2:  # noqa: PLR2004 - else they are one line
                _dashed(image, left, right, round(self.y(limit.leave)))

    def _draw_evidence(self, image: Image, axis: Axis, times_s: Floats, codes: Codes) -> None:
        """Mark the frames that show crossed legs, and those that show them not crossed."""
        box, height = self.box, max(2, self.box.height // 8)
        foot = box.y + box.height - height
        marked = (Evidence.YES, box.y, display.GREEN), (Evidence.NO, foot, display.VERMILION)
        for evidence, top, colour in marked:
            x = np.rint(axis.x(times_s[codes == EVIDENCE_CODE[evidence]])).astype(np.intp)
            x = np.unique(x[(x >= box.x) & (x < box.x + box.width)])
            image[top : top + height, x] = colour

    def _draw_values(
        self, image: Image, axis: Axis, columns: tuple[Floats, Floats, Codes], max_gap_s: float
    ) -> None:
        times_s, values, states = columns
        first, last = np.searchsorted(times_s, (axis.from_s, axis.to_s))
        part = slice(max(0, int(first) - 1), int(last) + 1)
        t_s, values, codes = times_s[part], values[part], states[part]
        if t_s.size > 3 * axis.width_px:
            t_s, values, codes = thinned(axis, t_s, values, codes)
            max_gap_s = max(max_gap_s, 2 * axis.span_s / axis.width_px)
        share = (values - self.low) / (self.high - self.low)
        y = self.box.y + 3 + (1 - np.clip(share, 0, 1)) * (self.box.height - 6)
        x = axis.left_px + (t_s - axis.from_s) / axis.span_s * axis.width_px
        x = np.clip(x, self.box.x, self.box.x + self.box.width)
        points = np.stack([x, y], axis=1)
        for part, state in runs(t_s, values, codes, max_gap_s):
            colour, thickness = _LOOKS[state]
            line = np.rint(points[part] * (1 << _SHIFT)).astype(np.int32)
            cv2.polylines(image, [line], False, colour, thickness, cv2.LINE_AA, _SHIFT)  # noqa: FBT003


def runs(
    t_s: Floats, values: Floats, codes: Codes, max_gap_s: float
) -> Iterator[tuple[slice, State]]:
    """Yield the stretches of one state, without missing values and gaps in them.

    Each reaches to the first value of the next one, so that the curve has no holes.
    """
    if t_s.size == 0:
        return
    there = np.isfinite(values)
    joined = there[:-1] & there[1:] & (np.diff(t_s) <= max_gap_s)
    changes = np.flatnonzero(~joined | (codes[:-1] != codes[1:])) + 1
    starts, ends = np.append(0, changes).tolist(), np.append(changes, t_s.size).tolist()
    for start, end in zip(starts, ends, strict=True):
        if there[start]:
            reach = end + 1 if end < t_s.size and joined[end - 1] else end
            yield slice(start, reach), STATES[codes[start]]


def thinned(axis: Axis, t_s: Floats, values: Floats, codes: Codes) -> tuple[Floats, Floats, Codes]:
    """Return least and most of each pixel, wrong if any value in it is wrong."""
    pixel = np.floor((t_s - axis.from_s) / axis.span_s * axis.width_px)
    starts = np.flatnonzero(np.append(True, np.diff(pixel) > 0))
    there = np.isfinite(values)
    least = np.minimum.reduceat(np.where(there, values, np.inf), starts)
    most = np.maximum.reduceat(np.where(there, values, -np.inf), starts)
    wrong = np.logical_or.reduceat(codes == CODE[State.WRONG], starts)
    valid = np.logical_or.reduceat(codes == CODE[State.VALID], starts)
    code = np.where(
        wrong, CODE[State.WRONG], np.where(valid, CODE[State.VALID], CODE[State.UNSEEN])
    )
    pairs = np.stack([least, most], axis=1).ravel()
    pairs[~np.isfinite(pairs)] = np.nan
    return np.repeat(t_s[starts], 2), pairs, np.repeat(code, 2).astype(np.int8)


def limits_text(rule: Rule) -> str:
    """Return the limits as text: ``≤ 96°``, ``≥ 65°``, ``65 to 125°`` or ``as it happens``."""
    if rule.crossing is not None:
        return "as it happens"
    form = "{:.0f}" if rule.unit is Unit.DEG else "{:.2f}"
    sign = "°" if rule.unit is Unit.DEG else ""
    most = None if rule.at_most is None else form.format(rule.at_most.enter)
    least = None if rule.at_least is None else form.format(rule.at_least.enter)
    if most is not None and least is not None:
        return f"{least} to {most}{sign}"
    return f"≤ {most}{sign}" if most is not None else f"≥ {least}{sign}"


def _dashed(image: Image, left: int, right: int, y: int) -> None:
    for start in range(4):
        image[y, left + start : right : 10] = display.GREEN
