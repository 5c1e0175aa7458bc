"""Timelines, curves and bars as SVG, from plain values.

Every drawing is one ``<svg>`` element as text, as wide as its container and of a fixed height in
CSS pixels. Shapes lie in an inner ``<svg class="scaled">`` whose viewBox is the time in hundredths
of a second by `TALL` units, stretched to the container; so a script zooms by changing the viewBox
alone. Letters lie in the outer element and are not stretched. Colours are those of the style
sheet's classes ``valid``, ``wrong``, ``unseen`` and ``not-judged``; each state also has a height of
its own, so that it is told apart without colours, too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TALL: Final = 1000
"""Height of the inner viewBox, in units."""

PER_S: Final = 100
"""Units of the inner viewBox in a second."""

MOST_BUCKETS: Final = 1600
"""Largest number of pieces into which the time of a curve is divided; the smallest and the largest
value of each are drawn, so that no peak is lost."""

_HEIGHTS: Final = {"valid": (0, 1000), "wrong": (450, 550), "unseen": (800, 200)}
_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_MOST_TICKS: Final = 9


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in one state.

    Attributes:
        start_s, end_s: seconds since the session began.
        state: valid, wrong, unseen or not-judged.
        why: its reason in words, for a tooltip and for screen readers.
    """

    start_s: float
    end_s: float
    state: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class HoldMark:
    """A hold in a drawing.

    Attributes:
        start_s, end_s: seconds since the session began.
        label: short text beside it.
        complete: whether it was complete.
    """

    start_s: float
    end_s: float
    label: str
    complete: bool


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit of a curve.

    Attributes:
        value: in the curve's unit.
        label: what it says.
        upper: whether values above it are not allowed, rather than those below.
    """

    value: float
    label: str
    upper: bool


@dataclass(frozen=True, slots=True)
class Days:
    """Axis of days.

    Attributes:
        count: number of days from the first to the last.
        first, last: what stands at its ends.
    """

    count: int
    first: str
    last: str


def clock(t_s: float) -> str:
    """Return a time as minutes and seconds: ``1:05``."""
    minutes, seconds = divmod(round(t_s), 60)
    return f"{minutes}:{seconds:02d}"


def ticks_s(duration_s: float) -> list[float]:
    """Return round times for an axis, at most `_MOST_TICKS` and one more."""
    step_s = next((s for s in _STEPS_S if duration_s / s <= _MOST_TICKS), _STEPS_S[-1])
    return [float(n * step_s) for n in range(int(duration_s / step_s) + 1)]


def timeline(
    stretches: Sequence[Stretch], holds: Sequence[HoldMark], duration_s: float, text: str
) -> Markup:
    """Return the timeline: holds above, the states below.

    Args:
        stretches: state of every moment, in the order of time.
        holds: the holds.
        duration_s: seconds of the whole session.
        text: what it shows, for those who don't see it.
    """
    shapes = [_rect(one, *_HEIGHTS.get(one.state, (0, 1000))) for one in stretches]
    marks = [
        f'<rect class="hold{" complete" if hold.complete else ""}" x="{_units(hold.start_s)}" '
        f'y="0" width="{_width(hold.start_s, hold.end_s)}" height="{TALL}"/>'
        for hold in holds
    ]
    labels = [
        f'<text class="hold-label" x="{_percent(hold.start_s, duration_s)}" y="13" '
        f'data-s="{hold.start_s:.2f}">{escape(hold.label)}</text>'
        for hold in holds
    ]
    inner = _inner(duration_s, marks, 18, 10) + _inner(duration_s, shapes, 30, 44)
    return _svg("timeline", 96, text, inner + "".join(labels) + _axis(duration_s, 92))


def curve(  # noqa: PLR0913 - keyword-only
    t_s: Floats,
    lines: Sequence[Floats],
    *,
    limits: Sequence[LimitLine],
    holds: Sequence[HoldMark],
    duration_s: float,
    unit: str,
    text: str,
) -> Markup:
    """Return a curve with its limits.

    Args:
        t_s: (N,) times in seconds.
        lines: one or two series of (N,) values; NaN where nothing was measured.
        limits: the limits; the range between them is shaded.
        holds: times that are shaded.
        duration_s: seconds of the whole session.
        unit: "deg" or "ratio".
        text: what it shows, for those who don't see it.
    """
    low, high = _range(lines, limits)

    def y_of(value: float) -> int:
        return round(TALL * (1 - (min(max(value, low), high) - low) / (high - low)))

    top = min((y_of(one.value) for one in limits if one.upper), default=0)
    bottom = max((y_of(one.value) for one in limits if not one.upper), default=TALL)
    across = _units(duration_s)
    shapes = [f'<rect class="allowed" x="0" y="{top}" width="{across}" height="{bottom - top}"/>']
    shapes += [
        f'<rect class="held" x="{_units(hold.start_s)}" y="0" '
        f'width="{_width(hold.start_s, hold.end_s)}" height="{TALL}"/>'
        for hold in holds
    ]
    shapes += [f'<path class="limit" d="M0 {y_of(one.value)}H{across}"/>' for one in limits]
    shapes += [
        f'<path class="value line-{number}" d="{_path(t_s, values, low, high)}"/>'
        for number, values in enumerate(lines, start=1)
    ]
    letters = "".join(_limit_text(one, y_of(one.value)) for one in limits)
    ends = f'<text class="scale" x="100%" y="9">{in_unit(high, unit)}</text>'
    ends += f'<text class="scale" x="100%" y="104">{in_unit(low, unit)}</text>'
    inner = _inner(duration_s, shapes, 0, _CURVE_PX)
    return _svg("curve", 122, text, inner + letters + ends + _axis(duration_s, 119))


_CURVE_PX: Final = 106
_LETTER_PX: Final = 15


def _limit_text(limit: LimitLine, y: int) -> str:
    y_px = y / TALL * _CURVE_PX
    above = limit.upper  # on the side that is not allowed, where there is room for letters
    if y_px < _LETTER_PX or y_px > _CURVE_PX - _LETTER_PX:
        above = not above
    y_px += -4 if above else 12
    return f'<text class="limit-label" x="4" y="{y_px:.0f}">{escape(limit.label)}</text>'


def share_bar(parts: Sequence[tuple[str, float]], text: str) -> Markup:
    """Return one bar that is divided by seconds.

    Args:
        parts: state and seconds of each part.
        text: what it shows.
    """
    total = sum(seconds for _, seconds in parts)
    shapes, x = [], 0.0
    for state, seconds in parts:
        width = 1000 * seconds / total if total else 0.0
        if width:
            shapes.append(
                f'<rect class="{escape(state)}" x="{x:.1f}" y="0" width="{width:.1f}" '
                f'height="{TALL}"/>'
            )
        x += width
    body = f'<svg class="scaled" viewBox="0 0 1000 {TALL}" preserveAspectRatio="none" width="100%"'
    return _svg("share", 18, text, f'{body} height="18">{"".join(shapes)}</svg>')


def columns(
    values: Sequence[Sequence[tuple[str, float]]], labels: Sequence[str], highest: float, text: str
) -> Markup:
    """Return columns side by side, each divided into parts, with a label below.

    Args:
        values: class and value of each part, for each column from left to right.
        labels: the labels; an empty one is left out.
        highest: the value of the full height, in seconds.
        text: what it shows.
    """
    count = max(1, len(values))
    shapes = []
    for number, parts in enumerate(values):
        y = float(TALL)
        for name, value in parts:
            height = TALL * min(value / highest, 1.0) if highest > 0 else 0.0
            y -= height
            shapes.append(
                f'<rect class="{escape(name)}" x="{number + 0.15:.2f}" y="{y:.0f}" width="0.7" '
                f'height="{height:.0f}"/>'
            )
    letters = "".join(
        f'<text class="tick" x="{100 * (number + 0.5) / count:.2f}%" y="119">{escape(label)}</text>'
        for number, label in enumerate(labels)
        if label
    )
    body = (
        f'<svg class="scaled" viewBox="0 0 {count} {TALL}" preserveAspectRatio="none" '
        f'width="100%" height="{_CURVE_PX}">{"".join(shapes)}</svg>'
    )
    if highest > 0:
        letters += f'<text class="scale" x="100%" y="9">{highest:.0f} s</text>'
    return _svg("columns", 122, text, body + letters)


def dots(
    rows: Sequence[tuple[str, Sequence[tuple[int, float]]]],
    days: Days,
    text: str,
    unit: str,
    ends: tuple[float, float] | None = None,
) -> Markup:
    """Return values over days as dots, each series with a class and a shape of its own.

    Args:
        rows: class, and place (0 is the first day) and value of each dot.
        days: the axis.
        text: what it shows.
        unit: "deg", or "" for a plain number.
        ends: smallest and largest value of the axis; None takes those of the values.
    """
    values = [value for _, series in rows for _, value in series]
    if not values:
        return Markup("")
    if ends is None:
        low, high = min(values), max(values)
        spare = max((high - low) * 0.15, 1.0)
        ends = low - spare, high + spare
    low, high = ends
    letters = f'<text class="scale" x="100%" y="9">{in_unit(high, unit)}</text>'
    letters += f'<text class="scale" x="100%" y="104">{in_unit(low, unit)}</text>'
    for name, series in rows:
        for place, value in series:
            x = 100 * (place + 0.5) / max(1, days.count)
            y = _CURVE_PX * (1 - (value - low) / (high - low))
            letters += f'<circle class="dot {escape(name)}" cx="{x:.2f}%" cy="{y:.1f}" r="3.5"/>'
    letters += f'<text class="tick first" x="0" y="119">{escape(days.first)}</text>'
    if days.count > 1:
        letters += f'<text class="tick last" x="100%" y="119">{escape(days.last)}</text>'
    return _svg("dots", 122, text, letters)


def _svg(kind: str, height_px: int, text: str, body: str) -> Markup:
    return Markup(  # noqa: S704 - every text in it was escaped
        f'<svg class="{kind}" role="img" width="100%" height="{height_px}" '
        f'aria-label="{escape(text)}">{body}</svg>'
    )


def _inner(duration_s: float, shapes: Iterable[str], y_px: int, height_px: int) -> str:
    return (
        f'<svg class="scaled" viewBox="0 0 {max(1, _units(duration_s))} {TALL}" y="{y_px}" '
        f'preserveAspectRatio="none" width="100%" height="{height_px}">{"".join(shapes)}</svg>'
    )


def _axis(duration_s: float, y_px: int) -> str:
    times = ticks_s(duration_s)
    return "".join(
        f'<text class="tick{" first" if t_s == 0 else ""}" '
        f'x="{_percent(t_s, duration_s)}" y="{y_px}">{clock(t_s)}</text>'
        for t_s in times
        if t_s <= 0.97 * duration_s or t_s == 0  # the last one would be cut off
    )


def _rect(one: Stretch, y: int, height: int) -> str:
    title = f"<title>{escape(one.why)}</title>" if one.why else ""
    return (
        f'<rect class="{escape(one.state)}" x="{_units(one.start_s)}" y="{y}" '
        f'width="{_width(one.start_s, one.end_s)}" height="{height}">{title}</rect>'
    )


def _units(t_s: float) -> int:
    return round(t_s * PER_S)


def _width(start_s: float, end_s: float) -> int:
    return max(1, _units(end_s) - _units(start_s))


def _percent(t_s: float, duration_s: float) -> str:
    return f"{100 * t_s / duration_s if duration_s > 0 else 0:.2f}%"


def in_unit(value: float, unit: str) -> str:
    """Return a value in its unit: ``84°``, ``0.48``, or a plain number."""
    value = round(value, 2 if unit == "ratio" else 0) + 0.0  # never -0
    return {"deg": f"{value:.0f}°", "ratio": f"{value:.2f}"}.get(unit, f"{value:.0f}")


def _range(lines: Sequence[Floats], limits: Sequence[LimitLine]) -> tuple[float, float]:
    """Return the smallest and the largest value of the axis: limits and all usual values."""
    seen = np.concatenate([values[np.isfinite(values)] for values in lines] or [np.empty(0)])
    ends = [one.value for one in limits]
    if seen.size:
        ends += [float(end) for end in np.quantile(seen, (0.01, 0.99))]
    if not ends:
        return 0.0, 1.0
    low, high = min(ends), max(ends)
    spare = 0.12 * (high - low) or 1.0
    return low - spare, high + spare


def _path(t_s: Floats, values: Floats, low: float, high: float) -> str:
    """Return the path of a series; it is broken where nothing was measured."""
    y = np.round(TALL * (1 - (np.clip(values, low, high) - low) / (high - low)))
    size = max(1, math.ceil(len(t_s) / MOST_BUCKETS))
    parts = []
    for first, end in _runs(np.isfinite(values)):
        points = list(_thinned(t_s[first:end], y[first:end], size))
        x0, y0 = points[0]
        parts.append(f"M{x0} {y0}")
        if len(points) == 1:
            parts.append("h1")
        for x1, y1 in points[1:]:
            parts.append(f"l{x1 - x0} {y1 - y0}")
            x0, y0 = x1, y1
    return "".join(parts)


def _runs(here: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield first and end of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], here, [False]]).astype(np.int8)))
    yield from map(tuple, edges.reshape(-1, 2).tolist())


def _thinned(t_s: Floats, y: Floats, size: int) -> Iterator[tuple[int, int]]:
    """Yield points in units; of ``size`` neighbours only the lowest and the highest."""
    for start in range(0, len(t_s), size):
        part = y[start : start + size]
        chosen = {start} if size == 1 else {start + int(part.argmin()), start + int(part.argmax())}
        for place in sorted(chosen):
            yield _units(float(t_s[place])), int(y[place])
