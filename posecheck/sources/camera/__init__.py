"""Cameras: the interfaces between the camera source and local or network cameras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from posecheck.errors import CameraError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One frame as received from a camera.

    Attributes:
        clock_s: time when it was taken or, if that is not known, when it arrived; seconds on the
            clock of ``time.monotonic``.
        image_bgr: (height, width, 3) uint8, blue-green-red, C-contiguous, not reused.
    """

    clock_s: float
    image_bgr: NDArray[np.uint8]


class CameraLostError(CameraError):
    """Raised when an opened camera has disappeared; the message is for the user."""


class Feed(Protocol):
    """An opened camera.

    Attributes:
        name: name of the camera, for messages.
    """

    name: str

    def read(self) -> Shot | None:
        """Wait for the next frame; None if none came within about a second.

        Raises:
            CameraLostError: if the camera has to be opened again.
        """
        ...

    def close(self) -> None:
        """Close the camera."""
        ...


class Opener(Protocol):
    """Opener of one camera, usable many times.

    Attributes:
        title: name of the camera in messages; holds no password.
    """

    title: str

    def open(self) -> Feed:
        """Open it.

        Raises:
            CameraError: with one line: the cause and what to do.
        """
        ...
