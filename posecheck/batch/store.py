"""The output folder of a batch: which results are there, and how they get there whole.

::

    DIR/recordings.parquet, recordings.csv, holds.parquet, holds.csv
    DIR/sessions/NAME-KEY.posecheck.jsonl   one session for each recording
    DIR/errors/NAME.txt                     traceback or last words of a recording that failed
    DIR/.batch/results/                     one small file for each finished recording
    DIR/.batch/contents.jsonl               content hashes of the files that were seen

The key of a result is a hash of the recording's content, its name and the options. A result file is
written last, under another name first, and then renamed; it names its session and the size of that.
So a process that is killed at any moment leaves either a whole result or none.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from posecheck.batch.recordings import BatchError
from posecheck.errors import OutputError, SourceError, shown
from posecheck.system import outputs

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULT_SCHEMA: Final = "posecheck.batch-result/1"
"""Name and version of the result files; others are made anew."""

HIDDEN: Final = ".batch"
"""Folder for what is only for the next run."""

STORED: Final = "stored"
"""Exercise of a job that judges a session by the exercise that it holds."""

SESSION_SUFFIX: Final = ".posecheck.jsonl"
_KEY_LETTERS: Final = 12
_NAME_BYTES: Final = outputs.NAME_BYTES - outputs.BESIDE_BYTES


@dataclass(frozen=True, slots=True)
class Job:
    """All that a process needs to know about one recording, in JSON types.

    Attributes:
        name: name of the recording in the results.
        path: the recording, absolute.
        out: folder of the results, absolute.
        exercise: the exercise in full, "auto" for the best fitting one, or `STORED` for the one
            that a session holds.
        side: "auto", "left" or "right".
        model: name of the pose model; empty if a session is judged.
        model_sha256: of its file.
        judge: whether the recording is a session that is judged again.
        posecheck: version that must do the work.
    """

    name: str
    path: str
    out: str
    exercise: dict[str, Any] | str
    side: str
    model: str
    model_sha256: str
    judge: bool
    posecheck: str

    def key(self, content_sha256: str) -> str:
        """Return the key of the result: the same for the same content, name and options."""
        parts = [self.name, self.exercise, self.side, self.model_sha256, self.judge]
        text = json.dumps([RESULT_SCHEMA, content_sha256, *parts], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Return the job in JSON types."""
        return asdict(self)


def result_path(out: Path, key: str) -> Path:
    """Return the path of a result file; a folder holds 1/256 of them."""
    return out / HIDDEN / "results" / key[:2] / f"{key}.json"


def read_result(out: Path, key: str) -> dict[str, Any] | None:
    """Return a result if it is there, whole, with its session; None otherwise."""
    try:
        found: dict[str, Any] = json.loads(result_path(out, key).read_bytes())
        if found["schema"] != RESULT_SCHEMA or found["key"] != key:
            return None
        session = found["session"]
        if session is not None and (out / session["file"]).stat().st_size != session["bytes"]:
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found


def session_path(out: Path, name: str, key: str) -> Path:
    """Return the path of a recording's session below the output folder."""
    *folders, file = name.split("/")
    stem = file.removesuffix(SESSION_SUFFIX).rpartition(".")[0] or file
    named = f"{outputs.shortened(stem, _NAME_BYTES)}-{key[:_KEY_LETTERS]}{SESSION_SUFFIX}"
    return out / "sessions" / Path(*folders) / named


def put_result(out: Path, key: str, content: dict[str, Any]) -> None:
    """Write a result file, at once and whole.

    Raises:
        OutputError: if it cannot be written.
    """
    path = result_path(out, key)
    outputs.make_folder(path.parent)
    with replacing(path) as file:
        file.write(json.dumps({"schema": RESULT_SCHEMA, "key": key, **content}).encode())


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that takes the place of ``path`` when it is whole and on the disk.

    Only its owner can read it.

    Raises:
        OutputError: if it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(unfinished, "wb", opener=outputs.private) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise outputs.failed(path, error) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def move_whole(made: Path, path: Path) -> int:
    """Move a finished file to its place, once it is on the disk; return its size in bytes.

    Raises:
        OutputError: if it cannot be moved.
    """
    outputs.make_folder(path.parent)
    try:
        with made.open("rb") as file:
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
        made.replace(path)
    except OSError as error:
        raise outputs.failed(path, error) from error
    return size


@contextmanager
def workplace(out: Path) -> Iterator[Path]:
    """Make a folder for unfinished files of one recording; it is removed afterwards."""
    parts = out / HIDDEN / "parts"
    outputs.make_folder(parts)
    try:
        place = Path(tempfile.mkdtemp(dir=parts))
    except OSError as error:
        raise outputs.failed(parts, error) from error
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file.

    Raises:
        SourceError: if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        message = f"{shown(path)}: there is no such file; check the name"
        raise SourceError(message) from error
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        message = f"{shown(path)}: cannot be read: {cause}"
        raise SourceError(message) from error


class Contents:
    """Content hashes of files seen before, so that they are not read again.

    A file counts as unchanged if its size and the time of its last change are. The list only saves
    time: a file that is not in it is hashed again where it is worked on.
    """

    def __init__(self, out: Path) -> None:
        """Read the list, as far as it is whole."""
        self._path = out / HIDDEN / "contents.jsonl"
        self._known: dict[str, tuple[int, int, str]] = {}
        with suppress(OSError), self._path.open("rb") as file:
            for line in file:
                with suppress(ValueError, TypeError):
                    path, size, changed_ns, sha256 = json.loads(line)
                    self._known[path] = (size, changed_ns, sha256)

    def get(self, path: str) -> str | None:
        """Return the content hash of a file that has not changed since; None if not known."""
        known = self._known.get(path)
        if known is None or known[:2] != stamp(path):
            return None
        return known[2]

    def add(self, path: str, size: int, changed_ns: int, sha256: str) -> None:
        """Take in the hash of a file, and its size and time when it was hashed."""
        if self._known.get(path) == (size, changed_ns, sha256):
            return
        self._known[path] = (size, changed_ns, sha256)
        with suppress(OSError), self._path.open("ab") as file:
            file.write(json.dumps([path, size, changed_ns, sha256]).encode() + b"\n")


def stamp(path: str) -> tuple[int, int] | None:
    """Return size in bytes and time of the last change in nanoseconds; None without a file."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a text comes in
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns


@contextmanager
def only_run(out: Path) -> Iterator[None]:
    """Make the output folder and keep a second run out of it; remove what was left unfinished.

    Raises:
        BatchError: if another run works in the folder.
        OutputError: if it cannot be written.
    """
    hidden = out / HIDDEN
    outputs.make_folder(hidden)
    try:
        lock = (hidden / "lock").open("ab")
    except OSError as error:
        raise outputs.failed(hidden / "lock", error) from error
    with lock:
        try:
            _lock(lock)
        except BlockingIOError as error:
            message = f"{shown(out)}: another batch works in this folder; wait until it has ended"
            raise BatchError(message) from error
        shutil.rmtree(hidden / "parts", ignore_errors=True)
        try:
            yield
        finally:
            shutil.rmtree(hidden / "parts", ignore_errors=True)


def _lock(file: IO[bytes]) -> None:
    """Lock a file until it is closed or the process ends, where the system can."""
    if sys.platform != "win32":
        import fcntl  # noqa: PLC0415 - not on Windows

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:  # a file system without locks
            return


def keep_details(out: Path, name: str, details: str) -> None:
    """Keep the traceback or the last words of a recording that failed, if any."""
    if not details:
        return
    folder, named = out / "errors", name.replace("/", "_")
    with suppress(OSError, OutputError):
        outputs.make_folder(folder)
        with replacing(folder / f"{outputs.shortened(named, _NAME_BYTES)}.txt") as file:
            file.write(details.encode(errors="replace"))
