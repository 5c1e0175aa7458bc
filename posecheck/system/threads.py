"""Threads: work that is stopped and waited for, and items passed between threads.

`Task` is the one thread class: it is asked to stop, and always waited for, also under Ctrl-C. Three
ways of passing items stand on it. `LatestSlot` holds one item, and a newer one replaces it.
`Background` runs a stage of a pipeline and hands over every item in order. `Worker` works on the
newest item given to it: late speech and tones are worse than none.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from posecheck.system import Closing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


T = TypeVar("T")


class Task:
    """A daemon thread that does one piece of work until that ends or is asked to stop.

    Attributes:
        stop: set when the work should end; the work looks at it or waits for it.
    """

    def __init__(
        self,
        work: Callable[[], None],
        name: str,
        ended: Callable[[BaseException | None], None] | None = None,
    ) -> None:
        """Prepare; `start` starts the thread.

        Args:
            work: called once, in the thread.
            name: the thread's name.
            ended: called in the thread at the end of the work, with its error if it failed; without
                it the traceback of an error goes to the terminal.
        """
        self.stop = threading.Event()
        self._work, self._ended = work, ended
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self, timeout_s: float | None = None) -> None:
        """Ask the work to stop and wait for the thread, also if Ctrl-C comes meanwhile.

        Args:
            timeout_s: longest wait, for work that may hang in a driver; None waits for its end.
        """
        self.stop.set()
        try:
            self._thread.join(timeout_s)
        except KeyboardInterrupt:
            self._thread.join(timeout_s)  # what comes next takes away what the thread still uses
            raise

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            self._work()
        except BaseException as caught:
            if self._ended is None:
                raise
            error = caught
        if self._ended is not None:
            self._ended(error)


class LatestSlot(Generic[T]):
    """A slot for one item: a later item replaces one that was not taken.

    Attributes:
        dropped: items that were replaced before they were taken.
    """

    def __init__(self, joined: Callable[[T, T], T] | None = None) -> None:
        """Begin empty.

        Args:
            joined: makes one item of the one that waits and a later one; None drops the earlier.
        """
        self.dropped = 0
        self._joined = joined
        self._item: T | None = None
        self._error: BaseException | None = None
        self._ended = False
        self._changed = threading.Condition()

    def put(self, item: T) -> None:
        """Put an item in, in place of one that still waits."""
        with self._changed:
            if self._item is not None:
                if self._joined is None:
                    self.dropped += 1
                else:
                    item = self._joined(self._item, item)
            self._item = item
            self._changed.notify_all()

    def take(self, timeout_s: float | None) -> T | None:
        """Take the item; wait for one if there is none.

        Args:
            timeout_s: longest wait; None waits until one comes or `end` is called.

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

    def end(self, error: BaseException | None = None, *, drop: bool = False) -> None:
        """Mark the end of the items; wakes a waiting thread.

        Args:
            error: raised in `take` after the last item.
            drop: whether an item that waits is dropped.
        """
        with self._changed:
            self._error = self._error or error
            self._ended = True
            if drop:
                self._item = None
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        """Whether no more will come."""
        return self._ended


_TICK_S: Final = 0.05
"""Seconds that a blocked hand-over waits between checks whether it should stop."""


class _End:
    """Last item in the queue: the stage has ended, normally or by an error."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Background(Closing, Generic[T]):
    """An iterable that runs in a thread, at most ``ahead`` items in advance.

    Its items come out in order, an exception in it is raised where the items are taken, and `close`
    always ends the thread, with a full or empty queue.
    """

    def __init__(self, items: Iterable[T], ahead: int, name: str) -> None:
        """Start working.

        Args:
            items: the stage; a generator is closed in its own thread at the end.
            ahead: items that may wait in the queue.
            name: the thread's name.
        """
        self._items = items
        self._queue: queue.Queue[T | _End] = queue.Queue(ahead)
        self._task = Task(self._work, name, self._end)
        self._task.start()

    def __iter__(self) -> Iterator[T]:
        """Yield the items in order; raise what the stage raised."""
        while not self._task.stop.is_set():
            try:
                item = self._queue.get(timeout=_TICK_S)
            except queue.Empty:
                continue
            if isinstance(item, _End):
                self._task.stop.set()
                if item.error is not None:
                    raise item.error
                return
            yield item

    def close(self) -> None:
        """End the thread and wait for it; items not yet taken are dropped."""
        self._task.close()

    def _work(self) -> None:
        close: Callable[[], None] = getattr(self._items, "close", lambda: None)
        try:
            for item in self._items:
                if not self._hand_over(item):
                    break
        except BaseException:
            with suppress(BaseException):  # the first error tells more
                close()
            raise
        close()

    def _end(self, error: BaseException | None) -> None:
        self._hand_over(_End(error))

    def _hand_over(self, item: T | _End) -> bool:
        """Put an item into the queue; return False if it was stopped before there was room."""
        while not self._task.stop.is_set():
            try:
                self._queue.put(item, timeout=_TICK_S)
            except queue.Full:
                continue
            return True
        return False


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
        self._waiting: LatestSlot[T] = LatestSlot()
        self._notices: LatestSlot[str] = LatestSlot()
        self._task = Task(self._work, "posecheck-sound")
        self._task.start()

    def give(self, work: T) -> None:
        """Give work; it replaces work that is waiting. Returns at once."""
        self._waiting.put(work)

    def notice(self) -> str | None:
        """Return the cause of a stop at the first call after it; None otherwise."""
        return self._notices.take(0)

    def close(self) -> None:
        """Drop waiting work and end the thread after the present work."""
        self._waiting.end(drop=True)
        self._task.close(CLOSE_S)

    def _work(self) -> None:
        while not self._task.stop.is_set():
            work = self._waiting.take(None)
            if work is None:
                return
            try:
                self._do(work)
            except Exception as error:
                sentence = self._why_not(error)
                if sentence is None:
                    raise
                self._notices.put(sentence)
                return
