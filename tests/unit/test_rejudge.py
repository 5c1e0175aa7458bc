"""A session again: shown as recorded, judged anew to the last digit, or with what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posecheck import cli, exercises
from posecheck.errors import SessionError
from posecheck.exercises import Timing
from posecheck.form.judge import Judge
from posecheck.pipeline.playback import LEAST_FAULT_S, SessionPlayback
from posecheck.pipeline.recorder import Recorder
from posecheck.replay.rejudge import Again, changes, check
from posecheck.session import SessionWriter
from posecheck.types import MICROSECONDS, Side, State
from tests.figures import SEATED_UPRIGHT, SEATED_VALID, nobody
from tests.judged import calm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from posecheck.exercises import Exercise
    from posecheck.types import Observation

# A second in which nobody is seen ends a hold here, so that the story stays short; without look
# ahead, because figures change in one step.
SEATED = calm(exercises.load("seated-figure-four")).model_copy(
    update={"timing": Timing(unseen_break_s=0.9)}
)
HEADER = {"posecheck": "0.1.0", "numpy": "1.26.4", "side": "auto"}

# Valid, upright, valid, nobody, valid; ten pictures a second.
STORY = [(SEATED_VALID, 40), (SEATED_UPRIGHT, 20), (SEATED_VALID, 120), (None, 10),
         (SEATED_VALID, 20)]  # fmt: skip


def seen() -> list[Observation]:
    figures = [figure for figure, count in STORY for _ in range(count)]
    return [nobody(i / 10) if f is None else f.at(i / 10) for i, f in enumerate(figures)]


def record(path: Path, pictures: list[Observation], ask: dict[int, Side] | None = None) -> Path:
    recorder = Recorder(SEATED, None, lambda: SessionWriter(path, HEADER, SEATED), lambda _: ())
    for row, picture in enumerate(pictures):
        if ask and row in ask:
            recorder.ask(ask[row])
        recorder.take([picture])
    recorder.finish("complete")
    recorder.close()
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("replay") / "s.posecheck.jsonl", seen())


@pytest.fixture(scope="module")
def shown(whole: Path) -> SessionPlayback:
    """The session, read to its end; nothing below changes it."""
    return SessionPlayback.open(whole).read_all()


def edited(whole: Path, to: Path, edit: Callable[[list[bytes]], list[bytes]]) -> Path:
    path = to / "edited.posecheck.jsonl"
    path.write_bytes(b"\n".join(edit(whole.read_bytes().split(b"\n"))))
    return path


def test_what_is_shown_is_what_was_recorded(whole: Path) -> None:
    recording = SessionPlayback.open(whole).read_all()
    judge = Judge(SEATED)
    steps = list(judge.judge(seen()))
    tally = judge.finish()
    assert repr(recording.steps) == repr(steps)
    assert tuple(recording.holds) == tally.holds
    assert recording.ledger == steps[-1].ledger == tally.ledger
    assert recording.complete
    assert recording.share_read == 1.0
    assert [o.t_s for o in recording.observations] == recording.times_s.tolist()


def test_a_recording_can_be_used_before_it_is_read_to_its_end(whole: Path) -> None:
    recording = SessionPlayback.open(whole)
    assert len(recording.steps) == len(recording.observations) == 1
    assert not recording.complete
    assert 0 < recording.share_read < 1
    counts = []
    while recording.read_on(0.0):
        counts.append(len(recording.steps))
    assert counts == list(range(2, len(seen()) + 1))
    assert repr(recording.steps) == repr(SessionPlayback.open(whole).read_all().steps)


def test_jumps_find_holds_and_faults_both_ways(shown: SessionPlayback) -> None:
    starts = [hold.start_s for hold in shown.holds]
    assert starts == [0.0, 6.0, 19.0]
    assert shown.next_hold(0.0) == 6.0
    assert shown.next_hold(19.0) is None
    assert shown.previous_hold(19.0) == 6.0
    assert shown.previous_hold(0.0) is None
    assert [(f.start_s, f.end_s, f.what) for f in shown.faults] == [
        (4.0, 6.0, "lean"), (18.0, 19.0, "nobody"),
    ]  # fmt: skip
    assert shown.next_fault(4.0) == 18.0
    assert shown.previous_fault(18.0) == 4.0
    assert all(fault.end_s - fault.start_s >= LEAST_FAULT_S for fault in shown.faults)


@settings(deadline=None)
@given(t_s=st.floats(-5, 100))
def test_the_step_shown_is_the_last_one_at_or_before(shown: SessionPlayback, t_s: float) -> None:
    row = shown.index_at(t_s)
    assert row == 0 or shown.steps[row].t_s <= t_s
    assert row + 1 == len(shown.steps) or t_s < shown.steps[row + 1].t_s


def test_judging_again_gives_the_recorded_result_to_the_last_digit(whole: Path) -> None:
    recording = SessionPlayback.open(whole).read_all()
    judged, found = check(recording)
    assert found.none
    assert found.compared == len(seen())
    assert judged.ledger == recording.ledger
    assert repr(list(Again(recording).steps())) == repr(recording.steps)
    anew = SessionPlayback.open(whole, SEATED).read_all()
    assert repr(anew.steps) == repr(recording.steps)
    assert anew.judged_again


def test_a_live_session_that_asked_for_sides_judges_again_the_same(tmp_path: Path) -> None:
    upright = [SEATED_UPRIGHT.at(i / 10) for i in range(30)]
    path = record(tmp_path / "live.jsonl", upright, {0: Side.LEFT, 15: Side.RIGHT})
    recording = SessionPlayback.open(path).read_all()
    assert {step.verdict.side for step in recording.steps} == {Side.LEFT, Side.RIGHT}
    assert check(recording)[1].none
    assert repr(SessionPlayback.open(path, SEATED).read_all().steps) == repr(recording.steps)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(row=st.integers(0, 209), state=st.sampled_from(State))
def test_a_changed_verdict_is_noticed(whole: Path, tmp_path: Path, row: int, state: State) -> None:
    def change(lines: list[bytes]) -> list[bytes]:
        place = [i for i, line in enumerate(lines) if b'"verdict"' in line[:20]][row]
        line = orjson.loads(lines[place])
        line["verdict"]["state"] = state
        line["verdict"]["reason"] = (
            None if state is State.VALID else {"cause": "gap", "cue": "", "rule": None,
                                               "landmark": None}
        )  # fmt: skip
        return [*lines[:place], orjson.dumps(line), *lines[place + 1 :]]

    recording = SessionPlayback.open(edited(whole, tmp_path, change)).read_all()
    _, found = check(recording)
    original = SessionPlayback.open(whole).read_all().steps[row].verdict
    assert found.none is (original.state is state is State.VALID)
    assert found.states == (original.state is not state)
    if not found.none:
        assert found.first_s == row / 10


def test_the_last_digit_of_a_value_is_noticed(whole: Path, tmp_path: Path) -> None:
    def change(lines: list[bytes]) -> list[bytes]:
        place = next(i for i, line in enumerate(lines) if b'"verdict"' in line[:20])
        line = orjson.loads(lines[place])
        line["verdict"]["readings"][0]["value"] += 1e-12
        return [*lines[:place], orjson.dumps(line), *lines[place + 1 :]]

    recording = SessionPlayback.open(edited(whole, tmp_path, change)).read_all()
    _, found = check(recording)
    assert (found.verdicts, found.states, found.first_s) == (1, 0, 0.0)
    assert 0 < found.largest < 1e-11


def test_a_lost_line_is_a_picture_without_landmarks_or_no_step(whole: Path, tmp_path: Path) -> None:
    def lose(lines: list[bytes]) -> list[bytes]:
        # Line 2 is the first picture, line 3 its verdict.
        return [line for i, line in enumerate(lines) if i not in {1, 4}]

    recording = SessionPlayback.open(edited(whole, tmp_path, lose)).read_all()
    assert recording.observations[0].pose is None
    assert recording.observations[0].t_s == 0.0
    assert len(recording.steps) == len(seen()) - 1
    assert len(recording.seen) == len(seen()) - 1
    _, found = check(recording)
    assert (found.only_then, found.lost, found.only_now) == (1, 1, 0)
    assert not found.none


def test_lost_verdicts_are_no_verdicts_that_were_not_given_yet(whole: Path, tmp_path: Path) -> None:
    """A hold of 12 s is gone with its verdicts; what is left is all the same."""

    def lose(lines: list[bytes]) -> list[bytes]:
        return [
            line
            for line in lines
            if b'"verdict"' not in line[:20] or not 6.0 <= orjson.loads(line)["t_s"] < 18.0
        ]

    recording = SessionPlayback.open(edited(whole, tmp_path, lose)).read_all()
    judged, found = check(recording)
    assert len(judged.holds) == len(recording.holds) + 1
    assert (found.verdicts, found.lost, found.only_now) == (0, 120, 0)
    assert found.holds
    assert found.ledger
    assert not found.none


def test_lost_verdicts_at_the_end_of_a_whole_session_are_noticed(
    whole: Path, tmp_path: Path
) -> None:
    def lose(lines: list[bytes]) -> list[bytes]:
        return [
            line
            for line in lines
            if b'"verdict"' not in line[:20] or orjson.loads(line)["t_s"] < 19.0
        ]

    _, found = check(SessionPlayback.open(edited(whole, tmp_path, lose)).read_all())
    assert found.only_now == 20
    assert found.ledger, "the last line counts more seconds than the verdicts do"
    assert not found.none


def test_a_session_cut_off_before_its_last_verdict_is_still_the_same(
    whole: Path, tmp_path: Path
) -> None:
    path = edited(whole, tmp_path, lambda lines: [*lines[:100], lines[100][:-40]])
    recording = SessionPlayback.open(path).read_all()
    assert recording.ended is None
    _, found = check(recording)
    assert found.none
    assert len(recording.problems) == 1


def limits(exercise: Exercise, rule: str, by: float) -> Exercise:
    """Return an exercise with one upper limit moved."""
    content = exercise.model_dump(mode="json")
    for entry in content["rules"]:
        if entry["name"] == rule:
            entry["at_most"]["enter"] += by
            entry["at_most"]["leave"] += by
    return exercises.validate(content, "test")


def test_the_same_limits_change_nothing(shown: SessionPlayback) -> None:
    _, found = changes(shown, SEATED)
    assert (found.spans, found.holds) == ((), ())
    assert found.kept_us == round(20.9 * MICROSECONDS)


def test_jumps_go_to_the_time_of_the_picture_itself(tmp_path: Path) -> None:
    """Holds are kept in whole microseconds, pictures are not: an edge set there includes them."""
    figures = [SEATED_VALID] * 30 + [SEATED_UPRIGHT] * 30 + [SEATED_VALID] * 30
    pictures = [figure.at((i + 1) / 29.97) for i, figure in enumerate(figures)]
    recording = SessionPlayback.open(record(tmp_path / "s.posecheck.jsonl", pictures)).read_all()
    times_s = [step.t_s for step in recording.steps]
    t_s, stops = 0.0, []
    while (found_s := recording.next_hold(t_s)) is not None:
        stops.append(found_s)
        t_s = found_s
    assert len(stops) == len(recording.holds) == 2
    assert all(stop in times_s for stop in stops)
    assert stops != [hold.start_s for hold in recording.holds]
    assert recording.previous_hold(stops[1]) == stops[0]
    assert recording.previous_hold(stops[0]) is None


def test_looser_limits_gain_seconds_and_join_holds_and_stricter_ones_lose_them(
    shown: SessionPlayback,
) -> None:
    _, found = changes(shown, limits(SEATED, "lean", 40.0))
    assert found.moved_us == {(State.WRONG, State.VALID): 2_100_000}
    (span,) = found.spans
    # From the last valid picture to the first valid one again.
    assert (span.start_s, span.end_s, span.why) == (3.9, 6.0, "lean")
    # The first hold (3.9 s) is gone in the second one, which now begins with it.
    assert [(change.kind, change.then and change.then.start_s) for change in found.holds] == [
        ("lost", 0.0), ("longer", 6.0),
    ]  # fmt: skip
    _, lost = changes(shown, limits(SEATED, "lean", -40.0))
    assert [change.kind for change in lost.holds] == ["lost", "lost", "lost"]
    assert lost.moved_us == {(State.VALID, State.WRONG): round(17.7 * MICROSECONDS)}


@given(by=st.floats(-60, 60))
@settings(deadline=None, max_examples=30)
def test_moved_and_kept_seconds_add_up(shown: SessionPlayback, by: float) -> None:
    again, found = changes(shown, limits(SEATED, "lean", by))
    assert sum(found.moved_us.values()) + found.kept_us == again.ledger.elapsed_us
    for state in State:
        gained = sum(us for (_, now), us in found.moved_us.items() if now is state)
        lost = sum(us for (then, _), us in found.moved_us.items() if then is state)
        before = shown.steps[-1].ledger.seconds(state)
        after = again.ledger.seconds(state)
        assert after == pytest.approx(before + (gained - lost) / MICROSECONDS)


def test_a_session_without_pictures_is_refused_in_one_line(whole: Path, tmp_path: Path) -> None:
    path = edited(whole, tmp_path, lambda lines: [lines[0], lines[-2], b""])
    with pytest.raises(SessionError, match="holds no picture that was judged; there is nothing"):
        SessionPlayback.open(path)


def test_a_session_without_an_exercise_asks_for_one(whole: Path, tmp_path: Path) -> None:
    def forget(lines: list[bytes]) -> list[bytes]:
        header = orjson.loads(lines[0]) | {"exercise": None}
        return [orjson.dumps(header), *(line for line in lines[1:] if b'"pose"' in line[:20])]

    path = edited(whole, tmp_path, forget)
    with pytest.raises(SessionError, match="holds no exercise to replay by; name one with --exer"):
        SessionPlayback.open(path)
    assert len(SessionPlayback.open(path, SEATED).read_all().steps) == len(seen())


def test_recorded_verdicts_without_an_exercise_do_not_stop_judging(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def forget(lines: list[bytes]) -> list[bytes]:
        without = orjson.dumps(orjson.loads(lines[0]) | {"exercise": None})
        return [without, *lines[1:]]

    path = edited(whole, tmp_path, forget)
    with pytest.raises(SessionError, match="holds no exercise to replay by; name one with --exer"):
        SessionPlayback.open(path)
    words = ["replay", str(path), "--exercise", "seated-figure-four", "--annotator", "AB"]
    assert cli.main([*words, "--json"]) == 0
    told = orjson.loads(capsys.readouterr().out)
    assert told["recorded"] is None
    assert told["changes"] is None
    assert told["problems"] == [
        f"{len(seen())} verdicts left out: verdicts need the exercise that they were made by"
    ]
    assert len(told["judged_by"]["holds"]) == 2, "the shipped exercise forgives a second unseen"
    assert cli.main([*words, "--export", str(tmp_path / "x.csv")]) == 2, "there are none yet"


def _longer(line: bytes) -> bytes:
    content = orjson.loads(line)
    content["hold"]["held_us"] += 1
    return orjson.dumps(content)


HOLD = b'{"type":"hold"'
TAMPERED: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "longer": lambda lines: [_longer(x) if x.startswith(HOLD) else x for x in lines],
    "taken away": lambda lines: [x for x in lines if not x.startswith(HOLD)],
    "twice": lambda lines: [y for x in lines for y in [x] * (1 + x.startswith(HOLD))],
    "longer, and cut off": lambda lines: [
        _longer(x) if x.startswith(HOLD) else x for x in lines if b'"type":"end"' not in x
    ],
}


@pytest.mark.parametrize("edit", TAMPERED.values(), ids=TAMPERED)
def test_altered_holds_are_noticed(
    edit: Callable[[list[bytes]], list[bytes]], whole: Path, tmp_path: Path
) -> None:
    recording = SessionPlayback.open(edited(whole, tmp_path, edit)).read_all()
    _, found = check(recording)
    assert found.verdicts == 0
    assert found.holds
    assert not found.none


def test_lost_hold_lines_of_a_cut_off_session_are_no_difference(
    whole: Path, tmp_path: Path
) -> None:
    lost = edited(
        whole, tmp_path, lambda lines: [x for x in lines if b'"type":"end"' not in x][:-2]
    )
    assert check(SessionPlayback.open(lost).read_all())[1].none
