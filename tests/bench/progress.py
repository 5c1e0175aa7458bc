"""Measure progress: indexing many sessions, and opening them again.

    python -m tests.bench.progress [--sessions N]

Makes a folder of copies of the sample sessions and of those in tests/golden, each with a day of its
own, and measures whole processes of `posecheck progress`: the first, which reads every file, and
the next, which finds them in the index.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SOURCES = sorted(
    [
        *(REPOSITORY / "sample_videos" / "sessions").glob("*.jsonl"),
        *(REPOSITORY / "tests" / "golden").glob("*.jsonl"),
    ]
)
NEWEST = datetime(2026, 11, 25, 18, tzinfo=UTC)


def make(folder: Path, count: int) -> int:
    """Write sessions, three a day; return their bytes."""
    texts = [path.read_text("utf-8") for path in SOURCES]
    size = 0
    for number in range(count):
        created = (NEWEST - timedelta(days=number / 3)).isoformat(timespec="seconds")
        text = texts[number % len(texts)]
        text = re.sub(r'"created":"[^"]*"', f'"created":"{created}"', text, count=1)
        text = text.replace('"kind":"video"', '"kind":"camera"', 1)
        size += (folder / f"s{number:05}.posecheck.jsonl").write_text(text, "utf-8")
    return size


def measure(folder: Path, cache: Path, *options: str) -> tuple[float, float]:
    """Return wall and CPU seconds of one process."""
    before = os.times()
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "posecheck", "progress", folder, *options],
        env=os.environ | {"XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    wall_s, after = time.perf_counter() - start, os.times()
    cpu = (after.children_user + after.children_system) - (
        before.children_user + before.children_system
    )
    return wall_s, cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=5000)
    count = parser.parse_args().sessions
    with tempfile.TemporaryDirectory() as made:
        folder, cache = Path(made) / "sessions", Path(made) / "cache"
        folder.mkdir()
        size = make(folder, count)
        print(f"{count} sessions, {size / 2**20:.0f} MiB")
        for what, options in (
            ("first, every file is read", ()),
            ("again, from the index", ()),
            ("again, --json", ("--json",)),
            ("again, --html", ("--html", str(Path(made) / "p.html"))),
        ):
            wall_s, cpu_s = measure(folder, cache, *options)
            print(f"{what}: {wall_s:.2f} s, {cpu_s:.2f} s of CPU time")


if __name__ == "__main__":
    main()
