"""Samples of sound: the tones, loudness, and the mixer that all sound of a session goes through.

The tones are short, soft sine waves. Rising means begun or done, falling means stopped; the change
of side alternates. All start and end at zero, so that nothing clicks.

Loudness is the highest level that a sound level meter with the time weighting "fast" would show:
the mean square over 125 ms, in decibels below a full-scale square wave. A short tick therefore
counts as softer than a long tone of the same height, as it does for the ear.

All samples are mono, `RATE_HZ` a second, in [-1, 1].
"""

from __future__ import annotations

import io
import threading
import wave
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.live.coach.prompt import Tone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]


RATE_HZ: Final = 44_100
"""Samples per second."""

VOICE_DB: Final = -18.0
"""Loudness of the voice."""

TONE_DB: Final = -20.0
"""Loudness of the tones."""

TICK_DB: Final = -24.0
"""Loudness of the tick of each second: it accompanies, but must be heard beside the voice."""

FAST_S: Final = 0.125
"""Time constant of the weighting "fast" (IEC 61672-1)."""

_PEAK: Final = 0.9
"""Highest sample after a change of loudness."""

_BLOCK: Final = 44
"""Samples over which squares are averaged before the time weighting: about 1 ms."""

_SILENT: Final = 1e-5

_FADE_S: Final = 0.012
"""Rise and fall of each note, and fade of what is cut."""

_C5, _D5, _E5, _G5, _C6 = 523.25, 587.33, 659.26, 783.99, 1046.5

NOTES: Final[dict[Tone, tuple[tuple[float, float], ...]]] = {
    Tone.START: ((_C5, 0.09), (_G5, 0.16)),
    Tone.TICK: ((_C6, 0.09),),
    Tone.STOP: ((_E5, 0.12), (_C5 / 2, 0.25)),
    Tone.COMPLETE: ((_C5, 0.1), (_E5, 0.1), (_G5, 0.1), (_C6, 0.35)),
    Tone.CHANGE_SIDE: ((_D5, 0.16), (_G5, 0.16), (_D5, 0.16), (_G5, 0.24)),
    Tone.DONE: ((_C5, 0.14), (_G5, 0.14), (_E5, 0.14), (_C6, 0.6)),
}
"""Pitch in hertz and length in seconds of each note."""


@cache
def tone_samples(tone: Tone) -> Samples:
    """Return a tone at its loudness."""
    notes = np.concatenate([_note(pitch_hz, length_s) for pitch_hz, length_s in NOTES[tone]])
    return at_loudness(notes.astype(np.float32), TICK_DB if tone is Tone.TICK else TONE_DB)


def _note(pitch_hz: float, length_s: float) -> NDArray[np.float64]:
    t_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    sine = 0.8 * np.sin(2 * np.pi * pitch_hz * t_s) + 0.2 * np.sin(4 * np.pi * pitch_hz * t_s)
    rise = np.minimum(t_s / _FADE_S, 1.0)
    fall = np.minimum((t_s[-1] - t_s) / _FADE_S, 1.0)
    return np.asarray(sine * rise * fall * np.exp(-3.0 * t_s / length_s * 0.5))


def loudness_db(samples: Samples) -> float:
    """Return the loudness; see the module. Silence is -100."""
    blocks = np.pad(samples.astype(np.float64), (0, -len(samples) % _BLOCK)).reshape(-1, _BLOCK)
    share = 1.0 - np.exp(-_BLOCK / RATE_HZ / FAST_S)
    level = highest = _SILENT**2
    for square in (blocks**2).mean(axis=1):
        level += share * (square - level)
        highest = max(highest, level)
    return float(10.0 * np.log10(highest))


def at_loudness(samples: Samples, wanted_db: float) -> Samples:
    """Return the samples at a loudness, or below it where a sample would exceed 0.9."""
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < _SILENT:
        return samples
    gain = 10.0 ** ((wanted_db - loudness_db(samples)) / 20.0)
    return np.asarray(samples * min(gain, _PEAK / peak), dtype=np.float32)


def read_wave(content: bytes) -> Samples:
    """Return the samples of a WAV file with 16 bits a sample, at `RATE_HZ`, without silent ends.

    Raises:
        ValueError: if it is none, or holds no sound.
    """
    try:
        with wave.open(io.BytesIO(content)) as file:
            rate_hz, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            # A program that writes to a pipe does not know the length: read what there is.
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        message = f"not a WAV file: {error}"
        raise ValueError(message) from error
    if width != 2 or not rate_hz:  # noqa: PLR2004 - bytes of 16 bits
        message = f"a WAV file with {8 * width} bits a sample"
        raise ValueError(message)
    frames = np.frombuffer(raw[: len(raw) // (2 * channels) * 2 * channels], dtype="<i2")
    mono = frames.reshape(-1, channels).mean(axis=1) / 32768.0
    heard = np.flatnonzero(np.abs(mono) > 0.01 * np.abs(mono).max(initial=0.0))
    if not len(heard):
        message = "a WAV file without sound"
        raise ValueError(message)
    return _resampled(mono[heard[0] : heard[-1] + 1], rate_hz)


def _resampled(samples: NDArray[np.float64], rate_hz: int) -> Samples:
    """Return the samples at `RATE_HZ`, through their spectrum."""
    if rate_hz == RATE_HZ:
        return samples.astype(np.float32)
    count = round(len(samples) * RATE_HZ / rate_hz)
    spectrum = np.fft.rfft(samples)
    return np.asarray(np.fft.irfft(spectrum, count) * (count / len(samples)), dtype=np.float32)


@dataclass(slots=True)
class _Playing:
    """Samples that are being played, and the number of those already handed out."""

    samples: Samples
    done: int = 0


class Mixer:
    """A mix of everything that sounds at one time; tones and words never cut one another.

    Attributes:
        heard: whether a sound device plays the mix at present.
    """

    def __init__(self) -> None:
        """Begin silent."""
        self.heard = False
        self._lock = threading.Lock()
        self._tones: list[_Playing] = []
        self._words: _Playing | None = None

    def sound(self, samples: Samples) -> None:
        """Add a tone, beside everything that sounds already; without a device it is dropped."""
        with self._lock:
            if self.heard:
                self._tones.append(_Playing(samples))

    def speak(self, samples: Samples) -> None:
        """Begin with words; those before end at once. Without a device they are dropped."""
        with self._lock:
            self._silence_words()
            self._words = _Playing(samples) if self.heard else None

    def hush(self) -> None:
        """Fade out the words that sound."""
        with self._lock:
            self._silence_words()

    def _silence_words(self) -> None:
        words, self._words = self._words, None
        if words is not None:
            rest = words.samples[words.done :][: round(_FADE_S * RATE_HZ)]
            fade = np.linspace(1.0, 0.0, len(rest), dtype=np.float32)
            self._tones.append(_Playing(rest * fade))

    def take(self, count: int) -> Samples:
        """Return the next samples; called by the thread of the sound device."""
        mix = np.zeros(count, dtype=np.float32)
        with self._lock:
            playing = [*self._tones, *([self._words] if self._words is not None else [])]
            for one in playing:
                part = one.samples[one.done : one.done + count]
                mix[: len(part)] += part
                one.done += len(part)
            self._tones = [one for one in self._tones if one.done < len(one.samples)]
            if self._words is not None and self._words.done >= len(self._words.samples):
                self._words = None
        return np.clip(mix, -1.0, 1.0)
