"""Keys of the replay as tables: commands and their effects on annotations, player and view.

The help page is made from these tables.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from posecheck.replay.edit.editor import Editor
from posecheck.replay.edit.tracks import Player
from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Callable


class Command(Enum):
    """Command of a key."""

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
    """Keys and their effect.

    Attributes:
        shown: the keys as the help page shows them.
        says: their effect in words.
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


SKIP_S: Final = 5.0
"""Seconds by which a key moves back or forward."""

EDITS: Final[dict[Command, Callable[[Editor, float], Editor]]] = {
    Command.MARK: Editor.mark,
    Command.VALID: lambda editor, _: editor.label(State.VALID),
    Command.WRONG: lambda editor, _: editor.label(State.WRONG),
    Command.UNSEEN: lambda editor, _: editor.label(State.UNSEEN),
    Command.SELECT: Editor.select,
    Command.NOTE: lambda editor, _: editor.write(),
    Command.MOVE_START: lambda editor, t_s: editor.move_edge(t_s, end=False),
    Command.MOVE_END: lambda editor, t_s: editor.move_edge(t_s, end=True),
    Command.DELETE: lambda editor, _: editor.remove(),
    Command.UNDO: lambda editor, _: editor.undo(),
    Command.REDO: lambda editor, _: editor.redo(),
    Command.CANCEL: lambda editor, _: editor.cancel(),
}
"""Commands that change the annotations, at the time that is shown."""

MOVES: Final[dict[Command, Callable[[Player, float], Player]]] = {
    Command.PLAY: Player.toggle,
    Command.FASTER: lambda player, now_s: player.faster(1, now_s),
    Command.SLOWER: lambda player, now_s: player.faster(-1, now_s),
    Command.BACK: lambda player, now_s: player.seek(player.t_s - SKIP_S, now_s),
    Command.ON: lambda player, now_s: player.seek(player.t_s + SKIP_S, now_s),
    Command.START: lambda player, now_s: player.seek(player.start_s, now_s),
    Command.END: lambda player, now_s: player.seek(player.end_s, now_s),
}
"""Commands that move the player."""

STEPS: Final = {Command.FRAME_BACK: -1, Command.FRAME_ON: 1}
"""Number of frames by which a key moves."""

ZOOMS: Final = {Command.ZOOM_IN: 0.5, Command.ZOOM_OUT: 2.0}
"""Factor of the shown part of the time for each zoom command."""

JUMPS: Final = {
    Command.NEXT_HOLD: "hold after this",
    Command.PREVIOUS_HOLD: "hold before this",
    Command.NEXT_FAULT: "fault after this",
    Command.PREVIOUS_FAULT: "fault before this",
    Command.NEXT_DIFFERENCE: "difference after this",
    Command.PREVIOUS_DIFFERENCE: "difference before this",
}
"""Name of the target of each jump, for the message when there is none."""
