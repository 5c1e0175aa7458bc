"""``--help``, ``--version``, ``exercises`` and ``doctor``."""

from __future__ import annotations

import io
import os
import shutil
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from media import REPOSITORY

import posecheck
from posecheck import commands, exercises
from posecheck.cli import COMMANDS
from posecheck.commands import doctor
from posecheck.commands.doctor import Finding
from posecheck.errors import InstallationError
from posecheck.pose import models

if TYPE_CHECKING:
    from pathlib import Path

    from media import Cli


def test_version(cli: Cli) -> None:
    said = cli("--version")
    assert (said.code, said.out, said.err) == (0, f"posecheck {posecheck.__version__}\n", "")
    assert version("posecheck") == posecheck.__version__


def test_help_names_every_command_and_the_disclaimer(cli: Cli) -> None:
    said = cli("--help")
    assert said.code == 0
    for name in COMMANDS:
        assert name in said.out
    assert "no medical device" in " ".join(said.out.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command(name: str, cli: Cli) -> None:
    said = cli(name, "--help")
    assert (said.code, said.err) == (0, "")
    assert f"usage: posecheck {name}" in said.out


def test_defaults_in_the_help_are_those_of_the_package(cli: Cli) -> None:
    assert commands.DEFAULT_EXERCISE == exercises.DEFAULT_EXERCISE
    said = " ".join(cli("analyse", "--help").out.split())
    assert f"(default: {models.DEFAULT_MODEL})" in said
    assert f"(default: {exercises.DEFAULT_EXERCISE})" in said


def test_exercises_lists_every_one(cli: Cli) -> None:
    said = cli("exercises")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    for name in exercises.names():
        mark = " (default)" if name == exercises.DEFAULT_EXERCISE else ""
        assert f"{name}{mark}" in lines
    assert sum("(default)" in line for line in lines) == 1


@pytest.mark.parametrize("name", exercises.names())
def test_exercise_is_shown_with_everything_that_matters(name: str, cli: Cli) -> None:
    said = cli("exercises", name)
    assert (said.code, said.err) == (0, "")
    shown = " ".join(said.out.split())
    exercise = exercises.load(name)
    wanted = [exercise.title, exercise.summary, exercise.position, exercise.camera.text]
    wanted += [caution.text for caution in exercise.cautions]
    wanted += [caution.source for caution in exercise.cautions]
    wanted += [*exercise.steps, *exercise.muscles, exercise.dose.note, exercise.dose.source]
    wanted += [rule.title for rule in exercise.rules]
    for text in wanted:
        assert " ".join(text.split()) in shown
    assert f"{exercise.dose.hold_s:g} s" in shown
    assert "no medical device" in shown


def test_unknown_exercise_is_one_line(cli: Cli) -> None:
    said = cli("exercises", "handstand")
    assert said.code == 2
    assert "unknown exercise 'handstand'" in said.complaint


@pytest.mark.parametrize("name", exercises.names())
def test_check_of_each_shipped_file(name: str, here: Path, cli: Cli) -> None:
    source = REPOSITORY / "posecheck" / "exercises" / f"{name}.toml"
    shutil.copy(source, here / "mine.toml")
    said = cli("exercises", "--check", "mine.toml")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("mine.toml: ")
    assert "is in order" in said.out
    assert f"{len(exercises.load(name).rules)} rules" in said.out


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["folder", "none.toml"])
def test_check_of_what_is_no_file(name: str, cli: Cli) -> None:
    os.makedirs("folder", exist_ok=True)  # noqa: PTH103 - relative to the test's folder
    said = cli("exercises", "--check", name)
    assert said.code == 2
    assert said.complaint.startswith(f"{name}: cannot be read")


@pytest.mark.usefixtures("here")
def test_doctor_says_a_line_for_each_check(cli: Cli) -> None:
    said = cli("doctor")
    assert (said.code, said.err) == (0, "")
    found = [line for line in said.out.splitlines() if line.startswith(("ok", "note", "FAIL"))]
    assert len(found) == len(doctor.CHECKS)
    assert said.out.endswith("all that analysing needs is there\n")
    for line, after in zip(said.out.splitlines(), said.out.splitlines()[1:], strict=False):
        if line.startswith("note") and "cameras: not looked" not in line:
            assert after.startswith("      -> "), f"no remedy after {line!r}"


@pytest.mark.usefixtures("here")
def test_doctor_finds_a_damaged_model(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    for file in (REPOSITORY / "models").glob("*"):
        if file.suffix in {".task", ".json"}:
            shutil.copy(file, folder)
    (folder / "pose_landmarker_full.task").write_bytes(b"damaged")
    monkeypatch.setenv(models.FOLDER_VARIABLE, str(folder))
    said = cli("doctor")
    assert said.code == 2
    failed = [line for line in said.out.splitlines() if line.startswith("FAIL")]
    assert [line.split(":")[0].split()[1] for line in failed] == ["models", "inference"]
    assert all("damaged" in line for line in failed)
    assert said.out.endswith("2 to mend\n")


@pytest.mark.usefixtures("here")
def test_doctor_goes_on_after_a_fault(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        message = "mediapipe 1.2.2 sends usage metrics over the network"
        raise InstallationError(message)

    monkeypatch.setattr("posecheck.pose.mediapipe.mediapipe_version", broken)
    said = cli("doctor")
    assert said.code == 2
    assert "FAIL  mediapipe: mediapipe 1.2.2 sends" in said.out
    found = [line for line in said.out.splitlines() if line.startswith(("ok", "note", "FAIL"))]
    assert len(found) == len(doctor.CHECKS)


@pytest.mark.parametrize("error", [RuntimeError("boom"), OSError("boom"), ImportError("boom")])
def test_doctor_survives_a_library_that_breaks(
    error: Exception, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check-up is for installations that are broken; a traceback helps nobody."""

    def breaks(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("posecheck.pose.open_estimator", breaks)
    said = cli("doctor")
    assert said.code == 2
    assert f"FAIL  inference: {type(error).__name__}: boom" in said.out


@pytest.mark.usefixtures("here")
def test_doctor_looks_where_it_would_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # noqa: ARG005 - as os.access
    assert doctor.check_writing().state == "FAIL"
    monkeypatch.undo()
    assert doctor.check_writing() == Finding("ok", "write access", os.getcwd())  # noqa: PTH109


@pytest.mark.parametrize("on_terminal", [True, False])
def test_a_status_is_shown_on_a_terminal_alone_and_word_for_word(
    on_terminal: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(stderr, "isatty", lambda: on_terminal)
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")
    with commands.status("measuring a[bold].mp4") as tell:
        tell("measuring a[bold].mp4: 3 s")
    assert ("measuring a[bold].mp4: 3 s" in stderr.getvalue()) is on_terminal
    assert bool(stderr.getvalue()) is on_terminal


@pytest.mark.parametrize(("command", "kept"), [("schema", "JSON Schema"), ("export", "CSV")])
def test_help_keeps_capital_letters(command: str, kept: str, cli: Cli) -> None:
    assert kept in cli(command, "--help").out


def test_start_takes_a_folder_and_no_file(here: Path, cli: Cli) -> None:
    (here / "a.posecheck.jsonl").touch()
    said = cli("start", "a.posecheck.jsonl", "--no-browser")
    assert (said.code, said.out) == (2, "")
    assert "is no folder; name the folder of your sessions" in said.complaint
