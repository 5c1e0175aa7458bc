"""Which requests the page's server answers, the headers of every answer, and what it may cost.

A connection that has the token is bounded, too: it can't take the machine's memory or time.
"""

from __future__ import annotations

import secrets
import time
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    import asyncio

    import h11
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANSWER_S: Final = 15.0
"""Seconds in which a connection has to ask for something and take its answer; else it is cut."""

MOST_CONNECTIONS: Final = 64
"""Largest number of connections; a further one takes the place of the one idle for longest."""

MOST_A_SECOND: Final = 500
"""Largest number of messages, and of pings, of a page in a second; with more it is cut."""

MOST_UNREAD: Final = 8 * 1024 * 1024
"""Largest number of bytes that wait for a page that does not read; with more it is cut."""

MOST_PIECES: Final = 1000
"""Largest number of pieces of one message."""

CLOSE_S: Final = 1.0
"""Seconds that a page has to agree to the end of its connection."""

MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "webp": "image/webp",
    "woff2": "font/woff2",
}
"""Endings of the files that a page may ask for."""

_FOLDER: Final = resources.files("posecheck.page") / "assets"

ASSETS: Final = frozenset(
    entry.name for entry in _FOLDER.iterdir() if entry.name.rpartition(".")[2] in MEDIA_TYPES
)
"""Names of the files below ``/assets``."""


def asset_of(name: str) -> tuple[bytes, str]:
    """Return content and media type of one of `ASSETS`."""
    return (_FOLDER / name).read_bytes(), MEDIA_TYPES[name.rpartition(".")[2]]


@cache
def _policy(port: int) -> str:
    """Return the pages' content security policy; some browsers don't count WebSockets as self."""
    sockets = f"ws://127.0.0.1:{port} ws://localhost:{port}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        f"media-src 'self' blob:; font-src 'self'; connect-src 'self' {sockets}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class Guard:
    """ASGI application around another one that lets only the user's own page in."""

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        """Guard an application.

        Args:
            app: answers what is let in.
            port: port of the server.
            token: secret of the page's address and cookie.
        """
        self._app, self._port, self._token = app, port, token
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        # Cookies are shared by all ports of a host; the name keeps two servers apart.
        self._cookie = f"posecheck-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it with 403."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        named = self._names_token(scope)
        if not self._is_own(scope) or not (named or self._has_cookie(scope)):
            await self._refuse(scope, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._headers(message["headers"], named=named)
                if message["status"] in {404, 405}:  # nothing is told about what there is
                    message["status"] = 403
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _is_own(self, scope: Scope) -> bool:
        """Whether host, origin and method are those of the page's own requests."""
        hosts, origins = _header(scope, b"host"), _header(scope, b"origin")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return False
        if scope["type"] == "websocket":
            return origins == [f"http://{hosts[0]}"]
        own = all(origin == f"http://{hosts[0]}" for origin in origins)
        return own and scope["method"] in {"GET", "HEAD"}

    def _names_token(self, scope: Scope) -> bool:
        """Whether it asks for the page itself with the token in the address."""
        if scope["type"] != "http" or scope["path"] != "/":
            return False
        return self._stands_in(scope["query_string"].decode("latin-1"), "&", "token")

    def _has_cookie(self, scope: Scope) -> bool:
        lines = _header(scope, b"cookie")
        return any(self._stands_in(line, ";", self._cookie) for line in lines)

    def _stands_in(self, text: str, between: str, name: str) -> bool:
        """Whether a list of names and values holds the token; its letters need no quotes."""
        pairs = (part.strip().partition("=") for part in text.split(between))
        return any(found == name and self._is_token(value) for found, _, value in pairs)

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())

    def _headers(
        self, headers: list[tuple[bytes, bytes]], *, named: bool
    ) -> list[tuple[bytes, bytes]]:
        added = {
            b"content-security-policy": _policy(self._port).encode(),
            b"x-content-type-options": b"nosniff",
            b"referrer-policy": b"no-referrer",
            b"cache-control": b"no-store",
            b"cross-origin-opener-policy": b"same-origin",
            b"cross-origin-resource-policy": b"same-origin",
            b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
        }
        own = {name.lower() for name, _ in headers}
        kept = [*headers, *((name, value) for name, value in added.items() if name not in own)]
        if named:
            cookie = f"{self._cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict"
            kept.append((b"set-cookie", cookie.encode()))
        return kept

    async def _refuse(self, scope: Scope, send: Send) -> None:
        if scope["type"] == "websocket":  # before it is accepted: 403
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = self._headers([(b"content-type", b"text/plain; charset=utf-8")], named=False)
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send(
            {"type": "http.response.body", "body": b"not for you: open the page's address\n"}
        )


def _header(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


class Rate:
    """Count of what happens in a second."""

    def __init__(self, most: int) -> None:
        """Begin a second.

        Args:
            most: largest number in a second.
        """
        self._most, self._count, self._since_s = most, 0, time.monotonic()

    def allows(self) -> bool:
        """Count one more; return whether it may be."""
        now_s = time.monotonic()
        if now_s - self._since_s >= 1.0:
            self._count, self._since_s = 0, now_s
        self._count += 1
        return self._count <= self._most


class BoundedHttp(H11Protocol):
    """HTTP connection that is cut if it only waits, or takes too long."""

    since_s = 0.0
    _late: asyncio.TimerHandle | None = None

    @property
    def waits(self) -> bool:
        """Whether nothing is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Cut the connection that has waited longest if there are too many."""
        super().connection_made(transport)
        self._begin()
        if len(self.connections) > MOST_CONNECTIONS:
            others = [one for one in self.connections if isinstance(one, BoundedHttp)]
            oldest = min((one for one in others if one.waits), key=lambda one: one.since_s)
            self.connections.discard(oldest)
            oldest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the timer."""
        self._stop()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Begin anew: the next request has as much time."""
        self._begin()
        super().on_response_complete()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Let a page stay."""
        self._stop()
        super().handle_websocket_upgrade(event)

    def _begin(self) -> None:
        self._stop()
        self.since_s = self.loop.time()
        self._late = self.loop.call_later(ANSWER_S, self.transport.abort)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class BoundedSocket(WebSocketsSansIOProtocol):
    """WebSocket that is cut if its page floods it, or does not read what it asks for."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - as uvicorn's
        """Begin a connection."""
        super().__init__(*arguments, **options)
        self.close_timeout = CLOSE_S
        self._pings = Rate(MOST_A_SECOND)

    def data_received(self, data: bytes) -> None:
        """Take what came, and look at what it has left behind."""
        super().data_received(data)
        unread = self.transport.get_write_buffer_size() > MOST_UNREAD
        if unread or len(self.frames) > MOST_PIECES:
            self.transport.abort()

    def handle_ping(self) -> None:
        """Answer a ping, if there are not too many."""
        if not self._pings.allows():
            self.transport.abort()
        elif not self.transport.is_closing():
            super().handle_ping()

    def send_receive_event_to_app(self) -> None:
        """Hand a message on; text that is no UTF-8 becomes an empty one, which is invalid."""
        if self.curr_msg_data_type == "text":
            self.frames = [b"".join(self.frames)]
            try:
                self.frames[0].decode()
            except UnicodeDecodeError:
                self.frames = [b""]
        super().send_receive_event_to_app()
