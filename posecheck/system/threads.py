"""Passing the newest item between threads; older items never queue.

`LatestSlot` holds one item. `Worker` is a thread that works on the newest item given to it.

Late speech and tones are worse than none, so at most one item waits, and a newer one replaces it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable


T = TypeVar("T")


class LatestSlot(Generic[T]):
    """A slot for one item: a later item replaces one that was not taken.

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
        """Put an item in; it replaces one that still waits."""
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
            BaseException: the error given to `end`, once the last item is taken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._ended, timeout_s)
            item, self._item = self._item, None
            if item is None and self._error is not None:
                raise self._error
            return item

    def end(self, error: BaseException | None = None) -> None:
        """Mark the end of the items; wakes a waiting thread."""
        with self._changed:
            self._error = self._error or error
            self._ended = True
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        """Whether no more will come."""
        return self._ended


CLOSE_S: Final = 2.0
"""Seconds that closing waits for the thread; as a daemon it does not block the end of the
program."""


class Worker(Generic[T]):
    """A thread that works until it fails or is closed."""

    def __init__(self, do: Callable[[T], None], why_not: Callable[[Exception], str | None]) -> None:
        """Start waiting for work.

        Args:
            do: function for one piece of work, called in the thread.
            why_not: function that gives the cause of a failure of ``do`` in one sentence, after
                which the work stops; None if it is a bug, which then keeps its traceback.
        """
        self._do, self._why_not = do, why_not
        self._changed = threading.Condition()
        self._waiting: list[T] = []
        self._closed = False
        self._notice: str | None = None
        self._thread = threading.Thread(target=self._run, name="posecheck-sound", daemon=True)
        self._thread.start()

    def give(self, work: T) -> None:
        """Give work; it replaces work that is waiting. Returns at once."""
        with self._changed:
            self._waiting = [work]
            self._changed.notify()

    def notice(self) -> str | None:
        """Return the cause of a stop at the first call after it; None otherwise."""
        with self._changed:
            notice, self._notice = self._notice, None
        return notice

    def close(self) -> None:
        """Drop waiting work and end the thread after the present work."""
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
