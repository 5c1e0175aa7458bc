"""The timeline: what posecheck says over time, and below it what a person says.

The machine's rows are dark, the person's row is paper with dark writing: they cannot be
taken for each other. In the band of verdicts height tells what colour tells, too: valid
reaches to the top, wrong half way, unseen is a line. Everything that stays while the replay
plays is drawn once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from posecheck import display
from posecheck.display import Rect
from posecheck.display.overlay import said
from posecheck.display.replay import verdict_band
from posecheck.display.replay.annotation_row import PaperRow
from posecheck.display.replay.axis import Axis, tick_text
from posecheck.display.replay.curves import Lane, lanes_of, limits_text
from posecheck.system.opencv import cv2
from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from posecheck.annotations import Span
    from posecheck.exercises import Exercise
    from posecheck.exercises.rules import Rule
    from posecheck.ledger import Hold, Step
    from posecheck.replay.edit.editor import Editor
    from posecheck.replay.edit.tracks import Tracks

    Image = NDArray[np.uint8]

GROUND: Final = (28, 26, 24)
_PURPLE: Final = (167, 121, 204)
_LEAST_LANE: Final = 46
_MOST_LANE: Final = 110

Row = Literal["time", "person"]


@dataclass(frozen=True, slots=True, eq=False)
class TimelineContent:
    """What the timeline shows.

    Attributes:
        tracks: what the steps say.
        holds: the holds that ended.
        whole: first and last time of the session, in seconds; the last may be a guess while
            it is still read.
        axis: the part that is shown.
        t_s: where the replay stands.
        step: what is said of that time.
        first_lane: the first rule that has a lane, by its place.
        differing: where machine and person differ.
        editor: the person's annotations.
    """

    tracks: Tracks
    holds: Sequence[Hold]
    whole: tuple[float, float]
    axis: Axis
    t_s: float
    step: Step
    first_lane: int
    differing: Sequence[Span]
    editor: Editor


class Timeline:
    """Draws the timeline of one exercise into one box."""

    def __init__(self, exercise: Exercise, box: Rect, unit: float) -> None:
        """Lay out the rows.

        Args:
            exercise: what is judged.
            box: the place in the picture.
            unit: factor of all sizes; 1 for a window of 1440 by 900 pixels.
        """
        self._exercise, self._box, self._unit = exercise, box, unit
        gutter, self._value_px = self._px(200), self._px(84)
        self._left, self._width = box.x + gutter, box.width - gutter - self._value_px
        y = box.y
        self._ticks = self._row(y, 28)
        self._band = self._row(y := y + self._ticks.height, 36)
        self._holds = self._row(y := y + self._band.height + self._px(4), 28)
        y += self._holds.height + self._px(6)
        person = self._px(48)
        self._differs = self._row(box.y + box.height - person - self._px(20), 16)
        self._paper = PaperRow(self._row(box.y + box.height - person, 48), box, unit)
        self._lay_out_lanes(y, self._differs.y - self._px(6))
        self._drawn: tuple[tuple[Axis, int, int, int], Image] | None = None

    def axis(self, from_s: float, to_s: float) -> Axis:
        """Return an axis across the timeline."""
        return Axis(from_s, to_s, self._left, self._width)

    def row_at(self, x_px: int, y_px: int) -> Row | None:
        """Return what a place in the picture belongs to; None if not to the timeline."""
        box = self._box
        if not (box.x <= x_px < box.x + box.width and box.y <= y_px < box.y + box.height):
            return None
        return "person" if y_px >= self._paper.box.y else "time"

    def draw(self, image: Image, content: TimelineContent) -> None:
        """Draw the timeline into an image."""
        box = self._box
        place = image[box.y : box.y + box.height, box.x : box.x + box.width]
        place[:] = self._background(image.shape, content)
        self._draw_differences(image, content)
        self._paper.draw(image, content.axis, content.editor, content.t_s)
        self._draw_values(image, content)
        self._draw_head(image, content)

    @property
    def lanes(self) -> int:
        """How many rules have a lane at a time."""
        return len(self._lanes)

    def _px(self, length: float) -> int:
        return max(1, round(length * self._unit))

    def _row(self, y: int, height: float) -> Rect:
        return Rect(self._left, y, self._width, self._px(height))

    def _lay_out_lanes(self, top: int, bottom: int) -> None:
        self._rules, gap = lanes_of(self._exercise), self._px(5)
        count = max(1, min(len(self._rules), (bottom - top) // (self._px(_LEAST_LANE) + gap)))
        height = max(8, min((bottom - top) // count - gap, self._px(_MOST_LANE)))
        self._lanes = [
            Rect(self._left, top + number * (height + gap), self._width, height)
            for number in range(count)
        ]

    def _shown(self, content: TimelineContent) -> Iterator[tuple[Rule, Rect]]:
        """Yield the rules that are shown now, each with its place."""
        for number, box in enumerate(self._lanes, start=content.first_lane):
            yield self._rules[number % len(self._rules)], box

    def _background(self, shape: tuple[int, ...], content: TimelineContent) -> Image:
        """Return what stays while the replay plays, drawn anew only when it changed."""
        key = content.axis, len(content.tracks), len(content.holds), content.first_lane
        if self._drawn is None or self._drawn[0] != key:
            image = np.empty(shape, np.uint8)
            cv2.rectangle(image, self._box, GROUND, cv2.FILLED)
            self._draw_ticks(image, content.axis)
            self._label(image, "posecheck says", self._band)
            verdict_band.draw(image, self._band, content.axis, content.tracks)
            self._draw_holds(image, content)
            for rule, box in self._shown(content):
                lane = Lane.of(rule, box, content.tracks)
                lane.draw(image, content.axis, content.tracks, self._exercise.timing.max_gap_s)
                self._draw_title(image, lane)
            box = self._box
            kept = image[box.y : box.y + box.height, box.x : box.x + box.width].copy()
            self._drawn = key, kept
        return self._drawn[1]

    def _draw_ticks(self, image: Image, axis: Axis) -> None:
        row, size = self._ticks, self._px(17)
        step_s, times_s = axis.ticks(self._px(90))
        for t_s in times_s:
            x, text = axis.x(t_s), tick_text(t_s, step_s)
            foot = row.y + row.height
            display.draw_line(image, (x, foot - self._px(6)), (x, foot), display.DIM, 1)
            left = x - display.text_width(text, size, display.REGULAR) / 2
            middle = row.y + row.height * 0.4
            display.put_text(image, text, left, middle, size, display.PALE, display.REGULAR)

    def _draw_holds(self, image: Image, content: TimelineContent) -> None:
        row, size = self._holds, self._px(17)
        self._label(image, "holds", row)
        middle = row.y + row.height / 2
        for hold in content.holds:
            left, right = content.axis.x(hold.start_s), content.axis.x(hold.end_s)
            if right < row.x or left > row.x + row.width:
                continue
            left, right = max(left, row.x), min(right, row.x + row.width)
            colour = display.GREEN if hold.complete else display.DIM
            display.draw_line(image, (left, middle), (right, middle), colour, self._px(3))
            for x in (left, right):
                if x in {row.x, row.x + row.width}:
                    continue  # it goes on beyond what is shown
                ends = (x, middle - self._px(8)), (x, middle + self._px(8))
                display.draw_line(image, *ends, colour, self._px(3))
            text = f"{display.tenths(hold.held_us)} s {hold.leg}"
            full = self._px(26) if hold.complete else 0
            width = display.text_width(text, size) + self._px(16) + full
            if right - left > width:
                start = (left + right - width) / 2
                back = Rect(round(start), row.y + 1, width, row.height - 2)
                cv2.rectangle(image, back, GROUND, cv2.FILLED)
                display.put_text(image, text, start + self._px(8), middle, size)
                if full:
                    place = (start + width - self._px(20), middle)
                    display.draw_check(image, place, self._px(9), display.GREEN, self._px(3))

    def _draw_title(self, image: Image, lane: Lane) -> None:
        """Write what a lane shows: its rule and its limits."""
        box, room = lane.box, self._left - self._box.x - self._px(18)
        lines, size = display.wrapped(lane.rule.title, self._px(17), room)
        limits = limits_text(lane.rule) + ("" if lane.rule.required else ", advice")
        texts = [*((line, display.WHITE) for line in lines), (limits, display.DIM)]
        step = min(1.3 * size, box.height / len(texts))
        top = box.y + (box.height - step * len(texts)) / 2
        for number, (text, colour) in enumerate(texts):
            y = top + (number + 0.5) * step
            display.put_text(
                image, text, self._box.x + self._px(10), y, size, colour, display.REGULAR
            )

    def _draw_values(self, image: Image, content: TimelineContent) -> None:
        """Write beside each lane what its rule reads now."""
        size, left = self._px(19), self._left + self._width + self._px(8)
        readings = {reading.rule: reading for reading in reversed(content.step.verdict.readings)}
        for rule, box in self._shown(content):
            reading = readings.get(rule.name)
            text = "" if reading is None else said(rule, reading).split(" ")[0]
            broken = reading is not None and reading.state is State.WRONG
            colour = display.ORANGE if broken else display.WHITE
            display.put_text(image, text, left, box.y + box.height / 2, size, colour)

    def _label(self, image: Image, text: str, row: Rect) -> None:
        middle = row.y + row.height / 2
        display.put_text(image, text, self._box.x + self._px(10), middle, self._px(18))

    def _draw_differences(self, image: Image, content: TimelineContent) -> None:
        row, spans = self._differs, content.differing
        colour = _PURPLE if spans else display.DIM
        text, size = "differences", self._px(15)
        place = self._box.x + self._px(10), row.y + row.height / 2
        display.put_text(image, text, *place, size, colour, display.REGULAR)
        if self.lanes < len(self._rules):
            place = row.x + row.width + self._px(8), place[1]
            display.put_text(image, "Tab: more", *place, self._px(15), display.DIM, display.REGULAR)
        for span in spans:
            left, right = (content.axis.x(t_s) for t_s in (span.start_s, span.end_s))
            left, right = max(left, row.x), min(right, row.x + row.width)
            if left < right:
                box = Rect(round(left), row.y, max(2, round(right - left)), row.height)
                cv2.rectangle(image, box, _PURPLE, cv2.FILLED)

    def _draw_head(self, image: Image, content: TimelineContent) -> None:
        """Draw the line at the time that is shown, with the time on it."""
        x = content.axis.x(content.t_s)
        row, bottom = self._ticks, self._box.y + self._box.height
        if not row.x - 1 <= x <= row.x + row.width + 1:
            return
        display.draw_line(image, (x, row.y), (x, bottom), display.DARK, self._px(5))
        display.draw_line(image, (x, row.y), (x, bottom), display.WHITE, self._px(2))
        text, size = display.clock(content.t_s), self._px(19)
        width = display.text_width(text, size) + self._px(14)
        left = min(max(round(x - width / 2), self._box.x), self._box.x + self._box.width - width)
        cv2.rectangle(image, Rect(left, row.y, width, self._px(24)), display.WHITE, cv2.FILLED)
        middle = row.y + self._px(12)
        display.put_text(image, text, left + self._px(7), middle, size, display.DARK)
