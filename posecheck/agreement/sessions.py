"""Sessions and their annotations in, agreements out: of each session, and pooled."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from posecheck.agreement.agree import Agreement, agreement, machine, person, pooled
from posecheck.annotations import exchange, store
from posecheck.annotations.store import MACHINE
from posecheck.errors import AnnotationError, shown
from posecheck.replay.recording import Recording
from posecheck.replay.spans import Span, disagreements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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
        PoseCheckError: if the session or a file can't be used, or nobody annotated it.
    """
    recording = Recording.open(path).read_all()
    files = tuple(labels) or store.found_beside(path)
    if not files:
        message = (
            f"{shown(path)}: nobody annotated it: use posecheck replay, or name a file with "
            "--labels"
        )
        raise AnnotationError(message)
    said = _by_person(path, files, recording)
    times = recording.times_s.tolist()
    people = [person(name, annotations, times) for name, annotations in said.items()]
    tool = machine(recording.steps)
    pairs = [(one, tool) for one in people] + list(combinations(people, 2))
    return SessionAgreement(
        path=path,
        exercise=recording.exercise.name,
        pairs=tuple(agreement(*pair, times, recording.exercise) for pair in pairs),
        disagreements={name: disagreements(recording.steps, said[name]) for name in said},
        problems=recording.problems,
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


def _by_person(
    session: Path, files: Sequence[Path], recording: Recording
) -> dict[str, Annotations]:
    """Return the annotations of each file by the name of the person.

    Raises:
        AnnotationError: if two files are of one person, or a file is of another exercise.
    """
    found: dict[str, Annotations] = {}
    for file in files:
        annotations = exchange.read(file, recording.exercise, _name_in(session, file))
        if annotations.exercise != recording.exercise.name:
            message = (
                f"{shown(file)}: is about {annotations.exercise}, the session about "
                f"{recording.exercise.name}"
            )
            raise AnnotationError(message)
        name = " and ".join(annotations.annotators)
        if not name:
            continue  # all annotations were deleted again
        if name == MACHINE or name in found:
            message = f"{shown(file)}: there is already another rater called {name!r}"
            raise AnnotationError(message)
        found[name] = annotations
    if not found:
        message = f"{shown(session)}: its annotation files hold no annotation"
        raise AnnotationError(message)
    return found


def _name_in(session: Path, file: Path) -> str:
    """Return whose a table or subtitle file is, by its name: ``AB`` of ``NAME.AB.csv``."""
    stem = file.name.removesuffix(file.suffix)
    return stem.removeprefix(f"{store.stem_of(session)}.") or stem
