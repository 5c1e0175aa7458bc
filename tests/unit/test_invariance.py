"""Changed pictures in, how often the verdict stays out."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from posecheck import cli, exercises
from posecheck.evaluation import cache, invariance
from posecheck.ledger import Interval, Ledger, Step
from posecheck.pipeline import observe
from posecheck.pose import models
from posecheck.sources import SourceInfo
from posecheck.types import Frame, Observation, Pose, Side, SideKnown, State, Verdict
from tests.figures import SEATED_FEET_DOWN, SEATED_UPRIGHT, SEATED_VALID, SIZE_PX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.figures import Figure

pytestmark = pytest.mark.slow

SEATED = exercises.load("seated-figure-four")
STORY = (
    [SEATED_FEET_DOWN.drawn()] * 4
    + [SEATED_UPRIGHT.drawn()] * 4
    + [SEATED_VALID.drawn()] * 24
    + [SEATED_UPRIGHT.drawn()] * 8
)
LEFT_HALF_WHITE = np.zeros((SIZE_PX[1], SIZE_PX[0], 3), np.uint8)
LEFT_HALF_WHITE[:, : SIZE_PX[0] // 2] = 200


class FakeSource:
    """Pictures that are white on their left half, ten a second."""

    info = SourceInfo("video", "fake.mp4", SIZE_PX, len(STORY), len(STORY) / 10)

    def frames(self) -> Iterator[Frame]:
        for number in range(len(STORY)):
            yield Frame(number / 10, LEFT_HALF_WHITE.copy())

    def warnings(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        pass


@dataclass
class FakeEstimator:
    """Sees the story in whatever is done to the pictures, mirrored where they are."""

    names_legs_by_place: bool = False

    def estimate(self, frame: Frame) -> Observation:
        height, width = frame.image_bgr.shape[:2]
        middle = width // 2
        turned = frame.image_bgr[:, :middle].mean() < frame.image_bgr[:, middle:].mean()
        figure: Figure = STORY[round(frame.t_s * 10)]
        if turned and not self.names_legs_by_place:
            figure = figure.mirrored()
        pose = figure.pose()
        scale = height / SIZE_PX[1] if height < SIZE_PX[1] else 1.0
        image = (pose.image_px * np.float32(scale)).astype(np.float32)
        found = Pose(image, pose.world_m, pose.visibility, pose.presence)
        return Observation(frame.t_s, (width, height), found)

    def close(self) -> None:
        pass


@pytest.fixture
def estimator(monkeypatch: pytest.MonkeyPatch) -> FakeEstimator:
    """Return what sees the pictures of every file."""
    fake = FakeEstimator()
    monkeypatch.setattr(cache, "open_source", lambda *_: FakeSource())
    monkeypatch.setattr(observe, "open_estimator", lambda *_, **_rest: fake)
    return fake


def test_what_does_not_depend_on_the_pictures_stays_fully(
    estimator: FakeEstimator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not estimator.names_legs_by_place
    command = ["invariance", "a.mp4", "b.mp4", "--exercise", "seated-figure-four"]
    assert cli.main([*command, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["schema"] == "posecheck.invariance/1"
    assert [video["exercise"] for video in said["videos"]] == ["seated-figure-four"] * 2
    names = [variant.name for variant in cache.VARIANTS]
    assert list(said["overall"]) == names
    for video in said["videos"]:
        for name in names[:-1]:
            found = video["variants"][name]
            assert found["share"] == found["counted_share"] == 1, name
            # Valid in pictures 8 to 31, so 2.3 s of 3.9.
            assert (found["compared_s"], found["valid_s"]) == (3.9, 2.3), name
    assert said["overall"]["mirrored"]["valid_s"] == 4.6
    # Every second picture: the first valid one is picture 8, the last picture 30.
    thinned = said["videos"][0]["variants"]["every second picture"]
    assert (thinned["compared_s"], thinned["valid_s"]) == (3.8, 2.2)
    assert thinned["share"] == pytest.approx(3.7 / 3.8, abs=0.03)
    assert cli.main(command) == 0
    text = capsys.readouterr().out
    assert "All 2 videos together" in text
    assert "100 (100)" in text


@pytest.mark.usefixtures("estimator")
def test_the_exercise_that_fits_best_is_judged_in_every_variant() -> None:
    found = invariance.of_video(Path("a.mp4"), None, models.find("lite"))
    assert found.exercise == "seated-figure-four"


@pytest.mark.usefixtures("estimator")
def test_mirrored_poses_are_kept_as_a_whole_session(tmp_path: Path) -> None:
    clip, folder = tmp_path / "a.mp4", tmp_path / "kept"
    clip.write_bytes(b"x")
    first = cache.poses(clip, folder, "lite", cache.MIRRORED)
    assert len(first) == len(STORY)
    for seen, figure in zip(first, STORY, strict=True):
        assert seen.pose is not None
        assert seen.pose.same_as(figure.mirrored().pose())
    (kept,) = folder.iterdir()
    before = kept.stat().st_mtime_ns
    again = cache.poses(clip, folder, "lite", cache.MIRRORED)
    assert [seen.t_s for seen in again] == [seen.t_s for seen in first]
    assert (kept.stat().st_mtime_ns, len(list(folder.iterdir()))) == (before, 1)


def test_a_leg_named_by_its_place_in_the_picture_shows_when_mirrored(
    estimator: FakeEstimator,
) -> None:
    estimator.names_legs_by_place = True
    found = invariance.of_video(Path("a.mp4"), SEATED, models.find("lite")).stays
    mirrored = found["mirrored"]
    assert mirrored.any_leg_us == mirrored.compared_us
    assert mirrored.compared_us - mirrored.agreed_us == mirrored.either_us == 2_300_000
    assert (mirrored.both_us, mirrored.both_any_leg_us) == (0, 2_300_000)
    assert found["darker"].agreed_us == found["darker"].compared_us


def steps(*told: tuple[float, State, Side, SideKnown]) -> tuple[Step, ...]:
    """Return steps of intervals that end at some seconds; the first begins at 0."""
    unseen = Verdict(State.UNSEEN, Side.RIGHT, None)
    found, before_us = [Step(0.0, unseen, None, None, None, Ledger())], 0
    for end_s, state, side, known in told:
        end_us = round(end_s * 1e6)
        interval = Interval(state, end_us - before_us, None)
        verdict = Verdict(state, side, None, (), known)
        found.append(Step(end_s, verdict, interval, None, None, Ledger()))
        before_us = end_us
    return tuple(found)


SEEN, UNKNOWN = SideKnown.SEEN, SideKnown.UNKNOWN


def test_time_is_compared_where_both_have_some_with_its_true_length() -> None:
    filmed = steps((1, State.VALID, Side.RIGHT, SEEN), (4, State.WRONG, Side.RIGHT, SEEN))
    changed = steps((0.5, State.VALID, Side.RIGHT, SEEN), (3, State.WRONG, Side.LEFT, SEEN))
    found = invariance.stay(filmed, changed)
    assert (found.compared_us, found.agreed_us) == (3_000_000, 2_500_000)
    assert (found.either_us, found.both_us) == (1_000_000, 500_000)
    assert (found.filmed_valid_us, found.valid_us) == (1_000_000, 500_000)


@pytest.mark.parametrize("variant", [cache.AS_FILMED, *cache.VARIANTS], ids=lambda v: v.name)
def test_a_picture_that_stands_still_does_so_in_every_variant(
    variant: cache.Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = FakeSource()
    still = [replace(frame, repeated=frame.t_s >= 2.0) for frame in source.frames()]
    monkeypatch.setattr(source, "frames", lambda: iter(still))
    seen = {f.t_s: f.repeated for f in cache.VariantSource(source, variant).frames()}
    assert seen == {f.t_s: f.repeated for f in still[:: variant.every]}


@pytest.mark.parametrize(
    ("one", "other", "agrees"),
    [(SEEN, SEEN, False), (SEEN, UNKNOWN, False), (UNKNOWN, UNKNOWN, True)],
)
def test_legs_agree_if_told_apart_both_or_neither(
    one: SideKnown, other: SideKnown, *, agrees: bool
) -> None:
    filmed = steps((2, State.VALID, Side.RIGHT, one))
    changed = steps((2, State.VALID, Side.LEFT, other))
    found = invariance.stay(filmed, changed)
    assert found.any_leg_us == found.both_any_leg_us == 2_000_000
    assert (found.agreed_us, found.both_us) == ((2_000_000,) * 2 if agrees else (0, 0))


@pytest.mark.parametrize("variant", cache.VARIANTS, ids=lambda variant: variant.name)
def test_a_changed_picture_holds_all_of_the_person(variant: cache.Variant) -> None:
    image = np.zeros((120, 200, 3), np.uint8)
    image[30:90, 20:60] = 240
    if variant.change is None:
        assert variant.every == 2
        return
    changed = variant.change(image)
    assert changed.dtype == np.uint8
    assert changed.flags.c_contiguous
    scale = changed.shape[0] / 120 if "smaller" in variant.name else 1.0
    light = 0.5 if "darker" in variant.name else 1.0
    assert changed.sum() / image.sum() == pytest.approx(scale**2 * light, rel=0.03)
    right = changed.shape[1] // 2
    on_the_right = changed[:, right:].sum() > changed[:, :right].sum()
    assert on_the_right is np.bool_(variant.mirrored)


def test_a_file_that_is_no_video_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["invariance", str(tmp_path / "none.mp4")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
