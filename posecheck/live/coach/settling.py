"""What is shown settles: no verdict, word or colour flickers, while the seconds stay exact.

`SettledView` takes the exact view state of every moment and returns the one to show. Everything
that is a word, a colour or a symbol changes together, only after it has lasted, and at most once a
second; numbers of the same phase are always those of the moment.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final

from posecheck.live.coach.prompt import Phase, ViewState

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
