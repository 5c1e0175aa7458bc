"""``posecheck live``: stretching in front of a camera, guided without keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from posecheck.commands import DEFAULT_FOLDER, add_model, complain, put
from posecheck.errors import PoseCheckError

if TYPE_CHECKING:
    import argparse

    from posecheck.live.coach.program import Program


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--exercise",
        action="append",
        metavar="NAME|FILE",
        help="an exercise, or your own .toml file; repeat it for several in a row (without it, the "
        "page asks)",
    )
    parser.add_argument(
        "--program",
        type=Path,
        metavar="FILE",
        help="a .toml file with exercises, sides, repetitions and rests",
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
        help="seconds of a hold that are counted aloud: all, the last three, or none (default: "
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
    from posecheck.live import session
    from posecheck.live.exercise_run import LiveOptions
    from posecheck.pose import models
    from posecheck.reports import open_report
    from posecheck.system.opencv import cv2

    # Capture, inference and drawing use all cores; OpenCV's own threads would compete with them.
    cv2.setNumThreads(1)
    program = _program(arguments)
    wish = LiveOptions(
        program=program,
        camera=arguments.camera,
        model=models.find(arguments.model),
        out_dir=arguments.out,
        record=arguments.record,
        sound=not arguments.no_sound,
        count=arguments.count,
        browser=not arguments.no_browser,
    )
    _announce(program, record=wish.record)
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


def _program(arguments: argparse.Namespace) -> Program | None:
    """Return the program that the options name; None if they name none and the page asks for it.

    Raises:
        PoseCheckError: if an option or the program's file is faulty; for a file the message lists
            every problem.
    """
    from posecheck.live.coach.program import load_program, make_program

    if arguments.program is None:
        if arguments.exercise is None:
            return None
        return make_program(
            arguments.exercise, arguments.side, arguments.repetitions, arguments.hold
        )
    beside = {
        "--exercise": arguments.exercise,
        "--repetitions": arguments.repetitions,
        "--hold": arguments.hold,
        "--side": None if arguments.side == "both" else arguments.side,
    }
    named = [option for option, value in beside.items() if value is not None]
    if named:
        message = f"{named[0]} and --program: name one of the two; the file says all of it"
        raise PoseCheckError(message)
    return load_program(arguments.program)


def _announce(program: Program | None, *, record: bool) -> None:
    """Print where the program differs from the dose of an exercise, and whether video is kept."""
    for departure in () if program is None else program.departures:
        complain(departure)
    if record:
        complain("the video is recorded, because of --record; it stays on this machine")
