"""Measure ``posecheck batch``: two workers against one, and thousands of sessions judged again.

    python -m tests.bench.batch speed [--clips N] [--pairs N]
    python -m tests.bench.batch judge [--sessions N] [--seconds S] [--workers N]

``speed`` analyses clips cut from a sample with one worker and with two, whole commands in turn, and
prints the median of the pairwise ratios. ``judge`` makes a session of S seconds at 30 pictures a
second, links it N times and judges all of them again; it prints sessions a second and the memory of
the process that holds scheduler and client while they are done. Both use temporary folders.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil

from posecheck.session import SessionWriter, load
from tests.bench.analyse_vs_bare import make_clip

REPOSITORY = Path(__file__).parents[2]
SESSION = REPOSITORY / "sample_videos" / "sessions" / "seated_figure_four.posecheck.jsonl"
RATE = 30


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "posecheck", "batch", *map(str, words)]


def timed(words: list[str]) -> float:
    """Run a command; return the seconds that it took."""
    start = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd=REPOSITORY)
    return time.perf_counter() - start


def speed(arguments: argparse.Namespace, place: Path) -> None:
    """Compare two workers with one."""
    clips = place / "clips"
    clips.mkdir()
    make_clip(place / "clip.mp4", arguments.clip_seconds)
    for number in range(arguments.clips):
        os.link(place / "clip.mp4", clips / f"{number}.mp4")
    ratios = []
    for _ in range(arguments.pairs):
        took_s = []
        for workers in (1, 2):
            shutil.rmtree(place / "out", ignore_errors=True)
            took_s.append(timed(command(clips, "--out", place / "out", "--workers", workers)))
        ratios.append(took_s[0] / took_s[1])
        print(
            f"one worker {took_s[0]:.1f} s, two {took_s[1]:.1f} s: {ratios[-1]:.2f} x", flush=True
        )
    print(f"median: two workers are {statistics.median(ratios):.2f} x as fast (bar 1.85)")


def make_session(path: Path, seconds: float) -> None:
    """Write a session of a length at 30 pictures a second, from a sample played again and again."""
    sample = load(SESSION)
    seen = sample.observations
    header = {k: v for k, v in sample.header.items() if k not in {"type", "schema", "created"}}
    header = {k: v for k, v in header.items() if k not in {"landmarks", "exercise"}}
    with SessionWriter(path, header, sample.exercise) as writer:
        for number in range(round(seconds * RATE)):
            writer.poses([replace(seen[number % len(seen)], t_s=number / RATE)])
        assert sample.ledger is not None
        writer.end("complete", sample.ledger, ())


def judge(arguments: argparse.Namespace, place: Path) -> None:
    """Judge many sessions again."""
    sessions = place / "sessions"
    make_session(place / "one.posecheck.jsonl", arguments.seconds)
    for number in range(arguments.sessions):
        folder = sessions / f"{number // 1000}"
        folder.mkdir(parents=True, exist_ok=True)
        os.link(place / "one.posecheck.jsonl", folder / f"{number}.posecheck.jsonl")
    words = command("--judge", sessions, "--out", place / "out", "--workers", arguments.workers)
    start = time.perf_counter()
    memory: list[float] = []
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=REPOSITORY) as running:
        own = psutil.Process(running.pid)
        while running.poll() is None:
            time.sleep(2)
            try:
                memory.append(own.memory_info().rss / 2**20)
            except psutil.NoSuchProcess:
                break
    took_s = time.perf_counter() - start
    if running.returncode != 0:
        sys.exit(f"failed with {running.returncode}")
    quarter = max(1, len(memory) // 4)
    parts = [statistics.mean(memory[i * quarter : (i + 1) * quarter]) for i in range(4)]
    again_s = timed(words)
    per_s = arguments.sessions / took_s
    print(
        f"{arguments.sessions} sessions of {arguments.seconds:g} s with {arguments.workers} "
        f"workers: {took_s:.0f} s, {per_s:.1f} a second, "
        f"{arguments.workers / per_s:.2f} s of a core each; memory of scheduler and client by "
        f"quarters {', '.join(f'{part:.0f}' for part in parts)} MiB; "
        f"the same again, nothing to do: {again_s:.1f} s"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("speed", "judge"))
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--clip-seconds", type=float, default=10.0)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--sessions", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        {"speed": speed, "judge": judge}[arguments.what](arguments, Path(folder))


if __name__ == "__main__":
    main()
