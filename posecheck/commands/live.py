"""``posecheck live``: stretching in front of a camera, guided without keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from posecheck.commands import DEFAULT_FOLDER, add_model, complain, put

if TYPE_CHECKING:
    import argparse

    from posecheck.live.coach.plan import SessionPlan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--exercise",
        action="append",
        default=[],
        metavar="NAME|FILE",
        help="an exercise, or your own .toml file; several times for several in a row (without it, "
        "the page asks)",
    )
    parser.add_argument(
        "--camera",
        default="0",
        metavar="N|URL",
        help="which camera: a number (see posecheck cameras) or the URL of an IP camera or "
        "phone, http or rtsp (default: %(default)s)",
    )
    parser.add_argument(
        "--side",
        choices=("both", "left", "right"),
        default="both",
        help="the sides to stretch (default: %(default)s)",
    )
    parser.add_argument(
        "--repetitions",
        type=int,
        metavar="N",
        help="complete holds on each side (default: as the exercise says)",
    )
    parser.add_argument(
        "--hold",
        type=float,
        metavar="S",
        help="seconds that complete a hold (default: as the exercise says)",
    )
    _add_settings(parser)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument(
        "--record",
        action="store_true",
        help="also keep the camera's video; otherwise no picture is kept",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(DEFAULT_FOLDER),
        metavar="DIR",
        help="folder for the session files (default: %(default)s)",
    )
    parser.add_argument(
        "--count",
        choices=("all", "last", "none"),
        default="last",
        help="count the seconds of a hold aloud: all, the last three, or none (default: "
        "%(default)s)",
    )
    parser.add_argument("--no-sound", action="store_true", help="no tones and no words")
    parser.add_argument(
        "--no-browser",
        action="store_true",
        help="open no browser: print the page's address alone on the first line, and wait for it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run one session and print its summary; return 2 if an output was not written."""
    # Loaded here, not above: `posecheck live --help` needs none of it.
    from posecheck import exercises  # noqa: PLC0415
    from posecheck.live import session  # noqa: PLC0415
    from posecheck.live.coach.plan import make_plan  # noqa: PLC0415
    from posecheck.pose import models  # noqa: PLC0415
    from posecheck.reports import open_report  # noqa: PLC0415
    from posecheck.system.opencv import cv2  # noqa: PLC0415

    # Capture, inference and drawing share the cores; OpenCV's own threads get in the way.
    cv2.setNumThreads(1)
    plans = tuple(
        make_plan(exercises.load(name), arguments.side, arguments.repetitions, arguments.hold)
        for name in arguments.exercise
    )
    wish = session.LiveOptions(
        plans=plans,
        camera=arguments.camera,
        model=models.find(arguments.model),
        out_dir=arguments.out,
        record=arguments.record,
        sound=not arguments.no_sound,
        count=arguments.count,
        browser=not arguments.no_browser,
    )
    for plan in plans:
        _announce(plan)
    if wish.record:
        complain("the video is recorded, because of --record; it stays on this machine")
    outcome = session.run(wish)
    for summary in outcome.summaries:
        put(open_report("table").render(summary))
    for fault in outcome.faults:
        complain(fault)
    if outcome.error is not None:
        raise outcome.error
    if outcome.ended == "interrupted":
        complain("stopped; the session so far is kept" if outcome.summaries else "stopped")
        return 130
    return 2 if outcome.faults else 0


def _announce(plan: SessionPlan) -> None:
    """Print how the plan of the session departs from the exercise's dose."""
    for departure in plan.departures:
        complain(departure)
