"""Beginning a session file: a free name, and the facts of its first line."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from posecheck import __version__, models, outputs
from posecheck.errors import OutputError
from posecheck.estimators import DEFAULT_ESTIMATOR
from posecheck.session import SessionWriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from posecheck.exercises.schema import Exercise
    from posecheck.sources import SourceInfo


def header_of(info: SourceInfo, model: models.Model, side: str) -> dict[str, Any]:
    """Return what a session file says of its source, model and the asked side."""
    try:
        library = version(DEFAULT_ESTIMATOR)
    except PackageNotFoundError:
        library = "unknown"
    return {
        "posecheck": __version__,
        "estimator": f"{DEFAULT_ESTIMATOR} {library}",
        "numpy": np.__version__,  # its arithmetic makes the last digits of an angle
        "machine": platform.machine(),
        "model": {"name": model.name, "sha256": model.sha256, "licence": model.licence},
        "source": info,
        "side": side,
    }


def open_session(
    folder: Path,
    stem: str,
    suffixes: Sequence[str],
    header: dict[str, Any],
    exercise: Exercise | None,
) -> tuple[SessionWriter, tuple[Path, ...]]:
    """Make a folder and a new session file in it.

    Args:
        folder: where it goes.
        stem: its name; gets a number if a file of that name exists.
        suffixes: endings of the files of this session; the first is the session file's.
        header: facts for the first line.
        exercise: what is judged; None if it is still looked for.

    Returns:
        The session file, and the paths for all endings, of which only the first exists.

    Raises:
        OutputError: if it cannot be written.
    """
    outputs.make_folder(folder)
    while True:
        paths = outputs.free_names(folder, stem, suffixes)
        try:
            return SessionWriter(paths[0], header, exercise), paths
        except OutputError as error:
            if not isinstance(error.__cause__, FileExistsError):
                raise
            # Another run was faster; the next name is free.


def model_warnings(name: str) -> tuple[str, ...]:
    """Return what is to be said when another model than the default one is used."""
    if name == models.DEFAULT_MODEL:
        return ()
    warning = (
        f"the limits were measured with the {models.DEFAULT_MODEL} model; with {name} "
        "valid seconds can be called wrong, and wrong ones valid"
    )
    return (warning,)
