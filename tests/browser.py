"""The system's Chromium, once for all tests of a process: Playwright allows one driver in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

_RUNNING: dict[str, Any] = {"users": 0}


def running(path: str, options: list[str]) -> Iterator[Browser]:
    """Yield the browser; it is closed when the last of its users has ended.

    Args:
        path: Chromium.
        options: its options; those of the first user count.
    """
    playwright = pytest.importorskip(
        "playwright.sync_api", reason='Playwright is not installed (pip install ".[browser-test]")'
    )
    if not _RUNNING["users"]:
        _RUNNING["driver"] = playwright.sync_playwright().start()
        chromium = _RUNNING["driver"].chromium
        _RUNNING["browser"] = chromium.launch(executable_path=path, args=options)
    _RUNNING["users"] += 1
    yield _RUNNING["browser"]
    _RUNNING["users"] -= 1
    if not _RUNNING["users"]:
        _RUNNING["browser"].close()
        _RUNNING["driver"].stop()
