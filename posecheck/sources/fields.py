"""One picture from two fields: interlaced recordings."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import av
from av.error import BlockingIOError as Blocked
from av.error import EOFError as Ended
from av.filter import Graph

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from av.video.frame import VideoFrame


class Fields:
    """Makes one picture of two fields that were taken one after the other."""

    def __init__(self, frame: VideoFrame, time_base: Fraction) -> None:
        """Begin with a picture; those to come are of its kind.

        Args:
            frame: the first picture of two fields.
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
        """Put a picture in, None at the end; yield those that are ready."""
        self._graph.push(frame)
        with suppress(Blocked, Ended):
            while True:
                ready = self._graph.pull()
                assert isinstance(ready, av.VideoFrame)  # noqa: S101 - a graph of video
                yield ready
