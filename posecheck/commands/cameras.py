"""``posecheck cameras``: list of the cameras, without switching one on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from posecheck.commands import put

if TYPE_CHECKING:
    import argparse

    from posecheck.sources.camera.listing import Device

SCHEMA: Final = "posecheck.cameras/1"

_NONE: Final = "no camera found; plug one in"
_BY_ADDRESS: Final = (
    "A camera in the network, such as a phone's, is named by its address "
    "(http://... with MJPEG, or rtsp://...)."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object and nothing else"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the cameras; return 0, also if there are none."""
    from posecheck.reports.json_line import line
    from posecheck.sources.camera import listing

    found = listing.find()
    if arguments.json:
        objects = [_as_dict(device) for device in found]
        put(line({"schema": SCHEMA, "cameras": objects}), "utf-8")
        return 0
    lines = [line for device in found for line in _lines(device)] or [_NONE]
    put("\n".join([*lines, "", _BY_ADDRESS]) + "\n")
    return 0


def _lines(device: Device) -> list[str]:
    """Return the line of a camera and, if the camera can't be used, a line with the remedy."""
    from posecheck.sources.camera.listing import LINUX, sentence

    ready = "ready" if LINUX else ""  # on other systems only opening the camera would show it
    number = str(device.index) if device.index >= 0 else "-"
    parts = [device.name or "camera", device.path, _size(device), device.problem or ready]
    lines = [f"{number:>2}  {', '.join(filter(None, parts))}"]
    if device.problem is not None:
        words = sentence(device.problem, device.path).removeprefix(f"{device.path}: ")
        lines.append(f"    -> {words}")
    return lines


def _size(device: Device) -> str:
    if device.mode is None:
        return ""
    width, height = device.mode.size_px
    rate = f" at {device.mode.fps:.3g} pictures a second" if device.mode.fps else ""
    return f"{width} x {height}{rate}"


def _as_dict(device: Device) -> dict[str, Any]:
    mode = device.mode
    return {
        "index": device.index,
        "device": device.path,
        "name": device.name,
        "size_px": None if mode is None else mode.size_px,
        "fps": None if mode is None else mode.fps,
        "coding": None if mode is None else mode.fourcc,
        "usable": device.problem is None,
        "problem": device.problem,
    }
