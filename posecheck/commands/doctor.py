"""``posecheck doctor``: check the installation and say what to do about each fault."""

from __future__ import annotations

import ctypes.util
import os
import sys
import webbrowser
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from posecheck.commands import DEFAULT_FOLDER, put
from posecheck.errors import PoseCheckError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

LEAST_PYTHON: Final = (3, 11)

_REINSTALL: Final = "make a new virtual environment and install posecheck again"

State = Literal["ok", "note", "FAIL"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check.

    Attributes:
        state: "ok"; "note" for a fault that matters only to some uses; "FAIL" for any other.
        what: the checked part.
        found: what the check found.
        remedy: what the user can do about a fault; empty if there is nothing to do.
    """

    state: State
    what: str
    found: str
    remedy: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments: there are none."""
    del parser


def run(arguments: argparse.Namespace) -> int:
    """Print one line per check; return 2 if one failed."""
    del arguments
    findings = [check() for check in CHECKS]
    for finding in findings:
        put(f"{finding.state:4}  {finding.what}: {finding.found}\n")
        if finding.remedy:
            put(f"      -> {finding.remedy}\n")
    failed = sum(finding.state == "FAIL" for finding in findings)
    put("\nall that analysing needs is there\n" if not failed else f"\n{failed} to mend\n")
    return 2 if failed else 0


def check_python() -> Finding:
    """Check the version of Python."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info >= LEAST_PYTHON:
        return Finding("ok", "Python", found)
    return Finding("FAIL", "Python", found, "install Python 3.11 or later")


def check_opencv() -> Finding:
    """Check that cv2 can be imported and that its two packages have the same version."""
    remedy = "pip install --force-reinstall --no-deps opencv-python opencv-contrib-python"
    try:
        from posecheck.system.opencv import cv2  # this import is the check
    except (PoseCheckError, ImportError) as error:
        return Finding("FAIL", "OpenCV", str(error), remedy)
    versions = {}
    for package in ("opencv-python", "opencv-contrib-python"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "missing"
    if len(set(versions.values())) > 1:
        shown = ", ".join(f"{name} {found}" for name, found in versions.items())
        return Finding("FAIL", "OpenCV", shown, f"both must be the same version: {remedy}")
    return Finding("ok", "OpenCV", cv2.__version__)


def check_mediapipe() -> Finding:
    """Check that mediapipe is installed and of a version that sends no usage metrics."""
    from posecheck.pose.mediapipe import mediapipe_version

    try:
        return Finding("ok", "mediapipe", f"{mediapipe_version()}, sends nothing")
    except PoseCheckError as error:
        return Finding("FAIL", "mediapipe", str(error), "see the line above")


def check_models() -> Finding:
    """Compare the shipped models with the manifest."""
    from posecheck.pose import models

    try:
        good = [models.find(name).name for name in models.expected()]
    except PoseCheckError as error:
        return Finding("FAIL", "models", str(error), "see the line above")
    return Finding("ok", "models", f"{', '.join(good)} match their sha256")


def check_inference() -> Finding:
    """Run the default model on one empty image."""
    import numpy as np

    from posecheck.pose import (
        models,
        open_estimator,
    )
    from posecheck.types import Frame

    try:
        estimator = open_estimator(models.find())
        estimator.estimate(Frame(0.0, np.zeros((240, 320, 3), dtype=np.uint8)))
        estimator.close()
    except PoseCheckError as error:
        return Finding("FAIL", "inference", str(error), "see the line above")
    except Exception as error:  # noqa: BLE001 - every error of a library is a finding
        return Finding("FAIL", "inference", f"{type(error).__name__}: {error}", _REINSTALL)
    return Finding("ok", "inference", f"the {models.DEFAULT_MODEL} model runs")


def check_encoder() -> Finding:
    """Check whether videos with skeleton and verdict can be written."""
    try:
        from av.codec import Codec  # this import is the check

        Codec("libx264", "w")
    except (ImportError, ValueError) as error:
        return Finding("note", "annotated video", str(error), "pip install --upgrade av")
    return Finding("ok", "annotated video", "H.264 can be written")


def check_browser() -> Finding:
    """Check whether a page can be opened in a browser; none is opened."""
    from posecheck.page.browser import screen_is_there

    remedy = "start, live and replay show pages; --no-browser prints a page's address instead"
    if not screen_is_there():
        return Finding("note", "browser", "no DISPLAY: no screen here", remedy)
    try:
        webbrowser.get()
    except webbrowser.Error:
        return Finding("note", "browser", "none is known", f"install one; {remedy}")
    return Finding("ok", "browser", "a page can be opened")


def check_sound() -> Finding:
    """Check whether there is a sound device."""
    remedy = "only a live view needs it; without it posecheck shows everything it would say"
    if not ctypes.util.find_library("portaudio") and sys.platform.startswith("linux"):
        return Finding("note", "sound", "no PortAudio library", f"install libportaudio2; {remedy}")
    try:
        import sounddevice  # probes the devices when imported

        device = sounddevice.query_devices(kind="output")
    except (ImportError, OSError, ValueError) as error:
        return Finding("note", "sound", str(error), remedy)
    except Exception as error:  # noqa: BLE001 - PortAudioError exists only if the import works
        return Finding("note", "sound", str(error).splitlines()[0], remedy)
    return Finding("ok", "sound", str(device["name"]))


def check_voice() -> Finding:
    """Look for a speech program; it is not started."""
    from posecheck.live import voice

    program = voice.find_program()
    if program is not None:
        return Finding("ok", "voice", program.name)
    remedy = "only a live view needs it; without it posecheck shows everything it would say"
    if sys.platform.startswith("linux"):
        remedy = f"install espeak-ng; {remedy}"
    return Finding("note", "voice", "no program that speaks", remedy)


def check_cameras() -> Finding:
    """Look for cameras without switching one on."""
    from posecheck.errors import InstallationError
    from posecheck.sources.camera import listing

    try:
        devices = listing.find()
    except InstallationError as error:
        return Finding("note", "cameras", str(error))
    if not devices:
        return Finding("note", "cameras", "none", "only a live view needs one; plug it in")
    shown = ", ".join(
        f"{device.index} {device.name or device.path}"
        + (f" ({device.problem})" if device.problem else "")
        for device in devices
    )
    if any(device.problem is None for device in devices):
        return Finding("ok", "cameras", shown)
    return Finding("note", "cameras", shown, "posecheck cameras says what to do")


def check_writing() -> Finding:
    """Check whether results can be written to the current folder."""
    if os.access(Path.cwd(), os.W_OK):
        return Finding("ok", "write access", str(Path.cwd()))
    remedy = "name another folder with --out"
    return Finding("FAIL", "write access", f"{Path.cwd()} is not writable", remedy)


def check_private() -> Finding:
    """Check whether other users of the machine can read the files in the default results folder."""
    from posecheck.system.outputs import readable_by_others

    kept = Path(DEFAULT_FOLDER)
    count = readable_by_others(kept)
    if not count:
        return Finding("ok", "privacy", "what posecheck makes is for your user only")
    found = f"other users can read {count} of the files and folders in {kept} (of an older version)"
    return Finding("note", "privacy", found, f"chmod -R go= {kept}")


CHECKS: Final[tuple[Callable[[], Finding], ...]] = (
    check_python,
    check_opencv,
    check_mediapipe,
    check_models,
    check_inference,
    check_encoder,
    check_browser,
    check_sound,
    check_voice,
    check_cameras,
    check_writing,
    check_private,
)
