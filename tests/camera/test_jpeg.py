"""The JPEGs of a camera."""

from __future__ import annotations

import threading

import numpy as np

from posecheck.sources.camera.jpeg import JpegDecoder
from posecheck.system.opencv import cv2
from posecheck.system.outputs import captured_stderr

WAIT_S = 10.0


def test_decoding_waits_for_nobody_who_keeps_standard_error() -> None:
    """Such as a sound device that is looked for: the camera would seem to stand still."""
    good, coded = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))
    assert good
    kept, decoded = threading.Event(), threading.Event()
    waited: list[bool] = []

    def keep() -> None:
        with captured_stderr():
            kept.set()
            waited.append(decoded.wait(WAIT_S))

    keeper = threading.Thread(target=keep)
    keeper.start()
    assert kept.wait(WAIT_S)
    image = JpegDecoder().decode(coded)
    decoded.set()
    keeper.join()
    assert image is not None
    assert image.shape == (48, 64, 3)
    assert waited == [True]
