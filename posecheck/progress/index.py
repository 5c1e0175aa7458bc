"""Index of the sessions of a folder: what progress needs of each, kept in a small database.

The session files are the only truth. The database lies in the user's cache, holds a row for each
file with its size and time of change, and is made again whenever it is missing, damaged or of
another version. Without a place for it everything is read anew, which only takes longer.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import sqlite3
import sys
from collections import defaultdict
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from posecheck.errors import SessionError, shown
from posecheck.progress.reading import read_result
from posecheck.progress.result import cue_without_leg, fault_title
from posecheck.types import MICROSECONDS, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from posecheck.progress.result import SessionResult

SUFFIX: Final = ".posecheck.jsonl"
VERSION: Final = 1
"""Version of the rows; another one makes the index anew."""

UNNAMED: Final = "unnamed"
"""Key of the side of holds whose legs were not told apart."""

LEAST_ANGLE_S: Final = 3.0
"""Shortest hold in seconds whose trunk-thigh angle is kept; shorter ones are often a try."""

_KEPT_TOGETHER: Final = 200


@dataclass(frozen=True, slots=True)
class SideDone:
    """Dose done on one side in one session.

    Attributes:
        wanted: complete holds asked for.
        complete: complete holds.
        started: holds that were not complete.
        valid_s: seconds in valid form.
        trunk_thigh_deg: median trunk-thigh angle of each hold of at least `LEAST_ANGLE_S`.
    """

    wanted: int
    complete: int
    started: int
    valid_s: float
    trunk_thigh_deg: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """Time lost to one rule or cause in one session, with its title and what to change."""

    key: str
    title: str
    cue: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Entry:
    """The facts of one session that progress needs.

    Attributes:
        name: name of its file.
        created: when it began, ISO 8601, UTC; "" if not known.
        recording: what was watched, to find the same recording analysed twice; "" for a camera.
        exercise: name of the exercise.
        title: title of the exercise.
        hold_s: seconds that complete a hold.
        sides: dose done by side: left, right, both or `UNNAMED`.
        valid_s, wrong_s, unseen_s: all seconds.
        not_judged_s: seconds of a timer that ran instead of judging; they lie within the others.
        lost: lost time by reason, most first.
        pain: pain from 0 to 10 as the person said; None if not said.
        stopped_because: why it was ended early, as the person said.
        ended: how the session ended; "" if it was cut off.
    """

    name: str
    created: str
    recording: str
    exercise: str
    title: str
    hold_s: float
    sides: dict[str, SideDone]
    valid_s: float
    wrong_s: float
    unseen_s: float
    not_judged_s: float = 0.0
    lost: tuple[Lost, ...] = ()
    pain: int | None = None
    stopped_because: str = ""
    ended: str = ""

    @property
    def day(self) -> date | None:
        """The day on which it was made, in the local time; None if not known."""
        if not self.created:
            return None
        return datetime.fromisoformat(self.created).astimezone().date()

    @property
    def complete(self) -> int:
        """Number of complete holds."""
        return sum(side.complete for side in self.sides.values())


def entry_of(result: SessionResult) -> Entry:
    """Return the entry of a session from its result."""
    angles: defaultdict[str, list[float]] = defaultdict(list)
    for held in result.holds:
        if held.hold.held_s >= LEAST_ANGLE_S and not math.isnan(held.trunk_thigh_deg):
            angles[str(held.hold.side)].append(round(held.trunk_thigh_deg, 1))
    lost: dict[str, Lost] = {}
    for fault in result.faults:
        before = lost.get(fault.rule)
        seconds = fault.seconds + (before.seconds if before else 0.0)
        title = fault_title(result.exercise, fault.rule)
        cue = before.cue if before else cue_without_leg(result.exercise, fault.rule, fault.cue)
        lost[fault.rule] = Lost(fault.rule, title, cue, round(seconds, 6))
    ledger, dose = result.ledger, result.exercise.dose
    return Entry(
        name=result.path.name,
        created="" if result.created is None else result.created.isoformat(),
        recording="" if result.camera else f"{result.source} {ledger.elapsed_us}",
        exercise=result.exercise.name,
        title=result.exercise.title,
        hold_s=dose.hold_s,
        sides={
            str(side.side or UNNAMED): SideDone(
                side.wanted,
                side.complete,
                side.started,
                side.valid_s,
                () if side.side is None else tuple(angles[str(side.side)]),
            )
            for side in result.sides
        },
        valid_s=ledger.valid_us / MICROSECONDS,
        wrong_s=ledger.wrong_us / MICROSECONDS,
        unseen_s=ledger.unseen_us / MICROSECONDS,
        not_judged_s=result.not_judged_us / MICROSECONDS,
        lost=tuple(sorted(lost.values(), key=lambda one: -one.seconds)),
        pain=result.told.pain,
        stopped_because=result.told.stopped_because,
        ended=result.ended or "",
    )


def _packed(entry: Entry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False)


def _unpacked(content: str) -> Entry:
    found: dict[str, Any] = json.loads(content)
    found["sides"] = {
        str(Side(name)) if name != UNNAMED else name: SideDone(
            **{**side, "trunk_thigh_deg": tuple(side["trunk_thigh_deg"])}
        )
        for name, side in found["sides"].items()
    }
    found["lost"] = tuple(Lost(**one) for one in found["lost"])
    return Entry(**found)


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
    entries = [_unpacked(rows[name][2]) for name in files if rows[name][2]]
    found.entries = sorted(entries, key=lambda entry: (entry.created, entry.name))
    return found


def _read(path: Path) -> tuple[str | None, str]:
    """Return the packed entry of a file, or why it can't be used."""
    try:
        return _packed(entry_of(read_result(path))), ""
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


def once(entries: Iterable[Entry]) -> tuple[list[Entry], int]:
    """Return entries without repeats, and the number left out.

    Of one recording that was analysed several times by one exercise the newest analysis counts.
    """
    kept: dict[tuple[str, str], Entry] = {}
    count = 0
    for entry in entries:
        key = (entry.recording or entry.name, entry.exercise)
        kept.pop(key, None)
        kept[key] = entry
        count += 1
    return list(kept.values()), count - len(kept)
