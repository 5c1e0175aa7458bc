"""The whole window of a replay as one picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import display
from posecheck.display import Rect
from posecheck.display.replay import help_page
from posecheck.display.replay.panel import ReadingsPanel
from posecheck.display.replay.prompt import Prompt
from posecheck.display.replay.timeline import GROUND, Timeline
from posecheck.display.replay.video_pane import Stage
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from posecheck.display.replay.timeline import TimelineContent
    from posecheck.exercises import Exercise
    from posecheck.ledger import Step
    from posecheck.replay.edit.tracks import Player
    from posecheck.types import Observation

    Image = NDArray[np.uint8]

SIZE_PX: Final = (1440, 900)
"""Size of the window at first; everything is drawn for it and scaled to others."""

LEAST_PX: Final = (640, 400)
"""A smaller window shows a picture of this size made smaller."""

_TIMELINE_SHARE: Final = 0.46


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything that is shown at one moment.

    Attributes:
        title: what is replayed.
        observation, step: what was seen and said.
        picture: the video's newest picture and whether it is this moment's; None without a
            video.
        player: where the replay stands.
        content: what the timeline shows.
        notice: something to tell, such as that it was saved.
        share_read: how much of the session was read, 0 to 1.
        help: whether the help page is open.
    """

    title: str
    observation: Observation
    step: Step
    picture: tuple[Image | None, bool] | None
    player: Player
    content: TimelineContent
    notice: str
    share_read: float
    help: bool


class ReplayView:
    """Draws scenes of one exercise in one size."""

    def __init__(
        self, exercise: Exercise, size_px: tuple[int, int], frame_size_px: tuple[int, int]
    ) -> None:
        """Lay out the window.

        Args:
            exercise: what is judged.
            size_px: width and height of the window's inside.
            frame_size_px: width and height of the session's pictures.
        """
        self.size_px = size_px
        width, height = (max(a, b) for a, b in zip(size_px, LEAST_PX, strict=True))
        self._ground: Image = np.full((height, width, 3), GROUND, np.uint8)
        self._unit = min(width / SIZE_PX[0], height / SIZE_PX[1])
        self._exercise = exercise
        bar, line = self._px(44), self._px(40)
        below = round(height * _TIMELINE_SHARE)
        above = height - below - line
        stage_height = above - bar - self._px(6)
        # The panel takes what the picture leaves, within reason.
        needed = round(stage_height * frame_size_px[0] / max(1, frame_size_px[1]))
        panel = min(max(width - needed - self._px(8), self._px(390)), self._px(620))
        self._bar = Rect(0, 0, width, bar)
        beside = Rect(width - panel, bar, panel, stage_height)
        self.timeline = Timeline(exercise, Rect(0, above, width, below), self._unit)
        below_all = Rect(0, height - line, width, line)
        self._prompt = Prompt(exercise, below_all, beside, self._unit)
        self._panel = ReadingsPanel(exercise, beside, self._unit)
        self._stage_box = Rect(0, bar, width - panel, stage_height)
        self._stage = Stage(exercise, self._stage_box, frame_size_px)

    def draw(self, scene: Scene) -> Image:
        """Return the picture of a scene."""
        image = self._ground.copy()
        if scene.observation.frame_size_px != self._stage.frame_size_px:
            self._stage = Stage(self._exercise, self._stage_box, scene.observation.frame_size_px)
        self._stage.draw(image, scene.picture, scene.observation, scene.step)
        editor = scene.content.editor
        item = editor.annotations.at(scene.step.t_s)
        self._panel.draw(image, scene.step, editor.annotator, item)
        self.timeline.draw(image, scene.content)
        self._draw_bar(image, scene)
        self._prompt.draw(image, editor, scene.notice)
        if scene.help:
            help_page.draw(image, self._unit)
        return image

    def _px(self, length: float) -> int:
        return max(1, round(length * self._unit))

    def _draw_bar(self, image: Image, scene: Scene) -> None:
        """Draw the line at the top: what is replayed, and how."""
        bar, size, player = self._bar, self._px(21), scene.player
        middle = bar.height / 2
        x = self._px(16)
        self._draw_sign(image, x + self._px(10), middle, playing=player.playing)
        speed = f"{player.speed:g} x"
        display.put_text(image, speed, x + self._px(36), middle, size)
        display.put_text(image, scene.title, x + self._px(116), middle, size, display.PALE)
        text = ""
        if scene.share_read < 1:
            text = f"reading the session: {scene.share_read:.0%}"
        elif scene.picture is not None and not scene.picture[1]:
            text = "the picture follows"
        right = bar.width - self._px(16) - display.text_width(text, size)
        display.put_text(image, text, right, middle, size, display.ORANGE)

    def _draw_sign(self, image: Image, x: float, y: float, *, playing: bool) -> None:
        """Draw a triangle while it plays, two bars while it stands."""
        reach = self._px(10)
        if playing:
            corners = [(x - reach, y - reach), (x + reach, y), (x - reach, y + reach)]
            points = np.rint(np.array(corners)).astype(np.int32)
            cv2.fillConvexPoly(image, points, display.WHITE, cv2.LINE_AA)
            return
        for place in (-0.6, 0.6):
            ends = (x + place * reach, y - reach), (x + place * reach, y + reach)
            display.draw_line(image, *ends, display.WHITE, self._px(6))
