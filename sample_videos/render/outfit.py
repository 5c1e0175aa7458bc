"""What the person wears and looks like: pieces of the body mesh with colours.

All fields and limits are in rest-body metres (z up, facing -y, left is +x).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sample_videos.render.geometry import Array, unit, vector
from sample_videos.render.mesh import Indices, Piece, cut, triangles_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sample_videos.render.body import Body

SKIN = (214, 164, 138)
BROWS = (70, 45, 30)
LIPS = (180, 95, 90)
SHIRT = (58, 116, 176)
LEGGINGS = (43, 43, 48)
HAIR = (42, 28, 20)
EYES = (232, 228, 222)

Colour = tuple[int, int, int]

_SLEEVE_END = 0.62  # share of the upper arm
_ARM_BONE_PREFIXES = ("upperarm", "lowerarm", "wrist", "metacarpal", "finger")
_MOSTLY = 0.5  # share of a vertex's skin weights
# Skin ends this far under the clothes, so that it cannot show through them.
_SKIN_UNDER_HEM_M = 0.035


@dataclass(frozen=True)
class Wear:
    """A piece of the mesh, pushed outward by some metres, in one colour or painted per vertex."""

    piece: Piece
    push_m: float
    colour: Colour
    paint: NDArray[np.uint8] | None = None


def dress(body: Body) -> list[Wear]:
    """Return everything of the person that is drawn."""
    skin = _triangles(body, "body")
    suit = _triangles(body, "helper-tights")
    eyes = np.concatenate([_triangles(body, f"helper-{side}-eye") for side in "lr"])
    everywhere = np.ones(len(body.vertices))
    shirt, leggings = _shirt_field(body), _leggings_field(body)
    skin_piece = cut(skin, _SKIN_UNDER_HEM_M - np.maximum(shirt, leggings))
    paint = _skin_paint(body)[skin_piece.first]
    return [
        Wear(skin_piece, 0.0, SKIN, paint),
        Wear(cut(suit, leggings), 0.003, LEGGINGS),
        Wear(cut(suit, shirt), 0.006, SHIRT),
        Wear(cut(eyes, everywhere), 0.0, EYES),
        Wear(cut(skin, _hair_field(body)), 0.012, HAIR),
    ]


def _triangles(body: Body, group: str) -> Indices:
    return triangles_of(body.faces[body.face_groups == group])


def _waist_height(body: Body) -> float:
    return float(body.head("upperleg01.L")[2]) + 0.135


def _along_upper_arm(body: Body) -> Array:
    """Return each vertex's place along the upper arm: 0 at the shoulder, 1 at the elbow."""
    shoulder, elbow = body.head("upperarm01.L"), body.head("lowerarm01.L")
    folded = np.abs(body.vertices) * [1, 0, 0] + body.vertices * [0, 1, 1]
    arm = elbow - shoulder
    along: Array = (folded - shoulder) @ arm / (arm @ arm)
    return along


def _is_arm(body: Body) -> NDArray[np.bool_]:
    bones = [
        index for name, index in body.bone_index.items() if name.startswith(_ARM_BONE_PREFIXES)
    ]
    is_arm: NDArray[np.bool_] = body.skin_weights[:, bones].sum(axis=1) > _MOSTLY
    return is_arm


def _shirt_field(body: Body) -> Array:
    """Return how far (metres) each vertex is inside the shirt's waist, sleeves and neckline."""
    above_waist = body.vertices[:, 2] - (_waist_height(body) - 0.03)
    upper_arm_m = body.length("upperarm01.L", "lowerarm01.L")
    before_sleeve_end = (_SLEEVE_END - _along_upper_arm(body)) * upper_arm_m
    sleeves = np.where(_is_arm(body), before_sleeve_end, 1.0)
    # A round neckline: the plane slopes down towards the front.
    neck = body.head("neck01")
    slope = unit([0.0, -0.7, 1.0])
    below_neckline = slope @ (neck + vector([0.0, -0.05, -0.015])) - body.vertices @ slope
    return np.minimum(np.minimum(above_waist, sleeves), below_neckline)


def _leggings_field(body: Body) -> Array:
    """Return how far (metres) each vertex is inside the leggings."""
    heights = body.vertices[:, 2]
    below_waist = _waist_height(body) + 0.01 - heights
    above_ankle = heights - (float(body.head("foot.L")[2]) + 0.07)
    inside: Array = np.minimum(below_waist, above_ankle)
    return np.where(_is_arm(body), -1.0, inside)


def _hair_field(body: Body) -> Array:
    """Return how far (metres) each vertex of the skin is under short hair."""
    eye = body.head("eye.L")
    side, back, up = np.abs(body.vertices[:, 0]), *(body.vertices - eye)[:, 1:].T
    crown = np.minimum(up - 0.052, back + 0.06)
    nape = np.minimum(back - 0.075, up + 0.065)
    ear = np.minimum(np.minimum(side - 0.066, 0.10 - back), 0.01 - up)
    temple = np.minimum(back - 0.055, up - 0.018)
    hair: Array = np.maximum(np.maximum(crown, temple), np.minimum(nape, -ear))
    return hair


def _skin_paint(body: Body) -> NDArray[np.uint8]:
    """Return the colour of every body vertex: skin, eyebrows, lips."""
    paint = np.tile(np.array(SKIN, dtype=np.uint8), (len(body.vertices), 1))
    eye = body.head("eye.L")
    side = np.abs(body.vertices[:, 0])
    back, up = (body.vertices - eye)[:, 1:].T
    brows_size, lips_size = (0.021, 0.0055, 0.02), (0.022, 0.009, -0.005)
    brows = _is_near(np.abs(side - eye[0]), up - 0.021, back, brows_size)
    mouth_up = float(body.head("oris01")[2] + body.head("oris05")[2]) / 2.0 - eye[2]
    lips = _is_near(side, up - mouth_up, back, lips_size)
    paint[brows] = BROWS
    paint[lips] = LIPS
    return paint


def _is_near(
    side: Array, up: Array, back: Array, size: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """Tell which vertices lie within half a width and half a height, in front of a depth."""
    near: NDArray[np.bool_] = (side < size[0]) & (np.abs(up) < size[1]) & (back < size[2])
    return near
