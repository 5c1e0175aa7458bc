"""A person's labels: read strictly, every problem with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from posecheck import exercises
from posecheck.annotations import Annotations, Recorded, csv
from posecheck.errors import AnnotationError, PoseCheckError
from posecheck.evaluation.clip_score import score_against_labels
from posecheck.types import Side, State
from tests.figures import SEATED_FEET_DOWN, SEATED_UPRIGHT, SEATED_VALID

if TYPE_CHECKING:
    from pathlib import Path

SEATED = exercises.load("seated-figure-four")


def written(folder: Path, *lines: str) -> Path:
    path = folder / "clip.labels.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def load(path: Path) -> Annotations:
    return csv.read(path, Recorded(SEATED), "", "")


def problems(folder: Path, *lines: str) -> str:
    with pytest.raises(AnnotationError) as raised:
        load(written(folder, *lines))
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_labels_are_read_in_the_order_of_time(tmp_path: Path) -> None:
    found = load(
        written(
            tmp_path,
            "\ufeffstart_s, end_s, label, rule, note",
            "12,14.5,wrong,lean,sat up",
            "",
            "2.0,12,valid,,",
            '14.5,15,unseen,,"walked off, came back"',
        )
    ).items
    assert [(x.start_s, x.end_s, x.state, x.rule, x.note) for x in found] == [
        (2.0, 12.0, State.VALID, None, ""),
        (12.0, 14.5, State.WRONG, "lean", "sat up"),
        (14.5, 15.0, State.UNSEEN, None, "walked off, came back"),
    ]
    assert {x.side for x in found} == {Side.BOTH}


def test_a_label_holds_from_its_start_up_to_its_end(tmp_path: Path) -> None:
    found = load(written(tmp_path, "start_s,end_s,label,side", "1,2,valid,left", "3,4,wrong,"))
    said = csv.verdicts(found, [0.9, 1.0, 1.9, 2.0, 3.0, 4.0])
    assert [None if v is None else v.state for v in said] == [
        None, State.VALID, State.VALID, None, State.WRONG, None,
    ]  # fmt: skip
    assert said[1] is not None
    assert said[1].side is Side.LEFT


def test_every_problem_is_listed_with_its_line(tmp_path: Path) -> None:
    message = problems(
        tmp_path,
        "start_s,end_s,label,side,rule",
        "0,2,valid,,",
        "1,x,valid,,",
        "5,4,wrong,,",
        "6,7,good,,",
        "7,8,wrong,up,nonsense",
        "nan,-1,unseen,,",
        "1.5,3,wrong,,",
        "8,9",
        "9,10,valid,,,too,much",
    )
    for wanted in [
        "line 3: end_s must be seconds from 0, not 'x'",
        "line 4: end_s must lie after start_s",
        "line 5: label must be valid, wrong or unseen, not 'good'",
        "line 6: side must be left, right or empty, not 'up'",
        "line 6: unknown rule 'nonsense'",
        "line 7: start_s must be seconds from 0, not 'nan'",
        "line 7: end_s must be seconds from 0, not '-1'",
        "line 8: overlaps line 2",
        "line 9: label must be valid, wrong or unseen, not ''",
        "line 10: has more cells than the header",
    ]:
        assert wanted in message
    assert "line 2:" not in message


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("start_s,label", "line 1: the column end_s is missing"),
        ("start_s,end_s,label,notes", "line 1: unknown column 'notes'"),
        ("start_s,end_s,label,label", "line 1: a column appears twice"),
        ("", "line 1: the column start_s is missing"),
        ("start_s,end_s,label", "line 1: holds no label"),
    ],
)
def test_a_wrong_header(tmp_path: Path, header: str, wanted: str) -> None:
    assert wanted in problems(tmp_path, header)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="cannot be read"):
        load(tmp_path / "none.labels.csv")
    (tmp_path / "b.labels.csv").write_bytes(b"\xff\xfea")
    with pytest.raises(AnnotationError, match="cannot be read"):
        load(tmp_path / "b.labels.csv")


def test_a_recording_is_scored_against_labels(tmp_path: Path) -> None:
    # Valid from 1.0 to 5.0 s as posecheck sees it, at 10 pictures a second, to 8.0 s.
    story = [SEATED_FEET_DOWN] * 7 + [SEATED_UPRIGHT] * 3
    story += [SEATED_VALID] * 41 + [SEATED_UPRIGHT] * 30
    seen = [figure.at(i / 10) for i, figure in enumerate(story)]
    path = written(tmp_path, "start_s,end_s,label", "0,2,wrong", "2,5.05,valid", "5.05,7,wrong")
    score = score_against_labels(path, load(path), seen, SEATED)
    # Labelled are the pictures 0.0 to 6.9, so 8.0 - 6.9 = 1.1 s are left out. Truly valid
    # are the pictures 2.0 to 5.0: 3.0 s, all counted; 1.0 to 2.0 s is false.
    time = score.time
    assert (time.left_out_us, time.true_valid_us, time.right_us) == (1_100_000, 3e6, 3e6)
    assert (time.false_unmeasured_us, time.false_us, time.missed_us) == (1e6, 1e6, 0)
    assert score.holds.errors == ((3.0, pytest.approx(1.0)),)
    assert score.angles == {}
    assert score.swaps.frames == 0


def test_labels_of_another_clip_are_refused(tmp_path: Path) -> None:
    seen = [SEATED_VALID.at(i / 10) for i in range(31)]
    for lines, wanted in [
        (["0,4.5,valid"], "its times go to 4.5 s, but the recording ends at 3.0 s"),
        (["3.5,4.0,valid"], "no label covers a picture"),
    ]:
        path = written(tmp_path, "start_s,end_s,label", *lines)
        with pytest.raises(PoseCheckError, match=wanted):
            score_against_labels(path, load(path), seen, SEATED)
