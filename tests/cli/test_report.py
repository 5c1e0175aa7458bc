"""``posecheck report``: one HTML file that needs nothing else, and what it says."""

from __future__ import annotations

import base64
import json
import re
import stat
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from media import REPOSITORY, SAMPLES

from posecheck import exercises
from posecheck.page import report
from posecheck.pipeline.recorder import Recorder
from posecheck.reports import text
from posecheck.reports.text import laid_out
from posecheck.session import SessionWriter, load
from posecheck.types import Observation

if TYPE_CHECKING:
    from pathlib import Path

    from media import Cli, Clips

SEATED_SESSION = SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl"
SUPINE_SESSION = SAMPLES / "sessions" / "supine_figure_four.posecheck.jsonl"
GOLDEN = sorted((REPOSITORY / "tests" / "golden").glob("*.jsonl"))


class Page(HTMLParser):
    """The text and the references of an HTML file."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.tags: list[str] = []
        self._inside = ""
        self._words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = tag
        self.references += [v or "" for k, v in attrs if k in {"src", "href", "action", "srcset"}]

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - as HTMLParser calls it
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in {"style", "script"}:
            self._words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())


def copied(session: Path, folder: Path, name: str = "a") -> Path:
    path = folder / f"{name}.posecheck.jsonl"
    path.write_bytes(session.read_bytes())
    return path


def test_it_lies_beside_the_session_for_this_user_alone(here: Path, cli: Cli) -> None:
    session = copied(SEATED_SESSION, here)
    before = session.read_bytes()
    said = cli("report", "a.posecheck.jsonl")
    assert (said.code, said.out, said.err) == (0, "report: a.report.html\n", "")
    assert stat.S_IMODE((here / "a.report.html").stat().st_mode) == 0o600
    assert session.read_bytes() == before
    assert cli("report", "a.posecheck.jsonl").out == "report: a-2.report.html\n"


def test_it_says_first_what_matters(here: Path, cli: Cli) -> None:
    copied(SEATED_SESSION, here)
    cli("report", "a.posecheck.jsonl", "--out", "r.html")
    text = Page((here / "r.html").read_text("utf-8")).text
    order = [
        "Seated figure-four",
        "1 of up to 6 holds complete, 16.0 s in valid form",
        "Prescribed: hold 10 s in valid form, up to 3 times on each side",
        "What to change next time",
        "Lean further forward from the hips",
        "11.4 s of 10 s complete",
        "4.5 s of 10 s not complete",
        "Where the 25.6 s went",
        "The session over time",
        "Before the next session",
        "be evaluated by a neurologist and a physiotherapist first",
        "What this report can't know",
        "It is no diagnosis",
    ]
    places = [text.find(words) for words in order]
    assert -1 not in places, dict(zip(order, places, strict=True))
    assert places == sorted(places)


@pytest.mark.parametrize("session", [SEATED_SESSION, SUPINE_SESSION, *GOLDEN], ids=lambda p: p.name)
def test_the_seconds_add_up_as_they_are_shown(session: Path) -> None:
    result = report.read(session).result
    shown = report._time(result)
    tenths = [int(part["seconds"].replace(" s", "").replace(".", "")) for part in shown["parts"]]
    assert f"{sum(tenths) / 10:.1f} s" in shown["time_title"]
    exact = (result.ledger.valid_us, result.ledger.wrong_us, result.ledger.unseen_us)
    assert all(abs(t - us / 100_000) < 1 for t, us in zip(tenths, exact, strict=True))


@pytest.mark.parametrize("session", [SEATED_SESSION, SUPINE_SESSION, *GOLDEN], ids=lambda p: p.name)
def test_report_and_terminal_say_the_same_of_what_a_fault_cost(session: Path) -> None:
    result: Any = report.read(session).result  # has faults and ledger, as a summary has
    printed: dict[tuple[str, str], int] = {}
    lines = laid_out([text._faults(result)], least=300, most=300).splitlines()
    for line in lines[-len(result.faults) :]:
        cost, _, state, rule = line.split()[:4]
        printed[rule, state] = printed.get((rule, state), 0) + round(float(cost) * 10)
    first = {(fault.rule, fault.verdict): fault for fault in reversed(result.faults)}
    said = {(row["cue"], row["state"]): row["seconds"] for row in report._changes(result)}
    assert said
    for key, fault in first.items():
        cost = said.get((fault.cue, fault.verdict))
        assert cost in {None, f"cost {printed[key] / 10:.1f} s"}
    parts = {part["state"]: part["seconds"] for part in report._time(result)["parts"]}
    for state in ("wrong", "unseen"):
        assert parts[state] == f"{sum(v for (_, s), v in printed.items() if s == state) / 10:.1f} s"


def test_it_asks_for_nothing_from_anywhere(here: Path, cli: Cli) -> None:
    copied(SEATED_SESSION, here)
    cli("report", "a.posecheck.jsonl", "--out", "r.html")
    html = (here / "r.html").read_text("utf-8")
    page = Page(html)
    assert [one.partition(",")[0] for one in page.references] == ["data:image/webp;base64"]
    assert not set(page.tags) & {"link", "iframe", "object", "embed", "video", "form"}
    assert "url(" not in html.partition("</style>")[0].replace("url(#", "")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy
    assert str(here) not in html


def test_hostile_names_stay_text(here: Path, cli: Cli) -> None:
    lines = SEATED_SESSION.read_text("utf-8").splitlines()
    header = json.loads(lines[0])
    evil = "</script><script>alert(1)</script>\"'&"
    header["source"]["name"] = evil
    header["exercise"]["title"] = evil
    for rule in header["exercise"]["rules"]:
        rule["title"] = evil
    spoilt = "\n".join([json.dumps(header), *lines[1:]]).replace(
        "Lean further forward from the hips", "</script><script>alert(1)"
    )
    (here / "a.posecheck.jsonl").write_text(spoilt + "\n", "utf-8")
    assert cli("report", "a.posecheck.jsonl", "--out", "r.html").code == 0
    html = (here / "r.html").read_text("utf-8")
    assert "alert(1)</script>" not in html
    assert html.count("<script") == 3  # moments, words, and the script of the report


def test_several_sessions_have_an_overview(here: Path, cli: Cli) -> None:
    copied(SEATED_SESSION, here, "a")
    copied(SUPINE_SESSION, here, "b")
    said = cli("report", "a.posecheck.jsonl", "b.posecheck.jsonl")
    assert said.out == "report: sessions.report.html\n"
    page = Page((here / "sessions.report.html").read_text("utf-8"))
    assert "2 sessions" in page.text
    assert [one for one in page.references if one[0] == "#"] == ["#session-1", "#session-2"]
    assert page.text.count("Where the") == 2


def test_pain_and_the_timer_are_told(here: Path, cli: Cli) -> None:
    session = copied(SEATED_SESSION, here)
    more = [
        {"type": "statement", "statement": {"t_s": 25.0, "about": "pain", "value": 7}},
        {"type": "statement", "statement": {"t_s": 25.0, "about": "ended-early", "value": "pain"}},
        {
            "type": "not-judged",
            "not_judged": {
                "side": "right", "start_us": 0, "end_us": 3_000_000, "not_judged_us": 3_000_000,
            },
        },
    ]  # fmt: skip
    with session.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in more)
    cli("report", "a.posecheck.jsonl", "--out", "r.html")
    text = Page((here / "r.html").read_text("utf-8")).text
    assert "Pain, as the person said 7 of 10" in text
    assert "Reason the person gave: pain." in text
    assert "not judged 3.0 s" in text


def test_the_hold_of_a_shipped_exercise_is_shown_and_of_an_own_one_not(
    here: Path, cli: Cli
) -> None:
    head, *steps = copied(SUPINE_SESSION, here, "shipped").read_text("utf-8").splitlines()
    header = json.loads(head)
    header["exercise"]["name"] = "my-stretch"
    own = "\n".join([json.dumps(header), *steps])
    (here / "own.posecheck.jsonl").write_text(own + "\n", "utf-8")
    pictures = []
    for name in ("shipped", "own"):
        assert cli("report", f"{name}.posecheck.jsonl").code == 0
        page = Page((here / f"{name}.report.html").read_text("utf-8"))
        pictures.append([one for one in page.references if one.startswith("data:")])
        assert ("Here the right leg is stretched" in page.text) is (name == "shipped")
    still = exercises.demonstration("supine-figure-four", still=True)
    assert still is not None
    data = base64.b64encode(still.read_bytes()).decode()
    assert pictures == [[f"data:image/webp;base64,{data}"], []]


@pytest.mark.slow
def test_ten_minutes_stay_below_a_megabyte(tmp_path: Path) -> None:
    stored = load(GOLDEN[0])
    assert stored.exercise is not None
    chance = np.random.default_rng(1)
    poses = [
        replace(pose, image_px=pose.image_px + chance.normal(0, 2, (33, 3)).astype(np.float32))
        for seen in stored.observations * 20
        if (pose := seen.pose) is not None
    ]
    frames = 18_000
    path = tmp_path / "long.posecheck.jsonl"
    with SessionWriter(path, stored.header | {"exercise": None}, stored.exercise) as writer:
        recorder = Recorder(stored.exercise, None, lambda: writer, lambda _: ())
        for start in range(0, frames, 64):
            recorder.take(
                [
                    Observation(n / 30, (640, 480), poses[n // 2 % len(poses)])
                    for n in range(start, min(start + 64, frames))
                ]
            )
        recorder.finish("complete")
    html = report.render([report.read(path)], datetime.now().astimezone())
    assert len(html.encode()) < 1_000_000


def test_pictures_are_of_holds_and_faults(here: Path, clips: Clips, cli: Cli) -> None:
    cli("analyse", clips.person, "--model", "lite", "--out", here)
    (session,) = here.glob("*.posecheck.jsonl")
    said = cli("report", session, "--pictures", "--out", "none.html")
    assert said.code == 2
    assert "name it with --video" in said.complaint
    said = cli("report", session, "--pictures", "--video", clips.person, "--out", "r.html")
    assert said.code == 0, said.err
    html = (here / "r.html").read_text("utf-8")
    assert html.count('src="data:image/jpeg;base64,') >= 2
    assert html.count('src="data:video/mp4;base64,') == 1
    assert "It holds pictures of the person." in html
    assert "media-src data:" in html


def test_a_video_of_another_session_is_refused(here: Path, cli: Cli) -> None:
    copied(SEATED_SESSION, here)
    other = SAMPLES / "supine_not_drawn_in.mp4"
    said = cli("report", "a.posecheck.jsonl", "--pictures", "--video", other)
    assert said.code == 2
    assert "is not the video of a.posecheck.jsonl" in said.complaint
    assert list(here.glob("*.html")) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("gone.posecheck.jsonl",), "cannot be read"),
        (("a.posecheck.jsonl", "--out", "r.pdf"), "ends in .html"),
        (("a.posecheck.jsonl", "--out", "old.html"), "exists already"),
        (("a.posecheck.jsonl", "--out", "no/such/r.html"), "no such folder"),
        (("old.html",), "is not a posecheck session file"),
        (("a.posecheck.jsonl", "a.posecheck.jsonl", "--video", "v.mp4"), "one session"),
        (("a.posecheck.jsonl", "--video", "gone.mp4"), "gone.mp4"),
    ],
)
def test_bad_input_gets_one_line(
    here: Path, cli: Cli, arguments: tuple[str, ...], words: str
) -> None:
    copied(SEATED_SESSION, here)
    (here / "old.html").write_text("mine", "utf-8")
    said = cli("report", *arguments)
    assert (said.code, said.out) == (2, "")
    assert words in said.complaint
    assert (here / "old.html").read_text("utf-8") == "mine"


def test_one_moment_is_not_told_as_a_time_span(here: Path, cli: Cli) -> None:
    both = [copied(SEATED_SESSION, here, name).name for name in ("a", "b")]
    assert cli("report", *both, "--out", "r.html").code == 0
    page = (here / "r.html").read_text("utf-8")
    (about,) = re.findall(r'<h1>.*</h1>\n<p class="muted">(.*)</p>', page)
    assert about.startswith("22 November 2026")
    assert " to " not in about
