"""Where a camera stands for each exercise: the views of the matrix (numpy only).

`recommended` is what the exercise's page asks for. The same place, mirrored, is `mirrored`;
`frontal` is in front of a seated person, at the feet of one on the back and at the head of one
on the hands; `three_quarter` is about half way to it from the side; `laptop` is raised above
table height and looks down; `floor` stands on the floor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from sample_videos.render.cameras import (
    MAT_TARGET_M,
    SEATED_TARGET_M,
    SUPINE_TARGET_M,
    Camera,
)

if TYPE_CHECKING:
    from sample_videos.render.story import Side

VIEWS = ("recommended", "mirrored", "frontal", "three_quarter", "laptop", "floor")

_THREE_QUARTER_DEG = 42.0

_JITTER_DEG = (5.0, 13.0)
_LOWEST_JITTERED_DEG = -4.0

_TOO_FAR_LENS_MM = 16.0
_HALF_OUT_SEATED_M = 0.95
_HALF_OUT_LYING_M = 1.15
_WHOLE_WAY_DISTANCE = 1.17
_WHOLE_WAY_RAISE_M = 0.1


@dataclass(frozen=True)
class _Place:
    """The recommended place, for the right side stretched, and where the front is."""

    front_deg: float
    azimuth_deg: float
    elevation_deg: float
    distance_m: float
    target_m: tuple[float, float, float]
    laptop_deg: float
    floor_deg: float
    too_far_m: float


_LYING = (2.6, MAT_TARGET_M, 26.0, -2.0, 5.4)
_PLACES = {
    "seated_figure_four": _Place(0.0, 65.0, 10.0, 2.9, SEATED_TARGET_M, 18.0, -9.0, 4.0),
    "supine_figure_four": _Place(90.0, 180.0, 12.0, 2.6, SUPINE_TARGET_M, 26.0, -3.0, 4.4),
    "single_knee_to_chest": _Place(90.0, 0.0, 10.0, *_LYING),
    "knee_to_opposite_shoulder": _Place(90.0, -25.0, 10.0, *_LYING),
    "pigeon": _Place(-90.0, 180.0, 6.0, *_LYING),
    "prone_press_up": _Place(-90.0, 0.0, 6.0, *_LYING),
}


def camera_of(exercise: str, view: str, side: Side = "right") -> Camera:
    """Return the camera of a view.

    Args:
        exercise: name of the motion.
        view: one of `VIEWS`.
        side: the stretched side that the view is for.

    """
    place = _PLACES[exercise]
    seated = exercise.startswith("seated")
    azimuth, elevation, distance = place.azimuth_deg, place.elevation_deg, place.distance_m
    if view == "frontal":
        azimuth = place.front_deg
    elif view == "three_quarter":
        azimuth = _three_quarter(place, seated=seated)
    elif view == "laptop":
        elevation = place.laptop_deg
    elif view == "floor":
        elevation = place.floor_deg
    elif view not in VIEWS:
        message = f"no such view: {view}"
        raise ValueError(message)
    if (view == "mirrored") != (side == "left"):
        azimuth = _mirrored(azimuth, seated=seated)
    return Camera(azimuth, elevation, distance, place.target_m, name=view)


def half_out(camera: Camera, exercise: str) -> Camera:
    """Aim the camera so that the legs lie outside the picture."""
    x, y, z = camera.target_m
    if exercise.startswith("seated"):
        return replace(camera, target_m=(x, y, z + _HALF_OUT_SEATED_M), name="half_out")
    # Exactly from beside: an oblique look along the mat has more of it in the picture.
    beside = 180.0 if _on_left(camera.azimuth_deg) else 0.0
    target = (x - _HALF_OUT_LYING_M, y, z)
    return replace(camera, azimuth_deg=beside, target_m=target, name="half_out")


def too_far(camera: Camera, exercise: str) -> Camera:
    """Move the camera so far away that the person spans about an eighth of the width.

    The lens is wider, too: the room would not be deep enough otherwise.
    """
    distance = _PLACES[exercise].too_far_m
    return replace(camera, distance_m=distance, lens_mm=_TOO_FAR_LENS_MM, name="too_far")


def whole_way(camera: Camera) -> Camera:
    """Stand back, so that a person who stands or sits up is in the picture, too."""
    x, y, z = camera.target_m
    distance = camera.distance_m * _WHOLE_WAY_DISTANCE
    return replace(camera, distance_m=distance, target_m=(x, y, z + _WHOLE_WAY_RAISE_M))


def jittered(camera: Camera, name: str) -> Camera:
    """Move the camera 5 to 13 degrees around and up or down; how far depends on the name alone.

    A low camera only goes up: it would be under the floor otherwise.
    """
    azimuth, elevation = np.random.default_rng(crc32(name.encode())).uniform(-1.0, 1.0, 2)
    moved = camera.elevation_deg + _jitter_deg(elevation)
    if moved < _LOWEST_JITTERED_DEG:
        moved = camera.elevation_deg + abs(_jitter_deg(elevation))
    around = camera.azimuth_deg + _jitter_deg(azimuth)
    return replace(camera, azimuth_deg=round(around, 2), elevation_deg=round(moved, 2))


def _jitter_deg(amount: float) -> float:
    """Return -13..-5 or 5..13 for -1..0 or 0..1."""
    least, most = _JITTER_DEG
    return math.copysign(least + (most - least) * abs(amount), amount)


def _three_quarter(place: _Place, *, seated: bool) -> float:
    if seated:
        return math.copysign(_THREE_QUARTER_DEG, place.azimuth_deg)
    # From exactly beside the mat, turned towards the front.
    turned = math.copysign(_THREE_QUARTER_DEG, place.front_deg)
    return (180.0 - turned) % 360.0 if _on_left(place.azimuth_deg) else turned


def _on_left(azimuth_deg: float) -> bool:
    """Tell whether a camera stands beyond the mat: on the left of a person on the back."""
    return math.cos(math.radians(azimuth_deg)) < 0.0


def _mirrored(azimuth_deg: float, *, seated: bool) -> float:
    return -azimuth_deg if seated else (180.0 - azimuth_deg) % 360.0
