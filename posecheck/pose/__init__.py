"""Pose estimators: frames in, observations with the landmarks of one person out.

Adding an estimator is one file here and one line in the table below. An estimator promises, and a
contract test checks for every registered one:

- ``estimate`` returns one `Observation` for every frame, also without a person;
- frames come in the order of time; it keeps no frame (`posecheck.pose.passers`: small copies);
- it opens no network connection and writes nothing to the terminal;
- ``close()`` may be called more than once.

One that can also find everybody in a frame (``everyone``, see `posecheck.pose.follow`) lets
posecheck choose the person who does the exercise.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol

from posecheck.errors import ModelError

if TYPE_CHECKING:
    from posecheck.pose.follow import Misfit
    from posecheck.pose.models import Model
    from posecheck.types import Frame, Observation


class PoseEstimator(Protocol):
    """Estimator of the landmarks of one person; see the module's promises."""

    def estimate(self, frame: Frame) -> Observation:
        """Return the observation of one frame."""
        ...

    def close(self) -> None:
        """Release the model."""
        ...


_ESTIMATORS: Final[dict[str, str]] = {
    "mediapipe": "posecheck.pose.mediapipe:MediaPipeEstimator",
}


def names() -> tuple[str, ...]:
    """Return the estimators that are registered."""
    return tuple(_ESTIMATORS)


def open_estimator(model: Model, name: str = "", misfit: Misfit | None = None) -> PoseEstimator:
    """Return an estimator that runs a model.

    Args:
        model: the model.
        name: the estimator; empty takes the one that the model's manifest entry names.
        misfit: distance of a pose from the exercise's form in degrees, as of
            `posecheck.form.rule_check.misfit_of`. With it the person who does the exercise is
            chosen among several, if the estimator can find them; without it the model chooses.

    Raises:
        ModelError: if the estimator is unknown, or the model can't be loaded.
        InstallationError: if the library behind it is missing or of a version that
            posecheck refuses.
    """
    wanted = name or model.estimator
    if wanted not in _ESTIMATORS:
        message = (
            f"model {model.name!r} needs the unknown estimator {wanted!r}: "
            f"write one of {', '.join(_ESTIMATORS)} into the manifest"
        )
        raise ModelError(message)
    module, member = _ESTIMATORS[wanted].split(":")
    estimator: PoseEstimator = getattr(import_module(module), member)(model)
    if misfit is None:
        return estimator
    from posecheck.pose.follow import PersonChooser, SeesEveryone  # noqa: PLC0415 - loads OpenCV

    return PersonChooser(estimator, misfit) if isinstance(estimator, SeesEveryone) else estimator
