"""Exercises as files: one TOML each, shipped in this folder or the user's own.

Adding an exercise is adding one file; nothing else knows their names.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from posecheck.errors import ExerciseError, shown
from posecheck.exercises.schema import Exercise

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

DEFAULT_EXERCISE: Final = "seated-figure-four"
"""The exercise that is judged unless another one is named."""

AUTO: Final = "auto"
"""Asks for the exercise that fits a recording best."""

_LARGEST_FILE_BYTES: Final = 1_000_000


def names() -> tuple[str, ...]:
    """Return the names of the exercises that posecheck ships, sorted."""
    files = (entry.name for entry in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml")))


def load(name_or_path: str | Path) -> Exercise:
    """Return an exercise by its name or from a file.

    Anything that ends in ``.toml`` or holds a path separator is taken as a file.

    Raises:
        ExerciseError: if it is unknown, unreadable or faulty; the message lists every
            problem with its place.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(".toml") or "/" in text or "\\" in text:
        return _load_file(Path(text), shown(text))
    if text not in names():
        message = (
            f"unknown exercise {text!r}: choose one of {', '.join(names())}, "
            "or name your own .toml file"
        )
        raise ExerciseError(message)
    return _load_file(resources.files(__name__) / f"{text}.toml", f"{text}.toml")


def load_all() -> tuple[Exercise, ...]:
    """Return every shipped exercise, sorted by name."""
    return tuple(load(name) for name in names())


def _load_file(file: Path | Traversable, shown: str) -> Exercise:
    try:
        raw = file.read_bytes()
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        message = f"{shown}: cannot be read: {cause}"
        raise ExerciseError(message) from error
    if len(raw) > _LARGEST_FILE_BYTES:
        message = f"{shown}: too large for an exercise file ({len(raw)} bytes)"
        raise ExerciseError(message)
    try:
        content = tomllib.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        message = f"{shown}: not a TOML file: {error}"
        raise ExerciseError(message) from error
    return validate(content, shown)


def validate(content: object, shown: str) -> Exercise:
    """Return the exercise that a parsed file describes.

    Args:
        content: the parsed TOML or JSON.
        shown: the file's name for messages.

    Raises:
        ExerciseError: one message that lists every problem with its place.
    """
    try:
        return Exercise.model_validate(content)
    except ValidationError as error:
        problems = [
            f"  {_place(item['loc'], content)}: {_said(item['msg'])}"
            for item in error.errors()
            # Follows from the problems inside the rules, which are listed themselves.
            if item["type"] != "too_short" or not _holds_items(item["loc"], content)
        ]
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        message = "\n".join([f"{shown}: {count} in this exercise file:", *problems])
        raise ExerciseError(message) from error


def _holds_items(location: tuple[int | str, ...], content: object) -> bool:
    return (
        isinstance(content, dict)
        and len(location) == 1
        and isinstance(content.get(location[0]), list)
        and bool(content[location[0]])
    )


def _place(location: tuple[int | str, ...], content: object) -> str:
    """Return a place such as ``rules[2] "lean".at_most.enter``; lists count from 1."""
    shown = ""
    for part in location:
        try:
            content = content[part]  # type: ignore[index]  # any parsed value may be here
        except (KeyError, IndexError, TypeError):
            content = None
        if isinstance(part, int):
            shown += f"[{part + 1}]"
            if isinstance(content, dict) and isinstance(content.get("name"), str):
                shown += f' "{content["name"]}"'
        else:
            shown += f".{part}"
    return shown.removeprefix(".") or "file"


def _said(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Field required", "is missing")
