"""The replay of a session over its recorded video."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest

from posecheck import cli, exercises
from posecheck.display.video_writer import VideoWriter
from posecheck.pipeline.recorder import Recorder
from posecheck.session import SessionWriter
from tests.figures import SEATED_VALID, SIZE_PX
from tests.media import times_of

if TYPE_CHECKING:
    from pathlib import Path

# As a camera gives them: uneven, and between the 1/90000 s ticks of a video file.
TIMES_S = [number / 30 + 0.0031 * (number % 3) + 3.7e-6 for number in range(90)]


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """A session as `live --record` writes it."""
    path = tmp_path / "live.posecheck.jsonl"
    exercise = exercises.load("seated-figure-four")
    header = {"source": {"name": "camera", "kind": "camera"}, "side": "auto"}
    recorder = Recorder(exercise, None, lambda: SessionWriter(path, header, exercise), lambda _: ())
    with closing(recorder):
        recorder.take([SEATED_VALID.at(t_s) for t_s in TIMES_S])
        recorder.finish("complete")
    return path


def recorded(path: Path, times_s: list[float]) -> Path:
    image = np.full((SIZE_PX[1], SIZE_PX[0], 3), 90, np.uint8)
    with VideoWriter(path, SIZE_PX) as video:
        for t_s in times_s:
            video.write(image, t_s)
    return path


def replayed(session: Path, video: Path, out: Path) -> int:
    words = ("replay", session, "--video", video, "--out-video", out, "--json")
    return cli.main([str(word) for word in words])


def test_no_picture_is_lost_to_the_ticks_of_the_video_file(
    session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.mp4"
    assert replayed(session, recorded(tmp_path / "live.mp4", TIMES_S), out) == 0
    assert times_of(out) == pytest.approx(TIMES_S, abs=1e-4)
    assert capsys.readouterr().err == ""


def test_pictures_that_were_not_recorded_are_counted(
    session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video, out = recorded(tmp_path / "live.mp4", TIMES_S[:40] + TIMES_S[50:]), tmp_path / "out.mp4"
    assert replayed(session, video, out) == 0
    assert len(times_of(out)) == 80
    assert "does not have 10 of the session's 90 pictures" in capsys.readouterr().err
