"""What the keys do to the annotations, the player and the view, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from posecheck.replay.editor import Editor
from posecheck.replay.keys import Command
from posecheck.replay.player import Player
from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Callable

SKIP_S: Final = 5.0
"""How far a key goes back or on, in seconds."""

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
"""What changes the annotations, at the time that is shown."""

MOVES: Final[dict[Command, Callable[[Player, float], Player]]] = {
    Command.PLAY: Player.toggle,
    Command.FASTER: lambda player, now_s: player.faster(1, now_s),
    Command.SLOWER: lambda player, now_s: player.faster(-1, now_s),
    Command.BACK: lambda player, now_s: player.seek(player.t_s - SKIP_S, now_s),
    Command.ON: lambda player, now_s: player.seek(player.t_s + SKIP_S, now_s),
    Command.START: lambda player, now_s: player.seek(player.start_s, now_s),
    Command.END: lambda player, now_s: player.seek(player.end_s, now_s),
}
"""What moves the player."""

STEPS: Final = {Command.FRAME_BACK: -1, Command.FRAME_ON: 1}
"""How many pictures a key goes on."""

ZOOMS: Final = {Command.ZOOM_IN: 0.5, Command.ZOOM_OUT: 2.0}
"""How much of the time a key shows, as a share of what is shown."""

JUMPS: Final = {
    Command.NEXT_HOLD: "hold after this",
    Command.PREVIOUS_HOLD: "hold before this",
    Command.NEXT_FAULT: "fault after this",
    Command.PREVIOUS_FAULT: "fault before this",
    Command.NEXT_DIFFERENCE: "difference after this",
    Command.PREVIOUS_DIFFERENCE: "difference before this",
}
"""What a key looks for, as it is said when there is none."""
