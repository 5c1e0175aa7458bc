"""The exercises: from a story's amounts to a pose of the body (numpy only)."""

from __future__ import annotations

from sample_videos.render.motions.figure_four import FigureFour
from sample_videos.render.motions.seated_figure_four import SeatedFigureFour
from sample_videos.render.motions.supine_figure_four import SupineFigureFour

EXERCISES: dict[str, type[FigureFour]] = {
    SeatedFigureFour.name: SeatedFigureFour,
    SupineFigureFour.name: SupineFigureFour,
}

__all__ = ["EXERCISES", "FigureFour", "SeatedFigureFour", "SupineFigureFour"]
