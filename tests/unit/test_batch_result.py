"""The table of a batch read again: sums by subject, visit and exercise, as text, JSON and page."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from posecheck import cli
from posecheck.batch import result, tables
from posecheck.batch.recordings import BatchError
from posecheck.commands.schema import schema

if TYPE_CHECKING:
    from pathlib import Path


def row(name: str, **cells: object) -> dict[str, Any]:
    """Return a row of a recording that is done; 10 s: 4 valid, 5 wrong, 1 unseen."""
    usual: dict[str, Any] = {
        "recording": name,
        "status": "done",
        "exercise": "pigeon",
        "duration_s": 10.0,
        "valid_s": 4.0,
        "wrong_s": 5.0,
        "unseen_s": 1.0,
        "holds": 2,
        "complete_holds": 1,
        "longest_hold_s": 9.98,
        "main_cue": "Draw the knee in",
    }
    return usual | cells


FAILED: dict[str, Any] = {
    **dict.fromkeys(row(""), None),
    "recording": "b.mp4",
    "status": "failed",
    "error": "b.mp4: <b>no video</b>",
    "exercise": "pigeon",
}


def written(folder: Path, rows: list[dict[str, Any]], *carried: str) -> Path:
    """Write a table as a batch writes it."""
    folder.mkdir(exist_ok=True)
    columns = {**tables.RECORDING_COLUMNS, **dict.fromkeys(carried, "string")}
    with (folder / result.TABLE).open("wb") as file:
        table = tables.CsvTable(file, columns)
        for one in rows:
            table.add(one)
        table.finish()
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        row("a.mp4", subject="Ann", visit="1"),
        row("c.mp4", subject="Ann", visit="1", valid_s=6.0, wrong_s=3.0),
        row("d.mp4", subject="Ann", visit="2", exercise="auto", longest_hold_s=12.5),
        FAILED | {"subject": "Ben", "visit": "1"},
    ]
    return written(tmp_path / "out", rows, "subject", "visit")


def test_recordings_are_summed_by_subject_visit_and_exercise(folder: Path) -> None:
    found = result.read(folder)
    assert found.columns == ("subject", "visit", "exercise")
    assert [group.names for group in found.groups] == [
        ("Ann", "1", "pigeon"),
        ("Ann", "2", "auto"),
        ("Ben", "1", "pigeon"),
    ]
    first, _, ben = found.groups
    assert (first.recordings, first.done, first.duration_us) == (2, 2, 20_000_000)
    assert list(first.spent_us.values()) == [10_000_000, 8_000_000, 2_000_000]
    assert sum(first.spent_us.values()) == first.duration_us
    assert (ben.recordings, ben.failed, ben.duration_us) == (1, 1, 0)
    assert (found.total.recordings, found.total.done, found.total.holds) == (4, 3, 6)
    assert found.total.longest_hold_s == 12.5
    assert found.failures == (("b.mp4", "b.mp4: <b>no video</b>"),)


def test_without_such_columns_the_groups_are_the_exercises(tmp_path: Path) -> None:
    found = result.read(written(tmp_path, [row("a.mp4"), row("b.mp4", exercise="auto")]))
    assert [group.names for group in found.groups] == [("pigeon",), ("auto",)]


def test_progress_prints_the_sums(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["progress", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "4 recordings: 3 done, 1 failed" in out
    (ann,) = [line for line in out.splitlines() if "Ann" in line and "pigeon" in line]
    assert ann.split() == [
        *("Ann", "1", "pigeon", "2", "of", "2", "10.0", "8.0", "2.0", "50", "2", "of", "4", "9.9"),
    ]
    assert "b.mp4: <b>no video</b>" in out


def test_progress_as_json_fits_its_schema(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["progress", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    validator = Draft202012Validator(schema("batch-sums"))
    assert list(validator.iter_errors(said)) == []
    assert said["groups"][0]["subject"] == "Ann"
    for part in (said, said["total"], said["groups"][0]):
        part["strange"] = 1
        assert list(validator.iter_errors(said))
        del part["strange"]


def test_report_writes_a_page(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", str(folder)]) == 0
    page = folder / "recordings.report.html"
    assert str(page) in capsys.readouterr().out
    html = page.read_text("utf-8")
    assert "&lt;b&gt;no video" in html
    assert "<b>no video" not in html
    assert "Draw the knee in" in html
    assert html.count("<td>Ann</td>") == 2
    assert page.stat().st_mode & 0o77 == 0


@pytest.mark.parametrize("words", [["--pictures"], ["--video", "a.mp4"], ["other.posecheck.jsonl"]])
def test_a_batch_is_reported_alone(
    folder: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["report", str(folder), *words, "--out", str(folder / "a.html")]) == 2
    assert "a report of their own" in capsys.readouterr().err
    assert not (folder / "a.html").exists()


def test_a_batch_has_no_dose_to_remind_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["progress", str(folder), "--remind", "ics"]) == 2
    assert "no dose" in capsys.readouterr().err


@pytest.mark.parametrize(
    "damage",
    [
        b"", b"a,b\n1,2\n", b"\xff\xfe\n", b'recording,"\n',
    ],
)  # fmt: skip
def test_another_table_is_refused_in_one_line(
    tmp_path: Path, damage: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / result.TABLE).write_bytes(damage)
    assert cli.main(["progress", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "is no table of a batch" in line


@pytest.mark.parametrize(("column", "cell"), [("valid_s", "nan"), ("holds", "x"), ("holds", "1.5")])
def test_a_cell_that_is_no_number_is_refused(tmp_path: Path, column: str, cell: str) -> None:
    written(tmp_path, [row("a.mp4", **{column: cell})])
    with pytest.raises(BatchError, match="no table of a batch"):
        result.read(tmp_path)


def test_what_a_long_table_lists_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result, "MOST_LISTED", 3)
    found = result.read(written(tmp_path, [row(f"{n}.mp4") for n in range(10)]))
    assert (len(found.listed), found.total.recordings) == (3, 10)
    with (tmp_path / result.TABLE).open(encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == 11
