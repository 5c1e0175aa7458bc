"""The stories of the matrix in which a single thing is wrong (numpy only)."""

from __future__ import annotations

from dataclasses import replace

from sample_videos.render.story import Segment, Story
from sample_videos.render.story_parts import INTO, OUT, REST, hold, once


def _from_hold(
    wrong: Segment, exercise: str, *, slip_s: float = 0.7, broken_s: float = 3.0
) -> Story:
    """Hold, slip into what is wrong, hold again."""
    slip = replace(wrong, phase="slip", duration_s=slip_s)
    broken = replace(wrong, duration_s=broken_s)
    correct = Segment("correct", 0.8, cross=1.0, depth=1.0)
    into = INTO if exercise != "prone_press_up" else INTO[1:]
    return Story((REST, *into, hold(2.5), slip, broken, correct, hold(2.0), *OUT, REST))


def _deep(phase: str, **extras: float) -> Segment:
    """Return a segment of the full stretch with further amounts."""
    return Segment(phase, 1.0, cross=1.0, depth=1.0, extras=tuple(extras.items()))


def slid_half(exercise: str) -> Story:
    """The crossed ankle slides half down the other shin while all else stays deep."""
    return _from_hold(_deep("broken_slid_half", slide=0.62), exercise)


def slid_off(exercise: str) -> Story:
    """The ankle slides off the knee while deep: into the air lying, to the floor seated."""
    lying = exercise == "supine_figure_four"
    wrong = _deep("broken_slid_off", off=1.0) if lying else Segment("broken_slid_off", 1.0, depth=1)
    return _from_hold(wrong, exercise, slip_s=0.9)


def over_knee(_exercise: str) -> Story:
    """Crossed knee over knee and deep, then as it should be."""
    wrong = _deep("broken_over_knee", over=1.0)
    over = replace(wrong, phase="into_position", duration_s=1.5, depth=0.0)
    right = (replace(INTO[0], phase="back_to_rest", cross=0.0), REST)
    deep = (replace(wrong, phase="deepen"), replace(wrong, duration_s=3.5))
    up = replace(over, phase="release", duration_s=0.8)
    return Story((REST, over, *deep, up, *right, *once(3.0), REST))


def hugged(_exercise: str) -> Story:
    """Both knees hugged without crossing, then as it should be."""
    both = Segment("draw_in", 1.2, depth=1.0, extras=(("off", 1.0),))
    broken = replace(both, phase="broken_hugged", duration_s=3.5)
    return Story((REST, both, broken, Segment("release", 0.9), REST, *once(3.0), REST))


def hips_high(exercise: str) -> Story:
    """The pigeon's hips held high over the front knee, the rear leg long."""
    return _from_hold(_deep("broken_hips_high", high=1.0), exercise)


def bird_dog(_exercise: str) -> Story:
    """On hands and one knee with the other leg held level, then the pigeon."""
    level = Segment("lift", 1.2, extras=(("bird_dog", 1.0),))
    broken = replace(level, phase="broken_bird_dog", duration_s=4.0)
    return Story((REST, level, broken, Segment("lower", 1.2), REST, *once(3.0), REST))


def hover(exercise: str) -> Story:
    """The other leg, straight, hovers at about 30 degrees."""
    return _from_hold(_deep("broken_hover", hover=1.0), exercise)
