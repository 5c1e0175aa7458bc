"""What a command loads: help and version are as quick as bare Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from media import Clips, command, run

import posecheck

pytestmark = pytest.mark.slow

HEAVY = {"cv2", "mediapipe", "numpy", "rich", "av", "pydantic", "matplotlib", "sounddevice"}
LOADED = (
    "import json, sys\n"
    "from posecheck.cli import main\n"
    "try:\n    code = main(sys.argv[1:])\n"
    "except SystemExit as stop:\n    code = stop.code\n"
    "print(json.dumps([code, sorted({name.split('.')[0] for name in sys.modules})]))\n"
)


def loaded(here: Path, *arguments: str) -> tuple[int, set[str]]:
    done = run([sys.executable, "-c", LOADED, *arguments], cwd=here)
    assert done.stderr == ""
    code, names = json.loads(done.stdout.splitlines()[-1])
    return code, set(names)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["analyse", "--help"], ["exercises", "--help"], ["doctor", "-h"]],
    ids=" ".join,
)
def test_help_loads_nothing_heavy(arguments: list[str], here: Path) -> None:
    code, names = loaded(here, *arguments)
    assert code == 0
    assert "posecheck" in names
    assert names & HEAVY == set()


def test_detector_of_heavy_modules_works(here: Path) -> None:
    code, names = loaded(here, "exercises")
    assert code == 0
    assert "rich" in names
    assert names & {"cv2", "mediapipe", "av"} == set()


def test_analysis_does_not_load_what_it_does_not_need(here: Path, clips: Clips) -> None:
    code, names = loaded(here, "analyse", str(clips.nobody), "--json", "--model", "lite")
    assert code == 0
    assert {"cv2", "numpy", "av"} <= names  # av reads the recording
    assert names & {"matplotlib", "sounddevice", "rich"} == set()


def test_import_of_the_package_is_light(here: Path) -> None:
    code = "import json, sys, posecheck; print(json.dumps(sorted(sys.modules)))"
    done = run([sys.executable, "-c", code], cwd=here)
    names = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert "posecheck" in names
    assert names & HEAVY == set()


def test_public_names_are_there() -> None:
    for name in posecheck.__all__:
        assert getattr(posecheck, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        posecheck.nonsense  # noqa: B018


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["fly"], ["analyse"]])
def test_module_equals_command(arguments: list[str], here: Path) -> None:
    from pathlib import Path  # noqa: PLC0415

    script = str(Path(sys.executable).with_name("posecheck"))
    one, two = run([script, *arguments], cwd=here), run(command(*arguments), cwd=here)
    assert (one.returncode, one.stdout, one.stderr) == (two.returncode, two.stdout, two.stderr)
    assert one.stdout + one.stderr


def test_an_opencv_that_cannot_be_loaded_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    """As on a server without libGL; a cv2 that fails to import stands in for it."""
    (tmp_path / "cv2.py").write_text('raise ImportError("libGL.so.1: no such file")')
    clip = Path(__file__).parents[2] / "sample_videos" / "seated_figure_four.mp4"
    done = subprocess.run(
        [sys.executable, "-m", "posecheck", "analyse", str(clip)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "libGL.so.1" in done.stderr
    assert "apt install libgl1" in done.stderr
