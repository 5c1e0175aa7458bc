"""Limits that fit one body, from a session whose good holds a person annotated valid.

A recording and annotations go in, fitted limits and the text of an exercise file come out. The
limits come from the moments that a person called valid, not from posecheck's own verdicts.

Each limit starts from the value within which 95 % of these moments were, in the hold that was
farthest out. The dead band between its two values is the spread that was measured.

- The shipped limit is met there: the new one is stricter, but leaves room for the quantity's
  measured mean error (`posecheck.measure.accuracy`) or the spread, whichever is larger, because
  another day and camera place read the same pose differently.
- It is not met: the new one is looser by what is needed and one spread, but never looser than
  where the exercise file itself calls the form wrong (``leave``, the cap), unless a person writes
  the reason.

Rules of the trunk say how a person sits or lies, not how far a joint goes: they are never made
stricter. Crossed legs are judged as an event, and their limits stay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import tomlkit

from posecheck.errors import AnnotationError, shown
from posecheck.form.judge import Judge
from posecheck.measure.accuracy import accuracy_of
from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from posecheck.annotations import Annotations
    from posecheck.exercises import Exercise
    from posecheck.exercises.rules import Limit, Rule
    from posecheck.ledger import Step
    from posecheck.pipeline.playback import SessionPlayback

    Floats = NDArray[np.float64]

EDGE_S: Final = 0.3
"""Seconds left out at both edges of an annotation; a person can't set them more precisely."""

LEAST_S: Final = 3.0
"""Shortest time in seconds that the annotations must call valid, edges left out."""

SHARE: Final = 0.95
"""Share of the moments of each hold that a limit takes in, before the spread is added."""

_LEAST_BAND: Final = {"deg": 1.0, "ratio": 0.02}
_DIGITS: Final = {"deg": 1, "ratio": 2}

Kind = Literal["at_most", "at_least"]


@dataclass(frozen=True, slots=True)
class FittedLimit:
    """One limit as fitted to a body; all values in the unit of the rule.

    Attributes:
        rule: name of the rule.
        kind: at_most or at_least.
        shipped: the limit of the exercise file.
        enter, leave: the new limit.
        reached: what `SHARE` of the moments of the farthest hold were within.
        spread: the measured spread within the holds.
        capped: whether it would be looser, and the cap holds it back.
        beyond_cap: whether it is looser than the cap, for a written reason.
    """

    rule: str
    kind: Kind
    shipped: Limit
    enter: float
    leave: float
    reached: float
    spread: float
    capped: bool = False
    beyond_cap: bool = False


@dataclass(frozen=True, slots=True)
class Basis:
    """Where personal limits come from.

    Attributes:
        session: name of the session file.
        annotators: names of the persons who annotated it.
        holds: number of intervals that they called valid.
        seconds: their length, edges left out.
        day: the day on which the limits are made, in words.
        reason: why a limit may be looser than the cap, in the person's words; "" for none.
    """

    session: str
    annotators: tuple[str, ...]
    holds: int
    seconds: float
    day: str
    reason: str = ""


def held_values(
    recording: SessionPlayback, exercise: Exercise, annotations: Annotations
) -> tuple[dict[str, list[Floats]], float]:
    """Return the values of each rule in each interval annotated valid, and their seconds.

    Args:
        recording: the session, read to its end.
        exercise: its rules read the values.
        annotations: of the session.

    Raises:
        AnnotationError: if less than `LEAST_S` is annotated valid.
    """
    judge = Judge(exercise, recording.side, recording.asked)
    steps = list(judge.judge(recording.seen))
    values: dict[str, list[Floats]] = {rule.name: [] for rule in exercise.rules}
    seconds = 0.0
    for item in annotations.items:
        start_s, end_s = item.start_s + EDGE_S, item.end_s - EDGE_S
        inside = [step for step in steps if start_s <= step.t_s <= end_s]
        if item.state is not State.VALID or not inside:
            continue
        seconds += end_s - start_s
        for rule in exercise.rules:
            read = _read(inside, rule)
            if read.size:
                values[rule.name].append(read)
    if seconds < LEAST_S:
        message = (
            f"{shown(recording.path)}: only {seconds:.1f} s are annotated valid, at least "
            f"{LEAST_S:g} s are needed; annotate good holds with posecheck replay"
        )
        raise AnnotationError(message)
    return values, seconds


def _read(steps: Iterable[Step], rule: Rule) -> Floats:
    return np.array(
        [
            reading.value
            for step in steps
            for reading in step.verdict.readings
            if reading.rule == rule.name
            and reading.state is not State.UNSEEN
            and not math.isnan(reading.value)
        ]
    )


def fitted(
    exercise: Exercise, values: dict[str, list[Floats]], *, reason: str = ""
) -> tuple[FittedLimit, ...]:
    """Return the limits that change.

    Args:
        exercise: the exercise as shipped.
        values: what each rule reads in each interval.
        reason: why a limit may be looser than the cap; "" keeps the cap.
    """
    found = []
    for rule in exercise.rules:
        if rule.crossing is not None or not values[rule.name]:
            continue
        limits = [_fit(rule, "at_most", values[rule.name], reason)] if rule.at_most else []
        limits += [_fit(rule, "at_least", values[rule.name], reason)] if rule.at_least else []
        if _in_order(rule, limits):
            found += [limit for limit in limits if _changes(rule, limit)]
    return tuple(found)


def _fit(rule: Rule, kind: Kind, holds: Sequence[Floats], reason: str) -> FittedLimit:
    """Return one limit; a lower limit is fitted as the upper one of the negated values."""
    shipped = getattr(rule, kind)
    sign = 1.0 if kind == "at_most" else -1.0
    reached = max(float(np.quantile(sign * values, SHARE)) for values in holds)
    apart = np.concatenate([values - np.median(values) for values in holds])
    spread = float(np.quantile(apart, SHARE) - np.quantile(apart, 1 - SHARE))
    band = max(spread, _LEAST_BAND[rule.unit])
    looser = False
    if reached <= sign * shipped.enter:
        enter = min(reached + max(spread, _error(rule.quantity)), sign * shipped.enter)
    else:
        enter = reached + spread
        looser = enter > sign * shipped.leave
    if looser and not reason:
        enter = sign * shipped.leave
    leave = enter + band
    if not reason:  # the dead band is not looser than the cap, either
        most = sign * shipped.leave
        most += abs(shipped.leave - shipped.enter) if enter > sign * shipped.enter else 0.0
        leave = max(enter, min(leave, most))
    digits = _DIGITS[rule.unit]
    return FittedLimit(
        rule=rule.name,
        kind=kind,
        shipped=shipped,
        enter=round(sign * enter, digits),
        leave=round(sign * leave, digits),
        reached=round(sign * reached, digits),
        spread=round(spread, digits),
        capped=looser and not reason,
        beyond_cap=looser and bool(reason),
    )


def _error(quantity: str) -> float:
    """Return the measured mean error of a quantity, in its unit; 0 where none was measured."""
    return max((one.mean for one in accuracy_of(quantity).values()), default=0.0)


def _changes(rule: Rule, limit: FittedLimit) -> bool:
    """Whether a limit takes effect; rules of the trunk are never made stricter."""
    sign = 1.0 if limit.kind == "at_most" else -1.0
    if rule.of == "trunk":
        return sign * limit.enter > sign * limit.shipped.enter
    return limit.enter != limit.shipped.enter


def _in_order(rule: Rule, limits: Sequence[FittedLimit]) -> bool:
    """Whether the range between two limits is not empty; otherwise both stay as they are."""
    enters = {limit.kind: limit.enter for limit in limits if _changes(rule, limit)}
    high = enters.get("at_most", rule.at_most.enter if rule.at_most else math.inf)
    low = enters.get("at_least", rule.at_least.enter if rule.at_least else -math.inf)
    return low < high


def exercise_file(text: str, name: str, limits: Sequence[FittedLimit], basis: Basis) -> str:
    """Return the text of the exercise file with the fitted limits; all else stays as it is.

    Args:
        text: the exercise file as shipped.
        name: the new name, small letters and hyphens.
        limits: the fitted limits.
        basis: where they come from.
    """
    document, who = tomlkit.parse(text), ", ".join(basis.annotators)
    document["name"] = name
    document["title"] = f"{document['title']} (personal limits)"
    for table in document["rules"]:
        own = [limit for limit in limits if limit.rule == table["name"]]
        for limit in own:
            table[limit.kind]["enter"] = limit.enter
            table[limit.kind]["leave"] = limit.leave
        if own:
            said = "; ".join(said_of(limit) for limit in own)
            beyond = any(limit.beyond_cap for limit in own)
            why = f"; looser than the cap because: {shown(basis.reason)}" if beyond else ""
            table["source"] = (
                f"personal, {basis.day}, {basis.holds} holds annotated valid by {shown(who)}: "
                f"{said}{why}; before: {table['source']}"
            )
    head = [
        f"Personal limits, made by posecheck on {basis.day}.",
        f"From {basis.session}: {basis.holds} good holds, {basis.seconds:.1f} s, by {who}.",
        "Each changed rule says under source where its numbers come from. All cautions stay.",
        "The limits hold for this body and for a camera in the same place.",
        *([f"Reason for limits beyond the cap: {basis.reason}"] if basis.reason else []),
    ]
    return "".join(f"# {shown(line)}\n" for line in head) + "\n" + tomlkit.dumps(document)


def said_of(limit: FittedLimit) -> str:
    """Return where the numbers of a limit come from, as one line."""
    word = "most" if limit.kind == "at_most" else "least"
    said = (
        f"{SHARE:.0%} of the moments read at {word} {limit.reached:g}, spread {limit.spread:g} "
        f"(shipped: at {word} {limit.shipped.enter:g}, leave {limit.shipped.leave:g})"
    )
    return f"{said}, held back by the cap, which is the shipped leave" if limit.capped else said
