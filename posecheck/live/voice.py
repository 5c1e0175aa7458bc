"""Saying words with a voice that the system already has, offline.

A program speaks, started with fixed arguments; the words go through its standard input
where it reads that, never through a shell. macOS and Windows were not tried.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from posecheck.live.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_S: Final = 20.0
"""A voice that speaks for longer has got stuck and is ended."""

_WINDOWS_SCRIPT: Final = (
    "Add-Type -AssemblyName System.Speech; "
    "$voice = New-Object System.Speech.Synthesis.SpeechSynthesizer; "
    "$voice.Speak([Console]::In.ReadToEnd())"
)

SILENT: Final = "No voice could be started; everything it would say is on the screen"


@dataclass(frozen=True, slots=True)
class Program:
    """A program that speaks.

    Attributes:
        name: what to look for on the PATH.
        arguments: fixed arguments.
        reads: whether it reads the words from standard input; otherwise they are its last
            argument.
    """

    name: str
    arguments: tuple[str, ...]
    reads: bool = True


PROGRAMS: Final[dict[str, tuple[Program, ...]]] = {
    "darwin": (Program("say", ("-f", "-")),),
    "win32": (
        Program("powershell", ("-NoProfile", "-NonInteractive", "-Command", _WINDOWS_SCRIPT)),
    ),
    "linux": (
        Program("espeak-ng", ("--stdin", "-v", "en", "-s", "150")),
        Program("espeak", ("--stdin", "-v", "en", "-s", "150")),
        Program("spd-say", ("--wait", "--language", "en", "--"), reads=False),
    ),
}
"""For each system the programs that may be there, best first."""


def find_program(
    system: str = sys.platform, which: Callable[[str], str | None] = shutil.which
) -> Program | None:
    """Return the first program that is there, with its full path as name; None without one."""
    for program in PROGRAMS.get(system, ()):
        path = which(program.name)
        if path is not None:
            return Program(path, program.arguments, program.reads)
    return None


class Voice:
    """Says one phrase after the other; of those that wait only the newest."""

    def __init__(self, program: Program) -> None:
        """Start waiting for words."""
        self._program = program
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._worker = Worker(self._speak, _why_not)

    def say(self, words: str) -> None:
        """Say words as soon as those before are said; returns at once."""
        self._worker.give(words)

    def notice(self) -> str | None:
        """Return why it fell silent, the first time it is asked; None otherwise."""
        return self._worker.notice()

    def close(self) -> None:
        """Fall silent at once."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()
        self._worker.close()

    def _speak(self, words: str) -> None:
        program = self._program
        spoken = () if program.reads else (words,)
        with self._lock:
            if self._closed:
                return
            process = self._process = subprocess.Popen(  # noqa: S603 - fixed, and no shell
                [program.name, *program.arguments, *spoken],
                stdin=subprocess.PIPE if program.reads else subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        try:
            process.communicate(words.encode() if program.reads else None, LONGEST_S)
        finally:
            process.kill()
            process.wait()
            with self._lock:
                self._process = None
        if process.returncode != 0 and not self._closed:
            raise subprocess.CalledProcessError(process.returncode, program.name)


def _why_not(error: Exception) -> str | None:
    return SILENT if isinstance(error, OSError | subprocess.SubprocessError) else None
