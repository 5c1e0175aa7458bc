"""The video file: true times, any size, never overwritten, nothing lost when killed."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from posecheck.display import video_writer
from posecheck.display.video_writer import LONGEST_SIDE_PX, VideoWriter
from posecheck.errors import InstallationError, OutputError
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

pytestmark = pytest.mark.slow

av = pytest.importorskip("av")

SIZE = (160, 120)
UNEVEN_S = (7.5, 7.533, 7.6, 7.601, 7.75, 8.9, 8.9334, 9.0)
"""Times of a variable frame rate that do not begin at 0."""


def picture(level: int, size_px: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    width, height = size_px
    image = np.zeros((height, width, 3), np.uint8)
    image[:] = (level, 128, 255 - level)
    return image


def write(path: Path, times_s: tuple[float, ...], size_px: tuple[int, int] = SIZE) -> None:
    with VideoWriter(path, size_px) as writer:
        for number, t_s in enumerate(times_s):
            writer.write(picture(20 * number % 200, size_px), t_s)


def times_by_cv2(path: Path) -> list[float]:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    times = []
    while capture.read()[0]:
        times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
    capture.release()
    return times


def decoded(path: Path) -> list[tuple[float, NDArray[np.uint8]]]:
    with av.open(str(path)) as container:
        return [(float(f.time), f.to_ndarray(format="bgr24")) for f in container.decode(video=0)]


def boxes(path: Path) -> list[str]:
    """Return the names of an mp4 file's outermost boxes."""
    content, names, at = path.read_bytes(), [], 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4])
        names.append(content[at + 4 : at + 8].decode())
        at += size if size > 1 else int.from_bytes(content[at + 8 : at + 16])
    return names


def beginning(path: Path) -> list[float]:
    """Return the times up to where a file is cut off."""
    times: list[float] = []
    with suppress(av.error.FFmpegError), av.open(str(path)) as container:
        times.extend(float(frame.time) for frame in container.decode(video=0))
    return times


def test_times_come_back_within_a_millisecond(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    write(path, UNEVEN_S)
    wanted = [t_s - UNEVEN_S[0] for t_s in UNEVEN_S]
    assert times_by_cv2(path) == pytest.approx(wanted, abs=0.001)
    assert [t_s for t_s, _ in decoded(path)] == pytest.approx(wanted, abs=0.001)


def test_the_last_picture_stands_as_long_as_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    write(path, (0.0, 0.1, 0.2, 0.25))
    with av.open(str(path)) as container:
        assert container.duration / 1e6 == pytest.approx(0.3, abs=0.002)
        stream = container.streams.video[0]
        assert float(stream.duration * stream.time_base) == pytest.approx(0.3, abs=0.002)


def test_the_last_picture_stands_a_second_at_most(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    write(path, (0.0, 60.0))
    with av.open(str(path)) as container:
        assert container.duration / 1e6 == pytest.approx(61, abs=0.002)


def test_a_single_picture_is_a_video(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    write(path, (3.0,))
    assert len(decoded(path)) == 1


def test_times_closer_than_the_clock_still_increase(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    times = tuple(i * 1e-6 for i in range(5))
    write(path, times)
    back = [t_s for t_s, _ in decoded(path)]
    assert len(set(back)) == len(times)
    assert back == sorted(back)


@pytest.mark.parametrize("t_s", [1.0, 0.5, float("nan"), float("inf")])
def test_times_that_do_not_increase_are_refused(tmp_path: Path, t_s: float) -> None:
    with VideoWriter(tmp_path / "v.mp4", SIZE) as writer:
        writer.write(picture(0), 1.0)
        with pytest.raises(ValueError, match="times must increase"):
            writer.write(picture(0), t_s)
    assert len(decoded(tmp_path / "v.mp4")) == 1


@pytest.mark.parametrize(
    ("size_px", "encoded"),
    [
        ((160, 120), (160, 120)),
        ((161, 121), (162, 122)),
        ((90, 161), (90, 162)),
        ((1, 1), (16, 16)),
        ((65, 64), (66, 64)),
        ((3840, 2160), (LONGEST_SIDE_PX, 1080)),
        ((1081, 1921), (1080, LONGEST_SIDE_PX)),
        ((2160, 3840), (1080, LONGEST_SIDE_PX)),
    ],
)
def test_sizes(tmp_path: Path, size_px: tuple[int, int], encoded: tuple[int, int]) -> None:
    path = tmp_path / "v.mp4"
    write(path, (0.0, 0.1), size_px)
    frames = [image for _, image in decoded(path)]
    assert [image.shape for image in frames] == [(encoded[1], encoded[0], 3)] * 2
    # The padding repeats the edge: the corner has the colour of the picture.
    assert frames[0][-1, -1].tolist() == pytest.approx([0, 128, 255], abs=12)


@pytest.mark.parametrize("height", [120, 121, 354])
def test_colours_and_places_survive(tmp_path: Path, height: int) -> None:
    # With half of the height odd, a plane of colour ends in the middle of a row of the array.
    image = picture(0, (160, height))
    image[:60, :80] = (255, 0, 0)
    image[60:100, 80:] = (0, 255, 0)
    with VideoWriter(tmp_path / "v.mp4", (160, height)) as writer:
        writer.write(image, 0.0)
        writer.write(image, 0.1)
    shown = decoded(tmp_path / "v.mp4")[-1][1]
    for row in (2, 20, 56):
        assert shown[row, 20].tolist() == pytest.approx([255, 0, 0], abs=15)
    for row in (63, 80, 96):
        assert shown[row, 140].tolist() == pytest.approx([0, 255, 0], abs=15)
    for row in (104, height - 3):
        assert shown[row, 20].tolist() == pytest.approx([0, 128, 255], abs=15)


def test_the_written_array_may_be_reused(tmp_path: Path) -> None:
    image = picture(0)
    with VideoWriter(tmp_path / "v.mp4", SIZE) as writer:
        for level in (0, 100, 200):
            image[:] = level
            writer.write(image, level / 100)
    levels = [frame.mean() for _, frame in decoded(tmp_path / "v.mp4")]
    assert levels == pytest.approx([0, 100, 200], abs=6)


def test_browsers_can_play_it(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    write(path, UNEVEN_S)
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert context.color_range == 1
    assert boxes(path) == ["ftyp", "free", "mdat", "moov"]  # closed: plain, no fragments


def test_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    with (
        VideoWriter(tmp_path / "v.mp4", SIZE) as writer,
        pytest.raises(ValueError, match="shape"),
    ):
        writer.write(picture(0, (120, 160)), 0.0)


def test_an_impossible_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="pixel"):
        VideoWriter(tmp_path / "v.mp4", (0, 10))
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes(b"precious")
    with pytest.raises(OutputError, match=r"v\.mp4.*not overwritten"):
        VideoWriter(path, SIZE)
    assert path.read_bytes() == b"precious"


def test_a_dangling_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").symlink_to(tmp_path / "elsewhere.mp4")
    with pytest.raises(OutputError):
        VideoWriter(tmp_path / "v.mp4", SIZE)
    assert not (tmp_path / "elsewhere.mp4").exists()


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        VideoWriter(tmp_path / "none" / "v.mp4", SIZE)
    assert "v.mp4: cannot be written" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a:b.mp4", "http:x.mp4", "100%d.mp4", "ü ß.mp4", "noext"])
def test_any_name_is_a_file(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, (0.0, 0.1))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_no_picture_no_file(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "v.mp4", SIZE):
        pass
    assert not list(tmp_path.iterdir())


def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    writer = VideoWriter(path, SIZE)
    writer.write(picture(0), 0.0)
    writer.close()
    content = path.read_bytes()
    writer.close()
    assert path.read_bytes() == content
    with pytest.raises(ValueError, match="closed"):
        writer.write(picture(0), 1.0)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_in_the_body_still_finishes_the_file(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "v.mp4"
    with pytest.raises(error), VideoWriter(path, SIZE) as writer:  # noqa: PT012 - the body is the case
        for i in range(5):
            writer.write(picture(i), i / 10)
        raise error
    assert len(decoded(path)) == 5
    assert boxes(path)[-1] == "moov"


def test_without_pyav_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InstallationError, match="pip install av"):
        VideoWriter(tmp_path / "v.mp4", SIZE)
    assert not list(tmp_path.iterdir())


def test_the_next_encoder_is_taken_when_one_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = video_writer._ENCODERS[0]
    monkeypatch.setattr(video_writer, "_ENCODERS", (("no-such-encoder", {}), first))
    write(tmp_path / "v.mp4", (0.0, 0.1))
    monkeypatch.setattr(video_writer, "_ENCODERS", (("no-such-encoder", {}),))
    with pytest.raises(InstallationError, match=r"H\.264"):
        VideoWriter(tmp_path / "w.mp4", SIZE)
    assert not (tmp_path / "w.mp4").exists()


_CHILD = """
import os, pathlib, signal, sys
import numpy as np
from posecheck.display.video_writer import VideoWriter
from posecheck.errors import OutputError
path, mode = pathlib.Path(sys.argv[1]), sys.argv[2]
if mode == "full":
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
noise = np.random.default_rng(0).integers(0, 255, (8, 120, 160, 3), dtype=np.uint8)
try:
    with VideoWriter(path, (160, 120)) as writer:
        for i in range(90):
            writer.write(noise[i % 8], i / 30)
        if mode == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
except OutputError as error:
    print(error)
    sys.exit(2)
"""


def run(path: Path, mode: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", _CHILD, str(path), mode]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_process_loses_less_than_a_second(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    assert run(path, "kill").returncode == -signal.SIGKILL
    times = [t_s for t_s, _ in decoded(path)]
    assert times == pytest.approx([i / 30 for i in range(len(times))], abs=0.001)
    assert times[-1] > 89 / 30 - 1
    assert len(times_by_cv2(path)) == len(times)


@pytest.mark.skipif(sys.platform == "win32", reason="no RLIMIT_FSIZE")
def test_a_full_disk_is_one_line_and_keeps_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    child = run(path, "full")
    assert child.returncode == 2, child.stderr
    assert child.stdout.startswith(f"{path}: cannot be written: ")
    assert child.stdout.count("\n") == 1
    assert child.stderr == ""
    times = beginning(path)
    assert len(times) > 5
    assert times == pytest.approx([i / 30 for i in range(len(times))], abs=0.001)


class FillingDisk(video_writer._Sink):
    """A file whose disk is full from a moment on."""

    full = False

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - as FileIO's, in every stub
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.fixture
def on_filling_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VideoWriter:
    """A writer with two seconds of pictures on a disk that has just become full."""
    monkeypatch.setattr(video_writer, "_Sink", FillingDisk)
    writer = VideoWriter(tmp_path / "v.mp4", SIZE)
    for i in range(20):
        writer.write(picture(3 * i), i / 10)
    monkeypatch.setattr(FillingDisk, "full", True)
    return writer


def test_after_a_fault_every_write_fails_and_closing_is_quiet(on_filling_disk: VideoWriter) -> None:
    with pytest.raises(OutputError, match="disk is full"):  # noqa: PT012 - at some write
        for i in range(20, 60):
            on_filling_disk.write(picture(3 * i), i / 10)
    with pytest.raises(OutputError, match="disk is full"):
        on_filling_disk.write(picture(0), 99.0)
    on_filling_disk.close()
    assert len(beginning(on_filling_disk.path)) >= 10


def test_a_disk_that_fills_up_at_the_end_is_told(on_filling_disk: VideoWriter) -> None:
    with pytest.raises(OutputError, match="disk is full"):
        on_filling_disk.close()
    # The end could not be written; the fragments before it are still a video.
    assert len(beginning(on_filling_disk.path)) >= 10


def test_encoding_is_cheap(tmp_path: Path) -> None:
    size_px = (1280, 720)
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (45, 80, 3), dtype=np.uint8)
    image = cv2.resize(coarse, size_px, interpolation=cv2.INTER_CUBIC)
    with VideoWriter(tmp_path / "v.mp4", size_px) as writer:
        start = time.process_time()
        for i in range(20):
            writer.write(np.roll(image, i, axis=1), i / 30)
        spent = (time.process_time() - start) / 20
    assert spent < 0.03  # about 3 ms when idle; only a gross loss shall fail here
