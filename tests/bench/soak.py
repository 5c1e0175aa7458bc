"""An hour of use with faults: what comes back, what grows, what is left behind.

    python -m tests.bench.soak [--minutes 60] [--losses 50] [--only live|files] [--record]

``live`` runs ``posecheck live`` in front of a camera that is not there. The camera is lost
``--losses`` times, evenly spread; after each loss comes another fault in turn: it stalls, it sees
black, its pictures are cut in half, every core has other work, the page is closed until the
session pauses, the page is loaded again, a crowd of pages comes. A fault is over when 20 further
pictures with a person are in the session file.

``files`` runs ``analyse``, ``replay --json``, ``batch`` and ``batch`` again in turn, in one
process, and compares each result with that of the first turn.

Printed are the memory (first and last third, slope), the threads, open files and sockets at the
beginning and the end, and the child processes and temporary files that are left. Exit code 1 if a
fault was not survived or something is left or grows. Linux only; ``live`` needs a C compiler.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import psutil

from posecheck import exercises
from posecheck.cli import main as posecheck
from posecheck.live import cautions
from posecheck.session import load
from posecheck.types import State

REPOSITORY: Final = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "tests"))

from tests import fakecam  # noqa: E402 - its modules are found by the path above
from tests.media import command, environment  # noqa: E402
from tests.pages import PageClient  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SAMPLES: Final = REPOSITORY / "sample_videos"
SETTLING_S: Final = 60.0
"""Seconds in which nothing counts as growth: models, caches and libraries are loaded."""

SAMPLE_EVERY_S: Final = 2.0
BACK_PICTURES, BACK_WITHIN_S = 20, 60.0
PAUSED_S: Final = 8.0
"""Seconds without a page; the session pauses after five."""

MOST_GROWN_MIB: Final = 15.0
"""Largest change of the memory from the first to the last third."""

MOST_FILES_MORE: Final = 4


@dataclass(frozen=True, slots=True)
class Use:
    """What a process uses at a moment; children and their memory are counted apart."""

    t_s: float
    mib: float
    threads: int
    files: int
    sockets: int
    children: int
    children_mib: float


def use_of(pid: int, t_s: float) -> Use:
    """Return what a process uses.

    Raises:
        psutil.Error: if it has ended.
    """
    process = psutil.Process(pid)
    links = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            links.append(path.readlink())
    sockets = sum(str(link).startswith("socket:") for link in links)
    children_mib, children = 0.0, 0
    for child in process.children(recursive=True):
        with suppress(psutil.Error):
            children_mib += child.memory_info().rss / 2**20
            children += 1
    rss = process.memory_info().rss / 2**20
    threads = process.num_threads()
    return Use(t_s, rss, threads, len(links) - sockets, sockets, children, children_mib)


@dataclass
class Report:
    """Collects what was found; `faults` makes the exit code."""

    uses: list[Use] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def fault(self, text: str) -> None:
        """Note something that must not be."""
        self.faults.append(text)
        print(f"FAULT: {text}", flush=True)

    def growth(self, *, settled_s: float) -> None:
        """Print how memory, threads and files changed."""
        uses = [use for use in self.uses if use.t_s >= settled_s]
        if len(uses) < 6:
            self.fault(f"only {len(uses)} measurements after {settled_s:.0f} s")
            return
        third = len(uses) // 3
        first, last = (
            statistics.median(u.mib for u in part) for part in (uses[:third], uses[-third:])
        )
        hours = np.array([use.t_s for use in uses]) / 3600
        slope = float(np.polyfit(hours, [use.mib for use in uses], 1)[0])
        print(
            f"memory    first third {first:.1f}, last third {last:.1f} MiB ({last - first:+.1f}; "
            f"at most +{MOST_GROWN_MIB:.0f}), slope {slope:+.1f} MiB an hour, "
            f"peak {max(u.mib for u in uses):.0f}"
        )
        step = max(1, len(uses) // 12)
        print("          " + " ".join(f"{use.mib:.0f}" for use in uses[::step]))
        if last - first > MOST_GROWN_MIB:
            self.fault(f"the memory grew by {last - first:.1f} MiB")
        for name in ("threads", "files", "sockets", "children"):
            counts = [getattr(use, name) for use in uses]
            begun = statistics.median(counts[:third])
            ended = statistics.median(counts[-third:])
            print(f"{name:9} {begun:g} at first, {ended:g} at last, at most {max(counts)}")
            if ended > begun + (MOST_FILES_MORE if name in {"files", "sockets"} else 0):
                self.fault(f"{name}: {begun:g} became {ended:g}")

    def left(self, group: int, temporary: Path) -> None:
        """Print the processes of a session of processes, and the files in a folder."""
        time.sleep(5.0)
        processes = []
        for process in psutil.process_iter():
            with suppress(OSError, psutil.Error):
                ended = process.status() == psutil.STATUS_ZOMBIE  # that nobody has fetched yet
                if os.getsid(process.pid) == group and not ended:
                    processes.append(" ".join(process.cmdline()))
        files = [str(path.relative_to(temporary)) for path in temporary.rglob("*")]
        print(f"left      {len(processes)} processes, {len(files)} temporary files or folders")
        if processes:
            self.fault(f"processes left: {processes}")
        if files:
            self.fault(f"temporary files left: {files[:10]}")


class Watch:
    """Measures a process in a thread until it is left."""

    def __init__(self, pid: int, uses: list[Use]) -> None:
        self._pid, self._uses = pid, uses
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        begun_s = time.monotonic()
        while not self._stop.wait(SAMPLE_EVERY_S):
            try:
                self._uses.append(use_of(self._pid, time.monotonic() - begun_s))
            except (psutil.Error, OSError):
                return


# --- live ---


class Tail:
    """Follows a session file while it grows.

    Attributes:
        seen: pictures in which a person was found.
        all: pictures.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, tuple[int, bytes]] = {}
        self.seen = self.all = 0

    def read(self) -> None:
        """Count what was written since the last call, in every file of the session."""
        for path in self._folder.glob("*.posecheck.jsonl"):
            offset, rest = self._read.get(path, (0, b""))
            with path.open("rb") as file:
                file.seek(offset)
                content = rest + file.read()
                offset = file.tell()
            *lines, rest = content.split(b"\n")
            self._read[path] = (offset, rest)
            poses = [line for line in lines if line.startswith(b'{"type":"pose"')]
            self.all += len(poses)
            self.seen += sum(b'"image_px":null' not in line[:200] for line in poses)

    def wait_for(self, more: int, within_s: float) -> float | None:
        """Return the seconds until so many more persons are seen; None if not within a time."""
        self.read()
        wanted, begun_s = self.seen + more, time.monotonic()
        while time.monotonic() - begun_s < within_s:
            time.sleep(0.1)
            self.read()
            if self.seen >= wanted:
                return time.monotonic() - begun_s
        return None


@dataclass
class Stage:
    """A live session and everything that can be done to it."""

    camera: fakecam.FakeCamera
    address: str
    page: PageClient
    choose: random.Random

    def lost(self) -> None:
        self.camera.unplug()
        time.sleep(self.choose.choice((0.3, 1.0, 3.0, 8.0)))
        self.camera.plug_in()

    def stall(self) -> None:
        self._switch("stalled", self.choose.choice((0.5, 3.0, 13.0)))

    def black(self) -> None:
        self._switch("covered", 6.0)

    def half(self) -> None:
        self._switch("halved", 6.0)

    def load(self) -> None:
        busy = [sys.executable, "-c", "while True: pass"]
        crowd = [subprocess.Popen(busy) for _ in range(2 * (os.cpu_count() or 1))]
        time.sleep(15.0)
        for one in crowd:
            one.kill()
            one.wait()

    def page_away(self) -> None:
        self.page.close()
        time.sleep(PAUSED_S)
        self.page = PageClient(self.address)

    def page_reloaded(self) -> None:
        for _ in range(3):
            self.page.close()
            self.page = PageClient(self.address)
            time.sleep(0.5)

    def crowd_of_pages(self) -> None:
        crowd = [PageClient(self.address) for _ in range(10)]  # more than are let in
        time.sleep(3.0)
        for page in crowd:
            page.close()

    def _switch(self, name: str, seconds: float) -> None:
        setattr(self.camera, name, True)
        time.sleep(seconds)
        setattr(self.camera, name, False)


OTHERS: Final[tuple[Callable[[Stage], None], ...]] = (
    Stage.stall, Stage.black, Stage.half, Stage.load, Stage.page_away, Stage.page_reloaded,
    Stage.crowd_of_pages,
)  # fmt: skip


def trouble(stage: Stage, tail: Tail, minutes: float, losses: int, report: Report) -> None:
    """Do all the harm, and count what the session came back from."""
    took_s: dict[str, list[float | None]] = {}
    every_s, begun_s = 60 * minutes / losses, time.monotonic()
    for number in range(losses):
        if number and number % max(1, losses // 6) == 0:
            mib = [f"{use.mib:.0f}" for use in report.uses[:: max(1, len(report.uses) // 6)]]
            print(
                f"after {number} losses, {(time.monotonic() - begun_s) / 60:.0f} minutes:", end=""
            )
            print(" came back each time;" if not report.faults else "", *mib, "MiB", flush=True)
        for work in (Stage.lost, OTHERS[number % len(OTHERS)]):
            try:
                work(stage)
            except OSError as error:
                report.fault(f"{work.__name__} in round {number}: {error}")
                return
            back_s = tail.wait_for(BACK_PICTURES, BACK_WITHIN_S)
            took_s.setdefault(work.__name__, []).append(back_s)
            if back_s is None:
                report.fault(f"{work.__name__} in round {number}: not back in {BACK_WITHIN_S} s")
            stage.page.screens[:-1] = []
        while time.monotonic() < begun_s + (number + 1) * every_s:
            time.sleep(0.5)
            tail.read()
            stage.page.screens[:-1] = []
    for name, times in took_s.items():
        back = [one for one in times if one is not None]
        print(f"{name:15} {len(times)} times, came back {len(back)} times", end="")
        print(f", after {statistics.median(back):.1f} s, at most {max(back):.1f} s" if back else "")


def soak_live(minutes: float, losses: int, place: Path, *, record: bool) -> Report:
    """Run one live session in front of the camera."""
    report, out, temporary = Report(), place / "sessions", place / "temporary"
    temporary.mkdir()
    for exercise in exercises.load_all():
        cautions.confirm(exercise, place / "config" / "posecheck")
    pictures = fakecam.from_video(SAMPLES / "seated_figure_four.mp4", place)
    with ExitStack() as parts:
        camera = parts.enter_context(fakecam.FakeCamera(pictures, place))
        # Two in a row: after waiting in vain a timer runs, and so the first ends within the hour.
        words = ["--exercise", "seated-figure-four", "--exercise", "seated-figure-four",
                 "--side", "right", "--hold", 60, "--repetitions", 15, "--no-browser", "--out", out,
                 ]  # fmt: skip
        child = subprocess.Popen(
            command("live", *words, *(["--record"] if record else [])),
            cwd=place, env={
                **environment(XDG_CONFIG_HOME=str(place / "config"), TMPDIR=str(temporary)),
                **camera.environment,
                "XDG_RUNTIME_DIR": str(place),  # else libpulse leaves a folder
            },
            stdout=subprocess.PIPE, stderr=(place / "stderr").open("wb"), text=True,
            start_new_session=True,
        )  # fmt: skip
        parts.callback(child.kill)
        assert child.stdout is not None
        address = child.stdout.readline().strip()
        if not address:
            report.fault((place / "stderr").read_text("utf-8", "replace")[-2000:])
            return report
        stage = Stage(camera, address, PageClient(address), random.Random(1))  # noqa: S311
        tail = Tail(out)
        if tail.wait_for(BACK_PICTURES, BACK_WITHIN_S) is None:
            report.fault("it did not begin")
            return report
        with Watch(child.pid, report.uses):
            trouble(stage, tail, minutes, losses, report)
        stage.page.end()
        said, _ = child.communicate(timeout=120)
        stage.page.close()
    report_live(report, child.returncode, said, out, losses)
    report.growth(settled_s=min(SETTLING_S, 20 * minutes))
    report.left(child.pid, temporary)
    print((place / "stderr").read_text("utf-8", "replace")[-2000:], end="")
    return report


def report_live(report: Report, code: int, said: str, out: Path, losses: int) -> None:
    """Print how the session ended, and whether its seconds add up."""
    told = [line.strip() for line in said.splitlines() if "camera was lost" in line]
    numbers = [int(word) for word in " ".join(told[-1:]).split() if word.isdecimal()]
    if not numbers or numbers[0] < losses:  # a long stall is a loss, too
        report.fault(f"the camera was lost {losses} times; told: {told!r}")
    if code != 0:
        report.fault(f"exit code {code}")
    for path in sorted(out.glob("*.posecheck.jsonl")):
        session = load(path)
        if session.ended != "complete" or session.problems:
            report.fault(f"ended {session.ended!r}, problems {session.problems[:3]}")
        assert session.ledger is not None
        passed_s = session.observations[-1].t_s - session.observations[0].t_s
        counted_s = session.ledger.elapsed_us / 1e6
        parts = ", ".join(f"{session.ledger.seconds(state):.1f} {state}" for state in State)
        print(f"counted   {counted_s:.3f} of {passed_s:.3f} s ({parts})", end="")
        print(f", {len(session.observations)} pictures, {path.stat().st_size / 2**20:.0f} MiB")
        if abs(counted_s - passed_s) > 0.001:
            report.fault("the seconds do not add up to the time that passed")
    print(*told[-1:])


# --- files ---


def turns(place: Path, minutes: float) -> None:
    """Run the commands in turn in this process; print a line of JSON after each."""
    told = os.fdopen(os.dup(1), "w")
    until_s, begun_s = time.monotonic() + 60 * minutes, time.monotonic()
    session = place / "made" / "supine_not_drawn_in.posecheck.jsonl"
    clips = place / "clips"
    works: dict[str, list[object]] = {
        "analyse": [
            "analyse",
            clips / "supine_not_drawn_in.mp4",
            "--out",
            place / "made",
            "--json",
        ],
        "replay": ["replay", session, "--json"],
        "batch": ["batch", clips, "--out", place / "all", "--workers", 2, "--json"],
        "batch again": ["batch", clips, "--out", place / "all", "--workers", 2, "--json"],
    }
    while time.monotonic() < until_s:
        for folder in ("made", "all"):
            shutil.rmtree(place / folder, ignore_errors=True)
        for name, words in works.items():
            handle = os.open(place / "said", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            for number in (1, 2):
                os.dup2(handle, number)
            os.close(handle)
            start_s = time.monotonic()
            try:
                code: object = posecheck([str(word) for word in words])
            except SystemExit as stop:
                code = stop.code
            sys.stdout.flush()
            sys.stderr.flush()
            now_s = time.monotonic()
            line = {
                "name": name, "code": code, "took_s": now_s - start_s,
                "said": (place / "said").read_text("utf-8", "replace"),
                "use": asdict(use_of(os.getpid(), now_s - begun_s)),
            }  # fmt: skip
            print(json.dumps(line), file=told, flush=True)


def result_of(said: str) -> Any:  # noqa: ANN401 - of parsed JSON
    """Return the part of a printed result that is the same each time."""
    found = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    return {key: found[key] for key in found if key in {"seconds", "holds", "frames", "recordings"}}


def soak_files(minutes: float, place: Path) -> Report:
    """Run the commands on files in turn, in one process."""
    report, temporary, clips = Report(), place / "temporary", place / "clips"
    temporary.mkdir()
    clips.mkdir()
    for name in ("supine_not_drawn_in", "seated_figure_four", "supine_visitors"):
        shutil.copy(SAMPLES / f"{name}.mp4", clips)
    words = [sys.executable, "-m", "tests.bench.soak", "--turns", str(place), "--minutes"]
    env = environment(XDG_CACHE_HOME=str(place / "cache"), TMPDIR=str(temporary))
    first: dict[str, Any] = {}
    took_s: dict[str, list[float]] = {}
    with subprocess.Popen(
        [*words, str(minutes)], cwd=REPOSITORY, env=env, stdout=subprocess.PIPE,
        stderr=(place / "stderr").open("wb"), text=True, start_new_session=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        for text in child.stdout:
            line = json.loads(text)
            name = line["name"]
            report.uses.append(Use(**line["use"]))
            took_s.setdefault(name, []).append(line["took_s"])
            if line["code"] != 0:
                report.fault(f"{name}: exit code {line['code']}: {line['said'][-500:]}")
                continue
            result = result_of(line["said"])
            if first.setdefault(name, result) != result:
                report.fault(f"{name}: another result than at first: {result}")
    if child.returncode != 0:
        report.fault(f"ended with {child.returncode}")
    for name, times in took_s.items():
        print(f"{name:15} {len(times)} times, {statistics.median(times):.1f} s each")
    for name in took_s:
        of_name = [use for use, n in zip(report.uses, _names(took_s), strict=False) if n == name]
        print(
            f"  {name}: " + " ".join(f"{u.mib:.0f}" for u in of_name[:: max(1, len(of_name) // 12)])
        )
    report.growth(settled_s=min(SETTLING_S, 20 * minutes))
    report.left(child.pid, temporary)
    print((place / "stderr").read_text("utf-8", "replace")[-2000:], end="")
    return report


def _names(took_s: dict[str, list[float]]) -> Iterator[str]:
    while True:
        yield from took_s


def main() -> int:
    """Soak what was asked for; return 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--losses", type=int, default=50)
    parser.add_argument("--only", choices=("live", "files"))
    parser.add_argument("--record", action="store_true", help="live also keeps the video")
    parser.add_argument("--turns", type=Path, help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.turns is not None:
        turns(wish.turns, wish.minutes)
        return 0
    signal.signal(signal.SIGINT, signal.default_int_handler)
    faults = 0
    for name in ("live", "files"):
        if wish.only in {None, name}:
            load = os.getloadavg()[0]
            print(f"{name}, {wish.minutes:g} minutes, load average {load:.1f}", flush=True)
            with tempfile.TemporaryDirectory() as place:
                if name == "live":
                    found = soak_live(wish.minutes, wish.losses, Path(place), record=wish.record)
                else:
                    found = soak_files(wish.minutes, Path(place))
            faults += len(found.faults)
            print(f"{len(found.faults)} faults", flush=True)
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
