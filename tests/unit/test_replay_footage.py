"""The video of a session by time: the right picture, whatever the file and the jumps."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from posecheck.errors import SourceError
from posecheck.replay.footage import Footage, VideoByTime
from posecheck.system.opencv import cv2
from tests.media import write_video

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

COUNT = 120
BITS = 8


def numbered(count: int) -> list[NDArray[np.uint8]]:
    """Return pictures that carry their number in bright and dark bars."""
    images = []
    for number in range(count):
        image = np.full((96, 160, 3), 30, np.uint8)
        for bit in range(BITS):
            if number >> bit & 1:
                image[10:80, 20 * bit : 20 * bit + 16] = 220
        images.append(image)
    return images


def number_of(image: NDArray[np.uint8] | None) -> int:
    assert image is not None
    return sum(1 << bit for bit in range(BITS) if image[40:50, 20 * bit + 8].mean() > 125)


def uneven_s() -> list[float]:
    chance, t_s, times_s = random.Random(1), 0.0, []  # noqa: S311 - no secret
    for _ in range(COUNT):
        times_s.append(round(t_s, 3))
        t_s += chance.choice([0.016, 0.033, 0.08, 0.4])
    return times_s


EVEN_S = [round(n / 25, 3) for n in range(COUNT)]


@pytest.fixture(scope="module", params=["even.mp4", "uneven.mp4", "uneven.mkv", "even.avi"])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    times_s = uneven_s() if request.param.startswith("uneven") else EVEN_S
    path = tmp_path_factory.mktemp("footage") / request.param
    return write_video(path, numbered(COUNT), times_s=times_s)


@pytest.fixture(scope="module")
def times_s(clip: Path) -> list[float]:
    """The times that the analysis of this file would store."""
    capture, found = cv2.VideoCapture(str(clip)), []
    while capture.grab():
        found.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
    assert len(found) == COUNT
    return found


def test_every_picture_is_found_by_its_time(clip: Path, times_s: list[float]) -> None:
    video = VideoByTime(clip)
    chance = random.Random(2)  # noqa: S311 - no secret
    wanted = [chance.randrange(COUNT) for _ in range(40)]
    wanted += [0, COUNT - 1, 1, *range(50, 70), *range(70, 50, -1), 0]
    assert [number_of(video.at(times_s[n])) for n in wanted] == wanted
    video.close()


def test_between_two_pictures_the_next_one_is_shown_and_after_the_last_the_last(
    clip: Path, times_s: list[float]
) -> None:
    video = VideoByTime(clip)
    assert number_of(video.at(times_s[60] + 0.008)) == 61
    assert number_of(video.at(times_s[-1] + 1000)) == COUNT - 1
    assert number_of(video.at(-5.0)) == 0
    video.close()


def test_the_newest_wish_comes_true(clip: Path, times_s: list[float]) -> None:
    with Footage(clip) as footage:
        for n in (100, 3, 57, 20):
            footage.picture(times_s[n], 0.0)
        shot = footage.picture(times_s[80], 30.0)
        assert shot is not None
        assert shot.t_s == times_s[80]
        assert number_of(shot.image_bgr) == 80


def test_without_patience_the_picture_before_is_given_with_its_own_time(
    clip: Path, times_s: list[float]
) -> None:
    with Footage(clip) as footage:
        footage.picture(times_s[5], 30.0)
        shot = footage.picture(times_s[110], 0.0)
        assert shot is not None
        assert number_of(shot.image_bgr) == times_s.index(shot.t_s)


@pytest.mark.parametrize("content", [b"", b"no video at all"])
def test_what_is_no_video_is_said_at_once(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"clip\.mp4"):
        Footage(path)


def test_a_file_cut_in_half_shows_what_is_there(tmp_path: Path) -> None:
    path = write_video(tmp_path / "whole.mp4", numbered(COUNT), times_s=EVEN_S, faststart=True)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    video = VideoByTime(cut)
    assert number_of(video.at(EVEN_S[2])) == 2
    assert number_of(video.at(EVEN_S[-1])) < COUNT - 1
    assert number_of(video.at(EVEN_S[4])) == 4
    video.close()
