"""A recorded or newly judged session as a `Summary`, so that the usual reports show it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from posecheck.sources import SourceInfo
from posecheck.summary import Summary
from posecheck.types import MICROSECONDS, Fault, Ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.exercises.schema import Exercise
    from posecheck.replay.recording import Recording
    from posecheck.replay.rejudge import Judged
    from posecheck.types import Hold, State, Step


@dataclass(frozen=True, slots=True)
class _Result:
    exercise: Exercise
    steps: Sequence[Step]
    holds: tuple[Hold, ...]


def recorded(recording: Recording) -> Summary:
    """Return what a session that was read to its end says."""
    result = _Result(recording.exercise, recording.steps, tuple(recording.holds))
    return _summary(recording, result, recording.warnings)


def judged(recording: Recording, again: Judged) -> Summary:
    """Return what is said of a session now."""
    return _summary(recording, _Result(again.exercise, again.steps, again.tally.holds), ())


def _summary(recording: Recording, result: _Result, warnings: tuple[str, ...]) -> Summary:
    steps = result.steps
    ledger = steps[-1].ledger if steps else Ledger()
    cut_off = ("the session was cut off before its end",) if recording.ended is None else ()
    return Summary(
        source=source_of(recording),
        exercise=result.exercise,
        chosen=False,
        frames=len(steps),
        duration_s=ledger.elapsed_us / MICROSECONDS,
        ledger=ledger,
        holds=result.holds,
        faults=faults(steps),
        warnings=(*warnings, *cut_off, *recording.problems),
        verdict=steps[-1].verdict if steps else None,
        session=recording.path,
        video=None,
        interrupted=recording.ended == "interrupted",
    )


def faults(steps: Sequence[Step]) -> tuple[Fault, ...]:
    """Return what time was lost to, most first."""
    lost_us: defaultdict[tuple[str, State, str], int] = defaultdict(int)
    for step in steps:
        interval = step.interval
        if interval is not None and interval.reason is not None:
            reason = interval.reason
            lost_us[reason.key, interval.state, reason.cue] += interval.duration_us
    found = [
        Fault(rule, state, lost / MICROSECONDS, cue) for (rule, state, cue), lost in lost_us.items()
    ]
    return tuple(sorted(found, key=lambda fault: -fault.seconds))


def source_of(recording: Recording) -> SourceInfo:
    """Return what a session's header says of its source; hints where it says nothing."""
    facts = recording.header.get("source")
    facts = facts if isinstance(facts, dict) else {}
    size_px = recording.observations[0].frame_size_px if recording.observations else (0, 0)
    return SourceInfo(
        kind="picture" if facts.get("kind") == "picture" else "video",
        name=_text(facts.get("name"), recording.path.name),
        size_px=size_px,
        frame_count=len(recording.seen),
        duration_s=recording.duration_s,
    )


def _text(value: Any, otherwise: str) -> str:  # noqa: ANN401 - parsed JSON
    return value if isinstance(value, str) and value else otherwise
