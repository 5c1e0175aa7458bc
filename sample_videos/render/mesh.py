"""Pieces of the body's mesh, cut along smooth lines.

A piece keeps, for every vertex, the edge of the body mesh it lies on. So its
vertices and normals follow the posed body without a skinning of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sample_videos.render.geometry import Array

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Piece:
    """A triangle mesh whose vertices lie on edges of the body mesh.

    Vertex v lies at `share[v]` of the way from body vertex `first[v]` to
    `second[v]`; `triangles` index the piece's own vertices.
    """

    first: Indices
    second: Indices
    share: Array
    triangles: Indices

    def follow(self, values: Array) -> Array:
        """Return the piece's values (vertices x k) of values given per body vertex."""
        share = self.share[:, None]
        followed: Array = values[self.first] * (1.0 - share) + values[self.second] * share
        return followed


def triangles_of(quads: Indices) -> Indices:
    """Split every quad into two triangles."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def cut(triangles: Indices, inside: Array) -> Piece:
    """Keep the part of the triangles where the field `inside` (per body vertex) is positive."""
    corners: list[list[tuple[int, int, float]]] = []
    for triangle in triangles[(inside[triangles] > 0).any(axis=1)].tolist():
        polygon = _clip_triangle(triangle, inside)
        corners.extend([polygon[0], polygon[i], polygon[i + 1]] for i in range(1, len(polygon) - 1))
    numbers: dict[tuple[int, int, float], int] = {}
    faces = [[numbers.setdefault(point, len(numbers)) for point in face] for face in corners]
    points = list(numbers)
    return Piece(
        np.array([point[0] for point in points], dtype=np.int64),
        np.array([point[1] for point in points], dtype=np.int64),
        np.array([point[2] for point in points]),
        np.array(faces, dtype=np.int64),
    )


def _clip_triangle(triangle: list[int], inside: Array) -> list[tuple[int, int, float]]:
    """Return the corners of the positive part of a triangle, each as a point on an edge."""
    polygon: list[tuple[int, int, float]] = []
    for here, there in zip(triangle, triangle[1:] + triangle[:1], strict=True):
        if inside[here] > 0:
            polygon.append((here, here, 0.0))
        if (inside[here] > 0) != (inside[there] > 0):
            # Both triangles of an edge must name its cut in the same way.
            low, high = min(here, there), max(here, there)
            share = float(inside[low] / (inside[low] - inside[high]))
            polygon.append((low, high, share))
    return polygon


def vertex_normals(vertices: Array, triangles: Indices) -> Array:
    """Return the unit normals of a mesh's vertices, weighted by area."""
    sides = vertices[triangles]
    face_normals = np.cross(sides[:, 1] - sides[:, 0], sides[:, 2] - sides[:, 0])
    normals = np.zeros_like(vertices)
    for axis in range(3):
        normals[:, axis] = np.bincount(
            triangles.ravel(), np.repeat(face_normals[:, axis], 3), minlength=len(vertices)
        )
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    scaled: Array = normals / np.maximum(lengths, 1e-12)
    return scaled
