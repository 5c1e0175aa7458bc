"""``posecheck.system.threads.Background``: order, errors, and an end in every situation."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from posecheck.system.threads import Background

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "posecheck-test"
SOON_S = 2.0


def closes_soon(stage: Background[int]) -> bool:
    """Whether close comes back; done in a thread so that a hang fails instead of hanging."""
    closer = threading.Thread(target=stage.close, daemon=True)
    closer.start()
    closer.join(SOON_S)
    return not closer.is_alive()


def running() -> bool:
    return any(thread.name == NAME for thread in threading.enumerate())


@pytest.mark.parametrize("ahead", [1, 2, 1000])
def test_order_is_kept(ahead: int) -> None:
    with Background(range(500), ahead, NAME) as stage:
        assert list(stage) == list(range(500))
    assert not running()


def test_nothing_in_nothing_out() -> None:
    with Background([], 1, NAME) as stage:
        assert list(stage) == []
        assert list(stage) == [], "a second look ends at once"


def test_none_and_false_are_items_too() -> None:
    with Background([None, False, 0, ()], 1, NAME) as stage:
        assert list(stage) == [None, False, 0, ()]


class Odd(BaseException):
    """Not an Exception."""


@pytest.mark.parametrize("error", [ValueError("x"), Odd("y"), KeyboardInterrupt(), SystemExit(3)])
def test_error_comes_across_after_the_items_before_it(error: BaseException) -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise error

    taken = []
    with Background(items(), 1, NAME) as stage, pytest.raises(type(error)) as caught:
        taken.extend(stage)
    with suppress(IndexError):
        assert caught.value is error
    assert not running()


def test_items_before_an_error_are_not_lost() -> None:
    def items() -> Iterator[int]:
        yield from range(5)
        message = "late"
        raise ValueError(message)

    taken: list[int] = []
    with Background(items(), 10, NAME) as stage, pytest.raises(ValueError, match="late"):
        taken.extend(stage)
    assert taken == [0, 1, 2, 3, 4]


def test_error_when_the_generator_is_closed_comes_across() -> None:
    class Source:
        def __init__(self) -> None:
            self.left = 3

        def __iter__(self) -> Source:
            return self

        def __next__(self) -> int:
            self.left -= 1
            if self.left < 0:
                raise StopIteration
            return self.left

        def close(self) -> None:
            message = "at the end"
            raise OSError(message)

    with Background(Source(), 1, NAME) as stage, pytest.raises(OSError, match="at the end"):
        list(stage)


def test_closes_while_the_producer_waits_at_a_full_queue() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10**9):
            made.append(number)
            yield number

    stage = Background(items(), 2, NAME)
    deadline = time.monotonic() + SOON_S
    while len(made) < 3 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert closes_soon(stage)
    assert not running()
    assert len(made) == 3, "two wait and one is held: no more is made in advance"


def test_closes_when_nobody_ever_takes() -> None:
    stage = Background(iter([1, 2, 3]), 1, NAME)
    assert closes_soon(stage)
    assert not running()


def test_closes_again_and_again() -> None:
    stage = Background(range(3), 1, NAME)
    for _ in range(3):
        assert closes_soon(stage)


def test_closes_after_an_early_break_and_closes_the_generator_in_its_thread() -> None:
    closed_in: list[str] = []

    def items() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed_in.append(threading.current_thread().name)

    with Background(items(), 1, NAME) as stage:
        for item in stage:
            if item == 3:
                break
    assert closed_in == [NAME]
    assert not running()


def test_closes_when_the_consumer_fails() -> None:
    def consume() -> None:
        with Background(range(10**9), 1, NAME) as stage:
            for _ in stage:
                message = "mine"
                raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="mine"):
        consume()
    assert not running()


def test_consumer_that_waits_is_let_go_by_close() -> None:
    hold_back = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        hold_back.wait(30)

    stage = Background(items(), 1, NAME)
    taken: list[int] = []
    consumer = threading.Thread(target=lambda: taken.extend(stage), daemon=True)
    consumer.start()
    closer = threading.Thread(target=stage.close, daemon=True)
    closer.start()
    consumer.join(SOON_S)
    assert not consumer.is_alive(), "it waits for ever"
    hold_back.set()
    closer.join(SOON_S)
    assert not running()


def test_chain_of_two_closes_from_the_end() -> None:
    """As in ``stream.observe``: inference takes from reading, and both must end."""
    first = Background(range(10**9), 2, NAME)
    second = Background((item + 1 for item in first), 2, NAME)
    assert next(iter(second)) == 1
    assert closes_soon(second)
    assert closes_soon(first)
    assert not running()


def test_error_in_the_first_of_two_reaches_the_end() -> None:
    def items() -> Iterator[int]:
        yield 0
        message = "deep"
        raise OSError(message)

    with (
        Background(items(), 2, NAME) as first,
        Background((item for item in first), 2, NAME) as second,
        pytest.raises(OSError, match="deep"),
    ):
        list(second)
    assert not running()


def test_many_short_lives() -> None:
    for number in range(100):
        with Background(range(number), 1, NAME) as stage:
            for item in stage:
                if item == number // 2:
                    break
    assert not running()
