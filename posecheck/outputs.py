"""Writing results: names that are free, files that are new, errors in one line."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from posecheck.errors import OutputError, shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_REMEDIES: Final = {
    errno.ENOSPC: "the disk is full; make room or choose another folder with --out",
    errno.EDQUOT: "the disk quota is used up; make room or choose another folder with --out",
    errno.EACCES: "no permission to write there; choose another folder with --out",
    errno.EPERM: "no permission to write there; choose another folder with --out",
    errno.EROFS: "the disk is read-only; choose another folder with --out",
    errno.EEXIST: "it exists already and is not overwritten; choose another folder with --out",
    errno.ENOTDIR: "a part of this path is a file, not a folder; choose another with --out",
    errno.ENAMETOOLONG: "the name is too long; choose another folder with --out",
}


def failed(path: Path, error: OSError) -> OutputError:
    """Return the error for a file that could not be written: what, why, what to do."""
    cause = _REMEDIES.get(error.errno or 0) or error.strerror or str(error)
    return OutputError(f"{shown(path)}: cannot be written: {cause}")


def make_folder(folder: Path) -> None:
    """Make a folder for results if it is not there.

    Raises:
        OutputError: if that is not possible.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise failed(folder, error) from error


def free_names(folder: Path, stem: str, suffixes: Sequence[str]) -> tuple[Path, ...]:
    """Return paths ``folder/stem + suffix`` of which none exists yet.

    If one exists, all get the first number for which none does: ``stem-2.jsonl``.

    Raises:
        OutputError: if the folder can't be looked into or the name is too long.
    """
    number = 1
    while True:
        numbered = stem if number == 1 else f"{stem}-{number}"
        paths = tuple(folder / f"{numbered}{suffix}" for suffix in suffixes)
        if not any(_is_taken(path) for path in paths):
            return paths
        number += 1


def _is_taken(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise failed(path, error) from error
    return True
