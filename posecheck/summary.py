"""What an analysis comes to: the typed result of `posecheck.analyse`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.landmarks import INDEX
from posecheck.types import MICROSECONDS, Cause, State

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from posecheck.exercises.rules import Rule
    from posecheck.exercises.schema import Exercise
    from posecheck.judge import Tally
    from posecheck.sources import SourceInfo
    from posecheck.types import Fault, Hold, Ledger, Observation, Verdict

SMALL_PX: Final = 200
"""Below this width or height the pictures are analysed with a warning."""

LOW_RATE: Final = 5.0
"""With fewer pictures a second, and most of the time a gap, the recording is to blame."""

TILTED_DEG: Final = 67.0
"""Leaning 45 degrees forward with a crossed leg turns a seated body's direction by 45."""

_SIDES: Final = ("left", "right")
_UPPER: Final = [
    INDEX[name] for name in ("left_shoulder", "right_shoulder", "left_knee", "right_knee")
]
_LOWER: Final = [INDEX[name] for name in ("left_hip", "right_hip", "left_ankle", "right_ankle")]


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
    if tally.pictures and tally.dark_pictures == tally.pictures:
        found.append("every picture is black; the lens was covered, or it was dark")
    elif tally.pictures and tally.empty_pictures == tally.pictures:
        found.append("nobody was found in any picture")
    if info.kind == "video" and (rate := _too_low_rate(tally)) is not None:
        found.append(
            f"only {rate:.1f} pictures a second; what happens between pictures so far apart is "
            "not seen and not counted; record 10 or more a second"
        )
    still_s = sum(fault.seconds for fault in tally.faults if fault.rule == Cause.REPEATED)
    if still_s > 0:
        found.append(
            f"for {still_s:.1f} s the recording stands still, the same picture comes again and "
            "again; nobody can be seen to hold still in it, so that time is not counted"
        )
    if tally.jumps:
        times = "once" if tally.jumps == 1 else f"{tally.jumps} times"
        found.append(
            f"the view jumped to another person {times}; only one person should be in the picture"
        )
    return tuple(found)


def _too_low_rate(tally: Tally) -> float | None:
    """Return the pictures a second if so few came that most of the time is a gap."""
    elapsed_s = tally.ledger.elapsed_us / MICROSECONDS
    gaps_s = sum(fault.seconds for fault in tally.faults if fault.rule == Cause.GAP)
    low = elapsed_s > 0 and 2 * gaps_s > elapsed_s and tally.pictures < LOW_RATE * elapsed_s
    return (tally.pictures - 1) / elapsed_s if low else None


class Gravity:
    """Notices a person who is upside down or lies on the side where the exercise is upright.

    Up is where the trunk and both shins point together, on the average of all pictures: a
    trunk that leans forward or a crossed leg alone turns it by less than `TILTED_DEG`.
    """

    def __init__(self) -> None:
        """Begin without a picture."""
        self._up = np.zeros(2)

    def look(self, observations: Iterable[Observation]) -> None:
        """Take in what was seen."""
        for pose in (seen.pose for seen in observations):
            if pose is not None:
                limbs = pose.image_px[_UPPER, :2] - pose.image_px[_LOWER, :2]
                lengths = np.hypot(limbs[:, 0], limbs[:, 1])
                if lengths.min() > 0:
                    self._up += (limbs / lengths[:, None]).sum(axis=0)

    def warnings(self, exercise: Exercise | None) -> tuple[str, ...]:
        """Return what to do about a turned picture; nothing where people may lie."""
        if exercise is None or not any(_is_upright(rule) for rule in exercise.rules):
            return ()
        right, down = self._up.tolist()
        turned_deg = math.degrees(math.atan2(right, -down))
        if math.hypot(right, down) == 0 or abs(turned_deg) < TILTED_DEG:
            return ()
        rotate = 180 if abs(turned_deg) > 135 else 270 if turned_deg > 0 else 90  # noqa: PLR2004
        how = "upside down" if rotate == 180 else "lying on the side"  # noqa: PLR2004
        remedy = f"if the recording is turned and not the person, analyse it with --rotate {rotate}"
        return (f"the person is {how} in the picture; {remedy}",)


def _is_upright(rule: Rule) -> bool:
    bound = rule.at_most
    upright = bound is not None and bound.enter < 90 and rule.at_least is None  # noqa: PLR2004
    return rule.quantity == "trunk-inclination" and upright
