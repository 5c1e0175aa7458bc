"""Render many clips, some at once; what is done already is left alone."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from sample_videos.render.recipe import is_done

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sample_videos.render.clips import Clip

# The drawing library gives back its memory only when its process ends. The pool's own limit of
# tasks hangs in some versions of Python, so there is a new pool now and then.
_CLIPS_PER_PROCESS = 10
_SECONDS_A_MINUTE = 60.0


@dataclass
class Progress:
    """How far the work is, in frames; `now_s` is any clock in seconds.

    Attributes:
        clips: how many there are to render.
        frames: how many frames they have.
        began_s: when the work began.

    """

    clips: int
    frames: int
    began_s: float
    clips_done: int = 0
    frames_done: int = 0

    def add(self, frames: int) -> None:
        """Count one clip."""
        self.clips_done += 1
        self.frames_done += frames

    def line(self, now_s: float) -> str:
        """Return one line that tells how far the work is and how long it will take."""
        told = f"{self.clips_done}/{self.clips} clips, {self.frames_done}/{self.frames} frames"
        if not self.frames_done:
            return told
        left_s = (now_s - self.began_s) * (self.frames - self.frames_done) / self.frames_done
        return f"{told}, about {left_s / _SECONDS_A_MINUTE:.0f} min left"


def render_all(clips: Mapping[str, Clip], out: Path, jobs: int) -> int:
    """Render what is not done yet into a folder, in the order given; return how many clips."""
    out.mkdir(parents=True, exist_ok=True)
    todo = {name: clip for name, clip in clips.items() if not is_done(name, clip, out)}
    frames = sum(clip.frame_count for clip in todo.values())
    progress = Progress(len(todo), frames, time.monotonic())
    if len(todo) < len(clips):
        _say(f"{len(clips) - len(todo)} clips are there already\n")
    # Each process draws on one core.
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LP_NUM_THREADS"):
        os.environ.setdefault(threads, "1")
    rest = iter(todo.items())
    try:
        while part := dict(islice(rest, jobs * _CLIPS_PER_PROCESS)):
            for name in _rendered(part, out, jobs):
                progress.add(todo[name].frame_count)
                _say(f"\r{progress.line(time.monotonic())}   ")
    finally:
        _say("\n")
    return len(todo)


def _rendered(clips: Mapping[str, Clip], out: Path, jobs: int) -> Iterator[str]:
    """Render some clips; yield the name of each when it is done."""
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(jobs, len(clips)), mp_context=spawn)
    try:
        waiting = {pool.submit(_one, name, clip, out): name for name, clip in clips.items()}
        for finished in as_completed(waiting):
            finished.result()
            yield waiting[finished]
    finally:
        pool.shutdown(cancel_futures=True)


def _one(name: str, clip: Clip, out: Path) -> None:
    # The processes that draw need the drawing library; the one that waits does not.
    from sample_videos.render.render import render  # noqa: PLC0415 - see above

    try:
        render(name, clip, out)
    except KeyboardInterrupt:
        raise KeyboardInterrupt from None  # what was drawn so far does not travel


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
