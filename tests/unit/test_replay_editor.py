"""Annotating: what every answer keeps, and that undo brings back what was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecheck.annotations import Annotations
from posecheck.replay.edit.editor import LONGEST_NOTE, Asking, Editor
from posecheck.types import State

RULES = ("sitting", "lean")


def made_at() -> str:
    return "2026-11-22T10:00:00Z"


def editor() -> Editor:
    return Editor(Annotations("seated-figure-four"), "AB", RULES, made_at)


def said(editor: Editor) -> list[tuple[float, float, str, str | None, str]]:
    return [
        (item.start_s, item.end_s, str(item.state), item.rule, item.note)
        for item in editor.annotations.items
    ]


def typed(editor: Editor, text: str) -> Editor:
    return editor.written(editor.note + text)


def test_two_marks_and_a_label_make_an_annotation() -> None:
    marked = editor().mark(2.0).mark(5.0)
    assert marked.asking is Asking.LABEL
    assert said(marked) == []
    labelled = marked.label(State.VALID)
    assert said(labelled) == [(2.0, 5.0, "valid", None, "")]
    item = labelled.annotations.items[0]
    assert (item.annotator, item.made_at) == ("AB", "2026-11-22T10:00:00Z")
    assert labelled.asking is Asking.NOTHING


def test_an_interval_may_be_marked_backward_but_not_without_length() -> None:
    assert said(editor().mark(5.0).mark(2.0).label(State.UNSEEN)) == [
        (2.0, 5.0, "unseen", None, "")
    ]
    assert editor().mark(5.0).mark(5.0).asking is Asking.END


def test_wrong_is_kept_at_once_and_then_asks_for_rule_and_note() -> None:
    wrong = editor().mark(0.0).mark(1.0).label(State.WRONG)
    assert said(wrong) == [(0.0, 1.0, "wrong", None, "")]
    assert wrong.asking is Asking.RULE
    ruled = wrong.choose(2)
    assert said(ruled) == [(0.0, 1.0, "wrong", "lean", "")]
    noted = typed(ruled, " round back ").enter()
    assert said(noted) == [(0.0, 1.0, "wrong", "lean", "round back")]
    assert noted.asking is Asking.NOTHING
    assert said(noted.undo()) == [], "one step back takes all answers of one interval"
    assert said(noted.undo().redo()) == said(noted)


def test_rule_and_note_need_not_be_said() -> None:
    wrong = editor().mark(0.0).mark(1.0).label(State.WRONG)
    assert said(wrong.enter().enter()) == [(0.0, 1.0, "wrong", None, "")]
    assert said(wrong.cancel()) == [(0.0, 1.0, "wrong", None, "")]
    assert wrong.choose(3) is wrong, "there is no third rule"


def test_a_selected_annotation_can_be_changed_and_deleted() -> None:
    made = editor().mark(2.0).mark(4.0).label(State.VALID)
    chosen = made.cancel().select(3.0)
    assert chosen.selected is not None
    assert said(chosen.label(State.UNSEEN)) == [(2.0, 4.0, "unseen", None, "")]
    assert said(chosen.move_edge(1.0, end=False)) == [(1.0, 4.0, "valid", None, "")]
    assert said(chosen.move_edge(6.0, end=True)) == [(2.0, 6.0, "valid", None, "")]
    assert chosen.move_edge(1.0, end=True) is chosen, "nothing would be left"
    assert said(typed(chosen.write(), "good").enter()) == [(2.0, 4.0, "valid", None, "good")]
    deleted = chosen.remove()
    assert said(deleted) == []
    assert said(deleted.undo()) == [(2.0, 4.0, "valid", None, "")]


def test_a_note_written_later_is_a_change_of_its_own() -> None:
    made = editor().mark(0.0).mark(1.0).label(State.VALID)
    noted = typed(made.write(), "calm").enter()
    assert said(noted.undo()) == [(0.0, 1.0, "valid", None, "")]


def test_relabelled_as_valid_an_annotation_names_no_rule() -> None:
    wrong = editor().mark(0.0).mark(1.0).label(State.WRONG).choose(1).enter()
    assert said(wrong.label(State.VALID)) == [(0.0, 1.0, "valid", None, "")]


def test_nothing_is_selected_where_nothing_is_said() -> None:
    none = editor().mark(0.0).mark(1.0).label(State.VALID).select(1.5)
    assert none.selected is None
    assert none.remove() is none
    assert none.label(State.WRONG) is none
    assert none.write() is none


def test_notes_can_be_corrected_and_end_somewhere() -> None:
    asked = editor().mark(0.0).mark(1.0).label(State.VALID).write()
    assert len(typed(asked, "a" * 2 * LONGEST_NOTE).note) == LONGEST_NOTE


def test_without_anything_done_there_is_nothing_to_undo() -> None:
    assert editor().undo() == editor()
    assert editor().redo() == editor()


TIMES = st.floats(0, 30).map(lambda t_s: round(t_s, 1))
ACTIONS = st.one_of(
    st.tuples(st.just("mark"), TIMES),
    st.tuples(st.just("span"), st.tuples(TIMES, TIMES)),
    st.tuples(st.just("label"), st.sampled_from(list(State))),
    st.tuples(st.just("choose"), st.integers(0, 3)),
    st.tuples(st.just("written"), st.sampled_from(["a", "b ", "Ä\n"])),
    st.tuples(st.just("select"), TIMES),
    st.tuples(st.just("start"), TIMES),
    st.tuples(st.just("end"), TIMES),
    st.tuples(
        st.sampled_from(["write", "enter", "cancel", "remove", "undo", "redo"]),
        st.none(),
    ),
)


def do(editor: Editor, name: str, value: object) -> Editor:
    if name in {"start", "end"}:
        return editor.move_edge(value, end=name == "end")  # type: ignore[arg-type]
    if name == "span":
        return editor.span(*value)  # type: ignore[misc]
    action = getattr(editor, name)
    changed: Editor = action() if value is None else action(value)
    return changed


@given(st.lists(ACTIONS, max_size=40))
def test_whatever_is_pressed_everything_can_be_undone_and_done_again(
    actions: list[tuple[str, object]],
) -> None:
    here = editor()
    for name, value in actions:
        before, here = here, do(here, name, value)
        if here.selected is not None:
            assert here.selected in here.annotations.items
        if here.annotations != before.annotations and name not in {"undo", "redo"}:
            undone = here.cancel().undo()
            merged = before.amending  # an answer that belongs to the change before it
            assert merged or undone.annotations == before.annotations
            assert undone.redo().annotations == here.annotations
    last = replace(here, asking=Asking.NOTHING)
    back = last
    while back.past:
        back = back.undo()
    assert back.annotations == editor().annotations
    while back.future and len(back.past) < len(last.past):
        back = back.redo()
    assert back.annotations == last.annotations


@pytest.mark.parametrize("state", list(State))
def test_a_label_without_a_marked_interval_changes_nothing(state: State) -> None:
    assert editor().label(state) == editor()
    assert editor().mark(1.0).label(state).annotations.items == ()
