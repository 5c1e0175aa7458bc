"""Render sample clips and demonstrations.

`python -m sample_videos.render NAME... | --all | --matrix | --demonstrations [--out DIR]`
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from sample_videos.render.batch import Interrupt, render_all
from sample_videos.render.cameras import CAMERAS, Camera
from sample_videos.render.clips import CLIPS, COMMITTED
from sample_videos.render.matrix import catalogue
from sample_videos.render.render import render

_DEFAULT_OUT = Path(__file__).parent.parent
_DEMOS_OUT = _DEFAULT_OUT.parent / "posecheck" / "exercises" / "demos"
_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    options = _parse(arguments)
    try:
        if options.matrix:
            return _matrix(options)
        interrupt = Interrupt()
        if options.demonstrations:
            return _demonstrations(options, interrupt)
        names = list(CLIPS) if options.all else options.names or list(COMMITTED)
        for name in names:
            clip = CLIPS[name]
            clip = replace(clip, camera=_camera(options.camera, clip.camera))

            def show(done: int, total: int, name: str = name) -> None:
                _show_progress(name, done, total)
                interrupt.check()

            render(name, clip, options.out, show)
    except KeyboardInterrupt:
        print("stopped; what is finished stays")
        return _INTERRUPTED
    return 0


def _matrix(options: argparse.Namespace) -> int:
    pattern = f"*{options.only or ''}*"
    clips = {name: clip for name, clip in catalogue().items() if fnmatch(name, pattern)}
    if not clips:
        print(f"no clip of the matrix has {options.only!r} in its name")
        return 2
    frames = sum(clip.frame_count for clip in clips.values())
    print(f"{len(clips)} clips, {frames} frames, {options.jobs} at once, into {options.out}")
    print(f"{render_all(clips, options.out, options.jobs)} clips rendered")
    return 0


def _demonstrations(options: argparse.Namespace, interrupt: Interrupt) -> int:
    from sample_videos.render import demonstrations  # noqa: PLC0415 - needs pillow

    pattern = f"*{options.only or ''}*"
    names = [name for name in demonstrations.DEMONSTRATIONS if fnmatch(name, pattern)]
    if not names:
        print(f"no exercise has {options.only!r} in its name")
        return 2
    for name in names:

        def show(done: int, total: int, name: str = name) -> None:
            _show_progress(name, done, total)
            interrupt.check()

        size = demonstrations.render(name, options.out or _DEMOS_OUT, show)
        print(f"{name}: {size / 1000:.0f} kB")
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sample_videos.render", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"one of: {', '.join(CLIPS)} (default: {' '.join(COMMITTED)})",
    )
    parser.add_argument("--all", action="store_true", help="render the whole catalogue")
    parser.add_argument(
        "--matrix",
        action="store_true",
        help="render every exercise, view, story, body and look; goes on where it was stopped",
    )
    parser.add_argument(
        "--demonstrations",
        action="store_true",
        help="render the demonstration of each exercise into the package (or into --out)",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        help="with --matrix: clips rendered at once (default: %(default)s, the cores)",
    )
    parser.add_argument(
        "--only",
        metavar="PATTERN",
        help="with --matrix or --demonstrations: only those with this in their names",
    )
    parser.add_argument("--out", type=Path, help="folder to write into")
    parser.add_argument(
        "--camera",
        metavar="CAMERA",
        help=f"another camera: AZIMUTH:ELEVATION:DISTANCE or one of {', '.join(CAMERAS)}",
    )
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in CLIPS]
    if unknown:
        parser.error(f"no such clip: {', '.join(unknown)}; there are {', '.join(CLIPS)}")
    if options.matrix and options.out is None:
        parser.error("--matrix makes hundreds of megabytes: say where with --out")
    if options.jobs < 1:
        parser.error("--jobs must be 1 or more")
    if not options.demonstrations:
        options.out = options.out or _DEFAULT_OUT
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
