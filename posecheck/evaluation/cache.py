"""Cache of the poses of a clip, inferred once and kept as a session file.

Only poses are kept: verdicts are computed again from them, with the current exercise file. A kept
file is used only for the same clip, model, libraries and code that reads frames and finds poses.

A `Variant` changes the frames as another place, camera or light would change them. The person does
the same, so the verdict should be the same: a check on real frames that needs no label.
"""

from __future__ import annotations

import hashlib
import math
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck import session
from posecheck.errors import SessionError, SourceError, shown
from posecheck.form.rule_check import misfit_of
from posecheck.ledger import Ledger
from posecheck.pipeline.observe import observe
from posecheck.pose import models
from posecheck.session import SessionWriter
from posecheck.session.writer import header_of
from posecheck.sources import AS_STORED, Turn, open_source
from posecheck.system import files, outputs
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from posecheck.exercises import Exercise
    from posecheck.sources import FrameSource, SourceInfo
    from posecheck.types import Frame, Observation

    Image = NDArray[np.uint8]


ROLL_DEG: Final = 8.0
"""Degrees by which the image is rotated: about the largest tilt of a phone that leans against
something."""

SMALLER: Final = 0.6
"""Factor of the width and height of the smaller image."""

DARKER: Final = 0.5
"""Factor of every pixel's value in the darker image."""

BLUR_SHARE: Final = 1 / 240
"""Standard deviation of the blur as a share of the image's height: 2 pixels of 480."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One change of frames.

    Attributes:
        name: name in reports.
        change: function from one image (height, width, 3), uint8, to another; None changes nothing.
        every: step between the frames that are taken; 1 takes all.
        mirrored: whether left and right change places.
    """

    name: str
    change: Callable[[Image], Image] | None = None
    every: int = 1
    mirrored: bool = False


class VariantSource:
    """Source of the changed frames of a file; it keeps the promises of every source.

    Attributes:
        variant: how the frames are changed.
    """

    def __init__(self, source: FrameSource, variant: Variant) -> None:
        """Take over an open source, which `close` closes."""
        self._source, self.variant = source, variant
        self.info: SourceInfo = replace(source.info, size_px=_size_of(source, variant))

    @property
    def plain(self) -> FrameSource:
        """The source of the file if the variant changes nothing, as it can be read in parts."""
        return self._source if self.variant is AS_FILMED else self

    def frames(self) -> Iterator[Frame]:
        """Yield the changed frames at their own times."""
        change, every = self.variant.change, self.variant.every
        for number, frame in enumerate(self._source.frames()):
            if number % every:
                continue
            changed = frame.image_bgr if change is None else change(frame.image_bgr)
            yield replace(frame, image_bgr=changed)

    def warnings(self) -> tuple[str, ...]:
        """Return the problems found in the file."""
        return self._source.warnings()

    def close(self) -> None:
        """Close the file."""
        self._source.close()


def open_variant(path: Path, variant: Variant, turn: Turn = AS_STORED) -> VariantSource:
    """Open a file with its frames turned and then changed.

    Raises:
        SourceError: if the file can't be opened.
    """
    return VariantSource(open_source(path, turn), variant)


def _size_of(source: FrameSource, variant: Variant) -> tuple[int, int]:
    width, height = source.info.size_px
    if variant.change is None:
        return width, height
    height, width = variant.change(np.zeros((height, width, 3), np.uint8)).shape[:2]
    return width, height


def _mirror(image: Image) -> Image:
    return np.ascontiguousarray(image[:, ::-1])


def _roll(image: Image, degrees: float) -> Image:
    """Return an image, rotated counter-clockwise, on a black image that is large enough for it."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    wide = math.ceil(width * cosine + height * sine)
    high = math.ceil(width * sine + height * cosine)
    turn[:, 2] += (wide - width) / 2, (high - height) / 2
    return np.asarray(cv2.warpAffine(image, turn, (wide, high)), np.uint8)


def _shrink(image: Image) -> Image:
    height, width = image.shape[:2]
    size = max(1, round(width * SMALLER)), max(1, round(height * SMALLER))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _darken(image: Image) -> Image:
    return np.asarray(cv2.convertScaleAbs(image, alpha=DARKER), np.uint8)


def _blur(image: Image) -> Image:
    sigma = max(0.5, image.shape[0] * BLUR_SHARE)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


AS_FILMED: Final = Variant("as filmed")
MIRRORED: Final = Variant("mirrored", _mirror, mirrored=True)

VARIANTS: Final = (
    MIRRORED,
    Variant("rolled left", lambda image: _roll(image, ROLL_DEG)),
    Variant("rolled right", lambda image: _roll(image, -ROLL_DEG)),
    Variant("smaller", _shrink),
    Variant("darker", _darken),
    Variant("blurred", _blur),
    Variant("every second picture", every=2),
)
"""Every variant that is compared with the frames as filmed."""


FOLDER: Final = ".posecheck-cache"
"""Name of the folder for kept poses, in the folder that is evaluated."""

_PACKAGE: Final = Path(__file__).parents[1]
_POSE_MAKERS: Final = ("sources/**/*.py", "pose/*.py", "pipeline/observe.py", "system/opencv.py")
_LIBRARIES: Final = ("opencv-python", "av")


def sha256_of(clip: Path) -> str:
    """Return the sha256 of a file.

    Raises:
        SourceError: if the file cannot be read.
    """
    try:
        with files.opened(clip) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        message = f"{shown(clip)}: cannot be read: {error.strerror or error}"
        raise SourceError(message) from error


def poses(  # noqa: PLR0913 - two of them are rarely given
    clip: Path,
    folder: Path,
    model_name: str,
    variant: Variant = AS_FILMED,
    turn: Turn = AS_STORED,
    *,
    exercise: Exercise | None = None,
    workers: int = 1,
) -> tuple[Observation, ...]:
    """Return the observations of a clip, from the cache if they are kept there.

    Frames as filmed are observed as `analyse` does, a long clip in parts.

    Args:
        clip: the video.
        folder: the folder of kept poses; if it cannot be written, nothing is kept.
        model_name: name of the pose model.
        variant: how the frames are changed.
        turn: how the frames are turned before that, in addition to what the file says.
        exercise: the exercise; of several people the one who does it is followed. None takes the
            person that the model finds. Kept poses stay in use when the exercise's limits change.
        workers: number of estimators that work at once on a long clip.

    Raises:
        PoseCheckError: if the clip cannot be read.
    """
    model = models.find(model_name)
    folder = folder.resolve()  # from Python 3.12 on a temporary folder's name is absolute
    kept = folder / f"{_key(clip, model, variant, turn, exercise)}.posecheck.jsonl"
    found = _kept(kept)
    if found is not None:
        return found
    with _workplace(folder) as work, closing(open_variant(clip, variant, turn)) as source:
        made = Path(work) / "poses.posecheck.jsonl"
        _write_poses(made, source, model, exercise, workers)
        # Read from the file, so that the values are the same with and without kept poses.
        observations = session.load(made).observations
        if Path(work).parent == folder:
            made.replace(kept)  # in one step, as other processes may read or write it
    return observations


def _write_poses(
    path: Path, source: VariantSource, model: models.Model, exercise: Exercise | None, workers: int
) -> None:
    """Find the poses of a source and write them as a session without verdicts."""
    header = header_of(source.info, model, "auto")
    misfit = None if exercise is None else misfit_of(exercise)
    batches = closing(
        observe(source.plain, model, keep_frames=False, workers=workers, misfit=misfit)
    )
    with SessionWriter(path, header, None) as writer, batches as seen:
        for batch in seen:
            writer.poses(observation for _, observation in batch)
        writer.end("complete", Ledger(), ())


def _workplace(folder: Path) -> TemporaryDirectory[str]:
    """Return a new folder in the cache, or in the system's if the cache cannot be written."""
    try:
        folder.mkdir(outputs.PRIVATE_FOLDER, exist_ok=True)
        return TemporaryDirectory(prefix="part-", dir=folder)
    except OSError:
        return TemporaryDirectory()


def _kept(path: Path) -> tuple[Observation, ...] | None:
    """Return the observations of a complete session file; None if there is no such file."""
    try:
        read = session.load(path)
    except SessionError:
        return None
    return None if read.problems or read.ended != "complete" else read.observations


def _key(
    clip: Path, model: models.Model, variant: Variant, turn: Turn, exercise: Exercise | None
) -> str:
    followed = "" if exercise is None else exercise.name
    libraries = map(_version, (model.estimator, *_LIBRARIES))
    parts = [sha256_of(clip), model.sha256, followed, *libraries]
    made_by = hashlib.sha256("\n".join(parts).encode())
    for pattern in _POSE_MAKERS:
        for module in sorted(_PACKAGE.glob(pattern)):
            made_by.update(module.read_bytes())
    if variant is not AS_FILMED:
        made_by.update(variant.name.encode() + Path(__file__).read_bytes())
    if turn != AS_STORED:
        made_by.update(repr(turn).encode())
    return made_by.hexdigest()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "unknown"
