"""Hostile inputs of every format that posecheck reads, from fixed seeds.

    python -m tests.bench.fuzz [--inputs N] [--seed N] [--only FORMAT ...] [--keep DIR]

Each input is worked on by a process of its own, as a person would: a command line in a folder with
the files. Counted are tracebacks, hangs (10 s of CPU time, or 60 s in all: a busy machine is no
fault), other exit codes than 0 and 2, files that were
there before and are lost or changed, raw control characters in the output, and the peak memory.
The inputs of a fault are written to DIR. Ctrl-C prints what was found so far. Exit code 1 if
anything was found. Needs `os.fork`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import tomllib
from contextlib import closing, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from posecheck.cli import COMMANDS
from tests.bench.page_attacks import live_page, replay_page
from tests.damage import Damage, harmed, spoiled

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY: Final = Path(__file__).parents[2]
SAMPLES: Final = REPOSITORY / "sample_videos"
SESSION: Final = REPOSITORY / "tests" / "golden" / "supine-1.posecheck.jsonl"

LONGEST_S: Final = 10
LONGEST_WALL_S: Final = 60
MOST_MIB: Final = 700
GOOD_CODES: Final = (0, 2)
RAW: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

LABELS: Final = [(0.1 * n, 0.1 * n + 0.08, ("valid", "wrong", "unseen")[n % 3]) for n in range(9)]
TABLES: Final = {
    "csv": "start_s,end_s,label,side,rule,note\n"
    + "".join(f"{a:.3f},{b:.3f},{label},,,note {label}\n" for a, b, label in LABELS),
    "vtt": "WEBVTT\n\nNOTE x\n\n"
    + "".join(
        f"{n}\n00:00:00.{n}00 --> 00:00:00.{n}80\n<b>{label}</b>\na note\n\n"
        for n, (_, _, label) in enumerate(LABELS, start=1)
    ),
    "boris.csv": "Subject,Behavior,Behavior type,Start (s),Stop (s),Comment start\n"
    + "".join(f"A,{label},STATE,{a:.3f},{b:.3f},no\n" for a, b, label in LABELS),
    "eaf": '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT><HEADER '
    'TIME_UNITS="milliseconds"><MEDIA_DESCRIPTOR MEDIA_URL="file:///a.mp4" MIME_TYPE="video/mp4"/>'
    "</HEADER><TIME_ORDER>"
    + "".join(
        f'<TIME_SLOT TIME_SLOT_ID="t{n}{e}" TIME_VALUE="{n}{"08"[e]}0"/>'
        for n in range(1, 9)
        for e in (0, 1)
    )
    + '</TIME_ORDER><TIER TIER_ID="eye">'
    + "".join(
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{n}" TIME_SLOT_REF1="t{n}0" '
        f'TIME_SLOT_REF2="t{n}1"><ANNOTATION_VALUE>valid</ANNOTATION_VALUE>'
        "</ALIGNABLE_ANNOTATION></ANNOTATION>"
        for n in range(1, 9)
    )
    + "</TIER></ANNOTATION_DOCUMENT>",
}


MODULES: Final = (
    *(f"posecheck.commands.{name}" for name in COMMANDS),
    *("posecheck.pipeline.analyse", "posecheck.replay.report", "posecheck.page.server"),
    *("posecheck.sources.video", "posecheck.sources.image", "posecheck.reports.measurement"),
    *("posecheck.evaluation.run", "posecheck.evaluation.report", "posecheck.evaluation.none_shown"),
    *("posecheck.evaluation.agreement_report", "posecheck.annotations.exchange", "pympi"),
    *("posecheck.annotations.elan", "posecheck.annotations.boris", "posecheck.annotations.webvtt"),
    *("posecheck.progress.reading", "posecheck.pose.mediapipe", "rich.progress", "rich.padding"),
    *("posecheck.page.report", "posecheck.page.start", "posecheck.sources.camera.mjpeg"),
)


@dataclass(slots=True)
class Found:
    """What was counted for one format."""

    inputs: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    most_mib: int = 0
    faults: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Base:
    """What every input starts from.

    Attributes:
        clips: short recordings and pictures, by their endings.
        evaluated: a folder with a clip, its truth and its poses, ready to be scored.
    """

    clips: dict[str, bytes]
    evaluated: Path


Maker = "Callable[[random.Random, int, Path, Base], list[str] | Callable[[], int]]"


def as_toml(value: Any) -> str:  # noqa: ANN401
    """Return a value in TOML's inline form."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {as_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return "0" if value is None else json.dumps(value)


def session(choose: random.Random, seed: int, folder: Path, _: Base) -> list[str]:
    """A session file: damaged bytes, or whole lines with hostile values."""
    content = SESSION.read_bytes()
    if seed % 2:
        lines = [json.loads(line) for line in content.splitlines()]
        for _hit in range(choose.randint(1, 4)):
            row = choose.choice([0, len(lines) - 1, choose.randrange(len(lines))])
            lines[row] = spoiled(lines[row], choose.randrange(2**32))
        content = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    else:
        content = harmed(content, seed, Damage(choose.randint(1, 8), choose.choice((1, 40, 9000))))
    (folder / "s.posecheck.jsonl").write_bytes(content)
    commands = (
        ["replay", "s.posecheck.jsonl", "--json"], ["replay", "s.posecheck.jsonl", "--json"],
        ["measure", "s.posecheck.jsonl"], ["agree", "s.posecheck.jsonl"],
        ["progress", "."], ["report", "s.posecheck.jsonl"],
    )  # fmt: skip
    return choose.choice(commands)


def annotation(choose: random.Random, seed: int, folder: Path, _: Base) -> list[str]:
    """An annotation file beside a session."""
    shutil.copy(SESSION, folder / "s.posecheck.jsonl")
    items = [
        {"start_s": a, "end_s": b, "state": label, "rule": None, "note": "", "annotator": "eye",
         "made_at": "2026-01-01T00:00:00+00:00"}
        for a, b, label in LABELS
    ]  # fmt: skip
    whole = {"schema": "posecheck.annotations/1", "exercise": "supine-figure-four", "items": items}
    content = json.dumps(spoiled(whole, seed) if seed % 2 else whole).encode()
    content = content if seed % 2 else harmed(content, seed)
    (folder / "s.eye.annotations.json").write_bytes(content)
    return choose.choice(
        (["agree", "s.posecheck.jsonl"], ["replay", "s.posecheck.jsonl", "--json"])
    )


def table(ending: str) -> Any:  # noqa: ANN401
    """Return the maker of a table of another program, to be imported."""

    def make(choose: random.Random, seed: int, folder: Path, _: Base) -> list[str]:
        shutil.copy(SESSION, folder / "s.posecheck.jsonl")
        damage = Damage(choose.randint(1, 4), choose.choice((1, 5, 60)))
        if seed % 2:  # little enough that many tables are still read
            damage = Damage(1, 1, kinds=("flip", "put"))
        (folder / f"x.{ending}").write_bytes(harmed(TABLES[ending].encode(), seed, damage))
        return ["replay", "s.posecheck.jsonl", "--annotator", "e", "--labels", f"x.{ending}",
                "--json"]  # fmt: skip

    return make


def exercise(choose: random.Random, seed: int, folder: Path, _: Base) -> list[str]:
    """An exercise file."""
    text = (REPOSITORY / "posecheck/exercises/supine-figure-four.toml").read_text("utf-8")
    if seed % 2:
        changed = spoiled(tomllib.loads(text), seed)
        content = "".join(f"{json.dumps(k)} = {as_toml(v)}\n" for k, v in changed.items())
        raw = content.encode("utf-8", "replace")
    else:
        raw = harmed(text.encode(), seed)
    (folder / "x.toml").write_bytes(raw)
    shutil.copy(SESSION, folder / "s.posecheck.jsonl")
    return choose.choice(
        (
            ["exercises", "--check", "x.toml"],
            ["exercises", "./x.toml"],
            ["replay", "s.posecheck.jsonl", "--exercise", "./x.toml", "--json"],
        )
    )


def truth(choose: random.Random, seed: int, folder: Path, base: Base) -> list[str]:
    """A truth file; most keep their form, so that the damage reaches the scoring."""
    shutil.copytree(base.evaluated, folder, dirs_exist_ok=True)
    path = folder / "supine-figure-four.truth.json"
    content = json.loads(path.read_bytes())
    if seed % 4 == 0:
        raw = harmed(path.read_bytes(), seed)
    elif seed % 4 == 1:
        raw = json.dumps(spoiled(content, seed)).encode()
    else:
        for frame in choose.sample(content["frames"], choose.randint(1, len(content["frames"]))):
            kind = choose.randrange(4)
            if kind == 0:
                frame["absent"] = True
            elif kind == 1:
                frame["stretched_side"] = choose.choice(["left", "right", "both", None])
            else:
                joint = choose.choice(list(frame["joints_m"]))
                frame["joints_m"][joint] = [choose.choice((0.0, -1.0, 1e6, 1e-9))] * 3
        raw = json.dumps(content).encode()
    path.write_bytes(raw)
    return ["evaluate", ".", "--jobs", "1", "--model", "lite", *(["--json"] if seed % 3 else [])]


def labels(choose: random.Random, seed: int, folder: Path, base: Base) -> list[str]:
    """A label file; most keep their form, so that the damage reaches the scoring."""
    shutil.copytree(base.evaluated, folder, dirs_exist_ok=True)
    (folder / "supine-figure-four.truth.json").unlink()
    if seed % 4:
        edges = sorted(round(choose.uniform(0, 1.2), choose.choice((1, 3, 9))) for _ in range(8))
        rows = [
            f"{a},{b},{choose.choice(('valid', 'wrong', 'unseen'))},{choose.choice(('', 'left'))},,"
            for a, b in zip(edges[::2], edges[1::2], strict=True)
        ]
        raw = "\n".join([TABLES["csv"].splitlines()[0], *rows]).encode()
    else:
        raw = harmed(TABLES["csv"].encode(), seed)
    (folder / "supine-figure-four.labels.csv").write_bytes(raw)
    return ["evaluate", ".", "--jobs", "1", "--model", "lite", *(["--json"] if seed % 3 else [])]


def recording(choose: random.Random, seed: int, folder: Path, base: Base) -> list[str]:
    """A video: its index, its pictures, or both are damaged."""
    ending = choose.choice([e for e in base.clips if e in {"mp4", "mkv", "avi", "gif"}])
    share = choose.choice((2.0, 20.0, 100.0))
    content = harmed(base.clips[ending], seed, Damage(choose.randint(1, 9), 200, share))
    (folder / f"v.{ending}").write_bytes(content)
    return ["analyse", f"v.{ending}", "--model", "lite", "--json"]


def picture(choose: random.Random, seed: int, folder: Path, base: Base) -> list[str]:
    """A picture."""
    ending = choose.choice([e for e in base.clips if e in {"jpg", "png", "webp", "tif", "bmp"}])
    share = choose.choice((2.0, 20.0, 100.0))
    content = harmed(base.clips[ending], seed, Damage(choose.randint(1, 6), 30, share))
    (folder / f"p.{ending}").write_bytes(content)
    return ["analyse", f"p.{ending}", "--model", "lite", "--json"]


def camera(choose: random.Random, seed: int, _: Path, base: Base) -> Callable[[], int]:
    """An HTTP camera whose answer is damaged."""
    part = b"--b\r\nContent-Type: image/jpeg\r\n\r\n" + base.clips["jpg"] + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"
    share = choose.choice((0.2, 5.0, 100.0))
    answer = harmed(head + part * 3, seed, Damage(choose.randint(0, 6), 60, share))

    def look() -> int:
        from posecheck.errors import CameraError  # noqa: PLC0415
        from posecheck.sources.camera.mjpeg import MjpegFeed  # noqa: PLC0415

        with closing(socket.create_server(("127.0.0.1", 0))) as server:
            threading.Thread(target=_answer, args=(server, answer), daemon=True).start()
            try:
                feed = MjpegFeed(f"http://127.0.0.1:{server.getsockname()[1]}/v", "camera")
                with closing(feed):
                    while True:
                        feed.read()
            except CameraError as error:
                print(f"posecheck: {error}", file=sys.stderr)
                return 2

    return look


def _answer(server: socket.socket, answer: bytes) -> None:
    with suppress(OSError):
        connection, _ = server.accept()
        with closing(connection):
            connection.recv(65_536)
            connection.sendall(answer)


REQUESTS: Final = (
    b"GET /?token=x HTTP/1.1\r\nHost: 127.0.0.1:1\r\nOrigin: http://evil\r\n\r\n",
    b"GET /assets/../../server.py HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=b\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello",
    (
        b"GET /socket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ),
)


def page(choose: random.Random, seed: int, _: Path, __: Base) -> Callable[[], int]:
    """A request to the page, without its token: nothing of it is ever served."""
    request = harmed(choose.choice(REQUESTS), seed, Damage(choose.randint(0, 5), 20))

    def ask() -> int:
        from posecheck.page.server import PageServer  # noqa: PLC0415
        from posecheck.page.start import start_view  # noqa: PLC0415

        with PageServer(start_view("fuzz")) as server:
            port = int(server.address.split(":")[2].split("/")[0])
            with closing(socket.create_connection(("127.0.0.1", port), 3)) as connection:
                connection.settimeout(1)
                connection.sendall(request.replace(b"127.0.0.1", b"127.0.0.1:%d" % port))
                with suppress(TimeoutError, OSError):
                    said = connection.recv(65_536)
                    if said.startswith((b"HTTP/1.1 2", b"HTTP/1.1 101")):
                        print("served without the token", said[:200], file=sys.stderr)
                        return 1
        return 0

    return ask


FORMATS: Final[dict[str, Any]] = {
    "session": session,
    "annotation": annotation,
    **{ending: table(ending) for ending in TABLES},
    "exercise": exercise,
    "truth": truth,
    "labels": labels,
    "video": recording,
    "picture": picture,
    "camera": camera,
    "page": page,
    "live-page": live_page,
    "replay-page": replay_page,
}


def make_base(folder: Path) -> Base:
    """Make short recordings and pictures, and a folder that was evaluated once."""
    from posecheck.system.opencv import cv2  # noqa: PLC0415
    from tests.media import cut, write_video  # noqa: PLC0415

    images = cut(SAMPLES / "supine_figure_four.mp4", 4.99, 5.99)
    small = [np.ascontiguousarray(cv2.resize(image, (320, 240))) for image in images]
    clips: dict[str, bytes] = {}
    for ending, options in {
        "mp4": {}, "mkv": {}, "avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
        "gif": {"codec": "gif", "pix_fmt": "rgb8"},
    }.items():  # fmt: skip
        path = folder / f"clip.{ending}"
        clips[ending] = write_video(path, small, **options).read_bytes()
    for ending in ("jpg", "png", "webp", "tif", "bmp"):
        clips[ending] = cv2.imencode(f".{ending}", small[0])[1].tobytes()
    evaluated = folder / "evaluated"
    evaluated.mkdir()
    write_video(evaluated / "supine-figure-four.mp4", images)
    content = json.loads((SAMPLES / "supine_figure_four.truth.json").read_bytes())
    kept = [frame for frame in content["frames"] if 4.99 <= frame["t_s"] < 5.99]
    start_s = kept[0]["t_s"]
    content["frames"] = [{**frame, "t_s": frame["t_s"] - start_s} for frame in kept]
    (evaluated / "supine-figure-four.truth.json").write_text(json.dumps(content))
    code, *_, said = _in_child(["evaluate", ".", "--jobs", "1", "--model", "lite"], evaluated)
    if code:
        raise RuntimeError(said)
    return Base(clips, evaluated)


def _in_child(work: Any, folder: Path) -> tuple[int, float, int, str]:  # noqa: ANN401
    """Run a command line or a function in a process of its own, in a folder.

    Returns:
        Exit code (negative: the signal that ended it), CPU seconds, peak MiB, and what was printed.
    """
    said = folder.parent / f"{folder.name}.said"
    began_s = time.monotonic()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(LONGEST_WALL_S + 1)
            os.chdir(folder)
            handle = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(handle, 1)
            os.dup2(handle, 2)
            sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            sys.stderr = open(2, "w", encoding="utf-8", closefd=False, errors="backslashreplace")  # noqa: SIM115
            code = _called(work)
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    _, status, usage = os.wait4(child, 0)
    text = said.read_bytes().decode("utf-8", "surrogateescape") if said.exists() else ""
    said.unlink(missing_ok=True)
    took_s = time.monotonic() - began_s
    if took_s < LONGEST_WALL_S:  # else it was blocked
        took_s = usage.ru_utime + usage.ru_stime
    return os.waitstatus_to_exitcode(status), took_s, usage.ru_maxrss // 1024, text


def _called(work: Any) -> int:  # noqa: ANN401
    import traceback  # noqa: PLC0415

    from posecheck.cli import main  # noqa: PLC0415

    try:
        return int(main(work) if isinstance(work, list) else work())
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    except BaseException:  # noqa: BLE001 - that is what is looked for
        traceback.print_exc()
        return 1


def contents(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def try_one(name: str, seed: int, base: Base, folder: Path) -> tuple[list[str], Found, str]:
    """Work on one input; return its faults, its figures, and what was printed."""
    folder.mkdir()
    work = FORMATS[name](random.Random(f"{name} {seed}"), seed, folder, base)  # noqa: S311
    before = contents(folder)
    code, took_s, mib, text = _in_child(work, folder)
    after = contents(folder)
    faults = []
    if "Traceback" in text:
        faults.append("traceback")
    if took_s > LONGEST_S or code == -signal.SIGALRM:
        faults.append("hang")
    elif code not in GOOD_CODES:
        faults.append("exit code")
    if any(after.get(path) != digest for path, digest in before.items()):
        faults.append("file changed")
    if RAW.search(text):
        faults.append("control character")
    if mib > MOST_MIB:
        faults.append("memory")
    return faults, Found(1, int(code == GOOD_CODES[1]), took_s, mib), f"{work}\n{code}\n{text}"


def run(inputs: int, seed: int, only: list[str], keep: Path | None) -> dict[str, Found]:
    """Try inputs of every format; return what was found."""
    for module in MODULES:
        import_module(module)  # once, not in every process
    found = {name: Found() for name in only or FORMATS}
    with suppress(KeyboardInterrupt), tempfile.TemporaryDirectory() as place:
        base = make_base(Path(place))
        for number in range(inputs):
            name = list(found)[number % len(found)]
            own = seed + number // len(found)  # each format gets every seed, even and odd
            folder = Path(place) / f"{name}-{own}"
            faults, one, said = try_one(name, own, base, folder)
            total = found[name]
            total.inputs += 1
            total.refused += one.refused
            total.slowest_s = max(total.slowest_s, one.slowest_s)
            total.most_mib = max(total.most_mib, one.most_mib)
            for fault in faults:
                total.faults.setdefault(fault, []).append(own)
            if faults and keep is not None:
                kept = keep / f"{name}-{own}"
                shutil.copytree(folder, kept, dirs_exist_ok=True)
                (kept / "said.txt").write_text(said, "utf-8", "backslashreplace")
            shutil.rmtree(folder)
    return found


def main() -> int:
    """Print a table; return 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=FORMATS, default=[])
    parser.add_argument("--keep", type=Path)
    wish = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also in the background
    found = run(wish.inputs, wish.seed, wish.only, wish.keep)
    print(f"{'format':12} {'inputs':>6} {'refused':>7} {'slowest s':>9} {'MiB':>5}  faults: seeds")
    for name, one in found.items():
        faults = "; ".join(f"{len(s)} {fault}: {s[:5]}" for fault, s in one.faults.items())
        print(
            f"{name:12} {one.inputs:6} {one.refused:7} {one.slowest_s:9.1f} {one.most_mib:5}  "
            f"{faults or '-'}"
        )
    return int(any(one.faults for one in found.values()))


if __name__ == "__main__":
    sys.exit(main())
