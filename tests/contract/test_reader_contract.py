"""One clip coded in many ways: the same pictures at the same times, whatever the format."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from recordings import MARK_S, RATE, is_lit, joined, marked, with_edit, with_matrix, write

from posecheck.errors import SourceError
from posecheck.sources import Turn, open_source
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from pathlib import Path

    from posecheck.types import Frame

FORMATS: dict[str, dict[str, Any]] = {
    "h264.mp4": {},
    "hevc.mp4": {"codec": "libx265"},
    "hevc-10-bit.mp4": {"codec": "libx265", "pix_fmt": "yuv420p10le"},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "av1.webm": {"codec": "libsvtav1", "options": {"preset": "11", "svtav1-params": "lp=1"}},
    "mpeg2-interlaced.mpg": {
        "codec": "mpeg2video", "rate": 25, "interlaced": True, "options": {"b": "4M"},
    },
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "h264.avi": {},
    "prores.mov": {"codec": "prores_ks", "pix_fmt": "yuv422p10le"},
    "prores-alpha.mov": {
        "codec": "prores_ks", "pix_fmt": "yuva444p10le", "options": {"profile": "4444"},
    },
    "animated.gif": {"codec": "gif", "pix_fmt": "rgb8"},
    "animated.webp": {"codec": "libwebp_anim", "pix_fmt": "bgra"},
    "animated.apng": {"codec": "apng", "pix_fmt": "rgb24"},
    "stream.ts": {},
    "no-index.mkv": {"muxing": {"live": "1"}},
    "lossless.mkv": {"codec": "ffv1", "pix_fmt": "bgr0"},
    "wrong-ending.jpg": {},
    "camera.3gp": {"codec": "mpeg4", "options": {"b": "4M"}},
    "bare.h265": {"codec": "libx265"},
}  # fmt: skip


def read(path: Path, turn: Turn | None = None) -> tuple[list[Frame], tuple[str, ...]]:
    source = open_source(path, *([turn] if turn else []))
    frames = list(source.frames())
    said = source.warnings()
    assert source.info.size_px == frames[0].size_px
    source.close()
    return frames, said


def lit(frames: list[Frame]) -> tuple[float, float]:
    """Return the first and last time at which the mark is white."""
    times = [frame.t_s for frame in frames if is_lit(frame.image_bgr)]
    return times[0], times[-1]


@pytest.fixture(autouse=True)
def _quiet_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVT_LOG", "0")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_times(name: str, tmp_path: Path) -> None:
    wanted = FORMATS[name]
    codec = wanted.get("codec", "libx264")
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV has no encoder {codec}")
    path = write(tmp_path / name, marked(), **wanted)
    frames, said = read(path)
    rate = wanted.get("rate", RATE)
    first_s, last_s = (number / rate for number in (MARK_S[0] * RATE, MARK_S[1] * RATE - 1))
    assert len(frames) == len(marked())
    assert lit(frames) == pytest.approx((first_s, last_s), abs=1 / rate)
    assert frames[-1].t_s - frames[0].t_s == pytest.approx(29 / rate, abs=0.02)
    assert list(said) == [
        text for text in said if name.startswith("bare") and "15 pictures a second" in text
    ]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_a_picture_that_starts_after_the_sound_keeps_the_players_time(
    suffix: str, tmp_path: Path
) -> None:
    path = write(tmp_path / f"late.{suffix}", marked(), start_s=1.5, sound_s=3.4)
    frames, said = read(path)
    assert frames[0].t_s == pytest.approx(1.5, abs=0.03)
    assert lit(frames)[0] == pytest.approx(1.5 + MARK_S[0], abs=0.03)
    assert said == ()


def test_what_an_edit_list_cuts_off_does_not_count(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.mp4", marked())
    frames, said = read(with_edit(whole, tmp_path / "cut.mp4", 0.4))
    assert frames[0].t_s == pytest.approx(0, abs=0.01)
    assert lit(frames)[0] == pytest.approx(MARK_S[0] - 0.4, abs=1 / RATE)
    assert said == ()


MATRICES = {
    (1, 0, 0, 1): lambda image: image,
    (-1, 0, 0, 1): lambda image: image[:, ::-1],
    (1, 0, 0, -1): lambda image: image[::-1],
    (-1, 0, 0, -1): lambda image: image[::-1, ::-1],
    (0, 1, 1, 0): lambda image: image.transpose(1, 0, 2),
    (0, 1, -1, 0): lambda image: np.rot90(image, -1),
    (0, -1, 1, 0): lambda image: np.rot90(image, 1),
    (0, -1, -1, 0): lambda image: image[::-1, ::-1].transpose(1, 0, 2),
}


@pytest.mark.parametrize("matrix", MATRICES, ids=str)
def test_every_turn_and_mirroring_of_the_display_matrix(
    matrix: tuple[int, int, int, int], tmp_path: Path
) -> None:
    image = np.full((96, 128, 3), 90, np.uint8)
    image[:30, :40] = (0, 0, 255)
    image[-20:, :30] = (255, 0, 0)
    stored = write(tmp_path / "stored.mp4", [image] * 3, options={"crf": "5"})
    frames, _ = read(with_matrix(stored, tmp_path / "shown.mp4", *matrix, 0, 0))
    wanted = MATRICES[matrix](read(stored)[0][0].image_bgr)
    assert np.array_equal(frames[0].image_bgr, wanted)


@pytest.mark.parametrize(
    ("clip", "size", "aspect", "shown"),
    [
        (("wide.mp4", "libx264"), (240, 270), Fraction(2), (480, 270)),
        (("pal.mpg", "mpeg2video"), (720, 576), Fraction(16, 15), (768, 576)),
        (("ntsc.mkv", "libx264"), (720, 480), Fraction(8, 9), (720, 540)),
        (("hdv.ts", "libx264"), (144, 108), Fraction(4, 3), (192, 108)),
    ],
)
def test_pixels_become_square(
    clip: tuple[str, str], size: tuple[int, int], aspect: Fraction, shown: tuple[int, int],
    tmp_path: Path,
) -> None:  # fmt: skip
    name, codec = clip
    path = write(tmp_path / name, marked(3, size), codec=codec, aspect=aspect, rate=25)
    assert read(path)[0][0].size_px == shown


def test_turning_by_option_comes_after_the_files_own(tmp_path: Path) -> None:
    image = np.full((96, 128, 3), 90, np.uint8)
    image[:30, :40] = (0, 0, 255)
    path = write(tmp_path / "clip.mp4", [image] * 2, options={"crf": "5"})
    plain = read(path)[0][0].image_bgr
    turned = read(path, Turn(90, mirror=True))[0][0].image_bgr
    assert np.array_equal(turned, np.rot90(plain, -1)[:, ::-1])


def test_interlaced_pictures_are_seen(tmp_path: Path) -> None:
    path = write(
        tmp_path / "camcorder.mts", marked(30, (320, 240)), rate=25, interlaced=True,
        options={"x264-params": "tff=1"},
    )  # fmt: skip
    frames, said = read(path)
    assert (len(frames), said) == (30, ())
    assert np.mean([frame.image_bgr.mean() for frame in frames]) > 40


def test_hdr_pictures_are_as_bright_as_others(tmp_path: Path) -> None:
    """Grey of 40, 110 and 180 as HDR10 stores it comes back in the same order, near itself."""
    levels = [40, 110, 180]
    light = (np.array(levels) / 255) ** 2.2 * 203 / 10_000
    power = light**0.1593017578125
    code = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    images = [np.full((96, 128, 3), round(255 * value), np.uint8) for value in code]
    path = write(
        tmp_path / "hdr.mp4", images, codec="libx265", pix_fmt="yuv420p10le", color_trc=16,
    )  # fmt: skip
    found = [frame.image_bgr.mean() for frame in read(path)[0]]
    assert found == pytest.approx(levels, abs=35)
    assert found == sorted(found)


def test_a_clock_that_starts_again_goes_on(tmp_path: Path) -> None:
    part = write(tmp_path / "part.ts", marked())
    frames, said = read(joined(tmp_path / "both.ts", part, part))
    assert frames[-1].t_s == pytest.approx(59 / RATE, abs=0.03)
    assert "steps back once, by 1.93 s" in said[0]


def test_a_bare_stream_that_names_no_rate_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mjpeg", marked(), codec="mjpeg", pix_fmt="yuvj420p")
    with pytest.raises(SourceError, match="names no frame rate"):
        open_source(path)


@pytest.mark.parametrize(("told", "speed"), [("60.0", 4), ("5", 1 / 3)])
def test_slow_motion_and_time_lapse_are_counted_in_the_time_that_passed(
    told: str, speed: float, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "slow.mp4", marked(), metadata={"com.android.capture.fps": told},
        muxing={"movflags": "use_metadata_tags"},
    )  # fmt: skip
    frames, said = read(path)
    assert frames[-1].t_s == pytest.approx(29 / RATE / speed, abs=0.01)
    assert "times are those that passed" in said[0]


def test_the_same_picture_again_and_again_is_marked(tmp_path: Path) -> None:
    images = list(marked(15)) + [marked(15)[-1]] * 30
    frames, _ = read(write(tmp_path / "still.mp4", images))
    repeated = [frame.t_s for frame in frames if frame.repeated]
    # The encoder needs a moment until its picture of the noise no longer changes.
    assert 14 / RATE + 0.5 <= repeated[0] <= 14 / RATE + 1.1
    assert repeated[-1] == frames[-1].t_s


def test_pictures_doubled_for_a_constant_rate_are_not_marked(tmp_path: Path) -> None:
    images = [image for image in marked(10) for _ in range(4)]
    frames, said = read(write(tmp_path / "doubled.mp4", images))
    assert not any(frame.repeated for frame in frames)
    assert said == ()


STILLS = ["jpg", "png", "webp", "tiff", "jp2", "bmp"]


@pytest.mark.parametrize("suffix", STILLS)
@pytest.mark.parametrize("name", ["photo.mp4", "photo", "photo.heic"])
def test_a_photo_is_told_by_its_content(suffix: str, name: str, tmp_path: Path) -> None:
    written = tmp_path / f"right.{suffix}"
    assert cv2.imwrite(str(written), marked(1)[0])
    path = written.rename(tmp_path / name)
    source = open_source(path)
    assert source.info.kind == "picture"
    source.close()


@pytest.mark.parametrize(
    ("head", "format_name"),
    [
        (b"8BPS", "Photoshop"),
        (b"\xff\x0a", "JPEG XL"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "camera raw"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_a_picture_that_is_not_read_is_called_by_its_format(
    head: bytes, format_name: str, tmp_path: Path
) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(head + bytes(3000))
    with pytest.raises(SourceError, match=format_name) as caught:
        open_source(path)
    assert "\n" not in str(caught.value)


def test_an_error_of_the_jpeg_xl_plugin_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "picture.jxl"
    path.write_bytes(b"\xff\x0a" + bytes(3000))

    def refuse(_: object) -> None:
        message = "Generic Error"
        raise RuntimeError(message)

    monkeypatch.setattr("posecheck.sources.image.import_module", lambda _: object())
    monkeypatch.setattr("PIL.Image.open", refuse)
    with pytest.raises(SourceError, match="JPEG XL picture that can't be read"):
        open_source(path)


def test_what_is_transparent_is_grey(tmp_path: Path) -> None:
    image = np.zeros((40, 60, 4), np.uint8)
    image[:20] = (10, 200, 30, 255)
    cv2.imwrite(str(tmp_path / "cut-out.png"), image)
    shown = read(tmp_path / "cut-out.png")[0][0].image_bgr
    assert shown[5, 5].tolist() == [10, 200, 30]
    assert shown[35, 5].tolist() == [128, 128, 128]
