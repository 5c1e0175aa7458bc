"""Finding the person in the newest frame, in one thread.

Frames never queue: the worker takes the newest one, and the main thread gets the newest
one that was looked at. What was seen in the frames between is kept, because the seconds
between them must be judged; it is small.

Keeping the camera's video, when that is asked for; it never slows the session.

Encoding runs in a thread of its own. When it falls behind, frames are left out; their
times stay true. A fault, such as a full disk, ends the recording and not the session.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from posecheck.display.video_writer import VideoWriter, fitted
from posecheck.errors import PoseCheckError
from posecheck.types import Frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from posecheck.pose import PoseEstimator
    from posecheck.types import Observation


_TICK_S: Final = 0.1
"""How long the worker waits for a frame before it looks whether it should stop."""

_EVERY: Final = 16
"""Brightness is measured at every such pixel of every such row."""


class CameraFeed(Protocol):
    """What gives the newest frame; a camera does."""

    def newest(self, timeout_s: float) -> Frame | None:
        """Return a frame newer than the last one; None if none came in time."""
        ...

    def now_s(self) -> float:
        """Return the time on the clock of the frames."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TimedPose:
    """What one look at a frame gave.

    Attributes:
        observation: who was seen, and where.
        brightness: the image's mean brightness in [0, 1].
    """

    observation: Observation
    brightness: float


@dataclass(frozen=True, slots=True, eq=False)
class PoseBatch:
    """Everything that was seen since the last time.

    Attributes:
        looks: in the order of time, at least one.
        frame: the frame of the last look.
    """

    looks: tuple[TimedPose, ...]
    frame: Frame


class PoseWorker:
    """Takes the newest frame again and again, and looks for the person in it.

    Times begin with the first frame that is looked at, as those of a recording do.
    """

    def __init__(
        self,
        feed: CameraFeed,
        open_estimator: Callable[[], PoseEstimator],
        keep: Callable[[Frame], None] | None = None,
    ) -> None:
        """Start looking.

        Args:
            feed: where the frames come from; whoever made it closes it, after this.
            open_estimator: makes what finds the landmarks; called in the worker.
            keep: gets every frame that is looked at; it must return at once.
        """
        self._feed, self._open_estimator, self._keep = feed, open_estimator, keep
        self._stop = threading.Event()
        self._news = threading.Condition()
        self._looks: list[TimedPose] = []
        self._frame: Frame | None = None
        self._error: BaseException | None = None
        self._zero_s: float | None = None
        self._thread = threading.Thread(target=self._work, name="posecheck-lookout", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Return the lookout."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the thread."""
        self.close()

    def now_s(self) -> float:
        """Return the seconds since the first frame that was looked at; 0 before."""
        return 0.0 if self._zero_s is None else self._feed.now_s() - self._zero_s

    def take(self, timeout_s: float) -> PoseBatch | None:
        """Return what was seen since the last call; None if nothing was in time.

        Raises:
            BaseException: what stopped the worker.
        """
        with self._news:
            if self._frame is None and self._error is None:
                self._news.wait(timeout_s)
            looks, frame = tuple(self._looks), self._frame
            self._looks, self._frame = [], None
        if frame is not None:
            return PoseBatch(looks, frame)
        if self._error is not None:
            raise self._error
        return None

    def close(self) -> None:
        """End the thread and wait for it."""
        self._stop.set()
        try:
            self._thread.join()
        except KeyboardInterrupt:
            self._thread.join()  # what comes next takes away what the thread still uses
            raise

    def _work(self) -> None:
        try:
            estimator = self._open_estimator()
            try:
                while not self._stop.is_set():
                    self._look_once(estimator)
            finally:
                estimator.close()
        except BaseException as error:  # noqa: BLE001 - raised again by whoever takes
            with self._news:
                self._error = error
                self._news.notify()

    def _look_once(self, estimator: PoseEstimator) -> None:
        newest = self._feed.newest(_TICK_S)
        if newest is None:
            return
        if self._zero_s is None:
            self._zero_s = newest.t_s
        frame = Frame(newest.t_s - self._zero_s, newest.image_bgr)
        if self._keep is not None:
            self._keep(frame)
        observation = estimator.estimate(frame)
        brightness = float(frame.image_bgr[::_EVERY, ::_EVERY].mean()) / 255
        with self._news:
            self._looks.append(TimedPose(observation, brightness))
            self._frame = frame
            self._news.notify()


_WAITING: Final = 8
"""So many frames may wait for the encoder: a quarter of a second, about 20 MB."""


class VideoRecorder:
    """Writes frames into a new video file.

    Attributes:
        path: the file; it is made with the first frame.
        left_out: frames that came too fast for the encoder.
        fault: why the recording ended early, one line; empty while it runs.
    """

    def __init__(self, path: Path) -> None:
        """Start waiting for frames.

        Args:
            path: a file that does not exist yet.
        """
        self.path = path
        self.left_out = 0
        self.fault = ""
        self._frames: queue.Queue[Frame] = queue.Queue(_WAITING)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="posecheck-record", daemon=True)
        self._thread.start()

    def keep(self, frame: Frame) -> None:
        """Take a frame, or leave it out; returns at once."""
        if self.fault:
            return
        try:
            self._frames.put_nowait(frame)
        except queue.Full:
            self.left_out += 1

    def close(self) -> None:
        """Write what still waits and finish the file."""
        self._stop.set()
        try:
            self._thread.join()
        except KeyboardInterrupt:
            self._thread.join()  # a video without its end is worth little
            raise

    def _work(self) -> None:
        try:
            self._write_all()
        except PoseCheckError as error:
            self._end_early(str(error))
        except Exception as error:
            kind = type(error).__name__
            self._end_early(f"{self.path}: cannot be written: a fault in posecheck ({kind})")
            raise  # a bug: its traceback goes to the terminal

    def _end_early(self, fault: str) -> None:
        self.fault = fault
        with suppress(queue.Empty):
            while True:
                self._frames.get_nowait()  # lets go of the frames

    def _write_all(self) -> None:
        first = self._next()
        if first is None:
            return
        with VideoWriter(self.path, first.size_px) as video:
            frame: Frame | None = first
            while frame is not None:
                video.write(fitted(frame.image_bgr, video.size_px), frame.t_s)
                frame = self._next()

    def _next(self) -> Frame | None:
        """Return the next frame; None when there will be none."""
        while True:
            try:
                return self._frames.get(timeout=_TICK_S)
            except queue.Empty:
                if self._stop.is_set():
                    return None
