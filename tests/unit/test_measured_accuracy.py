"""The measured error of quantities: where it comes from, and that it is shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from posecheck.measure import accuracy
from posecheck.measure.body import PoseArrays
from posecheck.measure.quantities import QUANTITIES
from posecheck.types import Side
from tests.bench import angles
from tests.figures import Figure

if TYPE_CHECKING:
    from pathlib import Path

BONES = {"humerus": "shoulder", "femur": "hip", "tibia": "knee", "talus": "ankle"}


def write_markers(path: Path, figures: list[Figure], fps: float) -> None:
    """Write figures as a laboratory does: x forward, y up, z right."""
    joints = [figure.joints() for figure in figures]

    def track(name: str) -> list[list[float]]:
        found = np.array([one[name] for one in joints])  # left, up, forward
        return np.stack([found[:, 2], found[:, 1], -found[:, 0]], axis=1).tolist()

    content = {
        "time_s": [number / fps for number in range(len(figures))],
        "joint_m": {
            f"{bone}_{side[0]}": track(f"{side}_{joint}")
            for bone, joint in BONES.items()
            for side in ("left", "right")
        },
    }
    path.write_text(json.dumps(content), "utf-8")


def test_markers_give_the_true_form(tmp_path: Path) -> None:
    figures = [Figure(lean=20, hip=(80.0, 130.0), knee=(95.0, 150.0))] * 3
    write_markers(tmp_path / "a.joints.json", figures, fps=10)
    true = angles.marked(tmp_path / "a.joints.json", np.array([0.05, 0.1, 0.5]))
    for name, side, wanted in (
        ("trunk-thigh", Side.LEFT, 80.0),
        ("trunk-thigh-front", Side.RIGHT, 130.0),
        ("knee", Side.LEFT, 95.0),
        ("knee-image", Side.RIGHT, 150.0),
        ("trunk-inclination", Side.LEFT, 20.0),
        ("chest-up", Side.LEFT, 110.0),
    ):
        values = QUANTITIES[name].measure_exactly(true, side)
        assert values[:2] == pytest.approx([wanted] * 2, abs=0.01), name
        assert np.isnan(values[2]), "beyond the end of the recording nothing is known"


def test_errors_are_readings_minus_truth(tmp_path: Path) -> None:
    """Seen are angles that are 10 degrees too large on the left and right on the right."""
    count = 4
    write_markers(tmp_path / "a.joints.json", [Figure(knee=(90.0, 100.0))] * count, fps=10)
    seen = PoseArrays.of([Figure(knee=(100.0, 100.0)).at(number / 10) for number in range(count)])
    true = angles.marked(tmp_path / "a.joints.json", seen.t_s)
    found = [e for e in angles.errors("people", "a", seen, true) if e.quantity == "knee"]
    assert [len(error.off) for error in found] == [count] * 2
    cells = angles.summed(found, "bent")
    assert cells is not None
    assert cells["mean"] == pytest.approx(5.0, abs=0.01)
    assert cells["bias"] == pytest.approx(5.0, abs=0.01)
    assert cells["worst"] == pytest.approx(10.0, abs=0.01)
    assert (cells["low"], cells["high"]) == pytest.approx((90.0, 100.0), abs=0.01)


def test_the_table_of_the_package_is_printed_as_code() -> None:
    cells = {"mean": 7.26, "bias": -0.01, "worst": 8.44, "low": 61.2, "high": 112.0, "cells": 4}
    rows: dict[tuple[str, str, str], dict[str, float]] = {("knee", "people", "bent"): cells}
    code = angles.as_code(rows)
    assert code == '    "knee": (Accuracy(7.3, 0.0, 8.4, 61.0, 112.0, 4), None, None),'


def test_extended_hips_are_not_bent(tmp_path: Path) -> None:
    figure = Figure(hip=(170.0, 100.0))
    write_markers(tmp_path / "a.joints.json", [figure], fps=10)
    seen = PoseArrays.of([figure.at(0.0)])
    true = angles.marked(tmp_path / "a.joints.json", seen.t_s)
    found = [e for e in angles.errors("people", "a", seen, true) if e.quantity == "knee"]
    assert [bool(error.bent.all()) for error in found] == [False, True]


def test_figures_are_of_quantities_that_there_are() -> None:
    measured = [name for name in QUANTITIES if accuracy.accuracy_of(name)]
    assert accuracy.as_dict(measured)["quantities"].keys() <= QUANTITIES.keys()
    assert len(measured) == len(accuracy._MEASURED)
    for name in measured:
        for figures in accuracy.accuracy_of(name).values():
            assert abs(figures.bias) <= figures.mean <= figures.worst
            assert figures.low < figures.high


def test_people_come_before_rendered_clips_and_nothing_is_made_up() -> None:
    assert accuracy.off_text("trunk-thigh-perspective", "deg") == "±7°"
    assert accuracy.off_text("trunk-thigh-perspective", "deg", 90.0) == "±7°"
    assert accuracy.off_text("trunk-thigh-perspective", "deg", 170.0) == "±10°", "hips straight"
    assert accuracy.off_text("ankle-to-other-knee", "ratio") == "±0.43 r"
    assert accuracy.off_text("head-lift", "deg") == "-"
