"""Where results go: never over anything, and an honest line when they can't be written."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest
from media import (
    LITE,
    Clips,
    command,
    listing,
    person_images,
    posecheck,
    run,
    without_root_rights,
    write_video,
)

from posecheck.session import load

if TYPE_CHECKING:
    from media import Cli

pytestmark = pytest.mark.slow

LIMITED = (
    "import os, resource, sys; "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)
TINY_DISK = (
    'mount -t tmpfs -o size="$1" tmpfs "$2" || exit 77; kept="$3"; disk="$2"; shift 3; '
    '"$@"; code=$?; cp -r "$disk"/. "$kept"; exit $code'
)


def test_second_run_gets_a_number_and_changes_nothing(here: Path, clips: Clips, cli: Cli) -> None:
    first = cli("analyse", clips.nobody, "--json", *LITE).summary["session"]
    before = (here / first).read_bytes()
    second = cli("analyse", clips.nobody, "--json", *LITE).summary["session"]
    third = cli("analyse", clips.nobody, "--json", *LITE).summary["session"]
    assert [Path(path).name for path in (first, second, third)] == [
        "nobody.posecheck.jsonl",
        "nobody-2.posecheck.jsonl",
        "nobody-3.posecheck.jsonl",
    ]
    assert (here / first).read_bytes() == before


def test_same_name_from_two_folders_in_one_run(here: Path, clips: Clips, cli: Cli) -> None:
    (here / "a").mkdir()
    (here / "b").mkdir()
    shutil.copy(clips.nobody, here / "a" / "x.mp4")
    shutil.copy(clips.supine, here / "b" / "x.mov")
    assert cli("analyse", "a/x.mp4", "b/x.mov", "--out", "o", *LITE).code == 0
    assert sorted(path.name for path in (here / "o").iterdir()) == [
        "x-2.posecheck.jsonl",
        "x.posecheck.jsonl",
    ]


def test_dangling_link_is_not_written_through(here: Path, clips: Clips, cli: Cli) -> None:
    (here / "o").mkdir()
    (here / "o" / "nobody.posecheck.jsonl").symlink_to(here / "elsewhere")
    assert cli("analyse", clips.nobody, "--out", "o", *LITE).code == 0
    assert not (here / "elsewhere").exists()
    assert (here / "o" / "nobody-2.posecheck.jsonl").is_file()


def test_folders_are_made(here: Path, clips: Clips, cli: Cli) -> None:
    said = cli("analyse", clips.nobody, "--json", "--out", "a/b c/ü", *LITE)
    assert said.summary["session"] == "a/b c/ü/nobody.posecheck.jsonl"
    assert (here / said.summary["session"]).is_file()


@pytest.mark.parametrize("out", ["file", "file/below"])
def test_out_that_names_a_file(out: str, here: Path, clips: Clips, cli: Cli) -> None:
    (here / "file").write_text("precious")
    said = cli("analyse", clips.nobody, "--out", out, *LITE)
    assert said.code == 2
    assert said.complaint.startswith(f"{out}: cannot be written: ")
    assert "--out" in said.complaint
    assert listing(here) == {"file": b"precious"}


@pytest.mark.parametrize("mode", [0o555, 0o000, 0o600, 0o400])
def test_folder_that_cannot_be_written(mode: int, here: Path, clips: Clips) -> None:
    folder = here / "o"
    folder.mkdir()
    folder.chmod(mode)
    done = run(without_root_rights(command("analyse", clips.nobody, "--out", "o", *LITE)), cwd=here)
    folder.chmod(0o755)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("posecheck: o")
    assert "permission" in done.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("limit", [100, 90_000], ids=["at-once", "mid-run"])
def test_limit_on_file_size(limit: int, here: Path, clips: Clips) -> None:
    """A disk quota by another name; needs no rights."""
    words = [sys.executable, "-c", LIMITED, str(limit)]
    done = run([*words, *command("analyse", clips.person, "--out", "o", *LITE)], cwd=here)
    assert done.returncode == 2, done.stderr[-500:]
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "o/person.posecheck.jsonl: cannot be written" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("size", "mode", "video"),
    [("4k", "at-once", False), ("96k", "mid-run", False), ("96k", "mid-run", True)],
    ids=["at-once", "mid-run", "mid-run-with-video"],
)
def test_full_disk(size: str, mode: str, video: bool, here: Path, clips: Clips) -> None:  # noqa: FBT001
    """What was written before the disk was full stays, and can be read."""
    disk, kept = here / "disk", here / "kept"
    disk.mkdir()
    kept.mkdir()
    options = [*LITE, *(["--video"] if video else [])]
    words = command("analyse", clips.person, "--out", disk, *options)
    mounted = ["unshare", "-m", "sh", "-c", TINY_DISK, "sh", size, str(disk), str(kept)]
    done = run([*mounted, *words], cwd=here)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("may not mount; test_limit_on_file_size covers the rest")
    assert done.returncode == 2, done.stderr[-500:]
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "the disk is full" in done.stderr
    assert "--out" in done.stderr
    assert done.stdout == ""
    sessions = list(kept.glob("*.jsonl"))
    if mode == "mid-run":
        session = load(sessions[0])
        assert 1 <= len(session.observations) < 30
        assert len(session.problems) <= 1, "at most the line that was cut off"


def test_full_root_disk_and_a_usb_stick(here: Path, clips: Clips) -> None:
    """No room for temporary files, but --out names a place with room, as the line advised."""
    code = (
        "import sys, tempfile, posecheck.cli\n"
        "tempfile._candidate_tempdir_list = lambda: ['/nowhere']\n"
        "sys.exit(posecheck.cli.main(sys.argv[1:]))"
    )
    words = [sys.executable, "-c", code, *command("analyse", clips.nobody, *LITE)[3:]]
    done = run(words, cwd=here)
    assert done.returncode == 0, done.stderr[-300:]


def test_output_that_cannot_be_printed(here: Path, clips: Clips) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("analyse", clips.nobody, "--json", *LITE),
            cwd=here,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("posecheck: ")
    assert len(done.stderr.splitlines()) == 1, done.stderr[-300:]
    assert load(here / "posecheck-sessions" / "nobody.posecheck.jsonl").ended == "complete"


def test_reader_that_goes_away(here: Path, clips: Clips) -> None:
    """``posecheck ... | head -0``: no traceback."""
    child = subprocess.Popen(
        command("analyse", clips.nobody, *LITE),
        cwd=here,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    said = child.stderr.read()
    child.stderr.close()
    assert child.wait(30) == 2
    assert said == ""


def test_closed_standard_error(here: Path, clips: Clips) -> None:
    """Started by a service or a desktop file there may be none."""
    words = ["sh", "-c", 'exec "$@" 2>&-', "sh", *command("analyse", clips.nobody, "--json", *LITE)]
    done = run(words, cwd=here)
    assert done.returncode == 0, done.stdout
    assert '"frames":8' in done.stdout


def test_silent_on_standard_error(here: Path, clips: Clips) -> None:
    """Captured at the file descriptor: also what native libraries say."""
    done = posecheck("analyse", clips.person, "--video", cwd=here)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("exercise", ["seated-figure-four", "auto"])
def test_annotated_video(exercise: str, here: Path, clips: Clips, cli: Cli) -> None:
    said = cli("analyse", clips.person, "--video", "--json", "--exercise", exercise, *LITE)
    assert (said.code, said.err) == (0, "")
    path = here / said.summary["video"]
    assert path.name == "person.posecheck.mp4"
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        frames = [
            (float(f.pts * f.time_base), f.to_ndarray(format="bgr24"))
            for f in container.decode(video=0)
        ]
    assert len(frames) == 30
    assert [t_s for t_s, _ in frames] == pytest.approx([n / 15 for n in range(30)], abs=1e-3)
    changed = [
        (abs(drawn.astype(int) - plain).max(axis=2) > 60).mean()
        for (_, drawn), plain in zip(frames, person_images(), strict=True)
    ]
    assert min(changed) > 0.01, "nothing is drawn"
    again = cli("analyse", clips.person, "--video", "--json", *LITE).summary
    assert Path(again["video"]).name == "person-2.posecheck.mp4"
    assert Path(again["session"]).name == "person-2.posecheck.jsonl"


@pytest.mark.usefixtures("here")
def test_annotated_video_of_odd_sizes(tmp_path: Path, cli: Cli) -> None:
    from posecheck.system.opencv import cv2  # noqa: PLC0415

    for size in ((641, 479), (1, 1), (3, 500)):
        images = [cv2.resize(image, size) for image in person_images()[:2]]
        path = tmp_path / f"odd{size[0]}.mkv"
        write_video(path, images, codec="ffv1", pix_fmt="bgr0")
        said = cli("analyse", path, "--video", "--json", *LITE)
        assert (said.code, said.err) == (0, ""), size
        assert Path(said.summary["video"]).is_file()


def test_table_names_the_figures(here: Path, clips: Clips, cli: Cli) -> None:
    said = cli("analyse", clips.person)
    assert (said.code, said.err) == (0, "")
    assert "person.mp4: seated figure-four" in said.out
    for word in ("valid", "wrong", "unseen", "Lean further forward from the hips", "session: "):
        assert word in said.out
    summary = cli("analyse", clips.person, "--json").summary
    shown = re.findall(r"(valid|wrong|unseen) +(\d+\.\d)", said.out)
    assert [name for name, _ in shown[:3]] == ["valid", "wrong", "unseen"]
    for name, seconds in shown[:3]:
        assert float(seconds) == pytest.approx(summary["seconds"][name], abs=0.1)
    assert "\x1b" not in said.out
    assert here.is_dir()
