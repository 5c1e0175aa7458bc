"""Exercise files: the shipped ones are whole; faulty ones are refused with every fault."""

from __future__ import annotations

import math
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from posecheck import exercises
from posecheck.cli import main
from posecheck.errors import ExerciseError
from posecheck.exercises.rules import Limit
from posecheck.landmarks import mirrored
from posecheck.measure.quantities import QUANTITIES
from posecheck.types import Side
from tests.figures import former

if TYPE_CHECKING:
    from pathlib import Path

SEATED = exercises.load("seated-figure-four")

SHIPPED = {
    "knee-to-opposite-shoulder",
    "pigeon",
    "prone-press-up",
    "seated-figure-four",
    "single-knee-to-chest",
    "supine-figure-four",
}


def content(name: str = "seated-figure-four") -> dict[str, Any]:
    file = resources.files("posecheck.exercises") / f"{name}.toml"
    return tomllib.loads(file.read_text("utf-8"))


def test_the_six_exercises_are_shipped() -> None:
    assert set(exercises.names()) == SHIPPED
    assert exercises.DEFAULT_EXERCISE in SHIPPED


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_shipped_exercise_says_what_a_person_must_know(name: str) -> None:
    exercise = exercises.load(name)
    assert exercise.name == name
    assert (exercise.dose.hold_s, exercise.dose.repetitions) == (10.0, 3), "the article's dose"
    cautions = " ".join(caution.text for caution in exercise.cautions)
    for word in ("evaluated", "numbness", "emergency", "slipped disc"):
        assert word in cautions
    for rule in exercise.rules:
        assert rule.source
        for limit in (rule.at_most, rule.at_least):
            assert limit is None or limit.enter != limit.leave, "a dead band"


def test_knee_to_chest_warns_of_osteoporosis_and_crossed_legs_of_a_new_hip() -> None:
    chest = " ".join(c.text for c in exercises.load("single-knee-to-chest").cautions)
    assert "Avoid this exercise with osteoporosis" in chest
    for name in ("seated-figure-four", "supine-figure-four"):
        text = " ".join(c.text for c in exercises.load(name).cautions)
        assert "hip replacement" in text


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ExerciseError, match=r"unknown exercise 'yoga'.*supine-figure-four"):
        exercises.load("yoga")


def test_a_users_own_file_works_the_same_way(tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    text = (resources.files("posecheck.exercises") / "pigeon.toml").read_text("utf-8")
    own.write_text(text.replace('name = "pigeon"', 'name = "mine"'), "utf-8")
    assert exercises.load(own).name == "mine"
    assert exercises.load(str(own)).rules == exercises.load("pigeon").rules


def test_every_problem_of_a_faulty_file_is_listed_with_its_place() -> None:
    faulty = content()
    del faulty["summary"]
    faulty["colour"] = "red"
    faulty["dose"]["hold_s"] = -1
    lean = next(rule for rule in faulty["rules"] if rule["name"] == "lean")
    lean["at_most"] = {"enter": 95, "leave": 90, "cue": "x"}
    lean["quantity"] = "trunk-thigh"
    crossed = next(rule for rule in faulty["rules"] if rule["name"] == "ankle-crossed")
    crossed["unit"] = "deg"
    with pytest.raises(ExerciseError) as caught:
        exercises.validate(faulty, "mine.toml")
    message = str(caught.value)
    assert message.startswith("mine.toml: 5 problems")
    for line in (
        "summary: is missing",
        "colour: Extra inputs are not permitted",
        "dose.hold_s: Input should be greater than 0",
        'rules[4] "lean".at_most: leave must not lie below enter',
        'rules[2] "ankle-crossed": ankle-to-knee is measured in ratio, not deg',
    ):
        assert f"  {line}" in message


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"quantity": "tail-wag"}, "unknown quantity 'tail-wag'"),
        ({"of": "trunk"}, 'seated-depth needs of = "pair"'),
        ({"quantity": "trunk-thigh"}, "trunk-thigh needs of = a leg or both"),
        ({"quantity": "trunk-inclination"}, 'trunk-inclination needs of = "trunk"'),
        ({"view": {"near": "supporting"}}, 'view.near names a leg, but of = "pair" has none'),
        ({"quantity": "trunk-thigh", "of": "both", "crossing": "seated"}, 'needs of = "pair"'),
        ({"crossing": "supine"}, "the legs cross in one posture only"),
        ({"at_most": {"enter": 9, "leave": 10, "cue": "Bend your {stretched} knee"}}, "cue_named"),
        (
            {
                "quantity": "trunk-thigh",
                "of": "supporting",
                "at_most": {"enter": 9, "leave": 10, "cue": "x", "cue_named": "y"},
            },
            'cue_named needs of = "pair"',
        ),
        ({"ahead_s": -0.1}, "greater than or equal to 0"),
        ({"at_most": None}, "needs at_least or at_most"),
        ({"at_least": {"enter": 99, "leave": 98, "cue": "x"}}, "at_least.enter must lie below"),
        ({"at_least": {"enter": 50, "leave": 60, "cue": "x"}}, "must not lie above"),
        ({"required": "no"}, "valid boolean"),
        ({"at_most": {"enter": 9, "leave": 10, "cue": "Turn {streched}"}}, "unknown placeholder"),
        ({"visibility": {"enter": 0.2, "leave": 0.5}}, "leave must not lie above enter"),
        ({"view": {"off_side_min_deg": 50, "off_side_max_deg": 40}}, "must be smaller"),
        ({"name": "sitting"}, "two rules are called 'sitting'"),
    ],
)
def test_rules_that_make_no_sense_are_refused(change: dict[str, Any], expected: str) -> None:
    faulty = content()
    lean = next(rule for rule in faulty["rules"] if rule["name"] == "lean")
    lean.update(change)
    with pytest.raises(ExerciseError, match=expected):
        exercises.validate(faulty, "mine.toml")


def test_an_exercise_of_advice_only_is_refused() -> None:
    faulty = content()
    for rule in faulty["rules"]:
        rule["required"] = False
    with pytest.raises(ExerciseError, match="at least one rule must be required"):
        exercises.validate(faulty, "mine.toml")


@pytest.mark.parametrize("faulty", [content(), former("seated-figure-four").model_dump()])
def test_an_exercise_of_both_sides_has_no_rule_about_one_leg(faulty: dict[str, Any]) -> None:
    with pytest.raises(ExerciseError, match="rule 'ankle-crossed' speaks of one leg") as caught:
        exercises.validate(faulty | {"sides": "both"}, "mine.toml")
    assert "rule 'lean' speaks of one leg" in str(caught.value)
    assert "sitting" not in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"name = \nx = 1", "not a TOML file: .*line 1"),
        (b"\xff\xfe", "not a TOML file"),
        (b"", "problems in this exercise file"),
        (b"#" * 1_000_001, "too large"),
    ],
)
def test_files_that_are_no_exercise_are_refused(tmp_path: Path, raw: bytes, expected: str) -> None:
    own = tmp_path / "mine.toml"
    own.write_bytes(raw)
    with pytest.raises(ExerciseError, match=expected):
        exercises.load(own)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExerciseError, match="No such file"):
        exercises.load(tmp_path / "none.toml")
    with pytest.raises(ExerciseError, match="cannot be read"):
        exercises.load(tmp_path)


def test_each_rule_measures_the_leg_it_speaks_of() -> None:
    rule = former("supine-figure-four").rule("thigh-drawn-in")
    assert rule.sides(Side.RIGHT) == (Side.LEFT,)
    assert "left_knee" in rule.measured.landmarks_of(*rule.sides(Side.RIGHT))
    for exercise, both in (
        (former("prone-press-up"), (Side.LEFT, Side.RIGHT)),
        (exercises.load("prone-press-up"), (Side.BOTH,)),
    ):
        assert exercise.rule("knees-straight").sides(Side.BOTH) == both


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_no_shipped_rule_names_a_leg_and_its_pair_is_measured_once(name: str) -> None:
    exercise = exercises.load(name)
    assert not exercise.names_a_leg
    assert exercise.judging == 3
    pairs = [rule for rule in exercise.rules if rule.of == "pair"]
    assert pairs
    for rule in pairs:
        landmarks = rule.measured.landmarks_of(Side.LEFT)
        assert landmarks == rule.measured.landmarks_of(Side.RIGHT)
        assert len(landmarks) % 2 == 0
        for left, right in zip(landmarks[::2], landmarks[1::2], strict=True):
            assert left == mirrored(right)
        for side in exercise.candidate_sides:
            assert rule.sides(side) == (side,)


def test_a_pair_is_written_at_a_joint_of_the_leg_that_it_means() -> None:
    pairs = {name: quantity for name, quantity in QUANTITIES.items() if quantity.pair}
    at = {name: quantity.joint for name, quantity in pairs.items() if quantity.joint}
    assert at["seated-depth"] == at["supine-depth"] == "other_hip"
    assert at["supporting-knee"] == "other_knee"
    for name, joint in at.items():
        part = joint.split("_")[1]
        assert f"left_{part}" in QUANTITIES[name].landmarks
        assert QUANTITIES[name].unit == "deg"


def test_every_quantity_has_a_meaning() -> None:
    assert all(quantity.meaning.endswith(".") for quantity in QUANTITIES.values())


def test_the_older_rule_for_breaks_is_kept_and_written_as_it_was() -> None:
    older = content() | {"timing": {"grace_s": 0.4, "max_gap_s": 0.3}}
    exercise = exercises.validate(older, "mine")
    assert exercise.timing.longest_break_s == 0.4
    stored = exercise.model_dump(mode="json")
    assert stored["timing"] == {"grace_s": 0.4, "max_gap_s": 0.3}
    assert exercises.validate(stored, "stored") == exercise


def test_the_rule_for_breaks_is_written_whole() -> None:
    exercise = exercises.validate(content() | {"timing": {"breaks_s": 1.0}}, "mine")
    stored = exercise.model_dump(mode="json")
    assert stored["timing"] == {
        "wrong_break_s": 0.5,
        "unseen_break_s": 2.0,
        "breaks_s": 1.0,
        "breaks_share": 0.25,
        "max_gap_s": 0.5,
    }
    assert exercises.validate(stored, "stored") == exercise


@pytest.mark.parametrize(
    ("timing", "problem"),
    [
        ({"grace_s": 0.5, "breaks_s": 1.0}, "grace_s is the older rule.* beside breaks_s"),
        ({"unseen_break_s": 2.1}, "timing.unseen_break_s: .*less than or equal to 2"),
        ({"breaks_share": -0.1}, "timing.breaks_share: .*greater than or equal to 0"),
    ],
)
def test_faulty_limits_of_breaks_are_refused(timing: dict[str, float], problem: str) -> None:
    with pytest.raises(ExerciseError, match=problem):
        exercises.validate(content() | {"timing": timing}, "mine")


@pytest.mark.parametrize(
    ("timing", "said"),
    [
        ({}, "A hold survives breaks, which are never counted."),
        ({"breaks_share": 0.1}, "exceed 2 s or 10% of the time held"),
        ({"grace_s": 0.4}, "A break shorter than 0.4 s does not end a hold"),
    ],
)
def test_the_rule_for_breaks_is_shown(
    timing: dict[str, float], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (resources.files("posecheck.exercises") / "pigeon.toml").read_text("utf-8")
    before, rest = text.split("[timing]\n")
    lines = "".join(f"{key} = {value}\n" for key, value in timing.items())
    own = tmp_path / "mine.toml"
    own.write_text(f"{before}[timing]\n{lines}\n[[cautions]]{rest.split('[[cautions]]', 1)[1]}")
    assert main(["exercises", str(own)]) == 0
    assert said in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("value", "met", "excess", "limit"),
    [
        (90.0, False, 0.0, None),  # at the limit to be reached
        (90.5, False, 0.5, "at_most"),
        (95.0, True, 0.0, None),  # at the limit to be left
        (95.5, True, 5.5, "at_most"),  # the distance is that from the limit to be reached
        (60.0, False, 0.0, None),
        (59.0, False, 1.0, "at_least"),
        (58.0, True, 0.0, None),
        (57.0, True, 3.0, "at_least"),
        (math.nan, False, 0.0, None),
    ],
)
def test_a_rule_has_hysteresis_at_both_limits(
    *, value: float, met: bool, excess: float, limit: str | None
) -> None:
    rule = SEATED.rules[0].model_copy(
        update={
            "at_most": Limit(enter=90.0, leave=95.0, cue="Move."),
            "at_least": Limit(enter=60.0, leave=58.0, cue="Move."),
        }
    )
    found, broken = rule.beyond(value, value, met=met)
    assert found == pytest.approx(excess)
    assert broken is (None if limit is None else getattr(rule, limit))


def test_each_limit_has_its_own_value() -> None:
    rule = SEATED.rules[0].model_copy(
        update={
            "at_most": Limit(enter=90.0, leave=90.0, cue="Move."),
            "at_least": Limit(enter=60.0, leave=60.0, cue="Move."),
        }
    )
    assert rule.beyond(91.0, 70.0, met=True) == (1.0, rule.at_most)
    assert rule.beyond(70.0, 59.0, met=True) == (1.0, rule.at_least)
    assert rule.beyond(70.0, 70.0, met=False) == (0.0, None)
