"""What both forms of the figure-four stretch share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sample_videos.render.geometry import (
    Array,
    blend_rotations,
    lerp,
    rotation_about,
    smoothstep,
    unit,
)

if TYPE_CHECKING:
    from sample_videos.render.body import LimbPose

# How far the crossed foot is turned at the ankle from its standing position.
_CROSSED_FOOT_DEG = 18.0
# How far in front of the other shin a slid ankle lies, and where on it the knee's place ends.
_ANKLE_OFF_SHIN_M = 0.1
_OFF_THE_KNEE = 0.35


def crossed_foot_rotation(flat: Array, shank: Array, cross: float) -> Array:
    """Turn the stretched foot from flat on the ground to lying on the other knee."""
    crossed = shank @ rotation_about((1.0, 0.0, 0.0), _CROSSED_FOOT_DEG)
    return blend_rotations(flat, crossed, cross)


def ankle_down_shin(crossed: Array, other: LimbPose, ahead: Array, slide: float) -> Array:
    """Return the crossed ankle's place after it slid down the front of the other shin.

    Args:
        crossed: where it lies at the knee, world metres.
        other: the leg that it is crossed over.
        ahead: the way that the front of the other shin faces, roughly.
        slide: 0 = at the knee, 1 = at the other ankle.

    """
    shin = unit(other.end - other.middle)
    in_front = unit(ahead - shin * (ahead @ shin))
    on_shin = lerp(other.middle, other.end, slide) + in_front * _ANKLE_OFF_SHIN_M
    return lerp(crossed, on_shin, smoothstep(slide / _OFF_THE_KNEE))


def knee_over_knee(
    crossed: tuple[Array, Array],
    over: tuple[Array, Array, Array],
    lengths_m: tuple[float, float],
    amount: float,
) -> tuple[Array, Array]:
    """Return ankle and pole of a leg on its way from the figure-four to knee over knee.

    Args:
        crossed: its ankle (metres) and pole in the figure-four.
        over: its hip, about where its knee shall be (metres), and the way its shin points.
        lengths_m: of its thigh and of its shank.
        amount: 0 = figure-four, 1 = knee over knee.

    """
    hip, near_knee, shin = over
    thigh = unit(near_knee - hip)
    ankle = hip + lengths_m[0] * thigh + lengths_m[1] * unit(shin)
    return lerp(crossed[0], ankle, amount), lerp(unit(crossed[1]), thigh, amount)
