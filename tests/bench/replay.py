"""Measure replay: judging again, opening a long session, showing another moment of it.

    python -m tests.bench.replay [--minutes N] [--fps N]

Makes a session of the wanted length from the recorded poses in tests/golden, repeated, with
the program's own recorder, and measures on one core:

- judging again from the stored landmarks, and the whole command `posecheck replay --json`;
- a fresh process from its start to the first picture, drawn;
- jumping to random moments of the session once it is read: seek and draw.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from posecheck import session
from posecheck.recorder import Recorder
from posecheck.replay.recording import Recording
from posecheck.replay.rejudge import difference, judge_again
from posecheck.session import SessionWriter

GOLDEN = Path(__file__).parents[1] / "golden" / "supine-1.posecheck.jsonl"
JUMPS = 200

FIRST_PICTURE = """
import sys
from pathlib import Path
import numpy as np
from posecheck.overlay import Overlay
from posecheck.replay.recording import Recording
recording = Recording.open(Path(sys.argv[1]))
width, height = recording.observations[0].frame_size_px
overlay = Overlay(recording.exercise, (width, height))
overlay.draw(np.zeros((height, width, 3), np.uint8), recording.observations[0], recording.steps[0])
"""


def make(path: Path, minutes: float, fps: float) -> int:
    """Write a session of a length; return its number of pictures."""
    poses = session.load(GOLDEN)
    count = round(minutes * 60 * fps)
    recorder = Recorder(
        poses.exercise,
        None,
        lambda: SessionWriter(path, {**poses.header, "type": "header"}, poses.exercise),
        lambda _: (),
    )
    for start in range(0, count, 64):
        rows = range(start, min(count, start + 64))
        seen = poses.observations
        recorder.take([replace(seen[row % len(seen)], t_s=row / fps) for row in rows])
    recorder.finish("complete")
    recorder.close()
    return count


def seconds(command: list[str]) -> float:
    """Return how long a process takes, as a whole."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def jumps(recording: Recording) -> list[float]:
    """Return how long it takes to show random moments, each in seconds."""
    import numpy as np  # noqa: PLC0415 - measured processes load it themselves

    from posecheck.overlay import Overlay  # noqa: PLC0415

    width, height = recording.observations[0].frame_size_px
    overlay = Overlay(recording.exercise, (width, height))
    chance, taken = random.Random(1), []  # noqa: S311 - no secret
    for _ in range(JUMPS):
        t_s = chance.uniform(0, recording.duration_s)
        start = time.perf_counter()
        row = recording.index_at(t_s)
        room = np.full((height, width, 3), 50, np.uint8)
        overlay.draw(room, recording.observations[row], recording.steps[row])
        taken.append(time.perf_counter() - start)
    return taken


def measure(path: Path, length_s: float) -> None:
    """Print what is measured on one session."""
    python = sys.executable
    first = [seconds([python, "-c", FIRST_PICTURE, str(path)]) for _ in range(5)]
    print(f"start of the process to the first picture: {statistics.median(first):.2f} s")

    command = [python, "-m", "posecheck", "replay", str(path), "--json"]
    whole_s = seconds(command)
    print(f"posecheck replay --json: {whole_s:.1f} s, {length_s / whole_s:.0f} x real time")

    start = time.perf_counter()
    recording = Recording.open(path).read_all()
    read_s = time.perf_counter() - start
    print(f"reading to the end: {read_s:.1f} s, {length_s / read_s:.0f} x real time")

    start = time.perf_counter()
    again = judge_again(recording)
    judge_s = time.perf_counter() - start
    print(f"judging again: {judge_s:.1f} s, {length_s / judge_s:.0f} x real time")
    print(f"the result is the recorded one: {difference(recording, again).none}")

    taken_ms = [1000 * s for s in jumps(recording)]
    print(
        f"another moment, seek and draw: median {statistics.median(taken_ms):.1f} ms, "
        f"worst of {JUMPS} {max(taken_ms):.1f} ms"
    )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory of the command: {peak:.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--fps", type=float, default=30.0)
    wanted = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):  # this process and those that it starts
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.posecheck.jsonl"
        pictures = make(path, wanted.minutes, wanted.fps)
        length_s = pictures / wanted.fps
        size = path.stat().st_size / 2**20
        print(f"a session of {length_s / 60:g} minutes, {pictures} pictures, {size:.0f} MiB")
        measure(path, length_s)


if __name__ == "__main__":
    main()
