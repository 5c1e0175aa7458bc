"""Measured errors of the shown angles and ratios; no guarantee for other recordings.

The figures are those that ``python -m tests.bench.angles FOLDER sample_videos`` printed on
26 November 2026 (mediapipe 0.10.33, model "full", every 4th frame). Hips are bent where the
true trunk-thigh angle of that side is at most 120 degrees, else straight.

- people: phone clips with joint centres from optical markers; public samples of OpenCap's
  visualizer (Apache-2.0, not part of posecheck). Bent: two people, one sits down and stands up,
  one squats; the camera stands at the front left, 52 to 57 degrees off the side. Straight: the
  same, and two short walks. No person lies and no legs are crossed, so quantities of crossed legs
  have no figure here. Quantities of the image (``-image``) are meant for a camera at the side and
  have large errors from this camera place.
- rendered: the five clips with known joints in sample_videos, figure-fours on a chair and on
  the back, both legs, named as the model names them.

Markers and the rig's joints are not the same points: 2 to 4 degrees of any bias come from this
difference of definition. The clips of people may be 0.05 s out of step with their markers, which
adds most to walking.
"""

from __future__ import annotations

import math
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
        worst: mean distance of the clip and side with the largest error.
        low, high: 5 and 95 % quantile of the true values in the clips.
        cells: clips times sides.
    """

    mean: float
    bias: float
    worst: float
    low: float
    high: float
    cells: int

    def outside(self, value: float) -> float:
        """Return the distance of a value from the range of the true values; 0 within."""
        return max(self.low - value, value - self.high, 0.0) if math.isfinite(value) else 0.0


BENT: Final = "people, hips bent"
STRAIGHT: Final = "people, hips straight"
RENDERED: Final = "rendered clips, hips bent"
SOURCES: Final = (BENT, STRAIGHT, RENDERED)

CAVEAT: Final = (
    "± is the mean error that was measured on four short clips of people with markers (squats, "
    "standing up, walking; camera at the front left, nobody lying, no legs crossed) or, marked r, "
    "on five rendered clips. A single picture can be further off."
)
"""One sentence for the user, beside every table that shows the figures."""

_MEASURED: Final[dict[str, tuple[Accuracy | None, ...]]] = {
    "trunk-thigh": (
        Accuracy(16.7, 16.6, 28.6, 61.0, 112.0, 4),
        Accuracy(10.0, 4.9, 20.7, 124.0, 167.0, 8),
        Accuracy(13.9, 3.0, 26.1, 63.0, 114.0, 10),
    ),
    "trunk-thigh-image": (
        Accuracy(35.1, 35.1, 60.9, 63.0, 115.0, 4),
        Accuracy(11.2, 7.9, 19.6, 129.0, 178.0, 8),
        Accuracy(14.1, 1.4, 28.9, 64.0, 117.0, 10),
    ),
    "trunk-thigh-lifted": (
        Accuracy(9.3, 8.4, 18.0, 61.0, 112.0, 4),
        Accuracy(9.9, -0.6, 15.0, 124.0, 167.0, 8),
        Accuracy(10.6, -4.0, 31.5, 63.0, 114.0, 10),
    ),
    "trunk-thigh-perspective": (
        Accuracy(7.3, 2.8, 8.4, 61.0, 112.0, 4),
        Accuracy(10.3, -1.1, 14.6, 124.0, 167.0, 8),
        Accuracy(10.1, -4.9, 31.4, 63.0, 114.0, 10),
    ),
    "trunk-thigh-front": (
        Accuracy(16.7, 16.7, 26.1, 63.0, 115.0, 4),
        Accuracy(12.4, 1.1, 21.5, 129.0, 192.0, 8),
        Accuracy(13.6, 2.2, 26.2, 64.0, 117.0, 10),
    ),
    "knee": (
        Accuracy(13.5, 13.1, 19.5, 71.0, 120.0, 4),
        Accuracy(9.0, 0.3, 11.5, 125.0, 177.0, 8),
        Accuracy(17.2, 7.6, 35.8, 65.0, 95.0, 10),
    ),
    "knee-image": (
        Accuracy(31.4, 31.4, 50.7, 71.0, 120.0, 4),
        Accuracy(11.5, 11.1, 16.5, 125.0, 177.0, 8),
        Accuracy(13.7, 8.4, 29.4, 34.0, 95.0, 10),
    ),
    "knee-lifted": (
        Accuracy(9.6, 8.2, 14.7, 71.0, 120.0, 4),
        Accuracy(7.2, -0.7, 10.3, 125.0, 177.0, 8),
        Accuracy(14.2, 0.6, 26.9, 65.0, 95.0, 10),
    ),
    "knee-perspective": (
        Accuracy(6.4, 2.9, 7.5, 71.0, 120.0, 4),
        Accuracy(7.0, 0.6, 10.3, 125.0, 177.0, 8),
        Accuracy(14.3, 0.6, 27.4, 65.0, 95.0, 10),
    ),
    "thigh-elevation": (
        Accuracy(13.7, -13.2, 22.3, -48.0, 1.0, 4),
        Accuracy(7.6, -4.7, 12.9, -84.0, -57.0, 8),
        Accuracy(10.5, -7.1, 21.8, -6.0, 83.0, 10),
    ),
    "ankle-to-other-knee": (None, None, Accuracy(0.43, 0.35, 0.98, 0.3, 1.3, 10)),
    "ankle-along-other-thigh": (None, None, Accuracy(0.3, -0.17, 0.9, -0.3, 0.3, 10)),
    "ankle-down-other-shin": (None, None, Accuracy(1.34, 1.29, 2.73, -1.2, 1.0, 10)),
    "knee-to-other-shoulder": (
        Accuracy(0.15, 0.15, 0.24, 1.2, 1.7, 4),
        Accuracy(0.09, 0.08, 0.13, 1.7, 1.9, 8),
        Accuracy(0.12, 0.0, 0.22, 1.3, 1.8, 10),
    ),
    "knee-across": (
        Accuracy(0.28, 0.15, 0.51, -1.2, -0.8, 4),
        Accuracy(0.14, 0.05, 0.23, -0.9, -0.3, 8),
        Accuracy(0.46, -0.01, 0.71, -1.0, -0.6, 10),
    ),
    "trunk-inclination": (
        Accuracy(4.2, -1.7, 4.6, 14.0, 43.0, 2),
        Accuracy(11.2, 7.4, 19.0, 1.0, 18.0, 4),
        Accuracy(2.6, 1.7, 3.9, 7.0, 91.0, 5),
    ),
    "chest-up": (
        Accuracy(4.2, -1.8, 4.7, 104.0, 133.0, 2),
        Accuracy(10.9, 6.7, 14.4, 83.0, 108.0, 4),
        Accuracy(8.4, 7.6, 13.1, 1.0, 112.0, 5),
    ),
    "seated-depth": (None, None, Accuracy(4.0, 2.2, 4.9, 73.0, 103.0, 2)),
    "supine-depth": (None, None, Accuracy(6.7, 6.1, 8.4, 80.0, 120.0, 3)),
    "supporting-knee": (None, None, Accuracy(13.1, -5.3, 33.8, 85.0, 95.0, 5)),
    "ankle-to-knee": (None, None, Accuracy(0.16, 0.02, 0.32, 0.3, 0.9, 5)),
    "ankle-down-shin": (None, None, Accuracy(0.32, 0.2, 0.71, -0.3, -0.2, 3)),
    "crossed-thigh-elevation": (None, None, Accuracy(3.9, -3.4, 4.9, -6.0, 12.0, 2)),
    "foot-lift": (None, None, Accuracy(0.13, 0.08, 0.24, 0.2, 0.8, 3)),
}
"""In the order of `SOURCES`, by the name of the quantity."""


def accuracy_of(quantity: str) -> dict[str, Accuracy]:
    """Return the measured errors of a quantity by `SOURCES`; empty if there are none."""
    found = zip(SOURCES, _MEASURED.get(quantity, ()), strict=False)
    return {source: figures for source, figures in found if figures is not None}


def as_dict(quantities: Iterable[str]) -> dict[str, Any]:
    """Return the measured errors of quantities in JSON types, with the clips they come from."""
    names = dict.fromkeys(quantities)
    measured = {
        name: {source: asdict(figures) for source, figures in accuracy_of(name).items()}
        for name in names
    }
    return {"measured_on": CAVEAT, "quantities": measured}


def off_text(quantity: str, unit: str, near: float = math.nan) -> str:
    """Return the mean error as a short text: ``±7°``, ``±0.39 r`` or ``-`` if not measured.

    Args:
        quantity: its name.
        unit: "deg" or "ratio".
        near: a value in that unit; the figure is that of the people whose true values come
            nearest to it. NaN takes bent hips.
    """
    measured = accuracy_of(quantity)
    if not measured:
        return "-"
    people = [figures for source, figures in measured.items() if source != RENDERED]
    figures = min(people, key=lambda one: one.outside(near)) if people else measured[RENDERED]
    size = f"±{figures.mean:.0f}°" if unit == "deg" else f"±{figures.mean:.2f}"
    return size if people else f"{size} r"
