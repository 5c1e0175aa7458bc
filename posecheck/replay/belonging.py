"""Which video belongs to a session: the one beside it is found, another one is recognised."""

from __future__ import annotations

import os
import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from posecheck.errors import shown
from posecheck.replay.footage import turn_of
from posecheck.sources.video import VideoSource

if TYPE_CHECKING:
    from posecheck.pipeline.playback import SessionPlayback
    from posecheck.sources import SourceInfo

ENDINGS: Final = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")
"""Endings of a video that is looked for beside a session, under the session's name."""

LEAST_OFF_S: Final = 1.0
"""Difference in length that is always allowed, in seconds: a live video begins a little later."""

MOST_OFF: Final = 0.02
"""Largest difference in length as a share of the recorded one."""

_SHAPE_PX: Final = 2
"""Pixels by which the shape of the image may differ: encoders want even sizes."""

_TAIL_BYTES: Final = 200_000
"""Bytes at the end of a session that hold the time of its last frame."""


class Match(NamedTuple):
    """How well a video fits a session.

    Attributes:
        refused: why it cannot be its video; "" if it can.
        doubts: why it may not be; "" if nothing speaks against it.
    """

    refused: str
    doubts: str


def beside(recording: SessionPlayback) -> Path | None:
    """Return the recorded video that lies beside a session; None if there is none."""
    stem = recording.path.name.removesuffix(".posecheck.jsonl")
    for name in (recording.video, *(f"{stem}{ending}" for ending in ENDINGS)):
        # A name out of a file must not lead to another folder; os.path: nor be an error.
        if name and Path(name).name == name and "\0" not in name:
            path = recording.path.with_name(name)
            if os.path.isfile(path):  # noqa: PTH113
                return path
    return None


def match(video: Path, recording: SessionPlayback) -> Match:
    """Compare a video with what a session says of its source.

    The shape of the image and the length must agree: a skeleton over another recording misleads.
    Another number of frames, or another name where a figure differs, too, is a doubt.

    Args:
        video: the file.
        recording: the session, of which at least the first frame was read.

    Raises:
        SourceError: if FFmpeg finds no video in it.
    """
    facts = recording.header.get("source")
    facts = facts if isinstance(facts, dict) else {}
    with closing(VideoSource(video, turn_of(recording.header))) as source:
        info = source.info
    width, height = recording.observations[0].frame_size_px
    other_width, other_height = info.size_px
    if abs(other_width * height - other_height * width) > _SHAPE_PX * max(width, height):
        of_both = f"{other_width}x{other_height} pixels, those of the session {width}x{height}"
        return Match(f"its pictures have {of_both}", "")
    length_s = _number(facts, "duration_s") or _last_s(recording)
    off_s = abs(info.duration_s - length_s) if info.duration_s and length_s else 0.0
    if off_s > max(LEAST_OFF_S, MOST_OFF * length_s):
        of_both = f"{info.duration_s:.1f} s long, the session was recorded over {length_s:.1f} s"
        return Match(f"it is {of_both}", "")
    return Match("", _doubts(video, recording, facts, info))


def _doubts(
    video: Path, recording: SessionPlayback, facts: dict[str, Any], info: SourceInfo
) -> str:
    frames = _number(facts, "frame_count")
    other_frames = bool(frames and info.frame_count and frames != info.frame_count)
    same_s = info.duration_s == _number(facts, "duration_s")
    found = []
    if recording.video not in {"", video.name} and (other_frames or not same_s):
        found.append(f"{shown(video.name)} is not {shown(recording.video)}, which was recorded")
    if other_frames:
        found.append(f"it has {info.frame_count} pictures, the recorded one {frames:.0f}")
    return "; ".join(found)


def _number(facts: dict[str, Any], name: str) -> float:
    """Return a positive number of a session's source; 0 if it is not known."""
    found = facts.get(name)
    return float(found) if isinstance(found, int | float) and found > 0 else 0.0


def _last_s(recording: SessionPlayback) -> float:
    """Return the time of a session's last frame in seconds, from the end of its file."""
    if recording.complete:
        return recording.duration_s
    with recording.path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        found = re.findall(rb'^\{"type":"pose","t_s":([\d.]+)', file.read(), re.MULTILINE)
    return float(found[-1]) if found else 0.0
