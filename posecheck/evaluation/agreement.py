"""Agreement of raters: sessions and their annotations in, agreement per session and pooled out.

The verdicts of both raters are counted as posecheck counts (`evaluation.hold_score.account`): for
instance, the time between two frames is valid only if both ends are valid. So a person whose
intervals are those of posecheck agrees fully, at any frame rate. Time that one rater did not label,
and time without frames, is left out, and so are holds that reach into such time.
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
from posecheck.errors import AnnotationError, PoseCheckError, listed, shown
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
    """Verdicts of one rater at the times of the frames.

    Attributes:
        name: the person's name, or `MACHINE`.
        verdicts: one for each frame; None where the rater gave no label.
    """

    name: str
    verdicts: tuple[Verdict | None, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two raters on one session, or on many.

    Attributes:
        first: the reference rater: a person.
        second: the other rater: the machine, or another person.
        confusion: seconds by the states that both give.
        left_out_us: time that one of them did not label, or that has no frames, microseconds.
        both_wrong_us: time that both judge wrong and for which both name a rule, microseconds.
        same_rule_us: the part of it for which both name the same rule.
        holds: score of the second's holds against the first's.
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
    """Return the machine as a rater, with the verdicts of its steps."""
    return Rater(MACHINE, tuple(step.verdict for step in steps))


def person(name: str, annotations: Annotations, t_s: Sequence[float]) -> Rater:
    """Return a person as a rater, with the verdicts of the labels at the times of the frames.

    Raises:
        AnnotationError: if no annotation covers any of the times.
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
    """Return the annotation that ends with the last frame; it counts for that frame, too.

    An annotation does not include its end, and its end cannot lie after the last frame.
    """
    before = annotations.at(t_s - 2 * _MICROSECOND_S)
    return before if before is not None and before.end_s >= t_s - _MICROSECOND_S else None


def agreement(first: Rater, second: Rater, t_s: Sequence[float], exercise: Exercise) -> Agreement:
    """Return the agreement of two raters.

    Args:
        first: the reference rater.
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
    """Return the sum of agreements; the two raters get the given names."""
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
"""Name of the first rater in pooled figures."""

OTHER_PEOPLE = "other people"
"""Name of the second rater in figures pooled over pairs of people."""


@dataclass(frozen=True, slots=True)
class SessionAgreement:
    """Agreement of the raters of one session.

    Attributes:
        path: the session file.
        exercise: name of the exercise.
        pairs: each person with the machine, then each person with each other one.
        disagreements: times at which the machine and a person differ, by person.
        problems: unusable parts of the session, one sentence each.
    """

    path: Path
    exercise: str
    pairs: tuple[Agreement, ...]
    disagreements: dict[str, tuple[Span, ...]]
    problems: tuple[str, ...]


def of_session(path: Path, labels: Sequence[Path] = ()) -> SessionAgreement:
    """Return the agreement of the raters of a session.

    Args:
        path: the session file.
        labels: annotation files of any known format; none takes those beside the session.

    Raises:
        PoseCheckError: if the session, a named file or all files beside it can't be used, or if it
            has no annotations.
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

    Where two people annotated a session, its time counts once for each of them.
    """
    pairs = [pair for session in sessions for pair in session.pairs]
    found = []
    for second, wanted in ((MACHINE, True), (OTHER_PEOPLE, False)):
        chosen = [pair for pair in pairs if pair.with_machine is wanted]
        if chosen:
            found.append(pooled(chosen, PEOPLE, second))
    return tuple(found)


def spread_over(sessions: Sequence[SessionAgreement], *, with_machine: bool) -> Spread | None:
    """Return the spread of agreement over the persons in the sessions; None with one person.

    A session file does not name the person it shows: sessions of one folder count as those of one
    person.

    Args:
        sessions: the agreements of their raters.
        with_machine: True for people with the machine, False for people with people.
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
    """Return the annotations by name of the annotator, and the problems of unusable files.

    Args:
        session: the session file.
        files: annotations of it.
        recording: the session, read to its end.
        strict: whether every file must be usable; otherwise an unusable file is skipped.

    Raises:
        AnnotationError: if no file can be used or, if strict, if any file cannot be used.
    """
    found: dict[str, tuple[Rater, Annotations]] = {}
    problems: list[str] = []
    times_s = recording.times_s.tolist()
    for file in files:
        try:
            said = _read(session, file, recording)
            name = " and ".join(said.annotators)
            if not name:
                continue  # the person has deleted all annotations
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
        raise AnnotationError(listed(problems) or nothing)
    return found, problems


def _read(session: Path, file: Path, recording: SessionPlayback) -> Annotations:
    """Return the annotations of a file; refuse those of another exercise."""
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
    """Return the annotator in the name of a table or subtitle file: ``AB`` of ``NAME.AB.csv``."""
    stem = unicodedata.normalize("NFC", file.name.removesuffix(file.suffix))
    start = unicodedata.normalize("NFC", f"{store.stem_of(session)}.")
    return stem.removeprefix(start) or stem
