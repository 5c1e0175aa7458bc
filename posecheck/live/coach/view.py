"""Exact view state of one moment, from the parts of the routine; nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from posecheck.live.coach import words
from posecheck.live.coach.prompt import Phase, Ring, ViewState
from posecheck.types import State

if TYPE_CHECKING:
    from posecheck.ledger import Step
    from posecheck.live.coach.course import RoutineStateMachine
    from posecheck.live.coach.framing import FramingCoach
    from posecheck.live.coach.plan import SessionPlan
    from posecheck.live.coach.prompt import Achieved, Question
    from posecheck.live.coach.prompter import Prompter

_JUDGED: Final = (Phase.GET_INTO_POSITION, Phase.HOLD)
_PLACED: Final = (Phase.SET_UP, Phase.CHANGE_SIDE, Phase.GET_INTO_POSITION)
_RINGS: Final = {
    Phase.COMPLETE: Ring.COMPLETE,
    Phase.REST: Ring.COUNTDOWN,
    Phase.CHANGE_SIDE: Ring.COUNTDOWN,
    Phase.TIMER: Ring.TIMER,
    Phase.DONE: Ring.COMPLETE,
}


@dataclass(frozen=True, slots=True)
class ViewMoment:
    """What a view state is made of.

    Attributes:
        t_s: the moment, seconds since the source began.
        plan: the plan of the exercise.
        course: the state machine.
        prompter: the cues.
        coach: the coach of the view.
        step: the judge's last step; None before the first.
        camera: a problem of the camera, one sentence; empty without one.
        blind: whether no frame has come.
    """

    t_s: float
    plan: SessionPlan
    course: RoutineStateMachine
    prompter: Prompter
    coach: FramingCoach
    step: Step | None
    camera: str
    blind: bool

    @property
    def stopped(self) -> bool:
        """Whether a hold was lost a short time ago, and no new one has begun."""
        waits = self.course.phase in {Phase.GET_INTO_POSITION, Phase.PAUSED}
        return waits and self.prompter.stopped_lately(self.t_s)

    def verdict(self) -> State | None:
        """Return the verdict on the side that is asked for."""
        course = self.course
        if self.step is None or course.phase not in _JUDGED:
            return None
        if self.blind:
            return State.UNSEEN
        verdict = self.step.verdict
        if verdict.state is not State.VALID or course.counts(verdict.side):
            return verdict.state
        return None if verdict.side is course.side else State.WRONG

    def seconds(self) -> float:
        """Return seconds that the hold counter counted: of this hold, the lost or complete one."""
        course = self.course
        if self.stopped:
            return course.held_s
        hold = course.hold if course.phase in _JUDGED else None
        if course.phase in {Phase.COMPLETE, Phase.REST}:
            hold = course.stays.spent
        return 0.0 if hold is None else hold.held_s

    def ring(self) -> tuple[Ring, str]:
        """Return the meaning of the ring, and the words beside it."""
        course = self.course
        if self.stopped:
            return Ring.STOPPED, self.prompter.stopped
        if course.phase is Phase.HOLD:
            if self.verdict() is State.VALID:
                return Ring.RUNNING, ""
            return Ring.WAITING, words.waiting(self.prompter.waited_for)
        ring = _RINGS.get(course.phase, Ring.EMPTY)
        return ring, words.TIMER if ring is Ring.TIMER else ""

    def headline(self) -> str:
        """Return the words beside the seconds."""
        course, agenda = self.course, self.course.agenda
        return {
            Phase.SET_UP: self.plan.exercise.title,
            Phase.GET_INTO_POSITION: course.which(),
            Phase.HOLD: words.HOLD,
            Phase.COMPLETE: words.COMPLETE,
            Phase.REST: words.REST,
            Phase.CHANGE_SIDE: words.change_to(course.side),
            Phase.PAUSED: words.PAUSED,
            Phase.TIMER: words.TIMER,
            Phase.DONE: words.done(agenda.completed, agenda.planned, agenda.timed.total()),
        }[course.phase]

    def view_good(self) -> bool:
        """Whether the camera sees enough to judge."""
        if self.course.phase in _PLACED:
            return self.coach.view_good
        return self.step is not None and self.step.verdict.state is not State.UNSEEN


def view_of(
    moment: ViewMoment,
    achieved: tuple[Achieved, ...],
    question: Question | None,
    parts: tuple[int, int],
    hands_share: float,
) -> ViewState:
    """Return the exact view state of a moment.

    Args:
        moment: what it is made of.
        achieved: results of the exercises before, and of this one once it has ended.
        question: the question of the end page; None without one.
        parts: number of this exercise, from 1, and of all.
        hands_share: how far the sign of the hands has been held, in [0, 1].
    """
    plan, course, prompter = moment.plan, moment.course, moment.prompter
    agenda, seconds = course.agenda, moment.seconds()
    prompted = course.phase in {*_PLACED, Phase.HOLD}
    camera = moment.camera if prompted else ""
    advice = moment.coach.advice if course.phase in _PLACED and not camera else None
    ring, ring_text = moment.ring()
    return ViewState(
        phase=course.phase,
        headline=moment.headline(),
        cue=camera or prompter.cue,
        said=prompter.said,
        tone=prompter.tone,
        verdict=moment.verdict(),
        seconds=seconds,
        target_s=plan.hold_s,
        share=min(seconds / plan.hold_s, 1.0),
        side=agenda.turn.side,
        repetition=agenda.turn.repetition,
        repetitions=plan.repetitions,
        completed=agenda.completed + (course.phase is Phase.COMPLETE),
        planned=agenda.planned,
        reason=camera or prompter.reason,
        notice="",
        countdown_s=course.countdown_s(),
        view_good=moment.view_good() and not camera,
        edges=() if advice is None else advice.edges,
        ring=ring,
        ring_text=ring_text,
        timer_s=course.timer_s(),
        timed=agenda.timed.total(),
        exercise=plan.exercise.title,
        part=parts[0],
        parts=parts[1],
        hands_share=hands_share,
        question=question,
        achieved=achieved,
    )
