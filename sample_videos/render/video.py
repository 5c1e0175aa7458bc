"""Write pictures as an H.264 video with exact timestamps (PyAV)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Self

import av

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    import numpy as np
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

_QUALITY = {"crf": "23", "preset": "slow"}


class VideoWriter:
    """A video file of constant frame rate: frame i is shown at exactly i / fps seconds."""

    def __init__(self, path: Path, fps: int, size_px: tuple[int, int]) -> None:
        """Open the file; the size is (width, height) in pixels, both even."""
        self._container = av.open(str(path), "w", options={"movflags": "+faststart"})
        stream: VideoStream = self._container.add_stream("libx264", rate=fps, options=_QUALITY)
        stream.width, stream.height = size_px
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        self._stream = stream
        self._time_base = Fraction(1, fps)
        self._count = 0

    def __enter__(self) -> Self:
        """Use the writer in a `with` block, which closes it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what the encoder still holds and close the file."""
        try:
            if kind is None:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()

    def write(self, picture: NDArray[np.uint8]) -> None:
        """Append one picture (height x width x RGB)."""
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = self._count
        frame.time_base = self._time_base
        self._count += 1
        self._container.mux(self._stream.encode(frame))
