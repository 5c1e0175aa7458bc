"""An annotated recording as an H.264 mp4 that any browser plays.

Pictures keep their true times (variable frame rate). The file is fragmented while it
grows, so a killed process loses about the last half second and nothing else; closing
turns it into a plain mp4. Nothing is ever overwritten.
"""

from __future__ import annotations

import io
import math
from contextlib import contextmanager, suppress
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Self

from posecheck.errors import InstallationError, OutputError
from posecheck.system.opencv import cv2
from posecheck.system.outputs import failed, private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType, TracebackType

    import numpy as np
    from _typeshed import ReadableBuffer
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

LONGEST_SIDE_PX: Final = 1920
"""Larger pictures are scaled down: what is drawn stays legible, and every browser plays it."""

TICKS_PER_SECOND: Final = 90_000
"""The clock of the file; every common frame rate is a whole number of its ticks."""

_LONE_FRAME_TICKS: Final = TICKS_PER_SECOND // 30
_FRAGMENT_US: Final = 500_000
_KEYFRAME_EVERY: Final = 60
_HYBRID_SINCE: Final = (61, 7)  # libavformat of FFmpeg 7.1

_ENCODERS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    # No lookahead and no frame reordering: least memory, and a killed process loses
    # nothing that waits in the encoder.
    ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "crf": "23"}),
    ("libopenh264", {"allow_skip_frames": "0"}),
    ("h264_videotoolbox", {"realtime": "1", "allow_sw": "1"}),
    ("h264_mf", {}),
)


def fitted(image_bgr: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture scaled to a size, itself if it has that size (some files change theirs)."""
    if (image_bgr.shape[1], image_bgr.shape[0]) == size_px:
        return image_bgr
    return cv2.resize(image_bgr, size_px).astype(image_bgr.dtype, copy=False)


class VideoWriter:
    """Writes pictures with their times into a new mp4 file; use it in a ``with``.

    Attributes:
        path: the file.
        size_px: width and height of the pictures that are written.
        encoded_size_px: of the video: even, at least 16, at most LONGEST_SIDE_PX.
    """

    def __init__(self, path: Path, size_px: tuple[int, int]) -> None:
        """Create the file.

        Args:
            path: a file that does not exist yet.
            size_px: width and height of the pictures to come.

        Raises:
            OutputError: if the file exists or can't be created.
            InstallationError: if PyAV or an H.264 encoder is missing.
            ValueError: if the size is not positive.
        """
        if min(size_px) < 1:
            message = f"a picture must have at least one pixel, not {size_px}"
            raise ValueError(message)
        self.path = path
        self.size_px = size_px
        self._inner_px = shrunk(size_px)
        width, height = self._inner_px
        self.encoded_size_px = (max(16, width + width % 2), max(16, height + height % 2))
        self._av = _pyav()
        encoder, options = _working_encoder(self._av, self.encoded_size_px)
        self._start_s = self._last_s = -math.inf
        self._last_pts = -1
        self._held_back: Packet[VideoStream] | None = None
        self._last_duration = _LONE_FRAME_TICKS
        self._fault: OutputError | None = None
        self._closed = False
        with _explained(path, self._av):
            self._sink = _Sink(path)
        try:
            self._container, self._stream = self._open(encoder, options)
        except BaseException:
            self._discard()
            raise

    def __enter__(self) -> Self:
        """Return the writer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file, also after an error, which then goes on unchanged."""
        if error is None:
            self.close()
            return
        with suppress(OutputError):
            self.close()

    def write(self, image_bgr: NDArray[np.uint8], t_s: float) -> None:
        """Append one picture.

        Args:
            image_bgr: (height, width, 3) uint8 of the size given at the start; it is
                not kept and may be changed afterwards.
            t_s: its time in seconds, later than the one before; the first is the video's 0.

        Raises:
            OutputError: if it can't be written; what was written before stays playable.
            ValueError: if the time or the size is wrong, or the writer is closed.
        """
        self._check(image_bgr, t_s)
        if self._last_pts < 0:
            self._start_s = t_s
        self._last_s = t_s
        # Two pictures within one tick (11 us) still get two times.
        ticks = round((t_s - self._start_s) * TICKS_PER_SECOND)
        self._last_pts = max(ticks, self._last_pts + 1)
        # cv2 converts in a sixth of the time of swscale, and the frame borrows the array.
        planes = cv2.cvtColor(self._fitted(image_bgr), cv2.COLOR_BGR2YUV_I420)
        frame = _frame_of(planes, self._av)
        frame.pts, frame.time_base = self._last_pts, Fraction(1, TICKS_PER_SECOND)
        try:
            with _explained(self.path, self._av):
                self._mux(self._stream.encode(frame))
        except OutputError as error:
            self._fault = error
            raise

    def close(self) -> None:
        """Finish the file; a second call does nothing. A file without a picture is removed.

        Raises:
            OutputError: if the end can't be written; not again after a failed `write`.
        """
        if self._closed:
            return
        self._closed = True
        if self._last_pts < 0:
            self._discard()
            return
        try:
            with _explained(self.path, self._av):
                self._finish()
        except OutputError:
            if self._fault is None:
                raise
        finally:
            self._sink.close()

    def _open(self, encoder: str, options: dict[str, str]) -> tuple[OutputContainer, VideoStream]:
        hybrid = self._av.library_versions["libavformat"][:2] >= _HYBRID_SINCE
        muxing = {
            "movflags": "hybrid_fragmented" if hybrid else "empty_moov+default_base_moof",
            "frag_duration": str(_FRAGMENT_US),
            "flush_packets": "1",
        }
        with _explained(self.path, self._av):
            # An own file object: the exclusively created file is the one that is written,
            # and a name such as "a:b.mp4" is not taken for a protocol.
            container = self._av.open(self._sink, "w", format="mp4", options=muxing)
            stream = container.add_stream(encoder, options=dict(options))
            _describe(stream.codec_context, self.encoded_size_px)
            stream.time_base = Fraction(1, TICKS_PER_SECOND)
        return container, stream

    def _check(self, image_bgr: NDArray[np.uint8], t_s: float) -> None:
        if self._fault is not None:
            raise self._fault
        if self._closed:
            message = f"{self.path}: the video is closed"
            raise ValueError(message)
        if not (math.isfinite(t_s) and t_s > self._last_s):
            message = f"times must increase: {t_s} s follows {self._last_s} s"
            raise ValueError(message)
        width, height = self.size_px
        if image_bgr.shape != (height, width, 3):
            message = f"pictures must have the shape {(height, width, 3)}, not {image_bgr.shape}"
            raise ValueError(message)

    def _fitted(self, image_bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the picture in the size of the video, which H.264 wants even."""
        image: NDArray[Any] = image_bgr
        if self._inner_px != self.size_px:
            image = cv2.resize(image, self._inner_px, interpolation=cv2.INTER_AREA)
        right = self.encoded_size_px[0] - self._inner_px[0]
        below = self.encoded_size_px[1] - self._inner_px[1]
        if right or below:
            image = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE)
        return image

    def _mux(self, packets: list[Packet[VideoStream]]) -> None:
        """Write packets, each one packet late: only then is its duration known."""
        for packet in packets:
            before, self._held_back = self._held_back, packet
            if before is None:
                continue
            if packet.dts is not None and before.dts is not None:
                self._last_duration = max(1, packet.dts - before.dts)
                before.duration = self._last_duration
            self._container.mux(before)

    def _finish(self) -> None:
        try:
            if self._fault is None:
                self._mux(self._stream.encode(None))
                if self._held_back is not None:
                    # Nobody knows how long the last picture stood: as the one before, or 1 s.
                    self._held_back.duration = min(self._last_duration, TICKS_PER_SECOND)
                    self._container.mux(self._held_back)
        finally:
            self._held_back = None
            self._container.close()

    def _discard(self) -> None:
        """Remove the file that holds no picture."""
        self._closed = True
        self._sink.close()
        with suppress(OSError):
            self.path.unlink()


class _Sink(io.FileIO):
    """A new file that takes everything or raises (a raw file may write only a part)."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "xb", opener=private)

    def write(self, data: ReadableBuffer, /) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[super().write(rest) :]
        return memoryview(data).nbytes


def _pyav() -> ModuleType:
    try:
        import av  # noqa: PLC0415  # slow to import, and only recordings need it
    except ImportError as error:
        message = f"writing a video needs PyAV ({error}): pip install av"
        raise InstallationError(message) from error
    return av


def _working_encoder(av: ModuleType, size_px: tuple[int, int]) -> tuple[str, dict[str, str]]:
    """Return the first H.264 encoder that opens; being listed is no proof of that."""
    for name, options in _ENCODERS:
        with suppress(av.error.FFmpegError, ValueError, OSError):
            context = av.CodecContext.create(name, "w")
            context.options = dict(options)
            _describe(context, size_px)
            context.open()
            return name, options
    names = ", ".join(name for name, _ in _ENCODERS)
    message = f"this PyAV has no working H.264 encoder ({names}): pip install --force-reinstall av"
    raise InstallationError(message)


def _describe(context: Any, size_px: tuple[int, int]) -> None:  # noqa: ANN401  # PyAV's union
    context.width, context.height = size_px
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, TICKS_PER_SECOND)
    context.gop_size = _KEYFRAME_EVERY
    context.thread_count = 1
    # What cv2's conversion is: BT.601 matrix, limited range. Without the label players
    # guess BT.709 from the size and shift the colours.
    context.color_range, context.colorspace = 1, 6
    context.color_primaries, context.color_trc = 1, 1


def shrunk(size_px: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which pictures of a size are written: at most `LONGEST_SIDE_PX`."""
    share = min(1.0, LONGEST_SIDE_PX / max(size_px))
    width, height = (max(1, round(side * share)) for side in size_px)
    return width, height


def _frame_of(planes: NDArray[Any], av: ModuleType) -> Any:  # noqa: ANN401 - PyAV is imported late
    """Wrap the planes of I420, (height * 3 / 2, width), in a frame of PyAV.

    Borrowing the array takes whole rows of it for each plane of colour; where the height is no
    multiple of 4, a plane ends in the middle of a row, and the array is copied instead.
    """
    height = len(planes) * 2 // 3
    if height % 4:
        return av.VideoFrame.from_ndarray(planes, format="yuv420p")
    return av.VideoFrame.from_numpy_buffer(planes, format="yuv420p")


@contextmanager
def _explained(path: Path, av: ModuleType) -> Iterator[None]:
    """Turn the operating system's and FFmpeg's errors into one line for the user."""
    try:
        yield
    except (OSError, av.error.FFmpegError) as error:
        fault = error if isinstance(error, OSError) else OSError(str(error))
        raise failed(path, fault) from error
