"""Whole routines in front of a camera that is not there: no key, to the end page, as `analyse`.

One story runs always. The others take minutes, and those from the laptop place and the floor are
rendered first (pyvista): ``pytest -m bench tests/live/test_camera_stories.py``. They run in real
time: on a busy machine ``test_film_stories.py`` tells more.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import fakecam
import numpy as np
import pytest

from posecheck.types import Side
from tests.films import STAYS_S, Film, analysed, both, rendered, seated, supine, visitors
from tests.pages import SOON_S, PageClient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Live
    from playwright.sync_api import Page

    from posecheck.ledger import Hold
    from posecheck.session import Session

    Start = Callable[..., Live]

pytestmark = pytest.mark.slow

CLOSE_S: Final = 0.3
"""Largest difference between a hold and the same one in the film, in seconds."""


def stage_of(page: Page | PageClient) -> str:
    if isinstance(page, PageClient):
        return page.stage
    return str(page.get_attribute("#live", "data-stage"))


def whole_routine(  # noqa: PLR0913 - keyword-only
    live: Start,
    film: Film,
    folder: Path,
    *,
    exercise: str,
    open_page: Callable[[str], Page] | None = None,
    meanwhile: Callable[[fakecam.FakeCamera], None] | None = None,
) -> tuple[Live, fakecam.Pictures]:
    """Run a routine of one hold on each side, without a key, until the end page is reached.

    Returns:
        The session, and what the camera took.
    """
    pictures = film.taken(folder / "film.pictures")
    options = "--exercise", exercise, "--repetitions", 1
    with fakecam.FakeCamera(pictures, folder, loops=False) as camera:
        camera.wait_at_first()
        session = live(*options, camera=camera, page=open_page is None)
        page: Page | PageClient | None = session.page
        if open_page is not None:
            page = open_page(session.read_address())
        assert page is not None
        session.wait_until(lambda so_far: so_far.observations)
        camera.begin()
        until_s = time.monotonic() + film.seconds + SOON_S
        if meanwhile is not None:
            meanwhile(camera)
        while stage_of(page) != "end":
            assert session.child.poll() is None, session.child.communicate()
            assert time.monotonic() < until_s, "the end page was not reached"
            time.sleep(0.2)
    if isinstance(page, PageClient):
        page.end()
    else:
        assert "1 of 1" in page.inner_text("#results")
        page.click("#close")
    code, out, err = session.ended()
    assert code == 0, err
    assert "session: " in out
    return session, pictures


def unseen_s(lived: Session, hold: Hold) -> float:
    """Return the seconds in and beside a hold that nobody saw: the machine was busy elsewhere.

    Breaks longer than the exercise allows never count, and just before and after the hold the form
    may have been valid while no frame came. On a quiet machine that is two frames.
    """
    assert lived.exercise is not None
    times = np.array([seen.t_s for seen in lived.observations])
    first, last = np.searchsorted(times, [hold.start_s - 1e-5, hold.end_s - 1e-5])
    inside = np.diff(times[first : last + 1])
    lost_s = inside[inside > lived.exercise.timing.max_gap_s].sum()
    beside_s = np.diff(times[max(first - 1, 0) : first + 1]).sum()
    return float(lost_s + beside_s + np.diff(times[last : last + 2]).sum())


def check(session: Live, wanted: list[Hold]) -> None:
    """Both sides are complete, and each hold is as long as `analyse` finds it."""
    lived = session.session()
    assert lived.ended == "complete"
    assert not lived.problems
    assert not lived.not_judged
    holds = [hold for hold in lived.holds if hold.complete]
    assert {hold.side for hold in holds} == {Side.LEFT, Side.RIGHT}
    for hold, other in zip(holds, wanted, strict=True):
        assert hold.side is other.side
        missed_s = unseen_s(lived, hold)
        print(f"{hold.side}: {hold.held_s:.2f} s, unseen {missed_s:.2f}, film {other.held_s:.2f}")
        assert other.held_s - CLOSE_S - missed_s <= hold.held_s <= other.held_s + CLOSE_S


def test_seated_both_sides_with_a_real_browser(
    live: Start, tmp_path: Path, open_page: Callable[[str], Page]
) -> None:
    film, exercise = both(seated), "seated-figure-four"
    session, taken = whole_routine(live, film, tmp_path, exercise=exercise, open_page=open_page)
    check(session, analysed(taken, exercise, every=3))


@pytest.mark.bench
def test_supine_a_camera_unplugged_for_5_s_in_mid_hold(live: Start, tmp_path: Path) -> None:
    """The hold is lost, and the next one counts; the camera's frames go on by the clock."""
    first = supine(Film(), mirrored=True, stays_s=STAYS_S + 12.0)
    film, exercise = supine(first, mirrored=False).stay(3.0), "supine-figure-four"
    gone_s = 11.0, 16.0

    def unplugged(camera: fakecam.FakeCamera) -> None:
        time.sleep(gone_s[0])
        camera.unplug()
        time.sleep(gone_s[1] - gone_s[0])
        camera.plug_in()

    session, _ = whole_routine(live, film, tmp_path, exercise=exercise, meanwhile=unplugged)
    kept = session.session()
    assert [hold.complete for hold in kept.holds if hold.held_s > 1] == [False, True, True]
    wanted = analysed(film.without(*gone_s).taken(tmp_path / "gone.pictures"), exercise)
    # The camera needs a moment to be found again: that much of the next hold nobody saw.
    lived = [hold for hold in kept.holds if hold.complete]
    assert lived[0].held_s == pytest.approx(wanted[0].held_s, abs=2.0)
    check(session, [replace(wanted[0], held_us=lived[0].held_us), *wanted[1:]])


@pytest.mark.bench
def test_supine_both_sides_with_a_real_browser(
    live: Start, tmp_path: Path, open_page: Callable[[str], Page]
) -> None:
    film, exercise = both(supine), "supine-figure-four"
    session, taken = whole_routine(live, film, tmp_path, exercise=exercise, open_page=open_page)
    check(session, analysed(taken, exercise))


@pytest.mark.bench
def test_supine_somebody_walks_by_behind(live: Start, tmp_path: Path) -> None:
    film, exercise = both(visitors), "supine-figure-four"
    session, taken = whole_routine(live, film, tmp_path, exercise=exercise)
    check(session, analysed(taken, exercise))


@pytest.mark.bench
def test_supine_somebody_leaves_for_20_s_in_mid_hold(live: Start, tmp_path: Path) -> None:
    first = visitors(Film(), mirrored=True, away_s=20.0)
    film, exercise = visitors(first, mirrored=False).stay(3.0), "supine-figure-four"
    session, taken = whole_routine(live, film, tmp_path, exercise=exercise)
    assert session.page is not None
    assert any(screen["phase"] == "paused" for screen in session.page.screens)
    check(session, analysed(taken, exercise))


@pytest.mark.bench
@pytest.mark.parametrize("view", ["recommended", "laptop", "floor"])
@pytest.mark.parametrize("motion", ["seated_figure_four", "supine_figure_four"])
def test_both_sides_from_one_place_without_turning_round(
    motion: str, view: str, live: Start, tmp_path: Path
) -> None:
    film, exercise = rendered(tmp_path, motion, view), motion.replace("_", "-")
    session, taken = whole_routine(live, film, tmp_path, exercise=exercise)
    check(session, analysed(taken, exercise))
