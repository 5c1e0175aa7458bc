# Copyright 2026 the posecheck authors
"""The bundles in models/ are the ones the manifest describes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

MODELS = Path(__file__).resolve().parents[2] / "models"
MANIFEST: dict[str, Any] = json.loads((MODELS / "manifest.json").read_text("utf-8"))
ENTRIES: dict[str, dict[str, Any]] = MANIFEST["models"]
FIELDS = {
    "file",
    "size_bytes",
    "sha256",
    "origin",
    "licence",
    "licence_file",
    "attribution",
    "default",
    "shipped",
}


def test_schema_and_names() -> None:
    """The manifest says its schema and lists the three models."""
    assert MANIFEST["schema"] == "posecheck.models/1"
    assert set(ENTRIES) == {"lite", "full", "heavy"}


def test_full_alone_is_the_default() -> None:
    """One model is the default, and it is shipped."""
    assert [name for name in ENTRIES if ENTRIES[name]["default"]] == ["full"]
    assert ENTRIES["full"]["shipped"]


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_entry_is_complete(name: str) -> None:
    """Every entry has every field, an origin and an existing licence file."""
    entry = ENTRIES[name]
    assert set(entry) == FIELDS
    assert entry["file"] == f"pose_landmarker_{name}.task"
    assert entry["origin"]
    assert all(isinstance(sentence, str) for sentence in entry["origin"])
    licence = (MODELS / entry["licence_file"]).read_text("utf-8")
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence


@pytest.mark.parametrize("name", sorted(n for n in ENTRIES if ENTRIES[n]["shipped"]))
def test_shipped_file_has_its_size_and_hash(name: str) -> None:
    """Every shipped bundle is byte for byte the one in the manifest."""
    data = (MODELS / ENTRIES[name]["file"]).read_bytes()
    assert len(data) == ENTRIES[name]["size_bytes"]
    assert hashlib.sha256(data).hexdigest() == ENTRIES[name]["sha256"]
