"""Timeline of a replay: the steps as columns, the player's position, and what is shown of both.

`Tracks` holds the steps as columns of numbers. `Player` is the position of a replay, a state
machine to which the time is passed: every change is a new value, ``now_s`` is any clock that only
runs forward, ``t_s`` is the session's own time. `Axis` lays a part of the time over pixels,
`stretches` gives the band of verdicts, `runs` and `thinned` the pieces of a curve, `lane_range`
what a curve's height spans. Nothing is drawn here.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.annotations import differing
from posecheck.measure.quantities import Unit
from posecheck.types import Evidence, Side, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from posecheck.annotations import Annotations, Span
    from posecheck.exercises import Exercise
    from posecheck.exercises.rules import Rule
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


SHORTEST_S: Final = 2.0
"""Shortest part of the time that is shown across the whole width, in seconds."""

_ROOM: Final = 0.1
"""Share of the shown time that stays before the present position when the axis turns over."""

_SPREAD: Final = {Unit.DEG: 30.0, Unit.RATIO: 0.3}
"""Range that a lane shows beyond its limits, in the rule's unit."""

_TICKS_S: Final = (
    0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0,
    3600.0, 7200.0,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Axis:
    """A part of the time laid over pixels.

    Attributes:
        from_s, to_s: the time that is shown, in seconds.
        left_px, width_px: the pixels that show it.
    """

    from_s: float
    to_s: float
    left_px: int
    width_px: int

    @property
    def span_s(self) -> float:
        """Length of the shown time in seconds."""
        return self.to_s - self.from_s

    def x(self, t_s: float) -> float:
        """Return the place of a time in pixels; also outside of what is shown."""
        return self.left_px + (t_s - self.from_s) / self.span_s * self.width_px

    def t_s(self, x_px: float) -> float:
        """Return the time at a place, from the first to the last that is shown."""
        share = (x_px - self.left_px) / self.width_px
        return self.from_s + min(max(share, 0.0), 1.0) * self.span_s

    def zoomed(self, factor: float, t_s: float, whole: tuple[float, float]) -> Axis:
        """Return an axis that shows ``factor`` as much time; ``t_s`` keeps its place."""
        first_s, last_s = whole
        span_s = min(max(self.span_s * factor, SHORTEST_S), max(last_s - first_s, SHORTEST_S))
        share = min(max((t_s - self.from_s) / self.span_s, 0.0), 1.0)
        return self._from(t_s - share * span_s, span_s, whole)

    def following(self, t_s: float, whole: tuple[float, float]) -> Axis:
        """Return the axis turned over like a page, if a time is not on it."""
        if self.from_s <= t_s <= self.to_s:
            return self
        return self._from(t_s - _ROOM * self.span_s, self.span_s, whole)

    def ticks(self, apart_px: int) -> tuple[float, list[float]]:
        """Return the distance of round times that lie at least so far apart, and the times."""
        least_s = apart_px * self.span_s / self.width_px
        step_s = next((step_s for step_s in _TICKS_S if step_s >= least_s), _TICKS_S[-1])
        first, last = int(self.from_s // step_s), int(self.to_s // step_s)
        times_s = [number * step_s for number in range(first, last + 1)]
        return step_s, [time_s for time_s in times_s if self.from_s <= time_s <= self.to_s]

    def moved(self, by_s: float, whole: tuple[float, float]) -> Axis:
        """Return the axis moved by a time, inside the whole."""
        return self._from(self.from_s + by_s, self.span_s, whole)

    def _from(self, from_s: float, span_s: float, whole: tuple[float, float]) -> Axis:
        first_s, last_s = whole
        from_s = max(first_s, min(from_s, last_s - span_s))
        return Axis(from_s, from_s + span_s, self.left_px, self.width_px)


def tick_text(t_s: float, step_s: float) -> str:
    """Return a round time as ``m:ss`` or ``h:mm:ss``, with tenths if the step needs them."""
    tenths = round(t_s * 10)
    minutes, rest = divmod(tenths, 600)
    seconds = f"{rest / 10:04.1f}" if step_s < 1 else f"{rest // 10:02d}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}"


def stretches(axis: Axis, tracks: Tracks) -> Iterator[tuple[int, int, State]]:
    """Yield first pixel, pixel after the last, and state of what is shown.

    A pixel has the state that takes most of its time; the time before the first and after
    the last step has none.
    """
    times_s = tracks.times_s
    if times_s.size < 2:  # noqa: PLR2004 - there is no time between fewer
        return
    edges_s = axis.from_s + np.arange(axis.width_px + 1) / axis.width_px * axis.span_s
    spent_s = np.array([np.interp(edges_s, times_s, spent) for spent in tracks.spent_s()])
    shares = np.diff(spent_s, axis=1)
    codes = np.where(shares.sum(axis=0) > 0, shares.argmax(axis=0), -1)
    changes = np.flatnonzero(np.diff(codes)) + 1
    starts, ends = np.append(0, changes).tolist(), np.append(changes, codes.size).tolist()
    for start, end in zip(starts, ends, strict=True):
        if codes[start] >= 0:
            yield axis.left_px + start, axis.left_px + end, STATES[codes[start]]


def lanes_of(exercise: Exercise) -> tuple[Rule, ...]:
    """Return the rules in the order of their lanes: joints, other rules, then advice."""

    def rank(rule: Rule) -> tuple[bool, bool]:
        return not rule.required, not rule.measured.joint

    return tuple(sorted(exercise.rules, key=rank))


def lane_range(rule: Rule, tracks: Tracks) -> tuple[float, float]:
    """Return the values at a lane's lower and upper edge: its limits and nearly all values."""
    spread = _SPREAD[rule.unit]
    limits = [limit for limit in (rule.at_most, rule.at_least) if limit is not None]
    bounds = [edge for limit in limits for edge in (limit.enter, limit.leave)]
    low, high = min(bounds) - spread, max(bounds) + spread
    for number in tracks.columns_of(rule.name):
        values, _ = tracks.column(number)
        values = values[np.isfinite(values)]
        if values.size:
            least, most = np.percentile(values, (1, 99))
            low, high = min(low, float(least)), max(high, float(most))
    return low, high


def runs(
    t_s: Floats, values: Floats, codes: Codes, max_gap_s: float
) -> Iterator[tuple[slice, State]]:
    """Yield the stretches of one state, without missing values and gaps in them.

    Each reaches to the first value of the next one, so that the curve has no holes.
    """
    if t_s.size == 0:
        return
    there = np.isfinite(values)
    joined = there[:-1] & there[1:] & (np.diff(t_s) <= max_gap_s)
    changes = np.flatnonzero(~joined | (codes[:-1] != codes[1:])) + 1
    starts, ends = np.append(0, changes).tolist(), np.append(changes, t_s.size).tolist()
    for start, end in zip(starts, ends, strict=True):
        if there[start]:
            reach = end + 1 if end < t_s.size and joined[end - 1] else end
            yield slice(start, reach), STATES[codes[start]]


def thinned(axis: Axis, t_s: Floats, values: Floats, codes: Codes) -> tuple[Floats, Floats, Codes]:
    """Return least and most of each pixel, wrong if any value in it is wrong."""
    pixel = np.floor((t_s - axis.from_s) / axis.span_s * axis.width_px)
    starts = np.flatnonzero(np.append(True, np.diff(pixel) > 0))
    there = np.isfinite(values)
    least = np.minimum.reduceat(np.where(there, values, np.inf), starts)
    most = np.maximum.reduceat(np.where(there, values, -np.inf), starts)
    wrong = np.logical_or.reduceat(codes == CODE[State.WRONG], starts)
    valid = np.logical_or.reduceat(codes == CODE[State.VALID], starts)
    code = np.where(
        wrong, CODE[State.WRONG], np.where(valid, CODE[State.VALID], CODE[State.UNSEEN])
    )
    pairs = np.stack([least, most], axis=1).ravel()
    pairs[~np.isfinite(pairs)] = np.nan
    return np.repeat(t_s[starts], 2), pairs, np.repeat(code, 2).astype(np.int8)


def limits_text(rule: Rule) -> str:
    """Return the limits as text: ``≤ 96°``, ``≥ 65°``, ``65 to 125°`` or ``as it happens``."""
    if rule.crossing is not None:
        return "as it happens"
    form = "{:.0f}" if rule.unit is Unit.DEG else "{:.2f}"
    sign = "°" if rule.unit is Unit.DEG else ""
    most = None if rule.at_most is None else form.format(rule.at_most.enter)
    least = None if rule.at_least is None else form.format(rule.at_least.enter)
    if most is not None and least is not None:
        return f"{least} to {most}{sign}"
    return f"≤ {most}{sign}" if most is not None else f"≥ {least}{sign}"
