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

`safe`, `printable`, `shown` and `listed` are the one way in which text from files gets into a
message or a result.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePath


MOST_FOREIGN_CHARACTERS: Final = 300
"""Largest number of characters of one text from a file that a message repeats."""

MOST_PROBLEMS: Final = 20
"""Largest number of problems that one message lists; more are counted."""

_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and line feed, DEL, C1
    "\u061c\u200b\u2028\u2029\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb"  # invisible
    "\u202a-\u202e\u2066-\u2069"  # change the direction of the text that follows
    "\ud800-\udfff\U000e0000-\U000e007f]"  # halves of characters, invisible tags
)
"""Characters that command a terminal, or that hide or reorder the text around them (Unicode
Technical Report 36, sections 2 and 3). Joiners and marks that scripts need are not among them."""


def safe(text: str) -> str:
    """Return text of any number of lines in which every unsafe character is spelled out.

    The spelling is that of JSON (a backslash, ``u`` and four hexadecimal digits), so a line of
    JSON stays valid and means the same.
    """
    return _UNSAFE.sub(lambda found: _spelled(found[0]), text)


def _spelled(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    pairs = (units[place : place + 2].hex() for place in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs)


def shown(text: PurePath | str) -> str:
    """Return a path, or text from a file, as one line that is safe to print.

    Control characters, line ends and characters that change the direction of text are spelled
    out. Of text longer than `MOST_FOREIGN_CHARACTERS` the middle is left out; a path stays whole.
    """
    if isinstance(text, str) and len(text) > MOST_FOREIGN_CHARACTERS:
        half = MOST_FOREIGN_CHARACTERS // 2
        text = f"{text[: half - 1]}\u2026{text[-half:]}"
    return safe(str(text)).replace("\n", "\\n").replace("\t", "\\t")


_STYLE: Final = re.compile(r"\x1b\[[0-79]?[0-7]?(?:;[0-79]?[0-7]?)*m")
"""A colour, bold, dim or the end of them, as rich writes them; 8 would hide the text."""


def printable(text: str, *, styled: bool) -> str:
    """Return a result as a terminal may have it.

    Args:
        text: any number of lines; text from files in it may hold anything.
        styled: whether colours are kept; everything else that commands a terminal is spelled out.
    """
    if not styled or "\x1b" not in text:
        return safe(text)
    kept, place = [], 0
    for found in _STYLE.finditer(text):
        kept += [safe(text[place : found.start()]), found[0]]
        place = found.end()
    return "".join([*kept, safe(text[place:])])


def listed(problems: Sequence[str], separator: str = "; ") -> str:
    """Return problems as one text: at most `MOST_PROBLEMS`, and the number of the others."""
    told = list(problems[:MOST_PROBLEMS])
    if more := len(problems) - len(told):
        told.append(f"and {more:,} more")
    return separator.join(told)


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
