"""A recorded or newly judged session as a `Summary`, so that the usual reports show it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from posecheck.judge import Tally
from posecheck.replay.rejudge import Judged
from posecheck.sources import SourceInfo
from posecheck.summary import Summary
from posecheck.types import MICROSECONDS, Fault, Ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.replay.recording import Recording
    from posecheck.types import State, Step


def recorded(recording: Recording) -> Summary:
    """Return what a session that was read to its end says."""
    steps = recording.steps
    tally = Tally(
        ledger=steps[-1].ledger if steps else Ledger(),
        holds=tuple(recording.holds),
        faults=faults(steps),
        jumps=0,
        empty_pictures=0,
        pictures=len(steps),
    )
    last = steps[-1].verdict if steps else None
    return _summary(recording, Judged(recording.exercise, tally, last), recording.warnings)


def judged(recording: Recording, again: Judged) -> Summary:
    """Return what is said of a session now."""
    return _summary(recording, again, ())


def _summary(recording: Recording, result: Judged, warnings: tuple[str, ...]) -> Summary:
    tally = result.tally
    cut_off = ("the session was cut off before its end",) if recording.ended is None else ()
    return Summary(
        source=source_of(recording),
        exercise=result.exercise,
        chosen=False,
        frames=tally.pictures,
        duration_s=tally.ledger.elapsed_us / MICROSECONDS,
        ledger=tally.ledger,
        holds=tally.holds,
        faults=tally.faults,
        warnings=(*warnings, *cut_off, *recording.problems),
        verdict=result.last,
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
