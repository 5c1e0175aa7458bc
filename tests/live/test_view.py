"""What a live session shows: mirrored but readable, one thing at a time, never stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck import display, exercises
from posecheck.display.live import panels
from posecheck.display.live.pages import keys_page, text_page
from posecheck.display.live.view import SIZE_PX, LiveView, Sight, Status, mirrored
from posecheck.landmarks import INDEX, LANDMARKS
from posecheck.live.cautions import ASK, page_for
from posecheck.live.coach.prompt import Phase, Tone, ViewState
from posecheck.live.loop import HELP, KEYS
from posecheck.types import Cause, Observation, Pose, Reading, Reason, Side, State, Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

EXERCISE = exercises.load("seated-figure-four")
LONGEST = max(
    (
        limit.cue.format(stretched="right", supporting="right")
        for exercise in exercises.load_all()
        for rule in exercise.rules
        for limit in (rule.at_most, rule.at_least)
        if limit is not None
    ),
    key=len,
)
NO_STATUS = Status()


def screen(phase: Phase = Phase.HOLD, **more: object) -> ViewState:
    """Return a screen of a hold on the right leg, 4 of 10 s, changed as wanted."""
    usual: dict[str, object] = {
        "headline": "Hold", "cue": "", "said": "", "tone": None, "verdict": State.VALID,
        "seconds": 4.0, "target_s": 10.0, "share": 0.4, "side": Side.RIGHT, "repetition": 1,
        "repetitions": 3, "completed": 0, "planned": 6, "reason": "", "notice": "",
        "countdown_s": None, "view_good": True, "edges": (),
    }  # fmt: skip
    return ViewState(phase=phase, **{**usual, **more})  # type: ignore[arg-type]


def pose(size_px: tuple[int, int], at: tuple[float, float] = (0.3, 0.5)) -> Pose:
    """Return somebody whose legs lie at a place, shares of the picture; the rest is nowhere."""
    points = np.full((len(LANDMARKS), 3), np.nan, np.float32)
    for step, joint in enumerate(("hip", "knee", "ankle")):
        for side, aside in (("left", 0.0), ("right", 0.02)):
            place = (at[0] + aside, at[1] + 0.1 * step, 0)
            points[INDEX[f"{side}_{joint}"]] = np.array(place) * [*size_px, 1]
    ones = np.ones(len(LANDMARKS), np.float32)
    return Pose(points, np.zeros_like(points), ones, ones)


def sight(
    size_px: tuple[int, int] = (640, 480),
    level: int = 60,
    state: State = State.VALID,
    *,
    person: bool = False,
) -> Sight:
    """Return a grey picture, brighter in its left half."""
    image = np.full((size_px[1], size_px[0], 3), level, np.uint8)
    image[:, : size_px[0] // 2] += 100
    reason = None if state is State.VALID else Reason(Cause.RULE, "Lean", "lean")
    reading = Reading("lean", Side.LEFT, 97.0, state, 13.0, required=True, reason=reason)
    found = pose(size_px) if person else None
    verdict = Verdict(state, Side.RIGHT, reason, (reading,))
    return Sight(image, Observation(1.0, size_px, found), verdict)


def shown(now: ViewState, seen: Sight | None = None, status: Status = NO_STATUS) -> Image:
    return LiveView(EXERCISE).draw(now, sight() if seen is None else seen, status).copy()


def mirror_of(image: Image) -> Image:
    """Return the part of the canvas that holds the picture."""
    return image[10:514, 10:906]


def columns(image: Image, colour: display.Colour) -> NDArray[np.intp]:
    return np.nonzero((image == np.array(colour, np.uint8)).all(axis=2).any(axis=0))[0]


def test_the_picture_is_mirrored_and_the_person_with_it() -> None:
    image = mirror_of(shown(screen(), sight((1280, 720), person=True)))
    assert image[400, 100].mean() < image[400, 800].mean(), "the bright left half is on the right"
    amber = columns(image, display.ORANGE)
    assert amber.size
    # The stretched right leg lies at 0.32 of the camera's picture.
    assert amber.mean() / image.shape[1] == pytest.approx(1 - 0.32, abs=0.02)


def test_left_stays_the_persons_left() -> None:
    seen = Observation(0.0, (640, 480), pose((640, 480)))
    turned = mirrored(seen)
    assert seen.pose is not None
    assert turned.pose is not None
    for name in ("left_knee", "right_ankle"):
        x, y = seen.pose.point_px(name)
        assert turned.pose.point_px(name) == pytest.approx((640 - x, y))
    assert mirrored(turned).pose.image_px == pytest.approx(seen.pose.image_px, nan_ok=True)  # type: ignore[union-attr]
    assert mirrored(Observation(0.0, (640, 480), None)).pose is None


@pytest.mark.parametrize("size_px", [(1280, 720), (640, 480), (720, 1280), (160, 120), (1921, 333)])
def test_pictures_of_any_shape_are_shown_whole(size_px: tuple[int, int]) -> None:
    image = mirror_of(shown(screen(), sight(size_px)))
    bright, dim = (image[..., 0] == 160), (image[..., 0] == 60)
    rows, across = np.nonzero(bright | dim)
    width, height = np.ptp(across) + 1, np.ptp(rows) + 1
    assert width / height == pytest.approx(size_px[0] / size_px[1], rel=0.03)
    assert width >= 895 or height >= 503, "as large as fits"
    assert bright.sum() == pytest.approx(dim.sum(), rel=0.1)


def test_a_verdict_is_told_by_colour_by_shape_and_by_word() -> None:
    bands = [shown(screen(verdict=state))[530:, :] for state in State]
    for state, band in zip(State, bands, strict=True):
        assert columns(band, display.STATE_COLOURS[state]).size
    # Without colour: where anything is drawn at all.
    signs = [band[:, :200].max(axis=2) > 90 for band in bands]
    words = [band[:60, 220:].max(axis=2) > 90 for band in bands]
    for drawn in (signs, words):
        for first, second in ((0, 1), (0, 2), (1, 2)):
            assert (drawn[first] ^ drawn[second]).mean() > 0.02


def test_every_phase_has_a_sign_of_its_own() -> None:
    phases = [phase for phase in Phase if phase not in {Phase.DONE, Phase.HOLD}]
    signs = [shown(screen(phase, verdict=None))[530:, :200].max(axis=2) > 90 for phase in phases]
    for number, sign in enumerate(signs):
        assert sign.any()
        assert all((sign ^ other).mean() > 0.01 for other in signs[:number])


def test_held_seconds_are_never_rounded_up() -> None:
    def panel(seconds: float) -> Image:
        return shown(screen(seconds=seconds, share=0.5))[:, 916:]

    assert (panel(4.0) == panel(4.999)).all()
    assert (panel(4.999) != panel(5.0)).any()


def test_without_a_picture_the_last_one_is_not_taken_for_a_new_one() -> None:
    live = LiveView(EXERCISE)
    before = mirror_of(live.draw(screen(), sight(level=120), NO_STATUS)).mean()
    notice = "The camera is gone: plug it in again"
    lost = screen(Phase.PAUSED, verdict=None, notice=notice)
    for _ in range(3):
        stale = mirror_of(live.draw(lost, None, NO_STATUS)).copy()
    assert 0.1 * before < stale[100:].mean() < 0.3 * before, "dark, and not darker each time"
    assert columns(stale, display.ORANGE).size, "with the reason"
    back = live.draw(screen(), sight(level=120), NO_STATUS)
    assert (back == shown(screen(), sight(level=120))).all()


def test_only_the_deciding_angle_is_shown_and_only_while_wrong() -> None:
    wrong = sight(state=State.WRONG, person=True)
    said = mirror_of(shown(screen(verdict=State.WRONG), wrong))
    rest = mirror_of(shown(screen(Phase.REST, verdict=None, countdown_s=3.0), wrong))
    assert columns(said, display.VERMILION).size
    assert not columns(rest, display.VERMILION).size


def test_edges_that_cut_off_are_shown_where_the_mirror_shows_them() -> None:
    now = screen(Phase.SET_UP, verdict=State.UNSEEN, view_good=False, edges=("left",))
    amber = columns(mirror_of(shown(now)), display.ORANGE)
    assert amber.min() > 448, "the camera's left is the mirror's right"


def test_recording_is_said() -> None:
    plain, recording = shown(screen()), shown(screen(), status=Status(recording=True))
    assert columns(mirror_of(recording), display.VERMILION).size
    assert (plain[524:] == recording[524:]).all()


def test_what_sounds_can_be_seen() -> None:
    assert (shown(screen(tone=Tone.START))[5, 5] == 255).all()
    assert (shown(screen())[5, 5] == display.GREEN).all()
    assert (shown(screen(tone=Tone.TICK))[5, 5] == display.GREEN).all(), "it does not blink"


def test_a_reason_leaves_room_for_what_was_held() -> None:
    stopped = {"verdict": State.WRONG, "reason": "Lean further forward from the hips"}
    before = shown(screen(headline="Hold", **stopped))[524:]
    after = shown(screen(headline="Stopped after 5.5 s", **stopped))[524:]
    assert (before != after).any()
    assert (before[80:] == after[80:]).all()


@pytest.mark.slow
@given(
    st.lists(
        st.builds(
            lambda phase, state, cue, seconds, said, notice: screen(
                phase,
                verdict=state,
                cue=cue,
                said=said,
                notice=notice,
                seconds=seconds,
                share=seconds / 10,
            ),
            st.sampled_from(Phase),
            st.sampled_from([*State, None]),
            st.sampled_from(["", "Lean further forward from the hips", LONGEST]),
            st.floats(0, 10),
            st.sampled_from(["", "Well done"]),
            st.sampled_from(["", "The picture is black"]),
        ),
        min_size=2,
        max_size=5,
    )
)
@settings(max_examples=12, deadline=None)
def test_what_is_shown_does_not_depend_on_what_was_shown_before(screens: list[ViewState]) -> None:
    live = LiveView(EXERCISE)
    for now in screens:
        last = live.draw(now, sight(), Status("H: keys")).copy()
    assert (last == shown(screens[-1], status=Status("H: keys"))).all()


@pytest.mark.parametrize("text", [LONGEST, "One person please: somebody else is in the picture"])
def test_every_cue_fits_and_stays_large(text: str) -> None:
    room = SIZE_PX[0] - 220 - 22
    lines, size = display.wrapped(text, panels.CUE_PX, room)
    assert all(display.text_width(line, size) <= room for line in lines)
    # 0.76 of the font's size are 40 pixels, 10 mm on a 14-inch screen: 11 arc minutes at 3 m.
    assert 0.76 * size >= 40


@pytest.mark.parametrize("exercise", exercises.load_all(), ids=lambda exercise: exercise.name)
def test_every_page_of_cautions_fits(exercise: exercises.schema.Exercise) -> None:
    page = page_for(exercise)
    image = text_page(SIZE_PX, page.title, page.paragraphs, f"Press Enter: {ASK}")
    assert (image[-92:-78] == display.DARK).all(), "text and prompt do not touch"
    assert (image[:, -30:] == display.DARK).all(), "nothing runs out of the page"
    assert columns(image, display.ORANGE).size


def test_the_page_of_keys_names_every_key() -> None:
    named = {key.lower() for key, _ in HELP} | {"h", "f1", "?", "escape"}
    assert set(KEYS) <= named
    page = keys_page(SIZE_PX, HELP, "Press any key to go back")
    assert columns(page, display.BLUE).size
    prompt = np.nonzero((page == display.ORANGE).all(axis=2).any(axis=1))[0]
    assert (page[prompt.min() - 40 : prompt.min() - 8] == display.DARK).all(), "it stands apart"


@pytest.mark.slow
def test_departures_from_the_dose_are_shown_during_set_up() -> None:
    setting_up = screen(Phase.SET_UP, verdict=State.UNSEEN)
    plain = LiveView(EXERCISE).draw(setting_up, sight(), NO_STATUS)[:, 916:].copy()
    asked = LiveView(EXERCISE, ("You asked for holds of 5 s.",)).draw(
        setting_up, sight(), NO_STATUS
    )
    assert not columns(plain, display.ORANGE).size
    assert columns(asked[:, 916:], display.ORANGE).size


def test_the_given_picture_is_not_changed() -> None:
    seen = sight(person=True)
    before = seen.image_bgr.copy()
    LiveView(EXERCISE).draw(screen(), seen, Status(recording=True))
    assert (seen.image_bgr == before).all()
