"""Annotations as a file beside the session: ``NAME.ANNOTATOR.annotations.json``.

One file for each annotator, so that two people never write over each other, and never over
the session. A file is replaced whole: after a crash it holds either the old or the new.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
import unicodedata
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from posecheck.annotations import Annotation, Annotations, Blinding
from posecheck.errors import AnnotationError, OutputError, shown
from posecheck.system import files
from posecheck.types import Side, State

SCHEMA: Final = "posecheck.annotations/1"
"""Name and version of the format that is written."""

SUFFIX: Final = ".annotations.json"

LONGEST_NAME: Final = 40
"""Longest name of an annotator, in characters."""

MACHINE: Final = "posecheck"
"""Name of the machine among the raters; no person may have it."""

_DAMAGE: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)
_SESSION_SUFFIX: Final = ".posecheck.jsonl"
_NOT_IN_NAMES: Final = frozenset('/\\:*?"<>|')


def now() -> str:
    """Return the present time as annotations keep it: ISO 8601, UTC, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def check_annotator(name: str) -> str:
    """Return a name that can stand in a file name, without spaces around it.

    Raises:
        AnnotationError: if it can't.
    """
    bare = name.strip()
    if bare.casefold() == MACHINE:
        message = f"an annotator cannot be called {shown(bare)}, as the machine is: take initials"
        raise AnnotationError(message)
    fits = 0 < len(bare) <= LONGEST_NAME and bare.isprintable() and bare.strip(".")
    if not fits or _NOT_IN_NAMES & set(bare):
        message = (
            f"{shown(name)!r} cannot be used as an annotator's name: take 1 to {LONGEST_NAME} "
            'letters, such as initials, without / \\ : * ? " < > |'
        )
        raise AnnotationError(message)
    return bare


def stem_of(session: Path) -> str:
    """Return the beginning of the names of files beside a session: its name without the ending."""
    name = session.name
    return name.removesuffix(_SESSION_SUFFIX) if name != _SESSION_SUFFIX else name


def path_beside(session: Path, annotator: str) -> Path:
    """Return the path of one annotator's annotations of a session.

    Raises:
        AnnotationError: if the name can't stand in a file name.
    """
    path = session.with_name(f"{stem_of(session)}.{check_annotator(annotator)}{SUFFIX}")
    # Where a system copied it from names have another normal form.
    same = [found for found in found_beside(session) if _nfc(found.name) == _nfc(path.name)]
    return path if path in same else next(iter(same), path)


def found_beside(session: Path) -> tuple[Path, ...]:
    """Return the annotation files that lie beside a session, sorted by name."""
    start = _nfc(f"{stem_of(session)}.")
    try:
        names = {entry.name: _nfc(entry.name) for entry in session.parent.iterdir()}
    except OSError:
        return ()
    # A dot may stand within a name ("A.B."), but not the next session's ending.
    return tuple(
        session.with_name(name)
        for name, nfc in sorted(names.items())
        if nfc.startswith(start)
        and nfc.endswith(SUFFIX)
        and (middle := nfc[len(start) : -len(SUFFIX)])
        and not _of_another(session, middle)
    )


def load(path: Path) -> Annotations:
    """Read an annotation file.

    Raises:
        AnnotationError: if it can't be read, is none, or is of a newer format.
    """
    raw = _bytes_of(path)
    if raw is None:
        message = f"{shown(path)}: cannot be read: {os.strerror(errno.ENOENT)}"
        raise AnnotationError(message)
    return _parsed(path, raw)


def _bytes_of(path: Path) -> bytes | None:
    """Return the content of a file; None if it does not exist, or its name is too long to exist."""
    try:
        return files.content(path, files.LARGEST_NOTES_BYTES)
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) in {errno.ENOENT, errno.ENAMETOOLONG}:
            return None
        message = f"{shown(path)}: cannot be read: {getattr(error, 'strerror', None) or error}"
        raise AnnotationError(message) from error


def _parsed(path: Path, raw: bytes) -> Annotations:
    try:
        content = json.loads(raw)
        _check_schema(path, content["schema"])
        items = [_item(entry) for entry in content["items"]]
        return Annotations.of(_text(content["exercise"]), items)
    except _DAMAGE as error:
        message = (
            f"{shown(path)}: is not a whole annotation file ({_said(error)}); it is left as is"
        )
        raise AnnotationError(message) from error


class AnnotationFile:
    """One annotation file while it is worked on.

    It is replaced at every change, but not if another process has changed it meanwhile: two windows
    of one person would otherwise overwrite each other's work. The content is compared just before
    the file is replaced; two saves at the same instant are not detected.

    Attributes:
        path: the file.
        annotations: its annotations when it was opened; None if it did not exist.
    """

    def __init__(self, path: Path) -> None:
        """Read the file, if there is one.

        Raises:
            AnnotationError: if it can't be read, is none, or is of a newer format.
        """
        self.path = path
        self._known = _bytes_of(path)
        self.annotations = None if self._known is None else _parsed(path, self._known)

    def save(self, annotations: Annotations) -> None:
        """Write the file, whole or not at all.

        Raises:
            OutputError: if it can't be written, or is not as it was left; it stays as it is.
        """
        if _bytes_of(self.path) != self._known:
            message = (
                f"{shown(self.path)}: was changed by another window; the last change is not "
                "kept: reopen the session"
            )
            raise OutputError(message)
        self._known = save(self.path, annotations)

    def probe(self) -> None:
        """Check that the file could be written, without writing it.

        Raises:
            OutputError: if not.
        """
        try:
            handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.path.parent)
            os.close(handle)
            Path(name).unlink()
            with suppress(FileNotFoundError):
                self.path.stat()  # the name may be too long
        except OSError as error:
            raise _not_written(self.path, error) from error


def save(path: Path, annotations: Annotations) -> bytes:
    """Write an annotation file, whole or not at all; an older one is replaced.

    Args:
        path: ends in ``.annotations.json``, so that no session is ever written over.
        annotations: the annotations to write.

    Returns:
        The new content of the file.

    Raises:
        OutputError: if it can't be written; the older file stays.
        ValueError: if the path ends otherwise.
    """
    if not path.name.endswith(SUFFIX):
        message = f"{shown(path)}: annotations go into files that end in {SUFFIX}"
        raise ValueError(message)
    content = {
        "schema": SCHEMA,
        "exercise": annotations.exercise,
        "items": [_entry(item) for item in annotations.items],
    }
    raw = (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()
    try:
        _replace(path, raw)
    except OSError as error:
        raise _not_written(path, error) from error
    return raw


def _not_written(path: Path, error: OSError) -> OutputError:
    if error.errno == errno.ENAMETOOLONG:
        cause = "take a shorter name with --annotator, or give the session a shorter one"
        return OutputError(f"{shown(path)}: cannot be written: the name is too long; {cause}")
    return OutputError(
        f"{shown(path)}: cannot be written: {error.strerror or error}; annotations are not "
        "kept: copy the session to a folder that can be written to"
    )


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):  # a person may have shared the older file on purpose
            Path(name).chmod(path.stat().st_mode & 0o777)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _of_another(session: Path, middle: str) -> bool:
    """Whether ``a.b.AB`` beside session ``a`` belongs to a session ``a.b``."""
    parts = middle.split(".")
    stems = (".".join([stem_of(session), *parts[:count]]) for count in range(1, len(parts)))
    # os.path.exists: a name that is too long is of no file, and no error.
    return any(os.path.exists(session.with_name(stem + _SESSION_SUFFIX)) for stem in stems)  # noqa: PTH110


def _check_schema(path: Path, schema: str) -> None:
    name, version = schema.rsplit("/", 1)
    if name != SCHEMA.rsplit("/", 1)[0]:
        message = f"schema {shown(schema)!r}"
        raise ValueError(message)
    if int(version) > int(SCHEMA.rsplit("/", 1)[1]):
        message = (
            f"{shown(path)}: is in the newer format {shown(schema)}; update posecheck to read it"
        )
        raise AnnotationError(message)


def _entry(item: Annotation) -> dict[str, Any]:
    hidden = {"side"} if item.side is Side.BOTH else set()  # most annotations name none
    hidden |= {"blind"} if item.blind is None else set()
    return {key: value for key, value in asdict(item).items() if key not in hidden}


def _item(entry: dict[str, Any]) -> Annotation:
    return Annotation(
        start_s=float(entry["start_s"]),
        end_s=float(entry["end_s"]),
        state=State(entry["state"]),
        rule=None if entry["rule"] is None else _text(entry["rule"]),
        note=_text(entry["note"]),
        annotator=_name(entry["annotator"]),
        made_at=_text(entry["made_at"]),
        side=Side(entry.get("side", Side.BOTH)),
        blind=None if entry.get("blind") is None else Blinding(entry["blind"]),
    )


def _name(value: Any) -> str:  # noqa: ANN401 - parsed JSON
    name = _text(value).strip()
    if not name:
        message = "an annotation without the name of who made it"
        raise ValueError(message)
    return name


def _text(value: Any) -> str:  # noqa: ANN401 - parsed JSON
    if not isinstance(value, str):
        message = f"{value!r} is no text"
        raise TypeError(message)
    value.encode()  # a lone surrogate, which JSON can escape, cannot be encoded again
    return value


def _said(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else shown(str(error))
