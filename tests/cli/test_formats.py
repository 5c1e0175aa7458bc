"""Every kind of file that has to work, with its true times."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from media import (
    LITE,
    Clips,
    cut_file,
    decode,
    person_images,
    plain,
    times_of,
    turn,
    write_video,
    write_with_packet_times,
)

from posecheck.session import load
from posecheck.sources import open_source
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from pathlib import Path

    from media import Cli

pytestmark = pytest.mark.slow

FORMATS = {
    "clip.mp4": {},
    "clip.mov": {},
    "clip.mkv": {},
    "clip.ts": {},
    "clip.MP4": {},
    "clip.webm": {
        "codec": "libvpx-vp9",
        "options": {"deadline": "realtime", "cpu-used": "8"},
    },
    "clip.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "clip.gif": {"codec": "gif", "pix_fmt": "rgb8", "fps": 10},
}
UNEVEN_S = [0.0, 0.04, 0.1, 0.25, 0.3, 0.333, 0.7, 0.71, 0.9]


def read_times(path: Path) -> list[float]:
    source = open_source(path)
    try:
        return [frame.t_s for frame in source.frames()]
    finally:
        source.close()


@pytest.mark.parametrize("name", FORMATS)
def test_format_is_analysed_with_the_times_of_the_container(
    name: str, here: Path, cli: Cli
) -> None:
    images = person_images()[::3]
    path = write_video(here / name, images, **FORMATS[name])
    said = cli("analyse", path, "--json", *LITE)
    assert (said.code, said.err) == (0, "")
    session = load(here / said.summary["session"])
    expected = times_of(path)
    assert len(expected) == len(images)
    found = [seen.t_s for seen in session.observations]
    assert found == pytest.approx([t_s - expected[0] for t_s in expected], abs=1e-3)
    assert said.summary["frames"] == len(images)
    assert said.summary["duration_s"] == pytest.approx(expected[-1] - expected[0], abs=1e-3)
    assert [text for text in said.summary["warnings"] if "with lite" not in text] == []
    assert sum(seen.pose is not None for seen in session.observations) == len(images)


def test_uneven_times_are_those_of_the_container(here: Path, cli: Cli) -> None:
    path = write_video(here / "uneven.mp4", plain(len(UNEVEN_S)), times_s=UNEVEN_S)
    assert times_of(path) == pytest.approx(UNEVEN_S, abs=1e-6), "the file is not as wanted"
    assert read_times(path) == pytest.approx(UNEVEN_S, abs=1e-3)
    said = cli("analyse", path, "--json", *LITE)
    assert said.summary["duration_s"] == pytest.approx(UNEVEN_S[-1], abs=1e-3)
    assert said.summary["seconds"]["unseen"] == pytest.approx(UNEVEN_S[-1], abs=1e-3)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_late_start_keeps_the_distances(suffix: str, here: Path, cli: Cli) -> None:
    late = [1.5 + t_s for t_s in UNEVEN_S]
    path = write_video(here / f"late.{suffix}", plain(len(late)), times_s=late)
    times = read_times(path)
    assert times[0] >= 0
    assert np.diff(times) == pytest.approx(np.diff(late), abs=1.001e-3)
    said = cli("analyse", path, "--json", *LITE)
    assert said.summary["duration_s"] == pytest.approx(late[-1] - late[0], abs=1e-3)


@pytest.mark.parametrize("rate", [29.97, 59.94, 120.0, 240.0])
def test_frame_rates_come_out_true(rate: float, here: Path) -> None:
    path = write_video(here / "rate.mp4", plain(40, (64, 48)), fps=rate)
    times = read_times(path)
    assert times == pytest.approx(times_of(path), abs=1e-3)
    assert times[-1] == pytest.approx(39 / rate, rel=2e-3)


def test_two_thousand_pictures_a_second_do_not_stretch_the_time(here: Path) -> None:
    """Slow motion may come faster than the model's clock of 1 ms; seconds stay seconds."""
    path = write_video(here / "fast.mp4", plain(200, (64, 48)), fps=2000)
    true = times_of(path)
    assert true[-1] == pytest.approx(199 / 2000, abs=1e-4), "the file is not as wanted"
    assert read_times(path)[-1] == pytest.approx(true[-1], abs=2e-3)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_phone_rotation_is_applied_once(degrees: int, here: Path, cli: Cli) -> None:
    upright = plain(3)
    for image in upright:
        image[:60, :80] = (0, 0, 255)  # a red field at the top left
    stored = write_video(here / "stored.mp4", upright, options={"crf": "5"})
    path = turn(stored, here / "turned.mp4", degrees)
    source = open_source(path)
    frame = next(iter(source.frames()))
    source.close()
    wanted = np.rot90(decode(stored)[0][1], -degrees // 90)
    height, width = wanted.shape[:2]
    assert frame.size_px == (width, height)
    assert source.info.size_px == (width, height)
    assert np.abs(frame.image_bgr.astype(int) - wanted).mean() < 12
    said = cli("analyse", path, "--json", *LITE)
    session = load(here / said.summary["session"])
    assert {seen.frame_size_px for seen in session.observations} == {(width, height)}


def test_times_that_fall_are_clamped_and_counted(here: Path, cli: Cli) -> None:
    times_ms = [0, 40, 80, 60, 100, 140, 120, 180]
    path = write_with_packet_times(here / "falling.mkv", plain(8), times_ms)
    assert times_of(path) == [t_ms / 1000 for t_ms in times_ms], "the file is not as wanted"
    said = cli("analyse", path, "--json", *LITE)
    assert said.code == 0
    found = [seen.t_s for seen in load(here / said.summary["session"]).observations]
    assert found == pytest.approx([0, 0.04, 0.08, 0.081, 0.1, 0.14, 0.141, 0.18], abs=1e-6)
    assert all(before < after for before, after in pairwise(found))
    assert [text for text in said.summary["warnings"] if text.startswith("2 pictures")]
    assert said.summary["duration_s"] == pytest.approx(0.18, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("front.mp4", {"faststart": True}),
        ("film.mkv", {}),
        ("film.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    ],
)
def test_file_cut_in_half_is_used_with_a_warning(
    name: str, options: dict[str, object], here: Path, cli: Cli
) -> None:
    whole = write_video(here / f"whole-{name}", person_images(), **options)  # type: ignore[arg-type]
    half = cut_file(whole, here / name, 0.5)
    said = cli("analyse", half, "--json", *LITE)
    assert (said.code, said.err) == (0, "")
    assert 5 <= said.summary["frames"] <= 25
    assert [text for text in said.summary["warnings"] if "ends early" in text]
    said = cli("analyse", half, *LITE)
    assert "! the file ends early" in said.out


def test_whole_file_is_not_called_cut(clips: Clips, here: Path, cli: Cli) -> None:
    said = cli("analyse", clips.person, "--json", *LITE)
    assert [text for text in said.summary["warnings"] if "with lite" not in text] == []
    assert said.summary["session"].startswith("posecheck-sessions")
    assert (here / said.summary["session"]).is_file()


@pytest.mark.parametrize(
    ("codec", "pix_fmt"), [("ffv1", "bgr0"), ("mjpeg", "yuvj444p"), ("libx264", "yuv444p")]
)
@pytest.mark.usefixtures("here")
def test_one_pixel(codec: str, pix_fmt: str, tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "pixel.mkv"
    write_video(path, plain(4, (1, 1)), codec=codec, pix_fmt=pix_fmt)
    said = cli("analyse", path, "--json", *LITE)
    assert (said.code, said.err) == (0, "")
    assert said.summary["frames"] == 4
    assert said.summary["seconds"]["valid"] == 0
    assert [text for text in said.summary["warnings"] if "1 x 1" in text]


@pytest.mark.usefixtures("here")
def test_odd_size(tmp_path: Path, cli: Cli) -> None:
    images = [cv2.resize(image, (641, 479)) for image in person_images()[:4]]
    path = write_video(tmp_path / "odd.mkv", images, codec="ffv1", pix_fmt="bgr0")
    said = cli("analyse", path, "--json", *LITE)
    assert (said.code, said.err) == (0, "")
    assert said.summary["frames"] == 4


@pytest.mark.usefixtures("here")
def test_8k(tmp_path: Path, cli: Cli) -> None:
    images = [np.full((4320, 7680, 3), 90, np.uint8)] * 2
    path = write_video(tmp_path / "8k.mp4", images)
    said = cli("analyse", path, "--json", *LITE)
    assert (said.code, said.err) == (0, "")
    assert said.summary["frames"] == 2
    assert said.summary["duration_s"] == pytest.approx(1 / 15, abs=1e-3)


@pytest.mark.usefixtures("here")
def test_without_people(clips: Clips, cli: Cli) -> None:
    said = cli("analyse", clips.nobody, "--json", *LITE)
    assert (said.code, said.err) == (0, "")
    seconds = said.summary["seconds"]
    assert seconds["valid"] == seconds["wrong"] == 0
    assert seconds["unseen"] == pytest.approx(7 / 15, abs=1e-6)
    assert [text for text in said.summary["warnings"] if "nobody was found" in text]
    assert [fault["rule"] for fault in said.summary["faults"]] == ["nobody"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("video", [False, True])
def test_size_that_changes_on_the_way(video: bool, tmp_path: Path, cli: Cli) -> None:  # noqa: FBT001
    """Recordings of calls and of screens do this; the times must survive it."""
    large = write_video(tmp_path / "large.ts", list(person_images()[:8]))
    small = [cv2.resize(image, (320, 240)) for image in person_images()[8:16]]
    late = write_video(tmp_path / "small.ts", small, times_s=[8 / 15 + n / 15 for n in range(8)])
    both = tmp_path / "both.ts"
    both.write_bytes(large.read_bytes() + late.read_bytes())
    said = cli("analyse", both, "--json", *LITE, *(["--video"] if video else []))
    assert said.code == 0
    assert said.summary["frames"] == 16


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG", ".bmp", ".webp", ".tiff"])
def test_still_picture_gives_angles_and_a_verdict_but_no_seconds(
    suffix: str, here: Path, cli: Cli
) -> None:
    path = here / f"still{suffix}"
    assert cv2.imwrite(str(path), person_images()[0])
    said = cli("analyse", path, "--json")
    assert (said.code, said.err) == (0, "")
    summary = said.summary
    assert (summary["frames"], summary["duration_s"]) == (1, 0)
    assert summary["seconds"] == {"valid": 0, "wrong": 0, "unseen": 0}
    assert summary["holds"] == summary["faults"] == []
    verdict = summary["verdict"]
    assert verdict["state"] in {"valid", "wrong", "unseen"}
    measured = [r["rule"] for r in verdict["readings"] if r["value"] is not None]
    assert {"lean", "supporting-knee", "ankle-crossed"} <= set(measured)
    said = cli("analyse", path)
    assert "verdict:" in said.out
    assert "°" in said.out
    assert "Holds (" not in said.out


def test_picture_equals_the_first_frame_of_a_lossless_video(here: Path, cli: Cli) -> None:
    image = person_images()[0]
    cv2.imwrite(str(here / "still.png"), image)
    write_video(here / "film.mkv", [image] * 2, codec="ffv1", pix_fmt="bgr0")
    still = load(here / cli("analyse", "still.png", "--json").summary["session"])
    film = load(here / cli("analyse", "film.mkv", "--json").summary["session"])
    first, second = still.observations[0].pose, film.observations[0].pose
    assert first is not None
    assert second is not None
    assert first.same_as(second)
    assert still.verdicts[0][1].state is film.verdicts[0][1].state


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_picture_cut_in_half_is_refused_or_warned_about(
    suffix: str, tmp_path: Path, cli: Cli, capfd: pytest.CaptureFixture[str]
) -> None:
    """Half a picture decodes to a person with grey legs; silence would be a wrong verdict."""
    whole = tmp_path / f"whole{suffix}"
    cv2.imwrite(str(whole), person_images()[0])
    half = cut_file(whole, tmp_path / f"half{suffix}", 0.5)
    said = cli("analyse", half, "--json", *LITE)
    capfd.readouterr()
    if said.code == 2:
        assert half.name in said.complaint
    else:
        assert (said.code, said.err) == (0, "")
        assert [text for text in said.summary["warnings"] if "with lite" not in text]


@pytest.mark.usefixtures("here")
def test_damage_in_the_middle_is_no_crash(tmp_path: Path, cli: Cli) -> None:
    options = {"g": "5"}
    whole = write_video(tmp_path / "whole.mp4", person_images(), faststart=True, options=options)
    content = bytearray(whole.read_bytes())
    middle = (content.index(b"mdat") + len(content)) // 2
    content[middle : middle + 20_000] = bytes(20_000)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    said = cli("analyse", path, "--json", *LITE)
    assert (said.code, said.err) == (0, "")
    assert 10 <= said.summary["frames"] <= 30
