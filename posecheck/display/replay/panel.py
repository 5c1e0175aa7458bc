"""The panel beside the picture: every rule's reading now, and what the person says now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from posecheck import display
from posecheck.display import Rect
from posecheck.display.overlay import CROSSED, said
from posecheck.display.replay.annotation_row import INK, PAPER
from posecheck.display.replay.curves import limits_text
from posecheck.system.opencv import cv2
from posecheck.types import CrossingState, Evidence, State

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from posecheck.annotations import Annotation
    from posecheck.exercises import Exercise
    from posecheck.exercises.rules import Rule
    from posecheck.ledger import Step
    from posecheck.types import Crossing, Reading

    Image = NDArray[np.uint8]

_GROUND: Final = (40, 38, 36)
_PURPLE: Final = (167, 121, 204)


class ReadingsPanel:
    """Draws one moment as a list, for one exercise, into one box."""

    def __init__(self, exercise: Exercise, box: Rect, unit: float) -> None:
        """Lay out the panel; ``unit`` is the factor of all sizes."""
        self._rules = {rule.name: rule for rule in exercise.rules}
        self._box, self._unit = box, unit
        self._card = Rect(box.x, box.y + box.height - self._px(112), box.width, self._px(112))
        self._marks = {state: display.mark_tile(state, self._px(14)) for state in State}

    def draw(self, image: Image, step: Step, annotator: str, item: Annotation | None) -> None:
        """Draw into an image: the readings of a step, and what a person says of its time."""
        cv2.rectangle(image, self._box, _GROUND, cv2.FILLED)
        x, y = self._box.x + self._px(16), self._box.y + self._px(24)
        display.put_text(image, "posecheck measures", x, y, self._px(20), display.PALE)
        y += self._px(22)
        room = self._card.y - self._px(8) - y
        readings = step.verdict.readings
        if not readings:
            reason = step.verdict.reason
            text = "nothing" if reason is None else reason.cue
            self._write(image, text, (x, y + self._px(16)), self._px(18), display.DIM)
        row = min(self._px(50), room // max(1, len(readings)))
        for reading in readings:
            rule = self._rules.get(reading.rule)
            if rule is not None:
                self._draw_reading(image, (x, y), row, (rule, reading, step.t_s))
            y += row
        self._draw_card(image, step, annotator, item)

    def _px(self, length: float) -> int:
        return max(1, round(length * self._unit))

    def _draw_reading(
        self, image: Image, place: tuple[int, int], row: int, what: tuple[Rule, Reading, float]
    ) -> None:
        (x, y), (rule, reading, t_s) = place, what
        mark, middle = self._marks[reading.state], y + row / 2
        mark.stamp(image, x, round(middle - mark.mask.shape[0] / 2))
        colour = display.WHITE if rule.required else display.DIM
        value = said(rule, reading) or "not seen"
        if reading.crossing is not None:
            value = crossing_text(reading.crossing, t_s)
        elif reading.state is not State.WRONG:
            value += f"   {limits_text(rule)}"
        size = self._px(18)
        right = self._box.x + self._box.width - self._px(14)
        left = right - display.text_width(value, size)
        display.put_text(image, value, left, middle, size, colour)
        side = "" if reading.side is None or rule.of != "both" else f" ({reading.side})"
        title = rule.title + side + ("" if rule.required else " (advice)")
        self._write(
            image, title, (x + self._px(40), middle), size, colour, until=left - self._px(12)
        )

    def _draw_card(self, image: Image, step: Step, annotator: str, item: Annotation | None) -> None:
        card = self._card
        cv2.rectangle(image, card, PAPER, cv2.FILLED)
        x, y, size = card.x + self._px(16), card.y + self._px(26), self._px(20)
        if item is None:
            self._write(image, f"{annotator} says nothing here", (x, y), size, INK)
            return
        self._write(image, f"{item.annotator} says: {item.state}", (x, y), size, INK)
        rule = self._rules.get(item.rule or "")
        lines = [line for line in (rule.title if rule else item.rule, item.note) if line]
        for line in lines:
            y += self._px(26)
            self._write(image, line, (x, y), self._px(17), INK)
        if item.state is not step.verdict.state:
            y = card.y + card.height - self._px(20)
            box = Rect(card.x, y - self._px(14), card.width, self._px(28))
            cv2.rectangle(image, box, _PURPLE, cv2.FILLED)
            text = f"posecheck differs: {step.verdict.state}"
            self._write(image, text, (x, y), self._px(18), INK)

    def _write(  # noqa: PLR0913 - what, where and how
        self,
        image: Image,
        text: str,
        place: tuple[float, float],
        size: int,
        colour: display.Colour,
        *,
        until: float | None = None,
    ) -> None:
        """Write one line, made smaller or cut to end before ``until`` or the panel's edge."""
        x, y = place
        right = self._box.x + self._box.width - self._px(10) if until is None else until
        room = right - x
        width = display.text_width(text, size)
        if width > room:
            size = max(round(size * 0.75), int(size * room / width))
        while len(text) > 1 and display.text_width(text, size) > room:
            text = text[:-4].rstrip() + "..."
        display.put_text(image, text, x, y, size, colour)


def crossing_text(crossing: Crossing, t_s: float) -> str:
    """Return what is known of crossed legs and from what: ``crossed, seen 2.3 s ago``."""
    if crossing.evidence is Evidence.NO:
        return f"{CROSSED[crossing.state]}, seen apart now"
    if crossing.state is CrossingState.DOWN:
        return CROSSED[crossing.state]
    if crossing.evidence is Evidence.YES:
        return f"{CROSSED[crossing.state]}, seen crossed now"
    if crossing.yes_s is None:
        return CROSSED[crossing.state]
    return f"{CROSSED[crossing.state]}, seen {max(t_s - crossing.yes_s, 0.0):.1f} s ago"
