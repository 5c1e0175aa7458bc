"""Sessions and their annotations in, agreements out: of each session, and pooled.

Two raters of the same frames in, how well they agree out.

Both are counted as posecheck counts (`evaluation.account`): the time between two frames is
valid only if both ends are valid, and so on. So a person whose intervals are those of
posecheck agrees fully, whatever the frame rate. Time of which a rater says nothing is left
out, and so are holds that reach into it; so is time without frames, of which nobody said
anything.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Final

from posecheck.annotations import Span, disagreements, exchange, store
from posecheck.annotations.csv import verdict_of
from posecheck.annotations.store import MACHINE
from posecheck.errors import AnnotationError, PoseCheckError, shown
from posecheck.evaluation.confusion import Confusion, spread
from posecheck.evaluation.hold_score import account, hold_score
from posecheck.evaluation.score import HoldScore
from posecheck.form import hold
from posecheck.pipeline.playback import SessionPlayback
from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from posecheck.annotations import Annotation, Annotations
    from posecheck.evaluation.confusion import Cell, Spread
    from posecheck.exercises import Exercise
    from posecheck.ledger import Step
    from posecheck.types import Verdict


_MICROSECOND_S: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Rater:
    """What one rater says at the times of the frames.

    Attributes:
        name: the person's, or `MACHINE`.
        verdicts: one for each frame; None where the rater says nothing.
    """

    name: str
    verdicts: tuple[Verdict | None, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well two raters agree on one session, or on many.

    Attributes:
        first: whose word is taken as the measure: a person's.
        second: the other's: the machine's, or another person's.
        confusion: seconds by what both say.
        left_out_us: time of which one of them says nothing, or in which no frames came and
            nobody could, microseconds.
        both_wrong_us: time both call wrong and for which both name a rule, microseconds.
        same_rule_us: the part of it for which both name the same rule.
        holds: how the first's holds were found by the second.
    """

    first: str
    second: str
    confusion: Confusion = field(default_factory=Confusion)
    left_out_us: int = 0
    both_wrong_us: int = 0
    same_rule_us: int = 0
    holds: HoldScore = field(default_factory=HoldScore)

    @property
    def with_machine(self) -> bool:
        """Whether the second rater is the machine."""
        return self.second == MACHINE


def machine(steps: Sequence[Step]) -> Rater:
    """Return the machine's verdicts as a rater's."""
    return Rater(MACHINE, tuple(step.verdict for step in steps))


def person(name: str, annotations: Annotations, t_s: Sequence[float]) -> Rater:
    """Return what a person says at some times.

    Raises:
        AnnotationError: if nothing is said of any of them.
    """
    said = [annotations.at(t) for t in t_s]
    if said and said[-1] is None:
        said[-1] = _ending_at(annotations, t_s[-1])
    verdicts = tuple(verdict_of(item) for item in said)
    if not any(verdicts):
        message = f"{name}: no annotation covers a picture of the session; is it of another one?"
        raise AnnotationError(message)
    return Rater(name, verdicts)


def _ending_at(annotations: Annotations, t_s: float) -> Annotation | None:
    """Return what ends with the last frame: a person who marks up to it means it, too.

    No later end can be set than that picture's time, which the annotation does not include.
    """
    before = annotations.at(t_s - 2 * _MICROSECOND_S)
    return before if before is not None and before.end_s >= t_s - _MICROSECOND_S else None


def agreement(first: Rater, second: Rater, t_s: Sequence[float], exercise: Exercise) -> Agreement:
    """Return how well two raters agree.

    Args:
        first: whose word is the measure.
        second: the other.
        t_s: the times of the frames, seconds; they increase.
        exercise: its dose and timing.
    """
    both = [
        a is not None and b is not None
        for a, b in zip(first.verdicts, second.verdicts, strict=True)
    ]
    one, other = (
        account(t_s, [v if k else None for v, k in zip(r.verdicts, both, strict=True)], exercise)
        for r in (first, second)
    )
    cells: Counter[Cell] = Counter()
    left_out_us = both_wrong_us = same_rule_us = 0
    for row, (a, b) in enumerate(zip(one.steps, other.steps, strict=True)):
        if a.interval is None or b.interval is None:
            continue
        duration_us = a.interval.duration_us
        if not one.scored(row) or hold.GAP in {a.interval.reason, b.interval.reason}:
            left_out_us += duration_us
            continue
        cells[a.interval.state, b.interval.state] += duration_us
        if a.interval.state is b.interval.state is State.WRONG:
            rules = [i.reason.rule for i in (a.interval, b.interval) if i.reason is not None]
            if len(rules) == len((a, b)) and None not in rules:
                both_wrong_us += duration_us
                same_rule_us += duration_us if rules[0] == rules[1] else 0
    return Agreement(
        first.name,
        second.name,
        Confusion(dict(cells)),
        left_out_us,
        both_wrong_us,
        same_rule_us,
        hold_score(one, other),
    )


def pooled(agreements: Iterable[Agreement], first: str, second: str) -> Agreement:
    """Return the sum of agreements, under other names."""
    total = Agreement(first, second)
    for one in agreements:
        total = Agreement(
            first,
            second,
            total.confusion + one.confusion,
            total.left_out_us + one.left_out_us,
            total.both_wrong_us + one.both_wrong_us,
            total.same_rule_us + one.same_rule_us,
            total.holds + one.holds,
        )
    return total


PEOPLE = "people"
"""What the first rater is called in pooled figures."""

OTHER_PEOPLE = "other people"
"""What the second rater is called in figures pooled over pairs of people."""


@dataclass(frozen=True, slots=True)
class SessionAgreement:
    """How well the raters of one session agree.

    Attributes:
        path: the session file.
        exercise: name of the exercise.
        pairs: each person with the machine, then each person with each other one.
        disagreements: where the machine and a person differ, by person.
        problems: what of the session could not be used, one sentence each.
    """

    path: Path
    exercise: str
    pairs: tuple[Agreement, ...]
    disagreements: dict[str, tuple[Span, ...]]
    problems: tuple[str, ...]


def of_session(path: Path, labels: Sequence[Path] = ()) -> SessionAgreement:
    """Return how well the raters of a session agree.

    Args:
        path: the session file.
        labels: annotation files of any known format; none takes those beside the session.

    Raises:
        PoseCheckError: if the session, a named file or all files beside it can't be used, or
            nobody annotated it.
    """
    recording = SessionPlayback.open(path).read_all()
    files = tuple(labels) or store.found_beside(path)
    if not files:
        message = (
            f"{shown(path)}: nobody annotated it: use posecheck replay, or name a file with "
            "--labels"
        )
        raise AnnotationError(message)
    found, problems = _by_person(path, files, recording, strict=bool(labels))
    times = recording.times_s.tolist()
    people = [rater for rater, _ in found.values()]
    tool = machine(recording.steps)
    pairs = [(one, tool) for one in people] + list(combinations(people, 2))
    return SessionAgreement(
        path=path,
        exercise=recording.exercise.name,
        pairs=tuple(agreement(*pair, times, recording.exercise) for pair in pairs),
        disagreements={
            name: disagreements(recording.steps, said) for name, (_, said) in found.items()
        },
        problems=(*recording.problems, *problems),
    )


def over_all(sessions: Sequence[SessionAgreement]) -> tuple[Agreement, ...]:
    """Return the sums over sessions: people with the machine, and people with people.

    Where two people annotated a session, its time counts once for each.
    """
    pairs = [pair for session in sessions for pair in session.pairs]
    found = []
    for second, wanted in ((MACHINE, True), (OTHER_PEOPLE, False)):
        chosen = [pair for pair in pairs if pair.with_machine is wanted]
        if chosen:
            found.append(pooled(chosen, PEOPLE, second))
    return tuple(found)


def spread_over(sessions: Sequence[SessionAgreement], *, with_machine: bool) -> Spread | None:
    """Return how much agreement depends on who is in the sessions; None with one person.

    The session file does not say whom it shows: sessions of one folder are taken for those of
    one person.

    Args:
        sessions: how well their raters agree.
        with_machine: whether people with the machine are meant, or people with people.
    """
    shown: dict[Path, Confusion] = {}
    for session in sessions:
        folder = session.path.absolute().parent
        for pair in session.pairs:
            if pair.with_machine is with_machine:
                shown[folder] = shown.get(folder, Confusion()) + pair.confusion
    return spread(shown.values())


def _by_person(
    session: Path, files: Sequence[Path], recording: SessionPlayback, *, strict: bool
) -> tuple[dict[str, tuple[Rater, Annotations]], list[str]]:
    """Return who says what, by name, and what cannot be used of the files.

    Args:
        session: the session file.
        files: annotations of it.
        recording: the session, read to its end.
        strict: whether every file must be used; else one person's does not stop the others'.

    Raises:
        AnnotationError: if nothing can be used, or, if strict, anything cannot.
    """
    found: dict[str, tuple[Rater, Annotations]] = {}
    problems: list[str] = []
    times_s = recording.times_s.tolist()
    for file in files:
        try:
            said = _read(session, file, recording)
            name = " and ".join(said.annotators)
            if not name:
                continue  # all annotations were deleted again
            if name.casefold() == MACHINE or name in found:
                message = f"{shown(file)}: there is already another rater called {name!r}"
                raise AnnotationError(message)
            found[name] = person(name, said, times_s), said
        except PoseCheckError as error:
            if strict:
                raise
            problems.append(str(error))
    if not found:
        nothing = f"{shown(session)}: its annotation files hold no annotation"
        raise AnnotationError("; ".join(problems) or nothing)
    return found, problems


def _read(session: Path, file: Path, recording: SessionPlayback) -> Annotations:
    """Return what a file says; refuse what it says of another exercise."""
    named = None if exchange.is_own(file) else exchange.annotator_of(file)
    name = named or _name_in(session, file)
    annotations = exchange.read(file, recording.exercise, name, recording.video)
    if annotations.exercise != recording.exercise.name:
        message = (
            f"{shown(file)}: is about {shown(annotations.exercise)}, the session about "
            f"{recording.exercise.name}"
        )
        raise AnnotationError(message)
    exchange.check_times(file, annotations, recording.times_s.tolist())
    return annotations


def _name_in(session: Path, file: Path) -> str:
    """Return whose a table or subtitle file is, by its name: ``AB`` of ``NAME.AB.csv``."""
    stem = unicodedata.normalize("NFC", file.name.removesuffix(file.suffix))
    start = unicodedata.normalize("NFC", f"{store.stem_of(session)}.")
    return stem.removeprefix(start) or stem
