"""Reports: a summary in, text out. Adding a report is one file here and one line below.

A report promises: ``render(summary)`` returns text that ends in a newline, is the same
for the same summary, and touches nothing else. A report for programs also has ``ENCODING``,
of its bytes; without it, the text is written as the terminal takes it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from posecheck.pipeline.recorder import Summary


class Report(Protocol):
    """A report turns a summary into text; see the module's promises."""

    def render(self, summary: Summary) -> str:
        """Return the report."""
        ...


_REPORTS: Final[dict[str, str]] = {
    "table": "posecheck.reports.text",
    "json": "posecheck.reports.json_line",
}


def names() -> tuple[str, ...]:
    """Return the reports that are registered."""
    return tuple(_REPORTS)


def open_report(name: str) -> Report:
    """Return a report by name."""
    report: Report = import_module(_REPORTS[name])
    return report
