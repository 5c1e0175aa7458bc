"""A camera and a page for whole live sessions; each runs in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

_TESTS = str(Path(__file__).parents[1])
if _TESTS not in sys.path:
    sys.path.insert(0, _TESTS)

import fakecam  # noqa: E402 - needs the path above
from media import command, environment, no_thread_left  # noqa: E402

from posecheck import exercises  # noqa: E402
from posecheck.errors import SessionError  # noqa: E402
from posecheck.live import cautions  # noqa: E402
from posecheck.session import load  # noqa: E402
from tests.page.conftest import browser, context, open_page, watched  # noqa: E402
from tests.pages import SOON_S, PageClient  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from posecheck.session import Session

__all__ = ["browser", "context", "no_thread_left", "open_page", "watched"]


class Live:
    """One ``posecheck live`` in a process of its own."""

    def __init__(
        self, folder: Path, options: Sequence[object], before: Sequence[str], env: dict[str, str]
    ) -> None:
        self.out = folder / "sessions"
        if "--out" not in options:
            options = (*options, "--out", self.out)
        self.child = subprocess.Popen(
            [*before, *command("live", *options)],
            cwd=folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell that starts children in the background lets them ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads
        )
        self.page: PageClient | None = None

    def read_address(self) -> str:
        """Return the page's address, the first line of standard output."""
        assert self.child.stdout is not None
        self.address = self.child.stdout.readline().strip()
        assert self.address, self.child.communicate()
        return self.address

    def open_page(self) -> PageClient:
        """Open a page without a browser."""
        self.page = PageClient(self.read_address())
        return self.page

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.page is not None:
            self.page.close()
        if self.child.poll() is None:
            self.child.kill()
        self.child.communicate()  # closes the pipes

    @property
    def path(self) -> Path:
        """The session file."""
        (path,) = self.out.glob("*.posecheck.jsonl")
        return path

    def session(self) -> Session:
        """What the session file holds so far."""
        return load(self.path)

    def wait_until(self, true: Callable[[Session], object], soon_s: float = SOON_S) -> Session:
        """Wait until the session file says something."""
        end_s = time.monotonic() + soon_s
        while time.monotonic() < end_s:
            assert self.child.poll() is None, self.child.communicate()
            with suppress(ValueError, SessionError):  # no file yet, or nothing in it
                session = self.session()
                if true(session):
                    return session
            time.sleep(0.1)
        pytest.fail(f"not within {soon_s} s")

    def ended(self, soon_s: float = SOON_S) -> tuple[int, str, str]:
        """Wait for the end; return exit code and both outputs."""
        out, err = self.child.communicate(timeout=soon_s)
        return self.child.returncode, out, err


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Callable[..., Live]]:
    """Return a function that starts a session with its page; the cautions are confirmed already.

    ``page=False`` leaves the page to the test.
    """
    if reason := fakecam.why_not():
        pytest.skip(reason)
    config = tmp_path / "config"
    for exercise in exercises.load_all():
        cautions.confirm(exercise, config / "posecheck")
    started: list[Live] = []

    def start(
        *options: object,
        camera: fakecam.FakeCamera | None = None,
        before: Sequence[str] = (),
        sound: bool = False,
        page: bool = True,
        **more: str,
    ) -> Live:
        env = environment(**{"XDG_CONFIG_HOME": str(config), **more})
        if camera is not None:
            env |= camera.environment
        words = ["--no-browser", *([] if sound else ["--no-sound"]), *options]
        if "--exercise" not in words:
            words += ["--exercise", "seated-figure-four"]
        started.append(Live(tmp_path, words, before, env))
        if page:
            started[-1].open_page()
        return started[-1]

    yield start
    for session in started:
        session.__exit__()
