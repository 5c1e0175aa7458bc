"""The replay in a real browser: what a person sees, types and drags, and what is kept."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from posecheck.annotations import store
from posecheck.page.replay import replay_view
from tests.page.conftest import expect, named_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from tests.page.conftest import Watched

SAMPLES = Path(__file__).parents[2] / "sample_videos"
NOTE = "Größe Ä € 漢字"

pytestmark = pytest.mark.slow


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """A session with its video and two people's annotations beside it."""
    for path in (SAMPLES / "sessions").glob("seated_figure_four*"):
        shutil.copy(path, tmp_path)
    shutil.copy(SAMPLES / "seated_figure_four.mp4", tmp_path)
    return tmp_path / "seated_figure_four.posecheck.jsonl"


@contextmanager
def replaying(session: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the command; yield the page's address and the process."""
    command = [sys.executable, "-m", "posecheck", "replay", str(session), "--no-browser", *options]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        yield process.stdout.readline().strip(), process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)  # the page is told, and does not ask for it again
        process.wait(20)
        process.stdout.close()
        process.stderr.close()


def kept(session: Path) -> list[tuple[str, str | None, str]]:
    path = store.path_beside(session, "AB")
    if not path.exists():
        return []
    return [(str(i.state), i.rule, i.note) for i in store.load(path).items]


def until(what: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait until something is so."""
    end_s = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < end_s, "it did not become so"
        time.sleep(0.02)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_two_intervals_are_annotated_by_keyboard_alone(
    session: Path, open_page: Callable[[str], Page], watched: Watched
) -> None:
    with replaying(session, "--annotator", "AB") as (address, process):
        page = open_page(address)
        expect(page.locator("#own")).to_be_visible()
        expect(page.locator("#frame")).to_have_text("picture 1 of 97")
        press(page, "a", "PageDown", "a", "w")
        expect(page.locator("#rules")).to_be_visible()
        press(page, "4")
        page.keyboard.type(NOTE)
        press(page, "Enter")
        expect(page.locator("#own .item")).to_contain_text([NOTE])
        press(page, "Escape", "End", "a", "PageUp", "a", "v")
        expect(page.locator("#own .item")).to_have_count(2)
        press(page, "n")
        page.keyboard.type(f"zwei {NOTE}")
        press(page, "Shift+Enter")
        page.keyboard.type("Q und Leertaste")
        press(page, "Enter")
        until(lambda: len(kept(session)) == 2 and kept(session)[1][2] != "")
        expected = [("wrong", "lean", NOTE), ("valid", None, f"zwei {NOTE}\nQ und Leertaste")]
        assert kept(session) == expected
        page.reload()
        expect(page.locator("#own .item")).to_have_count(2)
        expect(page.locator("#own .item").nth(0)).to_contain_text(NOTE)
        assert [i.blind for i in store.load(store.path_beside(session, "AB")).items] == ["full"] * 2
        press(page, "q")
        expect(page.locator("#connection")).to_contain_text("posecheck has ended")
        process.wait(20)
        assert process.returncode == 0
        assert kept(session) == expected
    hidden = ("ankle on", "sitting", '"rig"', '"eye"', "differ", "°", "right leg")
    assert watched.sent, "messages were seen"
    checked = Draft202012Validator(replay_view("").schema())
    for message in watched.sent:
        if '"kind": "over"' not in message:
            checked.validate(json.loads(message))
        if json.loads(message).get("kind") == "facts":
            continue  # names and limits of all rules, which the person chooses from
        assert '"says":{' not in message
        assert not [word for word in hidden if word in message.lower()], message


def test_blind_mode_leaves_no_verdict_in_the_page(
    session: Path, open_page: Callable[[str], Page]
) -> None:
    with replaying(session) as (address, _):
        page = open_page(address)
        expect(page.locator("#readings li")).to_have_count(5)
        expect(page.locator(".other .item")).to_have_count(14)
        press(page, "h")
        expect(page.locator("#verdict")).to_have_text("valid")
        page.get_by_role("button", name="Annotate").click()
        expect(page.locator("#blinded")).to_contain_text("You have seen them before")
        expect(page.locator("#readings li")).to_have_count(0)
        for place in ("#verdict", "#cue", "#hold", "#holds", "#differ", "#lanes"):
            assert page.locator(place).text_content() == ""
        expect(page.locator(".other")).to_have_count(0)
        colours = page.evaluate(
            "document.querySelector('#picture').getContext('2d')"
            ".getImageData(0, 0, 640, 480).data.reduce((s, v, i, d) =>"
            " s + (i % 4 === 0 && d[i] === 0x1f && d[i+1] === 0xd1 && d[i+2] === 0xa5), 0)"
        )
        assert colours == 0, "the skeleton has no verdict's colour"
        assert page.locator("#jumps button:enabled").count() == 0
        press(page, "k")
        expect(page.locator("#verdict")).to_have_text("valid")
        expect(page.locator(".other .item")).to_have_count(14)


def test_what_is_shown_can_be_played_scrubbed_zoomed_and_repeated(
    session: Path, open_page: Callable[[str], Page]
) -> None:
    with replaying(session) as (address, _):
        page = open_page(address)
        position = page.get_by_role("slider", name="Position")
        expect(page.locator("#clock")).to_have_text("0:00.00")
        press(page, "ArrowRight")
        expect(page.locator("#frame")).to_have_text("picture 2 of 97")
        page.get_by_role("button", name="Next hold").click()
        expect(page.locator("#clock")).to_have_text("0:04.00")
        expect(page.locator("#verdict")).to_have_text("valid")
        expect(page.locator("#readings .value").first).to_contain_text("°")
        box = page.locator("#ruler").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 8)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 300)
        page.mouse.up()
        expect(position).to_have_attribute("aria-valuenow", "19.20")
        hold = page.locator("#holds .span").last
        whole = hold.bounding_box()
        assert whole is not None
        page.mouse.wheel(0, -400)
        until(lambda: (hold.bounding_box() or whole)["width"] > 2 * whole["width"])
        page.get_by_role("button", name="All", exact=True).click()
        until(lambda: (hold.bounding_box() or whole)["width"] == whole["width"])
        page.get_by_role("combobox", name="Speed").select_option("4.0")
        page.get_by_role("button", name="Repeat").click()
        press(page, "Home", "Space")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        until(lambda: page.locator("#clock").text_content() not in {"0:00.00", "0:19.20"})
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_intervals_are_drawn_and_their_edges_dragged(
    session: Path, open_page: Callable[[str], Page]
) -> None:
    with replaying(session, "--annotator", "AB") as (address, _):
        page = open_page(address)
        own = page.locator("#own")
        box = own.bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 2

        def drag(start: float, end: float) -> None:
            page.mouse.move(box["x"] + start * box["width"], y)
            page.mouse.down()
            page.mouse.move(box["x"] + (start + end) / 2 * box["width"], y)
            page.mouse.move(box["x"] + end * box["width"], y)
            page.mouse.up()

        drag(0.25, 0.5)
        page.get_by_role("button", name="Not seen").click()
        expect(page.locator("#own .item")).to_have_count(1)
        path = store.path_beside(session, "AB")
        until(path.exists)
        (item,) = store.load(path).items
        assert (item.start_s, item.end_s) == (
            pytest.approx(6.4, abs=0.3),
            pytest.approx(12.8, abs=0.3),
        )
        found = page.locator("#own .item").bounding_box()
        assert found is not None
        drag((found["x"] + found["width"] - 2 - box["x"]) / box["width"], 0.75)
        until(lambda: store.load(path).items[0].end_s > 18)
        (moved,) = store.load(path).items
        assert moved.start_s == item.start_s
        press(page, "Control+z")
        until(lambda: store.load(path).items == (item,))
        press(page, "Control+Shift+z")
        until(lambda: store.load(path).items == (moved,))


def test_a_note_is_kept_when_the_page_closes(
    session: Path, open_page: Callable[[str], Page]
) -> None:
    with replaying(session, "--annotator", "AB") as (address, process):
        page = open_page(address)
        press(page, "a", "PageDown", "a", "v", "n")
        page.keyboard.type("half a sent")
        expect(page.locator("#note")).to_have_value("half a sent")
        page.close()
        process.wait(30)
        assert process.returncode == 0
        assert kept(session) == [("valid", None, "half a sent")]


def test_ctrl_c_in_the_middle_loses_nothing_and_the_page_says_so(
    session: Path, open_page: Callable[[str], Page]
) -> None:
    with replaying(session, "--annotator", "AB") as (address, process):
        page = open_page(address)
        press(page, "a", "PageDown", "a", "w", "1")
        page.keyboard.type("half a sentence")
        until(lambda: len(kept(session)) == 1)
        page.wait_for_timeout(200)
        process.send_signal(signal.SIGINT)
        expect(page.locator("#connection")).to_contain_text("posecheck was stopped")
        process.wait(20)
        assert process.returncode == 130
        assert kept(session)[0][2] == "half a sentence"


def test_two_pages_show_the_same(session: Path, open_page: Callable[[str], Page]) -> None:
    with replaying(session, "--annotator", "AB") as (address, _):
        first, second = open_page(address), open_page(address)
        press(first, "PageDown")
        expect(first.locator("#clock")).not_to_have_text("0:00.00")
        expect(second.locator("#clock")).to_have_text(first.locator("#clock").text_content() or "")
        press(first, "Home", "a", "PageDown", "a", "u")
        expect(second.locator("#own .item")).to_have_count(1)
        press(second, "z")
        expect(first.locator("#own .item")).to_have_count(0)


def test_what_is_not_saved_is_large_and_first(
    session: Path, open_page: Callable[[str], Page]
) -> None:
    with replaying(session, "--annotator", "AB") as (address, _):
        page = open_page(address)
        press(page, "a", "PageDown", "a", "v")
        until(lambda: len(kept(session)) == 1)
        path = store.path_beside(session, "AB")
        path.write_text(path.read_text("utf-8") + " ", "utf-8")  # another window wrote it
        press(page, "u")
        banner = page.locator("#not-saved")
        expect(banner).to_be_visible()
        expect(banner).to_contain_text("NOT SAVED")
        size, usual = (
            float(page.locator(place).evaluate("e => parseFloat(getComputedStyle(e).fontSize)"))
            for place in ("#not-saved strong", "body")
        )
        assert size > 1.4 * usual
        box = banner.bounding_box()
        assert box is not None
        assert box["y"] == 0


def test_every_control_has_a_name_and_the_help_lists_the_keys(
    session: Path, open_page: Callable[[str], Page]
) -> None:
    with replaying(session, "--annotator", "AB") as (address, _):
        page = open_page(address)
        expect(page.locator("#frame")).to_contain_text("picture 1")
        press(page, "a", "PageDown", "a", "w")
        expect(page.locator("#rules button")).to_have_count(6)
        assert named_controls(page) == []
        press(page, "Escape", "?")
        dialog = page.get_by_role("dialog", name="Keys and signs")
        expect(dialog).to_be_visible()
        expect(dialog.locator("dt")).to_have_count(24)
        press(page, "Escape")
        expect(dialog).not_to_be_visible()
        for _ in range(60):
            press(page, "Tab")
        assert named_controls(page) == []


def test_nothing_is_cut_off(session: Path, open_page: Callable[[str], Page]) -> None:
    """Also at 200 % zoom, which halves the screen."""
    with replaying(session, "--annotator", "AB") as (address, _):
        page = open_page(address)
        press(page, "a", "PageDown", "a", "v")
        expect(page.locator("#own .item")).to_have_count(1)
        for width, height in ((1366, 768), (1920, 1080), (1024, 768), (683, 384)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(100)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            cut = page.evaluate(
                """() => [...document.querySelectorAll("button, .clock, h1, h2")]
                    .filter((e) => e.checkVisibility() && !e.closest(".track, .about"))
                    .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.outerHTML)"""
            )
            assert cut == [], width


def test_another_recordings_video_is_refused_or_doubted(
    session: Path, open_page: Callable[[str], Page]
) -> None:
    other = SAMPLES / "supine_figure_four.mp4"
    with replaying(session, "--video", str(other)) as (address, _):
        page = open_page(address)
        expect(page.locator("#video-warning")).to_contain_text("is not seated_figure_four.mp4")
        expect(page.locator("#video-warning")).to_be_visible()
    short = SAMPLES / "seated_three_repetitions.mp4"
    with replaying(session, "--video", str(short)) as (address, process):
        assert address == ""
        assert process.wait(20) == 2
        assert process.stderr is not None
        assert "is not the video of this session: it is" in process.stderr.read()
