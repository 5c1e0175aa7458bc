"""The person's row of the timeline: paper, dark writing, and the interval being marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from posecheck import display
from posecheck.display import Rect
from posecheck.replay.edit.editor import Asking
from posecheck.system.opencv import cv2
from posecheck.types import State

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from posecheck.annotations import Annotation
    from posecheck.display.replay.axis import Axis
    from posecheck.replay.edit.editor import Editor

    Image = NDArray[np.uint8]

PAPER: Final = (222, 238, 244)
INK: Final = (46, 40, 36)
_PALE_INK: Final = (120, 120, 120)
_TINTS: Final = {
    State.VALID: (190, 226, 170),
    State.WRONG: (160, 196, 246),
    State.UNSEEN: (214, 214, 214),
}


class PaperRow:
    """Draws what a person says over time."""

    def __init__(self, box: Rect, timeline: Rect, unit: float) -> None:
        """Place the row.

        Args:
            box: where intervals are drawn; left and right edge are those of the axis.
            timeline: the whole timeline, across which the paper reaches.
            unit: factor of all sizes.
        """
        self.box = box
        self._sheet = Rect(timeline.x, box.y, timeline.width, box.height)
        self._unit = unit

    def draw(self, image: Image, axis: Axis, editor: Editor, t_s: float) -> None:
        """Draw the row into an image; ``t_s`` is where the replay stands."""
        cv2.rectangle(image, self._sheet, PAPER, cv2.FILLED)
        middle, size = self.box.y + self.box.height / 2, self._px(18)
        left = self._sheet.x + self._px(10)
        self._draw_pencil(image, left + self._px(7), middle)
        name = f"{editor.annotator} says"
        room = self.box.x - left - self._px(34)
        size = min(size, max(6, size * room // max(1, display.text_width(name, size))))
        display.put_text(image, name, left + self._px(24), middle, size, INK)
        for item in editor.annotations.items:
            self._draw_item(image, axis, item, chosen=item == editor.selected)
        if editor.asking in {Asking.END, Asking.LABEL}:
            end_s = t_s if editor.asking is Asking.END else editor.end_s
            self._draw_draft(image, axis, editor.start_s, end_s)
        elif not editor.annotations.items:
            text = "press A at the start and at the end of what you want to annotate, or drag here"
            place = self.box.x + self._px(12), middle
            display.put_text(image, text, *place, self._px(16), _PALE_INK, display.REGULAR)

    def _px(self, length: float) -> int:
        return max(1, round(length * self._unit))

    def _span(self, axis: Axis, start_s: float, end_s: float) -> Rect | None:
        """Return the box of an interval, as far as it is shown."""
        left = max(axis.x(start_s), self.box.x)
        right = min(axis.x(end_s), self.box.x + self.box.width)
        if right <= left:
            return None
        top, height = self.box.y + self._px(5), self.box.height - self._px(10)
        return Rect(round(left), top, max(3, round(right - left)), height)

    def _draw_item(self, image: Image, axis: Axis, item: Annotation, *, chosen: bool) -> None:
        box = self._span(axis, item.start_s, item.end_s)
        if box is None:
            return
        cv2.rectangle(image, box, _TINTS[item.state], cv2.FILLED)
        cv2.rectangle(image, box, INK, self._px(4) if chosen else 1)
        said = str(item.state) + (f": {item.rule}" if item.rule else "")
        texts = (f"{said} ({item.note})", f"{said} (...)") if item.note else (said,)
        room = box.width - self._px(14)
        for text in (*texts, said, str(item.state), str(item.state)[0]):
            for size in (self._px(17), self._px(14)):
                if display.text_width(text, size) <= room:
                    place = box.x + self._px(8), box.y + box.height / 2
                    display.put_text(image, text, *place, size, INK)
                    return

    def _draw_draft(self, image: Image, axis: Axis, start_s: float, end_s: float) -> None:
        """Draw the interval that is being marked: dashed, with its two ends."""
        box = self._span(axis, min(start_s, end_s), max(start_s, end_s))
        if box is None:
            return
        top, bottom = box.y, box.y + box.height
        for x in range(box.x, box.x + box.width, self._px(12)):
            end = min(x + self._px(7), box.x + box.width)
            for y in (top, bottom):
                cv2.line(image, (x, y), (end, y), INK, self._px(3))
        for x in (box.x, box.x + box.width):
            cv2.line(image, (x, top - self._px(4)), (x, bottom + self._px(4)), INK, self._px(3))

    def _draw_pencil(self, image: Image, x: float, y: float) -> None:
        reach = self._px(7)
        display.draw_line(image, (x - reach, y + reach), (x + reach, y - reach), INK, self._px(5))
        tip = (x - reach - self._px(2), y + reach + self._px(2))
        display.draw_line(image, (x - reach, y + reach), tip, INK, self._px(2))
