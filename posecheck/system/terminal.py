"""The console that lays out tables: text from files in them is printed safe.

Titles, cues and names come from files that people exchange, and a terminal obeys control
characters. Every console of posecheck that writes to a terminal is a `SafeConsole`.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, cast

from rich.console import Console
from rich.segment import Segment

from posecheck.errors import safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import ConsoleOptions, RenderableType


class _Lasting:
    """Standard error, or what is left of it: a terminal that was closed takes no more text.

    A progress bar must not end what it shows the progress of.
    """

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the stream has it
        return getattr(sys.stderr, name)

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def progress_console() -> SafeConsole:
    """Return the console on standard error that shows how far something is."""
    return SafeConsole(file=cast("IO[str]", _Lasting()))


class SafeConsole(Console):
    """A console that spells out control characters in all that it prints."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the segments of anything that can be printed, with safe text."""
        for part in super().render(renderable, options):
            yield part if part.control else Segment(safe(part.text), part.style)
