"""The page with the cautions: its text and its confirmation.

Shown before the first session, and again when an exercise has a caution that was not on
the pages confirmed so far. The confirmation stays in the user's config folder; if it can't
be kept there, the page is simply shown again next time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from posecheck.errors import OutputError
from posecheck.system import files, outputs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from posecheck.exercises import Exercise

FILE_NAME: Final = "confirmed-cautions.json"

ALWAYS: Final = tuple(
    " ".join(paragraph.split())
    for paragraph in """
With low back pain, be evaluated by a neurologist and a physiotherapist first, so that the
exercise fits its cause.

Stop at new or worse pain, numbness or tingling. Never push through pain.

Numbness in the saddle area or a change in bladder or bowel control is an emergency: get care
at once.

This stretch may relieve back pain from muscle spasm or weak muscles. It will not solve all
back pain, and in a few people it makes it worse.

posecheck is no medical device and gives no diagnosis. It only says whether the picture shows
the form that the exercise file describes.
""".strip().split("\n\n")
)
"""Cautions for every exercise; shipped files use the same words, and they are shown once."""

ASK: Final = "I have read this, and nothing of it keeps me from stretching now"
"""Sentence that the person confirms."""


@dataclass(frozen=True, slots=True)
class Page:
    """Content of the page before the first session.

    Attributes:
        title: the headline.
        paragraphs: the cautions, the exercise's own first.
        ask: sentence that the person confirms with a key.
    """

    title: str
    paragraphs: tuple[str, ...]
    ask: str


def page_for(exercise: Exercise) -> Page:
    """Return the page for an exercise."""
    own = tuple(caution.text for caution in exercise.cautions)
    paragraphs = tuple(dict.fromkeys((*own, *ALWAYS)))
    return Page(f"Before you start: {exercise.title}", paragraphs, ASK)


def config_folder(
    environment: Mapping[str, str] = os.environ, system: str = sys.platform
) -> Path | None:
    """Return the user's folder for posecheck's settings; None if there is no home.

    It is not made here. Only the usual environment variables of the system are read.
    """
    named = {"win32": "APPDATA", "darwin": ""}.get(system, "XDG_CONFIG_HOME")
    base = Path(environment.get(named, "") or ".")
    if not base.is_absolute():  # unset, or of no use: the standards say to ignore it
        try:
            home = Path.home()
        except RuntimeError:
            return None
        base = home / {
            "win32": "AppData/Roaming",
            "darwin": "Library/Application Support",
        }.get(system, ".config")
    return base / "posecheck"


def is_confirmed(exercise: Exercise, folder: Path | None) -> bool:
    """Whether everything on an exercise's page was confirmed before.

    A file that can't be read or is damaged confirms nothing.
    """
    return set(_marks(page_for(exercise))) <= _confirmed(folder).keys()


def confirm(exercise: Exercise, folder: Path | None) -> bool:
    """Store the confirmation of an exercise's page; return True if it could be stored."""
    if folder is None:
        return False
    today = datetime.now(UTC).date().isoformat()
    confirmed = dict.fromkeys(_marks(page_for(exercise)), today) | _confirmed(folder)
    return keep(folder / FILE_NAME, json.dumps({"confirmed": confirmed}, indent=1))


def keep(path: Path, text: str) -> bool:
    """Write a file of settings, never half of it; return False if it can't be written."""
    beside = path.with_suffix(f".{os.getpid()}.new")
    try:
        outputs.make_folder(path.parent)
        with outputs.new_file(beside) as file:
            file.write(text.encode())
        beside.replace(path)
    except (OSError, OutputError):
        return False
    return True


def _marks(page: Page) -> list[str]:
    """Return a short mark for each paragraph; it changes with the wording."""
    return [hashlib.sha256(text.encode()).hexdigest()[:16] for text in page.paragraphs]


def _confirmed(folder: Path | None) -> dict[str, str]:
    """Return the marks that were confirmed, each with its date."""
    if folder is None:
        return {}
    try:
        raw = files.content(folder / FILE_NAME, files.LARGEST_MANIFEST_BYTES)
        confirmed = json.loads(raw)["confirmed"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return confirmed if isinstance(confirmed, dict) else {}
