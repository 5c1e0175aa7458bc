"""Measure the sound of a live session on a sound server that nobody hears.

    python -m tests.bench.sound [--server pulseaudio|pipewire] [--seconds N] [--busy] [--wav FILE]

A private server with one null sink runs for the measurement; what the sink gets is recorded. The
program under test plays the cues of holds: a start, a tick each second, the last three counted
aloud, a complete hold, a change of side. Every tone is then looked for in the recording, by
correlation with its own samples: how many came, whole or cut, and how evenly in time. With
``--busy`` Python code keeps the interpreter busy meanwhile, as judging and drawing do.

Linux only; needs pulseaudio-utils, one of the servers, ALSA's plug-in for PulseAudio
(libasound2-plugins) and libportaudio2, and espeak-ng for the words.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import wave
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from posecheck.live.coach.prompt import AudioCue, Priority, Tone
from posecheck.live.sound import LAST, SoundDevice, Sounds
from posecheck.live.waves import RATE_HZ, Mixer, loudness_db, tone_samples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from posecheck.live.waves import Samples

HOLD_S = 10
ROUND_S = 16.0
"""Length of one round: a hold, its end, a cue, and a change of side."""

WHOLE = 0.9
"""Share of a tone's own amplitude from which on it counts as whole."""

MOST_UNEVEN_MS, MOST_BELOW_VOICE_DB = 60.0, 10.0
_EARLY_S, _LATE_S = 0.1, 0.7
_BYTES_PER_SAMPLE = 2
_CUE = "Lean forward from the hips"
_ASOUND = """</usr/share/alsa/alsa.conf>
pcm.!default { type pulse }
ctl.!default { type pulse }
"""


@dataclass(frozen=True)
class Asked:
    """A tone, or words without one, that was asked for at a moment of the monotonic clock."""

    tone: Tone | None
    at_s: float


@contextmanager
def server(kind: str) -> Iterator[dict[str, str]]:
    """Run a sound server with a null sink; yield the environment that reaches it."""
    with tempfile.TemporaryDirectory(prefix="posecheck-sound-") as name, ExitStack() as running:
        folder = Path(name)
        (folder / "asound.conf").write_text(_ASOUND, "utf-8")
        env = os.environ | {"XDG_RUNTIME_DIR": name, "HOME": name}
        env["ALSA_CONFIG_PATH"] = str(folder / "asound.conf")
        if kind == "pulseaudio":
            env["PULSE_SERVER"] = f"unix:{folder}/native"
            socket = f"module-native-protocol-unix socket={folder}/native auth-anonymous=1"
            command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "-L", socket]
        else:
            env["PULSE_SERVER"] = f"unix:{folder}/pulse/native"
            parts = "pipewire & wireplumber & exec pipewire-pulse"
            command = ["dbus-run-session", "--", "sh", "-c", parts]
        running.enter_context(_started(command, env))
        sink = ["module-null-sink", "sink_name=null", "rate=44100"]
        _wait_for(["pactl", "load-module", *sink], env)
        _wait_for(["pactl", "set-default-sink", "null"], env)
        yield env


@contextmanager
def _started(command: list[str], env: dict[str, str]) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    child = subprocess.Popen(command, env=env, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait()


def _wait_for(command: list[str], env: dict[str, str], soon_s: float = 10.0) -> None:
    end_s = time.monotonic() + soon_s
    while subprocess.run(command, env=env, capture_output=True, check=False).returncode:
        if time.monotonic() > end_s:
            message = f"the sound server did not answer: {' '.join(command)}"
            raise SystemExit(message)
        time.sleep(0.2)


class Recording:
    """What the null sink gets, as it comes."""

    def __init__(self, env: dict[str, str]) -> None:
        """Begin."""
        options = ("--format=s16le", f"--rate={RATE_HZ}", "--channels=1", "--latency-msec=20")
        self._child = subprocess.Popen(
            [shutil.which("parec") or "parec", "--device=null.monitor", *options],
            env=env,
            stdout=subprocess.PIPE,
        )
        self.begun_s = 0.0
        self._parts: list[bytes] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self._child.stdout is not None
        while part := os.read(self._child.stdout.fileno(), 65536):
            if not self._parts:
                self.begun_s = time.monotonic() - len(part) / _BYTES_PER_SAMPLE / RATE_HZ
            self._parts.append(part)

    def stop(self) -> Samples:
        """End it; return the samples."""
        self._child.terminate()
        self._child.wait()
        self._thread.join()
        return np.frombuffer(b"".join(self._parts), dtype="<i2").astype(np.float32) / 32768


def play(seconds: float, *, busy: bool) -> None:
    """Play rounds of cues; print each with its moment, and at the end how often sound was late."""
    device = SoundDevice(Mixer())
    sounds = Sounds(output=device)
    sounds.expect(HOLD_S)
    over = threading.Event()
    if busy:
        threading.Thread(target=_keep_busy, args=(over,), daemon=True).start()
    begun_s = time.monotonic() + 1.0
    for number in range(max(1, round(seconds / ROUND_S))):
        for at_s, cue in _round():
            time.sleep(max(0.0, begun_s + number * ROUND_S + at_s - time.monotonic()))
            counted = cue.second is not None and cue.left <= LAST and sounds.has_voice
            name = "" if cue.tone is None or counted else str(cue.tone)
            print(json.dumps({"tone": name, "words": cue.words, "at_s": time.monotonic()}))
            sounds.play([cue])
    time.sleep(1.5)
    over.set()
    lacks, notice = sounds.lacks, sounds.notice()
    sounds.close()
    print(json.dumps({"late": device.late, "lacks": lacks, "notice": notice}), flush=True)


def _round() -> Iterator[tuple[float, AudioCue]]:
    yield 0.0, AudioCue(Tone.START)
    for second in range(1, HOLD_S):
        yield float(second), AudioCue(Tone.TICK, second=second, left=HOLD_S - second)
    words = f"Done. {HOLD_S} seconds. Relax slowly"
    yield float(HOLD_S), AudioCue(Tone.COMPLETE, words, Priority.EVENT)
    yield HOLD_S + 3.0, AudioCue(words=_CUE)
    yield HOLD_S + 5.2, AudioCue(Tone.CHANGE_SIDE)


def _keep_busy(over: threading.Event) -> None:
    """Compute in Python, as judging and drawing do: 25 ms of every 33."""
    while not over.is_set():
        end_s = time.monotonic() + 0.025
        while time.monotonic() < end_s:
            sum(range(200))
        time.sleep(0.008)


def found_tone(heard: Samples, asked: Asked, begun_s: float) -> tuple[float, float]:
    """Return the share of a tone's amplitude that arrived, and its delay in seconds."""
    assert asked.tone is not None
    own = tone_samples(asked.tone)
    first = max(0, round((asked.at_s - begun_s - _EARLY_S) * RATE_HZ))
    part = heard[first : first + round((_EARLY_S + _LATE_S) * RATE_HZ) + len(own)]
    shares = np.correlate(part, own, mode="valid") / float(own @ own)
    best = int(shares.argmax())
    return float(shares[best]), (first + best) / RATE_HZ + begun_s - asked.at_s


def report(heard: Samples, begun_s: float, lines: list[dict[str, Any]]) -> bool:
    """Print what was measured; return whether the bars hold."""
    asked = [Asked(Tone(line["tone"]), line["at_s"]) for line in lines if line.get("tone")]
    found = [found_tone(heard, one, begun_s) for one in asked]
    delays_ms = [1000 * delay_s for share, delay_s in found if share >= WHOLE]
    for tone in Tone:
        shares = [share for one, (share, _) in zip(asked, found, strict=True) if one.tone is tone]
        if shares:
            whole = sum(share >= WHOLE for share in shares)
            print(f"{tone:12} {whole} of {len(shares)} whole, least share {min(shares):.2f}")
    lost = len(found) - len(delays_ms)
    middle = statistics.median(delays_ms) if delays_ms else float("nan")
    uneven = max((abs(delay - middle) for delay in delays_ms), default=float("nan"))
    print(f"delay, about: median {middle:.0f} ms; furthest from it {uneven:.0f} ms")
    (cue, *_) = [line["at_s"] for line in lines if line.get("words") == _CUE]
    at = round((cue - begun_s) * RATE_HZ)
    voice_db = loudness_db(heard[at : at + round(2.1 * RATE_HZ)])
    tick = next(one for one in asked if one.tone is Tone.TICK)
    at = round((tick.at_s - begun_s) * RATE_HZ)
    tick_db = loudness_db(heard[at : at + round(0.6 * RATE_HZ)])
    print(f"loudness: voice {voice_db:.1f} dB, tick {tick_db:.1f} dB")
    last = lines[-1]
    print(
        f"the device waited for sound {last['late']} times; lacking: {last['lacks'] or 'nothing'}"
    )
    return not lost and uneven <= MOST_UNEVEN_MS and voice_db - tick_db <= MOST_BELOW_VOICE_DB


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sound", description=__doc__)
    parser.add_argument("--server", choices=("pulseaudio", "pipewire"), default="pulseaudio")
    parser.add_argument("--seconds", type=float, default=32.0)
    parser.add_argument("--busy", action="store_true", help="keep Python busy meanwhile")
    parser.add_argument("--wav", type=Path, help="also keep the recording")
    parser.add_argument("--play", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.play:
        play(options.seconds, busy=options.busy)
        return 0
    for program in (options.server, "pactl", "parec"):
        if shutil.which(program) is None:
            print(f"{program} is not installed")
            return 2
    with server(options.server) as env:
        recording = Recording(env)
        time.sleep(0.5)
        command = [sys.executable, "-m", "tests.bench.sound", "--play", "--seconds"]
        command += [str(options.seconds), *(["--busy"] if options.busy else [])]
        played = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        heard = recording.stop()
    if options.wav is not None:
        with wave.open(str(options.wav), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(_BYTES_PER_SAMPLE)
            file.setframerate(RATE_HZ)
            file.writeframes((heard * 32767).astype("<i2").tobytes())
    lines = [json.loads(line) for line in played.stdout.splitlines()]
    fits = report(heard, recording.begun_s, lines)
    print("as it should be" if fits else "NOT as it should be")
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
