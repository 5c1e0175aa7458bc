"""Voice of a live session: what is said next, and the program of the system that says it.

Words are a queue with priority and expiry: nothing is begun after its moment, what matters more
interrupts what matters less, and a new hold ends everything that was said before it.

The voice is an offline program of the system, started with fixed arguments; the words go through
its standard input where it reads that, never through a shell. Where it can write a WAV file,
posecheck plays that through its own mixer, at its own loudness; otherwise the program plays by
itself. macOS and Windows were not tried.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.live.coach.prompt import Priority
from posecheck.live.waves import RATE_HZ, VOICE_DB, at_loudness, read_wave
from posecheck.system.threads import CLOSE_S, Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from posecheck.live.waves import Mixer, Samples


EXPIRES_S: Final = {
    Priority.WELCOME: 3.0,
    Priority.CUE: 1.5,
    Priority.EVENT: 4.0,
    Priority.COUNT: 0.3,
}
"""Seconds after which words are not begun any more."""

LONGEST_S: Final = 20.0
"""Longest speech in seconds; a program that runs longer hangs and is ended."""

KEPT_PHRASES: Final = 100
"""Phrases whose samples are kept, so that a count begins without delay."""

SILENT: Final = "No voice could be started; everything it would say is on the screen"

_WINDOWS_VOICE: Final = (
    "Add-Type -AssemblyName System.Speech; "
    "$voice = New-Object System.Speech.Synthesis.SpeechSynthesizer; "
)
_WINDOWS_SPEAK: Final = _WINDOWS_VOICE + "$voice.Speak([Console]::In.ReadToEnd())"
_WINDOWS_WAVE: Final = (
    _WINDOWS_VOICE + "$voice.SetOutputToWaveFile($args[0]); "
    "$voice.Speak([Console]::In.ReadToEnd()); $voice.Dispose()"
)

_FILE: Final = "{file}"


@dataclass(frozen=True, slots=True)
class SpeechProgram:
    """A program that speaks.

    Attributes:
        name: name of the program on the PATH.
        arguments: fixed arguments with which it plays the words.
        reads: whether it reads the words from standard input; otherwise they are its last
            argument.
        wave: fixed arguments with which it writes a WAV file instead, to standard output or to the
            file that stands for ``{file}``; None if it can't.
    """

    name: str
    arguments: tuple[str, ...]
    reads: bool = True
    wave: tuple[str, ...] | None = None


_ESPEAK: Final = ("--stdin", "-v", "en", "-s", "150")
_POWERSHELL: Final = ("-NoProfile", "-NonInteractive", "-Command")

PROGRAMS: Final[dict[str, tuple[SpeechProgram, ...]]] = {
    "darwin": (
        SpeechProgram(
            "say",
            ("-f", "-"),
            wave=("-f", "-", "-o", _FILE, "--file-format=WAVE", "--data-format=LEI16@22050"),
        ),
    ),
    "win32": (
        SpeechProgram(
            "powershell",
            (*_POWERSHELL, _WINDOWS_SPEAK),
            wave=(*_POWERSHELL, f"& {{ {_WINDOWS_WAVE} }} '{_FILE}'"),
        ),
    ),
    "linux": (
        SpeechProgram("espeak-ng", _ESPEAK, wave=(*_ESPEAK, "--stdout")),
        SpeechProgram("espeak", _ESPEAK, wave=(*_ESPEAK, "--stdout")),
        SpeechProgram("spd-say", ("--wait", "--language", "en", "--"), reads=False),
    ),
}
"""Possible programs of each system, best first."""


def find_program(
    system: str = sys.platform, which: Callable[[str], str | None] = shutil.which
) -> SpeechProgram | None:
    """Return the first installed program, with its full path as name; None without one."""
    for program in PROGRAMS.get(system, ()):
        path = which(program.name)
        if path is not None:
            return replace(program, name=path)
    return None


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words to be said.

    Attributes:
        words: the words.
        priority: a higher one interrupts a lower one.
        until_s: moment after which they are not begun any more, on the clock of the queue.
        pause_s: silence before the words, in seconds, for a tone that sounds with them.
    """

    words: str
    priority: Priority
    until_s: float
    pause_s: float = 0.0


class SpeechQueue:
    """Order in which words are said; it has no clock and no thread of its own."""

    def __init__(self) -> None:
        """Begin empty."""
        self._waiting: Utterance | None = None
        self._speaking: Utterance | None = None

    def put(self, utterance: Utterance) -> bool:
        """Put words in; return whether they interrupt what is being said.

        Words that wait are replaced, unless they have a higher priority: older words of the same
        one, and all of a lower one, are out of date by then.
        """
        if self._waiting is None or utterance.priority >= self._waiting.priority:
            self._waiting = utterance
        return self._speaking is not None and utterance.priority > self._speaking.priority

    def take(self, now_s: float) -> Utterance | None:
        """Return the words to begin now, if any are left whose moment has not passed."""
        self._speaking, self._waiting = self._waiting, None
        if self._speaking is not None and now_s > self._speaking.until_s:
            self._speaking = None
        return self._speaking

    def hush(self) -> None:
        """Drop everything that waits."""
        self._waiting = None

    @property
    def waits(self) -> bool:
        """Whether words wait."""
        return self._waiting is not None


class Voice:
    """Voice that says one phrase at a time, in a thread of its own; every call returns at once."""

    def __init__(self, program: SpeechProgram, mixer: Mixer | None = None) -> None:
        """Start waiting for words.

        Args:
            program: speaks.
            mixer: plays the samples while a device is heard; otherwise the program plays.
        """
        self._program, self._mixer = program, mixer
        self._queue = SpeechQueue()
        self._changed = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._interrupted = self._closed = False
        self._phrases: dict[str, Samples] = {}
        self._prepare: list[str] = []
        self._notice: str | None = None
        self._task = Task(self._run, "posecheck-voice")
        self._task.start()

    def say(self, words: str, priority: Priority = Priority.CUE, pause_s: float = 0.0) -> None:
        """Say words within `EXPIRES_S`, or never.

        Args:
            words: the words.
            priority: a higher one interrupts a lower one.
            pause_s: silence before them, in seconds.
        """
        until_s = time.monotonic() + EXPIRES_S[priority]
        with self._changed:
            if self._closed:
                return
            if self._queue.put(Utterance(words, priority, until_s, pause_s)):
                self._interrupt()
            self._changed.notify_all()

    def hush(self) -> None:
        """Stop speaking and drop what waits: a new moment has begun."""
        with self._changed:
            self._queue.hush()
            self._interrupt()

    def prepare(self, phrases: list[str]) -> None:
        """Compute samples of phrases while there is nothing to say, so that they come at once."""
        with self._changed:
            self._prepare = [words for words in phrases if words not in self._phrases]
            self._changed.notify_all()

    def notice(self) -> str | None:
        """Return the cause of silence at the first call after it; None otherwise."""
        with self._changed:
            notice, self._notice = self._notice, None
            return notice

    def close(self) -> None:
        """Stop speaking at once."""
        with self._changed:
            self._closed = True
            self._queue.hush()
            self._interrupt()
        self._task.close(CLOSE_S)

    def _interrupt(self) -> None:
        """End what is being said; the condition is held."""
        self._interrupted = True
        if self._process is not None:
            self._process.kill()
        if self._mixer is not None:
            self._mixer.hush()
        self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue.waits or self._prepare or self._closed)
                if self._closed:
                    return
                utterance = self._queue.take(time.monotonic())
                self._interrupted = False
                ahead = self._prepare.pop(0) if utterance is None and self._prepare else None
            try:
                if utterance is not None:
                    self._speak(utterance)
                elif ahead is not None and self._is_mixed():
                    self._samples(ahead)
            except (OSError, subprocess.SubprocessError):
                with self._changed:
                    if not self._closed:
                        self._closed, self._notice = True, SILENT
                return

    def _is_mixed(self) -> bool:
        return self._mixer is not None and self._mixer.heard and self._program.wave is not None

    def _speak(self, utterance: Utterance) -> None:
        samples = self._samples(utterance.words) if self._is_mixed() else None
        if samples is None or self._mixer is None:
            self._wait(utterance.pause_s)
            self._started(self._program.arguments, utterance.words)
            return
        with self._changed:
            # It may have taken long to compute them, or something else may have to be said by now.
            if self._interrupted or time.monotonic() > utterance.until_s + utterance.pause_s:
                return
            pause = np.zeros(round(utterance.pause_s * RATE_HZ), dtype=np.float32)
            self._mixer.speak(np.concatenate([pause, samples]))
        self._wait(utterance.pause_s + len(samples) / RATE_HZ)

    def _wait(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._interrupted, seconds)

    def _samples(self, words: str) -> Samples | None:
        """Return the samples of words; None if the program writes none."""
        if words not in self._phrases:
            try:
                samples = at_loudness(read_wave(self._wave_of(words)), VOICE_DB)
            except (ValueError, subprocess.SubprocessError):
                if not self._interrupted:  # it can't write them; let it play by itself from now on
                    self._program = replace(self._program, wave=None)
                return None
            with self._changed:
                if len(self._phrases) >= KEPT_PHRASES:
                    del self._phrases[next(iter(self._phrases))]
                self._phrases[words] = samples
        return self._phrases[words]

    def _wave_of(self, words: str) -> bytes:
        """Return the WAV file of words.

        Raises:
            ValueError: if the program writes none.
        """
        arguments = self._program.wave or ()
        if not any(_FILE in argument for argument in arguments):
            return self._started(arguments, words)
        with tempfile.TemporaryDirectory(prefix="posecheck-") as folder:
            path = Path(folder) / "words.wav"
            self._started([part.replace(_FILE, str(path)) for part in arguments], words)
            try:
                return path.read_bytes()
            except FileNotFoundError as error:
                raise ValueError(str(error)) from error

    def _started(self, arguments: tuple[str, ...] | list[str], words: str) -> bytes:
        """Run the program to its end; return what it wrote to standard output.

        Raises:
            OSError: if it can't be started.
            subprocess.SubprocessError: if it fails or hangs, unless it was interrupted.
        """
        program = self._program
        spoken = () if program.reads else (words,)
        with self._changed:
            if self._interrupted:
                return b""
            process = self._process = subprocess.Popen(  # noqa: S603 - fixed, and no shell
                [program.name, *arguments, *spoken],
                stdin=subprocess.PIPE if program.reads else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        with process:  # closes its pipes
            try:
                spoken_to = words.encode() if program.reads else None
                written, _ = process.communicate(spoken_to, LONGEST_S)
            finally:
                process.kill()
                with self._changed:
                    self._process = None
        if process.returncode != 0 and not self._interrupted:
            raise subprocess.CalledProcessError(process.returncode, program.name)
        return written
