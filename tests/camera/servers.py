"""Cameras in the network, made in the test's own process: MJPEG over HTTP, and RTSP."""

from __future__ import annotations

import base64
import hashlib
import socketserver
import ssl
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.request import parse_http_list, parse_keqv_list

import av

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fakecam import Pictures
    from numpy.typing import NDArray

LOGIN: Final = "anna:pass,word"
_LENGTH: Final = struct.Struct("=I")
_TICK_S: Final = 0.02


def records(pictures: Pictures) -> list[bytes]:
    """Return the JPEGs of a file of pictures, without the black one."""
    content, place, found = pictures.path.read_bytes(), 0, []
    while place < len(content):
        (length,) = _LENGTH.unpack_from(content, place)
        found.append(content[place + 4 : place + 4 + length])
        place += 4 + length
    return found[:-1]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    allow_reuse_address = True
    camera: MjpegServer


class MjpegServer:
    """An IP camera: /video is the stream; other paths misbehave.

    Attributes:
        pictures: the JPEGs, shown from the first one on to everyone who connects.
        stalled: it sends nothing, and keeps the connection.
        down: it breaks connections and takes no new ones.
        asked: paths and headers of all requests.
        kind: the type of its answers.
        wrapped: what it sends for a picture.
        refusal: code and headers of every answer; None for pictures.
        chunked: whether it sends in chunks, cut wherever it likes.
    """

    def __init__(
        self, pictures: Sequence[bytes], *, fps: int = 30, certificate: Path | None = None
    ) -> None:
        self.kind = "multipart/x-mixed-replace; boundary=picture"
        self.wrapped: Callable[[bytes], bytes] | None = None
        self.refusal: tuple[int, dict[str, str]] | None = None
        self.chunked = False
        self.pictures, self.fps = pictures, fps
        self.stalled = self.down = self.over = False
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.camera = self
        self._scheme = "http" if certificate is None else "https"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.over = True
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def url(self, path: str = "/video", login: str = "") -> str:
        """Return the address of a path."""
        host, port = self._server.server_address[:2]
        return f"{self._scheme}://{login}{'@' * bool(login)}{host!s}:{port}{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        camera = self.server.camera
        camera.asked.append((self.path, dict(self.headers)))
        self.close_connection = True
        if camera.down:
            return
        if camera.refusal is not None:
            self._answer(*camera.refusal, b"no" * 300)
        elif self.path == "/silent":
            self._wait(lambda: False)
        elif self.path == "/moved":
            self._answer(302, {"Location": camera.url("/elsewhere")})
        elif self.path == "/page":
            self._answer(200, {"Content-Type": "text/html"}, b"<html>Hello</html>")
        elif self.path == "/digest" and not self._knows_digest():
            self._answer(401, {"WWW-Authenticate": 'Digest realm="c", qop="auth", nonce="x1"'})
        elif self.path == "/locked" and not self._knows_login():
            self._answer(401, {"WWW-Authenticate": 'Basic realm="camera"'})
        elif self.path in {"/video", "/video?token=hidden", "/locked", "/digest", "/no-length"}:
            self._stream(camera)
        else:
            self._answer(404, {})

    def _knows_login(self) -> bool:
        wanted = "Basic " + base64.b64encode(LOGIN.encode()).decode()
        return bool(self.headers.get("Authorization") == wanted)

    def _knows_digest(self) -> bool:
        """Whether the request holds the right answer (RFC 7616, MD5)."""
        said = parse_keqv_list(parse_http_list(self.headers.get("Authorization", "")[7:]))
        if said.get("username") != LOGIN.partition(":")[0]:
            return False
        first, last = (
            hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
            for text in (LOGIN.replace(":", ":c:", 1), f"GET:{self.path}")
        )
        middle = f"{said['nonce']}:{said['nc']}:{said['cnonce']}:auth"
        whole = hashlib.md5(f"{first}:{middle}:{last}".encode(), usedforsecurity=False)
        return whole.hexdigest() == said["response"]

    def _answer(self, code: int, headers: dict[str, str], content: bytes = b"") -> None:
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, camera: MjpegServer) -> None:
        self.send_response(200)
        if camera.kind:
            self.send_header("Content-Type", camera.kind)
        if camera.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        began_s = time.monotonic()
        number = 0
        try:
            while not (camera.over or camera.down):
                picture = camera.pictures[number % len(camera.pictures)]
                length = f"Content-Length: {len(picture)}\r\n" * (self.path != "/no-length")
                head = f"--picture\r\nContent-Type: image/jpeg\r\n{length}\r\n"
                whole = head.encode() + picture + b"\r\n"
                self._send(whole if camera.wrapped is None else camera.wrapped(picture))
                self._wait(lambda: not camera.stalled)
                number = int((time.monotonic() - began_s) * camera.fps) + 1
                time.sleep(max(0.0, began_s + number / camera.fps - time.monotonic()))
        except OSError:  # the other side has gone
            return

    def _send(self, content: bytes) -> None:
        if not self.server.camera.chunked:
            self.wfile.write(content)
            return
        for place in range(0, len(content), 1000):
            part = content[place : place + 1000]
            self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")

    def _wait(self, done: Callable[[], bool]) -> None:
        camera = self.server.camera
        while not (done() or camera.over or camera.down):
            time.sleep(_TICK_S)


class RtspServer:
    """A camera that sends H.264 over one RTSP connection, as many IP cameras do."""

    def __init__(self, images: Sequence[NDArray[Any]], *, fps: int = 30) -> None:
        self.fps, self.over = fps, False
        self.units = _h264(images, fps)
        self._server = _RtspTcp(("127.0.0.1", 0), _RtspHandler)
        self._server.camera = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.over = True
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"rtsp://{host!s}:{port}/live"


class _RtspTcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = True
    camera: RtspServer


class _RtspHandler(socketserver.StreamRequestHandler):
    server: _RtspTcp

    def handle(self) -> None:
        sdp = (
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
            "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:one\r\n"
        )
        while line := self.rfile.readline().decode():
            method = line.split()[0]
            headers = {}
            while (header := self.rfile.readline().decode().strip()) != "":
                name, _, value = header.partition(":")
                headers[name.lower()] = value.strip()
            more, content = "", ""
            if method == "OPTIONS":
                more = "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
            elif method == "DESCRIBE":
                content = sdp
                more = f"Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n"
            elif method == "SETUP":
                more = f"Transport: {headers['transport']}\r\nSession: 1\r\n"
            answer = f"RTSP/1.0 200 OK\r\nCSeq: {headers['cseq']}\r\n{more}\r\n{content}"
            self.wfile.write(answer.encode())
            if method == "PLAY":
                self._play()
                return

    def _play(self) -> None:
        camera, sequence = self.server.camera, 0
        began_s = time.monotonic()
        try:
            for number, units in enumerate(camera.units):
                for unit in units:
                    for part, last in _parts(unit):
                        marker = 0x80 if last and unit is units[-1] else 0
                        clock = number * 90_000 // camera.fps
                        head = struct.pack(">BBHII", 0x80, marker | 96, sequence, clock, 7)
                        packet = head + part
                        self.wfile.write(b"$" + struct.pack(">BH", 0, len(packet)) + packet)
                        sequence = (sequence + 1) % 65536
                time.sleep(max(0.0, began_s + (number + 1) / camera.fps - time.monotonic()))
                if camera.over:
                    return
        except OSError:  # the other side has gone
            return


def _h264(images: Sequence[NDArray[Any]], fps: int) -> list[list[bytes]]:
    """Return the units of each picture, every tenth of them complete in itself."""
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "10"}
    encoder.pix_fmt, encoder.framerate = "yuv420p", fps
    encoder.height, encoder.width = images[0].shape[:2]
    coded = []
    for number, image in enumerate(images):
        frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
        frame.pts = number
        whole = b"".join(bytes(packet) for packet in encoder.encode(frame))
        coded.append([unit.rstrip(b"\0") for unit in whole.split(b"\0\0\1") if unit.strip(b"\0")])
    return coded


def _parts(unit: bytes, most: int = 1400) -> list[tuple[bytes, bool]]:
    """Cut a unit into packets (RFC 6184, FU-A); True with the last."""
    if len(unit) <= most:
        return [(unit, True)]
    body = [unit[place : place + most] for place in range(1, len(unit), most)]
    parts = []
    for number, piece in enumerate(body):
        last = number == len(body) - 1
        flags = (0x80 if number == 0 else 0) | (0x40 if last else 0)
        head = bytes([(unit[0] & 0xE0) | 28, flags | (unit[0] & 0x1F)])
        parts.append((head + piece, last))
    return parts
