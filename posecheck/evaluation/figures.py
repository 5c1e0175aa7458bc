"""Figures of an evaluation, and what got better or worse since an earlier one.

The JSON is one object, schema ``posecheck.evaluation/1``: ``clips`` (each with its
figures), ``groups`` (total, by exercise, view, person, story, look and role) and ``errors``.
Keys end in their unit. A figure without data (no hold, no such angle) is null.

`compare` takes the figures of two evaluations. The total and each exercise are compared if they are
made of the same clips (video and truth unchanged); if the total is not, every clip that both have
is compared by itself. Better and worse mean: by more than the figure's noise margin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from posecheck import __version__
from posecheck.errors import PoseCheckError
from posecheck.evaluation.confusion import spread
from posecheck.evaluation.run import GROUPINGS
from posecheck.evaluation.score import Score, total
from posecheck.evaluation.truth import parsed
from posecheck.reports.json_line import facts, line
from posecheck.types import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
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
        PoseCheckError: if the file holds no evaluation; the message is one line.
    """
    return parsed(path, SCHEMA, "; write it with evaluate --json", PoseCheckError)


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


EDGE_S: Final = 0.14
"""Seconds by which noise can change a hold: one frame at each of its two edges, at 15 frames a
second. On one machine two runs give the same figures; another processor rounds the pose model's
numbers differently, and that can move the moment when a limit is crossed by a frame."""

HOLD_ERROR_S: Final = 0.14
"""Noise margin of hold errors, seconds per 10 s; one frame at each edge."""

ANGLE_DEG: Final = 0.3
"""Noise margin of mean absolute angle errors, degrees: posecheck's own choice, a fiftieth of the
errors on the sample clips. The effect of another processor was not measured."""

ANGLE_TAIL_DEG: Final = 1.0
"""Noise margin of 95th percentiles, degrees; they depend on few frames."""

SWAPPED_SHARE: Final = 0.005
"""Noise margin of the share of swapped frames: where the two legs cover each other, the
result is random."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A figure that is compared; less is better.

    Attributes:
        path: its place in the figures.
        label: name in reports, with the unit.
        margin: the change that noise can make, in the figure's unit.
        per_hold: whether the margin counts for every true hold.
    """

    path: str
    label: str
    margin: float
    per_hold: bool = False


WATCHED: Final = (
    Watched("time/false_s", "falsely valid s", EDGE_S, per_hold=True),
    Watched("time/false_far_s", "falsely valid, far s", EDGE_S),
    Watched("time/missed_s", "missed s", EDGE_S, per_hold=True),
    Watched("time/other_side_s", "wrong side s", EDGE_S, per_hold=True),
    Watched("holds/error_median_s_per_10_s", "hold error, median s/10 s", HOLD_ERROR_S),
    Watched("holds/error_p90_s_per_10_s", "hold error, worst tenth s/10 s", HOLD_ERROR_S),
    Watched("holds/complete_missed", "complete holds missed", 0.0),
    Watched("holds/complete_invented", "complete holds invented", 0.0),
    Watched("swaps/share", "swapped frames, share", SWAPPED_SHARE),
    *(
        Watched(
            f"angles_deg/{joint}/{leg}/seen/{kind}", f"{joint} {leg}, {what} °", margin
        )
        for joint in ("trunk-thigh", "knee")
        for leg in ("supporting", "stretched", "both")
        for kind, what, margin in (
            ("mean_abs", "mean", ANGLE_DEG),
            ("p95", "95th percentile", ANGLE_TAIL_DEG),
        )
    ),
)  # fmt: skip
"""All compared figures. Complete holds have no margin: each one missed or invented is an error."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that differs between two evaluations, by more or by less than noise.

    Attributes:
        group: name of the group of clips.
        label: name in reports.
        before, now: value of the figure in the earlier and in the new evaluation; less is better.
        margin: the change that noise can make.
    """

    group: str
    label: str
    before: float
    now: float
    margin: float

    @property
    def worse(self) -> bool:
        """Whether the figure got worse by more than noise."""
        return self.now - self.before > self.margin + 1e-9

    @property
    def better(self) -> bool:
        """Whether the figure got better by more than noise."""
        return self.before - self.now > self.margin + 1e-9


@dataclass(frozen=True, slots=True)
class Comparison:
    """Result of a comparison.

    Attributes:
        changes: figures that differ, also by less than noise.
        note: remark for the reader about the compared clips; may be empty.
    """

    changes: tuple[Change, ...]
    note: str

    @property
    def worse(self) -> bool:
        """Whether any figure got worse by more than noise."""
        return any(change.worse for change in self.changes)


def compare(before: dict[str, Any], now: dict[str, Any], path: Path) -> Comparison:
    """Compare two evaluations in JSON types.

    Args:
        before: the earlier one.
        now: the new one.
        path: file of the earlier one, for messages.

    Raises:
        PoseCheckError: if the earlier one is damaged, or they have no clip in common.
    """
    try:
        pairs = list(_comparable(before, now))
        known = {clip["name"]: clip["sha256"] for clip in before["clips"]}
    except (KeyError, TypeError, AttributeError) as error:
        message = f"{path}: is damaged; write it anew with evaluate --json"
        raise PoseCheckError(message) from error
    if not pairs:
        message = f"{path}: has no clip in common with this run"
        raise PoseCheckError(message)
    changes = tuple(change for group in pairs for change in _changes(*group))
    same = known == {clip["name"]: clip["sha256"] for clip in now["clips"]}
    notes = [] if same else ["the clips are not the same as then; only what is in both is compared"]
    if before.get("model") != now["model"]:
        notes.append(f"the model was {before.get('model')} then, and is {now['model']} now")
    for key, usual, words in (
        ("side", "auto", "the side was {} then, and is {} now"),
        ("mirrored", False, "mirrored was {} then, and is {} now"),
        ("rotate_deg", 0, "recordings were turned by {} degrees then, and are by {} now"),
        ("mirror", False, "mirror was {} then, and is {} now"),
    ):
        if before.get(key, usual) != now[key]:
            notes.append(words.format(before.get(key, usual), now[key]))
    return Comparison(changes, "; ".join(notes))


def _comparable(
    before: dict[str, Any], now: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield name and figures of every group that both have."""
    earlier = {clip["name"]: clip for clip in before["clips"]}
    unchanged = {
        clip["name"]
        for clip in now["clips"]
        if earlier.get(clip["name"], {}).get("sha256") == clip["sha256"]
    }

    def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
        return one["members"] == other["members"] and unchanged.issuperset(one["members"])

    then, today = before["groups"], now["groups"]
    whole = same(then["total"]["all"], today["total"]["all"])
    if whole:
        yield "total", then["total"]["all"]["figures"], today["total"]["all"]["figures"]
    for name, group in today["exercise"].items():
        if name in then["exercise"] and same(then["exercise"][name], group):
            yield name, then["exercise"][name]["figures"], group["figures"]
    if not whole:
        for clip in now["clips"]:
            if clip["name"] in unchanged:
                yield clip["name"], earlier[clip["name"]]["figures"], clip["figures"]


def _changes(group: str, before: dict[str, Any], now: dict[str, Any]) -> Iterator[Change]:
    holds = max(1.0, figure(now, "holds/true") or 0.0)
    for watched in WATCHED:
        then, today = figure(before, watched.path), figure(now, watched.path)
        if then is not None and today is not None and then != today:
            margin = watched.margin * (holds if watched.per_hold else 1.0)
            yield Change(group, watched.label, then, today, margin)
