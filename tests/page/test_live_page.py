"""The live page in a real browser: every text at every size, keys, and the end."""

from __future__ import annotations

import inspect
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from posecheck import exercises
from posecheck.form import hold
from posecheck.live import cautions
from posecheck.live.coach import words
from posecheck.live.coach.prompt import (
    Achieved,
    Phase,
    Question,
    Ring,
    SideResult,
    ViewState,
)
from posecheck.page import Document
from posecheck.page.live import (
    WIDEST_PX,
    Answer,
    Begin,
    CameraChoice,
    Cautions,
    Choices,
    Chosen,
    Confirm,
    End,
    ExerciseCard,
    Facts,
    LivePage,
    Press,
    Status,
    live_view,
)
from posecheck.page.server import PageServer
from posecheck.types import Reason, Side, State, Topic
from tests.page.conftest import WIDE, named_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

SIZES: Final = ((1366, 768), (1920, 1080), (2560, 1600))
CAP_SHARE: Final = 0.7
"""Least height of a capital letter of usual fonts, as a share of the font size."""

LEAST_SHARES: Final = {
    "number": 0.09, "cue": 0.04, "top": 0.035, "leg": 0.025, "count-text": 0.025,
    "unit": 0.025, "ring-text": 0.025, "beside": 0.025, "note": 0.025, "notice": 0.025,
    "camera-text": 0.025,
}  # fmt: skip
"""Least height of a capital letter as a share of the screen's height, by element."""

SEATED = exercises.load("seated-figure-four")
HOLDING = ViewState(
    phase=Phase.HOLD, headline=words.HOLD, cue="", said="", tone=None, verdict=State.VALID,
    seconds=7.4, target_s=10.0, share=0.74, side=Side.RIGHT, repetition=2, repetitions=3,
    completed=1, planned=6, reason="", notice="", countdown_s=None, view_good=True, edges=(),
    ring=Ring.RUNNING, ring_text="", timer_s=None, timed=0, exercise=SEATED.title, part=2,
    parts=3, hands_share=0.0, question=None, achieved=(),
)  # fmt: skip


def document(name: str) -> Document | None:
    path = exercises.demonstration(name.removesuffix(".webp"))
    return None if path is None else Document(path.read_bytes(), "image/webp")


@pytest.fixture
def live() -> Iterator[LivePage]:
    with PageServer(live_view(document)) as server:
        page = LivePage(server)
        page.put(
            "facts",
            Facts(SEATED.camera.text, "/documents/seated-figure-four.webp", "", SEATED.steps),
        )
        page.put("status", Status(("no sound",), recording=True))
        yield page


def cues() -> list[str]:
    """Return every instruction that a live session can show."""
    found = [text for name, text in vars(words).items() if isinstance(text, str) and name.isupper()]
    found += [words.side_to_camera(posture) for posture in words.StretchPlace]
    found += [words.other_way(posture) for posture in words.StretchPlace]
    found += [
        words.then(words.other_way(posture), text)
        for posture in words.StretchPlace
        for text in (words.COME_CLOSER, words.MORE_LIGHT, words.LIGHT_HELPS, words.FURTHER_AWAY)
    ]
    found += [one.cue for _, one in inspect.getmembers(hold) if isinstance(one, Reason)]
    for exercise in exercises.load_all():
        for rule in exercise.rules:
            for limit in (rule.at_most, rule.at_least):
                if limit is not None:
                    found += [limit.cue, named(limit.cue_named)]
    return sorted({text for text in found if text and " " in text and "{" not in text})


def named(cue: str | None) -> str:
    """Return a cue that names legs with the longer words put in."""
    return (cue or "").replace("{stretched}", "right").replace("{supporting}", "right")


MEASURE: Final = """() => {
  const shown = (element) => element.checkVisibility() && element.textContent.trim() !== "";
  const wrong = [];
  const sizes = {};
  const stretch = document.getElementById("stretch");
  const boxes = [];
  for (const element of stretch.querySelectorAll("p, strong, small, span, h2")) {
    if (!shown(element) || !element.childNodes.length) continue;
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own) continue;
    const range = document.createRange();
    range.selectNodeContents(element);
    const box = range.getBoundingClientRect();
    const area = element.closest(".mirror, .side, .band").getBoundingClientRect();
    const name = element.id || element.className || element.tagName;
    if (box.left < area.left - 1 || box.right > area.right + 1 || box.top < area.top - 1
        || box.bottom > area.bottom + 1) wrong.push(`${name} is cut: ${element.textContent}`);
    sizes[name] = parseFloat(getComputedStyle(element).fontSize) / innerHeight;
    const inline = getComputedStyle(element).display === "inline";
    boxes.push([name, inline ? box : element.getBoundingClientRect(), element]);
  }
  for (const [i, [one, a, first]] of boxes.entries()) {
    for (const [other, b, second] of boxes.slice(i + 1)) {
      if (first.contains(second) || second.contains(first)) continue;
      const inline = first.closest(".tight") && second.closest(".tight");
      const over = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const beside = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const least = 0.35 * Math.min(a.height, b.height);
      if (!inline && over > least && beside > 4) wrong.push(`${one} lies over ${other}`);
    }
  }
  const picture = document.getElementById("mirror").getBoundingClientRect();
  return [wrong, sizes, picture.width * picture.height / (innerWidth * innerHeight)];
}"""


def told(page: Page, live: LivePage, screen: ViewState) -> tuple[list[str], dict[str, float]]:
    """Show a screen; return what is wrong with it, and the share of the height of each text."""
    live.put("screen", screen)
    ring, cue = screen.ring_text, screen.cue
    page.wait_for_function(
        "([cue, ring]) => document.getElementById('cue').textContent.includes(cue)"
        " && document.getElementById('ring-text').textContent === ring",
        arg=[cue, ring],
    )
    wrong, sizes, _ = page.evaluate(MEASURE)
    return [f"{line} ({screen.phase}, {cue!r})" for line in wrong], sizes


WAITING: Final[dict[str, Any]] = {
    "ring": Ring.WAITING, "ring_text": "Waiting: your left ankle can't be seen"
}  # fmt: skip
"""What a screen shows while a hold waits."""


def stretching(live: LivePage, open_page: Callable[[str], Page], size: tuple[int, int]) -> Page:
    """Open the page at a size, with a picture, in the stage of stretching."""
    page = open_page(live.server.address)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    live.stage("stretch")
    live.show(np.zeros((720, 1280, 3), np.uint8), None)
    page.wait_for_function(f"() => document.getElementById('picture').width === {WIDEST_PX}")
    return page


@pytest.mark.parametrize("size", SIZES)
def test_no_text_is_cut_too_small_or_over_another(
    size: tuple[int, int], live: LivePage, open_page: Callable[[str], Page]
) -> None:
    page = stretching(live, open_page, size)
    wrong: list[str] = []
    smallest: dict[str, float] = {}
    for number, cue in enumerate(cues()):
        screens = [
            replace(HOLDING, verdict=State.UNSEEN, cue=cue, said=cue, **WAITING),
            replace(
                HOLDING, phase=Phase.SET_UP, verdict=None, headline=SEATED.title, cue=cue,
                notice=words.GOES_ON_WITH_PICTURE if number % 2 else "",
            ),
            replace(
                HOLDING, phase=Phase.CHANGE_SIDE, verdict=None, cue=cue, countdown_s=8.0,
                headline=words.change_to(Side.RIGHT), ring=Ring.COUNTDOWN,
            ),
        ]  # fmt: skip
        for screen in screens if number % 4 == 0 or len(cue) > 60 else screens[:1]:
            found, sizes = told(page, live, screen)
            wrong += found
            for name, share in sizes.items():
                smallest[name] = min(share, smallest.get(name, 1.0))
    timer = replace(
        HOLDING, phase=Phase.TIMER, verdict=None, cue=words.TIMER_UNSEEN, timer_s=4.2,
        ring=Ring.TIMER, hands_share=0.5,
    )  # fmt: skip
    wrong += told(page, live, timer)[0]
    assert not wrong, "\n".join(wrong)
    heights = {name: smallest[name] * CAP_SHARE for name in LEAST_SHARES if name in smallest}
    assert {"number", "cue", "top", "unit", "ring-text", "camera-text"} <= heights.keys()
    small = {name: share for name, share in heights.items() if share < LEAST_SHARES[name]}
    assert small == {}
    live.put("screen", HOLDING)
    _, _, share = page.evaluate(MEASURE)
    assert share >= 0.6


@pytest.mark.parametrize("size", [(800, 600), (1100, 800), (480, 800)])
def test_nothing_is_cut_in_a_window_that_is_not_wide(
    size: tuple[int, int], live: LivePage, open_page: Callable[[str], Page]
) -> None:
    page = stretching(live, open_page, size)
    longest = max(cues(), key=len)
    for screen in (
        replace(HOLDING, verdict=State.UNSEEN, cue=longest, **WAITING),
        replace(HOLDING, phase=Phase.SET_UP, verdict=None, headline=SEATED.title, cue=longest),
    ):
        wrong, _ = told(page, live, screen)
        assert wrong == []


def test_a_verdict_has_a_word_a_symbol_and_a_colour(
    live: LivePage, open_page: Callable[[str], Page]
) -> None:
    page = open_page(live.server.address)
    live.stage("stretch")
    seen = set()
    for state, word in ((State.VALID, "VALID"), (State.WRONG, "WRONG"), (State.UNSEEN, "NOT SEEN")):
        live.put("screen", replace(HOLDING, verdict=state))
        page.wait_for_function(f"() => document.getElementById('top').textContent === '{word}'")
        seen.add(
            tuple(
                page.evaluate(
                    "() => [document.querySelector('#sign path').getAttribute('d'),"
                    " getComputedStyle(document.getElementById('mirror')).borderTopColor]"
                )
            )
        )
    assert len({sign for sign, _ in seen}) == 3
    assert len({colour for _, colour in seen}) == 3


@pytest.mark.parametrize(
    ("screen", "band"),
    [
        (
            replace(
                HOLDING, verdict=State.UNSEEN, cue="Step into the picture",
                reason="Nobody is in the picture", ring=Ring.WAITING,
                ring_text="Waiting: nobody is in the picture",
            ),
            ("NOT SEEN", "Hold", "Step into the picture"),
        ),
        (
            replace(HOLDING, verdict=None, headline="Rest", cue="Breathe, and let the leg rest"),
            ("Rest", "", "Breathe, and let the leg rest"),
        ),
        (replace(HOLDING, verdict=None, headline="Rest", cue="Rest"), ("Rest", "", "")),
        (replace(HOLDING, said="Valid"), ("VALID", "", "Hold")),
        (replace(HOLDING, cue="Let your knee sink"), ("VALID", "Let your knee sink", "Hold")),
        (
            replace(
                HOLDING, phase=Phase.SET_UP, verdict=None, headline=SEATED.title,
                cue=words.STEP_IN, said=f"{SEATED.title}. On a steady chair.",
            ),
            (SEATED.title, "On a steady chair.", words.STEP_IN),
        ),
        (
            replace(
                HOLDING, phase=Phase.GET_INTO_POSITION, verdict=State.WRONG, cue="Lean forward",
                headline="Left leg, 1 of 1", ring=Ring.EMPTY,
            ),
            ("NOT YET", "Left leg, 1 of 1", "Lean forward"),
        ),
        (
            replace(
                HOLDING, phase=Phase.GET_INTO_POSITION, verdict=State.WRONG, cue="Lean forward",
                headline="Left leg, 1 of 1", ring=Ring.STOPPED,
            ),
            ("WRONG", "Left leg, 1 of 1", "Lean forward"),
        ),
    ],
)  # fmt: skip
def test_the_band_says_nothing_twice(
    screen: ViewState, band: tuple[str, str, str], live: LivePage, open_page: Callable[[str], Page]
) -> None:
    page = open_page(live.server.address)
    live.stage("stretch")
    live.put("screen", screen)
    page.wait_for_function(f"() => document.getElementById('top').textContent === '{band[0]}'")
    found = page.evaluate(
        "() => ['top', 'beside', 'cue'].map((id) => document.getElementById(id).textContent)"
    )
    assert tuple(found) == band


def test_the_next_picture_comes_while_one_waits_for_its_animation_frame(
    live: LivePage, open_page: Callable[[str], Page]
) -> None:
    """One ahead and no more: a page that paints nothing is not sent pictures without end."""
    page = open_page(live.server.address)
    live.stage("stretch")
    page.evaluate(
        "() => { window.held = []; window.requestAnimationFrame = (later) => held.push(later);"
        " window.setTimeout = () => 0; }"
    )
    acknowledged: list[int] = []
    live.server.drawn = acknowledged.append

    def shown(level: int) -> None:
        live.show(np.full((72, 128, 3), level, np.uint8), None)

    def until(wanted: list[int]) -> None:
        end_s = time.monotonic() + 10
        while acknowledged != wanted and time.monotonic() < end_s:
            page.wait_for_selector("#picture", state="attached")
            time.sleep(0.02)
        assert acknowledged == wanted

    shown(50)
    until([0])  # decoded, and not drawn yet
    shown(100)
    time.sleep(0.3)
    shown(150)
    time.sleep(0.3)
    assert acknowledged == [0]
    page.evaluate("() => held.shift()()")
    until([0, 1, 2])
    grey = """() => {
      const brush = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
      brush.drawImage(document.getElementById("picture"), -64, -36);
      return brush.getImageData(0, 0, 1, 1).data[0];
    }"""
    assert abs(page.evaluate(grey) - 100) <= 2  # the newest that had come: the first is never drawn
    page.evaluate("() => held.shift()()")
    page.wait_for_function(f"() => Math.abs(({grey})() - 150) <= 2", polling=50)


def test_another_dose_than_the_exercise_s_is_never_silent(
    live: LivePage, open_page: Callable[[str], Page]
) -> None:
    page = open_page(live.server.address)
    departure = "You asked for 9 repetitions; the dose of this exercise is 10 s, up to 3 times."
    live.put("facts", Facts("", "", "", SEATED.steps, (departure,)))
    live.put("screen", replace(HOLDING, phase=Phase.SET_UP, verdict=None))
    live.stage("stretch")
    page.wait_for_function(
        "text => document.getElementById('notice').textContent === text", arg=departure
    )
    assert page.is_visible("#notice")


def test_the_look_through_the_camera_is_seen_whole(
    live: LivePage, open_page: Callable[[str], Page]
) -> None:
    page = open_page(live.server.address)
    cards = tuple(
        ExerciseCard(one.name, one.title, one.summary, "10 s", sided=True, demonstration="")
        for one in exercises.load_all()
    )
    chosen = Chosen(SEATED.name, "both", 3, "0", sound=True)
    looking = Choices(cards, (CameraChoice("0", "0: webcam"),), chosen, looking=True)
    live.put("choices", looking)
    live.stage("choose")
    page.wait_for_selector("#look:visible")
    live.show(np.zeros((720, 1280, 3), np.uint8), None)
    page.wait_for_function(f"() => document.getElementById('look').width === {WIDEST_PX}")
    picture, foot = (page.locator(part).bounding_box() for part in ("#look", "#choose .foot"))
    assert picture is not None
    assert foot is not None
    assert picture["width"] > WIDE[0] / 6
    assert picture["y"] + picture["height"] <= foot["y"]


def commands(live: LivePage) -> list[Any]:
    """Return the next commands of the page."""
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        if found := live.commands(0.1):
            return found
    pytest.fail("the page sent nothing")


def test_start_page_cautions_and_keys_by_keyboard_alone(
    live: LivePage, open_page: Callable[[str], Page]
) -> None:
    page = open_page(live.server.address)
    card = ExerciseCard(SEATED.name, SEATED.title, "Sitting.", "10 s", sided=True, demonstration="")
    chosen = Chosen(SEATED.name, "both", 3, "0", sound=True)
    live.put("choices", Choices((card,), (CameraChoice("0", "0: webcam"),), chosen))
    live.stage("choose")
    page.wait_for_selector("#choose:visible")
    assert named_controls(page) == []
    page.keyboard.press("Enter")
    (begin,) = commands(live)
    assert isinstance(begin, Begin)
    assert begin.chosen == chosen

    found = cautions.page_for(SEATED)
    live.put("cautions", Cautions(found.title, found.paragraphs, found.ask))
    live.stage("cautions")
    page.wait_for_selector("#cautions:visible")
    page.keyboard.press("Enter")
    (confirmed,) = commands(live)
    assert isinstance(confirmed, Confirm)

    live.put("screen", HOLDING)
    live.stage("stretch")
    page.wait_for_selector("#stretch:visible")
    page.keyboard.press("h")
    page.wait_for_selector("#help:visible")
    assert found.paragraphs[0] in page.inner_text("#help")
    for seen in ("#help-title", "#help .first"):  # the first line and the way back, without a wheel
        box = page.locator(seen).bounding_box()
        assert box is not None
        assert 0 <= box["y"] <= box["y"] + box["height"] <= WIDE[1]
    page.keyboard.press("Escape")
    page.wait_for_selector("#help", state="hidden")
    for key, wanted in ((" ", "pause"), ("n", "skip"), ("r", "restart"), ("s", "side"),
                        ("m", "mute"), ("q", "end")):  # fmt: skip
        page.keyboard.press(key)
        (pressed,) = commands(live)
        assert isinstance(pressed, Press)
        assert pressed.key == wanted


def test_the_end_page_says_what_was_achieved_and_asks(
    live: LivePage, open_page: Callable[[str], Page]
) -> None:
    page = open_page(live.server.address)
    sides = (
        SideResult(Side.LEFT, 3, 3, 0, 33.2, 0.0),
        SideResult(Side.RIGHT, 2, 3, 1, 24.8, 10.0),
    )
    achieved = Achieved(SEATED.title, sides, 14.2, "Lean further forward", ended_early=False)
    asked = Question(Topic.PAIN, "How strong is your pain?", tuple(map(str, range(11))), 20.0)
    live.put(
        "screen",
        replace(
            HOLDING,
            phase=Phase.DONE,
            verdict=None,
            headline="All done",
            question=asked,
            achieved=(achieved,),
        ),
    )
    live.stage("end")
    live.put("status", Status(closes_s=42.0, report=True))
    page.wait_for_selector("#end:visible")
    shown = page.inner_text("#end")
    for text in ("3 of 3", "2 of 3", "33.2 s", "24.8 s", "10.0 s not judged", "14.2 s",
                 "Lean further forward", "How strong", "42 s", "no diagnosis"):  # fmt: skip
        assert text in shown
    assert named_controls(page) == []
    page.get_by_role("button", name="7", exact=True).click()
    (answer,) = commands(live)
    assert answer == Answer(do="answer", about="pain", choice="7")
    page.get_by_role("button", name="Close").click()
    (end,) = commands(live)
    assert isinstance(end, End)
