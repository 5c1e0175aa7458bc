"""The result of one session: dose, holds with their breaks, lost time, and where it comes from.

What is counted comes from the hold counter's `Tally`; `HeldTimes` follows the steps and adds the
breaks of each hold and its trunk-thigh angle.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, Final

from posecheck.form.rule_check import for_side
from posecheck.ledger import TimeSpan
from posecheck.types import MICROSECONDS, Cause, Side, SideKnown, State, Topic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from posecheck.exercises import Exercise
    from posecheck.exercises.rules import Rule
    from posecheck.ledger import Fault, Hold, Interval, Ledger, Step
    from posecheck.types import Reason, Statement, Verdict

CAUSES: Final = {
    Cause.NOBODY: "Nobody in the picture",
    Cause.ANOTHER_PERSON: "Another person in the picture",
    Cause.TOO_FAR: "Too far from the camera",
    Cause.CUT_OFF: "Partly outside the picture",
    Cause.HIDDEN: "A joint was hidden",
    Cause.VIEW: "Camera at the wrong side",
    Cause.LEGS_MIXED: "The legs were not told apart",
    Cause.GAP: "No pictures came",
    Cause.DARK: "The picture was dark",
    Cause.REPEATED: "The recording stood still",
    Cause.SIDE_CHANGE: "Left and right changed places",
    Cause.CAMERA_MOVED: "The camera moved",
    Cause.IN_THE_WAY: "Somebody was in the way",
    Cause.CROSSING: "The crossing of the legs was not seen",
}
"""Title of a moment that could not be judged, by its cause; a broken rule has its own title."""


@dataclass(frozen=True, slots=True)
class Break(TimeSpan):
    """Break of a hold: time within it that is not counted.

    Attributes:
        start_us, end_us: the valid moments before and after it, microseconds since the start.
        state: wrong or unseen; the one that took more of it.
        reason: the reason that took most of it.
    """

    start_us: int
    end_us: int
    state: State
    reason: Reason

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return (self.end_us - self.start_us) / MICROSECONDS


@dataclass(frozen=True, slots=True)
class HeldTime:
    """A hold with its breaks.

    Attributes:
        hold: the hold.
        breaks: its breaks, in the order of time.
        trunk_thigh_deg: median of the trunk-thigh angle in its valid moments, 180 is straight;
            NaN if no rule of the exercise measures it.
    """

    hold: Hold
    breaks: tuple[Break, ...] = ()
    trunk_thigh_deg: float = math.nan


@dataclass(frozen=True, slots=True)
class SideDose:
    """Dose done on one side.

    Attributes:
        side: the stretched side; None for holds whose legs were not told apart.
        wanted: complete holds that the plan or the exercise asks for; 0 if the side was not asked
            for.
        complete: complete holds.
        started: holds that were not complete.
        valid_us: microseconds held in valid form, in all holds.
        given: whether the side was given rather than seen.
    """

    side: Side | None
    wanted: int
    complete: int = 0
    started: int = 0
    valid_us: int = 0
    given: bool = False

    @property
    def valid_s(self) -> float:
        """Seconds held in valid form."""
        return self.valid_us / MICROSECONDS


@dataclass(frozen=True, slots=True)
class Told:
    """Answers of the person about a session.

    Attributes:
        pain: pain from 0 (none) to 10; None if it was not said.
        stopped_because: why the session was ended early (pain, tired or other); "" if not said.
    """

    pain: int | None = None
    stopped_because: str = ""

    def with_answer(self, statement: Statement) -> Told:
        """Return the answers with one more; the last one about a subject counts."""
        if statement.about is Topic.PAIN:
            return replace(self, pain=int(statement.value))
        return replace(self, stopped_because=str(statement.value))


@dataclass(frozen=True, slots=True, eq=False)
class SessionResult:
    """Result of one session.

    Attributes:
        path: the session file.
        created: when the session began, or when its video was analysed; None if not known.
        camera: whether a camera was watched rather than a file.
        source: name of the file or camera.
        exercise: the exercise that was judged, with its dose.
        planned: the sides that were asked for; empty if none was.
        ledger: all time as valid, wrong or unseen.
        not_judged_us: microseconds of a timer that the person had agreed to, during which nothing
            was judged; they lie within the ledger's time.
        holds: holds of more than 0 s, in the order of time.
        faults: lost time for each reason, most first.
        told: what the person said.
        ended: complete, interrupted or failed; None if the file was cut off.
        warnings: of the session, and what of its file could not be used.
        versions: the versions that made it, by name.
    """

    path: Path
    created: datetime | None
    camera: bool
    source: str
    exercise: Exercise
    planned: tuple[Side, ...]
    ledger: Ledger
    holds: tuple[HeldTime, ...]
    faults: tuple[Fault, ...]
    told: Told = Told()
    not_judged_us: int = 0
    ended: str | None = None
    warnings: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """Seconds that passed."""
        return self.ledger.elapsed_us / MICROSECONDS

    @property
    def sides(self) -> tuple[SideDose, ...]:
        """Dose done on each side, also where nothing was done."""
        return doses(self.exercise, self.planned, [held.hold for held in self.holds])

    @property
    def complete(self) -> int:
        """Number of complete holds."""
        return sum(held.hold.complete for held in self.holds)


def doses(
    exercise: Exercise, planned: Sequence[Side], holds: Sequence[Hold]
) -> tuple[SideDose, ...]:
    """Return the dose done on each side; holds of an assumed side stand apart."""
    sides = exercise.candidate_sides
    wanted = exercise.dose.repetitions
    rows: dict[Side | None, SideDose] = {
        side: SideDose(side, wanted if not planned or side in planned else 0) for side in sides
    }
    for hold in holds:
        named = hold.side is Side.BOTH or hold.side_known is not SideKnown.UNKNOWN
        side = hold.side if named else None
        row = rows.get(side) or SideDose(side, 0)
        rows[side] = replace(
            row,
            complete=row.complete + hold.complete,
            started=row.started + (not hold.complete),
            valid_us=row.valid_us + hold.held_us,
            given=row.given or hold.side_known is SideKnown.GIVEN,
        )
    return tuple(rows.values())


def trunk_thigh_rule(exercise: Exercise) -> Rule | None:
    """Return the first rule that measures the angle between trunk and the drawn-in thigh."""
    for rule in exercise.rules:
        name = rule.quantity
        if name.startswith(("other-", "rear-")):
            continue
        if "trunk-thigh" in name or name.endswith("-depth"):
            return rule
    return None


def fault_title(exercise: Exercise, key: str) -> str:
    """Return a reason for lost time in words: the title of the rule, or the cause."""
    for rule in exercise.rules:
        if rule.name == key:
            return rule.title
    return CAUSES.get(Cause(key), key) if key in set(Cause) else key


def cue_without_leg(exercise: Exercise, key: str, cue: str) -> str:
    """Return a cue that names no leg, if the rule has one; for sums over several sides."""
    for rule in exercise.rules:
        for limit in (rule.at_most, rule.at_least):
            if rule.name != key or limit is None or limit.cue_named is None:
                continue
            if cue in {for_side(limit.cue_named, side) for side in (Side.LEFT, Side.RIGHT)}:
                return limit.cue
    return cue


class HeldTimes:
    """Collector of the holds of a session with their breaks, from its steps."""

    def __init__(self, exercise: Exercise) -> None:
        """Begin without a step."""
        rule = trunk_thigh_rule(exercise)
        self._rule = None if rule is None else rule.name
        self._held: list[HeldTime] = []
        self._hold: Hold | None = None
        self._breaks: list[Break] = []
        self._pending: list[Interval] = []
        self._angles_deg: list[float] = []

    def take(self, step: Step) -> None:
        """Take in the next step."""
        if step.finished is not None:
            self._end_hold(step.finished)
        self._follow(step)

    def _follow(self, step: Step) -> None:
        before, self._hold = self._hold, step.hold
        interval = step.interval
        if step.hold is None or before is None or interval is None:
            return
        if interval.state is not State.VALID:
            self._pending.append(interval)
        if step.verdict.state is State.VALID:
            if self._pending:
                self._breaks.append(_break(before.end_us, step.hold.end_us, self._pending))
                self._pending = []
            self._angles_deg += _angle(step.verdict, self._rule)

    def _end_hold(self, hold: Hold) -> None:
        if hold.held_us > 0:
            angle = median(self._angles_deg) if self._angles_deg else math.nan
            self._held.append(HeldTime(hold, tuple(self._breaks), angle))
        self._hold = None
        self._breaks, self._pending, self._angles_deg = [], [], []

    def finish(self) -> tuple[HeldTime, ...]:
        """Return the holds, after the last step."""
        if self._hold is not None:
            self._end_hold(self._hold)
        return tuple(self._held)


def _break(start_us: int, end_us: int, intervals: Sequence[Interval]) -> Break:
    states: defaultdict[State, int] = defaultdict(int)
    reasons: defaultdict[Reason, int] = defaultdict(int)
    for interval in intervals:
        states[interval.state] += interval.duration_us
        if interval.reason is not None:
            reasons[interval.reason] += interval.duration_us
    return Break(
        start_us, end_us, max(states, key=states.__getitem__), max(reasons, key=reasons.__getitem__)
    )


def _angle(verdict: Verdict, rule: str | None) -> list[float]:
    """Return the trunk-thigh angle of a moment; nothing if it was not measured.

    Of a rule for both legs the smaller angle counts: the thigh that is drawn in further.
    """
    values = [r.value for r in verdict.readings if r.rule == rule and not math.isnan(r.value)]
    return [min(values)] if values else []
