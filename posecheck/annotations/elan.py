"""Annotations as a document of ELAN, the annotation tool of the Max Planck Institute.

One tier of the annotator's name; times are whole milliseconds, as the format has them. A
document's time may begin within the video (``TIME_ORIGIN`` of the linked file); annotations are
read and written in the video's time. Written by pympi, which the extra ``elan`` brings. Read
without it: pympi reads all of a document or nothing, and other tiers may be half done.
"""

from __future__ import annotations

import mimetypes
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET

from posecheck.annotations import MILLISECONDS, annotation_of, checked, lines_of, spans_of
from posecheck.errors import AnnotationError, InstallationError, shown
from posecheck.system import files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from posecheck.annotations import Annotation, Annotations, Recorded

ENDINGS: Final = (".eaf",)

_UNNAMED: Final = "default"
"""The tier that every new document has; no person's name."""

_UNIT: Final = "milliseconds"


def read(path: Path, about: Recorded, annotator: str, made_at: str) -> Annotations:
    """Read annotations from a document.

    Args:
        path: the file.
        about: the recording; of several linked files the one of its name counts.
        annotator: name of the annotator; the tier of that name, or else the only tier that is not
            empty, is read.
        made_at: when they were made or imported, ISO 8601.

    Raises:
        AnnotationError: one line with every problem.
    """
    document = _document(path)
    try:
        origin_ms = _origin_ms(document, about.video)
        spoken = _spoken(document, _tier(document, annotator))
    except ValueError as error:
        message = f"{shown(path)}: {error}"
        raise AnnotationError(message) from error
    items: list[Annotation] = []
    problems = []
    for start_ms, end_ms, value in spoken:
        times_s = (start_ms + origin_ms) / MILLISECONDS, (end_ms + origin_ms) / MILLISECONDS
        lines = [line for line in value.splitlines() if line.strip()]
        try:
            items.append(annotation_of(times_s, lines, about.rules, annotator, made_at))
        except ValueError as error:
            problems.append(f"at {times_s[0]:g} s: {error}")
    return checked(path, about, items, problems)


def text(annotations: Annotations, video: str) -> str:
    """Return annotations as a document, a tier for each annotator.

    Times are rounded down to milliseconds; annotations without a length then are left out.

    Args:
        annotations: the annotations to write.
        video: name of the recorded file, which ELAN looks for beside the document; "" links
            none.

    Raises:
        InstallationError: if pympi is missing.
    """
    document = _pympi().Eaf(author="posecheck")
    document.remove_tier(_UNNAMED)  # before all others: a person may be called so, too
    if video:
        url = quote(video)
        kind = mimetypes.guess_type(video)[0] or "unknown"
        document.add_linked_file(f"file:///{url}", relpath=f"./{url}", mimetype=kind)
    for name in annotations.annotators:
        document.add_tier(name, ann=name)
    for start_ms, end_ms, item in spans_of(annotations):
        value = "\n".join(lines_of(item))
        document.add_annotation(item.annotator, start_ms, end_ms, value)
    with TemporaryDirectory() as folder:  # pympi writes to named files only
        path = Path(folder) / "annotations.eaf"
        document.to_file(str(path))
        return path.read_text("utf-8")


def annotator_of(path: Path) -> str | None:
    """Return the name of the only tier that holds something; None if there is no such name.

    Raises:
        AnnotationError: if the file can't be read.
    """
    names = _document(path).filled
    return names[0] if len(names) == 1 and names[0] != _UNNAMED else None


@dataclass(frozen=True, slots=True)
class _Document:
    """What is read of a document.

    Attributes:
        unit: of its times.
        media: attributes of the linked files.
        slots: times by their names, in their order; None where none is set.
        tiers: the tiers by their names.
    """

    unit: str
    media: tuple[dict[str, str], ...]
    slots: dict[str, int | None]
    tiers: dict[str, Element]

    @property
    def filled(self) -> list[str]:
        """Names of the tiers that hold something."""
        return [name for name, tier in self.tiers.items() if tier.find("ANNOTATION") is not None]


def _document(path: Path) -> _Document:
    """Return the content of a file.

    Raises:
        AnnotationError: if it can't be read, or is no document.
    """
    try:
        raw = files.content(path, files.LARGEST_NOTES_BYTES)
        root = ET.fromstring(raw)  # noqa: S314 - expat limits how entities grow
        if root.tag != "ANNOTATION_DOCUMENT":
            raise ET.ParseError  # noqa: TRY301
    except (ET.ParseError, LookupError, UnicodeError) as error:
        message = f"{shown(path)}: is no whole ELAN document; can ELAN open it?"
        raise AnnotationError(message) from error
    except (OSError, ValueError) as error:
        message = f"{shown(path)}: cannot be read: {getattr(error, 'strerror', None) or error}"
        raise AnnotationError(message) from error
    header = root.find("HEADER")
    times = (
        (slot.get("TIME_SLOT_ID", ""), slot.get("TIME_VALUE")) for slot in root.iter("TIME_SLOT")
    )
    return _Document(
        unit=_UNIT if header is None else header.get("TIME_UNITS", _UNIT),
        media=tuple(dict(entry.attrib) for entry in root.iter("MEDIA_DESCRIPTOR")),
        slots={name: int(t) if t is not None and t.isdecimal() else None for name, t in times},
        tiers={tier.get("TIER_ID", ""): tier for tier in root.iter("TIER")},
    )


def _tier(document: _Document, annotator: str) -> str:
    """Return the name of the annotator's tier, or of the only one that holds something.

    Raises:
        ValueError: if there is none, or more than one.
    """
    wanted = unicodedata.normalize("NFC", annotator)
    named = [name for name in document.tiers if unicodedata.normalize("NFC", name) == wanted]
    filled = document.filled
    if not named and len(filled) != 1:
        names = ", ".join(shown(name) for name in filled) or "none that holds anything"
        message = f"its tiers are {names}; choose one with --annotator"
        raise ValueError(message)
    return (named or filled)[0]


def _spoken(document: _Document, name: str) -> list[tuple[float, float, str]]:
    """Return start and end in milliseconds of the document's time, and value, of a tier.

    Raises:
        ValueError: if a time is missing.
    """
    tier = document.tiers[name]
    if tier.find("ANNOTATION/REF_ANNOTATION") is not None:
        message = (
            f"the annotations of tier {shown(name)} have no times of their own; put them on a "
            "tier whose annotations are aligned with the video"
        )
        raise ValueError(message)
    place_of = {slot: place for place, slot in enumerate(document.slots)}
    entries = [
        (
            entry.get("TIME_SLOT_REF1", ""),
            entry.get("TIME_SLOT_REF2", ""),
            entry.findtext("ANNOTATION_VALUE") or "",
        )
        for entry in tier.iterfind("ANNOTATION/ALIGNABLE_ANNOTATION")
    ]
    entries.sort(key=lambda entry: place_of.get(entry[0], -1))
    times = _aligned(document.slots, [(start, end) for start, end, _ in entries])
    spoken = []
    for start, end, value in entries:
        if start not in times or end not in times:
            message = (
                f"the annotation {shown(value)!r} of tier {shown(name)} has no time; align it "
                "in ELAN"
            )
            raise ValueError(message)
        spoken.append((times[start], times[end], value))
    return spoken


def _aligned(slots: dict[str, int | None], entries: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Return the times of slots in milliseconds, also of those that have none themselves.

    ELAN stores no time for an edge that was not set: such edges divide the time between the set
    edges evenly.
    """
    times: dict[str, float] = {name: time for name, time in slots.items() if time is not None}
    chain: list[str] = []
    for start, end in entries:
        chain = [*chain, end] if chain and chain[-1] == start else [start, end]
        if chain[0] in times and chain[-1] in times:
            begin_ms, length_ms = times[chain[0]], times[chain[-1]] - times[chain[0]]
            for place, slot in enumerate(chain):
                times[slot] = begin_ms + length_ms * place / (len(chain) - 1)
            chain = chain[-1:]
    return times


def _origin_ms(document: _Document, video: str) -> int:
    """Return the start of the document's time within the video, milliseconds.

    Raises:
        ValueError: if several linked files say different things, or the unit is another.
    """
    if document.unit != _UNIT:
        message = f"its times are in {shown(document.unit)}; save it in ELAN with milliseconds"
        raise ValueError(message)
    media = [_medium(entry) for entry in document.media]
    wanted = _folded(video)
    recorded = [pair for pair in media if video and _folded(pair[0]) == wanted]
    alike = [pair for pair in media if video and _stem(_folded(pair[0])) == _stem(wanted)]
    kinds = [entry.get("MIME_TYPE", "") for entry in document.media]
    seen = [pair for pair, kind in zip(media, kinds, strict=True) if kind.startswith("video")]
    for chosen in (recorded, alike, media, seen):
        origins = {origin_ms for _, origin_ms in chosen}
        if len(origins) == 1:
            return origins.pop()
    if not media:
        return 0
    listed = ", ".join(f"{shown(name)} at {ms / MILLISECONDS:g} s" for name, ms in media)
    message = (
        f"its time begins at different places of the linked files ({listed}), and none is "
        f"called {shown(video) or 'as the recording'}; in ELAN, keep only the recorded video "
        "under Edit, Linked Files"
    )
    raise ValueError(message)


def _medium(entry: dict[str, str]) -> tuple[str, int]:
    """Return the name of a linked file and the document's start within it, milliseconds."""
    url = entry.get("MEDIA_URL") or entry.get("RELATIVE_MEDIA_URL") or ""
    name = unquote(url).replace("\\", "/").rpartition("/")[2]
    origin = entry.get("TIME_ORIGIN") or "0"
    try:
        return name, int(origin)
    except ValueError:
        message = f"where its time begins in {shown(name)} is no number: {shown(origin)}"
        raise ValueError(message) from None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _pympi() -> Any:  # noqa: ANN401 - an untyped library
    try:
        import pympi  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = "ELAN documents need pympi: pip install 'posecheck[elan]'"
        raise InstallationError(message) from error
    return pympi
