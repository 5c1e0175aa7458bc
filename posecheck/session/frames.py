"""A session as a table: one row for each frame, one column for each thing known about it.

Columns, in this order, with the unit at the end of the name:

- ``t_s``; ``width_px``, ``height_px``; ``dark``, ``repeated``;
- ``state`` (valid, wrong or unseen), ``side``, ``side_known``, ``reason`` (the rule or cause that
  counts), ``cue``, ``hold`` (number of the hold that the frame lies in, from 1, breaks included);
- ``rule_NAME_UNIT`` and ``rule_NAME_state`` for each rule of the exercise: its reading;
- every quantity of `posecheck.measure.quantities`, such as ``trunk_thigh_left_deg``;
- for each landmark ``_x_px``, ``_y_px``, ``_z_px`` (x right, y down, in the image), ``_x_m``,
  ``_y_m``, ``_z_m`` (x right, y down, z away from the camera, from the middle of the hips),
  ``_visibility`` and ``_presence`` (0 to 1).

Missing numbers are NaN, missing texts None. `resampled` gives regular time steps.

`data_frame`, `session_html` and `summary_html` are what a notebook shows of a session or a summary.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import numpy as np

from posecheck.errors import InstallationError, SessionError, safe
from posecheck.landmarks import LANDMARKS
from posecheck.ledger import tenths
from posecheck.measure.columns import measure
from posecheck.types import MICROSECONDS, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from posecheck.exercises import Exercise
    from posecheck.ledger import Hold, Ledger
    from posecheck.session.reader import Session
    from posecheck.sources import SourceInfo
    from posecheck.types import Observation, Reading, Verdict

    Values = NDArray[Any]
    Floats = NDArray[np.float64]


Kind = Literal["number", "text", "flag", "count"]

LONGEST_GAP_S: Final = 0.5
"""Seconds between two frames above which nothing is interpolated, without an exercise that says
another limit (``timing.max_gap_s``)."""

_NO_PERSON: Final = np.full((len(LANDMARKS), 8), np.nan)
_PARTS: Final = ("x_px", "y_px", "z_px", "x_m", "y_m", "z_m", "visibility", "presence")


@dataclass(frozen=True, slots=True, eq=False)
class FrameColumn:
    """One column over N frames.

    Attributes:
        name: its name, with side and unit.
        kind: "number" (float64, NaN if missing), "text" (objects, None if missing), "flag" (bool)
            or "count" (objects: int, or None if missing).
        values: (N,).
    """

    name: str
    kind: Kind
    values: Values


@dataclass(frozen=True, slots=True, eq=False)
class FrameTable:
    """A session, or a part of it, frame by frame.

    Attributes:
        columns: in a fixed order; the first is ``t_s``.
        longest_gap_s: seconds between two frames above which the time between them is a gap.
        rate_hz: frames per second if the time steps are regular; None if they are as recorded.
    """

    columns: tuple[FrameColumn, ...]
    longest_gap_s: float
    rate_hz: float | None = None

    @property
    def t_s(self) -> Floats:
        """(N,) seconds since the source began."""
        return self.columns[0].values

    def column(self, name: str) -> FrameColumn:
        """Return a column.

        Raises:
            KeyError: if there is none of this name.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def frame_table(session: Session) -> FrameTable:
    """Return a session as a table.

    Raises:
        SessionError: if it holds no frame.
    """
    seen = session.observations
    if not seen:
        message = "the session holds no picture; there is nothing to make a table of"
        raise SessionError(message)
    exercise = session.exercise
    gap_s = LONGEST_GAP_S if exercise is None else exercise.timing.max_gap_s
    columns = [*_facts(seen), *_verdicts(session), *_rules(session), *_quantities(seen)]
    return FrameTable((*columns, *_landmarks(seen)), gap_s)


def _facts(seen: Sequence[Observation]) -> Iterator[FrameColumn]:
    yield FrameColumn("t_s", "number", np.array([one.t_s for one in seen], dtype=float))
    for name, part in (("width_px", 0), ("height_px", 1)):
        yield FrameColumn(name, "count", _objects([one.frame_size_px[part] for one in seen]))
    yield FrameColumn("dark", "flag", np.array([one.dark for one in seen], dtype=bool))
    yield FrameColumn("repeated", "flag", np.array([one.repeated for one in seen], dtype=bool))


def _verdict_of_each(session: Session) -> list[Verdict | None]:
    """Return the verdict on each frame; None if it has none."""
    by_time = dict(session.verdicts)
    return [by_time.get(one.t_s) for one in session.observations]


def _verdicts(session: Session) -> Iterator[FrameColumn]:
    said = _verdict_of_each(session)
    texts = {
        "state": [None if one is None else str(one.state) for one in said],
        "side": [None if one is None else str(one.side) for one in said],
        "side_known": [None if one is None else str(one.side_known) for one in said],
        "reason": [None if one is None or one.reason is None else one.reason.key for one in said],
        "cue": [None if one is None or one.reason is None else one.reason.cue for one in said],
    }
    for name, values in texts.items():
        yield FrameColumn(name, "text", _objects(values))
    yield FrameColumn("hold", "count", _hold_of_each(session))


def _hold_of_each(session: Session) -> Values:
    t_us = np.array([round(one.t_s * MICROSECONDS) for one in session.observations])
    numbers = _objects([None] * t_us.size)
    for number, hold in enumerate((h for h in session.holds if h.held_us > 0), start=1):
        numbers[(t_us >= hold.start_us) & (t_us <= hold.end_us)] = number
    return numbers


def _rules(session: Session) -> Iterator[FrameColumn]:
    if session.exercise is None:
        return
    said = _verdict_of_each(session)
    readings: list[dict[str, Reading]] = [
        {} if one is None else {reading.rule: reading for reading in one.readings} for one in said
    ]
    for rule in session.exercise.rules:
        found = [reading.get(rule.name) for reading in readings]
        name = f"rule_{rule.name.replace('-', '_')}"
        values = np.array([np.nan if one is None else one.value for one in found], dtype=float)
        yield FrameColumn(f"{name}_{rule.unit}", "number", values)
        states = [None if one is None else str(one.state) for one in found]
        yield FrameColumn(f"{name}_state", "text", _objects(states))


def _quantities(seen: Sequence[Observation]) -> Iterator[FrameColumn]:
    for column in measure(seen).columns:
        yield FrameColumn(column.heading, "number", column.values)


def _landmarks(seen: Sequence[Observation]) -> Iterator[FrameColumn]:
    numbers = np.stack([_landmarks_of(one) for one in seen])
    for index, landmark in enumerate(LANDMARKS):
        for part, name in enumerate(_PARTS):
            yield FrameColumn(f"{landmark}_{name}", "number", numbers[:, index, part])


def _landmarks_of(seen: Observation) -> Floats:
    pose = seen.pose
    if pose is None:
        return _NO_PERSON
    single = (pose.visibility[:, None], pose.presence[:, None])
    return np.hstack([pose.image_px, pose.world_m, *single]).astype(float)


def _objects(values: Sequence[object]) -> Values:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def resampled(table: FrameTable, rate_hz: float) -> FrameTable:
    """Return a table with regular time steps, from the first frame on.

    Numbers are interpolated linearly between the frame before and the one after. They are missing
    where either frame has none, and between frames that lie further apart than the longest gap.
    Texts, flags and counts are those of the frame that decides about the time between the two: one
    that is unseen, else one that is wrong, else the first. In a gap they are missing, and flags
    false.

    Args:
        table: the table.
        rate_hz: frames per second, above 0.
    """
    t_s = table.t_s
    count = int(np.floor((t_s[-1] - t_s[0]) * rate_hz + 1e-9)) + 1
    grid_s = t_s[0] + np.arange(count) / rate_hz
    before = np.clip(np.searchsorted(t_s, grid_s + 1e-9, side="right") - 1, 0, t_s.size - 1)
    after = np.minimum(before + 1, t_s.size - 1)
    exact = np.abs(grid_s - t_s[before]) <= 1e-9  # noqa: PLR2004 - far below a microsecond
    after = np.where(exact, before, after)
    gap = t_s[after] - t_s[before] > table.longest_gap_s
    step_s = np.where(after > before, t_s[after] - t_s[before], 1.0)
    share = np.where(after > before, (grid_s - t_s[before]) / step_s, 0.0)
    deciding = _deciding(table, before, after)

    def column(one: FrameColumn) -> FrameColumn:
        if one.name == "t_s":
            return FrameColumn(one.name, one.kind, grid_s)
        if one.kind == "number":
            values = one.values[before] * (1 - share) + one.values[after] * share  # noqa: PD011 - no pandas
            return FrameColumn(one.name, one.kind, np.where(gap, np.nan, values))
        values = one.values[deciding]  # noqa: PD011
        values[gap] = False if one.kind == "flag" else None
        return FrameColumn(one.name, one.kind, values)

    return FrameTable(tuple(map(column, table.columns)), table.longest_gap_s, rate_hz)


def _deciding(table: FrameTable, before: Values, after: Values) -> Values:
    """Return the rows that decide about the time between two rows."""
    ranks = {str(State.VALID): 0, None: 0, str(State.WRONG): 1, str(State.UNSEEN): 2}
    rank = np.array([ranks[state] for state in table.column("state").values])
    return np.where(rank[after] > rank[before], after, before)


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
    """Summary of an analysis, as far as a notebook shows it."""

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


def summary_text(summary: Result) -> str:
    """Return a summary as a sentence for a terminal; names from files are spelled out."""
    times = ", ".join(f"{tenths(summary.ledger.seconds(state))} s {state}" for state in State)
    holds = ", ".join(
        f"{hold.leg} {tenths(hold.held_s)} s{' (complete)' if hold.complete else ''}"
        for hold in summary.holds
    )
    title = f"{summary.source.name}: {summary.exercise.title}"
    return safe(f"{title}; {times}; holds: {holds or 'none'}")


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
