"""``posecheck cameras`` and the camera's line in ``posecheck doctor``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from fakecam import Busy, FakeCamera
from media import environment, posecheck, run

if TYPE_CHECKING:
    from pathlib import Path

    from media import Cli


_DOCTOR = """
from posecheck.commands import doctor
finding = doctor.check_cameras()
print(finding.state, finding.found, bool(finding.remedy), sep="|")
"""


def listed(fake: FakeCamera, folder: Path, *options: str) -> str:
    """Run the command in a process that has the camera."""
    done = posecheck("cameras", *options, cwd=folder, env=environment(**fake.environment))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_camera_with_what_it_can_do(fake: FakeCamera, here: Path) -> None:
    """Its second device, which gives data about the pictures, is none."""
    first, *rest = listed(fake, here).splitlines()
    assert first.split(None, 1) == [
        "0", "Fake Camera, /dev/video0, 1280 x 720 at 30 pictures a second, ready",
    ]  # fmt: skip
    assert not any(line.strip().startswith("1") for line in rest)
    assert fake.opened > 0
    assert fake.sent == 0, "the light went on"


def test_json(fake: FakeCamera, here: Path) -> None:
    fake.plug_in(number=3)
    said = json.loads(listed(fake, here, "--json"))
    assert said == {
        "schema": "posecheck.cameras/1",
        "cameras": [
            {
                "index": 3,
                "device": "/dev/video3",
                "name": "Fake Camera",
                "size_px": [1280, 720],
                "fps": 30.0,
                "coding": "MJPG",
                "usable": True,
                "problem": None,
            }
        ],
    }


@pytest.mark.parametrize("busy", [Busy.AT_OPEN, Busy.AT_FORMAT])
def test_busy_camera_is_listed_with_what_to_do(busy: Busy, fake: FakeCamera, here: Path) -> None:
    fake.busy = busy
    lines = listed(fake, here).splitlines()
    assert lines[0].endswith("/dev/video0, busy") or lines[0].endswith("second, busy")
    assert lines[1].strip().startswith("-> another program uses this camera")
    (camera,) = json.loads(listed(fake, here, "--json"))["cameras"]
    assert (camera["usable"], camera["problem"]) == (False, "busy")


def test_forbidden_camera_is_listed_with_what_to_do(fake: FakeCamera, here: Path) -> None:
    fake.forbidden = True
    lines = listed(fake, here).splitlines()
    assert lines[0].endswith("no permission")
    assert "group video" in lines[1]


def test_no_camera(fake: FakeCamera, here: Path) -> None:
    fake.unplug()
    assert listed(fake, here).startswith("no camera found; plug one in\n")
    assert json.loads(listed(fake, here, "--json"))["cameras"] == []


def test_default_is_the_first_that_can_be_used(fake: FakeCamera, here: Path) -> None:
    words = [
        sys.executable,
        "-c",
        "from posecheck.sources.camera import listing; print(listing.default())",
    ]
    for number, busy, expected in [(0, Busy.FREE, "0"), (5, Busy.FREE, "5"), (5, 2, "0")]:
        fake.plug_in(number)
        fake.busy = busy
        assert run(words, cwd=here, env=environment(**fake.environment)).stdout == f"{expected}\n"


def test_doctor_names_them_in_one_line(fake: FakeCamera, here: Path) -> None:
    words = [sys.executable, "-c", _DOCTOR]

    def said() -> str:
        return run(words, cwd=here, env=environment(**fake.environment)).stdout.strip()

    assert said() == "ok|0 Fake Camera|False"
    fake.busy = Busy.AT_FORMAT
    assert said() == "note|0 Fake Camera (busy)|True"
    fake.unplug()
    assert said() == "note|none|True"


def test_neither_camera_nor_network_is_needed_for_the_list(cli: Cli) -> None:
    said = cli("cameras")
    assert (said.code, said.err) == (0, "")
    assert "rtsp://" in said.out
