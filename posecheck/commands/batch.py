"""``posecheck batch``: many recordings in, a session for each and two tables out."""

from __future__ import annotations

import argparse
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posecheck.commands import DEFAULT_EXERCISE, add_model, complain, positive, put
from posecheck.errors import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from posecheck.batch.recordings import Recording
    from posecheck.batch.run import BatchOutcome
    from posecheck.batch.store import Job

SOME_FAILED, INTERRUPTED = 1, 130

SCHEMA = "posecheck.batch/1"

MOST_SHOWN = 20
"""Largest number of failed recordings that are printed; the tables hold all of them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "where",
        nargs="+",
        type=Path,
        metavar="WHERE",
        help="videos, folders, or a .csv table with the columns path, exercise, side and others",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of the sessions and tables; what is in it already is not done again",
    )
    parser.add_argument(
        "--exercise",
        metavar="NAME|FILE|auto",
        help="what to judge where a table does not say it "
        f"(default: {DEFAULT_EXERCISE}; with --judge: the exercise that each session holds)",
    )
    parser.add_argument(
        "--side",
        choices=("auto", "left", "right"),
        default="auto",
        help="the stretched side where a table does not say it (default: found from the form)",
    )
    add_model(parser)
    parser.add_argument(
        "--judge",
        action="store_true",
        help="WHERE holds sessions: judge their landmarks again, without a video",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object and nothing else"
    )
    _add_cluster(parser)


def _add_cluster(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers",
        type=positive,
        metavar="N",
        help="processes on this machine (default: as many as its cores and memory allow)",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="work on an existing dask cluster, such as tcp://host:8786",
    )
    parser.add_argument(
        "--retries",
        type=_count,
        default=1,
        metavar="N",
        help="further attempts at a recording that failed (default: %(default)s)",
    )
    parser.add_argument(
        "--timeout",
        type=positive,
        default=3600,
        metavar="S",
        help="seconds after which the work on one recording is ended (default: %(default)s)",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 6:  # noqa: PLR2004 - digits
        message = f"must be a whole number from 0, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Work on all recordings; return 0 if all worked, 1 if one failed, 130 after Ctrl-C."""
    # Loaded here, not above: `posecheck batch --help` needs none of it.
    from posecheck import sources
    from posecheck.batch import recordings, store, tables
    from posecheck.batch.run import BatchOptions, dask_is_there
    from posecheck.batch.run import run as run_batch

    _check(arguments)
    dask_is_there()
    tables.arrow()
    out = arguments.out.absolute()
    endings = recordings.SESSION_SUFFIXES if arguments.judge else sources.RECORDING_SUFFIXES
    found = recordings.find(arguments.where, endings, skip=out)
    jobs = _jobs(arguments, found, out)
    options = BatchOptions(
        arguments.workers, arguments.scheduler, arguments.retries, float(arguments.timeout)
    )
    with store.only_run(out):
        with _progress(len(jobs)) as show:
            outcome = run_batch(jobs, out, options, show)
        files, sums = tables.write(out, found, jobs, outcome)
    said = _as_dict(found, outcome, files, sums)
    if arguments.json:
        from posecheck.reports.json_line import line

        put(line(said), "utf-8")
    else:
        put(_as_text(said, arguments.out))
    if outcome.stopped:
        complain(f"{outcome.stopped}; everything finished is kept in {shown(arguments.out)}")
        return INTERRUPTED if outcome.interrupted else 2
    return SOME_FAILED if outcome.failed else 0


def _check(arguments: argparse.Namespace) -> None:
    from posecheck.errors import PoseCheckError

    if arguments.scheduler is not None and arguments.workers is not None:
        message = "--workers is for this machine; the cluster of --scheduler has its own workers"
        raise PoseCheckError(message)


def _jobs(arguments: argparse.Namespace, found: Sequence[Recording], out: Path) -> list[Job]:
    """Return a job for each recording; each exercise and the model are read only once.

    Raises:
        PoseCheckError: if an exercise or the model cannot be used.
    """
    from posecheck import __version__, exercises
    from posecheck.batch.store import STORED, Job
    from posecheck.pose import models

    usual = arguments.exercise or (STORED if arguments.judge else DEFAULT_EXERCISE)
    loaded: dict[str, dict[str, Any] | str] = {STORED: STORED, exercises.AUTO: exercises.AUTO}
    for name in dict.fromkeys(recording.exercise or usual for recording in found):
        if name == STORED and not arguments.judge:
            continue
        if name not in loaded:
            loaded[name] = exercises.load(name).model_dump(mode="json")
    model = None if arguments.judge else models.find(arguments.model)
    return [
        Job(
            name=recording.name,
            path=str(recording.path),
            out=str(out),
            exercise=loaded[recording.exercise or usual],
            side=recording.side or arguments.side,
            model="" if model is None else model.name,
            model_sha256="" if model is None else model.sha256,
            judge=arguments.judge,
            posecheck=__version__,
        )
        for recording in found
    ]


def _as_dict(
    found: Sequence[Recording],
    outcome: BatchOutcome,
    files: dict[str, Path],
    sums: dict[str, float],
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "recordings": len(found),
        "done": len(outcome.keys),
        "done_before": len(outcome.reused),
        "failed": [
            {"recording": shown(found[n].name), "path": shown(found[n].path), "error": shown(why)}
            for n, why in sorted(outcome.failed.items())
        ],
        "not_done": len(found) - outcome.over,
        "duration_s": sums["duration_s"],
        "seconds": {state: sums[f"{state}_s"] for state in ("valid", "wrong", "unseen")},
        "holds": int(sums["holds"]),
        "complete_holds": int(sums["complete_holds"]),
        "tables": {name: shown(path) for name, path in files.items()},
        "interrupted": bool(outcome.stopped),
    }


def _as_text(said: dict[str, Any], out: Path) -> str:
    failed, seconds = said["failed"], said["seconds"]
    before = f" ({said['done_before']} of them before)" if said["done_before"] else ""
    parts = [f"{said['done']} done{before}", f"{len(failed)} failed"]
    if said["not_done"]:
        parts.append(f"{said['not_done']} not done")
    lines = [
        f"{said['recordings']} recordings: {', '.join(parts)}",
        f"{said['duration_s']:.1f} s: "
        + ", ".join(f"{seconds[state]:.1f} s {state}" for state in ("valid", "wrong", "unseen")),
        f"{said['complete_holds']} of {said['holds']} holds complete",
        *(f"failed: {one['recording']}: {one['error']}" for one in failed[:MOST_SHOWN]),
    ]
    if len(failed) > MOST_SHOWN:
        lines.append(f"{len(failed) - MOST_SHOWN} more failed; the table names them")
    lines.append(f"tables: {shown(out / 'recordings')}.parquet, .csv; holds.parquet, .csv")
    return "\n".join(lines) + "\n"


@contextmanager
def _progress(count: int) -> Iterator[Callable[[BatchOutcome], None] | None]:
    """Show a progress bar with the time left, if standard error is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("{task.fields[failed]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=count, failed="")

        def show(outcome: BatchOutcome) -> None:
            failed = f"{len(outcome.failed)} failed" if outcome.failed else ""
            bar.update(task, completed=outcome.over, failed=failed)

        yield show
