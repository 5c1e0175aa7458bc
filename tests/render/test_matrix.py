"""The catalogue covers what it says; a run goes on where it was stopped."""

from __future__ import annotations

import signal
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from sample_videos.render.batch import Interrupt, Progress
from sample_videos.render.body import BODIES_DIR, Body
from sample_videos.render.cameras import CAMERAS
from sample_videos.render.clips import Clip
from sample_videos.render.looks import LOOKS
from sample_videos.render.matrix import OUTFIT_OF, REPORT_BODIES, REPORT_STORIES, catalogue
from sample_videos.render.motions.pigeon import PigeonForm
from sample_videos.render.outfit import OUTFITS, dress
from sample_videos.render.recipe import is_done, recipe_of
from sample_videos.render.stories import STORIES
from sample_videos.render.story import Segment, Story
from sample_videos.render.story_parts import DEPTHS, FIGURE_FOURS
from sample_videos.render.truth import Truth
from sample_videos.render.views import VIEWS, camera_of, jittered
from sample_videos.render.walker import Companion, Passer, Stander, Walker

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

ALL = catalogue()
TINY = Clip(
    "female", "pigeon", Story((Segment("rest", 0.2),)), CAMERAS["mat"], fps=10, size_px=(64, 48)
)


def view_of(name: str) -> str:
    return name.split("-")[2]


@pytest.mark.parametrize(
    ("named", "wanted"),
    [
        ("view", product(DEPTHS, VIEWS)),
        ("body", product(DEPTHS, OUTFIT_OF)),
        ("story", [(name, story) for story in STORIES for name in STORIES[story].exercises]),
        ("look", product(DEPTHS, LOOKS)),
        ("role", product(DEPTHS, ("tune", "report"))),
    ],
)
def test_every_exercise_has_every(named: str, wanted: list[tuple[str, str]]) -> None:
    found = {
        (clip.exercise, {
            "view": view_of(name), "body": clip.body, "story": clip.told_as,
            "look": clip.look, "role": clip.role,
        }[named])
        for name, clip in ALL.items()
    }  # fmt: skip
    assert set(wanted) <= found


def test_every_view_shows_every_body() -> None:
    found = {(view_of(name), clip.body) for name, clip in ALL.items()}
    assert found == set(product(VIEWS, OUTFIT_OF))


def test_bodies_and_stories_of_the_report_are_never_tuned_on() -> None:
    for name, clip in ALL.items():
        kept = clip.body in REPORT_BODIES or clip.told_as in REPORT_STORIES
        assert (clip.role == "report") == kept == name.startswith("report/")


def test_figure_fours_and_the_recommended_view_come_most_often() -> None:
    frames = {name: clip.frame_count for name, clip in ALL.items()}
    fours = sum(frames[name] for name, clip in ALL.items() if clip.exercise in FIGURE_FOURS)
    assert 0.55 < fours / sum(frames.values()) < 0.75
    views = [view_of(name) for name in ALL]
    assert views.count("recommended") > 3 * max(
        views.count(view) for view in VIEWS if view != "recommended"
    )


def test_the_matrix_is_as_large_as_two_cores_can_draw_in_an_hour() -> None:
    assert 160 <= len(ALL) <= 200
    assert sum(clip.frame_count for clip in ALL.values()) <= 36_000


def test_two_of_three_cameras_stand_5_to_13_degrees_off_the_named_place() -> None:
    off = 0
    for name, clip in ALL.items():
        side = clip.story.segments[0].stretched_side
        named = camera_of(clip.exercise, view_of(name), side)
        if clip.told_as in {"half_out", "wrong_side", "both_sides", "sides", "whole_session"}:
            continue
        around = abs((clip.camera.azimuth_deg - named.azimuth_deg + 180) % 360 - 180)
        up = clip.camera.elevation_deg - named.elevation_deg
        off += around > 0
        assert around == up == 0 or (5 <= around <= 13 and 5 <= abs(up) <= 13), name
    assert 0.5 < off / len(ALL) < 0.75


def test_a_camera_moves_the_same_way_for_the_same_name() -> None:
    camera = CAMERAS["floor"]
    assert jittered(camera, "tune/a-1") == jittered(camera, "tune/a-1")
    assert jittered(camera, "tune/a-1") != jittered(camera, "tune/a-2")
    low = replace(camera, elevation_deg=-3.0)
    assert min(jittered(low, f"tune/{n}").elevation_deg for n in range(50)) > 0


@pytest.mark.parametrize(("does", "size"), [("stands", 1.0), ("kneels", 0.6)])
def test_the_companion_stays_beside_the_person_on_the_floor(
    does: Literal["stands", "kneels"], size: float
) -> None:
    camera = CAMERAS["seated_left"]
    body = Body(BODIES_DIR / "male.npz")
    companion = Companion("male", "grey_and_shorts", does, size, side=-1)
    stander = Stander(companion, body, camera, floor_m=0.0)
    used = np.unique(body.faces[body.face_groups == "body"])
    first, later = stander.skin(0.0)[used], stander.skin(1.3)[used]
    assert first[:, 2].min() == pytest.approx(0.0)
    assert np.ptp(first[:, 2]) == pytest.approx(
        {"stands": 1.83, "kneels": 0.95}[does] * size, rel=0.1
    )
    pixels = camera.project(first, (640, 480))
    assert 0 < pixels[:, 0].min() < pixels[:, 0].max() < 320
    assert 0.005 < np.abs(first - later).max() < 0.15  # a hand moves most


def test_the_matrix_can_be_rendered_in_two_hours_on_two_cores() -> None:
    # About 0.15 s a frame and core was measured.
    assert sum(clip.frame_count for clip in ALL.values()) * 0.15 / 2 < 2 * 3600


def test_every_body_is_there_and_dressed_in_its_own_way() -> None:
    assert {path.stem for path in BODIES_DIR.glob("*.npz")} == set(OUTFIT_OF)
    assert len(set(OUTFIT_OF.values())) == len(OUTFIT_OF)
    assert set(OUTFIT_OF.values()) <= set(OUTFITS)


def finished(clip: Clip, out: Path) -> None:
    """Leave what a finished rendering leaves."""
    Truth("tiny", clip, recipe_of(clip)).write(out / "tiny.truth.json")
    (out / "tiny.mp4").touch()


def test_a_finished_clip_is_done_until_its_recipe_changes(tmp_path: Path) -> None:
    assert not is_done("tiny", TINY, tmp_path)
    finished(TINY, tmp_path)
    assert is_done("tiny", TINY, tmp_path)
    for changed in (
        replace(TINY, look="evening"),
        replace(TINY, fps=12),
        replace(TINY, camera=replace(TINY.camera, azimuth_deg=3.0)),
        replace(TINY, story=Story((Segment("rest", 0.2, depth=0.1),))),
        replace(TINY, passer=Passer("male", "grey_and_shorts", 1.0)),
        replace(TINY, companion=Companion("male", "grey_and_shorts")),
        replace(TINY, form=PigeonForm(arch_deg=20.0)),
    ):
        assert not is_done("tiny", changed, tmp_path)
    (tmp_path / "tiny.mp4").unlink()
    assert not is_done("tiny", TINY, tmp_path)


def test_progress_tells_the_time_left() -> None:
    progress = Progress(clips=4, frames=400, began_s=100.0)
    assert progress.line(100.0) == "0/4 clips, 0/400 frames"
    progress.add(100)
    assert progress.line(160.0) == "1/4 clips, 100/400 frames, about 3 min left"


def test_a_tiny_clip_is_rendered_whole(tmp_path: Path) -> None:
    pytest.importorskip("pyvista", reason="drawing needs the extra 'render'")
    pytest.importorskip("av", reason="writing a video needs PyAV")
    from sample_videos.render.render import render  # noqa: PLC0415 - needs both

    render("folder/tiny", TINY, tmp_path)
    assert is_done("folder/tiny", TINY, tmp_path)
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == [
        "tiny.mp4",
        "tiny.truth.json",
    ]


def test_ctrl_c_waits_for_the_picture_that_is_drawn() -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        interrupt = Interrupt()
        interrupt.check()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            interrupt.check()
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_clip_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    pytest.importorskip("pyvista", reason="drawing needs the extra 'render'")
    pytest.importorskip("av", reason="writing a video needs PyAV")
    from sample_videos.render.render import render  # noqa: PLC0415 - needs both

    def stop(_done: int, _frames: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        render("tiny", TINY, tmp_path, stop)
    assert list(tmp_path.iterdir()) == []


def test_only_the_part_with_the_person_is_drawn_and_nobody_sees_it() -> None:
    pytest.importorskip("pyvista", reason="drawing needs the extra 'render'")
    from sample_videos.render.motions import EXERCISES  # noqa: PLC0415 - see above
    from sample_videos.render.scene import Scene  # noqa: PLC0415 - needs pyvista
    from sample_videos.render.story import Moment  # noqa: PLC0415 - see above

    body = Body(BODIES_DIR / "female.npz")
    motion = EXERCISES["pigeon"](body)
    skin = body.skin(body.skeleton(motion.pose(Moment(1.0, 1.0))))
    pictures = []
    for part in (None, (20, 20, 300, 220)):
        wears = dress(body, OUTFITS["coral_and_shorts"])
        scene = Scene(motion, wears, LOOKS["day"], CAMERAS["mat"], (320, 240))
        if part is not None:
            scene.person.show(None)
            scene.keep_to(*part)
        scene.person.show(skin)
        pictures.append(scene.draw().astype(int))
        scene.close()
    differs = np.abs(pictures[0] - pictures[1]).max(axis=2) > 2
    assert differs.mean() < 0.001


def test_noise_depends_on_the_seed_alone() -> None:
    dark, drawn = LOOKS["dark"], np.full((48, 64, 3), 200, dtype=np.uint8)
    assert np.array_equal(dark.develop(drawn, 7), dark.develop(drawn, 7))
    assert not np.array_equal(dark.develop(drawn, 7), dark.develop(drawn, 8))
    assert dark.develop(drawn, 7).mean() < 50
    assert LOOKS["day"].develop(drawn, 7) is drawn


@pytest.mark.parametrize("view", ["seated_left", "supine_right", "floor_far_side"])
def test_the_passer_by_crosses_the_picture_behind_and_on_the_floor(view: str) -> None:
    camera = CAMERAS[view]
    body = Body(BODIES_DIR / "male.npz")
    passer = Passer("male", "grey_and_shorts", from_s=2.0)
    walker = Walker(passer, body, camera, floor_m=-0.02)
    assert walker.pose(1.9) is None
    assert walker.pose(passer.until_s) is None
    columns = []
    for t_s in np.linspace(2.0, passer.until_s - 0.01, 12):
        pose = walker.pose(float(t_s))
        assert pose is not None
        joints = body.joints(body.skeleton(pose))
        lowest = min(joints[f"{side}_ankle"][2] for side in ("left", "right"))
        assert lowest == pytest.approx(body.sole_depth_m() - 0.02)
        hips = (joints["left_hip"] + joints["right_hip"]) / 2
        target = np.array(camera.target_m)
        away = (target - camera.position) * [1.0, 1.0, 0.0]
        assert (hips - target) @ away / np.linalg.norm(away) > 1.0
        columns.append(float(camera.project(hips[None], (640, 480))[0, 0]))
    assert columns == sorted(columns)
    assert columns[0] < 0
    assert columns[-1] > 640
