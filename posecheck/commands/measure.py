"""``posecheck measure``: values of the quantities over time."""

from __future__ import annotations

import argparse
import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from posecheck.commands import add_speed, add_turn, complain, put, status
from posecheck.errors import OutputError, PoseCheckError, shown
from posecheck.system import outputs

if TYPE_CHECKING:
    from collections.abc import Callable

    from posecheck.reports.measurement import MeasureReport

INTERRUPTED = 130
"""Exit code after Ctrl-C; the values measured until then are printed and written."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "file", type=Path, metavar="VIDEO|SESSION", help="a video, a picture or a session file"
    )
    parser.add_argument(
        "--exercise",
        metavar="NAME|FILE",
        help="sum up over each hold of this exercise, or auto for the best fitting one "
        "(default: a session's stored holds; all of a video)",
    )
    parser.add_argument(
        "--quantity",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="only these quantities (default: all; posecheck exercises --quantities lists them)",
    )
    parser.add_argument(
        "--from", type=_seconds, dest="from_s", metavar="S", help="sum up from this second on"
    )
    parser.add_argument(
        "--to", type=_seconds, dest="to_s", metavar="S", help="sum up to this second"
    )
    add_turn(parser)
    parser.add_argument("--seconds", action="store_true", help="sum up every second, too")
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="write every picture's values to a new .csv file"
    )
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="draw the curves into a new .png file"
    )
    add_speed(parser)
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object and nothing else"
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure a file and print the result; return 0, or 130 if Ctrl-C ended it."""
    # Loaded here, not above: `posecheck measure --help` needs none of it.
    from posecheck import exercises
    from posecheck.measure import columns
    from posecheck.pipeline import measuring
    from posecheck.reports import measurement
    from posecheck.reports.json_line import line
    from posecheck.sources import Turn

    _check(arguments)
    columns.measure((), arguments.quantity)  # an unknown name is refused before the long work
    named = arguments.exercise
    wanted = named if named in (None, exercises.AUTO) else exercises.load(named)
    turn = Turn(arguments.rotate, arguments.mirror)
    what = f"measuring {shown(arguments.file.name)}"
    with status(what) as tell:
        found = measuring.read(
            arguments.file,
            wanted,
            turn,
            partial(_tell, tell, what),
            workers=arguments.workers,
            rate_hz=arguments.rate,
        )
    measured = columns.measure(found.observations, arguments.quantity)
    given = arguments.from_s is not None or arguments.to_s is not None
    whole = measuring.asked_part(measured.t_s, arguments.from_s, arguments.to_s)
    parts = () if given else measuring.part_of_holds(found.holds)
    warnings = list(found.warnings)
    if found.exercise is not None and not parts and not given:
        warnings.append(f"no hold of {found.exercise} was found; this is the whole recording")
    shown_as = measurement.MeasureReport(
        source=arguments.file.name,
        exercise=None if given else found.exercise,
        measured=measured.during(whole.start_s, whole.end_s),
        parts=parts or (whole,),
        by_second=arguments.seconds,
        warnings=tuple(warnings),
    )
    if arguments.json:
        put(line(measurement.as_json(shown_as)), "utf-8")
    else:
        put(measurement.as_text(shown_as))
    _write(arguments, shown_as)  # last, so that the table is printed even if the disk is full
    if found.stopped:
        complain(f"stopped; measured up to {float(measured.t_s[-1]):.1f} s")
        return INTERRUPTED
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Refuse impossible options before the file is read.

    Raises:
        PoseCheckError: if an option is impossible; the message is one line.
    """
    start_s, end_s = arguments.from_s, arguments.to_s
    if start_s is not None and end_s is not None and start_s >= end_s:
        message = f"--from {start_s:g} does not lie before --to {end_s:g}; exchange them"
        raise PoseCheckError(message)
    picture = arguments.picture
    if picture is not None and picture.suffix.lower() != ".png":
        message = f"{shown(picture)}: curves are drawn as PNG; choose a name that ends in .png"
        raise OutputError(message)
    for path in (arguments.csv, picture):
        if path is not None:
            outputs.check_new(path)
        if path is not None and not path.absolute().parent.is_dir():
            message = f"{shown(path)}: cannot be written: there is no such folder; make it first"
            raise OutputError(message)


def _write(arguments: argparse.Namespace, shown_as: MeasureReport) -> None:
    from posecheck.reports import measurement

    if arguments.csv is not None:
        _write_new(arguments.csv, measurement.as_csv(shown_as.measured).encode())
    if arguments.picture is not None:
        from posecheck.reports import measurement

        image = measurement.draw(shown(shown_as.source), shown_as.measured, shown_as.parts)
        _write_new(arguments.picture, measurement.png(image))


def _write_new(path: Path, content: bytes) -> None:
    outputs.check_new(path)
    try:
        with outputs.new_file(path) as file:
            file.write(content)
    except OSError as error:
        raise outputs.failed(path, error, outputs.NAMED) from error


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        message = f"must be seconds from 0, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return value


def _tell(tell: Callable[[str], None], what: str, t_s: float, duration_s: float) -> None:
    whole = f" of {duration_s:.0f}" if duration_s else ""
    tell(f"{what}: {t_s:.0f}{whole} s")
