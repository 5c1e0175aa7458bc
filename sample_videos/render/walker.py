"""Somebody who walks by behind the person (numpy only).

They walk square to the camera's view, from its left to its right, on a straight line at an
even pace. The gait is simple: legs and arms swing about hips and shoulders, the knee of the
swinging leg bends, and the lower foot is always on the floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sample_videos.render.body import Body, Pose
from sample_videos.render.geometry import rotation_about, shortest_rotation, unit, vector

if TYPE_CHECKING:
    from sample_videos.render.cameras import Camera

_BEHIND_M = 1.25
_HALF_WAY_M = 2.7
_STRIDE_M = 1.3  # two steps
_THIGH_SWING_DEG = 24.0
_KNEE_BEND_DEG = 48.0
_ARM_SWING_DEG = 18.0
_ELBOW_DEG = 14.0
_SIDEWAYS = (1.0, 0.0, 0.0)
_DOWN = (0.0, 0.0, -1.0)


@dataclass(frozen=True)
class Passer:
    """Who walks by, in what, from when on (seconds), and how fast."""

    body: str
    outfit: str
    from_s: float
    speed_m_s: float = 1.0

    @property
    def until_s(self) -> float:
        """When they are gone again, in seconds."""
        return self.from_s + 2.0 * _HALF_WAY_M / self.speed_m_s


class Walker:
    """The passer-by's body on its way behind what the camera looks at."""

    def __init__(self, passer: Passer, body: Body, camera: Camera, floor_m: float) -> None:
        """Lay out the way; `floor_m` is the height of the floor."""
        self.body = body
        self._passer = passer
        away = vector(camera.target_m) - camera.position
        away = unit(away * [1.0, 1.0, 0.0])
        self._right = np.cross(away, [0.0, 0.0, 1.0])
        self._middle = vector(camera.target_m) * [1.0, 1.0, 0.0] + away * _BEHIND_M
        self._floor_m = floor_m
        # The rest body faces -y; turn it until it faces along the way.
        facing_deg = float(np.degrees(np.arctan2(self._right[0], -self._right[1])))
        self._facing = rotation_about((0.0, 0.0, 1.0), facing_deg)

    def pose(self, t_s: float) -> Pose | None:
        """Return the pose at a time in seconds, None before and after."""
        passer = self._passer
        if not passer.from_s <= t_s < passer.until_s:
            return None
        way_m = (t_s - passer.from_s) * passer.speed_m_s - _HALF_WAY_M
        pose = Pose(self._middle + self._right * way_m, {"root": self._facing})
        phase = 2.0 * np.pi * way_m / _STRIDE_M
        self._swing(pose, "L", phase)
        self._swing(pose, "R", phase + np.pi)
        skeleton = self.body.skeleton(pose)
        lowest = min(self.body.position(skeleton, f"foot.{side}")[2] for side in "LR")
        pose.root_position[2] += self._floor_m + self.body.sole_depth_m() - lowest
        return pose

    def _swing(self, pose: Pose, suffix: str, phase: float) -> None:
        """Turn one side's leg, and its arm against it."""
        forward = float(np.sin(phase))
        # The knee bends while the leg swings from behind to the front.
        bend = _KNEE_BEND_DEG * max(0.0, float(np.cos(phase))) ** 2
        thigh = self._facing @ rotation_about(_SIDEWAYS, -_THIGH_SWING_DEG * forward)
        shank = thigh @ rotation_about(_SIDEWAYS, bend)
        pose.rotations[f"upperleg01.{suffix}"] = thigh
        pose.rotations[f"lowerleg01.{suffix}"] = shank
        rest = unit(self.body.head(f"lowerarm01.{suffix}") - self.body.head(f"upperarm01.{suffix}"))
        hanging = shortest_rotation(rest, vector(_DOWN))
        swing = rotation_about(_SIDEWAYS, _ARM_SWING_DEG * forward)
        pose.rotations[f"upperarm01.{suffix}"] = self._facing @ swing @ hanging
        bent = swing @ rotation_about(_SIDEWAYS, -_ELBOW_DEG) @ hanging
        pose.rotations[f"lowerarm01.{suffix}"] = self._facing @ bent
