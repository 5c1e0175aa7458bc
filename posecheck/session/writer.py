"""Writing a session file while the session runs, under a free name."""

from __future__ import annotations

import platform
import time
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import orjson

from posecheck import __version__
from posecheck.errors import OutputError
from posecheck.landmarks import LANDMARKS
from posecheck.pose import models
from posecheck.session.decode import MARKS
from posecheck.system import Closing, outputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from posecheck.exercises import Exercise
    from posecheck.ledger import Hold, Ledger, NotJudged, Step
    from posecheck.sources import SourceInfo
    from posecheck.types import Asked, Observation, Statement


SCHEMA: Final = "posecheck.session/5"
"""Name and version of the format that is written."""

FLUSH_S: Final = 0.25
"""Longest time in seconds before written lines are handed to the operating system."""

Ended = Literal["complete", "interrupted", "failed"]


class SessionWriter(Closing):
    """Writer of one session file while the session runs; never over an existing file."""

    def __init__(self, path: Path, header: dict[str, Any], exercise: Exercise | None) -> None:
        """Create the file and write its header.

        Args:
            path: a file that does not exist yet.
            header: facts for the first line, in JSON types.
            exercise: the exercise; None if it is still looked for.

        Raises:
            OutputError: if the file exists or cannot be written.
        """
        self.path = path
        self._flushed_s = time.monotonic()
        try:
            self._file = outputs.new_file(path)
        except OSError as error:
            raise outputs.failed(path, error) from error
        try:
            self._write(
                {
                    "type": "header",
                    "schema": SCHEMA,
                    "created": datetime.now(UTC).isoformat(timespec="seconds"),
                    **header,
                    "landmarks": LANDMARKS,
                    "exercise": None if exercise is None else exercise.model_dump(mode="json"),
                }
            )
            self.flush()
        except BaseException:
            with suppress(OSError):  # what is still in the buffer can't be written either
                self._file.close()
            raise

    def exercise(self, exercise: Exercise) -> None:
        """Write the exercise that was found to fit best."""
        self._write({"type": "exercise", "exercise": exercise.model_dump(mode="json")})

    def poses(self, observations: Iterable[Observation]) -> None:
        """Write observations."""
        for seen in observations:
            pose = seen.pose
            self._write(
                {
                    "type": "pose",
                    "t_s": seen.t_s,
                    "size_px": seen.frame_size_px,
                    "image_px": None if pose is None else pose.image_px,
                    "world_m": None if pose is None else pose.world_m,
                    "visibility": None if pose is None else pose.visibility,
                    "presence": None if pose is None else pose.presence,
                    **{name: True for name in MARKS if getattr(seen, name)},
                }
            )
        self._flush_if_due()

    def asked(self, asked: Asked) -> None:
        """Write the side asked for, before the first frame that it applies to."""
        line = {"type": "asked", "t_s": asked.t_s, "side": asked.side}
        self._write(line | ({"unless_seen": True} if asked.unless_seen else {}))

    def steps(self, steps: Iterable[Step]) -> None:
        """Write verdicts."""
        for step in steps:
            self._write({"type": "verdict", "t_s": step.t_s, "verdict": step.verdict})
        self._flush_if_due()

    def hold(self, hold: Hold) -> None:
        """Write a hold that ended."""
        self._write({"type": "hold", "hold": hold})

    def not_judged(self, timed: NotJudged) -> None:
        """Write the time of a timer that a live session ran instead of judging."""
        self._write({"type": "not-judged", "not_judged": timed})

    def statement(self, statement: Statement) -> None:
        """Write a person's answer to a question of a live session."""
        self._write({"type": "statement", "statement": statement})

    def end(self, ended: Ended, ledger: Ledger, warnings: tuple[str, ...]) -> None:
        """Write the last line."""
        self._write({"type": "end", "ended": ended, "ledger": ledger, "warnings": warnings})
        self.flush()

    def close(self) -> None:
        """Close the file.

        Raises:
            OutputError: if the last lines cannot be written.
        """
        try:
            self._file.close()
        except OSError as error:
            raise outputs.failed(self.path, error) from error

    def _write(self, line: dict[str, Any]) -> None:
        options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
        try:
            self._file.write(orjson.dumps(line, option=options))
        except OSError as error:
            raise outputs.failed(self.path, error) from error

    def _flush_if_due(self) -> None:
        if time.monotonic() - self._flushed_s >= FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Hand everything that was written to the operating system.

        Raises:
            OutputError: if it cannot be written.
        """
        self._flushed_s = time.monotonic()
        try:
            self._file.flush()
        except OSError as error:
            raise outputs.failed(self.path, error) from error


def header_of(info: SourceInfo, model: models.Model, side: str) -> dict[str, Any]:
    """Return the header facts about the source, the model and the side asked for."""
    try:
        library = version(model.estimator)
    except PackageNotFoundError:
        library = "unknown"
    return {
        "posecheck": __version__,
        "estimator": f"{model.estimator} {library}",
        "numpy": np.__version__,  # its arithmetic decides the last digits of an angle
        "machine": platform.machine(),
        "model": {"name": model.name, "sha256": model.sha256, "licence": model.licence},
        "source": info,
        "side": side,
    }


def open_session(
    folder: Path,
    stem: str,
    suffixes: Sequence[str],
    header: dict[str, Any],
    exercise: Exercise | None,
) -> tuple[SessionWriter, tuple[Path, ...]]:
    """Make a folder and a new session file in it.

    Args:
        folder: the folder of the file.
        stem: name of the file; gets a number if a file of that name exists.
        suffixes: endings of the files of this session; the first is the session file's.
        header: facts for the first line.
        exercise: the exercise that is judged; None if it is still looked for.

    Returns:
        The session file, and the paths for all endings, of which only the first exists.

    Raises:
        OutputError: if it cannot be written.
    """
    outputs.make_folder(folder)
    while True:
        paths = outputs.free_names(folder, stem, suffixes)
        try:
            return SessionWriter(paths[0], header, exercise), paths
        except OutputError as error:
            if not isinstance(error.__cause__, FileExistsError):
                raise
            # Another run has taken the name meanwhile; the next one is tried.


def model_warnings(name: str) -> tuple[str, ...]:
    """Return the warnings if another model than the default one is used."""
    if name == models.DEFAULT_MODEL:
        return ()
    warning = (
        f"the limits were measured with the {models.DEFAULT_MODEL} model; with {name} "
        "valid seconds can be called wrong, and wrong ones valid"
    )
    return (warning,)
