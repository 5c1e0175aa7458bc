"""Recorded videos: anything that PyAV's FFmpeg reads, with true timestamps.

Time 0 is that of a player. In mp4 and mov it is the beginning of the film, which edit lists
and a track that starts late refer to; elsewhere the first thing that can be shown or heard.

The times of a file in, times that rise out; pure.

A time that lies outside its neighbours is moved between them. After a clock that steps
back, time goes on from where it was. A picture without a time follows the one before at
the frame rate that the stream names. What was changed is counted, and said with its size.
"""

from __future__ import annotations

import math
import re
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeVar

import av
import numpy as np
from av.error import FFmpegError

from posecheck.errors import SourceError, shown
from posecheck.sources import AS_STORED, SourceInfo, Turn
from posecheck.sources.decode import Decoder
from posecheck.sources.upright import Shape, image_of, pixel_shape
from posecheck.sources.watch import CodedRepeats
from posecheck.system.opencv import cv2
from posecheck.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from av.video.frame import VideoFrame
    from numpy.typing import NDArray


CLAMP_STEP_S: Final = 0.001
"""A picture whose timestamp does not lie after the one before is moved so far after it."""

STRAY_S: Final = 1.0
"""A picture whose time lies so far beyond that of the next one is moved before it."""

SHORTEST_STEP_S: Final = 0.000_001
"""Times are counted in whole microseconds; nearer ones are no progress."""

_UNEVEN_S: Final = 0.002
"""Containers round times to a millisecond; a step back of no more is that, no other clock."""

_LONGEST_STEP_S: Final = 0.5

T = TypeVar("T")


class Clock:
    """Gives each picture of a file its time in seconds, rising and never below 0."""

    def __init__(self, zero_s: float, step_s: float, speed: float = 1.0) -> None:
        """Begin.

        Args:
            zero_s: the file's time that is 0 s on a player's time line.
            step_s: from one picture to the next at the frame rate that the file names.
            speed: the file's seconds in one second that passed; more than 1 in slow motion.
        """
        self._zero_s = zero_s
        self._speed = speed
        self._step_s = step_s / speed
        self._shift_s = 0.0
        self._last_s = self._head_s = -math.inf
        self._untimed = self._strays = self._restarts = 0
        self._moved_s = self._back_s = 0.0

    @property
    def last_s(self) -> float:
        """The time that was given last; minus infinity before the first."""
        return self._last_s

    def timed(self, items: Iterable[tuple[float | None, T]]) -> Iterator[tuple[float, T]]:
        """Yield items with rising times.

        Args:
            items: each with its time in the file, in seconds; None without one.
        """
        held: tuple[float | None, T] | None = None
        for item in items:
            if held is not None:
                yield self._place(held[0], item[0]), held[1]
            held = item
        if held is not None:
            yield self._place(held[0], None), held[1]

    def _place(self, raw_s: float | None, next_raw_s: float | None) -> float:
        next_s = math.inf if next_raw_s is None else self._on_line(next_raw_s)
        if raw_s is None:
            t_s = self._untimed_s(next_s)
        else:
            t_s = self._on_line(raw_s)
            if self._last_s == -math.inf and t_s < 0:
                self._shift_s -= t_s
                t_s = 0.0
            t_s = self._in_order(t_s, next_s)
        gained_s = t_s - self._last_s
        if CLAMP_STEP_S < gained_s <= _LONGEST_STEP_S:
            self._step_s = gained_s
        self._last_s = t_s
        return t_s

    def _on_line(self, raw_s: float) -> float:
        return (raw_s - self._zero_s) / self._speed + self._shift_s

    def _untimed_s(self, next_s: float) -> float:
        self._untimed += 1
        if self._last_s == -math.inf:
            return 0.0
        t_s = self._last_s + self._step_s
        if not self._last_s < next_s <= t_s:
            return t_s
        return max((self._last_s + next_s) / 2, self._last_s + SHORTEST_STEP_S)

    def _in_order(self, t_s: float, next_s: float) -> float:
        """Return a time after the last one, moved if it is not."""
        last_s = self._last_s
        if last_s < next_s < t_s - STRAY_S:  # this one is astray, not all that follow
            placed_s = (max(last_s, next_s - CLAMP_STEP_S) + next_s) / 2
            if placed_s < 0:  # the first one: those that follow make room
                self._shift_s -= placed_s
                placed_s = 0.0
        elif t_s >= last_s + SHORTEST_STEP_S:
            self._head_s = t_s
            return t_s
        elif last_s < next_s < math.inf or self._head_s - t_s <= _UNEVEN_S:
            placed_s = last_s + CLAMP_STEP_S
        else:
            return self._restart(t_s)
        self._strays += 1
        self._moved_s = max(self._moved_s, abs(placed_s - t_s))
        return placed_s

    def _restart(self, t_s: float) -> float:
        """Go on after the last time, for this picture and those that follow."""
        placed_s = self._last_s + max(self._step_s, CLAMP_STEP_S)
        self._restarts += 1
        self._back_s = max(self._back_s, self._head_s - t_s)
        self._shift_s += placed_s - t_s
        self._head_s = placed_s
        return placed_s

    def warnings(self) -> tuple[str, ...]:
        """Return what was changed, and by how much, one sentence each."""
        found = []
        if self._restarts:
            often = "once, by" if self._restarts == 1 else f"{self._restarts} times, by at most"
            found.append(
                f"the file's clock steps back {often} {self._back_s:.2f} s; "
                "the time goes on from where it was"
            )
        if self._strays:
            plural = "picture" if self._strays == 1 else "pictures"
            found.append(
                f"{self._strays} {plural} had a time not after the one before or not before "
                f"the next; each was moved between them, by at most {self._moved_s:.2f} s"
            )
        if self._untimed:
            plural = "picture has" if self._untimed == 1 else "pictures have"
            found.append(
                f"{self._untimed} {plural} no time in the file; each was placed "
                f"{self._step_s:.3f} s after the one before, which is an assumption"
            )
        return tuple(found)


_MISSING_S: Final = 0.3
_MISSING_SHARE: Final = 0.03
"""A file ends early if more than both of these of its announced duration are missing."""

_SPEED: Final = 1.5
"""A file whose pictures were taken so much faster than they are shown is slow motion."""

_CAPTURE_RATE: Final = re.compile(r"capture.?(fps|frame.?rate)$", re.IGNORECASE)
"""Where phones tell how fast the pictures were taken, such as com.android.capture.fps."""

_UNTIMED: Final = (
    "{}: a bare stream without times that names no frame rate; put it into an mkv with the "
    "camera's rate: ffmpeg -framerate RATE -i IN -c copy OUT.mkv"
)


class VideoSource:
    """A recorded video, as a player shows it."""

    def __init__(self, path: Path, turn: Turn = AS_STORED) -> None:
        """Open a video file and decode its first picture.

        Args:
            path: the file.
            turn: how to turn and mirror the pictures beyond what the file says.

        Raises:
            SourceError: if it holds no video, or none that can be decoded or timed.
        """
        self._path = path
        self._decoder = Decoder(path)
        try:
            self._first = self._opened(turn)
        except BaseException:
            self._decoder.close()
            raise
        self._repeats = CodedRepeats()
        self._finished = False

    def _opened(self, turn: Turn) -> VideoFrame | None:
        decoder, name = self._decoder, shown(self._path)
        if decoder.bare and not decoder.rate:
            raise SourceError(_UNTIMED.format(name))
        stream = decoder.stream
        ratios = (stream.sample_aspect_ratio, stream.codec_context.sample_aspect_ratio)
        self._shape = Shape(pixel_shape(*ratios), turn)
        self._pictures = decoder.pictures()
        first = next(self._pictures, None)
        if first is None:
            message = (
                f"{name}: not a single picture can be decoded ({stream.codec_context.name}); "
                "the file is damaged, copy or record it again"
            )
            raise SourceError(message)
        self.speed = _speed(decoder)
        self._zero_s = _zero_s(decoder, decoder.seconds(first))
        self._clock = self._new_clock()
        height, width = image_of(first, self._shape).shape[:2]
        duration_s = decoder.duration_s / self.speed
        self.info = SourceInfo(
            kind="video",
            name=self._path.name,
            size_px=(width, height),
            frame_count=stream.frames or round(decoder.duration_s * decoder.rate),
            duration_s=duration_s,
            reader=f"PyAV {av.__version__}",
            rotate_deg=turn.rotate_deg,
            mirror=turn.mirror,
        )
        return first

    def frames(self) -> Iterator[Frame]:
        """Yield the pictures in the order of time.

        One that the file repeats for long is marked, as one that a camera repeats is not
        counted: nobody in it can be seen to hold still.
        """
        for t_s, picture in self.timed():
            image = self.image(picture)
            yield Frame(t_s, image, self._repeats.look(t_s, image))
        self._finished = True

    def timed(self) -> Iterator[tuple[float, VideoFrame]]:
        """Yield the pictures before they are converted, each with its time in seconds."""
        first, self._first = self._first, None
        pictures = chain([] if first is None else [first], self._pictures)
        seconds = self._decoder.seconds
        yield from self._clock.timed((seconds(picture), picture) for picture in pictures)

    def image(self, picture: VideoFrame) -> NDArray[np.uint8]:
        """Return a picture of `timed` as it is shown.

        A file that changes its size on the way gives pictures of the first size if they
        have the same shape; otherwise as they are.
        """
        image = image_of(picture, self._shape)
        if not hasattr(self, "info"):
            return image
        width, height = self.info.size_px
        own_height, own_width = image.shape[:2]
        if (own_width, own_height) == (width, height):
            return image
        if abs(own_width * height / (own_height * width) - 1) > 0.01:  # noqa: PLR2004 - rounding
            return image
        return cv2.resize(image, (width, height)).astype(np.uint8, copy=False)

    @property
    def is_steady(self) -> bool:
        """Whether `jump` can be trusted; takes a while, for it may read the whole file."""
        return self._decoder.is_steady()

    def jump(self, t_s: float) -> bool:
        """Let `timed` go on from a picture at or before a time; False if the file can't.

        Only where `is_steady`: the times are those of the file.
        """
        try:
            self._decoder.seek(t_s * self.speed + self._zero_s)
        except FFmpegError:
            return False
        self._first, self._pictures = None, self._decoder.pictures()
        self._clock = self._new_clock()
        return True

    def warnings(self) -> tuple[str, ...]:
        """Return what was not as it should be, one sentence each."""
        times = () if self._decoder.bare else self._clock.warnings()
        return tuple(chain(self._of_the_file(), times, self._of_the_end()))

    def close(self) -> None:
        """Let go of the file."""
        self._decoder.close()

    def _new_clock(self) -> Clock:
        rate = self._decoder.rate
        return Clock(self._zero_s, 1 / rate if rate else 0.04, self.speed)

    def _of_the_file(self) -> Iterator[str]:
        decoder = self._decoder
        if decoder.tracks > 1:
            width, height = self.info.size_px
            yield (
                f"the file has {decoder.tracks} video tracks; read was the one that players "
                f"show, {width} x {height} pixels"
            )
        if decoder.bare:
            yield (
                f"the file holds no times; {decoder.rate:g} pictures a second are assumed, as "
                "the stream names it, and all seconds rest on that"
            )
        if self.speed != 1:
            kind = "slow motion" if self.speed > 1 else "time lapse"
            yield (
                f"the file is in {kind} ({self.speed:g} of its seconds are one that passed); "
                "all times are those that passed, not those of a player"
            )

    def _of_the_end(self) -> Iterator[str]:
        decoder = self._decoder
        if decoder.damaged:
            what = "1 picture is" if decoder.damaged == 1 else f"{decoder.damaged} pictures are"
            yield f"{what} damaged and could not be decoded; that time is a gap"
        announced_s = decoder.duration_s
        missing_s = decoder.missing_s if self._finished else 0.0
        if missing_s > max(_MISSING_S, _MISSING_SHARE * announced_s):
            there_s = max(0.0, announced_s - missing_s)
            yield (f"the file ends early: {there_s:.1f} of about {announced_s:.1f} s could be read")


def _zero_s(decoder: Decoder, first_s: float | None) -> float:
    """Return the file's time that is 0 on a player's time line."""
    kind = decoder.container.format.name
    if kind.startswith("mov") or first_s is None:
        return 0.0
    heard = decoder.container.streams.audio
    starts = [
        float(s.start_time * s.time_base) for s in heard if s.start_time is not None and s.time_base
    ]
    return max(0.0, min([first_s, *starts]))


def _speed(decoder: Decoder) -> float:
    """Return the seconds of the file in one that passed; 1 if the file does not tell."""
    told = {**decoder.container.metadata, **decoder.stream.metadata}
    for key, value in told.items():
        if _CAPTURE_RATE.search(key) and decoder.rate:
            try:
                speed = float(value) / decoder.rate
            except ValueError:
                continue
            if speed > _SPEED or 0 < speed < 1 / _SPEED:
                return speed
    return 1.0
