"""One table in Markdown, for a README: how far posecheck is from the truth, by view.

The first rows are the recommended view, for each exercise and for all; then every other
ordinary view together, all clips, every other view by itself, the dark room, which counts for
no view, and the clips in which a second person passes.
"""

from __future__ import annotations

import math
import platform
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from posecheck import __version__
from posecheck.agreement.confusion import rounded_down
from posecheck.evaluation.score import total
from posecheck.evaluation.truth import ONE_CAMERA
from posecheck.types import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.evaluation.run import ClipScore, Evaluation
    from posecheck.evaluation.score import Score

RECOMMENDED: Final = "recommended"
"""Name of the view that an exercise's page asks for."""

DARK: Final = "dark"
"""Name of the look in which there is too little light."""

EXTRAORDINARY: Final = ("frontal", "unknown")
"""Views that are not among the ordinary ones: from the front, and those that are not told."""

SECOND_PERSON: Final = "second_person"
"""Name of the story in which somebody passes behind."""

_COLUMNS: Final = (
    "clips",
    "minutes",
    "truly valid: counted for any leg / called wrong / unseen",
    "of it right leg / wrong leg / not told apart",
    "falsely counted, s a minute (of it 15 degrees or more wrong)",
    "hold error, s per 10 s: median / worst tenth",
    "complete holds: found / missed / invented",
    "verdict changes per 10 s of a hold (most)",
    "raw agreement / kappa",
    "supporting leg, mean error: trunk-thigh / knee",
    "stretched leg, when seen: trunk-thigh / knee",
)
_LIBRARIES: Final = ("mediapipe", "opencv-python", "numpy")


def render(evaluation: Evaluation) -> str:
    """Return the table, with a line above it that says how it came about."""
    lines = [_made_by(evaluation), "", _row(("clips with known truth", *_COLUMNS))]
    lines.append(_row(["---"] * (len(_COLUMNS) + 1)))
    lines += [
        _row((name, *_cells(total(c.score for c in clips)))) for name, clips in _rows(evaluation)
    ]
    return "\n".join(lines) + "\n"


def _made_by(evaluation: Evaluation) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    now = datetime.now(UTC).date().isoformat()
    return (
        f"{now}, posecheck {__version__}, model {evaluation.model}"
        f"{evaluation.conditions.in_words}, {versions}, Python "
        f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    )


def _rows(evaluation: Evaluation) -> list[tuple[str, Sequence[ClipScore]]]:
    looks = evaluation.groups("look")
    dark = looks.pop(DARK, ())
    lit = replace(evaluation, clips=tuple(clip for clips in looks.values() for clip in clips))
    views = lit.groups("view")  # one camera for both sides is another view, also the recommended
    rows: list[tuple[str, Sequence[ClipScore]]] = []
    recommended = views.pop(RECOMMENDED, ())
    if recommended:
        for exercise in lit.groups("exercise"):
            clips = [clip for clip in recommended if clip.exercise == exercise]
            if clips:
                rows.append((f"{RECOMMENDED} view: {exercise}", clips))
        rows.append((f"**{RECOMMENDED} view, all**", recommended))
    ordinary = [
        clip for view, clips in views.items() if _plain(view) not in EXTRAORDINARY for clip in clips
    ]
    if ordinary:
        rows.append(("**every other ordinary view**", ordinary))
    rows.append(("**every view and light**", evaluation.clips))
    rows += [(f"view: {view}", clips) for view, clips in views.items()]
    if dark:
        rows.append(("in a dark room", dark))
    passed = evaluation.groups("story").get(SECOND_PERSON)
    return [*rows, ("somebody passes behind", passed)] if passed else rows


def _plain(view: str) -> str:
    return view.removesuffix(ONE_CAMERA)


def _cells(score: Score) -> list[str]:
    time, holds = score.time, score.holds
    minutes = time.scored_us / MICROSECONDS / 60

    def share(part_us: int) -> str:
        whole_us = time.true_valid_us
        return f"{100 * part_us / whole_us:.1f} %" if whole_us else "-"

    def a_minute(part_us: int) -> str:
        return f"{part_us / MICROSECONDS / minutes:.2f}" if minutes else "-"

    def error(joint: str, leg: str) -> str:
        found = score.angles.get(f"{joint}/{leg}/seen")
        return f"{found.mean_abs:.1f}" if found is not None else "-"

    return [
        str(score.clips),
        f"{minutes:.1f}",
        " / ".join(
            share(us) for us in (time.any_leg_us, time.called_wrong_us, time.called_unseen_us)
        ),
        " / ".join(share(us) for us in (time.right_us, time.other_side_us, time.untold_us)),
        f"{a_minute(time.false_us)} ({a_minute(time.false_far_us)})",
        f"{_number(holds.median_per_10_s)} / {_number(holds.p90_per_10_s)}",
        f"{holds.complete_found} / {holds.complete_missed} / {holds.complete_invented}",
        f"{_number(score.changes.per_10_s, 1)} ({_number(score.changes.most_in_10_s, 0)})",
        f"{rounded_down(score.confusion.share)} / {rounded_down(score.confusion.kappa)}",
        f"{error('trunk-thigh', 'supporting')} / {error('knee', 'supporting')}",
        f"{error('trunk-thigh', 'stretched')} / {error('knee', 'stretched')}",
    ]


def _number(value: float, digits: int = 2) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
