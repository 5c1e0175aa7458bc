"""A real browser for tests: the system's Chromium, driven by Playwright.

Tests with `page` or `open_page` are skipped, with the reason, where there is none. Every message
in the console and every request to another host than the page's own fails the test.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.browser import running

try:
    from playwright.sync_api import expect
except ImportError:  # tests that would use it are skipped by the fixture `browser`
    expect = None

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page, WebSocket

__all__ = ["Watched", "expect", "named_controls", "screenshot"]

QUIET = (
    "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-gpu", "--no-default-browser-check",
)  # fmt: skip
"""Options that keep Chromium from asking for anything by itself."""

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
WIDE = (1366, 768)


def browser_path() -> str:
    """Return the system's Chromium; skip the test if there is none."""
    named = os.environ.get("POSECHECK_TEST_BROWSER")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser, once for all tests of a process."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    yield from running(browser_path(), [*QUIET, *(["--no-sandbox"] if root else [])])


@dataclass
class Watched:
    """What the pages of a test said in the console and asked for elsewhere."""

    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    """Every message that a page got through its WebSocket; of a picture only the head."""

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", self._watch_socket)

    def _watch_socket(self, socket: WebSocket) -> None:
        self.asked.append(socket.url)
        socket.on("framereceived", self._keep)

    def _keep(self, payload: str | bytes) -> None:
        if isinstance(payload, bytes):
            length = int.from_bytes(payload[:4], "big")
            payload = payload[4 : 4 + length].decode()
        self.sent.append(payload)

    def elsewhere(self) -> list[str]:
        """Return the requests to other hosts."""
        own = {"127.0.0.1", "localhost"}
        schemes = {"data", "blob", "file", "about"}
        parts = [(url, urlsplit(url)) for url in self.asked]
        return [u for u, p in parts if p.scheme not in schemes and p.hostname not in own]


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def context(browser: Browser, watched: Watched) -> Iterator[BrowserContext]:
    """A new profile; the test fails if a page complains or asks another host."""
    made = browser.new_context(
        viewport={"width": WIDE[0], "height": WIDE[1]}, reduced_motion="reduce"
    )
    made.set_default_timeout(15_000)
    made.on("page", watched.watch)
    yield made
    made.close()
    assert watched.said == []
    assert watched.elsewhere() == []


@pytest.fixture
def open_page(context: BrowserContext) -> Callable[[str], Page]:
    """Open a page at an address."""

    def opened(address: str) -> Page:
        page = context.new_page()
        page.goto(address)
        return page

    return opened


def named_controls(page: Page) -> list[str]:
    """Return the controls of a page that have no name for a screen reader; none should."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(
              "button, input, textarea, select, a[href], [role=slider], [role=button], [tabindex]")]
            .filter((e) => e.checkVisibility())
            .filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim()
              || e.labels?.length || e.getAttribute("aria-labelledby") || e.title))
            .map((e) => e.outerHTML)"""
    )
    return found


def screenshot(page: Page, path: Path) -> None:
    """Keep what a page shows."""
    page.screenshot(path=str(path))
