"""The start page: what it shows, and what it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from posecheck.page import PageView, no_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from posecheck.page import Document

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
