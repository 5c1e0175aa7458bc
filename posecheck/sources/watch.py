"""Condition of a camera, from its frames and their times; pure, the time is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

DARK_S: Final = 1.0
"""Seconds of black images after which a camera counts as dark; a few come while it finds its
exposure."""

DARK_LEVEL: Final = 40
"""Brightness (of 255) that noise behind a lens cover does not reach ..."""

BRIGHT_SHARE: Final = 0.005
"""... in more than this share of the image."""

FROZEN_S: Final = 0.5
"""Seconds of identical images after which a camera counts as repeating: noise and coding make every
real image differ, and in a repeated one no movement can be seen."""

_CODED_LEVEL: Final = 20
_CODED_SHARE: Final = 0.01
_DRIFT_LEVEL: Final = 32
"""Limits for a coded frame that repeats the one before: largest difference of a value (of 255),
share of the values that differ, and largest drift since the first frame of the run. In 20
recordings of people with 6,000 frames only a title of 1.1 s is such a run."""

_EVERY_PX: Final = 16


class CameraState(StrEnum):
    """Condition of a camera."""

    RUNNING = "running"
    STALLED = "stalled"
    LOST = "lost"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Condition:
    """Condition of a camera at one moment.

    Attributes:
        state: running, stalled (no new frames), lost (to be opened again) or dark.
        since_s: start of this state, in seconds since the first frame.
        sentence: the problem and what to do, for the user; empty while it runs.
    """

    state: CameraState
    since_s: float
    sentence: str


_STALLED: Final = "The camera sends no pictures; check its cable or connection"
_FROZEN: Final = "The camera sends the same picture again and again; restart it or its app"
_DARK: Final = "The picture is black; open the lens cover or switch on a light"


class Watch:
    """Watch over one camera; seconds are those since the first frame."""

    def __init__(self, stall_s: float) -> None:
        """Begin to watch.

        Args:
            stall_s: seconds without a frame after which a camera is stalled.
        """
        self._stall_s = stall_s
        self._heard_s = 0.0
        self._well_s = 0.0
        self._dark_s: float | None = None
        self._lost: Condition | None = None
        self._frozen = False

    def picture(self, t_s: float, image_bgr: NDArray[np.uint8]) -> None:
        """Take note of a frame that came."""
        if self.condition(t_s).state is not CameraState.RUNNING:
            self._well_s = t_s
        self._lost, self._frozen = None, False
        self._heard_s = t_s
        if not is_dark(image_bgr):
            self._dark_s = None
        elif self._dark_s is None:
            self._dark_s = t_s

    def frozen(self) -> None:
        """Take note that the last frame was repeated for longer than `FROZEN_S`."""
        self._lost, self._frozen = None, True

    def lost(self, sentence: str) -> None:
        """Take note that the camera is lost, with the reason."""
        since_s = self._heard_s if self._lost is None else self._lost.since_s
        self._lost = Condition(CameraState.LOST, since_s, sentence)

    def condition(self, now_s: float) -> Condition:
        """Return the condition of the camera."""
        # Read once: another thread may take note of a frame meanwhile.
        lost, heard_s, dark_s = self._lost, self._heard_s, self._dark_s
        if lost is not None:
            return lost
        if self._frozen:
            return Condition(CameraState.STALLED, heard_s, _FROZEN)
        if now_s - heard_s >= self._stall_s:
            return Condition(CameraState.STALLED, heard_s, _STALLED)
        if dark_s is not None and heard_s - dark_s >= DARK_S:
            return Condition(CameraState.DARK, dark_s, _DARK)
        return Condition(CameraState.RUNNING, self._well_s, "")


class Repeats:
    """Detector of a camera that repeats one frame, as many network cameras do in a fault."""

    def __init__(self) -> None:
        """Begin without a frame."""
        self._image: NDArray[np.uint8] | None = None
        self._since_s = 0.0

    def look(self, t_s: float, image_bgr: NDArray[np.uint8]) -> bool:
        """Take in a frame; return True if it has been repeated for `FROZEN_S`.

        A black image never counts: behind a lens cover they may all be the same.

        Args:
            t_s: its time in seconds.
            image_bgr: is kept until another one comes, so it must not be written to.
        """
        before, self._image = self._image, image_bgr
        if before is None or not self._is_same(before, image_bgr) or is_dark(image_bgr):
            self._since_s = t_s
        return t_s - self._since_s > FROZEN_S

    def _is_same(self, before: NDArray[np.uint8], image_bgr: NDArray[np.uint8]) -> bool:
        return _same(before, image_bgr)


class CodedRepeats(Repeats):
    """The same for a recording, in which coding makes repeated images differ slightly."""

    def __init__(self) -> None:
        """Begin without a frame."""
        super().__init__()
        self._stands = False
        self._first: NDArray[np.uint8] | None = None

    def look(self, t_s: float, image_bgr: NDArray[np.uint8]) -> bool:
        """Take in a frame as `Repeats.look` does.

        Once a recording stands still, a refresh of the image by the codec does not end that.
        """
        self._stands = super().look(t_s, image_bgr)
        return self._stands

    def _is_same(self, before: NDArray[np.uint8], image_bgr: NDArray[np.uint8]) -> bool:
        """Whether the frame differs only by coding from the one before and from the run's first."""
        first = before if self._first is None else self._first
        same = before.shape == first.shape == image_bgr.shape
        if same and not _same(before, image_bgr):
            same = (self._stands or _nearly_same(before, image_bgr)) and (
                cv2.norm(first, image_bgr, cv2.NORM_INF) <= _DRIFT_LEVEL
            )
        self._first = first if same else None
        return same


def _nearly_same(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    few = (slice(None, None, _EVERY_PX),) * 2
    if cv2.norm(one[few].copy(), other[few].copy(), cv2.NORM_INF) > _CODED_LEVEL:
        return False
    if cv2.norm(one, other, cv2.NORM_INF) > _CODED_LEVEL:
        return False
    differences = cv2.absdiff(one, other)
    return bool(np.count_nonzero(differences) <= _CODED_SHARE * differences.size)


def _same(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Whether two images are the same to the last bit.

    Most frames already differ in a few pixels; all pixels are compared only when those are the
    same, because a still person before a still wall changes few of them.
    """
    few = (slice(None, None, _EVERY_PX),) * 2
    return np.array_equal(one[few], other[few]) and np.array_equal(one, other)


def is_dark(image_bgr: NDArray[np.uint8]) -> bool:
    """Whether an image is as black as behind a lens cover; looks at every 16th pixel."""
    sample = image_bgr[::_EVERY_PX, ::_EVERY_PX]
    return float(np.mean(sample > DARK_LEVEL)) < BRIGHT_SHARE
