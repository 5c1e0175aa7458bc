"""Opening of the user's browser, without the page's token among a program's arguments."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import webbrowser
from contextlib import suppress
from pathlib import Path

from posecheck.page.templates import as_data


def screen_is_there() -> bool:
    """Whether this session has a screen on which a browser can open."""
    named = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(named) or sys.platform in {"darwin", "win32"}


class RedirectFile:
    """A file that only this user can read and that leads a browser to an address.

    The arguments of a program can be read by every user of a machine: the browser is given this
    file's name, and the address with its token stands inside.
    """

    def __init__(self, address: str) -> None:
        """Write the file into a new folder of its own."""
        self._folder = Path(tempfile.mkdtemp(prefix="posecheck-"))
        self._path = self._folder / "open.html"
        text = (
            '<!doctype html><meta charset="utf-8"><title>posecheck</title>'
            f"<script>location.replace({as_data(address)})</script>"
        )
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)

    @property
    def uri(self) -> str:
        """Address of the file."""
        return self._path.as_uri()

    def open(self) -> bool:
        """Open it in the user's browser; return False if there is none."""
        try:
            return webbrowser.open(self.uri)
        except (OSError, webbrowser.Error):
            return False

    def remove(self) -> None:
        """Delete the file; more than once does no harm."""
        with suppress(OSError):
            shutil.rmtree(self._folder)
