"""Measure ``posecheck live`` with a camera that is not there: 1280x720, 30 pictures a second.

    python -m tests.bench.live [--seconds N] [--record]

The whole program runs in a process of its own, on a virtual display, with OpenCV's real
V4L2 backend and the full model. Printed are pictures shown a second, the time from a
picture's stamp to its verdict on the screen, the CPU time of the threads, and the memory.
Linux only; needs Xvfb and a C compiler. The bars hold for an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posecheck.pose.models import Model
    from posecheck.types import Frame, Observation

REPOSITORY = Path(__file__).parents[2]
SETTLING_S = 5.0
"""So long after the first picture nothing is measured: caches fill, the model warms up."""

LEAST_RATE, MEDIAN_MS, LATE_MS, MOST_CPU_SHARE = 29.0, 30.0, 50.0, 0.35


@dataclass
class Timed:
    """An estimator that notes how long each picture takes."""

    estimator: Any
    took_s: list[float]

    def estimate(self, frame: Frame) -> Observation:
        """Estimate and note the time."""
        begun_s = time.perf_counter()
        observation: Observation = self.estimator.estimate(frame)
        self.took_s.append(time.perf_counter() - begun_s)
        return observation

    def close(self) -> None:
        """Let go of the model."""
        self.estimator.close()


@dataclass
class Meter:
    """Collects what happens once the session has settled."""

    seconds: float
    ages_s: list[float] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    memory_mib: list[float] = field(default_factory=list)
    begun_s: float = 0.0
    begun_cpu: dict[str, float] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)

    def shown(self, t_s: float, age_s: float) -> None:
        """Note a picture on the screen; end the session after the wanted time."""
        now_s = time.monotonic()
        if t_s < SETTLING_S:
            return
        if not self.begun_s:
            self.begun_s, self.begun_cpu = now_s, cpu_s()
            self.took_s.clear()
        self.ages_s.append(age_s)
        spent_s = now_s - self.begun_s
        if spent_s > len(self.memory_mib):
            self.memory_mib.append(resident_mib())
        if spent_s >= self.seconds:
            cpu = {name: s - self.begun_cpu.get(name, 0.0) for name, s in cpu_s().items()}
            self.result = {
                "seconds": spent_s,
                "pictures": len(self.ages_s),
                "ages_ms": [1000 * s for s in self.ages_s],
                "took_ms": [1000 * s for s in self.took_s],
                "cpu_s": cpu,
                "memory_mib": self.memory_mib,
            }
            raise KeyboardInterrupt  # as a user ends it


def cpu_s() -> dict[str, float]:
    """Return the CPU seconds of Python's threads by name, and of the whole process."""
    found = {"process": time.process_time()}
    for thread in threading.enumerate():
        if thread.ident is not None:
            clock = time.pthread_getcpuclockid(thread.ident)
            found[thread.name] = time.clock_gettime(clock)
    return found


def resident_mib() -> float:
    """Return the memory of this process."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def child(seconds: float, out: Path, *, record: bool) -> None:
    """Run the session in this process and print what was measured as JSON."""
    from posecheck import exercises  # noqa: PLC0415 - only in the child
    from posecheck.live import cautions, session  # noqa: PLC0415
    from posecheck.live.coach.plan import make_plan  # noqa: PLC0415
    from posecheck.live.coach.program import Program  # noqa: PLC0415
    from posecheck.pose import models  # noqa: PLC0415 - only in the child
    from posecheck.system.opencv import cv2  # noqa: PLC0415

    cv2.setNumThreads(1)
    meter = Meter(seconds)
    real = session.open_estimator

    def timed(model: Model, **rest: Any) -> Timed:  # noqa: ANN401 - passed on as it is
        return Timed(real(model, **rest), meter.took_s)

    session.open_estimator = timed  # type: ignore[assignment]
    exercise = exercises.load("seated-figure-four")
    plan = make_plan(exercise, "right", 15, 60.0)  # never done
    cautions.confirm(exercise, cautions.config_folder())
    program = Program((plan,))
    wish = session.LiveOptions(program, "0", models.find(), out, record=record, sound=False)
    session.run(wish, meter.shown)
    json.dump(meter.result, sys.stdout)


def measure(seconds: float, *, record: bool) -> dict[str, Any]:
    """Run the child with a camera and a display."""
    sys.path.insert(0, str(REPOSITORY / "tests"))
    from tests import fakecam  # noqa: PLC0415 - Linux only
    from tests.screen import virtual_display  # noqa: PLC0415

    clip = REPOSITORY / "sample_videos" / "seated_figure_four.mp4"
    with tempfile.TemporaryDirectory() as name, virtual_display() as display:
        folder = Path(name)
        pictures = fakecam.from_video(clip, folder)
        with fakecam.FakeCamera(pictures, folder) as camera:
            words = [sys.executable, "-m", "tests.bench.live", "--child", name]
            words += ["--seconds", str(seconds), *(["--record"] if record else [])]
            environment = {
                **os.environ,
                **camera.environment,
                "DISPLAY": display,
                "XDG_CONFIG_HOME": name,
            }
            done = subprocess.run(
                words, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True
            )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def report(found: dict[str, Any]) -> None:
    """Print the figures beside their bars."""
    seconds, pictures, cpu = found["seconds"], found["pictures"], found["cpu_s"]
    print(f"{seconds:.0f} s, {pictures} pictures")
    print(f"shown a second        {pictures / seconds:6.1f}     (bar: at least {LEAST_RATE})")
    for name, values, bars in (
        ("stamp to screen", found["ages_ms"], (MEDIAN_MS, LATE_MS)),
        ("inference alone", found["took_ms"], (15.0, 20.0)),
    ):
        median, late = statistics.median(values), statistics.quantiles(values, n=20)[-1]
        print(f"{name:21} {median:6.1f} ms  median, {late:.1f} ms 95th percentile (bars: {bars})")
    ours = (
        cpu.get("MainThread", 0) + cpu.get("posecheck-camera", 0) + cpu.get("posecheck-record", 0)
    )
    inference = cpu["process"] - ours
    for name, spent in cpu.items():
        print(f"CPU a picture         {1000 * spent / pictures:6.2f} ms  {name}")
    share = ours / inference
    print(f"all but inference     {100 * share:6.1f} %   of it (bar: {100 * MOST_CPU_SHARE:.0f})")
    memory = found["memory_mib"]
    third = max(1, len(memory) // 3)
    first, last = statistics.median(memory[:third]), statistics.median(memory[-third:])
    print(f"memory                {last:6.0f} MiB last third, {last - first:+.1f} since the first")
    print("memory, ten times    ", *(f"{mib:.0f}" for mib in memory[:: max(1, len(memory) // 10)]))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child is not None:
        child(arguments.seconds, arguments.child, record=arguments.record)
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    report(measure(arguments.seconds, record=arguments.record))


if __name__ == "__main__":
    main()
