"""Window loop of the replay: reads on, takes events and shows scenes."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Protocol

from posecheck.annotations import store
from posecheck.display.replay.view import SIZE_PX, ReplayView
from posecheck.display.window import Closed, Key, Pointer, Window
from posecheck.errors import OutputError
from posecheck.replay.desk import ViewerState
from posecheck.replay.edit.editor import Editor
from posecheck.replay.footage import Footage, turn_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from posecheck.annotations import Annotations
    from posecheck.annotations.store import AnnotationFile
    from posecheck.display.replay.view import Scene
    from posecheck.display.window import Event
    from posecheck.pipeline.playback import SessionPlayback

    Image = NDArray[np.uint8]

READ_S: Final = 0.02
"""Seconds for which the session is read on between two frames while it plays."""

READ_LONGER_S: Final = 0.06
"""Seconds for which it is read on between two checks of the keys while it is paused."""

PATIENCE_S: Final = 0.03
"""Seconds that a scene waits for its image from the video before it is shown without it."""

LATE_S: Final = 0.4
"""Largest delay of a frame of the video while it plays, in seconds of the session."""

_IDLE_MS: Final = 25
_BUSY_MS: Final = 4


class WindowLike(Protocol):
    """Interface of the window, as the loop uses it."""

    fullscreen: bool

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the inside."""
        ...

    def show(self, picture_bgr: Image) -> None:
        """Show an image."""
        ...

    def events(self, wait_ms: int) -> tuple[Event, ...]:
        """Wait for events and return them."""
        ...


def watch(
    recording: SessionPlayback,
    *,
    video: Path | None,
    annotations: Annotations,
    kept_in: AnnotationFile,
    annotator: str,
) -> None:
    """Show a recording in a window until the person leaves.

    Args:
        recording: the playback, of which at least the first frame was read; it is read on
            meanwhile.
        video: the video that it was made from; None shows an empty room.
        annotations: the annotator's stored annotations.
        kept_in: the file of the annotations; written at every change.
        annotator: the person's name or initials.

    Raises:
        DisplayError: if there is no display.
        SourceError: if the video can't be read.
        SessionError: if the session can't be read any more.
        OutputError: if the last changes can't be written.
    """
    exercise = recording.recorded_exercise or recording.exercise  # what annotations are about
    rules = tuple(rule.name for rule in exercise.rules)
    editor = Editor(annotations, annotator, rules, store.now)
    with ExitStack() as stack:
        footage = (
            None
            if video is None
            else stack.enter_context(Footage(video, turn_of(recording.header)))
        )
        desk = ViewerState(recording, editor, kept_in.save, kept_in.path.name)
        window = stack.enter_context(Window(f"posecheck replay: {recording.path.name}", SIZE_PX))
        try:
            kept_in.probe()
        except OutputError as error:  # said before an hour is spent on what cannot be kept
            desk.warn(error)
        run(window, desk, footage)


def run(
    window: WindowLike,
    desk: ViewerState,
    footage: Footage | None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Run a replay in a window until it is closed or left; then save what is not saved.

    Raises:
        PoseCheckError: if the session can't be read on, or the last changes not written.
    """
    show = _Show(window, desk, footage)
    try:
        while not desk.over:
            desk.go_on(clock(), READ_S if desk.player.playing else READ_LONGER_S)
            busy = show.update()
            for event in window.events(_BUSY_MS if busy else _IDLE_MS):
                show.take(event, clock())
            if window.fullscreen != desk.large:
                window.fullscreen = desk.large
    finally:
        desk.finish(clock())


class _Show:
    """Drawing of a viewer state into a window after each change."""

    def __init__(self, window: WindowLike, desk: ViewerState, footage: Footage | None) -> None:
        self._window, self._desk, self._footage = window, desk, footage
        self._view = self._new_view()
        self._shown: tuple[object, ...] = ()

    def update(self) -> bool:
        """Show the present state; return True if it will change by itself."""
        desk = self._desk
        if self._window.size_px != self._view.size_px:
            self._view = self._new_view()
        scene = self._scene()
        waiting = scene.picture is not None and not scene.picture[1]
        now = (
            round(desk.player.t_s * 50), scene.step.t_s, desk.player.playing, desk.player.speed,
            desk.editor, desk.axis, desk.first_lane, desk.help, len(desk.tracks), scene.notice,
            scene.share_read < 1, waiting, self._view,
        )  # fmt: skip
        if now != self._shown:
            self._window.show(self._view.draw(scene))
            self._shown = now
        return desk.player.playing or scene.share_read < 1 or waiting

    def _scene(self) -> Scene:
        """Return the scene with its frame from the video.

        While it plays, a frame that comes a little late is shown with the skeleton of its
        own moment: the two always belong together.
        """
        desk = self._desk
        if self._footage is None:
            return desk.scene(None)
        t_s = desk.moment[0].t_s
        shot = self._footage.picture(t_s, PATIENCE_S)
        if shot is None:
            return desk.scene((None, False))
        if desk.player.playing and 0 <= t_s - shot.t_s <= LATE_S:
            return desk.scene((shot.image_bgr, True), shot.t_s)
        return desk.scene((shot.image_bgr, shot.t_s == t_s))

    def take(self, event: Event, now_s: float) -> None:
        """Pass an event to the viewer state."""
        if isinstance(event, Key):
            self._desk.press(event, now_s)
        elif isinstance(event, Pointer):
            self._desk.point(event, self._view.timeline, now_s)
        elif isinstance(event, Closed):
            self._desk.over = True

    def _new_view(self) -> ReplayView:
        desk = self._desk
        observation, _ = desk.moment
        view = ReplayView(desk.recording.exercise, self._window.size_px, observation.frame_size_px)
        desk.lay(view.timeline)
        return view
