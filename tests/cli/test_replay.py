"""`posecheck replay` and `posecheck agree` as a user runs them, without a display."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from posecheck import cli
from posecheck.annotations import Annotation, Annotations, store
from posecheck.types import State
from tests.media import SAMPLES, SEATED, decode

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]

SESSIONS = SAMPLES / "sessions"
NAME = "seated_figure_four.posecheck.jsonl"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    def call(*words: str | Path) -> tuple[int, str, str]:
        code = cli.main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    folder = tmp_path / "sessions"
    shutil.copytree(SESSIONS, folder)
    return folder


def test_a_session_is_told_without_a_display(run: Run, sessions: Path) -> None:
    code, out, err = run("replay", sessions / NAME)
    assert code == 0
    assert "here is what the session comes to" in err
    assert "seated_figure_four.mp4: seated figure-four" in out
    assert "judged again: 97 verdicts, the same to the last digit" in out
    assert "7 annotations by eye, 25.8 s" in out


@pytest.mark.parametrize("name", ["seated_figure_four", "supine_figure_four"])
def test_the_sample_sessions_judge_again_the_same(run: Run, name: str) -> None:
    code, out, _ = run("replay", SESSIONS / f"{name}.posecheck.jsonl", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["schema"] == "posecheck.replay/1"
    assert told["same"] is True
    assert told["difference"]["verdicts"] == 0
    assert told["recorded"]["holds"] == told["again"]["holds"]
    assert told["problems"] == []


def test_changed_limits_say_what_changes_and_where(
    run: Run, sessions: Path, tmp_path: Path
) -> None:
    own = tmp_path / "strict.toml"
    shipped = Path(cli.__file__).parent / "exercises" / "seated-figure-four.toml"
    text = shipped.read_text("utf-8").replace("hold_s = 10", "hold_s = 12", 1)
    assert "hold_s = 12" in text
    own.write_text(text, "utf-8")
    code, out, _ = run("replay", sessions / NAME, "--exercise", own)
    assert code == 0
    assert "Holds that change" in out
    assert "no longer complete" in out
    code, out, _ = run("replay", sessions / NAME, "--exercise", "supine-figure-four", "--json")
    told = json.loads(out)
    moved = {(m["recorded"], m["now"]): m["seconds"] for m in told["changes"]["moved_s"]}
    spans = told["changes"]["spans"]
    assert sum(moved.values()) == pytest.approx(
        sum(span["end_s"] - span["start_s"] for span in spans)
    )
    assert sum(moved.values()) + told["changes"]["unchanged_s"] == pytest.approx(25.6)
    assert [change["change"] for change in told["changes"]["holds"]] == ["lost", "lost"]


def test_the_same_exercise_changes_nothing(run: Run, sessions: Path) -> None:
    _, out, _ = run("replay", sessions / NAME, "--exercise", "seated-figure-four")
    assert "Nothing changes with seated-figure-four" in out


def test_a_difference_is_shown_with_the_versions(run: Run, sessions: Path) -> None:
    path = sessions / NAME
    path.write_text(path.read_text().replace('"state":"valid"', '"state":"wrong"', 1))
    _, out, _ = run("replay", path)
    assert "! judged again, the result is not the recorded one" in out
    assert "recorded by posecheck 0.1.0, estimator mediapipe" in out
    assert "judged by posecheck" in out


def test_labels_are_imported_kept_and_exported(run: Run, sessions: Path, tmp_path: Path) -> None:
    labels = tmp_path / "mine.csv"
    labels.write_text("start_s,end_s,label,rule,note\n0,2,wrong,lean,slumped\n4,15,valid,,\n")
    code, _, _ = run("replay", sessions / NAME, "--labels", labels, "--annotator", "CD", "--json")
    assert code == 0
    kept = sessions / "seated_figure_four.CD.annotations.json"
    assert [i["note"] for i in json.loads(kept.read_text())["items"]] == ["slumped", ""]
    for ending in ("csv", "vtt"):
        out = tmp_path / f"out.{ending}"
        assert run("replay", sessions / NAME, "--annotator", "CD", "--export", out)[0] == 0
        assert "slumped" in out.read_text()
    assert (tmp_path / "out.csv").read_text().splitlines()[1] == "0.0,2.0,wrong,lean,slumped"
    # The same again changes nothing; others under the same name are refused.
    before = kept.read_bytes()
    again = ("replay", sessions / NAME, "--labels", labels, "--annotator", "CD", "--json")
    assert run(*again)[0] == 0
    labels.write_text("start_s,end_s,label\n0,2,valid\n")
    code, _, err = run(*again)
    assert code == 2
    assert "holds other annotations by CD already" in err
    assert kept.read_bytes() == before


def test_nobody_changes_what_another_person_said(run: Run, sessions: Path, tmp_path: Path) -> None:
    theirs = sessions / "seated_figure_four.eye.annotations.json"
    before = theirs.read_bytes()
    code, _, err = run("replay", sessions / NAME, "--labels", theirs, "--annotator", "CD")
    assert code == 2
    assert "holds annotations by eye, which CD cannot change" in err
    other = sessions / "supine_figure_four.eye.annotations.json"
    code, _, err = run("replay", sessions / NAME, "--labels", other)
    assert code == 2
    assert "is about supine-figure-four, the session about seated-figure-four" in err
    assert run("replay", sessions / NAME, "--labels", theirs, "--annotator", "../x")[0] == 2
    assert theirs.read_bytes() == before
    # Their own file may lie anywhere, and is told of.
    away = tmp_path / "away.annotations.json"
    away.write_bytes(before)
    code, out, _ = run("replay", sessions / NAME, "--labels", away, "--json")
    assert code == 0
    assert str(away) in [said["file"] for said in json.loads(out)["annotations"]]


def test_one_persons_faulty_file_does_not_stop_the_others(run: Run, sessions: Path) -> None:
    for name, content in (
        ("CD", "not JSON"),
        ("EF", '{"schema": "posecheck.annotations/9", "exercise": "x", "items": []}'),
    ):
        (sessions / f"seated_figure_four.{name}.annotations.json").write_text(content)
    code, out, _ = run("agree", sessions / NAME, "--json")
    (told,) = json.loads(out)["sessions"]
    assert code == 0
    assert [pair["first"] for pair in told["pairs"]] == ["eye", "rig", "eye"]
    assert len(told["problems"]) == 2
    code, out, _ = run("replay", sessions / NAME, "--annotator", "AB")
    assert code == 0
    assert "7 annotations by eye" in out
    assert "is not a whole annotation file" in out
    assert "is in the newer format" in out
    faulty = sessions / "seated_figure_four.CD.annotations.json"
    assert run("agree", sessions / NAME, "--labels", faulty)[0] == 2


def test_annotations_are_about_the_recorded_exercise(run: Run, sessions: Path) -> None:
    labels = sessions / "mine.csv"
    labels.write_text("start_s,end_s,label,rule\n0,2,wrong,lean\n")
    code, _, err = run("replay", sessions / NAME, "--exercise", "pigeon", "--labels", labels,
                       "--annotator", "CD", "--json")  # fmt: skip
    assert (code, err) == (0, "")
    kept = json.loads((sessions / "seated_figure_four.CD.annotations.json").read_text())
    assert kept["exercise"] == "seated-figure-four"
    assert run("agree", sessions / NAME)[0] == 0


def test_odd_names_are_told_and_nothing_breaks(run: Run, sessions: Path, tmp_path: Path) -> None:
    theirs = (sessions / "seated_figure_four.eye.annotations.json").read_text()
    for name in ("[", "[bold]x[", "caf\udce9", "x" * 235):
        session = tmp_path / f"{name}.posecheck.jsonl"
        shutil.copy(sessions / NAME, session)
        for words in (["replay", session, "--json"], ["replay", session]):
            assert run(*words)[0] == 0, words
        labels = tmp_path / "labels.annotations.json"
        labels.write_text(theirs.replace('"eye"', '"[red]AB[/x]"'))
        code, out, err = run("agree", session, "--labels", labels)
        assert (code, err) == (0, "")
        assert "[red]AB[/x]" in out
        assert run("agree", session, "--labels", labels, "--json")[0] == 0


@pytest.mark.parametrize("name", ["l.csv", f"l{store.SUFFIX}"])
def test_times_past_the_end_are_refused_in_every_command(
    name: str, run: Run, sessions: Path, tmp_path: Path
) -> None:
    """Labels in milliseconds, as an import and as annotations of posecheck's own."""
    labels = tmp_path / name
    if name.endswith(".csv"):
        labels.write_text("start_s,end_s,label\n0,3900,wrong\n3900,15500,valid\n")
    else:
        item = Annotation(0, 15500, State.VALID, None, "", "AB", "")
        store.save(labels, Annotations("seated-figure-four", (item,)))
    told = "its times go to 15500 s, but the recording ends at 25.6 s; are they milliseconds?"
    for command in ("replay", "agree"):
        code, _, err = run(command, sessions / NAME, "--labels", labels, "--json")
        assert code == 2
        assert told in err
        assert err.count("\n") == 1
    assert not (sessions / "seated_figure_four.l.annotations.json").exists()


def test_annotations_beside_a_session_are_found_in_another_normal_form(
    run: Run, sessions: Path, tmp_path: Path
) -> None:
    session = (sessions / NAME).rename(tmp_path / "\u00fcbung.posecheck.jsonl")
    item = Annotation(1, 2, State.VALID, None, "", "J\u00fcr", "")
    beside = tmp_path / "u\u0308bung.Ju\u0308r.annotations.json"
    store.save(beside, Annotations("seated-figure-four", (item,)))
    assert store.path_beside(session, "J\u00fcr") == beside
    assert run("agree", session, "--json")[0] == 0


def test_a_document_of_elan_names_the_recorded_video(
    run: Run, sessions: Path, tmp_path: Path
) -> None:
    pytest.importorskip("pympi", reason="the extra elan is not installed")
    out = tmp_path / "out.eaf"
    assert run("replay", sessions / NAME, "--annotator", "eye", "--export", out)[0] == 0
    assert 'RELATIVE_MEDIA_URL="./seated_figure_four.mp4"' in out.read_text()


@pytest.mark.slow
def test_a_replay_becomes_a_video(run: Run, sessions: Path, tmp_path: Path) -> None:
    over, room = tmp_path / "over.mp4", tmp_path / "room.mp4"
    assert run("replay", sessions / NAME, "--video", SEATED, "--out-video", over)[0] == 0
    assert run("replay", sessions / NAME, "--out-video", room)[0] == 0
    shown, drawn, source = decode(over), decode(room), decode(SEATED)
    assert len(shown) == len(drawn) == 97
    assert [t for t, _ in shown] == pytest.approx([t for t, _ in drawn], abs=1e-3)
    # The wall behind the person is the video's; the empty room is dark.
    corner = (slice(200, 260), slice(560, 630))
    assert abs(shown[50][1][corner].mean() - source[200][1][corner].mean()) < 10
    assert drawn[50][1][corner].mean() < 80
    code, _, err = run("replay", sessions / NAME, "--out-video", room)
    assert code == 2
    assert "not overwritten" in err


def test_a_video_of_something_else_is_refused(run: Run, sessions: Path, tmp_path: Path) -> None:
    path = sessions / NAME
    lines = path.read_text().splitlines()
    moved = []
    for line in lines:
        content = json.loads(line)
        if "t_s" in content:
            content["t_s"] += 0.011
        moved.append(json.dumps(content))
    path.write_text("\n".join(moved))
    code, _, err = run("replay", path, "--video", SEATED, "--out-video", tmp_path / "o.mp4")
    assert code == 2
    assert "none of its pictures is of this session" in err
    assert not (tmp_path / "o.mp4").exists()


def test_nothing_is_written_to_what_is_only_read(run: Run, sessions: Path) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in sessions.iterdir()}
    for path in sessions.iterdir():
        path.chmod(stat.S_IRUSR)
    sessions.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert run("replay", sessions / NAME)[0] == 0
        assert run("replay", sessions / NAME, "--exercise", "pigeon", "--json")[0] == 0
        assert run("agree", *sorted(sessions.glob("*.jsonl")), "--json")[0] == 0
    finally:
        sessions.chmod(0o755)
    assert before == {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in sessions.iterdir()}


def test_people_and_posecheck_on_the_sample_sessions(run: Run) -> None:
    code, out, _ = run("agree", *sorted(SESSIONS.glob("*.jsonl")), "--json")
    told = json.loads(out)
    assert code == 0
    assert told["schema"] == "posecheck.agreement/1"
    pairs = {
        (session["exercise"], pair["first"], pair["second"]): pair
        for session in told["sessions"]
        for pair in session["pairs"]
    }
    assert len(pairs) == 6
    rig = pairs["supine-figure-four", "rig", "posecheck"]
    assert (rig["kappa"], rig["agreed_share"], rig["false_valid_s"]) == (1.0, 1.0, 0.0)
    for pair in pairs.values():
        cells = pair["confusion_s"]
        assert sum(s for row in cells.values() for s in row.values()) == pytest.approx(
            pair["scored_s"]
        )
        assert pair["kappa"] > 0.9
        assert pair["holds"]["complete_found"] == 1
        assert pair["holds"]["complete_missed"] == pair["holds"]["complete_invented"] == 0
    with_machine, with_people = told["pooled"]
    assert with_machine["scored_s"] == pytest.approx(2 * with_people["scored_s"], abs=0.3)


def test_agreement_is_told_in_tables(run: Run) -> None:
    code, out, _ = run("agree", SESSIONS / NAME)
    assert code == 0
    for words in ("eye and posecheck, seconds", "kappa", "complete holds", "eye and rig, seconds"):
        assert words in out


def test_labels_of_any_format_are_compared(run: Run, tmp_path: Path) -> None:
    labels = tmp_path / "AB.vtt"
    labels.write_text("WEBVTT\n\n00:05.000 --> 00:10.000\nvalid\n")
    code, out, _ = run("agree", SESSIONS / NAME, "--labels", labels, "--json")
    (pair,) = json.loads(out)["sessions"][0]["pairs"]
    assert code == 0
    assert pair["first"] == "AB"
    assert pair["confusion_s"]["valid"]["valid"] == pytest.approx(4.8, abs=0.3)
    assert pair["kappa"] is None  # one word only: agreement beyond chance has no value


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["replay", "nowhere.jsonl"], "nowhere.jsonl: cannot be read: No such file"),
        (["replay", "."], "is no file"),
        (["replay", str(SEATED)], "is not a posecheck session file"),
        (["agree", "nowhere.jsonl"], "nowhere.jsonl: cannot be read: No such file"),
        (["replay", str(SESSIONS / NAME), "--exercise", "nonsense"], "unknown exercise"),
        (["replay", str(SESSIONS / NAME), "--annotator", "a/b"], "cannot be used as an annot"),
        (["replay", str(SESSIONS / NAME), "--labels", "x.doc"], "read from .csv, .tsv, .txt"),
        (["replay", str(SESSIONS / NAME), "--labels", "x.csv"], "x.csv: cannot be read"),
        (["replay", str(SESSIONS / NAME), "--export", "o.csv", "--annotator", "nobody"],
         "no annotations to export"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_2(run: Run, words: list[str], told: str) -> None:
    code, out, err = run(*words)
    assert code == 2
    assert out == ""
    assert told in err
    assert err.count("\n") == 1


def test_a_session_that_nobody_annotated_is_told_and_others_are_compared(
    run: Run, sessions: Path
) -> None:
    for path in sessions.glob("supine*.annotations.json"):
        path.unlink()
    code, out, err = run("agree", *sorted(sessions.glob("*.jsonl")))
    assert code == 2
    assert "nobody annotated it" in err
    assert "eye and posecheck" in out


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_at_once(run: Run, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    code, _, err = run("replay", pipe)
    assert code == 2
    assert "is no file" in err


def test_the_next_command_is_said_so_that_a_shell_takes_it(
    run: Run, sessions: Path, tmp_path: Path
) -> None:
    spaced = tmp_path / "my session.posecheck.jsonl"
    shutil.copy(sessions / NAME, spaced)
    said = sessions / "seated_figure_four.rig.annotations.json"
    shutil.copy(said, tmp_path / "my session.rig.annotations.json")
    _, out, _ = run("replay", spaced)
    assert f"posecheck replay '{spaced}'" in out
    assert f"posecheck agree '{spaced}'" in out
