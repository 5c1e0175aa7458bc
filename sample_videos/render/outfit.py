"""What the person wears and looks like: pieces of the body mesh with colours.

All fields and limits are in rest-body metres (z up, facing -y, left is +x).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sample_videos.render.geometry import Array, unit, vector
from sample_videos.render.mesh import Indices, Piece, cut, triangles_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sample_videos.render.body import Body

EYES = (232, 228, 222)

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Outfit:
    """Colours of skin, hair and clothes, and how long sleeves and legs are.

    Attributes:
        skin, brows, lips, hair, shirt, legs: colours, red, green, blue.
        sleeve_end: 0 = shoulder, 1 = elbow, 2 = wrist.
        leg_end: where shorts end, 0 = hip, 1 = knee; None = leggings down to the ankle.

    """

    skin: Colour = (214, 164, 138)
    brows: Colour = (70, 45, 30)
    lips: Colour = (180, 95, 90)
    hair: Colour = (42, 28, 20)
    shirt: Colour = (58, 116, 176)
    legs: Colour = (43, 43, 48)
    sleeve_end: float = 0.62
    leg_end: float | None = None


OUTFITS = {
    "blue_and_leggings": Outfit(),
    "grey_and_shorts": Outfit(
        skin=(196, 146, 118),
        hair=(92, 70, 48),
        shirt=(128, 134, 140),
        legs=(36, 52, 92),
        leg_end=0.55,
    ),
    "wine_long_sleeves": Outfit(
        skin=(112, 74, 54),
        brows=(26, 18, 14),
        lips=(120, 62, 60),
        hair=(18, 14, 14),
        shirt=(122, 36, 58),
        legs=(34, 40, 70),
        sleeve_end=1.85,
    ),
    "yellow_and_shorts": Outfit(
        skin=(92, 62, 46),
        brows=(20, 14, 10),
        lips=(104, 56, 52),
        hair=(16, 12, 12),
        shirt=(206, 168, 58),
        legs=(40, 44, 46),
        leg_end=0.5,
    ),
    "olive_long_sleeves": Outfit(
        skin=(224, 180, 156),
        brows=(120, 90, 60),
        lips=(186, 110, 104),
        hair=(150, 116, 72),
        shirt=(92, 102, 66),
        legs=(74, 70, 66),
        sleeve_end=1.85,
    ),
    "coral_and_shorts": Outfit(
        skin=(172, 124, 94),
        brows=(40, 28, 20),
        lips=(158, 84, 78),
        hair=(30, 22, 18),
        shirt=(214, 106, 92),
        legs=(28, 28, 32),
        leg_end=0.5,
    ),
}
DEFAULT_OUTFIT = "blue_and_leggings"

# Skin ends this far under the clothes, so that it cannot show through them.
_SKIN_UNDER_HEM_M = 0.035
# Where `dress` puts the clothes of the legs.
_LEGS = 1
_LEG_BONES = ("upperleg", "lowerleg")


@dataclass(frozen=True)
class Wear:
    """A piece of the mesh, pushed outward by some metres, in one colour or painted per vertex."""

    piece: Piece
    push_m: float
    colour: Colour
    paint: NDArray[np.uint8] | None = None


def dress(body: Body, outfit: Outfit) -> list[Wear]:
    """Return everything of the person that is drawn."""
    skin = _triangles(body, "body")
    suit = _triangles(body, "helper-tights")
    eyes = np.concatenate([_triangles(body, f"helper-{side}-eye") for side in "lr"])
    everywhere = np.ones(len(body.vertices))
    shirt, legs = _shirt_field(body, outfit.sleeve_end), _legs_field(body, outfit.leg_end)
    skin_piece = cut(skin, _SKIN_UNDER_HEM_M - np.maximum(shirt, legs))
    paint = _skin_paint(body, outfit)[skin_piece.first]
    return [
        Wear(skin_piece, 0.0, outfit.skin, paint),
        Wear(cut(suit, legs), 0.003, outfit.legs),
        Wear(cut(suit, shirt), 0.006, outfit.shirt),
        Wear(cut(eyes, everywhere), 0.0, EYES),
        Wear(cut(skin, _hair_field(body)), 0.012, outfit.hair),
    ]


def highlighted(body: Body, wears: list[Wear], suffix: str, colour: Colour) -> list[Wear]:
    """Return what `dress` returned with one leg, `L` or `R`, and its buttock in another colour.

    Skin that shows below the clothes is not painted. Where the leg's own share of a vertex's skin
    weights is small, the colours blend.
    """
    bones = [
        index
        for name, index in body.bone_index.items()
        if name.endswith(f".{suffix}") and name.startswith((*_LEG_BONES, "foot", "pelvis"))
    ]
    share = np.clip(body.skin_weights[:, bones].sum(axis=1) * 2.0 - 0.5, 0.0, 1.0)
    legs = wears[_LEGS]
    own = legs.piece.follow(share[:, None])
    mixed = np.array(legs.colour) * (1.0 - own) + np.array(colour) * own
    painted = replace(legs, paint=mixed.round().astype(np.uint8))
    return [*wears[:_LEGS], painted, *wears[_LEGS + 1 :]]


def _triangles(body: Body, group: str) -> Indices:
    return triangles_of(body.faces[body.face_groups == group])


def _waist_height(body: Body) -> float:
    return float(body.head("upperleg01.L")[2]) + 0.135


def _along(body: Body, start_bone: str, end_bone: str) -> Array:
    """Return each vertex's place along the bones of a side: 0 at the start, 1 at the end."""
    start, end = body.head(f"{start_bone}.L"), body.head(f"{end_bone}.L")
    folded = np.abs(body.vertices) * [1, 0, 0] + body.vertices * [0, 1, 1]
    bone = end - start
    along: Array = (folded - start) @ bone / (bone @ bone)
    return along


def _shirt_field(body: Body, sleeve_end: float) -> Array:
    """Return how far (metres) each vertex is inside the shirt's waist, sleeves and neckline."""
    above_waist = body.vertices[:, 2] - (_waist_height(body) - 0.03)
    if sleeve_end <= 1.0:
        upper_arm_m = body.length("upperarm01.L", "lowerarm01.L")
        along = _along(body, "upperarm01", "lowerarm01")
        before_sleeve_end = (sleeve_end - along) * upper_arm_m
    else:
        forearm_m = body.length("lowerarm01.L", "wrist.L")
        before_sleeve_end = (sleeve_end - 1.0 - _along(body, "lowerarm01", "wrist")) * forearm_m
    sleeves = np.where(body.is_arm(), before_sleeve_end, 1.0)
    # A round neckline: the plane slopes down towards the front.
    neck = body.head("neck01")
    slope = unit([0.0, -0.7, 1.0])
    below_neckline = slope @ (neck + vector([0.0, -0.05, -0.015])) - body.vertices @ slope
    return np.minimum(np.minimum(above_waist, sleeves), below_neckline)


def _legs_field(body: Body, leg_end: float | None) -> Array:
    """Return how far (metres) each vertex is inside shorts, or else leggings."""
    heights = body.vertices[:, 2]
    below_waist = _waist_height(body) + 0.01 - heights
    if leg_end is None:
        end = float(body.head("foot.L")[2]) + 0.07
    else:
        hip, knee = float(body.head("upperleg01.L")[2]), float(body.head("lowerleg01.L")[2])
        end = hip + leg_end * (knee - hip)
    inside: Array = np.minimum(below_waist, heights - end)
    return np.where(body.is_arm(), -1.0, inside)


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


def _skin_paint(body: Body, outfit: Outfit) -> NDArray[np.uint8]:
    """Return the colour of every body vertex: skin, eyebrows, lips."""
    paint = np.tile(np.array(outfit.skin, dtype=np.uint8), (len(body.vertices), 1))
    eye = body.head("eye.L")
    side = np.abs(body.vertices[:, 0])
    back, up = (body.vertices - eye)[:, 1:].T
    brows_size, lips_size = (0.021, 0.0055, 0.02), (0.022, 0.009, -0.005)
    brows = _is_near(np.abs(side - eye[0]), up - 0.021, back, brows_size)
    mouth_up = float(body.head("oris01")[2] + body.head("oris05")[2]) / 2.0 - eye[2]
    lips = _is_near(side, up - mouth_up, back, lips_size)
    paint[brows] = outfit.brows
    paint[lips] = outfit.lips
    return paint


def _is_near(
    side: Array, up: Array, back: Array, size: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """Tell which vertices lie within half a width and half a height, in front of a depth."""
    near: NDArray[np.bool_] = (side < size[0]) & (np.abs(up) < size[1]) & (back < size[2])
    return near
