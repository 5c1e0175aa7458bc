"""Makes the media files that the tests need, with PyAV and OpenCV; no ffmpeg binary.

Also the paths and helpers that the suites in cli/, contract/ and system/ share.
"""

from __future__ import annotations

import json
import math
import os
import struct
import subprocess
import sys
import threading
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

REPOSITORY: Final = Path(__file__).parents[1]
SAMPLES: Final = REPOSITORY / "sample_videos"
SEATED: Final = SAMPLES / "seated_figure_four.mp4"
SUPINE: Final = SAMPLES / "supine_figure_four.mp4"

PR_CAPBSET_DROP: Final = 24
_DROP_ROOT: Final = (
    "import ctypes, os, sys; c = ctypes.CDLL(None); "
    f"[c.prctl({PR_CAPBSET_DROP}, n, 0, 0, 0) for n in (1, 2)]; "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


def decode(path: Path) -> list[tuple[float, Image]]:
    """Return time in seconds and BGR picture of every frame, in the file's order."""
    with av.open(str(path.absolute())) as container:
        return [
            (float(frame.pts * frame.time_base), frame.to_ndarray(format="bgr24"))
            for frame in container.decode(video=0)
        ]


def times_of(path: Path) -> list[float]:
    """Return the container's presentation times in seconds, in the order of decoding."""
    with av.open(str(path.absolute())) as container:
        return [float(f.pts * f.time_base) for f in container.decode(video=0)]


def cut(path: Path, start_s: float, end_s: float) -> list[Image]:
    """Return the pictures of a part of a file."""
    images = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            t_s = float(frame.pts * frame.time_base)
            if t_s >= end_s:
                break
            if t_s >= start_s:
                images.append(frame.to_ndarray(format="bgr24"))
    return images


def plain(count: int, size: tuple[int, int] = (320, 240)) -> list[Image]:
    """Return pictures of a moving grey ramp: nobody is in them."""
    width, height = size
    ramp = np.linspace(40, 200, width, dtype=np.uint8)
    return [
        np.ascontiguousarray(
            np.broadcast_to(np.roll(ramp, 7 * number)[None, :, None], (height, width, 3))
        )
        for number in range(count)
    ]


def write_video(  # noqa: PLR0913 - keyword-only
    path: Path,
    images: Sequence[Image],
    *,
    times_s: Sequence[float] | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    fps: float = 15,
    container_format: str | None = None,
    faststart: bool = False,
    options: Mapping[str, str] | None = None,
) -> Path:
    """Write pictures as a video; with ``times_s`` each gets its own time (to 1 ms)."""
    chosen = dict(options or {})
    if codec == "libx264":
        chosen = {"preset": "ultrafast", "crf": "18", **chosen}
    muxing = {"movflags": "+faststart"} if faststart else {}
    rate = Fraction(fps).limit_denominator(1001)
    height, width = images[0].shape[:2]
    # A format context opened on an absolute path: names such as "a:b" or "%02d" stay names.
    with (
        path.open("wb") as file,
        av.open(file, "w", format=container_format or _format(path), options=muxing) as container,
    ):
        stream: Any = container.add_stream(codec, rate=rate, options=chosen)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        base = Fraction(1, 1000) if times_s is not None else 1 / rate
        stream.time_base = base
        stream.codec_context.time_base = base
        stream.codec_context.thread_count = 2
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            if pix_fmt == "rgb8":
                frame = frame.reformat(format="rgb8")
            frame.pts = number if times_s is None else round(times_s[number] * 1000)
            frame.time_base = base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_with_packet_times(path: Path, images: Sequence[Image], times_ms: Sequence[int]) -> Path:
    """Write an mkv whose pictures have exactly these times, in this order, rising or not."""
    height, width = images[0].shape[:2]
    with av.open(str(path), "w", format="matroska") as container:
        stream: Any = container.add_stream("mjpeg", rate=30)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
        stream.time_base = Fraction(1, 1000)
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = number * 33, Fraction(1, 1000)
            for packet in stream.encode(frame):
                # The muxer wants rising decoding times; players go by the other one.
                packet.dts, packet.pts = number, times_ms[number]
                packet.time_base = Fraction(1, 1000)
                container.mux(packet)
    return path


def _format(path: Path) -> str:
    formats = {".mp4": "mp4", ".mov": "mov", ".webm": "webm", ".avi": "avi", ".gif": "gif"}
    return {**formats, ".mkv": "matroska", ".ts": "mpegts"}[path.suffix.lower()]


def write_tone(path: Path, seconds: float = 0.5) -> Path:
    """Write an m4a-like file with sound and no picture."""
    rate = 44_100
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream("aac", rate=rate)
        wave_ = np.sin(np.arange(int(rate * seconds)) * 2 * math.pi * 440 / rate)
        samples = (wave_[None, :] * 0.3).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_wav(path: Path) -> Path:
    """Write half a second of silence."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    return path


_MATRICES: Final = {
    # a, b, u, c, d, v, x, y, w as in QuickTime: turn the shown picture clockwise.
    90: (0, 1, 0, -1, 0, 0, 0, 0, 1),
    180: (-1, 0, 0, 0, -1, 0, 0, 0, 1),
    270: (0, -1, 0, 1, 0, 0, 0, 0, 1),
}


def turn(source: Path, target: Path, degrees: int) -> Path:
    """Copy an mp4 and make players turn it clockwise, as a phone does (tkhd's matrix)."""
    content = bytearray(source.read_bytes())
    start = content.index(b"tkhd")
    assert content[start + 4] == 0, "only version 0 of tkhd is known here"
    matrix = start + 4 + 4 + 20 + 8 + 8
    units = (65536, 65536, 1 << 30) * 3
    before = struct.unpack_from(">9i", content, matrix)
    assert before == (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30), "no unit matrix found"
    numbers = [round(part * unit) for part, unit in zip(_MATRICES[degrees], units, strict=True)]
    struct.pack_into(">9i", content, matrix, *numbers)
    target.write_bytes(content)
    return target


def top_boxes(path: Path) -> list[str]:
    """Return the names of an mp4's outermost boxes, in order."""
    content, place, names = path.read_bytes(), 0, []
    while place + 8 <= len(content):
        size = int.from_bytes(content[place : place + 4], "big")
        names.append(content[place + 4 : place + 8].decode("latin-1"))
        if size < 8:
            break
        place += size
    return names


def cut_file(source: Path, target: Path, share: float) -> Path:
    """Copy the first part of a file."""
    content = source.read_bytes()
    target.write_bytes(content[: int(len(content) * share)])
    return target


def environment(**more: str) -> dict[str, str]:
    """Return the environment for a child: this one's, without what would change a run."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("OPENCV_", "POSECHECK_", "PYTEST", "COV_", "MALLOC_"))
        and key not in {"FORCE_COLOR", "NO_COLOR", "PYTHONWARNINGS"}
    }
    return {**kept, "COLUMNS": "88", **more}


def command(*arguments: object) -> list[str]:
    """Return the command line that runs posecheck in a process of its own."""
    return [sys.executable, "-m", "posecheck", *(os.fspath(_text(part)) for part in arguments)]


def _text(part: object) -> str:
    return part if isinstance(part, str) else str(part)


def posecheck(
    *arguments: object, cwd: Path, env: Mapping[str, str] | None = None, timeout_s: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run posecheck in a process of its own; both outputs are captured."""
    return run(command(*arguments), cwd=cwd, env=env, timeout_s=timeout_s)


def run(
    words: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, timeout_s: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a command; both outputs are captured as text, bytes that are none kept."""
    return subprocess.run(
        list(words),
        cwd=cwd,
        env=dict(env) if env is not None else environment(),
        capture_output=True,
        check=False,
        timeout=timeout_s,
        encoding="utf-8",
        errors="surrogateescape",
        stdin=subprocess.DEVNULL,
    )


def without_root_rights(words: Iterable[str]) -> list[str]:
    """Return a command line that runs another one so that file modes bind it, also as root."""
    if os.geteuid() != 0:
        return list(words)
    return [sys.executable, "-c", _DROP_ROOT, *words]


def listing(folder: Path) -> dict[str, bytes | None]:
    """Return every file below a folder with its content, and every folder with None."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if not path.is_fifo()
    }


LITE: Final = ("--model", "lite")
"""Half the time of the default model; most tests look at files, not at accuracy."""


@dataclass(frozen=True, slots=True)
class Clips:
    """Short clips that many tests share; nobody changes them.

    Attributes:
        person: 2 s of the seated sample around the moment when the form breaks, so that
            valid and wrong seconds are in it; mp4 with its index in front.
        supine: 1 s of the supine sample.
        nobody: 8 pictures without a person.
    """

    person: Path
    supine: Path
    nobody: Path


@cache
def person_images() -> tuple[Image, ...]:
    """Return 30 pictures of the seated sample: held until half time, then upright."""
    return tuple(cut(SEATED, 14.39, 16.39))


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    """Make the clips that many tests share."""
    folder = tmp_path_factory.mktemp("clips")
    return Clips(
        person=write_video(folder / "person.mp4", person_images(), faststart=True),
        supine=write_video(folder / "supine.mp4", cut(SUPINE, 4.99, 5.99)),
        nobody=write_video(folder / "nobody.mp4", plain(8)),
    )


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run the test in an empty folder of its own."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "88")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("POSECHECK_MODELS", raising=False)
    return folder


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Fail a test that leaves a thread of posecheck behind."""
    yield
    left = [thread.name for thread in threading.enumerate() if "posecheck" in thread.name]
    assert not left, f"threads left over: {left}"


@dataclass(frozen=True, slots=True)
class Said:
    """Exit code and both outputs of a run."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line on standard error, without the program's name."""
        lines = self.err.splitlines()
        assert len(lines) == 1, f"one line on standard error wanted: {self.err!r}"
        assert lines[0].startswith("posecheck: "), self.err
        assert self.err.endswith("\n")
        return lines[0].removeprefix("posecheck: ")

    @property
    def summary(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        lines = self.out.splitlines()
        assert len(lines) == 1, f"one line on standard output wanted: {self.out!r}"
        found: dict[str, Any] = json.loads(lines[0])
        return found


Cli = Callable[..., Said]


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str]) -> Cli:
    """Return a function that runs the command line in this process."""

    def call(*arguments: object) -> Said:
        from posecheck.cli import main  # noqa: PLC0415 - what it loads is part of some tests

        capfd.readouterr()
        try:
            code: object = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        assert isinstance(code, int)
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return call
