"""Videos that show none of the exercises in, what counts in them out; poses are given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from posecheck import cli
from posecheck.errors import SourceError
from posecheck.evaluation import cache
from posecheck.system import machine
from tests.figures import SEATED_UPRIGHT, SEATED_VALID, nobody

if TYPE_CHECKING:
    from pathlib import Path

    from posecheck.types import Observation

# 120 s: 3.0 s of valid form, 17.0 s upright (wrong) and 100.0 s nobody.
SEEN = [
    *(SEATED_VALID.drawn().at(i / 10) for i in range(31)),
    *(SEATED_UPRIGHT.drawn().at(i / 10) for i in range(31, 201)),
    *(nobody(i / 10) for i in range(201, 1201)),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of two videos, a damaged one and other files."""
    for name in ("a.mp4", "below/b.gif", "below/damaged.MOV", "c.txt", ".hidden/d.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    def poses(clip: Path, *_: object, **_rest: object) -> tuple[Observation, ...]:
        if clip.stem == "damaged":
            message = f"{clip}: is damaged"
            raise SourceError(message)
        return tuple(SEEN) if clip.stem == "a" else tuple(nobody(i / 10) for i in range(1201))

    monkeypatch.setattr(cache, "poses", poses)
    monkeypatch.setattr(machine, "usual_workers", lambda *_: 1)  # patched in this process only
    return tmp_path


def test_every_second_that_counts_is_told_by_exercise(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", str(folder), "--none", "--exercise", "seated-figure-four"]
    assert cli.main([*command, "--exercise", "pigeon", "--json"]) == 2
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert "damaged" in err
    said = json.loads(out)
    assert said["schema"] == "posecheck.evaluation-none/1"
    assert [video["name"] for video in said["videos"]] == ["a.mp4", "below/b.gif"]
    assert list(said["total"]) == ["seated-figure-four", "pigeon"]
    seated = said["total"]["seated-figure-four"]
    assert (seated["valid_s"], seated["valid_s_per_10_minutes"]) == (3.0, 7.5)
    assert seated["valid_s_per_minute"] == 0.75
    assert seated["valid_s"] + seated["wrong_s"] + seated["unseen_s"] == 240
    assert said["total"]["pigeon"]["valid_s"] == 0
    (folder / "below" / "damaged.MOV").unlink()
    assert cli.main(command) == 0
    text = capsys.readouterr().out
    assert "Counted in 2 videos" in text
    assert [line.split()[:4] for line in text.splitlines() if "a.mp4" in line] == [
        ["a.mp4", "seated-figure-four", "3.00", "120.0"]
    ]
    assert cli.main([*command, "--markdown"]) == 0
    row = capsys.readouterr().out.splitlines()[2]
    assert row.startswith("| seated-figure-four | 4.0 | 3.00 | 7.50 | 0 | ")


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["--none", "--side", "asked"], "--none has no truth"),
        (["--none", "--role", "tune"], "--none has no truth"),
        (["--none", "--exercise", "juggling"], "juggling"),
        (["--exercise", "pigeon", "--exercise", "prone-press-up"], "more than one --exercise"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], wanted: str
) -> None:
    assert cli.main(["evaluate", str(folder), *options]) == 2
    err = capsys.readouterr().err
    assert wanted in err
    assert err.count("\n") == 1


def test_a_folder_without_videos_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["evaluate", str(tmp_path), "--none"]) == 2
    assert "holds no video" in capsys.readouterr().err
