"""Presence of the person, debouncing of values and throttling of spoken cues.

`Presence` decides whether a person is there, has left, or is back. `Debounced` passes a value on
after it has lasted; `CueThrottle` limits how often a cue is spoken, so that a person does not hear
an instruction that he is already following, or the same one twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

T = TypeVar("T")

BETWEEN_CUES_S: Final = 5.0
"""Seconds after a spoken cue without another one: following it takes time."""

COOL_DOWN_S: Final = 12.0
"""Seconds before the same cue is spoken again; doubled each time, up to `SELDOM_S`."""

SELDOM_S: Final = 60.0
"""Longest time in seconds before a cue that is still due is spoken again: advice gets more seldom,
and never silent."""


@dataclass(slots=True)
class Debounced(Generic[T]):
    """Debounced value: a change is passed on only after it has lasted.

    Attributes:
        after_s: seconds that a value must last.
        value: the last value that lasted.
        since_s: time when that value appeared; -infinity at the start.
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
        """Return the seconds since the settled value appeared."""
        return t_s - self.since_s


@dataclass(slots=True)
class CueThrottle:
    """Rate limit for spoken cues; on the screen a cue stays in any case.

    Attributes:
        between_s: seconds after a cue without another one.
        again_s: seconds before the same cue is spoken again; doubled each time.
        seldom_s: largest number of seconds that this grows to.
    """

    between_s: float = BETWEEN_CUES_S
    again_s: float = COOL_DOWN_S
    seldom_s: float = SELDOM_S
    _said_s: dict[str, float] = field(default_factory=dict)
    _times: dict[str, int] = field(default_factory=dict)
    _last_s: float = -math.inf

    def allows(self, t_s: float, cue: str) -> bool:
        """Whether ``cue`` may be said at ``t_s``; True counts as said."""
        times = self._times.get(cue, 0)
        if t_s - self._last_s < self.between_s:
            return False
        again_s = min(self.again_s * 2.0 ** min(times - 1, 16), max(self.seldom_s, self.again_s))
        if times and t_s - self._said_s[cue] < again_s:
            return False
        self._said_s[cue], self._times[cue] = t_s, times + 1
        self._last_s = t_s
        return True

    def hush(self, t_s: float) -> None:
        """Note that other words were spoken, so that no cue follows at once."""
        self._last_s = t_s

    def forget_counts(self) -> None:
        """Begin counting anew (another repetition); cool-downs that run go on."""
        self._times = {cue: min(times, 1) for cue, times in self._times.items()}


AWAY_S: Final = 3.0
"""Seconds without a detection after which the person counts as away."""

TURNING_S: Final = 8.0
"""The same during a change of sides: turning round on a mat can hide a person."""

BACK_S: Final = 1.5
"""Seconds of detection after which the person counts as back."""

LOST_S: Final = 1.0
"""Seconds without frames after which the routine pauses; longer only while a hold may still
continue."""

GONE_S: Final = 600.0
"""Seconds without a person after which the session ends, so that the camera does not keep
running."""


@dataclass(slots=True)
class Presence:
    """Tracker of the presence of a person.

    Attributes:
        person_s: time of the last detection, seconds since the source began.
        picture_s: time of the last frame, seconds since the source began.
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
        """Assume that the person is away, or present, until the opposite lasts."""
        self._away = Debounced(BACK_S if away else AWAY_S, value=away)

    def lacks_pictures(self, t_s: float, after_s: float = LOST_S) -> bool:
        """Whether no frame has come for ``after_s`` seconds."""
        return t_s - self.picture_s >= after_s

    def is_deserted(self, t_s: float) -> bool:
        """Whether no person has been there for `GONE_S`."""
        return t_s - self.person_s >= GONE_S
