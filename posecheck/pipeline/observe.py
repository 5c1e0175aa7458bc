"""Observations of a source: reading and inference, each in its own thread.

`Background` runs a stage of the pipeline in a thread. All threads of file analysis are here.

A stage is any iterable; its items come out in order through a bounded queue, an exception in it is
raised where the items are taken, and `close` always ends the thread, with a full or empty queue.
"""

from __future__ import annotations

import queue
import threading
import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from posecheck.pose import open_estimator
from posecheck.sources.watch import is_dark

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from types import TracebackType
    from typing import Self

    from posecheck.pose.follow import Misfit
    from posecheck.pose.models import Model
    from posecheck.sources import FrameSource
    from posecheck.types import Frame, Observation


T = TypeVar("T")

_TICK_S: Final = 0.05
"""Seconds that a blocked hand-over waits between checks whether it should stop."""


class _End:
    """Last item in the queue: the stage has ended, normally or by an error."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Background(Generic[T]):
    """An iterable that runs in a thread, at most ``ahead`` items in advance."""

    def __init__(self, items: Iterable[T], ahead: int, name: str) -> None:
        """Start working.

        Args:
            items: the stage; a generator is closed in its own thread at the end.
            ahead: items that may wait in the queue.
            name: the thread's name.
        """
        self._items = items
        self._queue: queue.Queue[T | _End] = queue.Queue(ahead)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Return the stage itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the stage."""
        self.close()

    def __iter__(self) -> Iterator[T]:
        """Yield the items in order; raise what the stage raised."""
        while not self._stop.is_set():
            try:
                item = self._queue.get(timeout=_TICK_S)
            except queue.Empty:
                continue
            if isinstance(item, _End):
                self._stop.set()
                if item.error is not None:
                    raise item.error
                return
            yield item

    def close(self) -> None:
        """End the thread and wait for it; items not yet taken are dropped."""
        self._stop.set()
        try:
            self._thread.join()
        except KeyboardInterrupt:
            self._thread.join()  # what comes next takes away what the thread still uses
            raise

    def _work(self) -> None:
        error: BaseException | None = None
        try:
            for item in self._items:
                if not self._hand_over(item):
                    break
        except BaseException as caught:  # noqa: BLE001 - it is raised again by the taker
            error = caught
        finally:
            close = getattr(self._items, "close", None)
            if close is not None:
                try:
                    close()
                except BaseException as caught:  # noqa: BLE001 - raised again by the taker
                    error = error or caught
            self._hand_over(_End(error))

    def _hand_over(self, item: T | _End) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=_TICK_S)
            except queue.Full:
                continue
            return True
        return False


BATCH: Final = 8
"""Number of frames judged together; the arithmetic for one costs almost as much as for eight."""

LONGEST_BATCH_S: Final = 0.3
"""Longest duration of a batch in seconds, so that few frames wait in memory on a slow machine."""

AHEAD_BYTES: Final = 12_000_000
"""Approximate memory of the frames decoded ahead of inference, in bytes."""


def observe(
    source: FrameSource, model: Model, *, keep_frames: bool, misfit: Misfit | None = None
) -> Generator[list[tuple[Frame | None, Observation]], None, None]:
    """Yield the observations of a source, in batches, in the order of time.

    Close the generator before the source: its threads read from it.

    Args:
        source: the source of the frames.
        model: a verified pose model.
        keep_frames: whether the frames are wanted with the observations; without
            them memory stays small.
        misfit: how the person who does the exercise is chosen among several; see
            `posecheck.pose.open_estimator`.

    Raises:
        SourceError, ModelError, InstallationError: as raised by the stages.
    """
    width, height = source.info.size_px
    ahead = max(1, min(4, AHEAD_BYTES // max(1, width * height * 3)))
    with Background(source.frames(), ahead, "posecheck-read") as frames:
        seen = _estimate(frames, model, misfit, keep_frames=keep_frames)
        # Handed over in batches: waking the other thread for every frame costs more.
        with Background(_batches(seen), 1, "posecheck-pose") as batches:
            yield from batches


def _batches(items: Generator[T, None, None]) -> Iterator[list[T]]:
    """Yield items in batches; the first item at once, so that a user sees progress."""
    batch: list[T] = []
    wanted, begun_s = 1, time.monotonic()
    with closing(items):  # in this thread, not where the garbage is collected
        for item in items:
            batch.append(item)
            now_s = time.monotonic()
            if len(batch) >= wanted or now_s - begun_s >= LONGEST_BATCH_S:
                yield batch
                batch, wanted, begun_s = [], BATCH, time.monotonic()
        if batch:
            yield batch


def _estimate(
    frames: Iterable[Frame], model: Model, misfit: Misfit | None, *, keep_frames: bool
) -> Generator[tuple[Frame | None, Observation], None, None]:
    with closing(open_estimator(model, misfit=misfit)) as estimator:
        for frame in frames:
            observation = estimator.estimate(frame)
            dark = observation.pose is None and is_dark(frame.image_bgr)
            if dark or frame.repeated:
                observation = replace(observation, dark=dark, repeated=frame.repeated)
            yield (frame if keep_frames else None), observation
