"""Editor of annotations: mark an interval, label it, change, delete, undo.

A state machine without clock, window or file. Every change is a new value; the caller saves when
``annotations`` has changed. An interval is kept as soon as it has a label; the rule and the note
are then added to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Any, Final

from posecheck.annotations import Annotation, Annotations, Blinding
from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Callable

SHORTEST_S: Final = 0.05
"""Shortest interval that can be marked, in seconds."""

LONGEST_NOTE: Final = 2000
"""Longest note that can be written, in characters."""


class Asking(StrEnum):
    """Question to the person."""

    NOTHING = auto()
    END = auto()
    LABEL = auto()
    RULE = auto()
    NOTE = auto()


@dataclass(frozen=True, slots=True)
class Editor:
    """One person's annotations while they are edited.

    Attributes:
        annotations: the annotations to save.
        annotator: the person's name or initials.
        rules: names of the rules that can be broken, in the order of the exercise.
        made_at: gives the present time in the form of annotations.
        asking: the present question to the person.
        start_s, end_s: the interval that is being marked.
        note: the note that is being typed.
        selected: the annotation that keys change.
        amending: whether the answers belong to the label that was given just now, so that
            undo takes them back with it.
        past, future: values that undo and redo restore, the next one last.
        blind: what the person has seen of the verdicts so far.
    """

    annotations: Annotations
    annotator: str
    rules: tuple[str, ...]
    made_at: Callable[[], str]
    asking: Asking = Asking.NOTHING
    start_s: float = 0.0
    end_s: float = 0.0
    note: str = ""
    selected: Annotation | None = None
    amending: bool = False
    past: tuple[Annotations, ...] = ()
    future: tuple[Annotations, ...] = ()
    blind: Blinding | None = None

    def mark(self, t_s: float) -> Editor:
        """Begin an interval at a time or, if one has begun, end it there."""
        if self.asking is Asking.NOTE:
            return self.noted().mark(t_s)
        if self.asking is not Asking.END:
            return replace(self, asking=Asking.END, start_s=t_s, end_s=t_s, selected=None)
        return self.span(self.start_s, t_s)

    def span(self, start_s: float, end_s: float) -> Editor:
        """Mark an interval, with its ends in either order; one that is too short is ignored."""
        start_s, end_s = min(start_s, end_s), max(start_s, end_s)
        if end_s - start_s < SHORTEST_S:
            return self
        return replace(self, asking=Asking.LABEL, start_s=start_s, end_s=end_s, selected=None)

    def label(self, state: State) -> Editor:
        """Label the marked interval, or change the label of the selected one."""
        if self.asking is Asking.LABEL:
            made = self._made(self.start_s, self.end_s, state)
            changed = self._changed(self.annotations.add(made), made)
        elif self.asking is Asking.NOTHING and self.selected is not None:
            made = self._remade(self.selected, state=state, rule=None)
            changed = self._changed(self.annotations.replace(self.selected, made), made)
        else:
            return self
        if state is State.WRONG:
            return replace(changed, asking=Asking.RULE, amending=True)
        return changed

    def choose(self, number: int) -> Editor:
        """Choose the broken rule: 1 for the first, 0 for none. Then ask for a note."""
        if self.asking is not Asking.RULE or not 0 <= number <= len(self.rules):
            return self
        return self._ruled(number).write()

    def correct(self, number: int) -> Editor:
        """Change the rule of the selected annotation; it must be wrong."""
        wrong = self.selected is not None and self.selected.state is State.WRONG
        if self.asking is not Asking.NOTHING or not wrong or not 0 <= number <= len(self.rules):
            return self
        return self._ruled(number)

    def write(self) -> Editor:
        """Ask for the note of the selected annotation."""
        if self.selected is None or self.asking not in {Asking.NOTHING, Asking.RULE}:
            return self
        return replace(self, asking=Asking.NOTE, note=self.selected.note)

    def written(self, text: str) -> Editor:
        """Set the text of the note; what is longer than `LONGEST_NOTE` is cut off."""
        if self.asking is not Asking.NOTE:
            return self
        return replace(self, note=text[:LONGEST_NOTE])

    def enter(self) -> Editor:
        """Accept: an interval keeps its end, a rule stays unnamed, a note is kept."""
        if self.asking is Asking.RULE:
            return self.choose(0)
        if self.asking is Asking.NOTE:
            kept = self._amended(note=self.note.strip())
            return replace(kept, asking=Asking.NOTHING, note="", amending=False)
        return self

    def noted(self) -> Editor:
        """Keep a note that is being typed; all other state is unchanged."""
        return self.enter() if self.asking is Asking.NOTE else self

    def cancel(self) -> Editor:
        """Cancel the question, or else the selection; stored annotations are unchanged."""
        if self.asking is Asking.NOTHING:
            return replace(self, selected=None)
        return replace(self, asking=Asking.NOTHING, note="", amending=False)

    def select(self, t_s: float) -> Editor:
        """Select the annotation at a time; none if there is none."""
        noted = self.noted()
        return replace(noted.cancel(), selected=noted.annotations.at(t_s))

    def remove(self) -> Editor:
        """Delete the selected annotation."""
        if self.selected is None or self.asking is not Asking.NOTHING:
            return self
        return self._changed(self.annotations.remove(self.selected), None)

    def move_edge(self, t_s: float, *, end: bool) -> Editor:
        """Move the start or end of the selected annotation to a time, if it keeps a length."""
        if self.selected is None or self.asking is not Asking.NOTHING:
            return self
        start_s = self.selected.start_s if end else t_s
        end_s = t_s if end else self.selected.end_s
        if end_s - start_s < SHORTEST_S:
            return self
        if (start_s, end_s) == (self.selected.start_s, self.selected.end_s):
            return self
        moved = self._remade(self.selected, start_s=start_s, end_s=end_s)
        return self._changed(self.annotations.replace(self.selected, moved), moved)

    def undo(self) -> Editor:
        """Undo the last change."""
        if not self.past or self.asking is not Asking.NOTHING:
            return self
        return replace(
            self,
            annotations=self.past[-1],
            past=self.past[:-1],
            future=(*self.future, self.annotations),
            selected=None,
        )

    def redo(self) -> Editor:
        """Redo the last undone change."""
        if not self.future or self.asking is not Asking.NOTHING:
            return self
        return replace(
            self,
            annotations=self.future[-1],
            past=(*self.past, self.annotations),
            future=self.future[:-1],
            selected=None,
        )

    def _made(self, start_s: float, end_s: float, state: State) -> Annotation:
        made_at = self.made_at()
        return Annotation(
            start_s, end_s, state, None, "", self.annotator, made_at, blind=self.blind
        )

    def _remade(self, item: Annotation, **changes: Any) -> Annotation:  # noqa: ANN401 - its fields
        """Return an annotation with changes, as made now."""
        return replace(item, **changes, made_at=self.made_at(), blind=self.blind)

    def _changed(self, annotations: Annotations, selected: Annotation | None) -> Editor:
        """Return the editor after a change that undo takes back."""
        return replace(
            self,
            annotations=annotations,
            asking=Asking.NOTHING,
            selected=selected,
            past=(*self.past, self.annotations),
            future=(),
        )

    def _ruled(self, number: int) -> Editor:
        return self._amended(rule=self.rules[number - 1] if number else None)

    def _amended(self, **answers: str | None) -> Editor:
        """Return the editor with an answer, rule or note, added to the selected annotation."""
        if self.selected is None:
            return self
        if all(getattr(self.selected, name) == answer for name, answer in answers.items()):
            return self
        made = self._remade(self.selected, **answers)
        changed = self._changed(self.annotations.replace(self.selected, made), made)
        return replace(changed, past=self.past) if self.amending else changed
