"""Keys of the replay as tables: commands and their effects on annotations, player and view.

The page's keys and its help are made from these tables. A key is named as browsers name it
(`KeyboardEvent.key`), in small letters.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from posecheck.replay.edit.editor import Editor
from posecheck.replay.edit.tracks import Player
from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Callable


class Command(StrEnum):
    """Command of a key or a button."""

    PLAY = "play"
    FRAME_BACK = "frame-back"
    FRAME_ON = "frame-on"
    FASTER = "faster"
    SLOWER = "slower"
    BACK = "back"
    ON = "on"
    START = "start"
    END = "end"
    PREVIOUS_HOLD = "previous-hold"
    NEXT_HOLD = "next-hold"
    PREVIOUS_FAULT = "previous-fault"
    NEXT_FAULT = "next-fault"
    PREVIOUS_DIFFERENCE = "previous-difference"
    NEXT_DIFFERENCE = "next-difference"
    ZOOM_IN = "zoom-in"
    ZOOM_OUT = "zoom-out"
    WHOLE = "whole"
    LOOP = "loop"
    ANNOTATE = "annotate"
    BLIND = "blind"
    SAVE = "save"
    FULLSCREEN = "fullscreen"
    HELP = "help"
    QUIT = "quit"
    MARK = "mark"
    VALID = "valid"
    WRONG = "wrong"
    UNSEEN = "unseen"
    SELECT = "select"
    NOTE = "note"
    MOVE_START = "move-start"
    MOVE_END = "move-end"
    DELETE = "delete"
    UNDO = "undo"
    REDO = "redo"
    CANCEL = "cancel"


class Binding(NamedTuple):
    """Keys and their effect.

    Attributes:
        shown: the keys as the help shows them.
        name: name of their effect; the catalogue has it in words, as ``replay.key_NAME``.
        keys: the names of the keys, each with its command.
    """

    shown: str
    name: str
    keys: tuple[tuple[str, Command], ...]


WATCH: Final = (
    Binding("Space", "play", ((" ", Command.PLAY),)),
    Binding(
        "Left  Right",
        "frames",
        (("arrowleft", Command.FRAME_BACK), ("arrowright", Command.FRAME_ON)),
    ),
    Binding(
        "Down  Up",
        "speeds",
        (("arrowdown", Command.SLOWER), ("arrowup", Command.FASTER)),
    ),
    Binding(
        "PgUp  PgDn",
        "skips",
        (("pageup", Command.BACK), ("pagedown", Command.ON)),
    ),
    Binding("Home  End", "ends", (("home", Command.START), ("end", Command.END))),
    Binding(
        "G  H",
        "holds",
        (("g", Command.PREVIOUS_HOLD), ("h", Command.NEXT_HOLD)),
    ),
    Binding(
        "D  F",
        "faults",
        (("d", Command.PREVIOUS_FAULT), ("f", Command.NEXT_FAULT)),
    ),
    Binding(
        "X  C",
        "differences",
        (("x", Command.PREVIOUS_DIFFERENCE), ("c", Command.NEXT_DIFFERENCE)),
    ),
    Binding(
        "+  -",
        "zoom",
        (
            ("+", Command.ZOOM_IN), ("=", Command.ZOOM_IN), ("-", Command.ZOOM_OUT),
            ("_", Command.ZOOM_OUT),
        ),
    ),
    Binding("O", "whole", (("o", Command.WHOLE),)),
    Binding("R", "loop",
            (("r", Command.LOOP),)),
    Binding("L", "large", (("l", Command.FULLSCREEN),)),
    Binding("?", "help", (("?", Command.HELP), ("f1", Command.HELP), ("/", Command.HELP))),
    Binding("Q", "quit", (("q", Command.QUIT),)),
)  # fmt: skip

ANNOTATE: Final = (
    Binding("I", "annotate", (("i", Command.ANNOTATE),)),
    Binding("K", "blind", (("k", Command.BLIND),)),
    Binding("A", "mark", (("a", Command.MARK),)),
    Binding(
        "V  W  U",
        "label",
        (("v", Command.VALID), ("w", Command.WRONG), ("u", Command.UNSEEN)),
    ),
    Binding("E", "select", (("e", Command.SELECT),)),
    Binding("N", "note", (("n", Command.NOTE),)),
    Binding(
        "B  M",
        "edges",
        (("[", Command.MOVE_START), ("]", Command.MOVE_END), ("b", Command.MOVE_START),
         ("m", Command.MOVE_END)),
    ),
    Binding(
        "Del", "delete", (("delete", Command.DELETE), ("backspace", Command.DELETE))
    ),
    Binding("Z  Y", "undo", (("z", Command.UNDO), ("y", Command.REDO))),
    Binding("Esc", "escape", (("escape", Command.CANCEL),)),
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
    Command.NEXT_HOLD: "no_next_hold",
    Command.PREVIOUS_HOLD: "no_previous_hold",
    Command.NEXT_FAULT: "no_next_fault",
    Command.PREVIOUS_FAULT: "no_previous_fault",
    Command.NEXT_DIFFERENCE: "no_next_difference",
    Command.PREVIOUS_DIFFERENCE: "no_previous_difference",
}
"""Key of the message when a jump has no target, in the catalogue's section ``replay``."""
