"""Which requests the page's server answers, and the headers of every answer."""

from __future__ import annotations

import secrets
from functools import cache
from http.cookies import CookieError, SimpleCookie
from importlib import resources
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
        given = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=8)
        return any(self._is_token(token) for token in given.get("token", ()))

    def _has_cookie(self, scope: Scope) -> bool:
        for line in _header(scope, b"cookie"):
            try:
                morsel = SimpleCookie(line).get(self._cookie)
            except CookieError:
                continue
            if morsel is not None and self._is_token(morsel.value):
                return True
        return False

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
