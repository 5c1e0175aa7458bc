"""Results of session files, read without their landmarks, and the index of a folder of them.

Landmarks are most of a file's bytes and of the work; without them thousands of sessions are read
in a minute. The index is a small database in the user's cache: it keeps the entry of each file
with its size and time of change. The session files are the only truth; the index is made again
whenever it is missing, damaged or of another version. Without a place for it everything is read
anew, which only takes longer.
"""

from __future__ import annotations

import hashlib
import math
import os
import sqlite3
import sys
from collections import defaultdict
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from posecheck.errors import SessionError, shown
from posecheck.form.hold import HoldCounter
from posecheck.ledger import NotJudged
from posecheck.pipeline.playback import stored_side
from posecheck.progress.entry import UNNAMED, Entry, Lost, SideDone, packed, unpacked
from posecheck.progress.result import (
    HeldTimes,
    SessionResult,
    Told,
    cue_without_leg,
    fault_title,
    trunk_thigh_rule,
)
from posecheck.session.reader import SessionReader
from posecheck.types import MICROSECONDS, Side, Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from posecheck.form.hold import Tally
    from posecheck.ledger import Step
    from posecheck.progress.result import HeldTime
    from posecheck.types import Verdict


def result_of(  # noqa: PLR0913, PLR0917 - facts of one session
    path: Path,
    header: dict[str, Any],
    tally: Tally,
    holds: tuple[HeldTime, ...],
    ended: str | None,
    warnings: tuple[str, ...] = (),
) -> SessionResult:
    """Return the result of a session.

    Args:
        path: the session file.
        header: facts of its first line.
        tally: what was counted.
        holds: the holds with their breaks.
        ended: how the session ended.
        warnings: of the session and about its file.
    """
    facts = header.get("source")
    facts = facts if isinstance(facts, dict) else {}
    name = facts.get("name")
    return SessionResult(
        path=path,
        created=_created(header),
        camera=facts.get("kind") == "camera",
        source=name if isinstance(name, str) and name else path.name,
        exercise=tally.exercise,
        planned=_planned(header),
        ledger=tally.ledger,
        holds=holds,
        faults=tally.faults,
        ended=ended,
        warnings=warnings,
        versions=_versions(header),
    )


def _created(header: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(header["created"]).astimezone()
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _planned(header: dict[str, Any]) -> tuple[Side, ...]:
    """Return the sides that were asked for: of a live plan, or by ``--side``."""
    plan = header.get("plan")
    names = plan.get("sides") if isinstance(plan, dict) else None
    if isinstance(names, list):
        return tuple(Side(name) for name in names if name in set(Side))
    side = stored_side(header)
    return () if side is None else (side,)


def _versions(header: dict[str, Any]) -> dict[str, str]:
    known = ("posecheck", "estimator", "numpy", "machine", "schema")
    found = {key: str(header[key]) for key in known if key in header}
    model = header.get("model")
    if isinstance(model, dict) and isinstance(model.get("name"), str):
        found["model"] = model["name"]
    return found


class _VerdictReader(SessionReader):
    """Reader that passes over the landmarks of a session, which are most of its bytes."""

    def _item(self, number: int, line: bytes, kind: str | None = None) -> Any:  # noqa: ANN401
        if line.startswith(b'{"type":"pose"'):
            return None
        return super()._item(number, line, kind)


class _AngleReader(_VerdictReader):
    """Reader that passes over all readings but that of the trunk-thigh angle, too."""

    def _take_verdict(self, line: dict[str, Any]) -> tuple[float, Verdict]:
        said = line["verdict"]
        said["readings"] = [r for r in said["readings"] if r["rule"] == self._angle_rule]
        return super()._take_verdict(line)

    @cached_property
    def _angle_rule(self) -> str | None:
        """Name of the rule of the trunk-thigh angle; the exercise stands before all verdicts."""
        rule = None if self.exercise is None else trunk_thigh_rule(self.exercise)
        return None if rule is None else rule.name


def read_result(path: Path) -> SessionResult:
    """Read the result of a session file, without its landmarks.

    Raises:
        SessionError: if it is no session file, of a newer format, or holds no verdict.
    """
    return _summed(_AngleReader(path))


def read_with_steps(path: Path) -> tuple[SessionResult, list[Step]]:
    """Read the result of a session file and its steps, without its landmarks.

    Raises:
        SessionError: if it is no session file, of a newer format, or holds no verdict.
    """
    steps: list[Step] = []
    return _summed(_VerdictReader(path), steps), steps


def _summed(reader: SessionReader, steps: list[Step] | None = None) -> SessionResult:
    """Return the result of a session; its steps are appended to ``steps``."""
    counter: HoldCounter | None = None
    held: HeldTimes | None = None
    told, not_judged_us = Told(), 0
    for item in reader.items():
        if isinstance(item, tuple) and reader.exercise is not None:
            counter = counter or HoldCounter(reader.exercise)
            held = held or HeldTimes(reader.exercise)
            step = counter.update(*item)
            held.take(step)
            if steps is not None:
                steps.append(step)
        elif isinstance(item, Statement):
            told = told.with_answer(item)
        elif isinstance(item, NotJudged):
            not_judged_us += item.not_judged_us
    if counter is None or held is None:
        message = f"{shown(reader.path)}: holds no verdict; there is nothing to report"
        raise SessionError(message)
    warnings = (*reader.warnings, *reader.problems)
    tally, holds = counter.finish(), held.finish()
    result = result_of(reader.path, reader.header, tally, holds, reader.ended, warnings)
    return replace(result, told=told, not_judged_us=not_judged_us)


LEAST_ANGLE_S: Final = 3.0
"""Shortest hold in seconds whose trunk-thigh angle is kept; shorter ones are often a try."""


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
