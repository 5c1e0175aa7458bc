"""The line at the bottom: what can be done now, or what the person is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from posecheck import marks
from posecheck.marks import Rect
from posecheck.opencv import cv2
from posecheck.replay.editor import Asking
from posecheck.replay.paper import INK, PAPER

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from posecheck.exercises.schema import Exercise
    from posecheck.replay.editor import Editor

    Image = NDArray[np.uint8]

_GROUND: Final = (44, 42, 40)
_HINT: Final = "Space play   Left Right picture   H next hold   F next fault   A annotate   ? help"
_SELECTED: Final = (
    "V valid   W wrong   U unseen   N note   B begin here   M end here   Del delete   Esc leave"
)


class Prompt:
    """Draws the line at the bottom and, over the picture, the rules to choose from."""

    def __init__(self, exercise: Exercise, box: Rect, unit: float) -> None:
        """Place the line; ``unit`` is the factor of all sizes."""
        self._titles = [rule.title for rule in exercise.rules]
        self._box, self._unit = box, unit

    def draw(self, image: Image, editor: Editor, notice: str) -> None:
        """Draw into an image; the notice stands at the right."""
        asked = editor.asking is not Asking.NOTHING or editor.selected is not None
        ground, ink = (PAPER, INK) if asked else (_GROUND, marks.PALE)
        cv2.rectangle(image, self._box, ground, cv2.FILLED)
        size = self._px(18)
        middle = self._box.y + self._box.height / 2
        right = self._box.x + self._box.width - self._px(12)
        if notice and editor.asking is Asking.NOTHING:
            right -= marks.text_width(notice, size)
            marks.put_text(image, notice, right, middle, size, ink)
        text, left = question(editor), self._box.x + self._px(12)
        size = min(size, size * (right - left) // max(1, marks.text_width(text, size)))
        marks.put_text(image, text, left, middle, max(8, size), ink)
        if editor.asking is Asking.RULE:
            self._draw_rules(image)

    def _px(self, length: float) -> int:
        return max(1, round(length * self._unit))

    def _draw_rules(self, image: Image) -> None:
        """Draw the rules with their numbers, on paper, above the line."""
        size, step = self._px(20), self._px(34)
        lines = [f"{number}  {title}" for number, title in enumerate(self._titles, start=1)]
        lines = ["Which rule is broken?", *lines, "0  none of them, or not said"]
        width = max(marks.text_width(line, size) for line in lines) + self._px(48)
        height = step * len(lines) + self._px(20)
        box = Rect(self._box.x + self._px(12), self._box.y - height - self._px(8), width, height)
        cv2.rectangle(image, box, PAPER, cv2.FILLED)
        cv2.rectangle(image, box, INK, self._px(2))
        for number, line in enumerate(lines):
            y = box.y + self._px(10) + (number + 0.5) * step
            marks.put_text(image, line, box.x + self._px(20), y, size, INK)


def question(editor: Editor) -> str:
    """Return what can be done now, or what is asked, in one line."""
    span = f"{marks.clock(editor.start_s)} to {marks.clock(editor.end_s)}"
    if editor.asking is Asking.NOTHING:
        return _HINT if editor.selected is None else _SELECTED
    return {
        Asking.END: f"From {marks.clock(editor.start_s)}: go to its end and press A again   "
        "Esc leave",
        Asking.LABEL: f"{span} is:   V valid   W wrong   U unseen   Esc leave",
        Asking.RULE: "Which rule is broken? Press its number   Enter not said   Esc leave",
        Asking.NOTE: f"Note: {editor.note}_   Enter keep   Esc leave",
    }[editor.asking]
