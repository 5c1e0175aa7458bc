"""A story: what the person does, as a list of timed key poses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sample_videos.render.geometry import smoothstep

Side = Literal["left", "right"]
Extras = tuple[tuple[str, float], ...]

EXTRAS = {
    "slide": "figure-fours: how far the crossed ankle has slid down the other shin, 1 = its ankle",
    "off": "supine figure-four: the ankle off the knee, the leg in the air beside the other one",
    "over": "figure-fours: crossed with the knee over the knee instead of the ankle",
    "hover": "knee to chest, press-up: the other leg held straight in the air",
    "high": "pigeon: hips held high over the front knee, the rear leg long on its toes",
    "bird_dog": "pigeon: on hands and one knee, the rear leg held level",
}
"""Amounts of a segment beside its own; each is a fault of some exercises."""

# Trembling: a slow sway and a small fast one on top, as (hertz, share of the amplitude).
_TREMBLE = ((0.9, 1.0), (4.3, 0.13))


@dataclass(frozen=True)
class Segment:
    """A stretch of time in which the person eases from the last key pose into this one.

    Attributes:
        phase: what a person would call it, such as `hold`.
        duration_s: seconds; the key pose is reached at the end.
        cross: 0 = rest pose, 1 = the limbs in place (figure-four: the stretched leg's ankle
            on the other knee).
        depth: 0 = loose (seated: upright; supine: supporting foot down), 1 = the full stretch.
        stretched_side: the leg whose glute is stretched.
        fault: 0 = none, 1 = the exercise's own usual fault, such as the other knee bent.
        up: 0 = in the exercise's place, 1 = got up: stood in front of the chair, sat up on the mat.
        tremble: how far the depth trembles to either side.
        present: whether the person is there at all.
        extras: further amounts, 0..1, by names of `EXTRAS`; those not named are 0.

    """

    phase: str
    duration_s: float
    cross: float = 0.0
    depth: float = 0.0
    stretched_side: Side = "right"
    fault: float = 0.0
    up: float = 0.0
    tremble: float = 0.0
    present: bool = True
    extras: Extras = ()


@dataclass(frozen=True)
class Moment:
    """The key amounts at one instant; see `Segment`."""

    cross: float
    depth: float
    stretched_side: Side = "right"
    t_s: float = 0.0
    fault: float = 0.0
    up: float = 0.0
    present: bool = True
    extras: Extras = ()

    def amount_of(self, name: str) -> float:
        """Return a further amount by a name of `EXTRAS`."""
        return dict(self.extras).get(name, 0.0)


@dataclass(frozen=True)
class Story:
    """Segments one after the other; the first begins in its own key pose."""

    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        """Refuse a story that could not be acted without a jump."""
        for before, after in zip(self.segments, self.segments[1:], strict=False):
            at_rest = before.cross == before.depth == before.fault == 0.0
            at_rest = at_rest and not any(amount for _, amount in before.extras)
            if before.stretched_side != after.stretched_side and not at_rest:
                message = f"the sides change at {after.phase!r}, but the legs are not at rest"
                raise ValueError(message)

    @property
    def duration_s(self) -> float:
        """Length of the story in seconds."""
        return sum(segment.duration_s for segment in self.segments)

    def spans(self) -> list[tuple[float, float, Segment]]:
        """Return (start, end, segment) in seconds."""
        spans = []
        start = 0.0
        for segment in self.segments:
            end = round(start + segment.duration_s, 6)
            spans.append((start, end, segment))
            start = end
        return spans

    def at(self, t_s: float) -> Moment:
        """Return the amounts at a time in seconds."""
        before, segment, amount = self.segments[-1], self.segments[-1], 1.0
        earlier = self.segments[0]
        for start, end, here in self.spans():
            if t_s < end:
                before, segment = earlier, here
                amount = smoothstep((t_s - start) / here.duration_s)
                break
            earlier = here
        cross, depth, fault, up, tremble = (
            old + (new - old) * amount
            for old, new in zip(_amounts(before), _amounts(segment), strict=True)
        )
        depth += tremble * _wave(t_s)
        extras = _between(before.extras, segment.extras, amount)
        side = segment.stretched_side
        return Moment(cross, depth, side, t_s, fault, up, segment.present, extras)

    def mirrored(self) -> Story:
        """Return the same story with the legs' roles exchanged."""
        return Story(
            tuple(
                replace(
                    segment, stretched_side="left" if segment.stretched_side == "right" else "right"
                )
                for segment in self.segments
            )
        )


def _amounts(segment: Segment) -> tuple[float, ...]:
    return segment.cross, segment.depth, segment.fault, segment.up, segment.tremble


def _between(old: Extras, new: Extras, amount: float) -> Extras:
    """Return the further amounts on the way, without those that are 0."""
    first, last = dict(old), dict(new)
    mixed = {
        name: first.get(name, 0.0) * (1.0 - amount) + last.get(name, 0.0) * amount
        for name in first | last
    }
    return tuple((name, value) for name, value in mixed.items() if value)


def _wave(t_s: float) -> float:
    return float(sum(share * np.sin(2.0 * np.pi * hertz * t_s) for hertz, share in _TREMBLE))
