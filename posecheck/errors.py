"""The errors a user can cause, drawn as a tree.

::

    PoseCheckError              one line for the user, exit code 2
    |-- SourceError             a video, image or camera can't be read
    |   `-- CameraError         a camera can't be used (missing, busy, forbidden, silent)
    |-- ModelError              a pose model is missing, damaged or unknown
    |-- ExerciseError           an exercise is unknown or its file is faulty
    |-- SessionError            a session file can't be read
    |-- AnnotationError         annotations of a session can't be used
    |-- TruthError              a clip's truth can't be used (in evaluation.truth)
    |-- OutputError             a result can't be written
    |-- DisplayError            there is no screen to open a window on
    `-- InstallationError       a dependency is missing or broken

Everything else that is raised is a bug in posecheck and keeps its traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath


def shown(path: PurePath | str) -> str:
    """Return a path as one line of text; control characters in a name are spelled out."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(path))


class PoseCheckError(Exception):
    """A fault that the user can mend; the message gives the problem and what to do."""


class SourceError(PoseCheckError):
    """Raised when a video, image or camera cannot be read."""


class CameraError(SourceError):
    """Raised when a camera cannot be used."""


class ModelError(PoseCheckError):
    """Raised when a pose model is missing, damaged or unknown."""


class ExerciseError(PoseCheckError):
    """Raised when an exercise is unknown or its file is faulty."""


class SessionError(PoseCheckError):
    """Raised when a session file cannot be read."""


class AnnotationError(PoseCheckError):
    """Raised when the annotations of a session cannot be used."""


class OutputError(PoseCheckError):
    """Raised when a result cannot be written."""


class DisplayError(PoseCheckError):
    """Raised when a window cannot be opened."""


class InstallationError(PoseCheckError):
    """Raised when a dependency is missing or broken."""
