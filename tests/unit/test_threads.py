"""Threads: work is always waited for, and a slot keeps the newest item or joins all."""

from __future__ import annotations

import threading

import pytest

from posecheck.system.threads import LatestSlot, Task, Worker

SOON_S = 10.0


def test_a_task_is_waited_for_also_when_ctrl_c_comes_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = threading.Event()

    def work() -> None:
        task.stop.wait(SOON_S)
        done.set()

    task = Task(work, "posecheck-test")
    task.start()
    join = task._thread.join
    calls = 0

    def interrupted_once(timeout_s: float | None = None) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise KeyboardInterrupt
        join(timeout_s)

    monkeypatch.setattr(task._thread, "join", interrupted_once)
    with pytest.raises(KeyboardInterrupt):
        task.close()
    assert done.is_set()
    assert not task._thread.is_alive()


def test_the_end_of_a_task_is_told_with_its_error() -> None:
    ends: list[BaseException | None] = []
    error = ValueError("x")

    def failing() -> None:
        raise error

    for work in (lambda: None, failing):
        task = Task(work, "posecheck-test", ends.append)
        task.start()
        task.close()
    assert ends == [None, error]


def test_a_task_that_takes_too_long_is_left() -> None:
    go_on = threading.Event()

    def work() -> None:
        go_on.wait(SOON_S)

    task = Task(work, "posecheck-test")
    task.start()
    task.close(0.01)
    assert task._thread.is_alive()
    go_on.set()
    task.close()


def test_a_newer_item_replaces_one_that_waits() -> None:
    slot: LatestSlot[int] = LatestSlot()
    slot.put(1)
    slot.put(2)
    assert (slot.take(0), slot.take(0), slot.dropped) == (2, None, 1)


def test_items_that_wait_can_be_joined() -> None:
    slot: LatestSlot[tuple[int, ...]] = LatestSlot(joined=lambda one, other: one + other)
    for number in range(3):
        slot.put((number,))
    assert (slot.take(0), slot.take(0), slot.dropped) == ((0, 1, 2), None, 0)


def test_an_error_comes_after_the_last_item_and_the_first_one_counts() -> None:
    slot: LatestSlot[int] = LatestSlot()
    slot.put(1)
    slot.end(KeyError("first"))
    slot.end(KeyError("second"))
    assert slot.ended
    assert slot.take(None) == 1
    for _ in range(2):
        with pytest.raises(KeyError, match="first"):
            slot.take(None)


def test_an_end_wakes_and_can_drop_what_waits() -> None:
    slot: LatestSlot[int] = LatestSlot()
    threading.Timer(0.02, slot.end).start()
    assert slot.take(SOON_S) is None
    slot.put(1)
    slot.end(drop=True)
    assert slot.take(None) is None


def test_a_worker_stops_at_a_failure_and_tells_it_once() -> None:
    done: list[str] = []

    def do(work: str) -> None:
        done.append(work)
        raise OSError(work)

    worker = Worker(do, lambda error: f"stopped: {error}")
    worker.give("one")
    worker._task._thread.join(SOON_S)
    worker.give("two")
    assert [worker.notice(), worker.notice()] == ["stopped: one", None]
    worker.close()
    assert done == ["one"]
