"""Measure replay: judging again, opening a long session, showing another moment of it.

    python -m tests.bench.replay [--minutes N] [--fps N]

Makes a session of the wanted length from the recorded poses in tests/golden, repeated, with
the program's own recorder, and measures on one core:

- judging again from the stored landmarks, and the whole command `posecheck replay --json`;
- a fresh process from its start to the first picture, drawn;
- jumping to random moments of the session once it is read: seek and draw.

Speeds are given by CPU time, which is the wall time of a core that is not shared, and by wall
time.
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
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from posecheck import session
from posecheck.pipeline.playback import SessionPlayback
from posecheck.pipeline.recorder import Recorder
from posecheck.replay.rejudge import Again, check
from posecheck.session import SessionWriter

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parents[1] / "golden" / "supine-1.posecheck.jsonl"
JUMPS = 200

FIRST_PICTURE = """
import sys
from pathlib import Path
import numpy as np
from posecheck.display.overlay import Overlay
from posecheck.pipeline.playback import SessionPlayback
recording = SessionPlayback.open(Path(sys.argv[1]))
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


def child(command: list[str]) -> tuple[float, float]:
    """Return wall and CPU seconds of a process, as a whole."""
    start, before = time.perf_counter(), os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall_s, after = time.perf_counter() - start, os.times()
    used = after.children_user - before.children_user
    return wall_s, used + after.children_system - before.children_system


def own(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall and CPU seconds of some work in this process."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall_s, time.process_time() - cpu_s


def told(what: str, cost: tuple[float, float], length_s: float) -> None:
    """Print a cost and how many times faster than real time it is."""
    wall_s, cpu_s = cost
    print(
        f"{what}: {length_s / cpu_s:.0f} x real time by CPU time ({cpu_s:.1f} s), "
        f"{length_s / wall_s:.0f} x by the clock ({wall_s:.1f} s)"
    )


def jumps(recording: SessionPlayback) -> list[float]:
    """Return how long it takes to show random moments, each in seconds."""
    import numpy as np  # noqa: PLC0415 - measured processes load it themselves

    from posecheck.display.overlay import Overlay  # noqa: PLC0415

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
    first = [child([python, "-c", FIRST_PICTURE, str(path)]) for _ in range(5)]
    wall_s, cpu_s = (statistics.median(costs) for costs in zip(*first, strict=True))
    print(f"start of the process to the first picture: {wall_s:.2f} s (CPU {cpu_s:.2f} s)")
    command = [python, "-m", "posecheck", "replay", str(path), "--json"]
    told("posecheck replay --json, the whole command", child(command), length_s)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    recording = SessionPlayback.open(path)
    told("reading to the end", own(recording.read_all), length_s)
    told("judging again", own(lambda: deque(Again(recording).steps(), maxlen=0)), length_s)
    print(f"the result is the recorded one: {check(recording)[1].none}")
    taken_ms = [1000 * s for s in jumps(recording)]
    print(
        f"another moment, seek and draw: median {statistics.median(taken_ms):.1f} ms, "
        f"worst of {JUMPS} {max(taken_ms):.1f} ms"
    )
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
