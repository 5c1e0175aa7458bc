"""Two judgements of one session in, what changed out: seconds that moved, and holds.

Both are compared as they are, interval by interval, in whole microseconds; times that only
one of them has count as neither's.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from posecheck.evaluation.holds import match
from posecheck.replay.rejudge import Again
from posecheck.types import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from posecheck.exercises.schema import Exercise
    from posecheck.replay.recording import Recording
    from posecheck.replay.rejudge import Judged
    from posecheck.types import Hold, Interval, State, Step

    Kind = Literal["lost", "gained", "longer", "shorter", "moved"]


@dataclass(frozen=True, slots=True)
class Moved:
    """A stretch of time that counts as something else now.

    Attributes:
        start_us, end_us: microseconds since the session began.
        then, now: what it counted as, and counts as.
        why: the rule or cause that counts where it is not valid: now's, or else then's.
    """

    start_us: int
    end_us: int
    then: State
    now: State
    why: str

    @property
    def start_s(self) -> float:
        """Its beginning in seconds."""
        return self.start_us / MICROSECONDS

    @property
    def end_s(self) -> float:
        """Its end in seconds."""
        return self.end_us / MICROSECONDS


@dataclass(frozen=True, slots=True)
class HoldChange:
    """A hold that is not as it was; one of the two is None if it is lost or gained."""

    then: Hold | None
    now: Hold | None

    @property
    def kind(self) -> Kind:
        """What happened to it, in one word."""
        if self.now is None:
            return "lost"
        if self.then is None:
            return "gained"
        gained_us = self.now.held_us - self.then.held_us
        return "longer" if gained_us > 0 else "shorter" if gained_us < 0 else "moved"


@dataclass(frozen=True, slots=True)
class Changes:
    """What another judgement of the same session changes.

    Attributes:
        spans: stretches of time that count as something else, in the order of time.
        holds: holds that are not as they were, in the order of time.
        kept_us: microseconds that count as they did.
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


def changes(recording: Recording, exercise: Exercise) -> tuple[Judged, Changes]:
    """Judge a recording by another exercise; return that, and what it changes."""
    again = Again(recording, exercise)
    now = again.steps()
    spans, kept_us = moved(recording.steps, now)
    deque(now, maxlen=0)  # the pictures after the last recorded verdict are judged, too
    judged = again.finish()
    held = tuple(_hold_changes(recording.holds, judged.tally.holds))
    return judged, Changes(spans, held, kept_us)


def moved(then: Iterable[Step], now: Iterable[Step]) -> tuple[tuple[Moved, ...], int]:
    """Return the stretches that count as something else, and the microseconds that do not."""
    spans: list[Moved] = []
    kept_us = 0
    for start_us, end_us, before, after in _overlaps(then, now):
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


def _intervals(steps: Iterable[Step]) -> Iterator[tuple[int, int, Interval]]:
    """Yield start, end (microseconds) and interval before each step but the first."""
    for step in steps:
        if step.interval is not None:
            end_us = round(step.t_s * MICROSECONDS)
            yield end_us - step.interval.duration_us, end_us, step.interval


def _overlaps(
    then: Iterable[Step], now: Iterable[Step]
) -> Iterator[tuple[int, int, Interval, Interval]]:
    """Yield every stretch that lies in one interval of both."""
    first, second = _intervals(then), _intervals(now)
    one, other = next(first, None), next(second, None)
    while one is not None and other is not None:
        start_us, end_us = max(one[0], other[0]), min(one[1], other[1])
        if start_us < end_us:
            yield start_us, end_us, one[2], other[2]
        if one[1] <= other[1]:
            one = next(first, None)
        else:
            other = next(second, None)


def _hold_changes(then: Sequence[Hold], now: Sequence[Hold]) -> list[HoldChange]:
    pairs = match(then, now)
    found = [HoldChange(hold, now[pairs[i]] if i in pairs else None) for i, hold in enumerate(then)]
    found += [HoldChange(None, hold) for j, hold in enumerate(now) if j not in pairs.values()]
    changed = [change for change in found if change.then != change.now]
    return sorted(changed, key=lambda change: (change.then or change.now or _none()).start_us)


def _none() -> Hold:
    message = "a change has at least one hold"
    raise AssertionError(message)
