"""Render sample clips: `python -m sample_videos.render NAME... | --all [--out DIR]`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from sample_videos.render.body import BODIES_DIR, Body
from sample_videos.render.cameras import CAMERAS, Camera
from sample_videos.render.clips import CLIPS, COMMITTED, Clip
from sample_videos.render.motions import EXERCISES
from sample_videos.render.scene import Scene
from sample_videos.render.truth import Truth
from sample_videos.render.video import VideoWriter

_DEFAULT_OUT = Path(__file__).parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    options = _parse(arguments)
    names = list(CLIPS) if options.all else options.names or list(COMMITTED)
    options.out.mkdir(parents=True, exist_ok=True)
    for name in names:
        clip = CLIPS[name]
        camera = _camera(options.camera, CAMERAS[clip.camera])
        render(name, clip, camera, options.out)
    return 0


def render(name: str, clip: Clip, camera: Camera, out: Path) -> None:
    """Write NAME.mp4 and NAME.truth.json into a folder."""
    body = Body(BODIES_DIR / f"{clip.body}.npz")
    motion = EXERCISES[clip.exercise](body)
    scene = Scene(body, motion, camera, clip.size_px)
    truth = Truth(name, clip, camera)
    with VideoWriter(out / f"{name}.mp4", clip.fps, clip.size_px) as video:
        for index in range(clip.frame_count):
            moment = clip.story.at(index / clip.fps)
            skeleton = body.skeleton(motion.pose(moment))
            video.write(scene.draw(body.skin(skeleton)))
            truth.add(moment.t_s, moment.stretched_side, body.joints(skeleton))
            _show_progress(name, index + 1, clip.frame_count)
    scene.close()
    truth.write(out / f"{name}.truth.json")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sample_videos.render", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"one of: {', '.join(CLIPS)} (default: {' '.join(COMMITTED)})",
    )
    parser.add_argument("--all", action="store_true", help="render the whole catalogue")
    parser.add_argument("--out", type=Path, default=_DEFAULT_OUT, help="folder to write into")
    parser.add_argument(
        "--camera",
        metavar="CAMERA",
        help=f"another camera: AZIMUTH:ELEVATION:DISTANCE or one of {', '.join(CAMERAS)}",
    )
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in CLIPS]
    if unknown:
        parser.error(f"no such clip: {', '.join(unknown)}; there are {', '.join(CLIPS)}")
    return options


def _camera(wanted: str | None, usual: Camera) -> Camera:
    """Return the usual camera, a named one, or the usual one moved on its sphere."""
    if wanted is None:
        return usual
    if wanted in CAMERAS:
        return CAMERAS[wanted]
    numbers = wanted.split(":")
    try:
        azimuth, elevation, distance = map(float, numbers)
    except ValueError:
        message = f"--camera takes AZIMUTH:ELEVATION:DISTANCE or a name, not {wanted!r}"
        raise SystemExit(message) from None
    return replace(usual, azimuth_deg=azimuth, elevation_deg=elevation, distance_m=distance)


def _show_progress(name: str, done: int, total: int) -> None:
    end = "\n" if done == total else ""
    sys.stderr.write(f"\r{name}: {done}/{total} frames{end}")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
