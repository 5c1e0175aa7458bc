"""Whether somebody is there, has left, or is back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from posecheck.live.patience import Settled

AWAY_S: Final = 3.0
"""Who can't be found for so long has left."""

TURNING_S: Final = 8.0
"""The same while somebody changes sides: turning round on a mat can hide anybody."""

BACK_S: Final = 1.5
"""Who is found for so long is back."""

LOST_S: Final = 1.0
"""Without pictures for so long nobody knows what happens, and the routine pauses; later only
while a hold may still go on."""

GONE_S: Final = 600.0
"""When nobody has been there for so long, the session ends: a camera should not run on."""


@dataclass(slots=True)
class Presence:
    """Follows whether a person is found.

    Attributes:
        person_s: when somebody was found last, seconds since the source began.
        picture_s: when a picture came last.
    """

    person_s: float = 0.0
    picture_s: float = 0.0
    _away: Settled[bool] = field(default_factory=lambda: Settled(AWAY_S, value=False))

    @property
    def away(self) -> bool:
        """Whether the person has left and is not back yet."""
        return self._away.value

    def begin(self, t_s: float) -> None:
        """Count from now on."""
        self.person_s = self.picture_s = t_s

    def look(self, t_s: float, *, found: bool, turning: bool) -> None:
        """Take in whether somebody was found in a picture.

        Args:
            t_s: the moment.
            found: whether somebody was.
            turning: whether the person is changing sides.
        """
        self.picture_s = t_s
        if found:
            self.person_s = t_s
        leaves_s = TURNING_S if turning else AWAY_S
        self._away.after_s = BACK_S if self.away else leaves_s
        self._away.look(t_s, not found)

    def expect(self, *, away: bool) -> None:
        """Take somebody for away, or for there, until it shows otherwise for a while."""
        self._away = Settled(BACK_S if away else AWAY_S, value=away)

    def lacks_pictures(self, t_s: float, after_s: float = LOST_S) -> bool:
        """Whether no picture has come for so many seconds that it matters."""
        return t_s - self.picture_s >= after_s

    def is_deserted(self, t_s: float) -> bool:
        """Whether nobody has been there for so long that nobody will come."""
        return t_s - self.person_s >= GONE_S
