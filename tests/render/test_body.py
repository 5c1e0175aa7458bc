"""Bodies, motions and stories of the sample clips (numpy only)."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from sample_videos.render.body import BODIES_DIR, Body, Limb, Pose, arm, leg, solve_limb
from sample_videos.render.clips import CLIPS, COMMITTED, both_sides_story
from sample_videos.render.motions import EXERCISES, Motion
from sample_videos.render.motions.motion import knee_deg, trunk_thigh_deg
from sample_videos.render.story import EXTRAS, Moment, Segment, Story

pytestmark = pytest.mark.slow

BODIES = tuple(sorted(path.stem for path in BODIES_DIR.glob("*.npz")))
LIMB_PARTS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
ALL_MOTIONS = [(body, exercise) for body in BODIES for exercise in EXERCISES]
FIGURE_FOURS = [(body, exercise) for body, exercise in ALL_MOTIONS if "figure_four" in exercise]
ON_THE_MAT = (
    "single_knee_to_chest",
    "knee_to_opposite_shoulder",
    "pigeon",
    "prone_press_up",
)
SHORT_CLIPS = (*COMMITTED, *ON_THE_MAT)
Joints = dict[str, np.ndarray]


HOLD_LOOSE_FAULT = (
    Moment(1.0, 1.0),
    Moment(1.0, 0.0),
    Moment(1.0, 1.0, fault=1.0),
)


@cache
def body_of(name: str) -> Body:
    return Body(BODIES_DIR / f"{name}.npz")


@cache
def motion_of(body: str, exercise: str) -> Motion:
    return EXERCISES[exercise](body_of(body))


def joints_at(motion: Motion, moment: Moment) -> Joints:
    return motion.body.joints(motion.body.skeleton(motion.pose(moment)))


@cache
def clip_frames(name: str) -> list[tuple[str, Joints]]:
    """Return (phase, joints) of every frame."""
    clip = CLIPS[name]
    motion = motion_of(clip.body, clip.exercise)
    frames = []
    for index in range(clip.frame_count):
        t_s = index / clip.fps
        phase = next(s.phase for start, end, s in clip.story.spans() if start <= t_s < end)
        frames.append((phase, joints_at(motion, clip.story.at(t_s))))
    return frames


def front_deg(joints: Joints) -> float:
    """Return the angle shoulder-hip-knee through the front, seen from a prone body's side."""
    shoulder, hip, knee = (
        (joints[f"left_{part}"] + joints[f"right_{part}"]) / 2.0
        for part in ("shoulder", "hip", "knee")
    )
    trunk, thigh = shoulder - hip, knee - hip
    rise = np.degrees(np.arctan2(trunk[2], -trunk[0]) + np.arctan2(thigh[2], thigh[0]))
    return 180.0 + float(rise)


def hands_to_shin_m(joints: Joints) -> float:
    """Return the greater distance of the two wrists from the upper right shin."""
    knee, ankle = joints["right_knee"], joints["right_ankle"]
    clasp = knee + 0.2 * (ankle - knee)
    return max(float(np.linalg.norm(joints[f"{side}_wrist"] - clasp)) for side in ("left", "right"))


def thigh_elevation_deg(joints: Joints, side: str) -> float:
    thigh = joints[f"{side}_knee"] - joints[f"{side}_hip"]
    return float(np.degrees(np.arcsin(thigh[2] / np.linalg.norm(thigh))))


def phase_angles(name: str, phase: str) -> tuple[list[float], list[float]]:
    """Return the supporting side's trunk-thigh and knee angles of a phase."""
    joints = [frame for frame_phase, frame in clip_frames(name) if frame_phase == phase]
    assert joints
    return [trunk_thigh_deg(j, "left") for j in joints], [knee_deg(j, "left") for j in joints]


@pytest.mark.parametrize("name", SHORT_CLIPS)
def test_limbs_keep_their_length(name: str) -> None:
    for side in ("left", "right"):
        for first, second in LIMB_PARTS:
            lengths = [
                np.linalg.norm(j[f"{side}_{first}"] - j[f"{side}_{second}"])
                for _, j in clip_frames(name)
            ]
            assert np.ptp(lengths) < 1e-6


@pytest.mark.parametrize("name", BODIES)
def test_thigh_and_shank_are_as_alike_as_peoples(name: str) -> None:
    body = body_of(name)
    thigh = body.length("upperleg01.L", "lowerleg01.L")
    shank = body.length("lowerleg01.L", "foot.L")
    assert 0.945 < thigh / shank < 1.06
    assert body.head("lowerleg01.R") == pytest.approx(
        body.head("lowerleg01.L") * [-1, 1, 1], abs=2e-3
    )


@pytest.mark.parametrize("name", BODIES)
def test_moved_knees_leave_the_rest_of_the_body_alone(name: str) -> None:
    body = body_of(name)
    with np.load(BODIES_DIR / f"{name}.npz") as data:
        moved = np.abs(body.vertices - data["V"]).max(axis=1) > 1e-9
    below_hip = body.vertices[:, 2] < body.head("upperleg01.L")[2]
    above_ankle = body.vertices[:, 2] > body.head("foot.L")[2]
    assert not moved[~below_hip | ~above_ankle | body.is_arm()].any()


@pytest.mark.parametrize("limb", [leg("L"), leg("R"), arm("L"), arm("R")])
def test_limb_reaches_its_target_and_bends_towards_the_pole(limb: Limb) -> None:
    body = body_of("male")
    pose = Pose(body.head("root"))
    skeleton = body.skeleton(pose)
    start = body.position(skeleton, limb.upper)
    target, pole = start + np.array([0.05, -0.3, -0.25]), np.array([0.0, -1.0, 1.0])
    solved = solve_limb(body, limb, skeleton, target, pole)
    pose.add(solved)
    posed = body.skeleton(pose)
    assert np.allclose(body.position(posed, limb.end), target, atol=1e-9)
    assert np.allclose(body.position(posed, limb.lower), solved.middle, atol=1e-9)
    assert (solved.middle - (start + target) / 2.0) @ pole > 0.0


def test_limb_stops_short_of_a_target_out_of_reach() -> None:
    body = body_of("female")
    skeleton = body.skeleton(Pose(body.head("root")))
    start = body.head("upperleg01.L")
    solved = solve_limb(
        body, leg("L"), skeleton, start + np.array([0.0, -5.0, 0.0]), np.array([0.0, 0.0, 1.0])
    )
    length = body.length("upperleg01.L", "lowerleg01.L") + body.length("lowerleg01.L", "foot.L")
    assert 0.99 * length < np.linalg.norm(solved.end - start) < length


def test_unposed_skin_is_the_rest_body() -> None:
    body = body_of("female")
    skin = body.skin(body.skeleton(Pose(body.head("root"))))
    assert np.allclose(skin, body.vertices, atol=1e-5)


@pytest.mark.parametrize(("body", "exercise"), ALL_MOTIONS)
def test_other_side_is_the_mirror_image(body: str, exercise: str) -> None:
    motion = motion_of(body, exercise)
    for cross, depth, fault in ((0, 0, 0), (0.5, 0, 0), (1, 0.3, 0), (1, 1, 0), (1, 1, 1)):
        right = joints_at(motion, Moment(cross, depth, "right", 0.7, fault))
        left = joints_at(motion, Moment(cross, depth, "left", 0.7, fault))
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toe"):
            for here, there in (("left", "right"), ("right", "left")):
                mirrored = motion.reflection @ right[f"{here}_{joint}"]
                assert np.allclose(left[f"{there}_{joint}"], mirrored, atol=3e-4)


@pytest.mark.parametrize(("body", "exercise"), ALL_MOTIONS)
def test_rest_is_symmetric_so_that_sides_can_change(body: str, exercise: str) -> None:
    motion = motion_of(body, exercise)
    right = joints_at(motion, Moment(0.0, 0.0, "right"))
    left = joints_at(motion, Moment(0.0, 0.0, "left"))
    assert all(np.allclose(right[name], left[name], atol=2e-3) for name in right)


@pytest.mark.parametrize(("body", "exercise"), FIGURE_FOURS)
def test_feet_stay_above_the_ground(body: str, exercise: str) -> None:
    motion = motion_of(body, exercise)
    used = np.unique(motion.body.faces[motion.body.face_groups == "body"])
    for cross, depth in ((0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (1.0, 0.2), (1.0, 1.0)):
        skin = motion.body.skin(motion.body.skeleton(motion.pose(Moment(cross, depth))))
        assert skin[used, 2].min() > -0.004


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("exercise", ON_THE_MAT)
def test_body_sinks_less_into_the_mat_than_flesh_gives(body: str, exercise: str) -> None:
    motion = motion_of(body, exercise)
    used = np.unique(motion.body.faces[motion.body.face_groups == "body"])
    for cross, depth, fault in (
        (0, 0, 0),
        (0.5, 0, 0),
        (1, 0, 0),
        (1, 0.5, 0),
        (1, 1, 0.5),
        (1, 1, 1),
    ):
        pose = motion.pose(Moment(cross, depth, "right", 0.0, fault))
        skin = motion.body.skin(motion.body.skeleton(pose))
        assert skin[used, 2].min() > -0.015


@pytest.mark.parametrize(("body", "exercise"), FIGURE_FOURS)
def test_crossed_ankle_lies_at_the_supporting_knee(body: str, exercise: str) -> None:
    joints = joints_at(motion_of(body, exercise), Moment(1.0, 1.0))
    knee, hip, ankle = joints["left_knee"], joints["left_hip"], joints["right_ankle"]
    along = (ankle - hip) @ (knee - hip) / ((knee - hip) @ (knee - hip))
    off_thigh = np.linalg.norm(ankle - (hip + along * (knee - hip)))
    assert 0.7 < along < 0.95
    assert 0.09 < off_thigh < 0.16


@pytest.mark.parametrize(
    ("name", "phase", "trunk_thigh", "knee"),
    [
        ("seated_figure_four", "hold", (72.0, 76.0), (90.0, 100.0)),
        ("seated_figure_four", "broken_upright", (100.0, 110.0), (90.0, 100.0)),
        ("supine_figure_four", "hold", (78.0, 82.0), (90.0, 100.0)),
        ("supine_figure_four", "broken_dropped", (118.0, 122.0), (70.0, 100.0)),
    ],
)
def test_angles_of_the_phases(
    name: str, phase: str, trunk_thigh: tuple[float, float], knee: tuple[float, float]
) -> None:
    trunk_thighs, knees = phase_angles(name, phase)
    assert trunk_thigh[0] <= min(trunk_thighs) <= max(trunk_thighs) <= trunk_thigh[1]
    assert knee[0] <= min(knees) <= max(knees) <= knee[1]


@pytest.mark.parametrize("body", BODIES)
def test_knee_to_chest_is_drawn_and_breaks(body: str) -> None:
    motion = motion_of(body, "single_knee_to_chest")
    hold, loose, fault = (joints_at(motion, moment) for moment in HOLD_LOOSE_FAULT)
    assert trunk_thigh_deg(hold, "right") == pytest.approx(58.0, abs=1.0)
    assert trunk_thigh_deg(loose, "right") == pytest.approx(105.0, abs=1.0)
    assert knee_deg(hold, "left") > 168.0
    assert trunk_thigh_deg(hold, "left") > 165.0
    assert knee_deg(fault, "left") == pytest.approx(110.0, abs=1.0)
    assert hands_to_shin_m(hold) < 0.125


@pytest.mark.parametrize("body", BODIES)
def test_knee_goes_to_the_opposite_shoulder_and_breaks(body: str) -> None:
    motion = motion_of(body, "knee_to_opposite_shoulder")
    hold, loose, fault = (joints_at(motion, moment) for moment in HOLD_LOOSE_FAULT)
    assert trunk_thigh_deg(hold, "right") == pytest.approx(52.0, abs=1.0)
    assert hold["right_knee"][1] > -0.001 > loose["right_knee"][1] + 0.05
    assert trunk_thigh_deg(loose, "right") == pytest.approx(105.0, abs=1.0)
    assert trunk_thigh_deg(hold, "left") > 165.0
    assert trunk_thigh_deg(fault, "left") == pytest.approx(90.0, abs=1.0)
    assert hands_to_shin_m(hold) < 0.125


@pytest.mark.parametrize("body", BODIES)
def test_pigeon_sinks_and_breaks(body: str) -> None:
    motion = motion_of(body, "pigeon")
    hold, high, fault = (joints_at(motion, moment) for moment in HOLD_LOOSE_FAULT)
    assert thigh_elevation_deg(hold, "left") == pytest.approx(-15.0, abs=1.0)
    assert thigh_elevation_deg(high, "left") == pytest.approx(-52.0, abs=1.0)
    assert knee_deg(hold, "right") == pytest.approx(68.0, abs=1.0)
    assert knee_deg(hold, "left") > 160.0
    assert knee_deg(fault, "left") == pytest.approx(105.0, abs=1.0)
    assert hold["left_knee"][0] - hold["left_hip"][0] > 0.33
    assert hold["right_hip"][0] - hold["right_knee"][0] > 0.3
    for side in ("left", "right"):
        assert np.allclose(hold[f"{side}_wrist"], high[f"{side}_wrist"], atol=1e-6)


@pytest.mark.parametrize("body", BODIES)
def test_press_up_extends_and_breaks(body: str) -> None:
    motion = motion_of(body, "prone_press_up")
    hold, flat, fault = (joints_at(motion, moment) for moment in HOLD_LOOSE_FAULT)
    assert front_deg(hold) == pytest.approx(207.0, abs=1.0)
    assert front_deg(flat) == pytest.approx(178.0, abs=1.0)
    assert knee_deg(hold, "left") > 168.0
    assert -12.0 < thigh_elevation_deg(hold, "left") < 0.0
    assert thigh_elevation_deg(fault, "left") == pytest.approx(-36.0, abs=1.0)
    for side in ("left", "right"):
        for joint in ("wrist", "knee", "ankle"):
            name = f"{side}_{joint}"
            assert np.allclose(hold[name], fault[name], atol=2e-3)


def test_press_up_spreads_its_arch_over_the_spine() -> None:
    motion = motion_of("male", "prone_press_up")
    turns = motion.pose(HOLD_LOOSE_FAULT[0]).rotations
    spine = ("root", "spine05", "spine04", "spine03", "spine02", "spine01")
    for below, above in pairwise(spine):
        step = np.degrees(np.arccos((np.trace(turns[above] @ turns[below].T) - 1.0) / 2.0))
        assert 2.0 < step < 15.0


@pytest.mark.parametrize("name", SHORT_CLIPS)
def test_nothing_jumps(name: str) -> None:
    frames = [np.array(list(joints.values())) for _, joints in clip_frames(name)]
    speeds_m_s = np.linalg.norm(np.diff(frames, axis=0), axis=2) * CLIPS[name].fps
    # A brisk hand makes 2.6 m/s; a jump over half a metre would be 5 m/s and more.
    assert speeds_m_s.max() < 3.0


def test_change_of_sides_does_not_jump() -> None:
    clip = CLIPS["seated_both_sides"]
    motion = motion_of(clip.body, clip.exercise)
    side_ends = [end for _, end, segment in clip.story.spans() if segment.phase == "uncross"]
    before, after = (joints_at(motion, clip.story.at(side_ends[0] + dt)) for dt in (-0.03, 0.03))
    assert max(np.linalg.norm(after[name] - before[name]) for name in after) < 0.02


def test_story_eases_between_key_poses() -> None:
    story = Story((Segment("rest", 1.0), Segment("cross", 2.0, cross=1.0), Segment("x", 1.0, 1.0)))
    assert story.duration_s == 4.0
    assert [story.at(t).cross for t in (0.5, 1.0, 2.0, 3.0, 3.5, 9.0)] == [0, 0, 0.5, 1, 1, 1]
    assert story.mirrored().at(2.0) == Moment(0.5, 0.0, "left", 2.0)


def test_story_eases_its_further_amounts() -> None:
    slid = Segment("slip", 2.0, cross=1.0, extras=(("slide", 0.6),))
    story = Story((Segment("hold", 1.0, cross=1.0), slid, Segment("back", 2.0, cross=1.0)))
    amounts = [story.at(t).amount_of("slide") for t in (0.5, 2.0, 3.0, 4.0, 5.0)]
    assert amounts == pytest.approx([0.0, 0.3, 0.6, 0.3, 0.0])
    assert story.at(0.5).extras == ()
    assert all(name in EXTRAS for segment in story.segments for name, _ in segment.extras)


def test_story_changes_sides_only_at_rest() -> None:
    hugging = Segment("draw_in", 1.0, extras=(("off", 1.0),))
    with pytest.raises(ValueError, match="sides change"):
        Story((hugging, Segment("rest", 1.0, stretched_side="left")))
    assert both_sides_story(1.0).at(0.0).stretched_side == "right"
    with pytest.raises(ValueError, match="sides change"):
        Story((Segment("hold", 1.0, 1.0, 1.0), Segment("rest", 1.0, stretched_side="left")))
