"""What could not be read of a file, with its place, in few words."""

from __future__ import annotations

from typing import Final

MOST_SENTENCES: Final = 5
"""More than so many places are counted instead of being listed."""

_SAID: Final = {
    "not usable": ("cannot be used and was left out", "cannot be used and were left out"),
    "out of order in time": (
        "is out of order in time and was left out",
        "are out of order in time and were left out",
    ),
}


class Problems:
    """Gathers lines that could not be used; neighbours become one sentence."""

    def __init__(self) -> None:
        """Start with none."""
        self._runs: list[tuple[int, int, str]] = []
        self._sentences: list[str] = []

    def add(self, line: int, kind: str) -> None:
        """Take in one line; lines come in the order of the file."""
        if self._runs:
            first, last, before = self._runs[-1]
            if before == kind and last == line - 1:
                self._runs[-1] = first, line, kind
                return
        self._runs.append((line, line, kind))

    def say(self, sentence: str) -> None:
        """Take in a problem that is not one of lines."""
        self._sentences.append(sentence)

    def sentences(self) -> tuple[str, ...]:
        """Return what is to be said, one sentence each."""
        told = [_sentence(*run) for run in self._runs[:MOST_SENTENCES]]
        rest = sum(last - first + 1 for first, last, _ in self._runs[MOST_SENTENCES:])
        if rest:
            after = self._runs[MOST_SENTENCES][0]
            told.append(f"{rest} more lines from line {after} on were left out")
        return (*self._sentences, *told)


def _sentence(first: int, last: int, kind: str) -> str:
    one, many = _SAID[kind]
    return f"line {first} {one}" if first == last else f"lines {first} to {last} {many}"
