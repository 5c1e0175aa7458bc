"""Figures of an evaluation: sums in, the figures for tables, JSON and comparison out.

The JSON is one object, schema ``posecheck.evaluation/1``: ``clips`` (each with its
figures), ``groups`` (total, by exercise, view, person, story, look and role) and ``errors``.
Keys end in their unit. A figure without data (no hold, no such angle) is null.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

from posecheck import __version__
from posecheck.errors import PoseCheckError, shown
from posecheck.evaluation.confusion import spread
from posecheck.evaluation.run import GROUPINGS
from posecheck.evaluation.score import Score, total
from posecheck.reports.json_line import facts, line
from posecheck.system import files
from posecheck.types import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from posecheck.evaluation.confusion import Spread
    from posecheck.evaluation.run import ClipScore, Evaluation
    from posecheck.evaluation.score import Errors, HoldScore, TimeScore

SCHEMA: Final = "posecheck.evaluation/1"

_DIGITS: Final = 6


def figures(score: Score) -> dict[str, Any]:
    """Return the figures of a score, in JSON types."""
    return {
        "clips": score.clips,
        "frames": score.frames,
        "time": _time(score.time),
        "holds": _holds(score.holds),
        "changes": {
            "per_10_s": _number(score.changes.per_10_s),
            "most_in_10_s": _number(score.changes.most_in_10_s),
        },
        "agreement": {
            "share": _number(score.confusion.share),
            "kappa": _number(score.confusion.kappa),
        },
        "swaps": {
            "frames": score.swaps.frames,
            "swapped": score.swaps.swapped,
            "share": _number(score.swaps.share),
        },
        "angles_deg": _nested(score.angles),
        "rules": _nested(score.rules),
    }


def as_dict(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation in JSON types."""
    groups: dict[str, Any] = {"total": {"all": _group(evaluation.clips)}}
    for grouping in GROUPINGS:
        groups[grouping] = {
            name: _group(clips) for name, clips in evaluation.groups(grouping).items()
        }
    return {
        "schema": SCHEMA,
        "posecheck": __version__,
        "model": evaluation.model,
        "side": "asked" if evaluation.conditions.asked else "auto",
        "mirrored": evaluation.conditions.mirrored,
        "rotate_deg": evaluation.conditions.turn.rotate_deg,
        "mirror": evaluation.conditions.turn.mirror,
        "clips": [
            {
                **facts(clip, "name sha256"),
                **facts(clip, " ".join(GROUPINGS)),
                "figures": figures(clip.score),
            }
            for clip in evaluation.clips
        ],
        "groups": groups,
        "errors": list(evaluation.errors),
    }


def render(evaluation: Evaluation) -> str:
    """Return an evaluation as one line of JSON."""
    return line(as_dict(evaluation))


def load(path: Path) -> dict[str, Any]:
    """Read an evaluation that `render` wrote.

    Raises:
        PoseCheckError: if it is none, in one line.
    """
    try:
        content = json.loads(files.content(path, files.LARGEST_TRUTH_BYTES))
    except OSError as error:
        message = f"{shown(path)}: cannot be read: {error.strerror or error}"
        raise PoseCheckError(message) from error
    except (ValueError, RecursionError) as error:
        message = f"{shown(path)}: is not JSON: {error}"
        raise PoseCheckError(message) from error
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != SCHEMA:
        said = f"schema {shown(str(schema))!r}" if schema else "no schema"
        message = f"{shown(path)}: has {said}, not {SCHEMA!r}; write it with evaluate --json"
        raise PoseCheckError(message)
    return dict(content)


def figure(content: object, path: str) -> float | None:
    """Return the number at a path such as "time/false_s"; None if there is none."""
    for key in path.split("/"):
        content = content.get(key) if isinstance(content, dict) else None
    is_number = isinstance(content, int | float) and not isinstance(content, bool)
    return float(content) if is_number else None  # type: ignore[arg-type]  # checked above


def _group(clips: Sequence[ClipScore]) -> dict[str, Any]:
    return {
        "members": [clip.name for clip in clips],
        "figures": figures(total(clip.score for clip in clips)),
        "agreement_95_percent_over_people": _spread_dict(spread_of(clips)),
    }


def spread_of(clips: Sequence[ClipScore]) -> Spread | None:
    """Return the spread of agreement with the truth over the persons in the clips."""
    by_person: dict[str, Score] = {}
    for clip in clips:
        by_person[clip.person] = by_person.get(clip.person, Score()) + clip.score
    return spread(score.confusion for score in by_person.values())


def _spread_dict(found: Spread | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "people": found.people,
        "share": [_number(end) for end in found.share],
        "kappa": [_number(end) for end in found.kappa],
    }


def _time(time: TimeScore) -> dict[str, float | None]:
    parts = {
        "scored_s": time.scored_us,
        "left_out_s": time.left_out_us,
        "true_valid_s": time.true_valid_us,
        "counted_s": time.counted_us,
        "right_s": time.right_us,
        "any_leg_s": time.any_leg_us,
        "other_side_s": time.other_side_us,
        "untold_s": time.untold_us,
        "missed_s": time.missed_us,
        "missed_wrong_s": time.called_wrong_us,
        "missed_unseen_s": time.called_unseen_us,
        "false_s": time.false_us,
        "false_far_s": time.false_far_us,
        "false_near_s": time.false_near_us,
        "false_ratio_s": time.false_ratio_us,
        "false_absent_s": time.false_absent_us,
        "false_unmeasured_s": time.false_unmeasured_us,
    }
    seconds: dict[str, float | None] = {key: us / MICROSECONDS for key, us in parts.items()}
    shares = {
        "right_share": time.share,
        "any_leg_share": time.part_of_valid(time.any_leg_us),
        "other_side_share": time.part_of_valid(time.other_side_us),
        "untold_share": time.part_of_valid(time.untold_us),
        "false_s_per_minute": time.per_minute(time.false_us),
        "false_far_s_per_minute": time.per_minute(time.false_far_us),
    }
    return seconds | {key: _number(value) for key, value in shares.items()}


def _holds(holds: HoldScore) -> dict[str, float | None]:
    return {
        "true": len(holds.errors),
        "error_mean_s": _number(holds.seconds.bias),
        "error_median_s_per_10_s": _number(holds.median_per_10_s),
        "error_p90_s_per_10_s": _number(holds.p90_per_10_s),
        "complete_true": holds.complete_found + holds.complete_missed,
        **facts(holds, "complete_found complete_missed complete_invented"),
    }


def _nested(errors: Mapping[str, Errors]) -> dict[str, Any]:
    """Return the figures of errors, "a/b/c" as nested objects."""
    tree: dict[str, Any] = {}
    for path, found in sorted(errors.items()):
        *above, last = path.split("/")
        place = tree
        for key in above:
            place = place.setdefault(key, {})
        place[last] = {
            "frames": found.count,
            "mean_abs": _number(found.mean_abs),
            "bias": _number(found.bias),
            "p95": _number(found.p95),
        }
    return tree


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, _DIGITS)
