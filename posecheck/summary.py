"""What an analysis comes to: the typed result of `posecheck.analyse`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from posecheck.types import State

if TYPE_CHECKING:
    from pathlib import Path

    from posecheck.exercises.schema import Exercise
    from posecheck.judge import Tally
    from posecheck.sources import SourceInfo
    from posecheck.types import Fault, Hold, Ledger, Verdict

SMALL_PX: Final = 200
"""Below this width or height the pictures are analysed with a warning."""


LEAST_FIT_S: Final = 1.0
"""Fewer valid seconds in a whole recording are passing moments, not the exercise."""


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
    def fits(self) -> bool | None:
        """Whether the exercise that was chosen fits; None if it was asked for by name.

        It fits if `LEAST_FIT_S` were valid, or a still picture is. Otherwise no exercise does,
        and this one only comes closest.
        """
        if not self.chosen:
            return None
        if self.source.kind == "picture":
            return self.verdict is not None and self.verdict.state is State.VALID
        return self.ledger.seconds(State.VALID) >= LEAST_FIT_S

    @property
    def repetitions(self) -> int:
        """Complete holds, both sides together."""
        return sum(hold.complete for hold in self.holds)


def result_warnings(info: SourceInfo, tally: Tally) -> tuple[str, ...]:
    """Return what the result itself gives reason to say."""
    found = []
    if min(info.size_px) < SMALL_PX:
        width, height = info.size_px
        found.append(f"the picture is only {width} x {height} pixels; little can be seen in it")
    if tally.pictures and tally.empty_pictures == tally.pictures:
        found.append("nobody was found in any picture")
    if tally.jumps:
        times = "once" if tally.jumps == 1 else f"{tally.jumps} times"
        found.append(
            f"the view jumped to another person {times}; only one person should be in the picture"
        )
    return tuple(found)
