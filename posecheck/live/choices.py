"""Start page of a live session: what there is to choose, and what was chosen last time."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from posecheck import exercises
from posecheck.errors import PoseCheckError
from posecheck.live import cautions
from posecheck.live.cautions import config_folder
from posecheck.page.live import (
    MOST_REPETITIONS,
    Begin,
    CameraChoice,
    Cautions,
    Choices,
    Chosen,
    Confirm,
    End,
    ExerciseCard,
    Look,
)
from posecheck.sources.camera import listing
from posecheck.sources.camera.camera import Camera
from posecheck.system import files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from posecheck.exercises import Exercise
    from posecheck.page.live import Command, LivePage

FILE_NAME: Final = "last-choice.json"
"""Name of the file in the user's config folder with what was chosen last time."""

FIRST: Final = ("seated-figure-four", "supine-figure-four")
"""Exercises that stand first; the others follow by name."""

WAIT_S: Final = 0.1
"""Seconds between looks for commands while a page is shown."""

LOOK_S: Final = 0.04
"""Seconds between pictures while somebody looks through a camera before the session."""

_CHOSEN: Final = TypeAdapter(Chosen)


def choose(page: LivePage, first: Chosen, problem: str = "") -> Chosen | None:
    """Show the start page until something is chosen; None if the page was left for good.

    Args:
        page: the page.
        first: what is chosen at first.
        problem: why the last choice could not begin; empty at first.
    """
    shown = Choices(_cards(), _cameras(first.camera), first, problem)
    page.put("choices", shown)
    page.stage("choose")
    camera: Camera | None = None
    names = exercises.names()
    try:
        while not has_left(page):
            for command in page.commands(LOOK_S if camera else WAIT_S):
                if isinstance(command, Begin | Look) and command.exercise not in names:
                    continue  # the page offers no other one
                if isinstance(command, Begin):
                    remember(command.chosen)
                    return command.chosen
                if isinstance(command, Look):
                    if camera is not None:
                        camera.close()
                    camera, problem = _look_through(page, command.chosen)
                    shown = replace(shown, problem=problem, looking=camera is not None)
                    page.put("choices", shown)
                    page.stage("choose")
            if camera is not None and (frame := camera.newest(LOOK_S)) is not None:
                page.show(frame.image_bgr, None)
        return None
    finally:
        if camera is not None:
            camera.close()


def _look_through(page: LivePage, chosen: Chosen) -> tuple[Camera | None, str]:
    """Open the chosen camera once the cautions are confirmed; return it, or the problem."""
    if not confirm(page, [exercises.load(chosen.exercise)]):
        return None, ""
    try:
        return Camera(chosen.camera), ""
    except PoseCheckError as error:
        return None, str(error)


def confirm(page: LivePage, wanted: Sequence[Exercise]) -> bool:
    """Show cautions that were not confirmed yet; return False if one page of them was left."""
    folder = config_folder()
    for exercise in wanted:
        found = cautions.page_for(exercise)
        page.put("cautions", Cautions(found.title, found.paragraphs, found.ask))
        if cautions.is_confirmed(exercise, folder):
            continue
        page.stage("cautions")
        answer = next_of(page, (Confirm, End))
        if not isinstance(answer, Confirm):
            return False
        cautions.confirm(exercise, folder)
    return True


def next_of(page: LivePage, kinds: tuple[type, ...]) -> Command | None:
    """Return the next command of some kinds; None if the page was left for good."""
    while not has_left(page):
        for command in page.commands(WAIT_S):
            if isinstance(command, kinds):
                return command
    return None


def has_left(page: LivePage) -> bool:
    """Whether the last page was closed and nobody has opened it again."""
    return page.server.gone_s() > GONE_S


GONE_S: Final = 10.0
"""Seconds after which a page that was closed before the session has begun ends it."""


def _cards() -> tuple[ExerciseCard, ...]:
    names = sorted(exercises.names(), key=lambda name: (name not in FIRST, name))
    return tuple(_card(exercises.load(name)) for name in names)


def _card(exercise: Exercise) -> ExerciseCard:
    dose, sided = exercise.dose, exercise.sides == "each"
    whose = " on each side" if sided else ""
    return ExerciseCard(
        name=exercise.name,
        title=exercise.title,
        summary=f"{exercise.summary.split('. ')[0].rstrip('.')}.",
        dose=f"{dose.hold_s:g} s, up to {dose.repetitions} times{whose}",
        sided=sided,
        demonstration=demonstration_of(exercise, still=True),
    )


def demonstration_of(exercise: Exercise, *, still: bool = False) -> str:
    """Return the address of an exercise's demonstration on the page; empty without one."""
    path = exercises.demonstration(exercise.name, still=still)
    return "" if path is None else f"/documents/{path.name}"


def _cameras(first: str) -> tuple[CameraChoice, ...]:
    """Return the cameras of this machine, and the one that is chosen at first."""
    found = [
        CameraChoice(str(device.index), f"{device.index}: {device.name or 'camera'}")
        for device in listing.find()
        if device.index >= 0
    ]
    if first not in {choice.value for choice in found}:
        found.append(CameraChoice(first, f"{first}: camera" if first.isdigit() else first))
    return tuple(found)


def recall(default: Chosen, folder: Path | None) -> Chosen:
    """Return the choice of the last time; the default if there is nothing usable."""
    if folder is None:
        return default
    try:
        chosen = _CHOSEN.validate_json(
            files.content(folder / FILE_NAME, files.LARGEST_MANIFEST_BYTES)
        )
    except (OSError, ValidationError):
        return default
    good = chosen.exercise in exercises.names() and 1 <= chosen.repetitions <= MOST_REPETITIONS
    return chosen if good else default


def remember(chosen: Chosen) -> None:
    """Keep what was chosen for the next time, as far as that can be written."""
    folder = config_folder()
    if folder is not None:
        cautions.keep(folder / FILE_NAME, json.dumps(asdict(chosen)))
