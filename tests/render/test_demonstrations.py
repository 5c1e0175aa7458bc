"""The demonstrations that are shipped: whole, small, and one for every exercise."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from posecheck import exercises
from sample_videos.render.body import BODIES_DIR, Body
from sample_videos.render.outfit import OUTFITS, dress, highlighted

if TYPE_CHECKING:
    from pathlib import Path

Image = pytest.importorskip("PIL.Image", reason="reading WebP needs Pillow")
demonstrations = pytest.importorskip(
    "sample_videos.render.demonstrations", reason="drawing needs the extra 'render'"
)


@pytest.mark.parametrize("name", exercises.names())
def test_every_exercise_has_a_small_loop_and_a_still_of_its_hold(name: str) -> None:
    loop, still = (exercises.demonstration(name, still=still) for still in (False, True))
    assert loop is not None
    assert still is not None
    assert loop.stat().st_size + still.stat().st_size < demonstrations.MOST_BYTES
    with Image.open(loop) as moving, Image.open(still) as standing:
        assert moving.size == standing.size == demonstrations.SIZE_PX
        assert moving.is_animated
        assert moving.info["loop"] == 0, "it goes on for ever"
        lengths_s, pictures = [], []
        for index in range(moving.n_frames):
            moving.seek(index)
            pictures.append(np.asarray(moving.convert("RGB"), dtype=int))
            lengths_s.append(moving.info["duration"] / 1000)
        held = pictures[int(np.argmax(lengths_s))]
        assert np.abs(held - np.asarray(standing.convert("RGB"))).mean() < 3
    story = demonstrations.DEMONSTRATIONS[name].story
    assert sum(lengths_s) == pytest.approx(story.duration_s, abs=0.1)
    assert max(lengths_s) >= 3.0, "it stays in the hold"
    assert np.abs(held - pictures[0]).mean() > 2, "the hold looks unlike the beginning"


def test_who_has_none_gets_none() -> None:
    assert exercises.demonstration("my-own-stretch") is None
    assert exercises.demonstration("../../sample_videos/pictures/live_valid") is None


def test_frames_follow_one_another_and_fill_the_story() -> None:
    times = list(demonstrations.frame_times(demonstrations.STORY))
    assert times[0][0] == 0.0
    for (start_s, length_s), (next_s, _) in pairwise(times):
        assert start_s + length_s == pytest.approx(next_s)
    assert sum(length_s for _, length_s in times) == pytest.approx(demonstrations.STORY.duration_s)


def test_only_the_stretched_leg_is_highlighted() -> None:
    body = Body(BODIES_DIR / "female.npz")
    wears = dress(body, OUTFITS["blue_and_leggings"])
    colour = (0, 150, 136)
    found = highlighted(body, wears, "R", colour)
    assert len(found) == len(wears)
    (changed,) = [index for index, wear in enumerate(found) if wear is not wears[index]]
    paint = found[changed].paint
    assert paint is not None
    x = found[changed].piece.follow(body.vertices)[:, 0]  # left is positive
    z = found[changed].piece.follow(body.vertices)[:, 2]
    leg = z < body.head("upperleg01.L")[2] - 0.15
    assert (paint[leg & (x < -0.02)] == colour).all()
    assert (paint[leg & (x > 0.02)] == wears[changed].colour).all()


def test_a_file_that_comes_out_too_large_is_not_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(demonstrations, "MOST_BYTES", 100)
    monkeypatch.setattr(
        demonstrations,
        "_draw",
        lambda _, times: (np.full((8, 8, 3), n, dtype=np.uint8) for n in range(len(times))),
    )
    with pytest.raises(ValueError, match="too many"):
        demonstrations.render("pigeon", tmp_path, lambda *_: None)
    assert list(tmp_path.iterdir()) == []
