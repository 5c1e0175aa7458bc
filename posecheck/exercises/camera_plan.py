"""Plan of where the camera goes: seen from above and from the side, as one SVG picture.

Both views have the same scale. Colours are custom properties of the page, each with a fallback, so
that the picture also stands alone.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from posecheck.types import Side

if TYPE_CHECKING:
    from posecheck.exercises import CameraPlace, Exercise

SIZE: Final = (760, 320)
"""Width and height of the picture in its own units."""

PX_PER_M: Final = 86.0
"""Units of the picture in a metre."""

_ABOVE: Final = (210.0, SIZE[1] / 2)
"""Middle of the person, seen from above; the camera is above or below it in the picture."""

_FLOOR_Y, _SIDE_X = 268.0, 672.0
_SEAT_M, _HEAD_M = 0.45, 1.25

_STYLE: Final = (
    "text{font:600 20px system-ui,sans-serif;fill:var(--text,#1c2228)}"
    ".body{fill:var(--muted,#69757f)}"
    ".face{stroke:var(--surface,#fff);stroke-width:2}"
    ".leg{fill:none;stroke:var(--muted,#69757f);stroke-width:13;stroke-linecap:round}"
    ".stretched{stroke:var(--accent,#009688)}"
    ".thing{fill:none;stroke:var(--muted,#69757f);stroke-width:2}"
    ".camera{fill:var(--accent,#009688)}"
    ".view{fill:var(--accent,#009688);opacity:.14}"
    ".length{stroke:var(--text,#1c2228);stroke-width:1.5;stroke-dasharray:5 5}"
)


def camera_plan(exercise: Exercise, side: Side) -> str:
    """Return the plan for an exercise as an SVG document.

    Args:
        exercise: its `CameraPlace` says where the camera goes.
        side: the side that is stretched; with BOTH no leg is highlighted.
    """
    place = exercise.camera
    width, height = SIZE
    title = f"{exercise.title}: where the camera goes"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f"aria-label={quoteattr(f'{title}. {place.text}')}>"
        f"<style>{_STYLE}</style><title>{escape(title)}</title>"
        f"{_from_above(place, side)}{_from_the_side(place)}</svg>\n"
    )


def camera_offset_m(place: CameraPlace, side: Side) -> tuple[float, float]:
    """Return the camera's place from the middle of the person, seen from above, in metres.

    Somebody on a chair looks to the left, somebody who lies has the head on the right; x is to the
    right and y down in the picture.

    Args:
        place: where the camera goes.
        side: the side that is stretched.
    """
    near = side.other if place.near == "supporting" else side
    if place.near == "either" or side is Side.BOTH:
        near = Side.LEFT
    # Seen from above, the left of somebody on a chair or on the back is below in the picture.
    below = (near is Side.LEFT) != (place.person == "face-down")
    turn = math.radians(place.toward_deg)
    ahead = -1.0 if place.person == "on-chair" else 1.0
    x, y = math.sin(turn) * ahead, math.cos(turn) * (1.0 if below else -1.0)
    return place.distance_m * x, place.distance_m * y


def _from_above(place: CameraPlace, side: Side) -> str:
    x_m, y_m = camera_offset_m(place, side)
    scale = min(PX_PER_M, (SIZE[1] / 2 - 34) / max(abs(y_m), 0.1) * 2)
    # The person moves away from the camera, so that both are in the picture.
    x, y = _ABOVE[0] - x_m * scale / 2, _ABOVE[1] - y_m * scale / 2
    camera = x + x_m * scale, y + y_m * scale
    person = _seated_above(side) if place.person == "on-chair" else _lying_above(place, side)
    return (
        f"{_view(camera, (x, y), 34.0)}"
        f'<g transform="translate({x:.1f} {y:.1f}) scale({scale / PX_PER_M:.3f})">{person}</g>'
        f"{_line(camera, (x, y))}{_camera(camera, (x, y))}"
        f"{_text((camera[0] + x) / 2 + 12, (camera[1] + y) / 2 + 5, f'{place.distance_m:g} m')}"
    )


def _lying_above(place: CameraPlace, side: Side) -> str:
    """Draw somebody who lies with the head on the right, around the origin."""
    left_y = -12.0 if place.person == "face-down" else 12.0
    legs = "".join(
        f'<path class="leg{_stretched(leg, side)}" d="M-4 {y:g}L-66 {y * 1.4:g}"/>'
        for leg, y in ((Side.LEFT, left_y), (Side.RIGHT, -left_y))
    )
    mat = '<rect class="thing" x="-84" y="-32" width="168" height="64" rx="5"/>'
    trunk = '<rect class="body" x="-8" y="-19" width="58" height="38" rx="14"/>'
    return f'{mat}{legs}{trunk}<circle class="body" cx="64" cy="0" r="12"/>'


def _seated_above(side: Side) -> str:
    """Draw somebody on a chair who looks to the left, around the origin."""
    legs = "".join(
        f'<path class="leg{_stretched(leg, side)}" d="M0 {y:g}L-40 {y * 1.2:g}"/>'
        for leg, y in ((Side.LEFT, 11.0), (Side.RIGHT, -11.0))
    )
    chair = '<path class="thing" d="M-18 -24h42v48h-42zM28 -24v48"/>'
    trunk = '<rect class="body" x="-10" y="-22" width="24" height="44" rx="11"/>'
    return f'{chair}{legs}{trunk}<circle cx="-3" cy="0" r="12" class="body"/>'


def _from_the_side(place: CameraPlace) -> str:
    """Draw the heights, with the camera on the left and the floor as a line."""
    person_m = (_SEAT_M + _HEAD_M) / 2 if place.person == "on-chair" else 0.2
    middle = _SIDE_X, _FLOOR_Y - person_m * PX_PER_M
    camera_x = _SIDE_X - place.distance_m * PX_PER_M
    low, high = (_FLOOR_Y - 9 - m * PX_PER_M for m in (place.lowest_m, place.highest_m))
    camera = camera_x, (low + high) / 2
    drawn = _seated_beside() if place.person == "on-chair" else _lying_beside()
    heights = f"{place.lowest_m:g} to {place.highest_m:g} m"
    return (
        f'<path class="thing" d="M{camera_x - 30:.1f} {_FLOOR_Y:g}H{_SIDE_X + 66:g}"/>'
        f"{_view(camera, middle, 40.0)}"
        f'<g transform="translate({_SIDE_X:g} {_FLOOR_Y:g})">{drawn}</g>'
        f'<path class="length" d="M{camera_x:.1f} {low:.1f}V{high:.1f}"/>'
        f"{_camera((camera_x, low), middle)}{_camera((camera_x, high), middle)}"
        f"{_text(camera_x - 24, _FLOOR_Y + 26, heights)}"
    )


def _seated_beside() -> str:
    return (
        '<path class="thing" d="M-18 0V-39H22M22 0V-84"/>'
        '<path class="leg" d="M6 -48L-34 -48L-34 -8"/>'
        '<rect class="body" x="-5" y="-92" width="24" height="50" rx="11"/>'
        '<circle class="body" cx="5" cy="-106" r="12"/>'
    )


def _lying_beside() -> str:
    """Draw somebody who lies, seen from the feet: the camera is beside them."""
    return (
        '<rect class="thing" x="-34" y="-4" width="68" height="4"/>'
        '<rect class="body" x="-25" y="-24" width="50" height="20" rx="10"/>'
        '<circle class="body face" cx="0" cy="-17" r="12"/>'
    )


def _stretched(leg: Side, side: Side) -> str:
    return " stretched" if leg is side else ""


def _camera(at: tuple[float, float], toward: tuple[float, float]) -> str:
    turn = math.degrees(math.atan2(toward[1] - at[1], toward[0] - at[0]))
    place = f"translate({at[0]:.1f} {at[1]:.1f}) rotate({turn:.1f})"
    return f'<path class="camera" transform="{place}" d="M-13 -9h20v5l9 -5v18l-9 -5v5h-20z"/>'


def _view(at: tuple[float, float], toward: tuple[float, float], half: float) -> str:
    """Draw what the camera sees, as a triangle that is ``half`` wide to each side at the person."""
    along = toward[0] - at[0], toward[1] - at[1]
    length = math.hypot(*along) or 1.0
    reach, wide = 1.28, 2.2 * half / length
    tip_x, tip_y = at[0] + along[0] * reach, at[1] + along[1] * reach
    aside_x, aside_y = -along[1] * wide, along[0] * wide
    return (
        f'<path class="view" d="M{at[0]:.1f} {at[1]:.1f}'
        f"L{tip_x + aside_x:.1f} {tip_y + aside_y:.1f}"
        f'L{tip_x - aside_x:.1f} {tip_y - aside_y:.1f}z"/>'
    )


def _line(start: tuple[float, float], end: tuple[float, float]) -> str:
    return f'<path class="length" d="M{start[0]:.1f} {start[1]:.1f}L{end[0]:.1f} {end[1]:.1f}"/>'


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
