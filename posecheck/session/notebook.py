"""What a notebook shows of a session or a summary: a data frame, and a table in HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from posecheck.errors import InstallationError
from posecheck.session.frames import frame_table
from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from posecheck.exercises import Exercise
    from posecheck.ledger import Hold, Ledger
    from posecheck.session.reader import Session
    from posecheck.sources import SourceInfo


def data_frame(session: Session) -> Any:  # noqa: ANN401 - pandas has no types here
    """Return a session as a pandas data frame, one row for each frame.

    Raises:
        InstallationError: without pandas.
        SessionError: if the session holds no frame.
    """
    try:
        import pandas as pd  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = f'to_dataframe needs pandas ({error}): pip install "posecheck[tables]"'
        raise InstallationError(message) from error
    kinds = {"number": "float64", "text": "string", "flag": "bool", "count": "Int64"}
    return pd.DataFrame(
        {
            column.name: pd.Series(column.values, dtype=kinds[column.kind])
            for column in frame_table(session).columns
        }
    )


def result_html(
    title: str, ledger: Ledger | None, holds: Sequence[Hold], notes: Iterable[str] = ()
) -> str:
    """Return a result as HTML for a notebook: seconds, holds and notes."""
    parts = [f"<p><b>{escape(title)}</b></p>"]
    if ledger is not None:
        times = [f"{ledger.seconds(state):.1f} s {state}" for state in State]
        parts.append(f"<p>{', '.join(times)}</p>")
    if holds:
        head = "".join(
            f"<th>{name}</th>" for name in ("#", "side", "start s", "held s", "target s", "")
        )
        rows = "".join(_hold_row(number, hold) for number, hold in enumerate(holds, start=1))
        parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
    parts += [f"<p>{escape(note)}</p>" for note in notes]
    return "\n".join(parts)


class Result(Protocol):
    """What is shown of a summary."""

    @property
    def source(self) -> SourceInfo:
        """The source that was analysed."""
        ...

    @property
    def exercise(self) -> Exercise:
        """The exercise by which it was judged."""
        ...

    @property
    def ledger(self) -> Ledger:
        """All time."""
        ...

    @property
    def holds(self) -> tuple[Hold, ...]:
        """The holds."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """Problems found, one sentence each."""
        ...


def summary_html(summary: Result) -> str:
    """Return a summary as HTML for a notebook."""
    title = f"{summary.source.name}: {summary.exercise.title}"
    return result_html(title, summary.ledger, summary.holds, summary.warnings)


def _hold_row(number: int, hold: Hold) -> str:
    cells = (
        str(number),
        hold.leg,
        f"{hold.start_s:.1f}",
        f"{hold.held_s:.1f}",
        f"{hold.target_s:.1f}",
        "complete" if hold.complete else "not complete",
    )
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def session_html(session: Session) -> str:
    """Return a session as HTML for a notebook."""
    source = session.header.get("source")
    name = source.get("name", "") if isinstance(source, dict) else ""
    exercise = "no exercise" if session.exercise is None else session.exercise.title
    holds = [hold for hold in session.holds if hold.held_us > 0]
    ended = () if session.ended == "complete" else (f"ended: {session.ended or 'cut off'}",)
    notes = (*ended, *session.warnings, *session.problems)
    return result_html(f"{name}: {exercise}", session.ledger, holds, notes)
