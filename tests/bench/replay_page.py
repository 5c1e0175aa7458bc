"""Measure the replay's page in Chromium: opening a long session, another moment, playing.

    python -m tests.bench.replay_page [--minutes N]

Makes a session of the wanted length, as `tests.bench.replay` does, and one of 30 s with a video of
1280x720 at 30 pictures a second, and measures in the system's Chromium without a GPU:

- a fresh process from its start to the first picture painted, with the browser already open;
- another moment, from the pointer's press on the timeline to the new picture painted, in the
  long session (while it is read, and after), and with the video until its own picture is there;
- pictures painted a second while the video plays at normal speed.

It needs `pip install ".[browser-test]"` and Chromium.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from playwright.sync_api import TimeoutError as Timeout
from playwright.sync_api import sync_playwright

from posecheck import session
from posecheck.pipeline.recorder import Recorder
from posecheck.session import SessionWriter
from tests.bench.replay import GOLDEN, make
from tests.media import write_video
from tests.page.conftest import QUIET, browser_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

MOVES = 60
SIZE = (1280, 720)
FPS = 30
VIDEO_S = 30
PLAY_S = 12

WATCH = """() => {
  window.taken = []; window.frames = 0;
  let start = null;
  const note = document.getElementById("stage-note");
  document.addEventListener("pointerdown", () => { start = performance.now(); }, true);
  const look = () => {
    if (start !== null && (note.hidden || !note.textContent.includes("follows"))) {
      const from = start;
      start = null;
      requestAnimationFrame(() => setTimeout(() => window.taken.push(performance.now() - from)));
    }
  };
  const count = new MutationObserver(() => { window.frames += 1; });
  count.observe(document.getElementById("frame"), { childList: true, subtree: true });
  for (const [id, what] of [["frame", { childList: true }], ["stage-note", { attributes: true }]]) {
    new MutationObserver(look).observe(document.getElementById(id), { ...what, subtree: true });
  }
}"""


@contextmanager
def replaying(path: Path) -> Iterator[tuple[str, int]]:
    command = [sys.executable, "-m", "posecheck", "replay", str(path), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process.pid
        process.terminate()


def cpu_s(root: int) -> float:
    """Return the processor seconds that a process and all below it have used."""
    rows = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text("utf-8").rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        ticks = int(words[11]) + int(words[12])
        rows[int(stat.parent.name)] = int(words[1]), ticks / os.sysconf("SC_CLK_TCK")
    tree = {root}
    while more := {pid for pid, (parent, _) in rows.items() if parent in tree} - tree:
        tree |= more
    return sum(rows[pid][1] for pid in tree if pid in rows)


def moments(page: Page, last_share: float = 1.0) -> list[float]:
    """Press on random places of the timeline; return the milliseconds until each is painted."""
    box = page.locator("#ruler").bounding_box()
    assert box is not None
    chance = random.Random(1)  # noqa: S311 - no secret
    page.evaluate("() => { window.taken = []; }")
    taken: list[float] = []
    for _ in range(MOVES):
        share = chance.uniform(0.01, last_share)
        page.mouse.click(box["x"] + share * box["width"], box["y"] + 10)
        with suppress(Timeout):  # the same picture as before
            there = "(number) => window.taken.length > number"
            page.wait_for_function(there, arg=len(taken), timeout=3000)
        taken = page.evaluate("() => window.taken")
        page.wait_for_timeout(50)
    return taken


def told(what: str, taken_ms: list[float]) -> None:
    ranked = sorted(taken_ms)
    print(
        f"{what}: median {statistics.median(ranked):.0f} ms, 95 % "
        f"{ranked[int(0.95 * (len(ranked) - 1))]:.0f} ms, worst {ranked[-1]:.0f} ms ({len(ranked)})"
    )


def with_video(folder: Path) -> Path:
    """Write a session of `VIDEO_S` seconds and its video, with a detailed picture."""
    count = VIDEO_S * FPS
    chance = np.random.default_rng(1)
    room = chance.integers(60, 200, (90, 160, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    images = [np.roll(room, 4 * number, axis=1) for number in range(60)]
    video = write_video(
        folder / "clip.mp4",
        [images[number % 60] for number in range(count)],
        times_s=[number / FPS for number in range(count)],
        options={"g": str(FPS)},  # a picture that stands alone every second, as phones write
    )
    poses = session.load(GOLDEN)
    source = {"kind": "video", "name": video.name, "size_px": SIZE, "frame_count": count,
              "duration_s": float(VIDEO_S)}  # fmt: skip
    header = {**poses.header, "type": "header", "source": source}
    path = folder / "clip.posecheck.jsonl"
    recorder = Recorder(
        poses.exercise, None, lambda: SessionWriter(path, header, poses.exercise), lambda _: ()
    )
    seen = poses.observations
    recorder.take(
        [replace(seen[row % len(seen)], t_s=row / FPS, frame_size_px=SIZE) for row in range(count)]
    )
    recorder.finish("complete")
    recorder.close()
    return path


def measure_long(page: Page, path: Path) -> None:
    start_s = time.time()
    with replaying(path) as (address, _):
        page.goto(address)
        page.get_by_text("picture 1 of").wait_for()
        print(f"start of the process to the first picture painted: {time.time() - start_s:.2f} s")
        page.evaluate(WATCH)
        share = 0.005  # of what was read first
        if "Reading" in (page.locator("#read").text_content() or ""):
            told("another moment while it is read", moments(page, share))
        page.wait_for_function(
            "() => !document.getElementById('read').textContent.includes('Reading')",
            timeout=120_000,
        )
        print(f"read to its end: {time.time() - start_s:.1f} s after the start")
        told("another moment", moments(page))
        for _ in range(4):
            page.keyboard.press("+")
        told("another moment, a sixteenth shown", moments(page))


def measure_video(page: Page, path: Path) -> None:
    with replaying(path) as (address, pid):
        page.goto(address)
        page.get_by_text("picture 1 of").wait_for()
        page.evaluate(WATCH)
        told("another moment with the video's own picture", moments(page))
        page.keyboard.press("Home")
        page.wait_for_timeout(500)
        page.evaluate("() => { window.frames = 0; }")
        before = cpu_s(os.getpid()), cpu_s(pid)
        page.keyboard.press("Space")
        page.wait_for_timeout(1000 * PLAY_S)
        all_s, own_s = cpu_s(os.getpid()) - before[0], cpu_s(pid) - before[1]
        frames = page.evaluate("() => window.frames")
        at = page.locator("#clock").text_content()
        print(f"playing: {frames / PLAY_S:.1f} pictures a second painted ({at} after {PLAY_S} s)")
        print(
            f"processor: posecheck {100 * own_s / PLAY_S:.0f} % of a core, browser and bench "
            f"{100 * (all_s - own_s) / PLAY_S:.0f} %"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="0 leaves the long one out")
    parser.add_argument("--session", type=Path, help="a long session that is there already")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        options = [*QUIET, "--no-sandbox"]
        browser = driver.chromium.launch(executable_path=browser_path(), args=options)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        if wanted.session is not None:
            measure_long(page, wanted.session)
            return
        measure_video(page, with_video(folder))
        if not wanted.minutes:
            return
        long = folder / "long.posecheck.jsonl"
        pictures = make(long, wanted.minutes, FPS)
        print(f"a session of {wanted.minutes:g} minutes, {pictures} pictures")
        measure_long(page, long)
        browser.close()


if __name__ == "__main__":
    main()
