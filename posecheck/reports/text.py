"""Tables and lines as text that fits a terminal; shared by the reports."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

STYLES: Final = {State.VALID: "bold blue", State.WRONG: "bold yellow", State.UNSEEN: "dim"}
MARKS: Final = {State.VALID: "✓", State.WRONG: "✗", State.UNSEEN: "?"}

_NARROWEST, _WIDEST = 80, 110


def laid_out(parts: Iterable[RenderableType]) -> str:
    """Return parts as text; coloured if the terminal shows colours."""
    target = Console()
    file = io.StringIO()
    console = Console(
        file=file,
        width=max(min(shutil.get_terminal_size((88, 24)).columns, _WIDEST), _NARROWEST),
        force_terminal=target.is_terminal,
        no_color=target.no_color,
        highlight=False,
    )
    for part in parts:
        # A path stays in one piece, so that it can be copied.
        console.print(part, soft_wrap=isinstance(part, Text) and bool(part.no_wrap))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def table(title: str, *columns: str) -> Table:
    """Return an empty table; columns that end in " s", "%" or "#" hold numbers."""
    # As texts, not strings: a name may hold what would be a style in brackets.
    made = Table(title=Text(f"\n{title}", "bold"), title_justify="left", box=None)
    for column in columns:
        number = column.endswith((" s", "%", "#"))
        made.add_column(Text(column), justify="right" if number else "left", header_style="dim")
    return made


def marked(state: State) -> Text:
    """Return a state as mark, word and colour."""
    return Text(f"{MARKS[state]} {state}", STYLES[state])
