"""Truth of a clip: positions of all joints in ``NAME.truth.json``, schema ``posecheck.truth/1``.

The file gives, per frame, joints in world metres (z up) and in pixels, the camera, and the
stretched side. A frame may say ``"absent": true`` when the person is not there; such a frame
needs no joints. Joints take the names of ``posecheck.landmarks``; ``toe`` is ``foot_index``.
Landmarks that the file does not have are NaN.

``NAME.truth.json`` and ``NAME.labels.csv`` belong to the recording called ``NAME`` beside them,
with any ending. Case and the normal forms of Unicode make no difference: cameras write
``IMG_0001.MOV``, and some systems change the normal form of names.
"""

from __future__ import annotations

import json
import os
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from posecheck.annotations import csv
from posecheck.errors import PoseCheckError, shown
from posecheck.landmarks import INDEX, LANDMARKS
from posecheck.measure.body import PoseArrays
from posecheck.measure.geometry import unit
from posecheck.sources import RECORDING_SUFFIXES
from posecheck.system import files
from posecheck.types import Side

if TYPE_CHECKING:
    from posecheck.measure.geometry import Floats


SCHEMA: Final = "posecheck.truth/1"

SUFFIX: Final = ".truth.json"

ONE_CAMERA: Final = ", one camera for both sides"
"""Text added to the view of a clip that shows both sides: a place of the camera that suits one side
does not suit the other."""

_WORLD_UP: Final = np.array([0.0, 0.0, 1.0])
_LANDMARK_OF: Final = {name: name for name in LANDMARKS} | {
    "left_toe": "left_foot_index",
    "right_toe": "right_foot_index",
}

Finite = Annotated[float, Field(allow_inf_nan=False)]
Pixels = Annotated[int, Field(gt=0)]
SideName = Literal["left", "right", "both"]


class TruthError(PoseCheckError):
    """Raised when the truth about a clip cannot be used; the message is one line."""


@dataclass(frozen=True, eq=False)
class Truth:
    """The truth about one clip of N frames.

    Attributes:
        path: the truth file.
        exercise: name of the exercise that is shown.
        view: place of the camera, for grouping.
        person: the person shown, for grouping.
        story: sequence of holds and faults, for grouping.
        t_s: (N,) seconds since the clip began.
        sides: the stretched side of every frame; None where the file does not name it.
        body: the true joints in metres from the middle of the hips, along the camera's axes (x
            right, y down, z away), as the model's world landmarks are; and in pixels.
        form: the body from which the true form is computed, the same for every place of the
            camera: metres along the axes of a level camera, and pixels (1000 a metre) in an exact
            side view without perspective. posecheck assumes that every camera is level and films
            about from the side, so the effect of a tilted or turned camera counts as an error of
            posecheck.
        look: appearance of the room, for grouping.
        role: purpose of the clip, such as "tune" or "report", for grouping.
    """

    path: Path
    exercise: str
    view: str
    person: str
    story: str
    t_s: Floats
    sides: tuple[Side | None, ...]
    body: PoseArrays
    form: PoseArrays
    look: str = "unknown"
    role: str = "unknown"


class _Part(BaseModel):
    # Unknown keys are allowed: a truth file may tell more than is needed here.
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Camera(_Part):
    name: str | None = None
    azimuth_deg: Finite | None = None
    elevation_deg: Finite | None = None
    position_m: tuple[Finite, Finite, Finite]
    target_m: tuple[Finite, Finite, Finite]


class _Phase(_Part):
    from_s: Finite
    to_s: Finite
    phase: str


class _Frame(_Part):
    t_s: Finite
    stretched_side: SideName | None = None
    absent: bool = False
    joints_m: dict[str, tuple[Finite, Finite, Finite]] = {}
    joints_px: dict[str, tuple[Finite, Finite]] = {}


class _File(_Part):
    exercise: str
    stretched_side: SideName | None = None
    size_px: tuple[Pixels, Pixels]
    body: str = "unknown"
    look: str = "unknown"
    role: str | None = None
    camera: _Camera
    story_name: str | None = None
    story: str | tuple[_Phase, ...] = ()
    frames: Annotated[tuple[_Frame, ...], Field(min_length=1)]


def load(path: Path) -> Truth:
    """Read a truth file.

    Raises:
        TruthError: if the file is missing, damaged or of another format; the message is one line.
    """
    content = parsed(path, SCHEMA)
    try:
        file = _File.model_validate(content)
    except ValidationError as error:
        first, count = error.errors()[0], error.error_count()
        place = ".".join(str(part) for part in first["loc"])
        more = f" (and {count - 1} more problems)" if count > 1 else ""
        message = f"{shown(path)}: {shown(place)}: {shown(first['msg'])}{more}"
        raise TruthError(message) from error
    t_s = np.array([frame.t_s for frame in file.frames])
    if (np.diff(t_s) <= 0).any():
        row = int((np.diff(t_s) <= 0).argmax()) + 1
        message = f"{shown(path)}: frames.{row}.t_s: times must increase"
        raise TruthError(message)
    camera = camera_axes(file.camera.position_m, file.camera.target_m)
    if np.isnan(camera).any():
        message = f"{shown(path)}: camera: the place and the target leave no direction to look"
        raise TruthError(message)
    levels = _body(file, t_s, levelled(camera))
    sides = tuple(_side(frame.stretched_side or file.stretched_side) for frame in file.frames)
    one_side = not {Side.LEFT, Side.RIGHT} <= set(sides)
    return Truth(
        path=path,
        exercise=file.exercise.replace("_", "-"),
        view=_view(file.camera) + ("" if one_side else ONE_CAMERA),
        person=file.body,
        story=file.story_name or _story(file.story),
        look=file.look,
        role=file.role or "unknown",
        t_s=t_s,
        sides=sides,
        body=_body(file, t_s, camera),
        form=from_the_side(levels),
    )


def camera_axes(position_m: tuple[float, ...], target_m: tuple[float, ...]) -> Floats:
    """Return the camera's axes as rows (right, down, away) in world coordinates, z up.

    NaN if they are undefined: position and target are equal, or one lies exactly above the other.
    """
    away = _unit(np.array(target_m) - np.array(position_m))
    right = _unit(np.cross(away, _WORLD_UP))
    return np.array([right, np.cross(away, right), away])


def levelled(axes: Floats) -> Floats:
    """Return the axes of a camera at the same place that is held level."""
    right, down = axes[0], -_WORLD_UP
    return np.array([right, down, np.cross(right, down)])


def from_the_side(body: PoseArrays) -> PoseArrays:
    """Return the same body, its pixels (1000 a metre) seen along the left-right axis.

    Right and left side give mirrored images, which no quantity tells apart. The image is
    turned so that the trunk points up.
    """
    left = body.leftward
    trunk = body.trunk - (body.trunk * left).sum(axis=-1, keepdims=True) * left
    up = unit(trunk)
    across = np.cross(left, up)
    image = np.full_like(body.image_px, np.nan)
    image[..., 0] = 1000 * (body.world_m * across[:, None]).sum(axis=-1)
    image[..., 1] = -1000 * (body.world_m * up[:, None]).sum(axis=-1)
    return replace(body, image_px=image)


def _unit(vector: Floats) -> Floats:
    size = float(np.linalg.norm(vector))
    return vector / (size if size > 1e-9 else np.nan)  # noqa: PLR2004 - too short for a direction


def parsed(
    path: Path, schema: str, hint: str = "", error: type[PoseCheckError] = TruthError
) -> dict[str, Any]:
    """Return the JSON object in a file.

    Args:
        path: the file.
        schema: the value that the key ``schema`` must have.
        hint: text that the message about another schema ends with, from a semicolon on.
        error: the class of the errors that are raised.

    Raises:
        PoseCheckError: if the file can't be read or has another schema; the message is one line.
    """
    try:
        content = json.loads(files.content(path, files.LARGEST_TRUTH_BYTES))
    except OSError as cause:
        message = f"{shown(path)}: cannot be read: {cause.strerror or cause}"
        raise error(message) from cause
    except (ValueError, RecursionError) as cause:
        message = f"{shown(path)}: is damaged, it is not JSON: {cause}"
        raise error(message) from cause
    found = content.get("schema") if isinstance(content, dict) else None
    if found != schema:
        said = f"schema {shown(str(found))!r}" if found else "no schema"
        message = f"{shown(path)}: has {said}, not {schema!r}{hint}"
        raise error(message)
    return dict(content)


def _side(name: SideName | None) -> Side | None:
    return None if name is None else Side(name)


def _body(file: _File, t_s: Floats, axes: Floats) -> PoseArrays:
    count = len(file.frames)
    image = np.full((count, len(LANDMARKS), 3), np.nan)
    world = np.full_like(image, np.nan)
    present = np.array([not frame.absent for frame in file.frames])
    for row, frame in enumerate(file.frames):
        if frame.absent:
            continue
        for joint, metres in frame.joints_m.items():
            if joint in _LANDMARK_OF:
                world[row, INDEX[_LANDMARK_OF[joint]]] = metres
        for joint, pixels in frame.joints_px.items():
            if joint in _LANDMARK_OF:
                image[row, INDEX[_LANDMARK_OF[joint]], :2] = pixels
    middle = (world[:, INDEX["left_hip"]] + world[:, INDEX["right_hip"]]) / 2
    return PoseArrays(
        t_s=t_s,
        present=present,
        image_px=image,
        world_m=(world - middle[:, None]) @ axes.T,
        visibility=np.where(np.isnan(world[..., 0]), np.nan, 1.0),
        frame_size_px=np.tile(np.array(file.size_px, dtype=float), (count, 1)),
    )


def _view(camera: _Camera) -> str:
    if camera.name:
        return camera.name
    if camera.azimuth_deg is None or camera.elevation_deg is None:
        return "unknown"
    return f"azimuth {camera.azimuth_deg:g}, elevation {camera.elevation_deg:g}"


def _story(story: str | tuple[_Phase, ...]) -> str:
    """Return the holds and faults of a story in their order, for instance "hold 4 s, upright"."""
    if isinstance(story, str):
        return story or "unknown"
    told = []
    for phase in story:
        if phase.phase.startswith("hold"):
            told.append(f"hold {phase.to_s - phase.from_s:.3g} s")
        elif phase.phase.startswith("broken_"):
            told.append(phase.phase.removeprefix("broken_"))
    return ", ".join(told) or "unknown"


_KNOWN_SUFFIXES: Final = (SUFFIX, *csv.SUFFIXES)


def find(folder: Path) -> list[Path]:
    """Return the truth and label files below a folder, sorted; hidden folders are left out.

    Raises:
        PoseCheckError: if the folder cannot be read.
    """
    failures: list[OSError] = []
    found = []
    for place, below, entries in os.walk(folder, onerror=failures.append):
        below[:] = [name for name in below if not name.startswith(".")]
        names = [name for name in entries if name.casefold().endswith(_KNOWN_SUFFIXES)]
        found += [Path(place) / name for name in names if not name.startswith(".")]
    if failures:
        message = f"{failures[0].filename}: cannot be read: {failures[0].strerror}"
        raise PoseCheckError(message)
    return sorted(found)


def is_truth(known: Path) -> bool:
    """Whether a file is a truth file, by its name; else it is a label file."""
    return known.name.casefold().endswith(SUFFIX)


def _stem(known: Path) -> str:
    """Return the stem of the video that a truth or label file belongs to."""
    ending = next(end for end in _KNOWN_SUFFIXES if known.name.casefold().endswith(end))
    return known.name[: -len(ending)]


def video_of(known: Path) -> Path:
    """Return the video that a truth or label file belongs to.

    Raises:
        TruthError: if there is no video, more than one, or a second truth or label file for it.
    """
    stem = _stem(known)
    beside = [path for path in known.parent.iterdir() if not path.name.startswith(".")]
    videos = _called(stem, beside)
    if not videos:
        name = f"{shown(stem)}.mp4"
        message = f"{shown(known)}: has no {name} beside it, nor a video of another ending"
        raise TruthError(message)
    if len(videos) > 1:
        names = " and ".join(shown(path.name) for path in videos)
        message = f"{shown(known)}: can belong to {names}; keep one of them beside it"
        raise TruthError(message)
    for path in beside:
        is_other = path != known and path.name.casefold().endswith(csv.SUFFIXES)
        if is_other and _called(_stem(path), beside) == videos:
            message = f"{shown(known)}: has {shown(path.name)} beside it; keep one of the two"
            raise TruthError(message)
    return videos[0]


def _called(stem: str, paths: list[Path]) -> list[Path]:
    """Return the recordings of a name, sorted.

    On some systems two names can differ in case only: if recordings have exactly this spelling,
    only these are returned.
    """
    videos = [
        path
        for path in paths
        if path.suffix.casefold() in RECORDING_SUFFIXES and _folded(path.stem) == _folded(stem)
    ]
    return sorted([path for path in videos if path.stem == stem] or videos)


def _folded(name: str) -> str:
    """Return the form that is the same for names that differ only in case or normal form."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
