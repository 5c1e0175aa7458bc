"""Reading a session file back, also a damaged one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from posecheck import exercises
from posecheck.errors import ExerciseError, SessionError
from posecheck.session.writer import SCHEMA
from posecheck.types import (
    Asked,
    Cause,
    Hold,
    Ledger,
    Observation,
    Pose,
    Reading,
    Reason,
    Side,
    State,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from posecheck.exercises.schema import Exercise


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A session as read back.

    Attributes:
        header: facts of the first line, in JSON types.
        exercise: the exercise that was judged; None if the session ended before the
            best fitting one was found.
        observations: what was seen, in the order of time.
        asked: the sides that a live session asked for, in the order of time.
        verdicts: time in seconds and verdict, in the order of time.
        holds: the holds that ended.
        ended: how the session ended; None if it was cut off.
        ledger: all time, sorted; None if the session was cut off.
        warnings: of the session.
        problems: lines of the file that could not be used, one sentence each.
    """

    header: dict[str, Any]
    exercise: Exercise | None
    observations: tuple[Observation, ...]
    verdicts: tuple[tuple[float, Verdict], ...]
    holds: tuple[Hold, ...]
    ended: str | None
    ledger: Ledger | None
    warnings: tuple[str, ...]
    problems: tuple[str, ...]
    asked: tuple[Asked, ...] = ()


def load(path: Path) -> Session:
    """Read a session file; lines that can't be used are reported, not fatal.

    Raises:
        SessionError: if it is no session file, or of a newer format.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror or error}"
        raise SessionError(message) from error
    reader = _Reader(path, _header(path, lines[0]))
    for number, line in enumerate(lines[1:], start=2):
        if line:
            reader.take(number, line)
    return reader.session()


def _header(path: Path, line: bytes) -> dict[str, Any]:
    try:
        header = orjson.loads(line)
        schema = header["schema"]
        name, version = schema.rsplit("/", 1)
        known = header["type"] == "header" and name == "posecheck.session"
        newer = int(version) > int(SCHEMA.rsplit("/", 1)[1])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{path}: is not a posecheck session file"
        raise SessionError(message) from error
    if not known:
        message = f"{path}: is not a posecheck session file"
        raise SessionError(message)
    if newer:
        message = f"{path}: is in the newer format {schema}; update posecheck to read it"
        raise SessionError(message)
    return dict(header)


class _Reader:
    """Collects the lines of one session file."""

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        self._path = path
        self._header = header
        self._observations: list[Observation] = []
        self._verdicts: list[tuple[float, Verdict]] = []
        self._holds: list[Hold] = []
        self._asked: list[Asked] = []
        self._exercise: Exercise | None = None
        self._end: dict[str, Any] | None = None
        self._problems: list[str] = []
        self._take: dict[str, Callable[[dict[str, Any]], None]] = {
            "exercise": self._take_exercise,
            "pose": lambda line: self._observations.append(_observation(line)),
            "verdict": lambda line: self._verdicts.append(
                (float(line["t_s"]), _verdict(line["verdict"]))
            ),
            "asked": lambda line: self._asked.append(Asked(float(line["t_s"]), Side(line["side"]))),
            "hold": lambda line: self._holds.append(_hold(line["hold"])),
            "end": self._take_end,
        }
        if header.get("exercise") is not None:
            self._take_exercise(header)

    def take(self, number: int, line: bytes) -> None:
        """Take in one line; remember a problem with it."""
        try:
            content = orjson.loads(line)
            self._take[content["type"]](content)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            self._problems.append(f"line {number} cannot be used and was left out")

    def session(self) -> Session:
        """Return what was collected."""
        end = self._end
        return Session(
            header=self._header,
            exercise=self._exercise,
            observations=tuple(self._observations),
            verdicts=tuple(self._verdicts),
            holds=tuple(self._holds),
            ended=None if end is None else str(end["ended"]),
            ledger=None if end is None else Ledger(**end["ledger"]),
            warnings=() if end is None else tuple(end["warnings"]),
            problems=tuple(self._problems),
            asked=tuple(self._asked),
        )

    def _take_exercise(self, line: dict[str, Any]) -> None:
        try:
            self._exercise = exercises.validate(line["exercise"], f"{self._path}: exercise")
        except ExerciseError as error:
            raise SessionError(str(error)) from error

    def _take_end(self, line: dict[str, Any]) -> None:
        ledger = {key: int(line["ledger"][key]) for key in ("valid_us", "wrong_us", "unseen_us")}
        warnings = line["warnings"]
        texts = [line["ended"], *warnings] if isinstance(warnings, list) else [None]
        if not all(isinstance(text, str) for text in texts):
            message = "ended and warnings must be text"
            raise TypeError(message)
        self._end = {"ended": line["ended"], "ledger": ledger, "warnings": warnings}


def _floats(values: Any) -> np.ndarray[Any, np.dtype[np.float32]]:  # noqa: ANN401 - parsed JSON
    return np.array(values, dtype=np.float32)


def _observation(line: dict[str, Any]) -> Observation:
    width, height = line["size_px"]
    pose = None
    if line["image_px"] is not None:
        pose = Pose(
            *(_floats(line[key]) for key in ("image_px", "world_m", "visibility", "presence"))
        )
    return Observation(float(line["t_s"]), (int(width), int(height)), pose)


def _verdict(content: dict[str, Any]) -> Verdict:
    return Verdict(
        State(content["state"]),
        Side(content["side"]),
        _reason(content["reason"]),
        tuple(_reading(reading) for reading in content["readings"]),
    )


def _reading(content: dict[str, Any]) -> Reading:
    return Reading(
        rule=str(content["rule"]),
        side=None if content["side"] is None else Side(content["side"]),
        value=_number(content["value"]),
        state=State(content["state"]),
        excess=_number(content["excess"]),
        required=bool(content["required"]),
        reason=_reason(content["reason"]),
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _reason(content: dict[str, Any] | None) -> Reason | None:
    if content is None:
        return None
    return Reason(Cause(content["cause"]), content["cue"], content["rule"], content["landmark"])


def _hold(content: dict[str, Any]) -> Hold:
    return Hold(
        Side(content["side"]),
        *(int(content[key]) for key in ("start_us", "end_us", "held_us", "target_us")),
    )
