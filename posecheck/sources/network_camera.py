"""A camera in the network: MJPEG over HTTP, or RTSP.

The address that the user names is the only thing in posecheck that is ever connected to.
PyAV reads it and not OpenCV, because PyAV's options belong to one connection: OpenCV's
come from the environment of the whole process, where they keep every file off the
network. No proxy is used, HTTP cannot send us on to another address, and only the one
wanted format is understood, so no answer can name another thing to fetch. One exception
is not in our hands: FFmpeg follows an RTSP camera that says it has moved.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import av
import numpy as np
from av import error as failure

from posecheck.errors import CameraError, shown
from posecheck.sources.feed import CameraLostError, Shot
from posecheck.sources.jpeg import JpegDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.packet import Packet
    from numpy.typing import NDArray

OPEN_S: Final = 3.0
SILENT_S: Final = 2.0
"""A camera that does not answer, or stops sending, for so long is opened again."""

PATIENCE_S: Final = 1.0
"""Longest time until the reader gets its thread back, so that it can end."""

_HTTP: Final = {
    "protocol_whitelist": "http,https,tls,tcp",
    "http_proxy": "",  # also none that the environment names
    "max_redirects": "0",
    "tls_verify": "0",  # cameras sign their own certificates
}
_RTSP: Final = {
    "protocol_whitelist": "rtsp,tcp",
    "rtsp_transport": "tcp",  # no port of this machine is opened
}
_AT_ONCE: Final = {"fflags": "nobuffer", "analyzeduration": "0", "fpsprobesize": "0"}

_UNANSWERED: Final = (
    "{}: does not answer; check the address, and that the camera is on and in this network"
)
_LOG_IN: Final = "{}: wants a name and a password: write them as http://NAME:PASSWORD@HOST/PATH"
_ELSEWHERE: Final = (
    "{}: the camera answers, but has no video at this address; look up the path of its video"
)
_NO_VIDEO: Final = (
    "{}: answers, but not with a camera's video (MJPEG over http, or rtsp); look up its address"
)
_SILENT: Final = "{}: the camera sends no pictures any more; check it and its network"


class NetworkCamera:
    """Opens the camera at an address."""

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

    def open(self) -> NetworkFeed:
        """Connect to the camera.

        Raises:
            CameraError: if it does not answer, wants a password or sends something else.
        """
        return NetworkFeed(self._url, self.title)


class NetworkFeed:
    """A connection to a camera; its pictures are stamped when they arrive.

    The camera's own clock is another one, and for MJPEG there is none.
    """

    def __init__(self, url: str, title: str) -> None:
        """Connect.

        Raises:
            CameraError: if it does not answer, wants a password or sends something else.
        """
        self.name = title
        rtsp = url.startswith("rtsp:")
        try:
            self._container = av.open(
                url,
                format="rtsp" if rtsp else "mpjpeg",
                options={**(_RTSP if rtsp else _HTTP), **_AT_ONCE},
                timeout=(OPEN_S, SILENT_S),
            )
        except failure.FFmpegError as error:
            # Without the cause: its text holds the address with the password.
            raise CameraError(_what(error).format(title)) from None
        if not self._container.streams.video:
            self._container.close()
            raise CameraError(_NO_VIDEO.format(title))
        decoder = self._container.streams.video[0].codec_context
        decoder.thread_type = "SLICE"  # threads by frame would hold pictures back
        self._jpegs = JpegDecoder() if decoder.name == "mjpeg" else None
        self._shots = self._received()

    def read(self) -> Shot | None:
        """Wait for the next picture; None if none came within about a second.

        Raises:
            CameraLostError: if the connection broke or nothing came any more.
        """
        try:
            return next(self._shots)
        except (failure.FFmpegError, StopIteration):
            raise CameraLostError(_SILENT.format(self.name)) from None

    def close(self) -> None:
        """End the connection."""
        self._container.close()

    def _received(self) -> Iterator[Shot | None]:
        """Yield the pictures; None where only what makes no picture came for a while.

        A camera may send for seconds before the first picture that is complete in itself.
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
        """Yield the whole pictures in a packet; a damaged one is left out."""
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


def without_secrets(url: str) -> str:
    """Return an address as it may be shown: no name, no password, no parameters.

    Raises:
        CameraError: if it is no address.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # reads the port, which may be none
    except ValueError:
        host = None
    if not host:
        # Not repeated: a mistyped address may still hold a password.
        message = "the camera's address is not complete; write it as http://HOST:PORT/PATH"
        raise CameraError(message)
    return shown(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")


def _what(error: failure.FFmpegError) -> str:
    """Return the sentence for a connection that failed."""
    if isinstance(error, failure.HTTPUnauthorizedError | failure.HTTPForbiddenError):
        return _LOG_IN
    if isinstance(error, failure.HTTPClientError):
        return _ELSEWHERE
    if isinstance(error, failure.InvalidDataError | failure.EOFError):
        return _NO_VIDEO
    return _UNANSWERED
