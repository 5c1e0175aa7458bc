"""What a live session shows: the mirror, the verdict, the seconds, one thing to do.

Made for a person on a mat three metres away. Nothing covers the person: the picture has
its own place, beside it stand the seconds, below it the verdict (a colour, a shape and a
word) and one sentence. Text is never mirrored. The drawing is kept between pictures and
only what changed is drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import display
from posecheck.display import Rect
from posecheck.display.live.panels import BAND, PANEL, Band, SidePanel
from posecheck.display.live.symbols import draw_brackets
from posecheck.display.overlay import Overlay
from posecheck.live.coach.prompt import Phase, Tone
from posecheck.system.opencv import cv2
from posecheck.types import Observation, State

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from posecheck.exercises import Exercise
    from posecheck.live.coach.prompt import ViewState
    from posecheck.types import Verdict

    Image = NDArray[np.uint8]

SIZE_PX: Final = (1280, 720)
"""Width and height of what is drawn."""

_BORDER_PX: Final = 10
_MIRROR: Final = Rect(_BORDER_PX, _BORDER_PX, 896, 504)
_FRAME: Final = Rect(0, 0, 916, 524)
_DASH_PX: Final = 42
_BAR_PX: Final = 42
_MAGNIFIED: Final = 1.4
"""The mirror is small, and looked at from three metres."""

_STALE_SHARE: Final = 0.25
"""What is left of the last picture while no new one comes, so that nobody takes it for live."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A picture with what belongs to it.

    Attributes:
        image_bgr: the picture as the camera gave it; it is not changed.
        observation: what was seen in it.
        verdict: what was said of it.
    """

    image_bgr: Image
    observation: Observation
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Status:
    """What stays on the screen for longer.

    Attributes:
        note: a short line, such as that sound is off and which key helps.
        recording: whether a video is kept.
    """

    note: str = ""
    recording: bool = False


class LiveView:
    """Draws one session; every call returns the same canvas, drawn anew where it changed."""

    def __init__(self, exercise: Exercise, departures: tuple[str, ...] = ()) -> None:
        """Prepare an empty canvas.

        Args:
            exercise: what is judged.
            departures: what differs from the exercise's dose, shown during set-up.
        """
        width, height = SIZE_PX
        self._exercise = exercise
        self._canvas: Image = np.full((height, width, 3), display.DARK[0], np.uint8)
        self._panel = SidePanel(_region(self._canvas, PANEL), exercise, departures)
        self._band = Band(_region(self._canvas, BAND))
        self._framed: object = None
        self._glass: _Glass | None = None
        self._stale = False
        self._covered = True  # bars beside a narrow picture must be drawn anew

    def draw(self, screen: ViewState, sight: Sight | None, status: Status) -> Image:
        """Return what is to be shown now.

        Args:
            screen: what the routine says.
            sight: the newest picture; None while none comes.
            status: what stays for longer.
        """
        self._draw_frame(screen)
        if sight is None:
            self._dim_mirror()
        else:
            self._draw_mirror(screen, sight)
        if screen.notice not in {"", screen.cue, screen.reason}:
            self._draw_notice(screen.notice)
        if status.recording:
            self._draw_recording()
        self._panel.draw(screen, status.note)
        self._band.draw(screen)
        return self._canvas

    def _draw_mirror(self, screen: ViewState, sight: Sight) -> None:
        """Draw the picture as a mirror shows it, as large as fits, with the skeleton."""
        rows, columns = sight.image_bgr.shape[:2]
        scale = min(_MIRROR.width / columns, _MIRROR.height / rows)
        size_px = round(columns * scale), round(rows * scale)
        if self._glass is None or self._glass.size_px != size_px:
            self._glass = _Glass(self._exercise, size_px)
            self._covered = True
        if self._covered:
            _region(self._canvas, _MIRROR).fill(display.DARK[0])
            self._covered = False
        left = _MIRROR.x + (_MIRROR.width - size_px[0]) // 2
        top = _MIRROR.y + (_MIRROR.height - size_px[1]) // 2
        image = _region(self._canvas, Rect(left, top, *size_px))
        self._glass.mirror(sight.image_bgr, image)
        verdict = _decisive(sight.verdict, screen)
        self._glass.overlay.draw_body(image, mirrored(sight.observation), verdict, [])
        if screen.phase is Phase.SET_UP:
            _draw_place(image, screen)
        self._stale = False

    def _dim_mirror(self) -> None:
        """Darken the last picture once, so that it is not taken for a new one."""
        if not self._stale:
            region = _region(self._canvas, _MIRROR)
            cv2.convertScaleAbs(region, region, _STALE_SHARE, 0)
            self._stale = True

    def _draw_frame(self, screen: ViewState) -> None:
        """Draw the border of the picture: the verdict's colour, dashed when unseen."""
        verdict = None if screen.phase is Phase.SET_UP else screen.verdict
        reached = screen.phase in {Phase.COMPLETE, Phase.DONE}
        resting = display.GREEN if reached else display.BLUE
        colour = resting if verdict is None else display.STATE_COLOURS[verdict]
        if screen.tone not in {None, Tone.TICK}:  # what sounds can be seen; a tick in the ring
            colour, verdict = display.WHITE, None
        if (colour, verdict) == self._framed:
            return
        self._framed = colour, verdict
        border = _region(self._canvas, _FRAME)
        width = _MIRROR.x
        for strip in (
            border[:width],
            border[-width:],
            border[:, :width].transpose(1, 0, 2),
            border[:, -width:].transpose(1, 0, 2),
        ):
            strip[:] = colour
            if verdict is State.UNSEEN:
                strip[:, (np.arange(strip.shape[1]) // _DASH_PX) % 2 == 1] = display.DARK

    def _draw_notice(self, notice: str) -> None:
        """Write what went wrong across the top of the picture."""
        lines, size = display.wrapped(notice, _BAR_PX, _MIRROR.width - 2 * _BAR_PX)
        height = round((len(lines) + 0.6) * 1.2 * size)
        box = Rect(_MIRROR.x, _MIRROR.y, _MIRROR.width, height)
        _region(self._canvas, box).fill(display.DARK[0])
        for number, line in enumerate(lines):
            middle = box.y + (number + 0.8) * 1.2 * size
            display.put_text(self._canvas, line, box.x + _BAR_PX, middle, size, display.ORANGE)
        self._covered = True

    def _draw_recording(self) -> None:
        """Say in the lower corner that a video is kept."""
        size, text = 30, "recording video"
        x, y = _MIRROR.x + 12, _MIRROR.y + _MIRROR.height - 2 * size - 12
        box = Rect(x, y, display.text_width(text, size) + 3 * size, 2 * size)
        _region(self._canvas, box).fill(display.DARK[0])
        display.draw_dot(self._canvas, (x + size, y + size), 0.4 * size, display.VERMILION)
        display.put_text(self._canvas, text, x + 2 * size, y + size, size)
        self._covered = True


class _Glass:
    """Mirrors pictures to one size, always in the same memory: fresh memory costs more."""

    def __init__(self, exercise: Exercise, size_px: tuple[int, int]) -> None:
        width, height = size_px
        self.size_px = size_px
        self.overlay = Overlay(exercise, size_px, _MAGNIFIED)
        self._scaled = np.empty((height, width, 3), np.uint8)

    def mirror(self, image_bgr: Image, target: Image) -> None:
        cv2.resize(image_bgr, self.size_px, dst=self._scaled)
        cv2.flip(self._scaled, 1, dst=target)


def mirrored(observation: Observation) -> Observation:
    """Return an observation as a mirror shows it; the person's left stays the person's left."""
    pose = observation.pose
    if pose is None:
        return observation
    width = observation.frame_size_px[0]
    image_px = pose.image_px.copy()
    image_px[:, 0] = width - image_px[:, 0]
    return replace(observation, pose=replace(pose, image_px=image_px))


def _decisive(verdict: Verdict, screen: ViewState) -> Verdict:
    """Return a verdict with only the reading that decides: one thing at a time."""
    broken = None if verdict.reason is None else verdict.reason.rule
    judged = screen.verdict is State.WRONG and verdict.state is State.WRONG
    readings = tuple(r for r in verdict.readings if judged and r.rule == broken)
    return replace(verdict, readings=readings)


def _draw_place(image: Image, screen: ViewState) -> None:
    """Draw the frame that the whole body should fit into, and the edges that cut it off."""
    height, width = image.shape[:2]
    inset = 0.045 * height
    corners = (inset, inset), (width - inset, height - inset)
    colour = display.GREEN if screen.view_good else display.WHITE
    draw_brackets(image, corners, 0.2 * height, display.DARK, 14)
    draw_brackets(image, corners, 0.2 * height, colour, 8)
    (left, top), (right, bottom) = corners
    lines: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
        "left": ((right, top), (right, bottom)),  # a mirror changes left and right
        "right": ((left, top), (left, bottom)),
        "top": ((left, top), (right, top)),
        "bottom": ((left, bottom), (right, bottom)),
    }
    for edge in screen.edges:
        display.draw_line(image, *lines[edge], display.DARK, 18)
        display.draw_line(image, *lines[edge], display.ORANGE, 12)


def _region(image: Image, box: Rect) -> Image:
    return image[box.y : box.y + box.height, box.x : box.x + box.width]
