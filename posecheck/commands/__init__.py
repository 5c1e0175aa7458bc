"""The commands, one module each.

A command has ``add_arguments(parser)``, cheap to import, and ``run(arguments) -> int``,
which returns the exit code and imports what it needs.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from posecheck.errors import ModelError, OutputError
from posecheck.pose import models
from posecheck.system import outputs

DEFAULT_FOLDER: Final = "posecheck-sessions"
"""Folder in the current directory that gets the results unless another is named."""

DEFAULT_EXERCISE: Final = "seated-figure-four"
"""As in ``posecheck.exercises``; importing that would cost --help pydantic."""


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add ``--model``; its help lists the models of the manifest."""
    try:
        listed = f": {' or '.join(models.expected())}"
    except ModelError:
        listed = ""  # the command says what is wrong when it loads the model
    parser.add_argument(
        "--model",
        default=models.DEFAULT_MODEL,
        metavar="NAME",
        help=f"pose model{listed} (default: %(default)s)",
    )


def complain(message: str) -> None:
    """Print one line on standard error, if there is one."""
    if sys.stderr is not None:
        print(f"posecheck: {message}", file=sys.stderr)


def put(text: str, encoding: str | None = None) -> None:
    """Write a result to standard output.

    Args:
        text: the result.
        encoding: of the bytes; None takes the terminal's and replaces what it lacks.

    Raises:
        OutputError: if it cannot be written.
    """
    if sys.stdout is None:
        return
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
    """Write a new file that only this user can read; nothing stays of one that fails.

    Raises:
        OutputError: if it exists or can't be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags, 0o600)
    except (OSError, ValueError) as error:
        raise outputs.failed(path, _as_os_error(error), outputs.NAMED) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise outputs.failed(path, error, outputs.NAMED) from error


def _as_os_error(error: Exception) -> OSError:
    """Return an error as the operating system's; a name with a NUL is a ValueError."""
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
    """Show a line on standard error while something runs, if that is a terminal.

    Yields:
        The function that changes the line.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(text)) as line:
        yield lambda new: line.update(Text(new))
