"""How long something must last before it is shown, and how seldom it is said.

Nobody on a mat wants to be told what he is just about to do, or the same thing twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

T = TypeVar("T")

BETWEEN_CUES_S: Final = 5.0
"""After a cue no other is said for so long: one needs time to do what was said."""

COOL_DOWN_S: Final = 12.0
"""The same cue is not said again before so long; each time it takes twice as long."""

MOST_TIMES: Final = 4
"""So often the same cue is said in one phase; afterwards it only stays on the screen."""


@dataclass(slots=True)
class Settled(Generic[T]):
    """Follows a changing value and passes it on only once it has stayed for a while.

    Attributes:
        after_s: how long a value must stay.
        value: the last value that did.
        since_s: when that value came up; -infinity at the start.
    """

    after_s: float
    value: T
    since_s: float = -math.inf
    _next: T | None = None
    _next_since_s: float = math.inf

    def look(self, t_s: float, value: T) -> T:
        """Take in the value of one moment; return the settled one."""
        if value == self.value:
            self._next_since_s = math.inf
        elif value != self._next or self._next_since_s == math.inf:
            self._next, self._next_since_s = value, t_s
        if t_s - self._next_since_s >= self.after_s:
            self.value, self.since_s = value, self._next_since_s
            self._next_since_s = math.inf
        return self.value

    def lasted_s(self, t_s: float) -> float:
        """Return for how long the settled value has been there."""
        return t_s - self.since_s


@dataclass(slots=True)
class Patience:
    """Decides whether a cue is said now; it stays on the screen in any case.

    Attributes:
        between_s: after a cue no other is said for so long.
        again_s: the same cue is not said again before so long, then twice that, and so on.
    """

    between_s: float = BETWEEN_CUES_S
    again_s: float = COOL_DOWN_S
    _said_s: dict[str, float] = field(default_factory=dict)
    _times: dict[str, int] = field(default_factory=dict)
    _last_s: float = -math.inf

    def allows(self, t_s: float, cue: str) -> bool:
        """Whether ``cue`` may be said at ``t_s``; True counts as said."""
        times = self._times.get(cue, 0)
        if times >= MOST_TIMES or t_s - self._last_s < self.between_s:
            return False
        if times and t_s - self._said_s[cue] < self.again_s * 2 ** (times - 1):
            return False
        self._said_s[cue], self._times[cue] = t_s, times + 1
        self._last_s = t_s
        return True

    def hush(self, t_s: float) -> None:
        """Note that something else was said, so that no cue follows at once."""
        self._last_s = t_s

    def forget_counts(self) -> None:
        """Begin counting anew (another repetition); cool-downs that run go on."""
        self._times = {cue: min(times, 1) for cue, times in self._times.items()}
