"""The exercises: from a story's amounts to a pose of the body (numpy only)."""

from __future__ import annotations

from sample_videos.render.motions.knee_to_opposite_shoulder import KneeToOppositeShoulder
from sample_videos.render.motions.motion import Motion
from sample_videos.render.motions.pigeon import Pigeon
from sample_videos.render.motions.prone_press_up import PronePressUp
from sample_videos.render.motions.seated_figure_four import SeatedFigureFour
from sample_videos.render.motions.single_knee_to_chest import SingleKneeToChest
from sample_videos.render.motions.supine_figure_four import SupineFigureFour

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

__all__ = [
    "EXERCISES",
    "KneeToOppositeShoulder",
    "Motion",
    "Pigeon",
    "PronePressUp",
    "SeatedFigureFour",
    "SingleKneeToChest",
    "SupineFigureFour",
]
