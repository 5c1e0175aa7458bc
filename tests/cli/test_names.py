"""Odd names of files: each is a file like any other."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from media import LITE, SAMPLES, Clips, command, environment, run

from posecheck.session import load

if TYPE_CHECKING:
    from media import Cli

NAMES = [
    "two words.mp4",
    " leading and trailing .mp4",
    "übung-ストレッチ-🧘.mp4",
    "e\u0301.mp4",
    "frame%02d.mp4",
    "%s%n.mp4",
    "a:b.mp4",
    "http:film.mp4",
    "file:film.mp4",
    "concat:film.mp4|other.mp4",
    "pipe:0",
    "[red]x.mp4",
    "[slash].mp4",
    "{0}.mp4",
    "..mp4",
    ".mp4",
    "noending",
    "film.posecheck.mp4",
    "$(id);'\".mp4",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_file_with_an_odd_name_is_analysed(name: str, here: Path, clips: Clips, cli: Cli) -> None:
    shutil.copy(clips.nobody, here / name)
    said = cli("analyse", name, "--json", *LITE)
    assert (said.code, said.err) == (0, "")
    assert said.summary["source"] == name
    assert said.summary["frames"] == 8
    session = here / said.summary["session"]
    assert session.parent == here / "posecheck-sessions"
    assert load(session).ended == "complete"


def test_name_with_a_prefix_is_not_another_file(here: Path, clips: Clips, cli: Cli) -> None:
    """FFmpeg reads ``file:film.mp4`` as ``film.mp4``: the wrong person's result."""
    shutil.copy(clips.nobody, here / "film.mp4")
    shutil.copy(clips.person, here / "file:film.mp4")
    said = cli("analyse", "file:film.mp4", "--json", *LITE)
    assert said.code == 0
    assert said.summary["frames"] == 30


def test_leading_dash(here: Path, clips: Clips, cli: Cli) -> None:
    shutil.copy(clips.nobody, here / "-film.mp4")
    said = cli("analyse", "--json", *LITE, "--", "-film.mp4")
    assert (said.code, said.err) == (0, "")
    assert said.summary["source"] == "-film.mp4"


@pytest.mark.parametrize("name", ["still%02d.png", "http:still.png", "übung.jpg"])
def test_picture_with_an_odd_name(name: str, here: Path, clips: Clips, cli: Cli) -> None:
    from posecheck.system.opencv import cv2  # noqa: PLC0415

    captured = cv2.VideoCapture(str(clips.person))
    _, image = captured.read()
    captured.release()
    cv2.imwrite("plain" + name[-4:], image)
    (here / ("plain" + name[-4:])).rename(here / name)
    said = cli("analyse", name, "--json", *LITE)
    assert (said.code, said.err) == (0, "")
    assert said.summary["source"] == name


LONG_NAMES = {
    "case 9": "\u4f53\u64cd" * 40 + ".mp4",
    "ascii": "x" * 250 + ".mp4",
    "emoji": "\U0001f9d8" * 62 + ".mp4",
    "thai": "\u0e19\u0e49\u0e33" * 27 + ".MP4",
    "decomposed": "e\u0301" * 83 + ".mp4",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG_NAMES.values(), ids=LONG_NAMES)
def test_very_long_name(name: str, here: Path, clips: Clips, cli: Cli) -> None:
    """The session gets a shorter name; its first line holds the whole one."""
    shutil.copy(clips.nobody, here / name)
    for number in ("", "-2"):
        said = cli("analyse", name, "--json", "--video", *LITE)
        assert (said.code, said.err) == (0, "")
        session = here / said.summary["session"]
        stem = session.name.removesuffix(".posecheck.jsonl")
        assert stem.endswith(number)
        assert name.startswith(stem.removesuffix(number))
        assert session.with_name(f"{stem}.posecheck.mp4").exists()
        assert load(session).header["source"]["name"] == name


@pytest.mark.parametrize("words", [["--out-video"], ["--annotator", "AB", "--export"]])
def test_very_long_name_of_what_replay_writes(
    words: list[str], here: Path, tmp_path: Path, cli: Cli
) -> None:
    sample = SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl"
    session = shutil.copy(sample, tmp_path / sample.name)
    labels = tmp_path / "l.csv"
    labels.write_text("start_s,end_s,label\n1,2,valid\n")
    ending = ".mp4" if "--out-video" in words else ".csv"
    more = ["--labels", labels] if "--export" in words else []
    said = cli("replay", session, *more, *words, "x" * 256 + ending)
    assert (said.code, said.out) == (2, "")
    assert said.complaint.endswith("the name is too long; choose a shorter one")
    assert list(here.iterdir()) == []
    said = cli("replay", session, *more, *words, "none/x" + ending)
    assert said.code == 2
    assert "its folder does not exist; make it, or choose another name" in said.complaint


def test_very_long_name_of_an_annotator(here: Path, cli: Cli) -> None:
    """Of a session that an earlier version gave a long name; a shorter annotator's helps."""
    sample = SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl"
    session = shutil.copy(sample, here / ("x" * 225 + ".posecheck.jsonl"))
    labels = here / "l.csv"
    labels.write_text("start_s,end_s,label\n1,2,valid\n")
    said = cli("replay", session, "--labels", labels, "--json", "--annotator", "A" * 40)
    assert said.code == 2
    assert "take a shorter name with --annotator" in said.complaint
    assert cli("replay", session, "--labels", labels, "--json", "--annotator", "AB").code == 0


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
def test_name_that_is_not_unicode(here: Path, clips: Clips) -> None:
    """Cameras of old wrote Latin-1 names; a crash is no answer (a process of its own: OpenCV)."""
    name = b"caf\xe9.mp4"
    target = os.path.join(os.fsencode(here), name)  # noqa: PTH118 - bytes
    shutil.copy(os.fsencode(clips.nobody), target)
    words = [*command("analyse", "--json", *LITE), os.fsdecode(name)]
    done = run(words, cwd=here)
    assert done.returncode in {0, 2}, f"exit code {done.returncode}: {done.stderr[-300:]}"
    assert len(done.stderr.splitlines()) == (1 if done.returncode else 0), done.stderr


def test_session_path_can_be_copied_from_the_terminal(
    tmp_path: Path, clips: Clips, here: Path, cli: Cli
) -> None:
    """A path broken over two lines is no path."""
    folder = tmp_path / ("a rather long name of a folder " * 3).strip()
    said = cli("analyse", clips.nobody, "--out", folder, *LITE)
    assert said.code == 0
    assert str(folder / "nobody.posecheck.jsonl") in said.out
    assert list(here.iterdir()) == []


def test_brackets_in_the_name_of_an_exercise_file(here: Path, cli: Cli) -> None:
    source = Path(__file__).parents[2] / "posecheck" / "exercises" / "pigeon.toml"
    folder = here / "["
    folder.mkdir()
    shutil.copy(source, folder / "b].toml")
    said = cli("exercises", "--check", "[/b].toml")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("[/b].toml: ")


def test_brackets_in_an_exercise_are_shown_as_they_are(here: Path, cli: Cli) -> None:
    source = Path(__file__).parents[2] / "posecheck" / "exercises" / "pigeon.toml"
    text = source.read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith("title = "))
    (here / "mine.toml").write_text(text.replace(line, 'title = "Pose [left] [/x]"'), "utf-8")
    said = cli("exercises", "mine.toml")
    assert (said.code, said.err) == (0, "")
    assert "Pose [left] [/x]" in said.out


@pytest.mark.slow
def test_brackets_in_a_name_on_a_terminal(here: Path, clips: Clips) -> None:
    """The progress bar on a terminal must not take a name for markup."""
    name = "[red]x[bold].mp4"
    shutil.copy(clips.nobody, here / name)
    done = run(_on_a_terminal(command("analyse", name, *LITE)), cwd=here, env=environment())
    assert done.returncode == 0, done.stdout[-500:]
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", done.stdout)
    assert text.count(name) >= 2, "once in the bar and once in the table"


def _on_a_terminal(words: list[str]) -> list[str]:
    """Return a command line that runs another on a pseudo terminal and shows what it says."""
    code = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    return [sys.executable, "-c", code, *words]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("encoding", "more"), [("ascii", []), ("cp1252", []), ("latin-1", ["--json"])]
)
def test_narrow_encoding_of_the_output(
    encoding: str, more: list[str], here: Path, clips: Clips
) -> None:
    """Logs and old terminals know no check mark: plain signs, not a traceback."""
    shutil.copy(clips.nobody, here / "\u30b9.mp4")
    done = run(
        command("analyse", "\u30b9.mp4", *LITE, *more),
        cwd=here,
        env=environment(PYTHONIOENCODING=encoding),
    )
    assert done.returncode == 0, done.stderr[-300:]
    assert done.stderr == ""
