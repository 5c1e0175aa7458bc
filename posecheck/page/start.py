"""The start page: what it shows of recent sessions, and what it asks for."""

from __future__ import annotations

import json
import mmap
import os
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from posecheck.errors import shown
from posecheck.page import PageView, no_document
from posecheck.page.templates import word
from posecheck.system import files
from posecheck.types import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from posecheck.page import Document

SUFFIX: Final = ".posecheck.jsonl"

_LONGEST_LINE: Final = 1_000_000

MOST_SESSIONS: Final = 50
"""Largest number of sessions on the start page, the newest first."""


@dataclass(frozen=True, slots=True)
class RecentSession:
    """One session in the list.

    Attributes:
        name: name of its file without the ending.
        title: title of its exercise; "" if it is not known.
        when: when it began, in words.
        complete: number of complete holds; None if it can't be read.
        holds: number of holds; None if it can't be read.
        valid_s, wrong_s, unseen_s: its seconds; None if it was cut off before they were written.
        problem: why it can't be shown; "" if it can.
    """

    name: str
    title: str
    when: str
    complete: int | None
    holds: int | None
    valid_s: float | None
    wrong_s: float | None
    unseen_s: float | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class StartState:
    """Content of the start page.

    Attributes:
        folder: where the sessions are.
        sessions: the newest ones.
        more: number of further sessions in the folder.
        offers: what can be done besides replaying: "live", "report", "progress".
        opening: what is being opened, in words; "" for nothing.
        problem: what went wrong; "" for nothing.
    """

    folder: str
    sessions: tuple[RecentSession, ...]
    more: int = 0
    offers: tuple[str, ...] = ()
    opening: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """Address that the page is to go to: of this machine, or below ``/documents``."""

    address: str


class Open(BaseModel):
    """Open a page: of one session of the list, by its place, or of all."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    do: Literal["replay", "report", "progress", "live"]
    number: Annotated[int, Field(ge=0, lt=MOST_SESSIONS)] = 0


def start_view(title: str, document: Callable[[str], Document | None] = no_document) -> PageView:
    """Return the view of the start page.

    Args:
        title: title of the browser's tab.
        document: gives the reports that were made.
    """
    return PageView(
        name="start",
        title=title,
        parts={"state": TypeAdapter(StartState), "opened": TypeAdapter(Opened)},
        head=TypeAdapter(None),
        commands=TypeAdapter(Open),
        document=document,
    )


def recent(folder: Path) -> tuple[list[Path], int]:
    """Return the newest session files of a folder, and how many more there are."""
    try:
        found = [(entry.stat().st_mtime, entry) for entry in folder.glob(f"*{SUFFIX}")]
    except OSError:
        return [], 0
    found.sort(key=lambda pair: pair[0], reverse=True)
    return [path for _, path in found[:MOST_SESSIONS]], max(0, len(found) - MOST_SESSIONS)


def session_of(path: Path) -> RecentSession:
    """Return the results of a session for the list, without judging or reading all of it.

    Its first line, its last one, and the lines of its holds are read.
    """
    name = shown(path.name.removesuffix(SUFFIX))
    try:
        with files.opened(path) as file:
            header = _object(file.readline(_LONGEST_LINE))
            if file.seek(0, os.SEEK_END) == 0:
                return _unreadable(name, word("start.empty_file"))
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                lines = list(_objects(content, b'\n{"type":"hold"'))
                ends = list(_objects(content, b'\n{"type":"end"'))
    except (OSError, ValueError) as error:
        return _unreadable(name, shown(getattr(error, "strerror", None) or str(error)))
    if header is None:
        return _unreadable(name, word("start.no_session"))
    exercise = header.get("exercise")
    ledger = ends[-1].get("ledger") if ends else None
    found = [line["hold"] for line in lines if isinstance(line.get("hold"), dict)]
    held = [(_number(hold, "held_us"), _number(hold, "target_us")) for hold in found]
    valid_s, wrong_s, unseen_s = (
        _number(ledger, f"{kind}_us") / MICROSECONDS if isinstance(ledger, dict) else None
        for kind in ("valid", "wrong", "unseen")
    )
    return RecentSession(
        name=name,
        title=shown(str(exercise.get("title", ""))) if isinstance(exercise, dict) else "",
        when=_when(header.get("created")),
        complete=sum(0 < target <= us for us, target in held),
        holds=sum(us > 0 for us, _ in held),
        valid_s=valid_s,
        wrong_s=wrong_s,
        unseen_s=unseen_s,
    )


def _unreadable(name: str, why: str) -> RecentSession:
    return RecentSession(name, "", "", None, None, None, None, None, why)


def _objects(content: mmap.mmap, start: bytes) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of the lines that begin with some bytes."""
    place = content.find(start)
    while place >= 0:
        end = content.find(b"\n", place + 1)
        end = len(content) if end < 0 else end
        found = _object(content[place : min(end, place + _LONGEST_LINE)])
        if found is not None:
            yield found
        place = content.find(start, end)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _number(values: dict[str, Any], name: str) -> float:
    found = values.get(name)
    return float(found) if isinstance(found, int | float) else 0.0


def _when(created: object) -> str:
    """Return a time in ISO 8601 as the date and minute of this place."""
    try:
        return f"{datetime.fromisoformat(str(created)).astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return ""
