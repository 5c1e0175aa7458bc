"""``posecheck progress``: sums of the sessions of a folder by day, week and side."""

from __future__ import annotations

import argparse
import sys
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from posecheck.commands import DEFAULT_EXERCISE, DEFAULT_FOLDER, put, write_private
from posecheck.errors import OutputError, PoseCheckError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from posecheck.progress.weeks import FolderProgress

REMINDER: Final = "posecheck-reminder"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=Path(DEFAULT_FOLDER),
        metavar="FOLDER",
        help="folder of the session files, or of the results of a batch (default: %(default)s)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object and nothing else"
    )
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page to print, keep or hand on"
    )
    parser.add_argument(
        "--remind",
        choices=("ics",),
        help="write a calendar file that reminds you of the dose every day; nothing is sent",
    )
    parser.add_argument(
        "--at",
        type=_time,
        default=time(18),
        metavar="HH:MM",
        help="time of the reminder (default: 18:00)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the progress, and write what was asked for; return 0."""
    # Loaded here, not above: `posecheck progress --help` needs none of it.
    from posecheck.batch.result import is_result
    from posecheck.progress.output import as_text
    from posecheck.progress.reading import indexed
    from posecheck.progress.weeks import as_json, progress_of
    from posecheck.reports.json_line import line

    _check(arguments.html)
    if is_result(arguments.folder):
        return _of_batch(arguments)
    with _progress() as show:
        progress = progress_of(arguments.folder, indexed(arguments.folder, None, show))
    if arguments.json:
        put(line(as_json(progress)), "utf-8")
    else:
        put(as_text(progress, datetime.now().astimezone().date()))
    _write(arguments, progress)
    return 0


def _check(html: Path | None) -> None:
    """Refuse a page that could not be written, before the sessions are read."""
    from posecheck.system import outputs

    if html is not None:
        if html.suffix.lower() not in {".html", ".htm"}:
            message = f"{shown(html)}: the page is HTML; choose a name that ends in .html"
            raise OutputError(message)
        outputs.check_new(html)


def _of_batch(arguments: argparse.Namespace) -> int:
    """Print the sums of a batch, and write its page if that was asked for; return 0."""
    from posecheck.batch.result import as_json, as_text, read
    from posecheck.reports.json_line import line

    if arguments.remind is not None:
        message = f"{shown(arguments.folder)}: the recordings of a batch have no dose to remind of"
        raise PoseCheckError(message)
    result = read(arguments.folder)
    if arguments.json:
        put(line(as_json(result)), "utf-8")
    else:
        put(as_text(result))
    if arguments.html is not None:
        from posecheck.page.batch import render

        write_private(arguments.html, render(result, datetime.now().astimezone()).encode())
        if not arguments.json:
            put(f"page: {shown(arguments.html)}\n")
    return 0


def _write(arguments: argparse.Namespace, progress: FolderProgress) -> None:
    now = datetime.now().astimezone()
    said = []
    if arguments.html is not None:
        from posecheck.page.progress import render

        write_private(arguments.html, render(progress, now).encode())
        said.append(f"page: {shown(arguments.html)}\n")
    if arguments.remind is not None:
        from posecheck import exercises
        from posecheck.progress.output import reminder
        from posecheck.system import outputs

        done = [one.name for one in progress.exercises if one.name in exercises.names()]
        exercise = exercises.load(done[0] if done else DEFAULT_EXERCISE)
        (path,) = outputs.free_names(Path(), REMINDER, (".ics",))
        write_private(path, reminder(exercise, arguments.at, now).encode())
        said.append(f"reminder: {shown(path)}; open it with your calendar\n")
    if not arguments.json:
        put("".join(said))


def _time(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a local time of the day
    except ValueError:
        message = f"must be a time such as 18:00, not {text!r}"
        raise argparse.ArgumentTypeError(message) from None


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """Show how many sessions were read, if standard error is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from posecheck.system.terminal import progress_console

    with progress_console().status("reading sessions") as status:

        def show(done: int, count: int) -> None:
            status.update(f"reading new sessions: {done} of {count}")

        yield show
