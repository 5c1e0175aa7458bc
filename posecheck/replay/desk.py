"""Viewer state of a replay, without its window: keys and pointer in, scenes out.

It combines the recording, the player, the person's annotations and the part of the time that is
shown. The time and the function that saves are passed in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from posecheck.annotations import next_start, previous_start
from posecheck.display.replay.axis import Axis
from posecheck.display.replay.timeline import TimelineContent
from posecheck.display.replay.view import Scene
from posecheck.errors import PoseCheckError
from posecheck.replay.edit.editor import Asking, Editor
from posecheck.replay.edit.keys import COMMANDS, EDITS, JUMPS, MOVES, STEPS, ZOOMS, Command
from posecheck.replay.edit.tracks import Player, Tracks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from posecheck.annotations import Annotations, Span
    from posecheck.display.replay.timeline import Row, Timeline
    from posecheck.display.window import Key, Pointer
    from posecheck.ledger import Step
    from posecheck.pipeline.playback import SessionPlayback
    from posecheck.types import Observation

    Image = NDArray[np.uint8]

GROW_EVERY_S: Final = 1.0
"""Seconds between updates of the timeline while a session is read."""

_NOTICE_S: Final = 4.0
_DRAG_PX: Final = 4
"""Pixels of pointer movement below which a press is a click."""

_MICROSECOND_S: Final = 1e-6
"""Seconds by which a hold may begin before its frame: holds are kept in whole microseconds."""


class ViewerState:
    """The state of one replay.

    Attributes:
        recording: the playback.
        player: the position and speed.
        editor: the person's annotations.
        axis: the part of the time that is shown.
        help: whether the help page is open.
        first_lane: the first rule whose curve is shown, by its place.
        large: whether the window is to fill the screen.
        over: whether the person asked to leave.
    """

    def __init__(
        self,
        recording: SessionPlayback,
        editor: Editor,
        save: Callable[[Annotations], None],
        saved_as: str,
    ) -> None:
        """Begin at the first frame.

        Args:
            recording: the playback, of which at least the first frame was read.
            editor: the stored annotations.
            save: keeps annotations; called after every change.
            saved_as: name of their file, for the person.
        """
        self.recording, self.editor = recording, editor
        self._save, self._saved_as, self._saved = save, saved_as, editor.annotations
        start_s = recording.steps[0].t_s
        growing = not recording.complete
        self.player = Player(start_s, recording.duration_s, growing, start_s)
        self.tracks = Tracks(recording.exercise)
        self._grown_s, self._whole_shown = -GROW_EVERY_S, True
        self.axis = Axis(*self.whole, 0, 1)
        self.help = self.large = self.over = False
        self.first_lane = self._lanes = 0
        self._notice, self._warning, self._notice_until_s = "", "", 0.0
        self._warned: Annotations | None = None
        self._differing: tuple[tuple[object, ...], Sequence[Span]] = ((), ())
        self._pressed: tuple[Row, int, float, bool] | None = None

    @property
    def whole(self) -> tuple[float, float]:
        """First and last time in seconds; the last as announced while it is still read."""
        first_s, last_s = self.recording.steps[0].t_s, self.recording.duration_s
        if not self.recording.complete:
            source = self.recording.header.get("source")
            announced = source.get("duration_s") if isinstance(source, dict) else None
            if isinstance(announced, int | float):
                last_s = max(last_s, min(float(announced), 24 * 3600.0))
        return first_s, max(last_s, first_s + 0.1)

    @property
    def index(self) -> int:
        """The step that is shown."""
        return self.recording.index_at(self.player.t_s + _MICROSECOND_S)

    @property
    def moment(self) -> tuple[Observation, Step]:
        """The observation and the step at the time that is shown."""
        index = self.index
        return self.recording.observations[index], self.recording.steps[index]

    def lay(self, timeline: Timeline) -> None:
        """Take in that the timeline has another place."""
        self.axis = timeline.axis(self.axis.from_s, self.axis.to_s)
        self._lanes = timeline.lanes

    def go_on(self, now_s: float, budget_s: float) -> None:
        """Play on, and read on for about ``budget_s`` seconds if there is more."""
        more = self.recording.read_on(budget_s) if not self.recording.complete else False
        end_s = self.recording.duration_s
        self.player = self.player.reach(end_s, growing=more, now_s=now_s).at(now_s)
        steps = self.recording.steps
        due = now_s - self._grown_s >= GROW_EVERY_S or not more
        if due and len(self.tracks) < len(steps):
            self.tracks.take(steps[len(self.tracks) :])
            self._grown_s = now_s
        if self._whole_shown:
            self.axis = replace(self.axis, from_s=self.whole[0], to_s=self.whole[1])
        elif self._pressed is None:
            self.axis = self.axis.following(self.player.t_s, self.whole)
        if now_s >= self._notice_until_s:
            self._notice = ""

    def scene(self, picture: tuple[Image | None, bool] | None, t_s: float | None = None) -> Scene:
        """Return the scene to draw.

        Args:
            picture: the video's newest image and whether it is that of the time shown;
                None without a video.
            t_s: the time whose skeleton is shown; None for the present position.
        """
        recording = self.recording
        index = self.index if t_s is None else recording.index_at(t_s)
        observation, step = recording.observations[index], recording.steps[index]
        again = ", judged again" if recording.judged_again else ""
        problems = f", {len(recording.problems)} problems" if recording.problems else ""
        return Scene(
            title=f"{recording.path.name}   {recording.exercise.title}{again}{problems}",
            observation=observation,
            step=step,
            picture=picture,
            player=self.player,
            content=TimelineContent(
                self.tracks, recording.holds, self.whole, self.axis, self.player.t_s,
                step, self.first_lane, self.differing, self.editor,
            ),
            notice=self._warning or self._notice,
            share_read=recording.share_read,
            help=self.help,
        )  # fmt: skip

    @property
    def differing(self) -> Sequence[Span]:
        """Disagreements of machine and person, as of the last update of the timeline."""
        key = self.editor.annotations, len(self.tracks)
        if self._differing[0] != key:
            self._differing = key, self.tracks.disagreements(self.editor.annotations)
        return self._differing[1]

    def press(self, key: Key, now_s: float) -> None:
        """Apply a key."""
        asking = self.editor.asking
        if self.help:
            self.help = False
        elif asking is Asking.NOTE and key.character:
            self._edit(self.editor.typed(key.character), now_s)
        elif asking is Asking.NOTE and key.name == "backspace":
            self._edit(self.editor.erased(), now_s)
        elif asking in {Asking.NOTE, Asking.RULE} and key.name == "enter":
            self._edit(self.editor.enter(), now_s)
        elif asking in {Asking.NOTE, Asking.RULE} and key.name == "escape":
            self._edit(self.editor.cancel(), now_s)
        elif asking is Asking.RULE and key.name.isdecimal():
            self._edit(self.editor.choose(int(key.name)), now_s)
        elif asking not in {Asking.NOTE, Asking.RULE} and key.name in COMMANDS:
            self._do(COMMANDS[key.name], now_s)

    def point(self, pointer: Pointer, timeline: Timeline, now_s: float) -> None:
        """Apply the pointer: scrub on the timeline, mark on the annotation row."""
        t_s = self.axis.t_s(pointer.x_px)
        if pointer.kind == "down":
            row = timeline.row_at(pointer.x_px, pointer.y_px)
            if self.help or row is None:
                self.help = False
                return
            self._pressed = row, pointer.x_px, t_s, self.player.playing
            self.player = self.player.pause(now_s).seek(t_s, now_s)
        elif self._pressed is not None:
            pressed_row, x_px, start_s, was_playing = self._pressed
            dragged = abs(pointer.x_px - x_px) >= _DRAG_PX
            self.player = self.player.seek(t_s, now_s)
            if pressed_row == "person" and dragged and self.editor.asking is not Asking.END:
                self._edit(self.editor.mark(start_s), now_s)
            if pointer.kind == "up":
                self._pressed = None
                self._let_go(pressed_row, (start_s, t_s), now_s, dragged=dragged)
                if was_playing:
                    self.player = self.player.toggle(now_s)

    def _let_go(
        self, row: Row, span_s: tuple[float, float], now_s: float, *, dragged: bool
    ) -> None:
        if row == "person" and dragged:
            self._edit(self.editor.cancel().span(*span_s), now_s)
        elif row == "person" and self.editor.asking is not Asking.END:
            self._edit(self.editor.select(span_s[1]), now_s)

    def warn(self, error: PoseCheckError, said: str = "NOT SAVED") -> None:
        """Show that nothing can be saved, until a save succeeds."""
        self._warning = f"{said}: {error}"

    def finish(self, now_s: float) -> None:
        """Keep a note that is being typed, and save all unsaved changes.

        Raises:
            PoseCheckError: if it can't be written.
        """
        self.editor = self.editor.noted()
        self.keep(now_s)

    def keep(self, now_s: float) -> None:
        """Save all unsaved changes.

        Raises:
            PoseCheckError: if it can't be written.
        """
        if self.editor.annotations is not self._saved:
            self._save(self.editor.annotations)
            self._saved = self.editor.annotations
            self._warning = ""
            self._tell(f"saved in {self._saved_as}", now_s)

    def _edit(self, editor: Editor, now_s: float) -> None:
        self.editor = editor
        try:
            self.keep(now_s)
        except PoseCheckError as error:  # it is tried again at the next change and at the end
            self.warn(error)

    def _tell(self, notice: str, now_s: float) -> None:
        self._notice, self._notice_until_s = notice, now_s + _NOTICE_S

    def _do(self, command: Command, now_s: float) -> None:
        if command in EDITS:
            self._edit(EDITS[command](self.editor, self.player.t_s), now_s)
        elif command in JUMPS:
            self._jump(command, now_s)
        elif command in MOVES:
            self.player = MOVES[command](self.player, now_s)
        elif command in STEPS:
            steps = self.recording.steps
            number = min(max(self.index + STEPS[command], 0), len(steps) - 1)
            self.player = self.player.pause(now_s).seek(steps[number].t_s, now_s)
        elif command in ZOOMS:
            self._zoom(ZOOMS[command])
        elif command is Command.QUIT:
            self._quit(now_s)
        else:
            self._turn(command)

    def _quit(self, now_s: float) -> None:
        """Leave; changes that cannot be saved are dropped only after a second request."""
        self.over = True
        try:
            self.finish(now_s)
        except PoseCheckError as error:
            self.warn(error, "NOT SAVED, Q again leaves without it")
            annotations = self.editor.annotations
            self.over, self._warned = self._warned is annotations, annotations

    def _turn(self, command: Command) -> None:
        """Apply a command that changes only the window."""
        rules = len(self.recording.exercise.rules)
        if command is Command.OTHER_CURVES and self._lanes < rules:
            self.first_lane = (self.first_lane + self._lanes) % rules
        self.help = command is Command.HELP
        self.large ^= command is Command.FULLSCREEN

    def _zoom(self, factor: float) -> None:
        self.axis = self.axis.zoomed(factor, self.player.t_s, self.whole)
        self._whole_shown = self.axis.span_s >= self.whole[1] - self.whole[0]

    def _jump(self, command: Command, now_s: float) -> None:
        t_s, recording = self.player.t_s, self.recording
        starts_s = [span.start_s for span in self.differing]
        found_s = {
            Command.NEXT_HOLD: lambda: recording.next_hold(t_s),
            Command.PREVIOUS_HOLD: lambda: recording.previous_hold(t_s),
            Command.NEXT_FAULT: lambda: recording.next_fault(t_s),
            Command.PREVIOUS_FAULT: lambda: recording.previous_fault(t_s),
            Command.NEXT_DIFFERENCE: lambda: next_start(starts_s, t_s),
            Command.PREVIOUS_DIFFERENCE: lambda: previous_start(starts_s, t_s),
        }[command]()
        if found_s is None:
            self._tell(f"no {JUMPS[command]}", now_s)
        else:
            self.player = self.player.seek(found_s, now_s)
