"""Whole routines in the time of a film: every frame is analysed, however busy the machine is.

Pose model, judge, coach, loop, session file and page are the real ones; only the camera is replaced
by one whose clock is that of the film. ``pytest -m bench tests/live/test_film_stories.py``.
"""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import pytest

from posecheck import exercises, session
from posecheck.live.coach.plan import make_plan
from posecheck.live.coach.program import Program
from posecheck.live.exercise_run import ExerciseRun, LiveDocuments, LiveOptions, LiveSession
from posecheck.live.sound import Sounds
from posecheck.page.live import LivePage, live_view
from posecheck.page.server import PageServer
from posecheck.pose import models
from posecheck.sources import SourceInfo, open_source
from posecheck.types import Side
from tests.films import Film, analysed, both, recorded, rendered, supine, visitors
from tests.pages import PageClient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from posecheck.types import Frame
    from tests.fakecam import Pictures

pytestmark = [pytest.mark.slow, pytest.mark.bench, pytest.mark.timeout(1800)]

EVERY: Final = 3
"""Every third picture of the camera is taken: 10 a second. An odd number, because every second one
has the same noise."""

CLOSE_S: Final = 0.3
"""Largest difference between a hold and the same one as `analyse` counts it, in seconds."""

MOTIONS: Final = ("seated_figure_four", "supine_figure_four")


class FilmCamera:
    """A camera that gives the next picture whenever it is asked; then its clock runs on fast.

    Its pictures are decoded as `analyse` decodes them: another decoder's differ by a little, and
    where a passer-by is nearly taken for the person, a few pixels decide.
    """

    def __init__(self, pictures: Pictures) -> None:
        self.info = SourceInfo("camera", "film", pictures.size_px, 0, 0.0)
        self.condition = SimpleNamespace(sentence="")
        self.dropped = 0
        self._t_s = 0.0
        self._source = open_source(recorded(pictures, EVERY))
        self._frames = self._source.frames()
        self._over = False

    def newest(self, timeout_s: float) -> Frame | None:
        """Return the next picture; None after the last."""
        frame = None if self._over else next(self._frames, None)
        if frame is None:
            self._over = True
            time.sleep(timeout_s)
            return None
        self._t_s = frame.t_s
        return frame

    def now_s(self) -> float:
        """Return the time of the last picture; after the film a second more at each call."""
        if self._over:
            self._t_s += 1.0
        return self._t_s

    def warnings(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        """Leave out what is left of the film."""
        self._over = True
        self._source.close()


def routine_of(
    pictures: Pictures, exercise: str, folder: Path
) -> tuple[session.Session, list[dict[str, Any]]]:
    """Run a routine of one hold on each side to its end; return it, and what was shown."""
    plan = make_plan(exercises.load(exercise), "both", 1)
    documents = LiveDocuments()
    wish = LiveOptions(Program((plan,)), "film", models.find(), folder, sound=False, browser=False)
    with (
        PageServer(live_view(documents.get)) as server,
        closing(PageClient(server.address)) as page,
        closing(Sounds(muted=True)) as sounds,
    ):
        camera: Any = FilmCamera(pictures)
        live = LiveSession(
            wish, Program((plan,)), camera, sounds, LivePage(server), documents, shown=None
        )
        ExerciseRun(live, plan, ()).run()
        assert live.error is None
        assert not live.faults
        (summary,) = live.summaries
        assert summary.session is not None
        return session.load(summary.session), list(page.screens)


STORIES: Final[dict[str, tuple[str, Callable[[Path], Film]]]] = {
    f"{motion} {view}": (motion, partial(rendered, motion=motion, view=view))
    for view in ("recommended", "laptop", "floor")
    for motion in MOTIONS
} | {
    "both sides": (MOTIONS[1], lambda _: both(supine)),
    "somebody walks by": (MOTIONS[1], lambda _: both(visitors)),
    "somebody leaves": (
        MOTIONS[1],
        lambda _: visitors(visitors(Film(), mirrored=True, away_s=20.0), mirrored=False).stay(3.0),
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_both_sides_are_complete_and_counted_as_analyse_counts(name: str, tmp_path: Path) -> None:
    motion, made = STORIES[name]
    pictures, exercise = made(tmp_path).taken(tmp_path / "film.pictures"), motion.replace("_", "-")
    lived, screens = routine_of(pictures, exercise, tmp_path)
    assert lived.ended == "complete"
    assert not lived.problems
    assert not lived.not_judged
    assert screens[-1]["phase"] == "done"
    assert screens[-1]["completed"] == 2
    found = [hold for hold in lived.holds if hold.complete]
    wanted = analysed(pictures, exercise, EVERY)
    assert [hold.side for hold in found] == [hold.side for hold in wanted]
    assert {hold.side for hold in found} == {Side.LEFT, Side.RIGHT}
    for hold, other in zip(found, wanted, strict=True):
        assert hold.held_s == pytest.approx(other.held_s, abs=CLOSE_S)
