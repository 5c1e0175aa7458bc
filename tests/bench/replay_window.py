"""Measure the replay window: opening a long session, scrubbing in it, playing it.

    python -m tests.bench.replay_window [--minutes N] [--fps N] [--video FILE]

Makes a session of the wanted length, as `tests.bench.replay` does, and on the display (a
virtual one where Xvfb is installed) measures:

- a fresh process from its start to the first picture in the window;
- scrubbing once it is read: from the pointer's move to the new picture in the window, with
  the whole session on the timeline and with a sixteenth of it;
- the same with a video: until the skeleton's new picture, and until the video's.

Every figure comes with the processor time beside it, which other programs do not change.
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
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.replay import make
from tests.screen import virtual_display

if TYPE_CHECKING:
    from collections.abc import Iterable

MOVES = 100

OPEN = """
import sys, time
from pathlib import Path
from posecheck.annotations import Annotations, store
from posecheck.replay import app
from posecheck.pipeline.playback import SessionPlayback

class First(app.Window):
    def show(self, picture_bgr):
        super().show(picture_bgr)
        super().events(1)
        print(time.time() - float(sys.argv[2]), time.process_time())
        sys.exit()

app.Window = First
path = Path(sys.argv[1])
recording = SessionPlayback.open(path)
app.watch(recording, video=None, annotations=Annotations(recording.exercise.name),
          kept_in=store.AnnotationFile(store.path_beside(path, "AB")), annotator="AB")
"""

SCRUB = """
import random, sys, time
from pathlib import Path
from posecheck.annotations import Annotations
from posecheck.replay import app
from posecheck.replay.desk import ViewerState
from posecheck.replay.edit.editor import Editor
from posecheck.replay.footage import Footage
from posecheck.pipeline.playback import SessionPlayback
from posecheck.display.window import Key, Pointer, Window

recording = SessionPlayback.open(Path(sys.argv[1])).read_all()
editor = Editor(Annotations(recording.exercise.name), "AB", (), str)
desk = ViewerState(recording, editor, lambda _: None, "")
window = Window("scrubbing", (1440, 900))
footage = Footage(Path(sys.argv[2])) if sys.argv[2] else None
last_s = min(recording.duration_s, float(sys.argv[4]))
show = app._Show(window, desk, footage)
chance = random.Random(1)
for part, keys in (("whole", ()), ("a sixteenth", ("+",) * 4)):
    for name in keys:
        show.take(Key(name), 0.0)
    show.take(Pointer("down", 700, 650), 0.0)
    for _ in range(int(sys.argv[3])):
        first, last = desk.axis.x(0.0), desk.axis.x(last_s)
        left = max(desk.axis.left_px, first)
        right = min(desk.axis.left_px + desk.axis.width_px, last)
        start_s, cpu_s = time.perf_counter(), time.process_time()
        show.take(Pointer("move", int(chance.uniform(left, right)), 650), 0.0)
        desk.go_on(0.0, 0.0)
        busy = show.update()
        window.events(1)
        print(part, time.perf_counter() - start_s, time.process_time() - cpu_s, end=" ")
        while busy:
            busy = show.update()
            window.events(1)
        print(time.perf_counter() - start_s)
    show.take(Pointer("up", 700, 650), 0.0)
if footage:
    footage.close()
"""


def child(code: str, *arguments: str) -> list[list[str]]:
    """Run code in a fresh process; return the words of its lines."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [line.rsplit(" ", 3) for line in done.stdout.splitlines()]


def said(values_s: Iterable[float]) -> str:
    values_ms = [1000 * value for value in values_s]
    return f"median {statistics.median(values_ms):.0f} ms, worst {max(values_ms):.0f} ms"


def measure(path: Path, video: str, video_s: float) -> None:
    """Print what is measured on one session."""
    opened = [child(OPEN, str(path), str(time.time()))[0] for _ in range(5)]
    wall_s, cpu_s = ([float(row[column]) for row in opened] for column in (0, 1))
    print(
        f"start of the process to the first picture in the window: "
        f"{statistics.median(wall_s):.2f} s, of which {statistics.median(cpu_s):.2f} s computing"
    )
    for clip, last_s in (("", 1e9), (video, video_s)) if video else (("", 1e9),):
        rows = child(SCRUB, str(path), clip, str(MOVES), str(last_s))
        for part in dict.fromkeys(row[0] for row in rows):
            times = [[float(word) for word in row[1:]] for row in rows if row[0] == part]
            shown, computing, footage = zip(*times, strict=True)
            print(f"scrubbing, {part} shown{', with video' if clip else ''}: {said(shown)}")
            print(f"    of which computing: {said(computing)}")
            if clip:
                print(f"    until the video's picture: {said(footage)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--video", default="", help="scrubbed in, as far as it reaches")
    parser.add_argument("--video-s", type=float, default=25.0, help="its length in seconds")
    wanted = parser.parse_args()
    with ExitStack() as stack:
        if shutil.which("Xvfb"):
            os.environ["DISPLAY"] = stack.enter_context(virtual_display((1600, 1000)))
        path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "s.posecheck.jsonl"
        pictures = make(path, wanted.minutes, wanted.fps)
        print(f"a session of {wanted.minutes:g} minutes, {pictures} pictures")
        measure(path, wanted.video, wanted.video_s)


if __name__ == "__main__":
    main()
