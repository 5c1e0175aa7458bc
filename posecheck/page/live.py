"""The live page: what it shows of a session, and what may be done on it.

In: the coach's `ViewState`, pictures with the skeleton found in them. Out: commands, in the order
in which they were sent. Pages that are slow, reloaded or closed cost pictures and no counted time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from posecheck.landmarks import INDEX, SIDE_BONES, TRUNK_BONES
from posecheck.live.coach.plan import REPETITIONS_RANGE
from posecheck.live.coach.prompt import ViewState
from posecheck.page import PageView, Picture
from posecheck.system.opencv import cv2
from posecheck.types import Side

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from posecheck.page import Document
    from posecheck.page.server import PageServer
    from posecheck.types import Observation

    Image = NDArray[np.uint8]

StageName = Literal["choose", "cautions", "starting", "stretch", "end"]
"""The parts of the page; one is shown at a time."""

SideChoice = Literal["both", "left", "right"]

MOST_REPETITIONS: Final = REPETITIONS_RANGE[1]
"""Largest number of repetitions that can be chosen on the start page."""

WIDEST_PX: Final = 960
"""Largest width of a picture that is sent; a wider one is scaled down to it. For 1280
pixels Chromium without a GPU needs 3 to 5 ms more to decode and draw it."""

JPEG_QUALITY: Final = 80
"""Quality of the pictures that are sent, of 100."""

_LEG: Final = frozenset({"knee", "ankle", "heel", "foot_index"})
_FAR_OUTSIDE: Final = 0.25
"""Share of the image's size beyond which a landmark outside the image is a guess: not drawn."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Part of the page that is shown."""

    name: StageName


@dataclass(frozen=True, slots=True)
class ExerciseCard:
    """An exercise to choose.

    Attributes:
        name: its name.
        title, summary: what it is, in words.
        dose: the dose of its file, one sentence.
        sided: whether one side is stretched at a time.
        demonstration: address of its picture; "" if there is none.
    """

    name: str
    title: str
    summary: str
    dose: str
    sided: bool
    demonstration: str


@dataclass(frozen=True, slots=True)
class CameraChoice:
    """A camera to choose: the value for ``--camera``, and its name."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen on the start page.

    Attributes:
        exercise: name of an exercise.
        side: the sides to stretch.
        repetitions: complete holds on each side.
        camera: a number, a device or a URL.
        sound: whether tones and words are played.
    """

    exercise: str
    side: SideChoice
    repetitions: int
    camera: str
    sound: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """Content of the start page.

    Attributes:
        exercises: the exercises that there are.
        cameras: the cameras that there are.
        chosen: what is chosen at first: that of the last time.
        problem: why it can't begin, one sentence; "" if it can.
        looking: whether pictures of the camera come.
    """

    exercises: tuple[ExerciseCard, ...]
    cameras: tuple[CameraChoice, ...]
    chosen: Chosen
    problem: str = ""
    looking: bool = False


@dataclass(frozen=True, slots=True)
class Cautions:
    """Content of the page of cautions: its paragraphs, and the sentence to confirm."""

    title: str
    paragraphs: tuple[str, ...]
    ask: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What belongs to the exercise that runs.

    Attributes:
        camera: where the camera goes, in words.
        demonstration, plan: addresses of the pictures of the stretch and of the camera's place;
            "" for none.
        steps: the stretch, step by step.
        departures: differences from the exercise's dose.
    """

    camera: str
    demonstration: str
    plan: str
    steps: tuple[str, ...]
    departures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """What stays on the screen for longer.

    Attributes:
        notes: a few words each, such as "no sound".
        recording: whether a video is kept.
        stale: whether no new picture comes; the last one is darkened.
        closes_s: seconds until the end page closes by itself; None if it does not.
        report: whether there is a report to show.
    """

    notes: tuple[str, ...] = ()
    recording: bool = False
    stale: bool = False
    closes_s: float | None = None
    report: bool = False


Bone = tuple[float, float, float, float, bool]
"""x and y of both ends in pixels of the camera's image, and whether it is of the stretched leg."""


@dataclass(frozen=True, slots=True)
class LivePicture:
    """What belongs to one picture.

    Attributes:
        width, height: size of the camera's image in pixels.
        bones: the skeleton found in it.
    """

    width: int
    height: int
    bones: tuple[Bone, ...]


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Choice(_Command):
    exercise: Annotated[str, Field(max_length=300)]
    side: SideChoice
    repetitions: Annotated[int, Field(ge=1, le=MOST_REPETITIONS)]
    camera: Annotated[str, Field(min_length=1, max_length=1000)]
    sound: bool

    @property
    def chosen(self) -> Chosen:
        """What was chosen."""
        return Chosen(self.exercise, self.side, self.repetitions, self.camera, self.sound)


class Begin(_Choice):
    """Begin with what is chosen on the start page."""

    do: Literal["begin"]


class Look(_Choice):
    """Look through the chosen camera before it begins."""

    do: Literal["look"]


class Confirm(_Command):
    """The cautions were read."""

    do: Literal["confirm"]


class Press(_Command):
    """A key was pressed while it runs."""

    do: Literal["press"]
    key: Literal["pause", "skip", "restart", "side", "mute", "end"]


class Answer(_Command):
    """The question of the end page was answered."""

    do: Literal["answer"]
    about: Annotated[str, Field(max_length=50)]
    choice: Annotated[str, Field(max_length=50)]


class End(_Command):
    """Leave: the cautions, or the end page."""

    do: Literal["end"]


Command = Annotated[Begin | Look | Confirm | Press | Answer | End, Field(discriminator="do")]
"""Anything that a page can send."""


def live_view(document: Callable[[str], Document | None], *, recording: bool = False) -> PageView:
    """Return the view of the live page.

    Args:
        document: gives demonstrations, camera plans and the report.
        recording: whether a video will be kept; the start page says so.
    """
    parts = {
        "stage": Stage,
        "choices": Choices,
        "cautions": Cautions,
        "facts": Facts,
        "screen": ViewState,
        "status": Status,
    }
    return PageView(
        name="live",
        title="stretch",
        parts={name: TypeAdapter(kind) for name, kind in parts.items()},
        head=TypeAdapter(LivePicture),
        commands=TypeAdapter(Command),
        document=document,
        facts={"most_repetitions": MOST_REPETITIONS, "recording": recording},
    )


class LivePage:
    """The page of a live session: what is put in goes to every page, also to one that comes later.

    Attributes:
        server: serves it.
    """

    def __init__(self, server: PageServer) -> None:
        """Begin with an empty page.

        Args:
            server: serves the `live_view`; the caller closes it.
        """
        self.server = server
        self._count = 0
        self._last: dict[str, object] = {}
        self.stage("starting")

    def stage(self, name: StageName) -> None:
        """Show a part of the page."""
        self.put("stage", Stage(name))

    def put(self, part: str, value: object) -> None:
        """Send a part of the state if it has changed."""
        if self._last.get(part) != value:
            self._last[part] = value
            self.server.put(part, value)

    def show(
        self, image_bgr: Image, observation: Observation | None, stretched: Side | None = None
    ) -> int:
        """Send a picture; it replaces one that was not sent yet.

        Args:
            image_bgr: the camera's image (height, width, 3); it must not change any more.
            observation: what was found in it; None for no skeleton.
            stretched: the stretched side where it is known.

        Returns:
            Its number.
        """
        height, width = image_bgr.shape[:2]
        bones = () if observation is None else bones_of(observation, stretched)
        number, self._count = self._count, self._count + 1
        head = LivePicture(width, height, bones)
        self.server.show(Picture(number, head, lambda: encoded(image_bgr)))
        return number

    def commands(self, wait_s: float = 0.0) -> list[Command]:
        """Return the commands since the last call; wait up to ``wait_s`` seconds for it."""
        return self.server.commands(wait_s)


def coarse(state: ViewState, notice: str) -> ViewState:
    """Return a view state with a notice, and with no more decimals than the page shows.

    The ring then moves ten times a second and not with every frame, which a third of the browser's
    work would go into. Seconds that were held are rounded down, and so is the ring.
    """
    question = state.question
    return replace(
        state,
        notice=notice,
        seconds=_tenths(state.seconds),
        share=_tenths(10 * state.share) / 10,
        countdown_s=None if state.countdown_s is None else _tenths(state.countdown_s),
        timer_s=None if state.timer_s is None else _tenths(state.timer_s),
        hands_share=round(state.hands_share, 1),
        question=None if question is None else replace(question, left_s=math.ceil(question.left_s)),
    )


def _tenths(number: float) -> float:
    """Return a number rounded down to a tenth."""
    return math.floor(10 * number + 1e-6) / 10


def bones_of(observation: Observation, stretched: Side | None) -> tuple[Bone, ...]:
    """Return the bones of a skeleton, the stretched leg last so that it lies on top."""
    pose = observation.pose
    if pose is None:
        return ()
    size = np.array(observation.frame_size_px, np.float64)
    points = pose.image_px[:, :2].astype(np.float64)
    beyond = _FAR_OUTSIDE * size
    drawn = np.all((points >= -beyond) & (points <= size + beyond), axis=1).tolist()  # NaN is false
    places = points.round(1).tolist()
    found = []
    for start, end, marked in _pairs(stretched):
        if drawn[start] and drawn[end]:
            (x1, y1), (x2, y2) = places[start], places[end]
            found.append((x1, y1, x2, y2, marked))
    return tuple(found)


@cache
def _pairs(stretched: Side | None) -> tuple[tuple[int, int, bool], ...]:
    """Return the landmarks of each bone and whether it is of the stretched leg, those last."""
    pairs = [(INDEX[a], INDEX[b], False) for a, b in TRUNK_BONES]
    for side in (Side.LEFT, Side.RIGHT):
        marked = stretched in {side, Side.BOTH}
        for a, b in SIDE_BONES:
            pairs.append((INDEX[f"{side}_{a}"], INDEX[f"{side}_{b}"], marked and b in _LEG))
    return tuple(sorted(pairs, key=lambda pair: pair[2]))


def encoded(image_bgr: Image) -> bytes:
    """Return an image as JPEG, at most `WIDEST_PX` wide."""
    height, width = image_bgr.shape[:2]
    if width > WIDEST_PX:
        size_px = WIDEST_PX, max(1, round(height * WIDEST_PX / width))
        smaller = cv2.resize(image_bgr, size_px)  # INTER_AREA takes five times as long
        return encoded(np.asarray(smaller, np.uint8))
    done, jpeg = cv2.imencode(".jpg", image_bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert done  # noqa: S101 - an image of 8 bits and 3 channels can always be encoded
    return bytes(jpeg)
