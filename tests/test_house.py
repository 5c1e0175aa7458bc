"""The house stays one that can be lived in: layers, sizes, doors, documents."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import posecheck
from posecheck import cli

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "posecheck"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Imports point down: a module may import only from the layers above its own line.
LAYERS = (
    ("posecheck", "errors", "landmarks"),
    ("types", "geometry", "opencv", "display", "outputs", "background", "models",
     "quiet", "commands", "newest", "v4l2", "sources.content",
     "sources.fields"),
    ("cameras", "steady"),
    ("agreement", "agreement.confusion"),
    ("body", "cues", "legs", "leg_name", "person", "marks", "window"),
    ("pair_quantities", "role_quantities"),
    ("quantities", "crossing_evidence"),
    ("crossing", "exercises.rules", "readings"),
    ("exercises.schema",),
    ("exercises",),
    ("form", "hold", "sources", "estimators", "encode"),
    ("sides",),
    ("judge", "session.writer", "session.problems", "session.lines", "overlay",
     "sources.clock", "sources.upright", "sources.decode",
     "estimators.mediapipe_tasks", "sources.feed",
     "sources.watch", "sources.jpeg"),
    ("sources.local_camera", "sources.mjpeg", "sources.video", "sources.picture",
     "sources.animation"),
    ("sources.network_camera",),
    ("session.reader", "sources.camera"),
    ("session",),
    ("recorder", "stream", "summary", "annotate", "start"),
    ("annotations.types", "annotations.spreadsheet"),
    ("annotations", "annotations.store", "annotations.words"),
    ("annotations.table", "annotations.webvtt", "annotations.elan", "annotations.boris"),
    ("annotations.exchange",),
    ("replay", "replay.spans", "replay.player", "replay.axis", "replay.keys",
     "replay.editor", "replay.footage"),
    ("replay.tracks",),
    ("replay.recording", "replay.curves", "replay.paper", "replay.stage",
     "replay.band", "replay.actions"),
    ("replay.timeline", "replay.panel", "replay.prompt", "replay.guide"),
    ("replay.view",),
    ("replay.desk",),
    ("replay.app",),
    ("accuracy",),
    ("analysis", "reports", "reports.table", "reports.json_line", "reports.text"),
    ("evaluation", "evaluation.truth", "evaluation.account", "evaluation.score",
     "evaluation.variants"),
    ("evaluation.cache", "evaluation.labels", "evaluation.true_form", "evaluation.times"),
    ("evaluation.holds", "evaluation.legs", "evaluation.invariance", "evaluation.pairs"),
    ("evaluation.clip_score",),
    ("evaluation.run",),
    ("evaluation.figures", "evaluation.none_shown"),
    ("evaluation.compare", "evaluation.overview", "evaluation.report"),
    ("replay.rejudge",),
    ("agreement.agree", "replay.changes", "replay.describe"),
    ("agreement.sessions", "replay.report", "replay.video"),
    ("agreement.report",),
    ("measure", "measure.columns", "measure.reading"),
    ("measure.report", "measure.picture"),
    ("live", "live.screen", "live.patience", "live.plan", "live.agenda"),
    ("live.presence", "live.phrases", "live.tones", "live.worker", "live.cautions"),
    ("live.voice",),
    ("live.sounds",),
    ("live.setup",),
    ("live.prompter",),
    ("live.course",),
    ("live.keys",),
    ("live.routine",),
    ("live.symbols", "live.controls", "live.lookout", "live.recording"),
    ("live.panels",),
    ("live.view", "live.pages"),
    ("live.loop",),
    ("live.session",),
    ("commands.analyse", "commands.exercises", "commands.measure", "commands.doctor",
     "commands.evaluate", "commands.live", "commands.cameras", "commands.replay",
     "commands.agree", "commands.invariance"),
    ("cli",),
    ("__main__",),
)  # fmt: skip
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

MODULE_LINES, FUNCTION_LINES = 399, 50
VOCABULARY = "types"  # one dataclass after the other; splitting it would only hide them


def name_of(path: Path) -> str:
    parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) or "posecheck"


def ids(path: Path) -> str:
    return name_of(path)


def is_typing_only(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            return True
    return False


def imported(path: Path) -> set[str]:
    """Return what a module imports when it runs, as full dotted names."""
    tree = ast.parse(path.read_text("utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if is_typing_only(node, parents):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own_imports(path: Path) -> set[str]:
    names = {name.removeprefix("posecheck.") for name in imported(path) if "posecheck" in name}
    return {name for name in names if name in LEVEL}


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_imports_point_down(path: Path) -> None:
    own = name_of(path)
    assert own in LEVEL, f"give {own} a place in LAYERS"
    for other in own_imports(path) - {own}:
        assert LEVEL[other] < LEVEL[own], f"{own} imports {other}, which is not below it"


def test_every_layer_names_modules_that_exist() -> None:
    assert sorted(name for names in LAYERS for name in names) == sorted(map(name_of, MODULES))


@pytest.mark.parametrize(
    ("library", "door"),
    [("mediapipe", None), ("cv2", "opencv"), ("av", "encode"), ("orjson", None)],
)
def test_libraries_come_in_through_one_door(library: str, door: str | None) -> None:
    users = {
        name_of(path) for path in MODULES if any(n.split(".")[0] == library for n in imported(path))
    }
    allowed = {
        "mediapipe": set(),  # by name, in estimators.mediapipe_tasks
        "cv2": {door},
        # OpenCV would take the options of a connection from the whole process.
        "av": {
            door,
            "commands.doctor",
            "sources.network_camera",
            "sources.decode",
            "sources.fields",
            "sources.video",
        },
        "orjson": {"session.writer", "session.reader", "reports.json_line"},
    }[library]
    assert users <= allowed
    if library == "mediapipe":
        by_name = [p for p in MODULES if '"mediapipe.tasks' in p.read_text("utf-8")]
        assert [name_of(path) for path in by_name] == ["estimators.mediapipe_tasks"]


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    doc = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (node.end_lineno or 0) - node.lineno + 1 - doc


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_rooms_are_small(path: Path) -> None:
    text = path.read_text("utf-8")
    if name_of(path) != VOCABULARY:
        assert len(text.splitlines()) <= MODULE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert body_lines(node) <= FUNCTION_LINES, node.name


def test_the_top_level_holds_nothing_more() -> None:
    listed = subprocess.run(
        ["git", "ls-files"],  # noqa: S607 - found on the PATH
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert top <= {
        "pyproject.toml", "README.md", "LICENSE", ".gitignore", ".ci", "posecheck", "models",
        "tests", "sample_videos",
    }  # fmt: skip


def test_public_names_are_what_the_package_says() -> None:
    for name in posecheck.__all__:
        assert getattr(posecheck, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = posecheck.nonsense


def readme() -> str:
    return (REPOSITORY / "README.md").read_text("utf-8")


def readme_commands() -> list[str]:
    """Return the commands of the README's first code blocks, in order."""
    blocks = re.findall(r"```(?:sh|bash|console)\n(.*?)```", readme(), flags=re.DOTALL)
    return [block.strip() for block in blocks]


def test_ci_runs_the_readmes_test_command() -> None:
    test_command = readme_commands()[1]
    assert "pytest" in test_command
    script = (REPOSITORY / ".ci" / "run").read_text("utf-8")
    assert "README.md" in script, "CI reads the command from the README"


def test_the_readme_names_files_and_options_that_exist() -> None:
    for path in re.findall(r"(?:sample_videos|models|tests|posecheck)/[\w./-]+", readme()):
        if "posecheck-sessions" in path or path.endswith("posecheck.jsonl"):
            continue
        assert (REPOSITORY / path.rstrip(".")).exists(), path
    for block in readme_commands():
        for command in re.findall(r"\bposecheck (\w+)", block):
            assert command in cli.COMMANDS


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_option_is_in_the_readme(command: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "posecheck", command, "--help"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for option in set(re.findall(r"(--[a-z]+)", shown)) - {"--help"}:
        assert option in readme(), f"{command} {option}"


def test_no_text_names_a_place_on_this_machine() -> None:
    tracked = [*MODULES, REPOSITORY / "README.md", REPOSITORY / "pyproject.toml"]
    for path in tracked:
        assert "/root/" not in path.read_text("utf-8"), path
