"""Sessions as tables and in the formats of other programs, read back by other readers."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from media import REPOSITORY, SAMPLES

from posecheck.commands.schema import schema
from posecheck.landmarks import INDEX, LANDMARKS
from posecheck.reports import export
from posecheck.session import Session, load
from posecheck.session.frames import FrameTable, frame_table, resampled
from posecheck.types import MICROSECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from media import Cli

SESSION = SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl"
SEATED = load(SESSION)


def with_holes() -> Session:
    """Return the session without a person in the frames 1 and 5, and without frames 20 to 29."""
    seen = list(SEATED.observations)
    for number in (1, 5):
        seen[number] = replace(seen[number], pose=None)
    return replace(SEATED, observations=tuple(seen[:20] + seen[30:]))


HOLES = frame_table(with_holes())


def test_a_table_holds_what_the_session_holds() -> None:
    table = frame_table(SEATED)
    names = [column.name for column in table.columns]
    assert len(names) == len(set(names))
    assert {column.values.shape for column in table.columns} == {(len(SEATED.observations),)}
    state, reason = table.column("state").values, table.column("reason").values
    for row, (t_s, verdict) in enumerate(SEATED.verdicts):
        assert table.t_s[row] == t_s
        assert state[row] == verdict.state
        assert reason[row] == (None if verdict.reason is None else verdict.reason.key)
        for reading in verdict.readings:
            rule = next(r for r in names if r.startswith(f"rule_{reading.rule.replace('-', '_')}_"))
            value = table.column(rule).values[row]
            assert value == reading.value or (math.isnan(value) and math.isnan(reading.value))
    pose = SEATED.observations[7].pose
    assert pose is not None
    for mark in ("nose", "left_foot_index"):
        assert table.column(f"{mark}_y_px").values[7] == pose.image_px[INDEX[mark], 1]
        assert table.column(f"{mark}_z_m").values[7] == pose.world_m[INDEX[mark], 2]
        assert table.column(f"{mark}_visibility").values[7] == pose.visibility[INDEX[mark]]
    hold = SEATED.holds[0]
    inside = [number == 1 for number in table.column("hold").values]
    times_us = np.round(table.t_s * MICROSECONDS)[inside]
    assert (times_us[0], times_us[-1]) == (hold.start_us, hold.end_us)


def test_regular_steps_keep_gaps_and_invent_nothing() -> None:
    table = resampled(HOLES, 30)
    assert table.rate_hz == 30
    assert np.allclose(np.diff(table.t_s), 1 / 30, atol=1e-12)
    assert table.t_s[0] == HOLES.t_s[0]
    assert HOLES.t_s[-1] - 1 / 30 < table.t_s[-1] <= HOLES.t_s[-1] + 1e-9
    nose = table.column("nose_y_px").values
    gap = (table.t_s > HOLES.t_s[19] + 1e-9) & (table.t_s < HOLES.t_s[20] - 1e-9)
    assert gap.sum() > 30
    beside = (table.t_s > HOLES.t_s[0]) & (table.t_s < HOLES.t_s[2] - 1e-9)
    for part in (gap, beside):
        assert np.isnan(nose[part]).all()
    assert not np.isnan(nose[(table.t_s > HOLES.t_s[6]) & (table.t_s < HOLES.t_s[19])]).any()
    assert set(table.column("state").values[gap]) == {None}


@given(st.floats(0.5, 120))
def test_steps_between_two_valid_frames_only_are_valid(rate_hz: float) -> None:
    table = resampled(HOLES, rate_hz)
    states = HOLES.column("state").values
    for t_s, state in zip(table.t_s, table.column("state").values, strict=True):
        after = int(np.searchsorted(HOLES.t_s, t_s - 1e-9))
        around = {states[after]}
        if HOLES.t_s[after] - t_s > 1e-9:
            around.add(states[after - 1])
        assert state is None or (state == "valid") is (around == {"valid"})


def test_steps_of_a_straight_movement_lie_on_it() -> None:
    columns = {c.name: c for c in HOLES.columns}
    line = replace(columns["nose_x_px"], values=3 * HOLES.t_s + 1)
    table = FrameTable((columns["t_s"], columns["state"], line), longest_gap_s=100)
    found = resampled(table, 7)
    assert np.allclose(found.columns[2].values, 3 * found.t_s + 1)


def test_csv_gives_the_same_numbers_back() -> None:
    rows = list(csv.DictReader(io.StringIO(export.as_csv(HOLES).decode())))
    assert list(rows[0]) == [column.name for column in HOLES.columns]
    for column in HOLES.columns:
        texts = [row[column.name] for row in rows]
        if column.kind == "number" and column.name != "t_s":
            found = np.array([float(text) if text else math.nan for text in texts])
            assert np.allclose(found, column.values, rtol=1e-8, atol=0, equal_nan=True)
            if column.name.startswith("nose_"):  # landmarks are 32-bit floats
                assert np.array_equal(
                    found.astype(np.float32), column.values.astype(np.float32), equal_nan=True
                )
    assert [row["state"] for row in rows] == list(HOLES.column("state").values)
    assert {row["dark"] for row in rows} == {"false"}


def test_parquet_and_data_frame_agree() -> None:
    pandas = pytest.importorskip("pandas")
    pyarrow = pytest.importorskip("pyarrow")
    session = with_holes()
    frame = session.to_dataframe()
    stored = pandas.read_parquet(io.BytesIO(export.as_parquet(HOLES)))
    assert list(stored) == list(frame)
    for column in HOLES.columns:
        if column.kind == "number":
            assert np.array_equal(frame[column.name], column.values, equal_nan=True)
            assert np.array_equal(stored[column.name], column.values, equal_nan=True)
    assert frame["hold"].dropna().unique().tolist() == [1, 2]
    assert stored["hold"].dropna().unique().tolist() == [1, 2]
    assert frame["state"].tolist() == stored["state"].tolist()
    kinds = pyarrow.parquet.read_schema(io.BytesIO(export.as_parquet(HOLES)))
    assert str(kinds.field("hold").type) == "int64"


def test_json_fits_its_schema() -> None:
    told = json.loads(export.as_json(HOLES, "a.json"))
    assert list(Draft202012Validator(schema("export")).iter_errors(told)) == []
    assert told["columns"]["nose_x_px"][1] is None
    assert len(told["columns"]["state"]) == told["frames"] == HOLES.t_s.size


def trc_by_opensims_rules(content: bytes) -> tuple[dict[str, str], list[str], np.ndarray[Any, Any]]:
    """Read a TRC file as OpenSim's TRCFileAdapter does: header, markers, (frames, 1 + 3 n)."""
    lines = content.decode().split("\n")
    assert lines[0].split("\t")[:3] == ["PathFileType", "4", "(X/Y/Z)"]
    facts = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    heads = lines[3].rstrip("\t").split("\t")
    assert heads[:2] == ["Frame#", "Time"]
    markers = heads[2::3]
    axes = lines[4].split("\t")[2:]
    assert axes == [f"{a}{n}" for n in range(1, len(markers) + 1) for a in "XYZ"]
    assert lines[5] == ""
    rows = []
    for number, line in enumerate(lines[6:-1], start=1):
        assert line.endswith("\t")
        cells = line[:-1].split("\t")  # one empty cell at the end is dropped
        assert len(cells) == 2 + 3 * len(markers)
        assert int(cells[0]) == number
        rows.append([float(cell) if cell else math.nan for cell in cells[1:]])
    return facts, markers, np.array(rows)


def test_trc_holds_the_markers_in_metres_with_y_up() -> None:
    facts, markers, rows = trc_by_opensims_rules(export.as_trc(HOLES, "a.trc"))
    assert facts["Units"] == "m"
    assert (facts["NumFrames"], facts["NumMarkers"]) == (str(len(rows)), "33")
    assert markers == list(LANDMARKS)
    assert np.allclose(rows[:, 0], HOLES.t_s, atol=5e-7)
    for row, seen in enumerate(with_holes().observations):
        if seen.pose is None:
            assert np.isnan(rows[row, 1:]).all()
        else:
            wanted = seen.pose.world_m * [1, -1, -1]
            assert np.allclose(rows[row, 1:], wanted.ravel(), rtol=1e-7)
    nose, hip = 1 + 3 * INDEX["nose"] + 1, 1 + 3 * INDEX["left_hip"] + 1
    assert (rows[10:19, nose] > rows[10:19, hip]).all(), "the head of a seated person is up"
    steady, _, even = trc_by_opensims_rules(export.as_trc(resampled(HOLES, 30), "a.trc"))
    assert steady["DataRate"] == "30"
    assert np.allclose(np.diff(even[:, 0]), 1 / 30, atol=2e-6)


def test_trc_is_read_by_a_library_of_the_field(tmp_path: Path) -> None:
    library = pytest.importorskip("trc")
    (tmp_path / "a.trc").write_bytes(export.as_trc(HOLES, "a.trc"))
    data = library.TRCData()
    data.load(str(tmp_path / "a.trc"))
    assert (data["NumMarkers"], data["Units"]) == (33, "m")
    nose = np.array(data["nose"], float)
    _, _, rows = trc_by_opensims_rules(export.as_trc(HOLES, "a.trc"))
    assert np.array_equal(nose, rows[:, 1:4], equal_nan=True)


def test_mot_holds_the_angles_in_degrees() -> None:
    lines = export.as_mot(HOLES, "a.mot").decode().splitlines()
    end = lines.index("endheader")
    facts = dict(line.split("=") for line in lines[1:end])
    heads, rows = lines[end + 1].split("\t"), [line.split("\t") for line in lines[end + 2 :]]
    assert facts["inDegrees"] == "yes"
    assert (int(facts["nRows"]), int(facts["nColumns"])) == (len(rows), len(heads))
    assert heads[0] == "time"
    assert all(name.endswith("_deg") for name in heads[1:])
    numbers = np.array(rows, float)
    assert np.allclose(numbers[:, 0], HOLES.t_s, atol=5e-7)
    for name, values in zip(heads[1:], numbers.T[1:], strict=True):
        wanted = HOLES.column(name).values
        assert np.allclose(values, wanted, rtol=1e-7, equal_nan=True)


def test_opensim_reads_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # it writes a log
    opensim = pytest.importorskip("opensim")
    for name, content in (("a.trc", export.as_trc), ("a.mot", export.as_mot)):
        (tmp_path / name).write_bytes(content(HOLES, name))
    markers = opensim.TimeSeriesTableVec3(str(tmp_path / "a.trc"))
    angles = opensim.TimeSeriesTable(str(tmp_path / "a.mot"))
    assert markers.getNumRows() == angles.getNumRows() == HOLES.t_s.size
    assert list(markers.getColumnLabels()) == list(LANDMARKS)
    nose = markers.getDependentColumn("nose")
    wanted = -HOLES.column("nose_y_m").values
    found = [nose[row][1] for row in range(HOLES.t_s.size)]
    assert np.allclose(found, wanted, rtol=1e-6, equal_nan=True)
    assert angles.getTableMetaDataAsString("inDegrees") == "yes"


def test_a_session_shows_itself_in_a_notebook() -> None:
    html = SEATED._repr_html_()
    assert "Seated figure-four" in html or "seated figure-four" in html
    assert html.count("<tr>") == 1 + len([hold for hold in SEATED.holds if hold.held_us > 0])
    header = {**SEATED.header, "source": {"name": "<script>"}}
    assert "<script>" not in replace(SEATED, header=header)._repr_html_()


@pytest.mark.parametrize("to", list(export.FORMATS))
def test_each_format_gets_a_new_file(cli: Cli, here: Path, to: str) -> None:
    pytest.importorskip("pyarrow")
    said = cli("export", SESSION, "--to", to, "--out", here, "--rate", 10)
    again = cli("export", SESSION, "--to", to, "--out", here)
    assert (said.code, said.err, again.code) == (0, "", 0)
    assert said.out == f"{here / 'seated_figure_four'}.{to}\n"
    assert again.out == f"{here / 'seated_figure_four-2'}.{to}\n"
    assert (here / f"seated_figure_four.{to}").stat().st_size > 10_000


def test_what_cannot_be_exported_is_said_in_one_line(cli: Cli, here: Path) -> None:
    (here / "no.jsonl").write_text("no session\n")
    said = cli("export", "no.jsonl", "missing.jsonl", SESSION, "--to", "csv", "--out", here)
    assert said.code == 2
    assert len(said.err.splitlines()) == 2
    assert (here / "seated_figure_four.csv").exists(), "the others are written"
    head = SESSION.read_bytes().split(b"\n")[0]
    (here / "empty.posecheck.jsonl").write_bytes(head + b"\n")
    said = cli("export", "empty.posecheck.jsonl", "--to", "trc")
    assert said.code == 2
    assert "holds no picture" in said.complaint
    for rate in ("0", "nan", "-1", "fast", "1e9"):
        assert cli("export", SESSION, "--to", "csv", "--rate", rate).code == 2


def test_the_formats_of_the_command_are_those_that_are_there() -> None:
    from posecheck.commands.export import FORMATS  # noqa: PLC0415 - the constant alone

    assert tuple(export.FORMATS) == FORMATS
    assert (REPOSITORY / "posecheck" / "reports" / "export.schema.json").exists()
