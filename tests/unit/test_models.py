"""Models are used only if they are what the manifest says."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from posecheck.errors import ModelError
from posecheck.pose import models

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own with a small stand-in for the full bundle's manifest entry."""
    source = models.folder()
    shutil.copy(source / "manifest.json", tmp_path)
    shutil.copy(source / "pose_landmarker_lite.task", tmp_path)
    monkeypatch.setenv(models.FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def test_the_shipped_models_are_whole() -> None:
    for name in ("full", "lite"):
        found = models.find(name)
        assert found.name == name
        assert found.path.is_file()
        assert found.licence == "Apache-2.0"


def test_the_default_model_is_in_the_manifest() -> None:
    assert models.DEFAULT_MODEL in models.names()


def test_an_unknown_model_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"unknown model 'huge'.*full.*lite"):
        models.find("huge")


def test_a_missing_model_says_how_to_get_it(own_models: Path) -> None:
    assert own_models == models.folder()
    with pytest.raises(ModelError, match=r"is not there.*models/build.py full"):
        models.find("full")


def test_one_flipped_bit_is_noticed(own_models: Path) -> None:
    bundle = own_models / "pose_landmarker_lite.task"
    raw = bytearray(bundle.read_bytes())
    raw[1_000_000] ^= 1
    bundle.write_bytes(raw)
    with pytest.raises(ModelError, match="'lite' is damaged"):
        models.find("lite")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"models": {"full": {}}}', "{"])
def test_a_damaged_manifest_is_refused(own_models: Path, text: str) -> None:
    (own_models / "manifest.json").write_text(text)
    with pytest.raises(ModelError, match="manifest is damaged"):
        models.find("full")


def test_a_missing_manifest_is_refused(own_models: Path) -> None:
    (own_models / "manifest.json").unlink()
    with pytest.raises(ModelError, match="manifest cannot be read"):
        models.find("full")


def test_the_manifest_is_valid_json() -> None:
    assert json.loads((models.folder() / "manifest.json").read_text("utf-8"))["schema"]
