"""The start page: recent sessions, and what it opens."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from posecheck import cli
from posecheck.page.start import recent, session_of
from tests.page.conftest import expect, named_controls

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

SESSIONS = Path(__file__).parents[2] / "sample_videos" / "sessions"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two whole sessions, a cut-off one, and files that are none."""
    for path in SESSIONS.glob("*.posecheck.jsonl"):
        shutil.copy(path, tmp_path)
    whole = (SESSIONS / "supine_figure_four.posecheck.jsonl").read_bytes()
    (tmp_path / "cut.posecheck.jsonl").write_bytes(whole[:60_000])
    (tmp_path / "empty.posecheck.jsonl").write_bytes(b"")
    (tmp_path / "bad \x1b[31m.posecheck.jsonl").write_text("nonsense\n", "utf-8")
    (tmp_path / "deep.posecheck.jsonl").write_text("[" * 100_000, "utf-8")
    return tmp_path


def test_sessions_are_listed_with_their_results(folder: Path) -> None:
    found = {path.name.split(".")[0]: session_of(path) for path in recent(folder)[0]}
    seated = found["seated_figure_four"]
    assert (seated.title, seated.complete, seated.holds) == ("Seated figure-four", 1, 2)
    assert seated.valid_s == pytest.approx(16.0, abs=0.01)
    assert seated.wrong_s == pytest.approx(9.6, abs=0.01)
    assert seated.when.startswith("2026-11-2")
    assert found["cut"].valid_s is None
    assert found["cut"].problem == ""
    assert found["empty"].problem
    assert found["deep"].problem
    assert all(entry.name.isprintable() for entry in found.values())
    assert recent(folder / "nowhere") == ([], 0)


def test_the_page_opens_a_replay_and_stays_until_it_is_left(
    folder: Path, open_page: Callable[[str], Page]
) -> None:
    command = [sys.executable, "-m", "posecheck", "start", str(folder), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        page = open_page(process.stdout.readline().strip())
        expect(page.locator(".session")).to_have_count(6)
        assert named_controls(page) == []
        page.get_by_role("button", name="Replay seated_figure_four").click()
        expect(page.locator("#readings li")).to_have_count(5)
        page.go_back()
        expect(page.locator(".session")).to_have_count(6)
        page.get_by_role("button", name="Replay cut").click()
        expect(page.locator("#readings")).to_be_visible()
        page.go_back()
        with page.expect_popup() as reported:
            page.get_by_role("button", name="Report of seated_figure_four").click()
        expect(reported.value.locator("h1").first).to_be_visible(timeout=30_000)
        assert reported.value.evaluate("origin") == "null", "it can reach nothing here"
        with page.expect_popup() as over_weeks:
            page.get_by_role("button", name="Progress").click()
        expect(over_weeks.value.locator("h1").first).to_be_visible(timeout=30_000)
        expect(page.locator(".session")).to_have_count(6)
        for shown in (reported.value, over_weeks.value, page):
            shown.close()
        assert process.wait(40) == 0


def test_alone_it_opens_the_page_or_prints_the_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[Path] = []
    monkeypatch.setattr("posecheck.commands.start.run", lambda a: started.append(a.folder) or 0)
    monkeypatch.setattr("posecheck.page.browser.screen_is_there", lambda: True)
    assert cli.main([]) == 0
    assert started == [Path("posecheck-sessions")]
    monkeypatch.setattr("posecheck.page.browser.screen_is_there", lambda: False)
    with pytest.raises(SystemExit) as left:
        cli.main([])
    assert left.value.code == 0
    assert "usage: posecheck" in capsys.readouterr().out
