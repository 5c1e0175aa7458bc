"""The times of a file in, times that rise out; pure.

A time that lies outside its neighbours is moved between them. After a clock that steps
back, time goes on from where it was. A picture without a time follows the one before at
the frame rate that the stream names. What was changed is counted, and said with its size.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CLAMP_STEP_S: Final = 0.001
"""A picture whose timestamp does not lie after the one before is moved so far after it."""

STRAY_S: Final = 1.0
"""A picture whose time lies so far beyond that of the next one is moved before it."""

SHORTEST_STEP_S: Final = 0.000_001
"""Times are counted in whole microseconds; nearer ones are no progress."""

_UNEVEN_S: Final = 0.002
"""Containers round times to a millisecond; a step back of no more is that, no other clock."""

_LONGEST_STEP_S: Final = 0.5

T = TypeVar("T")


class Clock:
    """Gives each picture of a file its time in seconds, rising and never below 0."""

    def __init__(self, zero_s: float, step_s: float, speed: float = 1.0) -> None:
        """Begin.

        Args:
            zero_s: the file's time that is 0 s on a player's time line.
            step_s: from one picture to the next at the frame rate that the file names.
            speed: the file's seconds in one second that passed; more than 1 in slow motion.
        """
        self._zero_s = zero_s
        self._speed = speed
        self._step_s = step_s / speed
        self._shift_s = 0.0
        self._last_s = self._head_s = -math.inf
        self._untimed = self._strays = self._restarts = 0
        self._moved_s = self._back_s = 0.0

    @property
    def last_s(self) -> float:
        """The time that was given last; minus infinity before the first."""
        return self._last_s

    def timed(self, items: Iterable[tuple[float | None, T]]) -> Iterator[tuple[float, T]]:
        """Yield items with rising times.

        Args:
            items: each with its time in the file, in seconds; None without one.
        """
        held: tuple[float | None, T] | None = None
        for item in items:
            if held is not None:
                yield self._place(held[0], item[0]), held[1]
            held = item
        if held is not None:
            yield self._place(held[0], None), held[1]

    def _place(self, raw_s: float | None, next_raw_s: float | None) -> float:
        next_s = math.inf if next_raw_s is None else self._on_line(next_raw_s)
        if raw_s is None:
            t_s = self._untimed_s(next_s)
        else:
            t_s = self._on_line(raw_s)
            if self._last_s == -math.inf and t_s < 0:
                self._shift_s -= t_s
                t_s = 0.0
            t_s = self._in_order(t_s, next_s)
        gained_s = t_s - self._last_s
        if CLAMP_STEP_S < gained_s <= _LONGEST_STEP_S:
            self._step_s = gained_s
        self._last_s = t_s
        return t_s

    def _on_line(self, raw_s: float) -> float:
        return (raw_s - self._zero_s) / self._speed + self._shift_s

    def _untimed_s(self, next_s: float) -> float:
        self._untimed += 1
        if self._last_s == -math.inf:
            return 0.0
        t_s = self._last_s + self._step_s
        room = self._last_s + 2 * SHORTEST_STEP_S < next_s <= t_s
        return (self._last_s + next_s) / 2 if room else t_s

    def _in_order(self, t_s: float, next_s: float) -> float:
        """Return a time after the last one, moved if it is not."""
        last_s = self._last_s
        if last_s + 2 * SHORTEST_STEP_S < next_s < t_s - STRAY_S:  # this one alone is astray
            placed_s = (max(last_s, next_s - CLAMP_STEP_S) + next_s) / 2
            if placed_s < 0:  # the first one: those that follow make room
                self._shift_s -= placed_s
                placed_s = 0.0
        elif t_s >= last_s + SHORTEST_STEP_S:
            self._head_s = t_s
            return t_s
        elif last_s < next_s < math.inf or self._head_s - t_s <= _UNEVEN_S:
            placed_s = last_s + CLAMP_STEP_S
        else:
            return self._restart(t_s)
        self._strays += 1
        self._moved_s = max(self._moved_s, abs(placed_s - t_s))
        return placed_s

    def _restart(self, t_s: float) -> float:
        """Go on after the last time, for this picture and those that follow."""
        placed_s = self._last_s + max(self._step_s, CLAMP_STEP_S)
        self._restarts += 1
        self._back_s = max(self._back_s, self._head_s - t_s)
        self._shift_s += placed_s - t_s
        self._head_s = placed_s
        return placed_s

    def warnings(self) -> tuple[str, ...]:
        """Return what was changed, and by how much, one sentence each."""
        found = []
        if self._restarts:
            often = "once, by" if self._restarts == 1 else f"{self._restarts} times, by at most"
            found.append(
                f"the file's clock steps back {often} {self._back_s:.2f} s; "
                "the time goes on from where it was"
            )
        if self._strays:
            plural = "picture" if self._strays == 1 else "pictures"
            found.append(
                f"{self._strays} {plural} had a time not after the one before or not before "
                f"the next; each was moved between them, by at most {self._moved_s:.2f} s"
            )
        if self._untimed:
            plural = "picture has" if self._untimed == 1 else "pictures have"
            found.append(
                f"{self._untimed} {plural} no time in the file; each was placed "
                f"{self._step_s:.3f} s after the one before, which is an assumption"
            )
        return tuple(found)
