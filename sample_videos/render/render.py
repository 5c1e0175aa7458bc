"""Render one clip: its video and its truth, both whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from sample_videos.render.body import Body
from sample_videos.render.looks import LOOKS
from sample_videos.render.motions import motion_of
from sample_videos.render.outfit import OUTFITS, dress
from sample_videos.render.recipe import path_of, recipe_of
from sample_videos.render.scene import Scene
from sample_videos.render.truth import Truth
from sample_videos.render.video import VideoWriter
from sample_videos.render.walker import Stander, Walker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sample_videos.render.body import Skeleton
    from sample_videos.render.clips import Clip
    from sample_videos.render.scene import Figure

# Where the person is, is found on some frames and some of the skin; the margin is for the rest.
_EVERY_FRAME, _EVERY_VERTEX, _MARGIN_PX = 4, 5, 14
_LEAST_PX = 16


def render(
    name: str, clip: Clip, out: Path, on_frame: Callable[[int, int], None] | None = None
) -> None:
    """Write NAME.mp4 and NAME.truth.json into a folder.

    They are made under hidden names and renamed when they are whole, the truth last.
    """
    video, told = out / f"{name}.mp4", out / f"{name}.truth.json"
    video.parent.mkdir(parents=True, exist_ok=True)
    new_video, new_told = (path.with_name(f".part-{path.name}") for path in (video, told))
    try:
        truth = _film(name, clip, new_video, on_frame)
        truth.write(new_told)
        told.unlink(missing_ok=True)
        new_video.replace(video)
        new_told.replace(told)
    finally:
        new_video.unlink(missing_ok=True)
        new_told.unlink(missing_ok=True)


def _film(name: str, clip: Clip, video: Path, on_frame: Callable[[int, int], None] | None) -> Truth:
    body = Body(path_of(clip.body))
    motion = motion_of(clip.exercise, body, clip.form)
    wears = dress(body, OUTFITS[clip.outfit])
    scene = Scene(motion, wears, LOOKS[clip.look], clip.camera, clip.size_px)
    moments = [clip.story.at(index / clip.fps) for index in range(clip.frame_count)]
    skeletons = [body.skeleton(motion.pose(m)) if m.present else None for m in moments]
    others = _others(clip, scene)
    if not others:
        scene.person.show(None)
        scene.keep_to(*_part_with(body, skeletons, clip))
    truth = Truth(name, clip, recipe_of(clip))
    with VideoWriter(video, clip.fps, clip.size_px) as writer:
        for index, (moment, skeleton) in enumerate(zip(moments, skeletons, strict=True)):
            if skeleton is None:
                scene.person.show(None)
                truth.add_absent(moment.t_s, moment.stretched_side)
            else:
                scene.person.show(body.skin(skeleton))
                truth.add(moment.t_s, moment.stretched_side, body.joints(skeleton))
            for show_other in others:
                show_other(moment.t_s)
            writer.write(scene.draw(crc32(f"{name} {index}".encode())))
            if on_frame is not None:
                on_frame(index + 1, clip.frame_count)
    scene.close()
    return truth


def _part_with(
    body: Body, skeletons: list[Skeleton | None], clip: Clip
) -> tuple[int, int, int, int]:
    """Return the part of the picture that the person stays in: left, top, right, bottom."""
    looked_at = [skeleton for skeleton in skeletons[::_EVERY_FRAME] if skeleton is not None]
    if not looked_at:
        return 0, 0, *clip.size_px
    skin = np.concatenate([body.skin(skeleton)[::_EVERY_VERTEX] for skeleton in looked_at])
    pixels = clip.camera.project(skin, clip.size_px)
    left, top = np.floor(pixels.min(axis=0)).astype(int) - _MARGIN_PX
    right, bottom = np.ceil(pixels.max(axis=0)).astype(int) + _MARGIN_PX
    width, height = clip.size_px
    # At least a few pixels, also of a person outside the picture.
    left, top = min(max(left, 0), width - _LEAST_PX), min(max(top, 0), height - _LEAST_PX)
    right, bottom = max(min(right, width), _LEAST_PX), max(min(bottom, height), _LEAST_PX)
    return int(left), int(top), int(right), int(bottom)


def _others(clip: Clip, scene: Scene) -> list[Callable[[float], None]]:
    """Return what moves each other person in the picture to a time in seconds."""
    others: list[tuple[Walker | Stander, str]] = []
    if clip.passer is not None:
        body = Body(path_of(clip.passer.body))
        walker = Walker(clip.passer, body, clip.camera, scene.floor_m)
        others.append((walker, clip.passer.outfit))
    if clip.companion is not None:
        body = Body(path_of(clip.companion.body))
        stander = Stander(clip.companion, body, clip.camera, scene.floor_m)
        others.append((stander, clip.companion.outfit))
    return [
        _shown(other, scene.add_figure(other.body, dress(other.body, OUTFITS[worn])))
        for other, worn in others
    ]


def _shown(other: Walker | Stander, figure: Figure) -> Callable[[float], None]:
    return lambda t_s: figure.show(other.skin(t_s))
