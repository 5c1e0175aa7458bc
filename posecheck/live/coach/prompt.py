"""Output of the routine: a `ViewState` to see and `AudioCue` to hear.

Everything that can be heard can be seen: the words of a call stand in ``ViewState.said``, its
tone in ``ViewState.tone``. The texts are in `posecheck.live.coach.words`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Literal, TypeAlias

# At run time, too: the page's messages are made from these types.
from posecheck.types import Side, State, Topic  # noqa: TC001

Edge: TypeAlias = Literal["left", "right", "top", "bottom"]
"""An edge of the camera's image, not mirrored; left is where x is 0."""


class Phase(StrEnum):
    """Phase of the routine."""

    SET_UP = "set-up"
    GET_INTO_POSITION = "get-into-position"
    HOLD = "hold"
    COMPLETE = "complete"
    REST = "rest"
    CHANGE_SIDE = "change-side"
    PAUSED = "paused"
    DONE = "done"
    TIMER = "timer"


class Tone(StrEnum):
    """Tones; each accompanies a visible change."""

    START = "start"
    TICK = "tick"
    STOP = "stop"
    COMPLETE = "complete"
    CHANGE_SIDE = "change-side"
    DONE = "done"


class Action(StrEnum):
    """Actions of keys or buttons on the routine; none is needed."""

    PAUSE = "pause"
    SKIP = "skip"
    RESTART = "restart"
    SIDE = "side"
    END = "end"


class Ring(StrEnum):
    """Meaning of the ring around the seconds.

    EMPTY: nothing is held. RUNNING: a hold fills it. WAITING: a hold lives through a break; the
    ring keeps what is held. STOPPED: a hold has ended early; the ring shows what it was for a
    while. COMPLETE: a hold is complete. COUNTDOWN: a rest. TIMER: a timer runs instead of judging.
    """

    EMPTY = "empty"
    RUNNING = "running"
    WAITING = "waiting"
    STOPPED = "stopped"
    COMPLETE = "complete"
    COUNTDOWN = "countdown"
    TIMER = "timer"


class Priority(IntEnum):
    """Priority of spoken words; higher ones interrupt lower ones."""

    WELCOME = 0
    CUE = 1
    EVENT = 2
    COUNT = 3


@dataclass(frozen=True, slots=True)
class AudioCue:
    """Something audible.

    Attributes:
        tone: a tone; None for none.
        words: spoken words; None for none.
        priority: of the words; a cue by itself is said only at once, an event of the session
            also a few seconds later.
        second: full seconds held at a tick, for counting aloud; the screen shows them. None
            without a tick.
        left: full seconds that are still to be held at a tick.
    """

    tone: Tone | None = None
    words: str | None = None
    priority: Priority = Priority.CUE
    second: int | None = None
    left: int = 0


@dataclass(frozen=True, slots=True)
class SideResult:
    """Result of one side.

    Attributes:
        side: the stretched side.
        complete, planned: numbers of complete and of planned holds.
        timed: number of repetitions for which a timer ran instead.
        valid_s: seconds held in valid form, all holds together.
        not_judged_s: seconds of timers in which nothing valid was counted.
    """

    side: Side
    complete: int
    planned: int
    timed: int
    valid_s: float
    not_judged_s: float


@dataclass(frozen=True, slots=True)
class Achieved:
    """Result of one exercise of a live session, as the end page shows it.

    Attributes:
        exercise: title of the exercise.
        sides: results of the sides, in the order of the plan.
        cost_s: seconds that the most expensive reason has cost while the stretch was tried; 0 if
            none was lost.
        change: the instruction that would have saved them; empty if none was lost.
        ended_early: whether it was ended before all repetitions were done.
    """

    exercise: str
    sides: tuple[SideResult, ...]
    cost_s: float
    change: str
    ended_early: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Question of the end page; it is skipped by itself.

    Attributes:
        about: subject.
        text: the question.
        choices: the answers, in order: "0" to "10", or the causes of an early end.
        left_s: seconds until it is skipped.
    """

    about: Topic
    text: str
    choices: tuple[str, ...]
    left_s: float


@dataclass(frozen=True, slots=True)
class ViewState:
    """Everything a view needs at one moment.

    Words, verdict, phase and ring settle before they change, and change at most once a second
    (`posecheck.live.coach.view`); the seconds are those of the moment.

    Attributes:
        phase: phase of the routine.
        headline: a few words, the largest text beside the seconds.
        cue: the present instruction, a sentence; empty when there is nothing to change. It is the
            only instruction: of several problems the most basic one (camera, then person, then
            view, then form).
        said: the last spoken words, shown for `posecheck.live.coach.prompter.STAYS_S`; often the
            cue.
        tone: the tone that sounds now, for a small sign; None most of the time.
        verdict: of the side that is asked for; None while nothing is judged (rest, timer, pause,
            end). The other leg in valid form is wrong here.
        seconds: of valid form in the hold that runs, was just lost or completed; never more than
            the hold counter counted.
        target_s: seconds that complete a hold.
        share: seconds over target, in [0, 1].
        side: the stretched side that is asked for.
        repetition, repetitions: number of this one, from 1, and of all on each side.
        completed, planned: numbers of complete and of planned holds, on all sides.
        reason: why the seconds do not run; empty while they run or without a hold.
        notice: a problem beside the exercise, such as a full disk; the routine leaves it empty,
            the loop may set it.
        countdown_s: seconds that are left of a rest or of a change of sides; None when nothing
            counts down.
        view_good: whether the camera sees enough to judge, for the frame to fit into.
        edges: edges of the camera's image that cut off what must be seen.
        ring: meaning of the ring.
        ring_text: a few words beside the ring: what it waits for, or why it stopped; else empty.
        timer_s: seconds that the timer has run, up to ``target_s``; None without a timer. They are
            not judged and count nowhere as valid.
        timed: number of repetitions for which a timer ran, on all sides.
        exercise: title of the exercise.
        part, parts: number of the exercise in the routine, from 1, and of all.
        hands_share: how far the sign of both hands above the head has been held, in [0, 1].
        question: the question of the end page; None without one.
        achieved: results of the exercises done so far; empty before the end.
    """

    phase: Phase
    headline: str
    cue: str
    said: str
    tone: Tone | None
    verdict: State | None
    seconds: float
    target_s: float
    share: float
    side: Side
    repetition: int
    repetitions: int
    completed: int
    planned: int
    reason: str
    notice: str
    countdown_s: float | None
    view_good: bool
    edges: tuple[Edge, ...]
    ring: Ring = Ring.EMPTY
    ring_text: str = ""
    timer_s: float | None = None
    timed: int = 0
    exercise: str = ""
    part: int = 1
    parts: int = 1
    hands_share: float = 0.0
    question: Question | None = None
    achieved: tuple[Achieved, ...] = ()
