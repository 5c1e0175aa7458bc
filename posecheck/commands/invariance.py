"""``posecheck invariance``: whether the verdict stays when the frames change."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from posecheck.commands import DEFAULT_EXERCISE, add_model, complain, put
from posecheck.errors import PoseCheckError, shown

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

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
    """Compare; return 0 if all videos could be used, 2 if not."""
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
            with _progress(video) as show:
                found.append(invariance.of_video(video, exercise, model, show))
        except PoseCheckError as error:
            complain(str(error))
            failed = True
    if arguments.json:
        put(line(invariance.as_dict(found)), "utf-8")
    elif found:
        put(invariance.as_text(found))
    return 2 if failed else 0


@contextmanager
def _progress(video: Path) -> Iterator[Callable[[str], None] | None]:
    """Show on standard error which frames are judged, if that is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.markup import escape

    name = escape(shown(video.name))
    with Console(stderr=True).status(name) as status:
        yield lambda variant: status.update(f"{name}: {variant}")
