"""``posecheck analyse``: recorded videos in, sessions and counted seconds out."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from posecheck import reports
from posecheck.commands import (
    DEFAULT_EXERCISE,
    DEFAULT_FOLDER,
    add_model,
    add_speed,
    add_turn,
    complain,
    put,
)
from posecheck.errors import PoseCheckError, shown

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from posecheck.pipeline.analyse import AnalyseOptions
    from posecheck.pipeline.analyse import Progress as Done
    from posecheck.pipeline.recorder import Summary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("videos", nargs="+", metavar="VIDEO", help="a video or a still picture")
    parser.add_argument(
        "--exercise",
        default=DEFAULT_EXERCISE,
        metavar="NAME|FILE",
        help="an exercise, your own .toml file, or auto for the best fitting one "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--side",
        choices=("auto", "left", "right"),
        default="auto",
        help="the stretched side (default: found from the form)",
    )
    add_model(parser)
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(DEFAULT_FOLDER),
        metavar="DIR",
        help="folder for the session files (default: %(default)s)",
    )
    parser.add_argument(
        "--video", action="store_true", help="also write a video with skeleton and verdict"
    )
    add_turn(parser)
    add_speed(parser)
    _add_report(parser)


def _add_report(parser: argparse.ArgumentParser) -> None:
    report = parser.add_mutually_exclusive_group()
    report.add_argument(
        "--format",
        choices=reports.names(),
        default="table",
        help="how the result is printed (default: %(default)s)",
    )
    report.add_argument(
        "--json",
        action="store_const",
        dest="format",
        const="json",
        help="print one JSON object per video and nothing else, as --format json",
    )


def run(arguments: argparse.Namespace) -> int:
    """Analyse each video; return 0 if all worked, 2 if one could not be used."""
    # Loaded here, not above: `posecheck analyse --help` needs none of it.
    from posecheck import exercises
    from posecheck.pipeline.analyse import AnalyseOptions
    from posecheck.pose import models
    from posecheck.sources import Turn
    from posecheck.system.opencv import cv2

    # Reading and inference use all cores already; OpenCV's own threads would compete with them.
    cv2.setNumThreads(1)
    automatic = arguments.exercise == exercises.AUTO
    plan = AnalyseOptions(
        exercise=None if automatic else exercises.load(arguments.exercise),
        side=arguments.side,
        model=arguments.model,
        out_dir=arguments.out,
        video=arguments.video,
        turn=Turn(arguments.rotate, arguments.mirror),
        workers=arguments.workers,
        rate_hz=arguments.rate,
    )
    models.find(plan.model)  # an unknown model is reported once, not for every video
    failures = [not _analyse_one(Path(video), plan, arguments.format) for video in arguments.videos]
    return 2 if any(failures) else 0


def _analyse_one(path: Path, plan: AnalyseOptions, report: str) -> bool:
    """Analyse one video and print its result, or its error in one line."""
    from posecheck.pipeline.analyse import Interrupted, run
    from posecheck.reports import open_report

    try:
        with _progress(path.name) as show:

            def on_progress(done: Done) -> None:
                open_report(report)  # loaded while the next frames are worked on
                if show is not None:
                    show(done)

            summary = run(path, replace(plan, on_progress=on_progress))
    except PoseCheckError as error:
        complain(str(error))
        return False
    except Interrupted as stop:
        _print(stop.summary, report)
        session = stop.summary.session
        which = "session so far" if stop.summary.interrupted else "whole session"
        kept = f"; the {which} is kept: {shown(session)}" if session else ""
        complain(f"stopped{kept}")
        raise SystemExit(130) from None
    _print(summary, report)
    return True


def _print(summary: Summary, report: str) -> None:
    from posecheck.reports import open_report  # only when there is a result

    form = open_report(report)
    put(form.render(summary), getattr(form, "ENCODING", None))


@contextmanager
def _progress(name: str) -> Iterator[Callable[[Done], None] | None]:
    """Show a progress bar, if standard error is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from posecheck.system.terminal import progress_console

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[speed]}"),
        TimeRemainingColumn(),
        console=progress_console(),
        transient=True,
    )
    with bar:
        task = bar.add_task(shown(name), total=None, speed="")

        def show(done: Done) -> None:
            total = done.source.duration_s or None
            elapsed = bar.tasks[task].elapsed or 0.0
            speed = f"{done.t_s / elapsed:.1f} x real time" if elapsed > 0 else ""
            bar.update(task, completed=done.t_s, total=total, speed=speed)

        yield show
