"""The large picture: the video, or an empty room, with what posecheck sees and thinks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import display
from posecheck.display import Rect
from posecheck.display.overlay import Overlay
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from posecheck.exercises import Exercise
    from posecheck.ledger import Step
    from posecheck.types import Observation

    Image = NDArray[np.uint8]

_WALL: Final = ((74, 68, 62), (92, 86, 80))
_FLOOR: Final = ((70, 78, 88), (52, 58, 66))
_HORIZON: Final = 0.66
_OLD_SHARE: Final = 0.25
"""What is left of a picture that is not yet the one of the skeleton over it."""


class Stage:
    """Draws observation and step of one exercise into a box, over a picture or a room."""

    def __init__(self, exercise: Exercise, box: Rect, frame_size_px: tuple[int, int]) -> None:
        """Prepare what does not change.

        Args:
            exercise: what is judged.
            box: the place for the picture; it is made as large as fits.
            frame_size_px: width and height of the session's pictures.
        """
        self.frame_size_px = frame_size_px
        width, height = frame_size_px
        scale = min(box.width / max(1, width), box.height / max(1, height))
        size = max(16, round(width * scale)), max(16, round(height * scale))
        left, top = box.x + (box.width - size[0]) // 2, box.y + (box.height - size[1]) // 2
        self._box = Rect(max(0, left), max(0, top), *size)
        self._overlay = Overlay(exercise, size)
        self._room = _room(size)

    def draw(
        self,
        image: Image,
        picture: tuple[Image | None, bool] | None,
        observation: Observation,
        step: Step,
    ) -> None:
        """Draw into an image.

        Args:
            image: changed.
            picture: the newest picture of the video and whether it is this moment's; None
                without a video.
            observation: what was seen.
            step: what is said of it.
        """
        box = self._box
        canvas = self._canvas(picture)
        self._overlay.draw(canvas, observation, step)
        place = image[box.y : box.y + box.height, box.x : box.x + box.width]
        place[:] = canvas[: place.shape[0], : place.shape[1]]

    def _canvas(self, picture: tuple[Image | None, bool] | None) -> Image:
        footage, fits = picture or (None, False)
        if footage is None:
            return self._room.copy()
        size = self._box.width, self._box.height
        how = cv2.INTER_AREA if footage.shape[1] > size[0] else cv2.INTER_LINEAR
        canvas = cv2.resize(footage, size, interpolation=how)
        if not fits:
            cv2.convertScaleAbs(canvas, canvas, _OLD_SHARE, 0)
        return np.ascontiguousarray(canvas, np.uint8)


def _room(size: tuple[int, int]) -> Image:
    """Return an empty room: a wall, a floor and a mat's edge to stand on."""
    width, height = size
    horizon = round(height * _HORIZON)
    column = np.concatenate(
        [_shade(*_WALL, horizon), _shade(*_FLOOR, height - horizon)],
    )
    room = np.repeat(column[:, None, :], width, axis=1)
    image = np.ascontiguousarray(np.rint(room), np.uint8)
    display.draw_line(image, (0, horizon), (width, horizon), (112, 106, 100), max(1, height // 240))
    return image


def _shade(top: display.Colour, bottom: display.Colour, rows: int) -> NDArray[np.float64]:
    return np.linspace(top, bottom, max(1, rows))
