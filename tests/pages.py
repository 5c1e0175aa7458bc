"""A page without a browser: it draws what comes, keeps states and sends commands."""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import ExitStack, closing, suppress
from typing import Any, Final
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SOON_S: Final = 40.0
"""Seconds within which what must happen soon has to happen; generous: the machine may be busy."""


class PageClient:
    """The page of a person, at an address that holds the token.

    Attributes:
        parts: the last state of each part of the page.
        screens: every state of the part "screen", in order.
        pictures: number of pictures that came; each is acknowledged as drawn at once.
        told: number of states that came.
    """

    def __init__(self, address: str, wait_s: float = 10.0) -> None:
        """Load the page and connect.

        Args:
            address: as posecheck prints it.
            wait_s: longest wait for an answer; the page is loaded again until then.
        """
        self._address, self._wait_s = urlsplit(address), wait_s
        origin = f"http://{self._address.netloc}"
        self._open = ExitStack()
        self._socket = self._open.enter_context(
            connect(
                f"ws://{self._address.netloc}/socket",
                additional_headers={"Cookie": self.load(), "Origin": origin},
                open_timeout=wait_s,
                proxy=None,
            )
        )
        self.parts: dict[str, Any] = {}
        self.screens: list[dict[str, Any]] = []
        self.pictures = self.told = 0
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    @property
    def connected(self) -> bool:
        """Whether the program still sends."""
        return self._thread.is_alive()

    @property
    def stage(self) -> str:
        """The part of the live page that is shown."""
        return str(self.parts.get("stage", {}).get("name", ""))

    def load(self) -> str:
        """Load the page by its address, again if that fails; return its cookie."""
        until_s = time.monotonic() + self._wait_s
        while True:
            try:
                return self._loaded()
            except OSError:
                if time.monotonic() > until_s:
                    raise

    def _loaded(self) -> str:
        with closing(
            http.client.HTTPConnection(self._address.netloc, timeout=self._wait_s)
        ) as asker:
            asker.request("GET", f"/?{self._address.query}")
            answer = asker.getresponse()
            assert answer.status == 200, f"the page does not load: {answer.status}"
            assert b"<!doctype html>" in answer.read()
            return str(answer.headers["Set-Cookie"]).split(";")[0]

    def _receive(self) -> None:
        with suppress(ConnectionClosed):
            for message in self._socket:
                if isinstance(message, bytes):
                    self.pictures += 1
                    self._socket.send("ack ")
                    continue
                self.told += 1
                part = json.loads(message)
                self.parts[part["kind"]] = part["value"]
                if part["kind"] == "screen":
                    self.screens.append(part["value"])

    def send(self, do: str, **values: object) -> None:
        """Send a command, if the program still listens."""
        with suppress(ConnectionClosed):
            self._socket.send(json.dumps({"do": do, **values}))

    def press(self, key: str) -> None:
        """Press a key of the live page."""
        self.send("press", key=key)

    def end(self) -> None:
        """End a live session early, and close its end page."""
        until_s = time.monotonic() + SOON_S
        while self.connected and time.monotonic() < until_s:
            self.send("end") if self.stage == "end" else self.press("end")
            time.sleep(0.1)

    def close(self) -> None:
        """Close the page."""
        self._open.close()
        self._thread.join(10)
