"""``posecheck personal``: limits from annotated good holds; known bodies in, known limits out."""

from __future__ import annotations

import stat
import tomllib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from media import SAMPLES

from posecheck import exercises
from posecheck.annotations import Annotation, Annotations, store
from posecheck.pipeline.personal import Basis, exercise_file, fitted
from posecheck.types import State

if TYPE_CHECKING:
    from pathlib import Path

    from media import Cli

    from posecheck.pipeline.personal import FittedLimit

SEATED = exercises.load("seated-figure-four")
SESSION = SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl"
BASIS = Basis("a.posecheck.jsonl", ("AB",), 2, 20.0, "26 November 2026")


def limits_for(reason: str = "", **values: list[float]) -> dict[tuple[str, str], FittedLimit]:
    read = {rule.name: [] for rule in SEATED.rules} | {
        name.replace("_", "-"): [np.array(numbers)] for name, numbers in values.items()
    }
    found = fitted(SEATED, read, reason=reason)
    return {(limit.rule, limit.kind): limit for limit in found}


def test_a_limit_that_is_met_becomes_stricter_with_room_for_the_error() -> None:
    found = limits_for(lean=[70.0] * 100)[("lean", "at_most")]
    assert (found.reached, found.spread) == (70.0, 0.0)
    assert found.enter == 74.0  # the mean error of seated-depth is 4 degrees
    assert found.leave == 75.0  # the least dead band
    assert not found.capped


def test_the_dead_band_is_the_measured_spread() -> None:
    values = list(np.linspace(60, 70, 101))
    found = limits_for(lean=values)[("lean", "at_most")]
    assert found.reached == pytest.approx(69.5)
    assert found.spread == pytest.approx(9.0)
    assert (found.enter, found.leave) == (pytest.approx(78.5), pytest.approx(87.5))


def test_a_limit_that_is_met_only_just_stays() -> None:
    assert limits_for(lean=[83.0] * 50) == {}


def test_a_limit_that_is_not_met_becomes_looser_up_to_the_cap() -> None:
    found = limits_for(lean=[86.0] * 50)[("lean", "at_most")]
    assert (found.enter, found.leave, found.capped) == (86.0, 87.0, False)
    found = limits_for(lean=[95.0] * 50)[("lean", "at_most")]
    assert (found.enter, found.leave, found.capped) == (89.0, 90.0, True)


def test_a_written_reason_lifts_the_cap() -> None:
    found = limits_for("stiff hip", lean=[95.0] * 50)[("lean", "at_most")]
    assert (found.enter, found.leave, found.capped, found.beyond_cap) == (95.0, 96.0, False, True)


def test_a_lower_limit_is_the_mirror_of_an_upper_one() -> None:
    found = limits_for(supporting_knee=[60.0] * 50)
    low = found[("supporting-knee", "at_least")]
    assert (low.enter, low.leave) == (60.0, 59.0)
    assert found[("supporting-knee", "at_most")].enter < 130


def test_rules_of_the_trunk_are_only_loosened() -> None:
    assert limits_for(sitting=[10.0] * 50) == {}
    assert limits_for(sitting=[68.0] * 50)[("sitting", "at_most")].enter == 68.0


def test_a_crossing_stays_as_it_is() -> None:
    assert limits_for(ankle_crossed=[0.9] * 50) == {}


@given(
    st.lists(st.floats(0, 180), min_size=10, max_size=60),
    st.sampled_from(["lean", "supporting-knee", "sitting", "knee-low"]),
)
def test_no_limit_is_looser_than_the_cap_and_every_file_is_in_order(
    values: list[float], rule: str
) -> None:
    read = {one.name: [] for one in SEATED.rules} | {rule: [np.array(values)]}
    limits = fitted(SEATED, read)
    for limit in limits:
        sign = 1 if limit.kind == "at_most" else -1
        band = abs(limit.shipped.leave - limit.shipped.enter)
        assert sign * limit.enter <= sign * limit.shipped.leave + 1e-9
        assert sign * limit.leave <= sign * limit.shipped.leave + band + 1e-9
        assert sign * limit.leave >= sign * limit.enter
    text = (SAMPLES.parent / "posecheck/exercises/seated-figure-four.toml").read_text("utf-8")
    exercises.validate(tomllib.loads(exercise_file(text, "mine", limits, BASIS)), "mine.toml")


def annotated(folder: Path, *spans: tuple[float, float, State], by: str = "AB") -> Path:
    """Return a copy of the sample session with annotations beside it."""
    session = folder / "ref.posecheck.jsonl"
    session.write_bytes(SESSION.read_bytes())
    items = [
        Annotation(start, end, state, None, "", by, "2026-11-26T00:00:00+00:00")
        for start, end, state in spans
    ]
    store.save(store.path_beside(session, by), Annotations.of(SEATED.name, items))
    return session


def test_the_file_says_where_its_numbers_come_from_and_keeps_the_rest(here: Path, cli: Cli) -> None:
    annotated(here, (4.5, 15.0, State.VALID), (19.0, 23.0, State.VALID))
    said = cli(
        "personal", "ref.posecheck.jsonl", "--exercise", SEATED.name, "--out", "my-limits.toml"
    )
    assert (said.code, said.err) == (0, "")
    path = here / "my-limits.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    made = exercises.load(path)
    assert (made.name, made.cautions, made.dose) == ("my-limits", SEATED.cautions, SEATED.dose)
    assert [rule.name for rule in made.rules] == [rule.name for rule in SEATED.rules]
    lean = made.rule("lean")
    assert lean.at_most is not None
    assert 76 < lean.at_most.enter < 84
    assert "annotated valid by AB" in lean.source
    assert "shipped: at most 84, leave 89" in lean.source
    assert SEATED.rule("lean").source in lean.source
    assert made.rule("ankle-crossed") == SEATED.rule("ankle-crossed")
    first = path.read_text("utf-8").splitlines()[1]
    assert first.startswith("# From ref.posecheck.jsonl: 2 good holds, 13.3 s, by AB")
    assert "Limits that change" in said.out
    assert "my-limits.toml" in said.out
    assert cli("exercises", "--check", "my-limits.toml").code == 0


def test_it_says_what_changes_before_anybody_relies_on_it(here: Path, cli: Cli) -> None:
    annotated(here, (4.5, 15.0, State.VALID))
    out = cli("personal", "ref.posecheck.jsonl", "--exercise", SEATED.name, "--out", "m.toml").out
    again = cli("replay", "ref.posecheck.jsonl", "--exercise", "m.toml", "--json").summary
    assert again["judged_by"]["exercise"] == "m"
    changed = "What changes with m.toml" in out
    assert changed is bool(again["changes"]["moved_s"])
    assert changed or "Nothing changes with m.toml" in out


def test_holds_beyond_the_cap_need_a_written_reason(here: Path, cli: Cli) -> None:
    annotated(here, (15.9, 18.4, State.VALID), (4.5, 9.0, State.VALID))  # upright in between
    capped = cli("personal", "ref.posecheck.jsonl", "--exercise", SEATED.name, "--out", "a.toml")
    assert "at the cap: the good holds reach farther" in capped.out
    lean = exercises.load(here / "a.toml").rule("lean")
    assert lean.at_most is not None
    assert lean.at_most.enter == 89.0
    said = cli(
        "personal", "ref.posecheck.jsonl", "--exercise", SEATED.name, "--out", "b.toml",
        "--reason", 'stiff hip, agreed with "Dr. Ä"\n[[rules]]',
    )  # fmt: skip
    assert said.code == 0, said.err
    lean = exercises.load(here / "b.toml").rule("lean")
    assert lean.at_most is not None
    assert lean.at_most.enter > 89.0
    assert 'looser than the cap because: stiff hip, agreed with "Dr. Ä"' in lean.source


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ref.posecheck.jsonl", "--out", "m.json"), "ends in .toml"),
        (("ref.posecheck.jsonl", "--out", "old.toml"), "exists already"),
        (("ref.posecheck.jsonl", "--out", "no/m.toml"), "no such folder"),
        (("ref.posecheck.jsonl", "--out", "m.toml", "--annotator", "XY"), "no annotations by XY"),
        (("gone.posecheck.jsonl", "--out", "m.toml"), "cannot be read"),
        (("bare.posecheck.jsonl", "--out", "m.toml"), "has no annotations"),
    ],
)
def test_bad_input_gets_one_line(
    here: Path, cli: Cli, arguments: tuple[str, ...], words: str
) -> None:
    annotated(here, (4.5, 15.0, State.VALID))
    (here / "bare.posecheck.jsonl").write_bytes(SESSION.read_bytes())
    (here / "old.toml").write_text("mine", "utf-8")
    said = cli("personal", *arguments, "--exercise", SEATED.name)
    assert (said.code, said.out) == (2, "")
    assert words in said.complaint
    assert (here / "old.toml").read_text("utf-8") == "mine"
    assert not (here / "m.toml").exists()


def test_too_little_that_is_called_valid_is_refused(here: Path, cli: Cli) -> None:
    annotated(here, (4.5, 6.0, State.VALID), (8.0, 15.0, State.WRONG))
    said = cli("personal", "ref.posecheck.jsonl", "--exercise", SEATED.name, "--out", "m.toml")
    assert "only 0.9 s are annotated valid, at least 3 s are needed" in said.complaint


def test_annotations_about_another_exercise_are_refused(here: Path, cli: Cli) -> None:
    annotated(here, (4.5, 15.0, State.VALID))
    said = cli("personal", "ref.posecheck.jsonl", "--exercise", "pigeon", "--out", "m.toml")
    assert "is about seated-figure-four, not pigeon" in said.complaint


def test_of_several_annotators_one_is_chosen(here: Path, cli: Cli) -> None:
    annotated(here, (4.5, 15.0, State.VALID))
    annotated(here, (4.6, 15.0, State.VALID), by="CD")
    base = ("personal", "ref.posecheck.jsonl", "--exercise", SEATED.name, "--out", "m.toml")
    assert "is annotated by AB, CD; choose one with --annotator" in cli(*base).complaint
    assert cli(*base, "--annotator", "CD").code == 0
    assert "by CD" in (here / "m.toml").read_text("utf-8")


def test_the_limits_are_told_with_their_units_and_how_to_look_at_them(here: Path, cli: Cli) -> None:
    annotated(here, (4.5, 15.0, State.VALID))
    out = cli("personal", "ref.posecheck.jsonl", "--exercise", SEATED.name, "--out", "m.toml").out
    lean = next(line for line in out.splitlines() if "Lean forward" in line)
    assert [word[-1] for word in lean.split()[-3:]] == ["°", "°", "°"]
    assert "#" not in out.split("exercise file:")[0]
    assert "posecheck replay ref.posecheck.jsonl --exercise m.toml\n\nWhat changes" in out
    assert "\n\n\n" not in out
