"""The replay's page, served until its person leaves: reads on, takes commands, sends frames."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Protocol

from posecheck.annotations import store
from posecheck.errors import OutputError, PoseCheckError, safe
from posecheck.page import Picture
from posecheck.page.replay import replay_view
from posecheck.page.server import serve
from posecheck.replay.desk import Beside, ViewerState
from posecheck.replay.edit.editor import Editor
from posecheck.replay.edit.keys import ANNOTATE, WATCH
from posecheck.replay.footage import Footage, turn_of
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from posecheck.annotations import Annotations
    from posecheck.annotations.store import AnnotationFile
    from posecheck.pipeline.playback import SessionPlayback

    Image = NDArray[np.uint8]

READ_S: Final = 0.01
"""Seconds for which the session is read on between two frames while it plays."""

READ_LONGER_S: Final = 0.03
"""Seconds for which it is read on between two looks at the commands while it is paused."""

FIRST_S: Final = 0.3
"""Seconds after a command in which hardly anything is read on: the person comes first."""

PATIENCE_S: Final = 0.02
"""Seconds that a frame waits for its image while the video plays; then it is sent with an older
one."""

PAUSED_PATIENCE_S: Final = 0.06
"""The same while it is paused: most seeks end sooner, and coding an image that no longer fits takes
as long as the rest of the seek."""

LATE_S: Final = 0.4
"""Largest delay of an image of the video while it plays, in seconds of the session."""

GONE_S: Final = 5.0
"""Seconds after the last page has gone in which the replay ends."""

JPEG_QUALITY: Final = 85

_IDLE_S: Final = 0.25
_BUSY_S: Final = 0.004


class ServerLike(Protocol):
    """Interface of the page's server, as the loop uses it."""

    def put(self, part: str, value: object) -> None:
        """Send a part of the state if it has changed."""

    def show(self, picture: Picture) -> None:
        """Send a picture."""

    def commands(self, wait_s: float) -> list[Any]:
        """Wait for commands and return them."""
        ...

    def gone_s(self) -> float:
        """Return the seconds since the last page has gone."""
        ...


@dataclass(frozen=True, slots=True)
class ReplayWish:
    """What is replayed, and how.

    Attributes:
        annotations: the annotator's stored annotations.
        kept_in: the file of the annotations; written at every change.
        annotator: the person's name or initials.
        beside: the other annotations and what is known of the video.
        video: the recorded video; None shows the skeleton alone.
        annotating: whether to begin annotating, with verdicts hidden.
        browser: whether to open a browser; otherwise the address is printed.
    """

    annotations: Annotations
    kept_in: AnnotationFile
    annotator: str
    beside: Beside
    video: Path | None = None
    annotating: bool = False
    browser: bool = True


def watch(recording: SessionPlayback, wish: ReplayWish) -> None:
    """Show a recording on a page until the person leaves.

    Args:
        recording: the playback, of which at least the first frame was read; it is read on
            meanwhile.
        wish: what is shown with it.

    Raises:
        DisplayError: if a browser is wanted and there is no screen.
        SourceError: if the video can't be read.
        SessionError: if the session can't be read any more.
        OutputError: if the last changes can't be written.
    """
    exercise = recording.recorded_exercise or recording.exercise  # what annotations are about
    rules = tuple(rule.name for rule in exercise.rules)
    editor = Editor(wish.annotations, wish.annotator, rules, store.now)
    with ExitStack() as stack:
        footage = (
            None
            if wish.video is None
            else stack.enter_context(Footage(wish.video, turn_of(recording.header)))
        )
        kept_in = wish.kept_in
        desk = ViewerState(recording, editor, kept_in.save, kept_in.path.name, wish.beside)
        desk.annotating = wish.annotating
        keys = {"watch": WATCH, "annotate": ANNOTATE}
        view = replay_view(recording.path.name, {"bindings": keys, "desk": desk.facts()})
        server = stack.enter_context(serve(view, browser=wish.browser))
        try:
            kept_in.probe()
        except OutputError as error:  # said before an hour is spent on what cannot be kept
            desk.warn(error)
        run(server, desk, footage)


def run(
    server: ServerLike,
    desk: ViewerState,
    footage: Footage | None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Run a replay on a page until it is left; then save what is not saved.

    Raises:
        PoseCheckError: if the session can't be read on, or the last changes not written.
    """
    server.put("facts", desk.facts())
    sender = _Sender(server, desk, footage)
    warned, asked_s = False, -FIRST_S
    try:
        while not desk.over:
            budget_s = READ_S if desk.player.playing else READ_LONGER_S
            now_s = clock()
            desk.go_on(now_s, 0.0 if now_s - asked_s < FIRST_S else budget_s)
            busy = sender.send()
            for command in server.commands(_BUSY_S if busy else _IDLE_S):
                asked_s = clock()
                desk.take(command, asked_s)
            if server.gone_s() < GONE_S:
                continue
            try:  # what is not saved does not end with its page
                desk.finish(clock())
            except PoseCheckError as error:
                desk.warn(error)
                if not warned:
                    line = f"NOT SAVED: {error}; open the page again, or Ctrl-C ends without it"
                    print(f"posecheck: {safe(line)}", file=sys.stderr)  # noqa: T201
                warned = True
            else:
                break
    finally:
        desk.finish(clock())


class _Sender:
    """Sends what has changed."""

    def __init__(self, server: ServerLike, desk: ViewerState, footage: Footage | None) -> None:
        self._server, self._desk, self._footage = server, desk, footage
        self._numbers = count()
        self._sent: tuple[object, ...] = ()

    def send(self) -> bool:
        """Send the present state; return True if it will change by itself."""
        desk = self._desk
        self._server.put("state", desk.state())
        self._server.put("timeline", desk.timeline())
        image, fits, t_s = self._image()
        index = desk.index if t_s is None else desk.recording.index_at(t_s)
        whole = desk.recording.complete
        now = index, id(image), fits, desk.hidden, desk.editor.annotations, whole
        if now != self._sent:
            self._sent = now
            moment = desk.moment(has_image=self._footage is not None, fits=fits, t_s=t_s)
            encode = None if image is None else _encoder(image)
            self._server.show(Picture(next(self._numbers), moment, encode))
        waiting = self._footage is not None and not fits
        return desk.player.playing or desk.recording.share_read < 1 or waiting

    def _image(self) -> tuple[Image | None, bool, float | None]:
        """Return the image of the present frame, whether it fits, and its time if it is late.

        While it plays, an image that comes a little late is shown with the skeleton of its
        own frame: the two always belong together.
        """
        desk = self._desk
        if self._footage is None:
            return None, True, None
        t_s = desk.recording.steps[desk.index].t_s
        patience_s = PATIENCE_S if desk.player.playing else PAUSED_PATIENCE_S
        shot = self._footage.picture(t_s, patience_s)
        if shot is None:
            return None, False, None
        if desk.player.playing and 0 <= t_s - shot.t_s <= LATE_S:
            return shot.image_bgr, True, shot.t_s
        return shot.image_bgr, shot.t_s == t_s, None


def _encoder(image_bgr: Image) -> Callable[[], bytes]:
    def encode() -> bytes:
        good, content = cv2.imencode(".jpg", image_bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        assert good  # noqa: S101 - an 8-bit image of three channels can be encoded
        return content.tobytes()

    return encode
