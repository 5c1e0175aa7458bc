"""Reports say what the summary says, and never round a hold up to its target."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from posecheck import exercises
from posecheck.ledger import Fault, Hold, Ledger
from posecheck.pipeline.recorder import Summary
from posecheck.reports import json_line, text
from posecheck.reports.text import render
from posecheck.sources import SourceInfo
from posecheck.types import Side, SideKnown, State, Verdict

S = 1_000_000
SUMMARY = Summary(
    source=SourceInfo("video", "a.mp4", (640, 480), 300, 20.0),
    exercise=exercises.load("seated-figure-four"),
    chosen=False,
    frames=300,
    duration_s=20.0,
    ledger=Ledger(9_990_000 + 200_000, 6 * S, 20 * S - 16_190_000),
    holds=(
        Hold(Side.RIGHT, 2 * S, 12 * S, 9_990_000, 10 * S),
        Hold(Side.LEFT, 15 * S, 15_200_000, 200_000, 10 * S),
    ),
    faults=(
        Fault("lean", State.WRONG, 6.0, "Lean further forward from the hips"),
        Fault("nobody", State.UNSEEN, 3.81, "Step into the picture"),
    ),
    warnings=("the file ends early: 10 of about 20 pictures could be read",),
    verdict=None,
    session=Path("out/a.posecheck.jsonl"),
    video=None,
)


def test_the_table_shows_holds_ledger_faults_and_warnings() -> None:
    text = render(SUMMARY)
    for part in (
        "a.mp4: seated figure-four",
        "10 s, up to 3 times on each side",
        "and 1 hold shorter than 0.5 s",
        "Where the 20.0 s went",
        "Lean further forward from the hips",
        "Step into the picture",
        "! the file ends early",
        "session: out/a.posecheck.jsonl",
        "look through it: posecheck replay out/a.posecheck.jsonl",
    ):
        assert part in text
    assert text.endswith("\n")
    assert render(SUMMARY) == text


def test_a_hold_just_below_its_target_is_not_rounded_up() -> None:
    line = next(line for line in render(SUMMARY).splitlines() if line.startswith(" 1 "))
    assert "9.9" in line
    assert "not complete" in line
    # The target itself reads in full.
    full = replace(SUMMARY, holds=(replace(SUMMARY.holds[0], held_us=10 * S),))
    line = next(line for line in render(full).splitlines() if line.startswith(" 1 "))
    assert line.split()[4:7] == ["10.0", "10.0", "complete"]


def test_no_hold_is_said_in_words() -> None:
    assert "No hold in valid form" in render(replace(SUMMARY, holds=()))


def test_an_interrupted_analysis_says_so() -> None:
    stopped = replace(SUMMARY, interrupted=True)
    assert "stopped at 20.0 s" in render(stopped)
    assert json_line.as_dict(stopped)["interrupted"] is True


def test_a_leg_that_was_not_told_apart_is_not_named() -> None:
    unknown = replace(SUMMARY.holds[0], side_known=SideKnown.UNKNOWN)
    shown = render(replace(SUMMARY, holds=(unknown,)))
    assert "one leg, not told apart" in shown
    assert "right leg" not in shown
    assert "right leg" in render(SUMMARY)
    content = json.loads(json_line.render(replace(SUMMARY, holds=(unknown,))))
    assert content["holds"][0]["side_known"] == "unknown"


@pytest.mark.parametrize(
    ("valid_us", "fits", "said"),
    [
        (10 * S, True, "(the best fitting exercise)"),
        (S - 1, False, "(no exercise fits; this one comes closest)"),
        (0, False, "(no exercise fits; this one comes closest)"),
    ],
)
def test_a_chosen_exercise_that_does_not_fit_is_said_in_text_and_json(
    valid_us: int,
    fits: bool,  # noqa: FBT001
    said: str,
) -> None:
    chosen = replace(SUMMARY, chosen=True, ledger=Ledger(valid_us, 0, 20 * S - valid_us))
    assert said in " ".join(render(chosen).split())
    assert json_line.as_dict(chosen)["exercise_fits"] is fits
    assert "exercise_fits" not in json_line.as_dict(SUMMARY)


@pytest.mark.parametrize("state", State)
def test_a_still_picture_fits_when_it_is_valid(state: State) -> None:
    picture = SourceInfo("picture", "a.jpg", (640, 480), 1, 0.0)
    said = Verdict(state, Side.RIGHT, None)
    chosen = replace(SUMMARY, source=picture, chosen=True, ledger=Ledger(), verdict=said)
    assert chosen.fits is (state is State.VALID)


def test_the_json_object_has_the_published_shape() -> None:
    line = json_line.render(SUMMARY)
    assert line.count("\n") == 1
    content = json.loads(line)
    assert list(content) == [
        "schema", "source", "exercise", "duration_s", "frames", "seconds", "holds", "faults",
        "accuracy", "warnings", "session",
    ]  # fmt: skip
    assert content["schema"] == "posecheck.summary/1"
    assert content["seconds"] == {"valid": 10.19, "wrong": 6.0, "unseen": 3.81}
    assert content["holds"][0] == {
        "side": "right", "side_known": "seen", "start_s": 2.0, "end_s": 12.0, "held_s": 9.99,
        "target_s": 10.0,
        "complete": False,
    }  # fmt: skip
    assert content["faults"][0] == {
        "rule": "lean", "verdict": "wrong", "seconds": 6.0,
        "cue": "Lean further forward from the hips",
    }  # fmt: skip


def test_a_video_in_which_nothing_counts_may_show_another_exercise() -> None:
    wrong = replace(SUMMARY, holds=(), ledger=Ledger(0, 20 * S, 0))
    said = " ".join(render(wrong).split())
    assert "! nothing counted; if the video shows another exercise" in said
    assert "posecheck analyse --exercise auto" in said
    unseen = replace(wrong, ledger=Ledger(0, 0, 20 * S))
    chosen = replace(wrong, chosen=True)
    camera = replace(wrong, source=replace(SUMMARY.source, kind="camera"))
    for other in (SUMMARY, unseen, chosen, camera):
        assert "another exercise" not in render(other)


def test_names_in_tables_are_never_cut_off() -> None:
    made = text.table("Values", "quantity", "a s", "b s")
    made.add_row("drawn-trunk-thigh-averaged" * 3, "1.0", "2.0")
    found = text.laid_out([made], most=60, least=60)
    assert "…" not in found
    names = "".join(line[:50].strip() for line in found.splitlines()[3:] if line.strip())
    assert "".join(names.split()).startswith("drawn-trunk-thigh-averaged")
