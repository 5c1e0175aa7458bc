"""The stories of the matrix, for every exercise (numpy only).

Every story begins and ends at rest. Phases that a person would call a hold are named `hold`,
those with a fault `broken_...`; what is valid is not said here: it follows from the joints and
the rules of the exercise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sample_videos.render.story import Segment, Side, Story

if TYPE_CHECKING:
    from collections.abc import Callable

FIGURE_FOURS = ("seated_figure_four", "supine_figure_four")
OTHERS = ("single_knee_to_chest", "knee_to_opposite_shoulder", "pigeon", "prone_press_up")

# Long enough for the 10 s that count, with the way into and out of the limits.
_COMPLETE_S = 10.9
_SHORT_S = 4.0


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
_ONE_SIDED = tuple(name for name in DEPTHS if name != "prone_press_up")
_CAN_GET_UP = ("seated_figure_four", "supine_figure_four", *OTHERS[:2])

_REST = Segment("rest", 0.6)
_INTO = (Segment("into_position", 1.2, cross=1.0), Segment("deepen", 0.9, cross=1.0, depth=1.0))
_OUT = (Segment("release", 0.7, cross=1.0), Segment("back_to_rest", 1.1))


def _hold(duration_s: float) -> Segment:
    return Segment("hold", duration_s, cross=1.0, depth=1.0)


def _once(duration_s: float) -> tuple[Segment, ...]:
    return (*_INTO, _hold(duration_s), *_OUT)


def _on(side: Side, *segments: Segment) -> tuple[Segment, ...]:
    return tuple(replace(segment, stretched_side=side) for segment in segments)


def clean(_exercise: str) -> Story:
    """One complete hold."""
    return Story((_REST, *_once(_COMPLETE_S), _REST))


def short(_exercise: str) -> Story:
    """One short hold."""
    return Story((_REST, *_once(_SHORT_S), _REST))


def both_sides(_exercise: str) -> Story:
    """One complete hold on each side."""
    right = _on("right", _REST, *_once(_COMPLETE_S), _REST)
    return Story((*right, *_on("left", *_once(_COMPLETE_S), _REST)))


def _repetitions() -> tuple[Segment, ...]:
    pause = (Segment("come_up", 0.7, cross=1.0), Segment("pause", 0.9, cross=1.0))
    again = Segment("deepen", 0.8, cross=1.0, depth=1.0)
    hold = _hold(_COMPLETE_S)
    return (_REST, *_INTO, hold, *pause, again, hold, *pause, again, hold, *_OUT, _REST)


def three_repetitions(_exercise: str) -> Story:
    """The whole dose of one side: three complete holds."""
    return Story(_repetitions())


def whole_session(_exercise: str) -> Story:
    """The whole dose of both sides."""
    return Story((*_on("right", *_repetitions()), *_on("left", *_repetitions())))


def left_at_6(_exercise: str) -> Story:
    """A hold that is given up after 6 s."""
    return Story((_REST, *_once(6.0), Segment("rest", 2.0)))


def break_at_4(_exercise: str) -> Story:
    """A hold that breaks after 4 s for about 1.5 s, and then a complete one."""
    away = (Segment("loosen", 0.5, cross=1.0), Segment("broken_let_go", 0.6, cross=1.0))
    back = Segment("deepen", 0.5, cross=1.0, depth=1.0)
    return Story((_REST, *_INTO, _hold(4.0), *away, back, _hold(_COMPLETE_S), *_OUT, _REST))


def tremble(exercise: str) -> Story:
    """Trembling by three degrees, first about the limit to enter, then about the one to leave."""
    depths = DEPTHS[exercise]

    def at(phase: str, duration_s: float, depth: float, tremble: float = 0.0) -> Segment:
        return Segment(phase, duration_s, cross=1.0, depth=depth, tremble=tremble)

    return Story(
        (
            _REST,
            _INTO[0],
            at("to_the_limit", 0.9, depths.enter),
            at("trembling", 5.0, depths.enter, depths.three_deg),
            at("deepen", 0.6, 1.0),
            _hold(2.0),
            at("to_the_limit", 0.7, depths.leave),
            at("trembling", 4.0, depths.leave, depths.three_deg),
            *_OUT,
            _REST,
        )
    )


def fault(exercise: str) -> Story:
    """The exercise's usual fault between two holds."""
    wrong = Segment("slip", 0.9, cross=1.0, depth=1.0, fault=1.0)
    broken = replace(wrong, phase=f"broken_{DEPTHS[exercise].fault}", duration_s=3.0)
    right = Segment("correct", 0.9, cross=1.0, depth=1.0)
    return Story((_REST, *_INTO, _hold(3.0), wrong, broken, right, _hold(3.0), *_OUT, _REST))


def not_deep(exercise: str) -> Story:
    """Too upright, or not drawn in: first for long, and once more between two holds."""
    loose = Segment("broken_not_deep", 3.5, cross=1.0, depth=DEPTHS[exercise].loose)
    again = (Segment("deepen", 0.9, cross=1.0, depth=1.0), _hold(3.0))
    up = replace(loose, phase="come_up", duration_s=0.8)
    return Story((_REST, _INTO[0], loose, *again, up, loose, *again, *_OUT, _REST))


def not_crossed(_exercise: str) -> Story:
    """The full stretch with both feet as at rest, then as it should be."""
    deep = Segment("deepen", 1.0, depth=1.0)
    broken = replace(deep, phase="broken_not_crossed", duration_s=4.0)
    return Story((_REST, deep, broken, Segment("release", 0.8), _REST, *_once(_SHORT_S), _REST))


def wrong_side(_exercise: str) -> Story:
    """The left side first, where the right one was meant; then the right one."""
    left = _on("left", _REST, *_once(5.0), _REST)
    return Story((*left, *_on("right", *_once(5.0), _REST)))


def down_and_up(_exercise: str) -> Story:
    """Sitting or lying down before the hold, and getting up after it."""
    upright, down = Segment("up", 0.9, up=1.0), Segment("get_down", 1.9)
    up = Segment("get_up", 1.9, up=1.0)
    return Story((upright, down, _REST, *_once(5.0), _REST, up, upright))


def nobody(exercise: str) -> Story:
    """An empty room, somebody comes and holds, an empty room again, another hold."""
    upright = 1.0 if exercise in _CAN_GET_UP else 0.0
    empty = Segment("nobody", 2.0, present=False)
    come = (replace(empty, up=upright), Segment("come", 0.5, up=upright))
    down = Segment("get_down", 1.8) if upright else _REST
    return Story((*come, down, _REST, *_once(_SHORT_S), _REST, empty, _REST, *_once(3.0), _REST))


@dataclass(frozen=True)
class Told:
    """A story of the matrix.

    Attributes:
        tell: makes it for an exercise.
        exercises: for which it makes sense.

    """

    tell: Callable[[str], Story]
    exercises: tuple[str, ...] = tuple(DEPTHS)


STORIES = {
    "clean": Told(clean),
    "both_sides": Told(both_sides, _ONE_SIDED),
    "three_repetitions": Told(three_repetitions, FIGURE_FOURS),
    "whole_session": Told(whole_session, FIGURE_FOURS),
    "left_at_6": Told(left_at_6),
    "break_at_4": Told(break_at_4),
    "tremble": Told(tremble),
    "fault": Told(fault),
    "not_deep": Told(not_deep),
    "not_crossed": Told(not_crossed, FIGURE_FOURS),
    "wrong_side": Told(wrong_side, _ONE_SIDED),
    "down_and_up": Told(down_and_up, _CAN_GET_UP),
    "nobody": Told(nobody),
    "half_out": Told(short),
    "too_far": Told(short),
    "second_person": Told(clean),
    "dark": Told(short),
}
