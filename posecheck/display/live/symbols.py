"""The sign of each phase of a routine that has no verdict: told apart by its shape alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import display
from posecheck.live.coach.prompt import Phase
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Point = tuple[float, float]


def draw_symbol(image: Image, phase: Phase, centre: Point, radius: float) -> None:
    """Draw the sign of a phase into a circle of the given radius in pixels."""
    _SYMBOLS[phase](image, centre, radius)


def draw_brackets(
    image: Image,
    corners: tuple[Point, Point],
    length: float,
    colour: display.Colour,
    thickness: int,
) -> None:
    """Draw the four corners of a frame between its top left and bottom right corner."""
    (left, top), (right, bottom) = corners
    for x, along in ((left, length), (right, -length)):
        for y, down in ((top, length), (bottom, -length)):
            display.draw_line(image, (x, y), (x + along, y), colour, thickness)
            display.draw_line(image, (x, y), (x, y + down), colour, thickness)


def _frame(image: Image, centre: Point, radius: float) -> None:
    x, y = centre
    reach = radius * 0.8
    corners = ((x - reach, y - reach), (x + reach, y + reach))
    draw_brackets(image, corners, reach * 0.65, display.BLUE, round(radius * 0.16))
    display.draw_dot(image, (x, y - reach * 0.3), radius * 0.2, display.BLUE)
    _polygon(image, centre, radius, ((-0.32, 0.55), (-0.2, 0.02), (0.2, 0.02), (0.32, 0.55)))


def _arrow(image: Image, centre: Point, radius: float) -> None:
    x, y = centre
    thickness, foot = round(radius * 0.2), y + radius * 0.3
    display.draw_line(image, (x, y - radius * 0.75), (x, foot), display.BLUE, thickness)
    for aside in (-0.42, 0.42):
        start = (x + aside * radius, y - radius * 0.12)
        display.draw_line(image, start, (x, foot), display.BLUE, thickness)
    floor = y + radius * 0.72
    ends = (x - radius * 0.6, floor), (x + radius * 0.6, floor)
    display.draw_line(image, *ends, display.BLUE, thickness)


def _check(image: Image, centre: Point, radius: float) -> None:
    display.draw_dot(image, centre, radius, display.GREEN)
    display.draw_check(image, centre, radius * 0.5, display.WHITE, round(radius * 0.22))


def _hourglass(image: Image, centre: Point, radius: float) -> None:
    for turn in (-1, 1):
        bulb = ((-0.5, 0.72 * turn), (0.5, 0.72 * turn), (0.06, 0.0), (-0.06, 0.0))
        _polygon(image, centre, radius, bulb)
        x, y = centre
        level = y + turn * radius * 0.8
        ends = (x - radius * 0.62, level), (x + radius * 0.62, level)
        display.draw_line(image, *ends, display.BLUE, round(radius * 0.16))


def _swap(image: Image, centre: Point, radius: float) -> None:
    x, y = centre
    thickness = round(radius * 0.18)
    for turn in (-1, 1):
        level, tip = y + turn * radius * 0.36, x - turn * radius * 0.78
        display.draw_line(
            image, (x + turn * radius * 0.78, level), (tip, level), display.BLUE, thickness
        )
        for barb in (-0.3, 0.3):
            end = (tip + turn * radius * 0.34, level + barb * radius)
            display.draw_line(image, (tip, level), end, display.BLUE, thickness)


def _bars(image: Image, centre: Point, radius: float) -> None:
    for aside in (-0.36, 0.36):
        left, right = aside - 0.16, aside + 0.16
        _polygon(
            image, centre, radius, ((left, -0.65), (right, -0.65), (right, 0.65), (left, 0.65))
        )


def _polygon(image: Image, centre: Point, radius: float, corners: tuple[Point, ...]) -> None:
    shift = 3
    points = (np.array(corners) * radius + centre) * (1 << shift)
    cv2.fillConvexPoly(image, np.rint(points).astype(np.int32), display.BLUE, cv2.LINE_AA, shift)


_SYMBOLS: Final[dict[Phase, Callable[[Image, Point, float], None]]] = {
    Phase.SET_UP: _frame,
    Phase.GET_INTO_POSITION: _arrow,
    Phase.HOLD: _arrow,
    Phase.COMPLETE: _check,
    Phase.REST: _hourglass,
    Phase.CHANGE_SIDE: _swap,
    Phase.PAUSED: _bars,
    Phase.DONE: _check,
}
