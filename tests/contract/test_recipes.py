"""Each recipe of ``posecheck/README.md``, followed to the letter in a copy of the package."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from media import LITE, REPOSITORY, SAMPLES, Clips, person_images, run

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

MAP = REPOSITORY / "posecheck" / "README.md"
MODELS = REPOSITORY / "models"
RECIPES = dict(
    re.findall(
        r"^### (\d)\. .*?\n(.*?)(?=^### |\Z)", MAP.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SESSION = SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the package in a temporary folder."""

    folder: Path

    def follow(self, recipe: str) -> None:
        """Do what the code blocks of a recipe say."""
        for block in re.findall(
            r"^```python\n(.*?)^```$", RECIPES[recipe], re.MULTILINE | re.DOTALL
        ):
            first, rest = block.split("\n", 1)
            line = re.fullmatch(r"# one line in (\S+), in (\w+)", first)
            if line is None:
                path = first.removeprefix("# ")
                assert not (self.folder / path).exists()
                (self.folder / path).write_text(rest, "utf-8")
            else:
                path = line[1]
                assert rest.count("\n") == 1, "one line"
                whole = (self.folder / path).read_text("utf-8")
                whole, count = re.subn(
                    rf"^({line[2]}: .*[({{]\n)",
                    lambda m, rest=rest: m[1] + rest,
                    whole,
                    flags=re.MULTILINE,
                )
                assert count == 1
                (self.folder / path).write_text(whole, "utf-8")

    def run(self, *arguments: object, models: Path = MODELS) -> subprocess.CompletedProcess[str]:
        """Run the copy's command line."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "POSECHECK_MODELS": str(models),
            "COLUMNS": "200",
        }
        words = [sys.executable, "-m", "posecheck", *map(str, arguments)]
        return run(words, cwd=self.folder, env=environment)

    def good(self, *arguments: object, models: Path = MODELS) -> str:
        """Run the copy's command line; return what it prints."""
        done = self.run(*arguments, models=models)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout


@pytest.fixture
def package(tmp_path: Path) -> Copy:
    ignored = shutil.ignore_patterns("__pycache__", "_models")
    shutil.copytree(REPOSITORY / "posecheck", tmp_path / "posecheck", ignore=ignored)
    return Copy(tmp_path)


def with_model(folder: Path, name: str, file: str, **keys: str) -> None:
    """Add a file of a models' folder to its manifest."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    sha256 = hashlib.sha256((folder / file).read_bytes()).hexdigest()
    manifest["models"][name] = {"file": file, "sha256": sha256, "licence": "own", **keys}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def test_there_are_six_recipes_each_of_one_file_and_at_most_one_line() -> None:
    assert sorted(RECIPES) == list("123456")
    for recipe in "2456":
        blocks = re.findall(r"^```python\n(# .*)", RECIPES[recipe], re.MULTILINE)
        assert [block.startswith("# one line in") for block in blocks] == [False, True]


def test_a_new_exercise(package: Copy, clips: Clips) -> None:
    folder = package.folder / "posecheck" / "exercises"
    assert "supine-figure-four.toml" in RECIPES["1"]
    shipped = (folder / "supine-figure-four.toml").read_text("utf-8")
    own = folder / "my-stretch.toml"
    own.write_text(shipped.replace('name = "supine-figure-four"', 'name = "my-stretch"'), "utf-8")
    assert "my-stretch" in package.good("exercises")
    package.good("exercises", "--check", own)
    said = package.good("analyse", clips.supine, "--exercise", "my-stretch", "--json", *LITE)
    assert json.loads(said)["exercise"] == "my-stretch"


def test_a_new_source(package: Copy) -> None:
    package.follow("2")
    images = np.stack(person_images()[:5])
    times = np.array([0.0, 0.1, 0.3, 0.4, 0.5])
    file = package.folder / "frames.npz"
    np.savez(file, t_s=times, images_bgr=images)
    found = json.loads(package.good("analyse", file, "--json", *LITE))
    assert (found["source"], found["frames"], found["duration_s"]) == ("frames.npz", 5, 0.5)
    np.savez(file, other=times)
    broken = package.run("analyse", file, *LITE)
    assert broken.returncode == 2
    assert "save it with numpy.savez" in broken.stderr


def test_a_new_model(package: Copy, clips: Clips, tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for name in ("manifest.json", "pose_landmarker_full.task", "pose_landmarker_lite.task"):
        shutil.copy(MODELS / name, models)
    shutil.copy(models / "pose_landmarker_lite.task", models / "own.task")
    with_model(models, "own", "own.task")
    assert "full or lite or own" in package.good("analyse", "--help", models=models)
    package.good("analyse", clips.nobody, "--model", "own", "--json", models=models)
    assert "full, lite, own match" in package.run("doctor", models=models).stdout
    (models / "own.task").write_bytes(b"damaged")
    broken = package.run("analyse", clips.nobody, "--model", "own", models=models)
    assert (broken.returncode, "'own' is damaged" in broken.stderr) == (2, True)


def test_a_new_estimator(package: Copy, clips: Clips, tmp_path: Path) -> None:
    package.follow("4")
    models = tmp_path / "models"
    models.mkdir()
    shutil.copy(MODELS / "manifest.json", models)
    image_px = np.arange(99, dtype=np.float32).reshape(33, 3)
    world_m, ones = image_px / 100, np.ones(33, np.float32)
    np.savez(
        models / "pose.npz", image_px=image_px, world_m=world_m, visibility=ones, presence=ones
    )
    with_model(models, "still", "pose.npz", estimator="stored")
    with_model(models, "wrong", "pose.npz", estimator="nonsense")
    done = package.run("analyse", clips.nobody, "--model", "still", "--out", "o", models=models)
    assert done.returncode == 0, done.stderr
    (session,) = (package.folder / "o").iterdir()
    lines = [json.loads(line) for line in session.read_text("utf-8").splitlines()]
    assert lines[0]["estimator"].startswith("stored ")
    poses = [line for line in lines if line["type"] == "pose"]
    assert len(poses) == 8
    assert all(np.array_equal(pose["image_px"], image_px) for pose in poses)
    wrong = package.run("analyse", clips.nobody, "--model", "wrong", models=models)
    assert wrong.returncode == 2
    assert "unknown estimator 'nonsense'" in wrong.stderr


def test_a_new_report(package: Copy, clips: Clips) -> None:
    package.follow("5")
    said = package.good("analyse", clips.nobody, "--format", "sentence", *LITE)
    assert said == "nobody.mp4: 0 of 0 holds are complete.\n"
    assert "sentence" in package.good("analyse", "--help")


def test_a_new_annotation_format(package: Copy) -> None:
    package.follow("6")
    session = shutil.copy(SESSION, package.folder)
    file = package.folder / "said.plain"
    file.write_text("1.5 3.0 wrong: lean\n4.0 12.5 valid\n", "utf-8")
    who = ("--annotator", "AB", "--json")
    package.good("replay", session, "--labels", file, "--export", "out.plain", *who)
    assert (package.folder / "out.plain").read_text("utf-8") == file.read_text("utf-8")
