"""Measure how far every quantity is from the truth, on clips whose joints are known.

    python -m tests.bench.angles FOLDER ... [--every N] [--json | --code]

A clip is ``NAME.mp4`` with one of these beside it:

- ``NAME.joints.json``: joint centres of a person, from optical markers: ``time_s`` and
  ``joint_m``, which gives for ``humerus``, ``femur``, ``tibia`` and ``talus`` (each ``_l`` and
  ``_r``) the proximal joint centre in metres, x forward, y up, z right;
- ``NAME.truth.json``: a rendered clip of sample_videos.

Every N-th picture is looked at. A quantity's error is what posecheck reads of the model's
landmarks, the legs named as the model names them, minus what the true joints give in the axes
of a level camera (quantities of the picture: in an exact side view). Each clip and side counts
the same, however long it is. Hips are "bent" where the true trunk-thigh angle of that side is
at most 120 degrees, else "straight". The figures of ``posecheck.measure.accuracy`` come from here.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from posecheck import exercises
from posecheck.evaluation import truth
from posecheck.landmarks import INDEX, LANDMARKS
from posecheck.measure.body import PoseArrays
from posecheck.measure.columns import sides_of
from posecheck.measure.quantities import QUANTITIES
from posecheck.pose import models, open_estimator
from posecheck.sources import open_source
from posecheck.types import Side

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

BENT_DEG = 120.0
MARKERS, RENDERED = ".joints.json", truth.SUFFIX
_BOTH = (Side.LEFT, Side.RIGHT)
_JOINTS = {"humerus": "shoulder", "femur": "hip", "tibia": "knee", "talus": "ankle"}


@dataclass(frozen=True)
class Error:
    """One quantity on one side in one clip; (N,) pictures in which both are known.

    Attributes:
        off: reading minus truth, in the quantity's unit.
        true: the true values.
        bent: whether the hip of that side is bent.
    """

    kind: str
    clip: str
    quantity: str
    off: Floats
    true: Floats
    bent: NDArray[np.bool_]


def marked(path: Path, t_s: Floats) -> PoseArrays:
    """Return the joints of a markers' file at the times of pictures, along a level camera."""
    content = json.loads(path.read_text("utf-8"))
    known_s = np.array(content["time_s"])
    world = np.full((len(t_s), len(LANDMARKS), 3), np.nan)
    for bone, joint in _JOINTS.items():
        for letter, side in (("l", "left"), ("r", "right")):
            place = np.array(content["joint_m"][f"{bone}_{letter}"])
            forward, up, right = (
                np.interp(t_s, known_s, axis, left=np.nan, right=np.nan) for axis in place.T
            )
            world[:, INDEX[f"{side}_{joint}"]] = np.stack([right, -up, forward], axis=1)
    image = np.full_like(world, np.nan)
    ones = np.ones(world.shape[:2])
    size = np.full((len(t_s), 2), 1000.0)
    return truth.from_the_side(PoseArrays(t_s, ones[:, 0] > 0, image, world, ones, size))


def rendered(path: Path, t_s: Floats) -> tuple[PoseArrays, NDArray[np.bool_] | None]:
    """Return the true form of a rendered clip at given times, and whether left is stretched."""
    known = truth.load(path)
    rows = np.abs(known.t_s[:, None] - t_s).argmin(axis=0)
    form = known.form
    sides = [known.sides[row] for row in rows]
    return (
        PoseArrays(
            t_s,
            form.present[rows],
            form.image_px[rows],
            form.world_m[rows],
            form.visibility[rows],
            form.frame_size_px[rows],
        ),
        None if None in sides else np.array([side is Side.LEFT for side in sides]),
    )


def errors(  # noqa: PLR0913 - one clip, and what is known of it
    kind: str,
    clip: str,
    seen: PoseArrays,
    true: PoseArrays,
    left: NDArray[np.bool_] | None = None,
    *,
    judged: Container[str] = (),
) -> Iterable[Error]:
    """Yield the errors of every quantity that the true joints define.

    Args:
        kind: people or rendered.
        clip: its name.
        seen: N pictures as the model sees them.
        true: the true form at the same times.
        left: (N,) whether the left side is the stretched one; None if no side is. What
            depends on it is then left out.
        judged: the quantities that the clip's exercise judges; an estimate of the pair of legs
            that stands for a leg's angle is compared on these exercises only.
    """
    bent = {side: QUANTITIES["trunk-thigh"].measure(true, side) <= BENT_DEG for side in _BOTH}
    for name, quantity in QUANTITIES.items():
        if name == "view-off-side":  # it is a fact of the camera, not of the form
            continue
        for side in sides_of(quantity):
            if side is not None:
                known = quantity.measure_exactly(true, side)
            elif quantity.exact is not None and (left is None or name not in judged):
                continue
            else:
                both = [quantity.measure_exactly(true, one) for one in _BOTH]
                known = both[0] if left is None else np.where(left, *both)
            off = quantity.measure(seen, side or Side.LEFT) - known
            there = np.isfinite(off)
            if there.any():
                yield Error(
                    kind, clip, name, off[there], known[there], bent[side or Side.LEFT][there]
                )


def looked_at(clip: Path, every: int) -> PoseArrays:
    """Return what the full model sees in every N-th picture."""
    with (
        closing(open_source(clip)) as source,
        closing(open_estimator(models.find("full"))) as model,
    ):
        return PoseArrays.of(
            [model.estimate(f) for number, f in enumerate(source.frames()) if number % every == 0]
        )


def summed(found: Iterable[Error], hips: str = "all") -> dict[str, float] | None:
    """Return mean error, bias, worst clip and the range of true values; None without any."""
    cells, true = [], []
    for error in found:
        part = {"all": error.bent | True, "bent": error.bent, "straight": ~error.bent}[hips]
        if part.any():
            off = error.off[part]
            cells.append((np.abs(off).mean(), off.mean()))
            true.append(error.true[part])
    if not cells:
        return None
    means = np.array(cells)
    low, high = np.percentile(np.concatenate(true), (5, 95))
    return {
        "mean": float(means[:, 0].mean()),
        "bias": float(means[:, 1].mean()),
        "worst": float(means[:, 0].max()),
        "low": float(low),
        "high": float(high),
        "cells": len(cells),
    }


def as_code(rows: dict[tuple[str, str, str], dict[str, float]]) -> str:
    """Return the lines of the table in ``posecheck.measure.accuracy``, in the order of its own.

    Where nobody crosses the legs, an ankle's place at the other leg says nothing.
    """
    lines = []
    for name, quantity in QUANTITIES.items():
        digits = (1, 0) if quantity.unit == "deg" else (2, 1)
        entries = []
        for clips, hips in (("people", "bent"), ("people", "straight"), ("rendered", "bent")):
            cells = rows.get((name, clips, hips))
            if cells is None or (clips == "people" and name.startswith("ankle")):
                entries.append("None")
                continue
            off = (round(cells[key], digits[0]) + 0.0 for key in ("mean", "bias", "worst"))
            true = (round(cells[key], digits[1]) + 0.0 for key in ("low", "high"))
            entries.append(f"Accuracy({', '.join(map(str, (*off, *true)))}, {cells['cells']:.0f})")
        if set(entries) != {"None"}:
            lines.append(f'    "{name}": ({", ".join(entries)}),')
    return "\n".join(lines)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How far every quantity is from the truth.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--every", type=int, default=4, metavar="N")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true")
    shape.add_argument("--code", action="store_true")
    wanted = parser.parse_args()
    found: defaultdict[tuple[str, str], list[Error]] = defaultdict(list)
    for clip in sorted(clip for folder in wanted.folders for clip in folder.glob("*.mp4")):
        markers, rig = (clip.with_name(clip.stem + suffix) for suffix in (MARKERS, RENDERED))
        if not (markers.exists() or rig.exists()):
            continue
        print(clip.name, file=sys.stderr)
        seen = looked_at(clip, wanted.every)
        if markers.exists():
            of_clip = errors("people", clip.name, seen, marked(markers, seen.t_s))
        else:
            known, left = rendered(rig, seen.t_s)
            rules = exercises.load(truth.load(rig).exercise).rules
            judged = {rule.quantity for rule in rules}
            of_clip = errors("rendered", clip.name, seen, known, left, judged=judged)
        for error in of_clip:
            found[error.quantity, error.kind].append(error)
    rows = {
        (name, kind, hips): cells
        for (name, kind), all_of_it in sorted(found.items())
        for hips in ("all", "bent", "straight")
        if (cells := summed(all_of_it, hips)) is not None
    }
    if wanted.json:
        keys = ("quantity", "clips", "hips")
        table = [dict(zip(keys, row, strict=True)) | cells for row, cells in rows.items()]
        print(json.dumps(table, indent=1))
        return 0
    if wanted.code:
        print(as_code(rows))
        return 0
    print("| quantity | clips | hips | mean error | bias | worst | true values | n |")
    print("|---" * 8 + "|")
    for row, cells in rows.items():
        digits = 1 if QUANTITIES[row[0]].unit == "deg" else 2
        mean, bias, worst = (cells[key] for key in ("mean", "bias", "worst"))
        off = f"{mean:.{digits}f} | {bias:+.{digits}f} | {worst:.{digits}f}"
        true = f"{cells['low']:.{digits - 1}f} to {cells['high']:.{digits - 1}f}"
        print(f"| {' | '.join(row)} | {off} | {true} | {cells['cells']:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
