"""``posecheck replay``: a recorded session again, watched, judged anew, annotated."""

from __future__ import annotations

import gc
import getpass
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from posecheck.commands import complain, put
from posecheck.errors import AnnotationError, DisplayError, shown

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from posecheck.annotations import Annotations
    from posecheck.exercises.schema import Exercise
    from posecheck.replay.recording import Recording


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("session", type=Path, metavar="SESSION", help="a .posecheck.jsonl file")
    parser.add_argument(
        "--video", type=Path, metavar="FILE", help="the recorded video, shown below the skeleton"
    )
    parser.add_argument(
        "--exercise",
        metavar="NAME|FILE",
        help="judge by this exercise and say what changes (default: the stored one)",
    )
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="annotations: .annotations.json, or .csv, .vtt or .eaf to import",
    )
    parser.add_argument(
        "--annotator",
        metavar="NAME",
        help="whose annotations are made or imported (default: your login name)",
    )
    parser.add_argument(
        "--export",
        type=Path,
        metavar="FILE",
        help="write the annotations to a .csv, .vtt or .eaf file",
    )
    parser.add_argument(
        "--out-video", type=Path, metavar="FILE", help="write the replay as a video"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object and nothing else"
    )


def run(arguments: argparse.Namespace) -> int:
    """Replay a session in a window and print what it comes to; return 0."""
    # Loaded here, not above: `posecheck replay --help` needs none of it.
    from posecheck import exercises  # noqa: PLC0415
    from posecheck.replay.recording import Recording  # noqa: PLC0415

    exercise = None if arguments.exercise is None else exercises.load(arguments.exercise)
    recording = Recording.open(arguments.session, exercise)
    annotator, path, annotations = _annotations(arguments, recording)
    if arguments.export is not None:
        _export(arguments.export, annotations)
    if arguments.out_video is not None:
        _write_video(arguments, recording)
    quiet = arguments.json or arguments.out_video is not None or arguments.export is not None
    with _without_collector():
        if not quiet:
            _watch(arguments, recording, annotator, path, annotations)
        _print(arguments, exercise)
    return 0


def _annotations(
    arguments: argparse.Namespace, recording: Recording
) -> tuple[str, Path, Annotations]:
    """Return whose annotations are shown and edited, where they are kept, and they."""
    from posecheck.annotations import Annotations, exchange, store  # noqa: PLC0415

    labels, annotator = arguments.labels, arguments.annotator or _login_name()
    if labels is not None and exchange.is_own(labels):
        own = store.load(labels)
        alone = own.annotators[0] if len(own.annotators) == 1 else annotator
        return arguments.annotator or alone, labels, own
    path = store.path_beside(recording.path, annotator)
    kept = store.load(path) if path.exists() else None
    if labels is None:
        return annotator, path, kept or Annotations(recording.exercise.name)
    read = exchange.read(labels, recording.exercise, store.check_annotator(annotator))
    if kept is None:
        store.save(path, read)
    elif not _same(kept, read):
        message = (
            f"{shown(path)}: holds other annotations by {annotator} already; "
            "import under another name with --annotator"
        )
        raise AnnotationError(message)
    return annotator, path, kept or read


def _same(first: Annotations, second: Annotations) -> bool:
    """Whether two say the same, whenever they were made."""
    ours, theirs = (
        [(item.start_s, item.end_s, item.state, item.rule, item.note) for item in said.items]
        for said in (first, second)
    )
    return ours == theirs


def _export(path: Path, annotations: Annotations) -> None:
    from posecheck.annotations import exchange  # noqa: PLC0415

    if not annotations.items:
        message = f"{shown(path)}: not written, there are no annotations to export"
        raise AnnotationError(message)
    exchange.write(path, annotations)


def _write_video(arguments: argparse.Namespace, recording: Recording) -> None:
    from posecheck.replay import video  # noqa: PLC0415 - loads OpenCV and PyAV

    recording.read_all()
    pictures = recording.observations, recording.steps
    video.write(arguments.out_video, recording.exercise, pictures, arguments.video)


def _watch(
    arguments: argparse.Namespace,
    recording: Recording,
    annotator: str,
    path: Path,
    annotations: Annotations,
) -> None:
    """Show the session in a window, if there is a display."""
    from posecheck.replay.app import watch  # noqa: PLC0415 - loads OpenCV

    try:
        watch(
            recording,
            video=arguments.video,
            annotations=annotations,
            annotations_path=path,
            annotator=annotator,
        )
    except DisplayError as error:
        complain(f"{error}; here is what the session comes to")


@contextmanager
def _without_collector() -> Iterator[None]:
    """Leave the search for reference cycles out.

    A long session has none, and millions of values that would be searched again and again.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _print(arguments: argparse.Namespace, exercise: Exercise | None) -> None:
    from posecheck.annotations import store  # noqa: PLC0415
    from posecheck.replay import report  # noqa: PLC0415
    from posecheck.replay.changes import changes  # noqa: PLC0415
    from posecheck.replay.recording import Recording  # noqa: PLC0415
    from posecheck.replay.rejudge import check  # noqa: PLC0415
    from posecheck.reports.json_line import line  # noqa: PLC0415

    recording = Recording(arguments.session).read_all()
    stored = None if recording.recorded_exercise is None else check(recording)
    other = changed = None
    if exercise is not None:
        other, changed = changes(recording, exercise)
    beside = {path: store.load(path) for path in store.found_beside(arguments.session)}
    found = report.Replay(
        recording=recording,
        again=None if stored is None else stored[0],
        difference=None if stored is None else stored[1],
        other=other,
        named=str(arguments.exercise),
        changes=changed,
        annotations=beside,
    )
    if arguments.json:
        put(line(report.as_json(found)), "utf-8")
    else:
        put(report.as_text(found))


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no entry for this user
        return "me"
