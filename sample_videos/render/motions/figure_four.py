"""What both forms of the figure-four stretch share."""

from __future__ import annotations

from sample_videos.render.geometry import Array, blend_rotations, rotation_about

# How far the crossed foot is turned at the ankle from its standing position.
_CROSSED_FOOT_DEG = 18.0


def crossed_foot_rotation(flat: Array, shank: Array, cross: float) -> Array:
    """Turn the stretched foot from flat on the ground to lying on the other knee."""
    crossed = shank @ rotation_about((1.0, 0.0, 0.0), _CROSSED_FOOT_DEG)
    return blend_rotations(flat, crossed, cross)
