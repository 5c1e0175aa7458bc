"""Render one clip: its video and its truth, both whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from sample_videos.render.body import Body
from sample_videos.render.looks import LOOKS
from sample_videos.render.motions import EXERCISES
from sample_videos.render.outfit import OUTFITS
from sample_videos.render.recipe import path_of, recipe_of
from sample_videos.render.scene import Scene
from sample_videos.render.truth import Truth
from sample_videos.render.video import VideoWriter
from sample_videos.render.walker import Walker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sample_videos.render.clips import Clip


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
    motion = EXERCISES[clip.exercise](body)
    scene = Scene(motion, OUTFITS[clip.outfit], LOOKS[clip.look], clip.camera, clip.size_px)
    walk_by = _passer(clip, scene)
    truth = Truth(name, clip, recipe_of(clip))
    with VideoWriter(video, clip.fps, clip.size_px) as writer:
        for index in range(clip.frame_count):
            moment = clip.story.at(index / clip.fps)
            if moment.present:
                skeleton = body.skeleton(motion.pose(moment))
                scene.person.show(body.skin(skeleton))
                truth.add(moment.t_s, moment.stretched_side, body.joints(skeleton))
            else:
                scene.person.show(None)
                truth.add_absent(moment.t_s, moment.stretched_side)
            walk_by(moment.t_s)
            writer.write(scene.draw(crc32(f"{name} {index}".encode())))
            if on_frame is not None:
                on_frame(index + 1, clip.frame_count)
    scene.close()
    return truth


def _passer(clip: Clip, scene: Scene) -> Callable[[float], None]:
    """Return what moves the passer-by to a time in seconds."""
    if clip.passer is None:
        return lambda _t_s: None
    body = Body(path_of(clip.passer.body))
    walker = Walker(clip.passer, body, clip.camera, scene.floor_m)
    figure = scene.add_figure(body, OUTFITS[clip.passer.outfit])

    def walk_by(t_s: float) -> None:
        pose = walker.pose(t_s)
        figure.show(None if pose is None else body.skin(body.skeleton(pose)))

    return walk_by
