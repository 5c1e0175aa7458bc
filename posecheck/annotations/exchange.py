"""Annotations from and to files of other programs. Adding a format is one line below."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from posecheck.annotations import store
from posecheck.errors import AnnotationError, OutputError, shown

if TYPE_CHECKING:
    from pathlib import Path

    from posecheck.annotations.types import Annotations
    from posecheck.exercises.schema import Exercise

_FORMATS: Final[dict[str, str]] = {
    ".csv": "posecheck.annotations.table",
    ".vtt": "posecheck.annotations.webvtt",
    ".eaf": "posecheck.annotations.elan",
}
"""Ending -> module with ``read(path, exercise, annotator, made_at)`` and ``text(annotations)``; if
the format has names in it, also with ``annotator_of(path)``."""


def is_own(path: Path) -> bool:
    """Whether a file is of posecheck's own format, by its name."""
    return path.name.endswith(store.SUFFIX)


def read(path: Path, exercise: Exercise, annotator: str) -> Annotations:
    """Read annotations of any known format.

    Args:
        path: the file; its ending tells the format.
        exercise: what the session is judged by.
        annotator: whose they are, if the file does not say.

    Raises:
        PoseCheckError: if it can't be read or is of no known format.
    """
    if is_own(path):
        return store.load(path)
    found: Annotations = _module(path).read(path, exercise, annotator, store.now())
    return found


def annotator_of(path: Path) -> str | None:
    """Return whose annotations a file of another program holds, if it says so of one person.

    Raises:
        PoseCheckError: if it can't be read or is of no known format.
    """
    said = getattr(_module(path), "annotator_of", None)
    return None if said is None else said(path)


def write(path: Path, annotations: Annotations) -> None:
    """Write annotations into a new file; its ending tells the format.

    Raises:
        AnnotationError: if the format is unknown.
        OutputError: if the file exists or can't be written.
    """
    content: str = _module(path).text(annotations)
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(content)
    except FileExistsError as error:
        message = f"{shown(path)}: exists already and is not overwritten; choose another name"
        raise OutputError(message) from error
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        message = f"{shown(path)}: cannot be written: {cause}; choose another place"
        raise OutputError(message) from error


def _module(path: Path) -> Any:  # noqa: ANN401 - a module
    name = _FORMATS.get(path.suffix.lower())
    if name is None:
        message = f"{shown(path)}: annotations are read from and written to {_listed()}"
        raise AnnotationError(message)
    return import_module(name)


def _listed() -> str:
    *most, last = _FORMATS
    return f"{', '.join(most)} and {last} files"
