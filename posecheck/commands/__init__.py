"""The commands, one module each.

A command has ``add_arguments(parser)``, cheap to import, and ``run(arguments) -> int``,
which returns the exit code and imports what it needs.
"""

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from posecheck.errors import ModelError, OutputError, printable, safe, shown
from posecheck.pose import models
from posecheck.system import outputs

DEFAULT_FOLDER: Final = "posecheck-sessions"
"""Folder in the current directory that gets the results unless another is named."""

DEFAULT_EXERCISE: Final = "seated-figure-four"
"""Name of the default exercise, as in ``posecheck.exercises``; to import that module here would
load pydantic for --help."""


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add ``--model``; its help lists the models of the manifest."""
    try:
        names = " or ".join(map(shown, models.expected()))
        listed = f": {names}".replace("%", "%%")
    except ModelError:
        listed = ""  # the command reports the error when it loads the model
    parser.add_argument(
        "--model",
        default=models.DEFAULT_MODEL,
        metavar="NAME",
        help=f"pose model{listed} (default: %(default)s)",
    )


def add_speed(parser: argparse.ArgumentParser) -> None:
    """Add ``--workers`` and ``--rate``."""
    parser.add_argument(
        "--workers",
        type=positive,
        metavar="N",
        help="parts of a long recording that are worked on at once; the result is the same "
        "(default: as many as the cores and memory allow)",
    )
    parser.add_argument(
        "--rate",
        type=rate,
        metavar="HZ",
        help="look at no more than this many pictures a second (default: all)",
    )


def positive(text: str) -> int:
    """Return the value of an option that takes a whole number, 1 or more."""
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and int(text) > 0):  # noqa: PLR2004
        message = f"must be a whole number from 1, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def rate(text: str) -> float:
    """Return the value of an option that takes a rate in frames per second, up to 1000."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= 1000:  # noqa: PLR2004 - above the rate of any camera
        message = f"must be pictures a second above 0 and up to 1000, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return value


def complain(message: str) -> None:
    """Print a message on standard error, if that is open; control characters are escaped."""
    if sys.stderr is not None:
        with suppress(OSError):  # the terminal is closed
            print(f"posecheck: {safe(message)}", file=sys.stderr, flush=True)


def put(text: str, encoding: str | None = None) -> None:
    """Write a result to standard output; control characters in it are escaped.

    Args:
        text: the result; colours from rich are kept if ``encoding`` is None.
        encoding: encoding of the bytes, None for that of the terminal; characters that the
            encoding lacks are replaced.

    Raises:
        OutputError: if the result cannot be written.
    """
    if sys.stdout is None:
        return
    text = printable(text, styled=encoding is None)
    try:
        raw = getattr(sys.stdout, "buffer", None)
        if raw is None:
            sys.stdout.write(text)
        else:
            sys.stdout.flush()
            raw.write(text.encode(encoding or sys.stdout.encoding, "replace"))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"standard output: cannot be written: {error.strerror}; check where it goes"
        raise OutputError(message) from error


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only this user can read; a file written in part is removed.

    Raises:
        OutputError: if the file exists or can't be written.
    """
    try:
        opened = outputs.new_file(path)
    except (OSError, ValueError) as error:
        raise outputs.failed(path, _as_os_error(error), outputs.NAMED) from error
    outputs.fill(opened, path, content, outputs.NAMED)


def _as_os_error(error: Exception) -> OSError:
    """Return an error as an OSError; for a path with a NUL character Python raises ValueError."""
    return error if isinstance(error, OSError) else OSError(str(error))


def add_turn(parser: argparse.ArgumentParser) -> None:
    """Add ``--rotate`` and ``--mirror``, for recordings that players show turned or mirrored."""
    parser.add_argument(
        "--rotate",
        type=int,
        choices=(90, 180, 270),
        default=0,
        metavar="90|180|270",
        help="turn the picture clockwise, for a recording that players show turned",
    )
    parser.add_argument(
        "--mirror", action="store_true", help="exchange left and right, for a mirrored recording"
    )


@contextmanager
def status(text: str) -> Iterator[Callable[[str], None]]:
    """Show a line while something runs, if standard error is a terminal.

    Yields:
        The function that changes the line.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.text import Text

    from posecheck.system.terminal import progress_console

    with progress_console().status(Text(text)) as line:
        yield lambda new: line.update(Text(new))
