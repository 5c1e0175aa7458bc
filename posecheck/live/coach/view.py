"""What is shown of a live session: the exact view state, the one that is shown, and the end page.

The exact view state of a moment is made from the parts of the routine; nothing is decided here.

`Achievement` sums up one exercise from the judge's steps. `Interview` asks once for the pain, and,
where a person ended early, why; a question that is not answered is skipped.

`SettledView` keeps verdicts, words and colours from flickering, while the seconds stay exact. It
takes the exact view state of every moment and returns the one to show. Everything that is a word, a
colour or a symbol changes together, only after it has lasted, and at most once a second; numbers of
the same phase are always those of the moment.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from posecheck.live.coach import words
from posecheck.live.coach.prompt import Achieved, Phase, Question, Ring, SideResult, ViewState
from posecheck.types import MICROSECONDS, EarlyEnd, Side, State, Statement, Topic

if TYPE_CHECKING:
    from posecheck.ledger import NotJudged, Step
    from posecheck.live.coach.course import RoutineStateMachine
    from posecheck.live.coach.framing import FramingCoach
    from posecheck.live.coach.plan import Agenda, SessionPlan
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
        course = self.course
        return {
            Phase.SET_UP: self.plan.exercise.title,
            Phase.GET_INTO_POSITION: course.which(),
            Phase.HOLD: words.HOLD,
            Phase.COMPLETE: words.COMPLETE,
            Phase.REST: words.REST,
            Phase.CHANGE_SIDE: words.change_to(course.side),
            Phase.PAUSED: words.PAUSED,
            Phase.TIMER: words.TIMER,
            Phase.DONE: course.ending(),
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


ANSWER_S: Final = 20.0
"""Seconds after which a question is skipped by itself."""

READ_S: Final = 12.0
"""Shortest time in seconds for which the results are shown after the last question."""

ALONE_S: Final = 5.0
"""The same when nobody is there."""


USUAL_S: Final = 5.0
"""Seconds of getting into position that are usual: nothing has to be changed to save them."""


@dataclass(slots=True)
class Achievement:
    """Sums of one exercise.

    Attributes:
        valid_us: microseconds in valid form for each side.
        not_judged_us: microseconds of timers for each side in which nothing valid was counted.
        lost_us: microseconds lost for each instruction while the stretch was tried; the first
            `USUAL_S` of getting into position are left out.
    """

    valid_us: Counter[Side] = field(default_factory=Counter)
    not_judged_us: Counter[Side] = field(default_factory=Counter)
    lost_us: Counter[str] = field(default_factory=Counter)
    _waited_us: int = 0

    def take(self, step: Step, phase: Phase, *, tried: bool) -> None:
        """Take in one moment.

        Args:
            step: the judge's step.
            phase: phase of the routine.
            tried: whether the stretch was tried since the last repetition.
        """
        interval = step.interval
        if interval is None:
            return
        if interval.state is State.VALID:
            self.valid_us[step.verdict.side] += interval.duration_us
        elif interval.reason is not None:
            waits = phase is Phase.GET_INTO_POSITION and tried
            self._waited_us = self._waited_us + interval.duration_us if waits else 0
            long = self._waited_us > USUAL_S * MICROSECONDS
            if long or phase in {Phase.HOLD, Phase.TIMER}:
                self.lost_us[interval.reason.cue] += interval.duration_us

    def take_timer(self, timed: NotJudged) -> None:
        """Take in the time of a timer."""
        self.not_judged_us[timed.side] += timed.not_judged_us

    def achieved(self, plan: SessionPlan, agenda: Agenda, *, ended_early: bool) -> Achieved:
        """Return the results."""
        change, cost_us = max(self.lost_us.items(), key=lambda item: item[1], default=("", 0))
        return Achieved(
            exercise=plan.exercise.title,
            sides=tuple(self._result(side, agenda) for side in agenda.sides),
            cost_s=cost_us / MICROSECONDS,
            change=change,
            ended_early=ended_early,
        )

    def _result(self, side: Side, agenda: Agenda) -> SideResult:
        complete, timed = agenda.done[side], agenda.timed[side]
        return SideResult(
            side=side,
            complete=complete,
            planned=agenda.planned_on(side),
            timed=timed,
            valid_s=self.valid_us[side] / MICROSECONDS,
            not_judged_s=self.not_judged_us[side] / MICROSECONDS,
        )


class Interview:
    """Questions of the end page, one after the other."""

    def __init__(self) -> None:
        """Ask nothing yet."""
        self._topics: list[Topic] = []
        self._since_s = 0.0
        self._read_s = READ_S

    def begin(self, t_s: float, *, ended_early: bool, alone: bool) -> None:
        """Begin to ask.

        Args:
            t_s: the moment.
            ended_early: whether a person ended the routine early.
            alone: whether it ended because nobody was there; then nothing is asked.
        """
        self._since_s = t_s
        self._read_s = ALONE_S if alone else READ_S
        early = [Topic.ENDED_EARLY] if ended_early else []
        self._topics = [] if alone else [Topic.PAIN, *early]

    def question(self, t_s: float) -> Question | None:
        """Return the question of the moment; None when all are answered or skipped."""
        while self._topics and t_s - self._since_s >= ANSWER_S:
            self._next(self._since_s + ANSWER_S)
        if not self._topics:
            return None
        about = self._topics[0]
        left_s = ANSWER_S - max(t_s - self._since_s, 0.0)
        return Question(about, words.QUESTIONS[about], words.CHOICES[about], left_s)

    def answer(self, t_s: float, choice: str) -> Statement | None:
        """Return the statement for a choice; None if there is no question or no such choice."""
        question = self.question(t_s)
        if question is None or choice not in question.choices:
            return None
        self._next(t_s)
        pain = question.about is Topic.PAIN
        return Statement(t_s, question.about, int(choice) if pain else EarlyEnd(choice))

    def skip(self, t_s: float) -> None:
        """Leave the question of the moment unanswered."""
        if self.question(t_s) is not None:
            self._next(t_s)

    def is_over(self, t_s: float) -> bool:
        """Whether everything was asked, and the results were shown long enough."""
        return self.question(t_s) is None and t_s - self._since_s >= self._read_s

    def _next(self, t_s: float) -> None:
        self._topics.pop(0)
        self._since_s = t_s


SETTLE_S: Final = 0.4
"""Seconds that a change must last before it is shown."""

BETWEEN_S: Final = 1.0
"""Shortest time between two changes that are shown, in seconds."""

FACE: Final = (
    "phase", "headline", "cue", "verdict", "side", "repetition", "repetitions", "completed",
    "planned", "reason", "view_good", "edges", "ring", "ring_text", "timed", "exercise", "part",
    "parts",
)  # fmt: skip
"""Names of the parts of a view state that change together."""

_NUMBERS: Final = ("seconds", "share", "countdown_s", "timer_s")
_AT_ONCE: Final = frozenset({Phase.COMPLETE, Phase.DONE, Phase.TIMER, Phase.CHANGE_SIDE})
"""Phases that are shown as soon as the last change is long enough ago: they do not flicker."""


def face_of(state: ViewState) -> tuple[Any, ...]:
    """Return the parts of a view state that change together."""
    return tuple(getattr(state, name) for name in FACE)


@dataclass(slots=True)
class SettledView:
    """View state that is shown, of one session."""

    _shown: ViewState | None = None
    _changed_s: float = -math.inf
    _next: tuple[Any, ...] = ()
    _next_s: float = math.inf
    _at_once: bool = False

    def look(self, t_s: float, state: ViewState) -> ViewState:
        """Take in the exact view state of one moment; return the one to show.

        Args:
            t_s: the moment, seconds since the source began.
            state: the exact view state.
        """
        shown = self._shown
        face = face_of(state)
        if shown is None or self._at_once or face == face_of(shown):
            if shown is None or face != face_of(shown):
                self._changed_s = t_s
            self._shown, self._next_s, self._at_once = state, math.inf, False
            return state
        if self._next_s == math.inf or not _same_kind(face, self._next):
            self._next_s = t_s
        self._next = face
        settles_s = 0.0 if state.phase in _AT_ONCE else SETTLE_S
        if t_s - self._next_s >= settles_s and t_s - self._changed_s >= BETWEEN_S:
            self._shown, self._changed_s, self._next_s = state, t_s, math.inf
            return state
        self._shown = _still(shown, state)
        return self._shown

    def restart(self) -> None:
        """Show the next state at once: a person has pressed a key and waits for its effect."""
        self._at_once = True


def _same_kind(face: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether two faces agree in what must last: phase and verdict."""
    lasting = [FACE.index("phase"), FACE.index("verdict")]
    return bool(other) and all(face[index] == other[index] for index in lasting)


def _still(shown: ViewState, state: ViewState) -> ViewState:
    """Return the state that stays, with the numbers and sounds of the moment."""
    update = {name: getattr(state, name) for name in ("said", "tone", "notice", "hands_share")}
    update |= {"question": state.question, "achieved": state.achieved}
    if shown.phase is state.phase:
        update |= {name: getattr(state, name) for name in _NUMBERS}
    return replace(shown, **update)
