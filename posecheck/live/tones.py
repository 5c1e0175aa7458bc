"""The tones of a live session, made of sines: short, soft, and easy to tell apart.

Going up means it begins or is done, going down means it stopped; the change of side swings
to and fro. All start and end at zero, so that nothing clicks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.live.screen import Tone

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
