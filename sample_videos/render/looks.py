"""Looks of the room: colours, lights, and what a camera's sensor adds in the dark (numpy only)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Lamp:
    """A far light: its place relative to a camera in front (metres), strength and colour."""

    place: tuple[float, float, float]
    brightness: float
    colour: str = "#ffffff"


@dataclass(frozen=True)
class Look:
    """How the room looks.

    Attributes:
        wall, floor, mat, seat, chair_legs: colours.
        lamps: what lights it.
        ambient: share of a surface's usual ambient light.
        gain: brightness of the finished picture, 1 = as drawn.
        noise: standard deviation of the sensor's noise, in levels of 0 to 255.

    """

    wall: str
    floor: str
    mat: str
    seat: str
    chair_legs: str
    lamps: tuple[Lamp, ...]
    ambient: float = 1.0
    gain: float = 1.0
    noise: float = 0.0

    def develop(self, picture: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
        """Return the picture as the sensor sees it; the noise depends on the seed alone."""
        if self.gain == 1.0 and self.noise == 0.0:
            return picture
        # Generated at half the size in each direction: sensors blur their noise, encoders more.
        height, width = picture.shape[0] // 2, picture.shape[1] // 2
        grain = np.random.default_rng(seed).normal(0.0, self.noise, (height, width, 3))
        seen = picture * self.gain + grain.repeat(2, axis=0).repeat(2, axis=1)
        return np.clip(seen, 0, 255).astype(np.uint8)


LOOKS = {
    "day": Look(
        wall="#d8d6d0",
        floor="#b08f70",
        mat="#3f8f82",
        seat="#80858c",
        chair_legs="#75502f",
        lamps=(
            Lamp((-1.6, -2.6, 2.6), 0.6),
            Lamp((2.2, -1.6, 2.4), 0.35),
            Lamp((0.0, 0.6, 2.9), 0.3),
        ),
    ),
    "evening": Look(
        wall="#8a7160",
        floor="#8a6a50",
        mat="#8a5578",
        seat="#5c6e60",
        chair_legs="#4a3a30",
        lamps=(Lamp((3.0, -1.2, 1.6), 0.85, "#ffcf98"), Lamp((-2.0, -2.0, 2.6), 0.2, "#b4c0ff")),
        ambient=1.0,
    ),
    "dark": Look(
        wall="#6b665f",
        floor="#5d4f42",
        mat="#2f5f58",
        seat="#55595f",
        chair_legs="#40301f",
        lamps=(Lamp((2.4, -2.0, 2.2), 0.5),),
        ambient=0.6,
        gain=0.2,
        noise=5.0,
    ),
}
