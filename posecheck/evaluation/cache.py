"""The poses of a clip, inferred once and kept as a session file.

Kept are poses, not opinions: verdicts are made anew from them, with the exercise as it is
now. A kept file is used only for the same clip, model, libraries and code that reads pictures
and finds poses.
"""

from __future__ import annotations

import hashlib
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from posecheck import models, session
from posecheck.analysis import analyse
from posecheck.errors import SessionError, SourceError
from posecheck.estimators import DEFAULT_ESTIMATOR
from posecheck.evaluation import variants
from posecheck.session import SessionWriter
from posecheck.start import header_of
from posecheck.stream import observe
from posecheck.types import Ledger

if TYPE_CHECKING:
    from posecheck.evaluation.variants import Variant
    from posecheck.exercises.schema import Exercise
    from posecheck.types import Observation

FOLDER: Final = ".posecheck-cache"
"""Name of the folder for kept poses, in the folder that is evaluated."""

_PACKAGE: Final = Path(__file__).parents[1]
_POSE_MAKERS: Final = ("sources/*.py", "estimators/*.py", "stream.py", "opencv.py")
_LIBRARIES: Final = (DEFAULT_ESTIMATOR, "opencv-python")


def sha256_of(clip: Path) -> str:
    """Return the sha256 of a file.

    Raises:
        SourceError: if it cannot be read.
    """
    try:
        with clip.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        message = f"{clip}: cannot be read: {error.strerror or error}"
        raise SourceError(message) from error


def poses(
    clip: Path, folder: Path, model_name: str, exercise: Exercise, variant: Variant | None = None
) -> tuple[Observation, ...]:
    """Return what is seen in a clip, from the cache if it is there.

    Args:
        clip: the video.
        folder: where poses are kept; if it cannot be written, nothing is kept.
        model_name: the pose model.
        exercise: any; `analyse` wants one, its verdicts are not used.
        variant: how its pictures are changed; None takes them as filmed.

    Raises:
        PoseCheckError: if the clip cannot be analysed.
    """
    model = models.find(model_name)
    folder = folder.resolve()  # from Python 3.12 on a temporary folder's name is absolute
    kept = folder / f"{_key(clip, model, variant)}.posecheck.jsonl"
    found = _kept(kept)
    if found is not None:
        return found
    with _workplace(folder) as work:
        if variant is None:
            made = analyse(clip, exercise=exercise, model=model_name, out_dir=work).session
            assert made is not None  # noqa: S101 - out_dir was given
        else:
            made = _changed(clip, model, variant, Path(work))
        observations = session.load(made).observations
        if Path(work).parent == folder:
            made.replace(kept)  # at once and whole, also beside other processes
    return observations


def _changed(clip: Path, model: models.Model, variant: Variant, folder: Path) -> Path:
    """Write what is seen in changed pictures of a clip; return the session file."""
    path = folder / "changed.posecheck.jsonl"
    with closing(variants.open_variant(clip, variant)) as source:
        header = header_of(source.info, model, "auto")
        batches = closing(observe(source, model, keep_frames=False))
        with SessionWriter(path, header, None) as writer, batches as seen:
            for batch in seen:
                writer.poses(observation for _, observation in batch)
            writer.end("complete", Ledger(), ())
    return path


def _workplace(folder: Path) -> TemporaryDirectory[str]:
    """Return a new folder below the cache, or below the system's if that cannot be written."""
    try:
        folder.mkdir(exist_ok=True)
        return TemporaryDirectory(prefix="part-", dir=folder)
    except OSError:
        return TemporaryDirectory()


def _kept(path: Path) -> tuple[Observation, ...] | None:
    """Return the observations of a whole session file; None if there is none."""
    try:
        read = session.load(path)
    except SessionError:
        return None
    return None if read.problems or read.ended != "complete" else read.observations


def _key(clip: Path, model: models.Model, variant: Variant | None) -> str:
    parts = [sha256_of(clip), model.sha256, *map(_version, _LIBRARIES)]
    made_by = hashlib.sha256("\n".join(parts).encode())
    for pattern in _POSE_MAKERS:
        for module in sorted(_PACKAGE.glob(pattern)):
            made_by.update(module.read_bytes())
    if variant is not None:
        made_by.update(variant.name.encode() + Path(variants.__file__).read_bytes())
    return made_by.hexdigest()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "unknown"
