"""The catalogue of the matrix: which clips show every exercise, view, story, body and look.

It is no full product but a covering design: every exercise with every view, every story that
fits, every body and every look; every view with every body; the recommended view most often.
The choice depends on nothing but this file, so the catalogue is the same on every machine.

Limits may be chosen on clips of the role `tune`. Clips of the role `report` are for figures
only: their bodies, or their stories, are never tuned on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from sample_videos.render.clips import Clip, Role
from sample_videos.render.stories import DEPTHS, FIGURE_FOURS, STORIES
from sample_videos.render.views import VIEWS, camera_of, half_out, too_far, whole_way
from sample_videos.render.walker import Passer

if TYPE_CHECKING:
    from sample_videos.render.story import Side

# Who wears what; sexes, builds and clothing differ.
OUTFIT_OF = {
    "female": "blue_and_leggings",
    "male": "grey_and_shorts",
    "heavy_male": "wine_long_sleeves",
    "slim_female": "yellow_and_shorts",
    "broad_female": "olive_long_sleeves",
    "small_male": "coral_and_shorts",
}
REPORT_BODIES = ("broad_female", "small_male")
REPORT_STORIES = ("left_at_6", "wrong_side", "second_person")

# How often a story is shown: in the figure-fours, and in each other exercise. The tests tell
# whether every pair still comes up when a number is changed.
_TIMES = {
    "clean": (6, 2),
    "both_sides": (2, 1),
    "three_repetitions": (3, 0),
    "whole_session": (1, 0),
    "left_at_6": (3, 1),
    "break_at_4": (3, 2),
    "tremble": (3, 1),
    "fault": (4, 2),
    "not_deep": (4, 1),
    "not_crossed": (4, 0),
    "wrong_side": (2, 1),
    "down_and_up": (2, 1),
    "nobody": (2, 1),
    "half_out": (2, 1),
    "too_far": (2, 1),
    "second_person": (2, 1),
    "dark": (2, 1),
}
_LONG_STORIES = ("both_sides", "three_repetitions", "whole_session")
_LONG_FPS = 10
_FPS = (10, 12, 10, 15)
_EVENINGS = (False, True, False, False, True)
_LEFTS = (False, False, True)
_PASSES_AT_S = 4.0
# Only from about the side do the legs leave the picture as a whole.
_HALF_OUT_VIEWS = ("recommended", "mirrored", "laptop")


def catalogue() -> dict[str, Clip]:
    """Return the clips by name; a name begins with the role's folder."""
    chooser = _Chooser()
    clips: dict[str, Clip] = {}
    for exercise in DEPTHS:
        for story, turn in _slots(exercise):
            clip, view = chooser.clip(exercise, story, turn)
            place = [clip.exercise, story, view, clip.body]
            stem = "-".join(place)
            number = 1 + sum(name.split("/")[1].startswith(stem) for name in clips)
            clips[f"{clip.role}/{stem}-{number}"] = clip
    return dict(sorted(clips.items(), key=_order))


def _slots(exercise: str) -> list[tuple[str, int]]:
    """Return (story, how often it came before) for one exercise."""
    column = 0 if exercise in FIGURE_FOURS else 1
    return [
        (story, turn)
        for story, told in STORIES.items()
        if exercise in told.exercises
        for turn in range(_TIMES[story][column])
    ]


def _order(named: tuple[str, Clip]) -> tuple[bool, bool, str]:
    """Figure-fours first, and of them what limits are chosen on."""
    name, clip = named
    return clip.exercise not in FIGURE_FOURS, clip.role != "tune", name


class _Chooser:
    """Chooses view, body and the rest of each clip so that what came least comes next."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str]] = Counter()
        self._clips: Counter[str] = Counter()

    def clip(self, exercise: str, story: str, turn: int) -> tuple[Clip, str]:
        """Return the next clip and the name of its view."""
        number = self._clips[exercise]
        self._clips[exercise] += 1
        on_page = number % 2 == 0 or (story in _LONG_STORIES and turn == 0)
        view = "recommended" if on_page else self._rarest_view(exercise, story)
        self._seen[exercise, view] += 1
        self._seen[story, view] += 1
        body = self._body(exercise, story, view)
        side: Side = "left" if _LEFTS[number % len(_LEFTS)] else "right"
        told = STORIES[story].tell(exercise)
        evening = _EVENINGS[(number + turn) % len(_EVENINGS)]
        clip = Clip(
            body=body,
            exercise=exercise,
            story=told if side == "right" else told.mirrored(),
            camera=camera_of(exercise, view, side),
            fps=_LONG_FPS if story in _LONG_STORIES else _FPS[number % len(_FPS)],
            outfit=OUTFIT_OF[body],
            look="dark" if story == "dark" else "evening" if evening else "day",
            told_as=story,
            role=_role(body, story),
        )
        return self._staged(clip, story), view

    def _rarest_view(self, exercise: str, story: str) -> str:
        allowed = _HALF_OUT_VIEWS if story == "half_out" else VIEWS

        def shown(view: str) -> tuple[bool, int]:
            return self._seen[story, view] > 0, self._seen[exercise, view]

        return min((view for view in allowed if view != "recommended"), key=shown)

    def _body(self, exercise: str, story: str, view: str) -> str:
        def shown(body: str) -> tuple[int, int]:
            pairs = ((exercise, body), (view, body), (story, body))
            return sum(self._seen[pair] for pair in pairs), list(OUTFIT_OF).index(body)

        body = min(OUTFIT_OF, key=shown)
        for pair in ((exercise, body), (view, body), (story, body)):
            self._seen[pair] += 1
        return body

    def _staged(self, clip: Clip, story: str) -> Clip:
        """Return the clip with what its story asks of camera and room."""
        camera = clip.camera
        if story == "half_out":
            return replace(clip, camera=half_out(camera, clip.exercise))
        if story == "too_far":
            return replace(clip, camera=too_far(camera, clip.exercise))
        if story in {"down_and_up", "nobody"}:
            return replace(clip, camera=whole_way(camera))
        if story == "second_person":
            bodies = list(OUTFIT_OF)
            other = bodies[(bodies.index(clip.body) + 1) % len(bodies)]
            return replace(clip, passer=Passer(other, OUTFIT_OF[other], _PASSES_AT_S))
        return clip


def _role(body: str, story: str) -> Role:
    return "report" if body in REPORT_BODIES or story in REPORT_STORIES else "tune"
