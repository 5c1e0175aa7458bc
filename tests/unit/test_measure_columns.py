"""Quantities as columns over time: what is counted, what is summed up, what is drawn."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecheck.annotations import Span
from posecheck.errors import PoseCheckError
from posecheck.ledger import Hold
from posecheck.measure.columns import measure
from posecheck.measure.quantities import QUANTITIES, Quantity, Unit
from posecheck.pipeline.measuring import (
    asked_part,
    part_of_holds,
    seconds_of,
    spread,
)
from posecheck.reports import measurement
from posecheck.types import Side
from tests.figures import SEATED_VALID, Figure, nobody


def test_each_quantity_has_a_column_for_each_side_that_it_has() -> None:
    columns = measure([Figure().at(0.0)], ("knee", "trunk-inclination")).columns
    assert [column.heading for column in columns] == [
        "knee_left_deg",
        "knee_right_deg",
        "trunk_inclination_deg",
    ]


def test_a_quantity_of_both_legs_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Quantity(Unit.RATIO, "Made up.", ("left_knee", "right_knee"), lambda body, _: body.span)
    monkeypatch.setitem(QUANTITIES, "of-the-pair", pair)
    (column,) = measure([Figure().at(0.0)], ("of-the-pair",)).columns
    assert (column.heading, column.side) == ("of_the_pair_ratio", None)


def test_only_pictures_with_a_value_are_in_the_quantiles() -> None:
    """Three pictures: one well seen, one with a hidden knee, one without a person."""
    hidden = replace(Figure(knee=(120.0, 90.0)), visibility={"left_knee": 0.2})
    seen = [Figure(knee=(100.0, 90.0)).at(0.0), hidden.at(0.1), nobody(0.2)]
    left, right = (spread(column) for column in measure(seen, ("knee",)).columns)
    assert left.pictures == right.pictures == 2
    assert left.quantiles[2] == pytest.approx(110.0, abs=0.01)
    assert left.seen == pytest.approx(1 / 3)
    assert right.seen == pytest.approx(2 / 3)


def test_without_anybody_there_is_nothing_and_it_is_still_shown() -> None:
    measured = measure([nobody(0.0), nobody(0.5)], ("knee",))
    assert all(np.isnan(spread(column).quantiles).all() for column in measured.columns)
    shown = measurement.MeasureReport("a.mp4", None, measured, (Span(0.0, 0.5, "all"),))
    assert " - " in measurement.as_text(shown)
    assert measurement.as_csv(measured).splitlines()[1:] == ["0.000000,,", "0.500000,,"]
    assert measurement.draw("a.mp4", measured, shown.parts).shape[1] == measurement.WIDTH_PX


@given(start=st.floats(0.0, 50.0), length=st.floats(0.0, 20.0))
def test_the_seconds_of_a_part_join_without_gap(start: float, length: float) -> None:
    part = Span(start, start + length, "hold")
    pieces = list(seconds_of(part))
    assert pieces[0].start_s == part.start_s
    assert pieces[-1].end_s == part.end_s
    for before, after in pairwise(pieces):
        assert before.end_s == after.start_s
        assert before.end_s - before.start_s == pytest.approx(1.0)


def test_holds_are_parts_in_their_order() -> None:
    holds = [Hold(Side.RIGHT, 1_000_000, 3_000_000, 1_900_000, 10_000_000)]
    assert part_of_holds(holds) == (Span(1.0, 3.0, "hold 1 (right)"),)


def test_a_part_without_a_picture_is_refused_in_one_line() -> None:
    t_s = np.array([1.0, 2.0])
    assert asked_part(t_s, None, None) == Span(1.0, 2.0, "the whole recording")
    with pytest.raises(PoseCheckError, match=r"within 1\.0 and 2\.0 s"):
        asked_part(t_s, 1.2, 1.8)
    with pytest.raises(PoseCheckError, match="no picture"):
        asked_part(np.array([]), None, None)


def test_curves_of_a_long_recording_keep_their_peaks() -> None:
    """More pictures than pixels: the one peak is still drawn, at the top of its lane."""
    count = 6000
    seen = [SEATED_VALID.at(number / 30) for number in range(count)]
    seen[count // 2] = replace(SEATED_VALID, lean=60.0).at(count / 2 / 30)
    measured = measure(seen, ("trunk-inclination",))
    values = measured.columns[0].values.copy()
    values[: count // 50] = values[count // 2]  # so that the peak is within the lane
    columns = (replace(measured.columns[0], values=values),)
    image = measurement.draw("a", replace(measured, columns=columns), ())
    white = np.all(image[52:62, 330 + 330 :] > 200, axis=2)
    assert np.any(white), "the peak in the middle"
