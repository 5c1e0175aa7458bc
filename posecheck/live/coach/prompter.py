"""Choice of the instruction that is shown, and of the time when it is also spoken.

A cue is shown as soon as it is due. It is spoken only after it has lasted, because the person may
already be following it. While a hold is at risk that time is short.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from posecheck.live.coach import words
from posecheck.live.coach.guidance import Guidance, advice_of
from posecheck.live.coach.presence import CueThrottle, Debounced
from posecheck.live.coach.prompt import AudioCue, Phase, Priority, Tone
from posecheck.types import State

if TYPE_CHECKING:
    from posecheck.exercises import Exercise
    from posecheck.live.coach.guidance import Situation

SAID_AFTER_S: Final = {
    Phase.SET_UP: 1.5,
    Phase.GET_INTO_POSITION: 2.5,
    Phase.HOLD: 1.2,
    Phase.CHANGE_SIDE: 6.0,
}
"""Seconds that a cue must be due in a phase before it is spoken."""

STOPPED_S: Final = 6.0
"""Seconds after a lost hold in which the reason is spoken as early as in a hold."""

SHOWN_AFTER_S: Final = 0.4
"""Seconds that a cue must be due, outside a hold, before it replaces the one that is shown, with
its reason."""

STAYS_S: Final = 4.0
"""Seconds that spoken words stay on the screen."""

FLASH_S: Final = 1.0
"""Seconds that a tone is visible."""

TONE_AGAIN_S: Final = 3.0
"""Seconds before the same start or stop tone is repeated, for a person who trembles at a limit."""

LONG_S: Final = 45.0
"""Seconds of getting into position after which the voice says that there is no hurry."""

PAUSED_AGAIN_S: Final = 30.0
"""Seconds before a pause or its end is announced again; doubled each time."""

PAUSED_SELDOM_S: Final = 120.0
"""Largest number of seconds between two reminders during a pause."""

OFTEN_S: Final = 60.0
"""Seconds within which a second loss of the person counts as a bad view instead of leaving."""

_CALM: Final = (Tone.START, Tone.STOP)


class Prompter:
    """State of the shown and spoken cues, without frequent repetition.

    Attributes:
        cue: the present instruction; empty if there is none.
        reason: why the seconds do not run; empty while they do or without a hold.
        said: the last spoken words, for `STAYS_S`.
        tone: the tone that sounds, shown for `FLASH_S`.
        stopped: how long the last hold was and why it was lost.
        waited_for: why the present hold waits; empty while it does not.
    """

    def __init__(self, exercise: Exercise) -> None:
        """Begin without a cue."""
        self.cue = self.reason = self.said = self.stopped = ""
        self.waited_for = self._why = ""
        self._guidance = Guidance(exercise)
        self.tone: Tone | None = None
        self._calls: list[AudioCue] = []
        self._patience = CueThrottle()
        self._pauses = CueThrottle(0.0, PAUSED_AGAIN_S, math.inf)
        self._lost_s = -math.inf
        self._cue = Debounced(SHOWN_AFTER_S, "")
        self._said_s = self._tone_s = self._stopped_s = -math.inf
        self._phase_s, self._phase = 0.0, Phase.SET_UP
        self._other_leg_times = self._reminders = 0
        self._consoled = False
        self._sounded_s: dict[Tone, float] = {}

    def say(
        self,
        t_s: float,
        text: str | None = None,
        tone: Tone | None = None,
        priority: Priority = Priority.EVENT,
    ) -> None:
        """Say words and sound a tone without any rate limit."""
        if tone in _CALM and t_s - self._sounded_s.get(tone, -math.inf) < TONE_AGAIN_S:
            tone = None
        if tone is None and text is None:
            return
        self._calls.append(AudioCue(tone, text, priority))
        if text is not None:
            self.said, self._said_s = text, t_s
            self._patience.hush(t_s)
        if tone is not None:
            self.tone, self._tone_s = tone, t_s
            self._sounded_s[tone] = t_s

    def tick(self, t_s: float, second: int, left: int) -> None:
        """Sound the tick of a full second held; see `AudioCue.second`."""
        self._calls.append(AudioCue(Tone.TICK, second=second, left=left))
        self.tone, self._tone_s = Tone.TICK, t_s

    def pause(self, t_s: float, why: str) -> None:
        """Announce an automatic pause and its cause, unless this was announced shortly before.

        Args:
            t_s: the moment.
            why: the problem, one sentence.
        """
        text = f"{words.PAUSED}. {why}"
        if why == words.OUT_OF_PICTURE:
            if t_s - self._lost_s < OFTEN_S:
                text = words.SEEN_BADLY
            self._lost_s = t_s
        if self._pauses.allows(t_s, text):
            self.say(t_s, text)

    def remind(self, t_s: float, why: str) -> None:
        """Announce a pause once more, more and more seldom: the person may be there unseen."""
        after_s = min(PAUSED_AGAIN_S * 2.0 ** min(self._reminders, 16), PAUSED_SELDOM_S)
        if t_s - max(self._said_s, self._phase_s) >= after_s:
            self._reminders += 1
            self.say(t_s, words.SEEN_BADLY if why == words.OUT_OF_PICTURE else why)

    def resume(self, t_s: float, what: str) -> None:
        """Announce the automatic end of a pause and the next phase, unless done shortly before."""
        if self._pauses.allows(t_s, words.WELCOME_BACK):
            self.say(t_s, f"{words.WELCOME_BACK}. {what}")

    def lose(self, t_s: float, held_s: float, why: str = "") -> None:
        """Note that a hold was lost.

        Args:
            t_s: the moment.
            held_s: the seconds that it was held.
            why: the reason; empty takes the reason for which the ring waited.
        """
        self._stopped_s = t_s
        self.stopped = words.stopped(held_s, why or self.waited_for)
        self.waited_for = ""

    def stopped_lately(self, t_s: float) -> bool:
        """Whether a hold was lost within `STOPPED_S`."""
        return t_s - self._stopped_s < STOPPED_S

    def enter(self, t_s: float, phase: Phase) -> None:
        """Note that a phase begins."""
        if phase in {Phase.HOLD, Phase.REST, Phase.CHANGE_SIDE}:
            self._patience.forget_counts()
        if phase in {Phase.REST, Phase.CHANGE_SIDE}:
            self._consoled = False
            self._pauses.forget_counts()  # a repetition is done, so it is well seen
            self._other_leg_times = 0
        if self._phase is Phase.SET_UP:
            self._cue = Debounced(SHOWN_AFTER_S, "")
        self._phase_s, self._phase, self._reminders = t_s, phase, 0

    def calls(self, t_s: float) -> tuple[AudioCue, ...]:
        """Return the audio cues due now; end old words and flashes."""
        if t_s - self._said_s >= STAYS_S:
            self.said = ""
        if t_s - self._tone_s >= FLASH_S:
            self.tone = None
        calls, self._calls = tuple(self._calls), []
        return calls

    def rest(self, cue: str = "", reason: str = "") -> None:
        """Show a cue of a phase in which nothing is judged; it is not spoken."""
        self.cue, self.reason = cue, reason
        self._cue = Debounced(SHOWN_AFTER_S, "")

    def judge(self, t_s: float, now: Situation) -> None:
        """Find the cue of a phase that needs an action, and speak it if due.

        Args:
            t_s: the moment.
            now: what the cue is chosen from.
        """
        found = self._guidance.find(now, self._other_leg_times)
        settled = self._cue.look(t_s, found.text)
        if not (found.text and settled) or settled == found.text:
            self._why = found.why  # of the cue that is shown; an older cue keeps its own
        self.reason = found.why if self._phase is Phase.HOLD else self._why
        if self._phase is Phase.CHANGE_SIDE:
            self.reason = ""
        if self._phase is Phase.HOLD:
            # At once: the seconds stand still, and that needs an explanation.
            self.cue = found.text or advice_of(now.verdict)
            self.waited_for = found.why or self.waited_for
            if now.verdict.state is State.VALID and now.counts:
                self.waited_for = ""
        else:
            self.cue = (settled or found.text) if found.text else ""
        due = settled and settled == found.text and found.spoken and self._is_due(t_s)
        if due and self._patience.allows(t_s, settled):
            self._other_leg_times += settled == words.other_leg(now.side)
            self.say(t_s, settled, priority=Priority.CUE)
        elif self._phase is Phase.GET_INTO_POSITION and t_s - self._phase_s >= LONG_S:
            self._console(t_s)

    def waits_for(self, why: str) -> None:
        """Note why a hold waits; it is the reason if the hold is lost."""
        self.waited_for = why

    def _is_due(self, t_s: float) -> bool:
        phase = Phase.HOLD if self.stopped_lately(t_s) else self._phase
        after_s = SAID_AFTER_S[phase]
        lasted_s = self._cue.lasted_s(t_s)
        if phase is Phase.CHANGE_SIDE:
            lasted_s = min(lasted_s, t_s - self._phase_s)
        return lasted_s >= after_s

    def _console(self, t_s: float) -> None:
        if not self._consoled and self._patience.allows(t_s, words.TAKE_YOUR_TIME):
            self._consoled = True
            self.say(t_s, words.TAKE_YOUR_TIME, priority=Priority.CUE)
