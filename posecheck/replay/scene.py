"""What the replay's page is sent, made from recorded and judged values.

Pure functions: no state, no clock. Texts that tell a number are made here, so that the page shows
them as they are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from posecheck.display.overlay import CROSSED, known_side, said
from posecheck.errors import shown
from posecheck.landmarks import INDEX, SIDE_BONES, TRUNK_BONES
from posecheck.ledger import tenths
from posecheck.measure.quantities import Unit
from posecheck.page.replay import (
    ROWS,
    Lane,
    MachineRows,
    Moment,
    ReplayFacts,
    RuleFacts,
    ShownAnnotation,
    ShownHold,
    ShownReading,
    ShownVerdict,
    Tier,
    TimelinePart,
)
from posecheck.replay.edit.keys import COMMANDS
from posecheck.replay.edit.tracks import (
    EVIDENCE_CODE,
    SPEEDS,
    Axis,
    lane_range,
    lanes_of,
    limits_text,
    runs,
    stretches,
    thinned,
    tick_text,
)
from posecheck.types import MICROSECONDS, CrossingState, Evidence, Side, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from posecheck.annotations import Annotation, Annotations, Span
    from posecheck.exercises import Exercise
    from posecheck.exercises.rules import Rule
    from posecheck.ledger import Hold, Step
    from posecheck.replay.edit.tracks import Tracks
    from posecheck.types import Crossing, Observation, Reading

TICKS_APART: Final = 70
"""Least distance of two round times on the timeline, in `COLUMNS`."""

BONES: Final = (
    *((INDEX[start], INDEX[end], "trunk") for start, end in TRUNK_BONES),
    *(
        (INDEX[f"{side}_{start}"], INDEX[f"{side}_{end}"], str(side))
        for side in (Side.LEFT, Side.RIGHT)
        for start, end in SIDE_BONES
    ),
)
"""Bones that the page draws: two landmarks, and "left", "right" or "trunk"."""


def clock(t_s: float) -> str:
    """Return a time as minutes, seconds and hundredths, cut off: ``1:05.23``."""
    minutes, hundredths = divmod(int(t_s * 100 + 1e-6), 6000)
    return f"{minutes}:{hundredths // 100:02d}.{hundredths % 100:02d}"


def facts_of(path: Path, judged_by: Exercise, recorded: Exercise, annotator: str) -> ReplayFacts:
    """Return the values of a replay that do not change.

    Args:
        path: the session file.
        judged_by: the exercise of the verdicts that are shown.
        recorded: the exercise whose rules annotations may name.
        annotator: the person who annotates.
    """
    return ReplayFacts(
        session=shown(path.name),
        exercise=judged_by.title,
        judged_again=judged_by is not recorded,
        annotator=annotator,
        rules=tuple(
            RuleFacts(rule.name, rule.title, limits_text(rule), rule.required)
            for rule in recorded.rules
        ),
        bones=BONES,
        keys=COMMANDS,
        speeds=SPEEDS,
    )


def items_of(annotations: Annotations, titles: Mapping[str, str]) -> tuple[ShownAnnotation, ...]:
    """Return annotations as the page shows them; ``titles`` gives each rule's title."""
    return tuple(
        ShownAnnotation(
            item.start_s,
            item.end_s,
            item.state,
            item.rule,
            titles.get(item.rule or "", item.rule or ""),
            item.note,
        )
        for item in annotations.items
    )


def tiers_of(said_by: Sequence[Annotations], titles: Mapping[str, str]) -> tuple[Tier, ...]:
    """Return the annotations of other people, a tier for each file."""
    return tuple(
        Tier(", ".join(annotations.annotators) or "-", items_of(annotations, titles))
        for annotations in said_by
    )


def place_of(items: Sequence[Annotation], item: Annotation | None) -> int | None:
    """Return the place of an annotation; None if there is none."""
    return None if item is None or item not in items else items.index(item)


def timeline_of(
    axis: Axis, machine: tuple[Exercise, Tracks, Sequence[Hold], Sequence[Span]] | None
) -> TimelinePart:
    """Return a timeline; ``axis`` is `COLUMNS` wide and begins at 0.

    Args:
        axis: the part of the time that is shown.
        machine: exercise, steps, holds that ended, and where posecheck and the person differ;
            None in blind mode.
    """
    step_s, ticks_s = axis.ticks(TICKS_APART)
    ticks = tuple((t_s, tick_text(t_s, step_s)) for t_s in ticks_s)
    rows = None
    if machine is not None:
        exercise, tracks, holds, differing = machine
        rows = MachineRows(
            states=tuple(stretches(axis, tracks)),
            holds=tuple(
                ShownHold(h.start_s, h.end_s, f"{tenths(h.held_s)} s {h.leg}", h.complete)
                for h in holds
                if h.end_s >= axis.from_s and h.start_s <= axis.to_s
            ),
            lanes=tuple(
                _lane(rule, axis, tracks, exercise.timing.max_gap_s) for rule in lanes_of(exercise)
            ),
            differing=tuple(
                (d.start_s, d.end_s, d.what)
                for d in differing
                if d.end_s >= axis.from_s and d.start_s <= axis.to_s
            ),
        )
    return TimelinePart(axis.from_s, axis.to_s, ticks, rows)


def _lane(rule: Rule, axis: Axis, tracks: Tracks, max_gap_s: float) -> Lane:
    low, high = lane_range(rule, tracks)

    def row(value: float) -> int:
        return round(min(max((value - low) / (high - low), 0.0), 1.0) * ROWS)

    most, least = rule.at_most, rule.at_least
    allowed = (row(least.enter) if least else 0, row(most.enter) if most else ROWS)
    limits = [limit for limit in (most, least) if limit is not None and rule.crossing is None]
    form = "{:.0f}°" if rule.unit is Unit.DEG else "{:.2f}"
    return Lane(
        title=rule.title,
        limits=limits_text(rule),
        required=rule.required,
        top=form.format(high),
        bottom=form.format(low),
        allowed=None if rule.crossing is not None else allowed,
        dashed=tuple(row(limit.leave) for limit in limits if limit.leave != limit.enter),
        curves=tuple(
            curve
            for number in tracks.columns_of(rule.name)
            for curve in _curves(axis, tracks, number, (low, high), max_gap_s)
        ),
        marks={} if rule.crossing is None else _marks(axis, tracks),
    )


def _curves(
    axis: Axis, tracks: Tracks, number: int, edges: tuple[float, float], max_gap_s: float
) -> list[tuple[State, tuple[int, ...]]]:
    """Return the pieces of one column's curve, one state each."""
    times_s = tracks.times_s
    values, codes = tracks.column(number)
    first, last = np.searchsorted(times_s, (axis.from_s, axis.to_s))
    part = slice(max(0, int(first) - 1), int(last) + 1)
    t_s, values, codes = times_s[part], values[part], codes[part]
    if t_s.size > 3 * axis.width_px:
        t_s, values, codes = thinned(axis, t_s, values, codes)
        max_gap_s = max(max_gap_s, 2 * axis.span_s / axis.width_px)
    low, high = edges
    rows = np.clip((np.nan_to_num(values) - low) / (high - low), 0, 1) * ROWS
    columns = np.clip((t_s - axis.from_s) / axis.span_s, 0, 1) * axis.width_px
    points = np.rint(np.stack([columns, rows], axis=1)).astype(int)
    found = []
    for piece, state in runs(t_s, values, codes, max_gap_s):
        found.append((state, tuple(points[piece].ravel().tolist())))
    return found


def _marks(axis: Axis, tracks: Tracks) -> dict[str, tuple[int, ...]]:
    """Return the columns in which a frame shows crossed legs, and shows them apart."""
    columns = np.rint(axis.x(0.0) + tracks.times_s / axis.span_s * axis.width_px)
    found = {}
    for evidence in (Evidence.YES, Evidence.NO):
        own = columns[tracks.evidence == EVIDENCE_CODE[evidence]]
        inside = own[(own >= 0) & (own <= axis.width_px)].astype(int)
        found[str(evidence)] = tuple(np.unique(inside).tolist())
    return found


def moment_of(
    seen: Observation,
    place: tuple[int, int],
    says: ShownVerdict | None,
    image: tuple[bool, bool],
) -> Moment:
    """Return everything of one frame.

    Args:
        seen: what was seen.
        place: number of the frame from 0 on, and how many there are.
        says: what posecheck says; None in blind mode.
        image: whether there is a video, and whether its image is that of this frame.
    """
    landmarks = None
    if seen.pose is not None:
        rows = np.column_stack([seen.pose.image_px[:, :2], seen.pose.visibility])
        numbers = np.round(np.nan_to_num(rows).astype(np.float64), 2)
        landmarks = tuple((x, y, v) for x, y, v in numbers.tolist())
    return Moment(
        t_s=seen.t_s,
        clock=clock(seen.t_s),
        frame=place[0] + 1,
        frames=place[1],
        size_px=seen.frame_size_px,
        landmarks=landmarks,
        fits=image[1],
        has_image=image[0],
        says=says,
    )


def verdict_of(step: Step, exercise: Exercise) -> ShownVerdict:
    """Return the verdict of a step as the page shows it."""
    verdict, hold = step.verdict, step.hold
    rules = {rule.name: rule for rule in exercise.rules}
    side = known_side(verdict)
    return ShownVerdict(
        state=verdict.state,
        cue="" if verdict.reason is None else verdict.reason.cue,
        leg=verdict.leg,
        side="" if side is None or side is Side.BOTH else str(side),
        held="" if hold is None else tenths(hold.held_s),
        target="" if hold is None else f"{hold.target_us / MICROSECONDS:g}",
        share=0.0 if hold is None else min(1.0, hold.held_us / hold.target_us),
        readings=tuple(
            _reading(rules[reading.rule], reading, step.t_s)
            for reading in verdict.readings
            if reading.rule in rules
        ),
    )


def _reading(rule: Rule, reading: Reading, t_s: float) -> ShownReading:
    value = said(rule, reading) or "not seen"
    if reading.crossing is not None:
        value = crossing_text(reading.crossing, t_s)
    side = f" ({reading.side})" if reading.side is not None and rule.of == "both" else ""
    state = reading.state if math.isfinite(reading.value) or reading.crossing else State.UNSEEN
    return ShownReading(
        title=rule.title + side,
        state=state,
        value=value,
        limits=limits_text(rule),
        required=rule.required,
    )


def crossing_text(crossing: Crossing, t_s: float) -> str:
    """Return the state of crossed legs and its evidence as text: ``crossed, seen 2.3 s ago``."""
    if crossing.evidence is Evidence.NO:
        return f"{CROSSED[crossing.state]}, seen apart now"
    if crossing.state is CrossingState.DOWN:
        return CROSSED[crossing.state]
    if crossing.evidence is Evidence.YES:
        return f"{CROSSED[crossing.state]}, seen crossed now"
    if crossing.yes_s is None:
        return CROSSED[crossing.state]
    return f"{CROSSED[crossing.state]}, seen {max(t_s - crossing.yes_s, 0.0):.1f} s ago"
