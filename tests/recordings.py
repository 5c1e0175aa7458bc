"""Recordings that went wrong for other people, made anew from a sample clip; PyAV only."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np
from media import SEATED, cut

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from media import Image

RATE: Final = 15
HOLD_S: Final = 3.87
"""The hold of `seconds` begins then; what comes before is wrong, what follows valid."""

MARK_S: Final = (0.6, 1.4)
"""When the mark of `marked` is white."""


@cache
def seconds(start_s: float = 0.0, end_s: float = 10.0) -> tuple[Image, ...]:
    """Return pictures of the seated sample: right leg, held from 3.87 s on."""
    return tuple(cut(SEATED, start_s, end_s))


@cache
def marked(count: int = 30, size: tuple[int, int] = (160, 120)) -> tuple[Image, ...]:
    """Return pictures of noise with a field in the middle that is white for a while."""
    width, height = size
    chance = np.random.default_rng(5)
    images = []
    for number in range(count):
        image = chance.integers(60, 90, (height, width, 3)).astype(np.uint8)
        lit = MARK_S[0] <= number / RATE + 1e-9 < MARK_S[1]
        image[height // 4 : -height // 4, width // 4 : -width // 4] = 235 if lit else 20
        images.append(image)
    return tuple(images)


def is_lit(image: Image) -> bool:
    """Whether the field in the middle is white."""
    height, width = image.shape[:2]
    middle = image[height // 2 - 4 : height // 2 + 4, width // 2 - 4 : width // 2 + 4]
    return float(middle.mean()) > 128


def write(  # noqa: PLR0913 - keyword-only
    path: Path,
    images: Sequence[Image],
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    fmt: str | None = None,
    rate: float = RATE,
    options: dict[str, str] | None = None,
    muxing: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
    aspect: Fraction | None = None,
    interlaced: bool = False,
    start_s: float = 0.0,
    sound_s: float = 0.0,
    color_trc: int | None = None,
) -> Path:
    """Write pictures as a recording; with ``sound_s`` also that much silence from 0 s on."""
    height, width = images[0].shape[:2]
    step = 1 / Fraction(rate).limit_denominator(1001)
    chosen = {"preset": "veryfast"} if codec in {"libx264", "libx265"} else {}
    if codec == "libx265":
        chosen["x265-params"] = "log-level=none"
    with (
        path.open("wb") as file,
        av.open(file, "w", format=fmt or format_of(path), options=muxing or {}) as container,
    ):
        container.metadata.update(metadata or {})
        stream: Any = container.add_stream(
            codec,
            rate=Fraction(rate).limit_denominator(1001),
            options={**chosen, **(options or {})},
        )
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        base = Fraction(1, 90_000)
        if codec not in {"mpeg2video", "dvvideo", "gif", "mpeg4"}:
            stream.codec_context.time_base = base
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if color_trc is not None:
            stream.codec_context.color_trc = color_trc
        if interlaced:
            stream.codec_context.flags |= 0x20040000  # interlaced DCT and motion estimation
        if sound_s:
            _write_silence(container, sound_s)
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format=pix_fmt)
            frame.pts = round((start_s + number * step) / base)
            frame.time_base = base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _write_silence(container: Any, seconds_s: float) -> None:  # noqa: ANN401 - PyAV
    sound = container.add_stream("aac", rate=48_000)
    for number in range(round(seconds_s * 48_000 / 1024)):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts = 48_000, number * 1024
        container.mux(sound.encode(frame))
    container.mux(sound.encode(None))


def format_of(path: Path) -> str:
    """Return FFmpeg's name of the format that a name's ending stands for."""
    names = {".mkv": "matroska", ".ts": "mpegts", ".mts": "mpegts", ".mpg": "mpeg", ".m4v": "mp4"}
    names |= {".webp": "webp", ".h265": "hevc", ".ogv": "ogg", ".jpg": "mp4"}
    return names.get(path.suffix.lower(), path.suffix[1:].lower())


def with_matrix(source: Path, target: Path, *parts: float) -> Path:
    """Copy an mp4 with another display matrix, of a, b, c, d, x and y."""
    a, b, c, d, x, y = (round(part * 65536) for part in parts)
    data = bytearray(source.read_bytes())
    at = data.find(b"tkhd")
    matrix = at + 8 + (32 if data[at + 4] else 20) + 16
    data[matrix : matrix + 36] = struct.pack(">9i", a, b, 0, c, d, 0, x, y, 1 << 30)
    target.write_bytes(data)
    return target


def damaged(source: Path, target: Path, after_s: float, *, size: int = 60) -> Path:
    """Copy a file with a part of the first packet after a time overwritten."""
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        packet = next(
            p for p in container.demux(stream) if p.size and p.pts * stream.time_base > after_s
        )
        place, length = packet.pos + 8, min(packet.size - 16, size)
    data = bytearray(source.read_bytes())
    data[place : place + length] = b"\xff" * length
    target.write_bytes(data)
    return target


def joined(target: Path, *parts: Path) -> Path:
    """Write files one after the other into one."""
    whole = io.BytesIO()
    for part in parts:
        whole.write(part.read_bytes())
    target.write_bytes(whole.getvalue())
    return target


def with_edit(source: Path, target: Path, skip_s: float) -> Path:
    """Copy an mp4 whose edit list begins so much later in the track."""
    data = bytearray(source.read_bytes())
    at = data.index(b"elst")
    assert data[at + 4] == 0
    mdhd = data.index(b"mdhd")
    scale = struct.unpack_from(">I", data, mdhd + 16)[0]
    start = struct.unpack_from(">i", data, at + 16)[0]
    struct.pack_into(">i", data, at + 16, start + round(skip_s * scale))
    target.write_bytes(data)
    return target
