"""The summary as one JSON object on one line, schema ``posecheck.summary/1``.

`line` and `facts` are the kit of everything that is printed as JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from posecheck.errors import shown
from posecheck.measure import accuracy
from posecheck.types import State

if TYPE_CHECKING:
    from posecheck.pipeline.recorder import Summary

SCHEMA: Final = "posecheck.summary/1"

ENCODING: Final = "utf-8"


def as_dict(summary: Summary) -> dict[str, Any]:
    """Return the summary in JSON types; all times in seconds."""
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "source": summary.source.name,
        "exercise": summary.exercise.name,
        "duration_s": summary.duration_s,
        "frames": summary.frames,
        "seconds": {str(state): summary.ledger.seconds(state) for state in State},
        "holds": [
            facts(hold, "side side_known start_s end_s held_s target_s complete")
            for hold in summary.holds
        ],
        "faults": [facts(fault, "rule verdict seconds cue") for fault in summary.faults],
        "accuracy": accuracy.as_dict(rule.quantity for rule in summary.exercise.rules),
        "warnings": list(summary.warnings),
        "session": None if summary.session is None else shown(summary.session),
    }
    if summary.fits is not None:
        content["exercise_fits"] = summary.fits
    if summary.video is not None:
        content["video"] = str(summary.video)
    if summary.interrupted:
        content["interrupted"] = True
    if summary.not_judged:
        content["not_judged"] = [
            {
                "side": timed.side,
                "start_s": timed.start_s,
                "end_s": timed.end_s,
                "seconds": timed.seconds,
            }
            for timed in summary.not_judged
        ]
    if summary.statements:
        content["statements"] = list(summary.statements)
    if summary.source.kind == "picture":
        content["verdict"] = summary.verdict
    return content


def render(summary: Summary) -> str:
    """Return the summary as one line of JSON."""
    return line(as_dict(summary))


def facts(value: object, names: str) -> dict[str, Any]:
    """Return attributes of a value, by name; the names are separated by spaces."""
    return {name: getattr(value, name) for name in names.split()}


def line(content: dict[str, Any]) -> str:
    """Return JSON types and dataclasses as one line of JSON; NaN becomes null."""
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE).decode()
