"""Plan of a live session: sides, repetitions, seconds.

The dose comes from the exercise. Asking for something else is allowed within limits, and
every departure is a sentence that is shown before the start and kept in the session.

`Agenda` holds the repetitions left to do, `SpentHolds` the holds that are used up.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from posecheck.errors import PoseCheckError
from posecheck.form.hold import microseconds
from posecheck.types import Side

if TYPE_CHECKING:
    from posecheck.exercises import Dose, Exercise
    from posecheck.ledger import Hold


HOLD_RANGE_S: Final = (3.0, 60.0)
"""Range of ``--hold`` in seconds: the literature's holds for back extension begin at 3 s, and none
found for these stretches exceeds a minute."""

REPETITIONS_RANGE: Final = (1, 15)
"""Range of ``--repetitions``; 15 is the highest number found (back extension)."""

LIVE_SIDES: Final = ("both", "left", "right")
"""Accepted values for the sides of a live session."""


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """Plan of a live session.

    Attributes:
        exercise: the exercise that is judged, with the dose of this plan.
        sides: the stretched sides in the order in which they are asked for.
        repetitions: complete holds on each side.
        hold_s: seconds of valid form that complete a hold.
        rest_s: seconds of rest between two repetitions on the same side.
        change_s: seconds to get ready for the other side.
        departures: differences from the exercise's dose or from the options, one sentence each;
            shown before the start and kept in the session.
    """

    exercise: Exercise
    sides: tuple[Side, ...]
    repetitions: int
    hold_s: float
    rest_s: float = 3.0
    change_s: float = 8.0
    departures: tuple[str, ...] = ()

    @property
    def has_sides(self) -> bool:
        """Whether the exercise stretches one leg at a time."""
        return self.exercise.sides == "each"


def make_plan(
    exercise: Exercise,
    side: str = "both",
    repetitions: int | None = None,
    hold_s: float | None = None,
) -> SessionPlan:
    """Return the plan for an exercise's dose, or for the options given instead.

    Args:
        exercise: the exercise as its file has it.
        side: "both", "left" or "right".
        repetitions: complete holds on each side; None takes the exercise's.
        hold_s: seconds that complete a hold; None takes the exercise's.

    Raises:
        PoseCheckError: for a side, number or time outside its range; one line.
    """
    if side not in LIVE_SIDES:
        message = f"unknown side {side!r}: choose one of {', '.join(LIVE_SIDES)}"
        raise PoseCheckError(message)
    _check("--repetitions", repetitions, REPETITIONS_RANGE, "")
    _check("--hold", hold_s, HOLD_RANGE_S, " s")
    dose = exercise.dose
    repetitions = dose.repetitions if repetitions is None else repetitions
    hold_s = dose.hold_s if hold_s is None else float(hold_s)
    departures = _departures(dose, repetitions, hold_s)
    if exercise.sides == "both":
        sides: tuple[Side, ...] = (Side.BOTH,)
        if side != "both":
            departures += (f"{exercise.title} has no side; --side {side} changes nothing.",)
    else:
        sides = (Side.LEFT, Side.RIGHT) if side == "both" else (Side(side),)
    return SessionPlan(
        exercise=_with_dose(exercise, repetitions, hold_s),
        sides=sides,
        repetitions=repetitions,
        hold_s=hold_s,
        rest_s=exercise.pace.rest_s,
        change_s=exercise.pace.change_s,
        departures=departures,
    )


def as_facts(plan: SessionPlan) -> dict[str, Any]:
    """Return the facts about a plan for a session file's first line, in JSON types.

    ``plan``: the sides in their order, complete holds on each, seconds of a hold.
    """
    sides = [str(side) for side in plan.sides]
    return {"plan": {"sides": sides, "repetitions": plan.repetitions, "hold_s": plan.hold_s}}


def _check(option: str, value: float | None, allowed: tuple[float, float], unit: str) -> None:
    low, high = allowed
    if value is not None and not low <= value <= high:  # NaN is refused, too
        message = f"{option} {value:g}: choose between {low:g} and {high:g}{unit}"
        raise PoseCheckError(message)


def _departures(dose: Dose, repetitions: int, hold_s: float) -> tuple[str, ...]:
    """Return the differences from the dose; fewer repetitions lie within "up to"."""
    asked = []
    if hold_s != dose.hold_s:
        asked.append(f"holds of {hold_s:g} s")
    if repetitions > dose.repetitions:
        asked.append(f"{repetitions} repetitions")
    if not asked:
        return ()
    dose_said = f"{dose.hold_s:g} s, up to {dose.repetitions} times"
    return (f"You asked for {' and '.join(asked)}; the dose of this exercise is {dose_said}.",)


def _with_dose(exercise: Exercise, repetitions: int, hold_s: float) -> Exercise:
    """Return the exercise with the dose of the plan, so that the session stores it, too."""
    dose = exercise.dose
    if (repetitions, hold_s) == (dose.repetitions, dose.hold_s):
        return exercise
    asked = f"Asked for by the user: {hold_s:g} s, {repetitions} times."
    update = {"repetitions": repetitions, "hold_s": hold_s, "note": f"{asked} {dose.note}"}
    if hold_s != dose.hold_s or repetitions > dose.repetitions:
        update["source"] = (
            f"asked for by the user; the exercise file says {dose.hold_s:g} s, up to "
            f"{dose.repetitions} times ({dose.source})"
        )
    return exercise.model_copy(update={"dose": dose.model_copy(update=update)})


RELEASE_S: Final = 1.0
"""Shortest release of the stretch between two repetitions, in seconds; after a shorter one the old
hold continues."""


@dataclass(frozen=True, slots=True)
class HoldTurn:
    """One planned repetition: the side, and its number on that side from 1."""

    side: Side
    repetition: int


class Agenda:
    """The repetitions left to do, in order.

    Attributes:
        done: for each side the complete holds so far.
        timed: for each side the repetitions for which a timer ran.
    """

    def __init__(self, plan: SessionPlan) -> None:
        """Plan all repetitions of one side, then of the next."""
        self._plan = plan
        self._left = [
            HoldTurn(side, number)
            for side in plan.sides
            for number in range(1, plan.repetitions + 1)
        ]
        self._last = self._left[0]
        self.planned = len(self._left)
        self.done: Counter[Side] = Counter()
        self.timed: Counter[Side] = Counter()
        self._passed: Counter[Side] = Counter()

    @property
    def completed(self) -> int:
        """Complete holds so far, on all sides."""
        return self.done.total()

    @property
    def turn(self) -> HoldTurn:
        """The present repetition; the last one when all are over."""
        return self._left[0] if self._left else self._last

    @property
    def over(self) -> bool:
        """Whether no repetition is left."""
        return not self._left

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides that have or had repetitions, in the order of the plan."""
        found = [*self._plan.sides, *self.done, *self.timed, *(turn.side for turn in self._left)]
        return tuple(side for side in dict.fromkeys(found) if self.planned_on(side))

    def planned_on(self, side: Side) -> int:
        """Return the number of repetitions on a side: done, timed, skipped or left."""
        return self._passed[side] + sum(turn.side is side for turn in self._left)

    def pass_on(self, *, completed: bool, timed: bool = False) -> None:
        """Go on to the next repetition.

        Args:
            completed: whether the one that ends was completed; otherwise it was skipped.
            timed: whether a timer ran for it.
        """
        if self._left:
            self._last = self._left.pop(0)
            self._passed[self._last.side] += 1
            self.done[self._last.side] += completed
            self.timed[self._last.side] += timed

    def may_begin_with(self, side: Side) -> bool:
        """Whether no repetition was done yet on this side, nor on the one that is next.

        Then it does not matter which of the two comes first.
        """
        return (
            side is not self.turn.side
            and not self.over
            and self.turn.repetition == 1
            and HoldTurn(side, 1) in self._left
        )

    def take_side(self, side: Side) -> None:
        """Do the repetitions of a side first; without any, move the present side's ones to it."""
        if not any(turn.side is side for turn in self._left):
            now = self.turn.side
            self._left = [replace(t, side=side) if t.side is now else t for t in self._left]
        self._left.sort(key=lambda turn: turn.side is not side)  # stable: order is kept


class SpentHolds:
    """Tracker that distinguishes a new hold from one of an earlier repetition."""

    def __init__(self) -> None:
        """Begin without a hold."""
        self._spent: Hold | None = None

    @property
    def spent(self) -> Hold | None:
        """The last hold that does not count any more; it grows while a person stays in it."""
        return self._spent

    def spend(self, hold: Hold | None) -> None:
        """Note that a hold was used up."""
        if hold is not None:
            self._spent = hold

    def fresh(self, hold: Hold | None, side: Side) -> Hold | None:
        """Return the running hold if it may count for a repetition on this side."""
        if hold is None:
            return None
        spent = self._spent
        if spent is not None and hold.side is spent.side:
            released_us = hold.start_us - spent.end_us
            if hold.start_us == spent.start_us or released_us < microseconds(RELEASE_S):
                self._spent = hold
                return None
        return hold if hold.side is side else None
