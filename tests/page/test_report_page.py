"""The report and the progress page in a real browser: no network, no complaint, read by keys."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from media import SAMPLES

from posecheck.page import progress as progress_page
from posecheck.page import report
from posecheck.progress.reading import indexed
from posecheck.progress.weeks import progress_of
from tests.page.conftest import named_controls

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

SESSIONS = sorted((SAMPLES / "sessions").glob("*.posecheck.jsonl"))


@pytest.fixture(scope="module")
def report_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "r.html"
    path.write_text(report.render([report.read(SESSIONS[0])], datetime.now().astimezone()), "utf-8")
    return path


@pytest.fixture(scope="module")
def progress_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("progress")
    found = progress_of(SESSIONS[0].parent, indexed(SESSIONS[0].parent, folder / "i.sqlite3"))
    path = folder / "p.html"
    path.write_text(progress_page.render(found, datetime.now().astimezone()), "utf-8")
    return path


@pytest.fixture
def page(context: BrowserContext, report_file: Path) -> Page:
    """The report, opened from disk with the network cut."""
    context.set_offline(True)
    opened = context.new_page()
    opened.goto(report_file.as_uri())
    return opened


def test_it_opens_from_disk_without_a_network(
    page: Page, report_file: Path, watched: object
) -> None:
    assert page.get_by_role("heading", level=1).inner_text() == "Seated figure-four"
    assert getattr(watched, "asked", None) == [report_file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_control_has_a_name_and_every_drawing_words(page: Page) -> None:
    assert named_controls(page) == []
    drawings = page.locator("svg[role=img]")
    assert drawings.count() >= 6
    for number in range(drawings.count()):
        assert drawings.nth(number).get_attribute("aria-label")


def test_the_moment_is_read_out_by_keys(page: Page) -> None:
    slider = page.get_by_role("slider", name="Moment")
    slider.focus()
    first = slider.get_attribute("aria-valuetext") or ""
    assert first.startswith(
        "0:00.0, wrong: Put your right ankle on your left knee. Sit on the chair "
    )
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    said = slider.get_attribute("aria-valuetext") or ""
    assert re.match(
        r"0:06\.\d, valid\. Sit on the chair \d+°, .*Lean forward from the hips 7\d°", said
    )
    assert "valid" in page.locator("output").inner_text()
    page.keyboard.press("End")
    assert (slider.get_attribute("aria-valuetext") or "").startswith("0:25.6, wrong: ")


def test_the_moment_is_read_out_by_the_mouse(page: Page) -> None:
    timeline = page.locator("svg.timeline")
    timeline.scroll_into_view_if_needed()
    box = timeline.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 10 / 25.6, box["y"] + box["height"] / 2)
    assert re.match(r"0:(09\.[5-9]|10\.[0-4]) ", page.locator("output").inner_text())


def test_it_zooms_by_button_and_key_and_back(page: Page) -> None:
    inner = page.locator("svg.curve svg.scaled").first
    whole = inner.get_attribute("viewBox")
    slider = page.get_by_role("slider", name="Moment")
    slider.focus()
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Closer").click()
    page.keyboard.press("+")
    start, _, wide, _ = map(float, (inner.get_attribute("viewBox") or "").split())
    assert wide == pytest.approx(2560 / 4, rel=0.01)
    assert start > 500
    ticks = page.locator("svg.timeline .tick").all_inner_texts()
    assert 3 <= len(ticks) <= 10
    assert "0:00" not in ticks
    page.get_by_role("button", name="Whole session").click()
    assert inner.get_attribute("viewBox") == whole


def test_without_scripts_the_drawings_are_still_there(browser: Browser, report_file: Path) -> None:
    made = browser.new_context(java_script_enabled=False)
    opened = made.new_page()
    opened.goto(report_file.as_uri())
    assert opened.locator("svg.curve path.value").first.is_visible()
    assert opened.locator(".reader").is_hidden()
    assert opened.get_by_text("Typical values in each hold").is_visible()
    made.close()


def test_a_script_that_was_put_in_does_not_run(
    browser: Browser, report_file: Path, tmp_path: Path
) -> None:
    spoilt = tmp_path / "spoilt.html"
    more = "<script>document.title = 'changed'</script><img src='http://127.0.0.1:9/x.png'>"
    html = report_file.read_text("utf-8")
    spoilt.write_text(html.replace("</main>", f"{more}</main>"), "utf-8")
    made = browser.new_context()
    opened = made.new_page()
    refused: list[str] = []
    opened.on("console", lambda message: refused.append(message.text))
    opened.goto(spoilt.as_uri())
    assert opened.title().startswith("Seated figure-four")
    assert sum("Content Security Policy" in text for text in refused) == 2
    made.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (768, 1024), (390, 844)])
def test_no_letter_lies_outside_the_page(
    context: BrowserContext,
    report_file: Path,
    progress_file: Path,
    size: tuple[int, int],
    scheme: str,
) -> None:
    for file in (report_file, progress_file):
        opened = context.new_page()
        opened.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        opened.set_viewport_size({"width": size[0], "height": size[1]})
        opened.goto(file.as_uri())
        assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth"), file.name
        opened.close()


@pytest.mark.parametrize(
    "session", [SESSIONS[0], SAMPLES.parent / "tests" / "golden" / "supine-4.posecheck.jsonl"]
)
def test_it_prints_on_a_few_pages(context: BrowserContext, session: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    path.write_text(report.render([report.read(session)], datetime.now().astimezone()), "utf-8")
    opened = context.new_page()
    opened.goto(path.as_uri())
    printed = opened.pdf(prefer_css_page_size=True)
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 4


def test_the_progress_page_opens_from_disk(context: BrowserContext, progress_file: Path) -> None:
    context.set_offline(True)
    opened = context.new_page()
    opened.goto(progress_file.as_uri())
    assert opened.get_by_role("heading", level=1).inner_text() == "Progress"
    assert named_controls(opened) == []
    day = opened.get_by_role("cell", name="22 November 2026: part of the dose")
    assert day.count() == 1


def test_a_long_name_does_not_make_a_phone_scroll(context: BrowserContext, tmp_path: Path) -> None:
    header, _, rest = SESSIONS[0].read_text("utf-8").partition("\n")
    long = "Sitzung_nach_der_Operation_linke_Seite_" * 3
    named = tmp_path / f"{long}.posecheck.jsonl"
    named.write_text(header.replace("seated_figure_four.mp4", f"{long}.mp4") + "\n" + rest, "utf-8")
    sessions = [report.read(named), report.read(SESSIONS[1])]
    file = tmp_path / "long.html"
    file.write_text(report.render(sessions, datetime.now().astimezone()), "utf-8")
    opened = context.new_page()
    opened.set_viewport_size({"width": 320, "height": 640})
    opened.goto(file.as_uri())
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
