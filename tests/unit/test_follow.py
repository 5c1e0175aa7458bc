"""Which of several people is followed: the one who does the exercise."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from posecheck import exercises
from posecheck.form.rule_check import misfit_of
from posecheck.pose import follow
from posecheck.pose.follow import PersonChooser, SeesEveryone
from posecheck.types import Frame, Observation, Pose
from tests.figures import SEATED_VALID, VALID_FIGURES, Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZE_PX = (1600, 900)
SHOWN = 200
"""Brightness of a body in the image."""

FIGURE = SEATED_VALID
"""A person about 300 pixels high."""


def at(x_px: float, figure: Figure = FIGURE) -> Pose:
    """Return a figure's pose with the middle of its hips at this place."""
    pose = figure.pose()
    hips = pose.image_px[[23, 24], :2].mean(axis=0)
    image = pose.image_px.copy()
    image[:, :2] += np.array([x_px, 450.0], np.float32) - hips
    return replace(pose, image_px=image)


def hips_of(pose: Pose) -> tuple[int, int]:
    x_px, y_px = pose.image_px[[23, 24], :2].mean(axis=0)
    return round(float(x_px)), round(float(y_px))


@dataclass
class Scene:
    """Bodies that come and go, and a model that follows one as long as it sees it."""

    bodies: list[tuple[Pose, Callable[[float], bool]]]
    blind_to: Pose | None = None
    followed: Pose | None = None
    looks_s: list[float] = field(default_factory=list)
    painted_s: list[float] = field(default_factory=list)
    closed: int = 0

    def frames(self, until_s: float, fps: float = 10.0) -> Iterator[Frame]:
        for number in range(round(until_s * fps)):
            t_s = number / fps
            image = np.zeros((SIZE_PX[1], SIZE_PX[0], 3), np.uint8)
            for pose, there in self.bodies:
                if there(t_s):
                    x_px, y_px = hips_of(pose)
                    image[y_px - 3 : y_px + 4, x_px - 3 : x_px + 4] = SHOWN
            yield Frame(t_s, image)

    def _seen(self, frame: Frame) -> list[Pose]:
        return [
            pose
            for pose, _ in self.bodies
            if frame.image_bgr[hips_of(pose)[1], hips_of(pose)[0], 0] == SHOWN
        ]

    def estimate(self, frame: Frame) -> Observation:
        present = sum(there(frame.t_s) for _, there in self.bodies)
        seen = [pose for pose in self._seen(frame) if pose is not self.blind_to]
        if len(self._seen(frame)) < present:
            self.painted_s.append(frame.t_s)
        if not any(pose is self.followed for pose in seen):
            self.followed = seen[0] if seen else None
        return Observation(frame.t_s, SIZE_PX, self.followed)

    def everyone(self, frame: Frame) -> tuple[Pose, ...]:
        self.looks_s.append(frame.t_s)
        return tuple(self._seen(frame))

    def close(self) -> None:
        self.closed += 1


def always(_t_s: float) -> bool:
    return True


def follow_all(scene: Scene, misfits: dict[int, float], until_s: float = 5.0) -> list[Observation]:
    """Return what the chooser gives; misfits by the pose's place."""

    def misfit(observation: Observation) -> float:
        assert observation.pose is not None
        return misfits[hips_of(observation.pose)[0]]

    chooser = PersonChooser(scene, misfit)
    return [chooser.estimate(frame) for frame in scene.frames(until_s)]


def places(seen: list[Observation]) -> list[int | None]:
    return [None if o.pose is None else hips_of(o.pose)[0] for o in seen]


def test_the_fake_is_what_the_chooser_asks_for() -> None:
    assert isinstance(Scene([]), SeesEveryone)


def test_the_one_who_does_the_exercise_is_followed_from_the_first_frame() -> None:
    helper, person = at(400.0), at(1200.0)
    scene = Scene([(helper, always), (person, always)])
    seen = follow_all(scene, {400: 90.0, 1200: 40.0})
    assert set(places(seen)) == {1200}
    assert all(o.t_s == frame.t_s for o, frame in zip(seen, scene.frames(5.0), strict=True))
    assert set(scene.painted_s) == {0.0}, "later frames go to the model as they are"


def test_who_is_followed_stays_unless_another_is_much_nearer_to_the_form() -> None:
    scene = Scene([(at(400.0), always), (at(1200.0), always)])
    misfits = {400: 90.0, 1200: 85.0}
    assert set(places(follow_all(scene, misfits))) == {400}
    # Both known, the other one begins the exercise: it is taken at the next look.
    scene = Scene([(at(400.0), always), (at(1200.0), always)])
    misfits = {400: 90.0, 1200: 85.0}
    chooser = PersonChooser(scene, lambda o: misfits[hips_of(o.pose)[0]] if o.pose else 999.0)
    told = []
    for frame in scene.frames(6.0):
        if frame.t_s >= 3.0:
            misfits[1200] = 0.0
        told.append((frame.t_s, chooser.estimate(frame)))
    found = {hips_of(o.pose)[0] for t_s, o in told if t_s > 3.0 + follow.COMPANY_S and o.pose}
    assert found == {1200}


def test_a_person_alone_is_hardly_looked_at_and_in_good_form_never() -> None:
    scene = Scene([(at(400.0), always)])
    assert set(places(follow_all(scene, {400: 90.0}, until_s=60.0))) == {400}
    assert len(scene.looks_s) <= 10
    assert not scene.painted_s
    scene = Scene([(at(400.0), always)])
    follow_all(scene, {400: follow.FITS_DEG}, until_s=20.0)
    assert not scene.looks_s


def test_somebody_who_touches_the_person_is_painted_over_until_gone() -> None:
    near = 500  # the figure is about 200 pixels wide
    passes = Scene([(at(400.0), always), (at(near), lambda t_s: 2.0 <= t_s < 4.0)])
    seen = follow_all(passes, {400: 90.0, near: 300.0}, until_s=8.0)
    assert set(places(seen)) == {400}
    assert passes.painted_s
    assert 2.0 <= min(passes.painted_s) < max(passes.painted_s) < 4.0


def test_a_body_that_the_model_does_not_find_costs_a_moment_only() -> None:
    helper, person = at(400.0), at(1200.0)
    scene = Scene([(helper, always), (person, always)], blind_to=person)
    told = places(follow_all(scene, {400: 90.0, 1200: 0.0}, until_s=1.0))
    assert told[: follow.PAINT_FRAMES] == [None] * follow.PAINT_FRAMES
    assert told[-1] == 400


def test_closing_closes_the_estimator() -> None:
    scene = Scene([])
    PersonChooser(scene, lambda _: 0.0).close()
    assert scene.closed == 1


@pytest.mark.parametrize("name", exercises.names())
def test_the_misfit_is_nothing_in_valid_form_and_much_in_another_posture(name: str) -> None:
    misfit = misfit_of(exercises.load(name))

    def of(figure: Figure) -> float:
        return misfit(Observation(0.0, SIZE_PX, figure.pose()))

    assert of(VALID_FIGURES[name]) == pytest.approx(0.0, abs=1e-9)
    other = SEATED_VALID if name != "seated-figure-four" else VALID_FIGURES["prone-press-up"]
    assert of(other) > follow.FITS_DEG
    assert misfit(Observation(0.0, SIZE_PX, None)) == float("inf")
