"""``posecheck`` alone, or ``posecheck start``: the start page with recent sessions."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from posecheck.commands import DEFAULT_FOLDER
from posecheck.errors import SessionError, shown

if TYPE_CHECKING:
    import argparse

    from posecheck.page import Document
    from posecheck.page.server import PageServer
    from posecheck.page.start import RecentSession, StartState

GONE_S: Final = 5.0
"""Seconds from the closing of the last page to the end of the program."""

_OFFERS: Final = {
    "live": "posecheck.page.live",
    "report": "posecheck.commands.report",
    "progress": "posecheck.commands.progress",
}
"""Commands that the page can offer, each with the module that it needs."""

_LOOK_S: Final = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(DEFAULT_FOLDER),
        metavar="FOLDER",
        help="where the sessions are (default: %(default)s)",
    )
    parser.add_argument(
        "--no-browser",
        action="store_true",
        help="print the page's address alone on the first line, and open no browser",
    )


def run(arguments: argparse.Namespace) -> int:
    """Show the start page until it is closed; return 0."""
    from posecheck.page.server import serve
    from posecheck.page.start import start_view

    if arguments.folder.exists() and not arguments.folder.is_dir():
        message = f"{shown(arguments.folder)}: is no folder; name the folder of your sessions"
        raise SessionError(message)
    with tempfile.TemporaryDirectory(prefix="posecheck-") as made_in:
        desk = _StartDesk(arguments.folder, Path(made_in))
        view = start_view(shown(arguments.folder), desk.document)
        with desk, serve(view, browser=not arguments.no_browser) as server:
            desk.run(server)
    return 0


class _StartDesk:
    """State of the start page, and the programs that were started from it."""

    def __init__(self, folder: Path, made_in: Path) -> None:
        self._folder, self._made_in = folder, made_in
        self._paths: list[Path] = []
        self._known: dict[tuple[Path, int, int], RecentSession] = {}
        self._opening: _Started | None = None
        self._started: list[_Started] = []
        self._problem = ""
        self._count = 0

    def __enter__(self) -> None:
        """Do nothing; programs are started later."""

    def __exit__(self, *_: object) -> None:
        """End the programs that were started; each saves its session so far."""
        for started in self._started:
            started.end()

    def document(self, name: str) -> Document | None:
        """Return a report that was written, by the name of its file; None if there is none."""
        from posecheck.page import DOCUMENT_POLICY, Document

        path = self._made_in / name
        if path.parent != self._made_in or path.suffix != ".html" or not path.is_file():
            return None
        return Document(path.read_bytes(), "text/html; charset=utf-8", DOCUMENT_POLICY)

    def run(self, server: PageServer) -> None:
        """Serve until the last page is closed and the last started program has ended."""
        while server.gone_s() < GONE_S or any(started.runs for started in self._started):
            server.put("state", self._state())
            for command in server.commands(_LOOK_S):
                self._take(command)
            address = self._opened()
            if address:
                from posecheck.page.start import Opened

                server.put("state", self._state())
                server.send_once("opened", Opened(address))

    def _state(self) -> StartState:
        from posecheck.page.start import StartState, recent
        from posecheck.page.templates import word

        self._paths, more = recent(self._folder)
        opening = self._opening
        return StartState(
            folder=shown(self._folder),
            sessions=tuple(map(self._session, self._paths)),
            more=more,
            offers=tuple(name for name, needs in _OFFERS.items() if find_spec(needs)),
            opening="" if opening is None else word("start.opening", name=opening.name),
            problem=self._problem,
        )

    def _session(self, path: Path) -> RecentSession:
        """Return the results of a session; it is read again only when its file has changed."""
        from posecheck.page.start import session_of

        try:
            facts = path.stat()
        except OSError:
            return session_of(path)
        key = path, facts.st_mtime_ns, facts.st_size
        if key not in self._known:
            self._known[key] = session_of(path)
        return self._known[key]

    def _take(self, command: Any) -> None:  # noqa: ANN401 - a command of the page
        """Start the program that the page asks for; one at a time."""
        if self._opening is not None:
            return
        of_session = command.do in {"replay", "report"}
        if of_session and command.number >= len(self._paths):
            return
        self._problem, self._count = "", self._count + 1
        session = self._paths[command.number] if of_session else self._folder
        made = self._made_in / f"{command.do}-{self._count}.html"
        arguments: dict[str, list[str | Path]] = {
            "replay": ["replay", session, "--no-browser"],
            "live": ["live", "--no-browser", "--out", self._folder],
            "report": ["report", session, "--out", made],
            "progress": ["progress", session, "--html", made],
        }
        writes = command.do in {"report", "progress"}
        name = shown(session.name) if of_session else command.do
        self._opening = _Started(name, arguments[command.do], made if writes else None)
        self._started.append(self._opening)

    def _opened(self) -> str:
        """Return the address of the page or report that has just opened; "" if none has."""
        from posecheck.page.templates import word

        opening = self._opening
        if opening is None or not (opening.address or opening.failed):
            return ""
        self._opening = None
        if opening.failed:
            self._problem = word("start.no_answer", name=opening.name, why=opening.failed)
        return opening.address


class _Started:
    """Process of posecheck that the start page asked for.

    Attributes:
        name: name of the session or command, for the person.
        address: address of the page or file that the process made; "" until it is there.
        failed: reason why the process ended without an address; "" if it did not.
    """

    def __init__(self, name: str, arguments: list[str | Path], writes: Path | None) -> None:
        self.name, self.address, self.failed = name, "", ""
        self._writes = writes
        self._process = subprocess.Popen(  # noqa: S603 - posecheck itself
            [sys.executable, "-m", "posecheck", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C comes once, from `end`
        )
        for work in (self._follow, self._listen):
            threading.Thread(target=work, name="started", daemon=True).start()
        self._said = ""

    @property
    def runs(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def end(self) -> None:
        """Stop the process as Ctrl-C does, and wait up to 10 s until it has saved its session."""
        if self.runs:
            asked = signal.SIGTERM if sys.platform == "win32" else signal.SIGINT
            self._process.send_signal(asked)
        try:
            self._process.wait(10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _follow(self) -> None:
        """Read the address from the first line of output, or wait for the file to be written."""
        out = self._process.stdout
        assert out is not None  # noqa: S101 - a pipe
        first = out.readline().strip()
        if self._writes is None and first.startswith("http://127.0.0.1:"):
            self.address = first
        out.read()
        code = self._process.wait()
        if self._writes is not None and code == 0 and self._writes.is_file():
            self.address = f"/documents/{self._writes.name}"
        elif not self.address:
            self.failed = self._said or f"exit code {code}"

    def _listen(self) -> None:
        """Keep the last line that the process writes to standard error."""
        assert self._process.stderr is not None  # noqa: S101 - a pipe
        for line in self._process.stderr:
            self._said = shown(line.strip().removeprefix("posecheck: ")) or self._said
