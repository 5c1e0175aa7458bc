"""What the exercises share in which one knee is drawn up while lying on the back.

Axes: see `lying`. Cross 0 has both legs long, cross 1 the right thigh raised to
the loose angle; depth 1 draws it in, held by both hands. The angles go linearly
between these three.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sample_videos.render.body import (
    Body,
    LimbPose,
    Pose,
    Skeleton,
    arm,
    hand_rotation,
    solve_limb,
    turn_hand,
)
from sample_videos.render.geometry import (
    interior_angle_deg,
    lerp,
    rotation_about,
    smoothstep,
    unit,
    vector,
)
from sample_videos.render.motions.lying import SIDEWAYS, OnTheBack
from sample_videos.render.motions.motion import along_arc, breath

if TYPE_CHECKING:
    from sample_videos.render.story import Moment

_BREATH_DEG = 0.5
# A long leg's reach, as a share of its length, and how far it lies outward.
_LONG_REACH = 0.997
_LONG_OUTWARD_M = 0.03
_RELAXED_FOOT_DEG = 12.0
_MOSTLY = 0.5  # share of a vertex's skin weights
# The clasping wrists on the drawn shin: share from the knee, in front of it, beside it.
_CLASP_ALONG_SHIN = 0.2
_CLASP_FRONT_M = 0.06
_CLASP_ASIDE_M = 0.07


@dataclass(frozen=True)
class DrawnLeg:
    """The drawn leg's angles, degrees (180 = straight), and how far it is drawn across.

    Attributes:
        loose_trunk_thigh_deg, full_trunk_thigh_deg: without and with the pull of the hands.
        loose_knee_deg, full_knee_deg: the same of the knee.
        full_across: how far the thigh leans towards the other side, as a share of its length.

    """

    loose_trunk_thigh_deg: float
    full_trunk_thigh_deg: float
    loose_knee_deg: float
    full_knee_deg: float
    full_across: float = 0.0


class DrawnKnee(OnTheBack):
    """One body that lies on its back and draws the right knee up."""

    def __init__(self, body: Body, drawn: DrawnLeg) -> None:
        """Lay both legs long on the mat."""
        super().__init__(body)
        self.drawn = drawn
        foot = body.bone_index["foot.L"]
        of_foot = body.vertices[body.skin_weights[:, foot] > _MOSTLY]
        relaxed = (of_foot - body.head("foot.L")) @ rotation_about(SIDEWAYS, _RELAXED_FOOT_DEG).T
        self.heel_m = float(relaxed[:, 1].max())
        reach = _LONG_REACH * (self.thigh_m + self.shank_m)
        hip = self.hips["L"]
        drop = float(hip[2]) - self.heel_m
        forward = np.sqrt(reach**2 - drop**2 - _LONG_OUTWARD_M**2)
        self.long_ankle = hip + vector([forward, _LONG_OUTWARD_M, -drop])
        self.long_pole = vector([0.0, 0.0, 1.0])
        trunk = body.skeleton(self.lying_trunk())
        long_leg = self.solve_leg(trunk, "L", self.long_ankle, self.long_pole)
        self.long_thigh = unit(long_leg.middle - hip)
        self.long_trunk_thigh_deg = interior_angle_deg(self.shoulders["L"], hip, long_leg.middle)
        self.long_knee_deg = interior_angle_deg(hip, long_leg.middle, long_leg.end)

    @abstractmethod
    def supporting_leg(self, skeleton: Skeleton, moment: Moment) -> LimbPose:
        """Return the left leg, which stays long unless the fault says otherwise."""

    def pose_right_stretched(self, moment: Moment) -> Pose:
        """Return the pose with the right knee drawn."""
        pose = self.lying_trunk(moment.up)
        skeleton = self.body.skeleton(pose)
        right_leg = self._drawn_leg(skeleton, moment)
        pose.add(self.supporting_leg(skeleton, moment))
        pose.add(right_leg)
        for suffix in ("L", "R"):
            pose.add(self._arm(skeleton, suffix, right_leg, moment.depth))
        return pose

    def relax_foot(self, suffix: str, solved: LimbPose) -> None:
        """Let the foot hang a little."""
        shank = solved.rotations[f"lowerleg01.{suffix}"]
        solved.rotations[f"foot.{suffix}"] = shank @ rotation_about(SIDEWAYS, _RELAXED_FOOT_DEG)

    def bent_leg(
        self,
        skeleton: Skeleton,
        suffix: str,
        trunk_thigh_deg: float,
        leftward: float,
        knee_deg: float,
    ) -> LimbPose:
        """Return a leg with exact angles."""
        thigh = self.thigh_direction(suffix, trunk_thigh_deg, leftward)
        knee = self.hips[suffix] + self.thigh_m * thigh
        solved = self.solve_leg(skeleton, suffix, knee + self.shank(thigh, knee_deg), thigh)
        self.relax_foot(suffix, solved)
        return solved

    def _drawn_leg(self, skeleton: Skeleton, moment: Moment) -> LimbPose:
        drawn = self.drawn
        outward = -float(self.long_thigh[1])
        if moment.cross == 0.0:
            mirrored = self.reflection @ self.long_ankle
            solved = self.solve_leg(skeleton, "R", mirrored, self.long_pole)
            self.relax_foot("R", solved)
            return solved
        keys = np.array(
            [
                [self.long_trunk_thigh_deg, outward, self.long_knee_deg],
                [drawn.loose_trunk_thigh_deg, outward, drawn.loose_knee_deg],
                [drawn.full_trunk_thigh_deg, drawn.full_across, drawn.full_knee_deg],
            ]
        )
        angle, leftward, knee = lerp(lerp(keys[0], keys[1], moment.cross), keys[2], moment.depth)
        angle += _BREATH_DEG * breath(moment.t_s) * moment.depth
        return self.bent_leg(skeleton, "R", float(angle), float(leftward), float(knee))

    def _arm(self, skeleton: Skeleton, suffix: str, right_leg: LimbPose, depth: float) -> LimbPose:
        """Hands lie beside the hips, then clasp the drawn shin just below the knee."""
        outward = 1.0 if suffix == "L" else -1.0
        sideways = outward * vector([0.0, 1.0, 0.0])
        shin = unit(right_leg.end - right_leg.middle)
        thigh = unit(right_leg.middle - self.hips["R"])
        in_front = unit(thigh - shin * (thigh @ shin))
        clasping = right_leg.middle + shin * _CLASP_ALONG_SHIN * self.shank_m
        clasping = clasping + in_front * _CLASP_FRONT_M + sideways * _CLASP_ASIDE_M
        grip = smoothstep(depth)
        bulge = sideways * 0.1 + vector([0.0, 0.0, 0.1])
        wrist = along_arc(self.wrist_on_mat(suffix), clasping, grip, bulge)
        pole = lerp([0.0, outward, -0.5], [0.4, outward, -0.2], grip)
        solved = solve_limb(self.body, arm(suffix), skeleton, wrist, pole)
        hand = hand_rotation(self.body, suffix, in_front * 0.3 - sideways * 0.8, -shin)
        turn_hand(solved, arm(suffix), hand, grip)
        return solved
