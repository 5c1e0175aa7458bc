"""True joints in, true angles and verdicts out; damaged files in, one line out."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from posecheck import exercises
from posecheck.evaluation import truth
from posecheck.evaluation.true_form import true_sides, true_verdicts
from posecheck.evaluation.truth import TruthError
from posecheck.landmarks import INDEX
from posecheck.measure import quantities
from posecheck.types import Cause, Side, State
from tests.figures import LANDMARKS, SEATED_UPRIGHT, SEATED_VALID, SIZE_PX, Figure, former

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.exercises import Exercise

SAMPLES = Path(__file__).parents[2] / "sample_videos"
SEATED = exercises.load("seated-figure-four")
PRONE = exercises.load("prone-press-up")


def joints(figure: Figure) -> dict[str, Any]:
    """Return a figure as a truth file has it: z up, the person faces -y, left is +x."""
    pose = figure.pose()
    metres = {
        name: [float(left), -float(forward), float(up)]
        for name, (left, up, forward) in figure.joints().items()
    }
    return {
        "joints_m": metres,
        "joints_px": {name: pose.image_px[INDEX[name], :2].tolist() for name in metres},
    }


def camera(azimuth: float, elevation: float = 0.0) -> dict[str, Any]:
    """Return a camera 3 m from the middle of the hips."""
    a, e = np.radians([azimuth, elevation])
    position = 3 * np.array([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)])
    return {
        "azimuth_deg": azimuth,
        "elevation_deg": elevation,
        "position_m": position.tolist(),
        "target_m": [0.0, 0.0, 0.0],
    }


def content(
    figures: Sequence[Figure | None], rate: float = 10.0, elevation: float = 0.0
) -> dict[str, Any]:
    """Return a truth file of figures; None is an absent person."""
    azimuth = next(figure.azimuth for figure in figures if figure is not None)
    return {
        "schema": "posecheck.truth/1",
        "clip": "made",
        "exercise": "seated_figure_four",
        "stretched_side": "right",
        "size_px": list(SIZE_PX),
        "body": "stick",
        "camera": camera(azimuth, elevation),
        "story": [
            {"from_s": 0.0, "to_s": 1.0, "phase": "rest"},
            {"from_s": 1.0, "to_s": 11.0, "phase": "hold"},
            {"from_s": 11.0, "to_s": 12.0, "phase": "broken_upright"},
        ],
        "frames": [
            {"t_s": i / rate, "absent": True}
            if figure is None
            else {"t_s": i / rate, "stretched_side": "right", **joints(figure)}
            for i, figure in enumerate(figures)
        ],
    }


def written(folder: Path, said: object, name: str = "made") -> Path:
    path = folder / f"{name}.truth.json"
    path.write_text(said if isinstance(said, str) else json.dumps(said), encoding="utf-8")
    return path


def loaded(folder: Path, *figures: Figure | None, elevation: float = 0.0) -> truth.Truth:
    return truth.load(written(folder, content(figures, elevation=elevation)))


def states(known: truth.Truth) -> list[State]:
    return [verdict.state for verdict in true_verdicts(known, SEATED)]


@pytest.mark.parametrize("azimuth", [0.0, 65.0, 90.0, -120.0])
def test_joints_become_what_the_pose_model_would_give(tmp_path: Path, azimuth: float) -> None:
    figure = replace(SEATED_VALID, azimuth=azimuth)
    known = loaded(tmp_path, figure)
    model = figure.world_m()
    middle = (model[INDEX["left_hip"]] + model[INDEX["right_hip"]]) / 2
    for name in figure.joints():
        wanted = model[INDEX[name]] - middle
        assert known.body.world(name)[0] == pytest.approx(wanted, abs=1e-5)
        assert known.form.world(name)[0] == pytest.approx(wanted, abs=1e-5)
        assert known.body.image(name)[0] == pytest.approx(figure.pose().point_px(name), abs=1e-4)


@pytest.mark.parametrize("elevation", [0.0, 12.0, 40.0])
def test_the_known_angles_come_back(tmp_path: Path, elevation: float) -> None:
    figure = Figure(lean=20.0, hip=(75.0, 100.0), knee=(95.0, 120.0), azimuth=0.0)
    known = loaded(tmp_path, figure, elevation=elevation)
    for side, hip, knee in ((Side.LEFT, 75.0, 95.0), (Side.RIGHT, 100.0, 120.0)):
        for body in (known.body, known.form):
            assert quantities.trunk_thigh(body, side)[0] == pytest.approx(hip)
            assert quantities.knee(body, side)[0] == pytest.approx(knee)
    # Against straight up only the level axes are true. The camera looks from the front and
    # down by `elevation`, so along its own axes the trunk seems to lean that much more:
    # toward the camera, 20 + elevation.
    assert quantities.trunk_inclination(known.form, Side.BOTH)[0] == pytest.approx(20.0)
    tilted = quantities.trunk_inclination(known.body, Side.BOTH)[0]
    assert tilted == pytest.approx(20.0 + elevation)


@pytest.mark.parametrize("clip", ["seated_figure_four", "supine_figure_four"])
def test_the_axes_fit_the_pixels_of_the_sample_clips(clip: str) -> None:
    path = SAMPLES / f"{clip}.truth.json"
    said = json.loads(path.read_text("utf-8"))
    position, target = said["camera"]["position_m"], said["camera"]["target_m"]
    axes = truth.camera_axes(tuple(position), tuple(target))
    focal_px = said["camera"]["lens_mm"] / 36.0 * said["size_px"][0]
    for name, metres in said["frames"][100]["joints_m"].items():
        right, down, away = axes @ (np.array(metres) - np.array(position))
        shown = [320 + focal_px * right / away, 240 + focal_px * down / away]
        assert shown == pytest.approx(said["frames"][100]["joints_px"][name], abs=0.1)
    # The same landmarks, from the middle of the hips, along these axes.
    known = truth.load(path)
    hips = known.body.world("left_hip") + known.body.world("right_hip")
    assert np.abs(hips).max() < 1e-9
    assert known.body.world("left_foot_index")[0] == pytest.approx(
        axes @ np.array(said["frames"][0]["joints_m"]["left_toe"])
        - axes
        @ np.mean([said["frames"][0]["joints_m"][f"{s}_hip"] for s in ("left", "right")], axis=0)
    )


def test_landmarks_without_truth_are_nan(tmp_path: Path) -> None:
    known = loaded(tmp_path, SEATED_VALID)
    missing = set(LANDMARKS) - set(SEATED_VALID.joints())
    assert missing
    for name in missing:
        assert np.isnan(known.body.world(name)).all()
        assert np.isnan(known.body.image(name)).all()


def test_what_clips_are_grouped_by(tmp_path: Path) -> None:
    known = loaded(tmp_path, SEATED_VALID, elevation=10.0)
    assert (known.exercise, known.person) == ("seated-figure-four", "stick")
    assert known.view == "azimuth 65, elevation 10"
    assert known.story == "hold 10 s, upright"
    said = content([SEATED_VALID])
    said["camera"]["name"] = "seated_left"
    said["story"] = "wobbly"
    known = truth.load(written(tmp_path, said))
    assert (known.view, known.story) == ("seated_left", "wobbly")
    assert (known.look, known.role) == ("unknown", "unknown")
    said |= {"story_name": "trembling", "look": "evening", "role": "tune"}
    known = truth.load(written(tmp_path, said))
    assert (known.story, known.look, known.role) == ("trembling", "evening", "tune")
    said |= {"story_name": None, "role": None}
    known = truth.load(written(tmp_path, said))
    assert (known.story, known.role) == ("wobbly", "unknown")


@pytest.mark.parametrize(
    ("exercise", "side"),
    [(SEATED, Side.RIGHT), (former("seated-figure-four"), Side.LEFT)],
    ids=["pair", "named leg"],
)
def test_form_is_judged_by_the_limits_without_bias(
    tmp_path: Path, exercise: Exercise, side: Side
) -> None:
    # The lean must reach a true trunk-thigh angle of at most `enter` and is lost above
    # `leave`, whatever the rule's bias says of the measurement. A rule of the pair is given the
    # stretched side, and means the true angle of the supporting one.
    lean = exercise.rule("lean").at_most
    assert lean is not None

    def leaning(hip: float) -> Figure:
        return replace(SEATED_VALID, lean=90.0 - hip, hip=(hip, hip))

    middle = (lean.enter + lean.leave) / 2
    hips = [middle, lean.enter - 1, middle, lean.leave + 1, middle]
    known = loaded(tmp_path, *(leaning(hip) for hip in hips))
    wanted = [State.WRONG, State.VALID, State.VALID, State.WRONG, State.WRONG]
    found = true_verdicts(known, exercise)
    assert [verdict.state for verdict in found] == wanted
    reading = next(r for r in found[3].readings if r.rule == "lean")
    assert reading.value == pytest.approx(lean.leave + 1)
    assert reading.excess == pytest.approx(lean.leave + 1 - lean.enter)
    assert reading.side is side


def test_visibility_and_view_do_not_matter_to_the_truth(tmp_path: Path) -> None:
    front = replace(SEATED_VALID, azimuth=65.0, visibility={"left_knee": 0.0})
    assert states(loaded(tmp_path, front)) == [State.VALID]


@pytest.mark.parametrize("figure", [SEATED_VALID, SEATED_UPRIGHT])
def test_the_truth_about_form_does_not_depend_on_the_camera(tmp_path: Path, figure: Figure) -> None:
    wanted = None
    for azimuth, elevation in [(90.0, 0.0), (65.0, 12.0), (0.0, 0.0), (-90.0, 30.0), (170.0, 5.0)]:
        known = loaded(tmp_path, replace(figure, azimuth=azimuth), elevation=elevation)
        (found,) = true_verdicts(known, SEATED)
        values = [reading.value for reading in found.readings]
        wanted = wanted or (found.state, pytest.approx(values, abs=1e-4))
        assert (found.state, values) == wanted
    # From exactly the side the pixels are those of the picture: the stick figure's camera
    # has no perspective.
    side = loaded(tmp_path, replace(figure, azimuth=90.0))
    for rule in (rule for rule in SEATED.rules if rule.required):
        for leg in rule.sides(Side.RIGHT):
            shown = rule.measured.measure_exactly(side.body, leg)
            assert rule.measured.measure_exactly(side.form, leg) == pytest.approx(shown, abs=1e-4)


def test_only_absence_and_the_edge_of_the_picture_make_the_truth_unseen(tmp_path: Path) -> None:
    out = replace(SEATED_VALID, shift_px=(-400.0, 0.0))
    known = loaded(tmp_path, SEATED_VALID, None, out, SEATED_UPRIGHT)
    assert states(known) == [State.VALID, State.UNSEEN, State.UNSEEN, State.WRONG]
    causes = [v.reason.cause if v.reason else None for v in true_verdicts(known, SEATED)]
    assert causes == [None, Cause.NOBODY, Cause.CUT_OFF, Cause.RULE]


def test_after_a_long_absence_the_dead_band_starts_anew(tmp_path: Path) -> None:
    limit = SEATED.rule("lean").at_most
    assert limit is not None
    middle = (limit.enter + limit.leave) / 2
    between = replace(SEATED_VALID, lean=90.0 - middle, hip=(middle, middle))
    gone_s = SEATED.timing.longest_break_s + 0.2
    gone = [None] * int(gone_s * 10)
    known = loaded(tmp_path, SEATED_VALID, between, None, between, *gone, between)
    kept = [State.VALID, State.VALID, State.UNSEEN, State.VALID]
    assert states(known) == [*kept, *[State.UNSEEN] * len(gone), State.WRONG]


def test_an_exercise_without_sides_needs_none(tmp_path: Path) -> None:
    said = content([SEATED_VALID])
    assert true_sides(truth.load(written(tmp_path, said)), PRONE) == (Side.BOTH,)
    said["stretched_side"] = said["frames"][0]["stretched_side"] = None
    known = truth.load(written(tmp_path, said))
    with pytest.raises(TruthError, match="frame 0: stretched_side must be left or right"):
        true_sides(known, SEATED)


@pytest.mark.parametrize("missing", ["joints_m", "joints_px"])
def test_a_joint_that_a_rule_needs_must_be_there(tmp_path: Path, missing: str) -> None:
    said = content([SEATED_VALID, SEATED_VALID])
    del said["frames"][1][missing]["left_knee"]
    known = truth.load(written(tmp_path, said))
    with pytest.raises(TruthError, match=r"frame 1: the rule '[a-z-]+' cannot be computed"):
        true_verdicts(known, SEATED)


def damaged() -> list[tuple[str, object, str]]:
    def without(*path: str | int) -> dict[str, Any]:
        said = content([SEATED_VALID, SEATED_VALID])
        place: Any = said
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]
        return said

    twice, high, infinite = (content([SEATED_VALID, SEATED_VALID]) for _ in range(3))
    twice["frames"][1]["t_s"] = 0.0
    high["camera"]["position_m"] = [0.0, 0.0, 3.0]
    infinite["frames"][1]["joints_m"]["left_knee"][0] = float("inf")
    return [
        ("cut off", json.dumps(content([SEATED_VALID]))[:-40], "is damaged"),
        ("empty", "", "is damaged"),
        ("a list", "[]", "has no schema"),
        ("other schema", {"schema": "posecheck.truth/2"}, "not 'posecheck.truth/1'"),
        ("no frames", content([SEATED_VALID]) | {"frames": []}, "frames"),
        ("no camera", without("camera"), "camera: Field required"),
        ("no time", without("frames", 1, "t_s"), "frames.1.t_s: Field required"),
        ("a size of words", content([SEATED_VALID]) | {"size_px": ["a", 1]}, "size_px.0"),
        ("the same time twice", twice, "frames.1.t_s: times must increase"),
        ("a camera straight above", high, "no direction to look"),
        ("infinity", infinite, "frames.1.joints_m.left_knee.0"),
    ]


@pytest.mark.parametrize(
    ("said", "wanted"), [row[1:] for row in damaged()], ids=[row[0] for row in damaged()]
)
def test_a_damaged_file_is_one_clear_line(tmp_path: Path, said: object, wanted: str) -> None:
    path = written(tmp_path, said)
    with pytest.raises(TruthError) as raised:
        truth.load(path)
    message = str(raised.value)
    assert wanted in message
    assert message.startswith(str(path))
    assert "\n" not in message


def test_a_missing_file_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(TruthError, match="cannot be read"):
        truth.load(tmp_path / "none.truth.json")
    (tmp_path / "b.truth.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TruthError, match="is damaged"):
        truth.load(tmp_path / "b.truth.json")


@pytest.mark.parametrize("clip", ["seated_figure_four", "supine_figure_four"])
def test_the_truth_of_the_sample_clips_follows_their_story(clip: str) -> None:
    path = SAMPLES / f"{clip}.truth.json"
    known = truth.load(path)
    found = true_verdicts(known, exercises.load(known.exercise))
    for phase in json.loads(path.read_text("utf-8"))["story"]:
        inside = [
            verdict.state
            for t_s, verdict in zip(known.t_s, found, strict=True)
            if phase["from_s"] <= t_s <= phase["to_s"]
        ]
        if phase["phase"] == "hold":
            assert set(inside) == {State.VALID}
        elif phase["phase"].startswith("broken"):
            # The first moments still leave the hold.
            assert inside[-1] is State.WRONG
    changes = sum(a.state is not b.state for a, b in pairwise(found))
    assert changes == 4  # into and out of two holds
