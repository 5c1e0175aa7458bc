"""Name of the crossed leg, where neither the user nor the exercise gives it.

Once the legs are crossed the model always calls the far leg the crossed one, so the held pose does
not show which one it is. The ankle that *rises* from rest does. It is followed by place and not by
name, because the model may exchange the names during the movement.

Lengths are in thighs; see `posecheck.measure.body.PoseArrays.thigh_px`.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Final

from posecheck.types import Side

if TYPE_CHECKING:
    from posecheck.measure.body import PoseArrays

WITHIN_S: Final = 2.0
"""Seconds after rest in which the ankle must rise."""

SETTLED_S: Final = 0.2
"""Seconds that both feet must be down without a break before they are at rest: while a foot rises
the model sometimes places it on the floor again for one frame."""

HOME_S: Final = 0.7
"""Seconds over which the place of rest is the median."""

RISE: Final = 0.2
"""Thighs by which one ankle must have risen more than the other."""

VOTES: Final = 2
"""Frames that must agree on the leg that rises."""

EXCHANGED: Final = 0.25
"""Thighs by which the exchanged names must fit better than the given ones to replace them."""

DISTINCT: Final = 0.15
"""Thighs between the two places of rest above which the place of an ankle identifies its foot."""

NEARER: Final = 0.1
"""Thighs by which the foot that stays is nearer to its own place of rest."""

STAYED: Final = 0.15
"""Thighs from its place of rest within which a foot has stayed."""

MERGED: Final = 0.12
"""Thighs between the ankles below which the model places both on one leg."""

LEFT_HOME: Final = 0.3
"""Thighs between one ankle and its place of rest above which merged ankles end the tracking."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Feet:
    """Places of the ankles in one frame, as the model gives them.

    Attributes:
        t_s: seconds since the source began.
        left, right: x and y in pixels.
        thigh_px: length of a thigh, see `posecheck.measure.body.PoseArrays.thigh_px`.
        left_is_near: whether the person's left side is turned to the camera.
    """

    t_s: float
    left: Point
    right: Point
    thigh_px: float
    left_is_near: bool

    @property
    def seen(self) -> bool:
        """Whether both ankles have a place."""
        return math.isfinite(sum((*self.left, *self.right))) and self.thigh_px > 0


def feet_of(body: PoseArrays) -> list[Feet]:
    """Return the ankles of every frame of a body; NaN where no person was found."""
    rows = zip(
        body.t_s.tolist(),
        map(tuple, body.image("left_ankle").tolist()),
        map(tuple, body.image("right_ankle").tolist()),
        body.thigh_px.tolist(),
        body.left_is_near.tolist(),
        strict=True,
    )
    return [Feet(*row) for row in rows]


@dataclass(slots=True)
class LegNamer:
    """Detector of the leg that rose from rest, for one person, in the order of time.

    Attributes:
        risen: the leg that was seen to rise since the last rest; None if none was.
    """

    risen: Side | None = None
    _rest: deque[Feet] = field(default_factory=deque)
    _home: tuple[Point, Point] | None = None
    _at: tuple[Point, Point] | None = None
    _votes: int = 0
    _resting_since_s: float = math.inf

    def forget(self) -> None:
        """Start anew, for another person."""
        self.risen = None
        self._rest.clear()
        self._home = self._at = None
        self._votes, self._resting_since_s = 0, math.inf

    def look(self, feet: Feet, *, resting: bool) -> None:
        """Take in one frame; ``resting`` says whether both feet are seen to be down in it."""
        if not feet.seen:
            return
        self._resting_since_s = min(self._resting_since_s, feet.t_s) if resting else math.inf
        if feet.t_s - self._resting_since_s >= SETTLED_S:
            self._rest.append(feet)
            while feet.t_s - self._rest[0].t_s > HOME_S:
                self._rest.popleft()
            self.risen, self._home, self._votes = None, None, 0
        elif self._rest and feet.t_s - self._rest[-1].t_s <= WITHIN_S:
            if self._home is None:
                self._home = self._at = self._place_of_rest()
            if abs(self._votes) < VOTES:
                self._follow(feet)

    def _place_of_rest(self) -> tuple[Point, Point]:
        last_s = self._rest[-1].t_s
        rows = [feet for feet in self._rest if last_s - feet.t_s <= HOME_S]

        def middle(points: list[Point]) -> Point:
            return median(x for x, _ in points), median(y for _, y in points)

        return middle([feet.left for feet in rows]), middle([feet.right for feet in rows])

    def _follow(self, feet: Feet) -> None:
        home, thigh = self._home, feet.thigh_px
        if home is None:
            return
        if math.dist(*home) > DISTINCT * thigh:
            risen = _left_its_home(feet, home)
        else:
            risen = self._risen_on_its_way(feet, home)
        if risen is not None:
            self._votes += 1 if risen is Side.LEFT else -1
        if abs(self._votes) >= VOTES:
            self.risen = Side.LEFT if self._votes > 0 else Side.RIGHT

    def _risen_on_its_way(self, feet: Feet, home: tuple[Point, Point]) -> Side | None:
        """Return the ankle that has risen, followed from frame to frame."""
        at, thigh = self._at, feet.thigh_px
        if at is None:
            return None
        here, exchanged = (feet.left, feet.right), (feet.right, feet.left)
        if _way(exchanged, at) + EXCHANGED * thigh < _way(here, at):
            here = exchanged
        away = max(math.dist(here[0], home[0]), math.dist(here[1], home[1]))
        if math.dist(*here) < MERGED * thigh and away > LEFT_HOME * thigh:
            self._at = None  # from here on the ankles cannot be told apart
            return None
        self._at = here
        rise = [(was[1] - now[1]) / thigh for was, now in zip(home, here, strict=True)]
        if abs(rise[0] - rise[1]) > RISE and max(rise) > RISE:
            return Side.LEFT if rise[0] > rise[1] else Side.RIGHT
        return None


def _left_its_home(feet: Feet, home: tuple[Point, Point]) -> Side | None:
    """Return the leg whose place on the floor is empty while the other ankle is still there.

    The names that the model gives in this frame do not matter.
    """
    thigh = feet.thigh_px
    low, high = sorted((feet.left, feet.right), key=lambda point: -point[1])
    if (low[1] - high[1]) / thigh < RISE:
        return None
    to_left, to_right = (math.dist(low, place) / thigh for place in home)
    if abs(to_left - to_right) < NEARER or min(to_left, to_right) > STAYED:
        return None
    return Side.RIGHT if to_left < to_right else Side.LEFT


def _way(here: tuple[Point, Point], before: tuple[Point, Point]) -> float:
    return math.dist(here[0], before[0]) + math.dist(here[1], before[1])
