"""Damage to files that can be repeated: the same seed does the same harm.

`harmed` changes bytes; `spoiled` changes values of parsed JSON and leaves it valid JSON. Both are
used by the fuzzer (`tests.bench.fuzz`) and by tests that say how much is left.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE_TEXTS: Final = (
    "",
    "\x1b]0;PWNED\x07",
    "\x9b31m\u202eevil",
    "\x00",
    "../../../etc/passwd",
    "=cmd|'/c calc'!A1",
    "<script>alert(1)</script>",
    "%s%n{0}${x}",
    "x" * 5000,
    "\ufeff",
    "NaN",
    "valid",
    "\ud83e\uddd8",
    "e\u0301" * 40,
    "\n\nposecheck: all is well",
)
HOSTILE_NUMBERS: Final = (
    *(0, -1, 1, 2**31, 2**53 + 1, -(2**63), 10**400, 1e308, -1e308, 5e-324, 0.1, 1e9, -0.0),
    *(3.5, 1000, 65_536),
)
HOSTILE_BYTES: Final = (
    *(b"\0", b"\xff" * 4, b"\xff\xd8\xff", b"[" * 2000, b'{"a":' * 500, b"\r", b"\n\n", b",,,,"),
    *(b"\x1b[2J", b"\xef\xbb\xbf", b"\xc3", b"-->", b"<", b"&lol;", b"'''", b"1e999", b"NaN"),
)


@dataclass(frozen=True, slots=True)
class Damage:
    """How much is done to the bytes of a file.

    Attributes:
        hits: number of places that are changed.
        size: largest number of bytes of each.
        per_cent: share of the file, from its start, in which the places lie.
        kinds: what is done there.
    """

    hits: int = 3
    size: int = 40
    per_cent: float = 100.0
    kinds: tuple[str, ...] = ("flip", "cut", "put", "repeat", "zero", "end")


def harmed(content: bytes, seed: int, damage: Damage = Damage()) -> bytes:
    """Return the bytes of a file with damage."""
    choose = random.Random(seed)  # noqa: S311 - the same harm each time
    changed = bytearray(content)
    for _ in range(damage.hits):
        most = max(1, int(len(changed) * damage.per_cent / 100))
        place, size = choose.randrange(most), choose.randint(1, damage.size)
        kind = choose.choice(damage.kinds)
        if kind == "flip" and changed:
            place = min(place, len(changed) - 1)
            changed[place] ^= 1 << choose.randrange(8)
        elif kind == "cut":
            del changed[place : place + size]
        elif kind == "put":
            changed[place:place] = choose.choice(HOSTILE_BYTES)
        elif kind == "repeat":
            changed[place:place] = changed[place : place + size] * choose.randint(1, 20)
        elif kind == "zero":
            changed[place : place + size] = bytes(len(changed[place : place + size]))
        elif kind == "end":
            del changed[place:]
    return bytes(changed)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """Yield the path of every value in parsed JSON."""
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in parts:
            yield (*path, key)
            yield from places(part, (*path, key))


def spoiled(value: Any, seed: int, hits: int = 2) -> Any:  # noqa: ANN401
    """Return parsed JSON in which some values are hostile, of another type, or missing."""
    choose = random.Random(seed)  # noqa: S311 - the same harm each time
    copy = json.loads(json.dumps(value))
    for _ in range(hits):
        found = list(places(copy))
        if not found:
            break
        *path, last = choose.choice(found)
        target = copy
        for key in path:
            target = target[key]
        new = choose.choice(
            [
                choose.choice(HOSTILE_TEXTS), choose.choice(HOSTILE_TEXTS),
                choose.choice(HOSTILE_NUMBERS), choose.choice(HOSTILE_NUMBERS),
                None, True, [], {}, [[]], {"x": 1},
            ]
        )  # fmt: skip
        kind = choose.randrange(10)
        if kind == 0:
            del target[last]
        elif kind == 1 and isinstance(last, str):
            target[choose.choice(HOSTILE_TEXTS) or "other"] = target.pop(last)
        elif kind == 2 and isinstance(target, list):
            target.extend(target[:50])
        elif isinstance(target[last], float) and choose.random() < 0.5:
            target[last] *= choose.choice((-1, 1.001, 0.5, 3, 1000))
        else:
            target[last] = new
    return copy
