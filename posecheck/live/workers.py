"""Finding the person in the newest picture, in one thread.

Pictures never queue: the worker takes the newest one, and the main thread gets the newest
one that was looked at. What was seen in the pictures between is kept, because the seconds
between them must be judged; it is small.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from posecheck.types import Frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from posecheck.estimators import PoseEstimator
    from posecheck.types import Observation

_TICK_S: Final = 0.1
"""How long the worker waits for a picture before it looks whether it should stop."""

_EVERY: Final = 16
"""Brightness is measured at every such pixel of every such row."""


class Feed(Protocol):
    """What gives the newest picture; a camera does."""

    def newest(self, timeout_s: float) -> Frame | None:
        """Return a picture newer than the last one; None if none came in time."""
        ...

    def now_s(self) -> float:
        """Return the time on the clock of the pictures."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one look at a picture gave.

    Attributes:
        observation: who was seen, and where.
        brightness: the picture's mean brightness in [0, 1].
    """

    observation: Observation
    brightness: float


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Everything that was seen since the last time.

    Attributes:
        looks: in the order of time, at least one.
        frame: the picture of the last look.
    """

    looks: tuple[Look, ...]
    frame: Frame


class Lookout:
    """Takes the newest picture again and again, and looks for the person in it.

    Times begin with the first picture that is looked at, as those of a recording do.
    """

    def __init__(
        self,
        feed: Feed,
        open_estimator: Callable[[], PoseEstimator],
        keep: Callable[[Frame], None] | None = None,
    ) -> None:
        """Start looking.

        Args:
            feed: where the pictures come from; whoever made it closes it, after this.
            open_estimator: makes what finds the landmarks; called in the worker.
            keep: gets every picture that is looked at; it must return at once.
        """
        self._feed, self._open_estimator, self._keep = feed, open_estimator, keep
        self._stop = threading.Event()
        self._news = threading.Condition()
        self._looks: list[Look] = []
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
        """Return the seconds since the first picture that was looked at; 0 before."""
        return 0.0 if self._zero_s is None else self._feed.now_s() - self._zero_s

    def take(self, timeout_s: float) -> Seen | None:
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
            return Seen(looks, frame)
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
            self._looks.append(Look(observation, brightness))
            self._frame = frame
            self._news.notify()
