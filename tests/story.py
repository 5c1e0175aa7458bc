"""Made-up live sessions: what happens, moment by moment, and what the routine makes of it.

A story is told in kinds of moments: ``V`` valid for the side that is asked for, ``O`` valid
for the other one, ``W`` wrong, ``H`` a knee hidden, ``N`` nobody, ``A`` another person, and
``-`` no picture at all. The hold counter is the real one; only the verdicts are made up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from posecheck import exercises
from posecheck.exercises import Pace
from posecheck.form import hold
from posecheck.form.hold import HoldCounter
from posecheck.live.coach.plan import SessionPlan, make_plan
from posecheck.live.coach.prompt import Action, AudioCue, Phase, Tone, ViewState
from posecheck.live.coach.routine import Routine
from posecheck.types import Cause, Observation, Reason, Side, State, Verdict
from tests.figures import SEATED_VALID, SIZE_PX

if TYPE_CHECKING:
    from posecheck.ledger import Ledger

_SUPINE = exercises.load("supine-figure-four")
SUPINE = _SUPINE.model_copy(
    update={
        "camera": _SUPINE.camera.model_copy(update={"near": "either"}),
        "pace": Pace(rest_s=5.0, change_s=4.0),
    }
)
"""Seen from either side, so that nobody need turn round unless a story says so."""

SEEN = SEATED_VALID.pose()
"""Somebody who is well in the picture, from about the side."""

LEAN = Reason(Cause.RULE, "Draw your thigh closer", "thigh-drawn-in")
NO_PICTURE = "The camera is gone: plug it in again"


def short_plan(side: str = "both", repetitions: int = 2, hold_s: float = 3.0) -> SessionPlan:
    """Return a plan that is soon over; the supine figure four may be seen from both sides."""
    return make_plan(SUPINE, side, repetitions, hold_s)


@dataclass(frozen=True)
class Moment:
    """What the routine handed out at one time, and what had been counted by then.

    ``screen`` is what is shown, ``exact`` what it settles to.
    """

    t_s: float
    kind: str
    screen: ViewState
    exact: ViewState
    calls: tuple[AudioCue, ...]
    ledger: Ledger


@dataclass
class Story:
    """Plays moments to a routine and keeps what it hands out."""

    plan: SessionPlan = field(default_factory=short_plan)
    fps: float = 10
    moments: list[Moment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.routine = Routine(self.plan)
        self._counter = HoldCounter(self.plan.exercise)
        self._count = 0

    @property
    def t_s(self) -> float:
        return self._count / self.fps

    @property
    def last(self) -> ViewState:
        """The exact view state; what is shown follows within a second."""
        return self.moments[-1].exact

    @property
    def phase(self) -> Phase:
        return self.last.phase

    def play(self, kinds: str, seconds: float) -> Story:
        """Repeat the kinds of moments for so many seconds."""
        for number in range(round(seconds * self.fps)):
            self._one(kinds[number % len(kinds)])
        return self

    def skip(self, seconds: float) -> Story:
        """Let time pass in which the routine is told nothing at all."""
        self._count += round(seconds * self.fps)
        return self

    def press(self, action: Action) -> Story:
        """Press a key between two pictures."""
        screen, calls = self.routine.press(action, self.t_s)
        self._keep(str(action), screen, calls)
        return self

    def until(self, kinds: str, phase: Phase, at_most_s: float = 60.0) -> Story:
        """Repeat the kinds of moments until a phase is reached."""
        for number in range(round(at_most_s * self.fps)):
            self._one(kinds[number % len(kinds)])
            if self.phase is phase:
                return self
        message = f"{phase} was not reached within {at_most_s} s, still {self.phase}"
        raise AssertionError(message)

    def words(self, since_s: float = 0.0) -> list[str]:
        """Return what was said."""
        return [
            call.words
            for moment in self.moments
            for call in moment.calls
            if call.words is not None and moment.t_s >= since_s
        ]

    def tones(self, since_s: float = 0.0) -> list[Tone]:
        """Return the tones but for the ticks."""
        return [
            call.tone
            for moment in self.moments
            for call in moment.calls
            if call.tone not in {None, Tone.TICK} and moment.t_s >= since_s
        ]

    def phases(self) -> list[Phase]:
        """Return the phases in order, each as often as it was entered."""
        found: list[Phase] = []
        for moment in self.moments:
            if not found or found[-1] is not moment.exact.phase:
                found.append(moment.exact.phase)
        return found

    def _one(self, kind: str) -> None:
        t_s = self.t_s
        self._count += 1
        if kind == "-":
            screen, calls = self.routine.absent(t_s, NO_PICTURE)
        else:
            names = [rule.name for rule in self.plan.exercise.rules]
            rule = LEAN.rule if LEAN.rule in names else names[0]
            step = self._counter.update(t_s, made_up(kind, self.routine.side, rule))
            seen = Observation(t_s, SIZE_PX, None if kind == "N" else SEEN)
            screen, calls = self.routine.step(seen, step)
        self._keep(kind, screen, calls, t_s)

    def _keep(
        self, kind: str, screen: ViewState, calls: tuple[AudioCue, ...], t_s: float | None = None
    ) -> None:
        at_s = self.t_s if t_s is None else t_s
        exact = self.routine._view(at_s)
        self.moments.append(Moment(at_s, kind, screen, exact, calls, self._counter.ledger))


def made_up(kind: str, asked: Side, rule: str) -> Verdict:
    """Return the verdict of a kind of moment."""
    return {
        "V": Verdict(State.VALID, asked, None),
        "O": Verdict(State.VALID, asked.other, None),
        "W": Verdict(State.WRONG, asked, replace(LEAN, rule=rule)),
        "H": Verdict(State.UNSEEN, asked, hold.hidden(rule, "left_knee")),
        "N": Verdict(State.UNSEEN, asked, hold.NOBODY),
        "A": Verdict(State.UNSEEN, asked, hold.ANOTHER_PERSON),
    }[kind]
