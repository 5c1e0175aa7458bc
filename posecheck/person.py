"""Following one person by place and size.

The pose model returns one body a picture, and with two people in the room it can jump
from one to the other. A jump of the hips or of the size that no movement explains is
called another person; if the new body stays, it becomes the person that is followed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

REACH_BODY_LENGTHS: Final = 1.2
"""How far the hips may jump between two pictures, in mean bone lengths (about 0.4 m)."""

SPEED_BODY_LENGTHS_S: Final = 8.0
"""How much further they may move for each second that passed (about 3 m/s)."""

SCALE_CHANGE: Final = 1.7
"""By which factor the size may change between two pictures."""

SETTLE_S: Final = 2.0
"""After so long the new body is the person."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is in the picture: middle of the hips and size, in pixels."""

    t_s: float
    x_px: float
    y_px: float
    scale_px: float

    def could_become(self, later: Place) -> bool:
        """Whether one body can get from here to there in the time between."""
        if not (self.scale_px > 0 and later.scale_px > 0):
            return False
        size = max(self.scale_px, later.scale_px)
        moved = math.hypot(later.x_px - self.x_px, later.y_px - self.y_px) / size
        reach = REACH_BODY_LENGTHS + SPEED_BODY_LENGTHS_S * max(later.t_s - self.t_s, 0.0)
        factor = size / min(self.scale_px, later.scale_px)
        return moved <= reach and factor <= SCALE_CHANGE


@dataclass(slots=True)
class PersonFollower:
    """Says of each body whether it is the person that was followed so far.

    Attributes:
        jumps: how often the model jumped to another body.
    """

    jumps: int = 0
    _person: Place | None = field(default=None)
    _stranger: Place | None = field(default=None)
    _stranger_since_s: float = 0.0

    def is_same(self, place: Place) -> bool:
        """Take in the body of one picture; False if it is another one."""
        if self._person is None or self._person.could_become(place):
            self._person, self._stranger = place, None
            return True
        if self._stranger is None or not self._stranger.could_become(place):
            self.jumps += 1
            self._stranger_since_s = place.t_s
        self._stranger = place
        if place.t_s - self._stranger_since_s >= SETTLE_S:
            self._person, self._stranger = place, None
            return True
        return False
