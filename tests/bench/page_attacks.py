"""Hostile requests and messages to a page by somebody who has its token.

Each runs against a page that is used meanwhile by its own person, live (pictures come 30 times a
second) or in a replay (the whole command). In the end the person's page must still get pictures, be
able to load again, and the program must not have stood still.
"""

from __future__ import annotations

import http.client
import json
import queue
import resource
import shutil
import socket
import sys
import threading
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import numpy as np
from websockets.exceptions import ConnectionClosed

from tests.damage import HOSTILE_TEXTS, Damage, harmed, spoiled
from tests.pages import PageClient

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from posecheck.page.server import PageServer

SESSION: Final = Path(__file__).parents[1] / "golden" / "supine-1.posecheck.jsonl"

ATTACK_S: Final = 0.4
"""Seconds for which an endless attack goes on."""

WITHIN_S: Final = 10.0
"""Seconds within which the page must get a new picture, and load again; a machine may be busy."""

MOST_STILL_S: Final = 5.0
MOST_MORE_MIB: Final = 120
CROWD: Final = 200

PATHS: Final = ("/", "/assets/kit.mjs", "/assets/base.css", "/documents/a", "/socket", "/../x")
COMMANDS: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "live": (
        {"do": "begin", "exercise": "a", "side": "both", "repetitions": 3, "camera": "0",
         "sound": True},
        {"do": "confirm"}, {"do": "press", "key": "pause"}, {"do": "end"},
        {"do": "answer", "about": "a", "choice": "b"},
    ),
    "replay": (
        {"do": "go", "t_s": 3.5, "held": True}, {"do": "speed", "speed": 2.0},
        {"do": "zoom", "factor": 0.5, "t_s": 1.0}, {"do": "pan", "by_s": 2.0},
        {"do": "mark", "start_s": 1.0, "end_s": 2.0}, {"do": "select", "t_s": 1.0},
        {"do": "edge", "start_s": 1.0, "end": True, "t_s": 3.0}, {"do": "rule", "number": 2},
        {"do": "note", "text": "a note", "done": True},
        {"do": "repeat", "start_s": 1.0, "end_s": 9.0},
    ),
}  # fmt: skip


class Intruder:
    """Somebody with the token: raw connections, HTTP requests, and WebSocket frames."""

    def __init__(self, address: str, choose: random.Random, seed: int, view: str) -> None:
        parts = urlsplit(address)
        self.port = parts.port or 0
        self.choose, self.seed, self.view = choose, seed, view
        token = parts.query.removeprefix("token=")
        host = f"127.0.0.1:{self.port}"
        self.head = f"Host: {host}\r\nCookie: posecheck-{self.port}={token}\r\n"
        self.upgrade = (
            f"GET /socket HTTP/1.1\r\n{self.head}Origin: http://{host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        ).encode()

    def connected(self) -> socket.socket:
        """Return a new connection."""
        return socket.create_connection(("127.0.0.1", self.port), 3)

    def opened(self) -> socket.socket:
        """Return a connection that has become a WebSocket."""
        connection = self.connected()
        connection.sendall(self.upgrade)
        connection.recv(1000)
        return connection

    def send(self, connection: socket.socket, *pieces: bytes, seconds: float = 0.0) -> None:
        """Send pieces, for some time again and again, without reading."""
        until_s = time.monotonic() + seconds
        with closing(connection), suppress(OSError):
            connection.settimeout(1)
            while True:
                for piece in pieces:
                    connection.sendall(piece)
                if time.monotonic() >= until_s:
                    break
            time.sleep(0.05)

    def get(self, path: str, more: str = "") -> bytes:
        """Return a request that is let in."""
        return f"GET {path} HTTP/1.1\r\n{self.head}{more}\r\n".encode()

    def message(self) -> bytes:
        """Return a command that is damaged, as bytes of text."""
        command = self.choose.choice(COMMANDS[self.view])
        if self.choose.random() < 0.5:
            return json.dumps(spoiled(command, self.choose.randrange(2**32))).encode()
        return harmed(json.dumps(command).encode(), self.choose.randrange(2**32), Damage(2, 9))


def frame(content: bytes, opcode: int = 1, *, last: bool = True) -> bytes:
    """Return a WebSocket frame as a browser sends it, masked with zeros."""
    size = len(content)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 2**16:
        length = bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return bytes([0x80 * last | opcode]) + length + bytes(4) + content


def damaged_request(by: Intruder) -> None:
    """A request, or several in a row, with damage."""
    raw = b"".join(by.get(by.choose.choice(PATHS)) for _ in range(by.choose.randint(1, 4)))
    damage = Damage(by.choose.randint(0, 5), by.choose.choice((2, 20, 400)))
    by.send(by.connected(), harmed(raw, by.seed, damage))


def large_request(by: Intruder) -> None:
    """A request with a large address, header, cookie, or number of headers."""
    big = by.choose.choice(("\\" * 15_000, "a=b;" * 3000, "x" * 200_000, '"' * 9000))
    request = by.choose.choice(
        (by.get("/?" + "a=1&" * 3000), by.get("/", f"Cookie: a={big}\r\n"),
         by.get("/" + "x" * 60_000),
         by.get("/", "".join(f"x{n}: {n}\r\n" for n in range(9000))), by.get("/", f"X: {big}\r\n"))
    )  # fmt: skip
    by.send(by.connected(), request)


def endless_request(by: Intruder) -> None:
    """Headers, a body or requests without an end."""
    kind = by.choose.randrange(4)
    if kind == 0:
        by.send(by.connected(), by.get("/")[:-2] + b"X: 1\r\n", b"X: 1\r\n" * 99, seconds=ATTACK_S)
    elif kind == 1:
        large = by.get("/", f"Content-Length: {10**15}\r\n")
        by.send(by.connected(), large, b"x" * 65_536, seconds=ATTACK_S)
    elif kind == 2:
        chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        connection = by.connected()
        connection.sendall(by.get("/", "Transfer-Encoding: chunked\r\n"))
        by.send(connection, chunk, seconds=ATTACK_S)
    else:
        by.send(by.connected(), by.get("/assets/kit.mjs") * 20, seconds=ATTACK_S)


def damaged_messages(by: Intruder) -> None:
    """Commands with damage, each on a connection of its own."""
    for _ in range(by.choose.randint(1, 6)):
        by.send(by.opened(), frame(by.message()))


def large_message(by: Intruder) -> None:
    """A message that is too long, too deep, binary, or no UTF-8."""
    content = by.choose.choice(
        (b"x" * 70_000, b"x" * 5_000_000, b"[" * 60_000, b'{"do":' * 9000, b"\xff\xfe\xff",
         b"ack \xff", b"ack " * 15_000, by.choose.choice(HOSTILE_TEXTS).encode("utf-8", "replace"))
    )  # fmt: skip
    by.send(by.opened(), frame(content, by.choose.choice((1, 1, 2))))


def damaged_frames(by: Intruder) -> None:
    """Frames whose bytes are damaged, also their heads."""
    raw = b"".join(frame(by.message(), by.choose.choice((1, 1, 2, 8, 9, 10))) for _ in range(8))
    by.send(by.opened(), harmed(raw, by.seed, Damage(by.choose.randint(1, 8), 20)))


def endless_message(by: Intruder) -> None:
    """A message in pieces without an end; the pieces may be empty."""
    piece = frame(by.choose.choice((b"", b"x", b"x" * 5000)), 0, last=False)
    connection = by.opened()
    connection.sendall(frame(b"{", last=False))
    by.send(connection, piece * 500, seconds=ATTACK_S)


def flood(by: Intruder) -> None:
    """Acknowledgements, pings or valid commands as fast as they go, and nothing is read."""
    command = json.dumps(by.choose.choice(COMMANDS[by.view][:1])).encode()
    piece = by.choose.choice((frame(b"ack "), frame(b"x" * 125, 9), frame(b"", 10), frame(command)))
    by.send(by.opened(), piece * 500, seconds=ATTACK_S)


def slow_reader(by: Intruder) -> None:
    """Pages that acknowledge pictures now and then and read nothing; and half a request."""
    with ExitStack() as all_:
        pages = [all_.enter_context(closing(by.opened())) for _ in range(4)]
        part = all_.enter_context(closing(by.connected()))
        part.sendall(by.get("/assets/kit.mjs")[: by.choose.randint(1, 60)])
        until_s = time.monotonic() + ATTACK_S
        with suppress(OSError):
            while time.monotonic() < until_s:
                time.sleep(0.03)
                for page in pages:
                    page.sendall(frame(b"ack "))


def crowd(by: Intruder) -> None:
    """Two hundred connections at once: silent, half a request, a request, or a WebSocket."""
    starts = (b"", by.get("/")[:40], by.get("/"), by.upgrade)
    with ExitStack() as all_, suppress(OSError):
        for _ in range(CROWD):
            connection = all_.enter_context(closing(by.connected()))
            with suppress(OSError):
                connection.sendall(by.choose.choice(starts))
        time.sleep(ATTACK_S)


ATTACKS: Final[tuple[Callable[[Intruder], None], ...]] = (
    damaged_request, large_request, endless_request, damaged_messages, large_message,
    damaged_frames, endless_message, flood, slow_reader, crowd,
)  # fmt: skip


def waited(so: Callable[[], bool]) -> bool:
    """Return whether something became so in time."""
    until_s = time.monotonic() + WITHIN_S
    while not so():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.02)
    return True


def attacked(address: str, choose: random.Random, seed: int, view: str) -> list[str]:
    """Attack a page while its person uses it; return what went wrong."""
    attack = choose.choice(ATTACKS)
    person = PageClient(address, WITHIN_S)
    try:
        wrong = [] if waited(lambda: person.pictures > 0) else ["there was no picture"]
        before = memory_mib()
        meanwhile = threading.Thread(target=attack, args=(Intruder(address, choose, seed, view),))
        meanwhile.start()
        while meanwhile.is_alive():
            meanwhile.join(ATTACK_S / 2)
            person.load()
        wrong += afterwards(person, address, choose, view)
        more = memory_mib() - before
        wrong += [f"{more} MiB of memory"] if more > MOST_MORE_MIB else []
    finally:
        person.close()
    return [f"{attack.__name__}: {one}" for one in wrong]


def afterwards(person: PageClient, address: str, choose: random.Random, view: str) -> list[str]:
    """Return what is wrong after an attack."""
    if not person.connected:
        return ["the person's page was closed"]
    wrong, drawn = [], person.pictures
    if view == "replay":
        person.send("go", t_s=choose.choice((2.0, 5.0, 9.0)))
        person.send("go", t_s=7.0 + choose.random())
    if not waited(lambda: person.pictures > drawn):
        wrong.append("no picture came any more")
    if not waited(lambda: may_come(address)):
        wrong.append("a page that came later was told nothing")
    return wrong


def may_come(address: str) -> bool:
    """Whether one more page is let in."""
    try:
        page = PageClient(address, WITHIN_S)
    except (OSError, AssertionError, ConnectionClosed, http.client.HTTPException):
        return False
    stays = waited(lambda: page.told > 0 or not page.connected)
    alive = stays and page.connected
    page.close()
    return alive


def memory_mib() -> int:
    """Return the peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def told(wrong: list[str], still_s: float) -> int:
    """Print what went wrong; return 1 if anything did."""
    if still_s > MOST_STILL_S:
        wrong = [*wrong, f"the program stood still for {still_s:.1f} s"]
    for one in wrong:
        print(one, file=sys.stderr)
    return int(bool(wrong))


def live_page(choose: random.Random, seed: int, _: Path, __: object) -> Callable[[], int]:
    """An attack on the live page; a loop shows pictures and takes commands as the program does."""

    def work() -> int:
        from posecheck.page import no_document  # noqa: PLC0415 - as a command loads it
        from posecheck.page.live import LivePage, Status, live_view  # noqa: PLC0415
        from posecheck.page.server import PageServer  # noqa: PLC0415

        image = np.random.default_rng(0).integers(0, 255, (360, 640, 3), np.uint8)
        wrong: list[str] = []
        with PageServer(live_view(no_document)) as server:
            page = LivePage(server)
            attacker = threading.Thread(
                target=lambda: wrong.extend(_caught(server.address, choose, seed, "live"))
            )
            attacker.start()
            still_s, last_s, count = 0.0, time.monotonic(), 0
            while attacker.is_alive():
                page.show(image, None)
                page.put("status", Status(closes_s=float(count)))
                count += 1
                page.commands(0.03)
                now_s = time.monotonic()
                still_s, last_s = max(still_s, now_s - last_s), now_s
            attacker.join()
        return told(wrong, still_s)

    return work


def replay_page(choose: random.Random, seed: int, folder: Path, _: object) -> Callable[[], int]:
    """An attack on the page of a replay, the whole command."""
    shutil.copy(SESSION, folder / "s.posecheck.jsonl")

    def work() -> int:
        from posecheck.cli import main  # noqa: PLC0415
        from posecheck.page import server as serving  # noqa: PLC0415
        from posecheck.replay import app  # noqa: PLC0415

        made: queue.Queue[PageServer] = queue.Queue()
        real = serving.PageServer

        class Caught(real):  # type: ignore[misc, valid-type]
            def __init__(self, view: Any) -> None:  # noqa: ANN401
                super().__init__(view)
                made.put(self)

        serving.PageServer = Caught  # type: ignore[misc]
        app.GONE_S = 0.1  # type: ignore[misc] # the command ends soon after the attack
        wrong: list[str] = []
        attacker = threading.Thread(
            target=lambda: wrong.extend(
                _caught(made.get(timeout=30).address, choose, seed, "replay")
            )
        )
        attacker.start()
        code = main(["replay", "s.posecheck.jsonl", "--annotator", "eye", "--no-browser"])
        attacker.join()
        return told(wrong, 0.0) or code

    return work


def _caught(address: str, choose: random.Random, seed: int, view: str) -> list[str]:
    try:
        return attacked(address, choose, seed, view)
    except Exception as error:  # noqa: BLE001 - it would be lost in this thread
        return [f"the person's page: {error!r}"]
