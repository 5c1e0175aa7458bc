"""Nothing leaves the machine: seen from outside, with a detector that is itself tested."""

from __future__ import annotations

import re
import shutil
import socket
import sys
import threading
from typing import TYPE_CHECKING, Final

import pytest
from media import LITE, Clips, command, environment, run

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

TALKER: Final = [
    sys.executable,
    "-c",
    "import socket; s = socket.socket(); s.settimeout(1); print(s.connect_ex(('127.0.0.1', 9)))",
]
"""What the detectors must catch: a child that opens a socket of the internet family."""

_BLOCKER: Final = """
import socket, sys
def refuse(*a, **k):
    with open({log!r}, "a") as log:
        log.write("AF_INET socket\\n")
    raise OSError("no network in this test")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
"""


class Strace:
    """Reads the system calls of a process and of all its children and threads."""

    name = "strace"

    @staticmethod
    def works(folder: Path) -> bool:
        if shutil.which("strace") is None:
            return False
        done = run(["strace", "-f", "-e", "trace=network", "true"], cwd=folder)
        return done.returncode == 0

    @staticmethod
    def watch(words: list[str], folder: Path) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        log = folder / "strace.log"
        traced = ["strace", "-f", "-qq", "-e", "trace=network", "-o", str(log), *words]
        done = run(traced, cwd=folder)
        return done, [line for line in log.read_text().splitlines() if "AF_INET" in line]


class PrivateNetwork:
    """Gives a process a network with nothing in it and counts what it tried to send."""

    name = "private network"

    @staticmethod
    def _unshare(folder: Path) -> list[str] | None:
        for way in (["unshare", "-n"], ["unshare", "-rn"]):
            if shutil.which("unshare") and run([*way, "true"], cwd=folder).returncode == 0:
                return way
        return None

    @classmethod
    def works(cls, folder: Path) -> bool:
        return cls._unshare(folder) is not None

    @classmethod
    def watch(
        cls, words: list[str], folder: Path
    ) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        way = cls._unshare(folder)
        assert way is not None
        # In the empty network even loopback is down; the kernel counts each failed attempt.
        script = '"$@"; code=$?; cat /proc/net/snmp > counts; exit $code'
        done = run([*way, "sh", "-c", script, "sh", *words], cwd=folder)
        header, values = [
            line.split()
            for line in (folder / "counts").read_text().splitlines()
            if line.startswith("Ip:")
        ]
        counts = dict(zip(header, values, strict=True))
        tries = int(counts["OutNoRoutes"]) + int(counts["OutRequests"])
        return done, [f"{tries} packets"] if tries else []


class Blocker:
    """Replaces Python's sockets in the child; the weakest, and available everywhere."""

    name = "blocked sockets"

    @staticmethod
    def works(folder: Path) -> bool:
        return folder.is_dir()

    @staticmethod
    def watch(words: list[str], folder: Path) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        site, log = folder / "site", folder / "blocked.log"
        site.mkdir(exist_ok=True)
        (site / "sitecustomize.py").write_text(_BLOCKER.format(log=str(log)))
        done = run(words, cwd=folder, env=environment(PYTHONPATH=str(site)))
        return done, log.read_text().splitlines() if log.exists() else []


DETECTORS: Final = (Strace, PrivateNetwork, Blocker)


@pytest.fixture
def detector(here: Path) -> type[Strace | PrivateNetwork | Blocker]:
    """The best detector that works here; that one works is proved, not assumed."""
    for candidate in DETECTORS:
        if candidate.works(here):
            _, caught = candidate.watch(TALKER, here)
            assert caught, f"{candidate.name} does not notice a child that opens a socket"
            for path in here.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            return candidate
    pytest.fail("no detector works here, so nothing is proved")


@pytest.mark.parametrize("candidate", DETECTORS)
def test_each_detector_tells_a_talker_from_a_quiet_child(
    candidate: type[Strace | PrivateNetwork | Blocker], here: Path
) -> None:
    if not candidate.works(here):
        pytest.skip(f"no {candidate.name} here; the fixture finds another or fails")
    done, caught = candidate.watch([sys.executable, "-c", "print('quiet')"], here)
    assert (done.returncode, done.stdout, caught) == (0, "quiet\n", [])
    _, caught = candidate.watch(TALKER, here)
    assert caught


def test_analysis_opens_no_connection(
    detector: type[Strace | PrivateNetwork | Blocker], here: Path, clips: Clips
) -> None:
    words = command("analyse", clips.person, "--video", "--json", "--exercise", "auto")
    done, caught = detector.watch(words, here)
    assert (done.returncode, done.stderr) == (0, "")
    assert '"frames":30' in done.stdout
    assert caught == []


def test_listing_cameras_opens_no_connection(
    detector: type[Strace | PrivateNetwork | Blocker], here: Path
) -> None:
    done, caught = detector.watch(command("cameras"), here)
    assert (done.returncode, done.stderr) == (0, "")
    assert caught == []


PLAYLISTS: Final = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{url}\n#EXT-X-ENDLIST\n",
    "list.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{url}\n#EXT-X-ENDLIST\n",
    "list.ffconcat": "ffconcat version 1.0\nfile '{url}'\n",
    "list.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video 50004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "list.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4">'
    '<Representation id="1" bandwidth="1"><BaseURL>{url}</BaseURL></Representation>'
    "</AdaptationSet></Period></MPD>",
    "list.asx": '<asx version="3.0"><entry><ref href="{url}"/></entry></asx>',
    "link.url": "[InternetShortcut]\nURL={url}\n",
}


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine: its address, and the calls that it got."""
    calls: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                with connection:
                    calls.append("called")

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/film.mp4", calls
        over.set()
        thread.join()


@pytest.mark.parametrize("options", [None, "rtsp_transport;tcp"], ids=["plain", "users-own"])
def test_file_that_names_an_address_calls_nobody(
    options: str | None, here: Path, server: tuple[str, list[str]]
) -> None:
    """Also when the user has set OpenCV's options for another program."""
    url, calls = server
    for name, text in PLAYLISTS.items():
        (here / name).write_text(text.format(url=url))
    env = environment(**({"OPENCV_FFMPEG_CAPTURE_OPTIONS": options} if options else {}))
    done = run(command("analyse", *sorted(PLAYLISTS), url, *LITE), cwd=here, env=env)
    assert calls == []
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == len(PLAYLISTS) + 1, done.stderr
    assert done.stdout == ""
    address = re.search(r"127\.0\.0\.1:(\d+)", url)
    assert address is not None
    socket.create_connection(("127.0.0.1", int(address[1])), timeout=5).close()
    for _ in range(100):
        if calls:
            break
        threading.Event().wait(0.02)
    assert calls == ["called"], "the server does not notice a call: the test proves nothing"


def test_playlist_may_not_fetch_under_the_detector(
    detector: type[Strace | PrivateNetwork | Blocker], here: Path
) -> None:
    for name, text in PLAYLISTS.items():
        (here / name).write_text(text.format(url="http://127.0.0.1:9/film.mp4"))
    done, caught = detector.watch(command("analyse", *sorted(PLAYLISTS), *LITE), here)
    assert done.returncode == 2
    assert caught == []
