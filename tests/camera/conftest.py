"""A fake camera, and somebody who looks through it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

for _folder in (str(Path(__file__).parent), str(Path(__file__).parents[1])):
    if _folder not in sys.path:
        sys.path.insert(0, _folder)

import fakecam  # noqa: E402 - needs the paths above
from looker import COUNT, Looker  # noqa: E402
from media import cli, clips, here, no_thread_left  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["cli", "clips", "here", "no_thread_left"]


@pytest.fixture(scope="session")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> fakecam.Pictures:
    return fakecam.numbered(tmp_path_factory.mktemp("pictures"), count=COUNT)


@pytest.fixture
def fake(numbered: fakecam.Pictures, tmp_path: Path) -> Iterator[fakecam.FakeCamera]:
    """A camera that works, as /dev/video0 of processes that get its environment."""
    if reason := fakecam.why_not():
        pytest.skip(reason)
    with fakecam.FakeCamera(numbered, tmp_path) as camera:
        yield camera


@pytest.fixture
def look(fake: fakecam.FakeCamera) -> Iterator[Callable[..., Looker]]:
    """Return a function that lets somebody look through the fake camera."""
    started: list[Looker] = []

    def start(where: str = "0", *options: object) -> Looker:
        started.append(Looker(where, *options, environment=fake.environment))
        return started[-1]

    yield start
    for looker in started:
        looker.__exit__()
