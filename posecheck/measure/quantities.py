"""The quantities that a rule can name, each with its unit and its landmarks.

A quantity is computed for all rows of a `PoseArrays` at once; "side" is the leg of the rule,
"other" the opposite one. All are pure; missing is NaN. Each has one line in ``QUANTITIES``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from posecheck.measure import leg_quantities as legs
from posecheck.measure.geometry import (
    angle_between_deg,
    inclination_deg,
    joint_angle_deg,
    length,
    limb_coordinates,
    sagittal_angle_deg,
    unit,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from posecheck.measure.body import PoseArrays
    from posecheck.measure.geometry import Floats
    from posecheck.types import Side


class Unit(StrEnum):
    """Unit of a quantity: degrees, or a ratio of two lengths of the same body."""

    DEG = "deg"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that can be measured on a body.

    Attributes:
        unit: degrees or ratio.
        meaning: one sentence with the range and the sign.
        landmarks: what must be seen; ``side_`` and ``other_`` stand for left and right.
        measure: (body, side) -> (N,) values in the unit. A quantity of the trunk ignores
            the side.
        joint: the landmark beside which the value is shown; empty for none. For a quantity of the
            pair ``side_`` is the stretched leg and ``other_`` the supporting one.
        exact: the same measurement on true joints; None if it does not differ. For a quantity of
            the pair its side is the stretched one.
        pair: whether it belongs to both legs without a name.
    """

    unit: Unit
    meaning: str
    landmarks: tuple[str, ...]
    measure: Callable[[PoseArrays, Side], Floats]
    joint: str = ""
    exact: Callable[[PoseArrays, Side], Floats] | None = None
    pair: bool = False

    def measure_exactly(self, body: PoseArrays, side: Side) -> Floats:
        """Return the values, (N,), from true joints rather than a model's landmarks."""
        return (self.exact or self.measure)(body, side)

    @property
    def kind(self) -> Literal["leg", "trunk", "pair"]:
        """Whether it belongs to one leg, to the trunk, or to both legs without a name."""
        if self.pair:
            return "pair"
        of_leg = any(name.startswith(("side_", "other_")) for name in self.landmarks)
        return "leg" if of_leg else "trunk"

    def landmarks_of(self, side: Side) -> tuple[str, ...]:
        """Return the landmarks for one side, with their true names."""
        return tuple(resolve(name, side) for name in self.landmarks)


def resolve(template: str, side: Side) -> str:
    """Return ``"left_knee"`` for ``"side_knee"`` and the left side, and so on."""
    return template.replace("side_", f"{side}_").replace("other_", f"{side.other}_")


def _hip_angle(at: Callable[[str], Floats], side: Side) -> Floats:
    return joint_angle_deg(at(f"{side}_shoulder"), at(f"{side}_hip"), at(f"{side}_knee"))


def _knee_angle(at: Callable[[str], Floats], side: Side) -> Floats:
    return joint_angle_deg(at(f"{side}_hip"), at(f"{side}_knee"), at(f"{side}_ankle"))


def trunk_thigh(body: PoseArrays, side: Side) -> Floats:
    """Shoulder-hip-knee angle from world landmarks, 180 = straight; holds pelvic tilt, too."""
    return _hip_angle(body.world, side)


def trunk_thigh_image(body: PoseArrays, side: Side) -> Floats:
    """Shoulder-hip-knee angle as it appears in the image, in pixels."""
    return _hip_angle(body.image, side)


def trunk_thigh_lifted(body: PoseArrays, side: Side) -> Floats:
    """Shoulder-hip-knee angle from the image and the model's depth, hips at the joints."""
    return _hip_angle(body.lifted, side)


def trunk_thigh_perspective(body: PoseArrays, side: Side) -> Floats:
    """Shoulder-hip-knee angle as lifted, on the rays of a near camera, hips at the joints."""
    return _hip_angle(body.perspective, side)


def trunk_thigh_front(body: PoseArrays, side: Side) -> Floats:
    """Shoulder-hip-knee angle through the front of the body: above 180 is extension."""
    return sagittal_angle_deg(
        body.world(f"{side}_shoulder"),
        body.world(f"{side}_hip"),
        body.world(f"{side}_knee"),
        body.leftward,
    )


def knee(body: PoseArrays, side: Side) -> Floats:
    """Hip-knee-ankle angle from world landmarks, 180 = straight."""
    return _knee_angle(body.world, side)


def knee_image(body: PoseArrays, side: Side) -> Floats:
    """Hip-knee-ankle angle as it appears in the image, in pixels."""
    return _knee_angle(body.image, side)


def knee_lifted(body: PoseArrays, side: Side) -> Floats:
    """Hip-knee-ankle angle from the image and the model's depth, hips at the joints."""
    return _knee_angle(body.lifted, side)


def knee_perspective(body: PoseArrays, side: Side) -> Floats:
    """Hip-knee-ankle angle as lifted, on the rays of a near camera, hips at the joints."""
    return _knee_angle(body.perspective, side)


def thigh_elevation(body: PoseArrays, side: Side) -> Floats:
    """Thigh over the horizontal: 90 knee straight above the hip, -90 straight below."""
    return 90 - inclination_deg(body.world(f"{side}_knee") - body.world(f"{side}_hip"))


def ankle_to_other_knee(body: PoseArrays, side: Side) -> Floats:
    """Distance in the image from this ankle to the other knee, in the other thigh's lengths."""
    hip, other_knee = body.image(f"{side.other}_hip"), body.image(f"{side.other}_knee")
    thigh = length(other_knee - hip)
    return length(body.image(f"{side}_ankle") - other_knee) / np.where(thigh > 0, thigh, np.nan)


def _ankle_on_other_leg(body: PoseArrays, side: Side) -> tuple[Floats, Floats]:
    other = side.other
    return limb_coordinates(
        body.image(f"{side}_ankle"),
        body.image(f"{other}_hip"),
        body.image(f"{other}_knee"),
        body.image(f"{other}_ankle"),
    )


def ankle_along_other_thigh(body: PoseArrays, side: Side) -> Floats:
    """How far this ankle lies beyond (+) or short of (-) the other knee, along that thigh."""
    return _ankle_on_other_leg(body, side)[0]


def ankle_down_other_shin(body: PoseArrays, side: Side) -> Floats:
    """How far this ankle hangs down beside the other shin, from its knee, in thigh lengths."""
    return _ankle_on_other_leg(body, side)[1]


def knee_to_other_shoulder(body: PoseArrays, side: Side) -> Floats:
    """Distance from this knee to the opposite shoulder, in trunk lengths."""
    gap = body.world(f"{side}_knee") - body.world(f"{side.other}_shoulder")
    trunk = length(body.trunk)
    return length(gap) / np.where(trunk > 0, trunk, np.nan)


def knee_across(body: PoseArrays, side: Side) -> Floats:
    """How far this knee is drawn over to the opposite side, in hip widths; 0 is the midline."""
    away = unit(body.leftward) * (-1.0 if side == "left" else 1.0)
    width = length(body.world("left_hip") - body.world("right_hip"))
    offset = body.world(f"{side}_knee") - body.middle("hip")
    return np.asarray((offset * away).sum(axis=-1) / np.where(width > 0, width, np.nan))


def trunk_inclination(body: PoseArrays, _side: Side) -> Floats:
    """Trunk against straight up: 0 upright, 90 lying, 180 head down."""
    return inclination_deg(body.trunk)


def chest_up(body: PoseArrays, _side: Side) -> Floats:
    """Chest against straight up: 0 lying on the back, 90 upright or on a side, 180 prone."""
    return inclination_deg(body.forward)


def head_lift(body: PoseArrays, _side: Side) -> Floats:
    """Angle between the trunk and the neck (shoulders to ears): 0 in one line."""
    return angle_between_deg(body.trunk, body.middle("ear") - body.middle("shoulder"))


def view_off_side(body: PoseArrays, _side: Side) -> Floats:
    """Camera's view against an exact side view: 0 from the side, 90 from the front."""
    return body.off_side_deg


_UPPER, _LOWER = "shoulder hip knee", "hip knee ankle"
_TRUNK: Final = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_HIP: Final = ("side_shoulder", "side_hip", "side_knee")
_KNEE: Final = ("side_hip", "side_knee", "side_ankle")
_CROSS: Final = ("side_ankle", "other_hip", "other_knee")
_CROSS_SHIN: Final = (*_CROSS, "other_ankle")


def _quantity(
    measure: Callable[[PoseArrays, Side], Floats],
    measured_in: Unit,
    landmarks: tuple[str, ...],
    joint: str = "",
    exact: Callable[[PoseArrays, Side], Floats] | None = None,
) -> tuple[str, Quantity]:
    name = measure.__name__.replace("_", "-")
    return name, Quantity(measured_in, _meaning(measure), landmarks, measure, joint, exact)


def _pair(
    measure: Callable[[PoseArrays, Side], Floats],
    measured_in: Unit,
    parts: str,
    exact: Callable[[PoseArrays, Side], Floats] | None = None,
) -> tuple[str, Quantity]:
    """Return a quantity of both legs; ``parts`` are its pairs of landmarks."""
    needed = tuple(f"{side}_{part}" for part in parts.split() for side in ("left", "right"))
    name = measure.__name__.replace("_", "-")
    joint = next((joint for joint, names in legs.JOINTS.items() if name in names.split()), "")
    return name, Quantity(measured_in, _meaning(measure), needed, measure, joint, exact, pair=True)


def _meaning(measure: Callable[[PoseArrays, Side], Floats]) -> str:
    return (measure.__doc__ or "").split("\n\n")[0]


def _supporting(
    measure: Callable[[PoseArrays, Side], Floats],
) -> Callable[[PoseArrays, Side], Floats]:
    """Return the same of the supporting leg, given the stretched side."""
    return lambda body, side: measure(body, side.other)


QUANTITIES: Final[dict[str, Quantity]] = dict(
    [
        _quantity(trunk_thigh, Unit.DEG, _HIP, "side_hip"),
        _quantity(trunk_thigh_image, Unit.DEG, _HIP, "side_hip"),
        _quantity(trunk_thigh_lifted, Unit.DEG, _HIP, "side_hip", trunk_thigh),
        _quantity(trunk_thigh_perspective, Unit.DEG, _HIP, "side_hip", trunk_thigh),
        _quantity(trunk_thigh_front, Unit.DEG, _HIP, "side_hip"),
        _quantity(knee, Unit.DEG, _KNEE, "side_knee"),
        _quantity(knee_image, Unit.DEG, _KNEE, "side_knee"),
        _quantity(knee_lifted, Unit.DEG, _KNEE, "side_knee", knee),
        _quantity(knee_perspective, Unit.DEG, _KNEE, "side_knee", knee),
        _quantity(thigh_elevation, Unit.DEG, ("side_hip", "side_knee")),
        _quantity(ankle_to_other_knee, Unit.RATIO, _CROSS),
        _quantity(ankle_along_other_thigh, Unit.RATIO, _CROSS_SHIN),
        _quantity(ankle_down_other_shin, Unit.RATIO, _CROSS_SHIN),
        _quantity(knee_to_other_shoulder, Unit.RATIO, ("side_knee", "other_shoulder", *_TRUNK)),
        _quantity(knee_across, Unit.RATIO, ("side_knee", "left_hip", "right_hip")),
        _quantity(trunk_inclination, Unit.DEG, _TRUNK),
        _quantity(chest_up, Unit.DEG, _TRUNK),
        _quantity(head_lift, Unit.DEG, (*_TRUNK, "left_ear", "right_ear")),
        _quantity(view_off_side, Unit.DEG, _TRUNK),
        _pair(legs.seated_depth, Unit.DEG, _UPPER, _supporting(trunk_thigh)),
        _pair(legs.supine_depth, Unit.DEG, _UPPER, _supporting(trunk_thigh)),
        _pair(legs.supporting_knee, Unit.DEG, _LOWER, _supporting(knee)),
        _pair(legs.trunk_thigh_middle, Unit.DEG, _UPPER),
        _pair(legs.trunk_lean, Unit.DEG, _UPPER),
        _pair(legs.ankle_to_knee, Unit.RATIO, _LOWER, ankle_to_other_knee),
        _pair(legs.ankle_down_shin, Unit.RATIO, _LOWER, ankle_down_other_shin),
        _pair(legs.crossed_thigh_elevation, Unit.DEG, _LOWER, thigh_elevation),
        _pair(legs.foot_high, Unit.RATIO, _LOWER),
        _pair(legs.foot_low, Unit.RATIO, _LOWER),
        _pair(legs.feet_gap, Unit.RATIO, _LOWER),
        _pair(legs.foot_lift, Unit.RATIO, _LOWER, legs.foot_lift_world),
        _pair(legs.foot_lift_world, Unit.RATIO, _LOWER),
        _pair(legs.foot_lift_high, Unit.RATIO, _LOWER),
        _pair(legs.foot_hang, Unit.RATIO, _LOWER),
        _pair(legs.knees_apart, Unit.RATIO, "hip knee"),
        _pair(legs.ankles_apart, Unit.RATIO, _LOWER),
        _pair(legs.ankles_apart_world, Unit.RATIO, _LOWER),
        _pair(legs.drawn_trunk_thigh, Unit.DEG, _UPPER, trunk_thigh),
        _pair(legs.drawn_trunk_thigh_averaged, Unit.DEG, _UPPER, trunk_thigh),
        _pair(legs.other_trunk_thigh, Unit.DEG, _UPPER, _supporting(trunk_thigh)),
        _pair(legs.other_trunk_thigh_image, Unit.DEG, _UPPER, _supporting(trunk_thigh_image)),
        _pair(legs.drawn_knee, Unit.DEG, _LOWER, knee),
        _pair(legs.other_knee_image, Unit.DEG, _LOWER, _supporting(knee_image)),
        _pair(legs.drawn_knee_to_shoulder, Unit.RATIO, _UPPER, knee_to_other_shoulder),
        _pair(legs.front_trunk_thigh, Unit.DEG, _UPPER, trunk_thigh),
        _pair(legs.rear_trunk_thigh, Unit.DEG, _UPPER, _supporting(trunk_thigh_front)),
        _pair(legs.front_knee, Unit.DEG, _LOWER, knee),
        _pair(legs.rear_knee_image, Unit.DEG, _LOWER, _supporting(knee_image)),
        _pair(legs.hip_height, Unit.RATIO, _LOWER, legs.hip_height_world),
        _pair(legs.hip_height_joints, Unit.RATIO, _LOWER, legs.hip_height_world),
        _pair(legs.mean_trunk_thigh_front, Unit.DEG, _UPPER),
        _pair(legs.mean_thigh_elevation, Unit.DEG, "hip knee"),
        _pair(legs.mean_knee_image, Unit.DEG, _LOWER),
    ]
)
"""Every quantity by the name that an exercise file uses."""
