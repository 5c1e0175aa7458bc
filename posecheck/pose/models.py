"""Pose models: their files and the check of each against the manifest.

A damaged bundle can load and silently find no person, so the sha256 of every bundle is compared
with the manifest before it is used.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from posecheck.errors import ModelError, shown
from posecheck.system import files

DEFAULT_MODEL: Final = "full"
"""The model that is used unless another one is named."""

DEFAULT_ESTIMATOR: Final = "mediapipe"
"""The estimator of a model whose manifest entry names none."""

FOLDER_VARIABLE: Final = "POSECHECK_MODELS"
"""Environment variable that names another folder with bundles and a manifest."""

_FOLDER_REMEDY: Final = f"install posecheck again, or check what {FOLDER_VARIABLE} names"

_HERE: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Model:
    """A verified pose model.

    Attributes:
        name: full, lite or heavy.
        path: the bundle.
        sha256: of the bundle, as in the manifest and as found in the file.
        licence: of the weights.
        estimator: the estimator that runs it, a name in ``posecheck.pose``.
    """

    name: str
    path: Path
    sha256: str
    licence: str
    estimator: str = DEFAULT_ESTIMATOR


def folder() -> Path:
    """Return the folder with the bundles: the user's, the installed or the checkout's."""
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen)
    installed = _HERE / "_models"
    return installed if installed.is_dir() else _HERE.parent / "models"


def names() -> tuple[str, ...]:
    """Return the names of the models in the manifest.

    Raises:
        ModelError: if the manifest is missing or damaged.
    """
    return tuple(_manifest())


def expected() -> tuple[str, ...]:
    """Names of the models that are shipped, or whose file is there.

    Raises:
        ModelError: if the manifest is missing or damaged.
    """
    manifest = _manifest().items()
    return tuple(
        name
        for name, entry in manifest
        if entry.get("shipped") or os.path.isfile(folder() / entry["file"])  # noqa: PTH113 - no error for a NUL
    )


def find(name: str = DEFAULT_MODEL) -> Model:
    """Return a model whose file has been checked against the manifest.

    Raises:
        ModelError: if it is unknown, missing, unreadable or damaged.
    """
    manifest = _manifest()
    if name not in manifest:
        message = f"unknown model {shown(name)!r}: choose one of {', '.join(map(shown, manifest))}"
        raise ModelError(message)
    entry = manifest[name]
    path = folder() / entry["file"]
    try:
        with files.opened(path) as file:
            files.check_size(file, files.LARGEST_MODEL_BYTES)
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        message = f"model {shown(name)!r} is not there ({shown(path)}); {_remedy(name)}"
        raise ModelError(message) from error
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        message = f"model {shown(name)!r} cannot be read ({shown(path)}): {cause}"
        raise ModelError(message) from error
    if found != entry["sha256"]:
        message = (
            f"model {shown(name)!r} is damaged ({shown(path)}): its sha256 is {found[:12]}..., "
            f"not {entry['sha256'][:12]}...; {_remedy(name)}"
        )
        raise ModelError(message)
    estimator = entry.get("estimator", DEFAULT_ESTIMATOR)
    return Model(name, path, found, entry["licence"], str(estimator))


def _remedy(name: str) -> str:
    return f"install posecheck again, or run in its repository: python models/build.py {name}"


def _manifest() -> dict[str, dict[str, Any]]:
    path = folder() / "manifest.json"
    try:
        raw = files.content(path, files.LARGEST_MANIFEST_BYTES)
        models: dict[str, dict[str, Any]] = json.loads(raw)["models"]
        for entry in models.values():
            if not all(isinstance(entry[key], str) for key in ("file", "sha256", "licence")):
                raise TypeError  # noqa: TRY301 - as if it were missing
            if not {"/", "\\", ":"}.isdisjoint(entry["file"]):  # a file of another folder
                raise ValueError  # noqa: TRY301 - see above
    except OSError as error:
        cause = f"{error.strerror or error}; {_FOLDER_REMEDY}"
        message = f"the models' manifest cannot be read ({shown(path)}): {cause}"
        raise ModelError(message) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"the models' manifest is damaged ({shown(path)}); install posecheck again"
        raise ModelError(message) from error
    return models
