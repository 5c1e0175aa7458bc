"""Where a replay stands: a state machine that is told the time and never asks for it.

Every change is a new value. ``now_s`` is any clock that only runs forward; ``t_s`` is the
session's own time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
"""How many seconds of the session may pass in one second."""


@dataclass(frozen=True, slots=True)
class Player:
    """A replay that plays or stands still.

    Attributes:
        start_s: time of the first picture.
        end_s: time of the last picture that was read so far.
        growing: whether the session is still being read.
        t_s: where the replay stands, from ``start_s`` to ``end_s``.
        speed: one of `SPEEDS`.
        playing: whether it plays; at the end of what was read it waits for more.
        clock_s: the time ``now_s`` at which it stood at ``t_s``.
    """

    start_s: float
    end_s: float
    growing: bool
    t_s: float
    speed: float = 1.0
    playing: bool = False
    clock_s: float = 0.0

    def at(self, now_s: float) -> Player:
        """Return the player as it is now; it stops at the end."""
        passed_s = max(0.0, now_s - self.clock_s) if self.playing else 0.0
        t_s = min(self.t_s + passed_s * self.speed, self.end_s)
        playing = self.playing and (self.growing or t_s < self.end_s)
        return replace(self, t_s=t_s, playing=playing, clock_s=now_s)

    def toggle(self, now_s: float) -> Player:
        """Play or pause; at the end, play again from the start."""
        here = self.at(now_s)
        ended = not here.growing and here.t_s >= here.end_s
        t_s = here.start_s if ended and not here.playing else here.t_s
        return replace(here, playing=not here.playing, t_s=t_s)

    def pause(self, now_s: float) -> Player:
        """Stand still."""
        return replace(self.at(now_s), playing=False)

    def seek(self, t_s: float, now_s: float) -> Player:
        """Go to a time, or as near to it as the session reaches; go on playing or standing."""
        return replace(self.at(now_s), t_s=min(max(t_s, self.start_s), self.end_s))

    def faster(self, steps: int, now_s: float) -> Player:
        """Change the speed by so many steps of `SPEEDS`; negative is slower."""
        place = min(max(SPEEDS.index(self.speed) + steps, 0), len(SPEEDS) - 1)
        return replace(self.at(now_s), speed=SPEEDS[place])

    def reach(self, end_s: float, *, growing: bool, now_s: float) -> Player:
        """Take in that the session was read up to ``end_s``."""
        return replace(self.at(now_s), end_s=max(end_s, self.end_s), growing=growing)
