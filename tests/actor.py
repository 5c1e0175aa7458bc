"""A person who follows a live session: rendered joints seen from any place, moved as it asks.

The joints are the true ones of the sample clips (`sample_videos/*.truth.json`). They are seen by a
pinhole camera of the renderer from the recommended place, from a raised laptop or from the floor;
the left leg is the mirrored person in front of the same camera. So whole sessions can be played
without a pose model: joints in, landmarks out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from posecheck.form.judge import Judge
from posecheck.landmarks import INDEX, LANDMARKS, mirrored
from posecheck.live.coach.prompt import Phase
from posecheck.live.coach.routine import Routine
from posecheck.types import Asked, Observation, Pose, Side
from sample_videos.render.views import camera_of
from tests.figures import with_model_hips
from tests.media import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from posecheck.form.hold import Tally
    from posecheck.live.coach.plan import SessionPlan
    from posecheck.live.coach.prompt import AudioCue, ViewState
    from sample_videos.render.cameras import Camera

    Joints = dict[str, NDArray[np.float64]]

SIZE_PX: Final = (640, 480)
RATE: Final = 7.5
"""Frames a second: every second one of the clips."""

GONE: Final = "The camera is gone: plug it in again"

_ACROSS: Final = {"seated_figure_four": 0, "supine_figure_four": 1}
"""World axis from one side of the person to the other."""

_PARTS: Final = {
    "seated_figure_four": {"rest": (0.0, 1.4), "in": (1.5, 4.3), "hold": (4.4, 14.9),
                           "out": (23.2, 25.2)},
    "supine_figure_four": {"rest": (0.0, 0.7), "in": (0.8, 3.1), "hold": (13.3, 23.8),
                           "out": (24.0, 25.8)},
}  # fmt: skip
"""Parts of a sample clip: from and until, in seconds."""


@lru_cache(maxsize=16)
def poses_of(clip: str, view: str, side: Side) -> dict[str, list[Pose]]:
    """Return the poses of the parts of a clip, for one stretched side, from one place."""
    truth = json.loads((SAMPLES / f"{clip}.truth.json").read_text("utf-8"))
    camera = camera_of(clip, view)
    flips = side is Side.LEFT  # the clips stretch the right side
    return {
        name: [
            _pose(_joints(frame, clip, flips=flips), camera)
            for frame in truth["frames"][::2]
            if from_s <= frame["t_s"] < to_s
        ]
        for name, (from_s, to_s) in _PARTS[clip].items()
    }


def _joints(frame: dict[str, Any], clip: str, *, flips: bool) -> Joints:
    """Return the joints by the names of the landmarks; mirrored for the other leg."""
    found = {}
    for name, place in frame["joints_m"].items():
        point = np.array(place, np.float64)
        if flips:
            point[_ACROSS[clip]] *= -1
        found[name.replace("toe", "foot_index")] = point
    if flips:
        found = {mirrored(name): point for name, point in found.items()}
    shoulders, hips = (
        (found[f"left_{part}"] + found[f"right_{part}"]) / 2 for part in ("shoulder", "hip")
    )
    head = shoulders + 0.5 * (shoulders - hips)
    for name in LANDMARKS:
        if name not in found:
            found[name] = found[f"{name.split('_')[0]}_ankle"] if "heel" in name else head
    return found


def _pose(joints: Joints, camera: Camera) -> Pose:
    """Return the landmarks that a perfect model would find."""
    forward = np.array(camera.target_m) - camera.position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(forward, right), forward])
    world = with_model_hips(np.array([joints[name] for name in LANDMARKS]))
    px = camera.project(world, SIZE_PX)
    along = (world - world[[INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=0)) @ axes.T
    scale = camera.lens_mm / 36.0 * SIZE_PX[0] / camera.distance_m
    image = np.column_stack([px, along[:, 2] * scale])
    seen = np.full(len(LANDMARKS), 0.98, np.float32)
    return Pose(
        np.ascontiguousarray(image, np.float32), np.ascontiguousarray(along, np.float32), seen, seen
    )


@dataclass
class Actor:
    """A person at one place who does what the phases ask; the camera is never moved.

    Attributes:
        clip: the sample clip whose movements are made.
        view: place of the camera.
        follows: whether the person also stretches; otherwise it only rests.
        mistakes: numbers of the stretches, from 0, in which it takes the leg not asked for.
    """

    clip: str
    view: str
    follows: bool = True
    mistakes: tuple[int, ...] = ()
    _stretches: int = 0
    _part: str = "rest"
    _count: int = 0
    _side: Side = Side.LEFT

    def pose(self, routine: Routine) -> Pose:
        """Return the next pose."""
        parts = poses_of(self.clip, self.view, self._side)
        if self._part == "rest" and self._count >= RATE and self._is_asked(routine):
            mistaken = self._stretches in self.mistakes
            self._side = routine.side.other if mistaken else routine.side
            self._part, self._count, self._stretches = "in", 0, self._stretches + 1
            parts = poses_of(self.clip, self.view, self._side)
        elif self._part == "in" and self._count >= len(parts["in"]):
            self._part, self._count = "hold", 0
        elif self._part == "hold" and routine.phase in {
            Phase.COMPLETE, Phase.REST, Phase.CHANGE_SIDE, Phase.DONE,
        }:  # fmt: skip
            self._part, self._count = "out", 0
        elif self._part == "out" and self._count >= len(parts["out"]):
            self._part, self._count = "rest", 0
        poses = parts[self._part]
        self._count += 1
        return poses[to_and_fro(self._count - 1, len(poses))]

    def _is_asked(self, routine: Routine) -> bool:
        return self.follows and routine.phase is Phase.GET_INTO_POSITION


def to_and_fro(number: int, length: int) -> int:
    """Return an index that runs to the end of a list and back again."""
    number %= max(2 * (length - 1), 1)
    return number if number < length else 2 * (length - 1) - number


@dataclass
class Played:
    """A session that was played to its end.

    Attributes:
        routine: the routine.
        views: time and view state of each moment.
        said: time and words.
        seen: the observations that were judged.
        tally: what was counted.
    """

    routine: Routine
    views: list[tuple[float, ViewState]] = field(default_factory=list)
    said: list[tuple[float, str]] = field(default_factory=list)
    seen: list[Observation] = field(default_factory=list)
    tally: Tally | None = None

    @property
    def last(self) -> ViewState:
        return self.views[-1][1]

    def take(self, t_s: float, out: tuple[ViewState, tuple[AudioCue, ...]]) -> None:
        self.views.append((t_s, out[0]))
        self.said += [(t_s, call.words) for call in out[1] if call.words is not None]


def play(
    plan: SessionPlan,
    actor: Actor,
    happens: Callable[[float, Observation], Observation | None] = lambda _, seen: seen,
    at_most_s: float = 600.0,
) -> Played:
    """Play a whole session without a key.

    Args:
        plan: what is asked for.
        actor: the person.
        happens: changes what is seen at a time; None is no picture at all.
        at_most_s: seconds after which it is given up.
    """
    routine, judge = Routine(plan), Judge(plan.exercise)
    played, asked = Played(routine), None
    for number in range(round(at_most_s * RATE)):
        t_s = number / RATE
        pose = actor.pose(routine)
        seen = happens(t_s, Observation(t_s, SIZE_PX, pose))
        if seen is None:
            played.take(t_s, routine.absent(t_s, GONE))
        else:
            if routine.side is not asked:
                asked = routine.side
                judge.ask(Asked(t_s, asked, unless_seen=True))
            (step,) = judge.judge([seen])
            played.seen.append(seen)
            played.take(t_s, routine.step(seen, step))
        if routine.over:
            break
    played.tally = judge.finish()
    return played


def nobody(seen: Observation) -> Observation:
    """Return the same moment with nobody in the picture."""
    return replace(seen, pose=None)


def moved_px(seen: Observation, x_px: float, scale: float) -> Observation:
    """Return another person: somewhere else in the picture, and of another size."""
    assert seen.pose is not None
    image = seen.pose.image_px * np.float32(scale)
    image[:, 0] += x_px
    return replace(seen, pose=replace(seen.pose, image_px=np.ascontiguousarray(image)))
