"""``--json``: one object per video and nothing else, with sums that come out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from media import LITE, Clips

import posecheck as package
from posecheck.reports import open_report

if TYPE_CHECKING:
    from media import Cli

pytestmark = pytest.mark.slow

SHAPE = {
    "schema": str,
    "source": str,
    "exercise": str,
    "duration_s": float,
    "frames": int,
    "seconds": {"valid": float, "wrong": float, "unseen": float},
    "holds": [
        {
            "side": str,
            "side_known": str,
            "start_s": float,
            "end_s": float,
            "held_s": float,
            "target_s": float,
            "complete": bool,
        }
    ],
    "faults": [{"rule": str, "verdict": str, "seconds": float, "cue": str}],
    "accuracy": dict,
    "warnings": [str],
    "session": str,
}


def assert_shape(value: object, shape: Any, place: str = "summary") -> None:  # noqa: ANN401
    if isinstance(shape, dict):
        assert isinstance(value, dict), place
        assert set(value) == set(shape), place
        for key, part in shape.items():
            assert_shape(value[key], part, f"{place}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), place
        for number, item in enumerate(value):
            assert_shape(item, shape[0], f"{place}[{number}]")
    else:
        assert type(value) is shape, f"{place} is {value!r}"


def assert_sums(summary: dict[str, Any]) -> None:
    seconds = summary["seconds"]
    assert sum(seconds.values()) == pytest.approx(summary["duration_s"], abs=1e-9)
    lost = sum(fault["seconds"] for fault in summary["faults"])
    assert lost == pytest.approx(seconds["wrong"] + seconds["unseen"], abs=1e-9)
    for kind in ("wrong", "unseen"):
        part = sum(f["seconds"] for f in summary["faults"] if f["verdict"] == kind)
        assert part == pytest.approx(seconds[kind], abs=1e-9)
    assert sum(hold["held_s"] for hold in summary["holds"]) <= seconds["valid"] + 1e-9
    for hold in summary["holds"]:
        assert 0 < hold["held_s"] <= hold["end_s"] - hold["start_s"] + 1e-9
        assert hold["complete"] == (hold["held_s"] >= hold["target_s"])
    assert [f["seconds"] for f in summary["faults"]] == sorted(
        (f["seconds"] for f in summary["faults"]), reverse=True
    )


@pytest.mark.parametrize("exercise", ["seated-figure-four", "supine-figure-four", "auto"])
@pytest.mark.usefixtures("here")
def test_schema_and_sums(exercise: str, clips: Clips, cli: Cli) -> None:
    said = cli("analyse", clips.person, "--exercise", exercise, "--json")
    assert (said.code, said.err) == (0, "")
    assert_shape(said.summary, SHAPE | ({"exercise_fits": bool} if exercise == "auto" else {}))
    assert_sums(said.summary)
    assert said.summary["schema"] == "posecheck.summary/1"
    assert said.summary["frames"] == 30
    assert said.summary["duration_s"] == pytest.approx(29 / 15, abs=1e-5)


@pytest.mark.usefixtures("here")
def test_person_clip_has_valid_and_wrong_seconds(clips: Clips, cli: Cli) -> None:
    """Guards the other tests: without both kinds of seconds their sums would be empty."""
    summary = cli("analyse", clips.person, "--json").summary
    assert summary["seconds"]["valid"] > 0.3
    assert summary["seconds"]["wrong"] > 0.3
    assert summary["holds"]
    assert summary["holds"][0]["side"] == "right"
    assert not summary["holds"][0]["complete"]
    assert [fault["rule"] for fault in summary["faults"]] == ["lean"]


@pytest.mark.usefixtures("here")
def test_one_line_for_each_video(clips: Clips, cli: Cli) -> None:
    said = cli("analyse", clips.person, clips.supine, clips.nobody, "--json", *LITE)
    assert (said.code, said.err) == (0, "")
    summaries = [json.loads(line) for line in said.out.splitlines()]
    assert [s["source"] for s in summaries] == ["person.mp4", "supine.mp4", "nobody.mp4"]
    for summary in summaries:
        assert_shape(summary, SHAPE)
        assert_sums(summary)


def test_python_gives_the_same(clips: Clips, here: Path, cli: Cli) -> None:
    said = cli("analyse", clips.person, "--json", "--out", here / "cli")
    summary = package.analyse(clips.person, out_dir=here / "python")
    text = open_report("json").render(summary)
    assert text == said.out.replace(str(here / "cli"), str(here / "python"))
    held = summary.ledger.seconds(package.State.VALID)
    assert held == said.summary["seconds"]["valid"]
    assert summary.holds[0].held_s == said.summary["holds"][0]["held_s"]


def test_python_writes_nothing_without_a_folder(clips: Clips, here: Path) -> None:
    summary = package.analyse(str(clips.nobody), model="lite")
    assert summary.session is None
    assert list(here.iterdir()) == []


@pytest.mark.usefixtures("here")
def test_python_refuses_an_unknown_side_in_one_line(clips: Clips) -> None:
    with pytest.raises(package.PoseCheckError, match="side"):
        package.analyse(clips.nobody, side="up", model="lite")


@pytest.mark.usefixtures("here")
def test_python_refuses_a_video_without_a_folder(clips: Clips) -> None:
    with pytest.raises(package.PoseCheckError, match="out_dir"):
        package.analyse(clips.nobody, video=True)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.usefixtures("here")
def test_side_is_the_one_that_was_asked_for(side: str, clips: Clips, cli: Cli) -> None:
    summary = cli("analyse", clips.person, "--json", "--side", side).summary
    assert {hold["side"] for hold in summary["holds"]} <= {side}
    # No rule names a leg, so the side that is given is the side, whichever leg it was.
    assert summary["seconds"]["valid"] > 0
    assert {(hold["side"], hold["side_known"]) for hold in summary["holds"]} == {(side, "given")}


def test_hold_that_reaches_its_target_is_complete(clips: Clips, here: Path, cli: Cli) -> None:
    """With an own exercise whose dose is short, so that the clip may be short, too."""
    shipped = Path(package.__file__).parent / "exercises" / "seated-figure-four.toml"
    text = shipped.read_text("utf-8")
    for target_s, complete in ((0.5, True), (5.0, False)):
        changed = text.replace("hold_s = 10.0", f"hold_s = {target_s}")
        assert changed != text
        (here / "short.toml").write_text(changed, "utf-8")
        summary = cli("analyse", clips.person, "--json", "--exercise", "short.toml").summary
        assert [hold["complete"] for hold in summary["holds"]] == [complete]
        assert summary["holds"][0]["target_s"] == target_s
        assert_shape(summary, SHAPE)
        assert_sums(summary)
