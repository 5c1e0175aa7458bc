"""Quantities of both legs that stay the same when left and right exchange their names.

The pose model exchanges or merges the legs exactly when they cross, so a quantity of a *named*
leg cannot be trusted there. Each quantity here is a middle, a nearest, a higher, a lower, a
smaller or a larger one of both legs: a role by place, not by name.

Lengths are in thighs: of the image as if the thigh were seen from the side
(`PoseArrays.thigh_px`), or of the world landmarks (`PoseArrays.thigh_m`). Heights are positive
upwards. All functions take (body, side) and return (N,) values; missing is NaN. The side is ignored
except by the functions that a `Quantity` calls ``exact``: they measure true joints, whose legs
have names, and are given the *stretched* side.

The second half are quantities of one leg by what it does (drawn in or not, in front or behind) and
means of both; there the role is read off the angles, not off the names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.measure.geometry import (
    UP,
    inclination_deg,
    joint_angle_deg,
    length,
    limb_coordinates,
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


SEATED_DEPTH_DEG: Final = 48.0
"""Constant of `seated_depth`, degrees. 46 makes it unbiased on rendered clips; a smaller one
counts more and falsely."""

SUPINE_DEPTH_DEG: Final = 49.0
"""Constant of `supine_depth`, degrees; chosen like `SEATED_DEPTH_DEG`."""

HIP_HEIGHT_SAFE: Final = 0.04
"""Constant of `hip_height_joints`, thighs. 0 makes it unbiased on rendered clips; people whose hips
are off the floor then read too low."""

JOINTS: Final = {
    "side_hip": "drawn-trunk-thigh drawn-trunk-thigh-averaged front-trunk-thigh"
    " mean-trunk-thigh-front",
    "side_knee": "drawn-knee front-knee mean-knee-image",
    "other_hip": "seated-depth supine-depth other-trunk-thigh other-trunk-thigh-image"
    " rear-trunk-thigh",
    "other_knee": "supporting-knee other-knee-image rear-knee-image",
}
"""Quantities of the pair by the joint at which a view writes them; see `Quantity.joint`."""

_LEVEL: Final = np.array([1.0, 0.0, 1.0])


def trunk_thigh_middle(body: PoseArrays, _side: Side) -> Floats:
    """Angle at the middle of the hips between the middles of shoulders and knees; 180 straight."""
    full = body.full
    return joint_angle_deg(_middle(full, "shoulder"), _middle(full, "hip"), _middle(full, "knee"))


def trunk_lean(body: PoseArrays, _side: Side) -> Floats:
    """Tilt of the trunk against upright: + toward the knees, - away from them; -180 to 180."""
    trunk = unit(body.trunk)
    ahead = unit((body.middle("knee") - body.middle("hip")) * _LEVEL)
    return np.asarray(np.degrees(np.arctan2((trunk * ahead).sum(axis=-1), -trunk[:, 1])))


def seated_depth(body: PoseArrays, side: Side) -> Floats:
    """Supporting trunk-thigh angle of a person who sits on a chair, estimated from both legs."""
    return SEATED_DEPTH_DEG + (trunk_thigh_middle(body, side) - trunk_lean(body, side)) / 2


def supine_depth(body: PoseArrays, side: Side) -> Floats:
    """Supporting trunk-thigh angle of a person on the back, estimated from both legs."""
    middle = trunk_thigh_middle(body, side)
    return SUPINE_DEPTH_DEG + 0.62 * middle - 10.0 * foot_lift(body, side)


def foot_high(body: PoseArrays, _side: Side) -> Floats:
    """Height of the higher ankle over the middle of the knees, in the image."""
    return (_middle(body.image, "knee")[:, 1] - _highest_y(body)) / body.thigh_px


def foot_low(body: PoseArrays, _side: Side) -> Floats:
    """Height of the lower ankle over the middle of the knees, in the image; negative below."""
    return (_middle(body.image, "knee")[:, 1] - _lowest_y(body)) / body.thigh_px


def feet_gap(body: PoseArrays, _side: Side) -> Floats:
    """Height of the higher ankle over the lower one, in the image; never negative."""
    return (_lowest_y(body) - _highest_y(body)) / body.thigh_px


def foot_lift(body: PoseArrays, _side: Side) -> Floats:
    """Height of the lower ankle over the middle of the hips, in the image."""
    return (_middle(body.image, "hip")[:, 1] - _lowest_y(body)) / body.thigh_px


def foot_lift_world(body: PoseArrays, _side: Side) -> Floats:
    """Height of the lower ankle over the middle of the hips, in the world landmarks."""
    lowest = np.maximum(body.world("left_ankle")[:, 1], body.world("right_ankle")[:, 1])
    return np.asarray((body.middle("hip")[:, 1] - lowest) / body.thigh_m)


def foot_lift_high(body: PoseArrays, _side: Side) -> Floats:
    """Height of the higher ankle over the middle of the hips, in the image."""
    return (_middle(body.image, "hip")[:, 1] - _highest_y(body)) / body.thigh_px


def knees_apart(body: PoseArrays, _side: Side) -> Floats:
    """Distance of the knees in the image."""
    return length(body.image("left_knee") - body.image("right_knee")) / body.thigh_px


def ankles_apart(body: PoseArrays, _side: Side) -> Floats:
    """Distance of the ankles in the image; near 0 also where both are drawn on one leg."""
    return length(body.image("left_ankle") - body.image("right_ankle")) / body.thigh_px


def ankles_apart_world(body: PoseArrays, _side: Side) -> Floats:
    """Distance of the ankles in the world landmarks."""
    return length(body.world("left_ankle") - body.world("right_ankle")) / body.thigh_m


def ankle_to_knee(body: PoseArrays, _side: Side) -> Floats:
    """Distance in the image from the nearer of the two ankles to the other leg's knee."""
    left = length(body.image("left_ankle") - body.image("right_knee"))
    right = length(body.image("right_ankle") - body.image("left_knee"))
    return np.minimum(left, right) / body.thigh_px


def ankle_down_shin(body: PoseArrays, _side: Side) -> Floats:
    """How far an ankle hangs down beside the other shin, from its knee; the smaller of the two."""
    both = []
    for side in (Side.LEFT, Side.RIGHT):
        other = side.other
        points = (f"{side}_ankle", f"{other}_hip", f"{other}_knee", f"{other}_ankle")
        both.append(limb_coordinates(*(body.image(point) for point in points))[1])
    return np.minimum(*both)


def crossed_thigh_elevation(body: PoseArrays, _side: Side) -> Floats:
    """Elevation of the thigh whose ankle is higher: 90 knee straight above the hip, -90 below."""
    left_is_higher = body.image("left_ankle")[:, 1] < body.image("right_ankle")[:, 1]
    thighs = [body.world(f"{side}_knee") - body.world(f"{side}_hip") for side in ("left", "right")]
    crossed = np.where(left_is_higher[:, None], thighs[0], thighs[1])
    return np.asarray(90 - inclination_deg(crossed))


def foot_hang(body: PoseArrays, _side: Side) -> Floats:
    """Height of the lower ankle over the middle of the knees in the world landmarks.

    -0.7 to -1.5 on a chair, 0 to -0.4 on the floor.
    """
    lowest = np.maximum(body.world("left_ankle")[:, 1], body.world("right_ankle")[:, 1])
    return (body.middle("knee")[:, 1] - lowest) / body.thigh_m


def supporting_knee(body: PoseArrays, _side: Side) -> Floats:
    """Hip-knee-ankle angle of the leg whose ankle is lower in the image; 180 = straight."""
    left_is_lower = body.image("left_ankle")[:, 1] >= body.image("right_ankle")[:, 1]
    hip, knee, ankle = (
        np.where(left_is_lower[:, None], body.full(f"left_{joint}"), body.full(f"right_{joint}"))
        for joint in ("hip", "knee", "ankle")
    )
    return joint_angle_deg(hip, knee, ankle)


def _middle(at: At, part: str) -> Floats:
    """Return the middle of two landmarks; ``at`` is `PoseArrays.image`, `world` or `lifted`."""
    return np.asarray((at(f"left_{part}") + at(f"right_{part}")) / 2)


def _lowest_y(body: PoseArrays) -> Floats:
    return np.maximum(body.image("left_ankle")[:, 1], body.image("right_ankle")[:, 1])


def _highest_y(body: PoseArrays) -> Floats:
    return np.minimum(body.image("left_ankle")[:, 1], body.image("right_ankle")[:, 1])


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


def hip_height_joints(body: PoseArrays, _side: Side) -> Floats:
    """Height of the hip joints over the middle of the two lowest knees and ankles, lifted.

    The lowest one alone is often the knee nearer to the camera, or an ankle drawn where the knee
    is. `HIP_HEIGHT_SAFE` is added.
    """
    hips = _middle(body.lifted, "hip")[:, 1]
    points = [f"{side}_{part}" for side in ("left", "right") for part in ("knee", "ankle")]
    lowest = np.sort([body.lifted(point)[:, 1] for point in points], axis=0)[-2:]
    height_px = (lowest.mean(axis=0) - hips) * body.px_per_m
    return np.asarray(HIP_HEIGHT_SAFE + height_px / body.thigh_px)


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
