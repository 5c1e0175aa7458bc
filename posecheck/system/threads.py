"""Handing over the newest thing between threads; older ones never queue."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
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
