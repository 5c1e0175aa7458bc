"""What each key of the replay does; the help page is made from this table."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple


class Command(Enum):
    """What a key asks for."""

    PLAY = auto()
    FRAME_BACK = auto()
    FRAME_ON = auto()
    FASTER = auto()
    SLOWER = auto()
    BACK = auto()
    ON = auto()
    START = auto()
    END = auto()
    PREVIOUS_HOLD = auto()
    NEXT_HOLD = auto()
    PREVIOUS_FAULT = auto()
    NEXT_FAULT = auto()
    PREVIOUS_DIFFERENCE = auto()
    NEXT_DIFFERENCE = auto()
    ZOOM_IN = auto()
    ZOOM_OUT = auto()
    OTHER_CURVES = auto()
    FULLSCREEN = auto()
    HELP = auto()
    QUIT = auto()
    MARK = auto()
    VALID = auto()
    WRONG = auto()
    UNSEEN = auto()
    SELECT = auto()
    NOTE = auto()
    MOVE_START = auto()
    MOVE_END = auto()
    DELETE = auto()
    UNDO = auto()
    REDO = auto()
    CANCEL = auto()


class Binding(NamedTuple):
    """Keys and what they do.

    Attributes:
        shown: the keys as the help page shows them.
        says: what they do.
        keys: the names of the keys, each with its command.
    """

    shown: str
    says: str
    keys: tuple[tuple[str, Command], ...]


WATCH: Final = (
    Binding("Space", "play or pause", (("space", Command.PLAY),)),
    Binding(
        "Left  Right",
        "one picture back, on",
        (("left", Command.FRAME_BACK), ("right", Command.FRAME_ON)),
    ),
    Binding(
        "Down  Up",
        "slower, faster (0.25 to 4 times)",
        (("down", Command.SLOWER), ("up", Command.FASTER)),
    ),
    Binding(
        "PgUp  PgDn",
        "5 seconds back, on",
        (("page-up", Command.BACK), ("page-down", Command.ON)),
    ),
    Binding("Home  End", "start, end", (("home", Command.START), ("end", Command.END))),
    Binding(
        "G  H",
        "previous, next hold",
        (("g", Command.PREVIOUS_HOLD), ("h", Command.NEXT_HOLD)),
    ),
    Binding(
        "D  F",
        "previous, next fault",
        (("d", Command.PREVIOUS_FAULT), ("f", Command.NEXT_FAULT)),
    ),
    Binding(
        "X  C",
        "previous, next place where you differ",
        (("x", Command.PREVIOUS_DIFFERENCE), ("c", Command.NEXT_DIFFERENCE)),
    ),
    Binding(
        "+  -",
        "show less, more of the time",
        (
            ("+", Command.ZOOM_IN), ("=", Command.ZOOM_IN), ("-", Command.ZOOM_OUT),
            ("_", Command.ZOOM_OUT),
        ),
    ),
    Binding("Tab", "the curves of other rules", (("tab", Command.OTHER_CURVES),)),
    Binding("L", "large: fill the screen, or not", (("l", Command.FULLSCREEN),)),
    Binding("?", "this page", (("?", Command.HELP), ("f1", Command.HELP), ("/", Command.HELP))),
    Binding("Q", "quit; everything is saved already", (("q", Command.QUIT),)),
)  # fmt: skip

ANNOTATE: Final = (
    Binding("A", "mark the start of an interval; again: its end", (("a", Command.MARK),)),
    Binding(
        "V  W  U",
        "it is valid, wrong, unseen",
        (("v", Command.VALID), ("w", Command.WRONG), ("u", Command.UNSEEN)),
    ),
    Binding("E", "edit the annotation at this time", (("e", Command.SELECT),)),
    Binding("N", "write its note", (("n", Command.NOTE),)),
    Binding(
        "B  M",
        "let it begin, end at this time",
        (("[", Command.MOVE_START), ("]", Command.MOVE_END), ("b", Command.MOVE_START),
         ("m", Command.MOVE_END)),
    ),
    Binding(
        "Del", "delete it", (("delete", Command.DELETE), ("backspace", Command.DELETE))
    ),
    Binding("Z  Y", "undo, redo", (("z", Command.UNDO), ("y", Command.REDO))),
    Binding("Esc", "leave what is being asked", (("escape", Command.CANCEL),)),
)  # fmt: skip

COMMANDS: Final = {
    name: command for binding in (*WATCH, *ANNOTATE) for name, command in binding.keys
}
"""The command of each key's name."""
