"""Observations and an exercise in, steps out: the one path of file, live and replay.

`Judge` cannot tell where the observations come from. Judging all at once or one by one
gives the same steps.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from posecheck import cues
from posecheck.body import Body
from posecheck.errors import PoseCheckError
from posecheck.form import SideForm
from posecheck.hold import HoldCounter
from posecheck.legs import LegFollower, ankles_of
from posecheck.person import PersonFollower, Place, Seen
from posecheck.types import MICROSECONDS, Fault, Ledger, Side, State, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from posecheck.exercises.schema import Exercise
    from posecheck.legs import Ankles
    from posecheck.types import Asked, Hold, Observation, Reason, Step

LEAST_SPAN: Final = 0.22
"""Below this share of the picture's longer side a body is too far away to be judged;
the model loses people at about a quarter of the picture's width."""

SIDE_MARGIN_DEG: Final = 20.0
"""How much nearer to valid one side must be before it is taken for the stretched one."""


SIDE_CHANGE_S: Final = 0.5
"""Nobody changes legs faster than this."""

SIDE_NAMES: Final = ("auto", "left", "right")
"""How the stretched side can be asked for."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a whole session comes to.

    Attributes:
        ledger: all time, sorted.
        holds: every hold of more than 0 s, in order.
        faults: what time was lost to, most first.
        jumps: how often the pose jumped to another body.
        empty_pictures: pictures in which nobody was found.
        pictures: all pictures.
        dark_pictures: empty pictures that are black.
        exercise: what was judged; None in a tally that was made otherwise.
    """

    ledger: Ledger
    holds: tuple[Hold, ...]
    faults: tuple[Fault, ...]
    jumps: int
    empty_pictures: int
    pictures: int
    dark_pictures: int = 0
    exercise: Exercise | None = None


class Judge:
    """Judges one session, in the order of time.

    Attributes:
        exercise: what valid form means.
        holds: the holds of more than 0 s that ended so far.
    """

    def __init__(
        self, exercise: Exercise, side: Side | None = None, asked: Sequence[Asked] = ()
    ) -> None:
        """Begin a session.

        Args:
            exercise: what valid form means.
            side: the only side that may be stretched; None finds it from the form.
            asked: which side a live session asked for from when on, in the order of time;
                see `ask`.
        """
        sides = exercise.candidate_sides
        if side is not None and side in sides:
            sides = (side,)
        self.exercise = exercise
        self._forms = tuple(SideForm(exercise, candidate) for candidate in sides)
        self._current = self._forms[0]
        self._follower = PersonFollower()
        self._legs = LegFollower() if exercise.feet_start_together else None
        self._counter = HoldCounter.of(exercise)
        self._valid_s = -math.inf
        self._asked = deque(asked)
        self._wanted: int | None = None
        self.holds: list[Hold] = []
        self._lost_us: defaultdict[tuple[str, State, str], int] = defaultdict(int)
        self._pictures = self._empty = self._dark = 0

    def ask(self, asked: Asked) -> None:
        """Say which side is asked for from a picture on that was not judged yet.

        While no side is in valid form, the one asked for is judged, so that reasons speak
        of it. A valid moment on the other side stays what it is: valid, for that side.
        """
        self._asked.append(asked)

    def judge(self, observations: Sequence[Observation]) -> Iterator[Step]:
        """Yield a step for each observation; call again with those that follow.

        Raises:
            ValueError: if the times do not increase.
        """
        body = Body.of(observations)
        for form in self._forms:
            form.measure(body)
        present = body.present.tolist()
        span = body.span.tolist()
        centre = body.hip_centre_px.tolist()
        scale = body.scale_px.tolist()
        ankles = ankles_of(body) if self._legs is not None else [None] * len(span)
        for row, observation in enumerate(observations):
            self._pictures += 1
            self._take_asked(observation.t_s)
            if present[row]:
                x_px, y_px = centre[row]
                place = Place(observation.t_s, x_px, y_px, scale[row])
                verdict = self._judge_person(row, place, span[row], ankles[row])
                if observation.repeated and verdict.state is State.VALID:
                    verdict = replace(verdict, state=State.UNSEEN, reason=cues.REPEATED)
            else:
                self._empty += 1
                self._dark += observation.dark
                verdict = self._unseen(cues.DARK if observation.dark else cues.NOBODY)
            yield self._count(observation.t_s, verdict)

    def finish(self) -> Tally:
        """End the session and return what it comes to."""
        self._keep(self._counter.finish())
        faults = [
            Fault(rule, state, lost / MICROSECONDS, cue)
            for (rule, state, cue), lost in self._lost_us.items()
        ]
        return Tally(
            ledger=self._counter.ledger,
            holds=tuple(self.holds),
            faults=tuple(sorted(faults, key=lambda fault: -fault.seconds)),
            jumps=self._follower.jumps,
            empty_pictures=self._empty,
            pictures=self._pictures,
            dark_pictures=self._dark,
            exercise=self.exercise,
        )

    def _take_asked(self, t_s: float) -> None:
        while self._asked and self._asked[0].t_s <= t_s:
            side = self._asked.popleft().side
            sides = [form.stretched for form in self._forms]
            self._wanted = sides.index(side) if side in sides else None

    def _judge_person(self, row: int, place: Place, span: float, ankles: Ankles | None) -> Verdict:
        seen = self._follower.look(place)
        if seen is Seen.NEW:
            self._forget()
        if seen is Seen.OTHER:
            return self._unseen(cues.ANOTHER_PERSON)
        if not span >= LEAST_SPAN:
            return self._unseen(cues.TOO_FAR)
        if self._legs is not None and ankles is not None and self._legs.look(ankles):
            return self._unseen(cues.LEGS_MIXED)
        verdicts = [form.judge(row) for form in self._forms]
        chosen = self._choose(verdicts, row, place.t_s)
        self._current = self._forms[chosen]
        if verdicts[chosen].state is State.VALID:
            self._valid_s = place.t_s
        return verdicts[chosen]

    def _forget(self) -> None:
        for form in self._forms:
            form.forget()
        if self._legs is not None:
            self._legs.forget()

    def _choose(self, verdicts: list[Verdict], row: int, t_s: float) -> int:
        """Return which side is the stretched one.

        The side that was chosen before, while it is valid or was a moment ago: the model
        may take one leg for the other in a few pictures. Else a valid side; else the side
        asked for. If none is: the side that is clearly nearer to valid, also if it can't be
        judged from this view; else the one chosen before, unless only the other can be
        judged.
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

    def _unseen(self, reason: Reason) -> Verdict:
        return Verdict(State.UNSEEN, self._current.stretched, reason)

    def _count(self, t_s: float, verdict: Verdict) -> Step:
        step = self._counter.update(t_s, verdict)
        self._keep(step.finished)
        interval = step.interval
        if interval is not None and (reason := interval.reason) is not None:
            self._lost_us[reason.key, interval.state, reason.cue] += interval.duration_us
        return step

    def _keep(self, hold: Hold | None) -> None:
        if hold is not None and hold.held_us > 0:
            self.holds.append(hold)


def best_fitting(
    exercises: Sequence[Exercise],
    observations: Sequence[Observation],
    side: Side | None = None,
) -> Exercise:
    """Return the exercise that a recording fits best, on one side or on either (None).

    Most valid seconds first; then the largest share of required rules that are met, over
    all pictures. Ties, such as a recording without anybody, go to the first.
    """

    def fitness(exercise: Exercise) -> tuple[int, float]:
        judge = Judge(exercise, side)
        met = 0.0
        for step in judge.judge(observations):
            required = [r.state is State.VALID for r in step.verdict.readings if r.required]
            met += sum(required) / len(required) if required else 0.0
        return judge.finish().ledger.valid_us, met

    return max(exercises, key=fitness)


def side_of(name: str) -> Side | None:
    """Return the side that a ``--side`` option names; None for "auto".

    Raises:
        PoseCheckError: for any other name.
    """
    if name not in SIDE_NAMES:
        message = f"unknown side {name!r}: choose one of {', '.join(SIDE_NAMES)}"
        raise PoseCheckError(message)
    return None if name == "auto" else Side(name)
