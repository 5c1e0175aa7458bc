"""Routine of a live session: judged frames in, a `ViewState` and audio cues out.

Times come in with the observations; no clock is read. It combines the parts: the coach checks the
view, the presence the person, the course decides the order of phases, the prompter chooses the
words, and what is shown settles.

`press` applies actions of keys and buttons, `answer` those of the end page; none is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from posecheck.live.coach import words
from posecheck.live.coach.course import RoutineStateMachine
from posecheck.live.coach.framing import FramingCoach
from posecheck.live.coach.guidance import Situation
from posecheck.live.coach.presence import Presence
from posecheck.live.coach.prompt import Action, Phase
from posecheck.live.coach.prompter import Prompter
from posecheck.live.coach.view import Achievement, Interview, SettledView, ViewMoment, view_of
from posecheck.measure.body import PoseArrays
from posecheck.types import Cause, Side

if TYPE_CHECKING:
    from posecheck.ledger import NotJudged, Step
    from posecheck.live.coach.gesture import HandsUp
    from posecheck.live.coach.plan import SessionPlan
    from posecheck.live.coach.prompt import Achieved, AudioCue, ViewState
    from posecheck.types import Observation, Statement


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
        Action.END: _end,
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
        course.say(words.SKIPPED)
        course.pass_on(completed=False)
    else:
        course.enter(Phase.GET_INTO_POSITION)


def _restart(course: RoutineStateMachine) -> None:
    course.spend()
    course.by_key = False
    course.restart()
    course.say(words.FROM_THE_START)
    in_set_up = course.phase is Phase.SET_UP
    course.enter(Phase.SET_UP if in_set_up else Phase.GET_INTO_POSITION)


def _side(course: RoutineStateMachine) -> None:
    if course.side is Side.BOTH:
        course.say(words.NO_OTHER_SIDE)
        return
    side = course.side.other
    if course.phase is Phase.COMPLETE:
        course.pass_on(completed=True)
    if not course.agenda.over:
        course.by_key = False
        course.agenda.take_side(side)
        course.change_side()


def _end(course: RoutineStateMachine) -> None:
    if course.phase is Phase.COMPLETE:
        course.pass_on(completed=True)
    if not course.agenda.over:
        course.by_key, course.ended_early = False, True
        course.end(words.early_end())


_PROMPTED: Final = (Phase.SET_UP, Phase.GET_INTO_POSITION, Phase.HOLD, Phase.CHANGE_SIDE)
_CUES: Final = {
    Phase.COMPLETE: words.LET_GO,
    Phase.REST: words.WHILE_RESTING,
    Phase.TIMER: words.TIMER_HELP,
}
_NOT_FOUND: Final = (Cause.NOBODY, Cause.ANOTHER_PERSON)


class Routine:
    """Routine that leads one person through a plan, without keys."""

    def __init__(
        self,
        plan: SessionPlan,
        *,
        before: tuple[Achieved, ...] = (),
        parts: int = 1,
        rest_s: float = 0.0,
        sign: HandsUp | None = None,
    ) -> None:
        """Begin with the set-up.

        Args:
            plan: the plan of this exercise.
            before: results of the exercises that were done before this one.
            parts: number of exercises in the whole session.
            rest_s: shortest set-up in seconds: the rest after the exercise before; a hold may
                begin sooner.
            sign: reader of a sign of the hands; None without one.
        """
        self.plan = plan
        self._before, self._parts, self._sign = before, parts, sign
        self._coach = FramingCoach(plan.exercise)
        self._presence = Presence()
        self._prompter = Prompter(plan.exercise)
        said = words.next_exercise(plan) if before else words.welcome(plan)
        opening = said, rest_s, len(before) + 1 >= parts
        self._course = RoutineStateMachine(
            plan, self._coach, self._presence, self._prompter, opening
        )
        self._achievement, self._interview = Achievement(), Interview()
        self._settled = SettledView()
        self._step: Step | None = None
        self._t_s: float | None = None
        self._camera, self._blind = "", False
        self._share = 0.0
        self._timers: list[NotJudged] = []
        self._ended = False

    @property
    def side(self) -> Side:
        """The side to ask the judge for now."""
        return self._course.side

    @property
    def phase(self) -> Phase:
        """Phase of the routine at this moment; the one shown may be up to a second older."""
        return self._course.phase

    @property
    def done(self) -> bool:
        """Whether the exercise has ended."""
        return self.phase is Phase.DONE

    @property
    def over(self) -> bool:
        """Whether the session may close: the end was shown, and the questions are over.

        After an exercise that is not the last one, and was not ended early, this is at once.
        """
        if not self.done or self._t_s is None:
            return False
        return self._goes_on() or self._interview.is_over(self._t_s)

    @property
    def achieved(self) -> Achieved:
        """Result of this exercise so far."""
        course = self._course
        return self._achievement.achieved(
            self.plan, course.agenda, ended_early=course.ended_early or course.deserted
        )

    @property
    def ends_session(self) -> bool:
        """Whether no further exercise follows, also because a person ended it or has left."""
        return not self._goes_on()

    def timers(self) -> tuple[NotJudged, ...]:
        """Return the timers that have ended since the last call, for the session file."""
        timers, self._timers = tuple(self._timers), []
        return timers

    def step(
        self,
        observation: Observation,
        step: Step,
        brightness: float | None = None,
        camera: str = "",
    ) -> tuple[ViewState, tuple[AudioCue, ...]]:
        """Take in the observation and the step of one moment.

        Args:
            observation: the observation.
            step: the judge's step for it, with `side` asked for.
            brightness: mean brightness of the image in [0, 1]; None if not known.
            camera: a problem of the camera, such as a covered lens, one sentence; it comes before
                every other instruction.

        Returns:
            The view state and the audio cues of this moment.
        """
        t_s = self._now(step.t_s)
        self._step, self._camera, self._blind = step, camera, False
        reason = step.verdict.reason
        found = reason is None or reason.cause not in _NOT_FOUND
        self._presence.look(t_s, found=found, turning=self.phase is Phase.CHANGE_SIDE)
        body = PoseArrays.of([observation])
        if self.phase in _PROMPTED:
            self._coach.look(body, step, self.side, brightness)
        else:
            self._coach.idle()
        self._try(body, step, found=found)
        self._course.go_on(step, t_s)
        self._mind_sign(observation)
        if self.phase in _PROMPTED:
            counts = self._course.counts(step.verdict.side)
            now = Situation(t_s, self.phase, step.verdict, self.side, self._coach, counts, camera)
            self._prompter.judge(t_s, now)
        return self._out(t_s)

    def absent(self, t_s: float, notice: str) -> tuple[ViewState, tuple[AudioCue, ...]]:
        """Take in that no frame has come: the camera is lost, stalled or covered.

        Args:
            t_s: now, on the clock of the frames.
            notice: the problem, one sentence; it is shown.
        """
        t_s = self._now(t_s)
        self._camera, self._blind = notice, True
        if self._presence.lacks_pictures(t_s):
            self._coach.idle()
        if self.phase is Phase.HOLD:
            self._prompter.waits_for(words.NO_PICTURES)
        self._course.go_on_blind(t_s, notice)
        return self._out(t_s)

    def press(self, action: Action, t_s: float) -> tuple[ViewState, tuple[AudioCue, ...]]:
        """Apply the action of a key or button."""
        t_s = self._now(t_s)
        self._presence.person_s = t_s  # a person who presses keys is there, in the image or not
        if action is Action.RESTART:
            self._achievement = Achievement()
        press(self._course, action, t_s)
        self._settled.restart()
        return self._out(t_s)

    def answer(self, choice: str, t_s: float) -> Statement | None:
        """Answer the question of the end page.

        Args:
            choice: one of the question's choices.
            t_s: now, on the clock of the frames.

        Returns:
            The statement for the session file; None if nothing is asked or it is no choice.
        """
        return self._interview.answer(self._now(t_s), choice) if self.done else None

    def skip_question(self, t_s: float) -> None:
        """Leave the question of the end page unanswered."""
        if self.done:
            self._interview.skip(self._now(t_s))

    def _now(self, t_s: float) -> float:
        """Take in the time; it never decreases, and begins with the first moment."""
        if self._t_s is None:
            self._t_s = t_s
            self._presence.begin(t_s)
            self._course.begin(t_s)
        self._t_s = max(self._t_s, t_s)
        return self._t_s

    def _try(self, body: PoseArrays, step: Step, *, found: bool) -> None:
        """Take in what is tried, and what it costs."""
        waits = self.phase is Phase.GET_INTO_POSITION and found
        attempt = self._course.attempt
        attempt.look(body, step, waits=waits)
        self._achievement.take(step, self.phase, tried=attempt.tried)

    def _mind_sign(self, observation: Observation) -> None:
        """Pause or go on by a sign of the hands."""
        if self._sign is None or self.done:
            return
        gesture = self._sign.look(observation, holds=self.phase is Phase.HOLD)
        # A pause that the person's leaving has begun ends by itself when they are back.
        if gesture.fired and (self.phase is not Phase.PAUSED or self._course.by_key):
            press(self._course, Action.PAUSE, observation.t_s)
        self._share = gesture.share

    def _goes_on(self) -> bool:
        """Whether a further exercise follows this one."""
        course = self._course
        last = len(self._before) + 1 >= self._parts
        return not (last or course.ended_early or course.deserted)

    def _out(self, t_s: float) -> tuple[ViewState, tuple[AudioCue, ...]]:
        course, prompter = self._course, self._prompter
        if self.phase is Phase.PAUSED:
            cue = words.PAUSED_BY_KEY if course.by_key else words.GOES_ON
            if self._camera and not course.by_key:
                cue = words.GOES_ON_WITH_PICTURE
            prompter.rest(cue, course.why_paused)
            if not course.by_key:
                prompter.remind(t_s, course.why_paused)
        elif self.phase not in _PROMPTED:
            prompter.rest(_CUES.get(self.phase, ""))
        for timed in course.timers:
            self._achievement.take_timer(timed)
        self._timers += course.timers
        course.timers = []
        if self.done and not self._ended:
            self._interview.begin(
                t_s, ended_early=course.ended_early, alone=course.deserted or self._goes_on()
            )
        self._ended = self.done
        calls = prompter.calls(t_s)
        return self._settled.look(t_s, self._view(t_s)), calls

    def _view(self, t_s: float) -> ViewState:
        """Return the exact view state."""
        achieved = (*self._before, self.achieved) if self.done else ()
        moment = ViewMoment(
            t_s=t_s,
            plan=self.plan,
            course=self._course,
            prompter=self._prompter,
            coach=self._coach,
            step=self._step,
            camera=self._camera,
            blind=self._blind,
        )
        question = self._interview.question(t_s) if self.done else None
        parts = len(self._before) + 1, self._parts
        return view_of(moment, achieved, question, parts, self._share)
