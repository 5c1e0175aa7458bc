"""The two panels of a live session: the seconds beside the picture, the verdict below it.

Each draws into its own part of the canvas, and only when what it shows has changed.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from posecheck import display
from posecheck.display import Rect
from posecheck.display.live.symbols import draw_symbol
from posecheck.live.coach.prompt import Phase
from posecheck.types import Side, State

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from posecheck.exercises import Exercise
    from posecheck.live.coach.prompt import ViewState

    Image = NDArray[np.uint8]

PANEL: Final = Rect(916, 0, 364, 524)
BAND: Final = Rect(0, 524, 1280, 196)

_PAD: Final = 22
_SIDE_PX, _COUNT_PX, _TEXT_PX, _STATUS_PX, _TITLE_PX = 56, 42, 27, 24, 44
_RADIUS, _RING_TOP, _RING_STEPS = 152, 158, 240
_NUMBER_PX, _UNIT_PX = 140, 38
_ALMOST: Final = 0.9999
_DOT_RADIUS, _MOST_DOTS = 16, 5
_WORD_PX, CUE_PX, _ALONE_PX, _SAID_PX, _WORD_LINE_PX = 48, 62, 84, 38, 66
_MARK_RADIUS: Final = 80
_TEXT_LEFT: Final = 2 * _MARK_RADIUS + 60


class SidePanel:
    """Side, repetition and the ring of seconds; during set-up where to put the camera."""

    def __init__(self, image: Image, exercise: Exercise, departures: tuple[str, ...]) -> None:
        """Take the part of the canvas to draw into, and what is stretched how."""
        self._image = image
        self._camera_text = exercise.camera.text
        self._title = broken(exercise.title, _TITLE_PX, image.shape[1] - 2 * _PAD, display.BOLD)
        self._departures = departures
        self._middle = image.shape[1] / 2
        self._rings = {
            wait: display.Ring(_RADIUS, display.BLUE if wait else display.GREEN)
            for wait in (False, True)
        }
        self._shown: object = None
        self._count_from_s = 0.0

    def draw(self, screen: ViewState, status: str) -> None:
        """Draw what a screen says, and at the bottom the notes that stay."""
        setting_up = screen.phase is Phase.SET_UP
        number, unit, share = ("", "", 0.0) if setting_up else self._ring_content(screen)
        steps = round(share * _RING_STEPS)
        place = (screen.phase, screen.side, screen.repetition, screen.repetitions, status)
        if (place, number, unit, steps) == self._shown:
            return
        self._shown = (place, number, unit, steps)
        self._image.fill(display.DARK[0])
        if setting_up:
            self._draw_camera_place()
        else:
            self._draw_repetitions(screen)
            self._draw_ring(number, unit, steps / _RING_STEPS, screen)
        bottom = self._image.shape[0] - 0.8 * _STATUS_PX
        self._centred(status, bottom, _STATUS_PX, display.DIM, display.REGULAR)

    def _draw_camera_place(self) -> None:
        """Write the exercise's name and where to put the camera, as large as it fits."""
        room = self._image.shape[1] - 2 * _PAD
        y = 1.0 * _TITLE_PX
        for line in self._title:
            display.put_text(self._image, line, _PAD, y, _TITLE_PX)
            y += 1.15 * _TITLE_PX
        texts = (self._camera_text, *self._departures)
        bottom = self._image.shape[0] - 1.6 * _STATUS_PX
        for size in range(_TEXT_PX, 12, -1):
            paragraphs = [broken(text, size, room, display.REGULAR) for text in texts]
            if y + 1.3 * size * (1 + sum(len(p) + 0.4 for p in paragraphs)) < bottom:
                break
        display.put_text(self._image, "Camera", _PAD, y, size + 4, display.BLUE)
        for number, paragraph in enumerate(paragraphs):
            for line in paragraph:
                y += 1.3 * size
                colour = display.ORANGE if number else display.PALE
                display.put_text(self._image, line, _PAD, y, size, colour, display.REGULAR)
            y += 0.4 * size

    def _draw_repetitions(self, screen: ViewState) -> None:
        side = "" if screen.side is Side.BOTH else f"{screen.side} leg".upper()
        if screen.phase is Phase.DONE:
            for number, line in enumerate(self._title):
                self._centred(line, 48 + 52 * number, _TITLE_PX, display.WHITE, display.BOLD)
            return
        self._centred(side, 48, _SIDE_PX, display.WHITE, display.BOLD)
        count = screen.repetitions
        text = f"{screen.repetition} of {count}"
        gap = 2.9 * _DOT_RADIUS
        dots = count * gap if count <= _MOST_DOTS else 0.0
        left = self._middle - (dots + display.text_width(text, _COUNT_PX)) / 2
        display.put_text(self._image, text, left + dots, 112, _COUNT_PX)
        if dots:
            for number in range(1, count + 1):
                self._draw_dot(screen, number, (left + (number - 0.7) * gap, 112))

    def _draw_dot(self, screen: ViewState, number: int, place: tuple[float, float]) -> None:
        """Draw one repetition: checked, running (filled) or still to come (hollow)."""
        if number < screen.repetition or (
            number == screen.repetition and screen.phase is Phase.COMPLETE
        ):
            display.draw_mark(self._image, State.VALID, place, _DOT_RADIUS)
        elif number == screen.repetition:
            display.draw_dot(self._image, place, _DOT_RADIUS - 2, display.WHITE)
        else:
            display.draw_arc(self._image, place, _DOT_RADIUS - 4, (0, 360), display.DIM, 3)

    def _draw_ring(self, number: str, unit: str, share: float, screen: ViewState) -> None:
        ring = self._rings[screen.countdown_s is not None]
        # Never quite full: the ring's own check mark would stand in the number.
        corner = round(self._middle) - _RADIUS, _RING_TOP
        ring.draw(self._image, corner, min(share, _ALMOST), ("", ""))
        colour = display.DIM if screen.phase is Phase.PAUSED else display.WHITE
        # Placed by the width of zeros: the number does not jitter as it counts.
        wide = display.text_width(re.sub(r"\d", "0", number), _NUMBER_PX)
        y = _RING_TOP + 0.92 * _RADIUS
        display.put_text(self._image, number, self._middle - wide / 2, y, _NUMBER_PX, colour)
        self._centred(unit, _RING_TOP + 1.46 * _RADIUS, _UNIT_PX, display.PALE, display.REGULAR)

    def _ring_content(self, screen: ViewState) -> tuple[str, str, float]:
        """Return number, unit and share of the ring.

        Held seconds are whole ones, rounded down: what stands there was held.
        """
        if screen.phase is Phase.DONE:
            holds = f"of {screen.planned}"
            return str(screen.completed), holds, screen.completed / max(1, screen.planned)
        left_s = screen.countdown_s
        if left_s is None:
            self._count_from_s = 0.0
            held = str(math.floor(screen.seconds + 1e-6))
            return held, f"of {screen.target_s:g} s", screen.share
        self._count_from_s = max(self._count_from_s, left_s)
        share = left_s / self._count_from_s if self._count_from_s else 0.0
        return str(math.ceil(left_s)), "s rest", share

    def _centred(
        self, text: str, middle: float, size: int, colour: display.Colour, weight: int
    ) -> None:
        room = self._image.shape[1] - _PAD
        wide = display.text_width(text, size, weight)
        fitting = min(size, size * room // max(1, wide))
        x = self._middle - wide * fitting / size / 2
        display.put_text(self._image, text, x, middle, fitting, colour, weight)


class Band:
    """Verdict or phase as a shape and a word, and what to do in one sentence."""

    def __init__(self, image: Image) -> None:
        """Take the part of the canvas to draw into."""
        self._image = image
        self._shown: object = None

    def draw(self, screen: ViewState) -> None:
        """Draw what a screen says."""
        word, sentence = _words(screen)
        beside = _beside(screen, word, sentence)
        wanted = (screen.phase, screen.verdict, word, sentence, beside)
        if wanted == self._shown:
            return
        self._shown = wanted
        self._image.fill(display.DARK[0])
        colour = self._draw_sign(screen)
        room = self._image.shape[1] - _TEXT_LEFT - _PAD
        if not (sentence or beside):
            self._write(word, _ALONE_PX, room, self._image.shape[0] / 2)
            return
        size = min(_WORD_PX, _WORD_PX * room // max(1, display.text_width(word, _WORD_PX)))
        display.put_text(self._image, word, _TEXT_LEFT, _WORD_LINE_PX / 2, size, colour)
        self._draw_beside(beside, _TEXT_LEFT + display.text_width(word, size) + _WORD_PX)
        self._write(sentence, CUE_PX, room, 122)

    def _draw_sign(self, screen: ViewState) -> display.Colour:
        """Draw the shape; return its colour."""
        centre = (24 + _MARK_RADIUS, self._image.shape[0] / 2)
        if screen.verdict is None or screen.phase is Phase.SET_UP:
            draw_symbol(self._image, screen.phase, centre, _MARK_RADIUS)
            return display.BLUE
        display.draw_mark(self._image, screen.verdict, centre, _MARK_RADIUS)
        return display.STATE_COLOURS[screen.verdict]

    def _draw_beside(self, text: str, left: int) -> None:
        lines, size = display.wrapped(text, _SAID_PX, self._image.shape[1] - left - _PAD)
        size = min(size, _WORD_LINE_PX // (len(lines) + 1))
        for number, line in enumerate(lines):
            y = 0.5 * _WORD_LINE_PX + (number - (len(lines) - 1) / 2) * 1.15 * size
            display.put_text(self._image, line, left, y, size, display.PALE, display.REGULAR)

    def _write(self, text: str, size: int, room: int, middle: float) -> None:
        lines, size = display.wrapped(text, size, room)
        for number, line in enumerate(lines):
            y = middle + (number - (len(lines) - 1) / 2) * 1.06 * size
            display.put_text(self._image, line, _TEXT_LEFT, y, size)


def _words(screen: ViewState) -> tuple[str, str]:
    """Return the word on top and the sentence below it; the sentence may be empty.

    What to do stands large; why the seconds stand still is second to that.
    """
    sentence = screen.cue or screen.reason
    if screen.verdict is None or screen.phase is Phase.SET_UP:
        return screen.headline, sentence
    return str(screen.verdict).upper(), sentence or screen.headline


def _beside(screen: ViewState, word: str, sentence: str) -> str:
    """Return what stands small beside the word: the reason, the voice's words or the headline.

    Nothing that stands there large anyway.
    """
    said = f"said: {screen.said}" if screen.said else ""
    for shown, text in (
        (screen.reason, screen.reason),
        (said, screen.said),
        (screen.headline, screen.headline),
    ):
        if text and text not in {word, sentence} and not (sentence and sentence in text):
            return shown
    return ""


def broken(text: str, size: int, room: int, weight: int) -> list[str]:
    """Break a text into lines that are at most ``room`` pixels wide."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and display.text_width(longer, size, weight) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
