"""Pictures for a report: holds and faults of a session, cut from its video with the skeleton."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from posecheck.display.overlay import Overlay
from posecheck.errors import SourceError, shown
from posecheck.page.course import Still, shown_holds
from posecheck.page.templates import word
from posecheck.sources import open_source
from posecheck.system.opencv import cv2
from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from posecheck.ledger import Step
    from posecheck.pipeline.playback import SessionPlayback
    from posecheck.progress.result import SessionResult
    from posecheck.sources import Turn
    from posecheck.types import Observation

MOST_HOLDS: Final = 6
"""Largest number of holds with a picture."""

MOST_FAULTS: Final = 3
"""Largest number of faults with a picture."""

SAME_S: Final = 0.002
"""Difference in seconds below which a frame of the video and one of the session are the same."""

_LONGEST_PX: Final = 640
_QUALITY: Final = 80


class StillMoment(NamedTuple):
    """A moment that is to be shown: number of its step, and its title."""

    place: int
    title: str


def wanted(result: SessionResult, steps: Sequence[Step]) -> list[StillMoment]:
    """Return the moments to show: the middle of each hold, and of the longest faults."""
    found = []
    for number, held in shown_holds(result)[:MOST_HOLDS]:
        middle_s = (held.hold.start_s + held.hold.end_s) / 2
        valid = [
            place
            for place, step in enumerate(steps)
            if step.verdict.state is State.VALID
            and held.hold.start_s <= step.t_s <= held.hold.end_s
        ]
        if valid:
            place = min(valid, key=lambda p: abs(steps[p].t_s - middle_s))
            found.append(StillMoment(place, word("report.still_hold", number=number)))
    return sorted(found + _faults(steps))


def _faults(steps: Sequence[Step]) -> list[StillMoment]:
    """Return the middle of the longest fault of each of the reasons that lasted longest."""
    longest: dict[str, tuple[float, int, str]] = {}
    first = 0
    for place in range(1, len(steps) + 1):
        reason = steps[first].verdict.reason
        if place < len(steps) and steps[place].verdict.reason == reason:
            continue
        if reason is not None:
            lasted_s = steps[place - 1].t_s - steps[first].t_s
            one = (lasted_s, (first + place - 1) // 2, reason.cue)
            longest[reason.key] = max(longest.get(reason.key, one), one)
        first = place
    chosen = sorted(longest.values(), reverse=True)[:MOST_FAULTS]
    return [StillMoment(place, cue) for _, place, cue in chosen]


def cut(
    video: Path, turn: Turn, recording: SessionPlayback, moments: Sequence[StillMoment]
) -> tuple[Still, ...]:
    """Return pictures of moments, with the skeleton drawn into them.

    Args:
        video: the recorded video.
        turn: its turning when the session was made.
        recording: the session, read to its end.
        moments: what to show, in the order of time.

    Raises:
        SourceError: if the video can't be read, or is not the one that was recorded.
    """
    stills: list[Still] = []
    left = list(moments)
    with closing(open_source(video, turn)) as source:
        for frame in source.frames():
            while left and recording.steps[left[0].place].t_s < frame.t_s - SAME_S:
                left.pop(0)
            if not left:
                break
            step = recording.steps[left[0].place]
            if abs(step.t_s - frame.t_s) <= SAME_S:
                seen = recording.observations[left[0].place]
                stills.append(_still(frame.image_bgr, seen, step, recording, left[0].title))
                left.pop(0)
    if moments and len(stills) * 2 < len(moments):
        message = f"{shown(video)}: is not the video of {shown(recording.path)}; name another"
        raise SourceError(message)
    return tuple(stills)


def _still(
    image_bgr: NDArray[np.uint8],
    seen: Observation,
    step: Step,
    recording: SessionPlayback,
    title: str,
) -> Still:
    height, width = image_bgr.shape[:2]
    scale = min(1.0, _LONGEST_PX / max(height, width))
    size_px = max(1, round(width * scale)), max(1, round(height * scale))
    image = np.asarray(cv2.resize(image_bgr, size_px, interpolation=cv2.INTER_AREA), np.uint8)
    Overlay(recording.exercise, size_px).draw_body(image, seen, step.verdict, [])
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return Still(step.t_s, step.verdict.state, title, jpeg.tobytes(), size_px)
