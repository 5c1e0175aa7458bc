"""The facts of one session that progress needs, as the index keeps them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

UNNAMED: Final = "unnamed"
"""Key of the side of holds whose legs were not told apart."""


@dataclass(frozen=True, slots=True)
class SideDone:
    """Dose done on one side in one session.

    Attributes:
        wanted: complete holds asked for.
        complete: complete holds.
        started: holds that were not complete.
        valid_s: seconds in valid form.
        trunk_thigh_deg: median trunk-thigh angle of each hold of at least 3 s.
    """

    wanted: int
    complete: int
    started: int
    valid_s: float
    trunk_thigh_deg: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """Time lost to one rule or cause in one session, with its title and what to change."""

    key: str
    title: str
    cue: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Entry:
    """The facts of one session that progress needs.

    Attributes:
        name: name of its file.
        created: when it began, ISO 8601, UTC; "" if not known.
        recording: what was watched, to find the same recording analysed twice; "" for a camera.
        exercise: name of the exercise.
        title: title of the exercise.
        hold_s: seconds that complete a hold.
        sides: dose done by side: left, right, both or `UNNAMED`.
        valid_s, wrong_s, unseen_s: all seconds.
        not_judged_s: seconds of a timer that ran instead of judging; they lie within the others.
        lost: lost time by reason, most first.
        pain: pain from 0 to 10 as the person said; None if not said.
        stopped_because: why it was ended early, as the person said.
        ended: how the session ended; "" if it was cut off.
    """

    name: str
    created: str
    recording: str
    exercise: str
    title: str
    hold_s: float
    sides: dict[str, SideDone]
    valid_s: float
    wrong_s: float
    unseen_s: float
    not_judged_s: float = 0.0
    lost: tuple[Lost, ...] = ()
    pain: int | None = None
    stopped_because: str = ""
    ended: str = ""

    @property
    def day(self) -> date | None:
        """The day on which it was made, in the local time; None if not known."""
        if not self.created:
            return None
        return datetime.fromisoformat(self.created).astimezone().date()

    @property
    def complete(self) -> int:
        """Number of complete holds."""
        return sum(side.complete for side in self.sides.values())


def packed(entry: Entry) -> str:
    """Return an entry as text for the database."""
    return json.dumps(asdict(entry), ensure_ascii=False)


def unpacked(content: str) -> Entry:
    """Return the entry of a text from the database."""
    found: dict[str, Any] = json.loads(content)
    found["sides"] = {
        name: SideDone(**{**side, "trunk_thigh_deg": tuple(side["trunk_thigh_deg"])})
        for name, side in found["sides"].items()
    }
    found["lost"] = tuple(Lost(**one) for one in found["lost"])
    return Entry(**found)


def once(entries: Iterable[Entry]) -> tuple[list[Entry], int]:
    """Return entries without repeats, and the number left out.

    Of one recording that was analysed several times by one exercise the newest analysis counts.
    """
    kept: dict[tuple[str, str], Entry] = {}
    count = 0
    for entry in entries:
        key = (entry.recording or entry.name, entry.exercise)
        kept.pop(key, None)
        kept[key] = entry
        count += 1
    return list(kept.values()), count - len(kept)
