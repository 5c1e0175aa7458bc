"""Finding the exercise while a recording runs: the same result, in memory that does not grow."""

from __future__ import annotations

import gc
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from posecheck import exercises, session
from posecheck.form.judge import Judge
from posecheck.pipeline.recorder import BATCH, Recorder
from posecheck.session import SessionWriter
from posecheck.types import Cause, Observation
from tests.figures import SEATED_VALID, SUPINE_VALID, nobody

if TYPE_CHECKING:
    from pathlib import Path

    from posecheck.session import Ended

SUPINE = exercises.load("supine-figure-four")


def seen(number: int) -> Observation:
    """Return somebody who lies in the stretch, now and then away, and who sat at first.

    Some pictures are black, and for a while the recording stands still.
    """
    t_s = number / 30
    if number % 100 > 95:
        return replace(nobody(t_s), dark=number % 100 > 97)
    somebody = (SEATED_VALID if number < 40 else SUPINE_VALID).at(t_s)
    return replace(somebody, repeated=100 < number < 110)


def recorder(path: Path | None) -> Recorder:
    opened = None if path is None else lambda: SessionWriter(path, {"side": "auto"}, None)
    return Recorder(None, None, opened, lambda _: ("a warning",))


@pytest.mark.parametrize("count", [1, BATCH, 150])
@pytest.mark.parametrize("ended", ["complete", "interrupted"])
def test_the_result_is_that_of_judging_by_the_exercise_from_the_start(
    count: int, ended: Ended, tmp_path: Path
) -> None:
    pictures = [seen(number) for number in range(count)]
    path = tmp_path / "a.posecheck.jsonl"
    with closing(recorder(path)) as kept:
        for first in range(0, count, 8):
            assert kept.take(pictures[first : first + 8]) == []
        tally = kept.finish(ended)
        exercise = tally.exercise
        assert kept.finish("complete") == tally
        assert kept.ended == ended
        assert [one.t_s for batch in kept.stored() for one in batch] == [p.t_s for p in pictures]
    judge = Judge(exercise)
    steps = list(judge.judge(pictures))
    assert tally == judge.finish()
    assert (tally.dark_pictures > 0) is (count > 98)
    assert any(f.rule == Cause.REPEATED for f in tally.faults) is (count > 101)
    assert exercise == SUPINE or count < 100
    written = session.load(path)
    assert repr(written.verdicts) == repr(tuple((step.t_s, step.verdict) for step in steps))
    assert (written.holds, written.ledger) == (tally.holds, tally.ledger)
    assert (written.ended, written.problems) == (ended, ())
    unwritten = recorder(None)
    unwritten.take(pictures)
    assert unwritten.finish(ended) == tally
    assert unwritten.last is not None
    assert repr(unwritten.last) == repr(kept.last) == repr(steps[-1])


def test_ctrl_c_while_exercises_are_tried_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(recorder(tmp_path / "a.posecheck.jsonl")) as kept:
        kept.take([seen(number) for number in range(BATCH - 1)])
        with monkeypatch.context() as patched:
            real = Judge.judge

            def judge(self: Judge, observations: list[Observation]) -> object:
                if self.exercise.name == "prone-press-up":
                    raise KeyboardInterrupt
                return real(self, observations)

            patched.setattr(Judge, "judge", judge)
            with pytest.raises(KeyboardInterrupt):
                kept.take([seen(number) for number in range(BATCH - 1, BATCH + 40)])
        tally = kept.finish("complete")
    assert tally.pictures == BATCH + 40


@pytest.mark.slow
@pytest.mark.parametrize("written", [True, False])
def test_no_more_pictures_are_in_memory_than_are_judged_together(
    written: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    before = alive()
    with closing(recorder(tmp_path / "a.posecheck.jsonl" if written else None)) as kept:
        for first in range(0, 320, 8):
            kept.take([seen(number) for number in range(first, first + 8)])
        assert alive() - before <= BATCH + 8
        kept.finish("complete")
        assert alive() - before <= BATCH + 8


def alive() -> int:
    gc.collect()
    return sum(isinstance(one, Observation) for one in gc.get_objects())
