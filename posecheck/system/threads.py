"""Handing over the newest thing between threads; older ones never queue.

A thread that does one thing after the other, and the newest instead of the waiting one.

Words and tones that come too late are worse than none, so nothing queues: at most one
waits, and a newer one takes its place.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable


T = TypeVar("T")


class LatestSlot(Generic[T]):
    """A place for one item: a later one takes the place of one that nobody took.

    Attributes:
        dropped: items that were replaced before they were taken.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.dropped = 0
        self._item: T | None = None
        self._error: BaseException | None = None
        self._ended = False
        self._changed = threading.Condition()

    def put(self, item: T) -> None:
        """Put an item in, in place of one that still waits."""
        with self._changed:
            self.dropped += self._item is not None
            self._item = item
            self._changed.notify_all()

    def take(self, timeout_s: float) -> T | None:
        """Take the item; wait for one if there is none.

        Args:
            timeout_s: longest wait.

        Returns:
            None if none came in time, or if none will come any more.

        Raises:
            BaseException: what the other side ended with, once the last item is taken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._ended, timeout_s)
            item, self._item = self._item, None
            if item is None and self._error is not None:
                raise self._error
            return item

    def end(self, error: BaseException | None = None) -> None:
        """Say that no more will come; wakes who waits."""
        with self._changed:
            self._error = self._error or error
            self._ended = True
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        """Whether no more will come."""
        return self._ended


CLOSE_S: Final = 2.0
"""How long closing waits for the thread; it is a daemon and holds nobody up after that."""


class Worker(Generic[T]):
    """Does work in a thread of its own until it fails or is closed."""

    def __init__(self, do: Callable[[T], None], why_not: Callable[[Exception], str | None]) -> None:
        """Start waiting for work.

        Args:
            do: does one piece of work, in the thread.
            why_not: says in one sentence why ``do`` failed, after which nothing more is
                done; None if it is a bug, which then keeps its traceback.
        """
        self._do, self._why_not = do, why_not
        self._changed = threading.Condition()
        self._waiting: list[T] = []
        self._closed = False
        self._notice: str | None = None
        self._thread = threading.Thread(target=self._run, name="posecheck-sound", daemon=True)
        self._thread.start()

    def give(self, work: T) -> None:
        """Give work; if some is waiting, this takes its place. Returns at once."""
        with self._changed:
            self._waiting = [work]
            self._changed.notify()

    def notice(self) -> str | None:
        """Return why it stopped working, the first time it is asked; None otherwise."""
        with self._changed:
            notice, self._notice = self._notice, None
        return notice

    def close(self) -> None:
        """Drop what waits and end the thread after what it is doing."""
        with self._changed:
            self._closed, self._waiting = True, []
            self._changed.notify()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                work = self._waiting.pop()
            try:
                self._do(work)
            except Exception as error:
                sentence = self._why_not(error)
                if sentence is None:
                    raise
                with self._changed:
                    self._closed, self._notice = True, sentence
                return
