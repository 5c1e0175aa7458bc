"""Points in, degrees and ratios out. Pure, vectorised, missing is NaN.

Points are arrays whose last axis holds the coordinates: 2 for the image (pixels, x
right, y down), 3 for the body (metres, x right, y down, z away from the camera). All
leading axes broadcast, so one frame and a whole recording go through the same code.
Degenerate figures (two points in one place) and missing points give NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.floating[Any]]

UP: Final = np.array([0.0, -1.0, 0.0])
"""Away from the ground in body coordinates, for a camera that is held level."""

OPTICAL_AXIS: Final = np.array([0.0, 0.0, 1.0])
"""Where the camera looks, in body coordinates."""


def length(vector: Floats) -> Floats:
    """Return the Euclidean length over the last axis, in the vector's unit."""
    return np.asarray(np.sqrt((vector * vector).sum(axis=-1)))


def unit(vector: Floats) -> Floats:
    """Return the vector with length 1; NaN where it has no direction."""
    size = length(vector)[..., None]
    return vector / np.where(size > 0, size, np.nan)


def angle_between_deg(first: Floats, second: Floats) -> Floats:
    """Return the angle between two directions, in degrees within [0, 180].

    The arc tangent of half-sums is used rather than the arc cosine, which loses half
    its digits near 0 and 180 degrees (W. Kahan, "How futile are mindless assessments of
    roundoff", 2006, section 12).
    """
    a, b = unit(first), unit(second)
    return np.asarray(np.degrees(2 * np.arctan2(length(a - b), length(a + b))))


def joint_angle_deg(proximal: Floats, joint: Floats, distal: Floats) -> Floats:
    """Return the interior angle at a joint, in degrees within [0, 180]; 180 is straight."""
    return angle_between_deg(proximal - joint, distal - joint)


def sagittal_angle_deg(proximal: Floats, joint: Floats, distal: Floats, leftward: Floats) -> Floats:
    """Return the angle at a joint measured through the front of the body, within [0, 360).

    Below 180 the joint is flexed, 180 is straight, above 180 it is extended backwards.
    The three points are first projected on the plane whose normal is ``leftward``.

    Args:
        proximal: (..., 3), for the hip the shoulder.
        joint: (..., 3), for the hip the hip.
        distal: (..., 3), for the hip the knee.
        leftward: (..., 3), from the person's right to the person's left.
    """
    normal = unit(leftward)

    def in_plane(vector: Floats) -> Floats:
        return unit(vector - (vector * normal).sum(axis=-1, keepdims=True) * normal)

    upper, lower = in_plane(proximal - joint), in_plane(distal - joint)
    # up x forward points to the person's left in these axes (x right, y down, z away),
    # so the turn from the trunk over the front of the body to the thigh is positive.
    sine = (np.cross(upper, lower) * normal).sum(axis=-1)
    cosine = (upper * lower).sum(axis=-1)
    return np.asarray(np.degrees(np.arctan2(sine, cosine)) % 360)


def inclination_deg(direction: Floats) -> Floats:
    """Return the angle between a body direction (..., 3) and straight up, within [0, 180]."""
    return angle_between_deg(direction, np.broadcast_to(UP, direction.shape))


def limb_coordinates(
    point: Floats, proximal: Floats, joint: Floats, distal: Floats
) -> tuple[Floats, Floats]:
    """Return where a point lies in the frame of a bent limb, in lengths of its upper part.

    Args:
        point: (..., D) the point, for instance the ankle of the other leg.
        proximal: (..., D) start of the upper part, for instance the hip.
        joint: (..., D) the joint and origin, for instance the knee.
        distal: (..., D) end of the lower part, for instance the ankle.

    Returns:
        ``along``: positive beyond the joint, in the direction proximal -> joint;
        ``across``: positive toward the side of the lower part, perpendicular to ``along``.
    """
    upper = joint - proximal
    size = length(upper)
    size = np.where(size > 0, size, np.nan)
    axis = unit(upper)
    lower = distal - joint
    sideways = unit(lower - (lower * axis).sum(axis=-1, keepdims=True) * axis)
    offset = point - joint
    return (offset * axis).sum(axis=-1) / size, (offset * sideways).sum(axis=-1) / size


def off_side_deg(leftward: Floats) -> Floats:
    """Return how far the camera's view is turned away from an exact side view.

    0 when the camera looks along the person's left-right axis, 90 when it looks at right
    angles to it (from the front, the back, above, or along the body).

    Args:
        leftward: (..., 3) from the person's right to the person's left.
    """
    angle = angle_between_deg(leftward, np.broadcast_to(OPTICAL_AXIS, leftward.shape))
    return np.minimum(angle, 180 - angle)
