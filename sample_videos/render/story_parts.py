"""Parts that the stories of the matrix are made of (numpy only)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sample_videos.render.story import Segment, Side

FIGURE_FOURS = ("seated_figure_four", "supine_figure_four")
OTHERS = ("single_knee_to_chest", "knee_to_opposite_shoulder", "pigeon", "prone_press_up")

# Long enough for the 10 s that count, with the way into and out of the limits.
COMPLETE_S = 10.9
SHORT_S = 4.0


@dataclass(frozen=True)
class Depths:
    """Depths of an exercise that mean something to its rules.

    Attributes:
        enter, leave: where the main angle enters its limit, and where it leaves it.
        three_deg: the depth of three degrees of that angle.
        loose: where it is 15 degrees or more outside the limit.
        fault: the exercise's usual fault, after `broken_`.

    """

    enter: float
    leave: float
    three_deg: float
    loose: float
    fault: str


# From the forms of the motions and the limits of the exercise files: for instance a seated
# trunk-thigh angle goes from 102.5 (depth 0) to 74 (depth 1), and its limits are 84 and 89.
DEPTHS = {
    "seated_figure_four": Depths(0.65, 0.47, 0.105, -0.2, "knee_open"),
    "supine_figure_four": Depths(0.67, 0.54, 0.063, 0.0, "knee_open"),
    "single_knee_to_chest": Depths(0.40, 0.28, 0.064, -0.1, "other_knee_bent"),
    "knee_to_opposite_shoulder": Depths(0.76, 0.70, 0.057, -0.1, "other_leg_lifted"),
    "pigeon": Depths(0.54, 0.43, 0.081, 0.0, "rear_knee_bent"),
    "prone_press_up": Depths(0.63, 0.49, 0.103, 0.0, "pelvis_raised"),
}
# Stretched both sides at once: no side to change, no ankle to cross.
ONE_SIDED = tuple(name for name in DEPTHS if name != "prone_press_up")
CAN_GET_UP = ("seated_figure_four", "supine_figure_four", *OTHERS[:2])

REST = Segment("rest", 0.6)
INTO = (Segment("into_position", 1.2, cross=1.0), Segment("deepen", 0.9, cross=1.0, depth=1.0))
OUT = (Segment("release", 0.7, cross=1.0), Segment("back_to_rest", 1.1))


def hold(duration_s: float) -> Segment:
    """Return a hold of the full stretch."""
    return Segment("hold", duration_s, cross=1.0, depth=1.0)


def once(duration_s: float) -> tuple[Segment, ...]:
    """Return the way into a hold, the hold, and the way back to rest."""
    return (*INTO, hold(duration_s), *OUT)


def on(side: Side, *segments: Segment) -> tuple[Segment, ...]:
    """Return the segments with a side stretched."""
    return tuple(replace(segment, stretched_side=side) for segment in segments)
