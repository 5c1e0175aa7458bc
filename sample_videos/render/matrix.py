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
from typing import TYPE_CHECKING, Literal
from zlib import crc32

from sample_videos.render.clips import Clip, Role
from sample_videos.render.motions.pigeon import PigeonForm
from sample_videos.render.motions.seated_figure_four import SeatedForm
from sample_videos.render.motions.supine_figure_four import SupineForm
from sample_videos.render.stories import STORIES
from sample_videos.render.story_parts import DEPTHS, FIGURE_FOURS
from sample_videos.render.views import VIEWS, camera_of, half_out, jittered, too_far, whole_way
from sample_videos.render.walker import Companion, Passer

if TYPE_CHECKING:
    from sample_videos.render.clips import Form
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
REPORT_STORIES = ("left_at_6", "wrong_side", "second_person", "over_knee", "long_hold")

# The forms that the person takes in turn; None is the motion's usual one. Supine, a sharply
# bent supporting knee hangs the foot low, an open one holds it high.
FORMS: dict[str, tuple[Form | None, ...]] = {
    "seated_figure_four": (
        None,
        SeatedForm(98.0, 66.0, 88.0),
        SeatedForm(108.0, 80.0, 105.0),
        SeatedForm(103.0, 70.0, 100.0, thigh_slope_deg=3.0),
    ),
    "supine_figure_four": (
        None,
        SupineForm(131.0, 70.0, 78.0),
        SupineForm(135.0, 88.0, 112.0),
        SupineForm(126.0, 84.0, 58.0, head_lift_deg=32.0),
        SupineForm(129.0, 76.0, 100.0),
        SupineForm(124.0, 87.0, 70.0),
        SupineForm(130.0, 80.0, 128.0),
    ),
    "pigeon": (
        None,
        PigeonForm(sunk_thigh_deg=-10.0, sunk_front_deg=-18.0, front_knee_deg=80.0),
        PigeonForm(sunk_thigh_deg=-18.0, sunk_front_deg=-9.0, front_knee_deg=60.0),
        PigeonForm(sunk_thigh_deg=-7.0, sunk_front_deg=-22.0, front_outward_deg=35.0),
    ),
}
# Their depths are of the usual form.
_USUAL_FORM = ("tremble", "down_and_up")
# With an open supporting knee the rules of the exercise take these for crossed.
_NEED_BENT_KNEE = ("slid_half", "over_knee")
_OPEN_KNEE_DEG = 105.0

# How often a story is shown: in the figure-fours, and in each other exercise. The tests tell
# whether every pair still comes up when a number is changed.
_TIMES = {
    "clean": (3, 2),
    "both_sides": (1, 1),
    "three_repetitions": (1, 0),
    "whole_session": (1, 0),
    "left_at_6": (2, 1),
    "break_at_4": (2, 1),
    "tremble": (3, 1),
    "fault": (3, 1),
    "not_deep": (3, 1),
    "not_crossed": (4, 0),
    "slid_half": (4, 0),
    "slid_off": (3, 0),
    "over_knee": (2, 0),
    "hugged": (4, 0),
    "begun": (3, 0),
    "sides": (4, 0),
    "long_hold": (2, 0),
    "hips_high": (0, 3),
    "bird_dog": (0, 2),
    "hover": (0, 3),
    "wrong_side": (2, 1),
    "down_and_up": (2, 1),
    "nobody": (2, 1),
    "half_out": (2, 1),
    "too_far": (2, 1),
    "second_person": (2, 1),
    "companion": (3, 1),
    "dark": (2, 1),
}
_LONG_STORIES = ("both_sides", "three_repetitions", "whole_session")
_LONG_FPS = 10
_FPS = (10, 12, 10, 15, 10, 12, 10)
_EVENINGS = (False, True, False, False, True)
_LEFTS = (False, False, True)
_PASSES_AT_S = 4.0
_WHOLE_WAY_STORIES = ("down_and_up", "nobody", "companion")
_COMPANIONS: tuple[tuple[Literal["stands", "kneels"], float], ...] = (
    ("kneels", 1.0),
    ("stands", 1.0),
    ("stands", 0.62),
    ("kneels", 0.62),
)
# Two of three cameras stand a little off the place that their view is named after.
_JITTERED, _JITTERED_OF = 2, 3
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
            name = f"{clip.role}/{stem}-{number}"
            clips[name] = _placed(clip, name, story)
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


def _order(named: tuple[str, Clip]) -> tuple[bool, bool, int]:
    """Figure-fours first, and of them what limits are chosen on; else mixed.

    So a run that is stopped has shown some of everything.
    """
    name, clip = named
    return clip.exercise not in FIGURE_FOURS, clip.role != "tune", crc32(name.encode())


class _Chooser:
    """Chooses view, body and the rest of each clip so that what came least comes next."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str]] = Counter()
        self._clips: Counter[str] = Counter()

    def clip(self, exercise: str, story: str, turn: int) -> tuple[Clip, str]:
        """Return the next clip and the name of its view."""
        number = self._clips[exercise]
        self._clips[exercise] += 1
        on_page = number % 5 in {0, 2} or (story in _LONG_STORIES and turn == 0)
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
            form=_form(exercise, story, number),
            look="dark" if story == "dark" else "evening" if evening else "day",
            told_as=story,
            role=_role(body, story),
        )
        return _staged(clip, story, turn), view

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


def _form(exercise: str, story: str, number: int) -> Form | None:
    forms = FORMS.get(exercise, (None,))
    if story in _USUAL_FORM:
        return None
    if story in _NEED_BENT_KNEE:
        forms = tuple(form for form in forms if not _knee_open(form))
    return forms[number % len(forms)]


def _knee_open(form: Form | None) -> bool:
    return isinstance(form, SupineForm) and form.full_knee_deg > _OPEN_KNEE_DEG


def _staged(clip: Clip, story: str, turn: int) -> Clip:
    """Return the clip with the other person that its story asks for."""
    bodies = list(OUTFIT_OF)
    other = bodies[(bodies.index(clip.body) + 1) % len(bodies)]
    if story == "second_person":
        return replace(clip, passer=Passer(other, OUTFIT_OF[other], _PASSES_AT_S))
    if story == "companion":
        number = turn + list(DEPTHS).index(clip.exercise)
        does, size = _COMPANIONS[number % len(_COMPANIONS)]
        side = 1 if number % 4 in {0, 3} else -1
        return replace(clip, companion=Companion(other, OUTFIT_OF[other], does, size, side))
    return clip


def _placed(clip: Clip, name: str, story: str) -> Clip:
    """Return the clip with the camera near its place, or where its story wants it."""
    camera = clip.camera
    if crc32(name.encode()) % _JITTERED_OF < _JITTERED:
        camera = jittered(camera, name)
    if story == "half_out":
        camera = half_out(camera, clip.exercise)
    if story == "too_far":
        camera = too_far(camera, clip.exercise)
    if story in _WHOLE_WAY_STORIES:
        camera = whole_way(camera)
    return replace(clip, camera=camera)


def _role(body: str, story: str) -> Role:
    return "report" if body in REPORT_BODIES or story in REPORT_STORIES else "tune"
