"""``posecheck progress``: terminal, JSON, page and reminder of a folder of sessions."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest
from media import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from media import Cli

SESSIONS = SAMPLES / "sessions"


def test_it_takes_the_folder_of_live_by_default(here: Path, cli: Cli) -> None:
    folder = here / "posecheck-sessions"
    folder.mkdir()
    name = "seated_figure_four.posecheck.jsonl"
    (folder / name).write_bytes((SESSIONS / name).read_bytes())
    said = cli("progress")
    assert (said.code, said.err) == (0, "")
    assert "posecheck-sessions: 1 session on 1 day, the dose was done on 0" in said.out
    assert "This is no diagnosis" in said.out
    assert [path.name for path in folder.iterdir()] == [name]  # nothing is left in the folder


def test_page_and_reminder_are_new_private_files(here: Path, cli: Cli) -> None:
    said = cli("progress", SESSIONS, "--html", "p.html", "--remind", "ics", "--at", "07:30")
    assert said.code == 0, said.err
    assert said.out.endswith(
        "page: p.html\nreminder: posecheck-reminder.ics; open it with your calendar\n"
    )
    for name in ("p.html", "posecheck-reminder.ics"):
        assert stat.S_IMODE((here / name).stat().st_mode) == 0o600
    html = (here / "p.html").read_text("utf-8")
    assert "One day with a session: the whole dose was not done." in html
    assert "Seated figure-four" in html
    assert "<strong>1</strong><span>complete hold</span>" in html
    assert "Supine figure-four" in html
    assert 'src="' not in html
    calendar = (here / "posecheck-reminder.ics").read_bytes().decode()
    assert "T073000\r\n" in calendar
    assert cli("progress", SESSIONS, "--remind", "ics").code == 0
    assert (here / "posecheck-reminder-2.ics").exists()


def test_with_json_nothing_else_is_printed(here: Path, cli: Cli) -> None:
    said = cli("progress", SESSIONS, "--json", "--html", "p.html")
    assert said.summary["schema"] == "posecheck.progress/1"
    assert len(said.summary["sessions"]) == 2
    assert (here / "p.html").exists()


def test_damaged_sessions_are_told_and_the_others_count(here: Path, cli: Cli) -> None:
    for path in SESSIONS.glob("*.jsonl"):
        (here / path.name).write_bytes(path.read_bytes()[:-50_000])
    (here / "empty.posecheck.jsonl").touch()
    said = cli("progress", here)
    assert said.code == 0
    told = " ".join(said.out.split())  # a long path breaks lines
    assert "2 sessions" in told
    assert "! " in told
    assert "empty.posecheck.jsonl: is not a posecheck session file" in told
    ended = {one["ended"] for one in json.loads(cli("progress", here, "--json").out)["sessions"]}
    assert ended == {""}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("gone",), "name the folder of your sessions"),
        ((".", "--html", "p.pdf"), "ends in .html"),
        ((".", "--html", "old.html"), "exists already"),
    ],
)
def test_bad_input_gets_one_line(
    here: Path, cli: Cli, arguments: tuple[str, ...], words: str
) -> None:
    (here / "old.html").write_text("mine", "utf-8")
    said = cli("progress", *arguments)
    assert (said.code, said.out) == (2, "")
    assert words in said.complaint


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("at", ["25:00", "soon"])
def test_a_time_that_is_none_is_refused(cli: Cli, at: str) -> None:
    said = cli("progress", "--remind", "ics", "--at", at)
    assert said.code == 2
    assert "must be a time such as 18:00" in said.err
