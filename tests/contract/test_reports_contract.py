"""What every registered report promises (see ``posecheck.reports``)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from media import Clips, listing

import posecheck
from posecheck import reports
from posecheck.reports import open_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from posecheck.pipeline.recorder import Summary


def _is_table(text: str) -> bool:
    return "valid" in text and "unseen" in text and "{" not in text


def _is_json(text: str) -> bool:
    return text.count("\n") == 1 and json.loads(text)["schema"] == "posecheck.summary/1"


RECOGNISED: dict[str, Callable[[str], bool]] = {"table": _is_table, "json": _is_json}
each = pytest.mark.parametrize("name", reports.names())


def test_every_registered_report_has_a_check_here() -> None:
    assert set(reports.names()) == set(RECOGNISED)


@pytest.fixture(scope="module")
def summary(clips: Clips) -> Summary:
    return posecheck.analyse(clips.person, model="lite")


def variants(summary: Summary) -> list[Summary]:
    """Return summaries with everything, with nothing, and with what is hard to show."""
    nothing = replace(
        summary,
        frames=1,
        duration_s=0.0,
        ledger=posecheck.Ledger(),
        holds=(),
        faults=(),
        verdict=None,
    )
    odd = replace(
        summary,
        source=replace(summary.source, name="[/b] [red]\u00fc {x} %s.mp4"),
        warnings=("a [/b] warning", "x" * 300),
        session=Path("/tmp/[/b]/s.jsonl"),  # noqa: S108 - only shown
        video=Path("/tmp/[red]/v.mp4"),  # noqa: S108
        interrupted=True,
        chosen=True,
    )
    hold = posecheck.Hold(posecheck.Side.LEFT, 0, 12_000_000, 10_000_000, 10_000_000)
    near = replace(hold, side=posecheck.Side.RIGHT, held_us=9_999_999)
    full = replace(summary, holds=(hold, near))
    picture = replace(nothing, source=replace(summary.source, kind="picture"))
    judged = replace(picture, verdict=summary.verdict)
    return [summary, nothing, odd, full, picture, judged]


@each
def test_text_ends_in_a_newline_and_is_the_same_again(name: str, summary: Summary) -> None:
    for variant in variants(summary):
        first = open_report(name).render(variant)
        assert first.endswith("\n")
        assert not first.endswith("\n\n")
        assert open_report(name).render(variant) == first


@each
def test_touches_nothing_else(
    name: str, summary: Summary, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    for variant in variants(summary):
        open_report(name).render(variant)
    assert capfd.readouterr() == ("", "")
    assert listing(here) == {}


@each
def test_is_what_its_name_says(name: str, summary: Summary) -> None:
    assert RECOGNISED[name](open_report(name).render(summary))


@each
def test_names_are_shown_as_they_are(name: str, summary: Summary) -> None:
    text = open_report(name).render(variants(summary)[2])
    for shown in ("[/b] [red]\u00fc {x} %s.mp4", "a [/b] warning", "/tmp/[/b]/s.jsonl"):  # noqa: S108
        assert shown in text


@each
def test_a_hold_that_is_short_by_a_microsecond_is_not_complete(name: str, summary: Summary) -> None:
    text = open_report(name).render(variants(summary)[3])
    if name == "json":
        assert [hold["complete"] for hold in json.loads(text)["holds"]] == [True, False]
    else:
        lines = [line for line in text.splitlines() if "complete" in line]
        assert ["not complete" in line for line in lines] == [False, True]
        assert "10.0" not in lines[1].split("target")[0].split()[3]
        assert "9.9" in lines[1]
