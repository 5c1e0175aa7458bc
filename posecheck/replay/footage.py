"""Frames of a recorded video by time, read in their own thread; a replay written as a video.

A request replaces the one before it: while a person scrubs, only the newest time is read. A frame
is identified by its time in the file, never by its number, so variable frame rates work.

`write` draws over the recorded frames, or over an empty room.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from posecheck.errors import OutputError, SourceError, shown
from posecheck.pipeline.analyse import Annotator
from posecheck.sources import AS_STORED, Turn, open_source
from posecheck.sources.video import VideoSource
from posecheck.system import Closing, outputs
from posecheck.system.threads import Task
from posecheck.types import Frame

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

    from posecheck.exercises import Exercise
    from posecheck.ledger import Step
    from posecheck.types import Observation

    Image = NDArray[np.uint8]
    Pictures = Generator[tuple[Frame, Observation, Step], None, None]


AHEAD_S: Final = 0.6
"""Seconds ahead up to which a frame is reached by reading on; a farther one by seeking."""

FIRST_PATIENCE_S: Final = 0.5
"""Shortest wait for the first frame in seconds, so that no empty room is shown before it."""

_BACK_S: Final = (0.1, 1.0, 4.0, 16.0)
"""Seconds before the wanted time to which a seek aims; the next one if the one before landed behind
it."""

_NEAR_S: Final = 0.5
"""Seconds before the wanted frame within which passed frames are kept, for steps back."""

_KEPT_BYTES: Final = 64_000_000
"""Largest memory of kept frames, in bytes."""

SAME_S: Final = 0.002
"""Difference in seconds below which two times belong to the same frame. A video file stores times
in ticks of its own (`posecheck.display.video_writer`: 1/90000 s, others up to 1 ms), so they differ
from the session's."""


def turn_of(header: Mapping[str, Any]) -> Turn:
    """Return the turning of a session's video when it was analysed, from its first line."""
    facts = header.get("source")
    facts = facts if isinstance(facts, dict) else {}
    degrees = facts.get("rotate_deg")
    return Turn(degrees if degrees in {90, 180, 270} else 0, facts.get("mirror") is True)


class VideoImage(NamedTuple):
    """A frame that was read.

    Attributes:
        t_s: the time of the request.
        image_bgr: the frame, not to be changed; None if none can be decoded.
    """

    t_s: float
    image_bgr: Image | None


class VideoByTime:
    """A video file that gives the frame of a time."""

    def __init__(self, path: Path, turn: Turn = AS_STORED) -> None:
        """Open a video file.

        Args:
            path: the file.
            turn: the turning of its frames when the session was made.

        Raises:
            SourceError: if FFmpeg finds no video in it.
        """
        self._path, self._turn = path, turn
        self._source = VideoSource(path, turn)
        self._pictures = self._source.timed()
        self._steady: bool | None = None
        self._length_s = self._source.info.duration_s or math.inf
        self._end_s = math.inf
        self._t_s = math.inf
        self._picture: VideoFrame | None = None
        self._kept: dict[float, VideoFrame] = {}

    def at(self, t_s: float) -> Image | None:
        """Return the first frame whose time is not before ``t_s``; the last at the end.

        None if not a single frame can be decoded.
        """
        t_s = min(t_s, self._end_s)
        for kept_s in self._kept:
            if abs(kept_s - t_s) <= SAME_S:
                return self._image(kept_s)
        if not self._t_s <= t_s <= self._t_s + AHEAD_S:
            self._jump_before(t_s)
        while self._t_s < t_s - SAME_S:
            if self._t_s >= t_s - _NEAR_S:
                self._keep()
            if not self._grab():
                self._keep()
                self._end_s, last_s, self._t_s = self._t_s, self._t_s, math.inf
                return self._image(last_s)
        self._keep()
        return self._image(self._t_s)

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def _keep(self) -> None:
        """Keep the decoded frame; drop the oldest ones above the memory limit.

        It is converted when it is asked for: the frames that are passed on the way to another
        would cost several times the decoding.
        """
        if self._picture is not None and self._t_s not in self._kept:
            self._kept[self._t_s] = self._picture
            held_bytes = sum(plane.buffer_size for plane in self._picture.planes)
            while len(self._kept) > max(1, _KEPT_BYTES // held_bytes):
                del self._kept[next(iter(self._kept))]

    def _image(self, t_s: float) -> Image | None:
        picture = self._kept.get(t_s)
        return None if picture is None else self._source.image(picture)

    def _jump_before(self, t_s: float) -> None:
        """Move to a frame that is not after a time, or else to the first."""
        for back_s in _BACK_S:
            aim_s = min(t_s, self._length_s) - back_s
            if aim_s <= 0 or not self._can_jump():
                break
            if self._source.jump(aim_s):
                self._pictures = self._source.timed()
                if self._grab() and self._t_s <= t_s + SAME_S:
                    return
        self._source.close()  # some files cannot be read from their start again in any other way
        self._source = VideoSource(self._path, self._turn)
        self._pictures = self._source.timed()
        self._t_s = math.inf
        self._grab()

    def _can_jump(self) -> bool:
        if self._steady is None:
            self._steady = self._source.is_steady
        return self._steady

    def _grab(self) -> bool:
        """Decode the next frame; the one before stays if there is none."""
        following = next(self._pictures, None)
        if following is not None:
            self._t_s, self._picture = following
        return following is not None


class Footage(Closing):
    """Video of a session; frames are requested and arrive when they are read."""

    def __init__(self, path: Path, turn: Turn = AS_STORED) -> None:
        """Open a video file and start reading.

        Args:
            path: the file.
            turn: how its frames were turned when the session was made.

        Raises:
            SourceError: if FFmpeg finds no video in it.
        """
        self._video = VideoByTime(path, turn)
        self._changed = threading.Condition()
        self._wish_s: float | None = None
        self._read: VideoImage | None = None
        self._error: BaseException | None = None
        self._task = Task(self._work, "footage", self._ended)
        self._task.start()

    def picture(self, t_s: float, patience_s: float) -> VideoImage | None:
        """Request the frame of a time; wait for it up to ``patience_s``.

        Args:
            t_s: the time of the frame, as the session has it.
            patience_s: longest wait.

        Returns:
            The newest frame that was read, for this request or an earlier one; None before the
            first.
        """
        with self._changed:
            self._wish_s = t_s
            self._changed.notify_all()
            if self._read is None and patience_s > 0:
                patience_s = max(patience_s, FIRST_PATIENCE_S)
            self._changed.wait_for(lambda: self._error or self._is_read(t_s), patience_s)
            if self._error is not None:
                raise self._error
            return self._read

    def close(self) -> None:
        """End the thread and close the file."""
        with self._changed:
            self._task.stop.set()
            self._changed.notify_all()
        self._task.close()
        self._video.close()

    def _is_read(self, t_s: float) -> bool:
        return self._read is not None and self._read.t_s == t_s

    def _work(self) -> None:
        while (t_s := self._next_wish()) is not None:
            image = self._video.at(t_s)
            with self._changed:
                self._read = VideoImage(t_s, image)
                self._changed.notify_all()

    def _ended(self, error: BaseException | None) -> None:
        with self._changed:
            self._error = error
            self._changed.notify_all()

    def _next_wish(self) -> float | None:
        """Wait for a request that is not yet answered; None after `close`."""
        stop = self._task.stop
        with self._changed:
            self._changed.wait_for(lambda: stop.is_set() or self._has_wish())
            return None if stop.is_set() else self._wish_s

    def _has_wish(self) -> bool:
        return self._wish_s is not None and not self._is_read(self._wish_s)


ROOM_BGR: Final = (58, 52, 48)
"""Colour of the empty room: dark, so that the skeleton stands out."""


def write(
    path: Path,
    exercise: Exercise,
    pictures: tuple[Sequence[Observation], Sequence[Step]],
    video: Path | None,
    turn: Turn = AS_STORED,
) -> int:
    """Write a session as an annotated video into a new file.

    Args:
        path: a file that does not exist yet.
        exercise: the exercise by which the steps were judged.
        pictures: the observations and their steps, index by index.
        video: the recorded video; None draws over an empty room.
        turn: its turning when it was analysed.

    Returns:
        The number of judged frames that are not in the video and are left out.

    Raises:
        SourceError: if the video can't be read, or is not the one that was recorded.
        OutputError: if the file exists or can't be written.
    """
    outputs.check_new(path)
    shots = _in_room(*pictures) if video is None else _over(video, turn, *pictures)
    missing = len(pictures[1])
    try:
        with Annotator() as picture, closing(shots):
            for frame, seen, step in shots:
                picture.draw(path, exercise, [(frame, seen)], [step])
                missing -= 1
    except OutputError as error:
        if isinstance(
            error.__cause__, OSError
        ):  # the same error in the words for a file that the user named
            raise outputs.failed(path, error.__cause__, outputs.NAMED) from error.__cause__
        raise
    return missing


def _in_room(seen: Sequence[Observation], steps: Sequence[Step]) -> Pictures:
    # Loaded here: it loads PyAV. A session of any size costs the memory of a small picture.
    from posecheck.display.video_writer import shrunk  # noqa: PLC0415

    width, height = shrunk(seen[0].frame_size_px)
    room = np.full((height, width, 3), ROOM_BGR, np.uint8)
    for observation, step in zip(seen, steps, strict=True):
        yield Frame(step.t_s, room.copy()), observation, step


def _over(video: Path, turn: Turn, seen: Sequence[Observation], steps: Sequence[Step]) -> Pictures:
    """Yield the frames of a video that lie at the times of steps, each step once.

    Raises:
        SourceError: if none does.
    """
    times_s = [step.t_s for step in steps]
    last = -1
    with closing(open_source(video, turn)) as source:
        for frame in source.frames():
            row = _nearest(times_s, frame.t_s)
            if row > last and abs(times_s[row] - frame.t_s) <= SAME_S:
                last = row
                yield frame, seen[row], steps[row]
    if last < 0:
        message = f"{shown(video)}: none of its pictures is of this session; is it another video?"
        raise SourceError(message)


def _nearest(times_s: Sequence[float], t_s: float) -> int:
    """Return the index of the time that is nearest; the times increase, and there is one."""
    after = min(bisect_left(times_s, t_s), len(times_s) - 1)
    before = max(after - 1, 0)
    return before if t_s - times_s[before] <= abs(times_s[after] - t_s) else after
