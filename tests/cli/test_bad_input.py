"""Every bad input: one line, exit code 2, nothing made, nothing changed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from media import (
    LITE,
    REPOSITORY,
    Clips,
    command,
    cut_file,
    environment,
    listing,
    plain,
    posecheck,
    run,
    top_boxes,
    without_root_rights,
    write_tone,
    write_video,
    write_wav,
)

from posecheck.pose import models

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from media import Cli

pytestmark = pytest.mark.slow

PIGEON = REPOSITORY / "posecheck" / "exercises" / "pigeon.toml"
ADVICE = r"\b(check|choose|name|record|convert|copy|repair|export|install|make|use|run|save)\b"
"""An instruction: what a line must hold to say what to do."""


def _moovless(path: Path) -> None:
    whole = write_video(path.with_suffix(".whole.mp4"), plain(20))
    assert top_boxes(whole)[-1] == "moov", "the index must come last for this test"
    cut_file(whole, path, 0.7)
    whole.unlink()


def _headless(path: Path) -> None:
    """Write an mp4 that announces pictures of which not one is there."""
    whole = write_video(path.with_suffix(".whole.mp4"), plain(20), faststart=True)
    content = whole.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 4])
    whole.unlink()


@dataclass(frozen=True, slots=True)
class Bad:
    """A file that can't be used: its name, how it is made, what must be said of it."""

    name: str
    make: Callable[[Path], object]
    cause: str


BAD = {
    "missing": Bad("gone.mp4", lambda _: None, "no such file"),
    "folder": Bad("folder.mp4", lambda path: path.mkdir(), "folder"),
    "empty": Bad("empty.mp4", lambda path: path.touch(), "empty"),
    "text": Bad("text.mp4", lambda path: path.write_text("not a video\n" * 99), "not a video"),
    "text-by-name": Bad("notes.txt", lambda path: path.write_text("hello\n"), "not a video"),
    "noise": Bad("noise.mp4", lambda path: path.write_bytes(os.urandom(99_999)), "not a video"),
    "moov-missing": Bad("cut.mp4", _moovless, "index"),
    "sound-only-mp4": Bad("sound.mp4", write_tone, "sound only"),
    "sound-only-wav": Bad("sound.wav", write_wav, "sound only"),
    "no-picture-decodes": Bad("headless.mp4", _headless, "picture"),
    "not-a-png": Bad("text.png", lambda path: path.write_text("hello"), "not a picture"),
    "noise-jpg": Bad("noise.jpg", lambda path: path.write_bytes(os.urandom(9999)), "not a picture"),
    "url": Bad("http://127.0.0.1:9/x.mp4", lambda _: None, "no such file"),
    "line-break-in-name": Bad("a\nb.mp4", lambda _: None, "no such file"),
}
TRACELESS = sorted(BAD)


@pytest.fixture(params=TRACELESS)
def bad(request: pytest.FixtureRequest, here: Path) -> Bad:
    case = BAD[request.param]
    if "/" not in case.name:
        case.make(here / case.name)
    return case


def test_bad_file_gives_one_line_and_exit_code_2(bad: Bad, here: Path, cli: Cli) -> None:
    before = listing(here)
    said = cli("analyse", bad.name, "--json", *LITE)
    assert said.code == 2
    assert said.out == ""
    assert bad.cause in said.complaint
    named = bad.name.replace("http://", "http:/").split("\n")[-1]
    assert named in said.complaint
    after = listing(here)
    assert {name: after[name] for name in before} == before, "an input was changed"


def test_bad_file_leaves_no_results_behind(bad: Bad, here: Path, cli: Cli) -> None:
    before = listing(here)
    cli("analyse", bad.name, *LITE)
    assert listing(here) == before


def test_bad_file_says_what_to_do(bad: Bad, cli: Cli) -> None:
    said = cli("analyse", bad.name, *LITE)
    advice = said.err.split(bad.name)[-1]
    assert re.search(ADVICE, advice), f"no word of what to do in {said.err!r}"


def test_pipe_is_refused_instead_of_waited_for(here: Path) -> None:
    os.mkfifo(here / "pipe.mp4")
    done = run(["timeout", "20", *command("analyse", "pipe.mp4")], cwd=here)
    assert done.returncode == 2, "it waits for a writer" if done.returncode == 124 else done
    assert done.stderr.startswith("posecheck: pipe.mp4: ")


def test_unreadable_file(here: Path, clips: Clips) -> None:
    shutil.copy(clips.person, here / "secret.mp4")
    (here / "secret.mp4").chmod(0)
    done = run(without_root_rights(command("analyse", "secret.mp4")), cwd=here)
    assert done.returncode == 2
    assert done.stderr.startswith("posecheck: secret.mp4: ")
    assert "ermission" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert os.listdir(here) == ["secret.mp4"]  # noqa: PTH208 - names wanted


def test_one_bad_video_does_not_stop_the_others(here: Path, clips: Clips, cli: Cli) -> None:
    (here / "bad.mp4").write_text("no")
    said = cli("analyse", clips.nobody, "bad.mp4", clips.supine, "--json", *LITE)
    assert said.code == 2
    assert "bad.mp4" in said.complaint
    assert [line.split('"source":"')[1].split('"')[0] for line in said.out.splitlines()] == [
        "nobody.mp4",
        "supine.mp4",
    ]
    assert sorted(listing(here)) == [
        "bad.mp4",
        "posecheck-sessions",
        "posecheck-sessions/nobody.posecheck.jsonl",
        "posecheck-sessions/supine.posecheck.jsonl",
    ]


def test_unknown_exercise(here: Path, clips: Clips, cli: Cli) -> None:
    said = cli("analyse", clips.nobody, "--exercise", "handstand")
    assert said.code == 2
    assert "unknown exercise 'handstand'" in said.complaint
    assert "seated-figure-four" in said.complaint
    assert not listing(here)


def test_missing_exercise_file(here: Path, clips: Clips, cli: Cli) -> None:
    said = cli("analyse", clips.nobody, "--exercise", "mine.toml")
    assert said.code == 2
    assert said.complaint.startswith("mine.toml: ")
    assert not listing(here)


def test_faulty_exercise_lists_every_problem_with_its_place(here: Path, cli: Cli) -> None:
    text = PIGEON.read_text("utf-8")
    text = re.sub(r"^title = .*$", "title = 5", text, count=1, flags=re.MULTILINE)
    text = re.sub(r"^hold_s = .*$", "hold_s = -1", text, count=1, flags=re.MULTILINE)
    text = re.sub(r'^quantity = ".*"$', 'quantity = "luck"', text, count=1, flags=re.MULTILINE)
    text = 'colour = "blue"\n' + text
    (here / "mine.toml").write_text(text, "utf-8")
    for arguments in (
        ["exercises", "--check", "mine.toml"],
        ["analyse", "none.mp4", "--exercise", "mine.toml"],
    ):
        said = cli(*arguments)
        assert said.code == 2
        first, *problems = said.err.splitlines()
        assert first.startswith("posecheck: mine.toml: 4 problems")
        places = sorted(problem.split(":")[0].strip() for problem in problems)
        assert [place.split()[0] for place in places] == [
            "colour",
            "dose.hold_s",
            "rules[1]",
            "title",
        ]
        assert any("luck" in problem for problem in problems)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"name = ", "TOML"),
        (b"\xff\xfe\x00", "TOML"),
        (b"", "missing"),
        (b"x = " + b"[" * 5000, "TOML"),
        (b"x = " + b"1" * 5000, "TOML"),
        (b"# " + b"x" * 1_000_001, "too large"),
    ],
    ids=["syntax", "not-text", "empty", "deep", "huge-number", "huge-file"],
)
def test_broken_exercise_file(content: bytes, cause: str, here: Path, cli: Cli) -> None:
    (here / "mine.toml").write_bytes(content)
    said = cli("exercises", "--check", "mine.toml")
    assert said.code == 2
    assert said.err.startswith("posecheck: mine.toml: ")
    assert cause in said.err


def test_unknown_model(here: Path, clips: Clips, cli: Cli) -> None:
    said = cli("analyse", clips.nobody, "--model", "gigantic")
    assert said.code == 2
    assert "unknown model 'gigantic'" in said.complaint
    assert "full" in said.complaint
    assert not listing(here)


def test_unknown_model_is_said_once_for_many_videos(clips: Clips, cli: Cli) -> None:
    said = cli("analyse", clips.nobody, clips.supine, "--model", "gigantic")
    assert said.code == 2
    assert "gigantic" in said.complaint


@pytest.fixture
def own_models(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models that may be damaged, named by POSECHECK_MODELS."""
    assert here.is_dir()
    folder = tmp_path / "models"
    folder.mkdir()
    for name in ("manifest.json", "pose_landmarker_lite.task"):
        shutil.copy(models._HERE.parent / "models" / name, folder)
    monkeypatch.setenv(models.FOLDER_VARIABLE, str(folder))
    return folder


@pytest.mark.usefixtures("here")
def test_own_folder_of_models_is_used(own_models: Path, clips: Clips, cli: Cli) -> None:
    assert cli("analyse", clips.nobody, *LITE).code == 0
    (own_models / "manifest.json").unlink()
    assert cli("analyse", clips.nobody, *LITE).code == 2


def _flip_a_byte(folder: Path) -> None:
    bundle = folder / "pose_landmarker_lite.task"
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    bundle.write_bytes(content)


def _drop(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _manifest(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "manifest.json").write_text(text)


def _elsewhere(folder: Path) -> None:
    """Let the manifest name a good bundle that lies outside its folder."""
    _listed(folder, "pose_landmarker_lite.task", "../lite.task")
    (folder / "pose_landmarker_lite.task").rename(folder.parent / "lite.task")


def _junk(folder: Path) -> None:
    """Let the manifest name a bundle with its right sum, whose models are none."""
    with zipfile.ZipFile(folder / "junk.task", "w") as bundle:
        for name in ("pose_detector.tflite", "pose_landmarks_detector.tflite"):
            bundle.writestr(name, b"x" * 100)
    _listed(folder, "junk.task", "junk.task")


def _listed(folder: Path, file: str, name: str) -> None:
    found = hashlib.sha256((folder / file).read_bytes()).hexdigest()
    entry = {"file": name, "sha256": found, "licence": "none"}
    (folder / "manifest.json").write_text(json.dumps({"models": {"lite": entry}}))


@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (_elsewhere, "damaged"),
        (_junk, "cannot be loaded"),
        (_flip_a_byte, "damaged"),
        (_drop("pose_landmarker_lite.task"), "not there"),
        (_drop("manifest.json"), "cannot be read"),
        (_manifest("{"), "damaged"),
        (_manifest("[]"), "damaged"),
        (_manifest('{"models": {"lite": 5}}'), "damaged"),
        (_manifest('{"models": {"lite": {"file": 5, "sha256": "", "licence": ""}}}'), "damaged"),
        (_manifest('{"models": {}}'), "model"),
        (shutil.rmtree, "cannot be read"),
    ],
    ids=[
        "of-another-folder",
        "no-models-in-it",
        "one-bit",
        "no-bundle",
        "no-manifest",
        "not-json",
        "a-list",
        "entry-is-a-number",
        "file-is-a-number",
        "no-models",
        "no-folder",
    ],
)
def test_bad_models(  # noqa: PLR0913, PLR0917
    damage: Callable[[Path], object],
    cause: str,
    own_models: Path,
    here: Path,
    clips: Clips,
    cli: Cli,
) -> None:
    damage(own_models)
    said = cli("analyse", clips.nobody, *LITE)
    assert said.code == 2
    assert cause in said.complaint
    assert not listing(here)
    assert re.search(ADVICE + "|POSECHECK_MODELS", said.complaint), "not a word of what to do"


def test_unreadable_model(own_models: Path, here: Path, clips: Clips) -> None:
    (own_models / "pose_landmarker_lite.task").chmod(0)
    words = without_root_rights(command("analyse", clips.nobody, *LITE))
    done = run(words, cwd=here, env=environment(**{models.FOLDER_VARIABLE: str(own_models)}))
    assert "ermission" in done.stderr
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert not listing(here)


def test_whole_bundle_that_is_no_model(own_models: Path, here: Path, clips: Clips) -> None:
    """The sha256 fits, but mediapipe can't load it: one line, nothing of the library's."""
    import hashlib  # noqa: PLC0415
    import json  # noqa: PLC0415

    (own_models / "pose_landmarker_lite.task").write_bytes(b"rubbish")
    manifest = json.loads((own_models / "manifest.json").read_text())
    manifest["models"]["lite"]["sha256"] = hashlib.sha256(b"rubbish").hexdigest()
    (own_models / "manifest.json").write_text(json.dumps(manifest))
    done = posecheck(
        "analyse",
        clips.nobody,
        *LITE,
        cwd=here,
        env=environment(**{models.FOLDER_VARIABLE: str(own_models)}),
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "'lite' cannot be loaded" in done.stderr


def test_usage_errors_exit_with_2(cli: Cli) -> None:
    for arguments in (["fly"], ["analyse"], ["analyse", "x.mp4", "--side", "up"]):
        said = cli(*arguments)
        assert said.code == 2
        assert said.out == ""
        assert "usage: posecheck" in said.err
