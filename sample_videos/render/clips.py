"""What a clip is, and the catalogue of clips that are rendered by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sample_videos.render.cameras import CAMERAS, Camera
from sample_videos.render.motions import (
    KneeToOppositeShoulder,
    Pigeon,
    PronePressUp,
    SeatedFigureFour,
    SingleKneeToChest,
    SupineFigureFour,
)
from sample_videos.render.motions.pigeon import PigeonForm
from sample_videos.render.motions.seated_figure_four import SeatedForm
from sample_videos.render.motions.supine_figure_four import SupineForm
from sample_videos.render.outfit import DEFAULT_OUTFIT
from sample_videos.render.stories import STORIES
from sample_videos.render.story import Segment, Side, Story
from sample_videos.render.views import camera_of, whole_way
from sample_videos.render.walker import Companion, Passer

Role = Literal["tune", "report"]
Form = SeatedForm | SupineForm | PigeonForm


@dataclass(frozen=True)
class Clip:
    """One clip: who does what, seen from where.

    Attributes:
        body: the rest body.
        exercise: the motion.
        story: what happens.
        camera: from where it is seen.
        fps: frames a second.
        size_px: width and height.
        outfit: what the person wears.
        look: how the room looks.
        passer: somebody who walks by behind the person.
        companion: somebody who stays in the picture, beside the person.
        form: the angles that the person takes; None for the motion's usual ones.
        told_as: short name of the story.
        role: `tune` if limits may be chosen on this clip, `report` if it is only for figures.

    """

    body: str
    exercise: str
    story: Story
    camera: Camera
    fps: int = 15
    size_px: tuple[int, int] = (640, 480)
    outfit: str = DEFAULT_OUTFIT
    look: str = "day"
    passer: Passer | None = None
    companion: Companion | None = None
    form: Form | None = None
    told_as: str | None = None
    role: Role | None = None

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


def two_faults_story(loose: str, fault: str) -> Story:
    """Hold, let go of the full stretch, hold, make the exercise's usual fault, hold, release.

    Args:
        loose: phase without the full stretch (depth 0), after `broken_`.
        fault: phase of the fault, after `broken_`.

    """
    return Story(
        (
            Segment("rest", 0.7),
            Segment("into_position", 1.3, cross=1.0),
            Segment("deepen", 0.8, cross=1.0, depth=1.0),
            Segment("hold", 3.0, cross=1.0, depth=1.0),
            Segment("loosen", 0.7, cross=1.0),
            Segment(f"broken_{loose}", 1.5, cross=1.0),
            Segment("deepen", 0.7, cross=1.0, depth=1.0),
            Segment("hold", 1.5, cross=1.0, depth=1.0),
            Segment("slip", 0.6, cross=1.0, depth=1.0, fault=1.0),
            Segment(f"broken_{fault}", 1.5, cross=1.0, depth=1.0, fault=1.0),
            Segment("correct", 0.6, cross=1.0, depth=1.0),
            Segment("hold", 1.2, cross=1.0, depth=1.0),
            Segment("release", 0.8, cross=1.0),
            Segment("back_to_rest", 1.2),
            Segment("rest", 0.4),
        )
    )


def matrix_story(exercise: str, story: str, camera: Camera, **more: Any) -> Clip:  # noqa: ANN401 - fields of Clip
    """Return a clip that tells a story of the matrix, named after it."""
    told = STORIES[story].tell(exercise)
    return Clip(exercise=exercise, story=told, camera=camera, told_as=story, **more)


_SEATED, _SUPINE = SeatedFigureFour.name, SupineFigureFour.name

CLIPS = {
    "seated_figure_four": Clip("female", _SEATED, seated_story(), CAMERAS["seated_left"]),
    "supine_figure_four": Clip("male", _SUPINE, supine_story(), CAMERAS["supine_left"]),
    "seated_both_sides": Clip("male", _SEATED, both_sides_story(4.0), CAMERAS["seated_front"]),
    "supine_mirrored": Clip("female", _SUPINE, supine_story().mirrored(), CAMERAS["supine_right"]),
    "single_knee_to_chest": Clip(
        "female",
        SingleKneeToChest.name,
        two_faults_story("let_go", "other_knee_bent"),
        CAMERAS["mat"],
        fps=12,
    ),
    "knee_to_opposite_shoulder": Clip(
        "male",
        KneeToOppositeShoulder.name,
        two_faults_story("let_go", "other_leg_lifted"),
        CAMERAS["mat_from_head"],
        fps=12,
    ),
    "pigeon": Clip(
        "female",
        Pigeon.name,
        two_faults_story("hips_high", "rear_knee_bent"),
        CAMERAS["floor_far_side"],
        fps=12,
    ),
    "prone_press_up": Clip(
        "male",
        PronePressUp.name,
        two_faults_story("lowered", "pelvis_raised"),
        CAMERAS["floor"],
        fps=12,
    ),
    "seated_three_repetitions": matrix_story(
        _SEATED,
        "three_repetitions",
        camera_of(_SEATED, "recommended"),
        body="male",
        outfit="grey_and_shorts",
        fps=10,
    ),
    "supine_not_drawn_in": matrix_story(
        _SUPINE,
        "not_deep",
        camera_of(_SUPINE, "recommended"),
        body="heavy_male",
        outfit="wine_long_sleeves",
        look="evening",
        fps=12,
    ),
    "supine_visitors": matrix_story(
        _SUPINE,
        "nobody",
        whole_way(camera_of(_SUPINE, "recommended")),
        body="slim_female",
        outfit="yellow_and_shorts",
        passer=Passer("female", "blue_and_leggings", from_s=7.0),
        fps=10,
    ),
}
COMMITTED = (
    "seated_figure_four",
    "supine_figure_four",
    "seated_three_repetitions",
    "supine_not_drawn_in",
    "supine_visitors",
)
