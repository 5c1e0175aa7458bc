"""Measure how far the depth of both figure-fours is off, by body and camera place.

    python -m tests.bench.depth FOLDER [--poses FOLDER]

FOLDER holds clips of the matrix. The depth is the supporting trunk-thigh angle that the exercise
judges. Looked at are the moments in which everything else is truly valid and the true angle is 60
to 100 degrees; each clip counts with the median of its errors. Beside the reading that posecheck
uses stand others, each after its best constant: what is left is what no constant and no dial can
take away. A correction that does not know the body would show as a row whose bodies and places are
all near 0. Poses are kept in ``--poses`` (default: where ``posecheck evaluate`` keeps them).
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from posecheck import exercises
from posecheck.evaluation import cache, truth
from posecheck.evaluation.true_form import true_verdicts
from posecheck.measure import leg_quantities as leg
from posecheck.measure.body import PoseArrays
from posecheck.measure.geometry import joint_angle_deg
from posecheck.types import Side, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from posecheck.measure.geometry import Floats

    At = Callable[[str], Floats]

LEFT_OUT = ("-frontal-", "too_far", "half_out", "-dark-", "companion", "second_person")
"""Parts of the names of clips in which the depth is not what fails."""

RANGE_DEG = (60.0, 100.0)
LEAST_PICTURES = 8
RULE_OF = {"seated-figure-four": "lean", "supine-figure-four": "thigh-drawn-in"}


def middle(at: At) -> Floats:
    """Return the angle at the middle of the hips; ``at`` gives a landmark's place."""
    points = [(at(f"left_{p}") + at(f"right_{p}")) / 2 for p in ("shoulder", "hip", "knee")]
    return joint_angle_deg(*points)


def readings(name: str, body: PoseArrays) -> dict[str, Floats]:
    """Return the depth as posecheck reads it, and in other ways."""
    ways = {"world landmarks": body.world, "in perspective": body.perspective}
    mids = {way: middle(at) for way, at in ways.items()}
    now = leg.trunk_thigh_middle(body, Side.BOTH)
    mids["mean of both"] = (now + mids["world landmarks"]) / 2
    if name == "seated-figure-four":
        lean = leg.trunk_lean(body, Side.BOTH)
        return {
            "as used": leg.seated_depth(body, Side.BOTH),
            "middle alone": now,
            "trunk more": 0.32 * now - 0.8 * lean,
            **{way: (mid - lean) / 2 for way, mid in mids.items()},
        }
    lift = 10.0 * leg.foot_lift(body, Side.BOTH)
    return {
        "as used": leg.supine_depth(body, Side.BOTH),
        "middle alone": 0.62 * now,
        "with the view": 0.62 * now - lift + 0.07 * body.off_side_deg,
        **{way: 0.62 * mid - lift for way, mid in mids.items()},
    }


def errors(clip: Path, poses: Path) -> tuple[str, dict[str, float]] | None:
    """Return a clip's exercise and each reading's median error; None if it shows too little."""
    known = truth.load(clip.with_name(clip.stem + truth.SUFFIX))
    if known.exercise not in RULE_OF:
        return None
    exercise = exercises.load(known.exercise)
    seen = cache.poses(clip, poses, "full", exercise=exercise)
    true = np.full(len(seen), np.nan)
    for row, verdict in enumerate(true_verdicts(known, exercise)[: len(seen)]):
        of_depth = [r for r in verdict.readings if r.rule == RULE_OF[known.exercise]]
        others = [r for r in verdict.readings if r not in of_depth]
        if of_depth and all(r.state is State.VALID for r in others):
            true[row] = of_depth[0].value
    found = {}
    for way, read in readings(known.exercise, PoseArrays.of(seen)).items():
        off = (read - true)[(true > RANGE_DEG[0]) & (true < RANGE_DEG[1])]
        off = off[np.isfinite(off)]
        if len(off) < LEAST_PICTURES:
            return None
        found[way] = float(np.median(off))
    return known.exercise, found


def table(found: dict[str, dict[str, float]]) -> Iterable[str]:
    """Yield a row for each reading; clips by name, ``EXERCISE-STORY-VIEW-BODY-NUMBER``."""
    parts = {clip: clip.split("-") for clip in found}
    groups = [sorted({part[place] for part in parts.values()}) for place in (3, 2)]
    names = [name for group in groups for name in group]
    yield f"| reading | constant | spread | worst clip | {' | '.join(names)} |"
    yield "|---" * (4 + len(names)) + "|"
    for way in next(iter(found.values())):
        off = {clip: of_clip[way] for clip, of_clip in found.items()}
        mean = float(np.mean(list(off.values())))
        left = {clip: value - mean for clip, value in off.items()}
        cells = [
            np.mean([left[clip] for clip, part in parts.items() if part[place] == name])
            for place, group in zip((3, 2), groups, strict=True)
            for name in group
        ]
        values = list(left.values())
        row = [f"{mean:+.1f}" if way == "as used" else "", f"{np.std(values):.1f}"]
        row += [f"{np.abs(values).max():.1f}", *(f"{cell:+.1f}" for cell in cells)]
        yield f"| {way} | {' | '.join(row)} |"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How far the depth of the figure-fours is off.")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--poses", type=Path, metavar="FOLDER")
    wanted = parser.parse_args()
    poses = wanted.poses or wanted.folder / cache.FOLDER
    found: defaultdict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    for clip in sorted(wanted.folder.glob("*figure_four*.mp4")):
        if any(part in clip.name for part in LEFT_OUT):
            continue
        print(clip.name, file=sys.stderr)
        one = errors(clip, poses)
        if one is not None:
            found[one[0]][clip.stem] = one[1]
    for exercise, clips in found.items():
        print(f"\n{exercise}, {len(clips)} clips, degrees\n")
        print("\n".join(table(clips)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
