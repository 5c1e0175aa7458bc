"""The timeline: times and pixels, what a band and a curve show of a whole session."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck import exercises
from posecheck.annotations import (
    LEAST_DISAGREEMENT_S,
    Annotation,
    Annotations,
    Span,
    disagreements,
)
from posecheck.form.judge import Judge
from posecheck.ledger import tenths
from posecheck.page.replay import COLUMNS, ROWS
from posecheck.replay import scene
from posecheck.replay.edit.tracks import (
    CODE,
    EVIDENCE_CODE,
    SHORTEST_S,
    STATES,
    Axis,
    Tracks,
    lanes_of,
    limits_text,
    runs,
    stretches,
    thinned,
    tick_text,
)
from posecheck.replay.scene import crossing_text, timeline_of
from posecheck.types import Crossing, CrossingState, Evidence, State
from tests.figures import SEATED_UPRIGHT, SEATED_VALID, former, nobody
from tests.judged import steps

if TYPE_CHECKING:
    from posecheck.ledger import Step
    from posecheck.page.replay import MachineRows

SEATED = exercises.load("seated-figure-four")


def story(letters: str) -> list[Step]:
    """Return the steps of V(alid), W(rong) and N(obody), ten pictures a second."""
    figures = {"V": SEATED_VALID, "W": SEATED_UPRIGHT}
    seen = [
        figures[letter].at(i / 10) if letter in figures else nobody(i / 10)
        for i, letter in enumerate(letters)
    ]
    return list(Judge(SEATED).judge(seen))


STORY = story("V" * 40 + "W" * 20 + "V" * 30 + "N" * 15 + "V" * 15)


def tracks_of(told: list[Step]) -> Tracks:
    tracks = Tracks(SEATED)
    tracks.take(told)
    return tracks


AXES = st.builds(
    lambda first, span, width: Axis(first, first + span, 100, width),
    st.floats(0, 7000), st.floats(SHORTEST_S, 3600), st.integers(50, 2000),
)  # fmt: skip


@given(AXES, st.floats(0, 1))
def test_a_place_on_the_axis_is_a_time_and_back(axis: Axis, share: float) -> None:
    t_s = axis.from_s + share * axis.span_s
    assert axis.t_s(axis.x(t_s)) == pytest.approx(t_s)
    assert axis.t_s(-1e6) == axis.from_s
    assert axis.t_s(1e6) == pytest.approx(axis.to_s)


@given(AXES, st.floats(0, 1), st.sampled_from([0.5, 2.0]), st.floats(0, 5000))
def test_zooming_stays_inside_and_keeps_the_time_in_sight(
    axis: Axis, share: float, factor: float, more_s: float
) -> None:
    whole = max(0.0, axis.from_s - more_s), axis.to_s + more_s
    t_s = axis.from_s + share * axis.span_s
    zoomed = axis.zoomed(factor, t_s, whole)
    assert whole[0] - 1e-6 <= zoomed.from_s <= t_s + 1e-6
    assert t_s - 1e-6 <= zoomed.to_s <= whole[1] + 1e-6
    assert zoomed.span_s >= min(SHORTEST_S, axis.span_s) - 1e-6


@given(AXES, st.floats(0, 9000))
def test_the_axis_turns_over_to_where_the_replay_stands(axis: Axis, t_s: float) -> None:
    whole = 0.0, 20_000.0
    there = axis.following(t_s, whole)
    assert there.from_s - 1e-6 <= t_s <= there.to_s + 1e-6
    assert there.span_s == pytest.approx(axis.span_s)


@given(AXES)
def test_ticks_are_round_and_apart(axis: Axis) -> None:
    step_s, times_s = axis.ticks(90)
    gaps_px = np.diff([axis.x(t_s) for t_s in times_s])
    assert (gaps_px > 89.9).all() or step_s == 7200
    assert all(abs(t_s / step_s - round(t_s / step_s)) < 1e-6 for t_s in times_s)


def test_ticks_read_as_clocks() -> None:
    assert tick_text(65.0, 5.0) == "1:05"
    assert tick_text(65.5, 0.5) == "1:05.5"
    assert tick_text(3725.0, 1.0) == "1:02:05"


def test_the_band_shows_the_ledger() -> None:
    tracks = tracks_of(STORY)
    axis = Axis(0.0, STORY[-1].t_s, 50, 1190)
    shown_px = dict.fromkeys(State, 0)
    edges = [50]
    for first, last, state in stretches(axis, tracks):
        assert first == edges[-1], "no holes"
        edges.append(last)
        shown_px[state] += last - first
    assert edges[-1] == 50 + 1190
    for state in State:
        expected_px = STORY[-1].ledger.seconds(state) / axis.span_s * axis.width_px
        assert shown_px[state] == pytest.approx(expected_px, abs=4)


def test_the_band_is_empty_where_nothing_was_recorded() -> None:
    axis = Axis(0.0, 2 * STORY[-1].t_s, 0, 1000)
    assert max(last for _, last, _ in stretches(axis, tracks_of(STORY))) <= 501
    assert list(stretches(axis, tracks_of(STORY[:1]))) == []


def plainly_differing(steps: list[Step], annotations: Annotations) -> tuple[Span, ...]:
    """Return the spans in which verdicts differ from annotations, step by step."""
    found: list[Span] = []
    running: Span | None = None
    for step in steps:
        said = annotations.at(step.t_s)
        differs = said is not None and said.state is not step.verdict.state
        what = f"{step.verdict.state} / {said.state}" if differs and said is not None else ""
        if running is not None:
            running = Span(running.start_s, step.t_s, running.what)
            if running.what != what:
                found.append(running)
                running = None
        if running is None and what:
            running = Span(step.t_s, step.t_s, what)
    if running is not None:
        found.append(running)
    return tuple(span for span in found if span.end_s - span.start_s >= LEAST_DISAGREEMENT_S)


@given(st.text("VWN", min_size=2, max_size=60), st.data())
@settings(deadline=None, max_examples=40)
def test_fast_disagreements_are_the_plain_ones(letters: str, data: st.DataObject) -> None:
    steps = story(letters)
    times = data.draw(st.lists(st.integers(0, 65), min_size=2, max_size=8, unique=True))
    times_s = [t / 10 for t in sorted(times)]
    items = [
        Annotation(start_s, end_s, data.draw(st.sampled_from(STATES)), None, "", "AB", "")
        for start_s, end_s in itertools.pairwise(times_s)
        if data.draw(st.booleans())
    ]
    annotations = Annotations.of(SEATED.name, items)
    assert tracks_of(steps).disagreements(annotations) == plainly_differing(steps, annotations)
    assert disagreements(steps, annotations) == plainly_differing(steps, annotations)


def test_tracks_grow_as_the_session_is_read() -> None:
    whole, grown = tracks_of(STORY), Tracks(SEATED)
    for start in range(0, len(STORY), 7):
        grown.take(STORY[start : start + 7])
    assert len(grown) == len(whole) == len(STORY)
    assert np.array_equal(grown.spent_s(), whole.spent_s())
    for number in range(len(whole.names)):
        for ours, theirs in zip(grown.column(number), whole.column(number), strict=True):
            assert np.array_equal(ours, theirs, equal_nan=True)


def test_every_reading_has_its_column() -> None:
    tracks = tracks_of(STORY)
    for rule in SEATED.rules:
        (number,) = tracks.columns_of(rule.name)
        values, states = tracks.column(number)
        for row in (0, 45, 95):
            readings = [r for r in STORY[row].verdict.readings if r.rule == rule.name]
            if not readings:
                assert np.isnan(values[row])
                assert STATES[states[row]] is State.UNSEEN
            else:
                assert values[row] == readings[0].value
                assert STATES[states[row]] is readings[0].state


def test_a_rule_of_both_sides_has_two_columns() -> None:
    tracks = Tracks(former("prone-press-up"))
    assert len(tracks.columns_of("extension")) == 2
    assert len(tracks.columns_of("face-down")) == 1
    # The mean of both legs is one value.
    assert len(Tracks(exercises.load("prone-press-up")).columns_of("extension")) == 1


def test_the_evidence_for_crossed_legs_is_kept_and_marked_in_their_lane() -> None:
    feet_down = replace(SEATED_VALID, crossed=None)
    told = steps([feet_down] * 10 + [SEATED_VALID] * 20 + [feet_down] * 10 + [None] * 5, SEATED)
    tracks = tracks_of(told)
    kinds = [list(EVIDENCE_CODE)[code] for code in tracks.evidence]
    assert (
        kinds == [Evidence.NO] * 10 + [Evidence.YES] * 20 + [Evidence.NO] * 10 + [Evidence.NONE] * 5
    )
    lanes = timeline_of(Axis(0.0, 4.5, 0, 450), (SEATED, tracks, (), ())).machine
    assert lanes is not None
    (lane,) = (lane for lane in lanes.lanes if lane.marks)
    assert lane.title == SEATED.rule("ankle-crossed").title
    assert lane.marks["yes"] == tuple(range(100, 300, 10))
    assert lane.marks["no"] == (*range(0, 100, 10), *range(300, 400, 10))
    assert lane.allowed is None, "it has no limits"
    assert "ankle-crossed" not in {rule.name for rule in lanes_of(SEATED)[:2]}


def test_the_panel_says_what_is_known_of_crossed_legs_and_from_what() -> None:
    said = {
        (state, evidence, yes_s): crossing_text(Crossing(state, evidence, yes_s), 5.0)
        for state in CrossingState
        for evidence in Evidence
        for yes_s in (None, 2.7)
    }
    crossed, down = CrossingState.CROSSED, CrossingState.DOWN
    assert said[crossed, Evidence.YES, 2.7] == "crossed, seen crossed now"
    assert said[crossed, Evidence.NONE, 2.7] == "crossed, seen 2.3 s ago"
    assert said[CrossingState.MUTED, Evidence.NO, 2.7] == "uncrossed?, seen apart now"
    assert said[CrossingState.UNKNOWN, Evidence.NONE, None] == "not seen"
    assert said[down, Evidence.NONE, 2.7] == "not crossed"


VALUES = st.lists(
    st.tuples(st.floats(-50, 200) | st.just(float("nan")), st.sampled_from(range(3))),
    min_size=1, max_size=200,
)  # fmt: skip


@given(VALUES, st.integers(5, 40))
def test_a_thinned_curve_keeps_its_peaks_and_its_faults(
    rows: list[tuple[float, int]], width_px: int
) -> None:
    t_s = np.arange(len(rows)) / 30
    values, codes = np.array([row[0] for row in rows]), np.array([row[1] for row in rows], np.int8)
    axis = Axis(0.0, max(1.0, float(t_s[-1])), 0, width_px)
    _, thin, thin_codes = thinned(axis, t_s, values, codes)
    assert thin.size <= 2 * (width_px + 1)
    if np.isfinite(values).any():
        assert np.nanmax(thin) == np.nanmax(values)
        assert np.nanmin(thin) == np.nanmin(values)
    else:
        assert np.isnan(thin).all()
    assert (thin_codes == CODE[State.WRONG]).any() == (codes == CODE[State.WRONG]).any()


@given(VALUES)
def test_a_curve_has_no_line_across_what_is_missing(rows: list[tuple[float, int]]) -> None:
    values, codes = np.array([row[0] for row in rows]), np.array([row[1] for row in rows], np.int8)
    t_s = np.cumsum(np.where(codes == 2, 0.7, 0.1))  # a gap before everything unseen
    covered = np.zeros(values.size, bool)
    for part, state in runs(t_s, values, codes, 0.5):
        assert np.isfinite(values[part]).all()
        assert (np.diff(t_s[part]) <= 0.5).all()
        own = codes[part][: max(1, codes[part].size - 1)]
        assert (own == CODE[state]).all()
        covered[part] = True
    assert (covered == np.isfinite(values)).all()


def test_limits_read_as_in_the_exercise() -> None:
    shown = {rule.name: limits_text(rule) for rule in SEATED.rules}
    assert shown["sitting"] == "≤ 65°"
    assert shown["supporting-knee"] == "65 to 130°"
    assert shown["ankle-crossed"] == "as it happens"
    shown = {rule.name: limits_text(rule) for rule in former(SEATED.name).rules}
    assert shown["ankle-crossed"] == "≤ 0.48"


def test_judged_joints_come_first_and_advice_last() -> None:
    names = [rule.name for rule in lanes_of(SEATED)]
    assert set(names[:2]) == {"supporting-knee", "lean"}
    assert names[-1] == "knee-low"


def machine_of(told: list[Step], axis: Axis) -> MachineRows:
    tracks = tracks_of(told)
    found = timeline_of(axis, (SEATED, tracks, (), ())).machine
    assert found is not None
    return found


def test_a_curve_comes_in_pieces_of_one_state() -> None:
    rows = machine_of(STORY, Axis(0.0, STORY[-1].t_s, 0, COLUMNS))
    lean = next(lane for lane in rows.lanes if lane.title == SEATED.rule("lean").title)
    assert [state for state, _ in lean.curves] == ["valid", "wrong", "valid", "valid"]
    for _, points in lean.curves:
        columns, heights = points[::2], points[1::2]
        assert list(columns) == sorted(columns)
        assert min(columns) >= 0
        assert max(columns) <= COLUMNS
        assert min(heights) >= 0
        assert max(heights) <= ROWS
    assert lean.allowed is not None
    low, high = lean.allowed
    assert low == 0, "it has an upper limit"
    wrong = lean.curves[1][1][1:-2:2]
    assert min(wrong) > high


def test_a_timeline_of_an_hour_is_small() -> None:
    told = story("VVVVWWWWN" * 300)
    rows = machine_of(told, Axis(0.0, told[-1].t_s, 0, COLUMNS))
    assert len(rows.states) <= COLUMNS
    points = sum(len(path) // 2 for lane in rows.lanes for _, path in lane.curves)
    assert points <= len(rows.lanes) * 3 * COLUMNS * 2


def test_blind_timelines_hold_ticks_and_nothing_else() -> None:
    part = timeline_of(Axis(0.0, 10.0, 0, COLUMNS), None)
    assert part.machine is None
    assert [text for _, text in part.ticks][:2] == ["0:00", "0:01"]


def test_numbers_are_cut_off_and_never_rounded_up() -> None:
    assert tenths(9.999999) == "9.9"
    assert scene.clock(59.999) == "0:59.99"
    assert scene.clock(65.5) == "1:05.50"
