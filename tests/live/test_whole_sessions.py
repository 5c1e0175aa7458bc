"""Whole live sessions in front of a camera that is not there."""

from __future__ import annotations

import shutil
import signal
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import fakecam
import pytest
from media import SAMPLES, SEATED, cut, environment, posecheck, run, times_of, write_video

from posecheck import analyse
from posecheck.session import load
from posecheck.types import Cause, State
from tests.pages import SOON_S, PageClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Live

    from posecheck.session import Session

    Start = Callable[..., Live]

pytestmark = pytest.mark.slow

HELD_S = 8.0
"""At this time the person of the sample clip is in valid form."""

TINY_DISK = (
    'mount -t tmpfs -o size="$1" tmpfs "$2" || exit 77; kept="$3"; disk="$2"; shift 3; '
    '"$@"; code=$?; cp -r "$disk"/. "$kept"; exit $code'
)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> fakecam.Pictures:
    """Pictures of somebody who is in valid form and stays there."""
    folder = tmp_path_factory.mktemp("held")
    (image, *_) = cut(SEATED, HELD_S, HELD_S + 0.1)
    return fakecam.from_video(write_video(folder / "held.mp4", [image] * 4), folder)


@pytest.fixture
def camera(held: fakecam.Pictures, tmp_path: Path) -> Iterator[fakecam.FakeCamera]:
    """A camera in front of that person."""
    with fakecam.FakeCamera(held, tmp_path) as found:
        yield found


def valid_s(session: Session) -> float:
    """Return the seconds between the first and the last valid picture."""
    valid = [t_s for t_s, verdict in session.verdicts if verdict.state is State.VALID]
    return valid[-1] - valid[0] if valid else 0.0


def test_the_whole_dose_of_a_side_without_a_key_counts_as_analyse_does(
    live: Start, tmp_path: Path
) -> None:
    clip = SAMPLES / "seated_three_repetitions.mp4"
    pictures = fakecam.from_video(clip, tmp_path)
    with fakecam.FakeCamera(pictures, tmp_path, loops=False) as camera:
        camera.wait_at_first()
        session = live("--side", "right", "--record", camera=camera)
        session.wait_until(lambda so_far: so_far.observations)
        camera.begin()
        code, out, err = session.ended(150)
    assert code == 0, err
    assert [line.split()[-1] for line in out.splitlines() if " right " in line][:3] == [
        "complete"
    ] * 3
    (said,) = err.splitlines()
    assert "recorded" in said
    lived = session.session()
    assert lived.ended == "complete"
    assert not lived.problems
    long_holds = [hold for hold in lived.holds if hold.held_s > 1]
    assert [hold.complete for hold in long_holds] == [True, True, True]
    # The same clip in both; a machine that drops many pictures sees another clip.
    rate = len(lived.observations) / lived.observations[-1].t_s
    close_s = 0.3 if rate > 25 else 0.5
    for hold, wanted in zip(long_holds, analyse(clip, side="right").holds, strict=True):
        assert hold.held_s == pytest.approx(wanted.held_s, abs=close_s)
    # The very pictures that the session looked at.
    (video,) = session.out.glob("*.mp4")
    assert video.stem == session.path.name.removesuffix(".posecheck.jsonl")
    again = [hold for hold in analyse(video, side="right").holds if hold.held_s > 1]
    for hold, wanted in zip(long_holds, again, strict=True):
        assert hold.held_s == pytest.approx(wanted.held_s, abs=0.2)
        assert hold.start_s == pytest.approx(wanted.start_s, abs=0.2)
    recorded = {round(t_s, 3) for t_s in times_of(video)}
    seen = {round(observation.t_s, 3) for observation in lived.observations}
    assert len(recorded - seen) <= 1, "only the last picture may not have been judged any more"


def test_unplugged_in_mid_hold_and_back(live: Start, camera: fakecam.FakeCamera) -> None:
    session = live("--side", "right", camera=camera)
    session.wait_until(lambda so_far: valid_s(so_far) > 2)
    camera.unplug()
    before = session.wait_until(lambda _: not camera.streaming)
    time.sleep(2.5)  # real time passes on both sides; longer than a hold survives
    camera.plug_in()
    session.wait_until(lambda so_far: len(so_far.verdicts) > len(before.verdicts) + 30)
    session.child.send_signal(signal.SIGINT)
    code, out, err = session.ended()
    assert code == 130
    assert "the camera was lost once" in out
    assert err.splitlines()[-1] == "posecheck: stopped; the session so far is kept"
    kept = session.session()
    assert kept.ended == "interrupted"
    assert kept.ledger is not None
    times = [seen.t_s for seen in kept.observations]
    gaps_s = [b - a for a, b in pairwise(times) if b - a > 0.5]
    assert gaps_s
    assert kept.ledger.seconds(State.UNSEEN) >= sum(gaps_s) - 0.001
    assert len([hold for hold in kept.holds if hold.held_s > 0.5]) == 2


def test_a_covered_lens_is_said_and_nothing_is_counted(
    live: Start, camera: fakecam.FakeCamera
) -> None:
    session = live(camera=camera)
    session.wait_until(lambda so_far: valid_s(so_far) > 1)
    camera.covered = True
    dark = session.wait_until(
        lambda so_far: (
            so_far.verdicts[-1][1].reason and so_far.verdicts[-1][1].reason.cause is Cause.NOBODY
        )
    )
    session.wait_until(lambda so_far: len(so_far.verdicts) > len(dark.verdicts) + 30)
    session.child.send_signal(signal.SIGINT)
    assert session.ended()[0] == 130
    verdicts = session.session().verdicts[len(dark.verdicts) :]
    assert all(verdict.state is State.UNSEEN for _, verdict in verdicts)


def test_a_camera_that_stalls_is_waited_for(live: Start, camera: fakecam.FakeCamera) -> None:
    session = live(camera=camera)
    session.wait_until(lambda so_far: valid_s(so_far) > 1)
    camera.stalled = True
    count = -1
    while count != (count := len(session.session().verdicts)):
        session.wait_until(lambda _: True)
    camera.stalled = False
    session.wait_until(lambda so_far: len(so_far.verdicts) > count + 20)
    session.child.send_signal(signal.SIGINT)
    assert session.ended()[0] == 130


def test_ended_on_the_page_it_asks_once_and_keeps_the_answers(
    live: Start, camera: fakecam.FakeCamera
) -> None:
    session = live(camera=camera)
    page = session.page
    assert page is not None
    session.wait_until(lambda so_far: len(so_far.verdicts) > 10)
    page.press("end")
    answered: list[str] = []
    until_s = time.monotonic() + SOON_S
    while page.stage != "end" or len(answered) < 2:
        assert time.monotonic() < until_s
        question = page.screens[-1]["question"]
        if question is not None and question["about"] not in answered:
            answered.append(question["about"])
            choice = question["choices"][2]
            page.send("answer", about=question["about"], choice=choice)
        time.sleep(0.05)
    page.end()
    code, out, err = session.ended()
    assert (code, err) == (0, "")
    assert "session: " in out
    kept = session.session()
    assert kept.ended == "complete"
    assert sorted(said.about for said in kept.statements) == sorted(answered)


def test_a_page_that_is_closed_and_opened_again_costs_no_second(
    live: Start, camera: fakecam.FakeCamera
) -> None:
    session = live("--side", "right", camera=camera)
    session.wait_until(lambda so_far: valid_s(so_far) > 1)
    assert session.page is not None
    session.page.close()
    time.sleep(2)
    session.page = PageClient(session.address)
    so_far = session.wait_until(lambda so_far: valid_s(so_far) > 6)
    session.child.send_signal(signal.SIGINT)
    assert session.ended()[0] == 130
    verdicts = [verdict.state for _, verdict in so_far.verdicts]
    held = verdicts[verdicts.index(State.VALID) :]
    assert held.count(State.VALID) > 0.95 * len(held)


def test_without_a_page_it_pauses_and_goes_on_with_one(
    live: Start, camera: fakecam.FakeCamera
) -> None:
    session = live("--side", "right", camera=camera)
    session.wait_until(lambda so_far: valid_s(so_far) > 1)
    assert session.page is not None
    session.page.close()
    time.sleep(7)
    session.page = page = PageClient(session.address)
    until_s = time.monotonic() + SOON_S
    while not page.screens or page.screens[-1]["phase"] == "paused":
        assert time.monotonic() < until_s
        time.sleep(0.1)
    assert page.screens[0]["phase"] == "paused"
    page.end()
    assert session.ended()[0] == 0


def test_killed_keeps_what_was_seen(live: Start, camera: fakecam.FakeCamera) -> None:
    session = live("--record", camera=camera)
    session.wait_until(lambda so_far: valid_s(so_far) > 4)
    session.child.kill()
    session.child.wait()
    kept = load(session.path)
    assert kept.ended is None
    assert len(kept.verdicts) > 20
    (video,) = session.out.glob("*.mp4")
    assert len(times_of(video)) > 1


def test_a_full_disk_ends_the_files_and_not_the_session(
    live: Start, camera: fakecam.FakeCamera, tmp_path: Path
) -> None:
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    kept.mkdir()
    words = ["unshare", "-m", "sh", "-c", TINY_DISK, "sh", "300k", str(disk), str(kept)]
    session = live("--record", "--out", disk, camera=camera, before=words)
    end_s = time.monotonic() + 60
    while camera.sent < 300 and session.child.poll() is None:
        assert time.monotonic() < end_s
        time.sleep(0.1)
    assert session.page is not None
    session.page.end()
    code, out, err = session.ended()
    if code == 77 or "unshare" in err:
        pytest.skip("may not mount a small disk here")
    assert code == 2
    full = [line for line in err.splitlines() if "the disk is full" in line]
    assert len(full) == 2, "one line for the session file, one for the video"
    (path,) = kept.glob("*.jsonl")
    written = load(path)
    assert written.verdicts[-1][1].state is State.VALID
    assert len(written.problems) <= 1, "at most the line that was cut off"
    (hold,) = [line.split() for line in out.splitlines() if "complete" in line]
    held_s = float(hold[4])  # after the number, the side in two words, and the start
    assert held_s > written.verdicts[-1][0], "it went on after the disk was full"


def test_the_cautions_are_confirmed_once_before_the_camera_is_switched_on(
    live: Start, camera: fakecam.FakeCamera, tmp_path: Path
) -> None:
    config = tmp_path / "somebody-new"
    first = live(camera=camera, XDG_CONFIG_HOME=str(config))
    assert first.page is not None
    time.sleep(2)  # nothing happens by itself
    assert camera.opened == 0
    assert first.page.stage == "cautions"
    first.page.send("confirm")
    first.wait_until(lambda so_far: so_far.verdicts)
    first.child.send_signal(signal.SIGINT)
    assert first.ended()[0] == 130
    first.path.unlink()
    second = live(camera=camera, XDG_CONFIG_HOME=str(config))
    second.wait_until(lambda so_far: so_far.verdicts)  # without a key
    assert second.page is not None
    second.page.end()
    assert second.ended()[0] == 0


def test_a_person_who_leaves_the_cautions_starts_nothing(
    live: Start, camera: fakecam.FakeCamera, tmp_path: Path
) -> None:
    session = live(camera=camera, XDG_CONFIG_HOME=str(tmp_path / "somebody-new"))
    assert session.page is not None
    session.page.send("end")
    assert session.ended() == (0, "", "")
    assert camera.opened == 0
    assert not list(session.out.iterdir())


def test_nothing_leaves_the_machine(
    live: Start, camera: fakecam.FakeCamera, tmp_path: Path
) -> None:
    log = tmp_path / "strace.log"
    tracer = ["strace", "-f", "-qq", "-e", "trace=network", "-o", str(log)]
    if shutil.which("strace") is None or run([*tracer, "true"], cwd=tmp_path).returncode:
        pytest.skip("strace does not work here")
    session = live(camera=camera, before=tracer, sound=True)
    session.wait_until(lambda so_far: valid_s(so_far) > 2)
    assert session.page is not None
    session.page.end()
    assert session.ended()[0] == 0
    calls = [line for line in log.read_text().splitlines() if "AF_INET" in line]
    bound = [line for line in calls if "inet_addr(" in line]
    assert bound, "the page's own socket is seen, so others would be"
    assert all('inet_addr("127.0.0.1")' in line for line in bound)
    assert not [line for line in calls if "connect(" in line]


def test_no_screen(tmp_path: Path) -> None:
    env = environment(DISPLAY="", WAYLAND_DISPLAY="")
    done = posecheck("live", "--out", tmp_path, cwd=tmp_path, env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "no screen" in done.stderr
    assert "--no-browser" in done.stderr


def test_no_camera(live: Start, tmp_path: Path) -> None:
    code, _, err = live("--camera", 9).ended()
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "no such camera" in err
    assert not list((tmp_path / "sessions").iterdir())


def test_a_busy_camera(live: Start, camera: fakecam.FakeCamera) -> None:
    camera.busy = fakecam.Busy.AT_OPEN
    code, _, err = live(camera=camera).ended()
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "another program" in err


def test_a_folder_that_takes_nothing_is_said_before_anyone_lies_down(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = posecheck("live", "--out", tmp_path / "file" / "folder", cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "cannot be written" in done.stderr
