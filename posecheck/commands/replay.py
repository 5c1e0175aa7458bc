"""``posecheck replay``: watch, judge again and annotate a recorded session."""

from __future__ import annotations

import gc
import getpass
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from posecheck.commands import complain, put
from posecheck.errors import AnnotationError, DisplayError, SourceError, shown

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from posecheck.annotations import Annotations
    from posecheck.annotations.store import AnnotationFile
    from posecheck.exercises import Exercise
    from posecheck.pipeline.playback import SessionPlayback


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("session", type=Path, metavar="SESSION", help="a .posecheck.jsonl file")
    parser.add_argument(
        "--video",
        type=Path,
        metavar="FILE",
        help="the recorded video (default: the one beside the session)",
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
        help="annotations: .annotations.json, or .csv, .tsv, .txt, .vtt or .eaf to import",
    )
    parser.add_argument(
        "--annotator",
        metavar="NAME",
        help="whose annotations are made or imported (default: the only tier of an "
        ".eaf, else your login name)",
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
        "--no-browser",
        action="store_true",
        help="print the page's address alone on the first line, and open no browser",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object and nothing else"
    )


def run(arguments: argparse.Namespace) -> int:
    """Replay a session on a page and print its report; return 0."""
    # Loaded here, not above: `posecheck replay --help` needs none of it.
    from posecheck import exercises
    from posecheck.pipeline.playback import SessionPlayback

    exercise = None if arguments.exercise is None else exercises.load(arguments.exercise)
    recording = SessionPlayback.open(arguments.session, exercise)
    annotator, kept_in, annotations = _annotations(arguments, recording)
    if arguments.export is not None:
        _export(arguments.export, annotations, _video_name(arguments, recording))
    if arguments.out_video is not None:
        _write_video(arguments, recording)
    quiet = arguments.json or arguments.out_video is not None or arguments.export is not None
    with _without_collector():
        if not quiet:
            _watch(arguments, recording, annotator, kept_in, annotations)
        _print(arguments, exercise)
    return 0


def _annotations(
    arguments: argparse.Namespace, recording: SessionPlayback
) -> tuple[str, AnnotationFile, Annotations]:
    """Return the annotator, the annotation file and the annotations that are shown and edited."""
    from posecheck.annotations import Annotations, exchange, store

    labels = arguments.labels
    if labels is not None and exchange.is_own(labels):
        return _own(arguments, recording)
    told = None if labels is None else exchange.annotator_of(labels)
    annotator = store.check_annotator(arguments.annotator or told or _login_name())
    kept_in = store.AnnotationFile(store.path_beside(recording.path, annotator))
    exercise = _recorded_exercise(recording)
    kept = kept_in.annotations
    if kept is not None:
        _check_is_about(kept_in.path, kept, exercise.name)
    if labels is None:
        return annotator, kept_in, kept or Annotations(exercise.name)
    read = exchange.read(labels, exercise, annotator, _video_name(arguments, recording))
    exchange.check_times(labels, read, recording.read_all().times_s.tolist())
    if kept is None:
        kept_in.save(read)
    elif not _same(kept, read):
        message = (
            f"{shown(kept_in.path)}: holds other annotations by {annotator} already; "
            "import under another name with --annotator"
        )
        raise AnnotationError(message)
    return annotator, kept_in, kept or read


def _own(
    arguments: argparse.Namespace, recording: SessionPlayback
) -> tuple[str, AnnotationFile, Annotations]:
    """Return the same for a file in posecheck's own format that ``--labels`` names."""
    from posecheck.annotations import exchange, store

    kept_in = store.AnnotationFile(arguments.labels)
    said = kept_in.annotations or store.load(arguments.labels)
    exercise = _recorded_exercise(recording)
    _check_is_about(kept_in.path, said, exercise.name)
    exchange.check_times(kept_in.path, said, recording.read_all().times_s.tolist())
    alone = said.annotators[0] if len(said.annotators) == 1 else None
    annotator = store.check_annotator(arguments.annotator or alone or _login_name())
    others = [name for name in said.annotators if name != annotator]
    if others:
        message = (
            f"{shown(kept_in.path)}: holds annotations by {shown(', '.join(others))}, which "
            f"{shown(annotator)} cannot change: leave --labels out to make your own"
        )
        raise AnnotationError(message)
    return annotator, kept_in, said


def _recorded_exercise(recording: SessionPlayback) -> Exercise:
    """Return the exercise of the annotations: the session's, or else that of ``--exercise``."""
    while recording.recorded_exercise is None and recording.read_on(0.0):
        pass
    return recording.recorded_exercise or recording.exercise


def _check_is_about(path: Path, said: Annotations, exercise: str) -> None:
    """Refuse annotations of another exercise than the recorded one."""
    if said.exercise != exercise:
        message = (
            f"{shown(path)}: is about {shown(said.exercise)}, the session about {exercise}; "
            "is it of another session?"
        )
        raise AnnotationError(message)


def _same(first: Annotations, second: Annotations) -> bool:
    """Whether two sets of annotations hold the same labels; when they were made is ignored."""
    ours, theirs = (
        [(item.start_s, item.end_s, item.state, item.rule, item.note) for item in said.items]
        for said in (first, second)
    )
    return ours == theirs


def _video_name(arguments: argparse.Namespace, recording: SessionPlayback) -> str:
    """Return the file name of the recorded video; "" if it is not known."""
    return recording.video or ("" if arguments.video is None else arguments.video.name)


def _export(path: Path, annotations: Annotations, video: str) -> None:
    from posecheck.annotations import exchange

    if not annotations.items:
        message = f"{shown(path)}: not written, there are no annotations to export"
        raise AnnotationError(message)
    exchange.write(path, annotations, video)


def _write_video(arguments: argparse.Namespace, recording: SessionPlayback) -> None:
    from posecheck.replay import footage
    from posecheck.replay.footage import turn_of

    recording.read_all()
    pictures = recording.observations, recording.steps
    turn = turn_of(recording.header)
    video, doubts = (None, "") if arguments.video is None else _video(arguments, recording)
    if doubts:
        complain(f"{shown(arguments.video)}: is it the right video? {doubts}")
    left_out = footage.write(arguments.out_video, recording.exercise, pictures, video, turn)
    if left_out:
        complain(
            f"{shown(arguments.video)}: does not have {left_out} of the session's "
            f"{len(recording.steps)} pictures; they are left out"
        )


def _video(arguments: argparse.Namespace, recording: SessionPlayback) -> tuple[Path | None, str]:
    """Return the recorded video or None, and the reason why it may not belong to the session.

    Raises:
        SourceError: if the named video is of another recording, or can't be read.
    """
    from posecheck.replay.app import beside, match

    named = arguments.video is not None
    video = arguments.video if named else beside(recording)
    if video is None:
        return None, ""
    try:
        found = match(video, recording)
    except SourceError as error:
        if named:
            raise
        return None, str(error)
    if found.refused and named:
        message = f"{shown(video)}: is not the video of this session: {found.refused}"
        raise SourceError(message)
    if found.refused:
        return None, f"{shown(video.name)} lies beside the session, but {found.refused}"
    return video, found.doubts


def _watch(
    arguments: argparse.Namespace,
    recording: SessionPlayback,
    annotator: str,
    kept_in: AnnotationFile,
    annotations: Annotations,
) -> None:
    """Show the session on a page, if there is a screen or only the page's address is wanted."""
    from posecheck.page.replay import ShownVideo
    from posecheck.replay.app import ReplayWish, watch
    from posecheck.replay.desk import Beside

    video, doubts = _video(arguments, recording)
    if video is None:
        none = "none lies beside the session; name it with --video"
        shown_video = ShownVideo(missing=doubts or none)
    else:
        shown_video = ShownVideo(shown(video.name), warning=doubts)
        if doubts:
            complain(f"{shown(video)}: is it the right video? {doubts}")
    others = _others(recording.path, kept_in.path, annotations.exercise)
    wish = ReplayWish(
        annotations=annotations,
        kept_in=kept_in,
        annotator=annotator,
        beside=Beside(others, shown_video),
        video=video,
        annotating=arguments.annotator is not None,
        browser=not arguments.no_browser,
    )
    try:
        watch(recording, wish)
    except DisplayError as error:
        complain(f"{error}; here is what the session comes to")


def _others(session: Path, own: Path, exercise: str) -> tuple[Annotations, ...]:
    """Return other people's annotations beside a session; the report names unusable files."""
    from posecheck.annotations import store

    found = []
    for path in store.found_beside(session):
        with suppress(AnnotationError):
            said = store.load(path)
            if path != own and said.exercise == exercise:
                found.append(said)
    return tuple(found)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Switch the garbage collector's search for reference cycles off.

    A long session has no cycles, but millions of values, and every search would go through all.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _print(arguments: argparse.Namespace, exercise: Exercise | None) -> None:
    from posecheck.pipeline.playback import SessionPlayback
    from posecheck.replay import report
    from posecheck.replay.rejudge import (
        changes,
        check,
    )
    from posecheck.reports.json_line import line

    recording = SessionPlayback(arguments.session).read_all()
    stored = None if recording.recorded_exercise is None else check(recording)
    other = changed = None
    if exercise is not None:
        other, changed = changes(recording, exercise)
        changed = changed if recording.steps else None  # there is nothing to compare with
    beside, faulty = _said_of(arguments, recording)
    found = report.Replay(
        recording=recording,
        again=None if stored is None else stored[0],
        difference=None if stored is None else stored[1],
        other=other,
        named=str(arguments.exercise),
        changes=changed,
        annotations=beside,
        faulty=faulty,
    )
    if arguments.json:
        put(line(report.as_json(found)), "utf-8")
    else:
        put(report.as_text(found))


def _said_of(
    arguments: argparse.Namespace, recording: SessionPlayback
) -> tuple[dict[Path, Annotations], tuple[str, ...]]:
    """Return the annotations of a session, by file, and the problems of unusable files."""
    from posecheck.annotations import exchange, store

    files, labels = list(store.found_beside(arguments.session)), arguments.labels
    if labels is not None and exchange.is_own(labels) and labels not in files:
        files.append(labels)
    found, faulty = {}, []
    for file in files:
        try:
            said = store.load(file)
            if recording.steps:
                exchange.check_times(file, said, recording.times_s.tolist())
            found[file] = said
        except AnnotationError as error:  # the other files are still used
            faulty.append(str(error))
    return found, tuple(faulty)


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # the system does not know this user
        return "me"
