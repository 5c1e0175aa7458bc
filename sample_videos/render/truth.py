"""The truth file of a clip: every joint of every frame, in metres and pixels.

Axes: world metres, z up. Seated: the person faces -y, left is +x. On the back:
the head is towards -x, left is +y. On the hands or face down: the head is
towards -x, left is -y. Pixels: see `cameras`. The joints are the rig's joint
centres: exact for the rig, and not the same points as the keypoints that a pose
network was taught. `toe` is the base of the big toe. A frame in which the person is not
there says `absent` and has no joints. A joint may lie outside the picture: its pixels say so.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from sample_videos.render.body import JOINT_NAMES
from sample_videos.render.story import Segment

if TYPE_CHECKING:
    from pathlib import Path

    from sample_videos.render.clips import Clip
    from sample_videos.render.geometry import Array

SCHEMA = "posecheck.truth/1"
_METRE_DIGITS = 4
_PIXEL_DIGITS = 2
_TIME_DIGITS = 6


class Truth:
    """Collects the frames of one clip."""

    def __init__(self, name: str, clip: Clip, recipe: str) -> None:
        """Start the record of a clip; the recipe tells whether a file is still up to date."""
        self._clip = clip
        self._frames: list[dict[str, Any]] = []
        segments = clip.story.segments
        sides = {segment.stretched_side for segment in segments}
        self._head: dict[str, Any] = {
            "schema": SCHEMA,
            "clip": name,
            "recipe": recipe,
            "exercise": clip.exercise,
            # None when the sides change on the way: then see story and frames.
            "stretched_side": segments[0].stretched_side if len(sides) == 1 else None,
            "fps": clip.fps,
            "size_px": list(clip.size_px),
            "body": clip.body,
            "outfit": clip.outfit,
            "look": clip.look,
            "role": clip.role,
            "story_name": clip.told_as,
            "passer_by": None if clip.passer is None else asdict(clip.passer),
            "companion": None if clip.companion is None else asdict(clip.companion),
            "form": None if clip.form is None else asdict(clip.form),
            "camera": clip.camera.describe(),
            "story": [
                {
                    "from_s": start,
                    "to_s": end,
                    "phase": segment.phase,
                    "stretched_side": segment.stretched_side,
                    "cross": round(segment.cross, _METRE_DIGITS),
                    "depth": round(segment.depth, _METRE_DIGITS),
                    **_unusual(segment),
                }
                for start, end, segment in clip.story.spans()
            ],
        }

    def add_absent(self, t_s: float, stretched_side: str) -> None:
        """Add a frame without the person."""
        time_s = round(t_s, _TIME_DIGITS)
        self._frames.append({"t_s": time_s, "stretched_side": stretched_side, "absent": True})

    def add(self, t_s: float, stretched_side: str, joints: dict[str, Array]) -> None:
        """Add the frame at a time in seconds, its joints in metres."""
        positions = np.array([joints[name] for name in JOINT_NAMES])
        pixels = self._clip.camera.project(positions, self._clip.size_px)
        self._frames.append(
            {
                "t_s": round(t_s, _TIME_DIGITS),
                "stretched_side": stretched_side,
                "joints_m": _rounded(positions, _METRE_DIGITS),
                "joints_px": _rounded(pixels, _PIXEL_DIGITS),
            }
        )

    def write(self, path: Path) -> None:
        """Write the file, one frame a line."""
        head = json.dumps(self._head)
        frames = ",\n".join(json.dumps(frame, separators=(",", ":")) for frame in self._frames)
        path.write_text(f'{head[:-1]}, "frames": [\n{frames}\n]}}\n', encoding="utf-8")


def _unusual(segment: Segment) -> dict[str, Any]:
    """Return the amounts that most segments leave at their usual value."""
    usual = Segment(segment.phase, segment.duration_s)
    names = ("fault", "up", "tremble", "present")
    amounts = {name: getattr(segment, name) for name in names}
    told = {name: value for name, value in amounts.items() if value != getattr(usual, name)}
    return told | ({"extras": dict(segment.extras)} if segment.extras else {})


def _rounded(values: Array, digits: int) -> dict[str, list[float]]:
    # Adding 0.0 turns -0.0 into 0.0.
    rounded = (np.round(values, digits) + 0.0).tolist()
    return dict(zip(JOINT_NAMES, rounded, strict=True))
