"""Judging a recorded session again from its stored landmarks, and comparing the results.

With the stored exercise the result must equal the recorded one to the last digit. If it does not,
another version of posecheck or of the arithmetic below it made the difference.

`changes` compares two judgements of one session: seconds that changed their state, and holds.

Both are compared as they are, interval by interval, in whole microseconds; times that only
one of them has count as neither's.
"""

from __future__ import annotations

import math
import platform
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from posecheck import __version__
from posecheck.evaluation.hold_score import match
from posecheck.form.judge import Judge
from posecheck.ledger import Ledger, TimeSpan, overlaps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from posecheck.exercises import Exercise
    from posecheck.form.hold import Tally
    from posecheck.ledger import Hold, Step
    from posecheck.pipeline.playback import SessionPlayback
    from posecheck.types import Reading, State, Verdict

    Kind = Literal["lost", "gained", "longer", "shorter", "moved"]


BATCH: Final = 512
"""Number of frames measured together; more only takes more memory."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Difference between judging again by the stored exercise and the recorded verdicts.

    Attributes:
        compared: frames that have a verdict both then and now.
        verdicts: of them, those whose verdicts differ in anything.
        states: of them, those that are now another of valid, wrong and unseen.
        first_s: time of the first that differs; NaN if none does.
        largest: largest difference of a measured value, in its rule's unit.
        lost: frames before the last recorded verdict whose own verdict is lost.
        only_then: frames that have a verdict only then: their landmarks are lost.
        only_now: frames after the last recorded verdict, which had none yet.
        holds: whether the holds differ.
        ledger: whether the seconds differ.
    """

    compared: int = 0
    verdicts: int = 0
    states: int = 0
    first_s: float = math.nan
    largest: float = 0.0
    lost: int = 0
    only_then: int = 0
    only_now: int = 0
    holds: bool = False
    ledger: bool = False

    @property
    def none(self) -> bool:
        """Whether everything that was recorded comes out again, to the last digit."""
        return not (self.verdicts or self.lost or self.only_then or self.holds or self.ledger)


class Again:
    """Judge of a recording from its landmarks, step by step, without keeping them."""

    def __init__(self, recording: SessionPlayback, exercise: Exercise | None = None) -> None:
        """Prepare.

        Args:
            recording: a session that was read to its end.
            exercise: the exercise by which to judge; None takes the stored one.

        Raises:
            SessionError: if no exercise is given and none is stored.
        """
        self._seen = recording.seen
        self._judge = Judge(exercise or recording.exercise, recording.side, recording.asked)

    def steps(self) -> Iterator[Step]:
        """Yield a step for each stored frame; once."""
        for start in range(0, len(self._seen), BATCH):
            yield from self._judge.judge(self._seen[start : start + BATCH])

    def finish(self) -> Tally:
        """Return the result, after the last step."""
        return self._judge.finish()


def check(recording: SessionPlayback) -> tuple[Tally, Difference]:
    """Judge a recording by its stored exercise; return the result and the difference.

    Raises:
        SessionError: if no exercise is stored.
    """
    again = Again(recording)
    recorded = iter(recording.steps)
    then = next(recorded, None)
    compared = states = verdicts = lost = only_now = only_then = 0
    first_s, largest = math.nan, 0.0
    for now in again.steps():
        while then is not None and then.t_s < now.t_s:
            only_then, then = only_then + 1, next(recorded, None)
        if then is None or then.t_s > now.t_s:
            lost, only_now = lost + (then is not None), only_now + (then is None)
            continue
        compared += 1
        if not same_verdict(then.verdict, now.verdict):
            verdicts += 1
            states += then.verdict.state is not now.verdict.state
            first_s = now.t_s if verdicts == 1 else first_s
            largest = max(largest, _apart(then.verdict, now.verdict))
        then = next(recorded, None)
    only_then += (then is not None) + sum(1 for _ in recorded)
    judged = again.finish()
    counted = recording.steps[-1].ledger if recording.steps else Ledger()
    ledgers = {counted, recording.ledger or counted}
    # Frames without a verdict yet are more time than was counted, and that is no difference.
    if not only_now:
        ledgers.add(judged.ledger)
    return judged, Difference(
        compared=compared,
        verdicts=verdicts,
        states=states,
        first_s=first_s,
        largest=largest,
        lost=lost,
        only_then=only_then,
        only_now=only_now,
        holds=(not only_now and tuple(recording.holds) != judged.holds) or _altered(recording),
        ledger=len(ledgers) > 1,
    )


def _altered(recording: SessionPlayback) -> bool:
    """Whether the lines of holds are not those that the recorded verdicts give.

    A session that was cut off, or has lost lines, may have fewer.
    """
    counted, written = list(recording.holds), list(recording.written_holds)
    whole = recording.ended is not None and not recording.problems
    return written != counted if whole else any(hold not in counted for hold in written)


def versions_then(recording: SessionPlayback) -> dict[str, str]:
    """Return the versions that made the recorded verdicts, as far as the session stores them."""
    known = ("posecheck", "estimator", "numpy", "machine")
    return {key: str(recording.header[key]) for key in known if key in recording.header}


def versions_now() -> dict[str, str]:
    """Return the versions that judge now."""
    return {
        "posecheck": __version__,
        "numpy": np.__version__,
        "machine": platform.machine(),
    }


def same_verdict(first: Verdict, second: Verdict) -> bool:
    """Whether two verdicts are equal in everything, NaN equal to NaN."""
    return (
        first.state is second.state
        and first.side is second.side
        and first.side_known is second.side_known
        and first.reason == second.reason
        and len(first.readings) == len(second.readings)
        and all(map(_same_reading, first.readings, second.readings))
    )


def _same_reading(first: Reading, second: Reading) -> bool:
    return (
        first.rule == second.rule
        and first.side is second.side
        and first.state is second.state
        and first.required is second.required
        and first.reason == second.reason
        and first.crossing == second.crossing
        and _same_number(first.value, second.value)
        and _same_number(first.excess, second.excess)
    )


def _same_number(first: float, second: float) -> bool:
    return first == second or (math.isnan(first) and math.isnan(second))


def _apart(first: Verdict, second: Verdict) -> float:
    """Return the largest difference of a value that both measured."""
    after = {(reading.rule, reading.side): reading.value for reading in second.readings}
    gaps = [abs(r.value - after.get((r.rule, r.side), math.nan)) for r in first.readings]
    return max((gap for gap in gaps if not math.isnan(gap)), default=0.0)


@dataclass(frozen=True, slots=True)
class Moved(TimeSpan):
    """A stretch of time whose state has changed.

    Attributes:
        start_us, end_us: microseconds since the session began.
        then, now: its state before and now.
        why: the rule or cause that counts where it is not valid: now's, or else then's.
    """

    start_us: int
    end_us: int
    then: State
    now: State
    why: str


@dataclass(frozen=True, slots=True)
class HoldChange:
    """A changed hold; one of the two is None if it is lost or gained."""

    then: Hold | None
    now: Hold | None

    @property
    def kind(self) -> Kind:
        """Kind of the change, in one word."""
        if self.now is None:
            return "lost"
        if self.then is None:
            return "gained"
        gained_us = self.now.held_us - self.then.held_us
        return "longer" if gained_us > 0 else "shorter" if gained_us < 0 else "moved"


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes by another judgement of the same session.

    Attributes:
        spans: stretches of time whose state has changed, in the order of time.
        holds: changed holds, in the order of time.
        kept_us: microseconds with an unchanged state.
    """

    spans: tuple[Moved, ...]
    holds: tuple[HoldChange, ...]
    kept_us: int

    @property
    def moved_us(self) -> Mapping[tuple[State, State], int]:
        """(then, now) -> microseconds, most first."""
        total: Counter[tuple[State, State]] = Counter()
        for span in self.spans:
            total[span.then, span.now] += span.end_us - span.start_us
        return dict(total.most_common())


def changes(recording: SessionPlayback, exercise: Exercise) -> tuple[Tally, Changes]:
    """Judge a recording by another exercise; return the result and the changes."""
    again = Again(recording, exercise)
    now = again.steps()
    spans, kept_us = moved(recording.steps, now)
    deque(now, maxlen=0)  # the frames after the last recorded verdict are judged, too
    judged = again.finish()
    held = tuple(_hold_changes(recording.holds, judged.holds))
    return judged, Changes(spans, held, kept_us)


def moved(then: Iterable[Step], now: Iterable[Step]) -> tuple[tuple[Moved, ...], int]:
    """Return the stretches whose state has changed, and the unchanged microseconds."""
    spans: list[Moved] = []
    kept_us = 0
    for start_us, end_us, (_, before), (_, after) in overlaps(then, now):
        if before.state is after.state:
            kept_us += end_us - start_us
            continue
        reason = after.reason or before.reason
        why = "" if reason is None else reason.key
        span = Moved(start_us, end_us, before.state, after.state, why)
        if spans and _continues(spans[-1], span):
            span = Moved(spans.pop().start_us, end_us, before.state, after.state, why)
        spans.append(span)
    return tuple(spans), kept_us


def _continues(before: Moved, after: Moved) -> bool:
    return before.end_us == after.start_us and (before.then, before.now, before.why) == (
        after.then,
        after.now,
        after.why,
    )


def _hold_changes(then: Sequence[Hold], now: Sequence[Hold]) -> list[HoldChange]:
    pairs = match(then, now)
    found = [HoldChange(hold, now[pairs[i]] if i in pairs else None) for i, hold in enumerate(then)]
    found += [HoldChange(None, hold) for j, hold in enumerate(now) if j not in pairs.values()]
    changed = [change for change in found if change.then != change.now]
    return sorted(changed, key=lambda change: (change.then or change.now or _none()).start_us)


def _none() -> Hold:
    message = "a change has at least one hold"
    raise AssertionError(message)
