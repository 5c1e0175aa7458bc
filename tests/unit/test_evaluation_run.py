"""A folder of clips in, tables, JSON and exit codes out; poses are given, not inferred."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from posecheck import cli, exercises
from posecheck.errors import PoseCheckError
from posecheck.evaluation import cache, clip_score, figures, run
from posecheck.evaluation.cache import AS_FILMED, MIRRORED, VariantSource
from posecheck.ledger import Ledger
from posecheck.session import SessionWriter
from posecheck.sources import SourceInfo, Turn
from posecheck.system import machine
from posecheck.types import Asked, Observation, Side
from tests.figures import (
    SEATED_FEET_DOWN,
    SEATED_UPRIGHT,
    SEATED_VALID,
    SIZE_PX,
    Figure,
    nobody,
)
from tests.judged import reading, verdict
from tests.unit.test_evaluation_truth import content, written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from posecheck.evaluation.cache import Variant
    from posecheck.exercises import Exercise
    from posecheck.form.judge import Judge

SEATED = exercises.load("seated-figure-four")
# The leg is seen to rise from the floor; it crosses before the hold begins.
STORY = [SEATED_FEET_DOWN] * 7 + [SEATED_UPRIGHT] * 3 + [SEATED_VALID] * 103 + [SEATED_UPRIGHT] * 10


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, Sequence[Observation]]:
    """Return what is "inferred" for each clip, by its stem."""
    poses: dict[str, Sequence[Observation]] = {}
    monkeypatch.setattr(cache, "poses", lambda clip, *_, **_rest: poses[clip.stem])
    monkeypatch.setattr(machine, "usual_workers", lambda *_: 1)  # patched in this process only
    return poses


def observed(figures: Sequence[Figure | None]) -> list[Observation]:
    return [nobody(i / 10) if f is None else f.drawn().at(i / 10) for i, f in enumerate(figures)]


def clip(folder: Path, name: str, said: object = None) -> Path:
    """Write a clip that is never decoded, and its truth."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.mp4").write_bytes(name.encode())
    return written(folder, content(STORY) if said is None else said, name)


def test_a_perfect_tool_on_a_folder_of_two(
    tmp_path: Path,
    seen: dict[str, Sequence[Observation]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    clip(tmp_path, "a")
    clip(tmp_path / "below", "b", content(STORY) | {"body": "other"})
    clip(tmp_path / ".hidden", "c")
    seen["a"] = seen["b"] = observed(STORY)
    assert cli.main(["evaluate", str(tmp_path), "--json"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.count("\n") == 1
    said = json.loads(shown.out)
    assert said["schema"] == "posecheck.evaluation/1"
    assert [c["name"] for c in said["clips"]] == ["a.mp4", "below/b.mp4"]
    # Each clip: 123 pictures, 12.2 s, held from 1.0 to 11.2 s.
    time = said["groups"]["total"]["all"]["figures"]["time"]
    assert (time["scored_s"], time["true_valid_s"], time["right_s"]) == (24.4, 20.4, 20.4)
    assert time["false_s"] == time["missed_s"] == time["other_side_s"] == 0
    assert time["right_share"] == 1
    holds = said["groups"]["total"]["all"]["figures"]["holds"]
    assert (holds["true"], holds["complete_found"], holds["error_p90_s_per_10_s"]) == (2, 2, 0)
    assert list(said["groups"]["person"]) == ["other", "stick"]
    assert said["groups"]["exercise"]["seated-figure-four"]["members"] == ["a.mp4", "below/b.mp4"]
    assert said["errors"] == []


def test_the_tables_say_the_same(
    tmp_path: Path,
    seen: dict[str, Sequence[Observation]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    clip(tmp_path, "a")
    # 3 pictures of the hold are not seen: 0.4 s from the last seen to the next.
    seen["a"] = observed([*STORY[:50], None, None, None, *STORY[53:]])
    assert cli.main(["evaluate", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    total = [line.split() for line in lines if line.startswith(" total")]
    # Truly valid; any leg, right, wrong, not told; called wrong, unseen; false near, far, ratio.
    assert total[0][1:] == [
        "10.2", "9.8", "9.8", "0.0", "0.0", "0.0", "0.4", "0.0", "0.0", "0.0",
    ]  # fmt: skip
    # -0.4 s in 10.2 s held: 0.39 s per 10 s; and no longer complete. Two changes of the verdict
    # in 10.2 s: 2.0 in 10 s.
    assert total[1] == [
        "total", "1", "-0.40", "0.39", "0.39", "0", "1", "0", "2.0", "2", "0", "120",
    ]  # fmt: skip
    # 11.8 of 12.2 s have the same word: 0.967.
    assert total[2][1:6] == ["0.96", "(no", "interval:", "one", "person)"]
    lean = next(line.split() for line in lines if " lean " in line)
    assert lean[2:5] == ["deg", "0", "120"]
    # The depth is an estimate: 100 pictures of the hold, 20 upright.
    held, upright = (
        reading(verdict(figure.drawn(), SEATED), "lean").value - figure.hip[0]
        for figure in (SEATED_VALID, SEATED_UPRIGHT)
    )
    assert float(lean[5]) == pytest.approx((100 * held + 20 * upright) / 120, abs=0.1)
    assert lean[-2] == "100"
    assert float(lean[-1]) == pytest.approx(held, abs=0.1)


def test_one_bad_clip_is_one_line_and_the_others_are_scored(
    tmp_path: Path,
    seen: dict[str, Sequence[Observation]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    clip(tmp_path, "good")
    clip(tmp_path, "damaged", "{")
    clip(tmp_path, "short")
    clip(tmp_path, "small")
    clip(tmp_path, "late")
    clip(tmp_path, "strange", content(STORY) | {"exercise": "juggling"})
    written(tmp_path, content(STORY), "alone")
    clip(tmp_path, "both").with_name("both.labels.csv").write_text("start_s,end_s,label\n0,1,valid")
    seen["good"] = observed(STORY)
    seen["short"] = observed(STORY[:-1])
    seen["small"] = [Observation(o.t_s, (320, 240), o.pose) for o in observed(STORY)]
    seen["late"] = [Observation(o.t_s + 0.06, o.frame_size_px, o.pose) for o in observed(STORY)]
    assert cli.main(["evaluate", str(tmp_path), "--json"]) == 2
    shown = capsys.readouterr()
    said = json.loads(shown.out)
    assert [c["name"] for c in said["clips"]] == ["good.mp4"]
    lines = shown.err.splitlines()
    assert [line.removeprefix("posecheck: ") for line in lines] == said["errors"]
    assert len(lines) == 8
    for name, wanted in [
        ("damaged.truth.json", "is damaged"),
        ("short.truth.json", "tells of 123 frames, but the clip has 122"),
        ("small.truth.json", "tells of 640x480 pixels, but the clip has 320x240"),
        ("late.truth.json", "frame 0 is at 0.000 s, but in the clip at 0.060 s"),
        ("strange.truth.json", "unknown exercise 'juggling'"),
        ("alone.truth.json", "has no alone.mp4 beside it"),
        ("both.truth.json", "keep one of the two"),
        ("both.labels.csv", "names no exercise"),
    ]:
        assert any(name in line and wanted in line for line in lines), name


@pytest.mark.parametrize("problem", ["missing", "file", "empty", "no such exercise", "other"])
def test_nothing_to_score_is_one_line(
    tmp_path: Path,
    seen: dict[str, Sequence[Observation]],
    capsys: pytest.CaptureFixture[str],
    problem: str,
) -> None:
    folder, options, wanted = tmp_path, [], "holds no NAME.truth.json and no NAME.labels.csv"
    if problem == "missing":
        folder, wanted = tmp_path / "none", "none: cannot be read"
    elif problem == "file":
        folder, wanted = written(tmp_path, "{}"), "cannot be read"
    elif problem == "no such exercise":
        options, wanted = ["--exercise", "juggling"], "unknown exercise 'juggling'"
    elif problem == "other":
        clip(tmp_path, "a")
        seen["a"] = observed(STORY)
        options, wanted = ["--exercise", "pigeon"], "holds no clip of pigeon"
    assert cli.main(["evaluate", str(folder), *options]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert wanted in shown.err
    assert shown.err.count("\n") == 1


def test_a_label_file_takes_its_exercise_from_the_names(
    tmp_path: Path, seen: dict[str, Sequence[Observation]]
) -> None:
    for place in (tmp_path / "Seated_Figure_Four", tmp_path / "x"):
        place.mkdir()
        (place / "anna.mp4").write_bytes(b"anna")
        (place / "anna.labels.csv").write_text("start_s,end_s,label\n0,12.3,wrong\n")
    seen["anna"] = observed(STORY)
    found = run.evaluate(tmp_path)
    assert [(c.name, c.exercise) for c in found.clips] == [
        ("Seated_Figure_Four/anna.mp4", "seated-figure-four")
    ]
    assert "names no exercise" in found.errors[0]
    # 10.2 s that posecheck calls valid, and the labels wrong.
    assert found.total.time.false_unmeasured_us == 10_200_000
    found = run.evaluate(tmp_path, wanted=run.Wanted("seated-figure-four"))
    assert len(found.clips) == 2


@pytest.mark.parametrize(
    ("video", "table"),
    [
        ("IMG_0001.MOV", "IMG_0001.labels.csv"),
        ("IMG_0001.MOV", "img_0001.Labels.CSV"),
        ("a.mts", "a.labels.csv"),
        ("a.WebM", "a.labels.tsv"),
        ("u\u0308bung.mp4", "\u00fcbung.labels.csv"),
        ("\u30d5\u309a.MP4", "\u30d7.labels.csv"),
        ("a.b.mp4", "a.b.labels.csv"),
        (" a .3gp", " a .labels.csv"),
    ],
)
def test_a_video_is_found_however_its_name_is_written(
    video: str, table: str, tmp_path: Path, seen: dict[str, Sequence[Observation]]
) -> None:
    """Case 10 and its kind: cameras write capitals, systems their own normal form."""
    (tmp_path / video).write_bytes(b"x")
    (tmp_path / "other.mp4").write_bytes(b"y")
    (tmp_path / table).write_text("start_s;end_s;label\n0,0;12,3;wrong\n")
    seen[Path(video).stem] = observed(STORY)
    found = run.evaluate(tmp_path, wanted=run.Wanted("seated-figure-four"))
    assert found.errors == ()
    assert [c.name for c in found.clips] == [video]


def test_two_videos_of_one_name_are_told(
    tmp_path: Path, seen: dict[str, Sequence[Observation]]
) -> None:
    for name in ("A.mov", "a.mp4", "a.MOV", "a.jpg"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a.labels.csv").write_text("start_s,end_s,label\n0,12.3,wrong\n")
    seen["a"] = observed(STORY)
    found = run.evaluate(tmp_path, wanted=run.Wanted("seated-figure-four"))
    assert found.clips == ()
    assert found.errors[0].endswith("can belong to a.MOV and a.mp4; keep one of them beside it")
    (tmp_path / "a.MOV").unlink()
    found = run.evaluate(tmp_path, wanted=run.Wanted("seated-figure-four"))
    assert [c.name for c in found.clips] == ["a.mp4"]


def test_names_that_differ_in_capitals_only_are_of_two_videos(
    tmp_path: Path, seen: dict[str, Sequence[Observation]]
) -> None:
    (tmp_path / "probe").touch()
    if (tmp_path / "PROBE").exists():
        pytest.skip("names here do not differ in capital letters")
    for name in ("a", "A"):
        (tmp_path / f"{name}.mp4").write_bytes(name.encode())
        (tmp_path / f"{name}.labels.csv").write_text("start_s,end_s,label\n0,12.3,wrong\n")
        seen[name] = observed(STORY)
    found = run.evaluate(tmp_path, wanted=run.Wanted("seated-figure-four"))
    assert (len(found.clips), found.errors) == (2, ())


def test_two_label_files_of_one_video_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x")
    for name in ("a.labels.csv", "A.labels.tsv"):
        (tmp_path / name).write_text("start_s,end_s,label\n0,12.3,wrong\n")
    found = run.evaluate(tmp_path, wanted=run.Wanted("seated-figure-four"))
    assert [error.rpartition(": ")[2] for error in found.errors] == [
        "has a.labels.csv beside it; keep one of the two",
        "has A.labels.tsv beside it; keep one of the two",
    ]


def test_several_processes_report_like_one(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        written(tmp_path, content(STORY), name)
    one, two = (run.evaluate(tmp_path, workers=workers) for workers in (1, 2))
    assert one == two
    assert [error.split(": ")[1] for error in two.errors] == [
        f"has no {name}.mp4 beside it, nor a video of another ending" for name in ("a", "b", "c")
    ]


@pytest.mark.parametrize("option", ["--workers", "--jobs"])
@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", ""])
def test_workers_must_be_a_whole_number(
    option: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["evaluate", "x", option, text])
    assert stopped.value.code == 2
    assert "must be a whole number from 1" in capsys.readouterr().err


# ---- against earlier figures ----


def evaluated(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> Any:  # noqa: ANN401 - parsed JSON
    assert cli.main(["evaluate", str(folder), "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def test_worse_is_exit_code_1_and_better_is_0(
    tmp_path: Path,
    seen: dict[str, Sequence[Observation]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    clip(tmp_path, "a")
    seen["a"] = good = observed(STORY)
    earlier = tmp_path / "good.json"
    earlier.write_text(json.dumps(evaluated(tmp_path, capsys)))
    against = ["evaluate", str(tmp_path), "--against", str(earlier)]
    assert cli.main(against) == 0
    assert "none better, none worse; nothing else differs" in capsys.readouterr().out

    # One picture less at one edge (0.1 s missed) is noise; 1.0 s is not.
    open_hip = SEATED.rule("lean").bias + 90.0
    barely = replace(SEATED_UPRIGHT, lean=90.0 - open_hip, hip=(open_hip, open_hip))
    seen["a"] = observed([*STORY[:10], barely, *STORY[11:]])
    assert cli.main(against) == 0
    assert "differ by less than noise" in capsys.readouterr().out
    seen["a"] = bad = observed([*STORY[:10], *[SEATED_UPRIGHT] * 10, *STORY[20:]])
    assert cli.main(against) == 1
    shown = capsys.readouterr().out
    assert "worse" in shown
    assert "complete holds missed" in shown
    assert cli.main([*against, "--json"]) == 1
    assert "worse than before" in capsys.readouterr().err

    # The other way round it is better.
    seen["a"] = bad
    earlier.write_text(json.dumps(evaluated(tmp_path, capsys)))
    seen["a"] = good
    assert cli.main(against) == 0
    assert "✓ better" in capsys.readouterr().out


def test_only_what_both_runs_saw_is_compared(
    tmp_path: Path,
    seen: dict[str, Sequence[Observation]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    clip(tmp_path, "a")
    clip(tmp_path, "b")
    seen["a"] = seen["b"] = observed(STORY)
    before = evaluated(tmp_path, capsys)
    clip(tmp_path, "b", content(STORY) | {"body": "rendered anew"})
    seen["b"] = observed([SEATED_UPRIGHT] * len(STORY))
    found = figures.compare(before, evaluated(tmp_path, capsys), tmp_path)
    assert not found.worse
    assert "the clips are not the same as then" in found.note
    seen["a"] = seen["b"]
    found = figures.compare(before, evaluated(tmp_path, capsys), tmp_path)
    assert found.worse
    assert {change.group for change in found.changes} == {"a.mp4"}
    lite = evaluated(tmp_path, capsys) | {"model": "lite"}
    assert "the model was full then" in figures.compare(before, lite, tmp_path).note
    for clip_said in before["clips"]:
        clip_said["name"] = "other.mp4"
    with pytest.raises(PoseCheckError, match="no clip in common"):
        figures.compare(before, lite, tmp_path)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("{", "is not JSON"),
        ("[1]", "has no schema"),
        ('{"schema": "posecheck.summary/1"}', "not 'posecheck.evaluation/1'"),
        ('{"schema": "posecheck.evaluation/1"}', "is damaged"),
        ('{"schema": "posecheck.evaluation/1", "clips": [3], "groups": {}}', "is damaged"),
        (None, "cannot be read"),
    ],
)
def test_earlier_figures_that_are_none(
    tmp_path: Path,
    seen: dict[str, Sequence[Observation]],
    capsys: pytest.CaptureFixture[str],
    said: str | None,
    wanted: str,
) -> None:
    clip(tmp_path, "a")
    seen["a"] = observed(STORY)
    path = tmp_path / "earlier.json"
    if said is not None:
        path.write_text(said)
    assert cli.main(["evaluate", str(tmp_path), "--against", str(path)]) == 2
    shown = capsys.readouterr()
    assert wanted in shown.err
    assert shown.err.count("\n") == 1


def test_every_watched_figure_is_one_that_exists(
    tmp_path: Path, seen: dict[str, Sequence[Observation]]
) -> None:
    clip(tmp_path, "a")
    seen["a"] = observed(STORY)
    found = figures.figures(run.evaluate(tmp_path).total)
    for watched in figures.WATCHED:
        if "/both/" not in watched.path:  # a leg of exercises without sides
            assert figures.figure(found, watched.path) is not None, watched.path


# ---- kept poses ----


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the clips that were "inferred", in their order."""
    calls: list[Path] = []

    def infer(path: Path, source: VariantSource, *_: object) -> None:
        calls.append(Path(source.info.name))
        count = 3 if source.variant is AS_FILMED else 2
        with SessionWriter(path, {}, None) as writer:
            writer.poses(observed(STORY[:count]))
            writer.end("complete", Ledger(), ())

    def opened(path: Path, variant: Variant, _turn: Turn) -> VariantSource:
        info = SourceInfo("video", path.name, SIZE_PX, 3, 0.3)
        file: Any = SimpleNamespace(info=info, close=lambda: None)
        return VariantSource(file, variant)

    monkeypatch.setattr(cache, "open_variant", opened)
    monkeypatch.setattr(cache, "_write_poses", infer)
    return calls


def test_an_unchanged_clip_is_inferred_once(tmp_path: Path, analysed: list[Path]) -> None:
    video = clip(tmp_path, "a").with_name("a.mp4")
    folder = tmp_path / cache.FOLDER
    first = cache.poses(video, folder, "full")
    again = cache.poses(video, folder, "full")
    assert len(analysed) == 1
    assert [o.t_s for o in first] == [o.t_s for o in again] == [0.0, 0.1, 0.2]
    assert len(list(folder.iterdir())) == 1
    cache.poses(video, folder, "lite")
    assert len(analysed) == 2
    video.write_bytes(b"another")
    cache.poses(video, folder, "full")
    assert len(analysed) == 3


@pytest.mark.parametrize("place", ["clips", "."])
def test_a_folder_named_from_where_one_stands_keeps_poses_too(
    tmp_path: Path, analysed: list[Path], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """From Python 3.12 on temporary folders have absolute names, whatever is asked for."""

    class Absolute(TemporaryDirectory[str]):
        def __init__(self, prefix: str, dir: Path) -> None:  # noqa: A002 - as in tempfile
            super().__init__(prefix=prefix, dir=dir.absolute())

    monkeypatch.setattr(cache, "TemporaryDirectory", Absolute)
    (tmp_path / place).mkdir(exist_ok=True)
    video = clip(tmp_path / place, "a").with_name("a.mp4")
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        cache.poses(video, Path(place) / cache.FOLDER, "full")
    assert len(analysed) == 1


@pytest.mark.parametrize("harm", [lambda b: b[: len(b) // 2], lambda _: b"", lambda b: b + b"x"])
def test_a_kept_file_that_is_not_whole_is_made_anew(
    tmp_path: Path, analysed: list[Path], harm: Callable[[bytes], bytes]
) -> None:
    video = clip(tmp_path, "a").with_name("a.mp4")
    folder = tmp_path / cache.FOLDER
    cache.poses(video, folder, "full")
    (kept,) = folder.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(harm(whole))
    assert len(cache.poses(video, folder, "full")) == 3
    assert len(analysed) == 2
    cache.poses(video, folder, "full")
    assert len(analysed) == 2


def test_a_folder_that_cannot_be_written_keeps_nothing(
    tmp_path: Path, analysed: list[Path]
) -> None:
    video = clip(tmp_path, "a").with_name("a.mp4")
    folder = tmp_path / cache.FOLDER
    folder.write_text("in the way")
    assert len(cache.poses(video, folder, "full")) == 3
    assert len(cache.poses(video, folder, "full")) == 3
    assert len(analysed) == 2


def test_kept_verdicts_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The poses are of a valid hold; an exercise file with a stricter limit must say wrong,
    # for the tool and for the truth.
    clip(tmp_path, "a")
    monkeypatch.setattr(cache, "poses", lambda *_, **_rest: observed(STORY))
    assert run.evaluate(tmp_path).total.time.true_valid_us == 10_200_000
    lean = SEATED.rule("lean")
    assert lean.at_most is not None
    limit = lean.at_most.model_copy(update={"enter": 20.0, "leave": 21.0})
    strict = SEATED.model_copy(update={"rules": (lean.model_copy(update={"at_most": limit}),)})
    monkeypatch.setattr(exercises, "load", lambda _: strict)
    time = run.evaluate(tmp_path).total.time
    assert (time.true_valid_us, time.counted_us, time.scored_us) == (0, 0, 12_200_000)


def test_one_table_for_the_readme_of_one_role(
    tmp_path: Path,
    seen: dict[str, Sequence[Observation]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = {"camera": content(STORY)["camera"] | {"name": "recommended"}}
    clip(tmp_path, "told", content(STORY) | view | {"role": "report"})
    clip(tmp_path, "night", content(STORY) | view | {"role": "report", "look": "dark"})
    clip(tmp_path, "tuned", content(STORY) | {"role": "tune"})
    seen["told"] = observed([*STORY[:50], None, None, None, *STORY[53:]])
    seen["tuned"] = seen["night"] = observed([None] * len(STORY))
    assert cli.main(["evaluate", str(tmp_path), "--role", "report", "--markdown"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    made_by, _, header, line, *rows = shown.out.splitlines()
    assert "model full, mediapipe 0.10" in made_by
    assert {row.count("|") for row in (header, line, *rows)} == {13}
    table = {name: cells for _, name, *cells, _ in (map(str.strip, r.split("|")) for r in rows)}
    assert list(table) == [
        "recommended view: seated-figure-four",
        "**recommended view, all**",
        "**every view and light**",
        "in a dark room",
    ]  # fmt: skip
    clips, minutes, valid, legs, false, holds, complete, changes, agreement, *_ = table[
        "**recommended view, all**"
    ]
    assert table["recommended view: seated-figure-four"] == table["**recommended view, all**"]
    assert table["**every view and light**"][0] == "2"
    assert table["in a dark room"][:3] == ["1", "0.2", "0.0 % / 0.0 % / 100.0 %"]
    assert (clips, minutes) == ("1", "0.2")
    assert valid == "96.1 % / 0.0 % / 3.9 %"  # 0.4 s of 10.2 s were not seen
    assert legs == "96.1 % / 0.0 % / 0.0 %"
    assert changes == "2.0 (2)"
    # Kappa by hand: chance (10.2 x 9.8 + 2.0 x 2.0) / 12.2 ** 2 = 0.698; (0.967 - 0.698) / 0.302.
    assert agreement == "0.96 / 0.89"
    assert false == "0.00 (0.00)"
    assert (holds, complete) == ("0.39 / 0.39", "0 / 1 / 0")


def test_every_other_ordinary_view_and_a_second_person_have_rows_of_their_own(
    tmp_path: Path,
    seen: dict[str, Sequence[Observation]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number, view in enumerate(("recommended", "laptop", "mirrored", "frontal")):
        camera = {"camera": content(STORY)["camera"] | {"name": view}}
        story = {"story_name": "second_person" if view == "laptop" else "clean"}
        clip(tmp_path, view, content(STORY) | camera | story | {"body": f"body-{number}"})
        seen[view] = observed(STORY if view != "frontal" else [None] * len(STORY))
    assert cli.main(["evaluate", str(tmp_path), "--markdown"]) == 0
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in capsys.readouterr().out.splitlines()[4:]
    ]
    counted = {name: (clips, valid) for name, clips, _, valid, *_ in rows}
    whole = "100.0 % / 0.0 % / 0.0 %"
    assert counted["**every other ordinary view**"] == ("2", whole)
    assert counted["view: frontal"] == ("1", "0.0 % / 0.0 % / 100.0 %")
    assert counted["somebody passes behind"] == ("1", whole)
    assert cli.main(["evaluate", str(tmp_path), "--json"]) == 0
    total = json.loads(capsys.readouterr().out)["groups"]["total"]["all"]
    # Drawn over four people, of whom one is never seen.
    assert total["agreement_95_percent_over_people"]["people"] == 4
    low, high = total["agreement_95_percent_over_people"]["share"]
    assert low < total["figures"]["agreement"]["share"] == 0.75 < high == 1


def test_the_true_side_is_asked_for_and_the_figures_say_so(
    tmp_path: Path,
    seen: dict[str, Sequence[Observation]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clip(tmp_path, "a")
    seen["a"] = observed(STORY)
    told_to: list[tuple[Asked, ...]] = []
    genuine = clip_score.Judge

    def judge(exercise: Exercise, asked: Sequence[Asked]) -> Judge:
        told_to.append(tuple(asked))
        return genuine(exercise, asked=asked)

    monkeypatch.setattr(clip_score, "Judge", judge)
    assert cli.main(["evaluate", str(tmp_path), "--json"]) == 0
    assert cli.main(["evaluate", str(tmp_path), "--json", "--side", "asked"]) == 0
    assert cli.main(["evaluate", str(tmp_path), "--json", "--side", "asked", "--mirrored"]) == 0
    assert cli.main(["evaluate", str(tmp_path), "--json", "--mirrored"]) == 0
    # As a live session asks: the leg that is seen to rise comes first.
    right, left = (Asked(0.0, side, unless_seen=True) for side in (Side.RIGHT, Side.LEFT))
    assert told_to == [(), (right,), (left,), ()]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [(said["side"], said["mirrored"]) for said in lines]
    assert told == [("auto", False), ("asked", False), ("asked", True), ("auto", True)]
    times = [said["groups"]["total"]["all"]["figures"]["time"] for said in lines]
    legs = [(time["any_leg_s"], time["right_s"], time["other_side_s"]) for time in times]
    # The poses are those of the pictures as filmed, so the leg that is seen to rise is the other
    # one now; it comes before the side that is asked for.
    assert legs == [(10.2, 10.2, 0)] * 2 + [(10.2, 0, 10.2)] * 2


def test_other_conditions_than_before_are_said(
    tmp_path: Path,
    seen: dict[str, Sequence[Observation]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    clip(tmp_path, "a")
    seen["a"] = observed(STORY)
    before = tmp_path / "before.json"
    evaluation = run.evaluate(tmp_path)
    said = figures.as_dict(evaluation)
    del said["side"], said["mirrored"]  # as written before there were conditions
    before.write_text(json.dumps(said))
    command = ["evaluate", str(tmp_path), "--against", str(before)]
    assert cli.main(command) == 0
    assert "the side was" not in capsys.readouterr().out
    assert cli.main([*command, "--mirrored"]) == 1  # all for the wrong leg
    assert "mirrored was False then, and is True now" in " ".join(capsys.readouterr().out.split())
    assert cli.main([*command, "--side", "asked", "--mirrored"]) == 1
    text = " ".join(capsys.readouterr().out.split())
    assert "the side was auto then, and is asked now" in text
    assert "mirrored was False then, and is True now" in text
    assert "model full, the true side asked for, pictures mirrored" in text


def test_turned_recordings_are_evaluated_turned_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clip(tmp_path, "a")
    asked: list[tuple[object, ...]] = []

    def poses(_clip: Path, _folder: Path, *how: object, **_exercise: object) -> list[Observation]:
        asked.append(how)
        return observed(STORY)

    monkeypatch.setattr(cache, "poses", poses)
    command = ["evaluate", str(tmp_path)]
    turned = ["--rotate", "180", "--mirror"]
    for options in ([], turned):
        assert cli.main([*command, *options, "--json"]) == 0
    assert asked == [("full", AS_FILMED, Turn()), ("full", AS_FILMED, Turn(180, mirror=True))]
    plain, said = capsys.readouterr().out.splitlines()
    told = [(one["rotate_deg"], one["mirror"]) for one in map(json.loads, (plain, said))]
    assert told == [(0, False), (180, True)]
    before = tmp_path / "before.json"
    before.write_text(plain)
    assert cli.main([*command, *turned, "--against", str(before)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "recordings turned by 180 degrees, recordings mirrored" in text
    assert "recordings were turned by 0 degrees then, and are by 180 now" in text
    assert cli.main([*command, "--none", "--exercise", "pigeon", *turned]) == 0
    assert asked[-1] == ("full", AS_FILMED, Turn(180, mirror=True))


def test_poses_of_changed_and_turned_pictures_are_kept_apart(
    tmp_path: Path, analysed: list[Path]
) -> None:
    video = clip(tmp_path, "a").with_name("a.mp4")
    folder = tmp_path / cache.FOLDER
    for _ in range(2):
        assert len(cache.poses(video, folder, "full")) == 3
        assert len(cache.poses(video, folder, "full", MIRRORED)) == 2
        assert len(cache.poses(video, folder, "full", AS_FILMED, Turn(180))) == 3
        assert len(cache.poses(video, folder, "full", AS_FILMED, Turn(180, mirror=True))) == 3
    assert len(analysed) == 4


def test_poses_of_the_person_who_does_another_exercise_are_kept_apart(
    tmp_path: Path, analysed: list[Path]
) -> None:
    video = clip(tmp_path, "a").with_name("a.mp4")
    for exercise in (None, SEATED, exercises.load("pigeon"), SEATED, None):
        cache.poses(video, tmp_path / cache.FOLDER, "full", exercise=exercise)
    assert len(analysed) == 3


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("pigeon-1.mp4", "unknown"),
        ("anna/pigeon-1.mp4", "anna"),
        ("anna/pigeon/1.mp4", "anna"),
        ("pigeon/anna/1.mp4", "anna"),
    ],
)
def test_a_folder_tells_whom_a_labelled_clip_shows(name: str, person: str) -> None:
    assert run._person(Path(name)) == person


def test_a_role_that_no_clip_has_is_one_line(
    tmp_path: Path,
    seen: dict[str, Sequence[Observation]],
) -> None:
    clip(tmp_path, "a")
    seen["a"] = observed(STORY)
    with pytest.raises(PoseCheckError, match="holds no clip of seated-figure-four and report"):
        run.evaluate(tmp_path, wanted=run.Wanted("seated-figure-four", "report"))
