"""The start page of a live session: what is offered, remembered, and refused."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from posecheck import exercises
from posecheck.live import choices
from posecheck.live.coach.plan import make_plan
from posecheck.page.live import MOST_REPETITIONS, Begin, Chosen, Look

if TYPE_CHECKING:
    from pathlib import Path

FIRST = Chosen("seated-figure-four", "both", 3, "0", sound=True)


class StartPage:
    """A page on which commands are given one after the other."""

    def __init__(self, *commands: Begin | Look) -> None:
        self.coming = [[one] for one in commands]
        self.server = SimpleNamespace(gone_s=lambda: 0.0)

    def put(self, part: str, value: object) -> None:
        pass

    def stage(self, name: str) -> None:
        pass

    def commands(self, _wait_s: float) -> list[Any]:
        return self.coming.pop(0)


def test_the_largest_number_on_the_start_page_may_begin() -> None:
    exercise = exercises.load(FIRST.exercise)
    assert make_plan(exercise, "both", MOST_REPETITIONS).repetitions == MOST_REPETITIONS


def test_what_the_page_does_not_offer_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name of an exercise may be the path of a file elsewhere; the page offers none."""
    monkeypatch.setattr(choices, "config_folder", lambda: tmp_path)
    wild = asdict(replace(FIRST, exercise="/etc/passwd"))
    wanted = replace(FIRST, exercise="pigeon", repetitions=2)
    page: Any = StartPage(
        Look(do="look", **wild), Begin(do="begin", **wild), Begin(do="begin", **asdict(wanted))
    )
    assert choices.choose(page, FIRST) == wanted
    assert choices.recall(FIRST, tmp_path) == wanted


@pytest.mark.parametrize("repetitions", [0, MOST_REPETITIONS + 1])
def test_a_remembered_choice_that_can_t_begin_is_forgotten(
    repetitions: int, tmp_path: Path
) -> None:
    kept = asdict(replace(FIRST, exercise="pigeon", repetitions=repetitions))
    (tmp_path / choices.FILE_NAME).write_text(json.dumps(kept))
    assert choices.recall(FIRST, tmp_path) == FIRST
