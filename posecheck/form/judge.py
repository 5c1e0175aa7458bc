"""Judging a session: observations and an exercise in, verdicts and steps out.

`Judge` is the one path of file, live and replay: it does not know where the observations come from,
and judging all at once or one by one gives the same verdicts. A `HoldCounter` counts them.

`PersonTracker` follows one person by place and size. The pose model returns one body per frame, and
with two people in the room it can jump from one to the other. A jump of the hips or of the size
that no movement explains counts as another person. If the new body stays, it becomes the person
that is followed.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from posecheck.errors import PoseCheckError
from posecheck.form.hold import (
    ANOTHER_PERSON,
    CAMERA_MOVED,
    DARK,
    IN_THE_WAY,
    NOBODY,
    REPEATED,
    TOO_FAR,
    HoldCounter,
    Tally,
)
from posecheck.form.sides import NamedSides, UnnamedSide
from posecheck.measure.body import PoseArrays
from posecheck.measure.geometry import SteadyThigh
from posecheck.types import Side, State, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from posecheck.exercises import Exercise
    from posecheck.ledger import Step
    from posecheck.types import Asked, Observation


REACH_BODY_LENGTHS: Final = 1.2
"""Largest jump of the same person's hips between two frames, in mean bone lengths (about 0.4 m)."""

SPEED_BODY_LENGTHS_S: Final = 2.0
"""Further movement of the hips allowed for each second without a detection, in mean bone lengths
per second (about 0.8 m/s). A body that appears 2 m away while a hold can still continue is
therefore another person."""

FORMER_SPEED_BODY_LENGTHS_S: Final = 8.0
"""The same for exercises with the older rule for breaks (`Timing.grace_s`), so that sessions
recorded with it are judged as they were."""

SCALE_CHANGE: Final = 1.7
"""Largest factor by which the size of the same person changes between two frames."""

SETTLE_S: Final = 2.0
"""Seconds in view after which a new body becomes the person that is followed; also seconds without
a detection after which the next body does."""

HOLE_S: Final = 0.5
"""Longest time between two detections, in seconds, that counts as staying in view."""


class TrackState(Enum):
    """Owner of the body that a frame shows."""

    SAME = "same"
    OTHER = "other"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Place:
    """Place of a person in the image: middle of the hips and size, in pixels."""

    t_s: float
    x_px: float
    y_px: float
    scale_px: float

    def could_become(self, later: Place, unseen_s: float, speed: float) -> bool:
        """Whether one body can move from this place to a later one.

        Args:
            later: the later place.
            unseen_s: seconds without a detection.
            speed: largest movement in these seconds, in mean bone lengths per second.
        """
        if not (self.scale_px > 0 and later.scale_px > 0):
            return False
        size = max(self.scale_px, later.scale_px)
        moved = math.hypot(later.x_px - self.x_px, later.y_px - self.y_px) / size
        reach = REACH_BODY_LENGTHS + speed * max(unseen_s, 0.0)
        factor = size / min(self.scale_px, later.scale_px)
        return moved <= reach and factor <= SCALE_CHANGE


@dataclass(slots=True)
class PersonTracker:
    """Tracker that tells the followed person from other bodies.

    Attributes:
        speed: largest movement of an unseen person, in mean bone lengths per second.
        jumps: number of times that the model jumped to another body.
    """

    speed: float = SPEED_BODY_LENGTHS_S
    jumps: int = 0
    _person: Place | None = field(default=None)
    _stranger: Place | None = field(default=None)
    _stranger_since_s: float = 0.0
    _last_body_s: float = -math.inf

    @classmethod
    def of(cls, exercise: Exercise) -> PersonTracker:
        """Return a tracker for an exercise's rule for breaks."""
        former = exercise.timing.grace_s is not None
        return cls(FORMER_SPEED_BODY_LENGTHS_S if former else SPEED_BODY_LENGTHS_S)

    def look(self, place: Place) -> TrackState:
        """Take in the body of one frame; return its owner.

        While another body is in view the allowed distance does not grow: it grows only with the
        time in which no body was seen at all.
        """
        unseen_s = place.t_s - self._last_body_s
        self._last_body_s = place.t_s
        if self._person is None or unseen_s > SETTLE_S:
            return self._follow(place, TrackState.NEW)
        if self._person.could_become(place, unseen_s, self.speed):
            return self._follow(place, TrackState.SAME)
        stays = self._stranger is not None and self._stranger.could_become(
            place, unseen_s, self.speed
        )
        if not stays or unseen_s > HOLE_S:
            self.jumps += not stays
            self._stranger_since_s = place.t_s
        self._stranger = place
        if place.t_s - self._stranger_since_s >= SETTLE_S:
            return self._follow(place, TrackState.NEW)
        return TrackState.OTHER

    def carry(self, place: Place) -> None:
        """Take in a place while the camera moves: the followed person is carried along with it."""
        self._last_body_s = place.t_s
        self._follow(place, TrackState.SAME)

    def _follow(self, place: Place, seen: TrackState) -> TrackState:
        self._person, self._stranger = place, None
        return seen


LEAST_SPAN: Final = 0.22
"""Smallest longer side of a body's bounding box, as a share of the image's longer side. A smaller
body is too far away, in exercises with ``judging = 1``."""

LEAST_PX_PER_M: Final = 0.12
"""Smallest scale of a body in pixels per metre, as a share of the image's longer side. Below it the
body is too far away: the image shows more than 8.3 m. Unlike the bounding box it does not depend on
whether the body is curled up."""

SIDE_NAMES: Final = ("auto", "left", "right")
"""Accepted values of the ``--side`` option."""


class Judge:
    """Judge of one session, in the order of time.

    Attributes:
        exercise: the definition of valid form.
        counter: counts the verdicts of `judge`.
    """

    def __init__(
        self, exercise: Exercise, side: Side | None = None, asked: Sequence[Asked] = ()
    ) -> None:
        """Begin a session.

        Args:
            exercise: the definition of valid form.
            side: the only side that may be stretched; None finds it from the form.
            asked: sides that a live session asked for and their times, in the order of time; see
                `ask`.
        """
        self.exercise = exercise
        self._follower = PersonTracker.of(exercise)
        self._scale = SteadyThigh()
        self._sides = (
            NamedSides(exercise, side) if exercise.names_a_leg else UnnamedSide(exercise, side)
        )
        self._asked = deque(asked)
        self._valid_s = -math.inf
        self.counter = HoldCounter(exercise)

    def ask(self, asked: Asked) -> None:
        """Set the side asked for, from a frame on that is not judged yet.

        While no side is in valid form, the reasons are those of the side asked for. A valid moment
        on the other side stays valid, for that side.
        """
        self._asked.append(asked)

    def judge(self, observations: Sequence[Observation]) -> Iterator[Step]:
        """Yield the verdict on each observation, counted; call again with those that follow.

        Raises:
            ValueError: if the times do not increase.
        """
        for seen, verdict in zip(observations, self.verdicts(observations), strict=True):
            yield self.counter.update(seen.t_s, verdict)

    def judge_all(self, observations: Sequence[Observation]) -> Tally:
        """Judge all observations of a session and return its tally."""
        for _ in self.judge(observations):
            pass
        return self.finish()

    def finish(self) -> Tally:
        """End the session and return its tally."""
        return replace(self.counter.finish(), jumps=self._follower.jumps)

    def verdicts(self, observations: Sequence[Observation]) -> Iterator[Verdict]:
        """Yield the verdict on each observation, not counted."""
        body = PoseArrays.of(observations)
        by_name = self.exercise.judging == 1
        body = replace(body, leg_scale=self._scale.of(body), hips_by_name=by_name)
        self._sides.measure(body)
        present = body.present.tolist()
        near_enough = self._near_enough(body)
        centre = body.hip_centre_px.tolist()
        scale = body.scale_px.tolist()
        for row, observation in enumerate(observations):
            self._take_asked(observation.t_s)
            if present[row]:
                x_px, y_px = centre[row]
                place = Place(observation.t_s, x_px, y_px, scale[row])
                if observation.moved:
                    self._follower.carry(place)
                verdict = self._judge_person(row, place, near_enough=near_enough[row])
                if observation.moved:
                    verdict = replace(verdict, state=State.UNSEEN, reason=CAMERA_MOVED)
                if observation.repeated and verdict.state is State.VALID:
                    verdict = replace(verdict, state=State.UNSEEN, reason=REPEATED)
                if observation.disturbed:
                    verdict = self._doubted(observation.t_s, verdict)
            else:
                verdict = self._sides.unseen(DARK if observation.dark else NOBODY)
            if verdict.state is State.VALID:
                self._valid_s = observation.t_s
            yield verdict

    def _doubted(self, t_s: float, verdict: Verdict) -> Verdict:
        """Return the verdict on a frame in which somebody is at the person's legs.

        Only one that is wrong changes: it becomes unseen, as long as a hold can go on. So a mark
        can add no valid moment.
        """
        if verdict.state is not State.WRONG:
            return verdict
        if t_s - self._valid_s > self.exercise.timing.longest_break_s:
            return verdict
        return replace(verdict, state=State.UNSEEN, reason=IN_THE_WAY)

    def _near_enough(self, body: PoseArrays) -> list[bool]:
        if self.exercise.judging == 1:
            return [span >= LEAST_SPAN for span in body.span.tolist()]
        least = LEAST_PX_PER_M * body.frame_size_px.max(axis=1)
        return [bool(near) for near in body.px_per_m >= least]

    def _take_asked(self, t_s: float) -> None:
        while self._asked and self._asked[0].t_s <= t_s:
            asked = self._asked.popleft()
            self._sides.ask(asked.side, unless_seen=asked.unless_seen)

    def _judge_person(self, row: int, place: Place, *, near_enough: bool) -> Verdict:
        seen = self._follower.look(place)
        if seen is TrackState.NEW:
            self._sides.forget()
        if seen is TrackState.OTHER:
            return self._sides.unseen(ANOTHER_PERSON)
        if not near_enough:
            return self._sides.unseen(TOO_FAR)
        return self._sides.judge(row, place.t_s)


class Fitness:
    """Fit of one exercise to a recording, computed batch by batch.

    Attributes:
        exercise: the exercise.
        last: the last step; None before the first.
    """

    def __init__(self, exercise: Exercise, side: Side | None = None) -> None:
        """Begin a recording, on one side or on either (None)."""
        self.exercise = exercise
        self.last: Step | None = None
        self._judge = Judge(exercise, side)
        self._met = 0.0

    @property
    def seen(self) -> int:
        """Number of frames taken in."""
        return self._judge.counter.pictures

    @property
    def value(self) -> tuple[int, float]:
        """Valid microseconds, then the sum over all frames of the share of required rules met."""
        return self._judge.counter.ledger.valid_us, self._met

    def take(self, observations: Sequence[Observation]) -> None:
        """Take in the next observations."""
        for step in self._judge.judge(observations):
            self.last = step
            required = [r.state is State.VALID for r in step.verdict.readings if r.required]
            self._met += sum(required) / len(required) if required else 0.0

    def finish(self) -> Tally:
        """End the recording and return its tally by this exercise."""
        return self._judge.finish()


def best_fitting(fits: Sequence[Fitness]) -> Fitness:
    """Return the best fit: most valid seconds first, then most required rules met.

    Ties, such as a recording without a person, go to the first.
    """
    return max(fits, key=lambda fit: fit.value)


def fitting(
    exercises: Iterable[Exercise], observations: Sequence[Observation], side: Side | None = None
) -> Exercise:
    """Return the exercise that fits the observations best, on one side or on either (None)."""
    fits = [Fitness(exercise, side) for exercise in exercises]
    for fit in fits:
        fit.take(observations)
    return best_fitting(fits).exercise


def side_of(name: str) -> Side | None:
    """Return the side that a ``--side`` option names; None for "auto".

    Raises:
        PoseCheckError: for any other name.
    """
    if name not in SIDE_NAMES:
        message = f"unknown side {name!r}: choose one of {', '.join(SIDE_NAMES)}"
        raise PoseCheckError(message)
    return None if name == "auto" else Side(name)
