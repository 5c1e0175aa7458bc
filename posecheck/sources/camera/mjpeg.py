"""MJPEG over HTTP, read as tolerantly as a browser does.

FFmpeg's reader requires parts of one type in one order. This reader uses only the JPEGs: each one
marks its own beginning and end, independent of the types, lengths, boundaries and chunks that a
camera writes around it. Only the address that the user names is connected to: no proxy is used, and
no redirect is followed.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import numpy as np

from posecheck.errors import CameraError, shown
from posecheck.sources.camera import CameraLostError, Shot
from posecheck.sources.camera.jpeg import JpegDecoder, JpegFinder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message

TIMEOUT_S: Final = 3.0
"""Longest wait for a connection, an answer or more of a frame, in seconds."""

PATIENCE_S: Final = 1.0
"""Longest time in seconds until `read` returns while no frame is complete."""

ANSWER_S: Final = 6.0
"""Longest wait in seconds for a whole answer, or a whole piece of it, however slowly it comes."""

_CHUNK: Final = 1 << 16
UNANSWERED: Final = (
    "{}: does not answer; check the address, and that the camera is on and in this network"
)
LOG_IN: Final = "{}: wants a name and a password: write them as http://NAME:PASSWORD@HOST/PATH"
ELSEWHERE: Final = (
    "{}: the camera answers, but has no video at this address; look up the path of its video"
)
NO_VIDEO: Final = (
    "{}: answers, but not with a camera's video (MJPEG over http, or rtsp); look up its address"
)
SILENT: Final = "{}: the camera sends no pictures any more; check it and its network"
_CAME: Final = (
    "{}: answers with {}, not with a camera's video (MJPEG over http, or rtsp); look up the "
    "address of its video"
)
_MOVED: Final = "{}: points to another address, {}; give that one if you trust it"
_BROKEN: Final = (
    "{}: the camera answers with the error {}; end other programs that show it, or restart it"
)
_LOG_IN_KIND: Final = "{}: wants a name and a password in a way that is not known here; try rtsp"
_NO_HTTPS: Final = "{}: answers, but not with https; write http://, or look up its address"
_NO_PICTURE: Final = "{}: answers as a camera, but sends no picture; restart it"
_TOO_LARGE: Final = "{}: the camera sends pictures of {} x {} pixels; set it to 1920 x 1080 or less"
_OTHER_PARTS: Final = "{}: the camera sends {}, not JPEG pictures; set it to MJPEG"


class MjpegFeed:
    """A connection to an MJPEG camera; its frames are stamped when they arrive."""

    def __init__(self, url: str, title: str) -> None:
        """Connect.

        Args:
            url: begins with http:// or https://; may hold a name and a password.
            title: the address as shown, without secrets.

        Raises:
            CameraError: if it does not answer, wants a password or sends something else.
        """
        self.name = title
        try:
            self._response = _opened(url)
        except (OSError, ValueError, http.client.HTTPException) as error:
            # Without the cause: its text can hold the address with the password.
            raise CameraError(_what(error, url).format(title)) from None
        self._finder, self._decoder = JpegFinder(), JpegDecoder()
        self._waiting: list[bytes] = []
        self._arrived_s = self._opened_s = time.monotonic()
        self._shown = False
        if (came := _unwanted(self._response.headers)) is not None:
            self.close()
            raise CameraError(_CAME.format(title, came))

    def read(self) -> Shot | None:
        """Wait for the next frame; None if none came within about a second.

        Raises:
            CameraLostError: if the connection broke, the stream stopped, or it holds no frames.
        """
        asked_s = time.monotonic()
        while time.monotonic() - asked_s <= PATIENCE_S:
            while self._waiting:
                image = self._decoder.decode(np.frombuffer(self._waiting.pop(0), np.uint8))
                if image is not None:
                    self._shown = True
                    return Shot(self._arrived_s, image)
            try:
                received = self._response.read_soon()
            except (OSError, ValueError, http.client.HTTPException):
                received = b""
            if not received:
                raise CameraLostError(self._why_nothing()) from None
            self._arrived_s = time.monotonic()
            self._waiting = self._finder.feed(received)
        if not self._shown and time.monotonic() - self._opened_s > TIMEOUT_S:
            raise CameraLostError(self._why_nothing())
        return None

    def close(self) -> None:
        """End the connection."""
        self._response.close()

    def _why_nothing(self) -> str:
        if self._shown:
            return SILENT.format(self.name)
        if (size := self._decoder.too_large_px) is not None:
            return _TOO_LARGE.format(self.name, *size)
        kind = self._finder.part_type
        if not kind or "jpeg" in kind or "jpg" in kind:
            return _NO_PICTURE.format(self.name)
        return _OTHER_PARTS.format(self.name, kind)


class _Answer(http.client.HTTPResponse):
    """An answer that comes in time: a timeout alone allows one byte every few seconds, for ever."""

    def __init__(self, sock: socket.socket, *rest: Any, **named: Any) -> None:  # noqa: ANN401
        """Begin with a connection."""
        super().__init__(sock, *rest, **named)
        self._connection = sock

    def begin(self) -> None:
        """Read the status and the headers.

        Raises:
            OSError: if they do not come within `ANSWER_S`.
        """
        with self._hurried():
            super().begin()

    def read_soon(self) -> bytes:
        """Return some bytes of the content; empty at its end.

        Raises:
            OSError: if none come in time.
        """
        if not self.chunked:  # then any byte that comes is returned
            return self.read1(_CHUNK)
        with self._hurried():
            return self.read1(_CHUNK)

    @contextmanager
    def _hurried(self) -> Iterator[None]:
        late = threading.Event()

        def hang_up() -> None:
            late.set()
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(ANSWER_S, hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
        if late.is_set():
            raise TimeoutError


class _Http(http.client.HTTPConnection):
    response_class = _Answer


class _Https(http.client.HTTPSConnection):
    response_class = _Answer


class _Plain(urllib.request.HTTPHandler):
    """Opens http addresses."""

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Return the answer."""
        return self.do_open(_Http, req)


class _Covered(urllib.request.HTTPSHandler):
    """Opens https addresses; the certificate is not checked."""

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Return the answer."""
        trusting = ssl.create_default_context()
        trusting.check_hostname = False  # cameras sign their own certificates
        trusting.verify_mode = ssl.CERT_NONE
        trusting.set_ciphers("DEFAULT:@SECLEVEL=0")  # and old cameras have short keys
        return self.do_open(_Https, req, context=trusting)


class _Digest(urllib.request.HTTPDigestAuthHandler):
    """Logs in by digest, and closes the answer that asked for it."""

    def http_error_401(self, req: Any, fp: Any, *rest: Any) -> Any:  # noqa: ANN401
        """Ask again with a login; None if there is none to try."""
        return _asked_again(fp, lambda: super(_Digest, self).http_error_401(req, fp, *rest))


class _Basic(urllib.request.HTTPBasicAuthHandler):
    """Logs in with name and password, and closes the answer that asked for it."""

    def http_error_401(self, req: Any, fp: Any, *rest: Any) -> Any:  # noqa: ANN401
        """Ask again with a login; None if there is none to try."""
        return _asked_again(fp, lambda: super(_Basic, self).http_error_401(req, fp, *rest))


def _asked_again(first: Any, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - as urllib has it
    """Return the answer to a second request; the first one, which urllib forgets, is closed."""
    try:
        answer = ask()
    except BaseException:
        first.close()
        raise
    if answer is not None:
        first.close()
    return answer


def _opened(url: str) -> _Answer:
    """Return the answer to a request.

    Raises:
        OSError: if there is none, or it is no success (`urllib.error.HTTPError`).
        ValueError: if a login of an unknown kind is wanted.
        http.client.HTTPException: if it is no HTTP.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    plain = urlunsplit((parts.scheme, host, path, quote(parts.query, safe="/%:@!$&'()*+,;=~?"), ""))
    handlers: list[urllib.request.BaseHandler] = [
        _Plain(),
        _Covered(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ]
    if parts.username is not None:
        logins = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        logins.add_password(None, plain, unquote(parts.username), unquote(parts.password or ""))
        handlers += [_Digest(logins), _Basic(logins)]
    opener = urllib.request.OpenerDirector()  # by hand: no proxy, no redirect, no other scheme
    for handler in handlers:
        opener.add_handler(handler)
    request = urllib.request.Request(plain, headers={"User-Agent": "posecheck", "Accept": "*/*"})  # noqa: S310 - http or https only
    answer: _Answer = opener.open(request, timeout=TIMEOUT_S)
    return answer


def _unwanted(headers: Message) -> str | None:
    """Return the kind of an answer that cannot be a camera's video; None if it can be."""
    said = headers.get("Content-Type")
    if said is None:
        return None
    kind = shown(said.partition(";")[0].strip().lower())
    if kind.startswith("image/") and headers.get("Content-Length") is not None:
        return f"a single picture ({kind})"
    if kind in {"text/html", "application/xhtml+xml"}:
        return f"a web page ({kind})"
    pictures = kind.startswith(("multipart/", "image/")) or "jpeg" in kind or "jpg" in kind
    return None if pictures or kind in {"", "application/octet-stream"} else kind


def without_secrets(url: str) -> str:
    """Return an address for messages: no name, no password, no parameters.

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


def _what(error: Exception, url: str) -> str:
    """Return the sentence for a connection that failed, with {} for the address."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return _refusal(error, url)
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, ssl.SSLError):
        return _NO_HTTPS
    if isinstance(cause, OSError):  # also http.client.RemoteDisconnected
        return UNANSWERED
    return NO_VIDEO if isinstance(cause, http.client.HTTPException) else _LOG_IN_KIND


def _refusal(error: urllib.error.HTTPError, url: str) -> str:
    """Return the sentence for an answer that is no success."""
    if error.code in {401, 403, 407}:
        return LOG_IN
    if 300 <= error.code < 400:  # noqa: PLR2004 - RFC 9110, section 15.4
        place = urljoin(url, error.headers.get("Location") or "")
        try:
            place = without_secrets(place)
        except CameraError:
            return ELSEWHERE
        return _MOVED.format("{}", place.replace("{", "{{").replace("}", "}}"))
    if error.code >= 500:  # noqa: PLR2004 - RFC 9110, section 15.6
        return _BROKEN.format("{}", error.code)
    return ELSEWHERE
