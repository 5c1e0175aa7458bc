"""Decoding of session lines: parsed JSON in, values out; a line that does not fit is refused.

Every function raises one of `UNUSABLE` for a line that does not fit; the reader leaves such a line
out. `Problems` collects the places of these lines for the user.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np

from posecheck.ledger import Hold, Ledger, NotJudged
from posecheck.types import (
    Asked,
    Cause,
    Crossing,
    CrossingState,
    EarlyEnd,
    Evidence,
    Observation,
    Pose,
    Reading,
    Reason,
    Side,
    SideKnown,
    State,
    Statement,
    Topic,
    Verdict,
)

MARKS: Final = ("dark", "repeated", "moved", "disturbed")
"""Marks of a frame, in the order of `Observation`; each is written only where it is true."""

UNUSABLE: Final = (ValueError, KeyError, TypeError, AttributeError, ArithmeticError)
"""Exceptions raised here for a line that can't be used."""

# A dictionary is three times as fast as calling the enumeration, and a session has millions.
_STATES: Final = {str(state): state for state in State}
_SIDES: Final = {str(side): side for side in Side}
_KNOWN: Final = {str(known): known for known in SideKnown}
_CROSSINGS: Final = {str(state): state for state in CrossingState}
_EVIDENCE: Final = {str(evidence): evidence for evidence in Evidence}
_CAUSES: Final = {str(cause): cause for cause in Cause}
_NAN: Final = float("nan")

_LARGEST_PX: Final = 100_000
_LATEST_S: Final = 1e9


def _floats(values: Any) -> np.ndarray[Any, np.dtype[np.float32]]:  # noqa: ANN401 - parsed JSON
    return np.array(values, dtype=np.float32)


def time_of(value: Any) -> float:  # noqa: ANN401 - parsed JSON
    """Return a time in seconds."""
    t_s = float(value)
    if not 0 <= t_s <= _LATEST_S:
        message = f"{t_s} is no time in seconds"
        raise ValueError(message)
    return t_s


def observation_of(line: dict[str, Any]) -> Observation:
    """Return the observation of one frame."""
    width, height = (int(side) for side in line["size_px"])
    if not (0 < width <= _LARGEST_PX and 0 < height <= _LARGEST_PX):
        message = f"a picture cannot have {width} x {height} pixels"
        raise ValueError(message)
    pose = None
    if line["image_px"] is not None:
        with np.errstate(over="raise"):  # beyond 32 bits
            pose = Pose(
                *(_floats(line[key]) for key in ("image_px", "world_m", "visibility", "presence"))
            )
    marks = (line.get(name) is True for name in MARKS)
    return Observation(time_of(line["t_s"]), (width, height), pose, *marks)


def asked_of(line: dict[str, Any]) -> Asked:
    """Return the side that a live session asked for, and from when on."""
    return Asked(time_of(line["t_s"]), _SIDES[line["side"]], line.get("unless_seen") is True)


def verdict_of(content: dict[str, Any]) -> Verdict:
    """Return the verdict on one frame."""
    said = Verdict(
        _STATES[content["state"]],
        _SIDES[content["side"]],
        _reason(content["reason"]),
        tuple(_reading(reading) for reading in content["readings"]),
        _side_known(content),
    )
    if (said.reason is None) is not (said.state is State.VALID):
        message = "a verdict has a reason unless it is valid"
        raise ValueError(message)
    return said


def _side_known(content: dict[str, Any]) -> SideKnown:
    """Return how a side is known; SEEN for sessions of formats 1 and 2, which do not store it."""
    return _KNOWN[content.get("side_known", "seen")]


def _reading(content: dict[str, Any]) -> Reading:
    side, reason = content["side"], content["reason"]
    return Reading(
        _text(content["rule"]),
        None if side is None else _SIDES[side],
        _number(content["value"]),
        _STATES[content["state"]],
        _number(content["excess"]),
        bool(content["required"]),
        None if reason is None else _reason(reason),
        _crossing(content.get("crossing")),
    )


def _crossing(content: dict[str, Any] | None) -> Crossing | None:
    """Return the state of crossed legs; None if it is not stored (formats 1 and 2)."""
    if content is None:
        return None
    yes_s = content["yes_s"]
    return Crossing(
        _CROSSINGS[content["state"]],
        _EVIDENCE[content["evidence"]],
        None if yes_s is None else time_of(yes_s),
    )


def _number(value: float | None) -> float:
    return _NAN if value is None else float(value)


def _text(value: Any) -> str:  # noqa: ANN401 - parsed JSON
    if not isinstance(value, str):
        message = f"{value!r} is no text"
        raise TypeError(message)
    return value


def _reason(content: dict[str, Any] | None) -> Reason | None:
    if content is None:
        return None
    return _made(content["cause"], content["cue"], content["rule"], content["landmark"])


@lru_cache(maxsize=4096)  # a session has millions of a few reasons
def _made(cause: str, cue: str, rule: str | None, landmark: str | None) -> Reason:
    return Reason(
        _CAUSES[cause],
        _text(cue),
        None if rule is None else _text(rule),
        None if landmark is None else _text(landmark),
    )


def hold_of(content: dict[str, Any]) -> Hold:
    """Return a hold that ended."""
    ended = Hold(
        _SIDES[content["side"]],
        int(content["start_us"]),
        int(content["end_us"]),
        int(content["held_us"]),
        int(content["target_us"]),
        _side_known(content),
    )
    if not (0 <= ended.start_us <= ended.end_us and ended.held_us >= 0 < ended.target_us):
        message = "a hold ends after it starts"
        raise ValueError(message)
    return ended


def not_judged_of(content: dict[str, Any]) -> NotJudged:
    """Return the time of a timer."""
    keys = ("start_us", "end_us", "not_judged_us")
    timed = NotJudged(_SIDES[content["side"]], *(int(content[key]) for key in keys))
    if not (0 <= timed.start_us <= timed.end_us and timed.not_judged_us >= 0):
        message = "a timer ends after it starts"
        raise ValueError(message)
    return timed


def statement_of(content: dict[str, Any]) -> Statement:
    """Return a person's answer."""
    about, value = Topic(content["about"]), content["value"]
    if about is Topic.ENDED_EARLY:
        value = EarlyEnd(value)
    return Statement(time_of(content["t_s"]), about, value)


def ledger_of(content: dict[str, Any]) -> Ledger:
    """Return the ledger: all time, as valid, wrong or unseen."""
    parts = {key: int(content[key]) for key in ("valid_us", "wrong_us", "unseen_us")}
    if min(parts.values()) < 0:
        message = "time cannot be negative"
        raise ValueError(message)
    return Ledger(**parts)


def texts_of(values: Any) -> tuple[str, ...]:  # noqa: ANN401 - parsed JSON
    """Return a list of texts."""
    if not isinstance(values, list):
        message = f"{values!r} is no list"
        raise TypeError(message)
    return tuple(_text(value) for value in values)


MOST_SENTENCES: Final = 5
"""Largest number of places that are listed; more are only counted."""

_SAID: Final = {
    "not usable": ("cannot be used and was left out", "cannot be used and were left out"),
    "out of order in time": (
        "is out of order in time and was left out",
        "are out of order in time and were left out",
    ),
}


class Problems:
    """Collection of the lines that could not be used; consecutive lines become one sentence."""

    def __init__(self) -> None:
        """Start with none."""
        self._runs: list[tuple[int, int, str]] = []
        self._sentences: list[str] = []

    def add(self, line: int, kind: str) -> None:
        """Take in one line; lines come in the order of the file."""
        if self._runs:
            first, last, before = self._runs[-1]
            if before == kind and last == line - 1:
                self._runs[-1] = first, line, kind
                return
        self._runs.append((line, line, kind))

    def say(self, sentence: str) -> None:
        """Take in a problem that concerns no single line."""
        self._sentences.append(sentence)

    def sentences(self) -> tuple[str, ...]:
        """Return the problems, one sentence each."""
        told = [_sentence(*run) for run in self._runs[:MOST_SENTENCES]]
        rest = sum(last - first + 1 for first, last, _ in self._runs[MOST_SENTENCES:])
        if rest:
            after = self._runs[MOST_SENTENCES][0]
            told.append(f"{rest} more lines from line {after} on were left out")
        return (*self._sentences, *told)


def _sentence(first: int, last: int, kind: str) -> str:
    one, many = _SAID[kind]
    return f"line {first} {one}" if first == last else f"lines {first} to {last} {many}"
