# Copyright 2026 the posecheck authors
"""Rebuild the pose model bundles from public packages, byte for byte.

    python models/build.py                 rebuild the lite and full bundles
    python models/build.py heavy           rebuild the heavy bundle (needs npm)
    python models/build.py --check         rebuild in a temporary folder, compare
    python models/build.py --packages DIR  use packages already downloaded

The lite bundle is the file Google published, taken unchanged out of a wheel.
The full and heavy bundles hold lite's detector and the full or heavy landmark
weights, to which lite's TFLITE_METADATA buffer is added: the weights as
packaged lack it and MediaPipe's Tasks API refuses a model without it.

Every input is checked against a known sha256 before it is used, and a result
that differs from manifest.json is never written to the models folder.

The same inputs give the same bytes, but the landmark model is written again by
MediaPipe's TFLite schema module and flatbuffers' Python builder, so another
version of either can lay the file out in another way, with the same weights.
The manifest's files are made with the versions in MADE_WITH; flatbuffers
25.9.23 and older give other bytes. ``--check`` tells whether that happened.

Exit codes: 0 all well, 1 could not build, 2 differs from the manifest.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.metadata
import importlib.util
import io
import json
import os
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).resolve().parent
MANIFEST = HERE / "manifest.json"
DETECTOR = "pose_detector.tflite"
LANDMARKS = "pose_landmarks_detector.tflite"
METADATA = "TFLITE_METADATA"
ALIGNMENT = 16  # TFLite may read a model in place, so its start must be aligned
ALIGNMENT_FIELD = 0xD935  # the zip extra field that zipalign uses for padding
LOCAL_HEADER_BYTES = 30
MADE_WITH = {"mediapipe": "0.10.33", "flatbuffers": "25.12.19"}
ARCHIVE_ERRORS = (tarfile.TarError, zipfile.BadZipFile, zlib.error)


class BuildError(Exception):
    """The bundles cannot be built; the message is one line for the user."""


class MismatchError(Exception):
    """A built bundle differs from the manifest; one line for the user."""


@dataclass(frozen=True)
class Source:
    """One file inside one package of a registry, and its known hash."""

    client: Literal["pip", "npm"]
    package: str
    archive: str  # file name pattern of the downloaded package
    member: str
    sha256: str
    options: tuple[str, ...] = ()


LITE = Source(
    client="pip",
    package="postured==1.4.1",
    archive="postured-1.4.1-*.whl",
    member="postured/resources/pose_landmarker_lite.task",
    sha256="59929e1d1ee95287735ddd833b19cf4ac46d29bc7afddbbf6753c459690d574a",
)
FULL = Source(
    client="pip",
    package="mediapipe==0.10.21",
    archive="mediapipe-0.10.21-*.whl",
    member="mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
    sha256="e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    # One named wheel, whatever platform and Python this runs on.
    options=("--platform", "manylinux_2_28_x86_64", "--python-version", "3.11"),
)
HEAVY = Source(
    client="npm",
    package="@mediapipe/pose@0.5.1675469404",
    archive="mediapipe-pose-0.5.1675469404.tgz",
    member="package/pose_landmark_heavy.tflite",
    sha256="59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
)
WEIGHTS = {"full": FULL, "heavy": HEAVY}


def sha256(data: bytes) -> str:
    """Return the sha256 of data in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def verified(data: bytes, source: Source) -> bytes:
    """Return data if it has the hash of source, else refuse it."""
    found = sha256(data)
    if found != source.sha256:
        message = (
            f"{source.member} of {source.package} has sha256 {found}, "
            f"expected {source.sha256}: not used"
        )
        raise BuildError(message)
    return data


def client_command(source: Source, folder: Path) -> list[str]:
    """Return the command that downloads the package of source into folder."""
    if source.client == "npm":
        npm = shutil.which("npm")
        if npm is None:
            message = (
                f"npm is needed to fetch {source.package}: install Node.js, or "
                f"put {source.archive} in a folder and pass --packages FOLDER"
            )
            raise BuildError(message)
        where = ["--pack-destination", str(folder)]
        return [npm, "pack", "--silent", "--ignore-scripts", *where, source.package]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    where = ["--only-binary=:all:", "--dest", str(folder)]
    return [*pip, *where, *source.options, source.package]


@dataclass(frozen=True)
class Packages:
    """A folder of downloaded packages; missing ones are fetched if download."""

    folder: Path
    download: bool


def fetch(source: Source, folder: Path) -> None:
    """Download the package of source into folder with pip or npm."""
    command = client_command(source, folder)
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        message = f"{source.client} could not fetch {source.package} (see above)"
        raise BuildError(message)


def read_source(source: Source, folder: Path) -> bytes:
    """Return the verified file of source out of its package in folder."""
    found = sorted(folder.glob(source.archive))
    if not found:
        message = f"no {source.archive} in {folder}"
        raise BuildError(message)
    try:
        if source.client == "npm":
            with tarfile.open(found[0]) as package:
                member = package.extractfile(source.member)
                data = member.read() if member is not None else b""
        else:
            with zipfile.ZipFile(found[0]) as wheel:
                data = wheel.read(source.member)
    except (OSError, KeyError, EOFError, *ARCHIVE_ERRORS) as error:
        message = f"cannot read {source.member} in {found[0]}: {error}"
        raise BuildError(message) from error
    return verified(data, source)


def obtain(source: Source, packages: Packages) -> bytes:
    """Return the verified file of source, downloading its package if needed."""
    if packages.download and not list(packages.folder.glob(source.archive)):
        fetch(source, packages.folder)
    return read_source(source, packages.folder)


def load_schema() -> Any:  # noqa: ANN401 - a generated module without types
    """Load MediaPipe's TFLite schema module without importing MediaPipe."""
    package = importlib.util.find_spec("mediapipe")
    for folder in (package and package.submodule_search_locations) or ():
        path = Path(folder, "tasks", "metadata", "schema_py_generated.py")
        spec = importlib.util.spec_from_file_location("tflite_schema", path)
        if path.is_file() and spec is not None and spec.loader is not None:
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    message = "the installed mediapipe lacks its TFLite schema: install mediapipe"
    raise BuildError(message)


def metadata_of(model: bytes, schema: Any) -> bytes:  # noqa: ANN401
    """Return the TFLITE_METADATA buffer of a TFLite model."""
    root = schema.Model.GetRootAsModel(model, 0)
    for index in range(root.MetadataLength()):
        entry = root.Metadata(index)
        if entry.Name() == METADATA.encode():
            return bytes(root.Buffers(entry.Buffer()).DataAsNumpy())
    message = f"the lite landmark model has no {METADATA}"
    raise BuildError(message)


def add_metadata(model: bytes, metadata: bytes, schema: Any) -> bytes:  # noqa: ANN401
    """Return the TFLite model with metadata added as TFLITE_METADATA."""
    flatbuffers = importlib.import_module("flatbuffers")
    tree = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))
    entries = list(tree.metadata or [])
    if any(entry.name == METADATA.encode() for entry in entries):
        message = f"the landmark weights already have {METADATA}"
        raise BuildError(message)
    buffer = schema.BufferT()
    buffer.data = list(metadata)
    entry = schema.MetadataT()
    entry.name = METADATA
    entry.buffer = len(tree.buffers)
    tree.buffers = [*tree.buffers, buffer]
    tree.metadata = [*entries, entry]
    builder = flatbuffers.Builder(0)
    builder.Finish(tree.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def stored_zip(files: dict[str, bytes]) -> bytes:
    """Return an uncompressed zip of files that depends on nothing but them.

    Dates, permissions and system are fixed, the order is that of files, and
    each file starts at a multiple of ALIGNMENT, as padded by an extra field.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as bundle:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # Unix, also when built on Windows
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            field = struct.calcsize("<HHH")
            start = out.tell() + LOCAL_HEADER_BYTES + len(name.encode()) + field
            padding = -start % ALIGNMENT
            info.extra = struct.pack("<HHH", ALIGNMENT_FIELD, 2 + padding, ALIGNMENT)
            info.extra += bytes(padding)
            bundle.writestr(info, data)
    return out.getvalue()


def build(name: str, packages: Packages) -> bytes:
    """Return the bytes of the bundle called name."""
    lite = obtain(LITE, packages)
    if name == "lite":
        return lite
    weights = obtain(WEIGHTS[name], packages)
    with zipfile.ZipFile(io.BytesIO(lite)) as bundle:
        detector, landmarks = bundle.read(DETECTOR), bundle.read(LANDMARKS)
    schema = load_schema()
    model = add_metadata(weights, metadata_of(landmarks, schema), schema)
    return stored_zip({DETECTOR: detector, LANDMARKS: model})


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the models of the manifest by name."""
    try:
        models: dict[str, Any] = json.loads(path.read_text("utf-8"))["models"]
    except (OSError, ValueError, KeyError) as error:
        message = f"cannot read {path}: {error}"
        raise BuildError(message) from error
    return models


def other_tools() -> str:
    """Tell which installed tools are not the versions of MADE_WITH."""
    told = []
    for tool, version in MADE_WITH.items():
        try:
            found = importlib.metadata.version(tool)
        except importlib.metadata.PackageNotFoundError:
            found = "missing"
        if found != version:
            told.append(f"{tool} is {found} here, {version} made the manifest's files")
    return f" ({'; '.join(told)})" if told else ""


def compare(name: str, data: bytes, entry: dict[str, Any]) -> None:
    """Refuse data that differs from the manifest's entry for name."""
    if (len(data), sha256(data)) != (entry["size_bytes"], entry["sha256"]):
        message = (
            f"{name}: built {len(data)} bytes, sha256 {sha256(data)}; the manifest "
            f"says {entry['size_bytes']} bytes, sha256 {entry['sha256']}{other_tools()}"
        )
        raise MismatchError(message)


def write_atomically(path: Path, data: bytes) -> None:
    """Write data to path so that path never holds half a file."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)  # os.replace: atomic within one folder
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def make(name: str, folder: Path, packages: Packages) -> None:
    """Build the bundle called name, compare it, and write it into folder."""
    entry = read_manifest(MANIFEST)[name]
    data = build(name, packages)
    compare(name, data, entry)
    write_atomically(folder / entry["file"], data)
    print(f"{name}: {len(data)} bytes, sha256 {sha256(data)}, as in the manifest")


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description="Rebuild the pose model bundles.")
    choices = ("lite", "full", "heavy")
    described = "lite, full or heavy (default: lite full)"
    parser.add_argument("names", nargs="*", metavar="NAME", help=described)
    described = "rebuild in a temporary folder and compare with the manifest"
    parser.add_argument("--check", action="store_true", help=described)
    described = "folder holding the packages already downloaded"
    parser.add_argument("--packages", type=Path, metavar="DIR", help=described)
    options = parser.parse_args(argv)
    for name in options.names:
        if name not in choices:
            parser.error(f"unknown model {name!r}: choose from {', '.join(choices)}")
    options.names = options.names or ["lite", "full"]
    return options


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    options = arguments(argv)
    try:
        with tempfile.TemporaryDirectory(prefix="posecheck-models-") as scratch:
            packages = Packages(options.packages or Path(scratch), not options.packages)
            folder = Path(scratch) if options.check else HERE
            for name in options.names:
                make(name, folder, packages)
    except BuildError as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 1
    except MismatchError as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
