"""Tables in the forms that spreadsheets save: separator, decimal sign and coding are detected.

Only unambiguous tables are read. A value that can be read in two ways is refused, with the value in
the message.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from posecheck.errors import AnnotationError, shown
from posecheck.system import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import Self

_SEPARATORS: Final = (",", ";", "\t", "|")
_NO_BREAK: Final = "\ufeff\u200b\u2060"  # invisible, and kept by str.strip
_SEP_LINE: Final = re.compile(r'\s*"?sep=([,;\t|:~^])"?[,;\t|]*\s*', re.IGNORECASE)
"""First line that tells Excel the separator; Excel may have quoted or padded it."""

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN: Final = re.compile(rb"(?<![\x80-\xff])[\xa0\xb0\xc0-\xff]{1,2}(?![\x80-\xff])")
"""Letters beyond ASCII as Windows-1252 has them. Western words hold one or two in a row; words
in another script, or in the coding of old Macs, look different."""

_NUMBER: Final = re.compile(r"\+?(\d[\d.,]*|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)
_LONGEST_NUMBER: Final = 100
"""Characters of a cell that are looked at for a number."""

_GROUP_SIGN: Final = re.compile(r"(?<=\d)[ '\u2019\u066c](?=\d{3}(?!\d))")
_ONE_GROUP: Final = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")
_CLOCK: Final = re.compile(r"(?:(\d+):)?(\d+):([0-5]\d(?:[.,]\d+)?)")
_DATE: Final = re.compile(r"\d+[.\-/ ]+(\d+[.\-/ ]+\d+|[^\W\d]+\.?)([.\-/ ]+\d+)?")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table from its header on.

    Attributes:
        header: names of the columns, without spaces around them; "" for a column without.
        line: number of the header's line in the file, from 1.
        above: the rows before the header, without empty ones.
        rows: line number and cells of every row below that holds anything.
        separator: the character between two cells.
    """

    header: tuple[str, ...]
    line: int
    above: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    separator: str


def load(path: Path, score: Callable[[tuple[str, ...]], int], *, depth: int = 1) -> Sheet:
    """Read a table.

    Args:
        path: the file.
        score: gives the number of cells of a row that are names of columns. The separator and the
            header are those for which it is highest; of equals, the first.
        depth: number of rows from the top that may be the header, without empty ones.

    Raises:
        AnnotationError: if the file cannot be read, or is no text in a known coding.
    """
    text = _decoded(path)
    try:
        return _best(text, score, depth)
    except csv.Error as error:
        message = f"{shown(path)}: is no table: {error}"
        raise AnnotationError(message) from error


def _best(text: str, score: Callable[[tuple[str, ...]], int], depth: int) -> Sheet:
    lines = text.splitlines(keepends=True)
    named = _SEP_LINE.fullmatch(lines[0].strip("\r\n" + _NO_BREAK)) if lines else None
    if named is not None:
        lines[0] = "\n"  # lines keep their numbers
    separators = _SEPARATORS if named is None else (named[1],)
    best, best_score, whole = Sheet((), 1, (), (), separators[0]), -1, True
    for separator in separators:
        rows = _rows("".join(lines), separator)
        whole = whole and all(not any(cells[1:]) for _, cells in rows)
        for place, (line, cells) in enumerate(rows[:depth]):
            if (found := score(cells)) > best_score:
                above = tuple(cells for _, cells in rows[:place])
                best_score = found
                best = Sheet(cells, line, above, tuple(rows[place + 1 :]), separator)
    if whole and any('"' in line for line in lines):
        # Every line became one cell when a program of another separator saved it.
        inner = "\n".join(cells[0] for _, cells in _rows("".join(lines), separators[0]))
        if inner.strip() != "".join(lines).strip():
            return _best(inner, score, depth)
    return best


def _rows(text: str, separator: str) -> list[tuple[int, tuple[str, ...]]]:
    """Return line number and cells of every row that holds anything."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    found = []
    for row in reader:
        cells = tuple(cell.strip(_NO_BREAK).strip() for cell in row)
        if any(cells):
            found.append((reader.line_num, cells))
    return found


def _decoded(path: Path) -> str:
    try:
        raw = files.content(path, files.LARGEST_NOTES_BYTES)
    except (OSError, ValueError) as error:
        message = f"{shown(path)}: cannot be read: {getattr(error, 'strerror', None) or error}"
        raise AnnotationError(message) from error
    coding = next((name for mark, name in _BOMS if raw.startswith(mark)), None)
    if coding is None and b"\0" in raw[:2]:
        coding = "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"  # without its mark
    try:
        return raw.decode(coding or "utf-8")
    except UnicodeDecodeError as error:
        if coding is None and not re.search(rb"[\x80-\xff]", _WESTERN.sub(b"", raw)):
            return raw.decode("cp1252")
        line = raw[: error.start].count(b"\n") + 1
        message = (
            f"{shown(path)}: cannot be read: line {line} is neither UTF-8 nor UTF-16 text; "
            'save the table again as "CSV UTF-8"'
        )
        raise AnnotationError(message) from error


class Numbers:
    """The numbers of one table, of which all have the same decimal sign.

    A sign that is followed by exactly three digits can be the decimal sign or part a
    thousand: the table's other numbers tell which.
    """

    def __init__(self, decimal: str, grouping: str, separator: str) -> None:
        """Make it from the signs that are certain.

        Args:
            decimal: the signs that are a decimal sign somewhere.
            grouping: the signs that separate thousands somewhere.
            separator: what stands between two cells.
        """
        self._decimal, self._grouping, self._separator = decimal, grouping, separator

    @classmethod
    def of(cls, cells: Iterable[str], separator: str) -> Self:
        """Return the number format that the cells of all columns with numbers show."""
        decimal: set[str] = set()
        grouping: set[str] = set()
        for cell in cells:
            for sign, is_decimal in _signs(_plain(cell)):
                (decimal if is_decimal else grouping).add(sign)
        return cls("".join(decimal), "".join(grouping), separator)

    def value(self, cell: str) -> float:
        """Return the number in a cell; 0 or more.

        Raises:
            ValueError: if it holds none, or can be read in two ways; the message gives the cell.
        """
        text = _plain(cell)
        if _NUMBER.fullmatch(text) is None:
            message = f"must be seconds from 0, not {shown(cell)!r}{_hint(text)}"
            raise ValueError(message)
        if (unsure := _ONE_GROUP.fullmatch(text)) is not None:
            decimal = unsure[1] if self._is_decimal(cell, unsure[1]) else ""
        else:
            signs = _signs(text)
            decimal = next((sign for sign, is_decimal in signs if is_decimal), "")
        for sign in ".,":
            if sign != decimal:
                text = text.replace(sign, "")
        value = float(text.replace(",", "."))
        if math.isinf(value):
            message = f"must be seconds from 0, not {shown(cell)!r}"
            raise ValueError(message)
        return value

    def _is_decimal(self, cell: str, sign: str) -> bool:
        """Whether a sign before three digits is the decimal sign."""
        if (sign in self._decimal) is not (sign in self._grouping):
            return sign in self._decimal
        known = self._decimal or self._grouping
        if not known and (sign == "." or self._separator == ";"):
            # The point is how this table is described; semicolons separate cells where the comma
            # is the decimal sign.
            return True
        small, large = _both(cell, sign)
        message = (
            f"{shown(cell)!r} can be {small} or {large} seconds; write {large}, or {small}0 with "
            "one more digit"
        )
        raise ValueError(message)


_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
"""Beginning of a cell that a spreadsheet calculates, also behind marks that were added before."""


def as_text(words: str) -> str:
    """Return words as a cell that a spreadsheet shows and never calculates."""
    return f"'{words}" if _FORMULA.match(words) else words


def text_of(cell: str) -> str:
    """Return the words of a cell, without the mark that `as_text` adds."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _both(cell: str, sign: str) -> tuple[str, str]:
    """Return the two numbers that a cell can be, the smaller first."""
    text = _plain(cell)
    return text.replace(sign, "."), text.replace(sign, "")


def _plain(cell: str) -> str:
    """Return a cell with the digits and signs of ASCII, without spaces between thousands."""
    text = unicodedata.normalize("NFKC", cell[:_LONGEST_NUMBER]).strip()
    return _GROUP_SIGN.sub("", text).replace("\u066b", ".")


def _signs(text: str) -> list[tuple[str, bool]]:
    """Return the signs in a number and whether each is the decimal one; only what is certain.

    ``1.234,5`` tells both, ``3,9`` one; ``1,234`` nothing.
    """
    match = _NUMBER.fullmatch(text)
    if match is None or _ONE_GROUP.fullmatch(text) is not None:
        return []
    body = match[1]
    used = [sign for sign in ".," if sign in body]
    if not used:
        return []
    last = max(used, key=body.rindex)
    if body.count(last) > 1:
        return [(last, False)]
    return [(last, True), *((sign, False) for sign in used if sign != last)]


def _hint(text: str) -> str:
    """Return the probable meaning of a cell that is no number."""
    if (clock := _CLOCK.fullmatch(text)) is not None:
        hours, minutes, seconds = clock[1] or 0, clock[2], clock[3].replace(",", ".")
        total_s = (int(hours) * 60 + int(minutes)) * 60 + float(seconds)
        return f"; as a clock it is {total_s:g} seconds"
    if _DATE.fullmatch(text) is not None:
        return "; has a spreadsheet made a date of a number? Format the column as text"
    return ""
