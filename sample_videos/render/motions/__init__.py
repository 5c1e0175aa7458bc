"""The exercises: from a story's amounts to a pose of the body (numpy only)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sample_videos.render.motions.knee_to_opposite_shoulder import KneeToOppositeShoulder
from sample_videos.render.motions.motion import Motion
from sample_videos.render.motions.pigeon import Pigeon
from sample_videos.render.motions.prone_press_up import PronePressUp
from sample_videos.render.motions.seated_figure_four import SeatedFigureFour
from sample_videos.render.motions.single_knee_to_chest import SingleKneeToChest
from sample_videos.render.motions.supine_figure_four import SupineFigureFour

if TYPE_CHECKING:
    from sample_videos.render.body import Body

EXERCISES: dict[str, type[Motion]] = {
    motion.name: motion
    for motion in (
        SeatedFigureFour,
        SupineFigureFour,
        SingleKneeToChest,
        KneeToOppositeShoulder,
        Pigeon,
        PronePressUp,
    )
}


def motion_of(exercise: str, body: Body, form: Any = None) -> Motion:  # noqa: ANN401 - each motion has its own
    """Return the motion of a body, in a form of that exercise or in its usual one."""
    kind: Any = EXERCISES[exercise]
    motion: Motion = kind(body) if form is None else kind(body, form)
    return motion


__all__ = [
    "EXERCISES",
    "KneeToOppositeShoulder",
    "Motion",
    "Pigeon",
    "PronePressUp",
    "SeatedFigureFour",
    "SingleKneeToChest",
    "SupineFigureFour",
    "motion_of",
]
