"""What keys do to the course of a session; none of them is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posecheck.live import phrases
from posecheck.live.screen import Action, Phase
from posecheck.types import Side

if TYPE_CHECKING:
    from posecheck.live.course import Course


def press(course: Course, action: Action, t_s: float) -> None:
    """Do what a key asks for; when all is done, only starting again is possible."""
    course.set_time(t_s)
    if course.phase is Phase.DONE and action is not Action.RESTART:
        return
    {
        Action.PAUSE: _pause,
        Action.SKIP: _skip,
        Action.RESTART: _restart,
        Action.SIDE: _side,
    }[action](course)


def _pause(course: Course) -> None:
    if course.by_key:
        course.resume()
        return
    if course.phase is Phase.COMPLETE:
        course.pass_on(completed=True)
    if not course.agenda.over:
        course.pause("", by_key=True)


def _skip(course: Course) -> None:
    course.spend()
    if course.phase is Phase.PAUSED:
        course.resume()
    elif course.phase is Phase.COMPLETE:
        course.pass_on(completed=True)
    elif course.phase in {Phase.GET_INTO_POSITION, Phase.HOLD}:
        course.say(phrases.SKIPPED)
        course.pass_on(completed=False)
    else:
        course.enter(Phase.GET_INTO_POSITION)


def _restart(course: Course) -> None:
    course.spend()
    course.by_key = False
    course.restart()
    course.say(phrases.FROM_THE_START)
    in_set_up = course.phase is Phase.SET_UP
    course.enter(Phase.SET_UP if in_set_up else Phase.GET_INTO_POSITION)


def _side(course: Course) -> None:
    if course.side is Side.BOTH:
        course.say(phrases.NO_OTHER_SIDE)
        return
    side = course.side.other
    if course.phase is Phase.COMPLETE:
        course.pass_on(completed=True)
    if not course.agenda.over:
        course.by_key = False
        course.agenda.take_side(side)
        course.change_side()
