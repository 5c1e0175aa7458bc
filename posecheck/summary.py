"""What an analysis comes to: the typed result of `posecheck.analyse`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from posecheck.exercises.schema import Exercise
    from posecheck.sources import SourceInfo
    from posecheck.types import Fault, Hold, Ledger, Verdict


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of analysing one video or picture.

    Attributes:
        source: what was analysed.
        exercise: what it was judged against.
        chosen: whether the exercise was chosen as the best fitting one.
        frames: pictures that were analysed.
        duration_s: seconds from the first to the last picture, the ledger's total.
        ledger: valid, wrong and unseen time; they add up to the duration exactly.
        holds: every hold of more than 0 s, in the order of time.
        faults: what time was lost to, most first; their seconds add up to the wrong and
            unseen time.
        warnings: what was not as it should be, one sentence each.
        verdict: the verdict on the last picture; for a still picture the result.
        session: the session file; None if none was asked for.
        video: the annotated video; None if none was asked for.
        interrupted: whether the analysis was stopped before the end of the source.
    """

    source: SourceInfo
    exercise: Exercise
    chosen: bool
    frames: int
    duration_s: float
    ledger: Ledger
    holds: tuple[Hold, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]
    verdict: Verdict | None
    session: Path | None
    video: Path | None
    interrupted: bool = False

    @property
    def repetitions(self) -> int:
        """Complete holds, both sides together."""
        return sum(hold.complete for hold in self.holds)
