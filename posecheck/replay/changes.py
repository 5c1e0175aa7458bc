"""Two judgements of one session in, what changed out: seconds that moved, and holds.

Both are compared as they are, interval by interval, in whole microseconds; times that only
one of them has count as neither's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from posecheck.evaluation.holds import match
from posecheck.types import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


def changes(
    then: tuple[Sequence[Step], Sequence[Hold]], now: tuple[Sequence[Step], Sequence[Hold]]
) -> Changes:
    """Return what changed between two judgements, each given as steps and holds."""
    spans: list[Moved] = []
    kept_us = 0
    for start_us, end_us, before, after in _overlaps(then[0], now[0]):
        if before.state is after.state:
            kept_us += end_us - start_us
            continue
        reason = after.reason or before.reason
        why = "" if reason is None else reason.key
        moved = Moved(start_us, end_us, before.state, after.state, why)
        if spans and _continues(spans[-1], moved):
            moved = Moved(spans.pop().start_us, end_us, before.state, after.state, why)
        spans.append(moved)
    return Changes(tuple(spans), tuple(_hold_changes(then[1], now[1])), kept_us)


def _continues(before: Moved, after: Moved) -> bool:
    return before.end_us == after.start_us and (before.then, before.now, before.why) == (
        after.then,
        after.now,
        after.why,
    )


def _intervals(steps: Sequence[Step]) -> list[tuple[int, int, Interval]]:
    """Return start, end (microseconds) and interval before each step but the first."""
    found = []
    for step in steps:
        if step.interval is not None:
            end_us = round(step.t_s * MICROSECONDS)
            found.append((end_us - step.interval.duration_us, end_us, step.interval))
    return found


def _overlaps(
    then: Sequence[Step], now: Sequence[Step]
) -> Iterator[tuple[int, int, Interval, Interval]]:
    """Yield every stretch that lies in one interval of both."""
    first, second = _intervals(then), _intervals(now)
    i = j = 0
    while i < len(first) and j < len(second):
        start_us = max(first[i][0], second[j][0])
        end_us = min(first[i][1], second[j][1])
        if start_us < end_us:
            yield start_us, end_us, first[i][2], second[j][2]
        if first[i][1] <= second[j][1]:
            i += 1
        else:
            j += 1


def _hold_changes(then: Sequence[Hold], now: Sequence[Hold]) -> list[HoldChange]:
    pairs = match(then, now)
    found = [HoldChange(hold, now[pairs[i]] if i in pairs else None) for i, hold in enumerate(then)]
    found += [HoldChange(None, hold) for j, hold in enumerate(now) if j not in pairs.values()]
    changed = [change for change in found if change.then != change.now]
    return sorted(changed, key=lambda change: (change.then or change.now or _none()).start_us)


def _none() -> Hold:
    message = "a change has at least one hold"
    raise AssertionError(message)
