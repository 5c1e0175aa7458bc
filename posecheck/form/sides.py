"""Choice of the stretched side: verdicts of the form in, the verdict of the moment out.

`NamedSides` is for exercises whose rules measure a named leg: both legs are judged, and the one
that fits is chosen. `UnnamedSide` is for exercises whose rules stay the same when left and right
exchange names: the form is judged once, and the name of the leg is found separately.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from posecheck.form import hold
from posecheck.form.leg_name import Feet, LegNamer, feet_of
from posecheck.form.leg_swap import Ankles, LegSwapDetector, ankles_of
from posecheck.form.rule_check import SideForm
from posecheck.measure import leg_quantities as legs
from posecheck.measure.crossing import CrossingTracker
from posecheck.measure.crossing_evidence import LegPlace, places_of
from posecheck.types import CrossingState, Side, SideKnown, State, Verdict

if TYPE_CHECKING:
    from posecheck.exercises import Exercise
    from posecheck.measure.body import PoseArrays
    from posecheck.types import Reason

SIDE_MARGIN_DEG: Final = 20.0
"""Degrees by which one side must be nearer to valid than the other to count as the stretched
one."""

ALIKE_DEG: Final = 25.0
"""Difference of the trunk-thigh angles below which neither leg is drawn in: both are at rest."""

SIDE_CHANGE_S: Final = 0.5
"""Shortest duration of a change of legs, in seconds."""


class Sides(Protocol):
    """Interface of both classes, as `posecheck.form.judge` uses it."""

    def measure(self, body: PoseArrays) -> None:
        """Take in the frames that `judge` will then be asked about by row."""

    def judge(self, row: int, t_s: float) -> Verdict:
        """Return the verdict on one frame of the person who is followed."""

    def unseen(self, reason: Reason) -> Verdict:
        """Return the verdict on a frame in which that person cannot be judged."""

    def ask(self, side: Side, *, unless_seen: bool) -> None:
        """Set the side asked for from now on; see `posecheck.types.Asked`."""

    def forget(self) -> None:
        """Drop all memory, for another person."""


class NamedSides:
    """Judge of both legs by name; chooses the one that is stretched."""

    def __init__(self, exercise: Exercise, side: Side | None) -> None:
        """Begin; ``side`` is the only one that may be stretched, None finds it."""
        given = side is not None and side in exercise.candidate_sides
        sides = (side,) if side is not None and given else exercise.candidate_sides
        self._forms = tuple(SideForm(exercise, candidate) for candidate in sides)
        self._current = self._forms[0]
        self._legs = LegSwapDetector() if exercise.feet_start_together else None
        self._ankles: list[Ankles] = []
        self._valid_s = -math.inf
        self._wanted: int | None = None
        # Sessions recorded before do not tell how the side was known.
        given = given and exercise.judging > 1
        self._known = SideKnown.GIVEN if given else SideKnown.SEEN

    def measure(self, body: PoseArrays) -> None:
        """Take in the frames that `judge` will then be asked about by row."""
        for form in self._forms:
            form.measure(body)
        if self._legs is not None:
            self._ankles = ankles_of(body)

    def judge(self, row: int, t_s: float) -> Verdict:
        """Return the verdict of the side that is stretched."""
        if self._legs is not None and self._legs.look(self._ankles[row]):
            return self.unseen(hold.LEGS_MIXED)
        verdicts = [form.judge(row) for form in self._forms]
        chosen = self._choose(verdicts, row, t_s)
        self._current = self._forms[chosen]
        if verdicts[chosen].state is State.VALID:
            self._valid_s = t_s
        return self._told(verdicts[chosen])

    def unseen(self, reason: Reason) -> Verdict:
        """Return the verdict on a frame in which the person cannot be judged."""
        return self._told(Verdict(State.UNSEEN, self._current.stretched, reason))

    def ask(self, side: Side, *, unless_seen: bool) -> None:  # noqa: ARG002 - legs have names here
        """Judge this side while no side is in valid form, so that reasons speak of it."""
        sides = [form.stretched for form in self._forms]
        self._wanted = sides.index(side) if side in sides else None

    def forget(self) -> None:
        """Drop all memory, for another person."""
        for form in self._forms:
            form.forget()
        if self._legs is not None:
            self._legs.forget()

    def _told(self, verdict: Verdict) -> Verdict:
        if verdict.side_known is self._known:
            return verdict
        return replace(verdict, side_known=self._known)

    def _choose(self, verdicts: list[Verdict], row: int, t_s: float) -> int:
        """Return the index of the stretched side.

        The first of these that applies: the side chosen before, while it is valid or was within
        `SIDE_CHANGE_S` (the model may confuse the legs in a few frames); a valid side; the side
        asked for; the side that is clearly nearer to valid, also if it can't be judged from this
        view; the one chosen before, unless only the other can be judged.
        """
        current = self._forms.index(self._current)
        if len(verdicts) == 1 or verdicts[current].state is State.VALID:
            return current
        if t_s - self._valid_s < SIDE_CHANGE_S:
            return current
        other = 1 - current
        if verdicts[other].state is State.VALID:
            return other
        if self._wanted is not None:
            return self._wanted
        nearer = self._forms[current].deviation(row) - self._forms[other].deviation(row)
        if abs(nearer) > SIDE_MARGIN_DEG:
            return other if nearer > 0 else current
        blind = verdicts[current].state is State.UNSEEN
        return other if blind and verdicts[other].state is State.WRONG else current


class UnnamedSide:
    """Judge of the pair of legs; the name of the stretched one is found separately.

    The side is the one given; else the leg that was seen to rise from rest; else the one asked for;
    else it is not known, and the side that the recommended camera place suggests is used. The name
    does not change after the first valid moment of a stretch.
    """

    def __init__(self, exercise: Exercise, side: Side | None) -> None:
        """Begin; ``side`` is the stretched one if the user names it, None finds it."""
        self._candidates = candidates = exercise.candidate_sides
        self._form = SideForm(exercise, candidates[0])
        self._both = candidates == (Side.BOTH,)
        self._given = side if side in candidates and not self._both else None
        self._asked: tuple[Side, bool] | None = None
        self._wanted: Side | None = None
        self._near_is_stretched = exercise.camera.near == "stretched"
        adds_up = exercise.judging > 2  # noqa: PLR2004 - a version
        kind = exercise.crossing
        self._crossing = CrossingTracker(kind, adds_up=adds_up) if kind else None
        self._namer = LegNamer()
        self._places: list[LegPlace] = []
        self._feet: list[Feet] = []
        self._alike: list[bool] = []
        self._side = self._given or candidates[0]
        self._longest_break_s = exercise.timing.longest_break_s
        self._known = SideKnown.UNKNOWN if self._given is None else SideKnown.GIVEN
        self._settled = self._rise_used = False
        self._valid_s = -math.inf

    def measure(self, body: PoseArrays) -> None:
        """Take in the frames that `judge` will then be asked about by row."""
        self._form.measure(body)
        if self._both:
            return
        self._feet = feet_of(body)
        if self._crossing is not None:
            self._places = places_of(body)
        else:
            angles = [
                legs.other_trunk_thigh(body, self._side),
                legs.drawn_trunk_thigh(body, self._side),
            ]
            self._alike = (angles[0] - angles[1] < ALIKE_DEG).tolist()

    def judge(self, row: int, t_s: float) -> Verdict:
        """Return the verdict on one frame of the person who is followed."""
        crossing = None if self._crossing is None else self._crossing.look(self._places[row])
        if not self._both:
            self._name(self._feet[row], row)
        known = None if self._known is SideKnown.UNKNOWN else self._side
        verdict = self._form.judge(row, known, crossing)
        if verdict.state is State.VALID:
            self._settled, self._valid_s = True, t_s
            self._rise_used = self._namer.risen is not None
        elif self._is_over(t_s) or (self._asked is not None and self._no_hold_lives(t_s)):
            self._settled = False
        return self._told(verdict)

    def unseen(self, reason: Reason) -> Verdict:
        """Return the verdict on a frame in which the person cannot be judged."""
        return self._told(Verdict(State.UNSEEN, self._side, reason))

    def ask(self, side: Side, *, unless_seen: bool) -> None:
        """Use this side as the stretched one, after the end of a stretch that is running.

        A stretch has ended when the legs were seen to part, or when no hold can go on. With
        ``unless_seen`` the other side is used if that leg was seen to rise from rest.
        """
        if side in self._candidates and not self._both:
            self._asked = side, unless_seen
            self._take_asked()

    def forget(self) -> None:
        """Drop all memory, for another person."""
        self._form.forget()
        self._namer.forget()
        if self._crossing is not None:
            self._crossing.forget()
        self._settled = False

    def _is_over(self, t_s: float) -> bool:
        """Whether a stretch has ended, so that the other leg may be next."""
        if self._crossing is not None:
            return self._crossing.state in {CrossingState.DOWN, CrossingState.UNKNOWN}
        return t_s - self._valid_s > SIDE_CHANGE_S

    def _name(self, feet: Feet, row: int) -> None:
        resting = (
            self._alike[row] if self._crossing is None else self._crossing.rests(self._places[row])
        )
        self._namer.look(feet, resting=resting)
        self._take_asked()
        if self._given is not None or self._settled:
            return
        risen = self._risen(feet.t_s)
        if risen is not None and risen is not self._wanted:
            self._side, self._known = risen, SideKnown.SEEN
        elif self._wanted is not None:
            self._side, self._known = self._wanted, SideKnown.GIVEN
        elif feet.seen:
            near = Side.LEFT if feet.left_is_near else Side.RIGHT
            self._side = near if self._near_is_stretched else near.other
            self._known = SideKnown.UNKNOWN

    def _risen(self, t_s: float) -> Side | None:
        """Return the leg that has risen from rest; None if it is not known.

        A leg that rose for an earlier stretch, and no rest was seen since, says nothing against the
        side asked for now.
        """
        self._rise_used = self._rise_used and self._namer.risen is not None
        if self._rise_used and self._wanted is not None and self._no_hold_lives(t_s):
            return None
        return self._namer.risen

    def _no_hold_lives(self, t_s: float) -> bool:
        """Whether no hold can go on any more, so that another name can't divide one."""
        return t_s - self._valid_s > self._longest_break_s

    def _take_asked(self) -> None:
        if self._asked is None or self._settled:
            return
        (self._side, unless_seen), self._asked = self._asked, None
        self._known = SideKnown.GIVEN
        if unless_seen:
            self._given, self._wanted = None, self._side
        else:
            self._given = self._side

    def _told(self, verdict: Verdict) -> Verdict:
        if self._both:
            return verdict
        return replace(verdict, side=self._side, side_known=self._known)
