"""Detection of frames in which the pose model exchanges the legs.

Seen from the side of the crossed leg the model follows the leg that it sees best: within a frame or
two the ankles change places, or both are placed on one leg. No foot moves that fast, so the jump
shows the swap. Crossing the legs also begins with both feet at rest: the ankle that leaves its
place slowly is the crossed one, under any later name. While the legs are swapped neither can be
judged.

All distances are in the image and in lengths of the longer thigh; the limits were
chosen on rendered clips, where a crossing foot moves about 0.45 thigh lengths in 0.25 s and a
swapped one about 1.0.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from posecheck.types import Side

if TYPE_CHECKING:
    from posecheck.measure.body import PoseArrays

APART: Final = 0.5
"""Distance of the ankles in thighs above which they cannot be confused."""

TOGETHER: Final = 0.3
"""Distance of the ankles in thighs below which both are placed on one foot, or stand side by
side."""

JUMP: Final = 0.6
"""Thighs that an ankle moves within `JUMP_S` only in a swap."""

JUMP_S: Final = 0.25
"""Longest duration of a swap in seconds, smoothing included."""

GONE: Final = 0.35
"""Distance of an ankle from its place of rest, in thighs, above which it has left it."""

STAYED: Final = 0.2
"""Distance of an ankle from its place of rest, in thighs, below which it has not moved."""

LEAP: Final = 0.8
"""Distance of a newly seen ankle from its place of rest, in thighs, above which it is a jump."""

STILL: Final = 0.12
"""Largest movement of ankles at rest within `STILL_S`, in thighs."""

STILL_S: Final = 0.4
"""Seconds that both ankles must be still before their place is their place of rest."""

SETTLE_S: Final = 0.6
"""Seconds after a jump before the legs can count as at rest."""

HOME_S: Final = 0.2
"""Seconds that both ankles must be back at their place of rest before a swap is over."""

SURE: Final = 0.8
"""Distance of the ankles in thighs above which the legs are crossed and not only a foot moved;
crossed legs on rendered clips had 1.3 and more."""

MOVED: Final = 0.5
"""Movement of the hips in thighs above which the person is at another place, and the feet have a
new place of rest."""

LONG_S: Final = 15.0
"""Seconds after which ankles that lie together are at rest at any place: no hold takes longer."""

HOLE_S: Final = 0.5
"""Seconds without the legs after which a change of place is no jump. Swapped legs stay swapped."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ankles:
    """Places of the ankles in one frame, as the model gives them.

    Attributes:
        t_s: seconds since the source began.
        left, right: x and y in pixels.
        hips: the middle of the hips, in pixels.
        thigh_px: length of the longer thigh in the image.
    """

    t_s: float
    left: Point
    right: Point
    hips: Point
    thigh_px: float

    def between(self, first: Point, second: Point) -> float:
        """Return the distance of two points in thigh lengths."""
        return math.dist(first, second) / self.thigh_px

    @property
    def apart(self) -> float:
        """Distance of the ankles."""
        return self.between(self.left, self.right)


def ankles_of(body: PoseArrays) -> list[Ankles]:
    """Return the ankles of every frame of a body; NaN where no person was found."""
    rows = zip(
        body.t_s.tolist(),
        body.image("left_ankle").tolist(),
        body.image("right_ankle").tolist(),
        body.hip_centre_px.tolist(),
        body.longer_thigh_px.tolist(),
        strict=True,
    )
    return [
        Ankles(t_s, tuple(left), tuple(right), tuple(hips), thigh)
        for t_s, left, right, hips, thigh in rows
    ]


@dataclass(slots=True)
class LegSwapDetector:
    """Detector of frames with swapped legs, for one person, in the order of time."""

    _past: deque[Ankles] = field(default_factory=deque)
    _rest: Ankles | None = None
    _home_since_s: float = math.inf
    _together_since_s: float = math.inf
    _crossed: Side | None = None
    _sure: bool = False
    _leapt: bool = False
    _swapped: bool = False
    _on_one: bool = False
    _jump_s: float = -math.inf

    def forget(self) -> None:
        """Start anew, for another person."""
        self._past.clear()
        self._rest = None
        self._home_since_s = self._together_since_s = math.inf
        self._settle()
        self._jump_s = -math.inf

    def look(self, now: Ankles) -> bool:
        """Take in one frame; return True if the legs are swapped in it."""
        if not (now.thigh_px > 0 and math.isfinite(now.apart)):
            return self._swapped or self._on_one
        if self._past and now.t_s - self._past[-1].t_s > HOLE_S:
            self._past.clear()
        while self._past and now.t_s - self._past[0].t_s > STILL_S + JUMP_S:
            self._past.popleft()
        jumped = self._notice_jump(now)
        self._past.append(now)
        at_home, new_rest, still = self._at_home(now), self._is_new_rest(now), self._still(now)
        if at_home or (still and new_rest):
            self._settle()
            if still:
                self._rest = now
        elif self._rest is not None and not jumped:
            self._notice_who_left(now, self._rest)
            self._notice_two_on_one(now)
        return self._swapped or self._on_one

    def _settle(self) -> None:
        self._crossed = None
        self._sure = self._leapt = self._swapped = self._on_one = False

    def _notice_jump(self, now: Ankles) -> bool:
        for before in reversed(self._past):
            if before.t_s <= self._jump_s or now.t_s - before.t_s > JUMP_S:
                break
            if before.apart < APART:
                continue
            left, right = (
                now.between(now.left, before.left),
                now.between(now.right, before.right),
            )
            crosswise = now.between(now.left, before.right) + now.between(now.right, before.left)
            if now.apart > APART and 2 * crosswise < left + right:
                self._jump_s, self._swapped, self._on_one = now.t_s, not self._swapped, False
                return True
            if now.apart < TOGETHER and max(left, right) > JUMP:
                self._jump_s, self._on_one = now.t_s, True
                return True
        if now.apart > APART:
            self._on_one = False
        return False

    def _is_home(self, now: Ankles) -> bool:
        """Whether both ankles are at their place of rest, or at any place while none is known."""
        if now.apart >= APART or self._rest is None:
            return now.apart < APART
        left, right = self._rest.left, self._rest.right
        return max(now.between(now.left, left), now.between(now.right, right)) < GONE

    def _at_home(self, now: Ankles) -> bool:
        """Whether both ankles have been at rest for `HOME_S` and did not jump there."""
        home = self._is_home(now)
        self._home_since_s = min(self._home_since_s, now.t_s) if home else math.inf
        return home and now.t_s - self._home_since_s >= HOME_S and now.t_s - self._jump_s > SETTLE_S

    def _is_new_rest(self, now: Ankles) -> bool:
        """Whether ankles that lie still together are at rest at another place than before."""
        together = now.apart < APART
        self._together_since_s = min(self._together_since_s, now.t_s) if together else math.inf
        if not together or now.t_s - self._jump_s <= SETTLE_S:
            return False
        moved = self._rest is not None and now.between(now.hips, self._rest.hips) > MOVED
        return moved or not self._sure or now.t_s - self._together_since_s > LONG_S

    def _still(self, now: Ankles) -> bool:
        if now.t_s - self._past[0].t_s < STILL_S:
            return False
        return all(
            now.between(now.left, before.left) < STILL
            and now.between(now.right, before.right) < STILL
            for before in self._past
            if now.t_s - before.t_s <= STILL_S
        )

    def _seen_without_a_hole(self) -> bool:
        """Whether the time since the last frame is too short for a foot to move far."""
        return len(self._past) > 1 and self._past[-1].t_s - self._past[-2].t_s <= JUMP_S

    def _notice_two_on_one(self, now: Ankles) -> None:
        """Notice ankles in one place away from rest: there the model has merged crossed legs."""
        if self._sure and now.apart < TOGETHER and not self._is_home(now):
            self._on_one = True

    def _notice_who_left(self, now: Ankles, rest: Ankles) -> None:
        if self._crossed is None and not self._leapt:
            moved = {
                Side.LEFT: now.between(now.left, rest.left),
                Side.RIGHT: now.between(now.right, rest.right),
            }
            for side, way in moved.items():
                if way > GONE and moved[side.other] < STAYED:
                    self._leapt = way >= LEAP and self._seen_without_a_hole()
                    self._crossed = None if self._leapt else side
        if self._crossed is None and not self._leapt:
            return
        self._sure = self._sure or self._leapt or now.apart > SURE
        homes = (rest.left, rest.right)
        left = min(now.between(now.left, home) for home in homes)
        right = min(now.between(now.right, home) for home in homes)
        if left > GONE and right < STAYED:
            self._swapped = self._crossed is not Side.LEFT
        elif right > GONE and left < STAYED:
            self._swapped = self._crossed is not Side.RIGHT
