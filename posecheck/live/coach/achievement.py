"""End of a live session: what was achieved, and the questions that the end page asks.

`Achievement` sums up one exercise from the judge's steps. `Interview` asks once for the pain, and,
where a person ended early, why; a question that is not answered is skipped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from posecheck.live.coach import words
from posecheck.live.coach.prompt import Achieved, Phase, Question, SideResult
from posecheck.types import MICROSECONDS, EarlyEnd, Side, State, Statement, Topic

if TYPE_CHECKING:
    from posecheck.ledger import NotJudged, Step
    from posecheck.live.coach.plan import Agenda, SessionPlan

ANSWER_S: Final = 20.0
"""Seconds after which a question is skipped by itself."""

READ_S: Final = 12.0
"""Shortest time in seconds for which the results are shown after the last question."""

ALONE_S: Final = 5.0
"""The same when nobody is there."""


@dataclass(slots=True)
class Achievement:
    """Sums of one exercise.

    Attributes:
        valid_us: microseconds in valid form for each side.
        not_judged_us: microseconds of timers for each side in which nothing valid was counted.
        lost_us: microseconds lost for each instruction while the stretch was tried.
    """

    valid_us: Counter[Side] = field(default_factory=Counter)
    not_judged_us: Counter[Side] = field(default_factory=Counter)
    lost_us: Counter[str] = field(default_factory=Counter)

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
            if waits or phase in {Phase.HOLD, Phase.TIMER}:
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
