"""Sessions and their annotations in, agreements out: of each session, and pooled."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from posecheck.agreement.agree import Agreement, agreement, machine, person, pooled
from posecheck.agreement.confusion import Confusion, spread
from posecheck.annotations import exchange, store
from posecheck.annotations.store import MACHINE
from posecheck.errors import AnnotationError, PoseCheckError, shown
from posecheck.replay.recording import Recording
from posecheck.replay.spans import Span, disagreements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from posecheck.agreement.agree import Rater
    from posecheck.agreement.confusion import Spread
    from posecheck.annotations import Annotations

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
    recording = Recording.open(path).read_all()
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
    session: Path, files: Sequence[Path], recording: Recording, *, strict: bool
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


def _read(session: Path, file: Path, recording: Recording) -> Annotations:
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
