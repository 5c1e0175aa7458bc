"""Agreement: known tables in, published figures out; hand-made sessions in, known seconds out."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck import exercises
from posecheck.annotations import Annotation, Annotations, disagreements
from posecheck.annotations.store import MACHINE
from posecheck.errors import AnnotationError
from posecheck.evaluation.agreement import (
    Agreement,
    Rater,
    SessionAgreement,
    agreement,
    machine,
    person,
    pooled,
    spread_over,
)
from posecheck.evaluation.agreement_report import as_json, as_text
from posecheck.evaluation.confusion import STATES, Confusion, Spread, in_words, spread
from posecheck.form.judge import Judge
from posecheck.types import State
from tests.figures import SEATED_UPRIGHT, SEATED_VALID, nobody

SEATED = exercises.load("seated-figure-four")
S = 1_000_000
V, W, U = State.VALID, State.WRONG, State.UNSEEN


def confusion(rows: list[list[int]]) -> Confusion:
    return Confusion(
        {(STATES[i], STATES[j]): n for i, r in enumerate(rows) for j, n in enumerate(r)}
    )


def test_kappa_of_cohens_own_example() -> None:
    """J. Cohen, "Weighted kappa", Psychological Bulletin 70 (1968), table 1: two judges sort 200
    patients into three diagnoses; the proportions in the cells. He gives kappa = .492."""
    table = confusion([[44, 7, 9], [5, 20, 5], [1, 3, 6]])
    assert round(table.kappa, 3) == 0.492
    assert table.share == 0.70


# cohen_kappa_score(..., sample_weight=...) of scikit-learn 1.9.1 on the same tables.
SCIKIT_LEARN = [
    ([[88, 14, 18], [10, 40, 6], [2, 6, 12]], 0.5085959885386819),
    ([[9_700_000, 300_000, 0], [120_000, 4_880_000, 250_000], [40_000, 0, 1_500_000]],
     0.9222959297743819),
    ([[0, 5, 0], [5, 0, 0], [0, 0, 0]], -1.0),
    ([[20, 5, 0], [10, 15, 0], [0, 0, 0]], 0.4),
    ([[3_000_000, 1, 2], [3, 4_000_000, 5], [6, 7, 0]], 0.999993000044833),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "kappa"), SCIKIT_LEARN)
def test_kappa_equals_scikit_learns(rows: list[list[int]], kappa: float) -> None:
    assert confusion(rows).kappa == pytest.approx(kappa, abs=1e-12)


ROWS = st.lists(st.lists(st.integers(0, 10**10), min_size=3, max_size=3), min_size=3, max_size=3)


@settings(deadline=None)
@given(rows=ROWS)
def test_kappa_is_at_most_one_the_same_both_ways_and_for_any_unit(rows: list[list[int]]) -> None:
    table = confusion(rows)
    turned = confusion([list(column) for column in zip(*rows, strict=True)])
    longer = confusion([[7 * n for n in row] for row in rows])
    if math.isnan(table.kappa):
        assert math.isnan(turned.kappa)
        return
    assert -1 <= table.kappa <= 1
    assert table.kappa == pytest.approx(turned.kappa, abs=1e-12)
    assert table.kappa == pytest.approx(longer.kappa, abs=1e-12)
    assert (table.kappa == 1) is (table.agreed_us == table.total_us)
    assert table.false_valid_us == turned.missed_valid_us


def test_kappa_has_no_value_without_time_or_with_one_word_only() -> None:
    assert math.isnan(Confusion().kappa)
    assert math.isnan(Confusion().share)
    assert math.isnan(confusion([[5, 0, 0], [0, 0, 0], [0, 0, 0]]).kappa)


def test_no_interval_over_one_person() -> None:
    assert spread([]) is None
    assert spread([confusion([[9, 1, 0], [0, 5, 0], [0, 0, 5]]), Confusion()]) is None


def test_an_interval_over_two_people_reaches_from_one_to_the_other() -> None:
    """Two people of 10 s each, drawn twice: a quarter of the draws has the one or the other
    alone, so the 95 % interval ends at their own figures, whatever the moments."""
    good = confusion([[5 * S, 0, 0], [0, 5 * S, 0], [0, 0, 0]])
    bad = confusion([[2 * S, 3 * S, 0], [3 * S, 2 * S, 0], [0, 0, 0]])
    found = spread([good, bad])
    assert found is not None
    assert (found.people, found.share) == (2, pytest.approx((0.4, 1.0)))
    assert found.kappa == pytest.approx((-0.2, 1.0))
    both = (good + bad).share
    assert found.share[0] < both < found.share[1]


@settings(deadline=None, max_examples=30)
@given(tables=st.lists(ROWS, min_size=2, max_size=6))
def test_an_interval_holds_shares_between_the_least_and_the_largest(
    tables: list[list[list[int]]],
) -> None:
    people = [table for table in map(confusion, tables) if table.total_us]
    found, again = spread(people), spread(people)
    if len(people) < 2:
        assert found is None
        return
    assert found is not None
    shares = [table.share for table in people]
    assert min(shares) - 1e-9 <= found.share[0] <= found.share[1] <= max(shares) + 1e-9
    assert repr(found) == repr(again)


def test_alike_people_make_a_narrow_interval() -> None:
    one = confusion([[8, 1, 0], [1, 8, 0], [0, 0, 2]])
    found = spread([one] * 12)
    assert found is not None
    assert found.share == pytest.approx((one.share, one.share))
    assert found.kappa == pytest.approx((one.kappa, one.kappa))


def test_words_say_why_there_is_no_interval() -> None:
    assert in_words(0.837, 0.7, None) == ("0.83 (no interval: one person)", "0.70")
    assert "the people are not named" in in_words(0.837, 0.7, None, named=False)[0]
    spread_out = Spread(6, (0.8, 0.9), (0.61, 0.79))
    assert in_words(0.837, 0.7, spread_out) == (
        "0.83 (95 % interval over 6 people: 0.80 to 0.90)",
        "0.70 (0.61 to 0.79)",
    )


def test_sessions_of_one_folder_are_of_one_person() -> None:
    tables = [confusion([[9, n, 0], [n, 9, 0], [0, 0, 2]]) for n in (1, 2, 3)]
    places = [Path("anna/1.jsonl"), Path("anna/2.jsonl"), Path("bea/1.jsonl")]
    sessions = [
        SessionAgreement(path, SEATED.name, (Agreement("AB", MACHINE, table),), {}, ())
        for path, table in zip(places, tables, strict=True)
    ]
    assert spread_over(sessions[:2], with_machine=True) is None
    assert "Put those of each person" in as_text(sessions[:2]).replace("\n", " ")
    assert "With one person no interval" in as_text(sessions[:1]).replace("\n", " ")
    found = spread_over(sessions, with_machine=True)
    assert found is not None
    assert found.people == 2
    assert "interval over 2 people" in as_text(sessions)
    (pooled_dict,) = as_json(sessions)["pooled"]
    assert pooled_dict["interval_95_percent_over_people"]["people"] == 2
    assert spread_over(sessions, with_machine=False) is None


def said(start_s: float, end_s: float, state: State, rule: str | None = None) -> Annotation:
    return Annotation(start_s, end_s, state, rule, "", "AB", "2026-11-22T18:00:00+00:00")


def annotated(*items: Annotation) -> Annotations:
    return Annotations.of(SEATED.name, items)


# Ten pictures a second: valid to 12.0 s, upright (wrong) to 14.0 s, nobody to 15.0 s.
SEEN = [
    *(SEATED_VALID.at(i / 10) for i in range(121)),
    *(SEATED_UPRIGHT.at(i / 10) for i in range(121, 141)),
    *(nobody(i / 10) for i in range(141, 151)),
]
T_S = [seen.t_s for seen in SEEN]
STEPS = list(Judge(SEATED).judge(SEEN))
TOOL = machine(STEPS)


def test_a_person_who_says_the_same_agrees_fully() -> None:
    same = annotated(said(0, 12.05, V), said(12.05, 14.05, W), said(14.05, 15.5, U))
    found = agreement(person("AB", same, T_S), TOOL, T_S, SEATED)
    assert found.with_machine
    assert found.confusion.kappa == 1
    assert found.confusion.total_us == 15_000_000
    assert found.left_out_us == 0
    assert found.holds.seconds.values == (0.0,)
    assert (found.holds.complete_found, found.holds.complete_missed) == (1, 0)
    assert disagreements(STEPS, same) == ()


def test_seconds_of_a_person_who_is_stricter() -> None:
    """The person calls 8 to 12 s wrong: 4 s falsely valid, the hold of 8 s not complete."""
    strict = annotated(said(0, 7.95, V), said(7.95, 14.05, W, "lean"), said(14.05, 15.5, U))
    found = agreement(person("AB", strict, T_S), TOOL, T_S, SEATED)
    # The person's last valid picture is 7.9 s; the tool's is 12.0 s.
    assert found.confusion.us(V, V) == 7_900_000
    assert found.confusion.us(W, V) == found.confusion.false_valid_us == 4_100_000
    assert found.confusion.us(W, W) == 2_000_000
    assert found.confusion.us(U, U) == 1_000_000
    assert found.holds.seconds.values == (pytest.approx(4.1),)
    assert found.holds.complete_invented == 1
    assert found.both_wrong_us == 2_000_000
    (span,) = disagreements(STEPS, strict)
    assert (span.start_s, span.end_s, span.what) == (8.0, 12.1, "valid / wrong")


def test_time_without_an_annotation_is_left_out() -> None:
    some = annotated(said(2, 5, V), said(12.5, 13.5, W))
    found = agreement(person("AB", some, T_S), TOOL, T_S, SEATED)
    assert found.confusion.us(V, V) == 2_900_000
    assert found.confusion.us(W, W) == 900_000
    assert found.confusion.total_us + found.left_out_us == 15_000_000
    # Nobody knows how long the person's hold went on, so it is not scored, and that is said.
    assert found.holds.seconds.count == 0
    assert found.holds.left_out == 1
    session = SessionAgreement(Path("a.posecheck.jsonl"), SEATED.name, (found,), {}, ())
    text = " ".join(as_text([session]).split())
    assert "holds left out 1: time beside them is not annotated" in text
    assert as_json([session])["sessions"][0]["pairs"][0]["holds"]["left_out"] == 1


@pytest.mark.parametrize("off_s", [0.0, 5e-7, -5e-7])
def test_a_hold_up_to_the_last_picture_counts(off_s: float) -> None:
    """No later end than the last picture can be set in the window."""
    t_s, steps = T_S[:121], STEPS[:121]
    one = person("AB", annotated(said(0, 12.0 + off_s, V)), t_s)
    found = agreement(one, machine(steps), t_s, SEATED)
    assert found.left_out_us == 0
    assert found.confusion.us(V, V) == 12_000_000
    assert found.holds.complete_found == 1
    short = person("AB", annotated(said(0, 11.95, V)), t_s)
    assert short.verdicts[-1] is None
    assert short.verdicts[-2] is not None


def test_time_without_pictures_is_nobodys() -> None:
    seen = [SEATED_VALID.at(t / 10) for t in (*range(31), *range(81, 121))]
    t_s = [picture.t_s for picture in seen]
    tool = machine(list(Judge(SEATED).judge(seen)))
    people = [person(name, annotated(said(0, 12.0, V)), t_s) for name in ("AB", "CD")]
    for second in (tool, people[1]):
        found = agreement(people[0], second, t_s, SEATED)
        assert found.confusion.us(U, U) == 0
        assert found.left_out_us == 5_100_000
        assert found.confusion.us(V, V) == 6_900_000


def test_the_rule_that_both_name() -> None:
    rule = STEPS[130].verdict.reason
    assert rule is not None
    for named, same in ((rule.rule, True), ("ankle-crossed", rule.rule == "ankle-crossed")):
        one = annotated(said(12.05, 14.05, W, named))
        found = agreement(person("AB", one, T_S), TOOL, T_S, SEATED)
        assert found.both_wrong_us > 0
        assert (found.same_rule_us == found.both_wrong_us) is same


def test_two_people_and_the_sum_over_sessions() -> None:
    one = person("AB", annotated(said(0, 10, V), said(10, 15.5, W)), T_S)
    other = person("CD", annotated(said(0, 9, V), said(9, 15.5, W)), T_S)
    found = agreement(one, other, T_S, SEATED)
    assert not found.with_machine
    assert found.confusion.us(V, W) == 1_000_000
    both = pooled([found, found], "people", "other people")
    assert both.confusion.total_us == 2 * found.confusion.total_us
    assert both.confusion.kappa == pytest.approx(found.confusion.kappa)
    assert both.holds.seconds.count == 2 * found.holds.seconds.count


@settings(deadline=None)
@given(
    cuts=st.lists(st.integers(0, 150), min_size=2, max_size=6, unique=True),
    states=st.lists(st.sampled_from(State), min_size=5, max_size=5),
)
def test_all_time_is_sorted_or_left_out(cuts: list[int], states: list[State]) -> None:
    edges = sorted(cuts)
    items = [
        said(a / 10, b / 10, state) for a, b, state in zip(edges, edges[1:], states, strict=False)
    ]
    found = agreement(person("AB", annotated(*items), T_S), TOOL, T_S, SEATED)
    assert found.confusion.total_us + found.left_out_us == 15_000_000
    itself = agreement(*(person(name, annotated(*items), T_S) for name in "AB"), T_S, SEATED)
    assert itself.confusion.agreed_us == itself.confusion.total_us


def test_annotations_of_another_session_are_refused() -> None:
    with pytest.raises(AnnotationError, match="AB: no annotation covers a picture"):
        person("AB", annotated(said(100, 110, V)), T_S)


def test_the_machine_is_called_by_its_name() -> None:
    assert Rater("x", ()).name != TOOL.name == MACHINE
