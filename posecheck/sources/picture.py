"""Still pictures: one frame at time 0, for angles and a verdict but no seconds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.errors import SourceError, shown
from posecheck.opencv import cv2
from posecheck.quiet import quiet
from posecheck.sources import AS_STORED, SourceInfo, Turn
from posecheck.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_COMPLAINT: Final = re.compile(
    r"libpng|Corrupt JPEG|Premature end|Invalid |Inconsistent |Unsupported |TIFF|Warning: "
)
"""How the lines begin that the decoders write about a damaged file."""


class PictureSource:
    """A single picture; the camera's orientation mark is applied by OpenCV."""

    def __init__(self, path: Path, turn: Turn = AS_STORED) -> None:
        """Read a picture.

        Raises:
            SourceError: if it is not a picture that OpenCV reads.
        """
        try:
            with quiet(_COMPLAINT) as said:
                image = cv2.imread(str(path.absolute()), cv2.IMREAD_COLOR)
                self._damaged = any(map(_COMPLAINT.match, said().splitlines()))
        except cv2.error as error:  # an announced size beyond OpenCV's limits
            message = f"{shown(path)}: the picture is too large to be read; save it smaller"
            raise SourceError(message) from error
        if image is None:
            message = f"{shown(path)}: not a picture that can be read; save it again as jpg or png"
            raise SourceError(message)
        self._frame = Frame(0.0, image.astype(np.uint8, copy=False))
        self.info = SourceInfo("picture", path.name, self._frame.size_px, 1, 0.0)

    def frames(self) -> Iterator[Frame]:
        """Yield the picture."""
        yield self._frame

    def warnings(self) -> tuple[str, ...]:
        """Return whether the decoder complained, which it does of files that end early."""
        return ("the file is damaged: parts of the picture may be missing",) * self._damaged

    def close(self) -> None:
        """Do nothing; the file is closed already."""
