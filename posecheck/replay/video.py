"""A replay as a video: over the recorded pictures, or over an empty room."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.annotate import Annotator
from posecheck.errors import OutputError, SourceError, shown
from posecheck.sources import AS_STORED, open_source
from posecheck.types import MICROSECONDS, Frame

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from posecheck.exercises.schema import Exercise
    from posecheck.sources import Turn
    from posecheck.types import Observation, Step

    Pictures = Generator[tuple[Frame, Observation, Step], None, None]

ROOM_BGR: Final = (58, 52, 48)
"""Colour of the empty room: dark, so that the skeleton stands out."""


def write(
    path: Path,
    exercise: Exercise,
    pictures: tuple[Sequence[Observation], Sequence[Step]],
    video: Path | None,
    turn: Turn = AS_STORED,
) -> None:
    """Write a session as an annotated video into a new file.

    Args:
        path: a file that does not exist yet.
        exercise: by which the steps were judged.
        pictures: what was seen and what is said of it, index by index.
        video: the recorded video; None draws over an empty room.
        turn: how it was turned when it was analysed.

    Raises:
        SourceError: if the video can't be read, or is not the one that was recorded.
        OutputError: if the file exists or can't be written.
    """
    if path.exists():
        message = f"{shown(path)}: exists already and is not overwritten; choose another name"
        raise OutputError(message)
    shots = _in_room(*pictures) if video is None else _over(video, turn, *pictures)
    with Annotator() as picture, closing(shots):
        for frame, seen, step in shots:
            picture.draw(path, exercise, [(frame, seen)], [step])


def _in_room(seen: Sequence[Observation], steps: Sequence[Step]) -> Pictures:
    width, height = seen[0].frame_size_px
    room = np.full((height, width, 3), ROOM_BGR, np.uint8)
    for observation, step in zip(seen, steps, strict=True):
        yield Frame(step.t_s, room.copy()), observation, step


def _over(video: Path, turn: Turn, seen: Sequence[Observation], steps: Sequence[Step]) -> Pictures:
    """Yield the pictures of a video that lie at the times of steps.

    Raises:
        SourceError: if none does.
    """
    by_us = {round(step.t_s * MICROSECONDS): row for row, step in enumerate(steps)}
    found = 0
    with closing(open_source(video, turn)) as source:
        for frame in source.frames():
            row = by_us.get(round(frame.t_s * MICROSECONDS))
            if row is not None:
                found += 1
                yield frame, seen[row], steps[row]
    if not found:
        message = f"{shown(video)}: none of its pictures is of this session; is it another video?"
        raise SourceError(message)
