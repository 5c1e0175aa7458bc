"""What a camera promises as a source (see ``posecheck.sources``), wherever it stands.

It has no end, no hints about its length, and two runs differ; the rest is as for files.
Each is looked through in a process of its own: a fake camera exists only there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

_CAMERA = str(Path(__file__).parents[1] / "camera")
if _CAMERA not in sys.path:
    sys.path.insert(0, _CAMERA)

import fakecam  # noqa: E402 - needs the path that conftest adds
import numpy as np  # noqa: E402
from looker import Looker  # noqa: E402 - needs the path above
from servers import MjpegServer, records  # noqa: E402

Look = Callable[..., Looker]
BLUE = (255, 0, 0)
SIZE_PX = (1280, 720)


@pytest.fixture(scope="module")
def blue(tmp_path_factory: pytest.TempPathFactory) -> fakecam.Pictures:
    image = np.full((*SIZE_PX[::-1], 3), BLUE, np.uint8)
    return fakecam.from_images([image] * 30, tmp_path_factory.mktemp("blue") / "blue.pictures")


@pytest.fixture(params=["device", "network"])
def look(request: pytest.FixtureRequest, blue: fakecam.Pictures, tmp_path: Path) -> Iterator[Look]:
    """Return a function that lets somebody look through one kind of camera."""
    if request.param == "network":
        with MjpegServer(records(blue)) as server:
            yield lambda *options: Looker(server.url(), *options, environment={})
        return
    if reason := fakecam.why_not():
        pytest.skip(reason)
    with fakecam.FakeCamera(blue, tmp_path) as fake:
        yield lambda *options: Looker("0", *options, environment=fake.environment)


def test_source_contract(look: Look) -> None:
    """In one go, because each start of a process costs a second."""
    with look("--keep", 20) as looker:
        begun = looker.until(lambda line: "name" in line)
        pictures = looker.pictures(25)
        last = looker.finish()
    assert begun["source"] == "camera"
    assert begun["size"] == list(SIZE_PX), "known before the first picture is taken"
    times = [picture["t"] for picture in pictures]
    assert times[0] >= 0
    assert all(one < other for one, other in pairwise(times))
    assert times[-1] - times[0] > 0.8 * 24 / 30, "faster than the camera"
    assert last["kept"] == [], "kind, shape, memory of the pictures"
    for picture in pictures:
        assert picture["mean"] == pytest.approx(BLUE, abs=4)
    assert last["warnings"] == []
    assert last["after_close"] == [True, []]


def test_close_before_a_picture_is_taken(look: Look) -> None:
    with look("--slow", 60) as looker:
        looker.until(lambda line: "name" in line)
        assert looker.finish()["closed_s"] < 4.5
