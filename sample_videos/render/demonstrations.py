"""Demonstrations: a short loop and a still picture of each exercise, for the pages and documents.

One person, one neutral room. The picture stands still after each step, so that the steps can be
told apart, and longest in the hold. The stretched leg is drawn in a colour of its own. Only the
right side is rendered: the other one is the same picture mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from sample_videos.render.body import Body
from sample_videos.render.cameras import Camera
from sample_videos.render.looks import Lamp, Look
from sample_videos.render.motions import motion_of
from sample_videos.render.outfit import Outfit, dress, highlighted
from sample_videos.render.recipe import path_of
from sample_videos.render.scene import Scene
from sample_videos.render.story import Segment, Story

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from sample_videos.render.outfit import Colour

SIZE_PX: Final = (640, 456)
"""Width and height of a demonstration."""

FPS: Final = 10
"""Frames a second while the person moves; while they stay still there is one frame."""

MOST_BYTES: Final = 400_000
"""Size that the files of one exercise must stay below together."""

_QUALITY: Final = 68
_STILL_QUALITY: Final = 80

HIGHLIGHT: Final[Colour] = (0, 150, 136)
_BODY: Final = "female"
_OUTFIT: Final = Outfit(shirt=(232, 232, 230), legs=(92, 100, 112), sleeve_end=0.62)
_LOOK: Final = Look(
    wall="#eceef0",
    floor="#b7bcc0",
    mat="#8fa0ae",
    seat="#a7b0b8",
    chair_legs="#8d969e",
    lamps=(
        Lamp((-1.6, -2.6, 2.6), 0.6),
        Lamp((2.2, -1.6, 2.4), 0.35),
        Lamp((0.0, 0.6, 2.9), 0.3),
    ),
)


STORY: Final = Story(
    (
        Segment("rest", 1.0),
        Segment("into_position", 1.5, cross=1.0),
        Segment("in_position", 0.8, cross=1.0),
        Segment("deepen", 1.2, cross=1.0, depth=1.0),
        Segment("hold", 3.0, cross=1.0, depth=1.0),
        Segment("release", 0.9, cross=1.0),
        Segment("back_to_rest", 1.1),
    )
)
PRESS_UP_STORY: Final = Story(
    (
        Segment("rest", 1.2, cross=1.0),
        Segment("press_up", 1.8, cross=1.0, depth=1.0),
        Segment("hold", 3.0, cross=1.0, depth=1.0),
        Segment("lower", 1.8, cross=1.0),
    )
)
_STANDING: Final = {"rest", "in_position", "hold"}


@dataclass(frozen=True)
class Demonstration:
    """Demonstration of one exercise.

    Attributes:
        motion: name of the motion.
        camera: from where it is shown; chosen so that both legs can be told apart, which is not
            always where posecheck wants its own camera.
        story: what happens.
        one_sided: whether one leg is stretched, and therefore highlighted.

    """

    motion: str
    camera: Camera
    story: Story = STORY
    one_sided: bool = True


DEMONSTRATIONS: Final = {
    "seated-figure-four": Demonstration(
        "seated_figure_four", Camera(42.0, 16.0, 2.9, (0.0, -0.1, 0.62), lens_mm=45.0)
    ),
    "supine-figure-four": Demonstration(
        "supine_figure_four", Camera(150.0, 26.0, 2.6, (0.04, 0.0, 0.19), lens_mm=43.0)
    ),
    "single-knee-to-chest": Demonstration(
        "single_knee_to_chest", Camera(18.0, 22.0, 2.6, (0.02, 0.0, 0.2), lens_mm=43.0)
    ),
    "knee-to-opposite-shoulder": Demonstration(
        "knee_to_opposite_shoulder", Camera(44.0, 33.0, 2.6, (0.05, 0.0, 0.13), lens_mm=40.0)
    ),
    "pigeon": Demonstration("pigeon", Camera(212.0, 20.0, 2.6, (-0.02, 0.0, 0.27), lens_mm=42.0)),
    "prone-press-up": Demonstration(
        "prone_press_up",
        Camera(-20.0, 18.0, 2.6, (-0.02, 0.0, 0.22), lens_mm=42.0),
        PRESS_UP_STORY,
        one_sided=False,
    ),
}
"""The demonstration of each shipped exercise, by the exercise's name."""


def frame_times(story: Story) -> Iterator[tuple[float, float]]:
    """Yield time and length of each frame in seconds: one for a segment in which nothing moves."""
    for start_s, end_s, segment in story.spans():
        count = 1 if segment.phase in _STANDING else round(segment.duration_s * FPS)
        length_s = (end_s - start_s) / count
        for index in range(count):
            yield start_s + index * length_s, length_s


def render(name: str, out: Path, on_frame: Callable[[int, int], None]) -> int:
    """Write NAME.webp, the loop, and NAME-still.webp, the hold; return their size in bytes.

    Args:
        name: an exercise of `DEMONSTRATIONS`.
        out: folder to write into; files of the same names are replaced.
        on_frame: called with the number of frames drawn and of all frames.

    Raises:
        ValueError: if they come out larger than `MOST_BYTES`; nothing is written then.

    """
    demonstration = DEMONSTRATIONS[name]
    times = list(frame_times(demonstration.story))
    moments_s = [_moment_s(demonstration.story, t_s) for t_s, _ in times]
    pictures = []
    for picture in _draw(demonstration, moments_s):
        pictures.append(Image.fromarray(picture))
        on_frame(len(pictures), len(times))
    held = max(range(len(times)), key=lambda index: times[index][1])
    loop, still = out / f"{name}.webp", out / f"{name}-still.webp"
    new_loop, new_still = (path.with_name(f".part-{path.name}") for path in (loop, still))
    out.mkdir(parents=True, exist_ok=True)
    try:
        pictures[0].save(
            new_loop,
            save_all=True,
            append_images=pictures[1:],
            duration=[round(length_s * 1000) for _, length_s in times],
            loop=0,
            quality=_QUALITY,
            method=6,
        )
        pictures[held].save(new_still, quality=_STILL_QUALITY, method=6)
        size = new_loop.stat().st_size + new_still.stat().st_size
        if size >= MOST_BYTES:
            message = f"{name}: {size} bytes are too many, at most {MOST_BYTES}"
            raise ValueError(message)
        new_loop.replace(loop)
        new_still.replace(still)
    finally:
        new_loop.unlink(missing_ok=True)
        new_still.unlink(missing_ok=True)
    return size


def _moment_s(story: Story, t_s: float) -> float:
    """Return the time at which a frame shows the story: in a standing segment, its end."""
    for start_s, end_s, segment in story.spans():
        if start_s <= t_s < end_s and segment.phase in _STANDING:
            return end_s - 1e-6
    return t_s


def _draw(demonstration: Demonstration, times_s: list[float]) -> Iterator[NDArray[np.uint8]]:
    body = Body(path_of(_BODY))
    motion = motion_of(demonstration.motion, body)
    wears = dress(body, _OUTFIT)
    if demonstration.one_sided:
        wears = highlighted(body, wears, "R", HIGHLIGHT)
    scene = Scene(motion, wears, _LOOK, demonstration.camera, SIZE_PX)
    try:
        for t_s in times_s:
            scene.person.show(body.skin(body.skeleton(motion.pose(demonstration.story.at(t_s)))))
            yield np.ascontiguousarray(scene.draw())
    finally:
        scene.close()
