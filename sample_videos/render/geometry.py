"""Vectors and rotations in three dimensions (numpy only).

Positions are in metres, angles in degrees. A rotation is a 3x3 matrix that
acts on column vectors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_TINY = 1e-9


def vector(values: ArrayLike) -> Array:
    """Return the values as an array of floats."""
    return np.asarray(values, dtype=np.float64)


def unit(values: ArrayLike) -> Array:
    """Return the vector scaled to length 1."""
    array = vector(values)
    return array / np.linalg.norm(array)


def lerp(start: ArrayLike, end: ArrayLike, amount: float) -> Array:
    """Return the point at `amount` (0..1) of the way from start to end."""
    return vector(start) * (1.0 - amount) + vector(end) * amount


def smoothstep(amount: float) -> float:
    """Ease 0..1 in and out, with zero speed at both ends."""
    clipped = min(max(amount, 0.0), 1.0)
    return clipped * clipped * (3.0 - 2.0 * clipped)


def interior_angle_deg(first: Array, corner: Array, last: Array) -> float:
    """Return the angle at `corner` in degrees; 180 means a straight line."""
    cosine = float(unit(first - corner) @ unit(last - corner))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def rotation_about(axis: ArrayLike, degrees: float) -> Array:
    """Return the right-handed rotation about an axis."""
    x, y, z = unit(axis)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    radians = np.radians(degrees)
    turned: Array = np.eye(3) + np.sin(radians) * cross + (1.0 - np.cos(radians)) * (cross @ cross)
    return turned


def rotation_vector(rotation: Array) -> Array:
    """Return axis times angle (radians) of a rotation below 180 degrees."""
    cosine = np.clip((np.trace(rotation) - 1.0) / 2.0, -1.0, 1.0)
    angle = float(np.arccos(cosine))
    if angle < _TINY:
        return np.zeros(3)
    skew = rotation - rotation.T
    axis_times_sine = np.array([skew[2, 1], skew[0, 2], skew[1, 0]]) / 2.0
    turned: Array = axis_times_sine * (angle / np.sin(angle))
    return turned


def rotation_from_vector(axis_angle: Array) -> Array:
    """Return the rotation of an axis-times-angle vector (radians)."""
    angle = float(np.linalg.norm(axis_angle))
    if angle < _TINY:
        return np.eye(3)
    return rotation_about(axis_angle, float(np.degrees(angle)))


def blend_rotations(start: Array, end: Array, amount: float) -> Array:
    """Return the rotation at `amount` (0..1) of the shortest way to `end`."""
    return rotation_from_vector(rotation_vector(end @ start.T) * amount) @ start


def shortest_rotation(start: Array, end: Array) -> Array:
    """Return the smallest rotation that turns direction `start` into `end`."""
    axis = np.cross(start, end)
    sine = float(np.linalg.norm(axis))
    if sine < _TINY:
        return np.eye(3)
    angle = np.arctan2(sine, float(start @ end))
    return rotation_from_vector(axis / sine * angle)


def twist_deg(rotation: Array, axis: ArrayLike) -> float:
    """Return how far a rotation turns about `axis`, in degrees."""
    return float(np.degrees(rotation_vector(rotation) @ unit(axis)))


def frame(direction: ArrayLike, side: ArrayLike) -> Array:
    """Return a frame whose columns are direction, side made square, and their cross product."""
    first = unit(direction)
    second = vector(side)
    second = unit(second - first * (second @ first))
    return np.stack([first, second, np.cross(first, second)], axis=1)
