"""Report of an evaluation: tables for the terminal, and one table in Markdown.

The Markdown table, for a README, gives the errors of posecheck by view.

Its first rows are for the recommended view, for each exercise and for all together. Then follow
all other ordinary views together, all clips, each other view by itself, the clips in a dark room,
which belong to no view, and the clips in which a second person passes behind.
"""

from __future__ import annotations

import platform
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from rich.text import Text

from posecheck import __version__, exercises
from posecheck.evaluation.confusion import THERAPISTS, in_words, rounded_down
from posecheck.evaluation.figures import figure, figures, spread_of
from posecheck.evaluation.run import GROUPINGS
from posecheck.evaluation.score import total
from posecheck.evaluation.truth import ONE_CAMERA
from posecheck.measure.quantities import Unit
from posecheck.reports.text import laid_out, number, table, warned
from posecheck.types import MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType
    from rich.table import Table

    from posecheck.evaluation.figures import Change, Comparison
    from posecheck.evaluation.run import ClipScore, Evaluation
    from posecheck.evaluation.score import Score


_TIME: Final = (
    ("time/true_valid_s", "truly valid", 1),
    ("time/any_leg_s", "any leg", 1),
    ("time/right_s", "right leg", 1),
    ("time/other_side_s", "wrong leg", 1),
    ("time/untold_s", "not told", 1),
    ("time/missed_wrong_s", "called wrong", 1),
    ("time/missed_unseen_s", "called unseen", 1),
    ("time/false_near_s", "near", 1),
    ("time/false_far_s", "far", 1),
    ("time/false_ratio_s", "ratio", 1),
    ("time/false_absent_s", "absent", 1),
    ("time/false_unmeasured_s", "by label", 1),
)
_HOLDS: Final = (
    ("holds/true", "holds", 0),
    ("holds/error_mean_s", "mean s", 2),
    ("holds/error_median_s_per_10_s", "median", 2),
    ("holds/error_p90_s_per_10_s", "worst tenth", 2),
    ("holds/complete_found", "found", 0),
    ("holds/complete_missed", "missed", 0),
    ("holds/complete_invented", "invented", 0),
    ("changes/per_10_s", "changes", 1),
    ("changes/most_in_10_s", "most", 0),
    ("swaps/swapped", "swapped frames", 0),
    ("swaps/frames", "of", 0),
)
_WIDEST_NAME: Final = 28


def render(evaluation: Evaluation, comparison: Comparison | None = None) -> str:
    """Return an evaluation as text; coloured if the terminal shows colours."""
    return laid_out(_parts(evaluation, comparison), least=100, most=140, usual=120)


def _parts(evaluation: Evaluation, comparison: Comparison | None) -> Iterator[RenderableType]:
    if not evaluation.clips:
        yield Text("no clip could be scored")
        return
    groups = list(_groups(evaluation))
    plural = "clip" if len(evaluation.clips) == 1 else "clips"
    how = evaluation.conditions.in_words
    yield Text(f"{len(evaluation.clips)} {plural}, model {evaluation.model}{how}", "bold")
    yield _table(
        "Seconds: truly valid = counted for any leg + called wrong + called unseen; any leg = "
        "right leg + wrong leg + a leg not told apart; then falsely counted",
        groups,
        _TIME,
    )
    yield _table(
        "Holds of 1 s and more: error (found - true), absolute error per 10 s; complete holds; "
        "changes of the verdict in 10 s of a true hold, and the most of them",
        groups,
        _HOLDS,
    )
    yield _agreement(groups)
    if evaluation.total.angles:
        yield _angles(groups)
        yield _rules(evaluation)
    if left_out := evaluation.total.holds.left_out:
        yield warned(
            f"true holds left out of the figures of holds: {left_out}; time beside them has no "
            "label. Label what comes before and after a hold, too"
        )
    if comparison is not None:
        yield _changes(comparison)
        if comparison.note:
            yield warned(comparison.note)


def _groups(evaluation: Evaluation) -> Iterator[tuple[str, Sequence[ClipScore]]]:
    """Yield the total, and each group that does not have the same clips as an earlier group."""
    shown = set()
    every: list[tuple[str, Sequence[ClipScore]]] = [("total", evaluation.clips)]
    for grouping in GROUPINGS:
        every += evaluation.groups(grouping).items()
    for name, clips in every:
        members = frozenset(clip.name for clip in clips)
        if members not in shown:
            shown.add(members)
            yield name, clips


def _new_table(title: str, *columns: str, words: int = 1) -> Table:
    return table(title, *columns, words=words, word_width=_WIDEST_NAME)


def _table(
    title: str,
    groups: Sequence[tuple[str, Sequence[ClipScore]]],
    wanted: Sequence[tuple[str, str, int]],
) -> Table:
    rows = [(name, figures(total(clip.score for clip in clips))) for name, clips in groups]
    # These two columns are left out if all their figures are 0.
    optional = {"time/false_absent_s", "time/false_unmeasured_s"}
    columns = [
        column
        for column in wanted
        if column[0] not in optional or any(figure(found, column[0]) for _, found in rows)
    ]
    made = _new_table(title, "", *(label for _, label, _ in columns))
    for name, found in rows:
        cells = [number(figure(found, path), digits) for path, _, digits in columns]
        made.add_row(name, *cells)
    return made


def _agreement(groups: Sequence[tuple[str, Sequence[ClipScore]]]) -> Table:
    made = _new_table(
        f"Agreement with the truth, valid, wrong or unseen. {THERAPISTS}",
        "", "raw agreement", "kappa",
    )  # fmt: skip
    for name, clips in groups:
        said = total(clip.score for clip in clips).confusion
        named = any(clip.person != "unknown" for clip in clips)
        words = in_words(said.share, said.kappa, spread_of(clips), named=named)
        made.add_row(name, *words)
    return made


def _angles(groups: Sequence[tuple[str, Sequence[ClipScore]]]) -> Table:
    made = _new_table(
        "Angles in degrees, as measured - true: where the leg was seen, and in all frames",
        "", "angle", "leg", "seen", "bias", "mean", "95 %", "all", "bias", "mean", "95 %",
        words=3,
    )  # fmt: skip
    for name, clips in groups:
        found = figures(total(clip.score for clip in clips))["angles_deg"]
        label = name
        for joint, legs in sorted(found.items(), reverse=True):
            for leg in sorted(legs, reverse=True):
                cells = [
                    number(figure(legs[leg], f"{frames}/{kind}"), 0 if kind == "frames" else 1)
                    for frames in ("seen", "all")
                    for kind in ("frames", "bias", "mean_abs", "p95")
                ]
                made.add_row(label, joint, leg, *cells)
                label = ""
    return made


def _rules(evaluation: Evaluation) -> Table:
    made = _new_table(
        "Rules where seen: error that is left after the exercise file's own bias; held: in "
        "truly valid frames",
        "exercise", "rule", "unit", "bias given", "seen", "bias left", "mean", "95 %",
        "held", "bias left", words=3,
    )  # fmt: skip
    found = figures(evaluation.total)["rules"]
    for name, rules in found.items():
        exercise = exercises.load(name)
        for rule in (rule for rule in exercise.rules if rule.name in rules):
            digits = 1 if rule.unit is Unit.DEG else 2
            columns = [("seen", kind) for kind in ("frames", "bias", "mean_abs", "p95")]
            columns += [("held", kind) for kind in ("frames", "bias")]
            cells = [
                number(
                    figure(rules[rule.name], f"{frames}/{kind}"), 0 if kind == "frames" else digits
                )
                for frames, kind in columns
            ]
            label = rule.name + ("" if rule.required else " (advice)")
            made.add_row(name, label, str(rule.unit), f"{rule.bias:g}", *cells)
    return made


def _changes(comparison: Comparison) -> RenderableType:
    shown = [change for change in comparison.changes if change.worse or change.better]
    within = len(comparison.changes) - len(shown)
    rest = f"{within} more differ by less than noise" if within else "nothing else differs"
    if not shown:
        return Text(f"\nAgainst the earlier figures: none better, none worse; {rest}")
    made = _new_table(
        f"Against the earlier figures ({rest})",
        "", "", "figure", "before", "now", "noise",
        words=3,
    )  # fmt: skip
    for change in sorted(shown, key=lambda change: not change.worse):
        made.add_row(_mark(change), change.group, change.label, *_cells(change))
    return made


def _mark(change: Change) -> Text:
    return Text("✗ worse", "bold yellow") if change.worse else Text("✓ better", "bold blue")


def _cells(change: Change) -> list[str]:
    return [f"{change.before:.3g}", f"{change.now:.3g}", f"{change.margin:.2g}"]


RECOMMENDED: Final = "recommended"
"""Name of the view that an exercise recommends."""

DARK: Final = "dark"
"""Name of the look with too little light."""

EXTRAORDINARY: Final = ("frontal", "unknown")
"""Views that do not count as ordinary: from the front, and unknown."""

SECOND_PERSON: Final = "second_person"
"""Name of the story in which a person passes behind."""

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


def markdown(evaluation: Evaluation) -> str:
    """Return the table in Markdown; the line above it gives date, versions and machine."""
    lines = [_made_by(evaluation), "", _row(("clips with known truth", *_COLUMNS))]
    lines.append(_row(["---"] * (len(_COLUMNS) + 1)))
    lines += [
        _row((name, *_markdown_cells(total(c.score for c in clips))))
        for name, clips in _rows(evaluation)
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
    views = lit.groups("view")  # one camera for both sides is a view of its own
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


def _markdown_cells(score: Score) -> list[str]:
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
        f"{number(holds.median_per_10_s, 2)} / {number(holds.p90_per_10_s, 2)}",
        f"{holds.complete_found} / {holds.complete_missed} / {holds.complete_invented}",
        f"{number(score.changes.per_10_s, 1)} ({number(score.changes.most_in_10_s, 0)})",
        f"{rounded_down(score.confusion.share)} / {rounded_down(score.confusion.kappa)}",
        f"{error('trunk-thigh', 'supporting')} / {error('knee', 'supporting')}",
        f"{error('trunk-thigh', 'stretched')} / {error('knee', 'stretched')}",
    ]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
