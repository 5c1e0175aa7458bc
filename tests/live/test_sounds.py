"""Tones, voices and their workers: heard in time or not at all, and never in the way."""

from __future__ import annotations

import itertools
import os
import sys
import threading
import time
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest

from posecheck.live import sound
from posecheck.live.coach.prompt import AudioCue, Tone
from posecheck.live.sound import (
    NO_SOUND,
    NOTES,
    PROGRAMS,
    RATE_HZ,
    DeviceError,
    Program,
    Sounds,
    Voice,
    find_program,
    samples,
)
from posecheck.system.outputs import captured_stderr
from posecheck.system.threads import Worker

if TYPE_CHECKING:
    from pathlib import Path

WAIT_S = 10.0


def wait_for(what: threading.Event) -> None:
    assert what.wait(WAIT_S)


@pytest.mark.parametrize("tone", Tone)
def test_a_tone_is_short_soft_and_does_not_click(tone: Tone) -> None:
    wave = samples(tone)
    assert wave.dtype == np.float32
    assert 0.03 <= len(wave) / RATE_HZ <= 1.2
    assert 0.05 < np.abs(wave).max() <= 0.5
    assert abs(wave[0]) < 1e-3
    assert abs(wave[-1]) < 1e-3
    assert np.abs(np.diff(wave)).max() < 0.1, "a jump is a click"


def test_every_tone_is_another_melody() -> None:
    melodies = [tuple(pitch for pitch, _ in NOTES[tone]) for tone in Tone]
    assert len(set(melodies)) == len(Tone)
    stop, start = NOTES[Tone.STOP], NOTES[Tone.START]
    assert stop[0][0] > stop[-1][0], "stopping goes down"
    assert start[0][0] < start[-1][0], "beginning goes up"
    quiet, loud = (np.abs(samples(tone)).max() for tone in (Tone.TICK, Tone.COMPLETE))
    assert quiet < loud / 2


class Slow:
    """Work that takes until it is let go."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.begun, self.let_go = threading.Event(), threading.Event()

    def __call__(self, work: str) -> None:
        self.begun.set()
        wait_for(self.let_go)
        self.done.append(work)


def never(error: Exception) -> None:
    del error


def test_of_what_waits_only_the_newest_is_done() -> None:
    slow = Slow()
    worker = Worker(slow, never)
    worker.give("first")
    wait_for(slow.begun)
    for work in ("old", "older", "newest"):
        worker.give(work)
    slow.let_go.set()
    deadline = time.monotonic() + WAIT_S
    while len(slow.done) < 2 and time.monotonic() < deadline:
        time.sleep(0.001)
    worker.close()
    assert slow.done == ["first", "newest"]


def test_closing_drops_what_waits_and_ends() -> None:
    slow = Slow()
    worker = Worker(slow, never)
    worker.give("first")
    wait_for(slow.begun)
    worker.give("second")
    slow.let_go.set()
    worker.close()
    worker.close()
    assert slow.done == ["first"]


def test_the_first_error_is_one_notice_and_then_silence() -> None:
    tries = []

    def fail(tone: Tone) -> None:
        tries.append(tone)
        message = "no device"
        raise DeviceError(message)

    silent = Voice(Program(sys.executable, ("-c", "")))
    sounds = Sounds(play=fail, voice=silent)
    sounds.play([AudioCue(Tone.START)])
    deadline = time.monotonic() + WAIT_S
    while (notice := sounds.notice()) is None and time.monotonic() < deadline:
        time.sleep(0.001)
    for _ in range(5):
        sounds.play([AudioCue(Tone.STOP)])
    sounds.close()
    assert notice == f"{NO_SOUND} (no device)"
    assert sounds.notice() is None
    assert tries == [Tone.START]


def test_the_device_of_this_machine_plays_or_says_in_one_line_why_not(
    capfd: pytest.CaptureFixture[str],
) -> None:
    sounds = Sounds(voice=Voice(Program(sys.executable, ("-c", ""))))
    begun_s = time.monotonic()
    sounds.play([AudioCue(Tone.TICK)])
    assert time.monotonic() - begun_s < 0.2, "a call returns at once"
    sounds.close()
    notice = sounds.notice()
    assert notice is None or (notice.startswith(NO_SOUND) and "\n" not in notice)
    assert capfd.readouterr() == ("", "")


class Library(ModuleType):
    """A sound library that takes note of when it is used; playing takes until it is let go."""

    class PortAudioError(Exception):
        """As in the library itself."""

    def __init__(self, fault: str = "") -> None:
        super().__init__("sounddevice")
        self.fault, self.used = fault, list[str]()
        self.playing, self.let_go = threading.Event(), threading.Event()

    def check_output_settings(self, **_: object) -> None:
        self.used.append("open")
        if self.fault:
            raise self.PortAudioError(self.fault)

    def play(self, *_: object) -> None:
        self.used.append("play")
        self.playing.set()
        wait_for(self.let_go)


def test_the_device_is_opened_at_once_and_playing_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = Library()
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    sounds = Sounds(voice=Voice(Program(sys.executable, ("-c", ""))))
    assert library.used == ["open"], "before the camera starts, not in the middle of a hold"
    sounds.play([AudioCue(Tone.START)])
    wait_for(library.playing)
    with captured_stderr(wait=False) as said:
        os.write(2, b"noise")
        assert said() == "noise", "the sound device keeps standard error while it plays"
    library.let_go.set()
    sounds.close()
    assert library.used == ["open", "play"]


def test_a_device_that_does_not_open_is_told_at_the_first_tone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = Library("no device\nmore")
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    sounds = Sounds(voice=Voice(Program(sys.executable, ("-c", ""))))
    sounds.play([AudioCue(Tone.START)])
    deadline = time.monotonic() + WAIT_S
    while (notice := sounds.notice()) is None and time.monotonic() < deadline:
        time.sleep(0.001)
    sounds.close()
    assert notice == f"{NO_SOUND} (no device)"
    assert library.used == ["open"]


def test_muted_is_silent() -> None:
    heard: list[Tone] = []
    played = threading.Event()

    def play(tone: Tone) -> None:
        heard.append(tone)
        played.set()

    sounds = Sounds(muted=True, play=play, voice=Voice(Program(sys.executable, ("-c", ""))))
    sounds.play([AudioCue(Tone.START, "Hold")])
    sounds.muted = False
    sounds.play([AudioCue(Tone.STOP)])
    wait_for(played)
    sounds.close()
    assert heard == [Tone.STOP]


def writer_to(path: Path) -> Program:
    """Return a stand-in for a voice: a program that writes down what it reads."""
    script = "import sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read() + b'\\n')"
    return Program(sys.executable, ("-c", script, str(path)))


def wait_until_written(path: Path, text: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if path.exists() and text in path.read_text("utf-8"):
            return
        time.sleep(0.01)
    pytest.fail(f"{text!r} was not said")


def test_words_reach_the_program_as_they_are_and_never_a_shell(tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    speaker = Voice(writer_to(said))
    words = "Stretch; touch `nothing` $(here) -- \N{LATIN SMALL LETTER E WITH ACUTE}"
    speaker.say(words)
    wait_until_written(said, words)
    speaker.close()
    assert speaker.notice() is None
    assert said.read_text("utf-8") == words + "\n"


def test_words_as_the_last_argument(tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    script = "import sys; open(sys.argv[1], 'w').write(sys.argv[-1])"
    speaker = Voice(Program(sys.executable, ("-c", script, str(said), "--"), reads=False))
    speaker.say("Hold")
    wait_until_written(said, "Hold")
    speaker.close()


def test_closing_ends_a_voice_in_mid_sentence(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    script = f"import time; open({str(begun)!r}, 'w').write('begun'); time.sleep(60)"
    speaker = Voice(Program(sys.executable, ("-c", script)))
    speaker.say("A long story")
    speaker.say("that nobody hears")
    wait_until_written(begun, "begun")
    begun_s = time.monotonic()
    speaker.close()
    assert time.monotonic() - begun_s < 2.0
    speaker.say("nor this")
    assert speaker.notice() is None


@pytest.mark.parametrize(
    "program",
    [Program("/nowhere/espeak", ()), Program(sys.executable, ("-c", "raise SystemExit(3)"))],
)
def test_a_voice_that_fails_says_so_once(program: Program) -> None:
    speaker = Voice(program)
    speaker.say("Hold")
    deadline = time.monotonic() + WAIT_S
    while (notice := speaker.notice()) is None and time.monotonic() < deadline:
        time.sleep(0.005)
    assert notice == sound.SILENT
    assert speaker.notice() is None
    speaker.close()


def test_a_voice_that_gets_stuck_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "LONGEST_S", 0.2)
    speaker = Voice(Program(sys.executable, ("-c", "import time; time.sleep(60)")))
    speaker.say("Hold")
    deadline = time.monotonic() + WAIT_S
    while (notice := speaker.notice()) is None and time.monotonic() < deadline:
        time.sleep(0.005)
    speaker.close()
    assert notice == sound.SILENT


@pytest.mark.parametrize("system", PROGRAMS)
def test_the_best_voice_that_is_there_is_taken(system: str) -> None:
    programs = PROGRAMS[system]
    for there in itertools.chain.from_iterable(
        itertools.combinations(programs, count) for count in range(1, len(programs) + 1)
    ):
        paths = {program.name: f"/x/{program.name}" for program in there}
        found = find_program(system, paths.get)
        assert found == Program(f"/x/{there[0].name}", there[0].arguments, there[0].reads)
    assert find_program(system, lambda _: None) is None


def test_an_unknown_system_has_no_voice() -> None:
    assert find_program("plan9", lambda name: name) is None
