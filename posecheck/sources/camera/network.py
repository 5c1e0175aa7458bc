"""Network cameras: MJPEG over HTTP (`posecheck.sources.camera.mjpeg`), or RTSP.

posecheck connects only to the address that the user names. PyAV reads RTSP and not OpenCV, because
PyAV's options belong to one connection: OpenCV's come from the environment of the whole process,
where they keep every file off the network. Only the one wanted format is accepted, so no answer can
name another resource to fetch. One exception is outside posecheck's control: FFmpeg follows the
redirect of an RTSP camera.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np
from av import error as failure

from posecheck.errors import CameraError
from posecheck.sources.camera import CameraLostError, Shot
from posecheck.sources.camera.jpeg import MOST_CAMERA_PIXELS, JpegDecoder
from posecheck.sources.camera.mjpeg import (
    ELSEWHERE,
    LOG_IN,
    NO_VIDEO,
    SILENT,
    UNANSWERED,
    MjpegFeed,
    without_secrets,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.packet import Packet
    from numpy.typing import NDArray

    from posecheck.sources.camera import Feed

OPEN_S: Final = 3.0
SILENT_S: Final = 2.0
"""Seconds without an answer, or without data, after which a camera is opened again."""

PATIENCE_S: Final = 1.0
"""Longest time in seconds until `read` returns, so that its thread can end."""

_RTSP: Final = {
    "protocol_whitelist": "rtsp,tcp",
    "rtsp_transport": "tcp",  # no port of this machine is opened
}
_AT_ONCE: Final = {"fflags": "nobuffer", "analyzeduration": "0", "fpsprobesize": "0"}


class NetworkCamera:
    """Opener of the camera at an address."""

    def __init__(self, url: str) -> None:
        """Remember an address.

        Args:
            url: begins with http://, https:// or rtsp://; may hold a name and a password.

        Raises:
            CameraError: if it is no address.
        """
        scheme, colon, rest = url.partition(":")
        self._url = scheme.lower() + colon + rest  # FFmpeg knows small letters only
        self.title = without_secrets(url)

    def open(self) -> Feed:
        """Connect to the camera.

        Raises:
            CameraError: if it does not answer, wants a password or sends something else.
        """
        if self._url.startswith("rtsp:"):
            return RtspFeed(self._url, self.title)
        return MjpegFeed(self._url, self.title)


class RtspFeed:
    """A connection to a camera; its frames are stamped when they arrive.

    The camera's own clock is not that of this machine.
    """

    def __init__(self, url: str, title: str) -> None:
        """Connect.

        Raises:
            CameraError: if it does not answer, wants a password or sends something else.
        """
        self.name = title
        try:
            self._container = av.open(
                url,
                format="rtsp",
                options={**_RTSP, **_AT_ONCE},
                timeout=(OPEN_S, SILENT_S),
            )
        except failure.FFmpegError as error:
            # Without the cause: its text holds the address with the password.
            raise CameraError(_what(error).format(title)) from None
        if not self._container.streams.video:
            self._container.close()
            raise CameraError(NO_VIDEO.format(title))
        decoder = self._container.streams.video[0].codec_context
        decoder.options = {"max_pixels": str(MOST_CAMERA_PIXELS)}  # also if it changes meanwhile
        decoder.thread_type = "SLICE"  # threads by frame would hold frames back
        self._jpegs = JpegDecoder() if decoder.name == "mjpeg" else None
        self._shots = self._received()

    def read(self) -> Shot | None:
        """Wait for the next frame; None if none came within about a second.

        Raises:
            CameraLostError: if the connection broke or the stream stopped.
        """
        try:
            return next(self._shots)
        except (failure.FFmpegError, StopIteration):
            raise CameraLostError(SILENT.format(self.name)) from None

    def close(self) -> None:
        """End the connection."""
        self._container.close()

    def _received(self) -> Iterator[Shot | None]:
        """Yield the frames; None if for `PATIENCE_S` the data held no complete frame.

        A camera may send for seconds before the first frame that is complete in itself.
        """
        yielded_s = time.monotonic()
        for packet in self._container.demux(video=0):
            arrived_s = time.monotonic()
            if arrived_s - yielded_s > PATIENCE_S:
                yielded_s = arrived_s
                yield None
            for image in self._pictures(packet):
                yielded_s = arrived_s
                yield Shot(arrived_s, image)

    def _pictures(self, packet: Packet[Any]) -> Iterator[NDArray[np.uint8]]:
        """Yield the whole frames in a packet; a damaged one is left out."""
        if self._jpegs is not None:
            image = self._jpegs.decode(np.frombuffer(bytes(packet), np.uint8))
            if image is not None:
                yield image
            return
        try:
            pictures = packet.decode()
        except failure.InvalidDataError:  # the next one may be whole
            return
        for picture in pictures:
            if isinstance(picture, av.VideoFrame) and not picture.is_corrupt:
                image = picture.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
                yield np.ascontiguousarray(image)


def _what(error: failure.FFmpegError) -> str:
    """Return the sentence for a connection that failed."""
    if isinstance(error, failure.HTTPUnauthorizedError | failure.HTTPForbiddenError):
        return LOG_IN
    if isinstance(error, failure.HTTPClientError):
        return ELSEWHERE
    if isinstance(error, failure.InvalidDataError | failure.EOFError):
        return NO_VIDEO
    return UNANSWERED
