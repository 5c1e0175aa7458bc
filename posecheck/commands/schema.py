"""``posecheck schema``: print the JSON Schema of what posecheck writes or reads."""

from __future__ import annotations

import json
from importlib import import_module, resources
from typing import TYPE_CHECKING, Any, Final

from posecheck.commands import put

if TYPE_CHECKING:
    import argparse

ROOMS: Final = {
    "session": "session",
    "summary": "reports",
    "replay": "replay",
    "evaluation": "evaluation",
    "evaluation-none": "evaluation",
    "invariance": "evaluation",
    "agreement": "evaluation",
    "annotations": "annotations",
    "cameras": "sources/camera",
    "measure": "reports",
    "batch": "batch",
    "batch-sums": "batch",
    "export": "reports",
    "progress": "progress",
}
"""The folder that holds the schema of each output, as ``NAME.schema.json``."""

EXERCISE: Final = "exercise"
PAGES: Final = {
    "live-page": "posecheck.page.live:live_view",
    "replay-page": "posecheck.page.replay:replay_view",
    "start-page": "posecheck.page.start:start_view",
}
"""The view of each page; the schema describes the messages of the page."""

NAMES: Final = (*ROOMS, EXERCISE, *PAGES)

NEEDS: Final = {"session": "exercise", "replay": "summary"}
"""For a schema, the other schema that it refers to, which is printed inside it."""

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "name",
        nargs="?",
        choices=NAMES,
        metavar="NAME",
        help=f"the schema to print: {', '.join(NAMES)} (without one: list the names)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print a schema, or the names of all schemas; return 0."""
    if arguments.name is None:
        put("".join(f"{name}\n" for name in NAMES))
    else:
        put(json.dumps(schema(arguments.name), indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0


def schema(name: str) -> dict[str, Any]:
    """Return a JSON Schema (2020-12) that needs no other document.

    Args:
        name: one of `NAMES`.
    """
    if name == EXERCISE:
        return _exercise()
    if name in PAGES:
        module, _, view = PAGES[name].partition(":")
        of_page: dict[str, Any] = getattr(import_module(module), view)("").schema()
        return of_page
    file = resources.files("posecheck") / ROOMS[name] / f"{name}.schema.json"
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    if name in NEEDS:
        needed = NEEDS[name]
        found.setdefault("$defs", {})[f"posecheck-{needed}"] = schema(needed)
    return found


def _exercise() -> dict[str, Any]:
    """Return the schema of an exercise; the TOML file holds the same keys."""
    from posecheck.exercises import Exercise

    return {"$schema": _DIALECT, "$id": "urn:posecheck:exercise", **Exercise.model_json_schema()}
