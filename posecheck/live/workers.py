"""Threads of a live session: pose estimation of the newest frame, and video recording.

Frames never queue: `PoseWorker` takes the newest one, and the main thread gets the newest analysed
one. The observations of the frames in between are kept, because all of them must be judged; they
are small.

`VideoRecorder` keeps the camera's video if the user asks for it; it never slows the session.

Encoding runs in its own thread. If it is too slow, frames are left out; the times of the others
stay true. A fault, such as a full disk, ends the recording and not the session.
"""

from __future__ import annotations

import queue
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from posecheck.display.video_writer import VideoWriter, fitted
from posecheck.errors import PoseCheckError
from posecheck.live.camera_motion import CameraMotion
from posecheck.system import Closing
from posecheck.system.threads import LatestSlot, Task
from posecheck.types import Frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from posecheck.pose import PoseEstimator
    from posecheck.types import Observation


_TICK_S: Final = 0.1
"""Seconds that the worker waits for a frame between checks whether it should stop."""

_EVERY: Final = 16
"""Step in pixels, in both directions, between the pixels at which brightness is measured."""


class CameraFeed(Protocol):
    """Source of the newest frame, such as a camera."""

    def newest(self, timeout_s: float) -> Frame | None:
        """Return a frame newer than the last one; None if none came in time."""
        ...

    def now_s(self) -> float:
        """Return the time on the clock of the frames."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TimedPose:
    """Result of one analysed frame.

    Attributes:
        observation: the observation.
        brightness: the image's mean brightness in [0, 1].
    """

    observation: Observation
    brightness: float


@dataclass(frozen=True, slots=True, eq=False)
class PoseBatch:
    """Results of all frames analysed since the last call.

    Attributes:
        looks: in the order of time, at least one.
        frame: the frame of the last look.
    """

    looks: tuple[TimedPose, ...]
    frame: Frame

    def followed_by(self, later: PoseBatch) -> PoseBatch:
        """Return both batches as one."""
        return PoseBatch(self.looks + later.looks, later.frame)


class PoseWorker(Closing):
    """Worker that takes the newest frame repeatedly and finds the person in it.

    Times begin with the first analysed frame, as those of a recording do.
    """

    def __init__(
        self,
        feed: CameraFeed,
        open_estimator: Callable[[], PoseEstimator],
        keep: Callable[[Frame], None] | None = None,
    ) -> None:
        """Start looking.

        Args:
            feed: the source of the frames; the caller closes it, after this worker.
            open_estimator: makes the pose estimator; called in the worker.
            keep: receives every analysed frame; it must return at once.
        """
        self._feed, self._open_estimator, self._keep = feed, open_estimator, keep
        self._zero_s: float | None = None
        self._motion = CameraMotion()
        self._seen: LatestSlot[PoseBatch] = LatestSlot(joined=PoseBatch.followed_by)
        self._task = Task(self._work, "posecheck-lookout", self._seen.end)
        self._task.start()

    def now_s(self) -> float:
        """Return the seconds since the first analysed frame; 0 before."""
        return 0.0 if self._zero_s is None else self._feed.now_s() - self._zero_s

    def take(self, timeout_s: float) -> PoseBatch | None:
        """Return the results since the last call; None if none came in time.

        Raises:
            BaseException: the error that stopped the worker.
        """
        return self._seen.take(timeout_s)

    def close(self) -> None:
        """End the thread and wait for it."""
        self._task.close()

    def _work(self) -> None:
        with closing(self._open_estimator()) as estimator:
            while not self._task.stop.is_set():
                self._look_once(estimator)

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
        if self._motion.look(frame.t_s, frame.image_bgr, observation.pose):
            observation = replace(observation, moved=True)
        brightness = float(frame.image_bgr[::_EVERY, ::_EVERY].mean()) / 255
        self._seen.put(PoseBatch((TimedPose(observation, brightness),), frame))


_WAITING: Final = 8
"""Largest number of frames that wait for the encoder: a quarter of a second, about 20 MB."""


class VideoRecorder:
    """Recorder of frames into a new video file.

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
        self._task = Task(self._work, "posecheck-record")
        self._task.start()

    def keep(self, frame: Frame) -> None:
        """Take a frame, or leave it out; returns at once."""
        if self.fault:
            return
        try:
            self._frames.put_nowait(frame)
        except queue.Full:
            self.left_out += 1

    def close(self) -> None:
        """Write the waiting frames and finish the file."""
        self._task.close()

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
                if self._task.stop.is_set():
                    return None
