"""``posecheck report``: sessions as one HTML file to print, keep or hand on."""

from __future__ import annotations

import base64
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from posecheck.commands import put, write_private
from posecheck.errors import OutputError, PoseCheckError, SourceError, shown
from posecheck.system import files

if TYPE_CHECKING:
    import argparse

    from posecheck.page.report import Reported
    from posecheck.pipeline.playback import SessionPlayback

EMBEDDED_BYTES: Final = 20_000_000
"""Largest size in bytes of a video that is embedded in the report; a larger video is linked."""

SUFFIX: Final = ".report.html"

_PLAYABLE: Final = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".webm": "video/webm",
    ".mov": "video/mp4",
}
"""Media types of the videos that browsers play, by the ending of the file's name."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "sessions",
        type=Path,
        nargs="+",
        metavar="SESSION",
        help="a .posecheck.jsonl file, or the folder of the results of a batch",
    )
    parser.add_argument(
        "--video", type=Path, metavar="FILE", help="put the recorded video into the report, too"
    )
    parser.add_argument(
        "--pictures",
        action="store_true",
        help="put pictures of holds and faults into it, from the video (--video, or the one that "
        "lies beside the session)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="the .html file to write (default: NAME.report.html beside the session, "
        "sessions.report.html for several)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the report and print its path; return 0."""
    # Loaded here, not above: `posecheck report --help` needs none of it.
    from posecheck.batch.result import is_result
    from posecheck.page import report

    path = _out(arguments)
    batches = [folder for folder in arguments.sessions if is_result(folder)]
    if batches:
        return _of_batch(arguments, batches[0], path)
    if arguments.video is not None and len(arguments.sessions) > 1:
        message = "--video belongs to one session; report each session with its video by itself"
        raise PoseCheckError(message)
    sessions = [report.read(session) for session in arguments.sessions]
    sessions = [_with_pictures(arguments, one, path) for one in sessions]
    sessions.sort(key=lambda one: (one.result.created is not None, str(one.result.created)))
    html = report.render(sessions, datetime.now().astimezone())
    write_private(path, html.encode())
    put(f"report: {shown(path)}\n")
    return 0


def _of_batch(arguments: argparse.Namespace, folder: Path, path: Path) -> int:
    """Write the report of a batch and print its path; return 0."""
    from posecheck.batch.result import read
    from posecheck.page.batch import render

    if len(arguments.sessions) > 1 or arguments.video is not None or arguments.pictures:
        message = (
            f"{shown(folder)}: the results of a batch get a report of their own, without pictures; "
            "its sessions are reported one by one"
        )
        raise PoseCheckError(message)
    write_private(path, render(read(folder), datetime.now().astimezone()).encode())
    put(f"report: {shown(path)}\n")
    return 0


def _out(arguments: argparse.Namespace) -> Path:
    """Return the file to write, which does not exist yet."""
    from posecheck.annotations.store import stem_of
    from posecheck.system import outputs

    out: Path | None = arguments.out
    if out is None:
        first = arguments.sessions[0]
        if first.is_dir():  # the results of a batch; the path "." has no name
            first = first.absolute() / "recordings"
        stem = stem_of(first) if len(arguments.sessions) == 1 else "sessions"
        return outputs.free_names(first.parent, stem, (SUFFIX,))[0]
    if out.suffix.lower() not in {".html", ".htm"}:
        message = f"{shown(out)}: a report is HTML; choose a name that ends in .html"
        raise OutputError(message)
    outputs.check_new(out)
    if not out.absolute().parent.is_dir():
        message = f"{shown(out)}: cannot be written: there is no such folder; make it first"
        raise OutputError(message)
    return out


def _with_pictures(arguments: argparse.Namespace, one: Reported, report: Path) -> Reported:
    """Return a session with the pictures and the video that the options ask for."""
    if not arguments.pictures and arguments.video is None:
        return one
    from posecheck.page import stills
    from posecheck.pipeline.playback import SessionPlayback
    from posecheck.replay.footage import turn_of

    recording = SessionPlayback(one.result.path).read_all()
    video = arguments.video or _beside(recording)
    moments = stills.wanted(one.result, one.steps)
    # Also without --pictures, because this checks that the video belongs to the session.
    cut = stills.cut(video, turn_of(recording.header), recording, moments)
    address = "" if arguments.video is None else _address(video, report)
    return replace(one, stills=cut if arguments.pictures else (), video=address)


def _beside(recording: SessionPlayback) -> Path:
    """Return the video that lies beside a session.

    Raises:
        SourceError: if there is no such video.
    """
    from posecheck.replay.app import beside

    found = beside(recording)
    if found is None:
        session = shown(recording.path)
        message = f"{session}: its video does not lie beside it; name it with --video"
        raise SourceError(message)
    return found


def _address(video: Path, report: Path) -> str:
    """Return the address of a video in the report: a data URL with its bytes, or its path.

    Raises:
        SourceError: if browsers can't play it.
    """
    kind = _PLAYABLE.get(video.suffix.lower())
    if kind is None:
        message = f"{shown(video)}: browsers play mp4 and webm; convert it, or take --pictures"
        raise SourceError(message)
    if video.stat().st_size <= EMBEDDED_BYTES:
        return (
            f"data:{kind};base64,{base64.b64encode(files.content(video, EMBEDDED_BYTES)).decode()}"
        )
    from urllib.parse import quote

    return quote(Path(os.path.relpath(video, report.absolute().parent)).as_posix())
