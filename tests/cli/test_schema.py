"""``posecheck schema``: real output of every command fits its schema, other objects do not."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from media import REPOSITORY
from media import posecheck as run_posecheck

import posecheck as package
from posecheck import exercises
from posecheck.annotations import store
from posecheck.commands.schema import NAMES, schema
from posecheck.evaluation import cache, invariance
from posecheck.form.judge import Judge
from posecheck.live.coach.plan import as_facts, make_plan
from posecheck.pose.models import Model
from posecheck.reports import json_line
from posecheck.session import SessionWriter
from posecheck.session.writer import header_of
from posecheck.sources import SourceInfo
from posecheck.sources.camera import listing
from posecheck.sources.camera.listing import Device, Mode, Problem
from posecheck.types import Side
from tests.unit.test_evaluation_run import STORY, clip, observed

if TYPE_CHECKING:
    from media import Cli, Clips

SAMPLES = sorted((REPOSITORY / "sample_videos" / "sessions").glob("*.jsonl"))
GOLDEN = sorted((REPOSITORY / "tests" / "golden").glob("*.jsonl"))
EXERCISES = sorted((Path(package.__file__).parent / "exercises").glob("*.toml"))
LABELS = sorted((REPOSITORY / "sample_videos" / "sessions").glob("*.annotations.json"))
FORMER = sorted((REPOSITORY / "tests" / "data").glob("former-*.toml"))


def faults(name: str, value: object) -> list[str]:
    """Return what does not fit a schema, one line each."""
    found = Draft202012Validator(schema(name)).iter_errors(value)
    return [f"{error.json_path}: {error.message[:300]}" for error in found]


def damaged(value: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return an object with each of its keys missing, with a strange one, and of no type."""
    lacking = {f"without {key}": {k: v for k, v in value.items() if k != key} for key in value}
    return {**lacking, "with a strange key": {**value, "strange": 1}}


def test_without_a_name_all_are_listed(cli: Cli) -> None:
    said = cli("schema")
    assert (said.code, said.err) == (0, "")
    assert said.out.split() == list(NAMES)


def test_an_unknown_name_is_refused(cli: Cli) -> None:
    said = cli("schema", "nonsense")
    assert said.code == 2
    assert "session" in said.err


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_schema_that_needs_no_other_document(name: str, cli: Cli) -> None:
    said = cli("schema", name)
    assert (said.code, said.err) == (0, "")
    printed = json.loads(said.out)
    assert printed == schema(name)
    assert printed["$id"] == f"urn:posecheck:{name}"
    Draft202012Validator.check_schema(printed)
    for wrong in ([], "text", {}, {"type": "nonsense"}):
        assert faults(name, wrong)


@pytest.mark.parametrize("path", [*GOLDEN, *SAMPLES], ids=lambda path: path.name)
def test_recorded_sessions_of_all_formats_fit(path: Path) -> None:
    validator = Draft202012Validator(schema("session"))
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    kinds = {line["type"]: line for line in lines}  # every kind of line, and one of each damaged
    assert {"header", "pose", "verdict", "hold", "end"} <= set(kinds)
    assert [number for number, line in enumerate(lines, 1) if not validator.is_valid(line)] == []
    for line in kinds.values():
        needed = damaged({k: v for k, v in line.items() if k not in {"repeated", "dark"}})
        for what, wrong in needed.items():
            if what not in {"without numpy", "without machine"}:  # format 1 had neither
                assert not validator.is_valid(wrong), f"{line['type']} {what}"


def test_the_header_of_a_live_session_fits(tmp_path: Path) -> None:
    plan = make_plan(exercises.load(exercises.DEFAULT_EXERCISE), "both", 2, 10.0)
    info = SourceInfo("camera", "0", (640, 480), 0, 0.0)
    model = Model("full", tmp_path / "full.task", "0" * 64, "Apache-2.0")
    header = header_of(info, model, "auto") | as_facts(plan)
    with SessionWriter(tmp_path / "live.jsonl", header, plan.exercise):
        pass
    line = json.loads((tmp_path / "live.jsonl").read_text("utf-8"))
    assert line["plan"]["sides"] == ["left", "right"]
    assert faults("session", line) == []
    assert faults("session", line | {"plan": {"sides": ["up"], "repetitions": 2, "hold_s": 10}})


def test_what_analyse_prints_and_writes_fits(clips: Clips, here: Path, cli: Cli) -> None:
    said = cli("analyse", clips.person, "--exercise", "auto", "--video", "--json").summary
    assert faults("summary", said) == []
    (written,) = here.rglob("*.posecheck.jsonl")
    lines = [json.loads(line) for line in written.read_text("utf-8").splitlines()]
    assert [found for line in lines for found in faults("session", line)] == []
    optional = {"without exercise_fits", "without video"}
    for what, wrong in damaged(said).items():
        assert bool(faults("summary", wrong)) is (what not in optional), what
    assert faults("summary", said | {"duration_s": "long"})
    assert faults("summary", said | {"schema": "posecheck.summary/2"})


def test_what_analyse_says_of_a_picture_fits(here: Path, cli: Cli) -> None:
    photo = next((REPOSITORY / "tests" / "data" / "photos").glob("*.jpg"))
    said = cli("analyse", photo, "--json", "--out", here).summary
    assert "verdict" in said
    assert faults("summary", said) == []


@pytest.mark.parametrize("options", [(), ("--exercise", "supine-figure-four")])
def test_what_replay_prints_fits(options: tuple[str, ...], here: Path) -> None:
    said = run_posecheck("replay", SAMPLES[0], *options, "--json", cwd=here)
    told = json.loads(said.stdout)
    assert told["annotations"]
    assert ("changes" in told) is bool(options)
    assert faults("replay", told) == []
    assert faults("replay", told | {"recorded": {}})
    assert faults("replay", told | {"strange": 1})


@pytest.mark.usefixtures("here")
def test_what_agree_prints_fits(cli: Cli) -> None:
    said = cli("agree", *SAMPLES, "--json").summary
    assert faults("agreement", said) == []
    said["pooled"][0]["confusion_s"]["valid"]["wrong"] = "little"
    assert faults("agreement", said)


@pytest.mark.parametrize("options", [(), ("--seconds", "--from", "5", "--to", "8.5")])
@pytest.mark.usefixtures("here")
def test_what_measure_prints_fits(options: tuple[str, ...], cli: Cli) -> None:
    said = cli("measure", SAMPLES[0], *options, "--json").summary
    assert said["parts"][0]["quantities"]
    assert faults("measure", said) == []
    del said["parts"][0]["quantities"][0]["q50"]
    assert faults("measure", said)


@pytest.mark.usefixtures("here")
def test_what_progress_prints_fits(cli: Cli) -> None:
    said = cli("progress", SAMPLES[0].parent, "--json").summary
    assert said["exercises"][0]["weeks"][0]["sides"]["right"]["complete"]
    assert faults("progress", said) == []
    for what, wrong in damaged(said).items():
        assert faults("progress", wrong), what
    said["days"][0]["pain"] = 11
    assert faults("progress", said)


def test_what_evaluate_prints_fits(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "poses", lambda *_, **_rest: observed(STORY))
    clip(tmp_path, "a")
    said = cli("evaluate", tmp_path, "--json").summary
    assert said["clips"][0]["figures"]["angles_deg"]
    assert faults("evaluation", said) == []
    for what, wrong in damaged(said).items():
        assert faults("evaluation", wrong), what


def test_what_evaluate_prints_of_other_videos_fits(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "poses", lambda *_, **_rest: observed(STORY))
    (tmp_path / "a.mp4").write_bytes(b"x")
    said = cli("evaluate", tmp_path, "--none", "--exercise", "pigeon", "--json").summary
    assert said["total"]["pigeon"]
    assert faults("evaluation-none", said) == []
    for what, wrong in damaged(said).items():
        assert faults("evaluation-none", wrong), what
    del said["videos"][0]["exercises"]["pigeon"]["unseen_s"]
    assert faults("evaluation-none", said)


def test_what_invariance_prints_fits() -> None:
    exercise = exercises.load(exercises.DEFAULT_EXERCISE)
    steps = tuple(Judge(exercise).judge(observed(STORY)))
    for judged in (steps, steps[:1]):  # without time, shares are null
        stays = {variant.name: invariance.stay(steps, judged) for variant in cache.VARIANTS}
        found = invariance.VideoStay(Path("a.mp4"), exercise.name, stays)
        said = json.loads(json_line.line(invariance.as_dict([found])))
        assert said["overall"]["mirrored"]["share"] == (1 if judged is steps else None)
        assert faults("invariance", said) == []
        for what, wrong in damaged(said).items():
            assert faults("invariance", wrong), what
        said["overall"]["mirrored"]["share"] = 1.5
        assert faults("invariance", said)


def test_what_cameras_prints_fits(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    found = (
        Device(0, "/dev/video0", "USB camera", Mode("MJPG", (640, 480), 30.0), None),
        Device(-1, "", "", None, Problem.BUSY),
    )
    monkeypatch.setattr(listing, "find", lambda: found)
    said = cli("cameras", "--json").summary
    assert [camera["usable"] for camera in said["cameras"]] == [True, False]
    assert faults("cameras", said) == []
    for what, wrong in damaged(said["cameras"][0]).items():
        assert faults("cameras", said | {"cameras": [wrong]}), what
    assert faults("cameras", said | {"cameras": [said["cameras"][0] | {"size_px": [640]}]})


@pytest.mark.parametrize("path", LABELS, ids=lambda path: path.name)
def test_annotation_files_fit(path: Path, tmp_path: Path) -> None:
    stored = json.loads(path.read_text("utf-8"))
    kept = store.AnnotationFile(tmp_path / path.name)
    said = store.load(path)
    kept.save(said.add(replace(said.items[0], side=Side.LEFT, start_s=1000.0, end_s=1001.0)))
    written = json.loads(kept.path.read_text("utf-8"))
    assert written["items"][-1]["side"] == "left"
    for content in (stored, written):
        assert faults("annotations", content) == []
        for what, wrong in damaged(content).items():
            assert faults("annotations", wrong), what
    valid = next(item for item in stored["items"] if item["state"] == "valid")
    assert faults("annotations", stored | {"items": [valid | {"rule": "lean"}]})


@pytest.mark.parametrize("path", [*EXERCISES, *FORMER], ids=lambda path: path.name)
def test_exercise_files_fit(path: Path) -> None:
    content = tomllib.loads(path.read_text("utf-8"))
    assert faults("exercise", content) == []
    assert faults("exercise", content | {"strange": 1})
    assert faults("exercise", content | {"rules": [{"name": "lean"}]})
