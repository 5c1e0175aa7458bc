"""The catalogue of clips."""

from __future__ import annotations

from dataclasses import dataclass

from sample_videos.render.motions import SeatedFigureFour, SupineFigureFour
from sample_videos.render.motions.supine_figure_four import SupineForm
from sample_videos.render.story import Segment, Side, Story


@dataclass(frozen=True)
class Clip:
    """One clip: who does what, seen from where."""

    body: str
    exercise: str
    story: Story
    camera: str
    fps: int = 15
    size_px: tuple[int, int] = (640, 480)

    @property
    def frame_count(self) -> int:
        """Number of frames; frame i shows the story at i / fps seconds."""
        return round(self.story.duration_s * self.fps)


def seated_story() -> Story:
    """Lean and hold, come upright with the ankle still crossed, lean again, release."""
    return Story(
        (
            Segment("rest", 1.5),
            Segment("cross", 1.6, cross=1.0),
            Segment("lean", 1.2, cross=1.0, depth=1.0),
            Segment("hold", 10.8, cross=1.0, depth=1.0),
            Segment("come_up", 0.7, cross=1.0),
            Segment("broken_upright", 2.5, cross=1.0),
            Segment("lean", 0.8, cross=1.0, depth=1.0),
            Segment("hold", 4.0, cross=1.0, depth=1.0),
            Segment("release", 0.9, cross=1.0),
            Segment("uncross", 1.2),
            Segment("rest", 0.6),
        )
    )


def supine_story() -> Story:
    """Draw in and hold, let the supporting thigh drop back, draw in and hold again, release."""
    dropped = SupineForm().depth_at(120.0)
    return Story(
        (
            Segment("rest", 0.8),
            Segment("cross", 1.3, cross=1.0),
            Segment("draw_in", 1.0, cross=1.0, depth=1.0),
            Segment("hold", 6.0, cross=1.0, depth=1.0),
            Segment("drop", 0.8, cross=1.0, depth=dropped),
            Segment("broken_dropped", 2.5, cross=1.0, depth=dropped),
            Segment("draw_in", 0.8, cross=1.0, depth=1.0),
            Segment("hold", 10.8, cross=1.0, depth=1.0),
            Segment("release", 0.8, cross=1.0),
            Segment("uncross", 1.0),
            Segment("rest", 0.2),
        )
    )


def both_sides_story(hold_s: float) -> Story:
    """One short hold on each side, with a rest between them."""

    def one_side(side: Side) -> tuple[Segment, ...]:
        return (
            Segment("rest", 1.0, stretched_side=side),
            Segment("cross", 1.5, 1.0, 0.0, side),
            Segment("go_deep", 1.0, 1.0, 1.0, side),
            Segment("hold", hold_s, 1.0, 1.0, side),
            Segment("release", 0.8, 1.0, 0.0, side),
            Segment("uncross", 1.2, 0.0, 0.0, side),
        )

    return Story((*one_side("right"), *one_side("left"), Segment("rest", 0.5, 0.0, 0.0, "left")))


_SEATED, _SUPINE = SeatedFigureFour.name, SupineFigureFour.name

CLIPS = {
    "seated_figure_four": Clip("female", _SEATED, seated_story(), "seated_left"),
    "supine_figure_four": Clip("male", _SUPINE, supine_story(), "supine_left"),
    "seated_both_sides": Clip("male", _SEATED, both_sides_story(4.0), "seated_front"),
    "supine_mirrored": Clip("female", _SUPINE, supine_story().mirrored(), "supine_right"),
}
COMMITTED = ("seated_figure_four", "supine_figure_four")
