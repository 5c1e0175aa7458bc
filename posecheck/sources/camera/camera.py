"""Camera source: the newest frame at its own time, also after unplugging and silence.

The camera is opened and read in its own thread, which does nothing else, so that no frame waits in
a driver. `Camera.newest` returns the newest frame. A lost camera is opened again, at first after a
short wait and then less often. Its clock continues meanwhile, so the time without frames is a gap.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from posecheck.errors import CameraError, shown
from posecheck.sources import SourceInfo
from posecheck.sources.camera import CameraLostError
from posecheck.sources.camera.listing import WANTED_PX
from posecheck.sources.camera.local import LocalCamera
from posecheck.sources.watch import Condition, Repeats, Watch
from posecheck.system import Closing
from posecheck.system.threads import LatestSlot, Task
from posecheck.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from posecheck.sources.camera import Feed, Opener, Shot

SCHEMES: Final = ("http://", "https://", "rtsp://")
"""Beginnings of the addresses of network cameras."""

FIRST_PICTURE_S: Final = 8.0
"""Longest wait for the first frame in seconds; webcams need up to three."""

SOONEST_S: Final = 0.25
LATEST_S: Final = 2.0
"""Seconds between attempts to open a lost camera: first the soonest, then doubled up to the
latest."""

SILENT_S: Final = 6.0
"""Seconds without a new frame after which a camera is opened again; some cameras recover by
this."""

CLOSE_S: Final = 5.0
"""Longest wait for the camera's thread to end, in seconds. Reading ends within about a second,
connecting within three."""

SHORTEST_STEP_S: Final = 0.001
"""Smallest difference between the times of two frames, in seconds."""

_TICK_S: Final = 0.1

_OTHER_SIZE: Final = "The camera came back with pictures of another size; end and start again"


class Camera(Closing):
    """A camera that runs until it is closed; also a `posecheck.sources.FrameSource`.

    Attributes:
        info: kind, name and size of its frames.
    """

    def __init__(
        self, where: str, *, wanted_size_px: tuple[int, int] = WANTED_PX, stall_s: float = 2.0
    ) -> None:
        """Open a camera and wait for its first frame.

        Args:
            where: a number such as "0", a device such as "/dev/video2", or the URL of an IP
                camera (http and https with MJPEG, rtsp); no other address is ever connected to.
            wanted_size_px: the size to ask for; a camera may give another one.
            stall_s: seconds without a frame after which it counts as stalled.

        Raises:
            CameraError: one line: no camera, busy, no permission, no answer, no frame.
        """
        self._opener = _opener(where, wanted_size_px)
        self._pictures: LatestSlot[Frame] = LatestSlot()
        self._watch = Watch(stall_s)
        self._repeats = Repeats()
        self._begun = threading.Event()
        self._info: SourceInfo | None = None
        self._zero_s = self._last_s = 0.0
        self._heard_s = time.monotonic()
        self._wait_s = SOONEST_S
        self._losses = 0
        self._lost = self._resized = self._repeated = False
        self._task = Task(self._work, "posecheck-camera", self._ended)
        try:
            self._task.start()
            self._wait_for_the_first()
        except BaseException:
            self.close()
            raise

    @property
    def info(self) -> SourceInfo:
        """Facts about the camera."""
        assert self._info is not None  # noqa: S101 - __init__ does not end without it
        return self._info

    @property
    def condition(self) -> Condition:
        """Present condition of the camera."""
        return self._watch.condition(self.now_s())

    @property
    def dropped(self) -> int:
        """Number of frames replaced by a newer one before they were taken."""
        return self._pictures.dropped

    def now_s(self) -> float:
        """Return the time on the clock of `Frame.t_s`: seconds since the first frame."""
        return time.monotonic() - self._zero_s

    def newest(self, timeout_s: float) -> Frame | None:
        """Return a frame newer than the last one taken.

        Args:
            timeout_s: longest wait.

        Returns:
            None if nothing new came, or after `close`.

        Raises:
            Exception: a fault in the thread that reads the camera; a lost camera is not a fault,
                see `condition`.
        """
        return None if self._task.stop.is_set() else self._pictures.take(timeout_s)

    def frames(self) -> Iterator[Frame]:
        """Yield the newest frame repeatedly until the camera is closed."""
        while not self._pictures.ended:
            if (frame := self.newest(_TICK_S)) is not None:
                yield frame

    def warnings(self) -> tuple[str, ...]:
        """Return the problems found, one sentence each."""
        found = []
        if self._losses:
            times = "once" if self._losses == 1 else f"{self._losses} times"
            found.append(f"the camera was lost {times}; that time is not counted")
        if self._repeated:
            found.append("the camera repeated one picture; that time is not counted")
        if self._resized:
            found.append("the camera sent pictures of another size, which are not counted")
        return tuple(found)

    def close(self) -> None:
        """Close the camera and wait until its thread has ended.

        A thread that hangs in a driver is abandoned after `CLOSE_S`, so that the program can end.
        """
        self._task.close(CLOSE_S)

    def _wait_for_the_first(self) -> None:
        if not self._begun.wait(FIRST_PICTURE_S):
            message = f"{self._opener.title}: the camera sends no picture; unplug it and try again"
            raise CameraError(message)
        if self._info is None:
            self._pictures.take(0)  # raises what went wrong

    def _work(self) -> None:
        """Read until the end; an error is raised where frames are taken."""
        feed: Feed | None = self._opener.open()
        try:
            while feed is not None and not self._task.stop.is_set():
                if not self._read(feed):
                    feed.close()
                    feed = self._opened_again()
        finally:
            if feed is not None:
                feed.close()

    def _ended(self, error: BaseException | None) -> None:
        self._pictures.end(error)
        self._begun.set()

    def _read(self, feed: Feed) -> bool:
        """Read one frame; return True if reading should continue.

        Raises:
            CameraLostError: if it disappears before the first frame.
        """
        try:
            shot = feed.read()
        except CameraLostError as lost:
            if self._info is None:
                raise
            self._losses += not self._lost
            self._lost = True
            self._watch.lost(self._for_screen(lost))
            return False
        if shot is not None and not self._repeats.look(shot.clock_s, shot.image_bgr):
            return self._take(shot, feed.name)
        if shot is not None:
            self._repeated = True
            self._watch.frozen()
        return time.monotonic() - self._heard_s < SILENT_S

    def _take(self, shot: Shot, name: str) -> bool:
        """Put a frame in the slot; return True if it has the size of the first one."""
        height, width = shot.image_bgr.shape[:2]
        if self._info is None:
            self._zero_s, self._last_s = shot.clock_s, -SHORTEST_STEP_S
            self._info = SourceInfo("camera", name, (width, height), 0, 0.0)
        if (width, height) != self._info.size_px:
            self._losses += not self._lost
            self._lost = self._resized = True
            self._watch.lost(_OTHER_SIZE)
            return False
        self._lost = False
        t_s = max(shot.clock_s - self._zero_s, self._last_s + SHORTEST_STEP_S)
        self._last_s, self._heard_s, self._wait_s = t_s, time.monotonic(), SOONEST_S
        self._watch.picture(t_s, shot.image_bgr)
        self._pictures.put(Frame(t_s, shot.image_bgr))
        self._begun.set()
        return True

    def _opened_again(self) -> Feed | None:
        """Try to open the camera until it succeeds; None if it is closed meanwhile."""
        while not self._task.stop.wait(self._wait_s):
            self._wait_s = min(2 * self._wait_s, LATEST_S)
            try:
                feed = self._opener.open()
            except CameraError as error:
                self._watch.lost(self._for_screen(error))
                continue
            self._heard_s = time.monotonic()
            return feed
        return None

    def _for_screen(self, error: CameraError) -> str:
        """Return an error's message as a sentence, without the name of the camera."""
        words = str(error).removeprefix(f"{self._opener.title}: ")
        return words[:1].upper() + words[1:]


def _opener(where: str, wanted_px: tuple[int, int]) -> Opener:
    """Return the opener of a camera.

    Raises:
        CameraError: if the name is neither a number, a device nor a known address.
    """
    if where.lower().startswith(SCHEMES):
        # Loaded only for an address: without one, nothing here can reach a network.
        from posecheck.sources.camera.network import NetworkCamera  # noqa: PLC0415

        return NetworkCamera(where)
    if where.isdecimal() or where.startswith("/dev/"):
        return LocalCamera(where, wanted_px)
    name = "address" if "@" in where else shown(where)  # it may hold a password
    message = (
        f"{name}: no camera is called so; give a number (posecheck cameras lists them) or "
        "an address that begins with http://, https:// or rtsp://"
    )
    raise CameraError(message)
