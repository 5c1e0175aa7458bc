"""Pictures whose headers announce more than a machine has: refused, or read smaller."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from contextlib import closing
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from media import LITE, command, environment, person_images, write_video

from posecheck.landmarks import INDEX
from posecheck.session import load
from posecheck.sources import open_source, upright
from posecheck.sources.upright import on_background
from posecheck.system.opencv import MOST_PIXELS, cv2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from media import Cli

MOST_MIB = 700
MEASURED = (
    "import resource, subprocess, sys; "
    "code = subprocess.run(sys.argv[1:]).returncode; "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024); "
    "sys.exit(code)"
)


def png(width: int, height: int, rows: int = 50) -> bytes:
    """Return a black PNG that announces a size and holds some of its rows."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    packer = zlib.compressobj(1)
    row = bytes(1 + width)
    pixels = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def jpeg(width: int, height: int) -> bytes:
    """Return a JPEG whose header claims a size."""
    good = bytearray(cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes())
    place = good.index(b"\xff\xc0") + 5
    good[place : place + 4] = height.to_bytes(2) + width.to_bytes(2)
    return bytes(good)


def film(path: Path) -> None:
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 9_000, 9_000, "yuvj420p"
        frame = av.VideoFrame(9_000, 9_000, "yuvj420p")
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


CASES: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "bomb.png": (lambda path: path.write_bytes(png(30_000, 30_000)), 2, "too large"),
    "just-too-large.png": (lambda path: path.write_bytes(png(7_200, 7_200)), 2, "too large"),
    "claims.jpg": (lambda path: path.write_bytes(jpeg(60_000, 60_000)), 2, "too large"),
    "film.mkv": (film, 2, "9000 x 9000 pixels are too large"),
    "large.png": (lambda path: path.write_bytes(png(7_100, 7_100, 7_100)), 0, ""),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_picture_that_claims_to_be_large_costs_no_memory(name: str, here: Path) -> None:
    make, code, said = CASES[name]
    make(here / name)
    words = [sys.executable, "-c", MEASURED, *command("analyse", name, *LITE)]
    done = subprocess.run(
        words, cwd=here, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == (1 if code else 0)
    assert int(done.stdout.splitlines()[-1]) < MOST_MIB


def large_video(path: Path, size_px: tuple[int, int], codec: str, pix_fmt: str) -> None:
    image = np.zeros((size_px[1], size_px[0], 3), np.uint8)
    image[:, : size_px[0] // 2] = 90
    write_video(path, [image] * 5, codec=codec, pix_fmt=pix_fmt)


VIDEOS = {
    "5.3k": ((5312, 2988), "libx264", "yuv420p", ""),
    "8k-mjpeg": ((7680, 4320), "mjpeg", "yuvj420p", ""),
    "8k": ((7680, 4320), "libx264", "yuv420p", ""),
    "4k-deep": ((3840, 2160), "libx264", "yuv444p10le", "fine colours take too much memory"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", VIDEOS)
def test_a_large_video_costs_less_than_700_mib_or_is_refused(name: str, here: Path) -> None:
    size_px, codec, pix_fmt, said = VIDEOS[name]
    large_video(here / "v.mkv", size_px, codec, pix_fmt)
    words = [sys.executable, "-c", MEASURED, *command("analyse", "v.mkv", *LITE)]
    done = subprocess.run(
        words, cwd=here, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == (2 if said else 0), done.stderr
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == bool(said)
    assert int(done.stdout.splitlines()[-1]) < MOST_MIB
    halved = "very large and were read as"
    assert " ".join(done.stdout.split()).count(halved) == (0 if said else 1)
    if not said:
        frame = next(iter(open_source(here / "v.mkv").frames()))
        assert frame.size_px == (size_px[0] // 2, size_px[1] // 2)


def test_a_smaller_picture_than_the_sessions_fits_its_landmarks(
    here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a session of a 5.3K recording that an earlier version read in full size."""
    write_video(here / "v.mp4", person_images()[:6])
    whole = cli("analyse", "v.mp4", "--video", "--json", *LITE).summary
    halved = "very large and were read as"
    assert not any(halved in warning for warning in whole["warnings"])
    with closing(open_source(here / "v.mp4")) as source:
        width, height = source.info.size_px
    monkeypatch.setattr(upright, "MOST_KEPT_PIXELS", width * height - 1)
    with closing(open_source(here / "v.mp4")) as source:
        assert source.info.size_px == (width // 2, height // 2)
        assert [w for w in source.warnings() if halved in w] == [
            f"its pictures of {width} x {height} pixels are {halved} {width // 2} x {height // 2}"
        ]
    options = ["--video", "v.mp4", "--out-video", "drawn.mp4"]
    again = cli("replay", whole["session"], *options)
    assert (again.code, again.err) == (0, "")
    pose = load(here / whole["session"]).observations[0].pose
    assert pose is not None
    with (
        closing(open_source(here / "drawn.mp4")) as drawn,
        closing(open_source(here / "v.mp4")) as plain,
    ):
        one, other = (next(iter(source.frames())).image_bgr for source in (drawn, plain))
    assert one.shape == other.shape
    for name in ("left_hip", "right_hip", "left_shoulder", "right_shoulder"):
        x, y = (pose.image_px[INDEX[name], :2] / 2).astype(int)  # the skeleton is over the person
        box = (slice(y - 2, y + 3), slice(x - 2, x + 3))
        assert np.abs(one[box].astype(int) - other[box]).max() > 40, name


@pytest.mark.slow
def test_a_very_large_photo_is_read_smaller(here: Path, cli: Cli) -> None:
    image = cv2.resize(person_images()[0], (9_000, 6_000))
    assert image.shape[0] * image.shape[1] > MOST_PIXELS
    assert cv2.imwrite(str(here / "photo.jpg"), image)
    said = cli("analyse", "photo.jpg", "--json", *LITE)
    assert said.code == 0
    assert "the picture is very large and was read at 1/2 size" in said.summary["warnings"]
    frame = next(iter(open_source("photo.jpg").frames()))
    assert frame.size_px == (4_500, 3_000)


def test_blending_in_strips_is_the_same_as_at_once() -> None:
    choose = np.random.default_rng(1)
    image = choose.integers(0, 256, (150, 7, 4)).astype(np.uint8)
    share = image[..., 3:].astype(np.float32) / 255
    wanted = (image[..., :3] * share + 128 * (1 - share) + 0.5).astype(np.uint8)
    assert np.array_equal(on_background(image.copy()), wanted)
