"""OpenCV without log output, and checked. Import ``cv2`` from here rather than directly.

mediapipe brings ``opencv-contrib-python`` and posecheck names ``opencv-python``; both
write the same ``cv2`` folder, and uninstalling one of them leaves an empty one behind
that still imports. That is noticed here, once.
"""

import os

# Compared with the size that a picture's header announces, before memory is taken for it.
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = "51000000"
# Read by OpenCV when it is imported or opens a file: no log lines of its own on the
# terminal, and no file may send it to the network (a playlist can name a URL).
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
# Seconds until a camera that sends nothing gives the reading thread back, so that it can
# end; the built-in 10 s would make quitting take so long.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")
# The last word counts, also over what the environment says already.
os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = (
    os.environ.get("OPENCV_FFMPEG_CAPTURE_OPTIONS", "").removesuffix("|protocol_whitelist;file")
    + "|protocol_whitelist;file"
).removeprefix("|")

from posecheck.errors import InstallationError

try:
    import cv2
except ImportError as error:
    MESSAGE = (
        f"OpenCV cannot be loaded ({error}); install posecheck again, and on Debian or Ubuntu "
        "without a desktop run: sudo apt install libgl1 libglib2.0-0"
    )
    raise InstallationError(MESSAGE) from error

if not hasattr(cv2, "VideoCapture"):
    MESSAGE = (
        "OpenCV is installed but empty; run: pip install --force-reinstall --no-deps "
        "opencv-python opencv-contrib-python"
    )
    raise InstallationError(MESSAGE)

MOST_PIXELS = int(os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"])
"""Largest picture that is decoded, in pixels; photos of 50 megapixels are below."""

__all__ = ["MOST_PIXELS", "cv2"]
