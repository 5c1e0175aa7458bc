"""The house stays one that can be lived in: layers, sizes, doors, documents."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from documents import DOCUMENTS, README, READMES, blocks_of, commands_of, text_of

import posecheck
from posecheck import cli, pose, reports, sources
from posecheck.annotations import exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "posecheck"
MODULES = sorted(PACKAGE.rglob("*.py"))


# Imports point down: a module imports only from rooms of a lower rank, or from its own room.
RANKS = (
    ("posecheck",),
    ("system",),
    ("sources",),
    ("sources.camera", "pose", "measure"),
    ("exercises",),
    ("form", "display"),
    ("session", "annotations"),
    ("pipeline",),
    ("live.coach", "replay.edit"),
    ("reports",),
    ("progress",),
    ("evaluation",),
    ("batch",),
    ("page",),
    ("live", "replay"),
    ("commands",),
)

RANK = {room: rank for rank, rooms in enumerate(RANKS) for room in rooms}
TOP = ("cli", "__main__")  # stand at the top of the package, and import from all rooms

MODULE_LINES, SMALL_LINES, FUNCTION_LINES = 400, 150, 50


def name_of(path: Path) -> str:
    """Name of a module relative to the package, without the ``__init__`` of a room."""
    parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) or "posecheck"


TREES = {name_of(path): ast.parse(path.read_text("utf-8")) for path in MODULES}


def room_of(module: str) -> str:
    """Room of a module: the package it stands in, or that it is."""
    if (PACKAGE / module.replace(".", "/")).is_dir():
        return module
    return module.rpartition(".")[0] or "posecheck"


def rank_of(module: str) -> int:
    return len(RANKS) + TOP.index(module) if module in TOP else RANK[room_of(module)]


def names_in(node: ast.AST) -> Iterator[str]:
    """Full dotted names that the imports below a node bring, type checking left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            for alias in child.names:
                whole = f"{child.module}.{alias.name}"
                yield whole if whole.removeprefix("posecheck.") in TREES else child.module
        yield from names_in(child)


IMPORTED = {module: frozenset(names_in(tree)) for module, tree in TREES.items()}


def imported(path: Path) -> frozenset[str]:
    return IMPORTED[name_of(path)]


def own_imports(module: str) -> set[str]:
    names = {name.removeprefix("posecheck.") for name in IMPORTED[module]}
    return {name for name in names if name in TREES} - {module}


def circles(rooms: dict[str, set[str]]) -> set[str]:
    """What is left when everything that needs nothing left over is taken away, again and again."""
    left = dict(rooms)
    while free := [name for name, needs in left.items() if not needs & set(left)]:
        for name in free:
            del left[name]
    return set(left)


def test_every_room_has_a_rank() -> None:
    assert {room_of(module) for module in TREES} == set(RANK)


def test_imports_point_down() -> None:
    wrong = [
        f"{own} imports {other}"
        for own in TREES
        for other in own_imports(own)
        if (room_of(own) != room_of(other) or other in TOP) and rank_of(other) >= rank_of(own)
    ]
    assert wrong == []


def test_no_room_imports_in_a_circle() -> None:
    within = {
        own: {other for other in own_imports(own) if room_of(other) == room_of(own)}
        for own in TREES
    }
    assert circles(within) == set()


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    doc = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (node.end_lineno or 0) - node.lineno + 1 - doc


def test_modules_and_functions_are_small() -> None:
    long = {name_of(p): len(p.read_text("utf-8").splitlines()) for p in MODULES}
    assert {name: lines for name, lines in long.items() if lines > MODULE_LINES} == {}
    functions = {
        f"{module}.{node.name}": body_lines(node)
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in functions.items() if lines > FUNCTION_LINES} == {}


def plugins() -> set[str]:
    """Modules that a registry names; nothing imports them by name."""
    registered = {
        *(where.partition(":")[0] for where in pose._ESTIMATORS.values()),
        *(reader.place.partition(":")[0] for reader in sources._SOURCES.values()),
        *reports._REPORTS.values(),
        *exchange._FORMATS,
        *(f"posecheck.commands.{name}" for name in cli.COMMANDS),
    }
    return {name.removeprefix("posecheck.") for name in registered}


# Small modules that only one other module imports, and why each stands alone.
ALONE = {
    "sources.parts": "knows the video format, as other sources do; its user does not",
    "page.stills": "loads OpenCV, which a report without pictures does not",
    "evaluation.true_form": "the truth, apart from the scores that compare with it",
}


def test_a_small_module_with_one_user_belongs_to_its_user() -> None:
    users = Counter(other for own in TREES for other in own_imports(own))
    lines = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    small = {name for name in TREES if lines[name] < SMALL_LINES and users[name] <= 1}
    alone = small - plugins() - {room_of(name) for name in TREES} - set(TOP)
    assert alone - set(ALONE) == set()
    assert set(ALONE) - alone == set(), "no longer small, or no longer alone"


def test_no_class_name_is_used_twice() -> None:
    names = Counter(
        node.name for tree in TREES.values() for node in tree.body if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


def names_set(node: ast.stmt) -> list[str]:
    """Names that a statement at the top of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def test_no_module_defines_a_name_twice() -> None:
    found = {
        module: [
            n for n, c in Counter(chain.from_iterable(map(names_set, tree.body))).items() if c > 1
        ]
        for module, tree in TREES.items()
    }
    assert {module: names for module, names in found.items() if names} == {}


def test_few_modules_stand_at_the_top() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= 8


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_option_is_in_a_readme(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    for option in set(re.findall(r"(--[a-z]+)", capsys.readouterr().out)) - {"--help"}:
        assert any(option in text_of(path) for path in READMES), f"{command} {option}"


def test_every_option_of_a_readme_exists_in_a_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    of_commands = {"--help", "--version"}
    for command in cli.COMMANDS:
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        of_commands |= set(re.findall(r"--[a-z][a-z-]*", capsys.readouterr().out))
    for path in READMES:
        if PACKAGE in path.parents:  # the others name options of scripts, too
            table = re.findall(r"^\| *`(--[a-z][a-z-]*)", text_of(path), re.MULTILINE)
            assert set(table) <= of_commands, path


@pytest.mark.parametrize(
    ("library", "door"),
    [
        ("mediapipe", None),
        ("cv2", "system.opencv"),
        ("av", "display.video_writer"),
        ("orjson", None),
    ],
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
            "sources.camera.network",
            "sources.decode",
            "sources.upright",
            "sources.video",
        },
        "orjson": {
            "session.writer",
            "session.reader",
            "reports.json_line",
            "reports.export",
        },
    }[library]
    assert users <= allowed
    if library == "mediapipe":
        by_name = [p for p in MODULES if '"mediapipe.tasks' in p.read_text("utf-8")]
        assert [name_of(path) for path in by_name] == ["pose.mediapipe"]


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
        "tests", "sample_videos", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff", "SECURITY.md",
    }  # fmt: skip


def test_public_names_are_what_the_package_says() -> None:
    for name in posecheck.__all__:
        assert getattr(posecheck, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = posecheck.nonsense


def test_ci_runs_the_readmes_test_command() -> None:
    test_command = blocks_of(README, "sh")[1]
    assert "pytest" in test_command
    script = (REPOSITORY / ".ci" / "run").read_text("utf-8")
    assert "README.md" in script, "CI reads the command from the README"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_documents_name_files_and_commands_that_exist(document: Path) -> None:
    names = r"(?<![\w./-])(?:sample_videos|models|tests|posecheck)/[\w./-]+"
    for path in re.findall(names, text_of(document)):
        made = path.endswith("posecheck.jsonl") or "/my-" in path  # as an example
        if made or f"# {path}" in text_of(document):  # or as the file of a recipe
            continue
        assert (REPOSITORY / path.rstrip(".")).exists(), path
    for line in commands_of(document):
        assert line.split()[1] in cli.COMMANDS


def test_documents_name_modules_that_exist() -> None:
    """Names such as `server.py` or `live/loop.py`, from the document's folder or the package."""
    for document in DOCUMENTS:
        for name in re.findall(r"`([\w/]+\.py)`", text_of(document)):
            places = (document.parent, document.parent.parent, PACKAGE, REPOSITORY)
            assert any((place / name).exists() for place in places), f"{document}: {name}"


def test_no_text_names_a_place_on_this_machine() -> None:
    tracked = [*MODULES, *DOCUMENTS, REPOSITORY / "pyproject.toml"]
    for path in tracked:
        assert "/root/" not in path.read_text("utf-8"), path


RIDDLES = re.compile(
    r"\b((?i:whoever|nobody's|for so long|so often|comes? to rest)|Return (?:what|whether))\b"
)


@pytest.mark.parametrize(("text", "words"), [("Whoever\n  comes", ["Whoever"]), ("a person", [])])
def test_riddles_are_found(text: str, words: list[str]) -> None:
    assert RIDDLES.findall(" ".join(text.split())) == words


def test_the_prose_of_the_package_is_plain() -> None:
    found = {
        str(path.relative_to(PACKAGE)): RIDDLES.findall(" ".join(path.read_text("utf-8").split()))
        for path in MODULES
    }
    assert {path: words for path, words in found.items() if words} == {}


NAMED = re.compile(r"`{1,2}((?:posecheck\.)?\w+(?:\.\w+)+)`{1,2}")


def is_there(name: str) -> bool:
    """Whether a dotted name is that of a module, or of something that a module defines."""
    parts = name.removeprefix("posecheck.").split(".")
    for end in range(len(parts), 0, -1):
        module, rest = ".".join(parts[:end]), parts[end:]
        if module in TREES:
            return not rest or rest[0] in chain.from_iterable(map(names_set, TREES[module].body))
    return False


def test_names_in_docstrings_are_there() -> None:
    """Names of the package in backticks: `ROOM.MODULE`, `ROOM.MODULE.NAME`, posecheck. or not."""
    rooms = {room.split(".")[0] for room in RANK} | {"ledger", "types", "landmarks", "errors"}
    wrong = {
        f"{module}: {name}"
        for module, path in zip(TREES, MODULES, strict=True)
        for name in NAMED.findall(path.read_text("utf-8"))
        if name.removeprefix("posecheck.").split(".")[0] in rooms
        and "NAME" not in name  # any
        and not is_there(name)
    }
    assert wrong == set()
