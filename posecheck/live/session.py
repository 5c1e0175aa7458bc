"""Live session from its first page to its summaries: opens the parts, runs them, sums up."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from posecheck import exercises
from posecheck.errors import PoseCheckError
from posecheck.live import choices
from posecheck.live.cautions import config_folder
from posecheck.live.coach.plan import make_plan
from posecheck.live.coach.program import Program
from posecheck.live.exercise_run import ExerciseRun, LiveDocuments, LiveOptions, LiveSession
from posecheck.live.sound import Sounds
from posecheck.page import DOCUMENT_POLICY, Document, report
from posecheck.page.live import Chosen, End, LivePage, Press, Status, live_view
from posecheck.page.server import serve
from posecheck.sources.camera.camera import Camera
from posecheck.system import outputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from posecheck.live.coach.prompt import Achieved
    from posecheck.pipeline.recorder import Summary
    from posecheck.session import Ended

RESULT_S: Final = 60.0
"""Seconds for which the end page stays when its questions are over; then it closes by itself."""


TURN_S: Final = 0.0005
"""Seconds after which a thread of Python lets another one run while a session runs. With the usual
5 ms the page's thread gets a picture 2.6 ms later in the median: the judge has to finish first."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a live session.

    Attributes:
        summaries: one for each exercise that was begun; none if it was left before.
        ended: complete, interrupted by Ctrl-C, or failed.
        faults: outputs that could not be written, one line each.
        error: the exception that ended it; to be raised again after the result is printed.
    """

    summaries: tuple[Summary, ...]
    ended: Ended
    faults: tuple[str, ...] = ()
    error: BaseException | None = None


def run(wish: LiveOptions, shown: Callable[[float], None] | None = None) -> Outcome:
    """Run a live session on a page, on the main thread.

    Args:
        wish: the options.
        shown: called, in another thread, with the age in seconds of each picture that the page
            has drawn: from the camera's stamp to the page's acknowledgement.

    Raises:
        PoseCheckError: if it can't start (no screen, no camera, no writable folder); one line.
    """
    _check_folder(wish.out_dir)
    documents = LiveDocuments()
    session: LiveSession | None = None
    try:
        with (
            serve(live_view(documents.get, recording=wish.record), browser=wish.browser) as server,
            ExitStack() as parts,
        ):
            page = LivePage(server)
            _wait_for_page(page)
            started = _started(page, wish, parts)
            if started is None:
                return Outcome((), "complete")
            session = LiveSession(*started, page, documents, shown)
            parts.enter_context(_short_turns())
            _run_exercises(session)
    except KeyboardInterrupt:
        if session is None or session.ended is None:
            raise
    assert session is not None  # noqa: S101 - or something was raised
    assert session.ended is not None  # noqa: S101 - the same
    return Outcome(tuple(session.summaries), session.ended, tuple(session.faults), session.error)


@contextmanager
def _short_turns() -> Iterator[None]:
    """Let threads take turns of `TURN_S` meanwhile."""
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual_s)


def _wait_for_page(page: LivePage) -> None:
    """Wait until a page is there; Ctrl-C ends it."""
    while not page.server.pages:
        time.sleep(choices.WAIT_S)


def _started(
    page: LivePage, wish: LiveOptions, parts: ExitStack
) -> tuple[LiveOptions, Program, Camera, Sounds] | None:
    """Let the person choose and confirm, then open camera and sound; None if it was left.

    Raises:
        PoseCheckError: if the camera can't be opened and was not chosen on the page.
    """
    problem, chosen = "", None
    while True:
        now = wish
        if wish.program is None:
            first = chosen or choices.recall(_default(wish), config_folder())
            chosen = choices.choose(page, first, problem)
            if chosen is None:
                return None
            program = _program_of(chosen)
            now = replace(wish, program=program, camera=chosen.camera, sound=chosen.sound)
        assert now.program is not None  # noqa: S101 - it was named or chosen
        if not choices.confirm(page, [plan.exercise for plan in now.program.plans]):
            if wish.program is not None or choices.has_left(page):
                return None
            continue
        page.stage("starting")
        try:
            camera = parts.enter_context(closing(Camera(now.camera)))
        except PoseCheckError as error:
            if wish.program is not None:
                raise
            problem = str(error)
            continue
        sounds = parts.enter_context(closing(Sounds(muted=not now.sound, count=now.count)))
        return now, now.program, camera, sounds


def _default(wish: LiveOptions) -> Chosen:
    """Return the first choice on the start page, when nothing is known."""
    name = choices.FIRST[0]
    repetitions = exercises.load(name).dose.repetitions
    return Chosen(name, "both", repetitions, wish.camera, wish.sound)


def _program_of(chosen: Chosen) -> Program:
    """Return the choice of the start page, as a program of one exercise."""
    exercise = exercises.load(chosen.exercise)
    side = chosen.side if exercise.sides == "each" else "both"
    return Program((make_plan(exercise, side, chosen.repetitions),))


def _run_exercises(session: LiveSession) -> None:
    """Run the exercises one after the other, and show the end.

    Raises:
        Exception: the error that ended the session before a frame was judged.
    """
    before: tuple[Achieved, ...] = ()
    for plan in session.program.plans:
        exercise = ExerciseRun(session, plan, before)
        goes_on = exercise.run()
        before += (exercise.routine.achieved,)
        if not goes_on:
            break
    if session.ended == "complete" and not exercise.left:
        _show_result(session)


def _show_result(session: LiveSession) -> None:
    """Show the end page with the report until it is closed, or for `RESULT_S`."""
    page = session.page
    paths = [summary.session for summary in session.summaries if summary.session is not None]
    found = _report_of(paths) if paths else None
    if found is not None:
        session.documents.made["report"] = found
    until_s = time.monotonic() + RESULT_S
    while (left_s := until_s - time.monotonic()) > 0 and not choices.has_left(page):
        page.put("status", Status(closes_s=round(left_s), report=found is not None))
        for command in page.commands(choices.WAIT_S):
            if isinstance(command, End) or (isinstance(command, Press) and command.key == "end"):
                return


def _report_of(paths: list[Path]) -> Document | None:
    """Return the report of session files; None if it can't be made."""
    try:
        html = report.render([report.read(path) for path in paths], datetime.now().astimezone())
    except PoseCheckError:
        return None  # a session file that was not written to its end
    return Document(html.encode(), "text/html; charset=utf-8", DOCUMENT_POLICY)


def _check_folder(folder: Path) -> None:
    """Make the folder for the results and check that it is writable, before the session starts.

    Raises:
        OutputError: if it is not.
    """
    outputs.make_folder(folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise outputs.failed(folder, PermissionError(13, "Permission denied"))
