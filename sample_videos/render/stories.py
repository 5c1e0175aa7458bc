"""The stories of the matrix, for every exercise (numpy only).

Every story begins and ends at rest. Phases that a person would call a hold are named `hold`,
those with a fault `broken_...`; what is valid is not said here: it follows from the joints and
the rules of the exercise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sample_videos.render.story import Segment, Story
from sample_videos.render.story_parts import (
    CAN_GET_UP,
    COMPLETE_S,
    DEPTHS,
    FIGURE_FOURS,
    INTO,
    ONE_SIDED,
    OUT,
    REST,
    SHORT_S,
    hold,
    on,
    once,
)
from sample_videos.render.wrong_stories import (
    bird_dog,
    hips_high,
    hover,
    hugged,
    over_knee,
    slid_half,
    slid_off,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def clean(_exercise: str) -> Story:
    """One complete hold."""
    return Story((REST, *once(COMPLETE_S), REST))


def short(_exercise: str) -> Story:
    """One short hold."""
    return Story((REST, *once(SHORT_S), REST))


def both_sides(_exercise: str) -> Story:
    """One complete hold on each side."""
    right = on("right", REST, *once(COMPLETE_S), REST)
    return Story((*right, *on("left", *once(COMPLETE_S), REST)))


def _repetitions() -> tuple[Segment, ...]:
    pause = (Segment("come_up", 0.7, cross=1.0), Segment("pause", 0.9, cross=1.0))
    again = Segment("deepen", 0.8, cross=1.0, depth=1.0)
    held = hold(COMPLETE_S)
    return (REST, *INTO, held, *pause, again, held, *pause, again, held, *OUT, REST)


def three_repetitions(_exercise: str) -> Story:
    """The whole dose of one side: three complete holds."""
    return Story(_repetitions())


def whole_session(_exercise: str) -> Story:
    """The whole dose of both sides."""
    return Story((*on("right", *_repetitions()), *on("left", *_repetitions())))


def left_at_6(_exercise: str) -> Story:
    """A hold that is given up after 6 s."""
    return Story((REST, *once(6.0), Segment("rest", 2.0)))


def break_at_4(_exercise: str) -> Story:
    """A hold that breaks after 4 s for about 1.5 s, and then a complete one."""
    away = (Segment("loosen", 0.5, cross=1.0), Segment("broken_let_go", 0.6, cross=1.0))
    back = Segment("deepen", 0.5, cross=1.0, depth=1.0)
    return Story((REST, *INTO, hold(4.0), *away, back, hold(COMPLETE_S), *OUT, REST))


def tremble(exercise: str) -> Story:
    """Trembling by three degrees, first about the limit to enter, then about the one to leave."""
    depths = DEPTHS[exercise]

    def at(phase: str, duration_s: float, depth: float, tremble: float = 0.0) -> Segment:
        return Segment(phase, duration_s, cross=1.0, depth=depth, tremble=tremble)

    return Story(
        (
            REST,
            INTO[0],
            at("to_the_limit", 0.9, depths.enter),
            at("trembling", 5.0, depths.enter, depths.three_deg),
            at("deepen", 0.6, 1.0),
            hold(2.0),
            at("to_the_limit", 0.7, depths.leave),
            at("trembling", 4.0, depths.leave, depths.three_deg),
            *OUT,
            REST,
        )
    )


def fault(exercise: str) -> Story:
    """The exercise's usual fault between two holds."""
    wrong = Segment("slip", 0.9, cross=1.0, depth=1.0, fault=1.0)
    broken = replace(wrong, phase=f"broken_{DEPTHS[exercise].fault}", duration_s=3.0)
    right = Segment("correct", 0.9, cross=1.0, depth=1.0)
    return Story((REST, *INTO, hold(3.0), wrong, broken, right, hold(3.0), *OUT, REST))


def not_deep(exercise: str) -> Story:
    """Too upright, or not drawn in: first for long, and once more between two holds."""
    loose = Segment("broken_not_deep", 3.5, cross=1.0, depth=DEPTHS[exercise].loose)
    again = (Segment("deepen", 0.9, cross=1.0, depth=1.0), hold(3.0))
    up = replace(loose, phase="come_up", duration_s=0.8)
    return Story((REST, INTO[0], loose, *again, up, loose, *again, *OUT, REST))


def not_crossed(_exercise: str) -> Story:
    """The full stretch with both feet as at rest, then as it should be."""
    deep = Segment("deepen", 1.0, depth=1.0)
    broken = replace(deep, phase="broken_not_crossed", duration_s=4.0)
    return Story((REST, deep, broken, Segment("release", 0.8), REST, *once(SHORT_S), REST))


def begun(exercise: str) -> Story:
    """The clip begins crossed and deep; let go, and deep again."""
    loose = Segment("loosen", 0.7, cross=1.0, depth=DEPTHS[exercise].loose)
    broken = replace(loose, phase="broken_not_deep", duration_s=2.5)
    again = Segment("deepen", 0.8, cross=1.0, depth=1.0)
    back = Segment("back_to_rest", 1.1)
    return Story((hold(4.0), loose, broken, again, hold(3.0), OUT[0], back, REST))


def sides(exercise: str) -> Story:
    """A short hold on each side from one place, 1.4 s of rest between them."""
    loose = Segment("broken_not_deep", 1.5, cross=1.0, depth=DEPTHS[exercise].loose)
    right = on("right", REST, *once(5.0), replace(REST, duration_s=0.8))
    left = (REST, INTO[0], loose, INTO[1], hold(5.0), *OUT, REST)
    return Story((*right, *on("left", *left)))


def long_hold(_exercise: str) -> Story:
    """A hold far beyond the dose."""
    return Story((REST, *once(16.0), REST))


def wrong_side(_exercise: str) -> Story:
    """The left side first, where the right one was meant; then the right one."""
    left = on("left", REST, *once(5.0), REST)
    return Story((*left, *on("right", *once(5.0), REST)))


def down_and_up(_exercise: str) -> Story:
    """Sitting or lying down before the hold, and getting up after it."""
    upright, down = Segment("up", 0.9, up=1.0), Segment("get_down", 1.9)
    up = Segment("get_up", 1.9, up=1.0)
    return Story((upright, down, REST, *once(5.0), REST, up, upright))


def nobody(exercise: str) -> Story:
    """An empty room, somebody comes and holds, an empty room again, another hold."""
    upright = 1.0 if exercise in CAN_GET_UP else 0.0
    empty = Segment("nobody", 2.0, present=False)
    come = (replace(empty, up=upright), Segment("come", 0.5, up=upright))
    down = Segment("get_down", 1.8) if upright else REST
    return Story((*come, down, REST, *once(SHORT_S), REST, empty, REST, *once(3.0), REST))


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
    "both_sides": Told(both_sides, ONE_SIDED),
    "three_repetitions": Told(three_repetitions, FIGURE_FOURS),
    "whole_session": Told(whole_session, FIGURE_FOURS),
    "left_at_6": Told(left_at_6),
    "break_at_4": Told(break_at_4),
    "tremble": Told(tremble),
    "fault": Told(fault),
    "not_deep": Told(not_deep),
    "not_crossed": Told(not_crossed, FIGURE_FOURS),
    "slid_half": Told(slid_half, FIGURE_FOURS),
    "slid_off": Told(slid_off, FIGURE_FOURS),
    "over_knee": Told(over_knee, FIGURE_FOURS),
    "hugged": Told(hugged, ("supine_figure_four",)),
    "begun": Told(begun, FIGURE_FOURS),
    "sides": Told(sides, FIGURE_FOURS),
    "long_hold": Told(long_hold, FIGURE_FOURS),
    "hips_high": Told(hips_high, ("pigeon",)),
    "bird_dog": Told(bird_dog, ("pigeon",)),
    "hover": Told(hover, ("single_knee_to_chest", "prone_press_up")),
    "wrong_side": Told(wrong_side, ONE_SIDED),
    "down_and_up": Told(down_and_up, CAN_GET_UP),
    "nobody": Told(nobody),
    "half_out": Told(short),
    "too_far": Told(short),
    "second_person": Told(clean),
    "companion": Told(short),
    "dark": Told(short),
}
