"""Whether a person is there, has left, or is back.

How long something must last before it is shown, and how seldom it is said.

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
class Debounced(Generic[T]):
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
class CueThrottle:
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


AWAY_S: Final = 3.0
"""Who can't be found for so long has left."""

TURNING_S: Final = 8.0
"""The same while a person changes sides: turning round on a mat can hide anybody."""

BACK_S: Final = 1.5
"""Who is found for so long is back."""

LOST_S: Final = 1.0
"""Without frames for so long nobody knows what happens, and the routine pauses; later only
while a hold may still go on."""

GONE_S: Final = 600.0
"""When nobody has been there for so long, the session ends: a camera should not run on."""


@dataclass(slots=True)
class Presence:
    """Follows whether a person is found.

    Attributes:
        person_s: when a person was found last, seconds since the source began.
        picture_s: when a frame came last.
    """

    person_s: float = 0.0
    picture_s: float = 0.0
    _away: Debounced[bool] = field(default_factory=lambda: Debounced(AWAY_S, value=False))

    @property
    def away(self) -> bool:
        """Whether the person has left and is not back yet."""
        return self._away.value

    def begin(self, t_s: float) -> None:
        """Count from now on."""
        self.person_s = self.picture_s = t_s

    def look(self, t_s: float, *, found: bool, turning: bool) -> None:
        """Take in whether a person was found in a frame.

        Args:
            t_s: the moment.
            found: whether a person was.
            turning: whether the person is changing sides.
        """
        self.picture_s = t_s
        if found:
            self.person_s = t_s
        leaves_s = TURNING_S if turning else AWAY_S
        self._away.after_s = BACK_S if self.away else leaves_s
        self._away.look(t_s, not found)

    def expect(self, *, away: bool) -> None:
        """Take a person for away, or for there, until it shows otherwise for a while."""
        self._away = Debounced(BACK_S if away else AWAY_S, value=away)

    def lacks_pictures(self, t_s: float, after_s: float = LOST_S) -> bool:
        """Whether no frame has come for so many seconds that it matters."""
        return t_s - self.picture_s >= after_s

    def is_deserted(self, t_s: float) -> bool:
        """Whether nobody has been there for so long that nobody will come."""
        return t_s - self.person_s >= GONE_S
