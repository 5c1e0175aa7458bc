"""Cameras that answer with too much, too little or something else: a sentence, soon, little memory.

Each is a program at the other end of a bare connection; posecheck runs in a process of its own,
whose memory is measured.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Final

import numpy as np
import pytest
from media import environment

from posecheck.sources.camera.jpeg import MOST_CAMERA_PIXELS, JpegDecoder, size_px
from posecheck.system.opencv import cv2

Script = Callable[[socket.socket], None]

MOST_MIB: Final = 300
LONGEST_S: Final = 12.0
HEAD: Final = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"
LOOK: Final = """
import json, resource, sys, time
from posecheck.errors import CameraError
from posecheck.sources.camera.mjpeg import MjpegFeed
import posecheck.sources.camera.network
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begun, said, shots = time.monotonic(), "", 0
try:
    feed = MjpegFeed(sys.argv[1], "camera")
    while time.monotonic() - begun < 5:
        shots += feed.read() is not None
except CameraError as error:
    said = str(error)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([said, shots, (after - before) // 1024, time.monotonic() - begun]))
"""


def plain_jpeg(width: int = 64, height: int = 48) -> bytes:
    return cv2.imencode(".jpg", np.full((height, width, 3), 90, np.uint8))[1].tobytes()


def claiming(width: int, height: int) -> bytes:
    """Return a small JPEG whose header says that it is large."""
    good = bytearray(plain_jpeg())
    place = good.index(b"\xff\xc0") + 5
    good[place : place + 4] = height.to_bytes(2) + width.to_bytes(2)
    return bytes(good)


def endless(chunk: bytes, head: bytes = HEAD, wait_s: float = 0.0) -> Script:
    def run(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(chunk)
            time.sleep(wait_s)

    return run


def once(answer: bytes) -> Script:
    return lambda connection: connection.sendall(answer)


def part(picture: bytes) -> bytes:
    return b"--b\r\nContent-Type: image/jpeg\r\n\r\n" + picture + b"\r\n"


SCRIPTS: Final[dict[str, tuple[Script, str]]] = {
    "header that claims 900 megapixels": (
        endless(part(claiming(30_000, 30_000)), wait_s=0.02),
        "pictures of 30000 x 30000 pixels",
    ),
    "length of 2 GB": (
        endless(b"x" * 65536, HEAD + b"--b\r\nContent-Length: 2147483000\r\n\r\n\xff\xd8\xff"),
        "no picture",
    ),
    "part without end": (
        endless(b"\x00" * 65536, HEAD + part(plain_jpeg()[:-2])[:-2]),
        "no picture",
    ),
    "pictures that only begin": (endless(b"\xff\xd8\xff\xe0" * 16384), "no picture"),
    "markers without end": (endless(b"\xff\xd8" + b"\xff\xe0\x00\x02" * 16384), "no picture"),
    "fill bytes without end": (endless(b"\xff" * 65536, HEAD + b"\xff\xd8\xff"), "no picture"),
    "type without end": (endless(b"content-type: a" * 4096), "not JPEG pictures"),
    "header without end": (endless(b"A: b\r\n" * 9999, b"HTTP/1.0 200 OK\r\n"), "answers"),
    "line without end": (endless(b"A" * 65536, b"HTTP/1.0 200 OK\r\n"), "answers"),
    "slow header": (endless(b"A", b"HTTP/1.0 200 OK\r\n", wait_s=0.5), "does not answer"),
    "slow picture": (endless(b"\xff\xd8\xff", HEAD, wait_s=0.5), "no picture"),
    "chunk of 4 GB": (
        endless(
            b"x" * 65536,
            HEAD.replace(b"1.0", b"1.1").replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked")
            + b"\r\n\r\nffffffff\r\n",
        ),
        "no picture",
    ),
    "slow chunk": (
        endless(
            b"0",
            HEAD.replace(b"1.0", b"1.1").replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked")
            + b"\r\n\r\n",
            wait_s=0.5,
        ),
        "no picture",
    ),
    "page": (
        once(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>\x1b[2J</html>"),
        "a web page (text/html)",
    ),
    "redirect": (
        once(b"HTTP/1.0 302 Found\r\nLocation: http://elsewhere/\x1b[2Jv?token=1\r\n\r\n"),
        "points to another address, http://elsewhere/",
    ),
    "redirect to a file": (
        once(b"HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n"),
        "has no video at this address",
    ),
    "nothing": (lambda _: time.sleep(9), "does not answer"),
    "rubbish": (once(b"\x00" * 1000), "answers"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_hostile_camera(name: str) -> None:
    script, sentence = SCRIPTS[name]
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(10)

        def serve() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with closing(connection):
                    connection.settimeout(10)
                    connection.recv(4096)
                    script(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/video"
        done = subprocess.run(
            [sys.executable, "-c", LOOK, url],
            env=environment(), capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    thread.join(timeout=15)
    assert done.stderr == ""
    said, shots, mib, took_s = json.loads(done.stdout)
    assert sentence in said
    assert "\x1b" not in said
    assert "token" not in said
    assert shots == 0
    assert mib < MOST_MIB
    assert took_s < LONGEST_S


def test_size_is_read_from_the_header() -> None:
    assert size_px(plain_jpeg(640, 360)) == (640, 360)
    assert size_px(claiming(30_000, 20_000)) == (30_000, 20_000)
    progressive = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    coded = cv2.imencode(".jpg", np.zeros((48, 64, 3), np.uint8), progressive)[1].tobytes()
    assert size_px(coded) == (64, 48)
    assert size_px(coded[:2] + b"\x00\x11" + coded[2:]) == (64, 48)  # as some webcams write it
    assert size_px(b"") == size_px(b"\xff\xd8\xff\xd9") == size_px(b"\xff" * 99) == (0, 0)


def test_a_picture_that_is_too_large_is_not_decoded() -> None:
    decoder = JpegDecoder()
    assert decoder.decode(np.frombuffer(claiming(9_000, 9_000), np.uint8)) is None
    assert decoder.too_large_px == (9_000, 9_000)
    side = int(MOST_CAMERA_PIXELS**0.5)
    image = decoder.decode(np.frombuffer(plain_jpeg(side, side), np.uint8))
    assert image is not None
    assert image.shape == (side, side, 3)
