"""The n-th call fails, for n from the first to the last: what is said, and how much is left.

One kind of call of a command on a short clip fails from the n-th time on, as a disk that is full
or a device that was pulled out does.
"""

from __future__ import annotations

import errno
import json
import shutil
from typing import TYPE_CHECKING, Any, Self

import pytest
from media import LITE, SAMPLES, Clips

from posecheck.annotations import Annotation, Annotations, store
from posecheck.display import video_writer
from posecheck.errors import OutputError
from posecheck.pipeline import observe
from posecheck.pose import open_estimator
from posecheck.session import load
from posecheck.system import files, outputs
from posecheck.types import Observation, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from media import Cli

pytestmark = pytest.mark.slow

FRAMES = 8


class Failing:
    """Counts calls and fails from the n-th on; 0 never fails."""

    def __init__(self, n: int, error: Callable[[], BaseException]) -> None:
        self.n, self.error, self.calls = n, error, 0

    def check(self) -> None:
        self.calls += 1
        if 0 < self.n <= self.calls:
            raise self.error()


def full_disk() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


def broken_disk() -> OSError:
    return OSError(errno.EIO, "Input/output error")


class Kept:
    """A file that writes each piece at once, or fails."""

    def __init__(self, file: Any, failing: Failing) -> None:  # noqa: ANN401
        self._file, self._failing = file, failing

    def write(self, data: bytes) -> int:
        self._failing.check()
        count: int = self._file.write(data)
        self._file.flush()
        return count

    def readline(self, size: int = -1) -> bytes:
        self._failing.check()
        line: bytes = self._file.readline(size)
        return line

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._file, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """See nobody in every frame, at once."""

    class Nobody:
        def estimate(self, frame: Any) -> Observation:  # noqa: ANN401
            return Observation(frame.t_s, frame.size_px, None)

        def close(self) -> None:
            """Nothing to let go of."""

    monkeypatch.setattr(observe, "open_estimator", lambda *_, **__: Nobody())


def until_it_works(attempt: Callable[[int], int]) -> int:
    """Call with n = 1, 2, ... until no call failed any more; return the number of calls."""
    n = 1
    while attempt(n) >= n:
        n += 1
        assert n < 2_000
    return n - 1


@pytest.mark.usefixtures("quick")
def test_every_write_of_a_session(
    here: Path, clips: Clips, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = outputs.new_file

    def attempt(n: int) -> int:
        failing = Failing(n, full_disk)
        monkeypatch.setattr(outputs, "new_file", lambda path: Kept(real(path), failing))
        said = cli("analyse", clips.nobody, "--out", f"o{n}", *LITE)
        path = here / f"o{n}" / "nobody.posecheck.jsonl"
        lines = path.read_bytes().splitlines()
        if failing.calls < n:
            assert said.code == 0
            return failing.calls
        assert said.code == 2
        assert "the disk is full" in said.complaint
        assert path.name in said.complaint
        assert len(lines) == n - 1
        if n > 1:
            read = load(path)
            assert read.problems == ()
            assert read.ended is None
            assert len(read.observations) == sum(b'"type":"pose"' in line for line in lines)
        return failing.calls

    calls = until_it_works(attempt)
    assert calls == 1 + FRAMES + FRAMES + 1  # header, poses, verdicts, end


@pytest.mark.usefixtures("quick")
def test_every_write_of_a_video(
    here: Path, clips: Clips, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = video_writer._Sink.write

    def attempt(n: int) -> int:
        failing = Failing(n, full_disk)

        def write(sink: Any, data: Any) -> int:  # noqa: ANN401
            failing.check()
            return real(sink, data)

        monkeypatch.setattr(video_writer._Sink, "write", write)
        said = cli("analyse", clips.nobody, "--video", "--out", f"o{n}", *LITE)
        session = load(here / f"o{n}" / "nobody.posecheck.jsonl")
        assert session.problems == ()
        assert session.ended in {"complete", "failed"}
        assert len(session.observations) == len(session.verdicts)
        assert said.code == (2 if failing.calls >= n else 0)
        if failing.calls >= n:
            assert "the disk is full" in said.err
            assert "nobody.posecheck.mp4" in said.err
            assert "Traceback" not in said.err
        return failing.calls

    assert until_it_works(attempt) > 3


def test_every_inference(
    here: Path, clips: Clips, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of a library is a bug: it keeps its traceback, and what was seen is kept."""
    for n in range(1, FRAMES + 1):
        failing = Failing(n, lambda: RuntimeError("graph"))

        def opened(model: Any, failing: Failing = failing, **rest: Any) -> Any:  # noqa: ANN401
            estimator = open_estimator(model, **rest)
            real = estimator.estimate

            def estimate(frame: Any) -> Observation:  # noqa: ANN401
                failing.check()
                return real(frame)

            monkeypatch.setattr(estimator, "estimate", estimate, raising=False)
            return estimator

        monkeypatch.setattr(observe, "open_estimator", opened)
        with pytest.raises(RuntimeError, match="graph"):
            cli("analyse", clips.nobody, "--out", f"o{n}", *LITE)
        path = here / f"o{n}" / "nobody.posecheck.jsonl"
        if n == 1:  # nothing was seen, so there is nothing to keep
            assert not path.exists()
            continue
        session = load(path)
        assert session.ended == "failed"
        assert session.problems == ()
        assert len(session.observations) == len(session.verdicts) <= n - 1


def test_every_read_of_a_session(here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl", here / "s.jsonl")
    before = (here / "s.jsonl").read_bytes()
    real = files.opened
    for n in (1, 2, 3, 50, 190, 197, 198):
        failing = Failing(n, broken_disk)
        monkeypatch.setattr(files, "opened", lambda path, f=failing: Kept(real(path), f))
        said = cli("replay", "s.jsonl", "--json")
        assert said.code == 2
        assert said.complaint == "s.jsonl: cannot be read: Input/output error"
        assert said.out == ""
        assert (here / "s.jsonl").read_bytes() == before


@pytest.mark.parametrize("step", ["mkstemp", "fsync", "replace"])
def test_annotations_are_the_old_or_the_new(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.eye.annotations.json"
    item = Annotation(0.0, 1.0, State.VALID, None, "", "eye", "2026-01-01T00:00:00+00:00")
    store.save(path, Annotations("seated-figure-four", (item,)))
    before = path.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise full_disk()

    where = {"mkstemp": store.tempfile, "fsync": store.os, "replace": type(tmp_path)}[step]
    with monkeypatch.context() as patch:
        patch.setattr(where, step, fail)
        with pytest.raises(OutputError, match=r"full|No space"):
            store.save(path, Annotations("seated-figure-four"))
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_every_other_file_that_is_written(
    here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl", here / "s.jsonl")
    shutil.copy(
        SAMPLES / "sessions" / "seated_figure_four.eye.annotations.json",
        here / "s.jsonl.eye.annotations.json",
    )
    real = outputs.new_file
    for arguments in (
        ["replay", "s.jsonl", "--annotator", "eye", "--export", "made.csv"],
        ["measure", "s.jsonl", "--csv", "made.csv"],
        ["measure", "s.jsonl", "--picture", "made.png"],
        ["report", "s.jsonl", "--out", "made.html"],
    ):
        failing = Failing(1, full_disk)
        monkeypatch.setattr(outputs, "new_file", lambda path, f=failing: Kept(real(path), f))
        said = cli(*arguments)
        assert failing.calls == 1, arguments
        assert said.code == 2
        assert "the disk is full" in said.err
        assert arguments[-1] in said.err
        (here / arguments[-1]).unlink(missing_ok=True)


@pytest.mark.parametrize("n", [1, 2])
def test_standard_output_that_fails(
    n: int, here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys  # noqa: PLC0415

    shutil.copy(SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl", here / "s.jsonl")
    stream = sys.stdout
    failing = Failing(n, broken_disk)

    class Broken:
        encoding = "utf-8"

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            return getattr(stream, name)

        def flush(self) -> None:
            failing.check()

    monkeypatch.setattr(sys, "stdout", Broken())
    said = cli("replay", "s.jsonl", "--json")
    assert said.code == 2
    assert "standard output: cannot be written: Input/output error" in said.err
    assert json.dumps("Traceback") not in said.err
