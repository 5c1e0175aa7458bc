"""Annotations as WebVTT subtitles, which video players show next to the original video.

One cue for each annotation: the first line says ``valid``, ``wrong: RULE`` or ``unseen``, the
rest is the note. Times are whole milliseconds, as the format has them. Written and read is
the part of W3C's "WebVTT: The Web Video Text Tracks Format" that a subtitle editor keeps:
cue identifiers, settings, styles, regions and comments are passed over, tags dropped.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from posecheck.annotations import MILLISECONDS, annotation_of, checked, lines_of, spans_of
from posecheck.errors import AnnotationError, shown
from posecheck.system import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from posecheck.annotations import Annotation, Annotations, Recorded

ENDINGS: Final = (".vtt",)

_TIMING: Final = re.compile(
    r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)[.,](\d{3})[ \t]+-->[ \t]+"
    r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)[.,](\d{3})(?:[ \t]|$)"
)
_TAG: Final = re.compile(r"<[^<>]*>")
_PASSED_OVER: Final = re.compile(r"(NOTE|STYLE|REGION)([ \t]|$)")


def read(path: Path, about: Recorded, annotator: str, made_at: str) -> Annotations:
    """Read annotations from subtitles.

    Raises:
        AnnotationError: one line with every problem and its line number.
    """
    try:
        content = files.content(path, files.LARGEST_NOTES_BYTES).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        message = f"{shown(path)}: cannot be read: {getattr(error, 'strerror', None) or error}"
        raise AnnotationError(message) from error
    lines = content.replace("\0", "\ufffd").splitlines()
    if not lines or not re.match(r"WEBVTT([ \t]|$)", lines[0]):
        message = f"{shown(path)}: is no WebVTT file: its first line must begin with WEBVTT"
        raise AnnotationError(message)
    _check_clock(path, lines)
    items, problems = [], []
    for number, timing, payload in _cues(lines):
        try:
            items.append(_annotation(timing, payload, about.rules, annotator, made_at))
        except ValueError as error:
            problems.append(f"line {number}: {error}")
    if not items and not problems:
        problems.append("holds no cue")
    return checked(path, about, items, problems)


def text(annotations: Annotations, video: str) -> str:  # noqa: ARG001 - it names no video
    """Return annotations as subtitles; times are rounded down to milliseconds.

    An annotation that has no length then is left out.
    """
    blocks = ["WEBVTT", f"NOTE posecheck annotations, {annotations.exercise}"]
    for start_ms, end_ms, item in spans_of(annotations):
        payload = "\n".join(html.escape(line, quote=False) for line in lines_of(item))
        blocks.append(f"{_clock(start_ms)} --> {_clock(end_ms)}\n{payload}")
    return "\n\n".join(blocks) + "\n"


def _check_clock(path: Path, lines: list[str]) -> None:
    """Refuse times that are of another clock than the video's (HTTP Live Streaming)."""
    header = lines[: lines.index("")] if "" in lines else lines
    moved = next((line for line in header if line.startswith("X-TIMESTAMP-MAP")), None)
    if moved is not None and re.search(r"[1-9]", moved):
        message = (
            f"{shown(path)}: its times are those of a stream's clock ({shown(moved)}); delete "
            "that line if they count from the beginning of the video"
        )
        raise AnnotationError(message)


def _clock(total_ms: int) -> str:
    seconds, milliseconds = divmod(total_ms, MILLISECONDS)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"


def _cues(lines: list[str]) -> Iterator[tuple[int, str, list[str]]]:
    """Yield line number, timing line and payload of every cue."""
    for first, block in _blocks(lines):
        if _PASSED_OVER.match(block[0]):
            continue
        place = next((i for i, line in enumerate(block[:2]) if "-->" in line), None)
        if place is None:
            yield first, block[0], []
        else:
            yield first + place, block[place], block[place + 1 :]


def _blocks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the blocks between blank lines, with the number of their first line."""
    block: list[str] = []
    header = True  # up to the first blank line
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            block.append(line)
            continue
        if block and not header:
            yield number - len(block), block
        block, header = [], False


def _annotation(
    timing: str, payload: list[str], rules: frozenset[str], annotator: str, made_at: str
) -> Annotation:
    match = _TIMING.match(timing.strip())
    if match is None:
        message = f"{shown(timing.strip())!r} must be times such as 00:01.000 --> 00:02.500"
        raise ValueError(message)
    parts = [int(part or 0) for part in match.groups()]
    times_s = _seconds(*parts[:4]), _seconds(*parts[4:])
    plain = [html.unescape(_TAG.sub("", line)).strip() for line in payload]
    return annotation_of(times_s, plain, rules, annotator, made_at)


def _seconds(hours: int, minutes: int, seconds: int, milliseconds: int) -> float:
    total_ms = ((hours * 60 + minutes) * 60 + seconds) * MILLISECONDS + milliseconds
    return total_ms / MILLISECONDS
