"""The n-th call fails, for n from the first to the last: what is said, and how much is left.

One kind of call of a command on a short clip fails from the n-th time on, as a disk that is full
or a device that was pulled out does. What takes long is tried for the first three n, the powers of
two and the last two; ``-m bench`` tries every n.
"""

from __future__ import annotations

import errno
import json
import shutil
from typing import TYPE_CHECKING, Any, Self

import pytest
from av.error import InvalidDataError
from media import LITE, SAMPLES, Clips

from posecheck.annotations import Annotation, Annotations, store
from posecheck.display import video_writer
from posecheck.errors import OutputError
from posecheck.pipeline import observe
from posecheck.pose import open_estimator
from posecheck.session import load
from posecheck.sources import decode
from posecheck.system import files, outputs
from posecheck.types import Observation, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from media import Cli

pytestmark = pytest.mark.slow

FRAMES = 8


class Failing:
    """Counts calls and fails from the n-th on, or only the n-th; 0 never fails."""

    def __init__(self, n: int, error: Callable[[], BaseException], *, once: bool = False) -> None:
        self.n, self.error, self.calls, self.once = n, error, 0, once

    def check(self) -> None:
        self.calls += 1
        if 0 < self.n <= self.calls and (self.n == self.calls or not self.once):
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


EVERY = pytest.param(True, marks=pytest.mark.bench, id="every n")
SOME = pytest.param(False, id="some n")


def chosen(last: int, *, every: bool) -> list[int]:
    """Return the n that are tried."""
    if every:
        return list(range(1, last + 1))
    powers = {2**power for power in range(last.bit_length())}
    return sorted({1, 2, 3, last - 1, last} | powers & set(range(1, last + 1)))


class Fragile:
    """A container of PyAV, or one of its packets, whose decoding fails."""

    def __init__(self, real: Any, failing: Failing) -> None:  # noqa: ANN401
        self._real, self._failing = real, failing

    def demux(self, *streams: Any) -> Iterator[Fragile]:  # noqa: ANN401
        for packet in self._real.demux(*streams):
            yield Fragile(packet, self._failing)

    def decode(self) -> Any:  # noqa: ANN401
        self._failing.check()
        return self._real.decode()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._real, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._real.close()


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


@pytest.mark.parametrize("every", [SOME, EVERY])
@pytest.mark.parametrize("once", [False, True], ids=["from the n-th on", "only the n-th"])
@pytest.mark.usefixtures("quick")
def test_every_decoding(  # noqa: PLR0913 - fixtures
    *, every: bool, once: bool, here: Path, clips: Clips, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frame that can't be decoded is missing and is told; the others are there, in time."""
    real = decode._opened
    whole = cli("analyse", clips.person, "--json", *LITE).summary
    seen = {frame.t_s for frame in load(here / whole["session"]).observations}
    last = len(seen) + 1  # the last call gets the frames that the decoder still holds
    for n in chosen(last, every=every):
        failing = Failing(n, lambda: InvalidDataError(1, "damaged", "person.mp4"), once=once)
        monkeypatch.setattr(
            decode, "_opened", lambda path, f=failing, **rest: Fragile(real(path, **rest), f)
        )
        said = cli("analyse", clips.person, "--out", f"o{n}", "--json", *LITE)
        assert failing.calls >= n
        if said.code == 2:
            assert "person.mp4: " in said.complaint
            assert not (here / f"o{n}").exists() or not list((here / f"o{n}").iterdir())
            assert n < 3 or not once, "little was damaged"
            continue
        session = load(here / said.summary["session"])
        assert session.ended == "complete"
        assert session.problems == ()
        times = {frame.t_s for frame in session.observations}
        assert times < seen
        if not once:
            assert len(times) < n
        told = " ".join(said.summary["warnings"])
        assert "damaged" in told or "cut off" in told or "missing" in told, (n, told)
        assert session.ledger is not None
        assert session.ledger.elapsed_us == round(1e6 * max(times)) - round(1e6 * min(times))


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
