"""Set-up coach: one instruction at a time until the camera sees the whole body as needed.

It takes one moment after the other and reads no clock. The judge decides what can be judged; the
coach only finds the instruction for what is missing.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from posecheck.form.judge import LEAST_PX_PER_M, LEAST_SPAN
from posecheck.landmarks import INDEX
from posecheck.live.coach import words
from posecheck.live.coach.presence import Debounced
from posecheck.live.coach.words import StretchPlace, posture_of
from posecheck.types import Cause, Side, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.exercises import Exercise
    from posecheck.ledger import Step
    from posecheck.live.coach.prompt import Edge
    from posecheck.measure.body import PoseArrays
    from posecheck.types import Reason, Verdict

SHOWN_AFTER_S: Final = 0.7
"""Seconds that an instruction must be due before it replaces the one that is shown."""

BLIP_S: Final = 0.5
"""Longest interruption of a good view that is ignored, in seconds."""

LENIENT_AFTER_S: Final = 10.0
"""Seconds in which everything could be judged after which optional advice does not block the set-up
any more."""

NEAR_S: Final = 0.6
"""Seconds that a side of the body must be turned to the camera to be the near one; shorter than
`SHOWN_AFTER_S`, so that a person who can begin as he is gets no instruction to turn."""

CLEARLY_SIDE_DEG: Final = 60.0
"""Angle from an exact side view, in degrees, above which a view shows the front or the back."""

DARK, DARK_NO_MORE = 0.10, 0.14
"""Mean brightness of the image, 0 to 1: dark below the first, until above the second."""

SMALL, SMALL_NO_MORE = 1.1, 1.3
"""Size of the body over the least that can be judged: too far below the first, until above the
second."""

CURE_S: Final = 8.0
"""Seconds for which a part of the body must stay hidden before other cures are proposed, and for
which each of them is."""

EVERY_VIEW_DEG: Final = 90.0
"""Largest view angle of a rule that can be judged from every direction."""

DIRECTION_S: Final = 6.0
"""Seconds from whose readings the direction is told: seen from the feet, the landmarks of a person
who lies give 20 to 90 degrees from one frame to the next."""

DIRECTION_QUANTILE: Final = 0.7
"""Share of these readings below the one that is taken; poor readings are too small, not large."""

NEAR_LIMIT_DEG: Final = 10.0
"""Degrees before the largest view angle of a rule at which a wrong posture is first blamed on the
direction: there the readings are poor already."""

MOVED_BODY_LENGTHS: Final = 0.6
"""Movement of the hips, in mean bone lengths, above which the person is still moving into place."""

_PARTS: Final = {
    "nose": "head", "ear": "head", "shoulder": "shoulders", "hip": "hips", "knee": "knees",
    "ankle": "feet", "heel": "feet", "index": "feet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Advice:
    """One instruction.

    Attributes:
        text: the instruction.
        blocks: whether nothing can be judged without it; otherwise it is optional.
        edges: the edges of the camera's image that cut something off.
        direction: whether the direction is so far from the side that readings are poor.
    """

    text: str
    blocks: bool
    edges: tuple[Edge, ...] = ()
    direction: bool = False


@dataclass(slots=True)
class FramingCoach:
    """Coach of the view for one exercise.

    Attributes:
        advice: the instruction to show; None when there is none.
        view_good: whether the last moment could be judged and nothing blocks.
        near: the side of the body that has been turned to the camera for a while; None for the
            front or back, or without a person.
    """

    exercise: Exercise
    advice: Advice | None = None
    view_good: bool = False
    near: Side | None = None
    _near: Debounced[Side | None] = field(default_factory=lambda: Debounced(NEAR_S, None))
    _shown: Debounced[Advice | None] = field(default_factory=lambda: Debounced(SHOWN_AFTER_S, None))
    _good: Debounced[bool] = field(default_factory=lambda: Debounced(BLIP_S, value=False))
    _judged_since_s: float = math.inf
    _dark: bool = False
    _small: bool = False
    _place: tuple[float, float] | None = None
    _hidden_s: float = math.inf
    _nobody_s: float = math.inf
    _directions: deque[tuple[float, float]] = field(default_factory=deque)
    _sorted_deg: list[float] = field(default_factory=list)
    _needed: dict[Side, tuple[str, ...]] = field(default_factory=dict)

    @property
    def posture(self) -> StretchPlace:
        """Place in which the exercise is done."""
        return posture_of(self.exercise)

    def look(self, body: PoseArrays, step: Step, side: Side, brightness: float | None) -> None:
        """Take in one moment.

        Args:
            body: the observation, in one row.
            step: the judge's step for it.
            side: the stretched side that is asked for.
            brightness: mean brightness of the image in [0, 1]; None if not known.
        """
        t_s = step.t_s
        self._mind_light(brightness)
        self._mind_direction(body, t_s)
        found = self._find(body, step.verdict, side, t_s)
        judged = why_blind(step.verdict) is None
        if not judged:
            self._judged_since_s = math.inf
        elif self._judged_since_s == math.inf:
            self._judged_since_s = t_s
        lenient = t_s - self._judged_since_s >= LENIENT_AFTER_S
        self.view_good = judged and (found is None or not found.blocks)
        fine = judged and (found is None or (lenient and not found.blocks))
        self._good.look(t_s, fine and self._is_still(body))
        self.advice = self._shown.look(t_s, found)
        self.near = self._near.look(t_s, _near(body))

    def good_for_s(self, t_s: float) -> float:
        """Return the seconds for which the view has been good; 0 if it is not."""
        return self._good.lasted_s(t_s) if self._good.value else 0.0

    def due_for_s(self, t_s: float) -> float:
        """Return the seconds for which the advice has been due; 0 if there is none."""
        return 0.0 if self.advice is None else self._shown.lasted_s(t_s)

    def idle(self) -> None:
        """Note that the view is not checked for a while: durations start anew."""
        self._hidden_s = self._nobody_s = math.inf
        self.advice = None
        self._shown = Debounced(SHOWN_AFTER_S, None)
        self._start_again()

    def _mind_light(self, brightness: float | None) -> None:
        if brightness is not None:
            self._dark = brightness < (DARK_NO_MORE if self._dark else DARK)

    def _find(self, body: PoseArrays, verdict: Verdict, side: Side, t_s: float) -> Advice | None:
        """Return advice about what is missing: person, then direction, then distance, then light.

        Of what is wrong at the same time the second one is told, too: one symptom alone can be the
        wrong one.
        """
        reason = why_blind(verdict)
        unseen = reason is not None
        if not body.present[0]:
            return self._nobody(t_s)
        self._nobody_s = math.inf
        if reason is not None and reason.cause is Cause.ANOTHER_PERSON:
            return Advice(reason.cue, blocks=True)
        least = SMALL_NO_MORE if self._small else SMALL
        self._small = size_over_least(body, self.exercise) < least
        if side not in self._needed:
            self._needed[side] = needed(self.exercise, side)
        found = [
            self._turn(body, reason, side),
            cut_off(body, self._needed[side], blocks=unseen),
            Advice(words.COME_CLOSER, blocks=unseen) if self._small else None,
            Advice(words.MORE_LIGHT, blocks=unseen) if self._dark else None,
        ]
        several = [advice for advice in found if advice is not None]
        if not several:
            return self._hidden(reason, side, t_s)
        first = several[0]
        if len(several) == 1 or not first.blocks:
            return first
        return replace(first, text=words.then(first.text, several[1].text))

    def _nobody(self, t_s: float) -> Advice:
        """Return advice while nobody is found; somebody may be there and not be seen."""
        if self._dark:
            return Advice(words.MORE_LIGHT, blocks=True)
        self._nobody_s = min(self._nobody_s, t_s)
        turn = int((t_s - self._nobody_s) // CURE_S)
        cures = (words.STEP_IN, words.IF_YOU_ARE_THERE, words.LIGHT_HELPS)
        return Advice(cures[turn % len(cures)], blocks=True)

    def _hidden(self, reason: Reason | None, side: Side, t_s: float) -> Advice | None:
        """Return advice for a body that is well placed, and yet a part of it can't be seen.

        First the part, for which a small movement may be enough; then the direction, the distance
        and the light, one after the other.
        """
        if reason is None:
            self._hidden_s = math.inf
            return None
        self._hidden_s = min(self._hidden_s, t_s)
        turn = int((t_s - self._hidden_s) // CURE_S)
        if turn == 0:
            return Advice(reason.cue, blocks=True)
        cures = [words.FURTHER_AWAY, words.LIGHT_HELPS]
        best = recommended(self.exercise, side)
        if best is None or self.near is not best:
            cures.insert(0, words.other_way(self.posture))
        else:
            cures.insert(0, words.side_to_camera(self.posture))
        return Advice(cures[(turn - 1) % len(cures)], blocks=True)

    def _turn(self, body: PoseArrays, reason: Reason | None, side: Side) -> Advice | None:
        near = facing(self.exercise, side)
        shown = _near(body)
        if near is not None and shown is near.other:
            return Advice(words.turn_side(near), blocks=reason is not None)
        text = words.side_to_camera(self.posture) if near is None else words.turn_side(near)
        limits = [rule.view.off_side_max_deg for rule in self.exercise.rules if rule.required]
        limit_deg, off_side_deg = min(limits), float(body.off_side_deg[0])
        if limit_deg < EVERY_VIEW_DEG and self._direction_deg() > limit_deg - NEAR_LIMIT_DEG:
            blocks = reason is not None
            return Advice(text, blocks=blocks, direction=True)
        if reason is None or reason.cause is not Cause.VIEW:
            return None
        if off_side_deg <= limit_deg:
            return Advice(words.TURN_TO_CAMERA, blocks=True)
        return Advice(text, blocks=True, direction=True)

    def _mind_direction(self, body: PoseArrays, t_s: float) -> None:
        """Take in the direction of one moment."""
        off_side_deg = float(body.off_side_deg[0])
        if math.isfinite(off_side_deg):
            self._directions.append((t_s, off_side_deg))
            insort(self._sorted_deg, off_side_deg)
        while self._directions and t_s - self._directions[0][0] > DIRECTION_S:
            _, former_deg = self._directions.popleft()
            del self._sorted_deg[bisect_left(self._sorted_deg, former_deg)]

    def _direction_deg(self) -> float:
        """Return the angle from an exact side view over the last seconds, in degrees."""
        angles = self._sorted_deg
        return angles[int(DIRECTION_QUANTILE * (len(angles) - 1))] if angles else 0.0

    def _is_still(self, body: PoseArrays) -> bool:
        """Whether the person stays near the place where the good view began."""
        x_px, y_px = (float(value) for value in body.hip_centre_px[0])
        if self._place is None or not body.present[0]:
            self._place = (x_px, y_px) if body.present[0] else None
            return False
        moved_px = math.dist(self._place, (x_px, y_px))
        if moved_px <= MOVED_BODY_LENGTHS * float(body.scale_px[0]):
            return True
        self._place = (x_px, y_px)
        self._start_again()
        return False

    def _start_again(self) -> None:
        """Forget that the view was good: it must be good anew."""
        self._good = Debounced(BLIP_S, value=False)
        self._judged_since_s = math.inf


def why_blind(verdict: Verdict) -> Reason | None:
    """Return the reason why a moment can't be judged in full; None if all required rules can.

    A verdict may be wrong although another rule can't be seen. Legs that have not been seen to
    cross are no problem of the view: they have to be crossed first.
    """
    if not verdict.readings:
        return verdict.reason if verdict.state is State.UNSEEN else None
    unseen = (r.reason for r in verdict.readings if r.required and r.state is State.UNSEEN)
    return next((r for r in unseen if r is not None and r.cause is not Cause.CROSSING), None)


def needed(exercise: Exercise, side: Side) -> tuple[str, ...]:
    """Return the landmarks that should be in the image: the head and what rules need."""
    found = {"nose": None}
    for rule in exercise.rules:
        if rule.required:
            for measured in rule.sides(side):
                found |= dict.fromkeys(rule.measured.landmarks_of(measured))
    return tuple(found)


def size_over_least(body: PoseArrays, exercise: Exercise) -> float:
    """Return the size of the body in the first row over the least that can be judged."""
    if exercise.judging == 1:
        return float(body.span[0]) / LEAST_SPAN
    least_px_per_m = LEAST_PX_PER_M * float(body.frame_size_px[0].max())
    return float(body.px_per_m[0]) / least_px_per_m


def facing(exercise: Exercise, side: Side) -> Side | None:
    """Return the side of the body that should face the camera; None if either may.

    Where no rule names a leg, both sides are judged equally well, so no instruction to turn round
    is given; the camera's place is then only recommended.
    """
    if not exercise.names_a_leg:
        return None
    nears = {rule.view.near for rule in exercise.rules if rule.required} | {exercise.camera.near}
    if side is Side.BOTH or nears == {"either"}:
        return None
    return side if "stretched" in nears else side.other


def recommended(exercise: Exercise, side: Side) -> Side | None:
    """Return the side of the body that the exercise file recommends to show; None if either."""
    near = exercise.camera.near
    if near == "either" or side is Side.BOTH:
        return None
    return side if near == "stretched" else side.other


def cut_off(body: PoseArrays, landmarks: Sequence[str], *, blocks: bool) -> Advice | None:
    """Return advice if landmarks of the first row lie outside the image."""
    width, height = body.frame_size_px[0]
    edges: dict[Edge, str] = {}
    for name in landmarks:
        x, y = body.image(name)[0]
        part = _PARTS.get(name.rsplit("_", 1)[-1], "body")
        found: list[tuple[Edge, bool]] = [
            ("left", x < 0), ("right", x > width), ("top", y < 0), ("bottom", y > height),
        ]  # fmt: skip
        for edge, out in found:
            if out:
                edges.setdefault(edge, part)
    if not edges:
        return None
    cut = tuple(edges)
    if {"left", "right"} <= set(cut) or {"top", "bottom"} <= set(cut):
        return Advice(words.STEP_BACK, blocks, cut)
    edge = cut[0]
    part = edges[edge]
    if edge in {"top", "bottom"}:
        text = words.cut_off_vertically(part, edge)
    elif _lies(body):
        text = words.cut_off_lying(part)
    else:
        # As in a mirror: a person who is cut off at the left edge of the camera's image stands too
        # far to the right of the mirror, so the way back is to the left.
        text = words.cut_off_upright(part, edge)
    return Advice(text, blocks, cut)


def _near(body: PoseArrays) -> Side | None:
    """Return the side of the body that is turned to the camera, if one clearly is."""
    if not body.off_side_deg[0] <= CLEARLY_SIDE_DEG:
        return None
    return Side.LEFT if body.left_is_near[0] else Side.RIGHT


def _lies(body: PoseArrays) -> bool:
    """Whether the trunk lies across the image rather than upright."""
    shoulders = body.image_px[0, [INDEX["left_shoulder"], INDEX["right_shoulder"]], :2].mean(axis=0)
    across, upright = abs(shoulders - body.hip_centre_px[0])
    return bool(across > upright)
