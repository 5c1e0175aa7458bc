"""Viewer state of a replay, without its page: commands in, the parts of the page's state out.

It combines the recording, the player, the person's annotations and the part of the time that is
shown. The time and the function that saves are passed in.

In blind mode no part holds a verdict or another person's annotation.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from posecheck.annotations import Blinding, next_start, previous_start
from posecheck.errors import PoseCheckError
from posecheck.page import replay as page
from posecheck.page.replay import COLUMNS, Moment, ReplayState, ShownVideo
from posecheck.page.templates import word
from posecheck.replay import scene
from posecheck.replay.edit.editor import Asking, Editor
from posecheck.replay.edit.keys import EDITS, JUMPS, MOVES, STEPS, ZOOMS, Command
from posecheck.replay.edit.tracks import Axis, Player, Tracks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from posecheck.annotations import Annotation, Annotations, Span
    from posecheck.page.replay import ReplayFacts, ShownAnnotation, TimelinePart
    from posecheck.pipeline.playback import SessionPlayback

GROW_EVERY_S: Final = 1.0
"""Seconds between updates of the timeline while a session is read."""

_NOTICE_S: Final = 5.0

_MICROSECOND_S: Final = 1e-6
"""Seconds by which a hold may begin before its frame: holds are kept in whole microseconds."""

_LABELS: Final = frozenset({Command.VALID, Command.WRONG, Command.UNSEEN})


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies beside a session: other people's annotations, and the recorded video."""

    others: tuple[Annotations, ...] = ()
    video: ShownVideo = field(default_factory=ShownVideo)


class ViewerState:
    """The state of one replay.

    Attributes:
        recording: the playback.
        player: the position and speed.
        whole: the first and last time in seconds, as of the last update of the timeline.
        editor: the person's annotations.
        axis: the part of the time that is shown.
        annotating: whether the person annotates.
        blind: whether verdicts, angles and other people's annotations are hidden meanwhile.
        seen: whether they were shown since the replay began.
        over: whether the person asked to leave.
    """

    def __init__(
        self,
        recording: SessionPlayback,
        editor: Editor,
        save: Callable[[Annotations], None],
        saved_as: str,
        beside: Beside = Beside(),
    ) -> None:
        """Begin watching at the first frame, which must have been read.

        Args:
            recording: the playback.
            editor: the stored annotations.
            save: keeps annotations; called after every change.
            saved_as: name of their file, for the person.
            beside: what lies beside the session.
        """
        self.recording, self.editor, self._beside = recording, editor, beside
        self._save, self._saved_as, self._saved = save, saved_as, editor.annotations
        start_s = recording.steps[0].t_s
        self.player = Player(start_s, recording.duration_s, not recording.complete, start_s)
        self.tracks = Tracks(recording.exercise)
        self._grown_s, self._whole_shown, self._holds = -GROW_EVERY_S, True, 0
        self.whole = self._whole_now()
        self.axis = Axis(*self.whole, 0, COLUMNS)
        self.annotating, self.blind, self.seen, self.over = False, True, False, False
        self._notice, self._not_saved, self._notice_until_s = "", "", 0.0
        self._warned: Annotations | None = None
        self._held: bool | None = None
        self._differing: tuple[tuple[object, ...], Sequence[Span]] = ((), ())
        self._timeline: tuple[tuple[object, ...], TimelinePart | None] = ((), None)
        self._items: tuple[Annotations | None, tuple[ShownAnnotation, ...]] = (None, ())
        rules = (recording.recorded_exercise or recording.exercise).rules
        self._titles = {rule.name: rule.title for rule in rules}

    def _whole_now(self) -> tuple[float, float]:
        """Return the first and last time in seconds; the last as announced while it is read."""
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
    def hidden(self) -> bool:
        """Whether what posecheck and other people say is hidden now."""
        return self.annotating and self.blind

    def go_on(self, now_s: float, budget_s: float) -> None:
        """Play on, and read on for about ``budget_s`` seconds if there is more."""
        more = self.recording.read_on(budget_s) if not self.recording.complete else False
        end_s = self.recording.duration_s
        self.player = self.player.reach(end_s, growing=more, now_s=now_s).at(now_s)
        steps = self.recording.steps
        if now_s - self._grown_s >= GROW_EVERY_S or not more:  # a new timeline costs 15 ms
            self.whole, self._holds = self._whole_now(), len(self.recording.holds)
            if len(self.tracks) < len(steps):
                self.tracks.take(steps[len(self.tracks) :])
                self._grown_s = now_s
        if self._whole_shown:
            self.axis = replace(self.axis, from_s=self.whole[0], to_s=self.whole[1])
        elif self._held is None and self.player.playing:
            self.axis = self.axis.following(self.player.t_s, self.whole)
        if now_s >= self._notice_until_s:
            self._notice = ""

    def facts(self) -> ReplayFacts:
        """Return the values that do not change."""
        recording = self.recording
        recorded = recording.recorded_exercise or recording.exercise
        return scene.facts_of(recording.path, recording.exercise, recorded, self.editor.annotator)

    def state(self) -> ReplayState:
        """Return the part of the page's state that a command changes."""
        editor, player = self.editor, self.player
        self.seen = self.seen or not self.hidden
        drafted = editor.asking in {Asking.END, Asking.LABEL}
        return ReplayState(
            whole=self.whole,
            shown=(self.axis.from_s, self.axis.to_s),
            playing=player.playing or bool(self._held),
            speed=player.speed,
            loop=player.loop_s,
            annotating=self.annotating,
            blind=self.blind,
            seen=self.seen,
            asking=editor.asking,
            draft=(editor.start_s, editor.end_s) if drafted else None,
            note=editor.note,
            selected=scene.place_of(editor.annotations.items, editor.selected),
            items=self._shown_items(),
            others=() if self.hidden else scene.tiers_of(self._beside.others, self._titles),
            can_undo=bool(editor.past),
            can_redo=bool(editor.future),
            notice=self._notice,
            not_saved=self._not_saved,
            saved_as=self._saved_as,
            read=round(self.recording.share_read, 2),
            video=self._beside.video,
            problems=self.recording.problems,
        )

    def timeline(self) -> TimelinePart:
        """Return the timeline; the same object as long as nothing on it has changed."""
        recording = self.recording
        grown = len(self.tracks), self._holds
        differing = () if self.hidden else self.differing
        key = self.axis, self.hidden, *((differing, grown) if not self.hidden else ())
        known, part = self._timeline
        if part is None or known != key:
            machine = recording.exercise, self.tracks, recording.holds[: self._holds], differing
            part = scene.timeline_of(self.axis, None if self.hidden else machine)
            self._timeline = key, part
        return part

    def moment(self, *, has_image: bool, fits: bool, t_s: float | None = None) -> Moment:
        """Return everything of one frame.

        Args:
            has_image: whether there is a video.
            fits: whether its image is that of this frame.
            t_s: the time of the frame; None for the present position.
        """
        recording = self.recording
        index = self.index if t_s is None else recording.index_at(t_s)
        seen, step = recording.observations[index], recording.steps[index]
        says = None if self.hidden else scene.verdict_of(step, recording.exercise)
        place = index, len(recording.steps)
        return scene.moment_of(seen, place, says, (has_image, fits))

    @property
    def differing(self) -> Sequence[Span]:
        """Disagreements of machine and person, as of the last update of the timeline."""
        key = self.editor.annotations, len(self.tracks)
        if self._differing[0] != key:
            self._differing = key, self.tracks.disagreements(self.editor.annotations)
        return self._differing[1]

    def take(self, command: object, now_s: float) -> None:  # noqa: C901 - one line a command
        """Apply a command of the page."""
        match command:
            case page.DoCommand(name=name):
                self._do(name, now_s)
            case page.GoTo(t_s=t_s, held=held):
                self._go(t_s, now_s, held=held)
            case page.Speed(speed=speed):
                self.player = self.player.at_speed(speed, now_s)
            case page.Zoom(factor=factor, t_s=t_s):
                self._zoom(factor, t_s)
            case page.Pan(by_s=by_s):
                self.axis = self.axis.moved(by_s, self.whole)
            case page.Repeat(start_s=start_s, end_s=end_s):
                self.player = self.player.repeat((start_s, end_s), now_s)
            case page.MarkSpan(start_s=start_s, end_s=end_s):
                self._annotate(now_s)
                span = self._snapped(start_s), self._snapped(end_s)
                self._edit(self.editor.noted().cancel().span(*span), now_s)
            case page.SelectItem(t_s=t_s):
                self._edit(self.editor.select(t_s), now_s)
                self.player = self.player.seek(t_s, now_s)
            case page.MoveEdge(start_s=start_s, end=end, t_s=t_s):
                chosen = self.editor.select(start_s + _MICROSECOND_S)
                self._edit(chosen.move_edge(self._snapped(t_s), end=end), now_s)
            case page.ChooseRule(number=number):
                choosing = self.editor.asking is Asking.RULE
                method = Editor.choose if choosing else Editor.correct
                self._edit(method(self._informed(), number), now_s)
            case page.WriteNote(text=text, done=done) if self.editor.asking is Asking.NOTE:
                written = self._informed().written(text)
                self._edit(written.enter() if done else written, now_s)

    def warn(self, error: PoseCheckError) -> None:
        """Show that changes are not saved, until a save succeeds."""
        self._not_saved = str(error)

    def finish(self, now_s: float) -> None:
        """Keep a note that is being written, and save all unsaved changes.

        Raises:
            PoseCheckError: if it can't be written.
        """
        self.editor = self.editor.noted()
        self.keep(now_s)

    def keep(self, now_s: float) -> None:
        """Save all unsaved changes; raises as `finish`."""
        if self.editor.annotations is not self._saved:
            self._save(self.editor.annotations)
            self._saved = self.editor.annotations
            self._not_saved = ""
            self.tell("saved", now_s, file=self._saved_as)

    def tell(self, key: str, now_s: float, **values: str) -> None:
        """Show a notice of the catalogue for some seconds."""
        self._notice, self._notice_until_s = word(f"replay.{key}", **values), now_s + _NOTICE_S

    def _shown_items(self) -> tuple[ShownAnnotation, ...]:
        annotations = self.editor.annotations
        if self._items[0] is not annotations:
            self._items = annotations, scene.items_of(annotations, self._titles)
        return self._items[1]

    def _snapped(self, t_s: float) -> float:
        """Return the time of the frame that is shown at a time: edges lie on frames."""
        index = self.recording.index_at(t_s + _MICROSECOND_S)
        return self.recording.steps[index].t_s

    def _informed(self) -> Editor:
        """Return the editor, which notes what the person has seen of the verdicts."""
        hidden = Blinding.AFTER_SEEING if self.seen else Blinding.FULL
        return replace(self.editor, blind=hidden if self.hidden else Blinding.OFF)

    def _annotate(self, now_s: float) -> None:
        if not self.annotating:
            self.annotating = True
            self.tell("blind_after" if self.seen else "blind_on", now_s)
        self.editor = self._informed()

    def _edit(self, editor: Editor, now_s: float) -> None:
        self.editor = editor
        try:
            self.keep(now_s)
        except PoseCheckError as error:  # it is tried again at the next change and at the end
            self.warn(error)

    def _go(self, t_s: float, now_s: float, *, held: bool) -> None:
        """Go to a time; playing goes on when the person releases the time line."""
        if held and self._held is None:
            self._held = self.player.playing
            self.player = self.player.pause(now_s)
        self.player = self.player.seek(t_s, now_s)
        if not held and self._held is not None:
            was_playing, self._held = self._held, None
            if was_playing:
                self.player = self.player.toggle(now_s)

    def _do(self, command: Command, now_s: float) -> None:
        if command in EDITS:
            self._do_edit(command, now_s)
        elif command in JUMPS:
            self._jump(command, now_s)
        elif command in MOVES:
            self.player = MOVES[command](self.player, now_s)
        elif command in STEPS:
            steps = self.recording.steps
            number = min(max(self.index + STEPS[command], 0), len(steps) - 1)
            self.player = self.player.pause(now_s).seek(steps[number].t_s, now_s)
        elif command in ZOOMS:
            self._zoom(ZOOMS[command], self.player.t_s)
        elif command is Command.WHOLE:
            self._whole_shown = True
        elif command is Command.LOOP:
            loop_s = None if self.player.loop_s else self._to_repeat()
            self.player = self.player.repeat(loop_s, now_s)
        elif command is Command.QUIT:
            self._quit(now_s)
        else:
            self._turn(command, now_s)

    def _do_edit(self, command: Command, now_s: float) -> None:
        """Apply a command that changes the annotations, at the time of the shown frame."""
        if command is Command.MARK:
            self._annotate(now_s)
        before = self._informed()
        after = EDITS[command](before, self._snapped(self.player.t_s))
        self._edit(after, now_s)
        if command in _LABELS and after is before:
            self.tell("nothing_to_label", now_s)

    def _turn(self, command: Command, now_s: float) -> None:
        """Apply a command that changes only what is shown, or saves."""
        if command is Command.ANNOTATE and self.annotating:
            self._edit(self.editor.noted().cancel().cancel(), now_s)
            self.annotating = False
        elif command is Command.ANNOTATE:
            self._annotate(now_s)
        elif command is Command.BLIND:
            self.blind = not self.blind
        elif command is Command.SAVE:
            self._edit(self.editor.noted(), now_s)

    def _to_repeat(self) -> tuple[float, float]:
        """Return the part to repeat: the selected or marked interval, or else the shown part."""
        chosen: Annotation | None = self.editor.selected
        if chosen is not None:
            return chosen.start_s, chosen.end_s
        if self.editor.asking is Asking.LABEL:
            return self.editor.start_s, self.editor.end_s
        return self.axis.from_s, self.axis.to_s

    def _quit(self, now_s: float) -> None:
        """Leave; changes that cannot be saved are dropped only after a second request."""
        self.over = True
        try:
            self.finish(now_s)
        except PoseCheckError as error:
            self.warn(error)
            self.tell("quit_again", now_s)
            annotations = self.editor.annotations
            self.over, self._warned = self._warned is annotations, annotations

    def _zoom(self, factor: float, t_s: float) -> None:
        self.axis = self.axis.zoomed(factor, t_s, self.whole)
        self._whole_shown = self.axis.span_s >= self.whole[1] - self.whole[0]

    def _jump(self, command: Command, now_s: float) -> None:
        if self.hidden:
            self.tell("no_jump_blind", now_s)
            return
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
            self.tell(JUMPS[command], now_s)
        else:
            self.player = self.player.seek(found_s, now_s)
            self.axis = self.axis.following(found_s, self.whole)
