"""The page's server: who is let in, what is sent, how it ends."""

from __future__ import annotations

import http.client
import json
import random
import socket
import stat
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from posecheck.page import DOCUMENT_POLICY, Document, Picture, browser, guard
from posecheck.page.server import MOST_PAGES, PageServer
from posecheck.page.start import Open, StartState, start_view
from tests.bench.page_attacks import Intruder, frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

STATE = StartState("sessions", ())
LEAK = "secret.toml"


def document(name: str) -> Document | None:
    if name == "a.html":
        return Document(b"<title>a</title>", "text/html; charset=utf-8", DOCUMENT_POLICY)
    return None


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer(start_view("start", document)) as running:
        running.put("state", STATE)
        yield running


class Asker:
    """Asks a server as a browser would, with or without the cookie."""

    def __init__(self, server: PageServer) -> None:
        parts = urlsplit(server.address)
        self.host = parts.netloc
        self.token = parts.query
        self.cookie = f"posecheck-{parts.port}={self.token.removeprefix('token=')}"

    def get(
        self, path: str, method: str = "GET", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.host, timeout=10)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": self.host, "Cookie": self.cookie, **headers}.items():
            if value:
                connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, body
        connection.close()
        return found

    def socket(self, origin: str | None = None, cookie: str | None = None) -> ClientConnection:
        return connect(
            f"ws://{self.host}/socket",
            origin=f"http://{self.host}" if origin is None else origin,
            additional_headers={"Cookie": self.cookie if cookie is None else cookie},
            compression=None,
            proxy=None,
        )


@pytest.fixture
def asker(server: PageServer) -> Asker:
    return Asker(server)


@pytest.fixture(scope="module")
def steady() -> Iterator[Asker]:
    """Of a server that stays the same for many tests."""
    with PageServer(start_view("start", document)) as running:
        yield Asker(running)


def test_the_address_opens_the_page_and_gives_a_cookie(steady: Asker) -> None:
    status, headers, body = steady.get(f"/?{steady.token}", Cookie="")
    assert status == 200
    assert b"<!doctype html>" in body
    cookie = headers["set-cookie"]
    assert steady.cookie in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert steady.get("/")[0] == 200, "the cookie is enough from then on"
    assert "set-cookie" not in steady.get("/")[1]


def test_every_answer_forbids_what_a_page_does_not_need(steady: Asker) -> None:
    for path in (f"/?{steady.token}", "/assets/kit.mjs", "/assets/base.css", "/nothing"):
        _, headers, _ = steady.get(path)
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert not [name for name in headers if name.startswith("access-control")]
        assert "server" not in headers


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"Cookie": ""}),
        ("/?token=", {"Cookie": ""}),
        ("/?token=wrong", {"Cookie": ""}),
        ("/?token=%C3%A4", {"Cookie": ""}),
        ("/", {"Cookie": "posecheck-1=a; =; posecheck"}),
        ("/assets/kit.mjs", {"Cookie": ""}),
        ("/", {"Host": "evil.example"}),
        ("/", {"Host": ""}),
        ("/", {"Host": "127.0.0.1"}),
        ("/", {"Host": "127.0.0.1:1"}),
        ("/", {"Origin": "http://evil.example"}),
        ("/", {"Origin": "null"}),
        ("/", {"Origin": "https://127.0.0.1"}),
        ("/nothing", {}),
        ("/assets/", {}),
        ("/assets/start.html", {}),
        ("/assets/..%2fwords%2fen.toml", {}),
        ("/assets/../words/en.toml", {}),
        ("/assets/%2e%2e/server.py", {}),
        ("/../../../etc/passwd", {}),
        ("//etc/passwd", {}),
        ("/documents/..%2f..%2fetc%2fpasswd", {}),
        ("/documents/b.html", {}),
        ("/socket", {}),
    ],
)
def test_what_is_not_the_own_page_is_refused(
    steady: Asker, path: str, headers: dict[str, str]
) -> None:
    status, _, body = steady.get(path, **headers)
    assert status in {400, 403} if headers.get("Host") == "" else status == 403
    assert len(body) < 60


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "DELETE", "PATCH"])
def test_other_methods_are_refused(steady: Asker, method: str) -> None:
    assert steady.get("/", method)[0] == 403


def test_the_token_is_no_way_into_the_assets(steady: Asker) -> None:
    assert steady.get(f"/assets/kit.mjs?{steady.token}", Cookie="")[0] == 403


@pytest.mark.parametrize(
    ("origin", "cookie"),
    [("http://evil.example", None), ("null", None), ("", None), (None, ""), (None, "a=b")],
)
def test_a_foreign_socket_is_refused(steady: Asker, origin: str | None, cookie: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        steady.socket(origin, cookie)
    assert refused.value.response.status_code == 403


def test_a_document_has_a_policy_of_its_own(steady: Asker) -> None:
    status, headers, body = steady.get("/documents/a.html")
    assert (status, body) == (200, b"<title>a</title>")
    assert "sandbox" in headers["content-security-policy"]


def test_a_page_gets_the_state_when_it_comes_and_when_it_changes(
    server: PageServer, asker: Asker
) -> None:
    with asker.socket() as page:
        first = json.loads(page.recv(5))
        assert (first["kind"], first["value"]["folder"]) == ("state", "sessions")
        server.put("state", STATE)
        server.put("state", StartState("sessions", ()))
        server.put("state", StartState("elsewhere", ()))
        assert json.loads(page.recv(5))["value"]["folder"] == "elsewhere", "same states only once"
        assert server.pages == 1
        with asker.socket() as second:
            assert json.loads(second.recv(5))["value"]["folder"] == "elsewhere"
            assert server.pages == 2


def unpacked(message: str | bytes) -> tuple[bytes, bytes]:
    assert isinstance(message, bytes)
    length = int.from_bytes(message[:4], "big")
    return message[4 : 4 + length], message[4 + length :]


def test_at_most_one_picture_is_on_its_way_and_the_next_is_the_newest(
    server: PageServer, asker: Asker
) -> None:
    encoded = []

    def picture(number: int) -> Picture:
        def encode() -> bytes:
            encoded.append(number)
            return b"%d" % number

        return Picture(number, None, encode)

    with asker.socket() as page:
        page.recv(5)
        for number in range(5):
            server.show(picture(number))
            if number == 0:
                assert unpacked(page.recv(5)) == (b"null", b"0")
        with pytest.raises(TimeoutError):
            page.recv(0.2)
        page.send("ack ")
        assert unpacked(page.recv(5)) == (b"null", b"4")
    assert encoded == [0, 4], "what no page takes is not encoded"


def test_commands_come_in_order_and_checked(server: PageServer, asker: Asker) -> None:
    with asker.socket() as page:
        page.send('{"do": "replay", "number": 3}')
        page.send('{"do": "progress"}')
        found: list[object] = []
        until_s = time.monotonic() + 5
        while len(found) < 2 and time.monotonic() < until_s:
            found += server.commands(0.1)
    assert found == [Open(do="replay", number=3), Open(do="progress")]
    assert server.commands(0.0) == []


@pytest.mark.parametrize(
    "message",
    [
        "", "nonsense", "[]", "{}", '{"do": "rm"}', '{"do": "replay", "number": -1}',
        '{"do": "replay", "number": "3"}', '{"do": "replay", "more": 1}',
        '{"do": "replay", "number": 1e400}', "[" * 5000, b"\x00\x01", "x" * 70_000,
    ],
    ids=range(12),
)  # fmt: skip
def test_an_invalid_message_closes_its_connection_and_no_other(
    server: PageServer, asker: Asker, message: str | bytes
) -> None:
    with asker.socket() as good, asker.socket() as bad:
        good.recv(5)
        bad.recv(5)
        bad.send(message)
        with pytest.raises(ConnectionClosed):
            bad.recv(5)
        good.send('{"do": "live"}')
        assert server.commands(5.0) == [Open(do="live")]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/?" + "&".join("a=1" for _ in range(99)), {"Cookie": ""}),
        ("/", {"Cookie": 'a="' + 15_000 * "\\"}),
        ("/", {"Cookie": 4000 * "a=b;"}),
        ("/\x00", {}),
    ],
    ids=["many fields", "backslashes", "many cookies", "no request"],
)
def test_odd_requests_cost_no_time_and_print_nothing(
    steady: Asker, path: str, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    line = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    began_s = time.process_time()
    with socket.create_connection(("127.0.0.1", urlsplit(f"//{steady.host}").port or 0)) as raw:
        raw.settimeout(5)
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: {steady.host}\r\n{line}\r\n".encode())
        assert raw.recv(100).startswith((b"HTTP/1.1 403", b"HTTP/1.1 400"))
    assert time.process_time() - began_s < 0.5
    assert caplog.records == [], "else it would be on the terminal"


def test_connections_that_ask_for_nothing_keep_nobody_out(asker: Asker, server: PageServer) -> None:
    port = urlsplit(server.address).port or 0
    with ExitStack() as stack:
        page = stack.enter_context(asker.socket())
        page.recv(5)
        silent = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            for _ in range(2 * guard.MOST_CONNECTIONS)
        ]
        assert asker.get("/")[0] == 200
        silent[0].settimeout(5)
        with suppress(ConnectionResetError):
            assert silent[0].recv(1) == b"", "the one that waited longest is cut"
        page.send('{"do": "live"}')
        assert server.commands(5.0) == [Open(do="live")]


def test_a_connection_that_is_not_answered_in_time_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "ANSWER_S", 0.2)
    with PageServer(start_view("start")) as running:
        asker = Asker(running)
        with (
            asker.socket() as page,
            socket.create_connection(("127.0.0.1", urlsplit(running.address).port or 0)) as raw,
        ):
            raw.settimeout(5)
            raw.sendall(b"GET / HTTP/1.1\r\n")
            with suppress(ConnectionResetError):
                assert raw.recv(1) == b""
            with pytest.raises(TimeoutError):
                page.recv(0.3)  # a page stays
            assert asker.get("/")[0] == 200


@pytest.mark.parametrize(
    "frames",
    [
        frame(b"x" * 100, 9) * (guard.MOST_A_SECOND + 1),
        frame(b"{", last=False) + frame(b"", 0, last=False) * (guard.MOST_PIECES + 1),
        frame(b"ack ") * (guard.MOST_A_SECOND + 1),
        frame(b'{"do": "live"}') * (guard.MOST_A_SECOND + 1),
        frame(b"ack \xff"),
    ],
    ids=["pings", "pieces", "acknowledgements", "commands", "no UTF-8"],
)
def test_a_page_that_floods_is_cut_and_no_other(
    server: PageServer, asker: Asker, frames: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    choose = random.Random(1)  # noqa: S311
    with asker.socket() as good:
        good.recv(5)
        with Intruder(server.address, choose, 1, "live").opened() as bad:
            bad.settimeout(5)
            with suppress(ConnectionResetError, BrokenPipeError):
                bad.sendall(frames)
                while bad.recv(65_536):
                    pass  # until it is closed
        until_s = time.monotonic() + 5
        while server.pages > 1 and time.monotonic() < until_s:
            time.sleep(0.01)
        assert server.pages == 1
        server.commands(0.1)
        good.send('{"do": "progress"}')
        assert server.commands(5.0) == [Open(do="progress")]
    assert caplog.records == [], "else it would be on the terminal"


@pytest.mark.parametrize("_", range(5))
def test_an_end_while_the_page_acknowledges_pictures_prints_nothing(
    _: int, caplog: pytest.LogCaptureFixture
) -> None:
    with PageServer(start_view("start")) as running:
        page = Intruder(running.address, random.Random(1), 1, "live").opened()  # noqa: S311
        with page:
            page.sendall(frame(b"ack ") * (guard.MOST_A_SECOND // 2))
            running.close()
    assert caplog.records == [], "else it would be on the terminal"


def test_a_page_that_does_not_read_holds_no_memory(
    server: PageServer, asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MOST_A_SECOND", 10**9)
    monkeypatch.setattr(guard, "MOST_UNREAD", 100_000)
    choose = random.Random(1)  # noqa: S311
    with Intruder(server.address, choose, 1, "live").opened() as bad:
        bad.settimeout(5)
        sent = 0
        with suppress(ConnectionResetError, BrokenPipeError):
            while sent < 10**8:
                bad.sendall(frame(b"x" * 125, 9) * 500)
                sent += 131 * 500
        assert sent < 10**8, "it was cut"
    assert asker.get("/")[0] == 200


def test_pages_are_bounded(server: PageServer, asker: Asker) -> None:
    with ExitStack() as stack:
        for _ in range(MOST_PAGES):
            stack.enter_context(asker.socket()).recv(5)
        with asker.socket() as further, pytest.raises(ConnectionClosed):
            further.recv(5)
    until_s = time.monotonic() + 5
    while server.pages and time.monotonic() < until_s:
        time.sleep(0.01)
    assert server.pages == 0


def test_it_says_since_when_no_page_is_there(server: PageServer, asker: Asker) -> None:
    assert server.gone_s() == 0.0, "none was there yet"
    with asker.socket() as page:
        page.recv(5)
        assert server.gone_s() == 0.0
    time.sleep(0.05)
    assert 0.0 < server.gone_s() < 5.0


@pytest.mark.parametrize(
    ("error", "why"),
    [(None, "over"), (KeyboardInterrupt, "over_stopped"), (OSError, "over_failed")],
)
def test_pages_are_told_how_it_ended(error: type[BaseException] | None, why: str) -> None:
    server = PageServer(start_view("start"))
    with Asker(server).socket() as page:
        server.__exit__(error, None, None)
        assert json.loads(page.recv(5)) == {"kind": "over", "value": why}
        with pytest.raises(ConnectionClosed):
            page.recv(5)


def test_the_redirect_is_private_and_goes(server: PageServer, tmp_path: Path) -> None:
    redirect = browser.RedirectFile(server.address)
    path = Path(urlsplit(redirect.uri).path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert server.address in path.read_text("utf-8")
    redirect.remove()
    redirect.remove()
    assert not path.parent.exists()
    assert tmp_path.exists()


def test_the_token_is_in_no_argument_and_in_no_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(browser.webbrowser, "open", lambda uri: opened.append(uri) or True)
    caplog.set_level("DEBUG")
    with PageServer(start_view("start")) as running:
        assert running.open_browser()
        asker = Asker(running)
        token = asker.token.removeprefix("token=")
        assert asker.get(f"/?{asker.token}", Cookie="")[0] == 200
        with asker.socket() as page:
            page.send("nonsense")
    assert opened
    assert not any(token in uri for uri in opened)
    said = [one for one in caplog.records if one.name != "websockets.client"]  # the test's own
    assert not any(token in record.getMessage() for record in said)


def test_every_asset_can_be_asked_for(steady: Asker) -> None:
    assert {"base.css", "kit.mjs", "start.css", "start.mjs", "icon.svg"} <= guard.ASSETS
    for name in guard.ASSETS:
        status, headers, body = steady.get(f"/assets/{name}")
        assert status == 200
        assert body
        assert headers["content-type"].startswith(("text/", "image/"))


def test_a_browser_comes_in_by_the_redirect_and_stays_after_a_reload(
    server: PageServer, open_page: Callable[[str], Page]
) -> None:
    redirect = browser.RedirectFile(server.address)
    page = open_page(redirect.uri)
    page.get_by_text("in sessions").wait_for()
    assert "token" not in page.url, "neither the address nor the history keeps it"
    page.reload()
    page.get_by_text("in sessions").wait_for()
    redirect.remove()
    server.close("over_stopped")
    page.get_by_text("posecheck was stopped").wait_for()
