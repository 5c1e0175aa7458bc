"""Reading the result of a session file without its landmarks.

They are most of its bytes, and most of the work; so thousands of sessions are read in a minute.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from posecheck.errors import SessionError, shown
from posecheck.form.hold import HoldCounter
from posecheck.pipeline.playback import stored_side
from posecheck.progress.result import (
    PAIN_RANGE,
    HeldTimes,
    SessionResult,
    Told,
    trunk_thigh_rule,
)
from posecheck.session.reader import SessionReader
from posecheck.types import Side

if TYPE_CHECKING:
    from pathlib import Path

    from posecheck.form.hold import Tally
    from posecheck.progress.result import HeldTime
    from posecheck.types import Verdict


def result_of(  # noqa: PLR0913, PLR0917 - facts of one session
    path: Path,
    header: dict[str, Any],
    tally: Tally,
    holds: tuple[HeldTime, ...],
    ended: str | None,
    warnings: tuple[str, ...] = (),
) -> SessionResult:
    """Return the result of a session.

    Args:
        path: the session file.
        header: facts of its first line.
        tally: what was counted.
        holds: the holds with their breaks.
        ended: how the session ended.
        warnings: of the session and about its file.
    """
    facts = header.get("source")
    facts = facts if isinstance(facts, dict) else {}
    name = facts.get("name")
    return SessionResult(
        path=path,
        created=_created(header),
        camera=facts.get("kind") == "camera",
        source=name if isinstance(name, str) and name else path.name,
        exercise=tally.exercise,
        planned=_planned(header),
        ledger=tally.ledger,
        holds=holds,
        faults=tally.faults,
        ended=ended,
        warnings=warnings,
        versions=_versions(header),
    )


def _created(header: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(header["created"]).astimezone()
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _planned(header: dict[str, Any]) -> tuple[Side, ...]:
    """Return the sides that were asked for: of a live plan, or by ``--side``."""
    plan = header.get("plan")
    names = plan.get("sides") if isinstance(plan, dict) else None
    if isinstance(names, list):
        return tuple(Side(name) for name in names if name in set(Side))
    side = stored_side(header)
    return () if side is None else (side,)


def _versions(header: dict[str, Any]) -> dict[str, str]:
    known = ("posecheck", "estimator", "numpy", "machine", "schema")
    found = {key: str(header[key]) for key in known if key in header}
    model = header.get("model")
    if isinstance(model, dict) and isinstance(model.get("name"), str):
        found["model"] = model["name"]
    return found


class _VerdictReader(SessionReader):
    """Reader that passes over landmarks, and over all readings but that of the trunk-thigh angle.

    They are most of a session's bytes and most of the work of reading it.

    Attributes:
        told: what the person said.
        not_judged_us: microseconds of the timer of a live session.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.told = Told()
        self.not_judged_us = 0
        self._take |= {"statement": self._take_statement, "not-judged": self._take_timer}

    def _take_verdict(self, line: dict[str, Any]) -> tuple[float, Verdict]:
        said = line["verdict"]
        said["readings"] = [r for r in said["readings"] if r["rule"] == self._angle_rule]
        return super()._take_verdict(line)

    @cached_property
    def _angle_rule(self) -> str | None:
        """Name of the rule of the trunk-thigh angle; the exercise stands before all verdicts."""
        rule = None if self.exercise is None else trunk_thigh_rule(self.exercise)
        return None if rule is None else rule.name

    def _take_statement(self, line: dict[str, Any]) -> None:
        about, value = line["statement"]["about"], line["statement"]["value"]
        if about == "pain":
            low, high = PAIN_RANGE
            if not low <= value <= high:
                message = f"{value} is no pain from {low} to {high}"
                raise ValueError(message)
            self.told = replace(self.told, pain=int(value))
        elif about == "ended-early":
            self.told = replace(self.told, stopped_because=str(value))

    def _take_timer(self, line: dict[str, Any]) -> None:
        self.not_judged_us += max(0, int(line["not_judged"]["not_judged_us"]))

    def _item(self, number: int, line: bytes, kind: str | None = None) -> Any:  # noqa: ANN401
        if line.startswith(b'{"type":"pose"'):
            return None
        return super()._item(number, line, kind)


def read_result(path: Path) -> SessionResult:
    """Read the result of a session file, without its landmarks.

    Raises:
        SessionError: if it is no session file, of a newer format, or holds no verdict.
    """
    reader = _VerdictReader(path)
    counter: HoldCounter | None = None
    held: HeldTimes | None = None
    for item in reader.items():
        if isinstance(item, tuple) and reader.exercise is not None:
            counter = counter or HoldCounter(reader.exercise)
            held = held or HeldTimes(reader.exercise)
            held.take(counter.update(*item))
    if counter is None or held is None:
        message = f"{shown(path)}: holds no verdict; there is nothing to report"
        raise SessionError(message)
    warnings = (*reader.warnings, *reader.problems)
    tally, holds = counter.finish(), held.finish()
    result = result_of(path, reader.header, tally, holds, reader.ended, warnings)
    return replace(result, told=reader.told, not_judged_us=reader.not_judged_us)
