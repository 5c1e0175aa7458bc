"""Text from files that people exchange never commands a terminal or a spreadsheet."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from media import REPOSITORY, SAMPLES

from posecheck.annotations import Annotation, Annotations, Recorded, csv, exchange, spreadsheet
from posecheck.errors import (
    MOST_FOREIGN_CHARACTERS,
    MOST_PROBLEMS,
    listed,
    printable,
    safe,
    shown,
)
from posecheck.exercises import load
from posecheck.types import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media import Cli, Said

PAYLOAD = "\x1b]0;PWNED\x07\x1b[8m\x9b31m\u202eevil\u2066\r\x00\ufeff\u2028"
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
LONGEST_ERROR = 2_000
"""A path, the place of a problem, the text that is repeated, and what to do."""


def assert_harmless(said: Said) -> None:
    for text in (said.out, said.err):
        assert RAW.findall(text) == [], text
    assert "Traceback" not in said.err
    assert all(len(line) < LONGEST_ERROR for line in said.err.splitlines())
    assert len(said.err.splitlines()) <= MOST_PROBLEMS + 2


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """Yield the path of every text and of every key in parsed JSON."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for key, part in value.items():
            yield (*path, ("key", key))
            yield from places(part, (*path, key))
    elif isinstance(value, list):
        for number, part in enumerate(value[:2]):
            yield from places(part, (*path, number))


def spoiled(value: Any, path: tuple[Any, ...]) -> Any:  # noqa: ANN401
    """Return a copy of parsed JSON with the payload in one text or key."""
    copy = json.loads(json.dumps(value))
    target = copy
    for step in path[:-1]:
        target = target[step]
    last = path[-1]
    if isinstance(last, tuple):
        target[last[1] + PAYLOAD] = target.pop(last[1])
    else:
        target[last] += PAYLOAD
    return copy


def as_toml(value: Any) -> str:  # noqa: ANN401
    """Return a value in TOML's inline form, which has JSON's spelling of texts and numbers."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {as_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return json.dumps(value).replace("\\ud800", "?").replace("\x7f", "\\u007f")


EXERCISE = tomllib.loads(
    (REPOSITORY / "posecheck" / "exercises" / "supine-figure-four.toml").read_text("utf-8")
)
GOLDEN = [
    json.loads(line)
    for line in (REPOSITORY / "tests" / "golden" / "supine-1.posecheck.jsonl")
    .read_text("utf-8")
    .splitlines()
]
NOTES = json.loads((SAMPLES / "sessions" / "seated_figure_four.eye.annotations.json").read_text())


def test_every_field_of_an_exercise_file(here: Path, cli: Cli) -> None:
    fields = list(places(EXERCISE))
    assert len(fields) > 80
    for field in fields:
        text = "\n".join(
            f"{json.dumps(k)} = {as_toml(v)}" for k, v in spoiled(EXERCISE, field).items()
        )
        (here / "mine.toml").write_text(text, "utf-8")
        for arguments in (["--check", "./mine.toml"], ["./mine.toml"]):
            assert_harmless(cli("exercises", *arguments))


def session_lines() -> list[tuple[int, tuple[Any, ...]]]:
    """Return line and path of one text for each kind of text in a session."""
    seen: set[tuple[Any, ...]] = set()
    found = []
    for number, line in enumerate(GOLDEN):
        for path in places(line):
            kind = (line["type"], *(part for part in path if not isinstance(part, int)))
            if kind not in seen:
                seen.add(kind)
                found.append((number, path))
    return found


@pytest.mark.slow
def test_every_field_of_a_session(here: Path, cli: Cli) -> None:
    fields = session_lines()
    assert len(fields) > 80
    path = here / "s.posecheck.jsonl"
    for number, (line, field) in enumerate(fields):
        lines = [*GOLDEN[:line], spoiled(GOLDEN[line], field), *GOLDEN[line + 1 :]]
        path.write_text("".join(f"{json.dumps(part)}\n" for part in lines), "utf-8")
        assert_harmless(cli("replay", path.name, *(["--json"] if number % 2 else [])))
    for option in ([], ["--json"]):
        assert_harmless(cli("measure", path.name, *option))


@pytest.mark.slow
def test_every_field_of_an_annotation_file(here: Path, cli: Cli) -> None:
    session = (SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl").read_bytes()
    (here / "s.posecheck.jsonl").write_bytes(session)
    for field in places(NOTES):
        (here / "s.eye.annotations.json").write_text(json.dumps(spoiled(NOTES, field)), "utf-8")
        assert_harmless(cli("replay", "s.posecheck.jsonl", "--annotator", "eye"))
        assert_harmless(cli("agree", "s.posecheck.jsonl"))


TABLES = {
    "x.csv": "start_s,end_s,label,side,rule,note\n0,1,wrong,left,lean,hello\n",
    "b.csv": (
        "Subject,Behavior,Behavior type,Start (s),Stop (s),Comment start\nA,wrong,STATE,0,1,no\n"
    ),
    "x.vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\nwrong: lean\nnote\n",
    "x.eaf": (
        '<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds"><MEDIA_DESCRIPTOR '
        'MEDIA_URL="file:///film.mp4" MIME_TYPE="video/mp4"/></HEADER><TIME_ORDER>'
        '<TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="b" '
        'TIME_VALUE="1000"/></TIME_ORDER><TIER TIER_ID="eye"><ANNOTATION>'
        '<ALIGNABLE_ANNOTATION TIME_SLOT_REF1="a" TIME_SLOT_REF2="b"><ANNOTATION_VALUE>wrong'
        "</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>"
    ),
}
WORD = re.compile(r"[\w():]+")


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_every_word_of_a_table(name: str, here: Path, cli: Cli) -> None:
    session = (SAMPLES / "sessions" / "seated_figure_four.posecheck.jsonl").read_bytes()
    (here / "s.posecheck.jsonl").write_bytes(session)
    payload = PAYLOAD
    if name.endswith(".eaf"):  # XML 1.0 has no C0 characters at all
        payload = "\x9b31m\u202eevil\u2066\ufeff\u2028"
    for word in WORD.finditer(TABLES[name]):
        content = TABLES[name][: word.end()] + payload + TABLES[name][word.end() :]
        (here / name).write_text(content, "utf-8")
        said = cli("replay", "s.posecheck.jsonl", "--annotator", "eye", "--labels", name)
        assert_harmless(said)
        for made in here.glob("s.eye*"):
            made.unlink()


@pytest.mark.parametrize("command", [["analyse"], ["replay"], ["agree"], ["evaluate"]])
def test_names_of_files(command: list[str], here: Path, cli: Cli) -> None:
    name = PAYLOAD.replace("\x00", "")
    assert_harmless(cli(*command, name))
    (here / name).mkdir()
    assert_harmless(cli(*command, name))
    assert_harmless(cli(*command, "--format", name))


def test_labels_and_truth_beside_a_clip(here: Path, cli: Cli) -> None:
    name = PAYLOAD.replace("\x00", "")
    (here / f"{name}.mp4").write_bytes(b"x")
    for ending, content in ((".labels.csv", f"start_s,{PAYLOAD}\n"), (".truth.json", "{}")):
        (here / f"{name}{ending}").write_text(content, "utf-8")
        said = cli("evaluate", ".", "--exercise", "supine-figure-four")
        assert said.code == 2
        assert_harmless(said)
        (here / f"{name}{ending}").unlink()


def test_manifest_of_models(here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSECHECK_MODELS", str(here))
    entry = {"file": PAYLOAD, "sha256": PAYLOAD, "licence": PAYLOAD, "shipped": True}
    (here / "manifest.json").write_text(json.dumps({"models": {PAYLOAD: entry}}))
    (here / "x.mp4").write_bytes(b"x")
    for arguments in (["analyse", "x.mp4"], ["analyse", "x.mp4", "--model", PAYLOAD], ["doctor"]):
        assert_harmless(cli(*arguments))


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "''=1", "plain", "'quoted'", "a=b"]


@pytest.mark.parametrize("note", FORMULAS)
def test_notes_are_no_formulas_and_come_back(note: str, tmp_path: Path) -> None:
    item = Annotation(0.0, 1.0, State.VALID, None, note, "eye", "2026-01-01T00:00:00+00:00")
    path = tmp_path / "x.csv"
    about = Recorded(load("supine-figure-four"))
    exchange.write(path, Annotations(about.exercise.name, (item,)))
    cell = path.read_text("utf-8").splitlines()[1].split(",", 4)[-1]
    assert not cell.strip('"').startswith(("=", "+", "-", "@", "\t", "\r"))
    assert csv.read(path, about, "eye", "").items[0].note.strip() == note.strip()
    assert spreadsheet.text_of(spreadsheet.as_text(note)) == note


@pytest.mark.parametrize("ending", [".csv", ".vtt", ".eaf"])
def test_exported_notes_command_nothing(ending: str, tmp_path: Path) -> None:
    pytest.importorskip("pympi")
    item = Annotation(0.0, 1.0, State.WRONG, None, PAYLOAD, "eye", "2026-01-01T00:00:00+00:00")
    path = tmp_path / f"x{ending}"
    exchange.write(path, Annotations("supine-figure-four", (item,)))
    assert RAW.findall(path.read_bytes().decode()) == []


def test_long_text_is_cut_and_many_problems_are_counted() -> None:
    assert len(shown("x" * 10_000)) == MOST_FOREIGN_CHARACTERS
    assert shown(Path("x" * 400)) == "x" * 400
    assert listed(["a"] * 10_000) == "; ".join(["a"] * 20) + "; and 9,980 more"
    assert listed(["a", "b"]) == "a; b"


def test_spelled_out_json_means_the_same() -> None:
    text = PAYLOAD + "\U000e0041\ud800ü\n"
    line = json.dumps(text, ensure_ascii=False)
    assert RAW.findall(safe(line)) == []
    assert json.loads(safe(line)) == text
    assert safe("ü 👨‍👩‍👧 שלום \u200f") == "ü 👨‍👩‍👧 שלום \u200f"
    assert shown("a\nb\tc") == "a\\nb\\tc"


def test_colours_stay_and_hidden_text_does_not() -> None:
    text = "\x1b[1;34mblue\x1b[0m \x1b[8mhidden\x1b]0;x\x07"
    assert (
        printable(text, styled=True) == "\x1b[1;34mblue\x1b[0m \\u001b[8mhidden\\u001b]0;x\\u0007"
    )
    assert printable(text, styled=False) == safe(text)
