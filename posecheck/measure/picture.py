"""Curves of quantities over time as a picture: one lane a quantity, left blue and right amber.

Lines are thin and dim where the model does not take every landmark for visible. The parts
that were summed up, such as holds, are lighter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import marks
from posecheck.marks import Rect
from posecheck.opencv import cv2
from posecheck.quantities import Unit
from posecheck.replay import curves
from posecheck.replay.axis import SHORTEST_S, Axis, tick_text
from posecheck.replay.tracks import CODE
from posecheck.types import Side, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from posecheck.measure.columns import Column, Measured, Part

    Image = NDArray[np.uint8]
    Floats = NDArray[np.float64]

WIDTH_PX: Final = 1280
LANE_PX: Final = 88
_LEFT_PX, _RIGHT_PX, _TOP_PX, _FOOT_PX, _GAP_PX = 330, 40, 52, 36, 6
_BACK: Final = (36, 36, 36)
_PART: Final = (62, 62, 62)
_COLOURS: Final = {Side.LEFT: marks.BLUE, Side.RIGHT: marks.ORANGE, None: marks.WHITE}
_LEAST_SPREAD: Final = {Unit.DEG: 10.0, Unit.RATIO: 0.1}
"""A lane shows at least so much, so that trembling does not look like movement."""

_MAX_GAP_S: Final = 0.5
"""No line is drawn over a longer time without a picture."""

_UNSEEN_SHARE: Final = 0.6
"""Brightness of a line where a landmark is not visible."""

_SHIFT: Final = 3


def draw(title: str, measured: Measured, parts: Sequence[Part]) -> Image:
    """Return the curves as a picture (height, `WIDTH_PX`, 3)."""
    names = tuple(dict.fromkeys(column.name for column in measured.columns))
    height = _TOP_PX + len(names) * LANE_PX + _FOOT_PX
    image = np.full((height, WIDTH_PX, 3), marks.DARK[0], np.uint8)
    first_s, last_s = float(measured.t_s[0]), float(measured.t_s[-1])
    width = WIDTH_PX - _LEFT_PX - _RIGHT_PX
    axis = Axis(first_s, max(last_s, first_s + SHORTEST_S), _LEFT_PX, width)
    _draw_head(image, title)
    for number, name in enumerate(names):
        box = Rect(_LEFT_PX, _TOP_PX + number * LANE_PX, width, LANE_PX - _GAP_PX)
        columns = [column for column in measured.columns if column.name == name]
        _draw_lane(image, axis, box, columns, (measured.t_s, parts))
    step_s, ticks_s = axis.ticks(90)
    for t_s in ticks_s:
        said = tick_text(t_s, step_s)
        x = axis.x(t_s)
        marks.draw_line(image, (x, height - _FOOT_PX), (x, height - _FOOT_PX + 5), marks.DIM, 1)
        middle = x - marks.text_width(said, 14, marks.REGULAR) / 2
        marks.put_text(image, said, middle, height - 16, 14, marks.PALE, marks.REGULAR)
    return image


def png(image: Image) -> bytes:
    """Return a picture as the content of a PNG file."""
    good, content = cv2.imencode(".png", image)
    assert good  # noqa: S101 - an 8-bit picture of three channels can be encoded
    return content.tobytes()


def _draw_head(image: Image, title: str) -> None:
    marks.put_text(image, title, 16, _TOP_PX / 2, 20)
    x = float(WIDTH_PX - _RIGHT_PX)
    for side, said in ((None, "no side"), (Side.RIGHT, "right"), (Side.LEFT, "left")):
        x -= marks.text_width(said, 16) + 24
        marks.put_text(image, said, x, _TOP_PX / 2, 16, _COLOURS[side])


def _draw_lane(
    image: Image,
    axis: Axis,
    box: Rect,
    columns: Sequence[Column],
    when: tuple[Floats, Sequence[Part]],
) -> None:
    t_s, parts = when
    cv2.rectangle(image, box, _BACK, cv2.FILLED)
    for part in parts:
        left = round(max(axis.x(part.start_s), box.x))
        right = round(min(axis.x(part.end_s), box.x + box.width))
        if right > left:
            cv2.rectangle(image, Rect(left, box.y, right - left, box.height), _PART, cv2.FILLED)
    low, high = _range(columns)
    unit = columns[0].quantity.unit
    form = "{:.0f}°" if unit is Unit.DEG else "{:.2f}"
    marks.put_text(image, columns[0].name, 16, box.y + box.height / 2, 17)
    for value, y in ((high, box.y + 10), (low, box.y + box.height - 10)):
        said = form.format(value)
        x = box.x - 8 - marks.text_width(said, 13, marks.REGULAR)
        marks.put_text(image, said, x, y, 13, marks.PALE, marks.REGULAR)
    for column in columns:
        _draw_curve(image, axis, box, column, (t_s, low, high))


def _range(columns: Sequence[Column]) -> tuple[float, float]:
    """Return what a lane shows: nearly all values, and not less than `_LEAST_SPREAD`."""
    values = np.concatenate([column.values for column in columns])
    values = values[np.isfinite(values)]
    if values.size == 0:
        return 0.0, _LEAST_SPREAD[columns[0].quantity.unit]
    low, high = (float(edge) for edge in np.percentile(values, (1, 99)))
    more = max(0.0, _LEAST_SPREAD[columns[0].quantity.unit] - (high - low)) / 2
    return low - more, high + more


def _draw_curve(
    image: Image, axis: Axis, box: Rect, column: Column, scale: tuple[Floats, float, float]
) -> None:
    t_s, low, high = scale
    values, codes = column.values, np.where(column.seen, CODE[State.VALID], CODE[State.UNSEEN])
    codes, gap_s = codes.astype(np.int8), _MAX_GAP_S
    if t_s.size > 3 * axis.width_px:
        t_s, values, codes = curves.thinned(axis, t_s, values, codes)
        gap_s = max(gap_s, 2 * axis.span_s / axis.width_px)
    share = np.clip((values - low) / (high - low), 0, 1)
    y = box.y + 3 + (1 - share) * (box.height - 6)
    x = axis.left_px + (t_s - axis.from_s) / axis.span_s * axis.width_px
    points = np.stack([x, y], axis=1)
    for part, state in curves.runs(t_s, values, codes, gap_s):
        seen = state is State.VALID
        colour = _COLOURS[column.side] if seen else _dimmed(_COLOURS[column.side])
        line = np.rint(points[part] * (1 << _SHIFT)).astype(np.int32)
        thickness = 2 if seen else 1
        cv2.polylines(image, [line], False, colour, thickness, cv2.LINE_AA, _SHIFT)  # noqa: FBT003


def _dimmed(colour: marks.Colour) -> marks.Colour:
    blue, green, red = colour
    return round(blue * _UNSEEN_SHARE), round(green * _UNSEEN_SHARE), round(red * _UNSEEN_SHARE)
