"""Sound of a live session: tones and words through one output stream of the sound device.

Both are optional, and everything is also shown on the screen. What is missing is said once, with
its remedy, and `Sounds.lacks` names it for as long as it is missing.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from posecheck.live.coach.prompt import Priority, Tone
from posecheck.live.voice import Voice, find_program
from posecheck.live.waves import RATE_HZ, Mixer, tone_samples
from posecheck.system.outputs import captured_stderr
from posecheck.system.threads import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from posecheck.live.coach.prompt import AudioCue
    from posecheck.live.voice import SpeechProgram

Count = Literal["all", "last", "none"]
"""Seconds of a hold that are counted aloud: all, the last three, or none."""

COUNTS: Final[tuple[Count, ...]] = ("all", "last", "none")

LAST: Final = 3
"""Seconds that "last" counts aloud before the hold is complete."""

LATENCY_S: Final = 0.12
"""Sound that is handed to the device in advance: Python's threads must not keep it waiting."""

BLOCK_S: Final = 0.02
"""Length of the pieces in which it is handed over."""

WORDS_AFTER_S: Final = 0.3
"""Longest time for which a tone sounds alone before the words that come with it."""

AGAIN_S: Final = 60.0
"""Seconds after which a device that did not open, such as one that another program uses, is tried
again when a tone is due. Opening it can stop other threads for a moment."""

AGAIN: Final = "; tried again each minute"
BACK: Final = "Sound works again"
NO_SOUND: Final = "No sound; everything is shown"
NO_TONES: Final = "No tones"
NO_VOICE: Final = "No voice; everything it would say is on the screen. On Linux, install espeak-ng"
NO_LIBRARY: Final = "the PortAudio library is missing; on Linux, install libportaudio2"

_NOISE: Final = re.compile(r"ALSA lib|Cannot connect to server|jack server|Jack|Expression '")
"""Beginnings of the lines that PortAudio's libraries write when there is no device."""


class DeviceError(Exception):
    """Raised when the sound device does not play, for any error of its library."""


class Output(Protocol):
    """Something that plays the mix of its mixer."""

    mixer: Mixer

    def open(self) -> None:
        """Begin to play; does nothing while it plays.

        Raises:
            DeviceError: with the cause.
        """

    def close(self) -> None:
        """Stop playing."""


class SoundDevice:
    """The default sound device: one output stream for the whole session.

    Attributes:
        mixer: what is played.
        late: how often the device had to wait for sound.
    """

    def __init__(self, mixer: Mixer) -> None:
        """Prepare; `open` opens it."""
        self.late = 0
        self.mixer = mixer
        self._stream: Any = None
        self._closed = False

    def open(self) -> None:
        """Open the stream; one that has broken is opened anew.

        It takes a second or two, most of it without letting other threads run: PortAudio looks for
        devices.

        Raises:
            DeviceError: if there is no library or no device.
        """
        try:
            # Importing looks for devices and writes to stderr.
            with captured_stderr(_NOISE):
                import sounddevice  # noqa: PLC0415 - takes long, and may be missing
        except (OSError, ImportError) as error:
            raise DeviceError(NO_LIBRARY) from error
        try:
            if self._stream is not None and self._stream.active:
                return
            with captured_stderr(_NOISE):
                self._stream = sounddevice.OutputStream(
                    samplerate=RATE_HZ,
                    blocksize=round(BLOCK_S * RATE_HZ),
                    channels=1,
                    dtype="float32",
                    latency=LATENCY_S,
                    callback=self._play,
                    finished_callback=self._finished,
                )
                self._stream.start()
        except (sounddevice.PortAudioError, OSError, ValueError) as error:
            raise DeviceError(str(error).splitlines()[0]) from error
        self.mixer.heard = True

    def close(self) -> None:
        """Close the stream at once."""
        self._closed = True
        self.mixer.heard = False
        if self._stream is not None:
            self._stream.close(ignore_errors=True)

    def _play(self, out: Any, count: int, _time: object, status: Any) -> None:  # noqa: ANN401 - the library's
        self.late += bool(status.output_underflow)
        out[:, 0] = self.mixer.take(count)

    def _finished(self) -> None:
        self.mixer.heard = False


class Sounds:
    """Player of tones and words; a call returns at once."""

    def __init__(
        self,
        *,
        muted: bool = False,
        count: Count = "last",
        output: Output | None = None,
        voice: Voice | None = None,
        find: Callable[[], SpeechProgram | None] = find_program,
    ) -> None:
        """Start, and open the sound device; muted, it is opened when sound is first wanted.

        Args:
            muted: begin silent.
            count: the seconds of a hold that are counted aloud.
            output: plays the mix; None uses the sound device.
            voice: says the words; None looks for one of the system's.
            find: looks for the system's voice.
        """
        self._muted, self._count = muted, count
        self._output: Output = output or SoundDevice(Mixer())
        self._mixer = self._output.mixer
        self._notices: list[str] = []
        self._failed_s: float | None = None  # when the device did not open
        self._again = True
        program = find() if voice is None else None
        self._voice = Voice(program, self._mixer) if program is not None else voice
        self._opener: Worker[Output] = Worker(self._open, lambda _: None)
        if not muted:
            self._open(self._output)
            self._tell_of_voice()

    @property
    def muted(self) -> bool:
        """Whether cues are not played at present."""
        return self._muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self._muted = muted
        if muted:
            self._mixer.hush()
            if self._voice is not None:
                self._voice.hush()
        else:
            self._opener.give(self._output)
            self._tell_of_voice()

    @property
    def has_voice(self) -> bool:
        """Whether the system has a voice for words; without one they are only shown."""
        return self._voice is not None

    @property
    def lacks(self) -> str:
        """What can't be heard: "no sound", "no tones", "no voice", or nothing. For the view."""
        if self._failed_s is not None:
            return "no tones" if self.has_voice else "no sound"
        return "" if self.has_voice else "no voice"

    def expect(self, target_s: float) -> None:
        """Prepare the numbers of the coming holds.

        Args:
            target_s: seconds that complete a hold.
        """
        if self._voice is not None:
            full = int(target_s)
            self._voice.prepare([str(n) for n in range(1, full) if self._is_counted(full - n)])

    def play(self, calls: Sequence[AudioCue]) -> None:
        """Play cues, unless muted."""
        if self._muted:
            return
        for call in calls:
            if call.tone is Tone.START and self._voice is not None:
                self._voice.hush()  # a hold begins: what was said before is out of date
            if call.second is not None and self._voice is not None and self._is_counted(call.left):
                self._voice.say(str(call.second), Priority.COUNT)
            elif call.tone is not None:
                self._sound(call.tone)
            if call.words is not None and self._voice is not None:
                pause_s = 0.0
                if call.tone is not None:
                    pause_s = min(len(tone_samples(call.tone)) / RATE_HZ, WORDS_AFTER_S)
                self._voice.say(call.words, call.priority, pause_s)

    def notice(self) -> str | None:
        """Return the cause of silence, or that it is over, once for each; None otherwise."""
        spoken = self._voice.notice() if self._voice is not None else None
        if spoken is not None:
            self._voice = None
            self._notices.append(spoken)
        return self._notices.pop(0) if self._notices else None

    def close(self) -> None:
        """Stop all sound and end the threads; always returns within a few seconds."""
        if self._voice is not None:
            self._voice.close()
        self._opener.close()
        self._output.close()

    def _is_counted(self, left: int) -> bool:
        """Whether a second is counted aloud, by the seconds that are left after it."""
        return self._count == "all" or (self._count == "last" and left <= LAST)

    def _sound(self, tone: Tone) -> None:
        if not self._mixer.heard and self._is_worth_a_try():
            self._opener.give(self._output)  # it broke, it was muted, or another program had it
        self._mixer.sound(tone_samples(tone))

    def _is_worth_a_try(self) -> bool:
        failed_s = self._failed_s
        return failed_s is None or (self._again and time.monotonic() - failed_s >= AGAIN_S)

    def _open(self, output: Output) -> None:
        """Open the device; note the first failure in a row, and its end."""
        before_s = self._failed_s
        try:
            output.open()
        except DeviceError as error:
            self._again = str(error) != NO_LIBRARY  # looking for it takes long, and finds none
            if before_s is None:
                cause = f"{NO_TONES if self.has_voice else NO_SOUND} ({error})"
                self._notices.append(cause + AGAIN * self._again)
            self._failed_s = time.monotonic()
        else:
            self._failed_s = None
            if before_s is not None:
                self._notices.append(BACK)

    def _tell_of_voice(self) -> None:
        if self._voice is None and NO_VOICE not in self._notices:
            self._notices.append(NO_VOICE)
