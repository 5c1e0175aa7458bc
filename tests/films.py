"""Films that a fake camera sees: parts of the sample clips and rendered stretches, both sides.

What `analyse` counts in the very pictures that the camera took is what a session must count.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Self

import av
import numpy as np
import pytest

from posecheck import analyse
from posecheck.system.opencv import cv2
from tests import fakecam
from tests.camera.servers import records
from tests.media import SAMPLES, cut, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from posecheck.ledger import Hold

    Image = NDArray[np.uint8]

RENDERED_FPS: Final = 10
CAMERA_FPS: Final = 30
STAYS_S: Final = 10.4
"""Seconds for which the last image of a hold stays: with what came before, a complete hold."""


@dataclass
class Film:
    """What the camera sees: images in their order, each with the seconds for which it stays."""

    shots: list[tuple[Image, float]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return sum(stays_s for _, stays_s in self.shots)

    def play(self, clip: str, start_s: float, end_s: float, *, mirrored: bool = False) -> Self:
        """Add a part of a sample clip."""
        images = cut(SAMPLES / f"{clip}.mp4", start_s, end_s)
        for image in images:
            shown = np.ascontiguousarray(image[:, ::-1]) if mirrored else image
            self.shots.append((shown, (end_s - start_s) / len(images)))
        return self

    def stay(self, seconds: float) -> Self:
        """Let the last image stay."""
        image, stays_s = self.shots[-1]
        self.shots[-1] = (image, stays_s + seconds)
        return self

    def without(self, start_s: float, end_s: float) -> Film:
        """Return the film with nobody in it for a while."""
        empty = np.full_like(self.shots[0][0], 90)
        shots, t_s = [], 0.0
        for image, stays_s in self.shots:
            parts = (t_s, *np.clip((start_s, end_s), t_s, t_s + stays_s), t_s + stays_s)
            whole = zip(parts, parts[1:], (image, empty, image), strict=False)
            shots += [(shown, float(b - a)) for a, b, shown in whole if b > a]
            t_s += stays_s
        return Film(shots)

    def images(self, fps: int) -> Iterator[Image]:
        """Yield the image of each moment; the same array while one stays."""
        t_s, count = 0.0, 0
        for image, stays_s in self.shots:
            t_s += stays_s
            while count / fps < t_s - 1e-6:
                yield image
                count += 1

    def taken(self, path: Path) -> fakecam.Pictures:
        """Return what a camera takes of it."""
        return fakecam.from_images(as_camera(self.images(CAMERA_FPS)), path)


def seated(film: Film, *, mirrored: bool) -> Film:
    """Sit down to it, cross, hold, let go: one side."""
    clip = "seated_figure_four"
    film.play(clip, 0.0, 1.0, mirrored=mirrored).stay(3.0)
    film.play(clip, 1.0, 5.0, mirrored=mirrored).stay(STAYS_S)
    return film.play(clip, 23.0, 25.8, mirrored=mirrored)


def supine(film: Film, *, mirrored: bool, stays_s: float = STAYS_S) -> Film:
    """Lie down to it, cross, hold, let go: one side."""
    clip = "supine_figure_four"
    film.play(clip, 0.0, 0.5, mirrored=mirrored).stay(3.5)
    film.play(clip, 0.5, 4.0, mirrored=mirrored).stay(stays_s)
    return film.play(clip, 24.0, 26.0, mirrored=mirrored)


def both(one: Callable[..., Film]) -> Film:
    """Left, then right, as the plan asks; the clips are of the right, and mirrored of the left."""
    return one(one(Film(), mirrored=True), mirrored=False).stay(3.0)


def as_camera(images: Iterable[Image]) -> Iterator[Image]:
    """Yield images at the camera's size, 1280x720, with grey bars at the sides.

    Two in a row always differ by a little all over, as a sensor is never still; `analyse` would
    take less for a recording that stands still.
    """
    last: Image | None = None
    shown = np.full((2, 720, 1280, 3), 128, np.uint8)
    for number, image in enumerate(images):
        if image is not last:
            last = image
            shown = np.full_like(shown, 128)
            shown[:, :, 160:1120] = cv2.resize(image, (960, 720))
            shown[1] ^= 2
        yield shown[number % 2]


def recorded(pictures: fakecam.Pictures, every: int = 1) -> Path:
    """Return a recording of the pictures of a camera: copied, not coded again.

    Args:
        pictures: as MJPEG.
        every: take every n-th picture only, to save time; odd, because every second picture has
            the same noise.
    """
    path = pictures.path.with_suffix(".mkv")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=pictures.fps)
        stream.width, stream.height = pictures.size_px
        stream.pix_fmt = "yuvj420p"
        stream.time_base = Fraction(1, 1000)
        for number, jpeg in enumerate(records(pictures)[::every]):
            packet = av.Packet(jpeg)
            packet.pts = packet.dts = round(1000 * number * every / pictures.fps)
            packet.time_base, packet.stream = stream.time_base, stream
            packet.is_keyframe = True
            container.mux(packet)
    return path


def analysed(pictures: fakecam.Pictures, exercise: str, every: int = 1) -> list[Hold]:
    """Return the complete holds that `analyse` finds in a recording of a camera's pictures."""
    path = recorded(pictures, every)
    return [hold for hold in analyse(path, exercise=exercise).holds if hold.complete]


def visitors(film: Film, *, mirrored: bool, away_s: float = 0.0) -> Film:
    """Come into an empty room and hold while somebody walks by; perhaps leave in mid-hold."""
    clip = "supine_visitors"
    if away_s:
        film.play(clip, 0.0, 2.0, mirrored=mirrored)
        film.play(clip, 2.0, 7.0, mirrored=mirrored)
        film.play(clip, 18.2, 20.0, mirrored=mirrored).stay(3.0)
        film.play(clip, 13.6, 15.0, mirrored=mirrored).stay(away_s)  # an empty room
        film.play(clip, 15.4, 20.0, mirrored=mirrored).stay(STAYS_S)
    else:
        film.play(clip, 0.0, 10.9, mirrored=mirrored).stay(STAYS_S - 3.0)
    return film.play(clip, 11.0, 13.2, mirrored=mirrored).stay(1.0)


def rendered(folder: Path, motion: str, view: str) -> Film:
    """Render both sides from one place of the camera, and let the holds stay."""
    pytest.importorskip("pyvista", reason='pyvista is not installed (pip install ".[render]")')
    from sample_videos.render.clips import Clip  # noqa: PLC0415 - the extra may be missing
    from sample_videos.render.render import render  # noqa: PLC0415
    from sample_videos.render.story import Story  # noqa: PLC0415
    from sample_videos.render.story_parts import REST, on, once  # noqa: PLC0415
    from sample_videos.render.views import camera_of  # noqa: PLC0415

    held_s = 0.8
    story = Story((*on("left", REST, *once(held_s), REST), *on("right", REST, *once(held_s), REST)))
    clip = Clip("male", motion, story, camera_of(motion, view), fps=RENDERED_FPS)
    render(view, clip, folder)
    film, before = Film(), ""
    for number, (_, image) in enumerate(decode(folder / f"{view}.mp4")):
        phase = next(one.phase for _, end_s, one in story.spans() if number / RENDERED_FPS < end_s)
        if before == "hold" != phase:
            film.stay(STAYS_S)
        if before == "rest" != phase:
            film.stay(3.0)
        film.shots.append((image, 1 / RENDERED_FPS))
        before = phase
    return film.stay(3.0)
