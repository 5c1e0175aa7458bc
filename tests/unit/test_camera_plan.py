"""The plan of where the camera goes: on the right side of the person, whole and well formed."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from posecheck import exercises
from posecheck.exercises import CameraPlace
from posecheck.exercises.camera_plan import SIZE, camera_offset_m, camera_plan
from posecheck.types import Side

SVG = "{http://www.w3.org/2000/svg}"
PLANS = [(one.name, side) for one in exercises.load_all() for side in one.candidate_sides]
PLACES = st.builds(
    CameraPlace,
    text=st.just("Beside you"),
    near=st.sampled_from(["stretched", "supporting", "either"]),
    person=st.sampled_from(["on-chair", "on-back", "face-down"]),
    toward_deg=st.floats(-90, 90),
    distance_m=st.floats(0.5, 10),
)


@pytest.mark.parametrize(("name", "side"), PLANS)
def test_every_plan_is_a_picture_that_speaks(name: str, side: Side) -> None:
    exercise = exercises.load(name)
    picture = ET.fromstring(camera_plan(exercise, side))  # noqa: S314 - our own
    assert picture.tag == f"{SVG}svg"
    assert exercise.camera.text in picture.get("aria-label", "")
    said = [text.text for text in picture.iter(f"{SVG}text")]
    assert said[0] == f"{exercise.camera.distance_m:g} m"
    assert f"{exercise.camera.highest_m:g} m" in (said[1] or "")
    highlighted = [leg for leg in picture.iter() if "stretched" in leg.get("class", "")]
    assert len(highlighted) == (0 if side is Side.BOTH else 1)
    assert "http" not in camera_plan(exercise, side).replace(SVG[1:-1], ""), "nothing is fetched"


@pytest.mark.parametrize(("name", "side"), PLANS)
def test_the_cameras_of_a_plan_lie_within_it(name: str, side: Side) -> None:
    picture = ET.fromstring(camera_plan(exercises.load(name), side))  # noqa: S314 - our own
    cameras = [part for part in picture.iter() if part.get("class") == "camera"]
    assert len(cameras) == 3, "one from above; the lowest and the highest from the side"
    for camera in cameras:
        x, y = camera.get("transform", "")[len("translate(") :].split(")")[0].split()
        assert 14 < float(x) < SIZE[0] - 14
        assert 14 < float(y) < SIZE[1] - 14


@given(place=PLACES, side=st.sampled_from([Side.LEFT, Side.RIGHT]))
def test_the_camera_stands_at_its_distance_and_angle_on_the_near_side(
    place: CameraPlace, side: Side
) -> None:
    x, y = camera_offset_m(place, side)
    assert math.hypot(x, y) == pytest.approx(place.distance_m)
    ahead = -x if place.person == "on-chair" else x
    assert ahead == pytest.approx(place.distance_m * math.sin(math.radians(place.toward_deg)))
    other_x, other_y = camera_offset_m(place, side.other)
    assert other_x == pytest.approx(x)
    if place.near == "either":
        assert other_y == pytest.approx(y), "it need not be moved for the other side"
    else:
        assert other_y == pytest.approx(-y), "it is moved to the other side of the person"


def test_left_is_where_it_is_seen_from_above() -> None:
    back = CameraPlace(text="Beside you", near="stretched", person="on-back")
    front = back.model_copy(update={"person": "face-down"})
    assert camera_offset_m(back, Side.LEFT)[1] > 0, "head on the right, face up: left is below"
    assert camera_offset_m(front, Side.LEFT)[1] < 0, "face down: left is above"


def test_a_title_with_signs_stays_well_formed() -> None:
    exercise = exercises.load("pigeon")
    place = exercise.camera.model_copy(update={"text": 'Beside "you" & <near>'})
    changed = exercise.model_copy(update={"title": "<b>&", "camera": place})
    picture = ET.fromstring(camera_plan(changed, Side.LEFT))  # noqa: S314 - our own
    assert picture.get("aria-label") == '<b>&: where the camera goes. Beside "you" & <near>'


def test_heights_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="lowest_m"):
        CameraPlace(text="Beside you", lowest_m=1.0, highest_m=0.5)
