"""Looks through a camera in a process of its own and says what it sees, line by line.

    python looker.py WHERE [--stall S] [--slow S] [--first S] [--keep N]

Ends when its input ends. A fake camera only exists in processes that were started with
it, so tests steer it from outside and read these lines (`Looker`).
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from fakecam import number_in

from posecheck.errors import CameraError
from posecheck.sources.camera import camera as module

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COUNT = 120  # pictures of a numbered camera: 4 s, then they begin again
SOON_S = 40.0  # generous: the machine may be busy


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("where")
    parser.add_argument("--stall", type=float, default=2.0, help="stall_s of the camera")
    parser.add_argument("--slow", type=float, default=0.0, help="seconds between two takes")
    parser.add_argument("--first", type=float, help="longest wait for the first picture")
    parser.add_argument("--keep", type=int, default=0, help="so many pictures to keep")
    return parser.parse_args()


def look() -> int:
    words = parsed()
    if words.first is not None:
        module.FIRST_PICTURE_S = words.first
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    try:
        camera = module.Camera(words.where, stall_s=words.stall)
    except CameraError as error:
        say(error=str(error), kind=type(error).__name__, threads=threads())
        return 2
    say(name=camera.info.name, size=camera.info.size_px, source=camera.info.kind)
    kept = watch(camera, words, over)
    began_s = time.monotonic()
    camera.close()
    camera.close()
    say(
        closed_s=time.monotonic() - began_s,
        dropped=camera.dropped,
        warnings=camera.warnings(),
        threads=threads(),
        after_close=[camera.newest(5.0) is None, list(camera.frames())],
        kept=faults_of(kept),
    )
    return 0


def watch(camera: module.Camera, words: argparse.Namespace, over: threading.Event) -> list[Any]:
    kept: list[Any] = []
    told = None
    while not over.is_set():
        frame = camera.newest(0.1)
        if (now := camera.condition) != told:
            told = now
            say(state=now.state, since=now.since_s, sentence=now.sentence)
        if frame is None:
            continue
        age_s = camera.now_s() - frame.t_s
        mean = frame.image_bgr.reshape(-1, 3)[::97].mean(axis=0).tolist()
        say(t=frame.t_s, n=number_in(frame.image_bgr), age=age_s, mean=mean)
        if len(kept) < words.keep:
            kept.append((frame.image_bgr, frame.image_bgr.copy()))
        if words.slow:
            over.wait(words.slow)
    return kept


def faults_of(kept: list[Any]) -> list[str]:
    """Return what is wrong with pictures that were kept: kind, shape, or used again."""
    faults = []
    for number, (image, copy) in enumerate(kept):
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            faults.append(f"{number}: {image.dtype} {image.shape}")
        if not image.flags.c_contiguous:
            faults.append(f"{number}: not contiguous")
        if not np.array_equal(image, copy):
            faults.append(f"{number}: overwritten")
        if any(np.shares_memory(image, other) for other, _ in kept[:number]):
            faults.append(f"{number}: shared")
    return faults


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "posecheck" in thread.name]


class Looker:
    """A process that looks through a camera; ended, and checked to end, by `finish`."""

    def __init__(self, where: str, *options: object, environment: Mapping[str, str]) -> None:
        words = [sys.executable, "-W", "error", __file__, where, *map(str, options)]
        tests = str(Path(__file__).parents[1])
        path = os.pathsep.join(filter(None, [tests, os.environ.get("PYTHONPATH")]))
        self.process = subprocess.Popen(
            words,
            env={**os.environ, "PYTHONPATH": path, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[dict[str, Any]] = []
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def until(self, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Wait for a line; all that came before it stays in `said`."""
        deadline_s = time.monotonic() + SOON_S
        while True:
            try:
                line = self._lines.get(timeout=max(0, deadline_s - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                message = f"it does not come; the last lines: {self.said[-5:]}"
                raise AssertionError(message)
            self.said.append(line)
            if wanted(line):
                return line

    def state(self, name: str) -> dict[str, Any]:
        """Wait until the camera is in a state."""
        return self.until(lambda line: line.get("state") == name)

    def pictures(self, count: int) -> list[dict[str, Any]]:
        """Wait for so many pictures."""
        return [self.until(lambda line: "t" in line) for _ in range(count)]

    def finish(self) -> dict[str, Any]:
        """Let it end; return its last words."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        last = self.until(lambda line: "threads" in line)
        self.process.wait(SOON_S)
        assert self.process.stderr is not None
        assert self.process.stderr.read() == ""
        assert last["threads"] == []
        return last

    @property
    def seen(self) -> list[dict[str, Any]]:
        """Every picture so far."""
        return [line for line in self.said if "t" in line]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)


if __name__ == "__main__":
    sys.exit(look())
