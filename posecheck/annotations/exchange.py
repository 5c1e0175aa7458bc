"""Exchange of annotations with other programs. Adding a format is one file and one line below.

A format is a module with

- ``ENDINGS``: endings of its files, in small letters; it writes files of the first one;
- ``read(path, about, annotator, made_at)``: the annotations in a file, made by ``annotator`` for
  the recording ``about``, and made or imported at ``made_at`` (ISO 8601); an `AnnotationError`
  names every problem in one line;
- ``text(annotations, video)``: a file's content, if it can be written;
- ``fits(path)``: whether a file is of this format, if another one has the same endings;
- ``annotator_of(path)``: the only person that a file names, if the format has names in it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from posecheck.annotations import Recorded, store
from posecheck.errors import AnnotationError, OutputError, safe, shown
from posecheck.system import outputs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from posecheck.annotations import Annotations
    from posecheck.exercises import Exercise

_FORMATS: Final = (
    "posecheck.annotations.boris",
    "posecheck.annotations.csv",
    "posecheck.annotations.webvtt",
    "posecheck.annotations.elan",
)
"""The modules of all formats; of those with the same ending the first that fits."""

SLACK_S: Final = 1.0
"""An annotation may end this long after the time of the last frame, in seconds: a player
shows the end of the sound, or the end of the last frame."""

_LEAST_SHARE: Final = 0.25
"""Share of the recording that times in an assumed other unit must cover at least."""

_USUAL_RATES: Final = (15, 24, 25, 30, 50, 60)
"""Frames a second of most cameras."""


def is_own(path: Path) -> bool:
    """Whether a file is of posecheck's own format, by its name."""
    return path.name.casefold().endswith(store.SUFFIX)


def read(path: Path, exercise: Exercise, annotator: str, video: str = "") -> Annotations:
    """Read annotations of any known format.

    Args:
        path: the file; its ending tells the format.
        exercise: the exercise of the session.
        annotator: name of the annotator, if the file does not hold it.
        video: name of the recorded file; "" if it is not known.

    Raises:
        PoseCheckError: if it can't be read or is of no known format.
    """
    if is_own(path):
        return store.load(path)
    about = Recorded(exercise, video)
    found: Annotations = _module(path).read(path, about, annotator, store.now())
    return found


def check_times(path: Path, said: Annotations, t_s: Sequence[float]) -> None:
    """Refuse annotations that go past the end of a recording.

    Args:
        path: the file they are from, for the message.
        said: the annotations.
        t_s: the times of all frames of the recording, seconds, increasing; at least one.

    Raises:
        AnnotationError: names both ends, and the unit that was probably meant.
    """
    if not said.items:
        return
    end_s, last_s = said.items[-1].end_s, t_s[-1]
    if end_s <= last_s + SLACK_S:
        return
    message = (
        f"{shown(path)}: its times go to {end_s:g} s, but the recording ends at {last_s:.1f} s; "
        f"{_meant(said, t_s)}"
    )
    raise AnnotationError(message)


def _meant(said: Annotations, t_s: Sequence[float]) -> str:
    """Return the unit that was probably meant, as a question and what to do."""
    times = [time for item in said.items for time in (item.start_s, item.end_s)]
    end, last_s = max(times), t_s[-1]
    rate = (len(t_s) - 1) / (last_s - t_s[0]) if len(t_s) > 1 else 0.0
    meant = [(end / 1000, "are they milliseconds? Divide them by 1000")]
    whole = all(time == int(time) for time in times)
    if whole:
        if rate:
            meant.append((end / rate, f"are they frames? Divide them by {rate:.4g} a second"))
        if all(time % 100 < 60 for time in times) and end >= 100:  # noqa: PLR2004
            minutes, seconds = divmod(end, 100)
            meant.append((60 * minutes + seconds, "are they minutes and seconds? Write seconds"))
    # The unit in which they come closest to the end of the recording.
    if fitting := [pair for pair in meant if _fits(pair[0], last_s)]:
        return max(fitting)[1]
    # A session need not hold every frame of the video.
    if whole and any(_fits(end / usual, last_s) for usual in _USUAL_RATES):
        return "are they frames? Divide them by the video's frame rate"
    return "are they of another recording?"


def _fits(end_s: float, last_s: float) -> bool:
    """Whether annotations up to a time can be of a recording that ends at another."""
    return _LEAST_SHARE * last_s <= end_s <= last_s + SLACK_S


def annotator_of(path: Path) -> str | None:
    """Return the annotator that a file of another program names; None unless it names exactly one.

    Raises:
        PoseCheckError: if it can't be read or is of no known format.
    """
    named = [module for module in _of_ending(path) if hasattr(module, "annotator_of")]
    return named[0].annotator_of(path) if named else None


def write(path: Path, annotations: Annotations, video: str = "") -> None:
    """Write annotations into a new file; its ending tells the format.

    Args:
        path: the file.
        annotations: the annotations to write.
        video: name of the recorded file, for formats that name it; "" if it is not known.

    Raises:
        AnnotationError: if the format is unknown, or is only read.
        OutputError: if the file exists or can't be written.
    """
    ending = path.suffix.lower()
    formats = [module for module in _modules() if module.ENDINGS[0] == ending]
    module = next((module for module in formats if hasattr(module, "text")), None)
    if module is None:
        written = [module.ENDINGS[0] for module in _modules() if hasattr(module, "text")]
        message = f"{shown(path)}: annotations are written to {_listed(written)} files"
        raise AnnotationError(message)
    content: str = safe(module.text(annotations, video).replace("\r\n", "\n"))
    try:
        with outputs.new_file(path) as file:
            file.write(content.encode())
    except OSError as error:
        raise outputs.failed(path, error, outputs.NAMED) from error
    except ValueError as error:
        message = f"{shown(path)}: cannot be written: {error}; choose another name"
        raise OutputError(message) from error


def _modules() -> list[Any]:
    return [import_module(name) for name in _FORMATS]


def _module(path: Path) -> Any:  # noqa: ANN401 - a module
    """Return the format of a file that is read."""
    return next(m for m in _of_ending(path) if not hasattr(m, "fits") or m.fits(path))


def _of_ending(path: Path) -> list[Any]:
    """Return the formats that have a file's ending; the last one fits every file."""
    if found := [module for module in _modules() if path.suffix.lower() in module.ENDINGS]:
        return found
    endings = dict.fromkeys(ending for module in _modules() for ending in module.ENDINGS)
    message = f"{shown(path)}: annotations are read from {_listed([*endings])} files"
    raise AnnotationError(message)


def _listed(endings: Sequence[str]) -> str:
    *most, last = endings
    return f"{', '.join(most)} and {last}"
