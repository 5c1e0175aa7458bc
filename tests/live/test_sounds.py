"""Tones, words and their order: heard in time or not at all, and never in the way."""

from __future__ import annotations

import io
import itertools
import sys
import threading
import time
import wave
from dataclasses import replace
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecheck.live import voice as voice_module
from posecheck.live.coach.prompt import AudioCue, Priority, Tone
from posecheck.live.sound import NO_LIBRARY, NO_SOUND, NO_VOICE, DeviceError, SoundDevice, Sounds
from posecheck.live.voice import (
    EXPIRES_S,
    PROGRAMS,
    SILENT,
    SpeechProgram,
    SpeechQueue,
    Utterance,
    Voice,
    find_program,
)
from posecheck.live.waves import (
    NOTES,
    RATE_HZ,
    TICK_DB,
    VOICE_DB,
    Mixer,
    at_loudness,
    loudness_db,
    read_wave,
    tone_samples,
)
from posecheck.system.threads import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from posecheck.live.sound import Count
    from posecheck.live.waves import Samples

WAIT_S = 10.0
MUTE = SpeechProgram(sys.executable, ("-c", ""))


def wait_for(what: threading.Event) -> None:
    assert what.wait(WAIT_S)


def wait_until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.002)


# Samples


@pytest.mark.parametrize("tone", Tone)
def test_a_tone_is_short_soft_and_does_not_click(tone: Tone) -> None:
    samples = tone_samples(tone)
    assert samples.dtype == np.float32
    assert 0.05 <= len(samples) / RATE_HZ <= 1.2
    assert 0.05 < np.abs(samples).max() <= 0.5
    assert abs(samples[0]) < 1e-3
    assert abs(samples[-1]) < 1e-3
    assert np.abs(np.diff(samples)).max() < 0.1, "a jump is a click"


@pytest.mark.parametrize("tone", Tone)
def test_every_tone_is_softer_than_the_voice_by_at_most_10_db(tone: Tone) -> None:
    assert VOICE_DB - 10.0 <= loudness_db(tone_samples(tone)) <= VOICE_DB


def test_every_tone_is_another_melody() -> None:
    melodies = [tuple(pitch for pitch, _ in NOTES[tone]) for tone in Tone]
    assert len(set(melodies)) == len(Tone)
    stop, start = NOTES[Tone.STOP], NOTES[Tone.START]
    assert stop[0][0] > stop[-1][0], "stopping goes down"
    assert start[0][0] < start[-1][0], "beginning goes up"
    assert loudness_db(tone_samples(Tone.TICK)) == pytest.approx(TICK_DB, abs=0.1)


def sine(length_s: float, height: float) -> Samples:
    t_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    return (height * np.sin(2 * np.pi * 440.0 * t_s)).astype(np.float32)


def test_loudness_is_what_a_sound_level_meter_shows() -> None:
    assert loudness_db(sine(2.0, 1.0)) == pytest.approx(-3.01, abs=0.05), "a full-scale sine"
    assert loudness_db(sine(2.0, 0.1)) == pytest.approx(-23.01, abs=0.05)
    # 125 ms of a steady sound reach 1 - 1/e of its energy: 2 dB less.
    assert loudness_db(sine(0.125, 1.0)) == pytest.approx(-5.0, abs=0.2)
    assert loudness_db(np.zeros(100, np.float32)) == -100.0
    assert loudness_db(np.zeros(0, np.float32)) == -100.0


@given(height=st.floats(0.001, 1.0), wanted_db=st.floats(-40.0, 0.0))
def test_a_change_of_loudness_reaches_it_or_stays_below_full_scale(
    height: float, wanted_db: float
) -> None:
    changed = at_loudness(sine(0.3, height), wanted_db)
    assert np.abs(changed).max() <= 0.9 + 1e-6
    assert loudness_db(changed) <= wanted_db + 0.1
    if np.abs(changed).max() < 0.899:
        assert loudness_db(changed) == pytest.approx(wanted_db, abs=0.1)


def wav(samples: Samples, rate_hz: int = 22_050, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(channels)
        written.setsampwidth(width)
        written.setframerate(rate_hz)
        levels = (samples * 32767).astype("<i2").repeat(channels)
        written.writeframes(levels.tobytes())
    return file.getvalue()


@pytest.mark.parametrize(("rate_hz", "channels"), [(22_050, 1), (16_000, 2), (48_000, 1)])
def test_a_wav_file_comes_in_at_the_rate_and_pitch_of_the_mixer(
    rate_hz: int, channels: int
) -> None:
    t_s = np.arange(rate_hz // 2) / rate_hz
    tone = (0.5 * np.sin(2 * np.pi * 440.0 * t_s)).astype(np.float32)
    silence = np.zeros(rate_hz // 10, np.float32)
    read = read_wave(wav(np.concatenate([silence, tone, silence]), rate_hz, channels))
    assert len(read) / RATE_HZ == pytest.approx(0.5, abs=0.002), "without silent ends"
    spectrum = np.abs(np.fft.rfft(read))
    assert spectrum.argmax() * RATE_HZ / len(read) == pytest.approx(440.0, abs=3.0)
    assert np.abs(read).max() == pytest.approx(0.5, abs=0.05)


def test_a_wav_file_whose_length_is_not_known_yet_is_read_to_its_end() -> None:
    content = bytearray(wav(sine(0.2, 0.5), RATE_HZ))
    content[4:8] = content[40:44] = (0x7FFFF000).to_bytes(4, "little")  # as espeak-ng writes it
    assert len(read_wave(bytes(content))) == pytest.approx(0.2 * RATE_HZ, abs=50)


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF", b"no sound", wav(np.zeros(999, np.float32)), wav(sine(0.1, 0.5), width=1)],
)
def test_what_holds_no_sound_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="WAV"):
        read_wave(content)


# The mixer


def heard_mixer() -> Mixer:
    mixer = Mixer()
    mixer.heard = True
    return mixer


def test_tones_and_words_sound_together_and_none_is_cut() -> None:
    mixer = heard_mixer()
    tick, complete, words = (
        tone_samples(Tone.TICK),
        tone_samples(Tone.COMPLETE),
        sine(0.4, 0.1),
    )
    mixer.sound(complete)
    first = mixer.take(1000)
    mixer.sound(tick)
    mixer.speak(words)
    rest = np.concatenate([mixer.take(882) for _ in range(40)])
    wanted = np.zeros(1000 + len(rest), np.float32)
    wanted[: len(complete)] += complete
    wanted[1000 : 1000 + len(tick)] += tick
    wanted[1000 : 1000 + len(words)] += words
    assert np.allclose(np.concatenate([first, rest]), wanted, atol=1e-6)
    assert not mixer.take(100).any(), "and then silence"


def test_words_that_are_hushed_fade_out_without_a_click() -> None:
    mixer = heard_mixer()
    mixer.speak(sine(1.0, 0.5))
    before = mixer.take(5000)
    mixer.hush()
    after = mixer.take(5000)
    assert np.abs(np.diff(np.concatenate([before[-10:], after]))).max() < 0.05
    assert after[:300].any()
    assert not after[700:].any()


def test_new_words_replace_those_before() -> None:
    mixer = heard_mixer()
    mixer.speak(sine(1.0, 0.2))
    mixer.take(100)
    mixer.speak(np.full(2000, 0.1, np.float32))
    mixer.take(1000)
    assert mixer.take(500) == pytest.approx(0.1)
    mixer.take(500)
    assert not mixer.take(100).any()


def test_what_nobody_would_hear_is_not_kept_for_later() -> None:
    mixer = Mixer()
    mixer.sound(tone_samples(Tone.START))
    mixer.speak(sine(0.5, 0.2))
    mixer.heard = True
    assert not mixer.take(1000).any(), "late sound is worse than none"


def test_the_mix_never_exceeds_full_scale() -> None:
    mixer = heard_mixer()
    for _ in range(20):
        mixer.sound(sine(0.1, 0.5))
    assert np.abs(mixer.take(2000)).max() <= 1.0


# Work that waits


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


# What is said next


def said(words: str, priority: Priority, at_s: float = 0.0) -> Utterance:
    return Utterance(words, priority, at_s + EXPIRES_S[priority])


def test_nothing_is_begun_after_its_moment() -> None:
    for priority in Priority:
        queue = SpeechQueue()
        queue.put(said("late", priority, at_s=10.0))
        assert queue.take(10.0 + EXPIRES_S[priority] + 0.01) is None
        queue.put(said("in time", priority, at_s=20.0))
        taken = queue.take(20.0 + EXPIRES_S[priority] - 0.01)
        assert taken is not None
        assert taken.words == "in time"


def test_what_matters_more_interrupts_and_replaces_what_matters_less() -> None:
    for low, high in itertools.pairwise(Priority):
        queue = SpeechQueue()
        queue.put(said("low", low))
        assert queue.take(0.0) is not None
        assert queue.put(said("high", high)), "interrupts"
        assert not queue.put(said("low again", low)), "and is not interrupted"
        taken = queue.take(0.0)
        assert taken is not None
        assert taken.words == "high"
        assert not queue.waits, "what mattered less is not said afterwards"


def test_of_words_that_matter_alike_the_newest_waits_its_turn() -> None:
    queue = SpeechQueue()
    queue.put(said("first", Priority.CUE))
    queue.take(0.0)
    assert not queue.put(said("second", Priority.CUE))
    assert not queue.put(said("third", Priority.CUE))
    taken = queue.take(0.0)
    assert taken is not None
    assert taken.words == "third"
    queue.put(said("fourth", Priority.CUE))
    queue.hush()
    assert queue.take(0.0) is None


@given(
    puts=st.lists(
        st.tuples(st.floats(0.0, 3.0), st.sampled_from(list(Priority)), st.booleans()), max_size=40
    )
)
def test_for_any_order_of_words_none_is_late_and_the_highest_is_never_lost(
    puts: list[tuple[float, Priority, bool]],
) -> None:
    queue, now_s = SpeechQueue(), 0.0
    waiting: list[Utterance] = []
    for after_s, priority, take in puts:
        now_s += after_s
        utterance = said("", priority, now_s)
        queue.put(utterance)
        waiting.append(utterance)
        if take:
            taken = queue.take(now_s)
            top = max(other.priority for other in waiting)
            newest = [other for other in waiting if other.priority == top][-1]
            assert taken is (newest if now_s <= newest.until_s else None)
            waiting = []


# The voice


def writer_to(path: Path) -> SpeechProgram:
    """Return a stand-in for a voice: a program that writes down what it reads."""
    script = "import sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read() + b'\\n')"
    return SpeechProgram(sys.executable, ("-c", script, str(path)))


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
    speaker = Voice(SpeechProgram(sys.executable, ("-c", script, str(said), "--"), reads=False))
    speaker.say("Hold")
    wait_until_written(said, "Hold")
    speaker.close()


def test_closing_ends_a_voice_in_mid_sentence(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    script = f"import time; open({str(begun)!r}, 'w').write('begun'); time.sleep(60)"
    speaker = Voice(SpeechProgram(sys.executable, ("-c", script)))
    speaker.say("A long story")
    wait_until_written(begun, "begun")
    speaker.say("that nobody hears")
    begun_s = time.monotonic()
    speaker.close()
    assert time.monotonic() - begun_s < 2.0
    speaker.say("nor this")
    assert speaker.notice() is None


@pytest.mark.parametrize(
    "program",
    [
        SpeechProgram("/nowhere/espeak", ()),
        SpeechProgram(sys.executable, ("-c", "raise SystemExit(3)")),
    ],
)
def test_a_voice_that_fails_says_so_once(program: SpeechProgram) -> None:
    speaker = Voice(program)
    speaker.say("Hold")
    deadline = time.monotonic() + WAIT_S
    while (notice := speaker.notice()) is None and time.monotonic() < deadline:
        time.sleep(0.005)
    assert notice == SILENT
    assert speaker.notice() is None
    speaker.close()


def test_a_voice_that_gets_stuck_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_module, "LONGEST_S", 0.2)
    speaker = Voice(SpeechProgram(sys.executable, ("-c", "import time; time.sleep(60)")))
    speaker.say("Hold")
    deadline = time.monotonic() + WAIT_S
    while (notice := speaker.notice()) is None and time.monotonic() < deadline:
        time.sleep(0.005)
    speaker.close()
    assert notice == SILENT


@pytest.mark.parametrize("system", PROGRAMS)
def test_the_best_voice_that_is_there_is_taken(system: str) -> None:
    programs = PROGRAMS[system]
    for there in itertools.chain.from_iterable(
        itertools.combinations(programs, count) for count in range(1, len(programs) + 1)
    ):
        paths = {program.name: f"/x/{program.name}" for program in there}
        found = find_program(system, paths.get)
        assert found == replace(there[0], name=f"/x/{there[0].name}")
    assert find_program(system, lambda _: None) is None


def test_an_unknown_system_has_no_voice() -> None:
    assert find_program("plan9", lambda name: name) is None


def speaking_for(length_s: float, folder: Path) -> SpeechProgram:
    """Return a stand-in for a voice that writes a WAV file of a steady sound, and notes each."""
    source = folder / "source.wav"
    source.write_bytes(wav(sine(length_s, 0.4), RATE_HZ))
    script = (
        "import sys, pathlib; words = sys.stdin.read(); folder = pathlib.Path(sys.argv[1]);"
        "open(folder / 'said', 'a').write(words + ';');"
        "sys.stdout.buffer.write((folder / 'source.wav').read_bytes())"
    )
    plays = "raise SystemExit('it must not play by itself')"
    return SpeechProgram(sys.executable, ("-c", plays), wave=("-c", script, str(folder)))


def test_words_go_through_the_mixer_at_the_loudness_of_the_voice(tmp_path: Path) -> None:
    mixer = heard_mixer()
    speaker = Voice(speaking_for(0.5, tmp_path), mixer)
    speaker.say("Hold", pause_s=0.1)
    heard: list[Samples] = []
    wait_until(lambda: heard.append(mixer.take(441)) or heard[-1].any(), "no words")
    heard += [mixer.take(441) for _ in range(60)]
    speaker.close()
    samples = np.concatenate(heard)
    assert loudness_db(samples) == pytest.approx(VOICE_DB, abs=1.0)
    assert speaker.notice() is None


def test_prepared_words_are_spoken_without_running_the_program_again(tmp_path: Path) -> None:
    marks, mixer = tmp_path / "said", heard_mixer()
    speaker = Voice(speaking_for(0.1, tmp_path), mixer)
    speaker.prepare(["8", "9"])
    wait_until(lambda: marks.exists() and marks.read_text("utf-8") == "8;9;", "not prepared")
    wait_until(lambda: len(speaker._phrases) == 2, "not kept")
    begun_s = time.monotonic()
    speaker.say("9", Priority.COUNT)
    wait_until(lambda: mixer.take(441).any(), "not counted")
    assert time.monotonic() - begun_s < EXPIRES_S[Priority.COUNT]
    speaker.close()
    assert marks.read_text("utf-8") == "8;9;"


def test_an_event_interrupts_a_cue_that_is_being_said(tmp_path: Path) -> None:
    marks, mixer = tmp_path / "said", heard_mixer()
    speaker = Voice(speaking_for(30.0, tmp_path), mixer)
    speaker.say("a long cue")
    wait_until(lambda: mixer.take(441).any(), "no words")
    speaker.say("another cue")
    speaker.say("Change sides", Priority.EVENT)
    wait_until(lambda: "Change sides" in marks.read_text("utf-8"), "not interrupted")
    speaker.close()
    assert marks.read_text("utf-8") == "a long cue;Change sides;"


def test_a_program_that_writes_no_wav_file_plays_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "said.txt"
    program = replace(writer_to(path), wave=("-c", "print('no sound')"))
    speaker = Voice(program, heard_mixer())
    speaker.say("Hold")
    wait_until_written(path, "Hold")
    speaker.close()
    assert speaker.notice() is None


def test_a_wav_file_by_name(tmp_path: Path) -> None:
    source = tmp_path / "source.wav"
    source.write_bytes(wav(sine(0.3, 0.4), RATE_HZ))
    script = "import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2])"
    mixer = heard_mixer()
    speaker = Voice(replace(MUTE, wave=("-c", script, str(source), "{file}")), mixer)
    speaker.say("Hold")
    wait_until(lambda: mixer.take(441).any(), "no words")
    speaker.close()


# All together


class FakeOutput:
    """An output that plays into nothing, or fails to open."""

    def __init__(self, mixer: Mixer, fault: str = "") -> None:
        self.mixer, self.fault, self.opened, self.closed = mixer, fault, 0, False

    def open(self) -> None:
        self.opened += 1
        if self.fault:
            raise DeviceError(self.fault)
        self.mixer.heard = True

    def close(self) -> None:
        self.closed = True


class FakeVoice:
    """A voice that notes what it is asked to say."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Priority]] = []
        self.prepared: list[str] = []
        self.hushed = 0

    def say(self, words: str, priority: Priority, pause_s: float = 0.0) -> None:
        assert 0.0 <= pause_s <= 0.3
        self.said.append((words, priority))

    def prepare(self, phrases: list[str]) -> None:
        self.prepared = phrases

    def hush(self) -> None:
        self.hushed += 1

    def notice(self) -> None:
        return None

    def close(self) -> None:
        pass


def sounds_with(
    count: Count = "last", *, muted: bool = False
) -> tuple[Sounds, FakeVoice, FakeOutput, Mixer]:
    mixer, voice = Mixer(), FakeVoice()
    output = FakeOutput(mixer)
    stand_in: Any = voice
    return Sounds(output=output, voice=stand_in, count=count, muted=muted), voice, output, mixer


def ticks(of_s: int) -> list[AudioCue]:
    return [AudioCue(Tone.TICK, second=n, left=of_s - n) for n in range(1, of_s)]


@pytest.mark.parametrize(
    ("count", "wanted"),
    [("all", "1 2 3 4 5 6 7 8 9"), ("last", "7 8 9"), ("none", "")],
)
def test_seconds_are_counted_aloud_in_place_of_their_ticks(count: Count, wanted: str) -> None:
    sounds, voice, _, mixer = sounds_with(count=count)
    sounds.expect(10.0)
    assert voice.prepared == wanted.split()
    for cue in ticks(10):
        spoken = len(voice.said)
        sounds.play([cue])
        assert mixer.take(8820).any() is not (len(voice.said) > spoken), "a tick or a number"
    assert voice.said == [(word, Priority.COUNT) for word in wanted.split()]
    sounds.close()


def test_without_a_voice_every_second_ticks() -> None:
    mixer = Mixer()
    output = FakeOutput(mixer)
    sounds = Sounds(output=output, voice=None, find=lambda: None)
    for cue in ticks(10):
        sounds.play([cue])
        assert mixer.take(8820).any()
    assert sounds.lacks == "no voice"
    assert sounds.notice() == NO_VOICE
    assert sounds.notice() is None
    sounds.close()
    assert output.closed


def test_a_new_hold_ends_what_was_said_before_it() -> None:
    sounds, voice, _, _ = sounds_with()
    sounds.play([AudioCue(words="Seated figure-four", priority=Priority.WELCOME)])
    assert voice.hushed == 0
    sounds.play([AudioCue(Tone.START)])
    assert voice.hushed == 1
    sounds.close()


def test_muted_is_silent_and_the_device_is_opened_when_sound_is_wanted() -> None:
    sounds, voice, output, mixer = sounds_with(muted=True)
    sounds.play([AudioCue(Tone.START, "Hold")])
    assert (output.opened, voice.said, mixer.take(100).any()) == (0, [], False)
    sounds.muted = False
    wait_until(lambda: mixer.heard, "not opened")
    sounds.play([AudioCue(Tone.STOP, "Stop")])
    assert mixer.take(5000).any()
    assert [words for words, _ in voice.said] == ["Stop"]
    sounds.muted = True
    assert voice.hushed == 1
    sounds.close()


@pytest.mark.parametrize("with_voice", [True, False])
def test_a_device_that_does_not_open_is_one_notice_and_is_not_tried_again_at_once(
    with_voice: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    mixer = Mixer()
    output = FakeOutput(mixer, "no device")
    voice: Any = FakeVoice() if with_voice else None
    sounds = Sounds(output=output, voice=voice, find=lambda: None)
    for _ in range(3):
        sounds.play([AudioCue(Tone.STOP, "Stop")])
    notices = list(iter(sounds.notice, None))
    sounds.close()
    wanted = "No tones" if with_voice else NO_SOUND
    assert notices[0] == f"{wanted} (no device); tried again each minute"
    assert len(notices) == (1 if with_voice else 2)
    assert sounds.lacks == ("no tones" if with_voice else "no sound")
    assert output.opened == 1


def test_a_device_that_was_busy_is_tried_again_each_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    mixer = Mixer()
    output = FakeOutput(mixer, "busy")
    voice: Any = FakeVoice()
    sounds = Sounds(output=output, voice=voice)
    assert sounds.notice() == "No tones (busy); tried again each minute"
    now_s = time.monotonic()
    for minutes in (1, 2):  # still busy: tried, and not told again
        later_s = now_s + 61 * minutes
        monkeypatch.setattr(time, "monotonic", partial(float, later_s))
        for _ in range(3):
            sounds.play([AudioCue(Tone.STOP)])
            wait_for_calls(partial(failed_at, sounds, later_s))
        assert (output.opened, sounds.notice(), sounds.lacks) == (1 + minutes, None, "no tones")
    output.fault = ""
    monkeypatch.setattr(time, "monotonic", lambda: now_s + 190)
    sounds.play([AudioCue(Tone.STOP)])
    wait_for_calls(lambda: not sounds.lacks)
    sounds.play([AudioCue(Tone.STOP)])
    assert mixer.take(5000).any()
    assert (sounds.notice(), sounds.notice(), output.opened) == ("Sound works again", None, 4)
    sounds.close()


def failed_at(sounds: Sounds, t_s: float) -> bool:
    return sounds._failed_s == t_s


def wait_for_calls(done: Callable[[], bool]) -> None:
    """Wait, without looking at a clock that a test has changed."""
    for _ in range(1000):
        if done():
            return
        time.sleep(0.005)
    pytest.fail("not tried")


def test_a_missing_library_is_not_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    output = FakeOutput(Mixer(), NO_LIBRARY)
    voice: Any = FakeVoice()
    sounds = Sounds(output=output, voice=voice)
    assert sounds.notice() == f"No tones ({NO_LIBRARY})"
    now_s = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now_s + 1000)
    sounds.play([AudioCue(Tone.STOP)])
    sounds.close()
    assert output.opened == 1


def test_a_device_that_breaks_is_opened_anew_for_the_next_tone() -> None:
    sounds, _, output, mixer = sounds_with()
    mixer.heard = False  # as the device says when it is gone
    sounds.play([AudioCue(Tone.STOP)])
    wait_until(lambda: mixer.heard, "not opened anew")
    assert output.opened == 2
    assert sounds.notice() is None
    sounds.close()


# The sound device


class Library(ModuleType):
    """A sound library that opens a stream, or fails."""

    class PortAudioError(Exception):
        """As in the library itself."""

    def __init__(self, fault: str = "") -> None:
        super().__init__("sounddevice")
        self.fault, self.streams = fault, list[SimpleNamespace]()

    def OutputStream(self, **options: object) -> SimpleNamespace:  # noqa: N802 - the library's name
        if self.fault:
            raise self.PortAudioError(self.fault)
        stream = SimpleNamespace(active=False, options=options, closed=False)

        def start() -> None:
            stream.active = True

        def close(*, ignore_errors: bool) -> None:
            assert ignore_errors
            stream.active, stream.closed = False, True

        stream.start, stream.close = start, close
        self.streams.append(stream)
        return stream


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    found = Library()
    monkeypatch.setitem(sys.modules, "sounddevice", found)
    return found


def test_one_stream_plays_the_whole_session(library: Library) -> None:
    mixer = Mixer()
    device = SoundDevice(mixer)
    device.open()
    device.open()
    (stream,) = library.streams
    assert mixer.heard
    mixer.sound(tone_samples(Tone.TICK))
    out = np.zeros((882, 1), np.float32)
    stream.options["callback"](out, 882, None, SimpleNamespace(output_underflow=True))
    assert np.array_equal(out[:, 0], tone_samples(Tone.TICK)[:882])
    assert device.late == 1
    stream.active = False
    stream.options["finished_callback"]()
    assert not mixer.heard
    device.open()
    assert (len(library.streams), mixer.heard) == (2, True)
    device.close()
    assert library.streams[-1].closed


def test_a_device_that_fails_says_so_in_one_line(library: Library) -> None:
    library.fault = "no device\nmore"
    with pytest.raises(DeviceError, match=r"^no device$"):
        SoundDevice(Mixer()).open()


def test_a_missing_library_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(DeviceError, match="libportaudio2") as caught:
        SoundDevice(Mixer()).open()
    assert str(caught.value) == NO_LIBRARY


def test_the_device_of_this_machine_plays_or_says_in_one_line_why_not(
    capfd: pytest.CaptureFixture[str],
) -> None:
    sounds = Sounds(voice=Voice(MUTE))
    begun_s = time.monotonic()
    sounds.play([AudioCue(Tone.TICK)])
    assert time.monotonic() - begun_s < 0.2, "a call returns at once"
    notice = sounds.notice()
    sounds.close()
    assert notice is None or "\n" not in notice
    assert capfd.readouterr() == ("", "")
