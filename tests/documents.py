"""The documents of the repository, and the examples in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[1]
README: Final = REPOSITORY / "README.md"
READMES: Final = (
    README,
    *sorted(
        path
        for folder in ("posecheck", "models", "sample_videos", "tests")
        for path in (REPOSITORY / folder).rglob("README.md")
        if "node_modules" not in path.parts
    ),
)
DOCUMENTS: Final = (
    *READMES,
    *(REPOSITORY / f"{name}.md" for name in ("CHANGELOG", "CONTRIBUTING", "SECURITY")),
)


def text_of(path: Path) -> str:
    """Return a document."""
    return path.read_text("utf-8")


def blocks_of(path: Path, language: str) -> list[str]:
    """Return the code blocks of a language in a document, in order."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", text_of(path), re.DOTALL | re.MULTILINE)
    return [block.strip() for block in found]


def commands_of(path: Path) -> list[str]:
    """Return the lines of a document's examples that call posecheck."""
    lines = [line for block in blocks_of(path, "sh") for line in block.splitlines()]
    indented = re.findall(r"^ {4}(posecheck .*)$", text_of(path), re.MULTILINE)
    return [line for line in [*lines, *indented] if line.startswith("posecheck ")]
