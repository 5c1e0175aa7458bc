"""Writing a session file while the session runs."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import orjson

from posecheck import outputs
from posecheck.landmarks import LANDMARKS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from posecheck.exercises.schema import Exercise
    from posecheck.types import Asked, Hold, Ledger, Observation, Step

SCHEMA: Final = "posecheck.session/2"
"""Name and version of the format that is written."""

FLUSH_S: Final = 0.25
"""Longest time that lines wait before the operating system has them."""

Ended = Literal["complete", "interrupted", "failed"]


class SessionWriter:
    """Writes one session file while the session runs; never over an existing file."""

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
            self._file = path.open("xb")
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

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file; what was written stays."""
        self.close()

    def exercise(self, exercise: Exercise) -> None:
        """Write the exercise that was found to fit best."""
        self._write({"type": "exercise", "exercise": exercise.model_dump(mode="json")})

    def poses(self, observations: Iterable[Observation]) -> None:
        """Write what was seen."""
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
                }
            )
        self._flush_if_due()

    def asked(self, asked: Asked) -> None:
        """Write which side is asked for, before the first picture that it applies to."""
        self._write({"type": "asked", "t_s": asked.t_s, "side": asked.side})

    def steps(self, steps: Iterable[Step]) -> None:
        """Write verdicts."""
        for step in steps:
            self._write({"type": "verdict", "t_s": step.t_s, "verdict": step.verdict})
        self._flush_if_due()

    def hold(self, hold: Hold) -> None:
        """Write a hold that ended."""
        self._write({"type": "hold", "hold": hold})

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
