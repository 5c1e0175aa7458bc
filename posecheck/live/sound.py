"""Playing what the routine calls out: tones through the sound device, words by a voice.

Both are optional. At the first error there is one notice and then silence; everything is
on the screen in any case.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from posecheck.live.tones import RATE_HZ, samples
from posecheck.live.voice import Voice, find_program
from posecheck.live.worker import Worker
from posecheck.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from posecheck.live.screen import Call, Tone

    Play = Callable[[Tone], None]

_NOISE: Final = re.compile(r"ALSA lib|Cannot connect to server|jack server|Jack|Expression '")
"""How the lines begin that PortAudio's libraries write when there is no device."""

NO_SOUND: Final = "No sound; everything is shown"


class Sounds:
    """Plays tones and words from threads of its own; a call returns at once.

    Attributes:
        muted: whether calls are left unheard for now.
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
        self._tones: Worker[Tone] = Worker(play or _Device(at_once=not muted).play, _why_not)
        program = find_program() if voice is None else None
        self._voice = Voice(program) if program is not None else voice

    @property
    def has_voice(self) -> bool:
        """Whether the system has a voice for words; without one they are only shown."""
        return self._voice is not None

    def play(self, calls: Sequence[Call]) -> None:
        """Let calls be heard, unless muted."""
        if self.muted:
            return
        for call in calls:
            if call.tone is not None:
                self._tones.give(call.tone)
            if call.words is not None and self._voice is not None:
                self._voice.say(call.words)

    def notice(self) -> str | None:
        """Return why nothing is heard, once for each cause; None otherwise."""
        notice = self._tones.notice()
        if notice is None and self._voice is not None:
            notice = self._voice.notice()
        return notice

    def close(self) -> None:
        """Fall silent and end the threads; always returns within a few seconds."""
        if self._voice is not None:
            self._voice.close()
        self._tones.close()


class DeviceError(Exception):
    """Raised when the sound device does not play, whatever its library raised."""


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
        """Load the library and see whether there is a device that plays.

        Raises:
            DeviceError: if there is none.
        """
        try:
            # Importing looks for devices and writes to stderr.
            with quiet(_NOISE):
                import sounddevice  # noqa: PLC0415 - takes long, and may be missing
        except (OSError, ImportError) as error:
            message = "the PortAudio library is missing"
            raise DeviceError(message) from error
        try:
            with quiet(_NOISE):
                sounddevice.check_output_settings(samplerate=RATE_HZ, channels=1)
        except (sounddevice.PortAudioError, OSError, ValueError) as error:
            raise _cause(error) from error
        self._library = sounddevice


def _cause(error: Exception) -> DeviceError:
    return DeviceError(str(error).splitlines()[0])


def _why_not(error: Exception) -> str | None:
    return f"{NO_SOUND} ({error})" if isinstance(error, DeviceError) else None
