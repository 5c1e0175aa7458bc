"""The replay's page, served until it is closed: reads on, takes commands, sends frames.

Before that, the video that belongs to the session: the one beside it is found (`beside`), and any
video is compared with what the session says of its own (`match`).
"""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from posecheck.annotations import store
from posecheck.errors import OutputError, PoseCheckError, safe, shown
from posecheck.page import Picture
from posecheck.page.replay import replay_view
from posecheck.page.server import serve
from posecheck.replay.desk import Beside, ViewerState
from posecheck.replay.edit.editor import Editor
from posecheck.replay.edit.keys import ANNOTATE, WATCH
from posecheck.replay.footage import Footage, turn_of
from posecheck.sources.video import VideoSource
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from posecheck.annotations import Annotations
    from posecheck.annotations.store import AnnotationFile
    from posecheck.pipeline.playback import SessionPlayback
    from posecheck.sources import SourceInfo

    Image = NDArray[np.uint8]


READ_S: Final = 0.01
"""Seconds for which the session is read on between two frames while it plays."""

READ_LONGER_S: Final = 0.03
"""Seconds for which it is read on between two looks at the commands while it is paused."""

FIRST_S: Final = 0.3
"""Seconds after a command in which hardly anything is read on, so that its effect is shown at once.
"""

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
    """Show a recording on a page until the person closes it.

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
        except (
            OutputError
        ) as error:  # said now, not after an hour of annotating that cannot be saved
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
            try:  # changes that are not saved outlive the page
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


ENDINGS: Final = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")
"""Endings of a video that is looked for beside a session, under the session's name."""

LEAST_OFF_S: Final = 1.0
"""Difference in length that is always allowed, in seconds: a live video begins a little later."""

MOST_OFF: Final = 0.02
"""Largest difference in length as a share of the recorded one."""

_SHAPE_PX: Final = 2
"""Pixels by which the shape of the image may differ: encoders want even sizes."""

_TAIL_BYTES: Final = 200_000
"""Bytes at the end of a session that hold the time of its last frame."""


class Match(NamedTuple):
    """How well a video fits a session.

    Attributes:
        refused: why it cannot be its video; "" if it can.
        doubts: why it may not be; "" if nothing speaks against it.
    """

    refused: str
    doubts: str


def beside(recording: SessionPlayback) -> Path | None:
    """Return the recorded video that lies beside a session; None if there is none."""
    stem = recording.path.name.removesuffix(".posecheck.jsonl")
    for name in (recording.video, *(f"{stem}{ending}" for ending in ENDINGS)):
        # A name out of a file must not lead to another folder; os.path: nor be an error.
        if name and Path(name).name == name and "\0" not in name:
            path = recording.path.with_name(name)
            if os.path.isfile(path):  # noqa: PTH113
                return path
    return None


def match(video: Path, recording: SessionPlayback) -> Match:
    """Compare a video with what a session says of its source.

    The shape of the image and the length must agree: a skeleton over another recording misleads.
    Another number of frames, or another name where a figure differs, too, is a doubt.

    Args:
        video: the file.
        recording: the session, of which at least the first frame was read.

    Raises:
        SourceError: if FFmpeg finds no video in it.
    """
    facts = recording.header.get("source")
    facts = facts if isinstance(facts, dict) else {}
    with closing(VideoSource(video, turn_of(recording.header))) as source:
        info = source.info
    width, height = recording.observations[0].frame_size_px
    other_width, other_height = info.size_px
    if abs(other_width * height - other_height * width) > _SHAPE_PX * max(width, height):
        of_both = f"{other_width}x{other_height} pixels, those of the session {width}x{height}"
        return Match(f"its pictures have {of_both}", "")
    length_s = _number(facts, "duration_s") or _last_s(recording)
    off_s = abs(info.duration_s - length_s) if info.duration_s and length_s else 0.0
    if off_s > max(LEAST_OFF_S, MOST_OFF * length_s):
        of_both = f"{info.duration_s:.1f} s long, the session was recorded over {length_s:.1f} s"
        return Match(f"it is {of_both}", "")
    return Match("", _doubts(video, recording, facts, info))


def _doubts(
    video: Path, recording: SessionPlayback, facts: dict[str, Any], info: SourceInfo
) -> str:
    frames = _number(facts, "frame_count")
    other_frames = bool(frames and info.frame_count and frames != info.frame_count)
    same_s = info.duration_s == _number(facts, "duration_s")
    found = []
    if recording.video not in {"", video.name} and (other_frames or not same_s):
        found.append(f"{shown(video.name)} is not {shown(recording.video)}, which was recorded")
    if other_frames:
        found.append(f"it has {info.frame_count} pictures, the recorded one {frames:.0f}")
    return "; ".join(found)


def _number(facts: dict[str, Any], name: str) -> float:
    """Return a positive number of a session's source; 0 if it is not known."""
    found = facts.get(name)
    return float(found) if isinstance(found, int | float) and found > 0 else 0.0


def _last_s(recording: SessionPlayback) -> float:
    """Return the time of a session's last frame in seconds, from the end of its file."""
    if recording.complete:
        return recording.duration_s
    with recording.path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        found = re.findall(rb'^\{"type":"pose","t_s":([\d.]+)', file.read(), re.MULTILINE)
    return float(found[-1]) if found else 0.0
