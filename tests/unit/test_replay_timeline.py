"""The timeline: times and pixels, what a band and a curve show of a whole session."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck import display, exercises
from posecheck.annotations import (
    LEAST_DISAGREEMENT_S,
    Annotation,
    Annotations,
    Span,
    disagreements,
)
from posecheck.display import Rect
from posecheck.display.replay import verdict_band
from posecheck.display.replay.annotation_row import PAPER
from posecheck.display.replay.axis import SHORTEST_S, Axis, tick_text
from posecheck.display.replay.curves import ALLOWED, Lane, lanes_of, limits_text, runs, thinned
from posecheck.display.replay.panel import crossing_text
from posecheck.display.replay.timeline import Timeline, TimelineContent
from posecheck.display.replay.verdict_band import stretches
from posecheck.form.judge import Judge
from posecheck.replay.edit.editor import Editor
from posecheck.replay.edit.tracks import CODE, EVIDENCE_CODE, STATES, Tracks
from posecheck.types import Crossing, CrossingState, Evidence, State
from tests.figures import SEATED_UPRIGHT, SEATED_VALID, former, nobody
from tests.judged import steps

if TYPE_CHECKING:
    from posecheck.ledger import Step

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


def test_states_differ_in_height_not_in_colour_alone() -> None:
    tracks = tracks_of(STORY)
    axis = Axis(0.0, STORY[-1].t_s, 0, 1190)
    image = np.zeros((40, 1190, 3), np.uint8)
    verdict_band.draw(image, Rect(0, 0, 1190, 40), axis, tracks)
    ground = image[0, int(axis.x(5.0))]
    heights = {
        state: int((image[:, int(axis.x(t_s))] != ground).any(axis=1).sum())
        for state, t_s in ((State.VALID, 1.0), (State.WRONG, 4.5), (State.UNSEEN, 9.7))
    }
    assert heights == {State.VALID: 40, State.WRONG: 22, State.UNSEEN: 6}


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
    box = Rect(0, 0, 450, 40)
    lane = Lane.of(SEATED.rule("ankle-crossed"), box, tracks)
    image = np.zeros((40, 450, 3), np.uint8)
    lane.draw(image, Axis(0.0, 4.5, 0, 450), tracks, 0.5)
    at = [round(10 * row) for row in range(45)]
    seen = (image[0, at] == display.GREEN).all(axis=1)
    assert np.flatnonzero(seen).tolist() == list(range(10, 30))
    seen = (image[39, at] == display.VERMILION).all(axis=1)
    assert {*range(10), *range(30, 40)} <= set(np.flatnonzero(seen).tolist())
    assert not seen[15:25].any()
    assert not (image == np.array(ALLOWED, np.uint8)).all(axis=2).any(), "it has no limits"
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


def content(timeline: Timeline, editor: Editor, first_lane: int = 0) -> TimelineContent:
    tracks = tracks_of(STORY)
    whole = 0.0, STORY[-1].t_s
    return TimelineContent(
        tracks, (), whole, timeline.axis(*whole), 3.0, STORY[30], first_lane,
        tracks.disagreements(editor.annotations), editor,
    )  # fmt: skip


def empty_editor() -> Editor:
    return Editor(Annotations(SEATED.name), "AB", (), str)


def test_what_a_person_says_is_drawn_on_paper_and_nowhere_else() -> None:
    timeline = Timeline(SEATED, Rect(0, 0, 1440, 400), 1.0)
    pictures = []
    for editor in (empty_editor(), empty_editor().mark(4.0).mark(8.0).label(State.WRONG)):
        image = np.zeros((400, 1440, 3), np.uint8)
        timeline.draw(image, content(timeline, editor))
        pictures.append(image)
    paper = np.array([timeline.row_at(700, y) == "person" for y in range(400)])
    changed = (pictures[0] != pictures[1]).any(axis=(1, 2))
    sheet = (pictures[0] == PAPER).all(axis=2).sum(axis=1)
    assert (sheet[paper] > 600).all()
    assert (sheet[~paper] == 0).all()
    differing = (pictures[1] == (167, 121, 204)).all(axis=2).any(axis=1)
    assert differing.any()
    assert not (changed & ~paper & ~differing)[: 400 - 90].any(), "machine rows are untouched"


def test_pressing_on_the_paper_is_not_pressing_on_the_time() -> None:
    timeline = Timeline(SEATED, Rect(0, 500, 1440, 400), 1.0)
    assert timeline.row_at(700, 520) == "time"
    assert timeline.row_at(700, 890) == "person"
    assert timeline.row_at(700, 499) is None


def test_the_background_is_drawn_once_while_nothing_of_it_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timeline = Timeline(SEATED, Rect(0, 0, 1440, 400), 1.0)
    drawn: list[int] = []
    original = verdict_band.draw
    monkeypatch.setattr(verdict_band, "draw", lambda *a: (drawn.append(1), original(*a)))
    image = np.zeros((400, 1440, 3), np.uint8)
    for _ in range(3):
        timeline.draw(image, content(timeline, empty_editor()))
    assert len(drawn) == 1
    timeline.draw(image, content(timeline, empty_editor(), first_lane=1))
    assert len(drawn) == 2


def test_a_white_curve_is_judged_and_a_vermilion_one_is_broken() -> None:
    timeline = Timeline(SEATED, Rect(0, 0, 1440, 400), 1.0)
    image = np.zeros((400, 1440, 3), np.uint8)
    shown = content(timeline, empty_editor())
    timeline.draw(image, shown)
    lanes = image[110:320]
    at = {t_s: lanes[:, round(shown.axis.x(t_s)) - 1] for t_s in (1.0, 5.0)}
    vermilion = {t_s: (column == display.VERMILION).all(axis=1).any() for t_s, column in at.items()}
    assert vermilion == {1.0: False, 5.0: True}
