"""Which key asks for what in a live session; none is needed."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from posecheck.live.screen import Action


class Command(StrEnum):
    """What keys ask of the window rather than of the routine."""

    MUTE = "mute"
    FULL_SCREEN = "full-screen"
    CAUTIONS = "cautions"
    HELP = "help"
    BACK = "back"
    QUIT = "quit"


KEYS: Final[dict[str, Action | Command]] = {
    "space": Action.PAUSE,
    "n": Action.SKIP,
    "r": Action.RESTART,
    "s": Action.SIDE,
    "m": Command.MUTE,
    "f": Command.FULL_SCREEN,
    "c": Command.CAUTIONS,
    "h": Command.HELP,
    "f1": Command.HELP,
    "?": Command.HELP,
    "q": Command.QUIT,
    "escape": Command.BACK,
}
"""What each key asks for, by the window's name of the key."""

HELP: Final = (
    ("Space", "pause, and go on"),
    ("N", "skip to the next repetition"),
    ("R", "start the routine again"),
    ("S", "change sides now"),
    ("M", "sound off, and on again"),
    ("F", "full screen, and back"),
    ("C", "the cautions"),
    ("Q", "end the session; what was done is kept"),
)
"""What the page of keys says."""
