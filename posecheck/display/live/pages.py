"""Pages of text that take the whole window: the cautions, and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from posecheck import display
from posecheck.display.live.panels import broken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

_LEFT, _TOP, _TITLE_PX, _TEXT_TOP, _TEXT_PX, _SMALLEST_PX = 64, 58, 48, 124, 30, 16
_PROMPT_UP: Final = 48
_KEY_LEFT, _KEY_PX, _KEY_TOP, _KEY_STEP = 300, 40, 140, 62


class _Row(NamedTuple):
    """One line of a paragraph; lengths in pixels, y from the first line."""

    y: float
    text: str
    indent: int
    heading: bool
    begins: bool


def text_page(
    size_px: tuple[int, int], title: str, paragraphs: Sequence[str], prompt: str
) -> Image:
    """Return a page with a title, paragraphs as large as they fit, and what to press.

    A paragraph that ends with a colon is a heading.
    """
    image = _empty(size_px, title, prompt)
    room, bottom = size_px[0] - 2 * _LEFT, size_px[1] - _PROMPT_UP - _KEY_PX
    for size in range(_TEXT_PX, _SMALLEST_PX - 1, -1):
        rows = _laid_out(paragraphs, size, room)
        if not rows or _TEXT_TOP + rows[-1].y + size < bottom:
            break
    for row in rows:
        _write_row(image, row, size)
    return image


def title_page(size_px: tuple[int, int], title: str) -> Image:
    """Return a page with nothing but a title, in the middle."""
    image = _empty(size_px, "", "")
    x = (size_px[0] - display.text_width(title, _TITLE_PX)) / 2
    display.put_text(image, title, x, size_px[1] / 2, _TITLE_PX)
    return image


def keys_page(size_px: tuple[int, int], keys: Sequence[tuple[str, str]], prompt: str) -> Image:
    """Return a page that lists keys and what they do."""
    image = _empty(size_px, "Keys: none is needed", prompt)
    for row, (key, meaning) in enumerate(keys):
        y = _KEY_TOP + row * _KEY_STEP
        display.put_text(image, key, _LEFT, y, _KEY_PX, display.BLUE)
        display.put_text(image, meaning, _KEY_LEFT, y, _KEY_PX, display.WHITE, display.REGULAR)
    return image


def _empty(size_px: tuple[int, int], title: str, prompt: str) -> Image:
    width, height = size_px
    image: Image = np.full((height, width, 3), display.DARK[0], np.uint8)
    display.put_text(image, title, _LEFT, _TOP, _TITLE_PX)
    wide = display.text_width(prompt, _KEY_PX)
    size = min(_KEY_PX, _KEY_PX * (width - 2 * _LEFT) // max(1, wide))
    display.put_text(image, prompt, _LEFT, height - _PROMPT_UP, size, display.ORANGE)
    return image


def _laid_out(paragraphs: Sequence[str], size: int, room: int) -> list[_Row]:
    """Return the lines of paragraphs, each with the height of its middle."""
    rows: list[_Row] = []
    y = 0.0
    for paragraph in paragraphs:
        heading = paragraph.endswith(":")
        indent = 0 if heading else size
        y += 0.45 * size if heading else 0.0
        for number, line in enumerate(broken(paragraph, size, room - indent, display.BOLD)):
            rows.append(_Row(y, line, indent, heading=heading, begins=number == 0))
            y += 1.28 * size
        y += 0.16 * size
    return rows


def _write_row(image: Image, row: _Row, size: int) -> None:
    weight = display.BOLD if row.heading else display.REGULAR
    colour = display.BLUE if row.heading else display.WHITE
    y = _TEXT_TOP + row.y
    if row.begins and not row.heading:
        display.draw_dot(image, (_LEFT + 0.3 * size, y), 0.13 * size, display.BLUE)
    display.put_text(image, row.text, _LEFT + row.indent, y, size, colour, weight)
