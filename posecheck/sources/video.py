"""Recorded videos: anything that PyAV's FFmpeg reads, with true timestamps.

Time 0 is that of a player. In mp4 and mov it is the beginning of the film, to which edit lists and
a late start of a track refer; elsewhere it is the first image or sound.

`Clock` takes the times of a file and returns rising times, in seconds.

A time outside its neighbours is moved between them. After a clock that steps back, time continues
from the last frame. A frame without a time follows the one before at the frame rate of the stream.
Every change is counted and reported with its size.
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
"""Seconds by which a frame is placed after the one before if its timestamp does not lie after
it."""

STRAY_S: Final = 1.0
"""Seconds beyond the next frame's time from which a frame is moved before that frame."""

SHORTEST_STEP_S: Final = 0.000_001
"""Smallest step between two times in seconds: times are counted in whole microseconds."""

_UNEVEN_S: Final = 0.002
"""Largest step back in seconds that comes from rounding to milliseconds in containers; a larger one
is another clock."""

_LONGEST_STEP_S: Final = 0.5

T = TypeVar("T")


class Clock:
    """Clock of a file: gives each frame its time in seconds, rising and never below 0."""

    def __init__(self, zero_s: float, step_s: float, speed: float = 1.0) -> None:
        """Begin.

        Args:
            zero_s: the file's time that is 0 s on a player's time line.
            step_s: from one frame to the next at the frame rate that the file names.
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
        room = self._last_s + 2 * SHORTEST_STEP_S < next_s <= t_s
        return (self._last_s + next_s) / 2 if room else t_s

    def _in_order(self, t_s: float, next_s: float) -> float:
        """Return a time after the last one, moved if it is not."""
        last_s = self._last_s
        if last_s + 2 * SHORTEST_STEP_S < next_s < t_s - STRAY_S:  # this one alone is astray
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
        """Continue after the last time, for this frame and those that follow."""
        placed_s = self._last_s + max(self._step_s, CLAMP_STEP_S)
        self._restarts += 1
        self._back_s = max(self._back_s, self._head_s - t_s)
        self._shift_s += placed_s - t_s
        self._head_s = placed_s
        return placed_s

    def warnings(self) -> tuple[str, ...]:
        """Return the changes of times and their sizes, one sentence each."""
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
"""Seconds, and share of the announced duration; a file ends early if more than both are missing."""

_SPEED: Final = 1.5
"""Ratio of the capture rate to the playback rate above which a file is slow motion."""

_CAPTURE_RATE: Final = re.compile(r"capture.?(fps|frame.?rate)$", re.IGNORECASE)
"""Names of the metadata in which phones store the capture rate, such as com.android.capture.fps."""

_UNTIMED: Final = (
    "{}: a bare stream without times that names no frame rate; put it into an mkv with the "
    "camera's rate: ffmpeg -framerate RATE -i IN -c copy OUT.mkv"
)

_SMALLER: Final = "its pictures of {} x {} pixels are very large and were read as {} x {}"


class VideoSource:
    """A recorded video, as a player shows it.

    Attributes:
        path, turn: as given.
        decoder: of its track.
        info: facts about it.
        speed: the file's seconds in one second that passed; more than 1 in slow motion.
    """

    def __init__(self, path: Path, turn: Turn = AS_STORED, *, threads: int = 0) -> None:
        """Open a video file and decode its first frame.

        Args:
            path: the file.
            turn: how to turn and mirror the frames beyond what the file says.
            threads: of the decoder; 0 takes as many as there are cores.

        Raises:
            SourceError: if it holds no video, or none that can be decoded or timed.
        """
        self.path, self.turn = path, turn
        self.decoder = Decoder(path, threads)
        try:
            self._first = self._opened(turn)
        except BaseException:
            self.decoder.close()
            raise
        self._repeats = CodedRepeats()
        self._finished = False
        self._times_elsewhere: tuple[str, ...] = ()

    def _opened(self, turn: Turn) -> VideoFrame | None:
        decoder, name = self.decoder, shown(self.path)
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
        self._stored_px = first.width, first.height
        duration_s = decoder.duration_s / self.speed
        self.info = SourceInfo(
            kind="video",
            name=self.path.name,
            size_px=(width, height),
            frame_count=stream.frames or round(decoder.duration_s * decoder.rate),
            duration_s=duration_s,
            reader=f"PyAV {av.__version__}",
            rotate_deg=turn.rotate_deg,
            mirror=turn.mirror,
        )
        return first

    def frames(self) -> Iterator[Frame]:
        """Yield the frames in the order of time.

        A frame that the file repeats for long is marked and not counted, as with a camera: it does
        not show whether the person holds still.
        """
        for t_s, picture in self.timed():
            yield self.frame(t_s, picture)
        self._finished = True

    def frame(self, t_s: float, picture: VideoFrame) -> Frame:
        """Return a frame of `timed`; call it for consecutive ones, in their order."""
        image = self.image(picture)
        return Frame(t_s, image, self._repeats.look(t_s, image))

    def timed(self) -> Iterator[tuple[float, VideoFrame]]:
        """Yield the frames before they are converted, each with its time in seconds."""
        first, self._first = self._first, None
        pictures = chain([] if first is None else [first], self._pictures)
        seconds = self.decoder.seconds
        yield from self._clock.timed((seconds(picture), picture) for picture in pictures)

    def image(self, picture: VideoFrame) -> NDArray[np.uint8]:
        """Return a frame of `timed` as it is shown.

        If the size changes within the file, frames of the same shape are scaled to the first size;
        others keep their size.
        """
        image = image_of(picture, self._shape)
        width, height = self.info.size_px
        own_height, own_width = image.shape[:2]
        if (own_width, own_height) == (width, height):
            return image
        if abs(own_width * height / (own_height * width) - 1) > 0.01:  # noqa: PLR2004 - rounding
            return image
        return cv2.resize(image, (width, height)).astype(np.uint8, copy=False)

    @property
    def is_steady(self) -> bool:
        """Whether `jump` is reliable; slow, because it may read the whole file."""
        return self.decoder.is_steady()

    def jump(self, t_s: float) -> bool:
        """Let `timed` continue from a frame at or before a time; False if the file can't.

        Only where `is_steady`: the times are those of the file.
        """
        try:
            self.decoder.seek(t_s * self.speed + self._zero_s)
        except FFmpegError:
            return False
        self._first, self._pictures = None, self.decoder.pictures()
        self._clock = self._new_clock()
        return True

    def next_s(self) -> float:
        """Return the time of the frame with which `timed` continues; infinity at the end."""
        self._first = self._first or next(self._pictures, None)
        raw_s = None if self._first is None else self.decoder.seconds(self._first)
        return math.inf if raw_s is None else (raw_s - self._zero_s) / self.speed

    def was_read(self, damaged: int, end_s: float, times: tuple[str, ...]) -> None:
        """Take over what readers of all its parts found: damaged frames, end in seconds, times."""
        if not self._finished:
            self.decoder.damaged, self.decoder.end_s = damaged, end_s
            self.decoder.count_rest()
            self._finished, self._times_elsewhere = True, times

    def warnings(self) -> tuple[str, ...]:
        """Return the problems found, one sentence each."""
        times = self._times_elsewhere or self.clock_warnings()
        return tuple(chain(self._of_the_file(), times, self._of_the_end()))

    def clock_warnings(self) -> tuple[str, ...]:
        """Return the changes of times and their sizes, one sentence each."""
        return () if self.decoder.bare else self._clock.warnings()

    def close(self) -> None:
        """Close the file."""
        self.decoder.close()

    def _new_clock(self) -> Clock:
        rate = self.decoder.rate
        return Clock(self._zero_s, 1 / rate if rate else 0.04, self.speed)

    def _of_the_file(self) -> Iterator[str]:
        decoder, (width, height) = self.decoder, self.info.size_px
        if width * height < math.prod(self._stored_px):  # never smaller for another reason
            yield _SMALLER.format(*self._stored_px, width, height)
        if decoder.tracks > 1:
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
        decoder = self.decoder
        if decoder.damaged:
            what = "1 picture is" if decoder.damaged == 1 else f"{decoder.damaged} pictures are"
            yield f"{what} damaged and could not be decoded; that time is a gap"
        announced_s = decoder.duration_s
        missing_s = decoder.missing_s if self._finished else 0.0
        if missing_s > max(_MISSING_S, _MISSING_SHARE * announced_s):
            there_s = max(0.0, announced_s - missing_s)
            yield f"the file ends early: {there_s:.1f} of about {announced_s:.1f} s could be read"


def _zero_s(decoder: Decoder, first_s: float | None) -> float:
    """Return the file's time in seconds that is 0 on a player's time line."""
    kind = decoder.container.format.name
    if kind.startswith("mov") or first_s is None:
        return 0.0
    heard = decoder.container.streams.audio
    starts = [
        float(s.start_time * s.time_base) for s in heard if s.start_time is not None and s.time_base
    ]
    return max(0.0, min([first_s, *starts]))


def _speed(decoder: Decoder) -> float:
    """Return the seconds of the file per second of real time; 1 if the file does not give it."""
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
