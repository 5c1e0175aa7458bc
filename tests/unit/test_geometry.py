"""Known geometry in, known degrees out; and what must hold for every figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecheck.landmarks import INDEX
from posecheck.measure import geometry
from posecheck.measure.body import FOCAL_LENGTH, PoseArrays
from posecheck.measure.geometry import SteadyThigh
from posecheck.measure.quantities import QUANTITIES
from posecheck.types import Observation, Pose, Side
from tests.figures import SIZE_PX, SUPINE_VALID, Figure

ANGLES = st.floats(5.0, 175.0)


def measured(figure: Figure, quantity: str, side: Side) -> float:
    return float(QUANTITIES[quantity].measure(PoseArrays.of([figure.at(0.0)]), side)[0])


@given(degrees=ANGLES, spin=st.floats(0.0, 360.0), size=st.floats(0.1, 1000.0))
def test_a_joint_angle_comes_back_at_any_turn_and_size(
    degrees: float, spin: float, size: float
) -> None:
    first, second = np.radians(spin), np.radians(spin + degrees)
    joint = np.array([3.0, -2.0])
    proximal = joint + size * np.array([np.cos(first), np.sin(first)])
    distal = joint + 0.5 * size * np.array([np.cos(second), np.sin(second)])
    assert geometry.joint_angle_deg(proximal, joint, distal) == pytest.approx(degrees, abs=1e-6)


def test_straight_and_folded_limbs_are_180_and_0() -> None:
    a, b, c = np.array([0.0, 0.0]), np.array([1.0, 0.0]), np.array([2.0, 0.0])
    assert geometry.joint_angle_deg(a, b, c) == pytest.approx(180.0)
    assert geometry.joint_angle_deg(a, b, a) == pytest.approx(0.0)


@pytest.mark.parametrize("missing", [np.array([np.nan, 0.0]), np.array([1.0, 0.0])])
def test_missing_and_coinciding_points_give_nan(missing: np.ndarray) -> None:
    joint, distal = np.array([1.0, 0.0]), np.array([1.0, 1.0])
    assert np.isnan(geometry.joint_angle_deg(missing, joint, distal))


@given(hip=st.floats(40.0, 220.0), lean=st.floats(-100.0, 100.0), azimuth=st.floats(-180, 180))
def test_the_trunk_thigh_angle_does_not_depend_on_lean_or_camera(
    hip: float, lean: float, azimuth: float
) -> None:
    figure = Figure(lean=lean, hip=(hip, hip), azimuth=azimuth)
    for side in (Side.LEFT, Side.RIGHT):
        assert measured(figure, "trunk-thigh-front", side) == pytest.approx(hip, abs=0.01)
        interior = hip if hip <= 180 else 360 - hip
        assert measured(figure, "trunk-thigh", side) == pytest.approx(interior, abs=0.01)


@given(knee=st.floats(20.0, 178.0), azimuth=st.floats(-180, 180))
def test_the_knee_angle_comes_back_from_every_camera(knee: float, azimuth: float) -> None:
    figure = Figure(knee=(knee, knee), azimuth=azimuth)
    assert measured(figure, "knee", Side.LEFT) == pytest.approx(knee, abs=0.01)


@pytest.mark.parametrize("azimuth", [90.0, -90.0])
def test_image_angles_are_exact_from_the_side(azimuth: float) -> None:
    figure = Figure(lean=20.0, hip=(70.0, 120.0), knee=(100.0, 150.0), azimuth=azimuth)
    assert measured(figure, "trunk-thigh-image", Side.LEFT) == pytest.approx(70.0, abs=0.01)
    assert measured(figure, "trunk-thigh-image", Side.RIGHT) == pytest.approx(120.0, abs=0.01)
    assert measured(figure, "knee-image", Side.LEFT) == pytest.approx(100.0, abs=0.01)
    assert measured(figure, "knee-image", Side.RIGHT) == pytest.approx(150.0, abs=0.01)


@pytest.mark.parametrize(
    ("lean", "trunk", "chest"),
    [(0.0, 0.0, 90.0), (30.0, 30.0, 120.0), (-90.0, 90.0, 0.0), (90.0, 90.0, 180.0)],
    ids=["upright", "leaning", "on the back", "prone"],
)
def test_postures(lean: float, trunk: float, chest: float) -> None:
    figure = Figure(lean=lean, hip=(180.0, 180.0))
    assert measured(figure, "trunk-inclination", Side.BOTH) == pytest.approx(trunk, abs=0.01)
    assert measured(figure, "chest-up", Side.BOTH) == pytest.approx(chest, abs=0.01)


@given(azimuth=st.floats(-180.0, 180.0))
def test_the_view_is_known(azimuth: float) -> None:
    body = PoseArrays.of([Figure(azimuth=azimuth).at(0.0)])
    from_side = abs(90.0 - abs(azimuth))
    assert float(body.off_side_deg[0]) == pytest.approx(from_side, abs=0.01)
    if 1.0 < abs(azimuth) < 179.0:
        assert bool(body.left_is_near[0]) is (azimuth > 0)


def test_the_crossed_ankle_lies_short_of_the_other_knee() -> None:
    assert measured(SUPINE_VALID, "ankle-along-other-thigh", Side.RIGHT) == pytest.approx(
        -0.15, abs=0.01
    )
    # 0.05 m on top of the thigh, away from the shin; the thigh is 0.42 m.
    assert measured(SUPINE_VALID, "ankle-down-other-shin", Side.RIGHT) == pytest.approx(
        -0.05 / 0.42, abs=0.08
    )


def test_a_hanging_foot_lies_a_shin_below_the_other_knee() -> None:
    figure = Figure(hip=(90.0, 90.0), knee=(90.0, 90.0))
    down = measured(figure, "ankle-down-other-shin", Side.RIGHT)
    assert down == pytest.approx(0.40 / 0.42, abs=0.01)


def test_thigh_elevation_has_the_sign_of_up() -> None:
    knee_up = Figure(lean=-90.0, hip=(90.0, 90.0))  # on the back, thighs to the ceiling
    assert measured(knee_up, "thigh-elevation", Side.LEFT) == pytest.approx(90.0, abs=0.01)
    standing = Figure(hip=(180.0, 180.0), knee=(180.0, 180.0))
    assert measured(standing, "thigh-elevation", Side.LEFT) == pytest.approx(-90.0, abs=0.01)


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_quantity_is_mirrored_with_the_person(name: str) -> None:
    figure = Figure(lean=20, hip=(70.0, 100.0), knee=(95.0, 120.0), crossed="right", azimuth=60)
    for side in (Side.LEFT, Side.RIGHT):
        assert measured(figure, name, side) == pytest.approx(
            measured(figure.mirrored(), name, side.other), abs=0.02
        )


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_quantity_is_nan_when_nobody_is_there(name: str) -> None:
    from tests.figures import nobody  # noqa: PLC0415 - only here

    body = PoseArrays.of([nobody(0.0), Figure().at(0.1)])
    values = QUANTITIES[name].measure(body, Side.LEFT)
    assert values.shape == (2,)
    assert np.isnan(values[0])
    assert np.isfinite(values[1])


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_quantity_names_known_landmarks(name: str) -> None:
    body = PoseArrays.of([Figure().at(0.0)])
    for landmark in QUANTITIES[name].landmarks_of(Side.LEFT):
        assert body.world(landmark).shape == (1, 3)


@given(
    hip=st.floats(40.0, 170.0),
    knee=st.floats(40.0, 175.0),
    azimuth=st.floats(-180.0, 180.0),
    scale=st.floats(50.0, 500.0),
)
def test_lifted_angles_come_back_from_every_camera_at_every_distance(
    hip: float, knee: float, azimuth: float, scale: float
) -> None:
    """The figure's hips are put where the model draws them: before and above the joints.

    The trunk as drawn is a little shorter and more upright than the true one, which leaves
    less than a degree.
    """
    figure = Figure(lean=30, hip=(hip, 100.0), knee=(knee, 90.0), azimuth=azimuth, scale=scale)
    body = PoseArrays.of([figure.drawn().at(0.0)])
    for name, degrees in (("trunk-thigh-lifted", hip), ("knee-lifted", knee)):
        found = QUANTITIES[name].measure(body, Side.LEFT)[0]
        assert found == pytest.approx(degrees, abs=1.0)


def from_near(figure: Figure, at_m: tuple[float, float, float]) -> Observation:
    """Return a figure as a pinhole camera sees it that has its hips at x right, y down, z away."""
    drawn = figure.drawn().pose()
    hips = drawn.world_m[[INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=0)
    world = drawn.world_m - hips
    points = world + np.array(at_m)
    image = np.zeros_like(world)
    focal_px = FOCAL_LENGTH * max(SIZE_PX)
    image[:, :2] = focal_px * points[:, :2] / points[:, 2:] + np.array(SIZE_PX) / 2
    image = image.astype(np.float32)
    world = world.astype(np.float32)
    return Observation(0.0, SIZE_PX, Pose(image, world, drawn.visibility, drawn.presence))


def test_perspective_angles_are_true_where_plain_lifting_is_off() -> None:
    """The thigh points at a camera 2 m away that stands before the person's left."""
    figure = Figure(lean=20, hip=(80.0, 80.0), knee=(100.0, 100.0), azimuth=35)
    body = PoseArrays.of([from_near(figure, (0.45, 0.1, 2.0))])
    for part, degrees in (("trunk-thigh", 80.0), ("knee", 100.0)):
        found = QUANTITIES[f"{part}-perspective"].measure(body, Side.LEFT)[0]
        assert found == pytest.approx(degrees, abs=3.5)
    plain = QUANTITIES["trunk-thigh-lifted"].measure(body, Side.LEFT)[0]
    assert abs(plain - 80.0) > 6.0


def test_perspective_angles_come_back_from_every_camera_at_every_place() -> None:
    """What is left is the hips' shift and the one distance that is taken for all landmarks."""
    spread = np.random.default_rng(0)
    hips, knees = spread.uniform(50, 150, 300), spread.uniform(60, 150, 300)
    azimuths, away_m = spread.uniform(-180, 180, 300), spread.uniform(2, 6, 300)
    aside_m = spread.uniform(-0.3, 0.3, 300) * away_m
    seen = [
        from_near(Figure(lean=30, hip=(hip, 100.0), knee=(knee, 90.0), azimuth=azimuth), (x, 0, z))
        for hip, knee, azimuth, x, z in zip(hips, knees, azimuths, aside_m, away_m, strict=True)
    ]
    body = PoseArrays.of(seen)
    for part, true in (("trunk-thigh", hips), ("knee", knees)):
        near, far = (
            np.abs(QUANTITIES[f"{part}-{way}"].measure(body, Side.LEFT) - true)
            for way in ("perspective", "lifted")
        )
        assert near.mean() < 1.0
        assert np.percentile(near, 95) < 3.0
        assert near.mean() < 0.5 * far.mean()


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_quantity_is_the_same_one_by_one_and_all_at_once(name: str) -> None:
    """Live sees one frame at a time, a file many; not even the last digit may differ."""
    seen = [
        from_near(
            Figure(
                lean=3.1 * n, hip=(60.0 + n, 90.0 - n), knee=(70.0 + n, 120.0), azimuth=40.0 * n
            ),
            (0.01 * n, 0.1, 2.0 + 0.1 * n),
        )
        for n in range(17)
    ]
    for side in (Side.LEFT, Side.RIGHT):
        at_once = QUANTITIES[name].measure(PoseArrays.of(seen), side)
        steady = SteadyThigh()  # the length of the thigh is steadied over the frames before
        bodies = [PoseArrays.of([one]) for one in seen]
        bodies = [replace(body, leg_scale=steady.of(body)) for body in bodies]
        one_by_one = [QUANTITIES[name].measure(body, side)[0] for body in bodies]
        assert at_once.tolist() == one_by_one
