"""Quantities of a leg by what it does: drawn in or not, in front or behind; and means of both.

Like `posecheck.measure.pair_quantities` they stay the same when the legs exchange their names: the
role is read off the angles, not off the names. All functions take (body, side) and return (N,)
values; missing is NaN; the side is ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.measure.geometry import (
    UP,
    inclination_deg,
    joint_angle_deg,
    length,
    sagittal_angle_deg,
    unit,
)
from posecheck.types import Side

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from numpy.typing import NDArray

    from posecheck.measure.body import PoseArrays
    from posecheck.measure.geometry import Floats

    At: TypeAlias = Callable[[str], Floats]


_LEVEL: Final = np.array([1.0, 0.0, 1.0])


def drawn_trunk_thigh(body: PoseArrays, _side: Side) -> Floats:
    """Shoulder-hip-knee angle, world landmarks, of the leg where it is smaller; 180 = straight."""
    return np.asarray(_each(body.world, _TRUNK_THIGH).min(axis=0))


def drawn_trunk_thigh_averaged(body: PoseArrays, _side: Side) -> Floats:
    """Mean of the drawn leg's shoulder-hip-knee angles, world and lifted landmarks; 180 = straight.

    Of the leg where the angle is smaller. World landmarks read a drawn-in thigh 0 to 30 degrees too
    open, lifted ones -5 to 25; their errors are not the same, and the mean varies least.
    """
    world, lifted = _each(body.world, _TRUNK_THIGH), _each(body.lifted, _TRUNK_THIGH)
    return np.asarray((world.min(axis=0) + lifted.min(axis=0)) / 2)


def other_trunk_thigh(body: PoseArrays, _side: Side) -> Floats:
    """Shoulder-hip-knee angle, world landmarks, of the leg where it is larger; 180 = straight."""
    return np.asarray(_each(body.world, _TRUNK_THIGH).max(axis=0))


def other_trunk_thigh_image(body: PoseArrays, _side: Side) -> Floats:
    """Shoulder-hip-knee angle in the image of the leg that is not drawn in; 180 = straight."""
    return _pick(_each(body.image, _TRUNK_THIGH), ~_left_is_drawn(body))


def drawn_knee(body: PoseArrays, _side: Side) -> Floats:
    """Hip-knee-ankle angle, world landmarks, of the leg that is drawn in; 180 = straight."""
    return _pick(_each(body.world, _KNEE), _left_is_drawn(body))


def other_knee_image(body: PoseArrays, _side: Side) -> Floats:
    """Hip-knee-ankle angle in the image of the leg that is not drawn in; 180 = straight."""
    return _pick(_each(body.image, _KNEE), ~_left_is_drawn(body))


def drawn_knee_to_shoulder(body: PoseArrays, _side: Side) -> Floats:
    """Distance from the drawn-in knee to the shoulder of the other side, in trunk lengths."""
    gaps = np.array(
        [
            length(body.world(f"{side}_knee") - body.world(f"{side.other}_shoulder"))
            for side in (Side.LEFT, Side.RIGHT)
        ]
    )
    trunk = length(body.trunk)
    return _pick(gaps, _left_is_drawn(body)) / np.where(trunk > 0, trunk, np.nan)


def front_trunk_thigh(body: PoseArrays, _side: Side) -> Floats:
    """Shoulder-hip-knee angle through the front of the body of the leg that is in front."""
    return np.asarray(_each_astride(body).min(axis=0))


def rear_trunk_thigh(body: PoseArrays, _side: Side) -> Floats:
    """Shoulder-hip-knee angle through the front of the body of the leg that is behind."""
    return np.asarray(_each_astride(body).max(axis=0))


def front_knee(body: PoseArrays, _side: Side) -> Floats:
    """Hip-knee-ankle angle, world landmarks, of the leg that is in front; 180 = straight."""
    return _pick(_each(body.world, _KNEE), ~_left_is_behind(body))


def rear_knee_image(body: PoseArrays, _side: Side) -> Floats:
    """Hip-knee-ankle angle in the image of the leg that is behind; 180 = straight."""
    return _pick(_each(body.image, _KNEE), _left_is_behind(body))


def hip_height(body: PoseArrays, _side: Side) -> Floats:
    """Height of the middle of the hips over the lowest knee or ankle, in the image."""
    points = [f"{side}_{part}" for side in ("left", "right") for part in ("knee", "ankle")]
    lowest = np.max([body.image(point)[:, 1] for point in points], axis=0)
    return np.asarray((lowest - body.hip_centre_px[:, 1]) / body.thigh_px)


def hip_height_world(body: PoseArrays, _side: Side) -> Floats:
    """Height of the middle of the hips over the lowest knee or ankle, in the world landmarks."""
    points = [f"{side}_{part}" for side in ("left", "right") for part in ("knee", "ankle")]
    lowest = np.max([body.world(point)[:, 1] for point in points], axis=0)
    return np.asarray((lowest - body.middle("hip")[:, 1]) / body.thigh_m)


def mean_trunk_thigh_front(body: PoseArrays, _side: Side) -> Floats:
    """Shoulder-hip-knee angle through the front of the body, mean of both legs."""
    return np.asarray(_each_front(body).mean(axis=0))


def mean_thigh_elevation(body: PoseArrays, _side: Side) -> Floats:
    """Elevation of the thighs over the horizontal, mean of both legs; + knees above the hips."""
    thighs = [
        90 - inclination_deg(body.world(f"{side}_knee") - body.world(f"{side}_hip"))
        for side in ("left", "right")
    ]
    return (thighs[0] + thighs[1]) / 2


def mean_knee_image(body: PoseArrays, _side: Side) -> Floats:
    """Hip-knee-ankle angle in the image, mean of both legs; 180 = straight."""
    return np.asarray(_each(body.image, _KNEE).mean(axis=0))


_TRUNK_THIGH: Final = ("shoulder", "hip", "knee")
_KNEE: Final = ("hip", "knee", "ankle")


def _each(at: At, parts: tuple[str, str, str]) -> Floats:
    """Return the angle of three landmarks, (2, N): left, right; of the image or the world.

    Which shoulder lies above a hip is not known where the legs exchange their names: the one
    that gives the wider angle counts, so that a twisted trunk does not look like a thigh that
    is drawn in.
    """
    first, joint, last = parts
    starts = ("left", "right") if first == "shoulder" else ("",)
    return np.array(
        [
            np.max(
                [
                    joint_angle_deg(
                        at(f"{start or side}_{first}"), at(f"{side}_{joint}"), at(f"{side}_{last}")
                    )
                    for start in starts
                ],
                axis=0,
            )
            for side in ("left", "right")
        ]
    )


def _each_front(body: PoseArrays) -> Floats:
    """Return the trunk-thigh angles through the front of the body, (2, N): left, right."""
    world, leftward = body.world, body.leftward
    return np.array(
        [
            sagittal_angle_deg(
                world(f"{side}_shoulder"), world(f"{side}_hip"), world(f"{side}_knee"), leftward
            )
            for side in ("left", "right")
        ]
    )


def _each_astride(body: PoseArrays) -> Floats:
    """Return the angles between trunk and thighs of legs astride, (2, N): left, right.

    The side-to-side axis is level and at right angles to the way from one knee to the other:
    with one leg in front and one behind, that way tells where front is better than hips and
    shoulders, whose depth is a guess when the chest is turned. Of its two directions the one
    that gives the sharper front leg counts.
    """
    spread = (body.world("left_knee") - body.world("right_knee")) * _LEVEL
    axis = unit(np.cross(np.broadcast_to(UP, spread.shape), spread))
    hip, shoulder = body.middle("hip"), body.middle("shoulder")
    knees = [body.world(f"{side}_knee") for side in ("left", "right")]
    one_way, other_way = (
        np.array([sagittal_angle_deg(shoulder, hip, knee, sign * axis) for knee in knees])
        for sign in (1.0, -1.0)
    )
    return np.where(one_way.min(axis=0) <= other_way.min(axis=0), one_way, other_way)


def _left_is_drawn(body: PoseArrays) -> NDArray[np.bool_]:
    left, right = _each(body.world, _TRUNK_THIGH)
    return np.asarray(left < right)


def _left_is_behind(body: PoseArrays) -> NDArray[np.bool_]:
    left, right = _each_astride(body)
    return np.asarray(left > right)


def _pick(left_and_right: Floats, left: NDArray[np.bool_]) -> Floats:
    """Return of each row the left leg's value where ``left``, else the right one's, (N,)."""
    return np.asarray(np.where(left, left_and_right[0], left_and_right[1]))
