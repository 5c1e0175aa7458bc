"""Cameras in the network, made in this process: what they send, and what they do not get."""

from __future__ import annotations

import shutil
import socket
import statistics
import subprocess
import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fakecam import Pictures, from_images, number_in
from fakecam.pictures import number_drawn
from servers import LOGIN, MjpegServer, RtspServer, records

from posecheck.errors import CameraError
from posecheck.sources.camera.camera import Camera
from posecheck.sources.watch import CameraState, Condition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from posecheck.types import Frame

pytestmark = pytest.mark.slow

SMALL_PX = (640, 368)
COUNT = 150
FPS = 30
SOON_S = 40.0


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    images = (number_drawn(number, SMALL_PX) for number in range(COUNT))
    return from_images(images, tmp_path_factory.mktemp("small") / "small.pictures")


@pytest.fixture
def server(small: Pictures) -> Iterator[MjpegServer]:
    with MjpegServer(records(small)) as camera:
        yield camera


def take(camera: Camera, count: int) -> list[Frame]:
    frames = []
    for _ in range(count):
        frame = camera.newest(SOON_S)
        assert frame is not None, camera.condition
        frames.append(frame)
    return frames


def until(camera: Camera, wanted: Callable[[Condition], bool]) -> Condition:
    deadline_s = time.monotonic() + SOON_S
    while not wanted(condition := camera.condition):
        camera.newest(0.05)
        assert time.monotonic() < deadline_s, condition
    return condition


def assert_in_order(frames: list[Frame]) -> None:
    """Stamped on arrival: about the true times, as far as a busy machine keeps pace."""
    assert all(one.t_s < other.t_s for one, other in pairwise(frames))
    numbers = [number_in(frame.image_bgr) for frame in frames]
    for frame, number in zip(frames, numbers, strict=True):
        assert frame.t_s == pytest.approx((number - numbers[0]) / FPS, abs=1.5)


@pytest.mark.parametrize("path", ["/video", "/no-length"])
def test_mjpeg(path: str, server: MjpegServer) -> None:
    with Camera(server.url(path)) as camera:
        assert camera.info.size_px == SMALL_PX
        assert camera.info.name == server.url(path)
        frames = take(camera, 40)
        assert camera.now_s() >= frames[-1].t_s
    assert_in_order(frames)
    assert camera.newest(SOON_S) is None
    assert list(camera.frames()) == []


def test_https_with_a_certificate_of_the_cameras_own(small: Pictures, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here to make a certificate")
    file = tmp_path / "own.pem"
    words = [
        openssl,
        *["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=camera"],
    ]
    words += ["-keyout", str(file), "-out", str(tmp_path / "public.pem")]
    subprocess.run(words, check=True, capture_output=True)
    with file.open("ab") as both:
        both.write((tmp_path / "public.pem").read_bytes())
    with MjpegServer(records(small), certificate=file) as server, Camera(server.url()) as camera:
        assert camera.info.name.startswith("https://127.0.0.1:")
        assert_in_order(take(camera, 20))


def test_rtsp() -> None:
    images = [number_drawn(number, SMALL_PX) for number in range(90)]
    with RtspServer(images) as server, Camera(server.url) as camera:
        assert camera.info.size_px == SMALL_PX
        frames = take(camera, 40)
    assert_in_order(frames)


def test_times_are_those_of_the_arrival(server: MjpegServer) -> None:
    """MJPEG has no times of its own; FFmpeg makes up 25 a second, also over a pause."""
    with Camera(server.url()) as camera:
        (before,) = take(camera, 1)
        server.stalled = True
        while (frame := camera.newest(0.5)) is not None:
            before = frame
        server.stalled = False
        (after,) = take(camera, 1)
    assert after.t_s - before.t_s >= 0.45


def test_slow_taker_gets_the_newest(server: MjpegServer) -> None:
    numbers = []
    with Camera(server.url()) as camera:
        for _ in range(6):
            threading.Event().wait(0.2)
            numbers.append(number_in(take(camera, 1)[0].image_bgr))
        assert camera.dropped > 5
    assert statistics.median(np.diff(numbers)) >= 3, "older pictures were waiting"


def test_connection_breaks_and_comes_back(server: MjpegServer) -> None:
    with Camera(server.url()) as camera:
        before = take(camera, 5)[-1]
        server.down = True
        lost = until(camera, lambda now: now.state is CameraState.LOST)
        assert "sends no pictures any more" in lost.sentence
        until(camera, lambda now: "Does not answer" in now.sentence)
        server.down = False
        until(camera, lambda now: now.state is CameraState.RUNNING)
        (after,) = take(camera, 1)
        assert after.t_s - before.t_s > 0.2, "the time without pictures is missing"
        assert camera.warnings() == ("the camera was lost once; that time is not counted",)


def test_silent_connection_is_opened_anew(server: MjpegServer) -> None:
    with Camera(server.url(), stall_s=0.5) as camera:
        take(camera, 5)
        server.stalled = True
        until(camera, lambda now: now.state is CameraState.STALLED)
        until(camera, lambda now: now.state is CameraState.LOST)
        server.stalled = False
        until(camera, lambda now: now.state is CameraState.RUNNING)
    assert len(server.asked) > 1


def test_damaged_pictures_are_left_out(small: Pictures) -> None:
    whole = records(small)[:20]
    with MjpegServer([*whole, b"\xff\xd8 no picture", whole[0][:5000], *whole]) as server:
        with Camera(server.url()) as camera:
            frames = take(camera, 50)
        assert len(server.asked) == 1, "it was no reason to connect again"
    for frame in frames:
        assert number_in(frame.image_bgr) in range(20)
        assert frame.image_bgr[-20:].mean() > 60, "the lower half is missing"


def test_other_size_when_it_comes_back(small: Pictures, tmp_path: Path) -> None:
    """The session's geometry is that of its first picture; another one is not mixed in."""
    images = (number_drawn(number, (320, 240)) for number in range(30))
    smaller = from_images(images, tmp_path / "smaller.pictures")
    with MjpegServer(records(small)) as server, Camera(server.url()) as camera:
        take(camera, 3)
        server.down = True
        until(camera, lambda now: now.state is CameraState.LOST)
        server.pictures = records(smaller)
        server.down = False
        until(camera, lambda now: "another size" in now.sentence)
        server.pictures = records(small)
        until(camera, lambda now: now.state is CameraState.RUNNING)


def test_name_and_password_open_it_and_are_never_shown(server: MjpegServer) -> None:
    name, _, password = LOGIN.partition(":")
    with Camera(server.url("/locked", LOGIN)) as camera:
        take(camera, 2)
        assert camera.info.name == server.url("/locked")
    with pytest.raises(CameraError, match="wants a name and a password") as caught:
        Camera(server.url("/locked", f"{name}:wrong{password}"))
    assert "wrong" not in str(caught.value)
    with Camera(server.url("/video?token=hidden")) as camera:
        assert "hidden" not in camera.info.name


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/locked", "wants a name and a password"),
        ("/nothing", "has no video at this address"),
        ("/page", r"a web page \(text/html\), not with a camera's video"),
        ("/moved", r"points to another address, http://127\.0\.0\.1:\d+/elsewhere;"),
        ("/silent", "does not answer"),
    ],
)
def test_what_is_no_camera_is_one_line(path: str, words: str, server: MjpegServer) -> None:
    with pytest.raises(CameraError, match=words) as caught:
        Camera(server.url(path))
    assert str(caught.value).startswith(f"{server.url(path)}: ")
    assert "\n" not in str(caught.value)
    assert {asked for asked, _ in server.asked} == {path}, "nothing else is asked for"


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/video", f"rtsp://127.0.0.1:{port}/live"):
        with pytest.raises(CameraError, match=f"^{url}: does not answer"):
            Camera(url)


@pytest.mark.parametrize(
    "where",
    ["", "webcam", "-1", "1.5", "ftp://anna:secret@host/x", "file:///etc/passwd", "video.mp4",
     "http://", "http://anna:secret@", "http://host:secret/", "rtsp://host:99999/x",
     "http://[::1/x", "concat:/etc/passwd", "/etc/passwd"],
)  # fmt: skip
def test_what_names_no_camera_is_one_line(where: str) -> None:
    with pytest.raises(CameraError) as caught:
        Camera(where)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_capital_letters_in_an_address(server: MjpegServer) -> None:
    with Camera(server.url().replace("http", "HTTP")) as camera:
        take(camera, 1)


def test_only_the_named_address_is_connected_to(
    server: MjpegServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a proxy of the environment nor the place that an answer points to."""
    calls: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.05)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    proxy.accept()[0].close()
                except TimeoutError:
                    continue
                calls.append("called")

        listener = threading.Thread(target=serve)
        listener.start()
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, address)
        monkeypatch.delenv("no_proxy", raising=False)
        with Camera(server.url()) as camera:
            take(camera, 2)
        for url in (server.url("/moved"), server.url().replace("http:", "https:")):
            with pytest.raises(CameraError):
                Camera(url)
        assert calls == []
        socket.create_connection(proxy.getsockname()[:2]).close()
        for _ in range(200):
            if calls:
                break
            threading.Event().wait(0.02)
        over.set()
        listener.join()
    assert calls == ["called"], "a call is not noticed: the test proves nothing"
    assert "/elsewhere" not in [path for path, _ in server.asked]
