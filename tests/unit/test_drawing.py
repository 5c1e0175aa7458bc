"""Drawings as SVG: every moment in its place, no peak lost, nothing outside, every text escaped."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecheck.page import drawing
from posecheck.page.drawing import Days, HoldMark, LimitLine, Stretch

NUMBERS = st.one_of(st.floats(-200, 200), st.just(float("nan")))
HOSTILE = "<script>\"&'"


def shapes(svg: str, kind: str) -> list[ET.Element]:
    root = ET.fromstring(svg)  # noqa: S314 - made here
    return [e for e in root.iter() if e.get("class", "").split(" ")[0] == kind]


def points(path: str) -> list[list[tuple[int, int]]]:
    """Return the absolute points of a path, piece by piece."""
    pieces: list[list[tuple[int, int]]] = []
    for sign, first, second in re.findall(r"([Mlh])(-?\d+)(?: (-?\d+))?", path):
        if sign == "M":
            pieces.append([(int(first), int(second))])
        elif sign == "l":
            x, y = pieces[-1][-1]
            pieces[-1].append((x + int(first), y + int(second)))
    return pieces


def curve(t_s: np.ndarray, values: np.ndarray, *limits: LimitLine) -> str:
    return drawing.curve(
        t_s, [values], limits=limits, holds=(), duration_s=float(t_s[-1]), unit="deg", text="a"
    )


def test_a_timeline_has_every_stretch_in_its_place() -> None:
    found = drawing.timeline(
        [Stretch(0, 2.5, "wrong", "lean"), Stretch(2.5, 10, "valid"), Stretch(10, 12, "unseen")],
        [HoldMark(2.5, 10, "1", complete=True)],
        12.0,
        "text",
    )
    places = {
        kind: [(one.get("x"), one.get("width")) for one in shapes(found, kind)]
        for kind in ("wrong", "valid", "unseen", "hold")
    }
    assert places == {
        "wrong": [("0", "250")],
        "valid": [("250", "750")],
        "unseen": [("1000", "200")],
        "hold": [("250", "750")],
    }
    heights = {kind: shapes(found, kind)[0].get("height") for kind in ("wrong", "valid", "unseen")}
    assert len(set(heights.values())) == 3  # told apart without colours


def test_a_curve_is_broken_where_nothing_was_measured() -> None:
    t_s = np.arange(10) / 10
    values = np.array([1, 2, 3, np.nan, np.nan, 6, 7, np.nan, 9, 10.0])
    (path,) = shapes(curve(t_s, values), "value")
    assert [len(piece) for piece in points(path.get("d") or "")] == [3, 2, 2]


def test_no_peak_of_a_long_curve_is_lost() -> None:
    t_s = np.arange(60_000) / 30
    values = np.full(t_s.size, 50.0)
    values[31_234], values[31_300] = 90.0, 10.0
    limits = (LimitLine(90, "most", upper=True), LimitLine(10, "least", upper=False))
    (path,) = shapes(curve(t_s, values, *limits), "value")
    (piece,) = points(path.get("d") or "")
    y = [point[1] for point in piece]
    lines = [
        int(re.findall(r"M0 (\d+)", one.get("d") or "")[0])
        for one in shapes(curve(t_s, values, *limits), "limit")
    ]
    assert (min(y), max(y)) == (min(lines), max(lines))
    assert len(piece) <= 2 * drawing.MOST_BUCKETS + 2


@given(st.lists(NUMBERS, min_size=2, max_size=80), st.floats(-100, 100))
def test_a_curve_stays_within_its_frame(values: list[float], limit: float) -> None:
    t_s = np.arange(len(values)) / 10
    found = curve(t_s, np.array(values), LimitLine(limit, "x", upper=True))
    for path in shapes(found, "value"):
        for piece in points(path.get("d") or ""):
            assert all(0 <= x <= round(t_s[-1] * 100) for x, _ in piece)
            assert all(0 <= y <= drawing.TALL for _, y in piece)
            assert all(a[0] <= b[0] for a, b in pairwise(piece))


@given(st.floats(0.1, 40_000))
def test_an_axis_has_few_round_times(duration_s: float) -> None:
    times = drawing.ticks_s(duration_s)
    assert times[0] == 0
    assert len(times) <= 13
    assert all(t_s <= duration_s for t_s in times)


@pytest.mark.parametrize(("t_s", "words"), [(0, "0:00"), (65.4, "1:05"), (3599.6, "60:00")])
def test_a_time_reads_as_minutes_and_seconds(t_s: float, words: str) -> None:
    assert drawing.clock(t_s) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (-0.2, "deg", "0°"),
        (83.6, "deg", "84°"),
        (0.478, "ratio", "0.48"),
        (-0.001, "ratio", "0.00"),
    ],
)
def test_a_value_reads_in_its_unit(value: float, unit: str, words: str) -> None:
    assert drawing.in_unit(value, unit) == words


def test_a_bar_is_divided_by_seconds() -> None:
    found = drawing.share_bar([("valid", 6.0), ("wrong", 3.0), ("unseen", 1.0)], "text")
    widths = [shapes(found, kind)[0].get("width") for kind in ("valid", "wrong", "unseen")]
    assert widths == ["600.0", "300.0", "100.0"]
    assert shapes(drawing.share_bar([("valid", 0.0)], "text"), "valid") == []


def test_columns_stack_their_parts() -> None:
    found = drawing.columns([[("left", 5.0), ("right-side", 5.0)], []], ["a", "b"], 10.0, "text")
    (left,), (right,) = shapes(found, "left"), shapes(found, "right-side")
    assert (left.get("y"), left.get("height"), right.get("y")) == ("500", "500", "0")


def test_dots_lie_between_the_ends_of_their_axis() -> None:
    days = Days(10, "1 Nov", "10 Nov")
    found = drawing.dots([("pain", [(0, 0.0), (9, 10.0)])], days, "text", "", (0.0, 10.0))
    low, high = shapes(found, "dot")
    assert (low.get("cx"), high.get("cx")) == ("5.00%", "95.00%")
    assert float(low.get("cy") or 0) > float(high.get("cy") or 0)
    assert drawing.dots([("pain", [])], days, "text", "") == ""


def test_every_text_is_escaped() -> None:
    t_s, values = np.arange(3.0), np.arange(3.0)
    found = [
        drawing.timeline(
            [Stretch(0, 1, "valid", HOSTILE)], [HoldMark(0, 1, HOSTILE, complete=True)], 1, HOSTILE
        ),
        curve(t_s, values, LimitLine(1, HOSTILE, upper=True)),
        drawing.share_bar([(HOSTILE, 1.0)], HOSTILE),
        drawing.columns([[(HOSTILE, 1.0)]], [HOSTILE], 1.0, HOSTILE),
        drawing.dots([(HOSTILE, [(0, 1.0)])], Days(1, HOSTILE, HOSTILE), HOSTILE, ""),
    ]
    for svg in found:
        assert "<script" not in svg
        ET.fromstring(svg)  # noqa: S314 - made here
