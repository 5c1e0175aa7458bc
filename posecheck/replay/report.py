"""Report of a replay: text for the terminal, or one JSON object.

A recorded or newly judged session becomes a `Summary`, so that the usual reports show it.
"""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from posecheck.errors import shown
from posecheck.form.hold import Tally
from posecheck.ledger import tenths
from posecheck.pipeline.recorder import Summary
from posecheck.replay.rejudge import versions_now, versions_then
from posecheck.reports.json_line import as_dict, facts
from posecheck.reports.text import laid_out, longest, marked, render, table, warned
from posecheck.sources import SourceInfo
from posecheck.types import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import RenderableType

    from posecheck.annotations import Annotations
    from posecheck.ledger import Hold
    from posecheck.pipeline.playback import SessionPlayback
    from posecheck.replay.rejudge import Changes, Difference, HoldChange


def recorded(recording: SessionPlayback) -> Summary:
    """Return the recorded summary of a session that was read to its end."""
    tally = recording.tally or Tally(recording.exercise)
    return _summary(recording, tally, recording.warnings)


def judged(recording: SessionPlayback, again: Tally) -> Summary:
    """Return the summary of a session as judged now."""
    return _summary(recording, again, ())


def _summary(recording: SessionPlayback, tally: Tally, warnings: tuple[str, ...]) -> Summary:
    cut_off = ("the session was cut off before its end",) if recording.ended is None else ()
    return Summary.of(
        source_of(recording),
        tally,
        warnings=(*warnings, *cut_off, *recording.problems),
        session=recording.path,
        interrupted=recording.ended == "interrupted",
    )


def source_of(recording: SessionPlayback) -> SourceInfo:
    """Return the source in a session's header; hints where it stores none."""
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


SCHEMA: Final = "posecheck.replay/1"

MOST_PLACES: Final = 4
"""Largest number of places listed at which seconds changed; the JSON has all."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Content of a replay's report.

    Attributes:
        recording: the session, read to its end.
        again: the result by the stored exercise now; None if none is stored.
        difference: its difference from the recorded verdicts.
        other: the result by another exercise; None if none was named.
        named: name or file of that exercise, as given.
        changes: the changes by it; None if nothing can be compared.
        annotations: people's annotations of it, by file.
        faulty: problems of unusable files beside it, one sentence each.
    """

    recording: SessionPlayback
    again: Tally | None
    difference: Difference | None
    other: Tally | None
    named: str
    changes: Changes | None
    annotations: dict[Path, Annotations]
    faulty: tuple[str, ...] = ()


def as_text(replay: Replay) -> str:
    """Return a replay as text that ends in a newline."""
    recording, other = replay.recording, replay.other
    summary = judged(recording, other) if other is not None else recorded(recording)
    by = replay.named if other is not None else ""
    more = laid_out(_parts(replay))
    return render(summary, by) + (more if more.strip() else "")


def as_json(replay: Replay) -> dict[str, Any]:
    """Return a replay in JSON types; all times in seconds."""
    recording, again = replay.recording, replay.again
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "session": shown(recording.path),
        "versions": {"recorded": versions_then(recording), "now": versions_now()},
        "problems": [*recording.problems, *replay.faulty],
        "recorded": as_dict(recorded(recording)) if recording.steps else None,
        "again": None if again is None else as_dict(judged(recording, again)),
        "same": None if replay.difference is None else replay.difference.none,
        "difference": _difference_dict(replay.difference),
        "annotations": [
            {"file": shown(path), "items": [facts(item, _OF_ANNOTATION) for item in said.items]}
            for path, said in replay.annotations.items()
        ],
    }
    if replay.other is not None:
        content["judged_by"] = as_dict(judged(recording, replay.other))
        content["changes"] = None if replay.changes is None else _changes_dict(replay.changes)
    return content


def _parts(replay: Replay) -> Iterator[RenderableType]:
    recording = replay.recording
    if replay.difference is not None:
        yield _sameness(recording, replay.difference)
    if replay.other is not None and replay.changes is not None:
        yield from _changes(shown(replay.named), replay.changes)
    for path, said in replay.annotations.items():
        seconds = sum(item.duration_s for item in said.items)
        who = shown(", ".join(said.annotators)) or "nobody"
        count = f"{len(said.items)} annotation{'' if len(said.items) == 1 else 's'}"
        line = f"{count} by {who}, {seconds:.1f} s: {shown(path)}"
        yield Text(line, no_wrap=True)
    for problem in replay.faulty:
        yield warned(problem, no_wrap=True)
    if replay.annotations:
        named = shlex.quote(shown(recording.path))
        yield Text(f"how well they agree: posecheck agree {named}", no_wrap=True)


def _sameness(recording: SessionPlayback, found: Difference) -> Text:
    if found.none:
        late = f"; {found.only_now} pictures had no verdict yet" if found.only_now else ""
        line = f"judged again: {found.compared} verdicts, the same to the last digit{late}"
        return Text(line)
    said = [f"{found.verdicts} of {found.compared} verdicts differ"]
    if not math.isnan(found.first_s):
        said[0] += f", the first at {found.first_s:.3f} s"
        said.append(f"{found.states} are another of valid, wrong and unseen")
        said.append(f"values differ by up to {found.largest:.2g}")
    if found.lost:
        said.append(f"the verdicts of {found.lost} pictures are lost")
    if found.only_now:
        said.append(f"{found.only_now} pictures at the end have no verdict")
    if found.only_then:
        said.append(f"the landmarks of {found.only_then} pictures are lost")
    said += ["the holds differ"] * found.holds + ["the seconds differ"] * found.ledger
    then = ", ".join(f"{key} {value}" for key, value in versions_then(recording).items())
    now = ", ".join(f"{key} {value}" for key, value in versions_now().items())
    line = f"! judged again, the result is not the recorded one: {'; '.join(said)}"
    return Text(f"{line}\n  recorded by {then or 'an unknown version'}; judged by {now}", "yellow")


def _changes(name: str, changes: Changes) -> Iterator[RenderableType]:
    moved = changes.moved_us
    if not moved and not changes.holds:
        yield Text(f"\nNothing changes with {name}: every second and hold counts as recorded.")
        return
    seconds = table(f"What changes with {name}", "recorded", "now", "seconds s", "where, s")
    for (then, now), duration_us in moved.items():
        spans = [
            (span.start_s, span.end_s, span.why)
            for span in changes.spans
            if (span.then, span.now) == (then, now)
        ]
        moved_s = f"{duration_us / MICROSECONDS:.1f}"
        seconds.add_row(marked(then), marked(now), moved_s, longest(spans, MOST_PLACES))
    yield seconds
    if changes.holds:
        holds = table("Holds that change", "", "side", "start s", "recorded s", "now s", "")
        for change in changes.holds:
            holds.add_row(*_hold_cells(change))
        yield holds


def _hold_cells(change: HoldChange) -> list[str]:
    hold = change.now or change.then
    start = "-" if hold is None else f"{hold.start_s:.1f}"
    side = "-" if hold is None else hold.leg
    return [change.kind, side, start, _held(change.then), _held(change.now), _completeness(change)]


def _held(hold: Hold | None) -> str:
    return "-" if hold is None else tenths(hold.held_s)


def _completeness(change: HoldChange) -> str:
    then = change.then is not None and change.then.complete
    if change.now is None:
        return "was complete" if then else ""
    if change.now.complete:
        return "complete" if then else "now complete"
    return "no longer complete" if then else ""


_OF_ANNOTATION: Final = "start_s end_s state rule note annotator made_at"
_OF_HOLD: Final = "side side_known start_s end_s held_s complete"


def _difference_dict(found: Difference | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        **facts(found, "compared verdicts states first_s"),
        "largest_value": found.largest,
        "lost_verdicts": found.lost,
        "only_recorded": found.only_then,
        "only_now": found.only_now,
        "holds": found.holds,
        "seconds": found.ledger,
    }


def _changes_dict(changes: Changes) -> dict[str, Any]:
    return {
        "moved_s": [
            {"recorded": then, "now": now, "seconds": us / MICROSECONDS}
            for (then, now), us in changes.moved_us.items()
        ],
        "unchanged_s": changes.kept_us / MICROSECONDS,
        "spans": [
            {
                **facts(span, "start_s end_s"),
                "recorded": span.then,
                "now": span.now,
                "why": span.why,
            }
            for span in changes.spans
        ],
        "holds": [
            {
                "change": change.kind,
                "recorded": None if change.then is None else facts(change.then, _OF_HOLD),
                "now": None if change.now is None else facts(change.now, _OF_HOLD),
            }
            for change in changes.holds
        ],
    }
