"""Long recordings in parts, side by side: the same result for any number of workers."""

from __future__ import annotations

import math
import platform
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from media import Clips, cut_file, environment, person_images, times_of, write_video

import posecheck
from posecheck.errors import SourceError
from posecheck.ledger import tenths
from posecheck.pipeline.analyse import Interrupted
from posecheck.pipeline.observe import observe, thinned
from posecheck.pose import mediapipe, models
from posecheck.session import load
from posecheck.sources import open_source, parts
from posecheck.sources.video import VideoSource
from posecheck.types import Frame, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from av.video.frame import VideoFrame
    from media import Image

    from posecheck.pipeline.analyse import Progress
    from posecheck.types import Observation

Seen = list[tuple[Frame | None, "Observation"]]

IMAGE = np.zeros((2, 2, 3), np.uint8)


@pytest.fixture
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clips of 2 s have three parts, with 0.4 s of warm-up."""
    monkeypatch.setattr(parts, "PART_S", 0.7)
    monkeypatch.setattr(parts, "SHORTEST_WARM_UP_S", 0.4)
    monkeypatch.setattr(parts, "LONGEST_WARM_UP_S", 0.4)


def seen_in(path: Path, **options: object) -> tuple[Seen, tuple[str, ...]]:
    with closing(open_source(path)) as source:
        wanted = {"keep_frames": False, **options}
        with closing(observe(source, models.find("lite"), **wanted)) as batches:
            seen = [one for batch in batches for one in batch]
        return seen, source.warnings()


def same(first: Seen, second: Seen) -> bool:
    """Whether two lists of observations are equal to the last bit."""

    def equal(one: Observation, other: Observation) -> bool:
        if one.pose is None or other.pose is None:
            return one.pose is other.pose
        return one.pose.same_as(other.pose)

    return len(first) == len(second) and all(
        one.t_s == other.t_s
        and (one.dark, one.repeated) == (other.dark, other.repeated)
        and equal(one, other)
        for (_, one), (_, other) in zip(first, second, strict=True)
    )


@pytest.mark.usefixtures("short_parts")
def test_the_observations_are_the_same_for_any_number_of_workers(clips: Clips) -> None:
    with closing(open_source(clips.person)) as source:
        assert len(parts.parts_of(source)) == 3
    one, warnings = seen_in(clips.person, workers=1)
    assert warnings == ()
    assert [seen.t_s for _, seen in one] == pytest.approx(times_of(clips.person))
    for workers in (2, 16):
        assert same(seen_in(clips.person, workers=workers)[0], one)
    with_frames, _ = seen_in(clips.person, workers=2, keep_frames=True)
    assert same(with_frames, one)
    with closing(open_source(clips.person)) as source:
        for (frame, seen), wanted in zip(with_frames, source.frames(), strict=True):
            assert frame is not None
            assert frame.t_s == seen.t_s == wanted.t_s
            assert np.array_equal(frame.image_bgr, wanted.image_bgr)


@pytest.mark.usefixtures("short_parts")
def test_a_jump_that_misses_costs_time_and_changes_nothing(
    clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, _ = seen_in(clips.person)
    monkeypatch.setattr(VideoSource, "next_s", lambda _: math.inf)
    assert same(seen_in(clips.person)[0], wanted)
    monkeypatch.setattr(VideoSource, "jump", lambda *_: False)
    assert same(seen_in(clips.person)[0], wanted)


def test_a_short_or_uneven_recording_is_read_in_one_go(clips: Clips, tmp_path: Path) -> None:
    with closing(open_source(clips.person)) as source:
        assert parts.parts_of(source) == ()
        source.info = replace(source.info, duration_s=44.9)
        assert parts.parts_of(source) == ()
        source.info = replace(source.info, duration_s=60.0)
        found = parts.parts_of(source)
    assert [part.start_s for part in found] == [0.0, 30.0]
    avi = write_video(tmp_path / "a.avi", person_images(), codec="mjpeg", pix_fmt="yuvj420p")
    with closing(open_source(avi)) as source:
        source.info = replace(source.info, duration_s=60.0)
        assert parts.parts_of(source) == ()


@pytest.mark.usefixtures("short_parts")
def test_a_recording_that_stands_still_across_a_cut_is_marked_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = list(person_images())
    images[3:27] = [images[3]] * 24  # from 0.2 to 1.8 s; cuts are at 0.67 and 1.33 s
    clip = write_video(tmp_path / "still.mp4", images)
    monkeypatch.setattr(parts, "SHORTEST_WARM_UP_S", 1.0)
    monkeypatch.setattr(parts, "LONGEST_WARM_UP_S", 1.0)
    cut_up = [seen.repeated for _, seen in seen_in(clip, workers=2)[0]]
    monkeypatch.setattr(parts, "PART_S", 30.0)
    assert cut_up == [seen.repeated for _, seen in seen_in(clip)[0]]
    assert sum(cut_up) > 5


@pytest.mark.usefixtures("short_parts")
def test_a_file_that_ends_early_is_told_as_before(tmp_path: Path) -> None:
    images = person_images()
    whole = write_video(tmp_path / "whole.mp4", images, faststart=True, options={"crf": "5"})
    cut = cut_file(whole, tmp_path / "cut.mp4", 0.75)
    seen, warnings = seen_in(cut, workers=2)
    assert 15 < len(seen) < 28
    assert any("ends early" in warning for warning in warnings)


@pytest.mark.usefixtures("short_parts")
def test_the_session_the_seconds_and_the_video_are_the_same(clips: Clips, tmp_path: Path) -> None:
    def analysed(name: str, **options: object) -> tuple[posecheck.Summary, list[str]]:
        summary = posecheck.analyse(
            clips.person, model="lite", out_dir=tmp_path / name, video=True, **options
        )
        assert summary.session is not None
        lines = summary.session.read_text("utf-8").splitlines()[1:]  # that has the time of day
        # How many poses stand before their verdicts depends on the moment, as it always did.
        return summary, sorted(lines)

    (first, lines), (second, again) = analysed("1", workers=1), analysed("2", workers=2)
    assert lines == again
    assert first.ledger == second.ledger
    assert first.ledger.seconds(State.VALID) > 0
    assert first.video is not None
    assert second.video is not None
    assert first.video.read_bytes() == second.video.read_bytes()
    assert times_of(first.video) == pytest.approx(times_of(clips.person), abs=0.001)
    chosen, lines = analysed("3", workers=2, exercise="auto")
    assert chosen.video is not None
    assert len(times_of(chosen.video)) == chosen.frames == 30


@pytest.mark.usefixtures("short_parts")
def test_a_fault_in_a_later_part_keeps_what_came_before(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = VideoSource.image

    def break_late(self: VideoSource, picture: VideoFrame) -> Image:
        if (self.decoder.seconds(picture) or 0.0) > 1.6:
            message = "the disk is gone"
            raise SourceError(message)
        return image(self, picture)

    monkeypatch.setattr(VideoSource, "image", break_late)
    with pytest.raises(SourceError, match="the disk is gone"):
        posecheck.analyse(clips.person, model="lite", out_dir=tmp_path, workers=2)
    (path,) = tmp_path.glob("*.jsonl")
    session = load(path)
    assert session.ended == "failed"
    assert 1.0 < session.observations[-1].t_s <= 1.6


@pytest.mark.usefixtures("short_parts")
def test_ctrl_c_keeps_what_came_before(clips: Clips, tmp_path: Path) -> None:
    def stop(done: Progress) -> None:
        if done.t_s > 0.9:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stopped:
        posecheck.analyse(clips.person, model="lite", out_dir=tmp_path, workers=2, on_progress=stop)
    summary = stopped.value.summary
    assert summary.interrupted
    assert 0.9 < summary.duration_s < 1.9
    assert summary.session is not None
    assert load(summary.session).ended == "interrupted"


def frames_at(times_s: list[float]) -> Iterator[Frame]:
    return (Frame(t_s, IMAGE) for t_s in times_s)


@given(st.lists(st.floats(0, 20), unique=True, max_size=80).map(sorted), st.floats(1, 100))
def test_thinned_frames_are_no_more_than_asked_and_leave_no_holes(
    times_s: list[float], rate_hz: float
) -> None:
    kept = [frame.t_s for frame in thinned(frames_at(times_s), rate_hz)]
    assert set(kept) <= set(times_s)
    assert kept[:1] == times_s[:1]
    for t_s in times_s:
        before = max(kept_s for kept_s in kept if kept_s <= t_s)
        assert t_s - before < 1 / rate_hz + 1e-6
    assert len(kept) <= 20 * rate_hz + 1


@pytest.mark.parametrize(("rate", "wanted"), [(60, 30), (120, 30), (59.94, 30), (25, 25)])
def test_a_multiple_is_thinned_evenly(rate: float, wanted: float) -> None:
    times_s = [number / rate for number in range(int(10 * rate))]
    kept = [frame.t_s for frame in thinned(frames_at(times_s), wanted)]
    assert len(kept) == pytest.approx(10 * wanted, abs=1)
    assert max(np.diff(kept)) < 1.6 / wanted


def test_a_rate_is_obeyed_and_told(clips: Clips, tmp_path: Path) -> None:
    summary = posecheck.analyse(
        clips.person, model="lite", rate_hz=7.5, video=True, out_dir=tmp_path
    )
    assert summary.frames == 15
    assert any("7.5 pictures a second" in warning for warning in summary.warnings)
    assert summary.video is not None
    assert len(times_of(summary.video)) == 15
    assert summary.exercise.title in summary._repr_html_()
    (hold,) = summary.holds
    assert str(summary).startswith("person.mp4: Seated figure-four; ")
    assert str(summary).endswith(f"; holds: {hold.leg} {tenths(hold.held_s)} s")


# Prints the MiB of the process after each analysis, and whether the result is that of the first.
AGAIN = """
import contextlib, io, json, os, pathlib, sys
from posecheck.cli import main
said = []
for _ in range(8):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main(["analyse", sys.argv[1], "--json"]) == 0
    said.append({**json.loads(out.getvalue()), "session": ""})
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    print(pages * os.sysconf("SC_PAGE_SIZE") // 2**20, said[-1] == said[0])
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it gives memory back")
def test_many_analyses_in_one_process_take_no_more_memory(clips: Clips, tmp_path: Path) -> None:
    """Without few memory areas, and giving back: 300 MiB after the eighth; modules: 2 more."""
    words = [sys.executable, "-c", AGAIN, str(clips.person)]
    done = subprocess.run(
        words, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [same for _, same in lines] == ["True"] * 8
    used_mib = [int(mib) for mib, _ in lines]
    assert max(used_mib[1:]) < 200
    assert max(used_mib[4:]) < max(used_mib[1:4]) + 30


def test_what_is_loaded_of_mediapipe_is_kept(clips: Clips) -> None:
    """Importing it anew for each landmarker left 0.3 MiB behind each time."""
    seen_in(clips.nobody)
    assert "mediapipe" not in sys.modules
    with mediapipe._bare_packages():
        first = mediapipe._modules()
    with mediapipe._bare_packages():
        assert all(a is b for a, b in zip(first, mediapipe._modules(), strict=True))


class FakeScout:
    """Counts how many of them there are; each look waits until as many are wanted at once."""

    made = closed = 0

    def __init__(self, _: object) -> None:
        type(self).made += 1

    def detect(self, wait: Callable[[], None]) -> None:
        wait()

    def close(self) -> None:
        type(self).closed += 1


@pytest.mark.parametrize(("estimators", "scouts"), [(1, 1), (2, 1), (3, 2), (16, 8)])
def test_two_estimators_share_what_finds_several_people(
    estimators: int, scouts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mediapipe, "_Scout", FakeScout)
    FakeScout.made = FakeScout.closed = 0
    model = replace(models.find("lite"), name="fake")
    shared = [mediapipe._Scouts.joined(model) for _ in range(estimators)]
    assert len({id(one) for one in shared}) == 1
    assert FakeScout.made == 0, "made only when somebody is looked for"
    together = threading.Barrier(scouts)  # broken unless so many look at the same time
    looks = 2 * scouts
    with ThreadPoolExecutor(looks) as pool:
        done = [pool.submit(shared[0].detect, lambda: together.wait(60)) for _ in range(looks)]
        for one in done:
            one.result()
    assert FakeScout.made == scouts
    for one in shared:
        assert FakeScout.closed == 0
        one.leave()
    assert FakeScout.closed == scouts
    assert model not in mediapipe._Scouts._of_models
