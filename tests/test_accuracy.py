"""A small part of the matrix: no figure may get worse by more than noise.

When a change is meant to move the figures, write them anew and look at what changed:
``posecheck evaluate sample_videos --json > tests/data/accuracy.json``
"""

from __future__ import annotations

from pathlib import Path

import pytest

from posecheck.evaluation import figures
from posecheck.evaluation.run import evaluate

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[1]
BEFORE = REPOSITORY / "tests" / "data" / "accuracy.json"
CLIPS = REPOSITORY / "sample_videos"


def test_no_figure_got_worse_on_the_committed_clips() -> None:
    before = figures.load(BEFORE)
    evaluation = evaluate(CLIPS, workers=2)
    assert evaluation.errors == ()
    now = figures.as_dict(evaluation)
    assert [clip["name"] for clip in now["clips"]] == [clip["name"] for clip in before["clips"]]
    comparison = figures.compare(before, now, BEFORE)
    assert not comparison.worse, comparison
    # What matters most is said outright, whatever was written before.
    time = now["groups"]["total"]["all"]["figures"]["time"]
    holds = now["groups"]["total"]["all"]["figures"]["holds"]
    assert time["false_far_s"] == 0
    assert time["other_side_s"] == 0
    assert holds["complete_invented"] == 0
