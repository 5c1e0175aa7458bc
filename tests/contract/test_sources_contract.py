"""What every registered source promises (see ``posecheck.sources``)."""

from __future__ import annotations

import gc
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from media import Clips, person_images, plain, times_of, write_video

from posecheck import sources
from posecheck.errors import SourceError
from posecheck.sources import open_source
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UNEVEN_S = [0.0, 0.04, 0.1, 0.25, 0.3, 0.7]


@dataclass(frozen=True, slots=True)
class Sample:
    """How a contract test makes a file for one kind of source, and what must come out."""

    make: Callable[[Path], Path]
    times_s: list[float]
    broken_name: str


def _picture(folder: Path) -> Path:
    path = folder / "still.png"
    assert cv2.imwrite(str(path), person_images()[0])
    return path


def _video(folder: Path) -> Path:
    images = list(person_images()[: len(UNEVEN_S)])
    path = write_video(folder / "film.mp4", images, times_s=UNEVEN_S)
    assert times_of(path) == pytest.approx(UNEVEN_S, abs=1e-6)
    return path


def _animation(folder: Path) -> Path:
    images = [np.ascontiguousarray(image) for image in person_images()[: len(UNEVEN_S)]]
    animation = cv2.Animation()
    animation.frames = images
    animation.durations = [*(round(1000 * step) for step in np.diff(UNEVEN_S)), 100]
    path = folder / "moving.webp"
    assert cv2.imwriteanimation(str(path), animation)
    return path


SAMPLES = {
    "animation": Sample(_animation, UNEVEN_S, "broken.webp"),
    "picture": Sample(_picture, [0.0], "broken.png"),
    "video": Sample(_video, UNEVEN_S, "broken.mp4"),
}
each = pytest.mark.parametrize("kind", sources.kinds())


def test_every_registered_source_has_a_sample_here() -> None:
    assert set(sources.kinds()) == set(SAMPLES)


@each
def test_info_is_known_before_the_first_picture(kind: str, tmp_path: Path) -> None:
    path = SAMPLES[kind].make(tmp_path)
    source = open_source(path)
    info = source.info
    source.close()
    assert info.kind == ("picture" if kind == "picture" else "video")
    assert info.name == path.name
    assert info.size_px == (640, 480)
    assert info.frame_count in {0, len(SAMPLES[kind].times_s)}
    assert info.duration_s >= 0
    assert math.isfinite(info.duration_s)


@each
def test_times_are_true_and_rise(kind: str, tmp_path: Path) -> None:
    source = open_source(SAMPLES[kind].make(tmp_path))
    times = [frame.t_s for frame in source.frames()]
    assert times[0] >= 0
    assert all(before < after for before, after in pairwise(times))
    assert times == pytest.approx(SAMPLES[kind].times_s, abs=1e-3)
    assert source.warnings() == ()
    source.close()


def decoded_frames() -> int:
    return sum(type(each) is av.VideoFrame for each in gc.get_objects())


def test_the_memory_of_a_frame_is_let_go_at_once(tmp_path: Path) -> None:
    """A decoded frame in a reference cycle stays until the collector runs: 1.4 MB each at 720p."""
    images = list(person_images()[:30])
    source = open_source(
        write_video(tmp_path / "a.mp4", images, times_s=[i / 30 for i in range(30)])
    )
    gc.collect()
    gc.disable()
    gc.freeze()  # all that is there already need not be looked through at each frame
    try:
        before = decoded_frames()
        most = 0
        for _ in source.frames():
            most = max(most, decoded_frames())
            assert most <= before + 6
    finally:
        gc.unfreeze()
        gc.enable()
    assert most > before, "frames are counted"
    source.close()


@each
def test_images_are_as_promised_and_not_reused(kind: str, tmp_path: Path) -> None:
    source = open_source(SAMPLES[kind].make(tmp_path))
    frames, copies = [], []
    for frame in source.frames():
        assert frame.image_bgr.dtype == np.uint8
        assert frame.image_bgr.shape == (480, 640, 3)
        assert frame.image_bgr.flags.c_contiguous
        assert frame.size_px == source.info.size_px
        frames.append(frame)
        copies.append(frame.image_bgr.copy())
    source.close()
    for frame, copy in zip(frames, copies, strict=True):
        assert np.array_equal(frame.image_bgr, copy), "an image was overwritten"
    for one, other in pairwise(frames):
        assert not np.shares_memory(one.image_bgr, other.image_bgr)


@each
def test_colours_are_blue_green_red(kind: str, tmp_path: Path) -> None:
    blue = np.zeros((48, 64, 3), np.uint8)
    blue[..., 0] = 255
    if kind == "picture":
        path = tmp_path / "blue.png"
        cv2.imwrite(str(path), blue)
    else:
        path = write_video(tmp_path / "blue.mkv", [blue] * 2, codec="ffv1", pix_fmt="bgr0")
    source = open_source(path)
    mean = next(iter(source.frames())).image_bgr.reshape(-1, 3).mean(axis=0)
    source.close()
    assert mean == pytest.approx([255, 0, 0], abs=3)


@each
def test_close_any_time_and_again(kind: str, tmp_path: Path) -> None:
    path = SAMPLES[kind].make(tmp_path)
    unused = open_source(path)
    unused.close()
    unused.close()
    begun = open_source(path)
    pictures = iter(begun.frames())
    next(pictures)
    begun.close()
    assert len(list(pictures)) < len(SAMPLES[kind].times_s), "it goes on after close"
    begun.close()
    assert isinstance(begun.warnings(), tuple)


@each
@pytest.mark.parametrize("content", [b"", b"text\n" * 50, bytes(5000)], ids=["empty", "text", "0"])
def test_broken_file_is_one_line(kind: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / SAMPLES[kind].broken_name
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        open_source(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message


@each
def test_twice_the_same(kind: str, tmp_path: Path) -> None:
    path = SAMPLES[kind].make(tmp_path)
    runs = []
    for _ in range(2):
        source = open_source(str(path))
        runs.append([(frame.t_s, frame.image_bgr.tobytes()) for frame in source.frames()])
        source.close()
    assert runs[0] == runs[1]


def test_warnings_after_an_early_close_do_not_call_the_file_cut(clips: Clips) -> None:
    source = open_source(clips.person)
    next(iter(source.frames()))
    assert source.warnings() == ()
    source.close()


def test_capital_endings_are_pictures_too(tmp_path: Path) -> None:
    path = tmp_path / "STILL.PNG"
    cv2.imwrite(str(path), plain(1)[0])
    source = open_source(path)
    assert source.info.kind == "picture"
    source.close()


def test_a_source_may_claim_files_by_their_first_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its claim goes before what the content looks like, and no other file is touched."""
    own = sources.Reader("posecheck.sources.image:PictureSource", starts=(b"\x89PNG\r\n",))
    registered = {"video": sources.Reader("builtins:no_such_source"), "own": own}
    monkeypatch.setattr(sources, "_SOURCES", registered)
    source = open_source(_picture(tmp_path))
    source.close()
    assert source.info.kind == "picture"
    with pytest.raises(AttributeError, match="no_such_source"):
        open_source(_video(tmp_path))
