"""A replay as a video: over the recorded pictures, or over an empty room."""

from __future__ import annotations

from bisect import bisect_left
from contextlib import closing
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import outputs
from posecheck.annotate import Annotator
from posecheck.errors import OutputError, SourceError, shown
from posecheck.replay.footage import SAME_S
from posecheck.sources import AS_STORED, open_source
from posecheck.types import Frame

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
) -> int:
    """Write a session as an annotated video into a new file.

    Args:
        path: a file that does not exist yet.
        exercise: by which the steps were judged.
        pictures: what was seen and what is said of it, index by index.
        video: the recorded video; None draws over an empty room.
        turn: how it was turned when it was analysed.

    Returns:
        How many of the pictures that were judged are not in the video, and are left out.

    Raises:
        SourceError: if the video can't be read, or is not the one that was recorded.
        OutputError: if the file exists or can't be written.
    """
    outputs.check_new(path)
    shots = _in_room(*pictures) if video is None else _over(video, turn, *pictures)
    missing = len(pictures[1])
    try:
        with Annotator() as picture, closing(shots):
            for frame, seen, step in shots:
                picture.draw(path, exercise, [(frame, seen)], [step])
                missing -= 1
    except OutputError as error:
        if isinstance(error.__cause__, OSError):  # the same in words for a name of the user's
            raise outputs.failed(path, error.__cause__, outputs.NAMED) from error.__cause__
        raise
    return missing


def _in_room(seen: Sequence[Observation], steps: Sequence[Step]) -> Pictures:
    width, height = seen[0].frame_size_px
    room = np.full((height, width, 3), ROOM_BGR, np.uint8)
    for observation, step in zip(seen, steps, strict=True):
        yield Frame(step.t_s, room.copy()), observation, step


def _over(video: Path, turn: Turn, seen: Sequence[Observation], steps: Sequence[Step]) -> Pictures:
    """Yield the pictures of a video that lie at the times of steps, each step once.

    Raises:
        SourceError: if none does.
    """
    times_s = [step.t_s for step in steps]
    last = -1
    with closing(open_source(video, turn)) as source:
        for frame in source.frames():
            row = _nearest(times_s, frame.t_s)
            if row > last and abs(times_s[row] - frame.t_s) <= SAME_S:
                last = row
                yield frame, seen[row], steps[row]
    if last < 0:
        message = f"{shown(video)}: none of its pictures is of this session; is it another video?"
        raise SourceError(message)


def _nearest(times_s: Sequence[float], t_s: float) -> int:
    """Return the index of the time that is nearest; the times increase, and there is one."""
    after = min(bisect_left(times_s, t_s), len(times_s) - 1)
    before = max(after - 1, 0)
    return before if t_s - times_s[before] <= abs(times_s[after] - t_s) else after
