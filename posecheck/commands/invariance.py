"""``posecheck invariance``: whether the verdict stays the same in changed frames."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from posecheck.commands import DEFAULT_EXERCISE, add_model, complain, put, status
from posecheck.errors import PoseCheckError, shown

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from posecheck.evaluation.invariance import VideoStay


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO", help="a video")
    parser.add_argument(
        "--exercise",
        default=DEFAULT_EXERCISE,
        metavar="NAME|FILE",
        help="an exercise, your own .toml file, or auto for the one that fits best as filmed "
        "(default: %(default)s)",
    )
    add_model(parser)
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object and nothing else"
    )


def run(arguments: argparse.Namespace) -> int:
    """Judge each video as filmed and changed; return 0 if all videos could be used, 2 if not."""
    # Loaded here, not above: `posecheck invariance --help` needs none of it.
    from posecheck import exercises
    from posecheck.evaluation import invariance
    from posecheck.pose import models
    from posecheck.reports.json_line import line

    automatic = arguments.exercise == exercises.AUTO
    exercise = None if automatic else exercises.load(arguments.exercise)
    model = models.find(arguments.model)
    found: list[VideoStay] = []
    failed = False
    for video in arguments.videos:
        try:
            with status(shown(video.name)) as tell:
                told = partial(_tell, tell, video)
                found.append(invariance.of_video(video, exercise, model, told))
        except PoseCheckError as error:
            complain(str(error))
            failed = True
    if arguments.json:
        put(line(invariance.as_dict(found)), "utf-8")
    elif found:
        put(invariance.as_text(found))
    return 2 if failed else 0


def _tell(tell: Callable[[str], None], video: Path, variant: str) -> None:
    tell(f"{shown(video.name)}: {variant}")
