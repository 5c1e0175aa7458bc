"""The routine of a live session, as an explicit state machine.

Set up, get into position, hold, complete, rest, and again; then the other side; done.
Pure: times come in with what was seen, and nothing here counts seconds of its own. The
seconds of a hold are the hold counter's; the routine only decides which hold belongs to
which repetition, and what to show and say about it.

It never urges. Getting into position and pauses have no time-out; only when nobody has
been there for ten minutes does it end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from posecheck.live import phrases
from posecheck.live.agenda import Agenda, Stays
from posecheck.live.patience import Settled
from posecheck.live.prompter import Prompter
from posecheck.live.screen import Action, Call, Phase, Screen, Tone
from posecheck.live.setup import Coach, facing
from posecheck.types import Cause, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from posecheck.live.plan import Plan
    from posecheck.types import Hold, Observation, Side, Step

BEGIN_S: Final = 0.3
"""So much of a hold makes it a beginning, not a flicker; its seconds count from the first."""

BEGIN_AT_REST_S: Final = 1.0
"""Who holds for so long while a rest or a pause runs has begun again."""

GOOD_VIEW_S: Final = 3.0
"""The view must be good for so long before the set-up is over."""

GOOD_AGAIN_S: Final = 1.0
"""After a change of side the view must be good for so long."""

COMPLETE_S: Final = 2.5
"""For so long the complete hold is shown before the rest begins."""

CHANGE_S: Final = 4.0
"""For so long the change of side is shown at least."""

AWAY_S: Final = 3.0
"""Who can't be found for so long has left, and the routine pauses."""

TURNING_S: Final = 8.0
"""The same while somebody changes sides: turning round on a mat can hide anybody."""

BACK_S: Final = 1.5
"""Who is found for so long is back, and the routine goes on."""

LOST_S: Final = 1.0
"""Without pictures for so long the routine pauses."""

GONE_S: Final = 600.0
"""When nobody has been there for so long, the session ends: a camera should not run on."""

_WAITING: Final = (Phase.GET_INTO_POSITION, Phase.HOLD, Phase.CHANGE_SIDE)
_PROMPTED: Final = (Phase.SET_UP, *_WAITING)
_COACHED: Final = (Phase.SET_UP, Phase.CHANGE_SIDE)
_MAY_BEGIN: Final = (
    Phase.SET_UP, Phase.GET_INTO_POSITION, Phase.REST, Phase.CHANGE_SIDE, Phase.PAUSED,
)  # fmt: skip


class Routine:
    """Leads one person through a plan.

    Attributes:
        phase: where the routine is.
        agenda: what is left to do.
    """

    def __init__(self, plan: Plan) -> None:
        """Begin with the set-up."""
        self.plan = plan
        self.agenda = Agenda(plan)
        self.phase = Phase.SET_UP
        self._coach = Coach(plan.exercise)
        self._prompter = Prompter(plan.exercise)
        self._stays = Stays()
        self._away = Settled(AWAY_S, value=False)
        self._hold: Hold | None = None
        self._held_s, self._start_us = 0.0, -1
        self._step: Step | None = None
        self._t_s = self._since_s = self._person_s = self._picture_s = 0.0
        self._began = self._by_key = False
        self._goes_on_to = Phase.SET_UP
        self._why_paused = self._notice = ""
        self._transitions: dict[Phase, Callable[[], None]] = {
            Phase.SET_UP: self._set_up,
            Phase.GET_INTO_POSITION: lambda: None,
            Phase.HOLD: self._holding,
            Phase.COMPLETE: self._completed,
            Phase.REST: self._rest,
            Phase.CHANGE_SIDE: self._change,
            Phase.PAUSED: self._paused,
            Phase.DONE: lambda: None,
        }

    @property
    def side(self) -> Side:
        """The side that the judge should judge now."""
        return self.agenda.turn.side

    @property
    def done(self) -> bool:
        """Whether the routine has ended."""
        return self.phase is Phase.DONE

    def step(
        self, observation: Observation, step: Step, brightness: float | None = None
    ) -> tuple[Screen, tuple[Call, ...]]:
        """Take in what was seen and judged at one moment.

        Args:
            observation: what was seen.
            step: what the judge said of it, with `side` asked for.
            brightness: mean brightness of the picture in [0, 1]; None if not known.

        Returns:
            What to show, and what to say, at this moment.
        """
        self._now(step.t_s)
        self._picture_s, self._notice = self._t_s, ""
        self._step = step
        self._hold = self._stays.fresh(step.hold, self.side)
        self._look(observation, step, brightness)
        self._go_on()
        self._prompt(step)
        return self._out()

    def absent(self, t_s: float, notice: str) -> tuple[Screen, tuple[Call, ...]]:
        """Take in that no picture has come: the camera is lost, stalled or covered.

        Args:
            t_s: now, on the clock of the pictures.
            notice: what is the matter, one sentence; it is shown.
        """
        self._now(t_s)
        self._notice = notice
        if self._is_deserted():
            self._end(phrases.ENDED_ALONE)
        elif self.phase in _WAITING and self._t_s - self._picture_s >= LOST_S:
            self._pause(notice)
        elif self.phase in {Phase.COMPLETE, Phase.REST}:
            self._go_on()
        return self._out()

    def press(self, action: Action, t_s: float) -> tuple[Screen, tuple[Call, ...]]:
        """Do what a key asks for."""
        self._now(t_s)
        if self.phase is not Phase.DONE or action is Action.RESTART:
            {
                Action.PAUSE: self._press_pause,
                Action.SKIP: self._press_skip,
                Action.RESTART: self._press_restart,
                Action.SIDE: self._press_side,
            }[action]()
        return self._out()

    def _now(self, t_s: float) -> None:
        """Take in the time; it never runs backward, and begins with the first moment."""
        if not self._began:
            self._began = True
            self._t_s = self._since_s = self._person_s = self._picture_s = t_s
            self._say(phrases.welcome(self.plan))
        self._t_s = max(self._t_s, t_s)

    def _say(self, words: str | None = None, tone: Tone | None = None) -> None:
        self._prompter.say(self._t_s, words, tone)

    def _enter(self, phase: Phase) -> None:
        self.phase, self._since_s = phase, self._t_s
        self._prompter.enter(self._t_s, phase)

    def _look(self, observation: Observation, step: Step, brightness: float | None) -> None:
        """Look for the person, and at the view where it is not good beyond doubt."""
        reason = step.verdict.reason
        nobody = reason is not None and reason.cause is Cause.NOBODY
        if not nobody:
            self._person_s = self._t_s
        leaving_s = TURNING_S if self.phase is Phase.CHANGE_SIDE else AWAY_S
        self._away.after_s = BACK_S if self._away.value else leaving_s
        self._away.look(self._t_s, nobody)
        if self.phase in _COACHED or step.verdict.state is State.UNSEEN:
            self._coach.look(observation, step, self.side, brightness)

    def _is_deserted(self) -> bool:
        alone = self._t_s - self._person_s >= GONE_S
        return alone and not self._by_key and self.phase is not Phase.DONE

    def _go_on(self) -> None:
        """Make the transition that is due, if one is."""
        if self._is_deserted():
            self._end(phrases.ENDED_ALONE)
            return
        if self._by_key and self._step is not None:
            self._stays.spend(self._step.hold)  # who pauses and stays in it is not in the plan
            return
        self._begin_with_other_side()
        if self._hold is not None and self._begins(self._hold):
            self._say(tone=Tone.START)
            self._enter(Phase.HOLD)
            self._held_s, self._start_us = self._hold.held_s, self._hold.start_us
            self._away = Settled(AWAY_S, value=False)
        elif self.phase in _WAITING and self._away.value:
            self._pause(phrases.OUT_OF_PICTURE)
        else:
            self._transitions[self.phase]()

    def _begins(self, hold: Hold) -> bool:
        """Whether a hold is more than a flicker, so that the phase of holding begins."""
        if self.phase not in _MAY_BEGIN:
            return False
        least_s = BEGIN_AT_REST_S if self.phase in {Phase.REST, Phase.PAUSED} else BEGIN_S
        return hold.complete or hold.held_s >= least_s

    def _begin_with_other_side(self) -> None:
        """Whoever begins with the other leg is right: the order does not matter."""
        hold = None if self._step is None else self._step.hold
        if hold is None or self.phase not in {Phase.SET_UP, Phase.GET_INTO_POSITION}:
            return
        if hold.held_s >= BEGIN_AT_REST_S and self.agenda.may_begin_with(hold.side):
            self.agenda.take_side(hold.side)
            self._hold = self._stays.fresh(hold, self.side)
            self._say(phrases.taken(self.side))

    def _set_up(self) -> None:
        other = self.side.other
        near = facing(self.plan.exercise, other)
        if self._coach.near is near is not None and self.agenda.may_begin_with(other):
            self.agenda.take_side(other)  # nobody need turn round for an order that is free
        if self._coach.good_for_s(self._t_s) >= GOOD_VIEW_S:
            self._say(f"{phrases.SEEN_WELL}. {self._which()}")
            self._enter(Phase.GET_INTO_POSITION)

    def _holding(self) -> None:
        hold = self._hold
        if hold is None or hold.start_us != self._start_us:
            self._say(tone=Tone.STOP)
            self._enter(Phase.GET_INTO_POSITION)
            return
        ticked = int(hold.held_s) > int(self._held_s)
        self._held_s = hold.held_s
        if hold.complete:
            self._stays.spend(hold)
            self._say(phrases.complete(self.plan.hold_s), Tone.COMPLETE)
            self._enter(Phase.COMPLETE)
        elif ticked:
            self._say(tone=Tone.TICK)

    def _completed(self) -> None:
        if self._t_s - self._since_s >= COMPLETE_S:
            self._pass_on(completed=True)

    def _rest(self) -> None:
        if self._t_s - self._since_s < self.plan.rest_s:
            return
        if self._away.value:
            self._pause(phrases.OUT_OF_PICTURE)
        else:
            self._say(self._which())
            self._enter(Phase.GET_INTO_POSITION)

    def _change(self) -> None:
        long_enough = self._t_s - self._since_s >= CHANGE_S
        if long_enough and self._coach.good_for_s(self._t_s) >= GOOD_AGAIN_S:
            self._enter(Phase.GET_INTO_POSITION)

    def _paused(self) -> None:
        if not self._away.value:
            self._resume()

    def _pass_on(self, *, completed: bool) -> None:
        """Go on to what comes after this repetition."""
        side = self.side
        self.agenda.pass_on(completed=completed)
        if self.agenda.over:
            self._end(phrases.done(self.agenda.completed, self.agenda.planned))
        elif self.side is not side:
            self._change_side()
        else:
            self._enter(Phase.REST if completed else Phase.GET_INTO_POSITION)

    def _change_side(self) -> None:
        self._coach.start_again()
        near = facing(self.plan.exercise, self.side)
        turn = f". {phrases.turn_side(near)}" if near is not None else ""
        self._say(f"{phrases.change_to(self.side)}{turn}", Tone.CHANGE_SIDE)
        self._enter(Phase.CHANGE_SIDE)

    def _pause(self, why: str, *, by_key: bool = False) -> None:
        if self.phase is not Phase.PAUSED:
            self._goes_on_to = self.phase
        self._by_key, self._why_paused = by_key, why
        # Whoever was lost must be found for a while before it goes on.
        self._away = Settled(BACK_S, value=not by_key)
        self._say(phrases.PAUSED if by_key else f"{phrases.PAUSED}. {why}")
        self._enter(Phase.PAUSED)

    def _resume(self) -> None:
        self._by_key = False
        before = self._goes_on_to
        self._say(f"{phrases.WELCOME_BACK}. {self._which()}")
        kept = before in {Phase.SET_UP, Phase.CHANGE_SIDE}
        if before is Phase.COMPLETE:
            self._pass_on(completed=True)
        else:
            self._enter(before if kept else Phase.GET_INTO_POSITION)

    def _end(self, words: str) -> None:
        self._say(words, Tone.DONE)
        self._enter(Phase.DONE)

    def _press_pause(self) -> None:
        if self._by_key:
            self._resume()
        else:
            self._pause("", by_key=True)

    def _press_skip(self) -> None:
        self._spend()
        if self.phase is Phase.PAUSED:
            self._resume()
        elif self.phase is Phase.COMPLETE:
            self._pass_on(completed=True)
        elif self.phase in {Phase.GET_INTO_POSITION, Phase.HOLD}:
            self._say(phrases.SKIPPED)
            self._pass_on(completed=False)
        else:
            self._enter(Phase.GET_INTO_POSITION)

    def _press_restart(self) -> None:
        self._spend()
        self._by_key = False
        self.agenda = Agenda(self.plan)
        self._say(phrases.FROM_THE_START)
        self._enter(Phase.SET_UP if self.phase is Phase.SET_UP else Phase.GET_INTO_POSITION)

    def _press_side(self) -> None:
        if not self.plan.has_sides:
            self._say(phrases.NO_OTHER_SIDE)
            return
        self._spend()
        if self.phase is Phase.COMPLETE:
            self._pass_on(completed=True)
            if self.done:
                return
        self._by_key = False
        self.agenda.take_side(self.side.other)
        self._change_side()

    def _spend(self) -> None:
        """Leave the hold that runs behind: it belongs to no later repetition."""
        if self._step is not None:
            self._stays.spend(self._step.hold)
        self._hold = None

    def _which(self) -> str:
        turn = self.agenda.turn
        return phrases.which(turn.side, turn.repetition, self.plan.repetitions)

    def _prompt(self, step: Step) -> None:
        """Find the cue of this moment."""
        if self.phase in _PROMPTED:
            counts = self._hold is not None
            self._prompter.judge(self._t_s, step.verdict, self.side, self._coach, counts=counts)

    def _out(self) -> tuple[Screen, tuple[Call, ...]]:
        if self.phase is Phase.PAUSED:
            cue = phrases.PAUSED_BY_KEY if self._by_key else phrases.GOES_ON
            self._prompter.rest(cue, self._why_paused)
        elif self.phase not in _PROMPTED:
            self._prompter.rest("" if self.done else phrases.LET_GO)
        calls = self._prompter.calls(self._t_s)
        return self._screen(), calls

    def _screen(self) -> Screen:
        plan, agenda, prompter = self.plan, self.agenda, self._prompter
        coached = self.phase in _COACHED or self._is_unseen()
        advice = self._coach.advice if coached else None
        held_s = self._shown_s()
        rest_s = plan.rest_s - (self._t_s - self._since_s)
        return Screen(
            phase=self.phase,
            headline=self._headline(),
            cue=prompter.cue,
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

    def _is_unseen(self) -> bool:
        return self._step is None or self._step.verdict.state is State.UNSEEN

    def _shown_s(self) -> float:
        """Return seconds that the hold counter counted: of this hold, or the complete one."""
        hold = self._hold if self.phase in {Phase.GET_INTO_POSITION, Phase.HOLD} else None
        if self.phase in {Phase.COMPLETE, Phase.REST}:
            hold = self._stays.spent
        return 0.0 if hold is None else hold.held_s

    def _verdict(self) -> State | None:
        if self._step is None or self.phase not in {Phase.GET_INTO_POSITION, Phase.HOLD}:
            return None
        verdict = self._step.verdict
        if verdict.state is not State.VALID or self._hold is not None:
            return verdict.state
        return None if verdict.side is self.side else State.WRONG

    def _headline(self) -> str:
        if self.phase is Phase.GET_INTO_POSITION:
            stopped = self._prompter.stopped_lately(self._t_s)
            return phrases.stopped_at(self._held_s) if stopped else self._which()
        return {
            Phase.SET_UP: self.plan.exercise.title,
            Phase.HOLD: phrases.HOLD,
            Phase.COMPLETE: phrases.COMPLETE,
            Phase.REST: phrases.REST,
            Phase.CHANGE_SIDE: phrases.change_to(self.side),
            Phase.PAUSED: phrases.PAUSED,
            Phase.DONE: phrases.done(self.agenda.completed, self.agenda.planned),
        }[self.phase]
