"""Small things to draw: verdict marks, text, backings, and tiles that keep them ready.

Every verdict has a colour, a shape and a word, so that it is told apart without colour.
The colours are Okabe and Ito's, which people with any common colour blindness can tell
apart. Lengths are in pixels, colours blue-green-red, images (height, width, 3) uint8.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np

from posecheck.system.opencv import cv2
from posecheck.types import MICROSECONDS, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

Colour: TypeAlias = tuple[int, int, int]

WHITE: Final[Colour] = (255, 255, 255)
PALE: Final[Colour] = (205, 205, 205)
DIM: Final[Colour] = (150, 150, 150)
DARK: Final[Colour] = (24, 24, 24)
ORANGE: Final[Colour] = (0, 159, 230)
BLUE: Final[Colour] = (233, 180, 86)
GREEN: Final[Colour] = (125, 170, 0)
VERMILION: Final[Colour] = (0, 94, 213)

STATE_COLOURS: Final = {State.VALID: GREEN, State.WRONG: VERMILION, State.UNSEEN: PALE}
"""Fill of each verdict's mark."""

BOLD: Final = 700
REGULAR: Final = 450

_BACKING_SHARE: Final = 0.36
"""What is left of the picture behind text; white text keeps 6 to 1 even on a white wall."""

_SHIFT: Final = 3
"""Fraction bits of coordinates: eighths of a pixel, so that lines do not jitter."""
_FACE: Final = cv2.FontFace("sans")
_SMALLEST_TEXT_PX: Final = 5


class Rect(NamedTuple):
    """A box in pixels: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int

    def meets(self, other: Rect) -> bool:
        """Whether the two boxes share a pixel."""
        aside, below = self.x - other.x, self.y - other.y
        return -self.width < aside < other.width and -self.height < below < other.height

    def inside(self, width: int, height: int) -> Rect:
        """Return the box moved, not shrunk, so that it begins and if possible ends inside."""
        x = max(0, min(self.x, width - self.width))
        y = max(0, min(self.y, height - self.height))
        return Rect(x, y, self.width, self.height)


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """Something drawn once and stamped often.

    Attributes:
        image: (h, w, 3) uint8, drawn on DARK.
        mask: (h, w) uint8, 255 where something is drawn.
    """

    image: Image
    mask: Image

    def stamp(self, target: Image, x: int, y: int) -> None:
        """Copy what is drawn into ``target`` with the top left corner at x, y."""
        height, width = self.mask.shape
        top, left = max(0, -y), max(0, -x)
        bottom, right = min(height, target.shape[0] - y), min(width, target.shape[1] - x)
        if top < bottom and left < right:
            cv2.copyTo(
                self.image[top:bottom, left:right],
                self.mask[top:bottom, left:right],
                target[y + top : y + bottom, x + left : x + right],
            )


def tile(width: int, height: int, draw: Callable[[Image], None]) -> Tile:
    """Return a tile of what ``draw`` draws into a dark image."""
    image = np.full((max(1, height), max(1, width), 3), DARK[0], np.uint8)
    draw(image)
    mask = np.where((image != DARK[0]).any(axis=2), 255, 0).astype(np.uint8)
    return Tile(image, mask)


def mark_tile(state: State, radius: int) -> Tile:
    """Return a tile of 2 * ``radius`` pixels square with a verdict's mark."""
    side, centre = 2 * radius, (radius, radius)
    return tile(side, side, lambda image: draw_mark(image, state, centre, radius - 0.5))


def darken(image: Image, box: Rect) -> None:
    """Let only a part of the picture shine through in a box; outside parts are ignored."""
    bottom, right = max(0, box.y + box.height), max(0, box.x + box.width)
    region = image[max(0, box.y) : bottom, max(0, box.x) : right]
    if region.size:
        cv2.convertScaleAbs(region, region, _BACKING_SHARE, 0)


def text_width(text: str, size: int, weight: int = BOLD) -> int:
    """Return the width of a line of text in pixels."""
    return int(cv2.getTextSize((0, 0), text, (0, 0), _FACE, size, weight)[2])


def put_text(  # noqa: PLR0913, PLR0917 - what, where and how
    image: Image,
    text: str,
    x: float,
    middle_y: float,
    size: int,
    colour: Colour = WHITE,
    weight: int = BOLD,
) -> None:
    """Write one line whose capitals are centred on ``middle_y``; tiny text is left out."""
    if size >= _SMALLEST_TEXT_PX:
        # Capitals and figures of the built-in font are 0.76 of its size high.
        origin = (round(x), round(middle_y + 0.38 * size))
        cv2.putText(image, text, origin, colour, _FACE, size, weight)


def wrapped(text: str, size: int, width: int) -> tuple[tuple[str, ...], int]:
    """Break text into one line or two of nearly equal width.

    Returns:
        The lines and the largest font size, from ``size`` down to half of it, that fits.
    """
    smallest = max(_SMALLEST_TEXT_PX, size // 2)
    for smaller in range(size, smallest - 1, -1):
        for lines in ((text,), _halves(text)):
            if all(text_width(line, smaller) <= width for line in lines):
                return lines, smaller
    return _halves(text), smallest


def _halves(text: str) -> tuple[str, ...]:
    """Return the text in two lines, the longer one as short as possible."""
    words = text.split()
    pairs = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    return min(pairs, key=lambda pair: max(map(len, pair)), default=(text,))


def clock(t_s: float) -> str:
    """Return a time as ``mm:ss.s``, rounded down."""
    minutes, rest = divmod(round(t_s * MICROSECONDS) // 100_000, 600)
    return f"{minutes:02d}:{rest // 10:02d}.{rest % 10}"


def draw_line(
    image: Image,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: Colour,
    thickness: int,
) -> None:
    """Draw a smooth line between two points in pixels."""
    cv2.line(image, _fixed(start), _fixed(end), colour, max(1, thickness), cv2.LINE_AA, _SHIFT)


def draw_dot(image: Image, centre: tuple[float, float], radius: float, colour: Colour) -> None:
    """Draw a smooth filled disc."""
    size = max(1, round(radius * (1 << _SHIFT)))
    cv2.circle(image, _fixed(centre), size, colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def draw_arc(  # noqa: PLR0913, PLR0917 - a geometric figure
    image: Image,
    centre: tuple[float, float],
    radius: float,
    angles_deg: tuple[float, float],
    colour: Colour,
    thickness: int,
) -> None:
    """Draw a part of a circle; angles run clockwise from the right."""
    # No chord leaves the circle by more than a sixth of a pixel; cv2.ellipse cuts so many
    # short ones that a thick smooth arc costs three times as much.
    start, end = np.radians(angles_deg)
    pieces = math.ceil(abs(end - start) * math.sqrt(0.75 * max(1.0, radius)))
    turn = np.linspace(start, end, max(2, pieces + 1))
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius + centre
    points = np.rint(ring * (1 << _SHIFT)).astype(np.int32)
    cv2.polylines(image, [points], False, colour, max(1, thickness), cv2.LINE_AA, _SHIFT)  # noqa: FBT003


def draw_mark(image: Image, state: State, centre: tuple[float, float], radius: float) -> None:
    """Draw a verdict: check in a disc, cross in a diamond, "?" in a dashed circle."""
    x, y = centre
    colour = STATE_COLOURS[state]
    stroke = max(1, round(radius * 0.22))
    if state is State.VALID:
        draw_dot(image, centre, radius, colour)
        draw_check(image, centre, radius * 0.5, WHITE, stroke)
    elif state is State.WRONG:
        corners = [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]
        points = np.array([_fixed(corner) for corner in corners], np.int32)
        cv2.fillConvexPoly(image, points, colour, cv2.LINE_AA, _SHIFT)
        arm = radius * 0.3
        draw_line(image, (x - arm, y - arm), (x + arm, y + arm), WHITE, stroke)
        draw_line(image, (x - arm, y + arm), (x + arm, y - arm), WHITE, stroke)
    else:
        dash = max(1, round(radius * 0.16))
        for start in range(-12, 348, 45):
            draw_arc(image, centre, radius - dash / 2, (start, start + 24), colour, dash)
        size = round(radius * 1.3)
        put_text(image, "?", x - text_width("?", size) / 2, y, size, colour)


def draw_check(
    image: Image,
    centre: tuple[float, float],
    radius: float,
    colour: Colour,
    thickness: int,
) -> None:
    """Draw a check mark that fits in a circle of the given radius."""
    x, y = centre
    foot = (x - radius * 0.2, y + radius * 0.65)
    draw_line(image, (x - radius * 0.85, y), foot, colour, thickness)
    draw_line(image, foot, (x + radius * 0.85, y - radius * 0.6), colour, thickness)


def _fixed(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0] * (1 << _SHIFT)), round(point[1] * (1 << _SHIFT))


class HoldRing:
    """A ring that fills up clockwise from the top, with a number and a word in it."""

    def __init__(self, radius: int, colour: Colour = GREEN) -> None:
        """Prepare a ring that is 2 * ``radius`` pixels wide, filled in a colour."""
        self._radius = radius
        side = 2 * radius
        centre, width = (radius, radius), max(1, round(radius * 0.18))

        def circle(image: Image, colour: Colour, thickness: int) -> None:
            draw_arc(image, centre, radius * 0.93 - width / 2, (0, 360), colour, thickness)

        # The track is thin and the filled part wide: they differ without colour, too.
        self._disc = tile(side, side, lambda image: draw_dot(image, centre, radius - 1, WHITE)).mask
        self._empty = tile(side, side, lambda image: circle(image, DIM, width // 4))
        self._full = tile(side, side, lambda image: circle(image, colour, width))
        y, x = np.indices((side, side), np.float32) + 0.5 - radius
        self._turn = np.arctan2(-x, y) / (2 * math.pi) + 0.5
        self._number_px, self._word_px = max(1, round(radius * 0.62)), max(1, round(radius * 0.3))

    def draw(
        self, image: Image, corner: tuple[int, int], share: float, texts: tuple[str, str]
    ) -> None:
        """Draw the ring; nothing where it does not fit into the picture.

        Args:
            image: (height, width, 3) uint8, changed.
            corner: its top left corner in pixels.
            share: how much of it is full, in [0, 1]; at 1 it carries a check mark.
            texts: the number and the word below it; without a word the number is dim.
        """
        (x, y), side = corner, 2 * self._radius
        region = image[y : y + side, x : x + side]
        if region.shape[:2] != self._disc.shape:
            return
        cv2.copyTo(cv2.convertScaleAbs(region, None, _BACKING_SHARE, 0), self._disc, region)
        self._empty.stamp(image, x, y)
        if share > 0:
            filled = (self._turn < share).view(np.uint8) & self._full.mask
            cv2.copyTo(self._full.image, filled, region)
        number, word = texts
        # Placed by the width of zeros: the number does not jitter as it counts.
        wide = text_width(re.sub(r"\d", "0", number), self._number_px)
        size = min(self._number_px, self._number_px * round(1.3 * self._radius) // max(1, wide))
        left = self._radius - wide * size / self._number_px / 2
        put_text(region, number, left, self._radius, size, WHITE if word else DIM)
        left = self._radius - text_width(word, self._word_px, REGULAR) / 2
        put_text(region, word, left, self._radius * 1.48, self._word_px, PALE, REGULAR)
        if share >= 1:
            top = (self._radius, self._radius * 0.5)
            draw_check(region, top, self._radius * 0.15, GREEN, round(self._radius * 0.08))
