"""Routine of a live session: judged frames in, a `ViewState` and audio cues out.

Times come in with the observations; no clock is read. It combines the parts: the coach checks the
view, the presence the person, the course decides the order of phases, and the prompter chooses the
words.

`press` applies the actions of keys; none of them is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from posecheck.live.coach import prompt
from posecheck.live.coach.course import RoutineStateMachine
from posecheck.live.coach.framing import FramingCoach
from posecheck.live.coach.presence import Presence
from posecheck.live.coach.prompt import Action, Phase, ViewState
from posecheck.live.coach.prompter import Prompter
from posecheck.types import Cause, Side, State

if TYPE_CHECKING:
    from posecheck.ledger import Step
    from posecheck.live.coach.plan import SessionPlan
    from posecheck.live.coach.prompt import AudioCue
    from posecheck.types import Observation


def press(course: RoutineStateMachine, action: Action, t_s: float) -> None:
    """Apply the action of a key; after the end only a restart is possible."""
    course.set_time(t_s)
    if course.phase is Phase.DONE and action is not Action.RESTART:
        return
    {
        Action.PAUSE: _pause,
        Action.SKIP: _skip,
        Action.RESTART: _restart,
        Action.SIDE: _side,
    }[action](course)


def _pause(course: RoutineStateMachine) -> None:
    if course.by_key:
        course.resume()
        return
    if course.phase is Phase.COMPLETE:
        course.pass_on(completed=True)
    if not course.agenda.over:
        course.pause("", by_key=True)


def _skip(course: RoutineStateMachine) -> None:
    course.spend()
    if course.phase is Phase.PAUSED:
        course.resume()
    elif course.phase is Phase.COMPLETE:
        course.pass_on(completed=True)
    elif course.phase in {Phase.GET_INTO_POSITION, Phase.HOLD}:
        course.say(prompt.SKIPPED)
        course.pass_on(completed=False)
    else:
        course.enter(Phase.GET_INTO_POSITION)


def _restart(course: RoutineStateMachine) -> None:
    course.spend()
    course.by_key = False
    course.restart()
    course.say(prompt.FROM_THE_START)
    in_set_up = course.phase is Phase.SET_UP
    course.enter(Phase.SET_UP if in_set_up else Phase.GET_INTO_POSITION)


def _side(course: RoutineStateMachine) -> None:
    if course.side is Side.BOTH:
        course.say(prompt.NO_OTHER_SIDE)
        return
    side = course.side.other
    if course.phase is Phase.COMPLETE:
        course.pass_on(completed=True)
    if not course.agenda.over:
        course.by_key = False
        course.agenda.take_side(side)
        course.change_side()


_PROMPTED: Final = (Phase.SET_UP, Phase.GET_INTO_POSITION, Phase.HOLD, Phase.CHANGE_SIDE)
_JUDGED: Final = (Phase.GET_INTO_POSITION, Phase.HOLD)
_NOT_FOUND: Final = (Cause.NOBODY, Cause.ANOTHER_PERSON)
_COACHED: Final = (Phase.SET_UP, Phase.CHANGE_SIDE)


class Routine:
    """Routine that leads one person through a plan, without keys."""

    def __init__(self, plan: SessionPlan) -> None:
        """Begin with the set-up."""
        self.plan = plan
        self._coach = FramingCoach(plan.exercise)
        self._presence = Presence()
        self._prompter = Prompter(plan.exercise)
        self._course = RoutineStateMachine(plan, self._coach, self._presence, self._prompter)
        self._step: Step | None = None
        self._t_s: float | None = None
        self._notice = ""

    @property
    def side(self) -> Side:
        """The side to ask the judge for now."""
        return self._course.side

    @property
    def phase(self) -> Phase:
        """Phase of the routine."""
        return self._course.phase

    @property
    def done(self) -> bool:
        """Whether the routine has ended."""
        return self.phase is Phase.DONE

    def step(
        self, observation: Observation, step: Step, brightness: float | None = None
    ) -> tuple[ViewState, tuple[AudioCue, ...]]:
        """Take in the observation and the step of one moment.

        Args:
            observation: the observation.
            step: the judge's step for it, with `side` asked for.
            brightness: mean brightness of the image in [0, 1]; None if not known.

        Returns:
            The view state and the audio cues of this moment.
        """
        t_s = self._now(step.t_s)
        self._step, self._notice = step, ""
        reason = step.verdict.reason
        found = reason is None or reason.cause not in _NOT_FOUND
        self._presence.look(t_s, found=found, turning=self.phase is Phase.CHANGE_SIDE)
        if self._is_coached():
            self._coach.look(observation, step, self.side, brightness)
        else:
            self._coach.idle()
        self._course.go_on(t_s, step.hold)
        if self.phase in _PROMPTED:
            counts = self._course.counts(step.verdict.side)
            self._prompter.judge(t_s, step.verdict, self.side, self._coach, counts=counts)
        return self._out(t_s)

    def absent(self, t_s: float, notice: str) -> tuple[ViewState, tuple[AudioCue, ...]]:
        """Take in that no frame has come: the camera is lost, stalled or covered.

        Args:
            t_s: now, on the clock of the frames.
            notice: the problem, one sentence; it is shown.
        """
        t_s = self._now(t_s)
        self._notice = notice
        if self._presence.lacks_pictures(t_s):
            self._coach.idle()
        self._course.go_on_blind(t_s, notice)
        return self._out(t_s)

    def press(self, action: Action, t_s: float) -> tuple[ViewState, tuple[AudioCue, ...]]:
        """Apply the action of a key."""
        t_s = self._now(t_s)
        self._presence.person_s = t_s  # a person who presses keys is there, in the image or not
        press(self._course, action, t_s)
        return self._out(t_s)

    def _now(self, t_s: float) -> float:
        """Take in the time; it never decreases, and begins with the first moment."""
        if self._t_s is None:
            self._t_s = t_s
            self._presence.begin(t_s)
            self._course.begin(t_s)
        self._t_s = max(self._t_s, t_s)
        return self._t_s

    def _is_unseen(self) -> bool:
        return self._step is None or self._step.verdict.state is State.UNSEEN

    def _is_coached(self) -> bool:
        """Whether the view matters now: in the set-up, or because it is not good."""
        return self.phase in _COACHED or self._is_unseen()

    def _out(self, t_s: float) -> tuple[ViewState, tuple[AudioCue, ...]]:
        if self.phase is Phase.PAUSED:
            cue = prompt.PAUSED_BY_KEY if self._course.by_key else prompt.GOES_ON
            self._prompter.rest(cue, self._course.why_paused)
        elif self.phase not in _PROMPTED:
            self._prompter.rest("" if self.done else prompt.LET_GO)
        calls = self._prompter.calls(t_s)
        return self._screen(t_s), calls

    def _screen(self, t_s: float) -> ViewState:
        plan, agenda, prompter = self.plan, self._course.agenda, self._prompter
        coached = self._is_coached()
        advice = self._coach.advice if coached else None
        held_s = self._shown_s()
        rest_s = plan.rest_s - (t_s - self._course.since_s)
        return ViewState(
            phase=self.phase,
            headline=self._headline(t_s),
            cue=self._cue(),
            said=prompter.said,
            tone=prompter.tone,
            verdict=self._verdict(),
            seconds=held_s,
            target_s=plan.hold_s,
            share=min(held_s / plan.hold_s, 1.0),
            side=agenda.turn.side,
            repetition=agenda.turn.repetition,
            repetitions=plan.repetitions,
            completed=agenda.completed + (self.phase is Phase.COMPLETE),
            planned=agenda.planned,
            reason=prompter.reason,
            notice=self._notice,
            countdown_s=max(rest_s, 0.0) if self.phase is Phase.REST else None,
            view_good=self._coach.view_good if coached else not self._is_unseen(),
            edges=() if advice is None else advice.edges,
        )

    def _cue(self) -> str:
        """Return the present instruction; in a hold whose seconds do not run it comes at once."""
        prompter, step = self._prompter, self._step
        if prompter.cue or self.phase is not Phase.HOLD or not prompter.reason or step is None:
            return prompter.cue
        reason = step.verdict.reason
        return "" if reason is None else reason.cue

    def _shown_s(self) -> float:
        """Return seconds that the hold counter counted: of this hold, or the complete one."""
        hold = self._course.hold if self.phase in _JUDGED else None
        if self.phase in {Phase.COMPLETE, Phase.REST}:
            hold = self._course.stays.spent
        return 0.0 if hold is None else hold.held_s

    def _verdict(self) -> State | None:
        if self._step is None or self.phase not in _JUDGED:
            return None
        verdict = self._step.verdict
        if verdict.state is not State.VALID or self._course.counts(verdict.side):
            return verdict.state
        return None if verdict.side is self.side else State.WRONG

    def _headline(self, t_s: float) -> str:
        if self.phase is Phase.GET_INTO_POSITION:
            stopped = self._prompter.stopped_lately(t_s)
            return prompt.stopped_at(self._course.held_s) if stopped else self._course.which()
        return {
            Phase.SET_UP: self.plan.exercise.title,
            Phase.HOLD: prompt.HOLD,
            Phase.COMPLETE: prompt.COMPLETE,
            Phase.REST: prompt.REST,
            Phase.CHANGE_SIDE: prompt.change_to(self.side),
            Phase.PAUSED: prompt.PAUSED,
            Phase.DONE: prompt.done(self._course.agenda.completed, self._course.agenda.planned),
        }[self.phase]
