"""The line at the bottom: what can be done now, or what the person is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from posecheck import display
from posecheck.display import Rect
from posecheck.display.replay.annotation_row import INK, PAPER
from posecheck.display.replay.curves import ALLOWED
from posecheck.replay.edit.editor import Asking
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from posecheck.exercises import Exercise
    from posecheck.replay.edit.editor import Editor

    Image = NDArray[np.uint8]

LEGEND: Final = (
    ("valid", display.GREEN, 1.0),
    ("wrong", display.VERMILION, 0.55),
    ("not seen", display.PALE, 0.14),
    ("allowed", ALLOWED, 1.0),
    ("broken", display.VERMILION, 0.2),
    ("a person says", PAPER, 1.0),
)
"""The timeline's signs: word, colour, height of the sample."""

_GROUND: Final = (44, 42, 40)
_HINT: Final = "Space play   Left Right picture   H next hold   F next fault   A annotate   ? help"
_SELECTED: Final = (
    "V valid   W wrong   U unseen   N note   B begin here   M end here   Del delete   Esc leave"
)


class Prompt:
    """Draws the line at the bottom and, over the panel, the rules to choose from."""

    def __init__(self, exercise: Exercise, box: Rect, panel: Rect, unit: float) -> None:
        """Place the line, and the rules to choose from over the panel.

        Args:
            exercise: whose rules have titles; others are called by their names.
            box: the line.
            panel: the panel beside the picture.
            unit: factor of all sizes.
        """
        self._titles = {rule.name: rule.title for rule in exercise.rules}
        self._box, self._panel, self._unit = box, panel, unit

    def draw(self, image: Image, editor: Editor, notice: str) -> None:
        """Draw into an image; the notice stands at the right."""
        asked = editor.asking is not Asking.NOTHING or editor.selected is not None
        ground, ink = (PAPER, INK) if asked else (_GROUND, display.PALE)
        cv2.rectangle(image, self._box, ground, cv2.FILLED)
        size = self._px(18)
        middle = self._box.y + self._box.height / 2
        right = self._box.x + self._box.width - self._px(12)
        if notice and editor.asking is Asking.NOTHING:
            room = round(0.55 * self._box.width)
            small = min(size, size * room // display.text_width(notice, size))
            right -= display.text_width(notice, small)
            display.put_text(image, notice, right, middle, small, ink)
        elif not asked:
            right = self._draw_legend(image, right, middle)
        text, left = question(editor), self._box.x + self._px(12)
        size = min(size, size * (right - left) // max(1, display.text_width(text, size)))
        display.put_text(image, text, left, middle, max(8, size), ink)
        if editor.asking is Asking.RULE:
            self._draw_rules(image, editor.rules)

    def _px(self, length: float) -> int:
        return max(1, round(length * self._unit))

    def _draw_legend(self, image: Image, right: int, middle: float) -> int:
        """Draw what the timeline's signs mean, up to the right edge; return where it begins."""
        size, wide, tall = self._px(16), self._px(24), self._px(18)
        for text, colour, share in reversed(LEGEND):
            right -= display.text_width(text, size, display.REGULAR)
            display.put_text(image, text, right, middle, size, display.PALE, display.REGULAR)
            right -= wide + self._px(6)
            height = max(2, round(tall * share))
            sample = Rect(right, round(middle + tall / 2) - height, wide, height)
            cv2.rectangle(image, sample, colour, cv2.FILLED)
            right -= self._px(16)
        return right

    def _draw_rules(self, image: Image, rules: tuple[str, ...]) -> None:
        """Draw the rules with their numbers, on paper."""
        box = self._panel
        titles = [self._titles.get(rule, rule) for rule in rules]
        lines = [f"{number}  {title}" for number, title in enumerate(titles, start=1)]
        lines = ["Which rule is broken?", *lines, "0  none of them, or not said"]
        cv2.rectangle(image, box, PAPER, cv2.FILLED)
        step = min(self._px(38), (box.height - self._px(16)) // len(lines))
        size = min(self._px(21), round(0.7 * step))
        for number, line in enumerate(lines):
            y = box.y + self._px(8) + (number + 0.5) * step
            display.put_text(image, line, box.x + self._px(20), y, size, INK)


def question(editor: Editor) -> str:
    """Return what can be done now, or what is asked, in one line."""
    span = f"{display.clock(editor.start_s)} to {display.clock(editor.end_s)}"
    if editor.asking is Asking.NOTHING:
        return _HINT if editor.selected is None else _SELECTED
    return {
        Asking.END: f"From {display.clock(editor.start_s)}: go to its end and press A again   "
        "Esc leave",
        Asking.LABEL: f"{span} is:   V valid   W wrong   U unseen   Esc leave",
        Asking.RULE: "Which rule is broken? Press its number   Enter not said   Esc leave",
        Asking.NOTE: f"Note: {editor.note}_   Enter keep   Esc leave",
    }[editor.asking]
