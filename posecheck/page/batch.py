"""The result of a batch as one HTML file: the same page as a report, for many recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from posecheck.batch.result import HEADINGS, MOST_LISTED, BatchGroup, cells, lead
from posecheck.errors import shown
from posecheck.page.report import LIMITS, document, shipped_cautions
from posecheck.page.templates import word

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from posecheck.batch.result import BatchResult


def render(result: BatchResult, made_at: datetime) -> str:
    """Return the HTML file of the result of a batch.

    Args:
        result: the result.
        made_at: when it is made, local time.
    """
    return document(
        "batch.html",
        made_at=made_at,
        made_key="report.made",
        brand=word("batch.brand"),
        title=word("batch.title"),
        about=shown(result.folder.absolute().name),
        lead=lead(result),
        failures=[(shown(name), shown(why)) for name, why in result.failures],
        tables=[_groups(result), _recordings(result)],
        folder=word("batch.folder", folder=shown(result.folder)),
        cautions=shipped_cautions(group.names[-1] for group in result.groups),
        limits=[word(f"report.limit_{key}") for key in LIMITS],
    )


def _groups(result: BatchResult) -> dict[str, Any]:
    rows = [_row(group.names, group) for group in result.groups[:MOST_LISTED]]
    if len(result.groups) > 1:
        empty = [""] * (len(result.columns) - 1)
        rows.append(_row([word("batch.all"), *empty], result.total))
    return {
        "id": "groups",
        "title": word("batch.groups", by=", ".join(result.columns)),
        "words": result.columns,
        "numbers": HEADINGS,
        "rows": rows,
        "note": _note(len(result.groups)),
    }


def _recordings(result: BatchResult) -> dict[str, Any]:
    rows = []
    for one in result.listed:
        alone = BatchGroup(())
        alone.take(one)
        names = [one["recording"], one["exercise"], one["status"], one.get("main_cue", "")]
        rows.append(_row(names, alone, first=1))
    return {
        "id": "recordings",
        "title": word("batch.recordings"),
        "words": [word(f"batch.{key}") for key in ("recording", "exercise", "status", "change")],
        "numbers": HEADINGS[1:],
        "rows": rows,
        "note": _note(result.total.recordings),
    }


def _row(names: Sequence[str], group: BatchGroup, first: int = 0) -> dict[str, list[str]]:
    dash = word("report.dash")
    return {
        "words": [shown(name) or dash for name in names],
        "numbers": [dash if cell == "-" else cell for cell in cells(group)[first:]],
    }


def _note(count: int) -> str:
    return word("batch.first", most=MOST_LISTED, count=count) if count > MOST_LISTED else ""
