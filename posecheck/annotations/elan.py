"""Annotations as a document of ELAN, the annotation tool of the Max Planck Institute.

One tier of the annotator's name; times are whole milliseconds, as the format has them. Read
and written by pympi, which the extra ``elan`` brings.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from posecheck.annotations.types import Annotations
from posecheck.annotations.words import MILLISECONDS, annotation_of, lines_of, spans_of
from posecheck.errors import AnnotationError, InstallationError, shown

if TYPE_CHECKING:
    from posecheck.annotations.types import Annotation
    from posecheck.exercises.schema import Exercise

_UNNAMED: Final = "default"
"""The tier that every new document has; no person's name."""


def read(path: Path, exercise: Exercise, annotator: str, made_at: str) -> Annotations:
    """Read annotations from a document.

    Args:
        path: the file.
        exercise: what the session is judged by; its rules may be named.
        annotator: whose annotations they are; the tier of that name, or else the only one
            that holds something, is read.
        made_at: when they were made or imported, ISO 8601.

    Raises:
        AnnotationError: one line with every problem.
        InstallationError: if pympi is missing.
    """
    spoken = _spoken(path, annotator)
    rules = frozenset(rule.name for rule in exercise.rules)
    items: list[Annotation] = []
    problems = []
    for start_ms, end_ms, value in spoken:
        times_s = start_ms / MILLISECONDS, end_ms / MILLISECONDS
        lines = [line for line in value.splitlines() if line.strip()]
        try:
            items.append(annotation_of(times_s, lines, rules, annotator, made_at))
        except ValueError as error:
            problems.append(f"at {times_s[0]:g} s: {error}")
    try:
        annotations = Annotations.of(exercise.name, items)
    except ValueError as error:
        problems.append(str(error))
    if problems:
        message = f"{shown(path)}: {'; '.join(problems)}"
        raise AnnotationError(message)
    return annotations


def text(annotations: Annotations) -> str:
    """Return annotations as a document, a tier for each annotator.

    Times are rounded down to milliseconds; what has no length then is left out.

    Raises:
        InstallationError: if pympi is missing.
    """
    document = _pympi().Eaf(author="posecheck")
    document.remove_tier(_UNNAMED)  # before all others: a person may be called so, too
    for name in annotations.annotators:
        document.add_tier(name, ann=name)
    for start_ms, end_ms, item in spans_of(annotations):
        value = "\n".join(lines_of(item))
        document.add_annotation(item.annotator, start_ms, end_ms, value)
    with TemporaryDirectory() as folder:  # pympi writes to named files only
        path = Path(folder) / "annotations.eaf"
        document.to_file(str(path))
        return path.read_text("utf-8")


def annotator_of(path: Path) -> str | None:
    """Return the name of the only tier that holds something; None if there is no such name.

    Raises:
        AnnotationError: if the file can't be read.
        InstallationError: if pympi is missing.
    """
    tiers = _tiers(path)
    names = list(tiers)
    return names[0] if len(names) == 1 and names[0] != _UNNAMED else None


def _spoken(path: Path, annotator: str) -> list[tuple[int, int, str]]:
    """Return start and end in milliseconds and value of the annotator's tier."""
    tiers = _tiers(path)
    if annotator in tiers:
        return tiers[annotator]
    if len(tiers) != 1:
        names = ", ".join(shown(name) for name in tiers) or "none that holds anything"
        message = f"{shown(path)}: its tiers are {names}; choose one with --annotator"
        raise AnnotationError(message)
    return next(iter(tiers.values()))


def _tiers(path: Path) -> dict[str, list[tuple[int, int, str]]]:
    """Return start and end in milliseconds and value of all that each tier holds."""
    library = _pympi()
    try:
        path.open("rb").close()  # pympi does not say why a file can't be read
    except (OSError, ValueError) as error:
        message = f"{shown(path)}: cannot be read: {getattr(error, 'strerror', None) or error}"
        raise AnnotationError(message) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a version of the format that it does not know
            document = library.Eaf(str(path))
            return {
                name: [(int(a[0]), int(a[1]), str(a[2])) for a in found]
                for name in document.get_tier_names()
                if (found := document.get_annotation_data_for_tier(name))
            }
    except Exception as error:
        message = f"{shown(path)}: is no whole ELAN document; can ELAN open it?"
        raise AnnotationError(message) from error


def _pympi() -> Any:  # noqa: ANN401 - an untyped library
    try:
        import pympi  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = "ELAN documents need pympi: pip install 'posecheck[elan]'"
        raise InstallationError(message) from error
    return pympi
