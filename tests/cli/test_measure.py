"""``posecheck measure``: text, JSON, CSV and picture; bad input in one line."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from media import REPOSITORY

from posecheck import session
from posecheck.measure import accuracy
from posecheck.measure.body import PoseArrays
from posecheck.measure.columns import sides_of
from posecheck.measure.quantities import QUANTITIES
from posecheck.pipeline import measuring
from posecheck.sources import FrameSource, Turn
from posecheck.types import Side

if TYPE_CHECKING:
    from pathlib import Path

    from media import Cli, Clips

SESSION = REPOSITORY / "sample_videos" / "sessions" / "seated_figure_four.posecheck.jsonl"
KNEE = ("--quantity", "knee-perspective")


def knees(side: Side = Side.LEFT) -> tuple[np.ndarray, np.ndarray]:
    body = PoseArrays.of(session.load(SESSION).observations)
    return body.t_s, QUANTITIES["knee-perspective"].measure(body, side)


@pytest.mark.usefixtures("here")
def test_every_quantity_is_shown_over_each_stored_hold(cli: Cli) -> None:
    said = cli("measure", SESSION)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert sum(line.startswith("hold ") for line in lines) == 2
    assert "hold 1 (right), 4.0 to 15.5 s" in lines
    for name, quantity in QUANTITIES.items():
        rows = [line for line in lines if line.split()[:1] == [name]]
        assert len(rows) == 2 * len(sides_of(quantity)), name


@pytest.mark.usefixtures("here")
def test_json_has_the_quantiles_of_the_values(cli: Cli) -> None:
    said = cli("measure", SESSION, *KNEE, "--json", "--from", "5", "--to", "9.5")
    assert (said.code, said.err) == (0, "")
    told = json.loads(said.out)
    assert told["schema"] == "posecheck.measure/1"
    (part,) = told["parts"]
    assert (part["start_s"], part["end_s"]) == (5.0, 9.5)
    assert [cell["side"] for cell in part["quantities"]] == ["left", "right"]
    for cell, side in zip(part["quantities"], (Side.LEFT, Side.RIGHT), strict=True):
        t_s, values = knees(side)
        values = values[(t_s >= 5) & (t_s <= 9.5)]
        assert cell["pictures"] == told["pictures"] == len(values)
        for percent in (5, 25, 50, 75, 95):
            assert cell[f"q{percent:02d}"] == pytest.approx(np.quantile(values, percent / 100))
    measured = told["accuracy"]["quantities"]["knee-perspective"]
    known = accuracy.accuracy_of("knee-perspective")[accuracy.BENT]
    assert measured[accuracy.BENT]["mean"] == known.mean


@pytest.mark.usefixtures("here")
def test_every_second_is_summed_up_if_asked(cli: Cli) -> None:
    said = cli("measure", SESSION, *KNEE, "--json", "--seconds", "--from", "5", "--to", "8.5")
    cells = json.loads(said.out)["parts"][0]["quantities"]
    assert [cell.get("start_s") for cell in cells] == [None, 5, 6, 7, 8] * 2
    assert cells[4]["end_s"] == 8.5
    text = cli("measure", SESSION, *KNEE, "--seconds", "--from", "5", "--to", "8.5").out
    assert sum(line.split()[:1] == ["7.0"] for line in text.splitlines()) == 2


def test_csv_has_a_line_for_every_picture_and_units_in_its_head(cli: Cli, here: Path) -> None:
    names = ("knee-perspective", "ankle-to-other-knee", "trunk-inclination")
    said = cli("measure", SESSION, "--quantity", *names, "--csv", "out.csv")
    assert (said.code, said.err) == (0, "")
    with (here / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "t_s", "knee_perspective_left_deg", "knee_perspective_right_deg",
        "ankle_to_other_knee_left_ratio", "ankle_to_other_knee_right_ratio",
        "trunk_inclination_deg",
    ]  # fmt: skip
    t_s, values = knees()
    assert [float(row["t_s"]) for row in rows] == pytest.approx(t_s.tolist(), abs=1e-6)
    read = [float(row["knee_perspective_left_deg"]) for row in rows]
    assert read == pytest.approx(values.tolist(), abs=0.005)


def test_the_picture_shows_a_curve_for_each_side(cli: Cli, here: Path) -> None:
    said = cli("measure", SESSION, *KNEE, "trunk-inclination", "--picture", "out.png")
    assert (said.code, said.err) == (0, "")
    image = cv2.imread(str(here / "out.png"))
    assert image is not None
    lanes = image[52 : 52 + 88, 330:]  # the first lane: below the head, right of the names
    left = np.abs(lanes.astype(int) - (233, 180, 86)).sum(axis=2) < 30
    assert left.any(axis=0).mean() > 0.9, "the left knee is seen nearly all the time"
    t_s, values = knees()
    high = left[:, int(0.5 * left.shape[1])].nonzero()[0].mean()
    middle = np.interp(0.5 * (t_s[0] + t_s[-1]), t_s, values)
    assert (high < 30) == bool(middle > 90), "above is more"


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_a_video_is_measured_as_a_whole_or_over_holds(clips: Clips, cli: Cli) -> None:
    whole = json.loads(cli("measure", clips.person, *KNEE, "--json").out)
    assert whole["exercise"] is None
    assert [part["part"] for part in whole["parts"]] == ["the whole recording"]
    assert whole["pictures"] == 30
    judged = cli("measure", clips.person, *KNEE, "--exercise", "seated-figure-four", "--json")
    parts = json.loads(judged.out)["parts"]
    counted = cli("analyse", clips.person, "--json").summary["holds"]
    assert [(part["start_s"], part["end_s"]) for part in parts] == [
        (hold["start_s"], hold["end_s"]) for hold in counted
    ]


@pytest.mark.usefixtures("here")
def test_a_recording_that_is_turned_is_measured_upright(
    cli: Cli, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[Turn] = []
    genuine = measuring.open_source

    def opened(path: Path, turn: Turn) -> FrameSource:
        turns.append(turn)
        return genuine(path, turn)

    monkeypatch.setattr(measuring, "open_source", opened)
    image = here / "a.png"
    cv2.imwrite(str(image), np.zeros((40, 60, 3), np.uint8))
    said = cli("measure", image, *KNEE, "--rotate", "90", "--mirror")
    assert (said.code, said.err, turns) == (0, "", [Turn(90, mirror=True)])
    refused = cli("measure", SESSION, "--rotate", "90")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "a session has no pictures to turn" in refused.err


def test_without_a_hold_the_whole_is_summed_up_and_said(cli: Cli) -> None:
    said = cli("measure", SESSION, *KNEE, "--exercise", "prone-press-up")
    assert said.code == 0
    assert "no hold of prone-press-up was found" in said.out
    assert "the whole recording" in said.out


BAD = {
    "no such file": (("gone.mp4",), "no such file"),
    "no such session": (("gone.posecheck.jsonl",), "gone.posecheck.jsonl: cannot be read"),
    "no session": (("text.jsonl",), "text.jsonl: is not a posecheck session"),
    "unknown quantity": ((SESSION, "--quantity", "elbow"), "unknown quantity 'elbow'; choose"),
    "unknown exercise": ((SESSION, "--exercise", "handstand"), "unknown exercise 'handstand'"),
    "times exchanged": ((SESSION, "--from", "9", "--to", "3"), "--from 9 does not lie before"),
    "beyond the end": ((SESSION, "--from", "99"), "no picture from 99"),
    "csv exists": (
        (SESSION, "--csv", "text.jsonl"),
        "text.jsonl: cannot be written: it exists already",
    ),
    "no folder": ((SESSION, "--csv", "none/a.csv"), "none/a.csv: cannot be written"),
    "no png": ((SESSION, "--picture", "a.jpg"), "a.jpg: curves are drawn as PNG; choose"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line(case: str, cli: Cli, here: Path) -> None:
    (here / "text.jsonl").write_text("hello\n", "utf-8")
    arguments, wanted = BAD[case]
    said = cli("measure", *arguments)
    assert said.code == 2
    assert wanted in said.complaint
    assert [path.name for path in here.iterdir()] == ["text.jsonl"]
    assert (here / "text.jsonl").read_text("utf-8") == "hello\n"


@pytest.mark.usefixtures("here")
def test_seconds_that_are_none_are_refused(cli: Cli) -> None:
    said = cli("measure", SESSION, "--from", "soon")
    assert said.code == 2
    assert "must be seconds from 0, not 'soon'" in said.err


def test_quantities_are_listed_with_unit_meaning_landmarks_and_error(cli: Cli) -> None:
    said = cli("exercises", "--quantities")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    told = " ".join(said.out.split())
    for name, quantity in QUANTITIES.items():
        unit = "degrees" if quantity.unit == "deg" else "ratio"
        assert f"{name} ({unit})" in lines
        assert " ".join(quantity.meaning.split()) in told
        assert f"landmarks: {', '.join(quantity.landmarks)}" in told
    assert "people, hips bent: mean error 7, bias +3, worst 8; true values 61 to 112, n = 4" in told
