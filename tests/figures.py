"""Stick figures built from true angles: known geometry in, known degrees out.

The figure stands in its own axes (left, up, forward) and is then looked at by a level
camera at an azimuth: 0 from the front, 90 from the person's left, -90 from the right.
Projection is orthographic, so image angles are exact for a side view.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import exercises
from posecheck.landmarks import INDEX, LANDMARKS, mirrored
from posecheck.measure.body import HIP_BACK, HIP_DOWN
from posecheck.types import Observation, Pose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from posecheck.exercises import Exercise

    Vector = NDArray[np.float64]

TRUNK_M, THIGH_M, SHIN_M, FOOT_M = 0.50, 0.42, 0.40, 0.2
HALF_HIPS_M, HALF_SHOULDERS_M = 0.12, 0.18
SIZE_PX = (640, 480)
PIXELS_PER_METRE = 220.0

LEFT, UP, FORWARD = np.eye(3)


def turned(vector: Vector, degrees: float) -> Vector:
    """Turn in the sagittal plane: from up over forward to down with rising degrees."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    left, up, forward = vector
    return np.array([left, cosine * up - sine * forward, sine * up + cosine * forward])


@dataclass(frozen=True)
class Figure:
    """A person as true angles in degrees.

    Attributes:
        lean: trunk against upright: 30 leans forward, -90 lies on the back, 90 prone.
        hip: (left, right) trunk-thigh angle through the front; 180 straight.
        knee: (left, right) knee angle; 180 straight.
        ankle_at: where a foot is put instead, e.g. {"right": "left"} crosses the right
            ankle over the left knee.
        azimuth: where the camera stands.
        visibility: landmark -> visibility, 0.99 for all others.
        scale: pixels per metre.
        shift_px: moves the figure in the picture.
        model_hips: draw the hips as the model does, before and above the joints.
    """

    lean: float = 0.0
    hip: tuple[float, float] = (90.0, 90.0)
    knee: tuple[float, float] = (90.0, 90.0)
    crossed: str | None = None
    azimuth: float = 90.0
    visibility: dict[str, float] = field(default_factory=dict)
    scale: float = PIXELS_PER_METRE
    shift_px: tuple[float, float] = (0.0, 0.0)
    model_hips: bool = False

    def joints(self) -> dict[str, Vector]:
        """Return landmark positions in metres, axes left, up, forward."""
        trunk = turned(UP, self.lean)
        points: dict[str, Vector] = {}
        for side, sign, hip, knee in (
            ("left", 1.0, self.hip[0], self.knee[0]),
            ("right", -1.0, self.hip[1], self.knee[1]),
        ):
            # The hips lie under the shoulders, so the trunk line of a side is the trunk.
            hip_at = sign * HALF_HIPS_M * LEFT
            thigh = turned(trunk, hip)
            shin = turned(thigh, 180.0 - knee)
            knee_at = hip_at + THIGH_M * thigh
            points |= {
                f"{side}_hip": hip_at,
                f"{side}_shoulder": hip_at + TRUNK_M * trunk,
                f"{side}_ear": hip_at * 0.5 + (TRUNK_M + 0.2) * trunk,
                f"{side}_knee": knee_at,
                f"{side}_ankle": knee_at + SHIN_M * shin,
                f"{side}_foot_index": knee_at + SHIN_M * shin + FOOT_M * turned(shin, -90.0),
            }
        if self.crossed is not None:
            other = "right" if self.crossed == "left" else "left"
            inward = LEFT * (1.0 if other == "left" else -1.0)
            # Just short of the other knee, on top of the thigh.
            thigh = points[f"{other}_knee"] - points[f"{other}_hip"]
            points[f"{self.crossed}_ankle"] = (
                points[f"{other}_knee"] - 0.15 * thigh + 0.05 * turned(thigh, -90.0)
            )
            points[f"{self.crossed}_knee"] = (
                points[f"{self.crossed}_hip"] + 0.8 * thigh - 0.25 * inward
            )
        points["nose"] = (TRUNK_M + 0.2) * trunk + 0.1 * turned(trunk, 90.0)
        return points

    def world_m(self) -> NDArray[np.float32]:
        """Return (33, 3) metres in the camera's axes: x right, y down, z away."""
        angle = np.radians(self.azimuth)
        axes = np.array(
            [
                [np.cos(angle), 0.0, -np.sin(angle)],  # left
                [0.0, -1.0, 0.0],  # up
                [-np.sin(angle), 0.0, -np.cos(angle)],  # forward
            ]
        )
        joints = self.joints()
        middle = np.mean(list(joints.values()), axis=0)
        rows = [joints.get(name, middle) @ axes for name in LANDMARKS]
        return np.array(rows, dtype=np.float32)

    def pose(self) -> Pose:
        """Return the figure as a pose."""
        world = self.world_m()
        image = world * self.scale
        centre = image[:, :2].mean(axis=0)
        if self.model_hips:
            world = with_model_hips(world)
            image = world * self.scale
        image[:, :2] += np.array(SIZE_PX) / 2 + np.array(self.shift_px) - centre
        visibility = np.full(len(LANDMARKS), 0.99, dtype=np.float32)
        for name, value in self.visibility.items():
            visibility[INDEX[name]] = value
        return Pose(image, world, visibility, np.ones(len(LANDMARKS), dtype=np.float32))

    def drawn(self) -> Figure:
        """Return the figure with the hips where the model draws them."""
        return replace(self, model_hips=True)

    def at(self, t_s: float) -> Observation:
        """Return the figure as seen at a time."""
        return Observation(t_s, SIZE_PX, self.pose())

    def mirrored(self) -> Figure:
        """Return the mirrored person, seen by the mirrored camera."""
        return replace(
            self,
            hip=self.hip[::-1],
            knee=self.knee[::-1],
            crossed=None if self.crossed is None else mirrored(self.crossed),
            azimuth=-self.azimuth,
            visibility={mirrored(name): value for name, value in self.visibility.items()},
            shift_px=(-self.shift_px[0], self.shift_px[1]),
        )


def with_model_hips(world_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return true joints (33, 3) with the hips moved to where the model draws them."""
    left, right = world_m[INDEX["left_hip"]], world_m[INDEX["right_hip"]]
    shoulders = (world_m[INDEX["left_shoulder"]] + world_m[INDEX["right_shoulder"]]) / 2
    trunk = shoulders - (left + right) / 2
    forward = np.cross(left - right, trunk)
    forward *= np.linalg.norm(trunk) / np.linalg.norm(forward)
    drawn = world_m.copy()
    for hip in ("left_hip", "right_hip"):
        drawn[INDEX[hip]] += HIP_BACK * forward + HIP_DOWN * trunk
    return drawn


def former(name: str) -> Exercise:
    """Return an exercise as posecheck 0.1.0 shipped it: rules of named legs, and `grace_s`.

    Sessions recorded with it hold it, and are judged by it.
    """
    return exercises.load(Path(__file__).parent / "data" / f"former-{name}.toml")


def swapped(pose: Pose, names: tuple[str, ...] = ("hip", "knee", "ankle")) -> Pose:
    """Return a pose in which left and right of these landmarks exchange their names."""
    order = [
        INDEX[mirrored(name)] if name.split("_", 1)[-1] in names else INDEX[name]
        for name in LANDMARKS
    ]
    return Pose(
        np.ascontiguousarray(pose.image_px[order]),
        np.ascontiguousarray(pose.world_m[order]),
        pose.visibility[order],
        pose.presence[order],
    )


def nobody(t_s: float) -> Observation:
    """Return a picture without a person."""
    return Observation(t_s, SIZE_PX, None)


SEATED_VALID = Figure(lean=15.0, hip=(75.0, 75.0), crossed="right", azimuth=65.0)
"""Seated figure-four, right leg stretched, camera at the recommended place."""

SEATED_UPRIGHT = replace(SEATED_VALID, lean=-20.0, hip=(112.0, 112.0))
"""The same, sitting too upright."""

SEATED_FEET_DOWN = replace(SEATED_UPRIGHT, crossed=None)
"""The same before: both feet on the floor. The leg that rises from here is seen."""

SUPINE_VALID = Figure(lean=-90.0, hip=(85.0, 85.0), crossed="right", azimuth=90.0)
"""Supine figure-four, right leg stretched, camera on the left."""

VALID_FIGURES: Final = {
    "seated-figure-four": SEATED_VALID,
    "supine-figure-four": SUPINE_VALID,
    "single-knee-to-chest": Figure(lean=-90.0, hip=(175.0, 70.0), knee=(170.0, 80.0)),
    "knee-to-opposite-shoulder": Figure(
        lean=-90.0, hip=(150.0, 45.0), knee=(150.0, 70.0), azimuth=-90.0
    ),
    "pigeon": Figure(lean=40.0, hip=(220.0, 50.0), knee=(170.0, 25.0), azimuth=-90.0),
    "prone-press-up": Figure(lean=60.0, hip=(210.0, 210.0), knee=(175.0, 175.0)),
}
"""A figure in valid form for each exercise, the right leg stretched."""

WRONG_FIGURES: Final = {
    "seated-figure-four": (SEATED_UPRIGHT, "lean"),
    "supine-figure-four": (replace(SUPINE_VALID, hip=(130.0, 130.0)), "thigh-drawn-in"),
    "single-knee-to-chest": (
        replace(VALID_FIGURES["single-knee-to-chest"], knee=(110.0, 80.0)),
        "other-knee-straight",
    ),
    "knee-to-opposite-shoulder": (
        replace(VALID_FIGURES["knee-to-opposite-shoulder"], hip=(150.0, 100.0)),
        "hip-flexed",
    ),
    "pigeon": (replace(VALID_FIGURES["pigeon"], hip=(146.0, 50.0)), "hips-low"),
    "prone-press-up": (
        replace(VALID_FIGURES["prone-press-up"], lean=60.0, hip=(178.0, 178.0)),
        "extension",
    ),
}
"""A figure in wrong form for each exercise, and the first rule that is broken."""
