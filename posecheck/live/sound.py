"""Sound of a live session: tones through the sound device, words by a voice.

Both are optional. At the first error there is one notice and then silence; everything is also shown
on the screen.

The tones are short, soft sine waves. Rising means begun or done, falling means stopped; the change
of side alternates. All start and end at zero, so that nothing clicks.

The voice is an offline program of the system, started with fixed arguments; the words go through
its standard input where it reads that, never through a shell. macOS and Windows were not tried.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.live.coach.prompt import Tone
from posecheck.system.outputs import captured_stderr
from posecheck.system.threads import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from posecheck.live.coach.prompt import AudioCue

    Play = Callable[[Tone], None]


RATE_HZ: Final = 44_100
"""Samples per second."""

LOUDNESS: Final = 0.35
"""Peak of a tone, of at most 1."""

_FADE_S: Final = 0.012

_C5, _D5, _E5, _G5, _C6 = 523.25, 587.33, 659.26, 783.99, 1046.5

NOTES: Final[dict[Tone, tuple[tuple[float, float], ...]]] = {
    Tone.START: ((_C5, 0.09), (_G5, 0.16)),
    Tone.TICK: ((_C6, 0.04),),
    Tone.STOP: ((_E5, 0.12), (_C5 / 2, 0.25)),
    Tone.COMPLETE: ((_C5, 0.1), (_E5, 0.1), (_G5, 0.1), (_C6, 0.35)),
    Tone.CHANGE_SIDE: ((_D5, 0.16), (_G5, 0.16), (_D5, 0.16), (_G5, 0.24)),
    Tone.DONE: ((_C5, 0.14), (_G5, 0.14), (_E5, 0.14), (_C6, 0.6)),
}
"""Pitch in hertz and length in seconds of each note."""

_QUIETER: Final = {Tone.TICK: 0.4}


def samples(tone: Tone) -> NDArray[np.float32]:
    """Return a tone as mono samples in [-1, 1], `RATE_HZ` a second."""
    notes = [_note(pitch_hz, length_s) for pitch_hz, length_s in NOTES[tone]]
    loudness = LOUDNESS * _QUIETER.get(tone, 1.0)
    return (np.concatenate(notes) * loudness).astype(np.float32)


def _note(pitch_hz: float, length_s: float) -> NDArray[np.float64]:
    t_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    wave = 0.8 * np.sin(2 * np.pi * pitch_hz * t_s) + 0.2 * np.sin(4 * np.pi * pitch_hz * t_s)
    rise = np.minimum(t_s / _FADE_S, 1.0)
    fall = np.minimum((t_s[-1] - t_s) / _FADE_S, 1.0)
    return np.asarray(wave * rise * fall * np.exp(-3.0 * t_s / length_s * 0.5))


LONGEST_S: Final = 20.0
"""Longest speech in seconds; a program that runs longer hangs and is ended."""

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
        name: name of the program on the PATH.
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
"""Possible programs of each system, best first."""


def find_program(
    system: str = sys.platform, which: Callable[[str], str | None] = shutil.which
) -> Program | None:
    """Return the first installed program, with its full path as name; None without one."""
    for program in PROGRAMS.get(system, ()):
        path = which(program.name)
        if path is not None:
            return Program(path, program.arguments, program.reads)
    return None


class Voice:
    """Voice that says one phrase at a time; of waiting phrases only the newest."""

    def __init__(self, program: Program) -> None:
        """Start waiting for words."""
        self._program = program
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._worker = Worker(self._speak, _why_no_voice)

    def say(self, words: str) -> None:
        """Say words as soon as those before are said; returns at once."""
        self._worker.give(words)

    def notice(self) -> str | None:
        """Return the cause of silence at the first call after it; None otherwise."""
        return self._worker.notice()

    def close(self) -> None:
        """Stop speaking at once."""
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


def _why_no_voice(error: Exception) -> str | None:
    return SILENT if isinstance(error, OSError | subprocess.SubprocessError) else None


_NOISE: Final = re.compile(r"ALSA lib|Cannot connect to server|jack server|Jack|Expression '")
"""Beginnings of the lines that PortAudio's libraries write when there is no device."""

NO_SOUND: Final = "No sound; everything is shown"


class Sounds:
    """Player of tones and words in its own threads; a call returns at once.

    Attributes:
        muted: whether cues are not played at present.
    """

    def __init__(
        self, *, muted: bool = False, play: Play | None = None, voice: Voice | None = None
    ) -> None:
        """Start, and open the sound device; muted, it is opened at the first tone.

        Args:
            muted: begin silent.
            play: plays one tone, raising DeviceError if it can't; None uses the sound device.
            voice: says the words; None looks for one of the system's.
        """
        self.muted = muted
        self._tones: Worker[Tone] = Worker(play or _Device(at_once=not muted).play, _why_no_tones)
        program = find_program() if voice is None else None
        self._voice = Voice(program) if program is not None else voice

    @property
    def has_voice(self) -> bool:
        """Whether the system has a voice for words; without one they are only shown."""
        return self._voice is not None

    def play(self, calls: Sequence[AudioCue]) -> None:
        """Play cues, unless muted."""
        if self.muted:
            return
        for call in calls:
            if call.tone is not None:
                self._tones.give(call.tone)
            if call.words is not None and self._voice is not None:
                self._voice.say(call.words)

    def notice(self) -> str | None:
        """Return the cause of silence, once for each cause; None otherwise."""
        notice = self._tones.notice()
        if notice is None and self._voice is not None:
            notice = self._voice.notice()
        return notice

    def close(self) -> None:
        """Stop all sound and end the threads; always returns within a few seconds."""
        if self._voice is not None:
            self._voice.close()
        self._tones.close()


class DeviceError(Exception):
    """Raised when the sound device does not play, for any error of its library."""


class _Device:
    """The default sound device.

    It is opened before the camera starts and not at the first tone: looking for devices
    takes a second or two, most of it without letting other threads run.
    """

    def __init__(self, *, at_once: bool) -> None:
        self._library: Any = None
        self._fault: DeviceError | None = None
        if at_once:
            try:
                self._open()
            except DeviceError as error:
                self._fault = error

    def play(self, tone: Tone) -> None:
        """Play a tone; one that still sounds is cut short.

        Raises:
            DeviceError: with the cause, if there is no library, no device, or it fails.
        """
        if self._fault is not None:
            raise self._fault
        if self._library is None:
            self._open()
        library = self._library
        try:
            library.play(samples(tone), RATE_HZ)
        except (library.PortAudioError, OSError, ValueError) as error:
            raise _cause(error) from error

    def _open(self) -> None:
        """Load the library and check that there is a device that plays.

        Raises:
            DeviceError: if there is none.
        """
        try:
            # Importing looks for devices and writes to stderr.
            with captured_stderr(_NOISE):
                import sounddevice  # noqa: PLC0415 - takes long, and may be missing
        except (OSError, ImportError) as error:
            message = "the PortAudio library is missing"
            raise DeviceError(message) from error
        try:
            with captured_stderr(_NOISE):
                sounddevice.check_output_settings(samplerate=RATE_HZ, channels=1)
        except (sounddevice.PortAudioError, OSError, ValueError) as error:
            raise _cause(error) from error
        self._library = sounddevice


def _cause(error: Exception) -> DeviceError:
    return DeviceError(str(error).splitlines()[0])


def _why_no_tones(error: Exception) -> str | None:
    return f"{NO_SOUND} ({error})" if isinstance(error, DeviceError) else None
