"""Parts of a long recording that can be read side by side.

A recording of 45 s or more whose clock never steps back is cut into parts of about 30 s, at times
that depend on the recording alone. Each part also gives the frames of a second or more before it:
they belong to the part before, and let a pose estimator, which remembers, find its person.
"""

from __future__ import annotations

import math
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from posecheck.sources.video import VideoSource
from posecheck.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from posecheck.sources import FrameSource

PART_S: Final = 30.0
"""Usual length of a part in seconds."""

WARM_UP_FRAMES: Final = 30
"""Frames before a part with which the estimator begins. From 15 frames on the angles differ from
those of an uncut run by no more than later: 1 degree on average, because the model follows its own
last result and never comes to the very same one."""

SHORTEST_WARM_UP_S: Final = 1.0
"""Least time of these frames in seconds; half of it shows that a recording stands still."""

LONGEST_WARM_UP_S: Final = 3.0

ONE_THREAD_PX: Final = 1920 * 1088
"""Pixels of a frame up to which one thread decodes a part: the parts keep the cores busy, and every
further thread of a decoder holds frames of its own (6 MiB with 720p on 2 cores)."""

_CONTAINERS: Final = ("mov", "matroska")
"""Beginnings of FFmpeg's names of the containers in which a jump finds its place."""


class VideoPart:
    """One part of a video; it is opened when its frames are read.

    Attributes:
        info: facts about the whole recording.
        start_s: time of its beginning; frames before it only warm an estimator up.
        damaged: frames of the part that could not be decoded.
        read_to_s: end of the last frame that was decoded, in seconds of the file.
        times: changes of times that its clock made, one sentence each.
    """

    def __init__(self, source: VideoSource, start_s: float, end_s: float, warm_up_s: float) -> None:
        """Describe a part.

        Args:
            source: the whole recording.
            start_s: its first moment.
            end_s: the first moment after it; infinity for the last part.
            warm_up_s: seconds before it that are read, too.
        """
        self.info = source.info
        self.start_s = start_s
        self.damaged = 0
        self.read_to_s = -math.inf
        self.times: tuple[str, ...] = ()
        self._path, self._turn, self._end_s = source.path, source.turn, end_s
        self._from_s = start_s - warm_up_s
        width, height = source.info.size_px
        self._threads = 1 if width * height <= ONE_THREAD_PX else 0

    def frames(self, *, plain: bool = False) -> Iterator[Frame]:
        """Yield the frames from the warm-up to the end of the part, as the whole video has them.

        Args:
            plain: whether it does not matter which frames the file repeats, as for drawing.

        Raises:
            SourceError: if the file cannot be opened any more.
        """
        with closing(self._opened()) as source:
            damaged_before = 0
            for t_s, picture in source.timed():
                if t_s >= self._end_s:
                    break
                if t_s < self.start_s:
                    damaged_before = source.decoder.damaged
                if t_s >= self._from_s:
                    if plain:
                        yield Frame(t_s, source.image(picture))
                    else:
                        yield source.frame(t_s, picture)
            self.damaged = source.decoder.damaged - damaged_before
            self.read_to_s = source.decoder.end_s
            self.times = source.clock_warnings()

    def _opened(self) -> VideoSource:
        """Open the file before the part: by a jump, or from the first frame on if that misses."""
        source = VideoSource(self._path, self._turn, threads=self._threads)
        if self._from_s <= 0:
            return source
        if source.jump(self._from_s) and source.next_s() <= self._from_s:
            return source
        source.close()
        return VideoSource(self._path, self._turn, threads=self._threads)


def parts_of(source: FrameSource) -> tuple[VideoPart, ...]:
    """Return the parts of a source in order; none if it is read in one go."""
    count = round(source.info.duration_s / PART_S)
    if count < 2 or not isinstance(source, VideoSource):  # noqa: PLR2004
        return ()
    decoder = source.decoder
    if not decoder.container.format.name.startswith(_CONTAINERS) or not source.is_steady:
        return ()
    rate = decoder.rate * source.speed  # of the seconds that passed
    warm_up_s = WARM_UP_FRAMES / rate if rate else SHORTEST_WARM_UP_S
    warm_up_s = min(LONGEST_WARM_UP_S, max(SHORTEST_WARM_UP_S, warm_up_s))
    length_s = source.info.duration_s / count
    cuts_s = [*(length_s * number for number in range(count)), math.inf]
    return tuple(
        VideoPart(source, start_s, end_s, warm_up_s) for start_s, end_s in pairwise(cuts_s)
    )


def plain_frames(source: FrameSource) -> Iterator[Frame]:
    """Yield all frames of a recording that is read in parts, once more, for drawing."""
    assert isinstance(source, VideoSource)  # noqa: S101 - others have no parts
    return VideoPart(source, 0.0, math.inf, 0.0).frames(plain=True)


def all_read(source: FrameSource, parts: Sequence[VideoPart]) -> None:
    """Give a source what the readers of its parts found; its warnings tell of it."""
    if isinstance(source, VideoSource):
        times = dict.fromkeys(sentence for part in parts for sentence in part.times)
        end_s = max(part.read_to_s for part in parts)
        source.was_read(sum(part.damaged for part in parts), end_s, tuple(times))
