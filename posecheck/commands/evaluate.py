"""``posecheck evaluate``: errors of posecheck against known truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from posecheck.commands import add_model, add_turn, complain, positive, put, status
from posecheck.errors import PoseCheckError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from posecheck.evaluation.run import Evaluation

WORSE: Final = 1
"""Exit code when a figure is worse than the earlier one by more than its noise margin."""

BAD_INPUT: Final = 2
"""Exit code when a clip could not be scored; the other clips were scored."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "folder",
        type=Path,
        metavar="DIR",
        help="a folder with videos and, beside each, NAME.truth.json or NAME.labels.csv",
    )
    parser.add_argument(
        "--exercise",
        action="append",
        default=[],
        metavar="NAME",
        help="only clips of this exercise (default: all); with --none what is judged, and may be "
        "given more than once",
    )
    parser.add_argument(
        "--none",
        action="store_true",
        help="the videos show none of the exercises and need no truth: say what counts in them",
    )
    add_model(parser)
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FILE",
        help="an earlier --json: show what differs; the exit code is 1 if a figure got worse "
        "by more than noise",
    )
    parser.add_argument(
        "--workers",
        "--jobs",
        type=positive,
        metavar="N",
        help="clips, or parts of a single long one, that are worked on at once; the result is the "
        "same (default: as many as the cores and memory allow)",
    )
    parser.add_argument(
        "--role", metavar="NAME", help="only clips of this role, such as report (default: all)"
    )
    _add_conditions(parser)
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    shape.add_argument(
        "--markdown",
        action="store_true",
        help="print one table by view, as in sample_videos/README.md",
    )


def _add_conditions(parser: argparse.ArgumentParser) -> None:
    """Add the options for the conditions of judging."""
    parser.add_argument(
        "--side",
        choices=("auto", "asked"),
        default="auto",
        help="asked: ask for the true side, as the plan of a live session does (default: found "
        "from the form)",
    )
    parser.add_argument(
        "--mirrored",
        action="store_true",
        help="mirror the pictures, and left and right of the truth with them",
    )
    add_turn(parser)


def run(arguments: argparse.Namespace) -> int:
    """Score a folder; return 0, 1 if a figure got worse, or 2 if a clip could not be used."""
    # Loaded here, not above: `posecheck evaluate --help` needs none of it.
    from posecheck.evaluation import figures, report
    from posecheck.evaluation.clip_score import Conditions
    from posecheck.evaluation.run import PROCESS_BYTES, Wanted, evaluate
    from posecheck.sources import Turn
    from posecheck.system.machine import usual_workers

    workers = arguments.workers or usual_workers(PROCESS_BYTES)
    if arguments.none:
        return _none_shown(arguments, workers)
    against, exercise = arguments.against, _one(arguments.exercise)
    turn = Turn(arguments.rotate, arguments.mirror)
    before = None if against is None else figures.load(against)
    with status(_SCORING) as tell:
        evaluation = evaluate(
            arguments.folder,
            wanted=Wanted(exercise, arguments.role),
            conditions=Conditions(arguments.side == "asked", arguments.mirrored, turn),
            model=arguments.model,
            workers=workers,
            on_clip=_telling(tell),
        )
    comparison = None
    if before is not None and evaluation.clips:
        comparison = figures.compare(before, figures.as_dict(evaluation), against)
    if arguments.json:
        put(figures.render(evaluation), "utf-8")
    elif arguments.markdown:
        put(report.markdown(evaluation))
    else:
        put(report.render(evaluation, comparison))
    worse = comparison is not None and comparison.worse
    if arguments.json and worse:
        complain("worse than before; see it without --json")
    return _exit_code(evaluation, worse=worse)


_SCORING: Final = "scoring clips"


def _telling(tell: Callable[[str], None]) -> Callable[[int, int], None]:
    return lambda done, count: tell(f"scored {done} of {count} clips")


def _one(exercises: list[str]) -> str | None:
    if len(exercises) > 1:
        message = "more than one --exercise is for --none; leave it out to score clips of all"
        raise PoseCheckError(message)
    return exercises[0] if exercises else None


def _none_shown(arguments: argparse.Namespace, workers: int) -> int:
    """Print the time that counts in videos that show none of the exercises."""
    from posecheck import exercises
    from posecheck.evaluation import none_shown
    from posecheck.reports.json_line import line
    from posecheck.sources import Turn

    if arguments.against is not None or arguments.role or arguments.side != "auto":
        message = "--none has no truth: it goes without --against, --role and --side"
        raise PoseCheckError(message)
    chosen = tuple(arguments.exercise) or exercises.names()
    asked = none_shown.AskedExercise(
        arguments.folder,
        chosen,
        arguments.model,
        arguments.mirrored,
        Turn(arguments.rotate, arguments.mirror),
    )
    with status(_SCORING) as tell:
        found = none_shown.count(asked, workers=workers, on_clip=_telling(tell))
    if arguments.json:
        put(line(none_shown.as_dict(found)), "utf-8")
    elif arguments.markdown:
        put(none_shown.as_markdown(found))
    elif found.videos:
        put(none_shown.as_text(found))
    for error in found.errors:
        complain(error)
    return BAD_INPUT if found.errors else 0


def _exit_code(evaluation: Evaluation, *, worse: bool) -> int:
    for error in evaluation.errors:
        complain(str(error))
    if evaluation.errors:
        return BAD_INPUT
    return WORSE if worse else 0
