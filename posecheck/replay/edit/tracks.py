"""Steps as columns of numbers, for drawing a whole session at once.

`Player` is the position of a replay: a state machine to which the time is passed.

Every change is a new value. ``now_s`` is any clock that only runs forward; ``t_s`` is the
session's own time.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.annotations import differing
from posecheck.types import Evidence, Side, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from posecheck.annotations import Annotations, Span
    from posecheck.exercises import Exercise
    from posecheck.ledger import Step
    from posecheck.types import Verdict

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int8]


STATES: Final = tuple(State)
"""The states by their code: a state's code is its place here."""

CODE: Final = {state: code for code, state in enumerate(STATES)}

EVIDENCE_CODE: Final = {evidence: code for code, evidence in enumerate(Evidence)}

MISSING: Final = CODE[State.UNSEEN]
"""Code of a reading that is not there."""


class Tracks:
    """Values of the steps of a session, column by column; grows with the session.

    A rule that is measured on both sides has two columns, one for each in the order of the
    readings; all others have one.

    Attributes:
        names: the rule of each column.
    """

    def __init__(self, exercise: Exercise) -> None:
        """Begin without a step."""
        self.names: tuple[str, ...] = tuple(
            rule.name
            for rule in exercise.rules
            for _ in rule.sides(exercise.candidate_sides[0] or Side.LEFT)
        )
        self._times_s = array("d")
        self._spent_us = tuple(array("q") for _ in STATES)
        self._verdicts = array("b")
        self._evidence = array("b")
        self._values = tuple(array("d") for _ in self.names)
        self._states = tuple(array("b") for _ in self.names)

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self._times_s)

    def take(self, steps: Sequence[Step]) -> None:
        """Take in the steps that follow."""
        for step in steps:
            self._times_s.append(step.t_s)
            self._verdicts.append(CODE[step.verdict.state])
            self._evidence.append(EVIDENCE_CODE[_evidence_of(step.verdict)])
            ledger = step.ledger
            for spent, us in zip(
                self._spent_us, (ledger.valid_us, ledger.wrong_us, ledger.unseen_us), strict=True
            ):
                spent.append(us)
            self._take_readings(step.verdict)

    @property
    def times_s(self) -> Floats:
        """The times of the steps, a copy."""
        return np.array(self._times_s)

    @property
    def verdicts(self) -> Codes:
        """The codes of the verdicts' states, a copy."""
        return np.array(self._verdicts)

    @property
    def evidence(self) -> Codes:
        """Evidence of crossed legs at each step, as `EVIDENCE_CODE`, a copy."""
        return np.array(self._evidence)

    def spent_s(self) -> Floats:
        """Return (3, N) seconds in each of `STATES` up to each step."""
        return np.array([np.array(spent) for spent in self._spent_us]) / 1e6

    def column(self, number: int) -> tuple[Floats, Codes]:
        """Return the values of a column, NaN where there is none, and their states' codes."""
        return np.array(self._values[number]), np.array(self._states[number])

    def columns_of(self, rule: str) -> tuple[int, ...]:
        """Return the numbers of a rule's columns."""
        return tuple(number for number, name in enumerate(self.names) if name == rule)

    def disagreements(self, annotations: Annotations) -> tuple[Span, ...]:
        """Return the spans where verdicts differ from annotations."""
        return differing(self.times_s, self.verdicts, annotations)

    def _take_readings(self, verdict: Verdict) -> None:
        readings = verdict.readings
        if len(readings) != len(self.names):  # no person was judged
            for values, states in zip(self._values, self._states, strict=True):
                values.append(np.nan)
                states.append(MISSING)
            return
        for values, states, reading in zip(self._values, self._states, readings, strict=True):
            values.append(reading.value)
            states.append(CODE[reading.state])


def _evidence_of(verdict: Verdict) -> Evidence:
    """Return the evidence of crossed legs; none where no rule uses it."""
    crossings = (r.crossing for r in verdict.readings if r.crossing is not None)
    return next((crossing.evidence for crossing in crossings), Evidence.NONE)


SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Speeds: seconds of the session per second."""


@dataclass(frozen=True, slots=True)
class Player:
    """Player of a replay, playing or paused.

    Attributes:
        start_s: time of the first frame.
        end_s: time of the last frame that was read so far.
        growing: whether the session is still being read.
        t_s: the position, from ``start_s`` to ``end_s``.
        speed: one of `SPEEDS`.
        playing: whether it plays; at the end of the read part it waits for more.
        clock_s: the time ``now_s`` at which its position was ``t_s``.
        loop_s: start and end of the part that is repeated; None to play on.
    """

    start_s: float
    end_s: float
    growing: bool
    t_s: float
    speed: float = 1.0
    playing: bool = False
    clock_s: float = 0.0
    loop_s: tuple[float, float] | None = None

    def at(self, now_s: float) -> Player:
        """Return the player as it is now; it stops at the end, or begins its loop again."""
        passed_s = max(0.0, now_s - self.clock_s) if self.playing else 0.0
        t_s = min(self.t_s + passed_s * self.speed, self.end_s)
        if self.playing and self.loop_s is not None and t_s >= self.loop_s[1]:
            return replace(self, t_s=self.loop_s[0], clock_s=now_s)
        playing = self.playing and (self.growing or t_s < self.end_s)
        return replace(self, t_s=t_s, playing=playing, clock_s=now_s)

    def toggle(self, now_s: float) -> Player:
        """Play or pause; at the end, play again from the start."""
        here = self.at(now_s)
        ended = not here.growing and here.t_s >= here.end_s
        t_s = here.start_s if ended and not here.playing else here.t_s
        return replace(here, playing=not here.playing, t_s=t_s)

    def pause(self, now_s: float) -> Player:
        """Pause."""
        return replace(self.at(now_s), playing=False)

    def seek(self, t_s: float, now_s: float) -> Player:
        """Go to a time, or as near to it as the session reaches; go on playing or standing."""
        return replace(self.at(now_s), t_s=min(max(t_s, self.start_s), self.end_s))

    def repeat(self, loop_s: tuple[float, float] | None, now_s: float) -> Player:
        """Repeat a part, from its start on; None to play on."""
        here = self.at(now_s)
        if loop_s is None or loop_s[1] <= loop_s[0]:
            return replace(here, loop_s=None)
        start_s = min(max(loop_s[0], here.start_s), here.end_s)
        return replace(here, loop_s=loop_s, t_s=start_s)

    def at_speed(self, speed: float, now_s: float) -> Player:
        """Change the speed to one of `SPEEDS`; another one is ignored."""
        return replace(self.at(now_s), speed=speed) if speed in SPEEDS else self

    def faster(self, steps: int, now_s: float) -> Player:
        """Change the speed by ``steps`` steps of `SPEEDS`; negative is slower."""
        place = min(max(SPEEDS.index(self.speed) + steps, 0), len(SPEEDS) - 1)
        return replace(self.at(now_s), speed=SPEEDS[place])

    def reach(self, end_s: float, *, growing: bool, now_s: float) -> Player:
        """Take in that the session was read up to ``end_s``."""
        return replace(self.at(now_s), end_s=max(end_s, self.end_s), growing=growing)
