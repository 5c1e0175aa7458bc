"""Index of the sessions of a folder: what progress needs of each, kept in a small database.

The session files are the only truth. The database lies in the user's cache, holds a row for each
file with its size and time of change, and is made again whenever it is missing, damaged or of
another version. Without a place for it everything is read anew, which only takes longer.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from posecheck.errors import SessionError, shown
from posecheck.progress.entry import packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from posecheck.progress.entry import Entry


SUFFIX: Final = ".posecheck.jsonl"
VERSION: Final = 1
"""Version of the rows; another one makes the index anew."""

_KEPT_TOGETHER: Final = 200


@dataclass(slots=True)
class Indexed:
    """Sessions of a folder as the index has them.

    Attributes:
        entries: of each session, in the order of time; one that is not dated comes first.
        problems: of files that can't be used and of the index, one sentence each.
        read: number of files that were read anew.
        path: the database; None if there was no place for it.
    """

    entries: list[Entry] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    read: int = 0
    path: Path | None = None


def index_path(folder: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the database of a folder lies: in the user's cache."""
    if sys.platform == "win32":
        base = Path(environment.get("LOCALAPPDATA", "~\\AppData\\Local"))
    elif sys.platform == "darwin":
        base = Path("~/Library/Caches")
    else:
        base = Path(environment.get("XDG_CACHE_HOME") or "~/.cache")
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:24]
    return base.expanduser() / "posecheck" / f"progress-{name}.sqlite3"


def indexed(
    folder: Path, path: Path | None = None, on_progress: Callable[[int, int], None] | None = None
) -> Indexed:
    """Return the sessions of a folder; only new and changed files are read.

    Args:
        folder: the folder; its sub-folders are not looked into.
        path: the database; None takes `index_path`.
        on_progress: called with the number of files read and of those to read.

    Raises:
        SessionError: if the folder can't be read.
    """
    files = _files(folder)
    found = Indexed()
    database, found.path = _database(path or index_path(folder))
    if found.path is None:
        found.problems.append("the index can't be kept; the sessions are read anew each time")
    with closing(database):
        rows = {
            name: (size, changed, content, problem)
            for name, size, changed, content, problem in database.execute(
                "SELECT name, size, changed_ns, entry, problem FROM sessions"
            )
        }
        new = [name for name in files if rows.get(name, ())[:2] != files[name]]
        gone = [(name,) for name in rows if name not in files]
        with suppress(sqlite3.Error):
            database.executemany("DELETE FROM sessions WHERE name = ?", gone)
        for number, name in enumerate(new, start=1):
            rows[name] = (*files[name], *_read(folder / name))
            with suppress(sqlite3.Error):  # a full disk costs the index, not the result
                database.execute(
                    "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?)", (name, *rows[name])
                )
                if number % _KEPT_TOGETHER == 0:
                    database.commit()
            if on_progress is not None:
                on_progress(number, len(new))
        with suppress(sqlite3.Error):
            database.commit()
    found.read = len(new)
    found.problems += [rows[name][3] for name in files if rows[name][3]]
    entries = [unpacked(rows[name][2]) for name in files if rows[name][2]]
    found.entries = sorted(entries, key=lambda entry: (entry.created, entry.name))
    return found


def _read(path: Path) -> tuple[str | None, str]:
    """Return the packed entry of a file, or why it can't be used."""
    # Loaded here, not above: an index that is up to date needs none of it.
    from posecheck.progress.reading import entry_of, read_result  # noqa: PLC0415

    try:
        return packed(entry_of(read_result(path))), ""
    except SessionError as error:
        return None, str(error)


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of change of each session file, by name, sorted."""
    try:
        with os.scandir(folder) as items:
            found = {
                item.name: (item.stat().st_size, item.stat().st_mtime_ns)
                for item in items
                if item.name.endswith(SUFFIX) and item.is_file()
            }
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        message = f"{shown(folder)}: cannot be read: {cause}; name the folder of your sessions"
        raise SessionError(message) from error
    return dict(sorted(found.items()))


def _database(path: Path) -> tuple[sqlite3.Connection, Path | None]:
    """Return the open database and its path; in memory if there is no place for it."""
    for _ in range(2):
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            return _opened(str(path)), path
        except sqlite3.DatabaseError:
            with suppress(OSError):
                path.unlink()  # damaged: it is made again from the sessions
        except OSError:
            break
    return _opened(":memory:"), None


def _opened(name: str) -> sqlite3.Connection:
    database = sqlite3.connect(name, timeout=10)
    try:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            database.execute("DROP TABLE IF EXISTS sessions")
            database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute(
            "CREATE TABLE IF NOT EXISTS sessions "
            "(name TEXT PRIMARY KEY, size INTEGER, changed_ns INTEGER, entry TEXT, problem TEXT)"
        )
        database.execute("SELECT count(*) FROM sessions WHERE entry IS NULL").fetchone()
    except sqlite3.Error:
        database.close()
        raise
    return database
