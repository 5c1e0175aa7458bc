"""The help page over the window: every key, and what the timeline's signs mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from posecheck import display
from posecheck.display import Rect
from posecheck.display.replay.annotation_row import INK, PAPER
from posecheck.display.replay.curves import ALLOWED
from posecheck.replay.edit.keys import ANNOTATE, WATCH
from posecheck.system.opencv import cv2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np
    from numpy.typing import NDArray

    from posecheck.replay.edit.keys import Binding

    Image = NDArray[np.uint8]

_SHADE: Final = 0.12
_PURPLE: Final = (167, 121, 204)

_LEGEND: Final[tuple[tuple[tuple[display.Colour, float] | None, str], ...]] = (
    ((display.GREEN, 1.0), "posecheck says valid: the full height"),
    ((display.VERMILION, 0.55), "posecheck says wrong: half the height, hatched"),
    ((display.PALE, 0.14), "posecheck cannot see it: a line"),
    (None, "curve: white judged, thick broken, thin not judged"),
    ((ALLOWED, 1.0), "dark green behind a curve: what its rule allows"),
    ((_PURPLE, 0.4), "person and posecheck differ"),
    ((PAPER, 1.0), "paper: only what a person says"),
)


def draw(image: Image, unit: float) -> None:
    """Draw the help page over a whole picture; ``unit`` is the factor of all sizes."""
    cv2.convertScaleAbs(image, image, _SHADE, 0)
    height, width = image.shape[:2]

    def px(length: float) -> int:
        return max(1, round(length * unit))

    left, middle, top = width // 2 - px(640), width // 2 + px(30), px(60)
    y = _keys(image, "Watch", WATCH, (left, top), px)
    _legend(image, (left, y + px(24)), px)
    y = _keys(image, "Annotate", ANNOTATE, (middle, top), px)
    texts = (
        "",
        "With the mouse: click or drag on the timeline to go there;",
        "drag on the paper row to mark an interval, click one to edit it.",
        "",
        "Annotations are saved at once, beside the session;",
        "the session itself is never changed.",
        "",
        "Not a medical device: the verdicts are measurements of form,",
        "no diagnosis. Never push through pain.",
    )
    for number, text in enumerate(texts):
        display.put_text(image, text, middle, y + px(34 + 28 * number), px(19), display.PALE)
    text = "any key closes this page"
    x = width / 2 - display.text_width(text, px(20)) / 2
    display.put_text(image, text, x, height - px(30), px(20), display.WHITE)


def _keys(
    image: Image,
    title: str,
    bindings: Iterable[Binding],
    corner: tuple[int, int],
    px: Callable[[float], int],
) -> int:
    """Write a title and keys below it; return where they end."""
    x, y = corner
    display.put_text(image, title, x, y, px(28), display.WHITE)
    y += px(14)
    for binding in bindings:
        y += px(32)
        display.put_text(image, binding.shown, x, y, px(20), display.ORANGE)
        display.put_text(image, binding.says, x + px(170), y, px(20), display.PALE)
    return y


def _legend(image: Image, corner: tuple[int, int], px: Callable[[float], int]) -> None:
    """Draw what the timeline's signs mean."""
    x, y = corner
    width, height = px(60), px(24)
    for sample, text in _LEGEND:
        y += px(31)
        box = Rect(x, y - height // 2, width, height)
        if sample is None:
            for place, (colour, thickness) in enumerate(
                ((display.WHITE, 2), (display.VERMILION, 4), (display.DIM, 1))
            ):
                start = x + place * width // 3
                display.draw_line(image, (start, y), (start + width // 3, y), colour, thickness)
        else:
            colour, share = sample
            tall = max(2, round(height * share))
            part = Rect(x, box.y + height - tall, width, tall)
            cv2.rectangle(image, part, colour, cv2.FILLED)
            if colour == PAPER:
                display.put_text(image, "AB", x + px(16), y, px(17), INK)
        display.put_text(image, text, x + px(84), y, px(19), display.PALE)
