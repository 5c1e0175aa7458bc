"""The part of a session that the timeline shows, and where a time lies on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SHORTEST_S: Final = 2.0
"""Nothing shorter is shown across the whole width."""

_ROOM: Final = 0.1
"""Share of the shown time that is kept ahead of the place where the replay stands."""

_TICKS_S: Final = (
    0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0,
    3600.0, 7200.0,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of time laid over pixels.

    Attributes:
        from_s, to_s: the time that is shown.
        left_px, width_px: where it is shown.
    """

    from_s: float
    to_s: float
    left_px: int
    width_px: int

    @property
    def span_s(self) -> float:
        """The seconds that are shown."""
        return self.to_s - self.from_s

    def x(self, t_s: float) -> float:
        """Return where a time lies, in pixels; also outside of what is shown."""
        return self.left_px + (t_s - self.from_s) / self.span_s * self.width_px

    def t_s(self, x_px: float) -> float:
        """Return the time at a place, from the first to the last that is shown."""
        share = (x_px - self.left_px) / self.width_px
        return self.from_s + min(max(share, 0.0), 1.0) * self.span_s

    def zoomed(self, factor: float, t_s: float, whole: tuple[float, float]) -> Axis:
        """Return an axis that shows ``factor`` as much time; ``t_s`` keeps its place."""
        first_s, last_s = whole
        span_s = min(max(self.span_s * factor, SHORTEST_S), max(last_s - first_s, SHORTEST_S))
        share = min(max((t_s - self.from_s) / self.span_s, 0.0), 1.0)
        return self._from(t_s - share * span_s, span_s, whole)

    def following(self, t_s: float, whole: tuple[float, float]) -> Axis:
        """Return the axis turned over like a page, if a time is not on it."""
        if self.from_s <= t_s <= self.to_s:
            return self
        return self._from(t_s - _ROOM * self.span_s, self.span_s, whole)

    def ticks(self, apart_px: int) -> tuple[float, list[float]]:
        """Return the distance of round times that lie at least so far apart, and the times."""
        least_s = apart_px * self.span_s / self.width_px
        step_s = next((step_s for step_s in _TICKS_S if step_s >= least_s), _TICKS_S[-1])
        first, last = int(self.from_s // step_s), int(self.to_s // step_s)
        times_s = [number * step_s for number in range(first, last + 1)]
        return step_s, [time_s for time_s in times_s if self.from_s <= time_s <= self.to_s]

    def _from(self, from_s: float, span_s: float, whole: tuple[float, float]) -> Axis:
        first_s, last_s = whole
        from_s = max(first_s, min(from_s, last_s - span_s))
        return Axis(from_s, from_s + span_s, self.left_px, self.width_px)


def tick_text(t_s: float, step_s: float) -> str:
    """Return a round time as ``m:ss`` or ``h:mm:ss``, with tenths if the step needs them."""
    tenths = round(t_s * 10)
    minutes, rest = divmod(tenths, 600)
    seconds = f"{rest / 10:04.1f}" if step_s < 1 else f"{rest // 10:02d}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}"
