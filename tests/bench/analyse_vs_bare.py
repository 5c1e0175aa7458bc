"""Compare ``posecheck analyse`` with the bare loop read -> cvtColor -> detect_for_video.

    python -m tests.bench.analyse_vs_bare [VIDEO] [--seconds S] [--pairs N]

Whole processes in turn, A B A B ..., start-up included, same model, same file. Without a
VIDEO a 1280x720, 30 fps clip of S seconds (30) is made from a clip in sample_videos/; from
45 s on it is analysed in parts, on all cores, and the bars are those for 2 cores. Prints the
median of the pairwise ratios: this machine's absolute times say little about another's.
Linux and macOS only (it reads the finished process's accounting).
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]

IN_PARTS_S = 45.0
"""Seconds from which a recording is analysed in parts."""

BARS = {
    False: {"analyse": (0.95, 1.05, 300), "analyse --video": (1.15, 1.45, 420)},
    True: {"analyse": (0.68, 1.10, 380), "analyse --video": (0.85, 1.35, 500)},
}
"""Wall and CPU time against the bare loop, and MiB at the peak; True is for parts on 2 cores."""

BARE = """
import sys
import cv2, mediapipe as mp
from mediapipe.tasks.python import BaseOptions, vision
options = vision.PoseLandmarkerOptions(
    base_options=BaseOptions(model_asset_path=sys.argv[2]),
    running_mode=vision.RunningMode.VIDEO)
capture = cv2.VideoCapture(sys.argv[1])
with vision.PoseLandmarker.create_from_options(options) as landmarker:
    while True:
        good, frame = capture.read()
        if not good:
            break
        t_ms = round(capture.get(cv2.CAP_PROP_POS_MSEC))
        rgb = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        landmarker.detect_for_video(mp.Image(mp.ImageFormat.SRGB, rgb), t_ms)
"""

FIRST_FRAME = """
import sys, time
import posecheck
def first(progress):
    print(time.time() - float(sys.argv[2]))
    raise SystemExit
posecheck.analyse(sys.argv[1], on_progress=first)
"""


@dataclass(frozen=True)
class Cost:
    """What one whole process cost: seconds of wall clock and CPU, MiB at the peak."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def measure(command: list[str]) -> Cost:
    """Run a command and return what it cost."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=REPOSITORY
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode != 0:
        sys.exit(f"failed with {process.returncode}: {command}")
    unit = 1024 if sys.platform == "darwin" else 1
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit / 1024)


def make_clip(path: Path, seconds: float = 30.0) -> None:
    """Write a 1280x720 clip at 30 fps from a sample clip, played again and again."""
    import cv2  # noqa: PLC0415 - only when a clip is needed

    from posecheck.display.video_writer import VideoWriter  # noqa: PLC0415

    clip = next(iter(sorted((REPOSITORY / "sample_videos").glob("*.mp4"))))
    with VideoWriter(path, (1280, 720)) as writer:
        index = 0
        while index < seconds * 30:
            capture = cv2.VideoCapture(str(clip))
            while index < seconds * 30:
                good, frame = capture.read()
                if not good:
                    break
                scaled = cv2.resize(frame, (960, 720), interpolation=cv2.INTER_CUBIC)
                wide = cv2.copyMakeBorder(scaled, 0, 0, 160, 160, cv2.BORDER_REPLICATE)
                for _ in range(2):
                    writer.write(wide, index / 30)
                    index += 1


def first_frame_s(video: Path) -> float:
    """Return the seconds from the start of Python to the first judged picture."""
    command = [sys.executable, "-c", FIRST_FRAME, str(video), str(time.time())]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    return float(done.stdout)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--pairs", type=int, default=5)
    arguments = parser.parse_args()
    model = REPOSITORY / "models" / "pose_landmarker_full.task"
    with tempfile.TemporaryDirectory() as folder:
        video = arguments.video
        if video is None:
            video = Path(folder) / "bench.mp4"
            make_clip(video, arguments.seconds)
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
        bare = [sys.executable, "-c", BARE, str(video), str(model)]
        plain = [sys.executable, "-m", "posecheck", "analyse", str(video), "--out", folder]
        runs: dict[str, list[tuple[Cost, Cost]]] = {"analyse": [], "analyse --video": []}
        measure(bare)  # warms the file cache
        for _ in range(arguments.pairs):
            for name, extra in (("analyse", []), ("analyse --video", ["--video"])):
                runs[name].append((measure([*plain, *extra]), measure(bare)))
        for name, pairs in runs.items():
            report(name, pairs, BARS[arguments.seconds >= IN_PARTS_S][name])
        firsts = [first_frame_s(video) for _ in range(arguments.pairs)]
        print(f"first judged picture after {statistics.median(firsts):.2f} s (bar 1.0 s)")


def report(name: str, pairs: list[tuple[Cost, Cost]], bars: tuple[float, float, float]) -> None:
    """Print the medians of one way of running against the bare loop, each with its bar."""
    wall = statistics.median(a.wall_s / b.wall_s for a, b in pairs)
    cpu = statistics.median(a.cpu_s / b.cpu_s for a, b in pairs)
    peak = statistics.median(a.peak_mib for a, _ in pairs)
    bare = pairs[len(pairs) // 2][1]
    print(
        f"{name}: wall {wall:.2f} x (bar {bars[0]}), CPU {cpu:.2f} x (bar {bars[1]}), "
        f"peak {peak:.0f} MiB (bar {bars[2]}); bare loop {bare.wall_s:.1f} s wall, "
        f"{bare.cpu_s:.1f} s CPU, {bare.peak_mib:.0f} MiB"
    )


if __name__ == "__main__":
    main()
