"""MediaPipe's pose landmarker: the only file that imports mediapipe.

VIDEO mode with true times, native frames, one person. Only the modules of the pose
landmarker are imported: mediapipe's own ``__init__`` also loads matplotlib and probes
the sound devices, which costs more time than loading the model.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import threading
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from posecheck.errors import InstallationError, ModelError
from posecheck.system.opencv import cv2
from posecheck.system.outputs import captured_stderr
from posecheck.types import Observation, Pose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from posecheck.pose.models import Model
    from posecheck.types import Frame

FIRST_REFUSED: Final = (0, 10, 35)
"""First mediapipe version that sends usage metrics over the network; refused from here on."""

_ONE_AT_A_TIME: Final = threading.Lock()
"""Lock for the changes of ``sys.modules`` while mediapipe loads."""

_PACKAGES: Final = (
    "mediapipe",
    "mediapipe.tasks",
    "mediapipe.tasks.python",
    "mediapipe.tasks.python.vision",
)

MOST_PERSONS: Final = 3
"""Most bodies that are found when everybody in an image is looked for."""

QUIET_PERSONS: Final = 3
"""Number of frames with a person after which all of mediapipe's parts have logged once."""

_NOISE: Final = re.compile(r"[IWEF]\d{4} |WARNING: All log messages|INFO: Created TensorFlow")
"""Beginnings of the lines that mediapipe's native parts log."""


def mediapipe_version() -> str:
    """Return the installed version of mediapipe.

    Raises:
        InstallationError: if it is missing or a version that sends usage metrics.
    """
    remedy = 'run: pip install "mediapipe>=0.10.32,<0.10.35"'
    try:
        found = version("mediapipe")
    except PackageNotFoundError as error:
        message = f"mediapipe is not installed; {remedy}"
        raise InstallationError(message) from error
    parsed = re.match(r"(\d+)\.(\d+)\.(\d+)", found)
    if parsed is None or tuple(int(part) for part in parsed.groups()) >= FIRST_REFUSED:
        message = f"mediapipe {found} sends usage metrics over the network; {remedy}"
        raise InstallationError(message)
    return found


@contextmanager
def _bare_packages() -> Iterator[None]:
    """Allow imports of mediapipe's submodules without running the packages' own code.

    The imported modules are removed from ``sys.modules`` afterwards, so that a later ``import
    mediapipe`` elsewhere in the process gets the whole package. An import by another thread at the
    same moment would not; import mediapipe first if you need both.
    """
    if "mediapipe" in sys.modules:
        yield
        return
    spec = find_spec("mediapipe")
    if spec is None or not spec.submodule_search_locations:
        message = "mediapipe is not installed"
        raise InstallationError(message)
    root = spec.submodule_search_locations[0]
    for name in _PACKAGES:
        package = ModuleType(name)
        package.__path__ = [os.path.join(root, *name.split(".")[1:])]  # noqa: PTH118 - str wanted
        sys.modules[name] = package
    try:
        yield
    finally:
        for name in [n for n in sys.modules if n.split(".")[0] == "mediapipe"]:
            del sys.modules[name]


class MediaPipeEstimator:
    """Estimator of the landmarks of one person with MediaPipe's PoseLandmarker."""

    def __init__(self, model: Model) -> None:
        """Load a verified model.

        Raises:
            ModelError: if MediaPipe refuses it.
            InstallationError: if mediapipe is missing, broken or of a refused version.
        """
        mediapipe_version()
        self._model = model
        self._last_ms = -1
        self._persons_seen = 0
        self._landmarker, self._image = _landmarker(model, "VIDEO", 1)
        self._scout: Any = None

    def estimate(self, frame: Frame) -> Observation:
        """Return the observation of one frame; times must not decrease."""
        # cvtColor gives a fresh contiguous array; mp.Image reads out of bounds on others.
        rgb = cv2.cvtColor(frame.image_bgr, cv2.COLOR_BGR2RGB)
        image = self._image.Image(self._image.ImageFormat.SRGB, rgb)
        now_ms = max(round(frame.t_s * 1000), self._last_ms + 1)
        self._last_ms = now_ms
        if self._persons_seen >= QUIET_PERSONS:
            result = self._landmarker.detect_for_video(image, now_ms)
        else:
            with captured_stderr(_NOISE):
                result = self._landmarker.detect_for_video(image, now_ms)
            # Its parts log a line each when they first run; the last ones need a person.
            self._persons_seen += bool(result.pose_landmarks)
        poses = _poses(result, frame.size_px)
        return Observation(frame.t_s, frame.size_px, poses[0] if poses else None)

    def everyone(self, frame: Frame) -> tuple[Pose, ...]:
        """Return the poses of up to `MOST_PERSONS` bodies in a frame, in no order.

        With a model of its own: the one that follows a person would lose that person.
        """
        rgb = cv2.cvtColor(frame.image_bgr, cv2.COLOR_BGR2RGB)
        if self._scout is None:  # outside the block: it takes locks in the other order
            self._scout, _ = _landmarker(self._model, "IMAGE", MOST_PERSONS)
        with captured_stderr(_NOISE):
            result = self._scout.detect(self._image.Image(self._image.ImageFormat.SRGB, rgb))
        return _poses(result, frame.size_px)

    def close(self) -> None:
        """Release the models."""
        for landmarker in (self._landmarker, self._scout):
            if landmarker is not None:
                landmarker.close()
        self._landmarker = self._scout = None


def _modules() -> tuple[ModuleType, ModuleType, ModuleType, ModuleType]:
    """Return mediapipe's modules of the landmarker, its options, its mode and its image."""
    base = "mediapipe.tasks.python"
    try:
        return (
            importlib.import_module(f"{base}.vision.pose_landmarker"),
            importlib.import_module(f"{base}.core.base_options"),
            importlib.import_module(f"{base}.vision.core.vision_task_running_mode"),
            importlib.import_module(f"{base}.vision.core.image"),
        )
    except ImportError as error:
        message = f"mediapipe cannot be loaded ({error}); install it again"
        raise InstallationError(message) from error


def _landmarker(model: Model, running_mode: str, persons: int) -> tuple[Any, Any]:
    """Return a landmarker and mediapipe's module of images.

    Raises:
        ModelError: if MediaPipe refuses the model.
    """
    # Making the landmarker looks for its library through the packages, too.
    with _ONE_AT_A_TIME, _bare_packages():
        pose, options, mode, image = _modules()
        try:
            with captured_stderr(_NOISE):
                made = pose.PoseLandmarker.create_from_options(
                    pose.PoseLandmarkerOptions(
                        base_options=options.BaseOptions(model_asset_path=str(model.path)),
                        running_mode=mode.VisionTaskRunningMode[running_mode],
                        num_poses=persons,
                    )
                )
        except (RuntimeError, ValueError) as error:
            message = f"model {model.name!r} cannot be loaded by mediapipe: {error}"
            raise ModelError(message) from error
    return made, image


def _poses(result: Any, size_px: tuple[int, int]) -> tuple[Pose, ...]:  # noqa: ANN401 - untyped library
    return tuple(
        _pose(image, world, size_px)
        for image, world in zip(result.pose_landmarks, result.pose_world_landmarks, strict=True)
    )


def _pose(points: Any, world_points: Any, size_px: tuple[int, int]) -> Pose:  # noqa: ANN401 - untyped library
    image = np.array([(p.x, p.y, p.z, p.visibility, p.presence) for p in points], dtype=np.float32)
    world = np.array([(p.x, p.y, p.z) for p in world_points], np.float32)
    width, height = size_px
    # x and z are shares of the width, y of the height: pixels before any angle.
    scale = np.array([width, height, width], dtype=np.float32)
    return Pose(image[:, :3] * scale, world, image[:, 3].copy(), image[:, 4].copy())
