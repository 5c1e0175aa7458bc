"""Names that lead to a pipe, a device or a file without end: one line, at once, little memory."""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from media import REPOSITORY, SAMPLES, Cli, command, environment, run

from posecheck.display.video_writer import LONGEST_SIDE_PX
from posecheck.session import load
from posecheck.sources import open_source
from posecheck.system import files

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes with names"),
    pytest.mark.timeout(60),
]

SESSION: Final = SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl"
MOST_MIB: Final = 700


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)  # relative: the whole path can be too long


MAKERS: Final[dict[str, Callable[[Path], object]]] = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "folder": Path.mkdir,
    "socket": _socket,
}


READERS: Final = {
    "session": ("s.jsonl", ["replay", "s.jsonl"]),
    "session to measure": ("s.jsonl", ["measure", "s.jsonl"]),
    "session to compare": ("s.jsonl", ["agree", "s.jsonl"]),
    "annotations beside a session": ("s.x.annotations.json", ["replay", "s.posecheck.jsonl"]),
    "annotations to compare": ("s.x.annotations.json", ["agree", "s.posecheck.jsonl"]),
    "csv": ("x.csv", ["replay", "s.posecheck.jsonl", "--annotator", "a", "--labels", "x.csv"]),
    "vtt": ("x.vtt", ["replay", "s.posecheck.jsonl", "--annotator", "a", "--labels", "x.vtt"]),
    "eaf": ("x.eaf", ["replay", "s.posecheck.jsonl", "--annotator", "a", "--labels", "x.eaf"]),
    "exercise": ("x.toml", ["exercises", "--check", "x.toml"]),
    "exercise of an analysis": ("x.toml", ["analyse", "v.mp4", "--exercise", "./x.toml"]),
    "video": ("v.mp4", ["analyse", "v.mp4"]),
    "picture": ("v.jpg", ["analyse", "v.jpg"]),
    "labels of a clip": ("v.labels.csv", ["evaluate", ".", "--jobs", "1"]),
    "truth of a clip": ("v.truth.json", ["evaluate", ".", "--jobs", "1"]),
    "evaluation before": ("b.json", ["evaluate", ".", "--jobs", "1", "--baseline", "b.json"]),
    "manifest": ("manifest.json", ["analyse", "v.mp4"]),
    "model": ("pose_landmarker_full.task", ["analyse", "v.mp4"]),
}


@pytest.fixture
def full(here: Path) -> Path:
    """A folder with a session."""
    shutil.copy(SESSION, here / "s.posecheck.jsonl")
    return here


def prepare(reader: str, full: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[str]]:
    """Return the path that a reader reads, with no file there, and its command line."""
    name, arguments = READERS[reader]
    if reader in {"manifest", "model"}:
        shutil.copy(REPOSITORY / "models" / "manifest.json", full)
        monkeypatch.setenv("POSECHECK_MODELS", str(full))
    if arguments[0] == "evaluate":
        (full / "v.mp4").write_bytes(b"x")
    (full / name).unlink(missing_ok=True)
    return full / name, arguments


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("reader", READERS)
def test_only_files_are_opened(
    reader: str, kind: str, full: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, arguments = prepare(reader, full, monkeypatch)
    MAKERS[kind](path)
    said = cli(*arguments)
    assert "Traceback" not in said.err
    if reader == "annotations beside a session":
        assert path.name in said.out + said.err  # the session itself can be replayed
    else:
        assert said.code == 2
        assert path.name in said.err or reader.endswith("of a clip")  # a folder is passed over


SIZES: Final = {
    reader: parts
    for reader, parts in READERS.items()
    if reader not in {"video", "picture", "session to measure", "session to compare"}
}


@pytest.mark.slow
@pytest.mark.parametrize("reader", SIZES)
def test_a_file_of_three_gigabytes_costs_no_memory(
    reader: str, full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, arguments = prepare(reader, full, monkeypatch)
    with path.open("wb") as file:
        if path.name == "s.jsonl":
            file.write(SESSION.read_bytes())
        file.truncate(3_000_000_000)  # sparse: takes no room on the disk
    own = {"POSECHECK_MODELS": str(full)} if (full / "manifest.json").exists() else {}
    words = [sys.executable, "-c", _LIMITED, *command(*arguments)]
    done = run(words, cwd=full, env=environment(**own))
    assert "Traceback" not in done.stderr
    assert path.name in done.stdout + done.stderr
    mib = int(done.stderr.splitlines()[-1])
    assert mib < MOST_MIB


_LIMITED: Final = (
    "import resource, subprocess, sys; "
    "code = subprocess.run(sys.argv[1:]).returncode; "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr); "
    "sys.exit(code)"
)


def test_a_line_without_end_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    lines = SESSION.read_bytes().splitlines(keepends=True)
    with path.open("wb") as file:
        file.write(b"".join(lines[:9]) + b'{"type":"pose",')
        file.seek(100_000_000, os.SEEK_CUR)
        file.write(b"\n" + b"".join(lines[9:]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = load(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 80 * 1024
    assert read.problems == ("line 10 cannot be used and was left out",)
    assert len(read.verdicts) == sum(b'"type":"verdict"' in line for line in lines)


def test_lines_of_any_length_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"ab\n" + b"c" * 10 + b"\n" + b"d" * 5 + b"\ne")
    with files.opened(path) as file:
        found = list(files.lines(file, 5))
    assert found == [(b"ab\n", 3), (b"ccccc", 11), (b"ddddd", 6), (b"e", 1)]
    assert sum(size for _, size in found) == path.stat().st_size


def test_a_file_that_becomes_a_pipe_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = tmp_path / "x", tmp_path / "real"
    os.mkfifo(path)
    real.write_bytes(b"")
    as_it_was = real.stat()
    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", lambda _: as_it_was)
        with pytest.raises(OSError, match="is a pipe, not a file"):
            files.opened(path)


def test_annotations_at_the_limit_are_read(full: Path, cli: Cli) -> None:
    note = "x" * (files.LARGEST_NOTES_BYTES - 500)
    item = {"start_s": 0, "end_s": 1, "state": "valid", "rule": None, "note": note}
    item |= {"annotator": "x", "made_at": ""}
    content = {"schema": "posecheck.annotations/1", "exercise": "seated-figure-four"}
    (full / "s.x.annotations.json").write_text(json.dumps({**content, "items": [item]}))
    assert cli("agree", "s.posecheck.jsonl").code == 0


def test_a_session_of_enormous_pictures_is_drawn_small(here: Path, cli: Cli) -> None:
    """Each of them would take 2.7 GB."""
    lines = SESSION.read_text("utf-8").splitlines()[:7]
    text = "\n".join(lines).replace('"size_px": [640, 480]', '"size_px": [30000, 30000]')
    text = text.replace('"size_px":[640,480]', '"size_px":[30000,30000]')
    (here / "s.posecheck.jsonl").write_text(text + "\n", "utf-8")
    assert load(here / "s.posecheck.jsonl").observations[0].frame_size_px == (30_000, 30_000)
    said = cli("replay", "s.posecheck.jsonl", "--out-video", "room.mp4")
    assert said.code == 0
    with closing(open_source(here / "room.mp4")) as source:
        assert source.info.size_px == (LONGEST_SIDE_PX, LONGEST_SIDE_PX)


@pytest.mark.parametrize("name", [".", "..", "x" * 5000, "a\0b", "/dev/zero", "//host/share/x.mp4"])
def test_the_video_that_a_session_names_is_looked_for_beside_it(
    name: str, here: Path, cli: Cli
) -> None:
    """And a name that no file can have is no error."""
    first, rest = SESSION.read_text("utf-8").split("\n", 1)
    header = json.loads(first)
    header["source"]["name"] = name
    (here / "s.posecheck.jsonl").write_text(f"{json.dumps(header)}\n{rest}", "utf-8")
    said = cli("report", "s.posecheck.jsonl", "--pictures", "--out", "r.html")
    assert (said.code, said.out) == (2, "")
    assert "its video does not lie beside it; name it with --video" in said.complaint
    assert cli("replay", "s.posecheck.jsonl", "--json").code == 0
