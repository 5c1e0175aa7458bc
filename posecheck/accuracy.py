"""How far the shown angles and ratios are from the truth, as measured; no promise.

The figures are those that ``python -m tests.bench.angles FOLDER sample_videos`` printed on
26 November 2026 (mediapipe 0.10.33, model "full", every 4th picture), for bent hips: pictures
in which the true trunk-thigh angle of that side is at most 120 degrees.

- people: phone clips of two people, a sit-to-stand and squats, with joint centres from optical
  markers; public samples of OpenCap's visualizer (Apache-2.0, not part of posecheck). One
  camera place, at the front left, 52 to 57 degrees off the side. Nobody lies, no legs are
  crossed, so what depends on crossed legs has no figure here. Quantities of the picture
  (``-image``) are meant for a camera at the side and are far off from this place.
- rendered: the five clips with known joints in sample_videos, figure-fours on a chair and on
  the back, both legs, named as the model names them.

Markers and the rig's joints are not the same points: 2 to 4 degrees of any bias are definition.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Measured error of one quantity, in its unit.

    Attributes:
        mean: mean distance from the truth; each clip and side counts the same.
        bias: mean of reading minus truth.
        worst: mean distance of the clip and side that is read worst.
        low, high: 5 and 95 % quantile of the true values that were there to be measured.
        cells: clips times sides.
    """

    mean: float
    bias: float
    worst: float
    low: float
    high: float
    cells: int


PEOPLE: Final = "people"
RENDERED: Final = "rendered clips"

CAVEAT: Final = (
    "± is the mean error that was measured with bent hips: on two clips of people with markers "
    "(squats, standing up; one camera place, nobody lying, no legs crossed) or, marked r, on five "
    "rendered clips. A single picture can be further off."
)
"""One sentence for the user, beside every table that shows the figures."""

_MEASURED: Final[dict[str, tuple[Accuracy | None, Accuracy]]] = {
    "trunk-thigh": (
        Accuracy(16.7, 16.6, 28.6, 61.0, 112.0, 4),
        Accuracy(13.9, 3.0, 26.1, 63.0, 114.0, 10),
    ),
    "trunk-thigh-image": (
        Accuracy(35.1, 35.1, 60.9, 63.0, 115.0, 4),
        Accuracy(14.1, 1.4, 28.9, 64.0, 117.0, 10),
    ),
    "trunk-thigh-lifted": (
        Accuracy(9.3, 8.4, 18.0, 61.0, 112.0, 4),
        Accuracy(10.6, -4.0, 31.5, 63.0, 114.0, 10),
    ),
    "trunk-thigh-perspective": (
        Accuracy(7.3, 2.8, 8.4, 61.0, 112.0, 4),
        Accuracy(10.1, -4.9, 31.4, 63.0, 114.0, 10),
    ),
    "trunk-thigh-front": (
        Accuracy(16.7, 16.7, 26.1, 63.0, 115.0, 4),
        Accuracy(13.6, 2.2, 26.2, 64.0, 117.0, 10),
    ),
    "knee": (Accuracy(13.5, 13.1, 19.5, 71.0, 120.0, 4), Accuracy(17.2, 7.6, 35.8, 65.0, 95.0, 10)),
    "knee-image": (
        Accuracy(31.4, 31.4, 50.7, 71.0, 120.0, 4),
        Accuracy(13.7, 8.4, 29.4, 34.0, 95.0, 10),
    ),
    "knee-lifted": (
        Accuracy(9.6, 8.2, 14.7, 71.0, 120.0, 4),
        Accuracy(14.2, 0.6, 26.9, 65.0, 95.0, 10),
    ),
    "knee-perspective": (
        Accuracy(6.4, 2.9, 7.5, 71.0, 120.0, 4),
        Accuracy(14.3, 0.6, 27.4, 65.0, 95.0, 10),
    ),
    "thigh-elevation": (
        Accuracy(13.7, -13.2, 22.3, -48.0, 1.0, 4),
        Accuracy(10.5, -7.1, 21.8, -6.0, 83.0, 10),
    ),
    "ankle-to-other-knee": (None, Accuracy(0.43, 0.35, 0.98, 0.3, 1.3, 10)),
    "ankle-along-other-thigh": (None, Accuracy(0.3, -0.17, 0.9, -0.3, 0.3, 10)),
    "ankle-down-other-shin": (None, Accuracy(1.34, 1.29, 2.73, -1.2, 1.0, 10)),
    "knee-to-other-shoulder": (
        Accuracy(0.15, 0.15, 0.24, 1.2, 1.7, 4),
        Accuracy(0.12, 0.0, 0.22, 1.3, 1.8, 10),
    ),
    "knee-across": (
        Accuracy(0.28, 0.15, 0.51, -1.2, -0.8, 4),
        Accuracy(0.46, -0.01, 0.71, -1.0, -0.6, 10),
    ),
    "trunk-inclination": (
        Accuracy(4.2, -1.7, 4.6, 14.0, 43.0, 2),
        Accuracy(2.6, 1.7, 3.9, 7.0, 91.0, 5),
    ),
    "chest-up": (
        Accuracy(4.2, -1.8, 4.7, 104.0, 133.0, 2),
        Accuracy(8.4, 7.6, 13.1, 1.0, 112.0, 5),
    ),
}
"""People and rendered clips, by the name of the quantity."""


def accuracy_of(quantity: str) -> dict[str, Accuracy]:
    """Return what was measured of a quantity: `PEOPLE` before `RENDERED`; empty if nothing."""
    found = zip((PEOPLE, RENDERED), _MEASURED.get(quantity, ()), strict=False)
    return {name: figures for name, figures in found if figures is not None}


def as_dict(quantities: Iterable[str]) -> dict[str, Any]:
    """Return what was measured of quantities in JSON types, with what it was measured on."""
    names = dict.fromkeys(quantities)
    measured = {
        name: {source: asdict(figures) for source, figures in accuracy_of(name).items()}
        for name in names
    }
    return {"measured_on": CAVEAT, "quantities": measured}


def off_text(quantity: str, unit: str) -> str:
    """Return the mean error as a short text: ``±7°``, ``±0.39 r`` or ``-`` if not measured.

    Args:
        quantity: its name.
        unit: "deg" or "ratio".
    """
    measured = accuracy_of(quantity)
    if not measured:
        return "-"
    source, figures = next(iter(measured.items()))
    size = f"±{figures.mean:.0f}°" if unit == "deg" else f"±{figures.mean:.2f}"
    return size if source == PEOPLE else f"{size} r"
