"""Which video a truth or label file belongs to.

``NAME.truth.json`` and ``NAME.labels.csv`` belong to the recording called ``NAME`` beside them,
whatever its ending. Small and capital letters and the normal forms of Unicode make no
difference: cameras write ``IMG_0001.MOV``, and systems copy names in a form of their own.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Final

from posecheck.errors import PoseCheckError, shown
from posecheck.evaluation import labels, truth
from posecheck.evaluation.truth import TruthError
from posecheck.sources import RECORDING_SUFFIXES

_KNOWN_SUFFIXES: Final = (truth.SUFFIX, *labels.SUFFIXES)


def find(folder: Path) -> list[Path]:
    """Return the truth and label files below a folder, sorted; hidden folders are left out.

    Raises:
        PoseCheckError: if it is no folder that can be read.
    """
    failures: list[OSError] = []
    found = []
    for place, below, files in os.walk(folder, onerror=failures.append):
        below[:] = [name for name in below if not name.startswith(".")]
        names = [name for name in files if name.casefold().endswith(_KNOWN_SUFFIXES)]
        found += [Path(place) / name for name in names if not name.startswith(".")]
    if failures:
        message = f"{failures[0].filename}: cannot be read: {failures[0].strerror}"
        raise PoseCheckError(message)
    return sorted(found)


def is_truth(known: Path) -> bool:
    """Whether a file is a truth file, by its name; else it is a label file."""
    return known.name.casefold().endswith(truth.SUFFIX)


def _stem(known: Path) -> str:
    """Return what the name of a truth or label file begins with: the video's stem."""
    ending = next(end for end in _KNOWN_SUFFIXES if known.name.casefold().endswith(end))
    return known.name[: -len(ending)]


def video_of(known: Path) -> Path:
    """Return the video that a truth or label file belongs to.

    Raises:
        TruthError: if there is none, or more than one, or another such file of that name.
    """
    stem = _stem(known)
    beside = [path for path in known.parent.iterdir() if not path.name.startswith(".")]
    videos = _called(stem, beside)
    if not videos:
        message = f"{known}: has no {shown(stem)}.mp4 beside it, nor a video of another ending"
        raise TruthError(message)
    if len(videos) > 1:
        names = " and ".join(shown(path.name) for path in videos)
        message = f"{known}: can belong to {names}; keep one of them beside it"
        raise TruthError(message)
    for path in beside:
        is_other = path != known and path.name.casefold().endswith(labels.SUFFIXES)
        if is_other and _called(_stem(path), beside) == videos:
            message = f"{known}: has {shown(path.name)} beside it; keep one of the two"
            raise TruthError(message)
    return videos[0]


def _called(stem: str, paths: list[Path]) -> list[Path]:
    """Return the recordings of a name, sorted.

    On some systems two names can differ in capital letters only: the same spelling comes first.
    """
    videos = [
        path
        for path in paths
        if path.suffix.casefold() in RECORDING_SUFFIXES and _folded(path.stem) == _folded(stem)
    ]
    return sorted([path for path in videos if path.stem == stem] or videos)


def _folded(name: str) -> str:
    """Return what names have in common that differ in capital letters or normal form only."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
