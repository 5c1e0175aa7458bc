"""The console that lays out tables: text from files in them is printed safe.

Titles, cues and names come from files that people exchange, and a terminal obeys control
characters. Every console of posecheck that writes to a terminal is a `SafeConsole`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment

from posecheck.errors import safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import ConsoleOptions, RenderableType


class SafeConsole(Console):
    """A console that spells out control characters in all that it prints."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the segments of anything that can be printed, with safe text."""
        for part in super().render(renderable, options):
            yield part if part.control else Segment(safe(part.text), part.style)
