"""Invariance: share of time with the same verdict when the frames of a video are changed.

The frames as filmed and the changed frames are both sorted into intervals, by the rules of
`posecheck.form.hold`. The time that both cover is compared interval by interval, weighted by
length. Two intervals agree if both are valid, both wrong or both unseen. Two valid intervals must
also name the same leg (in mirrored images the opposite leg), or neither may name a leg. Long times
that are unseen in both agree, too; therefore the share is also given for the time that counts as
valid in at least one of the two.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from posecheck import exercises
from posecheck.errors import PoseCheckError, shown
from posecheck.evaluation.cache import AS_FILMED, VARIANTS, open_variant
from posecheck.evaluation.score import Sum, total_of
from posecheck.form.judge import Judge, fitting
from posecheck.form.rule_check import misfit_of
from posecheck.ledger import overlaps
from posecheck.pipeline.observe import observe
from posecheck.reports.text import laid_out, percent, table
from posecheck.types import MICROSECONDS, SideKnown, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from posecheck.evaluation.cache import Variant
    from posecheck.exercises import Exercise
    from posecheck.ledger import Interval, Step
    from posecheck.pose.models import Model
    from posecheck.types import Observation, Verdict

SCHEMA: Final = "posecheck.invariance/1"


@dataclass(frozen=True, slots=True)
class Stay(Sum):
    """Time with an unchanged verdict, in microseconds; sums over videos add up.

    Attributes:
        compared_us: time that the frames as filmed and the changed frames both cover.
        agreed_us: the part of it with the same verdict, of the same leg where it is valid.
        any_leg_us: the part of it with the same verdict, for either leg.
        either_us: time that is valid in at least one of the two.
        both_us: time that is valid in both, of the same leg.
        both_any_leg_us: time that is valid in both, for either leg.
        filmed_valid_us: time that is valid in the frames as filmed.
        valid_us: time that is valid in the changed frames.
    """

    compared_us: int = 0
    agreed_us: int = 0
    any_leg_us: int = 0
    either_us: int = 0
    both_us: int = 0
    both_any_leg_us: int = 0
    filmed_valid_us: int = 0
    valid_us: int = 0


@dataclass(frozen=True, slots=True)
class VideoStay:
    """Invariance of the verdict on one video.

    Attributes:
        path: the video.
        exercise: the exercise that was judged.
        stays: sums for each variant, by its name.
    """

    path: Path
    exercise: str
    stays: Mapping[str, Stay] = field(default_factory=dict)


def of_video(
    path: Path,
    exercise: Exercise | None,
    model: Model,
    on_variant: Callable[[str], None] | None = None,
) -> VideoStay:
    """Judge a video as filmed and in every variant.

    Args:
        path: the video.
        exercise: the exercise to judge; None takes the one that fits best as filmed.
        model: a verified pose model.
        on_variant: called with the name of each variant before it is judged.

    Raises:
        PoseCheckError: if the video can't be read, or has fewer than two frames.
    """
    misfit = None if exercise is None else misfit_of(exercise)

    def seen(variant: Variant) -> list[Observation]:
        if on_variant is not None:
            on_variant(variant.name)
        with closing(open_variant(path, variant)) as source:
            batches = closing(observe(source, model, keep_frames=False, misfit=misfit))
            with batches as pairs:
                return [observation for batch in pairs for _, observation in batch]

    filmed = seen(AS_FILMED)
    if len(filmed) < len((0, 1)):
        message = f"{shown(path)}: has no time to compare; name a video of two pictures or more"
        raise PoseCheckError(message)
    if exercise is None:
        exercise = fitting(exercises.load_all(), filmed)
    steps = tuple(Judge(exercise).judge(filmed))
    stays = {
        variant.name: stay(
            steps, tuple(Judge(exercise).judge(seen(variant))), mirrored=variant.mirrored
        )
        for variant in VARIANTS
    }
    return VideoStay(path, exercise.name, stays)


def stay(filmed: Sequence[Step], changed: Sequence[Step], *, mirrored: bool = False) -> Stay:
    """Return the time in which the verdicts of changed frames equal those as filmed.

    Args:
        filmed: the steps of one clip.
        changed: the steps of the same clip with changed frames; their times may differ.
        mirrored: whether left and right change places in the changed images.
    """
    total = Stay()
    for start_us, end_us, one, other in overlaps(filmed, changed):
        total += _slice(end_us - start_us, one, other, mirrored=mirrored)
    return total


def over_all(videos: Sequence[VideoStay]) -> dict[str, Stay]:
    """Return the sums over videos, by variant."""
    return {
        variant.name: total_of((video.stays[variant.name] for video in videos), Stay())
        for variant in VARIANTS
    }


def _slice(
    duration_us: int, one: tuple[Step, Interval], other: tuple[Step, Interval], *, mirrored: bool
) -> Stay:
    valid = [interval.state is State.VALID for _, interval in (one, other)]
    same = one[1].state is other[1].state
    verdicts = one[0].verdict, other[0].verdict
    agreed = same and (not all(valid) or _same_leg(*verdicts, mirrored=mirrored))
    return Stay(
        compared_us=duration_us,
        agreed_us=duration_us * agreed,
        any_leg_us=duration_us * same,
        either_us=duration_us * any(valid),
        both_us=duration_us * (agreed and all(valid)),
        both_any_leg_us=duration_us * all(valid),
        filmed_valid_us=duration_us * valid[0],
        valid_us=duration_us * valid[1],
    )


def _same_leg(one: Verdict, other: Verdict, *, mirrored: bool) -> bool:
    unknown = [verdict.side_known is SideKnown.UNKNOWN for verdict in (one, other)]
    if any(unknown):
        return all(unknown)
    return other.side is (one.side.other if mirrored else one.side)


def as_dict(videos: Sequence[VideoStay]) -> dict[str, Any]:
    """Return the result in JSON types; times in seconds, shares 0 to 1, or null."""
    return {
        "schema": SCHEMA,
        "videos": [
            {
                "video": shown(video.path),
                "exercise": video.exercise,
                "variants": {name: _stay_dict(found) for name, found in video.stays.items()},
            }
            for video in videos
        ],
        "overall": {name: _stay_dict(found) for name, found in over_all(videos).items()},
    }


def _stay_dict(found: Stay) -> dict[str, float | None]:
    seconds = {
        name.removesuffix("_us") + "_s": us / MICROSECONDS for name, us in found.as_dict().items()
    }
    return seconds | {
        "share": _share(found.agreed_us, found.compared_us),
        "any_leg_share": _share(found.any_leg_us, found.compared_us),
        "counted_share": _share(found.both_us, found.either_us),
        "counted_any_leg_share": _share(found.both_any_leg_us, found.either_us),
    }


def as_text(videos: Sequence[VideoStay]) -> str:
    """Return the result as text that ends in a newline."""
    return laid_out(_parts(videos))


def _parts(videos: Sequence[VideoStay]) -> Iterator[RenderableType]:
    for video in videos:
        yield _table(f"{shown(video.path.name)}: {video.exercise}", video.stays)
    if len(videos) > 1:
        yield _table(f"All {len(videos)} videos together", over_all(videos))
    yield Text(
        "\nShare of the time with the same verdict (mirrored: of the other leg), and of the time "
        "that counts as valid in at least one of the two; in brackets: for either leg.",
        "dim",
    )


def _table(title: str, stays: Mapping[str, Stay]) -> RenderableType:
    made = table(title, "", "same verdict %", "of counted time %", "as filmed s", "counted s")
    for name, found in stays.items():
        made.add_row(
            name,
            _percents(found.agreed_us, found.any_leg_us, found.compared_us),
            _percents(found.both_us, found.both_any_leg_us, found.either_us),
            f"{found.filmed_valid_us / MICROSECONDS:.1f}",
            f"{found.valid_us / MICROSECONDS:.1f}",
        )
    return made


def _percents(part_us: int, any_leg_us: int, whole_us: int) -> str:
    if not whole_us:
        return "-"
    return f"{percent(part_us, whole_us)} ({percent(any_leg_us, whole_us)})"


def _share(part_us: int, whole_us: int) -> float | None:
    return round(part_us / whole_us, 6) if whole_us else None
