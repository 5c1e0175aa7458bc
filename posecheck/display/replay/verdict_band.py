"""The band of verdicts: what posecheck says of all time, as a strip.

Height tells what colour tells, too: valid reaches to the top, wrong half way and is hatched,
unseen is a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import display
from posecheck.display import Rect
from posecheck.replay.edit.tracks import STATES
from posecheck.system.opencv import cv2
from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from posecheck.display.replay.axis import Axis
    from posecheck.replay.edit.tracks import Tracks

    Image = NDArray[np.uint8]

HEIGHTS: Final = {State.VALID: 1.0, State.WRONG: 0.55, State.UNSEEN: 0.14}
"""The share of the strip's height that each state takes."""

_GROUND: Final = (44, 42, 40)
_HATCH: Final = tuple(channel * 3 // 5 for channel in display.VERMILION)


def draw(image: Image, box: Rect, axis: Axis, tracks: Tracks) -> None:
    """Draw the strip into a box of an image; the axis lies along it."""
    cv2.rectangle(image, box, _GROUND, cv2.FILLED)
    tall, apart = box.height, max(4, box.height // 4)
    rows, columns = np.ogrid[:tall, : box.width]
    hatched = (rows + columns) % apart < apart / 3
    for first, last, state in stretches(axis, tracks):
        height = max(3, round(tall * HEIGHTS[state]))
        part = Rect(first, box.y + tall - height, last - first, height)
        cv2.rectangle(image, part, display.STATE_COLOURS[state], cv2.FILLED)
        if state is State.WRONG:
            place = image[part.y : part.y + height, first:last]
            place[hatched[:height, first - box.x : last - box.x]] = _HATCH
        if state is not State.UNSEEN and part.width > 0.8 * tall:
            middle = (part.x + part.width / 2, part.y + part.height / 2)
            _draw_sign(image, state, middle, tall / 36)


def _draw_sign(image: Image, state: State, middle: tuple[float, float], unit: float) -> None:
    (x, y), arm = middle, 6 * unit
    if state is State.VALID:
        display.draw_check(image, middle, 9 * unit, display.WHITE, round(3 * unit))
        return
    for colour, thickness in ((display.DARK, 6 * unit), (display.WHITE, 3 * unit)):
        for sign in (-1, 1):
            ends = (x - arm, y - sign * arm), (x + arm, y + sign * arm)
            display.draw_line(image, *ends, colour, round(thickness))


def stretches(axis: Axis, tracks: Tracks) -> Iterator[tuple[int, int, State]]:
    """Yield first pixel, pixel after the last, and state of what is shown.

    A pixel has the state that takes most of its time; the time before the first and after
    the last step has none.
    """
    times_s = tracks.times_s
    if times_s.size < 2:  # noqa: PLR2004 - there is no time between fewer
        return
    edges_s = axis.from_s + np.arange(axis.width_px + 1) / axis.width_px * axis.span_s
    spent_s = np.array([np.interp(edges_s, times_s, spent) for spent in tracks.spent_s()])
    shares = np.diff(spent_s, axis=1)
    codes = np.where(shares.sum(axis=0) > 0, shares.argmax(axis=0), -1)
    changes = np.flatnonzero(np.diff(codes)) + 1
    starts, ends = np.append(0, changes).tolist(), np.append(changes, codes.size).tolist()
    for start, end in zip(starts, ends, strict=True):
        if codes[start] >= 0:
            yield axis.left_px + start, axis.left_px + end, STATES[codes[start]]
