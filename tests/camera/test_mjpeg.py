"""MJPEG as cameras send it: whatever a browser shows is shown, all else is named."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import LOGIN, MjpegServer

from posecheck.errors import CameraError
from posecheck.sources.camera.camera import Camera
from posecheck.sources.camera.jpeg import JpegFinder
from posecheck.sources.camera.mjpeg import MjpegFeed
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def jpeg(number: int, *more: int) -> bytes:
    """Return a picture whose grey tells its number, with some noise."""
    noise = np.random.default_rng(number).integers(0, 9, (48, 64, 3))
    image = (noise + 20 * number).astype(np.uint8)
    return cv2.imencode(".jpg", image, [*more])[1].tobytes()


PROGRESSIVE = (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
RESTARTS = (cv2.IMWRITE_JPEG_RST_INTERVAL, 2)


def with_thumbnail(picture: bytes) -> bytes:
    """Return a JPEG with another whole one in its EXIF block."""
    inner = b"Exif\0\0" + jpeg(9)
    return picture[:2] + b"\xff\xe1" + (len(inner) + 2).to_bytes(2) + inner + picture[2:]


JPEGS = [jpeg(0), jpeg(1, *PROGRESSIVE), jpeg(2, *RESTARTS), with_thumbnail(jpeg(3)), jpeg(4)]


@pytest.fixture
def server() -> Iterator[MjpegServer]:
    with MjpegServer([jpeg(number) for number in range(10)], fps=60) as camera:
        yield camera


@settings(deadline=None)
@given(
    chosen=st.lists(st.sampled_from(JPEGS), max_size=5),
    between=st.lists(st.binary(max_size=40).filter(lambda b: b"\xff" not in b), min_size=6),
    size=st.integers(1, 3000),
)
def test_every_picture_is_found_however_the_bytes_are_cut(
    chosen: list[bytes], between: list[bytes], size: int
) -> None:
    stream = b"".join(gap + one for gap, one in zip(between, [*chosen, b""], strict=False))
    finder = JpegFinder()
    parts = [stream[place : place + size] for place in range(0, len(stream), size)]
    assert [one for part in parts for one in finder.feed(part)] == chosen


@settings(deadline=None)
@given(cut=st.integers(3, len(JPEGS[0]) - 1), size=st.integers(1, 500))
def test_a_picture_without_its_end_costs_no_later_one_but_the_next(cut: int, size: int) -> None:
    stream = JPEGS[0][:cut] + b"\r\n--x\r\n\r\n" + b"".join(JPEGS) * 2
    finder = JpegFinder()
    parts = [stream[place : place + size] for place in range(0, len(stream), size)]
    found = [one for part in parts for one in finder.feed(part)]
    assert found[-len(JPEGS) :] == JPEGS


def test_a_picture_is_whole_with_its_last_byte() -> None:
    """Not only when the next one begins: that would make each one late."""
    finder = JpegFinder()
    assert finder.feed(JPEGS[0][:-1]) == []
    assert finder.feed(JPEGS[0][-1:]) == [JPEGS[0]]


def part(head: str) -> Callable[[bytes], bytes]:
    return lambda picture: head.format(len(picture)).encode() + picture


DASHES = "\r\n--picture\r\n"
LENGTH = "Content-Length: {}\r\n\r\n"
WAYS = {
    "case 13": part(f"{DASHES}Content-Type: image/jpg\r\n{LENGTH}"),
    "parameter": part(f"{DASHES}Content-Type: image/jpeg; charset=utf-8\r\n{LENGTH}"),
    "small letters": part(f"{DASHES}content-type: IMAGE/JPEG\r\ncontent-length: {{}}\r\n\r\n"),
    "no length": part(f"{DASHES}Content-Type: image/jpeg\r\n\r\n"),
    "no type": part(f"{DASHES}{LENGTH}"),
    "nothing": part(DASHES + "\r\n"),
    "no boundary at all": part(""),
    "a wrong length": part(f"{DASHES}Content-Type: image/jpeg\r\nContent-Length: 9{{}}\r\n\r\n"),
    "lines end in LF": part("\n--picture\nContent-Type: image/jpeg\n\n"),
    "more of its own": part(f"{DASHES}X-Timestamp: 12.3\r\nContent-Type: image/jpeg\r\n{LENGTH}"),
    "boundary at the end, as an ESP32-CAM": lambda picture: (
        b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture)
        + picture
        + b"\r\n--picture\r\n"
    ),
}
KINDS = [
    'multipart/x-mixed-replace; boundary="picture"',
    "multipart/x-mixed-replace;boundary=--picture",
    "MULTIPART/X-Mixed-Replace; Boundary=picture; charset=x",
    "multipart/x-mixed-replace",
    "video/x-motion-jpeg",
    "application/octet-stream",
    "",
]


def assert_shows(server: MjpegServer, path: str = "/video", login: str = "") -> None:
    with Camera(server.url(path, login)) as camera:
        assert camera.info.size_px == (64, 48)
        frames = [frame for frame in (camera.newest(5.0) for _ in range(4)) if frame is not None]
    assert len(frames) == 4
    means = [round(float(frame.image_bgr.mean() - 4) / 20) for frame in frames]
    assert len(set(means)) > 1, "one picture again and again"


@pytest.mark.parametrize("way", WAYS)
def test_a_part_may_say_of_a_picture_what_it_likes(way: str, server: MjpegServer) -> None:
    server.wrapped = WAYS[way]
    assert_shows(server)


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_may_be_called_what_browsers_show(kind: str, server: MjpegServer) -> None:
    server.kind = kind
    assert_shows(server)


def test_chunks_may_be_cut_anywhere(server: MjpegServer) -> None:
    server.chunked = True
    assert_shows(server)


def test_login_by_digest(server: MjpegServer) -> None:
    assert_shows(server, "/digest", LOGIN)
    with pytest.raises(CameraError, match="wants a name and a password") as caught:
        MjpegFeed(server.url("/digest", "anna:secret"), "camera")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "headers", "told"),
    [
        (401, {}, "wants a name and a password"),
        (401, {"WWW-Authenticate": "Bearer"}, "in a way that is not known here"),
        (403, {}, "wants a name and a password"),
        (404, {}, "no video at this address"),
        (301, {"Location": "https://a:b@other.example/video"}, "https://other.example/video; give"),
        (302, {}, "points to another address"),
        (503, {}, "answers with the error 503; end other programs"),
        (200, {"Content-Type": "text/html; charset=utf-8"}, r"a web page \(text/html\)"),
        (200, {"Content-Type": "image/jpeg"}, r"a single picture \(image/jpeg\)"),
        (200, {"Content-Type": "video/mp4"}, "answers with video/mp4, not with a camera's video"),
        (200, {"Content-Type": "application/json"}, "answers with application/json"),
    ],
)
def test_what_is_no_video_is_named(
    code: int, headers: dict[str, str], told: str, server: MjpegServer
) -> None:
    server.refusal = code, headers
    login = LOGIN if "Bearer" in headers.values() else ""
    with pytest.raises(CameraError, match=told) as caught:
        Camera(server.url("/video", login))
    assert "\n" not in str(caught.value)
    assert "pass,word" not in str(caught.value)


def test_pictures_of_another_kind_are_named(
    server: MjpegServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posecheck.sources.camera.mjpeg.TIMEOUT_S", 0.3)
    png = cv2.imencode(".png", np.zeros((480, 640, 3), np.uint8))[1].tobytes()
    server.pictures = [png]
    server.wrapped = part(f"{DASHES}Content-Type: image/png\r\n{LENGTH}")
    with pytest.raises(CameraError, match="the camera sends image/png, not JPEG pictures"):
        Camera(server.url())


def test_what_speaks_no_http_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def answer() -> None:
            other, _ = listening.accept()
            with other:
                other.recv(1000)
                other.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(CameraError, match="not with a camera's video"):
            Camera(f"http://127.0.0.1:{port}/video")
        thread.join()
