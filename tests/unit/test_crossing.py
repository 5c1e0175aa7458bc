"""Crossed legs as an event: what makes them crossed, what ends it, and what changes nothing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck.measure.crossing import AGAIN_S, AWAY_S, HOLE_S, MUTE_S, NO_S, YES_S, CrossingTracker
from posecheck.measure.crossing_evidence import LegPlace, Posture
from posecheck.types import CrossingState, Evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from posecheck.types import Crossing

UNKNOWN, DOWN, CROSSED, MUTED = (
    CrossingState.UNKNOWN,
    CrossingState.DOWN,
    CrossingState.CROSSED,
    CrossingState.MUTED,
)

SITTING = LegPlace(
    t_s=0.0, trunk_deg=15.0, chest_deg=105.0, depth_deg=75.0, hang=-0.95, high=-0.95, low=-0.95,
    lift=-1.0, lift_high=-1.0, apart=0.3, knees=0.4, to_knee=1.0, seen=0.9,
)  # fmt: skip
"""Both feet on the floor. Lengths in thighs, as on the study's rendered clips."""

ON_A_CHAIR = {
    "down": SITTING,
    "crossed": replace(SITTING, high=-0.1, lift_high=-0.1, apart=1.0, to_knee=0.3),
    "merged": replace(SITTING, high=-0.92, apart=0.03, seen=0.3),
    "slid off": replace(SITTING, high=-0.85, lift_high=-0.9, apart=0.5, to_knee=0.95),
    "nothing": replace(SITTING, high=-0.58, low=-0.9, to_knee=0.9, seen=0.4),
}
LYING = LegPlace(
    t_s=0.0, trunk_deg=92.0, chest_deg=5.0, depth_deg=130.0, hang=-0.3, high=-0.75, low=-0.8,
    lift=-0.1, lift_high=-0.05, apart=0.3, knees=0.3, to_knee=0.9, seen=0.9,
)  # fmt: skip
"""On the back, both feet on the mat."""

DRAWN_IN = replace(
    LYING, depth_deg=80.0, hang=0.0, high=0.15, low=-0.1, lift=0.8, lift_high=1.0, apart=0.9,
    to_knee=0.35,
)  # fmt: skip
ON_THE_BACK = {
    "down": LYING,
    "crossed": DRAWN_IN,
    "crossed on the mat": replace(LYING, high=0.0, lift_high=0.6, to_knee=0.35, apart=0.9),
    "merged": replace(DRAWN_IN, high=-0.08, low=-0.1, lift_high=0.82, apart=0.05, to_knee=0.7),
    "shins up": replace(DRAWN_IN, high=0.95, low=0.85, apart=0.2, to_knee=0.9),
    "hugged knees": replace(DRAWN_IN, high=0.95, low=0.6, apart=0.4, to_knee=0.7),
    "one foot down": replace(LYING, high=0.35, lift_high=0.9, apart=1.2, to_knee=0.7),
    "slid off": replace(DRAWN_IN, high=0.05, low=-0.1, apart=0.7, to_knee=0.95),
    "drawn elsewhere": replace(DRAWN_IN, high=0.05, low=-0.1, apart=0.2, to_knee=0.95),
}
PLACES = {Posture.SEATED: ON_A_CHAIR, Posture.SUPINE: ON_THE_BACK}

Story = list[tuple[str | None, float]]


def follow(
    posture: Posture, story: Story, fps: float = 30.0, start_s: float = 0.0, *, adds_up: bool = True
) -> list[tuple[float, Crossing]]:
    """Return what is known at each frame; None in a story is a time without any frame."""
    tracker, told, begin_s, number = CrossingTracker(posture, adds_up), [], 0.0, 0
    for name, lasts_s in story:
        while number / fps < begin_s + lasts_s - 1e-9:
            t_s = start_s + number / fps
            if name is not None:
                told.append((t_s, tracker.look(replace(PLACES[posture][name], t_s=t_s))))
            number += 1
        begin_s += lasts_s
    return told


def states(posture: Posture, story: Story, fps: float = 30.0) -> list[CrossingState]:
    return [crossing.state for _, crossing in follow(posture, story, fps)]


def last(posture: Posture, *story: tuple[str | None, float], fps: float = 30.0) -> CrossingState:
    return states(posture, list(story), fps)[-1]


BOTH = pytest.mark.parametrize("posture", list(Posture))
RATES = pytest.mark.parametrize("fps", [10.0, 15.0, 30.0, 60.0])


@BOTH
@RATES
def test_feet_are_seen_down_then_crossed_then_down_again(posture: Posture, fps: float) -> None:
    told = follow(posture, [("down", 1.0), ("crossed", 2.0), ("down", 1.0)], fps)
    first = {state: next(t for t, c in told if c.state is state) for state in (DOWN, CROSSED)}
    assert first[DOWN] == 0.0
    assert YES_S - 1e-6 <= first[CROSSED] - 1.0 <= YES_S + 1 / fps
    # Muted 0.12 s after the opposite is seen, down after 0.3 s.
    ended = {
        state: next(t for t, c in told if t > 2.5 and c.state is state) for state in (MUTED, DOWN)
    }
    assert MUTE_S - 1e-6 <= ended[MUTED] - 3.0 <= MUTE_S + 1 / fps
    assert NO_S - 1e-6 <= ended[DOWN] - 3.0 <= NO_S + 1 / fps


@RATES
def test_interrupted_evidence_adds_up(fps: float) -> None:
    """The model draws the ankle on the knee for 0.1 s, then beside it for 0.2 s, and so on."""
    flicker: Story = [("crossed", 0.1), ("drawn elsewhere", 0.2)] * 10
    told = follow(Posture.SUPINE, [("down", 1.0), *flicker], fps)
    assert [c.evidence for t, c in told if 1.0 <= t < 1.25].count(Evidence.NONE) > 0
    first_s = next(t for t, c in told if c.state is CROSSED)
    assert 2.0 <= first_s <= 2.6
    before = follow(Posture.SUPINE, [("down", 1.0), *flicker], fps, adds_up=False)
    assert CROSSED not in {c.state for _, c in before}


@RATES
def test_rare_or_contradicted_evidence_never_adds_up(fps: float) -> None:
    contradicted: Story = [("crossed", 0.1), ("down", 0.2)] * 20
    rare: Story = [("crossed", 0.1), ("drawn elsewhere", 0.8)] * 20
    for flicker in (contradicted, rare):
        assert CROSSED not in states(Posture.SUPINE, [("down", 1.0), *flicker], fps)


@RATES
@pytest.mark.parametrize("knees_per_s", [-2.5, 2.0])
def test_a_knee_on_its_way_past_the_other_crosses_no_legs(fps: float, knees_per_s: float) -> None:
    """Both knees hugged, one after the other: the ankle passes the other knee in 0.3 s."""

    def hugs(t_s: float) -> LegPlace:
        knees = 0.8 + knees_per_s * (min(max(t_s, 1.0), 1.4) - 1.2)
        shown = "crossed" if 1.05 <= t_s < 1.35 else "hugged knees"
        place = ON_THE_BACK["down" if t_s < 0.5 else shown]
        return replace(place, t_s=t_s, knees=place.knees if t_s < 0.5 else knees)

    tracker = CrossingTracker(Posture.SUPINE)
    told = [tracker.look(hugs(number / fps)).state for number in range(round(2 * fps))]
    assert CROSSED not in told
    # The same with knees that stay where they are is an ankle on a knee.
    assert CROSSED in states(Posture.SUPINE, [("down", 0.5), ("crossed", 0.3)], fps)


@BOTH
def test_the_first_frame_is_believed_while_the_next_ones_show_it_too(posture: Posture) -> None:
    assert states(posture, [("crossed", 0.5)]) == [CROSSED] * 15
    for shown, state in (("crossed", CROSSED), ("down", DOWN)):
        glimpse = states(posture, [(shown, 0.07), ("merged", 1.0)])
        assert glimpse[:2] == [state] * 2
        assert set(glimpse[3:]) == {UNKNOWN}


@BOTH
@RATES
@pytest.mark.parametrize("before", ["crossed", "down"])
def test_merged_legs_change_no_state(posture: Posture, fps: float, before: str) -> None:
    story: Story = [("down", 1.0), *([("crossed", 1.0)] if before == "crossed" else [])]
    wanted = CROSSED if before == "crossed" else DOWN
    told = follow(posture, [*story, ("merged", 20.0)], fps)
    merged = [crossing for t_s, crossing in told if t_s > sum(s for _, s in story)]
    assert {crossing.state for crossing in merged} == {wanted}
    assert {crossing.evidence for crossing in merged} == {Evidence.NONE}


@BOTH
def test_legs_that_are_merged_from_the_start_are_unknown(posture: Posture) -> None:
    assert set(states(posture, [("merged", 5.0)])) == {UNKNOWN}


@BOTH
@RATES
def test_a_hole_of_two_seconds_is_bridged_and_a_longer_one_is_not(
    posture: Posture, fps: float
) -> None:
    # The hole is the time between two frames: one frame's time more than is left out.
    for hole_s, state in ((1.5, CROSSED), (HOLE_S - 1 / fps, CROSSED), (HOLE_S + 0.2, UNKNOWN)):
        story: Story = [("down", 1.0), ("crossed", 1.0), (None, hole_s), ("merged", 1.0)]
        assert states(posture, story, fps)[-1] is state, hole_s


@BOTH
def test_a_stay_out_of_the_posture_ends_the_memory(posture: Posture) -> None:
    tracker = CrossingTracker(posture)
    away = replace(PLACES[posture]["merged"], trunk_deg=5.0 if posture is Posture.SUPINE else 80.0)
    frames = [("crossed", 30), ("away", round(AWAY_S * 30) + 2), ("merged", 30)]
    told, number = [], 0
    for name, count in frames:
        for _ in range(count):
            place = away if name == "away" else PLACES[posture][name]
            told.append(tracker.look(replace(place, t_s=number / 30)).state)
            number += 1
    assert told[29] is CROSSED
    assert told[30 + round(AWAY_S * 30) - 2] is CROSSED
    assert told[-1] is UNKNOWN


def test_legs_that_cannot_be_measured_are_no_evidence() -> None:
    tracker = CrossingTracker(Posture.SEATED)
    for number in range(10):
        tracker.look(replace(ON_A_CHAIR["crossed"], t_s=number / 10))
    seen = tracker.look(replace(ON_A_CHAIR["crossed"], t_s=1.0, high=float("nan")))
    assert (seen.state, seen.evidence) == (CROSSED, Evidence.NONE)
    assert seen.yes_s == pytest.approx(0.9)


FAULTS = [
    (Posture.SEATED, "down"),
    (Posture.SEATED, "slid off"),
    (Posture.SUPINE, "down"),
    (Posture.SUPINE, "shins up"),
    (Posture.SUPINE, "hugged knees"),
    (Posture.SUPINE, "one foot down"),
    (Posture.SUPINE, "slid off"),
]


@RATES
@pytest.mark.parametrize(("posture", "fault"), FAULTS)
def test_legs_that_are_seen_uncrossed_are_not_crossed_beyond_a_moment(
    posture: Posture, fault: str, fps: float
) -> None:
    told = follow(posture, [("down", 1.0), ("crossed", 2.0), (fault, 3.0)], fps)
    counted = [t_s for t_s, crossing in told if crossing.state is CROSSED]
    assert max(counted) - 3.0 < NO_S
    assert told[-1][1].state is DOWN


def test_sitting_ankles_that_are_drawn_on_one_foot_are_no_evidence() -> None:
    """The foot of the crossed leg is drawn on the floor: what was seen before stays known."""
    merged = replace(ON_A_CHAIR["down"], apart=0.05)
    tracker = CrossingTracker(Posture.SEATED)
    for number in range(30):
        tracker.look(replace(ON_A_CHAIR["crossed"], t_s=number / 30))
    told = [tracker.look(replace(merged, t_s=number / 30)) for number in range(30, 60)]
    assert {(c.state, c.evidence) for c in told} == {(CROSSED, Evidence.NONE)}


@RATES
def test_an_ankle_that_is_drawn_off_the_knee_is_muted_and_counts_again_when_it_is_back(
    fps: float,
) -> None:
    """Ankles near one another may be drawn on one leg: no evidence that it slid off."""
    story: Story = [("down", 1.0), ("crossed", 2.0), ("drawn elsewhere", 3.0), ("crossed", 1.0)]
    told = follow(Posture.SUPINE, story, fps)
    counted = [t_s for t_s, c in told if 3.0 <= t_s < 6.0 and c.state is CROSSED]
    assert max(counted) - 3.0 <= 0.5 + 1e-6, "the ankle is looked at for half a second"
    assert {c.state for t_s, c in told if 3.6 < t_s < 6.0} == {MUTED}
    assert told[-1][1].state is CROSSED


@RATES
def test_sitting_an_ankle_that_is_hidden_from_now_on_is_a_guess_at_once(fps: float) -> None:
    """The model's visibility is a running average: it stays above the limit for many frames."""
    for hidden, state in ((0.35, CROSSED), (0.75, DOWN)):
        tracker, seen, told = CrossingTracker(Posture.SEATED), 0.9, []
        for number in range(round(2.5 * fps)):
            crossed = number < fps
            seen = 0.9 * seen + 0.1 * (0.9 if crossed else hidden)
            place = ON_A_CHAIR["crossed" if crossed else "slid off"]
            told.append(tracker.look(replace(place, t_s=number / fps, seen=seen)).state)
        assert told[-1] is state
        after = told[round(1.2 * fps) :]
        assert hidden > 0.5 or set(after) == {CROSSED}, "the lag of the average is no evidence"


@RATES
def test_an_ankle_that_slid_off_in_the_air_is_back_when_both_shins_are_drawn_on_one(
    fps: float,
) -> None:
    before: Story = [("crossed", 2.0), ("slid off", 2.0)]
    told = follow(Posture.SUPINE, [*before, ("merged", 2.0)], fps)
    back_s = min(t_s for t_s, c in told if t_s > 2.5 and c.state is CROSSED)
    assert AGAIN_S - 1e-6 <= back_s - 4.0 <= AGAIN_S + 1 / fps
    for kept in (
        [*before, ("down", 0.5)],  # a foot came to the mat in between
        [("crossed", 0.4), ("slid off", 2.0)],  # the legs were hardly crossed
        [("down", 1.0), ("slid off", 2.0)],  # they never were
    ):
        assert last(Posture.SUPINE, *kept, ("merged", 5.0), fps=fps) is DOWN, kept
    together = replace(ON_THE_BACK["merged"], knees=0.08)  # the thighs, too: knees are hugged
    tracker = CrossingTracker(Posture.SUPINE)
    for number, (name, _) in enumerate([("crossed", 0)] * 20 + [("slid off", 0)] * 20):
        tracker.look(replace(ON_THE_BACK[name], t_s=number / 10))
    hugged = [tracker.look(replace(together, t_s=number / 10)).state for number in range(40, 70)]
    assert set(hugged) == {DOWN}


NAMES = {posture: sorted(places) for posture, places in PLACES.items()}
STORIES = {
    posture: st.lists(
        st.tuples(st.sampled_from([*names, None]), st.floats(0.1, 2.5)), min_size=1, max_size=8
    )
    for posture, names in NAMES.items()
}


@BOTH
@settings(deadline=None, max_examples=40)
@given(data=st.data(), fps=st.sampled_from([10.0, 15.0, 30.0, 60.0]))
def test_crossed_is_never_said_without_evidence_nor_against_it(
    posture: Posture, data: st.DataObject, fps: float
) -> None:
    story: Story = data.draw(STORIES[posture])
    told = follow(posture, story, fps)
    against_s = None
    seen_yes = False
    for t_s, crossing in told:
        seen_yes |= crossing.evidence is Evidence.YES
        if crossing.evidence is not Evidence.NO:
            against_s = None
        elif against_s is None:
            against_s = t_s
        if crossing.state is CROSSED:
            assert seen_yes
            assert against_s is None or t_s - against_s < MUTE_S
        if against_s is not None and t_s - against_s > NO_S:
            assert crossing.state is DOWN or crossing.state is UNKNOWN


@BOTH
@settings(deadline=None, max_examples=40)
@given(data=st.data(), start_s=st.floats(0, 3600))
def test_the_time_at_which_a_recording_begins_changes_nothing(
    posture: Posture, data: st.DataObject, start_s: float
) -> None:
    story: Story = data.draw(STORIES[posture])
    here, there = (follow(posture, story, 10.0, begin_s) for begin_s in (0.0, start_s))
    assert [c.state for _, c in here] == [c.state for _, c in there]


@BOTH
@settings(deadline=None, max_examples=25)
@given(data=st.data(), fps=st.sampled_from([15.0, 30.0, 60.0]))
def test_the_frame_rate_moves_a_change_by_a_frame_at_most(
    posture: Posture, data: st.DataObject, fps: float
) -> None:
    # Parts of a story begin at frames of both rates, and last longer than every limit.
    parts = data.draw(
        st.lists(
            st.tuples(st.sampled_from(NAMES[posture]), st.integers(5, 12)), min_size=1, max_size=8
        )
    )
    story: Story = [(name, 0.2 * count) for name, count in parts]
    slow, fast = (dict(rounded(follow(posture, story, rate))) for rate in (fps, 2 * fps))
    times = sorted(fast)
    for t_s, crossing in slow.items():
        first = bisect_left(times, t_s - 2 / fps - 1e-6)
        after = bisect_right(times, t_s + 2 / fps + 1e-6)
        assert crossing.state in {fast[t].state for t in times[first:after]}, t_s


def rounded(told: Sequence[tuple[float, Crossing]]) -> list[tuple[float, Crossing]]:
    return [(round(t_s, 6), crossing) for t_s, crossing in told]
