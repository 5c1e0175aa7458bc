"""Following one person by place and size.

The pose model returns one body a picture, and with two people in the room it can jump
from one to the other. A jump of the hips or of the size that no movement explains is
called another person; if the new body stays, it becomes the person that is followed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from posecheck.exercises.schema import Exercise

REACH_BODY_LENGTHS: Final = 1.2
"""How far the hips may jump between two pictures, in mean bone lengths (about 0.4 m)."""

SPEED_BODY_LENGTHS_S: Final = 2.0
"""How much further they may move for each second in which nobody was seen, in mean bone
lengths a second (about 0.8 m/s). So a body that appears 2 m away while a hold can still go
on is another person."""

FORMER_SPEED_BODY_LENGTHS_S: Final = 8.0
"""The same for exercises with the older rule for breaks (`Timing.grace_s`), so that sessions
recorded with it are judged as they were."""

SCALE_CHANGE: Final = 1.7
"""By which factor the size may change between two pictures."""

SETTLE_S: Final = 2.0
"""After so long in view the new body is the person; after so long without anybody, whoever
comes is."""

HOLE_S: Final = 0.5
"""Sightings further apart than this do not count as staying in view."""


class Seen(Enum):
    """Whose body a picture shows."""

    SAME = "same"
    OTHER = "other"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is in the picture: middle of the hips and size, in pixels."""

    t_s: float
    x_px: float
    y_px: float
    scale_px: float

    def could_become(self, later: Place, unseen_s: float, speed: float) -> bool:
        """Whether one body can get from here to there.

        Args:
            later: the place to get to.
            unseen_s: seconds in which nobody was seen.
            speed: mean bone lengths that it may move in each of these seconds.
        """
        if not (self.scale_px > 0 and later.scale_px > 0):
            return False
        size = max(self.scale_px, later.scale_px)
        moved = math.hypot(later.x_px - self.x_px, later.y_px - self.y_px) / size
        reach = REACH_BODY_LENGTHS + speed * max(unseen_s, 0.0)
        factor = size / min(self.scale_px, later.scale_px)
        return moved <= reach and factor <= SCALE_CHANGE


@dataclass(slots=True)
class PersonFollower:
    """Says of each body whether it is the person that was followed so far.

    Attributes:
        speed: how far a person may move unseen, in mean bone lengths a second.
        jumps: how often the model jumped to another body.
    """

    speed: float = SPEED_BODY_LENGTHS_S
    jumps: int = 0
    _person: Place | None = field(default=None)
    _stranger: Place | None = field(default=None)
    _stranger_since_s: float = 0.0
    _last_body_s: float = -math.inf

    @classmethod
    def of(cls, exercise: Exercise) -> PersonFollower:
        """Return a follower for an exercise's rule for breaks."""
        former = exercise.timing.grace_s is not None
        return cls(FORMER_SPEED_BODY_LENGTHS_S if former else SPEED_BODY_LENGTHS_S)

    def look(self, place: Place) -> Seen:
        """Take in the body of one picture and say whose it is.

        While a stranger is in view the person's reach does not grow: only time in which
        no body was seen at all lets the person be elsewhere.
        """
        unseen_s = place.t_s - self._last_body_s
        self._last_body_s = place.t_s
        if self._person is None or unseen_s > SETTLE_S:
            return self._follow(place, Seen.NEW)
        if self._person.could_become(place, unseen_s, self.speed):
            return self._follow(place, Seen.SAME)
        stays = self._stranger is not None and self._stranger.could_become(
            place, unseen_s, self.speed
        )
        if not stays or unseen_s > HOLE_S:
            self.jumps += not stays
            self._stranger_since_s = place.t_s
        self._stranger = place
        if place.t_s - self._stranger_since_s >= SETTLE_S:
            return self._follow(place, Seen.NEW)
        return Seen.OTHER

    def _follow(self, place: Place, seen: Seen) -> Seen:
        self._person, self._stranger = place, None
        return seen
