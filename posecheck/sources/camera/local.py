"""A camera of this machine, through OpenCV."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.errors import CameraError, shown
from posecheck.sources.camera import CameraLostError, Shot, listing
from posecheck.sources.camera.jpeg import JpegDecoder
from posecheck.sources.camera.listing import LINUX, Problem
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

FAILS_AT_ONCE_S: Final = 0.5
"""Seconds within which reading a disconnected camera fails; with a silent one `read` waits about a
second."""

_WANTED_FPS: Final = 30
_OLDEST_S: Final = 1.0
"""Largest age of a first frame in seconds; an older timestamp comes from another clock."""


class LocalCamera:
    """Opener of a camera by its number or device file; finds it again under another number."""

    def __init__(self, where: str, wanted_px: tuple[int, int]) -> None:
        """Store the name of the camera.

        Args:
            where: a number such as "0" or a device file such as "/dev/video2".
            wanted_px: the size to ask for.
        """
        self._where = f"/dev/video{where}" if LINUX and where.isdecimal() else where
        self.title = shown(self._where)
        self._wanted_px = wanted_px
        self._name: str | None = None
        self._others: frozenset[str] = frozenset()

    def open(self) -> LocalFeed:
        """Open the camera.

        Raises:
            CameraError: if it is missing, forbidden, busy, no camera or broken.
        """
        device = self._device() if LINUX else _unknown(self._where)
        if device.problem is Problem.MISSING and self._name is not None:
            raise CameraError(unplugged(self.title))
        if device.problem is not None:
            raise CameraError(listing.sentence(device.problem, self.title))
        if LINUX and self._name is None:
            found = listing.find()
            self._others = frozenset(other.path for other in found) - {device.path}
        feed = LocalFeed(device, self.title, self._wanted_px)
        self._name = device.name
        return feed

    def _device(self) -> listing.Device:
        """Return the camera that was named; once its name is known, also at another number.

        A camera that was present from the beginning is never taken: it is another one of the same
        make, and the user did not ask to switch it on.
        """
        path = self._where
        if Path(path).is_symlink():  # /dev/v4l/by-id/... leads to another number each time
            path = str(Path(path).resolve())
        device = listing.look_at(path, self._wanted_px)
        if device.problem is Problem.MISSING and self._name is not None:
            for other in listing.find():
                same = other.name == self._name and other.path not in self._others
                if same and other.problem is None:
                    return other
        return device


class LocalFeed:
    """An opened camera of this machine."""

    def __init__(self, device: listing.Device, title: str, wanted_px: tuple[int, int]) -> None:
        """Open it and ask for its best mode.

        Raises:
            CameraError: if OpenCV can't open it.
        """
        self.name = device.name
        self._path, self._title = device.path, title
        self._stamps = DriverClock()
        self._jpegs: JpegDecoder | None = None
        if LINUX:
            self._capture = cv2.VideoCapture(device.path, cv2.CAP_V4L2)
        else:
            self._capture = cv2.VideoCapture(device.index, getattr(cv2, listing.OPENCV_API))
        if not self._capture.isOpened():
            raise CameraError(listing.sentence(Problem.BROKEN, title))
        self._ask_for(device, wanted_px)

    def read(self) -> Shot | None:
        """Wait for the next frame; None if none came within about a second.

        Raises:
            CameraLostError: if the camera is unplugged or sends nothing.
        """
        begun_s = time.monotonic()
        if not self._capture.grab():
            if time.monotonic() - begun_s < FAILS_AT_ONCE_S:
                raise CameraLostError(self._why_lost())
            return None
        arrived_s = time.monotonic()
        taken_s = float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
        image = self._picture()
        if image is None:
            return None
        return Shot(self._stamps.clock_s(taken_s, arrived_s), image)

    def close(self) -> None:
        """Close the camera."""
        self._capture.release()

    def _picture(self) -> NDArray[np.uint8] | None:
        """Return the frame that was grabbed; None if it arrived damaged."""
        good, image = self._capture.retrieve()
        if not good or image is None or image.size == 0:
            return None
        if self._jpegs is not None:
            return self._jpegs.decode(image)
        return image.astype(np.uint8, copy=False)

    def _ask_for(self, device: listing.Device, wanted_px: tuple[int, int]) -> None:
        """Ask for size, rate and coding, in the order in which drivers take them.

        The number of buffers is not changed: with a single buffer the camera has none to fill while
        a frame is decoded, and gives only every second frame. Old frames do not collect, because
        the reading thread only reads.
        """
        mode = device.mode
        fourcc, size_px = ("MJPG", wanted_px) if mode is None else (mode.fourcc, mode.size_px)
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*fourcc))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, size_px[0])
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size_px[1])
        self._capture.set(cv2.CAP_PROP_FPS, _WANTED_FPS)
        # In place of a damaged frame OpenCV gives the one before as a new one: a person
        # would be seen to hold still. So JPEGs are taken as they come.
        given = int(self._capture.get(cv2.CAP_PROP_FOURCC))
        coded = LINUX and given == cv2.VideoWriter.fourcc(*"MJPG")
        if coded and self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 0):
            self._jpegs = JpegDecoder()

    def _why_lost(self) -> str:
        problem = listing.look_at(self._path).problem if LINUX else None
        if problem is Problem.MISSING:
            return unplugged(self._title)
        if problem is None:  # there, and yet it gives nothing: taken when the stream began
            problem = Problem.BUSY
        return listing.sentence(problem, self._title)


def unplugged(title: str) -> str:
    """Return one line about a camera that was present before."""
    return f"{title}: the camera is unplugged; plug it in again"


class DriverClock:
    """Check whether a driver stamps its frames with this system's monotonic clock."""

    def __init__(self) -> None:
        """Begin undecided; the first frame decides."""
        self._trusted: bool | None = None
        self._stamp_s = self._given_s = -math.inf

    def clock_s(self, taken_s: float, arrived_s: float) -> float:
        """Return a frame's time: the driver's if it can be true, else the time of arrival.

        It is always later than the one before.

        Args:
            taken_s: timestamp of the driver.
            arrived_s: time of arrival on ``time.monotonic``, seconds.
        """
        if self._trusted is None:
            self._trusted = 0 <= arrived_s - taken_s < _OLDEST_S
        believable = self._trusted and self._stamp_s < taken_s <= arrived_s
        if taken_s <= arrived_s:
            # Not the arrival: the next stamps are earlier than that where frames come
            # late, and none of them would be believed any more.
            self._stamp_s = taken_s
        time_s = taken_s if believable else arrived_s
        self._given_s = max(time_s, math.nextafter(self._given_s, math.inf))
        return self._given_s


def _unknown(where: str) -> listing.Device:
    """Return a camera of a system that gives no facts before it is opened."""
    if not where.isdecimal():
        return listing.Device(-1, where, "", None, Problem.NO_CAMERA)
    return listing.Device(int(where), where, f"camera {where}", None, None)
