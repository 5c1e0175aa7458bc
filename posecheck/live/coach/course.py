"""State machine of a live session: the present phase and the transition to the next one.

The phases are set-up, getting into position, hold, complete, rest, and again; then the other side;
then the end. Seconds of a hold are counted only by the hold counter; here each hold is assigned to
a repetition.

Every phase has a way on without a key. Where the stretch is tried and no hold comes of it, a timer
takes over whose time is not judged (`posecheck.live.coach.attempt`). Only somebody who leaves is
waited for; after ten minutes alone the session ends, also if a key has paused it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from posecheck.form.hold import microseconds
from posecheck.ledger import NotJudged
from posecheck.live.coach import words
from posecheck.live.coach.attempt import Attempt, Timer
from posecheck.live.coach.framing import facing
from posecheck.live.coach.plan import Agenda, SpentHolds
from posecheck.live.coach.presence import LOST_S
from posecheck.live.coach.prompt import Phase, Priority, Tone
from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from posecheck.ledger import Hold, Step
    from posecheck.live.coach.framing import FramingCoach
    from posecheck.live.coach.plan import SessionPlan
    from posecheck.live.coach.presence import Presence
    from posecheck.live.coach.prompter import Prompter
    from posecheck.types import Side

BEGIN_S: Final = 0.3
"""Seconds of a hold from which on it counts as begun; they are counted from the first."""

BEGIN_AT_REST_S: Final = 1.0
"""Seconds of a hold during a rest or a pause that end it and begin the next repetition."""

BEGIN_IN_TIMER_S: Final = 3.0
"""Seconds of a hold that end a timer: what can be judged is judged."""

GOOD_VIEW_S: Final = 3.0
"""Seconds of good view that end the set-up."""

LONGEST_SET_UP_S: Final = 20.0
"""Seconds in view after which the set-up ends also without a good view."""

COMPLETE_S: Final = 2.5
"""Seconds for which a complete hold is shown before the rest begins."""

_WAITING: Final = (Phase.GET_INTO_POSITION, Phase.HOLD, Phase.CHANGE_SIDE, Phase.TIMER)
_MAY_BEGIN: Final = {
    Phase.SET_UP: BEGIN_S,
    Phase.GET_INTO_POSITION: BEGIN_S,
    Phase.CHANGE_SIDE: BEGIN_S,
    Phase.REST: BEGIN_AT_REST_S,
    Phase.PAUSED: BEGIN_AT_REST_S,
    Phase.TIMER: BEGIN_IN_TIMER_S,
}
_MAY_START_WITH_EITHER: Final = (Phase.SET_UP, Phase.GET_INTO_POSITION)


class RoutineStateMachine:
    """State machine that leads one person through a plan.

    Attributes:
        phase: the present phase.
        since_s: start of the phase, seconds since the source began.
        agenda: the repetitions left to do.
        stays: the holds that are already used up.
        hold: the running hold that counts for the present repetition.
        held_s: seconds of the hold that counted last, also when it was lost.
        attempt: what was tried since the last repetition.
        timer: the timer that runs; None without one.
        timers: the timers that have ended, not yet handed out.
        by_key: whether a key has paused it.
        why_paused: cause of the pause; empty when a key did it.
        ended_early: whether a person ended it before all repetitions were done.
        deserted: whether it ended because nobody was there.
    """

    def __init__(
        self,
        plan: SessionPlan,
        coach: FramingCoach,
        presence: Presence,
        prompter: Prompter,
        opening: tuple[str, float, bool],
    ) -> None:
        """Begin with the set-up; ``opening``: its words, least seconds, whether nothing follows."""
        self.phase, self.since_s = Phase.SET_UP, 0.0
        self.agenda, self.stays = Agenda(plan), SpentHolds()
        self.hold: Hold | None = None
        self.held_s = 0.0
        self.attempt = Attempt()
        self.timer: Timer | None = None
        self.timers: list[NotJudged] = []
        self.by_key, self.why_paused = False, ""
        self.ended_early = self.deserted = False
        self._plan = plan
        self._opening, self._least_s, self._last = opening
        self._coach, self._presence, self._prompter = coach, presence, prompter
        self._t_s, self._start_us = 0.0, -1
        self._running: Hold | None = None
        self._goes_on_to = Phase.SET_UP
        self._seen_s = 0.0
        self._yielded = False
        self._transitions: dict[Phase, Callable[[], None]] = {
            Phase.SET_UP: self._set_up,
            Phase.GET_INTO_POSITION: self._get_into_position,
            Phase.HOLD: self._holding,
            Phase.COMPLETE: self._completed,
            Phase.REST: self._rest,
            Phase.CHANGE_SIDE: self._change,
            Phase.PAUSED: self._paused,
            Phase.DONE: lambda: None,
            Phase.TIMER: self._timed,
        }

    @property
    def side(self) -> Side:
        """The stretched side that is asked for."""
        return self.agenda.turn.side

    def begin(self, t_s: float) -> None:
        """Count the time of the set-up from here."""
        self._t_s = self.since_s = t_s
        self._prompter.say(t_s, self._opening, priority=Priority.WELCOME)

    def set_time(self, t_s: float) -> None:
        """Take in the time at which a key was pressed."""
        self._t_s = t_s

    def restart(self) -> None:
        """Plan everything anew."""
        self.agenda = Agenda(self._plan)
        self.ended_early = self.deserted = False

    def go_on(self, step: Step, t_s: float) -> None:
        """Take in one moment and make a transition if one is due.

        Args:
            step: the judge's step; the coach, the presence and the attempt have looked already.
            t_s: its time, never before that of the last call.
        """
        if self.phase is Phase.SET_UP and self._presence.person_s == t_s:
            self._seen_s += t_s - self._t_s
        self._t_s, self._running = t_s, step.hold
        if self.timer is not None:
            self.timer.take(step)
        self.hold = self.stays.fresh(step.hold, self.side)
        if self._presence.is_deserted(t_s):
            self._desert()
        elif self.by_key:
            self.spend()  # a hold during a pause belongs to no repetition
        else:
            self._begin_with_other_side()
            if not self._begin_hold(step):
                self._transitions[self.phase]()

    def go_on_blind(self, t_s: float, why: str) -> None:
        """Take in that no frame has come at ``t_s``; ``why`` is the problem, one sentence."""
        self._t_s = t_s
        if self._presence.is_deserted(t_s):
            self._desert()
        elif self.phase in _WAITING and self._presence.lacks_pictures(t_s, self._patience_s()):
            self.pause(why, lost_because=words.NO_PICTURES)
        elif self.phase in {Phase.COMPLETE, Phase.REST}:
            self._transitions[self.phase]()

    def _patience_s(self) -> float:
        """Return the seconds without frames before a pause; a hold survives a break."""
        if self.phase not in {Phase.HOLD, Phase.TIMER}:
            return LOST_S
        return max(LOST_S, self._plan.exercise.timing.longest_break_s)

    def counts(self, side: Side) -> bool:
        """Whether valid form on a side counts now, or will count if it lasts."""
        starts = self.phase in _MAY_START_WITH_EITHER and self.agenda.may_begin_with(side)
        return starts or self.hold is not None

    def which(self) -> str:
        """Return the repetition as spoken text."""
        turn = self.agenda.turn
        return words.which(turn.side, turn.repetition, self._plan.repetitions)

    def say(self, text: str | None = None, tone: Tone | None = None) -> None:
        """Say words and sound a tone now."""
        self._prompter.say(self._t_s, text, tone)

    def enter(self, phase: Phase) -> None:
        """Begin a phase now."""
        self._end_timer(phase)
        self.phase, self.since_s = phase, self._t_s
        self._prompter.enter(self._t_s, phase)

    def _desert(self) -> None:
        if self.phase is not Phase.DONE:
            self.deserted = True
            self.end(words.ENDED_ALONE)

    def _begin_with_other_side(self) -> None:
        """Accept a beginning with the other leg: the order of the sides is free."""
        hold = self._running
        if hold is None or self.phase not in _MAY_START_WITH_EITHER:
            return
        if hold.held_s >= BEGIN_AT_REST_S and self.agenda.may_begin_with(hold.side):
            self.agenda.take_side(hold.side)
            self.hold = self.stays.fresh(hold, self.side)
            self.say(words.taken(self.side))

    def _begin_hold(self, step: Step) -> bool:
        """Begin the hold phase if the hold has lasted long enough for the phase."""
        hold = self.hold
        if hold is None or self.phase not in _MAY_BEGIN:
            return False
        if self.phase is Phase.TIMER:
            stays = step.verdict.state is State.VALID
            if not (hold.complete or (stays and self.timer and self.timer.yields)):
                return False
            self._yielded = True
        if not hold.complete and hold.held_s < _MAY_BEGIN[self.phase]:
            return False
        self.held_s, self._start_us = hold.held_s, hold.start_us
        self._presence.expect(away=False)
        self.say(tone=Tone.START)
        self.enter(Phase.HOLD)
        return True

    def _waits(self) -> bool:
        """Whether a waiting phase goes on; it pauses when the person has left."""
        if self._presence.away:
            self.pause(words.OUT_OF_PICTURE)
            return False
        return True

    def _set_up(self) -> None:
        other = self.side.other
        near = facing(self._plan.exercise, other)
        if self._coach.near is near is not None and self.agenda.may_begin_with(other):
            self.agenda.take_side(other)  # the order is free: no need to turn round
        if self._running is not None and self.counts(self._running.side):
            return
        if self._t_s - self.since_s < self._least_s:
            return
        good = self._coach.good_for_s(self._t_s) >= GOOD_VIEW_S
        if good or self._seen_s >= LONGEST_SET_UP_S:
            self.say(f"{words.SEEN_WELL if good else words.BEGIN_ANYWAY}. {self.which()}")
            self.enter(Phase.GET_INTO_POSITION)

    def _get_into_position(self) -> None:
        if self._waits() and self.attempt.timer_is_due():
            self._start_timer()

    def _start_timer(self) -> None:
        """Let a timer take over, whose time is not judged."""
        self.timer = Timer(self.side, self._t_s, yields=not self._yielded)
        self.attempt.timed()
        self.say(words.TIMER_WRONG if self._coach.view_good else words.TIMER_UNSEEN, Tone.START)
        self.enter(Phase.TIMER)

    def timer_s(self) -> float | None:
        """Return the seconds for which the timer has run, up to the hold's; None without one."""
        if self.timer is None:
            return None
        return min(self._t_s - self.timer.start_s, self._plan.hold_s)

    def _timed(self) -> None:
        if not self._waits() or self.timer is None:
            return
        if self._t_s - self.timer.start_s >= self._plan.hold_s:
            self.say(words.timer_over(self._plan.hold_s), Tone.COMPLETE)
            self.spend()
            self.pass_on(completed=False, timed=True)

    def _end_timer(self, phase: Phase) -> None:
        """Hand out the time of a timer that ends now; it ends with its phase."""
        timer = self.timer
        if timer is not None and phase is not Phase.TIMER:
            start_us, end_us = microseconds(timer.start_s), microseconds(self._t_s)
            if timer.not_judged_us > 0:
                self.timers.append(NotJudged(timer.side, start_us, end_us, timer.not_judged_us))
            self.timer = None

    def _holding(self) -> None:
        hold = self.hold
        if hold is None or hold.start_us != self._start_us:
            self.say(tone=Tone.STOP)
            self._prompter.lose(self._t_s, self.held_s)
            self.enter(Phase.GET_INTO_POSITION)
            return
        ticked = int(hold.held_s) > int(self.held_s)
        self.held_s = hold.held_s
        if hold.complete:
            self.stays.spend(hold)
            self.attempt.succeeded()
            self._yielded = False
            self.say(words.complete(self._plan.hold_s), Tone.COMPLETE)
            self.enter(Phase.COMPLETE)
        elif ticked:
            left = math.ceil(self._plan.hold_s - int(hold.held_s))
            self._prompter.tick(self._t_s, int(hold.held_s), left)

    def _completed(self) -> None:
        if self._t_s - self.since_s >= COMPLETE_S:
            self.pass_on(completed=True)

    def _rest(self) -> None:
        if self._t_s - self.since_s >= self._plan.rest_s and self._waits():
            self.say(self.which())
            self.enter(Phase.GET_INTO_POSITION)

    def _change(self) -> None:
        ready = self._t_s - self.since_s >= self._plan.change_s
        if self._waits() and ready and self._presence.person_s == self._t_s:
            self.enter(Phase.GET_INTO_POSITION)

    def _paused(self) -> None:
        if not self._presence.away:
            self.resume()

    def countdown_s(self) -> float | None:
        """Return the seconds left of a rest or a change of sides; None in other phases."""
        whole_s = {Phase.REST: self._plan.rest_s, Phase.CHANGE_SIDE: self._plan.change_s}
        if self._least_s > 0:
            whole_s[Phase.SET_UP] = self._least_s
        if self.phase not in whole_s:
            return None
        return max(whole_s[self.phase] - (self._t_s - self.since_s), 0.0)

    def pass_on(self, *, completed: bool, timed: bool = False) -> None:
        """Go on to the phase after this repetition."""
        side = self.side
        self.agenda.pass_on(completed=completed, timed=timed)
        self.attempt.begin()
        if self.agenda.over:
            self.end(self.ending())
        elif self.side is not side:
            self.change_side()
        else:
            self.enter(Phase.REST if completed or timed else Phase.GET_INTO_POSITION)

    def change_side(self) -> None:
        """Begin the change to the side that is next."""
        near = facing(self._plan.exercise, self.side)
        turn = f". {words.turn_side(near)}" if near is not None else ""
        self.say(f"{words.change_to(self.side)}{turn}", Tone.CHANGE_SIDE)
        self.attempt.begin()
        self.enter(Phase.CHANGE_SIDE)

    def pause(self, why: str, *, by_key: bool = False, lost_because: str = "") -> None:
        """Pause until the person is back, or until a key ends it.

        Args:
            why: cause of the pause, one sentence; empty for a key.
            by_key: whether a key pauses it.
            lost_because: why a hold that was running is lost; empty if it is not.
        """
        if self.phase is not Phase.PAUSED:
            self._goes_on_to = self.phase
        if self.phase is Phase.HOLD and lost_because:
            self._prompter.lose(self._t_s, self.held_s, lost_because)
        self.by_key, self.why_paused = by_key, why
        self._presence.expect(away=not by_key)
        if by_key:
            self.say(words.PAUSED)
        else:
            self._prompter.pause(self._t_s, why)
        self.enter(Phase.PAUSED)

    def resume(self) -> None:
        """Go on where the pause began."""
        if self.by_key:
            self.say(f"{words.WELCOME_BACK}. {self.which()}")
        else:
            self._prompter.resume(self._t_s, self.which())
        self.by_key = False
        kept = self._goes_on_to in {Phase.SET_UP, Phase.CHANGE_SIDE}
        self.enter(self._goes_on_to if kept else Phase.GET_INTO_POSITION)

    def ending(self) -> str:
        """Return the words for the end of the exercise."""
        agenda, last = self.agenda, self._last or self.ended_early
        return words.done(agenda.completed, agenda.planned, agenda.timed.total(), last=last)

    def end(self, text: str) -> None:
        """End the routine."""
        self.say(text, Tone.DONE)
        self.enter(Phase.DONE)

    def spend(self) -> None:
        """Mark the running hold as used up: it counts for no later repetition."""
        self.stays.spend(self._running)
        self.hold = None
