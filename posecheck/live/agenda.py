"""What is still to do, and which holds may count for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from posecheck.hold import microseconds

if TYPE_CHECKING:
    from posecheck.live.plan import Plan
    from posecheck.types import Hold, Side

RELEASE_S: Final = 1.0
"""Between two repetitions the stretch is let go for at least so long; whoever stays in it
prolongs the old hold."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One repetition that is to be done: the side, and its number on that side from 1."""

    side: Side
    repetition: int


class Agenda:
    """The repetitions that are left, in order.

    Attributes:
        completed: complete holds so far.
    """

    def __init__(self, plan: Plan) -> None:
        """Plan all repetitions of one side, then of the next."""
        self._plan = plan
        self._left = [
            Turn(side, number) for side in plan.sides for number in range(1, plan.repetitions + 1)
        ]
        self._last = self._left[0]
        self.completed = 0
        self.planned = len(self._left)

    @property
    def turn(self) -> Turn:
        """The repetition that is to be done now; the last one when all are over."""
        return self._left[0] if self._left else self._last

    @property
    def over(self) -> bool:
        """Whether nothing is left."""
        return not self._left

    def pass_on(self, *, completed: bool) -> None:
        """Go on to the next repetition; the one that ends was completed or skipped."""
        if self._left:
            self._last = self._left.pop(0)
            self.completed += completed

    def may_begin_with(self, side: Side) -> bool:
        """Whether nothing was done yet on this side, nor on the one whose turn it is.

        Then it does not matter which of the two comes first.
        """
        return (
            side is not self.turn.side
            and not self.over
            and self.turn.repetition == 1
            and Turn(side, 1) in self._left
        )

    def take_side(self, side: Side) -> None:
        """Do what is left on a side first; if nothing is, do the rest of this side there."""
        if not any(turn.side is side for turn in self._left):
            now = self.turn.side
            self._left = [replace(t, side=side) if t.side is now else t for t in self._left]
        self._left.sort(key=lambda turn: turn.side is not side)  # stable: order is kept


class Stays:
    """Tells a new hold from one that belongs to a repetition that is over."""

    def __init__(self) -> None:
        """Nothing was held yet."""
        self._spent: Hold | None = None

    @property
    def spent(self) -> Hold | None:
        """The last hold that may not count any more; it grows while somebody stays in it."""
        return self._spent

    def spend(self, hold: Hold | None) -> None:
        """Note that a hold was used up."""
        if hold is not None:
            self._spent = hold

    def fresh(self, hold: Hold | None, side: Side) -> Hold | None:
        """Return the hold that runs, if it may count for a repetition on this side."""
        if hold is None:
            return None
        spent = self._spent
        if spent is not None and hold.side is spent.side:
            released_us = hold.start_us - spent.end_us
            if hold.start_us == spent.start_us or released_us < microseconds(RELEASE_S):
                self._spent = hold
                return None
        return hold if hold.side is side else None
