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
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from posecheck.errors import InstallationError, ModelError, shown
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

_LOADED: Final[dict[str, ModuleType]] = {}
"""Modules of mediapipe that were imported without the packages' own code."""

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

_NOISE: Final = re.compile(
    r"[IWEF]\d{4} |WARNING: All log messages|INFO: Created TensorFlow|ERROR: The model"
)
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
    same moment would not; import mediapipe first if you need both. They are kept for the next time:
    importing them again would take 0.3 MiB more each time.
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
    sys.modules.update(_LOADED)
    try:
        yield
    finally:
        for name in [n for n in sys.modules if n.split(".")[0] == "mediapipe"]:
            _LOADED[name] = sys.modules.pop(name)


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
        self._scouts: _Scouts | None = _Scouts.joined(model)

    def estimate(self, frame: Frame) -> Observation:
        """Return the observation of one frame; times must not decrease."""
        image = self._image_of(frame)
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
        if self._scouts is None:
            message = "the estimator is closed"
            raise ValueError(message)
        result = self._scouts.detect(self._image_of(frame))
        return _poses(result, frame.size_px)

    def close(self) -> None:
        """Release the models."""
        if self._landmarker is not None:
            self._landmarker.close()
        if self._scouts is not None:
            self._scouts.leave()
        self._landmarker = self._scouts = None

    def _image_of(self, frame: Frame) -> Any:  # noqa: ANN401 - untyped library
        """Return a copy of a frame's image as mediapipe takes it."""
        # cvtColor gives a fresh contiguous array; mp.Image reads out of bounds on others.
        rgb = cv2.cvtColor(frame.image_bgr, cv2.COLOR_BGR2RGB)
        return self._image.Image(self._image.ImageFormat.SRGB, rgb)


class _Scout:
    """A landmarker that finds everybody in single images. It remembers nothing of them."""

    def __init__(self, model: Model) -> None:
        self._landmarker, _ = _landmarker(model, "IMAGE", MOST_PERSONS)
        self._persons_seen = 0

    def detect(self, image: Any) -> Any:  # noqa: ANN401 - untyped library
        if self._persons_seen >= QUIET_PERSONS:
            return self._landmarker.detect(image)
        with captured_stderr(_NOISE):
            result = self._landmarker.detect(image)
        self._persons_seen += bool(result.pose_landmarks)
        return result

    def close(self) -> None:
        self._landmarker.close()


class _Scouts:
    """The scouts of one model, shared by all its estimators, because each takes 80 MiB.

    The first is made when somebody is looked for, a further one when all are in use and there are
    two estimators for each. The results do not depend on which one is used.
    """

    _of_models: ClassVar[dict[Model, _Scouts]] = {}
    _one_at_a_time: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, model: Model) -> None:
        self._model = model
        self.estimators = 0  # that use them
        self._made = 0
        self._free: list[_Scout] = []
        self._changed = threading.Condition()

    @classmethod
    def joined(cls, model: Model) -> _Scouts:
        """Return those of a model; the estimator that asks must `leave` them."""
        with cls._one_at_a_time:
            scouts = cls._of_models.setdefault(model, cls(model))
            scouts.estimators += 1
            return scouts

    def leave(self) -> None:
        """Take note that an estimator is closed; the last one closes the scouts."""
        with self._one_at_a_time, self._changed:
            self.estimators -= 1
            if not self.estimators:
                self._of_models.pop(self._model, None)
                while self._free:
                    self._free.pop().close()

    def detect(self, image: Any) -> Any:  # noqa: ANN401 - untyped library
        """Return mediapipe's result for an image, as soon as a scout is free."""
        scout = self._taken() or self._new()
        try:
            return scout.detect(image)
        finally:
            with self._changed:
                self._free.append(scout)
                self._changed.notify()

    def _taken(self) -> _Scout | None:
        """Wait for a scout; return None if one more may be made instead."""
        with self._changed:
            while not self._free and self._made >= (self.estimators + 1) // 2:
                self._changed.wait()
            if self._free:
                return self._free.pop()
            self._made += 1
            return None

    def _new(self) -> _Scout:
        try:
            return _Scout(self._model)
        except BaseException:
            with self._changed:
                self._made -= 1
                self._changed.notify()
            raise


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
            said = shown(str(error)).rstrip(".")
            message = (
                f"model {model.name!r} cannot be loaded by mediapipe: {said}; make its bundle "
                "again, or choose another with --model"
            )
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
