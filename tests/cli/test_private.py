"""What posecheck makes is about a person's body: only the owner of the files can read them."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

import pytest
from media import LITE, SAMPLES, Clips

from posecheck.annotations import Annotations, store
from posecheck.batch.store import replacing
from posecheck.exercises import load
from posecheck.live import cautions
from posecheck.system import outputs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from media import Cli

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """Let everything be readable for all, unless posecheck says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    """Return the permissions of a folder and all in it."""
    places = [folder, *folder.rglob("*")]
    return {path.name: oct(stat.S_IMODE(path.lstat().st_mode)) for path in places}


@pytest.mark.slow
def test_analysis(here: Path, clips: Clips, cli: Cli) -> None:
    said = cli("analyse", clips.nobody, "--video", "--out", "a/b", *LITE)
    assert said.code == 0
    assert modes(here / "a") == {
        "a": "0o700",
        "b": "0o700",
        "nobody.posecheck.jsonl": "0o600",
        "nobody.posecheck.mp4": "0o600",
    }


@pytest.mark.slow
def test_what_is_made_of_a_session(here: Path, cli: Cli) -> None:
    shutil.copy(SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl", here / "s.jsonl")
    shutil.copy(
        SAMPLES / "sessions" / "seated_figure_four.eye.annotations.json",
        here / "s.jsonl.eye.annotations.json",
    )
    for ending in (".csv", ".vtt", ".eaf"):
        said = cli("replay", "s.jsonl", "--annotator", "eye", "--export", f"made{ending}")
        assert said.code == 0, said.err
    assert cli("replay", "s.jsonl", "--out-video", "made.mp4").code == 0
    for option in ("--csv", "--picture"):
        ending = {"--csv": "csv", "--picture": "png"}[option]
        said = cli("measure", "s.jsonl", option, f"measured.{ending}")
        assert said.code == 0, said.err
    made = {name: mode for name, mode in modes(here).items() if name.startswith(("made", "meas"))}
    assert len(made) == 6
    assert set(made.values()) == {"0o600"}


def test_annotations_and_the_confirmation(tmp_path: Path) -> None:
    path = tmp_path / "s.eye.annotations.json"
    store.save(path, Annotations("seated-figure-four"))
    assert modes(path)[path.name] == "0o600"
    path.chmod(0o640)  # shared on purpose: it stays so
    store.save(path, Annotations("seated-figure-four"))
    assert modes(path)[path.name] == "0o640"
    assert cautions.confirm(load("seated-figure-four"), tmp_path / "config" / "posecheck")
    assert set(modes(tmp_path / "config").values()) == {"0o700", "0o600"}


def test_older_files_are_told(here: Path, cli: Cli) -> None:
    from posecheck.commands.doctor import check_private  # noqa: PLC0415 - looks at this folder

    assert check_private().state == "ok"
    old = here / "posecheck-sessions"
    old.mkdir(0o755)
    (old / "x.posecheck.jsonl").touch(0o644)
    (old / "y.posecheck.jsonl").touch(0o600)
    assert outputs.readable_by_others(old) == 2
    found = check_private()
    assert (found.state, found.remedy) == ("note", "chmod -R go= posecheck-sessions")
    assert "read 2 of the files" in found.found
    assert "chmod -R go=" in cli("doctor").out


def test_folders_that_exist_keep_their_permissions(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(0o750)
    outputs.make_folder(tmp_path / "mine" / "a" / "b")
    found = modes(tmp_path / "mine")
    assert found == {"mine": "0o750", "a": "0o700", "b": "0o700"}


@pytest.mark.parametrize("to", ["csv", "json", "trc", "mot"])
def test_exports_into_a_shared_folder(here: Path, cli: Cli, to: str) -> None:
    session = SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl"
    (here / "shared").mkdir(0o755)
    assert cli("export", session, "--to", to, "--out", "shared").code == 0
    assert modes(here / "shared")[f"seated_figure_four.{to}"] == "0o600"


def test_tables_of_a_batch(tmp_path: Path) -> None:
    with replacing(tmp_path / "recordings.csv") as file:
        file.write(b"recording\n")
    assert modes(tmp_path)["recordings.csv"] == "0o600"
