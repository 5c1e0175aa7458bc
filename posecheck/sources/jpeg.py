"""The JPEGs of a camera: each is a picture or nothing, never half of one or an old one."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.opencv import cv2
from posecheck.quiet import quiet

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

_COMPLAINT: Final = re.compile(r"Corrupt JPEG|Premature end|Invalid |Inconsistent |Unsupported ")
"""How the lines begin that libjpeg writes, for some webcams with every picture."""

_LIVING: Final = 3


class JpegDecoder:
    """Decodes one camera's pictures."""

    def __init__(self) -> None:
        """Begin."""
        # While the last few live on, their memory is not given back to the system and asked
        # for again with every picture, which would take longer than decoding.
        self._recent: deque[NDArray[np.uint8]] = deque(maxlen=_LIVING)

    def decode(self, coded: NDArray[Any]) -> NDArray[np.uint8] | None:
        """Return a JPEG's picture; None if it is damaged.

        Args:
            coded: the bytes, uint8.
        """
        if coded.size == 0:
            return None
        # A line of noise is better than a picture that comes too late.
        with quiet(_COMPLAINT, wait=False):
            decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
        if decoded is None:
            return None
        image = decoded.astype(np.uint8, copy=False)
        self._recent.append(image)
        return image
