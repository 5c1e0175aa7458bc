"""What a person says of a clip: ``NAME.labels.csv`` beside ``NAME.mp4``, in the machine's form.

The table is that of `posecheck.annotations.table`. Times without a label are left out of the
score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from posecheck.types import Cause, Reason, State, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.annotations import Annotation, Annotations

SUFFIXES: Final = (".labels.csv", ".labels.tsv", ".labels.txt")


def verdicts(said: Annotations, t_s: Sequence[float]) -> tuple[Verdict | None, ...]:
    """Return what a person says of each time; None where nothing is said."""
    return tuple(verdict_of(said.at(t)) for t in t_s)


def verdict_of(said: Annotation | None) -> Verdict | None:
    """Return a person's word in the machine's form, for counting only."""
    if said is None:
        return None
    if said.state is State.VALID:
        return Verdict(State.VALID, said.side, None)
    cause = Cause.RULE if said.state is State.WRONG else Cause.HIDDEN
    return Verdict(said.state, said.side, Reason(cause, said.note, said.rule))
