"""The command line: parse, call, exit code. Commands live in ``posecheck.commands``.

Exit codes: 0 all worked, 1 an evaluation got worse than before or a recording of a batch failed,
2 bad input or usage (one line on standard error), 130 after Ctrl-C, 143 and 129 after a request to
end (SIGTERM, SIGHUP), as shells count. Anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

from posecheck import __version__
from posecheck.commands import complain
from posecheck.errors import PoseCheckError, safe
from posecheck.system.machine import (
    check_memory,
    ending_like_ctrl_c,
    keep_memory_small,
    leave_quietly,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import SupportsWrite

BAD_INPUT: Final = 2
INTERRUPTED: Final = 130

COMMANDS: Final[dict[str, str]] = {
    "start": "open the start page with your recent sessions (also: posecheck alone)",
    "analyse": "count the seconds in valid form in a recorded video",
    "batch": "analyse thousands of recordings on all cores or on a cluster",
    "live": "lead you through the stretch in front of a camera",
    "replay": "watch a recorded session, judge it again, annotate it",
    "export": "write a session as CSV, Parquet, JSON, TRC or MOT for other programs",
    "report": "write a report of sessions to print, keep or hand on: dose, holds, what to change",
    "progress": "say how the sessions of a folder went over days and weeks",
    "personal": "make limits that fit one body, from a session whose good holds a person annotated",
    "agree": "say how well people and posecheck agree on sessions",
    "measure": "say what every angle and distance reads over time in a video or session",
    "exercises": "list the exercises, show one, or check your own file",
    "evaluate": "say how far posecheck is from known truth",
    "invariance": "judge the same pictures mirrored, rolled, smaller, darker, blurred and thinned "
    "out, and say how often the verdict stays",
    "schema": "print the JSON Schema of what posecheck writes: session, summary and others",
    "cameras": "list the cameras of this machine",
    "doctor": "check this installation and say what to do",
}
"""Name of each command and its line of help; the module is ``posecheck.commands.NAME``."""

_WITH_A_MODEL: Final = frozenset({"analyse", "live", "measure", "evaluate", "invariance"})
"""Commands that load a pose model, which takes memory."""

_DESCRIPTION: Final = (
    "Watches a person do the 10-second glute stretch and counts only the seconds held in "
    "valid form. Nothing leaves this machine. This is no medical device and gives no "
    "diagnosis: with back pain, be evaluated first."
)


class _Parser(argparse.ArgumentParser):
    """A parser that repeats what was typed without obeying it."""

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        super()._print_message(safe(message), file)


def _parser(wanted: str | None) -> argparse.ArgumentParser:
    """Return the parser; only the wanted command's module is loaded."""
    parser = _Parser(prog="posecheck", description=_DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"posecheck {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, line in COMMANDS.items():
        command = commands.add_parser(name, help=line, description=f"{line[0].upper()}{line[1:]}.")
        if name == wanted:
            import_module(f"posecheck.commands.{name}").add_arguments(command)
    return parser


def _alone() -> list[str]:
    """Return the arguments that ``posecheck`` alone stands for: the start page, or the help."""
    from posecheck.page.browser import screen_is_there  # noqa: PLC0415 - only needed here

    return ["start"] if screen_is_there() else ["--help"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run posecheck with command line arguments; return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    with ending_like_ctrl_c() as ending:
        try:
            code = _run(arguments)
        except SystemExit as stop:
            if not ending.signal:
                raise
            code = stop.code if isinstance(stop.code, int) else BAD_INPUT
    leave_quietly()
    return ending.code(code)


def _run(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    if not arguments:
        arguments = _alone()
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    try:
        parsed = _parser(wanted).parse_args(arguments)
        if parsed.command in _WITH_A_MODEL:
            check_memory()
            if parsed.command != "live":  # whose threads may not wait for one another
                keep_memory_small()
        code: int = import_module(f"posecheck.commands.{parsed.command}").run(parsed)
    except PoseCheckError as error:
        complain(str(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        complain("stopped")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`posecheck ... | head`): nothing more to say,
        # also not by Python when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return BAD_INPUT
    return code
