"""What the READMEs say is true: examples run, links lead somewhere, options are named."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from typing import TYPE_CHECKING

import pytest
from documents import DOCUMENTS, README, READMES, REPOSITORY, blocks_of, commands_of, text_of
from media import LITE, SAMPLES, SEATED, Cli, Clips, person_images

import posecheck
from posecheck import cli as program
from posecheck.exercises import CameraPlace, Dose, Exercise, Pace, Sourced, Timing
from posecheck.exercises.rules import Limit, Part, Rule, View, Visibility
from posecheck.session import SCHEMA
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = sorted({line for path in READMES for line in commands_of(path)})
SLOW = {"evaluate", "live", "batch", "start"}
"""Their examples are only parsed here: `evaluate` takes minutes, `live` needs a camera, `batch` is
run in tests/system/test_batch.py, and `start` shows its page until it is closed."""

WITH_MODEL = {"analyse", "invariance"}
PYTHON = [
    pytest.param(block, id=f"{path.parent.name}-{number}")
    for path in READMES
    for number, block in enumerate(blocks_of(path, "python"))
    if not block.startswith("# ")  # a file of a recipe, see tests/contract/test_recipes.py
]


@pytest.fixture
def desk(here: Path, clips: Clips, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all files that the examples name, and no display."""
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    for name in ("stretch.mp4", "monday.mp4", "tuesday.mov"):
        shutil.copy(clips.person, here / name)
    assert cv2.imwrite(str(here / "photo.jpg"), person_images()[0])
    shipped = REPOSITORY / "posecheck" / "exercises" / "seated-figure-four.toml"
    shutil.copy(shipped, here / "mine.toml")
    shutil.copytree(SAMPLES / "sessions", here / "sample_videos" / "sessions")
    shutil.copy(SEATED, here / "sample_videos")
    (here / "posecheck-sessions").mkdir()
    session = "seated_figure_four.posecheck.jsonl"
    shutil.copy(SAMPLES / "sessions" / session, here / "posecheck-sessions")
    return here


@pytest.mark.parametrize("line", EXAMPLES)
def test_examples_are_understood(line: str) -> None:
    words = shlex.split(line)[1:]
    parsed = program._parser(words[0]).parse_args(words)
    assert parsed.command == words[0]


def is_long(line: str) -> bool:
    """Whether an example analyses many times, or draws a video."""
    return line.split()[1] == "invariance" or line.endswith("--video")


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, marks=[pytest.mark.slow] if is_long(line) else [])
        for line in EXAMPLES
        if line.split()[1] not in SLOW
    ],
)
def test_examples_run(line: str, cli: Cli) -> None:
    words = shlex.split(line)[1:]
    said = cli(*words, *(LITE if words[0] in WITH_MODEL else ()))
    assert said.out
    if words[0] not in {"cameras", "doctor"}:  # those tell of the machine that runs the test
        assert said.code == 0, said.err


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("block", PYTHON)
def test_python_examples_run(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block, "example", "exec"), {})  # noqa: S102 - the documents' own examples
    assert capsys.readouterr().out or "analyse" in block


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(path)):
        if re.match(r"https?:", target):
            continue
        place, _, heading = target.partition("#")
        file = path.parent / place if place else path
        assert file.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", text_of(file), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
            assert heading in anchors, target


def test_each_readme_is_reached_from_the_first_one() -> None:
    reached, waiting = set(), [README]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        links = re.findall(r"\]\(([^)#\s]+\.md)", text_of(path))
        waiting += [(path.parent / link).resolve() for link in links]
    assert set(READMES) - reached == set()


def test_the_first_readme_is_short() -> None:
    assert len(text_of(README).splitlines()) <= 200


def test_the_citation_is_of_this_version() -> None:
    citation = text_of(REPOSITORY / "CITATION.cff")
    for line in ("cff-version: 1.2.0", "title: posecheck", f"version: {posecheck.__version__}"):
        assert f"{line}\n" in citation
    assert "doi" not in citation.casefold()


@pytest.mark.parametrize(
    "part",
    [Exercise, CameraPlace, Dose, Timing, Pace, Sourced, Rule, Limit, Visibility, View],
    ids=lambda part: part.__name__,
)
def test_every_key_of_an_exercise_file_is_explained(part: type[Part]) -> None:
    explained = text_of(REPOSITORY / "posecheck" / "exercises" / "README.md")
    for key in part.model_fields:
        assert re.search(rf"`{key}`|\b{key} = |`\[+{key}\]+`", explained), key


def test_every_line_of_a_session_file_is_explained() -> None:
    explained = text_of(REPOSITORY / "posecheck" / "session" / "README.md")
    assert f"`{SCHEMA}` is written" in explained
    (session, *_) = sorted((SAMPLES / "sessions").glob("supine*.jsonl"))
    for kind, *keys in {tuple(json.loads(line)) for line in text_of(session).splitlines()}:
        assert kind == "type"
        for key in {*keys} - {"verdict", "hold", "side"}:
            assert re.search(rf"\b{key}\b", explained), key
