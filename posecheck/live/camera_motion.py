"""Does the camera itself move? Found in the background, outside the person.

While somebody carries, tilts or pushes the camera, the whole background shifts between two frames,
and nothing that is seen in them says how a body holds still. The shift is found by phase
correlation of small grey images, in which the person is covered. A person who passes, a light that
is switched on or a curtain moves a part of the background only, which the correlation tells by its
peak and by how much better the shifted image fits.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from posecheck.types import Pose

    Grey = NDArray[np.float32]

WIDTH_PX: Final = 96
"""Width of the small images."""

EVERY_S: Final = 0.1
"""Shortest time between two comparisons, in seconds."""

BACK_S: Final = 0.2
"""Seconds between the two frames that are compared."""

SHIFT_SHARE: Final = 0.008
"""Shift of the background within `BACK_S`, as a share of the image's width, from which on the
camera moves: 0.8 pixels of a small image."""

LEAST_RESPONSE: Final = 0.12
"""Least height of the correlation's peak, 0 to 1: below it the images do not match at any shift."""

BETTER: Final = 0.75
"""Largest difference of the images after the shift, as a share of that before it."""

EDGE: Final = 8.0
"""Least second derivative, of 255 and per pixel squared, of an edge: noise stays below it."""

LEAST_EDGES: Final = 10
"""Least number of edge pixels in a quarter of a small image that has something to compare."""

LEAST_PARTS: Final = 2
"""Least number of such quarters: one alone may be an arm or a curtain."""

LEAST_BACKGROUND: Final = 0.25
"""Least share of the image that must be background; with less of it nothing is told."""

LEAST_CONTRAST: Final = 2.0
"""Least standard deviation of the background, of 255: a blank wall shows no movement."""

STAYS_S: Final = 0.5
"""Seconds for which the camera counts as moving after the last shift: it swings out."""

_MARGIN: Final = 0.2
"""Share of the body's size by which its box is made larger on each side: arms, hair, shadows."""


class CameraMotion:
    """Detector of a moving camera, from its frames in the order of time."""

    def __init__(self) -> None:
        """Begin without a frame."""
        self._lately: deque[tuple[float, Grey, NDArray[np.bool_]]] = deque()
        self._moved_s = -math.inf

    def look(self, t_s: float, image_bgr: NDArray[np.uint8], pose: Pose | None) -> bool:
        """Take in a frame; return True while the camera moves.

        Args:
            t_s: its time in seconds.
            image_bgr: (height, width, 3) uint8.
            pose: the person found in it; None for nobody.
        """
        if self._lately and t_s - self._lately[-1][0] < EVERY_S:
            return self._moves(t_s)
        grey = _small(image_bgr)
        covered = _person(pose, image_bgr.shape[1::-1], grey.shape)
        while len(self._lately) > 1 and t_s - self._lately[1][0] >= BACK_S:
            self._lately.popleft()
        if self._lately and t_s - self._lately[0][0] >= BACK_S / 2:
            _, before, covered_before = self._lately[0]
            recent = t_s - self._lately[0][0] <= STAYS_S and before.shape == grey.shape
            if recent and has_shifted(before, grey, ~(covered | covered_before)):
                self._moved_s = t_s
        self._lately.append((t_s, grey, covered))
        return self._moves(t_s)

    def _moves(self, t_s: float) -> bool:
        return t_s - self._moved_s <= STAYS_S


def has_shifted(before: Grey, after: Grey, background: NDArray[np.bool_]) -> bool:
    """Whether the background of two small images differs by a shift as a whole.

    Args:
        before: the earlier image, (height, width) float32, 0 to 255.
        after: the later one, of the same size.
        background: (height, width), true where neither shows the person.
    """
    if background.mean() < LEAST_BACKGROUND or before[background].std() < LEAST_CONTRAST:
        return False
    height, width = before.shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    edges = [_edges(image, background) for image in (before, after)]
    (x_px, y_px), response = cv2.phaseCorrelate(edges[0], edges[1], window)
    if math.hypot(x_px, y_px) < SHIFT_SHARE * width or response < LEAST_RESPONSE:
        return False
    back = np.array([[1, 0, x_px], [0, 1, y_px]], np.float32)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shifted = cv2.warpAffine(after, back, (width, height), flags=how)
    known = cv2.warpAffine(background.astype(np.uint8), back, (width, height), flags=how) > 0
    inner = background & known & _inside(height, width, x_px, y_px)
    edged = inner & ((np.abs(edges[0]) > EDGE) | (np.abs(edges[1]) > EDGE))
    return _fits_everywhere(np.abs(before - shifted), np.abs(before - after), edged)


def _fits_everywhere(shifted: Grey, still: Grey, edged: NDArray[np.bool_]) -> bool:
    """Whether the shift makes the difference smaller in every part of the image that has edges.

    Args:
        shifted: differences after the shift.
        still: differences without it.
        edged: the edges of the background; at least two quarters of the image must have some.
    """
    height, width = still.shape
    parts = 0
    for rows in (slice(0, height // 2), slice(height // 2, height)):
        for columns in (slice(0, width // 2), slice(width // 2, width)):
            here = edged[rows, columns]
            if here.sum() < LEAST_EDGES:
                continue
            parts += 1
            if shifted[rows, columns][here].mean() >= BETTER * still[rows, columns][here].mean():
                return False
    return parts >= LEAST_PARTS


def _edges(image: Grey, background: NDArray[np.bool_]) -> Grey:
    """Return the edges of the background; that of the covered person is left out."""
    smooth = cv2.GaussianBlur(image, (3, 3), 0)
    inside = cv2.erode(background.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.where(inside, cv2.Laplacian(smooth, cv2.CV_32F), np.float32(0))


def _small(image_bgr: NDArray[np.uint8]) -> Grey:
    """Return an image as a small grey one, in two steps: one alone costs six times as much."""
    height, width = image_bgr.shape[:2]
    size_px = WIDTH_PX, max(1, round(WIDTH_PX * height / width))
    if width >= 4 * WIDTH_PX:
        quarter = width // 4, max(1, height // 4)
        image_bgr = np.asarray(cv2.resize(image_bgr, quarter), np.uint8)
    small = cv2.resize(image_bgr, size_px, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)


def _person(
    pose: Pose | None, size_px: tuple[int, ...], shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Return where a small image may show the person."""
    covered = np.zeros(shape, np.bool_)
    if pose is None:
        return covered
    scale = np.array(shape[::-1], float) / np.array(size_px, float)
    places = pose.image_px[:, :2] * scale
    places = places[np.isfinite(places).all(axis=1)]
    if len(places):
        low, high = places.min(axis=0), places.max(axis=0)
        margin = _MARGIN * float((high - low).max())
        left, top = np.clip(low - margin, 0, None).astype(int)
        right, bottom = np.clip(high + margin + 1, 0, shape[::-1]).astype(int)
        covered[top:bottom, left:right] = True
    return covered


def _inside(height: int, width: int, x_px: float, y_px: float) -> NDArray[np.bool_]:
    """Return the pixels whose shifted place lies in the image."""
    inside = np.zeros((height, width), np.bool_)
    x, y = math.ceil(abs(x_px)), math.ceil(abs(y_px))
    inside[y : height - y, x : width - x] = True
    return inside
