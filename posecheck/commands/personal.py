"""``posecheck personal``: limits that fit one body, from annotated good holds."""

from __future__ import annotations

import re
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from posecheck.commands import put, write_private
from posecheck.errors import AnnotationError, OutputError, shown
from posecheck.system import files

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from posecheck.annotations import Annotations
    from posecheck.exercises import Exercise
    from posecheck.pipeline.personal import FittedLimit
    from posecheck.pipeline.playback import SessionPlayback


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "reference",
        type=Path,
        metavar="REFERENCE",
        help="a .posecheck.jsonl file whose good holds a person annotated valid",
    )
    parser.add_argument(
        "--exercise",
        required=True,
        metavar="NAME|FILE",
        help="the exercise whose limits are fitted",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the new .toml exercise file"
    )
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="the annotations: .annotations.json, .csv, .tsv, .txt, .vtt or .eaf (default: those "
        "beside the session)",
    )
    parser.add_argument(
        "--annotator",
        metavar="NAME",
        help="whose annotations count, where several people annotated",
    )
    parser.add_argument(
        "--reason",
        default="",
        metavar="TEXT",
        help="why a limit may be looser than where the exercise file calls the form wrong; it is "
        "written into the file",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the exercise file and print what it changes; return 0."""
    # Loaded here, not above: `posecheck personal --help` needs none of it.
    import tomllib

    from posecheck import exercises
    from posecheck.pipeline import personal
    from posecheck.pipeline.playback import SessionPlayback

    name = _check_out(arguments.out)
    exercise = exercises.load(arguments.exercise)
    recording = SessionPlayback(arguments.reference).read_all()
    said = _annotations(arguments, recording, exercise)
    values, seconds = personal.held_values(recording, exercise, said)
    now = datetime.now().astimezone()
    basis = personal.Basis(
        session=arguments.reference.name,
        annotators=said.annotators,
        holds=max(len(holds) for holds in values.values()),
        seconds=seconds,
        day=f"{now.day} {now:%B %Y}",
        reason=arguments.reason.strip(),
    )
    limits = personal.fitted(exercise, values, reason=basis.reason)
    text = personal.exercise_file(_text_of(arguments.exercise), name, limits, basis)
    fitted = exercises.validate(tomllib.loads(text), shown(arguments.out))
    write_private(arguments.out, text.encode())
    put(_limits_text(exercise, limits, arguments.out))
    put(_changes_text(arguments, recording, fitted))
    return 0


def _check_out(path: Path) -> str:
    """Return the name of the new exercise; refuse a file that can't be written."""
    from posecheck.system import outputs

    if path.suffix != ".toml":
        message = f"{shown(path)}: an exercise file is TOML; choose a name that ends in .toml"
        raise OutputError(message)
    outputs.check_new(path)
    if not path.absolute().parent.is_dir():
        message = f"{shown(path)}: cannot be written: there is no such folder; make it first"
        raise OutputError(message)
    name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")
    return name or "personal"


def _annotations(
    arguments: argparse.Namespace, recording: SessionPlayback, exercise: Exercise
) -> Annotations:
    """Return the annotations that count.

    Raises:
        AnnotationError: if there are none, or they are about another exercise.
    """
    from posecheck.annotations import Annotations, exchange, store

    session, labels, wanted = arguments.reference, arguments.labels, arguments.annotator
    files: Sequence[Path] = store.found_beside(session) if labels is None else (labels,)
    items = []
    for file in files:
        if exchange.is_own(file):
            said = store.load(file)
        else:
            told = wanted or exchange.annotator_of(file) or "unknown"
            said = exchange.read(file, exercise, told, recording.video)
        exchange.check_times(file, said, recording.times_s.tolist())
        if said.exercise != exercise.name:
            message = f"{shown(file)}: is about {shown(said.exercise)}, not {exercise.name}"
            raise AnnotationError(message)
        items += [item for item in said.items if wanted in (None, item.annotator)]
    if not items:
        whose = f" by {shown(wanted)}" if wanted else ""
        message = (
            f"{shown(session)}: has no annotations{whose}; annotate its good holds with "
            "posecheck replay, or name a file with --labels"
        )
        raise AnnotationError(message)
    names = {item.annotator for item in items}
    if len(names) > 1:
        message = (
            f"{shown(session)}: is annotated by {shown(', '.join(sorted(names)))}; choose one "
            "with --annotator"
        )
        raise AnnotationError(message)
    return Annotations.of(exercise.name, items)


def _text_of(name: str) -> str:
    """Return the text of an exercise file that was loaded before."""
    if name.endswith(".toml") or "/" in name or "\\" in name:
        return files.content(Path(name), files.LARGEST_EXERCISE_BYTES).decode("utf-8-sig")
    return (resources.files("posecheck.exercises") / f"{name}.toml").read_text("utf-8")


def _limits_text(exercise: Exercise, limits: Sequence[FittedLimit], out: Path) -> str:
    """Return a table of the limits that changed."""
    from rich.text import Text

    from posecheck.measure.quantities import Unit
    from posecheck.reports.text import laid_out, table

    if not limits:
        return f"{shown(out)}: the shipped limits fit; none was changed\n"
    title = "Limits that change (reached: by 95 % of the moments of the farthest good hold)"
    rows = table(title, "rule", "", "shipped", "personal", "reached", "", words=2)
    for limit in limits:
        rule = exercise.rule(limit.rule)
        sign = "°" if rule.unit is Unit.DEG else ""
        rows.add_row(
            rule.title,
            limit.kind.replace("_", " "),
            *(f"{value:g}{sign}" for value in (limit.shipped.enter, limit.enter, limit.reached)),
            _mark(limit),
        )
    said = [Text(f"exercise file: {shown(out)}", no_wrap=True)]
    if any(limit.capped for limit in limits):
        line = "at the cap: the good holds reach farther; a written reason (--reason) allows it"
        said.insert(0, Text(line))
    return laid_out([rows, *said]).lstrip("\n")


def _mark(limit: FittedLimit) -> str:
    if limit.capped:
        return "at the cap"
    return "beyond the cap" if limit.beyond_cap else ""


def _changes_text(
    arguments: argparse.Namespace, recording: SessionPlayback, fitted: Exercise
) -> str:
    """Return as text what the new limits change in the reference session itself."""
    from posecheck.replay import report
    from posecheck.replay.rejudge import changes

    other, changed = changes(recording, fitted)
    found = report.Replay(
        recording=recording,
        again=None,
        difference=None,
        other=other,
        named=str(arguments.out),
        changes=changed,
        annotations={},
    )
    return report.as_text(found)
