"""``posecheck export``: a session in the format of another program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from posecheck.commands import complain, put, rate
from posecheck.errors import PoseCheckError, SessionError, shown
from posecheck.system import outputs

if TYPE_CHECKING:
    import argparse

FORMATS = ("csv", "parquet", "trc", "mot", "json")
"""Names of the formats, as in ``posecheck.reports.export``; to import that module here would load
NumPy for --help."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("sessions", nargs="+", type=Path, metavar="SESSION", help="a session file")
    parser.add_argument(
        "--to",
        choices=FORMATS,
        required=True,
        metavar="FORMAT",
        help="csv, parquet or json: all that is known, frame by frame; trc: landmarks in metres, "
        "y up; mot: angles in degrees",
    )
    parser.add_argument(
        "--rate",
        type=rate,
        metavar="HZ",
        help="regular time steps, interpolated; gaps stay gaps (default: the recorded times)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the files (default: beside the session)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write each session in the wanted format; return 0 if all worked, 2 if one failed."""
    failed = False
    for session in arguments.sessions:
        try:
            put(f"{shown(_export(session, arguments))}\n")
        except PoseCheckError as error:
            complain(str(error))
            failed = True
    return 2 if failed else 0


def _export(path: Path, arguments: argparse.Namespace) -> Path:
    """Write one session; return the new file.

    Raises:
        PoseCheckError: if the session cannot be read or the file cannot be written.
    """
    from posecheck.reports.export import FORMATS as BY_NAME
    from posecheck.session import load
    from posecheck.session.frames import frame_table, resampled

    session = load(path)
    for problem in session.problems:
        complain(f"{shown(path)}: {problem}")
    try:
        table = frame_table(session)
    except SessionError as error:
        message = f"{shown(path)}: {error}"
        raise SessionError(message) from error
    if arguments.rate is not None:
        table = resampled(table, arguments.rate)
    stem = path.name.removesuffix(".jsonl").removesuffix(".posecheck") or "session"
    content = BY_NAME[arguments.to](table, f"{shown(stem)}.{arguments.to}")
    folder = arguments.out if arguments.out is not None else path.parent
    return _write_new(folder, stem, f".{arguments.to}", content)


def _write_new(folder: Path, stem: str, ending: str, content: bytes) -> Path:
    outputs.make_folder(folder)
    while True:
        (path,) = outputs.free_names(folder, stem, (ending,))
        try:
            file = outputs.new_file(path)
        except FileExistsError:
            continue  # another run took this name; try the next one
        except OSError as error:
            raise outputs.failed(path, error) from error
        outputs.fill(file, path, content)
        return path
