"""The 33 BlazePose landmarks: names, order and the bones between them.

Names and order are those of the MediaPipe pose landmarker (see the "Pose landmark
detection guide" of MediaPipe). Left and right are the person's own.
"""

from typing import Final

LANDMARKS: Final[tuple[str, ...]] = (
    "nose",
    "left_eye_inner",
    "left_eye",
    "left_eye_outer",
    "right_eye_inner",
    "right_eye",
    "right_eye_outer",
    "left_ear",
    "right_ear",
    "mouth_left",
    "mouth_right",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_pinky",
    "right_pinky",
    "left_index",
    "right_index",
    "left_thumb",
    "right_thumb",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_heel",
    "right_heel",
    "left_foot_index",
    "right_foot_index",
)
"""Landmark names in the order of the model's output."""

INDEX: Final[dict[str, int]] = {name: i for i, name in enumerate(LANDMARKS)}
"""Row of each landmark in the arrays of a pose."""

TRUNK_BONES: Final[tuple[tuple[str, str], ...]] = (
    ("left_shoulder", "right_shoulder"),
    ("left_hip", "right_hip"),
)
"""Bones that belong to neither side."""

SIDE_BONES: Final[tuple[tuple[str, str], ...]] = (
    ("shoulder", "hip"),
    ("shoulder", "elbow"),
    ("elbow", "wrist"),
    ("hip", "knee"),
    ("knee", "ankle"),
    ("ankle", "heel"),
    ("ankle", "foot_index"),
)
"""Bones of one side; put ``left_`` or ``right_`` before both names."""


def spoken(landmark: str) -> str:
    """Return a landmark's name as a person says it: ``"left_knee"`` -> ``"left knee"``."""
    return landmark.replace("_", " ").replace("foot index", "toes")


def mirrored(landmark: str) -> str:
    """Return the landmark of the other side; unpaired ones stay as they are."""
    if "left" in landmark:
        return landmark.replace("left", "right")
    return landmark.replace("right", "left")
