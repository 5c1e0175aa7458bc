"""State machine of a live session: the present phase and the transition to the next one.

The phases are set-up, getting into position, hold, complete, rest, and again; then the other side;
then the end. Seconds of a hold are counted only by the hold counter; here each hold is assigned to
a repetition.

Getting into position and pauses have no time-out. The session ends only after ten minutes without a
person, also if a key has paused it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from posecheck.live.coach import prompt
from posecheck.live.coach.framing import facing
from posecheck.live.coach.plan import Agenda, SpentHolds
from posecheck.live.coach.presence import LOST_S
from posecheck.live.coach.prompt import Phase, Priority, Tone

if TYPE_CHECKING:
    from collections.abc import Callable

    from posecheck.ledger import Hold
    from posecheck.live.coach.framing import FramingCoach
    from posecheck.live.coach.plan import SessionPlan
    from posecheck.live.coach.presence import Presence
    from posecheck.live.coach.prompter import Prompter
    from posecheck.types import Side

BEGIN_S: Final = 0.3
"""Seconds of a hold from which on it counts as begun; they are counted from the first."""

BEGIN_AT_REST_S: Final = 1.0
"""Seconds of a hold during a rest or a pause that end it and begin the next repetition."""

GOOD_VIEW_S: Final = 3.0
"""Seconds of good view that end the set-up."""

GOOD_AGAIN_S: Final = 1.0
"""Seconds of good view that end a change of side."""

COMPLETE_S: Final = 2.5
"""Seconds for which a complete hold is shown before the rest begins."""

CHANGE_S: Final = 4.0
"""Shortest display of the change of side, in seconds."""

_WAITING: Final = (Phase.GET_INTO_POSITION, Phase.HOLD, Phase.CHANGE_SIDE)
_MAY_BEGIN: Final = (
    Phase.SET_UP, Phase.GET_INTO_POSITION, Phase.REST, Phase.CHANGE_SIDE, Phase.PAUSED,
)  # fmt: skip

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
        by_key: whether a key has paused it.
        why_paused: cause of the pause; empty when a key did it.
    """

    def __init__(
        self, plan: SessionPlan, coach: FramingCoach, presence: Presence, prompter: Prompter
    ) -> None:
        """Begin with the set-up."""
        self.phase, self.since_s = Phase.SET_UP, 0.0
        self.agenda, self.stays = Agenda(plan), SpentHolds()
        self.hold: Hold | None = None
        self.held_s = 0.0
        self.by_key, self.why_paused = False, ""
        self._plan = plan
        self._coach, self._presence, self._prompter = coach, presence, prompter
        self._t_s, self._start_us = 0.0, -1
        self._running: Hold | None = None
        self._goes_on_to = Phase.SET_UP
        self._transitions: dict[Phase, Callable[[], None]] = {
            Phase.SET_UP: self._set_up,
            Phase.GET_INTO_POSITION: self._get_into_position,
            Phase.HOLD: self._holding,
            Phase.COMPLETE: self._completed,
            Phase.REST: self._rest,
            Phase.CHANGE_SIDE: self._change,
            Phase.PAUSED: self._paused,
            Phase.DONE: lambda: None,
        }

    @property
    def side(self) -> Side:
        """The stretched side that is asked for."""
        return self.agenda.turn.side

    def begin(self, t_s: float) -> None:
        """Count the time of the set-up from here."""
        self._t_s = self.since_s = t_s
        words = prompt.welcome(self._plan)
        self._prompter.say(t_s, words, priority=Priority.WELCOME)

    def set_time(self, t_s: float) -> None:
        """Take in the time at which a key was pressed."""
        self._t_s = t_s

    def restart(self) -> None:
        """Plan everything anew."""
        self.agenda = Agenda(self._plan)

    def go_on(self, t_s: float, running: Hold | None) -> None:
        """Take in the running hold and make a transition if one is due.

        Args:
            t_s: the moment; the coach and the presence have looked at it already.
            running: the running hold, on either side.
        """
        self._t_s, self._running = t_s, running
        self.hold = self.stays.fresh(running, self.side)
        if self._presence.is_deserted(t_s):
            self._desert()
        elif self.by_key:
            self.spend()  # who pauses and stays in the stretch does so outside the plan
        else:
            self._begin_with_other_side()
            if not self._begin_hold():
                self._transitions[self.phase]()

    def go_on_blind(self, t_s: float, why: str) -> None:
        """Take in that no frame has come.

        Args:
            t_s: the moment.
            why: the problem, one sentence.
        """
        self._t_s = t_s
        if self._presence.is_deserted(t_s):
            self._desert()
        elif self.phase in _WAITING and self._presence.lacks_pictures(t_s, self._patience_s()):
            self.pause(why)
        elif self.phase in {Phase.COMPLETE, Phase.REST}:
            self._transitions[self.phase]()

    def _patience_s(self) -> float:
        """Return the seconds without frames before a pause; a hold survives a break."""
        if self.phase is not Phase.HOLD:
            return LOST_S
        return max(LOST_S, self._plan.exercise.timing.longest_break_s)

    def counts(self, side: Side) -> bool:
        """Whether valid form on a side counts now, or will count if it lasts."""
        starts = self.phase in _MAY_START_WITH_EITHER and self.agenda.may_begin_with(side)
        return starts or self.hold is not None

    def which(self) -> str:
        """Return the repetition as spoken text."""
        turn = self.agenda.turn
        return prompt.which(turn.side, turn.repetition, self._plan.repetitions)

    def say(self, words: str | None = None, tone: Tone | None = None) -> None:
        """Say words and sound a tone now."""
        self._prompter.say(self._t_s, words, tone)

    def enter(self, phase: Phase) -> None:
        """Begin a phase now."""
        self.phase, self.since_s = phase, self._t_s
        self._prompter.enter(self._t_s, phase)

    def _desert(self) -> None:
        if self.phase is not Phase.DONE:
            self.end(prompt.ENDED_ALONE)

    def _begin_with_other_side(self) -> None:
        """Accept a beginning with the other leg: the order of the sides is free."""
        hold = self._running
        if hold is None or self.phase not in _MAY_START_WITH_EITHER:
            return
        if hold.held_s >= BEGIN_AT_REST_S and self.agenda.may_begin_with(hold.side):
            self.agenda.take_side(hold.side)
            self.hold = self.stays.fresh(hold, self.side)
            self.say(prompt.taken(self.side))

    def _begin_hold(self) -> bool:
        """Begin the hold phase if the hold has lasted `BEGIN_S`."""
        hold = self.hold
        if hold is None or self.phase not in _MAY_BEGIN:
            return False
        least_s = BEGIN_AT_REST_S if self.phase in {Phase.REST, Phase.PAUSED} else BEGIN_S
        if not hold.complete and hold.held_s < least_s:
            return False
        self.held_s, self._start_us = hold.held_s, hold.start_us
        self._presence.expect(away=False)
        self.say(tone=Tone.START)
        self.enter(Phase.HOLD)
        return True

    def _waits(self) -> bool:
        """Whether a waiting phase goes on; it pauses when the person has left."""
        if self._presence.away:
            self.pause(prompt.OUT_OF_PICTURE)
            return False
        return True

    def _set_up(self) -> None:
        other = self.side.other
        near = facing(self._plan.exercise, other)
        if self._coach.near is near is not None and self.agenda.may_begin_with(other):
            self.agenda.take_side(other)  # the order is free: no need to turn round
        begun = self._running is not None and self.counts(self._running.side)
        if self._coach.good_for_s(self._t_s) >= GOOD_VIEW_S and not begun:
            self.say(f"{prompt.SEEN_WELL}. {self.which()}")
            self.enter(Phase.GET_INTO_POSITION)

    def _get_into_position(self) -> None:
        self._waits()

    def _holding(self) -> None:
        hold = self.hold
        if hold is None or hold.start_us != self._start_us:
            self.say(tone=Tone.STOP)
            self.enter(Phase.GET_INTO_POSITION)
            return
        ticked = int(hold.held_s) > int(self.held_s)
        self.held_s = hold.held_s
        if hold.complete:
            self.stays.spend(hold)
            self.say(prompt.complete(self._plan.hold_s), Tone.COMPLETE)
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
        long_enough = self._t_s - self.since_s >= CHANGE_S
        if not self._waits():
            return
        if long_enough and self._coach.good_for_s(self._t_s) >= GOOD_AGAIN_S:
            self.enter(Phase.GET_INTO_POSITION)

    def _paused(self) -> None:
        if not self._presence.away:
            self.resume()

    def pass_on(self, *, completed: bool) -> None:
        """Go on to the phase after this repetition."""
        side = self.side
        self.agenda.pass_on(completed=completed)
        if self.agenda.over:
            self.end(prompt.done(self.agenda.completed, self.agenda.planned))
        elif self.side is not side:
            self.change_side()
        else:
            self.enter(Phase.REST if completed else Phase.GET_INTO_POSITION)

    def change_side(self) -> None:
        """Begin the change to the side that is next."""
        near = facing(self._plan.exercise, self.side)
        turn = f". {prompt.turn_side(near)}" if near is not None else ""
        self.say(f"{prompt.change_to(self.side)}{turn}", Tone.CHANGE_SIDE)
        self.enter(Phase.CHANGE_SIDE)

    def pause(self, why: str, *, by_key: bool = False) -> None:
        """Pause until the person is back, or until a key ends it."""
        if self.phase is not Phase.PAUSED:
            self._goes_on_to = self.phase
        self.by_key, self.why_paused = by_key, why
        self._presence.expect(away=not by_key)
        if by_key:
            self.say(prompt.PAUSED)
        else:
            self._prompter.pause(self._t_s, why)
        self.enter(Phase.PAUSED)

    def resume(self) -> None:
        """Go on where the pause began."""
        before = self._goes_on_to
        if self.by_key:
            self.say(f"{prompt.WELCOME_BACK}. {self.which()}")
        else:
            self._prompter.resume(self._t_s, self.which())
        self.by_key = False
        kept = before in {Phase.SET_UP, Phase.CHANGE_SIDE}
        self.enter(before if kept else Phase.GET_INTO_POSITION)

    def end(self, words: str) -> None:
        """End the routine."""
        self.say(words, Tone.DONE)
        self.enter(Phase.DONE)

    def spend(self) -> None:
        """Mark the running hold as used up: it counts for no later repetition."""
        self.stays.spend(self._running)
        self.hold = None
