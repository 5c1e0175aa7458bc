"""Odd names of files: each is a file like any other."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from media import LITE, Clips, command, environment, run

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
    from posecheck.opencv import cv2  # noqa: PLC0415

    captured = cv2.VideoCapture(str(clips.person))
    _, image = captured.read()
    captured.release()
    cv2.imwrite("plain" + name[-4:], image)
    (here / ("plain" + name[-4:])).rename(here / name)
    said = cli("analyse", name, "--json", *LITE)
    assert (said.code, said.err) == (0, "")
    assert said.summary["source"] == name


def test_very_long_name(here: Path, clips: Clips, cli: Cli) -> None:
    """The session's name would be too long for the file system: one line, or a shorter name."""
    name = "x" * 250 + ".mp4"
    shutil.copy(clips.nobody, here / name)
    said = cli("analyse", name, *LITE)
    if said.code == 0:
        assert "session: " in said.out
    else:
        assert said.code == 2
        assert "too long" in said.complaint


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
