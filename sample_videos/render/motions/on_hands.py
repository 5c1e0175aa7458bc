"""What the exercises share in which the hands press on the mat and the back arches.

The top of the mat is z = 0, the head is towards -x and the left side is -y. The
hands stay planted where they are.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sample_videos.render.body import (
    LimbPose,
    Pose,
    Skeleton,
    arm,
    hand_rotation,
    solve_limb,
    turn_hand,
)
from sample_videos.render.geometry import Array, rotation_about, unit, vector
from sample_videos.render.motions.motion import Motion

# Rest axes to world: left +x -> -y, back +y -> +x, up stays.
FACING_AHEAD = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
SIDEWAYS = (1.0, 0.0, 0.0)

# Share of the arch at which each bone of the spine stands, from the pelvis upwards.
_ARCH_SHARES = {"spine05": 0.2, "spine04": 0.45, "spine03": 0.7, "spine02": 0.9, "spine01": 1.0}
_NECK_SHARE = 0.5  # of the head's turn
_WRIST_HEIGHT_M = 0.06
_LEAN_TABLE_DEG = np.arange(-20.0, 130.0, 2.5)


class OnHands(Motion):
    """An exercise of a body that supports itself on its planted hands."""

    reflection: ClassVar[Array] = np.diag([1.0, -1.0, 1.0])

    def arched_trunk(
        self, hip_centre: Array, lean_deg: float, arch_deg: float, look_deg: float
    ) -> Pose:
        """Return the pose of trunk and head; the limbs are still to be added.

        Args:
            hip_centre: middle of the hip joints, world metres.
            lean_deg: the pelvis: 0 upright, 90 face down.
            arch_deg: how far the back is extended over all bones of the spine.
            look_deg: how far the head is turned back from facing the ground ahead of the chest.

        """

        def turned(degrees: float) -> Array:
            return FACING_AHEAD @ rotation_about(SIDEWAYS, degrees)

        pose = self.trunk_pose(hip_centre, turned(lean_deg))
        for bone, share in _ARCH_SHARES.items():
            pose.rotations[bone] = turned(lean_deg - share * arch_deg)
        chest_deg = lean_deg - arch_deg
        pose.rotations["neck01"] = turned(chest_deg - _NECK_SHARE * look_deg)
        pose.rotations["head"] = turned(chest_deg - look_deg)
        return pose

    def lean_to_reach(
        self, hip_centre: Array, arch_deg: float, wrist: Array, reach_m: float
    ) -> float:
        """Return the lean at which a planted left wrist is `reach_m` from its shoulder."""
        skeleton = self.body.skeleton(self.arched_trunk(hip_centre, 0.0, arch_deg, 0.0))
        # Leaning turns the whole trunk about the line of the hips.
        behind, sideways, up = self.body.position(skeleton, "upperarm01.L") - hip_centre
        lean = np.radians(_LEAN_TABLE_DEG)
        leaning = np.stack(
            [
                behind * np.cos(lean) - up * np.sin(lean),
                np.full_like(lean, sideways),
                up * np.cos(lean) + behind * np.sin(lean),
            ],
            axis=1,
        )
        distances = np.linalg.norm(hip_centre + leaning - wrist, axis=1)
        # The distance falls while the trunk leans forward, up to its smallest.
        falling = slice(0, int(distances.argmin()) + 1)
        return float(np.interp(-reach_m, -distances[falling], _LEAN_TABLE_DEG[falling]))

    def planted_wrist(self, suffix: str, ahead_m: float, aside_m: float) -> Array:
        """Return a wrist on the mat, `ahead_m` towards the head from x = 0."""
        outward = -1.0 if suffix == "L" else 1.0
        return vector([-ahead_m, outward * aside_m, _WRIST_HEIGHT_M])

    def planted_arm(self, skeleton: Skeleton, suffix: str, wrist: Array, pole: Array) -> LimbPose:
        """Return an arm whose palm lies flat with the fingers ahead."""
        inward = vector([0.0, 1.0 if suffix == "L" else -1.0, 0.0])
        solved = solve_limb(self.body, arm(suffix), skeleton, wrist, pole)
        fingers = vector([-1.0, 0.0, -0.05]) - 0.1 * inward
        # The rig's thumb stands off below the palm: lift its side.
        hand = hand_rotation(self.body, suffix, fingers, inward + vector([0.0, 0.0, 0.4]))
        turn_hand(solved, arm(suffix), hand, 1.0)
        return solved

    def leg_over_knee(
        self, skeleton: Skeleton, suffix: str, knee: Array, shin: Array, foot_deg: float
    ) -> LimbPose:
        """Return a leg with the knee in a place at thigh's length and the shin in a direction.

        `foot_deg` is how far the foot points away from its standing position.
        """
        hip = self.body.position(skeleton, f"upperleg01.{suffix}")
        ankle = knee + self.shank_m * unit(shin)
        solved = self.solve_leg(skeleton, suffix, ankle, unit(knee - hip))
        shank = solved.rotations[f"lowerleg01.{suffix}"]
        solved.rotations[f"foot.{suffix}"] = shank @ rotation_about(SIDEWAYS, foot_deg)
        return solved
