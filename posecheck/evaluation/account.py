"""Verdicts in, intervals and holds out: the same arithmetic for truth and tool.

True verdicts go through the very `HoldCounter` that posecheck uses, at the times of the
very same pictures. So both sides share one convention: the time between two pictures is
valid only if both ends are valid for the same side; otherwise it is unseen if either end is
unseen, the gap is too long or the sides differ; otherwise it is wrong. A tool whose verdicts
equal the true ones therefore has no error at all, whatever the frame rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from posecheck.hold import HoldCounter
from posecheck.types import Cause, Reason, Side, State, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.exercises.schema import Exercise
    from posecheck.types import Hold, Step

_NOT_LABELLED: Final = Verdict(State.UNSEEN, Side.BOTH, Reason(Cause.HIDDEN, "no label"))


@dataclass(frozen=True, slots=True)
class Account:
    """What was held in a clip, truly or as posecheck says.

    Attributes:
        steps: one for each picture.
        holds: every hold of more than 0 s, in order.
        known: for each picture, whether anything is said of it; an interval is scored only
            if something is known of both its ends.
    """

    steps: tuple[Step, ...]
    holds: tuple[Hold, ...]
    known: tuple[bool, ...]

    def scored(self, row: int) -> bool:
        """Whether the interval that ends with the picture ``row`` (from 1) is scored."""
        return self.known[row - 1] and self.known[row]


def account(
    t_s: Sequence[float], verdicts: Sequence[Verdict | None], exercise: Exercise
) -> Account:
    """Count intervals and holds.

    Args:
        t_s: times of the pictures, seconds.
        verdicts: of the same pictures; None where nothing is known.
        exercise: its dose and timing.
    """
    counter = HoldCounter.of(exercise)
    steps = tuple(
        counter.update(t, verdict or _NOT_LABELLED)
        for t, verdict in zip(t_s, verdicts, strict=True)
    )
    ended = [*(step.finished for step in steps), counter.finish()]
    return Account(
        steps=steps,
        holds=tuple(hold for hold in ended if hold is not None and hold.held_us > 0),
        known=tuple(verdict is not None for verdict in verdicts),
    )
