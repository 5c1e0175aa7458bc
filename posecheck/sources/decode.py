"""Decoding of one video track: frames in the order of time, also from a damaged file.

`Fields` makes one frame of the two fields of interlaced recordings.
"""

from __future__ import annotations

import math
from collections import deque
from contextlib import suppress
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import av
from av.error import BlockingIOError as Blocked
from av.error import EOFError as Ended
from av.error import FFmpegError
from av.filter import Graph
from av.stream import Disposition

from posecheck.errors import SourceError, shown
from posecheck.sources.upright import MOST_KEPT_PIXELS, is_too_large
from posecheck.system import files
from posecheck.system.opencv import MOST_PIXELS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import InputContainer
    from av.packet import Packet as AnyPacket
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    Packet = AnyPacket[VideoStream]


class Fields:
    """Merger of two fields, taken one after the other, into one frame."""

    def __init__(self, frame: VideoFrame, time_base: Fraction) -> None:
        """Begin with a frame; later frames have the same format.

        Args:
            frame: the first frame of two fields.
            time_base: the unit of its time, in seconds.
        """
        self.kind = (frame.width, frame.height, frame.format.name)
        self._graph = Graph()
        source = self._graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=time_base
        )
        weaver = self._graph.add("bwdif", "mode=send_frame:deint=interlaced")
        sink = self._graph.add("buffersink")
        source.link_to(weaver)
        weaver.link_to(sink)
        self._graph.configure()

    def take(self, frame: VideoFrame | None) -> Iterator[VideoFrame]:
        """Take in a frame, None at the end; yield the frames that are ready."""
        self._graph.push(frame)
        with suppress(Blocked, Ended):
            while True:
                ready = self._graph.pull()
                assert isinstance(ready, av.VideoFrame)  # noqa: S101 - a graph of video
                yield ready


_UNREADABLE: Final = (
    "not a video that can be read: damaged, cut off before its index was written, sound only, or "
    "something else; check that a player shows it"
)

_TOO_LARGE: Final = "its pictures of {} x {} pixels are too large to be read; save it smaller"

_TOO_DEEP: Final = (
    "its pictures of {} x {} pixels with their fine colours take too much memory; save it smaller, "
    "or as H.264 for the web"
)

_NO_PICTURE: Final = "not a picture that can be read; save it again as jpg or png"

_NO_TIMES: Final = frozenset(
    (
        *("h264", "hevc", "vvc", "mjpeg", "m4v", "mpegvideo", "vc1", "obu", "h263", "h261"),
        *("cavsvideo", "dirac", "avs2", "avs3", "evc"),
    )
)
"""FFmpeg's names of bare streams, which have frames but no clock."""

_MOST_FAULTS: Final = 1000
"""Number of consecutive read failures that count as the end of a file."""

_COMPLETE_SHARE: Final = 0.97
"""Share of the announced packets with which a file counts as complete: in some formats the
announced number is an estimate."""

_NO_RATE: Final = Fraction(7, 3)
"""Frame rate that no camera has, used to detect that the stream names none."""

_MOST_DELAYED: Final = 64
"""Largest number of frames that a decoder delays."""

_FEW_THREADS: Final = ((MOST_KEPT_PIXELS, 1), (1920 * 1088, 2))
"""Pixels above which a decoder gets so few threads: each keeps frames of its own, and takes them
from the other cores, which estimate."""

_HIGHEST_RATE: Final = 2000.0
"""Highest frame rate in frames per second; a higher value is a clock's tick rate given by
mistake."""

_HIDDEN: Final = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


class Decoder:
    """One video track of a file, decoded.

    Attributes:
        path: the file.
        container, stream: PyAV's.
        tracks: number of video tracks in the file, without covers and previews.
        damaged: frames that could not be decoded so far.
        end_s: latest end of a frame that was decoded, in seconds of the file.
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        """Open a file.

        Args:
            path: the file.
            threads: that decode; 0 takes as many as there are cores.

        Raises:
            SourceError: if FFmpeg finds no video in it.
        """
        try:
            self.container = _opened(path)
            if self.bare:  # with a rate to be told from one that the stream names itself
                self.container.close()
                self.container = _opened(path, framerate=str(_NO_RATE))
        except (FFmpegError, ValueError, OSError) as error:
            message = f"{shown(path)}: {_UNREADABLE}"
            raise SourceError(message) from error
        if self.container.format.name == "image2" or self.container.format.name.endswith("_pipe"):
            self.container.close()  # FFmpeg went by the ending
            message = f"{shown(path)}: {_NO_PICTURE}"
            raise SourceError(message)
        tracks = [s for s in self.container.streams.video if not s.disposition & _HIDDEN]
        usable = [s for s in tracks if s.codec_context is not None]
        if not usable:
            self.container.close()
            message = f"{shown(path)}: {_UNREADABLE if not tracks else _no_decoder(tracks[0])}"
            raise SourceError(message)
        size = (usable[0].codec_context.width, usable[0].codec_context.height)
        if is_too_large(usable[0]):
            self.container.close()
            why = _TOO_LARGE if size[0] * size[1] > MOST_KEPT_PIXELS else _TOO_DEEP
            message = f"{shown(path)}: {why.format(*size)}"
            raise SourceError(message)
        self.path = path
        self.tracks = len(usable)
        self.stream: VideoStream = max(usable, key=_fitness)
        most = next((few for pixels, few in _FEW_THREADS if size[0] * size[1] > pixels), 0)
        if most != 1:
            self.stream.thread_type = "AUTO"
        self.stream.codec_context.thread_count = min(threads or most, most) if most else threads
        # A frame can be larger than the file announces.
        self.stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
        self.damaged = 0
        self.end_s = -math.inf
        self._fields: Fields | None = None
        self._closed = False
        self._packets_read = 0
        self._places: deque[int] = deque(maxlen=_MOST_DELAYED)

    @property
    def bare(self) -> bool:
        """Whether the file is a stream without a clock."""
        return self.container.format.name in _NO_TIMES

    @cached_property
    def rate(self) -> float:
        """Frames per second as the file gives it; 0 if it gives none."""
        stream, named = self.stream, self.stream.codec_context.framerate
        if self.bare:
            rate = None if named == _NO_RATE else named
        else:
            rate = stream.guessed_rate or stream.average_rate or named
        value = float(rate or 0)
        return value if 0 < value <= _HIGHEST_RATE else 0.0

    @cached_property
    def duration_s(self) -> float:
        """Duration of the track as announced; 0 if unknown."""
        stream, base = self.stream, self.stream.time_base
        if stream.duration and base and not self.bare:
            duration_s = float(stream.duration * base)
            cut_off = self.container.format.name == "avi"  # then it is shortened, the count is not
            return max(duration_s, float(stream.frames * base)) if cut_off else duration_s
        end_s = _clock_time(stream.metadata.get("DURATION", ""))
        told = None if end_s is None else end_s - self.start_s
        if told is None and len(self.container.streams) == 1 and self.container.duration:
            told = self.container.duration / av.time_base
        return told or 0.0

    @cached_property
    def start_s(self) -> float:
        """First time of the track as announced, in seconds of the file; 0 if unknown."""
        start, base = self.stream.start_time, self.stream.time_base
        return float(start * base) if start and base else 0.0

    @cached_property
    def frame_count(self) -> int:
        """Number of frames as announced; 0 if unknown."""
        return self.stream.frames

    @property
    def missing_s(self) -> float:
        """Seconds of the announced duration without a decoded frame, after all was read.

        0 if all announced packets came, even if an edit list gives another duration.
        """
        if self._packets_read >= _COMPLETE_SHARE * self.frame_count - 1 > 0:
            return 0.0
        announced_s = self.duration_s
        return self.start_s + announced_s - max(self.end_s, self.start_s) if announced_s else 0.0

    def seconds(self, frame: VideoFrame) -> float | None:
        """Return the time of a frame in seconds of the file; None without one."""
        if frame.pts is None or frame.time_base is None or self.bare:
            return None
        return float(frame.pts * frame.time_base)

    def pictures(self) -> Iterator[VideoFrame]:
        """Yield the frames from the present position on, in the order of time."""
        for packet in self._packets():
            for frame in self._decoded(packet):
                yield from self._whole(frame)
        yield from self._rest()

    def count_rest(self) -> None:
        """Read the remaining packets without decoding them, so that `missing_s` is right."""
        for _ in self._packets():
            pass

    def seek(self, t_s: float) -> None:
        """Move to the last frame at or before a time that can be decoded without others.

        Raises:
            FFmpegError: if that is not possible in this file.
        """
        assert self.stream.time_base is not None  # noqa: S101 - every open stream has one
        place = int(t_s / self.stream.time_base)
        self.container.seek(place, stream=self.stream, backward=True)
        self._fields = None
        self._places.clear()

    def is_steady(self) -> bool:
        """Whether the file's clock never steps back, so that each time has one place in the file.

        Reads the whole file, without decoding, unless its index gives the answer.
        """
        if self.bare:
            return False
        if self.container.format.name.startswith("mov"):
            return True  # times are sums of durations
        last = -math.inf
        with suppress(FFmpegError), _opened(self.path) as container:
            for packet in container.demux(container.streams[self.stream.index]):
                if packet.size and (packet.dts is None or packet.dts < last):
                    return False
                last = last if packet.dts is None else packet.dts
        return True

    def close(self) -> None:
        """Close the file; a running iteration ends. What the file announces stays known."""
        self._closed = True
        # Read now: PyAV 19 tells nothing of a closed file.
        _ = self.rate, self.duration_s, self.start_s, self.frame_count
        self.container.close()

    def _packets(self) -> Iterator[Packet]:
        """Yield the readable packets; the last one is empty and ends the decoding."""
        faults = 0
        while not self._closed and faults < _MOST_FAULTS:
            try:
                for packet in self.container.demux(self.stream):
                    faults = 0
                    self._packets_read += packet.dts is not None or packet.pts is not None
                    yield packet
                    if self._over():
                        return
            except FFmpegError:
                faults += 1
            else:
                return

    def _over(self) -> bool:
        return self._closed  # another place may have closed it meanwhile

    def _decoded(self, packet: Packet) -> list[Any]:
        last = packet.size == 0 and packet.dts is None and packet.pts is None
        if packet.size == 0 and not last:
            return []  # a frame that the camera left out; the decoder would take it for the end
        self._note_place(packet)
        try:
            frames = packet.decode()
        except Ended:
            self.stream.codec_context.flush_buffers()
            return []
        except FFmpegError:
            self.damaged += 1
            if self._places:
                self._places.popleft()
            return []
        for frame in frames:
            if self._places:
                frame.pts = self._places.popleft()
            if (t_s := self.seconds(frame)) is not None:
                self.end_s = max(self.end_s, t_s + (1 / self.rate if self.rate else 0.0))
        return [frame for frame in frames if not self._spoilt(frame)]

    def _note_place(self, packet: Packet) -> None:
        """Keep the place of a packet in an avi, which stores no other times.

        The decoder returns as many frames as it takes in, in another order: the first frame out has
        the place of the first one in.
        """
        if packet.dts is not None and self.container.format.name == "avi":
            self._places.append(packet.dts)

    def _spoilt(self, frame: Any) -> bool:  # noqa: ANN401 - PyAV's union of frames
        self.damaged += bool(frame.is_corrupt)
        return bool(frame.is_corrupt)

    def _whole(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """Yield a frame; if it consists of two fields, they are merged."""
        kind = (frame.width, frame.height, frame.format.name)
        if self._fields is not None and self._fields.kind != kind:
            yield from self._rest()
        if self._fields is None and not frame.interlaced_frame:
            yield frame
            return
        if self._fields is None:
            self._fields = Fields(frame, self.stream.time_base or Fraction(1, 1000))
        yield from self._fields.take(frame)

    def _rest(self) -> Iterator[VideoFrame]:
        fields, self._fields = self._fields, None
        if fields is not None:
            yield from fields.take(None)


# Tags that are no UTF-8 must not stop reading. PyAV 19 knows no such option: it always reads on.
_TAGS: Final[dict[str, Any]] = (
    {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}  # noqa: PLR2004
)


def _opened(path: Path, **options: str) -> InputContainer:
    files.opened(path).close()  # never a pipe, which FFmpeg would wait for
    # Absolute: FFmpeg takes the start of a name like "file:a.mp4" for a protocol.
    container: InputContainer = av.open(
        str(path.absolute()), options={"protocol_whitelist": "file", **options}, **_TAGS
    )
    return container


def _fitness(stream: VideoStream) -> tuple[bool, int, int]:
    """Return the sort key of a track; players show the track with the highest one."""
    default = bool(stream.disposition & Disposition.default)
    return default, stream.codec_context.width * stream.codec_context.height, -stream.index


def _no_decoder(stream: VideoStream) -> str:
    return f"its coding is not known ({stream.id}); convert it to mp4 with H.264"


def _clock_time(text: str) -> float | None:
    """Return "00:00:10.000" in seconds; None for anything else."""
    try:
        hours, minutes, seconds = (float(part) for part in text.split(":"))
    except ValueError:
        return None
    return hours * 3600 + minutes * 60 + seconds
