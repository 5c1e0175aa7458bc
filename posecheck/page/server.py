"""Server of one page, on this machine and for this user only.

It listens on 127.0.0.1, on a free port. The address holds a random token, which a cookie replaces
after the first request. Requests with a foreign ``Host`` or ``Origin``, without token and cookie,
or for anything but the page, its assets and its documents get 403.

The program's own thread puts states and pictures in and takes commands out; the server runs in a
thread beside it. A slow page costs pictures, never delay: at most one picture is on its way to each
page, and the next one is the newest.
"""

from __future__ import annotations

import asyncio
import queue
import secrets
import socket
import sys
import threading
import time
from collections import deque
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Self

import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from posecheck.errors import DisplayError
from posecheck.page import templates
from posecheck.page.browser import RedirectFile, screen_is_there
from posecheck.page.guard import (
    ASSETS,
    MOST_A_SECOND,
    BoundedHttp,
    BoundedSocket,
    Guard,
    Rate,
    asset_of,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import TracebackType

    from starlette.requests import Request

    from posecheck.page import PageView, Picture

MOST_PAGES: Final = 8
"""Largest number of pages at a time; a further one is closed."""

LONGEST_COMMAND: Final = 64 * 1024
"""Largest message of a page, in bytes."""

MOST_WAITING: Final = 2000
"""Largest number of commands that wait for the program; a page that sends more is closed."""

FAREWELL_S: Final = 1.0
"""Longest time in which pages are told that the program ends."""

REFUSED, TRY_LATER, LEFT = 1008, 1013, 1000
"""Codes with which connections are closed: an invalid message, too many, the end."""


class PageServer:
    """Serves a view until it is closed.

    Attributes:
        address: address of the page, with the token.
        drawn: called with the number of a picture when a page has drawn it, in the server's
            thread; None to call nothing.
    """

    def __init__(self, view: PageView) -> None:
        """Start serving.

        Raises:
            OSError: if no port of this machine can be used.
        """
        self._view = view
        self.drawn: Callable[[int], None] | None = None
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        port = self._socket.getsockname()[1]
        token = secrets.token_urlsafe(32)
        self.address = f"http://127.0.0.1:{port}/?token={token}"
        self._parts: dict[str, tuple[object, str]] = {}
        self._picture: Picture | None = None
        self._commands: queue.Queue[Any] = queue.Queue(MOST_WAITING)
        self._connections: set[_Connection] = set()
        self._came, self._gone_at_s = False, 0.0
        self._over: str | None = None
        self._redirect: RedirectFile | None = None
        self._ready = threading.Event()
        config = uvicorn.Config(
            Guard(self._app(), port, token),
            http=BoundedHttp,
            ws=BoundedSocket,
            ws_max_size=LONGEST_COMMAND,
            ws_per_message_deflate=False,
            h11_max_incomplete_event_size=16 * 1024,
            timeout_graceful_shutdown=2,
            log_config=None,
            log_level="error",  # who sends nonsense is no news on the person's terminal
            access_log=False,
            proxy_headers=False,
            server_header=False,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="page", daemon=True
        )
        self._thread.start()
        if not self._ready.wait(10.0):
            message = "the page's server has not started"
            raise RuntimeError(message)

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Tell the pages how it ended, and close."""
        stopped = kind is not None and issubclass(kind, KeyboardInterrupt)
        self.close("over" if kind is None else "over_stopped" if stopped else "over_failed")

    @property
    def pages(self) -> int:
        """Number of pages that are connected."""
        return len(self._connections)

    def gone_s(self) -> float:
        """Return the seconds since the last page went; 0 while one is there, or none ever was."""
        if self._connections or not self._came:
            return 0.0
        return time.monotonic() - self._gone_at_s

    def put(self, part: str, value: object) -> None:
        """Send a part of the state to every page, now and when it connects.

        The same object is not sent twice: keep it as long as nothing has changed.

        Args:
            part: its name, one of the view's.
            value: of the type that the view has for it.
        """
        known, message = self._parts.get(part, (None, ""))
        if known is value:
            return
        fresh = _message(part, self._view.parts[part].dump_json(value).decode())
        self._parts[part] = (value, message if message == fresh else fresh)
        if message != fresh:
            self._wake()

    def send_once(self, part: str, value: object) -> None:
        """Send something to the pages that are connected, and to no later one.

        Args:
            part: its name, one of the view's.
            value: of the type that the view has for it.
        """
        message = _message(part, self._view.parts[part].dump_json(value).decode())
        for connection in list(self._connections):
            connection.once.append(message)
        self._wake()

    def show(self, picture: Picture) -> None:
        """Send a picture to every page that has drawn the one before; it replaces that one."""
        self._picture = picture
        self._wake()

    def commands(self, wait_s: float) -> list[Any]:
        """Return the commands that pages sent; wait up to ``wait_s`` seconds for the first."""
        found = []
        try:
            found.append(self._commands.get(timeout=wait_s) if wait_s > 0 else self._next())
            while True:
                found.append(self._next())
        except queue.Empty:
            return found

    def open_browser(self) -> bool:
        """Open the page in the user's browser; return False if there is none."""
        self._redirect = RedirectFile(self.address)
        return self._redirect.open()

    def close(self, why: str = "over") -> None:
        """Tell the pages that the program ends, and stop serving.

        Args:
            why: key of the reason in the catalogue's section ``kit``.
        """
        if self._over is not None:
            return
        self._over = why
        self._wake()
        until_s = time.monotonic() + FAREWELL_S
        while self._connections and time.monotonic() < until_s:
            time.sleep(0.01)
        self._server.should_exit = True
        self._thread.join(5.0)
        self._socket.close()
        if self._redirect is not None:
            self._redirect.remove()

    def _next(self) -> Any:  # noqa: ANN401 - of the view's type of commands
        return self._commands.get_nowait()

    def _wake(self) -> None:
        """Let every connection look for something new to send."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        for connection in self._connections:
            connection.wake.set()

    def _app(self) -> Starlette:
        routes = [
            Route("/", self._page),
            Route("/assets/{name}", _asset),
            Route("/documents/{name}", self._document),
            WebSocketRoute("/socket", self._socket_opened),
        ]
        return Starlette(routes=routes, lifespan=self._started)

    @asynccontextmanager
    async def _started(self, _: Starlette) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        yield

    async def _page(self, _: Request) -> Response:
        view = self._view
        html = templates.render(f"{view.name}.html", view.name, title=view.title, **view.facts)
        return Response(html, media_type="text/html")

    async def _document(self, request: Request) -> Response:
        found = self._view.document(request.path_params["name"])
        if found is None:
            return Response("there is no such document", 403)
        own = {} if found.policy is None else {"content-security-policy": found.policy}
        return Response(found.content, media_type=found.media_type, headers=own)

    async def _socket_opened(self, socket: WebSocket) -> None:
        await socket.accept()
        if len(self._connections) >= MOST_PAGES:
            await _close(socket, TRY_LATER)
            return
        connection = _Connection(socket)
        self._connections.add(connection)
        self._came = True
        if self._redirect is not None:
            self._redirect.remove()
        sending = asyncio.create_task(self._send(connection))
        try:
            await self._receive(connection)
        finally:
            sending.cancel()
            self._connections.discard(connection)
            self._gone_at_s = time.monotonic()

    async def _receive(self, connection: _Connection) -> None:
        """Take a page's messages until it goes, sends an invalid one, or too many."""
        rate = Rate(MOST_A_SECOND)
        while (text := await _text_from(connection.socket)) is not None:
            if not rate.allows():
                await _close(connection.socket, TRY_LATER)
                return
            if text.startswith("ack "):
                connection.on_its_way = False
                if self.drawn is not None:
                    self.drawn(connection.number)
                connection.wake.set()
                continue
            try:
                self._commands.put_nowait(self._view.commands.validate_json(text))
            except ValidationError:
                await _close(connection.socket, REFUSED)
                return
            except queue.Full:
                await _close(connection.socket, TRY_LATER)
                return

    async def _send(self, connection: _Connection) -> None:
        """Send a page what it does not have yet, whenever there is something."""
        socket, sent = connection.socket, connection.sent
        try:
            while True:
                connection.wake.clear()
                for part, (_, message) in list(self._parts.items()):
                    if sent.get(part) is not message:
                        sent[part] = message
                        await socket.send_text(message)
                while connection.once:
                    await socket.send_text(connection.once.popleft())
                picture = self._picture
                if picture and not connection.on_its_way and connection.number < picture.number:
                    connection.on_its_way, connection.number = True, picture.number
                    await socket.send_bytes(self._packed(picture))
                    continue
                if self._over is not None:
                    await socket.send_text(_message("over", f'"{self._over}"'))
                    await socket.close(LEFT)
                    return
                await connection.wake.wait()
        except (WebSocketDisconnect, RuntimeError):  # it went while something was sent
            return

    def _packed(self, picture: Picture) -> bytes:
        head = self._view.head.dump_json(picture.head)
        return len(head).to_bytes(4, "big") + head + picture.jpeg


class _Connection:
    """One page: what it has, and whether a picture is on its way to it."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.sent: dict[str, str] = {}
        self.once: deque[str] = deque()
        self.number = -1
        self.on_its_way = False
        self.wake = asyncio.Event()


async def _text_from(socket: WebSocket) -> str | None:
    """Return a page's next message; None if it has gone, or sent something else than text."""
    try:
        return await socket.receive_text()
    except (WebSocketDisconnect, KeyError, RuntimeError):
        # KeyError: a binary message. RuntimeError: that it has gone was noticed in sending.
        return None


async def _close(socket: WebSocket, code: int) -> None:
    """Close a page's connection, if it has not gone meanwhile."""
    with suppress(WebSocketDisconnect, RuntimeError):
        await socket.close(code)


def _message(kind: str, value: str) -> str:
    return f'{{"kind": "{kind}", "value": {value}}}'


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in ASSETS:
        return Response("there is no such file", 403)
    content, media_type = asset_of(name)
    return Response(content, media_type=media_type)


@contextmanager
def serve(view: PageView, *, browser: bool) -> Iterator[PageServer]:
    """Serve a view, and show the person the way to it.

    Args:
        view: the page.
        browser: whether to open it in a browser; otherwise the address alone is the first line of
            standard output.

    Raises:
        DisplayError: if a browser is wanted and there is no screen.
    """
    if browser and not screen_is_there():
        message = "there is no screen to open a page on: use --no-browser and open its address"
        raise DisplayError(message)
    with PageServer(view) as server:
        if not browser:
            print(server.address, flush=True)  # noqa: T201
            yield server
            return
        opened = server.open_browser()
        said = "is open in your browser" if opened else "is ready, but no browser was found"
        line = f"posecheck: the page {said}; its address is {server.address}"
        print(line, file=sys.stderr)  # noqa: T201
        yield server
