"""Measure ``posecheck live`` with a camera that is not there: 1280x720, 30 frames a second.

    python -m tests.bench.live [--seconds N] [--record]

The whole program runs in a process of its own, with OpenCV's real V4L2 backend, the full model and
a real Chromium on a virtual display (without a GPU). Before and after it, inference alone runs on
the same camera. Printed are pictures shown a second, the time from a frame's stamp until it is
painted, the CPU time of posecheck and of the browser, and the memory. Linux only; needs Xvfb,
Chromium, Playwright and a C compiler. The bars hold for an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from posecheck import exercises
from posecheck.live import cautions, exercise_run, session
from posecheck.live.coach.plan import make_plan
from posecheck.live.coach.program import Program
from posecheck.live.workers import PoseWorker
from posecheck.pose import models, open_estimator
from posecheck.sources.camera.camera import Camera
from posecheck.system.opencv import cv2

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "tests"))

from tests import fakecam  # noqa: E402 - its modules are found by the path above
from tests.page.conftest import QUIET, browser_path  # noqa: E402
from tests.screen import virtual_display  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from posecheck.pose.models import Model
    from posecheck.types import Frame, Observation

SETTLING_S = 5.0
"""Seconds after the first picture in which nothing is measured: caches fill, the model warms up."""

LONGEST_ALONE_S = 30.0
"""Longest measurement of inference alone, before and after the session."""

LONG_S = 600.0
"""Seconds from which on twice as many repetitions are planned, so that they last long enough."""

SCREEN_PX = (1366, 768)
LEAST_RATE_SHARE, MEDIAN_BESIDE_MS, LATE_BESIDE_MS = 0.92, 45.0, 80.0
MOST_OWN_SHARE, MOST_BROWSER_CORES = 0.40, 0.6

PAINTED = """
window.untilPainted_ms = [];
const acknowledged = [];
const numbers = new WeakMap();  // of the pictures, in the order in which they came
let came = 0;
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (message) {
  if (message === "ack ") {
    acknowledged.push(performance.now());
    untilPainted_ms.push(NaN);
  }
  send.call(this, message);
};
const make = window.createImageBitmap;
window.createImageBitmap = async function (...of) {
  const number = came++;
  const image = await make.apply(this, of);
  numbers.set(image, number);
  return image;
};
const draw = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (image, ...where) {
  const number = numbers.get(image);
  requestAnimationFrame(() => {  // drawn in an animation frame, painted before the next one
    untilPainted_ms[number] = performance.now() - acknowledged[number];
  });
  draw.call(this, image, ...where);
};
"""
"""Script of the page, in the bench only: time from each acknowledgement until the picture is
painted; NaN for a picture that a newer one replaced before its animation frame."""


@dataclass
class Timed:
    """An estimator that notes the time, and the CPU time of its own thread, for each frame."""

    estimator: Any
    took_s: list[float]
    cpu_s: list[float]

    def estimate(self, frame: Frame) -> Observation:
        """Estimate and note the time."""
        begun_s, begun_cpu_s = time.perf_counter(), time.thread_time()
        observation: Observation = self.estimator.estimate(frame)
        self.took_s.append(time.perf_counter() - begun_s)
        self.cpu_s.append(time.thread_time() - begun_cpu_s)
        return observation

    def close(self) -> None:
        """Close the model."""
        self.estimator.close()


@dataclass
class Meter:
    """Collects what happens once the session has settled."""

    seconds: float
    ages_s: list[float] = field(default_factory=list)
    skipped: int = 0
    took_s: list[float] = field(default_factory=list)
    cpu_in_s: list[float] = field(default_factory=list)
    memory_mib: list[float] = field(default_factory=list)
    first_s: float = 0.0
    begun_s: float = 0.0
    begun_cpu: dict[str, float] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)

    def shown(self, age_s: float) -> None:
        """Note a picture that the page has drawn; end the session after the wanted time."""
        now_s = time.monotonic()
        self.first_s = self.first_s or now_s
        if now_s - self.first_s < SETTLING_S:
            self.skipped += 1
            return
        if not self.begun_s:
            self.begun_s, self.begun_cpu = now_s, cpu_s()
            self.took_s.clear()
            self.cpu_in_s.clear()
            print("begun", flush=True)
        self.ages_s.append(age_s)
        spent_s = now_s - self.begun_s
        if spent_s > len(self.memory_mib):
            self.memory_mib.append(resident_mib())
        if spent_s >= self.seconds and not self.result:
            cpu = {name: s - self.begun_cpu.get(name, 0.0) for name, s in cpu_s().items()}
            cpu["estimate"] = sum(self.cpu_in_s)
            self.result = {
                "seconds": spent_s,
                "skipped": self.skipped,
                "ages_ms": [1000 * s for s in self.ages_s],
                "took_ms": [1000 * s for s in self.took_s],
                "cpu_s": cpu,
                "memory_mib": self.memory_mib,
            }
            print("ended", flush=True)
            os.kill(os.getpid(), signal.SIGINT)  # as a user ends it


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


def live(seconds: float, out: Path, *, record: bool) -> None:
    """Run the session in this process and print what was measured as JSON."""
    meter = Meter(seconds)

    def timed(model: Model, **more: Any) -> Timed:  # noqa: ANN401 - what the session passes on
        return Timed(open_estimator(model, **more), meter.took_s, meter.cpu_in_s)

    exercise_run.open_estimator = timed
    exercise = exercises.load("seated-figure-four")
    # Never done: the clip is of the right leg, and timers go on to the next repetition.
    plan = make_plan(exercise, "right" if seconds < LONG_S else "both", 15, 60.0)
    cautions.confirm(exercise, cautions.config_folder())
    wish = exercise_run.LiveOptions(
        Program((plan,)), "0", models.find(), out, record=record, sound=False, browser=False
    )
    session.run(wish, meter.shown)
    print(json.dumps(meter.result))


def alone(seconds: float) -> None:
    """Find poses in the camera's newest frames and do nothing else; print what was measured."""
    took_s: list[float] = []
    count, begun_s = 0, 0.0

    def timed() -> Timed:
        return Timed(open_estimator(models.find()), took_s, [])

    with Camera("0") as camera, PoseWorker(camera, timed) as worker:
        first_s = time.monotonic()
        while not begun_s or time.monotonic() - begun_s < seconds:
            batch = worker.take(0.1)
            if not begun_s and time.monotonic() - first_s > SETTLING_S:
                begun_s, count = time.monotonic(), 0
                took_s.clear()
            count += 0 if batch is None else len(batch.looks)
        spent_s = time.monotonic() - begun_s
    print(json.dumps({"rate": count / spent_s, "took_ms": [1000 * s for s in took_s]}))


class Browser:
    """A Chromium on a virtual display, and the CPU time and memory of all its processes."""

    def __init__(self, display: str, parts: ExitStack) -> None:
        """Start it."""
        driver = parts.enter_context(sync_playwright())
        root = os.geteuid() == 0
        width, height = SCREEN_PX
        self._running = driver.chromium.launch(
            executable_path=browser_path(),
            headless=False,
            env={**os.environ, "DISPLAY": display},
            args=[
                *QUIET,
                *(["--no-sandbox"] if root else []),
                "--kiosk",
                "--window-position=0,0",
                f"--window-size={width},{height}",
            ],
        )
        parts.callback(self._running.close)
        context = self._running.new_context(no_viewport=True, color_scheme="dark")
        self.page = context.new_page()
        self.page.add_init_script(PAINTED)

    @staticmethod
    def used() -> tuple[float, float]:
        """Return the CPU seconds and the memory in MiB (each process by itself) so far."""
        cpu, memory = 0.0, 0.0
        for pid in descendants(os.getpid()):
            try:
                folder = Path(f"/proc/{pid}")
                if "chrom" not in (folder / "comm").read_text("ascii"):
                    continue
                fields = (folder / "stat").read_text("ascii").rpartition(")")[2].split()
                pages = int((folder / "statm").read_text("ascii").split()[1])
            except OSError:
                continue
            cpu += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            memory += pages * os.sysconf("SC_PAGE_SIZE") / 2**20
        return cpu, memory


def descendants(pid: int) -> Iterator[int]:
    """Yield the processes that a process has started, and those that they have."""
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = path.read_text("ascii").split()
        except OSError:
            continue
        for child in map(int, children):
            yield child
            yield from descendants(child)


@contextmanager
def child(environment: dict[str, str], *words: object) -> Iterator[subprocess.Popen[str]]:
    """Run this module in another process that sees the camera."""
    command = [sys.executable, "-m", "tests.bench.live", *map(str, words)]
    with subprocess.Popen(
        command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    """Return the next line that a process prints."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        sys.exit("the session has ended early")
    return line


def measure_alone(seconds: float, environment: dict[str, str]) -> dict[str, Any]:
    """Return what inference alone reaches."""
    with child(environment, "--alone", "--seconds", seconds) as process:
        found: dict[str, Any] = json.loads(line_of(process))
    return found


def measure_live(
    seconds: float, environment: dict[str, str], display: str, *, record: bool
) -> dict[str, Any]:
    """Return what the whole session with a browser reaches."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as parts:
        words = ["--live", name, "--seconds", seconds, *(["--record"] if record else [])]
        process = parts.enter_context(child(environment, *words))
        browser = Browser(display, parts)
        browser.page.goto(line_of(process))
        assert line_of(process) == "begun"
        before_s, _ = browser.used()
        assert line_of(process) == "ended"
        after_s, memory_mib = browser.used()
        found: dict[str, Any] = json.loads(line_of(process))
        until_painted = browser.page.evaluate("() => untilPainted_ms")[found["skipped"] :]
        drawn = zip(found["ages_ms"], until_painted, strict=False)
        found["ages_ms"] = [age + more for age, more in drawn if math.isfinite(more)]
        found |= {"browser_s": after_s - before_s, "browser_mib": memory_mib}
        found["screen"] = browser.page.evaluate("() => [innerWidth, innerHeight]")
    return found


def measure(seconds: float, *, record: bool) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Run inference alone, the session, and inference alone again."""
    clip = REPOSITORY / "sample_videos" / "seated_figure_four.mp4"
    with tempfile.TemporaryDirectory() as name, virtual_display(SCREEN_PX) as display:
        folder = Path(name)
        pictures = fakecam.from_video(clip, folder)
        with fakecam.FakeCamera(pictures, folder) as camera:
            environment = {**os.environ, **camera.environment, "XDG_CONFIG_HOME": name}
            alone_s = min(seconds / 3, LONGEST_ALONE_S)
            bare = [measure_alone(alone_s, environment)]
            found = measure_live(seconds, environment, display, record=record)
            bare.append(measure_alone(alone_s, environment))
    return bare, found


def late(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def report(bare: list[dict[str, Any]], found: dict[str, Any]) -> None:
    """Print the figures beside their bars."""
    seconds, pictures, cpu = found["seconds"], len(found["ages_ms"]), found["cpu_s"]
    took_ms = [ms for one in bare for ms in one["took_ms"]]
    bare_rate = statistics.mean(one["rate"] for one in bare)
    rates = ", ".join(f"{one['rate']:.1f}" for one in bare)
    print(f"{seconds:.0f} s, {pictures} pictures on a page of {found['screen']}")
    print(f"inference alone       {bare_rate:6.1f} a second (before, after: {rates}), ", end="")
    print(f"{statistics.median(took_ms):.1f} ms median, {late(took_ms):.1f} ms 95th percentile")
    analysed = len(found["took_ms"]) / seconds
    print(f"analysed              {analysed:6.1f} a second, {analysed / bare_rate:.2f} x alone")
    share = pictures / seconds / bare_rate
    print(f"shown                 {pictures / seconds:6.1f} a second, {share:.2f} x alone", end="")
    print(f" (bar: {LEAST_RATE_SHARE})")
    inside_ms, ages_ms = found["took_ms"], found["ages_ms"]
    middle, end = statistics.median(inside_ms), late(inside_ms)
    print(f"inference beside it   {middle:6.1f} ms median, {end:.1f} ms 95th percentile")
    print(f"camera to painted     {statistics.median(ages_ms):6.1f} ms median, ", end="")
    print(f"{late(ages_ms):.1f} ms 95th percentile (bars: inference's median + ", end="")
    print(f"{MEDIAN_BESIDE_MS:.0f} and {LATE_BESIDE_MS:.0f} ms: ", end="")
    print(f"{middle + MEDIAN_BESIDE_MS:.1f} and {middle + LATE_BESIDE_MS:.1f})")
    report_cpu(found, cpu, len(inside_ms), seconds)
    memory = found["memory_mib"]
    third = max(1, len(memory) // 3)
    first, last = statistics.median(memory[:third]), statistics.median(memory[-third:])
    slope, _ = statistics.linear_regression(range(len(memory)), memory)
    print(f"memory                {last:6.1f} MiB last third, {first:.1f} first third, ", end="")
    print(f"slope {3600 * slope:+.1f} MiB an hour, at most {max(memory):.1f}")
    print("memory, ten times    ", *(f"{mib:.0f}" for mib in memory[:: max(1, len(memory) // 10)]))


def report_cpu(found: dict[str, Any], cpu: dict[str, float], frames: int, seconds: float) -> None:
    """Print the CPU time: of inference, of posecheck beside it, and of the browser."""
    threads = {name: s for name, s in cpu.items() if name not in {"process", "estimate"}}
    own_s = sum(threads.values()) - cpu["estimate"]
    inference_s = cpu["process"] - own_s
    for name, spent_s in (threads | {"inference": inference_s}).items():
        beside_s = spent_s - (cpu["estimate"] if name == "posecheck-lookout" else 0.0)
        if beside_s > 0:
            print(f"CPU a frame           {1000 * beside_s / frames:6.2f} ms  {name}")
    print(f"posecheck's own CPU   {100 * own_s / inference_s:6.1f} % of inference's", end="")
    print(f" (bar: {100 * MOST_OWN_SHARE:.0f} %)")
    print(f"browser's CPU         {found['browser_s'] / seconds:6.2f} of a core", end="")
    print(f" (bar: {MOST_BROWSER_CORES}); {found['browser_mib']:.0f} MiB, shared memory repeated")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--live", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if arguments.live is not None:
        live(arguments.seconds, arguments.live, record=arguments.record)
    elif arguments.alone:
        alone(arguments.seconds)
    else:
        print(
            f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
            end="",
        )
        print(f", load average {os.getloadavg()[0]:.1f}")
        report(*measure(arguments.seconds, record=arguments.record))


if __name__ == "__main__":
    main()
