"""When a cue is shown and when it is said."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from posecheck.live.coach.presence import (
    BETWEEN_CUES_S,
    COOL_DOWN_S,
    SELDOM_S,
    CueThrottle,
    Debounced,
)

TIMES = st.lists(st.floats(0.01, 30), max_size=60).map(
    lambda steps: [sum(steps[: n + 1]) for n in range(len(steps))]
)


def test_a_value_is_passed_on_only_after_it_has_stayed() -> None:
    settled = Debounced(0.5, "a")
    assert [settled.look(t / 10, "b") for t in range(7)] == ["a"] * 5 + ["b"] * 2
    assert settled.since_s == 0.0
    assert settled.lasted_s(2.0) == 2.0


def test_a_blip_changes_nothing_and_a_flicker_never_settles() -> None:
    settled = Debounced(0.5, "a")
    for number in range(100):
        assert settled.look(number / 10, "ab"[number % 4 == 3]) == "a"
    settled = Debounced(0.5, "a")
    for number in range(100):
        assert settled.look(number / 10, "bc"[number // 3 % 2]) == "a"


def test_the_same_cue_is_said_more_and_more_seldom_and_never_silent() -> None:
    patience = CueThrottle()
    said = [t for t in range(600) if patience.allows(float(t), "lean")]
    assert said == [0, 12, 36, 84, *range(144, 600, int(SELDOM_S))]
    patience.forget_counts()
    assert patience.allows(600.0, "lean")


@settings(deadline=None)
@given(times=TIMES, cues=st.lists(st.sampled_from(["a", "b", "c"]), min_size=60, max_size=60))
def test_cool_downs_hold_for_any_order_of_cues(times: list[float], cues: list[str]) -> None:
    patience = CueThrottle()
    said: list[tuple[float, str]] = []
    for t_s, cue in zip(times, cues, strict=False):
        if patience.allows(t_s, cue):
            assert not said or t_s - said[-1][0] >= BETWEEN_CUES_S
            before = [t for t, other in said if other == cue]
            assert not before or t_s - before[-1] >= COOL_DOWN_S
            said.append((t_s, cue))


def test_after_an_announcement_no_cue_follows_at_once() -> None:
    patience = CueThrottle()
    patience.hush(10.0)
    assert not patience.allows(12.0, "lean")
    assert patience.allows(15.0, "lean")
