"""Keeping the camera's video, when that is asked for; it never slows the session.

Encoding runs in a thread of its own. When it falls behind, pictures are left out; their
times stay true. A fault, such as a full disk, ends the recording and not the session.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from posecheck.encode import VideoWriter, fitted
from posecheck.errors import PoseCheckError

if TYPE_CHECKING:
    from pathlib import Path

    from posecheck.types import Frame

_WAITING: Final = 8
"""So many pictures may wait for the encoder: a quarter of a second, about 20 MB."""

_TICK_S: Final = 0.1


class Recording:
    """Writes pictures into a new video file.

    Attributes:
        path: the file; it is made with the first picture.
        left_out: pictures that came too fast for the encoder.
        fault: why the recording ended early, one line; empty while it runs.
    """

    def __init__(self, path: Path) -> None:
        """Start waiting for pictures.

        Args:
            path: a file that does not exist yet.
        """
        self.path = path
        self.left_out = 0
        self.fault = ""
        self._frames: queue.Queue[Frame] = queue.Queue(_WAITING)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="posecheck-record", daemon=True)
        self._thread.start()

    def keep(self, frame: Frame) -> None:
        """Take a picture, or leave it out; returns at once."""
        if self.fault:
            return
        try:
            self._frames.put_nowait(frame)
        except queue.Full:
            self.left_out += 1

    def close(self) -> None:
        """Write what still waits and finish the file."""
        self._stop.set()
        try:
            self._thread.join()
        except KeyboardInterrupt:
            self._thread.join()  # a video without its end is worth little
            raise

    def _work(self) -> None:
        try:
            self._write_all()
        except PoseCheckError as error:
            self._end_early(str(error))
        except Exception as error:
            kind = type(error).__name__
            self._end_early(f"{self.path}: cannot be written: a fault in posecheck ({kind})")
            raise  # a bug: its traceback goes to the terminal

    def _end_early(self, fault: str) -> None:
        self.fault = fault
        with suppress(queue.Empty):
            while True:
                self._frames.get_nowait()  # lets go of the pictures

    def _write_all(self) -> None:
        first = self._next()
        if first is None:
            return
        with VideoWriter(self.path, first.size_px) as video:
            frame: Frame | None = first
            while frame is not None:
                video.write(fitted(frame.image_bgr, video.size_px), frame.t_s)
                frame = self._next()

    def _next(self) -> Frame | None:
        """Return the next picture; None when there will be none."""
        while True:
            try:
                return self._frames.get(timeout=_TICK_S)
            except queue.Empty:
                if self._stop.is_set():
                    return None
