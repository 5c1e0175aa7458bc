"""The newest picture, looked at in a thread; nothing seen is lost, and it always ends."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from posecheck.live.workers import PoseBatch, PoseWorker
from posecheck.types import Frame, Observation

if TYPE_CHECKING:
    from collections.abc import Callable

SOON_S = 20.0


class Feed:
    """A camera whose pictures a test hands over."""

    def __init__(self) -> None:
        self.frames: queue.Queue[Frame] = queue.Queue()
        self.clock_s = 0.0

    def newest(self, timeout_s: float) -> Frame | None:
        try:
            return self.frames.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def now_s(self) -> float:
        return self.clock_s

    def give(self, t_s: float, level: int = 0) -> None:
        self.frames.put(Frame(t_s, np.full((32, 48, 3), level, np.uint8)))


class Estimator:
    """Sees nobody; a test may hold it up or let it fail."""

    def __init__(self) -> None:
        self.closed = False
        self.at_work = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        self.error: Exception | None = None

    def estimate(self, frame: Frame) -> Observation:
        self.at_work.set()
        assert self.go_on.wait(SOON_S)
        if self.error is not None:
            raise self.error
        return Observation(frame.t_s, frame.size_px, None)

    def close(self) -> None:
        self.closed = True


def taken(lookout: PoseWorker, enough: Callable[[list[PoseBatch]], bool]) -> list[PoseBatch]:
    """Take until it is enough."""
    found: list[PoseBatch] = []
    while not enough(found):
        seen = lookout.take(SOON_S)
        assert seen is not None, "nothing came"
        found.append(seen)
    return found


def looks(found: list[PoseBatch]) -> list[float]:
    return [look.observation.t_s for seen in found for look in seen.looks]


def test_everything_seen_comes_in_order_with_the_newest_picture() -> None:
    feed, estimator = Feed(), Estimator()
    with PoseWorker(feed, lambda: estimator) as lookout:
        for number in range(20):
            feed.give(number / 30)
        found = taken(lookout, lambda so_far: len(looks(so_far)) == 20)
    assert looks(found) == pytest.approx([number / 30 for number in range(20)])
    assert all(seen.frame.t_s == seen.looks[-1].observation.t_s for seen in found)
    assert estimator.closed


def test_times_begin_with_the_first_picture_that_is_looked_at() -> None:
    feed = Feed()
    with PoseWorker(feed, Estimator) as lookout:
        assert lookout.now_s() == 0.0
        feed.give(7.5)
        feed.give(8.0)
        found = taken(lookout, lambda so_far: len(looks(so_far)) == 2)
        feed.clock_s = 9.25
        assert lookout.now_s() == 1.75
    assert looks(found) == [0.0, 0.5]


def test_brightness_is_that_of_the_picture() -> None:
    feed = Feed()
    with PoseWorker(feed, Estimator) as lookout:
        feed.give(0.0, level=51)
        (seen,) = taken(lookout, bool)
    assert seen.looks[0].brightness == pytest.approx(0.2)


def test_nothing_new_is_none() -> None:
    with PoseWorker(Feed(), Estimator) as lookout:
        assert lookout.take(0.01) is None


def test_what_keeps_pictures_gets_each_before_it_is_looked_at() -> None:
    feed, estimator = Feed(), Estimator()
    estimator.go_on.clear()
    kept: list[Frame] = []
    with PoseWorker(feed, lambda: estimator, kept.append):
        feed.give(3.0)
        assert estimator.at_work.wait(SOON_S)
        assert [frame.t_s for frame in kept] == [0.0]
        estimator.go_on.set()


@pytest.mark.parametrize("where", ["open", "estimate"])
def test_errors_are_raised_where_results_are_taken(where: str) -> None:
    feed, estimator = Feed(), Estimator()
    estimator.error = RuntimeError("out of order")

    def opened() -> Estimator:
        if where == "open":
            estimator.estimate(Frame(0.0, np.zeros((1, 1, 3), np.uint8)))
        return estimator

    with PoseWorker(feed, opened) as lookout:
        feed.give(0.0)
        with pytest.raises(RuntimeError, match="out of order"):
            lookout.take(SOON_S)
        with pytest.raises(RuntimeError, match="out of order"):
            lookout.take(SOON_S)
    assert estimator.closed == (where == "estimate")


def test_closing_ends_it_also_in_the_middle_of_a_look() -> None:
    feed, estimator = Feed(), Estimator()
    estimator.go_on.clear()
    lookout = PoseWorker(feed, lambda: estimator)
    feed.give(0.0)
    assert estimator.at_work.wait(SOON_S)
    threading.Timer(0.05, estimator.go_on.set).start()
    lookout.close()
    lookout.close()
    assert estimator.closed
