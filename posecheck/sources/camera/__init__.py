"""What a camera source needs of a camera, wherever its frames come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from posecheck.errors import CameraError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One frame as it came from a camera.

    Attributes:
        clock_s: when it was taken or, if that is not known, when it arrived; on the clock
            of ``time.monotonic``.
        image_bgr: (height, width, 3) uint8, blue-green-red, C-contiguous, not reused.
    """

    clock_s: float
    image_bgr: NDArray[np.uint8]


class CameraLostError(CameraError):
    """Raised when an opened camera is gone; the message is for the user."""


class Feed(Protocol):
    """An opened camera.

    Attributes:
        name: of the camera, for people.
    """

    name: str

    def read(self) -> Shot | None:
        """Wait for the next frame; None if none came within about a second.

        Raises:
            CameraLostError: if the camera has to be opened again.
        """
        ...

    def close(self) -> None:
        """Let go of the camera."""
        ...


class Opener(Protocol):
    """Knows how to open one camera, again and again.

    Attributes:
        title: what to call it in a message; holds no password.
    """

    title: str

    def open(self) -> Feed:
        """Open it.

        Raises:
            CameraError: with one line that says why not and what to do.
        """
        ...
