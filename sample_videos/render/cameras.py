"""Cameras on a sphere around the person, and their exact pinhole projection.

Azimuth 0 looks from -y (the front of a seated person), 90 from +x (a seated
person's left; a lying person's feet), 180 from +y (the left of a person on the
back, the right of one on the hands or face down).
Pixels: x to the right, y down, (0, 0) is the outer corner of the top left
pixel, whose middle is (0.5, 0.5). The lens has no distortion.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from sample_videos.render.geometry import Array, unit, vector

# Width of the film that lens lengths refer to.
_FILM_WIDTH_MM = 36.0


@dataclass(frozen=True)
class Camera:
    """A camera that looks at a point near the person.

    Attributes:
        azimuth_deg: around the vertical; see the module.
        elevation_deg: above the horizon.
        distance_m: from the point looked at.
        target_m: the point looked at, in world metres.
        lens_mm: focal length for 36 mm film.
        name: what the view is called; empty if nobody named it.

    """

    azimuth_deg: float
    elevation_deg: float
    distance_m: float
    target_m: tuple[float, float, float]
    lens_mm: float = 37.0
    name: str = ""

    @property
    def position(self) -> Array:
        """Place of the camera in world metres."""
        azimuth, elevation = np.radians([self.azimuth_deg, self.elevation_deg])
        direction = [
            np.sin(azimuth) * np.cos(elevation),
            -np.cos(azimuth) * np.cos(elevation),
            np.sin(elevation),
        ]
        return vector(self.target_m) + self.distance_m * vector(direction)

    def vertical_view_deg(self, size_px: tuple[int, int]) -> float:
        """Return the vertical angle of view."""
        half_height = _FILM_WIDTH_MM / 2.0 * size_px[1] / size_px[0]
        return float(2.0 * np.degrees(np.arctan(half_height / self.lens_mm)))

    def project(self, points: Array, size_px: tuple[int, int]) -> Array:
        """Return the pixels (n x 2) of world points (n x 3, metres)."""
        forward = unit(vector(self.target_m) - self.position)
        right = unit(np.cross(forward, [0.0, 0.0, 1.0]))
        up = np.cross(right, forward)
        width, height = size_px
        focal_px = self.lens_mm / _FILM_WIDTH_MM * width
        rays = points - self.position
        depth = rays @ forward
        return np.stack(
            [
                width / 2.0 + focal_px * (rays @ right) / depth,
                height / 2.0 - focal_px * (rays @ up) / depth,
            ],
            axis=1,
        )

    def describe(self) -> dict[str, object]:
        """Return the camera for the truth file."""
        return {
            **asdict(self),
            "position_m": [round(float(x), 4) for x in self.position],
        }


SEATED_TARGET_M = (0.0, -0.15, 0.66)
SUPINE_TARGET_M = (-0.02, 0.0, 0.32)
MAT_TARGET_M = (0.05, 0.0, 0.28)

CAMERAS = {
    "seated_front": Camera(0, 10, 2.9, SEATED_TARGET_M),
    "seated_left": Camera(65, 10, 2.9, SEATED_TARGET_M),
    "seated_right": Camera(-65, 10, 2.9, SEATED_TARGET_M),
    "supine_left": Camera(180, 12, 2.6, SUPINE_TARGET_M),
    "supine_right": Camera(0, 12, 2.6, SUPINE_TARGET_M),
    "mat": Camera(0, 10, 2.6, MAT_TARGET_M),
    "mat_from_head": Camera(-25, 10, 2.6, MAT_TARGET_M),
    "floor": Camera(0, 6, 2.6, MAT_TARGET_M),
    "floor_far_side": Camera(180, 6, 2.6, MAT_TARGET_M),
}
