"""Recordings that went wrong for other people: the seconds and the leg that a player shows.

Made from the first 10 s of the seated sample: right leg, valid from 3.87 s on. To be fast,
most are judged from a short part around the moment when the form becomes valid.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from media import cut_file
from recordings import RATE, damaged, joined, seconds, with_matrix, write

from posecheck import analyse
from posecheck.errors import SourceError
from posecheck.session import load
from posecheck.sources import Turn
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from media import Cli

    from posecheck.pipeline.recorder import Summary

pytestmark = pytest.mark.slow

START_S, END_S = 3.0, 5.4
VALID_S = END_S - 1 / RATE - 3.87


def part() -> list[Any]:
    return list(seconds(START_S - 1e-6, END_S))


def result(path: Path, **wanted: Any) -> Summary:  # noqa: ANN401 - passed on
    return analyse(path, exercise="seated-figure-four", **wanted)


def check(found: Summary, valid_s: float = VALID_S, side: str = "right") -> None:
    assert found.ledger.valid_us / 1e6 == pytest.approx(valid_s, abs=0.21)
    assert {str(hold.side) for hold in found.holds if hold.held_s > 0.3} == {side}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("plain") / "plain.mp4", part(), options={"g": "12"})


def test_the_plain_clip(plain: Path) -> None:
    found = result(plain)
    check(found)
    assert found.warnings == ()
    assert found.source.reader.startswith("PyAV ")


def _padded(folder: Path) -> Path:
    """Return a clip that is shown 960 x 540 and stored with pixels 2:1."""
    wide = [cv2.copyMakeBorder(i, 0, 0, 107, 107, 0, value=(48, 48, 48)) for i in part()]
    stored = [cv2.resize(image, (480, 540)) for image in wide]
    return write(folder / "wide.mp4", stored, aspect=Fraction(2))


def _pal(folder: Path) -> Path:
    stored = [cv2.resize(image, (720, 576)) for image in part()]
    return write(folder / "pal.mkv", stored, aspect=Fraction(16, 15), interlaced=True)


def _tall(folder: Path) -> Path:
    stored = [cv2.resize(image, (640, 240)) for image in part()]
    return write(folder / "tall.mkv", stored, aspect=Fraction(1, 2))


def _transposed(folder: Path) -> Path:
    stored = write(folder / "s.mp4", [np.ascontiguousarray(i.transpose(1, 0, 2)) for i in part()])
    return with_matrix(stored, folder / "front-camera.mp4", 0, 1, 1, 0, 0, 0)


def _mirrored(folder: Path) -> Path:
    stored = write(folder / "s.mp4", [np.ascontiguousarray(i[:, ::-1]) for i in part()])
    return with_matrix(stored, folder / "mirrored.mov", -1, 0, 0, 1, 640, 0)


def _upside_down_mirrored(folder: Path) -> Path:
    stored = write(folder / "s.mp4", [np.ascontiguousarray(i[::-1]) for i in part()])
    return with_matrix(stored, folder / "flipped.mp4", 1, 0, 0, -1, 0, 480)


def _interlaced(folder: Path) -> Path:
    return write(folder / "camcorder.mts", part(), interlaced=True)


def _interlaced_mpeg2(folder: Path) -> Path:
    slow = [image for image in part() for _ in range(2)][: len(part()) * 25 // 15]
    return write(
        folder / "disc.mpg", slow, codec="mpeg2video", rate=25, interlaced=True,
        options={"b": "6M"},
    )  # fmt: skip


def _wrong_name(folder: Path) -> Path:
    return write(folder / "clip.png", part(), fmt="mp4")


def _without_times(folder: Path) -> Path:
    return write(folder / "bare.h265", part(), codec="libx265")


def _apng(folder: Path) -> Path:
    return write(folder / "moving.png", part(), codec="apng", pix_fmt="rgb24", fmt="apng")


def _hdr_coded(folder: Path) -> Path:
    return write(folder / "ten-bit.mov", part(), codec="libx265", pix_fmt="yuv420p10le")


MAKERS: list[Callable[[Path], Path]] = [
    _padded, _pal, _tall, _transposed, _mirrored, _upside_down_mirrored, _interlaced,
    _wrong_name, _without_times, _apng, _hdr_coded,
]  # fmt: skip


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__.strip("_"))
def test_the_right_seconds_and_the_right_leg(make: Callable[[Path], Path], tmp_path: Path) -> None:
    found = result(make(tmp_path))
    check(found)
    bare = [text for text in found.warnings if "15 pictures a second are assumed" in text]
    assert list(found.warnings) == bare


@pytest.mark.parametrize("name", ["broken.mp4", "broken.mkv", "broken.ts"])
@pytest.mark.parametrize("size", [60, 400])
def test_a_damaged_packet_costs_its_own_pictures(name: str, size: int, tmp_path: Path) -> None:
    whole = write(tmp_path / f"whole-{name}", part(), options={"g": "12"})
    found = result(damaged(whole, tmp_path / name, START_S * 0 + 1.3, size=size))
    check(found)
    assert found.frames >= len(part()) - 3
    assert not any("ends early" in text for text in found.warnings)


def test_lost_blocks_cut_no_recording_short(plain: Path, tmp_path: Path) -> None:
    from posecheck.sources import open_source  # noqa: PLC0415

    content, chance = plain.read_bytes(), np.random.default_rng(3)
    media = content.index(b"mdat") + 1000, content.index(b"moov") - 600
    for place in chance.integers(*media, 20).tolist():
        path = tmp_path / "block.mp4"
        path.write_bytes(content[:place] + bytes(512) + content[place + 512 :])
        source = open_source(path)
        times = [frame.t_s for frame in source.frames()]
        assert times[-1] == pytest.approx((len(part()) - 1) / RATE, abs=0.14)
        assert len(times) > len(part()) - 14, "no more than the pictures up to the next whole one"
        source.close()


def test_two_clocks_in_one_file_are_two_holds(tmp_path: Path) -> None:
    one = write(tmp_path / "one.ts", part())
    found = result(joined(tmp_path / "two.ts", one, one))
    assert found.duration_s == pytest.approx((2 * len(part()) - 1) / RATE, abs=0.03)
    check(found, 2 * VALID_S)
    assert len([hold for hold in found.holds if hold.held_s > 1]) == 2
    assert any("clock steps back once" in text for text in found.warnings)


@pytest.mark.parametrize(
    ("name", "coding"),
    [
        ("still.mp4", {}),
        ("still.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
        ("still.mkv", {"codec": "libx265"}),
    ],
)
def test_a_picture_that_stands_still_is_not_held(
    name: str, coding: dict[str, Any], tmp_path: Path
) -> None:
    images = [*part(), *[part()[-1]] * 45]
    found = result(write(tmp_path / name, images, **coding), out_dir=tmp_path)
    assert found.ledger.valid_us / 1e6 < VALID_S + 0.95  # HEVC takes a third of a second to settle
    assert found.duration_s == pytest.approx((len(images) - 1) / RATE, abs=0.02)
    assert "repeated" in {fault.rule for fault in found.faults}
    assert found.session is not None
    kept = load(found.session)
    assert kept.observations[-1].repeated
    assert kept.verdicts[-1][1].state == "unseen"


def test_a_black_recording_is_said_to_be_black(tmp_path: Path, cli: Cli) -> None:
    path = write(tmp_path / "black.mp4", [np.full((240, 320, 3), 6, np.uint8)] * 12)
    said = cli("analyse", path, "--out", tmp_path / "out")
    assert "every picture is black" in said.out
    assert "Step into the picture" not in said.out
    assert "nobody was found" not in said.out


def test_a_picture_a_second_is_said_to_be_too_few(tmp_path: Path) -> None:
    found = result(write(tmp_path / "few.mp4", list(seconds())[::15], rate=1))
    assert found.ledger.valid_us == 0
    assert any("only 1.0 pictures a second" in text for text in found.warnings)


@pytest.mark.parametrize(
    ("turned", "remedy"),
    [
        (cv2.ROTATE_180, 180),
        (cv2.ROTATE_90_CLOCKWISE, 270),
        (cv2.ROTATE_90_COUNTERCLOCKWISE, 90),
    ],
)
def test_a_turned_recording_is_noticed_and_the_remedy_works(
    turned: int, remedy: int, tmp_path: Path, cli: Cli
) -> None:
    path = write(tmp_path / "turned.mp4", [cv2.rotate(image, turned) for image in part()])
    said = cli("analyse", path, "--json", "--out", tmp_path)
    assert f"--rotate {remedy}" in " ".join(said.summary["warnings"])
    again = cli("analyse", path, "--json", "--out", tmp_path, "--rotate", remedy)
    assert again.summary["seconds"]["valid"] == pytest.approx(VALID_S, abs=0.21)
    assert again.summary["warnings"] == []
    session = tmp_path / again.summary["session"].rsplit("/", 1)[-1]
    assert load(session).header["source"]["rotate_deg"] == remedy
    video = tmp_path / "replay.mp4"
    shown = cli("replay", session, "--video", path, "--out-video", video)
    assert (shown.code, video.exists()) == (0, True)


def test_lying_people_raise_no_alarm(tmp_path: Path) -> None:
    from media import SUPINE, cut  # noqa: PLC0415

    path = write(tmp_path / "lying.mp4", cut(SUPINE, 4.0, 5.0))
    found = analyse(path, exercise="supine-figure-four")
    assert not any("--rotate" in text for text in found.warnings)


def test_a_mirrored_recording_is_put_right_by_option(tmp_path: Path) -> None:
    path = write(tmp_path / "m.mp4", [np.ascontiguousarray(i[:, ::-1]) for i in part()])
    check(result(path, turn=Turn(0, mirror=True)))


def test_the_annotated_video_has_the_times_of_the_recording(tmp_path: Path, cli: Cli) -> None:
    from media import times_of  # noqa: PLC0415

    path = write(tmp_path / "late.mp4", part()[:8], start_s=1.5, sound_s=2.0)
    said = cli("analyse", path, "--json", "--video", "--out", tmp_path)
    times = times_of(tmp_path / said.summary["video"].rsplit("/", 1)[-1])
    assert times[:2] == pytest.approx([0, 1.5], abs=0.01)
    assert said.summary["duration_s"] == pytest.approx(7 / RATE, abs=0.01)


@pytest.mark.parametrize("name", ["photo.jfif", "photo.mp4", "photo"])
def test_a_photo_has_a_verdict_and_angles(name: str, tmp_path: Path, cli: Cli) -> None:
    good, content = cv2.imencode(".jpg", seconds(5.9, 6.1)[0])
    assert good
    (tmp_path / name).write_bytes(content.tobytes())
    said = cli("analyse", tmp_path / name, "--json", "--out", tmp_path)
    verdict = said.summary["verdict"]
    assert (verdict["state"], verdict["side"]) == ("valid", "right")
    assert all(reading["value"] is not None for reading in verdict["readings"])
    said = cli("analyse", tmp_path / name, "--out", tmp_path)
    assert "verdict: " in said.out
    assert "Where the 0.0 s went" not in said.out


def test_half_a_file_ends_early_and_a_whole_one_does_not(plain: Path, tmp_path: Path) -> None:
    whole = write(tmp_path / "w.mkv", part())
    assert not any("ends early" in text for text in result(whole).warnings)
    half = cut_file(whole, tmp_path / "h.mkv", 0.5)
    assert any("ends early" in text for text in result(half).warnings)
    with pytest.raises(SourceError, match="not a video that can be read"):
        result(cut_file(plain, tmp_path / "no-index.mp4", 0.5))
